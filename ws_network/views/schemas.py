"""JSON Schemas of the files that people keep: the deployment, the catalogue and the snapshot.

Owns what pydantic does not tell an editor: the text of each key (taken from the component arguments, which document
the same keys), the ids of the catalogue, `extends`, and the written form of `names`. Does not own validation.
"""

import ast
import inspect
import json
from collections.abc import Iterable
from typing import Any

from ws_network import arguments
from ws_network.catalogue import SCHEMA_FILE, Catalogue, RoleKind
from ws_network.deployment import Deployment, Form, Target
from ws_network.deployment.names import TARGET_FORMS
from ws_network.errors import UserError, unknown_name
from ws_network.findings import CODES
from ws_network.snapshot import Snapshot

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS = ("deployment", "catalogue", "snapshot")

FLOW_KEYS = ("port_overrides", "decline", "expires")
"""Keys of the deployment whose keys are flow ids."""


def schema(of: str = "deployment", catalogue: Catalogue | None = None) -> dict[str, Any]:
    """Return the JSON Schema of a file.

    Args:
        of: `deployment`, `catalogue` or `snapshot`.
        catalogue: Whose regions, roles, features and flows the deployment's schema offers; None for the packaged one.

    Raises:
        UserError: there is no such file.
    """
    if of not in KINDS:
        raise UserError(unknown_name("schema", of, KINDS))
    if of == "catalogue":
        shipped: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
        return shipped
    model = Deployment if of == "deployment" else Snapshot
    found = {"$schema": DIALECT, **model.model_json_schema()}
    for name, definition in [(model.__name__, found), *found.get("$defs", {}).items()]:
        _describe(definition, _texts().get(f"Ws{name}Args", {}))
    if of == "deployment":
        _complete(found, Catalogue.load() if catalogue is None else catalogue)
    return found


def _texts() -> dict[str, dict[str, str]]:
    """Return the text under each key of each arguments type: what Pulumi's schema is made from, too."""
    texts: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(arguments)).body:
        if isinstance(node, ast.ClassDef):
            texts[node.name] = {
                key.target.id: text.value.value
                for key, text in zip(node.body, node.body[1:], strict=False)
                if isinstance(key, ast.AnnAssign)
                and isinstance(key.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            }
    return texts


def _describe(definition: dict[str, Any], texts: dict[str, str]) -> None:
    for key, content in definition.get("properties", {}).items():
        content.pop("title", None)
        _bounds(content)
        if key in texts:
            content["description"] = texts[key]
    definition.pop("title", None)


def _bounds(content: Any) -> None:
    """Say bounds in the schema's words: behind a validator pydantic leaves them in its own."""
    if isinstance(content, list):
        for entry in content:
            _bounds(entry)
    elif isinstance(content, dict):
        for own, word in (("ge", "minimum"), ("le", "maximum")):
            if isinstance(content.get(own), int):
                content[word] = content.pop(own)
        for entry in content.values():
            _bounds(entry)


def _complete(found: dict[str, Any], catalogue: Catalogue) -> None:
    """Add to the deployment's schema what an editor can offer."""
    found["title"] = "Deployment of ws-network"
    keys = found["properties"]
    regions = [region.id for region in catalogue.regions.values() if region.deployable]
    components = [role.id for role in catalogue.roles.values() if role.kind is RoleKind.COMPONENT]
    keys["region"]["enum"] = regions
    keys["also_regions"]["items"]["enum"] = regions
    keys["revision"]["enum"] = list(catalogue.revisions)
    keys["roles"]["items"]["enum"] = components
    for option in keys["features"]["anyOf"]:
        if option.get("type") == "array":
            option["items"]["enum"] = list(catalogue.features)
    peers = [role.id for role in catalogue.roles.values() if role.kind in {RoleKind.COMPONENT, RoleKind.SITE}]
    _offer(keys["peers"], (peer for peer in peers if peer != "web-proxy"))
    ids = [flow.id for flow in catalogue.flows.values()]
    ids += [f"{role}/{flow.id}" for flow in catalogue.flows.values() for role in flow.inherited_by]
    for key in FLOW_KEYS:
        _offer(keys[key], ids)
    destinations = [role.id for role in catalogue.roles.values() if role.kind is RoleKind.SERVICE]
    _offer(keys["any_address"], destinations)
    _offer(keys["accept"], CODES)
    keys["names"] = _names(keys["names"].get("description", ""), destinations)
    for unused in ("Names", "NameRule"):
        found["$defs"].pop(unused, None)
    keys["extends"] = {
        "description": "Files that this one is written over: maps merge, lists and values replace.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }


def _offer(content: dict[str, Any], ids: Iterable[str]) -> None:
    """Name the keys that a map usually has; others stay allowed, since a site may add its own."""
    content["properties"] = dict.fromkeys(ids, content["additionalProperties"])


def _names(description: str, destinations: list[str]) -> dict[str, Any]:
    def by_destination(forms: Iterable[Form]) -> dict[str, Any]:
        listed = {"type": "array", "minItems": 1, "items": {"enum": [str(form) for form in Form if form in set(forms)]}}
        keys = dict.fromkeys(("default", *destinations), listed)
        return {"anyOf": [listed, {"type": "object", "properties": keys, "additionalProperties": listed}]}

    targets = {str(target): by_destination(TARGET_FORMS[target]) for target in Target}
    return {
        "description": description,
        "type": "object",
        "properties": {"default": by_destination(Form), **targets},
        "additionalProperties": False,
    }
