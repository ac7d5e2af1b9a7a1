"""GCP's words, priorities and limits: what is a group, what is divided, which number a rule has for ever."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.sites import CATALOGUE, DNS, UNTIL, content
from ws_network.catalogue import Transport
from ws_network.compose import ComposedRule, Facet, Service
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.endpoints import Endpoint
from ws_network.errors import UserError
from ws_network.gcp import priorities
from ws_network.gcp.limits import AUTOMATIC_LENGTH, LARGEST_CAPACITY, NAME_PATTERN, QUOTAS
from ws_network.gcp.render import (
    FirewallRule,
    GcpRendering,
    attributes,
    describe,
    render,
    resource_name,
)
from ws_network.grammar import EndpointKind
from ws_network.identity import parts_by_content
from ws_network.lists import grown
from ws_network.plan import Plan, build_plan
from ws_network.priorities import Band, role_number
from ws_network.rules import Direction, PortRange

POLICY, VPC = Target.GCP_FIREWALL_POLICY, Target.GCP_VPC_FIREWALL

OPEN = {
    "names": {"gcp-firewall-policy": ["fqdn"], "gcp-vpc-firewall": ["blocks", "any-address"]},
    "any_address": {
        role.id: UNTIL
        for role in CATALOGUE.roles.values()
        if role.kind in {"service", "site"} and role.id != "web-proxy"
    },
}


def ranges(count: int) -> list[str]:
    """So many addresses, none of which joins another."""
    return [f"10.{number // 8192}.{number % 8192 // 32}.{number % 32 * 8}/32" for number in range(count)]


def plan(target: Target = POLICY, *, references: tuple[str, ...] = (), **changes: Any) -> Plan:
    """The plan of a site on GCP; each role is found by a mark of its own unless machines say otherwise."""
    mark = "secure_tags" if target is POLICY else "network_tags"
    names = [*changes.get("roles", ["agent"]), *[n for n, p in changes.get("peers", {}).items() if p.get("manage")]]
    marks = {
        role: {mark: [f"tagValues/28147839562{number}" if target is POLICY else f"ws-{role}"]}
        for number, role in enumerate(names)
    }
    site = content(**{"deny_rest": True, "machines": marks, **OPEN, **changes})
    return build_plan(CATALOGUE, Deployment.parse(site), target=target, references=references)


def told(rendering: GcpRendering, code: str) -> dict[str, str]:
    """Texts of the rendering's findings of a code, by what they are about."""
    return {entry.flow: entry.text for entry in rendering.findings if entry.code == code}


def ends(rule: FirewallRule) -> dict[str, Any]:
    """What the rule says of the other end."""
    return {key: value for key, value in rule.items() if key.startswith(("src_", "dest_"))}


