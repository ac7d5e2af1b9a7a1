"""The workflow of the example, its own steps run by bash as a runner would: one proposal at most, and never a surprise.

Real are git with a remote, `ws-network` and DNS (a name server of the tests). Fake are `gh`, which keeps one pull
request in a file, and `pip`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.resolver.server import Reply, Server, addresses, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "refresh-pipeline"
WORKFLOW = ".github/workflows/refresh-names.yaml"
SNAPSHOT = "ws-network.snapshot.json"
OBSERVED = "ws-network.snapshot.observed.json"
BRANCH = "refresh-names"
FILES = "files.trendmicro.com"
ANSWERS = {
    "agent-comm.workload.de-1.cloudone.trendmicro.com": ["9.9.9.10", "9.9.9.11"],
    "xdr-resp-ioc.workload.de-1.cloudone.trendmicro.com": ["9.9.9.20"],
    "dsaas.icrc.trendmicro.com": ["9.9.9.30"],
    FILES: ["9.9.9.40", "9.9.9.41"],
}

GH = """
import json, pathlib, sys
kept, words = pathlib.Path({kept!r}), sys.argv[1:]
pulls = json.loads(kept.read_text()) if kept.exists() else []
option = lambda name: words[words.index(name) + 1]
if words[:2] == ["pr", "list"]:
    assert option("--state") == "open"
    assert option("--jq") == ".[] | select(.isCrossRepository | not) | .number", option("--jq")
    for pull in pulls:
        if pull["open"] and pull["head"] == option("--head"):
            print(pull["number"])
elif words[:2] == ["pr", "create"]:
    body = pathlib.Path(option("--body-file")).read_text()
    what = {{name: option(f"--{{name}}") for name in ("base", "head", "title")}}
    pulls.append({{**what, "number": len(pulls) + 1, "open": True, "body": body}})
elif words[:2] == ["pr", "view"]:
    print(pulls[int(words[2]) - 1]["body"])
elif words[0] == "api" and option("--method") == "PATCH":
    (path,) = [word for word in words if word.startswith("repos/{{owner}}/{{repo}}/pulls/")]
    name, _, file = option("--field").partition("=@")
    pulls[int(path.rsplit("/", 1)[1]) - 1][name] = pathlib.Path(file).read_text()
else:
    sys.exit(f"gh does not know {{words}}")
