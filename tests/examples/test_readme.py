"""Every block of the README is run, in its order, and every output in it is what the commands print.

`WS_NETWORK_GOLDEN=write` writes the outputs anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BUILT = (
    ".venv",
    ".tools",
    ".git",
    ".sandbox",
    ".pulumi-home",
    ".pulumi-state",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
)

RESOURCES = ["92", "31", "208"]
"""Of the reference stacks on AWS, Azure and GCP."""

pytestmark = pytest.mark.engine


def blocks() -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in BLOCK.finditer(README.read_text(encoding="utf-8"))]


def write_output(number: int, text: str) -> None:
    """Put a new output into block `number`."""
    page = README.read_text(encoding="utf-8")
    match = list(BLOCK.finditer(page))[number]
    README.write_text(page[: match.start(2)] + text + page[match.end(2) :], encoding="utf-8")


def check_output(number: int, printed: str, *, ordered: bool = True) -> None:
    lines = [line.rstrip() for line in printed.strip().splitlines()]
    if os.environ.get("WS_NETWORK_GOLDEN") == "write":
        write_output(number, "\n".join(lines) + "\n")
    written = blocks()[number][1].rstrip("\n").split("\n")
    assert (written if ordered else sorted(written)) == (lines if ordered else sorted(lines))


def run(script: str, folder: Path, **environment: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_kinds_of_blocks_are_those_that_are_run() -> None:
    """A block that no test runs is a block that nobody keeps true."""
    assert [kind for kind, _ in blocks()] == ["sh", "text", "python", "text", "sh", "sh"]


def test_with_a_cloud(tmp_path: Path, make_project: Callable[..., Project]) -> None:
    """Install, init, plan, and the program of a user with an account: what is printed is what the page shows."""
    shell, program = blocks()[0][1], blocks()[2][1]
    printed = run(shell, tmp_path)
    check_output(1, printed[printed.index("de-1, ") :])
    project = make_project(program, stack="dev", name="network")
    shutil.copy(tmp_path / "ws-network.yaml", project.folder)
    preview = project.preview("--suppress-progress")
    assert preview.ok, preview.text
    check_output(3, preview.text, ordered=False)
    assert project.up().ok
    assert project.up().changes == []


def test_without_a_cloud(tmp_path: Path) -> None:
    """The two commands of a newcomer, in a copy of the checkout; `make test` only as far as finding all tests."""
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*BUILT), symlinks=True)
    for name in (".venv", ".tools"):
        (copy / name).symlink_to(ROOT / name)
    up, test = blocks()[4][1], blocks()[5][1]
    for word in ("created", "unchanged"):
        assert re.findall(rf"^ +\W? ?(\d+) {word}$", run(up, copy), re.MULTILINE) == RESOURCES, word
    assert "tests/unit" in run(test, copy, ARGS="--collect-only -q")
    run("make destroy", copy)
