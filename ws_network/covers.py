"""Every rule of a plan as its target holds it, in the layout that the deployment says.

Owns the layout `minimal` of targets whose rule holds several ports or lists: which permissions are one rule there, and
what it is called. The layout's name stands for this algorithm for ever: a better one gets a new name, so that an
upgrade never changes a stack. Does not own the per-flow layout (`ws_network.compose`), the search for the fewest
(`ws_network.bicliques`), nor the layout `minimal` of a target with one port range and one list (`ws_network.minimal`).

What machines of a role reach is a grid for each form of the other end that a rule cannot mix with another: services
down, and across it who is reached, all with the same services as one column. A rule is a rectangle of it. The grid
does not know addresses, only which services some addresses have in common: so while those stay, addresses may change
without another rule or another name.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from operator import itemgetter

from ws_network.addresses import BITS, FAMILIES, AddressSet, Family, Range
from ws_network.bicliques import bits, fewest_rectangles
from ws_network.catalogue import Transport
from ws_network.compose import ComposedRule, Service, compose, facet_of
from ws_network.deployment import Layout
from ws_network.endpoints import AddressList, Endpoint, NameList, Origin
from ws_network.grammar import GRAMMARS, EndpointKind, Grammar
from ws_network.identity import digest
from ws_network.plan import Plan
from ws_network.rules import Direction, PortRange, Rule

PORTS_LENGTH = 60
"""Characters of a rule's name that its ports take at most; a longer text is cut, with a hash of all of it."""

HASH_LENGTH = 8

Mask = int
"""A set of services, one bit for each."""


@dataclass(frozen=True, slots=True)
class Composition:
    """The rules of a target, and the lists that they name."""

    rules: tuple[ComposedRule, ...]
    """Sorted by name."""
    lists: Mapping[str, AddressList]
    name_lists: Mapping[str, NameList]
    bound: int | None = None
    """No fewer rules of this target say the same. As many as there are: these are proven to be the fewest. None in the
    layout `per-flow`."""


def composed(plan: Plan) -> Composition:
    """Return the rules of a plan for a target whose rule holds several ports or lists.

    In the layout `minimal` they are the fewest that allow the same traffic as the plan's: what is open to any address
    of a family takes in its lists, and with both families every name, role and group too.
    """
    grammar = GRAMMARS[plan.target]
    if plan.deployment.layout is Layout.PER_FLOW or not grammar.many_ports:
        return Composition(compose(plan), plan.lists, plan.name_lists)
    groups: dict[tuple[str, Direction, str], list[Rule]] = defaultdict(list)
    for rule in plan.rules:
        groups[rule.role, rule.direction, "" if grammar.many_protocols else rule.protocol].append(rule)
    rules: list[ComposedRule] = []
    lists, name_lists = dict(plan.lists), dict(plan.name_lists)
    bound = 0
    for _, group in sorted(groups.items()):
        cover = _Cover(sorted(group), plan, grammar)
        rules += cover.rules()
        bound += cover.bound
        lists |= cover.lists
        name_lists |= cover.name_lists
    named = {end.value for rule in rules for end in rule.ends}
    return Composition(
        rules=tuple(sorted(rules, key=lambda rule: rule.name)),
        lists={name: lists[name] for name in sorted(named & lists.keys())},
        name_lists={name: name_lists[name] for name in sorted(named & name_lists.keys())},
        bound=bound,
    )


