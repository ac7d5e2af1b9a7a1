"""Whose traffic the rules are for: the networks of each role, as a program gives them.

Owns which roles need some. Does not own what a network may be (`ws_network.role_networks`).
"""

from collections.abc import Mapping, Sequence

from ws_network.errors import UserError
from ws_network.plan import Plan
from ws_network.role_networks import known_roles, role_networks


def checked_networks(plan: Plan, role_cidrs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the networks by role, as few ranges as say the same, sorted.

    Args:
        plan: For the target `aws-network-firewall`.
        role_cidrs: Ranges by role.

    Raises:
        UserError: a role is unknown, or has rules and no networks, or a range cannot be that of machines.
    """
    known_roles("role_cidrs", role_cidrs, plan)
    for role in sorted({rule.role for rule in plan.rules} - set(role_cidrs)):
        raise UserError(
            f"role {role} has rules and no networks: give the ranges of its subnets as role_cidrs['{role}']."
        )
    return {role: role_networks(role, role_cidrs[role], plan, "Network Firewall") for role in sorted(role_cidrs)}
