"""`plan`, `flows`, `explain` and `allows` as a platform engineer uses them."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.unit.cli.golden import Run, same_as_golden

KINDS = [
    "flows",
    "hosts",
    "regions",
    "blocks",
    "features",
    "roles",
    "contradictions",
    "unknowns",
    "sources",
    "revisions",
]
FORMATS = ("table", "json", "csv", "markdown")


@pytest.mark.usefixtures("site")
class TestPlan:
    """What is opened must be readable beside its reason, and a script must be able to trust the exit code."""

    def test_table(self, run: Run) -> None:
        done = run("plan")
        assert (done.exit_code, done.stderr) == (0, "")
        same_as_golden("plan.txt", done.stdout)

    def test_no_line_is_cut_or_wrapped_in_a_pipe(self, run: Run) -> None:
        ids = {flow for rule in json.loads(run("plan", "-f", "json").stdout)["rules"] for flow in rule["flows"]}
        words = set(run("plan").stdout.split())
        assert ids <= words

    def test_json_says_everything(self, run: Run) -> None:
        told = json.loads(run("plan", "-f", "json").stdout)
        assert {"region", "revision", "target", "layout", "failed", "rules", "counts", "findings"} == set(told)
        assert {rule["peer_kind"] for rule in told["rules"]} == {"list", "role", "any"}
        assert {entry["severity"] for entry in told["findings"]} >= {"info", "low"}

    def test_csv_is_the_rules_and_says_what_is_missing(self, run: Run) -> None:
        done = run("plan", "-f", "csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert len(rows) == len(json.loads(run("plan", "-f", "json").stdout)["rules"])
        assert done.stderr.startswith("note: CSV holds one table, rules, and not counts, findings")

    @pytest.mark.parametrize("only", ["rules", "counts", "findings"])
    def test_only_one_part(self, run: Run, only: str) -> None:
        assert only in json.loads(run("plan", "--only", only, "-f", "json").stdout)
        done = run("plan", "--only", only, "-f", "csv")
        assert done.stderr == ""
        assert len(done.stdout.splitlines()) > 1

    def test_rendered_is_what_aws_gets(self, run: Run) -> None:
        told = json.loads(run("plan", "--rendered").stdout)
        assert set(told) == {"prefix_lists", "security_groups", "findings"}
        assert set(told["security_groups"]) == {"agent", "relay"}

    def test_info_findings_are_shown_on_request(self, run: Run) -> None:
        assert "info platform-unfiltered" not in run("plan").stdout
        assert "info platform-unfiltered" in run("plan", "--all").stdout

    def test_fail_on(self, run: Run) -> None:
        assert run("plan", "--fail-on", "low").exit_code == 2
        assert run("plan", "--fail-on", "high").exit_code == 0

    def test_an_accepted_finding_does_not_count(self, run: Run, site: Path) -> None:
        site.write_text(
            site.read_text() + "accept:\n  declined: &known {reason: known, until: 2027-11-30}\n  any-address: *known\n"
        )
        assert run("plan", "--fail-on", "low").exit_code == 0
        assert "(accepted: known)" in run("plan", "--all").stdout

    def test_an_expired_exception_is_a_finding_of_its_day(self, run: Run) -> None:
        assert run("plan", "--as-of", "2027-12-01").exit_code == 2

    def test_a_plan_that_cannot_be_deployed(self, run: Run, site: Path) -> None:
        site.write_text(site.read_text().replace("smart-protection-network: [any-address]", ""))
        done = run("plan")
        assert done.exit_code == 1
        assert done.stderr.splitlines()[0].startswith("error: agent-spn-443: no permitted form of address")
        assert "Traceback" not in done.stderr
        assert "agent-service" in done.stdout
        assert run("plan", "--rendered").stdout == ""

    def test_over_quota(self, run: Run, site: Path) -> None:
        many = ", ".join(f"10.{n}.0.123/32" for n in range(70))
        site.write_text(site.read_text().replace("10.20.0.123/32", many))
        done = run("plan")
        assert done.exit_code == 1
        assert "over the 60 of AWS's quota" in done.stderr

    def test_other_file_and_other_target(self, run: Run, site: Path) -> None:
        site.rename(site.with_name("b.yaml"))
        assert run("plan", "b.yaml").stdout == run("plan", "-d", "b.yaml").stdout
        there = site.with_name("b.yaml")
        unsaid = run("plan", "b.yaml", "-t", "azure-nsg")
        assert unsaid.exit_code == 1
        assert "deny_rest is not said" in unsaid.stderr
        text = there.read_text().replace("aws-security-group", "azure-nsg").replace("aws-network", "azure")
        there.write_text(f"{text}deny_rest: true\n")
        planned = json.loads(run("plan", "b.yaml", "-t", "azure-nsg", "-f", "json").stdout)
        assert [(count["group"], count["quota"]) for count in planned["counts"]] == [("agent", 1000), ("relay", 1000)]
        shown = run("plan", "b.yaml", "-t", "azure-nsg", "--rendered")
        assert shown.exit_code == 0
        assert set(json.loads(shown.stdout)["network_security_groups"]) == {"agent", "relay"}

    def test_snapshot(self, run: Run, site: Path, tmp_path: Path) -> None:
        site.write_text(
            site.read_text()
            .replace("[blocks, any-address]", "[blocks, snapshot, refuse]")
            .replace("[any-address]", "[snapshot, any-address]")
        )
        names = {
            f"{host}.workload.de-1.cloudone.trendmicro.com": {"ipv4": [address]}
            for host, address in (("agent-comm", "3.120.1.1"), ("xdr-resp-ioc", "3.120.1.2"))
        }
        (tmp_path / "s.json").write_text(json.dumps({"format": 1, "place": "a runner", "names": names}))
        assert run("plan").exit_code == 1
        assert run("plan", "--snapshot", "s.json").exit_code == 0
        to = ("allows", "agent", "out", "tcp", "443", "--snapshot", "s.json", "--to")
        assert run(*to, "agent-comm.workload.de-1.cloudone.trendmicro.com").exit_code == 0


@pytest.mark.usefixtures("site")
class TestFlows:
    """A flow that is not open must say why, or the page has to be read again by hand."""

    def test_table(self, run: Run) -> None:
        same_as_golden("flows.txt", run("flows", "--all").stdout)

    def test_every_line_of_the_page_is_somewhere(self, run: Run) -> None:
        told = json.loads(run("flows", "--all", "-f", "json").stdout)
        page = json.loads(run("catalogue", "-f", "json").stdout)["flows"]
        mine = {"agent", "relay"}
        wanted = {flow["flow"] for flow in page if mine & {flow["source"], flow["destination"]}}
        seen = {flow["flow"] for flow in (*told["flows"], *told["not_required"])}
        assert wanted - {"relay-inherits-agent"} <= seen
        assert all(entry["why"] for entry in told["not_required"])

    def test_without_all_only_what_is_needed(self, run: Run) -> None:
        assert "not_required" not in json.loads(run("flows", "-f", "json").stdout)


@pytest.mark.usefixtures("site")
class TestExplain:
    """An auditor points at a rule and asks why."""

    def test_a_flow(self, run: Run) -> None:
        same_as_golden("explain-flow.txt", run("explain", "agent-service").stdout)

    def test_a_rule(self, run: Run) -> None:
        told = json.loads(run("explain", "agent-egress-tcp-443-blocks-de-1-ipv4", "-f", "json").stdout)
        assert [rule["addresses"] for rule in told["rules"]] == [["3.69.198.64/27", "18.96.34.160/27"]]
        (flow,) = told["flows"]
        assert flow["line"] == "Agents / Workload Security / 443"
        assert flow["sources"]
        assert {"name", "addressing", "confidence"} == set(flow["hosts"][0])

    def test_every_rule_and_flow_can_be_explained(self, run: Run) -> None:
        plan = json.loads(run("plan", "-f", "json").stdout)
        for rule in plan["rules"]:
            for asked in (rule["rule"], *rule["flows"]):
                assert run("explain", asked).exit_code == 0

    @pytest.mark.parametrize(
        ("flow", "why"),
        [
            ("agent-syslog", "is declined until 2027-11-30: no clear text, NET-7"),
            ("agent-sps-5274", "the site has no smart-protection-server (peers.smart-protection-server)"),
            ("relay-au-443", "goes through the web proxy"),
            ("service-agent-4118", "communication is agent-initiated"),
            ("agent-mqtt", "no feature is on that needs it (activity-monitoring)"),
            ("agent-download-center-80", "does not say http: true"),
        ],
    )
    def test_a_flow_that_is_not_there(self, run: Run, flow: str, why: str) -> None:
        assert why in run("explain", flow).stdout

    def test_unknown(self, run: Run) -> None:
        done = run("explain", "agent-servce")
        assert (done.exit_code, done.stderr) == (
            1,
            "error: unknown rule or flow 'agent-servce': did you mean 'agent-service'?\n",
        )


@pytest.mark.usefixtures("site")
class TestAllows:
    """Asked in the night of an incident: the answer must be right, and a no must say what is nearest."""

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ("agent out tcp 443 --to workload-security", 0),
            ("agent egress tcp 443 --to agents-001.workload.de-1.cloudone.trendmicro.com", 0),
            ("agent egress tcp 443 --to agent-comm.workload.de-1.cloudone.trendmicro.com", 0),
            ("agent outbound tcp 443 --to 3.69.198.64/27", 0),
            ("agent out tcp 443 --to 203.0.113.7", 0),
            ("agent out tcp 443 --to 2001:db8::1", 2),
            ("agent out tcp 8443 --to 203.0.113.7", 2),
            ("agent out udp 123 --to 10.20.0.123", 0),
            ("agent out udp 123 --to 10.20.0.122/31", 2),
            ("agent out udp 123 --to ntp-server", 0),
            ("agent out udp 53 --to dns-server", 0),
            ("agent out udp 53 --to 169.254.169.253", 0),
            ("agent out udp 514 --to siem-or-syslog-server", 2),
            ("agent out tcp 1443 --to web-proxy", 0),
            ("agent out tcp 4122 --to relay", 0),
            ("relay in tcp 4122 --from agent", 0),
            ("relay ingress tcp 4122 --from 10.0.0.1", 2),
            ("agent inbound tcp 4118 --from workload-security", 2),
            ("agent in icmp 3/4 --from 10.0.0.1", 2),
            ("relay out tcp 443 --to trend-micro-update-server", 2),
        ],
    )
    def test_answers(self, run: Run, words: str, code: int) -> None:
        done = run("allows", *words.split())
        assert (done.exit_code, done.stderr) == (code, "")
        assert done.stdout.startswith("yes: " if code == 0 else "no: ")
        told = json.loads(run("allows", *words.split(), "-f", "json").stdout)
        assert told["allowed"] is (code == 0)
        assert bool(told["reasons"]) is (code == 2)

    def test_part_of_a_service(self, run: Run, site: Path) -> None:
        site.write_text(
            site.read_text().replace("[blocks, any-address]", "[blocks, refuse]").replace("[any-address]", "[refuse]")
        )
        done = run("allows", "agent", "out", "tcp", "443", "--to", "workload-security")
        assert done.exit_code == 2
        assert done.stdout.startswith("only in part: ")
        assert "agent-comm.workload.de-1.cloudone.trendmicro.com" in done.stdout
        assert "cannot be deployed" in done.stderr

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ("agent out udp 514 --to 10.0.0.1", "/ SIEM or syslog server / 514) is not needed here: is declined"),
            ("agent out tcp 5274 --to 10.0.0.1", "the site has no smart-protection-server"),
            ("agent out udp 123 --to 10.0.0.1", "is open only for 10.20.0.123/32"),
            ("agent out tcp 9 --to 10.0.0.1", "no rule has agent egress tcp 9; there are 80, 443, 1443, 4122."),
            ("agent in tcp 9 --from 10.0.0.1", "there is none"),
        ],
    )  # fmt: skip
    def test_nearest_reason(self, run: Run, words: str, reason: str) -> None:
        assert reason in run("allows", *words.split()).stdout

    def test_inherited_lines_are_told_to_their_role_only(self, run: Run) -> None:
        out = run("allows", "agent", "out", "tcp", "5274", "--to", "10.0.0.1").stdout
        assert "relay/" not in out


@pytest.mark.usefixtures("site")
class TestFormats:
    """A format that only one verb can write is found by the user's pipeline."""

    VERBS = (
        "plan",
        "flows --all",
        "explain agent-service",
        "allows agent out tcp 443 --to workload-security",
        "diff 2024-11-29",
        "diff -d ws-network.yaml",
        *(
            f"catalogue {kind}"
            for kind in [
                "flows",
                "hosts",
                "regions",
                "blocks",
                "features",
                "roles",
                "contradictions",
                "unknowns",
                "sources",
                "revisions",
            ]
        ),
    )

    @pytest.mark.parametrize("words", VERBS)
    @pytest.mark.parametrize("form", FORMATS)
    def test_parses_and_is_stable(self, run: Run, words: str, form: str) -> None:
        done = run(*words.split(), "--format", form)
        assert done.exit_code in {0, 2}
        assert done.stdout == run(*words.split(), "--format", form).stdout
        if form == "json":
            assert isinstance(json.loads(done.stdout), dict)
        if form == "csv":
            rows = list(csv.reader(io.StringIO(done.stdout)))
            assert len({len(row) for row in rows}) == 1
            assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
        if form == "markdown":
            tables = [line for line in done.stdout.splitlines() if line.startswith("|")]
            assert tables
