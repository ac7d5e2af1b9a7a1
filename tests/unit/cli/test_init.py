"""`init`: the first file of a new user, who fears to open too much and to break what runs."""

import datetime as dt
import json
from itertools import product
from pathlib import Path

import pytest
import yaml

from tests.unit.cli.golden import Run, same_as_golden
from ws_network import Catalogue, Deployment, Start, UserError, build_plan, starter_file
from ws_network.catalogue import RoleKind
from ws_network.views.answers import Cloud
from ws_network.views.planned import overview
from ws_network.views.starter import Decision

GROUP_ON_AZURE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/siem/providers/Microsoft.Network/"
    "applicationSecurityGroups/collectors"
)
SAID = ["--yes", "--region", "de-1", "--dns", "platform", "--ntp", "platform"]


class TestWithoutQuestions:
    """A pipeline makes the file; what nobody said must not be guessed."""

    @pytest.mark.parametrize("roles", ["agent", "agent,relay", "data-center-gateway", "administrator, api-client"])
    @pytest.mark.parametrize("names", ["filtered", "snapshot", "refuse"])
    def test_what_it_writes_can_be_planned(self, run: Run, tmp_path: Path, roles: str, names: str) -> None:
        behind = ["--behind", "aws-network-firewall"] if names == "filtered" else []
        done = run("init", *SAID, "--roles", roles, "--names", names, *behind)
        assert (done.exit_code, done.stderr) == (0, "")
        planned = run("plan", "-f", "json")
        refused = names != "filtered"
        assert planned.exit_code == (1 if refused else 0)
        assert {entry["code"] for entry in json.loads(planned.stdout)["findings"] if entry["severity"] == "error"} == (
            {"names-refused"} if refused else set()
        )
        assert ("any-address" in (tmp_path / "ws-network.yaml").read_text()) is (names == "filtered")

    @pytest.mark.parametrize(
        ("cloud", "target", "words"),
        [
            ("azure", "azure-nsg", "--names filtered --behind azure-firewall"),
            ("azure", "azure-nsg", "--names snapshot"),
            ("azure", "azure-nsg", "--names refuse"),
            ("gcp", "gcp-firewall-policy", "--relays 10.20.8.0/24"),
        ],
    )
    def test_another_cloud(self, run: Run, tmp_path: Path, cloud: str, target: str, words: str) -> None:
        done = run("init", *SAID, "--cloud", cloud, "--roles", "agent,relay,api-client", *words.split())
        assert (done.exit_code, done.stderr) == (0, "")
        assert f"ws-network plan --target {target}" in done.stdout
        assert ("ws-network resolve --place" in done.stdout) is ("snapshot" in words)
        planned = run("plan", "--target", target, "-f", "json")
        refused = "snapshot" in words or "refuse" in words
        assert planned.exit_code == (1 if refused else 0)
        errors = {entry["code"] for entry in json.loads(planned.stdout)["findings"] if entry["severity"] == "error"}
        assert errors == ({"names-refused"} if refused else set())
        assert yaml.safe_load((tmp_path / "ws-network.yaml").read_text())["deny_rest"] is True

    def test_gcp_wants_the_ranges_of_the_site_s_relays(self, run: Run, tmp_path: Path) -> None:
        """Without them the file that was just written fails its first plan: no egress rule there can name machines."""
        done = run("init", *SAID, "--cloud", "gcp", "--roles", "agent,relay")
        assert (done.exit_code, done.stderr) == (1, "error: --relays cannot be guessed: give it beside --yes.\n")
        assert run("init", *SAID, "--cloud", "gcp", "--roles", "agent").exit_code == 0
        assert "relay" not in (tmp_path / "ws-network.yaml").read_text()

    @pytest.mark.parametrize(
        ("cloud", "answer", "takes"),
        [
            ("azure", "pl-0f3a9c21d4e5b6a78", "service tags as VirtualNetwork"),
            ("azure", "10.0.0.2,444455556666/sg-0a1b2c3d4e5f60718", "application security groups"),
            ("azure", "tagValues/281478395625", "service tags as VirtualNetwork"),
            ("gcp", "sg-0a1b2c3d4e5f60718", "address groups as projects/"),
            ("gcp", "tagValues/281478395625", "address groups as projects/"),
            ("gcp", "VirtualNetwork", "address groups as projects/"),
            ("aws", "VirtualNetwork", "ids as pl-0f3a9c21d4e5b6a78"),
            ("aws", "projects/hub/locations/global/addressGroups/collectors", "ids as pl-0f3a9c21d4e5b6a78"),
        ],
    )
    @pytest.mark.parametrize("option", ["--dns", "--ntp", "--siem", "--relays", "--proxy"])
    def test_a_peer_is_refused_in_the_form_of_another_cloud(
        self, run: Run, tmp_path: Path, option: str, cloud: str, answer: str, takes: str
    ) -> None:
        """The plan would leave it out, and the file would look as if it named a peer."""
        given = dict(zip(SAID[1::2], SAID[2::2], strict=True)) | {
            option: f"{answer}:3128" if "proxy" in option else answer
        }
        names = {} if cloud == "gcp" else {"--names": "refuse"}
        done = run("init", "--yes", "--cloud", cloud, *(word for pair in (given | names).items() for word in pair))
        assert done.exit_code == 1
        assert "is no other end that a rule on" in done.stderr
        assert takes in done.stderr
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("cloud", "answer", "key"),
        [
            ("azure", "VirtualNetwork", "service_tags"),
            ("azure", GROUP_ON_AZURE, "application_security_group_ids"),
            ("gcp", "projects/hub/locations/global/addressGroups/collectors", "address_groups"),
        ],
    )
    def test_a_peer_in_a_form_of_the_cloud(self, run: Run, tmp_path: Path, cloud: str, answer: str, key: str) -> None:
        names = [] if cloud == "gcp" else ["--names", "filtered", "--behind", "other", "--reason", "held"]
        assert run("init", *SAID, "--cloud", cloud, *names, "--siem", f"10.0.0.5, {answer}").exit_code == 0
        written = yaml.safe_load((tmp_path / "ws-network.yaml").read_text())
        assert written["peers"]["siem-or-syslog-server"] == {"cidrs": ["10.0.0.5/32"], key: [answer]}
        target = {"azure": "azure-nsg", "gcp": "gcp-firewall-policy"}[cloud]
        planned = json.loads(run("plan", "--target", target, "-f", "json").stdout)
        assert answer in {rule["peer"] for rule in planned["rules"]}

    @pytest.mark.parametrize(
        "words", ["--names filtered", "--names refuse", "--behind other", "--reason held", "--until 2027-11-30"]
    )
    def test_gcp_takes_no_decision_about_names(self, run: Run, tmp_path: Path, words: str) -> None:
        """It was ignored, also where the answer was to refuse."""
        done = run("init", *SAID, "--cloud", "gcp", *words.split())
        assert done.exit_code == 1
        assert done.stderr.startswith(f"error: {words.split(maxsplit=1)[0]} would be for a filter that")
        assert list(tmp_path.iterdir()) == []

    def test_every_region(self, run: Run) -> None:
        for region in Catalogue.load().regions.values():
            words = [*SAID, "--region", region.id, "--names", "refuse", "--force"]
            assert run("init", *words).exit_code == (0 if region.deployable else 1)

    def test_the_file(self, run: Run, tmp_path: Path) -> None:
        words = ["--roles", "agent,relay", "--names", "filtered", "--behind", "aws-network-firewall"]
        more = ["--until", "2027-11-30", "--siem", "sg-0a1b2c3d4e5f60718", "--proxy", "10.20.9.10:3128"]
        assert run("init", *SAID, *words, *more).exit_code == 0
        same_as_golden("ws-network.yaml", (tmp_path / "ws-network.yaml").read_text())

    def test_everything_that_a_peer_can_be(self, run: Run, tmp_path: Path) -> None:
        forms = "10.0.0.2, 10.1.0.0/16 fd00::53,pl-0f3a9c21d4e5b6a78,444455556666/sg-0a1b2c3d4e5f60718"
        words = ["--dns", forms, "--ntp", "platform", "--relays", "10.9.0.0/24", "--proxy", "[fd00::9]:8080"]
        assert run("init", "--yes", "--region", "de-1", "--names", "refuse", *words).exit_code == 0
        written = yaml.safe_load((tmp_path / "ws-network.yaml").read_text())
        assert written["peers"]["dns-server"] == {
            "cidrs": ["10.0.0.2/32", "10.1.0.0/16", "fd00::53/128"],
            "security_group_ids": ["444455556666/sg-0a1b2c3d4e5f60718"],
            "prefix_list_ids": ["pl-0f3a9c21d4e5b6a78"],
        }
        assert written["peers"]["relay"] == {"cidrs": ["10.9.0.0/24"]}
        assert (written["proxy"]["cidrs"], written["proxy"]["port"]) == (["fd00::9/128"], 8080)

    def test_a_policy_that_this_package_does_not_know(self, run: Run, tmp_path: Path) -> None:
        """Any address with nothing known behind it stays a high finding: the plan exits 2."""
        words = ["--names", "filtered", "--behind", "other", "--reason", "the proxy appliance filters names"]
        assert run("init", *SAID, *words).exit_code == 0
        assert "behind:" not in (tmp_path / "ws-network.yaml").read_text()
        assert run("plan").exit_code == 2

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            ("--yes", "--region cannot be guessed: give it beside --yes."),
            ("--yes --region de-1", "--dns cannot be guessed: give it beside --yes."),
            ("--yes --region de-1 --dns platform", "--ntp cannot be guessed: give it beside --yes."),
            ("--yes --region de-1 --dns platform --ntp platform", "--names cannot be guessed: give it beside --yes."),
            (
                "--yes --region de-1 --dns platform --ntp platform --names filtered",
                "--behind cannot be guessed: give it beside --yes.",
            ),
            (
                "--yes --region eu-central-1",
                "unknown region 'eu-central-1': that is AWS's name; the service's is 'de-1'",
            ),
            ("--yes --region de-1 --roles agnt", "unknown role 'agnt': did you mean 'agent'?"),
            ("--yes --region de-1 --roles ,", "unknown role '': known are"),
            ("--yes --region de-1 --dns 10.0.0.300", "'10.0.0.300'"),
            ("--yes --region de-1 --dns 10.0.0.1/8", "has host bits set"),
            ("--yes --region de-1 --dns platform --ntp platform --proxy 10.0.0.1", "write its address and port"),
            (
                "--yes --region de-1 --dns platform --ntp platform --proxy 10.0.0.1:70000",
                "the proxy's port: 70000 is no port",
            ),
            ("--yes --region de-1 --dns platform --ntp platform --names any-address", "unknown decision 'any-address'"),
            (
                "--yes --region de-1 --dns platform --ntp platform --names filtered --behind azure-firewall",
                "'azure-firewall' stands behind no rule on aws: use one of aws-dns-firewall, aws-",
            ),
            ("--yes --region de-1 --dns pl-7 --ntp platform", "'pl-7' is no prefix list id: write it as 'pl-"),
            ("--yes --region de-1 --dns ntp.corp.example --ntp platform", "give addresses, ranges as 10.20.0.0/24"),
            ("--yes --region de-1 --dns , --ntp platform", "'' is no other end that a rule on AWS takes"),
            ("--yes --region de-1 --dns platform --ntp platform --siem platform", "'platform' is no other end"),
            ("--yes --region de-1 --dns platform --ntp 0.0.0.0/0", "would open the port to every address"),
            (
                "--yes --region de-1 --names refuse --behind other --until 2099-11-30",
                "--behind and --until would be for filtered, not for refuse: leave out one of the two.",
            ),
            ("--yes --region de-1 --names snapshot --reason x", "--reason would be for filtered, not for snapshot"),
            ("--yes --region de-1 --proxy-covers downlod-center", "unknown service under --proxy-covers 'downlod-cent"),
            (
                "--yes --region de-1 --dns platform --ntp platform --proxy none --proxy-covers download-center",
                "--proxy-covers is about a proxy, and there is none: give --proxy, or leave it out.",
            ),
            (
                (
                    "--yes --region de-1 --dns platform --ntp platform --names filtered --behind other --reason x "
                    "--until 2020-01-01"
                ),
                "--until is 2020-01-01, which is over: give a day from ",
            ),
        ],
    )
    def test_what_cannot_be_guessed_or_read(self, run: Run, tmp_path: Path, words: str, error: str) -> None:
        done = run("init", *words.split())
        assert done.exit_code == 1
        assert done.stderr.startswith("error: ")
        assert error in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("option", ["--siem", "--relays", "--proxy", "--proxy-covers"])
    def test_an_empty_answer_is_none(self, run: Run, tmp_path: Path, option: str) -> None:
        """A variable of a pipeline that is not set left the peer out without a word."""
        done = run("init", *SAID, "--names", "refuse", option, "")
        assert done.exit_code == 1
        assert done.stderr.startswith(("error: ''", "error: unknown service under --proxy-covers ''"))
        assert list(tmp_path.iterdir()) == []

    def test_a_decision_that_nothing_waits_for_is_said(self, run: Run, tmp_path: Path) -> None:
        every = "workload-security,trend-micro-update-server,download-center,smart-protection-network"
        proxy = ["--proxy", "10.0.0.9:3128", "--proxy-covers", every]
        done = run("init", *SAID, *proxy, "--names", "filtered", "--behind", "aws-network-firewall")
        assert done.exit_code == 0
        assert (
            done.stderr == "note: no host is left to decide about, so the file has nothing of --names and --behind.\n"
        )
        assert "behind" not in (tmp_path / "ws-network.yaml").read_text()

    def test_a_snapshot_is_made_before_the_plan_that_needs_it(self, run: Run) -> None:
        """The command that was told failed at once, since nobody had resolved a name."""
        done = run("init", "site.yaml", *SAID, "--names", "snapshot")
        told = done.stdout.partition("Next: ")[2].strip()
        assert told == (
            "ws-network resolve site.yaml --place 'where this runs', then ws-network plan site.yaml --snapshot "
            "ws-network.snapshot.json"
        )

    def test_a_file_is_not_overwritten(self, run: Run, tmp_path: Path) -> None:
        mine = tmp_path / "ws-network.yaml"
        mine.write_text("mine")
        done = run("init", *SAID, "--names", "refuse")
        assert (done.exit_code, mine.read_text()) == (1, "mine")
        assert "--force" in done.stderr
        assert run("init", *SAID, "--names", "refuse", "--force").exit_code == 0
        assert mine.read_text() != "mine"


