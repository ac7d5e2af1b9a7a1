"""The emulated project itself, as Resource Manager and Compute Engine tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.gcp.session import Body, Session, project_number

if TYPE_CHECKING:
    from collections.abc import Callable


def _get(session: Session, params: Body, body: Body) -> Body:
    del params, body
    return {
        "name": f"projects/{project_number(session.project)}",
        "parent": "organizations/100000000000",
        "projectId": session.project,
        "state": "ACTIVE",
        "displayName": session.project,
    }


OPERATIONS: dict[str, Callable[[Session, Body, Body], Body]] = {"cloudresourcemanager.projects.get": _get}
