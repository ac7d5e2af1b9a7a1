"""The shape of a stateful rule group as plain data: its variables, and its rules or its domain list.

Owns the records. Does not own how a plan becomes them (`ws_network.aws.egress.render`).
"""

from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from ws_network.findings import Finding

RULE_ORDER = "STRICT_ORDER"
"""Of group and policy alike: AWS refuses a group in a policy of another order, and only this one can drop the rest."""


class IpSet(TypedDict):
    """A variable of the group: the networks of some roles' machines."""

    roles: list[str]
    definition: NotRequired[list[str]]
    """Ranges, as few as say the same; left out where the caller has not given them yet."""


class DomainList(TypedDict):
    """Names in the API's own form, which has no ports."""

    generated_rules_type: str
    target_types: list[str]
    targets: list[str]
    """Names, with a dot before one that is admitted with every name under it."""


class RuleGroup(TypedDict):
    """Properties of a stateful rule group, with exactly one of `rules` and `domain_list`."""

    type: str
    description: str
    capacity: int
    rule_order: str
    ip_sets: dict[str, IpSet]
    """By the name of the variable."""
    rules: NotRequired[list[str]]
    """Rules in Suricata's language, sorted. All of them pass, so their order has no meaning."""
    domain_list: NotRequired[DomainList]


@dataclass(frozen=True)
class AwsEgressRendering:
    """A plan in the words of Network Firewall."""

    rule_group: RuleGroup
    needed: int
    """Units of capacity that the rules take."""
    findings: tuple[Finding, ...]
    """Of Network Firewall only, worst first; those of the plan are the plan's."""

    @property
    def rule_count(self) -> int:
        """How many rules there are, or names where the group is a domain list."""
        if "rules" in self.rule_group:
            return len(self.rule_group["rules"])
        return len(self.rule_group["domain_list"]["targets"])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "rule_group": self.rule_group,
            "needed_capacity": self.needed,
            "findings": [entry.to_dict() for entry in self.findings],
        }
