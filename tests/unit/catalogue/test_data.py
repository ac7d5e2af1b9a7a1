"""What must hold of the shipped data whatever the facts say."""

import ipaddress
import json
import re
from itertools import pairwise
from typing import Any

import jsonschema
import pytest

from ws_network.catalogue import (
    DATA_FILE,
    SCHEMA_FILE,
    Addressing,
    Catalogue,
    CatalogueData,
    Condition,
    Confidence,
    NameKind,
    PortKind,
    Record,
    RoleKind,
    Scope,
    problems,
)
from ws_network.catalogue.integrity import records

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def raw() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    return loaded


class TestTheFiles:
    """Users write their own catalogue against the schema, so it must be the model's and of a known draft."""

    def test_schema_is_that_of_the_model(self) -> None:
        draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == {**draft, **CatalogueData.model_json_schema()}

    def test_schema_accepts_the_data(self, raw: dict[str, Any]) -> None:
        schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(raw)

    def test_schema_is_closed(self, raw: dict[str, Any]) -> None:
        schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
        raw["flows"][0]["prot"] = 1
        assert not jsonschema.Draft202012Validator(schema).is_valid(raw)

    def test_data_names_every_file_key_once(self) -> None:
        def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            assert len(pairs) == len(dict(pairs))
            return dict(pairs)

        json.loads(DATA_FILE.read_text(encoding="utf-8"), object_pairs_hook=unique)


def test_counts(catalogue: Catalogue) -> None:
    assert len(catalogue.regions) == 11
    assert len(catalogue.flows) == 42 + 11
    assert len(catalogue.host_rows) == 24
    assert len(catalogue.contradictions) == 15
    assert len(catalogue.unknowns) == 13
    assert sum(len(catalogue.blocks(region)) for region in catalogue.regions) == 20
    assert len(catalogue.address_blocks) == 21


class TestReferences:
    """An id that leads nowhere silently drops a destination."""

    def test_shipped_data_does_not_contradict_itself(self, catalogue: Catalogue) -> None:
        assert problems(catalogue.data) == []

    @pytest.mark.parametrize("revision", Catalogue.load().revisions)
    def test_everything_named_exists_at_every_revision(self, catalogue: Catalogue, revision: str) -> None:
        at = catalogue.at(revision)
        conditions: list[Condition] = []
        for flow in at.flows.values():
            assert {flow.source, flow.destination, *flow.inherited_by} <= set(at.roles)
            assert set(flow.host_rows) <= set(at.host_rows)
            assert set(flow.hosts) <= set(at.hosts)
            conditions.append(flow.condition)
        for row in at.host_rows.values():
            assert {*row.source_roles, *row.destinations} <= set(at.roles)
            conditions += [row.condition, *(host.condition for host in row.hosts)]
        for condition in conditions:
            assert {*condition.features, *condition.features_off} <= set(at.features)
        for build in at.agent_builds.values():
            assert set(build.flows) <= set(at.flows)
            assert set(build.host_rows) <= set(at.host_rows)

    def test_every_source_is_used(self, catalogue: Catalogue) -> None:
        text = DATA_FILE.read_text(encoding="utf-8")
        unused = [name for name in catalogue.sources if text.count(f'"{name}"') < 2]
        assert unused == UNUSED_SOURCES

    def test_revisions_are_sorted_and_every_record_is_at_home_in_one(self, catalogue: Catalogue) -> None:
        assert list(catalogue.revisions) == sorted(set(catalogue.revisions))
        used = {record.since for _, record in records(catalogue.data)}
        assert used <= set(catalogue.revisions)

    def test_slots_are_unique_and_in_page_order(self, catalogue: Catalogue) -> None:
        slots = [flow.slot for flow in catalogue.flows.values()]
        assert slots == [*range(1, 54)]

    def test_every_service_flow_with_names_has_its_rows(self, catalogue: Catalogue) -> None:
        named = {destination for row in catalogue.host_rows.values() for destination in row.destinations}
        for flow in catalogue.flows.values():
            if flow.destination in named and catalogue.roles[flow.destination].kind is RoleKind.SERVICE:
                assert flow.host_rows, flow.id

    def test_every_row_is_reached_by_a_flow(self, catalogue: Catalogue) -> None:
        reached = {row for flow in catalogue.flows.values() for row in flow.host_rows}
        assert set(catalogue.host_rows) == reached


