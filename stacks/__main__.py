"""The reference project: one stack for each cloud, named after it."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from ws_network.aws import AwsWorkloadSecurity
from ws_network.deployment import Deployment

deployment = Deployment.load(Path(__file__).parent / f"{pulumi.get_stack()}.yaml")
vpc = aws.ec2.Vpc("site", cidr_block="10.20.0.0/16", tags={"Name": "workload-security"})
site = AwsWorkloadSecurity(
    "site",
    {"deployment": deployment.to_args(), "vpc_id": vpc.id, "exclusive": True, "report": "redacted"},
)
pulumi.export("security_group_ids", site.security_group_ids)
pulumi.export("prefix_list_ids", site.prefix_list_ids)
pulumi.export("rule_count", site.rule_count)
pulumi.export("report", site.report)
