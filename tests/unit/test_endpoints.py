"""What the other end of a flow is: the forms of address, best first, and what none of them covers."""

from typing import Any

import pytest

from tests.unit.sites import DNS, OPEN, UNTIL, plan, rule_ids, told
from ws_network.catalogue import Catalogue
from ws_network.deployment import MachineMark, Target
from ws_network.errors import UserError
from ws_network.grammar import EndpointKind, source_is_sayable
from ws_network.plan import Plan

SERVICE = "agent-comm.workload.de-1.cloudone.trendmicro.com"
SENSOR = "xdr-resp-ioc.workload.de-1.cloudone.trendmicro.com"
FILES = "files.trendmicro.com"
BOTH = {SERVICE: {"ipv4": ["9.9.9.1"]}, SENSOR: {"ipv4": ["9.9.9.2"]}}


def forms(*order: str, destination: str = "workload-security", **changes: Any) -> dict[str, Any]:
    """The forms for one destination, everything else by any address."""
    names = {"default": ["any-address"], "aws-security-group": {"default": ["any-address"], destination: list(order)}}
    return {"names": names, "any_address": OPEN["any_address"]} | changes


def list_of(made: Plan, name: str) -> tuple[str, ...]:
    """The blocks of a list; none where the list does not exist."""
    return made.lists[name].cidrs if name in made.lists else ()


def service_rules(made: Plan) -> list[str]:
    """What the agents' flow to the service became."""
    return [rule.peer.value for rule in made.rules if "agent-service" in rule.flows]


class TestTiers:
    """The forms are tried in the order that the site gives; a later one takes only what is left."""

    def test_blocks_then_refuse_fails_and_names_what_no_block_covers(self) -> None:
        made = plan(**forms("blocks", "refuse"))
        assert service_rules(made) == ["blocks-de-1-ipv4"]
        text = f"agent-service: no permitted form of address on aws-security-group covers {SERVICE}, {SENSOR}."
        assert told(made, "names-refused") == {"agent-service": text}
        assert made.failed

    def test_blocks_then_snapshot_covers_all(self) -> None:
        made = plan(snapshot=BOTH, **forms("blocks", "snapshot", "refuse"))
        assert service_rules(made) == ["blocks-de-1-ipv4", "names-agent-service-ipv4"]
        assert list_of(made, "names-agent-service-ipv4") == ("9.9.9.1/32", "9.9.9.2/32")
        assert not made.failed
        assert told(made, "snapshot-used")["agent-service"].endswith(
            f"{SERVICE}, {SENSOR} by addresses resolved at a runner."
        )

    def test_any_address_takes_the_rest(self) -> None:
        made = plan(snapshot={SERVICE: {"ipv4": ["9.9.9.1"]}}, **forms("blocks", "snapshot", "any-address"))
        assert service_rules(made) == ["ipv4", "blocks-de-1-ipv4", "names-agent-service-ipv4"]
        assert SENSOR in told(made, "any-address")["agent-service"]
        assert SERVICE not in told(made, "any-address")["agent-service"]

    def test_nothing_after_refuse_opens(self) -> None:
        made = plan(**forms("refuse", "any-address"))
        assert service_rules(made) == []
        assert "agent-service" in told(made, "names-refused")

    def test_any_address_first_leaves_nothing_for_blocks(self) -> None:
        assert service_rules(plan(**forms("any-address", "blocks"))) == ["ipv4"]

    def test_without_a_snapshot_its_form_covers_nothing(self) -> None:
        assert "agent-service" in told(plan(**forms("blocks", "snapshot", "refuse")), "names-refused")

    def test_forms_that_end_without_refuse_still_fail(self) -> None:
        assert plan(**forms("blocks")).failed


