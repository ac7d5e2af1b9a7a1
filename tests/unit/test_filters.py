"""Targets that filter names: what they are told to admit, and what stands behind any address."""

from typing import Any

import pytest

from tests.unit.sites import OPEN, UNTIL, plan, told
from ws_network.catalogue import Catalogue, Transport
from ws_network.deployment import Target
from ws_network.endpoints import NameList
from ws_network.errors import UserError
from ws_network.grammar import EndpointKind
from ws_network.plan import Packet, Plan
from ws_network.rules import Direction
from ws_network.views.planned import other_end
from ws_network.views.questions import ask

FIREWALL, DNS, AZURE, PROXY = (
    Target.AWS_NETWORK_FIREWALL,
    Target.AWS_DNS_FIREWALL,
    Target.AZURE_FIREWALL,
    Target.GCP_SECURE_WEB_PROXY,
)
FILTERS = (FIREWALL, DNS, AZURE, PROXY)
REGIONS = [region.id for region in Catalogue.load().regions.values() if region.deployable]
SIEM = {"siem-or-syslog-server": {"fqdns": ["siem.corp.example"]}}


def passes(made: Plan, host: str, port: int = 443, protocol: Transport = Transport.TCP) -> bool:
    return made.allows(Packet("agent", Direction.EGRESS, protocol, port, host))


class TestNames:
    """A filter of names admits what the vendor may name, and nothing that only looks like it."""

    @pytest.mark.parametrize("target", FILTERS)
    @pytest.mark.parametrize("region", REGIONS)
    def test_the_wildcard_ends_at_a_dot(self, target: Target, region: str) -> None:
        made = plan(target=target, region=region)
        apex = f"workload.{region}.cloudone.trendmicro.com"
        for host in (apex, f"agents-011.{apex}", f"new.and.deeper.{apex}", f"AGENTS.{apex}".upper()):
            assert passes(made, host), host
        for host in (
            f"x{apex}",
            f"evil-{apex}",
            f"evil-{apex}.attacker.example",
            f"{apex}.attacker.example",
            apex.removeprefix("workload."),
            "files.trendmicro.com.attacker.example",
        ):
            assert not passes(made, host), host

    @pytest.mark.parametrize("target", FILTERS)
    def test_what_it_admits_beyond_the_page_is_told(self, target: Target) -> None:
        made = plan(target=target)
        assert told(made, "wildcard-admitted")["agent-service"] == (
            f"agent-service: {target} admits workload.de-1.cloudone.trendmicro.com and every name under it, as the "
            "page's wildcard says; the catalogue lists 16 of them."
        )

    def test_a_name_has_its_port(self) -> None:
        made = plan(target=FIREWALL)
        assert passes(made, "dsaas.url.trendmicro.com", 80)
        assert passes(made, "workload.de-1.cloudone.trendmicro.com")
        assert not passes(made, "workload.de-1.cloudone.trendmicro.com", 80)
        assert not passes(made, "dsaas.url.trendmicro.com", 8443)
        assert not passes(made, "dsaas.url.trendmicro.com", 443, Transport.UDP)

    @pytest.mark.parametrize("target", FILTERS)
    def test_a_rule_for_every_target_speaks_of_addresses(self, target: Target) -> None:
        """Blocks as the default of a site would else leave the filter without most names."""
        assert not told(plan(target=target, names={"default": ["blocks", "refuse"]}), "names-refused")
        refused = plan(target=target, names={str(target): ["refuse"]})
        assert "agent-service" in told(refused, "names-refused")

    def test_exact_names_are_those_that_no_wildcard_admits(self) -> None:
        found = NameList("n", ("a.b.example", "b.example", "xb.example"), ("b.example",), filtered=True)
        assert found.exact == ("xb.example",)


