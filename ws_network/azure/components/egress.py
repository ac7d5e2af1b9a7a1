"""`AzureEgressPolicy`: the rules of Azure Firewall for what a site reaches, in a policy of ours or one that exists."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

import pulumi
from pulumi_azure_native import network
from pydantic import AfterValidator

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.azure.components.ip_groups import AzureIpGroups
from ws_network.azure.egress import AzureEgressRendering, FirewallRule, RuleCollection, checked_sources, render
from ws_network.azure.limits import FIRST_GROUP_PRIORITY, LAST_GROUP_PRIORITY, NAME_PATTERN
from ws_network.deployment import Target
from ws_network.errors import UserError
from ws_network.plan import Plan
from ws_network.program import (
    check_forms,
    findings_output,
    given_args,
    given_id,
    ids_output,
    plan_of,
    stop_on_errors,
    user_errors,
    warn,
)
from ws_network.report import detail, report

OWN_PRIORITY = 1000
"""Priority of the group in a policy of ours, which has no other."""

_GROUP = re.compile(r"/ruleCollectionGroups/[^/]+$", re.IGNORECASE)
"""What the id of a group has after that of its policy."""

_IP_GROUP_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/ipGroups/[^/]+", re.IGNORECASE
)


def _ip_group_id(text: str) -> str:
    if not _IP_GROUP_ID.fullmatch(text):
        raise ValueError(
            f"'{text}' is no IP group id: write it as '/subscriptions/.../providers/Microsoft.Network/ipGroups/agents'"
        )
    return text


def _policy_name(text: str) -> str:
    # An empty one is said where ids are read.
    if text and not NAME_PATTERN.fullmatch(text):
        last = text.rstrip("/").rsplit("/", 1)[-1]
        example = last if NAME_PATTERN.fullmatch(last) else "hub-policy"
        raise ValueError(f"'{text}' is no name of a firewall policy: write it without its path, as '{example}'")
    return text


FORMS = {
    "role_ip_group_ids": Annotated[str, AfterValidator(_ip_group_id)],
    "firewall_policy_name": Annotated[str, AfterValidator(_policy_name)],
}
"""What the ids and names of each argument look like."""


class AzureEgressPolicyArgs(TypedDict):
    """Arguments of AzureEgressPolicy."""

    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    resource_group_name: pulumi.Input[str]
    """Resource group of everything that is created, and of the policy that exists."""
    location: NotRequired[pulumi.Input[str]]
    """Location of new resources; without it that of the provider or the resource group."""
    role_cidrs: NotRequired[dict[str, list[str]]]
    """IPv4 ranges of the subnets of a role's machines, by role."""
    role_ip_group_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """IP groups that exist and hold those ranges, by role, in place of `role_cidrs`."""
    firewall_policy_name: NotRequired[pulumi.Input[str]]
    """A policy that exists: only a rule collection group is created, and the policy is left as it is."""
    dns_proxy: NotRequired[bool]
    """Whether the policy that exists has its DNS proxy on, without which no network rule can follow a host name."""
    priority: NotRequired[int]
    """Priority of the rule collection group, 100 to 65000; needed for a policy that exists."""
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


