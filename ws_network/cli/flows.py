"""`ws-network flows`: which lines of the page a site needs, and which it does not."""

from pathlib import Path
from typing import Annotated

import typer

from ws_network.cli import options
from ws_network.cli.output import show
from ws_network.views.requirements import needs
from ws_network.views.tables import Format


def flows(
    *,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Deployment file.", show_default="ws-network.yaml")
    ] = None,
    deployment: options.DeploymentOption = options.DEFAULT_FILE,
    catalogue: options.CatalogueOption = None,
    as_of: options.AsOfOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what is not needed, and why.")] = False,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Show the flows that a site needs: who opens what to whom."""
    found = needs(
        options.read_catalogue(catalogue), options.read_deployment(file or deployment), options.read_day(as_of)
    )
    show(found.sheet(everything=everything), form)
    return 0
