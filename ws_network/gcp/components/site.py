"""`GcpWorkloadSecurity`: a whole site, with the rules of every role and the address groups that they share."""

from typing import NotRequired, TypedDict

import pulumi

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.gcp.components.rules import of_all_roles, planned
from ws_network.program import findings_output, given_args, ids_output, user_errors, warn
from ws_network.report import detail, report


class GcpWorkloadSecurityArgs(TypedDict):
    """Arguments of GcpWorkloadSecurity."""

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
    report: NotRequired[str]
    """What the output `report` holds: `full` (default), `redacted` or `none`."""


class GcpWorkloadSecurity(pulumi.ComponentResource):
    """Firewall rules and address groups for every role of a site, from the vendor's page."""

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
    report: pulumi.Output[str]
    """The plan in Markdown."""

    def __init__(self, name: str, args: GcpWorkloadSecurityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the groups, all rules, and a policy bound to the network unless one is given."""
        super().__init__("ws-network:index:GcpWorkloadSecurity", name, {}, opts)
        with user_errors(name):
            given = given_args(args, GcpWorkloadSecurityArgs)
            what = planned(given)
            level = detail(given.get("report", "full"))
        resources = of_all_roles(name, self, given, what)
        warn(self, what.findings)
        self.firewall_policy_id = resources.made.policy_id
        self.firewall_policy_name = resources.made.policy_name
        self.address_group_ids = ids_output(resources.made.groups)
        self.rule_count = pulumi.Output.from_input(resources.rule_count)
        self.findings = findings_output(what.findings)
        self.report = pulumi.Output.from_input(report(what.plan, what.findings, level))
        self.register_outputs(
            {
                "firewall_policy_id": self.firewall_policy_id,
                "firewall_policy_name": self.firewall_policy_name,
                "address_group_ids": self.address_group_ids,
                "rule_count": self.rule_count,
                "findings": self.findings,
                "report": self.report,
            }
        )
