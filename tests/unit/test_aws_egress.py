"""Network Firewall and DNS Firewall: what a name or address becomes, judged by the bytes that clients send."""

import json
import random
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address, ip_network
from typing import Any

import idstools.rule
import pytest
import suricataparser
from hypothesis import given
from hypothesis import strategies as st

from tests.client_bytes import client_hello, request
from tests.evaluators.aws_egress import Connection, DnsFirewall, NetworkFirewall
from tests.packets import borders, planned
from tests.strategies import SiteCase, shuffled, sites
from tests.unit import sites as unit_sites
from tests.unit.sites import UNTIL
from ws_network.aws.egress import (
    AwsDnsRendering,
    AwsEgressRendering,
    alert_only_findings,
    checked_networks,
    render,
    render_dns,
)
from ws_network.aws.egress.suricata import MESSAGE_LENGTH, by_address, by_name, message, numbered
from ws_network.aws.limits import SIGNATURE_LENGTH
from ws_network.catalogue import Catalogue, Transport
from ws_network.deployment import Target
from ws_network.deployment.parts import Exemption
from ws_network.errors import UserError
from ws_network.findings import Severity
from ws_network.plan import Packet, Plan
from ws_network.rules import Direction, PortRange

REGIONS = [region.id for region in Catalogue.load().regions.values() if region.deployable]
APEX = "workload.de-1.cloudone.trendmicro.com"
AGENT, RELAY, STRANGER = "10.20.1.7", "10.20.2.7", "10.20.9.7"
NETWORKS = {"agent": ["10.20.1.0/24"], "relay": ["10.20.2.0/24"]}
OUTSIDE = "203.0.113.9"
BY_NAME: dict[str, Any] = {"peers": {"dns-server": {"platform": True}, "ntp-server": {"platform": True}}}
SPS = {"smart-protection-server": {"fqdns": ["sps.corp.example"], "serves": ["web-reputation"]}}


def plan(**changes: Any) -> Plan:
    return unit_sites.plan(target=Target.AWS_NETWORK_FIREWALL, **changes)


def dns_plan(**changes: Any) -> Plan:
    return unit_sites.plan(target=Target.AWS_DNS_FIREWALL, **changes)


def rendered(made: Plan, **options: Any) -> AwsEgressRendering:
    networks = {role: NETWORKS[role] for role in made.roles if role in NETWORKS}
    return render(made, networks=checked_networks(made, networks), **options)


def judge(made: Plan, **options: Any) -> NetworkFirewall:
    return NetworkFirewall(rendered(made, **options).to_dict())


def tls(name: str | None, port: int = 443, source: str = AGENT) -> Connection:
    return Connection(source, OUTSIDE, "tcp", port, client_hello(name))


def http(name: str, port: int = 80, source: str = AGENT) -> Connection:
    return Connection(source, OUTSIDE, "tcp", port, request(name, port))


def about(rendering: AwsEgressRendering | AwsDnsRendering, code: str) -> dict[str, str]:
    """Texts of the rendering's findings of a code."""
    return {entry.flow: entry.text for entry in rendering.findings if entry.code == code}


def errors(rendering: AwsEgressRendering | AwsDnsRendering) -> list[str]:
    return [entry.text for entry in rendering.findings if entry.severity is Severity.ERROR]


def own(destination: str = "workload-security", *ports: int) -> dict[str, Any]:
    """An extra flow of agents."""
    flow = {"id": "own", "source": "agent", "destination": destination, "transport": "tcp", "ports": list(ports)}
    return {"extra_flows": [flow | UNTIL]}


