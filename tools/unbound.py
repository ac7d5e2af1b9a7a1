"""Finds or fetches the resolver unbound and prints its path: `python tools/unbound.py`.

Owns where it is looked for: on PATH, an earlier result in `.tools/unbound`, and last Debian's package with the
libraries that this machine lacks, unpacked there. Nothing is installed and no rights are needed. Standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("WS_NETWORK_TOOLS") or ROOT / ".tools") / "unbound"
SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
"""Where it lies without being on a user's PATH."""
REMEDY = "install unbound ('apt-get install unbound' or 'brew install unbound') and try again."
TIMEOUT = 120.0
"""Seconds that a command of the package manager may take."""


class UnboundError(Exception):
    """No unbound could be had; the message is one sentence with what to type."""


@dataclass(frozen=True)
class Unbound:
    """A resolver that can be started."""

    path: Path
    libraries: tuple[Path, ...] = ()
    """Folders of libraries that the system does not have."""

    @property
    def environment(self) -> dict[str, str]:
        """What it is to be started with."""
        folders = ":".join(str(folder) for folder in self.libraries)
        return dict(os.environ) | ({"LD_LIBRARY_PATH": folders} if folders else {})

    @property
    def works(self) -> bool:
        """Whether it starts: a download that was cut off leaves something that does not."""
        try:
            done = subprocess.run([self.path, "-V"], capture_output=True, env=self.environment, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def on_path() -> Unbound | None:
    """Return the system's own."""
    found = shutil.which("unbound", path=f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}")
    return Unbound(Path(found)) if found else None


def unpacked(folder: Path) -> Unbound:
    """Return the one in a folder of unpacked packages."""
    return Unbound(folder / "usr" / "sbin" / "unbound", tuple(sorted(folder.glob("usr/lib/*-linux-gnu*"))))


def fetch() -> Unbound:
    """Unpack Debian's package, and those that it needs and this machine lacks, into the cache.

    Raises:
        UnboundError: there is no apt here, or it cannot reach its packages.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise UnboundError(f"No unbound was found, and no apt to fetch one: {REMEDY}")
    print("Fetching unbound from the packages of this system …", file=sys.stderr, flush=True)
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent, prefix="unbound.") as folder:
        unfinished = Path(folder)
        for package in ("unbound", *missing_libraries()):
            _run("apt-get", "download", package, cwd=unfinished)
        for archive in sorted(unfinished.glob("*.deb")):
            _run("dpkg", "-x", archive.name, "unpacked", cwd=unfinished)
        if not unpacked(unfinished / "unpacked").works:
            raise UnboundError(f"The unbound that apt gave does not start here: {REMEDY}")
        shutil.rmtree(CACHE, ignore_errors=True)
        try:
            (unfinished / "unpacked").replace(CACHE)
        except OSError:  # another process was first
            if not unpacked(CACHE).works:
                raise UnboundError(f"{CACHE} cannot be replaced: remove it and try again.") from None
    return unpacked(CACHE)


def missing_libraries() -> list[str]:
    """Return the libraries that the package depends on and that are not installed."""
    text = _run("apt-cache", "depends", "--no-recommends", "--no-suggests", "unbound", cwd=ROOT)
    wanted = re.findall(r"^\s*\|?Depends: (lib\S+)$", text, re.MULTILINE)
    asked = ["dpkg-query", "-W", "-f", "${Status}"]
    states = {
        name: subprocess.run([*asked, name], capture_output=True, text=True, check=False).stdout for name in wanted
    }
    return [name for name, state in states.items() if "installed" not in state.split()]


def _run(*words: str, cwd: Path) -> str:
    try:
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise UnboundError(f"'{' '.join(words)}' did not finish ({type(failure).__name__}): {REMEDY}") from None
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UnboundError(f"'{' '.join(words)}' failed ({reason}): {REMEDY}")
    return done.stdout


def ensure() -> Unbound:
    """Return an unbound that works, fetching one if need be.

    Raises:
        UnboundError: none could be had.
    """
    found = on_path()
    if found is not None and found.works:
        return found
    cached = unpacked(CACHE)
    return cached if cached.works else fetch()


def main() -> int:
    """Print the path; exit 1 with one sentence where there is none."""
    try:
        print(ensure().path)
    except UnboundError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
