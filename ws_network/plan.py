"""The plan: every rule a site needs on one target, and every finding about it.

Owns the way from a deployment to rules and findings, the proof that no required flow is lost, and the answers
`allows` and `explain`. Does not own what a cloud makes of it: quotas and words are its renderer's.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from ws_network.addresses import AddressSet, Family
from ws_network.catalogue import Catalogue, RoleKind, Transport
from ws_network.deployment import Deployment, Layout, MachineMark, Target, check_deployment
from ws_network.deployment.check import LAST_SLOT, PAGE_SLOTS
from ws_network.endpoints import AddressList, Endpoint, EndpointFinder, NameList, Origin
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding, Severity, accepted, finding, worst
from ws_network.flows import RequiredFlow, Site, required_flows
from ws_network.freshness import freshness
from ws_network.grammar import GRAMMARS, MARKS, EndpointKind
from ws_network.minimal import minimal
from ws_network.rules import Direction, Rule, join, rules_of
from ws_network.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection, seen from a machine of a role."""

    role: str
    direction: Direction
    protocol: Transport
    port: int
    """Destination port, also for ingress; for ICMP the type."""
    remote: str
    """The other end: an address, a host name, or what it is part of: a role, tag, reference, group or list by id."""
    code: int = 0
    """ICMP code."""


@dataclass(frozen=True)
class Plan:
    """What one target needs for one site."""

    deployment: Deployment
    catalogue: Catalogue
    """At the deployment's revision."""
    target: Target
    flows: tuple[RequiredFlow, ...]
    rules: tuple[Rule, ...]
    """Sorted by id."""
    lists: Mapping[str, AddressList]
    """The address lists that rules name, by name."""
    findings: tuple[Finding, ...]
    name_lists: Mapping[str, NameList] = field(default_factory=dict)
    """The lists of host names that rules name, by name."""
    machines: Mapping[str, MachineMark] = field(default_factory=dict)
    """By which mark GCP finds the machines of each role."""

    @property
    def failed(self) -> bool:
        """Whether a finding forbids to deploy the plan."""
        return worst(self.findings) is Severity.ERROR

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that get a group, whether or not they have rules."""
        return self.deployment.managed_roles

    @cached_property
    def _sets(self) -> dict[str, AddressSet]:
        return {name: AddressSet.from_cidrs(found.cidrs) for name, found in self.lists.items()}

    def allowing(self, packet: Packet) -> tuple[Rule, ...]:
        """Return the rules that let the packet pass, by id; none: it is dropped.

        What is not told by address passes a port that is open to every address of both families.
        """
        rules = tuple(rule for rule in self.rules if self._matches(rule, packet))
        if family_of(packet.remote) is not None:
            return rules
        open_to = {rule.peer.value for rule in rules if rule.peer.kind is EndpointKind.ANY}
        everyone = open_to == {"ipv4", "ipv6"}
        return tuple(rule for rule in rules if everyone or rule.peer.kind is not EndpointKind.ANY)

    def allows(self, packet: Packet) -> bool:
        """Return whether the packet passes."""
        return bool(self.allowing(packet))

    def _matches(self, rule: Rule, packet: Packet) -> bool:
        if (rule.role, rule.direction, rule.protocol) != (packet.role, packet.direction, packet.protocol):
            return False
        if packet.protocol is Transport.ICMP:
            if (rule.ports.first, rule.ports.last) != (packet.port, packet.code):
                return False
        elif not rule.ports.first <= packet.port <= rule.ports.last:
            return False
        return self._reaches(rule.peer, packet.remote)

    def _reaches(self, peer: Endpoint, remote: str) -> bool:
        family = family_of(remote)
        match peer.kind:
            case EndpointKind.ANY:
                return family is None or peer.value == f"ipv{family}"
            case EndpointKind.LIST:
                return family is not None and remote in self._sets[peer.value]
            case EndpointKind.NAMES:
                return self.name_lists[peer.value].admits(remote)
            case _:
                return peer.value == remote

    def rule(self, rule_id: str) -> Rule:
        """Return the rule of this id.

        Raises:
            UserError: there is none; names the nearest.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise UserError(unknown_name("rule", rule_id, (rule.id for rule in self.rules)))

    def explain(self, rule: Rule) -> dict[str, Any]:
        """Return why a rule is there: its addresses, and each flow with its line of the page and its sources."""
        known = {flow.id: flow for flow in self.flows}
        found = self.lists.get(rule.peer.value)
        return {
            "rule": rule.id,
            "role": rule.role,
            "direction": str(rule.direction),
            "protocol": str(rule.protocol),
            "ports": rule.ports.text,
            "peer": rule.peer.value,
            "addresses": list(found.cidrs) if found else [],
            "flows": [self.explain_flow(known[flow]) for flow in rule.flows],
            "findings": [entry.to_dict() for entry in self.findings if entry.flow in rule.flows],
        }

    def explain_flow(self, flow: RequiredFlow) -> dict[str, Any]:
        """Return why a flow is required: its line of the page, when that holds, how sure it is, and its sources."""
        line = self.catalogue.flows.get(flow.line)
        sources = [self.catalogue.sources[key] for key in line.sources] if line else []
        return {
            "flow": flow.id,
            "line": flow.row,
            "application": flow.application,
            "condition": (line.condition.text or "always") if line else "the deployment says so",
            "confidence": str(flow.confidence),
            "hosts": [name.fqdn for name in flow.names],
            "sources": [f"{source.title} ({source.date})" for source in sources],
        }


