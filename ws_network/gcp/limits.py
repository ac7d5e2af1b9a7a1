"""What GCP sets limits to, with the source of each number, and what a deployment may raise.

Owns the numbers and the names under which a deployment says what a quota is. Does not own counting.
"""

import re
from collections.abc import Mapping

from ws_network.quotas import Quota, Quotas

TARGET_ACCOUNTS = "gcp-target-service-accounts-per-policy-rule"
"""Name of the quota of service accounts that a rule of a policy has as its targets."""

QUOTAS = Quotas(
    "GCP",
    {
        "gcp-rule-attributes-per-policy": Quota(10_000, "rule attributes per network firewall policy", assumed=True),
        TARGET_ACCOUNTS: Quota(10, "target service accounts per rule of a firewall policy", assumed=True),
        "gcp-url-lists-per-region": Quota(10, "URL lists per region"),
    },
)
"""Cloud NGFW, "Quotas" names the first quota and gives no number, as it differs between projects; the one here is
assumed. A range, host name, group, tag, account, protocol and port range are an attribute each. The second has no
number in the compute.v1 API or in Cloud NGFW's pages; 10 is what pages of others say, and what a rule of a VPC takes.
Secure Web Proxy, "Quotas and limits" has the third, per project."""

RANGES_PER_RULE = 5000
"""Source or destination ranges of a rule (Cloud NGFW, "Quotas"; compute.v1 API, FirewallPolicyRuleMatcher)."""

FQDNS_PER_RULE = 100
"""Host names of a rule of a policy (compute.v1 API, FirewallPolicyRuleMatcher)."""

ADDRESS_GROUPS_PER_RULE = 10
"""Address groups of a rule of a policy (compute.v1 API, FirewallPolicyRuleMatcher)."""

SECURE_TAGS_PER_RULE = 256
"""Secure tags of a rule, as sources and again as targets (compute.v1 API, FirewallPolicyRule)."""

LARGEST_CAPACITY = 1000
"""Ranges that an address group may have room for, in a rule of a firewall (Cloud NGFW, "Quotas"; from memory)."""

MARKS_PER_VPC_RULE: Mapping[str, int] = {
    "targets by network-tag": 70,
    "sources by network-tag": 30,
    "targets by service-account": 10,
    "sources by service-account": 10,
}
"""Marks of a rule of a VPC, by end and kind (Cloud NGFW, "Quotas", per firewall rule)."""

ENTRIES_PER_URL_LIST = 2500
"""Entries of a URL list (Secure Web Proxy, "Quotas and limits")."""

RULES_PER_PROXY_POLICY = 500
"""Rules of a gateway security policy (same page)."""

MATCHER_LENGTH = 2048
"""Characters of a rule's session matcher (same page)."""

MATCHER_OPERATORS = 12
"""Logical operators of a matcher (Secure Web Proxy, "CEL matcher language reference")."""

DESCRIPTION_LENGTH = 2048
"""Characters of a description. The API's reference gives no number; this is what its other resources take."""

NAME_LENGTH = 63
"""Characters of a resource's name (compute.v1 API, RFC 1035)."""

NAME_PATTERN = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
"""What a resource's name looks like (same page)."""

AUTOMATIC_LENGTH = NAME_LENGTH - 8
"""Characters of a name to which Pulumi adds a hyphen and seven characters of its own."""

PARENT_PATTERN = re.compile(r"projects/[a-z0-9.:-]+|organizations/\d+")
"""What an address group is made in (networksecurity.v1 API, projects.locations.addressGroups and organizations)."""

LABEL_KEY_PATTERN = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE_PATTERN = re.compile(r"[a-z0-9_-]{0,63}")
"""What the API takes as a label (Resource Manager, "Labels overview", "Requirements for labels")."""
