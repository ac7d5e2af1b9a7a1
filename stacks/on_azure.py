"""The reference site in an Azure resource group."""

from pathlib import Path

import pulumi
import yaml
from pulumi_azure_native import network, resources

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.azure import AzureEgressPolicy, AzureWorkloadSecurity

NETWORKS = Path(__file__).with_name("networks.yaml")
"""Where the machines of each role are."""


def deploy(deployment: WsDeploymentArgs, snapshot: WsSnapshotArgs) -> None:
    """Deploy the site: a network, both groups for each role, and the policy of the firewall behind them."""
    group = resources.ResourceGroup("workload-security")
    network.VirtualNetwork("site", resource_group_name=group.name, address_space={"address_prefixes": ["10.20.0.0/16"]})
    site = AzureWorkloadSecurity(
        "site",
        {
            "deployment": deployment,
            "snapshot": snapshot,
            "resource_group_name": group.name,
            "report": "redacted",
        },
    )
    egress = AzureEgressPolicy(
        "egress",
        {
            "deployment": deployment,
            "snapshot": snapshot,
            "resource_group_name": group.name,
            "role_cidrs": yaml.safe_load(NETWORKS.read_text(encoding="utf-8")),
            "report": "redacted",
        },
    )
    pulumi.export("network_security_group_ids", site.network_security_group_ids)
    pulumi.export("application_security_group_ids", site.application_security_group_ids)
    pulumi.export("rule_count", site.rule_count)
    pulumi.export("report", site.report)
    pulumi.export("firewall_policy_id", egress.firewall_policy_id)
    pulumi.export("egress_report", egress.report)
