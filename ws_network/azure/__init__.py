"""Azure: network security groups with their rules, application security groups, IP groups, rules of Azure Firewall.

Loads pulumi and the Azure SDK when a component is first asked for, so that the renderer works without them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ws_network.azure.components import (
        AzureEgressPolicy,
        AzureEgressPolicyArgs,
        AzureIpGroups,
        AzureIpGroupsArgs,
        AzureRoleSecurityGroup,
        AzureRoleSecurityGroupArgs,
        AzureWorkloadSecurity,
        AzureWorkloadSecurityArgs,
    )

__all__ = [
    "AzureEgressPolicy",
    "AzureEgressPolicyArgs",
    "AzureIpGroups",
    "AzureIpGroupsArgs",
    "AzureRoleSecurityGroup",
    "AzureRoleSecurityGroupArgs",
    "AzureWorkloadSecurity",
    "AzureWorkloadSecurityArgs",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from ws_network.azure import components  # noqa: PLC0415 - the SDK takes a second to load

    return getattr(components, name)
