"""Where the machines of each role are, as a program gives it: a firewall at the edge sees addresses and no machines.

Owns what those networks may be. Does not own which roles need some (`ws_network.<cloud>.egress.sources`).
"""

from collections.abc import Iterable, Sequence

from ws_network.addresses import AddressSet, parse_cidr
from ws_network.errors import UserError, nearest, unknown_name
from ws_network.grammar import GRAMMARS
from ws_network.plan import Plan


def known_roles(argument: str, keys: Iterable[str], plan: Plan) -> None:
    """Raise for a role that the deployment does not have.

    Args:
        argument: What has the roles as its keys.
        keys: The roles.
        plan: Of the deployment.

    Raises:
        UserError: names the nearest role, or says to remove one that a deployment may once have had.
    """
    for role in sorted(set(keys) - set(plan.roles)):
        if role in plan.catalogue.roles or nearest(role, plan.roles) is None:
            raise UserError(f"{argument} has {role}, which is no role of the deployment: remove it from {argument}.")
        raise UserError(unknown_name(f"role in {argument}", role, plan.roles))


def role_networks(role: str, cidrs: Sequence[str], plan: Plan, firewall: str) -> tuple[str, ...]:
    """Return the networks of a role, as few ranges as say the same, sorted.

    Args:
        role: The role.
        cidrs: What `role_cidrs` has for it.
        plan: For a target whose families of addresses count.
        firewall: What that is called.

    Raises:
        UserError: there is none, one is no range or of a family that the firewall cannot hold, or they come to every
            machine.
    """
    where = f"role_cidrs['{role}']"
    families = GRAMMARS[plan.target].families
    what = "IPv4 ranges" if families == {4} else "ranges"
    for text in cidrs:
        try:
            cidr = parse_cidr(text)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
        if cidr.family not in families:
            raise UserError(f"{where} has {cidr.text}, which {firewall} cannot hold: give IPv4 only.")
    if not cidrs:
        raise UserError(f"{where} is empty: give the {what} of the role's subnets.")
    found = AddressSet.from_cidrs(cidrs).cidrs()
    for text in found:  # of all ranges together: two halves are every machine, too
        if text.endswith("/0"):
            raise UserError(f"{where} comes to {text}, which is every machine: give the ranges of the role's subnets.")
    return found
