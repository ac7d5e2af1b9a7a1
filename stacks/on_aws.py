"""The reference site in an AWS VPC."""

from typing import Any

import pulumi
import pulumi_aws as aws

from ws_network.aws import AwsWorkloadSecurity


def deploy(deployment: Any) -> None:
    """Deploy the site: a VPC, and a group for each role."""
    vpc = aws.ec2.Vpc("site", cidr_block="10.20.0.0/16", tags={"Name": "workload-security"})
    site = AwsWorkloadSecurity(
        "site",
        {"deployment": deployment, "vpc_id": vpc.id, "exclusive": True, "report": "redacted"},
    )
    pulumi.export("security_group_ids", site.security_group_ids)
    pulumi.export("prefix_list_ids", site.prefix_list_ids)
    pulumi.export("rule_count", site.rule_count)
    pulumi.export("report", site.report)
