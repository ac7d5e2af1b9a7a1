"""The resource types of `pulumi_aws` that are emulated, by their type tokens."""

from __future__ import annotations

from sandbox.aws.resources import dns_lists, dns_rules, firewall
from sandbox.aws.resources.exclusive import RulesExclusive
from sandbox.aws.resources.instance import Instance
from sandbox.aws.resources.network import Subnet, Vpc
from sandbox.aws.resources.prefix_list import ManagedPrefixList
from sandbox.aws.resources.security_group import SecurityGroup
from sandbox.aws.resources.security_group_rule import EgressRule, IngressRule

RESOURCES = {
    resource.token: resource
    for resource in (
        EgressRule(),
        IngressRule(),
        Instance(),
        ManagedPrefixList(),
        RulesExclusive(),
        SecurityGroup(),
        Subnet(),
        Vpc(),
        dns_lists.DomainList(),
        dns_lists.RuleGroup(),
        dns_rules.Association(),
        dns_rules.Config(),
        dns_rules.Rule(),
        firewall.FirewallPolicy(),
        firewall.RuleGroup(),
    )
}