class TestAnyAddress:
    """The widest rule there is carries its reason, and weighs less only where a named policy stands behind it."""

    def test_it_is_high_and_says_why_and_until_when(self) -> None:
        made = plan(**forms("any-address"))
        (found,) = [entry for entry in made.findings if (entry.code, entry.flow) == ("any-address", "agent-service")]
        assert found.severity == "high"
        assert found.text.startswith("agent-service: port 443 is open to any address for ")
        assert found.text.endswith("until 2027-11-30: a reason.")

    def test_it_is_low_behind_a_policy(self) -> None:
        made = plan(**forms("any-address", behind={"aws-security-group": "aws-network-firewall"}))
        found = [entry for entry in made.findings if entry.code == "any-address"]
        assert {entry.severity for entry in found} == {"low"}
        assert all(entry.text.endswith("; aws-network-firewall stands behind it.") for entry in found)

    @pytest.mark.parametrize(
        ("families", "peers"), [(["ipv4"], {"ipv4"}), (["ipv6"], {"ipv6"}), (["ipv4", "ipv6"], {"ipv4", "ipv6"})]
    )
    def test_of_the_site_s_families_alone(self, families: list[str], peers: set[str]) -> None:
        made = plan(**forms("any-address", address_families=families))
        assert set(service_rules(made)) == peers

    def test_ingress_never_opens_to_any_address(self) -> None:
        made = plan(**forms("any-address", communication="bidirectional"))
        assert rule_ids(made, "agent", "ingress") == ["agent-ingress-tcp-4118-blocks-de-1-ipv4"]


class TestBlocks:
    """Published blocks cover the hosts that the page says, and no other."""

    def test_are_those_in_force_of_the_region(self) -> None:
        assert list_of(plan(**OPEN), "blocks-de-1-ipv4") == ("3.69.198.64/27", "18.96.34.160/27")

    def test_a_site_with_ipv6_is_told_that_they_are_ipv4(self) -> None:
        made = plan(address_families=["ipv4", "ipv6"], **OPEN)
        assert set(told(made, "ipv4-only")) == {"agent-service"}
        assert not told(plan(**OPEN), "ipv4-only")

    def test_a_service_without_blocks_cannot_be_a_source(self) -> None:
        full = Catalogue.load()
        bare = full.data.model_copy(update={"address_blocks": ()})
        made = plan(catalogue=Catalogue(bare, full.revision), communication="bidirectional", **OPEN)
        assert told(made, "names-refused") == {
            "service-agent-4118": "service-agent-4118: revision 2025-12-09 has no block of the service as a source."
        }


