"""Writes the table of `docs/clouds.md` from the grammars. `--check` writes nothing and exits 1 when the page is old."""

import sys
from collections.abc import Callable
from pathlib import Path

from ws_network.deployment.names import TARGET_FORMS, Form
from ws_network.grammar import GRAMMARS, MARKS, PACKET_FILTERS, EndpointKind, Grammar

DOCS_FILE = Path(__file__).parent.parent / "docs" / "clouds.md"
BEGIN, END = "<!-- generated from the grammars: begin -->", "<!-- end -->"


def _kinds(kinds: frozenset[EndpointKind]) -> str:
    return ", ".join(kind for kind in EndpointKind if kind in kinds)


def _said(*, holds: bool) -> str:
    return "yes" if holds else "no"


ROWS: tuple[tuple[str, Callable[[Grammar], str]], ...] = (
    ("many ports in one rule", lambda grammar: _said(holds=grammar.many_ports)),
    ("several protocols in one rule", lambda grammar: _said(holds=grammar.many_protocols)),
    ("several lists of addresses (one family)", lambda grammar: _said(holds=grammar.many_lists)),
    ("several groups or tags", lambda grammar: _said(holds=grammar.many_members)),
    ("ICMP by type and code", lambda grammar: _said(holds=grammar.icmp_types)),
    ("each rule has a priority of its own", lambda grammar: _said(holds=grammar.prioritised)),
    ("the platform allows what no rule names", lambda grammar: _said(holds=grammar.allows_the_rest)),
    ("other end of egress", lambda grammar: _kinds(grammar.egress)),
    ("other end of ingress", lambda grammar: _kinds(grammar.ingress)),
    ("never filtered", lambda grammar: ", ".join(grammar.unfiltered.cidrs())),
)


def table() -> str:
    """Return the table: a row for each property, a column for each target."""
    head = ["| what one rule says |", *(f" {target} |" for target in PACKET_FILTERS)]
    lines = ["".join(head), "|---|" + "---|" * len(PACKET_FILTERS)]
    lines += [
        f"| {what} |" + "".join(f" {say(grammar)} |" for grammar in (GRAMMARS[target] for target in PACKET_FILTERS))
        for what, say in ROWS
    ]
    forms = (", ".join(form for form in Form if form in TARGET_FORMS[target]) for target in PACKET_FILTERS)
    lines.append("| forms of a host name (`names`) |" + "".join(f" {entry} |" for entry in forms))
    marks = (", ".join(sorted(MARKS[target])) if target in MARKS else "a group per role" for target in PACKET_FILTERS)
    lines.append("| finds the machines of a role by |" + "".join(f" {entry} |" for entry in marks))
    return "\n".join(lines)


def page() -> str:
    """Return the page with the table of today."""
    text = DOCS_FILE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    text = page()
    if "--check" in arguments:
        return int(DOCS_FILE.read_text(encoding="utf-8") != text)
    DOCS_FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
