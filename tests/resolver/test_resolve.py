"""`ws-network resolve` as a scheduled pipeline runs it, against a local name server."""

import builtins
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.resolver.server import Reply, Server, addresses, serving, through
from ws_network.catalogue import Catalogue
from ws_network.cli import app
from ws_network.deployment import Deployment
from ws_network.plan import build_plan
from ws_network.resolver import files, resolved_on
from ws_network.resolver.needed import needed_hosts
from ws_network.snapshot import Snapshot

ROOT = Path(__file__).parents[2]
SITE = """\
region: de-1
revision: "2025-12-09"
agent_build: {oldest: 20.0.1-9400}
roles: [agent, relay]
peers:
  dns-server: {platform: true}
  ntp-server: {cidrs: [10.20.0.123/32]}
  siem-or-syslog-server: {fqdns: [siem.corp.example], within: [10.20.0.0/16]}
extra_hosts:
  - {fqdn: mirror.corp.example, destination: download-center, reason: our own, until: 2027-11-30}
"""
FILES = "files.trendmicro.com"
SIEM = "siem.corp.example"
CONTENT = "iaus.trendmicro.com"
PUBLISHED = "workload.de-1.cloudone.trendmicro.com"
SNAPSHOT = "ws-network.snapshot.json"
OBSERVED = "ws-network.snapshot.observed.json"

ANY = "".join(
    f"  {destination}: {{reason: r, until: 2027-11-30}}\n"
    for destination in (
        "workload-security",
        "smart-protection-network",
        "download-center",
        "trend-micro-update-server",
        "siem-or-syslog-server",
        "vision-one",
    )
)

