"""Which packets must pass, read from the required flows, the deployment and the catalogue's blocks.

Written from the documentation of the forms of address and of what each target's rules can name, with the standard
library's `ipaddress`; it imports nothing that makes endpoints, rules or plans, so that a mistake there cannot hide
itself here.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

AWS, AZURE = "aws-security-group", "azure-nsg"
POLICY, VPC = "gcp-firewall-policy", "gcp-vpc-firewall"


def _networks(*texts: str) -> list[Any]:
    return [ipaddress.ip_network(text) for text in texts]


UNFILTERED = {
    AWS: _networks(
        "169.254.169.253",
        "169.254.169.123",
        "169.254.169.254",
        "fd00:ec2::253",
        "fd00:ec2::123",
        "fd00:ec2::254",
    ),
    AZURE: _networks("168.63.129.16", "169.254.169.254"),
    POLICY: _networks("169.254.169.254"),
    VPC: _networks("169.254.169.254"),
}
"""Resolver, time and metadata of each cloud: its rules do not see them."""

OWN_FORMS = {
    AWS: (("security_group_ids", "prefix_list_ids"), ("security_group_ids", "prefix_list_ids")),
    AZURE: (("service_tags", "application_security_group_ids"), ("service_tags", "application_security_group_ids")),
    POLICY: (("address_groups",), ("address_groups", "secure_tags")),
    VPC: ((), ()),
}
"""The cloud's own forms of a peer that a rule can name: as a destination, as a source. On a VPC see `_marks_of`."""

BOTH = {"ipv4", "ipv6"}


@dataclass
class Reach:
    """Everyone who may be at the other end."""

    networks: list[Any] = field(default_factory=list)
    families: set[str] = field(default_factory=set)
    """Families that are open to every address."""
    tokens: set[str] = field(default_factory=set)
    """Roles, ids, references, and names that the platform follows."""

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
    """Answers for one site on one target."""

    def __init__(
        self,
        catalogue: Any,
        deployment: Any,
        flows: Iterable[Any],
        snapshot: Any = None,
        references: Iterable[str] = (),
        target: str = AWS,
        machines: Mapping[str, str] | None = None,
    ) -> None:
        """Take the site, the flows that it requires, where its rules are, and by which marks GCP finds its roles."""
        self.catalogue = catalogue
        self.deployment = deployment
        self.flows = tuple(flows)
        self.snapshot = snapshot
        self.references = tuple(references)
        self.target = str(target)
        self.machines = {role: str(mark) for role, mark in (machines or {}).items()}
        self.peers = dict(deployment.peers)
        if deployment.proxy is not None:
            self.peers["web-proxy"] = deployment.proxy
        self.managed = set(deployment.roles) | {name for name, peer in self.peers.items() if peer.manage}
        self.reach = cache(self._reach)

    def allows(self, role: str, direction: str, protocol: str, port: int, remote: str, code: int = 0) -> bool:
        """Return whether some required flow needs the packet to pass."""
        return self.reach(role, direction, protocol, port, code).has(remote)

    def allows_some_icmp(self, role: str, direction: str, remote: str) -> bool:
        """Return whether a required flow needs any ICMP message to pass: what passes where types cannot be told."""
        messages = {flow.icmp for flow in self.flows if flow.icmp is not None}
        return any(self.allows(role, direction, "icmp", kind, remote, code) for kind, code in messages)

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
            names = [(name.fqdn, str(name.addressing), name.region) for name in flow.names]
            return self._names(flow.destination, names, direction)
        other = flow.destination if direction == "egress" else flow.source
        role = self.catalogue.roles.get(other)
        if direction == "ingress" and role is not None and str(role.kind) == "service":
            return Reach(networks=self._blocks((self.deployment.region, *self.deployment.also_regions)))
        reach = self._role(other, direction, self.machines.get(flow.destination, ""))
        if flow.icmp is not None:
            reach.networks = [network for network in reach.networks if network.version == 4]
        return reach

    def _role(self, name: str, direction: str, mark: str) -> Reach:
        """Return a role or peer. `mark` is the one by which a rule of GCP finds the machines that it protects."""
        reach = Reach(tokens=self._machines_of(name, direction, mark))
        peer = self.peers.get(name)
        if peer is None:
            return reach
        for form in (*OWN_FORMS[self.target][direction == "ingress"], *self._marks_of(direction, mark)):
            reach.tokens |= set(getattr(peer, form))
        networks = [ipaddress.ip_network(cidr) for cidr in peer.cidrs]
        reach.networks += [network for network in networks if network not in UNFILTERED[self.target]]
        known = networks or reach.tokens or getattr(peer, "platform", False)
        if peer.fqdns and not known:
            reach.add(self._names(name, [(fqdn, "dynamic", "") for fqdn in peer.fqdns], direction))
        return reach

    def _machines_of(self, name: str, direction: str, mark: str) -> set[str]:
        """Return the role and the references to `name`, as far as a rule can name machines.

        A rule of GCP names machines as a source only. A policy does so by secure tag; a rule of a VPC by the kind of
        mark by which it finds its own machines, and a reference is a network tag there.
        """
        role = {name} & self.managed
        references = {each for each in self.references if each.split("/")[0] == name}
        if self.target in {AWS, AZURE}:
            return role | references
        if direction == "egress":
            return set()
        if self.target == POLICY:
            return references | {each for each in role if self.machines.get(each) == "secure-tag"}
        same = {each for each in role if mark and self.machines.get(each) == mark}
        return same | (references if mark == "network-tag" else set())

    def _marks_of(self, direction: str, mark: str) -> tuple[str, ...]:
        """Return the forms of sources that a rule of a VPC can name beside its own machines' mark: that kind alone."""
        if self.target != VPC or direction == "egress":
            return ()
        return {"network-tag": ("network_tags",), "service-account": ("service_accounts",)}.get(mark, ())

    def _names(self, destination: str, names: list[tuple[str, str, str]], direction: str) -> Reach:
        reach = Reach()
        families = [str(family) for family in self.deployment.address_families]
        for form in self._forms(destination):
            if not names or form == "refuse":
                break
            if form == "fqdn" and self.target == POLICY and direction == "egress":
                reach.tokens |= {name[0] for name in names}
                names = []
            elif form == "blocks":
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
        for key in ((self.target, destination), (self.target, None), (None, destination), (None, None)):
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