class TestSnapshot:
    """Resolved addresses are the weakest form: never for content networks, never inside, never silently fewer."""

    def test_nor_where_the_site_gives_its_name(self) -> None:
        host = "iaus.trendmicro.com"
        extra = [UNTIL | {"fqdn": host, "destination": "download-center"}]
        resolved = {host: {"ipv4": ["9.9.9.9"]}, "files.trendmicro.com": {"ipv4": ["9.9.9.8"]}}
        made = plan(extra_hosts=extra, snapshot=resolved, **forms("snapshot", "refuse", destination="download-center"))
        assert f"{host} (content network)" in told(made, "names-refused")["agent-download-center-443"]
        peers = {"siem-or-syslog-server": {"fqdns": [host]}}
        made = plan(peers=peers, snapshot=resolved, **forms("snapshot", "refuse", destination="siem-or-syslog-server"))
        assert f"{host} (content network)" in told(made, "names-refused")["agent-syslog"]
        assert not [found for found in made.lists.values() if "9.9.9.9/32" in found.cidrs]

    def test_where_there_is_none_the_remedy_is_to_resolve(self) -> None:
        made = plan(roles=["relay"], **forms("snapshot", "refuse", destination="download-center"))
        (entry,) = [e for e in made.findings if (e.code, e.flow) == ("names-refused", "relay-download-center")]
        assert entry.remedy == "Make a snapshot of the names with 'ws-network resolve', and give it."

    def test_never_for_a_content_network(self) -> None:
        hosts = ("iaus.activeupdate.trendmicro.com", "iaus.trendmicro.com", "ipv6-iaus.trendmicro.com")
        made = plan(
            roles=["relay"],
            snapshot={host: {"ipv4": ["9.9.9.9"]} for host in hosts},
            **forms("snapshot", "refuse", destination="trend-micro-update-server"),
        )
        assert "iaus.trendmicro.com (content network)" in told(made, "names-refused")["relay-au-443"]
        assert not [found for found in made.lists.values() if "9.9.9.9/32" in found.cidrs]

    def test_both_families_where_the_site_has_them(self) -> None:
        found = {FILES: {"ipv4": ["9.9.9.1"], "ipv6": ["2600::1"]}}
        dual = plan(
            snapshot=found,
            **forms("snapshot", "refuse", destination="download-center", address_families=["ipv4", "ipv6"]),
        )
        assert list_of(dual, "names-relay-download-center-ipv6") == ("2600::1/128",)
        single = plan(snapshot=found, **forms("snapshot", "refuse", destination="download-center"))
        assert list_of(single, "names-relay-download-center-ipv4") == ("9.9.9.1/32",)
        assert "names-relay-download-center-ipv6" not in single.lists

    def test_a_name_with_addresses_of_another_family_only_is_not_covered(self) -> None:
        made = plan(
            snapshot={FILES: {"ipv6": ["2600::1"]}}, **forms("snapshot", "refuse", destination="download-center")
        )
        assert "agent-download-center-443" in told(made, "names-refused")

    def test_absent_addresses_stay_until_the_grace_window_ends(self) -> None:
        made = plan(
            snapshot={FILES: {"ipv4": ["9.9.9.1", "9.9.9.2"], "absent_since": {"9.9.9.2": "2026-01-05"}}},
            **forms("snapshot", "refuse", destination="download-center"),
        )
        assert list_of(made, "names-relay-download-center-ipv4") == ("9.9.9.1/32", "9.9.9.2/32")

    def test_a_name_without_address_is_told_although_another_form_takes_it(self) -> None:
        made = plan(snapshot={SERVICE: {"ipv4": ["9.9.9.1"]}}, **forms("blocks", "snapshot", "any-address"))
        text = f"agent-service: the snapshot has no address for {SENSOR}."
        assert told(made, "snapshot-missing") == {"agent-service": text}
        assert not told(plan(snapshot=BOTH, **forms("blocks", "snapshot", "any-address")), "snapshot-missing")

    def test_what_older_files_say_of_completeness_is_read_past(self) -> None:
        made = plan(
            snapshot={FILES: {"ipv4": ["9.9.9.1"], "complete": False}},
            **forms("snapshot", "refuse", destination="download-center"),
        )
        assert list_of(made, "names-relay-download-center-ipv4") == ("9.9.9.1/32",)

    @pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1"])
    def test_an_answer_inside_is_refused(self, address: str) -> None:
        with pytest.raises(
            UserError, match=rf"^the snapshot has {address} for {FILES}, which is no public address: resolve again on"
        ):
            plan(snapshot={FILES: {"ipv4": [address]}}, **forms("snapshot", destination="download-center"))

    def test_a_wildcard_stands_for_the_listed_names_and_is_told(self) -> None:
        made = plan(snapshot=BOTH, **forms("blocks", "snapshot"))
        assert "*workload" in told(made, "wildcard-expanded")["agent-service"]

    def test_flows_with_the_same_hosts_share_a_list(self) -> None:
        made = plan(
            features=["web-reputation"],
            snapshot={"dsaas.url.trendmicro.com": {"ipv4": ["9.9.9.1"]}},
            **forms("snapshot", destination="smart-protection-network"),
        )
        assert {
            "agent-egress-tcp-443-names-agent-spn-80-ipv4",
            "agent-egress-tcp-80-names-agent-spn-80-ipv4",
        } <= set(rule_ids(made))


