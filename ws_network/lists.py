"""Lists of addresses as a cloud keeps them: with room to grow, and divided where one is too long.

Owns both rules, which are the same for every cloud. Does not own how much a cloud takes (`ws_network.<cloud>.limits`).
"""

from dataclasses import replace

from ws_network.endpoints import AddressList, Origin
from ws_network.identity import parts_by_content

GROWTH = (4, 5)
"""A list that may grow has room for 5 for every 4 begun: a quarter more than it needs, in steps of 5, so that one
address more is rarely a change of size."""


def grown(count: int, most: int) -> int:
    """Return the size of a list of `count` blocks that may grow, at most `most`."""
    used, given = GROWTH
    return min(-(-count // used) * given, most)


def size_of(found: AddressList, most: int) -> int:
    """Return the size of a list: exact for published blocks, with room to grow for what a site or DNS changes."""
    count = len(found.cidrs)
    return count if found.origin is Origin.PUBLISHED else grown(count, most)


def divided(found: AddressList, most: int) -> list[AddressList]:
    """Return the list, or parts of at most `most` blocks: each block's part comes from its own text."""
    parts = parts_by_content(found.cidrs, most)
    if len(parts) == 1:
        return [found]
    return [replace(found, name=f"{found.name}-{number}", cidrs=tuple(cidrs)) for number, cidrs in parts.items()]
