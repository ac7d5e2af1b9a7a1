"""The expression by which a rule of Secure Web Proxy finds its traffic.

Owns its words and how many operators it takes. Does not own ids: the marks and lists are given as they are.
Source: Secure Web Proxy, "CEL matcher language reference".
"""

import re
from collections.abc import Iterable, Sequence

from ws_network.deployment import MachineMark
from ws_network.errors import UserError
from ws_network.gcp.limits import MATCHER_LENGTH

SOURCES = {
    MachineMark.SECURE_TAG: "source.matchTag",
    MachineMark.SERVICE_ACCOUNT: "source.matchServiceAccount",
}
"""By which marks the proxy knows a client. A network tag it does not see."""

_QUOTABLE = re.compile(r"[A-Za-z0-9@._:/-]+")
"""What an id may hold inside of quotes: neither a quote nor what escapes one."""


def session_matcher(mark: MachineMark, marks: Sequence[str], ports: Sequence[int], lists: Sequence[str]) -> str:
    """Return the expression for clients with one of the marks, to one of the ports of a host in one of the lists.

    `host()` is the host that the proxy itself looks up and connects to, without port: of the request, of CONNECT, or of
    the TLS handshake where the proxy is the next hop.

    Args:
        mark: Kind of the marks: secure tag or service account.
        marks: Their ids, as `tagValues/281478395625`.
        ports: Ports of the host.
        lists: URL lists, as `projects/my-project/locations/europe-west3/urlLists/names`.

    Raises:
        UserError: an id would end the quotes that it stands in, or the expression is too long.
    """
    for text in (*marks, *lists):
        # What a program gives is seen here for the first time, and would be read as a part of the expression.
        if not _QUOTABLE.fullmatch(text):
            raise UserError(f"'{text}' is no tag, service account or URL list of GCP: give its id.")
    matcher = " && ".join(
        (
            _any(f"{SOURCES[mark]}('{text}')" for text in marks),
            _any(f"destination.port == {port}" for port in ports),
            _any(f"inUrlList(host(), '{text}')" for text in lists),
        )
    )
    if len(matcher) > MATCHER_LENGTH:
        raise UserError(
            f"a rule of Secure Web Proxy would have a matcher of {len(matcher)} characters, and GCP takes "
            f"{MATCHER_LENGTH}: give the machines one mark in common."
        )
    return matcher


def _any(terms: Iterable[str]) -> str:
    """Return the terms joined, in parentheses where there are several."""
    found = list(terms)
    return found[0] if len(found) == 1 else f"({' || '.join(found)})"


def operators(marks: int, ports: int, lists: int) -> int:
    """Return how many logical operators the expression has."""
    return (marks - 1) + (ports - 1) + (lists - 1) + 2
