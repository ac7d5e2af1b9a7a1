"""AWS components: the whole site, the group of one role, a prefix list, the rules of Network Firewall.

Own the wiring of what `ws_network.aws.render` and `ws_network.aws.egress` say to resources, and the names of those. Do
not own VPCs, routes, firewalls or machines: attaching a group is the caller's decision. A resource's name comes from
its content, never from its place.
Children get `parent` and nothing else of a component's options: `protect`, `ignore_changes` or `aliases` would
otherwise reach every rule.
"""

from ws_network.aws.components.egress import AwsEgressPolicy, AwsEgressPolicyArgs
from ws_network.aws.components.prefix_list import AwsPrefixList, AwsPrefixListArgs
from ws_network.aws.components.role import AwsRoleSecurityGroup, AwsRoleSecurityGroupArgs
from ws_network.aws.components.site import AwsWorkloadSecurity, AwsWorkloadSecurityArgs

__all__ = [
    "AwsEgressPolicy",
    "AwsEgressPolicyArgs",
    "AwsPrefixList",
    "AwsPrefixListArgs",
    "AwsRoleSecurityGroup",
    "AwsRoleSecurityGroupArgs",
    "AwsWorkloadSecurity",
    "AwsWorkloadSecurityArgs",
]
