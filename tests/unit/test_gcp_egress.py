"""What leaves a site on GCP: the egress part of a firewall policy, and what a Secure Web Proxy admits."""

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluators.gcp import GcpEvaluator
from tests.evaluators.gcp_egress import WebProxyEvaluator
from tests.packets import answer, judge_of, planned, questions
from tests.strategies import CATALOGUE, SiteCase, shuffled, sites
from tests.unit.sites import UNTIL, content
from ws_network.catalogue import Transport
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.endpoints import NameList
from ws_network.errors import UserError
from ws_network.findings import Finding
from ws_network.gcp import priorities
from ws_network.gcp.egress import WebProxyRendering, egress_only, proxy_band, render, session_matcher
from ws_network.gcp.egress.web_proxy import SIZE, entries
from ws_network.gcp.render import render as render_firewall
from ws_network.plan import Packet, Plan, build_plan
from ws_network.rules import Direction

POLICY, PROXY = Target.GCP_FIREWALL_POLICY, Target.GCP_SECURE_WEB_PROXY
TAG = {"agent": {"secure_tags": ["tagValues/1"]}}
APEX = "workload.de-1.cloudone.trendmicro.com"
LISTS = "projects/p/locations/europe-west3/urlLists"


def plan(target: Target = PROXY, **changes: Any) -> Plan:
    """The plan of a site whose agents have one tag."""
    usual = {"machines": TAG, "deny_rest": True, "names": {"gcp-firewall-policy": ["fqdn"]}}
    return build_plan(CATALOGUE, Deployment.parse(content(**usual | changes)), target=target)


def proxy_of(plan: Plan, rendering: WebProxyRendering) -> WebProxyEvaluator:
    """The policy as GCP gets it: matchers with the marks of the deployment and the paths of the lists."""
    rules = [
        {
            **rule,
            "session_matcher": session_matcher(
                MachineMark(rule["source"]["mark"]),
                plan.deployment.machines[rule["role"]].marks,
                rule["ports"],
                [f"{LISTS}/{name}" for name in rule["url_lists"]],
            ),
        }
        for rule in rendering.rules.values()
    ]
    return WebProxyEvaluator({f"{LISTS}/{name}": found["values"] for name, found in rendering.url_lists.items()}, rules)


def look_alikes(found: NameList) -> set[str]:
    """The names of a list, names under them, and what only looks like them."""
    out = set()
    for name in (*found.fqdns, *found.wildcards):
        out |= {name, name.upper(), f"{name}.", f"x{name}", f"evil-{name}", f"new.{name}", f"deep.er.{name}"}
        out |= {f"{name}.attacker.example", f"evil-{name}.attacker.example", name.partition(".")[2]}
    return out


