"""Which lines of the page a site needs, and what is said of the others."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from tests.unit.sites import CATALOGUE, DNS, OPEN, UNTIL, content, flow_ids, plan, rule_ids, told
from ws_network.deployment import Deployment
from ws_network.errors import UserError
from ws_network.flows import Site, required_flows


def names(made: Any, flow_id: str) -> set[str]:
    """Hosts of a required flow."""
    return {name.fqdn for flow in made.flows if flow.id == flow_id for name in flow.names}


def ports(made: Any, flow_id: str) -> list[tuple[int, ...]]:
    """Ports of each required flow of this id."""
    return [flow.ports for flow in made.flows if flow.id == flow_id]


SERVER = {"cidrs": ["10.20.4.0/28"]}
GATEWAY = {"cidrs": ["10.20.5.0/28"]}
SIEM = {"cidrs": ["10.20.0.30/32"]}


class TestConditions:
    """Each "if" of the page, both ways: a port that is open because the page has it is open for nothing."""

    @pytest.mark.parametrize(
        ("changes", "opened"),
        [
            ({"communication": "bidirectional"}, {"service-agent-4118"}),
            ({"communication": "manager-initiated"}, {"service-agent-4118"}),
            ({"peers": {"siem-or-syslog-server": SIEM}}, {"agent-syslog"}),
            ({"peers": {"relay": SIEM}}, {"agent-relay"}),
            (
                {"peers": {"smart-protection-server": SERVER}},
                {"agent-sps-80", "agent-sps-443", "agent-sps-5274", "agent-sps-5275"},
            ),
            (
                {"peers": {"smart-protection-server": SERVER | {"serves": ["web-reputation"]}}},
                {"agent-sps-5274", "agent-sps-5275"},
            ),
            (
                {"peers": {"smart-protection-server": SERVER | {"serves": ["file-reputation"]}}},
                {"agent-sps-80", "agent-sps-443", "agent-fileserver-8080"},
            ),
            ({"peers": {"service-gateway": GATEWAY}}, set()),
            (
                {"peers": {"service-gateway": GATEWAY | {"serves": ["file-reputation"]}}},
                {"agent-fileserver-8080", "agent-sg-reputation"},
            ),
            ({"peers": {"service-gateway": GATEWAY | {"serves": ["forward-proxy"]}}}, {"agent-sg-forward-proxy"}),
            ({"http": True}, {"agent-download-center-80", "agent-workload-security-80"}),
            ({"icmp": True, "peers": {"network": {"cidrs": ["10.0.0.0/8"]}}}, {"agent-icmp"}),
            ({"proxy": {"cidrs": ["10.20.9.10/32"], "port": 1443, "covers": []}}, {"agent-proxy"}),
            ({"peers": {"vision-one-relay": SIEM}}, set()),
        ],
    )
    def test_opens_exactly(self, changes: dict[str, Any], opened: set[str]) -> None:
        assert flow_ids(plan(**changes)) - flow_ids(plan()) == opened

    @pytest.mark.parametrize(
        ("feature", "opened"),
        [
            ("activity-monitoring", {"agent-mqtt"}),
            ("endpoint-sensor", {"agent-vision-one-443"}),
            ("agent-direct-update", {"agent-trend-micro-update-server-443"}),
            ("certificate-revocation", {"agent-certificate-authority-80"}),
            ("web-reputation", {"agent-spn-80", "agent-spn-443"}),
        ],
    )
    def test_a_feature_opens_exactly(self, feature: str, opened: set[str]) -> None:
        assert flow_ids(plan(features=[feature])) - flow_ids(plan(features=[])) == opened

    def test_relays_of_vision_one_need_the_peer_and_the_feature(self) -> None:
        made = plan(features=["vision-one-relay"], peers={"vision-one-relay": SIEM})
        assert ports(made, "agent-v1-relay") == [(4126,)]

    def test_the_agents_alone_need_no_ingress(self) -> None:
        assert {rule.direction for rule in plan(**OPEN).rules} == {"egress"}

    @pytest.mark.parametrize(
        ("role", "expected"),
        [
            ("administrator", {"admin-dns", "admin-ntp", "admin-service"}),
            ("data-center-gateway", {"dcgw-dns", "dcgw-ntp", "dcgw-service"}),
            ("service-gateway", {"sg-dns", "sg-ntp", "sg-spn-80", "sg-spn-443", "service-gateway-vision-one-443"}),
            ("api-client", {"api-service"}),
            ("notification-service", {"notification-service-workload-security-443"}),
        ],
    )
    def test_every_role_alone(self, role: str, expected: set[str]) -> None:
        assert flow_ids(plan(roles=[role])) == expected

    @pytest.mark.parametrize(
        ("through", "agents", "service"), [(None, 1, 0), ("direct", 1, 0), ("service", 0, 2), ("both", 1, 2)]
    )
    def test_a_siem_gets_its_events_as_it_says(self, through: str | None, agents: int, service: int) -> None:
        peer = {"manage": True} | ({"through": through} if through else {})
        ids = flow_ids(plan(peers={"siem-or-syslog-server": peer}))
        assert len(ids & {"agent-syslog"}) == agents
        assert len(ids & {"service-syslog-udp", "service-syslog-tls"}) == service


class TestInheritance:
    """A relay contains an agent: without the agents' lines it is offline in the console."""

    def test_a_relay_needs_every_line_of_an_agent(self) -> None:
        changes: dict[str, Any] = {
            "communication": "bidirectional",
            "http": True,
            "icmp": True,
            "peers": {"network": {"cidrs": ["10.0.0.0/8"]}, "siem-or-syslog-server": SIEM, "relay": SIEM},
        }
        of_agents = flow_ids(plan(roles=["agent"], **changes))
        of_relays = flow_ids(plan(roles=["relay"], **changes))
        inherited = {flow_id.removeprefix("relay/") for flow_id in of_relays if flow_id.startswith("relay/")}
        assert of_agents <= inherited | {"agent-relay"}
        assert {"relay/service-agent-4118", "relay/agent-icmp", "relay/agent-dns"} <= of_relays

    def test_4118_is_inherited_at_the_relay_s_own_end(self) -> None:
        made = plan(roles=["relay"], communication="bidirectional")
        assert "relay-ingress-tcp-4118-blocks-de-1-ipv4" in rule_ids(made)

    def test_localhost_is_never_a_rule(self) -> None:
        made = plan(roles=["relay"], **OPEN)
        assert "relay-localhost" in told(made, "host-only")
        assert not [rule for rule in made.rules if rule.ports.first == 4123]

    def test_an_unknown_port_is_never_a_rule(self) -> None:
        made = plan(**OPEN)
        assert set(told(made, "unknown-port")) == {"agent-imds"}
        assert "agent-imds" not in flow_ids(made)


