"""The emulated AWS account: the one way in to its services.

Owns the order in which a request is handled: planned faults, the published API description, then our own operation
where AWS has rules that moto does not keep, else moto for EC2; all in one exclusive transaction. Network Firewall and
Route 53 Resolver are our own in full.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sandbox.aws import (
    api_model,
    dns_associations,
    dns_lists,
    dns_rules,
    firewall_groups,
    firewall_policies,
    groups,
    machines,
    networks,
    prefix_lists,
    rules,
    tagging,
)
from sandbox.aws.moto_ec2 import MotoEc2
from sandbox.aws.session import Session
from sandbox.errors import CloudError
from sandbox.faults import Faults
from sandbox.store import Store, folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: The account of a provider that assumes no role.
DEFAULT_ACCOUNT = "123456789012"

#: What is not moto's, by service and operation.
OPERATIONS: dict[str, dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]]] = {
    api_model.EC2: {
        **groups.OPERATIONS,
        **machines.OPERATIONS,
        **networks.OPERATIONS,
        **prefix_lists.OPERATIONS,
        **rules.OPERATIONS,
        **tagging.OPERATIONS,
    },
    api_model.FIREWALL: {
        **firewall_groups.OPERATIONS,
        **firewall_policies.OPERATIONS,
    },
    api_model.RESOLVER: {
        **dns_associations.OPERATIONS,
        **dns_lists.OPERATIONS,
        **dns_rules.OPERATIONS,
    },
}


class Account:
    """One account in one region.

    Args:
        place: the sandbox folder; by default the one of `store.folder`.
        account: twelve digits.
        region: an AWS region.
    """

    def __init__(self, place: Path | None = None, account: str = DEFAULT_ACCOUNT, region: str = "eu-central-1") -> None:
        place = place or folder()
        self.account = account
        self.region = region
        self.store = Store(place / f"aws-{account}.sqlite")
        self.faults = Faults(place, self.store)
        self._moto = MotoEc2(account, region)
        self._lock = threading.Lock()

    def call(self, operation: str, /, **params: Any) -> dict[str, Any]:
        """Carry out one API request, named and shaped as in the API; beside EC2 the name is `SERVICE.OPERATION`.

        Fault plans know an operation without its service.

        Raises:
            CloudError: refused; nothing was changed, unless a planned fault says so.
        """
        service, _, operation = operation.rpartition(".")
        service = service or api_model.EC2
        try:
            self.faults.before(operation)
            api_model.validate(operation, params, service)
            with self._lock:
                try:
                    with self.store.transaction() as state:
                        session = Session(self.account, self.region, state, self._moto)
                        answer = self._carry_out(session, service, operation, params)
                except BaseException:
                    self._moto.forget()
                    raise
            self.faults.after(operation)
        except CloudError as failure:
            failure.operation = failure.operation or operation
            failure.service = api_model.SERVICES[service]
            raise
        return answer

    @staticmethod
    def _carry_out(session: Session, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        handler = OPERATIONS[service].get(operation)
        if handler is not None:
            return handler(session, params)
        if service == api_model.EC2:
            return session.moto(operation, **params)
        raise CloudError("NotEmulated", f"{operation} is not emulated here.")

    def client(self, service: str = api_model.EC2) -> Any:
        """Return a boto3 client of this account, for changes beside Pulumi.

        The client is boto3's own (checks, paginators, exceptions); its requests end here instead of on a network.
        """
        import boto3  # noqa: PLC0415 - heavy, and only those who want a client need it

        client: Any = boto3.client(
            service,
            region_name=self.region,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",  # noqa: S106
        )

        def remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
            context["sandbox"] = dict(params)

        def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
            class Response:
                status_code = 200
                headers: dict[str, str] = {}  # noqa: RUF012

            try:
                return Response, {
                    **self.call(f"{service}.{model.name}", **context["sandbox"]),
                    "ResponseMetadata": {"HTTPStatusCode": 200},
                }
            except CloudError as failure:
                Response.status_code = 400
                error = {"Code": failure.code, "Message": failure.message}
                return Response, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}

        client.meta.events.register(f"before-parameter-build.{service}", remember)
        client.meta.events.register(f"before-call.{service}", answer)
        return client
