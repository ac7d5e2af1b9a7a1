"""Azure Firewall: which rule a name or address becomes, what is admitted beyond the page, and what Azure cannot say."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluators.azure_egress import AzureEgressEvaluator
from tests.packets import borders, planned
from tests.strategies import SiteCase, shuffled, sites
from tests.unit import sites as unit_sites
from tests.unit.sites import UNTIL, told
from ws_network.azure.egress import AzureEgressRendering, FirewallRule, checked_sources, pairs, render
from ws_network.azure.limits import NAME_PATTERN
from ws_network.catalogue import Transport
from ws_network.deployment import Target
from ws_network.errors import UserError
from ws_network.findings import Severity
from ws_network.plan import Packet, Plan
from ws_network.rules import Direction, Rule

APEX = "workload.de-1.cloudone.trendmicro.com"
LOOK_ALIKES = [
    f"evil-{APEX}.attacker.example",
    f"x{APEX}",
    f"agents.{APEX}.",
    f"{APEX}.",
    "cloudone.trendmicro.com",
    f"agents.{APEX}.attacker.example",
]
SIEM = "siem-or-syslog-server"
MANY = [f"10.9.{number}.1/32" for number in range(21)]


def plan(**changes: Any) -> Plan:
    return unit_sites.plan(target=Target.AZURE_FIREWALL, **changes)


def rules(made: Plan | AzureEgressRendering, kind: str) -> dict[str, FirewallRule]:
    """The rules of a collection by name."""
    rendering = render(made) if isinstance(made, Plan) else made
    return rendering.collections.get(kind, {"rules": {}})["rules"]


def about(rendering: AzureEgressRendering, code: str) -> dict[str, str]:
    """Texts of the rendering's findings of a code."""
    return {entry.flow: entry.text for entry in rendering.findings if entry.code == code}


def severity(rendering: AzureEgressRendering, code: str) -> set[Severity]:
    return {entry.severity for entry in rendering.findings if entry.code == code}


def own(**changes: Any) -> dict[str, Any]:
    """An extra flow of agents to the service."""
    flow = {"id": "own", "source": "agent", "destination": "workload-security", "transport": "tcp", "ports": [8443]}
    return {"extra_flows": [flow | {"slot": 80} | UNTIL | changes]}


