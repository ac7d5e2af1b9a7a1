"""Security groups of the emulated EC2: moto keeps the group, `rules` its rules.

Owns what AWS checks around them: names, the rules a new group has, and that a group in use stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.aws import rules
from sandbox.aws.session import Params, Session, new_id
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


def give_default_rules(session: Session, group: Params) -> None:
    """Give a group the rules AWS gives a new one, once: all egress, and for a `default` group ingress from itself."""
    if session.state.get(session.kind("group-rules"), group["GroupId"]) is not None:
        return
    vpcs = session.moto("DescribeVpcs", VpcIds=[group["VpcId"]])["Vpcs"]
    peers: list[tuple[bool, str, str]] = [(True, "CidrIpv4", "0.0.0.0/0")]
    if vpcs and vpcs[0].get("Ipv6CidrBlockAssociationSet"):
        peers.append((True, "CidrIpv6", "::/0"))
    if group["GroupName"] == "default":
        peers.append((False, "ReferencedGroupId", group["GroupId"]))
    for egress, kind, peer in peers:
        rule: rules.Rule = {
            "id": new_id("sgr"),
            "group": group["GroupId"],
            "egress": egress,
            "kind": kind,
            "peer": peer,
        }
        rules.save(session, {**rule, "protocol": "-1", "from": -1, "to": -1, "description": None, "tags": {}})
    session.state.put(session.kind("group-rules"), group["GroupId"], {})


def drop_rules(session: Session, group_id: str) -> None:
    """Remove the rules of a group that goes."""
    for rule in rules.rules_of(session, group_id):
        session.state.delete(session.kind("rule"), rule["id"])
    session.state.delete(session.kind("group-rules"), group_id)


def _permissions(session: Session, found: list[rules.Rule]) -> list[Params]:
    """Return rules as `IpPermissions`: those of the same protocol and ports together."""
    grouped: dict[tuple[str, int, int], Params] = {}
    for rule in found:
        empty: Params = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
        ports = {} if rule["protocol"] == "-1" else {"FromPort": rule["from"], "ToPort": rule["to"]}
        entry = grouped.setdefault(
            (rule["protocol"], rule["from"], rule["to"]), {"IpProtocol": rule["protocol"], **ports, **empty}
        )
        text = {"Description": rule["description"]} if rule["description"] else {}
        shape = rules.shape(session, rule)
        if rule["kind"] == "CidrIpv4":
            entry["IpRanges"].append({"CidrIp": rule["peer"], **text})
        elif rule["kind"] == "CidrIpv6":
            entry["Ipv6Ranges"].append({"CidrIpv6": rule["peer"], **text})
        elif rule["kind"] == "PrefixListId":
            entry["PrefixListIds"].append({"PrefixListId": rule["peer"], **text})
        else:
            entry["UserIdGroupPairs"].append({**shape["ReferencedGroupInfo"], **text})
    return list(grouped.values())


def _create(session: Session, params: Params) -> Params:
    name, text = params["GroupName"], params["Description"]
    if not TEXT.fullmatch(name) or name.startswith("sg-"):
        raise CloudError(
            "InvalidParameterValue",
            f"Invalid security group name '{name}'. Group names may not be in the format sg-* and have 1 to 255 "
            "characters of a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*",
        )
    if name == "default":
        raise CloudError("InvalidGroup.Reserved", "The security group 'default' is reserved")
    if not TEXT.fullmatch(text):
        raise CloudError(
            "InvalidParameterValue",
            "Invalid security group description. Valid descriptions are strings less than 256 characters from the "
            "following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )
    if vpc := params.get("VpcId"):
        session.moto("DescribeVpcs", VpcIds=[vpc])
    answer = session.moto("CreateSecurityGroup", **params)
    give_default_rules(session, rules.find_group(session, answer["GroupId"]))
    return answer


def _describe(session: Session, params: Params) -> Params:
    answer = session.moto("DescribeSecurityGroups", **params)
    for group in answer["SecurityGroups"]:
        give_default_rules(session, group)
        found = rules.rules_of(session, group["GroupId"])
        group["IpPermissions"] = _permissions(session, [rule for rule in found if not rule["egress"]])
        group["IpPermissionsEgress"] = _permissions(session, [rule for rule in found if rule["egress"]])
    return answer


def _delete(session: Session, params: Params) -> Params:
    if "GroupId" not in params:
        raise CloudError("MissingParameter", "The request must contain the parameter groupId")
    group = rules.find_group(session, params["GroupId"])
    key = group["GroupId"]
    if group["GroupName"] == "default":
        raise CloudError("CannotDelete", f'the specified group: "{key}" name: "default" cannot be deleted by a user')
    everything = session.state.all(session.kind("rule"))
    in_rules = any(rule["peer"] == key and rule["group"] != key for rule in everything)
    filters = [{"Name": "group-id", "Values": [key]}]
    if in_rules or session.moto("DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"]:
        raise CloudError("DependencyViolation", f"resource {key} has a dependent object")
    answer = session.moto("DeleteSecurityGroup", GroupId=key)
    drop_rules(session, key)
    return {**answer, "Return": True, "GroupId": key}


OPERATIONS: dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]] = {
    "CreateSecurityGroup": _create,
    "DeleteSecurityGroup": _delete,
    "DescribeSecurityGroups": _describe,
}
