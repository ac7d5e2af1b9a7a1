"""Prefix-set algebra: what a list of address ranges covers, and the shortest list that covers the same.

Owns the arithmetic on sorted integer ranges, IPv4 and IPv6 apart. Does not own how a block is typed (`cidr`, whose
public names are offered here too), nor names, peers or rules; knows no cloud. Standard library only.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeVar

from ws_network.cidr import BITS, HOST_MASKS, Cidr, Family, Range, address_text, pack, parse_cidr, range_of, read
from ws_network.errors import UserError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

__all__ = ["BITS", "FAMILIES", "AddressSet", "Cidr", "Family", "Pairs", "Range", "minimal_cover", "parse_cidr"]

FAMILIES: Final[tuple[Family, ...]] = (4, 6)
Pairs: TypeAlias = tuple[tuple[int, int], ...]
_T = TypeVar("_T")


def minimal_cover(texts: Iterable[str]) -> list[str]:
    """Return the fewest blocks that cover the same addresses as `texts`, as sorted canonical text, IPv4 first.

    Order and repetition of `texts` do not matter. Linear after one sort of integers. Raises UserError as
    `parse_cidr` does, for the first text that is no block.
    """
    four, six = read(_listed(texts))
    return _block_texts(4, _merge(four)) + _block_texts(6, _merge(six))


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Addresses of both families; equal when the same addresses are in it, however they were written.

    Build one with `from_cidrs`, `from_ranges` or `empty`. `<` and `>` put any two sets in a fixed order, so that lists
    of them sort; `<=` and `>=` ask the other question, whether one set lies within the other.
    Each operation is one pass over the ranges of both sets.
    """

    v4: Pairs = ()
    """IPv4 ranges `(first, last)`, both included: sorted, disjoint, never adjacent."""
    v6: Pairs = ()
    """IPv6 ranges in the same form."""

    @classmethod
    def empty(cls) -> Self:
        """Return the set without addresses."""
        return cls()

    @classmethod
    def from_cidrs(cls, cidrs: "Iterable[str | Cidr]") -> Self:
        """Return the set of all addresses in `cidrs`; UserError as `parse_cidr` raises it."""
        items = _listed(cidrs)
        four, six = read([item for item in items if not isinstance(item, Cidr)])
        for item in items:
            if isinstance(item, Cidr):
                (four if item.family == 4 else six).append(pack(item))
        return cls(_merge(four), _merge(six))

    @classmethod
    def from_ranges(cls, ranges: Iterable[tuple[Family, int, int]]) -> Self:
        """Return the set of all addresses in `ranges`, each `(family, first, last)` with both ends included.

        Raises UserError for a range whose ends are swapped or out of the family's bounds.
        """
        pairs: dict[Family, list[tuple[int, int]]] = {4: [], 6: []}
        for family, first, last in ranges:
            if family not in BITS or not 0 <= first <= last < 1 << BITS[family]:
                raise UserError(
                    f"IPv{family} has no range from {first} to {last}: "
                    "give family 4 or 6, and two addresses of it, the lower one first."
                )
            pairs[family].append((first, last))
        return cls(_union(pairs[4]), _union(pairs[6]))

    @property
    def families(self) -> tuple[Family, ...]:
        """Families that have addresses here, IPv4 first."""
        return tuple(family for family in FAMILIES if self._pairs(family))

    def only(self, family: Family) -> Self:
        """Return the part of one family."""
        return type(self)(v4=self.v4) if family == 4 else type(self)(v6=self.v6)

    def size(self, family: Family) -> int:
        """Return how many addresses of `family` are in the set."""
        return sum(last - first + 1 for first, last in self._pairs(family))

    def cidrs(self) -> tuple[str, ...]:
        """Return the fewest blocks that cover exactly this set, as sorted canonical text, IPv4 first."""
        return (*_block_texts(4, self.v4), *_block_texts(6, self.v6))

    def union(self, other: Self) -> Self:
        """Return the addresses in either set."""
        return type(self)(_union(self.v4 + other.v4), _union(self.v6 + other.v6))

    def difference(self, other: Self) -> Self:
        """Return the addresses of this set that are not in `other`."""
        return type(self)(_difference(self.v4, other.v4), _difference(self.v6, other.v6))

    def intersection(self, other: Self) -> Self:
        """Return the addresses in both sets."""
        return type(self)(_intersection(self.v4, other.v4), _intersection(self.v6, other.v6))

    def issubset(self, other: Self) -> bool:
        """Return whether every address of this set is in `other`."""
        return not self.difference(other)

    __or__ = union
    __sub__ = difference
    __and__ = intersection
    __le__ = issubset

    def __ge__(self, other: Self) -> bool:
        return other.issubset(self)

    def __lt__(self, other: Self) -> bool:
        return (self.v4, self.v6) < (other.v4, other.v6)

    def __gt__(self, other: Self) -> bool:
        return other < self

    def __contains__(self, item: "str | Cidr | IPv4Address | IPv6Address") -> bool:
        """Return whether the address, or every address of the block, is in the set; UserError for other text."""
        family, first, last = range_of(item)
        pairs = self._pairs(family)
        at = bisect_right(pairs, first, key=itemgetter(0)) - 1
        return at >= 0 and last <= pairs[at][1]

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def __iter__(self) -> Iterator[Range]:
        for family in FAMILIES:
            for first, last in self._pairs(family):
                yield Range(family, first, last)

    def __str__(self) -> str:
        return ", ".join(self.cidrs()) or "no address"

    def _pairs(self, family: Family) -> Pairs:
        return self.v4 if family == 4 else self.v6