class TestPeers:
    """A peer is rendered in every form that it is given in."""

    def test_every_form_of_one_peer(self) -> None:
        peer = {
            "cidrs": ["10.20.0.53/32", "fd12:3456:20::53/128"],
            "security_group_ids": ["444455556666/sg-0a1b2c3d4e5f60718"],
            "prefix_list_ids": ["pl-0f3a9c21d4e5b6a78"],
        }
        made = plan(peers={"dns-server": peer})
        assert [rule.peer.value for rule in made.rules if rule.flows == ("agent-dns",)] == [
            "444455556666/sg-0a1b2c3d4e5f60718",
            "peer-dns-server-ipv4",
            "peer-dns-server-ipv6",
            "pl-0f3a9c21d4e5b6a78",
        ]

    def test_names_of_the_site_need_a_form_too(self) -> None:
        made = plan(peers={"siem-or-syslog-server": {"fqdns": ["siem.corp.example"]}})
        assert "siem.corp.example" in told(made, "names-refused")["agent-syslog"]

    def test_names_of_the_site_may_be_inside_where_it_says_so(self) -> None:
        peer = {"fqdns": ["siem.corp.example"], "within": ["10.20.0.0/16"]}
        found = {"siem.corp.example": {"ipv4": ["10.20.0.30"]}}
        site = forms("snapshot", "refuse", destination="siem-or-syslog-server", peers={"siem-or-syslog-server": peer})
        assert list_of(plan(snapshot=found, **site), "names-peer-siem-or-syslog-server-ipv4") == ("10.20.0.30/32",)
        with pytest.raises(UserError, match=r"the snapshot has 10\.21\.0\.30 for siem\.corp\.example"):
            plan(snapshot={"siem.corp.example": {"ipv4": ["10.21.0.30"]}}, **site)

    def test_names_are_not_needed_where_there_are_addresses(self) -> None:
        made = plan(peers={"siem-or-syslog-server": {"fqdns": ["siem.corp.example"], "cidrs": ["10.20.0.30/32"]}})
        assert "agent-syslog" not in told(made, "names-refused")

    def test_the_platform_s_own_is_a_finding_and_no_rule(self) -> None:
        made = plan(peers={"dns-server": {"platform": True}, "ntp-server": {"platform": True}}, **OPEN)
        assert set(told(made, "platform-unfiltered")) == {"agent-dns", "agent-ntp"}
        assert not [rule for rule in made.rules if rule.ports.first in {53, 123}]

    def test_addresses_that_aws_does_not_filter_are_a_finding_and_no_rule(self) -> None:
        made = plan(peers={"dns-server": {"cidrs": ["169.254.169.253/32", "10.20.0.53/32"]}})
        assert told(made, "platform-unfiltered")["agent-dns"] == (
            "agent-dns: aws-security-group does not filter 169.254.169.253/32."
        )
        assert list_of(made, "peer-dns-server-ipv4") == ("10.20.0.53/32",)

    def test_host_names_beside_what_aws_does_not_filter_are_not_lost(self) -> None:
        """The resolver of the VPC, and a second one that only has a name."""
        peer = {"cidrs": ["169.254.169.253/32"], "fqdns": ["dns.corp.example"], "within": ["10.20.0.0/24"]}
        made = plan(peers={"dns-server": peer})
        assert "dns.corp.example" in told(made, "names-refused")["agent-dns"]
        answer = {"dns.corp.example": {"ipv4": ["10.20.0.54"]}}
        made = plan(peers={"dns-server": peer}, snapshot=answer, names={"default": ["snapshot"]})
        assert list_of(made, "names-peer-dns-server-ipv4") == ("10.20.0.54/32",)

    def test_icmp_is_ipv4_s(self) -> None:
        made = plan(icmp=True, peers={"network": {"cidrs": ["10.0.0.0/8", "fd12::/16"]}}, **OPEN)
        assert rule_ids(made, "agent", "ingress") == ["agent-ingress-icmp-3-4-peer-network-ipv4"]
        assert "fd12::/16" in told(made, "ipv4-only")["agent-icmp"]


