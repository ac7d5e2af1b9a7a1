"""From single permissions to the rules of Azure and GCP: which are one rule, and what it is called."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.sites import DNS, OPEN, UNTIL, plan
from ws_network.catalogue import Transport
from ws_network.compose import ComposedRule, Facet, Service, compose, facet_of
from ws_network.deployment import MachineMark, Target
from ws_network.endpoints import AddressList, Endpoint, Origin
from ws_network.errors import UserError
from ws_network.grammar import EndpointKind
from ws_network.plan import Plan
from ws_network.rules import Direction, PortRange, Rule

AZURE, POLICY, VPC = Target.AZURE_NSG, Target.GCP_FIREWALL_POLICY, Target.GCP_VPC_FIREWALL
SERVER = {"smart-protection-server": {"cidrs": ["10.20.4.0/28"]}}
SIEM = {"siem-or-syslog-server": {"manage": True, "cidrs": ["10.20.0.30/32"]}}
TAGS = dict.fromkeys(("agent", "relay", "siem-or-syslog-server", "data-center-gateway"), MachineMark.SECURE_TAG)


def made(target: Target, **changes: Any) -> Plan:
    return plan(target=target, marks=TAGS, deny_rest=True, **OPEN | changes)


def rules(target: Target, **changes: Any) -> dict[str, ComposedRule]:
    """The rules of a site, by name."""
    return {rule.name: rule for rule in compose(made(target, **changes))}


def ports(rule: ComposedRule) -> list[str]:
    return [f"{service.protocol} {service.ports.text}" for service in rule.services]


class TestOneRule:
    """A line of the page is one rule where the cloud's rule can hold it, so that a reviewer finds the page again."""

    def test_protocols_are_apart_on_azure_and_together_on_gcp(self) -> None:
        site = {
            "roles": ["data-center-gateway"],
            "peers": {
                "microsoft-active-directory": {"cidrs": ["10.60.9.0/28"]},
                "vmware-vcenter": {"cidrs": ["10.60.8.10/32"]},
            },
        }
        name = "data-center-gateway-egress-dcgw-ad-389"
        azure = {key: ports(rule) for key, rule in rules(AZURE, **site).items() if "ad-389" in key}
        assert azure == {f"{name}-tcp-ipv4": ["tcp 389"], f"{name}-udp-ipv4": ["udp 389"]}
        gcp = {key: ports(rule) for key, rule in rules(POLICY, **site).items() if "ad-389" in key}
        assert gcp == {f"{name}-ipv4": ["tcp 389", "udp 389"]}

    def test_lists_of_one_family_are_together(self) -> None:
        found = rules(
            AZURE,
            snapshot={"files.trendmicro.com": {"ipv4": ["9.9.9.1"], "ipv6": ["2600::1"]}},
            names={"default": ["blocks", "snapshot", "any-address"]},
            address_families=["ipv4", "ipv6"],
        )
        forms = {key.removeprefix("agent-egress-agent-"): key for key in found}
        assert "download-center-443-tcp-ipv4" in forms
        assert "download-center-443-tcp-ipv6" in forms
        assert {"service-tcp-ipv4", "service-tcp-any-ipv4", "service-tcp-any-ipv6"} <= set(forms)

    def test_a_peer_and_a_role_of_one_name_are_apart(self) -> None:
        found = rules(AZURE, roles=["agent", "relay"], peers={"relay": DNS})
        assert {
            "agent-egress-agent-relay-tcp-ipv4",
            "agent-egress-agent-relay-tcp-role-relay",
        } <= set(found)

    def test_roles_are_apart_on_azure_and_together_on_gcp(self) -> None:
        """Azure names one application security group on a side, GCP many tags."""
        site = {"roles": ["agent", "relay"], "peers": SIEM | {"relay": DNS}}
        name = "siem-or-syslog-server-ingress-agent-syslog"
        assert {key for key in rules(AZURE, **site) if key.startswith(name)} == {
            f"{name}-udp-ipv4",
            f"{name}-udp-role-agent",
            f"{name}-udp-role-relay",
        }
        found = rules(POLICY, **site)
        assert {key for key in found if key.startswith(name)} == {f"{name}-ipv4", f"{name}-role"}
        assert [end.value for end in found[f"{name}-role"].ends] == ["agent", "relay"]
        assert found[f"{name}-role"].flows == ("agent-syslog", "relay/agent-syslog")

    def test_others_by_their_own_id_are_a_rule_each_where_a_rule_takes_one(self) -> None:
        peer = {"dns-server": {"service_tags": ["Sql", "AzureMonitor"], "address_groups": [GROUP + "a", GROUP + "b"]}}
        assert [key for key in rules(AZURE, peers=peer) if "agent-dns" in key] == [
            "agent-egress-agent-dns-udp-service-tag-AzureMonitor",
            "agent-egress-agent-dns-udp-service-tag-Sql",
        ]
        (together,) = [rule for key, rule in rules(POLICY, peers=peer).items() if "agent-dns" in key]
        assert together.name == "agent-egress-agent-dns-address-group"
        assert [end.value for end in together.ends] == [GROUP + "a", GROUP + "b"]

    def test_a_permission_of_two_lines_is_in_the_rule_of_each(self) -> None:
        """Joined, it would be named by one of them and move when that one is declined."""
        found = rules(AZURE)
        one, other = found["agent-egress-agent-service-tcp-any-ipv4"], found["agent-egress-agent-spn-443-tcp-any-ipv4"]
        assert (one.services, one.ends) == (other.services, other.ends)
        left = rules(AZURE, decline={"agent-service": UNTIL})
        assert left[other.name] == other

    def test_icmp_goes_with_its_line(self) -> None:
        site = {"icmp": True, "peers": {"network": {"cidrs": ["10.0.0.0/8"]}}}
        azure = rules(AZURE, **site)["agent-ingress-agent-icmp-icmp-ipv4"]
        assert azure.services == (Service(Transport.ICMP, PortRange(3, 4)),)
        assert "agent-ingress-agent-icmp-ipv4" in rules(VPC, **site)