class TestNames:
    """A star in the wrong place admits every host whose name ends alike."""

    def test_the_page_s_wildcard_is_the_name_and_every_name_under_it(self) -> None:
        rule = rules(plan(), "application")["agent-egress-agent-service-tcp-names"]
        assert rule["target_fqdns"] == [f"*.{APEX}", APEX]
        assert rule["protocols"] == [{"protocol_type": "Https", "port": 443}]

    @pytest.mark.parametrize("name", LOOK_ALIKES)
    def test_look_alikes_are_refused(self, name: str) -> None:
        made = plan()
        judge = AzureEgressEvaluator(render(made).to_dict(), {})
        assert not judge.allows("agent", "tcp", 443, name)
        assert not made.allows(Packet("agent", Direction.EGRESS, Transport.TCP, 443, name))

    def test_capitals_are_the_same_name_and_another_port_is_another_flow(self) -> None:
        judge = AzureEgressEvaluator(render(plan()).to_dict(), {})
        assert judge.allows("agent", "tcp", 443, f"Agents.{APEX}".upper())
        assert judge.allows("agent", "tcp", 443, APEX)
        assert not judge.allows("agent", "tcp", 444, APEX)
        assert not judge.allows("agent", "tcp", 80, APEX)
        assert not judge.allows("relay", "tcp", 443, APEX)

    def test_ports_say_what_is_spoken(self) -> None:
        made = rules(plan(), "application")
        assert made["agent-egress-agent-spn-80-tcp-names"]["protocols"] == [{"protocol_type": "Http", "port": 80}]
        either = render(plan(**own()))
        assert rules(either, "application")["agent-egress-own-tcp-names"]["protocols"] == [
            {"protocol_type": "Http", "port": 8443},
            {"protocol_type": "Https", "port": 8443},
        ]
        assert about(either, "tls-or-http") == {
            "own": "own: TLS and HTTP are both allowed on port 8443, where either may be spoken."
        }
        assert about(render(plan()), "tls-or-http") == {}

    def test_that_the_client_says_the_name_is_told_with_the_patterns(self) -> None:
        made = render(plan(also_regions=["us-1", "jp-1"]))
        (text,) = about(made, "name-claimed").values()
        assert f"does not prove who answers: *.{APEX}, " in text
        admitted = {name for rule in rules(made, "application").values() for name in rule["target_fqdns"]}
        assert set(text.split("answers: ")[1].removesuffix(".").split(", ")) == admitted

    def test_that_azure_admits_names_of_its_own_is_told(self) -> None:
        (text,) = about(render(plan()), "platform-names-admitted").values()
        assert "which no rule here allows: the image repository, the status of managed disks, and diagnostics." in text
        assert severity(render(plan()), "platform-names-admitted") == {Severity.INFO}

    def test_what_is_no_web_is_followed_by_dns(self) -> None:
        made = plan(peers={SIEM: {"fqdns": ["siem.corp.example"]}})
        (rule,) = [found for name, found in rules(made, "network").items() if "syslog" in name]
        assert rule["destination_fqdns"] == ["siem.corp.example"]
        assert (rule["ip_protocols"], rule["destination_ports"]) == (["UDP"], ["514"])
        assert about(render(made), "dns-proxy-off") == {}

    def test_without_the_dns_proxy_that_fails(self) -> None:
        made = render(plan(peers={SIEM: {"fqdns": ["siem.corp.example"]}}), dns_proxy=False)
        assert about(made, "dns-proxy-off") == {
            "agent-syslog": "agent-syslog: is reached by the name siem.corp.example, and the policy has no DNS proxy."
        }
        assert severity(made, "dns-proxy-off") == {Severity.ERROR}
        assert about(render(plan(), dns_proxy=False), "dns-proxy-off") == {}

    @pytest.mark.parametrize(("ports", "left"), [([64001], set()), ([64000, 64001], {64000})])
    def test_a_port_beyond_azure_s_last_fails(self, ports: list[int], left: set[int]) -> None:
        made = render(plan(**own(ports=ports)))
        assert about(made, "limit")["own"] == (
            "own: an application rule of Azure Firewall goes to port 64000, not 64001."
        )
        assert severity(made, "limit") == {Severity.ERROR}
        found = [rule for name, rule in rules(made, "application").items() if "-own-" in name]
        assert {protocol["port"] for rule in found for protocol in rule["protocols"]} == left

    def test_two_hyphens_are_followed_by_dns(self) -> None:
        """In an application rule Azure refuses the name, and with it the whole group."""
        host = {"fqdn": "xn--sm-xyz.example", "destination": "download-center"} | UNTIL
        made = plan(extra_hosts=[host])
        assert not made.failed
        named = {
            kind: [rule for rule in rules(made, kind).values() if host["fqdn"] in str(rule)]
            for kind in ("network", "application")
        }
        assert [rule["destination_fqdns"] for rule in named["network"]] == [["xn--sm-xyz.example"]]
        assert named["application"] == []
        strict = plan(extra_hosts=[host], names={"azure-firewall": ["name-filter", "refuse"]})
        assert set(told(strict, "names-refused")) == {"agent-download-center-443"}