class TestManage:
    """Both ends of a flow inside the site get their rule; one without the other is a dropped packet."""

    @pytest.mark.parametrize(
        ("changes", "ingress"),
        [
            (
                {"peers": {"siem-or-syslog-server": {"manage": True, "through": "both"}}},
                {
                    "siem-or-syslog-server-ingress-udp-514-role-agent",
                    "siem-or-syslog-server-ingress-udp-514-blocks-de-1-ipv4",
                    "siem-or-syslog-server-ingress-tcp-6514-blocks-de-1-ipv4",
                },
            ),
            (
                {"peers": {"smart-protection-server": {"manage": True}}},
                {f"smart-protection-server-ingress-tcp-{port}-role-agent" for port in (80, 443, 5274, 5275)},
            ),
            ({"roles": ["agent", "relay"]}, {"relay-ingress-tcp-4122-role-agent", "relay-ingress-tcp-4122-role-relay"}),
            (
                {"peers": {"relay": {"manage": True}}},
                {"relay-ingress-tcp-4122-role-agent", "relay-ingress-tcp-4122-role-relay"},
            ),
            (
                {"proxy": {"manage": True, "port": 1443, "covers": []}},
                {"web-proxy-ingress-tcp-1443-role-agent"},
            ),
            (
                {"roles": ["relay"], "peers": {"agent": {"cidrs": ["10.40.0.0/16"]}}},
                {"relay-ingress-tcp-4122-peer-agent-ipv4", "relay-ingress-tcp-4122-role-relay"},
            ),
        ],
    )
    def test_ingress(self, changes: dict[str, Any], ingress: set[str]) -> None:
        assert {rule.id for rule in plan(**OPEN | changes).rules if rule.direction == "ingress"} == ingress

    def test_nobody_to_listen_for_is_told(self) -> None:
        made = plan(roles=["relay"], **OPEN)
        assert told(made, "manage-without-source") == {
            "agent-relay": "agent-relay: relay listens on agent's behalf, and the site has no agent."
        }

    def test_a_role_elsewhere_and_here_is_both(self) -> None:
        made = plan(roles=["agent", "relay"], peers={"relay": DNS}, **OPEN)
        assert {"agent-egress-tcp-4122-peer-relay-ipv4", "agent-egress-tcp-4122-role-relay"} <= set(rule_ids(made))


AZURE, POLICY, VPC = Target.AZURE_NSG, Target.GCP_FIREWALL_POLICY, Target.GCP_VPC_FIREWALL
ASG = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/siem/providers/Microsoft.Network/"
    "applicationSecurityGroups/collectors"
)
GROUP = "projects/hub/locations/global/addressGroups/collectors"
EVERY_FORM = {
    "cidrs": ["10.20.0.30/32"],
    "fqdns": ["siem.corp.example"],
    "prefix_list_ids": ["pl-0f3a9c21d4e5b6a78"],
    "security_group_ids": ["sg-0a1b2c3d4e5f60718"],
    "service_tags": ["AzureMonitor"],
    "application_security_group_ids": [ASG],
    "address_groups": [GROUP],
    "secure_tags": ["tagValues/281478395625"],
    "service_accounts": ["siem@hub.iam.gserviceaccount.com"],
    "network_tags": ["siem"],
}
TAGGED = dict.fromkeys(("agent", "relay"), MachineMark.SECURE_TAG)
NETWORK = dict.fromkeys(("agent", "relay"), MachineMark.NETWORK_TAG)
ACCOUNTS = dict.fromkeys(("agent", "relay"), MachineMark.SERVICE_ACCOUNT)


def on(target: Target, marks: dict[str, MachineMark] | None = None, **changes: Any) -> Plan:
    """The plan of a site on another target, the rest denied, every name by any address."""
    return plan(target=target, marks=marks, deny_rest=True, **OPEN | changes)


def ends(made: Plan, flow: str, direction: str) -> set[str]:
    """The other ends of a flow's rules in a direction, as `kind value`."""
    return {
        f"{rule.peer.kind} {rule.peer.value}"
        for rule in made.rules
        if flow in rule.flows and rule.direction == direction
    }


