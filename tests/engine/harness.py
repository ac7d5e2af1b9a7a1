"""A temporary Pulumi project on the real engine, with the emulated AWS at the far end.

    def test_group(project):
        project.write("import pulumi_aws as aws; aws.ec2.Vpc('v', cidr_block='10.0.0.0/16')")
        assert project.up().changes == [("create", "aws:ec2/vpc:Vpc", "v")]
        assert project.up().changes == []

Each project has its own folder, state backend and sandbox folder (its cloud account). The Pulumi home with the provider
plugin is shared by the session.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.aws.account import DEFAULT_ACCOUNT, Account
from sandbox.azure.subscription import DEFAULT_SUBSCRIPTION, Subscription
from sandbox.gcp.account import Account as GcpAccount
from sandbox.plugin import install

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
#: Seconds one command may take.
TIMEOUT = 300
#: Where the GCP provider works unless a test says otherwise.
GCP = {"gcp:project": "probe-123456", "gcp:region": "europe-west3"}
#: How operations begin that change nothing, after the name of their service.
READING = ("describe", "get", "list", "aggregatedlist")
PASSPHRASE = "correct horse"  # noqa: S105 - of a state that lives as long as a test


class Change(NamedTuple):
    """One resource that changed or would change: operation, type token, logical name."""

    op: str
    type: str
    name: str


@dataclass(frozen=True)
class Result:
    """How one command ended.

    Attributes:
        exit_code: of the CLI.
        text: all it printed, without colour.
        changes: what changed or would change, in the engine's order; not what stays the same, nor the stack itself.
            A replacement shows as `create-replacement` and `delete-replaced`, without the `replace` between them.
        diagnostics: messages as (severity, text, URN or empty).
        events: the engine's events as they are.
    """

    exit_code: int
    text: str
    changes: list[Change] = field(default_factory=list)
    diagnostics: list[tuple[str, str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the command succeeded."""
        return self.exit_code == 0

    @property
    def errors(self) -> list[str]:
        """The texts of errors."""
        return [text for severity, text, _ in self.diagnostics if severity == "error"]

    @property
    def warnings(self) -> list[str]:
        """The texts of warnings."""
        return [text for severity, text, _ in self.diagnostics if severity == "warning"]

    def count(self, op: str) -> int:
        """Return how many resources have an operation."""
        return sum(change.op == op for change in self.changes)

    def diff(self, name: str) -> dict[str, str]:
        """Return a resource's detailed diff: property path to kind, as in `{"toPort": "update"}`."""
        for event in self.events:
            metadata = event.get("resourcePreEvent", {}).get("metadata", {})
            if metadata.get("urn", "").endswith(f"::{name}") and metadata.get("detailedDiff"):
                return {path: item["diffKind"] for path, item in metadata["detailedDiff"].items()}
        return {}