class TestFleet:
    """A mixed fleet needs what its oldest agents need, and what its newest do."""

    def test_legacy_names_until_the_last_old_build_is_gone(self) -> None:
        legacy = "agents.deepsecurity.trendmicro.com"
        mixed = plan(agent_build={"oldest": "20.0.0-1540", "newest": "20.0.1-9400"})
        new = plan(agent_build={"oldest": "20.0.0-1559"})
        assert names(mixed, "agent-service") - names(new, "agent-service") >= {legacy}
        assert names(new, "agent-service") <= names(mixed, "agent-service")
        assert legacy not in names(new, "agent-service")

    def test_smart_feedback_of_each_generation_is_the_union(self) -> None:
        def fed(oldest: str, newest: str) -> set[str]:
            made = plan(
                agent_build={"oldest": oldest, "newest": newest}, min_confidence="field", features=["smart-feedback"]
            )
            return names(made, "agent-spn-443")

        assert fed("12.0", "20.0") == fed("12.0", "12.1") | fed("20.0", "20.0.1-9400")
        assert fed("12.0", "12.1").isdisjoint(fed("20.0", "20.0.1-9400"))

    def test_web_reputation_over_https_needs_agents_that_speak_it(self) -> None:
        peers = {"smart-protection-server": SERVER}
        old = plan(peers=peers, agent_build={"oldest": "10.0", "newest": "10.3"})
        assert "agent-sps-5275" not in flow_ids(old)
        assert "agent-sps-5274" in flow_ids(old)

    def test_no_build_is_an_assumption_that_is_told(self) -> None:
        site = content()
        del site["agent_build"]
        found = required_flows(CATALOGUE, Deployment.parse(site)).findings
        assert [entry.flow for entry in found if entry.code == "agent-build-assumed"] == ["agent_build"]


