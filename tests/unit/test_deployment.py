"""Reading a deployment: files, overlays, YAML's traps, versions."""

from datetime import date
from pathlib import Path

import pytest

from tests.unit.sites import CATALOGUE, content
from ws_network.deployment import Deployment, Form, Target
from ws_network.deployment.files import load_content, merge
from ws_network.deployment.versions import Fleet, parse_version
from ws_network.errors import UserError
from ws_network.flows import Site


def write(folder: Path, **files: str) -> Path:
    """Write files, and return the last."""
    path = folder
    for name, text in files.items():
        path = folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
    return path


SITE = """
region: de-1
revision: 2025-12-09
agent_build: {oldest: 20.0.0-1540}
roles: [agent]
peers:
  dns-server: {cidrs: [10.20.0.53/32, "fd12:3456:20::53/128"]}
  ntp-server: {cidrs: [10.20.0.123/32]}
"""


class TestExtends:
    """One base file for three clouds: what an overlay says replaces only that, and lists replace whole."""

    def test_maps_merge_and_lists_replace(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            base=SITE + "tags: {team: platform, cost: shared}\n",
            aws="extends: base.yaml\nroles: [relay]\ntags: {cost: own}\npeers: {dns-server: {cidrs: [10.1.0.53/32]}}\n",
        )
        site = Deployment.load(path)
        assert site.roles == ("relay",)
        assert site.tags == {"team": "platform", "cost": "own"}
        assert site.peers["dns-server"].cidrs == ("10.1.0.53/32",)
        assert site.peers["ntp-server"].cidrs == ("10.20.0.123/32",)

    def test_of_several_bases_the_last_wins_and_bases_extend_too(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            first=SITE,
            second="extends: first.yaml\nregion: us-1\n",
            third="region: gb-1\n",
            site="extends: [second.yaml, third.yaml]\n",
        )
        assert Deployment.load(path).region == "gb-1"

    def test_paths_are_relative_to_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "clouds").mkdir()
        write(tmp_path, base=SITE)
        path = write(tmp_path / "clouds", aws="extends: ../base.yaml\n")
        assert Deployment.load(str(path)).region == "de-1"

    def test_a_map_replaces_a_value_and_a_value_a_map(self) -> None:
        assert merge({"a": 1, "b": {"c": 1}}, {"a": {"x": 1}, "b": 2}) == {"a": {"x": 1}, "b": 2}

    @pytest.mark.parametrize(
        ("files", "match"),
        [
            (
                {"a": "extends: b.yaml", "b": "extends: a.yaml"},
                r"extends itself by way of a.yaml: remove one of the two",
            ),
            ({"a": "extends: a.yaml"}, r"a.yaml extends itself by way of a.yaml"),
            ({"a": "extends: none.yaml"}, r"cannot read .*none.yaml \(No such file or directory\): give the path of"),
            ({"a": "extends: 7"}, r"'extends' must be a file name, or a list of them"),
            ({"a": "extends: [{b: c}]"}, r"'extends' must be a file name, or a list of them"),
        ],
    )
    def test_that_cannot_be_followed(self, tmp_path: Path, files: dict[str, str], match: str) -> None:
        with pytest.raises(UserError, match=match):
            load_content(write(tmp_path, **files))


class TestYaml:
    """YAML reads 20.0 as a number and a doubled key as its last: nothing of that may pass without a word."""

    def test_unquoted_dates_and_whole_floats_are_read(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            site=SITE
            + "decline: {agent-ntp: {reason: own clock, until: 2027-11-30}}\n"
            + "port_overrides: {agent-dns: 5353.0}\nproxy: {cidrs: [10.20.9.10/32], port: '1443', covers: []}\n",
        )
        site = Deployment.load(path)
        assert site.revision == "2025-12-09"
        assert site.decline["agent-ntp"].until == date(2027, 11, 30)
        assert site.port_overrides == {"agent-dns": 5353}
        assert site.proxy is not None
        assert site.proxy.port == 1443

    @pytest.mark.parametrize(
        ("text", "match"),
        [
            (
                "region: de-1\nroles: [agent]\nregion: us-1\n",
                r"key 'region' is there twice \(again in line 3\): remove one",
            ),
            ("peers: {dns-server: {}, dns-server: {}}", r"key 'dns-server' is there twice"),
            (
                "region: {{ region }}",
                r"the key in line 1 is a list or mapping: a text in braces needs quotes around it",
            ),
            ("region: [de-1\nroles:", r"is no YAML in line 2"),
            ("a: b: c", r"is no YAML in line 1: mapping values are not allowed here"),
            ("\x07", r"is no YAML: it cannot be read"),
            ("", r"is no mapping: begin it with 'region:', as ws-network init does"),
            ("- region", r"is no mapping"),
            ("!!python/object:os.system {}", r"is no YAML in line 1: could not determine a constructor"),
        ],
    )
    def test_that_cannot_be_read(self, tmp_path: Path, text: str, match: str) -> None:
        path = write(tmp_path, site=text)
        with pytest.raises(UserError, match=match) as caught:
            Deployment.load(path)
        assert str(caught.value).startswith(str(path))

    def test_that_is_no_text(self, tmp_path: Path) -> None:
        path = tmp_path / "site.yaml"
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(UserError, match=r"is no UTF-8 text: save it as UTF-8"):
            Deployment.load(path)

    def test_wrong_content_names_the_file(self, tmp_path: Path) -> None:
        path = write(tmp_path, site=SITE + "regoin: x\n")
        with pytest.raises(UserError, match=r"site.yaml: unknown key 'regoin': did you mean 'region'\?"):
            Deployment.load(path)

    def test_a_merge_key_is_no_doubled_key(self, tmp_path: Path) -> None:
        path = write(tmp_path, site="a: &a {x: 1, y: 1}\nb: {<<: *a, y: 2}\n")
        assert load_content(path)["b"] == {"x": 1, "y": 2}


