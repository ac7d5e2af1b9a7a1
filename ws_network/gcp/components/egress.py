"""`GcpEgressPolicy`: what a site's machines may reach, in a network firewall policy and in a Secure Web Proxy."""

from typing import NotRequired, TypedDict

import pulumi

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.errors import UserError
from ws_network.gcp.components.rules import of_all_roles, planned
from ws_network.gcp.components.web_proxy import WebProxy, planned_proxy
from ws_network.gcp.egress import egress_only
from ws_network.plan import settle
from ws_network.program import findings_output, given_args, ids_output, user_errors, warn
from ws_network.report import detail, report

OF_A_VPC = ("vpc_firewall", "role_network_tags")
"""Arguments of the other components that are about rules of a VPC."""


class GcpEgressPolicyArgs(TypedDict):
    """Arguments of GcpEgressPolicy."""

    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    network: NotRequired[pulumi.Input[str]]
    """VPC network that the new firewall policy is bound to, as its id."""
    firewall_policy: NotRequired[pulumi.Input[str]]
    """A global network firewall policy that exists, by name or id: only rules are created, inside the band."""
    role_secure_tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Secure tag of each role's machines, as `tagValues/281478395625`, in place of the deployment's `machines`."""
    role_service_accounts: NotRequired[dict[str, pulumi.Input[str]]]
    """Service account of each role's machines, in place of the deployment's `machines`."""
    web_proxy_location: NotRequired[str]
    """Region of a Secure Web Proxy, as `europe-west3`: URL lists and rules that admit the host names are created."""
    gateway_security_policy: NotRequired[pulumi.Input[str]]
    """A policy of the proxy that exists, by name or id: only lists and rules are created; else a new policy."""
    web_proxy_first_priority: NotRequired[int]
    """First priority of the proxy's rules; default 1000."""
    address_groups: NotRequired[bool]
    """Keep addresses in address groups, so that one more changes no rule; default true, in the layout `per-flow`."""
    address_group_location: NotRequired[str]
    """Location of the address groups: `global`, since the policy is."""
    address_group_parent: NotRequired[pulumi.Input[str]]
    """Project or organization of the address groups, as `projects/my-project`; default the policy's project."""
    project: NotRequired[pulumi.Input[str]]
    """Project of everything that is created; default that of a given policy's id, else the provider's."""
    first_priority: NotRequired[int]
    """First priority of the firewall policy's band; default 1000."""
    last_priority: NotRequired[int]
    """Last priority of the band; default as long as it needs to be."""
    logging: NotRequired[bool]
    """Log the connections of each rule of the firewall policy."""
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


class GcpEgressPolicy(pulumi.ComponentResource):
    """Egress rules for every role of a site, by host names and addresses, and a web proxy's rules for its names."""

    firewall_policy_id: pulumi.Output[str]
    """Id of the firewall policy."""
    firewall_policy_name: pulumi.Output[str]
    """Name of the firewall policy."""
    address_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the address groups by the name of their list."""
    gateway_security_policy_id: pulumi.Output[str]
    """Id of the web proxy's policy, for the gateway; empty without a web proxy."""
    gateway_security_policy_name: pulumi.Output[str]
    """Name of the web proxy's policy; empty without a web proxy."""
    url_list_ids: pulumi.Output[dict[str, str]]
    """Ids of the URL lists by the name of their list."""
    rule_count: pulumi.Output[int]
    """How many rules there are, in both policies together."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""
    report: pulumi.Output[str]
    """The plan in Markdown, with that of the web proxy behind it."""

    def __init__(self, name: str, args: GcpEgressPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create groups, lists and rules, and both policies unless they are given; bind a new one to the network."""
        super().__init__("ws-network:index:GcpEgressPolicy", name, {}, opts)
        with user_errors(name):
            for key in OF_A_VPC:
                if isinstance(args, dict) and args.get(key) is not None:
                    raise UserError(
                        f"{key} is for rules of a VPC, which know no host names: remove it, or use GcpWorkloadSecurity."
                    )
            given = given_args(args, GcpEgressPolicyArgs)
            what = planned(given, egress_only)
            if not what.rendering.rules:
                raise UserError("nothing that the site needs leaves its machines: take the component out.")
            proxy = planned_proxy(given, what)
            level = detail(given.get("report", "full"))
        findings = settle(what.plan.deployment, [*what.findings, *(proxy.findings if proxy else ())])
        resources = of_all_roles(name, self, given, what)
        behind = WebProxy(name, self, given, proxy, resources) if proxy else None
        warn(self, findings)
        documents = [report(what.plan, what.findings, level)]
        if proxy:
            documents.append(report(proxy.plan, proxy.findings, level))
        nothing = pulumi.Output.from_input("")
        self.firewall_policy_id = resources.made.policy_id
        self.firewall_policy_name = resources.made.policy_name
        self.address_group_ids = ids_output(resources.made.groups)
        self.gateway_security_policy_id = behind.policy_id if behind else nothing
        self.gateway_security_policy_name = behind.policy_name if behind else nothing
        self.url_list_ids = ids_output(behind.lists if behind else {})
        self.rule_count = pulumi.Output.from_input(resources.rule_count + (len(proxy.rendering.rules) if proxy else 0))
        self.findings = findings_output(findings)
        self.report = pulumi.Output.from_input("\n".join(text for text in documents if text))
        self.register_outputs(
            {
                "firewall_policy_id": self.firewall_policy_id,
                "firewall_policy_name": self.firewall_policy_name,
                "address_group_ids": self.address_group_ids,
                "gateway_security_policy_id": self.gateway_security_policy_id,
                "gateway_security_policy_name": self.gateway_security_policy_name,
                "url_list_ids": self.url_list_ids,
                "rule_count": self.rule_count,
                "findings": self.findings,
                "report": self.report,
            }
        )
