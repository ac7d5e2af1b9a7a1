"""`AzureRoleSecurityGroup`: the groups of one role, or the rules of one in a group that exists."""

import re
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_azure_native import network

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.azure.components.foreign import look, unlooked
from ws_network.azure.priorities import OWNED_BAND
from ws_network.azure.render import (
    AzureRendering,
    GroupOfSite,
    NetworkSecurityGroup,
    SecurityRule,
    named_groups,
    render,
)
from ws_network.deployment import Target
from ws_network.deployment.parts import ApplicationSecurityGroupId
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding
from ws_network.plan import Plan
from ws_network.priorities import Band
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
    "application_security_group_ids": ApplicationSecurityGroupId,
    "peer_application_security_group_ids": ApplicationSecurityGroupId,
}
"""What the ids of each argument look like."""

_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+(?=/)")
"""How an id in Azure begins."""


class Ends:
    """The ids that application security groups have in a program: those of roles, and those of others."""

    def __init__(
        self, name: str, groups: Mapping[str, pulumi.Output[str]], inputs: Mapping[str, pulumi.Input[str]]
    ) -> None:
        """Remember the ids by key, and the component that an error names."""
        self.name = name
        self.groups = groups
        self.inputs = inputs

    def of(self, rule: SecurityRule) -> dict[str, Any]:
        """Return the properties of a rule, with ids in place of keys."""
        sides = named_groups(rule)
        plain = {key: value for key, value in rule.items() if key not in sides}
        return plain | {
            f"{side}s": [network.ApplicationSecurityGroupArgs(id=self._id(group))] for side, group in sides.items()
        }

    def _id(self, group: GroupOfSite) -> pulumi.Input[str]:
        if "role" in group:
            return self.groups[group["role"]]
        if "input" in group:
            key = group["input"]
            return given_id(self.name, f"peer_application_security_group_ids['{key}']", self.inputs[key])
        return group["id"]


class RoleGroups(pulumi.ComponentResource):
    """The groups of one role. Rules come when every role has its application security group: they name each other."""

    network_security_group_id: pulumi.Output[str]
    application_security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, *, base: str, role: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        """Register the component, without any resource.

        Args:
            name: Of the component.
            base: What the names of its resources begin with.
            role: Whose groups they are.
            args: `resource_group_name`, and optionally `location` and `flush_connection`, of the outer component.
            opts: Of the component.
        """
        super().__init__("ws-network:index:AzureRoleSecurityGroup", name, {}, opts)
        self._base = base
        self._role = role
        self._args = args

    def find(self, tags: Mapping[str, str], application_group: pulumi.Input[str] | None) -> None:
        """Create the application security group, unless its id is given."""
        self._tags = {**tags, ROLE_TAG: self._role}
        self._resource_group = given_id(self._base, "resource_group_name", self._args["resource_group_name"])
        if application_group is not None:
            what = f"application_security_group_ids['{self._role}']"
            self.application_security_group_id = given_id(self._base, what, application_group)
        else:
            self.application_security_group_id = network.ApplicationSecurityGroup(
                f"{self._base}-{self._role}",
                resource_group_name=self._resource_group,
                location=self._args.get("location"),
                tags=self._tags,
                opts=pulumi.ResourceOptions(parent=self),
            ).id

    def own(self, group: NetworkSecurityGroup, ends: Ends) -> None:
        """Create the network security group with its rules: one request, so that no moment has half of them."""
        self.network_security_group_id = network.NetworkSecurityGroup(
            f"{self._base}-{self._role}",
            resource_group_name=self._resource_group,
            location=self._args.get("location"),
            flush_connection=self._args.get("flush_connection"),
            security_rules=[network.SecurityRuleArgs(**ends.of(rule)) for rule in group["rules"].values()],
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        ).id

    def adopt(self, group: NetworkSecurityGroup, ends: Ends, group_name: pulumi.Input[str]) -> None:
        """Create the rules in a group that exists; what denies the rest is made last, and goes first."""
        name = given_id(self._base, f"the name of the existing group of '{self._role}'", group_name)
        allowing: list[pulumi.Resource] = []
        for key, rule in sorted(group["rules"].items(), key=lambda item: item[1]["access"]):
            properties = ends.of(rule)
            made = network.SecurityRule(
                f"{self._base}-{key}",
                resource_group_name=self._resource_group,
                network_security_group_name=name,
                security_rule_name=properties.pop("name"),
                **properties,
                # Azure holds one rule for each priority, at every moment.
                opts=pulumi.ResourceOptions(
                    parent=self,
                    delete_before_replace=True,
                    depends_on=allowing if rule["access"] == "Deny" else None,
                ),
            )
            if rule["access"] == "Allow":
                allowing.append(made)
        self.network_security_group_id = pulumi.Output.all(
            self.application_security_group_id, self._resource_group, name
        ).apply(self._group_id)

    def _group_id(self, parts: list[str]) -> str:
        """Return the id of a network security group from its name: it shares its subscription with what it names."""
        application_group, resource_group, name = parts
        found = _SUBSCRIPTION.match(application_group)
        if not found:  # what an output was may be a secret
            raise pulumi.RunError(
                f"{self._base}: application_security_group_ids['{self._role}'] is no id of an application security "
                "group: give it in full, as /subscriptions/.../applicationSecurityGroups/workers."
            )
        return f"{found[0]}/resourceGroups/{resource_group}/providers/Microsoft.Network/networkSecurityGroups/{name}"


