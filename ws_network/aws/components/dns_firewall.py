"""The resources of Route 53 Resolver DNS Firewall for a site.

Owns their wiring, and what must be there before what: an association makes all rules of its group work at once, so it
comes when the names are listed, and the rule for every other name after that for ours.
"""

from collections.abc import Mapping

import pulumi
from pulumi_aws import route53

from ws_network.aws.egress import DnsRule
from ws_network.program import given_id


def dns_firewall(  # noqa: PLR0913, PLR0917 - what the rule group is made of
    parent: pulumi.Resource,
    name: str,
    rules: Mapping[str, DnsRule],
    vpc_id: pulumi.Input[str],
    priority: int,
    tags: Mapping[str, str],
) -> pulumi.Output[str]:
    """Create the lists, the rule group, its rules and the association, and return the id of the group.

    Args:
        parent: The component.
        name: Of the component.
        rules: As rendered, in the order in which they have to be made.
        vpc_id: VPC whose resolver asks the group.
        priority: Among the groups of that VPC.
        tags: Of everything that can have some.
    """
    group = route53.ResolverFirewallRuleGroup(name, tags=dict(tags) or None, opts=pulumi.ResourceOptions(parent=parent))
    made: list[pulumi.Resource] = []
    for key, rule in rules.items():
        listed = route53.ResolverFirewallDomainList(
            f"{name}-{key}",
            domains=rule["domains"],
            tags=dict(tags) or None,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        made.append(
            route53.ResolverFirewallRule(
                f"{name}-{key}",
                firewall_rule_group_id=group.id,
                firewall_domain_list_id=listed.id,
                priority=rule["priority"],
                action=rule["action"],
                block_response=rule.get("block_response"),
                firewall_domain_redirection_action=rule.get("firewall_domain_redirection_action"),
                opts=pulumi.ResourceOptions(parent=parent, depends_on=list(made)),
            )
        )
    route53.ResolverFirewallRuleGroupAssociation(
        name,
        firewall_rule_group_id=group.id,
        vpc_id=given_id(name, "vpc_id", vpc_id),
        priority=priority,
        tags=dict(tags) or None,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=made),
    )
    return group.id
