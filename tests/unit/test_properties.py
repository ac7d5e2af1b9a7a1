"""What must hold for every deployment, tried on random ones: of plans, and of AWS.

The answers "does this packet pass?" of the plan, of the rendered AWS dicts and of the deployment itself come from
three programs that share no code (`tests/evaluators`). Azure and GCP: `test_equality`.
"""

import copy
import ipaddress
import json
import random
from datetime import date
from itertools import combinations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.evaluators.aws import AwsEvaluator
from tests.evaluators.required import RequiredEvaluator
from tests.packets import answer, borders, planned, questions
from tests.strategies import CATALOGUE, SiteCase, cidrs, shuffled, sites
from ws_network.addresses import AddressSet
from ws_network.aws.render import render
from ws_network.catalogue import Transport
from ws_network.deployment import Deployment
from ws_network.endpoints import AddressList, Endpoint, Origin
from ws_network.grammar import EndpointKind
from ws_network.minimal import minimal
from ws_network.plan import Packet, Plan, build_plan
from ws_network.rules import Direction, PortRange, Rule, join


class TestNothingIsLost:
    """A flow that quietly had no rule left agents offline for a weekend: each ends as rules or as a finding."""

    @given(sites())
    def test_every_required_flow_is_rules_or_a_finding_at_each_of_its_ends(self, case: SiteCase) -> None:
        plan = planned(case)
        served = {(rule.role, rule.direction, flow) for rule in plan.rules for flow in rule.flows}
        told = {entry.flow for entry in plan.findings}
        for flow in plan.flows:
            ends = [(flow.source, Direction.EGRESS), (flow.destination, Direction.INGRESS)]
            for role, direction in ends:
                if role in plan.roles:
                    assert (role, direction, flow.id) in served or flow.id in told
        assert "lost-flow" not in {entry.code for entry in plan.findings}

    @given(sites())
    def test_no_rule_is_for_a_flow_that_is_not_required(self, case: SiteCase) -> None:
        plan = planned(case)
        required = {flow.id for flow in plan.flows}
        for rule in plan.rules:
            assert rule.flows
            assert required.issuperset(rule.flows)
            explained = plan.explain(rule)
            assert [entry["flow"] for entry in explained["flows"]] == list(rule.flows)


class TestThreeAnswersAgree:
    """A merger that widened a rule by one address passed every test that used the merger's own algebra."""

    @given(sites())
    def test_plan_rendering_and_deployment_say_the_same_of_every_packet_at_a_border(self, case: SiteCase) -> None:
        plan = planned(case)
        judge = RequiredEvaluator(plan.catalogue, case.deployment, plan.flows, case.snapshot, case.references)
        aws = AwsEvaluator(render(plan).to_dict())
        for question in questions(plan, judge):
            expected = judge.allows(*question)
            assert answer(plan, question) is expected, question
            assert aws.allows(*question) is expected, question

    @given(sites())
    def test_what_passes_is_what_allowing_names(self, case: SiteCase) -> None:
        plan = planned(case)
        judge = RequiredEvaluator(plan.catalogue, case.deployment, plan.flows, case.snapshot, case.references)
        for question in questions(plan, judge)[:200]:
            role, direction, protocol, port, remote, code = question
            named = plan.allowing(Packet(role, Direction(direction), Transport(protocol), port, remote, code))
            assert bool(named) is answer(plan, question)
            assert all(plan.rule(rule.id) == rule for rule in named)


class TestMinimal:
    """The layout `minimal` is for groups that are short of quota: fewer rules, and not one packet more or less."""

    @given(sites())
    def test_allows_the_same_traffic_with_no_more_rules(self, case: SiteCase) -> None:
        wide, narrow = planned(case, layout="per-flow"), planned(case, layout="minimal")
        assert len(narrow.rules) <= len(wide.rules)
        judge = RequiredEvaluator(wide.catalogue, case.deployment, wide.flows, case.snapshot, case.references)
        for question in {*questions(wide, judge), *questions(narrow, judge)}:
            assert answer(narrow, question) is answer(wide, question), question

    @given(sites())
    def test_twice_is_once(self, case: SiteCase) -> None:
        plan = planned(case, layout="minimal")
        assert minimal(plan.rules, plan.lists) == (plan.rules, dict(plan.lists))

    @given(sites(), st.randoms(use_true_random=False))
    def test_any_order_of_rules_is_one_result(self, case: SiteCase, shuffle: random.Random) -> None:
        plan = planned(case, layout="per-flow")
        rules = list(plan.rules)
        shuffle.shuffle(rules)
        assert minimal(rules, plan.lists) == minimal(plan.rules, plan.lists)


