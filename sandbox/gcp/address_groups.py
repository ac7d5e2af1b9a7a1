"""Address groups of the emulated Network Security API.

Owns groups with their items: a capacity that never changes, one address family, and no deletion while a rule uses one.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from sandbox.gcp.errors import canonical, invalid
from sandbox.gcp.located import created, done, get, new, patched
from sandbox.gcp.session import Body, Session, relative

if TYPE_CHECKING:
    from collections.abc import Callable

#: Largest capacity: https://cloud.google.com/firewall/docs/quotas, read 2026-11 (from memory; the API's own limit).
LARGEST_CAPACITY = 1000
PATH = re.compile(
    r"(?P<parent>(projects|organizations)/[^/]+)/locations/(?P<location>[^/]+)/addressGroups/(?P<name>[^/]+)"
)
NAME = re.compile(r"[a-zA-Z]([-_a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")


def path_of(reference: str) -> str:
    """Return a group's path, without the API's address."""
    return relative(reference)


def find(session: Session, reference: str, field: str) -> Body:
    """Return the group that a rule names.

    Raises:
        GcpError: the name is malformed, or there is no such group.
    """
    path = path_of(reference)
    if not PATH.fullmatch(path):
        raise invalid(
            field, reference, "The address group's name is malformed: {parent}/locations/{l}/addressGroups/{n}."
        )
    found = session.state.get("addressGroups", path)
    if found is None:
        raise invalid(field, reference, "The referenced address group does not exist.")
    return found


def _check(group: Body) -> None:
    """Check a whole group.

    Raises:
        GcpError: more items than its capacity, a malformed one, one of the other family, or one twice.
    """
    if group.get("type") not in {"IPV4", "IPV6"}:
        raise canonical("INVALID_ARGUMENT", "Address group type must be IPV4 or IPV6.")
    capacity = group.get("capacity", 0)
    if not 1 <= capacity <= LARGEST_CAPACITY:
        raise canonical("INVALID_ARGUMENT", f"Capacity must be between 1 and {LARGEST_CAPACITY}, not {capacity}.")
    items = group.get("items", [])
    if len(items) > capacity:
        raise canonical("INVALID_ARGUMENT", f"The number of items ({len(items)}) exceeds the capacity ({capacity}).")
    seen = set()
    for text in items:
        try:
            found = ipaddress.ip_network(text)
        except ValueError:
            raise canonical("INVALID_ARGUMENT", f"Item '{text}' is not a valid IP address or CIDR range.") from None
        if f"IPV{found.version}" != group["type"]:
            raise canonical("INVALID_ARGUMENT", f"Item '{text}' does not match the address group type {group['type']}.")
        if found in seen:
            raise canonical("INVALID_ARGUMENT", f"Item '{text}' is there twice.")
        seen.add(found)


def _get(session: Session, params: Body, body: Body) -> Body:
    del body
    return get(session, "addressGroups", params.get("name") or params["addressGroup"])


def _create(session: Session, params: Body, body: Body) -> Body:
    path = new(session, "addressGroups", params["parent"], params.get("addressGroupId", ""), NAME)
    _check(body)
    made = created({"purpose": ["DEFAULT"], **body}, path)
    made["selfLink"] = f"https://networksecurity.googleapis.com/v1/{path}"
    session.state.put("addressGroups", path, made)
    return done(params["parent"], made)


def _save(session: Session, group: Body) -> Body:
    _check(group)
    session.state.put("addressGroups", group["name"], group)
    return done(group["name"], group)


def _patch(session: Session, params: Body, body: Body) -> Body:
    group = _get(session, params, {})
    mask = [field for field in params.get("updateMask", "").split(",") if field] or list(body)
    for field in mask:
        if field in {"capacity", "type", "name", "purpose"} and body.get(field) != group.get(field):
            raise canonical("INVALID_ARGUMENT", f"Field '{field}' of an address group is immutable.")
    return _save(session, patched(group, body, ",".join(mask)))


def _list(session: Session, params: Body, body: Body) -> Body:
    del body
    inside = f"{params['parent']}/addressGroups/"
    found = [item for item in session.state.all("addressGroups") if item["name"].startswith(inside)]
    return {"addressGroups": found}


def _add_items(session: Session, params: Body, body: Body) -> Body:
    group = _get(session, params, {})
    return _save(session, patched(group, {"items": [*group.get("items", []), *body.get("items", [])]}, "items"))


def _remove_items(session: Session, params: Body, body: Body) -> Body:
    group = _get(session, params, {})
    kept = [item for item in group.get("items", []) if item not in body.get("items", [])]
    return _save(session, patched(group, {"items": kept}, "items"))


def _users(session: Session, path: str) -> list[Body]:
    from sandbox.gcp.policy_rules import uses  # noqa: PLC0415 - rules know groups; here it is the other way round

    return [rule for rule in session.state.all("rule") if uses(rule, group=path)]


def _references(session: Session, params: Body, body: Body) -> Body:
    path = _get(session, params, body)["name"]
    found = [
        {"firewallPolicy": session.path("firewallPolicies", rule["policy"]), "rulePriority": rule["priority"]}
        for rule in _users(session, path)
    ]
    return {"addressGroupReferences": found}


def _delete(session: Session, params: Body, body: Body) -> Body:
    path = _get(session, params, body)["name"]
    if users := _users(session, path):
        policy = session.path("firewallPolicies", users[0]["policy"])
        raise canonical(
            "FAILED_PRECONDITION",
            f"Cannot delete address group '{path}' because it is referenced by firewall policy '{policy}', "
            f"rule {users[0]['priority']}",
        )
    session.state.delete("addressGroups", path)
    return done(path, {})


_METHODS: dict[str, Callable[[Session, Body, Body], Body]] = {
    "addItems": _add_items,
    "create": _create,
    "delete": _delete,
    "get": _get,
    "list": _list,
    "listReferences": _references,
    "patch": _patch,
    "removeItems": _remove_items,
}
OPERATIONS = {
    f"networksecurity.{parent}.locations.addressGroups.{name}": work
    for parent in ("projects", "organizations")
    for name, work in _METHODS.items()
}
