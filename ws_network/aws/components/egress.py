"""`AwsEgressPolicy`: what a site reaches by name, as a rule group of Network Firewall and lists of DNS Firewall."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NotRequired, TypedDict

import pulumi
from pydantic import ValidationError

from ws_network.arguments import WsDeploymentArgs, WsExemptionArgs, WsSnapshotArgs
from ws_network.aws.components.dns_firewall import dns_firewall
from ws_network.aws.components.network_firewall import firewall_policy, rule_group
from ws_network.aws.egress import (
    AwsDnsRendering,
    AwsEgressRendering,
    alert_only_findings,
    checked_networks,
    render,
    render_dns,
)
from ws_network.aws.limits import FIRST_DNS_PRIORITY, LAST_DNS_PRIORITY
from ws_network.deployment import Target
from ws_network.deployment.parts import Exemption
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.plan import Plan, settle
from ws_network.program import findings_output, given_args, plan_of, stop_on_errors, user_errors, warn
from ws_network.report import detail, report
from ws_network.validation import describe

DNS_PRIORITY = 1000
"""Priority of the association with the VPC, unless told otherwise: there is room before it."""


class AwsEgressPolicyArgs(TypedDict):
    """Arguments of AwsEgressPolicy."""

    deployment: WsDeploymentArgs
    """The site, in the keys of a deployment file."""
    role_cidrs: dict[str, list[str]]
    """Ranges of the subnets of a role's machines, by role."""
    firewall_policy: NotRequired[bool]
    """Make a firewall policy that drops the rest, too; without it, put `rule_group_arn` into one of your own."""
    capacity: NotRequired[int]
    """Units of the rule group, fixed when it is created: say it for a policy of another stack; else it follows need."""
    domain_list: NotRequired[bool]
    """Make the group a domain list, which people read in the console and which has no ports."""
    alert_only: NotRequired[WsExemptionArgs]
    """Log what would be dropped, and drop nothing: why, and until when."""
    dns_firewall: NotRequired[bool]
    """Let the VPC's resolver know the names, too, by a rule group of DNS Firewall."""
    vpc_id: NotRequired[pulumi.Input[str]]
    """VPC whose resolver that is."""
    dns_priority: NotRequired[int]
    """Priority among the rule groups of DNS Firewall of that VPC, 101 to 9899; default 1000."""
    dns_block_rest: NotRequired[bool]
    """Answer every machine of the VPC that other names do not exist; must be said with `dns_firewall`."""
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


