"""How azure-native compares properties: every list by position, whatever it holds.

So two security rules that change places are two changes. Pure functions on plain values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.resource import Properties


def detailed(old: Properties, news: Properties, base: str = "") -> Iterator[tuple[str, str]]:
    """Yield what differs: (path such as `securityRules[0].priority`, `ADD`, `DELETE` or `UPDATE`)."""
    for name in old.keys() | news.keys():
        path = f"{base}{name}"
        if name not in news:
            yield path, "DELETE"
        elif name not in old:
            yield path, "ADD"
        else:
            yield from _values(old[name], news[name], path)


def _values(old: Any, new: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from detailed(old, new, f"{path}.")
    elif isinstance(old, list) and isinstance(new, list):
        for place in range(max(len(old), len(new))):
            item = f"{path}[{place}]"
            if place >= len(new):
                yield item, "DELETE"
            elif place >= len(old):
                yield item, "ADD"
            else:
                yield from _values(old[place], new[place], item)
    elif old != new:
        yield path, "UPDATE"


def follow(inputs: Any, before: Any, after: Any) -> Any:
    """Return inputs after the cloud has gone from `before` to `after`: what changed there changes here, no more.

    So what Azure fills in by itself never becomes an input, as long as it stays the same.
    """
    if all(isinstance(value, dict) for value in (inputs, before, after)):
        found = {name: value for name, value in inputs.items() if name not in before or name in after}
        for name, value in after.items():
            if name not in before or (before[name] != value and name not in inputs):
                found[name] = value
            elif before[name] != value:
                found[name] = follow(inputs[name], before[name], value)
        return found
    if all(isinstance(value, list) for value in (inputs, before, after)):
        known = min(len(inputs), len(before))
        return [
            follow(inputs[place], before[place], value) if place < known else value for place, value in enumerate(after)
        ]
    return inputs if before == after else after


def without_empty(value: Any) -> Any:
    """Return a value without empty maps and lists in it, or None for one that is empty: what an import leaves out."""
    if isinstance(value, dict):
        kept = {name: found for name, item in value.items() if (found := without_empty(item)) is not None}
        return kept or None
    if isinstance(value, list):
        return [found for item in value if (found := without_empty(item)) is not None] or None
    return value
