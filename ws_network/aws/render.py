"""From a plan to AWS's words: prefix lists, security groups and their rules, as plain dicts.

Owns how many entries a list may grow to, which group of a role a rule lives in, descriptions and the quota check.
Does not own resources (`ws_network.aws.components`) nor ids: a rule names its list, group or input by key.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NotRequired, TypedDict

from ws_network.addresses import Family
from ws_network.aws.limits import (
    DESCRIPTION_LENGTH,
    DESCRIPTION_PATTERN,
    ENTRIES_PER_REQUEST,
    QUOTAS,
    RULES_TIMES_GROUPS,
)
from ws_network.endpoints import AddressList, Endpoint
from ws_network.findings import Finding, finding
from ws_network.grammar import EndpointKind
from ws_network.identity import number_of
from ws_network.lists import divided, size_of
from ws_network.plan import Plan, settle
from ws_network.rules import Direction, Rule

LIST_DESCRIPTION = "ws_network"
"""Description of every entry. Constant: AWS changes one by removing and adding the entry."""

GROUP_DESCRIPTION = "Workload Security {role} (ws_network)"
"""Description of a group. Constant: AWS replaces a group to change it."""


class PrefixListEntry(TypedDict):
    """One block of a prefix list."""

    cidr: str
    description: str


class PrefixList(TypedDict):
    """Properties of a managed prefix list."""

    address_family: str
    max_entries: int
    entries: list[PrefixListEntry]


class GroupRule(TypedDict):
    """Properties of a security group rule, with exactly one other end."""

    direction: str
    ip_protocol: str
    from_port: int
    to_port: int
    description: str
    cidr_ipv4: NotRequired[str]
    cidr_ipv6: NotRequired[str]
    prefix_list_id: NotRequired[str]
    referenced_security_group_id: NotRequired[str]
    prefix_list: NotRequired[str]
    """Key of a list of this rendering."""
    security_group: NotRequired[str]
    """Key of a group of this rendering."""
    input: NotRequired[str]
    """Key of an id that the caller gives."""


class SecurityGroup(TypedDict):
    """Properties of a group, and its rules by name."""

    role: str
    description: str
    rules: dict[str, GroupRule]


@dataclass(frozen=True)
class AwsRendering:
    """A plan in AWS's words."""

    prefix_lists: dict[str, PrefixList]
    security_groups: dict[str, SecurityGroup]
    """By role; a split role has `agent`, `agent-2`, …"""
    findings: tuple[Finding, ...]
    """Of AWS only, worst first; those of the plan are the plan's."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "prefix_lists": self.prefix_lists,
            "security_groups": self.security_groups,
            "findings": [entry.to_dict() for entry in self.findings],
        }


def render(plan: Plan) -> AwsRendering:
    """Return the prefix lists, groups and rules of a plan, and what AWS says to them.

    The result depends on the content of the plan alone: one address more changes one list, and nothing else.

    Raises:
        UserError: the deployment names an unknown AWS quota.
    """
    raised = plan.deployment.quotas
    QUOTAS.check(raised)
    parts = {name: divided(found, ENTRIES_PER_REQUEST) for name, found in plan.lists.items()}
    lists = {part.name: _prefix_list(part) for found in parts.values() for part in found}
    groups: dict[str, SecurityGroup] = {}
    findings = [_split_list(name, found) for name, found in parts.items() if len(found) > 1]
    for role in plan.roles:
        for key in group_keys(role, plan.deployment.split):
            groups[key] = SecurityGroup(role=role, description=GROUP_DESCRIPTION.format(role=role), rules={})
    for rule in _spread(plan.rules, parts):
        key = _group_of(rule, plan.deployment.split)
        description, shortened = describe(rule)
        groups[key]["rules"][rule.id] = _rule(rule, description)
        findings += shortened
    findings += _check(groups, lists, raised)
    findings += [_unknown_size(rule) for rule in plan.rules if rule.peer.kind is EndpointKind.PREFIX_LIST]
    findings += [_split_role(role, count) for role, count in plan.deployment.split.items() if count > 1]
    return AwsRendering(dict(sorted(lists.items())), dict(sorted(groups.items())), settle(plan.deployment, findings))


def group_keys(role: str, split: Mapping[str, int]) -> list[str]:
    """Return the keys of a role's groups; the first is the role, so that splitting does not rename it."""
    return [role, *(f"{role}-{number}" for number in range(2, split.get(role, 1) + 1))]


def _prefix_list(found: AddressList) -> PrefixList:
    return PrefixList(
        address_family=f"IPv{found.family}",
        max_entries=size_of(found, ENTRIES_PER_REQUEST),
        entries=[PrefixListEntry(cidr=cidr, description=LIST_DESCRIPTION) for cidr in found.cidrs],
    )


def _spread(rules: tuple[Rule, ...], parts: Mapping[str, list[AddressList]]) -> Iterator[Rule]:
    """Yield the rules, one per part of a list."""
    for rule in rules:
        if rule.peer.kind is not EndpointKind.LIST:
            yield rule
            continue
        for part in parts[rule.peer.value]:
            yield replace(rule, peer=Endpoint(EndpointKind.LIST, part.name))


def _group_of(rule: Rule, split: Mapping[str, int]) -> str:
    """Return the group of its role that a rule lives in: the same whatever other rules there are."""
    return max(group_keys(rule.role, split), key=lambda key: number_of(f"{key} {rule.id}", 1 << 64))


