"""Debian's unbound between the tests' name server and the resolver: what a real one makes of the same faults.

Without it these tests fail and say what to install; they are never skipped.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.resolver.server import Reply, Server, addresses, serving, through
from tools import unbound
from ws_network.resolver.answers import Answer, Outcome
from ws_network.resolver.asking import Asking, ask

CONFIGURATION = """\
server:
  interface: 127.0.0.1
  port: {port}
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: ""
  module-config: "iterator"
  do-not-query-localhost: no
  outbound-msg-retry: 2
forward-zone:
  name: "."
  forward-addr: {forward}
"""
START = 10.0
"""Seconds that it may take to begin: it takes a tenth."""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@contextmanager
def running(folder: Path, server: Server) -> Iterator[str]:
    """Run unbound in front of a name server; gives its address."""
    try:
        found = unbound.ensure()
    except unbound.UnboundError as error:
        pytest.fail(str(error))
    port = free_port()
    path = folder / "unbound.conf"
    forward = server.address.replace(":", "@")
    path.write_text(CONFIGURATION.format(port=port, folder=folder, forward=forward), encoding="utf-8")
    words = [str(found.path), "-d", "-c", str(path)]
    process = subprocess.Popen(words, env=found.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + START
        while process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
        else:
            process.kill()
            pytest.fail(f"unbound did not start: {process.communicate()[1].decode()[-500:]}")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


ZONE: dict[tuple[str, str], Any] = {
    ("plain.example.com", "A"): addresses("9.9.9.1", "9.9.9.2"),
    ("plain.example.com", "AAAA"): addresses("2600::1"),
    ("chain.example.com", "A"): through(("mid.example.com", "edge.example.com"), "9.9.9.3"),
    ("mid.example.com", "A"): through(("edge.example.com",), "9.9.9.3"),
    ("edge.example.com", "A"): addresses("9.9.9.3"),
    ("many.example.com", "A"): addresses(*(f"9.9.8.{number}" for number in range(200)), truncated=True),
    ("gone.example.com", "A"): Reply(rcode="NXDOMAIN"),
    ("broken.example.com", "A"): Reply(rcode="SERVFAIL"),
    ("refused.example.com", "A"): Reply(rcode="REFUSED"),
    ("circle.example.com", "A"): through(("other.example.com",)),
    ("other.example.com", "A"): through(("circle.example.com",)),
    ("dangling.example.com", "A"): through(("nothing.example.com",)),
}


def test_a_real_resolver_is_read_alike(tmp_path: Path) -> None:
    names = sorted({name for name, _ in ZONE})
    with serving(ZONE) as server, running(tmp_path, server) as address:
        answers = ask(names, Asking((address,), rounds=2, pause=0, timeout=5))
    found: dict[tuple[str, int], list[Answer]] = {}
    for answer in answers:
        found.setdefault((answer.question.fqdn, answer.question.family), []).append(answer)

    def outcomes(name: str, family: int = 4) -> set[Outcome]:
        return {answer.outcome for answer in found[f"{name}.example.com", family]}

    def of(name: str, family: int = 4) -> set[str]:
        return {address for answer in found[f"{name}.example.com", family] for address, _ in answer.addresses}

    assert of("plain") == {"9.9.9.1", "9.9.9.2"}
    assert of("plain", 6) == {"2600::1"}
    assert of("chain") == {"9.9.9.3"}
    assert found["chain.example.com", 4][0].chain == ("mid.example.com", "edge.example.com")
    assert len(of("many")) == 200
    assert outcomes("gone") == {Outcome.NAME_NOT_FOUND}
    assert outcomes("edge", 6) == {Outcome.NO_DATA}
    for name in ("broken", "refused", "circle", "dangling"):
        assert of(name) == set()
        assert not any(outcome.is_proof for outcome in outcomes(name)), (name, outcomes(name))


class TestFinding:
    """Where unbound comes from. Nothing is downloaded here."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An empty cache, and a PATH with one folder."""
        monkeypatch.setattr(unbound, "CACHE", tmp_path / "tools" / "unbound")
        monkeypatch.setattr(unbound, "SYSTEM_FOLDERS", "")
        monkeypatch.setenv("PATH", str(tmp_path / "path"))
        (tmp_path / "path").mkdir()
        return tmp_path / "path"

    @staticmethod
    def write(path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def test_the_system_s_own_comes_first(self, folder: Path) -> None:
        found = self.write(folder / "unbound", "exit 0")
        assert unbound.ensure() == unbound.Unbound(found)

    def test_then_the_one_that_was_fetched_before_with_its_libraries(self, folder: Path) -> None:
        self.write(folder / "unbound", "exit 1")
        fetched = self.write(unbound.CACHE / "usr" / "sbin" / "unbound", 'test -n "$LD_LIBRARY_PATH"')
        libraries = unbound.CACHE / "usr" / "lib" / "x86_64-linux-gnu"
        libraries.mkdir(parents=True)
        assert unbound.ensure() == unbound.Unbound(fetched, (libraries,))

    @pytest.mark.usefixtures("folder")
    def test_without_apt_the_sentence_says_what_to_install(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert unbound.main() == 1
        assert capsys.readouterr().err == (
            "No unbound was found, and no apt to fetch one: install unbound ('apt-get install unbound' or 'brew "
            "install unbound') and try again.\n"
        )

    def test_apt_without_a_network(self, folder: Path) -> None:
        self.write(folder / "apt-get", "echo 'E: nothing there' >&2; exit 100")
        self.write(folder / "dpkg", "exit 0")
        self.write(folder / "apt-cache", "exit 0")
        with pytest.raises(
            unbound.UnboundError, match=r"'apt-get download unbound' failed \(E: nothing there\): install"
        ):
            unbound.ensure()
        assert not unbound.CACHE.exists()
