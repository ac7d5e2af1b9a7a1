"""Security rules as Azure checks them: one rule by itself, and all rules of a network security group together.

Owns what can be told from the rules alone; whether a security group that a rule names exists is told by
`security_groups`. The codes and texts are those that users of Azure have reported; where none was found the code is
marked as ours. Numbers are from Azure's page of subscription and service limits and from the REST reference of
security rules.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sandbox.azure.errors import bad
from sandbox.azure.service_tags import is_service_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Rules in a group; addresses, or ports, of one parameter in all rules of a group; groups that rules of one name.
MAX_RULES = 1000
MAX_ADDRESSES = 4000
MAX_GROUPS = 100
#: Application security groups on one side of a rule.
MAX_GROUPS_PER_SIDE = 1
MIN_PRIORITY, MAX_PRIORITY = 100, 4096
MAX_DESCRIPTION = 140
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
_PORTS = re.compile(r"(?P<low>\d{1,5})(-(?P<high>\d{1,5}))?")
SIDES = ("source", "destination")

Rule = dict[str, Any]


def check_name(name: str) -> None:
    """Check a resource's name by the rule that holds for most of the network's resources.

    Raises:
        ArmError: too long, or with a character that is not allowed there.
    """
    if not NAME.fullmatch(name):
        raise bad(
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            "'.', '-', '_'.",
        )


def groups_of(rule: Rule, side: str) -> list[str]:
    """Return the ids of the application security groups on one side of a rule."""
    return [str(item.get("id", "")) for item in rule["properties"].get(f"{side}ApplicationSecurityGroups") or []]


def check_rule(rule: Rule) -> None:
    """Check one rule, which has `id`, `name` and `properties`.

    Raises:
        ArmError: Azure would refuse it in any group.
    """
    check_name(rule["name"])
    properties = rule["properties"]
    if len(properties.get("description") or "") > MAX_DESCRIPTION:
        raise bad(  # the code is ours
            "SecurityRuleInvalidDescription",
            f"Security rule {rule['id']} has a description of more than {MAX_DESCRIPTION} characters.",
        )
    if not MIN_PRIORITY <= properties["priority"] <= MAX_PRIORITY:
        raise bad(
            "SecurityRuleInvalidPriority",
            f"Security rule has invalid Priority. Value provided: {properties['priority']} "
            f"Allowed range {MIN_PRIORITY}-{MAX_PRIORITY}.",
        )
    families: set[int] = set()
    for side in SIDES:
        _check_ports(rule, side)
        families |= _check_addresses(rule, side)
    if len(families) > 1:
        raise bad(
            "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies",
            f"{rule['name']} contains IP addresses or prefixes that belong to different address families. "
            "All IP addresses or prefixes in the resource should belong to the same address family.",
        )


def _missing(rule: Rule, names: str) -> Exception:
    return bad(
        "SecurityRuleParametersMissing",
        f"Required security rule parameters are missing for security rule with Id: {rule['id']}. "
        f"Security rule must specify {names}.",
    )


def _both(rule: Rule, names: Iterable[str]) -> Exception:
    return bad(  # the code is ours
        "SecurityRuleParametersConflict",
        f"Security rule {rule['id']} must not specify more than one of {' and '.join(names)}.",
    )


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


def _check_ports(rule: Rule, side: str) -> None:
    properties = rule["properties"]
    one, many = f"{side}PortRange", f"{side}PortRanges"
    given = [name for name in (one, many) if properties.get(name)]
    if not given:
        raise _missing(rule, f"{_title(many)} or {_title(one)}")
    if len(given) > 1:
        raise _both(rule, map(_title, given))
    for text in properties[many] if given == [many] else [properties[one]]:
        found = _PORTS.fullmatch(text)
        low, high = (int(found["low"]), int(found["high"] or found["low"])) if found else (1, 0)
        if text != "*" and not low <= high <= 65535:
            raise bad(
                "SecurityRuleInvalidPortRange",
                f"Security rule has invalid Port range. Value provided: {text}. Value should be an integer OR integer "
                "range with '-' delimiter. Valid range 0-65535.",
            )


@lru_cache(maxsize=10_000)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


def _family(rule: Rule, text: str) -> int:
    """Return the address family of an address or CIDR; bits beyond the mask are refused, as Azure does."""
    try:
        return _network(text).version
    except ValueError:
        raise bad(
            "SecurityRuleInvalidAddressPrefix",
            f"Security rule {rule['id']} has invalid Address prefix. Value provided: {text}",
        ) from None


def _check_addresses(rule: Rule, side: str) -> set[int]:
    """Check one side's addresses and return their families."""
    properties = rule["properties"]
    one, many, groups = f"{side}AddressPrefix", f"{side}AddressPrefixes", f"{side}ApplicationSecurityGroups"
    given = [name for name in (one, many, groups) if properties.get(name)]
    if not given:
        raise _missing(rule, f"{_title(many)}, {_title(one)}, or {_title(groups)}")
    if len(given) > 1:
        raise _both(rule, map(_title, given))
    if given == [groups]:
        count = len(properties[groups])
        if count > MAX_GROUPS_PER_SIDE:
            raise bad(
                "NumberOfApplicationSecurityGroupsReferencedInSecurityRuleLimitReached",
                f"A security rule may have up to {MAX_GROUPS_PER_SIDE} Application Security Group in the source or "
                f"destination fields. The requested configuration has {count} in the {_title(groups)} field.",
            )
        return set()
    if given == [one]:
        text = properties[one]
        return set() if text == "*" or is_service_tag(text) else {_family(rule, text)}
    for text in properties[many]:
        if text == "*" or is_service_tag(text):
            raise bad(
                "SecurityRuleParameterContainsUnsupportedValue",
                f"Security rule parameter {_title(one)} for rule with Id {rule['id']} cannot specify existing "
                f"VIRTUALNETWORK, INTERNET, AZURELOADBALANCER, '*' or system tags. Unsupported value used: {text}.",
            )
    families = {_family(rule, text) for text in properties[many]}
    if overlap := _overlap(properties[many]):
        raise bad(
            "OverlappingSubnetsNotPermittedInSecurityRule",
            f"Security rule parameter {_title(one)} for rule with Id {rule['id']} cannot specify overlapping subnets. "
            f"Overlapping: {' and '.join(overlap)}.",
        )
    return families


