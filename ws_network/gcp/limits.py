"""What GCP sets limits to, with the source of each number, and what a deployment may raise.

Owns the numbers and the names under which a deployment says what a quota is. Does not own counting.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ws_network.errors import UserError, unknown_name


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit that GCP sets per project and raises on request."""

    assumed: int
    """Value where the deployment says none."""
    title: str
    """What it counts."""


QUOTAS: Mapping[str, Quota] = {
    "gcp-rule-attributes-per-policy": Quota(10_000, "rule attributes per network firewall policy"),
}
"""Cloud NGFW, "Quotas" names the quota and gives no number, as it differs between projects; the one here is assumed.
A range, host name, group, tag, account, protocol and port range are an attribute each."""

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

DESCRIPTION_LENGTH = 2048
"""Characters of a description. The API's reference gives no number; this is what its other resources take."""

NAME_LENGTH = 63
"""Characters of a resource's name (compute.v1 API, RFC 1035)."""

NAME_PATTERN = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
"""What a resource's name looks like (same page)."""

AUTOMATIC_LENGTH = NAME_LENGTH - 8
"""Characters of a name to which Pulumi adds a hyphen and seven characters of its own."""

LABEL_KEY_PATTERN = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE_PATTERN = re.compile(r"[a-z0-9_-]{0,63}")
"""What the API takes as a label (Resource Manager, "Labels overview", "Requirements for labels")."""


def quota(name: str, raised: Mapping[str, int]) -> int:
    """Return the value of a quota: the deployment's, else the one assumed."""
    return raised.get(name, QUOTAS[name].assumed)


def check_quotas(raised: Mapping[str, int]) -> None:
    """Raise `UserError` for a quota of GCP that does not exist, or that no project can have."""
    for name, value in raised.items():
        if not name.startswith("gcp-"):
            continue
        if name not in QUOTAS:
            raise UserError(unknown_name("quota", name, QUOTAS))
        if value < 1:
            raise UserError(f"quotas says {value} for {name}: give the value that the project has, or remove it.")