class TestForms:
    """The most specific line decides; a destination that nobody mentions must not open."""

    def test_lookup_goes_from_the_most_specific_to_the_default(self) -> None:
        names = Deployment.parse(
            content(
                names={
                    "default": {"vision-one": ["snapshot", "refuse"], "default": ["refuse"]},
                    "aws-security-group": {"workload-security": ["blocks"]},
                    "azure-nsg": ["snapshot"],
                }
            )
        ).names
        assert names.forms(Target.AWS_SECURITY_GROUP, "workload-security") == (Form.BLOCKS,)
        assert names.forms(Target.AWS_SECURITY_GROUP, "vision-one") == (Form.SNAPSHOT, Form.REFUSE)
        assert names.forms(Target.AZURE_NSG, "vision-one") == (Form.SNAPSHOT,)
        assert names.forms(Target.GCP_VPC_FIREWALL, "download-center") == (Form.REFUSE,)

    def test_nothing_opens_by_omission(self) -> None:
        assert Deployment.parse(content()).names.forms(Target.AWS_SECURITY_GROUP, "x") == (Form.BLOCKS, Form.REFUSE)

    def test_records_of_a_component_are_the_same(self) -> None:
        nested = content(names={"default": ["blocks"], "aws-security-group": {"vision-one": ["snapshot"]}})
        flat = content(
            names=[
                {"target": "default", "forms": ["blocks"]},
                {"target": "aws-security-group", "destination": "vision-one", "forms": ["snapshot"]},
            ]
        )
        assert Deployment.parse(nested).names == Deployment.parse(flat).names

    def test_a_model_reads_what_it_writes(self) -> None:
        site = Deployment.parse(content(names={"default": ["blocks"]}, icmp=False))
        assert Deployment.model_validate(site.model_dump()) == site

    def test_records_that_are_none(self) -> None:
        with pytest.raises(UserError, match="write a mapping"):
            Deployment.parse(content(names=["blocks"]))


class TestVersions:
    """Compared as text, build 9400 is older than build 1540 and the fleet loses its legacy names."""

    def test_order_of_the_console(self) -> None:
        texts = ["9.6", "10.0", "12.0", "20.0", "20.0.0-1540", "20.0.0-1541", "20.0.0-3445", "20.0.1-9400"]
        assert sorted(set(texts), key=parse_version) == texts
        assert parse_version("20.0.0.1540") == parse_version("20.0.0-1540") == (20, 0, 0, 1540)

    @pytest.mark.parametrize("text", ["", "20", "v20.0", "20.0-", "20.0.0-1540 ", "20.0.0.0.0", "20.0.0-1-2"])
    def test_no_version(self, text: str) -> None:
        with pytest.raises(UserError, match="is no agent version"):
            parse_version(text)

    @pytest.mark.parametrize(
        ("oldest", "newest", "agent_from", "agent_to", "expected"),
        [
            ("20.0.0-1540", "20.0.1-9400", None, "20.0.0-1540", True),
            ("20.0.0-1541", "20.0.1-9400", None, "20.0.0-1540", False),
            ("10.0", "11.0", "11.0", None, True),
            ("10.0", "10.9", "11.0", None, False),
            ("10.0", None, "20.0", None, True),
            ("10.0", "20.0", "11.0", "11.9", True),
        ],
    )
    def test_a_mixed_fleet_has_all_between_its_ends(
        self, oldest: str, newest: str | None, agent_from: str | None, agent_to: str | None, *, expected: bool
    ) -> None:
        assert Fleet(oldest, newest).has_any(agent_from, agent_to) is expected


class TestRead:
    """What the rest of the program asks of a deployment."""

    def test_managed_roles_are_the_roles_then_managed_peers(self) -> None:
        site = Deployment.parse(
            content(
                roles=["relay", "agent"],
                peers={"siem-or-syslog-server": {"manage": True}, "agent": {"manage": True}},
                proxy={"manage": True, "port": 1443, "covers": []},
            )
        )
        assert site.managed_roles == ("relay", "agent", "siem-or-syslog-server", "web-proxy")
        assert set(site.all_peers) == {"dns-server", "ntp-server", "siem-or-syslog-server", "agent", "web-proxy"}

    def test_names_and_blocks_are_written_in_one_form(self) -> None:
        peer = {"fqdns": ["DNS.Corp.Example."], "cidrs": ["FD12:3456:0020::53/128"], "within": ["10.0.0.0/8"]}
        read = Deployment.parse(content(peers={"dns-server": peer})).peers["dns-server"]
        assert (read.fqdns, read.cidrs) == (("dns.corp.example",), ("fd12:3456:20::53/128",))

    def test_defaults_are_the_product_s(self) -> None:
        site = Deployment.parse({key: value for key, value in content().items() if key != "agent_build"})
        assert Site(CATALOGUE, site).features == {
            "smart-scan",
            "web-reputation",
            "predictive-ml",
            "behavior-monitoring",
            "process-memory-scan",
            "smart-feedback",
        }
        assert site.fleet.oldest == (20, 0, 0, 1559)
        assert site.fleet.newest is None
