"""Network Firewall and DNS Firewall on the real engine, with the emulated AWS at the far end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.components.sites import AGENTS, changed
from tests.engine.stories import done, names, settled
from tests.evaluators.aws_egress import DnsFirewall
from ws_network.aws.egress import checked_networks, render, render_dns
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, Target
from ws_network.plan import build_plan

if TYPE_CHECKING:
    from tests.engine.harness import Project

pytestmark = pytest.mark.engine

HEAD = """
import json, pulumi, pulumi_aws as aws
from ws_network.aws import AwsEgressPolicy
vpc = aws.ec2.Vpc("main", cidr_block="10.20.0.0/16")
"""
NETWORKS = {"agent": ["10.20.1.0/24"]}
UNTIL = {"reason": "a mirror", "until": "2027-11-30"}
MIRROR = {"fqdn": "mirror.corp.example", "destination": "download-center"} | UNTIL
BY_NAME = changed(AGENTS, peers={"dns-server": {"platform": True}, "ntp-server": {"platform": True}})
APEX = "workload.de-1.cloudone.trendmicro.com"
WATCHED = {"reason": "first weeks", "until": "2027-06-30"}
DNS = {"dns_firewall": True, "dns_block_rest": True}


def program(deployment: dict[str, Any], *, dns: bool = False, more: str = "", **args: Any) -> str:
    """Return the source of a program with a VPC and one component, and more source after it."""
    plain = json.dumps({"deployment": deployment, "role_cidrs": NETWORKS, **args, **(DNS if dns else {})})
    ids = '{"vpc_id": vpc.id}' if dns else "{}"
    return f'{HEAD}egress = AwsEgressPolicy("egress", {{**json.loads({plain!r}), **{ids}}})\n{more}'


def plan_of(deployment: dict[str, Any], target: Target) -> Any:
    return build_plan(Catalogue.load(), Deployment.parse(deployment), target=target)


def expected(deployment: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return the content of the rule group in the API's words."""
    plan = plan_of(deployment, Target.AWS_NETWORK_FIREWALL)
    group = render(plan, networks=checked_networks(plan, NETWORKS), **options).rule_group
    source: dict[str, Any] = {"RulesString": "\n".join(group.get("rules", []))}
    if "domain_list" in group:
        listed = group["domain_list"]
        source = {
            "RulesSourceList": {
                "GeneratedRulesType": listed["generated_rules_type"],
                "TargetTypes": listed["target_types"],
                "Targets": listed["targets"],
            }
        }
    return {
        "RuleVariables": {
            "IPSets": {key: {"Definition": found["definition"]} for key, found in group["ip_sets"].items()}
        },
        "RulesSource": source,
        "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
    }


def groups(project: Project) -> dict[str, dict[str, Any]]:
    """Return the rule groups of the account by ARN."""
    call = project.account.call
    arns = [item["Arn"] for item in call("network-firewall.ListRuleGroups")["RuleGroups"]]
    return {arn: call("network-firewall.DescribeRuleGroup", RuleGroupArn=arn) for arn in arns}


def group(project: Project) -> dict[str, Any]:
    """Return the only rule group, sets in one order."""
    (found,) = groups(project).values()
    listed = found["RuleGroup"]["RulesSource"].get("RulesSourceList", {})
    for key in ("Targets", "TargetTypes"):
        if key in listed:
            listed[key] = sorted(listed[key])
    return dict(found["RuleGroup"])


def policies(project: Project) -> dict[str, dict[str, Any]]:
    """Return the firewall policies of the account by ARN."""
    call = project.account.call
    arns = [item["Arn"] for item in call("network-firewall.ListFirewallPolicies")["FirewallPolicies"]]
    described = {arn: call("network-firewall.DescribeFirewallPolicy", FirewallPolicyArn=arn) for arn in arns}
    return {arn: found["FirewallPolicy"] for arn, found in described.items()}


def resolver(project: Project) -> dict[str, Any]:
    """Return rules of DNS Firewall with the domains of their lists, as the renderer says them, by priority."""
    call, found = project.account.call, {}
    for item in call("route53resolver.ListFirewallRuleGroups")["FirewallRuleGroups"]:
        for rule in call("route53resolver.ListFirewallRules", FirewallRuleGroupId=item["Id"])["FirewallRules"]:
            listed = call("route53resolver.ListFirewallDomains", FirewallDomainListId=rule["FirewallDomainListId"])
            domains = [each if each == "*." else each.removesuffix(".") for each in listed["Domains"]]
            found[str(rule["Priority"])] = {
                "priority": rule["Priority"],
                "action": rule["Action"],
                "domains": sorted(domains),
            }
    return found


def leftovers(project: Project) -> int:
    """Return how many resources of both firewalls the account has."""
    call = project.account.call
    lists = call("route53resolver.ListFirewallDomainLists")["FirewallDomainLists"]
    rule_groups = call("route53resolver.ListFirewallRuleGroups")["FirewallRuleGroups"]
    associations = call("route53resolver.ListFirewallRuleGroupAssociations")["FirewallRuleGroupAssociations"]
    return sum(map(len, (groups(project), policies(project), lists, rule_groups, associations)))


