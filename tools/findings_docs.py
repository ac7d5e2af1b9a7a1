"""Writes `docs/findings.md` from the finding codes. `--check` writes nothing and exits 1 when the page is old."""

import sys
from pathlib import Path

from ws_network.findings import CODES, Severity

DOCS_FILE = Path(__file__).parent.parent / "docs" / "findings.md"

HEAD = """# Findings

What a plan wants a person to know. `error` forbids to deploy; `ws-network` exits with 2 for a finding of the severity
that `--fail-on` names (default `high`) or worse. A finding may have a lower severity than its usual one, and says why.
The deployment accepts one under `accept`, by `code` or `code:flow`, with a reason and an end date; an error cannot be
accepted.

Generated from the code.
"""


def page() -> str:
    """Return the page: one table, worst first, then by code."""
    rows = sorted(CODES.items(), key=lambda item: (-item[1].severity.rank, item[0]))
    lines = [HEAD, "| code | severity | what it means | what to do |", "|---|---|---|---|"]
    lines += [f"| `{code}` | {entry.severity} | {entry.meaning} | {entry.remedy} |" for code, entry in rows]
    counts = ", ".join(
        f"{sum(entry.severity is severity for entry in CODES.values())} {severity}" for severity in reversed(Severity)
    )
    return "\n".join([*lines, "", f"{len(CODES)} codes: {counts}.", ""])


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    text = page()
    if "--check" in arguments:
        return int(not DOCS_FILE.exists() or DOCS_FILE.read_text(encoding="utf-8") != text)
    DOCS_FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
