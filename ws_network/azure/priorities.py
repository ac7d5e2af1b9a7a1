"""The priorities of rules in a network security group: each from the rule's own line, so that no other rule moves it.

Owns the layout of the band. Azure counts priorities for each direction apart, and a group has the rules of one role,
so the same numbers serve both directions and every role. From the band's first number:

    (slot - 1) * 32    the block of a line of the page, for slots 1 to 108:
      +  0 to 15         TCP, and ICMP
      + 16 to 31         UDP
           0               addresses, IPv4
           1               addresses, IPv6
           2               any IPv4 address
           3               any IPv6 address
           4 to 15         a role of the site: 4 + its number % 12

and down from the band's last:

    last               deny the rest
    last - 1           inbound: Azure's load balancer is let in, which denying the rest would shut out
    last - 2           free
    last - 3 - n       n from 0 to 511, from the rule's name: what has no place in a block, because only Azure knows who
                       the other end is, or an extra flow has no slot

Where two names have one n, the second in their order takes the next, and 0 after 511: but only in a group of ours,
whose rules are set in one request. In a group that is adopted it would move to the place of the first one when that
goes, before it is gone, and Azure would refuse; so there the two stay on one priority, and that fails the plan.
The whole band, 100 to 4096, leaves 3556 to 3581 free between the two ends. In the layout `minimal` rules are numbered
in the order of their names from the band's first: for groups of ours only, for the same reason.
Does not own that two rules on one priority, as two roles that the site invented may be, fail the plan:
`ws_network.priorities.clashes` finds them.
"""

from collections.abc import Iterable

from ws_network.azure.limits import FIRST_PRIORITY, LAST_PRIORITY
from ws_network.catalogue import Catalogue, Transport
from ws_network.compose import ComposedRule, Facet
from ws_network.deployment import Layout
from ws_network.identity import number_of
from ws_network.priorities import Band, role_number

OWNED_BAND = Band(FIRST_PRIORITY, LAST_PRIORITY)
"""Every priority there is: a group of ours has no other rules."""

BLOCK = 32
"""Priorities of one slot. 108 slots take 3,456 of Azure's 3,997."""

HALF = 16
"""Priorities of one slot for one protocol."""

ROLE_PLACES = 12
"""Places of a half for roles. The catalogue's roles that one line can reach have different ones."""

OTHERS = 512
"""Priorities for what has no place in a block."""

PLACES = {Facet.IPV4: 0, Facet.IPV6: 1, Facet.ANY_IPV4: 2, Facet.ANY_IPV6: 3}
FIRST_ROLE_PLACE = 4


def deny_priority(band: Band) -> int:
    """Return the priority of the rule that denies the rest."""
    return band.last


def load_balancer_priority(band: Band) -> int:
    """Return the priority of the rule that lets Azure's load balancer in."""
    return band.last - 1


def permitted(band: Band) -> Band:
    """Return the part of the band that the rules of a plan may take: all before denying the rest."""
    return Band(band.first, band.last - 2)


def priorities(
    rules: Iterable[ComposedRule], catalogue: Catalogue, layout: Layout, band: Band, *, owned: bool
) -> dict[str, int]:
    """Return the priority of each rule by its name.

    Args:
        rules: Of one role and one direction.
        catalogue: For the numbers of roles.
        layout: Of the deployment.
        band: Where they may lie; a number outside of it is returned as it is.
        owned: Whether their group is ours, so that they are set in one request.
    """
    ordered = sorted(rules, key=lambda rule: rule.name)
    if layout is Layout.MINIMAL:
        return {rule.name: band.first + index for index, rule in enumerate(ordered)}
    found: dict[str, int] = {}
    taken: set[int] = set()
    for rule in ordered:
        place = _place(rule, catalogue)
        if place is not None:
            found[rule.name] = band.first + place
            continue
        number = number_of(rule.name, OTHERS)
        if owned:
            number = _free(number, taken)
        taken.add(number)
        found[rule.name] = band.last - 3 - number
    return found


def _free(number: int, taken: set[int]) -> int:
    """Return the number, or the next one that is free; the number itself where none is."""
    following = ((number + step) % OTHERS for step in range(OTHERS))
    return next((other for other in following if other not in taken), number)


def _place(rule: ComposedRule, catalogue: Catalogue) -> int | None:
    """Return the distance from the band's first; None for a rule that has no place in a block."""
    if rule.slot is None:
        return None
    if rule.facet is Facet.ROLE:
        place = FIRST_ROLE_PLACE + role_number(rule.ends[0].value, catalogue) % ROLE_PLACES
    elif rule.facet in PLACES:
        place = PLACES[rule.facet]
    else:
        return None
    half = HALF if rule.services[0].protocol is Transport.UDP else 0
    return (rule.slot - 1) * BLOCK + half + place
