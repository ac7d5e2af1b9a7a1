"""The resource types of `pulumi_azure_native` that are emulated, by their type tokens.

All of them work alike (`base`); each one is a record of its names. A new type is one more record here and its rules in
`subscription.TYPES`.
"""

from __future__ import annotations

from sandbox.azure.resources.base import AzureResource


class ResourceGroup(AzureResource):
    """A resource group."""

    token = "azure-native:resources:ResourceGroup"
    title = "resource group"
    model = "ResourceGroup"
    api_version = "2024-03-01"
    replacing = ("location",)


class ApplicationSecurityGroup(AzureResource):
    """A name that network interfaces wear."""

    token = "azure-native:network:ApplicationSecurityGroup"
    title = "application security group"
    model = "ApplicationSecurityGroup"
    path = (("applicationSecurityGroups", "applicationSecurityGroupName"),)


class FirewallPolicy(AzureResource):
    """Settings of firewalls, without rules."""

    token = "azure-native:network:FirewallPolicy"
    title = "firewall policy"
    model = "FirewallPolicy"
    path = (("firewallPolicies", "firewallPolicyName"),)


class FirewallPolicyRuleCollectionGroup(AzureResource):
    """Rules of a firewall policy, as a resource of its own."""

    token = "azure-native:network:FirewallPolicyRuleCollectionGroup"
    title = "rule collection group"
    model = "FirewallPolicyRuleCollectionGroup"
    path = (("firewallPolicies", "firewallPolicyName"), ("ruleCollectionGroups", "ruleCollectionGroupName"))


class IpGroup(AzureResource):
    """Addresses for rules of Azure Firewall."""

    token = "azure-native:network:IpGroup"
    title = "IP group"
    model = "IpGroup"
    path = (("ipGroups", "ipGroupsName"),)


class NetworkInterface(AzureResource):
    """A network interface."""

    token = "azure-native:network:NetworkInterface"
    title = "network interface"
    model = "NetworkInterface"
    path = (("networkInterfaces", "networkInterfaceName"),)


class NetworkSecurityGroup(AzureResource):
    """A network security group, with rules or without."""

    token = "azure-native:network:NetworkSecurityGroup"
    title = "network security group"
    model = "NetworkSecurityGroup"
    path = (("networkSecurityGroups", "networkSecurityGroupName"),)
    maintained = ("securityRules",)


class SecurityRule(AzureResource):
    """A rule as a resource of its own."""

    token = "azure-native:network:SecurityRule"
    title = "security rule"
    model = "SecurityRule"
    path = (("networkSecurityGroups", "networkSecurityGroupName"), ("securityRules", "securityRuleName"))


class Subnet(AzureResource):
    """A subnet as a resource of its own."""

    token = "azure-native:network:Subnet"
    title = "subnet"
    model = "Subnet"
    path = (("virtualNetworks", "virtualNetworkName"), ("subnets", "subnetName"))


class VirtualNetwork(AzureResource):
    """A virtual network, with subnets or without."""

    token = "azure-native:network:VirtualNetwork"
    title = "virtual network"
    model = "VirtualNetwork"
    path = (("virtualNetworks", "virtualNetworkName"),)
    maintained = ("subnets", "virtualNetworkPeerings")
    replacing = ("location",)


RESOURCES: dict[str, AzureResource] = {
    resource.token: resource
    for resource in (
        ApplicationSecurityGroup(),
        FirewallPolicy(),
        FirewallPolicyRuleCollectionGroup(),
        IpGroup(),
        NetworkInterface(),
        NetworkSecurityGroup(),
        ResourceGroup(),
        SecurityRule(),
        Subnet(),
        VirtualNetwork(),
    )
}
