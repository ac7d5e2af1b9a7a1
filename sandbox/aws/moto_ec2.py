"""The part of EC2 that moto answers: networks, subnets, the groups themselves and their tags.

Owns loading and saving moto's in-memory state: it is pickled into the account's store in the same transaction as
everything else, so it survives the process and is shared between engines without a server that would have to be ended.
"""

from __future__ import annotations

import importlib
import os
import pickle
import threading
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox.aws.api_model import operation_model
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.store import Transaction

# Some hundred machine images, which nothing here starts, would be in every snapshot.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

READ_ONLY = ("Describe", "Get", "List")


#: Regions that moto would else read from a file of all services' endpoints, which takes half a second.
REGIONS = (
    *("af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
    *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ca-central-1", "ca-west-1"),
    *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
    *("il-central-1", "me-central-1", "me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
)


_import_lock = threading.Lock()


class _Regions:
    """Stands in for the boto3 session by which moto asks which regions there are."""

    @staticmethod
    def get_available_partitions() -> list[str]:
        return ["aws"]

    @staticmethod
    def get_available_regions(service: str, partition_name: str = "aws") -> list[str]:
        del service
        return list(REGIONS) if partition_name == "aws" else []


def _import_moto() -> None:
    """Import moto's EC2 without its tables of instance types and regions: 0.5 s instead of 1.4 s for each command."""
    import boto3  # noqa: PLC0415

    importlib.import_module("moto.core.responses")  # before names are replaced below, so that only EC2 sees that
    from moto.core.base_backend import AccountSpecificBackend  # noqa: PLC0415
    from moto.utilities import utils  # noqa: PLC0415

    replaced: list[tuple[Any, str, Any]] = [
        (boto3, "Session", _Regions),
        (utils, "load_resource", lambda _: {}),
    ]
    kept = [(place, name, getattr(place, name)) for place, name, _ in replaced]
    try:
        for place, name, value in replaced:
            setattr(place, name, value)
        importlib.import_module("moto.ec2.responses")
    finally:
        for place, name, value in kept:
            setattr(place, name, value)
    setattr(AccountSpecificBackend, "get_session", classmethod(lambda _: _Regions()))  # noqa: B010 - a method, for mypy


@cache
def _moto() -> tuple[Any, Any, Any]:
    """Return what is used of moto, imported late: a preview needs nothing of it."""
    from botocore.awsrequest import AWSPreparedRequest  # noqa: PLC0415

    with _import_lock:
        _import_moto()
    from moto.core.request import normalize_request  # noqa: PLC0415
    from moto.ec2.models import ec2_backends  # noqa: PLC0415
    from moto.ec2.responses import EC2Response  # noqa: PLC0415

    def dispatch(url: str, headers: Any, body: str) -> tuple[int, bytes]:
        request = normalize_request(AWSPreparedRequest("POST", url, headers, body, False))  # noqa: FBT003
        status, _, answer = EC2Response.dispatch(request, url, request.headers)
        return int(status), answer.encode() if isinstance(answer, str) else bytes(answer)

    return ec2_backends, dispatch, threading.RLock()


class MotoEc2:
    """EC2 of one account and region. Calls come with the transaction that holds the account's lock."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._blob = f"moto-ec2-{region}"
        self._generation = -1
        self._backend: Any = None

    def _load(self, state: Transaction, regions: dict[str, Any]) -> None:
        """Bring the in-memory state to what the store has, and make it the one moto works on."""
        generation = state.generation(self._blob)
        if generation != self._generation:
            if generation == 0:
                regions.pop(self._region, None)
                self._backend = regions[self._region]
            else:
                self._backend = pickle.loads(state.blob(self._blob))  # noqa: S301 - a pickle that this module has written
            self._generation = generation
        # moto keeps its state by account and region only, and a process may hold several sandbox folders. Its own
        # setter is not used: it does not take a state from elsewhere.
        dict.__setitem__(regions, self._region, self._backend)

    def forget(self) -> None:
        """Read the state anew the next time: the transaction was rolled back, or a request failed half way."""
        self._generation = -1

    def call(self, state: Transaction, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one request.

        Raises:
            CloudError: moto refused it.
        """
        from botocore import parsers, serialize  # noqa: PLC0415
        from botocore.compat import HTTPHeaders  # noqa: PLC0415

        backends, dispatch, lock = _moto()
        model = operation_model(operation)
        wire = serialize.create_serializer("ec2", include_validation=False).serialize_to_request(dict(params), model)
        host = f"ec2.{self._region}.amazonaws.com"
        headers = HTTPHeaders()
        for name, value in {**wire["headers"], "Host": host, "x-moto-account-id": self._account}.items():
            headers[name] = value
        with lock:
            self._load(state, backends[self._account])
            try:
                status, body = dispatch(f"https://{host}/", headers, urlencode(wire["body"], doseq=True))
            except Exception as failure:
                self.forget()
                if not hasattr(failure, "get_body"):
                    raise
                status, body = int(failure.code), failure.get_body().encode()  # type: ignore[attr-defined]
            answer = parsers.create_parser("ec2").parse(
                {"status_code": status, "headers": {}, "body": body}, model.output_shape
            )
            if "Error" in answer:
                self.forget()
                raise CloudError(answer["Error"]["Code"], answer["Error"]["Message"])
            if not operation.startswith(READ_ONLY) or self._generation == 0:
                self._generation = state.put_blob(self._blob, pickle.dumps(self._backend, 5))
        answer.pop("ResponseMetadata", None)
        return dict(answer)
