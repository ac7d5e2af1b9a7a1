"""Security group rules of the emulated EC2.

Owns each rule as a document of its own, because moto is loose where this project must not be: it takes host bits and
unknown prefix lists, loses descriptions of some kinds of peer, counts the quota over both address families, and
changes only IPv4 rules in place. What a rule costs, per the VPC quotas page: 1, or `max_entries` of a customer's
prefix list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.aws.session import Params, Session, check_tags, matches, network, new_id, tag_list, tags_from
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Rule = dict[str, Any]

#: Rules per group, direction and address family: the default quota.
RULES_PER_GROUP = 60
#: Names the API uses for protocol numbers.
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}
DESCRIPTION = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
CROSS_ACCOUNT = re.compile(r"(?P<account>\d{12})/(?P<group>sg-[0-9a-f]+)")

PEERS = ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId")


def _protocol(text: Any) -> str:
    if text is None:
        raise CloudError(
            "InvalidParameterValue",
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        )
    name = PROTOCOLS.get(str(text).lower(), str(text).lower())
    if name in {"-1", *PROTOCOLS.values()} or (name.isdigit() and int(name) < 256):
        return name
    raise CloudError("InvalidParameterValue", f"Invalid value '{text}' for IP protocol. Unknown protocol.")


def _ports(protocol: str, low: Any, high: Any) -> tuple[int, int]:
    """Return the ports as the API keeps them; protocols without ports have -1."""
    if protocol in {"tcp", "udp"}:
        if low is None or high is None:
            raise CloudError(
                "InvalidParameterValue",
                "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
            )
        if not 0 <= low <= high <= 65535:
            raise CloudError("InvalidParameterValue", f"Invalid {protocol.upper()} port range ({low}:{high})")
        return int(low), int(high)
    if protocol in {"icmp", "icmpv6"}:
        low, high = (-1 if low is None else low), (-1 if high is None else high)
        if not (-1 <= low <= 255 and -1 <= high <= 255) or (low == -1 and high != -1):
            raise CloudError("InvalidParameterValue", f"ICMP type and code ({low}:{high}) are invalid")
        return int(low), int(high)
    return -1, -1


def _description(text: Any) -> str | None:
    if text is not None and not DESCRIPTION.fullmatch(text):
        raise CloudError(
            "InvalidParameterValue",
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: "
            "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )
    return text or None


def _peer(session: Session, group: Params, kind: str, value: str) -> str:
    """Return the peer as the API keeps it.

    Raises:
        CloudError: a malformed CIDR, or an id that does not exist.
    """
    if kind in {"CidrIpv4", "CidrIpv6"}:
        return network(value, family=4 if kind == "CidrIpv4" else 6)
    if kind == "PrefixListId":
        if session.state.get(session.kind("prefix-list"), value) is None:
            raise CloudError("InvalidPrefixListID.NotFound", f"The prefix list ID '{value}' does not exist")
        return value
    if (other := CROSS_ACCOUNT.fullmatch(value)) and other["account"] != session.account:
        return value  # a group over a peering connection: its account is not ours to look into
    value = other["group"] if other else value
    if find_group(session, value)["VpcId"] != group["VpcId"]:
        raise CloudError(
            "InvalidGroup.NotFound",
            f"You have specified two resources that belong to different networks: '{group['GroupId']}' and '{value}'",
        )
    return value


def find_group(session: Session, group_id: str) -> Params:
    """Return a group as moto has it.

    Raises:
        CloudError: there is none.
    """
    found = session.moto("DescribeSecurityGroups", Filters=[{"Name": "group-id", "Values": [group_id]}])
    if not found["SecurityGroups"]:
        raise CloudError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    group: Params = found["SecurityGroups"][0]
    return group


def rules_of(session: Session, group_id: str) -> list[Rule]:
    """Return the rules of a group, oldest first."""
    return session.state.all(session.kind("rule"), group_id)


def save(session: Session, rule: Rule) -> None:
    """Write a rule."""
    session.state.put(session.kind("rule"), rule["id"], rule, parent=rule["group"])


def _cost(session: Session, rule: Rule, resized: dict[str, int]) -> tuple[int, int]:
    """Return what a rule takes of the quota: for IPv4 and for IPv6.

    A reference to a group counts in both families, as it lets both through.
    """
    if rule["kind"] == "CidrIpv4":
        return 1, 0
    if rule["kind"] == "CidrIpv6":
        return 0, 1
    if rule["kind"] == "PrefixListId":
        found = session.state.get(session.kind("prefix-list"), rule["peer"])
        entries = resized.get(rule["peer"], found["max_entries"] if found else 0)
        return (0, entries) if found and found["family"] == "IPv6" else (entries, 0)
    return 1, 1


def check_quota(session: Session, rules: list[Rule], resized: dict[str, int] | None = None) -> None:
    """Check the rules of one group against the quota, with some prefix lists at another size.

    Raises:
        CloudError: over it in a direction and family.
    """
    for egress in (False, True):
        costs = [_cost(session, rule, resized or {}) for rule in rules if rule["egress"] is egress]
        if max(sum(cost[0] for cost in costs), sum(cost[1] for cost in costs)) > RULES_PER_GROUP:
            raise CloudError(
                "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
            )


def _same(one: Rule, other: Rule) -> bool:
    return all(one[key] == other[key] for key in ("egress", "protocol", "from", "to", "kind", "peer"))


def _words(rule: Rule) -> str:
    protocol = "ALL" if rule["protocol"] == "-1" else rule["protocol"].upper()
    ports = "" if rule["from"] == -1 else f", from port: {rule['from']}, to port: {rule['to']}"
    return f"peer: {rule['peer']}, {protocol}{ports}, ALLOW"


def _permissions(params: Params) -> Iterator[tuple[str, Any, Any, str, str, str | None]]:
    """Yield (protocol, from, to, kind, peer, description) for each peer of a request."""
    permissions = list(params.get("IpPermissions", []))
    if not permissions:  # the short form names one peer
        short = {key: params[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in params}
        permissions = [{**short, "IpRanges": [{"CidrIp": params["CidrIp"]}] if "CidrIp" in params else []}]
    for item in permissions:
        peers = [("CidrIpv4", r["CidrIp"], r) for r in item.get("IpRanges", [])]
        peers += [("CidrIpv6", r["CidrIpv6"], r) for r in item.get("Ipv6Ranges", [])]
        peers += [("PrefixListId", r["PrefixListId"], r) for r in item.get("PrefixListIds", [])]
        for pair in item.get("UserIdGroupPairs", []):
            owner = f"{pair['UserId']}/" if "UserId" in pair else ""
            peers.append(("ReferencedGroupId", owner + pair.get("GroupId", ""), pair))
        if not peers:
            raise CloudError("MissingParameter", "The request must contain at least one peer in each permission.")
        protocol = _protocol(item.get("IpProtocol"))
        low, high = _ports(protocol, item.get("FromPort"), item.get("ToPort"))
        for kind, peer, more in peers:
            yield protocol, low, high, kind, peer, more.get("Description")


def shape(session: Session, rule: Rule) -> Params:
    """Return a rule as the API shows it."""
    answer: Params = {
        "SecurityGroupRuleId": rule["id"],
        "GroupId": rule["group"],
        "GroupOwnerId": session.account,
        "IsEgress": rule["egress"],
        "IpProtocol": rule["protocol"],
        "FromPort": rule["from"],
        "ToPort": rule["to"],
        "SecurityGroupRuleArn": session.arn("security-group-rule", rule["id"]),
        "Tags": tag_list(rule["tags"]),
    }
    if rule["kind"] == "ReferencedGroupId":
        other = CROSS_ACCOUNT.fullmatch(rule["peer"])
        answer["ReferencedGroupInfo"] = {
            "GroupId": other["group"] if other else rule["peer"],
            "UserId": other["account"] if other else session.account,
        }
    else:
        answer[rule["kind"]] = rule["peer"]
    if rule["description"]:
        answer["Description"] = rule["description"]
    return answer


def _authorize(session: Session, params: Params, *, egress: bool) -> Params:
    group = find_group(session, params.get("GroupId", ""))
    existing = rules_of(session, group["GroupId"])
    tags = tags_from(params.get("TagSpecifications", []), "security-group-rule")
    added: list[Rule] = []
    for protocol, low, high, kind, peer, description in _permissions(params):
        rule: Rule = {
            "id": new_id("sgr"),
            "group": group["GroupId"],
            "egress": egress,
            "protocol": protocol,
            "from": low,
            "to": high,
            "kind": kind,
            "peer": _peer(session, group, kind, peer),
            "description": _description(description),
            "tags": tags,
        }
        if any(_same(rule, other) for other in (*existing, *added)):
            raise CloudError("InvalidPermission.Duplicate", f'the specified rule "{_words(rule)}" already exists')
        added.append(rule)
    check_quota(session, [*existing, *added])
    for rule in added:
        save(session, rule)
    return {"Return": True, "SecurityGroupRules": [shape(session, rule) for rule in added]}


def _selected(session: Session, params: Params, *, egress: bool) -> list[Rule]:
    """Return the rules a request names by id or by content.

    Raises:
        CloudError: one of them does not exist.
    """
    group = find_group(session, params.get("GroupId", ""))
    existing = [rule for rule in rules_of(session, group["GroupId"]) if rule["egress"] is egress]
    if wanted := params.get("SecurityGroupRuleIds"):
        by_id = {rule["id"]: rule for rule in existing}
        for key in wanted:
            if key not in by_id:
                raise CloudError(
                    "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{key}' does not exist"
                )
        return [by_id[key] for key in wanted]
    found: list[Rule] = []
    for protocol, low, high, kind, peer, description in _permissions(params):
        # What is named need not exist any more (a deleted list); an exact text is enough to find the rule.
        value = network(peer) if kind in {"CidrIpv4", "CidrIpv6"} else peer.removeprefix(f"{session.account}/")
        named = {"egress": egress, "protocol": protocol, "from": low, "to": high, "kind": kind, "peer": value}
        hits = [rule for rule in existing if _same(rule, named)]
        if not hits:
            raise CloudError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
        found += [{**rule, "wanted": description} for rule in hits]
    return found


def _revoke(session: Session, params: Params, *, egress: bool) -> Params:
    for rule in _selected(session, params, egress=egress):
        session.state.delete(session.kind("rule"), rule["id"])
    return {"Return": True, "UnknownIpPermissions": []}


def _describe_rule(session: Session, params: Params, *, egress: bool) -> Params:
    """Change descriptions only."""
    if by_id := params.get("SecurityGroupRuleDescriptions"):
        texts = {item["SecurityGroupRuleId"]: item.get("Description") for item in by_id}
        chosen = _selected(session, {**params, "SecurityGroupRuleIds": list(texts)}, egress=egress)
        for rule in chosen:
            save(session, {**rule, "description": _description(texts[rule["id"]])})
    else:
        for rule in _selected(session, params, egress=egress):
            text = _description(rule.pop("wanted"))
            save(session, {**rule, "description": text})
    return {"Return": True}


def _describe(session: Session, params: Params) -> Params:
    everything = session.state.all(session.kind("rule"))
    if wanted := params.get("SecurityGroupRuleIds"):
        known = {rule["id"] for rule in everything}
        for key in wanted:
            if key not in known:
                raise CloudError(
                    "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{key}' does not exist"
                )
        everything = [rule for rule in everything if rule["id"] in wanted]
    chosen = [
        rule
        for rule in everything
        if matches(
            params.get("Filters", []), {"group-id": rule["group"], "security-group-rule-id": rule["id"]}, rule["tags"]
        )
    ]
    return {"SecurityGroupRules": [shape(session, rule) for rule in chosen]}


def _modify(session: Session, params: Params) -> Params:
    """Change rules in place. The kind of peer stays: AWS refuses to turn one into another."""
    group = find_group(session, params["GroupId"])
    rules = {rule["id"]: rule for rule in rules_of(session, group["GroupId"])}
    for item in params["SecurityGroupRules"]:
        key, wish = item["SecurityGroupRuleId"], item.get("SecurityGroupRule", {})
        if key not in rules:
            raise CloudError(
                "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{key}' does not exist"
            )
        peers = [(kind, wish[kind]) for kind in PEERS if wish.get(kind)]
        if len(peers) != 1:
            raise CloudError(
                "InvalidParameterCombination" if peers else "MissingParameter",
                "Only one of cidrIpv4, cidrIpv6, prefixListId, or referencedGroupId can be specified"
                if peers
                else "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
            )
        kind, peer = peers[0]
        if kind != rules[key]["kind"]:
            raise CloudError(
                "InvalidParameterValue",
                f"Invalid rule type for security group rule '{key}'. You may not specify {kind} for an existing "
                f"{rules[key]['kind']} rule.",
            )
        protocol = _protocol(wish.get("IpProtocol"))
        low, high = _ports(protocol, wish.get("FromPort"), wish.get("ToPort"))
        changed = {"protocol": protocol, "from": low, "to": high, "peer": _peer(session, group, kind, peer)}
        rules[key] = {**rules[key], **changed, "description": _description(wish.get("Description"))}
        others = [rule for rule in rules.values() if rule["id"] != key]
        if any(_same(rules[key], other) for other in others):
            raise CloudError("InvalidPermission.Duplicate", f'the specified rule "{_words(rules[key])}" already exists')
    check_quota(session, list(rules.values()))
    for item in params["SecurityGroupRules"]:
        save(session, rules[item["SecurityGroupRuleId"]])
    return {"Return": True}


def set_tags(session: Session, key: str, tags: dict[str, str]) -> None:
    """Replace a rule's tags.

    Raises:
        CloudError: there is no such rule, or the tags are refused.
    """
    rule = session.state.get(session.kind("rule"), key)
    if rule is None:
        raise CloudError("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{key}' does not exist")
    save(session, {**rule, "tags": check_tags(tags)})


def _in(function: Callable[..., Params], *, egress: bool) -> Callable[[Session, Params], Params]:
    return lambda session, params: function(session, params, egress=egress)


OPERATIONS: dict[str, Callable[[Session, Params], Params]] = {
    "AuthorizeSecurityGroupEgress": _in(_authorize, egress=True),
    "AuthorizeSecurityGroupIngress": _in(_authorize, egress=False),
    "DescribeSecurityGroupRules": _describe,
    "ModifySecurityGroupRules": _modify,
    "RevokeSecurityGroupEgress": _in(_revoke, egress=True),
    "RevokeSecurityGroupIngress": _in(_revoke, egress=False),
    "UpdateSecurityGroupRuleDescriptionsEgress": _in(_describe_rule, egress=True),
    "UpdateSecurityGroupRuleDescriptionsIngress": _in(_describe_rule, egress=False),
}