class TestAddresses:
    """One address more must not rewrite the rules, and IPv6 must not vanish."""

    def test_short_lists_stand_in_the_rule_and_long_ones_are_a_group(self) -> None:
        short = rules(plan(peers={SIEM: {"cidrs": MANY[:20]}}), "network")
        assert len(short["agent-egress-agent-syslog-udp-ipv4"]["destination_addresses"]) == 20
        long = render(plan(peers={SIEM: {"cidrs": MANY}}))
        rule = rules(long, "network")["agent-egress-agent-syslog-udp-ipv4-groups"]
        assert rule["destination_ip_groups"] == [f"peer-{SIEM}-ipv4"]
        assert set(long.ip_groups[f"peer-{SIEM}-ipv4"]) == set(MANY)
        assert "destination_addresses" not in rule

    def test_what_dns_changes_is_a_group_and_one_address_more_changes_it_alone(self) -> None:
        names = {"azure-firewall": {"download-center": ["snapshot"], "default": ["name-filter"]}}

        def resolved(*addresses: str) -> AzureEgressRendering:
            return render(plan(names=names, snapshot={"files.trendmicro.com": {"ipv4": list(addresses)}}))

        before, after = resolved("8.8.8.1"), resolved("8.8.8.1", "8.8.4.4")
        assert before.collections == after.collections
        assert list(before.ip_groups.values()) == [["8.8.8.1/32"]]
        assert list(after.ip_groups.values()) == [["8.8.4.4/32", "8.8.8.1/32"]]

    def test_a_list_longer_than_a_group_is_several(self) -> None:
        many = {"cidrs": [f"10.{n // 125}.{n % 125 * 2}.1/32" for n in range(5001)]}
        made = render(plan(peers={SIEM: many}))
        groups = rules(made, "network")["agent-egress-agent-syslog-udp-ipv4-groups"]["destination_ip_groups"]
        assert len(groups) == 2
        assert {cidr for group in groups for cidr in made.ip_groups[group]} == set(many["cidrs"])
        assert max(map(len, made.ip_groups.values())) <= 5000
        assert "it is 2 groups" in about(made, "list-split")["agent-syslog"]

    def test_forms_are_rules_of_their_own(self) -> None:
        """Azure's tools take one form of each side."""
        made = plan(peers={SIEM: {"cidrs": ["10.0.0.1/32"], "service_tags": ["Storage.WestEurope"]}})
        found = {name: rule for name, rule in rules(made, "network").items() if "syslog" in name}
        assert {name: rule["destination_addresses"] for name, rule in found.items()} == {
            "agent-egress-agent-syslog-udp-ipv4": ["10.0.0.1/32"],
            "agent-egress-agent-syslog-udp-service-tag-Storage.WestEurope": ["Storage.WestEurope"],
        }

    @pytest.mark.parametrize(
        ("peer", "found"),
        [
            ({"cidrs": ["fd00::1/128"]}, Severity.ERROR),
            ({"cidrs": ["fd00::1/128", "10.0.0.1/32"]}, Severity.LOW),
            ({"cidrs": ["fd00::1/128"], "service_tags": ["AzureMonitor"]}, Severity.LOW),
        ],
    )
    def test_ipv6_fails_unless_the_flow_has_another_address(self, peer: dict[str, Any], found: Severity) -> None:
        made = render(plan(peers={SIEM: peer}))
        assert about(made, "ipv6-unsayable") == {
            "agent-syslog": "agent-syslog: Azure Firewall takes IPv4 only, so no rule reaches fd00::1/128."
        }
        assert severity(made, "ipv6-unsayable") == {found}
        assert "fd00" not in str(made.collections)

    def test_the_layout_means_nothing(self) -> None:
        """Joined lines would lose their wildcards."""
        assert render(plan(layout="minimal")) == render(plan())


class TestSources:
    """A firewall sees no roles: a role without networks would have no rule, or everyone would have its rules."""

    def test_stand_in_the_rule_or_in_a_group(self) -> None:
        made = plan()
        few = render(made, sources=checked_sources(made, {"agent": ["10.1.1.0/24", "10.1.0.0/24"]}, []))
        assert {tuple(rule["source_addresses"]) for rule in few.rules} == {("10.1.0.0/23",)}
        many = render(made, sources=checked_sources(made, {"agent": MANY}, []))
        assert {tuple(rule["source_ip_groups"]) for rule in many.rules} == {("role-agent",)}
        assert set(many.ip_groups["role-agent"]) == set(MANY)
        assert {rule["source_role"] for rule in render(made).rules} == {"agent"}

    @pytest.mark.parametrize(
        ("cidrs", "given", "sentence"),
        [
            (
                {},
                [],
                r"role agent has rules and no networks: give .* role_cidrs\['agent'\], or an IP group as role_ip_",
            ),
            ({"agnet": ["10.0.0.0/24"]}, [], "unknown role in role_cidrs 'agnet': did you mean 'agent'?"),
            ({}, ["agnet"], "unknown role in role_ip_group_ids 'agnet': did you mean 'agent'?"),
            ({"agent": ["10.0.0.0/24"]}, ["agent"], "both say where agent is: give it in one of them."),
            ({"agent": []}, [], r"role_cidrs\['agent'\] is empty: give the IPv4 ranges"),
            ({"agent": ["fd00::/64"]}, [], r"role_cidrs\['agent'\] has fd00::/64, which Azure Firewall cannot hold"),
            ({"agent": ["0.0.0.0/0"]}, [], r"comes to 0.0.0.0/0, which is every machine"),
            ({"agent": ["128.0.0.0/1", "0.0.0.0/1"]}, [], r"role_cidrs\['agent'\] comes to 0.0.0.0/0, which is every"),
            ({"agent": ["10.0.0.1/24"]}, [], r"^role_cidrs\['agent'\]: .* has host bits"),
            (
                {"agent": ["10.0.0.0/24"], "relay": ["10.0.1.0/24"]},
                [],
                "^role_cidrs has relay, which is no role of the deployment: remove it from role_cidrs.$",
            ),
            (
                {"agent": ["10.0.0.0/24"]},
                ["relay"],
                "^role_ip_group_ids has relay, which is no role of the deployment: remove it from role_ip_group_ids.$",
            ),
        ],
    )
    def test_one_sentence(self, cidrs: Mapping[str, Sequence[str]], given: list[str], sentence: str) -> None:
        with pytest.raises(UserError, match=sentence):
            checked_sources(plan(), cidrs, given)