class _Cover:
    """The fewest rules for what the machines of one role reach, or are reached by, with services that may be one rule.

    After `rules` has been read, `lists` and `name_lists` are those that had to be made, and `bound` is how many rules
    there must be.
    """

    def __init__(self, rules: Sequence[Rule], plan: Plan, grammar: Grammar) -> None:
        self.role, self.direction = rules[0].role, rules[0].direction
        self.grammar = grammar
        self.given = plan.lists
        self.given_names = plan.name_lists
        self.lists: dict[str, AddressList] = {}
        self.name_lists: dict[str, NameList] = {}
        self.bound = 0
        self.services, opens = _services(rules)
        self.reached: dict[Endpoint, Mask] = defaultdict(int)
        self.opening: dict[int, list[Rule]] = defaultdict(list)
        for rule, mask in zip(rules, opens, strict=True):
            self.reached[rule.peer] |= mask
            for service in bits(mask):
                self.opening[service].append(rule)
        self.ranges = {peer: tuple(self._addresses(peer)) for peer in self.reached if self._family(peer)}

    def rules(self) -> list[ComposedRule]:
        """Return the rules, and make their lists."""
        out: list[ComposedRule] = []
        for family, classes in self.classes.items():
            for services, chosen in self._rectangles(list(classes)):
                out.append(self._to_addresses(family, services, [classes[mask] for mask in chosen]))
        names: dict[Mask, set[str]] = defaultdict(set)
        for fqdn, mask in self._names().items():
            names[mask].add(fqdn)
        for services, chosen in self._rectangles(sorted(names)):
            out.append(self._to_names(services, {fqdn for mask in chosen for fqdn in names[mask]}))
        for form, members in self._members().items():
            masks = sorted(set(members.values()))
            for services, chosen in self._rectangles(masks):
                ends = tuple(member for member, mask in members.items() if mask in chosen)
                out.append(self._rule(services, form, ends, ends.__contains__))
        return out

    @cached_property
    def classes(self) -> dict[Family, dict[Mask, AddressSet]]:
        """The addresses of each family by the services that they are reached with, in order of the services."""
        return {family: _classes(self._by_services(family)) for family in FAMILIES}

    @cached_property
    def everyone(self) -> Mask:
        """The services that are open to every address of both families, and so to whoever has an address."""
        open_to: Mask = -1
        for family, classes in self.classes.items():
            everywhere = sum(found.size(family) for found in classes.values()) == 1 << BITS[family]
            common: Mask = -1 if everywhere else 0
            for mask in classes:
                common &= mask
            open_to &= common
        return open_to

    def _family(self, peer: Endpoint) -> Family | None:
        if peer.kind is EndpointKind.ANY:
            return 4 if peer.value == "ipv4" else 6
        return self.given[peer.value].family if peer.kind is EndpointKind.LIST else None

    def _addresses(self, peer: Endpoint) -> AddressSet:
        if peer.kind is EndpointKind.ANY:
            return AddressSet.from_cidrs(["0.0.0.0/0" if peer.value == "ipv4" else "::/0"])
        return AddressSet.from_cidrs(self.given[peer.value].cidrs)

    def _by_services(self, family: Family) -> dict[Mask, AddressSet]:
        """Return the addresses of lists with the same services as one; those of several may still overlap."""
        found: dict[Mask, list[Range]] = defaultdict(list)
        for peer, ranges in self.ranges.items():
            if self._family(peer) == family:
                found[self.reached[peer]] += ranges
        return {mask: AddressSet.from_ranges(ranges) for mask, ranges in found.items()}

    def _names(self) -> dict[str, Mask]:
        """Return the services of each host name, without those that are open to everyone."""
        out: dict[str, Mask] = defaultdict(int)
        for peer, mask in self.reached.items():
            if peer.kind is EndpointKind.NAMES and mask & ~self.everyone:
                for fqdn in self.given_names[peer.value].fqdns:
                    out[fqdn] |= mask & ~self.everyone
        return out

    def _members(self) -> dict[str, dict[Endpoint, Mask]]:
        """Return roles, groups and tags that one rule may hold together, by the word for them in the rule's name."""
        out: dict[str, dict[Endpoint, Mask]] = defaultdict(dict)
        for peer, mask in sorted(self.reached.items()):
            if peer not in self.ranges and peer.kind is not EndpointKind.NAMES and mask & ~self.everyone:
                out[str(peer.kind) if self.grammar.many_members else peer.slug][peer] = mask & ~self.everyone
        return dict(sorted(out.items()))

    def _rectangles(self, columns: list[Mask]) -> Iterator[tuple[Mask, set[Mask]]]:
        """Yield the services of each rule, and which columns it reaches."""
        grid = [0] * len(self.services)
        for number, mask in enumerate(columns):
            for service in bits(mask):
                grid[service] |= 1 << number
        cover = fewest_rectangles(grid)
        self.bound += cover.bound
        for rectangle in cover.rectangles:
            yield rectangle.rows, {columns[number] for number in bits(rectangle.columns)}

    def _to_addresses(self, family: Family, services: Mask, classes: Iterable[AddressSet]) -> ComposedRule:
        """Return a rule to addresses: by lists that lie within them, and one that is made for the rest."""
        addresses = AddressSet.from_ranges(each for found in classes for each in found)
        within = _Within(addresses)
        lists = [peer for peer in self._involved(services) if self._family(peer) == family]
        lists = [peer for peer in lists if any(map(within.touches, self.ranges[peer]))]
        served = set(lists).__contains__
        if addresses.size(family) == 1 << BITS[family]:
            return self._rule(services, f"any-ipv{family}", (Endpoint(EndpointKind.ANY, f"ipv{family}"),), served)
        whole = [peer for peer in lists if all(map(within.holds, self.ranges[peer]))]
        rest = addresses - AddressSet.from_ranges(each for peer in whole for each in self.ranges[peer])
        if rest:
            name = self._name(services, f"ipv{family}")
            origins = {self.given[peer.value].origin for peer in lists if peer.kind is EndpointKind.LIST}
            origin = next(each for each in (Origin.SNAPSHOT, Origin.SITE, Origin.PUBLISHED) if each in origins)
            self.lists[name] = AddressList(name, family, rest.cidrs(), origin)
            whole.append(Endpoint(EndpointKind.LIST, name))
        return self._rule(services, f"ipv{family}", tuple(sorted(whole)), served)

    def _to_names(self, services: Mask, fqdns: set[str]) -> ComposedRule:
        """Return a rule to host names: by lists that lie within them, and one that is made for the rest."""
        known = {peer: set(self.given_names[peer.value].fqdns) for peer in self._involved(services, EndpointKind.NAMES)}
        whole = [peer for peer, names in known.items() if names <= fqdns]
        rest = fqdns.difference(*(known[peer] for peer in whole))
        if rest:
            name = self._name(services, "names")
            self.name_lists[name] = NameList(name, tuple(sorted(rest)))
            whole.append(Endpoint(EndpointKind.NAMES, name))
        served = {peer for peer, names in known.items() if names & fqdns}
        return self._rule(services, "names", tuple(sorted(whole)), served.__contains__)

    def _involved(self, services: Mask, kind: EndpointKind | None = None) -> list[Endpoint]:
        """Return the other ends of one of the services, of a kind: without it those with addresses."""
        found = {rule.peer for service in bits(services) for rule in self.opening[service]}
        return sorted(peer for peer in found if (peer.kind is kind if kind else peer in self.ranges))

    def _rule(
        self, services: Mask, form: str, ends: tuple[Endpoint, ...], serves: Callable[[Endpoint], bool]
    ) -> ComposedRule:
        """Return the rule; `serves` tells whose flows it is for, beside those that it takes in.

        A rule to any address is for a name, role or group where the same services are open to everyone.
        """
        taken_in = self.everyone if ends[0].kind is EndpointKind.ANY else 0
        flows = {
            flow
            for service in bits(services)
            for rule in self.opening[service]
            if serves(rule.peer) or (taken_in >> service & 1 and rule.peer not in self.ranges)
            for flow in rule.flows
        }
        return ComposedRule(
            role=self.role,
            direction=self.direction,
            name=self._name(services, form),
            services=self._opened(services),
            ends=ends,
            flows=tuple(sorted(flows)),
            facet=facet_of(ends[0], self.lists if ends[0].value in self.lists else self.given),
        )

    def _opened(self, services: Mask) -> tuple[Service, ...]:
        return joined(self.services[number] for number in bits(services))

    def _name(self, services: Mask, form: str) -> str:
        return f"{self.role}-{self.direction}-{ports_text(self._opened(services))}-{form}"


