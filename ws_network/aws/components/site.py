"""`AwsWorkloadSecurity`: a whole site, with a group for each role and the lists that they share."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.aws.components.role import Ends, RoleGroups, planned, prefix_lists
from ws_network.aws.render import AwsRendering
from ws_network.errors import UserError
from ws_network.program import findings_output, given_args, ids_output, known_keys, user_errors, warn
from ws_network.report import detail, report


class AwsWorkloadSecurityArgs(TypedDict):
    """Arguments of AwsWorkloadSecurity."""

    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    vpc_id: NotRequired[pulumi.Input[str]]
    """VPC of new groups; not needed where every role's group exists."""
    security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Groups that exist, by role: only their rules are created, and they are left as they are."""
    peer_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Groups of peers whose id only the program knows, by peer, or `peer/label` for several of one peer."""
    prefix_list_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Lists that exist, by the name of the list that they take the place of, for example `blocks-de-1-ipv4`."""
    exclusive: NotRequired[bool]
    """Rules that someone adds to a new group by hand are drift, and are removed."""
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


class AwsWorkloadSecurity(pulumi.ComponentResource):
    """Security groups and prefix lists for every role of a site, from the vendor's page."""

    security_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the groups by role; a split role has `agent`, `agent-2` and so on."""
    prefix_list_ids: pulumi.Output[dict[str, str]]
    """Ids of the prefix lists by name."""
    rule_count: pulumi.Output[int]
    """How many rules there are."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""
    report: pulumi.Output[str]
    """The plan in Markdown."""

    def __init__(self, name: str, args: AwsWorkloadSecurityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the lists, the groups that are not given, and all rules."""
        super().__init__("ws-network:index:AwsWorkloadSecurity", name, {}, opts)
        with user_errors(name):
            given = given_args(args, AwsWorkloadSecurityArgs)
            plan, rendering = planned(given)
            _check_ids(given, rendering)
            level = detail(given.get("report", "full"))
        tags = plan.deployment.tags
        existing = given.get("security_group_ids", {})
        lists = prefix_lists(name, given, rendering.prefix_lists, tags, self)
        roles = [
            RoleGroups(
                f"{name}-{role}",
                base=name,
                groups={key: group for key, group in rendering.security_groups.items() if group["role"] == role},
                existing=existing,
                vpc_id=given.get("vpc_id"),
                tags=tags,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for role in plan.roles
        ]
        groups = {key: group_id for role in roles for key, group_id in role.ids.items()}
        ends = Ends(name, lists, groups, given.get("peer_security_group_ids", {}))
        rules = [rule for role in roles for rule in role.add_rules(ends)]
        for role in roles:
            if given.get("exclusive"):
                role.keep_exclusive(rules)
            role.register_outputs({})
        findings = (*plan.findings, *rendering.findings)
        warn(self, findings)
        self.security_group_ids = ids_output(groups)
        self.prefix_list_ids = ids_output(lists)
        count = sum(len(group["rules"]) for group in rendering.security_groups.values())
        self.rule_count = pulumi.Output.from_input(count)
        self.findings = findings_output(findings)
        self.report = pulumi.Output.from_input(report(plan, findings, level))
        self.register_outputs(
            {
                "security_group_ids": self.security_group_ids,
                "prefix_list_ids": self.prefix_list_ids,
                "rule_count": self.rule_count,
                "findings": self.findings,
                "report": self.report,
            }
        )


def _check_ids(args: Mapping[str, Any], rendering: AwsRendering) -> None:
    """Raise where a given id belongs to nothing, or a new group has no VPC."""
    existing = args.get("security_group_ids", {})
    known_keys("security_group_ids", existing, rendering.security_groups)
    known_keys("prefix_list_ids", args.get("prefix_list_ids", {}), rendering.prefix_lists)
    roles: dict[str, str] = {}
    for key, given in existing.items():
        if isinstance(given, str) and (other := roles.setdefault(given, key)) != key:
            raise UserError(
                f"security_group_ids gives {given} to {other} and {key}, which AWS would refuse where their rules are "
                "the same: give each its own group."
            )
    new = [key for key in rendering.security_groups if key not in existing]
    if new and "vpc_id" not in args:
        raise UserError(
            f"vpc_id is missing: give the VPC of the new groups, or security_group_ids for {', '.join(new)}."
        )
    if args.get("exclusive") and not new:
        raise UserError("exclusive holds for new groups, and every group is given: remove it, and watch with audit.")
