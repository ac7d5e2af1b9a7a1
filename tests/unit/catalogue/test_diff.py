"""Differences between revisions, against golden files reviewed as text."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from ws_network.catalogue import Catalogue, diff

GOLDEN = Path(__file__).parents[2] / "golden" / "catalogue"
NEIGHBOURS = list(pairwise(Catalogue.load().revisions))


@pytest.mark.parametrize(("older", "newer"), NEIGHBOURS)
def test_neighbouring_revisions(older: str, newer: str) -> None:
    catalogue = Catalogue.load()
    lines = diff(catalogue.at(older), catalogue.at(newer)).lines()
    golden = GOLDEN / f"{older}_{newer}.txt"
    assert lines == golden.read_text(encoding="utf-8").splitlines()


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {f"{older}_{newer}" for older, newer in NEIGHBOURS}


class TestDiff:
    """A user decides on a new revision by this text alone."""

    def test_same(self) -> None:
        found = diff(Catalogue.load(), Catalogue.load())
        assert not found
        assert found.lines() == ["No difference between 2025-12-09 and 2025-12-09."]

    def test_backwards_closes_what_forwards_opens(self) -> None:
        new = Catalogue.load()
        old = new.at("2024-11-29")
        forwards, backwards = diff(old, new), diff(new, old)
        assert forwards.flows.opened == backwards.flows.closed == ("agent-v1-relay",)
        assert len(forwards.blocks.opened) == len(backwards.blocks.closed) == 20
        assert forwards.host_names["ca-1"].opened == backwards.host_names["ca-1"].closed

    def test_plain_data(self) -> None:
        catalogue = Catalogue.load()
        found = diff(catalogue.at("2025-11-13"), catalogue).to_dict()
        assert json.loads(json.dumps(found)) == found
        assert (found["from"], found["to"]) == ("2025-11-13", "2025-12-09")
        assert found["features"] == {"opened": ["vision-one-relay"], "closed": [], "changed": []}
        assert list(found["host_names"]) == ["ca-1"]

    def test_a_changed_port_and_a_changed_condition_are_named(self, tmp_path: Path) -> None:
        catalogue = Catalogue.load()
        raw = catalogue.data.model_dump(mode="json")
        raw["flows"][0]["ports"] = [5353]
        raw["flows"][1]["note"] = "only words"
        census = next(row for row in raw["host_rows"] if row["id"] == "spn-census")
        census["condition"]["features"] = ["predictive-ml"]
        mine = tmp_path / "mine.json"
        mine.write_text(json.dumps(raw), encoding="utf-8")
        lines = diff(catalogue, Catalogue.load(mine)).lines()
        assert lines[0] == "~ flow admin-dns: ports"
        assert "~ host in de-1 spn-census: dsaas1100-en-census.trendmicro.com: row condition" in lines
        assert len(lines) == 1 + 10
