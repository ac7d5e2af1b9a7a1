"""Where an answer goes: plain text to a pipe or file, columns that fit and colour to a terminal.

Owns the choice and the terminal. Rich is loaded for a terminal only. NO_COLOR is heeded.
"""

import sys
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

from ws_network.views.tables import Format, Sheet, Table, lines, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from ws_network.findings import Severity
    from ws_network.views.planned import Judged

COLOURS = {"error": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "yes": "green", "no": "red"}
"""By the first word of a line or the whole of a cell."""


def show(sheet: Sheet, form: Format) -> None:
    """Write a sheet to stdout."""
    if form is Format.TABLE and sys.stdout.isatty():
        _terminal(sheet)
    else:
        sys.stdout.write(write(sheet, form))
    left_out = [table.name for table in sheet.tables[1:] if table.rows]
    if form is Format.CSV and left_out:
        held = sheet.tables[0].name
        complain([f"note: CSV holds one table, {held}, and not {', '.join(left_out)}: --format json has all."])


def complain(texts: "Iterable[str]") -> None:
    """Write lines to stderr."""
    for text in texts:
        sys.stderr.write(f"{text}\n")


def exit_code(found: "Judged", fail_on: "Severity") -> int:
    """Say the errors of an answer; return 1 for one, 2 for a finding from `fail_on` on that is not accepted, else 0."""
    complain(f"error: {entry.text} {entry.remedy}" for entry in found.errors)
    if found.errors:
        return 1
    return 2 if found.at_least(fail_on) else 0


def _terminal(sheet: Sheet) -> None:
    from rich.console import Console  # noqa: PLC0415 - 50 ms that a pipe need not wait

    console = Console(highlight=False, markup=False, emoji=False)
    if sheet.title:
        console.print(sheet.title, style="bold")
    for table in sheet.for_people():
        _table(console, table)
    if sheet.notes:
        console.print()
    for note in sheet.notes:
        indent = " " * (len(note) - len(note.lstrip(" -")))
        style = COLOURS.get(note.split(" ", 1)[0], "")
        wrapped = textwrap.wrap(
            note, max(console.width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        console.print("\n".join(wrapped) if wrapped else note, style=style, soft_wrap=True)


def _table(console: "Console", table: Table) -> None:
    from rich.table import Table as RichTable  # noqa: PLC0415 - as above

    for heading, columns, rows in table.sections():
        if not rows:
            continue
        console.print()
        if heading:
            console.print(heading, style="bold")
        grid = RichTable(
            box=None, pad_edge=False, header_style="dim", show_header=any(column.title for column in columns)
        )
        for column in columns:
            grid.add_column(column.title, overflow="fold")
        for row in rows:
            cells = [lines(cell) for cell in row]
            for line in zip_longest(*cells, fillvalue=""):  # each its own row: what belongs together wraps together
                grid.add_row(*line, style=COLOURS.get(cells[0][0], ""))
        console.print(grid)
