"""`AwsWorkloadSecurity` on mocks: every resource that it registers, and what it says."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from tests.components.recorder import Recording, check_golden, record
from tests.components.sites import AGENTS, HELD, SITE, changed, with_peer
from ws_network.aws import AwsWorkloadSecurity

VPC = "vpc-0a1b2c3d4e5f60718"
SIEM = {"siem-or-syslog-server": "sg-0a1b2c3d4e5f60718"}


def deploy(
    deployment: dict[str, Any], *, preview: bool = False, opts: pulumi.ResourceOptions | None = None, **args: Any
) -> Recording:
    """Return what a program with one site registers; `vpc_id` is given unless it is None."""

    def program() -> dict[str, Any]:
        site = AwsWorkloadSecurity("site", {"deployment": deployment, "vpc_id": VPC, **args}, opts)
        return {name: getattr(site, name) for name in AwsWorkloadSecurity.__annotations__}

    return record(program, preview=preview)


def rule_names(recording: Recording) -> set[str]:
    """Return the logical names of the rules."""
    return {item.name for item in recording.of("gressRule")}


class TestWholeListOfResources:
    """A resource that appears, goes or changes a property is seen in review, not in a user's preview."""

    @pytest.mark.parametrize(
        ("name", "deployment", "args"),
        [
            ("site", SITE, {"exclusive": True}),
            ("site-split", changed(SITE, split={"agent": 2}), {"exclusive": True}),
            ("site-minimal", changed(SITE, layout="minimal"), {}),
            ("site-tags", changed(AGENTS, tags={"team": "platform-security"}), {"exclusive": True}),
            (
                "site-adopted",
                AGENTS,
                {"security_group_ids": {"agent": "sg-0d4e5f60718a1b2c3"}, "vpc_id": None},
            ),
            (
                "site-ids-of-others",
                AGENTS,
                {
                    "peer_security_group_ids": {**SIEM, "siem-or-syslog-server/second": "sg-0718a1b2c3d4e5f60"},
                    "prefix_list_ids": {"peer-dns-server-ipv4": "pl-0f3a9c21d4e5b6a78"},
                },
            ),
            (
                "site-managed-proxy",
                changed(
                    AGENTS,
                    proxy={"port": 1443, "covers": ["workload-security", "download-center"], "manage": True},
                ),
                {},
            ),
        ],
    )
    def test_registers_exactly_these(self, name: str, deployment: dict[str, Any], args: dict[str, Any]) -> None:
        check_golden(name, deploy(deployment, **args).to_dict())

    def test_preview_registers_what_up_does(self) -> None:
        """Rules behind an unknown id would first be seen when they are made."""

        def program() -> None:
            vpc = aws.ec2.Vpc("main", cidr_block="10.20.0.0/16")
            AwsWorkloadSecurity("site", {"deployment": SITE, "vpc_id": vpc.id, "exclusive": True})

        preview, made = record(program, preview=True), record(program)
        assert {(item.type, item.name) for item in preview.registrations} == {
            (item.type, item.name) for item in made.registrations
        }
        groups = preview.of("securityGroup:SecurityGroup")
        assert {item.inputs["vpcId"] for item in groups} == {"(unknown)"}


class TestAdoptedGroups:
    """Someone else's group stays as it is: only its rules are ours."""

    def test_group_is_neither_made_nor_made_exclusive(self) -> None:
        made = deploy(SITE, security_group_ids={"agent": "sg-0d4e5f60718a1b2c3"}, exclusive=True)
        groups = [item.name for item in made.of("securityGroup:SecurityGroup")]
        watched = [item.name for item in made.of("RulesExclusive")]
        assert "site-agent" not in groups
        assert sorted(groups) == sorted(watched) == ["site-administrator", "site-data-center-gateway", "site-relay"]

    def test_others_refer_to_it_by_its_id(self) -> None:
        made = deploy(SITE, security_group_ids={"agent": "sg-0d4e5f60718a1b2c3"})
        rule = made.named("site-relay-ingress-tcp-4122-role-agent")
        assert rule.inputs["referencedSecurityGroupId"] == "sg-0d4e5f60718a1b2c3"
        assert made.outputs["security_group_ids"]["agent"] == "sg-0d4e5f60718a1b2c3"

    def test_vpc_is_not_asked_for_when_every_group_is_given(self) -> None:
        made = deploy(AGENTS, vpc_id=None, security_group_ids={"agent": "sg-0d4e5f60718a1b2c3"})
        assert made.of("securityGroup:SecurityGroup") == []
        assert len(made.of("gressRule")) == made.outputs["rule_count"]


