"""Tables as plain data, and the four ways to write them: text, JSON, CSV and Markdown.

Owns `Table`, `Sheet` and their writing without colour or width. Does not own what is in a table, nor a terminal
(`ws_network.cli.terminal`). What is written depends on the content alone.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique
from typing import Any

Cell = str | int | bool | tuple[str, ...] | None
"""One value; a tuple is several, each on its own line where a line can be had."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


@unique
class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


@unique
class For(StrEnum):
    """Who a column is for: people read text and Markdown, programs read JSON and CSV."""

    ALL = "all"
    PEOPLE = "people"
    PROGRAMS = "programs"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in JSON and CSV, its heading, and what it holds."""

    key: str
    title: str
    meaning: str
    readers: For = For.ALL


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under one name."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    group: bool = False
    """The first column heads the rows that share it, instead of being repeated."""
    title: str = ""
    """What stands above it in text, where it has no groups."""
    readers: For = For.ALL
    """Left out of text where it is for programs: the notes of the sheet say it to people."""

    def records(self) -> list[dict[str, Any]]:
        """Return each row by column key, tuples as lists."""
        columns, rows = self.view(For.PROGRAMS)
        return [
            {
                column.key: list(cell) if isinstance(cell, tuple) else cell
                for column, cell in zip(columns, row, strict=True)
            }
            for row in rows
        ]

    def view(self, reader: For) -> tuple[list[Column], list[list[Cell]]]:
        """Return the columns that are for a reader, and the rows cut to them."""
        kept = [number for number, column in enumerate(self.columns) if column.readers in {For.ALL, reader}]
        return [self.columns[number] for number in kept], [[row[number] for number in kept] for row in self.rows]

    def sections(self) -> Iterator[tuple[str, list[Column], list[list[Cell]]]]:
        """Yield what people read: a heading (empty without groups), the columns and the rows under it."""
        columns, rows = self.view(For.PEOPLE)
        if not self.group:
            yield self.title, columns, rows
            return
        for heading in dict.fromkeys(text(row[0]) for row in rows):
            yield heading, columns[1:], [row[1:] for row in rows if text(row[0]) == heading]


@dataclass(frozen=True, slots=True)
class Sheet:
    """An answer: what it is about, tables (the first is the answer itself), and lines that close it."""

    title: str
    facts: Mapping[str, Any]
    """Beside the tables in JSON."""
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = field(default=())
    """For people: in text only."""

    def for_people(self) -> list[Table]:
        """Return the tables that text shows."""
        return [table for table in self.tables if table.readers is not For.PROGRAMS]

    def only(self, name: str) -> "Sheet":
        """Return the sheet with the table of this name alone, and without notes."""
        tables = tuple(replace(table, readers=For.ALL) for table in self.tables if table.name == name)
        return replace(self, tables=tables, notes=())


def _plain(cell: Cell) -> Any:
    return list(cell) if isinstance(cell, tuple) else cell


def text(cell: Cell) -> str:
    """Return a cell on one line; nothing for None."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case tuple():
            return "; ".join(cell)
        case _:
            return str(cell)


def lines(cell: Cell) -> list[str]:
    """Return a cell as the lines it takes in text, at least one."""
    return list(cell) or [""] if isinstance(cell, tuple) else [text(cell)]


def to_text(sheet: Sheet) -> str:
    """Return the sheet for people: columns padded, nothing cut or wrapped, so that it can be searched line by line."""
    parts = [sheet.title] if sheet.title else []
    for table in sheet.for_people():
        for heading, columns, rows in table.sections():
            if rows:
                head = [heading] if heading else []
                parts.append("\n".join([*head, *_padded([column.title for column in columns], rows)]))
    parts += ["\n".join(sheet.notes)] if sheet.notes else []
    return "\n\n".join(parts) + "\n"


def _padded(titles: list[str], rows: list[list[Cell]]) -> Iterator[str]:
    body: list[list[str]] = []
    for cells in ([lines(cell) for cell in row] for row in rows):
        height = max(len(cell) for cell in cells)
        body += [[cell[number] if number < len(cell) else "" for cell in cells] for number in range(height)]
    table = [[title.upper() for title in titles], *body] if any(titles) else body
    widths = [max(len(row[number]) for row in table) for number in range(len(titles))]
    for line in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def to_json(sheet: Sheet) -> str:
    """Return one JSON object: the facts, then each table as a list of objects under its name."""
    content = {**sheet.facts, **{table.name: table.records() for table in sheet.tables}}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def to_csv(sheet: Sheet) -> str:
    """Return the first table as CSV, one line per row; what a spreadsheet would run as a formula is made text."""
    table = sheet.tables[0]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns, rows = table.view(For.PROGRAMS)
    writer.writerow([column.key for column in columns])
    writer.writerows([_harmless(text(cell)) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


def to_markdown(sheet: Sheet) -> str:
    """Return every table as a Markdown table under its name."""
    parts = [f"# {_escaped(sheet.title)}"] if sheet.title else []
    for table in sheet.tables:
        head = [f"## {table.name.replace('_', ' ').capitalize()}", ""]
        columns, rows = table.view(For.PEOPLE)
        head += [_row([column.title for column in columns]), _row(["---"] * len(columns))]
        body = [_row([_escaped(text(cell)) for cell in row]) for row in rows]
        parts.append("\n".join([*head, *body]))
    return "\n\n".join(parts) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(value: str) -> str:
    for character in "\\|<*`[":
        value = value.replace(character, f"\\{character}")
    return " ".join(value.split())


WRITERS = {Format.TABLE: to_text, Format.JSON: to_json, Format.CSV: to_csv, Format.MARKDOWN: to_markdown}


def write(sheet: Sheet, form: Format) -> str:
    """Return the sheet in a format, with a line end."""
    return WRITERS[form](sheet)