kept.write_text(json.dumps(pulls))
"""


class Failed(Exception):  # noqa: N818 - it is how a job ends
    """A step failed, and the job with it."""


class Repository:
    """A remote, and a runner that checks it out anew for each run."""

    def __init__(self, place: Path, server: Server) -> None:
        self.place, self.server = place, server
        self.summary = self.log = ""
        self.runs = 0
        tools = place / "tools"
        tools.mkdir()
        command = [str(Path(sys.executable).parent / "ws-network")]
        self.tool("python", [sys.executable])
        self.tool("pip", ["echo", "pip"])
        (place / "gh.py").write_text(GH.format(kept=str(place / "pulls.json")), encoding="utf-8")
        self.tool("gh", [sys.executable, str(place / "gh.py")])
        asked = ["--resolver", server.address, "--rounds", "1", "--timeout", "0.5"]
        self.tool("ws-network", command, {"resolve": asked})
        self.environment = {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(place),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GITHUB_REF_NAME": "main",
        }
        self.remote = place / "remote.git"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.remote), at=place)
        self.desk = place / "desk"
        shutil.copytree(EXAMPLE, self.desk)
        self.git("init", "--quiet", "--initial-branch=main", at=self.desk)
        self.git("remote", "add", "origin", str(self.remote), at=self.desk)

    def tool(self, name: str, command: list[str], more: Mapping[str, list[str]] | None = None) -> None:
        """Put a command on the path, which gets more words for some first words."""
        cases = "".join(
            f'if [ "$1" = {verb} ]; then exec {shlex.join(command)} "$@" {shlex.join(words)}; fi\n'
            for verb, words in (more or {}).items()
        )
        path = self.place / "tools" / name
        path.write_text(f'#!/bin/sh\n{cases}exec {shlex.join(command)} "$@"\n', encoding="utf-8")
        path.chmod(0o755)

    def shell(self, command: list[str], at: Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=at, env={**self.environment, **more}, capture_output=True, text=True, check=False
        )

    def git(self, *words: str, at: Path | None = None) -> str:
        """Run git, at the remote unless told."""
        done = self.shell(["git", *words], at or self.remote)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, text: str) -> None:
        """Commit and push what is on the desk, as a person does."""
        person = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
        self.git("add", "--all", at=self.desk)
        self.git(*person, "commit", "--quiet", "--message", text, at=self.desk)
        self.git("push", "--quiet", "origin", "main", at=self.desk)

    def begin(self) -> None:
        """Resolve for the first time, as the README says."""
        place = ["--place", "build runner in eu-central-1"]
        done = self.shell(["ws-network", "resolve", *place], self.desk)
        assert done.returncode == 2, done.stderr
        self.commit("Resolve the names")

    def night(self) -> None:
        """Run the workflow's job on a fresh checkout of main.

        Raises:
            Failed: a step did.
        """
        self.runs += 1
        self.checkout = self.place / f"run-{self.runs}"
        self.git("clone", "--quiet", "--branch", "main", str(self.remote), str(self.checkout), at=self.place)
        temporary = self.place / f"temp-{self.runs}"
        temporary.mkdir()
        workflow = yaml.safe_load((self.checkout / WORKFLOW).read_text(encoding="utf-8"))
        (job,) = workflow["jobs"].values()
        outputs: dict[str, dict[str, str]] = {}
        files = {name: temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_STEP_SUMMARY"].touch()
        self.log = ""
        try:
            for step in job["steps"]:
                if "run" not in step or not holds(step.get("if"), outputs):
                    continue
                files["GITHUB_OUTPUT"].write_text("", encoding="utf-8")
                given = {**workflow["env"], **step.get("env", {})}
                env = {name: filled(text, outputs) for name, text in given.items()}
                env |= {"RUNNER_TEMP": str(temporary), **{name: str(path) for name, path in files.items()}}
                script = temporary / "step.sh"
                script.write_text(step["run"], encoding="utf-8")
                words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
                done = self.shell(words, self.checkout, **env)
                self.log += done.stdout + done.stderr
                if done.returncode != 0:
                    raise Failed(step["name"])
                lines = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
                outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
        finally:
            self.summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")

    @property
    def pulls(self) -> list[dict[str, Any]]:
        """Every pull request so far."""
        path = self.place / "pulls.json"
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return found

    @property
    def branches(self) -> set[str]:
        return set(self.git("for-each-ref", "--format=%(refname:short)").split())

    @property
    def proposed(self) -> set[str]:
        """The files in which the proposal differs from main."""
        return set(self.git("diff", "--name-only", f"main...{BRANCH}").split())

    def difference(self) -> list[str]:
        """The lines that the proposal adds to the snapshot and takes out, as a reviewer sees them."""
        text = self.git("diff", "--unified=0", f"main...{BRANCH}", "--", SNAPSHOT)
        return [line for line in text.splitlines() if re.match(r"[-+](?![-+])", line)]

    def addresses(self, of: str = FILES) -> list[str]:
        """The proposed addresses of a name."""
        found: list[str] = json.loads(self.git("show", f"{BRANCH}:{SNAPSHOT}"))["names"][of]["ipv4"]
        return found


def value(expression: str, outputs: dict[str, dict[str, str]]) -> str:
    """What an expression of the workflow stands for: of those there are, only the forms that it uses."""
    if expression == "github.token":
        return "token-of-the-run"
    found = re.fullmatch(r"steps\.(\w+)\.outputs\.(\w+)", expression)
    assert found, f"the test does not know the expression {expression}"
    return outputs.get(found[1], {}).get(found[2], "")


def filled(text: str, outputs: dict[str, dict[str, str]]) -> str:
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: value(found[1], outputs), text)


def holds(condition: str | None, outputs: dict[str, dict[str, str]]) -> bool:
    if condition is None:
        return True
    found = re.fullmatch(r"(\S+) == '(\w*)'", condition)
    assert found, f"the test does not know the condition {condition}"
    return value(found[1], outputs) == found[2]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({(name, "A"): addresses(*found) for name, found in ANSWERS.items()}) as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path, server: Server) -> Repository:
    """A repository whose names were resolved by hand."""
    made = Repository(tmp_path, server)
    made.begin()
    return made


def answer(server: Server, *found: str, of: str = FILES) -> None:
    server.zone[of, "A"] = addresses(*found)


def aged(repository: Repository, days: int) -> None:
    """Commit that the names were last resolved days ago."""
    path = repository.desk / OBSERVED
    then = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", then, path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    repository.commit("as it was")


class TestNights:
    """Nobody reads a proposal that comes every night; one that hides an address behind noise is not read either."""

    def test_the_same_answers_propose_nothing(self, repository: Repository) -> None:
        aged(repository, days=13)
        repository.night()
        assert repository.branches == {"main"}
        assert repository.pulls == []
        assert "nothing changes" in repository.summary
        assert "pip install ws-network[resolve]" in repository.log

    def test_an_address_more_is_one_line_of_one_pull_request(self, repository: Repository, server: Server) -> None:
        main = repository.git("rev-parse", "main")
        answer(server, "9.9.9.35", "9.9.9.40", "9.9.9.41")
        repository.night()
        assert repository.git("rev-parse", "main") == main
        assert repository.proposed == {SNAPSHOT, OBSERVED}
        assert [line.strip("+ ") for line in repository.difference()] == ['"9.9.9.35",']
        (pull,) = repository.pulls
        assert (pull["base"], pull["head"]) == ("main", BRANCH)
        assert pull["body"] == repository.summary
        assert re.search(rf"\| added \| {FILES} \| 9\.9\.9\.35 \|", pull["body"])
        assert repository.git("log", "-1", "--format=%an", BRANCH).strip() == "github-actions[bot]"

    def test_the_same_answers_are_proposed_for_their_date(self, repository: Repository) -> None:
        """Else a program warns of an old snapshot although the pipeline asks each night."""
        aged(repository, days=15)
        repository.night()
        assert repository.proposed == {OBSERVED}
        assert len(repository.pulls) == 1
        repository.night()
        assert len(repository.pulls) == 1

    def test_a_name_that_is_not_answered_is_no_news(self, repository: Repository, server: Server) -> None:
        """Its age cannot be proposed away, and a proposal each night would say nothing."""
        aged(repository, days=15)
        server.zone[FILES, "A"] = Reply(rcode="SERVFAIL")
        repository.night()
        assert repository.branches == {"main"}
        assert "resolution-failed" in repository.summary


class TestAnOpenProposal:
    """A proposal may wait for days: it grows, and nothing that was seen meanwhile is lost with the next night."""

    def test_the_next_night_goes_on_from_it(self, repository: Repository, server: Server) -> None:
        answer(server, "9.9.9.35", "9.9.9.40", "9.9.9.41")
        repository.night()
        first = repository.pulls[0]["body"]
        answer(server, "9.9.9.36", "9.9.9.40", "9.9.9.41")
        repository.night()
        assert repository.addresses() == ["9.9.9.35", "9.9.9.36", "9.9.9.40", "9.9.9.41"]
        assert repository.git("rev-list", "--count", f"main..{BRANCH}").strip() == "1"
        (pull,) = repository.pulls
        assert pull["body"].startswith(repository.summary)
        assert pull["body"].rstrip().endswith(first.rstrip())
        assert re.search(r"\| absent \| \S+ \| 9\.9\.9\.35 \|", repository.summary)

        before = repository.git("rev-parse", BRANCH)
        repository.night()
        assert repository.git("rev-parse", BRANCH) == before, "an answer that is proposed already is no news"

    def test_what_somebody_changed_since_counts_more(self, repository: Repository, server: Server) -> None:
        """A stale branch must not take back what a person committed."""
        answer(server, "9.9.9.35", "9.9.9.40", "9.9.9.41")
        repository.night()
        path = repository.desk / SNAPSHOT
        path.write_text(path.read_text(encoding="utf-8").replace("9.9.9.30", "9.9.9.31"), encoding="utf-8")
        repository.commit("an address that we know of")
        repository.night()
        assert repository.addresses("dsaas.icrc.trendmicro.com") == ["9.9.9.30", "9.9.9.31"]
        assert repository.addresses() == ["9.9.9.35", "9.9.9.40", "9.9.9.41"]
        assert len(repository.pulls) == 1

    def test_one_that_was_closed_is_no_start(self, repository: Repository, server: Server) -> None:
        answer(server, "9.9.9.66")
        repository.night()
        (pull,) = repository.pulls
        (repository.place / "pulls.json").write_text(json.dumps([{**pull, "open": False}]), encoding="utf-8")
        answer(server, "9.9.9.35", "9.9.9.40", "9.9.9.41")
        repository.night()
        assert repository.addresses() == ["9.9.9.35", "9.9.9.40", "9.9.9.41"]
        assert [pull["open"] for pull in repository.pulls] == [False, True]


class TestBadNights:
    """A night that fails is red, and leaves everything as it was."""

    def check(self, repository: Repository, step: str) -> None:
        with pytest.raises(Failed, match=f"^{step}$"):
            repository.night()
        assert repository.branches == {"main"}
        assert repository.pulls == []

    def test_no_resolver(self, repository: Repository, server: Server) -> None:
        answer(server, "9.9.9.35")
        port = f"127.0.0.1:{server.port}"
        path = repository.place / "tools" / "ws-network"
        path.write_text(path.read_text(encoding="utf-8").replace(port, "127.0.0.1:9"), encoding="utf-8")
        self.check(repository, "Resolve")
        assert "no resolver answered" in repository.log
        assert "Traceback" not in repository.log
        assert repository.git("status", "--porcelain", at=repository.checkout) == ""

    def test_an_address_of_the_inside(self, repository: Repository, server: Server) -> None:
        answer(server, "9.9.9.35", "10.0.0.9")
        self.check(repository, "Resolve")
        assert f"{FILES}: the answer 10.0.0.9 is refused, since it is private" in repository.log

    def test_addresses_for_which_there_is_no_room(self, repository: Repository, server: Server) -> None:
        answer(server, *(f"9.9.8.{number}" for number in range(60)))
        self.check(repository, "Check that a plan can be made of it")
        assert "quota" in repository.log

    def test_the_example_as_it_is_committed(self, tmp_path: Path, server: Server) -> None:
        """Its addresses are nobody's: the first resolution is a person's, who says where it was."""
        repository = Repository(tmp_path, server)
        repository.commit("the example")
        self.check(repository, "Resolve")
        assert "--place" in repository.log


def test_it_may_do_no_more_than_it_does() -> None:
    """Rights and secrets that a workflow does not need are what is stolen from it."""
    text = (EXAMPLE / WORKFLOW).read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert "secrets" not in text
    (job,) = workflow["jobs"].values()
    assert "permissions" not in job
    assert {"schedule", "workflow_dispatch"} == set(workflow[True]), "YAML 1.1 reads the key 'on' as true"
    depths = [
        step["with"]["fetch-depth"] for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")
    ]
    assert depths == [0], "a proposal's beginning is not in a shallow clone"
