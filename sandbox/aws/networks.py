"""Networks of the emulated EC2: moto keeps them, here is what AWS refuses and moto does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.aws import groups
from sandbox.aws.session import Params, Session, network
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable


def _create_vpc(session: Session, params: Params) -> Params:
    if "CidrBlock" in params:
        size = int(network(params["CidrBlock"], family=4).split("/")[1])
        if not 16 <= size <= 28:
            raise CloudError("InvalidVpc.Range", f"The CIDR '{params['CidrBlock']}' is invalid.")
    answer = session.moto("CreateVpc", **params)
    for group in _groups(session, answer["Vpc"]["VpcId"]):
        groups.give_default_rules(session, group)
    return answer


def _groups(session: Session, vpc: str) -> list[Params]:
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    found: list[Params] = session.moto("DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    return found


def _delete_vpc(session: Session, params: Params) -> Params:
    vpc = params["VpcId"]
    session.moto("DescribeVpcs", VpcIds=[vpc])
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    owned = _groups(session, vpc)
    if (
        any(group["GroupName"] != "default" for group in owned)
        or session.moto("DescribeSubnets", Filters=filters)["Subnets"]
    ):
        raise CloudError("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")
    answer = session.moto("DeleteVpc", **params)
    for group in owned:
        groups.drop_rules(session, group["GroupId"])
    return answer


def _delete_subnet(session: Session, params: Params) -> Params:
    key = params["SubnetId"]
    filters = [{"Name": "subnet-id", "Values": [key]}]
    if session.moto("DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"]:
        raise CloudError("DependencyViolation", f"The subnet '{key}' has dependencies and cannot be deleted.")
    return session.moto("DeleteSubnet", **params)


OPERATIONS: dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]] = {
    "CreateVpc": _create_vpc,
    "DeleteSubnet": _delete_subnet,
    "DeleteVpc": _delete_vpc,
}
