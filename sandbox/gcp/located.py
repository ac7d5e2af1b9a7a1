"""What the resources of the Network Security API have in common: their path is their name, and a change has a mask."""

from __future__ import annotations

import re

from sandbox.gcp.errors import canonical
from sandbox.gcp.session import Body, Session, api_time, merge

#: Names of most resources: discovery document of networksecurity.v1.
NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def done(name: str, response: Body) -> Body:
    """Return an operation that is done."""
    return {"name": f"{name}/operations/done", "done": True, "response": response}


def get(session: Session, kind: str, path: str) -> Body:
    """Return a resource by its path.

    Raises:
        GcpError: there is none.
    """
    found = session.state.get(kind, path)
    if found is None:
        raise canonical("NOT_FOUND", f"Resource '{path}' was not found")
    return found


def new(session: Session, kind: str, parent: str, name: str, pattern: re.Pattern[str] = NAME) -> str:
    """Return the path of a resource that is to be created.

    Raises:
        GcpError: the name is malformed or taken.
    """
    if not pattern.fullmatch(name):
        raise canonical("INVALID_ARGUMENT", f"The id '{name}' of one of the {kind} must match '{pattern.pattern}'.")
    path = f"{parent}/{kind.rsplit('.', 1)[-1]}/{name}"
    if session.state.get(kind, path) is not None:
        raise canonical("ALREADY_EXISTS", f"Resource '{path}' already exists")
    return path


def created(body: Body, path: str) -> Body:
    """Return a new resource with what the cloud adds to a request's body."""
    now = api_time()
    return {**body, "name": path, "createTime": now, "updateTime": now}


def patched(old: Body, body: Body, mask: str) -> Body:
    """Return a resource after a patch: fields that the mask names become the body's, those the body lacks go.

    Lists and maps are replaced whole. Without a mask all fields of the body are meant.
    """
    fields = [field for field in mask.split(",") if field] or list(body)
    kept = {key: value for key, value in old.items() if key not in fields}
    return {**merge(kept, {field: body.get(field) for field in fields}), "updateTime": api_time()}


def children(session: Session, kind: str, parent: str) -> list[Body]:
    """Return the resources of a kind that are directly under a path, oldest first."""
    return session.state.all(kind, parent)
