"""The engine's provider protocol over gRPC.

Owns every RPC the engine sends and how errors look to the user: one sentence, no traceback. What exists in a cloud
comes from a `Provider`: its resources, functions and configuration.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import traceback
from abc import ABC, abstractmethod
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc

from sandbox.errors import CloudError, HalfCreated, PartlyCreated
from sandbox.protocol import UNKNOWN, is_unknown, load, pack, unpack
from sandbox.resource import Failure, Naming
from sandbox.store import folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.resource import Properties, Resource

provider_pb2 = load("provider_pb2")
provider_pb2_grpc = load("provider_pb2_grpc")
plugin_pb2 = load("plugin_pb2")


class Provider(ABC):
    """One cloud: what the servicer asks it for."""

    #: Package name of the SDK.
    name: str
    #: The SDK's version; a plugin of another one would not be found by the engine.
    version: str
    resources: Mapping[str, Resource[Any]]
    functions: Mapping[str, Callable[[Any, Properties], Properties]]

    @abstractmethod
    def check_config(self, news: Properties) -> list[Failure]:
        """Return what is wrong with the provider's configuration."""

    @abstractmethod
    def replacing(self) -> tuple[str, ...]:
        """Return configuration whose change makes every resource a new one."""

    @abstractmethod
    def configure(self, config: Properties) -> Any:
        """Return the session that resources and functions work with; may raise `CloudError`."""

    @abstractmethod
    def unfinished(self, cloud: Any, token: str) -> bool:
        """Return whether a planned fault leaves a resource just created not fully initialised."""