class TestNamesByBytes:
    """A pattern that ends a letter too early admits every host whose name ends alike."""

    @pytest.mark.parametrize("region", REGIONS)
    def test_the_wildcard_of_each_region(self, region: str) -> None:
        firewall, apex = judge(plan(region=region)), f"workload.{region}.cloudone.trendmicro.com"
        for name in (apex, f"agents-011.{apex}", f"a.b.{apex}", f"Agents.{apex}".upper(), apex.title()):
            assert firewall.passes(tls(name)), name
        for name in (
            f"x{apex}",
            f"evil-{apex}",
            f"evil-{apex}.attacker.example",
            f"{apex}.attacker.example",
            f"agents.{apex}.",
            f"{apex}.",
            apex.removeprefix("workload."),
            None,
        ):
            assert not firewall.passes(tls(name)), name

    def test_an_exact_name(self) -> None:
        firewall = judge(plan())
        assert firewall.passes(tls("dsaas.url.trendmicro.com"))
        assert firewall.passes(tls("DSAAS.url.trendmicro.COM"))
        assert firewall.passes(http("dsaas.url.trendmicro.com"))
        assert firewall.passes(http("DSAAS.url.trendmicro.COM"))
        for name in ("x.dsaas.url.trendmicro.com", "xdsaas.url.trendmicro.com", "dsaas.url.trendmicro.com.x.example"):
            assert not firewall.passes(tls(name)), name
            assert not firewall.passes(http(name)), name

    def test_port_protocol_and_source_are_the_line_s(self) -> None:
        firewall = judge(plan(roles=["agent", "relay"]))
        name = "dsaas.url.trendmicro.com"
        assert not firewall.passes(tls(name, 8443))
        assert not firewall.passes(tls(name, 80)), "TLS where the page says HTTP"
        assert not firewall.passes(http(name, 443)), "HTTP where the page says HTTPS"
        assert not firewall.passes(Connection(AGENT, OUTSIDE, "udp", 443, client_hello(name))), "QUIC"
        assert not firewall.passes(Connection(AGENT, OUTSIDE, "tcp", 443, b"SSH-2.0-x\r\n")), "no name at all"
        assert not firewall.passes(tls(name, source=STRANGER))
        update = "iaus.activeupdate.trendmicro.com"
        assert firewall.passes(tls(update, source=RELAY))
        assert not firewall.passes(tls(update, source=AGENT)), "only relays fetch updates"

    def test_either_is_spoken_on_another_port(self) -> None:
        made = plan(**own("workload-security", 8443))
        firewall = judge(made)
        assert firewall.passes(tls(APEX, 8443))
        assert firewall.passes(http(APEX, 8443))
        assert about(rendered(made), "tls-or-http") == {
            "own": "own: TLS and HTTP are both allowed on port 8443, where either may be spoken."
        }
        assert about(rendered(plan()), "tls-or-http") == {}

    def test_what_is_admitted_is_told_with_the_patterns(self) -> None:
        (text,) = about(rendered(plan()), "name-claimed").values()
        assert f"does not prove who answers: {APEX}, *.{APEX}, deepsecaas11-en.gfrbridge.trendmicro.com, " in text

    @pytest.mark.parametrize("domain_list", [False, True])
    def test_that_a_connection_begins_before_it_is_judged_is_told(self, *, domain_list: bool) -> None:
        (text,) = about(rendered(plan(**BY_NAME), domain_list=domain_list), "handshake-passes").values()
        assert text.startswith("aws:drop_established lets a connection to any address and port begin")

    def test_addresses(self) -> None:
        firewall = judge(plan())
        dns = Connection(AGENT, "10.20.0.53", "udp", 53, b"a question")
        assert firewall.passes(dns)
        assert not firewall.passes(Connection(AGENT, "10.20.0.54", "udp", 53, b"a question"))
        assert not firewall.passes(Connection(AGENT, "10.20.0.53", "udp", 54, b"a question"))
        assert not firewall.passes(Connection(STRANGER, "10.20.0.53", "udp", 53, b"a question"))

    def test_icmp_has_its_type_and_code(self) -> None:
        peers = {"network": {"cidrs": ["10.30.0.0/16"], "manage": True}, "agent": {"cidrs": ["10.40.0.0/16"]}}
        made = plan(peers=peers, icmp=True, decline={"relay/agent-icmp": UNTIL})
        networks = checked_networks(made, {"agent": NETWORKS["agent"], "network": ["10.30.0.0/16"]})
        firewall = NetworkFirewall(render(made, networks=networks).to_dict())
        assert firewall.passes(Connection("10.30.0.1", "10.40.0.1", "icmp", 3, code=4))
        assert not firewall.passes(Connection("10.30.0.1", "10.40.0.1", "icmp", 8, code=0))


