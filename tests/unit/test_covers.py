"""The layout `minimal` of Azure and GCP: the fewest rules, the same traffic, and names that stay."""

import ipaddress
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.strategies import SiteCase, sites
from tests.unit.sites import CATALOGUE, OPEN, UNTIL, content
from ws_network.addresses import AddressSet
from ws_network.catalogue import Transport
from ws_network.compose import ComposedRule, Service, compose
from ws_network.covers import PORTS_LENGTH, Composition, composed, joined, ports_text
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.endpoints import AddressList, Endpoint, NameList, Origin
from ws_network.grammar import GRAMMARS, EndpointKind
from ws_network.plan import Packet, Plan, build_plan, family_of
from ws_network.rules import Direction, PortRange, Rule, join

TARGETS = [Target.AZURE_NSG, Target.GCP_FIREWALL_POLICY, Target.GCP_VPC_FIREWALL]
ICMP = Transport.ICMP


def made(target: Target, **changes: Any) -> Plan:
    """The plan of a small site in the layout `minimal`."""
    deployment = Deployment.parse(content(layout="minimal", deny_rest=True, **changes))
    return build_plan(CATALOGUE, deployment, target=target, machines=marks(target, deployment))


def marks(target: Target, deployment: Deployment) -> dict[str, MachineMark]:
    mark = MachineMark.NETWORK_TAG if target is Target.GCP_VPC_FIREWALL else MachineMark.SECURE_TAG
    return {} if target is Target.AZURE_NSG else dict.fromkeys(deployment.managed_roles, mark)


def of_site(case: SiteCase, target: Target, layout: str = "minimal") -> Plan:
    deployment = Deployment.parse({**case.content, "deny_rest": True, "layout": layout})
    return build_plan(
        CATALOGUE,
        deployment,
        target=target,
        snapshot=case.snapshot,
        as_of=case.as_of,
        references=case.references,
        machines=marks(target, deployment),
    )


def passes(rule: ComposedRule, composition: Composition, packet: Packet) -> bool:
    """Whether the rule alone names the packet's service and other end."""
    if (rule.role, rule.direction) != (packet.role, packet.direction):
        return False
    opened = (
        service.ports == PortRange(packet.port, packet.code)
        if packet.protocol is ICMP
        else service.ports.first <= packet.port <= service.ports.last
        for service in rule.services
        if service.protocol is packet.protocol
    )
    if not any(opened):
        return False
    family = family_of(packet.remote)
    if family:
        address = ipaddress.ip_address(packet.remote)
        return any(block.version == family and address in block for block in blocks(rule.cidrs(composition.lists)))
    lists = [composition.name_lists[end.value] for end in rule.ends if end.kind is EndpointKind.NAMES]
    not_members = {EndpointKind.NAMES, EndpointKind.LIST, EndpointKind.ANY}
    members = {end.value for end in rule.ends if end.kind not in not_members}
    return packet.remote in members or any(packet.remote in found.fqdns for found in lists)


@cache
def blocks(cidrs: tuple[str, ...]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(cidr) for cidr in cidrs]


def letting(composition: Composition, packet: Packet) -> list[ComposedRule]:
    """The rules that let a packet pass: who is told by no address passes where both families are open."""
    named = [rule for rule in composition.rules if passes(rule, composition, packet)]
    if family_of(packet.remote):
        return named
    both = [replace(packet, remote=remote) for remote in ("198.51.100.77", "2001:db8::77")]
    anyone = [[rule for rule in composition.rules if is_any(rule) and passes(rule, composition, end)] for end in both]
    return named + (anyone[0] + anyone[1] if all(anyone) else [])


def is_any(rule: ComposedRule) -> bool:
    return rule.ends[0].kind is EndpointKind.ANY


def remotes(plan: Plan) -> set[str]:
    """Other ends on both sides of every border of a list, every name, every member, and some that nobody names."""
    out = {"198.51.100.77", "2001:db8::77", "nobody", *(rule.peer.value for rule in plan.rules)}
    for found in plan.lists.values():
        for cidr in found.cidrs:
            block = ipaddress.ip_network(cidr)
            numbers = {int(block[0]) - 1, int(block[0]), int(block[-1]), int(block[-1]) + 1}
            kind = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
            out |= {str(kind(number)) for number in numbers if 0 <= number < 2**block.max_prefixlen}
    return out | {name for found in plan.name_lists.values() for name in found.fqdns} - set(plan.name_lists)


