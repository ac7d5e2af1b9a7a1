"""From an old snapshot and new answers to a new snapshot and what is told beside it.

Owns the pass over all names: those that were asked, those that nobody needs, and those that were left out. Pure: the
day and the moment are arguments. Does not own what becomes of an address (`ws_network.resolver.changes`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ws_network.addresses import FAMILIES, Family
from ws_network.findings import Finding
from ws_network.resolver import notices
from ws_network.resolver.answers import Answer
from ws_network.resolver.changes import Change, Window, in_order, of_asked, of_not_needed
from ws_network.resolver.merge import OTHER, Seen, has_no_such_family, seen_of_both
from ws_network.resolver.needed import Host
from ws_network.resolver.observations import FORMAT as OBSERVED_FORMAT
from ws_network.resolver.observations import Observations, Observed, Sighting
from ws_network.snapshot import FORMAT, ResolvedName, Snapshot


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
        keep_others: Keep the names that are not among `hosts` as they are, since only some were asked. Else nobody
            needs them.
    """
    by_host: dict[str, dict[Family, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        by_host[answer.question.fqdn][answer.question.family].append(answer)
    before: Mapping[str, ResolvedName] = old.names if old else {}
    told: Mapping[str, Observed] = observed.names if observed else {}
    window = Window(moment.today, grace_days)
    names: dict[str, ResolvedName] = {}
    seen_at: dict[str, Observed] = {}
    changes: list[Change] = []
    findings = notices.of_place(old.place if old else None, moment.place)
    for host in hosts:
        both = seen_of_both(host, by_host[host.fqdn])
        last = told.get(host.fqdn)
        known = before.get(host.fqdn, ResolvedName())
        anew = not last.needed if last else _is_back(known, both)
        entry, different = of_asked(host, known, both, window, anew=anew)
        if entry.ipv4 or entry.ipv6:
            names[host.fqdn] = entry
        seen_at[host.fqdn] = _observed(entry, both, last, moment.now)
        changes += different
        findings += notices.of_name(host, both, entry)
    for fqdn in sorted(before.keys() - {host.fqdn for host in hosts}):
        entry, different = (before[fqdn], []) if keep_others else of_not_needed(fqdn, before[fqdn], window)
        changes += different
        if not entry.ipv4 and not entry.ipv6:
            continue
        names[fqdn] = entry
        if fqdn in told:
            seen_at[fqdn] = told[fqdn] if keep_others else told[fqdn].model_copy(update={"needed": False})
        findings += [] if keep_others else notices.of_not_needed(fqdn, entry)
    return Refreshed(
        snapshot=Snapshot(format=FORMAT, place=moment.place, names=dict(sorted(names.items()))),
        observations=Observations(
            format=OBSERVED_FORMAT,
            resolved_at=moment.now,
            place=moment.place,
            resolvers=resolvers,
            names=dict(sorted(seen_at.items())),
        ),
        changes=in_order(changes),
        findings=tuple(findings),
    )


def _is_back(known: ResolvedName, both: Mapping[Family, Seen]) -> bool:
    """Return whether a name of which every address was absent has one again: what a name does that is needed again.

    It is asked where the observations are lost, which say it for certain.
    """
    addresses = {*known.ipv4, *known.ipv6}
    return bool(addresses) and addresses == set(known.absent_since) and any(found.addresses for found in both.values())


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
        ipv4_complete=both[4].complete,
        ipv6_complete=both[6].complete,
        proven_at=now if _is_proven(entry, both) else (old.proven_at if old else None),
    )


def _is_proven(entry: ResolvedName, both: Mapping[Family, Seen]) -> bool:
    """Return whether the answers leave nothing open about the addresses that a name has in the snapshot."""
    return any(found.complete for found in both.values()) and all(
        both[family].complete or (has_no_such_family(both[family], both[other]) and not entry.addresses(family))
        for family, other in OTHER.items()
    )
