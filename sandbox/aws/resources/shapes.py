"""Nested inputs of AWS resources: from the SDK's properties to the API's fields and back, by one table.

Owns the three ways in which they differ: names, lists whose order means nothing, and lists of `{key, …}` that are maps
in the API.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.protocol import UNKNOWN
from sandbox.resource import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.resource import Properties

_WORDS = {str: "a string", int: "a number", bool: "true or false", dict: "a map", list: "a list"}


@dataclass(frozen=True)
class Part:
    """One property.

    Attributes:
        api: its name in the API.
        kind: the type of its value, or of each one in a list; `dict` where `parts` are given.
        many: a list.
        ordered: the order of the list matters.
        parts: the properties of an object.
        keyed: a list of objects with `key` and this property, which is a map from key to the rest in the API.
        listed: that property is a list of one object.
        emulated: whether this sandbox does anything with it; giving it else is an error.
    """

    api: str
    kind: type = str
    many: bool = False
    ordered: bool = False
    parts: Mapping[str, Part] | None = None
    keyed: str = ""
    listed: bool = False
    emulated: bool = True


def to_api(parts: Mapping[str, Part], value: Properties) -> Properties:
    """Return an object in the API's words; lists without order are sorted, and what is empty is left out."""
    found = {part.api: _to_api(part, value[name]) for name, part in parts.items() if name in value}
    return {name: item for name, item in found.items() if item not in (None, "", [], {}) and item is not False}


def _to_api(part: Part, value: Any) -> Any:
    if part.keyed:
        parts = part.parts or {}
        inner = {item["key"]: item[part.keyed] for item in value or []}
        return {key: to_api(parts, item[0] if part.listed else item) for key, item in sorted(inner.items())}
    if part.many:
        items = [to_api(part.parts, item) if part.parts else item for item in value or []]
        return items if part.ordered else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return to_api(part.parts, value or {}) if part.parts else value


def from_api(parts: Mapping[str, Part], value: Properties) -> Properties:
    """Return an object in the SDK's words."""
    return {name: _from_api(part, value[part.api]) for name, part in parts.items() if part.api in value}


def _from_api(part: Part, value: Any) -> Any:
    if part.keyed:
        parts = part.parts or {}
        found = {key: from_api(parts, item) for key, item in value.items()}
        return [{"key": key, part.keyed: [item] if part.listed else item} for key, item in found.items()]
    if part.parts is None:
        return value
    return [from_api(part.parts, item) for item in value] if part.many else from_api(part.parts, value)


def problems(parts: Mapping[str, Part], value: Any, path: str) -> Iterator[Failure]:
    """Yield what is wrong with an object: unknown names, wrong types, what is not emulated."""
    if value == UNKNOWN:
        return
    if not isinstance(value, dict):
        yield _wrong(path, dict, value)
        return
    for name, item in value.items():
        place = f"{path}.{name}"
        if name not in parts:
            yield Failure(place, f'"{path}" has no argument "{name}".')
        elif item is not None and item != UNKNOWN:
            yield from _problems(parts[name], item, place)


def _problems(part: Part, value: Any, place: str) -> Iterator[Failure]:
    if not part.emulated:
        if value not in ([], {}, "", False):
            yield Failure(place, f'"{place}" is not emulated here; leave it out or use the real provider.')
        return
    if not (part.many or part.keyed):
        yield from _one(part, value, place)
        return
    if not isinstance(value, list):
        yield _wrong(place, list, value)
        return
    for index, item in enumerate(value):
        yield from _keyed(part, item, f"{place}[{index}]") if part.keyed else _one(part, item, f"{place}[{index}]")


def _one(part: Part, value: Any, place: str) -> Iterator[Failure]:
    if part.parts is not None:
        yield from problems(part.parts, value, place)
    elif value != UNKNOWN and (not isinstance(value, part.kind) or (part.kind is int and isinstance(value, bool))):
        yield _wrong(place, part.kind, value)


def _keyed(part: Part, value: Any, place: str) -> Iterator[Failure]:
    if value == UNKNOWN:
        return
    if not isinstance(value, dict) or value.keys() != {"key", part.keyed}:
        yield Failure(place, f'"{place}" must have "key" and "{part.keyed}", and nothing else.')
        return
    if not isinstance(value["key"], str):
        yield _wrong(f"{place}.key", str, value["key"])
    inner, where = value[part.keyed], f"{place}.{part.keyed}"
    if part.listed and inner != UNKNOWN:
        if not isinstance(inner, list) or len(inner) != 1:
            yield Failure(where, f'"{where}" must be a list of one.')
            return
        inner, where = inner[0], f"{where}[0]"
    yield from problems(part.parts or {}, inner, where)


def _wrong(place: str, kind: type, value: Any) -> Failure:
    return Failure(place, f'"{place}" must be {_WORDS[kind]}, not {value!r}.')
