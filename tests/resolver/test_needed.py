"""Which names are asked for: all that a plan may need, and none of a content network, whoever names it."""

from typing import Any

import pytest

from ws_network.catalogue import Addressing, Catalogue
from ws_network.deployment import Deployment
from ws_network.errors import UserError
from ws_network.flows import required_flows
from ws_network.resolver.needed import needed_hosts
from ws_network.snapshot import Snapshot

CATALOGUE = Catalogue.load()
CONTENT = "iaus.trendmicro.com"
SITE: dict[str, Any] = {
    "region": "de-1",
    "revision": "2025-12-09",
    "roles": ["agent"],
    "features": ["smart-scan"],
    "peers": {"dns-server": {"platform": True}, "ntp-server": {"cidrs": ["10.20.0.123/32"]}},
}


class TestContent:
    """An address of a content network opens the sites of others too, so a second opinion must not make it another."""

    def test_every_name_that_any_row_calls_so(self) -> None:
        by_rows = {
            name.fqdn
            for revision in CATALOGUE.revisions
            for row in CATALOGUE.at(revision).host_rows.values()
            for host in row.hosts
            for region in CATALOGUE.at(revision).regions
            for name in CATALOGUE.at(revision).names(row, host, region)
            if name.addressing is Addressing.CDN
        }
        assert CONTENT in by_rows
        assert all(CATALOGUE.is_content(fqdn) for fqdn in by_rows)
        assert CATALOGUE.is_content(f"{CONTENT.upper()}.")
        assert not CATALOGUE.is_content("files.trendmicro.com")
        assert not CATALOGUE.is_content(f"other.{CONTENT}")

    def test_a_site_s_own_host_of_that_name(self) -> None:
        extra = {"fqdn": CONTENT, "destination": "download-center", "reason": "r", "until": "2027-11-30"}
        deployment = Deployment.parse(SITE | {"extra_hosts": [extra]})
        flows = required_flows(CATALOGUE.at(deployment.revision), deployment).flows
        found = {name.addressing for flow in flows for name in flow.names if name.fqdn == CONTENT}
        assert found == {Addressing.CDN}
        assert [host.content for host in needed_hosts(CATALOGUE, deployment) if host.fqdn == CONTENT] == [True]


class TestPeersByIdAlone:
    """A program may give a peer's group by id; its names are needed all the same."""

    def test_the_names_are_those_with_the_peer(self) -> None:
        without = Deployment.parse(SITE | {"peers": {"dns-server": {"platform": True}}})
        assert needed_hosts(CATALOGUE, without) == needed_hosts(CATALOGUE, Deployment.parse(SITE))

    def test_a_peer_of_an_extra_flow(self) -> None:
        extra = {
            "id": "to-vcenter",
            "source": "agent",
            "destination": "vmware-vcenter",
            "transport": "tcp",
            "ports": [443],
        }
        deployment = Deployment.parse(SITE | {"extra_flows": [extra | {"reason": "r", "until": "2027-11-30"}]})
        assert needed_hosts(CATALOGUE, deployment) == needed_hosts(CATALOGUE, Deployment.parse(SITE))

    def test_another_mistake_is_told(self) -> None:
        with pytest.raises(UserError, match="region 'za-1'"):
            needed_hosts(CATALOGUE, Deployment.parse(SITE | {"region": "za-1"}))


def test_an_absent_address_has_one_spelling() -> None:
    """Else a file that a person edited names an address twice, or stops the run."""
    names = {"a.example": {"ipv6": ["2600:0::1"], "absent_since": {"2600::0:1": "2026-11-24"}}}
    text = Snapshot.parse({"format": 1, "place": "x", "names": names}).text()
    assert text.count('"2600::1"') == 2