class TestLimits:
    """Over a limit Azure refuses the group at the end of an update."""

    def test_pairs_of_source_and_destination(self) -> None:
        made = plan(peers={SIEM: {"cidrs": MANY[:20]}})
        sources = {"agent": tuple(f"10.1.{number}.0/25" for number in range(10))}
        rendering = render(made, sources=sources)
        assert pairs(rendering) == 10 * (20 + 1 + 1)
        assert pairs(render(made)) == 20 + 1 + 1
        assert about(rendering, "limit") == {}

    @pytest.mark.parametrize(
        ("peer", "text"),
        [
            (
                {"fqdns": [f"siem-{number}.corp.example" for number in range(1001)]},
                "the policy needs 1001 host names in network rules, over the 1000 of Azure's limit 'FQDNs in network",
            ),
            (
                {"service_tags": [f"Storage.Region{number}" for number in range(20001)]},
                "the policy needs 20003 pairs of source and destination, over the 20000",
            ),
        ],
    )
    def test_over_a_limit_fails_with_the_count(self, peer: dict[str, Any], text: str) -> None:
        made = render(plan(peers={SIEM: peer}))
        assert any(entry.code == "limit" and entry.text.startswith(text) for entry in made.findings)
        assert severity(made, "limit") == {Severity.ERROR}

    def test_a_raised_limit(self) -> None:
        peer = {"fqdns": [f"siem-{number}.corp.example" for number in range(1001)]}
        raised = {"azure-firewall-network-rule-fqdns": 2000}
        assert about(render(plan(peers={SIEM: peer}, quotas=raised)), "limit") == {}

    def test_an_unknown_quota(self) -> None:
        with pytest.raises(UserError, match="did you mean 'azure-firewall-ip-groups'"):
            render(plan(quotas={"azure-firewall-ip-group": 300}))


FORMS = ["name-filter", "fqdn", "blocks", "snapshot"]
name_forms = st.lists(st.sampled_from(FORMS), min_size=1, unique=True)
UNSAID = {"limit", "ipv6-unsayable", "names-refused"}
"""Findings that say why a permission has no rule."""


def filtered(case: SiteCase, forms: list[str]) -> Plan:
    return planned(case, Target.AZURE_FIREWALL, names={"azure-firewall": forms})


def networks(made: Plan) -> dict[str, tuple[str, ...]]:
    """Networks of each role; every second one has so many that they are an IP group."""
    out = {}
    for number, role in enumerate(made.roles):
        count = 21 if number % 2 else 1
        out[role] = tuple(f"172.{16 + number}.{part * 2}.0/24" for part in range(count))
    return out


def remotes(made: Plan, rule: Rule) -> Iterator[str]:
    """Hosts, addresses and tags at the borders of what a rule allows."""
    found, named = made.lists.get(rule.peer.value), made.name_lists.get(rule.peer.value)
    if found:
        for cidr in found.cidrs[:4]:
            yield from borders(ip_network(cidr))
    elif named:
        yield from named.fqdns
        for name in (*named.fqdns[:2], *(text for apex in named.wildcards for text in (apex, f"new.{apex}"))):
            yield from (name, name.upper(), f"{name}.", f"x{name}", f"{name}.attacker.example", f"a.{name}")
    else:
        yield rule.peer.value