class TestFeatures:
    """A feature that was switched off keeps its hosts open until somebody notices."""

    def test_off_closes_its_flows_and_is_told(self) -> None:
        made = plan(features=[])
        assert not flow_ids(made) & {"agent-spn-80", "agent-spn-443"}
        assert set(told(made, "feature-off")) == Site(CATALOGUE, Deployment.parse(content())).features

    def test_only_its_hosts(self) -> None:
        assert names(plan(features=["web-reputation"]), "agent-spn-443") == {"dsaas.url.trendmicro.com"}


class TestSmartProtectionServer:
    """A server of the site answers two services; agents whose census was cut off with them lost machine learning."""

    def test_replaces_smart_scan_and_web_reputation_alone(self) -> None:
        without, with_server = plan(), plan(peers={"smart-protection-server": SERVER})
        gone = names(without, "agent-spn-443") - names(with_server, "agent-spn-443")
        assert gone == {"dsaas.icrc.trendmicro.com", "dsaas.url.trendmicro.com"}
        assert "agent-spn-443" in told(with_server, "replaced-by-server")

    def test_replaces_only_what_it_serves(self) -> None:
        made = plan(peers={"smart-protection-server": SERVER | {"serves": ["web-reputation"]}})
        assert "dsaas.icrc.trendmicro.com" in names(made, "agent-spn-443")
        assert "dsaas.url.trendmicro.com" not in names(made, "agent-spn-443")

    def test_a_flow_whose_every_host_is_replaced_is_not_required(self) -> None:
        made = plan(features=["web-reputation"], peers={"smart-protection-server": SERVER})
        assert not flow_ids(made) & {"agent-spn-80", "agent-spn-443"}
        assert {"agent-spn-80", "agent-spn-443"} <= set(told(made, "replaced-by-server"))

    def test_a_service_gateway_still_needs_the_network_itself(self) -> None:
        made = plan(roles=["service-gateway"], peers={"service-gateway": {"serves": ["web-reputation"]}})
        assert names(made, "sg-spn-443")


class TestPort8080:
    """The sources disagree who listens on 8080: only a peer that says so gets it, and a server with the citation."""

    def test_of_a_gateway(self) -> None:
        made = plan(peers={"service-gateway": GATEWAY | {"serves": ["file-reputation"]}}, **OPEN)
        assert "agent-egress-tcp-8080-peer-service-gateway-ipv4" in rule_ids(made)
        assert not told(made, "contradiction")

    def test_of_a_server_that_says_so(self) -> None:
        made = plan(peers={"smart-protection-server": SERVER | {"serves": ["file-reputation"]}}, **OPEN)
        assert "agent-egress-tcp-8080-peer-smart-protection-server-ipv4" in rule_ids(made)
        assert "8080" in told(made, "contradiction")["agent-fileserver-8080"]

    def test_of_a_server_that_does_not(self) -> None:
        made = plan(peers={"smart-protection-server": SERVER}, **OPEN)
        assert not [rule for rule in made.rules if rule.ports.first == 8080]

    def test_the_forward_proxy_may_be_moved_away_from_file_reputation(self) -> None:
        gateway = GATEWAY | {"serves": ["file-reputation", "forward-proxy"]}
        made = plan(peers={"service-gateway": gateway}, port_overrides={"agent-sg-forward-proxy": 9090})
        assert ports(made, "agent-sg-forward-proxy") == [(9090,)]
        assert ports(made, "agent-fileserver-8080") == [(8080,)]

    def test_reputation_ports_are_those_of_what_is_served(self) -> None:
        made = plan(peers={"service-gateway": GATEWAY | {"serves": ["web-reputation"]}})
        assert ports(made, "agent-sg-reputation") == [(5274, 5275)]


