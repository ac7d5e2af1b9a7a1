"""The whole run: from the deployments that share a snapshot, and the files so far, to new files.

Owns the order of its steps: everything that can be wrong is looked at before anybody waits for DNS, and nothing is
written where the resolvers said nothing of use. Does not own any step.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment
from ws_network.errors import UserError
from ws_network.findings import Finding
from ws_network.resolver import files, notices, observations
from ws_network.resolver.answers import Answer
from ws_network.resolver.asking import Asking, Progress, ask, system_resolvers
from ws_network.resolver.changes import Change
from ws_network.resolver.merge import is_usable, refused_of
from ws_network.resolver.needed import Host, needed_hosts, to_ask, union
from ws_network.resolver.refresh import Moment, Refreshed, refresh
from ws_network.snapshot import Snapshot, check_place

SHOWN = 3
"""Refused addresses that an error names."""

Ask = Callable[[list[str], Asking, Progress], list[Answer]]


@dataclass(frozen=True, slots=True)
class Terms:
    """How to resolve, and where to keep it."""

    snapshot: Path
    now: datetime
    """The moment of the answers, with its time zone."""
    today: date
    """The day for grace windows and end dates."""
    place: str | None = None
    """Where this is resolved; None: where it was before."""
    asking: Asking = field(default_factory=Asking)
    grace_days: int | None = None
    """Days that an address stays after the first answer without it; None: what the deployments say, the longest."""
    only: tuple[str, ...] = ()
    """Names to ask; none for all that are needed."""
    dry_run: bool = False
    """Write nothing."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What came of a run."""

    refreshed: Refreshed
    changed: bool
    """Whether the snapshot differs from the file before."""
    asked: int
    """How many names were asked."""
    grace_days: int
    """The grace window of the run."""
    findings: tuple[Finding, ...]
    needed: tuple[frozenset[str], ...]
    """The names that each deployment needs, in the order of the deployments."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs, by name."""
        return self.refreshed.changes


def resolve(
    catalogue: Catalogue,
    deployments: Deployment | Iterable[Deployment],
    terms: Terms,
    on_answer: Progress = lambda _done, _total: None,
    by: Ask = ask,
) -> Resolution:
    """Ask DNS for every name that deployments need, and bring the snapshot that they share up to date.

    Args:
        catalogue: At any revision; each deployment's own is taken.
        deployments: A site, or all sites that share the snapshot. A name that none of them needs goes after its window.
        terms: How, and where the files are.
        on_answer: Told about progress.
        by: Who asks.

    Raises:
        UserError: a deployment has a mistake or none needs a name, the place is not known, a file cannot be read or
            written, another run is at work, or no resolver says anything of use. The files are as they were.
    """
    sites = [deployments] if isinstance(deployments, Deployment) else list(deployments)
    needed = [needed_hosts(catalogue, deployment) for deployment in sites]
    hosts = union(host for each in needed for host in each)
    asked = to_ask(hosts, terms.only)
    longest = max(deployment.resolution.grace_days for deployment in sites)
    grace_days = longest if terms.grace_days is None else terms.grace_days
    snapshot = files.real(terms.snapshot)
    files.check_writable(snapshot)
    beside = observations.beside(snapshot)
    with files.locked(snapshot):
        found = Snapshot.load(snapshot) if snapshot.exists() else None
        if found is not None and found.example and terms.only:
            raise UserError(
                f"{terms.snapshot} has the addresses of an example, and --only would leave the other names without "
                "any: leave out --only the first time."
            )
        old = None if found is not None and found.example else found  # nobody ever answered at an example
        observed = observations.load(beside)
        moment = Moment(terms.now, terms.today, _place(terms, old))
        asking = terms.asking
        if not asking.resolvers:
            asking = replace(asking, resolvers=system_resolvers())
        answers = by([host.fqdn for host in asked], asking, on_answer)
        _check_use(asked, answers, asking, whole=not terms.only)
        made = refresh(
            asked,
            answers,
            moment,
            old=old,
            observed=observed,
            grace_days=grace_days,
            resolvers=asking.resolvers,
            keep_others=bool(terms.only),
        )
        changed = found is None or found.text() != made.snapshot.text()
        if not terms.dry_run:
            contents = {beside: made.observations.text()}
            files.replace(contents | ({snapshot: made.snapshot.text()} if changed else {}))
    content = () if terms.only else hosts
    findings = (*made.findings, *notices.of_content(tuple(content)))
    names = tuple(frozenset(host.fqdn for host in each) for each in needed)
    return Resolution(made, changed, len(asked), grace_days, findings, names)


def _check_use(hosts: tuple[Host, ...], answers: list[Answer], asking: Asking, *, whole: bool) -> None:
    """Raise where the answers are those of a resolver that knows nothing: they must not pass for a night without news.

    Args:
        hosts: The names that were asked.
        answers: What came of it.
        asking: Names the resolvers.
        whole: Whether these are all names, of which a working resolver has an address for one at least.
    """
    known = {host.fqdn: host for host in hosts}
    whom = f"{', '.join(asking.resolvers)} asked, the files are as they were"
    way_out = "look what answers there, or name another one with --resolver."
    if not any(is_usable(known[answer.question.fqdn], answer) for answer in answers):
        counted = Counter(str(answer.outcome) for answer in answers)
        refused = sorted({text for answer in answers for text in refused_of(known[answer.question.fqdn], answer)})
        what = ", ".join(f"{outcome} {count} times" for outcome, count in sorted(counted.items()))
        what += f" with {', '.join(refused[:SHOWN])}, which no public name has" if refused else ""
        raise UserError(f"no resolver gave a usable answer ({what}; {whom}): {way_out}")
    has_address = any(
        len(refused_of(known[answer.question.fqdn], answer)) < len(answer.addresses) for answer in answers
    )
    if whole and len(hosts) > 1 and not has_address:
        raise UserError(f"no resolver has an address for any of {len(hosts)} names ({whom}): {way_out}")


def _place(terms: Terms, old: Snapshot | None) -> str:
    if terms.place is not None:
        try:
            return check_place(terms.place.strip())
        except ValueError as error:
            raise UserError(f"--place {error}.") from None
    if old is None:
        raise UserError(
            "the place of resolution is not known yet: say it with --place, as 'build runner in eu-central-1', since "
            "the answers elsewhere may be others."
        )
    return old.place
