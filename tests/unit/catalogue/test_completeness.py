"""No fact is missing or changed in the shipped data."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.catalogue.normalisation import ADDED_FLOWS, FIRMWARE, SENSOR, differences, facts_of, normalise
from ws_network.catalogue import DATA_FILE, Catalogue, CatalogueData

FACTS_FILE = Path(__file__).parents[3].parent / "shared" / "reference" / "catalogue-facts.yaml"

pytestmark = pytest.mark.skipif(
    not FACTS_FILE.is_file(),
    reason="the facts file ../shared/reference/catalogue-facts.yaml is not beside the checkout",
)


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FACTS_FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    return loaded


def compare(facts: dict[str, Any], shipped: dict[str, Any]) -> list[str]:
    return list(differences(normalise(facts), facts_of(CatalogueData.model_validate(shipped)), ""))


def test_every_fact_is_shipped_and_nothing_else_is(facts: dict[str, Any], shipped: dict[str, Any]) -> None:
    assert compare(facts, shipped) == []


def test_the_facts_have_the_size_that_the_comparison_was_reviewed_for(facts: dict[str, Any]) -> None:
    sizes = {key: len(value) for key, value in facts.items()}
    assert sizes == {
        "meta": 8,
        "sources": 74,
        "regions": 11,
        "subnets": 20,
        "static_address_hosts": 5,
        "legacy_subnets": 1,
        "host_rows": 24,
        "hosts_by_region": 11,
        "vision_one_endpoint_sensor": 5,
        "vision_one_codes": 10,
        "vision_one_api_hosts": 10,
        "port_rows": 42,
        "defaults": 20,
        "handling": 19,
        "govcloud": 7,
        "contradictions": 15,
        "unknowns": 13,
    }


def record(section: str, record_id: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda data: next(entry for entry in data[section] if entry["id"] == record_id)


def host(row_id: str, host_id: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda data: next(h for h in record("host_rows", row_id)(data)["hosts"] if h["id"] == f"{row_id}/{host_id}")


def in_region(row_id: str, host_id: str, region: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda data: next(r for r in host(row_id, host_id)(data)["regions"] if r["region"] == region)


ALTERED: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]], str, Any]] = [
    ("title", lambda data: data, "title", "other"),
    ("meta", lambda data: data["meta"], "form", "other"),
    ("confidence level", lambda data: data["meta"], "confidence_levels.field", "other"),
    ("source date", record("sources", "v1-sps"), "date", "2025-12-10"),
    ("region country", record("regions", "de-1"), "country", "Austria"),
    ("region sources", record("regions", "ae-1"), "sources", ["sdk-go"]),
    ("region check", record("regions", "za-1"), "aws_region_checked_against_address_ranges", True),
    ("block", record("address_blocks", "18.97.19.0/27"), "cidr", "18.97.19.0/28"),
    ("block region", record("address_blocks", "34.205.5.0/27"), "region", "trend-us-1"),
    ("block verification", record("address_blocks", "3.69.198.64/27"), "verified_by", "other"),
    ("block listing", record("address_blocks", "3.69.198.64/27"), "listed_in_ports_page_2025_09", False),
    ("superseded block", record("address_blocks", "54.221.196.0/24"), "superseded", False),
    ("static hosts", lambda data: data, "static_address_hosts", ["workload.<region>.cloudone.trendmicro.com"]),
    ("host confidence", host("agent-to-service-legacy", "dsmim-legacy"), "confidence", "documented"),
    ("host name", host("spn-census", "dsaas1100-en-census"), "fqdn", "dsaas1101-en-census.trendmicro.com"),
    ("host path", host("api-modern", "workload-rest"), "path", "/restful"),
    ("host purpose", host("agent-to-service-modern", "agents"), "purpose", None),
    ("host when", host("service-gateway-to-cloud", "ctapi"), "when", "always"),
    ("host membership", host("download-center", "files"), "membership_confidence", "inferred"),
    ("numbers", host("agent-to-service-modern", "agents-numbered"), "numbers", {"first": 1, "last": 11, "pad": 3}),
    ("region of a host", in_region("agent-to-service-modern", "agent-comm", "trend-us-1"), "confidence", "documented"),
    ("sensor host", host("vision-one", "api-ap3-xbc"), "regions", []),
    ("firmware host", host("service-gateway-to-cloud", "sgi-iot-au-xdr"), "fqdn", "sgi-iot.xdr.example.com"),
    ("row condition", record("host_rows", "active-update"), "condition", {"text": "always"}),
    ("row schemes", record("host_rows", "console"), "schemes", ["HTTPS", "HTTP"]),
    ("row wildcard", record("host_rows", "api-modern"), "wildcard", "*.workload.<region>.cloudone.trendmicro.com"),
    ("row membership", record("host_rows", "spn-smart-scan"), "membership_note", "other"),
    ("flow source", record("flows", "admin-dns"), "source", "agent"),
    ("flow port", record("flows", "agent-sps-5274"), "ports", [5275]),
    ("flow port kind", record("flows", "agent-imds"), "port_kind", "configured"),
    ("flow transport", record("flows", "dcgw-ad-389"), "transports", ["tcp"]),
    ("flow application", record("flows", "service-syslog-tls"), "application", "syslog"),
    ("flow condition", record("flows", "admin-dns"), "condition", {"text": "if any"}),
    ("flow seed cell", record("flows", "admin-dns"), "seed_cell", "source lost"),
    ("flow note", record("flows", "agent-service"), "note", None),
    ("flow heirs", record("flows", "service-agent-4118"), "inherited_by", []),
    ("icmp", record("flows", "agent-icmp"), "icmp", {"type": 3, "code": 3}),
    ("sensor protocol", lambda data: data, "sensor_protocol", "HTTPS 443"),
    ("sensor label", lambda data: data["sensor_labels"][0], "meaning", "other"),
    ("iot", lambda data: data["sensor_iot"], "aws_regions", ["us-east-1"]),
    ("code", record("vision_one_codes", "code-cc1"), "code", "ca1"),
    ("api host", record("vision_one_api_hosts", "api-za-1"), "confidence", "documented"),
    ("default", record("defaults", "heartbeat"), "text", "heartbeat every minute"),
    ("handling", record("handling", "revocation"), "confidence", "documented"),
    ("govcloud", lambda data: data["govcloud"], "hosts", "known"),
    ("contradiction", record("contradictions", "port-8080"), "resolution", "open"),
    ("unknown", record("unknowns", "za-1"), "text", "nothing"),
]


class TestAnAlteredValueIsReported:
    """A comparison that cannot fail proves nothing."""

    @pytest.mark.parametrize(("find", "key", "value"), [row[1:] for row in ALTERED], ids=[row[0] for row in ALTERED])
    def test_value(
        self, facts: dict[str, Any], shipped: dict[str, Any], find: Callable[..., dict[str, Any]], key: str, value: Any
    ) -> None:
        data = copy.deepcopy(shipped)
        found = find(data)
        assert found.get(key) != value
        found[key] = value
        assert compare(facts, data)

    @pytest.mark.parametrize(
        "section",
        [
            "sources",
            "regions",
            "address_blocks",
            "host_rows",
            "flows",
            "sensor_regions",
            "sensor_labels",
            "vision_one_codes",
            "vision_one_api_hosts",
            "defaults",
            "handling",
            "contradictions",
            "unknowns",
        ],
    )
    def test_removed_record(self, facts: dict[str, Any], shipped: dict[str, Any], section: str) -> None:
        data = copy.deepcopy(shipped)
        del data[section][2]
        assert compare(facts, data)

    def test_added_flow(self, facts: dict[str, Any], shipped: dict[str, Any]) -> None:
        data = copy.deepcopy(shipped)
        data["flows"].append({**data["flows"][0], "id": "agent-invented", "slot": 999})
        assert compare(facts, data)

    def test_a_fact_that_the_catalogue_does_not_know(self, facts: dict[str, Any], shipped: dict[str, Any]) -> None:
        more = copy.deepcopy(facts)
        more["port_rows"][3]["new_key"] = "new"
        assert compare(more, shipped) == [".port_rows[3].new_key: missing, the facts have 'new'"]


class TestHostsThatStandForALine:
    """A line that stands for many names could lose one of them unseen."""

    def test_firmware_names_exist_where_the_note_of_the_line_says(self) -> None:
        row = Catalogue.load().host_rows["service-gateway-to-cloud"]
        held = {h.fqdn: [e.region for e in h.regions or ()] for h in row.hosts if h.when == "firmware"}
        assert held == FIRMWARE

    def test_sensor_names_of_a_region_are_exactly_those_listed(self) -> None:
        catalogue = Catalogue.load()
        row = catalogue.host_rows["vision-one"]
        for listed in catalogue.sensor_regions.values():
            for region in listed.regions:
                hosts = [h for h in row.hosts if h.when == SENSOR]
                names = {name.fqdn for h in hosts for name in catalogue.names(row, h, region)}
                assert names == set(listed.hosts)

    def test_added_flows_are_the_last_slots(self) -> None:
        flows = Catalogue.load().flows.values()
        assert {flow.id for flow in flows if flow.slot > 42} == ADDED_FLOWS
