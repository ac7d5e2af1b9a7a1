"""AWS's words and limits: what is counted, what is split, what stays where it is."""

from typing import Any

import pytest

from tests.unit.sites import DNS, OPEN, UNTIL, plan, rule_ids
from ws_network.aws.limits import ENTRIES_PER_REQUEST, QUOTAS
from ws_network.aws.render import AwsRendering, GroupRule, describe, group_keys, render, rule_counts
from ws_network.catalogue import Transport
from ws_network.endpoints import AddressList, Endpoint, Origin
from ws_network.grammar import EndpointKind
from ws_network.lists import size_of
from ws_network.rules import Direction, PortRange, Rule


def blocks(count: int, third: int = 0) -> list[str]:
    """So many addresses."""
    return [f"10.{number // 250}.{third}.{number % 250}/32" for number in range(count)]


def own(number: int, **changes: Any) -> dict[str, Any]:
    """An extra flow of agents to the NTP server."""
    flow = {"id": f"own-{number}", "source": "agent", "destination": "ntp-server", "transport": "tcp"}
    return flow | {"ports": [10000 + 2 * number]} | UNTIL | changes


def about(rendering: AwsRendering, code: str) -> dict[str, str]:
    """Texts of the rendering's findings of a code."""
    return {entry.flow: entry.text for entry in rendering.findings if entry.code == code}


class TestOtherEnd:
    """AWS takes exactly one other end for a rule, and each kind has its own property."""

    def test_each_kind(self) -> None:
        peer = {"security_group_ids": ["sg-0a1b2c3d"], "prefix_list_ids": ["pl-0f3a9c21"], "cidrs": ["10.0.0.1/32"]}
        made = plan(
            roles=["agent", "relay"],
            peers={"dns-server": peer},
            references=("siem-or-syslog-server",),
            address_families=["ipv4", "ipv6"],
            **OPEN,
        )
        rules = render(made).security_groups["agent"]["rules"]
        ends: dict[str, dict[str, Any]] = {
            "agent-egress-tcp-443-any-ipv4": {"cidr_ipv4": "0.0.0.0/0"},
            "agent-egress-tcp-443-any-ipv6": {"cidr_ipv6": "::/0"},
            "agent-egress-udp-53-peer-dns-server-ipv4": {"prefix_list": "peer-dns-server-ipv4"},
            "agent-egress-udp-53-pl-0f3a9c21": {"prefix_list_id": "pl-0f3a9c21"},
            "agent-egress-udp-53-sg-0a1b2c3d": {"referenced_security_group_id": "sg-0a1b2c3d"},
            "agent-egress-tcp-4122-role-relay": {"security_group": "relay"},
            "agent-egress-udp-514-reference-siem-or-syslog-server": {"input": "siem-or-syslog-server"},
        }
        told = {"direction", "ip_protocol", "from_port", "to_port", "description"}
        for name, end in ends.items():
            assert {key: value for key, value in rules[name].items() if key not in told} == end
        assert set(rules) == set(rule_ids(made, "agent"))

    def test_ports_and_icmp(self) -> None:
        made = plan(
            icmp=True, layout="minimal", peers={"network": {"cidrs": ["10.0.0.0/8"]}, "smart-protection-server": DNS}
        )
        rules = render(made).security_groups["agent"]["rules"]
        message = rules["agent-ingress-icmp-3-4-peer-network-ipv4"]
        assert (message["ip_protocol"], message["from_port"], message["to_port"]) == ("icmp", 3, 4)
        ports = rules["agent-egress-tcp-5274-5275-peer-smart-protection-server-ipv4"]
        assert (ports["from_port"], ports["to_port"]) == (5274, 5275)

    def test_every_role_has_a_group_even_without_rules(self) -> None:
        made = plan(peers={"smart-protection-server": {"manage": True}}, features=[])
        assert render(made).security_groups["smart-protection-server"]["rules"] == {}


