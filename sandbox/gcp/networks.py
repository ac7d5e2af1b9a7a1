"""Networks and subnetworks of the emulated Compute Engine.

Owns that a network in use stays. Automatic subnetworks are not made: nothing here needs one in each region.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from sandbox.gcp.errors import GcpError, in_use, invalid
from sandbox.gcp.session import COMPUTE, Body, Session, fingerprint, merge, relative

if TYPE_CHECKING:
    from collections.abc import Callable


def _insert(session: Session, params: Body, body: Body) -> Body:
    del params
    made = session.add("networks", {"autoCreateSubnetworks": True, "mtu": 1460, **body})
    made["routingConfig"] = {"routingMode": "REGIONAL", **body.get("routingConfig", {})}
    made.setdefault("networkFirewallPolicyEnforcementOrder", "AFTER_CLASSIC_FIREWALL")
    made["selfLinkWithId"] = f"{COMPUTE}{session.path('networks', made['id'])}"
    session.state.put("networks", made["name"], made)
    return session.operation("insert", made["selfLink"])


def _shown(session: Session, network: Body) -> Body:
    """Return a network with what others make of it: its subnetworks and its policy."""
    links = [item["selfLink"] for item in session.state.all("subnetworks", network["name"])]
    found = {"kind": "compute#network", **network, **({"subnetworks": links} if links else {})}
    if association := session.state.get("association", network["name"]):
        policy = session.find("firewallPolicies", association["policy"])
        found["firewallPolicy"] = policy["selfLink"]
    return found


def _get(session: Session, params: Body, body: Body) -> Body:
    del body
    return _shown(session, session.find("networks", params["network"]))


def _list(session: Session, params: Body, body: Body) -> Body:
    del params, body
    return {"kind": "compute#networkList", "items": [_shown(session, n) for n in session.state.all("networks")]}


def _patch(session: Session, params: Body, body: Body) -> Body:
    network = session.find("networks", params["network"])
    session.state.put("networks", network["name"], merge(network, {**body, "name": network["name"]}))
    return session.operation("patch", network["selfLink"])


def _user(session: Session, network: Body) -> str | None:
    """Return the path of a resource that keeps a network from being deleted."""
    name = network["name"]
    for kind in ("firewalls", "subnetworks", "instances"):
        for item in session.state.all(kind, name):
            return relative(item["selfLink"])
    if association := session.state.get("association", name):
        return session.path("firewallPolicies", association["policy"])
    return None


def _delete(session: Session, params: Body, body: Body) -> Body:
    del body
    network = session.find("networks", params["network"])
    if user := _user(session, network):
        raise in_use("network", session.path("networks", network["name"]), user)
    session.state.delete("networks", network["name"])
    return session.operation("delete", network["selfLink"])


# Subnetworks.


def _scope(params: Body) -> str:
    return f"regions/{params['region']}"


def _range(text: Any, field: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        raise invalid(field, text, "Must be a valid IPV4 CIDR address range.") from None


def _insert_subnetwork(session: Session, params: Body, body: Body) -> Body:
    network = session.network(body.get("network", ""), "resource.network")
    block = _range(body.get("ipCidrRange", ""), "resource.ipCidrRange")
    for other in session.state.all("subnetworks", network["name"]):
        if block.overlaps(_range(other["ipCidrRange"], "")):
            where = relative(other["selfLink"])
            raise GcpError(
                400, f"Invalid IPCidrRange: {block} conflicts with existing subnetwork '{where}'.", "invalid"
            )
    made = session.add(
        "subnetworks",
        {
            "privateIpGoogleAccess": False,
            "purpose": "PRIVATE",
            "stackType": "IPV4_ONLY",
            **body,
            "fingerprint": fingerprint(),
            "gatewayAddress": str(block[1]),
            "network": network["selfLink"],
            "region": f"{COMPUTE}projects/{session.project}/{_scope(params)}",
        },
        _scope(params),
        network["name"],
    )
    return session.operation("insert", made["selfLink"])


def _get_subnetwork(session: Session, params: Body, body: Body) -> Body:
    del body
    return session.find("subnetworks", params["subnetwork"], _scope(params))


def _list_subnetworks(session: Session, params: Body, body: Body) -> Body:
    del body
    region = f"/{_scope(params)}/"
    return {"items": [item for item in session.state.all("subnetworks") if region in item["selfLink"]]}


def _write_subnetwork(session: Session, params: Body, found: Body) -> Body:
    found["fingerprint"] = fingerprint()
    parent = found["network"].rsplit("/", 1)[-1]
    session.state.put("subnetworks", f"{_scope(params)}/{found['name']}", found, parent)
    return session.operation("patch", found["selfLink"])


def _patch_subnetwork(session: Session, params: Body, body: Body) -> Body:
    found = _get_subnetwork(session, params, {})
    if "fingerprint" in body and body["fingerprint"] != found["fingerprint"]:
        raise GcpError(412, "Invalid fingerprint.", "conditionNotMet")
    return _write_subnetwork(session, params, merge(found, {**body, "name": found["name"]}))


def _set_access(session: Session, params: Body, body: Body) -> Body:
    found = _get_subnetwork(session, params, {})
    return _write_subnetwork(session, params, {**found, **body})


def _delete_subnetwork(session: Session, params: Body, body: Body) -> Body:
    del body
    found = _get_subnetwork(session, params, {})
    path = session.path("subnetworks", found["name"], _scope(params))
    for item in session.state.all("instances"):
        if any(relative(nic.get("subnetwork", "")) == path for nic in item["networkInterfaces"]):
            raise in_use("subnetwork", path, relative(item["selfLink"]))
    session.state.delete("subnetworks", f"{_scope(params)}/{found['name']}")
    return session.operation("delete", found["selfLink"])


OPERATIONS: dict[str, Callable[[Session, Body, Body], Body]] = {
    "compute.networks.delete": _delete,
    "compute.networks.get": _get,
    "compute.networks.insert": _insert,
    "compute.networks.list": _list,
    "compute.networks.patch": _patch,
    "compute.subnetworks.delete": _delete_subnetwork,
    "compute.subnetworks.get": _get_subnetwork,
    "compute.subnetworks.insert": _insert_subnetwork,
    "compute.subnetworks.list": _list_subnetworks,
    "compute.subnetworks.patch": _patch_subnetwork,
    "compute.subnetworks.setPrivateIpGoogleAccess": _set_access,
}
