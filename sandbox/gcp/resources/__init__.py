"""The resource types of `pulumi_gcp` that are emulated, by their type tokens.

A regional policy, or one with all its rules in one resource, is a module here and a scope in `sandbox.gcp.policies`.
"""

from __future__ import annotations

from sandbox.gcp.resources.address_group import AddressGroup
from sandbox.gcp.resources.firewall import Firewall
from sandbox.gcp.resources.instance import Instance
from sandbox.gcp.resources.network import Network, Subnetwork
from sandbox.gcp.resources.policy import NetworkFirewallPolicy, NetworkFirewallPolicyAssociation
from sandbox.gcp.resources.policy_rule import NetworkFirewallPolicyRule
from sandbox.gcp.resources.secure_proxy import GatewaySecurityPolicy, GatewaySecurityPolicyRule, UrlList
from sandbox.gcp.resources.tag import LocationTagBinding, TagBinding, TagKey, TagValue

RESOURCES = {
    resource.token: resource
    for resource in (
        AddressGroup(),
        Firewall(),
        GatewaySecurityPolicy(),
        GatewaySecurityPolicyRule(),
        Instance(),
        LocationTagBinding(),
        Network(),
        NetworkFirewallPolicy(),
        NetworkFirewallPolicyAssociation(),
        NetworkFirewallPolicyRule(),
        Subnetwork(),
        TagBinding(),
        TagKey(),
        TagValue(),
        UrlList(),
    )
}