class TestLifeOfAnEgressPolicy:
    """From the first preview to the end: nothing is hidden, nothing changes twice, nothing stays behind."""

    def test_preview_up_one_name_more_and_destroy(self, project: Project) -> None:
        project.write(program(AGENTS, dns=True, firewall_policy=True))
        preview = done(project.preview())
        assert leftovers(project) == 0
        up = done(project.up())
        assert set(preview) == set(up), "a preview with unknown ids shows every resource"
        assert group(project) == expected(AGENTS)
        ((arn, policy),) = policies(project).items()
        assert [item["ResourceArn"] for item in policy["StatefulRuleGroupReferences"]] == list(groups(project))
        assert sorted(policy["StatefulDefaultActions"]) == ["aws:alert_established", "aws:drop_established"]
        assert done(project.up()) == []
        assert settled(project)

        turned = changed(AGENTS, peers=dict(reversed(AGENTS["peers"].items())), names=AGENTS["names"][::-1])
        project.write(program(turned, dns=True, firewall_policy=True))
        assert done(project.preview()) == [], "another order is no change"

        more = changed(AGENTS, extra_hosts=[MIRROR])
        project.write(program(more, dns=True, firewall_policy=True))
        changes = sorted((change.op, change.name) for change in done(project.up()))
        assert changes == [("update", "egress"), ("update", "egress-names")], "one change for each of the two filters"
        assert group(project) == expected(more)
        judge = DnsFirewall({"rules": resolver(project)})
        assert judge.action("mirror.corp.example") == judge.action(f"a.{APEX}") == "ALLOW"
        assert judge.action("elsewhere.example") == judge.action(f"x{APEX}") == "BLOCK"
        rendered = render_dns(plan_of(more, Target.AWS_DNS_FIREWALL), block_rest=True).rules
        assert resolver(project)["100"]["domains"] == rendered["names"]["domains"]

        project.write(program(more, dns=True, firewall_policy=True, alert_only=WATCHED))
        watched = project.up()
        assert names(done(watched), "update") == {"egress", "egress-rest"}
        assert any("alert-only" in text for text in watched.warnings)
        assert policies(project)[arn]["StatefulDefaultActions"] == ["aws:alert_established"]
        assert DnsFirewall({"rules": resolver(project)}).action("elsewhere.example") == "ALERT"

        assert done(project.refresh()) == []
        done(project.destroy())
        assert leftovers(project) == 0

    def test_another_capacity_and_a_domain_list(self, project: Project) -> None:
        """A group cannot grow: the next one is there, and the policy has it, before the old one goes."""
        project.write(program(BY_NAME, firewall_policy=True))
        done(project.up())
        (first,) = groups(project)
        project.write(program(BY_NAME, firewall_policy=True, capacity=300))
        changes = done(project.up())
        assert [change.op for change in changes] == ["create-replacement", "update", "delete-replaced"]
        ((second, found),) = groups(project).items()
        assert second != first
        assert found["RuleGroupResponse"]["Capacity"] == 300
        (policy,) = policies(project).values()
        assert [item["ResourceArn"] for item in policy["StatefulRuleGroupReferences"]] == [second]

        project.write(program(BY_NAME, firewall_policy=True, capacity=300, domain_list=True))
        assert [(change.op, change.name) for change in done(project.up())] == [("update", "egress")]
        assert group(project) == expected(BY_NAME, capacity=300, domain_list=True)
        assert settled(project)

        project.write(program(BY_NAME, firewall_policy=True, capacity=1))
        refused = project.preview()
        assert not refused.ok
        assert any("units, over the capacity of 1 that is fixed when it is created." in text for text in refused.errors)
        assert "Traceback" not in refused.text


class TestFailureHalfWay:
    """AWS is busy in the middle: the next update goes on where the last one ended."""

    def test_the_next_up_finishes(self, project: Project) -> None:
        own = (
            'aws.networkfirewall.FirewallPolicy("mine", firewall_policy={"stateless_default_actions": '
            '["aws:forward_to_sfe"], "stateless_fragment_default_actions": ["aws:forward_to_sfe"], '
            '"stateful_engine_options": {"rule_order": "STRICT_ORDER"}, "stateful_default_actions": '
            '["aws:drop_established"], "stateful_rule_group_references": [{"priority": 10, "resource_arn": '
            "egress.rule_group_arn}]})\n"
        )
        project.write(program(AGENTS, dns=True, more=own))
        project.fail(refuse={"UpdateFirewallDomains": {"after": 1, "count": 50}})
        broken = project.up()
        assert not broken.ok
        assert "Traceback" not in broken.text
        project.fail()
        done(project.up())
        assert group(project) == expected(AGENTS)
        assert DnsFirewall({"rules": resolver(project)}).action("elsewhere.example") == "BLOCK"
        (policy,) = policies(project).values()
        assert [item["ResourceArn"] for item in policy["StatefulRuleGroupReferences"]] == list(groups(project))
        assert done(project.up()) == []
        done(project.destroy())
        assert leftovers(project) == 0