class _Within:
    """Tells how a range lies to a set of addresses of one family, without going through all of them."""

    def __init__(self, addresses: AddressSet) -> None:
        self.ranges = list(addresses)
        self.firsts = [each.first for each in self.ranges]

    def _nearest(self, last: int) -> Range | None:
        """Return the range that begins last of those that do not begin after an address."""
        at = bisect_right(self.firsts, last)
        return self.ranges[at - 1] if at else None

    def touches(self, asked: Range) -> bool:
        """Return whether some address of the range is in the set."""
        nearest = self._nearest(asked.last)
        return nearest is not None and nearest.last >= asked.first

    def holds(self, asked: Range) -> bool:
        """Return whether all are."""
        nearest = self._nearest(asked.first)
        return nearest is not None and nearest.last >= asked.last


def _classes(found: Mapping[Mask, AddressSet]) -> dict[Mask, AddressSet]:
    """Return the addresses by all the services that they have, each address once: one pass over all ends of ranges."""
    steps = sorted(
        (border, mask)
        for mask, addresses in found.items()
        for each in addresses
        for border in (each.first, each.last + 1)
    )
    families = {each.family for addresses in found.values() for each in addresses}
    cut: dict[Mask, list[tuple[Family, int, int]]] = defaultdict(list)
    inside: set[Mask] = set()
    borders = [(border, [mask for _, mask in same]) for border, same in groupby(steps, key=itemgetter(0))]
    for (border, masks), (following, _) in pairwise(borders):
        inside.symmetric_difference_update(masks)  # the ranges of a set never touch, so a border begins or ends one
        services = 0
        for mask in inside:
            services |= mask
        if services:
            cut[services] += [(family, border, following - 1) for family in families]
    return {mask: AddressSet.from_ranges(cut[mask]) for mask in sorted(cut)}


