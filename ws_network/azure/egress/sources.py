"""Whose traffic the rules are for: the networks of each role, as a program gives them.

Owns which roles need some, and where. Does not own what a network may be (`ws_network.role_networks`).
"""

from collections.abc import Iterable, Mapping, Sequence

from ws_network.errors import UserError
from ws_network.plan import Plan
from ws_network.role_networks import known_roles, role_networks


def checked_sources(
    plan: Plan, role_cidrs: Mapping[str, Sequence[str]], given: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return the networks by role, as few ranges as say the same, sorted.

    Args:
        plan: For the target `azure-firewall`.
        role_cidrs: IPv4 ranges by role.
        given: Roles whose networks are an IP group of the caller.

    Raises:
        UserError: a role is unknown, told twice or not at all though it has rules, or a range is none of Azure
            Firewall's.
    """
    given = set(given)
    known_roles("role_cidrs", role_cidrs, plan)
    known_roles("role_ip_group_ids", given, plan)
    for role in sorted(given & set(role_cidrs)):
        raise UserError(f"role_cidrs and role_ip_group_ids both say where {role} is: give it in one of them.")
    for role in sorted({rule.role for rule in plan.rules} - given - set(role_cidrs)):
        raise UserError(
            f"role {role} has rules and no networks: give the IPv4 ranges of its subnets as role_cidrs['{role}'], or "
            f"an IP group as role_ip_group_ids['{role}']."
        )
    return {role: role_networks(role, role_cidrs[role], plan, "Azure Firewall") for role in sorted(role_cidrs)}