ATOMS = ("10.0.0.0/32", "10.0.0.2/32", "10.0.0.4/32")
grids = st.dictionaries(st.integers(1, 4), st.sets(st.sampled_from(range(3)), min_size=1), min_size=1)


def cover_size(wanted: dict[int, set[int]]) -> int:
    """The fewest (port range, addresses) that are together exactly `wanted`, by trying all of them."""
    cells = {(port, atom) for port, atoms in wanted.items() for atom in atoms}
    rectangles = [
        frozenset((port, atom) for port in range(first, last + 1) for atom in atoms)
        for first in range(1, 5)
        for last in range(first, 5)
        for size in (1, 2, 3)
        for atoms in combinations(range(3), size)
    ]
    fitting = [rectangle for rectangle in rectangles if rectangle <= cells]
    reached, steps = {frozenset[tuple[int, int]]()}, 0
    while frozenset(cells) not in reached:
        reached = {done | rectangle for done in reached for rectangle in fitting if not rectangle <= done}
        steps += 1
    return steps


def rules_of(wanted: dict[int, set[int]]) -> tuple[list[Rule], dict[str, AddressList]]:
    lists = {
        f"atom-{number}-ipv4": AddressList(f"atom-{number}-ipv4", 4, (cidr,), Origin.SITE)
        for number, cidr in enumerate(ATOMS)
    }
    rules = [
        Rule(
            "agent",
            Direction.EGRESS,
            Transport.TCP,
            PortRange(port, port),
            Endpoint(EndpointKind.LIST, f"atom-{atom}-ipv4"),
            (f"f-{port}-{atom}",),
        )
        for port, atoms in wanted.items()
        for atom in atoms
    ]
    return rules, lists


class TestMinimalIsTheLeast:
    """`minimal` says that it is the optimum: a search of everything finds nothing smaller."""

    @given(grids)
    @example({1: {0}, 2: {0, 1}, 3: {1}})
    @example({1: {0, 1}, 2: {0}, 3: {0, 2}})
    def test_no_smaller_cover_exists(self, wanted: dict[int, set[int]]) -> None:
        rules, lists = rules_of(wanted)
        merged, named = minimal(rules, lists)
        assert len(merged) == cover_size(wanted)
        got = {
            (port, cidr)
            for rule in merged
            for port in range(rule.ports.first, rule.ports.last + 1)
            for cidr in ATOMS
            if cidr in AddressSet.from_cidrs(named[rule.peer.value].cidrs)
        }
        assert got == {(port, ATOMS[atom]) for port, atoms in wanted.items() for atom in atoms}

    @given(grids)
    def test_each_rule_keeps_the_flows_it_serves(self, wanted: dict[int, set[int]]) -> None:
        rules, lists = rules_of(wanted)
        merged, _ = minimal(rules, lists)
        assert {flow for rule in merged for flow in rule.flows} == {flow for rule in rules for flow in rule.flows}


def rendered(plan: Plan) -> str:
    return json.dumps({"plan": [entry.to_dict() for entry in plan.findings], **render(plan).to_dict()})


class TestSameInputSameBytes:
    """A colleague sorted a list in the file and the pipeline announced forty changes."""

    @given(sites(), st.randoms(use_true_random=False))
    def test_order_of_the_file_has_no_meaning(self, case: SiteCase, shuffle: random.Random) -> None:
        again = shuffled(copy.deepcopy(case.content), shuffle)
        assert rendered(planned(case)) == rendered(planned(case, **again))

    @given(sites(), st.dates(date(2025, 1, 1), date(2030, 1, 1)))
    def test_another_day_changes_findings_only(self, case: SiteCase, day: date) -> None:
        assume(all(entry["on_expiry"] == "warn" for entry in case.content["expires"].values()))
        first = planned(case)
        second = build_plan(CATALOGUE, case.deployment, snapshot=case.snapshot, as_of=day, references=case.references)
        assert first.rules == second.rules
        assert first.lists == second.lists
        told = {(entry.code, entry.flow) for entry in {*first.findings} ^ {*second.findings}}
        assert {code for code, _ in told} <= {"no-time-check", "expired", "exception-expired"}


