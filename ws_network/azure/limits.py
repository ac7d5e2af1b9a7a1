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
    },
)
"""Azure documentation, "Azure subscription and service limits, quotas, and constraints", networking limits. They are
maximums today; a subscription whose limits support raised in the past keeps those."""

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
