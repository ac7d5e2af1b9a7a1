"""Tags of the emulated EC2: rules and prefix lists keep their own, moto keeps the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.aws import prefix_lists, rules
from sandbox.aws.session import Params, Session, check_tags

if TYPE_CHECKING:
    from collections.abc import Callable

#: Prefix of an id, the kind of its document, and what writes its tags.
_OWN: dict[str, tuple[str, Callable[[Session, str, dict[str, str]], None]]] = {
    "sgr-": ("rule", rules.set_tags),
    "pl-": ("prefix-list", prefix_lists.set_tags),
}


def _each(
    session: Session, params: Params, change: Callable[[dict[str, str]], dict[str, str]], operation: str
) -> Params:
    for key in params["Resources"]:
        prefix = next((p for p in _OWN if key.startswith(p)), None)
        if prefix is None:
            session.moto(operation, **{**params, "Resources": [key]})
            continue
        kind, write = _OWN[prefix]
        found = session.state.get(session.kind(kind), key) or {"tags": {}}
        write(session, key, change(found["tags"]))
    return {}


def _create(session: Session, params: Params) -> Params:
    new = check_tags({tag["Key"]: tag.get("Value", "") for tag in params["Tags"]})
    return _each(session, params, lambda old: {**old, **new}, "CreateTags")


def _delete(session: Session, params: Params) -> Params:
    gone = {tag["Key"] for tag in params.get("Tags", [])}
    return _each(session, params, lambda old: {k: v for k, v in old.items() if gone and k not in gone}, "DeleteTags")


OPERATIONS: dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]] = {
    "CreateTags": _create,
    "DeleteTags": _delete,
}
