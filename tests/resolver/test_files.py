"""Two files that people rely on: never half written, never written by two at once."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ws_network.errors import UserError
from ws_network.resolver import files, observations

ROOT = Path(__file__).parents[2]

KILLED = """
import os, sys
from pathlib import Path
from ws_network.resolver import files
path = Path(sys.argv[1])
Path.replace = lambda *_: os.kill(os.getpid(), 9)
with files.locked(path):
    files.replace({path: "new"})
"""
HOLDING = """
import sys, time
from pathlib import Path
from ws_network.resolver import files
with files.locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def python(code: str, path: Path) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", code, str(path)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


class TestReplace:
    """A run that ends in the middle leaves the old file, whole."""

    def test_killed_before_the_new_name(self, tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        path.write_text("old")
        assert python(KILLED, path).wait() == -9
        assert path.read_text() == "old"
        with files.locked(path):
            files.replace({path: "newer"})
        assert path.read_text() == "newer"

    def test_all_or_none(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one.json", tmp_path / "none" / "other.json"
        one.write_text("old")
        with pytest.raises(UserError, match=r"^cannot write .*other\.json \(No such file or directory\): correct the"):
            files.replace({one: "new", other: "new"})
        assert one.read_text() == "old"
        assert list(tmp_path.iterdir()) == [one]

    def test_rights_and_links_stay(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        real, link = tmp_path / "real" / "s.json", tmp_path / "s.json"
        real.write_text("old")
        real.chmod(0o640)
        link.symlink_to(real)
        files.replace({link: "new"})
        assert link.is_symlink()
        assert (real.read_text(), real.stat().st_mode & 0o777) == ("new", 0o640)

    def test_a_link_to_itself_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "s.json").symlink_to("s.json")
        with pytest.raises(UserError, match=r"s\.json is a link that leads to itself: remove it, or give another path"):
            files.real(tmp_path / "s.json")

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"^cannot write .* \(no file that may be written\)"):
            files.check_writable(tmp_path)


class TestLock:
    """Of two runs at once one would undo what the other has learnt."""

    def test_held_by_another_run(self, tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        other = python(HOLDING, path)
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(UserError, match=r"^another run is resolving into .*s\.json: wait until"),
            files.locked(path),
        ):
            pass
        other.communicate("")
        with files.locked(path):
            pass
        assert list(tmp_path.iterdir()) == []

    def test_a_run_that_was_killed_holds_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        other = python(HOLDING, path)
        assert other.stdout
        other.stdout.readline()
        other.kill()
        other.wait()
        with files.locked(path):
            pass

    def test_one_that_its_holder_removed_meanwhile_is_no_lock(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between opening and locking: a third run would make a new file, and both would write."""
        lock, taken = tmp_path / ".s.json.lock", fcntl.flock

        def late(descriptor: int, operation: int) -> None:
            monkeypatch.setattr(fcntl, "flock", taken)
            lock.unlink()
            taken(descriptor, operation)

        monkeypatch.setattr(fcntl, "flock", late)
        with files.locked(tmp_path / "s.json"):
            assert lock.exists()

    def test_on_windows_no_open_file_is_removed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It refuses that, and nothing is locked there."""
        opened: list[int] = []
        unlink, take = Path.unlink, os.open

        def watched(path: Path, *, missing_ok: bool = False) -> None:
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(opened[0])
            unlink(path, missing_ok=missing_ok)

        def told(*arguments: Any, **options: Any) -> int:
            opened.append(take(*arguments, **options))
            return opened[-1]

        monkeypatch.setattr(os, "open", told)
        monkeypatch.setattr(Path, "unlink", watched)
        with files.locked(tmp_path / "s.json"):
            monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.undo()
        assert opened
        assert list(tmp_path.iterdir()) == []

    def test_two_files_in_one_folder(self, tmp_path: Path) -> None:
        with files.locked(tmp_path / "a.json"), files.locked(tmp_path / "b.json"):
            pass

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with (
            pytest.raises(UserError, match=r"^cannot write .*s\.json \(No such"),
            files.locked(tmp_path / "no" / "s.json"),
        ):
            pass


def test_observations_lie_beside() -> None:
    assert observations.beside(Path("a/ws-network.snapshot.json")) == Path("a/ws-network.snapshot.observed.json")
    assert observations.beside(Path("names")) == Path("names.observed")
