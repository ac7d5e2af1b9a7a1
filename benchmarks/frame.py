"""How a benchmark is written, timed and shown.

A benchmark is a function that returns rows. `contest` makes one: it asserts that both sides give the same result, then
times them in turns in this one run. Only ratios are compared with a bar: seconds say more about the machine.
Owns timing and the table. Does not own inputs or what is compared.
"""

import gc
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import process_time
from typing import Any, Literal

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Row:
    """One measured ratio and the bar it is held to."""

    what: str
    ours: float
    """CPU seconds, least of the rounds."""
    theirs: float
    """CPU seconds of the other side in the same rounds."""
    peer: str
    """The other side, with its version."""
    reads: Literal["times faster", "times the time"]
    """Which way the ratio is read: `theirs / ours`, or `ours / theirs`."""
    bar: float | None = None
    """Least value for `times faster`, greatest for `times the time`; None is shown and never missed."""

    @property
    def ratio(self) -> float:
        """The figure that is compared with the bar."""
        return self.theirs / self.ours if self.reads == "times faster" else self.ours / self.theirs

    @property
    def missed(self) -> bool:
        """Whether the ratio is on the wrong side of its bar."""
        if self.bar is None:
            return False
        return self.ratio < self.bar if self.reads == "times faster" else self.ratio > self.bar

    @property
    def bar_text(self) -> str:
        """The bar as the table shows it."""
        if self.bar is None:
            return "-"
        return f"{'>=' if self.reads == 'times faster' else '<='} {self.bar:g}" + (" (missed)" if self.missed else "")


Benchmark = Callable[[], Iterable[Row]]


def contest(  # noqa: PLR0913 (each is one column of the table)
    what: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    against: str,
    rounds: int,
    bar: float | None = None,
) -> Row:
    """Return how many times faster `ours` is than `theirs`; AssertionError when their results differ."""
    if ours() != theirs():
        raise AssertionError(f"{what}: ws_network and {against} give different results")
    return Row(what, *race(ours, theirs, rounds=rounds), against, "times faster", bar)


def race(ours: Callable[[], object], theirs: Callable[[], object], *, rounds: int) -> tuple[float, float]:
    """Return the least CPU seconds of both sides; they take turns, so that a slow moment of the machine meets both."""
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for side, run in enumerate((ours, theirs)):
            gc.collect()
            start = cpu_seconds()
            run()
            best[side] = min(best[side], cpu_seconds() - start)
    return best[0], best[1]


def cpu_seconds() -> float:
    """Return the CPU time of this process and its ended children.

    Time on the wall would count what other processes take, and a long run cannot slip between those as a short one can.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def python(code: str) -> str:
    """Return what a fresh interpreter prints for `code`; CalledProcessError when it fails."""
    return subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def peer(name: str, *, inside_python: bool = False) -> str:
    """Return a package's name and version, or that of the Python it is part of."""
    if inside_python:
        return f"{name} (Python {platform.python_version()})"
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} (not installed)"


def machine() -> str:
    """Return processor, cores, system and Python in one line."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = (names or [platform.processor() or "unknown processor"])[0]
    return (
        f"{processor} ({platform.machine()}), {os.cpu_count()} cores, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def markdown(rows: Sequence[Row]) -> str:
    """Return the table, the machine below it."""
    lines = ["| what | ratio | bar | ours | other side | compared with |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.what} | {row.ratio:.2f} {row.reads} | {row.bar_text} | {_seconds(row.ours)} | {_seconds(row.theirs)} "
        f"| {row.peer} |"
        for row in rows
    ]
    return "\n".join([*lines, "", f"CPU time, measured on {machine()}."])


def to_json(rows: Sequence[Row]) -> str:
    """Return rows and machine as JSON, ratios and missed bars included."""
    records: list[dict[str, Any]] = [asdict(row) | {"ratio": row.ratio, "missed": row.missed} for row in rows]
    return json.dumps({"machine": machine(), "rows": records}, indent=2)


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.2f} ms"
