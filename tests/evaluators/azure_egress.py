"""Which connections Azure Firewall lets pass, read from the rendered dicts alone.

As Azure does it: rules of networks before those of applications, and what no rule allows is denied. An application rule
reads a name from TLS or HTTP over TCP, without looking at capitals; `*` before a name stands for anything there. A
network rule with names follows them by DNS, so it is asked for the name. A service tag stands for itself. Standard
library only.
"""

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Any


class AzureEgressEvaluator:
    """Answers for one rendering (`AzureEgressRendering.to_dict()`)."""

    def __init__(self, rendering: dict[str, Any], machines: dict[str, str]) -> None:
        """Take a rendering, and the address of a machine of each role."""
        self.collections = rendering["collections"]
        self.groups = rendering["ip_groups"]
        self.machines = machines
        self.networks = cache(ipaddress.ip_network)

    def allows(self, role: str, protocol: str, port: int, remote: str) -> bool:
        """Return whether a machine of the role reaches a host name, an address or a service tag."""
        network, application = (self._rules(kind, role) for kind in ("network", "application"))
        return any(self._passes(rule, protocol, port, remote) for rule in network) or (
            protocol == "tcp" and any(self._reads(rule, port, remote) for rule in application)
        )

    def _rules(self, kind: str, role: str) -> Iterator[dict[str, Any]]:
        """Yield the rules of a collection whose source has the machine."""
        for rule in self.collections.get(kind, {"rules": {}})["rules"].values():
            (form,) = [key for key in rule if key.startswith("source_")]
            if form == "source_role":
                found = rule[form] == role
            else:
                found = self._within(self._ranges(rule[form], form), self.machines[role])
            if found:
                yield rule

    def _passes(self, rule: dict[str, Any], protocol: str, port: int, remote: str) -> bool:
        if protocol.upper() not in rule["ip_protocols"] or not any(self._on(text, port) for text in self._ports(rule)):
            return False
        (form,) = [key for key in rule if key.startswith("destination_") and key != "destination_ports"]
        if form == "destination_fqdns":
            return remote.lower() in rule[form]
        if remote in rule[form]:
            return form == "destination_addresses"  # a service tag
        return self._within(self._ranges(rule[form], form), remote)

    @staticmethod
    def _ports(rule: dict[str, Any]) -> list[str]:
        ports: list[str] = rule["destination_ports"]
        return ports

    @staticmethod
    def _on(text: str, port: int) -> bool:
        first, _, last = text.partition("-")
        return text == "*" or int(first) <= port <= int(last or first)

    @staticmethod
    def _reads(rule: dict[str, Any], port: int, remote: str) -> bool:
        if port not in {protocol["port"] for protocol in rule["protocols"]}:
            return False
        name = remote.lower()
        return any(name.endswith(text[1:]) if text[0] == "*" else name == text for text in rule["target_fqdns"])

    def _ranges(self, given: list[str], form: str) -> list[str]:
        if form.endswith("ip_groups"):
            return [text for group in given for text in self.groups[group]]
        return given

    def _within(self, ranges: list[str], remote: str) -> bool:
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return False
        return any(address in self.networks(text) for text in ranges if "/" in text)
