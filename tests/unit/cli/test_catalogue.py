"""`diff`, `catalogue` and `schema`."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.unit.cli.golden import Run, same_as_golden
from ws_network import Catalogue, Deployment, schema, site_diff
from ws_network.catalogue import DATA_FILE
from ws_network.cli.options import DEFAULT_FILE


@pytest.mark.usefixtures("site")
class TestDiff:
    """A new revision is adopted only when what it opens and closes can be read first."""

    def test_on_the_page(self, run: Run) -> None:
        done = run("diff", "2024-11-29", "2024-12-02")
        assert done.exit_code == 2
        assert "opened  region        ae-1" in done.stdout

    def test_nothing(self, run: Run) -> None:
        done = run("diff", "2025-12-09", "2025-12-09")
        assert (done.exit_code, done.stdout) == (0, "2025-12-09 to 2025-12-09: no difference on the page\n")

    def test_for_the_site(self, run: Run) -> None:
        done = run("diff", "2024-11-29", "-d", "ws-network.yaml")
        assert done.exit_code == 2
        same_as_golden("diff-site.txt", done.stdout)

    def test_the_other_way_round(self) -> None:
        site = Deployment.load(DEFAULT_FILE)
        back = site_diff(Catalogue.load(), site, "2024-11-29")
        there = site_diff(Catalogue.load(), site.model_copy(update={"revision": "2024-11-29"}), "2025-12-09")
        swap = {"opened": "closed", "closed": "opened", "new": "gone", "gone": "new", "changed": "changed"}
        turned = {(swap[change.change], change.kind, change.about) for change in there.changes}
        assert turned == {(change.change, change.kind, change.about) for change in back.changes}

    def test_without_words_the_site_to_the_newest(self, run: Run, site: Path) -> None:
        assert run("diff").exit_code == 0
        site.write_text(site.read_text().replace("2025-12-09", "2025-03-31"))
        assert run("diff").exit_code == 2

    def test_blocks_of_a_list(self, run: Run, tmp_path: Path) -> None:
        """A catalogue of the user's own in which one block leaves."""
        content = json.loads(DATA_FILE.read_text())
        content["revisions"].append({"date": "2026-01-01", "note": "test", "sources": []})
        block = next(entry for entry in content["address_blocks"] if entry["cidr"] == "3.69.198.64/27")
        block["until"] = "2026-01-01"
        (tmp_path / "c.json").write_text(json.dumps(content))
        done = run("diff", "--catalogue", "c.json")
        assert done.exit_code == 2
        assert "closed  address  blocks-de-1-ipv4 3.69.198.64/27" in done.stdout


class TestCatalogue:
    """The page must be readable without this package's rules."""

    def test_names_of_a_region(self, run: Run) -> None:
        rows = json.loads(run("catalogue", "hosts", "--region", "jp-1", "-f", "json").stdout)["hosts"]
        assert "agents.workload.jp-1.cloudone.trendmicro.com" in {row["host"] for row in rows}
        assert not any("<region>" in row["host"] for row in rows if row["addressing"] == "published")

    def test_blocks_of_a_region(self, run: Run) -> None:
        every, one = (
            json.loads(run("catalogue", "blocks", *words, "-f", "json").stdout)["blocks"]
            for words in ([], ["--region", "de-1"])
        )
        assert {row["region"] for row in one} == {"de-1"}
        assert 0 < len(one) < len(every)

    def test_an_older_revision(self, run: Run) -> None:
        rows = json.loads(run("catalogue", "regions", "--revision", "2024-11-29", "-f", "json").stdout)["regions"]
        assert "ae-1" not in {row["region"] for row in rows}

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            ("catalogue flow", "unknown kind of record 'flow': did you mean 'flows'?"),
            ("catalogue hosts --region de-2", "unknown region 'de-2': did you mean 'de-1'?"),
            ("catalogue roles --region de-1", "roles do not depend on a region"),
            ("catalogue --revision 2025-01-01", "on that date '2024-12-02' was in force"),
            ("catalogue --catalogue none.json", "catalogue file 'none.json' cannot be read"),
            ("diff 2024-11-29 2025", "unknown catalogue revision '2025'"),
            ("schema --of deploymnt", "unknown schema 'deploymnt': did you mean 'deployment'?"),
        ],
    )
    def test_unknown(self, run: Run, words: str, error: str) -> None:
        done = run(*words.split())
        assert (done.exit_code, done.stdout) == (1, "")
        assert error in done.stderr


class TestSchema:
    """An editor that trusts the schema must accept what the model accepts, and refuse a misspelt key."""

    def test_prints_what_the_function_returns(self, run: Run) -> None:
        for of in ("deployment", "catalogue", "snapshot"):
            assert json.loads(run("schema", "--of", of).stdout) == schema(of)

    @pytest.mark.parametrize("of", ["deployment", "snapshot", "catalogue"])
    def test_is_a_schema(self, of: str) -> None:
        jsonschema.Draft202012Validator.check_schema(schema(of))

    @pytest.mark.parametrize("of", ["deployment", "snapshot"])
    def test_every_key_has_its_text(self, of: str) -> None:
        found = schema(of)
        for definition in (found, *found["$defs"].values()):
            for key, content in definition.get("properties", {}).items():
                assert content.get("description"), key

    def test_accepts_the_site(self, site: Path) -> None:
        jsonschema.validate(_as_json(site.read_text()), schema())

    def test_every_key_of_the_model_is_there(self) -> None:
        assert set(schema()["properties"]) == {*Deployment.model_fields, "extends"}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("region: de-1", "region: de-2"),
            ("region: de-1", "regin: de-1"),
            ("roles: [agent, relay]", "roles: [agnt]"),
            ("[blocks, any-address]", "[block]"),
            ("aws-security-group:\n    workload", "aws-security-groups:\n    workload"),
            ("port: 1443", "port: 0"),
            ("{platform: true}", "{platfrm: true}"),
            ("reason: no clear text, ", ""),
        ],
    )
    def test_refuses(self, site: Path, old: str, new: str) -> None:
        content = _as_json(site.read_text().replace(old, new))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, schema())


def _as_json(text: str) -> object:
    return json.loads(json.dumps(yaml.safe_load(text), default=str))