class TestProxy:
    """With a proxy the direct rules must go, or traffic passes beside it."""

    PROXY: ClassVar[dict[str, Any]] = {"cidrs": ["10.20.9.10/32"], "port": 1443, "covers": ["workload-security"]}

    def test_replaces_what_it_covers(self) -> None:
        made = plan(proxy=self.PROXY, **OPEN)
        assert "agent-service" not in flow_ids(made)
        assert "agent-service" in told(made, "proxied")
        assert "agent-comm.workload.de-1" in told(made, "tls-inspection")["agent-service"]
        assert "agent-egress-tcp-1443-peer-web-proxy-ipv4" in rule_ids(made)
        assert "agent-spn-443" in flow_ids(made)

    def test_only_for_its_roles(self) -> None:
        made = plan(roles=["agent", "relay", "administrator"], proxy=self.PROXY | {"roles": ["relay", "administrator"]})
        assert {"agent-service", "relay/agent-proxy", "administrator/agent-proxy"} <= flow_ids(made)
        assert not flow_ids(made) & {"relay/agent-service", "admin-service", "agent-proxy"}

    def test_a_managed_one_takes_the_covered_flows_on(self) -> None:
        made = plan(
            roles=["agent", "relay"], proxy={"manage": True, "port": 1443, "covers": ["workload-security"]}, **OPEN
        )
        assert rule_ids(made, "web-proxy", "egress") == [
            "web-proxy-egress-tcp-443-any-ipv4",
            "web-proxy-egress-tcp-443-blocks-de-1-ipv4",
        ]
        assert rule_ids(made, "web-proxy", "ingress") == [
            "web-proxy-ingress-tcp-1443-role-agent",
            "web-proxy-ingress-tcp-1443-role-relay",
        ]
        assert "agent-egress-tcp-1443-role-web-proxy" in rule_ids(made)

    def test_what_it_took_on_can_be_declined(self) -> None:
        proxy = {"manage": True, "port": 1443, "covers": ["workload-security"]}
        made = plan(proxy=proxy, decline={"web-proxy/agent-service": UNTIL}, **OPEN)
        assert not rule_ids(made, "web-proxy", "egress")
        assert "web-proxy/agent-service" in told(made, "declined")

    def test_the_way_to_it_can_be_declined_by_role(self) -> None:
        proxy = self.PROXY | {"roles": ["agent", "administrator"]}
        made = plan(roles=["agent", "administrator"], proxy=proxy, decline={"administrator/agent-proxy": UNTIL})
        assert "agent-proxy" in flow_ids(made)
        assert "administrator/agent-proxy" not in flow_ids(made)


