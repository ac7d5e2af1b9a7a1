"""`ws-network catalogue`: the vendor's page, one kind of record at a time."""

from typing import Annotated

import typer

from ws_network.cli import options
from ws_network.cli.output import show
from ws_network.views.browsing import KINDS, browse
from ws_network.views.tables import Format


def _kinds() -> list[str]:
    return list(KINDS)


def catalogue(
    *,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(KINDS)}.", autocompletion=_kinds)] = "flows",
    revision: Annotated[
        str | None, typer.Option("--revision", metavar="DATE", help="Revision.", show_default="the newest")
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="REGION", help="For hosts: names there; for blocks: those there.")
    ] = None,
    file: options.CatalogueOption = None,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Show the vendor's page as this package knows it."""
    known = options.read_catalogue(file)
    show(browse(known.at(revision) if revision else known, kind, region=region), form)
    return 0