class TestOtherEnd:
    """A rule of GCP holds one form of the other end in each direction; a wrong one is refused half way."""

    def test_each_form_in_a_policy(self) -> None:
        made = plan(
            roles=["agent", "relay"],
            peers={
                "dns-server": {"address_groups": ["projects/hub/locations/global/addressGroups/dns"]},
                "relay": {"cidrs": ["10.20.4.0/28"]},
                "siem-or-syslog-server": {"manage": True, "cidrs": ["fd12:3456:20::14/128"]},
            },
            names={"gcp-firewall-policy": {"download-center": ["any-address"], "default": ["fqdn"]}},
            address_families=["ipv4", "ipv6"],
        )
        rules = render(made).rules
        wanted: dict[str, dict[str, Any]] = {
            "agent-egress-agent-relay-ipv4": {"dest_address_groups": [{"key": "peer-relay-ipv4"}]},
            "agent-egress-agent-syslog-ipv6": {"dest_address_groups": [{"key": "peer-siem-or-syslog-server-ipv6"}]},
            "agent-egress-agent-download-center-443-any-ipv4": {"dest_ip_ranges": ["0.0.0.0/0"]},
            "agent-egress-agent-download-center-443-any-ipv6": {"dest_ip_ranges": ["::/0"]},
            "relay-egress-relay-download-center-any-ipv4": {"dest_ip_ranges": ["0.0.0.0/0"]},
            "relay-ingress-agent-relay-role": {"src_secure_tags": [{"role": "agent"}]},
        }
        for name, end in wanted.items():
            assert name in rules
            assert ends(rules[name]) == end or name == "relay-ingress-agent-relay-role"
        (theirs,) = [rule for name, rule in rules.items() if name.startswith("agent-egress-agent-dns-address-group")]
        assert ends(theirs) == {
            "dest_address_groups": [{"id": "projects/hub/locations/global/addressGroups/dns"}],
        }
        assert {"role": "agent"} in rules["relay-ingress-agent-relay-role"]["src_secure_tags"]
        assert rules["agent-egress-agent-service-names"]["dest_fqdns"] == sorted(
            rules["agent-egress-agent-service-names"]["dest_fqdns"]
        )

    def test_sources_that_a_policy_gets_by_id(self) -> None:
        made = plan(
            peers={
                "siem-or-syslog-server": {"manage": True, "cidrs": ["10.9.0.0/28"]},
                "smart-protection-server": {"manage": True, "cidrs": ["10.9.1.0/28"]},
                "data-center-gateway": {"secure_tags": ["tagValues/99"]},
            },
            extra_flows=[
                {
                    "id": "gateway-events",
                    "source": "data-center-gateway",
                    "destination": "siem-or-syslog-server",
                    "transport": "tcp",
                    "ports": [6514],
                    "slot": 80,
                }
                | UNTIL
            ],
            references=("data-center-gateway/second",),
        )
        found = [ends(rule) for name, rule in render(made).rules.items() if "gateway-events" in name]
        assert found == [
            {"src_secure_tags": [{"input": "data-center-gateway/second"}]},
            {"src_secure_tags": [{"id": "tagValues/99"}]},
        ]

    def test_each_form_in_a_vpc(self) -> None:
        made = plan(
            VPC,
            roles=["agent", "relay"],
            peers={"relay": {"cidrs": ["10.20.4.0/28"]}},
            machines={"agent": {"network_tags": ["ws-agent"]}, "relay": {"network_tags": ["ws-relay"]}},
        )
        rendering = render(made)
        rules = rendering.rules
        assert rendering.address_groups == {}
        assert ends(rules["agent-egress-agent-relay-ipv4"]) == {"dest_ip_ranges": ["10.20.4.0/28"]}
        assert rules["agent-egress-agent-relay-ipv4"]["allows"] == [{"protocol": "tcp", "ports": ["4122"]}]
        sources = ends(rules["relay-ingress-agent-relay-role"])["src_network_tags"]
        assert {"role": "agent"} in sources
        assert all("action" not in rule and "layer4_configs" not in rule for rule in rules.values())
        assert {rule["targets"]["mark"] for rule in rules.values()} == {"network-tag"}

        by_account = plan(
            VPC,
            roles=["agent", "relay"],
            peers={"relay": {"cidrs": ["10.20.4.0/28"]}},
            machines={role: {"service_accounts": [f"{role}@p.iam.gserviceaccount.com"]} for role in ("agent", "relay")},
        )
        rule = render(by_account).rules["relay-ingress-agent-relay-role"]
        assert set(ends(rule)) == {"src_service_accounts"}
        assert rule["targets"] == {"mark": "service-account", "role": "relay"}

    def test_services(self) -> None:
        """A rule holds all ports of its line; `icmp` and `all` take none."""
        made = plan(icmp=True, peers={"network": {"cidrs": ["10.0.0.0/8"]}, "siem-or-syslog-server": DNS})
        rules = render(made).rules
        assert rules["agent-ingress-agent-icmp-ipv4"]["layer4_configs"] == [{"ip_protocol": "icmp"}]
        assert rules["agent-egress-agent-syslog-ipv4"]["layer4_configs"] == [{"ip_protocol": "udp", "ports": ["514"]}]
        assert rules["agent-egress-ipv6-deny-rest"]["layer4_configs"] == [{"ip_protocol": "all"}]

    def test_logging_is_a_switch(self) -> None:
        assert {rule["enable_logging"] for rule in render(plan()).rules.values()} == {False}
        assert {rule["enable_logging"] for rule in render(plan(), logging=True).rules.values()} == {True}


