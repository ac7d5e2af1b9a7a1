"""Azure's words, priorities and limits: what is counted, what stays where it is, what a rule may not mix."""

from collections import Counter
from dataclasses import replace
from ipaddress import ip_network
from itertools import combinations
from typing import Any

import pytest

from tests.unit.sites import CATALOGUE, DNS, NTP, OPEN, UNTIL, content
from ws_network.azure.limits import DESCRIPTION_LENGTH, NAME_PATTERN, QUOTAS
from ws_network.azure.priorities import OWNED_BAND, priorities
from ws_network.azure.render import AzureRendering, SecurityRule, describe, render, rule_name, value_counts
from ws_network.covers import composed
from ws_network.deployment import Deployment, Layout, Target
from ws_network.errors import UserError
from ws_network.findings import Severity
from ws_network.identity import number_of
from ws_network.plan import Plan, build_plan
from ws_network.priorities import Band
from ws_network.snapshot import Snapshot

ASG = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/siem/providers/Microsoft.Network/"
    "applicationSecurityGroups/collectors"
)
FAMILIES: dict[str, Any] = {"address_families": ["ipv4", "ipv6"]}
BOTH = {"cidrs": ["10.20.0.53/32", "10.20.1.53/32", "fd12:3456:20::53/128"]}


def plan(*, references: tuple[str, ...] = (), snapshot: dict[str, Any] | None = None, **changes: Any) -> Plan:
    """The plan of `content` on Azure with the rest denied and every name open, unless a test says otherwise."""
    site = content(**{"deny_rest": True, **OPEN, **changes})
    resolved = Snapshot.parse({"format": 1, "place": "a runner", "names": snapshot}) if snapshot else None
    return build_plan(
        CATALOGUE, Deployment.parse(site), target=Target.AZURE_NSG, references=references, snapshot=resolved
    )


def rules(made: Plan | AzureRendering, role: str = "agent") -> dict[str, SecurityRule]:
    """The rules of a role by name."""
    rendering = render(made) if isinstance(made, Plan) else made
    return rendering.network_security_groups[role]["rules"]


def own(number: int, **changes: Any) -> dict[str, Any]:
    """An extra flow of agents to the NTP server."""
    flow = {"id": f"own-{number}", "source": "agent", "destination": "ntp-server", "transport": "tcp"}
    return flow | {"ports": [10000 + 2 * number], "slot": 80 + number} | UNTIL | changes


def about(rendering: AzureRendering, code: str) -> dict[str, str]:
    """Texts of the rendering's findings of a code."""
    return {entry.flow: entry.text for entry in rendering.findings if entry.code == code}


def everything() -> Plan:
    """A site with every form of the other end, both families and all roles that talk to each other."""
    siem = {"service_tags": ["Storage.WestEurope"], "application_security_group_ids": [ASG], "cidrs": ["10.0.0.9/32"]}
    return plan(
        roles=["agent", "relay", "administrator", "data-center-gateway", "service-gateway"],
        peers={
            "dns-server": BOTH,
            "siem-or-syslog-server": siem,
            "smart-protection-server": {"manage": True},
            "vmware-vcenter": DNS,
            "microsoft-active-directory": DNS,
        },
        references=("siem-or-syslog-server/second",),
        **FAMILIES,
    )


