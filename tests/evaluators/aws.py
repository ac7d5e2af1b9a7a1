"""Which packets AWS lets pass, read from the rendered dicts alone.

As AWS does it: a machine wears every group of its role, a packet passes if any rule of any of them allows it, a prefix
list stands for its entries, and replies need no rule. Standard library only.
"""

import ipaddress
from functools import cache
from typing import Any


class AwsEvaluator:
    """Answers for one rendering (`AwsRendering.to_dict()`)."""

    def __init__(self, rendering: dict[str, Any]) -> None:
        """Take a rendering."""
        self.lists = {
            key: [ipaddress.ip_network(entry["cidr"]) for entry in found["entries"]]
            for key, found in rendering["prefix_lists"].items()
        }
        self.groups = rendering["security_groups"]
        self.rules = cache(self._rules)

    def allows(self, role: str, direction: str, protocol: str, port: int, remote: str, code: int = 0) -> bool:
        """Return whether the packet passes the groups of the role."""
        rules = self.rules(role, direction, protocol, port, code)
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            everyone = any("cidr_ipv4" in rule for rule in rules) and any("cidr_ipv6" in rule for rule in rules)
            return everyone or any(remote == self._member(rule) for rule in rules)
        return any(address in network for rule in rules for network in self._networks(rule))

    def _rules(self, role: str, direction: str, protocol: str, port: int, code: int) -> list[dict[str, Any]]:
        found = []
        for group in self.groups.values():
            for rule in group["rules"].values():
                if (group["role"], rule["direction"], rule["ip_protocol"]) != (role, direction, protocol):
                    continue
                if protocol == "icmp":
                    hit = (rule["from_port"], rule["to_port"]) == (port, code)
                else:
                    hit = rule["from_port"] <= port <= rule["to_port"]
                if hit:
                    found.append(rule)
        return found

    def _networks(self, rule: dict[str, Any]) -> list[Any]:
        if "prefix_list" in rule:
            return self.lists[rule["prefix_list"]]
        return [ipaddress.ip_network(rule[key]) for key in ("cidr_ipv4", "cidr_ipv6") if key in rule]

    def _member(self, rule: dict[str, Any]) -> str | None:
        for key in ("prefix_list_id", "referenced_security_group_id", "input"):
            if key in rule:
                return str(rule[key])
        return self.groups[rule["security_group"]]["role"] if "security_group" in rule else None