GROUP = "projects/hub/locations/global/addressGroups/"


class TestNames:
    """A rule that is renamed is a rule that goes: its name comes from its line and what is at the other end."""

    def test_an_inherited_flow_has_its_own_line(self) -> None:
        found = rules(POLICY, roles=["relay"])
        assert found["relay-egress-agent-dns-ipv4"].flows == ("relay/agent-dns",)
        assert found["relay-egress-agent-dns-ipv4"].line == "agent-dns"
        assert found["relay-egress-agent-dns-ipv4"].slot == 7

    def test_an_extra_flow_has_its_own_slot(self) -> None:
        extra = UNTIL | {"id": "own", "source": "agent", "destination": "dns-server", "transport": "tcp", "ports": [53]}
        assert rules(AZURE, extra_flows=[extra | {"slot": 80}])["agent-egress-own-tcp-ipv4"].slot == 80
        assert rules(AZURE, extra_flows=[extra])["agent-egress-own-tcp-ipv4"].slot is None

    @pytest.mark.parametrize("line", ["agent-service", "own"])
    def test_two_lines_never_share_one(self, line: str) -> None:
        """A rule of one name replaced the other without a word: `own` to any address, and `own-any` to addresses."""
        flow = UNTIL | {"source": "agent", "transport": "tcp", "ports": [1], "destination": "dns-server"}
        extra = [flow | {"id": "own", "slot": 80}, flow | {"id": f"{line}-any", "slot": 81}]
        with pytest.raises(UserError, match=f"extra_flows has '{line}-any', whose rules would be called like those"):
            made(POLICY, extra_flows=extra)

    def test_a_longer_line_gives_way(self) -> None:
        """`own` of the role `agent-egress`, and `egress-own` of `agent`: on GCP one of them replaced the other."""
        flow = UNTIL | {"destination": "dns-server", "transport": "tcp", "ports": [9000]}
        found = rules(
            POLICY,
            peers={"agent-egress": {"manage": True, "cidrs": ["10.9.0.0/28"]}},
            extra_flows=[
                flow | {"id": "own", "source": "agent-egress", "slot": 80},
                flow | {"id": "egress-own", "source": "agent", "slot": 81},
            ],
        )
        own = {rule.line: name for name, rule in found.items() if "own" in rule.line}
        assert own["own"] == "agent-egress-egress-own-ipv4"
        assert own["egress-own"].startswith("agent-egress-egress-own-ipv4-")

    @pytest.mark.parametrize("target", [AZURE, POLICY])
    def test_a_port_that_one_end_lacks_is_never_opened_to_it(self, target: Target) -> None:
        """No deployment comes to this; a plan that did would open too much, without a word."""
        site = made(target, peers=SERVER)
        (first,) = [rule for rule in site.rules if rule.flows == ("agent-dns",)]
        other = replace(first, ports=PortRange(54, 54), peer=Endpoint(EndpointKind.LIST, "peer-ntp-server-ipv4"))
        with pytest.raises(UserError, match=r"^the ends of agent-egress-agent-dns-.*ipv4 are open to different ports"):
            compose(replace(site, rules=(first, other)))

    def test_facets_are_frozen(self) -> None:
        """Priorities of deployed rules come from these numbers."""
        assert {facet.word: int(facet) for facet in Facet} == {
            "ipv4": 0,
            "ipv6": 1,
            "any-ipv4": 2,
            "any-ipv6": 3,
            "names": 4,
            "role": 5,
            "other": 6,
        }

    @pytest.mark.parametrize(
        ("kind", "value", "facet"),
        [
            (EndpointKind.LIST, "four", Facet.IPV4),
            (EndpointKind.LIST, "six", Facet.IPV6),
            (EndpointKind.ANY, "ipv4", Facet.ANY_IPV4),
            (EndpointKind.ANY, "ipv6", Facet.ANY_IPV6),
            (EndpointKind.NAMES, "names-x", Facet.NAMES),
            (EndpointKind.ROLE, "relay", Facet.ROLE),
            (EndpointKind.REFERENCE, "relay", Facet.OTHER),
            (EndpointKind.SECURE_TAG, "tagValues/1", Facet.OTHER),
        ],
    )
    def test_facet_of(self, kind: EndpointKind, value: str, facet: Facet) -> None:
        assert facet_of(Endpoint(kind, value), LISTS) is facet


