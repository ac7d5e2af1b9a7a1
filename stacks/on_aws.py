"""The reference site in an AWS VPC."""

from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import yaml

from ws_network.aws import AwsEgressPolicy, AwsWorkloadSecurity

NETWORKS = Path(__file__).with_name("networks.yaml")
"""Where the machines of each role are."""


def deploy(deployment: Any, snapshot: Any) -> None:
    """Deploy the site: a VPC, a group for each role, and the policy of the firewall behind them."""
    vpc = aws.ec2.Vpc("site", cidr_block="10.20.0.0/16", tags={"Name": "workload-security"})
    site = AwsWorkloadSecurity(
        "site",
        {
            "deployment": deployment,
            "snapshot": snapshot,
            "vpc_id": vpc.id,
            "exclusive": True,
            "report": "redacted",
        },
    )
    egress = AwsEgressPolicy(
        "egress",
        {
            "deployment": deployment,
            "snapshot": snapshot,
            "role_cidrs": yaml.safe_load(NETWORKS.read_text(encoding="utf-8")),
            "firewall_policy": True,
            "report": "redacted",
        },
    )
    pulumi.export("security_group_ids", site.security_group_ids)
    pulumi.export("prefix_list_ids", site.prefix_list_ids)
    pulumi.export("rule_count", site.rule_count)
    pulumi.export("report", site.report)
    pulumi.export("firewall_policy_arn", egress.firewall_policy_arn)
    pulumi.export("egress_report", egress.report)
