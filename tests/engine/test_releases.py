"""The state that each release made previews without a change in this one.

An upgrade of the library that renames, replaces or rewords a resource is an outage in every stack that takes it. The
fixtures are made by `make fixture` at each release, and stay.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project

FIXTURES = Path(__file__).parent / "fixtures"
KINDS = ("aws:", "azure-native:", "gcp:", "ws-network:")
FOUND = sorted(path.parent for path in FIXTURES.glob("*/*/state.json"))


def loaded(folder: Path) -> dict[str, Any]:
    """Return a fixture, its state as of the provider that is installed: only that one has a plugin here."""
    text = (folder / "state.json").read_text(encoding="utf-8")
    for sdk, old in json.loads(text)["sdks"].items():
        new = importlib.metadata.version(sdk)
        text = re.sub(rf"\b{re.escape(old)}\b", new, text)
        text = text.replace(f"default_{old.replace('.', '_')}", f"default_{new.replace('.', '_')}")
    fixture: dict[str, Any] = json.loads(text)
    return fixture


def test_this_release_has_its_fixtures() -> None:
    """Without them nothing would hold the next release to what this one makes."""
    release = importlib.metadata.version("ws-network")
    made = {folder.name for folder in FOUND if folder.parent.name == release}
    wanted = {"aws-agents", "aws-site", "three-clouds", "reference-aws", "reference-azure", "reference-gcp"}
    assert wanted <= made, "say: make fixture"


@pytest.mark.engine
@pytest.mark.parametrize("folder", FOUND, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_state_of_a_release_previews_without_a_change(make_project: Callable[..., Project], folder: Path) -> None:
    """The frozen program on this library, over the state that the library of its day left."""
    fixture = loaded(folder)
    project = make_project(folder / "program", name=folder.name, stack=fixture["stack"], config=fixture["config"])
    state = project.place / "state.json"
    state.write_text(json.dumps({"version": 3, "deployment": fixture["deployment"]}), encoding="utf-8")
    done = project.run("stack", "import", "--stack", project.stack, "--file", str(state))
    assert done.ok, done.text
    preview = project.preview("--diff")
    assert preview.ok, preview.text
    assert preview.changes == [], preview.text
    kept = [item for item in fixture["deployment"]["resources"] if item["type"].startswith(KINDS)]
    seen = [
        event for event in preview.events if event.get("resourcePreEvent", {}).get("metadata", {}).get("op") == "same"
    ]
    assert len(seen) >= len(kept) > 5, "the program meets every resource of the state"
