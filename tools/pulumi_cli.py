"""Finds or makes a Pulumi CLI and prints its path: `python tools/pulumi_cli.py`.

Owns the order in which one is looked for: on PATH (used as it is, nothing is put beside it), an earlier result in
`.tools/`, the vendor's installer, and last a build of the module in `tools/pulumi` with Go. Standard library only,
since it runs before anything is installed. The path goes to standard output, progress to standard error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "tools" / "pulumi"
CACHE = Path(os.environ.get("WS_NETWORK_TOOLS") or ROOT / ".tools")
CLI = CACHE / "bin" / "pulumi"
HOST = CACHE / "bin" / "pulumi-language-python"
INSTALLER = "https://get.pulumi.com"
#: Seconds to wait for the vendor's installer script: a network without it usually refuses at once.
INSTALLER_TIMEOUT = 5.0
#: Seconds the installer itself may take: it downloads some 300 MB.
INSTALL_TIMEOUT = 600.0
#: Import path of the CLI, and of the variable that holds its version.
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

#: Finds the Python of the checkout when the engine starts the host, so that a rebuilt environment needs no new wrapper.
WRAPPER = """#!/bin/sh
# Starts the Python language host of this checkout; written by tools/pulumi_cli.py.
root='{root}'
for python in "$WS_NETWORK_PYTHON" "$root/.venv/bin/python" "$VIRTUAL_ENV/bin/python" python3; do
  if command -v "$python" >/dev/null 2>&1; then
    exec "$python" -u "$root/tools/language_host" "$@"
  fi
done
echo "No Python was found to run Pulumi programs: run 'make setup'." >&2
exit 1
"""


class CliError(Exception):
    """No CLI could be had; the message is one sentence with what to type."""


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def on_path() -> Path | None:
    """Return the user's own CLI, not one of ours that happens to be on PATH."""
    found = shutil.which("pulumi")
    if found is None or Path(found).resolve().is_relative_to(CACHE.resolve()):
        return None
    return Path(found)


def works(cli: Path) -> bool:
    """Return whether `cli` starts; a build or a download that was cut off leaves a file that does not."""
    try:
        return subprocess.run([cli, "version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def from_installer() -> bool:
    """Run the vendor's installer into the cache; return False, having said why, where the network has none."""
    try:
        with urllib.request.urlopen(INSTALLER, timeout=INSTALLER_TIMEOUT) as answer:
            script = answer.read()
    except (urllib.error.URLError, OSError) as failure:
        say(f"The vendor's installer cannot be reached ({getattr(failure, 'reason', failure)}); building the CLI.")
        return False
    if not script.startswith(b"#!"):
        say("The vendor's installer answered with something that is no script; building the CLI instead.")
        return False
    say("Installing the Pulumi CLI with the vendor's installer …")
    command = ["sh", "-s", "--", "--no-edit-path", "--install-root", str(CACHE)]
    try:
        done = subprocess.run(command, input=script, stdout=sys.stderr, timeout=INSTALL_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        say(f"The vendor's installer did not finish ({type(failure).__name__}); building the CLI instead.")
        return False
    if done.returncode != 0 or not works(CLI):
        say("The vendor's installer failed; building the CLI instead.")
        return False
    return True


def wanted(pattern: str) -> str:
    """Return the first group of `pattern` in the module's go.mod."""
    text = (MODULE / "go.mod").read_text(encoding="utf-8")
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise CliError(f"{MODULE / 'go.mod'} names no version; restore it with 'git checkout tools/pulumi/go.mod'.")
    return found.group(1)


def check_go(go: str | None) -> str:
    """Return the path of a Go that can build the CLI.

    Raises:
        CliError: Go is missing or older than go.mod asks for.
    """
    needed = wanted(r"^go (\d+\.\d+)")
    if go is None:
        raise CliError(
            f"No Pulumi CLI was found and there is no Go to build one: install Pulumi, or Go {needed} or newer, "
            "and run 'make setup' again."
        )
    asked = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=os.environ | {"GOTOOLCHAIN": "local"}
    )
    found = re.match(r"go(\d+)\.(\d+)", asked.stdout.strip())
    if found is None or (int(found[1]), int(found[2])) < tuple(map(int, needed.split("."))):
        raise CliError(
            f"The Pulumi CLI needs Go {needed} or newer, not {asked.stdout.strip() or 'unknown'}: install a newer "
            "Go, or Pulumi itself, and run 'make setup' again."
        )
    return go


def build() -> None:
    """Build the CLI into the cache, showing that it goes on.

    Raises:
        CliError: the build failed.
    """
    go = check_go(shutil.which("go"))
    version = wanted(r"^\s*github\.com/pulumi/pulumi/sdk/v3 v(\S+)")
    say(f"Building the Pulumi CLI {version} with Go; the first time this takes about five minutes on two cores …")
    CLI.parent.mkdir(parents=True, exist_ok=True)
    # Never seen half written: another process may look for it meanwhile.
    unfinished = CLI.with_name(f"pulumi.{os.getpid()}.part")
    command = [go, "build", "-trimpath", "-mod=readonly", "-tags", "osusergo,grpcnotrace"]
    command += ["-ldflags", f"-s -w -X {VERSION_VARIABLE}=v{version}", "-o", str(unfinished), PACKAGE]
    environment = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, cwd=MODULE, stdout=log, stderr=subprocess.STDOUT, env=environment)
        while True:
            try:
                process.wait(15)
                break
            except subprocess.TimeoutExpired:
                log.seek(0)
                fetched = sum(line.startswith("go: downloading") for line in log)
                log.seek(0, os.SEEK_END)
                say(f"  … {time.monotonic() - began:.0f} s, {fetched} modules fetched")
        log.seek(0)
        lines = [line.rstrip() for line in log if not line.startswith("go: downloading") and line.strip()]
    if process.returncode != 0:
        unfinished.unlink(missing_ok=True)
        reason = lines[-1] if lines else f"exit code {process.returncode}"
        raise CliError(
            f"The Pulumi CLI could not be built ({reason}): install Pulumi so that 'pulumi' is on PATH, or give Go "
            "access to its modules, and run 'make setup' again."
        )
    unfinished.replace(CLI)
    say(f"Built in {time.monotonic() - began:.0f} s.")


def add_language_host() -> None:
    """Put the Python language host beside the cached CLI, unless the vendor's installer has brought its own."""
    text = WRAPPER.format(root=ROOT)
    if HOST.exists() and "tools/pulumi_cli.py" not in HOST.read_text(encoding="utf-8", errors="replace")[:400]:
        return
    if HOST.exists() and HOST.read_text(encoding="utf-8") == text:
        return
    HOST.write_text(text, encoding="utf-8")
    HOST.chmod(0o755)


def ensure() -> Path:
    """Return the path of a working CLI, making one if need be.

    Raises:
        CliError: none could be had.
    """
    if (found := on_path()) is not None:
        return found
    if not works(CLI):
        CACHE.mkdir(parents=True, exist_ok=True)
        if not from_installer():
            build()
    add_language_host()
    return CLI


def main() -> int:
    """Print the path of the CLI; exit 1 with one sentence where there is none."""
    try:
        print(ensure())
    except CliError as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        say("Stopped; run 'make setup' to go on where it was.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
