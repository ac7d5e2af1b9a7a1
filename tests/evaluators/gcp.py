"""Which packets GCP lets pass, read from the rendered dicts alone.

As GCP does it: the rules whose targets are among the machine's marks are looked at from the lowest priority on, the
first that fits a packet decides, and what none fits is let out and not let in. Of a VPC's rules at one priority, one
that denies goes before one that allows. An address group stands for its items; a host name, tag, account or group of
others for machines that are told by that name. Standard library only.
"""

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Any

EVERYONE = {"0.0.0.0/0": 4, "::/0": 6}


class GcpEvaluator:
    """Answers for one rendering (`GcpRendering.to_dict()`), of a firewall policy or of a VPC."""

    def __init__(self, rendering: dict[str, Any]) -> None:
        """Take a rendering."""
        self.groups = {key: _networks(found["items"]) for key, found in rendering["address_groups"].items()}
        self.in_order = sorted(rendering["rules"].values(), key=lambda rule: (rule["priority"], not _denies(rule)))
        self.rules = cache(self._rules)
        self.networks = cache(ipaddress.ip_network)

    def allows(self, role: str, direction: str, protocol: str, port: int, remote: str, code: int = 0) -> bool:
        """Return whether the packet passes the rules for a machine with the mark of one role."""
        return self.allows_machine((role,), direction, protocol, port, remote, code)

    def allows_machine(
        self, roles: tuple[str, ...], direction: str, protocol: str, port: int, remote: str, code: int = 0
    ) -> bool:
        """Return whether the packet passes the rules for a machine with the marks of these roles."""
        del code  # GCP does not look at ICMP's type and code
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return all(self._decide(roles, direction, protocol, port, remote, family) for family in (4, 6))
        return self._decide(roles, direction, protocol, port, address, address.version)

    def _decide(
        self, roles: tuple[str, ...], direction: str, protocol: str, port: int, remote: Any, family: int
    ) -> bool:
        for rule in self.rules(roles, direction, protocol, port):
            if self._fits(rule, direction, remote, family):
                return not _denies(rule)
        return direction == "egress"

    def _rules(self, roles: tuple[str, ...], direction: str, protocol: str, port: int) -> list[dict[str, Any]]:
        return [
            rule
            for rule in self.in_order
            if rule["direction"] == direction.upper()
            and rule["targets"]["role"] in roles
            and any(_opens(entry, protocol, port) for entry in _layer4(rule))
        ]

    def _fits(self, rule: dict[str, Any], direction: str, remote: Any, family: int) -> bool:
        side = "dest_" if direction == "egress" else "src_"
        ends = [(key.removeprefix(side), values) for key, values in rule.items() if key.startswith(("dest_", "src_"))]
        if not ends:
            return True
        return any(self._is(form, value, remote, family) for form, values in ends for value in values)

    def _is(self, form: str, value: Any, remote: Any, family: int) -> bool:
        """Return whether one value of one form of the other end is the remote."""
        match form:
            case "ip_ranges" if value in EVERYONE:
                return EVERYONE[value] == family
            case "ip_ranges":
                return not isinstance(remote, str) and remote in self.networks(value)
            case "fqdns":
                return bool(value == remote)
            case "address_groups" if "key" in value:
                return not isinstance(remote, str) and any(remote in network for network in self.groups[value["key"]])
            case "address_groups" | "secure_tags" | "network_tags" | "service_accounts":
                return remote in value.values()
        raise AssertionError(f"{form} is no form of an other end here")


def _denies(rule: dict[str, Any]) -> bool:
    return rule.get("action") == "deny" or "denies" in rule


def _layer4(rule: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for entry in (*rule.get("layer4_configs", ()), *rule.get("allows", ()), *rule.get("denies", ())):
        yield entry.get("ip_protocol") or entry["protocol"], entry.get("ports", [])


def _opens(entry: tuple[str, list[str]], protocol: str, port: int) -> bool:
    known, ports = entry
    if known == "all":
        return True
    if known != protocol:
        return False
    ends = [text.partition("-") for text in ports]
    return not ports or any(int(first) <= port <= int(last or first) for first, _, last in ends)


def _networks(texts: list[str]) -> list[Any]:
    return [ipaddress.ip_network(text) for text in texts]
