"""What is said of a snapshot that rules are made of: how old it is, and whether its addresses are real.

Owns these findings. Does not own the snapshot (`ws_network.snapshot`), nor any date: the day and the day of the last
resolution are arguments, and age alone closes nothing.
"""

from collections.abc import Iterator
from datetime import date

from ws_network.findings import Finding, Severity, finding
from ws_network.snapshot import Snapshot

WHERE = "snapshot"
"""What these findings are about: all flows that are reached by resolved addresses."""

AHEAD = 1
"""Days that a resolution may lie ahead: its day is UTC's, the other one that of the reader's calendar."""


def freshness(snapshot: Snapshot, resolved_on: date | None, as_of: date | None, most_days: int) -> Iterator[Finding]:
    """Yield what a person should know of a snapshot before relying on it.

    Args:
        snapshot: The addresses.
        resolved_on: The day (UTC) on which the oldest of them was last resolved, changed or not; None: not known.
        as_of: The day; None looks at no date.
        most_days: From which age in days on it is too old.
    """
    if snapshot.example:
        text = "the addresses of the snapshot are examples of documentation: nobody answers there."
        yield finding("snapshot-example", WHERE, text)
        return
    if resolved_on is None:
        yield finding(
            "snapshot-age-unknown", WHERE, f"when the names were last resolved at {snapshot.place} is not told."
        )
    elif as_of is not None and (resolved_on - as_of).days > AHEAD:
        text = f"the names are said to be last resolved at {snapshot.place} on {resolved_on}, which is after {as_of}."
        yield finding("snapshot-age-unknown", WHERE, text, severity=Severity.MEDIUM)
    elif as_of is not None and (as_of - resolved_on).days > most_days:
        age = (as_of - resolved_on).days
        text = f"the names were last resolved at {snapshot.place} on {resolved_on}, {age} days ago, over {most_days}."
        yield finding("snapshot-old", WHERE, text)