class TestLists:
    """A list that is full when an address is added must be resized first, and that fails when the group has no room."""

    @pytest.mark.parametrize(
        ("count", "size"), [(1, 5), (4, 5), (5, 10), (8, 10), (9, 15), (40, 50), (80, 100), (81, 100), (100, 100)]
    )
    def test_room_to_grow(self, count: int, size: int) -> None:
        for origin in (Origin.SITE, Origin.SNAPSHOT):
            assert size_of(AddressList("a", 4, tuple(blocks(count)), origin), ENTRIES_PER_REQUEST) == size
        assert size_of(AddressList("a", 4, tuple(blocks(count)), Origin.PUBLISHED), ENTRIES_PER_REQUEST) == count

    def test_over_a_hundred_is_several_lists_with_a_rule_each_and_told(self) -> None:
        rendering = render(plan(peers={"dns-server": {"cidrs": blocks(150)}}))
        parts = [name for name in rendering.prefix_lists if name.startswith("peer-dns-server-ipv4")]
        assert parts == ["peer-dns-server-ipv4-0", "peer-dns-server-ipv4-1"]
        entries = [entry["cidr"] for name in parts for entry in rendering.prefix_lists[name]["entries"]]
        assert sorted(entries) == sorted(blocks(150))
        assert all(len(rendering.prefix_lists[name]["entries"]) <= 100 for name in parts)
        used = {rule.get("prefix_list") for rule in rendering.security_groups["agent"]["rules"].values()}
        assert set(parts) <= used
        assert about(rendering, "list-split") == {
            "peer-dns-server-ipv4": "peer-dns-server-ipv4 has 150 entries and AWS takes 100 in one request, "
            "so it is 2 lists with a rule each."
        }

    def test_a_block_stays_in_its_part(self) -> None:
        before = render(plan(peers={"dns-server": {"cidrs": blocks(150)}})).prefix_lists
        after = render(plan(peers={"dns-server": {"cidrs": [*blocks(150), "10.99.0.1/32"]}})).prefix_lists
        assert len([name for name in after if after[name] != before[name]]) == 1

    def test_entries_have_one_description(self) -> None:
        lists = render(plan(**OPEN)).prefix_lists.values()
        assert {entry["description"] for found in lists for entry in found["entries"]} == {"ws_network"}


def group(*rules: dict[str, Any]) -> Any:
    return {"role": "agent", "description": "", "rules": {str(number): rule for number, rule in enumerate(rules)}}


class TestQuota:
    """AWS counts a list with its size and a group in both families; a plan that counted rules failed half way."""

    def test_counting(self) -> None:
        lists: Any = {
            "four": {"address_family": "IPv4", "max_entries": 10, "entries": []},
            "six": {"address_family": "IPv6", "max_entries": 5, "entries": []},
        }
        out, into = {"direction": "egress"}, {"direction": "ingress"}
        counted = rule_counts(
            group(
                out | {"prefix_list": "four"},
                out | {"prefix_list": "six"},
                out | {"cidr_ipv4": "0.0.0.0/0"},
                out | {"cidr_ipv6": "::/0"},
                out | {"referenced_security_group_id": "sg-0"},
                out | {"prefix_list_id": "pl-0"},
                out | {"security_group": "relay"},
                into | {"input": "x"},
            ),
            lists,
        )
        egress, ingress = Direction.EGRESS, Direction.INGRESS
        assert counted == {(egress, 4): 14, (egress, 6): 9, (ingress, 4): 1, (ingress, 6): 1}

    @pytest.mark.parametrize(("count", "over"), [(46, False), (47, True)])
    def test_sixty_is_the_last_that_fits(self, count: int, *, over: bool) -> None:
        """Agents alone have 5 for DNS, 5 for NTP, 2 published blocks, 2 any-address: 14 before the groups."""
        groups = [f"sg-{number:08x}" for number in range(count)]
        rendering = render(plan(peers={"siem-or-syslog-server": {"security_group_ids": groups}}, **OPEN))
        counted = rule_counts(rendering.security_groups["agent"], rendering.prefix_lists)
        assert counted[Direction.EGRESS, 4] == 14 + count
        assert bool(about(rendering, "limit")) is over

    def test_over_it_names_count_limit_quota_and_ways_out(self) -> None:
        rendering = render(plan(peers={"dns-server": {"cidrs": blocks(60)}}, **OPEN))
        (found,) = [entry for entry in rendering.findings if entry.code == "limit"]
        assert found.severity == "error"
        assert found.text == (
            "agent needs 84 egress IPv4 rules, over the 60 of AWS's quota "
            "'Inbound or outbound rules per security group'."
        )
        assert found.remedy == (
            "Say layout: minimal, spread the role with split: {agent: 2} or more, or raise the quota and say so under "
            "quotas: {aws-rules-per-security-group: ...}."
        )

    def test_a_raised_quota_counts(self) -> None:
        peers = {"dns-server": {"cidrs": blocks(60)}}
        assert not about(render(plan(peers=peers, quotas={"aws-rules-per-security-group": 100}, **OPEN)), "limit")

    def test_a_thousand_rules_an_interface_cannot_be_raised(self) -> None:
        quotas = {"aws-rules-per-security-group": 300, "aws-security-groups-per-interface": 16}
        told = about(render(plan(split={"agent": 4}, quotas=quotas)), "limit")
        assert told == {
            "agent": "agent: 4 groups of 300 rules each are over AWS's 1000 rules per network interface, "
            "which no request raises."
        }

    def test_groups_an_interface(self) -> None:
        told = about(render(plan(split={"agent": 6})), "limit")
        assert told == {
            "agent": "agent needs 6 groups to wear, over the 5 of AWS's quota 'Security groups per network interface'."
        }

    def test_lists_a_region(self) -> None:
        cidrs = [f"10.{a}.{b}.0/24" for a in range(60) for b in range(100)]
        rendering = render(plan(peers={"dns-server": {"cidrs": cidrs}}))
        assert "Prefix lists per Region" in about(rendering, "limit")["prefix lists"]

    def test_a_list_of_others_has_a_size_that_is_not_known(self) -> None:
        made = plan(peers={"dns-server": {"prefix_list_ids": ["pl-0f3a9c21"]}})
        assert about(render(made), "quota-unknown") == {
            "agent-egress-udp-53-pl-0f3a9c21": "pl-0f3a9c21 counts with its own max_entries, which is not known here."
        }

    def test_its_findings_can_be_accepted_but_for_errors(self) -> None:
        made = plan(
            peers={"dns-server": {"prefix_list_ids": ["pl-0f3a9c21"]}},
            split={"agent": 6},
            accept={"quota-unknown": UNTIL, "limit": UNTIL},
        )
        found = {entry.code: (str(entry.severity), entry.accepted) for entry in render(made).findings}
        assert found["quota-unknown"] == ("info", "a reason")
        assert found["limit"] == ("error", "")

    def test_every_quota_says_what_the_console_calls_it(self) -> None:
        assert all(name.startswith("aws-") and quota.title for name, quota in QUOTAS.by_name.items())