class TestIdsFromElsewhere:
    """Ids that other stacks give: unknown in a preview, secret, or not there at all."""

    def test_known(self) -> None:
        made = deploy(AGENTS, peer_security_group_ids=SIEM)
        new = rule_names(made) - rule_names(deploy(AGENTS))
        assert new
        assert {made.named(name).inputs["referencedSecurityGroupId"] for name in new} == set(SIEM.values())

    def test_unknown_hides_no_rule(self) -> None:
        def program() -> None:
            siem = aws.ec2.SecurityGroup("siem")
            AwsWorkloadSecurity(
                "site",
                {
                    "deployment": AGENTS,
                    "vpc_id": VPC,
                    "peer_security_group_ids": {"siem-or-syslog-server": siem.id},
                },
            )

        assert rule_names(record(program, preview=True)) == rule_names(deploy(AGENTS, peer_security_group_ids=SIEM))

    def test_secret_stays_secret(self) -> None:
        """A secret id that reaches the state as plain text is in every backup of it."""
        hidden = pulumi.Output.secret("sg-0d4e5f60718a1b2c3")
        made = deploy(
            SITE,
            vpc_id=pulumi.Output.secret(VPC),
            security_group_ids={"agent": hidden},
            peer_security_group_ids={"siem-or-syslog-server": pulumi.Output.secret(SIEM["siem-or-syslog-server"])},
            prefix_list_ids={"peer-dns-server-ipv4": pulumi.Output.secret("pl-0f3a9c21d4e5b6a78")},
        )
        found: dict[str, Any] = {}

        def walk(value: Any, path: str) -> None:
            if isinstance(value, dict) and "(secret)" not in value:
                for key, item in value.items():
                    walk(item, f"{path}.{key}")
            elif isinstance(value, str):
                found[path] = value

        for item in made.registrations:
            walk(item.inputs, item.name)
        plain = {VPC, "sg-0d4e5f60718a1b2c3", SIEM["siem-or-syslog-server"], "pl-0f3a9c21d4e5b6a78"}
        assert plain.isdisjoint(found.values())
        assert {"security_group_ids", "prefix_list_ids"} <= made.secret
        hiding = made.named("site-relay").inputs["vpcId"]
        assert hiding == {"(secret)": VPC}

    @pytest.mark.parametrize(
        ("argument", "key", "named"),
        [
            ("vpc_id", None, "vpc_id"),
            ("security_group_ids", "agent", "the id of the existing group 'agent'"),
            ("peer_security_group_ids", "siem-or-syslog-server", "peer_security_group_ids['siem-or-syslog-server']"),
            ("prefix_list_ids", "peer-dns-server-ipv4", "prefix_list_ids['peer-dns-server-ipv4']"),
        ],
    )
    def test_missing_is_an_error(self, argument: str, key: str | None, named: str) -> None:
        """A group without VPC lands in the default one, and a rule without its end is refused half way."""
        gone: Any = pulumi.Output.from_input(None)
        expected = f"site: {named} is missing: the stack or resource it comes from has no such id."
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(expected)}$"):
            deploy(AGENTS, **{argument: {key: gone} if key else gone})

    def test_a_given_list_takes_the_place_of_ours(self) -> None:
        made = deploy(AGENTS, prefix_list_ids={"peer-dns-server-ipv4": "pl-0f3a9c21d4e5b6a78"})
        assert [item.name for item in made.of("ManagedPrefixList")] == ["site-blocks-de-1-ipv4"]
        rule = made.named("site-agent-egress-udp-53-peer-dns-server-ipv4")
        assert rule.inputs["prefixListId"] == "pl-0f3a9c21d4e5b6a78"
        assert made.outputs["prefix_list_ids"]["peer-dns-server-ipv4"] == "pl-0f3a9c21d4e5b6a78"


