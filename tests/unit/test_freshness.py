"""How old resolved addresses may be, and whether they are real. Age alone closes nothing."""

from datetime import date

import pytest

from ws_network.freshness import freshness
from ws_network.snapshot import Snapshot

REAL = Snapshot.parse({"format": 1, "place": "a runner", "names": {}})
RESOLVED = date(2026, 11, 1)


def codes(snapshot: Snapshot, resolved_on: date | None, as_of: date | None) -> list[str]:
    return [entry.code for entry in freshness(snapshot, resolved_on, as_of, 30)]


@pytest.mark.parametrize(
    ("resolved_on", "as_of", "expected"),
    [
        (RESOLVED, date(2026, 12, 1), []),
        (RESOLVED, date(2026, 12, 2), ["snapshot-old"]),
        (RESOLVED, None, []),
        (None, date(2026, 12, 2), ["snapshot-age-unknown"]),
        (RESOLVED, date(2026, 10, 31), []),
        (RESOLVED, date(2026, 10, 30), ["snapshot-age-unknown"]),
    ],
)
def test_age(resolved_on: date | None, as_of: date | None, expected: list[str]) -> None:
    assert codes(REAL, resolved_on, as_of) == expected


def test_examples_are_told_whatever_their_age() -> None:
    example = REAL.model_copy(update={"example": True})
    assert codes(example, RESOLVED, date(2027, 1, 1)) == ["snapshot-example"]
