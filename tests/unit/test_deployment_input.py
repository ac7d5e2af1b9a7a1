"""Input that cannot be used ends as one sentence: what, why, and what to type."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.sites import CATALOGUE, content
from ws_network.aws.render import render
from ws_network.deployment import Deployment
from ws_network.errors import UserError
from ws_network.plan import build_plan
from ws_network.snapshot import Snapshot

DATA = Path(__file__).parents[1] / "data"


def load(name: str) -> list[dict[str, Any]]:
    """Cases of `tests/data`."""
    cases: list[dict[str, Any]] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return cases


def sentence(site: dict[str, Any]) -> str:
    """The error for a site, from reading to rendering."""
    with pytest.raises(UserError) as caught:
        render(build_plan(CATALOGUE, Deployment.parse(site)))
    return str(caught.value)


CASES = load("bad-deployments.yaml")
SNAPSHOTS = load("bad-snapshots.yaml")


class TestBadInput:
    """Every wrong word that a user typed so far, and the sentence that got them further without a traceback."""

    @pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
    def test_is_one_sentence(self, case: dict[str, Any]) -> None:
        assert sentence(content() | case["says"]) == case["error"]

    def test_no_mapping(self) -> None:
        with pytest.raises(UserError, match=r"^here is no mapping: begin it with 'region:'"):
            Deployment.parse(["region"], "here")

    def test_long_input_is_cut(self) -> None:
        assert len(sentence(content(roles="agent " * 100))) < 200


class TestConfig:
    """A program's stack has no configuration yet: the error names the key to set."""

    class Config:
        """As `pulumi.Config` answers."""

        name = "site"

        def __init__(self, found: Any) -> None:
            self.found = found

        def get_object(self, key: str) -> Any:
            return self.found if key == "deployment" else None

    def test_read(self) -> None:
        assert Deployment.from_config(self.Config(content())) == Deployment.parse(content())

    def test_missing(self) -> None:
        with pytest.raises(UserError, match="the stack has no configuration 'deployment': put the deployment under"):
            Deployment.from_config(self.Config(None))

    def test_wrong(self) -> None:
        with pytest.raises(UserError, match=r"^configuration 'site:deployment': unknown key 'x'"):
            Deployment.from_config(self.Config(content() | {"x": 1}))


class TestSnapshotInput:
    """A snapshot half written by a cancelled job must not empty the lists it is for."""

    @pytest.mark.parametrize(("text", "expected"), [(case["text"], case["error"]) for case in SNAPSHOTS])
    def test_is_one_sentence(self, tmp_path: Path, text: str, expected: str) -> None:
        path = tmp_path / "snapshot.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=re.escape(expected) + "$") as caught:
            Snapshot.load(path)
        assert str(path) in str(caught.value)

    def test_missing_or_no_text(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"cannot read snapshot .*none.json \(No such file or directory\)"):
            Snapshot.load(tmp_path / "none.json")
        (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
        with pytest.raises(UserError, match="is no JSON"):
            Snapshot.load(tmp_path / "bytes.json")