UNUSED_SOURCES: list[str] = []
"""Sources that no record cites."""


class TestNames:
    """A name with a placeholder left in, or an address in its place, would reach a firewall."""

    def test_every_name_is_a_fqdn(self, catalogue: Catalogue) -> None:
        for region in catalogue.regions:
            for row in catalogue.host_rows.values():
                for host in row.hosts:
                    for name in catalogue.names(row, host, region):
                        assert len(name.fqdn) <= 253
                        assert name.fqdn.count(".") >= 1
                        assert all(LABEL.fullmatch(label) for label in name.fqdn.split(".")), name.fqdn

    def test_only_names_are_addressed(self, catalogue: Catalogue) -> None:
        for host in catalogue.hosts.values():
            no_name = host.kind in {NameKind.UNKNOWN, NameKind.REFERENCE}
            assert no_name == (host.addressing is Addressing.UNKNOWN)
            assert (host.kind is NameKind.CUSTOMER) == (host.addressing is Addressing.CUSTOMER)

    def test_published_are_exactly_the_static_templates(self, catalogue: Catalogue) -> None:
        published = {host.fqdn for host in catalogue.hosts.values() if host.addressing is Addressing.PUBLISHED}
        assert published == set(catalogue.data.static_address_hosts)
        others = {host.fqdn for host in catalogue.hosts.values()}
        assert set(catalogue.data.not_static_address_hosts) <= others - published

    def test_update_and_content_hosts_are_cdn(self, catalogue: Catalogue) -> None:
        cdn = {host.fqdn for host in catalogue.hosts.values() if host.addressing is Addressing.CDN}
        assert {
            "iaus.trendmicro.com",
            "ipv6-iaus.activeupdate.trendmicro.com",
            "activeupdate.trendmicro.com",
            "sg-tmsps10-p.activeupdate.trendmicro.com",
            "cdn-api-ap3.xbc.trendmicro.com",
            "endpointpolicy-cdn-eu1.xbc.trendmicro.com",
        } <= cdn
        assert not {"files.trendmicro.com", "dsaas.icrc.trendmicro.com"} & cdn

    def test_agent_channel_is_exempt_from_inspection(self, catalogue: Catalogue) -> None:
        exempt = {host.id for host in catalogue.hosts.values() if host.tls_inspection == "exempt"}
        rows = {"agent-to-service-modern", "agent-to-service-legacy", "agent-row-1558", "data-center-gateway"}
        assert {host_id.split("/")[0] for host_id in exempt} == rows
        assert "agent-to-service-modern/agent-comm" in exempt


class TestBlocks:
    """A block read wrong opens a stranger's network."""

    def test_each_is_a_private_of_nobody_slash_27(self, catalogue: Catalogue) -> None:
        for region in catalogue.regions:
            for block in catalogue.blocks(region):
                network = ipaddress.ip_network(block.cidr)
                assert (network.version, network.prefixlen) == (4, 27)
                assert network.is_global

    def test_two_in_each_deployable_region_and_none_overlap(self, catalogue: Catalogue) -> None:
        networks = []
        for region in catalogue.regions.values():
            found = catalogue.blocks(region.id)
            assert len(found) == (2 if region.deployable else 0)
            networks += [ipaddress.ip_network(block.cidr) for block in found]
        ordered = sorted(networks, key=str)
        assert len(set(ordered)) == 20
        assert not any(a.overlaps(b) for a in networks for b in networks if a != b)

    def test_the_old_range_is_held_but_never_given_out(self, catalogue: Catalogue) -> None:
        assert catalogue.address_blocks["54.221.196.0/24"].superseded
        given = {block.cidr for region in catalogue.regions for block in catalogue.blocks(region)}
        assert "54.221.196.0/24" not in given


