"""The generated modules of the engine's protocol, and values as they travel in it.

Owns loading them without the `pulumi` package, whose import costs 0.3 s of each command, and the conversions: numbers
travel as floats, unknown values as a fixed text.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How the engine writes a value that only exists after an update.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
#: Key and value by which the engine marks an object as a secret.
_SECRET = ("4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270")


def load(name: str) -> Any:
    """Return a module of `pulumi.runtime.proto`; a `pulumi` that is imported already is used as it is."""
    if "pulumi" not in sys.modules:
        spec = importlib.util.find_spec("pulumi")
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError("The Pulumi SDK is not installed: run 'make setup'.")
        base = Path(next(iter(spec.submodule_search_locations)))
        for package, place in (("pulumi", base), ("pulumi.runtime", base / "runtime")):
            stub = types.ModuleType(package)
            stub.__path__ = [str(place)]
            sys.modules[package] = stub
    return importlib.import_module(f"pulumi.runtime.proto.{name}")


def is_unknown(value: Any) -> bool:
    """Return whether a value, or anything in it, is unknown."""
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return bool(value == UNKNOWN)


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        found = unpack(value.struct_value)
        return found.get("value") if found.get(_SECRET[0]) == _SECRET[1] else found
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    return None if kind in {None, "null_value"} else getattr(value, kind)


def unpack(struct: Any) -> dict[str, Any]:
    """Return a protobuf `Struct` as a dict; whole numbers become ints, secrets are unwrapped."""
    return {key: _plain(value) for key, value in struct.fields.items()}


def pack(values: Mapping[str, Any]) -> Any:
    """Return a dict as a protobuf `Struct`; None is left out, as the engine has no use for it."""
    from google.protobuf import struct_pb2  # noqa: PLC0415 - the package must be importable without protobuf

    struct = struct_pb2.Struct()
    struct.update({key: value for key, value in values.items() if value is not None})
    return struct
