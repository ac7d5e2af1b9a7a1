"""The two questions that a person asks of a plan: why is this open, and does this packet pass.

Owns the collecting of what a flow or rule rests on, remotes given as names or ranges, and the nearest reasons for a no.
Does not own the evaluation of a packet (`Plan.allows`), which it agrees with.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ws_network.addresses import AddressSet, parse_cidr
from ws_network.catalogue import Addressing, RoleKind, Transport
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding, Severity
from ws_network.flows import Name, RequiredFlow, Site
from ws_network.grammar import GRAMMARS, PEER_FORMS, EndpointKind
from ws_network.host_names import is_host_name
from ws_network.plan import Packet, Plan
from ws_network.rules import Direction, Rule
from ws_network.snapshot import Snapshot
from ws_network.views.planned import finding_lines, other_end
from ws_network.views.requirements import NotNeeded, not_needed
from ws_network.views.tables import Column, Sheet, Table

WHY = (
    Column("about", "about", "rule or flow"),
    Column("key", "", "what is told"),
    Column("value", "", "its value, or values"),
)
PARTS = (
    Column("remote", "remote", "part of the remote that was asked for"),
    Column("allowed", "passes", "whether all of it passes"),
    Column("by", "by", "rules that let it pass, or why it is no rule's matter"),
)
REASONS = (Column("reason", "why not", "what is nearest to the packet, and why that does not let it pass"),)


def explain(plan: Plan, asked: str) -> dict[str, Any]:
    """Return why a rule or flow is in the plan, or why a line of the page is not.

    Args:
        plan: The plan.
        asked: A rule id, or a flow id; a bare flow id means also the roles that inherit it.

    Raises:
        UserError: neither a rule of the plan nor a line of the page that concerns its roles; names the nearest.
    """
    rules = [rule for rule in plan.rules if rule.id == asked]
    flows = {flow.id for flow in plan.flows if asked in {flow.id, flow.line}}
    left = [entry for entry in _left_out(plan) if asked in {entry.flow, entry.flow.split("/")[-1]}]
    if not rules and not flows and not left:
        known = {rule.id for rule in plan.rules} | {flow.id for flow in plan.flows}
        raise UserError(unknown_name("rule or flow", asked, known | {entry.flow for entry in _left_out(plan)}))
    if rules:
        flows = set(rules[0].flows)
    about = {*flows, *(entry.flow for entry in left)}
    return {
        "asked": asked,
        "rules": [_rule(plan, rule) for rule in rules or plan.rules if rules or flows & set(rule.flows)],
        "flows": [_flow(plan, flow) for flow in plan.flows if flow.id in flows],
        "not_required": [{"flow": entry.flow, "line": entry.line, "why": list(entry.why)} for entry in left],
        "findings": [entry.to_dict() for entry in plan.findings if entry.flow in about],
    }


def explain_sheet(told: dict[str, Any]) -> Sheet:
    """Return what `explain` told, as a table."""
    rows: list[tuple[str, str, tuple[str, ...]]] = []
    for rule in told["rules"]:
        rows += [
            (f"rule {rule['rule']}", "lets pass", (f"{rule['direction']} {rule['protocol']} {rule['ports']}",)),
            (f"rule {rule['rule']}", "other end", tuple(rule["addresses"]) or (rule["other_end"],)),
            (f"rule {rule['rule']}", "flows", tuple(rule["flows"])),
        ]
    for flow in told["flows"]:
        rows += [
            (f"flow {flow['flow']}", "line of the page", (flow["line"],)),
            (f"flow {flow['flow']}", "opens", (f"{flow['source']} to {flow['destination']}, {flow['application']}",)),
            (f"flow {flow['flow']}", "needed", (flow["condition"],)),
            (f"flow {flow['flow']}", "known", (flow["confidence"],)),
            (f"flow {flow['flow']}", "sources", tuple(flow["sources"])),
            (f"flow {flow['flow']}", "hosts", tuple(_host(host) for host in flow["hosts"])),
        ]
    for entry in told["not_required"]:
        rows += [
            (f"flow {entry['flow']} (not needed)", "line of the page", (entry["line"],)),
            (f"flow {entry['flow']} (not needed)", "why not", tuple(entry["why"])),
        ]
    findings = [Finding(**{**entry, "severity": Severity(entry["severity"])}) for entry in told["findings"]]
    table = Table("why", WHY, tuple(row for row in rows if row[2]), group=True)
    return Sheet(told["asked"], told, (table,), tuple(finding_lines(findings, everything=True)))


def _host(host: dict[str, str]) -> str:
    notes = [host["addressing"]] + ([host["confidence"]] if host["confidence"] != "documented" else [])
    return f"{host['name']} ({', '.join(notes)})"


def _rule(plan: Plan, rule: Rule) -> dict[str, Any]:
    told = plan.explain(rule)
    keep = {key: told[key] for key in ("rule", "role", "direction", "protocol", "ports", "peer", "addresses")}
    return {**keep, "other_end": "; ".join(other_end(plan, rule.peer)), "flows": list(rule.flows)}


def _flow(plan: Plan, flow: RequiredFlow) -> dict[str, Any]:
    return {
        **plan.explain_flow(flow),
        "source": flow.source,
        "destination": flow.destination,
        "hosts": [
            {"name": name.fqdn, "addressing": str(name.addressing), "confidence": str(name.confidence)}
            for name in flow.names
        ],
    }


def _left_out(plan: Plan) -> tuple[NotNeeded, ...]:
    return not_needed(Site(plan.catalogue, plan.deployment), plan.flows, plan.findings)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a remote: a name, a range, a group; and what lets it pass."""

    remote: str
    allowed: bool
    by: tuple[str, ...]
    """Rule ids; or a sentence where no rule is needed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a packet passes, part by part of its remote."""

    question: Packet
    parts: tuple[Part, ...]
    reasons: tuple[str, ...]
    """What is nearest, where not all of it passes."""

    @property
    def allowed(self) -> bool:
        """Whether all parts pass."""
        return bool(self.parts) and all(part.allowed for part in self.parts)

    def sheet(self) -> Sheet:
        """Return the answer as tables."""
        asked = self.question
        some = any(part.allowed for part in self.parts)
        word = "yes" if self.allowed else "only in part" if some else "no"
        port = f"type {asked.port} code {asked.code}" if asked.protocol is Transport.ICMP else str(asked.port)
        side = "to" if asked.direction is Direction.EGRESS else "from"
        title = f"{word}: {asked.role} {asked.direction} {asked.protocol} {port} {side} {asked.remote}"
        parts = Table("parts", PARTS, tuple((part.remote, part.allowed, part.by) for part in self.parts))
        reasons = Table("reasons", REASONS, tuple((reason,) for reason in self.reasons))
        facts = {
            "allowed": self.allowed,
            "role": asked.role,
            "direction": str(asked.direction),
            "protocol": str(asked.protocol),
            "port": asked.port,
            "remote": asked.remote,
        }
        return Sheet(title, facts, (parts, reasons))