class TestText:
    """AWS takes the whole group or nothing: one rule that Suricata cannot load stops the update."""

    def test_rules_as_they_are(self) -> None:
        rules = rendered(plan()).rule_group["rules"]
        assert (
            f'pass tls $AGENT any -> any 443 (tls.sni; dotprefix; content:".{APEX}"; endswith; nocase; flow:to_server; '
            'msg:"agent: agent-service"; sid:2107482322; rev:1;)'
        ) in rules
        assert (
            'pass http $AGENT any -> any 80 (http.host; content:"dsaas.url.trendmicro.com"; startswith; endswith; '
            'flow:to_server; msg:"agent: agent-spn-80"; sid:3705526957; rev:1;)'
        ) in rules
        (dns,) = [rule for rule in rules if rule.startswith("pass udp") and " 53 " in rule]
        assert dns.startswith('pass udp $AGENT any -> [10.20.0.53/32] 53 (flow:to_server; msg:"agent: agent-dns"; sid:')

    @given(sites())
    def test_public_parsers_read_every_rule(self, case: SiteCase) -> None:
        made = planned(case, Target.AWS_NETWORK_FIREWALL)
        rendering = render(made, networks=networks_of(made))
        sids = set()
        for text in rendering.rule_group["rules"]:
            first, second = suricataparser.parse_rule(text), idstools.rule.parse(text)
            assert first is not None
            assert second is not None
            assert first.sid == second.sid
            assert first.action == second.action == "pass"
            assert first.header == second.header.removeprefix("pass ") or first.header == second.header
            assert [option.name for option in first.options] == [option["name"] for option in second.options]
            assert not {"priority", "classtype", "gid", "pcre"} & {option.name for option in first.options}
            assert len(text) <= SIGNATURE_LENGTH
            assert 1 <= first.sid < 2**32
            sids.add(first.sid)
        assert len(sids) == len(rendering.rule_group["rules"]) == rendering.needed

    def test_a_number_is_the_rule_s_own(self) -> None:
        """A position would rename every rule after a new one, and logs of last week would point elsewhere."""
        before, after = (
            {suricataparser.parse_rule(text).sid: text for text in rendered(made).rule_group["rules"]}
            for made in (plan(), plan(**own("download-center", 8443)))
        )
        assert before.items() < after.items()

    def test_two_that_would_have_one_number_have_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ws_network.aws.egress.suricata.number_of", lambda text, _: int(text.endswith("1")))
        from ws_network.aws.egress.suricata import Signature  # noqa: PLC0415

        assert sorted(numbered([Signature("a", "x"), Signature("b", "x")]).values()) == [2_000_000_000, 2_000_000_001]

    def test_a_long_list_is_several_rules(self) -> None:
        many = [f"10.9.{number // 128}.{number % 128 * 2}/32" for number in range(1000)]
        made = plan(peers={"dns-server": {"cidrs": many}})
        rules = [rule for rule in rendered(made).rule_group["rules"] if " 53 " in rule and "udp" in rule]
        assert len(rules) > 1
        assert max(map(len, rules)) < SIGNATURE_LENGTH
        firewall = judge(made)
        for cidr in many:
            assert firewall.passes(Connection(AGENT, cidr.split("/")[0], "udp", 53))
        assert not firewall.passes(Connection(AGENT, "10.9.0.1", "udp", 53))
        assert errors(rendered(made)) == []

    def test_networks_count_for_the_length_of_a_rule(self) -> None:
        made = plan()
        wide = checked_networks(made, {"agent": [f"10.{n // 128}.{n % 128 * 2}.0/24" for n in range(700)]})
        found = errors(render(made, networks=wide))
        assert found
        assert "a rule with the networks of its role is " in found[0]
        assert "over AWS's 8175: pass " in found[0]

    def test_the_message_of_many_flows_is_cut(self) -> None:
        text = message("agent", [f"flow-{number:03}" for number in range(90)])
        assert len(text) <= MESSAGE_LENGTH
        assert text.endswith(", +66 more")
        assert message("agent", ["f" * 300, "g"]) == "agent: +2 more"

    @pytest.mark.parametrize("length", [33, 40, 300])
    def test_a_long_role_is_cut_and_kept_apart_from_others(self, length: int) -> None:
        """AWS takes 32 characters of a variable's name, and a log no longer line."""
        roles = ["r" * length, "r" * (length - 1) + "s"]
        peers: dict[str, Any] = {role: {"cidrs": ["10.3.0.0/24"], "manage": True} for role in roles}
        flows = [
            {"id": f"own-{n}", "source": role, "destination": "cmdb", "transport": "tcp", "ports": [443]} | UNTIL
            for n, role in enumerate(roles)
        ]
        made = plan(peers=peers | {"cmdb": {"cidrs": ["10.9.0.1/32"]}}, extra_flows=flows)
        group = render(made).rule_group
        assert len(group["ip_sets"]) == 2 + len(roles)
        assert max(map(len, group["ip_sets"])) <= 32
        messages = [suricataparser.parse_rule(text).msg for text in group["rules"] if "own-" in text]
        assert len(messages) == 2
        assert max(map(len, messages)) <= MESSAGE_LENGTH
        assert all(found.endswith(f": own-{n}") for n, found in enumerate(sorted(messages, key=lambda m: m[-1])))

    BREAKS = 'x"; sid:1;)\npass ip any any -> any any (msg:"y'

    @pytest.mark.parametrize("text", [BREAKS, "a;b", "a)b", 'a"b', "a\\b", "a|41|", "$AGENT", "é"])
    def test_nothing_becomes_a_part_of_a_rule(self, text: str) -> None:
        """A catalogue of others is text: whatever ends a quote there would be a rule of its own here."""
        for made in (
            lambda: by_name("agent", "tls", 443, f"{text}.example"),
            lambda: by_name(text, "tls", 443, "files.trendmicro.com"),
            lambda: by_address("agent", Transport.TCP, PortRange(443, 443), [text]),
            lambda: by_name("agent", "tls", 443, "files.trendmicro.com").text(1, message("agent", [text])),
        ):
            with pytest.raises(UserError, match="cannot stand in a rule of Network Firewall: write it with letters"):
                made()

    @given(sites(), st.randoms(use_true_random=False))
    def test_order_of_the_file_has_no_meaning(self, case: SiteCase, shuffle: random.Random) -> None:
        again = shuffled(case.content, shuffle)
        for target, made in ((Target.AWS_NETWORK_FIREWALL, render), (Target.AWS_DNS_FIREWALL, render_dns)):
            first, second = (made(planned(case, target, **changes)).to_dict() for changes in ({}, again))
            assert json.dumps(first) == json.dumps(second)


