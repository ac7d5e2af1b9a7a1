"""Which priority a rule of a firewall policy has, whatever other rules there are.

The band, from its first priority on, of which a policy takes each once over all roles and both directions:

    (role's number * 128 + slot of the line) * 1024 + direction * 512 + facet     the rules that allow
    4096 * 128 * 1024 + role's number * 2 + family (IPv4 0, IPv6 1)               the rules that deny the rest

Directions: egress 0, ingress 1. Facets: IPv4 0-63 and IPv6 64-127 by part of the list, any IPv4 address 128, any IPv6
address 129, names 130-137 by part, roles 138, secure tags 139, address groups 140, tags that the program gives 141;
142-511 are free. In the layout `minimal` a rule that allows has the number of its name, below 4096 * 128 * 1024. All
roles' rules that allow come before any that denies, since a machine may wear the marks of two roles.

The numbers are frozen: a rule whose priority changes is replaced. Owns this layout and the priorities of a VPC's
rules, which need not be unique. Does not own slots (`ws_network.catalogue`, extra flows) nor the numbers of roles
(`ws_network.priorities`).
"""

from ws_network.catalogue import Catalogue
from ws_network.compose import ComposedRule, Facet
from ws_network.errors import UserError
from ws_network.grammar import EndpointKind
from ws_network.identity import number_of
from ws_network.priorities import ROLES, Band, role_number
from ws_network.rules import Direction

LAST_PRIORITY = 2147483547
"""Priorities above it are GCP's own (Cloud NGFW, "Firewall policies")."""

SLOTS = 128
PER_SLOT = 1024
PER_DIRECTION = 512
ALLOWING = ROLES * SLOTS * PER_SLOT
"""How many priorities rules have that allow; those that deny follow."""

SIZE = ALLOWING + 2 * ROLES
"""How many priorities the band needs."""

BAND = Band(1000, 1000 + SIZE - 1)
"""The band, unless told otherwise. The priorities before it are free for rules that must come first."""

VPC_BAND = Band(1000, 65534)
"""Priorities of a VPC's rules that allow, and that deny the rest, unless told otherwise. 1000 is GCP's default, 65534
the last before the rules that GCP implies (compute.v1 API, Firewall)."""

_FACETS: dict[Facet, range] = {
    Facet.IPV4: range(64),
    Facet.IPV6: range(64, 128),
    Facet.ANY_IPV4: range(128, 129),
    Facet.ANY_IPV6: range(129, 130),
    Facet.NAMES: range(130, 138),
    Facet.ROLE: range(138, 139),
}
_GIVEN: dict[EndpointKind, range] = {
    EndpointKind.SECURE_TAG: range(139, 140),
    EndpointKind.ADDRESS_GROUP: range(140, 141),
    EndpointKind.REFERENCE: range(141, 142),
}
"""What only the cloud knows, in a rule of a policy: one rule for each kind."""


def band(first: int | None, last: int | None) -> Band:
    """Return the band that begins and ends where told; without an end, as long as it needs to be.

    Raises:
        UserError: it is empty, or not inside the priorities that a policy takes.
    """
    begin = BAND.first if first is None else first
    end = begin + SIZE - 1 if last is None else last
    return Band(begin, end).within(0, LAST_PRIORITY, "the band of priorities")


def vpc_band(first: int | None, last: int | None) -> Band:
    """Return the priorities of a VPC's rules that allow, and that deny.

    Raises:
        UserError: the one that denies does not come after, or GCP takes them not.
    """
    found = Band(VPC_BAND.first if first is None else first, VPC_BAND.last if last is None else last)
    found = found.within(0, VPC_BAND.last, "the band of priorities")
    if found.first == found.last:
        raise UserError(
            f"the band of priorities is {found.first} alone, and at one priority what denies the rest wins: give a "
            "last priority above the first."
        )
    return found


def allowing(rule: ComposedRule, name: str, part: int, catalogue: Catalogue) -> int:
    """Return the priority of a rule that allows, counted from the first of the band.

    Args:
        rule: The rule.
        name: Its name, or that of one of its parts.
        part: Which part of its list it is.
        catalogue: Where roles have their numbers.
    """
    if not rule.line:
        return number_of(name, ALLOWING)
    facet = _numbers(rule)[part]
    slot = (role_number(rule.role, catalogue) * SLOTS + (rule.slot or 0)) * PER_SLOT
    return slot + (rule.direction is Direction.INGRESS) * PER_DIRECTION + facet


def denying(role: str, catalogue: Catalogue) -> tuple[int, int]:
    """Return the priorities of a role's rules that deny the rest, IPv4 and IPv6, from the first of the band."""
    number = ALLOWING + 2 * role_number(role, catalogue)
    return number, number + 1


def parts_of(rule: ComposedRule) -> int:
    """Return into how many parts a rule may be divided."""
    return len(_numbers(rule))


def _numbers(rule: ComposedRule) -> range:
    return _GIVEN[rule.ends[0].kind] if rule.facet is Facet.OTHER else _FACETS[rule.facet]
