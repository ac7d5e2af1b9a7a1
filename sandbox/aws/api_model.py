"""The published descriptions of AWS's APIs, as botocore ships them.

Owns checking requests against them, and the operations by which those for EC2 are turned into the wire form and back
for the part that moto answers.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from botocore.model import OperationModel, OperationNotFoundError, ServiceModel
from botocore.validate import ParamValidator

from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import Shape

EC2, FIREWALL, RESOLVER = "ec2", "network-firewall", "route53resolver"
#: What messages call a service, by the name of its description.
SERVICES = {EC2: "EC2", FIREWALL: "Network Firewall", RESOLVER: "Route53Resolver"}

_lock = threading.Lock()


@cache
def _service(name: str) -> ServiceModel:
    # Read directly: botocore's loader keeps the order of keys with a class that makes it four times slower.
    versions = [entry for entry in (resources.files("botocore") / "data" / name).iterdir() if entry.is_dir()]
    newest = max(versions, key=lambda entry: entry.name)
    return ServiceModel(json.loads(gzip.decompress((newest / "service-2.json.gz").read_bytes())), name)


def operation_model(operation: str, service: str = EC2) -> OperationModel:
    """Return the description of an operation.

    Raises:
        CloudError: the service has no such operation.
    """
    try:
        # Reading the description takes time and is not safe in two threads at once.
        with _lock:
            return _service(service).operation_model(operation)
    except OperationNotFoundError:
        raise CloudError("InvalidAction", f"The action {operation} is not valid for this web service.") from None


def validate(operation: str, params: Mapping[str, Any], service: str = EC2) -> None:
    """Check a request's parameters: names, types, required ones; beside EC2 also bounds, patterns and choices.

    EC2 checks the latter itself, in words of its own; the other services refuse them all in the same words.

    Raises:
        CloudError: they do not fit.
    """
    shape = operation_model(operation, service).input_shape
    if shape is None:
        return
    report = ParamValidator().validate(dict(params), shape)
    if report.has_errors():
        raise CloudError("ParamValidation", report.generate_report().replace("\n", "; "))
    if service == EC2:
        return
    found = list(_violations(shape, params, ""))
    if found:
        plural = "s" if len(found) > 1 else ""
        raise CloudError("ValidationException", f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield what a value breaks of the bounds, pattern and choices of its shape."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from _violations(shape.members[name], item, f"{path}.{name}" if path else name)
    elif shape.type_name == "list":
        yield from _out_of_bounds(shape, value, len(value), path, "length")
        for index, item in enumerate(value):
            yield from _violations(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _violations(shape.key, key, path)
            yield from _violations(shape.value, item, f"{path}.{key}")
    elif shape.type_name == "string":
        yield from _text_violations(shape, value, path)
    elif shape.type_name in {"integer", "long"}:
        yield from _out_of_bounds(shape, value, value, path, "value")


def _text_violations(shape: Shape, value: str, path: str) -> Iterator[str]:
    # The bounds of texts are in bytes where they matter: a rules string of 2,000,000.
    yield from _out_of_bounds(shape, value, len(value.encode()), path, "length")
    choices, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if choices and value not in choices:
        yield _violation(value, path, f"Member must satisfy enum value set: [{', '.join(choices)}]")
    elif pattern and not re.fullmatch(pattern, value):
        yield _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _out_of_bounds(shape: Shape, value: Any, size: int, path: str, what: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _violation(value, path, f"Member must have {what} greater than or equal to {low}")
    if high is not None and size > high:
        yield _violation(value, path, f"Member must have {what} less than or equal to {high}")


def _violation(value: Any, path: str, why: str) -> str:
    shown = str(value)
    return (
        f"Value '{shown if len(shown) <= 100 else shown[:100] + '...'}' at '{path}' failed to satisfy constraint: {why}"
    )