def networks_of(made: Plan) -> dict[str, tuple[str, ...]]:
    """Networks of each role, apart from each other."""
    given_ = {
        role: [f"10.100.{number}.0/24", f"fd12:{number:x}::/32"] for number, role in enumerate(sorted(made.roles))
    }
    return checked_networks(made, given_)


def sources_of(made: Plan, family: int) -> Iterator[tuple[str, str]]:
    """A machine of each role."""
    for number, role in enumerate(sorted(made.roles)):
        yield role, f"10.100.{number}.9" if family == 4 else f"fd12:{number:x}::9"


def hosts(made: Plan) -> set[str]:
    """The names that flows need, and some that look like them."""
    needed = {name.fqdn for flow in made.flows for name in flow.names}
    needed |= {apex for found in made.name_lists.values() for apex in found.wildcards}
    needed |= {name for found in made.name_lists.values() for name in found.fqdns}
    return needed


def look_alikes(name: str) -> list[str]:
    return [name, f"a.{name}", f"x{name}", name.split(".", 1)[1], f"{name}.attacker.example", name.upper(), f"{name}."]


class TestTheFirewallDoesWhatThePlanSays:
    """No rule of the plan is lost on the way, and nothing comes through that the plan does not allow."""

    FORMS = st.sampled_from(
        [
            {},
            {"aws-network-firewall": {"workload-security": ["blocks", "name-filter"]}},
            {"aws-network-firewall": ["refuse"]},
        ]
    )

    @given(sites(), FORMS, st.data())
    def test_names(self, case: SiteCase, forms: dict[str, Any], data: st.DataObject) -> None:
        made = planned(case, Target.AWS_NETWORK_FIREWALL, names=case.content["names"] | forms)
        firewall = NetworkFirewall(render(made, networks=networks_of(made)).to_dict())
        ports = {rule.ports.first for rule in made.rules} | {80, 443, 444}
        some = data.draw(st.sampled_from(sorted(hosts(made)))) if hosts(made) else "nobody.example"
        for host in (*look_alikes(some), *sorted(hosts(made))[:40]):
            for port in ports:
                hello, asked = client_hello(host), request(host, port)
                payloads = {80: [asked], 443: [hello]}.get(port, [hello, asked])
                for role, source in sources_of(made, 4):
                    wanted = made.allows(Packet(role, Direction.EGRESS, Transport.TCP, port, host))
                    for payload in payloads:
                        got = firewall.passes(Connection(source, OUTSIDE, "tcp", port, payload))
                        assert got is wanted, (role, host, port)

    @given(sites(), FORMS)
    def test_addresses(self, case: SiteCase, forms: dict[str, Any]) -> None:
        made = planned(case, Target.AWS_NETWORK_FIREWALL, names=case.content["names"] | forms)
        firewall = NetworkFirewall(render(made, networks=networks_of(made)).to_dict())
        lists = {
            name: {each for cidr in found.cidrs for each in borders(ip_network(cidr))}
            for name, found in made.lists.items()
        }
        questions = {
            (rule.protocol, port, rule.ports.last, remote)
            for rule in made.rules
            if rule.peer.value in lists
            for remote in sorted(lists[rule.peer.value])[:6]
            for port in {rule.ports.first, rule.ports.first + 1}
        }
        for protocol, port, code, remote in questions:
            for role, source in sources_of(made, ip_address(remote).version):
                asked = Packet(
                    role, Direction.EGRESS, protocol, port, remote, code if protocol is Transport.ICMP else 0
                )
                got = firewall.passes(Connection(source, remote, str(protocol), port, code=asked.code))
                assert got is made.allows(asked), asked

    @given(sites())
    def test_every_rule_of_the_plan_is_told_in_a_message(self, case: SiteCase) -> None:
        made = planned(case, Target.AWS_NETWORK_FIREWALL)
        text = "\n".join(render(made).rule_group["rules"])
        for rule in made.rules:
            assert f'msg:"{rule.role}: ' in text
            for flow in rule.flows:
                assert flow in text

    @given(sites())
    def test_names_that_a_resolver_is_asked_for(self, case: SiteCase) -> None:
        made = planned(case, Target.AWS_DNS_FIREWALL)
        resolver = DnsFirewall(render_dns(made, block_rest=True).to_dict())
        for host in sorted(hosts(made)):
            for name in look_alikes(host)[:-1]:
                wanted = any(found.admits(name) for found in made.name_lists.values())
                assert (resolver.action(name) == "ALLOW") is wanted, name