def ask(plan: Plan, packet: Packet, snapshot: Snapshot | None = None) -> Answer:
    """Return whether a packet passes, and by which rules, or why not.

    Args:
        plan: The plan.
        packet: Its `remote` may be an address, a range, a host name, a role or peer, or an id that a rule names.
        snapshot: The one that the plan was made with: addresses of host names.

    Raises:
        UserError: the role has no group, or the remote is nothing that the plan or the page knows.
    """
    if packet.role not in plan.roles:
        raise UserError(unknown_name("role of this deployment", packet.role, plan.roles))
    unsaid = Part(packet.remote, allowed=False, by=(f"{plan.target} cannot name it there",))
    parts = tuple(_Remote(plan, packet, snapshot).parts()) or (unsaid,)
    reasons = () if all(part.allowed for part in parts) else tuple(_reasons(plan, packet))
    return Answer(packet, parts, reasons)


NO_MEMBER = frozenset({EndpointKind.LIST, EndpointKind.NAMES, EndpointKind.ANY})
"""Other ends that a packet is in by its address or name; of the others it is told by what it is part of."""


@dataclass(frozen=True)
class _Remote:
    """The other end of a packet, taken apart into what rules can be held against."""

    plan: Plan
    packet: Packet
    snapshot: Snapshot | None

    def parts(self) -> Iterator[Part]:
        remote, plan = self.packet.remote, self.plan
        tokens = {rule.peer.value for rule in plan.rules if rule.peer.kind not in NO_MEMBER}
        peer = plan.deployment.all_peers.get(remote)
        role = plan.catalogue.roles.get(remote)
        names, host = self._names(), remote.lower().rstrip(".")
        if _is_range(remote):
            yield self._addresses(remote, [remote])
        elif host in names:
            yield self._name(names[host])
        elif peer is not None and peer.platform:
            yield Part(remote, allowed=True, by=(f"{plan.target} does not filter the cloud's own {remote}",))
        elif peer is not None or remote in tokens:
            yield from self._members(tokens)
        elif role is not None and role.kind is RoleKind.SERVICE:
            yield from self._service(names.values())
        elif EndpointKind.NAMES in self._sayable() and is_host_name(host):
            yield self._name(Name(host, Addressing.UNKNOWN, "", plan.deployment.min_confidence))
        else:
            raise UserError(self._unknown(tokens, names))

    def _members(self, tokens: set[str]) -> Iterator[Part]:
        """Yield a role's or peer's group, ranges, ids and names; or the one id that was asked for."""
        remote, plan = self.packet.remote, self.plan
        peer = plan.deployment.all_peers.get(remote)
        if remote in plan.roles or peer is None:
            yield self._token(remote)
        if peer is None:
            return
        for cidr in peer.cidrs:
            yield self._addresses(cidr, [cidr])
        for kind, key in PEER_FORMS.items():
            if kind in self._sayable():
                for token in getattr(peer, key):
                    yield self._token(token)
        for reference in sorted(tokens):
            if reference.split("/")[0] == remote and reference != remote:
                yield self._token(reference)
        for fqdn in peer.fqdns:
            yield self._name(Name(fqdn, Addressing.DYNAMIC, "", plan.deployment.min_confidence))

    def _sayable(self) -> frozenset[EndpointKind]:
        grammar = GRAMMARS[self.plan.target]
        return grammar.egress if self.packet.direction is Direction.EGRESS else grammar.ingress

    def _service(self, names: Iterable[Name]) -> Iterator[Part]:
        """Yield the names that the role's flows to a service need; the service's blocks where it is the source."""
        packet, plan = self.packet, self.plan
        if packet.direction is Direction.INGRESS:
            for region in plan.deployment.regions:
                for block in plan.catalogue.blocks(region):
                    yield self._addresses(block.cidr, [block.cidr])
            return
        wanted = {
            name.fqdn for flow in plan.flows if (flow.source, flow.destination) == (packet.role, packet.remote)
            for name in flow.names
        }  # fmt: skip
        for name in names:
            if name.fqdn in wanted:
                yield self._name(name)
        if not wanted:
            yield Part(packet.remote, allowed=False, by=(f"no flow of {packet.role} goes to {packet.remote} here",))

    def _token(self, token: str) -> Part:
        rules = self.plan.allowing(replace(self.packet, remote=token))
        return Part(token, bool(rules), tuple(rule.id for rule in rules))

    def _name(self, name: Name) -> Part:
        """Return a name by the rules that follow it, else by the addresses it is known to have.

        Without any, only a rule for any address serves.
        """
        followed = [
            rule
            for rule in on_port(self.plan, self.packet)
            if rule.peer.kind is EndpointKind.NAMES and self.plan.name_lists[rule.peer.value].admits(name.fqdn)
        ]
        if followed:
            return Part(name.fqdn, allowed=True, by=tuple(rule.id for rule in followed))
        cidrs: list[str] = []
        if name.addressing is Addressing.PUBLISHED:
            cidrs = [block.cidr for block in self.plan.catalogue.blocks(name.region)]
        elif self.snapshot is not None and name.fqdn in self.snapshot.names:
            resolved = self.snapshot.names[name.fqdn]
            cidrs = [*resolved.ipv4, *resolved.ipv6]
        if cidrs:
            return self._addresses(name.fqdn, cidrs)
        rules = [rule for rule in on_port(self.plan, self.packet) if rule.peer.kind is EndpointKind.ANY]
        return Part(name.fqdn, bool(rules), tuple(rule.id for rule in rules))

    def _addresses(self, label: str, cidrs: list[str]) -> Part:
        """Return ranges: they pass when the rules on the port cover all of them."""
        asked = AddressSet.from_cidrs(cidrs)
        if asked <= GRAMMARS[self.plan.target].unfiltered:
            return Part(label, allowed=True, by=(f"{self.plan.target} does not filter it",))
        covered, used = AddressSet.empty(), []
        for rule in on_port(self.plan, self.packet):
            reached = _reached(self.plan, rule)
            if reached & asked:
                covered |= reached
                used.append(rule.id)
        return Part(label, asked <= covered, tuple(used))

    def _names(self) -> dict[str, Name]:
        names = {name.fqdn: name for flow in self.plan.flows for name in flow.names}
        for peer in self.plan.deployment.all_peers.values():
            for fqdn in peer.fqdns:
                names.setdefault(fqdn, Name(fqdn, Addressing.DYNAMIC, "", self.plan.deployment.min_confidence))
        return names

    def _unknown(self, tokens: set[str], names: dict[str, Name]) -> str:
        remote = self.packet.remote
        if remote in self.plan.catalogue.roles:
            return f"'{remote}' is nowhere in this deployment: declare peers.{remote}, or ask for an address."
        services = {role.id for role in self.plan.catalogue.roles.values() if role.kind is RoleKind.SERVICE}
        known = {*tokens, *names, *services, *self.plan.deployment.all_peers}
        return unknown_name("remote (an address, a range, a role, a host name or an id)", remote, known)


