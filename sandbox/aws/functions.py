"""The getters of `pulumi_aws` that are emulated, by their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.aws.cloud import AwsCloud, tags_of
from sandbox.aws.resources.network import Vpc, associated_ipv6
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.resource import Properties


def _filters(args: Properties, **direct: str) -> list[dict[str, Any]]:
    """Return a request's filters: the argument `filters`, tags, and arguments that are filters by another name."""
    found = [{"Name": item["name"], "Values": item["values"]} for item in args.get("filters") or []]
    found += [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    return found + [{"Name": name, "Values": [args[key]]} for key, name in direct.items() if args.get(key)]


def _one(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    """Return the only one.

    Raises:
        CloudError: there is none, or more than one.
    """
    if len(found) != 1:
        reason = f"no matching {what} found" if not found else f"multiple {what}s matched; use additional constraints"
        raise CloudError("NotOne", f"{reason} to reduce matches to a single {what}" if found else reason, "Describe")
    return found[0]


def _arn(cloud: AwsCloud, args: Properties, kind: str, key: str) -> str:
    return f"arn:aws:ec2:{args.get('region') or cloud.region}:{cloud.account_id}:{kind}/{key}"


def _base(cloud: AwsCloud, args: Properties, key: str) -> Properties:
    return {"id": key, "region": args.get("region") or cloud.region, "filters": args.get("filters")}


def get_security_group(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the one group that matches."""
    filters = _filters(args, id="group-id", name="group-name", vpcId="vpc-id")
    found = cloud.call("DescribeSecurityGroups", args.get("region"), Filters=filters)["SecurityGroups"]
    group = _one(found, "EC2 Security Group")
    return {
        **_base(cloud, args, group["GroupId"]),
        "arn": _arn(cloud, args, "security-group", group["GroupId"]),
        "description": group["Description"],
        "name": group["GroupName"],
        "tags": tags_of(group.get("Tags", [])),
        "vpcId": group["VpcId"],
    }


def get_security_groups(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the ids of all groups that match."""
    found = cloud.call("DescribeSecurityGroups", args.get("region"), Filters=_filters(args))["SecurityGroups"]
    return {
        **_base(cloud, args, args.get("region") or cloud.region),
        "arns": [_arn(cloud, args, "security-group", group["GroupId"]) for group in found],
        "ids": [group["GroupId"] for group in found],
        "tags": args.get("tags") or {},
        "vpcIds": [group["VpcId"] for group in found],
    }


def get_security_group_rule(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the one rule that matches."""
    ids = {"SecurityGroupRuleIds": [args["securityGroupRuleId"]]} if args.get("securityGroupRuleId") else {}
    found = cloud.call("DescribeSecurityGroupRules", args.get("region"), Filters=_filters(args), **ids)
    rule = _one(found["SecurityGroupRules"], "EC2 Security Group Rule")
    key = rule["SecurityGroupRuleId"]
    return {
        **_base(cloud, args, key),
        "arn": _arn(cloud, args, "security-group-rule", key),
        "cidrIpv4": rule.get("CidrIpv4", ""),
        "cidrIpv6": rule.get("CidrIpv6", ""),
        "description": rule.get("Description", ""),
        "fromPort": rule["FromPort"],
        "ipProtocol": rule["IpProtocol"],
        "isEgress": rule["IsEgress"],
        "prefixListId": rule.get("PrefixListId", ""),
        "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId", ""),
        "securityGroupId": rule["GroupId"],
        "securityGroupRuleId": key,
        "tags": tags_of(rule.get("Tags", [])),
        "toPort": rule["ToPort"],
    }


def get_security_group_rules(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the ids of all rules that match."""
    found = cloud.call("DescribeSecurityGroupRules", args.get("region"), Filters=_filters(args))["SecurityGroupRules"]
    ids = [rule["SecurityGroupRuleId"] for rule in found]
    return {**_base(cloud, args, args.get("region") or cloud.region), "ids": ids, "tags": args.get("tags") or {}}


def get_managed_prefix_list(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the one list that matches, with its entries."""
    region = args.get("region")
    filters = _filters(args, id="prefix-list-id", name="prefix-list-name")
    item = _one(
        cloud.call("DescribeManagedPrefixLists", region, Filters=filters)["PrefixLists"], "EC2 Managed Prefix List"
    )
    entries = cloud.call("GetManagedPrefixListEntries", region, PrefixListId=item["PrefixListId"])["Entries"]
    return {
        **_base(cloud, args, item["PrefixListId"]),
        "addressFamily": item["AddressFamily"],
        "arn": item["PrefixListArn"],
        "entries": [{"cidr": e["Cidr"], "description": e.get("Description", "")} for e in entries],
        "maxEntries": item["MaxEntries"],
        "name": item["PrefixListName"],
        "ownerId": item["OwnerId"],
        "tags": tags_of(item["Tags"]),
        "version": item["Version"],
    }


def get_vpc(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the one network that matches."""
    region = args.get("region")
    filters = _filters(args, id="vpc-id", cidrBlock="cidr", dhcpOptionsId="dhcp-options-id", state="state")
    if args.get("default") is not None:
        filters.append({"Name": "is-default", "Values": [str(args["default"]).lower()]})
    found = _one(cloud.call("DescribeVpcs", region, Filters=filters)["Vpcs"], "EC2 VPC")
    live = Vpc().read(cloud, found["VpcId"], args) or {}
    return {
        **_base(cloud, args, found["VpcId"]),
        "arn": live["arn"],
        "cidrBlock": live["cidrBlock"],
        "cidrBlockAssociations": [
            {"associationId": a["AssociationId"], "cidrBlock": a["CidrBlock"], "state": a["CidrBlockState"]["State"]}
            for a in found.get("CidrBlockAssociationSet", [])
        ],
        "default": found["IsDefault"],
        "dhcpOptionsId": live["dhcpOptionsId"],
        "enableDnsHostnames": live["enableDnsHostnames"],
        "enableDnsSupport": live["enableDnsSupport"],
        "enableNetworkAddressUsageMetrics": False,
        "instanceTenancy": live["instanceTenancy"],
        "ipv6AssociationId": live["ipv6AssociationId"],
        "ipv6CidrBlock": live["ipv6CidrBlock"],
        "ipv6CidrBlockAssociations": [],
        "mainRouteTableId": live["mainRouteTableId"],
        "ownerId": live["ownerId"],
        "state": found["State"],
        "tags": tags_of(found.get("Tags", [])),
    }


def get_subnet(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the one subnet that matches."""
    filters = _filters(
        args,
        id="subnet-id",
        vpcId="vpc-id",
        cidrBlock="cidr-block",
        availabilityZone="availability-zone",
        state="state",
    )
    found = _one(cloud.call("DescribeSubnets", args.get("region"), Filters=filters)["Subnets"], "EC2 Subnet")
    block, association = associated_ipv6(found)
    return {
        **_base(cloud, args, found["SubnetId"]),
        "arn": _arn(cloud, args, "subnet", found["SubnetId"]),
        "assignIpv6AddressOnCreation": bool(found.get("AssignIpv6AddressOnCreation")),
        "availabilityZone": found["AvailabilityZone"],
        "availabilityZoneId": found["AvailabilityZoneId"],
        "availableIpAddressCount": found["AvailableIpAddressCount"],
        "cidrBlock": found["CidrBlock"],
        "customerOwnedIpv4Pool": "",
        "defaultForAz": bool(found.get("DefaultForAz")),
        "enableDns64": False,
        "enableLniAtDeviceIndex": 0,
        "enableResourceNameDnsARecordOnLaunch": False,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
        "ipv6CidrBlock": block,
        "ipv6CidrBlockAssociationId": association,
        "ipv6Native": False,
        "mapCustomerOwnedIpOnLaunch": False,
        "mapPublicIpOnLaunch": bool(found.get("MapPublicIpOnLaunch")),
        "outpostArn": "",
        "ownerId": found["OwnerId"],
        "privateDnsHostnameTypeOnLaunch": "ip-name",
        "state": found["State"],
        "tags": tags_of(found.get("Tags", [])),
        "vpcId": found["VpcId"],
    }


def get_caller_identity(cloud: AwsCloud, args: Properties) -> Properties:
    """Return who the provider is."""
    del args
    key = cloud.account_id
    return {"accountId": key, "arn": f"arn:aws:iam::{key}:user/sandbox", "id": key, "userId": "AIDASANDBOX"}


def get_region(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the region the provider is configured for, or the one that is asked for."""
    name = args.get("region") or args.get("name") or cloud.region
    host = f"ec2.{name}.amazonaws.com"
    return {"description": name, "endpoint": host, "id": name, "name": name, "region": name}


def get_partition(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the one partition that is emulated."""
    del cloud, args
    return {"dnsSuffix": "amazonaws.com", "id": "aws", "partition": "aws", "reverseDnsPrefix": "com.amazonaws"}


def get_availability_zones(cloud: AwsCloud, args: Properties) -> Properties:
    """Return the zones of the region."""
    found = cloud.call("DescribeAvailabilityZones", args.get("region"))["AvailabilityZones"]
    return {
        **_base(cloud, args, args.get("region") or cloud.region),
        "groupNames": [args.get("region") or cloud.region],
        "names": [zone["ZoneName"] for zone in found],
        "zoneIds": [zone["ZoneId"] for zone in found],
    }


FUNCTIONS: Mapping[str, Callable[[AwsCloud, Properties], Properties]] = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": get_managed_prefix_list,
    "aws:ec2/getSecurityGroup:getSecurityGroup": get_security_group,
    "aws:ec2/getSecurityGroups:getSecurityGroups": get_security_groups,
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getRegion:getRegion": get_region,
    "aws:vpc/getSecurityGroupRule:getSecurityGroupRule": get_security_group_rule,
    "aws:vpc/getSecurityGroupRules:getSecurityGroupRules": get_security_group_rules,
}
