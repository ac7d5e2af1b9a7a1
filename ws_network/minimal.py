"""The minimal layout: the fewest rules that allow the same traffic.

Owns the algorithm of the layout `minimal` for a target whose rule says one protocol, one port range and one list or
peer (an AWS security group). The layout's name stands for this algorithm for ever: a better one gets a new name, so
that an upgrade never changes a stack. Does not own rules as such (`ws_network.rules`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import combinations, groupby

from ws_network.addresses import FAMILIES, AddressSet, Family
from ws_network.catalogue import Transport
from ws_network.endpoints import AddressList, Endpoint, Origin
from ws_network.grammar import EndpointKind
from ws_network.rules import Direction, PortRange, Rule, join

EVERYTHING: Mapping[Family, AddressSet] = {
    4: AddressSet.from_cidrs(["0.0.0.0/0"]),
    6: AddressSet.from_cidrs(["::/0"]),
}

EXACT_STEPS = 6
"""How often the addresses may change along neighbouring ports for an exact search (21 intervals); a longer run gets a
rule per step. The page's longest is two: 5274 and 5275."""

Lists = dict[str, AddressList]


def minimal(rules: Iterable[Rule], lists: Mapping[str, AddressList]) -> tuple[tuple[Rule, ...], Lists]:
    """Return the fewest rules that allow the same traffic, and the address lists that they name.

    Addresses of one family that may be reached on the same ports become one list; what is open to any address
    takes in every list of that family, and with both families every peer. The same for any order of `rules`.
    """
    groups: dict[tuple[str, Direction, Transport], list[Rule]] = defaultdict(list)
    for rule in join(rules):
        groups[rule.role, rule.direction, rule.protocol].append(rule)
    out: list[Rule] = []
    made: Lists = {}
    for _, group in sorted(groups.items()):
        if group[0].protocol is Transport.ICMP:
            out += group
            continue
        reached = _Reached(group, lists)
        for ports, peer, address_list in reached.cover():
            if address_list is not None:
                made[address_list.name] = address_list
            flows = reached.flows(ports, peer, address_list)
            first = group[0]
            out.append(Rule(first.role, first.direction, first.protocol, ports, peer, flows))
    named = {rule.peer.value for rule in out if rule.peer.kind is EndpointKind.LIST}
    return join(out), {name: {**lists, **made}[name] for name in sorted(named)}


