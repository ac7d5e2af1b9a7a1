"""A whole site on AWS: everything but the proxy reaches the service through it."""

from pathlib import Path

import pulumi

from ws_network.aws import AwsWorkloadSecurity
from ws_network.deployment import Deployment

config = pulumi.Config()
site = AwsWorkloadSecurity(
    "site",
    {
        "deployment": Deployment.load(Path(__file__).parent / "aws.yaml").to_args(),
        "vpc_id": config.require("vpc_id"),
        "peer_security_group_ids": {"siem-or-syslog-server": config.require("siem_security_group_id")},
        "exclusive": True,
    },
)
pulumi.export("security_group_ids", site.security_group_ids)
pulumi.export("rule_count", site.rule_count)
