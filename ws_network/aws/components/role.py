"""`AwsRoleSecurityGroup`: the group of one role, or the rules of one in a group that exists."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import ec2, vpc

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.aws.components.prefix_list import AwsPrefixList
from ws_network.aws.render import AwsRendering, GroupRule, SecurityGroup, render
from ws_network.deployment import Target
from ws_network.deployment.parts import PrefixListId, SecurityGroupId
from ws_network.errors import UserError, unknown_name
from ws_network.plan import Plan
from ws_network.program import (
    ROLE_TAG,
    check_forms,
    findings_output,
    given_args,
    given_id,
    known_keys,
    plan_of,
    stop_on_errors,
    user_errors,
    warn,
)

FORMS = {
    "security_group_id": SecurityGroupId,
    "security_group_ids": SecurityGroupId,
    "role_security_group_ids": SecurityGroupId,
    "peer_security_group_ids": SecurityGroupId,
    "prefix_list_ids": PrefixListId,
}
"""What the ids of each argument look like."""


class Ends:
    """The ids that the other ends of rules have in a program: own lists, groups by role, ids of others."""

    def __init__(
        self,
        name: str,
        lists: Mapping[str, pulumi.Output[str]],
        groups: Mapping[str, pulumi.Output[str]],
        inputs: Mapping[str, pulumi.Input[str]],
    ) -> None:
        """Remember the ids by key, and the component that an error names."""
        self.name = name
        self.lists = lists
        self.groups = groups
        self.inputs = inputs

    def of(self, rule: GroupRule) -> dict[str, Any]:
        """Return the one property that says the other end of a rule."""
        if "prefix_list" in rule:
            return {"prefix_list_id": self.lists[rule["prefix_list"]]}
        if "security_group" in rule:
            return {"referenced_security_group_id": self.groups[rule["security_group"]]}
        if "input" in rule:
            key = rule["input"]
            given = given_id(self.name, f"peer_security_group_ids['{key}']", self.inputs[key])
            return {"referenced_security_group_id": given}
        names = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")
        return {name: value for name, value in rule.items() if name in names}


class RoleGroups(pulumi.ComponentResource):
    """The groups of one role, new or given. Their rules come when every role has its groups: they name each other."""

    def __init__(  # noqa: PLR0913 - what a group is made of
        self,
        name: str,
        *,
        base: str,
        groups: Mapping[str, SecurityGroup],
        existing: Mapping[str, pulumi.Input[str]],
        vpc_id: pulumi.Input[str] | None,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        """Create the groups that are not given.

        Args:
            name: Of the component.
            base: What the names of its resources begin with.
            groups: As rendered, by key.
            existing: Ids of groups that exist, by key.
            vpc_id: VPC of new groups.
            tags: Of everything.
            opts: Of the component.
        """
        super().__init__("ws-network:index:AwsRoleSecurityGroup", name, {}, opts)
        self._base = base
        self._groups = groups
        self._tags = dict(tags)
        self._owned = {key for key in groups if key not in existing}
        self._rule_ids: dict[str, dict[str, list[pulumi.Input[str]]]] = {
            key: {"ingress": [], "egress": []} for key in groups
        }
        self.ids = {
            key: given_id(base, f"the id of the existing group '{key}'", existing[key])
            if key in existing
            else self._group(key, group, vpc_id)
            for key, group in groups.items()
        }

    def _group(self, key: str, group: SecurityGroup, vpc_id: pulumi.Input[str] | None) -> pulumi.Output[str]:
        name = f"{self._base}-{key}"
        return ec2.SecurityGroup(
            name,
            description=group["description"],
            vpc_id=None if vpc_id is None else given_id(self._base, "vpc_id", vpc_id),
            tags={**self._tags, "Name": name, ROLE_TAG: group["role"]},
            opts=pulumi.ResourceOptions(parent=self),
        ).id

    def add_rules(self, ends: Ends) -> list[pulumi.Resource]:
        """Create the rules, and return them."""
        rules: list[pulumi.Resource] = []
        for key, group in self._groups.items():
            for rule_id, rule in group["rules"].items():
                made = self._rule(rule_id, rule, self.ids[key], ends)
                self._rule_ids[key][rule["direction"]].append(made.security_group_rule_id)
                rules.append(made)
        return rules

    def keep_exclusive(self, rules: list[pulumi.Resource]) -> None:
        """Create what removes every other rule from the groups that are new.

        Args:
            rules: Every rule that the component makes, in any group. What they replace is removed here, so they must
                exist before: a rule that moves to another group of its role would leave a gap.
        """
        for key in self._groups:
            if key in self._owned:
                ec2.VpcSecurityGroupRulesExclusive(
                    f"{self._base}-{key}",
                    security_group_id=self.ids[key],
                    ingress_rule_ids=self._rule_ids[key]["ingress"],
                    egress_rule_ids=self._rule_ids[key]["egress"],
                    opts=pulumi.ResourceOptions(parent=self, depends_on=rules),
                )

    def _rule(
        self, rule_id: str, rule: GroupRule, group_id: pulumi.Output[str], ends: Ends
    ) -> vpc.SecurityGroupEgressRule | vpc.SecurityGroupIngressRule:
        egress = rule["direction"] == "egress"
        kind = vpc.SecurityGroupEgressRule if egress else vpc.SecurityGroupIngressRule
        return kind(
            f"{self._base}-{rule_id}",
            security_group_id=group_id,
            ip_protocol=rule["ip_protocol"],
            from_port=rule["from_port"],
            to_port=rule["to_port"],
            description=rule["description"],
            tags=self._tags or None,
            opts=pulumi.ResourceOptions(parent=self),
            **ends.of(rule),
        )


def planned(args: Mapping[str, Any]) -> tuple[Plan, AwsRendering]:
    """Return the plan of component arguments and its rendering.

    Raises:
        UserError: the arguments cannot be used, or the plan must not be deployed.
    """
    plan = plan_of(args, Target.AWS_SECURITY_GROUP, args.get("peer_security_group_ids", {}))
    rendering = render(plan)
    stop_on_errors((*plan.findings, *rendering.findings))
    check_forms(args, FORMS)
    return plan, rendering


def prefix_lists(
    base: str, args: Mapping[str, Any], wanted: Mapping[str, Any], tags: Mapping[str, str], parent: pulumi.Resource
) -> dict[str, pulumi.Output[str]]:
    """Return the ids of the wanted lists by key: given ones, and new ones under `parent`."""
    given = args.get("prefix_list_ids", {})
    ids: dict[str, pulumi.Output[str]] = {}
    for key, entry in wanted.items():
        if key in given:
            ids[key] = given_id(base, f"prefix_list_ids['{key}']", given[key])
            continue
        ids[key] = AwsPrefixList(
            f"{base}-{key}",
            {
                "address_family": entry["address_family"],
                "cidrs": [block["cidr"] for block in entry["entries"]],
                "max_entries": entry["max_entries"],
                "tags": dict(tags),
            },
            pulumi.ResourceOptions(parent=parent),
        ).prefix_list_id
    return ids


class AwsRoleSecurityGroupArgs(TypedDict):
    """Arguments of AwsRoleSecurityGroup."""

    role: str
    """Role of the deployment, for example `agent`."""
    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    vpc_id: NotRequired[pulumi.Input[str]]
    """VPC of a new group."""
    security_group_id: NotRequired[pulumi.Input[str]]
    """A group that exists: only rules are created, and the group is left as it is."""
    role_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Groups of the deployment's other roles that rules refer to, by role."""
    peer_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Groups of peers whose id only the program knows, by peer, or `peer/label` for several of one peer."""
    prefix_list_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Lists that exist, by the name of the list that they take the place of, for example `blocks-de-1-ipv4`."""
    exclusive: NotRequired[bool]
    """Rules that someone adds to the new group by hand are drift, and are removed."""
    snapshot: NotRequired[WsSnapshotArgs]
    """Addresses of names: the content of a snapshot file."""
    snapshot_resolved_on: NotRequired[str]
    """Day of the last resolution, YYYY-MM-DD, which the file beside the snapshot tells."""
    catalogue: NotRequired[str]
    """Text of a catalogue file, in place of the packaged one."""
    as_of: NotRequired[str]
    """Day for end dates, as `2026-11-30`; without it no date is looked at."""


