"""Rules, findings and the answers of a plan."""

from dataclasses import replace

import pytest

from tests.unit.sites import DNS, OPEN, UNTIL, plan, told
from ws_network import plan as plan_module
from ws_network.catalogue import Transport
from ws_network.endpoints import AddressList, Endpoint, Origin, Reach
from ws_network.errors import UserError
from ws_network.findings import CODES, Severity, accepted, check_code, finding, worst
from ws_network.grammar import EndpointKind
from ws_network.minimal import minimal
from ws_network.plan import Packet, family_of
from ws_network.rules import Direction, PortRange, Rule, join

EGRESS, TCP = Direction.EGRESS, Transport.TCP
SERVER = {"smart-protection-server": {"cidrs": ["10.20.4.0/28"]}}
ANY4, ANY6 = Endpoint(EndpointKind.ANY, "ipv4"), Endpoint(EndpointKind.ANY, "ipv6")


def packet(remote: str, port: int = 443, **changes: object) -> Packet:
    return replace(Packet("agent", EGRESS, TCP, port, remote), **changes)


def rule(port: int, peer: Endpoint, last: int = 0, flow: str = "f") -> Rule:
    return Rule("agent", EGRESS, TCP, PortRange(port, last or port), peer, (flow,))


def listed(name: str, *cidrs: str, origin: Origin = Origin.SITE) -> AddressList:
    return AddressList(f"{name}-ipv4", 4, cidrs, origin)


def at(found: AddressList) -> Endpoint:
    return Endpoint(EndpointKind.LIST, found.name)


class TestAllows:
    """`ws-network allows` is asked at three in the morning: it must say what the group will do."""

    def test_an_address(self) -> None:
        made = plan(peers=SERVER)
        assert made.allows(packet("10.20.4.0"))
        assert made.allows(packet("10.20.4.15"))
        assert not made.allows(packet("10.20.4.16"))
        assert not made.allows(packet("10.20.3.255"))
        assert not made.allows(packet("10.20.4.0", 444))
        assert not made.allows(packet("10.20.4.0", role="relay"))
        assert not made.allows(packet("10.20.4.0", direction=Direction.INGRESS))
        assert not made.allows(packet("10.20.4.0", protocol=Transport.UDP))

    def test_any_address_is_of_one_family(self) -> None:
        made = plan(**OPEN)
        assert made.allows(packet("8.8.8.8"))
        assert not made.allows(packet("2600::1"))

    def test_a_group_passes_where_both_families_are_open(self) -> None:
        single, dual = plan(**OPEN), plan(address_families=["ipv4", "ipv6"], **OPEN)
        assert not single.allows(packet("sg-0123456789abcdef0"))
        assert dual.allows(packet("sg-0123456789abcdef0"))
        assert {found.peer.value for found in dual.allowing(packet("sg-0123456789abcdef0"))} == {"ipv4", "ipv6"}

    def test_a_role_or_id_passes_where_a_rule_names_it(self) -> None:
        made = plan(roles=["agent", "relay"], peers={"dns-server": {"prefix_list_ids": ["pl-0f3a9c21d4e5b6a78"]}})
        assert made.allows(packet("relay", 4122))
        assert made.allows(packet("pl-0f3a9c21d4e5b6a78", 53, protocol=Transport.UDP))
        assert not made.allows(packet("pl-00000000", 53, protocol=Transport.UDP))

    def test_icmp_by_type_and_code(self) -> None:
        made = plan(icmp=True, peers={"network": {"cidrs": ["10.0.0.0/8"]}})
        asked = Packet("agent", Direction.INGRESS, Transport.ICMP, 3, "10.0.0.1", 4)
        assert made.allows(asked)
        assert not made.allows(replace(asked, code=3))
        assert not made.allows(replace(asked, port=8, code=0))

    @pytest.mark.parametrize(("text", "family"), [("10.0.0.1", 4), ("::1", 6), ("10.0.0.0/8", None), ("agent", None)])
    def test_family(self, text: str, family: int | None) -> None:
        assert family_of(text) == family


class TestExplain:
    """A reviewer asks of each open port: who wants it, and where does it say so?"""

    def test_a_line_of_the_page(self) -> None:
        made = plan(peers=SERVER)
        told_of = made.explain(made.rule("agent-egress-tcp-5275-peer-smart-protection-server-ipv4"))
        assert told_of["addresses"] == ["10.20.4.0/28"]
        (flow,) = told_of["flows"]
        assert flow["line"].startswith("Agents / Smart Protection Server")
        assert flow["sources"]
        assert flow["confidence"] == "documented"

    def test_hosts_and_findings_of_its_flows(self) -> None:
        made = plan(**OPEN)
        told_of = made.explain(made.rule("agent-egress-tcp-80-any-ipv4"))
        assert "dsaas.url.trendmicro.com" in told_of["flows"][0]["hosts"]
        assert {entry["code"] for entry in told_of["findings"]} == {"any-address"}
        assert told_of["addresses"] == []

    def test_a_rule_that_does_not_exist(self) -> None:
        with pytest.raises(
            UserError,
            match=r"unknown rule 'agent-egress-tcp-80-any-ipv6': did you mean 'agent-egress-tcp-80-any-ipv4'\?",
        ):
            plan(**OPEN).rule("agent-egress-tcp-80-any-ipv6")


