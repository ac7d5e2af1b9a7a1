"""What becomes of the addresses of one name: which are added, which stay, and which go.

Owns the union with its grace window, and the events that people read. Pure: the day is an argument.

An address goes only when an answer that proves it has been absent for the whole window, and never on a failure. So one
bad night changes nothing, and an address that somebody still uses is not closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from ipaddress import ip_address

from ws_network.addresses import FAMILIES, Family
from ws_network.bogons import why_refused
from ws_network.resolver.merge import GONE, Seen
from ws_network.resolver.needed import Host
from ws_network.snapshot import ResolvedName


@unique
class Event(StrEnum):
    """What became of an address."""

    ADDED = "added"
    RETURNED = "returned"
    """It was absent, or nobody needed its name; it is there again."""
    ABSENT = "absent"
    """The answers no longer have it; it stays for the grace window."""
    NOT_NEEDED = "not-needed"
    """No flow needs its name any more; it stays for the grace window."""
    REMOVED = "removed"
    """Its grace window has ended."""
    REFUSED = "refused"
    """It was in the file, and no public name may have it: it goes at once."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference between the old snapshot and the new one."""

    fqdn: str
    event: Event
    address: str
    since: date | None = None
    """Of an address that is or was absent the first day without it."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the grace windows of a run are counted by."""

    today: date
    grace_days: int


def of_asked(
    host: Host, old: ResolvedName, both: Mapping[Family, Seen], window: Window, *, anew: bool = False
) -> tuple[ResolvedName, list[Change]]:
    """Return a name's addresses after the answers, and what differs.

    Args:
        host: The name.
        old: Its addresses so far.
        both: What the answers say by family.
        window: The day and the window.
        anew: Nobody needed the name last time, so that windows run which no answer began: they begin anew.
    """
    before, changes = _without_refused(host, old)
    return _after(host.fqdn, before, both, window, changes, absent=Event.ABSENT, anew=anew)


def of_not_needed(fqdn: str, old: ResolvedName, window: Window) -> tuple[ResolvedName, list[Change]]:
    """Return the addresses of a name that nobody was asked about, since no flow needs it: they have a window too."""
    return _after(fqdn, old, dict.fromkeys(FAMILIES, GONE), window, [], absent=Event.NOT_NEEDED)


def in_order(changes: list[Change]) -> tuple[Change, ...]:
    """Return changes by name, event and address."""

    def key(change: Change) -> tuple[str, str, int, int]:
        address = ip_address(change.address)
        return change.fqdn, change.event, address.version, int(address)

    return tuple(sorted(changes, key=key))


def _without_refused(host: Host, old: ResolvedName) -> tuple[ResolvedName, list[Change]]:
    """Return what may stay of a name: no plan can be made of an address that is neither public nor the site's."""
    refused = {a for family in FAMILIES for a in old.addresses(family) if why_refused(a, host.within)}
    if not refused:
        return old, []
    kept = {family: tuple(a for a in old.addresses(family) if a not in refused) for family in FAMILIES}
    absent = {address: day for address, day in old.absent_since.items() if address not in refused}
    changes = [Change(host.fqdn, Event.REFUSED, address) for address in refused]
    return ResolvedName(ipv4=kept[4], ipv6=kept[6], absent_since=absent), changes


def _after(  # noqa: PLR0913 - two callers in this module, and each argument is one input
    fqdn: str,
    old: ResolvedName,
    both: Mapping[Family, Seen],
    window: Window,
    changes: list[Change],
    *,
    absent: Event,
    anew: bool = False,
) -> tuple[ResolvedName, list[Change]]:
    kept: dict[Family, list[str]] = {}
    absent_since: dict[str, date] = {}
    for family in FAMILIES:
        found, known = both[family], old.addresses(family)
        new = [address for address in found.addresses if address not in known]
        changes += [Change(fqdn, Event.ADDED, address) for address in new]
        kept[family] = new
        for address in known:
            since = old.absent_since.get(address)
            is_there = address in found.addresses
            if since and (is_there or (anew and not found.complete)):
                changes.append(Change(fqdn, Event.RETURNED, address, since))
            if anew or is_there:
                since = None
            if found.complete and not is_there:
                begins = since is None
                since = since or window.today
                if (window.today - since).days >= window.grace_days:
                    changes.append(Change(fqdn, Event.REMOVED, address, since))
                    continue
                if begins:
                    changes.append(Change(fqdn, absent, address, since))
            kept[family].append(address)
            if since:
                absent_since[address] = since
    ipv4, ipv6 = (tuple(sorted(set(kept[family]), key=ip_address)) for family in FAMILIES)
    return ResolvedName(ipv4=ipv4, ipv6=ipv6, absent_since=dict(sorted(absent_since.items()))), changes