class TestPortOverrides:
    """A moved relay listened on 4222 while its agents still called 4122."""

    def test_reach_both_ends(self) -> None:
        made = plan(roles=["agent", "relay"], port_overrides={"agent-relay": 4222, "relay-relay": 4222}, **OPEN)
        assert "agent-egress-tcp-4222-role-relay" in rule_ids(made)
        assert {"relay-ingress-tcp-4222-role-agent", "relay-ingress-tcp-4222-role-relay"} <= set(rule_ids(made))
        assert not [rule for rule in made.rules if rule.ports.first == 4122]

    def test_that_disagree_are_an_error(self) -> None:
        with pytest.raises(
            UserError,
            match=r"^agent-relay has port 4222 and relay-relay has port 4122, but both reach one listener of relay: "
            r"give both the same port under port_overrides\.$",
        ):
            plan(roles=["agent", "relay"], port_overrides={"agent-relay": 4222})

    def test_a_bare_id_means_both_and_a_qualified_one_its_own(self) -> None:
        both = plan(roles=["agent", "relay"], port_overrides={"agent-dns": 5353})
        assert ports(both, "agent-dns") == ports(both, "relay/agent-dns") == [(5353,)]
        with pytest.raises(UserError, match="both reach one listener of dns-server"):
            plan(roles=["agent", "relay"], port_overrides={"relay/agent-dns": 5353})

    def test_a_mirror_of_the_site_may_listen_elsewhere(self) -> None:
        made = plan(
            peers={"download-center": {"cidrs": ["10.20.7.7/32"]}},
            port_overrides={"agent-download-center-443": 8443},
            **OPEN,
        )
        assert "agent-egress-tcp-8443-peer-download-center-ipv4" in rule_ids(made)


class TestDecline:
    """A declined flow is closed and stays visible; one that came back by itself opened a port that was audited shut."""

    def test_a_bare_id_closes_the_inherited_flow_too(self) -> None:
        made = plan(roles=["agent", "relay"], decline={"agent-ntp": UNTIL | {"ticket": "NET-1"}})
        assert not flow_ids(made) & {"agent-ntp", "relay/agent-ntp"}
        assert told(made, "declined")["relay/agent-ntp"] == (
            "relay/agent-ntp (Agents / NTP server / 123) is declined until 2027-11-30: a reason, NET-1."
        )

    def test_a_qualified_id_closes_one(self) -> None:
        made = plan(roles=["agent", "relay"], decline={"relay/agent-ntp": UNTIL})
        assert flow_ids(made) & {"agent-ntp", "relay/agent-ntp"} == {"agent-ntp"}

    def test_it_is_closed_whatever_end_date_its_other_name_has(self) -> None:
        made = plan(roles=["agent", "relay"], decline={"agent-ntp": UNTIL}, expires={"relay/agent-ntp": UNTIL})
        assert "relay/agent-ntp" not in flow_ids(made)

    def test_a_declined_flow_needs_no_peer(self) -> None:
        made = plan(peers={"ntp-server": {"cidrs": ["10.0.0.1/32"]}}, decline={"agent-dns": UNTIL})
        assert "agent-dns" not in flow_ids(made)


class TestTime:
    """The date alone never changes a rule; a pipeline that ran after New Year closed a port at night."""

    def test_without_a_day_nothing_is_looked_at(self) -> None:
        made = plan(expires={"agent-ntp": UNTIL | {"until": "2020-01-01", "on_expiry": "close"}})
        assert "agent-ntp" in flow_ids(made)
        assert told(made, "no-time-check")

    @pytest.mark.parametrize(
        ("on_expiry", "day", "required", "code"),
        [
            ("warn", "2027-11-30", True, None),
            ("warn", "2027-12-01", True, "expired"),
            ("close", "2027-11-30", True, None),
            ("close", "2027-12-01", False, "expired-closed"),
        ],
    )
    def test_expires(self, on_expiry: str, day: str, *, required: bool, code: str | None) -> None:
        made = plan(as_of=day, expires={"agent-ntp": UNTIL | {"on_expiry": on_expiry}})
        assert ("agent-ntp" in flow_ids(made)) is required
        assert {entry.code for entry in made.findings if entry.flow == "agent-ntp"} == ({code} if code else set())

    def test_an_exception_past_its_end_is_told_and_holds(self) -> None:
        site: dict[str, Any] = OPEN | {
            "decline": {"agent-ntp": UNTIL},
            "accept": {"any-address": UNTIL},
            "extra_flows": [OWN],
            "extra_hosts": [{"fqdn": "own.example", "destination": "vision-one"} | UNTIL],
        }
        before, after = plan(as_of="2027-11-30", **site), plan(as_of="2027-12-01", **site)
        assert before.rules == after.rules
        assert before.lists == after.lists
        assert not told(before, "exception-expired")
        assert {"decline.agent-ntp", "accept.any-address", "extra_flows.own", "extra_hosts.own.example"} < set(
            told(after, "exception-expired")
        )


