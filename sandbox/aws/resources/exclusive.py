"""`aws.ec2.VpcSecurityGroupRulesExclusive`: the rules a group may have; any other is taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.resources.base import REGION, AwsResource
from sandbox.errors import CloudError
from sandbox.resource import Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud

DIRECTIONS = {"ingressRuleIds": ("Ingress", False), "egressRuleIds": ("Egress", True)}


class RulesExclusive(AwsResource):
    """Has the group's id as its own, and nothing of its own in the cloud."""

    token = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
    title = "VPC Security Group Rules Exclusive"
    inputs: ClassVar[Mapping[str, Input]] = {
        "egressRuleIds": Input(list, required=True),
        "ingressRuleIds": Input(list, required=True),
        "region": REGION,
        "securityGroupId": Input(str, required=True, replaces=True),
    }
    outputs = ()

    def normal(self, name: str, value: Any) -> Any:
        """Compare ids as a set."""
        return sorted(value) if name in DIRECTIONS and isinstance(value, list) else value

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Take other rules away."""
        self._apply(cloud, news)
        return str(news["securityGroupId"])

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the ids of all rules the group has now."""
        region = known.get("region")
        if cloud.find("DescribeSecurityGroups", "SecurityGroups", region, GroupIds=[key]) is None:
            return None
        found = self._rules(cloud, key, region)
        ids = {name: sorted(k for k, out in found.items() if out is egress) for name, (_, egress) in DIRECTIONS.items()}
        return {**ids, "region": region or cloud.region, "securityGroupId": key}

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Take other rules away."""
        del key, old
        self._apply(cloud, news)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Leave the rules as they are."""

    def _rules(self, cloud: AwsCloud, group: str, region: str | None) -> dict[str, bool]:
        filters = [{"Name": "group-id", "Values": [group]}]
        found = cloud.call("DescribeSecurityGroupRules", region, Filters=filters)["SecurityGroupRules"]
        return {rule["SecurityGroupRuleId"]: rule["IsEgress"] for rule in found}

    def _apply(self, cloud: AwsCloud, news: Properties) -> None:
        group, region = news["securityGroupId"], news.get("region")
        found = self._rules(cloud, group, region)
        for name, (direction, egress) in DIRECTIONS.items():
            if missing := sorted(set(news[name]) - {k for k, out in found.items() if out is egress}):
                raise CloudError(
                    "InvalidSecurityGroupRuleId.NotFound",
                    f"The security group rule ID '{missing[0]}' does not exist",
                    "DescribeSecurityGroupRules",
                )
            if other := sorted(k for k, out in found.items() if out is egress and k not in news[name]):
                cloud.call(f"RevokeSecurityGroup{direction}", region, GroupId=group, SecurityGroupRuleIds=other)
