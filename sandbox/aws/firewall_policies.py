"""Firewall policies of the emulated Network Firewall.

Owns what a policy may say: default actions, and stateful rule groups of its own rule order in an order of their own.
Refused, as not emulated: stateless rule groups, custom actions, TLS inspection, groups that AWS manages. There are no
firewalls here, so a policy is never in use. Words of refusals are those that public reports quote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.aws import documents
from sandbox.aws.firewall_contents import DEFAULT_ORDER, MAX_CAPACITY, STRICT_ORDER, check_addresses, order_of, refused
from sandbox.aws.firewall_groups import KIND as GROUP_KIND
from sandbox.aws.firewall_groups import POLICY_KIND as KIND
from sandbox.aws.firewall_groups import SERVICE, check_token, missing, refuse_unemulated, token
from sandbox.aws.session import Params, Session, tag_list
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Policies in a Region, stateful groups in a policy; only the first is raised on request.
POLICIES_PER_REGION, GROUPS_PER_POLICY = 20, 20
STANDARD = {"aws:pass", "aws:drop", "aws:forward_to_sfe"}
STRICT = {"aws:drop_strict", "aws:alert_strict"}
#: Families of default actions that look at a connection after its handshake; only one of them in a policy.
ESTABLISHED = (
    {"aws:drop_established", "aws:alert_established"},
    {"aws:drop_established_app_layer", "aws:alert_established_app_layer"},
    {"aws:drop_established_app_layer_to_server", "aws:alert_established_app_layer_to_server"},
)
UNEMULATED = (
    "StatelessRuleGroupReferences",
    "StatelessCustomActions",
    "TLSInspectionConfigurationArn",
    "EnableTLSSessionHolding",
    "Route53ResolvedIPValidation",
)

Document = dict[str, Any]


def _order(policy: Params) -> str:
    return str(policy.get("StatefulEngineOptions", {}).get("RuleOrder", DEFAULT_ORDER))


def _check(session: Session, policy: Params) -> int:
    """Return the units that a policy reserves: the whole capacity of each group.

    Raises:
        CloudError: it is wrong.
    """
    refuse_unemulated(policy, *UNEMULATED)
    for name in ("StatelessDefaultActions", "StatelessFragmentDefaultActions"):
        standard = STANDARD.intersection(policy[name])
        if len(standard) != 1:
            raise refused(f"{name} cannot {'exist together' if standard else 'be null or empty'}", context=name)
        if other := sorted(set(policy[name]) - STANDARD):
            raise refused(f"{name} is invalid", other[0], name)
    _check_defaults(policy)
    variables = policy.get("PolicyVariables", {}).get("RuleVariables", {})
    for key, item in variables.items():
        place = f"PolicyVariables.RuleVariables.IPSet.{key}"
        if key != "HOME_NET":
            raise refused("RuleVariables is invalid", key, place)
        check_addresses(item["Definition"], place)
    return _check_references(session, policy)


def _check_defaults(policy: Params) -> None:
    name, actions = "StatefulDefaultActions", set(policy.get("StatefulDefaultActions", []))
    if not actions:
        return
    if _order(policy) != STRICT_ORDER:
        raise refused(f"{name} has invalid rule order", _order(policy), name)
    if unknown := sorted(actions - STRICT.union(*ESTABLISHED)):
        raise refused(f"{name} is invalid", unknown[0], name)
    drops = sorted(action for action in actions if action.startswith("aws:drop"))
    families = [family for family in ESTABLISHED if family & actions]
    if len(drops) > 1 or len(families) > 1:
        raise refused(f"{name} cannot exist together", ", ".join(drops) or None, name)


def _check_references(session: Session, policy: Params) -> int:
    name, references = "StatefulRuleGroupReferences", policy.get("StatefulRuleGroupReferences", [])
    if len(references) > GROUPS_PER_POLICY:
        raise refused(f"{name} limit exceeded", len(references), name)
    priorities: set[int] = set()
    arns: set[str] = set()
    capacity = 0
    for index, item in enumerate(references):
        place, priority, arn = f"{name}[{index}]", item.get("Priority"), item["ResourceArn"]
        if _order(policy) == STRICT_ORDER and priority is None:
            raise refused("Priority cannot be null", context=place)
        if _order(policy) != STRICT_ORDER and priority is not None:
            raise refused("Priority cannot be provided", priority, f"{place}[Priority={priority}]")
        if priority in priorities:
            raise refused("Priority has duplicate values", priority, f"{name}[Priority={priority}]")
        if priority is not None:
            priorities.add(priority)
        if arn in arns:
            raise refused("ResourceArn has duplicate values", arn, f"{place}.ResourceArn")
        arns.add(arn)
        capacity += _check_group(session, policy, item, place)
    if capacity > MAX_CAPACITY:
        raise refused(f"{name} capacity exceeded", capacity, name)
    return capacity


def _check_group(session: Session, policy: Params, item: Params, place: str) -> int:
    """Return the capacity of the group that a reference names."""
    arn = item["ResourceArn"]
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2:5] != [SERVICE, session.region, session.account]:
        raise refused("rule group ARN is invalid", arn)
    if not parts[5].startswith("stateful-rulegroup/"):
        raise refused("rule group ARN is of incorrect entity type", arn)
    group = documents.found(session, GROUP_KIND, arn)
    if group is None:
        raise refused("rule group ARN does not exist", arn)
    if "Override" in item:
        raise refused("rule group must be a managed resource", arn)
    if order_of(group["content"]) != _order(policy):
        raise refused("ResourceArn has invalid rule order", context=f"{place}.ResourceArn")
    return int(group["capacity"])


def _find(session: Session, params: Params) -> Document:
    arn = params.get("FirewallPolicyArn")
    if arn is None:
        if "FirewallPolicyName" not in params:
            raise refused("FirewallPolicyArn or FirewallPolicyName must be set")
        arn = session.arn("firewall-policy", params["FirewallPolicyName"], SERVICE)
    found = documents.found(session, KIND, arn)
    if found is None:
        raise missing()
    return found


def _shape(policy: Document, status: str = "ACTIVE") -> Params:
    text = {"Description": policy["description"]} if policy["description"] else {}
    return {
        "FirewallPolicyArn": policy["arn"],
        "FirewallPolicyName": policy["name"],
        "FirewallPolicyId": policy["id"],
        "FirewallPolicyStatus": status,
        "ConsumedStatefulRuleCapacity": policy["capacity"],
        "NumberOfAssociations": 0,
        **({"Tags": tag_list(policy["tags"])} if policy["tags"] else {}),
        **text,
    }


def _create(session: Session, params: Params) -> Params:
    refuse_unemulated(params, "EncryptionConfiguration")
    policy: Document = {
        "arn": session.arn("firewall-policy", params["FirewallPolicyName"], SERVICE),
        "id": token(),
        "name": params["FirewallPolicyName"],
        "description": params.get("Description"),
        "policy": params["FirewallPolicy"],
        "capacity": _check(session, params["FirewallPolicy"]),
        "tags": documents.tags_of(params.get("Tags", []), "InvalidRequestException"),
        "token": token(),
    }
    if documents.found(session, KIND, policy["arn"]) is not None:
        raise refused("A resource with the specified name already exists", policy["name"])
    if len(documents.everything(session, KIND)) >= POLICIES_PER_REGION:
        raise CloudError(
            "LimitExceededException", f"The limit of {POLICIES_PER_REGION} firewall policies has been reached."
        )
    if not params.get("DryRun"):
        documents.save(session, KIND, policy)
    return {"UpdateToken": policy["token"], "FirewallPolicyResponse": _shape(policy)}


def _update(session: Session, params: Params) -> Params:
    refuse_unemulated(params, "EncryptionConfiguration")
    policy = _find(session, params)
    check_token(policy, params)
    wanted = params["FirewallPolicy"]
    if _order(wanted) != _order(policy["policy"]):
        raise refused("parameter is invalid", _order(wanted))
    changed = {
        "policy": wanted,
        "capacity": _check(session, wanted),
        "description": params.get("Description"),
        "token": token(),
    }
    policy = {**policy, **changed}
    if not params.get("DryRun"):
        documents.save(session, KIND, policy)
    return {"UpdateToken": policy["token"], "FirewallPolicyResponse": _shape(policy)}


def _describe(session: Session, params: Params) -> Params:
    policy = _find(session, params)
    return {
        "UpdateToken": policy["token"],
        "FirewallPolicy": policy["policy"],
        "FirewallPolicyResponse": _shape(policy),
    }


def _delete(session: Session, params: Params) -> Params:
    policy = _find(session, params)
    documents.remove(session, KIND, policy)
    return {"FirewallPolicyResponse": _shape(policy, "DELETING")}


def _list(session: Session, params: Params) -> Params:
    del params
    return {"FirewallPolicies": [{"Name": p["name"], "Arn": p["arn"]} for p in documents.everything(session, KIND)]}


OPERATIONS: dict[str, Callable[[Session, Params], Params]] = {
    "CreateFirewallPolicy": _create,
    "DeleteFirewallPolicy": _delete,
    "DescribeFirewallPolicy": _describe,
    "ListFirewallPolicies": _list,
    "UpdateFirewallPolicy": _update,
}
