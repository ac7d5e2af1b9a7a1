"""VPC firewall rules ("classic") of the emulated Compute Engine, with the rules Google documents for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.gcp.errors import GcpError, invalid
from sandbox.gcp.session import Body, Session, check_protocol, merge, one_family

if TYPE_CHECKING:
    from collections.abc import Callable

#: How many a rule takes: https://cloud.google.com/firewall/docs/quotas, read 2026-11.
LIMITS = {
    "destinationRanges": 5000,
    "sourceRanges": 5000,
    "sourceServiceAccounts": 10,
    "sourceTags": 30,
    "targetServiceAccounts": 10,
    "targetTags": 70,
}
SOURCES = ("sourceRanges", "sourceTags", "sourceServiceAccounts")


def _check(rule: Body) -> None:
    """Check a whole rule.

    Raises:
        GcpError: Google would not take it.
    """
    if bool(rule.get("allowed")) == bool(rule.get("denied")):
        raise GcpError(400, "Exactly one of 'allowed' and 'denied' must be specified.", "invalid")
    for kind in ("allowed", "denied"):
        for index, item in enumerate(rule.get(kind, [])):
            place = f"resource.{kind}[{index}]"
            check_protocol(str(item.get("IPProtocol", "")), item.get("ports", []), place, "IPProtocol")
    if not 0 <= rule["priority"] <= 65535:
        raise invalid("resource.priority", rule["priority"], "Must be less than or equal to 65535 and at least 0.")
    for field, limit in LIMITS.items():
        if len(rule.get(field, [])) > limit:
            raise invalid(f"resource.{field}", len(rule[field]), f"At most {limit} are allowed.")
    one_family({f"resource.{field}": rule.get(field, []) for field in ("sourceRanges", "destinationRanges")})
    tags = [field for field in ("sourceTags", "targetTags") if rule.get(field)]
    accounts = [field for field in ("sourceServiceAccounts", "targetServiceAccounts") if rule.get(field)]
    if tags and accounts:
        raise GcpError(400, f"Cannot specify {accounts[0]} and {tags[0]} in the same firewall rule.", "invalid")
    if rule["direction"] == "EGRESS" and (both := [f for f in SOURCES[1:] if rule.get(f)]):
        raise invalid(f"resource.{both[0]}", rule[both[0]][0], "Not allowed for a rule whose direction is EGRESS.")


def _filled(rule: Body) -> Body:
    """Return a rule with Google's defaults: an end that is not named is any IPv4 address."""
    found: Body = {"direction": "INGRESS", "priority": 1000, "disabled": False, "logConfig": {"enable": False}, **rule}
    if found["direction"] == "INGRESS" and not any(found.get(field) for field in SOURCES):
        found["sourceRanges"] = ["0.0.0.0/0"]
    if found["direction"] == "EGRESS" and not found.get("destinationRanges"):
        found["destinationRanges"] = ["0.0.0.0/0"]
    found.pop("params", None)
    return found


def _insert(session: Session, params: Body, body: Body) -> Body:
    del params
    network = session.network(body.get("network", "global/networks/default"), "resource.network")
    rule = _filled({**body, "network": network["selfLink"]})
    _check(rule)
    made = session.add("firewalls", rule, parent=network["name"])
    return session.operation("insert", made["selfLink"])


def _get(session: Session, params: Body, body: Body) -> Body:
    del body
    return {"kind": "compute#firewall", **session.find("firewalls", params["firewall"])}


def _list(session: Session, params: Body, body: Body) -> Body:
    del params, body
    return {"kind": "compute#firewallList", "items": session.state.all("firewalls")}


def _patch(session: Session, params: Body, body: Body) -> Body:
    old = session.find("firewalls", params["firewall"])
    for field in ("direction", "name"):
        if body.get(field, old[field]) != old[field]:
            raise invalid(f"resource.{field}", body[field], "The field is immutable.")
    rule = merge(old, body)
    network = session.network(rule["network"], "resource.network")
    if network["selfLink"] != old["network"]:
        raise invalid("resource.network", body["network"], "The field is immutable.")
    rule = {**rule, "network": old["network"]}
    _check(rule)
    session.state.put("firewalls", old["name"], rule, network["name"])
    return session.operation("patch", old["selfLink"])


def _delete(session: Session, params: Body, body: Body) -> Body:
    del body
    found = session.find("firewalls", params["firewall"])
    session.state.delete("firewalls", found["name"])
    return session.operation("delete", found["selfLink"])


OPERATIONS: dict[str, Callable[[Session, dict[str, Any], dict[str, Any]], dict[str, Any]]] = {
    "compute.firewalls.delete": _delete,
    "compute.firewalls.get": _get,
    "compute.firewalls.insert": _insert,
    "compute.firewalls.list": _list,
    "compute.firewalls.patch": _patch,
}
