"""What a site becomes on AWS, as files that are reviewed like code.

A case is `tests/golden/aws/<case>.yaml`, with `<case>.snapshot.json` where it has a snapshot, and the rendering
`<case>.json`. `make golden` (WS_NETWORK_GOLDEN=write) writes the renderings anew.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ws_network.aws.render import render
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment
from ws_network.findings import Finding
from ws_network.plan import build_plan
from ws_network.snapshot import Snapshot

FOLDER = Path(__file__).parents[1] / "golden" / "aws"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def rendered(case: str) -> dict[str, Any]:
    path = FOLDER / f"{case}.snapshot.json"
    plan = build_plan(
        Catalogue.load(),
        Deployment.load(FOLDER / f"{case}.yaml"),
        snapshot=Snapshot.load(path) if path.exists() else None,
    )
    rendering = render(plan)
    return {
        "prefix_lists": {
            name: found | {"entries": [entry["cidr"] for entry in found["entries"]]}
            for name, found in rendering.prefix_lists.items()
        },
        "security_groups": rendering.security_groups,
        "findings": [line(entry) for entry in (*plan.findings, *rendering.findings)],
    }


def line(entry: Finding) -> str:
    return f"{entry.severity} {entry.code} {entry.flow}".rstrip()


class TestGolden:
    """A change of one rule of one site must be seen in review, not in the first preview of a user."""

    @pytest.mark.parametrize("case", CASES)
    def test_rendering(self, case: str) -> None:
        path = FOLDER / f"{case}.json"
        text = json.dumps(rendered(case), indent=2) + "\n"
        if os.environ.get("WS_NETWORK_GOLDEN") == "write":
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: run make golden and review it"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs: review, then run make golden"

    def test_each_region_of_the_catalogue_has_a_case(self) -> None:
        regions = {f"region-{region.id}" for region in Catalogue.load().regions.values() if region.deployable}
        assert regions == {case for case in CASES if case.startswith("region-")}

    def test_no_rendering_is_left_over(self) -> None:
        assert {path.stem for path in FOLDER.glob("*.json") if ".snapshot" not in path.name} == set(CASES)