class AzureEgressPolicy(pulumi.ComponentResource):
    """Rules of Azure Firewall that let the machines of a site reach what the vendor's page asks for, by name."""

    firewall_policy_id: pulumi.Output[str]
    """Id of the firewall policy, for a firewall or for policies that build on it."""
    rule_collection_group_id: pulumi.Output[str]
    """Id of the rule collection group, for what must come after it in the same policy."""
    ip_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the IP groups by the name of their list."""
    rule_count: pulumi.Output[int]
    """How many rules there are."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""
    report: pulumi.Output[str]
    """The plan in Markdown."""

    def __init__(self, name: str, args: AzureEgressPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create IP groups, the policy unless one is given, and the rules, one after another as Azure asks for."""
        super().__init__("ws-network:index:AzureEgressPolicy", name, {}, opts)
        with user_errors(name):
            given = given_args(args, AzureEgressPolicyArgs)
            check_forms(given, FORMS)
            priority = _priority(given)
            plan, rendering = _planned(given)
            level = detail(given.get("report", "full"))
        findings = (*plan.findings, *rendering.findings)
        resource_group = given_id(name, "resource_group_name", given["resource_group_name"])
        location, tags = given.get("location"), plan.deployment.tags
        before: list[pulumi.Resource] = []
        self.ip_group_ids = ids_output({})
        if rendering.ip_groups:
            lists: Any = {"resource_group_name": resource_group, "location": location, "tags": tags}
            lists["ip_addresses"] = rendering.ip_groups
            groups = AzureIpGroups(name, lists, pulumi.ResourceOptions(parent=self))
            before.append(groups)
            self.ip_group_ids = groups.ip_group_ids
        if "firewall_policy_name" in given:
            known = given_id(name, "firewall_policy_name", given["firewall_policy_name"])
            policy_name = known.apply(lambda text: _checked_name(name, text))
        else:
            policy = network.FirewallPolicy(
                name,
                resource_group_name=resource_group,
                location=location,
                sku=network.FirewallPolicySkuArgs(tier="Standard"),
                dns_settings=network.DnsSettingsArgs(enable_proxy=True),
                tags=tags or None,
                # Azure refuses a change of a policy while another of it, or of an IP group of it, is under way.
                opts=pulumi.ResourceOptions(parent=self, depends_on=before),
            )
            before = [*before, policy]
            policy_name = policy.name
        given_groups = {
            role: given_id(name, f"role_ip_group_ids['{role}']", group_id)
            for role, group_id in given.get("role_ip_group_ids", {}).items()
        }
        ends = _Ends(self.ip_group_ids, given_groups)
        group = network.FirewallPolicyRuleCollectionGroup(
            name,
            resource_group_name=resource_group,
            firewall_policy_name=policy_name,
            priority=priority,
            rule_collections=[ends.collection(key, found) for key, found in rendering.collections.items()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=before),
        )
        warn(self, findings)
        self.rule_collection_group_id = group.id
        self.firewall_policy_id = group.id.apply(lambda text: _GROUP.sub("", text))
        self.rule_count = pulumi.Output.from_input(len(list(rendering.rules)))
        self.findings = findings_output(findings)
        self.report = pulumi.Output.from_input(report(plan, findings, level))
        self.register_outputs(
            {
                "firewall_policy_id": self.firewall_policy_id,
                "rule_collection_group_id": self.rule_collection_group_id,
                "ip_group_ids": self.ip_group_ids,
                "rule_count": self.rule_count,
                "findings": self.findings,
                "report": self.report,
            }
        )


class _Ends:
    """The ids that IP groups have in a program: ours, and those of roles."""

    def __init__(self, ours: pulumi.Output[dict[str, str]], roles: Mapping[str, pulumi.Output[str]]) -> None:
        self.ours = ours
        self.roles = roles

    def collection(self, key: str, found: RuleCollection) -> network.FirewallPolicyFilterRuleCollectionArgs:
        """Return a collection as the SDK takes it."""
        return network.FirewallPolicyFilterRuleCollectionArgs(
            rule_collection_type="FirewallPolicyFilterRuleCollection",
            name=key,
            priority=found["priority"],
            action=network.FirewallPolicyFilterRuleCollectionActionArgs(type="Allow"),
            rules=[self._rule(rule) for rule in found["rules"].values()],
        )

    def _rule(self, rule: FirewallRule) -> network.ApplicationRuleArgs | network.NetworkRuleArgs:
        properties: dict[str, Any] = dict(rule)
        for side in ("source_ip_groups", "destination_ip_groups"):
            if side in properties:
                properties[side] = [self._id(group) for group in properties[side]]
        if role := properties.pop("source_role", None):
            properties["source_ip_groups"] = [self.roles[role]]
        if "target_fqdns" not in properties:
            return network.NetworkRuleArgs(**properties)
        properties["protocols"] = [
            network.FirewallPolicyRuleApplicationProtocolArgs(**protocol) for protocol in rule["protocols"]
        ]
        return network.ApplicationRuleArgs(**properties)

    def _id(self, group: str) -> pulumi.Output[str]:
        return self.ours.apply(lambda ids: ids[group])


def _checked_name(name: str, text: str) -> str:
    """Return the name of a policy that another resource gave, where it is one."""
    with user_errors(name):
        check_forms({"firewall_policy_name": text}, FORMS)
    return text


def _priority(args: Mapping[str, Any]) -> int:
    """Return the priority of the group.

    Raises:
        UserError: Azure has none such, or it has to be said.
    """
    if "priority" not in args and "firewall_policy_name" in args:
        raise UserError(
            "priority is missing: give the group one from 100 to 65000 that comes before what the policy denies."
        )
    priority: int = args.get("priority", OWN_PRIORITY)
    if not FIRST_GROUP_PRIORITY <= priority <= LAST_GROUP_PRIORITY:
        raise UserError(
            f"priority is {priority}, which no rule collection group can have: give one from "
            f"{FIRST_GROUP_PRIORITY} to {LAST_GROUP_PRIORITY}."
        )
    return priority


def _planned(args: Mapping[str, Any]) -> tuple[Plan, AzureEgressRendering]:
    """Return the plan of component arguments and its rendering.

    Raises:
        UserError: the arguments cannot be used, or the plan must not be deployed.
    """
    if "dns_proxy" in args and "firewall_policy_name" not in args:
        raise UserError("dns_proxy is about a policy that exists, and ours has it on: give firewall_policy_name, too.")
    plan = plan_of(args, Target.AZURE_FIREWALL, ())
    stop_on_errors(plan.findings)
    if not plan.rules:
        raise UserError("nothing that the site needs leaves its network by way of a firewall: take the component out.")
    sources = checked_sources(plan, args.get("role_cidrs", {}), args.get("role_ip_group_ids", {}))
    dns_proxy = args.get("dns_proxy", "firewall_policy_name" not in args)
    rendering = render(plan, sources=sources, dns_proxy=dns_proxy)
    stop_on_errors(rendering.findings)
    return plan, rendering