class _Refused(Exception):  # noqa: N818 - it carries an answer
    """An error to answer with, as the engine shows it."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):  # type: ignore[misc, name-defined]
    """Answers the engine for one `Provider`. The engine starts a process for each configuration."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._cloud: Any = None

    # Who we are.

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Agree on plain values: the engine unwraps secrets and outputs for us, and marks them again."""
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=False, accept_resources=False, accept_outputs=False
        )

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Say the version, which is the SDK's."""
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Answer with the least the engine takes: an import without generated code asks for it and needs none of it."""
        return provider_pb2.GetSchemaResponse(
            schema=f'{{"name": "{self._provider.name}", "version": "{self._provider.version}"}}'
        )

    # Configuration.

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Check the provider's arguments."""
        failures = self._provider.check_config(unpack(request.news))
        return provider_pb2.CheckResponse(inputs=request.news, failures=map(_failure, failures))

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Say whether another configuration means another place, so that resources must be made anew there."""
        old, news = unpack(request.old_inputs) or unpack(request.olds), unpack(request.news)
        replaces = [name for name in self._provider.replacing() if old.get(name) != news.get(name) and name in old]
        changed = old != news
        return provider_pb2.DiffResponse(
            replaces=replaces,
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
        )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Take the configuration."""

        def work() -> Any:
            self._cloud = self._provider.configure(unpack(request.args))
            return provider_pb2.ConfigureResponse(
                acceptSecrets=False, acceptResources=False, acceptOutputs=False, supportsPreview=True
            )

        return self._answer(context, f"configuring {self._provider.name}", work)

    # A resource's life.

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Complete and check inputs."""

        def work() -> Any:
            resource = self._resource(request.urn)
            naming = Naming(_logical(request.urn), request.randomSeed.hex() or "0" * 16)
            inputs, failures = resource.complete(self._cloud, unpack(request.news), unpack(request.olds), naming)
            return provider_pb2.CheckResponse(inputs=pack(inputs), failures=map(_failure, failures))

        return self._answer(context, "checking", work)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Compare the last inputs with new ones."""

        def work() -> Any:
            resource = self._resource(request.urn)
            old, news = unpack(request.old_inputs), unpack(request.news)
            skip = set(request.ignoreChanges)
            changes = {n: c for n, c in resource.changes(old, news).items() if n not in skip}
            for name in resource.drifted(self._cloud, unpack(request.olds), news):
                changes.setdefault(name, ("UPDATE", False))
            replaces = [name for name, (_, replaces) in changes.items() if replaces]
            roots = {name: re.split(r"[.\[]", name, maxsplit=1)[0] for name in changes}
            kinds = {
                name: provider_pb2.PropertyDiff(
                    kind=provider_pb2.PropertyDiff.Kind.Value(f"{kind}_REPLACE" if name in replaces else kind),
                    inputDiff=roots[name] in resource.inputs,
                )
                for name, (kind, _) in changes.items()
            }
            return provider_pb2.DiffResponse(
                replaces=replaces,
                diffs=list(dict.fromkeys(roots.values())),
                detailedDiff=kinds,
                hasDetailedDiff=True,
                deleteBeforeReplace=resource.deletes_before(old, replaces),
                changes=provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE,
            )

        return self._answer(context, "comparing", work)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Create, or say what creating would give."""
        resource = self._resource(request.urn)

        def work() -> Any:
            news = unpack(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(id="", properties=pack(resource.preview(self._cloud, news)))
            try:
                key, why = resource.create(self._cloud, news), ""
            except HalfCreated as half:
                key, why = half.key, str(half)
            state = resource.state(self._live(resource, key, news), news)
            if why:
                self._partly(context, key, state, news, why)
            if self._provider.unfinished(self._cloud, resource.token):
                self._partly(context, key, state, news, "a planned fault")
            return provider_pb2.CreateResponse(id=key, properties=pack(state))

        return self._answer(context, f"creating {resource.title} ({_logical(request.urn)})", work)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Find the state of a resource of which an import knows the id only. One that is gone has no id."""
        resource = self._resource(request.urn)

        def work() -> Any:
            old, state = unpack(request.inputs), unpack(request.properties)
            live = resource.read(self._cloud, request.id, state or old)
            if live is None:
                return provider_pb2.ReadResponse(id="")
            inputs, properties = resource.refreshed(self._cloud, live, old, state)
            return provider_pb2.ReadResponse(id=request.id, properties=pack(properties), inputs=pack(inputs))

        return self._answer(context, f"reading {resource.title} ({request.id})", work)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Change in place, or say what changing would give."""
        resource = self._resource(request.urn)

        def work() -> Any:
            old, news = unpack(request.old_inputs), unpack(request.news)
            if request.preview:
                state = unpack(request.olds)
                gone = {name: None for name, item in resource.inputs.items() if name not in news and not item.computed}
                unknown = dict.fromkeys(resource.unsettled(old, news), UNKNOWN)
                planned = resource.planned(self._cloud, news)
                return provider_pb2.UpdateResponse(properties=pack({**state, **gone, **unknown, **planned, **news}))
            resource.update_from(self._cloud, request.id, unpack(request.olds), old, news)
            return provider_pb2.UpdateResponse(
                properties=pack(resource.state(self._live(resource, request.id, news), news))
            )

        return self._answer(context, f"updating {resource.title} ({request.id})", work)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Delete."""
        from google.protobuf import empty_pb2  # noqa: PLC0415 - as in `protocol`

        resource = self._resource(request.urn)

        def work() -> Any:
            resource.delete(self._cloud, request.id, unpack(request.properties))
            return empty_pb2.Empty()

        return self._answer(context, f"deleting {resource.title} ({request.id})", work)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Call a getter. With an unknown argument there is nothing to look up yet."""

        def work() -> Any:
            function = self._provider.functions.get(request.tok)
            if function is None:
                raise _Refused(f"The function {request.tok} is not emulated here; use the real provider for it.")
            args = unpack(request.args)
            if is_unknown(args):
                return provider_pb2.InvokeResponse()
            answer = provider_pb2.InvokeResponse()
            # The generated keyword is a Python keyword.
            getattr(answer, "return").CopyFrom(pack(function(self._cloud, args)))
            return answer

        return self._answer(context, f"invoking {request.tok}", work)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Nothing to do: each request is short and whole."""
        from google.protobuf import empty_pb2  # noqa: PLC0415 - as in `protocol`

        return empty_pb2.Empty()

    # Helpers.

    def _resource(self, urn: str) -> Resource[Any]:
        token = urn.split("::")[2].rsplit("$", 1)[-1]
        resource = self._provider.resources.get(token)
        if resource is None:
            return _Missing(token)  # type: ignore[return-value]
        return resource

    def _live(self, resource: Resource[Any], key: str, news: Properties) -> Properties:
        live = resource.read(self._cloud, key, news)
        if live is None:
            raise _Refused(f"{key} was there and is gone")
        return live

    def _partly(self, context: grpc.ServicerContext, key: str, state: Properties, inputs: Properties, why: str) -> None:
        """End the call with an error that carries the resource, so that the engine keeps it."""
        from google.protobuf import any_pb2  # noqa: PLC0415 - as in `protocol`
        from pulumi.runtime.proto import status_pb2  # noqa: PLC0415

        detail = any_pb2.Any()
        reason = f"{key} was created but not fully initialised: {why}"
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(id=key, properties=pack(state), inputs=pack(inputs), reasons=[reason])
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        raise PartlyCreated(reason)

    def _answer(self, context: grpc.ServicerContext, doing: str, work: Callable[[], Any]) -> Any:
        """Do the work; end the call with one sentence if it fails."""
        try:
            return work()
        except PartlyCreated as failure:
            reason = str(failure)
        except _Refused as failure:
            reason = str(failure)
        except CloudError as failure:
            reason = f"{doing}: {failure}"
        except Exception as failure:  # noqa: BLE001 - a defect of the sandbox, told as such
            log = folder() / "errors.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("a", encoding="utf-8") as out:
                traceback.print_exc(file=out)
            reason = f"{doing}: the sandbox itself failed ({type(failure).__name__}: {failure}); see {log}"
        context.abort(grpc.StatusCode.UNKNOWN, reason)
        return None


class _Missing:
    """Stands for a resource type that is not emulated: every request for it says so."""

    def __init__(self, token: str) -> None:
        self.token = self.title = token

    def __getattr__(self, name: str) -> Any:
        raise _Refused(f"The resource type {self.token} is not emulated here; use the real provider for it.")


def _failure(failure: Failure) -> Any:
    return provider_pb2.CheckFailure(property=failure.name, reason=failure.reason)


def _logical(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def serve(provider: Provider) -> None:
    """Serve until the engine ends this process, or is gone itself. The first line of standard output is the port."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=[("grpc.max_receive_message_length", -1)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent = os.getppid()
    # An engine that was killed sends no signal; then the parent changes.
    while not stop.wait(1.0) and os.getppid() == parent:
        pass
    server.stop(None)
