"""Python language host for a Pulumi CLI that was built from source.

Owns the gRPC service `LanguageRuntime`: what the vendor's installer ships as `pulumi-language-python`. The engine
starts it, reads the port from its first line, and asks it to run the program (`Run`) or a plugin that is written in
Python (`RunPlugin`: components and policy packs). Everything after that line on standard output is shown to the user.

It is put beside a built CLI only; an installed CLI brings its own host and is left as it is.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import types
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Exit code by which a program says: the user has been told, add nothing. Kept equal to `program.TOLD_THE_USER`.
TOLD_THE_USER = 32
#: How long a child may take to leave after it was asked to, in seconds.
GRACE_SECONDS = 5.0


def _load_protocol(name: str) -> Any:
    """Import one generated protocol module of the `pulumi` package without the package itself.

    `import pulumi` costs some 0.3 s, half of this host's start; the generated modules need none of it.
    """
    for package in ("pulumi", "pulumi.runtime"):
        if package not in sys.modules:
            spec = importlib.util.find_spec(package) if package == "pulumi" else None
            parent = sys.modules.get("pulumi")
            places = spec.submodule_search_locations if spec else [str(Path(p) / "runtime") for p in parent.__path__]  # type: ignore[union-attr]
            stub = types.ModuleType(package)
            stub.__path__ = list(places or [])
            sys.modules[package] = stub
    return importlib.import_module(f"pulumi.runtime.proto.{name}")


language_pb2 = _load_protocol("language_pb2")
language_pb2_grpc = _load_protocol("language_pb2_grpc")
plugin_pb2 = _load_protocol("plugin_pb2")
empty_pb2 = importlib.import_module("google.protobuf.empty_pb2")


def interpreter(info: Any) -> str:
    """Return the Python that runs a program: the project's `virtualenv` option, else this host's own.

    Args:
        info: the `ProgramInfo` of a request; its option `virtualenv` is a path, relative to the project's root.
    """
    virtualenv = dict(info.options).get("virtualenv", "") if info.HasField("options") else ""
    if virtualenv:
        python = Path(info.root_directory or ".", virtualenv, "bin", "python")
        if python.exists():
            return str(python)
    return sys.executable


class Children:
    """The processes of this host, so that none outlives it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start `command` and remember it until `forget`."""
        child = subprocess.Popen(command, **options)
        with self._lock:
            self._running.add(child)
        return child

    def forget(self, child: subprocess.Popen[bytes]) -> None:
        """End `child` if it still runs, and drop it."""
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        with self._lock:
            self._running.discard(child)

    def end_all(self) -> None:
        """End every child that still runs."""
        with self._lock:
            running = list(self._running)
        for child in running:
            self.forget(child)


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):  # type: ignore[misc, name-defined]
    """Answers the engine. One instance serves one CLI command."""

    def __init__(self, engine: str, children: Children) -> None:
        self._engine = engine
        self._children = children

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Take the engine's address, newer engines send it here."""
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Say which version this host has."""
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Ask for nothing ahead of time: each resource names its provider's version when it registers."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Ask for nothing ahead of time (older engines)."""
        return language_pb2.GetRequiredPluginsResponse()

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """Name the interpreter, for `pulumi about`."""
        python = interpreter(request.info)
        return language_pb2.AboutResponse(executable=python, version=".".join(map(str, sys.version_info[:3])))

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: ARG002, N802
        """Install nothing: `make setup` owns the environment. One empty answer ends the stream."""
        yield language_pb2.InstallDependenciesResponse()

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Run the program in a process of its own and say how it ended."""
        settings = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization or "organization",
            "monitor_address": request.monitor_address,
            "engine_address": self._engine,
            "parallel": request.parallel,
            "preview": request.dryRun,
            "root": request.info.root_directory,
            "directory": request.info.program_directory or request.pwd,
            "entry_point": request.info.entry_point or ".",
            "args": list(request.args),
            "config": dict(request.config),
            "secret_keys": list(request.configSecretKeys),
        }
        command = [interpreter(request.info), "-u", str(Path(__file__).with_name("program.py"))]
        child = self._children.start(command, stdin=subprocess.PIPE, cwd=settings["directory"])
        context.add_callback(lambda: self._children.forget(child))
        # Settings go through a pipe, not the command line or the environment: they hold decrypted secrets.
        child.communicate(json.dumps(settings).encode())
        if child.returncode == 0:
            return language_pb2.RunResponse()
        if child.returncode == TOLD_THE_USER:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"The program ended with exit code {child.returncode}.")

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802
        """Run a plugin written in Python, streaming what it prints, then its exit code.

        A policy pack (`kind == "analyzer"`) is loaded by the policy SDK's own module; anything else is a folder
        with a `__main__.py`.
        """
        python = interpreter(request.info)
        folder = request.info.program_directory
        if request.kind == "analyzer":
            command = [python, "-u", "-m", "pulumi.policy", *request.args, folder]
        else:
            command = [python, "-u", folder, *request.args]
        environment = os.environ | dict(pair.split("=", 1) for pair in request.env if "=" in pair)
        child = self._children.start(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=request.pwd or folder, env=environment
        )
        # Also without a reader: the engine drops the call when it wants the plugin gone.
        context.add_callback(lambda: self._children.forget(child))
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def pump(stream: Any, field: str) -> None:
            while chunk := stream.read1(65536):
                answers.put(language_pb2.RunPluginResponse(**{field: chunk}))
            answers.put(None)

        for stream, field in ((child.stdout, "stdout"), (child.stderr, "stderr")):
            threading.Thread(target=pump, args=(stream, field), daemon=True).start()
        for _ in range(2):
            while (answer := answers.get()) is not None:
                yield answer
        yield language_pb2.RunPluginResponse(exitcode=child.wait())

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        """End what still runs."""
        self._children.end_all()
        return empty_pb2.Empty()


def main() -> None:
    """Serve until the engine ends this process."""
    children = Children()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.max_receive_message_length", -1)])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(sys.argv[-1], children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    parent = os.getppid()
    # An engine that was killed sends no signal; then the parent changes.
    while not stop.wait(1.0) and os.getppid() == parent:
        pass
    children.end_all()
    server.stop(None)


if __name__ == "__main__":
    main()
