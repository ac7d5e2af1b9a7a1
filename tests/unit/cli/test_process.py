"""The process as a shell sees it: two streams, an exit code, a time."""

import importlib.metadata
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import ws_network
from tests.unit.cli.golden import Run
from ws_network.cli import plan
from ws_network.cli.app import VERBS

COMMAND = [sys.executable, "-m", "ws_network.cli"]
ROOT = Path(__file__).parents[3]


def shell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in a process of its own."""
    known = {key: value for key, value in os.environ.items() if not key.startswith(("WS_NETWORK", "NO_COLOR"))}
    return subprocess.run(
        [*COMMAND, *words],
        check=False,
        capture_output=True,
        text=True,
        env=known | {"PYTHONPATH": str(ROOT)} | environment,
    )


def terminal(*words: str, **environment: str) -> str:
    """Run a command line on a terminal of 120 columns, and return what it shows."""
    pid, screen = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.environ.update(PYTHONPATH=str(ROOT), COLUMNS="120", TERM="xterm-256color", **environment)
        os.execv(COMMAND[0], [*COMMAND, *words])  # noqa: S606 - a terminal needs no shell
    shown = b""
    try:
        while part := os.read(screen, 65536):
            shown += part
    except OSError:  # the terminal is gone: so Linux says that the program ended
        pass
    os.waitpid(pid, 0)
    return shown.decode()


@pytest.mark.usefixtures("site")
class TestStreams:
    """Answers go to stdout and complaints to stderr, or a pipeline reads one as the other."""

    def test_plan(self) -> None:
        done = shell("plan", "--as-of", "2026-11-24")
        assert (done.returncode, done.stderr) == (0, "")
        assert "\x1b" not in done.stdout

    def test_differs(self) -> None:
        assert shell("diff", "2024-11-29", "2025-12-09").returncode == 2

    def test_error(self) -> None:
        done = shell("plan", "none.yaml")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: cannot read none.yaml")

    def test_a_reader_that_leaves(self, site: Path) -> None:
        script = f"{sys.executable} -m ws_network.cli catalogue hosts | head -n 1"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["bash", "-c", script], check=False, capture_output=True, text=True, cwd=site.parent, env=environment
        )
        assert done.stderr == ""
        assert len(done.stdout.splitlines()) == 1

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
    def test_a_full_disk(self) -> None:
        with Path("/dev/full").open("w") as full:
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            done = subprocess.run(
                [*COMMAND, "catalogue"], check=False, stdout=full, stderr=subprocess.PIPE, text=True, env=environment
            )
        assert done.returncode == 1
        assert done.stderr.startswith("error: cannot write the answer (No space left on device)")
        assert "Traceback" not in done.stderr

    def test_terminal_has_colour_unless_told_otherwise(self) -> None:
        shown = terminal("plan")
        assert "\x1b[1m" in shown
        assert "relay/agent-service" in shown
        assert "low any-address" in shown
        assert "\x1b[36m" not in terminal("plan", NO_COLOR="1")

    def test_terminal_shows_a_no(self) -> None:
        assert "WHY NOT" in terminal("allows", "agent", "out", "tcp", "9", "--to", "10.0.0.1").upper()


class TestErrors:
    """No traceback, ever: a sentence that says what to type."""

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("region: de-1", "region: de-2", "unknown region 'de-2': did you mean 'de-1'?"),
            ("region: de-1", "region: eu-central-1", "that is AWS's name; the service's is 'de-1'"),
            ("region: de-1", "regoin: de-1", "unknown key 'regoin': did you mean 'region'?"),
            ("roles: [agent, relay]", "roles: [agnet]", "unknown role 'agnet': did you mean 'agent'?"),
            ("agent-syslog:", "agent-sylog:", "unknown flow under decline 'agent-sylog': did you mean"),
            ("ntp-server:", "ntp-srver:", "unknown peer 'ntp-srver': did you mean 'ntp-server'?"),
            ("10.20.0.123/32", "10.20.0.123/8", "has host bits set"),
            ("port: 1443", "port: 0", "'proxy.port': 0 is no port"),
            ("port: 1443", "port: 70000", "'proxy.port': 70000 is no port"),
            ("  ntp-server: {cidrs: [10.20.0.123/32]}\n", "", "peer 'ntp-server' is required by agent-ntp"),
            ("2025-12-09", "2025-12-10", "unknown catalogue revision '2025-12-10'"),
            ("{platform: true}", "{platfrm: true}", "unknown key 'peers.dns-server.platfrm'"),
            ("roles:", "roles: [", "is no YAML"),
        ],
    )
    def test_a_bad_file(self, run: Run, site: Path, old: str, new: str, sentence: str) -> None:
        site.write_text(site.read_text().replace(old, new))
        for verb in ("plan", "flows", "explain agent-dns", "allows agent out tcp 1 --to 10.0.0.1", "diff"):
            done = run(*verb.split())
            assert done.exit_code == 1
            assert done.stdout == ""
            assert done.stderr.startswith("error: ")
            assert sentence in done.stderr
            assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ("pln", "unknown verb 'pln': did you mean 'plan'?"),
            ("plan --formt json", "--formt"),
            ("plan --format yaml", "'yaml' is not one of"),
            ("plan --fail-on loud", "'loud' is not one of"),
            ("plan --target aws", "unknown target 'aws'"),
            (
                "plan --target firewall",
                "unknown target 'firewall'",
            ),
            ("plan --as-of 2026-13-01", "--as-of is '2026-13-01': write it as YYYY-MM-DD."),
            ("plan --snapshot none.json", "cannot read snapshot none.json"),
            ("plan .", "Is a directory"),
            ("plan a b", "see 'ws-network plan --help'"),
            ("explain", "see 'ws-network explain --help'"),
            ("allows agent", "see 'ws-network allows --help'"),
            ("allows agnt out tcp 1 --to 10.0.0.1", "unknown role of this deployment 'agnt': did you mean 'agent'?"),
            ("allows agent up tcp 1 --to 10.0.0.1", "unknown direction 'up'"),
            ("allows agent out http 1 --to 10.0.0.1", "unknown protocol 'http'"),
            ("allows agent out tcp http --to 10.0.0.1", "'http' is no tcp port: write a number, as 443."),
            ("allows agent out tcp 0 --to 10.0.0.1", "port 0 is out of range"),
            ("allows agent out tcp 70000 --to 10.0.0.1", "port 70000 is out of range"),
            ("allows agent in icmp 3 --from 10.0.0.1", "'3' is no icmp port: write type and code, as 3/4."),
            ("allows agent out tcp 1 --from 10.0.0.1", "egress takes --to and no --from"),
            ("allows agent in tcp 1 --to 10.0.0.1", "ingress takes --from and no --to"),
            ("allows agent out tcp 1 --to 10.0.0.1/8", "has host bits set"),
            ("allows agent out tcp 1 --to ntp-srver", "did you mean 'ntp-server'?"),
            ("allows agent out tcp 1 --to microsoft-active-directory", "declare peers.microsoft-active-directory"),
        ],
    )
    @pytest.mark.usefixtures("site")
    def test_a_bad_command_line(self, run: Run, words: str, sentence: str) -> None:
        done = run(*words.split())
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("error: ")
        assert sentence in done.stderr

    def test_no_deployment_at_all(self, run: Run) -> None:
        done = run("plan")
        assert done.exit_code == 1
        assert "make one with 'ws-network init'" in done.stderr

    def test_a_newer_snapshot(self, run: Run, site: Path) -> None:
        site.with_name("s.json").write_text('{"format": 9, "place": "x", "names": {}}')
        assert "newer than the 1" in run("plan", "--snapshot", "s.json").stderr

    @pytest.mark.usefixtures("site")
    def test_a_defect_asks_to_be_reported(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise KeyError("x")

        monkeypatch.setattr(plan, "build_plan", broken)
        done = run("plan")
        assert (done.exit_code, done.stdout) == (1, "")
        assert "defect of its own (KeyError: 'x'): please report it" in done.stderr
        monkeypatch.setenv("WS_NETWORK_DEBUG", "1")
        assert isinstance(run("plan").exception, KeyError)

    def test_a_folder_that_cannot_be_written(self, run: Run) -> None:
        words = "init none/x.yaml --yes --region de-1 --dns platform --ntp platform --names refuse"
        assert "cannot use none/x.yaml (No such file or directory)" in run(*words.split()).stderr


class TestHelp:
    """What a person types first."""

    def test_no_words(self, run: Run) -> None:
        done = run()
        assert done.exit_code == 0
        assert all(verb in done.stdout for verb in VERBS)

    def test_version(self, run: Run) -> None:
        assert run("--version").stdout.startswith("ws-network 0.")

    def test_version_of_a_checkout(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> str:
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "version", missing)
        assert run("--version").stdout == "ws-network (not installed)\n"

    @pytest.mark.parametrize("verb", VERBS)
    def test_each_verb(self, run: Run, verb: str) -> None:
        done = run(verb, "--help")
        assert done.exit_code == 0
        assert done.stdout.startswith(f"Usage: root {verb}") or f" {verb} " in done.stdout.splitlines()[0]

    def test_help_loads_no_models(self) -> None:
        code = (
            "import sys\ntry:\n from ws_network.cli import main; sys.argv=['x','--help']; main()\nexcept SystemExit: "
        )
        code += "print([name for name in ('ws_network.plan', 'rich', 'yaml', 'pulumi') if name in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
        assert done.stdout.splitlines()[-1] == "[]"

    def test_a_pipe_loads_no_rich(self, site: Path) -> None:
        code = f"import sys\ntry:\n from ws_network.cli import main; sys.argv=['x','plan','{site}']; main()\n"
        code += "except SystemExit: print([name for name in ('rich', 'pulumi') if name in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
        assert done.stdout.splitlines()[-1] == "[]"


class TestPackage:
    """`import ws_network` is what every program does: it must cost nothing and offer everything."""

    def test_every_public_name(self) -> None:
        for name in ws_network.__all__:
            assert getattr(ws_network, name).__name__ == name
        assert set(ws_network.__all__) <= set(dir(ws_network))

    def test_unknown_name(self) -> None:
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            ws_network.nothing  # noqa: B018 - the look-up is what is tested

    def test_each_verb_is_a_function(self, site: Path) -> None:
        """The whole tour without the command line."""
        catalogue, deployment = ws_network.Catalogue.load(), ws_network.Deployment.load(site)
        plan = ws_network.build_plan(catalogue, deployment)
        packet = ws_network.Packet("agent", ws_network.Direction.EGRESS, plan.rules[0].protocol, 443, "203.0.113.1")
        assert ws_network.ask(plan, packet).allowed == plan.allows(packet)
        assert ws_network.explain(plan, plan.rules[0].id)["rules"]
        assert ws_network.overview(plan).rendered()["security_groups"]
        assert ws_network.needs(catalogue, deployment).flows == plan.flows
        assert not ws_network.diff(catalogue, catalogue)
        assert not ws_network.site_diff(catalogue, deployment, deployment.revision)
        assert ws_network.browse(catalogue).tables[0].rows


def test_the_page_of_commands_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/command_docs.py", "--check"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stderr) == (0, "")