def packets(made: Plan) -> Iterator[Packet]:
    """Packets at the borders of every rule: its ends, those of other rules, the ports beside, the other protocol."""
    others = {remote for rule in made.rules[::7] for remote in remotes(made, rule)}.union(LOOK_ALIKES[:2])
    for rule in made.rules:
        own = set(remotes(made, rule))
        for port in (rule.ports.first, rule.ports.first + 1):
            for protocol in (Transport.TCP, Transport.UDP):
                same = (port, protocol) == (rule.ports.first, rule.protocol)
                for remote in sorted(own | others if same else own):
                    yield Packet(rule.role, Direction.EGRESS, protocol, port, remote)


class TestPlanAndFirewallAgree:
    """A filter that admits other names than the plan says is worse than none: someone relies on it."""

    @given(sites(), name_forms)
    def test_on_every_host_and_address_at_a_border(self, case: SiteCase, forms: list[str]) -> None:
        made = filtered(case, forms)
        sources = networks(made)
        rendering = render(made, sources=sources)
        judge = AzureEgressEvaluator(
            rendering.to_dict(), {role: f"{found[0][:-4]}7" for role, found in sources.items()}
        )
        unsaid = {entry.flow for entry in rendering.findings if entry.code in UNSAID}
        for packet in dict.fromkeys(packets(made)):
            allowing = made.allowing(packet)
            got = judge.allows(packet.role, packet.protocol, packet.port, packet.remote)
            if allowing and not got:
                assert unsaid.issuperset(flow for rule in allowing for flow in rule.flows), packet
            else:
                assert got is bool(allowing), packet

    @given(sites(), name_forms)
    def test_nothing_is_lost(self, case: SiteCase, forms: list[str]) -> None:
        made = filtered(case, forms)
        rendering = render(made)
        told_of = {entry.flow for entry in rendering.findings if entry.code in UNSAID}
        known = {flow.id: flow.line for flow in made.flows}
        begun = [(rule["source_role"], rule["name"]) for rule in rendering.rules]
        for rule in made.rules:
            for flow in set(rule.flows) - told_of:
                start = f"{rule.role}-egress-{known[flow]}-{rule.protocol}"[:60]
                assert any(role == rule.role and name.startswith(start) for role, name in begun), rule.id

    @given(sites(), name_forms, st.randoms(use_true_random=False))
    def test_any_order_of_the_file_is_the_same_bytes(
        self, case: SiteCase, forms: list[str], shuffle: random.Random
    ) -> None:
        content = shuffled(case.content, shuffle) | {"names": {"azure-firewall": forms}}
        again = planned(case, Target.AZURE_FIREWALL, **content)
        assert json.dumps(render(again).to_dict()) == json.dumps(render(filtered(case, forms)).to_dict())

    @given(sites(), name_forms)
    def test_every_rule_is_one_that_azure_takes(self, case: SiteCase, forms: list[str]) -> None:
        rendering = render(filtered(case, forms))
        for rule in rendering.rules:
            assert NAME_PATTERN.fullmatch(rule["name"])
            assert len([key for key in rule if key.startswith("source_")]) == 1
            kinds = [key for key in rule if key.startswith(("target_", "destination_")) and key != "destination_ports"]
            assert len(kinds) == 1
            assert rule[kinds[0]]  # type: ignore[literal-required]
        assert all(rendering.ip_groups.values()), "Azure skips every rule that names an empty group"


def test_an_open_group_behind_which_the_firewall_stands_is_covered() -> None:
    """A group that is open to any address is as good as the names that the firewall holds."""
    behind: dict[str, Any] = {
        "names": {"default": ["any-address"]},
        "any_address": unit_sites.OPEN["any_address"],
        "behind": {"azure-nsg": "azure-firewall"},
        "deny_rest": True,
    }
    made = unit_sites.plan(target=Target.AZURE_NSG, **behind)
    assert told(made, "behind-uncovered") == {}
