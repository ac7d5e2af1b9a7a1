"""Which module may import which: without this, a plan soon needs an engine, and one cloud's users all three SDKs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ws_network"
CLOUDS = ("aws", "azure", "gcp")

LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("cidr", "host_names", "validation", "views.tables"),
    ("addresses", "bicliques", "identity", "quotas"),
    ("bogons", "findings"),
    ("catalogue",),
    ("deployment",),
    ("flows",),
    ("snapshot",),
    ("freshness",),
    ("grammar",),
    ("endpoints",),
    ("resolver",),
    ("lists",),
    ("rules",),
    ("minimal",),
    ("plan",),
    ("compose", "role_networks"),
    ("covers",),
    ("report",),
    ("priorities",),
    tuple(f"{cloud}.limits" for cloud in CLOUDS),
    tuple(f"{cloud}.priorities" for cloud in CLOUDS),
    tuple(f"{cloud}.render" for cloud in CLOUDS),
    ("aws.network_acl",),
    tuple(f"{cloud}.egress" for cloud in CLOUDS),
    ("views.answers", "views.renderings"),
    ("views.browsing", "views.planned", "views.requirements", "views.starter"),
    ("views.network_acls", "views.questions", "views.resolutions", "views.revisions"),
    ("arguments",),
    ("program", "views.schemas"),
    CLOUDS,
    ("fleet",),
    ("audit",),
    ("usage",),
    ("adopt",),
    ("guard",),
    ("export",),
    ("cli",),
)
"""Lowest first. A module imports from its own name and from the lines above it, never from another name of its line."""

ENGINE = ("pulumi", "pulumi_policy")
WITHOUT_ENGINE = ("limits", "priorities", "render", "network_acl", "egress", "live")
"""Modules of a cloud that work without Pulumi: planning, and reading what exists."""
SDKS = {
    "aws": ("pulumi_aws", "boto3", "botocore"),
    "azure": ("pulumi_azure_native", "azure", "msrest"),
    "gcp": ("pulumi_gcp", "google", "googleapiclient"),
}


def module_name(path: Path) -> str:
    """The dotted name below `ws_network`; empty for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def layer(name: str) -> tuple[int, str]:
    """The place of a module in LAYERS and the entry it falls under: the longest name that it is or lies in."""
    found = [
        (len(entry), place, entry)
        for place, entries in enumerate(LAYERS)
        for entry in entries
        if name == entry or name.startswith(f"{entry}.")
    ]
    assert found, f"ws_network.{name} has no layer: give it its place in LAYERS of {Path(__file__).name}"
    _, place, entry = max(found)
    return place, entry