def _listed(items: Iterable[_T]) -> list[_T]:
    if isinstance(items, str):
        raise UserError(f"'{items}' stands where a list of address ranges is read: write ['{items}'].")
    return list(items)


# Arithmetic on pairs; each result is in the form of `Pairs`: sorted, disjoint, never adjacent.


def _merge(packed: list[int]) -> Pairs:
    """Return the ranges that the packed blocks cover; sorts its argument."""
    if not packed:
        return ()
    packed.sort()
    merged = []
    start = packed[0] >> 8
    end = start - 1
    for value in packed:
        first = value >> 8
        last = first | HOST_MASKS[value & 255]
        if last > end:
            if first > end + 1:
                merged.append((start, end))
                start = first
            end = last
    merged.append((start, end))
    return tuple(merged)


def _union(pairs: Iterable[tuple[int, int]]) -> Pairs:
    merged: list[tuple[int, int]] = []
    start, end = -1, -2
    for first, last in sorted(pairs):  # of two sorted runs, the sort only merges them
        if first > end + 1:
            merged.append((start, end))
            start, end = first, last
        elif last > end:
            end = last
    return (*merged[1:], (start, end)) if end >= 0 else ()


def _intersection(left: Pairs, right: Pairs) -> Pairs:
    both = []
    at, other = 0, 0
    while at < len(left) and other < len(right):
        first = max(left[at][0], right[other][0])
        last = min(left[at][1], right[other][1])
        if first <= last:
            both.append((first, last))
        if left[at][1] < right[other][1]:
            at += 1
        else:
            other += 1
    return tuple(both)


def _difference(left: Pairs, right: Pairs) -> Pairs:
    kept = []
    other = 0
    for begin, last in left:
        first = begin
        while other < len(right) and right[other][1] < first:
            other += 1
        while other < len(right) and right[other][0] <= last:
            if right[other][0] > first:
                kept.append((first, right[other][0] - 1))
            first = right[other][1] + 1
            if first > last:  # this hole may reach into the next range of `left`
                break
            other += 1
        if first <= last:
            kept.append((first, last))
    return tuple(kept)


def _block_texts(family: Family, pairs: Pairs) -> list[str]:
    """Return the fewest blocks that cover `pairs`, as text in the order of their addresses."""
    suffixes = [f"/{length}" for length in range(BITS[family], -1, -1)]
    texts = []
    for begin, last in pairs:
        first = begin
        while first <= last:
            # The widest block that starts here is bounded by the zeros at the end of its address and by what is left.
            size = (last - first + 1).bit_length() - 1
            if first & (1 << size) - 1:
                size = (first & -first).bit_length() - 1
            texts.append(address_text(family, first) + suffixes[size])
            first += 1 << size
    return texts