class TestFindings:
    """An accepted finding stays visible; one that forbids the plan cannot be waved through."""

    def test_accepted_by_code_and_by_flow(self) -> None:
        by_code = plan(accept={"any-address": UNTIL}, **OPEN)
        found = [entry for entry in by_code.findings if entry.code == "any-address"]
        assert {(entry.severity, entry.accepted) for entry in found} == {("info", "a reason")}
        by_flow = plan(accept={"any-address:agent-spn-80": UNTIL}, **OPEN)
        told_of = {entry.flow: str(entry.severity) for entry in by_flow.findings if entry.code == "any-address"}
        assert told_of.pop("agent-spn-80") == "info"
        assert set(told_of.values()) == {"high"}

    def test_an_error_cannot_be_accepted(self) -> None:
        made = plan(accept={"names-refused": UNTIL})
        assert made.failed
        assert {str(entry.severity) for entry in made.findings if entry.code == "names-refused"} == {"error"}

    def test_worst_first(self) -> None:
        ranks = [entry.severity.rank for entry in plan().findings]
        assert ranks == sorted(ranks, reverse=True)
        assert worst([]) is None

    def test_accepted_is_written_out_only_where_it_is(self) -> None:
        entry = finding("limit", "agent", "too many")
        assert "accepted" not in entry.to_dict()
        assert accepted(entry, "why").to_dict() == entry.to_dict() | {"severity": "info", "accepted": "why"}

    def test_every_code_is_documented(self) -> None:
        for name, code in CODES.items():
            check_code(name)
            assert code.meaning.endswith(".")
            assert code.remedy.endswith(".")

    def test_severities_are_in_order(self) -> None:
        assert Severity.ERROR.at_least(Severity.HIGH)
        assert Severity.HIGH.at_least(Severity.HIGH)
        assert not Severity.INFO.at_least(Severity.LOW)

    def test_a_role_without_a_rule_is_told(self) -> None:
        closed = {
            f"agent-{name}": UNTIL for name in ("dns", "ntp", "service", "spn-80", "spn-443", "download-center-443")
        }
        made = plan(decline=closed)
        assert told(made, "nothing-required") == {"agent": "role agent ends without a rule."}

    def test_a_flow_that_ends_in_nothing_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another flow's missing hosts once hid it."""
        monkeypatch.setattr(plan_module.EndpointFinder, "destination", lambda _self, _flow: Reach())
        made = plan(features=["smart-feedback"], agent_build={"oldest": "10.0", "newest": "11.0"})
        assert "agent-dns" in told(made, "lost-flow")
        assert "agent-spn-80" not in told(made, "lost-flow")
        assert made.failed


class TestRules:
    """A rule's name comes from its content: by its place, one rule more renamed all that followed."""

    def test_id(self) -> None:
        assert rule(443, ANY4).id == "agent-egress-tcp-443-any-ipv4"
        assert rule(5274, Endpoint(EndpointKind.SECURITY_GROUP, "444455556666/sg-0a"), 5275).id == (
            "agent-egress-tcp-5274-5275-444455556666-sg-0a"
        )
        assert rule(1, Endpoint(EndpointKind.ROLE, "relay")).id == "agent-egress-tcp-1-role-relay"
        assert rule(1, Endpoint(EndpointKind.REFERENCE, "relay/a")).id == "agent-egress-tcp-1-reference-relay.a"

    def test_flows_and_order_do_not_name_it(self) -> None:
        assert join([rule(2, ANY4), rule(1, ANY4, flow="b"), rule(1, ANY4, flow="a")]) == (
            replace(rule(1, ANY4), flows=("a", "b")),
            rule(2, ANY4),
        )

    def test_per_flow_keeps_a_rule_for_each_line_and_peer(self) -> None:
        made = plan(peers=SERVER, **OPEN)
        assert [found.id for found in made.rules if found.ports.first in {5274, 5275}] == [
            "agent-egress-tcp-5274-peer-smart-protection-server-ipv4",
            "agent-egress-tcp-5275-peer-smart-protection-server-ipv4",
        ]