OWN = {"id": "own", "source": "agent", "destination": "ntp-server", "transport": "tcp", "ports": [4460, 4461]} | UNTIL


class TestExtra:
    """What a site adds is as visible as what the page has."""

    def test_a_flow(self) -> None:
        made = plan(extra_flows=[OWN])
        assert {"agent-egress-tcp-4460-peer-ntp-server-ipv4", "agent-egress-tcp-4461-peer-ntp-server-ipv4"} < set(
            rule_ids(made)
        )
        assert told(made, "extra")["own"] == "own is the deployment's own until 2027-11-30: a reason."
        assert made.explain(made.rule("agent-egress-tcp-4460-peer-ntp-server-ipv4"))["flows"][0]["line"] == (
            "extra_flows of the deployment"
        )

    def test_a_flow_to_a_peer_that_the_page_does_not_know(self) -> None:
        made = plan(peers={"license-server": DNS}, extra_flows=[OWN | {"destination": "license-server"}])
        assert "agent-egress-tcp-4460-peer-license-server-ipv4" in rule_ids(made)

    def test_a_flow_to_the_service_needs_a_form_like_any_other(self) -> None:
        made = plan(extra_flows=[OWN | {"destination": "workload-security"}])
        assert "agent-egress-tcp-4460-blocks-de-1-ipv4" in rule_ids(made)
        assert "own" in told(made, "names-refused")

    def test_a_flow_to_a_mirror_goes_there(self) -> None:
        made = plan(peers={"download-center": DNS}, extra_flows=[OWN | {"destination": "download-center"}])
        assert "agent-egress-tcp-4460-peer-download-center-ipv4" in rule_ids(made)
        assert "own" not in told(made, "names-refused")

    def test_a_flow_to_a_service_without_any_host_here_fails(self) -> None:
        made = plan(features=[], extra_flows=[OWN | {"destination": "certificate-authority"}])
        assert "own" in told(made, "no-hosts")
        assert "own" not in told(made, "lost-flow")
        assert made.failed

    def test_a_flow_between_others_is_told_to_make_no_rule(self) -> None:
        made = plan(extra_flows=[OWN | {"source": "dns-server"}])
        assert "own" not in flow_ids(made)
        assert told(made, "extra")["own"] == (
            "own makes no rule: neither dns-server nor ntp-server is a role that this site runs."
        )

    def test_a_flow_can_be_declined_and_can_expire(self) -> None:
        assert "own" not in flow_ids(plan(extra_flows=[OWN], decline={"own": UNTIL}))
        closing = {"own": UNTIL | {"on_expiry": "close"}}
        assert "own" in flow_ids(plan(extra_flows=[OWN], expires=closing, as_of="2027-11-30"))
        assert "own" not in flow_ids(plan(extra_flows=[OWN], expires=closing, as_of="2027-12-01"))

    def test_a_host_joins_every_flow_to_its_destination(self) -> None:
        made = plan(extra_hosts=[{"fqdn": "own.example", "destination": "smart-protection-network"} | UNTIL])
        assert "own.example" in names(made, "agent-spn-80") & names(made, "agent-spn-443")
        assert "own.example" not in names(made, "agent-service")


