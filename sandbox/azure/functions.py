"""The getters of `pulumi_azure_native` that are emulated, by their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resources import (
    ApplicationSecurityGroup,
    FirewallPolicy,
    FirewallPolicyRuleCollectionGroup,
    IpGroup,
    NetworkSecurityGroup,
    ResourceGroup,
    Subnet,
    VirtualNetwork,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.azure.cloud import AzureCloud
    from sandbox.azure.resources.base import AzureResource
    from sandbox.resource import Properties

#: What `get_client_config` tells of a user that no directory knows.
NOBODY = "00000000-0000-4000-8000-000000000000"


def _getter(resource: AzureResource) -> Callable[[AzureCloud, Properties], Properties]:
    """Return the function that looks one resource up by the names in its path; the argument `expand` adds nothing."""

    def get(cloud: AzureCloud, args: Properties) -> Properties:
        key = resource.key(cloud, args)
        return resource.outputs_of(cloud.subscription.get(key))

    return get


def get_client_config(cloud: AzureCloud, args: Properties) -> Properties:
    """Return who the provider is."""
    del args
    return {
        "clientId": cloud.client_id or NOBODY,
        "objectId": NOBODY,
        "subscriptionId": cloud.subscription_id,
        "tenantId": cloud.tenant_id or NOBODY,
    }


FUNCTIONS: Mapping[str, Callable[[AzureCloud, Properties], Properties]] = {
    "azure-native:authorization:getClientConfig": get_client_config,
    "azure-native:network:getApplicationSecurityGroup": _getter(ApplicationSecurityGroup()),
    "azure-native:network:getFirewallPolicy": _getter(FirewallPolicy()),
    "azure-native:network:getFirewallPolicyRuleCollectionGroup": _getter(FirewallPolicyRuleCollectionGroup()),
    "azure-native:network:getIpGroup": _getter(IpGroup()),
    "azure-native:network:getNetworkSecurityGroup": _getter(NetworkSecurityGroup()),
    "azure-native:network:getSubnet": _getter(Subnet()),
    "azure-native:network:getVirtualNetwork": _getter(VirtualNetwork()),
    "azure-native:resources:getResourceGroup": _getter(ResourceGroup()),
}