class TestFormsOfEachCloud:
    """One file for three clouds: each takes the forms of a peer that are its own, and leaves the others."""

    @pytest.mark.parametrize(
        ("target", "own"),
        [
            (Target.AWS_SECURITY_GROUP, {"security-group sg-0a1b2c3d4e5f60718", "prefix-list pl-0f3a9c21d4e5b6a78"}),
            (AZURE, {"service-tag AzureMonitor", f"application-security-group {ASG}"}),
            (POLICY, {f"address-group {GROUP}"}),
            (VPC, set()),
        ],
    )
    def test_as_a_destination(self, target: Target, own: set[str]) -> None:
        made = on(target, TAGGED, peers={"siem-or-syslog-server": EVERY_FORM})
        assert ends(made, "agent-syslog", "egress") == own | {"list peer-siem-or-syslog-server-ipv4"}
        assert not told(made, "peer-unsayable")

    @pytest.mark.parametrize(
        ("target", "marks", "own"),
        [
            (
                Target.AWS_SECURITY_GROUP,
                {},
                {"security-group sg-0a1b2c3d4e5f60718", "prefix-list pl-0f3a9c21d4e5b6a78"},
            ),
            (AZURE, {}, {"service-tag AzureMonitor", f"application-security-group {ASG}"}),
            (POLICY, TAGGED, {f"address-group {GROUP}", "secure-tag tagValues/281478395625"}),
            (POLICY, ACCOUNTS, {f"address-group {GROUP}", "secure-tag tagValues/281478395625"}),
            (VPC, NETWORK, {"network-tag siem"}),
            (VPC, ACCOUNTS, {"service-account siem@hub.iam.gserviceaccount.com"}),
        ],
    )
    def test_as_a_source(self, target: Target, marks: dict[str, MachineMark], own: set[str]) -> None:
        """A rule of a VPC takes the kind of mark by which it finds its own machines, and no other."""
        made = on(target, marks, roles=["relay"], peers={"agent": EVERY_FORM})
        assert ends(made, "agent-relay", "ingress") == own | {"list peer-agent-ipv4"}
        told_of = told(made, "form-left-out").get("agent-relay", "")
        other = {"network-tag": "service_accounts", "service-account": "network_tags"} if target is VPC else {}
        assert [key for key in ("service_accounts", "network_tags") if f" {key} of agent" in told_of] == [
            other[mark] for mark in {str(mark) for mark in marks.values()} if target is VPC
        ]

    @pytest.mark.parametrize(
        ("target", "given"),
        [
            (Target.AWS_SECURITY_GROUP, {"service_tags": ["AzureMonitor"]}),
            (AZURE, {"security_group_ids": ["sg-0a1b2c3d4e5f60718"]}),
            (POLICY, {"secure_tags": ["tagValues/281478395625"]}),
            (VPC, {"address_groups": [GROUP]}),
        ],
    )
    def test_none_that_the_target_can_say_fails_the_plan(self, target: Target, given: dict[str, Any]) -> None:
        made = on(target, TAGGED, peers={"siem-or-syslog-server": given})
        assert ends(made, "agent-syslog", "egress") == set()
        text = f"agent-syslog: a rule of {target} cannot name siem-or-syslog-server there by what is given of it ("
        assert told(made, "peer-unsayable")["agent-syslog"].startswith(text)
        assert made.failed

    def test_names_stand_in_for_what_cannot_be_said(self) -> None:
        peer = {"secure_tags": ["tagValues/281478395625"], "fqdns": ["siem.corp.example"]}
        made = on(POLICY, TAGGED, peers={"siem-or-syslog-server": peer}, names={"default": ["fqdn"]})
        assert ends(made, "agent-syslog", "egress") == {"names names-peer-siem-or-syslog-server"}
        assert not told(made, "peer-unsayable")