def on_port(plan: Plan, packet: Packet) -> list[Rule]:
    """Return the rules of the packet's role, direction, protocol and port, whatever their other end."""
    if packet.protocol is Transport.ICMP:
        ports = (packet.port, packet.code)
        return [rule for rule in _on_side(plan, packet) if (rule.ports.first, rule.ports.last) == ports]
    return [rule for rule in _on_side(plan, packet) if rule.ports.first <= packet.port <= rule.ports.last]


def _on_side(plan: Plan, packet: Packet) -> list[Rule]:
    asked = (packet.role, packet.direction, packet.protocol)
    return [rule for rule in plan.rules if (rule.role, rule.direction, rule.protocol) == asked]


def _reached(plan: Plan, rule: Rule) -> AddressSet:
    if rule.peer.kind is EndpointKind.LIST:
        return AddressSet.from_cidrs(plan.lists[rule.peer.value].cidrs)
    if rule.peer.kind is EndpointKind.ANY:
        return AddressSet.from_cidrs(["0.0.0.0/0" if rule.peer.value == "ipv4" else "::/0"])
    return AddressSet.empty()


def _is_range(text: str) -> bool:
    """Return whether the text is meant as an address or range.

    Raises:
        UserError: it is, and is not one.
    """
    try:
        ipaddress.ip_address(text.split("/", maxsplit=1)[0])
    except ValueError:
        return False
    parse_cidr(text)
    return True


