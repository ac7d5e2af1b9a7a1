"""What the flows of a subnet's roles send across its border: each request, and each reply.

Owns the ports of replies, and which peers a network ACL cannot name. Does not own entries.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ws_network.addresses import AddressSet, Family
from ws_network.catalogue import Transport
from ws_network.endpoints import Endpoint
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding, Severity, finding
from ws_network.grammar import EndpointKind
from ws_network.plan import Plan
from ws_network.rules import Direction, PortRange

REPLY_PORTS = PortRange(1024, 65535)
"""Ports at which clients wait for replies, whatever system they run: Linux takes 32768-60999, Windows 49152-65535, NAT
gateways and load balancers 1024-65535 (Amazon VPC user guide, "Ephemeral ports")."""

EVERYTHING: Mapping[str, AddressSet] = {
    "ipv4": AddressSet.from_cidrs(["0.0.0.0/0"]),
    "ipv6": AddressSet.from_cidrs(["::/0"]),
}

ADDRESSED = frozenset({EndpointKind.LIST, EndpointKind.ANY})
"""The other ends that a network ACL can name: it takes ranges, and neither groups nor prefix lists (EC2 API,
CreateNetworkAclEntry)."""


@dataclass(frozen=True, slots=True, order=True)
class Leg:
    """One way of a flow across the border of the subnet of a role."""

    flow: str
    """Id of the flow."""
    role: str
    """Role that lives in the subnet."""
    reply: bool
    """Whether it answers; else it asks. ICMP only asks."""
    direction: Direction
    """Seen from the subnet."""
    protocol: Transport
    ports: PortRange
    """Destination ports of the packets; for ICMP type and code."""
    addresses: AddressSet
    """The other ends, of one family."""


def check_roles(plan: Plan, roles: Iterable[str] | None) -> tuple[str, ...]:
    """Return the roles in the order of the plan, all of its roles for None.

    Raises:
        UserError: the plan has no such role, or none is given.
    """
    wanted = plan.roles if roles is None else tuple(roles)
    for role in wanted:
        if role not in plan.roles:
            raise UserError(unknown_name("role of this deployment", role, plan.roles))
    if not wanted:
        raise UserError(f"no role is given: name those of the subnet, of {', '.join(plan.roles)}.")
    return tuple(role for role in plan.roles if role in wanted)


def legs_of(plan: Plan, roles: Iterable[str]) -> tuple[Leg, ...]:
    """Return all legs of the roles' flows whose other end has addresses, sorted; one for all addresses of a family.

    A flow between two roles of the subnets has legs at both ends: subnets that share an ACL are still apart.
    """
    wanted = set(roles)
    sets = {name: AddressSet.from_cidrs(found.cidrs) for name, found in plan.lists.items()}
    found: dict[tuple[str, str, bool, Direction, Transport, PortRange, Family], AddressSet] = {}
    for rule in plan.rules:
        if rule.role not in wanted or rule.peer.kind not in ADDRESSED:
            continue
        any_address = rule.peer.kind is EndpointKind.ANY
        addresses = EVERYTHING[rule.peer.value] if any_address else sets[rule.peer.value]
        family = addresses.families[0]
        back = Direction.INGRESS if rule.direction is Direction.EGRESS else Direction.EGRESS
        ways = [(False, rule.direction, rule.ports)]
        ways += [] if rule.protocol is Transport.ICMP else [(True, back, REPLY_PORTS)]
        for flow in rule.flows:
            for reply, direction, ports in ways:
                key = (flow, rule.role, reply, direction, rule.protocol, ports, family)
                found[key] = found.get(key, AddressSet.empty()) | addresses
    return tuple(sorted(Leg(*key[:-1], addresses) for key, addresses in found.items()))


def unaddressed(plan: Plan, roles: Iterable[str], severity: Severity | None = None) -> Iterator[Finding]:
    """Yield a finding for each end of a flow that is given by group or list: what of it the ACL cannot name.

    Args:
        plan: The plan.
        roles: Those of the subnet.
        severity: Of an end without any range; that of the code for None.
    """
    wanted = set(roles)
    by_range: set[tuple[str, str]] = set()
    by_id: dict[tuple[str, str], set[Endpoint]] = defaultdict(set)
    flows = {flow.id: flow for flow in plan.flows}
    for rule in plan.rules:
        if rule.role not in wanted:
            continue
        for each in rule.flows:
            flow = flows[each]
            end = (each, flow.destination if rule.direction is Direction.EGRESS else flow.source)
            if rule.peer.kind in ADDRESSED:
                by_range.add(end)
            else:
                by_id[end].add(rule.peer)
    for (flow_id, name), peers in sorted(by_id.items()):
        given = ", ".join(sorted(_in_words(peer) for peer in peers))
        if (flow_id, name) in by_range:
            text = f"{flow_id}: a network ACL reaches {name} by the ranges under peers.{name} alone, not by {given}."
            yield finding("role-by-ranges", flow_id, text)
        else:
            text = f"{flow_id}: a network ACL names ranges only, and {name} is given by {given}."
            remedy = f"Give the ranges of {name} under peers: {{{name}: {{cidrs: [...]}}}}."
            yield finding("peer-unsayable", flow_id, text, severity=severity, remedy=remedy)


def _in_words(peer: Endpoint) -> str:
    match peer.kind:
        case EndpointKind.ROLE:
            return f"the group of {peer.value}"
        case EndpointKind.REFERENCE:
            return f"a group as {peer.value}"
        case _:
            return peer.value