class TestWithQuestions:
    """A person answers, makes mistakes and is asked again."""

    def test_a_conversation(self, run: Run, tmp_path: Path) -> None:
        answers = (
            "de-2\nde-1\nagent,relay\n\n10.0.0.123\n10.0.0.9:99999\nnone\nwhat\nfiltered\nfirewall\n"
            "aws-network-firewall\n\nsoon\n2020-01-01\n\n"
        )
        done = run("init", "site.yaml", stdin=answers)
        assert done.exit_code == 0
        assert done.stdout.endswith("wrote site.yaml. Next: ws-network plan site.yaml\n")
        for told in (
            "de-1 (Germany)",
            "no published address block",
            "smart-protection-network: ",
            "did you mean 'de-1'?",
            "unknown decision 'what'",
            "unknown policy that filters names 'firewall'",
            "--until is 'soon'",
            "--until is 2020-01-01, which is over",
            "99999 is no port",
        ):
            assert told in done.output
        written = yaml.safe_load((tmp_path / "site.yaml").read_text())
        assert written["peers"] == {"dns-server": {"platform": True}, "ntp-server": {"cidrs": ["10.0.0.123/32"]}}
        until = written["any_address"]["workload-security"]["until"]
        assert until - dt.date.today() == dt.timedelta(days=365)  # noqa: DTZ011 - as the command says it
        assert run("plan", "site.yaml").exit_code == 0

    def test_gcp_asks_for_the_ranges_of_relays_and_for_no_decision(self, run: Run, tmp_path: Path) -> None:
        done = run("init", "--cloud", "gcp", stdin="de-1\nagent,relay\n\n\n\nplatform\n10.20.8.0/24\n")
        assert done.exit_code == 0
        assert "Ranges of this site's relays" in done.stdout
        assert "no published address block" not in done.stdout
        written = yaml.safe_load((tmp_path / "ws-network.yaml").read_text())
        assert written["peers"]["relay"] == {"cidrs": ["10.20.8.0/24"]}
        assert run("plan", "--target", "gcp-firewall-policy").exit_code == 0

    def test_pressing_enter_opens_nothing(self, run: Run, tmp_path: Path) -> None:
        assert run("init", stdin="de-1\n\n\n\n\n\n").exit_code == 0
        assert "any-address" not in (tmp_path / "ws-network.yaml").read_text()

    def test_the_proxy_takes_hosts_out_of_the_question(self, run: Run) -> None:
        every = "workload-security,trend-micro-update-server,download-center,smart-protection-network"
        done = run("init", "--proxy", "10.0.0.9:3128", "--proxy-covers", every, stdin="de-1\n\n\n\n")
        assert (done.exit_code, "snapshot" in done.stdout) == (0, False)

    def test_input_that_ends(self, run: Run, tmp_path: Path) -> None:
        done = run("init", stdin="de-1\n")
        assert done.exit_code == 1
        assert "error: the input ended before all answers were given" in done.stderr
        assert list(tmp_path.iterdir()) == []


