"""What AWS sets limits to, with the source of each number, and what a deployment may raise.

Owns the numbers and the names under which a deployment says that a quota was raised. Does not own counting.
"""

import re

from ws_network.quotas import Quota, Quotas

QUOTAS = Quotas(
    "AWS",
    {
        "aws-rules-per-security-group": Quota(60, "Inbound or outbound rules per security group"),
        "aws-security-groups-per-interface": Quota(5, "Security groups per network interface"),
        "aws-prefix-lists-per-region": Quota(100, "Prefix lists per Region"),
        "aws-rules-per-network-acl": Quota(20, "Rules per network ACL", most=40),
    },
)
"""Amazon VPC user guide, "Amazon VPC quotas". Rules count per direction and per address family."""

RULES_TIMES_GROUPS = 1000
"""Rules per group times groups per interface may not be more, whatever was raised (same page)."""

ENTRIES_PER_REQUEST = 100
"""A prefix list takes so many entries in one request, and the provider sends all of them at once (EC2 API,
ModifyManagedPrefixList: AddEntries has at most 100 items). So no list of ours is longer."""

ENTRIES_PER_LIST = 1000
"""Entries that a prefix list may have room for (Amazon VPC user guide, "Amazon VPC quotas")."""

DESCRIPTION_LENGTH = 255
"""Characters of a rule's description (EC2 API, SecurityGroupRule)."""

DESCRIPTION_PATTERN = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*")
"""Characters that a description may have (same page)."""

RULE_GROUP_CAPACITY = 30_000
"""Most units of capacity that a stateful rule group may have (Network Firewall developer guide, "Quotas")."""

SIGNATURE_LENGTH = 8192 - 17
"""Characters of a rule in Suricata's language. The values of its variables count (same page); 17 are left for the
option with the number of the group that the service puts into each rule."""

SIGNATURES_LENGTH = 2_000_000
"""Bytes of the rules of one group (same page)."""

VARIABLE_LENGTH = 32
"""Characters of a variable's name (Network Firewall API, RuleVariables: key of IPSets)."""

ADDRESSES_PER_SIGNATURE = 100
"""Blocks of one rule in Suricata's language; a longer list is several rules. Ours: 100 IPv6 blocks are 4,400
characters, which leaves room for the networks of the role."""

DOMAINS_PER_LIST = 1000
"""Domains of one list of DNS Firewall: the provider sends all of them at once, and the API takes 1,000 in a request
(Route 53 Resolver API, UpdateFirewallDomains)."""

FIRST_DNS_PRIORITY, LAST_DNS_PRIORITY = 101, 9899
"""Priorities with which a rule group of DNS Firewall may be associated with a VPC: AWS keeps 100 and 9900 for itself
(Route 53 Resolver API, AssociateFirewallRuleGroup)."""