class TestArguments:
    """A component was given a file's content and planned another site than the command line did."""

    @given(sites())
    def test_a_deployment_survives_the_way_through_a_component(self, case: SiteCase) -> None:
        arguments = json.loads(json.dumps(case.deployment.to_args()))
        assert Deployment.parse(arguments) == case.deployment


class TestOneAddressMore:
    """One more DNS server must be one changed list in the preview, never a rule that goes and comes back."""

    @given(sites(), cidrs(), st.data())
    def test_one_list_changes_and_nothing_else(self, case: SiteCase, cidr: str, data: st.DataObject) -> None:
        before = render(planned(case, layout="per-flow"))
        growing = sorted(
            name.removeprefix("peer-").removesuffix(f"-ipv{version}")
            for version in (4, 6)
            for name in before.prefix_lists
            if name.startswith("peer-") and name.endswith(f"-ipv{version}") and ":" * (version == 6) in cidr
            if ipaddress.ip_network(cidr).version == version
        )
        growing = [name for name in growing if name in case.content["peers"]]
        assume(growing and not cidr.startswith(("169.254.", "fd00:ec2")))
        name = data.draw(st.sampled_from(growing))
        peer = case.content["peers"][name]
        assume(cidr not in peer["cidrs"])
        peers = case.content["peers"] | {name: peer | {"cidrs": [*peer["cidrs"], cidr]}}
        after = render(planned(case, layout="per-flow", peers=peers))
        assert after.security_groups == before.security_groups
        assert set(after.prefix_lists) == set(before.prefix_lists)
        changed = [key for key in after.prefix_lists if after.prefix_lists[key] != before.prefix_lists[key]]
        assert changed == [f"peer-{name}-ipv{ipaddress.ip_network(cidr).version}"]


class TestSplitIsStable:
    """A role spread over three groups: one more flow must not move other rules to other groups, which closes them."""

    @given(sites(), st.integers(2, 4))
    def test_a_rule_more_moves_no_other(self, case: SiteCase, count: int) -> None:
        role = case.content["roles"][0]
        extra = {
            "id": "one-more",
            "source": role,
            "destination": "ntp-server",
            "transport": "tcp",
            "ports": [4460],
            "reason": "NTS",
            "until": "2028-01-01",
        }
        split = {role: count}
        before = render(planned(case, split=split))
        after = render(planned(case, split=split, extra_flows=[*case.content["extra_flows"], extra]))
        for key, group in before.security_groups.items():
            assert set(group["rules"]) <= set(after.security_groups[key]["rules"])


class TestJoin:
    """Two lines of the page with one rule: AWS refuses the second as a duplicate, half way through an update."""

    @given(sites(), st.randoms(use_true_random=False))
    def test_no_two_rules_are_one_to_the_cloud(self, case: SiteCase, shuffle: random.Random) -> None:
        plan = planned(case)
        same = {(rule.role, rule.direction, rule.protocol, rule.ports, rule.peer) for rule in plan.rules}
        assert len(same) == len(plan.rules) == len({rule.id for rule in plan.rules})
        rules = [*plan.rules, *plan.rules]
        shuffle.shuffle(rules)
        assert join(rules) == plan.rules

    def test_flows_of_duplicates_are_all_kept(self) -> None:
        rules, _ = rules_of({1: {0}})
        second = Rule(
            **{field: getattr(rules[0], field) for field in ("role", "direction", "protocol", "ports", "peer")},
            flows=("a",),
        )
        (joined,) = join([rules[0], second])
        assert joined.flows == ("a", "f-1-0")


@pytest.mark.parametrize("network", ["10.0.0.0/24", "fd00::/120", "0.0.0.0/32"])
def test_borders_are_two_inside_and_what_there_is_outside(network: str) -> None:
    block = ipaddress.ip_network(network)
    inside = [ipaddress.ip_address(each) in block for each in borders(block)]
    assert inside.count(True) == 2
    assert inside.count(False) == (1 if network.startswith("0.") else 2)
