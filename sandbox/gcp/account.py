"""The emulated project: the one way in to its APIs.

Owns the order in which a request is handled: planned faults, the published API description, then our own method; all
in one exclusive transaction.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.errors import CloudError
from sandbox.faults import Faults
from sandbox.gcp import (
    address_groups,
    api_model,
    firewalls,
    instances,
    networks,
    policies,
    projects,
    proxy_policies,
    tags,
    url_lists,
)
from sandbox.gcp.errors import GcpError, planned
from sandbox.gcp.session import Session
from sandbox.store import Store, folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPERATIONS: dict[str, Callable[[Session, dict[str, Any], dict[str, Any]], dict[str, Any]]] = {
    **address_groups.OPERATIONS,
    **firewalls.OPERATIONS,
    **instances.OPERATIONS,
    **networks.OPERATIONS,
    **policies.OPERATIONS,
    **projects.OPERATIONS,
    **proxy_policies.OPERATIONS,
    **tags.OPERATIONS,
    **url_lists.OPERATIONS,
}


class Account:
    """The APIs of one project.

    Tags and groups of an organization are kept with the project that a provider is configured for.

    Args:
        place: the sandbox folder; by default the one of `store.folder`.
        project: the project's id.
    """

    def __init__(self, place: Path | None = None, project: str = "ws-network-sandbox") -> None:
        place = place or folder()
        self.project = project
        self.store = Store(place / f"gcp-{project}.sqlite")
        self.faults = Faults(place, self.store, planned)

    def call(self, method: str, /, body: Any = None, *, location: str = "", **params: Any) -> dict[str, Any]:
        """Carry out one API request.

        Args:
            method: its id in the discovery document, such as `compute.networks.insert`.
            body: the request's body.
            location: region or zone whose endpoint is asked; empty for the global one.
            params: the parameters of path and query; `project` is this one unless given.

        Raises:
            GcpError: refused; nothing was changed, unless a planned fault says so.
        """
        if "project" in api_model.method(method).get("parameters", {}):
            params.setdefault("project", self.project)
        try:
            self.faults.before(method)
            api_model.validate(method, params, body)
            handler = OPERATIONS.get(method)
            if handler is None:
                raise GcpError(501, f"Method {method} is not emulated.", "notImplemented")
            with self.store.transaction() as state:
                extra = {"location": location} if location else {}
                answer = handler(Session(self.project, state), {**params, **extra}, body or {})
            self.faults.after(method)
        except CloudError as failure:
            failure.operation = failure.operation or method
            raise
        return answer

    def client(self, api: str, version: str = "v1") -> Any:
        """Return google-api-python-client's client of an API of this project, for changes beside Pulumi.

        The client is Google's own; its requests end here instead of on a network.
        """
        from googleapiclient import discovery, http, model  # noqa: PLC0415 - only those who want a client need it
        from httplib2 import Response  # noqa: PLC0415

        account = self

        class Request(http.HttpRequest):  # type: ignore[misc]
            """A request that is answered by the account."""

            def execute(self, http: Any = None, num_retries: int = 0) -> Any:  # noqa: ARG002
                params = _params(self.methodId, self.uri)
                try:
                    answer, status = account.call(self.methodId, json.loads(self.body or "null"), **params), 200
                except GcpError as failure:
                    reason = {"reason": failure.code, "message": failure.message}
                    answer = {"error": {"code": failure.status, "message": failure.message, "errors": [reason]}}
                    status = failure.status
                response = Response({"status": status, "content-type": "application/json"})
                if status >= 300:
                    raise _http_error(response, answer, self.uri)
                return model.JsonModel().response(response, json.dumps(answer))

        described = dict(api_model.document(api))
        assert described["version"] == version, f"{api} {version} is not emulated"  # noqa: S101
        return discovery.build_from_document(described, http=object(), requestBuilder=Request)


def _http_error(response: Any, answer: Any, uri: str) -> Exception:
    from googleapiclient.errors import HttpError  # noqa: PLC0415 - as in `client`

    failure: Exception = HttpError(response, json.dumps(answer).encode(), uri=uri)
    return failure


def _params(method: str, uri: str) -> dict[str, Any]:
    """Return the parameters that are in a method's URL."""
    described = api_model.method(method)
    known = described["parameters"]
    place, query = urlsplit(uri).path, dict(parse_qsl(urlsplit(uri).query))
    pattern = re.sub(r"\\{\\\+(\w+)\\}", r"(?P<\1>.+)", re.escape(described["path"]))
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
    found = re.search(f"{pattern}$", place)
    texts = {**(found.groupdict() if found else {}), **{k: v for k, v in query.items() if k in known}}
    kinds: dict[str, Callable[[str], Any]] = {"integer": int, "boolean": lambda text: text == "true", "string": unquote}
    return {key: kinds[known[key]["type"]](text) for key, text in texts.items()}
