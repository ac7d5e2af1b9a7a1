"""`ws-network audit`: what exists against what a site needs."""

from pathlib import Path
from typing import Annotated

import typer

from ws_network.aws.network_acl import load_network_acls
from ws_network.cli import options
from ws_network.cli.output import exit_code, show
from ws_network.errors import UserError
from ws_network.findings import Severity
from ws_network.views.network_acls import chosen, flow_by_flow, network_acl_audit
from ws_network.views.tables import Format

SOURCES = ("--network-acls",)
"""The options that name something that exists; one of them is given."""


def audit(
    *,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Deployment file.", show_default="ws-network.yaml")
    ] = None,
    network_acls: Annotated[
        Path | None,
        typer.Option("--network-acls", metavar="JSON", help="What 'aws ec2 describe-network-acls' printed."),
    ] = None,
    network_acl: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="Only the network ACL of this id; again for more.", show_default="all"),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role", metavar="ROLE", help="A role that lives in its subnets; again for more.", show_default="all"
        ),
    ] = None,
    deployment: options.DeploymentOption = options.DEFAULT_FILE,
    catalogue: options.CatalogueOption = None,
    snapshot: options.SnapshotOption = None,
    as_of: options.AsOfOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Show findings of severity info too.")] = False,
    fail_on: options.FailOnOption = Severity.HIGH,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Show which required flows something that exists does not let pass.

    --network-acls: requests and replies that a network ACL drops, by which entry, and what to add. Name the roles of
    its subnets with --role.

    Exits 1 when a required flow has no rules to look for, 2 for findings from --fail-on on.
    """
    if network_acls is None:
        raise UserError(f"audit needs something that exists to look at: give {' or '.join(SOURCES)} FILE.")
    acls = chosen(load_network_acls(network_acls), network_acl or ())
    plan = flow_by_flow(
        options.read_catalogue(catalogue),
        options.read_deployment(file or deployment),
        snapshot=options.read_snapshot(snapshot),
        as_of=options.read_day(as_of),
        resolved_on=options.read_resolved_on(snapshot),
    )
    found = network_acl_audit(plan, acls, role or None, everything=everything)
    show(found.sheet, form)
    return exit_code(found, fail_on)
