"""A Pulumi program on mocks, with every registration recorded as the engine would get it.

What is compared is the request itself: properties with secrets and unknowns marked, and each resource option that was
sent. A test that looks at the components' attributes alone would miss both.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.stack import run_pulumi_func

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "components"
SIGNATURE = rpc._special_sig_key  # noqa: SLF001 - how the wire marks a secret
#: What the id of an emulated Azure resource begins with.
AZURE = "/subscriptions/00000000-0000-4000-8000-123456789012/resourceGroups/rg/providers/Microsoft.Network"
#: Options that a program gives to one resource, by their names in the request; `parent` and providers are apart.
OPTIONS = (
    "protect",
    "ignoreChanges",
    "aliases",
    "aliasURNs",
    "transforms",
    "replaceOnChanges",
    "additionalSecretOutputs",
    "retainOnDelete",
    "deletedWith",
    "deleteBeforeReplace",
    "customTimeouts",
    "importId",
)


@dataclass
class Registration:
    """One resource as the engine gets it."""

    type: str
    name: str
    parent: str
    """Logical name; empty for the stack."""
    inputs: dict[str, Any]
    options: dict[str, Any]
    provider: str
    depends_on: list[str] = field(default_factory=list)
    """URNs of what it waits for."""

    def to_dict(self) -> dict[str, Any]:
        """Return what golden files hold."""
        return {"type": self.type, "name": self.name, "parent": self.parent, "inputs": self.inputs}


@dataclass
class Recording:
    """How a program ended on mocks."""

    registrations: list[Registration] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    """Values that the program returned, each awaited; unknown is `"(unknown)"`."""
    secret: set[str] = field(default_factory=set)
    """Those of them that are secret."""
    warnings: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Registration]:
        """Return the registrations whose type has this in it."""
        return [item for item in self.registrations if kind in item.type]

    def named(self, name: str) -> Registration:
        """Return the only registration of a logical name that is no component."""
        (found,) = (item for item in self.registrations if item.name == name and not item.type.startswith("ws-"))
        return found

    def to_dict(self) -> list[dict[str, Any]]:
        """Return all registrations, in an order that does not depend on the event loop."""
        return [item.to_dict() for item in sorted(self.registrations, key=lambda item: (item.type, item.name))]


class _Monitor(mocks.MockMonitor):
    """Keeps each request."""

    def __init__(self, cloud: mocks.Mocks, recording: Recording) -> None:
        super().__init__(cloud)
        self.recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.type != "pulumi:pulumi:Stack":
            sent = json_format.MessageToDict(request)
            self.recording.registrations.append(
                Registration(
                    type=request.type,
                    name=request.name,
                    parent="" if "::pulumi:pulumi:Stack::" in request.parent else request.parent.rsplit("::", 1)[-1],
                    inputs=_plain(sent.get("object", {})),
                    options={key: sent[key] for key in OPTIONS if sent.get(key)},
                    provider=request.provider,
                    depends_on=list(request.dependencies),
                )
            )
        return super().RegisterResource(request)


def _plain(value: Any) -> Any:
    """Return properties as the wire has them, secrets and unknowns in words."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return {"(secret)": _plain(value.get("value"))}
        return {key: _plain(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "(unknown)" if value == rpc.UNKNOWN else value


class Cloud(mocks.Mocks):
    """Gives every resource an id that tells its name; in a preview none, as the engine does.

    Args:
        preview: whether ids are unknown.
        calls: answers to lookups by their tokens; a text is the reason of a refusal.
    """

    def __init__(self, *, preview: bool, calls: Mapping[str, Any] | None = None) -> None:
        self.preview = preview
        self.calls = calls or {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Answer a registration."""
        if self.preview:
            return "", args.inputs
        if args.typ.startswith("azure-native:"):
            return f"{AZURE}/{args.typ.rsplit(':', 1)[-1]}/{args.name}", {"name": args.name, **args.inputs}
        more = {"securityGroupRuleId": f"sgr-of-{args.name}"} if args.typ.endswith("gressRule") else {}
        more |= {"project": "my-project"} if args.typ.startswith("gcp:compute/networkFirewallPolicy:") else {}
        return f"id-of-{args.name}", {"name": args.name, "arn": f"arn:{args.name}", **args.inputs, **more}

    def call(self, args: mocks.MockCallArgs) -> Any:
        """Refuse a lookup that a test does not plan: it needs credentials, and a preview should need none."""
        if args.token not in self.calls:
            raise AssertionError(args.token)
        answer = self.calls[args.token]
        return ({}, [("", answer)]) if isinstance(answer, str) else answer


class _Log(logging.Handler):
    def __init__(self, warnings: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.warnings = warnings

    def emit(self, record: logging.LogRecord) -> None:
        self.warnings.append(record.getMessage())


def record(
    program: Callable[[], dict[str, Any] | None], *, preview: bool = False, calls: Mapping[str, Any] | None = None
) -> Recording:
    """Run a program and return what it registered and returned; `calls` answers its lookups by their tokens.

    Raises:
        pulumi.RunError: as the program, or something that waits for an output, raises it.
    """
    recording = Recording()
    logger = logging.getLogger("ws-network-mocks")
    logger.propagate = False
    logger.handlers = [_Log(recording.warnings)]
    settings.reset_options()
    cloud = Cloud(preview=preview, calls=calls)
    mocks.set_mocks(cloud, "project", "stack", preview, logger, monitor=_Monitor(cloud, recording))

    async def run() -> None:
        async def main() -> None:
            for key, value in (program() or {}).items():
                output = pulumi.Output.from_input(value)
                known = await output.is_known()
                recording.outputs[key] = await output.future() if known else "(unknown)"
                if await output.is_secret():
                    recording.secret.add(key)

        await run_pulumi_func(main)

    loop = asyncio.get_event_loop()
    # One error in an output ends the program; that every resource waiting for it failed too is no news.
    loop.set_exception_handler(lambda *_: None)
    loop.run_until_complete(run())
    return recording


def check_golden(name: str, content: Any) -> None:
    """Compare with `tests/golden/components/<name>.json`, which `make golden` writes."""
    path = GOLDEN / f"{name}.json"
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    if os.environ.get("WS_NETWORK_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)
