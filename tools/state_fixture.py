"""Keeps the state that this release makes, so that every later one is held to it: `python tools/state_fixture.py`.

Deploys each example and the reference project to an emulated account, and writes a frozen copy of the program, its
configuration and the exported state to `tests/engine/fixtures/<release>/<name>/`. `tests/engine/test_releases.py` loads
them and demands a preview without a change. A folder of a release that is out is never written again.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a file, its folder is on the path and the root is not

from tests.engine.harness import Engine, Project  # noqa: E402 - needs the path above

FIXTURES = ROOT / "tests" / "engine" / "fixtures"
REFERENCE = ROOT / "stacks"


def programs() -> dict[str, Path]:
    """Return the folders of the programs by name."""
    return {path.parent.name: path.parent for path in sorted(ROOT.glob("examples/aws-*/Pulumi.yaml"))} | {
        "reference-aws": REFERENCE
    }


def stack_of(folder: Path) -> str:
    """Return the name of the stack: the reference project takes its deployment from it."""
    return "aws" if folder == REFERENCE else "test"


def configuration(project: Project, folder: Path) -> dict[str, Any]:
    """Return what the program asks for by its `Pulumi.yaml`: ids of things that are there before it."""
    vpc = project.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    siem = project.ec2.create_security_group(GroupName="siem", Description="siem", VpcId=vpc)["GroupId"]
    known = {"vpc_id": vpc, "siem_security_group_id": siem}
    if folder == REFERENCE:
        return {}
    asked = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8")).get("config", {})
    if unknown := sorted(set(asked) - set(known)):
        raise SystemExit(f"{folder.name} asks for {', '.join(unknown)}: say in {Path(__file__).name} what to give it.")
    return {f"{folder.name}:{key}": known[key] for key in asked}


def written(fixture: dict[str, Any]) -> str:
    """Return a fixture as JSON with a line for each resource, and nothing of the machine that made it."""
    resources = [
        {key: value for key, value in resource.items() if key not in {"sourcePosition", "stackTrace"}}
        for resource in fixture["deployment"]["resources"]
    ]
    lines = ",\n".join(json.dumps(resource, sort_keys=True) for resource in resources)
    head = json.dumps({**fixture, "deployment": {**fixture["deployment"], "resources": "here"}}, sort_keys=True)
    return head.replace('"here"', f"[\n{lines}\n]") + "\n"


def keep(engine: Engine, folder: Path, target: Path, name: str) -> int:
    """Deploy one program, write its fixture and return the number of its resources."""
    shutil.copytree(
        folder, target / "program", ignore=shutil.ignore_patterns("__pycache__", "Pulumi*.yaml", "README.md")
    )
    with tempfile.TemporaryDirectory() as place:
        project = Project(engine, Path(place), target / "program", stack=stack_of(folder), name=name)
        config = configuration(project, folder)
        project.config |= config
        done = project.up()
        if not done.ok:
            raise SystemExit(done.text)
        deployment = project.export()
    fixture = {
        "pulumi_aws": importlib.metadata.version("pulumi-aws"),
        "stack": stack_of(folder),
        "config": config,
        "deployment": deployment,
    }
    (target / "state.json").write_text(written(fixture), encoding="utf-8")
    return len(deployment["resources"])


def main() -> None:
    """Write the fixtures of the version that is installed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--again", action="store_true", help="write those of a release that is not out yet anew")
    options = parser.parse_args()
    release = importlib.metadata.version("ws-network")
    place = FIXTURES / release
    if place.exists() and not options.again:
        raise SystemExit(
            f"{place.relative_to(ROOT)} is there: it is frozen once {release} is out; before, say --again."
        )
    shutil.rmtree(place, ignore_errors=True)
    with tempfile.TemporaryDirectory() as home:
        engine = Engine(Path(home))
        for name, folder in programs().items():
            count = keep(engine, folder, place / name, name)
            print(f"{place.relative_to(ROOT) / name}: {count} resources")


if __name__ == "__main__":
    main()
