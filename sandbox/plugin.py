"""Puts the emulated providers into a Pulumi home.

Owns the plugin files. The home is one of the project's own: in the user's, the emulated provider would stand in for
the real one of the same version.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Package of the SDK by provider name.
SDKS = {"aws": "pulumi-aws"}


class PluginError(Exception):
    """The plugin could not be installed; the message says what to do."""


def launcher(name: str) -> str:
    """Return the script by which the engine starts a provider: this interpreter, this checkout."""
    root, python = shlex.quote(str(ROOT)), shlex.quote(sys.executable)
    return f'#!/bin/sh\nPYTHONPATH={root} exec {python} -u -m sandbox serve {name} "$@"\n'


def install(home: Path, cli: str = "pulumi", name: str = "aws") -> str:
    """Install the provider for the SDK's exact version and return that version; again, it only renews the script.

    Raises:
        PluginError: the SDK is missing, the home is the user's own, or the CLI refused.
    """
    if home.absolute() == (Path.home() / ".pulumi").absolute():
        raise PluginError("The emulated provider is not installed into ~/.pulumi: name a folder of the project's own.")
    try:
        version = metadata.version(SDKS[name])
    except metadata.PackageNotFoundError:
        raise PluginError(f"{SDKS[name]} is not installed: run 'make setup'.") from None
    with tempfile.TemporaryDirectory() as place:
        script = Path(place, f"pulumi-resource-{name}")
        script.write_text(launcher(name), encoding="utf-8")
        script.chmod(0o755)
        command = [cli, "plugin", "install", "resource", name, version, "--file", str(script), "--reinstall"]
        environment = os.environ | {"PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        except OSError as failure:
            raise PluginError(f"{cli} could not be started ({failure}): run 'make setup'.") from None
    if done.returncode != 0:
        raise PluginError(f"The provider plugin could not be installed: {done.stderr.strip()}")
    return version