def _services(rules: Sequence[Rule]) -> tuple[list[Service], list[Mask]]:
    """Return services of which none is a part of another, sorted, and which of them each rule opens."""
    borders: dict[Transport, set[int]] = defaultdict(set)
    for rule in rules:
        borders[rule.protocol] |= {rule.ports.first, rule.ports.last + 1}
    ordered = {protocol: sorted(found) for protocol, found in borders.items()}
    parts = [_parts(Service(rule.protocol, rule.ports), ordered[rule.protocol]) for rule in rules]
    services = sorted({part for found in parts for part in found})
    numbers = {service: number for number, service in enumerate(services)}
    return services, [sum(1 << numbers[part] for part in found) for found in parts]


def _parts(service: Service, borders: Sequence[int]) -> list[Service]:
    """Return the parts into which borders cut the service; ICMP's type and code are no range."""
    if service.protocol is Transport.ICMP:
        return [service]
    first = bisect_left(borders, service.ports.first)
    last = bisect_left(borders, service.ports.last + 1)
    return [Service(service.protocol, PortRange(begin, end - 1)) for begin, end in pairwise(borders[first : last + 1])]


def joined(services: Iterable[Service]) -> tuple[Service, ...]:
    """Return the services with neighbouring ports as one range, sorted."""
    out: list[Service] = []
    for service in sorted(services):
        last = out[-1] if out else service
        neighbour = last.protocol == service.protocol and last.ports.last + 1 == service.ports.first
        if out and neighbour and service.protocol is not Transport.ICMP:
            out[-1] = Service(service.protocol, PortRange(last.ports.first, service.ports.last))
        else:
            out.append(service)
    return tuple(out)


def ports_text(services: Iterable[Service]) -> str:
    """Return the services inside a rule's name, `tcp-80-and-443-and-udp-53`; what is too long ends in a hash."""
    by_protocol = groupby(services, key=lambda service: service.protocol)
    words = (f"{protocol}-{'-and-'.join(service.ports.text for service in found)}" for protocol, found in by_protocol)
    text = "-and-".join(words)
    if len(text) <= PORTS_LENGTH:
        return text
    return f"{text[: PORTS_LENGTH - HASH_LENGTH - 1].rstrip('-')}-{digest(text, HASH_LENGTH)}"
