"""AWS: security groups, their rules and managed prefix lists, rules of Network Firewall and DNS Firewall.

Loads pulumi and the AWS SDK when a component is first asked for, so that the renderer works without them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ws_network.aws.components import (
        AwsEgressPolicy,
        AwsEgressPolicyArgs,
        AwsPrefixList,
        AwsPrefixListArgs,
        AwsRoleSecurityGroup,
        AwsRoleSecurityGroupArgs,
        AwsWorkloadSecurity,
        AwsWorkloadSecurityArgs,
    )

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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from ws_network.aws import components  # noqa: PLC0415 - the SDK takes a second to load

    return getattr(components, name)