LISTS = {
    "four": AddressList("four", 4, ("10.0.0.0/25", "10.0.0.128/25", "10.0.0.7/32"), Origin.SITE),
    "more": AddressList("more", 4, ("10.0.1.0/24",), Origin.SITE),
    "six": AddressList("six", 6, ("fd00::/64",), Origin.SITE),
}


class TestCidrs:
    """Azure refuses a rule whose blocks overlap, and a peer and a published block do now and then."""

    def rule(self, facet: Facet, *names: str) -> ComposedRule:
        ends = tuple(Endpoint(EndpointKind.LIST, name) for name in names)
        return ComposedRule("agent", Direction.EGRESS, "x", (), ends, (), facet)

    def test_are_as_few_as_say_the_same(self) -> None:
        assert self.rule(Facet.IPV4, "four", "more").cidrs(LISTS) == ("10.0.0.0/23",)
        assert self.rule(Facet.IPV6, "six").cidrs(LISTS) == ("fd00::/64",)

    def test_any_address_is_of_its_family(self) -> None:
        assert self.rule(Facet.ANY_IPV4).cidrs(LISTS) == ("0.0.0.0/0",)
        assert self.rule(Facet.ANY_IPV6).cidrs(LISTS) == ("::/0",)

    def test_what_is_no_address_has_none(self) -> None:
        assert self.rule(Facet.ROLE).cidrs(LISTS) == ()


class TestOrder:
    """The same permissions in another order are the same rules."""

    def test_has_no_meaning(self) -> None:
        site = made(POLICY, roles=["agent", "relay"], peers=SERVER | {"relay": DNS})
        backwards = replace(site, rules=tuple(reversed(site.rules)))
        assert compose(backwards) == compose(site)
        assert [rule.name for rule in compose(site)] == sorted(rule.name for rule in compose(site))

    def test_every_permission_is_in_a_rule(self) -> None:
        site = made(POLICY, roles=["agent", "relay"], peers=SERVER | {"relay": DNS})
        inside = {
            (rule.role, rule.direction, service.protocol, service.ports, end)
            for rule in compose(site)
            for service in rule.services
            for end in rule.ends
        }
        wanted = {(rule.role, rule.direction, rule.protocol, rule.ports, rule.peer) for rule in site.rules}
        assert inside == wanted
        assert isinstance(site.rules[0], Rule)
