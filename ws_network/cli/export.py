"""`ws-network export`: what a site needs, in the form of something that is not deployed from here."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ws_network.cli import options
from ws_network.cli.output import exit_code, show
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Severity
from ws_network.views.network_acls import Answer, flow_by_flow, network_acl_export
from ws_network.views.tables import Format

EXPORTS: dict[str, Callable[..., Answer]] = {
    "network-acl": network_acl_export,
}
"""What can be exported: from a plan and roles to an answer. The first argument of the verb names one."""


def _exports() -> list[str]:
    return list(EXPORTS)


def export(
    *,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help=f"One of: {', '.join(EXPORTS)}.", autocompletion=_exports)
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Deployment file.", show_default="ws-network.yaml")
    ] = None,
    deployment: options.DeploymentOption = options.DEFAULT_FILE,
    catalogue: options.CatalogueOption = None,
    snapshot: options.SnapshotOption = None,
    as_of: options.AsOfOption = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role", metavar="ROLE", help="A role that lives in the subnet; again for more.", show_default="all"
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show findings of severity info too.")] = False,
    fail_on: options.FailOnOption = Severity.HIGH,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Write what a site needs in the form of something else.

    network-acl: the entries of a stateless AWS network ACL, replies included. Its JSON holds them as the EC2 API does.

    Exits 1 when the answer lacks a part of what is needed, 2 for findings from --fail-on on.
    """
    if what not in EXPORTS:
        raise UserError(unknown_name("export", what, EXPORTS))
    plan = flow_by_flow(
        options.read_catalogue(catalogue),
        options.read_deployment(file or deployment),
        snapshot=options.read_snapshot(snapshot),
        as_of=options.read_day(as_of),
        resolved_on=options.read_resolved_on(snapshot),
    )
    found = EXPORTS[what](plan, role or None, everything=everything)
    show(found.sheet, form)
    return exit_code(found, fail_on)
