"""The resource types of `pulumi_gcp` that are emulated, by their type tokens."""

from __future__ import annotations

from sandbox.gcp.resources.network import Network, Subnetwork
from sandbox.gcp.resources.policy import NetworkFirewallPolicy, NetworkFirewallPolicyAssociation
from sandbox.gcp.resources.policy_rule import NetworkFirewallPolicyRule

RESOURCES = {
    resource.token: resource
    for resource in (
        Network(),
        NetworkFirewallPolicy(),
        NetworkFirewallPolicyAssociation(),
        NetworkFirewallPolicyRule(),
        Subnetwork(),
    )
}
