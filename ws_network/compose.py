"""From single permissions to the rules of a target whose rule holds several: the per-flow layout of Azure and GCP.

Owns which permissions are one rule there, and what that rule is called: by its line of the page, so that a rule keeps
its name and slot whatever other lines come and go. A permission that several lines need is in the rule of each: these
clouds take the same permission twice, and a joined rule would move when the line that it is named by goes.
Does not own priorities (`ws_network.<cloud>.priorities`), words and limits of a cloud, nor the layout `minimal`
(`ws_network.covers`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, unique

from ws_network.addresses import AddressSet
from ws_network.catalogue import Transport
from ws_network.endpoints import AddressList, Endpoint
from ws_network.errors import UserError
from ws_network.grammar import GRAMMARS, EndpointKind, Grammar
from ws_network.identity import digest
from ws_network.plan import Plan
from ws_network.rules import Direction, PortRange, Rule


@unique
class Facet(IntEnum):
    """Which of a line's rules it is, by the form of the other end. The values are frozen: priorities come from them."""

    IPV4 = 0
    IPV6 = 1
    ANY_IPV4 = 2
    ANY_IPV6 = 3
    NAMES = 4
    ROLE = 5
    OTHER = 6
    """What only the cloud knows: groups, tags, accounts, references."""

    @property
    def word(self) -> str:
        """The facet inside a rule's name: `ipv4`, `any-ipv4`."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """What a rule opens: a protocol and ports; for ICMP type and code."""

    protocol: Transport
    ports: PortRange


@dataclass(frozen=True, slots=True, order=True)
class ComposedRule:
    """One rule of a target: services, and the other ends that all of them are open to."""

    role: str
    direction: Direction
    name: str
    """Unique in the plan, from content: `agent-egress-agent-dns-udp-ipv4`. A cloud may have to shorten it."""
    services: tuple[Service, ...]
    """Sorted; of one protocol where the target's rule holds one."""
    ends: tuple[Endpoint, ...]
    """Sorted; all of one kind, and of one family where they have one."""
    flows: tuple[str, ...]
    """Ids of the flows it is for, sorted."""
    facet: Facet
    line: str = ""
    """Id of the line of the page, or of the extra flow; empty in the layout `minimal`."""
    slot: int | None = None
    """The line's frozen slot; None in the layout `minimal`."""

    def cidrs(self, lists: Mapping[str, AddressList]) -> tuple[str, ...]:
        """Return the blocks of its lists, or of the family that it is open to, as few as say the same, sorted.

        Azure refuses blocks of one rule that overlap.
        """
        match self.facet:
            case Facet.ANY_IPV4:
                return ("0.0.0.0/0",)
            case Facet.ANY_IPV6:
                return ("::/0",)
            case Facet.IPV4 | Facet.IPV6:
                return AddressSet.from_cidrs([cidr for end in self.ends for cidr in lists[end.value].cidrs]).cidrs()
            case _:
                return ()


def compose(plan: Plan) -> tuple[ComposedRule, ...]:
    """Return the rules of a plan in the per-flow layout, for a target whose rule holds several ports or lists, by name.

    One rule per role, direction, line of the page and form of the other end; per protocol and per group or tag too
    where the target's rule holds one of them.

    Raises:
        UserError: the ends of a rule are open to different ports, which is a defect of the plan.
    """
    grammar = GRAMMARS[plan.target]
    lines = {flow.id: (flow.line, flow.slot) for flow in plan.flows}
    found: dict[tuple[str, Direction, str, Facet, str, str], list[tuple[Rule, str]]] = defaultdict(list)
    slots: dict[str, int | None] = {}
    for rule in plan.rules:
        facet = facet_of(rule.peer, plan.lists)
        for flow in rule.flows:
            line, slots[line] = lines[flow]
            found[rule.role, rule.direction, line, facet, *_apart(rule, facet, grammar)].append((rule, flow))
    out: list[ComposedRule] = []
    for (role, direction, line, facet, protocol, member), permissions in sorted(found.items()):
        words = (role, str(direction), line, protocol, member or facet.word)
        name = "-".join(word for word in words if word)
        services, ends = _whole(name, [rule for rule, _ in permissions])
        out.append(
            ComposedRule(
                role=role,
                direction=direction,
                name=name,
                services=services,
                ends=ends,
                flows=tuple(sorted({flow for _, flow in permissions})),
                facet=facet,
                line=line,
                slot=slots[line],
            )
        )
    return tuple(sorted(_told_apart(out), key=lambda rule: rule.name))


def _told_apart(rules: list[ComposedRule]) -> Iterator[ComposedRule]:
    """Yield the rules; of those with one name, all but that of the shortest line with a mark of their line.

    A role that the site invents and a longer id can look alike: `agent` and `egress-own`, `agent-egress` and `own`. The
    longer one is always a flow that the site adds, and never renames a rule of the page.
    """
    taken: set[str] = set()
    for rule in sorted(rules, key=lambda rule: (len(rule.line), rule)):
        words = f"{rule.role} {rule.direction} {rule.line} {rule.facet}"
        yield replace(rule, name=f"{rule.name}-{digest(words, 6)}") if rule.name in taken else rule
        taken.add(rule.name)


def facet_of(peer: Endpoint, lists: Mapping[str, AddressList]) -> Facet:
    """Return the facet of the rule that has this other end."""
    match peer.kind:
        case EndpointKind.LIST:
            return Facet.IPV4 if lists[peer.value].family == 4 else Facet.IPV6
        case EndpointKind.ANY:
            return Facet.ANY_IPV4 if peer.value == "ipv4" else Facet.ANY_IPV6
        case EndpointKind.NAMES:
            return Facet.NAMES
        case EndpointKind.ROLE:
            return Facet.ROLE
        case _:
            return Facet.OTHER


def _apart(rule: Rule, facet: Facet, grammar: Grammar) -> tuple[str, str]:
    """Return what keeps two permissions of a line in rules of their own: the protocol, and who is the other end."""
    protocol = "" if grammar.many_protocols else str(rule.protocol)
    if facet < Facet.ROLE:
        return protocol, ""
    if grammar.many_members:
        return protocol, "" if facet is Facet.ROLE else str(rule.peer.kind)
    return protocol, rule.peer.slug


def _whole(name: str, rules: Iterable[Rule]) -> tuple[tuple[Service, ...], tuple[Endpoint, ...]]:
    """Return the services of a rule, and the ends that each of them is open to.

    Ends of one line never differ in their ports: flows to one listener have the same (`ws_network.flows`).
    """
    opened: dict[Endpoint, set[Service]] = defaultdict(set)
    for rule in rules:
        opened[rule.peer].add(Service(rule.protocol, rule.ports))
    services = set().union(*opened.values())
    if any(found != services for found in opened.values()):  # one rule would open a port to an end that has it not
        raise UserError(f"the ends of {name} are open to different ports: this is a defect of ws-network.")
    return tuple(sorted(services)), tuple(sorted(opened))
