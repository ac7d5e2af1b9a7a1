"""Groups and networks of the emulated EC2."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.account import Account

from .conftest import new_group
from .test_rules import allow, permission, rules

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Refuses


def test_a_new_group_lets_everything_out_and_a_default_group_itself_in(account: Account, vpc: str) -> None:
    key = account.call("CreateSecurityGroup", GroupName="x", Description="d", VpcId=vpc)["GroupId"]
    assert [(r["IsEgress"], r["CidrIpv4"]) for r in rules(account, key)] == [(True, "0.0.0.0/0")]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (default,) = account.call("DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    (pair,) = default["IpPermissions"][0]["UserIdGroupPairs"]
    assert pair["GroupId"] == default["GroupId"]


def test_a_group_of_a_dual_stack_network_lets_ipv6_out_too(account: Account) -> None:
    vpc = account.call("CreateVpc", CidrBlock="10.5.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    key = account.call("CreateSecurityGroup", GroupName="x", Description="d", VpcId=vpc)["GroupId"]
    assert sorted(r.get("CidrIpv4") or r["CidrIpv6"] for r in rules(account, key)) == ["0.0.0.0/0", "::/0"]


def test_a_group_in_use_stays(account: Account, vpc: str, group: str, refused: Refuses) -> None:
    other = new_group(account, vpc, "other")
    allow(account, other, permission(443, UserIdGroupPairs=[{"GroupId": group}]))
    allow(account, group, permission(443, UserIdGroupPairs=[{"GroupId": group}]))
    with refused("DependencyViolation"):
        account.call("DeleteSecurityGroup", GroupId=group)
    account.call("DeleteSecurityGroup", GroupId=other)
    account.call("DeleteSecurityGroup", GroupId=group)
    assert rules(account, group) == []


def test_a_default_group_cannot_be_deleted(account: Account, vpc: str, refused: Refuses) -> None:
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    (default,) = account.call("DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    with refused("CannotDelete"):
        account.call("DeleteSecurityGroup", GroupId=default["GroupId"])


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"GroupName": "sg-x", "Description": "d"}, "InvalidParameterValue"),
        ({"GroupName": "x", "Description": "ü"}, "InvalidParameterValue"),
        ({"GroupName": "default", "Description": "d"}, "InvalidGroup.Reserved"),
        ({"GroupName": "one", "Description": "d"}, "InvalidGroup.Duplicate"),
        ({"GroupName": "x"}, "ParamValidation"),
        ({"GroupName": "x", "Description": "d", "Colour": "red"}, "ParamValidation"),
        ({"GroupName": "x", "Description": 7}, "ParamValidation"),
    ],
)
def test_malformed_groups_are_refused(
    account: Account, vpc: str, group: str, refused: Refuses, wish: dict[str, Any], code: str
) -> None:
    with refused(code):
        account.call("CreateSecurityGroup", **{"VpcId": vpc, **wish})


def test_a_group_needs_a_network_that_exists(account: Account, refused: Refuses) -> None:
    with refused("InvalidVpcID.NotFound") as caught:
        account.call("CreateSecurityGroup", GroupName="x", Description="d", VpcId="vpc-0123456789abcdef0")
    assert caught.value.operation == "CreateSecurityGroup"


def test_a_network_in_use_stays(account: Account, vpc: str, group: str, refused: Refuses) -> None:
    with refused("DependencyViolation"):
        account.call("DeleteVpc", VpcId=vpc)
    account.call("DeleteSecurityGroup", GroupId=group)
    account.call("DeleteVpc", VpcId=vpc)
    with refused("InvalidVpcID.NotFound"):
        account.call("DescribeVpcs", VpcIds=[vpc])


def test_tags_of_groups_and_rules(account: Account, group: str, refused: Refuses) -> None:
    (rule,) = allow(account, group, permission(443, UserIdGroupPairs=[{"GroupId": group}]))
    account.call(
        "CreateTags",
        Resources=[group, rule["SecurityGroupRuleId"]],
        Tags=[{"Key": "team", "Value": "x"}, {"Key": "a", "Value": "b"}],
    )
    account.call("DeleteTags", Resources=[group, rule["SecurityGroupRuleId"]], Tags=[{"Key": "a"}])
    (found,) = account.call("DescribeSecurityGroups", Filters=[{"Name": "tag:team", "Values": ["x"]}])["SecurityGroups"]
    assert found["Tags"] == [{"Key": "team", "Value": "x"}] == rules(account, group)[0]["Tags"]
    with refused("InvalidParameterValue"):
        account.call("CreateTags", Resources=[rule["SecurityGroupRuleId"]], Tags=[{"Key": "aws:x", "Value": "y"}])


def test_state_survives_the_process(account: Account, group: str, place: Path) -> None:
    head = "from sandbox.aws.account import Account; "
    code = f"{head}print(Account().call('DescribeSecurityGroups', GroupIds=[{group!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert group in done.stdout
    # And what another process does is seen here.
    code = f"{head}Account().call('DeleteSecurityGroup', GroupId={group!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (
        account.call("DescribeSecurityGroups", Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroups"]
        == []
    )


def test_two_engines_at_once_lose_nothing(place: Path, vpc: str) -> None:
    accounts = [Account(place), Account(place)]

    def make(number: int) -> str:
        return new_group(accounts[number % 2], vpc, f"group-{number}")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(40)))
    found = accounts[0].call("DescribeSecurityGroups", GroupIds=made)["SecurityGroups"]
    assert {group["GroupId"] for group in found} == set(made)


def test_accounts_and_regions_are_apart(place: Path, account: Account, group: str) -> None:
    assert Account(place, region="us-east-1").call("DescribeVpcs")["Vpcs"] != account.call("DescribeVpcs")["Vpcs"]
    filters = [{"Name": "group-id", "Values": [group]}]
    for other in (Account(place, region="us-east-1"), Account(place, account="111122223333")):
        assert other.call("DescribeSecurityGroups", Filters=filters)["SecurityGroups"] == []


def test_the_client_is_botocores_own(account: Account, group: str) -> None:
    client = account.client()
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.describe_vpcs(VpcIds=["vpc-0123456789abcdef0"])
    assert caught.value.response["Error"]["Code"] == "InvalidVpcID.NotFound"
    pages = client.get_paginator("describe_security_groups").paginate(GroupIds=[group])
    assert [found["GroupId"] for page in pages for found in page["SecurityGroups"]] == [group]
