"""The shape of a rule collection group as plain data: collections, rules, and the IP groups that rules name.

Owns the records. Does not own how a plan becomes them (`ws_network.azure.egress.render`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from ws_network.findings import Finding

NETWORK, APPLICATION = "network", "application"
"""The collections. Azure reads rules of networks before those of applications, whatever priorities say."""

RULE_TYPES = {NETWORK: "NetworkRule", APPLICATION: "ApplicationRule"}
"""The types of rules as the API says them: the enum of the SDK has other words, for another resource."""


class ApplicationProtocol(TypedDict):
    """What an application rule reads names in."""

    protocol_type: str
    """`Http` or `Https`, which is any TLS."""
    port: int


class FirewallRule(TypedDict):
    """Properties of a rule, with exactly one form of its source and one of its destination.

    Azure's own tools take one form for each side, so a line of the page with addresses of two forms is two rules.
    """

    name: str
    description: str
    rule_type: str
    source_addresses: NotRequired[list[str]]
    source_ip_groups: NotRequired[list[str]]
    """Names of IP groups of this rendering."""
    source_role: NotRequired[str]
    """The caller gives the networks of this role."""
    target_fqdns: NotRequired[list[str]]
    """Names that the firewall reads, `*.` before a name for every name under it."""
    protocols: NotRequired[list[ApplicationProtocol]]
    ip_protocols: NotRequired[list[str]]
    destination_ports: NotRequired[list[str]]
    destination_addresses: NotRequired[list[str]]
    """IPv4 ranges, or one service tag."""
    destination_ip_groups: NotRequired[list[str]]
    """Names of IP groups of this rendering."""
    destination_fqdns: NotRequired[list[str]]
    """Names that the firewall follows by its own DNS."""


class RuleCollection(TypedDict):
    """Rules of one type that allow, by name."""

    priority: int
    rules: dict[str, FirewallRule]


@dataclass(frozen=True)
class AzureEgressRendering:
    """A plan in the words of Azure Firewall."""

    collections: dict[str, RuleCollection]
    """`network` and `application`; one without rules is left out."""
    ip_groups: dict[str, list[str]]
    """IPv4 ranges by the name of their group."""
    findings: tuple[Finding, ...]
    """Of Azure Firewall only, worst first; those of the plan are the plan's."""

    @property
    def rules(self) -> Iterator[FirewallRule]:
        """Yield the rules in the order of collections and names."""
        return (rule for found in self.collections.values() for rule in found["rules"].values())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "collections": self.collections,
            "ip_groups": self.ip_groups,
            "findings": [entry.to_dict() for entry in self.findings],
        }
