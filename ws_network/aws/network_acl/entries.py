"""The entries of a network ACL for the roles of its subnets, in AWS's words.

Owns rule numbers, which flows an entry is for, and the quota check. Does not own the search for the fewest entries
(`cover`), nor resources: an entry is what `CreateNetworkAclEntry` takes, without the ACL's id.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NotRequired, TypedDict

from ws_network.addresses import FAMILIES, AddressSet, Family
from ws_network.aws.limits import QUOTAS
from ws_network.aws.network_acl.cover import fewest
from ws_network.aws.network_acl.legs import EVERYTHING, REPLY_PORTS, Leg, check_roles, legs_of, unaddressed
from ws_network.catalogue import Transport
from ws_network.cidr import Cidr
from ws_network.deployment.check import LAST_SLOT
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.identity import number_of
from ws_network.plan import Plan, settle
from ws_network.rules import Direction, PortRange

PROTOCOL_NUMBERS: Mapping[Transport, str] = {Transport.TCP: "6", Transport.UDP: "17", Transport.ICMP: "1"}
"""IANA, "Protocol Numbers"; an entry has no names for them (EC2 API, NetworkAclEntry)."""

PER_SLOT = 100
"""Numbers that the entries of one slot may take: more than an ACL holds."""

STEP = 3
"""One number of so many is ours, so that two more fit before the next."""

LAST_NUMBER = 32766
"""The highest rule number (EC2 API, CreateNetworkAclEntry). 108 slots and one for flows that have none, of 100 numbers
each, with the step: 32700."""

ABOUT = "network-acl"
"""What a finding about the whole ACL is about."""

QUOTA = "aws-rules-per-network-acl"

DENY_ALL = 1
"""Rules of AWS's own, `*`, that count in the quota of each direction and family (Amazon VPC user guide, "Amazon VPC
quotas")."""


class EntryPorts(TypedDict):
    """Destination ports of an entry, both included."""

    From: int
    To: int


class IcmpTypeCode(TypedDict):
    """ICMP message of an entry."""

    Type: int
    Code: int


class NetworkAclEntry(TypedDict):
    """One entry, as the EC2 API has it; with exactly one block."""

    RuleNumber: int
    Protocol: str
    RuleAction: str
    Egress: bool
    CidrBlock: NotRequired[str]
    Ipv6CidrBlock: NotRequired[str]
    PortRange: NotRequired[EntryPorts]
    IcmpTypeCode: NotRequired[IcmpTypeCode]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, and what it is for."""

    number: int
    direction: Direction
    protocol: Transport
    ports: PortRange
    """For ICMP type and code."""
    cidr: Cidr
    requests: tuple[str, ...]
    """Ids of the flows whose requests it lets pass, sorted."""
    replies: tuple[str, ...]
    """Ids of the flows whose replies it lets pass, sorted."""

    def to_dict(self) -> NetworkAclEntry:
        """Return the entry in AWS's words."""
        out = NetworkAclEntry(
            RuleNumber=self.number,
            Protocol=PROTOCOL_NUMBERS[self.protocol],
            RuleAction="allow",
            Egress=self.direction is Direction.EGRESS,
        )
        if self.cidr.family == 4:
            out["CidrBlock"] = self.cidr.text
        else:
            out["Ipv6CidrBlock"] = self.cidr.text
        if self.protocol is Transport.ICMP:
            out["IcmpTypeCode"] = IcmpTypeCode(Type=self.ports.first, Code=self.ports.last)
        else:
            out["PortRange"] = EntryPorts(From=self.ports.first, To=self.ports.last)
        return out


