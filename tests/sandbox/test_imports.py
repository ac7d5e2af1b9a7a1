"""A cloud's provider loads that cloud only: the engine starts one for each, and waits for what it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.plugin import PROVIDERS

ROOT = Path(__file__).parents[2]
CLOUDS = {name.split(":")[0].split(".")[1] for name in PROVIDERS.values()}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "sandbox").rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_knows_no_other_cloud(path: Path) -> None:
    own = path.relative_to(ROOT / "sandbox").parts[0]
    others = [name for name in imported(path) for cloud in CLOUDS - {own} if f"{name}.".startswith(f"sandbox.{cloud}.")]
    assert others == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_loads_no_other_clouds_packages(name: str) -> None:
    packages = {"aws": ("boto3", "botocore", "moto"), "azure-native": ("azure",), "gcp": ("googleapiclient",)}
    code = f"import sys; from sandbox.plugin import load; load({name!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    others = {package for cloud, found in packages.items() if cloud != name for package in found}
    assert others & set(done.stdout.split()) == set()
