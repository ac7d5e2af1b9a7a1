"""`aws.ec2.SecurityGroup`.

Owns the group without its rules: like the real provider it removes the egress rules that AWS gives a new group, so a
group without rule resources lets nothing out. Rules written inline are refused; they must not be mixed with rule
resources.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING, ClassVar

from sandbox.aws.cloud import tags_of
from sandbox.aws.resources.base import REGION, TAGS, AwsResource, tag_problems
from sandbox.errors import CloudError
from sandbox.protocol import is_unknown
from sandbox.resource import Failure, Input, Naming, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud

DESCRIPTION = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*")


class SecurityGroup(AwsResource):
    """A group; `ingress` and `egress` are not among its outputs, as they would change with every rule resource."""

    token = "aws:ec2/securityGroup:SecurityGroup"
    title = "Security Group"
    inputs: ClassVar[Mapping[str, Input]] = {
        "description": Input(str, replaces=True, default="Managed by Pulumi"),
        "egress": Input(list, emulated=False, local=True),
        "ingress": Input(list, emulated=False, local=True),
        "name": Input(str, replaces=True, computed=True),
        "namePrefix": Input(str, replaces=True, computed=True, local=True),
        "region": REGION,
        "revokeRulesOnDelete": Input(bool, default=False, local=True),
        "tags": TAGS,
        "vpcId": Input(str, replaces=True, computed=True),
    }
    outputs = ("arn", "ownerId", "tagsAll")

    def fill(self, news: Properties, olds: Properties, naming: Naming) -> None:
        """Name it."""
        if "name" not in news and "namePrefix" not in news:
            news["name"] = olds.get("name") or naming.physical()

    def problems(self, news: Properties) -> list[Failure]:
        """Check texts as the real provider does before it asks AWS."""
        found = tag_problems(news)
        text = news["description"]
        if not is_unknown(text) and not (1 <= len(text) <= 255 and DESCRIPTION.fullmatch(text)):
            found.append(
                Failure(
                    "description", "The description must have 1 to 255 of: a-z A-Z 0-9 spaces ._-:/()#,@[]+=&;{}!$*"
                )
            )
        if "name" in news and "namePrefix" in news:
            found.append(Failure("namePrefix", "Only one of name and name_prefix can be given."))
        name = str(news.get("name") or news.get("namePrefix"))
        if not is_unknown(name) and (name.startswith("sg-") or len(name) > 255):
            found.append(Failure("name", 'The name must not begin with "sg-" nor have more than 255 characters.'))
        return found

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create the group and take its default egress rules away."""
        region = news.get("region")
        # The real provider's suffix is a time stamp too: names made from one prefix sort by age.
        name = news.get("name") or f"{news['namePrefix']}{time.time_ns():x}{secrets.token_hex(4)}"
        vpc = {"VpcId": news["vpcId"]} if news.get("vpcId") else {}
        tags = cloud.specification("security-group", news.get("tags"))
        created = cloud.call(
            "CreateSecurityGroup",
            region,
            GroupName=name,
            Description=news["description"],
            **vpc,
            **({"TagSpecifications": tags} if tags else {}),
        )
        key = str(created["GroupId"])
        group = cloud.call("DescribeSecurityGroups", region, GroupIds=[key])["SecurityGroups"][0]
        if group["IpPermissionsEgress"]:
            cloud.call("RevokeSecurityGroupEgress", region, GroupId=key, IpPermissions=group["IpPermissionsEgress"])
        return key

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the group."""
        region = known.get("region")
        group = cloud.find("DescribeSecurityGroups", "SecurityGroups", region, GroupIds=[key])
        if group is None:
            return None
        return {
            **self.common(cloud, "security-group", key, tags_of(group.get("Tags", [])), region),
            "description": group["Description"],
            "name": group["GroupName"],
            "ownerId": group["OwnerId"],
            "vpcId": group["VpcId"],
        }

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change the tags; all else replaces."""
        del old
        region = news.get("region")
        group = cloud.call("DescribeSecurityGroups", region, GroupIds=[key])["SecurityGroups"][0]
        cloud.retag(key, news.get("tags"), group.get("Tags", []), region)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete the group, and its rules with it."""
        region = state.get("region")
        group = cloud.find("DescribeSecurityGroups", "SecurityGroups", region, GroupIds=[key])
        if group is None:
            return
        if state.get("revokeRulesOnDelete"):
            for direction, permissions in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
                if group[permissions]:
                    cloud.call(f"RevokeSecurityGroup{direction}", region, GroupId=key, IpPermissions=group[permissions])
        try:
            cloud.call("DeleteSecurityGroup", region, GroupId=key)
        except CloudError as failure:
            if failure.code != "InvalidGroup.NotFound":
                raise
