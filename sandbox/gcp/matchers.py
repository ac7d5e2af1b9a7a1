"""The expressions of Secure Web Proxy's rules: the part of CEL that Google documents for them.

Owns reading one: its form, and which attributes and functions it uses with which texts. Types are not checked.
https://cloud.google.com/secure-web-proxy/docs/cel-matcher-language-reference, read 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ATTRIBUTES = ("destination.port", "source.ip", "source.port")
#: Functions with the number of their arguments.
FUNCTIONS = {"host": 0, "inIpRange": 2, "inUrlList": 2, "int": 1, "source.matchServiceAccount": 1, "source.matchTag": 1}
METHODS = {"contains": 1, "endsWith": 1, "lower": 0, "matches": 1, "startsWith": 1, "upper": 0}
#: What only an application matcher knows: the request inside the connection.
OF_REQUESTS = ("headers", "host", "method", "path", "query", "scheme")
REQUEST_FUNCTIONS = {"request.url": 0, "request.useragent": 0}
#: How deep expressions may be inside each other. The bound is ours: many parentheses must not exhaust the reader.
DEEPEST = 50
OPERATORS = ("!=", "&&", "+", "<", "<=", "==", ">", ">=", "||")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>[rR]?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))
    |(?P<number>\d+)
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<mark>&&|\|\||[=!<>]=|[<>!+.,()\[\]])
    )""",
    re.VERBOSE,
)


class MatcherError(ValueError):
    """The expression cannot be used; the message says why."""


@dataclass(frozen=True)
class Call:
    """One function that an expression calls: its name, and the texts among its arguments."""

    name: str
    texts: tuple[str, ...]


@dataclass
class _Reader:
    """Reads tokens from left to right. All operators have one rank, since nothing is computed."""

    tokens: list[tuple[str, str]]
    request: bool
    at: int = 0
    depth: int = 0
    calls: list[Call] = field(default_factory=list)

    def next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "its end")

    def take(self, *marks: str) -> str:
        """Return the next token if it is one of these marks, else nothing."""
        kind, text = self.next()
        if kind != "mark" or text not in marks:
            return ""
        self.at += 1
        return text

    def must(self, mark: str) -> None:
        if not self.take(mark):
            raise MatcherError(f"{mark!r} is missing before {self.next()[1]}")

    def expression(self) -> list[str]:
        """Read operands and what is between them; return the texts among the operands."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise MatcherError(f"more than {DEEPEST} expressions are inside each other")
        texts = [self.operand()]
        while self.take(*OPERATORS):
            texts.append(self.operand())
        self.depth -= 1
        return [text for text in texts if text is not None]

    def operand(self) -> str | None:
        while self.take("!"):
            pass
        found: str | None = None
        if self.take("("):
            self.expression()
            self.must(")")
        else:
            kind, word = self.next()
            if kind in {"end", "mark"}:
                raise MatcherError(f"a value is missing before {word}")
            self.at += 1
            if kind == "text":
                found = _unquoted(word)
            elif kind == "name":
                self.name(word)
        while mark := self.take(".", "["):
            found = None
            if mark == "[":
                self.expression()
                self.must("]")
            else:
                _, method = self.next()
                self.at += 1
                self.call(method, f".{method}", METHODS)
        return found

    def name(self, word: str) -> None:
        """Read an attribute or a function, with a method directly behind it."""
        if word in {"true", "false"}:
            return
        if word.startswith("request.") and not self.request:
            raise MatcherError(f"{word!r} is for an application matcher only")
        attributes = (*ATTRIBUTES, *(f"request.{part}" for part in OF_REQUESTS))
        owner, _, last = word.rpartition(".")
        if word in attributes:
            return
        if owner in attributes:
            self.call(last, f".{last}", METHODS)
        else:
            self.call(word, word, {**FUNCTIONS, **REQUEST_FUNCTIONS})

    def call(self, word: str, name: str, known: dict[str, int]) -> None:
        if word not in known:
            raise MatcherError(f"there is no {word!r}")
        self.must("(")
        count, texts = 0, []
        if not self.take(")"):
            while True:
                texts += self.expression()
                count += 1
                if not self.take(","):
                    break
            self.must(")")
        if count != known[word]:
            raise MatcherError(f"{word!r} takes {known[word]} arguments, not {count}")
        self.calls.append(Call(name, tuple(texts)))


def _unquoted(word: str) -> str:
    if word[0] in "rR":
        return word[2:-1]
    return re.sub(r"\\(.)", r"\1", word[1:-1])


def read(text: str, *, request: bool = False) -> tuple[Call, ...]:
    """Return the functions that an expression calls, inner ones first; methods have a dot before their name.

    Args:
        text: the expression.
        request: whether it is an application matcher, which sees the request too.

    Raises:
        MatcherError: it is malformed, or uses what there is not.
    """
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise MatcherError(f"{text[at:].strip()[:20]!r} cannot be read")
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        at = found.end()
    reader = _Reader(tokens, request)
    reader.expression()
    if reader.at < len(tokens):
        raise MatcherError(f"an operator is missing before {reader.next()[1]}")
    return tuple(reader.calls)
