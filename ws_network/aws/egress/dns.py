"""From a plan to Route 53 Resolver DNS Firewall: which names the machines of a VPC get an answer for.

Owns the domain lists, their rules and the check of how many names a list can hold. A second fence only: it sees
questions to the VPC's resolver and no traffic, and knows neither ports nor roles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from ws_network.aws.limits import DOMAINS_PER_LIST, QUOTAS
from ws_network.endpoints import NameList
from ws_network.findings import Finding, finding
from ws_network.plan import Plan, settle

WHERE = "aws-dns-firewall"
"""What findings are about that are of the lists as a whole."""

NAMES, REST = "names", "rest"
"""The keys of the two rules: the names of the site, and every other name."""

PRIORITIES = {NAMES: 100, REST: 200}
"""Priorities inside the rule group, which is ours: the names come first."""

EVERY_NAME = "*."
"""How a list says every name. AWS keeps `*` as `*.`, so another form would be a change at each update."""


class DnsRule(TypedDict):
    """Properties of a rule with the list that it is for."""

    priority: int
    action: str
    block_response: NotRequired[str]
    firewall_domain_redirection_action: NotRequired[str]
    domains: list[str]


@dataclass(frozen=True)
class AwsDnsRendering:
    """A plan in the words of DNS Firewall."""

    rules: dict[str, DnsRule]
    """`names`, and `rest` where the rest is not left alone."""
    findings: tuple[Finding, ...]
    """Of DNS Firewall only, worst first; those of the plan are the plan's."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"rules": self.rules, "findings": [entry.to_dict() for entry in self.findings]}


def render_dns(plan: Plan, *, block_rest: bool | None = None, alert_only: bool = False) -> AwsDnsRendering:
    """Return the rules of a plan, and what DNS Firewall says to them.

    Args:
        plan: For the target `aws-dns-firewall`.
        block_rest: Whether other names get the answer that they do not exist; None where that is not said yet.
        alert_only: Other names are logged and answered.

    Raises:
        UserError: the deployment names an unknown quota of AWS.
    """
    QUOTAS.check(plan.deployment.quotas)
    domains = _domains(plan)
    # The content network of the vendor answers by way of names that are not the vendor's.
    rules = {
        NAMES: DnsRule(
            priority=PRIORITIES[NAMES],
            action="ALLOW",
            firewall_domain_redirection_action="TRUST_REDIRECTION_DOMAIN",
            domains=domains,
        )
    }
    if block_rest:
        rest = DnsRule(priority=PRIORITIES[REST], action="ALERT" if alert_only else "BLOCK", domains=[EVERY_NAME])
        rules[REST] = rest if alert_only else {**rest, "block_response": "NXDOMAIN"}
    findings = [*_checks(domains), *_of_rest(domains, block_rest=block_rest, alert_only=alert_only)]
    return AwsDnsRendering(rules, settle(plan.deployment, findings))


def _domains(plan: Plan) -> list[str]:
    return sorted(NameList.joined(plan.name_lists[rule.peer.value] for rule in plan.rules).patterns)


def _checks(domains: list[str]) -> Iterator[Finding]:
    """Yield an error for more than a list can hold."""
    if len(domains) > DOMAINS_PER_LIST:
        text = f"the list needs {len(domains)} domains, over the {DOMAINS_PER_LIST} that AWS takes in one request."
        yield finding("limit", WHERE, text, remedy="Take hosts out of extra_hosts, or leave the DNS Firewall out.")


def _of_rest(domains: list[str], *, block_rest: bool | None, alert_only: bool) -> Iterator[Finding]:
    text = f"every machine of the VPC gets an answer, whatever its role and port, for: {', '.join(domains)}."
    remedy = "Keep roles and ports in the machines' own groups, or leave dns_firewall out."
    yield finding("name-on-every-port", WHERE, text, remedy=remedy)
    if block_rest is False:
        text = "dns_block_rest is false, so every other name is answered as before."
        remedy = "Say dns_block_rest: true when the names of all others in the VPC are listed before our rule group."
        yield finding("not-enforced", "dns_block_rest", text, remedy=remedy)
    elif block_rest and not alert_only:
        text = (
            "every machine of the VPC is told that other names do not exist: those of AWS's services, of private zones "
            "and of other teams too."
        )
        yield finding("dns-blocks-others", "dns_block_rest", text)
