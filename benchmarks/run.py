"""Run the benchmarks and print one Markdown table (or JSON) of ratios: `python benchmarks/run.py --check`.

A new benchmark is one function that returns rows, named in the BENCHMARKS of a module here; a new module is one name
in MODULES.
"""

import argparse
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a file, its folder is on the path and the root is not

from benchmarks.frame import Row, markdown, to_json

MODULES = ("addresses", "start", "plan", "azure", "resolver")


def main(arguments: list[str] | None = None) -> int:
    """Return 0, or 1 when `--check` is given and a bar is missed; AssertionError when the two sides differ."""
    parser = argparse.ArgumentParser(description="Time ws_network against its peers, both sides in one run.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a Markdown table")
    parser.add_argument("--check", action="store_true", help="exit 1 when a bar is missed")
    parser.add_argument("--only", default="", metavar="TEXT", help="run the benchmarks whose name contains TEXT")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    for module in MODULES:
        for benchmark in importlib.import_module(f"benchmarks.{module}").BENCHMARKS:
            if options.only in f"{module}.{benchmark.__name__}":
                print(f"{module}.{benchmark.__name__}", file=sys.stderr)
                rows += benchmark()
    print(to_json(rows) if options.json else markdown(rows))
    return int(options.check and any(row.missed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