class TestOptionsOfTheComponent:
    """`ignore_changes` or `aliases` of a component that reach its rules hide changes, or take over other resources."""

    def test_children_get_parent_only(self) -> None:
        opts = pulumi.ResourceOptions(
            ignore_changes=["entries"],
            aliases=[pulumi.Alias(name="old")],
            transforms=[lambda _: None],
            replace_on_changes=["description"],
            delete_before_replace=True,
            retain_on_delete=True,
            custom_timeouts=pulumi.CustomTimeouts(create="5m"),
            additional_secret_outputs=["id"],
        )
        plain, made = deploy(SITE, exclusive=True), deploy(SITE, exclusive=True, opts=opts)
        assert made.of("AwsWorkloadSecurity")[0].options.keys() >= {"ignoreChanges", "aliases"}
        below = {item.name: item.options for item in made.registrations if item.parent}
        assert len(below) > 30
        assert below == {item.name: item.options for item in plain.registrations if item.parent}
        assert set(map(str, below.values())) == {"{}"}

    def test_every_child_hangs_below_its_component(self) -> None:
        made = deploy(SITE, exclusive=True)
        parents = {(item.type.split(":")[-1], item.parent) for item in made.registrations}
        assert {parent for kind, parent in parents if kind == "AwsWorkloadSecurity"} == {""}
        assert {parent for kind, parent in parents if kind.startswith("Aws") and kind != "AwsWorkloadSecurity"} == {
            "site"
        }
        for item in made.registrations:
            if not item.type.startswith("ws-network:"):
                assert item.parent.startswith("site-"), item

    def test_provider_of_the_component_is_that_of_its_children(self) -> None:
        def program() -> None:
            other = aws.Provider("other", region="eu-west-1")
            AwsWorkloadSecurity(
                "site", {"deployment": AGENTS, "vpc_id": VPC}, pulumi.ResourceOptions(providers={"aws": other})
            )

        made = record(program)
        resources = [item for item in made.registrations if item.type.startswith("aws:")]
        assert resources
        assert all("::other::" in item.provider for item in resources)


class TestStability:
    """Names come from content: a change of one thing is a change of one resource."""

    def test_order_and_position_do_not_count(self) -> None:
        turned = changed(
            SITE,
            roles=SITE["roles"][::-1],
            features=SITE["features"][::-1],
            peers=dict(reversed(SITE["peers"].items())),
            names=SITE["names"][::-1],
        )
        assert deploy(turned).to_dict() == deploy(SITE).to_dict()

    def test_one_address_more_is_one_list(self) -> None:
        more = with_peer(SITE, "vmware-vcenter", {"cidrs": ["10.60.8.10/32", "10.60.8.11/32"]})
        before = {(item.type, item.name): item for item in deploy(SITE).registrations}
        after = {(item.type, item.name): item for item in deploy(more).registrations}
        assert before.keys() == after.keys()
        differ = [key for key in before if before[key] != after[key]]
        assert differ == [("aws:ec2/managedPrefixList:ManagedPrefixList", "site-peer-vmware-vcenter-ipv4")]

    def test_another_day_same_resources(self) -> None:
        """A stack whose rules go because a date has passed is an outage that nobody made."""
        now, later = deploy(SITE, as_of="2026-01-01"), deploy(SITE, as_of="2029-01-01")
        assert now.to_dict() == later.to_dict()
        codes = [{entry["code"] for entry in made.outputs["findings"]} for made in (now, later)]
        assert "exception-expired" not in codes[0]
        assert "exception-expired" in codes[1]
        assert any("exception-expired" in text for text in later.warnings)

    def test_only_on_expiry_close_closes(self) -> None:
        entry = {"until": "2027-03-31", "reason": "last console moves"}
        warned = changed(AGENTS, expires={"agent-dns": entry})
        closing = changed(AGENTS, expires={"agent-dns": {**entry, "on_expiry": "close"}})
        assert rule_names(deploy(warned, as_of="2029-01-01")) == rule_names(deploy(AGENTS))
        gone = rule_names(deploy(AGENTS)) - rule_names(deploy(closing, as_of="2029-01-01"))
        assert gone == {"site-agent-egress-udp-53-peer-dns-server-ipv4"}
        assert rule_names(deploy(closing, as_of="2027-03-31")) == rule_names(deploy(AGENTS))

    def test_whole_numbers_may_arrive_as_floats(self) -> None:
        """Other languages know one kind of number: 443.0 is 443."""
        proxy = {"cidrs": ["10.20.9.10/32"], "covers": ["workload-security"]}
        whole = changed(
            AGENTS, proxy={**proxy, "port": 1443}, split={"agent": 2}, quotas={"aws-rules-per-security-group": 80}
        )
        floats = changed(
            AGENTS, proxy={**proxy, "port": 1443.0}, split={"agent": 2.0}, quotas={"aws-rules-per-security-group": 80.0}
        )
        snapshot = {"place": "eu-central-1", "names": {}}
        assert (
            deploy(floats, snapshot={**snapshot, "format": 1.0}).to_dict()
            == deploy(whole, snapshot={**snapshot, "format": 1}).to_dict()
        )