class _Reached:
    """What one role reaches (or is reached by) on each port of one protocol."""

    def __init__(self, rules: list[Rule], lists: Mapping[str, AddressList]) -> None:
        self.rules = rules
        self.lists = lists
        self.peers: dict[int, set[Endpoint]] = defaultdict(set)
        self.addresses: dict[Family, dict[int, AddressSet]] = {family: {} for family in FAMILIES}
        for rule in rules:
            family, addresses = self._addresses(rule.peer)
            for port in range(rule.ports.first, rule.ports.last + 1):
                if family is None:
                    self.peers[port].add(rule.peer)
                else:
                    on_port = self.addresses[family]
                    on_port[port] = on_port.get(port, AddressSet.empty()) | addresses

    def _addresses(self, peer: Endpoint) -> tuple[Family | None, AddressSet]:
        """Return the family and addresses of a list or of `any`; no family for a peer that only a cloud knows."""
        if peer.kind is EndpointKind.ANY:
            family: Family = 4 if peer.value == "ipv4" else 6
            return family, EVERYTHING[family]
        if peer.kind is EndpointKind.LIST:
            found = self.lists[peer.value]
            return found.family, AddressSet.from_cidrs(found.cidrs)
        return None, AddressSet.empty()

    def cover(self) -> Iterator[tuple[PortRange, Endpoint, AddressList | None]]:
        """Yield port range, other end, and the list that was made for it where none was there."""
        for family in FAMILIES:
            for run in _runs(self.addresses[family]):
                for ports, addresses in _fewest(run, self.addresses[family]):
                    yield ports, *self._endpoint(family, ports, addresses)
        for peer in sorted({peer for peers in self.peers.values() for peer in peers}):
            needed = {port for port, peers in self.peers.items() if peer in peers and not self._open(port)}
            for run in _runs(needed | {port for port in self.addresses[4] if self._open(port)}):
                inside = needed.intersection(run)
                if inside:  # a port that is open anyway costs nothing and joins its neighbours
                    yield PortRange(min(inside), max(inside)), peer, None

    def _open(self, port: int) -> bool:
        """Return whether a port is open to every address of both families, which takes in every peer."""
        return all(self.addresses[family].get(port) == EVERYTHING[family] for family in FAMILIES)

    def _endpoint(self, family: Family, ports: PortRange, addresses: AddressSet) -> tuple[Endpoint, AddressList | None]:
        if addresses == EVERYTHING[family]:
            return Endpoint(EndpointKind.ANY, f"ipv{family}"), None
        # All lists of the ports, before only those that fit: which fit changes with every answer of DNS, and a list
        # that gets another name is replaced.
        parts = self._lists(family, ports)
        if _union(parts) != addresses:
            parts = [found for found in parts if AddressSet.from_cidrs(found.cidrs) <= addresses]
        if _union(parts) != addresses:
            first = self.rules[0]
            name = f"{first.role}-{first.direction}-{first.protocol}-{ports.text}-ipv{family}"
        elif len(parts) == 1:
            return Endpoint(EndpointKind.LIST, parts[0].name), None
        else:
            name = "-and-".join(part.name.removesuffix(f"-ipv{family}") for part in parts) + f"-ipv{family}"
        origins = {part.origin for part in self._lists(family, ports)}
        origin = next(origin for origin in (Origin.SNAPSHOT, Origin.SITE, Origin.PUBLISHED) if origin in origins)
        made = AddressList(name, family, addresses.cidrs(), origin)
        return Endpoint(EndpointKind.LIST, name), made

    def _lists(self, family: Family, ports: PortRange) -> list[AddressList]:
        """Return the lists of a family that are reached on a port of the range, by name."""
        names = {
            rule.peer.value
            for rule in self.rules
            if rule.peer.kind is EndpointKind.LIST and _overlap(rule.ports, ports)
        }
        return [self.lists[name] for name in sorted(names) if self.lists[name].family == family]

    def flows(self, ports: PortRange, peer: Endpoint, made: AddressList | None) -> tuple[str, ...]:
        """Return the flows that a rule of the cover serves."""
        if made is not None:
            family, addresses = made.family, AddressSet.from_cidrs(made.cidrs)
        else:
            known, addresses = self._addresses(peer)
            if known is None:
                served = [rule for rule in self.rules if rule.peer == peer and _overlap(rule.ports, ports)]
                return tuple(sorted({flow for rule in served for flow in rule.flows}))
            family = known
        return tuple(sorted({flow for rule in self.rules for flow in self._served(rule, ports, family, addresses)}))

    def _served(self, rule: Rule, ports: PortRange, family: Family, addresses: AddressSet) -> tuple[str, ...]:
        own, reached = self._addresses(rule.peer)
        covered = own == family and bool(reached & addresses)
        taken_in = own is None and all(self._open(port) for port in range(rule.ports.first, rule.ports.last + 1))
        return rule.flows if _overlap(rule.ports, ports) and (covered or taken_in) else ()


def _union(lists: Iterable[AddressList]) -> AddressSet:
    return reduce(AddressSet.union, (AddressSet.from_cidrs(found.cidrs) for found in lists), AddressSet.empty())


def _overlap(one: PortRange, other: PortRange) -> bool:
    return one.first <= other.last and other.first <= one.last


def _runs(ports: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Yield the maximal runs of neighbouring ports."""
    run: list[int] = []
    for port in sorted(ports):
        if run and port != run[-1] + 1:
            yield tuple(run)
            run = []
        run.append(port)
    if run:
        yield tuple(run)


def _fewest(run: tuple[int, ...], wanted: Mapping[int, AddressSet]) -> list[tuple[PortRange, AddressSet]]:
    """Return the fewest (port range, addresses) that give each port of the run exactly its addresses.

    A range may carry only what all its ports want, and carrying all of that never hurts; so the choice is which
    ranges, and the smallest choice that covers is found by trying sizes upwards. Neighbouring ports with the same
    addresses are one step: a range never gains by ending inside one.
    """
    steps = [tuple(ports) for _, ports in groupby(run, key=wanted.__getitem__)]
    apart = [(PortRange(ports[0], ports[-1]), wanted[ports[0]]) for ports in steps]
    if len(steps) > EXACT_STEPS:
        return apart
    ranges = [PortRange(first[0], last[-1]) for first in steps for last in steps if first <= last]
    ranges.sort(key=lambda ports: (ports.first - ports.last, ports.first))
    carried = {
        ports: reduce(AddressSet.intersection, (wanted[port] for port in range(ports.first, ports.last + 1)))
        for ports in ranges
    }
    for size in range(1, len(steps)):
        for chosen in combinations([ports for ports in ranges if carried[ports]], size):
            if all(
                reduce(
                    AddressSet.union,
                    (carried[ports] for ports in chosen if ports.first <= port <= ports.last),
                    AddressSet.empty(),
                )
                == wanted[port]
                for port in (ports[0] for ports in steps)
            ):
                return [(ports, carried[ports]) for ports in sorted(chosen)]
    return apart
