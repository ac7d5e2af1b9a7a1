"""A security group for machines that run agents, in a VPC that exists."""

import pulumi

from ws_network.arguments import WsExemptionArgs
from ws_network.aws import AwsWorkloadSecurity

HELD: WsExemptionArgs = {"reason": "AWS Network Firewall holds the names", "until": "2027-11-30"}
agents = AwsWorkloadSecurity(
    "agents",
    {
        "vpc_id": pulumi.Config().require("vpc_id"),
        "deployment": {
            "region": "de-1",
            "revision": "2025-12-09",
            "roles": ["agent"],
            "peers": {"dns-server": {"platform": True}, "ntp-server": {"platform": True}},
            "names": [{"forms": ["blocks", "any-address"]}],
            "any_address": {"workload-security": HELD, "smart-protection-network": HELD, "download-center": HELD},
            "behind": {"aws-security-group": "aws-network-firewall"},
        },
    },
)
pulumi.export("security_group_id", agents.security_group_ids["agent"])
