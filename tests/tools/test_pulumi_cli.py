"""How a Pulumi CLI is found or made. Nothing is downloaded or built here."""

from __future__ import annotations

import io
import stat
import subprocess
import urllib.error
from typing import TYPE_CHECKING, Any

import pytest

from tools import pulumi_cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, an empty PATH and no network."""
    cache = tmp_path / "tools"
    monkeypatch.setattr(pulumi_cli, "CACHE", cache)
    monkeypatch.setattr(pulumi_cli, "CLI", cache / "bin" / "pulumi")
    monkeypatch.setattr(pulumi_cli, "HOST", cache / "bin" / "pulumi-language-python")
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin:/usr/bin")

    def refuse(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("refused")

    monkeypatch.setattr(pulumi_cli.urllib.request, "urlopen", refuse)
    return tmp_path


def go(tools: Path, version: str, build: str = "exit 0") -> None:
    write(tools / "path" / "go", f'case "$1" in env) echo {version};; build) {build};; esac')


def test_the_one_on_path_is_used_and_nothing_is_put_beside_it(tools: Path) -> None:
    found = write(tools / "path" / "pulumi", "exit 0")
    assert pulumi_cli.ensure() == found
    assert [entry.name for entry in found.parent.iterdir()] == ["pulumi"]
    assert not pulumi_cli.CACHE.exists()


def test_our_own_on_path_is_not_taken_for_the_users(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(pulumi_cli.CLI, "exit 0")
    monkeypatch.setenv("PATH", f"{pulumi_cli.CLI.parent}:/bin:/usr/bin")
    assert pulumi_cli.on_path() is None
    assert pulumi_cli.ensure() == pulumi_cli.CLI
    assert "language_host" in pulumi_cli.HOST.read_text(encoding="utf-8")


def test_the_cached_one_is_used_again_with_the_language_host_it_came_with(tools: Path) -> None:
    write(pulumi_cli.CLI, "exit 0")
    host = write(pulumi_cli.HOST, "# the vendor's own")
    before = host.read_text(encoding="utf-8")
    assert pulumi_cli.ensure() == pulumi_cli.CLI
    assert host.read_text(encoding="utf-8") == before


def test_the_vendors_installer_comes_before_a_build(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f'#!/bin/sh\nmkdir -p "$3/bin"\nprintf "#!/bin/sh\\n" > "$3/bin/pulumi"\nchmod +x "$3/bin/pulumi"\n'  # noqa: F541
    monkeypatch.setattr(pulumi_cli.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(script.encode()))
    assert pulumi_cli.ensure() == pulumi_cli.CLI


@pytest.mark.parametrize("script", [b"<html>", b"#!/bin/sh\nexit 1\n"])
def test_an_installer_that_fails_is_said_and_the_cli_is_built(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], script: bytes
) -> None:
    monkeypatch.setattr(pulumi_cli.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(script))
    monkeypatch.setattr(pulumi_cli, "build", lambda: write(pulumi_cli.CLI, "exit 0"))
    assert pulumi_cli.ensure() == pulumi_cli.CLI
    assert "installer" in capsys.readouterr().err


def test_a_build_is_cached_and_shows_that_it_goes_on(tools: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go(
        tools,
        "go1.99.0",
        'for a; do [ "$last" = -o ] && out=$a; last=$a; done; printf "#!/bin/sh\\n" > $out; chmod +x $out',
    )
    assert pulumi_cli.ensure() == pulumi_cli.CLI
    shown = capsys.readouterr().err
    assert "Building the Pulumi CLI 3." in shown
    assert "Built in" in shown
    assert pulumi_cli.ensure() == pulumi_cli.CLI
    assert capsys.readouterr().err == ""
    assert sorted(entry.name for entry in pulumi_cli.CLI.parent.iterdir()) == ["pulumi", "pulumi-language-python"]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda _: None, "there is no Go to build one: install Pulumi, or Go 1.26"),
        (lambda tools: go(tools, "go1.20.1"), "needs Go 1.26 or newer, not go1.20.1"),
        (
            lambda tools: go(tools, "go1.99.0", "echo go: downloading x; echo dial tcp: refused; exit 1"),
            "could not be built (dial tcp: refused): install Pulumi",
        ),
    ],
)
def test_what_fails_is_said_in_one_sentence_with_what_to_type(
    tools: Path, capsys: pytest.CaptureFixture[str], prepare: Callable[[Path], None], words: str
) -> None:
    prepare(tools)
    assert pulumi_cli.main() == 1
    output = capsys.readouterr()
    last = output.err.splitlines()[-1]
    assert words in last
    assert "make setup" in last
    assert output.out == ""
    assert not pulumi_cli.CLI.exists()


def test_the_module_names_modules_only() -> None:
    text = "".join((pulumi_cli.MODULE / name).read_text(encoding="utf-8") for name in ("go.mod", "go.sum"))
    assert "://" not in text
    assert "replace " not in text


def test_it_runs_without_anything_installed(tools: Path) -> None:
    """Standard library only: it runs before there is an environment."""
    found = write(tools / "path" / "pulumi", "exit 0")
    script = pulumi_cli.ROOT / "tools" / "pulumi_cli.py"
    environment = {"PATH": f"{found.parent}:/bin:/usr/bin"}
    import sys  # noqa: PLC0415 - the interpreter itself, without its site packages

    done = subprocess.run(
        [sys.executable, "-I", "-S", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(found)