class TestOutputs:
    """What programs attach and read."""

    def test_ids_count_and_findings(self) -> None:
        made = deploy(changed(SITE, split={"agent": 2}))
        assert made.outputs["security_group_ids"] == {
            key: f"id-of-site-{key}" for key in ("agent", "agent-2", "relay", "data-center-gateway", "administrator")
        }
        assert made.outputs["prefix_list_ids"] == {
            name.removeprefix("site-"): f"id-of-{name}" for name in (item.name for item in made.of("ManagedPrefixList"))
        }
        assert made.outputs["rule_count"] == len(made.of("gressRule"))
        assert all(set(entry) == {"code", "severity", "flow", "text", "remedy"} for entry in made.outputs["findings"])
        assert {"code": "role-split", "severity": "info"}.items() <= made.outputs["findings"][-1].items()

    def test_no_lists_is_an_empty_map(self) -> None:
        """A list where a map was promised breaks the program that reads it by key."""
        site = changed(
            with_peer(AGENTS, "dns-server", {"platform": True}),
            names=[{"forms": ["any-address"]}],
        )
        assert deploy(site).outputs["prefix_list_ids"] == {}

    def test_medium_and_worse_are_warnings(self) -> None:
        made = deploy(SITE)
        medium = [entry for entry in made.outputs["findings"] if entry["severity"] in {"medium", "high"}]
        assert medium
        assert [text.split(":")[0] for text in made.warnings] == [
            f"{entry['severity']} {entry['code']}" for entry in medium
        ]

    def test_accepted_finding_says_so(self) -> None:
        accepted = changed(SITE, accept={"host-confidence": {"reason": "not used here", "until": "2027-11-30"}})
        found = [entry for entry in deploy(accepted).outputs["findings"] if entry["code"] == "host-confidence"]
        assert found
        assert {(entry["severity"], entry["accepted"]) for entry in found} == {("info", "not used here")}


EVERYTHING = changed(
    SITE,
    peers={
        **SITE["peers"],
        "siem-or-syslog-server": {"prefix_list_ids": ["pl-0f3a9c21d4e5b6a78"], "through": "both"},
        "microsoft-active-directory": {
            "security_group_ids": ["444455556666/sg-0a1b2c3d4e5f60718"],
            "cidrs": ["fd12:3456:20::60/128"],
        },
        "vmware-vcenter": {"fqdns": ["vcenter.corp.example"], "within": ["10.60.0.0/16"]},
    },
    communication="bidirectional",
    names=[*SITE["names"], {"destination": "vmware-vcenter", "forms": ["snapshot"]}],
    decline={"agent-ntp": {"reason": "10.9.9.9 tells the time", "until": "2020-11-30"}},
    extra_hosts=[
        {
            "fqdn": "extra.corp.example",
            "destination": "smart-protection-network",
            "reason": "seen at extra.corp.example",
            "until": "2020-11-30",
        }
    ],
    extra_flows=[
        {
            "id": "agent-to-vault",
            "source": "agent",
            "destination": "vmware-vcenter",
            "transport": "tcp",
            "ports": [8200],
            "reason": "vault.corp.example",
            "until": "2020-11-30",
        }
    ],
    any_address={
        "smart-protection-network": {**HELD, "reason": "held by fw.corp.example", "until": "2020-11-30"},
        "workload-security": HELD,
    },
    split={"agent": 2},
)
"""Every kind of other end, exception and finding that can hold an address, an id or a host."""