class TestCapacity:
    """The capacity of a group is fixed when it is created: one name too many would need a new group in a hurry."""

    def test_a_quarter_more_in_hundreds(self) -> None:
        one, two = rendered(plan()), rendered(plan(**own("smart-protection-network", 8001, 8002)))
        assert (one.needed, one.rule_group["capacity"]) == (20, 100)
        assert (two.needed, two.rule_group["capacity"]) == (84, 200)

    def test_too_small_is_an_error_with_both_numbers(self) -> None:
        assert errors(rendered(plan(), capacity=19)) == [
            "the rule group needs 20 units, over the capacity of 19 that is fixed when it is created."
        ]
        assert errors(rendered(plan(), capacity=20)) == []
        assert rendered(plan(), capacity=20).rule_group["capacity"] == 20

    @pytest.mark.parametrize("capacity", [0, -1, 30001])
    def test_none_such(self, capacity: int) -> None:
        with pytest.raises(
            UserError, match=rf"^capacity is {capacity}, which no rule group can have: give 1 to 30000\.$"
        ):
            rendered(plan(), capacity=capacity)

    def test_more_than_any_group_has(self) -> None:
        flows = [
            {"id": f"own-{n}", "source": "agent", "destination": "smart-protection-network", "transport": "tcp"}
            | {"ports": list(range(1000 + n * 800, 1800 + n * 800))}
            | UNTIL
            for n in range(3)
        ]
        found = errors(rendered(plan(extra_flows=flows)))
        assert "units, over the 30000 that AWS lets a group have." in found[0]


