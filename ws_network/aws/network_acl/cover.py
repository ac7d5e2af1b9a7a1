"""The fewest blocks that are exactly what may pass: each one range of ports and one range of addresses.

Owns the search. Does not know flows, directions or entries.

A range of addresses is a node of the tree of prefixes. On a node, a block may take any ports that are open to all of
its addresses, and taking neighbours too never hurts: so the choice is, for each node, which of its runs of open ports
become blocks. A run that some address of the node has no wider than this must be paid for there or below, so it is
taken at once; the others are tried both ways. That finds the fewest.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import pairwise
from operator import and_

from ws_network.addresses import AddressSet, Family
from ws_network.cidr import BITS, Cidr
from ws_network.rules import PortRange

Block = tuple[PortRange, Cidr]
Permission = tuple[PortRange, AddressSet]

TRIED_RUNS = 6
"""So many runs of one node are tried both ways (64 choices); where there are more, all are taken, and the result may
have a block too many. Sites have none or one."""

LAST_PORT = 65535


def fewest(permissions: Iterable[Permission], family: Family) -> list[Block]:
    """Return the fewest blocks that hold the same ports and addresses of one family as `permissions`, sorted.

    The same for any order of `permissions`.
    """
    tree = _Tree([(ports, addresses.only(family)) for ports, addresses in permissions], family)
    return sorted(tree.blocks())


def runs(mask: int) -> list[int]:
    """Return the maximal runs of neighbouring ones of `mask`, each as a mask."""
    found = []
    while mask:
        low = mask & -mask
        grown = mask + low  # the carry ends behind the lowest run
        run = mask & ~grown
        found.append(run)
        mask &= ~run
    return found


class _Tree:
    """Which steps of ports (bits of a mask) are open to which addresses."""

    def __init__(self, permissions: list[Permission], family: Family) -> None:
        self.family = family
        starts = {0, LAST_PORT + 1} | {end for ports, _ in permissions for end in (ports.first, ports.last + 1)}
        self.steps = sorted(starts)
        """Where the steps begin, and the end of the last."""
        reached = [AddressSet.empty() for _ in pairwise(self.steps)]
        for ports, addresses in permissions:
            for step in range(bisect_left(self.steps, ports.first), bisect_left(self.steps, ports.last + 1)):
                reached[step] |= addresses
        self.bounds, self.masks = self._segments(reached)
        self.known: dict[tuple[int, int, int], tuple[tuple[int, int, int], ...]] = {}

    def _segments(self, reached: list[AddressSet]) -> tuple[list[int], list[int]]:
        """Return where neighbouring addresses differ in their ports, and the ports of each stretch from there."""
        changes: dict[int, int] = {0: 0}
        for step, addresses in enumerate(reached):
            for _, first, last in addresses:
                changes[first] = changes.get(first, 0) ^ 1 << step
                changes[last + 1] = changes.get(last + 1, 0) ^ 1 << step
        bounds: list[int] = []
        masks: list[int] = []
        mask = 0
        for at in sorted(changes):
            mask ^= changes[at]  # ranges of one step never touch, so a bit goes on and off in turns
            if at < 1 << BITS[self.family] and (not masks or masks[-1] != mask):
                bounds.append(at)
                masks.append(mask)
        return bounds, masks

    def blocks(self) -> Iterator[Block]:
        """Yield the fewest blocks."""
        for first, length, run in self._fewest(0, 0, 0):
            low, high = (run & -run).bit_length() - 1, run.bit_length()
            yield PortRange(self.steps[low], self.steps[high] - 1), Cidr(self.family, first, length)

    def _fewest(self, first: int, length: int, covered: int) -> tuple[tuple[int, int, int], ...]:
        """Return the fewest (first address, prefix length, run) below a node of which some ports are covered."""
        size = 1 << BITS[self.family] - length
        here = slice(bisect_right(self.bounds, first) - 1, bisect_left(self.bounds, first + size))
        masks = self.masks[here]
        if all(not mask & ~covered for mask in masks):
            return ()
        key = (first, length, covered)
        if key not in self.known:
            open_to_all = reduce(and_, masks)
            wanted = [run for run in runs(open_to_all) if run & ~covered]
            if len(masks) == 1:
                self.known[key] = tuple((first, length, run) for run in wanted)
            else:
                self.known[key] = self._tried(first, length, covered, wanted, masks)
        return self.known[key]

    def _tried(
        self, first: int, length: int, covered: int, wanted: list[int], masks: list[int]
    ) -> tuple[tuple[int, int, int], ...]:
        as_wide = {run for mask in masks for run in runs(mask)}
        open_ends = [run for run in wanted if run not in as_wide]
        if len(open_ends) > TRIED_RUNS:
            open_ends = []
        taken = [run for run in wanted if run not in open_ends]
        half = 1 << BITS[self.family] - length - 1
        best: tuple[tuple[int, int, int], ...] | None = None
        for choice in range(1 << len(open_ends)):
            own = [*taken, *(run for bit, run in enumerate(open_ends) if choice >> bit & 1)]
            done = reduce(int.__or__, own, covered)
            below = (self._fewest(half_first, length + 1, done) for half_first in (first, first + half))
            found = (*((first, length, run) for run in own), *(block for part in below for block in part))
            if best is None or len(found) < len(best):
                best = found
        return best or ()
