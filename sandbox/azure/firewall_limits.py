"""What one policy of Azure Firewall holds, counted over all of its rule collection groups.

The numbers are from Azure's page of subscription and service limits, Azure Firewall; the codes are ours. Rules that a
policy inherits from a base policy are not counted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.azure.errors import bad
from sandbox.azure.firewall_rules import rules_of
from sandbox.azure.session import IP_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Rule collection groups of a policy; bytes of the rules of one.
MAX_GROUPS = 60
MAX_SIZE = 2 * 1024 * 1024
#: Names in all network rules of a policy; sources times destinations of each, added up; different IP groups.
MAX_FQDNS = 1000
MAX_PAIRS = 20_000
MAX_IP_GROUPS = 200

Body = dict[str, Any]


def size_of(collections: list[Body]) -> int:
    """Return the size of a group's rules in bytes."""
    return len(json.dumps(collections, separators=(",", ":")).encode())


def megabytes(size: int) -> str:
    """Return a size in Azure's form, such as `0.5MB`."""
    return f"{size / 1024 / 1024:.1f}MB"


def ip_groups_of(rules: Iterable[Body]) -> Iterator[str]:
    """Yield the ids of IP groups that rules name, each as often as it is named."""
    for rule in rules:
        for name in IP_GROUPS:
            yield from rule.get(name) or []


def pairs_of(rule: Body) -> int:
    """Return how many pairs of source and destination a network rule is; an IP group or a name is one."""
    sources = {*rule["sourceAddresses"], *rule["sourceIpGroups"]}
    targets = {*rule["destinationAddresses"], *rule["destinationIpGroups"], *rule["destinationFqdns"]}
    return len(sources) * len(targets)


def check_limits(policy: str, groups: list[Body]) -> None:
    """Check all rule collection groups of the policy with an id together.

    Raises:
        ArmError: over a limit.
    """
    if len(groups) > MAX_GROUPS:
        raise _over("RuleCollectionGroup", policy, len(groups), MAX_GROUPS, "rule collection groups")
    collections: list[Body] = []
    for group in groups:
        own = group["properties"]["ruleCollections"]
        if (size := size_of(own)) > MAX_SIZE:
            raise _over("RuleCollectionGroupSize", group["id"], size, MAX_SIZE, "bytes of rules")
        collections += own
    network = list(rules_of(collections, "NetworkRule"))
    if (names := sum(len(rule["destinationFqdns"]) for rule in network)) > MAX_FQDNS:
        raise _over("NetworkRuleFqdn", policy, names, MAX_FQDNS, "FQDNs in network rules")
    if (pairs := sum(map(pairs_of, network))) > MAX_PAIRS:
        raise _over("NetworkRule", policy, pairs, MAX_PAIRS, "sources times destinations in network rules")
    rules = [*network, *rules_of(collections, "ApplicationRule")]
    if (used := len({key.lower() for key in ip_groups_of(rules)})) > MAX_IP_GROUPS:
        raise _over("IpGroup", policy, used, MAX_IP_GROUPS, "IP groups")


def _over(name: str, owner: str, count: int, most: int, what: str) -> Exception:
    return bad(f"FirewallPolicy{name}LimitReached", f"{owner} has {count} {what}; at most {most} are allowed.")
