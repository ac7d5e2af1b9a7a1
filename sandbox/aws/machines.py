"""Machines of the emulated EC2: moto keeps them and their interfaces, here is what AWS does and moto does not.

Owns the groups of an interface and the end of a machine. Nothing runs, and every well-formed image id is an image.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.aws import rules
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.aws.session import Params, Session

IMAGE = re.compile(r"ami-[0-9a-f]{8}(?:[0-9a-f]{9})?")

#: Default of the quota "Security groups per network interface" (Amazon VPC user guide, "Amazon VPC quotas").
GROUPS_PER_INTERFACE = 5


def _check_groups(session: Session, groups: Iterable[str], subnet: Params) -> None:
    """Check the groups of an interface in a subnet.

    Raises:
        CloudError: one does not exist or is of another network, or they are too many.
    """
    groups = list(groups)
    for key in groups:
        if rules.find_group(session, key)["VpcId"] != subnet["VpcId"]:
            raise CloudError(
                "InvalidParameter",
                f"Security group {key} and subnet {subnet['SubnetId']} belong to different networks.",
            )
    if len(groups) > GROUPS_PER_INTERFACE:
        raise CloudError(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        )


def _subnet(session: Session, key: str) -> Params:
    found: Params = session.moto("DescribeSubnets", SubnetIds=[key])["Subnets"][0]
    return found


def _run(session: Session, params: Params) -> Params:
    image = str(params.get("ImageId"))
    if not IMAGE.fullmatch(image):
        raise CloudError("InvalidAMIID.Malformed", f'Invalid id: "{image}" (expecting "ami-...")')
    if "SubnetId" in params:
        _check_groups(session, params.get("SecurityGroupIds", []), _subnet(session, params["SubnetId"]))
    answer = session.moto("RunInstances", **params)
    return {**answer, "Instances": [_with_groups(machine) for machine in answer["Instances"]]}


def _describe(session: Session, params: Params) -> Params:
    answer = session.moto("DescribeInstances", **params)
    for reservation in answer["Reservations"]:
        reservation["Instances"] = [_with_groups(machine) for machine in reservation["Instances"]]
    return answer


def _with_groups(machine: Params) -> Params:
    """Return the machine with the groups of its first interface, which moto shows as they were at the start."""
    interfaces = machine.get("NetworkInterfaces", [])
    return {**machine, "SecurityGroups": interfaces[0]["Groups"]} if interfaces else machine


def _modify_interface(session: Session, params: Params) -> Params:
    (nic,) = session.moto("DescribeNetworkInterfaces", NetworkInterfaceIds=[params["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    if "Groups" in params:
        _check_groups(session, params["Groups"], nic)
        held = nic.get("Attachment") or {}
        if held.get("InstanceId") and held["DeviceIndex"] == 0:
            # moto keeps the groups of a machine beside those of its first interface, and shows both as the interface's.
            session.moto("ModifyInstanceAttribute", InstanceId=held["InstanceId"], Groups=params["Groups"])
    return session.moto("ModifyNetworkInterfaceAttribute", **params)


def _terminate(session: Session, params: Params) -> Params:
    filters = [{"Name": "attachment.instance-id", "Values": params["InstanceIds"]}]
    nics = session.moto("DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"]
    answer = session.moto("TerminateInstances", **params)
    for nic in nics:
        # AWS deletes the interface that came with the machine; moto leaves it, and its groups and subnet in use.
        if nic["Attachment"]["DeviceIndex"] == 0:
            session.moto("DeleteNetworkInterface", NetworkInterfaceId=nic["NetworkInterfaceId"])
    return answer


OPERATIONS: dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]] = {
    "DescribeInstances": _describe,
    "ModifyNetworkInterfaceAttribute": _modify_interface,
    "RunInstances": _run,
    "TerminateInstances": _terminate,
}
