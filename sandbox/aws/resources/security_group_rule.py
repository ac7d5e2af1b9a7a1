"""`aws.vpc.SecurityGroupIngressRule` and `aws.vpc.SecurityGroupEgressRule`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.cloud import is_gone, tags_of
from sandbox.aws.resources.base import REGION, TAGS, AwsResource, canonical_cidr, cidr_problem, tag_problems
from sandbox.aws.rules import DESCRIPTION, PROTOCOLS
from sandbox.errors import CloudError
from sandbox.protocol import is_unknown
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud

#: Input property of each kind of peer, and its name in a rule of the API.
PEERS = {
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
    "referencedSecurityGroupId": "ReferencedGroupId",
}
GROUP_ID = re.compile(r"(\d{12}/)?sg-[0-9a-f]+")
LIST_ID = re.compile(r"pl-[0-9a-f]+")


class Rule(AwsResource):
    """One rule; `egress` tells the two types apart."""

    egress: ClassVar[bool]
    title = "VPC Security Group Rule"
    inputs: ClassVar[Mapping[str, Input]] = {
        "cidrIpv4": Input(str),
        "cidrIpv6": Input(str),
        "description": Input(str),
        "fromPort": Input(int),
        "ipProtocol": Input(str, required=True),
        "prefixListId": Input(str),
        "referencedSecurityGroupId": Input(str),
        "region": REGION,
        "securityGroupId": Input(str, required=True, replaces=True),
        "tags": TAGS,
        "toPort": Input(int),
    }
    outputs = ("arn", "securityGroupRuleId", "tagsAll")

    def problems(self, news: Properties) -> list[Failure]:
        """Check peers, ports and texts."""
        found = tag_problems(news)
        given = [name for name in PEERS if name in news]
        if len(given) != 1:
            words = "cidr_ipv4, cidr_ipv6, prefix_list_id, referenced_security_group_id"
            found.append(
                Failure(given[-1] if given else "cidrIpv4", f"Exactly one of {words} must be given, not {len(given)}.")
            )
        for name, family in (("cidrIpv4", 4), ("cidrIpv6", 6)):
            if name in news and (problem := cidr_problem(name, news[name], family)):
                found.append(problem)
        for name, form in (
            ("prefixListId", LIST_ID),
            ("referencedSecurityGroupId", GROUP_ID),
            ("securityGroupId", GROUP_ID),
        ):
            if name in news and not is_unknown(news[name]) and not form.fullmatch(news[name]):
                found.append(
                    Failure(name, f'"{news[name]}" is not an id of the form "{form.pattern.split("-")[0][-2:]}-…".')
                )
        text = news.get("description", "")
        if not is_unknown(text) and not DESCRIPTION.fullmatch(text):
            found.append(
                Failure(
                    "description", "The description must have at most 255 of: a-z A-Z 0-9 spaces ._-:/()#,@[]+=&;{}!$*"
                )
            )
        return found + _port_problems(news)

    def normal(self, name: str, value: Any) -> Any:
        """Compare protocols by meaning and addresses in canonical form; -1 is the API's way to say no port."""
        if name == "ipProtocol" and isinstance(value, str):
            return PROTOCOLS.get(value.lower(), value.lower())
        if name in {"cidrIpv4", "cidrIpv6"} and isinstance(value, str):
            return canonical_cidr(value)
        return None if name in {"fromPort", "toPort"} and value == -1 else value

    def changes(self, old: Properties, news: Properties) -> dict[str, tuple[str, bool]]:
        """As the base; another kind of peer replaces the rule, as AWS cannot turn one into another."""
        found = super().changes(old, news)
        if {name for name in PEERS if name in old} != {name for name in PEERS if name in news}:
            found |= {name: (found[name][0], True) for name in PEERS if name in found}
        return found

    def _wish(self, news: Properties) -> Properties:
        """Return the rule in the words of the API's `SecurityGroupRuleRequest`."""
        wish = {api: news[name] for name, api in PEERS.items() if name in news}
        names = {"FromPort": "fromPort", "ToPort": "toPort", "Description": "description", "IpProtocol": "ipProtocol"}
        return wish | {api: news[name] for api, name in names.items() if name in news}

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Authorize it."""
        wish = self._wish(news)
        text = {"Description": wish.pop("Description")} if "Description" in wish else {}
        ranges: dict[str, Any] = {}
        if "CidrIpv4" in wish:
            ranges["IpRanges"] = [{"CidrIp": wish.pop("CidrIpv4"), **text}]
        elif "CidrIpv6" in wish:
            ranges["Ipv6Ranges"] = [{"CidrIpv6": wish.pop("CidrIpv6"), **text}]
        elif "PrefixListId" in wish:
            ranges["PrefixListIds"] = [{"PrefixListId": wish.pop("PrefixListId"), **text}]
        else:
            account, _, group = wish.pop("ReferencedGroupId").rpartition("/")
            ranges["UserIdGroupPairs"] = [{"GroupId": group, **({"UserId": account} if account else {}), **text}]
        tags = cloud.specification("security-group-rule", news.get("tags"))
        answer = cloud.call(
            f"AuthorizeSecurityGroup{'Egress' if self.egress else 'Ingress'}",
            news.get("region"),
            GroupId=news["securityGroupId"],
            IpPermissions=[{**wish, **ranges}],
            **({"TagSpecifications": tags} if tags else {}),
        )
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the rule; one of the other direction is not this type's."""
        region = known.get("region")
        rule = cloud.find("DescribeSecurityGroupRules", "SecurityGroupRules", region, SecurityGroupRuleIds=[key])
        if rule is None or rule["IsEgress"] is not self.egress:
            return None
        found: Properties = {
            **self.common(cloud, "security-group-rule", key, tags_of(rule.get("Tags", [])), region),
            "ipProtocol": rule["IpProtocol"],
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": key,
        }
        if "Description" in rule:
            found["description"] = rule["Description"]
        if rule["IpProtocol"] in {"tcp", "udp", "icmp", "icmpv6"}:
            found |= {"fromPort": rule["FromPort"], "toPort": rule["ToPort"]}
        if other := rule.get("ReferencedGroupInfo"):
            owner = "" if other["UserId"] == cloud.account_id else f"{other['UserId']}/"
            found["referencedSecurityGroupId"] = owner + other["GroupId"]
        return found | {name: rule[api] for name, api in PEERS.items() if api in rule}

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Modify the rule in place."""
        region = news.get("region")
        if any(name != "tags" for name in self.changes(old, news)):
            cloud.call(
                "ModifySecurityGroupRules",
                region,
                GroupId=news["securityGroupId"],
                SecurityGroupRules=[{"SecurityGroupRuleId": key, "SecurityGroupRule": self._wish(news)}],
            )
        rule = cloud.call("DescribeSecurityGroupRules", region, SecurityGroupRuleIds=[key])["SecurityGroupRules"][0]
        cloud.retag(key, news.get("tags"), rule.get("Tags", []), region)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Revoke it."""
        try:
            cloud.call(
                f"RevokeSecurityGroup{'Egress' if self.egress else 'Ingress'}",
                state.get("region"),
                GroupId=state["securityGroupId"],
                SecurityGroupRuleIds=[key],
            )
        except CloudError as failure:
            if not is_gone(failure):
                raise


