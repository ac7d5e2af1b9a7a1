"""What a rule collection group is counted against, and what the firewall admits beyond the page.

Owns these findings. A policy may have groups of others, whose rules count too and which a plan cannot see: so the
counts are of ours alone.
"""

import json
from collections.abc import Iterator, Mapping

from ws_network.azure.egress.model import APPLICATION, NETWORK, AzureEgressRendering, FirewallRule
from ws_network.azure.limits import QUOTAS
from ws_network.findings import Finding, finding

WHERE = "azure-firewall"
"""What these findings are about: all rules together."""

PLATFORM_NAMES = "the image repository, the status of managed disks, and diagnostics"
"""What Azure Firewall admits by itself (Azure documentation, "Infrastructure FQDNs for Azure Firewall")."""


def pairs(rendering: AzureEgressRendering) -> int:
    """Return how many pairs of source and destination Azure counts for the network rules; an IP group is one."""
    return sum(_sources(rule) * _destinations(rule) for rule in _rules(rendering, NETWORK))


def check_limits(rendering: AzureEgressRendering, raised: Mapping[str, int]) -> Iterator[Finding]:
    """Yield a finding for each limit that the rules are over."""
    network = list(_rules(rendering, NETWORK))
    roles = {rule["source_role"] for rule in rendering.rules if "source_role" in rule}
    counts = {
        "azure-firewall-network-rule-pairs": (pairs(rendering), "pairs of source and destination"),
        "azure-firewall-network-rule-fqdns": (
            sum(len(rule.get("destination_fqdns", ())) for rule in network),
            "host names in network rules",
        ),
        "azure-firewall-ip-groups": (len(rendering.ip_groups) + len(roles), "IP groups"),
        "azure-firewall-rule-collection-group-bytes": (
            len(json.dumps(rendering.collections).encode()),
            "bytes of rules",
        ),
    }
    for name, (count, what) in counts.items():
        limit = QUOTAS.value(name, raised)
        if count > limit:
            text = f"the policy needs {count} {what}, over the {limit} of Azure's limit '{QUOTAS[name].title}'."
            remedy = (
                "Spread the roles over several policies, cover addresses with wider blocks that are yours, or say "
                f"under quotas: {{{name}: ...}} what Azure gave the subscription."
            )
            yield finding("limit", WHERE, text, remedy=remedy)


def claimed(rendering: AzureEgressRendering) -> Iterator[Finding]:
    """Yield the finding that names are those that the client sends."""
    names = sorted({name for rule in _rules(rendering, APPLICATION) for name in rule["target_fqdns"]})
    if not names:
        return
    text = (
        "Azure Firewall reads the name that the client sends (TLS server name, HTTP Host) and does not prove who "
        f"answers: {', '.join(names)}."
    )
    yield finding("name-claimed", WHERE, text)


def admitted_by_azure() -> Finding:
    """Return the finding that names of the platform pass in every policy, whatever it allows."""
    text = f"Azure Firewall lets names of its own platform pass, which no rule here allows: {PLATFORM_NAMES}."
    return finding("platform-names-admitted", WHERE, text)


def _rules(rendering: AzureEgressRendering, kind: str) -> Iterator[FirewallRule]:
    found = rendering.collections.get(kind)
    return iter(found["rules"].values() if found else ())


def _sources(rule: FirewallRule) -> int:
    return len(rule.get("source_addresses", ())) + len(rule.get("source_ip_groups", ())) + ("source_role" in rule)


def _destinations(rule: FirewallRule) -> int:
    sides = (
        rule.get("destination_addresses", ()),
        rule.get("destination_ip_groups", ()),
        rule.get("destination_fqdns", ()),
    )
    return sum(map(len, sides))