def planned(args: Mapping[str, Any], adopted: frozenset[str]) -> tuple[Plan, AzureRendering, Band]:
    """Return the plan of component arguments, its rendering, and where its priorities may lie.

    Raises:
        UserError: the arguments cannot be used, or the plan must not be deployed.
    """
    plan = plan_of(args, Target.AZURE_NSG, args.get("peer_application_security_group_ids", {}))
    band = Band(args.get("first_priority", OWNED_BAND.first), args.get("last_priority", OWNED_BAND.last))
    rendering = render(plan, band=band, adopted=adopted)
    stop_on_errors((*plan.findings, *rendering.findings))
    known_keys("application_security_group_ids", args.get("application_security_group_ids", {}), plan.roles)
    check_forms(args, FORMS)
    return plan, rendering, band


def seen(
    args: Mapping[str, Any],
    groups: Mapping[str, NetworkSecurityGroup],
    adopted: Mapping[str, pulumi.Input[str]],
    band: Band,
    parents: Mapping[str, pulumi.Resource],
) -> list[Finding]:
    """Return what adopted groups have beside our rules.

    Args:
        args: Of the component: `resource_group_name`, `check_foreign_rules`.
        groups: As rendered, by role.
        adopted: Names of groups that exist, by role.
        band: Where our priorities may lie.
        parents: Whose provider is asked, by role.

    Raises:
        UserError: a rule stands where one of ours has to.
    """
    out: list[Finding] = []
    for role, name in sorted(adopted.items()):
        if args.get("check_foreign_rules", True):
            names = {"resource_group_name": args["resource_group_name"], "network_security_group_name": name}
            out += look(role, names, groups[role]["rules"], band, parents[role])
        else:
            out.append(unlooked(role))
    return out


