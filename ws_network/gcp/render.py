"""From a plan to GCP's words: address groups and rules, of a network firewall policy or of a VPC, as plain dicts.

Owns which lists are address groups and how large those are, how a rule is divided that GCP would not take whole,
names, descriptions and the check of limits. Does not own resources (`ws_network.gcp.components`), priorities
(`ws_network.gcp.priorities`) nor ids: a rule names a group, role or input by key.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NotRequired, TypedDict

from ws_network.catalogue import Catalogue, Transport
from ws_network.compose import ComposedRule, Facet, Service
from ws_network.covers import Composition, composed
from ws_network.deployment import Layout, MachineMark, Target
from ws_network.endpoints import AddressList
from ws_network.findings import Finding, finding
from ws_network.gcp import priorities
from ws_network.gcp.limits import (
    ADDRESS_GROUPS_PER_RULE,
    DESCRIPTION_LENGTH,
    FQDNS_PER_RULE,
    LARGEST_CAPACITY,
    MARKS_PER_VPC_RULE,
    NAME_LENGTH,
    NAME_PATTERN,
    QUOTAS,
    RANGES_PER_RULE,
    SECURE_TAGS_PER_RULE,
    TARGET_ACCOUNTS,
)
from ws_network.grammar import EndpointKind
from ws_network.identity import digest, parts_by_content
from ws_network.lists import divided, size_of
from ws_network.plan import Plan, settle
from ws_network.priorities import Band, clashes, same_numbers
from ws_network.rules import Direction

ANYWHERE = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}
"""Every address of a family."""


class Layer4(TypedDict):
    """A protocol with its ports, in a rule of a policy."""

    ip_protocol: str
    ports: NotRequired[list[str]]


class VpcLayer4(TypedDict):
    """A protocol with its ports, in a rule of a VPC."""

    protocol: str
    ports: NotRequired[list[str]]


class Reference(TypedDict, total=False):
    """A group, tag or account: exactly one of the keys."""

    key: str
    """Own address group, by its key."""
    role: str
    """The machines of a role of the site."""
    id: str
    """As given in the deployment."""
    input: str
    """Key of an id that the caller gives."""


class Targets(TypedDict):
    """The machines that a rule is for."""

    mark: str
    role: str


class AddressGroup(TypedDict):
    """Properties of an address group."""

    type: str
    capacity: int
    items: list[str]


class FirewallRule(TypedDict):
    """Properties of a rule. One of a policy has action and layer4_configs, one of a VPC allows or denies."""

    role: str
    rule_name: str
    description: str
    priority: int
    direction: str
    enable_logging: bool
    targets: Targets
    resource: NotRequired[str]
    """Name of its resource in a policy, where that is by the slot of an extra flow: another flow there is an update."""
    after: NotRequired[list[str]]
    """Names of the rules that have to be there first, so that no address is in neither."""
    action: NotRequired[str]
    layer4_configs: NotRequired[list[Layer4]]
    allows: NotRequired[list[VpcLayer4]]
    denies: NotRequired[list[VpcLayer4]]
    src_ip_ranges: NotRequired[list[str]]
    dest_ip_ranges: NotRequired[list[str]]
    src_address_groups: NotRequired[list[Reference]]
    dest_address_groups: NotRequired[list[Reference]]
    dest_fqdns: NotRequired[list[str]]
    src_secure_tags: NotRequired[list[Reference]]
    src_network_tags: NotRequired[list[Reference]]
    src_service_accounts: NotRequired[list[Reference]]


@dataclass(frozen=True)
class GcpRendering:
    """A plan in GCP's words."""

    address_groups: dict[str, AddressGroup]
    """By the name of the list."""
    rules: dict[str, FirewallRule]
    """By name."""
    findings: tuple[Finding, ...]
    """Of GCP only, worst first; those of the plan are the plan's."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "address_groups": self.address_groups,
            "rules": self.rules,
            "findings": [entry.to_dict() for entry in self.findings],
        }


@dataclass(frozen=True, slots=True)
class _Part:
    """A rule, or a part of one: its name, where the other end is, and which part it is."""

    name: str
    ends: Mapping[str, list[Any]]
    number: int = 0
    """The first part has the name and priority of the rule that is not divided."""
    after: tuple[str, ...] = ()
    """Parts with a higher number: where a rule is divided further, its values go there, and have to be there first."""


def render(plan: Plan, *, band: Band | None = None, address_groups: bool = True, logging: bool = False) -> GcpRendering:
    """Return the address groups and rules of a plan, and what GCP says to them.

    The result depends on the content of the plan alone. With address groups, one address more changes one group.

    Args:
        plan: For a firewall policy or a VPC, as its target says.
        band: Priorities that a policy's rules may take; of a VPC's rules the one that allow and the one that deny have.
        address_groups: Keep the addresses of a policy's rules in groups; else, and always in the layout `minimal` and
            in rules of a VPC, they are in the rules.
        logging: Log the connections of each rule.

    Raises:
        UserError: the deployment names an unknown quota of GCP, or the band cannot be.
    """
    policy = plan.target is Target.GCP_FIREWALL_POLICY
    QUOTAS.check(plan.deployment.quotas)
    given = (None, None) if band is None else (band.first, band.last)
    band = priorities.band(*given) if policy else priorities.vpc_band(*given)
    grouped = policy and address_groups and plan.deployment.layout is Layout.PER_FLOW
    writer = _Writer(plan, composed(plan), band, grouped=grouped, logging=logging)
    findings = list(writer.findings)
    rules = dict(sorted(writer.rules.items()))
    used = {
        end["key"]
        for rule in rules.values()
        for end in (*rule.get("src_address_groups", []), *rule.get("dest_address_groups", []))
        if "key" in end
    }
    groups = {name: _group(found) for name, found in sorted(writer.groups.items()) if name in used}
    findings += _check(rules, plan, policy=policy)
    if policy:
        findings += same_numbers(plan.roles, plan.catalogue)
        where = "the firewall policy"
        findings += clashes({name: rule["priority"] for name, rule in rules.items()}, [band], where)
    return GcpRendering(groups, rules, settle(plan.deployment, findings))


class _Writer:
    """Writes the rules of a composition."""

    def __init__(self, plan: Plan, made: Composition, band: Band, *, grouped: bool, logging: bool) -> None:
        """Write all of them: `rules` by name, `groups` by key, `findings`."""
        self.plan = plan
        self.made = made
        self.band = band
        self.logging = logging
        self.policy = plan.target is Target.GCP_FIREWALL_POLICY
        self.rows = {flow.id: flow.row for flow in plan.flows}
        self.findings: list[Finding] = []
        self.rules: dict[str, FirewallRule] = {}
        self._parts = {name: divided(found, LARGEST_CAPACITY) for name, found in made.lists.items()} if grouped else {}
        self.groups = {part.name: part for found in self._parts.values() for part in found}
        for rule in made.rules:
            for part in self._divided(rule):
                self._allow(rule, part)
        if plan.deployment.deny_rest:
            for role in plan.roles:
                self._deny(role)

    def _divided(self, rule: ComposedRule) -> Iterator[_Part]:
        """Yield the rule, or its parts where GCP does not take so many ranges or names at once."""
        side = "dest" if rule.direction is Direction.EGRESS else "src"
        match rule.facet:
            case Facet.IPV4 | Facet.IPV6:
                groups = [part.name for end in rule.ends for part in self._parts.get(end.value, ())]
                if groups and len(groups) <= ADDRESS_GROUPS_PER_RULE:
                    for end in rule.ends:
                        if len(self._parts[end.value]) > 1:
                            self._tell_groups(end.value)
                    keys = [Reference(key=name) for name in sorted(groups)]
                    yield _Part(rule.name, {f"{side}_address_groups": keys})
                else:
                    ranges = rule.cidrs(self.made.lists)
                    yield from self._in_parts(rule, f"{side}_ip_ranges", ranges, RANGES_PER_RULE, "ranges")
            case Facet.ANY_IPV4 | Facet.ANY_IPV6:
                yield _Part(rule.name, {f"{side}_ip_ranges": list(rule.cidrs(self.made.lists))})
            case Facet.NAMES:
                names = sorted({name for end in rule.ends for name in self.made.name_lists[end.value].fqdns})
                yield from self._in_parts(rule, f"{side}_fqdns", names, FQDNS_PER_RULE, "host names")
            case _:
                yield _Part(rule.name, self._members(rule, side))

    def _in_parts(
        self, rule: ComposedRule, field: str, values: Sequence[str], limit: int, what: str
    ) -> Iterator[_Part]:
        """Yield the rule, or parts of it with at most so many values each, and say so."""
        parts = parts_by_content(values, limit)
        if len(parts) == 1:
            yield _Part(rule.name, {field: list(values)})
            return
        text = f"{rule.name} has {len(values)} {what} and GCP takes {limit} in a rule, so it is {len(parts)} rules."
        self.findings.append(finding("list-split", rule.name, text))
        most = priorities.parts_of(rule)
        if self.policy and rule.line and max(parts) >= most:  # elsewhere no part has a number of its own
            text = f"{rule.name} would be {len(parts)} rules, and its slot has priorities for {most}."
            self.findings.append(finding("limit", rule.name, text, remedy=f"Give fewer {what}, in wider blocks."))
            return
        last: tuple[str, ...] = ()
        for number, found in sorted(parts.items(), reverse=True):
            name = f"{rule.name}-{number}" if number else rule.name
            yield _Part(name, {field: found}, number, last)
            last = (*last, resource_name(name))

    def _tell_groups(self, name: str) -> None:
        parts, count = self._parts[name], len(self.made.lists[name].cidrs)
        text = (
            f"{name} has {count} ranges and GCP takes {LARGEST_CAPACITY} in an address group, so it is "
            f"{len(parts)} groups."
        )
        found = finding("list-split", name, text)
        if found not in self.findings:
            self.findings.append(found)

    def _members(self, rule: ComposedRule, side: str) -> dict[str, list[Any]]:
        """Return the machines, tags, accounts and groups that a rule names."""
        mark = self._mark(rule.role)
        roles = "secure_tags" if self.policy else f"{mark.replace('-', '_')}s"
        references = "secure_tags" if self.policy else "network_tags"
        forms: dict[EndpointKind, tuple[str, str]] = {
            EndpointKind.ROLE: (roles, "role"),
            EndpointKind.REFERENCE: (references, "input"),
            EndpointKind.SECURE_TAG: ("secure_tags", "id"),
            EndpointKind.NETWORK_TAG: ("network_tags", "id"),
            EndpointKind.SERVICE_ACCOUNT: ("service_accounts", "id"),
            EndpointKind.ADDRESS_GROUP: ("address_groups", "id"),
        }
        out: dict[str, list[Any]] = {}
        for end in rule.ends:
            field, key = forms[end.kind]
            out.setdefault(f"{side}_{field}", []).append({key: end.value})
        return out

    def _mark(self, role: str) -> str:
        """Return how the machines of a role are found; a plan without marks is never deployed."""
        usual = MachineMark.SECURE_TAG if self.policy else MachineMark.NETWORK_TAG
        return str(self.plan.machines.get(role, usual))

    def _allow(self, rule: ComposedRule, part: _Part) -> None:
        name = resource_name(part.name)
        described, shortened = describe(rule, name, self.rows)
        self.findings += shortened
        number = 0
        if self.policy:
            number = priorities.allowing(rule, part.name, part.number, self.plan.catalogue)
        written = self._rule(rule.role, name, described, rule.direction, number)
        if self.policy:
            written["action"] = "allow"
            written["layer4_configs"] = [_layer4(protocol, ports) for protocol, ports in _ports(rule.services)]
            if lasting := by_slot(rule, self.plan.catalogue):
                written["resource"] = lasting + part.name.removeprefix(rule.name)
        else:
            written["allows"] = [_vpc_layer4(protocol, ports) for protocol, ports in _ports(rule.services)]
        if part.after:
            written["after"] = sorted(part.after)
        written.update(part.ends)  # type: ignore[typeddict-item]  # the keys are those of FirewallRule
        self.rules[name] = written

    def _deny(self, role: str) -> None:
        """Write the two rules that deny what no rule of a role allows."""
        numbers = priorities.denying(role, self.plan.catalogue) if self.policy else None
        for index, (family, block) in enumerate(ANYWHERE.items()):
            name = resource_name(f"{role}-egress-{family}-deny-rest")  # no line of a rule ends so
            number = numbers[index] if numbers else self.band.last - self.band.first
            described = f"What no rule of {role} allows (deny_rest)"
            written = self._rule(role, name, described, Direction.EGRESS, number)
            if self.policy:
                written["action"] = "deny"
                written["layer4_configs"] = [Layer4(ip_protocol="all")]
            else:
                written["denies"] = [VpcLayer4(protocol="all")]
            written["dest_ip_ranges"] = [block]
            self.rules[name] = written

    def _rule(self, role: str, name: str, description: str, direction: Direction, number: int) -> FirewallRule:
        return FirewallRule(
            role=role,
            rule_name=name,
            description=description,
            priority=self.band.first + number,
            direction=direction.upper(),
            enable_logging=self.logging,
            targets=Targets(mark=self._mark(role), role=role),
        )


def by_slot(rule: ComposedRule, catalogue: Catalogue) -> str | None:
    """Return a name that lasts as the rule's priority does, where the rule is of an extra flow, whose id may change.

    GCP takes no priority twice, and a rule of another name would be made before the old one goes. The point keeps the
    name apart from those by line: no id has one.
    """
    if rule.slot is None or rule.line in catalogue.flows:
        return None
    form = str(rule.ends[0].kind) if rule.facet is Facet.OTHER else rule.facet.word
    return f"{rule.role}-{rule.direction}-slot.{rule.slot}-{form}"


def _ports(services: Iterable[Service]) -> list[tuple[str, list[str]]]:
    """Return the ports of each protocol; ICMP has none."""
    return [
        (str(protocol), [] if protocol is Transport.ICMP else [service.ports.text for service in same])
        for protocol, same in groupby(sorted(services), key=lambda service: service.protocol)
    ]


def _layer4(protocol: str, ports: list[str]) -> Layer4:
    return Layer4(ip_protocol=protocol, ports=ports) if ports else Layer4(ip_protocol=protocol)


def _vpc_layer4(protocol: str, ports: list[str]) -> VpcLayer4:
    return VpcLayer4(protocol=protocol, ports=ports) if ports else VpcLayer4(protocol=protocol)


def _group(found: AddressList) -> AddressGroup:
    return AddressGroup(type=f"IPV{found.family}", capacity=size_of(found, LARGEST_CAPACITY), items=list(found.cidrs))


def resource_name(text: str, length: int = NAME_LENGTH) -> str:
    """Return the text as a name that GCP takes; one that had to be changed keeps apart from others by a hash."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if name == text and len(name) <= length and NAME_PATTERN.fullmatch(name):
        return name
    mark = digest(text, 6)
    name = name if name[:1].isalpha() else f"r-{name}".rstrip("-")
    return f"{name[: length - 7].rstrip('-')}-{mark}"


