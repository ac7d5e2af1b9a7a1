"""A security group for agents. The addresses of names come from a file that a pipeline proposes and people review."""

from pathlib import Path

import pulumi

from ws_network import Deployment, Snapshot, resolved_on
from ws_network.aws import AwsWorkloadSecurity

HERE = Path(__file__).parent
SNAPSHOT = HERE / "ws-network.snapshot.json"

agents = AwsWorkloadSecurity(
    "agents",
    {
        "vpc_id": pulumi.Config().require("vpc_id"),
        "deployment": Deployment.load(HERE / "ws-network.yaml").to_args(),
        "snapshot": Snapshot.load(SNAPSHOT).to_args(),
        "snapshot_resolved_on": resolved_on(SNAPSHOT),
    },
)
pulumi.export("security_group_id", agents.security_group_ids["agent"])