class AwsRoleSecurityGroup(RoleGroups):
    """The security group of one role with the rules that the vendor's page asks for."""

    security_group_id: pulumi.Output[str]
    """Id of the group; the first where the role is split."""
    security_group_ids: pulumi.Output[list[str]]
    """Ids of all groups of the role; its machines must wear all of them."""
    rule_count: pulumi.Output[int]
    """How many rules there are."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""

    def __init__(self, name: str, args: AwsRoleSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the group, unless one is given, its lists and its rules."""
        with user_errors(name):
            given = given_args(args, AwsRoleSecurityGroupArgs)
            plan, rendering = planned(given)
            groups = _groups_of(given, plan, rendering)
        tags = plan.deployment.tags
        existing = {given["role"]: given["security_group_id"]} if "security_group_id" in given else {}
        super().__init__(
            name, base=name, groups=groups, existing=existing, vpc_id=given.get("vpc_id"), tags=tags, opts=opts
        )
        used = {
            rule["prefix_list"]
            for group in groups.values()
            for rule in group["rules"].values()
            if "prefix_list" in rule
        }
        lists = prefix_lists(name, given, {key: rendering.prefix_lists[key] for key in sorted(used)}, tags, self)
        others = {
            role: given_id(name, f"role_security_group_ids['{role}']", group_id)
            for role, group_id in given.get("role_security_group_ids", {}).items()
        }
        rules = self.add_rules(Ends(name, lists, {**others, **self.ids}, given.get("peer_security_group_ids", {})))
        if given.get("exclusive"):
            self.keep_exclusive(rules)
        findings = (*plan.findings, *rendering.findings)
        warn(self, findings)
        self.security_group_ids = pulumi.Output.all(*self.ids.values())
        self.security_group_id = self.ids[given["role"]]
        self.rule_count = pulumi.Output.from_input(sum(len(group["rules"]) for group in groups.values()))
        self.findings = findings_output(findings)
        self.register_outputs(
            {
                "security_group_id": self.security_group_id,
                "security_group_ids": self.security_group_ids,
                "rule_count": self.rule_count,
                "findings": self.findings,
            }
        )


