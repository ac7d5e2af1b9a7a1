"""`GcpRoleFirewall`: the rules of one role, in a policy of its own, in one that exists, or in a VPC."""

from typing import NotRequired, TypedDict

import pulumi

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.errors import UserError, unknown_name
from ws_network.gcp.components.rules import Resources, RoleRules, planned
from ws_network.program import findings_output, given_args, ids_output, user_errors, warn


class GcpRoleFirewallArgs(TypedDict):
    """Arguments of GcpRoleFirewall."""

    role: str
    """Role of the deployment, for example `agent`."""
    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    network: NotRequired[pulumi.Input[str]]
    """VPC network that the new policy is bound to, or that has the rules with `vpc_firewall`, as its id."""
    firewall_policy: NotRequired[pulumi.Input[str]]
    """A global network firewall policy that exists, by name or id: only rules are created, inside the band."""
    vpc_firewall: NotRequired[bool]
    """Rules of the VPC itself in place of a policy."""
    role_secure_tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Secure tag of each role's machines, as `tagValues/281478395625`, in place of the deployment's `machines`."""
    role_service_accounts: NotRequired[dict[str, pulumi.Input[str]]]
    """Service account of each role's machines, in place of the deployment's `machines`."""
    role_network_tags: NotRequired[dict[str, str]]
    """Network tag of each role's machines, for rules of a VPC, in place of the deployment's `machines`."""
    peer_secure_tag_ids: NotRequired[dict[str, pulumi.Input[str]]]
    """Secure tags of peers whose id only the program knows, by peer, or `peer/label` for several of one peer."""
    address_groups: NotRequired[bool]
    """Keep addresses in address groups, so that one more changes no rule; default true, in the layout `per-flow`."""
    address_group_location: NotRequired[str]
    """Location of the address groups: `global`, since the policy is."""
    address_group_parent: NotRequired[pulumi.Input[str]]
    """Project or organization of the address groups, as `projects/my-project`; default the policy's project."""
    project: NotRequired[pulumi.Input[str]]
    """Project of everything that is created; default that of a given policy's id, else the provider's."""
    first_priority: NotRequired[int]
    """First priority of the band; default 1000. With `vpc_firewall` the priority of every rule that allows."""
    last_priority: NotRequired[int]
    """Last priority of the band; default as long as it needs to be. With `vpc_firewall` that of the rules that deny."""
    logging: NotRequired[bool]
    """Log the connections of each rule."""
    snapshot: NotRequired[WsSnapshotArgs]
    """Addresses of names: the content of a snapshot file."""
    snapshot_resolved_on: NotRequired[str]
    """Day of the last resolution, YYYY-MM-DD, which the file beside the snapshot tells."""
    catalogue: NotRequired[str]
    """Text of a catalogue file, in place of the packaged one."""
    as_of: NotRequired[str]
    """Day for end dates, as `2026-11-30`; without it no date is looked at."""


class GcpRoleFirewall(RoleRules):
    """The firewall rules of one role that the vendor's page asks for."""

    firewall_policy_id: pulumi.Output[str]
    """Id of the policy; empty with `vpc_firewall`."""
    firewall_policy_name: pulumi.Output[str]
    """Name of the policy; empty with `vpc_firewall`."""
    address_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the address groups by the name of their list."""
    rule_count: pulumi.Output[int]
    """How many rules there are."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""

    def __init__(self, name: str, args: GcpRoleFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the groups and rules of the role, and a policy bound to the network unless one is given."""
        with user_errors(name):
            given = given_args(args, GcpRoleFirewallArgs)
            what = planned(given)
            role = given["role"]
            if role not in what.plan.roles:
                raise UserError(unknown_name("role of the deployment", role, what.plan.roles))
        super().__init__(name, opts)
        resources = Resources(name, self, given, what, {role: self})
        warn(self, what.findings)
        self.firewall_policy_id = resources.made.policy_id
        self.firewall_policy_name = resources.made.policy_name
        self.address_group_ids = ids_output(resources.made.groups)
        self.rule_count = pulumi.Output.from_input(resources.rule_count)
        self.findings = findings_output(what.findings)
        self.register_outputs(
            {
                "firewall_policy_id": self.firewall_policy_id,
                "firewall_policy_name": self.firewall_policy_name,
                "address_group_ids": self.address_group_ids,
                "rule_count": self.rule_count,
                "findings": self.findings,
            }
        )
