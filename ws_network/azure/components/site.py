"""`AzureWorkloadSecurity`: a whole site, with a network and an application security group for each role."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.azure.components.role import Ends, RoleGroups, planned, seen
from ws_network.azure.render import AzureRendering
from ws_network.errors import UserError
from ws_network.program import findings_output, given_args, ids_output, known_keys, user_errors, warn
from ws_network.report import detail, report


class AzureWorkloadSecurityArgs(TypedDict):
    """Arguments of AzureWorkloadSecurity."""

    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    resource_group_name: pulumi.Input[str]
    """Resource group of everything that is created, and of the groups that exist."""
    location: NotRequired[pulumi.Input[str]]
    """Location of new groups; without it that of the provider or the resource group."""
    network_security_group_names: NotRequired[dict[str, pulumi.Input[str]]]
    """Network security groups that exist, by role: only their rules are created, and they are left as they are."""
    application_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Application security groups that exist, by role."""
    peer_application_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Groups of peers whose id only the program knows, by peer, or `peer/label` for several of one peer."""
    first_priority: NotRequired[int]
    """First priority that rules may take, 100 or more."""
    last_priority: NotRequired[int]
    """Last priority that rules may take, at most 4096: there the rest is denied."""
    check_foreign_rules: NotRequired[bool]
    """Whether the rules of groups that exist are read first: true unless said; false where nobody may read them."""
    flush_connection: NotRequired[bool]
    """Whether a change of rules ends connections of new groups that they no longer allow."""
    snapshot: NotRequired[WsSnapshotArgs]
    """Addresses of names: the content of a snapshot file."""
    snapshot_resolved_on: NotRequired[str]
    """Day of the last resolution, YYYY-MM-DD, which the file beside the snapshot tells."""
    catalogue: NotRequired[str]
    """Text of a catalogue file, in place of the packaged one."""
    as_of: NotRequired[str]
    """Day for end dates, as `2026-11-30`; without it no date is looked at."""
    report: NotRequired[str]
    """What the output `report` holds: `full` (default), `redacted` or `none`."""


class AzureWorkloadSecurity(pulumi.ComponentResource):
    """Network and application security groups for every role of a site, from the vendor's page."""

    network_security_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the network security groups by role, for the network interfaces of its machines."""
    application_security_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the application security groups by role, which the network interfaces of its machines wear."""
    rule_count: pulumi.Output[int]
    """How many rules there are."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""
    report: pulumi.Output[str]
    """The plan in Markdown."""

    def __init__(self, name: str, args: AzureWorkloadSecurityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the groups that are not given, and all rules."""
        super().__init__("ws-network:index:AzureWorkloadSecurity", name, {}, opts)
        with user_errors(name):
            given = given_args(args, AzureWorkloadSecurityArgs)
            adopted = given.get("network_security_group_names", {})
            plan, rendering, band = planned(given, frozenset(adopted))
            _check_names(given, adopted, rendering)
            level = detail(given.get("report", "full"))
        groups = rendering.network_security_groups
        roles = {
            role: RoleGroups(
                f"{name}-{role}", base=name, role=role, args=given, opts=pulumi.ResourceOptions(parent=self)
            )
            for role in plan.roles
        }
        with user_errors(name):
            live = seen(given, groups, adopted, band, roles)
        for role, made in roles.items():
            made.find(plan.deployment.tags, given.get("application_security_group_ids", {}).get(role))
        worn = {role: made.application_security_group_id for role, made in roles.items()}
        ends = Ends(name, worn, given.get("peer_application_security_group_ids", {}))
        for role, made in roles.items():
            if role in adopted:
                made.adopt(groups[role], ends, adopted[role])
            else:
                made.own(groups[role], ends)
            made.register_outputs({})
        findings = (*plan.findings, *rendering.findings, *live)
        warn(self, findings)
        self.network_security_group_ids = ids_output(
            {role: made.network_security_group_id for role, made in roles.items()}
        )
        self.application_security_group_ids = ids_output(worn)
        self.rule_count = pulumi.Output.from_input(sum(len(group["rules"]) for group in groups.values()))
        self.findings = findings_output(findings)
        self.report = pulumi.Output.from_input(report(plan, findings, level))
        self.register_outputs(
            {
                "network_security_group_ids": self.network_security_group_ids,
                "application_security_group_ids": self.application_security_group_ids,
                "rule_count": self.rule_count,
                "findings": self.findings,
                "report": self.report,
            }
        )


def _check_names(args: Mapping[str, Any], adopted: Mapping[str, Any], rendering: AzureRendering) -> None:
    """Raise where a given group belongs to no role, or to two of them."""
    known_keys("network_security_group_names", adopted, rendering.network_security_groups)
    roles: dict[str, str] = {}
    for role, given in adopted.items():
        if isinstance(given, str) and (other := roles.setdefault(given.lower(), role)) != role:
            raise UserError(
                f"network_security_group_names gives {given} to {other} and {role}, whose rules have the same "
                "priorities: give each its own group."
            )
    if "flush_connection" in args and set(adopted) == set(rendering.network_security_groups):
        raise UserError("flush_connection holds for new groups, and every group is given: remove it.")