class TestDomainList:
    """People read it in the console; it has no ports, and drops by itself."""

    def test_exact_names_and_a_dot_before_the_wildcard(self) -> None:
        made = rendered(plan(**BY_NAME), domain_list=True)
        listed = made.rule_group["domain_list"]
        assert "rules" not in made.rule_group
        assert listed["generated_rules_type"] == "ALLOWLIST"
        assert listed["target_types"] == ["HTTP_HOST", "TLS_SNI"]
        assert listed["targets"][0] == f".{APEX}"
        assert "files.trendmicro.com" in listed["targets"]
        assert not [name for name in listed["targets"] if name.endswith(APEX) and name != f".{APEX}"]
        assert made.needed == len(listed["targets"]) * 2 + 3
        assert made.rule_group["ip_sets"] == {"HOME_NET": {"roles": ["agent"], "definition": ["10.20.1.0/24"]}}
        firewall = judge(plan(**BY_NAME), domain_list=True)
        assert firewall.passes(tls(f"a.{APEX}"))
        assert not firewall.passes(tls(f"x{APEX}"))
        assert not firewall.passes(tls(f"a.{APEX}", source=STRANGER))

    def test_that_it_knows_no_port_is_told_with_the_names(self) -> None:
        made = rendered(plan(**BY_NAME), domain_list=True)
        assert judge(plan(**BY_NAME), domain_list=True).passes(tls(APEX, 8443))
        targets = ", ".join(made.rule_group["domain_list"]["targets"])
        assert about(made, "name-on-every-port") == {
            "domain_list": f"the domain list admits, in HTTP and TLS on every port: {targets}."
        }
        assert about(made, "domain-list-denies")
        assert about(rendered(plan()), "name-on-every-port") == {}

    def test_only_what_is_spoken(self) -> None:
        made = plan(**BY_NAME, decline={"agent-spn-80": UNTIL})
        assert rendered(made, domain_list=True).rule_group["domain_list"]["target_types"] == ["TLS_SNI"]

    def test_addresses_are_none_of_its(self) -> None:
        with pytest.raises(
            UserError,
            match=r"^domain_list holds host names only, and agent-egress-udp-123-\S+, agent-egress-udp-53-\S+ are by "
            r"address: leave domain_list out\.$",
        ):
            rendered(plan(), domain_list=True)

    def test_roles_with_other_names(self) -> None:
        with pytest.raises(UserError, match=r"agent and relay may not reach the same names: leave domain_list out, or"):
            rendered(plan(**BY_NAME, roles=["agent", "relay"]), domain_list=True)


