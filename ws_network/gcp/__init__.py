"""GCP: network firewall policies with their rules, address groups, rules of a VPC, and names for a Secure Web Proxy.

Loads pulumi and the GCP SDK when a component is first asked for, so that the renderer works without them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ws_network.gcp.components import (
        GcpAddressGroups,
        GcpAddressGroupsArgs,
        GcpEgressPolicy,
        GcpEgressPolicyArgs,
        GcpRoleFirewall,
        GcpRoleFirewallArgs,
        GcpWorkloadSecurity,
        GcpWorkloadSecurityArgs,
    )

__all__ = [
    "GcpAddressGroups",
    "GcpAddressGroupsArgs",
    "GcpEgressPolicy",
    "GcpEgressPolicyArgs",
    "GcpRoleFirewall",
    "GcpRoleFirewallArgs",
    "GcpWorkloadSecurity",
    "GcpWorkloadSecurityArgs",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from ws_network.gcp import components  # noqa: PLC0415 - the SDK takes seconds to load

    return getattr(components, name)
