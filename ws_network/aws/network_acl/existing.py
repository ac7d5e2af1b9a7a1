"""Network ACLs that exist, as `aws ec2 describe-network-acls` prints them.

Owns reading them, and what AWS does with a packet: entries in ascending order, the first match decides, and what none
matches is dropped. Does not own what ought to pass.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ws_network.addresses import AddressSet
from ws_network.aws.network_acl.cover import LAST_PORT
from ws_network.aws.network_acl.entries import PROTOCOL_NUMBERS
from ws_network.catalogue import Transport
from ws_network.errors import UserError
from ws_network.rules import Direction, PortRange

LAST_ENTRY = 32767
"""From this number on an entry is AWS's own `*` (32767 for IPv4, 32768 for IPv6; Amazon VPC user guide, "Amazon VPC
quotas")."""

EVERY_PORT = PortRange(0, LAST_PORT)

COMMAND = "make the file with 'aws ec2 describe-network-acls --output json'"

PROTOCOLS: dict[str, Transport | None] = {
    **{number: protocol for protocol, number in PROTOCOL_NUMBERS.items()},
    **{str(protocol): protocol for protocol in PROTOCOL_NUMBERS},
    "-1": None,
    "all": None,
}
"""What an entry's protocol says; None for every protocol. Others are none of ours."""

Piece = tuple[PortRange, AddressSet]
"""Packets to some ports of some addresses; for ICMP the ports are the type and the code of one message."""


@dataclass(frozen=True, slots=True)
class ExistingEntry:
    """One entry."""

    number: int
    direction: Direction
    allows: bool
    protocol: Transport | None
    """None for every protocol."""
    ports: PortRange
    addresses: AddressSet
    message: tuple[int, int] = (-1, -1)
    """ICMP type and code; -1 for every one."""

    @property
    def name(self) -> str:
        """The number as the console shows it."""
        return "*" if self.number >= LAST_ENTRY else str(self.number)

    def matches(self, protocol: Transport, ports: PortRange) -> PortRange | None:
        """Return the part of the ports that the entry is for, None for none."""
        if self.protocol is None:
            return ports
        if self.protocol is not protocol:
            return None
        if protocol is Transport.ICMP:
            kind, code = self.message
            return ports if kind in {-1, ports.first} and code in {-1, ports.last} else None
        first, last = max(self.ports.first, ports.first), min(self.ports.last, ports.last)
        return PortRange(first, last) if first <= last else None


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """One ACL."""

    id: str
    entries: tuple[ExistingEntry, ...]
    """By number."""
    subnets: tuple[str, ...] = ()
    """Ids of its subnets, sorted."""

    def dropped(
        self, direction: Direction, protocol: Transport, ports: PortRange, addresses: AddressSet
    ) -> Iterator[tuple[str, Piece]]:
        """Yield what of the packets does not pass: the entry that drops it (`*` where none matches), and the piece.

        Pieces never overlap. Exact: sets of addresses and ranges of ports, no samples.
        """
        left: list[Piece] = [(ports, addresses)]
        for entry in self.entries:
            if entry.direction is not direction:
                continue
            rest: list[Piece] = []
            for piece in left:
                hit, missed = _split(entry, protocol, piece)
                rest += missed
                if hit is not None and not entry.allows:
                    yield entry.name, hit
            left = rest
        for piece in left:
            yield "*", piece


def _split(entry: ExistingEntry, protocol: Transport, piece: Piece) -> tuple[Piece | None, list[Piece]]:
    """Return the part of a piece that an entry matches, and the parts that it does not."""
    ports, addresses = piece
    matched = entry.matches(protocol, ports)
    inside = addresses & entry.addresses
    if matched is None or not inside:
        return None, [piece]
    outside = addresses - entry.addresses
    rest = [(matched, outside)] if outside else []
    if protocol is not Transport.ICMP:
        if ports.first < matched.first:
            rest.append((PortRange(ports.first, matched.first - 1), addresses))
        if matched.last < ports.last:
            rest.append((PortRange(matched.last + 1, ports.last), addresses))
    return (matched, inside), rest


def load_network_acls(path: Path) -> tuple[NetworkAcl, ...]:
    """Return the ACLs in a file.

    Raises:
        UserError: it cannot be read, is no JSON, or is no answer of `describe-network-acls`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path} ({error.strerror}): {COMMAND}.") from None
    except ValueError:
        raise UserError(f"{path} is no JSON: {COMMAND}.") from None
    return read_network_acls(content, str(path))


def read_network_acls(content: Any, where: str = "the answer") -> tuple[NetworkAcl, ...]:
    """Return the ACLs in the answer of `describe-network-acls`, by id.

    Args:
        content: The parsed answer.
        where: What to call it in an error.

    Raises:
        UserError: it has no ACL, or an entry that AWS would not print.
    """
    found = content.get("NetworkAcls") if isinstance(content, dict) else None
    if not isinstance(found, list) or not found:
        raise UserError(f"{where} has no network ACL under NetworkAcls: {COMMAND}.")
    acls = [_acl(each, f"the network ACL {number}", where) for number, each in enumerate(found, 1)]
    return tuple(sorted(acls, key=lambda acl: acl.id))


def _acl(content: Any, name: str, where: str) -> NetworkAcl:
    if not isinstance(content, dict) or not isinstance(content.get("Entries"), list):
        raise UserError(f"{where}: {name} has no Entries: {COMMAND}.")
    key = str(content.get("NetworkAclId") or name)
    entries = [_entry(entry, f"{where}: an entry of {key}") for entry in content["Entries"]]
    subnets = {str(each["SubnetId"]) for each in content.get("Associations") or [] if "SubnetId" in each}
    return NetworkAcl(key, tuple(sorted(entries, key=lambda entry: entry.number)), tuple(sorted(subnets)))


def _entry(content: Any, where: str) -> ExistingEntry:
    try:
        protocol = str(content["Protocol"])
        blocks = [content[key] for key in ("CidrBlock", "Ipv6CidrBlock") if content.get(key)]
        kept = PROTOCOLS.get(protocol)
        ports, message = EVERY_PORT, (-1, -1)
        if kept in {Transport.TCP, Transport.UDP}:
            ports = PortRange(int(content["PortRange"]["From"]), int(content["PortRange"]["To"]))
        elif kept is Transport.ICMP:
            message = (int(content["IcmpTypeCode"]["Type"]), int(content["IcmpTypeCode"]["Code"]))
        return ExistingEntry(
            number=int(content["RuleNumber"]),
            direction=Direction.EGRESS if content["Egress"] else Direction.INGRESS,
            allows={"allow": True, "deny": False}[content["RuleAction"]],
            protocol=kept,
            ports=ports,
            # A protocol that no flow has matches none of them.
            addresses=AddressSet.from_cidrs(blocks) if protocol in PROTOCOLS else AddressSet.empty(),
            message=message,
        )
    except KeyError as error:
        raise UserError(f"{where} has no usable {error}: {COMMAND}.") from None
    except (TypeError, ValueError) as error:
        raise UserError(f"{where} cannot be read ({error}): {COMMAND}.") from None
