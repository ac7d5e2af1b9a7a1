"""GCP components: the whole site, the rules of one role, what leaves a site, address groups.

Own the wiring of what `ws_network.gcp.render` says to resources, and the names of those. Do not own networks, tags,
accounts or machines: which machines wear a mark is the caller's decision. A resource's name comes from its content,
never from its place. Children get `parent` and nothing else of a component's options: `protect`, `ignore_changes` or
`aliases` would otherwise reach every rule.
"""

from ws_network.gcp.components.address_groups import GcpAddressGroups, GcpAddressGroupsArgs
from ws_network.gcp.components.egress import GcpEgressPolicy, GcpEgressPolicyArgs
from ws_network.gcp.components.role import GcpRoleFirewall, GcpRoleFirewallArgs
from ws_network.gcp.components.site import GcpWorkloadSecurity, GcpWorkloadSecurityArgs

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
