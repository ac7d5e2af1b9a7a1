"""Loading, revisions, regions, blocks and names."""

import json
from pathlib import Path
from typing import Any

import pytest

from ws_network.catalogue import DATA_FILE, Addressing, Catalogue, Confidence
from ws_network.errors import UserError


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def raw() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DATA_FILE.read_text(encoding="utf-8"))
    return loaded


def names(catalogue: Catalogue, row_id: str, region: str) -> list[str]:
    row = catalogue.host_rows[row_id]
    return [name.fqdn for host in row.hosts for name in catalogue.names(row, host, region)]


class TestLoad:
    """A file that cannot be used is one sentence, never a traceback."""

    def test_packaged_is_at_the_newest_revision_and_parsed_once(self, catalogue: Catalogue) -> None:
        assert catalogue.revision == catalogue.revisions[-1] == "2025-12-09"
        assert Catalogue.load().data is catalogue.data
        assert Catalogue.load() == catalogue

    def test_a_copy_of_the_file_is_the_same_catalogue(self, catalogue: Catalogue, tmp_path: Path) -> None:
        copy = tmp_path / "mine.json"
        copy.write_bytes(DATA_FILE.read_bytes())
        assert Catalogue.load(copy) == catalogue
        assert Catalogue.load(str(copy)).flows == catalogue.flows

    def test_a_flow_is_one_record(self, raw: dict[str, Any], tmp_path: Path) -> None:
        new = {**raw["flows"][0], "id": "admin-ssh", "slot": 500, "ports": [22], "transports": ["tcp"]}
        raw["flows"].append(new)
        mine = tmp_path / "mine.json"
        mine.write_text(json.dumps(raw), encoding="utf-8")
        assert Catalogue.load(mine).flows["admin-ssh"].ports == (22,)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"none.json' cannot be read \(No such file or directory\): correct the"):
            Catalogue.load(tmp_path / "none.json")

    def test_directory(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="cannot be read"):
            Catalogue.load(tmp_path)

    @pytest.mark.parametrize("text", ["", "{", "flows: []", "\udcff"])
    def test_not_json(self, tmp_path: Path, text: str) -> None:
        mine = tmp_path / "mine.json"
        mine.write_text(text, encoding="utf-8", errors="surrogateescape")
        with pytest.raises(UserError, match=r"mine.json' is not JSON \(.+\): correct it there\.") as error:
            Catalogue.load(mine)
        assert "\n" not in str(error.value)

    def test_no_object(self, tmp_path: Path) -> None:
        mine = tmp_path / "mine.json"
        mine.write_text("[]", encoding="utf-8")
        with pytest.raises(UserError, match="does not match the catalogue's form at its top level: "):
            Catalogue.load(mine)

    @pytest.mark.parametrize(
        ("key", "value", "where"),
        [
            ("ports", ["dns"], r"flows\[3\]\.ports\[0\]"),
            ("port", 53, r"flows\[3\]\.port"),
            ("transports", ["sctp"], r"flows\[3\]\.transports\[0\]"),
        ],
    )
    def test_wrong_key(self, raw: dict[str, Any], tmp_path: Path, key: str, value: object, where: str) -> None:
        raw["flows"][3][key] = value
        mine = tmp_path / "mine.json"
        mine.write_text(json.dumps(raw), encoding="utf-8")
        with pytest.raises(
            UserError, match=rf"mine.json' does not match the catalogue's form at {where}: .+\. Compare"
        ):
            Catalogue.load(mine)

    def test_several_mistakes_are_counted(self, raw: dict[str, Any], tmp_path: Path) -> None:
        del raw["flows"][0]["id"]
        del raw["flows"][1]["id"]
        mine = tmp_path / "mine.json"
        mine.write_text(json.dumps(raw), encoding="utf-8")
        with pytest.raises(UserError, match=r"at flows\[0\]\.id: Field required \(1 more\)"):
            Catalogue.load(mine)

    def test_contradiction_inside(self, raw: dict[str, Any], tmp_path: Path) -> None:
        raw["flows"][0]["source"] = raw["flows"][1]["source"] = "nobody"
        mine = tmp_path / "mine.json"
        mine.write_text(json.dumps(raw), encoding="utf-8")
        wanted = r"contradicts itself: flow 'admin-dns' names the unknown role 'nobody' \(1 more\)\. Correct"
        with pytest.raises(UserError, match=wanted):
            Catalogue.load(mine)


