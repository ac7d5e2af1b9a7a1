"""Which packets must pass, read from the required flows, the deployment and the catalogue's blocks.

Written from the documentation of the forms of address, with the standard library's `ipaddress`; it imports nothing that
makes endpoints, rules or plans, so that a mistake there cannot hide itself here.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

UNFILTERED = [
    ipaddress.ip_network(text)
    for text in (
        "169.254.169.253",
        "169.254.169.123",
        "169.254.169.254",
        "fd00:ec2::253",
        "fd00:ec2::123",
        "fd00:ec2::254",
    )
]
"""AWS resolver, time and metadata: no security group sees them."""

BOTH = {"ipv4", "ipv6"}


@dataclass
class Reach:
    """Everyone who may be at the other end."""

    networks: list[Any] = field(default_factory=list)
    families: set[str] = field(default_factory=set)
    """Families that are open to every address."""
    tokens: set[str] = field(default_factory=set)
    """Roles, ids and references."""

    def add(self, other: "Reach") -> None:
        """Take in the other's."""
        self.networks += other.networks
        self.families |= other.families
        self.tokens |= other.tokens

    def has(self, remote: str) -> bool:
        """Return whether `remote`, an address or a token, is among them."""
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return remote in self.tokens or self.families >= BOTH
        return f"ipv{address.version}" in self.families or any(address in network for network in self.networks)


class RequiredEvaluator:
    """Answers for one site on AWS security groups."""

    def __init__(
        self,
        catalogue: Any,
        deployment: Any,
        flows: Iterable[Any],
        snapshot: Any = None,
        references: Iterable[str] = (),
    ) -> None:
        """Take the site, and the flows that it requires."""
        self.catalogue = catalogue
        self.deployment = deployment
        self.flows = tuple(flows)
        self.snapshot = snapshot
        self.references = tuple(references)
        self.peers = dict(deployment.peers)
        if deployment.proxy is not None:
            self.peers["web-proxy"] = deployment.proxy
        self.managed = set(deployment.roles) | {name for name, peer in self.peers.items() if peer.manage}
        self.reach = cache(self._reach)

    def allows(self, role: str, direction: str, protocol: str, port: int, remote: str, code: int = 0) -> bool:
        """Return whether some required flow needs the packet to pass."""
        return self.reach(role, direction, protocol, port, code).has(remote)

    def _reach(self, role: str, direction: str, protocol: str, port: int, code: int) -> Reach:
        reach = Reach()
        for flow in self.flows:
            mine = flow.source if direction == "egress" else flow.destination
            if mine != role or role not in self.managed or protocol not in {str(each) for each in flow.transports}:
                continue
            if protocol == "icmp":
                if flow.icmp != (port, code):
                    continue
            elif port not in flow.ports:
                continue
            reach.add(self.other_end(flow, direction))
        return reach

    def other_end(self, flow: Any, direction: str) -> Reach:
        """Return who is at the other end of a flow."""
        if direction == "egress" and flow.names:
            return self._names(flow.destination, [(n.fqdn, str(n.addressing), n.region) for n in flow.names])
        other = flow.destination if direction == "egress" else flow.source
        role = self.catalogue.roles.get(other)
        if direction == "ingress" and role is not None and str(role.kind) == "service":
            return Reach(networks=self._blocks((self.deployment.region, *self.deployment.also_regions)))
        reach = self._role(other)
        if flow.icmp is not None:
            reach.networks = [network for network in reach.networks if network.version == 4]
        return reach

    def _role(self, name: str) -> Reach:
        reach = Reach(tokens={each for each in self.references if each.split("/")[0] == name})
        if name in self.managed:
            reach.tokens.add(name)
        peer = self.peers.get(name)
        if peer is None:
            return reach
        networks = [ipaddress.ip_network(cidr) for cidr in peer.cidrs]
        reach.networks += [network for network in networks if network not in UNFILTERED]
        reach.tokens |= {*peer.security_group_ids, *peer.prefix_list_ids}
        known = networks or reach.tokens or getattr(peer, "platform", False)
        if peer.fqdns and not known:
            reach.add(self._names(name, [(fqdn, "dynamic", "") for fqdn in peer.fqdns]))
        return reach

    def _names(self, destination: str, names: list[tuple[str, str, str]]) -> Reach:
        reach = Reach()
        families = [str(family) for family in self.deployment.address_families]
        for form in self._forms(destination):
            if not names or form == "refuse":
                break
            if form == "blocks":
                named = [name for name in names if name[1] == "published" and self._blocks([name[2]])]
                reach.networks += self._blocks({name[2] for name in named})
                names = [name for name in names if name not in named]
            elif form == "snapshot" and self.snapshot is not None:
                left = []
                for name in names:
                    found = self.snapshot.names.get(name[0]) if name[1] != "cdn" else None
                    addresses = [each for family in families for each in getattr(found, family, ())]
                    reach.networks += [ipaddress.ip_network(each) for each in addresses]
                    left += [] if addresses else [name]
                names = left
            elif form == "any-address":
                reach.families |= set(families)
                names = []
        return reach

    def _forms(self, destination: str) -> list[str]:
        rules = {
            (rule.target and str(rule.target), rule.destination): [str(form) for form in rule.forms]
            for rule in self.deployment.names.rules
        }
        target = "aws-security-group"
        for key in ((target, destination), (target, None), (None, destination), (None, None)):
            if key in rules:
                return rules[key]
        return ["blocks", "refuse"]

    def _blocks(self, regions: Iterable[str]) -> list[Any]:
        wanted = set(regions)
        return [
            ipaddress.ip_network(block.cidr)
            for block in self.catalogue.address_blocks.values()
            if block.region in wanted and not block.superseded
        ]
