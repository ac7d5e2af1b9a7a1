"""The engine's protocol spoken to a provider inside the process, so that corners are cheap to try."""

from __future__ import annotations

from typing import Any

from sandbox.protocol import pack, unpack
from sandbox.provider import Provider, Servicer, provider_pb2


class Refused(Exception):  # noqa: N818
    """The call ended with an error."""


class Context:
    """Stands for the gRPC context."""

    def __init__(self) -> None:
        self.trailing: Any = ()

    def set_trailing_metadata(self, metadata: Any) -> None:
        self.trailing = metadata

    def abort(self, code: Any, details: str) -> None:
        del code
        raise Refused(details)


class Wire:
    """Does with the servicer of a provider what an engine does with the process."""

    def __init__(self, provider: Provider, config: dict[str, Any]) -> None:
        self.servicer = Servicer(provider)
        self.context = Context()
        self.servicer.Configure(provider_pb2.ConfigureRequest(args=pack(config)), self.context)

    @staticmethod
    def urn(token: str, name: str = "one") -> str:
        return f"urn:pulumi:test::probe::{token}::{name}"

    def check(self, token: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(
            urn=self.urn(token), news=pack(news), olds=pack(olds or {}), randomSeed=bytes.fromhex("0123456789abcdef")
        )
        return self.servicer.Check(request, self.context)

    def inputs(self, token: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.check(token, news, olds)
        assert not answer.failures, answer.failures
        return unpack(answer.inputs)

    def failures(self, token: str, news: dict[str, Any]) -> dict[str, str]:
        return {failure.property: failure.reason for failure in self.check(token, news).failures}

    def diff(self, token: str, old: dict[str, Any], news: dict[str, Any], state: dict[str, Any] | None = None) -> Any:
        request = provider_pb2.DiffRequest(
            urn=self.urn(token), old_inputs=pack(old), news=pack(news), olds=pack(state or old)
        )
        return self.servicer.Diff(request, self.context)

    def create(self, token: str, news: dict[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(
            urn=self.urn(token), properties=pack(self.inputs(token, news)), preview=preview
        )
        answer = self.servicer.Create(request, self.context)
        return answer.id, unpack(answer.properties)

    def read(self, token: str, key: str, inputs: dict[str, Any] | None = None, state: Any = None) -> Any:
        request = provider_pb2.ReadRequest(
            id=key, urn=self.urn(token), inputs=pack(inputs or {}), properties=pack(state or {})
        )
        return self.servicer.Read(request, self.context)

    def update(
        self, token: str, key: str, old: dict[str, Any], news: dict[str, Any], state: Any = None, **more: Any
    ) -> Any:
        request = provider_pb2.UpdateRequest(
            id=key,
            urn=self.urn(token),
            old_inputs=pack(old),
            news=pack(news),
            olds=pack(old if state is None else state),
            **more,
        )
        return unpack(self.servicer.Update(request, self.context).properties)

    def delete(self, token: str, key: str, state: dict[str, Any]) -> None:
        self.servicer.Delete(
            provider_pb2.DeleteRequest(id=key, urn=self.urn(token), properties=pack(state)), self.context
        )

    def invoke(self, token: str, **args: Any) -> Any:
        answer = self.servicer.Invoke(provider_pb2.InvokeRequest(tok=token, args=pack(args)), self.context)
        return unpack(getattr(answer, "return"))