def describe(rule: ComposedRule, name: str, rows: Mapping[str, str]) -> tuple[str, list[Finding]]:
    """Return the description of a rule: its flows with their lines of the page, and a finding where some are left out.

    Args:
        rule: The rule.
        name: What it is called in the finding.
        rows: The line of the page, by flow.
    """
    lines = [f"{flow}: {rows[flow]}" for flow in rule.flows]
    kept = list(lines)
    text = "; ".join(kept)
    while len(text) > DESCRIPTION_LENGTH:
        kept.pop()
        text = f"{'; '.join(kept)}; +{len(lines) - len(kept)} more"
    if len(kept) == len(lines):
        return text, []
    left = ", ".join(rule.flows[len(kept) :])
    return text, [finding("description-shortened", name, f"the description of {name} leaves out {left}.")]


def attributes(rule: FirewallRule, targets: int = 1) -> int:
    """Return how many attributes of a policy's quota a rule takes.

    Args:
        rule: A rule of a policy.
        targets: How many marks its machines have.
    """
    ends = sum(
        len(value) for key, value in rule.items() if key.startswith(("src_", "dest_")) and isinstance(value, list)
    )
    return ends + targets + sum(1 + len(config.get("ports", [])) for config in rule.get("layer4_configs", []))


def attribute_count(rules: Mapping[str, FirewallRule], plan: Plan) -> int:
    """Return how many attributes of a policy's quota the rules take together."""
    marks = _mark_counts(plan)
    return sum(attributes(rule, marks.get(rule["role"], 1)) for rule in rules.values())


