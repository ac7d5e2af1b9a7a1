"""The reference site in an Azure resource group."""

import pulumi
from pulumi_azure_native import network, resources

from ws_network.arguments import WsDeploymentArgs
from ws_network.azure import AzureWorkloadSecurity


def deploy(deployment: WsDeploymentArgs) -> None:
    """Deploy the site: a network, and both groups for each role."""
    group = resources.ResourceGroup("workload-security")
    network.VirtualNetwork("site", resource_group_name=group.name, address_space={"address_prefixes": ["10.20.0.0/16"]})
    site = AzureWorkloadSecurity(
        "site",
        {"deployment": deployment, "resource_group_name": group.name, "report": "redacted"},
    )
    pulumi.export("network_security_group_ids", site.network_security_group_ids)
    pulumi.export("application_security_group_ids", site.application_security_group_ids)
    pulumi.export("rule_count", site.rule_count)
    pulumi.export("report", site.report)
