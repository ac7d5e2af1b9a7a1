"""What the target of a plan makes of it, in one shape for every cloud: content, findings, and counts against limits.

Owns the choice of the renderer. Does not own rendering nor counting: those are `ws_network.<cloud>.render`.
A renderer is loaded when a plan asks for it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ws_network.deployment import Target
from ws_network.findings import Finding
from ws_network.plan import Plan


@dataclass(frozen=True, slots=True)
class Count:
    """How much of one limit a group or policy takes."""

    group: str
    direction: str
    """`both` where the limit is for both together, as for the family."""
    family: str
    taken: int
    """What the platform counts, in `Rendered.unit`."""
    limit: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A plan in its target's words."""

    content: dict[str, Any]
    findings: tuple[Finding, ...]
    """Of the renderer only."""
    counts: tuple[Count, ...]
    counted_against: str
    """Whose limit the counts are held against."""
    unit: str = "rules"
    """What the platform counts there."""


def rendered(plan: Plan) -> Rendered | None:
    """Return the plan in its target's words; None where a finding leaves a rule without what it is made of.

    Raises:
        UserError: the deployment names an unknown quota of the target's cloud.
    """
    if any(entry.code in UNRENDERABLE for entry in plan.findings):
        return None
    return _RENDERERS[plan.target](plan)


UNRENDERABLE = frozenset({"role-without-machines", "slot-missing"})
"""Findings without whose remedy a rule has no target or no priority."""


def _aws(plan: Plan) -> Rendered:
    from ws_network.aws.limits import QUOTAS  # noqa: PLC0415 - one cloud at a time
    from ws_network.aws.render import render, rule_counts  # noqa: PLC0415

    name = "aws-rules-per-security-group"
    rendering, limit = render(plan), QUOTAS.value(name, plan.deployment.quotas)

    def counts() -> Iterator[Count]:
        for key, group in rendering.security_groups.items():
            for (direction, family), count in sorted(rule_counts(group, rendering.prefix_lists).items()):
                yield Count(key, str(direction), f"IPv{family}", count, limit)

    return Rendered(rendering.to_dict(), rendering.findings, tuple(counts()), f"AWS's quota '{QUOTAS[name].title}'")


def _azure(plan: Plan) -> Rendered:
    from ws_network.azure.limits import QUOTAS  # noqa: PLC0415 - one cloud at a time
    from ws_network.azure.render import render  # noqa: PLC0415

    name = "azure-rules-per-network-security-group"
    rendering, limit = render(plan), QUOTAS.value(name, plan.deployment.quotas)
    counts = tuple(
        Count(role, "both", "both", len(group["rules"]), limit)
        for role, group in rendering.network_security_groups.items()
    )
    return Rendered(rendering.to_dict(), rendering.findings, counts, f"Azure's limit '{QUOTAS[name].title}'")


def _azure_firewall(plan: Plan) -> Rendered:
    from ws_network.azure.egress import pairs, render  # noqa: PLC0415 - one cloud at a time
    from ws_network.azure.limits import QUOTAS  # noqa: PLC0415

    name = "azure-firewall-network-rule-pairs"
    rendering, limit = render(plan), QUOTAS.value(name, plan.deployment.quotas)
    count = Count("policy", "egress", "IPv4", pairs(rendering), limit)
    whose = f"Azure's limit '{QUOTAS[name].title}'"
    return Rendered(rendering.to_dict(), rendering.findings, (count,), whose, "pairs")


def _gcp(plan: Plan) -> Rendered:
    from ws_network.gcp.limits import QUOTAS  # noqa: PLC0415 - one cloud at a time
    from ws_network.gcp.render import attribute_count, render  # noqa: PLC0415

    name = "gcp-rule-attributes-per-policy"
    rendering = render(plan)
    policy = plan.target is Target.GCP_FIREWALL_POLICY
    taken = attribute_count(rendering.rules, plan)
    count = Count("policy", "both", "both", taken, QUOTAS.value(name, plan.deployment.quotas))
    whose = f"GCP's quota '{QUOTAS[name].title}'"
    return Rendered(rendering.to_dict(), rendering.findings, (count,) if policy else (), whose, "attributes")


def _gcp_web_proxy(plan: Plan) -> Rendered:
    from ws_network.gcp.egress import render  # noqa: PLC0415 - one cloud at a time
    from ws_network.gcp.limits import RULES_PER_PROXY_POLICY  # noqa: PLC0415

    rendering = render(plan)
    count = Count("policy", "egress", "both", len(rendering.rules), RULES_PER_PROXY_POLICY)
    whose = "GCP's limit 'rules per gateway security policy'"
    return Rendered(rendering.to_dict(), rendering.findings, (count,), whose)


def _aws_network_firewall(plan: Plan) -> Rendered:
    from ws_network.aws.egress import render  # noqa: PLC0415 - one cloud at a time
    from ws_network.aws.limits import RULE_GROUP_CAPACITY  # noqa: PLC0415

    rendering = render(plan)
    count = Count("rule group", "egress", "both", rendering.needed, RULE_GROUP_CAPACITY)
    whose = "AWS's quota 'Maximum stateful rule group capacity'"
    return Rendered(rendering.to_dict(), rendering.findings, (count,), whose, "units")


def _aws_dns_firewall(plan: Plan) -> Rendered:
    from ws_network.aws.egress import render_dns  # noqa: PLC0415 - one cloud at a time
    from ws_network.aws.limits import DOMAINS_PER_LIST  # noqa: PLC0415

    rendering = render_dns(plan)
    count = Count("names", "egress", "both", len(rendering.rules["names"]["domains"]), DOMAINS_PER_LIST)
    return Rendered(rendering.to_dict(), rendering.findings, (count,), "AWS's limit of domains in one request", "names")


_RENDERERS: Mapping[Target, Callable[[Plan], Rendered]] = {
    Target.AWS_SECURITY_GROUP: _aws,
    Target.AWS_NETWORK_FIREWALL: _aws_network_firewall,
    Target.AWS_DNS_FIREWALL: _aws_dns_firewall,
    Target.AZURE_NSG: _azure,
    Target.AZURE_FIREWALL: _azure_firewall,
    Target.GCP_FIREWALL_POLICY: _gcp,
    Target.GCP_VPC_FIREWALL: _gcp,
    Target.GCP_SECURE_WEB_PROXY: _gcp_web_proxy,
}
