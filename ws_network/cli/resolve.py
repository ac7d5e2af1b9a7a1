"""`ws-network resolve`: host names to addresses, into the snapshot file. The one verb that asks a network."""

import datetime as dt
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ws_network.cli import options
from ws_network.cli.output import complain, show
from ws_network.errors import UserError
from ws_network.findings import Severity
from ws_network.resolver import Asking, Terms, read_resolver
from ws_network.resolver import resolve as bring_up_to_date
from ws_network.resolver.asking import Progress
from ws_network.views.resolutions import resolved
from ws_network.views.tables import Format

DEFAULT_SNAPSHOT = Path("ws-network.snapshot.json")
HOW = Asking()


def resolve(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="Deployment file; several where they share the snapshot.",
            show_default="ws-network.yaml",
        ),
    ] = None,
    deployment: options.DeploymentOption = options.DEFAULT_FILE,
    catalogue: options.CatalogueOption = None,
    snapshot: Annotated[
        Path,
        typer.Option(
            "--snapshot", metavar="FILE", help="The file to bring up to date.", show_default=str(DEFAULT_SNAPSHOT)
        ),
    ] = DEFAULT_SNAPSHOT,
    place: Annotated[
        str | None,
        typer.Option("--place", metavar="TEXT", help="Where this is resolved.", show_default="the file's so far"),
    ] = None,
    resolver: Annotated[
        list[str] | None,
        typer.Option(
            "--resolver",
            metavar="ADDRESS",
            help="Address of a resolver, with :PORT where it is not 53; again for more.",
            show_default="the system's",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Ask only this name; again for more.", show_default="all"),
    ] = None,
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, help="How often to ask, to see answers that rotate.")
    ] = HOW.rounds,
    pause: Annotated[float, typer.Option("--pause", min=0, help="Seconds between two rounds.")] = HOW.pause,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, max=60, help="Seconds to wait for one resolver, about.")
    ] = HOW.timeout,
    grace_days: Annotated[
        int | None,
        typer.Option(
            "--grace-days",
            min=0,
            help="Days that an address stays after the first answer without it.",
            show_default="the deployment's, 7; of several the longest",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Day for grace windows, YYYY-MM-DD.", show_default="today"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show findings of severity info too.")] = False,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Ask DNS for the host names that sites need, and keep the addresses in the snapshot file that they share.

    Beside it, NAME.observed.json tells when and by whom each address was seen. On an error both files stay.

    Exits 2 when the snapshot changes, and 1 for an error; 1 too where an answer was refused (bogon-answer) and no
    deployment accepts that: what is good is in the files then. Needs the extra 'resolve'.
    """
    sites = [options.read_deployment(path) for path in files or [deployment]]
    if not math.isfinite(pause):
        raise UserError(f"--pause is {pause}: write a number of seconds.")
    terms = Terms(
        snapshot=snapshot,
        now=dt.datetime.now(dt.UTC),
        today=options.read_day(as_of),
        place=place,
        asking=Asking(tuple(read_resolver(text) for text in resolver or ()), rounds, pause, timeout),
        grace_days=grace_days,
        only=tuple(name.lower().rstrip(".") for name in only or ()),
        dry_run=dry_run,
    )
    with _progress() as on_answer:
        found = bring_up_to_date(options.read_catalogue(catalogue), sites, terms, on_answer)
    answer = resolved(sites, found, file=str(snapshot), dry_run=dry_run)
    show(answer.sheet(everything=everything), form)
    if answer.at_least(Severity.HIGH):
        bad = [entry for entry in answer.findings if entry.severity.at_least(Severity.HIGH) and not entry.accepted]
        complain(f"error: {entry.text} {entry.remedy}" for entry in bad)
        return 1
    return 2 if found.changed else 0


@contextmanager
def _progress() -> Iterator[Progress]:
    """Give what shows the progress on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - 50 ms that a pipeline need not wait
    from rich.progress import Progress as Bar  # noqa: PLC0415 - as above

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Asking DNS", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
