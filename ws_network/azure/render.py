"""From a plan to Azure's words: network security groups with their rules, application security groups, as plain dicts.

Owns names and descriptions of rules, the form of their two sides, and the count against Azure's limits. Does not own
priorities (`ws_network.azure.priorities`), which permissions are one rule (`ws_network.covers`), resources
(`ws_network.azure.components`) nor ids: a rule names a group of the site by its role, others by the caller's key.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from ws_network.azure.limits import (
    DESCRIPTION_LENGTH,
    FIRST_PRIORITY,
    LAST_PRIORITY,
    NAME_LENGTH,
    NAME_PATTERN,
    QUOTAS,
)
from ws_network.azure.priorities import OWNED_BAND, deny_priority, load_balancer_priority, permitted, priorities
from ws_network.catalogue import Transport
from ws_network.compose import ComposedRule
from ws_network.covers import composed
from ws_network.deployment import Layout
from ws_network.endpoints import AddressList
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.flows import RequiredFlow
from ws_network.grammar import EndpointKind
from ws_network.identity import number_of
from ws_network.plan import Plan, settle
from ws_network.priorities import Band, clashes
from ws_network.rules import Direction

MARK = " (ws_network)"
"""End of every description: how a rule of ours is told from others in a group that is not ours."""

DIRECTIONS: Mapping[Direction, str] = {Direction.INGRESS: "Inbound", Direction.EGRESS: "Outbound"}

PROTOCOLS: Mapping[Transport, str] = {Transport.TCP: "Tcp", Transport.UDP: "Udp", Transport.ICMP: "Icmp"}

DIGEST = 16**8
"""Names that are too long end in eight digits of this."""


class GroupOfSite(TypedDict):
    """An application security group: exactly one of these says which."""

    role: NotRequired[str]
    """Of this rendering."""
    id: NotRequired[str]
    input: NotRequired[str]
    """Key of an id that the caller gives."""


class SecurityRule(TypedDict):
    """Properties of a rule, with exactly one form of each side."""

    name: str
    description: str
    priority: int
    direction: str
    access: str
    protocol: str
    source_port_range: str
    destination_port_range: NotRequired[str]
    destination_port_ranges: NotRequired[list[str]]
    source_address_prefix: NotRequired[str]
    source_address_prefixes: NotRequired[list[str]]
    source_application_security_group: NotRequired[GroupOfSite]
    destination_address_prefix: NotRequired[str]
    destination_address_prefixes: NotRequired[list[str]]
    destination_application_security_group: NotRequired[GroupOfSite]


class ApplicationSecurityGroup(TypedDict):
    """What the machines of a role wear to be named by rules."""

    role: str


class NetworkSecurityGroup(TypedDict):
    """A group, and its rules by name, in the order in which Azure looks at them."""

    role: str
    rules: dict[str, SecurityRule]


@dataclass(frozen=True)
class AzureRendering:
    """A plan in Azure's words."""

    application_security_groups: dict[str, ApplicationSecurityGroup]
    """By role."""
    network_security_groups: dict[str, NetworkSecurityGroup]
    """By role."""
    findings: tuple[Finding, ...]
    """Of Azure only, worst first; those of the plan are the plan's."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "application_security_groups": self.application_security_groups,
            "network_security_groups": self.network_security_groups,
            "findings": [entry.to_dict() for entry in self.findings],
        }


def render(plan: Plan, *, band: Band = OWNED_BAND, adopted: frozenset[str] = frozenset()) -> AzureRendering:
    """Return the groups and rules of a plan, and what Azure says to them.

    The result depends on the content of the plan alone: one address more changes one list of each rule that has it, and
    neither names, priorities nor descriptions.

    Args:
        plan: For the target `azure-nsg`.
        band: The priorities that rules may take.
        adopted: Roles whose group exists and is not ours.

    Raises:
        UserError: the deployment names an unknown quota of Azure, the band is not inside Azure's, or the layout
            cannot be held in a group that is adopted.
    """
    raised = plan.deployment.quotas
    QUOTAS.check(raised)
    band.within(FIRST_PRIORITY, LAST_PRIORITY, "the priority band")
    if adopted and plan.deployment.layout is Layout.MINIMAL:
        raise UserError(
            f"layout is minimal, whose rules move when others come and go, and the group of {min(adopted)} is "
            "adopted, where rules change one by one: say layout: per-flow, or let the group be a new one."
        )
    composition = composed(plan)
    flows = {flow.id: flow for flow in plan.flows}
    groups: dict[str, NetworkSecurityGroup] = {}
    findings: list[Finding] = []
    for role in plan.roles:
        rules: list[SecurityRule] = []
        for direction, name in DIRECTIONS.items():
            own = [rule for rule in composition.rules if (rule.role, rule.direction) == (role, direction)]
            places = priorities(own, plan.catalogue, plan.deployment.layout, band, owned=role not in adopted)
            findings += clashes(places, [permitted(band)], f"the {name.lower()} rules of {role}")
            for rule in own:
                description, shortened = describe(rule, flows)
                rules.append(_rule(rule, places[rule.name], description, composition.lists))
                findings += shortened
            if plan.deployment.deny_rest:
                rules += _rest(role, direction, band)
        rules.sort(key=lambda rule: (rule["direction"], rule["priority"], rule["name"]))
        groups[role] = NetworkSecurityGroup(role=role, rules={rule["name"]: rule for rule in rules})
        findings += _check(role, rules, raised)
    findings.append(_both_groups(plan.roles))
    return AzureRendering(
        {role: ApplicationSecurityGroup(role=role) for role in sorted(plan.roles)},
        dict(sorted(groups.items())),
        settle(plan.deployment, findings),
    )


def rule_name(name: str) -> str:
    """Return the name of a rule as Azure takes it: as it is, or its begin and a digest of the whole."""
    if NAME_PATTERN.fullmatch(name):
        return name
    digest = f"{number_of(name, DIGEST):08x}"
    return f"{name[: NAME_LENGTH - len(digest) - 1]}-{digest}"


def describe(rule: ComposedRule, flows: Mapping[str, RequiredFlow]) -> tuple[str, list[Finding]]:
    """Return the description of a rule: its flows and where the page says them, as much as Azure's limit takes.

    It does not depend on addresses. A finding says what is left out.
    """
    room = DESCRIPTION_LENGTH - len(MARK)
    text = "; ".join(f"{flow}: {flows[flow].row}" for flow in rule.flows)
    if len(text) <= room:
        return text + MARK, []
    text, kept = "; ".join(rule.flows), list(rule.flows)
    while len(text) > room:
        kept.pop()
        text = f"{'; '.join(kept)}; +{len(rule.flows) - len(kept)} more".removeprefix("; ")
    left = ", ".join(rule.flows[len(kept) :]) or "the lines of the page"
    return text + MARK, [finding("description-shortened", rule.name, f"the description of {rule.name} has not {left}.")]


def _rule(rule: ComposedRule, priority: int, description: str, lists: Mapping[str, AddressList]) -> SecurityRule:
    rendered = SecurityRule(
        name=rule_name(rule.name),
        description=description,
        priority=priority,
        direction=DIRECTIONS[rule.direction],
        access="Allow",
        protocol=PROTOCOLS[rule.services[0].protocol],
        source_port_range="*",
    )
    if rule.services[0].protocol is Transport.ICMP:
        rendered["destination_port_range"] = "*"
    else:
        rendered["destination_port_ranges"] = [service.ports.text for service in rule.services]
    own, other = ("source", "destination") if rule.direction is Direction.EGRESS else ("destination", "source")
    form, value = _other_end(rule, lists)
    sides = {f"{own}_address_prefix": "*", f"{other}_{form}": value}
    rendered.update(sides)  # type: ignore[typeddict-item]  # the keys are those of SecurityRule
    return rendered


def _other_end(rule: ComposedRule, lists: Mapping[str, AddressList]) -> tuple[str, Any]:
    """Return the form of the other end and its value.

    Blocks are a list also where there is one, so that a second one changes no form.
    """
    end = rule.ends[0]
    match end.kind:
        case EndpointKind.LIST:
            return "address_prefixes", list(rule.cidrs(lists))
        case EndpointKind.ANY:
            return "address_prefix", rule.cidrs(lists)[0]
        case EndpointKind.ROLE:
            return "application_security_group", GroupOfSite(role=end.value)
        case EndpointKind.APPLICATION_SECURITY_GROUP:
            return "application_security_group", GroupOfSite(id=end.value)
        case EndpointKind.REFERENCE:
            return "application_security_group", GroupOfSite(input=end.value)
        case _:  # a service tag: the grammar has no other
            return "address_prefix", end.value


def _rest(role: str, direction: Direction, band: Band) -> Iterator[SecurityRule]:
    """Yield what closes the rest of a direction, and lets in what Azure itself needs."""
    if direction is Direction.INGRESS:
        yield SecurityRule(
            name=f"{role}-{direction}-load-balancer",
            description=f"Azure's load balancer asks whether machines are alive{MARK}",
            priority=load_balancer_priority(band),
            direction=DIRECTIONS[direction],
            access="Allow",
            protocol="*",
            source_port_range="*",
            destination_port_range="*",
            source_address_prefix="AzureLoadBalancer",
            destination_address_prefix="*",
        )
    yield SecurityRule(
        name=f"{role}-{direction}-deny-rest",
        description=f"what no rule before this one allows{MARK}",
        priority=deny_priority(band),
        direction=DIRECTIONS[direction],
        access="Deny",
        protocol="*",
        source_port_range="*",
        destination_port_range="*",
        source_address_prefix="*",
        destination_address_prefix="*",
    )


def _check(role: str, rules: list[SecurityRule], raised: Mapping[str, int]) -> Iterator[Finding]:
    """Yield a finding for each limit that the rules of a group are over."""
    limits = {
        "azure-rules-per-network-security-group": [(len(rules), "rules")],
        "azure-addresses-per-network-security-group": sorted(
            (count, unit) for unit, count in value_counts(rules).items()
        ),
        "azure-application-security-groups-per-network-security-group": [
            (
                len({str(group) for rule in rules for group in named_groups(rule).values()}),
                "application security groups",
            )
        ],
    }
    for name, counts in limits.items():
        limit = QUOTAS.value(name, raised)
        for count, unit in counts:
            if count > limit:
                yield _over(name, role, unit, count, limit)


def value_counts(rules: Iterable[SecurityRule]) -> dict[str, int]:
    """Return how many addresses and ports Azure counts for a group, on each side of its rules.

    A service tag or `*` counts as one; an application security group as none.
    """
    counts: Counter[str] = Counter()
    for rule in rules:
        counts["source addresses"] += _count(rule.get("source_address_prefix"), rule.get("source_address_prefixes"))
        counts["destination addresses"] += _count(
            rule.get("destination_address_prefix"), rule.get("destination_address_prefixes")
        )
        counts["destination ports"] += _count(rule.get("destination_port_range"), rule.get("destination_port_ranges"))
    return dict(counts)


def _count(one: str | None, many: list[str] | None) -> int:
    return len(many or []) + (one is not None)


def named_groups(rule: SecurityRule) -> dict[str, GroupOfSite]:
    """Return the application security groups that a rule names, by the property that does."""
    sides = {
        "source_application_security_group": rule.get("source_application_security_group"),
        "destination_application_security_group": rule.get("destination_application_security_group"),
    }
    return {side: group for side, group in sides.items() if group}


def _over(name: str, role: str, unit: str, count: int, limit: int) -> Finding:
    text = f"{role} needs {count} {unit}, over the {limit} of Azure's limit '{QUOTAS[name].title}'."
    remedy = (
        f"Say layout: minimal, cover addresses with wider blocks that are yours, or say under quotas: {{{name}: ...}} "
        "what Azure gave the subscription."
    )
    return finding("limit", role, text, remedy=remedy)


def _both_groups(roles: Iterable[str]) -> Finding:
    text = (
        f"the groups of {', '.join(sorted(roles))} admit what the page needs; where the subnet has a group too, both "
        "must admit it."
    )
    return finding("both-groups", "network security groups", text)
