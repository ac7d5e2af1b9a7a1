"""Writing the two files so that neither is ever half there, and that two runs never write at once.

Owns the lock and the replacement. Does not own contents.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ws_network.errors import UserError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file for the time of a block; on Windows, which has no such lock, hold nothing.

    The lock is the system's and ends with the process, however that ends; the file that bears it is removed.

    Raises:
        UserError: another run holds it, or its folder cannot be written.
    """
    lock = path.with_name(f".{path.name}.lock")
    try:
        descriptor = _acquire(lock)
    except BlockingIOError:
        raise UserError(f"another run is resolving into {path}: wait until it has ended, then resolve again.") from None
    except OSError as error:
        raise UserError(_unwritable(path, error)) from None
    try:
        yield
    finally:
        if sys.platform == "win32":  # where nothing is held, and no open file can be removed
            os.close(descriptor)
            with suppress(OSError):
                lock.unlink(missing_ok=True)
        else:
            lock.unlink(missing_ok=True)
            os.close(descriptor)


def real(path: Path) -> Path:
    """Return the file that a link leads to, or the path itself: a file has one lock and one file beside it.

    Raises:
        UserError: it is a link that leads to itself.
    """
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError):  # the latter until Python 3.12
        raise UserError(f"{path} is a link that leads to itself: remove it, or give another path.") from None


def check_writable(path: Path) -> None:
    """Raise `UserError` where a file is there and cannot be written, before anybody waits for answers."""
    if path.is_dir() or (path.exists() and not os.access(path, os.W_OK)):
        raise UserError(f"cannot write {path} (no file that may be written): correct its rights, or give another path.")


def replace(contents: Mapping[Path, str]) -> None:
    """Write files whole or not at all: all are complete on the disk before the first takes its name.

    Args:
        contents: Text by path, the most important last. What a link leads to is replaced, not the link.

    Raises:
        UserError: one cannot be written; all are as they were.
    """
    staged: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, text in contents.items():
            target = path.resolve()
            unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
            staged.append((unfinished, target))
            _write(unfinished, text)
            if target.exists():
                unfinished.chmod(target.stat().st_mode & 0o777)
        for unfinished, target in staged:
            unfinished.replace(target)
            _sync_folder(target.parent)
    except OSError as error:
        raise UserError(_unwritable(path, error)) from None
    finally:
        for unfinished, _ in staged:
            unfinished.unlink(missing_ok=True)


def _acquire(lock: Path) -> int:
    """Return the descriptor of the locked file.

    Who held it before may have removed the file after it was opened here: then the lock is on a file that nobody sees.
    """
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
        try:
            if sys.platform != "win32":
                import fcntl  # noqa: PLC0415 - Windows has none

                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), lock.stat()):
                    return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> str:
    return (
        f"cannot write {path} ({error.strerror or error}): correct the path, its rights or the space there; "
        "the file is as it was."
    )
