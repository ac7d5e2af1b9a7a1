"""Which hosts a Secure Web Proxy connects a machine to, read from URL lists and session matchers alone.

As GCP documents it: rules are tried from the lowest priority on, the first whose matcher is true decides, and what none
matches is denied. An entry of a list is a domain in full; with `*` before it, it is that domain and the ones under it,
with `*.` those under it only. Names have no case. Standard library only.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r"\s*(&&|\|\||==|[(),]|\d+|'[^']*'|[A-Za-z][\w.]*)")


@dataclass(frozen=True)
class Session:
    """What the proxy knows when a client asks for a host."""

    marks: frozenset[str]
    port: int
    host: str


class WebProxyEvaluator:
    """Answers for the rules of one policy, each with `priority`, `enabled`, `basic_profile`, `session_matcher`."""

    def __init__(self, url_lists: Mapping[str, Iterable[str]], rules: Iterable[Mapping[str, Any]]) -> None:
        """Take lists by their path, and rules."""
        self.lists = {path: [entry.lower() for entry in entries] for path, entries in url_lists.items()}
        in_order = sorted(rules, key=lambda rule: rule["priority"])
        self.rules = [(self.matcher(rule["session_matcher"]), rule) for rule in in_order if rule["enabled"]]

    def allows(self, marks: Iterable[str], port: int, host: str) -> bool:
        """Return whether a client with these marks is let through to the port of the host."""
        session = Session(frozenset(marks), port, host.lower())
        for matches, rule in self.rules:
            if matches(session):
                return bool(rule["basic_profile"] == "ALLOW")
        return False

    def matcher(self, text: str) -> Callable[[Session], bool]:
        """Return the expression as a function: `&&` binds closer than `||`."""
        tokens = TOKEN.findall(text)
        assert "".join(tokens) == re.sub(r"\s", "", text), text
        found = self._either(tokens)
        assert not tokens, text
        return found

    def _either(self, tokens: list[str]) -> Callable[[Session], bool]:
        found = [self._both(tokens)]
        while tokens and tokens[0] == "||":
            tokens.pop(0)
            found.append(self._both(tokens))
        return lambda session: any(each(session) for each in found)

    def _both(self, tokens: list[str]) -> Callable[[Session], bool]:
        found = [self._term(tokens)]
        while tokens and tokens[0] == "&&":
            tokens.pop(0)
            found.append(self._term(tokens))
        return lambda session: all(each(session) for each in found)

    def _term(self, tokens: list[str]) -> Callable[[Session], bool]:
        match tokens:
            case ["(", *_]:
                tokens.pop(0)
                found = self._either(tokens)
                assert tokens.pop(0) == ")"
                return found
            case ["destination.port", "==", port, *_]:
                del tokens[:3]
                return lambda session: session.port == int(port)
            case ["source.matchTag" | "source.matchServiceAccount", "(", mark, ")", *_]:
                del tokens[:4]
                return lambda session: mark.strip("'") in session.marks
            case ["inUrlList", "(", "host", "(", ")", ",", path, ")", *_]:
                del tokens[:8]
                entries = self.lists[path.strip("'")]
                return lambda session: any(fits(entry, session.host) for entry in entries)
        raise AssertionError(tokens)


def fits(entry: str, host: str) -> bool:
    """Return whether an entry of a list is the host."""
    if entry.startswith("*."):
        return host.endswith(entry[1:])
    if entry.startswith("*"):
        return host == entry[1:] or host.endswith(f".{entry[1:]}")
    return host == entry