class TestWhatIsSeen:
    """At the edge of a network some traffic never arrives, and some carries no name."""

    @pytest.mark.parametrize("target", FILTERS)
    def test_only_what_leaves(self, target: Target) -> None:
        made = plan(target=target, roles=["agent", "relay"], **OPEN)
        assert {rule.direction for rule in made.rules} == {Direction.EGRESS}
        assert not {rule.peer.kind for rule in made.rules} - {EndpointKind.NAMES, EndpointKind.LIST}
        assert "relay" in told(made, "not-seen")["agent-relay"]
        assert not made.failed

    def test_machines_of_the_site_by_their_ranges(self) -> None:
        """Relays in another network are beyond the firewall, although they are the site's own."""
        made = plan(target=FIREWALL, roles=["agent", "relay"], peers={"relay": {"cidrs": ["10.99.0.0/28"]}})
        assert passes(made, "10.99.0.4", 4122)

    @pytest.mark.parametrize(("target", "seen"), [(FIREWALL, True), (AZURE, True), (DNS, False), (PROXY, False)])
    def test_what_is_reached_by_address(self, target: Target, *, seen: bool) -> None:
        made = plan(target=target)
        assert passes(made, "10.20.0.53", 53, Transport.UDP) is seen
        assert ("agent-dns" in told(made, "not-seen")) is not seen

    @pytest.mark.parametrize(("target", "form"), [(FIREWALL, "prefix_list_ids"), (AZURE, "service_tags")])
    def test_ids_that_stand_for_ranges(self, target: Target, form: str) -> None:
        """A list of ranges on premises is behind the firewall, which drops what it is not told."""
        ids = {"prefix_list_ids": ["pl-0f3a9c21d4e5b6a78"], "service_tags": ["Storage.WestEurope"]}[form]
        alone = plan(target=target, peers={"siem-or-syslog-server": {form: ids}})
        beside = plan(target=target, peers={"siem-or-syslog-server": {form: ids, "cidrs": ["10.9.0.0/28"]}})
        if target is AZURE:
            assert EndpointKind.SERVICE_TAG in {rule.peer.kind for rule in alone.rules if "agent-syslog" in rule.flows}
            return
        assert form in told(alone, "peer-unsayable")["agent-syslog"]
        assert form in told(beside, "form-left-out")["agent-syslog"]

    def test_groups_are_inside(self) -> None:
        made = plan(target=FIREWALL, peers={"siem-or-syslog-server": {"security_group_ids": ["sg-0a1b2c3d4e5f60718"]}})
        assert "agent-syslog" in told(made, "not-seen")

    def test_a_name_that_is_not_in_the_traffic(self) -> None:
        """Syslog over UDP carries no host name: only a target that follows names by DNS can admit it."""
        assert "siem.corp.example" in told(plan(target=FIREWALL, peers=SIEM), "names-refused")["agent-syslog"]
        followed = plan(target=AZURE, peers=SIEM)
        assert passes(followed, "siem.corp.example", 514, Transport.UDP)
        (found,) = [names for names in followed.name_lists.values() if "siem.corp.example" in names.fqdns]
        assert not found.filtered
        by_address = plan(
            target=FIREWALL,
            peers=SIEM,
            names={"aws-network-firewall": {"siem-or-syslog-server": ["snapshot"]}},
            snapshot={"siem.corp.example": {"ipv4": ["9.9.9.9"]}},
        )
        assert passes(by_address, "9.9.9.9", 514, Transport.UDP)

    def test_queries_have_no_port(self) -> None:
        """A resolver is asked for the name of the SIEM too, whatever port follows."""
        assert passes(plan(target=DNS, peers=SIEM), "siem.corp.example", 514, Transport.UDP)