class TestNetworks:
    """A firewall sees addresses: a role without its networks would have rules that match nobody, or everybody."""

    def test_variables(self) -> None:
        made = plan(
            roles=["agent", "data-center-gateway"],
            peers={"vmware-vcenter": {"cidrs": ["10.6.0.1/32"]}},
        )
        networks = {"agent": ["10.20.1.0/25", "10.20.1.128/25"], "data-center-gateway": ["10.20.3.0/24"]}
        found = render(made, networks=checked_networks(made, networks)).rule_group["ip_sets"]
        assert found == {
            "HOME_NET": {"roles": ["agent", "data-center-gateway"], "definition": ["10.20.1.0/24", "10.20.3.0/24"]},
            "AGENT": {"roles": ["agent"], "definition": ["10.20.1.0/24"]},
            "DATA_CENTER_GATEWAY": {"roles": ["data-center-gateway"], "definition": ["10.20.3.0/24"]},
        }

    @pytest.mark.parametrize(
        ("networks", "sentence"),
        [
            ({}, r"role agent has rules and no networks: give the ranges of its subnets as role_cidrs\['agent'\]\."),
            ({"agents": ["10.0.0.0/24"]}, r"unknown role in role_cidrs 'agents': did you mean 'agent'\?"),
            ({"agent": []}, r"role_cidrs\['agent'\] is empty: give the ranges of the role's subnets\."),
            (
                {"agent": ["0.0.0.0/0"]},
                r"role_cidrs\['agent'\] comes to 0\.0\.0\.0/0, which is every machine: give the ",
            ),
            ({"agent": ["128.0.0.0/1", "0.0.0.0/1"]}, r"role_cidrs\['agent'\] comes to 0\.0\.0\.0/0, which is every "),
            ({"agent": ["10.0.0.0/8", "::/1", "8000::/1"]}, r"role_cidrs\['agent'\] comes to ::/0, which is every "),
            (
                {"agent": ["10.0.0.0/24"], "relay": ["10.0.1.0/24"]},
                r"role_cidrs has relay, which is no role of the deployment: remove it from role_cidrs\.",
            ),
            ({"zebra": []}, r"role_cidrs has zebra, which is no role of the deployment: remove it from role_cidrs\."),
            ({"agent": ["10.0.0.1/24"]}, r"role_cidrs\['agent'\]: .*10\.0\.0\.0/24"),
            ({"agent": ["my-subnet"]}, r"role_cidrs\['agent'\]: .*my-subnet"),
        ],
    )
    def test_what_they_cannot_be(self, networks: dict[str, list[str]], sentence: str) -> None:
        with pytest.raises(UserError, match=f"^{sentence}"):
            checked_networks(plan(), networks)

    def test_a_family_without_networks_is_told(self) -> None:
        made = plan(peers={"dns-server": {"cidrs": ["10.20.0.53/32", "fd00::53/128"]}})
        assert about(rendered(made), "family-without-networks") == {
            "agent": "agent: role_cidrs['agent'] has no IPv6 network, so its rules to IPv6 addresses match nothing."
        }
        assert errors(rendered(made)) == []
        both = checked_networks(made, {"agent": ["10.20.1.0/24", "fd00:1::/64"]})
        assert about(render(made, networks=both), "family-without-networks") == {}

    def test_a_flow_that_no_network_of_its_role_can_use_fails(self) -> None:
        """Its rule would match no machine, and the agents would have no DNS."""
        made = plan(peers={"dns-server": {"cidrs": ["10.20.0.53/32", "fd00::53/128"]}})
        only = render(made, networks=checked_networks(made, {"agent": ["fd00:1::/64"]}))
        why = "role_cidrs['agent'] has no IPv4 network"
        assert errors(only) == [f"agent-ntp: goes to IPv4 addresses alone, and {why}."]
        assert about(only, "family-without-networks") == {
            "agent-ntp": f"agent-ntp: goes to IPv4 addresses alone, and {why}.",
            "agent": f"agent: {why}, so its rules to IPv4 addresses match nothing.",
        }

    def test_a_role_that_is_called_like_a_variable_of_aws(self) -> None:
        flow = {
            "id": "own",
            "source": "home-net",
            "destination": "workload-security",
            "transport": "tcp",
            "ports": [443],
        }
        made = plan(extra_flows=[flow | UNTIL], peers={"home-net": {"cidrs": ["10.1.0.0/24"], "manage": True}})
        with pytest.raises(
            UserError, match=r"^role home-net cannot be a variable of Network Firewall, which has one so"
        ):
            render(made)


