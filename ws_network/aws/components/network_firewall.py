"""The resources of Network Firewall for a site: the rule group, and a policy for it.

Owns their wiring. The name of the group is left to the engine: another capacity is another group, which is there before
the old one goes, and policies are moved in between.
"""

from collections.abc import Mapping

import pulumi
from pulumi_aws import networkfirewall as nfw

from ws_network.aws.egress import RuleGroup

GROUP_PRIORITY = 100
"""Priority of the group in a policy of ours, which has no other."""

TO_STATEFUL = "aws:forward_to_sfe"
ALERT, DROP = "aws:alert_established", "aws:drop_established"
"""Default actions of a policy: send everything to the rules, log and drop what none of them passes. The handshake of a
connection passes, as no name is known before it (Network Firewall developer guide, "Strict evaluation order")."""


def rule_group(parent: pulumi.Resource, name: str, group: RuleGroup, tags: Mapping[str, str]) -> pulumi.Output[str]:
    """Create a stateful rule group and return its ARN.

    Args:
        parent: The component.
        name: Of the component.
        group: As rendered, with the networks of each variable.
        tags: Of the group.
    """
    if "rules" in group:
        source = nfw.RuleGroupRuleGroupRulesSourceArgs(rules_string="\n".join(group["rules"]))
    else:
        listed = nfw.RuleGroupRuleGroupRulesSourceRulesSourceListArgs(**group["domain_list"])
        source = nfw.RuleGroupRuleGroupRulesSourceArgs(rules_source_list=listed)
    variables = [
        nfw.RuleGroupRuleGroupRuleVariablesIpSetArgs(
            key=key,
            ip_set=nfw.RuleGroupRuleGroupRuleVariablesIpSetIpSetArgs(definitions=found["definition"]),
        )
        for key, found in sorted(group["ip_sets"].items())
    ]
    return nfw.RuleGroup(
        name,
        type=group["type"],
        description=group["description"],
        capacity=group["capacity"],
        rule_group=nfw.RuleGroupRuleGroupArgs(
            rule_variables=nfw.RuleGroupRuleGroupRuleVariablesArgs(ip_sets=variables),
            rules_source=source,
            stateful_rule_options=nfw.RuleGroupRuleGroupStatefulRuleOptionsArgs(rule_order=group["rule_order"]),
        ),
        tags=dict(tags) or None,
        opts=pulumi.ResourceOptions(parent=parent),
    ).arn


def firewall_policy(  # noqa: PLR0913 - what a policy is made of
    parent: pulumi.Resource,
    name: str,
    group_arn: pulumi.Output[str],
    rule_order: str,
    tags: Mapping[str, str],
    *,
    drop: bool,
) -> pulumi.Output[str]:
    """Create a policy with one rule group and return its ARN.

    Args:
        parent: The component.
        name: Of the component.
        group_arn: The rule group.
        rule_order: Of the group, which has to be the policy's.
        tags: Of the policy.
        drop: What no rule passes is dropped, and not only logged.
    """
    reference = nfw.FirewallPolicyFirewallPolicyStatefulRuleGroupReferenceArgs(
        resource_arn=group_arn, priority=GROUP_PRIORITY
    )
    return nfw.FirewallPolicy(
        name,
        firewall_policy=nfw.FirewallPolicyFirewallPolicyArgs(
            stateless_default_actions=[TO_STATEFUL],
            stateless_fragment_default_actions=[TO_STATEFUL],
            stateful_engine_options=nfw.FirewallPolicyFirewallPolicyStatefulEngineOptionsArgs(rule_order=rule_order),
            stateful_default_actions=[ALERT, DROP] if drop else [ALERT],
            stateful_rule_group_references=[reference],
        ),
        tags=dict(tags) or None,
        opts=pulumi.ResourceOptions(parent=parent),
    ).arn