class TestRevisions:
    """A stack pins its revision: what is not there yet must not leak into it."""

    def test_at(self, catalogue: Catalogue) -> None:
        old = catalogue.at("2024-12-02")
        assert old.revision == "2024-12-02"
        assert old.revisions == catalogue.revisions
        assert old.at("2025-12-09") == catalogue

    @pytest.mark.parametrize(
        ("revision", "message"),
        [
            ("2025-10-01", "on that date '2025-09-10' was in force. Known are 2024-11-29, 2024-12-02, "),
            ("2020-01-01", "it is before the oldest one, known are 2024-11-29"),
            ("2027-01-01", "the newest is '2025-12-09'"),
            ("20251209", "write it as '2025-12-09'"),
            ("2025-12-9", "did you mean '2025-12-09'"),
            ("latest", "known are 2024-11-29"),
        ],
    )
    def test_unknown(self, catalogue: Catalogue, revision: str, message: str) -> None:
        with pytest.raises(UserError, match=f"^unknown catalogue revision '{revision}': {message}"):
            catalogue.at(revision)

    def test_a_host_that_came_later_to_one_region(self, catalogue: Catalogue) -> None:
        name = "xdr-resp-ioc.workload.ca-1.cloudone.trendmicro.com"
        assert name in names(catalogue, "agent-to-service-modern", "ca-1")
        assert name not in names(catalogue.at("2025-11-13"), "agent-to-service-modern", "ca-1")
        old = catalogue.at("2025-11-13")
        row = catalogue.host_rows["agent-to-service-modern"]
        host = catalogue.hosts["agent-to-service-modern/xdr-resp-ioc"]
        assert old.names(row, host, "ca-1") == ()
        assert "ca-1" not in {entry.region for entry in old.hosts[host.id].regions or ()}

    def test_records_that_came_later(self, catalogue: Catalogue) -> None:
        assert "agent-v1-relay" not in catalogue.at("2025-11-13").flows
        assert "vision-one/api-mea-xbc" not in catalogue.at("2024-11-29").hosts
        assert "vision-one/api-mea-xbc" in catalogue.at("2024-12-02").hosts
        assert catalogue.at("2025-03-31").blocks("de-1") == ()

    def test_rows_that_did_not_change_are_not_copied(self, catalogue: Catalogue) -> None:
        row = next(row for row in catalogue.data.host_rows if row.id == "spn-census")
        assert catalogue.at("2024-11-29").host_rows["spn-census"] is row

    def test_mappings_cannot_be_changed(self, catalogue: Catalogue) -> None:
        with pytest.raises(TypeError):
            catalogue.flows["x"] = catalogue.flows["admin-dns"]  # type: ignore[index]

    def test_every_section_has_its_mapping(self, catalogue: Catalogue) -> None:
        assert len(catalogue.sources) == 74
        assert len(catalogue.defaults) == 20
        assert len(catalogue.handling) == 19
        assert len(catalogue.sensor_regions) == 7
        assert len(catalogue.sensor_labels) == 15
        assert len(catalogue.vision_one_codes) == 10
        assert len(catalogue.vision_one_api_hosts) == 10
        assert len(catalogue.agent_builds) == 14


class TestRegion:
    """People type AWS's names, and names of regions that cannot be deployed to."""

    def test_known(self, catalogue: Catalogue) -> None:
        assert catalogue.region("de-1").aws_region == "eu-central-1"

    @pytest.mark.parametrize(
        ("region", "message"),
        [
            (
                "eu-central-1",
                r"unknown region 'eu-central-1': that is AWS's name; the service's is 'de-1' \(Germany\)\.",
            ),
            ("us-east-2", "the service's is 'trend-us-1'"),
            ("de1", "did you mean 'de-1'"),
            ("mars", "known are ae-1, au-1"),
            (
                "za-1",
                r"'za-1' \(South Africa\) cannot be deployed to: its host names and address blocks are unknown\. Ch",
            ),
            ("af-south-1", "the service's is 'za-1'"),
        ],
    )
    def test_refused(self, catalogue: Catalogue, region: str, message: str) -> None:
        with pytest.raises(UserError, match=message):
            catalogue.region(region)

    def test_not_there_yet(self, catalogue: Catalogue) -> None:
        with pytest.raises(UserError, match="'ae-1' is not part of revision 2024-11-29, only from 2024-12-02 on"):
            catalogue.at("2024-11-29").region("ae-1")

    def test_no_longer_there(self, raw: dict[str, Any], tmp_path: Path) -> None:
        next(region for region in raw["regions"] if region["id"] == "ca-1")["until"] = "2025-09-10"
        mine = tmp_path / "mine.json"
        mine.write_text(json.dumps(raw), encoding="utf-8")
        with pytest.raises(UserError, match="'ca-1' is not part of revision 2025-12-09, only before 2025-09-10"):
            Catalogue.load(mine).region("ca-1")