def _groups_of(args: Mapping[str, Any], plan: Plan, rendering: AwsRendering) -> dict[str, SecurityGroup]:
    """Return the rendered groups of the role, when the arguments have every id that they need."""
    role = args["role"]
    if role not in plan.roles:
        raise UserError(unknown_name("role of the deployment", role, plan.roles))
    groups = {key: group for key, group in rendering.security_groups.items() if group["role"] == role}
    others = {
        rule["security_group"]
        for group in groups.values()
        for rule in group["rules"].values()
        if "security_group" in rule
    } - {role}
    known_keys("role_security_group_ids", args.get("role_security_group_ids", {}), set(plan.roles) - {role})
    known_keys("prefix_list_ids", args.get("prefix_list_ids", {}), rendering.prefix_lists)
    for other in sorted(others - set(args.get("role_security_group_ids", {}))):
        raise UserError(
            f"the rules of {role} refer to the group of {other}: give role_security_group_ids['{other}'], or take "
            f"{other} out of the deployment's roles and say where it is under peers."
        )
    if "security_group_id" not in args and "vpc_id" not in args:
        raise UserError("vpc_id is missing: give the VPC of the new group, or security_group_id of one that exists.")
    if "security_group_id" in args and (len(groups) > 1 or args.get("exclusive")):
        what = "exclusive" if args.get("exclusive") else "split"
        raise UserError(f"security_group_id adopts a group, which cannot be {what}: remove one of the two.")
    return groups
