"""Which packets Azure lets pass, read from the rendered dicts alone.

As Azure does it: a machine of a role has the role's network security group, the rule with the lowest priority of a
direction that fits a packet decides, Azure's own default rules come last, and replies need no rule. A service tag of
others and an application security group stand for machines that are told by that name. Standard library only.
"""

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Any

VIRTUAL_NETWORK = ("10.0.0.0/8", "fd00::/8")
"""What the tag VirtualNetwork stands for in the tests' sites; Internet is everything else."""

PROBES = "168.63.129.16"
"""The address behind the tag AzureLoadBalancer."""


def _default(name: str, priority: int, direction: str, access: str, source: str, destination: str) -> dict[str, Any]:
    return {
        "name": name,
        "priority": priority,
        "direction": direction,
        "access": access,
        "protocol": "*",
        "destination_port_range": "*",
        "source_address_prefix": source,
        "destination_address_prefix": destination,
    }


DEFAULT_RULES = (
    _default("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    _default("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    _default("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    _default("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
)
"""The rules that every group has ("Azure network security groups overview", default security rules)."""

DIRECTIONS = {"egress": ("Outbound", "destination"), "ingress": ("Inbound", "source")}


class AzureEvaluator:
    """Answers for one rendering (`AzureRendering.to_dict()`)."""

    def __init__(self, rendering: dict[str, Any]) -> None:
        """Take a rendering."""
        self.groups = rendering["network_security_groups"]
        self.vnet = [ipaddress.ip_network(text) for text in VIRTUAL_NETWORK]
        self.networks = cache(ipaddress.ip_network)
        self.rules = cache(self._rules)

    def allows(self, role: str, direction: str, protocol: str, port: int, remote: str, code: int = 0) -> bool:  # noqa: ARG002 - Azure does not look at ICMP's code
        """Return whether the packet passes the group of the role."""
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return all(self._decide(role, direction, protocol, port, remote, family) for family in (4, 6))
        return self._decide(role, direction, protocol, port, address, address.version)

    def _decide(self, role: str, direction: str, protocol: str, port: int, remote: Any, family: int) -> bool:
        """Return what the first rule that fits says. A token is looked at as a machine of each family."""
        for side, rule in self.rules(role, direction, protocol, port):
            if self._fits(rule, side, remote, family):
                return bool(rule["access"] == "Allow")
        raise AssertionError("DenyAll fits every packet")

    def _rules(self, role: str, direction: str, protocol: str, port: int) -> list[tuple[str, dict[str, Any]]]:
        """Return the rules for a port, first to last, with the side on which the other end is."""
        word, side = DIRECTIONS[direction]
        own = [group for group in self.groups.values() if group["role"] == role]
        rules = [rule for group in own for rule in group["rules"].values()] + list(DEFAULT_RULES)
        found = [
            rule
            for rule in rules
            if rule["direction"] == word
            and rule["protocol"].lower() in {"*", protocol}
            and any(first <= port <= last for first, last in self._ports(rule))
        ]
        return [(side, rule) for rule in sorted(found, key=lambda rule: rule["priority"])]

    @staticmethod
    def _ports(rule: dict[str, Any]) -> Iterator[tuple[int, int]]:
        for text in rule.get("destination_port_ranges", [rule.get("destination_port_range")]):
            first, _, last = ("0-65535" if text == "*" else text).partition("-")
            yield int(first), int(last or first)

    def _fits(self, rule: dict[str, Any], side: str, remote: Any, family: int) -> bool:
        group = rule.get(f"{side}_application_security_group")
        if group is not None:
            return remote in group.values()
        prefixes = rule.get(f"{side}_address_prefixes") or [rule[f"{side}_address_prefix"]]
        return any(self._in(prefix, remote, family) for prefix in prefixes)

    def _in(self, prefix: str, remote: Any, family: int) -> bool:
        if prefix in {"0.0.0.0/0", "::/0"}:
            return family == (4 if "." in prefix else 6)
        if prefix == "*" or isinstance(remote, str):
            return prefix in {"*", remote, "VirtualNetwork"}
        if "/" in prefix:
            return remote in self.networks(prefix)
        tags = {
            "VirtualNetwork": any(remote in network for network in self.vnet),
            "Internet": not any(remote in network for network in self.vnet),
            "AzureLoadBalancer": str(remote) == PROBES,
        }
        return tags.get(prefix, False)
