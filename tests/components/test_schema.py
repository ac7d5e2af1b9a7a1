"""The components as Pulumi's own analyzer sees them: what programs in other languages get."""

from __future__ import annotations

import ast
import inspect
import json
import os
import types
import typing
from pathlib import Path
from typing import Any

import pydantic
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.provider.experimental.schema import generate_schema

import ws_network.arguments
import ws_network.aws.components
from ws_network.aws import AwsEgressPolicy, AwsPrefixList, AwsRoleSecurityGroup, AwsWorkloadSecurity
from ws_network.azure import AzureEgressPolicy, AzureIpGroups, AzureRoleSecurityGroup, AzureWorkloadSecurity
from ws_network.deployment import Deployment
from ws_network.deployment.names import NameRule
from ws_network.gcp import GcpAddressGroups, GcpEgressPolicy, GcpRoleFirewall, GcpWorkloadSecurity
from ws_network.snapshot import Snapshot

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "schema.json"
COMPONENTS = [
    AwsEgressPolicy,
    AwsPrefixList,
    AwsRoleSecurityGroup,
    AwsWorkloadSecurity,
    AzureEgressPolicy,
    AzureIpGroups,
    AzureRoleSecurityGroup,
    AzureWorkloadSecurity,
    GcpAddressGroups,
    GcpEgressPolicy,
    GcpRoleFirewall,
    GcpWorkloadSecurity,
]
MODULES = [
    ws_network.arguments,
    *(inspect.getmodule(component) for component in COMPONENTS),
]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The package schema."""
    found = Analyzer("ws-network").analyze(COMPONENTS)
    return generate_schema(
        "ws-network",
        "0.0.0",
        None,
        found["component_definitions"],
        found["type_definitions"],
        list(found["dependencies"]),
    ).to_json()


def properties(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every input, output and property of a type by its path."""
    out: dict[str, dict[str, Any]] = {}
    for token, resource in schema["resources"].items():
        out |= {f"{token}.inputs.{key}": value for key, value in resource["inputProperties"].items()}
        out |= {f"{token}.outputs.{key}": value for key, value in resource["properties"].items()}
    for token, kind in schema["types"].items():
        out |= {f"{token}.{key}": value for key, value in kind["properties"].items()}
    return out


class TestSchema:
    """A key that is renamed or lost breaks programs in other languages, and no Python test would see it."""

    def test_is_the_committed_one(self, schema: dict[str, Any]) -> None:
        text = json.dumps(schema, indent=1, sort_keys=True) + "\n"
        if os.environ.get("WS_NETWORK_GOLDEN") == "write":
            GOLDEN.write_text(text, encoding="utf-8")
        assert json.loads(GOLDEN.read_text(encoding="utf-8")) == json.loads(text)

    def test_every_key_is_described(self, schema: dict[str, Any]) -> None:
        found = properties(schema)
        assert len(found) > 100
        assert [path for path, value in found.items() if not value.get("description")] == []
        assert [token for token, value in schema["resources"].items() if not value.get("description")] == []

    def test_what_decides_rules_is_plain(self, schema: dict[str, Any]) -> None:
        """An output inside the deployment would hide rules from the preview."""
        deciding = {"deployment", "snapshot", "catalogue", "asOf", "exclusive", "role", "report", "cidrs", "maxEntries"}
        deciding |= {"ipAddresses", "firstPriority", "lastPriority", "checkForeignRules", "flushConnection"}
        deciding |= {"capacity", "domainList", "dnsFirewall", "dnsPriority", "dnsBlockRest"}
        deciding |= {"roleCidrs", "dnsProxy", "priority"}
        deciding |= {"vpcFirewall", "addressGroups", "roleNetworkTags", "logging", "capacities"}
        deciding |= {"webProxyLocation", "webProxyFirstPriority"}
        found = properties(schema)
        checked = 0
        for path, value in found.items():
            *_, where, key = path.split(".")
            if where == "inputs" and key in deciding:
                checked += 1
                assert value.get("plain") is True, path
        assert checked >= len(deciding)

    def test_ids_may_be_outputs(self, schema: dict[str, Any]) -> None:
        found = properties(schema)
        ids = [value for path, value in found.items() if ".inputs." in path and path.endswith("Id")]
        maps = [value for path, value in found.items() if ".inputs." in path and path.endswith("Ids")]
        assert len(ids) >= 4
        assert len(maps) >= 6
        assert [value for value in ids if value.get("plain")] == []
        maps += [value for path, value in found.items() if ".inputs.role" in path and path.endswith("SecureTags")]
        assert [value for value in maps if value["additionalProperties"].get("plain")] == []

    def test_outputs_are_those_of_the_class(self, schema: dict[str, Any]) -> None:
        outputs = schema["resources"]["ws-network:index:AwsWorkloadSecurity"]["properties"]
        assert set(outputs) == {"securityGroupIds", "prefixListIds", "ruleCount", "findings", "report"}
        outputs = schema["resources"]["ws-network:index:AzureWorkloadSecurity"]["properties"]
        groups = {"networkSecurityGroupIds", "applicationSecurityGroupIds"}
        assert set(outputs) == {*groups, "ruleCount", "findings", "report"}
        assert set(schema["resources"]) == {f"ws-network:index:{component.__name__}" for component in COMPONENTS}