def imports(source: str, *, package: str) -> Iterator[str]:
    """Every module that the source names in an import, at any depth; relative ones made absolute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from ws_network import rules` names a module, `from ws_network.rules import Rule` an object in one.
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imported(name: str) -> list[str]:
    path = MODULES[name]
    package = "ws_network." + name if path.name == "__init__.py" else "ws_network." + name.rpartition(".")[0]
    return list(imports(path.read_text(encoding="utf-8"), package=package.rstrip(".")))


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def lower_imports_higher(name: str, target: str) -> bool:
    """Whether the module `name` may not import `target`, both below `ws_network`."""
    place, entry = layer(name)
    other_place, other_entry = layer(target)
    return other_place > place or (other_place == place and other_entry != entry)


def may_load_engine(name: str) -> bool:
    """Whether the module is part of a Pulumi program (components, what they share) or of the policy pack."""
    top, _, rest = name.partition(".")
    return top in ("guard", "program") or (top in CLOUDS and rest != "" and not within(rest, WITHOUT_ENGINE))


class TestImportOrder:
    """Data flows one way: a lower layer that reads a higher one can no longer be tested or used alone."""

    @pytest.mark.parametrize("name", [name for name in MODULES if name], ids=str)
    def test_no_lower_layer_imports_a_higher_one(self, name: str) -> None:
        targets = [found.removeprefix("ws_network.") for found in imported(name) if found.startswith("ws_network.")]
        assert [target for target in targets if lower_imports_higher(name, target)] == []

    def test_the_package_itself_imports_nothing_above_the_standard_library_at_once(self) -> None:
        tree = ast.parse(MODULES[""].read_text(encoding="utf-8"))
        at_once = ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
        found = [name.partition(".")[0] for name in imports(ast.unparse(at_once), package="ws_network")]
        assert set(found) <= set(sys.stdlib_module_names)

    @pytest.mark.parametrize("name", MODULES, ids=lambda name: name or "ws_network")
    def test_only_components_and_the_guard_import_the_engine(self, name: str) -> None:
        found = [target for target in imported(name) if within(target, ENGINE)]
        assert found == [] or may_load_engine(name)

    @pytest.mark.parametrize("name", MODULES, ids=lambda name: name or "ws_network")
    def test_a_cloud_sdk_stays_in_that_clouds_package(self, name: str) -> None:
        own = name.partition(".")[0]
        others = tuple(package for cloud, packages in SDKS.items() if cloud != own for package in packages)
        assert [target for target in imported(name) if within(target, others)] == []


class TestRulesOfTheTest:
    """The checks above pass on an empty package too: here each is shown to fail."""

    def test_higher_and_sideways_are_refused(self) -> None:
        assert lower_imports_higher("rules", "plan.Plan")
        assert lower_imports_higher("catalogue.models", "deployment")
        assert lower_imports_higher("aws.render", "azure.render")
        assert lower_imports_higher("aws.render", "aws.components")
        assert lower_imports_higher("gcp.components", "aws.components")
        assert not lower_imports_higher("aws.components", "aws.render")
        assert not lower_imports_higher("cli.plan", "audit")
        assert not lower_imports_higher("flows.names", "flows.model")

    def test_a_module_without_a_layer_is_named(self) -> None:
        with pytest.raises(AssertionError, match=r"ws_network\.extra has no layer"):
            layer("extra")

    def test_imports_at_any_depth_are_seen(self) -> None:
        source = "import a.b\nif x:\n  from ..rules import Rule\n  from . import render\n  from boto3 import client\n"
        assert list(imports(source, package="ws_network.aws")) == [
            "a.b",
            "ws_network.rules.Rule",
            "ws_network.aws.render",
            "boto3.client",
        ]

    def test_where_the_engine_may_be(self) -> None:
        assert may_load_engine("aws.components")
        assert may_load_engine("guard.pack")
        assert not may_load_engine("aws")
        assert not may_load_engine("aws.render")
        assert not may_load_engine("plan")


def loaded_after(statement: str) -> set[str]:
    """Names of all modules that a fresh interpreter has loaded after the statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    return set(done.stdout.split())


class TestFreshProcess:
    """What a user waits for, and needs installed, follows from what an import loads."""

    def test_the_package_alone_loads_no_engine_models_or_sdk(self) -> None:
        loaded = loaded_after("import ws_network")
        unwanted = (*ENGINE, "pydantic", *(package for packages in SDKS.values() for package in packages))
        assert [name for name in sorted(loaded) if within(name, unwanted)] == []

    @pytest.mark.parametrize("cloud", CLOUDS)
    def test_a_cloud_loads_no_other_clouds_sdk(self, cloud: str) -> None:
        """All modules of the cloud are imported, its components too; a program that uses one does no more."""
        modules = [name for name in MODULES if within(name, (cloud,))]
        if not modules:
            pytest.skip(f"ws_network.{cloud} does not exist yet")
        if find_spec(SDKS[cloud][0]) is None:
            pytest.skip(f"the extra {cloud} is not installed")
        loaded = loaded_after("\n".join(f"import ws_network.{name}" for name in modules))
        others = tuple(package for other, packages in SDKS.items() if other != cloud for package in packages)
        found = {name for name in loaded if within(name, others)}
        if "google" in others:  # the engine's own protobuf lives in the namespace that Google's SDK uses
            found -= {name for name in found if name == "google" or within(name, ("google.protobuf", "google._upb"))}
        assert sorted(found) == []

    def test_importing_a_cloud_does_not_load_the_engine(self) -> None:
        """The command line plans for a cloud without Pulumi; components are loaded when one is asked for."""
        clouds = [cloud for cloud in CLOUDS if cloud in MODULES]
        loaded = loaded_after("\n".join(f"import ws_network.{cloud}" for cloud in clouds))
        assert [name for name in sorted(loaded) if within(name, ENGINE)] == []
