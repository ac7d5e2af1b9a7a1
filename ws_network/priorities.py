"""What the priorities of Azure and GCP have in common: a band, numbers from content, and no number twice.

Owns the arithmetic that keeps a rule's priority when other rules come and go. Does not own how a cloud lays out its
band (`ws_network.<cloud>.priorities`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ws_network.catalogue import Catalogue
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.identity import number_of

OWN_ROLES = 32
"""Number of the first role that the catalogue does not have. The catalogue's come before it, in its order, for ever."""

ROLES = 4096
"""How many role numbers there are, so that two roles that a site invents hardly ever share one."""


@dataclass(frozen=True, slots=True)
class Band:
    """The priorities that rules may take, both ends included."""

    first: int
    last: int

    def within(self, first: int, last: int, what: str) -> "Band":
        """Return the band, when it lies inside the platform's.

        Raises:
            UserError: it does not, or it is empty.
        """
        if not first <= self.first <= self.last <= last:
            raise UserError(
                f"{what} is {self.first} to {self.last}: give a first and a last priority from {first} to {last}."
            )
        return self


def role_number(role: str, catalogue: Catalogue) -> int:
    """Return the number of a role: its place in the catalogue, or one from its name where the site invented it.

    The place is that in the catalogue of all revisions, since a later one may have a role between two others.
    """
    known = list(dict.fromkeys(role.id for role in catalogue.data.roles))
    return known.index(role) if role in known else OWN_ROLES + number_of(role, ROLES - OWN_ROLES)


def same_numbers(roles: Iterable[str], catalogue: Catalogue) -> Iterator[Finding]:
    """Yield a finding for each number that two roles share; only names that a site invents can."""
    owners: dict[int, str] = {}
    for role in sorted(roles):
        other = owners.setdefault(role_number(role, catalogue), role)
        if other != role:
            text = f"the roles {other} and {role} come to the same priorities."
            remedy = "Rename one of the two: the number comes from the name."
            yield finding("priority-taken", role, text, remedy=remedy)


def clashes(priorities: Mapping[str, int], bands: Iterable[Band], where: str) -> Iterator[Finding]:
    """Yield a finding for each priority that two rules would have, and for each rule outside of the bands.

    Args:
        priorities: By name of the rule; of one direction where the platform counts those apart.
        bands: Where they may lie.
        where: What holds the rules.
    """
    bands = tuple(bands)
    names: dict[int, list[str]] = defaultdict(list)
    for name, priority in sorted(priorities.items()):
        names[priority].append(name)
        if not any(band.first <= priority <= band.last for band in bands):
            text = f"{name} would have the priority {priority} in {where}, outside of the band."
            yield finding("priority-taken", name, text)
    for priority, same in names.items():
        if len(same) > 1:
            text = f"{' and '.join(same)} would both have the priority {priority} in {where}."
            yield finding("priority-taken", same[0], text)