class AwsEgressPolicy(pulumi.ComponentResource):
    """Rules of Network Firewall that let the machines of a site reach what the vendor's page asks for, by name."""

    rule_group_arn: pulumi.Output[str]
    """ARN of the rule group, for a firewall policy with strict order."""
    firewall_policy_arn: pulumi.Output[str]
    """ARN of the firewall policy, for a firewall; empty where none is made."""
    dns_rule_group_id: pulumi.Output[str]
    """Id of the rule group of DNS Firewall; empty where none is made."""
    rule_count: pulumi.Output[int]
    """How many rules the group has; of a domain list, how many names."""
    findings: pulumi.Output[list[dict[str, str]]]
    """What a person should know: `code`, `severity`, `flow`, `text`, `remedy`."""
    report: pulumi.Output[str]
    """The plan in Markdown."""

    def __init__(self, name: str, args: AwsEgressPolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the rule group, and what is asked for beside it."""
        super().__init__("ws-network:index:AwsEgressPolicy", name, {}, opts)
        with user_errors(name):
            given = given_args(args, AwsEgressPolicyArgs)
            level = detail(given.get("report", "full"))
            planned = _planned(given)
        tags = planned.plan.deployment.tags
        self.rule_group_arn = rule_group(self, name, planned.rendering.rule_group, tags)
        self.firewall_policy_arn = self.dns_rule_group_id = pulumi.Output.from_input("")
        if given.get("firewall_policy"):
            order = planned.rendering.rule_group["rule_order"]
            drop = "alert_only" not in given
            self.firewall_policy_arn = firewall_policy(self, name, self.rule_group_arn, order, tags, drop=drop)
        if planned.dns_rendering is not None:
            priority = given.get("dns_priority", DNS_PRIORITY)
            self.dns_rule_group_id = dns_firewall(
                self, name, planned.dns_rendering.rules, given["vpc_id"], priority, tags
            )
        warn(self, planned.findings)
        self.rule_count = pulumi.Output.from_input(planned.rendering.rule_count)
        self.findings = findings_output(planned.findings)
        documents = [report(plan, findings, level) for plan, findings in planned.reported]
        self.report = pulumi.Output.from_input("\n".join(text for text in documents if text))
        self.register_outputs(
            {
                "rule_group_arn": self.rule_group_arn,
                "firewall_policy_arn": self.firewall_policy_arn,
                "dns_rule_group_id": self.dns_rule_group_id,
                "rule_count": self.rule_count,
                "findings": self.findings,
                "report": self.report,
            }
        )


@dataclass(frozen=True)
class _Planned:
    """The plans of component arguments, their renderings, and every finding."""

    reported: tuple[tuple[Plan, tuple[Finding, ...]], ...]
    """The plan of each filter, with the findings that are of this one."""
    rendering: AwsEgressRendering
    dns_rendering: AwsDnsRendering | None
    findings: tuple[Finding, ...]

    @property
    def plan(self) -> Plan:
        return self.reported[0][0]


def _planned(args: Mapping[str, Any]) -> _Planned:
    """Return what the arguments ask for.

    Raises:
        UserError: the arguments cannot be used, or a plan must not be deployed.
    """
    _check_options(args)
    exemption = _exemption(args)
    plan = plan_of(args, Target.AWS_NETWORK_FIREWALL, ())
    dns_rendering = None
    stop_on_errors(plan.findings)
    if not plan.rules:
        raise UserError("nothing that the site needs leaves its network by way of a firewall: take the component out.")
    networks = checked_networks(plan, args["role_cidrs"])
    rendering = render(
        plan, networks=networks, capacity=args.get("capacity"), domain_list=args.get("domain_list", False)
    )
    watched = list(_watched(exemption, args))
    own = settle(plan.deployment, [*plan.findings, *rendering.findings, *watched, *_of_policy(args, rendering)])
    reported = [(plan, own)]
    if args.get("dns_firewall"):
        dns_plan = plan_of(args, Target.AWS_DNS_FIREWALL, ())
        stop_on_errors(dns_plan.findings)
        if not dns_plan.rules:
            raise UserError("dns_firewall has no name to admit: leave it out.")
        dns_rendering = render_dns(dns_plan, block_rest=args["dns_block_rest"], alert_only=exemption is not None)
        reported.append((dns_plan, settle(plan.deployment, [*dns_plan.findings, *dns_rendering.findings, *watched])))
    settled = settle(plan.deployment, [entry for _, findings in reported for entry in findings])
    stop_on_errors(settled)
    return _Planned(tuple(reported), rendering, dns_rendering, settled)


def _watched(exemption: Exemption | None, args: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is said of either filter while what it would drop is only logged."""
    if exemption is not None:
        yield from alert_only_findings(exemption, date.fromisoformat(args["as_of"]) if "as_of" in args else None)


def _of_policy(args: Mapping[str, Any], rendering: AwsEgressRendering) -> Iterator[Finding]:
    """Yield what is said of a rule group that goes into a policy of the caller."""
    if args.get("firewall_policy"):
        return
    text = "whether the firewall policy has strict order and drops what no rule passes is not seen from here."
    yield finding("policy-unseen", "firewall_policy", text)
    if "capacity" not in args:
        units = rendering.rule_group["capacity"]
        text = (
            f"the rule group has {units} units because {rendering.needed} are needed now; another number is another "
            "group, and AWS deletes none that a policy still holds."
        )
        remedy = f"Say capacity: {units}, and keep it; a policy of this program takes another group by itself."
        yield finding("capacity-unsaid", "capacity", text, remedy=remedy)


def _check_options(args: Mapping[str, Any]) -> None:
    """Raise `UserError` for options that do not fit each other."""
    wanted = bool(args.get("dns_firewall"))
    for key in ("vpc_id", "dns_priority", "dns_block_rest"):
        if key in args and not wanted:
            raise UserError(f"{key} is for the DNS Firewall: say dns_firewall: true, or leave {key} out.")
    if wanted and "vpc_id" not in args:
        raise UserError("vpc_id is missing: give the VPC whose resolver dns_firewall is for.")
    if wanted and "dns_block_rest" not in args:
        raise UserError(
            "dns_block_rest is missing: say true to answer every machine of the VPC that other names do not exist, or "
            "false to leave them alone."
        )
    priority = args.get("dns_priority", DNS_PRIORITY)
    if not FIRST_DNS_PRIORITY <= priority <= LAST_DNS_PRIORITY:
        raise UserError(
            f"dns_priority is {priority}, which no association can have: give one from {FIRST_DNS_PRIORITY} to "
            f"{LAST_DNS_PRIORITY}."
        )
    if "alert_only" in args and args.get("domain_list"):
        raise UserError("alert_only cannot hold for a domain list, which drops other names by itself: take one out.")
    drops = args.get("firewall_policy") or args.get("dns_block_rest")
    if "alert_only" in args and not drops:
        raise UserError(
            "alert_only has nothing to change: it needs firewall_policy: true, or dns_firewall with dns_block_rest: "
            "true; in a policy of yours, the default action is yours too."
        )


def _exemption(args: Mapping[str, Any]) -> Exemption | None:
    if "alert_only" not in args:
        return None
    try:
        return Exemption.model_validate(args["alert_only"])
    except ValidationError as error:
        raise UserError(f"alert_only: {describe(error, Exemption)}") from None
