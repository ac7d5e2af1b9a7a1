"""`AwsEgressPolicy` on mocks: every resource it registers, what it gives back, and each sentence that stops it."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from tests.components.recorder import Recording, record
from tests.components.sites import AGENTS, HELD, changed
from ws_network.aws import AwsEgressPolicy

NETWORKS = {"role_cidrs": {"agent": ["10.20.1.0/24"]}}
VPC = {"vpc_id": "vpc-0a1b2c3d4e5f60718"}
DNS = {"dns_firewall": True, "dns_block_rest": True, **VPC}
WATCHED = {"alert_only": {"reason": "first weeks", "until": "2026-06-30"}}
GROUP, POLICY = "aws:networkfirewall/ruleGroup:RuleGroup", "aws:networkfirewall/firewallPolicy:FirewallPolicy"
BY_NAME = changed(AGENTS, peers={"dns-server": {"platform": True}, "ntp-server": {"platform": True}})


def made(deployment: dict[str, Any] = AGENTS, *, preview: bool = False, **args: Any) -> Recording:
    """Return what a program with one component registers."""

    def program() -> dict[str, Any]:
        policy = AwsEgressPolicy("egress", {"deployment": deployment, **NETWORKS, **args})
        names = ("rule_group_arn", "firewall_policy_arn", "dns_rule_group_id", "rule_count", "findings", "report")
        return {name: getattr(policy, name) for name in names}

    return record(program, preview=preview)


def refused(sentence: str, deployment: dict[str, Any] = AGENTS, **args: Any) -> None:
    with pytest.raises(pulumi.RunError, match=f"^egress: {re.escape(sentence)}") as raised:
        made(deployment, **args)
    assert "\n" not in str(raised.value)


def kinds(recording: Recording) -> list[tuple[str, str]]:
    """Return the last part of the type and the name of each resource that is no component."""
    found = [(each.type.rsplit(":", 1)[-1], each.name) for each in recording.registrations]
    return sorted(each for each in found if each[0] != "AwsEgressPolicy")


def codes(recording: Recording) -> dict[str, str]:
    """Return severities by code."""
    return {entry["code"]: entry["severity"] for entry in recording.outputs["findings"]}


class TestResources:
    """What is made, and nothing else."""

    def test_a_rule_group_alone_for_a_policy_of_the_caller(self) -> None:
        recording = made()
        assert kinds(recording) == [("RuleGroup", "egress")]
        group = recording.named("egress")
        assert group.parent == "egress"
        assert group.options == {}
        assert "name" not in group.inputs, "a name would forbid to make the next group before the old one goes"
        assert group.inputs["capacity"] == 100
        assert group.inputs["type"] == "STATEFUL"
        content = group.inputs["ruleGroup"]
        assert content["statefulRuleOptions"] == {"ruleOrder": "STRICT_ORDER"}
        assert content["ruleVariables"]["ipSets"] == [
            {"ipSet": {"definitions": ["10.20.1.0/24"]}, "key": key} for key in ("AGENT", "HOME_NET")
        ]
        assert len(content["rulesSource"]["rulesString"].splitlines()) == recording.outputs["rule_count"]
        assert recording.outputs["rule_group_arn"] == "arn:egress"
        assert (recording.outputs["firewall_policy_arn"], recording.outputs["dns_rule_group_id"]) == ("", "")
        assert codes(recording)["policy-unseen"] == "info"

    def test_a_group_for_a_policy_that_may_be_of_another_stack_tells_the_capacity_to_give(self) -> None:
        """AWS deletes no group that a policy holds, so the first that needs another capacity would end half way."""
        (entry,) = [each for each in made().outputs["findings"] if each["code"] == "capacity-unsaid"]
        assert entry["severity"] == "medium"
        assert entry["remedy"].startswith("Say capacity: 100, ")
        assert "100 units because 3 are needed now" in entry["text"]
        assert "capacity-unsaid" not in codes(made(capacity=100))
        assert made(capacity=100).named("egress").inputs == made().named("egress").inputs
        assert "capacity-unsaid" not in codes(made(firewall_policy=True))

    def test_a_policy_of_its_own(self) -> None:
        recording = made(changed(AGENTS, tags={"team": "platform"}), firewall_policy=True)
        assert kinds(recording) == [("FirewallPolicy", "egress"), ("RuleGroup", "egress")]
        (policy,) = recording.of(POLICY)
        assert policy.inputs["tags"] == {"team": "platform"}
        assert policy.inputs["firewallPolicy"] == {
            "statefulDefaultActions": ["aws:alert_established", "aws:drop_established"],
            "statefulEngineOptions": {"ruleOrder": "STRICT_ORDER"},
            "statefulRuleGroupReferences": [{"priority": 100, "resourceArn": "arn:egress"}],
            "statelessDefaultActions": ["aws:forward_to_sfe"],
            "statelessFragmentDefaultActions": ["aws:forward_to_sfe"],
        }
        assert recording.outputs["firewall_policy_arn"] == "arn:egress"
        assert "policy-unseen" not in codes(recording)

    def test_a_preview_shows_all_of_it(self) -> None:
        known, unknown = (made(firewall_policy=True, **DNS, preview=preview) for preview in (False, True))
        assert kinds(known) == kinds(unknown)
        assert known.of(GROUP)[0].inputs == unknown.of(GROUP)[0].inputs
        assert unknown.outputs["rule_group_arn"] == "(unknown)"
        assert unknown.outputs["rule_count"] == known.outputs["rule_count"]

    def test_a_domain_list(self) -> None:
        recording = made(BY_NAME, domain_list=True)
        listed = recording.named("egress").inputs["ruleGroup"]["rulesSource"]["rulesSourceList"]
        assert listed["generatedRulesType"] == "ALLOWLIST"
        assert listed["targets"][0] == ".workload.de-1.cloudone.trendmicro.com"
        assert recording.outputs["rule_count"] == len(listed["targets"])
        assert codes(recording)["name-on-every-port"] == "low"

    def test_order_of_the_arguments_has_no_meaning(self) -> None:
        turned = changed(AGENTS, peers=dict(reversed(AGENTS["peers"].items())))
        more = {"role_cidrs": {"agent": ["10.20.3.0/24", "10.20.1.0/24"]}}
        again = {"role_cidrs": {"agent": ["10.20.1.0/24", "10.20.3.0/25", "10.20.3.128/25"]}}
        assert made(**more).named("egress").inputs == made(turned, **again).named("egress").inputs


class TestDns:
    """A second fence in front of everybody in the VPC."""

    def test_names_first_then_the_rest_then_the_vpc(self) -> None:
        recording = made(**DNS)
        assert kinds(recording) == [
            ("ResolverFirewallDomainList", "egress-names"),
            ("ResolverFirewallDomainList", "egress-rest"),
            ("ResolverFirewallRule", "egress-names"),
            ("ResolverFirewallRule", "egress-rest"),
            ("ResolverFirewallRuleGroup", "egress"),
            ("ResolverFirewallRuleGroupAssociation", "egress"),
            ("RuleGroup", "egress"),
        ]
        names, rest = sorted(recording.of("resolverFirewallRule:"), key=lambda each: each.name)
        assert names.inputs["action"] == "ALLOW"
        assert names.inputs["firewallDomainRedirectionAction"] == "TRUST_REDIRECTION_DOMAIN"
        assert (rest.inputs["action"], rest.inputs["blockResponse"]) == ("BLOCK", "NXDOMAIN")
        assert names.inputs["priority"] < rest.inputs["priority"]
        assert any("ResolverFirewallRule::egress-names" in urn for urn in rest.depends_on)
        (association,) = recording.of("Association")
        assert association.inputs["priority"] == 1000
        assert association.inputs["vpcId"] == VPC["vpc_id"]
        assert {urn.rsplit("::", 1)[-1] for urn in association.depends_on if "Rule::" in urn} == {
            "egress-names",
            "egress-rest",
        }
        assert recording.outputs["dns_rule_group_id"] == "id-of-egress"
        assert codes(recording)["dns-blocks-others"] == "medium"
        assert any("private zones and of other teams too" in text for text in recording.warnings)

    def test_the_rest_is_left_alone(self) -> None:
        recording = made(**{**DNS, "dns_block_rest": False, "dns_priority": 101})
        assert not [name for _, name in kinds(recording) if name == "egress-rest"]
        assert codes(recording)["not-enforced"] == "high"

    def test_findings_of_both_plans_once(self) -> None:
        found = made(**DNS).outputs["findings"]
        assert len({tuple(entry.items()) for entry in found}) == len(found)
        admitted = {entry["text"].split()[1] for entry in found if entry["code"] == "wildcard-admitted"}
        assert admitted == {"aws-network-firewall", "aws-dns-firewall"}

    def test_the_report_has_both(self) -> None:
        text = made(**DNS).outputs["report"]
        assert "target aws-network-firewall" in text
        assert "target aws-dns-firewall" in text
        first, second = text.split("# Workload Security rules")[1:]
        own = {
            "handshake-passes": first,
            "policy-unseen": first,
            "dns-blocks-others": second,
            "name-on-every-port": second,
        }
        for code, document in own.items():
            assert (text.count(code), document.count(code)) == (1, 1), code
        assert made(report="none").outputs["report"] == ""
        assert made(report="none", **DNS).outputs["report"] == ""
        assert "10.20.0.53" not in made(report="redacted", **DNS).outputs["report"]


class TestAlertOnly:
    """A firewall that only watches looks like one that protects, until somebody reads its findings."""

    def test_logs_and_does_not_drop(self) -> None:
        recording = made(firewall_policy=True, **DNS, **WATCHED)
        (policy,) = recording.of(POLICY)
        assert policy.inputs["firewallPolicy"]["statefulDefaultActions"] == ["aws:alert_established"]
        (rest,) = [each for each in recording.of("resolverFirewallRule:") if each.name == "egress-rest"]
        assert rest.inputs["action"] == "ALERT"
        assert "blockResponse" not in rest.inputs
        assert codes(recording)["alert-only"] == "high"
        assert any("until 2026-06-30: first weeks" in text for text in recording.warnings)
        assert "exception-expired" not in codes(recording)

    def test_past_its_end(self) -> None:
        recording = made(firewall_policy=True, as_of="2026-07-01", **WATCHED)
        assert codes(recording)["exception-expired"] == "high"
        assert "exception-expired" not in codes(made(firewall_policy=True, as_of="2026-06-30", **WATCHED))


class TestSentences:
    """Each in one line that says what to type."""

    @pytest.mark.parametrize(
        ("sentence", "args"),
        [
            ("role agent has rules and no networks: give the ranges of its subnets as role_cid", {"role_cidrs": {}}),
            ("unknown role in role_cidrs 'agents': did you mean 'agent'?", {"role_cidrs": {"agents": ["10.0.0.0/8"]}}),
            ("role_cidrs is missing: add it.", {"role_cidrs": None}),
            ("the rule group needs 3 units, over the capacity of 1 that is fixed when it is c", {"capacity": 1}),
            ("capacity is 0, which no rule group can have: give 1 to 30000.", {"capacity": 0}),
            (
                "domain_list holds host names only, and agent-egress-udp-53-peer-dns-server-ipv4 is",
                {"domain_list": True},
            ),
            ("vpc_id is for the DNS Firewall: say dns_firewall: true, or leave vpc_id out.", VPC),
            ("dns_priority is for the DNS Firewall: say dns_firewall: true, or leave ", {"dns_priority": 200}),
            ("vpc_id is missing: give the VPC whose resolver", {"dns_firewall": True, "dns_block_rest": True}),
            ("dns_block_rest is missing: say true to answer every machine", {"dns_firewall": True, **VPC}),
            ("dns_priority is 9900, which no association can have: give one from 101", {**DNS, "dns_priority": 9900}),
            ("alert_only has nothing to change: it needs firewall_policy: true, or dns_firewall", WATCHED),
            ("alert_only: 'until' is missing: add it.", {"alert_only": {"reason": "x"}, "firewall_policy": True}),
            (
                "alert_only: 'until' cannot be 'soon': write a day as YYYY-MM-DD.",
                {"alert_only": {"reason": "x", "until": "soon"}, "firewall_policy": True},
            ),
            (
                "alert_only: it cannot be 'yes': write a mapping, as {key: value}.",
                {"alert_only": "yes", "firewall_policy": True},
            ),
            (
                "agent-dns: goes to IPv4 addresses alone, and role_cidrs['agent'] has no IPv4 network.",
                {"role_cidrs": {"agent": ["fd00::/64"]}},
            ),
            ("unknown argument 'capcity': did you mean 'capacity'?", {"capcity": 5}),
        ],
    )
    def test_of_arguments(self, sentence: str, args: dict[str, Any]) -> None:
        refused(sentence, **args)

    def test_alert_only_and_a_list_that_drops_by_itself(self) -> None:
        refused(
            "alert_only cannot hold for a domain list, which drops other names by itself: take one out.",
            BY_NAME,
            domain_list=True,
            firewall_policy=True,
            **WATCHED,
        )

    def test_a_name_that_no_form_covers(self) -> None:
        site = changed(AGENTS, names=[{"target": "aws-network-firewall", "forms": ["refuse"]}])
        with pytest.raises(pulumi.RunError, match=r"no permitted form of address on aws-network-firewall covers "):
            made(site)

    def test_a_site_that_needs_nothing_outside(self) -> None:
        lines = ("agent-service", "agent-spn-443", "agent-spn-80", "agent-download-center-443")
        site = changed(BY_NAME, decline=dict.fromkeys(lines, HELD), any_address=None, names=None, behind=None)
        refused("nothing that the site needs leaves its network by way of a firewall: take the component out.", site)

    def test_a_vpc_that_is_missing_in_another_stack(self) -> None:
        with pytest.raises(
            pulumi.RunError, match=r"^egress: vpc_id is missing: the stack or resource it comes from has"
        ):
            made(**{**DNS, "vpc_id": pulumi.Output.from_input("")})