def _reasons(plan: Plan, packet: Packet) -> Iterator[str]:
    """Yield what is nearest to the packet: the rules on its port, the ports there are, the lines not needed."""
    what = f"{packet.role} {packet.direction} {packet.protocol}"
    here = on_port(plan, packet)
    if here:
        ends = dict.fromkeys("; ".join(other_end(plan, rule.peer)) for rule in here)
        yield f"{what} {packet.port} is open only for {', '.join(ends)}."
    else:
        ports = dict.fromkeys(rule.ports.text for rule in sorted(_on_side(plan, packet), key=lambda rule: rule.ports))
        yield f"no rule has {what} {packet.port}; " + (f"there are {', '.join(ports)}." if ports else "there is none.")
    for flow in plan.flows:
        if packet.port in flow.ports and packet.role == _own_end(flow, packet.direction):
            for entry in plan.findings:
                if entry.flow == flow.id and entry.code in {"names-refused", "no-hosts", "ipv4-only"}:
                    yield f"{entry.text} {entry.remedy}"
    for left in _left_out(plan):
        line = plan.catalogue.flows[left.flow.split("/")[-1]]
        ports_of = {*line.ports, *(port for served in line.served_ports for port in served.ports)}
        own = line.source if packet.direction is Direction.EGRESS else line.destination
        role = left.flow.split("/")[0] if "/" in left.flow and own in {"agent", packet.role} else own
        if packet.role == role and packet.port in ports_of and packet.protocol in line.transports:
            yield f"{left.flow} ({left.line}) is not needed here: {'; '.join(left.why)}"


def _own_end(flow: RequiredFlow, direction: Direction) -> str:
    return flow.source if direction is Direction.EGRESS else flow.destination