class TestNothingIsLost:
    """A firewall that drops the rest drops what it was not told, so what it is not told has to be said."""

    def test_a_peer_called_like_a_line_of_the_page(self) -> None:
        """Its names once took the place of the service's, and every agent would have lost its manager."""
        extra = {"id": "own", "source": "agent", "destination": "agent-service", "transport": "tcp", "ports": [443]}
        peers = {"agent-service": {"fqdns": ["cmdb.corp.example"]}}
        made = plan(target=FIREWALL, peers=peers, extra_flows=[UNTIL | extra])
        assert passes(made, "workload.de-1.cloudone.trendmicro.com")
        assert passes(made, "cmdb.corp.example")

    @pytest.mark.parametrize("target", [FIREWALL, AZURE])
    def test_what_enters_is_told(self, target: Target) -> None:
        siem = {"siem-or-syslog-server": {"manage": True, "through": "both", "cidrs": ["10.9.0.0/28"]}}
        made = plan(target=target, communication="bidirectional", peers=siem)
        entering = {"service-agent-4118", "service-syslog-udp", "service-syslog-tls"}
        assert {e.flow for e in made.findings if (e.code, e.severity) == ("enters-elsewhere", "medium")} == entering
        assert not told(plan(target=DNS, communication="bidirectional"), "enters-elsewhere")

    @pytest.mark.parametrize("target", FILTERS)
    def test_every_flow_has_a_rule_or_a_finding(self, target: Target) -> None:
        site = {"roles": ["agent", "relay", "administrator", "data-center-gateway"], "communication": "bidirectional"}
        peers = {"vmware-vcenter": {"cidrs": ["10.60.8.10/32"]}, "microsoft-active-directory": {"fqdns": ["ad.corp"]}}
        made = plan(target=target, peers=peers, **site)
        about = {flow for rule in made.rules for flow in rule.flows} | {entry.flow for entry in made.findings}
        left = {flow.id for flow in made.flows} - about
        assert left <= ({"service-agent-4118", "relay/service-agent-4118"} if target in {DNS, PROXY} else set())

    @pytest.mark.parametrize(
        ("target", "host", "remedy"),
        [
            (
                AZURE,
                "xn--mirror-9xa.corp.example",
                "Say names: {azure-firewall: {download-center: [name-filter, fqdn]}}, or",
            ),
            (DNS, "my_mirror.corp.example", "Give the host a name without it, or leave this filter out."),
        ],
    )
    def test_names_that_the_target_does_not_filter(self, target: Target, host: str, remedy: str) -> None:
        extra = [UNTIL | {"fqdn": host, "destination": "download-center"}]
        made = plan(target=target, extra_hosts=extra, names={str(target): ["name-filter", "refuse"]})
        (entry,) = [e for e in made.findings if (e.code, e.flow) == ("names-refused", "agent-download-center-443")]
        assert host in entry.text
        assert "which filters no name with" in entry.text
        assert entry.remedy.startswith(remedy)
        assert passes(made, "files.trendmicro.com")

    def test_azure_follows_by_dns_what_it_does_not_filter(self) -> None:
        host = "xn--mirror-9xa.corp.example"
        made = plan(target=AZURE, extra_hosts=[UNTIL | {"fqdn": host, "destination": "download-center"}])
        assert not made.failed
        assert passes(made, host)

    def test_the_remedy_of_a_filter_names_what_it_takes(self) -> None:
        made = plan(target=FIREWALL, peers=SIEM)
        (entry,) = [each for each in made.findings if each.code == "names-refused"]
        assert entry.remedy == (
            "Give peers.siem-or-syslog-server.cidrs, or say names: {aws-network-firewall: {siem-or-syslog-server: "
            "[snapshot]}} and give a snapshot."
        )

    def test_addresses_in_place_of_names_hold_no_wildcard(self) -> None:
        names = {"aws-network-firewall": {"workload-security": ["snapshot"]}}
        hosts = [name.fqdn for flow in plan().flows if flow.id == "agent-service" for name in flow.names]
        resolved = {host: {"ipv4": ["9.9.9.9"]} for host in hosts}
        made = plan(target=FIREWALL, names=names, snapshot=resolved)
        assert (
            "by addresses aws-network-firewall cannot say *workload" in told(made, "wildcard-expanded")["agent-service"]
        )
        assert not told(made, "wildcard-admitted")
        both = plan(target=FIREWALL, names={"aws-network-firewall": ["snapshot", "name-filter"]}, snapshot=resolved)
        assert "agent-service" not in told(both, "wildcard-admitted")
        refused = plan(target=FIREWALL, names=names, snapshot=resolved, wildcards="refuse")
        assert "agent-service" in told(refused, "wildcard-refused")


