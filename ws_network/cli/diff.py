"""`ws-network diff`: what changed between two revisions of the catalogue, on the page or for one site."""

from pathlib import Path
from typing import Annotated

import typer

from ws_network import catalogue as page
from ws_network.cli import options
from ws_network.cli.output import show
from ws_network.views.revisions import page_sheet, site_diff
from ws_network.views.tables import Format


def diff(
    *,
    a: Annotated[
        str | None, typer.Argument(metavar="FROM", help="Revision to come from.", show_default="the deployment's")
    ] = None,
    b: Annotated[str | None, typer.Argument(metavar="TO", help="Revision to go to.", show_default="the newest")] = None,
    deployment: Annotated[
        Path | None,
        typer.Option("--deployment", "-d", metavar="FILE", help="Only what changes for this site: rules, addresses."),
    ] = None,
    catalogue: options.CatalogueOption = None,
    target: options.TargetOption = options.DEFAULT_TARGET,
    snapshot: options.SnapshotOption = None,
    as_of: options.AsOfOption = None,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Show what changes from one revision of the catalogue to another. Exits 2 when something does.

    Without FROM and without --deployment: for the site in ws-network.yaml, from its revision to the newest.
    """
    known = options.read_catalogue(catalogue)
    newest = b or known.revisions[-1]
    if a is not None and deployment is None:
        changes = page.diff(known.at(a), known.at(newest))
        show(page_sheet(changes), form)
        return 2 if changes else 0
    site = options.read_deployment(deployment or options.DEFAULT_FILE)
    found = site_diff(
        known,
        site.model_copy(update={"revision": a}) if a else site,
        newest,
        target=options.read_target(target),
        snapshot=options.read_snapshot(snapshot),
        as_of=options.read_day(as_of),
    )
    show(found.sheet(), form)
    return 2 if found else 0
