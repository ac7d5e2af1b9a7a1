"""A run of the resolver on one sheet: what became of which address, and the findings.

Owns the columns. Does not own the judgement of an answer (`ws_network.resolver`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ws_network.deployment import Deployment
from ws_network.findings import Finding
from ws_network.plan import settle
from ws_network.resolver import Change, Event, Resolution
from ws_network.views.planned import Judged, finding_lines, finding_table
from ws_network.views.tables import Column, For, Sheet, Table

CHANGES = (
    Column("change", "change", f"one of {', '.join(Event)}"),
    Column("name", "name", "host name"),
    Column("address", "address", "the address"),
    Column("why", "why", "what it means for the file", For.PEOPLE),
    Column("since", "since", "of an address that is or was absent the first day without it", For.PROGRAMS),
)

WHY = {
    Event.ADDED: "new",
    Event.RETURNED: "it was absent since {since}",
    Event.ABSENT: "not among the answers; it stays for {grace}",
    Event.NOT_NEEDED: "no flow needs the name; it stays for {grace}",
    Event.REMOVED: "absent since {since}",
    Event.REFUSED: "it was in the file, and no public name may have it",
}


@dataclass(frozen=True)
class Resolved(Judged):
    """A run, and the findings with what the deployment accepts."""

    resolution: Resolution
    findings: tuple[Finding, ...]
    file: str
    """The snapshot file, as the caller wrote it."""
    dry_run: bool

    def sheet(self, *, everything: bool = False) -> Sheet:
        """Return the changes and the findings; for people only findings from `low` on unless `everything`."""
        found = self.resolution
        snapshot, observed = found.refreshed.snapshot, found.refreshed.observations
        count = len(found.changes)
        what = "1 address changes" if count == 1 else f"{count} addresses change"
        if not found.changed:
            what = "nothing changes"
        elif not count:
            what = "the place or the form changes"
        return Sheet(
            title=f"{self.file}{' (dry run)' if self.dry_run else ''}: {what}, "
            f"{_counted(found.asked, 'name')} asked at {snapshot.place}",
            facts={
                "changed": found.changed,
                "written": not self.dry_run,
                "asked": found.asked,
                "place": snapshot.place,
                "resolvers": list(observed.resolvers),
                "resolved_at": observed.model_dump(mode="json")["resolved_at"],
            },
            tables=(
                Table("changes", CHANGES, tuple(self._row(change) for change in found.changes)),
                finding_table(self.findings),
            ),
            notes=tuple(finding_lines(self.findings, everything=everything)),
        )

    def _row(self, change: Change) -> tuple[str | None, ...]:
        since = change.since.isoformat() if change.since else None
        why = WHY[change.event].format(since=since, grace=_counted(self.resolution.grace_days, "day"))
        return str(change.event), change.fqdn, change.address, why, since


def resolved(
    deployments: Sequence[Deployment], resolution: Resolution, *, file: str, dry_run: bool = False
) -> Resolved:
    """Return a run for people and programs, its findings worst first.

    Args:
        deployments: Those of the run. A finding about a name is accepted where all that need it accept it; one about
            no name that they need, where one does.
        resolution: The run.
        file: What to call the snapshot file.
        dry_run: Whether nothing was written.
    """
    findings = tuple(_settled(entry, deployments, resolution) for entry in resolution.findings)
    worst_first = tuple(sorted(set(findings), key=lambda entry: (-entry.severity.rank, entry)))
    return Resolved(resolution, worst_first, file, dry_run)


def _settled(entry: Finding, deployments: Sequence[Deployment], resolution: Resolution) -> Finding:
    pairs = zip(deployments, resolution.needed, strict=True)
    concerned = [deployment for deployment, names in pairs if entry.flow in names]
    judged = [settle(deployment, [entry])[0] for deployment in concerned or deployments]
    taken = [found for found in judged if found.accepted]
    return taken[0] if taken and (len(taken) == len(judged) or not concerned) else entry


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