class TestFlows:
    """The decisions that the page leaves to the reader."""

    def test_an_agents_flows_are_inherited_by_relays(self, catalogue: Catalogue) -> None:
        for flow in catalogue.flows.values():
            of_agent = "agent" in {flow.source, flow.destination}
            assert flow.inherited_by == (("relay",) if of_agent else ()), flow.id

    def test_port_kinds(self, catalogue: Catalogue) -> None:
        kinds = {flow.id: flow.port_kind for flow in catalogue.flows.values() if flow.port_kind is not PortKind.LISTED}
        assert kinds == {
            "relay-inherits-agent": PortKind.AS_AGENT,
            "agent-proxy": PortKind.CONFIGURED,
            "agent-icmp": PortKind.ICMP,
            "agent-imds": PortKind.UNKNOWN,
        }

    def test_only_the_listener_on_the_machine_itself_is_out_of_sight(self, catalogue: Catalogue) -> None:
        host_only = [flow.id for flow in catalogue.flows.values() if flow.scope is Scope.HOST]
        assert host_only == ["relay-localhost"]

    def test_http_is_optional_only_where_the_port_table_lacks_it(self, catalogue: Catalogue) -> None:
        optional = [flow.id for flow in catalogue.flows.values() if flow.condition.option == "http"]
        assert optional == [
            "agent-download-center-80",
            "relay-download-center-80",
            "agent-trend-micro-update-server-80",
            "agent-vision-one-80",
            "agent-workload-security-80",
        ]

    def test_service_gateway_hosts_are_split_without_loss(self, catalogue: Catalogue) -> None:
        row = catalogue.host_rows["service-gateway-to-cloud"]
        network, platform = catalogue.flows["sg-spn-443"].hosts, catalogue.flows["service-gateway-vision-one-443"].hosts
        assert {host.id for host in row.hosts} == {*network, *platform}
        assert not {*network} & {*platform}
        assert catalogue.flows["sg-spn-80"].hosts == network

    def test_features_and_their_defaults(self, catalogue: Catalogue) -> None:
        assert {feature.id: feature.default for feature in catalogue.features.values()} == {
            "smart-scan": True,
            "web-reputation": True,
            "predictive-ml": True,
            "behavior-monitoring": True,
            "process-memory-scan": True,
            "smart-feedback": True,
            "activity-monitoring": False,
            "endpoint-sensor": False,
            "agent-direct-update": False,
            "certificate-revocation": False,
            "service-gateway-spn-proxy": False,
            "vision-one-relay": False,
        }

    def test_builds_are_in_order_of_their_version(self, catalogue: Catalogue) -> None:
        versions = [[int(n) for n in re.split(r"[.-]", build.version)] for build in catalogue.agent_builds.values()]
        assert all(a <= b for a, b in pairwise(versions))

    def test_feedback_generations_meet_without_gap_or_overlap(self, catalogue: Catalogue) -> None:
        bounds = {
            row.id.removeprefix("spn-smart-feedback-"): (row.condition.agent_from, row.condition.agent_to)
            for row in catalogue.host_rows.values()
            if row.id.startswith("spn-smart-feedback")
        }
        assert bounds == {
            "20": ("20.0", None),
            "12": ("12.0", "12.99999"),
            "11": ("11.0", "11.99999"),
            "10": (None, "10.99999"),
        }


def _set(path: list[Any], value: Any) -> Any:
    def change(raw: dict[str, Any]) -> None:
        target: Any = raw
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = value

    return change