def find_cli() -> str:
    """Return the CLI, building it if need be; fails, and never skips, where none can be had."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "pulumi_cli.py"], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT
    )
    if done.returncode != 0:
        raise AssertionError("There is no Pulumi CLI; standard error says why and what to type.")
    return done.stdout.strip()


class Engine:
    """The CLI with a Pulumi home that has the emulated providers. One for each session."""

    def __init__(self, home: Path, cli: str | None = None) -> None:
        self.cli = cli or find_cli()
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        install(home, self.cli)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a command: nothing of the user's cloud or Pulumi settings is left."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ARM_", "PULUMI_", "AWS_", "WS_NETWORK_"))}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
            "PULUMI_HOME": str(self.home),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DEBUG_COMMANDS": "true",  # the flag --event-log exists only with it
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "WS_NETWORK_PYTHON": sys.executable,
            **more,
        }


class Project:
    """One Pulumi project with one stack.

    Args:
        engine: the session's engine.
        place: an empty folder for project, state and sandbox.
        program: the source of `__main__.py`, or a folder that has one; may be written later with `write`.
        config: stack configuration; region and project of each cloud have a value unless given.
        stack: the stack's name.
        sandbox: the sandbox folder, to share an account between projects; by default its own.
        name: the project's name.
    """

    def __init__(
        self,
        engine: Engine,
        place: Path,
        program: str | Path = "",
        *,
        config: Mapping[str, Any] | None = None,
        stack: str = "test",
        sandbox: Path | None = None,
        name: str = "probe",
    ) -> None:
        self.engine = engine
        self.place = place
        self.folder = place / "project"
        self.sandbox = sandbox or place / "sandbox"
        self.backend = place / "state"
        self.stack = stack
        self.config = {"aws:region": "eu-central-1", **GCP, **(config or {})}
        self.env: dict[str, str] = {}
        self._name = name
        self._made = False
        for path in (self.folder, self.sandbox, self.backend):
            path.mkdir(parents=True, exist_ok=True)
        self.write(program)

    # The program and its settings.

    def write(self, program: str | Path) -> None:
        """Set the program: source, or a folder with a `__main__.py`."""
        settings: dict[str, Any] = {"name": self._name, "runtime": "python"}
        if isinstance(program, Path):
            settings["main"] = str(program)
        else:
            (self.folder / "__main__.py").write_text(program, encoding="utf-8")
        (self.folder / "Pulumi.yaml").write_text(json.dumps(settings), encoding="utf-8")

    def set(self, key: str, value: Any) -> None:
        """Set one configuration value, such as `set("aws:defaultTags", {"tags": {"team": "x"}})`."""
        self.config[key] = value

    def _configure(self) -> None:
        """Write the stack's configuration. YAML takes JSON, so nothing has to be asked of the CLI."""
        import yaml  # noqa: PLC0415 - a dependency of the library, not of every test

        path = self.folder / f"Pulumi.{self.stack}.yaml"
        found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.write_text(json.dumps({**(found or {}), "config": self.config}), encoding="utf-8")

    # Commands.

    def preview(self, *args: str) -> Result:
        """Say what would change."""
        return self._change("preview", *args)

    def up(self, *args: str) -> Result:
        """Make it so."""
        return self._change("up", "--yes", "--skip-preview", *args)

    def refresh(self, *args: str) -> Result:
        """Bring the state to what is in the cloud; `changes` are what had changed there."""
        return self._change("refresh", "--yes", "--skip-preview", *args)

    def destroy(self, *args: str) -> Result:
        """Delete all."""
        return self._change("destroy", "--yes", "--skip-preview", *args)

    def import_file(self, resources: Sequence[Mapping[str, Any]] | Path, *args: str) -> Result:
        """Import: a file as `pulumi import` takes it, or its list of resources; a provider version is added."""
        if isinstance(resources, Path):
            path = resources
        else:
            path = self.place / "import.json"
            path.write_text(json.dumps({"resources": list(resources)}), encoding="utf-8")
        more = ("--yes", "--generate-code=false", "--protect=false", "--skip-preview", "-f", str(path))
        return self._change("import", *more, *args)

    def export(self) -> dict[str, Any]:
        """Return the deployment: `["resources"]` are the resources of the state."""
        done = self.run("stack", "export", "--stack", self.stack)
        assert done.ok, done.text
        return json.loads(done.text)["deployment"]

    def resources(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the state's resources, by a part of their type."""
        return [item for item in self.export().get("resources", []) if kind in item["type"]]

    def stack_outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets shown."""
        done = self.run("stack", "output", "--json", "--show-secrets", "--stack", self.stack)
        assert done.ok, done.text
        return json.loads(done.text)

    def run(self, *args: str, check_stack: bool = True) -> Result:
        """Run any CLI command."""
        if check_stack:
            self._make_stack()
        done = self._start(args).communicate(timeout=TIMEOUT)
        return Result(self._last.returncode, done[0])

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start a command and return at once, to run two engines at the same time."""
        self._make_stack()
        self._configure()
        return self._start((*args, "--stack", self.stack, "--non-interactive", "--color", "never"))

    def _start(self, args: Iterable[str]) -> subprocess.Popen[str]:
        environment = self.engine.environment(
            PULUMI_BACKEND_URL=f"file://{self.backend}", WS_NETWORK_SANDBOX=str(self.sandbox), **self.env
        )
        self._last = subprocess.Popen(
            [self.engine.cli, *args],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self._last

    def _make_stack(self) -> None:
        if not self._made:
            self._made = True
            done = self.run("stack", "init", self.stack, check_stack=False)
            assert done.ok, done.text

    def _change(self, command: str, *args: str) -> Result:
        self._make_stack()
        self._configure()
        log = self.place / "events.jsonl"
        log.unlink(missing_ok=True)
        done = self.run(
            command, "--stack", self.stack, "--non-interactive", "--color", "never", "--event-log", str(log), *args
        )
        events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
        return Result(done.exit_code, done.text, _changes(command, events), _diagnostics(events), events)

    # The cloud.

    @cached_property
    def account(self) -> Account:
        """The account in the sandbox, for what happens beside Pulumi."""
        return Account(self.sandbox, DEFAULT_ACCOUNT, self.config["aws:region"])

    @cached_property
    def ec2(self) -> Any:
        """A boto3 EC2 client of that account."""
        return self.account.client()

    @cached_property
    def azure(self) -> Subscription:
        """The Azure subscription in the sandbox, for what a person does in the portal."""
        return Subscription(self.sandbox, self.config.get("azure-native:subscriptionId", DEFAULT_SUBSCRIPTION))

    @cached_property
    def gcp(self) -> GcpAccount:
        """The GCP project in the sandbox, for changes in the console: `gcp.call("compute.networks.list")`."""
        return GcpAccount(self.sandbox, self.config["gcp:project"])

    def fail(self, **plan: Any) -> None:
        """Plan faults, as `fail(throttle={"CreateVpc": 2})`; without arguments none. See `sandbox.faults`."""
        path = self.sandbox / "faults.json"
        if plan:
            # The note makes each plan a new one, whose calls are counted from the start.
            path.write_text(json.dumps({**plan, "note": os.urandom(4).hex()}), encoding="utf-8")
        else:
            path.unlink(missing_ok=True)

    def watch(self) -> None:
        """Begin to count the requests that reach the clouds: a fault plan counts what it looks at, and hits nothing."""
        self.fail(refuse={"*": {"after": 10**9}})

    def writes(self) -> Counter[str]:
        """Return how many requests to change something there were since `watch`, by operation."""
        version = hashlib.sha256((self.sandbox / "faults.json").read_bytes()).hexdigest()[:12]
        found: Counter[str] = Counter()
        for path in self.sandbox.glob("*.sqlite"):
            state = sqlite3.connect(path)
            query = "SELECT id, body FROM document WHERE kind = 'fault' AND id LIKE ?"
            for key, body in state.execute(query, (f"{version}:refuse:%",)):
                operation = key.split(":", 2)[2]
                if not re.split("[._]", operation)[-1].lower().startswith(READING):
                    found[operation] += json.loads(body)["calls"]
            state.close()
        return found


def _changes(command: str, events: list[dict[str, Any]]) -> list[Change]:
    """Return the changes in a command's events.

    A refresh knows what has changed only when it is done, so there it is the outputs event that counts.
    """
    kind = "resOutputsEvent" if command == "refresh" else "resourcePreEvent"
    found = []
    for event in events:
        metadata = event.get(kind, {}).get("metadata")
        if metadata is None or metadata["type"] == "pulumi:pulumi:Stack" or "pulumi:providers:" in metadata["type"]:
            continue
        if metadata["op"] not in {"same", "replace", "read", "refresh"}:
            found.append(Change(metadata["op"], metadata["type"], metadata["urn"].rsplit("::", 1)[-1]))
    return found


def _diagnostics(events: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    found = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
    return [
        (item["severity"], item["message"].strip(), item.get("urn", "")) for item in found if not item.get("ephemeral")
    ]