def packets(plan: Plan) -> Iterator[Packet]:
    """Packets at every border of every rule, to every other end."""
    asked = set()
    for rule in plan.rules:
        if rule.protocol is ICMP:
            ports = {(rule.ports.first, rule.ports.last), (rule.ports.first, rule.ports.last + 1)}
        else:
            near = {rule.ports.first - 1, rule.ports.first, rule.ports.last, rule.ports.last + 1}
            ports = {(port, 0) for port in near if 0 < port < 65536}
        asked |= {(rule.role, rule.direction, rule.protocol, *port) for port in ports}
    for (role, direction, protocol, port, code), remote in product(sorted(asked), sorted(remotes(plan))):
        yield Packet(role, direction, protocol, port, remote, code)


# Small plans of any content, and the fewest rules for them by trying everything.

BLOCKS = ("10.0.0.0/32", "10.0.0.2/32", "10.0.0.4/32")
NAMES = ("a.example", "b.example", "c.example")
MEMBERS = (
    Endpoint(EndpointKind.ROLE, "relay"),
    Endpoint(EndpointKind.ROLE, "service-gateway"),
    Endpoint(EndpointKind.SECURE_TAG, "tagValues/1"),
)
ANY = (Endpoint(EndpointKind.ANY, "ipv4"), Endpoint(EndpointKind.ANY, "ipv6"))
PARTS = [part for size in (1, 2, 3) for part in combinations(range(3), size)]


def listed(part: tuple[int, ...]) -> str:
    return "".join("abc"[number] for number in part)


LISTS = {
    f"peer-{listed(part)}-ipv4": AddressList(
        f"peer-{listed(part)}-ipv4", 4, tuple(BLOCKS[number] for number in part), Origin.SITE
    )
    for part in PARTS
}
NAME_LISTS = {
    f"names-{listed(part)}": NameList(f"names-{listed(part)}", tuple(NAMES[number] for number in part))
    for part in PARTS
}
ENDS = (
    *(Endpoint(EndpointKind.LIST, name) for name in LISTS),
    *(Endpoint(EndpointKind.NAMES, name) for name in NAME_LISTS),
    *MEMBERS,
    *ANY,
)

ranges = st.builds(lambda first, more: PortRange(first, min(first + more, 4)), st.integers(1, 4), st.integers(0, 1))
permissions = st.builds(
    Rule,
    st.just("agent"),
    st.just(Direction.EGRESS),
    st.sampled_from([Transport.TCP, Transport.UDP]),
    ranges,
    st.sampled_from(ENDS),
    st.sampled_from("fghij").map(lambda flow: (flow,)),
)
few = st.lists(permissions, min_size=1, max_size=10)


@cache
def empty(target: Target) -> Plan:
    return made(target, **OPEN)


def holding(target: Target, rules: list[Rule]) -> Plan:
    return replace(empty(target), rules=join(rules), lists=LISTS, name_lists=NAME_LISTS)


def cells_of(rule: Rule) -> set[str]:
    """The columns that a permission has, told apart by what a rule cannot mix."""
    match rule.peer.kind:
        case EndpointKind.LIST:
            return {f"4 {block}" for block in LISTS[rule.peer.value].cidrs}
        case EndpointKind.NAMES:
            return {f"names {name}" for name in NAME_LISTS[rule.peer.value].fqdns}
        case EndpointKind.ANY:
            return {f"4 {block}" for block in (*BLOCKS, "else")} if rule.peer.value == "ipv4" else {"6 else"}
        case _:
            return {f"{rule.peer.kind} {rule.peer.value}"}


def fewest(target: Target, rules: list[Rule]) -> int:
    """The fewest rules of the target's grammar, by trying all sets of rectangles that cannot grow."""
    grammar = GRAMMARS[target]
    rows: dict[tuple[Transport, int], set[str]] = defaultdict(set)
    for rule in rules:
        for port in range(rule.ports.first, rule.ports.last + 1):
            rows[rule.protocol, port] |= cells_of(rule)
    for columns in rows.values():
        if {"4 else", "6 else"} <= columns:
            columns -= {column for column in columns if column[0] not in "46"}
    grids: dict[tuple[str, ...], dict[tuple[Transport, int], frozenset[str]]] = defaultdict(dict)
    for (protocol, port), columns in rows.items():
        for column in columns:
            form = column.split(" ")[0]
            apart = column if form not in {"4", "6", "names"} and not grammar.many_members else form
            key = (apart,) if grammar.many_protocols else (apart, protocol)
            known = grids[key].get((protocol, port), frozenset())
            grids[key][protocol, port] = known | {column}
    return sum(smallest(list(grid.values())) for grid in grids.values())