class TestConfidence:
    """A host that only a forum names must not open by itself, and must not vanish either."""

    def test_less_sure_hosts_are_left_out_and_named(self) -> None:
        made = plan(roles=["administrator"])
        assert "accounts.cloudone.trendmicro.com" not in names(made, "admin-service")
        assert "accounts.cloudone.trendmicro.com" in told(made, "host-confidence")["admin-service"]

    def test_lowered_they_open(self) -> None:
        made = plan(roles=["administrator"], min_confidence="field")
        assert "accounts.cloudone.trendmicro.com" in names(made, "admin-service")
        assert not told(made, "host-confidence")

    def test_it_is_the_host_that_counts_not_its_place_in_a_row(self) -> None:
        assert "workload.de-1.cloudone.trendmicro.com" in names(plan(roles=["administrator"]), "admin-service")

    def test_a_flow_without_any_host_fails_the_plan(self) -> None:
        made = plan(features=["smart-feedback"], agent_build={"oldest": "10.0", "newest": "11.0"})
        assert {"agent-spn-80", "agent-spn-443"} == set(told(made, "no-hosts"))
        assert made.failed


class TestAccountAndRegions:
    """Old accounts and migrations need names that no other site needs."""

    def test_an_account_before_2021_08_04(self) -> None:
        old, new = plan(legacy_account=True), plan()
        assert names(old, "agent-service") - names(new, "agent-service") == {
            "agent-comm.workload.us-1.cloudone.trendmicro.com"
        }
        assert "app.deepsecurity.trendmicro.com" in names(
            plan(roles=["api-client"], legacy_account=True), "api-service"
        )

    def test_a_migration_needs_hosts_and_blocks_of_both_regions(self) -> None:
        made = plan(also_regions=["gb-1"], communication="bidirectional", **OPEN)
        assert "workload.gb-1.cloudone.trendmicro.com" in names(made, "agent-service")
        for region in ("de-1", "gb-1"):
            assert f"agent-egress-tcp-443-blocks-{region}-ipv4" in rule_ids(made)
            assert f"agent-ingress-tcp-4118-blocks-{region}-ipv4" in rule_ids(made)


class TestRevision:
    """The page of a later day opens nothing until the pinned revision is moved."""

    def test_a_pinned_one_is_kept_and_told(self) -> None:
        made = plan(revision="2025-03-31")
        assert made.catalogue.revision == "2025-03-31"
        assert "2025-12-09" in told(made, "revision-newer")["revision"]
        assert not told(plan(), "revision-newer")


class TestPeers:
    """Who runs a destination decides what must be declared."""

    def test_what_is_if_any_on_the_page_is_not_required(self) -> None:
        made = plan(roles=["data-center-gateway"])
        assert not flow_ids(made) & {"dcgw-vcenter", "dcgw-ad-389", "dcgw-ad-636"}

    def test_ldap_over_both_transports(self) -> None:
        made = plan(roles=["data-center-gateway"], peers={"microsoft-active-directory": DNS})
        ids = rule_ids(made)
        for port in (389, 636):
            for transport in ("tcp", "udp"):
                assert f"data-center-gateway-egress-{transport}-{port}-peer-microsoft-active-directory-ipv4" in ids

    def test_a_reference_of_the_caller_is_a_peer_too(self) -> None:
        made = plan(references=("siem-or-syslog-server/north", "siem-or-syslog-server/south"), **OPEN)
        assert {
            "agent-egress-udp-514-reference-siem-or-syslog-server.north",
            "agent-egress-udp-514-reference-siem-or-syslog-server.south",
        } < set(rule_ids(made))

    def test_required_flows_are_in_page_order_and_once(self) -> None:
        flows = plan(roles=["agent", "relay", "administrator"]).flows
        slots = [flow.slot for flow in flows if flow.slot]
        assert slots == sorted(slots)
        assert len(set(flows)) == len(flows)
        assert flows[0] != replace(flows[0], id="other")
