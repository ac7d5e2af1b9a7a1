"""A site in a folder of its own, and the command line run inside the process."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.unit.cli.golden import Run
from ws_network.cli import app

SITE = """\
region: de-1
revision: "2025-12-09"
agent_build: {oldest: 20.0.1-9400}
roles: [agent, relay]
peers:
  dns-server: {platform: true}
  ntp-server: {cidrs: [10.20.0.123/32]}
  siem-or-syslog-server: {security_group_ids: [sg-0a1b2c3d4e5f60718]}
proxy: {cidrs: [10.20.9.10/32], port: 1443, covers: [trend-micro-update-server, download-center]}
names:
  aws-security-group:
    workload-security: [blocks, any-address]
    smart-protection-network: [any-address]
behind: {aws-security-group: aws-network-firewall}
any_address:
  workload-security: {reason: names are filtered, until: 2027-11-30}
  smart-protection-network: {reason: names are filtered, until: 2027-11-30}
decline: {agent-syslog: {reason: no clear text, ticket: NET-7, until: 2027-11-30}}
"""
"""Every kind of other end, a proxy and a declined flow."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`ws-network.yaml` in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ws-network.yaml"
    path.write_text(SITE, encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a command line on a fixed day: stdout, stderr and exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WS_NETWORK_DEBUG", raising=False)

    def run(*words: str, stdin: str | None = None) -> Any:
        dated = {"plan", "flows", "explain", "allows", "diff"}
        day = ["--as-of", "2026-11-24"] if words and words[0] in dated and "--as-of" not in words else []
        return CliRunner().invoke(app, [*words, *day], input=stdin)

    return run