class TestSplit:
    """A split role keeps its first group's name, so that splitting does not replace the group machines wear."""

    def test_keys(self) -> None:
        assert group_keys("agent", {}) == group_keys("agent", {"agent": 1}) == ["agent"]
        assert group_keys("agent", {"agent": 3}) == ["agent", "agent-2", "agent-3"]

    def test_rules_are_spread_and_none_is_lost(self) -> None:
        flows = [own(number) for number in range(60)]
        made = plan(split={"agent": 3}, extra_flows=flows, **OPEN)
        rendering = render(made)
        held = [set(rendering.security_groups[key]["rules"]) for key in ("agent", "agent-2", "agent-3")]
        assert sum(len(rules) for rules in held) == len(set.union(*held)) == len(made.rules)
        assert min(len(rules) for rules in held) > 10
        assert "agent, agent-2, agent-3" in about(rendering, "role-split")["agent"]

    def test_a_rule_more_or_less_moves_no_other(self) -> None:
        flows = [own(number) for number in range(30)]
        full = render(plan(split={"agent": 3}, extra_flows=flows)).security_groups
        fewer = render(plan(split={"agent": 3}, extra_flows=flows[1:])).security_groups
        gone = {key: set(full[key]["rules"]) - set(fewer[key]["rules"]) for key in full}
        assert all(set(fewer[key]["rules"]) <= set(full[key]["rules"]) for key in full)
        assert sum(len(names) for names in gone.values()) == 1

    def test_a_group_more_takes_rules_and_shuffles_none(self) -> None:
        flows = [own(number) for number in range(30)]
        two = render(plan(split={"agent": 2}, extra_flows=flows)).security_groups
        three = render(plan(split={"agent": 3}, extra_flows=flows)).security_groups
        for key in ("agent", "agent-2"):
            assert set(three[key]["rules"]) <= set(two[key]["rules"])


class TestDescription:
    """AWS refuses a description of 256 characters, or with a character that it does not know, after half a plan."""

    @staticmethod
    def rule(*flows: str) -> Rule:
        end = Endpoint(EndpointKind.ANY, "ipv4")
        return Rule("agent", Direction.EGRESS, Transport.TCP, PortRange(443, 443), end, flows)

    def test_names_the_flows(self) -> None:
        assert describe(self.rule("agent-dns", "relay/agent-dns")) == ("agent-dns, relay/agent-dns", [])

    def test_is_cut_at_a_flow_and_told(self) -> None:
        flows = tuple(f"flow-number-{number:02}" for number in range(30))
        text, (found,) = describe(self.rule(*flows))
        assert len(text) <= 255
        kept = text.split(", +")[0].split(", ")
        assert kept == list(flows[: len(kept)])
        assert text.endswith(f", +{30 - len(kept)} more")
        assert found.code == "description-shortened"
        assert flows[-1] in found.text

    def test_of_one_endless_flow_is_still_short_enough(self) -> None:
        text, found = describe(self.rule("f" * 300))
        assert len(text) <= 255
        assert found

    def test_with_a_character_that_aws_refuses_is_a_defect(self) -> None:
        with pytest.raises(AssertionError, match="ü"):
            describe(self.rule("ü"))


def test_a_rule_has_no_key_that_the_renderer_does_not_document() -> None:
    rendering = render(plan(roles=["agent", "relay"], references=("siem-or-syslog-server",), **OPEN))
    documented = set(GroupRule.__annotations__)
    assert all(
        set(rule) <= documented for held in rendering.security_groups.values() for rule in held["rules"].values()
    )
