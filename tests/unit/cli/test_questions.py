"""`ask` against the evaluator of plans, other ends of every form, and the terminal's columns."""

import re
import sys
from datetime import date
from itertools import product

import pytest
import yaml

from tests.unit.cli.conftest import SITE
from ws_network import (
    Catalogue,
    Deployment,
    Direction,
    Packet,
    Plan,
    Target,
    UserError,
    ask,
    build_plan,
    explain,
    overview,
)
from ws_network.catalogue import Transport
from ws_network.cli.output import show
from ws_network.views.tables import Cell, Column, Format, Sheet, Table, to_text, write

SYSLOG = """\
region: de-1
revision: "2025-12-09"
roles: [agent]
peers:
  dns-server: {cidrs: [10.20.0.53/32, "fd12::53/128"]}
  ntp-server: {prefix_list_ids: [pl-0f3a9c21d4e5b6a78], security_group_ids: [sg-0a1b2c3d4e5f60718]}
  siem-or-syslog-server: {fqdns: [siem.corp.example], within: [10.0.0.0/8]}
names:
  aws-security-group: {default: [any-address]}
any_address: &any
  workload-security: {reason: test, until: 2027-11-30}
  smart-protection-network: {reason: test, until: 2027-11-30}
  download-center: {reason: test, until: 2027-11-30}
  siem-or-syslog-server: {reason: test, until: 2027-11-30}
"""
"""A peer in each form that a security group can and cannot hold."""


def planned(text: str, **options: tuple[str, ...]) -> Plan:
    deployment = Deployment.parse(yaml.safe_load(text))
    return build_plan(Catalogue.load(), deployment, as_of=date(2026, 11, 24), **options)


class TestAgreement:
    """Two evaluators that disagree would answer an incident both ways."""

    @pytest.mark.parametrize("layout", ["per-flow", "minimal"])
    def test_ask_and_allows(self, layout: str) -> None:
        plan = planned(f"{SITE}layout: {layout}\n")
        remotes = ["203.0.113.9", "3.69.198.63", "3.69.198.64", "3.69.198.95", "3.69.198.96", "18.96.34.160"]
        remotes += ["10.20.0.123", "10.20.0.124", "10.20.9.10", "2001:db8::1"]
        ports = sorted(
            {port for rule in plan.rules for port in (rule.ports.first - 1, rule.ports.first, rule.ports.last + 1)}
        )
        for role, direction, protocol in product(plan.roles, Direction, (Transport.TCP, Transport.UDP)):
            for port, remote in product(ports, remotes):
                packet = Packet(role, direction, protocol, port, remote)
                assert ask(plan, packet).allowed == plan.allows(packet), packet


class TestOtherEnds:
    """A rule whose other end is an id must be found by that id."""

    @pytest.mark.parametrize(
        ("port", "protocol", "remote", "parts"),
        [
            (123, Transport.UDP, "ntp-server", ["sg-0a1b2c3d4e5f60718", "pl-0f3a9c21d4e5b6a78"]),
            (123, Transport.UDP, "pl-0f3a9c21d4e5b6a78", ["pl-0f3a9c21d4e5b6a78"]),
            (53, Transport.UDP, "dns-server", ["10.20.0.53/32", "fd12::53/128"]),
            (514, Transport.UDP, "siem-or-syslog-server", ["siem.corp.example"]),
            (514, Transport.UDP, "siem.corp.example", ["siem.corp.example"]),
        ],
    )
    def test_each_form(self, port: int, protocol: Transport, remote: str, parts: list[str]) -> None:
        answer = ask(planned(SYSLOG), Packet("agent", Direction.EGRESS, protocol, port, remote))
        assert [part.remote for part in answer.parts] == parts
        assert answer.allowed

    def test_groups_given_when_the_component_is_made(self) -> None:
        plan = planned(SYSLOG.replace(', "fd12::53/128"', ""), references=("dns-server/blue",))
        answer = ask(plan, Packet("agent", Direction.EGRESS, Transport.UDP, 53, "dns-server"))
        assert [part.remote for part in answer.parts] == ["10.20.0.53/32", "dns-server/blue"]
        assert answer.allowed
        text = write(overview(plan).sheet(), Format.TABLE)
        assert "group given as dns-server/blue" in text
        assert "sg-0a1b2c3d4e5f60718" in text
        assert "pl-0f3a9c21d4e5b6a78" in text

    def test_longer_lists_are_counted(self) -> None:
        many = ", ".join(f"10.1.{number}.0/24" for number in range(5))
        text = write(overview(planned(SITE.replace("10.20.0.123/32", many))).sheet(), Format.TABLE)
        assert "peer-ntp-server-ipv4 (5 blocks)" in text
        told = explain(planned(SITE.replace("10.20.0.123/32", many)), "agent-ntp")
        assert len(told["rules"][0]["addresses"]) == 5


def sheet(*rows: tuple[Cell, ...]) -> Sheet:
    columns = (Column("a", "first", "…"), Column("b", "second", "…"))
    return Sheet("a title", {}, (Table("rows", columns, rows),), ("high code: remedy", "  - " + "word " * 60))