class TestAddressGroups:
    """An address more is one change of one group; a rule that changed with it would be another review."""

    def test_only_its_group_changes(self) -> None:
        before, after = (
            render(plan(peers={"dns-server": {"cidrs": cidrs}})).to_dict() for cidrs in (ranges(2), ranges(3))
        )
        assert before["rules"] == after["rules"]
        differ = {k for k in after["address_groups"] if after["address_groups"][k] != before["address_groups"][k]}
        assert differ == {"peer-dns-server-ipv4"}

    @pytest.mark.parametrize(("count", "size"), [(1, 5), (4, 5), (5, 10), (800, 1000), (801, 1000), (1000, 1000)])
    def test_room_to_grow(self, count: int, size: int) -> None:
        assert grown(count, LARGEST_CAPACITY) == size
        groups = render(plan(peers={"dns-server": {"cidrs": ranges(count)}})).address_groups
        assert groups["peer-dns-server-ipv4"] == {"type": "IPV4", "capacity": size, "items": sorted_items(count)}

    def test_published_blocks_do_not_grow(self) -> None:
        made = plan(names={"default": ["blocks", "any-address"]})
        blocks = render(made).address_groups["blocks-de-1-ipv4"]
        assert blocks["capacity"] == len(blocks["items"]) == 2

    def test_too_long_for_a_group_is_several_in_the_same_rule(self) -> None:
        rendering = render(plan(peers={"dns-server": {"cidrs": ranges(1500)}}))
        keys = [name for name in rendering.address_groups if name.startswith("peer-dns-server")]
        assert keys == ["peer-dns-server-ipv4-0", "peer-dns-server-ipv4-1"]
        held = [rendering.address_groups[key]["items"] for key in keys]
        assert sorted(item for items in held for item in items) == sorted(ranges(1500))
        assert max(len(items) for items in held) <= 1000
        rule = rendering.rules["agent-egress-agent-dns-ipv4"]
        assert rule["dest_address_groups"] == [{"key": key} for key in keys]
        assert told(rendering, "list-split") == {
            "peer-dns-server-ipv4": "peer-dns-server-ipv4 has 1500 ranges and GCP takes 1000 in an address group, "
            "so it is 2 groups."
        }

    def test_more_groups_than_a_rule_takes_are_ranges(self) -> None:
        rendering = render(plan(peers={"dns-server": {"cidrs": ranges(9000)}}))
        parts = [rule for name, rule in rendering.rules.items() if name.startswith("agent-egress-agent-dns-ipv4")]
        assert sorted(cidr for rule in parts for cidr in rule["dest_ip_ranges"]) == sorted(ranges(9000))
        assert max(len(rule["dest_ip_ranges"]) for rule in parts) <= 5000
        assert not [name for name in rendering.address_groups if name.startswith("peer-dns-server")]

    @pytest.mark.parametrize("way", [{"address_groups": False}, {}])
    def test_without_them_ranges_are_in_the_rules(self, way: dict[str, bool]) -> None:
        made = plan() if way else plan(layout="minimal")
        rendering = render(made, **way)
        assert rendering.address_groups == {}
        held = {cidr for rule in rendering.rules.values() for cidr in rule.get("dest_ip_ranges", [])}
        assert {"10.20.0.53/32", "10.20.0.123/32"} <= held


def sorted_items(count: int) -> list[str]:
    """The items of a group in the plan's order."""
    made = plan(peers={"dns-server": {"cidrs": ranges(count)}})
    return list(made.lists["peer-dns-server-ipv4"].cidrs)