Run = Callable[..., Any]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a deployment, the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WS_NETWORK_DEBUG", raising=False)
    (tmp_path / "ws-network.yaml").write_text(SITE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def server() -> Iterator[Server]:
    """A name server that has an address for some names and none for the others."""
    with serving({(FILES, "A"): addresses("9.9.9.1", "9.9.9.2"), (SIEM, "A"): addresses("10.20.0.30")}) as made:
        yield made


@pytest.fixture
def run(site: Path, server: Server) -> Run:
    """A function that resolves on the server, once, on a day."""

    def run(*words: str, day: str = "2026-11-24", resolver: str = "") -> Any:
        asked = ["--resolver", resolver or server.address, "--rounds", "1", "--timeout", "0.5", "--as-of", day]
        return CliRunner().invoke(app, ["resolve", *asked, *words])

    return run


def kept(folder: Path) -> dict[str, bytes]:
    """Everything in the folder but the deployment."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "ws-network.yaml"}


def site_of(folder: Path) -> dict[str, Any]:
    return Deployment.load(folder / "ws-network.yaml").model_dump(mode="json", exclude_unset=True)


def names(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / SNAPSHOT).read_text(encoding="utf-8"))["names"]
    return found


class TestPipeline:
    """Exit 2 is a difference to review, 0 is a quiet night, and the file says nothing else."""

    def test_first_night_then_a_quiet_one(self, run: Run, site: Path) -> None:
        done = run("--place", "a runner")
        assert (done.exit_code, done.stderr) == (2, "")
        assert names(site) == {
            FILES: {"ipv4": ["9.9.9.1", "9.9.9.2"], "ipv6": []},
            SIEM: {"ipv4": ["10.20.0.30"], "ipv6": []},
        }
        before = kept(site)
        assert set(before) == {SNAPSHOT, OBSERVED}
        done = run(day="2026-11-30")
        assert done.exit_code == 0
        assert done.stdout.startswith(f"{SNAPSHOT}: nothing changes, ")
        assert kept(site)[SNAPSHOT] == before[SNAPSHOT]
        assert set(kept(site)) == {SNAPSHOT, OBSERVED}

    def test_order_of_answers_and_time_to_live_change_no_byte(self, run: Run, site: Path, server: Server) -> None:
        run("--place", "a runner")
        before = kept(site)[SNAPSHOT]
        server.zone[FILES, "A"] = through(("edge.example",), "9.9.9.2", "9.9.9.1", ttl=5)
        assert run().exit_code == 0
        assert kept(site)[SNAPSHOT] == before
        told = json.loads((site / OBSERVED).read_text())["names"][FILES]
        assert told["cname"] == ["edge.example"]
        assert {sighting["ttl"] for sighting in told["addresses"].values()} == {5}

    def test_an_address_goes_after_its_days(self, run: Run, site: Path, server: Server) -> None:
        run("--place", "a runner")
        server.zone[FILES, "A"] = addresses("9.9.9.1")
        done = run(day="2026-11-25")
        assert done.exit_code == 2
        assert re.search(
            r"absent +files\.trendmicro\.com +9\.9\.9\.2 +not among the answers; it stays for 7 days", done.stdout
        )
        assert names(site)[FILES]["absent_since"] == {"9.9.9.2": "2026-11-25"}
        assert run(day="2026-12-01").exit_code == 0
        done = run(
            day="2026-12-02",
        )
        assert done.exit_code == 2
        assert re.search(r"removed +files\.trendmicro\.com +9\.9\.9\.2 +absent since 2026-11-25", done.stdout)
        assert names(site)[FILES] == {"ipv4": ["9.9.9.1"], "ipv6": []}

    @pytest.mark.parametrize(
        "fault",
        [Reply(rcode="SERVFAIL"), Reply(drop=True), through(("gone.example",))],
        ids=["SERVFAIL", "timeout", "empty after a CNAME"],
    )
    def test_a_bad_night_changes_nothing(self, run: Run, site: Path, server: Server, fault: Reply) -> None:
        run("--place", "a runner")
        before = kept(site)[SNAPSHOT]
        server.zone[FILES, "A"] = fault
        done = run(day="2027-11-24")
        assert done.exit_code == 0
        assert kept(site)[SNAPSHOT] == before
        assert FILES in done.stdout
        assert json.loads((site / OBSERVED).read_text())["names"][FILES]["ipv4_complete"] is False

    def test_poison_is_red_although_what_is_good_is_kept(self, run: Run, site: Path, server: Server) -> None:
        """A forged answer must not look like a quiet night, nor keep all other names from being brought up to date."""
        run("--place", "a runner")
        server.zone[FILES, "A"] = addresses("10.0.0.9")
        server.zone[SIEM, "A"] = addresses("10.20.0.31")
        done = run(day="2026-11-25")
        assert done.exit_code == 1
        assert done.stderr.startswith(f"error: {FILES}: the answer 10.0.0.9 is refused, since it is private")
        assert re.search(r"added +siem\.corp\.example +10\.20\.0\.31", done.stdout)
        assert names(site)[FILES] == {"ipv4": ["9.9.9.1", "9.9.9.2"], "ipv6": []}
        assert names(site)[SIEM]["ipv4"] == ["10.20.0.30", "10.20.0.31"]
        with (site / "ws-network.yaml").open("a") as file:
            file.write(f"accept: {{'bogon-answer:{FILES}': {{reason: known, until: 2027-11-30}}}}\n")
        done = run(day="2026-11-25")
        assert (done.exit_code, done.stderr) == (0, "")

    def test_the_grace_window_of_the_deployment_holds(self, run: Run, site: Path, server: Server) -> None:
        (site / "ws-network.yaml").write_text(SITE + "resolution: {grace_days: 2}\n", encoding="utf-8")
        server.zone[FILES, "A"] = addresses("9.9.9.1", "9.9.9.2")
        run("--place", "a runner", day="2026-11-24")
        server.zone[FILES, "A"] = addresses("9.9.9.1")
        assert "it stays for 2 days" in run(day="2026-11-25").stdout
        run(day="2026-11-26")
        assert "9.9.9.2" in names(site)[FILES]["ipv4"]
        run(day="2026-11-27")
        assert names(site)[FILES]["ipv4"] == ["9.9.9.1"]

    def test_the_grace_window_is_a_setting(self, run: Run, server: Server) -> None:
        run("--place", "a runner")
        server.zone[FILES, "A"] = addresses("9.9.9.1")
        run("--grace-days", "2", day="2026-11-25")
        assert run("--grace-days", "2", day="2026-11-26").exit_code == 0
        assert run("--grace-days", "2", day="2026-11-27").exit_code == 2

    def test_what_rotates_is_seen_in_several_rounds(self, run: Run, site: Path, server: Server) -> None:
        server.zone[FILES, "A"] = lambda before: addresses(f"9.9.9.{before % 3 + 1}")
        run("--place", "a runner", "--rounds", "3", "--pause", "0")
        assert names(site)[FILES]["ipv4"] == ["9.9.9.1", "9.9.9.2", "9.9.9.3"]

    def test_a_dry_run_writes_nothing(self, run: Run, site: Path) -> None:
        done = run("--place", "a runner", "--dry-run")
        assert done.exit_code == 2
        assert "(dry run): 3 addresses change" in done.stdout
        assert kept(site) == {}

    def test_json(self, run: Run) -> None:
        content = json.loads(run("--place", "a runner", "--format", "json").stdout)
        assert {"changed": True, "written": True, "place": "a runner"}.items() <= content.items()
        assert {"change": "added", "name": FILES, "address": "9.9.9.1", "since": None} in content["changes"]
        assert {entry["code"] for entry in content["findings"]} >= {"resolved-nothing", "content-network-not-resolved"}

    def test_another_place_is_told_and_kept(self, run: Run, site: Path) -> None:
        run("--place", "a runner")
        done = run("--place", "the office")
        assert done.exit_code == 2
        assert "resolved at a runner, and these at the office" in done.stdout
        assert json.loads((site / SNAPSHOT).read_text())["place"] == "the office"

    def test_an_accepted_finding_is_told_as_such(self, run: Run, site: Path) -> None:
        with (site / "ws-network.yaml").open("a") as file:
            file.write("accept: {resolved-nothing: {reason: known, until: 2027-11-30}}\n")
        assert "resolved-nothing" not in run("--place", "a runner").stdout
        assert "(accepted: known)" in run("--all").stdout


class TestWhatIsAsked:
    """Every name that the flows need, and never one of a content network."""

    def test_the_names_of_the_site(self, run: Run, server: Server) -> None:
        run("--place", "a runner")
        asked = {name for name, _ in server.asked}
        assert {FILES, SIEM, PUBLISHED, "mirror.corp.example"} <= asked
        assert CONTENT not in asked
        assert server.asked == {(name, kind): 1 for name in asked for kind in ("A", "AAAA")}
        deployment = Deployment.load("ws-network.yaml")
        assert asked == {host.fqdn for host in needed_hosts(Catalogue.load(), deployment) if not host.content}

    def test_of_two_that_need_a_name_the_narrower_word_holds(self, site: Path) -> None:
        text = SITE.replace("mirror.corp.example", CONTENT).replace(
            "ntp-server: {cidrs: [10.20.0.123/32]}", f"ntp-server: {{fqdns: [{SIEM}], within: [10.20.0.0/24]}}"
        )
        (site / "ws-network.yaml").write_text(text)
        found = {host.fqdn: host for host in needed_hosts(Catalogue.load(), Deployment.load(site / "ws-network.yaml"))}
        assert {"agent-download-center-443", "relay-au-443"} <= set(found[CONTENT].flows)
        assert found[CONTENT].content
        assert found[SIEM].within.cidrs() == ("10.20.0.0/24",)

    def test_only_some(self, run: Run, site: Path, server: Server) -> None:
        run("--place", "a runner")
        server.asked.clear()
        server.zone[FILES, "A"] = addresses("9.9.9.3")
        run("--only", f"{FILES.upper()}.")
        assert {name for name, _ in server.asked} == {FILES}
        assert set(names(site)) == {FILES, SIEM}

    def test_a_name_that_is_needed_no_more_goes_after_its_days(self, run: Run, site: Path) -> None:
        run("--place", "a runner")
        path = site / "ws-network.yaml"
        path.write_text(
            path.read_text().replace("fqdns: [siem.corp.example], within: [10.20.0.0/16]", "cidrs: [10.20.0.30/32]")
        )
        done = run("--grace-days", "1")
        assert done.exit_code == 2
        assert re.search(
            r"not-needed +siem\.corp\.example +10\.20\.0\.30 +no flow needs the name; it stays for 1 day\n", done.stdout
        )
        assert set(names(site)) == {FILES, SIEM}
        assert run("--grace-days", "1", day="2026-11-25").exit_code == 2
        assert set(names(site)) == {FILES}

    def test_a_flow_that_ends_keeps_its_names(self, run: Run, site: Path) -> None:
        """A program that looks at no date has the flow still."""
        with (site / "ws-network.yaml").open("a") as file:
            file.write("expires: {agent-syslog: {until: 2026-01-01, reason: r, on_expiry: close}}\n")
        run("--place", "a runner")
        assert SIEM in names(site)

    def test_a_peer_that_only_the_program_knows(self, run: Run, site: Path) -> None:
        path = site / "ws-network.yaml"
        path.write_text(path.read_text().replace("  ntp-server: {cidrs: [10.20.0.123/32]}\n", ""))
        done = run("--place", "a runner")
        assert (done.exit_code, done.stderr) == (2, "")
        assert {FILES, SIEM} <= set(names(site))

    @pytest.mark.parametrize(
        ("old", "new"),
        [("mirror.corp.example", CONTENT), ("fqdns: [siem.corp.example]", f"fqdns: [siem.corp.example, {CONTENT}]")],
        ids=["as a host of the site's own", "as a name of a peer"],
    )
    def test_what_the_page_calls_a_content_network_s_is_never_asked_for(
        self, run: Run, site: Path, server: Server, old: str, new: str
    ) -> None:
        path = site / "ws-network.yaml"
        content = "features: [smart-scan]\n"
        path.write_text(
            path.read_text().replace(old, new).replace("roles: [agent, relay]", f"roles: [agent]\n{content}")
        )
        server.zone[CONTENT, "A"] = addresses("9.9.9.9")
        done = run("--place", "a runner")
        assert done.exit_code == 2, done.stderr
        assert CONTENT not in {name for name, _ in server.asked}
        assert CONTENT not in names(site)

    def test_several_sites_share_a_snapshot(self, run: Run, site: Path, server: Server) -> None:
        """Each has what the other has not; a name that both have is inside where both allow that."""
        text = SITE.replace("[10.20.0.0/16]}", "[10.20.0.0/24]}").replace("mirror.corp.example", "other.corp.example")
        (site / "other.yaml").write_text(text, encoding="utf-8")
        server.zone[SIEM, "A"] = addresses("10.20.0.30")
        server.zone["mirror.corp.example", "A"] = addresses("9.9.9.8")
        server.zone["other.corp.example", "A"] = addresses("9.9.9.9")
        done = run("ws-network.yaml", "other.yaml", "--place", "a runner")
        assert (done.exit_code, done.stderr) == (2, "")
        before = names(site)
        assert before[SIEM]["ipv4"] == ["10.20.0.30"]
        assert {"mirror.corp.example", "other.corp.example"} <= set(before)
        assert run("other.yaml", "ws-network.yaml").exit_code == 0
        server.zone[SIEM, "A"] = addresses("10.20.9.30")
        refused = run("ws-network.yaml", "other.yaml")
        assert (refused.exit_code, names(site)[SIEM]["ipv4"]) == (1, ["10.20.0.30"]), (
            "one of them could make no plan of it"
        )
        server.zone[SIEM, "A"] = addresses("10.20.0.30")
        done = run("ws-network.yaml")
        assert done.exit_code == 2
        assert "other.corp.example: no given deployment needs its addresses; 1 address stays" in done.stdout
        assert names(site)["other.corp.example"]["ipv4"] == ["9.9.9.9"]

    def test_of_several_sites_all_that_need_a_name_must_accept(self, run: Run, site: Path, server: Server) -> None:
        server.zone[FILES, "A"] = addresses("9.9.9.1", "10.0.0.9")
        accept = f"accept: {{'bogon-answer:{FILES}': {{reason: known, until: 2027-11-30}}}}\n"
        (site / "other.yaml").write_text(SITE + accept, encoding="utf-8")
        assert run("ws-network.yaml", "other.yaml", "--place", "a runner").exit_code == 1
        (site / "ws-network.yaml").write_text(SITE + accept, encoding="utf-8")
        assert run("ws-network.yaml", "other.yaml").exit_code == 0

    def test_what_it_writes_a_plan_takes(self, run: Run, site: Path) -> None:
        """The peer's private answer too, and no address of a content network."""
        run("--place", "a runner")
        made = build_plan(
            Catalogue.load(),
            Deployment.parse(site_of(site) | {"names": {"default": ["blocks", "snapshot", "refuse"]}}),
            snapshot=Snapshot.load(site / SNAPSHOT),
        )
        found = {cidr for listed in made.lists.values() for cidr in listed.cidrs}
        assert {"9.9.9.1/32", "9.9.9.2/32", "10.20.0.30/32"} <= found


class TestAge:
    """How old the addresses are is told to who plans, and a file of times that is broken stops nobody."""

    @pytest.fixture
    def planned(self, run: Run, site: Path, server: Server) -> Callable[[], dict[str, Any]]:
        """A function that plans with the snapshot."""
        path = site / "ws-network.yaml"
        path.write_text(SITE + "names: {default: [snapshot, blocks, any-address]}\nany_address:\n" + ANY)
        for host in needed_hosts(Catalogue.load(), Deployment.load(path)):
            server.zone.setdefault((host.fqdn, "A"), addresses("9.9.9.9"))
        run("--place", "a runner")

        def plan() -> dict[str, Any]:
            done = CliRunner().invoke(app, ["plan", "--snapshot", SNAPSHOT, "--format", "json"])
            found: dict[str, Any] = json.loads(done.stdout)
            return {"codes": {entry["code"] for entry in found["findings"]}, "stderr": done.stderr}

        return plan

    def test_of_names_that_were_answered_today(self, planned: Callable[[], dict[str, Any]]) -> None:
        assert not {"snapshot-old", "snapshot-age-unknown"} & planned()["codes"]

    def test_one_name_that_nobody_answers_for_a_month(
        self, planned: Callable[[], dict[str, Any]], run: Run, site: Path, server: Server
    ) -> None:
        path = site / OBSERVED
        path.write_text(re.sub(r"20\d\d-\d\d-\d\dT", "2026-01-01T", path.read_text()))
        assert "snapshot-old" in planned()["codes"]
        server.zone[FILES, "A"] = Reply(rcode="SERVFAIL")
        assert run().exit_code == 0
        assert resolved_on(SNAPSHOT) == "2026-01-01"
        server.zone[FILES, "A"] = addresses("9.9.9.1", "9.9.9.2")
        run("--only", FILES)
        assert resolved_on(SNAPSHOT) != "2026-01-01"

    @pytest.mark.parametrize("content", ["<<<<<<< HEAD\n{}", '{"format": 1}'])
    def test_a_file_of_times_that_is_broken(
        self, planned: Callable[[], dict[str, Any]], site: Path, content: str
    ) -> None:
        (site / OBSERVED).write_text(content)
        found = planned()
        assert "snapshot-age-unknown" in found["codes"]
        assert f"note: {OBSERVED} " in found["stderr"]
        assert f"Until then the age of {SNAPSHOT} is not known." in found["stderr"]
        assert resolved_on(SNAPSHOT) is None

    def test_without_a_snapshot_nothing_is_known(self, site: Path) -> None:
        assert resolved_on(site / SNAPSHOT) is None


class TestErrors:
    """One sentence with what to type, exit 1, and the files as they were."""

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ("--resolver dns.example", "--resolver is 'dns.example', which is no address: write the resolver's own"),
            ("--only file.trendmicro.com", "'file.trendmicro.com': did you mean 'files.trendmicro.com'?"),
            (f"--only {CONTENT}", f"{CONTENT} is of a content network, whose addresses belong to others too"),
            ("--snapshot .", "cannot write . (no file that may be written): correct its rights, or give another path."),
            ("--snapshot none/s.json", "cannot write none/s.json (No such file or directory): correct the path"),
            ("--rounds 0", "'--rounds'"),
            ("--grace-days -1", "'--grace-days'"),
            ("--pause inf", "--pause is inf: write a number of seconds."),
            ("--as-of tomorrow", "--as-of is 'tomorrow': write it as YYYY-MM-DD."),
            ("none.yaml", "cannot read none.yaml"),
        ],
    )
    def test_a_bad_command_line(self, run: Run, site: Path, words: str, sentence: str) -> None:
        run("--place", "a runner")
        before = kept(site)
        done = run(*words.split())
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("error: ")
        assert sentence in done.stderr
        assert kept(site) == before

    def test_no_place_on_the_first_night(self, run: Run, site: Path) -> None:
        done = run()
        assert (done.exit_code, kept(site)) == (1, {})
        assert "the place of resolution is not known yet: say it with --place" in done.stderr
        assert "--place is empty" in run("--place", " ").stderr
        done = run("--place", "a\nb\x1b[31m")
        assert "--place is 'a\\nb\\x1b[31m', with characters that are not printed" in done.stderr

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            (SNAPSHOT, "{", "is no JSON: restore it from version control, or run 'ws-network resolve'."),
            (SNAPSHOT, '{"format": 9}', "newer than the 1 that this release reads"),
            (OBSERVED, "{", "is no JSON: remove it, since only the times of observation are in it."),
            (OBSERVED, '{"format": 1}', "holds no observations of this release ('resolved_at' is missing: add it"),
        ],
    )
    def test_a_file_that_cannot_be_read(self, run: Run, site: Path, name: str, content: str, sentence: str) -> None:
        run("--place", "a runner")
        (site / name).write_text(content)
        before = kept(site)
        done = run()
        assert (done.exit_code, done.stdout) == (1, "")
        assert sentence in done.stderr
        assert kept(site) == before

    def test_no_resolver_answers(self, run: Run, site: Path) -> None:
        run("--place", "a runner")
        before = kept(site)
        with serving(otherwise=Reply(drop=True)) as silent:
            done = run(resolver=silent.address)
        assert (done.exit_code, done.stdout) == (1, "")
        assert f"no resolver answered ({silent.address} asked, the snapshot is as it was)" in done.stderr
        assert kept(site) == before

    @pytest.mark.parametrize(
        ("reply", "sentence"),
        [
            (Reply(rcode="SERVFAIL"), "no resolver gave a usable answer (server-failure {count} times; {server} asked"),
            (Reply(rcode="REFUSED"), "no resolver gave a usable answer (refused {count} times; {server} asked"),
            (Reply(rcode="NXDOMAIN"), "no resolver has an address for any of {names} names ({server} asked"),
            (Reply(), "no resolver has an address for any of {names} names ({server} asked"),
            (addresses("10.0.0.1"), "with 10.0.0.1, which no public name has; {server} asked"),
        ],
        ids=["SERVFAIL", "REFUSED", "NXDOMAIN", "nothing", "a portal"],
    )
    @pytest.mark.parametrize("first", [True, False])
    def test_a_resolver_that_knows_nothing(
        self, run: Run, site: Path, server: Server, reply: Reply, sentence: str, *, first: bool
    ) -> None:
        """Else an empty snapshot is proposed, or an old one passes for fresh."""
        if not first:
            run("--place", "a runner")
        before = kept(site)
        server.zone.clear()
        server.otherwise = reply
        done = run("--place", "a runner")
        hosts = needed_hosts(Catalogue.load(), Deployment.load(site / "ws-network.yaml"))
        count = len([host for host in hosts if not host.content])
        assert (done.exit_code, done.stdout) == (1, "")
        assert sentence.format(count=2 * count, names=count, server=server.address) in done.stderr
        assert kept(site) == before

    def test_one_name_that_is_gone_is_an_answer(self, run: Run, site: Path, server: Server) -> None:
        run("--place", "a runner")
        server.zone[FILES, "A"] = server.zone[FILES, "AAAA"] = Reply(rcode="NXDOMAIN")
        done = run("--only", FILES)
        assert done.exit_code == 2
        assert ", 1 name asked at a runner" in done.stdout
        assert names(site)[FILES]["absent_since"] == {"9.9.9.1": "2026-11-24", "9.9.9.2": "2026-11-24"}

    def test_some_names_of_an_example(self, run: Run, site: Path) -> None:
        """The others of its names would go without ever having been asked for."""
        content = {"format": 1, "place": "docs", "example": True, "names": {FILES: {"ipv4": ["192.0.2.1"]}}}
        (site / SNAPSHOT).write_text(json.dumps(content))
        before = kept(site)
        done = run("--only", FILES, "--place", "a runner")
        assert done.exit_code == 1
        assert f"{SNAPSHOT} has the addresses of an example, and --only would leave" in done.stderr
        assert kept(site) == before

    def test_a_link_is_one_file_with_what_it_leads_to(self, run: Run, site: Path) -> None:
        """Else a file with two names has two locks, and two files of its times."""
        (site / "kept").mkdir()
        (site / SNAPSHOT).symlink_to(Path("kept") / "s.json")
        with files.locked(site / "kept" / "s.json"):
            assert "another run is resolving into" in run("--place", "a runner").stderr
        assert run("--place", "a runner").exit_code == 2
        assert {path.name for path in (site / "kept").iterdir()} == {"s.json", "s.observed.json"}
        assert (site / SNAPSHOT).is_symlink()
        assert resolved_on(site / SNAPSHOT) == resolved_on(site / "kept" / "s.json") is not None

    def test_another_run_is_at_work(self, run: Run, site: Path) -> None:
        with files.locked(site / SNAPSHOT):
            done = run("--place", "a runner")
        assert done.exit_code == 1
        assert (
            done.stderr
            == f"error: another run is resolving into {SNAPSHOT}: wait until it has ended, then resolve again.\n"
        )

    def test_nothing_to_ask(self, run: Run, site: Path, server: Server) -> None:
        flows = json.loads(CliRunner().invoke(app, ["flows", "--format", "json"]).stdout)["flows"]
        outgoing = [flow["flow"] for flow in flows if flow["hosts"]]
        decline = ", ".join(f"{flow}: {{reason: r, until: 2027-11-30}}" for flow in outgoing)
        path = site / "ws-network.yaml"
        text = SITE.replace("{fqdns: [siem.corp.example], within: [10.20.0.0/16]}", "{cidrs: [10.20.0.30/32]}")
        path.write_text(text + f"decline: {{{decline}}}\n")
        done = run("--place", "a runner")
        assert done.exit_code == 1
        assert "no flow needs a name that may be resolved" in done.stderr
        assert server.asked == {}

    def test_aiodns_is_not_installed(self, run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        known = builtins.__import__

        def without(name: str, *arguments: Any, **options: Any) -> Any:
            if name == "aiodns":
                raise ImportError(name)
            return known(name, *arguments, **options)

        monkeypatch.setattr(builtins, "__import__", without)
        done = run("--place", "a runner")
        assert (done.exit_code, kept(site)) == (1, {})
        assert done.stderr == (
            "error: resolving needs aiodns, which is not installed: pip install 'ws-network[resolve]'.\n"
        )


def test_only_resolving_loads_dns() -> None:
    """Who plans needs no extra, and waits for nothing."""
    code = "import sys, importlib\nfrom ws_network.cli.app import VERBS\n"
    code += "for verb in VERBS: importlib.import_module(f'ws_network.cli.{verb}')\n"
    code += "print([name for name in ('aiodns', 'pycares') if name in sys.modules])"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == "[]\n"


@pytest.mark.usefixtures("site")
def test_a_terminal_shows_the_progress(server: Server) -> None:
    server.otherwise = Reply(delay=0.3)
    pid, screen = pty.fork()
    if pid == 0:
        os.environ.update(PYTHONPATH=str(ROOT), COLUMNS="120", TERM="xterm-256color")
        words = ["resolve", "--resolver", server.address, "--place", "a runner", "--rounds", "1"]
        os.execv(sys.executable, [sys.executable, "-m", "ws_network.cli", *words])  # noqa: S606 - a terminal needs no shell
    shown = b""
    try:
        while part := os.read(screen, 65536):
            shown += part
    except OSError:  # the terminal is gone: so Linux says that the program ended
        pass
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    assert "Asking DNS" in shown.decode()
    assert "added" in shown.decode()
