"""Filters of names on AWS: a rule group of Network Firewall, and lists for DNS Firewall, as plain dicts.

Owns what a plan for `aws-network-firewall` or `aws-dns-firewall` is in AWS's words. Does not own resources
(`ws_network.aws.components.egress`), security groups (`ws_network.aws.render`), nor which form of a host name is
permitted (`ws_network.deployment.names`).
"""

from ws_network.aws.egress.alerts import alert_only_findings
from ws_network.aws.egress.dns import AwsDnsRendering, DnsRule, render_dns
from ws_network.aws.egress.model import AwsEgressRendering, DomainList, IpSet, RuleGroup
from ws_network.aws.egress.render import render
from ws_network.aws.egress.sources import checked_networks

__all__ = [
    "AwsDnsRendering",
    "AwsEgressRendering",
    "DnsRule",
    "DomainList",
    "IpSet",
    "RuleGroup",
    "alert_only_findings",
    "checked_networks",
    "render",
    "render_dns",
]
