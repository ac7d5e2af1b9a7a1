"""An agent and a relay that wear the groups of their roles."""

import pulumi
import pulumi_aws as aws

from ws_network.arguments import WsExemptionArgs
from ws_network.aws import AwsWorkloadSecurity

HELD: WsExemptionArgs = {"reason": "AWS Network Firewall holds the names", "until": "2027-11-30"}

config = pulumi.Config()
site = AwsWorkloadSecurity(
    "site",
    {
        "vpc_id": config.require("vpc_id"),
        "deployment": {
            "region": "de-1",
            "revision": "2025-12-09",
            "roles": ["agent", "relay"],
            "split": {"agent": 2},
            "peers": {"dns-server": {"platform": True}, "ntp-server": {"platform": True}},
            "names": [{"forms": ["blocks", "any-address"]}],
            "any_address": {
                "workload-security": HELD,
                "smart-protection-network": HELD,
                "trend-micro-update-server": HELD,
                "download-center": HELD,
            },
            "behind": {"aws-security-group": "aws-network-firewall"},
        },
    },
)
for role, groups in {"agent": ["agent", "agent-2"], "relay": ["relay"]}.items():
    machine = aws.ec2.Instance(
        role,
        ami=config.require("ami"),
        instance_type="t3.small",
        subnet_id=config.require("subnet_id"),
        vpc_security_group_ids=[site.security_group_ids[group] for group in groups],
        tags={"Name": role},
    )
    pulumi.export(f"{role}_instance_id", machine.id)
pulumi.export("security_group_ids", site.security_group_ids)
