"""Machines of the emulated EC2: which groups they wear, and that a group that is worn stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.protocol import UNKNOWN, unpack

from .conftest import new_group
from .test_provider import Engine, Refused, provider_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.aws.account import Account

    from .conftest import Refuses

INSTANCE = "aws:ec2/instance:Instance"
IMAGE = "ami-0a1b2c3d4e5f60718"


@pytest.fixture
def subnet(account: Account, vpc: str) -> str:
    """The id of a subnet."""
    return account.call("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]


@pytest.fixture
def engine(place: Path) -> Engine:
    return Engine()


def machine(subnet: str, *groups: str, **more: Any) -> dict[str, Any]:
    """What a program says of one."""
    return {
        "ami": IMAGE,
        "instanceType": "t3.micro",
        "subnetId": subnet,
        "vpcSecurityGroupIds": list(groups),
        **more,
    }


def run(account: Account, subnet: str, *groups: str, **more: Any) -> dict[str, Any]:
    """Start one past the provider."""
    wish = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnet}
    started: dict[str, Any] = account.call("RunInstances", **{**wish, "SecurityGroupIds": list(groups), **more})
    return started["Instances"][0]


def worn(account: Account, key: str) -> list[list[str]]:
    """The groups of a machine, as itself and as its interface says."""
    found = account.call("DescribeInstances", InstanceIds=[key])["Reservations"][0]["Instances"][0]
    filters = [{"Name": "attachment.instance-id", "Values": [key]}]
    (nic,) = account.call("DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"]
    return [[group["GroupId"] for group in each] for each in (found["SecurityGroups"], nic["Groups"])]


def test_a_group_that_a_machine_wears_stays(
    account: Account, vpc: str, subnet: str, group: str, refused: Refuses
) -> None:
    key = run(account, subnet, group)["InstanceId"]
    with refused("DependencyViolation"):
        account.call("DeleteSecurityGroup", GroupId=group)
    with refused("DependencyViolation"):
        account.call("DeleteSubnet", SubnetId=subnet)
    account.call("TerminateInstances", InstanceIds=[key])
    account.call("DeleteSecurityGroup", GroupId=group)
    account.call("DeleteSubnet", SubnetId=subnet)
    account.call("DeleteVpc", VpcId=vpc)


def test_groups_of_an_interface_are_replaced_and_the_machine_shows_them(
    account: Account, vpc: str, subnet: str, group: str
) -> None:
    other = new_group(account, vpc, "other")
    started = run(account, subnet, group)
    nic = started["NetworkInterfaces"][0]["NetworkInterfaceId"]
    account.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=nic, Groups=[other])
    assert worn(account, started["InstanceId"]) == [[other], [other]]
    account.call("DeleteSecurityGroup", GroupId=group)


def test_what_aws_refuses(account: Account, vpc: str, subnet: str, group: str, refused: Refuses) -> None:
    far = account.call("CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    stranger = new_group(account, far, "far")
    many = [new_group(account, vpc, f"group-{number}") for number in range(6)]
    for groups, code in (
        ([stranger], "InvalidParameter"),
        (many, "SecurityGroupsPerInterfaceLimitExceeded"),
        (["sg-0123456789abcdef0"], "InvalidGroup.NotFound"),
    ):
        with refused(code):
            run(account, subnet, *groups)
    with refused("InvalidAMIID.Malformed"):
        run(account, subnet, group, ImageId="debian")
    with refused("InvalidSubnetID.NotFound"):
        run(account, "subnet-0123456789abcdef0", group)
    with refused("ParamValidation"):
        run(account, subnet, group, Colour="red")
    nic = run(account, subnet, *many[:5])["NetworkInterfaces"][0]["NetworkInterfaceId"]
    for groups, code in (([stranger], "InvalidParameter"), (many, "SecurityGroupsPerInterfaceLimitExceeded")):
        with refused(code):
            account.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=nic, Groups=groups)


def test_the_life_of_a_machine(engine: Engine, account: Account, vpc: str, subnet: str, group: str) -> None:
    wish = machine(subnet, group, privateIp="10.0.1.9", sourceDestCheck=False, tags={"team": "x"})
    key, state = engine.create(INSTANCE, wish)
    assert state["arn"] == f"arn:aws:ec2:eu-central-1:123456789012:instance/{key}"
    assert (state["privateIp"], state["sourceDestCheck"], state["tagsAll"]) == ("10.0.1.9", False, {"team": "x"})
    assert state["primaryNetworkInterfaceId"].startswith("eni-")
    other = new_group(account, vpc, "other")
    old = engine.inputs(INSTANCE, wish)
    news = engine.inputs(
        INSTANCE,
        machine(subnet, other, group, privateIp="10.0.1.9", tags={"team": "y"}) | {"instanceType": "t3.small"},
    )
    found = engine.diff(INSTANCE, old, news, state)
    assert list(found.replaces) == []
    after = engine.update(INSTANCE, key, old, news, state=state)
    assert sorted(worn(account, key)[0]) == sorted([group, other]) == sorted(after["vpcSecurityGroupIds"])
    assert (after["sourceDestCheck"], after["tagsAll"], after["instanceType"]) == (True, {"team": "y"}, "t3.small")
    engine.delete(INSTANCE, key, after)
    assert engine.read(INSTANCE, key).id == ""
    engine.delete(INSTANCE, key, after)
    assert engine.read(INSTANCE, "i-0123456789abcdef0").id == ""
    engine.delete(INSTANCE, "i-0123456789abcdef0", after)


def test_an_import_has_no_diff_and_a_change_beside_the_program_is_seen(
    engine: Engine, account: Account, vpc: str, subnet: str, group: str
) -> None:
    wish = engine.inputs(INSTANCE, machine(subnet, group))
    key, state = engine.create(INSTANCE, wish)
    imported = unpack(engine.read(INSTANCE, key).inputs)
    assert engine.diff(INSTANCE, imported, wish, state).changes == provider_pb2.DiffResponse.DIFF_NONE
    other = new_group(account, vpc, "other")
    account.call(
        "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=state["primaryNetworkInterfaceId"], Groups=[other]
    )
    answer = unpack(engine.read(INSTANCE, key, wish, state).inputs)
    assert answer["vpcSecurityGroupIds"] == [other]
    assert list(engine.diff(INSTANCE, answer, wish, state).diffs) == ["vpcSecurityGroupIds"]
    engine.update(INSTANCE, key, answer, wish, state=state)
    assert worn(account, key)[0] == [group]


@pytest.mark.parametrize(
    "change", [{"ami": "ami-0a1b2c3d4e5f60719"}, {"subnetId": "subnet-2"}, {"privateIp": "10.0.1.10"}]
)
def test_what_replaces_a_machine(engine: Engine, change: dict[str, Any]) -> None:
    old = engine.inputs(INSTANCE, machine("subnet-1", "sg-1", privateIp="10.0.1.9"))
    found = engine.diff(INSTANCE, old, {**old, **change})
    assert (list(found.replaces), found.deleteBeforeReplace) == (list(change), False)


def test_inputs(engine: Engine) -> None:
    assert engine.failures(INSTANCE, machine(UNKNOWN, UNKNOWN)) == {}
    assert "must be given" in engine.failures(INSTANCE, {"ami": IMAGE, "instanceType": "t3.micro"})["subnetId"]
    assert "not emulated" in engine.failures(INSTANCE, machine("subnet-1", userData="x"))["userData"]
    assert "no argument" in engine.failures(INSTANCE, machine("subnet-1", colour="red"))["colour"]
    with pytest.raises(Refused, match=r"InvalidAMIID\.Malformed"):
        engine.create(INSTANCE, machine("subnet-1", ami="debian"))
    _, state = engine.create(INSTANCE, machine(UNKNOWN, UNKNOWN), preview=True)
    assert (state["privateIp"], state["ami"]) == (UNKNOWN, IMAGE)
