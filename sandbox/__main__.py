"""Command line of the sandbox: `python -m sandbox COMMAND`.

install   put the emulated providers into a Pulumi home of the project's own
status    say what the sandbox folder holds
reset     forget everything in it
stop      nothing to stop: the providers end with the engine; kept so that scripts may say it
serve     run a provider; the engine does this
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from sandbox.store import Store, folder


def _serve(name: str) -> int:
    from sandbox.plugin import PROVIDERS, load  # noqa: PLC0415 - each command loads what it needs only

    if name not in PROVIDERS:
        sys.stderr.write(f"There is no emulated provider {name!r}; there are {', '.join(PROVIDERS)}.\n")
        return 1
    from sandbox.provider import serve  # noqa: PLC0415

    serve(load(name))
    return 0


def _install(home: str, cli: str) -> int:
    from sandbox.plugin import PluginError, install  # noqa: PLC0415

    try:
        versions = install(Path(home), cli)
    except PluginError as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    for name, version in versions.items():
        sys.stdout.write(f"Emulated {name} {version} is installed in {home}.\n")
    return 0


def _status() -> int:
    files = sorted(folder().glob("*.sqlite"))
    if not files:
        sys.stdout.write(f"{folder()} is empty.\n")
    for file in files:
        with Store(file).transaction() as state:
            counts = state.counts()
        shown = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing"
        sys.stdout.write(f"{file}: {shown}\n")
    return 0


def _reset() -> int:
    for file in (*folder().glob("*.sqlite*"), folder() / "faults.json", folder() / "errors.log"):
        file.unlink(missing_ok=True)
    return 0


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Emulated clouds for development and tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run a provider (the engine does this)")
    serve.add_argument("name")
    serve.add_argument("engine", nargs="*")
    install = commands.add_parser("install", help="install the emulated providers into a Pulumi home")
    install.add_argument("--home", default=os.environ.get("PULUMI_HOME", ""), help="folder; default: PULUMI_HOME")
    install.add_argument("--cli", default="pulumi", help="the Pulumi CLI; default: the one on PATH")
    commands.add_parser("status", help="say what the sandbox folder holds")
    commands.add_parser("reset", help="forget everything in the sandbox folder")
    commands.add_parser("stop", help="nothing to stop: providers end with the engine")
    args = parser.parse_args()
    if args.command == "serve":
        return _serve(args.name)
    if args.command == "install":
        if not args.home:
            sys.stderr.write("Say where to install with --home FOLDER, or set PULUMI_HOME.\n")
            return 1
        return _install(args.home, args.cli)
    if args.command == "status":
        return _status()
    return _reset() if args.command == "reset" else 0


if __name__ == "__main__":
    sys.exit(main())