class TestTables:
    """What a spreadsheet or a terminal makes of our text is part of it."""

    @pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\t=1", "\r=1"])
    def test_no_formula_in_csv(self, text: str) -> None:
        assert f"'{text}".encode() in write(sheet((text, 1)), Format.CSV).encode()

    def test_markdown_is_escaped(self) -> None:
        assert r"\*a\|b\<c" in write(sheet(("*a|b<c", None)), Format.MARKDOWN)

    def test_several_values(self) -> None:
        text = write(sheet((("x", "y"), True), ((), False)), Format.TABLE)
        assert text.splitlines()[2:6] == ["FIRST  SECOND", "x      yes", "y", "       no"]

    def test_terminal_wraps_to_its_width(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setenv("TERM", "xterm")
        grouped = Table("more", (Column("g", "", ""), Column("c", "", "")), (("role", ("x", "y")),), group=True)
        empty = Table("none", (Column("c", "c", ""),), ())
        given = sheet((("long " * 30).strip(), "yes"))
        show(Sheet(given.title, {}, (*given.tables, grouped, empty), given.notes), Format.TABLE)
        shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
        assert max(map(len, shown.splitlines())) <= 60
        assert shown.count("word") == 60
        assert "role" in shown


GCP = """\
region: de-1
revision: "2025-12-09"
roles: [agent, relay]
deny_rest: true
machines: {agent: {secure_tags: [tagValues/1]}, relay: {given: secure-tag}}
peers:
  dns-server: {cidrs: [10.20.0.53/32]}
  ntp-server: {platform: true}
  relay: {cidrs: [10.20.8.0/28]}
  siem-or-syslog-server:
    address_groups: [projects/hub/locations/global/addressGroups/siem]
    secure_tags: [tagValues/9]
names: {default: [blocks, fqdn]}
"""


class TestAnotherTarget:
    """On GCP names are followed and tags are sources only: the answers must be those of that target."""

    @pytest.fixture
    def plan(self) -> Plan:
        target = Target.GCP_FIREWALL_POLICY
        return build_plan(Catalogue.load(), Deployment.parse(yaml.safe_load(GCP)), target=target)

    @pytest.mark.parametrize(
        ("direction", "protocol", "port", "remote", "parts"),
        [
            ("egress", "tcp", 443, "files.trendmicro.com", {"files.trendmicro.com": True}),
            ("egress", "tcp", 444, "files.trendmicro.com", {"files.trendmicro.com": False}),
            ("egress", "tcp", 4122, "relay", {"relay": False, "10.20.8.0/28": True}),
            (
                "egress",
                "udp",
                514,
                "siem-or-syslog-server",
                {"projects/hub/locations/global/addressGroups/siem": True},
            ),
            ("egress", "udp", 123, "ntp-server", {"ntp-server": True}),
        ],
    )
    def test_answers(
        self, plan: Plan, direction: str, protocol: str, port: int, remote: str, parts: dict[str, bool]
    ) -> None:
        assert not plan.failed
        answer = ask(plan, Packet("agent", Direction(direction), Transport(protocol), port, remote))
        assert {part.remote: part.allowed for part in answer.parts} == parts

    def test_who_the_target_cannot_name_does_not_pass(self) -> None:
        content = yaml.safe_load(GCP)
        content["peers"]["siem-or-syslog-server"] = {"secure_tags": ["tagValues/9"]}
        plan = build_plan(Catalogue.load(), Deployment.parse(content), target=Target.GCP_FIREWALL_POLICY)
        answer = ask(plan, Packet("agent", Direction.EGRESS, Transport.TCP, 22, "siem-or-syslog-server"))
        assert not answer.allowed
        assert answer.parts[0].by == ("gcp-firewall-policy cannot name it there",)

    def test_a_source_is_told_by_its_role(self, plan: Plan) -> None:
        answer = ask(plan, Packet("relay", Direction.INGRESS, Transport.TCP, 4122, "agent"))
        assert answer.allowed
        assert answer.parts[0].by == ("relay-ingress-tcp-4122-role-agent",)

    def test_the_rendering_is_shown_with_its_count(self, plan: Plan) -> None:
        shown = overview(plan)
        (count,) = shown.rendering.counts if shown.rendering else ()
        assert (count.group, count.limit) == ("policy", 10_000)
        (row,) = shown.counts().records()
        assert (row["count"], row["unit"]) == (count.taken, "attributes")
        assert "FAMILY  ATTRIBUTES  QUOTA" in to_text(shown.sheet())
        assert count.taken > len(plan.rules)
        assert set(shown.rendered()) == {"address_groups", "rules", "findings"}

    def test_a_plan_without_machines_has_no_rendering_and_says_why(self) -> None:
        deployment = Deployment.parse({**yaml.safe_load(GCP), "machines": {}})
        shown = overview(build_plan(Catalogue.load(), deployment, target=Target.GCP_FIREWALL_POLICY))
        assert shown.rendering is None
        with pytest.raises(UserError, match="role agent has no machines"):
            shown.rendered()