class TestSides:
    """Azure takes exactly one form for each side of a rule, and refuses a whole group for one rule that mixes them."""

    def test_each_kind(self) -> None:
        made = rules(everything())
        ends: dict[str, dict[str, Any]] = {
            "agent-egress-agent-dns-udp-ipv4": {"destination_address_prefixes": ["10.20.0.53/32", "10.20.1.53/32"]},
            "agent-egress-agent-dns-udp-ipv6": {"destination_address_prefixes": ["fd12:3456:20::53/128"]},
            "agent-egress-agent-service-tcp-any-ipv4": {"destination_address_prefix": "0.0.0.0/0"},
            "agent-egress-agent-service-tcp-any-ipv6": {"destination_address_prefix": "::/0"},
            "agent-egress-agent-relay-tcp-role-relay": {"destination_application_security_group": {"role": "relay"}},
            "agent-egress-agent-syslog-udp-service-tag-Storage.WestEurope": {
                "destination_address_prefix": "Storage.WestEurope"
            },
            rule_name(f"agent-egress-agent-syslog-udp-application-security-group-{ASG.replace('/', '.')}"): {
                "destination_application_security_group": {"id": ASG}
            },
            "agent-egress-agent-syslog-udp-reference-siem-or-syslog-server.second": {
                "destination_application_security_group": {"input": "siem-or-syslog-server/second"}
            },
        }
        for name, end in ends.items():
            assert {key: value for key, value in made[name].items() if key.startswith("destination_a")} == end
            assert made[name]["source_address_prefix"] == "*"
            assert (made[name]["direction"], made[name]["access"]) == ("Outbound", "Allow")

    def test_ingress_is_the_other_way_round(self) -> None:
        rule = rules(everything(), "relay")["relay-ingress-agent-relay-tcp-role-agent"]
        assert rule["source_application_security_group"] == {"role": "agent"}
        assert rule["destination_address_prefix"] == "*"
        assert rule["destination_port_ranges"] == ["4122"]
        assert rule["direction"] == "Inbound"

    def test_one_form_a_side_and_one_family_a_rule(self) -> None:
        made = [
            rule for group in render(everything()).network_security_groups.values() for rule in group["rules"].values()
        ]
        assert len(made) > 50
        for rule in made:
            for side in ("source", "destination"):
                forms = ("address_prefix", "address_prefixes", "application_security_group")
                assert sum(f"{side}_{form}" in rule for form in forms) == 1, rule["name"]
            assert ("destination_port_range" in rule) != ("destination_port_ranges" in rule)
            blocks = [ip_network(text) for text in rule.get("destination_address_prefixes", [])]
            assert len({block.version for block in blocks}) <= 1

    def test_prefixes_of_a_rule_do_not_overlap(self) -> None:
        """Azure refuses a rule with a block inside another (OverlappingSubnetsNotPermittedInSecurityRule)."""
        nested = {"cidrs": ["10.20.0.0/24", "10.20.0.53/32", "10.20.0.0/25", "10.20.1.0/24"]}
        made = rules(plan(peers={"dns-server": nested}))["agent-egress-agent-dns-udp-ipv4"]
        blocks = [ip_network(text) for text in made["destination_address_prefixes"]]
        assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))
        assert blocks == [ip_network("10.20.0.0/23")]

    def test_icmp_is_open_as_a_whole(self) -> None:
        made = plan(icmp=True, peers={"network": {"cidrs": ["10.0.0.0/8"]}})
        rule = rules(made)["agent-ingress-agent-icmp-icmp-ipv4"]
        assert (rule["protocol"], rule["destination_port_range"]) == ("Icmp", "*")
        assert any(entry.code == "icmp-any-type" for entry in made.findings)

    def test_ports_of_a_line_are_one_rule(self) -> None:
        rule = rules(plan(extra_flows=[own(1, ports=[9443, 10000])]))["agent-egress-own-1-tcp-ipv4"]
        assert rule["destination_port_ranges"] == ["9443", "10000"]
        assert (rule["source_port_range"], rule["protocol"]) == ("*", "Tcp")

    def test_every_role_has_both_groups_even_without_rules(self) -> None:
        made = render(plan(peers={"smart-protection-server": {"manage": True}}, features=[], deny_rest=False))
        assert made.network_security_groups["smart-protection-server"]["rules"] == {}
        assert set(made.application_security_groups) == set(made.network_security_groups)


