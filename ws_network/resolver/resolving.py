"""The whole run: from a deployment and the files so far to new files.

Owns the order of its steps: everything that can be wrong is looked at before anybody waits for DNS, and nothing is
written unless all went well. Does not own any step.
"""

from collections.abc import Callable
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
from ws_network.resolver.needed import needed_hosts, to_ask
from ws_network.resolver.refresh import Change, Moment, Refreshed, refresh
from ws_network.snapshot import Snapshot

DEFAULT_GRACE_DAYS = 7
"""Days that an address stays after the first answer without it: longer than a weekend and a change freeze."""

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
    grace_days: int = DEFAULT_GRACE_DAYS
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
    findings: tuple[Finding, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs, by name."""
        return self.refreshed.changes


def resolve(
    catalogue: Catalogue,
    deployment: Deployment,
    terms: Terms,
    on_answer: Progress = lambda _done, _total: None,
    by: Ask = ask,
) -> Resolution:
    """Ask DNS for every name that a deployment needs, and bring the snapshot up to date.

    Args:
        catalogue: At any revision; the deployment's is taken.
        deployment: The site.
        terms: How, and where the files are.
        on_answer: Told about progress.
        by: Who asks.

    Raises:
        UserError: the deployment has a mistake or needs no name, the place is not known, a file cannot be read or
            written, another run is at work, or no resolver answers. The files are as they were.
    """
    hosts = needed_hosts(catalogue, deployment, terms.today)
    asked = to_ask(hosts, terms.only)
    files.check_writable(terms.snapshot)
    beside = observations.beside(terms.snapshot)
    with files.locked(terms.snapshot):
        found = Snapshot.load(terms.snapshot) if terms.snapshot.exists() else None
        old = None if found is not None and found.example else found  # nobody ever answered at an example
        observed = observations.load(beside)
        moment = Moment(terms.now, terms.today, _place(terms, old))
        asking = terms.asking
        if not asking.resolvers:
            asking = replace(asking, resolvers=system_resolvers())
        made = refresh(
            asked,
            by([host.fqdn for host in asked], asking, on_answer),
            moment,
            old=old,
            observed=observed,
            grace_days=terms.grace_days,
            resolvers=asking.resolvers,
            keep_others=bool(terms.only),
        )
        changed = found is None or found.text() != made.snapshot.text()
        if not terms.dry_run:
            contents = {beside: made.observations.text()}
            files.replace(contents | ({terms.snapshot: made.snapshot.text()} if changed else {}))
    content = () if terms.only else hosts
    return Resolution(made, changed, len(asked), (*made.findings, *notices.of_content(tuple(content))))


def _place(terms: Terms, old: Snapshot | None) -> str:
    if terms.place is not None:
        if not terms.place.strip():
            raise UserError("--place is empty: say where this is resolved, as 'build runner in eu-central-1'.")
        return terms.place.strip()
    if old is None:
        raise UserError(
            "the place of resolution is not known yet: say it with --place, as 'build runner in eu-central-1', since "
            "the answers elsewhere may be others."
        )
    return old.place
