"""Machines of the emulated Compute Engine: what a rule can be attached to, and nothing that runs."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sandbox.gcp import tags
from sandbox.gcp.errors import GcpError, invalid
from sandbox.gcp.session import COMPUTE, Body, Session, fingerprint, project_number, relative

if TYPE_CHECKING:
    from collections.abc import Callable


def _scope(params: Body) -> str:
    return f"zones/{params['zone']}"


def _find(session: Session, params: Body) -> Body:
    return session.find("instances", params["instance"], _scope(params))


def _save(session: Session, params: Body, machine: Body) -> Body:
    parent = machine["networkInterfaces"][0]["network"].rsplit("/", 1)[-1]
    session.state.put("instances", f"{_scope(params)}/{machine['name']}", machine, parent)
    return session.operation("update", machine["selfLink"])


def _interface(session: Session, nic: Body, field: str, taken: set[str]) -> Body:
    """Return a network interface with its network and address."""
    found = dict(nic)
    if nic.get("subnetwork"):
        region, name = relative(nic["subnetwork"]).split("/")[-3::2]
        subnet = session.find("subnetworks", name, f"regions/{region}")
        found |= {"subnetwork": subnet["selfLink"], "network": subnet["network"]}
        if "networkIP" not in nic:
            hosts = ipaddress.IPv4Network(subnet["ipCidrRange"])
            # The first address is the gateway's.
            found["networkIP"] = next(
                str(hosts[n]) for n in range(2, hosts.num_addresses) if str(hosts[n]) not in taken
            )
    elif nic.get("network"):
        network = session.network(nic["network"], f"{field}.network")
        if network["autoCreateSubnetworks"] is False:
            raise invalid(f"{field}.network", nic["network"], "A subnetwork must be given for a custom mode network.")
        found["network"] = network["selfLink"]
        found.setdefault("networkIP", "10.128.0.2")
    else:
        raise GcpError(400, f"Required field '{field}.network' not specified", "required")
    return found


def _insert(session: Session, params: Body, body: Body) -> Body:
    if not body.get("networkInterfaces"):
        raise GcpError(400, "At least one network interface is required.", "required")
    taken = {nic.get("networkIP", "") for item in session.state.all("instances") for nic in item["networkInterfaces"]}
    nics = []
    for index, nic in enumerate(body["networkInterfaces"]):
        nics.append({"name": f"nic{index}", **_interface(session, nic, f"resource.networkInterfaces[{index}]", taken)})
        taken.add(nics[-1]["networkIP"])
    wanted = body.get("params", {}).get("resourceManagerTags", {})
    kept = {key: value for key, value in body.items() if key != "params"}
    zone = f"{COMPUTE}projects/{session.project}/{_scope(params)}"
    machine = session.add(
        "instances",
        {
            **kept,
            "cpuPlatform": "Intel Broadwell",
            "labelFingerprint": fingerprint(),
            "networkInterfaces": nics,
            "status": "RUNNING",
            "tags": {**body.get("tags", {}), "fingerprint": fingerprint()},
            "zone": zone,
        },
        _scope(params),
    )
    _save(session, params, machine)
    for key, value in wanted.items():
        found = session.state.get("tagValues", value)
        if found is None or found["parent"] != key:
            raise invalid("resource.params.resourceManagerTags", f"{key}={value}", "The tag value does not exist.")
        tags.bind(session, _full_name(session, params, machine), value, params["zone"])
    return session.operation("insert", machine["selfLink"])


def _full_name(session: Session, params: Body, machine: Body) -> str:
    """Return the name under which tags are bound: with the numbers of project and machine."""
    number = project_number(session.project)
    return f"//compute.googleapis.com/projects/{number}/{_scope(params)}/instances/{machine['id']}"


def _get(session: Session, params: Body, body: Body) -> Body:
    del body
    return {"kind": "compute#instance", **_find(session, params)}


def _list(session: Session, params: Body, body: Body) -> Body:
    del body
    zone = f"/{_scope(params)}/"
    return {"items": [item for item in session.state.all("instances") if zone in item["selfLink"]]}


def _set_tags(session: Session, params: Body, body: Body) -> Body:
    machine = _find(session, params)
    if body.get("fingerprint") != machine["tags"]["fingerprint"]:
        raise GcpError(412, "Supplied fingerprint does not match current metadata fingerprint.", "conditionNotMet")
    machine["tags"] = {**body, "fingerprint": fingerprint()}
    return _save(session, params, machine)


def _set_labels(session: Session, params: Body, body: Body) -> Body:
    machine = _find(session, params)
    if body.get("labelFingerprint") != machine["labelFingerprint"]:
        raise GcpError(412, "Labels fingerprint either invalid or resource labels have changed", "conditionNotMet")
    machine |= {"labels": body.get("labels", {}), "labelFingerprint": fingerprint()}
    return _save(session, params, machine)


def _delete(session: Session, params: Body, body: Body) -> Body:
    del body
    machine = _find(session, params)
    if machine.get("deletionProtection"):
        raise invalid(
            "resource.deletionProtection",
            "true",
            f"Resource cannot be deleted if it's protected against deletion: '{machine['name']}'.",
        )
    tags.unbind_all(session, _full_name(session, params, machine))
    session.state.delete("instances", f"{_scope(params)}/{machine['name']}")
    return session.operation("delete", machine["selfLink"])


OPERATIONS: dict[str, Callable[[Session, Body, Body], Body]] = {
    "compute.instances.delete": _delete,
    "compute.instances.get": _get,
    "compute.instances.insert": _insert,
    "compute.instances.list": _list,
    "compute.instances.setLabels": _set_labels,
    "compute.instances.setTags": _set_tags,
}