def smallest(rows: list[frozenset[str]]) -> int:
    different = sorted(set(rows), key=sorted)
    cells = frozenset((number, column) for number, columns in enumerate(different) for column in columns)
    rectangles = set()
    for size in range(1, len(different) + 1):
        for chosen in combinations(range(len(different)), size):
            common = frozenset.intersection(*(different[number] for number in chosen))
            rectangles.add(frozenset(product(chosen, common)))
    for size in range(1, len(different) + 1):
        if any(frozenset[Any]().union(*chosen) == cells for chosen in combinations(rectangles, size)):
            return size
    raise AssertionError("a row is a rectangle, so as many as there are rows do")


def tcp(port: int, end: str, *, flow: str = "f", last: int = 0) -> Rule:
    peers = {peer.value: peer for peer in ENDS}
    return Rule("agent", Direction.EGRESS, Transport.TCP, PortRange(port, last or port), peers[end], (flow,))


def said(composition: Composition) -> dict[str, tuple[str, list[str]]]:
    """Ports and other ends of each rule."""
    return {rule.name: (ports_text(rule.services), [end.value for end in rule.ends]) for rule in composition.rules}


class TestTheFewest:
    """Somebody short of rules asks for the least: a search of everything must find nothing smaller."""

    @pytest.mark.parametrize("target", TARGETS)
    @given(few)
    @example([tcp(1, "peer-ab-ipv4"), tcp(2, "peer-bc-ipv4"), tcp(3, "peer-ac-ipv4"), tcp(4, "ipv4")])
    @example([tcp(1, "ipv4"), tcp(1, "ipv6"), tcp(1, "relay"), tcp(2, "relay"), tcp(1, "names-ab"), tcp(2, "names-a")])
    def test_no_smaller_set_of_rules_says_the_same(self, target: Target, rules: list[Rule]) -> None:
        plan = holding(target, rules)
        composition = composed(plan)
        assert len(composition.rules) == composition.bound == fewest(target, rules)
        for packet in packets(plan):
            assert bool(letting(composition, packet)) is plan.allows(packet), packet

    @pytest.mark.parametrize("target", TARGETS)
    @given(few)
    def test_no_rule_holds_more_than_the_target_says_in_one(self, target: Target, rules: list[Rule]) -> None:
        composition = composed(holding(target, rules))
        for rule in composition.rules:
            assert len({end.kind for end in rule.ends}) == 1
            assert list(rule.ends) == sorted(rule.ends)
            assert list(rule.services) == sorted(rule.services)
            assert len({composition.lists[end.value].family for end in rule.ends if end.value in composition.lists}) < 2
            if target is Target.AZURE_NSG:
                assert len({service.protocol for service in rule.services}) == 1
                assert len(rule.ends) == 1 or rule.ends[0].kind in {EndpointKind.LIST, EndpointKind.NAMES}
        names = [rule.name for rule in composition.rules]
        assert names == sorted(set(names))

    @pytest.mark.parametrize("target", TARGETS)
    @given(few)
    def test_what_was_composed_once_stays(self, target: Target, rules: list[Rule]) -> None:
        plan = holding(target, rules)
        once = composed(plan)
        again = [
            Rule(rule.role, rule.direction, service.protocol, service.ports, end, rule.flows)
            for rule in once.rules
            for service, end in product(rule.services, rule.ends)
        ]
        twice = composed(replace(plan, rules=join(again), lists=once.lists, name_lists=once.name_lists))
        assert said(twice).keys() == said(once).keys()
        assert [rule.services for rule in twice.rules] == [rule.services for rule in once.rules]

    def test_ports_of_the_same_other_end_are_one_rule(self) -> None:
        rules = [tcp(1, "peer-a-ipv4"), tcp(3, "peer-a-ipv4"), tcp(2, "peer-b-ipv4"), tcp(3, "peer-b-ipv4")]
        assert said(composed(holding(Target.AZURE_NSG, [*rules, tcp(1, "relay"), tcp(3, "relay")]))) == {
            "agent-egress-tcp-1-and-3-ipv4": ("tcp-1-and-3", ["peer-a-ipv4"]),
            "agent-egress-tcp-2-to-3-ipv4".replace("-to-", "-"): ("tcp-2-3", ["peer-b-ipv4"]),
            "agent-egress-tcp-1-and-3-role-relay": ("tcp-1-and-3", ["relay"]),
        }

    def test_any_address_takes_in_the_lists_of_its_family(self) -> None:
        composition = composed(holding(Target.AZURE_NSG, [tcp(1, "ipv4", flow="f"), tcp(1, "peer-a-ipv4", flow="g")]))
        assert said(composition) == {"agent-egress-tcp-1-any-ipv4": ("tcp-1", ["ipv4"])}
        assert composition.rules[0].flows == ("f", "g")

    def test_a_port_open_to_everyone_is_not_in_the_rules_of_others(self) -> None:
        rules = [tcp(1, "ipv4"), tcp(1, "peer-a-ipv4"), tcp(2, "peer-a-ipv4")]
        assert said(composed(holding(Target.GCP_VPC_FIREWALL, rules))) == {
            "agent-egress-tcp-1-any-ipv4": ("tcp-1", ["ipv4"]),
            "agent-egress-tcp-2-ipv4": ("tcp-2", ["peer-a-ipv4"]),
        }

    def test_both_families_take_in_roles_and_names_and_their_flows(self) -> None:
        rules = [tcp(1, end, flow=end) for end in ("ipv4", "ipv6", "relay", "names-a", "tagValues/1")]
        composition = composed(holding(Target.GCP_FIREWALL_POLICY, rules))
        assert [rule.name for rule in composition.rules] == [
            "agent-egress-tcp-1-any-ipv4",
            "agent-egress-tcp-1-any-ipv6",
        ]
        assert composition.rules[0].flows == ("ipv4", "names-a", "relay", "tagValues/1")
        assert composition.rules[1].flows == ("ipv6", "names-a", "relay", "tagValues/1")

    def test_gcp_says_protocols_and_members_of_one_kind_together(self) -> None:
        udp = [replace(rule, protocol=Transport.UDP) for rule in (tcp(2, "relay"), tcp(2, "service-gateway"))]
        rules = [tcp(1, "relay"), tcp(1, "service-gateway"), *udp, tcp(1, "tagValues/1")]
        assert said(composed(holding(Target.GCP_FIREWALL_POLICY, rules))) == {
            "agent-egress-tcp-1-and-udp-2-role": ("tcp-1-and-udp-2", ["relay", "service-gateway"]),
            "agent-egress-tcp-1-secure-tag": ("tcp-1", ["tagValues/1"]),
        }
        assert len(composed(holding(Target.AZURE_NSG, rules)).rules) == 5

    def test_icmp_keeps_its_type_beside_ports_on_gcp_and_apart_on_azure(self) -> None:
        icmp = Rule("agent", Direction.EGRESS, ICMP, PortRange(3, 4), tcp(1, "peer-a-ipv4").peer, ("i",))
        rules = [icmp, tcp(1, "peer-a-ipv4")]
        gcp = composed(holding(Target.GCP_VPC_FIREWALL, rules))
        assert gcp.rules[0].services == (Service(ICMP, PortRange(3, 4)), Service(Transport.TCP, PortRange(1, 1)))
        assert [len(rule.services) for rule in composed(holding(Target.AZURE_NSG, rules)).rules] == [1, 1]


