"""Rule groups of the emulated Network Firewall.

Owns their life: one name for each type, capacity and rule order fixed at creation, an update only with the token of the
last look, and no deletion while a policy refers to the group. Stateless groups are not emulated.

Other than at AWS a group that goes is gone at once, without a time of `DELETING`, and tags do not change the token.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sandbox.aws import documents
from sandbox.aws.firewall_contents import MAX_CAPACITY, STRICT_ORDER, check, order_of, refused
from sandbox.aws.session import Params, Session, tag_list
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

KIND, POLICY_KIND = "firewall:rule-group", "firewall:policy"
SERVICE = "network-firewall"
#: Stateful groups in a Region: a quota that AWS raises on request.
GROUPS_PER_REGION = 50

Document = dict[str, Any]


def group_arn(session: Session, name: str) -> str:
    """Return the ARN of a stateful group."""
    return session.arn("stateful-rulegroup", name, SERVICE)


def token() -> str:
    """Return a new update token, or id."""
    return str(uuid.uuid4())


def check_token(document: Document, params: Params) -> None:
    """Check that a request knows the resource as it is.

    Raises:
        CloudError: it was changed since.
    """
    if params["UpdateToken"] != document["token"]:
        raise CloudError("InvalidTokenException", "Update token is invalid: the resource has changed since.")


def missing() -> CloudError:
    """Return the refusal where there is no such resource."""
    return CloudError("ResourceNotFoundException", "The resource does not exist.")


def refuse_unemulated(params: Params, *names: str) -> None:
    """Refuse parameters that are real, and not emulated.

    Raises:
        CloudError: one of them has a value.
    """
    for name in names:
        if params.get(name):
            raise refused(f"{name} is not emulated here")


def _users(session: Session, arn: str) -> list[Document]:
    """Return the policies that refer to a group."""
    return [
        policy
        for policy in documents.everything(session, POLICY_KIND)
        if any(item["ResourceArn"] == arn for item in policy["policy"].get("StatefulRuleGroupReferences", []))
    ]


def _find(session: Session, params: Params) -> Document:
    arn = params.get("RuleGroupArn")
    if arn is None:
        if "RuleGroupName" not in params or "Type" not in params:
            raise refused("RuleGroupArn, or RuleGroupName and Type, must be set")
        if params["Type"] != "STATEFUL":
            raise missing()
        arn = group_arn(session, params["RuleGroupName"])
    found = documents.found(session, KIND, arn)
    if found is None:
        raise missing()
    return found


def _content(params: Params) -> Params:
    """Return the `RuleGroup` of a request; rules as text are one with nothing else."""
    if ("RuleGroup" in params) is ("Rules" in params):
        raise refused("Exactly one of Rules or RuleGroup must be set")
    found: Params = params["RuleGroup"] if "RuleGroup" in params else {"RulesSource": {"RulesString": params["Rules"]}}
    return found


def _shape(session: Session, group: Document, status: str = "ACTIVE") -> Params:
    text = {"Description": group["description"]} if group["description"] else {}
    return {
        "RuleGroupArn": group["arn"],
        "RuleGroupName": group["name"],
        "RuleGroupId": group["id"],
        "Type": "STATEFUL",
        "Capacity": group["capacity"],
        "ConsumedCapacity": group["used"],
        "RuleGroupStatus": status,
        "NumberOfAssociations": len(_users(session, group["arn"])),
        **({"Tags": tag_list(group["tags"])} if group["tags"] else {}),
        **text,
    }


def _create(session: Session, params: Params) -> Params:
    refuse_unemulated(params, "EncryptionConfiguration", "SourceMetadata", "FirewallRuleGroup", "IpsRuleGroup")
    if params["Type"] != "STATEFUL":
        raise refused("Type is not emulated here", params["Type"])
    capacity = params["Capacity"]
    if capacity > MAX_CAPACITY:
        raise refused("Capacity capacity exceeded", capacity, "Capacity")
    if capacity < 1:
        raise refused("Capacity is invalid", capacity, "Capacity")
    content = _content(params)
    group: Document = {
        "arn": group_arn(session, params["RuleGroupName"]),
        "id": token(),
        "name": params["RuleGroupName"],
        "capacity": capacity,
        "used": check(session, content, capacity),
        "description": params.get("Description"),
        "content": content,
        "tags": documents.tags_of(params.get("Tags", []), "InvalidRequestException"),
        "token": token(),
    }
    if documents.found(session, KIND, group["arn"]) is not None:
        raise refused("A resource with the specified name already exists", group["name"])
    if len(documents.everything(session, KIND)) >= GROUPS_PER_REGION:
        raise CloudError(
            "LimitExceededException", f"The limit of {GROUPS_PER_REGION} stateful rule groups has been reached."
        )
    if not params.get("DryRun"):
        documents.save(session, KIND, group)
    return {"UpdateToken": group["token"], "RuleGroupResponse": _shape(session, group)}


def _update(session: Session, params: Params) -> Params:
    refuse_unemulated(params, "EncryptionConfiguration", "SourceMetadata", "FirewallRuleGroup", "IpsRuleGroup")
    group = _find(session, params)
    check_token(group, params)
    content = _content(params)
    before, after = order_of(group["content"]), order_of(content)
    if "Rules" in params and before == STRICT_ORDER:
        # The text carries no order; AWS does not take the one that the group has.
        raise refused("parameter is invalid")
    if before != after:
        raise refused("parameter is invalid", after)
    changed = {
        "content": content,
        "used": check(session, content, group["capacity"]),
        # A description that is not sent is gone: the request replaces the whole group.
        "description": params.get("Description"),
        "token": token(),
    }
    group = {**group, **changed}
    if not params.get("DryRun"):
        documents.save(session, KIND, group)
    return {"UpdateToken": group["token"], "RuleGroupResponse": _shape(session, group)}


def _describe(session: Session, params: Params) -> Params:
    group = _find(session, params)
    return {
        "UpdateToken": group["token"],
        "RuleGroup": group["content"],
        "RuleGroupResponse": _shape(session, group),
    }


def _delete(session: Session, params: Params) -> Params:
    group = _find(session, params)
    if _users(session, group["arn"]):
        raise CloudError(
            "InvalidOperationException",
            f"Unable to delete the object because it is still in use, parameter: [{group['arn']}]",
        )
    documents.remove(session, KIND, group)
    return {"RuleGroupResponse": _shape(session, group, "DELETING")}


def _list(session: Session, params: Params) -> Params:
    del params
    return {"RuleGroups": [{"Name": g["name"], "Arn": g["arn"]} for g in documents.everything(session, KIND)]}


OPERATIONS: dict[str, Callable[[Session, Params], Params]] = {
    "CreateRuleGroup": _create,
    "DeleteRuleGroup": _delete,
    "DescribeRuleGroup": _describe,
    "ListRuleGroups": _list,
    "UpdateRuleGroup": _update,
    **documents.tag_operations((KIND, POLICY_KIND), "InvalidRequestException"),
}