def codes(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
    return {(entry.code, entry.flow) for entry in findings}


class TestTheProxyAdmitsWhatThePlanSays:
    """A list that held one dot less let a look-alike of the service through, and no test of the list saw it."""

    @given(sites())
    def test_every_name_port_and_look_alike(self, case: SiteCase) -> None:
        made = planned(case, PROXY)
        rendering = render(made)
        proxy = proxy_of(made, rendering)
        blind = {flow for code, flow in codes(rendering.findings) if code == "role-without-machines"}
        ports = {port for rule in made.rules for port in (rule.ports.first, rule.ports.first + 1)}
        hosts = {name for found in made.name_lists.values() for name in look_alikes(found)}
        for role in sorted({rule.role for rule in made.rules}):
            marks = made.deployment.machines[role].marks if role in made.deployment.machines else ()
            for host in hosts:
                for port in ports:
                    wanted = made.allows(Packet(role, Direction.EGRESS, Transport.TCP, port, host))
                    passes = proxy.allows(marks, port, host)
                    assert passes is (wanted and role not in blind), (role, host, port)
                    assert not proxy.allows(["tagValues/404"], port, host)

    @given(sites())
    def test_every_rule_of_the_plan_is_there_or_told(self, case: SiteCase) -> None:
        made = planned(case, PROXY)
        rendering = render(made)
        blind = {flow for code, flow in codes(rendering.findings) if code == "role-without-machines"}
        there = {
            (rule["role"], port, name)
            for rule in rendering.rules.values()
            for port in rule["ports"]
            for name in rule["url_lists"]
        }
        for rule in made.rules:
            assert rule.protocol is Transport.TCP, "the proxy takes nothing else"
            assert (rule.role, rule.ports.first, rule.peer.value) in there or rule.role in blind
        told = {entry.flow for entry in made.findings}
        served = {flow for rule in made.rules for flow in rule.flows}
        for flow in made.flows:
            assert flow.source not in made.roles or flow.id in served | told

    @given(sites(), st.randoms(use_true_random=False))
    def test_any_order_of_the_file_is_one_rendering(self, case: SiteCase, shuffle: random.Random) -> None:
        def rendered(content: dict[str, Any]) -> dict[str, Any]:
            return render(build_plan(CATALOGUE, Deployment.parse(content), target=PROXY)).to_dict()

        assert rendered(shuffled(case.content, shuffle)) == rendered(case.content)

    def test_look_alikes_of_the_service(self) -> None:
        made = plan()
        proxy = proxy_of(made, render(made))
        for host in (APEX, f"agents.{APEX}", f"new.and.deeper.{APEX}", f"AGENTS.{APEX}".upper()):
            assert proxy.allows(["tagValues/1"], 443, host), host
            assert not proxy.allows(["tagValues/2"], 443, host), "another client"
            assert not proxy.allows(["tagValues/1"], 8443, host), "another port"
        for host in (f"evil-{APEX}.attacker.example", f"x{APEX}", f"{APEX}.", APEX.partition(".")[2], ""):
            assert not proxy.allows(["tagValues/1"], 443, host), host

    def test_a_wildcard_is_two_entries_that_admit_nothing_else(self) -> None:
        found = NameList("names", (f"agents.{APEX}", "files.trendmicro.com"), (APEX,), filtered=True)
        assert entries(found) == [f"*.{APEX}", "files.trendmicro.com", APEX]

    def test_one_host_more_is_one_list(self) -> None:
        more = {"fqdn": "new.trendmicro.com", "destination": "download-center"} | UNTIL
        before, after = render(plan()), render(plan(extra_hosts=[more]))
        assert before.rules == after.rules
        changed = {key for key, found in after.url_lists.items() if found != before.url_lists[key]}
        assert changed == {"names-relay-download-center"}


class TestWhatTheProxyDoesNotSee:
    """A rule that pretends to admit what never comes by makes a person believe that it is filtered."""

    def test_traffic_without_a_name_is_told(self) -> None:
        made = plan(peers={"siem-or-syslog-server": {"fqdns": ["siem.corp.example"]}})
        text = {entry.flow: entry.text for entry in made.findings if entry.code == "not-seen"}["agent-syslog"]
        assert text == "agent-syslog: gcp-secure-web-proxy sees TLS and HTTP alone, and this carries no host name."
        assert not made.failed
        assert {rule.protocol for rule in made.rules} == {Transport.TCP}
        assert not made.allows(Packet("agent", Direction.EGRESS, Transport.UDP, 514, "siem.corp.example"))

    def test_it_does_not_stand_behind_what_never_comes_to_it(self) -> None:
        """A syslog port that is open to any address stayed open, since the proxy was said to hold its name."""
        made = plan(
            Target.GCP_VPC_FIREWALL,
            machines={"agent": {"network_tags": ["ws-agent"]}},
            peers={"siem-or-syslog-server": {"fqdns": ["siem.corp.example"]}},
            names={"gcp-vpc-firewall": ["any-address"]},
            any_address=dict.fromkeys(
                ("workload-security", "smart-protection-network", "download-center", "siem-or-syslog-server"), UNTIL
            ),
            behind={"gcp-vpc-firewall": "gcp-secure-web-proxy"},
        )
        assert {flow for code, flow in codes(made.findings) if code == "behind-uncovered"} == {"agent-syslog"}

    @pytest.mark.parametrize(
        ("machines", "text"),
        [
            ({"agent": {"network_tags": ["ws-agent"]}}, "role agent is found by a network-tag, which gcp-secure-web"),
            ({}, "role agent has no machines, so it has no rule there."),
        ],
    )
    def test_a_role_without_a_source_has_no_rule_for_everyone(self, machines: Any, text: str) -> None:
        rendering = render(plan(machines=machines))
        assert rendering.rules == rendering.url_lists == {}
        (told,) = rendering.findings
        assert (told.code, told.severity) == ("role-without-machines", "error")
        assert told.text.startswith(text)

    def test_what_a_client_may_claim_is_told(self) -> None:
        (told,) = [entry for entry in render(plan()).findings if entry.code == "name-claimed"]
        assert told.text.endswith("and connects to that host itself; what is asked of it inside TLS it does not read.")
        assert ("wildcard-admitted", "agent-service") in codes(plan().findings)


class TestPrioritiesOfTheProxy:
    """A rule whose number moves when another comes is changed in the middle of an update, or meets a neighbour."""

    @given(sites())
    def test_each_is_there_once_inside_the_band(self, case: SiteCase) -> None:
        rendering = render(planned(case, PROXY), band=proxy_band(7))
        numbers = [rule["priority"] for rule in rendering.rules.values()]
        assert len(set(numbers)) == len(numbers) or "priority-taken" in {code for code, _ in codes(rendering.findings)}
        assert all(7 <= number < 7 + SIZE for number in numbers)

    def test_are_frozen(self) -> None:
        found = {name: rule["priority"] for name, rule in render(plan()).rules.items()}
        assert found == {
            "agent-egress-agent-download-center-443-tcp-names": 1171,
            "agent-egress-agent-service-tcp-names": 1138,
            "agent-egress-agent-spn-443-tcp-names": 1141,
            "agent-egress-agent-spn-80-tcp-names": 1140,
        }

    def test_an_extra_flow_without_a_slot_has_one_from_its_name(self) -> None:
        flow = {"id": "own", "source": "agent", "destination": "download-center", "transport": "tcp", "ports": [8443]}
        made = plan(extra_flows=[flow | UNTIL])
        (rule,) = [rule for name, rule in render(made).rules.items() if "-own-" in name]
        assert rule["priority"] >= 1000 + 4096 * 128
        assert rule["ports"] == [8443]

    def test_a_band_that_gcp_does_not_take_is_refused(self) -> None:
        with pytest.raises(UserError, match=r"^the band of the web proxy's priorities is 2147483000 to "):
            proxy_band(2_147_483_000)


class TestLimitsOfTheProxy:
    """What is over a limit is refused half way through an update."""

    def told(self, **changes: Any) -> str:
        (found,) = [entry for entry in render(plan(**changes)).findings if entry.code == "limit"]
        return f"{found.text} {found.remedy}"

    def test_lists_of_a_region(self) -> None:
        peers = {f"peer-{number}": {"fqdns": [f"p{number}.corp.example"]} for number in range(9)}
        flows = [
            {"id": f"own-{name}", "source": "agent", "destination": name, "transport": "tcp", "ports": [443]} | UNTIL
            for name in peers
        ]
        site: dict[str, Any] = {"peers": peers, "extra_flows": flows}
        assert self.told(**site) == (
            "the web proxy needs 12 URL lists, over the 10 of GCP's quota 'URL lists per region'. Raise the quota and "
            "say so under quotas: {gcp-url-lists-per-region: ...}."
        )
        raised = render(plan(**site, quotas={"gcp-url-lists-per-region": 12}))
        assert len(raised.url_lists) == 12
        assert "limit" not in {code for code, _ in codes(raised.findings)}

    def test_operators_of_a_matcher(self) -> None:
        flow = {"id": "own", "source": "agent", "destination": "download-center", "transport": "tcp"}
        ports = list(range(8000, 8012))
        assert self.told(extra_flows=[flow | {"ports": ports} | UNTIL]).startswith(
            "the matcher of agent-egress-own-tcp-names would have 13 operators, and a rule of GCP takes 12."
        )
        assert not {
            entry.code for entry in render(plan(extra_flows=[flow | {"ports": ports[1:]} | UNTIL])).findings
        } & {"limit"}

    def test_entries_of_a_list(self) -> None:
        hosts = [
            {"fqdn": f"h{number}.trendmicro.com", "destination": "download-center"} | UNTIL for number in range(2500)
        ]
        assert self.told(extra_hosts=hosts).startswith("names-relay-download-center would have 2501 entries")


class TestMatcher:
    """An id that ends the quotes it stands in would be read as a part of the expression."""

    def test_words(self) -> None:
        one = session_matcher(MachineMark.SECURE_TAG, ["tagValues/1"], [443], [f"{LISTS}/names"])
        assert one == (
            f"source.matchTag('tagValues/1') && destination.port == 443 && inUrlList(host(), '{LISTS}/names')"
        )
        many = session_matcher(MachineMark.SERVICE_ACCOUNT, ["a@p.example", "b@p.example"], [80, 443], ["l"])
        assert many == (
            "(source.matchServiceAccount('a@p.example') || source.matchServiceAccount('b@p.example')) && "
            "(destination.port == 80 || destination.port == 443) && inUrlList(host(), 'l')"
        )

    @pytest.mark.parametrize("text", ["tagValues/1') || ('' == '", "tagValues/1\\", "", "a b"])
    def test_what_is_no_id_is_refused(self, text: str) -> None:
        with pytest.raises(UserError, match=rf"^'{re.escape(text)}' is no tag, service account or URL list of GCP"):
            session_matcher(MachineMark.SECURE_TAG, [text], [443], ["l"])

    def test_one_that_is_too_long_is_refused(self) -> None:
        marks = [f"{'a' * 250}{number}@p.example" for number in range(8)]
        with pytest.raises(UserError, match=r"matcher of \d+ characters, and GCP takes 2048"):
            session_matcher(MachineMark.SERVICE_ACCOUNT, marks, [443], ["l"])


class TestEgressOfAFirewallPolicy:
    """An egress policy that lost a rule cut machines off; one that kept ingress opened what another team decides."""

    @given(sites(), st.sampled_from(["per-flow", "minimal"]))
    def test_allows_out_what_the_plan_allows_and_nothing_in(self, case: SiteCase, layout: str) -> None:
        whole = planned(case, POLICY, deny_rest=True, layout=layout)
        part = egress_only(whole)
        cloud = GcpEvaluator(render_firewall(part).to_dict())
        for question in questions(whole, judge_of(case, whole)):
            if question[2] == "icmp":
                continue
            if question[1] == "egress":
                assert answer(part, question) is answer(whole, question), question
                assert cloud.allows(*question) is answer(whole, question), question
            else:
                assert not answer(part, question)
                assert not cloud.allows(*question)

    @given(sites())
    def test_its_rules_are_those_of_the_whole_site(self, case: SiteCase) -> None:
        whole = planned(case, POLICY, deny_rest=True, layout="per-flow")
        rules = render_firewall(whole).rules
        part = render_firewall(egress_only(whole))
        assert part.rules == {name: rule for name, rule in rules.items() if rule["direction"] == "EGRESS"}

    @given(sites())
    def test_every_flow_out_is_a_rule_or_told(self, case: SiteCase) -> None:
        part = egress_only(planned(case, POLICY))
        served = {flow for rule in part.rules for flow in rule.flows}
        told = {entry.flow for entry in part.findings}
        assert {flow.id for flow in part.flows} <= served | told
        idle = {entry.flow for entry in part.findings if entry.code == "nothing-required"}
        assert idle == set(part.roles) - {rule.role for rule in part.rules}

    def test_an_error_at_the_entry_of_machines_does_not_stop_it(self) -> None:
        """A rule of a policy cannot name a source by service account: a matter of the relays' ingress alone."""
        made = plan(
            POLICY,
            roles=["agent", "relay"],
            peers={"relay": {"cidrs": ["10.20.4.0/28"]}},
            machines={
                "agent": {"service_accounts": ["agent@p.iam.gserviceaccount.com"]},
                "relay": {"service_accounts": ["relay@p.iam.gserviceaccount.com"]},
            },
        )
        assert ("peer-unsayable", "agent-relay") in codes(made.findings)
        part = egress_only(made)
        assert not part.failed
        assert priorities.BAND.first <= min(rule["priority"] for rule in render_firewall(part).rules.values())

    def test_an_error_of_egress_does(self) -> None:
        made = egress_only(plan(POLICY, names={"gcp-firewall-policy": ["refuse"]}))
        assert ("names-refused", "agent-service") in codes(made.findings)
        assert made.failed