def build_plan(  # noqa: PLR0913 - each argument is one input of the plan, all but two have a default
    catalogue: Catalogue,
    deployment: Deployment,
    *,
    target: Target = Target.AWS_SECURITY_GROUP,
    snapshot: Snapshot | None = None,
    as_of: date | None = None,
    references: tuple[str, ...] = (),
    machines: Mapping[str, MachineMark] | None = None,
    resolved_on: date | None = None,
) -> Plan:
    """Return the plan of a site for one target.

    Args:
        catalogue: The catalogue, at any revision; the deployment's is taken.
        deployment: The site.
        target: What will hold the rules.
        snapshot: Addresses of names, for the form `snapshot`.
        as_of: The day for end dates; None looks at no date.
        references: Peers whose group the caller gives by id when the component is made (`peer`, or `peer/label`).
        machines: Marks that the caller gives when the component is made, by role; they take the place of the
            deployment's.
        resolved_on: The day on which the snapshot was last resolved, changed or not.

    Raises:
        UserError: the deployment names something unknown, or lacks a required peer.
    """
    catalogue = catalogue.at(deployment.revision)
    check_deployment(deployment, catalogue)
    required = required_flows(catalogue, deployment, as_of, references)
    marks = {role: found.mark for role, found in deployment.machines.items()} | dict(machines or {})
    finder = EndpointFinder(Site(catalogue, deployment, references), target, snapshot, marks)
    rules: list[Rule] = []
    lists: dict[str, AddressList] = {}
    name_lists: dict[str, NameList] = {}
    findings = [*required.findings, *_of_target(deployment, target, marks)]
    without_hosts = {entry.flow for entry in findings if entry.code == "no-hosts"}
    for flow in required.flows:
        ends = list(_ends(finder, flow))
        if not ends and finder.grammar.sees_all_traffic:
            text = f"{flow.id}: {target} holds what leaves, and this enters: from {flow.source} to {flow.destination}."
            service = catalogue.roles.get(flow.source)
            severity = None if service is not None and service.kind is RoleKind.SERVICE else Severity.LOW
            findings.append(finding("enters-elsewhere", flow.id, text, severity=severity))
        for role, direction, reach in ends:
            made = list(rules_of(role, direction, flow, reach.endpoints))
            rules += made
            findings += [*reach.findings, *_one_content(flow, [(lists, reach.lists), (name_lists, reach.name_lists)])]
            if not made and not reach.findings and flow.id not in without_hosts:
                text = f"{flow.id} ended without rule or finding at {role}: this is a defect of ws-network."
                findings.append(finding("lost-flow", flow.id, text))
    joined: tuple[Rule, ...] = join(rules)
    if behind := _standing_behind(joined, target, deployment):
        policy = build_plan(catalogue, deployment, target=behind, snapshot=snapshot, references=references)
        findings += _uncovered(required.flows, joined, policy)
    grammar = GRAMMARS[target]
    if deployment.layout is Layout.MINIMAL and not grammar.many_ports:
        joined, lists = minimal(joined, lists)
    findings += _of_flows(required.flows, joined, target, deployment)
    if snapshot is not None and any(found.origin is Origin.SNAPSHOT for found in lists.values()):
        findings += freshness(snapshot, resolved_on, as_of, deployment.resolution.max_age_days)
    for role in sorted(set(deployment.managed_roles) - {rule.role for rule in joined}):
        findings.append(finding("nothing-required", role, f"role {role} ends without a rule."))
    return Plan(
        deployment=deployment,
        catalogue=catalogue,
        target=target,
        flows=required.flows,
        rules=joined,
        lists=dict(sorted(lists.items())),
        findings=settle(deployment, findings),
        name_lists=dict(sorted(name_lists.items())),
        machines=marks,
    )


