"""Azure components: the whole site, the group of one role, IP groups, the rules of Azure Firewall.

Own the wiring of what `ws_network.azure.render` and `ws_network.azure.egress` say to resources, and the names of those.
Do not own networks, subnets or machines: attaching a group is the caller's decision. A group of ours has its rules
inside, and changes in one request; in a group that is adopted each rule is a resource of its own. One group never has
both: they take each other away. Names in Azure are made up by the provider, so that what is replaced can exist twice
for a moment.
"""

from ws_network.azure.components.egress import AzureEgressPolicy, AzureEgressPolicyArgs
from ws_network.azure.components.ip_groups import AzureIpGroups, AzureIpGroupsArgs
from ws_network.azure.components.role import AzureRoleSecurityGroup, AzureRoleSecurityGroupArgs
from ws_network.azure.components.site import AzureWorkloadSecurity, AzureWorkloadSecurityArgs

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
