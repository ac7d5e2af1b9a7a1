"""`export network-acl` and `audit --network-acls` as a platform engineer and a pipeline use them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.golden import Run, same_as_golden
from tests.unit.sites import OPEN, content

ALLOW_ALL = [
    {"RuleNumber": number, "Protocol": "-1", "RuleAction": action, "Egress": egress, "CidrBlock": "0.0.0.0/0"}
    for egress in (True, False)
    for number, action in ((100, "allow"), (32767, "deny"))
]
"""AWS's default ACL, egress before ingress."""

EGRESS_ONLY = ALLOW_ALL[:2]


def answer(*entries: dict[str, Any]) -> dict[str, Any]:
    """What `describe-network-acls` prints for one ACL."""
    return {"NetworkAcls": [{"NetworkAclId": "acl-0a1b2c3d", "Entries": list(entries)}]}


SITE = content(
    roles=["agent", "relay"],
    peers={"relay": {"cidrs": ["10.20.8.0/24"]}, "agent": {"cidrs": ["10.20.0.0/21"]}},
    behind={"aws-security-group": "aws-network-firewall"},
    **OPEN,
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A function that writes a file of JSON, which YAML reads too, in the working folder."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    write("ws-network.yaml", SITE)
    return write


class TestCommandLine:
    """The exit code is what a pipeline reads, and the JSON what the next tool does."""

    def test_export_and_audit_of_it(self, run: Run, here: Callable[..., Path]) -> None:
        done = run("export", "network-acl", "-f", "json", "--role", "agent", "--as-of", "2026-11-24")
        assert (done.exit_code, done.stderr) == (0, "")
        made = json.loads(done.stdout)
        assert made["roles"] == ["agent"]
        assert [row["rule_number"] for row in made["entries"]] == [
            each["RuleNumber"] for each in made["NetworkAcls"][0]["Entries"]
        ]
        here("acls.json", made)
        clean = ("audit", "--network-acls", "acls.json", "--as-of", "2026-11-24", "-f", "json", "--role")
        assert run(*clean, "agent").exit_code == 0
        assert json.loads(run(*clean, "agent").stdout)["blocked"] == []
        done = run(*clean, "relay")
        assert done.exit_code == 2
        assert {row["role"] for row in json.loads(done.stdout)["blocked"]} == {"relay"}

    def test_tables(self, run: Run, here: Callable[..., Path]) -> None:
        day = ("--as-of", "2026-11-24")
        same_as_golden("export-network-acl.txt", run("export", "network-acl", *day).stdout)
        linux = {"Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.20.0.0/16", "RuleNumber": 10}
        here("acls.json", answer(*EGRESS_ONLY, linux | {"PortRange": {"From": 32768, "To": 60999}}))
        audit = run("audit", "--network-acls", "acls.json", "--role", "agent", *day)
        same_as_golden("audit-network-acls.txt", audit.stdout)

    @pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
    def test_formats(self, run: Run, here: Callable[..., Path], form: str) -> None:
        here("acls.json", answer(*EGRESS_ONLY))
        export = run("export", "network-acl", "ws-network.yaml", "-f", form, "--as-of", "2026-11-24")
        audit = run("audit", "ws-network.yaml", "--network-acls", "acls.json", "-f", form, "--as-of", "2026-11-24")
        assert (export.exit_code, audit.exit_code) == (0, 2)
        assert "10.20.8.0/24" in export.stdout
        assert "1024-65535" in audit.stdout

    def test_fail_on(self, run: Run, here: Callable[..., Path]) -> None:
        words = ("export", "network-acl", "--as-of", "2026-11-24")
        assert run(*words, "--fail-on", "low").exit_code == 2
        here("acls.json", answer(*EGRESS_ONLY))
        audit = ("audit", "--network-acls", "acls.json", "--as-of", "2026-11-24")
        assert run(*audit, "--fail-on", "error").exit_code == 0

    def test_what_an_acl_cannot_name_is_an_error(self, run: Run, here: Callable[..., Path]) -> None:
        here("ws-network.yaml", {**SITE, "peers": {**SITE["peers"], "relay": {"security_group_ids": ["sg-0a1b2c3d"]}}})
        done = run("export", "network-acl", "--as-of", "2026-11-24")
        assert done.exit_code == 1
        assert "error: agent-relay: a network ACL names ranges only, and relay is given by" in done.stderr
        assert "peers: {relay: {cidrs: [...]}}" in done.stderr

    def test_a_flow_without_rules_is_an_error_of_the_audit_too(self, run: Run, here: Callable[..., Path]) -> None:
        here("ws-network.yaml", {**SITE, "names": {"default": ["refuse"]}, "any_address": {}})
        here("acls.json", answer(*ALLOW_ALL))
        done = run("audit", "--network-acls", "acls.json", "--as-of", "2026-11-24")
        assert done.exit_code == 1
        assert "no permitted form of address" in done.stderr

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ("export network-acls", "unknown export 'network-acls': did you mean 'network-acl'?"),
            ("export", "see 'ws-network export --help'"),
            ("export network-acl --role agnet", "did you mean 'agent'?"),
            ("audit", "audit needs something that exists to look at: give --network-acls FILE."),
            ("audit --network-acls none.json", "cannot read none.json"),
            ("audit --network-acls acls.json --id acl-0a1b2c3e", "did you mean 'acl-0a1b2c3d'?"),
        ],
    )
    def test_refusals(self, run: Run, here: Callable[..., Path], words: str, sentence: str) -> None:
        here("acls.json", answer(*ALLOW_ALL))
        done = run(*words.split())
        assert (done.exit_code, done.stdout) == (1, "")
        assert sentence in done.stderr

    def test_one_acl_of_many(self, run: Run, here: Callable[..., Path]) -> None:
        closed = {"NetworkAclId": "acl-closed", "Entries": []}
        here("acls.json", {"NetworkAcls": [closed, *answer(*ALLOW_ALL)["NetworkAcls"]]})
        words = ("audit", "--network-acls", "acls.json", "--as-of", "2026-11-24", "-f", "json")
        found = json.loads(run(*words).stdout)
        assert {row["network_acl"]: bool(row["blocked"]) for row in found["network_acls"]} == {
            "acl-0a1b2c3d": False,
            "acl-closed": True,
        }
        assert run(*words, "--id", "acl-0a1b2c3d").exit_code == 0