class TestParts:
    """A value that moves to another part when one is added would change two rules, and none closes."""

    def test_a_rule_with_many_ranges_is_several_and_told(self) -> None:
        rendering = render(plan(peers={"dns-server": {"cidrs": ranges(5200)}}), address_groups=False)
        names = [name for name in rendering.rules if name.startswith("agent-egress-agent-dns-ipv4")]
        assert names == ["agent-egress-agent-dns-ipv4", "agent-egress-agent-dns-ipv4-1"]
        numbers = [rendering.rules[name]["priority"] for name in names]
        assert numbers[1] == numbers[0] + 1
        assert told(rendering, "list-split") == {
            "agent-egress-agent-dns-ipv4": "agent-egress-agent-dns-ipv4 has 5200 ranges and GCP takes 5000 in a rule, "
            "so it is 2 rules."
        }

    @pytest.mark.parametrize(("few", "many"), [(4900, 5001), (9000, 21000)])
    def test_dividing_further_moves_no_priority_and_leaves_no_gap(self, few: int, many: int) -> None:
        """A part that loses values waits for the parts that get them; a rule that exists keeps its priority."""
        before, after = (
            render(plan(peers={"dns-server": {"cidrs": ranges(count)}}), address_groups=False).rules
            for count in (few, many)
        )
        assert set(before) < set(after)
        assert {name: after[name]["priority"] for name in before} == {n: rule["priority"] for n, rule in before.items()}
        for name, rule in before.items():
            moved = set(rule.get("dest_ip_ranges", [])) - set(after[name].get("dest_ip_ranges", []))
            there = {block for other in after[name].get("after", []) for block in after[other]["dest_ip_ranges"]}
            assert moved <= there
            assert name not in after[name].get("after", [])

    def test_a_value_stays_in_its_part(self) -> None:
        values = ranges(300)
        before, after = parts_by_content(values, 100), parts_by_content([*values, "10.99.0.1/32"], 100)
        assert sum(len(part) for part in before.values()) == 300
        assert len([number for number in after if after[number] != before.get(number)]) == 1

    def test_names_beyond_what_a_line_has_priorities_for_are_an_error(self) -> None:
        hosts = [
            {"fqdn": f"host-{number}.example.com", "destination": "download-center"} | UNTIL for number in range(900)
        ]
        rendering = render(plan(extra_hosts=hosts))
        text = told(rendering, "limit")["agent-egress-agent-download-center-443-names"]
        assert "its slot has priorities for 8" in text
        free = render(plan(extra_hosts=hosts, layout="minimal"))
        assert "limit" not in {entry.code for entry in free.findings}
        assert len({rule["priority"] for rule in free.rules.values()}) == len(free.rules)
        few = render(plan(extra_hosts=hosts[:150]))
        parts = [rule for name, rule in few.rules.items() if "download-center-443-names" in name]
        assert len(parts) > 1
        assert all(len(rule["dest_fqdns"]) <= 100 for rule in parts)


class TestDenyTheRest:
    """GCP allows egress that no rule names; a deny before another role's allows would cut its machines off."""

    def test_two_rules_a_role_after_every_allow(self) -> None:
        made = plan(roles=["agent", "relay"], peers={"relay": {"cidrs": ["10.20.4.0/28"]}})
        rules = render(made).rules
        denies = {name: rule for name, rule in rules.items() if rule["action"] == "deny"}
        assert {name: (ends(rule), rule["targets"]["role"]) for name, rule in denies.items()} == {
            f"{role}-egress-{family}-deny-rest": ({"dest_ip_ranges": [block]}, role)
            for role in ("agent", "relay")
            for family, block in (("ipv4", "0.0.0.0/0"), ("ipv6", "::/0"))
        }
        last_allow = max(rule["priority"] for rule in rules.values() if rule["action"] == "allow")
        assert last_allow < min(rule["priority"] for rule in denies.values())

    def test_a_role_without_egress_is_denied_all_of_it(self) -> None:
        made = plan(peers={"siem-or-syslog-server": {"manage": True, "cidrs": ["10.9.0.0/28"]}})
        assert "siem-or-syslog-server-egress-ipv4-deny-rest" in render(made).rules

    @pytest.mark.parametrize("flow", ["deny", "deny-rest", "ipv4", "ipv4-deny-rest"])
    def test_no_flow_of_the_site_takes_the_name_of_what_denies(self, flow: str) -> None:
        extra = {"id": flow, "source": "agent", "destination": "dns-server", "transport": "tcp", "ports": [853]}
        before, after = plan(), plan(extra_flows=[extra | {"slot": 80} | UNTIL])
        assert len(render(after).rules) == len(render(before).rules) + 1

    def test_only_where_it_is_said(self) -> None:
        for said in (False, None):
            rules = render(plan(deny_rest=said)).rules
            assert {rule["action"] for rule in rules.values()} == {"allow"}

    def test_in_a_vpc(self) -> None:
        rules = render(plan(VPC)).rules
        assert {name: (rule["denies"], rule["priority"]) for name, rule in rules.items() if "denies" in rule} == {
            f"agent-egress-{family}-deny-rest": ([{"protocol": "all"}], 65534) for family in ("ipv4", "ipv6")
        }
        assert {rule["priority"] for rule in rules.values() if "allows" in rule} == {1000}
        moved = render(plan(VPC), band=Band(700, 900)).rules
        assert {rule["priority"] for rule in moved.values()} == {700, 900}


