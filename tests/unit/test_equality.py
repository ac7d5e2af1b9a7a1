"""What must hold on Azure and GCP for every deployment, and between all clouds, tried on random sites.

The answers "does this packet pass?" of the plan, of a cloud's rendered dicts and of the deployment itself come from
programs that share no code (`tests/evaluators`). The rest is denied unless a test says otherwise: without that an
allow rule of these clouds permits nothing new, and all clouds would agree about everything.
"""

import copy
import ipaddress
import json
import random
import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.evaluators.aws import AwsEvaluator
from tests.evaluators.azure import PROBES, AzureEvaluator
from tests.evaluators.gcp import GcpEvaluator
from tests.packets import Question, answer, judge_of, packet, planned, questions
from tests.strategies import SLOTS, TARGETS, SiteCase, cidrs, shuffled, sites
from ws_network.aws.render import render as render_aws
from ws_network.azure.render import render as render_azure
from ws_network.deployment import Target
from ws_network.gcp.render import render as render_gcp
from ws_network.plan import Plan
from ws_network.rules import Direction

AZURE, POLICY, VPC = Target.AZURE_NSG, Target.GCP_FIREWALL_POLICY, Target.GCP_VPC_FIREWALL
CLOUDS = (AZURE, POLICY, VPC)
"""Targets whose rules have an order."""

RENDERERS = {Target.AWS_SECURITY_GROUP: render_aws, AZURE: render_azure, POLICY: render_gcp, VPC: render_gcp}
EVALUATORS = {
    Target.AWS_SECURITY_GROUP: AwsEvaluator,
    AZURE: AzureEvaluator,
    POLICY: GcpEvaluator,
    VPC: GcpEvaluator,
}

DIFFERENT_ADDRESSES = {"any-address", "followed-by-name", "names-refused", "platform-unfiltered", "snapshot-used"}
"""Findings that say why a flow is open to other addresses on one target than on another: the forms that names take
there, and what the platform does not filter."""

DIFFERENT_MACHINES = {"any-address", "names-refused", "peer-unsayable", "role-by-ranges"}
"""Findings that say why a flow is open to the machines of a role as such on one target alone: another cannot name them
there, or is open to everyone."""

by_target = pytest.mark.parametrize("target", CLOUDS)
LAYOUTS = st.sampled_from(["per-flow", "minimal"])


def closed(case: SiteCase, target: Target, **changes: Any) -> Plan:
    """The plan of a site that denies the rest."""
    return planned(case, target, **{"deny_rest": True} | changes)


def rendered(plan: Plan) -> dict[str, Any]:
    return RENDERERS[plan.target](plan).to_dict()