class TestRolesOfTheSite:
    """GCP names machines as sources only: a relay that agents cannot reach looks like a plan that worked."""

    SITE = {"roles": ["agent", "relay"]}  # noqa: RUF012 - never changed

    @pytest.mark.parametrize(("target", "marks"), [(POLICY, TAGGED), (VPC, NETWORK)])
    def test_as_a_destination_need_ranges(self, target: Target, marks: dict[str, MachineMark]) -> None:
        without = on(target, marks, **self.SITE)
        assert "agent-relay" in told(without, "peer-unsayable")
        assert without.failed
        made = on(target, marks, peers={"relay": DNS}, **self.SITE)
        assert ends(made, "agent-relay", "egress") == {"list peer-relay-ipv4"}
        assert told(made, "role-by-ranges")["agent-relay"] == (
            f"agent-relay: a rule of {target} reaches relay there by the ranges under peers.relay alone."
        )

    @pytest.mark.parametrize(("target", "marks"), [(POLICY, TAGGED), (VPC, NETWORK), (VPC, ACCOUNTS)])
    def test_as_a_source_are_named(self, target: Target, marks: dict[str, MachineMark]) -> None:
        made = on(target, marks, peers={"relay": DNS}, **self.SITE)
        assert ends(made, "agent-relay", "ingress") == {"role agent"}

    def test_of_two_kinds_of_marks_cannot_be_in_one_rule_of_a_vpc(self) -> None:
        mixed = {"agent": MachineMark.SERVICE_ACCOUNT, "relay": MachineMark.NETWORK_TAG}
        made = on(VPC, mixed, peers={"relay": DNS}, **self.SITE)
        assert ends(made, "agent-relay", "ingress") == set()
        assert "(agent)" in told(made, "peer-unsayable")["agent-relay"]
        ranges = on(VPC, mixed, peers={"relay": DNS, "agent": {"cidrs": ["10.40.0.0/16"]}}, **self.SITE)
        assert ends(ranges, "agent-relay", "ingress") == {"list peer-agent-ipv4"}
        assert "agent-relay" in told(ranges, "role-by-ranges")

    def test_found_by_account_are_no_source_in_a_policy(self) -> None:
        mixed = {"agent": MachineMark.SERVICE_ACCOUNT, "relay": MachineMark.SECURE_TAG}
        made = on(POLICY, mixed, peers={"relay": DNS}, **self.SITE)
        assert ends(made, "agent-relay", "ingress") == set()
        assert "agent-relay" in told(made, "peer-unsayable")

    def test_the_tag_of_others_does_not_stand_for_them(self) -> None:
        """Agents of this site wear an account; a tag that the caller gives is of agents elsewhere."""
        mixed = {"agent": MachineMark.SERVICE_ACCOUNT, "relay": MachineMark.NETWORK_TAG}
        made = on(VPC, mixed, peers={"relay": DNS}, references=("agent/branch",), **self.SITE)
        assert ends(made, "agent-relay", "ingress") == {"reference agent/branch"}
        assert "(agent)" in told(made, "peer-unsayable")["agent-relay"]

    def test_ranges_that_the_platform_does_not_filter_stand_for_nobody(self) -> None:
        made = on(POLICY, TAGGED, peers={"relay": {"cidrs": ["169.254.169.254/32"]}}, **self.SITE)
        assert "agent-relay" in told(made, "platform-unfiltered")
        assert "agent-relay" in told(made, "peer-unsayable")

    def test_the_platform_s_own_needs_no_ranges(self) -> None:
        made = on(POLICY, TAGGED, peers={"dns-server": {"platform": True, "manage": True}})
        assert "agent-dns" in told(made, "platform-unfiltered")
        assert "agent-dns" not in told(made, "peer-unsayable")

    def test_are_groups_on_azure_in_both_directions(self) -> None:
        made = on(AZURE, **self.SITE)
        assert ends(made, "agent-relay", "egress") == {"role relay"}
        assert ends(made, "agent-relay", "ingress") == {"role agent"}
        assert not made.failed

    @pytest.mark.parametrize(
        ("target", "kind", "own", "other", "sayable"),
        [
            (AZURE, EndpointKind.ROLE, None, None, True),
            (POLICY, EndpointKind.ROLE, MachineMark.SERVICE_ACCOUNT, MachineMark.SECURE_TAG, True),
            (POLICY, EndpointKind.ROLE, MachineMark.SECURE_TAG, MachineMark.SERVICE_ACCOUNT, False),
            (POLICY, EndpointKind.REFERENCE, MachineMark.SERVICE_ACCOUNT, None, True),
            (VPC, EndpointKind.ROLE, MachineMark.NETWORK_TAG, MachineMark.NETWORK_TAG, True),
            (VPC, EndpointKind.ROLE, None, None, False),
            (VPC, EndpointKind.REFERENCE, MachineMark.SERVICE_ACCOUNT, None, False),
            (VPC, EndpointKind.NETWORK_TAG, MachineMark.SERVICE_ACCOUNT, None, False),
            (VPC, EndpointKind.LIST, MachineMark.SERVICE_ACCOUNT, None, True),
        ],
    )
    def test_sayable_as_a_source(
        self, target: Target, kind: EndpointKind, own: MachineMark, other: MachineMark, *, sayable: bool
    ) -> None:
        assert source_is_sayable(target, kind, own, other) is sayable