class TestRandomSites:
    """The same on whole sites, where rules come from the page."""

    @pytest.mark.parametrize("target", TARGETS)
    @given(sites())
    def test_allows_the_same_traffic_with_no_more_rules(self, target: Target, case: SiteCase) -> None:
        plan = of_site(case, target)
        composition = composed(plan)
        assert composition.bound == len(composition.rules) <= len(compose(plan))
        shown = random.Random(0)  # noqa: S311 - a sample
        asked = list(packets(plan))
        for packet in shown.sample(asked, min(len(asked), 500)):
            assert bool(letting(composition, packet)) is plan.allows(packet), packet

    @pytest.mark.parametrize("target", TARGETS)
    @given(sites(), st.randoms(use_true_random=False))
    def test_any_order_of_rules_and_lists_is_one_result(
        self, target: Target, case: SiteCase, shuffle: random.Random
    ) -> None:
        plan = of_site(case, target)
        rules, lists = list(plan.rules), list(plan.lists.items())
        shuffle.shuffle(rules)
        shuffle.shuffle(lists)
        assert composed(replace(plan, rules=tuple(rules), lists=dict(lists))) == composed(plan)

    @pytest.mark.parametrize("target", TARGETS)
    @given(sites())
    def test_each_flow_is_told_by_a_rule_that_lets_it_pass(self, target: Target, case: SiteCase) -> None:
        """A reviewer asks which rule a line of the page needs, and must not be shown one that drops it."""
        plan = of_site(case, target)
        composition = composed(plan)
        for rule in plan.rules:
            for remote in ends_of(plan, rule):
                code = rule.ports.last if rule.protocol is ICMP else 0
                packet = Packet(rule.role, rule.direction, rule.protocol, rule.ports.first, remote, code)
                told = {flow for found in letting(composition, packet) for flow in found.flows}
                assert told >= set(rule.flows)
        asked = {(rule.role, rule.direction, flow) for rule in plan.rules for flow in rule.flows}
        assert {(rule.role, rule.direction, flow) for rule in composition.rules for flow in rule.flows} == asked

    @pytest.mark.parametrize("target", TARGETS)
    @given(sites())
    def test_lists_are_those_that_rules_name(self, target: Target, case: SiteCase) -> None:
        composition = composed(of_site(case, target))
        named = {end.value for rule in composition.rules for end in rule.ends}
        assert set(composition.lists) == {value for value in named if value.endswith(("-ipv4", "-ipv6"))}
        assert set(composition.name_lists) <= named


