"""What a thing is called and where it goes, from its content alone: the same whatever stands beside it.

Owns numbers and digests of text, and dividing what is too long so that one value more moves no other, unless the
number of parts doubles. Does not own any cloud's names or limits.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence


def number_of(text: str, size: int) -> int:
    """Return a number below `size` that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % size


def digest(text: str, length: int) -> str:
    """Return so many hexadecimal digits that depend on the text alone, to keep a shortened name apart from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def parts_by_content(values: Sequence[str], limit: int) -> dict[int, list[str]]:
    """Return the values in parts of at most `limit`, by number: each value's part comes from its own text.

    How many parts there can be is a power of two, so that one that overflows divides the others in place. A part
    without values is left out.
    """
    count = 1
    while True:
        parts: dict[int, list[str]] = defaultdict(list)
        for value in values:
            parts[number_of(value, count)].append(value)
        if all(len(found) <= limit for found in parts.values()):
            return dict(sorted(parts.items()))
        count *= 2