class TestDns:
    """The second fence: it has no ports and no roles, and everybody in the VPC stands behind it."""

    def test_names_first_and_then_the_rest(self) -> None:
        made = render_dns(dns_plan(), block_rest=True)
        assert made.rules["names"]["firewall_domain_redirection_action"] == "TRUST_REDIRECTION_DOMAIN"
        assert made.rules["names"]["domains"][0] == f"*.{APEX}"
        assert APEX in made.rules["names"]["domains"]
        rest = made.rules["rest"]
        assert (rest["action"], rest["block_response"], rest["domains"]) == ("BLOCK", "NXDOMAIN", ["*."])
        assert "private zones and of other teams too" in about(made, "dns-blocks-others")["dns_block_rest"]

    def test_the_rest_is_left_alone(self) -> None:
        made = render_dns(dns_plan(), block_rest=False)
        assert set(made.rules) == {"names"}
        assert about(made, "not-enforced") == {
            "dns_block_rest": "dns_block_rest is false, so every other name is answered as before."
        }
        assert about(render_dns(dns_plan()), "not-enforced") == {}, "a plan of the command line is asked nothing"

    def test_the_rest_is_only_logged(self) -> None:
        made = render_dns(dns_plan(), block_rest=True, alert_only=True)
        assert made.rules["rest"] == {"priority": 200, "action": "ALERT", "domains": ["*."]}
        assert about(made, "dns-blocks-others") == {}

    def test_what_it_admits_is_told_with_the_names(self) -> None:
        made = render_dns(dns_plan(), block_rest=True)
        listed = ", ".join(made.rules["names"]["domains"])
        assert about(made, "name-on-every-port") == {
            "aws-dns-firewall": f"every machine of the VPC gets an answer, whatever its role and port, for: {listed}."
        }

    def test_what_it_admits_has_a_remedy_of_its_own(self) -> None:
        (entry,) = [each for each in render_dns(dns_plan()).findings if each.code == "name-on-every-port"]
        assert entry.remedy == "Keep roles and ports in the machines' own groups, or leave dns_firewall out."

    def test_what_a_list_cannot_hold(self) -> None:
        made = dns_plan(peers={"siem-or-syslog-server": {"fqdns": ["_siem.corp.example"]}})
        assert "_siem.corp.example" in unit_sites.told(made, "names-refused")["agent-syslog"]
        assert "_siem.corp.example" not in str(render_dns(made).rules)

    def test_more_names_than_one_request_takes(self) -> None:
        hosts_ = [
            {"fqdn": f"h{number}.corp.example", "destination": "download-center"} | UNTIL for number in range(1000)
        ]
        (text,) = errors(render_dns(dns_plan(extra_hosts=hosts_)))
        assert text.endswith("domains, over the 1000 that AWS takes in one request.")


class TestAlertOnly:
    """A firewall that was to be watched for a week watched for two years."""

    EXEMPTION = Exemption(reason="first weeks", until=date(2026, 6, 30), ticket="NET-9")

    def test_is_a_high_finding_and_past_its_end_another(self) -> None:
        (before,) = alert_only_findings(self.EXEMPTION, date(2026, 6, 30))
        assert (before.code, before.severity) == ("alert-only", Severity.HIGH)
        assert before.text == "what no rule names is logged and passes, until 2026-06-30: first weeks, NET-9."
        assert [entry.code for entry in alert_only_findings(self.EXEMPTION, None)] == ["alert-only"]
        after = list(alert_only_findings(self.EXEMPTION, date(2026, 7, 1)))
        assert [entry.code for entry in after] == ["alert-only", "exception-expired"]
        assert after[1].text == "alert_only ended on 2026-06-30 (first weeks)."