BROKEN: list[tuple[str, Any]] = [
    ("revisions are not in order", _set(["revisions", 0, "date"], "2027-01-01")),
    ("revisions is empty", _set(["revisions"], [])),
    ("flows 'admin-dns' has since 2024-01-01", _set(["flows", 0, "since"], "2024-01-01")),
    ("flows 'admin-dns' has until 2027-01-01", _set(["flows", 0, "until"], "2027-01-01")),
    ("has the id 'admin-dns' 2 times", _set(["flows", 1, "id"], "admin-dns")),
    ("2 flows have the slot 1", _set(["flows", 1, "slot"], 1)),
    ("unknown source 'nowhere'", _set(["flows", 0, "sources"], ["nowhere"])),
    ("unknown role 'nobody'", _set(["flows", 0, "source"], "nobody")),
    ("unknown host row 'none'", _set(["flows", 9, "host_rows"], ["none"])),
    ("the host 'none', which its rows lack", _set(["flows", 9, "hosts"], ["none"])),
    ("does not fit its ports", _set(["flows", 0, "ports"], [])),
    ("outside 1 to 65535", _set(["flows", 0, "ports"], [0])),
    ("serves ports that it does not list", _set(["flows", 0, "served_ports"], [{"serves": "x", "ports": [1]}])),
    ("does not fit its icmp", _set(["flows", 0, "icmp"], {"type": 3, "code": 4})),
    ("unknown feature 'none'", _set(["flows", 0, "condition"], {"features": ["none"]})),
    ("'none', which no role serves", _set(["flows", 0, "condition"], {"serves": ["none"]})),
    ("is no network", _set(["address_blocks", 0, "cidr"], "3.26.127.97/27")),
    ("is not of IP version 6", _set(["address_blocks", 0, "ip_version"], 6)),
    ("names the unknown region 'xx-1'", _set(["address_blocks", 0, "region"], "xx-1")),
    ("has no region", _set(["address_blocks", 0, "region"], None)),
    ("of kind exact, which does not fit", _set(["host_rows", 0, "hosts", 0, "kind"], "exact")),
    ("does not say in which regions", _set(["host_rows", 0, "hosts", 0, "regions"], None)),
    ("needs numbers for <nnn>", _set(["host_rows", 0, "hosts", 2, "numbers"], None)),
    ("host 'agent-to-service-modern/workload' names", _set(["host_rows", 0, "hosts", 0, "fixed_region"], "xx-1")),
    ("use lower-case letters, digits", _set(["flows", 0, "id"], 'x"; sid:1;)')),
    ("is no host name in lower case", _set(["host_rows", 2, "hosts", 0, "fqdn"], 'x"; sid:1;)\npass ip any any')),
    ("is no host name in lower case", _set(["host_rows", 2, "hosts", 0, "fqdn"], "Files.trendmicro.com")),
    ("is no host name in lower case", _set(["host_rows", 2, "hosts", 0, "fqdn"], "files.trendmicro.com.")),
    ("write * and a name of three labels", _set(["host_rows", 0, "wildcard"], "*")),
    ("write * and a name of three labels", _set(["host_rows", 0, "wildcard"], "*com")),
    (
        "is no host name in lower case",
        _set(["host_rows", 0, "wildcard"], "*.workload.<region>.cloudone.trendmicro.com"),
    ),
    ("dates in region 'us-1'", _set(["host_rows", 0, "hosts", 0, "regions", 0, "since"], "2024-01-01")),
]


class TestIntegrityFindsEachKindOfMistake:
    """A catalogue file of a user's is only as good as these checks."""

    @pytest.mark.parametrize(("expected", "change"), BROKEN, ids=[text for text, _ in BROKEN])
    def test_problem(self, raw: dict[str, Any], expected: str, change: Any) -> None:
        change(raw)
        found = problems(CatalogueData.model_validate(raw))
        assert any(expected in problem for problem in found), found


def test_an_end_before_the_start_is_refused(raw: dict[str, Any]) -> None:
    raw["flows"][0]["until"] = raw["flows"][0]["since"]
    with pytest.raises(ValueError, match="ends at 2024-11-29, not after its first revision 2024-11-29"):
        CatalogueData.model_validate(raw)


def test_confidence_has_an_order() -> None:
    assert [level.rank for level in Confidence] == [0, 1, 2, 3]
    assert Confidence.FIELD.at_least(Confidence.FIELD)
    assert Confidence.DOCUMENTED.at_least(Confidence.INFERRED)
    assert not Confidence.INFERRED.at_least(Confidence.FIELD)


def test_every_record_says_how_it_is_known(catalogue: Catalogue) -> None:
    for section, record in records(catalogue.data):
        assert isinstance(record, Record)
        assert record.sources, (section, record.id)
