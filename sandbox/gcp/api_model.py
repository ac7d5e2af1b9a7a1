"""The published descriptions of Google's APIs (discovery documents), as google-api-python-client ships them.

Owns checking a request against its method: the parameters of path and query, and every field of the body. Stricter
than Google in one point: a field that is only for output is refused in a request, not ignored.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from sandbox.gcp.errors import GcpError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Discovery document by the first word of a method's id.
DOCUMENTS = {
    "cloudresourcemanager": "cloudresourcemanager.v3.json",
    "compute": "compute.v1.json",
    "networksecurity": "networksecurity.v1.json",
}
#: Bounds of the integer formats.
_BOUNDS = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


@cache
def document(api: str) -> Mapping[str, Any]:
    """Return an API's discovery document; the largest takes 60 ms."""
    place = resources.files("googleapiclient") / "discovery_cache" / "documents" / DOCUMENTS[api]
    found: Mapping[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


@cache
def method(name: str) -> Mapping[str, Any]:
    """Return the description of a method by its id, such as `compute.networks.insert`.

    Raises:
        GcpError: there is no such method.
    """
    api, *path, last = name.split(".")
    try:
        node = document(api)
        for step in path:
            node = node["resources"][step]
        found: Mapping[str, Any] = node["methods"][last]
    except KeyError:
        raise GcpError(404, f"Method {name!r} not found.", "notFound") from None
    return found


def validate(name: str, params: Mapping[str, Any], body: Any) -> None:
    """Check a request of a method.

    Raises:
        GcpError: an unknown, missing or malformed parameter or field.
    """
    described = method(name)
    known = described.get("parameters", {})
    for key, value in params.items():
        if key not in known:
            raise _payload(f"Unknown name \"{key}\": Cannot bind query parameter. Field '{key}' could not be found.")
        _parameter(key, known[key], value)
    for key, item in known.items():
        if item.get("required") and key not in params:
            raise GcpError(400, f"Required parameter '{key}' not specified", "required")
    reference = described.get("request")
    if reference is None:
        if body:
            raise _payload("This method takes no request body.")
        return
    api = name.split(".", maxsplit=1)[0]
    schema = document(api)["schemas"][reference["$ref"]]
    _value(api, schema, body if body is not None else {}, "resource")
    for key, item in schema.get("properties", {}).items():
        if name in item.get("annotations", {}).get("required", ()) and key not in (body or {}):
            raise GcpError(400, f"Required field 'resource.{key}' not specified", "required")


def _payload(why: str) -> GcpError:
    return GcpError(400, f"Invalid JSON payload received. {why}", "invalid")


def _parameter(key: str, item: Mapping[str, Any], value: Any) -> None:
    kind: Any = {"integer": int, "boolean": bool, "string": str}[item["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _wrong_type(key, item, value)
    if item["type"] == "integer":
        low, high = _BOUNDS[item.get("format", "int32")]
        if not max(low, int(item.get("minimum", low))) <= value <= high:
            raise invalid(key, value, f"Must be between {low} and {high}.")
    pattern = item.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise invalid(key, value, f"Must be a match of regex '{pattern}'")


def _wrong_type(path: str, schema: Mapping[str, Any], value: Any) -> GcpError:
    name = str(schema.get("format") or schema.get("type", "object")).upper()
    return _payload(f"Invalid value at '{path}' (TYPE_{name}), {json.dumps(value)}")


def _value(api: str, schema: Mapping[str, Any], value: Any, path: str) -> None:
    if "$ref" in schema:
        schema = document(api)["schemas"][schema["$ref"]]
    kind = schema["type"]
    if kind == "object":
        _object(api, schema, value, path)
    elif kind == "array":
        if not isinstance(value, list):
            raise _wrong_type(path, schema, value)
        for index, item in enumerate(value):
            _value(api, schema["items"], item, f"{path}[{index}]")
    elif kind != "any":
        _scalar(schema, value, path)


def _object(api: str, schema: Mapping[str, Any], value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise _wrong_type(path, schema, value)
    fields, more = schema.get("properties", {}), schema.get("additionalProperties")
    for key, item in value.items():
        place = f"{path}.{key}"
        if key in fields:
            if fields[key].get("readOnly"):
                raise invalid(place, item, "The field is output only.")
            _value(api, fields[key], item, place)
        elif more is not None:
            _value(api, more, item, place)
        else:
            raise _payload(f"Unknown name \"{key}\" at '{path}': Cannot find field.")


def _scalar(schema: Mapping[str, Any], value: Any, path: str) -> None:
    kind, form = schema["type"], schema.get("format")
    types = {"boolean": bool, "integer": int, "number": (int, float), "string": str}
    if not isinstance(value, types[kind]) or (kind in {"integer", "number"} and isinstance(value, bool)):  # type: ignore[arg-type]
        raise _wrong_type(path, schema, value)
    if form in _BOUNDS:
        low, high = _BOUNDS[form]
        if not re.fullmatch(r"-?\d+", str(value)) or not low <= int(value) <= high:
            raise _wrong_type(path, schema, value)
    elif form == "byte":
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise _wrong_type(path, schema, value) from None
    elif form == "google-datetime" and not _TIME.fullmatch(value):
        raise _wrong_type(path, schema, value)
    if "enum" in schema and value not in schema["enum"]:
        raise invalid(path, value, f"Must be one of {json.dumps(schema['enum'])}")
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        raise invalid(path, value, f"Must be a match of regex '{schema['pattern']}'")
