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


#: Between them, every component of every cloud, new groups and given ids.
EXAMPLES = ("aws-agents", "aws-site", "three-clouds")
CLOUDS = ("aws", "azure", "gcp")
SDKS = ("pulumi-aws", "pulumi-azure-native", "pulumi-gcp")
#: Where the providers work.
PLACES = {"aws:region": "eu-central-1", "azure-native:location": "germanywestcentral"}


def programs() -> dict[str, tuple[Path, str]]:
    """Return folder and stack of the programs by name; the reference project takes its deployment from the stack."""
    examples = {name: (ROOT / "examples" / name, "test") for name in EXAMPLES}
    return examples | {f"reference-{cloud}": (REFERENCE, cloud) for cloud in CLOUDS}


def configuration(project: Project, folder: Path) -> dict[str, Any]:
    """Return what the program asks for by its `Pulumi.yaml`: ids of things that are there before it."""
    if folder == REFERENCE:
        return PLACES
    asked = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8")).get("config", {})
    if not asked:
        return PLACES
    vpc = project.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    siem = project.ec2.create_security_group(GroupName="siem", Description="siem", VpcId=vpc)["GroupId"]
    known = {"vpc_id": vpc, "siem_security_group_id": siem}
    if unknown := sorted(set(asked) - set(known)):
        raise SystemExit(f"{folder.name} asks for {', '.join(unknown)}: say in {Path(__file__).name} what to give it.")
    return PLACES | {f"{folder.name}:{key}": known[key] for key in asked}


def written(fixture: dict[str, Any]) -> str:
    """Return a fixture as JSON with a line for each resource, and nothing of the machine that made it."""
    resources = [
        {key: value for key, value in resource.items() if key not in {"sourcePosition", "stackTrace"}}
        for resource in fixture["deployment"]["resources"]
    ]
    lines = ",\n".join(json.dumps(resource, sort_keys=True) for resource in resources)
    head = json.dumps({**fixture, "deployment": {**fixture["deployment"], "resources": "here"}}, sort_keys=True)
    return head.replace('"here"', f"[\n{lines}\n]") + "\n"


def keep(engine: Engine, folder: Path, stack: str, target: Path) -> int:
    """Deploy one program, write its fixture and return the number of its resources."""
    shutil.copytree(
        folder, target / "program", ignore=shutil.ignore_patterns("__pycache__", "Pulumi*.yaml", "README.md")
    )
    with tempfile.TemporaryDirectory() as place:
        project = Project(engine, Path(place), target / "program", stack=stack, name=target.name)
        config = configuration(project, folder)
        project.config |= config
        done = project.up()
        if not done.ok:
            raise SystemExit(done.text)
        deployment = project.export()
    fixture = {
        "sdks": {sdk: importlib.metadata.version(sdk) for sdk in SDKS},
        "stack": stack,
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
        for name, (folder, stack) in programs().items():
            count = keep(engine, folder, stack, place / name)
            print(f"{place.relative_to(ROOT) / name}: {count} resources")


if __name__ == "__main__":
    main()
