"""Seeded inputs of the benchmarks: the same seed and size give the same texts on every machine.

Owns what the inputs look like. Does not own what is measured on them.
"""

import random
from ipaddress import IPv4Address, IPv6Address

SEED = 20251209
"""Chosen once; any other gives lists of the same kind."""


def address_blocks(count: int, *, ipv6_share: float = 0.25, seed: int = SEED) -> list[str]:
    """Return `count` blocks as canonical text, shuffled, as they come out of a resolver and a few address lists.

    A quarter is IPv6 unless told otherwise. Of each family about
    - a half are scattered: IPv4 /20 to /32 anywhere, IPv6 /40 to /128 in 2000::/3,
    - a quarter continue the block before them with one of the same size, so that runs of siblings merge,
    - an eighth lie inside the block before them, so that they vanish,
    - an eighth repeat it.
    """
    source = random.Random(seed)  # noqa: S311 (inputs, not secrets)
    six = round(count * ipv6_share)
    texts = [*_family(source, count - six, 32, (20, 32)), *_family(source, six, 128, (40, 128))]
    source.shuffle(texts)
    return "\n".join(texts).split("\n")  # new texts, side by side in memory as those of a file that was read


def _family(source: random.Random, count: int, bits: int, lengths: tuple[int, int]) -> list[str]:
    address = IPv4Address if bits == 32 else IPv6Address
    last = (1 << bits) - 1
    first, length = _scattered(source, bits, lengths)
    texts = []
    for _ in range(count):
        kind = source.random()
        if kind < 1 / 2:
            first, length = _scattered(source, bits, lengths)
        elif kind < 3 / 4:
            first = min(first + (1 << bits - length), last >> bits - length << bits - length)
        elif kind < 7 / 8:
            length = source.randint(length, bits)
        texts.append(f"{address(first)}/{length}")
    return texts


def _scattered(source: random.Random, bits: int, lengths: tuple[int, int]) -> tuple[int, int]:
    length = source.randint(*lengths)
    start = source.getrandbits(bits) if bits == 32 else 1 << 125 | source.getrandbits(125)
    return start >> bits - length << bits - length, length
