"""Azure Firewall: from a plan for the target `azure-firewall` to one rule collection group, as plain dicts.

Owns the rules of a firewall policy, their sources, and the IP groups that they name. Does not own resources
(`ws_network.azure.components.egress`), the words of network security groups (`ws_network.azure.render`), nor which form
of a host name is permitted (`ws_network.deployment.names`).
"""

from ws_network.azure.egress.checks import pairs
from ws_network.azure.egress.model import (
    ApplicationProtocol,
    AzureEgressRendering,
    FirewallRule,
    RuleCollection,
)
from ws_network.azure.egress.render import render
from ws_network.azure.egress.sources import checked_sources

__all__ = [
    "ApplicationProtocol",
    "AzureEgressRendering",
    "FirewallRule",
    "RuleCollection",
    "checked_sources",
    "pairs",
    "render",
]