class IngressRule(Rule):
    """A rule for what may come in."""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    egress = False


class EgressRule(Rule):
    """A rule for what may go out."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    egress = True


def _port_problems(news: Properties) -> list[Failure]:
    """Return what is wrong with the ports for the protocol."""
    if is_unknown(news["ipProtocol"]):
        return []
    name = PROTOCOLS.get(news["ipProtocol"].lower(), news["ipProtocol"].lower())
    known = {"-1", "tcp", "udp", "icmp", "icmpv6"}
    if name not in known and not (name.isdigit() and int(name) < 256):
        return [
            Failure("ipProtocol", f'"{news["ipProtocol"]}" is no protocol: use tcp, udp, icmp, icmpv6, -1 or a number.')
        ]
    ports = {port: news[port] for port in ("fromPort", "toPort") if port in news}
    if name in {"tcp", "udp", "icmp"} and len(ports) < 2:
        missing = "toPort" if "fromPort" in ports else "fromPort"
        return [Failure(missing, f"from_port and to_port must both be given for protocol {name}.")]
    if name not in {"tcp", "udp", "icmp", "icmpv6"} and ports:
        return [Failure(next(iter(ports)), f"Ports must not be given for protocol {name}.")]
    if any(map(is_unknown, ports.values())):
        return []
    low, high = (0, 65535) if name in {"tcp", "udp"} else (-1, 255)
    found = [
        Failure(port, f"{value} is not between {low} and {high}.")
        for port, value in ports.items()
        if not low <= value <= high
    ]
    if not found and name in {"tcp", "udp"} and ports["fromPort"] > ports["toPort"]:
        found.append(Failure("toPort", f"to_port {ports['toPort']} is less than from_port {ports['fromPort']}."))
    return found
