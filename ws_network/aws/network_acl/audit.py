"""Existing network ACLs against the flows of a site: which requests and which replies they drop.

Owns what is reported, and what to add. Does not own how AWS evaluates an ACL (`existing`), nor what an ACL lets pass
beyond the flows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ws_network.addresses import AddressSet
from ws_network.aws.network_acl.existing import NetworkAcl
from ws_network.aws.network_acl.legs import EVERYTHING, Leg, check_roles, legs_of, unaddressed
from ws_network.catalogue import Transport
from ws_network.findings import Finding, Severity, finding
from ws_network.grammar import GRAMMARS
from ws_network.plan import Plan, settle
from ws_network.rules import Direction, PortRange

SHOWN_BLOCKS = 4
"""So many blocks of a piece are in a finding's text; all are in the table."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A part of a flow that does not pass: of one way, dropped by one entry."""

    acl: str
    leg: Leg
    entry: str
    """Number of the entry that drops it; `*` where none matches."""
    ports: PortRange
    addresses: AddressSet
    """Of one family."""

    @property
    def packets(self) -> str:
        """The packets in words: `ingress udp 1024-65535 from 10.20.0.53/32`."""
        return _packets(self.leg, self.ports, self.other_end)

    @property
    def add(self) -> str:
        """What to add in words: what the leg needs, or where an entry denies a part of it, that part before it."""
        if self.entry == "*":
            return f"allow {_packets(self.leg, self.leg.ports, _blocks(self.leg.addresses))}"
        return f"allow {_packets(self.leg, self.ports, _blocks(self.addresses))}, numbered below {self.entry}"

    @property
    def other_end(self) -> str:
        """The other ends in words: `10.20.0.53/32`, `any IPv4 address but 10.0.0.0/8`."""
        for family, everything in EVERYTHING.items():
            passing = everything - self.addresses
            if self.leg.addresses == everything and passing.size(4) + passing.size(6) < _half(everything):
                any_address = f"any {family.replace('ipv', 'IPv')} address"
                return f"{any_address} but {_blocks(passing)}" if passing else any_address
        return _blocks(self.addresses)


def _packets(leg: Leg, ports: PortRange, other_end: str) -> str:
    shown = f"{ports.first}/{ports.last}" if leg.protocol is Transport.ICMP else ports.text
    way = "to" if leg.direction is Direction.EGRESS else "from"
    return f"{leg.direction} {leg.protocol} {shown} {way} {other_end}"


def _blocks(addresses: AddressSet) -> str:
    cidrs = addresses.cidrs()
    more = len(cidrs) - SHOWN_BLOCKS
    return ", ".join(cidrs[:SHOWN_BLOCKS]) + (f" and {more} blocks more" if more > 0 else "")


def _half(addresses: AddressSet) -> int:
    return (addresses.size(4) + addresses.size(6)) // 2


@dataclass(frozen=True)
class Audit:
    """What the ACLs do to the flows of some roles."""

    roles: tuple[str, ...]
    acls: tuple[NetworkAcl, ...]
    legs: tuple[Leg, ...]
    """What ought to pass each of them."""
    blocked: tuple[Blocked, ...]
    """By ACL, flow, request before reply."""
    findings: tuple[Finding, ...]
    """Worst first."""


def audit_network_acls(plan: Plan, acls: Iterable[NetworkAcl], roles: Iterable[str] | None = None) -> Audit:
    """Return what of the roles' flows each of the ACLs drops.

    Args:
        plan: Of the target `aws-security-group`; the layout `per-flow` tells flows apart best.
        acls: The ACLs of the subnets in which the roles live.
        roles: Those; all roles of the plan for None.

    Raises:
        UserError: the plan has no such role.
    """
    wanted = check_roles(plan, roles)
    acls = tuple(acls)
    legs = legs_of(plan, wanted)
    unfiltered = GRAMMARS[plan.target].unfiltered
    blocked = [found for acl in acls for leg in legs for found in _blocked(acl, leg, unfiltered)]
    findings = [*unaddressed(plan, wanted, Severity.MEDIUM), *_findings(blocked)]
    return Audit(wanted, acls, legs, tuple(blocked), settle(plan.deployment, findings))


def _blocked(acl: NetworkAcl, leg: Leg, unfiltered: AddressSet) -> Iterator[Blocked]:
    """Yield what of a leg an ACL drops: per entry, the addresses that lose the same ports together.

    What is never filtered is no part of its own, and is not cut out of others.
    """
    pieces: dict[tuple[str, PortRange], AddressSet] = defaultdict(AddressSet.empty)
    for entry, (ports, addresses) in acl.dropped(leg.direction, leg.protocol, leg.ports, leg.addresses):
        pieces[entry, ports] |= addresses
    joined: dict[tuple[str, AddressSet], list[PortRange]] = defaultdict(list)
    for (entry, ports), addresses in sorted(pieces.items()):
        same = joined[entry, addresses]
        if leg.protocol is not Transport.ICMP and same and same[-1].last + 1 == ports.first:
            same[-1] = PortRange(same[-1].first, ports.last)
        else:
            same.append(ports)
    for (entry, addresses), ranges in joined.items():
        if not addresses <= unfiltered:
            yield from (Blocked(acl.id, leg, entry, ports, addresses) for ports in ranges)


def _findings(blocked: Iterable[Blocked]) -> Iterator[Finding]:
    """Yield a finding for each ACL, flow and way."""
    found: dict[tuple[str, str, bool], list[Blocked]] = defaultdict(list)
    for each in blocked:
        found[each.acl, each.leg.flow, each.leg.reply].append(each)
    for (acl, flow, reply), parts in found.items():
        code = "network-acl-blocks-replies" if reply else "network-acl-blocks"
        what = "replies" if reply else "requests"
        dropped = "; ".join(f"{part.packets} (entry {part.entry})" for part in parts)
        severity = Severity.MEDIUM if all(_is_block_list(part) for part in parts) else None
        text = f"{flow}: {acl} drops {what}: {dropped}."
        remedy = f"In {acl}: {'; '.join(dict.fromkeys(part.add for part in parts))}."
        yield finding(code, flow, text, severity=severity, remedy=remedy)


def _is_block_list(part: Blocked) -> bool:
    """Return whether an entry denies some addresses, fewer than half, to a flow that is open to any address.

    Who denies a few addresses to everyone means that; who leaves a peer out has forgotten it.
    """
    if part.entry == "*" or part.leg.addresses not in EVERYTHING.values():
        return False
    return part.addresses.size(4) + part.addresses.size(6) < _half(part.leg.addresses)
