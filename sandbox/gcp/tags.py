"""Tag keys, tag values and bindings of the emulated Resource Manager.

Owns secure tags: keys whose purpose is `GCE_FIREWALL` belong to one network, and a value stays while it is used.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from sandbox.gcp.errors import canonical, invalid
from sandbox.gcp.session import COMPUTE, Body, Session, api_time, project_number, relative

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = re.compile(r"[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,254}[a-zA-Z0-9])?")
_PARENT = re.compile(r"(organizations/\d+|projects/[^/]+)")
_NETWORK = re.compile(r"(?P<project>[^/]+)/(?P<name>[^/]+)")


def check_firewall_tag(session: Session, name: str, field: str, networks: list[str]) -> None:
    """Check a secure tag of a rule; `networks` are those its policy is associated with.

    Raises:
        GcpError: there is no such value, its key is not for firewalls, or is of another network.
    """
    value = session.state.get("tagValues", name)
    if value is None:
        raise invalid(field, name, "The tag value does not exist.")
    key = session.state.get("tagKeys", value["parent"]) or {}
    if key.get("purpose") != "GCE_FIREWALL":
        raise invalid(field, name, "The tag key of the value must have the purpose GCE_FIREWALL.")
    if key.get("network") and networks and key["network"] not in networks:
        raise invalid(
            field, name, f"The tag is of network {key['network']}, and the policy of network {', '.join(networks)}."
        )


def _new_id() -> str:
    """Return an id as Resource Manager makes them: 15 digits that begin with 2814."""
    return f"2814{secrets.randbelow(10**11):011d}"


def _done(response: Body) -> Body:
    return {"name": "operations/done", "done": True, "response": response}


def _find(session: Session, kind: str, name: str) -> Body:
    found = session.state.get(kind, name)
    if found is None:
        # Google does not tell what is missing from what one may not see.
        raise canonical("NOT_FOUND", f"Resource '{name}' was not found")
    return found


def _check_texts(body: Body) -> None:
    if not SHORT.fullmatch(body.get("shortName", "")):
        raise canonical("INVALID_ARGUMENT", f"Short name '{body.get('shortName', '')}' must match '{SHORT.pattern}'.")
    if len(body.get("description", "")) > 256:
        raise canonical("INVALID_ARGUMENT", "The description must not exceed 256 characters.")


def _purpose(session: Session, body: Body) -> Body:
    """Return what a key's purpose adds to it: the network it is for, and the form in which Google keeps that."""
    purpose, data = body.get("purpose"), body.get("purposeData", {})
    if purpose != "GCE_FIREWALL":
        if data:
            raise canonical("INVALID_ARGUMENT", "Purpose data is only allowed with a purpose.")
        return {}
    text = data.get("network") or ""
    if set(data) == {"organization"}:
        return {}
    found = _NETWORK.fullmatch(text) or re.fullmatch(
        r"projects/(?P<project>[^/]+)/global/networks/(?P<name>[^/]+)", relative(text)
    )
    if found is None:
        raise canonical(
            "INVALID_ARGUMENT", "Purpose GCE_FIREWALL needs purpose data of the form network=PROJECT/NETWORK."
        )
    if found["project"] not in {session.project, project_number(session.project)}:
        return {}
    network = session.find("networks", found["name"])
    link = f"{COMPUTE}projects/{session.project}/global/networks/{network['id']}"
    return {"network": network["name"], "purposeData": {"network": link}}


def _create_key(session: Session, params: Body, body: Body) -> Body:
    del params
    _check_texts(body)
    parent = body.get("parent", "")
    if not _PARENT.fullmatch(parent):
        raise canonical("INVALID_ARGUMENT", f"Parent '{parent}' must be organizations/NUMBER or projects/PROJECT.")
    if any(k["parent"] == parent and k["shortName"] == body["shortName"] for k in session.state.all("tagKeys")):
        raise canonical("ALREADY_EXISTS", f"A tag key '{body['shortName']}' already exists in {parent}.")
    now, name = api_time(), f"tagKeys/{_new_id()}"
    made = {
        **body,
        "name": name,
        "namespacedName": f"{parent.split('/')[1]}/{body['shortName']}",
        "createTime": now,
        "updateTime": now,
        **_purpose(session, body),
    }
    session.state.put("tagKeys", name, made, parent)
    return _done(_shown(made))


def _shown(item: Body) -> Body:
    return {key: value for key, value in item.items() if key != "network"}


def _create_value(session: Session, params: Body, body: Body) -> Body:
    del params
    _check_texts(body)
    key = _find(session, "tagKeys", body.get("parent", ""))
    if any(item["shortName"] == body["shortName"] for item in session.state.all("tagValues", key["name"])):
        raise canonical("ALREADY_EXISTS", f"A tag value '{body['shortName']}' already exists in {key['name']}.")
    now, name = api_time(), f"tagValues/{_new_id()}"
    made = {
        **body,
        "name": name,
        "namespacedName": f"{key['namespacedName']}/{body['shortName']}",
        "createTime": now,
        "updateTime": now,
    }
    session.state.put("tagValues", name, made, key["name"])
    return _done(made)


def _patch(kind: str) -> Callable[[Session, Body, Body], Body]:
    def work(session: Session, params: Body, body: Body) -> Body:
        found = _find(session, kind, params["name"])
        for field in params.get("updateMask", "description").split(","):
            if field != "description":
                raise canonical("INVALID_ARGUMENT", f"Field '{field}' is immutable.")
        found |= {"description": body.get("description", ""), "updateTime": api_time()}
        _check_texts(found)
        session.state.put(kind, found["name"], found, found["parent"])
        return _done(_shown(found))

    return work


