"""The rules that an adopted group has already: which are not ours, and which stand where ours have to.

Owns the one look at what exists that a program makes: Azure would refuse the second rule of a priority in the middle of
an update. Nothing that is read here decides which rules there are.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import network

from ws_network.azure.render import DIRECTIONS, MARK, SecurityRule
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.priorities import Band

_MISSING = re.compile(r"ResourceNotFound|ResourceGroupNotFound|\b404\b")
"""How Azure says that a group or its resource group is not there; any other failure is not an empty group."""


@dataclass(frozen=True, slots=True, order=True)
class FoundRule:
    """A rule of a group that exists."""

    direction: str
    priority: int
    name: str
    description: str = ""

    def is_ours(self, role: str) -> bool:
        """Return whether a component of this library made it for a role."""
        begins = tuple(f"{role}-{direction}-" for direction in DIRECTIONS)
        return self.name.startswith(begins) and self.description.endswith(MARK)


def look(
    role: str, names: Mapping[str, Any], rules: Mapping[str, SecurityRule], band: Band, parent: pulumi.Resource
) -> list[Finding]:
    """Return what a person should know about the other rules of an adopted group.

    Args:
        role: Whose rules go there.
        names: `resource_group_name` and `network_security_group_name`, as the program gives them.
        rules: Ours, by name.
        band: Where ours may lie.
        parent: Whose provider is asked.

    Raises:
        UserError: a rule stands where one of ours has to, or the group cannot be read.
    """
    if not all(isinstance(name, str) for name in names.values()):
        return [_unseen(role, "its name or resource group comes from another resource")]
    group = names["network_security_group_name"]
    try:
        answer = network.get_network_security_group(**names, opts=pulumi.InvokeOptions(parent=parent))
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        if _MISSING.search(str(error)):
            return [_unseen(role, f"there is no group '{group}' yet")]
        reason = " ".join(str(error).split())
        raise UserError(
            f"the rules of the network security group '{group}' cannot be read ({reason}): give credentials that may "
            "read it, or say check_foreign_rules: false."
        ) from None
    found = [
        FoundRule(rule.direction, int(rule.priority), str(rule.name), rule.description or "")
        for rule in answer.security_rules or []
    ]
    return compare(role, group, rules, found, band)


def compare(
    role: str, group: str, rules: Mapping[str, SecurityRule], found: Iterable[FoundRule], band: Band
) -> list[Finding]:
    """Return a finding for rules of others inside the band.

    Raises:
        UserError: a rule of another name has the direction and priority of one of ours.
    """
    found = sorted(found)
    places = {(rule["direction"], rule["priority"]): name for name, rule in rules.items()}
    for rule in found:
        ours = places.get((rule.direction, rule.priority), rule.name)
        if ours == rule.name:
            continue
        where = f"the network security group '{group}' has the rule '{rule.name}' on the priority {rule.priority}"
        where = f"{where} ({rule.direction}), which {ours} needs"
        if rule.is_ours(role):
            raise UserError(
                f"{where}: a rule is made before the one that it replaces goes, so give the flow another slot, or take "
                "the old one out in an update before."
            )
        raise UserError(f"{where}: move that rule, or give first_priority and last_priority around free numbers.")
    others = [
        rule
        for rule in found
        if rule.name not in rules and not rule.is_ours(role) and band.first <= rule.priority <= band.last
    ]
    if not others:
        return []
    listed = ", ".join(f"{rule.name} ({rule.direction} {rule.priority})" for rule in others[:5])
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    text = f"the network security group '{group}' has rules of others between {band.first} and {band.last}: {listed}"
    return [finding("foreign-rule", role, f"{text}{more}.")]


def unlooked(role: str) -> Finding:
    """Return the finding for a group that the program does not want to be read."""
    return _unseen(role, "check_foreign_rules is false")


def _unseen(role: str, reason: str) -> Finding:
    text = f"the other rules in the group of {role} were not looked at: {reason}."
    return finding("foreign-rules-unseen", role, text)
