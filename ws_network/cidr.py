"""Address blocks as users type them: read strictly, written in one form, refused with what to type instead.

Owns `Cidr`, its text, and the reading of one text or of many. Does not own sets of addresses: see `addresses`, which
offers all of this too. Standard library only.

Many texts are read at once: `inet_pton` checks each address in C and one `struct.unpack` turns the bytes of all of
them into integers. Only when that fails is each text looked at alone, to say what is wrong with it.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import and_
from socket import AF_INET, AF_INET6, inet_ntoa, inet_ntop, inet_pton
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ws_network.errors import UserError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

Family: TypeAlias = Literal[4, 6]

BITS: Final[dict[Family, int]] = {4: 32, 6: 128}
"""Width of an address in bits (RFC 791, RFC 4291)."""

_AF: Final = {4: AF_INET, 6: AF_INET6}
_HOST_BITS: Final[dict[Family, dict[str, int]]] = {
    # What may follow the slash, to the number of bits it leaves; no slash, so no text, is a single address.
    family: {"": 0} | {str(length): bits - length for length in range(bits + 1)}
    for family, bits in BITS.items()
}
HOST_MASKS: Final = tuple((1 << bits) - 1 for bits in range(129))
"""By number of host bits: the integer in which these are ones."""
_MAPPED: Final = 0xFFFF
"""Bits 32 to 127 of every address in ::ffff:0:0/96, the IPv4-mapped block (RFC 4291, section 2.5.5.2)."""
_MAPPED_BYTES: Final = _MAPPED.to_bytes(12, "big")
_UNREADABLE: Final = (AttributeError, KeyError, OSError, TypeError, ValueError)
"""What `partition`, `inet_pton` and the table of masks raise for values that are no text, and text that is no block."""
_CHUNK: Final = 4096
"""Texts read at once: their parts stay in the processor's cache; measured, 100,000 at once take twice the time."""
_LEADING_ZERO: Final = re.compile(r"(?<![0-9])0+(?=[0-9])")


def _reads_leading_zeros() -> bool:
    """Return whether this platform's `inet_pton` accepts 010 as an octet: POSIX leaves it open, glibc refuses."""
    try:
        inet_pton(AF_INET, "010.0.0.0")
    except OSError:
        return False
    return True


_LENIENT = _reads_leading_zeros()


@dataclass(frozen=True, slots=True, order=True)
class Cidr:
    """One address block; sorts IPv4 first, then by address, then the wider block.

    Raises UserError when `first` has bits beyond `prefix_length`, or a value is out of the family's bounds.
    """

    family: Family
    first: int
    """Network address as an integer."""
    prefix_length: int
    """Leading bits that all addresses of the block share: 0 to 32 for IPv4, 0 to 128 for IPv6."""

    def __post_init__(self) -> None:
        bits = BITS.get(self.family, -1)
        if not (0 <= self.prefix_length <= bits and 0 <= self.first < 1 << bits):
            raise UserError(
                f"IPv{self.family} has no block with address {self.first} and prefix length {self.prefix_length}: "
                "give family 4 or 6, and both numbers within its bounds."
            )
        if self.first & host_mask(self.family, self.prefix_length):
            raise _host_bits(self.text, self.family, self.first, self.prefix_length)

    @property
    def last(self) -> int:
        """Last address of the block as an integer."""
        return self.first | host_mask(self.family, self.prefix_length)

    @property
    def text(self) -> str:
        """Canonical text with its prefix length, IPv6 compressed as RFC 5952 says."""
        return f"{address_text(self.family, self.first)}/{self.prefix_length}"

    def contains(self, other: "Cidr | str | IPv4Address | IPv6Address") -> bool:
        """Return whether all of `other` lies in this block; UserError when it is text that is no address."""
        family, first, last = range_of(other)
        return family == self.family and self.first <= first and last <= self.last

    def __str__(self) -> str:
        return self.text


class Range(NamedTuple):
    """Consecutive addresses of one family as integers, both ends included."""

    family: Family
    first: int
    last: int


