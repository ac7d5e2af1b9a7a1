"""Whose traffic the rules are for: the networks of each role, as a program gives them.

Owns what those may be. A firewall sees addresses and no machines, so a role without networks has no rule.
"""

from collections.abc import Iterable, Mapping, Sequence

from ws_network.addresses import AddressSet, parse_cidr
from ws_network.errors import UserError, nearest, unknown_name
from ws_network.plan import Plan


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
    for argument, keys in (("role_cidrs", role_cidrs), ("role_ip_group_ids", given)):
        for key in sorted(keys):
            if key in plan.roles:
                continue
            if key in plan.catalogue.roles or nearest(key, plan.roles) is None:
                raise UserError(f"{argument} has {key}, which is no role of the deployment: remove it from {argument}.")
            raise UserError(unknown_name(f"role in {argument}", key, plan.roles))
    for role in sorted(given & set(role_cidrs)):
        raise UserError(f"role_cidrs and role_ip_group_ids both say where {role} is: give it in one of them.")
    for role in sorted({rule.role for rule in plan.rules} - given - set(role_cidrs)):
        raise UserError(
            f"role {role} has rules and no networks: give the IPv4 ranges of its subnets as role_cidrs['{role}'], or "
            f"an IP group as role_ip_group_ids['{role}']."
        )
    return {role: _checked(role, role_cidrs[role]) for role in sorted(role_cidrs)}


def _checked(role: str, cidrs: Sequence[str]) -> tuple[str, ...]:
    where = f"role_cidrs['{role}']"
    for text in cidrs:
        try:
            cidr = parse_cidr(text)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
        if cidr.family != 4:
            raise UserError(f"{where} has {cidr.text}, which Azure Firewall cannot hold: give IPv4 only.")
    if not cidrs:
        raise UserError(f"{where} is empty: give the IPv4 ranges of the role's subnets.")
    found = AddressSet.from_cidrs(cidrs).cidrs()
    if found == ("0.0.0.0/0",):  # of all ranges together: two halves are every machine, too
        raise UserError(f"{where} comes to {found[0]}, which is every machine: give the ranges of the role's subnets.")
    return found