@dataclass(frozen=True)
class NetworkAclRendering:
    """The ACL of some roles."""

    roles: tuple[str, ...]
    entries: tuple[Entry, ...]
    """Egress first, by number."""
    findings: tuple[Finding, ...]
    """Of the ACL only, worst first; those of the plan are the plan's."""

    def counts(self) -> dict[tuple[Direction, Family], int]:
        """Return how many rules AWS counts in each direction and family, its own `*` among them."""
        counted = Counter((entry.direction, entry.cidr.family) for entry in self.entries)
        return {place: count + DENY_ALL for place, count in sorted(counted.items())}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, in the shape of `aws ec2 describe-network-acls`."""
        entries = [entry.to_dict() for entry in self.entries]
        return {"NetworkAcls": [{"Entries": entries}], "findings": [entry.to_dict() for entry in self.findings]}


def render_network_acl(plan: Plan, roles: Iterable[str] | None = None) -> NetworkAclRendering:
    """Return the fewest entries that let the flows of the roles pass, and their replies, and nothing else.

    Args:
        plan: Of the target `aws-security-group`; what its rules allow is what the ACL lets pass.
        roles: Those whose machines live in the subnets of the ACL; all roles of the plan for None.

    Raises:
        UserError: the plan has no such role, the deployment names an unknown AWS quota, or there are more entries than
            rule numbers.
    """
    raised = plan.deployment.quotas
    QUOTAS.check(raised)
    wanted = check_roles(plan, roles)
    legs = legs_of(plan, wanted)
    entries = _numbered(list(_entries(legs)), {flow.id: flow.slot for flow in plan.flows})
    rendering = NetworkAclRendering(wanted, entries, ())
    findings = [*unaddressed(plan, wanted), *_over_quota(rendering, QUOTAS.value(QUOTA, raised)), *_open_replies(legs)]
    return NetworkAclRendering(wanted, entries, settle(plan.deployment, findings))


def _entries(legs: tuple[Leg, ...]) -> Iterator[Entry]:
    """Yield the entries without their numbers."""
    groups: dict[tuple[Direction, Transport, PortRange | None], list[Leg]] = defaultdict(list)
    for leg in legs:
        message = leg.ports if leg.protocol is Transport.ICMP else None
        groups[leg.direction, leg.protocol, message].append(leg)
    for (direction, protocol, message), group in groups.items():
        for family in FAMILIES:
            unit = PortRange(0, 0)
            asked = [(leg.ports if message is None else unit, leg.addresses) for leg in group]
            for block in fewest(asked, family):
                served = [leg for leg in group if message is not None or _overlap(leg.ports, block[0])]
                served = [leg for leg in served if _meets(leg.addresses, block[1])]
                yield Entry(
                    number=0,
                    direction=direction,
                    protocol=protocol,
                    ports=message or block[0],
                    cidr=block[1],
                    requests=tuple(sorted({leg.flow for leg in served if not leg.reply})),
                    replies=tuple(sorted({leg.flow for leg in served if leg.reply})),
                )


def _overlap(one: PortRange, other: PortRange) -> bool:
    return one.first <= other.last and other.first <= one.last


def _meets(addresses: AddressSet, cidr: Cidr) -> bool:
    """Return whether some address of the block is in the set; fast also for a long set."""
    pairs = addresses.v4 if cidr.family == 4 else addresses.v6
    at = bisect_right(pairs, cidr.last, key=itemgetter(0)) - 1
    return at >= 0 and pairs[at][1] >= cidr.first


def _numbered(entries: list[Entry], slots: Mapping[str, int | None]) -> tuple[Entry, ...]:
    """Return the entries with their numbers: in the block of the first slot of their flows, where their text says.

    Only two entries whose text says the same place depend on each other.
    """
    out: list[Entry] = []
    for direction in Direction:
        taken: dict[int, Entry] = {}
        places = (LAST_SLOT + 1) * PER_SLOT
        for entry in sorted((e for e in entries if e.direction is direction), key=_content):
            if len(taken) == places:
                raise UserError(
                    f"the network ACL needs more than {places} {direction} entries: cover the peers with wider blocks."
                )
            slot = min(slots[flow] or LAST_SLOT + 1 for flow in (*entry.requests, *entry.replies))
            at = (slot - 1) * PER_SLOT + number_of(" ".join(map(str, _content(entry))), PER_SLOT)
            while at in taken:
                at = (at + 1) % places
            taken[at] = entry
        out += [_with_number(entry, 1 + at * STEP) for at, entry in sorted(taken.items())]
    return tuple(out)


def _content(entry: Entry) -> tuple[Any, ...]:
    return (str(entry.protocol), entry.ports.first, entry.ports.last, entry.cidr.text)


def _with_number(entry: Entry, number: int) -> Entry:
    return Entry(number, entry.direction, entry.protocol, entry.ports, entry.cidr, entry.requests, entry.replies)


def _over_quota(rendering: NetworkAclRendering, limit: int) -> Iterator[Finding]:
    for (direction, family), count in rendering.counts().items():
        if count > limit:
            text = (
                f"the network ACL of {', '.join(rendering.roles)} needs {count} {direction} IPv{family} rules, AWS's "
                f"own '*' among them, over the {limit} of AWS's quota '{QUOTAS[QUOTA].title}'."
            )
            remedy = (
                "Put the roles into subnets of their own and name fewer with --role, cover peers with wider blocks "
                f"that are yours, or raise the quota, to {QUOTAS[QUOTA].most} at most, and say so under quotas: "
                f"{{{QUOTA}: ...}}."
            )
            yield finding("limit", ABOUT, text, remedy=remedy)


def _open_replies(legs: tuple[Leg, ...]) -> Iterator[Finding]:
    """Yield a finding for each direction, protocol and family whose replies come from, or go to, any address."""
    found: dict[tuple[Direction, Transport, str], set[str]] = defaultdict(set)
    for leg in legs:
        for family, everything in EVERYTHING.items():
            if leg.reply and leg.addresses == everything:
                found[leg.direction, leg.protocol, family].add(leg.flow)
    for (direction, protocol, family), flows in sorted(found.items()):
        way = "from" if direction is Direction.INGRESS else "to"
        text = (
            f"replies of {', '.join(sorted(flows))} open {direction} {protocol} {REPLY_PORTS.text} {way} any "
            f"{family.replace('ipv', 'IPv')} address: a network ACL cannot tell a reply from a request."
        )
        yield finding("network-acl-replies-open", ABOUT, text)
