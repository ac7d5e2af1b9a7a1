"""What Azure sets limits to, with the source of each number, and what a deployment may say was raised.

Owns the numbers and the names under which a deployment says another value. Does not own counting.
"""

import re

from ws_network.quotas import Quota, Quotas

QUOTAS = Quotas(
    "Azure",
    {
        "azure-rules-per-network-security-group": Quota(1000, "NSG rules per NSG"),
        "azure-addresses-per-network-security-group": Quota(
            4000, "IP addresses and ranges specified for source or destination in an NSG"
        ),
        "azure-application-security-groups-per-network-security-group": Quota(
            100, "Application security groups that can be specified within all security rules of an NSG"
        ),
        "azure-firewall-network-rule-pairs": Quota(
            20_000, "Unique source/destinations in network rules of a firewall policy"
        ),
        "azure-firewall-network-rule-fqdns": Quota(1000, "FQDNs in network rules of a firewall policy"),
        "azure-firewall-ip-groups": Quota(200, "IP groups of a firewall policy"),
        "azure-firewall-rule-collection-group-bytes": Quota(
            2 * 1024 * 1024, "Total size of rules within a single rule collection group"
        ),
    },
)
"""Azure documentation, "Azure subscription and service limits, quotas, and constraints", networking limits and Azure
Firewall limits. They are maximums today; a subscription whose limits support raised in the past keeps those."""

FIRST_PRIORITY, LAST_PRIORITY = 100, 4096
"""Priorities that a rule may have (Azure REST API, Security Rules: "between 100 and 4096")."""

NAME_LENGTH = 80
"""Characters of a rule's name (Azure documentation, "Naming rules and restrictions", Microsoft.Network)."""

NAME_PATTERN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
"""What a rule's name looks like (same page)."""

DESCRIPTION_LENGTH = 140
"""Characters of a rule's description (Azure REST API, Security Rules: "Restricted to 140 chars")."""

ADDRESSES_PER_IP_GROUP = 5000
"""Addresses or ranges of one IP group (Azure documentation, page of limits, Azure Firewall)."""

FIRST_GROUP_PRIORITY, LAST_GROUP_PRIORITY = 100, 65_000
"""Priorities of rule collection groups and collections (Azure REST API, Firewall Policy Rule Collection Groups)."""

NETWORK_PRIORITY, APPLICATION_PRIORITY = 100, 200
"""Priorities of our two collections inside their group: ours, and never changed. Azure looks at network rules first."""

LAST_APPLICATION_PORT = 64_000
"""Highest port of an application rule (Azure REST API, FirewallPolicyRuleApplicationProtocol: "cannot be greater than
64000")."""

INLINE_ADDRESSES = 20
"""Ranges that stand in a rule itself; a longer list is an IP group. Ours: what a person still reads in a rule."""