class TestPriorities:
    """A rule that moves because another one came or went is, in a group that is not ours, refused half way."""

    def test_frozen(self) -> None:
        """Numbers that stacks have. They never change: a rule that exists would collide with a new one."""
        made = {
            rule["name"]: rule["priority"] for role in ("agent", "relay") for rule in rules(everything(), role).values()
        }
        frozen = {
            "agent-egress-agent-dns-udp-ipv4": 100 + 6 * 32 + 16,
            "agent-egress-agent-dns-udp-ipv6": 100 + 6 * 32 + 17,
            "agent-egress-agent-service-tcp-any-ipv4": 100 + 9 * 32 + 2,
            "agent-egress-agent-service-tcp-any-ipv6": 100 + 9 * 32 + 3,
            "agent-egress-agent-relay-tcp-role-relay": 100 + 10 * 32 + 4 + 2,
            "relay-ingress-agent-relay-tcp-role-agent": 100 + 10 * 32 + 4 + 1,
            "relay-egress-agent-dns-udp-ipv4": 100 + 6 * 32 + 16,
            "agent-egress-agent-syslog-udp-reference-siem-or-syslog-server.second": 3977,
            "agent-egress-deny-rest": 4096,
            "agent-ingress-deny-rest": 4096,
            "agent-ingress-load-balancer": 4095,
        }
        assert {name: made[name] for name in frozen} == frozen

    def test_unique_in_each_direction_and_before_the_rest(self) -> None:
        for group in render(everything()).network_security_groups.values():
            counts = Counter((rule["direction"], rule["priority"]) for rule in group["rules"].values())
            assert max(counts.values()) == 1
            assert all(100 <= rule["priority"] <= 4096 for rule in group["rules"].values())
            assert all(
                rule["priority"] < 4095
                for rule in group["rules"].values()
                if not rule["name"].endswith(("-rest", "-balancer"))
            )

    def test_last_slot_stays_before_the_numbers_by_name(self) -> None:
        made = rules(plan(extra_flows=[own(28, transport="udp", destination="relay")], roles=["agent", "relay"]))
        assert made["agent-egress-own-28-udp-role-relay"]["priority"] == 100 + 107 * 32 + 16 + 4 + 2 < 4096 - 3 - 511

    @pytest.mark.parametrize(
        "less",
        [
            {"decline": {"agent-dns": UNTIL}},
            {"features": []},
            {"extra_flows": [own(2)]},
            {"communication": "bidirectional"},
            {"peers": {"siem-or-syslog-server": DNS}},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_no_rule_moves_when_others_come_or_go(self, less: dict[str, Any]) -> None:
        before, after = rules(plan(extra_flows=[own(1)])), rules(plan(**{"extra_flows": [own(1)]} | less))
        assert before != after
        both = set(before) & set(after)
        assert len(both) > 3
        assert {name: before[name]["priority"] for name in both} == {name: after[name]["priority"] for name in both}

    def test_an_extra_flow_without_slot_has_a_number_by_name(self) -> None:
        (rule,) = (rule for rule in composed(plan()).rules if rule.line == "agent-dns")
        extra = replace(rule, slot=None)
        assert priorities([extra], CATALOGUE, Layout.PER_FLOW, OWNED_BAND, owned=True) == {
            rule.name: 4096 - 3 - number_of(rule.name, 512)
        }

    def test_minimal_is_numbered_in_the_order_of_names(self) -> None:
        made = [rule for rule in rules(plan(layout="minimal")).values() if rule["access"] == "Allow"]
        egress = [rule for rule in made if rule["direction"] == "Outbound"]
        assert [rule["priority"] for rule in egress] == list(range(100, 100 + len(egress)))
        assert [rule["name"] for rule in egress] == sorted(rule["name"] for rule in egress)

    def test_two_names_of_one_number_stand_beside_each_other(self) -> None:
        """512 numbers and a dozen groups of others: one site in ten would have two of one number."""
        numbers: dict[int, str] = {}
        for index in range(1000):
            tag = f"Storage.Region{index}"
            number = number_of(f"agent-egress-agent-syslog-udp-service-tag-{tag}", 512)
            if (other := numbers.setdefault(number, tag)) != tag:
                break

        def numbers_of(tags: list[str], adopted: frozenset[str] = frozenset()) -> list[int]:
            made = render(plan(peers={"siem-or-syslog-server": {"service_tags": tags}}), adopted=adopted)
            assert bool(about(made, "priority-taken")) is (bool(adopted) and len(tags) > 1)
            return sorted(rule["priority"] for name, rule in rules(made).items() if "service-tag" in name)

        (alone,) = numbers_of([tag])
        assert alone == 4096 - 3 - number
        assert numbers_of([tag, other]) == [alone - 1, alone]
        # In a group that is not ours one would move to the place of the other before that is gone.
        theirs = frozenset({"agent"})
        assert numbers_of([tag, other], theirs) == [alone, alone]
        assert numbers_of([tag], theirs) == [alone]

    def test_more_names_than_numbers_fail_the_plan(self) -> None:
        """Azure would refuse the group at the end of an update."""
        tags = [f"Storage.Region{index}" for index in range(513)]
        made = render(plan(peers={"siem-or-syslog-server": {"service_tags": tags}}))
        assert len(about(made, "priority-taken")) == 1
        assert made.findings[0].severity is Severity.ERROR
        fits = render(plan(peers={"siem-or-syslog-server": {"service_tags": tags[:512]}}))
        assert about(fits, "priority-taken") == {}

    def test_band(self) -> None:
        moved = rules(render(plan(), band=Band(300, 4000)))
        assert moved["agent-egress-agent-dns-udp-ipv4"]["priority"] == 300 + 6 * 32 + 16
        assert moved["agent-egress-deny-rest"]["priority"] == 4000
        narrow = about(render(plan(), band=Band(100, 200)), "priority-taken")
        assert "outside of the band" in narrow["agent-egress-agent-dns-udp-ipv4"]
        with pytest.raises(UserError, match="give a first and a last priority from 100 to 4096"):
            render(plan(), band=Band(50, 4096))

    def test_a_group_of_others_takes_no_rules_that_move(self) -> None:
        with pytest.raises(UserError, match=r"layout is minimal.* group of agent is adopted.*say layout: per-flow"):
            render(plan(layout="minimal"), adopted=frozenset({"agent"}))
        assert render(plan(), adopted=frozenset({"agent"})) == render(plan())


class TestDenyTheRest:
    """Azure lets all machines of a network and the internet be reached unless a rule says otherwise."""

    def test_both_directions_and_the_load_balancer(self) -> None:
        made = rules(plan())
        assert [name for name, rule in made.items() if rule["access"] == "Deny"] == [
            "agent-ingress-deny-rest",
            "agent-egress-deny-rest",
        ]
        for direction in ("ingress", "egress"):
            rule = made[f"agent-{direction}-deny-rest"]
            assert (rule["protocol"], rule["destination_port_range"]) == ("*", "*")
            assert (rule["source_address_prefix"], rule["destination_address_prefix"]) == ("*", "*")
        probe = made["agent-ingress-load-balancer"]
        assert (probe["access"], probe["source_address_prefix"]) == ("Allow", "AzureLoadBalancer")
        assert probe["priority"] == made["agent-ingress-deny-rest"]["priority"] - 1

    def test_false_leaves_it_open(self) -> None:
        open_rest = plan(deny_rest=False)
        assert {rule["access"] for rule in rules(open_rest).values()} == {"Allow"}
        assert "agent-ingress-load-balancer" not in rules(open_rest)
        assert any(entry.code == "not-enforced" for entry in open_rest.findings)


class TestNamesAndDescriptions:
    """A name or description over Azure's limit is refused with the whole group."""

    def test_within_the_limits(self) -> None:
        for group in render(everything()).network_security_groups.values():
            for name, rule in group["rules"].items():
                assert name == rule["name"]
                assert NAME_PATTERN.fullmatch(name)
                assert 0 < len(rule["description"]) <= DESCRIPTION_LENGTH

    def test_a_long_name_keeps_its_begin_and_what_makes_it_unique(self) -> None:
        long = "agent-egress-" + "x" * 70
        assert rule_name(long[:80]) == long[:80]
        assert rule_name(long + "a").startswith("agent-egress-xxx")
        assert len(rule_name(long + "a")) == 80
        assert rule_name(long + "a") != rule_name(long + "b")
        assert NAME_PATTERN.fullmatch(rule_name("agent-egress-own-asg."))

    def test_description_says_where_the_page_says_it(self) -> None:
        described = {name: rule["description"] for name, rule in rules(plan()).items()}
        assert described["agent-egress-agent-dns-udp-ipv4"] == "agent-dns: Agents / DNS server / 53 (ws_network)"
        assert described["agent-egress-deny-rest"] == "what no rule before this one allows (ws_network)"

    @pytest.mark.parametrize(("count", "text"), [(2, "own-1; own-2"), (20, "own-16; +4 more (ws_network)")])
    def test_description_of_many_flows_is_shortened_with_a_finding(self, count: int, text: str) -> None:
        made = plan(extra_flows=[own(number) for number in range(1, count + 1)])
        flows = {flow.id: flow for flow in made.flows}
        where = "a long name of the page and of where it says so"
        flows = {flow: replace(found, row=f"{where} for {flow}") for flow, found in flows.items()}
        ids = tuple(f"own-{number}" for number in range(1, count + 1))
        (rule,) = (rule for rule in composed(made).rules if rule.line == "own-1")
        description, (found,) = describe(replace(rule, flows=ids), flows)
        assert len(description) <= DESCRIPTION_LENGTH
        assert text in description
        assert found.code == "description-shortened"
        assert (f"own-{count}" if count > 9 else "lines of the page") in found.text

    def test_an_address_more_changes_one_list_and_nothing_else(self) -> None:
        before = rules(plan(peers={"siem-or-syslog-server": DNS}))
        after = rules(plan(peers={"siem-or-syslog-server": {"cidrs": ["10.20.0.53/32", "10.9.9.9/32"]}}))
        assert list(before) == list(after)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"agent-egress-agent-syslog-udp-ipv4"}
        assert before[(name := changed.pop())] | {"destination_address_prefixes": []} == after[name] | {
            "destination_address_prefixes": []
        }


class TestLimits:
    """Over a limit the update would fail half way, when other resources are made."""

    def test_addresses_of_a_group(self) -> None:
        many = {"cidrs": [f"10.{n // 250}.{n % 250}.1/32" for n in range(3000)]}
        crowded = render(plan(peers={"siem-or-syslog-server": many, "dns-server": many}))
        text = about(crowded, "limit")["agent"]
        assert "over the 4000 of Azure's limit 'IP addresses and ranges" in text
        assert "destination addresses" in text
        count = value_counts(rules(crowded).values())["destination addresses"]
        raised = {"azure-addresses-per-network-security-group": count}
        assert not about(
            render(plan(peers={"siem-or-syslog-server": many, "dns-server": many}, quotas=raised)), "limit"
        )

    def test_rules_of_a_group(self) -> None:
        tags = {"service_tags": [f"Storage.Region{number}" for number in range(1000)]}
        made = render(plan(peers={"siem-or-syslog-server": tags}))
        assert "rules, over the 1000 of Azure's limit 'NSG rules per NSG'" in about(made, "limit")["agent"]

    def test_application_security_groups_of_a_group(self) -> None:
        groups = {"application_security_group_ids": [f"{ASG}{number}" for number in range(101)]}
        made = render(plan(peers={"siem-or-syslog-server": groups}))
        assert about(made, "limit")["agent"].startswith("agent needs 101 application security groups, over the 100")

    @pytest.mark.parametrize(
        ("quotas", "sentence"),
        [
            (
                {"azure-rules-per-nsg": 1},
                "unknown quota 'azure-rules-per-nsg': did you mean 'azure-rules-per-network-s",
            ),
            ({"azure-rules-per-network-security-group": 999}, "less than the 1000 that every account has"),
        ],
    )
    def test_quotas_that_mean_nothing(self, quotas: dict[str, int], sentence: str) -> None:
        with pytest.raises(UserError, match=sentence):
            render(plan(quotas=quotas))

    def test_quotas_of_other_clouds_are_theirs(self) -> None:
        assert render(plan(quotas={"aws-rules-per-security-group": 100})) == render(plan())
        assert all(name.startswith("azure-") for name in QUOTAS.by_name)


class TestFindings:
    """What Azure does otherwise than a reader of the deployment expects."""

    def test_both_groups_must_admit(self) -> None:
        assert "both must admit it" in about(render(plan()), "both-groups")["network security groups"]

    def test_split_means_nothing_here(self) -> None:
        made = plan(split={"agent": 2})
        assert {entry.flow for entry in made.findings if entry.code == "split-ignored"} == {"agent"}
        assert rules(made) == rules(plan())
        assert not any(entry.code == "split-ignored" for entry in plan(split={"agent": 1}).findings)

    def test_accepted_findings_are_information(self) -> None:
        accepted = render(plan(accept={"both-groups": UNTIL}))
        (entry,) = [entry for entry in accepted.findings if entry.code == "both-groups"]
        assert entry.accepted == "a reason"

    def test_same_bytes_for_any_order(self) -> None:
        peers = {"dns-server": {"cidrs": ["10.20.1.53/32", "10.20.0.53/32"]}, "ntp-server": NTP}
        one = plan(roles=["agent", "relay"], peers=peers)
        other = plan(
            roles=["relay", "agent"],
            peers=dict(reversed([*peers.items()])) | {"dns-server": {"cidrs": ["10.20.0.53/32", "10.20.1.53/32"]}},
        )
        assert str(render(one).to_dict()) == str(render(other).to_dict())
        assert (
            render(one).network_security_groups["agent"]["rules"]["agent-egress-deny-rest"]["priority"]
            == OWNED_BAND.last
        )