def nested(annotation: Any) -> tuple[str, Any]:
    """Return how an annotation holds its values (`""`, `list`, `map`), and what they are, without None and marks."""
    origin = typing.get_origin(annotation)
    arguments = [item for item in typing.get_args(annotation) if item is not types.NoneType]
    if origin in {typing.NotRequired, typing.Required, typing.Annotated}:
        return nested(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        assert len(arguments) == 1, annotation
        return nested(arguments[0])
    if origin in {list, tuple}:
        return "list", nested(arguments[0])[1]
    if origin is dict:
        return "map", nested(arguments[1])[1]
    return "", annotation


def compare(shape: Any, model: type[pydantic.BaseModel], path: str) -> list[str]:
    """Return where a TypedDict and a model differ: keys, which are required, how they hold values, recursively."""
    hints = typing.get_type_hints(shape, include_extras=True)
    out = [f"{path}.{key} is in one of them only" for key in set(hints) ^ set(model.model_fields)]
    for key in set(hints) & set(model.model_fields):
        model_field = model.model_fields[key]
        where = f"{path}.{key}"
        if (key in shape.__required_keys__) != model_field.is_required():
            out.append(f"{where} is required in one of them only")
        if where == "deployment.names":  # in a file a map, which a schema cannot describe
            assert nested(hints[key])[0] == "list"
            out += compare(nested(hints[key])[1], NameRule, where)
            continue
        (how, inner), (how_there, inner_there) = nested(hints[key]), nested(model_field.annotation)
        if how != how_there:
            out.append(f"{where} is a {how or 'value'} here and a {how_there or 'value'} there")
        is_model = isinstance(inner_there, type) and issubclass(inner_there, pydantic.BaseModel)
        if is_model != typing.is_typeddict(inner):
            out.append(f"{where} has keys in one of them only")
        elif is_model:
            out += compare(inner, inner_there, where)
        elif inner in {bool, int} and inner is not inner_there:
            out.append(f"{where} is {inner} here and {inner_there} there")
    return out


class TestArguments:
    """Component arguments and a deployment file are the same words: an example can be moved from one to the other."""

    def test_deployment_has_the_keys_of_the_file_at_every_level(self) -> None:
        assert compare(ws_network.arguments.WsDeploymentArgs, Deployment, "deployment") == []

    def test_snapshot_has_the_keys_of_the_file_at_every_level(self) -> None:
        assert compare(ws_network.arguments.WsSnapshotArgs, Snapshot, "snapshot") == []

    def test_the_comparison_sees_a_difference(self) -> None:
        class Shape(typing.TypedDict):
            region: str
            regions: list[str]

        found = compare(Shape, Deployment, "x")
        assert "x.regions is in one of them only" in found
        assert "x.revision is in one of them only" in found


class TestForbiddenConstructs:
    """What the analyzer refuses, or turns into a schema that loses it."""

    NAMES = frozenset({"Literal", "Union", "Optional", "Annotated", "Any"})

    @pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
    def test_argument_types_use_none_of_them(self, module: types.ModuleType) -> None:
        tree = ast.parse(inspect.getsource(module))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                assert node.module != "__future__", "annotations must be types when the analyzer reads them"
        shapes = [
            node
            for node in tree.body
            if isinstance(node, ast.ClassDef)
            and any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases)
        ]
        assert shapes
        for shape in shapes:
            for item in shape.body:
                if isinstance(item, ast.AnnAssign):
                    self.check(item.annotation, f"{shape.name}.{ast.unparse(item.target)}")

    def check(self, annotation: ast.expr, where: str) -> None:
        for node in ast.walk(annotation):
            assert not isinstance(node, ast.BinOp), f"{where} is a union"
            if isinstance(node, ast.Name):
                assert node.id not in self.NAMES | {"tuple", "set", "frozenset"}, where
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "dict":
                assert ast.unparse(node.slice).strip("()").startswith("str,"), where
        bare = [
            node.id
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name) and node.id in {"list", "dict"} and not self.subscripted(annotation, node)
        ]
        assert bare == [], where

    @staticmethod
    def subscripted(annotation: ast.expr, name: ast.Name) -> bool:
        return any(isinstance(node, ast.Subscript) and node.value is name for node in ast.walk(annotation))