class TestNames:
    """A template is worth nothing in a firewall: names are concrete."""

    def test_a_region_in_full(self, catalogue: Catalogue) -> None:
        service = "workload.de-1.cloudone.trendmicro.com"
        assert names(catalogue, "agent-to-service-modern", "de-1") == [
            service,
            f"agents.{service}",
            *(f"agents-{number:03}.{service}" for number in range(1, 11)),
            f"agent-comm.{service}",
            f"dsmim.{service}",
            f"relay.{service}",
            f"xdr-resp-ioc.{service}",
            "agent-comm.workload.us-1.cloudone.trendmicro.com",
        ]

    def test_each_carries_how_it_is_known(self, catalogue: Catalogue) -> None:
        row = catalogue.host_rows["agent-to-service-modern"]
        host = catalogue.hosts["agent-to-service-modern/agent-comm"]
        (german,) = catalogue.names(row, host, "de-1")
        (american,) = catalogue.names(row, host, "trend-us-1")
        assert (german.confidence, german.sources) == (Confidence.DOCUMENTED, ("v1-fw-europe",))
        assert american.confidence is Confidence.INFERRED
        assert german.addressing is Addressing.DYNAMIC
        assert (german.row_id, german.host_id, german.path) == (row.id, host.id, None)
        assert german.tls_inspection == "exempt"

    def test_path(self, catalogue: Catalogue) -> None:
        row = catalogue.host_rows["api-modern"]
        paths = [name.path for host in row.hosts for name in catalogue.names(row, host, "jp-1")]
        assert paths == ["/api", "/rest", "/webservice/Manager?WSDL"]

    @pytest.mark.parametrize(
        ("row", "host"),
        [
            ("vision-one", "unknown"),
            ("vision-one", "endpoint-sensor"),
            ("agent-to-service-legacy", "same-as-modern"),
            ("agent-row-1559", "unknown"),
            ("smart-protection-server", "customer"),
        ],
    )
    def test_what_is_no_name_gives_none(self, catalogue: Catalogue, row: str, host: str) -> None:
        assert catalogue.names(catalogue.host_rows[row], catalogue.hosts[f"{row}/{host}"], "de-1") == ()

    def test_a_host_of_another_region_gives_none(self, catalogue: Catalogue) -> None:
        row = catalogue.host_rows["vision-one"]
        host = catalogue.hosts["vision-one/api-ap2-xbc"]
        assert [name.fqdn for name in catalogue.names(row, host, "jp-1")] == ["api-ap2.xbc.trendmicro.com"]
        assert catalogue.names(row, host, "de-1") == ()

    def test_legacy_relay_only_where_it_is_listed(self, catalogue: Catalogue) -> None:
        legacy = "relay.deepsecurity.trendmicro.com"
        listed = [r for r in catalogue.regions if legacy in names(catalogue, "agent-to-service-legacy", r)]
        assert listed == ["us-1", "trend-us-1", "ca-1", "au-1", "de-1", "gb-1", "sg-1"]

    def test_japan_has_its_own_domain(self, catalogue: Catalogue) -> None:
        found = names(catalogue, "service-gateway-to-cloud", "jp-1")
        assert {"sgi-tunneling.jp.xdr.trendmicro.co.jp", "sgi-iot.xdr.trendmicro.co.jp"} <= set(found)

    def test_wildcard_has_no_dot_after_the_star(self, catalogue: Catalogue) -> None:
        rows = catalogue.host_rows
        wildcard = catalogue.wildcard(rows["agent-to-service-modern"], "gb-1")
        assert wildcard == "*workload.gb-1.cloudone.trendmicro.com"
        assert catalogue.wildcard(rows["data-center-gateway"], "gb-1") is None
