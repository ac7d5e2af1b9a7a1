"""What the stories of every cloud say of a command: it is done, nothing is left to do, these names changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.engine.harness import Change, Project, Result


def done(result: Result) -> list[Change]:
    """Return the changes of a command that must have succeeded without a traceback."""
    assert result.ok, result.text
    assert "Traceback" not in result.text
    return result.changes


def settled(project: Project) -> bool:
    """Return whether state, cloud and program agree: a preview after a refresh has nothing to change."""
    return done(project.preview("--refresh")) == []


def names(changes: Iterable[Change], op: str, kind: str = "") -> set[str]:
    """Return the names of the resources with an operation, by a part of their type."""
    return {change.name for change in changes if change.op == op and kind in change.type}