def _rule(rule: Rule, description: str) -> GroupRule:
    rendered = GroupRule(
        direction=str(rule.direction),
        ip_protocol=str(rule.protocol),
        from_port=rule.ports.first,
        to_port=rule.ports.last,
        description=description,
    )
    value = rule.peer.value
    match rule.peer.kind:
        case EndpointKind.ANY if value == "ipv4":
            rendered["cidr_ipv4"] = "0.0.0.0/0"
        case EndpointKind.ANY:
            rendered["cidr_ipv6"] = "::/0"
        case EndpointKind.LIST:
            rendered["prefix_list"] = value
        case EndpointKind.PREFIX_LIST:
            rendered["prefix_list_id"] = value
        case EndpointKind.SECURITY_GROUP:
            rendered["referenced_security_group_id"] = value
        case EndpointKind.ROLE:
            rendered["security_group"] = value
        case EndpointKind.REFERENCE:
            rendered["input"] = value
    return rendered


def describe(rule: Rule) -> tuple[str, list[Finding]]:
    """Return the description of a rule, its flows, and a finding where AWS's limit leaves some out."""
    text = ", ".join(rule.flows)
    kept = list(rule.flows)
    while len(text) > DESCRIPTION_LENGTH:
        kept.pop()
        text = f"{', '.join(kept)}, +{len(rule.flows) - len(kept)} more"
    if not DESCRIPTION_PATTERN.fullmatch(text):  # flow ids cannot hold such characters; a new kind of id might
        raise AssertionError(text)
    if len(kept) == len(rule.flows):
        return text, []
    left = ", ".join(rule.flows[len(kept) :])
    return text, [finding("description-shortened", rule.id, f"the description of {rule.id} leaves out {left}.")]


def _check(
    groups: Mapping[str, SecurityGroup], lists: Mapping[str, PrefixList], raised: Mapping[str, int]
) -> list[Finding]:
    """Return a finding for each limit that the rendering is over."""
    out: list[Finding] = []
    rules = QUOTAS.value("aws-rules-per-security-group", raised)
    for key, group in groups.items():
        for (direction, family), count in sorted(rule_counts(group, lists).items()):
            if count > rules:
                out.append(_over("aws-rules-per-security-group", key, f"{direction} IPv{family} rules", count, rules))
    worn = Counter(group["role"] for group in groups.values())
    per_interface = QUOTAS.value("aws-security-groups-per-interface", raised)
    for role, count in worn.items():
        if count > per_interface:
            out.append(_over("aws-security-groups-per-interface", role, "groups to wear", count, per_interface))
        elif count * rules > RULES_TIMES_GROUPS:
            text = (
                f"{role}: {count} groups of {rules} rules each are over AWS's {RULES_TIMES_GROUPS} rules per "
                "network interface, which no request raises."
            )
            out.append(finding("limit", role, text))
    per_region = QUOTAS.value("aws-prefix-lists-per-region", raised)
    if len(lists) > per_region:
        out.append(_over("aws-prefix-lists-per-region", "prefix lists", "prefix lists", len(lists), per_region))
    return out


def rule_counts(group: SecurityGroup, lists: Mapping[str, PrefixList]) -> dict[tuple[Direction, Family], int]:
    """Return how many rules of each direction and family AWS counts for a group.

    A prefix list counts with its max_entries in its family; a group counts in both families; a list of others whose
    size is unknown counts once in both.
    """
    counts: Counter[tuple[Direction, Family]] = Counter()
    for rule in group["rules"].values():
        direction = Direction(rule["direction"])
        if "prefix_list" in rule:
            found = lists[rule["prefix_list"]]
            counts[direction, 4 if found["address_family"] == "IPv4" else 6] += found["max_entries"]
        elif "cidr_ipv4" in rule:
            counts[direction, 4] += 1
        elif "cidr_ipv6" in rule:
            counts[direction, 6] += 1
        else:
            counts[direction, 4] += 1
            counts[direction, 6] += 1
    return dict(counts)


def _over(name: str, what: str, unit: str, count: int, limit: int) -> Finding:
    text = f"{what} needs {count} {unit}, over the {limit} of AWS's quota '{QUOTAS[name].title}'."
    remedy = {
        "aws-rules-per-security-group": (
            f"Say layout: minimal, spread the role with split: {{{what}: 2}} or more, or raise the quota and say so "
            f"under quotas: {{{name}: ...}}."
        )
    }.get(name, f"Split less, or raise the quota and say so under quotas: {{{name}: ...}}.")
    return finding("limit", what, text, remedy=remedy)


def _split_list(name: str, parts: list[AddressList]) -> Finding:
    count = sum(len(part.cidrs) for part in parts)
    text = (
        f"{name} has {count} entries and AWS takes {ENTRIES_PER_REQUEST} in one request, so it is {len(parts)} lists "
        "with a rule each."
    )
    return finding("list-split", name, text)


def _split_role(role: str, count: int) -> Finding:
    keys = ", ".join(group_keys(role, {role: count}))
    return finding(
        "role-split", role, f"the rules of {role} are spread over {keys}: its machines must wear all of them."
    )


def _unknown_size(rule: Rule) -> Finding:
    return finding(
        "quota-unknown", rule.id, f"{rule.peer.value} counts with its own max_entries, which is not known here."
    )