def parse_cidr(text: str) -> Cidr:
    """Return the block that `text` writes; an address without a slash is a /32 or /128.

    Raises UserError for host bits, zone ids, IPv4 inside IPv6, octets with leading zeros, netmasks, blanks, names and
    whatever else is no block: one sentence with what to type.
    """
    cidr = _parsed(text)
    if cidr is None:
        raise _refusal(text)
    return cidr


def range_of(item: "Cidr | str | IPv4Address | IPv6Address") -> Range:
    """Return the addresses that `item` stands for; UserError when it is text that is no address or block."""
    if isinstance(item, str):
        item = parse_cidr(item)
    if isinstance(item, Cidr):
        return Range(item.family, item.first, item.last)
    return Range(item.version, int(item), int(item))


def read(texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the IPv4 and the IPv6 blocks of `texts` in their order, each packed as `pack` does.

    Raises UserError as `parse_cidr` does, for the first text that is no block.
    """
    four: list[int] = []
    six: list[int] = []
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        try:
            with_colon = [text for text in chunk if ":" in text]
            without = [text for text in chunk if ":" not in text] if with_colon else chunk
            four += _read_family(4, without)
            six += _read_family(6, with_colon)
        except _UNREADABLE:
            raise _refusal(next(text for text in chunk if _parsed(text) is None)) from None
    return four, six


def host_mask(family: Family, prefix_length: int) -> int:
    """Return the integer whose bits beyond the prefix are ones."""
    return HOST_MASKS[BITS[family] - prefix_length]


def pack(cidr: Cidr) -> int:
    """Return the block as one integer, `first << 8 | host bits`: it sorts faster than a pair, by first address."""
    return cidr.first << 8 | BITS[cidr.family] - cidr.prefix_length


def address_text(family: Family, address: int) -> str:
    """Return the canonical text of one address (IPv6: RFC 5952, section 4, never with dotted octets)."""
    if family == 4:
        return inet_ntoa(address.to_bytes(4, "big"))
    if address >> 48:
        return inet_ntop(AF_INET6, address.to_bytes(16, "big"))
    # Here inet_ntop would write the last 32 bits as dotted octets, on some platforms and for some values only.
    return "::" + ":".join(f"{address >> shift & 0xFFFF:x}" for shift in (32, 16, 0) if address >> shift)


def _parsed(text: str) -> Cidr | None:
    """Return the block that `text` writes, None when it is not strictly one."""
    try:
        head, slash, tail = text.partition("/")
        family: Family = 6 if ":" in head else 4
        first = int.from_bytes(inet_pton(_AF[family], head), "big")
        host_bits = _HOST_BITS[family][tail]
    except _UNREADABLE:
        return None
    if (slash and not tail) or first & HOST_MASKS[host_bits]:
        return None
    if (family == 6 and (_foreign(head) or first >> 32 == _MAPPED)) or (_LENIENT and _octal(family, head)):
        return None
    return Cidr(family, first, BITS[family] - host_bits)


def _read_family(family: Family, texts: Sequence[str]) -> list[int]:
    """Return the packed blocks of texts of one family; raises one of `_UNREADABLE` when `_parsed` would give None."""
    if not texts:
        return []
    heads, slashes, tails = zip(*[text.partition("/") for text in texts], strict=True)
    raw = b"".join(map(inet_pton, repeat(_AF[family]), heads))
    host_bits = list(map(_HOST_BITS[family].__getitem__, tails))
    if slashes.count("") != tails.count("") or (_LENIENT and _octal(family, "\n".join(heads))):
        raise ValueError
    if family == 4:
        firsts: Sequence[int] = struct.unpack(f">{len(texts)}I", raw)
    else:
        halves = iter(struct.unpack(f">{2 * len(texts)}Q", raw))
        firsts = [high << 64 | low for high, low in zip(halves, halves, strict=True)]
        if _foreign("".join(heads)) or (_MAPPED_BYTES in raw and any(first >> 32 == _MAPPED for first in firsts)):
            raise ValueError
    if any(map(and_, firsts, map(HOST_MASKS.__getitem__, host_bits))):
        raise ValueError
    return [first << 8 | bits for first, bits in zip(firsts, host_bits, strict=True)]


def _foreign(heads: str) -> bool:
    """Return whether IPv6 text has dotted octets or a zone id, which some platforms' `inet_pton` reads."""
    return "." in heads or "%" in heads


def _octal(family: Family, heads: str) -> bool:
    return family == 4 and _LEADING_ZERO.search(heads) is not None


# Refusals: reached only on the way to an error.


def _refusal(text: object) -> UserError:
    """Return the sentence for what `parse_cidr` does not take: here, marks that are foreign to an address."""
    if not isinstance(text, str):
        return UserError(f"{text!r} is no text: write an address range in quotes, such as '10.20.0.0/24'.")
    head, slash, tail = text.partition("/")
    family: Family = 6 if ":" in head else 4
    if text != "".join(text.split()):
        return _sentence(text, "has blanks", "".join(text.split()))
    if "%" in head:
        return _sentence(text, "has a zone id, which one host alone can read", head.partition("%")[0] + slash + tail)
    if _octal(family, head):
        decimal = _LEADING_ZERO.sub("", head) + slash + tail
        return _sentence(text, "has an octet with a leading zero, which some programs read as octal", decimal)
    return _value_refusal(text, family)


def _value_refusal(text: str, family: Family) -> UserError:
    """Return the sentence for text without foreign marks: no address, bad length, mapped, or host bits."""
    head, slash, tail = text.partition("/")
    try:
        first = int.from_bytes(inet_pton(_AF[family], head), "big")
    except (OSError, ValueError):
        if re.search("[g-z]", head, re.IGNORECASE):
            return UserError(f"{text!r} is a name, not an address: write its addresses, or list it under 'fqdns'.")
        return _sentence(text, "is no IPv4 or IPv6 address range")
    if tail not in _HOST_BITS[family] or (slash and not tail):
        return _bad_length(text, family, first)
    length = BITS[family] - _HOST_BITS[family][tail]
    if family == 6 and first >> 32 == _MAPPED:
        inside = max(length - 96, 0)
        inner = Cidr(4, first & host_mask(4, 0) & ~host_mask(4, inside), inside)
        return _sentence(text, "is IPv4 written inside IPv6, which no rule for IPv4 matches", inner.text)
    if family == 6 and "." in head:
        return _sentence(text, "mixes IPv6 with dotted octets", address_text(6, first) + slash + tail)
    return _host_bits(text, family, first, length)


def _bad_length(text: str, family: Family, first: int) -> UserError:
    """Return the sentence for what follows the slash; a netmask is answered with its prefix length."""
    head, _, tail = text.partition("/")
    ones = host_mask(family, 0)
    try:
        mask = int.from_bytes(inet_pton(_AF[family], tail), "big")
    except (OSError, ValueError):
        mask = 0
    length = BITS[family] - (mask ^ ones).bit_length()
    if mask and mask == ones ^ host_mask(family, length):
        network = Cidr(family, first & mask, length)
        return _sentence(text, "has a netmask where a prefix length is read", network.text)
    return UserError(
        f"{text!r} has no IPv{family} prefix length after the slash: "
        f"write a number from 0 to {BITS[family]} without leading zeros, or '{head}' for the address alone."
    )


def _host_bits(text: str, family: Family, first: int, length: int) -> UserError:
    network = Cidr(family, first & ~host_mask(family, length), length)
    address = Cidr(family, first, BITS[family])
    return UserError(f"{text!r} has host bits set: write '{network}' for the network or '{address}' for the address.")


def _sentence(text: str, what: str, instead: str = "") -> UserError:
    """Return a refusal that offers `instead` when that is a block, else an example."""
    if _parsed(instead) is None:
        return UserError(f"{text!r} {what}: write one such as '10.20.0.0/24' or '2001:db8::/32'.")
    return UserError(f"{text!r} {what}: write '{instead}'.")
