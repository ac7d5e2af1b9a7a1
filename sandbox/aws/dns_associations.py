"""Where the emulated DNS Firewall applies: associations of rule groups with VPCs, and what a VPC does when it fails.

Owns the numbers that AWS keeps for itself, that a VPC has a group and a priority once, and the protection against
mutation. That a VPC with associations could be deleted is not looked at: AWS does not say what happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.aws import documents
from sandbox.aws.dns_lists import (
    ASSOCIATION,
    CONFIG,
    SERVICE,
    Document,
    associations_of,
    bad,
    find,
    new_id,
    rule_group,
)
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.aws.session import Params, Session

#: Priorities of customers: the documented bounds themselves, 100 and 9900, are refused as reserved.
FIRST_PRIORITY, LAST_PRIORITY = 101, 9899
#: Groups that a VPC can have: a quota that AWS raises on request.
GROUPS_PER_VPC = 5


def _vpcs(session: Session) -> list[str]:
    return [vpc["VpcId"] for vpc in session.moto("DescribeVpcs")["Vpcs"]]


def _check_vpc(session: Session, key: str) -> None:
    if key not in _vpcs(session):
        raise CloudError("ResourceNotFoundException", f"The VPC '{key}' does not exist.")


# Associations.


def _find(session: Session, params: Params) -> Document:
    return find(session, ASSOCIATION, "firewall-rule-group-association", params["FirewallRuleGroupAssociationId"])


def _check(session: Session, item: Document) -> None:
    """Check an association as it will be.

    Raises:
        CloudError: its priority is reserved or taken, or the VPC has the group already.
    """
    wanted = item["association"]
    priority, vpc = wanted["Priority"], wanted["VpcId"]
    if not FIRST_PRIORITY <= priority <= LAST_PRIORITY:
        raise bad(
            'The priority value you provided is reserved. Provide a number between "100" and "9900"; '
            f"{priority} was given."
        )
    for other in associations_of(session, VpcId=vpc):
        if other["arn"] == item["arn"]:
            continue
        if other["association"]["FirewallRuleGroupId"] == wanted["FirewallRuleGroupId"]:
            raise bad(
                f"The DNS Firewall rule group '{wanted['FirewallRuleGroupId']}' is already associated with the VPC "
                f"'{vpc}'. Try again with another VPC or DNS Firewall rule group."
            )
        if other["association"]["Priority"] == priority:
            raise bad(f"The priority {priority} is already used by another association of the VPC '{vpc}'.")


def _associate(session: Session, params: Params) -> Params:
    rule_group(session, params["FirewallRuleGroupId"])
    _check_vpc(session, params["VpcId"])
    key = new_id("rslvr-frgassoc")
    arn = session.arn("firewall-rule-group-association", key, SERVICE)
    names = ("FirewallRuleGroupId", "VpcId", "Name", "Priority", "CreatorRequestId")
    shape = {name: params[name] for name in names}
    shape |= {"Id": key, "Arn": arn, "Status": "COMPLETE"}
    shape["MutationProtection"] = params.get("MutationProtection", "DISABLED")
    tags = documents.tags_of(params.get("Tags", []), "ValidationException")
    item: Document = {"arn": arn, "association": shape, "tags": tags}
    _check(session, item)
    if len(associations_of(session, VpcId=params["VpcId"])) >= GROUPS_PER_VPC:
        raise CloudError(
            "LimitExceededException", f"The limit of {GROUPS_PER_VPC} rule groups for a VPC has been reached."
        )
    documents.save(session, ASSOCIATION, item)
    return {"FirewallRuleGroupAssociation": shape}


def _check_protection(item: Document, *, lifted: bool = False) -> None:
    if item["association"]["MutationProtection"] == "ENABLED" and not lifted:
        raise bad(
            "The DNS Firewall rule group association is under mutation protection. Remove the mutation protection "
            "and try again."
        )


def _update(session: Session, params: Params) -> Params:
    item = _find(session, params)
    _check_protection(item, lifted=params.get("MutationProtection") == "DISABLED")
    change = {name: params[name] for name in ("Priority", "MutationProtection", "Name") if name in params}
    item = {**item, "association": {**item["association"], **change}}
    _check(session, item)
    documents.save(session, ASSOCIATION, item)
    return {"FirewallRuleGroupAssociation": item["association"]}


def _get(session: Session, params: Params) -> Params:
    return {"FirewallRuleGroupAssociation": _find(session, params)["association"]}


def _disassociate(session: Session, params: Params) -> Params:
    item = _find(session, params)
    _check_protection(item)
    documents.remove(session, ASSOCIATION, item)
    return {"FirewallRuleGroupAssociation": {**item["association"], "Status": "DELETING"}}


def _list(session: Session, params: Params) -> Params:
    names = ("FirewallRuleGroupId", "VpcId", "Priority", "Status")
    found = associations_of(session, **{name: params[name] for name in names if name in params})
    return {"FirewallRuleGroupAssociations": [item["association"] for item in found]}


# Configurations.


def _config(session: Session, vpc: str) -> Document:
    """Return the configuration of a VPC; it is there as soon as somebody asks, and fails closed."""
    for item in documents.everything(session, CONFIG):
        if item["config"]["ResourceId"] == vpc:
            return item
    key = new_id("rdsc")
    shape = {"Id": key, "ResourceId": vpc, "OwnerId": session.account, "FirewallFailOpen": "DISABLED"}
    item = {"arn": session.arn("firewall-config", key, SERVICE), "config": shape}
    documents.save(session, CONFIG, item)
    return item


def _get_config(session: Session, params: Params) -> Params:
    _check_vpc(session, params["ResourceId"])
    return {"FirewallConfig": _config(session, params["ResourceId"])["config"]}


def _update_config(session: Session, params: Params) -> Params:
    _check_vpc(session, params["ResourceId"])
    item = _config(session, params["ResourceId"])
    item = {**item, "config": {**item["config"], "FirewallFailOpen": params["FirewallFailOpen"]}}
    documents.save(session, CONFIG, item)
    return {"FirewallConfig": item["config"]}


def _list_configs(session: Session, params: Params) -> Params:
    del params
    return {"FirewallConfigs": [_config(session, vpc)["config"] for vpc in _vpcs(session)]}


OPERATIONS: dict[str, Callable[[Session, Params], Params]] = {
    "AssociateFirewallRuleGroup": _associate,
    "DisassociateFirewallRuleGroup": _disassociate,
    "GetFirewallConfig": _get_config,
    "GetFirewallRuleGroupAssociation": _get,
    "ListFirewallConfigs": _list_configs,
    "ListFirewallRuleGroupAssociations": _list,
    "UpdateFirewallConfig": _update_config,
    "UpdateFirewallRuleGroupAssociation": _update,
}
