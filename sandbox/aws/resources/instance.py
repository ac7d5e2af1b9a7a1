"""`aws.ec2.Instance`: what groups are attached to - image, type, place, groups, tags - and little else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.cloud import is_gone, tags_of
from sandbox.aws.resources.base import REGION, TAGS, AwsResource, tag_problems
from sandbox.errors import CloudError
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud

UNUSED_TEXT = Input(str, computed=True, emulated=False)
UNUSED_NUMBER = Input(int, computed=True, emulated=False)
UNUSED_FLAG = Input(bool, computed=True, emulated=False)
UNUSED_LIST = Input(list, computed=True, emulated=False)
UNUSED_MAP = Input(dict, computed=True, emulated=False)

GONE = {"shutting-down", "terminated"}


class Instance(AwsResource):
    """A machine with one interface."""

    token = "aws:ec2/instance:Instance"
    title = "EC2 Instance"
    inputs: ClassVar[Mapping[str, Input]] = {
        "ami": Input(str, computed=True, replaces=True),
        "associatePublicIpAddress": UNUSED_FLAG,
        "availabilityZone": Input(str, computed=True, replaces=True),
        "capacityReservationSpecification": UNUSED_MAP,
        "cpuOptions": UNUSED_MAP,
        "creditSpecification": UNUSED_MAP,
        "disableApiStop": UNUSED_FLAG,
        "disableApiTermination": UNUSED_FLAG,
        "ebsBlockDevices": UNUSED_LIST,
        "ebsOptimized": UNUSED_FLAG,
        "enablePrimaryIpv6": UNUSED_FLAG,
        "enclaveOptions": UNUSED_MAP,
        "ephemeralBlockDevices": UNUSED_LIST,
        "forceDestroy": Input(bool, default=False, local=True),
        "getPasswordData": Input(bool, default=False, local=True, emulated=False),
        "hibernation": UNUSED_FLAG,
        "hostId": UNUSED_TEXT,
        "hostResourceGroupArn": UNUSED_TEXT,
        "iamInstanceProfile": UNUSED_TEXT,
        "instanceInitiatedShutdownBehavior": UNUSED_TEXT,
        "instanceMarketOptions": UNUSED_MAP,
        "instanceType": Input(str, computed=True),
        "ipv6AddressCount": UNUSED_NUMBER,
        "ipv6Addresses": UNUSED_LIST,
        "keyName": UNUSED_TEXT,
        "launchTemplate": UNUSED_MAP,
        "maintenanceOptions": UNUSED_MAP,
        "metadataOptions": UNUSED_MAP,
        "monitoring": UNUSED_FLAG,
        "networkInterfaces": UNUSED_LIST,
        "placementGroup": UNUSED_TEXT,
        "placementGroupId": UNUSED_TEXT,
        "placementPartitionNumber": UNUSED_NUMBER,
        "primaryNetworkInterface": UNUSED_MAP,
        "privateDnsNameOptions": UNUSED_MAP,
        "privateIp": Input(str, computed=True, replaces=True),
        "region": REGION,
        "rootBlockDevice": UNUSED_MAP,
        "secondaryNetworkInterfaces": UNUSED_LIST,
        "secondaryPrivateIps": UNUSED_LIST,
        "securityGroups": UNUSED_LIST,
        "sourceDestCheck": Input(bool, default=True),
        "subnetId": Input(str, computed=True, replaces=True),
        "tags": TAGS,
        "tenancy": UNUSED_TEXT,
        "userData": UNUSED_TEXT,
        "userDataBase64": UNUSED_TEXT,
        "userDataReplaceOnChange": Input(bool, default=False, local=True, emulated=False),
        "volumeTags": UNUSED_MAP,
        "vpcSecurityGroupIds": Input(list, computed=True),
    }
    outputs = (
        "arn",
        "instanceLifecycle",
        "instanceState",
        "outpostArn",
        "passwordData",
        "primaryNetworkInterfaceId",
        "privateDns",
        "publicDns",
        "publicIp",
        "spotInstanceRequestId",
        "tagsAll",
    )

    def normal(self, name: str, value: Any) -> Any:
        """Compare groups as a set."""
        return sorted(value) if name == "vpcSecurityGroupIds" and isinstance(value, list) else value

    def problems(self, news: Properties) -> list[Failure]:
        """Check that it has what else comes from a launch template or a default network."""
        found = tag_problems(news)
        found += [
            Failure(name, f'"{name}" must be given; launch templates and default subnets are not emulated here.')
            for name in ("ami", "instanceType", "subnetId")
            if name not in news
        ]
        return found

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Start it."""
        names = {
            "ImageId": "ami",
            "InstanceType": "instanceType",
            "PrivateIpAddress": "privateIp",
            "SecurityGroupIds": "vpcSecurityGroupIds",
            "SubnetId": "subnetId",
        }
        tags = cloud.specification("instance", news.get("tags"))
        zone = {"Placement": {"AvailabilityZone": news["availabilityZone"]}} if "availabilityZone" in news else {}
        started = cloud.call(
            "RunInstances",
            news.get("region"),
            MinCount=1,
            MaxCount=1,
            **{api: news[name] for api, name in names.items() if news.get(name)},
            **zone,
            **({"TagSpecifications": tags} if tags else {}),
        )
        machine = started["Instances"][0]
        if not news["sourceDestCheck"]:
            self._modify(cloud, machine, news, SourceDestCheck={"Value": False})
        return str(machine["InstanceId"])

    @staticmethod
    def _find(cloud: AwsCloud, key: str, region: str | None) -> dict[str, Any] | None:
        found = cloud.find("DescribeInstances", "Reservations", region, InstanceIds=[key])
        machine: dict[str, Any] | None = found["Instances"][0] if found else None
        return None if machine is None or machine["State"]["Name"] in GONE else machine

    @staticmethod
    def _modify(cloud: AwsCloud, machine: dict[str, Any], news: Properties, **change: Any) -> None:
        nic = machine["NetworkInterfaces"][0]["NetworkInterfaceId"]
        cloud.call("ModifyNetworkInterfaceAttribute", news.get("region"), NetworkInterfaceId=nic, **change)

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the machine; one that was terminated is gone, though AWS shows it for an hour."""
        region = known.get("region")
        machine = self._find(cloud, key, region)
        if machine is None:
            return None
        nic = machine["NetworkInterfaces"][0]
        return {
            **self.common(cloud, "instance", key, tags_of(machine.get("Tags", [])), region),
            "ami": machine["ImageId"],
            "availabilityZone": machine["Placement"]["AvailabilityZone"],
            "instanceState": machine["State"]["Name"],
            "instanceType": machine["InstanceType"],
            "primaryNetworkInterfaceId": nic["NetworkInterfaceId"],
            "privateDns": machine["PrivateDnsName"],
            "privateIp": machine["PrivateIpAddress"],
            "sourceDestCheck": nic["SourceDestCheck"],
            "subnetId": machine["SubnetId"],
            "vpcSecurityGroupIds": sorted(group["GroupId"] for group in machine["SecurityGroups"]),
        }

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change groups, the check of addresses, the type of a stopped machine, and tags."""
        del old
        region = news.get("region")
        machine = self._find(cloud, key, region) or {}
        worn = sorted(group["GroupId"] for group in machine["SecurityGroups"])
        if news.get("vpcSecurityGroupIds") and sorted(news["vpcSecurityGroupIds"]) != worn:
            self._modify(cloud, machine, news, Groups=news["vpcSecurityGroupIds"])
        if news["sourceDestCheck"] != machine["NetworkInterfaces"][0]["SourceDestCheck"]:
            self._modify(cloud, machine, news, SourceDestCheck={"Value": news["sourceDestCheck"]})
        if news["instanceType"] != machine["InstanceType"]:
            cloud.call("StopInstances", region, InstanceIds=[key])
            cloud.call("ModifyInstanceAttribute", region, InstanceId=key, InstanceType={"Value": news["instanceType"]})
            cloud.call("StartInstances", region, InstanceIds=[key])
        cloud.retag(key, news.get("tags"), machine.get("Tags", []), region)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Terminate it."""
        try:
            cloud.call("TerminateInstances", state.get("region"), InstanceIds=[key])
        except CloudError as failure:
            if not is_gone(failure):
                raise