def ends_of(plan: Plan, rule: Rule) -> list[str]:
    """An example of the other end, or several."""
    match rule.peer.kind:
        case EndpointKind.LIST:
            cidrs = plan.lists[rule.peer.value].cidrs
            return [str(ipaddress.ip_network(cidr)[0]) for cidr in cidrs]
        case EndpointKind.ANY:
            return ["198.51.100.77" if rule.peer.value == "ipv4" else "2001:db8::77"]
        case EndpointKind.NAMES:
            return list(plan.name_lists[rule.peer.value].fqdns)
        case _:
            return [rule.peer.value]


class TestLayouts:
    """The layout is the deployment's word: nobody's rules may change for want of asking."""

    @pytest.mark.parametrize("target", TARGETS)
    def test_per_flow_is_that_of_the_composer(self, target: Target) -> None:
        plan = made(target, **OPEN)
        per_flow = replace(plan, deployment=Deployment.parse(content(deny_rest=True, **OPEN)))
        assert composed(per_flow).rules == compose(plan)
        assert composed(per_flow).bound is None
        assert composed(per_flow).lists == plan.lists

    def test_a_rule_of_the_layout_is_for_no_line_alone(self) -> None:
        for rule in composed(made(Target.AZURE_NSG, **OPEN)).rules:
            assert (rule.line, rule.slot) == ("", None)


SYSLOG = {"cidrs": ["10.30.0.0/28"]}
SERVER = {"cidrs": ["10.20.4.0/28"], "serves": ["web-reputation"]}


def extra(number: int, destination: str, *ports: int) -> dict[str, Any]:
    end = {"source": "agent", "destination": destination, "transport": "tcp", "ports": list(ports)}
    return {"id": f"own-{number}"} | end | UNTIL


