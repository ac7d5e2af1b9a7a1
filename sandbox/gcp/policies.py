"""Global network firewall policies of the emulated Compute Engine: policies, their rules, their associations.

Owns that a priority is there once, that a network has one policy, the quota of attributes, and the fingerprint, which
every change of a policy or of its rules renews. Regional policies have the same parts under `regions/REGION`; they are
not there yet, and would be the same functions with another scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.gcp import policy_rules
from sandbox.gcp.errors import GcpError, in_use, invalid, quota
from sandbox.gcp.session import COMPUTE, NAME, Body, Session, compute_time, fingerprint, merge

if TYPE_CHECKING:
    from collections.abc import Callable

#: Attributes of all rules of a policy: an adjustable quota; the default is not published as one number, this is ours.
ATTRIBUTES_PER_POLICY = 10_000
#: The rules that each policy has from the start: what no rule of the user decides goes on.
DEFAULT_RULES: tuple[Body, ...] = tuple(
    {
        "action": "goto_next",
        "description": f"default {direction.lower()} rule {family}",
        "direction": direction,
        "enableLogging": False,
        "match": {end: [block], "layer4Configs": [{"ipProtocol": "all"}]},
        "priority": priority,
        "ruleTupleCount": 2,
    }
    for priority, direction, end, family, block in (
        (2147483644, "EGRESS", "destIpRanges", "ipv6", "::/0"),
        (2147483645, "INGRESS", "srcIpRanges", "ipv6", "::/0"),
        (2147483646, "EGRESS", "destIpRanges", "ipv4", "0.0.0.0/0"),
        (2147483647, "INGRESS", "srcIpRanges", "ipv4", "0.0.0.0/0"),
    )
)


def _save(session: Session, policy: Body, attributes: int = 0) -> None:
    """Write a policy after a change, with `attributes` more than before."""
    policy["fingerprint"] = fingerprint()
    policy["ruleTupleCount"] += attributes
    session.state.put("firewallPolicies", policy["name"], policy)


def _policy(session: Session, params: Body) -> Body:
    return session.find("firewallPolicies", params["firewallPolicy"])


def _insert(session: Session, params: Body, body: Body) -> Body:
    del params
    if body.get("rules") or body.get("associations"):
        field = "rules" if body.get("rules") else "associations"
        method = "addRule" if field == "rules" else "addAssociation"
        raise invalid(f"resource.{field}", "", f"{field.title()} must be added using the {method} method.")
    made = session.add("firewallPolicies", {"policyType": "VPC_POLICY", **body})
    made["ruleTupleCount"] = sum(rule["ruleTupleCount"] for rule in DEFAULT_RULES)
    made["selfLinkWithId"] = f"{COMPUTE}{session.path('firewallPolicies', made['id'])}"
    _save(session, made)
    return session.operation("insert", made["selfLink"])


def _get(session: Session, params: Body, body: Body) -> Body:
    del body
    policy = _policy(session, params)
    rules = [_shown(rule) for rule in session.state.all("rule", policy["name"])]
    found = {
        "kind": "compute#firewallPolicy",
        **policy,
        "rules": sorted([*rules, *DEFAULT_RULES], key=lambda rule: rule["priority"]),
    }
    if associations := session.state.all("association", policy["name"]):
        found["associations"] = [_shown(item) for item in associations]
    return found


def _list(session: Session, params: Body, body: Body) -> Body:
    del params, body
    names = [policy["name"] for policy in session.state.all("firewallPolicies")]
    return {"items": [_get(session, {"firewallPolicy": name}, {}) for name in names]}


def _patch(session: Session, params: Body, body: Body) -> Body:
    policy = _policy(session, params)
    if "fingerprint" in body and body["fingerprint"] != policy["fingerprint"]:
        raise GcpError(412, "Invalid fingerprint.", "conditionNotMet")
    for field in ("name", "policyType"):
        if body.get(field, policy[field]) != policy[field]:
            raise invalid(f"resource.{field}", body[field], "The field is immutable.")
    _save(session, merge(policy, body))
    return session.operation("patch", policy["selfLink"])


def _delete(session: Session, params: Body, body: Body) -> Body:
    del body
    policy = _policy(session, params)
    for item in session.state.all("association", policy["name"]):
        raise in_use("firewall_policy", session.path("firewallPolicies", policy["name"]), item["attachmentTarget"])
    for rule in session.state.all("rule", policy["name"]):
        session.state.delete("rule", _key(policy, rule["priority"]))
    session.state.delete("firewallPolicies", policy["name"])
    return session.operation("delete", policy["selfLink"])


# Rules.


def _key(policy: Body, priority: int) -> str:
    return f"{policy['name']}/{priority:010d}"


def _shown(item: Body) -> Body:
    return {key: value for key, value in item.items() if key not in {"network", "policy"}}


def _rule(session: Session, policy: Body, params: Body) -> Body:
    """Return a rule by its priority.

    Raises:
        GcpError: there is none, which Google answers with 400, not with 404.
    """
    priority = params.get("priority", 0)
    found = session.state.get("rule", _key(policy, priority))
    if found is None:
        raise invalid("priority", priority, f"The firewall policy does not contain a rule at priority {priority}.")
    return found


def _write_rule(session: Session, policy: Body, rule: Body, before: int) -> None:
    """Check a rule and write it; `before` is what it took of the quota so far."""
    networks = [item["network"] for item in session.state.all("association", policy["name"])]
    policy_rules.check(session, rule, networks)
    rule["ruleTupleCount"] = policy_rules.attributes(rule)
    more = rule["ruleTupleCount"] - before
    if more > 0 and policy["ruleTupleCount"] + more > ATTRIBUTES_PER_POLICY:
        raise quota("FIREWALL_POLICY_RULE_ATTRIBUTES_PER_NETWORK_FIREWALL_POLICY", ATTRIBUTES_PER_POLICY)
    session.state.put("rule", _key(policy, rule["priority"]), rule, policy["name"])
    _save(session, policy, more)


def _add_rule(session: Session, params: Body, body: Body) -> Body:
    policy = _policy(session, params)
    rule = merge({"priority": 0, "enableLogging": False, "disabled": False}, body)
    if session.state.get("rule", _key(policy, rule["priority"])) is not None:
        raise invalid(
            "resource.priority",
            rule["priority"],
            f"A rule at priority {rule['priority']} already exists in the firewall policy.",
        )
    rule |= {"kind": "compute#firewallPolicyRule", "creationTimestamp": compute_time(), "policy": policy["name"]}
    _write_rule(session, policy, _effective(rule), 0)
    return session.operation("addRule", policy["selfLink"])


def _effective(rule: Body) -> Body:
    """Return a rule with the state of its tags; all that exist are effective here."""
    match = dict(rule.get("match", {}))
    if match.get("srcSecureTags"):
        match["srcSecureTags"] = [{**item, "state": "EFFECTIVE"} for item in match["srcSecureTags"]]
    found = {**rule, "match": match} if "match" in rule else dict(rule)
    if found.get("targetSecureTags"):
        found["targetSecureTags"] = [{**item, "state": "EFFECTIVE"} for item in found["targetSecureTags"]]
    return found


def _get_rule(session: Session, params: Body, body: Body) -> Body:
    del body
    return _shown(_rule(session, _policy(session, params), params))


def _patch_rule(session: Session, params: Body, body: Body) -> Body:
    policy = _policy(session, params)
    old = _rule(session, policy, params)
    if body.get("priority", old["priority"]) != old["priority"]:
        raise invalid("resource.priority", body["priority"], "The priority of a rule cannot be changed.")
    _write_rule(session, policy, _effective(merge(old, body)), old["ruleTupleCount"])
    return session.operation("patchRule", policy["selfLink"])


def _remove_rule(session: Session, params: Body, body: Body) -> Body:
    del body
    policy = _policy(session, params)
    rule = _rule(session, policy, params)
    session.state.delete("rule", _key(policy, rule["priority"]))
    _save(session, policy, -rule["ruleTupleCount"])
    return session.operation("removeRule", policy["selfLink"])


# Associations. A network has one, so the network is the key.


def _association(session: Session, policy: Body, name: str) -> Body:
    for item in session.state.all("association", policy["name"]):
        if item["name"] == name:
            return item
    raise invalid("name", name, "An association with that name does not exist.")


def _add_association(session: Session, params: Body, body: Body) -> Body:
    policy = _policy(session, params)
    network = session.network(body.get("attachmentTarget", ""), "resource.attachmentTarget")
    name = body.get("name", "")
    if not NAME.fullmatch(name):
        raise invalid("resource.name", name, f"Must be a match of regex '{NAME.pattern}'")
    if any(item["name"] == name for item in session.state.all("association", policy["name"])):
        raise invalid("resource.name", name, "An association with that name already exists.")
    other = session.state.get("association", network["name"])
    if other is not None and not params.get("replaceExistingAssociation"):
        raise invalid(
            "resource.attachmentTarget",
            body["attachmentTarget"],
            f"The network is already associated with the firewall policy '{other['policy']}'.",
        )
    for rule in session.state.all("rule", policy["name"]):
        policy_rules.check(session, rule, [network["name"]])
    made = {
        "name": name,
        "attachmentTarget": network["selfLink"],
        "firewallPolicyId": policy["id"],
        "shortName": policy["name"],
        "network": network["name"],
        "policy": policy["name"],
    }
    session.state.put("association", network["name"], made, policy["name"])
    return session.operation("addAssociation", policy["selfLink"])


def _get_association(session: Session, params: Body, body: Body) -> Body:
    del body
    return _shown(_association(session, _policy(session, params), params.get("name", "")))


def _remove_association(session: Session, params: Body, body: Body) -> Body:
    del body
    policy = _policy(session, params)
    session.state.delete("association", _association(session, policy, params.get("name", ""))["network"])
    return session.operation("removeAssociation", policy["selfLink"])


OPERATIONS: dict[str, Callable[[Session, Body, Body], Body]] = {
    "compute.networkFirewallPolicies.addAssociation": _add_association,
    "compute.networkFirewallPolicies.addRule": _add_rule,
    "compute.networkFirewallPolicies.delete": _delete,
    "compute.networkFirewallPolicies.get": _get,
    "compute.networkFirewallPolicies.getAssociation": _get_association,
    "compute.networkFirewallPolicies.getRule": _get_rule,
    "compute.networkFirewallPolicies.insert": _insert,
    "compute.networkFirewallPolicies.list": _list,
    "compute.networkFirewallPolicies.patch": _patch,
    "compute.networkFirewallPolicies.patchRule": _patch_rule,
    "compute.networkFirewallPolicies.removeAssociation": _remove_association,
    "compute.networkFirewallPolicies.removeRule": _remove_rule,
}
