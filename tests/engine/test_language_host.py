"""Programs, components and policy packs in Python run on the CLI at hand; a built one has our language host."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.engine.harness import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness import Project

pytestmark = pytest.mark.engine


def test_what_a_program_prints_is_shown_and_settings_reach_it(project: Project) -> None:
    project.write(
        """
import os, sys
import pulumi

import beside
config = pulumi.Config()
print("hello from", os.path.basename(os.getcwd()), "and", beside.NAME)
pulumi.log.warn("a warning")
pulumi.export("what", {
    "plain": config.require("plain"), "project": pulumi.get_project(), "stack": pulumi.get_stack(),
    "organization": pulumi.get_organization(), "preview": pulumi.runtime.is_dry_run(), "main": __name__,
})
"""
    )
    (project.folder / "beside.py").write_text("NAME = 'beside'\n", encoding="utf-8")
    project.set("probe:plain", "text")
    up = project.up()
    assert up.ok, up.text
    assert "hello from project and beside" in up.text
    assert up.warnings == ["warning: a warning"] or "a warning" in up.warnings[0]
    assert project.stack_outputs()["what"] == {
        "plain": "text",
        "project": "probe",
        "stack": "test",
        "organization": "organization",
        "preview": False,
        "main": "__main__",
    }


def test_secrets_reach_the_program_as_secrets(project: Project) -> None:
    project.write("import pulumi\npulumi.export('it', pulumi.Config().require_secret('key'))\n")
    assert project.run("config", "set", "--secret", "key", "hunter2", "--stack", "test").ok
    text = (project.folder / "Pulumi.test.yaml").read_text(encoding="utf-8")
    assert "hunter2" not in text
    import yaml  # noqa: PLC0415 - as in the harness

    project.config |= yaml.safe_load(text)["config"]
    up = project.up()
    assert up.ok, up.text
    assert "hunter2" not in up.text
    assert project.stack_outputs() == {"it": "hunter2"}


@pytest.mark.parametrize(
    ("program", "words", "traceback"),
    [
        ("import pulumi\nraise pulumi.RunError('Say what to type.')\n", "Say what to type.", False),
        ("def inner():\n    raise ValueError('unexpected')\ninner()\n", "ValueError: unexpected", True),
        ("import sys\nsys.exit('gone')\n", "SystemExit: gone", True),
        ("this is no python\n", "SyntaxError", True),
    ],
)
def test_how_a_program_fails(project: Project, program: str, words: str, traceback: bool) -> None:  # noqa: FBT001
    project.write(program)
    preview = project.preview()
    assert preview.exit_code != 0
    assert words in preview.text
    if not traceback:
        assert "Traceback" not in preview.text
        assert "File " not in preview.text
    assert "language_host" not in preview.text


def test_a_program_that_exits_well_is_a_success(project: Project) -> None:
    project.write("import sys\nsys.exit(0)\n")
    assert project.preview().ok


def test_a_component_is_a_plugin_whose_schema_can_be_read(project: Project) -> None:
    plugin = project.place / "pulumi-resource-probe"
    plugin.mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime: python\n", encoding="utf-8")
    (plugin / "__main__.py").write_text(
        """
from typing import TypedDict

import pulumi
from pulumi.provider.experimental import component_provider_host


class SiteArgs(TypedDict):
    region: pulumi.Input[str]


class Site(pulumi.ComponentResource):
    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("probe:index:Site", name, {}, opts)


component_provider_host(name="probe", components=[Site])
""",
        encoding="utf-8",
    )
    done = project.run("package", "get-schema", str(plugin), check_stack=False)
    assert done.ok, done.text
    schema = json.loads(done.text[done.text.index("{") :])
    assert list(schema["resources"]) == ["probe:index:Site"]


@pytest.mark.skipif(find_spec("pulumi_policy") is None, reason="the extra 'guard' is not installed")
def test_a_policy_pack_is_run(project: Project) -> None:
    pack = project.place / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n", encoding="utf-8")
    (pack / "__main__.py").write_text(
        """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def check(args, report):
    if args.resource_type == "aws:ec2/vpc:Vpc":
        report("no network today")

PolicyPack("probe", policies=[ResourceValidationPolicy(
    name="no-vpc", description="none", validate=check, enforcement_level=EnforcementLevel.MANDATORY)])
""",
        encoding="utf-8",
    )
    project.write("import pulumi_aws as aws\naws.ec2.Vpc('v', cidr_block='10.0.0.0/16')\n")
    preview = project.preview("--policy-pack", str(pack))
    assert preview.exit_code != 0
    assert "no network today" in preview.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_host_ends_quietly(number: signal.Signals) -> None:
    host = subprocess.Popen(
        [sys.executable, "-u", ROOT / "tools" / "language_host", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert host.stdout is not None
    assert int(host.stdout.readline()) > 0
    host.send_signal(number)
    out, err = host.communicate(timeout=10)
    assert (host.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_provider_ends_quietly(number: signal.Signals, tmp_path: Path) -> None:
    provider = subprocess.Popen(
        [sys.executable, "-u", "-m", "sandbox", "serve", "aws", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"WS_NETWORK_SANDBOX": str(tmp_path)},
    )
    assert provider.stdout is not None
    assert int(provider.stdout.readline()) > 0
    provider.send_signal(number)
    out, err = provider.communicate(timeout=10)
    assert (provider.returncode, out, err) == (0, "", "")
