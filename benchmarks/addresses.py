"""Prefix algebra against the standard library and netaddr, and its growth with the input."""

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from benchmarks.frame import Row, contest, peer, race
from benchmarks.inputs import address_blocks
from ws_network.addresses import AddressSet, Cidr, minimal_cover, parse_cidr

ROUNDS = {1_000: 30, 10_000: 10, 100_000: 4}
"""Rounds by number of blocks: each size takes a few seconds."""
STANDARD_LIBRARY = peer("ipaddress", inside_python=True)


def union_of_texts() -> Iterator[Row]:
    """Texts in, shortest list of texts out: reading, merging and writing on both sides."""
    for size, rounds in ROUNDS.items():
        texts = address_blocks(size)
        ours, theirs = partial(minimal_cover, texts), partial(_collapse_texts, texts)
        yield contest(f"prefix union, {size:,} texts", ours, theirs, against=STANDARD_LIBRARY, rounds=rounds, bar=5)


def union_of_blocks() -> Iterator[Row]:
    """Blocks read before, shortest list of texts out: merging and writing on both sides."""
    for size, rounds in ROUNDS.items():
        texts = address_blocks(size)
        ours = partial(_cover_blocks, [parse_cidr(text) for text in texts])
        theirs = partial(_collapse_networks, *_networks(texts))
        what = f"prefix union, {size:,} blocks read before"
        yield contest(what, ours, theirs, against=STANDARD_LIBRARY, rounds=rounds, bar=5)


def union_with_netaddr() -> Iterator[Row]:
    """The same as `union_of_texts` against netaddr's merge; no rows when netaddr is not installed."""
    if find_spec("netaddr") is None:
        return
    for size, rounds in ROUNDS.items():
        texts = address_blocks(size)
        ours, theirs = partial(minimal_cover, texts), partial(_merge_with_netaddr, texts)
        yield contest(f"prefix union, {size:,} texts", ours, theirs, against=peer("netaddr"), rounds=rounds, bar=5)


def growth() -> Iterator[Row]:
    """Ten times the addresses against one time: what a quadratic step would turn into 100."""
    for size, rounds in ((1_000, 150), (10_000, 25)):  # each lasts seconds: longer than a slow moment of the machine
        small, large = address_blocks(size), address_blocks(10 * size)
        best = race(partial(minimal_cover, large), partial(minimal_cover, small), rounds=rounds)
        yield Row(f"10x addresses, {10 * size:,} texts", *best, f"ws_network, {size:,}", "times the time", 12)


def set_growth() -> Iterator[Row]:
    """Union, difference, intersection and subset of two sets, ten times the ranges against one time."""
    small, large = (_two_sets(size) for size in (5_000, 50_000))
    best = race(partial(_all_operations, *large), partial(_all_operations, *small), rounds=40)
    yield Row("10x ranges, four set operations", *best, "ws_network, 2 x 5,000", "times the time", 12)


def _networks(texts: list[str]) -> tuple[list[IPv4Network], list[IPv6Network]]:
    return [IPv4Network(text) for text in texts if ":" not in text], [
        IPv6Network(text) for text in texts if ":" in text
    ]


def _collapse_texts(texts: list[str]) -> list[str]:
    return _collapse_networks(*_networks(texts))


def _collapse_networks(four: list[IPv4Network], six: list[IPv6Network]) -> list[str]:
    return [str(found) for found in (*collapse_addresses(four), *collapse_addresses(six))]


def _cover_blocks(blocks: list[Cidr]) -> list[str]:
    return list(AddressSet.from_cidrs(blocks).cidrs())


def _merge_with_netaddr(texts: list[str]) -> list[str]:
    from netaddr import cidr_merge  # noqa: PLC0415 (optional)

    return [str(found) for found in cidr_merge(texts)]


def _two_sets(size: int) -> tuple[AddressSet, AddressSet]:
    texts = address_blocks(2 * size)
    return AddressSet.from_cidrs(texts[:size]), AddressSet.from_cidrs(texts[size:])


def _all_operations(left: AddressSet, right: AddressSet) -> bool:
    return ((left | right) - right).issubset(left & right)


BENCHMARKS = (union_of_texts, union_of_blocks, union_with_netaddr, growth, set_growth)
