"""Security group rules of the emulated EC2 behave as AWS documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.account import Account

from .conftest import new_group

if TYPE_CHECKING:
    from sandbox.aws.account import Account

    from .conftest import Refuses


def permission(low: int = 443, high: int | None = None, protocol: str = "tcp", **peers: Any) -> dict[str, Any]:
    return {"IpProtocol": protocol, "FromPort": low, "ToPort": high or low, **peers}


def cidr(*texts: str, description: str = "") -> dict[str, Any]:
    more = {"Description": description} if description else {}
    return {"IpRanges": [{"CidrIp": text, **more} for text in texts]}


def allow(
    account: Account, group: str, *permissions: dict[str, Any], direction: str = "Egress"
) -> list[dict[str, Any]]:
    answer = account.call(f"AuthorizeSecurityGroup{direction}", GroupId=group, IpPermissions=list(permissions))
    return answer["SecurityGroupRules"]


def rules(account: Account, group: str) -> list[dict[str, Any]]:
    filters = [{"Name": "group-id", "Values": [group]}]
    return account.call("DescribeSecurityGroupRules", Filters=filters)["SecurityGroupRules"]


def test_several_permissions_in_one_call_each_become_a_rule(account: Account, group: str) -> None:
    allow(
        account,
        group,
        permission(443, **cidr("10.0.0.0/8", "10.1.0.0/16")),
        permission(53, protocol="udp", **cidr("10.2.0.0/16")),
    )
    assert [(r["IpProtocol"], r["FromPort"], r["CidrIpv4"]) for r in rules(account, group)] == [
        ("tcp", 443, "10.0.0.0/8"),
        ("tcp", 443, "10.1.0.0/16"),
        ("udp", 53, "10.2.0.0/16"),
    ]


def test_one_bad_permission_leaves_nothing_of_the_request(account: Account, group: str, refused: Refuses) -> None:
    with refused("InvalidParameterValue"):
        allow(account, group, permission(443, **cidr("10.0.0.0/8")), permission(443, **cidr("10.0.0.1/8")))
    assert rules(account, group) == []


@pytest.mark.parametrize(
    "peer",
    [
        {"IpRanges": [{"CidrIp": "10.0.0.1/24"}]},
        {"IpRanges": [{"CidrIp": "10.0.0.300/32"}]},
        {"IpRanges": [{"CidrIp": "10.0.0.1"}]},
        {"IpRanges": [{"CidrIp": "2001:db8::/32"}]},
        {"Ipv6Ranges": [{"CidrIpv6": "2001:db8::1/32"}]},
        {"Ipv6Ranges": [{"CidrIpv6": "10.0.0.0/8"}]},
        {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "not ä"}]},
        {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "x" * 256}]},
    ],
)
def test_malformed_peers_and_texts_are_refused(
    account: Account, group: str, refused: Refuses, peer: dict[str, Any]
) -> None:
    with refused("InvalidParameterValue"):
        allow(account, group, permission(443, **peer))


@pytest.mark.parametrize(
    "wish",
    [
        {"IpProtocol": "tcp", "FromPort": 443},
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 80},
        {"IpProtocol": "udp", "FromPort": 1, "ToPort": 70000},
        {"IpProtocol": "carrier-pigeon", "FromPort": 1, "ToPort": 1},
        {"FromPort": 1, "ToPort": 1},
    ],
)
def test_malformed_ports_and_protocols_are_refused(
    account: Account, group: str, refused: Refuses, wish: dict[str, Any]
) -> None:
    with refused("InvalidParameterValue"):
        allow(account, group, {**wish, **cidr("10.0.0.0/8")})


def test_unknown_ids_are_refused(account: Account, group: str, refused: Refuses) -> None:
    with refused("InvalidPrefixListID.NotFound"):
        allow(account, group, permission(443, PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}]))
    with refused("InvalidGroup.NotFound"):
        allow(account, group, permission(443, UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}]))
    with refused("InvalidGroup.NotFound"):
        allow(account, "sg-0123456789abcdef0", permission(443, **cidr("10.0.0.0/8")))


def test_a_group_of_another_network_is_refused_and_one_of_another_account_is_not(
    account: Account, group: str, refused: Refuses
) -> None:
    elsewhere = account.call("CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = new_group(account, elsewhere, "other")
    with refused("InvalidGroup.NotFound"):
        allow(account, group, permission(443, UserIdGroupPairs=[{"GroupId": other}]))
    pair = {"UserId": "444455556666", "GroupId": "sg-0a1b2c3d4e5f60718"}
    (rule,) = allow(account, group, permission(443, UserIdGroupPairs=[pair]))
    assert rule["ReferencedGroupInfo"] == pair


def test_the_description_is_not_part_of_a_rule(account: Account, group: str, refused: Refuses) -> None:
    allow(account, group, permission(443, **cidr("10.0.0.0/8", description="first")))
    with refused("InvalidPermission.Duplicate") as caught:
        allow(account, group, permission(443, **cidr("10.0.0.0/8", description="second")))
    assert 'peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW" already exists' in caught.value.message


def test_protocols_are_the_same_by_name_and_number(account: Account, group: str, refused: Refuses) -> None:
    allow(account, group, permission(443, **cidr("10.0.0.0/8")))
    with refused("InvalidPermission.Duplicate"):
        allow(account, group, permission(443, protocol="6", **cidr("10.0.0.0/8")))


def test_sixty_rules_for_each_direction_and_family(account: Account, group: str, refused: Refuses) -> None:
    v4 = [f"10.0.{i}.0/24" for i in range(60)]
    v6 = {"Ipv6Ranges": [{"CidrIpv6": f"2001:db8:{i:x}::/48"} for i in range(60)]}
    allow(account, group, permission(443, **cidr(*v4)), permission(443, **v6))
    allow(account, group, permission(443, **cidr(*v4)), direction="Ingress")
    with refused("RulesPerSecurityGroupLimitExceeded"):
        allow(account, group, permission(443, **cidr("10.1.0.0/24")))
    assert len(rules(account, group)) == 180


def test_a_group_reference_counts_in_both_families(account: Account, group: str, refused: Refuses) -> None:
    allow(account, group, permission(443, Ipv6Ranges=[{"CidrIpv6": f"2001:db8:{i:x}::/48"} for i in range(60)]))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        allow(account, group, permission(443, UserIdGroupPairs=[{"GroupId": group}]))


def test_rules_change_in_place_but_not_their_kind_of_peer(account: Account, group: str, refused: Refuses) -> None:
    (rule,) = allow(account, group, permission(443, Ipv6Ranges=[{"CidrIpv6": "2001:db8::/32"}]))
    wish = {"IpProtocol": "tcp", "FromPort": 4119, "ToPort": 4120, "CidrIpv6": "2001:db8:1::/48", "Description": "new"}

    def modify(wish: dict[str, Any]) -> None:
        item = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": wish}
        account.call("ModifySecurityGroupRules", GroupId=group, SecurityGroupRules=[item])

    modify(wish)
    (found,) = rules(account, group)
    assert {key: found[key] for key in wish} == wish
    with refused("InvalidParameterValue"):
        modify({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"})
    allow(account, group, permission(53, protocol="udp", **cidr("10.0.0.0/8")))
    with refused("MissingParameter"):
        modify({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443})


def test_rules_are_revoked_by_id_and_by_content(account: Account, group: str, refused: Refuses) -> None:
    first, second = allow(account, group, permission(443, **cidr("10.0.0.0/8", "10.1.0.0/16")))
    account.call("RevokeSecurityGroupEgress", GroupId=group, SecurityGroupRuleIds=[first["SecurityGroupRuleId"]])
    account.call("RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[permission(443, **cidr("10.1.0.0/16"))])
    assert rules(account, group) == []
    with refused("InvalidPermission.NotFound"):
        account.call("RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[permission(443, **cidr("10.1.0.0/16"))])
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        account.call("RevokeSecurityGroupEgress", GroupId=group, SecurityGroupRuleIds=[second["SecurityGroupRuleId"]])


def test_descriptions_of_every_kind_of_peer_are_kept_and_can_change(account: Account, group: str) -> None:
    pair = {"UserIdGroupPairs": [{"GroupId": group, "Description": "itself"}]}
    (rule,) = allow(account, group, permission(443, **pair))
    assert rule["Description"] == "itself"
    change = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "Description": "changed"}
    account.call("UpdateSecurityGroupRuleDescriptionsEgress", GroupId=group, SecurityGroupRuleDescriptions=[change])
    assert rules(account, group)[0]["Description"] == "changed"
    wish = permission(443, UserIdGroupPairs=[{"GroupId": group, "Description": "again"}])
    account.call("UpdateSecurityGroupRuleDescriptionsEgress", GroupId=group, IpPermissions=[wish])
    assert rules(account, group)[0]["Description"] == "again"


def test_a_group_shows_its_rules_as_permissions(account: Account, group: str) -> None:
    allow(
        account, group, permission(443, **cidr("10.0.0.0/8", description="x")), permission(443, **cidr("10.1.0.0/16"))
    )
    (found,) = account.call("DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"]
    (shown,) = found["IpPermissionsEgress"]
    assert shown["IpRanges"] == [{"CidrIp": "10.0.0.0/8", "Description": "x"}, {"CidrIp": "10.1.0.0/16"}]
    assert found["IpPermissions"] == []