def _of_target(deployment: Deployment, target: Target, marks: Mapping[str, MachineMark]) -> Iterator[Finding]:
    """Yield what the target needs to be told and is not, as whether to deny the rest, and what is told in vain."""
    grammar = GRAMMARS[target]
    if grammar.allows_the_rest and deployment.deny_rest is None:
        text = f"{target} allows what no rule names, and deny_rest is not said."
        yield finding("deny-rest-unsaid", "deny_rest", text)
    elif grammar.allows_the_rest and not deployment.deny_rest:
        text = f"deny_rest is false, so {target} goes on allowing what no rule names."
        yield finding("not-enforced", "deny_rest", text)
    for role, count in sorted(deployment.split.items()):
        if count > 1 and target is not Target.AWS_SECURITY_GROUP:
            text = f"split says {count} groups for {role}, and its machines take the rules of {target} from one place."
            yield finding("split-ignored", role, text)
    permitted = MARKS.get(target, frozenset())
    for role in deployment.managed_roles if permitted else ():
        if role not in marks:
            text = f"role {role} has no machines, and a rule of {target} without a target is for every machine."
            yield finding("role-without-machines", role, text)
        elif marks[role] not in permitted:
            text = f"role {role} is found by a {marks[role]}, which a rule of {target} cannot take as its target."
            remedy = f"Give it one of {', '.join(sorted(permitted))}."
            yield finding("role-without-machines", role, text, remedy=remedy)


def _of_flows(
    flows: tuple[RequiredFlow, ...], rules: tuple[Rule, ...], target: Target, deployment: Deployment
) -> Iterator[Finding]:
    """Yield what the target makes of flows that became rules: a missing slot, ICMP without its type."""
    grammar = GRAMMARS[target]
    served = {flow for rule in rules for flow in rule.flows}
    found = [flow for flow in flows if flow.id in served]
    if grammar.prioritised and deployment.layout is Layout.PER_FLOW:
        yield from _without_slot(sorted(flow.id for flow in found if flow.slot is None), target, deployment)
    for flow in found:
        if flow.icmp and not grammar.icmp_types:
            text = f"{flow.id}: {target} cannot say the type and code of ICMP, so all of ICMP is open."
            yield finding("icmp-any-type", flow.id, text)