class TestFollowedNames:
    """A policy of GCP follows names; nobody knows here which addresses that opens, so it is told."""

    NAMES = {"names": {"default": ["any-address"], "gcp-firewall-policy": ["blocks", "fqdn"]}}  # noqa: RUF012

    def test_take_what_no_block_covers(self) -> None:
        made = on(POLICY, TAGGED, **self.NAMES)
        assert ends(made, "agent-service", "egress") == {"list blocks-de-1-ipv4", "names names-agent-service"}
        assert made.name_lists["names-agent-service"].fqdns == (SERVICE, SENSOR)
        assert told(made, "followed-by-name")["agent-service"] == (
            f"agent-service: gcp-firewall-policy follows {SERVICE}, {SENSOR} by its own DNS."
        )
        assert not made.failed

    def test_are_no_form_elsewhere(self) -> None:
        site = OPEN | {"names": {"default": ["fqdn", "any-address"]}}
        assert ends(on(VPC, NETWORK, **site), "agent-service", "egress") == {"any ipv4"}
        assert ends(on(AZURE, **site), "agent-service", "egress") == {"any ipv4"}

    def test_are_a_form_of_destinations_alone(self) -> None:
        """A name as the source of an ingress rule was written as if the relay answered to it."""
        site = {"roles": ["relay"], "peers": {"agent": {"fqdns": ["agents.corp.example"]}}}
        refused = on(POLICY, TAGGED, names={"default": ["fqdn"]}, **site)
        assert ends(refused, "agent-relay", "ingress") == set()
        assert "agents.corp.example" in told(refused, "names-refused")["agent-relay"]
        found = {"agents.corp.example": {"ipv4": ["9.9.9.9"]}}
        made = on(POLICY, TAGGED, snapshot=found, names={"default": ["fqdn", "snapshot"]}, **site)
        assert ends(made, "agent-relay", "ingress") == {"list names-peer-agent-ipv4"}

    def test_of_a_content_network_are_told_apart(self) -> None:
        made = on(POLICY, TAGGED, roles=["relay"], **self.NAMES)
        assert "iaus.trendmicro.com" in told(made, "content-network-by-name")["relay-au-443"]
        assert "relay/agent-download-center-443" not in told(made, "content-network-by-name")

    def test_stand_for_the_page_s_wildcard_or_refuse_to(self) -> None:
        expanded = on(POLICY, TAGGED, **self.NAMES)
        assert told(expanded, "wildcard-expanded")["agent-service"].endswith("; the listed names stand for it.")
        refused = on(POLICY, TAGGED, wildcards="refuse", **self.NAMES)
        assert told(refused, "wildcard-refused")["agent-service"].endswith("and the deployment says wildcards: refuse.")
        assert not told(refused, "wildcard-expanded")
        assert refused.failed
        assert not expanded.failed


class TestUnfiltered:
    """Each platform has addresses that its rules do not see; a rule for them would only pretend to open them."""

    @pytest.mark.parametrize(
        ("target", "address"),
        [
            (AZURE, "168.63.129.16/32"),
            (AZURE, "169.254.169.254/32"),
            (POLICY, "169.254.169.254/32"),
            (VPC, "169.254.169.254/32"),
        ],
    )
    def test_is_a_finding_and_no_rule(self, target: Target, address: str) -> None:
        made = on(target, TAGGED, peers={"dns-server": {"cidrs": [address]}})
        assert told(made, "platform-unfiltered")["agent-dns"] == f"agent-dns: {target} does not filter {address}."
        assert ends(made, "agent-dns", "egress") == set()

    def test_another_cloud_s_is_an_address_like_any_other(self) -> None:
        made = on(POLICY, TAGGED, peers={"dns-server": {"cidrs": ["168.63.129.16/32"]}})
        assert ends(made, "agent-dns", "egress") == {"list peer-dns-server-ipv4"}