RESOLVED = {
    "format": 1,
    "place": "runner.corp.example",
    "names": {"vcenter.corp.example": {"ipv4": ["10.60.8.10"]}},
}

TELLING = {
    "IPv4": r"\b\d{1,3}(\.\d{1,3}){3}\b",
    "IPv6": r"[0-9a-f]{1,4}:[0-9a-f:]*:",
    "id": r"\b(sg|pl|vpc|sgr)-[0-9a-f]{8,}|\b\d{12}\b",
    "host": r"\b[a-z0-9-]+\.([a-z0-9-]+\.)*(com|example|net|org)\b",
}


class TestReport:
    """The report is read by more people than the stack: in review comments and stack outputs."""

    def test_full_names_every_rule_list_and_finding(self) -> None:
        made = deploy(EVERYTHING, snapshot=RESOLVED, as_of="2026-01-01")
        report = made.outputs["report"]
        for kind, pattern in TELLING.items():
            assert re.search(pattern, report), kind
        assert report.count("| egress |") + report.count("| ingress |") == made.outputs["rule_count"]
        assert all(f"| {entry['code']} |" in report for entry in made.outputs["findings"])
        check_golden("report-full", report.splitlines())

    def test_redacted_holds_no_address_id_or_host(self) -> None:
        """A pull request's comment with internal addresses went to everyone who may read the repository."""
        made = deploy(EVERYTHING, snapshot=RESOLVED, as_of="2026-01-01", report="redacted")
        report = made.outputs["report"]
        found = {kind: [hit[0] for hit in re.finditer(pattern, report)] for kind, pattern in TELLING.items()}
        assert found == {kind: [] for kind in TELLING}
        assert report.count("| egress |") + report.count("| ingress |") == made.outputs["rule_count"]
        assert {"quota-unknown", "exception-expired", "snapshot-used"} <= {
            entry["code"] for entry in made.outputs["findings"]
        }
        check_golden("report-redacted", report.splitlines())

    def test_every_row_of_a_table_has_as_many_cells_as_its_head(self) -> None:
        """A `|` in a text of the page would shift the rest of its row."""
        cells = 0
        for line in deploy(EVERYTHING, snapshot=RESOLVED).outputs["report"].splitlines():
            count = len(re.findall(r"(?<!\\)\|", line))
            if line.startswith("|--"):
                cells = count
            elif line.startswith("|") and cells:
                assert count == cells, line
            elif not line.startswith("|"):
                cells = 0

    def test_none_is_empty(self) -> None:
        assert deploy(SITE, report="none").outputs["report"] == ""