def rules_of(rendering: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rules of a rendering by name, with the role that has them."""
    if "network_security_groups" not in rendering:
        return rendering["rules"]
    return {
        name: rule | {"role": group["role"]}
        for group in rendering["network_security_groups"].values()
        for name, rule in group["rules"].items()
    }


def allowing(rendering: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rules that came from flows."""
    return {
        name: rule
        for name, rule in rules_of(rendering).items()
        if "Deny" not in rule.values() and "deny" not in rule.values() and "denies" not in rule
        if rule.get("source_address_prefix") != "AzureLoadBalancer"
    }


def described(rule: dict[str, Any]) -> set[str]:
    """The words of a rule's description, its flows among them; `…` where it says that it leaves some out."""
    words = set(re.split(r"; |: | \(", rule["description"]))
    return words | ({"…"} if any(re.fullmatch(r"\+\d+ more", word) for word in words) else set())


def findings_of(plan: Plan, rendering: dict[str, Any]) -> set[tuple[str, str]]:
    """Code and flow of every finding of a plan and its rendering."""
    return {(entry.code, entry.flow) for entry in plan.findings} | {
        (entry["code"], entry["flow"]) for entry in rendering["findings"]
    }


class TestOneCloudSaysWhatTheSiteNeeds:
    """Two rules in the wrong order closed a port that the file opened, and every unit test of the two was green."""

    @by_target
    @given(sites(), LAYOUTS)
    def test_plan_rendering_and_deployment_say_the_same_of_every_packet_at_a_border(
        self, target: Target, case: SiteCase, layout: str
    ) -> None:
        plan = closed(case, target, layout=layout)
        judge = judge_of(case, plan)
        rendering = rendered(plan)
        cloud = EVALUATORS[target](rendering)
        any_type = {entry.flow for entry in plan.findings if entry.code == "icmp-any-type"}
        for question in questions(plan, judge):
            expected = judge.allows(*question)
            assert answer(plan, question) is expected, question
            role, direction, protocol, _, remote, _ = question
            passes = judge.allows_some_icmp(role, direction, remote) if protocol == "icmp" else expected
            assert cloud.allows(*question) is passes, question
            assert passes is expected or icmp_flows(plan, role, direction) & any_type, question

    @pytest.mark.parametrize("target", [POLICY, VPC])
    @given(sites())
    def test_a_machine_with_the_marks_of_two_roles_has_what_either_has(self, target: Target, case: SiteCase) -> None:
        plan = closed(case, target)
        assume(len(plan.roles) > 1)
        judge = judge_of(case, plan)
        cloud = EVALUATORS[target](rendered(plan))
        one, other = plan.roles[0], plan.roles[-1]
        for question in questions(plan, judge)[::5]:
            expected = cloud.allows(one, *question[1:]) or cloud.allows(other, *question[1:])
            assert cloud.allows_machine((one, other), *question[1:]) is expected, question

    @given(sites())
    def test_probes_of_azure_s_load_balancer_are_let_in(self, case: SiteCase) -> None:
        plan = closed(case, AZURE)
        cloud = AzureEvaluator(rendered(plan))
        assert all(cloud.allows(role, "ingress", "tcp", 12345, PROBES) for role in plan.roles)
        assert not any(cloud.allows(role, "ingress", "tcp", 12345, "10.0.0.1") for role in plan.roles)


def icmp_flows(plan: Plan, role: str, direction: str) -> set[str]:
    """The flows of ICMP at an end of a role."""
    flows = [flow for flow in plan.flows if flow.icmp is not None]
    return {flow.id for flow in flows if role == (flow.source if direction == "egress" else flow.destination)}


def flows_open(plan: Plan, question: Question) -> set[str]:
    """The flows for which a plan lets the packet pass."""
    return {flow for rule in plan.allowing(packet(question)) for flow in rule.flows}


class TestCloudsSayTheSame:
    """A site in three clouds: one file, so one answer, or a finding at the flow where a cloud cannot give it."""

    @settings(max_examples=15)
    @given(sites())
    def test_of_every_address_and_every_role(self, case: SiteCase) -> None:
        plans = [closed(case, target, layout="per-flow") for target in TARGETS]
        asked = {question for plan in plans for question in questions(plan, judge_of(case, plan))}
        platform = {name for name, peer in case.deployment.peers.items() if peer.platform}
        machines = set(plans[0].roles) - platform
        told = [{(entry.flow, entry.code) for entry in plan.findings} for plan in plans]
        for question in asked:
            remote = question[4]
            reasons = DIFFERENT_ADDRESSES if _is_address(remote) else DIFFERENT_MACHINES
            if not _is_address(remote) and remote not in machines:
                continue
            opened = [flows_open(plan, question) for plan in plans]
            for one, other in combinations(range(len(plans)), 2):
                for flow in opened[one] ^ opened[other]:
                    assert any((flow, code) in told[one] | told[other] for code in reasons), (question, flow)

    @given(sites())
    def test_a_finding_of_one_cloud_is_no_finding_of_all(self, case: SiteCase) -> None:
        """What only the platform cannot say must not be told where it can."""
        plans = {target: closed(case, target) for target in TARGETS}
        for code in ("role-by-ranges", "icmp-any-type", "followed-by-name", "deny-rest-unsaid", "not-enforced"):
            assert code not in {entry.code for entry in plans[Target.AWS_SECURITY_GROUP].findings}
        assert "role-by-ranges" not in {entry.code for entry in plans[AZURE].findings}
        assert "followed-by-name" not in {entry.code for target in (AZURE, VPC) for entry in plans[target].findings}

    @given(sites())
    def test_the_same_flows_are_required(self, case: SiteCase) -> None:
        first, *others = (closed(case, target) for target in TARGETS)
        assert all(plan.flows == first.flows for plan in others)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class TestNothingIsLost:
    """A flow without rule or finding is an outage nobody was told of; here it may get lost in the rendering too."""

    @by_target
    @given(sites(), LAYOUTS)
    def test_every_required_flow_is_in_a_rule_of_the_cloud_or_a_finding(
        self, target: Target, case: SiteCase, layout: str
    ) -> None:
        plan = planned(case, target, layout=layout)
        rendering = rendered(plan)
        rules = allowing(rendering).values()
        told = findings_of(plan, rendering)
        assert "lost-flow" not in {code for code, _ in told}
        for flow in plan.flows:
            for role, direction in ((flow.source, Direction.EGRESS), (flow.destination, Direction.INGRESS)):
                if role not in plan.roles:
                    continue
                words = {"Outbound", "EGRESS"} if direction is Direction.EGRESS else {"Inbound", "INGRESS"}
                mine = [rule for rule in rules if rule["role"] == role and rule["direction"] in words]
                named = any({flow.id, "…"} & described(rule) for rule in mine)
                assert named or flow.id in {about for _, about in told}, flow.id

    @by_target
    @given(sites())
    def test_without_denying_the_rest_it_says_so_and_denies_nothing(self, target: Target, case: SiteCase) -> None:
        plan = planned(case, target, deny_rest=False)
        rendering = rendered(plan)
        assert allowing(rendering) == rules_of(rendering)
        (found,) = [entry for entry in plan.findings if entry.code == "not-enforced"]
        assert str(found.severity) == "high"
        assert "not-enforced" not in {entry.code for entry in closed(case, target).findings}
        cloud = EVALUATORS[target](rendering)
        role = plan.roles[0]
        assert cloud.allows(role, "egress", "tcp", 12345, "8.8.8.8")
        assert not EVALUATORS[target](rendered(closed(case, target))).allows(role, "egress", "udp", 12345, "10.0.0.200")


class TestOneAddressMore:
    """One more collector must not rename a rule, move its priority or touch a group that does not know it."""

    @by_target
    @given(sites(), cidrs(), st.data())
    def test_changes_only_what_holds_the_peer(
        self, target: Target, case: SiteCase, cidr: str, data: st.DataObject
    ) -> None:
        before = closed(case, target, layout="per-flow")
        version = ipaddress.ip_network(cidr).version
        growing = [name for name in case.content["peers"] if f"peer-{name}-ipv{version}" in before.lists]
        assume(growing and not cidr.startswith(("169.254.", "168.63.", "fd00:ec2")))
        name = data.draw(st.sampled_from(growing))
        peer = case.content["peers"][name]
        assume(cidr not in peer["cidrs"])
        peers = case.content["peers"] | {name: peer | {"cidrs": [*peer["cidrs"], cidr]}}
        after = closed(case, target, layout="per-flow", peers=peers)
        grown = f"peer-{name}-ipv{version}"
        holding = {rule.role for rule in before.rules if rule.peer.value == grown}
        first, second = rendered(before), rendered(after)
        assert list(rules_of(first)) == list(rules_of(second))
        changed = [name for name, rule in rules_of(first).items() if rule != rules_of(second)[name]]
        if target is POLICY:
            groups, grew = first["address_groups"], second["address_groups"]
            assert groups.keys() == grew.keys()
            assert {key for key in groups if groups[key] != grew[key]} == {grown}
            assert not changed
        for rule_name in changed:
            was, now = rules_of(first)[rule_name], rules_of(second)[rule_name]
            assert was["role"] in holding
            assert {key for key in was if was[key] != now[key]} <= {
                "source_address_prefixes",
                "destination_address_prefixes",
                "src_ip_ranges",
                "dest_ip_ranges",
            }


class TestARuleStays:
    """A declined flow moved another rule's priority, and for a second the wrong one of two rules was in force."""

    @by_target
    @given(sites(), st.data())
    def test_when_a_flow_is_declined(self, target: Target, case: SiteCase, data: st.DataObject) -> None:
        before = closed(case, target, layout="per-flow")
        assume(before.flows)
        gone = data.draw(st.sampled_from(sorted({flow.id for flow in before.flows})))
        why = {"reason": "a reason", "until": "2028-01-01"}
        after = closed(case, target, layout="per-flow", decline=case.content["decline"] | {gone: why})
        left = {flow.id for flow in after.flows}
        first, second = rules_of(rendered(before)), rules_of(rendered(after))
        for name, rule in second.items():
            assert name in first
            assert (rule["priority"], rule["direction"]) == (first[name]["priority"], first[name]["direction"])
        for name in first.keys() - second.keys():
            assert left.isdisjoint(described(first[name]))

    @by_target
    @given(sites(), st.data())
    def test_when_a_flow_is_added(self, target: Target, case: SiteCase, data: st.DataObject) -> None:
        flows = case.content["extra_flows"]
        free = sorted(set(SLOTS) - {flow.get("slot") for flow in flows})
        extra = {
            "id": "one-more",
            "source": case.content["roles"][0],
            "destination": "ntp-server",
            "transport": "tcp",
            "ports": [4460],
            "slot": data.draw(st.sampled_from(free)),
            "reason": "NTS",
            "until": "2028-01-01",
        }
        first = rules_of(rendered(closed(case, target, layout="per-flow")))
        second = rules_of(rendered(closed(case, target, layout="per-flow", extra_flows=[*flows, extra])))
        assert {name: rule for name, rule in second.items() if name in first} == first
        assert all("one-more" in name for name in second.keys() - first.keys())


class TestPriorities:
    """Two rules with one priority are refused by the cloud half way through an update."""

    @by_target
    @given(sites(), LAYOUTS)
    def test_are_unique_and_inside_the_band_or_told(self, target: Target, case: SiteCase, layout: str) -> None:
        plan = closed(case, target, layout=layout)
        rendering = rendered(plan)
        first, last = (100, 4096) if target is AZURE else (0, 2147483547)
        wrong = sum(not first <= rule["priority"] <= last for rule in rules_of(rendering).values())
        if target is not VPC:  # a VPC takes rules of one priority
            taken = Counter(
                (rule["role"], rule["direction"], rule["priority"]) if target is AZURE else rule["priority"]
                for rule in rules_of(rendering).values()
            )
            wrong += sum(count > 1 for count in taken.values())
        told = [entry for entry in findings_of(plan, rendering) if entry[0] == "priority-taken"]
        assert len(told) >= wrong

    @by_target
    @given(sites())
    def test_what_denies_comes_last(self, target: Target, case: SiteCase) -> None:
        rendering = rendered(closed(case, target))
        rules = rules_of(rendering)
        allows = allowing(rendering)
        denies = [rule for name, rule in rules.items() if name not in allows]
        denies = [rule for rule in denies if "AzureLoadBalancer" not in rule.values()]
        last = max((rule["priority"] for rule in allows.values()), default=-1)
        assert denies
        assert all(rule["priority"] > last for rule in denies)


class TestSameInputSameBytes:
    """A colleague sorted a list in the file and the pipeline announced forty changes."""

    @by_target
    @given(sites(), st.randoms(use_true_random=False))
    def test_order_of_the_file_has_no_meaning(self, target: Target, case: SiteCase, shuffle: random.Random) -> None:
        first = planned(case, target)
        second = planned(case, target, **shuffled(copy.deepcopy(case.content), shuffle))
        assert json.dumps(rendered(first)) == json.dumps(rendered(second))
        assert first.findings == second.findings


def prefixes_of(rule: dict[str, Any]) -> list[list[Any]]:
    """The blocks of each side of a rule that has blocks."""
    fields = ("source_address_prefixes", "destination_address_prefixes", "src_ip_ranges", "dest_ip_ranges")
    return [[ipaddress.ip_network(text) for text in rule[field]] for field in fields if field in rule]


class TestLimits:
    """The cloud refused a rule for its name, after half of the others were made."""

    @settings(max_examples=30)
    @by_target
    @given(sites(), LAYOUTS)
    def test_every_rule_is_one_that_the_cloud_takes(self, target: Target, case: SiteCase, layout: str) -> None:
        rendering = rendered(closed(case, target, layout=layout))
        rules = rules_of(rendering)
        assert len({name.lower() for name in rules}) == len(rules)
        for name, rule in rules.items():
            for networks in prefixes_of(rule):
                assert networks
                assert len({network.version for network in networks}) == 1
                assert len(networks) <= 5000
            if target is AZURE:
                azure_takes(name, rule)
            else:
                gcp_takes(name, rule, rendering["address_groups"], target)


def azure_takes(name: str, rule: dict[str, Any]) -> None:
    """ARM's reference, Security Rules: names, descriptions, one form on each side, no block inside another."""
    assert rule["name"] == name
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?", name)
    assert 0 < len(rule["description"]) <= 140
    for side in ("source", "destination"):
        forms = [key for key in rule if key.startswith(f"{side}_ad") or key == f"{side}_application_security_group"]
        assert len(forms) == 1, forms
    assert ("destination_port_range" in rule) != ("destination_port_ranges" in rule)
    assert rule.get("destination_port_ranges") != []
    for networks in prefixes_of(rule):
        assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


def gcp_takes(name: str, rule: dict[str, Any], groups: dict[str, Any], target: Target) -> None:
    """Compute's reference, firewallPolicies.addRule and firewalls: names, ends, targets, of one family."""
    assert rule["rule_name"] == name
    assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", name)
    assert 0 < len(rule["description"]) <= 2048
    side, other = ("dest_", "src_") if rule["direction"] == "EGRESS" else ("src_", "dest_")
    ends = {key.removeprefix(side): values for key, values in rule.items() if key.startswith(side)}
    assert ends
    assert not [key for key in rule if key.startswith(other)]
    assert all(ends.values())
    assert len(ends.get("fqdns", [])) <= 100
    assert len(ends.get("address_groups", [])) <= 10
    own = [groups[group["key"]] for group in ends.get("address_groups", []) if "key" in group]
    assert len({group["type"] for group in own}) <= 1
    assert all(0 < len(group["items"]) <= group["capacity"] for group in own)
    marks = {"secure-tag", "service-account"} if target is POLICY else {"network-tag", "service-account"}
    assert rule["targets"]["mark"] in marks
    if target is POLICY:
        assert set(ends) <= {"ip_ranges", "address_groups", "fqdns" if side == "dest_" else "secure_tags"}
        assert all(entry["ports"] for entry in rule["layer4_configs"] if entry["ip_protocol"] in {"tcp", "udp"})
    else:
        # a source by account and a target by tag, or the other way round, is refused
        assert set(ends) <= {"ip_ranges", f"{rule['targets']['mark'].replace('-', '_')}s"}
