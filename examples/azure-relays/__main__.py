"""Relays and agents in one virtual network; the agents' rules go into a group that exists."""

import pulumi
from pulumi_azure_native import network

from ws_network.arguments import WsExemptionArgs
from ws_network.azure import AzureWorkloadSecurity

HELD: WsExemptionArgs = {"reason": "Azure Firewall holds the names", "until": "2027-11-30"}

config = pulumi.Config()
group = config.require("resource_group_name")
site = AzureWorkloadSecurity(
    "site",
    {
        "resource_group_name": group,
        "network_security_group_names": {"agent": config.require("agents_network_security_group_name")},
        "first_priority": 500,
        "deployment": {
            "region": "de-1",
            "revision": "2025-12-09",
            "roles": ["agent", "relay"],
            "peers": {"dns-server": {"cidrs": ["10.20.0.53/32"]}, "ntp-server": {"platform": True}},
            "names": [{"forms": ["blocks", "any-address"]}],
            "any_address": {
                "workload-security": HELD,
                "smart-protection-network": HELD,
                "trend-micro-update-server": HELD,
                "download-center": HELD,
            },
            "behind": {"azure-nsg": "azure-firewall"},
            "deny_rest": True,
        },
    },
)
for role in ("agent", "relay"):
    interface = network.NetworkInterface(
        role,
        resource_group_name=group,
        network_security_group={"id": site.network_security_group_ids[role]},
        ip_configurations=[
            {
                "name": "main",
                "subnet": {"id": config.require("subnet_id")},
                "application_security_groups": [{"id": site.application_security_group_ids[role]}],
            }
        ],
    )
    pulumi.export(f"{role}_network_interface_id", interface.id)
pulumi.export("network_security_group_ids", site.network_security_group_ids)