class TestStarterFile:
    """The same from Python."""

    @pytest.mark.parametrize("cloud", Cloud)
    @pytest.mark.parametrize("roles", ["agent", "relay", "agent relay", "every"])
    @pytest.mark.parametrize("decision", Decision)
    def test_every_file_has_a_plan_without_errors(self, cloud: Cloud, roles: str, decision: Decision) -> None:
        """What is written for a new user must not fail the first command that he is told to type."""
        known = Catalogue.load()
        components = tuple(role.id for role in known.roles.values() if role.kind is RoleKind.COMPONENT)
        for siem, relays, proxy, platform in product(*[(False, True)] * 4):
            start = Start(
                "de-1",
                components if roles == "every" else tuple(roles.split()),
                "platform" if platform else "10.0.0.2",
                "platform" if platform else "10.0.0.3, fd00::3",
                cloud=cloud,
                siem="10.0.0.5" if siem else None,
                relays="10.9.0.0/24" if relays else None,
                proxy="10.0.0.9:3128" if proxy else None,
                decision=decision,
                behind=cloud.name_filter,
                reason="held",
                until=dt.date(2027, 11, 30),
            )
            unsaid = roles != "agent" and not relays
            if cloud is Cloud.GCP and (unsaid or decision is not Decision.REFUSE):
                with pytest.raises(UserError, match="give them as relays" if unsaid else "leave out the decision"):
                    starter_file(start, known)
                continue
            deployment = Deployment.parse(yaml.safe_load(starter_file(start, known)))
            errors = {entry.code for entry in overview(build_plan(known, deployment, target=cloud.target)).errors}
            may_refuse = decision is not Decision.FILTERED and cloud is not Cloud.GCP
            assert errors <= ({"names-refused"} if may_refuse else set())

    def test_any_address_needs_reason_and_end(self) -> None:
        start = Start("de-1", ("agent",), "platform", "platform", decision=Decision.FILTERED)
        with pytest.raises(UserError, match="any address needs a reason and an end date"):
            starter_file(start, Catalogue.load())