class AzureRoleSecurityGroupArgs(TypedDict):
    """Arguments of AzureRoleSecurityGroup."""

    role: str
    """Role of the deployment, for example `agent`."""
    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    resource_group_name: pulumi.Input[str]
    """Resource group of everything that is created, and of the group that exists."""
    location: NotRequired[pulumi.Input[str]]
    """Location of new groups; without it that of the provider or the resource group."""
    network_security_group_name: NotRequired[pulumi.Input[str]]
    """A group that exists: only rules are created, and the group is left as it is."""
    application_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Application security groups by role: that of this role where it exists, and those of others that rules name."""
    peer_application_security_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Groups of peers whose id only the program knows, by peer, or `peer/label` for several of one peer."""
    first_priority: NotRequired[int]
    """First priority that rules may take, 100 or more."""
    last_priority: NotRequired[int]
    """Last priority that rules may take, at most 4096: there the rest is denied."""
    check_foreign_rules: NotRequired[bool]
    """Whether the rules of a group that exists are read first: true unless said; false where nobody may read it."""
    flush_connection: NotRequired[bool]
    """Whether a change of rules ends connections of the new group that they no longer allow."""
    snapshot: NotRequired[WsSnapshotArgs]
    """Addresses of names: the content of a snapshot file."""
    snapshot_resolved_on: NotRequired[str]
    """Day of the last resolution, YYYY-MM-DD, which the file beside the snapshot tells."""
    catalogue: NotRequired[str]
    """Text of a catalogue file, in place of the packaged one."""
    as_of: NotRequired[str]
    """Day for end dates, as `2026-11-30`; without it no date is looked at."""


class AzureRoleSecurityGroup(RoleGroups):
    """The security group of one role with the rules that the vendor's page asks for."""

    network_security_group_id: pulumi.Output[str]
    """Id of the network security group, for the role's network interfaces."""
    application_security_group_id: pulumi.Output[str]
    """Id of the application security group, which the role's network interfaces wear."""
    rule_count: pulumi.Output[int]
    """How many rules there are."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""

    def __init__(self, name: str, args: AzureRoleSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the groups that are not given, and the rules."""
        with user_errors(name):
            given = given_args(args, AzureRoleSecurityGroupArgs)
            role = given["role"]
            adopted = {role: given[key]} if (key := "network_security_group_name") in given else {}
            plan, rendering, band = planned(given, frozenset(adopted))
            group = _group_of(given, plan, rendering)
        super().__init__(name, base=name, role=role, args=given, opts=opts)
        with user_errors(name):
            live = seen(given, rendering.network_security_groups, adopted, band, {role: self})
        ids = given.get("application_security_group_ids", {})
        self.find(plan.deployment.tags, ids.get(role))
        others = {
            other: given_id(name, f"application_security_group_ids['{other}']", group_id)
            for other, group_id in ids.items()
        }
        ends = Ends(
            name,
            {**others, role: self.application_security_group_id},
            given.get("peer_application_security_group_ids", {}),
        )
        if adopted:
            self.adopt(group, ends, adopted[role])
        else:
            self.own(group, ends)
        findings = (*plan.findings, *rendering.findings, *live)
        warn(self, findings)
        self.rule_count = pulumi.Output.from_input(len(group["rules"]))
        self.findings = findings_output(findings)
        self.register_outputs(
            {
                "network_security_group_id": self.network_security_group_id,
                "application_security_group_id": self.application_security_group_id,
                "rule_count": self.rule_count,
                "findings": self.findings,
            }
        )


def _group_of(args: Mapping[str, Any], plan: Plan, rendering: AzureRendering) -> NetworkSecurityGroup:
    """Return the rendered group of the role, when the arguments have every id that it needs."""
    role = args["role"]
    if role not in plan.roles:
        raise UserError(unknown_name("role of the deployment", role, plan.roles))
    if "network_security_group_name" in args and "flush_connection" in args:
        raise UserError("flush_connection holds for a new group: remove it, or network_security_group_name.")
    group = rendering.network_security_groups[role]
    named = {
        other["role"] for rule in group["rules"].values() for other in named_groups(rule).values() if "role" in other
    }
    for other in sorted(named - {role} - set(args.get("application_security_group_ids", {}))):
        raise UserError(
            f"the rules of {role} refer to the group of {other}: give application_security_group_ids['{other}'], or "
            f"take {other} out of the deployment's roles and say where it is under peers."
        )
    return group
