"""URL lists of the emulated Secure Web Proxy.

Owns the form of an entry, how many a list and how many lists a region hold, and that a list which a rule names stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.gcp.errors import canonical
from sandbox.gcp.located import children, created, done, get, new, patched
from sandbox.gcp.session import Body, Session, project_number

if TYPE_CHECKING:
    from collections.abc import Callable

#: Lists of a project in a region (a quota), entries of a list (a limit):
#: https://cloud.google.com/secure-web-proxy/docs/quotas, read 2026-11.
LISTS_PER_REGION = 10
ENTRIES_PER_LIST = 2500
KIND = "urlLists"
PATH = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/urlLists/(?P<name>[^/]+)")
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
#: A domain, with `*` before it for its subdomains; then a path, with `*` behind it for all that begin so:
#: https://cloud.google.com/secure-web-proxy/docs/url-list-syntax-reference, read 2026-11.
_ENTRY = re.compile(rf"(\*\.?)?{_LABEL}(\.{_LABEL})+(/[^*?#\s]*\*?)?", re.IGNORECASE)


def find(session: Session, reference: str, place: str) -> Body:
    """Return the list that an expression names; a project may go by its number there.

    Args:
        session: the request's.
        reference: the text in the expression.
        place: where it stands, for the error.

    Raises:
        GcpError: the name is malformed, or there is no such list.
    """
    found = PATH.fullmatch(reference)
    if found is None:
        raise canonical(
            "INVALID_ARGUMENT", f"{place}: '{reference}' must be projects/PROJECT/locations/LOCATION/urlLists/NAME."
        )
    listed = session.state.get(KIND, path_of(session, reference))
    if listed is None:
        raise canonical("INVALID_ARGUMENT", f"{place}: the URL list '{reference}' does not exist.")
    return listed


def path_of(session: Session, reference: str) -> str:
    """Return a list's path with the project's id, where the reference may have its number."""
    number = f"projects/{project_number(session.project)}/"
    return f"projects/{session.project}/{reference.removeprefix(number)}" if reference.startswith(number) else reference


def _checked(body: Body) -> Body:
    """Return a list if Google would take it.

    Raises:
        GcpError: it has no entry, too many, or a malformed one.
    """
    values = body.get("values", [])
    if not values:
        raise canonical("INVALID_ARGUMENT", "Field 'url_list.values' is required.")
    if len(values) > ENTRIES_PER_LIST:
        raise canonical(
            "INVALID_ARGUMENT", f"A URL list takes at most {ENTRIES_PER_LIST} entries, and this has {len(values)}."
        )
    for index, text in enumerate(values):
        if not _ENTRY.fullmatch(text):
            raise canonical(
                "INVALID_ARGUMENT", f"url_list.values[{index}]: '{text}' is neither a domain nor a URL without scheme."
            )
    return body


def _get(session: Session, params: Body, body: Body) -> Body:
    del body
    return get(session, KIND, params["name"])


def _create(session: Session, params: Body, body: Body) -> Body:
    parent = params["parent"]
    path = new(session, KIND, parent, params.get("urlListId", ""))
    if len(children(session, KIND, parent)) >= LISTS_PER_REGION:
        raise canonical("RESOURCE_EXHAUSTED", f"Quota exceeded: at most {LISTS_PER_REGION} URL lists in {parent}.")
    made = created(_checked(body), path)
    session.state.put(KIND, path, made, parent)
    return done(parent, made)


def _patch(session: Session, params: Body, body: Body) -> Body:
    old = _get(session, params, {})
    changed = _checked(patched(old, {**body, "name": old["name"]}, params.get("updateMask", "")))
    session.state.put(KIND, old["name"], changed, old["name"].split(f"/{KIND}/")[0])
    return done(old["name"], changed)


def _list(session: Session, params: Body, body: Body) -> Body:
    del body
    return {KIND: children(session, KIND, params["parent"])}


def _delete(session: Session, params: Body, body: Body) -> Body:
    from sandbox.gcp.proxy_policies import rules_with  # noqa: PLC0415 - rules know lists; here it is the other way round

    path = _get(session, params, body)["name"]
    if users := rules_with(session, path):
        raise canonical("FAILED_PRECONDITION", f"Cannot delete URL list '{path}': it is used by '{users[0]['name']}'.")
    session.state.delete(KIND, path)
    return done(path, {})


_METHODS: dict[str, Callable[[Session, Body, Body], Body]] = {
    "create": _create,
    "delete": _delete,
    "get": _get,
    "list": _list,
    "patch": _patch,
}
OPERATIONS = {f"networksecurity.projects.locations.{KIND}.{name}": work for name, work in _METHODS.items()}
