"""The published description of the EC2 API, as botocore ships it.

Owns checking requests against it, and turning them into the wire form and back for the part that moto answers.
"""

from __future__ import annotations

import gzip
import json
import threading
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from botocore.model import OperationModel, OperationNotFoundError, ServiceModel
from botocore.validate import ParamValidator

from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Mapping

_lock = threading.Lock()


@cache
def _service() -> ServiceModel:
    # Read directly: botocore's loader keeps the order of keys with a class that makes it four times slower.
    versions = [entry for entry in (resources.files("botocore") / "data" / "ec2").iterdir() if entry.is_dir()]
    newest = max(versions, key=lambda entry: entry.name)
    return ServiceModel(json.loads(gzip.decompress((newest / "service-2.json.gz").read_bytes())), "ec2")


def operation_model(operation: str) -> OperationModel:
    """Return the description of an operation.

    Raises:
        CloudError: EC2 has no such operation.
    """
    try:
        # Reading the description takes time and is not safe in two threads at once.
        with _lock:
            return _service().operation_model(operation)
    except OperationNotFoundError:
        raise CloudError("InvalidAction", f"The action {operation} is not valid for this web service.") from None


def validate(operation: str, params: Mapping[str, Any]) -> None:
    """Check a request's parameters: names, types, required ones.

    Raises:
        CloudError: they do not fit.
    """
    shape = operation_model(operation).input_shape
    if shape is None:
        return
    report = ParamValidator().validate(dict(params), shape)
    if report.has_errors():
        raise CloudError("ParamValidation", report.generate_report().replace("\n", "; "))
