"""Azure: network security groups with their rules, application security groups and IP groups.

Loads pulumi and the Azure SDK when a component is first asked for, so that the renderer works without them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ws_network.azure.components import (
        AzureIpGroups,
        AzureIpGroupsArgs,
        AzureRoleSecurityGroup,
        AzureRoleSecurityGroupArgs,
        AzureWorkloadSecurity,
        AzureWorkloadSecurityArgs,
    )

__all__ = [
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
