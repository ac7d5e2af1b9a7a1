"""Runs one Pulumi command on the stacks of the reference project: `python tools/stack.py up --stack aws`.

Owns the two targets. `sandbox`: the emulated clouds, with a Pulumi home, a state backend and a sandbox folder of the
checkout, all git-ignored. `real`: the user's own Pulumi home, backend, plugins and credentials, nothing of the sandbox.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a file, its folder is on the path and the root is not

from sandbox.plugin import PluginError, install  # noqa: E402 - needs the path above
from tools import pulumi_cli  # noqa: E402

HOME = ROOT / ".pulumi-home"
STATE = ROOT / ".pulumi-state"
#: Guards a state that describes emulated resources only, so it is no secret. `TARGET=real` asks for the user's own.
PASSPHRASE = "sandbox"  # noqa: S105
#: Variables that would lead a command on the sandbox to a real account, backend or plugin.
FOREIGN = ("PULUMI_", "AWS_", "ARM_", "AZURE_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_")
COMMANDS = {
    "up": ["--yes", "--skip-preview"],
    "preview": [],
    "refresh": ["--yes", "--skip-preview"],
    "destroy": ["--yes", "--skip-preview"],
}


def settings(stack: str) -> Path:
    """Return the committed configuration of a stack."""
    return ROOT / "stacks" / f"Pulumi.{stack}.yaml"


def environment() -> dict[str, str]:
    """Return the environment of a command on the sandbox."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    return kept | {
        "PULUMI_HOME": str(HOME),
        "PULUMI_BACKEND_URL": f"file://{STATE}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def sandbox_settings(cli: Path, stack: str) -> Path:
    """Return a copy of the stack's configuration with the sandbox's encryption salt, creating the stack if need be.

    The CLI writes the salt into the configuration file. The committed one stays as it is, as users of other secrets
    providers share it; so the stack is created from a project that is only there to receive that file.
    """
    place = STATE / "config"
    place.mkdir(parents=True, exist_ok=True)
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    (place / "Pulumi.yaml").write_text(json.dumps({"name": project["name"], "runtime": "python"}), encoding="utf-8")
    copy = place / f"Pulumi.{stack}.yaml"
    salted = yaml.safe_load(copy.read_text(encoding="utf-8")) if copy.exists() else None
    if not salted:
        subprocess.run([cli, "stack", "init", stack], cwd=place, env=environment(), check=True, stdout=sys.stderr)
        salted = yaml.safe_load(copy.read_text(encoding="utf-8"))
    committed = yaml.safe_load(settings(stack).read_text(encoding="utf-8")) or {}
    copy.write_text(yaml.safe_dump({**committed, "encryptionsalt": salted["encryptionsalt"]}), encoding="utf-8")
    return copy


def stacks() -> list[str]:
    """Return the names of all stacks, in the order of the alphabet."""
    return sorted(path.stem.removeprefix("Pulumi.") for path in settings("*").parent.glob("Pulumi.*.yaml"))


def run(cli: Path, command: str, stack: str, target: str, more: list[str]) -> int:
    """Run the command on one stack; the exit code is the CLI's."""
    if target == "real":
        return subprocess.run([cli, command, "--stack", stack, *more], cwd=ROOT, check=False).returncode
    copy = sandbox_settings(cli, stack)
    words: list[str | Path] = [cli, command, "--stack", stack, "--config-file", copy, *COMMANDS[command], *more]
    return subprocess.run(words, cwd=ROOT, env=environment(), check=False).returncode


def main() -> int:
    """Run the command on a stack, or on all of them in turn; the exit code is the first that is not 0."""
    parser = argparse.ArgumentParser(description="Run one Pulumi command on the stacks of the reference project.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stack", default="", help="one stack; without it all of them, on the sandbox")
    parser.add_argument("--target", choices=("sandbox", "real"), default="sandbox")
    args, more = parser.parse_known_args()
    known = ", ".join(stacks())
    if args.stack and args.stack not in stacks():
        sys.stderr.write(f"There is no stack {args.stack!r}; there are: {known}. Say STACK=NAME.\n")
        return 1
    if args.target == "real" and not args.stack:
        sys.stderr.write(f"TARGET=real works on one stack at a time: say STACK=NAME, one of {known}.\n")
        return 1
    try:
        cli = pulumi_cli.ensure()
        if args.target == "sandbox":
            STATE.mkdir(exist_ok=True)
            install(HOME, str(cli))
        for stack in [args.stack] if args.stack else stacks():
            code = run(cli, args.command, stack, args.target, more)
            if code:
                return code
    except (pulumi_cli.CliError, PluginError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except subprocess.CalledProcessError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