class TestBadArguments:
    """One sentence that says what to type, with the component's name, before any resource is made."""

    @pytest.mark.parametrize(
        ("deployment", "args", "sentence"),
        [
            (changed(SITE, regoin="de-1"), {}, "deployment: unknown key 'regoin': did you mean 'region'?"),
            (changed(SITE, region="de-9"), {}, "unknown region 'de-9'"),
            (
                with_peer(SITE, "dns-server", {"cidr": ["10.0.0.0/8"]}),
                {},
                "deployment: unknown key 'peers.dns-server.cidr': did you mean 'cidrs'?",
            ),
            (
                with_peer(SITE, "dns-server", {"cidrs": ["10.20.0.53/24"]}),
                {},
                "deployment: 'peers.dns-server.cidrs[0]': '10.20.0.53/24' has host bits set: write '10.20.0.0/24' ",
            ),
            (with_peer(SITE, "dns-server", None), {}, "peer 'dns-server' is required by"),
            ([], {}, "deployment is no mapping: begin it with 'region:', as ws-network init does."),
            (None, {}, "deployment is missing: give the content of a deployment file."),
            (SITE, {"vpcid": VPC}, "unknown argument 'vpcid': did you mean 'vpc_id'?"),
            (SITE, {"vpc_id": None}, "vpc_id is missing: give the VPC of the new groups, or security_group_ids for "),
            (
                SITE,
                {"security_group_ids": {"agnet": "sg-0a1b2c3d4e5f60718"}},
                "unknown key in security_group_ids 'agnet': did you mean 'agent'?",
            ),
            (
                SITE,
                {"prefix_list_ids": {"peer-dns-server-v4": "pl-0f3a9c21d4e5b6a78"}},
                "unknown key in prefix_list_ids 'peer-dns-server-v4': did you mean 'peer-dns-server-ipv4'?",
            ),
            (
                SITE,
                {"peer_security_group_ids": {"siem-or-syslog-sever": "sg-0a1b2c3d4e5f60718"}},
                "unknown peer among the given ids 'siem-or-syslog-sever': did you mean 'siem-or-syslog-server'?",
            ),
            (
                AGENTS,
                {"security_group_ids": {"agent": "sg-0a1b2c3d4e5f60718"}, "exclusive": True},
                "exclusive holds for new groups, and every group is given: remove it, and watch with audit.",
            ),
            (
                SITE,
                {"security_group_ids": {"agent": "sg-0a1b2c3d4e5f60718", "relay": "sg-0a1b2c3d4e5f60718"}},
                "security_group_ids gives sg-0a1b2c3d4e5f60718 to agent and relay, which AWS would refuse",
            ),
            (SITE, {"as_of": "30.11.2027"}, "as_of is '30.11.2027': write it as YYYY-MM-DD."),
            (SITE, {"as_of": 20271130}, "as_of cannot be 20271130: write a day as YYYY-MM-DD."),
            (SITE, {"catalogue": "{"}, "catalogue is not JSON"),
            (SITE, {"report": "short"}, "unknown report 'short'"),
            (SITE, {"snapshot": {"format": 2, "place": "x", "names": {}}}, "snapshot has format 2, newer than the 1"),
            (SITE, {"snapshot": {"format": 2.0, "place": "x", "names": {}}}, "snapshot has format 2"),
        ],
    )
    def test_one_sentence(self, deployment: Any, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^site: {re.escape(sentence)}") as raised:
            deploy(deployment, **args)
        assert "\n" not in str(raised.value)
        assert "Traceback" not in str(raised.value)

    def test_arguments_that_are_no_mapping(self) -> None:
        nothing: Any = None
        with pytest.raises(pulumi.RunError, match=r"^site: the arguments are no mapping"):
            record(lambda: AwsWorkloadSecurity("site", nothing) and None)

    def test_an_output_where_rules_are_decided_is_named(self) -> None:
        """An output has no value in a preview; pydantic would call it an object at 0x7f."""
        cidr: Any = pulumi.Output.from_input("10.20.0.0/16")
        with pytest.raises(pulumi.RunError, match=r"^site: deployment\.peers\.dns-server\.cidrs\[0\] is an output of"):
            deploy(with_peer(SITE, "dns-server", {"cidrs": [cidr]}))

    def test_each_error_of_a_failing_plan_is_a_line(self) -> None:
        """A plan that names its first error only is mended one failed preview at a time."""
        with pytest.raises(pulumi.RunError) as raised:
            deploy(changed(AGENTS, names=None, any_address=None))
        lines = str(raised.value).splitlines()
        assert [line.split(":")[0] for line in lines] == ["site", "agent-service"] or len(lines) == 2
        assert all("no permitted form of address" in line and line.endswith(".") for line in lines)

    def test_over_a_quota_fails_before_any_resource(self) -> None:
        crowded = with_peer(AGENTS, "dns-server", {"cidrs": [f"10.0.{number}.0/24" for number in range(70)]})
        with pytest.raises(pulumi.RunError, match=r"over the 60 of AWS's quota .*split: \{agent: 2\}"):
            deploy(crowded)