def _get(kind: str) -> Callable[[Session, Body, Body], Body]:
    def work(session: Session, params: Body, body: Body) -> Body:
        del body
        return _shown(_find(session, kind, params["name"]))

    return work


def _list(kind: str) -> Callable[[Session, Body, Body], Body]:
    def work(session: Session, params: Body, body: Body) -> Body:
        del body
        return {kind: [_shown(item) for item in session.state.all(kind, params.get("parent"))]}

    return work


def _delete_key(session: Session, params: Body, body: Body) -> Body:
    del body
    key = _find(session, "tagKeys", params["name"])
    if session.state.all("tagValues", key["name"]):
        raise canonical("FAILED_PRECONDITION", f"Cannot delete tag key still having child tag values, {key['name']}.")
    session.state.delete("tagKeys", key["name"])
    return _done({})


def _delete_value(session: Session, params: Body, body: Body) -> Body:
    from sandbox.gcp.policy_rules import uses  # noqa: PLC0415 - rules know tags; here it is the other way round

    del body
    name = _find(session, "tagValues", params["name"])["name"]
    for item in session.state.all("tagBindings"):
        if item["tagValue"] == name:
            where = item["location"] or "global"
            raise canonical(
                "FAILED_PRECONDITION",
                f"Cannot delete tag value, {name}, because it is still attached to resources in '{where}' region. "
                "To delete this tag value, remove all holds and then remove it from all resources.",
            )
    for rule in session.state.all("rule"):
        if uses(rule, tag=name):
            policy = session.path("firewallPolicies", rule["policy"])
            raise canonical(
                "FAILED_PRECONDITION", f"Cannot delete tag value, {name}, because it is referenced by '{policy}'."
            )
    session.state.delete("tagValues", name)
    return _done({})


# Bindings.


def bind(session: Session, parent: str, value: str, location: str) -> Body:
    """Bind a tag value to a resource, given by its full name; a key can be bound to it once.

    Raises:
        GcpError: there is no such value, the place is not the resource's, or another value of the key is bound.
    """
    found = _find(session, "tagValues", value)
    place = re.search(r"/(?:zones|regions|locations)/([^/]+)/", parent)
    expected = place[1] if place and place[1] != "global" else ""
    if location != expected:
        raise canonical(
            "INVALID_ARGUMENT",
            f"The resource '{parent}' is in {expected or 'no location'}: "
            f"bind it by a {'location tag binding there' if expected else 'tag binding'}.",
        )
    for item in session.state.all("tagBindings", parent):
        other = _find(session, "tagValues", item["tagValue"])
        if other["parent"] == found["parent"]:
            raise canonical(
                "ALREADY_EXISTS", f"A binding already exists between '{parent}' and a value of {found['parent']}."
            )
    name = f"tagBindings/{quote(parent, safe='')}/{value}"
    made = {"name": name, "parent": parent, "tagValue": value, "location": location}
    session.state.put("tagBindings", name, made, parent)
    return made


def unbind_all(session: Session, parent: str) -> None:
    """Remove the bindings of a resource that goes."""
    for item in session.state.all("tagBindings", parent):
        session.state.delete("tagBindings", item["name"])


def _shown_binding(session: Session, item: Body) -> Body:
    value = session.state.get("tagValues", item["tagValue"]) or {}
    shown = {key: item[key] for key in ("name", "parent", "tagValue")}
    return {**shown, "tagValueNamespacedName": value.get("namespacedName", "")}


def _create_binding(session: Session, params: Body, body: Body) -> Body:
    if not body.get("parent", "").startswith("//"):
        raise canonical("INVALID_ARGUMENT", f"Parent '{body.get('parent', '')}' must be a full resource name, //API/…")
    made = bind(session, body["parent"], body.get("tagValue", ""), params.get("location", ""))
    return _done(_shown_binding(session, made))


def _list_bindings(session: Session, params: Body, body: Body) -> Body:
    del body
    found = session.state.all("tagBindings", unquote(params.get("parent", "")))
    return {"tagBindings": [_shown_binding(session, i) for i in found if i["location"] == params.get("location", "")]}


def _delete_binding(session: Session, params: Body, body: Body) -> Body:
    del body
    session.state.delete("tagBindings", _find(session, "tagBindings", params["name"])["name"])
    return _done({})


OPERATIONS: dict[str, Callable[[Session, Body, Body], Body]] = {
    "cloudresourcemanager.tagBindings.create": _create_binding,
    "cloudresourcemanager.tagBindings.delete": _delete_binding,
    "cloudresourcemanager.tagBindings.list": _list_bindings,
    "cloudresourcemanager.tagKeys.create": _create_key,
    "cloudresourcemanager.tagKeys.delete": _delete_key,
    "cloudresourcemanager.tagKeys.get": _get("tagKeys"),
    "cloudresourcemanager.tagKeys.list": _list("tagKeys"),
    "cloudresourcemanager.tagKeys.patch": _patch("tagKeys"),
    "cloudresourcemanager.tagValues.create": _create_value,
    "cloudresourcemanager.tagValues.delete": _delete_value,
    "cloudresourcemanager.tagValues.get": _get("tagValues"),
    "cloudresourcemanager.tagValues.list": _list("tagValues"),
    "cloudresourcemanager.tagValues.patch": _patch("tagValues"),
}
