"""The part of EC2 that moto answers: networks, subnets, the groups themselves and their tags.

Owns loading and saving moto's in-memory state: it is pickled into the account's store in the same transaction as
everything else, so it survives the process and is shared between engines without a server that would have to be ended.
"""

from __future__ import annotations

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


@cache
def _moto() -> tuple[Any, Any, Any]:
    """Import moto late: it takes a second, and a preview needs nothing of it."""
    from botocore.awsrequest import AWSPreparedRequest  # noqa: PLC0415
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


def preload() -> None:
    """Import moto ahead of the first request."""
    _moto()
