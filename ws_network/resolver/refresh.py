"""From an old snapshot and new answers to a new snapshot: what is added, what stays, and what goes.

Owns the union with its grace window. Pure: the day and the moment are arguments. Does not own asking nor files.

An address goes only when an answer that proves it has been absent for the whole window, and never on a failure. So one
bad night changes nothing, and an address that somebody still uses is not closed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from ipaddress import ip_address

from ws_network.addresses import FAMILIES, Family
from ws_network.findings import Finding
from ws_network.resolver import notices
from ws_network.resolver.answers import Answer
from ws_network.resolver.merge import Seen, seen
from ws_network.resolver.needed import Host
from ws_network.resolver.observations import FORMAT as OBSERVED_FORMAT
from ws_network.resolver.observations import Observations, Observed, Sighting
from ws_network.snapshot import FORMAT, ResolvedName, Snapshot


@unique
class Event(StrEnum):
    """What became of an address."""

    ADDED = "added"
    RETURNED = "returned"
    """It was absent, and is there again."""
    ABSENT = "absent"
    """The answers no longer have it; it stays for the grace window."""
    REMOVED = "removed"
    """Its grace window has ended."""
    NOT_NEEDED = "not-needed"
    """No flow needs the name any more."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference between the old snapshot and the new one."""

    fqdn: str
    event: Event
    address: str
    since: date | None = None
    """Of an absent address the first day without it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When the answers came, and where."""

    now: datetime
    """With its time zone."""
    today: date
    """The day that grace windows are counted from and to."""
    place: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The new files and what differs."""

    snapshot: Snapshot
    observations: Observations
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


def refresh(  # noqa: PLR0913 - each argument is one input, and most are optional
    hosts: tuple[Host, ...],
    answers: Iterable[Answer],
    moment: Moment,
    *,
    old: Snapshot | None = None,
    observed: Observations | None = None,
    grace_days: int = 7,
    resolvers: tuple[str, ...] = (),
    keep_others: bool = False,
) -> Refreshed:
    """Return what an old snapshot becomes by new answers; their order does not matter.

    Args:
        hosts: The names that were asked.
        answers: What came of it, of all rounds; none for a host counts as a failure.
        moment: When and where.
        old: The snapshot so far.
        observed: Its observations so far.
        grace_days: How many days an address stays after the first answer without it.
        resolvers: Who was asked.
        keep_others: Keep the names that are not among `hosts`, since only some were asked.
    """
    by_host: dict[str, dict[Family, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        by_host[answer.question.fqdn][answer.question.family].append(answer)
    before: Mapping[str, ResolvedName] = old.names if old else {}
    told: Mapping[str, Observed] = observed.names if observed else {}
    asked = {host.fqdn for host in hosts}
    names = {fqdn: entry for fqdn, entry in before.items() if keep_others and fqdn not in asked}
    changes = [
        Change(fqdn, Event.NOT_NEEDED, address)
        for fqdn, entry in before.items()
        if not keep_others and fqdn not in asked
        for address in (*entry.ipv4, *entry.ipv6)
    ]
    seen_at = {fqdn: entry for fqdn, entry in told.items() if fqdn in names}
    findings = notices.of_place(old.place if old else None, moment.place)
    for host in hosts:
        both = {family: seen(host, by_host[host.fqdn][family]) for family in FAMILIES}
        entry, different = _name(host.fqdn, before.get(host.fqdn, ResolvedName()), both, moment.today, grace_days)
        if entry.ipv4 or entry.ipv6:
            names[host.fqdn] = entry
        seen_at[host.fqdn] = _observed(entry, both, told.get(host.fqdn), moment.now)
        changes += different
        findings += notices.of_name(host, both, entry)
    return Refreshed(
        snapshot=Snapshot(format=FORMAT, place=moment.place, names=dict(sorted(names.items()))),
        observations=Observations(
            format=OBSERVED_FORMAT,
            resolved_at=moment.now,
            place=moment.place,
            resolvers=resolvers,
            names=dict(sorted(seen_at.items())),
        ),
        changes=tuple(sorted(changes, key=_order)),
        findings=tuple(findings),
    )


def _name(
    fqdn: str, old: ResolvedName, both: Mapping[Family, Seen], today: date, grace_days: int
) -> tuple[ResolvedName, list[Change]]:
    """Return a name's addresses after the answers, and what differs."""
    kept: dict[Family, list[str]] = {}
    absent: dict[str, date] = {}
    changes: list[Change] = []
    for family in FAMILIES:
        found, known = both[family], old.addresses(family)
        kept[family] = [address for address in known if address in found.addresses]
        for address in found.addresses:
            if address not in known:
                kept[family].append(address)
                changes.append(Change(fqdn, Event.ADDED, address))
            elif address in old.absent_since:
                changes.append(Change(fqdn, Event.RETURNED, address))
        for address in known:
            if address in found.addresses:
                continue
            since = old.absent_since.get(address)
            if found.complete and (today - (since or today)).days >= grace_days:
                changes.append(Change(fqdn, Event.REMOVED, address, since or today))
                continue
            if found.complete and since is None:
                since = today
                changes.append(Change(fqdn, Event.ABSENT, address, since))
            kept[family].append(address)
            if since is not None:
                absent[address] = since
    in_order = {family: tuple(sorted(set(addresses), key=ip_address)) for family, addresses in kept.items()}
    return ResolvedName(ipv4=in_order[4], ipv6=in_order[6], absent_since=dict(sorted(absent.items()))), changes


def _observed(entry: ResolvedName, both: Mapping[Family, Seen], old: Observed | None, now: datetime) -> Observed:
    """Return what is told about a name's addresses: of one that was not seen now, what was told before."""
    before = old.addresses if old else {}
    sightings: dict[str, Sighting] = {}
    for family in FAMILIES:
        for address in entry.addresses(family):
            known = before.get(address)
            if address in both[family].addresses:
                first = known.first_seen if known else now
                ttl = both[family].addresses[address]
                sightings[address] = Sighting(first_seen=first, last_seen=now, ttl=ttl)
            elif known:
                sightings[address] = known
    return Observed(
        addresses=dict(sorted(sightings.items())),
        cname=max((found.chain for found in both.values()), key=len),
        resolvers=tuple(sorted({name for found in both.values() for name in found.resolvers})),
        ipv4=both[4].outcome,
        ipv6=both[6].outcome,
        complete=both[4].complete and both[6].complete,
    )


def _order(change: Change) -> tuple[str, str, int, int]:
    address = ip_address(change.address)
    return change.fqdn, change.event, address.version, int(address)