def _without_slot(ids: Iterable[str], target: Target, deployment: Deployment) -> Iterator[Finding]:
    """Yield a finding for each extra flow without a slot, with a free one for each, as long as there are any."""
    taken = {flow.slot for flow in deployment.extra_flows}
    free = (slot for slot in range(PAGE_SLOTS + 1, LAST_SLOT + 1) if slot not in taken)
    for flow_id in ids:
        slot = next(free, None)
        text = f"extra flow {flow_id} has no slot, from which its priority on {target} comes."
        remedy = f"Say slot: {slot} at the extra flow {flow_id}; once it is deployed, leave it as it is."
        if slot is None:
            remedy = (
                f"No slot up to {LAST_SLOT} is free: join extra flows that have the same ends, or say layout: minimal."
            )
        yield finding("slot-missing", flow_id, text, remedy=remedy)


def _one_content(flow: RequiredFlow, found: Iterable[tuple[dict[str, Any], Iterable[Any]]]) -> Iterator[Finding]:
    """Add a flow's lists to those of the plan, and yield an error for a name that stands for something else there."""
    for known, new in found:
        for each in sorted(new):
            if known.setdefault(each.name, each) != each:
                text = f"{flow.id} has a list {each.name} of other content than another flow's: a defect of ws-network."
                yield finding("lost-flow", flow.id, text)


def _standing_behind(rules: tuple[Rule, ...], target: Target, deployment: Deployment) -> Target | None:
    """Return the policy that is said to filter what rules open to any address."""
    is_open = any(rule.peer.kind is EndpointKind.ANY for rule in rules)
    return deployment.behind.get(target) if is_open else None


def _uncovered(flows: tuple[RequiredFlow, ...], rules: tuple[Rule, ...], policy: Plan) -> Iterator[Finding]:
    """Yield an error for each flow that is open to any address, and of whose hosts the policy behind it refuses one."""
    refused = {entry.flow for entry in policy.findings if entry.severity is Severity.ERROR}
    families = GRAMMARS[policy.target].families
    by_address = {
        flow
        for rule in policy.rules
        if rule.peer.kind is EndpointKind.LIST and policy.lists[rule.peer.value].family in families
        for flow in rule.flows
    }
    known = {flow.id: flow for flow in flows}
    hosts: dict[str, set[str]] = {}
    open_rules = [rule for rule in rules if rule.peer.kind is EndpointKind.ANY and rule.direction is Direction.EGRESS]
    for rule in open_rules:
        for flow in rule.flows:
            names = [name.fqdn for name in known[flow].names]
            for name in names or policy.deployment.all_peers[known[flow].destination].fqdns:
                packet = Packet(rule.role, rule.direction, rule.protocol, rule.ports.first, name)
                if flow in refused or not (flow in by_address or policy.allows(packet)):
                    hosts.setdefault(flow, set()).add(name)
    for flow, names_left in sorted(hosts.items()):
        text = (
            f"{flow}: {policy.target} is said to stand behind it, and does not allow {', '.join(sorted(names_left))}."
        )
        yield finding("behind-uncovered", flow, text)


def _ends(finder: EndpointFinder, flow: RequiredFlow) -> Iterator[tuple[str, Direction, Any]]:
    """Yield the ends of a flow that are the site's: role, direction there, and what the other end is."""
    managed = finder.site.managed
    if flow.source in managed:
        yield flow.source, Direction.EGRESS, finder.destination(flow)
    if flow.destination in managed and not finder.grammar.at_the_edge:
        yield flow.destination, Direction.INGRESS, finder.source(flow)


def settle(deployment: Deployment, findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings worst first, each once, those that the deployment accepts as information.

    A finding that forbids the plan cannot be accepted.
    """
    out = set()
    for entry in findings:
        exemption = deployment.accept.get(f"{entry.code}:{entry.flow}") or deployment.accept.get(entry.code)
        keep = exemption is None or entry.severity is Severity.ERROR
        out.add(entry if keep or exemption is None else accepted(entry, exemption.reason))
    return tuple(sorted(out, key=lambda entry: (-entry.severity.rank, entry)))


def family_of(text: str) -> Family | None:
    """Return the family of an address, None for what is none."""
    try:
        return 4 if ipaddress.ip_address(text).version == 4 else 6
    except ValueError:
        return None
