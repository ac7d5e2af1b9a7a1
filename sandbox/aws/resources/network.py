"""`aws.ec2.Vpc` and `aws.ec2.Subnet`: what programs need around groups, not all of what AWS has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.cloud import is_gone, tags_of
from sandbox.aws.resources.base import REGION, TAGS, AwsResource, cidr_problem, tag_problems
from sandbox.errors import CloudError
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud

UNUSED_TEXT = Input(str, computed=True, emulated=False)
UNUSED_NUMBER = Input(int, computed=True, emulated=False)
UNUSED_FLAG = Input(bool, computed=True, emulated=False)


def associated_ipv6(found: Mapping[str, Any]) -> tuple[str, str]:
    """Return the associated IPv6 block of a network or subnet and the association's id; empty for none."""
    for item in found.get("Ipv6CidrBlockAssociationSet", []):
        if item.get("Ipv6CidrBlockState", {}).get("State") == "associated":
            return str(item["Ipv6CidrBlock"]), str(item["AssociationId"])
    return "", ""


class Vpc(AwsResource):
    """A network."""

    token = "aws:ec2/vpc:Vpc"
    title = "EC2 VPC"
    inputs: ClassVar[Mapping[str, Input]] = {
        "assignGeneratedIpv6CidrBlock": Input(bool, replaces=True),
        "cidrBlock": Input(str, computed=True, replaces=True),
        "enableDnsHostnames": Input(bool, computed=True),
        "enableDnsSupport": Input(bool, default=True),
        "enableNetworkAddressUsageMetrics": UNUSED_FLAG,
        "instanceTenancy": Input(str, default="default", replaces=True),
        "ipv4IpamPoolId": UNUSED_TEXT,
        "ipv4NetmaskLength": UNUSED_NUMBER,
        "ipv6CidrBlock": UNUSED_TEXT,
        "ipv6CidrBlockNetworkBorderGroup": UNUSED_TEXT,
        "ipv6IpamPoolId": UNUSED_TEXT,
        "ipv6NetmaskLength": UNUSED_NUMBER,
        "region": REGION,
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "defaultNetworkAclId",
        "defaultRouteTableId",
        "defaultSecurityGroupId",
        "dhcpOptionsId",
        "ipv6AssociationId",
        "mainRouteTableId",
        "ownerId",
        "tagsAll",
    )

    def problems(self, news: Properties) -> list[Failure]:
        """Check the block."""
        problem = cidr_problem("cidrBlock", news["cidrBlock"], 4) if "cidrBlock" in news else None
        if "cidrBlock" not in news:
            problem = Failure("cidrBlock", "cidr_block must be given; address pools are not emulated here.")
        return tag_problems(news) + ([problem] if problem else [])

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create the network, then set its attributes."""
        region = news.get("region")
        tags = cloud.specification("vpc", news.get("tags"))
        created = cloud.call(
            "CreateVpc",
            region,
            CidrBlock=news["cidrBlock"],
            InstanceTenancy=news["instanceTenancy"],
            AmazonProvidedIpv6CidrBlock=bool(news.get("assignGeneratedIpv6CidrBlock")),
            **({"TagSpecifications": tags} if tags else {}),
        )
        key = str(created["Vpc"]["VpcId"])
        self._set_attributes(cloud, key, news)
        return key

    def _set_attributes(self, cloud: AwsCloud, key: str, news: Properties) -> None:
        for name, attribute in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
            if name in news:
                cloud.call("ModifyVpcAttribute", news.get("region"), VpcId=key, **{attribute: {"Value": news[name]}})

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the network with what AWS made around it."""
        region = known.get("region")
        found = cloud.find("DescribeVpcs", "Vpcs", region, VpcIds=[key])
        if found is None:
            return None
        of_vpc = [{"Name": "vpc-id", "Values": [key]}]
        groups = cloud.call("DescribeSecurityGroups", region, Filters=of_vpc)["SecurityGroups"]
        tables = cloud.call("DescribeRouteTables", region, Filters=of_vpc)["RouteTables"]
        acls = cloud.call("DescribeNetworkAcls", region, Filters=of_vpc)["NetworkAcls"]
        table = _first([t["RouteTableId"] for t in tables if any(a.get("Main") for a in t["Associations"])])
        block, association = associated_ipv6(found)
        return {
            **self.common(cloud, "vpc", key, tags_of(found.get("Tags", [])), region),
            "assignGeneratedIpv6CidrBlock": bool(block),
            "cidrBlock": found["CidrBlock"],
            "defaultNetworkAclId": _first([a["NetworkAclId"] for a in acls if a["IsDefault"]]),
            "defaultRouteTableId": table,
            "defaultSecurityGroupId": _first([g["GroupId"] for g in groups if g["GroupName"] == "default"]),
            "dhcpOptionsId": found["DhcpOptionsId"],
            "enableDnsHostnames": self.attribute(cloud, key, "enableDnsHostnames", region),
            "enableDnsSupport": self.attribute(cloud, key, "enableDnsSupport", region),
            "enableNetworkAddressUsageMetrics": False,
            "instanceTenancy": found["InstanceTenancy"],
            "ipv6AssociationId": association,
            "ipv6CidrBlock": block,
            "mainRouteTableId": table,
            "ownerId": found["OwnerId"],
        }

    @staticmethod
    def attribute(cloud: AwsCloud, key: str, name: str, region: str | None) -> bool:
        """Return one of the attributes AWS keeps apart from the network."""
        answer = cloud.call("DescribeVpcAttribute", region, VpcId=key, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change attributes and tags."""
        del old
        region = news.get("region")
        self._set_attributes(cloud, key, news)
        found = cloud.call("DescribeVpcs", region, VpcIds=[key])["Vpcs"][0]
        cloud.retag(key, news.get("tags"), found.get("Tags", []), region)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete it, with its default group."""
        try:
            cloud.call("DeleteVpc", state.get("region"), VpcId=key)
        except CloudError as failure:
            if not is_gone(failure):
                raise


class Subnet(AwsResource):
    """A subnet of a network."""

    token = "aws:ec2/subnet:Subnet"
    title = "EC2 Subnet"
    inputs: ClassVar[Mapping[str, Input]] = {
        "assignIpv6AddressOnCreation": Input(bool, default=False),
        "availabilityZone": Input(str, computed=True, replaces=True),
        "availabilityZoneId": UNUSED_TEXT,
        "cidrBlock": Input(str, replaces=True),
        "customerOwnedIpv4Pool": UNUSED_TEXT,
        "enableDns64": UNUSED_FLAG,
        "enableLniAtDeviceIndex": UNUSED_NUMBER,
        "enableResourceNameDnsAaaaRecordOnLaunch": UNUSED_FLAG,
        "enableResourceNameDnsARecordOnLaunch": UNUSED_FLAG,
        "ipv4IpamPoolId": UNUSED_TEXT,
        "ipv4NetmaskLength": UNUSED_NUMBER,
        "ipv6CidrBlock": Input(str, computed=True, replaces=True),
        "ipv6IpamPoolId": UNUSED_TEXT,
        "ipv6Native": UNUSED_FLAG,
        "ipv6NetmaskLength": UNUSED_NUMBER,
        "mapCustomerOwnedIpOnLaunch": UNUSED_FLAG,
        "mapPublicIpOnLaunch": Input(bool, default=False),
        "outpostArn": UNUSED_TEXT,
        "privateDnsHostnameTypeOnLaunch": UNUSED_TEXT,
        "region": REGION,
        "tags": TAGS,
        "vpcId": Input(str, required=True, replaces=True),
    }
    outputs = ("arn", "ipv6CidrBlockAssociationId", "ownerId", "tagsAll")

    def problems(self, news: Properties) -> list[Failure]:
        """Check the blocks."""
        found = tag_problems(news)
        for name, family in (("cidrBlock", 4), ("ipv6CidrBlock", 6)):
            if name in news and (problem := cidr_problem(name, news[name], family)):
                found.append(problem)
        return found

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create the subnet, then set its attributes."""
        names = {"CidrBlock": "cidrBlock", "Ipv6CidrBlock": "ipv6CidrBlock", "AvailabilityZone": "availabilityZone"}
        tags = cloud.specification("subnet", news.get("tags"))
        created = cloud.call(
            "CreateSubnet",
            news.get("region"),
            VpcId=news["vpcId"],
            **{api: news[name] for api, name in names.items() if name in news},
            **({"TagSpecifications": tags} if tags else {}),
        )
        key = str(created["Subnet"]["SubnetId"])
        self._set_attributes(cloud, key, news, {})
        return key

    def _set_attributes(self, cloud: AwsCloud, key: str, news: Properties, live: Properties) -> None:
        for name in ("mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"):
            if news[name] != live.get(name, False):
                attribute = {name[0].upper() + name[1:]: {"Value": news[name]}}
                cloud.call("ModifySubnetAttribute", news.get("region"), SubnetId=key, **attribute)

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the subnet."""
        region = known.get("region")
        found = cloud.find("DescribeSubnets", "Subnets", region, SubnetIds=[key])
        if found is None:
            return None
        block, association = associated_ipv6(found)
        return {
            **self.common(cloud, "subnet", key, tags_of(found.get("Tags", [])), region),
            "assignIpv6AddressOnCreation": bool(found.get("AssignIpv6AddressOnCreation")),
            "availabilityZone": found["AvailabilityZone"],
            "availabilityZoneId": found["AvailabilityZoneId"],
            "cidrBlock": found["CidrBlock"],
            "ipv6CidrBlock": block,
            "ipv6CidrBlockAssociationId": association,
            "mapPublicIpOnLaunch": bool(found.get("MapPublicIpOnLaunch")),
            "ownerId": found["OwnerId"],
            "vpcId": found["VpcId"],
        }

    def managed_inputs(self, cloud: AwsCloud, live: Properties) -> Properties:
        """As the base, without the zone's id, which follows from its name."""
        return {k: v for k, v in super().managed_inputs(cloud, live).items() if k != "availabilityZoneId"}

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change attributes and tags."""
        del old
        region = news.get("region")
        live = self.read(cloud, key, news) or {}
        self._set_attributes(cloud, key, news, live)
        found = cloud.call("DescribeSubnets", region, SubnetIds=[key])["Subnets"][0]
        cloud.retag(key, news.get("tags"), found.get("Tags", []), region)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete it."""
        try:
            cloud.call("DeleteSubnet", state.get("region"), SubnetId=key)
        except CloudError as failure:
            if not is_gone(failure):
                raise


def _first(found: list[str]) -> str:
    return found[0] if found else ""
