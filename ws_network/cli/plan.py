"""`ws-network plan`: the rules of a site, each beside its line of the page, and what to know about them."""

import json
from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated

import typer

from ws_network.cli import options
from ws_network.cli.output import exit_code, show
from ws_network.findings import Severity
from ws_network.plan import build_plan
from ws_network.views.planned import overview
from ws_network.views.tables import Format


@unique
class Only(StrEnum):
    """A part of the answer."""

    RULES = "rules"
    COUNTS = "counts"
    FINDINGS = "findings"


def plan(
    *,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Deployment file.", show_default="ws-network.yaml")
    ] = None,
    deployment: options.DeploymentOption = options.DEFAULT_FILE,
    catalogue: options.CatalogueOption = None,
    target: options.TargetOption = options.DEFAULT_TARGET,
    snapshot: options.SnapshotOption = None,
    as_of: options.AsOfOption = None,
    only: Annotated[Only | None, typer.Option("--only", help="One part of the answer.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show findings of severity info too.")] = False,
    rendered: Annotated[bool, typer.Option("--rendered", help="Print what the components deploy, as JSON.")] = False,
    fail_on: options.FailOnOption = Severity.HIGH,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Show the rules of a site, each beside its line of the page.

    Exits 1 when the plan cannot be deployed, 2 for findings from --fail-on on. CSV has one table: the rules, or --only.
    """
    made = build_plan(
        options.read_catalogue(catalogue),
        options.read_deployment(file or deployment),
        target=options.read_target(target),
        snapshot=options.read_snapshot(snapshot),
        as_of=options.read_day(as_of),
        resolved_on=options.read_resolved_on(snapshot),
    )
    found = overview(made)
    if rendered:
        content = found.rendered()
        if not found.errors:
            typer.echo(json.dumps(content, indent=2))
    else:
        sheet = found.sheet(everything=everything)
        show(sheet if only is None else sheet.only(only), form)
    return exit_code(found, fail_on)
