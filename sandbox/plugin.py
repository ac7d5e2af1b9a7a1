"""Puts the emulated providers into a Pulumi home.

Owns the plugin files. The home is one of the project's own: in the user's, the emulated provider would stand in for
the real one of the same version.
"""

from __future__ import annotations

import importlib
import os
import shlex
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Package of the SDK by provider name.
SDKS = {"aws": "pulumi-aws", "azure-native": "pulumi-azure-native", "gcp": "pulumi-gcp"}
#: Module and class that serve a provider, by its name; a module is loaded only to serve it.
PROVIDERS = {
    "aws": "sandbox.aws.provider:AwsProvider",
    "azure-native": "sandbox.azure.provider:AzureProvider",
    "gcp": "sandbox.gcp.provider:GcpProvider",
}


class PluginError(Exception):
    """The plugin could not be installed; the message says what to do."""


def launcher(name: str) -> str:
    """Return the script by which the engine starts a provider: this interpreter, this checkout."""
    root, python = shlex.quote(str(ROOT)), shlex.quote(sys.executable)
    return f'#!/bin/sh\nPYTHONPATH={root} exec {python} -u -m sandbox serve {name} "$@"\n'


def load(name: str) -> Any:
    """Return a new provider by its name; raises `KeyError` for a name that is not in `PROVIDERS`."""
    module, _, found = PROVIDERS[name].partition(":")
    return getattr(importlib.import_module(module), found)()


def install(home: Path, cli: str = "pulumi") -> dict[str, str]:
    """Install all providers whose SDK is here and return their versions by name; again, it only renews the scripts.

    Raises:
        PluginError: no SDK is installed, the home is the user's own, or the CLI refused.
    """
    if home.absolute() == (Path.home() / ".pulumi").absolute():
        raise PluginError("Emulated providers are not installed into ~/.pulumi: name a folder of the project's own.")
    versions: dict[str, str] = {}
    for name, sdk in SDKS.items():
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(sdk)
    if not versions:
        raise PluginError(f"None of {', '.join(SDKS.values())} is installed: run 'make setup'.")
    for name, version in versions.items():
        _install(home, cli, name, version)
    return versions


def _install(home: Path, cli: str, name: str, version: str) -> None:
    """Install one provider, for the SDK's exact version: the engine looks for no other."""
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
        raise PluginError(f"The provider plugin {name} could not be installed: {done.stderr.strip()}")
