"""`ws-network explain`: why a rule or flow is there, or why it is not."""

from typing import Annotated

import typer

from ws_network.cli import options
from ws_network.cli.output import show
from ws_network.plan import build_plan
from ws_network.views import questions
from ws_network.views.tables import Format


def explain(
    *,
    asked: Annotated[str, typer.Argument(metavar="RULE-OR-FLOW", help="Id of a rule or flow, as plan shows it.")],
    deployment: options.DeploymentOption = options.DEFAULT_FILE,
    catalogue: options.CatalogueOption = None,
    target: options.TargetOption = options.DEFAULT_TARGET,
    snapshot: options.SnapshotOption = None,
    as_of: options.AsOfOption = None,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Show why a rule or flow is there: lines of the page, sources, hosts, findings."""
    made = build_plan(
        options.read_catalogue(catalogue),
        options.read_deployment(deployment),
        target=options.read_target(target),
        snapshot=options.read_snapshot(snapshot),
        as_of=options.read_day(as_of),
        resolved_on=options.read_resolved_on(snapshot),
    )
    show(questions.explain_sheet(questions.explain(made, asked)), form)
    return 0