def composed_rule(facet: Facet, direction: Direction = Direction.EGRESS, **changes: Any) -> ComposedRule:
    """A rule of agents for DNS."""
    service = Service(Transport.UDP, PortRange(53, 53))
    rule = ComposedRule("agent", direction, "a-name", (service,), (), ("agent-dns",), facet, "agent-dns", 8)
    return replace(rule, **changes)


class TestPriorities:
    """A priority that moves replaces its rule in every stack there is."""

    def test_the_layout_is_frozen(self) -> None:
        """Not one of these numbers may ever change."""
        egress, ingress = Direction.EGRESS, Direction.INGRESS

        def number(facet: Facet, direction: Direction = egress, part: int = 0, **changes: Any) -> int:
            rule = composed_rule(facet, direction, **changes)
            return priorities.allowing(rule, rule.name, part, CATALOGUE)

        agent = 1 * 128 * 1024
        assert role_number("agent", CATALOGUE) == 1
        slot = agent + 8 * 1024
        assert number(Facet.IPV4) == slot
        assert number(Facet.IPV4, part=3) == slot + 3
        assert number(Facet.IPV6) == slot + 64
        assert number(Facet.ANY_IPV4) == slot + 128
        assert number(Facet.ANY_IPV6) == slot + 129
        assert number(Facet.NAMES, part=1) == slot + 131
        assert number(Facet.ROLE, ingress) == slot + 512 + 138
        for kind, place in ((EndpointKind.SECURE_TAG, 139), (EndpointKind.ADDRESS_GROUP, 140)):
            assert number(Facet.OTHER, ends=(Endpoint(kind, "one"),)) == slot + place
        assert number(Facet.OTHER, ingress, ends=(Endpoint(EndpointKind.REFERENCE, "one"),)) == slot + 512 + 141
        assert number(Facet.IPV4, line="", slot=None) == 310152238
        assert priorities.denying("agent", CATALOGUE) == (536870914, 536870915)
        assert (priorities.BAND.first, priorities.BAND.last) == (1000, 536880103)

    def test_of_whole_rules(self) -> None:
        found = {name: rule["priority"] for name, rule in render(plan()).rules.items()}
        assert found == {
            "agent-egress-agent-dns-ipv4": 139240,
            "agent-egress-agent-download-center-443-names": 176234,
            "agent-egress-agent-ntp-ipv4": 140264,
            "agent-egress-agent-service-names": 142442,
            "agent-egress-agent-spn-443-names": 145514,
            "agent-egress-agent-spn-80-names": 144490,
            "agent-egress-ipv4-deny-rest": 536871914,
            "agent-egress-ipv6-deny-rest": 536871915,
        }

    def test_other_rules_move_none(self) -> None:
        few = render(plan()).rules
        many = render(
            plan(
                roles=["agent", "relay", "administrator"],
                peers={"relay": {"cidrs": ["10.20.4.0/28"]}, "siem-or-syslog-server": {"cidrs": ranges(30)}},
            )
        ).rules
        assert len(many) > len(few)
        assert {name: many[name]["priority"] for name in few} == {n: rule["priority"] for n, rule in few.items()}
        assert len({rule["priority"] for rule in many.values()}) == len(many)

    def test_a_peer_given_in_more_forms_moves_no_rule(self) -> None:
        """Its tags and its groups were taken for rules of one place, and both got numbers by their names."""
        peer: dict[str, Any] = {"secure_tags": ["tagValues/77"]}
        site: dict[str, Any] = {"roles": ["relay"], "communication": "bidirectional"}
        tags = render(plan(**site, peers={"agent": peer})).rules
        peer |= {"address_groups": ["projects/hub/locations/global/addressGroups/agents"]}
        groups = render(plan(**site, peers={"agent": peer})).rules
        given = render(plan(**site, peers={"agent": peer}, references=("agent/second",))).rules
        assert {"relay-ingress-agent-relay-address-group"} == groups.keys() - tags.keys()
        assert {"relay-ingress-agent-relay-reference"} == given.keys() - groups.keys()
        for before, after in ((tags, groups), (groups, given)):
            assert {name: after[name]["priority"] for name in before} == {n: r["priority"] for n, r in before.items()}
        line = given["relay-ingress-agent-relay-secure-tag"]["priority"] // 512
        assert {rule["priority"] // 512 for name, rule in given.items() if "agent-relay-" in name} == {line}

    def test_a_rule_of_an_extra_flow_is_the_same_resource_under_another_id(self) -> None:
        """Its priority is its slot's. Another resource would be made there first, and refused, at each update."""
        own = {"source": "agent", "destination": "dns-server", "transport": "tcp", "ports": [853], "slot": 80} | UNTIL
        peers = {"dns-server": {"cidrs": ranges(5200)}}
        one, two = (
            render(plan(peers=peers, extra_flows=[own | {"id": flow}]), address_groups=False).rules
            for flow in ("own", "renamed")
        )
        found = [{r["resource"]: r["priority"] for r in rules.values() if "resource" in r} for rules in (one, two)]
        assert found[0] == found[1]
        assert set(found[0]) == {"agent-egress-slot.80-ipv4", "agent-egress-slot.80-ipv4-1"}
        classic = render(plan(VPC, extra_flows=[own | {"id": "own"}])).rules
        assert not any("resource" in rule for rule in classic.values())

    def test_a_band_that_is_moved_by_ten_thousand_meets_no_rule_that_is_still_there(self) -> None:
        """The distance that the documentation gives: rules of the old band go last, so no number may be in both."""
        facets = [*range(142), *range(512, 512 + 142)]
        most = 4095 * 128 + 108  # the last role and slot
        allowing = {(priorities.PER_SLOT * slot + facet) for slot in (*range(200), most - 1, most) for facet in facets}
        denying = {priorities.ALLOWING + number for number in range(2 * 4096)}
        assert max(allowing) < min(denying)
        usual = allowing | denying
        assert not usual & {number + 10_000 for number in usual}
        assert usual & {number + 1 for number in usual}

    def test_a_band_of_ones_own(self) -> None:
        usual = render(plan()).rules
        moved = render(plan(), band=Band(5000, 5000 + priorities.SIZE - 1)).rules
        assert {n: rule["priority"] - 4000 for n, rule in moved.items()} == {
            n: rule["priority"] for n, rule in usual.items()
        }

    @pytest.mark.parametrize("band", [Band(1, 2147483548), Band(-1, 10), Band(10, 9)])
    def test_a_band_that_cannot_be(self, band: Band) -> None:
        with pytest.raises(UserError, match=r"^the band of priorities is .*from 0 to 2147483547\.$"):
            render(plan(), band=band)

    def test_a_vpc_that_would_deny_first(self) -> None:
        with pytest.raises(UserError, match="what denies the rest wins"):
            render(plan(VPC), band=Band(1000, 1000))

    def test_outside_of_the_band_is_an_error(self) -> None:
        rendering = render(plan(), band=Band(1000, 140_000))
        assert "outside of the band" in told(rendering, "priority-taken")["agent-egress-ipv4-deny-rest"]
        assert "agent-egress-agent-dns-ipv4" not in told(rendering, "priority-taken")

    def test_a_clash_is_an_error(self) -> None:
        """Two rules at one priority would be refused when the second is made. Roles of the site may meet."""
        names = [f"own-{number}" for number in range(400)]
        numbers = {role_number(name, CATALOGUE): name for name in names}
        one, two = next((name, numbers[n]) for name in names if numbers[n := role_number(name, CATALOGUE)] != name)
        flows = [
            {"id": f"to-{name}", "source": "agent", "destination": name, "transport": "tcp", "ports": [8443]} | UNTIL
            for name in (one, two)
        ]
        made = plan(
            peers={name: {"manage": True, "cidrs": ["10.9.0.0/28"]} for name in (one, two)},
            extra_flows=[flow | {"slot": 80 + number} for number, flow in enumerate(flows)],
        )
        found = told(render(made), "priority-taken")
        (text,) = {text for text in found.values() if "ipv4-deny-rest" in text}
        assert re.fullmatch(r"own-\d+-egress-ipv4-deny-rest and own-\d+-egress-ipv4-deny-rest would both have .*", text)
        assert f"the roles {' and '.join(sorted((one, two)))} come to the same priorities." in found.values()

    def test_many_tags_of_a_peer_are_one_rule(self) -> None:
        tags = [f"tagValues/{number}" for number in range(100, 124)]
        rules = render(plan(roles=["relay"], peers={"agent": {"secure_tags": tags}})).rules
        line = rules["relay-ingress-agent-relay-secure-tag"]
        assert [end["id"] for end in line["src_secure_tags"]] == tags
        assert len({rule["priority"] for rule in rules.values()}) == len(rules)


class TestNames:
    """A name that GCP refuses ends an update half way."""

    @pytest.mark.parametrize(
        "text",
        [
            "agent-egress-agent-dns-ipv4",
            "a" * 63,
            "x-" + "a" * 80,
            "agent-ingress-own-reference-siem.second",
            "agent-egress-own-address-group-projects.hub.locations.global.addressGroups.dns",
            "9-lives",
            "-",
        ],
    )
    def test_are_taken(self, text: str) -> None:
        for length in (63, AUTOMATIC_LENGTH):
            name = resource_name(text, length)
            assert NAME_PATTERN.fullmatch(name)
            assert len(name) <= length
        assert resource_name("agent-egress") == "agent-egress"

    def test_what_was_cut_differs(self) -> None:
        names = {resource_name(f"{'a' * 70}{end}") for end in ("b", "c")}
        assert len(names) == 2
        assert resource_name("a.b") != resource_name("a-b")

    def test_descriptions_say_the_page_and_no_address(self) -> None:
        few, many = (render(plan(peers={"dns-server": {"cidrs": ranges(n)}})).rules for n in (1, 9))
        assert few["agent-egress-agent-dns-ipv4"]["description"] == "agent-dns: Agents / DNS server / 53"
        assert [rule["description"] for rule in few.values()] == [rule["description"] for rule in many.values()]

    def test_a_long_description_is_cut_at_a_flow_and_told(self) -> None:
        flows = tuple(f"flow-{number:03}" for number in range(100))
        rows = dict.fromkeys(flows, "Agents / a destination of theirs / 443")
        text, (found,) = describe(composed_rule(Facet.IPV4, flows=flows), "a-name", rows)
        assert len(text) <= 2048
        kept = text.split("; ")
        assert kept[-1] == f"+{100 - len(kept) + 1} more"
        assert found.code == "description-shortened"
        assert found.text.endswith("flow-098, flow-099.")


class TestLimits:
    """Over a limit the plan fails before anything is made, with the count, the limit and the ways out."""

    @staticmethod
    def errors(rendering: GcpRendering) -> Iterator[tuple[str, str, str]]:
        for entry in rendering.findings:
            if entry.code == "limit":
                yield entry.flow, entry.text, entry.remedy

    def test_attributes_of_a_rule(self) -> None:
        rules = render(plan()).rules
        assert attributes(rules["agent-egress-agent-dns-ipv4"]) == 4  # group, target, protocol, port
        assert attributes(rules["agent-egress-ipv4-deny-rest"]) == 3

    def test_quota_of_attributes(self) -> None:
        peers = {"dns-server": {"cidrs": ranges(6000)}, "siem-or-syslog-server": {"cidrs": ranges(4500)}}
        made = plan(peers=peers)
        ((about, text, remedy),) = self.errors(render(made, address_groups=False))
        assert about == "firewall policy"
        assert "over the 10000 of what is assumed of GCP's quota 'rule attributes per network firewall policy'" in text
        assert "quotas: {gcp-rule-attributes-per-policy: ...}" in remedy
        assert not list(self.errors(render(made)))
        said = plan(peers=peers, quotas={"gcp-rule-attributes-per-policy": 20000})
        assert not list(self.errors(render(said, address_groups=False)))
        less = plan(quotas={"gcp-rule-attributes-per-policy": 20})
        ((_, text, _),) = self.errors(render(less))
        assert "over the 20 of GCP's quota" in text

    def test_marks_of_a_rule(self) -> None:
        tags = [f"tagValues/{number}" for number in range(257)]
        texts = [text for _, text, _ in self.errors(render(plan(machines={"agent": {"secure_tags": tags}})))]
        assert "would have 257 targets by secure-tag, and a rule of GCP takes 256." in texts[0]
        accounts = [f"agents{number}@my-project.iam.gserviceaccount.com" for number in range(11)]
        by_account = {"agent": {"service_accounts": accounts}}
        about, text, remedy = next(self.errors(render(plan(machines=by_account))))
        assert text == f"{about} would have 11 targets by service-account, and a rule of GCP takes 10."
        assert "quotas: {gcp-target-service-accounts-per-policy-rule: ...}" in remedy
        quotas = {"gcp-target-service-accounts-per-policy-rule": 11}
        assert not list(self.errors(render(plan(machines=by_account, quotas=quotas))))
        tags = [f"ws-{number}" for number in range(31)]
        made = plan(
            VPC,
            roles=["agent", "relay"],
            peers={"relay": {"cidrs": ["10.20.4.0/28"]}},
            machines={"agent": {"network_tags": tags}, "relay": {"network_tags": ["ws-relay"]}},
        )
        about = {name for name, _, _ in self.errors(render(made))}
        assert about == {"relay-ingress-agent-relay-role"}

    @pytest.mark.parametrize(
        ("quotas", "sentence"),
        [
            ({"gcp-rule-atributes-per-policy": 5}, "did you mean 'gcp-rule-attributes-per-policy'"),
            ({"gcp-rule-attributes-per-policy": 0}, "less than the 1 that every account has"),
        ],
    )
    def test_a_quota_that_cannot_be(self, quotas: dict[str, int], sentence: str) -> None:
        with pytest.raises(UserError, match=sentence):
            render(plan(quotas=quotas))

    def test_every_quota_says_what_it_counts(self) -> None:
        assert all(name.startswith(QUOTAS.prefix) and entry.title for name, entry in QUOTAS.by_name.items())

    def test_findings_can_be_accepted_but_for_errors(self) -> None:
        made = plan(peers={"dns-server": {"cidrs": ranges(1500)}}, accept={"list-split": UNTIL})
        (found,) = [entry for entry in render(made).findings if entry.code == "list-split"]
        assert (str(found.severity), found.accepted) == ("info", "a reason")


class TestSameInputSameBytes:
    """The order in which a site is written is no change."""

    def test_order_does_not_count(self) -> None:
        peers: dict[str, Any] = {"relay": {"cidrs": ["10.20.4.0/28", "10.20.5.0/28"]}, "siem-or-syslog-server": DNS}
        turned = {name: {key: value[::-1] for key, value in peer.items()} for name, peer in reversed(peers.items())}
        one = render(plan(roles=["agent", "relay"], peers=peers)).to_dict()
        two = render(plan(roles=["relay", "agent"], peers=turned, machines=machines())).to_dict()
        assert one == two
        assert list(one["rules"]) == sorted(one["rules"])


def machines() -> dict[str, Any]:
    return {"relay": {"secure_tags": ["tagValues/281478395621"]}, "agent": {"secure_tags": ["tagValues/281478395620"]}}


def test_a_plan_without_marks_can_be_looked_at() -> None:
    """It fails, and the command line shows it all the same."""
    made = plan(machines={})
    assert made.failed
    assert {rule["targets"]["mark"] for rule in render(made).rules.values()} == {str(MachineMark.SECURE_TAG)}


def test_a_mark_of_the_wrong_kind_fails_the_plan_and_can_be_looked_at() -> None:
    """A look-up of its limit ended a program with a traceback."""
    for target, key, mark in ((VPC, "secure_tags", "tagValues/1"), (POLICY, "network_tags", "ws-agent")):
        made = plan(target, machines={"agent": {key: [mark]}})
        assert made.failed
        assert render(made).rules