class TestMinimal:
    """Each way to need fewer rules, one at a time."""

    A, B = listed("a", "10.0.0.1/32"), listed("b", "10.0.0.2/32")
    LISTS = {"a-ipv4": A, "b-ipv4": B}  # noqa: RUF012 - never changed

    def merged(self, *rules: Rule, **lists: AddressList) -> tuple[list[str], dict[str, tuple[str, ...]]]:
        known = self.LISTS | {found.name: found for found in lists.values()}
        made, named = minimal(rules, known)
        return [found.id.removeprefix("agent-egress-tcp-") for found in made], {n: f.cidrs for n, f in named.items()}

    def test_lists_on_one_port_become_one(self) -> None:
        assert self.merged(rule(1, at(self.A)), rule(1, at(self.B))) == (
            ["1-a-and-b-ipv4"],
            {"a-and-b-ipv4": ("10.0.0.1/32", "10.0.0.2/32")},
        )

    def test_a_list_on_neighbouring_ports_is_a_range(self) -> None:
        assert self.merged(rule(1, at(self.A)), rule(2, at(self.A)), rule(4, at(self.A)))[0] == [
            "1-2-a-ipv4",
            "4-a-ipv4",
        ]

    def test_any_address_takes_in_the_lists_of_its_family(self) -> None:
        assert self.merged(rule(1, at(self.A)), rule(1, ANY4)) == (["1-any-ipv4"], {})
        assert self.merged(rule(1, at(self.A)), rule(1, ANY6))[0] == ["1-a-ipv4", "1-any-ipv6"]

    def test_a_group_is_taken_in_only_by_both_families(self) -> None:
        group = rule(1, Endpoint(EndpointKind.SECURITY_GROUP, "sg-0a"), flow="g")
        assert self.merged(group, rule(1, ANY4))[0] == ["1-any-ipv4", "1-sg-0a"]
        made, _ = minimal([group, rule(1, ANY4), rule(1, ANY6)], {})
        assert [found.flows for found in made] == [("f", "g"), ("f", "g")]

    def test_a_port_that_is_open_anyway_joins_its_neighbours(self) -> None:
        group = Endpoint(EndpointKind.SECURITY_GROUP, "sg-0a")
        rules = [rule(1, group), rule(3, group), rule(2, ANY4), rule(2, ANY6)]
        assert self.merged(*rules)[0] == ["1-3-sg-0a", "2-any-ipv4", "2-any-ipv6"]

    def test_a_range_does_not_end_on_ports_that_are_only_open_anyway(self) -> None:
        rules = [rule(2, Endpoint(EndpointKind.SECURITY_GROUP, "sg-0a"))]
        rules += [rule(port, family) for port in (1, 3) for family in (ANY4, ANY6)]
        assert [name for name in self.merged(*rules)[0] if "sg" in name] == ["2-sg-0a"]

    def test_a_list_is_named_by_what_is_reached_and_not_by_its_addresses(self) -> None:
        """One answer of DNS more, and a list that holds another's addresses no longer does: its name has to stay."""
        both = listed("both", "10.0.0.1/32", "10.0.0.2/32")
        rules = [rule(1, at(self.A)), rule(1, at(both))]
        assert self.merged(*rules, both=both)[0] == ["1-a-and-both-ipv4"]
        fewer = listed("both", "10.0.0.2/32")
        assert self.merged(*rules, both=fewer)[0] == ["1-a-and-both-ipv4"]

    def test_a_long_range_is_one_rule_and_a_restless_one_a_rule_per_step(self) -> None:
        long = [rule(port, at(self.A)) for port in range(8000, 8100)]
        assert self.merged(*long)[0] == ["8000-8099-a-ipv4"]
        restless = [rule(port, at(self.A if port % 2 else self.B)) for port in range(1, 10)]
        assert len(self.merged(*restless)[0]) == 9

    def test_a_cover_that_is_no_union_of_lists_is_named_by_its_place(self) -> None:
        wanted = {1: "02", 2: "012", 3: "12", 4: "1", 5: "0123"}
        lists = {
            text: listed(f"l{text}", *(f"10.0.0.{2 * int(digit)}/32" for digit in text)) for text in wanted.values()
        }
        rules = [rule(port, at(lists[text])) for port, text in wanted.items()]
        ids, named = self.merged(*rules, **lists)
        assert ids == ["1-2-l02-ipv4", "1-3-agent-egress-tcp-1-3-ipv4", "2-5-l1-ipv4", "5-l0123-ipv4"]
        assert named["agent-egress-tcp-1-3-ipv4"] == ("10.0.0.4/32",)

    def test_the_most_restless_origin_sizes_a_made_list(self) -> None:
        published = listed("p", "9.9.9.0/27", origin=Origin.PUBLISHED)
        resolved = listed("r", "9.9.8.1/32", origin=Origin.SNAPSHOT)
        lists = {found.name: found for found in (published, resolved)}
        _, named = minimal([rule(1, at(published)), rule(1, at(resolved))], lists)
        assert [found.origin for found in named.values()] == [Origin.SNAPSHOT]

    def test_icmp_stays_as_it_is(self) -> None:
        message = Rule("agent", Direction.INGRESS, Transport.ICMP, PortRange(3, 4), at(self.A), ("f",))
        assert minimal([message], self.LISTS) == ((message,), {"a-ipv4": self.A})

    def test_of_a_site(self) -> None:
        made = plan(layout="minimal", peers=SERVER | {"dns-server": DNS, "ntp-server": DNS})
        assert "agent-egress-tcp-5274-5275-peer-smart-protection-server-ipv4" in {found.id for found in made.rules}