def _overlap(texts: list[str]) -> tuple[str, str] | None:
    """Return two of the prefixes that have an address in common, or None."""
    found = sorted(
        ((int(net.network_address), -net.num_addresses, net, text) for text in texts for net in [_network(text)]),
        key=lambda item: (item[2].version, item[0], item[1]),
    )
    for (_, _, one, first), (_, _, other, second) in pairwise(found):
        if one.version == other.version and one.overlaps(other):
            return first, second
    return None


def check_rules(group: str, rules: list[Rule]) -> None:
    """Check all rules of the group with an id against each other and against the limits.

    Raises:
        ArmError: a name or a place (direction and priority) twice, or over a limit.
    """
    for rule in rules:
        check_rule(rule)
    names: set[str] = set()
    places: dict[tuple[str, int], str] = {}
    for rule in rules:
        name, properties = rule["name"], rule["properties"]
        if name.lower() in names:
            raise bad(  # the code is ours
                "SecurityRuleDuplicateName", f"Network security group {group} has more than one rule named {name}."
            )
        names.add(name.lower())
        place = (properties["direction"], properties["priority"])
        if place in places:
            raise bad(
                "SecurityRuleConflict",
                f"Security rule {places[place]} conflicts with rule {name}. Rules cannot have the same Priority and "
                "Direction. To learn more, see aka.ms/nsgrules.",
            )
        places[place] = name
    if len(rules) > MAX_RULES:
        raise bad(
            "SecurityRuleCountLimitReached", f"A security group cannot have more than {MAX_RULES} security rules."
        )
    _check_totals(group, rules)


def _counted(rules: Iterable[Rule]) -> Iterator[tuple[str, int]]:
    """Yield how many values each rule has of each parameter that is counted."""
    for rule in rules:
        for side in SIDES:
            for one, many in (("AddressPrefix", "AddressPrefixes"), ("PortRange", "PortRanges")):
                values = rule["properties"].get(f"{side}{many}") or [rule["properties"].get(f"{side}{one}")]
                yield f"{_title(side)}{many}", sum(1 for value in values if value)


def _check_totals(group: str, rules: list[Rule]) -> None:
    totals: Counter[str] = Counter()
    for name, count in _counted(rules):
        totals[name] += count
    for name, count in totals.items():
        if count > MAX_ADDRESSES:
            raise bad(
                "SecurityRuleAddressesOrPortsPerSecurityGroupLimitReached",
                f"Network security group {group} has {count} {name}. A security group cannot have more than "
                f"{MAX_ADDRESSES} {name} as per the limit MaxSecurityRuleAddressesOrPortsPerSecurityGroup.",
            )
    named = {key.lower() for rule in rules for side in SIDES for key in groups_of(rule, side)}
    if len(named) > MAX_GROUPS:
        raise bad(  # the code is ours
            "ApplicationSecurityGroupsPerSecurityGroupLimitReached",
            f"Network security group {group} names {len(named)} application security groups; at most {MAX_GROUPS}.",
        )
