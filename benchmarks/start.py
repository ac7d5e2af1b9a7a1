"""What a user waits for before anything is planned: importing the package and loading the catalogue."""

from collections.abc import Iterator
from functools import partial

from benchmarks.frame import Row, peer, python, race

HEAVY = ("pulumi", "pydantic", "boto3", "azure", "google.cloud", "googleapiclient", "yaml", "rich", "typer")
"""Packages that `import ws_network` must not load: engine, cloud SDKs, and what only models or commands need."""
SHOW_LOADED = f"import sys, ws_network; print(*[name for name in {HEAVY!r} if name in sys.modules])"
LOAD_CATALOGUE = "from ws_network.catalogue import Catalogue; print(len(Catalogue.load().flows))"


def package_import() -> Iterator[Row]:
    """`import ws_network` in a fresh interpreter against an interpreter that does nothing."""
    if loaded := python(SHOW_LOADED).strip():
        raise AssertionError(f"import ws_network loads {loaded}")
    best = race(partial(python, "import ws_network"), partial(python, "pass"), rounds=15)
    yield Row("import ws_network, whole process", *best, "python -c pass", "times the time", 2)


def catalogue_load() -> Iterator[Row]:
    """The packaged catalogue read and checked in a fresh interpreter, against one that only imports pydantic."""
    if int(python(LOAD_CATALOGUE)) == 0:
        raise AssertionError("the packaged catalogue has no flows")
    best = race(partial(python, LOAD_CATALOGUE), partial(python, "from pydantic import BaseModel"), rounds=10)
    yield Row("catalogue load, whole process", *best, f"import of {peer('pydantic')}", "times the time")


BENCHMARKS = (package_import, catalogue_load)