class TestBehind:
    """Any address is as narrow as the policy behind it, so the plan looks whether that admits every host."""

    OPEN_BEHIND: dict[str, Any] = OPEN | {"behind": {"aws-security-group": "aws-network-firewall"}}

    def test_a_policy_that_admits_every_host(self) -> None:
        made = plan(**self.OPEN_BEHIND)
        assert not told(made, "behind-uncovered")
        assert not made.failed

    def test_one_that_refuses_a_host(self) -> None:
        names = OPEN["names"] | {"aws-network-firewall": {"smart-protection-network": ["refuse"]}}
        made = plan(**self.OPEN_BEHIND | {"names": names})
        assert set(told(made, "behind-uncovered")) == {"agent-spn-443", "agent-spn-80"}
        text = told(made, "behind-uncovered")["agent-spn-443"]
        assert "does not allow deepsecaas11-en.gfrbridge.trendmicro.com, " in text
        assert made.failed

    def test_one_that_cannot_see_a_name(self) -> None:
        made = plan(peers=SIEM, **self.OPEN_BEHIND)
        assert set(told(made, "behind-uncovered")) == {"agent-syslog"}

    def test_by_addresses_that_it_has(self) -> None:
        names = OPEN["names"] | {"aws-network-firewall": {"siem-or-syslog-server": ["snapshot"]}}
        resolved = {"siem.corp.example": {"ipv4": ["9.9.9.9"]}}
        made = plan(peers=SIEM, snapshot=resolved, **self.OPEN_BEHIND | {"names": names})
        assert not told(made, "behind-uncovered")

    def test_what_comes_in_passes_no_egress_policy(self) -> None:
        """Agents elsewhere that have only a name: the port of the relays is open to everyone."""
        site = {"roles": ["relay"], "peers": {"agent": {"fqdns": ["agents.corp.example"]}}}
        reasons = {"any_address": OPEN["any_address"] | {"agent": UNTIL}}
        made = plan(**self.OPEN_BEHIND | reasons | site)
        (entry,) = [each for each in made.findings if (each.code, each.flow) == ("any-address", "agent-relay")]
        assert entry.severity == "high"
        assert "stands behind" not in entry.text
        assert not told(made, "behind-uncovered")

    @pytest.mark.parametrize("layout", ["per-flow", "minimal"])
    def test_in_both_layouts(self, layout: str) -> None:
        """In the layout minimal the port of a group is joined with its neighbours, and takes in who is inside."""
        site = {
            "roles": ["agent", "relay"],
            "address_families": ["ipv4", "ipv6"],
            "port_overrides": {"agent-relay": 443, "relay-relay": 443},
            "extra_flows": [
                UNTIL
                | {"id": "own", "source": "agent", "destination": "download-center", "transport": "tcp", "ports": [444]}
            ],
        }
        made = plan(layout=layout, **self.OPEN_BEHIND | site)
        assert not told(made, "behind-uncovered")

    @pytest.mark.parametrize(("policy", "severity"), [("aws-network-firewall", "low"), ("aws-dns-firewall", "medium")])
    def test_a_resolver_is_a_fence_that_can_be_passed(self, policy: str, severity: str) -> None:
        made = plan(**OPEN | {"behind": {"aws-security-group": policy}})
        assert {entry.severity for entry in made.findings if entry.code == "any-address"} == {severity}

    def test_nothing_is_open_so_nothing_has_to_stand_behind(self) -> None:
        made = plan(behind={"aws-security-group": "aws-network-firewall"}, decline={"agent-spn-80": UNTIL})
        assert not told(made, "behind-uncovered")


class TestAnswers:
    """Whoever asks for a host that nobody listed has to hear whether the filter lets it pass."""

    @pytest.mark.parametrize(
        ("host", "passed"),
        [
            ("agents-077.workload.de-1.cloudone.trendmicro.com", True),
            ("Files.TrendMicro.com", True),
            ("xworkload.de-1.cloudone.trendmicro.com", False),
            ("workload.de-1.cloudone.trendmicro.com.attacker.example", False),
        ],
    )
    def test_of_any_host(self, host: str, *, passed: bool) -> None:
        question = Packet("agent", Direction.EGRESS, Transport.TCP, 443, host)
        assert ask(plan(target=FIREWALL), question).allowed is passed

    def test_a_group_knows_no_other_hosts(self) -> None:
        question = Packet(
            "agent", Direction.EGRESS, Transport.TCP, 443, "agents-077.workload.de-1.cloudone.trendmicro.com"
        )
        with pytest.raises(UserError, match=r"did you mean 'agents-007\."):
            ask(plan(), question)

    def test_the_wildcard_is_shown_as_names(self) -> None:
        made = plan(target=FIREWALL)
        (rule,) = [rule for rule in made.rules if rule.flows == ("agent-service",)]
        apex = "workload.de-1.cloudone.trendmicro.com"
        assert other_end(made, rule.peer) == (apex, f"*.{apex}")
