"""Whose traffic the rules are for: the networks of each role, as a program gives them.

Owns what those may be. A firewall sees addresses and no machines, so a role without networks has no rule.
"""

from collections.abc import Mapping, Sequence

from ws_network.addresses import AddressSet, parse_cidr
from ws_network.errors import UserError, nearest, unknown_name
from ws_network.plan import Plan


def checked_networks(plan: Plan, role_cidrs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the networks by role, as few ranges as say the same, sorted.

    Args:
        plan: For the target `aws-network-firewall`.
        role_cidrs: Ranges by role.

    Raises:
        UserError: a role is unknown, or has rules and no networks, or a range cannot be that of machines.
    """
    for role in sorted(set(role_cidrs) - set(plan.roles)):
        if role in plan.catalogue.roles or nearest(role, plan.roles) is None:
            raise UserError(f"role_cidrs has {role}, which is no role of the deployment: remove it from role_cidrs.")
        raise UserError(unknown_name("role in role_cidrs", role, plan.roles))
    for role in sorted({rule.role for rule in plan.rules} - set(role_cidrs)):
        raise UserError(
            f"role {role} has rules and no networks: give the ranges of its subnets as role_cidrs['{role}']."
        )
    return {role: _checked(role, role_cidrs[role]) for role in sorted(role_cidrs)}


def _checked(role: str, cidrs: Sequence[str]) -> tuple[str, ...]:
    where = f"role_cidrs['{role}']"
    if not cidrs:
        raise UserError(f"{where} is empty: give the ranges of the role's subnets.")
    for text in cidrs:
        try:
            parse_cidr(text)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
    found = AddressSet.from_cidrs(cidrs).cidrs()
    for text in found:  # of all ranges together: two halves are every machine, too
        if text.endswith("/0"):
            raise UserError(f"{where} comes to {text}, which is every machine: give the ranges of the role's subnets.")
    return found