def _mark_counts(plan: Plan) -> dict[str, int]:
    """Return how many marks the machines of each role have; one where the program gives it."""
    return {role: len(found.marks) or 1 for role, found in plan.deployment.machines.items()}


def _check(rules: Mapping[str, FirewallRule], plan: Plan, *, policy: bool) -> list[Finding]:
    """Return a finding for each limit that the rendering is over."""
    out: list[Finding] = []
    marks = _mark_counts(plan)
    for name, rule in rules.items():
        kind = rule["targets"]["mark"]
        counts = {f"targets by {kind}": marks.get(rule["role"], 1)}
        for form in ("secure_tags", "network_tags", "service_accounts"):
            ends: list[Reference] = rule.get(f"src_{form}", [])  # type: ignore[assignment]  # mypy knows literals only
            word = form.removesuffix("s").replace("_", "-")
            if ends:
                counts[f"sources by {word}"] = sum(marks.get(end.get("role", ""), 1) for end in ends)
        for what, count in counts.items():
            key = TARGET_ACCOUNTS if policy and what == "targets by service-account" else ""
            limit = SECURE_TAGS_PER_RULE if policy else MARKS_PER_VPC_RULE.get(what, count)  # a wrong kind fails before
            limit = QUOTAS.value(key, plan.deployment.quotas) if key else limit
            if count > limit:
                text = f"{name} would have {count} {what}, and a rule of GCP takes {limit}."
                more = f", or say under quotas: {{{key}: ...}} what GCP takes, which it does not publish" if key else ""
                out.append(finding("limit", name, text, remedy=f"Give the machines one mark in common{more}."))
        groups = len(rule.get("src_address_groups", [])) + len(rule.get("dest_address_groups", []))
        if groups > ADDRESS_GROUPS_PER_RULE:
            text = f"{name} would name {groups} address groups, and a rule of GCP takes {ADDRESS_GROUPS_PER_RULE}."
            out.append(finding("limit", name, text, remedy="Give their ranges as cidrs, or fewer groups."))
    if policy:
        key = "gcp-rule-attributes-per-policy"
        limit = QUOTAS.value(key, plan.deployment.quotas)
        count = attribute_count(rules, plan)
        if count > limit:
            whose = "GCP's quota" if key in plan.deployment.quotas else "what is assumed of GCP's quota"
            text = f"the firewall policy needs {count} attributes, over the {limit} of {whose} '{QUOTAS[key].title}'."
            remedy = (
                "Keep addresses in address groups, say layout: minimal, or raise the quota and say so under quotas: "
                f"{{{key}: ...}}."
            )
            out.append(finding("limit", "firewall policy", text, remedy=remedy))
    return out