class TestNamesStay:
    """A rule that is renamed is another rule to the engine: with a priority that the old one still holds."""

    @pytest.mark.parametrize("target", TARGETS)
    def test_addresses_change_and_no_name_does(self, target: Target) -> None:
        own = [extra(1, "siem-or-syslog-server", 6514, 8443), extra(2, "smart-protection-server", 8443)]
        peers = {"siem-or-syslog-server": SYSLOG, "smart-protection-server": SERVER}
        grown = {"siem-or-syslog-server": {"cidrs": [*SYSLOG["cidrs"], "10.30.1.0/28"]}}
        before = composed(made(target, peers=peers, extra_flows=own, **OPEN))
        after = composed(made(target, peers=peers | grown, extra_flows=own, **OPEN))
        assert [replace(rule, ends=()) for rule in before.rules] == [replace(rule, ends=()) for rule in after.rules]
        changed = {
            rule.name
            for rule, other in zip(before.rules, after.rules, strict=True)
            if rule.cidrs(before.lists) != other.cidrs(after.lists)
        }
        reached = {rule.name for rule in after.rules if "10.30.1.0/28" in rule.cidrs(after.lists)}
        assert changed == reached != set()

    def test_a_list_that_is_whole_keeps_its_name_and_a_part_is_named_by_the_ports(self) -> None:
        rules = [tcp(1, "peer-a-ipv4"), tcp(2, "peer-ac-ipv4"), tcp(3, "peer-bc-ipv4"), tcp(4, "peer-b-ipv4")]
        composition = composed(holding(Target.AZURE_NSG, rules))
        assert said(composition) == {
            "agent-egress-tcp-1-2-ipv4": ("tcp-1-2", ["peer-a-ipv4"]),
            "agent-egress-tcp-2-3-ipv4": ("tcp-2-3", ["agent-egress-tcp-2-3-ipv4"]),
            "agent-egress-tcp-3-4-ipv4": ("tcp-3-4", ["peer-b-ipv4"]),
        }
        assert composition.lists["agent-egress-tcp-2-3-ipv4"].cidrs == ("10.0.0.4/32",)

    def test_the_same_for_a_list_of_names(self) -> None:
        rules = [tcp(1, "names-a"), tcp(2, "names-ac"), tcp(3, "names-bc"), tcp(4, "names-b")]
        composition = composed(holding(Target.GCP_FIREWALL_POLICY, rules))
        assert said(composition) == {
            "agent-egress-tcp-1-2-names": ("tcp-1-2", ["names-a"]),
            "agent-egress-tcp-2-3-names": ("tcp-2-3", ["agent-egress-tcp-2-3-names"]),
            "agent-egress-tcp-3-4-names": ("tcp-3-4", ["names-b"]),
        }
        assert composition.name_lists["agent-egress-tcp-2-3-names"].fqdns == ("c.example",)

    def test_many_ports_are_cut_with_a_hash_of_all(self) -> None:
        one = [Service(Transport.TCP, PortRange(port, port)) for port in range(1000, 1100, 2)]
        texts = {ports_text(one), ports_text(one[:-1])}
        assert len(texts) == 2
        assert all(len(text) <= PORTS_LENGTH and text.startswith("tcp-1000-and-1002-and") for text in texts)

    def test_neighbours_are_one_range(self) -> None:
        ports = [Service(Transport.TCP, PortRange(port, port)) for port in (5275, 5274, 443)]
        assert joined(ports) == (
            Service(Transport.TCP, PortRange(443, 443)),
            Service(Transport.TCP, PortRange(5274, 5275)),
        )
        icmp = [Service(ICMP, PortRange(3, 4)), Service(ICMP, PortRange(5, 6))]
        assert joined(icmp) == tuple(icmp)


class TestLarge:
    """Thousands of own flows in one file: the plan must still come at once."""

    def test_ten_thousand_permissions(self) -> None:
        shown = random.Random(1)  # noqa: S311 - test data
        lists = {
            f"peer-{n}-ipv4": AddressList(f"peer-{n}-ipv4", 4, (f"10.{n // 250}.{n % 250}.0/28",), Origin.SITE)
            for n in range(500)
        }
        rules = [
            Rule(
                "agent",
                Direction.EGRESS,
                Transport.TCP,
                PortRange(port, port),
                Endpoint(EndpointKind.LIST, f"peer-{n}-ipv4"),
                (f"f-{n}",),
            )
            for n in range(500)
            for port in sorted(shown.sample(range(1000, 1040), 20))
        ]
        plan = replace(empty(Target.GCP_VPC_FIREWALL), rules=join(rules), lists=lists)
        composition = composed(plan)
        assert composition.bound is not None
        assert composition.bound <= len(composition.rules) <= 40
        opened = {
            (port, cidr)
            for rule in composition.rules
            for service in rule.services
            for port in range(service.ports.first, service.ports.last + 1)
            for cidr in AddressSet.from_cidrs(rule.cidrs(composition.lists)).cidrs()
        }
        wanted = defaultdict(list)
        for rule in rules:
            wanted[rule.ports.first] += lists[rule.peer.value].cidrs
        assert opened == {
            (port, cidr) for port, cidrs in wanted.items() for cidr in AddressSet.from_cidrs(cidrs).cidrs()
        }
