"""Reads the arguments of a component, each as its annotation says: a wrong one is a sentence before any resource.

Owns what each kind of value may be, and the words for one that it cannot be. A preview has to show every rule, and
names of resources come from keys: so maps and lists are plain, and only values that are ids may be outputs. Does not
own a deployment or a snapshot: those are read by their models.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NotRequired, Union, get_args, get_origin, is_typeddict

import pulumi

from ws_network.errors import UserError, unknown_name
from ws_network.validation import WANTED, check_form, shown

MISSING = {"deployment": "deployment is missing: give the content of a deployment file."}
"""What to type for a required argument, by its key."""

CHOICES = {
    "report": "write full, redacted or none",
    "address_family": "write IPv4 or IPv6",
    "as_of": "write a day as YYYY-MM-DD",
}
"""What to type in place of a wrong kind of value, by the key of an argument whose text is one of a few."""

_PEER_IDS = re.compile(r"peer_\w+_ids")
"""Name of the argument by which a component takes ids of peers that only the program knows; each cloud has its own."""

UNKNOWN_YET = "is an output of another resource, which a preview does not know yet"
"""Why a value has to be plain."""


def given_args(args: Any, shape: type) -> dict[str, Any]:
    """Return the arguments of a component that are given, each of the kind that its annotation says.

    Args:
        args: What the program passes. What is None is not given.
        shape: The TypedDict of the component's arguments.

    Raises:
        UserError: a key means nothing (it would be lost without a word), a required one is missing, or a value is of
            another kind.
    """
    if not isinstance(args, Mapping):
        raise UserError("the arguments are no mapping: give them as {'deployment': ...}.")
    known = shape.__annotations__
    given = {str(key): value for key, value in args.items() if value is not None}
    for key in args:
        if key not in known:
            raise UserError(unknown_name("argument", str(key), known))
    required: frozenset[str] = getattr(shape, "__required_keys__", frozenset())
    for key in sorted(required - set(given)):
        raise UserError(MISSING.get(key, f"{key} is missing: add it."))
    for key in sorted(key for key in given if is_typeddict(_held(known[key]))):
        _check_plain(given[key], key, next((name for name in known if _PEER_IDS.fullmatch(name)), None))
    return {key: _read(value, known[key], key) for key, value in given.items()}


def check_forms(args: Mapping[str, Any], forms: Mapping[str, Any]) -> None:
    """Raise for an id that is written out and is none of its kind. What outputs will be is not known.

    Args:
        args: The arguments, as read.
        forms: The kind of the ids, by argument: an annotated type of `ws_network.deployment.parts`.

    Raises:
        UserError: names the argument and what an id looks like.
    """
    for argument, kind in forms.items():
        given = args.get(argument, {})
        ids = {f"{argument}['{key}']": value for key, value in given.items()} if isinstance(given, Mapping) else {}
        for path, value in (ids or {argument: given}).items():
            if isinstance(value, str):
                check_form(kind, value, path)


def known_keys(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `UserError` for a key of an argument that means nothing, with the nearest that does."""
    known = list(known)
    for key in given:
        if key not in known:
            raise UserError(unknown_name(f"key in {what}", key, known))


def whole_number(value: Any, what: str) -> int:
    """Return a whole number: from another language it arrives as a float.

    Args:
        value: The value.
        what: The argument that it is given for.

    Raises:
        UserError: it is no whole number.
    """
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise _wrong(value, what, WANTED["int_type"])
    return int(value)


def _switch(value: Any, path: str) -> bool:
    """Return true or false: any text would be true."""
    if not isinstance(value, bool):
        raise _wrong(value, path, WANTED["bool_type"])
    return value


def _text(value: Any, path: str) -> str:
    if isinstance(value, pulumi.Resource):
        raise _wrong(value, path, "give its id, or what else it is known by")
    if not isinstance(value, str):
        raise _wrong(value, path, CHOICES.get(path, WANTED["string_type"]))
    return value


_SIMPLE: Mapping[Any, Callable[[Any, str], Any]] = {bool: _switch, int: whole_number, str: _text}
"""How values without parts are read, by their type."""


def _read(value: Any, kind: Any, path: str) -> Any:
    """Return a value of the kind that an annotation says.

    Args:
        value: The value.
        kind: The annotation. `pulumi.Input` of something is a union, of which that something comes first.
        path: The argument, with keys and places inside of it, as `cidrs['dns'][0]`.

    Raises:
        UserError: it is of another kind.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is NotRequired or (origin is Union and not _is_output(value)):
        return _read(value, inner[0], path)
    if origin is Union:
        return value
    if is_typeddict(kind):
        return value
    if _is_output(value):
        way_out = "write the mapping itself, whose values may be outputs" if _holds_ids(kind) else "write its value"
        raise UserError(f"{path} {UNKNOWN_YET}: {way_out}.")
    if value is None:
        raise UserError(f"{path} is empty: give it a value, or leave it out.")
    if origin is dict:
        return _read_map(value, inner[1], path)
    if origin is list:
        return _read_list(value, inner[0], path)
    return _SIMPLE[kind](value, path)


def _read_map(value: Any, kind: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(value, path, WANTED["dict_type"])
    for key in value:
        if not isinstance(key, str) or not key:
            raise UserError(f"{path} has the key {_shown(key)}, which is no text or empty: write a name, in quotes.")
    return {key: _read(item, kind, f"{path}['{key}']") for key, item in value.items()}


def _read_list(value: Any, kind: Any, path: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _wrong(value, path, f"write a list, as [{value}]" if isinstance(value, str) else WANTED["tuple_type"])
    return [_read(item, kind, f"{path}[{index}]") for index, item in enumerate(value)]


def _check_plain(value: Any, path: str, ids: str | None) -> None:
    """Raise for an output inside what decides which rules exist: a preview could not show them.

    Args:
        value: The value.
        path: The argument, with keys and places inside of it.
        ids: The component's argument for ids of peers; None where it has none.
    """
    if _is_output(value):
        more = f", or give the other end by its id in {ids}" if ids else ""
        raise UserError(f"{path} {UNKNOWN_YET}: write its value{more}.")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_plain(item, f"{path}.{key}", ids)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check_plain(item, f"{path}[{index}]", ids)


def _held(kind: Any) -> Any:
    """Return what an annotation is about where the argument is given."""
    return get_args(kind)[0] if get_origin(kind) is NotRequired else kind


def _holds_ids(kind: Any) -> bool:
    """Return whether the values of a map may be outputs."""
    return get_origin(kind) is dict and get_origin(get_args(kind)[1]) is Union


def _is_output(value: Any) -> bool:
    """Return whether a value is known later only."""
    return isinstance(value, pulumi.Output) or inspect.isawaitable(value)


def _wrong(value: Any, path: str, wanted: str) -> UserError:
    return UserError(f"{path} cannot be {_shown(value)}: {wanted}.")


def _shown(value: Any) -> str:
    """Return what the user wrote; only its kind where it has parts, as an output may be among them."""
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else shown(value)
