"""The fewest rectangles that are together exactly a grid: a biclique cover of its rows and columns.

Owns the search and the proof of how good its result is. Knows no rule, port or address (`ws_network.covers`). Standard
library only. Sets of rows and of columns are integers, one bit for each.

The problem is hard in general (Orlin, "Contentment in graph theory", 1977), so the search is exact up to a size that
grids of rules do not reach, and beyond it takes what is good enough. All limits count steps and never time: the same
grid has the same cover everywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST_RECTANGLES = 512
"""How many maximal rectangles a connected part of a grid may have for the exact search: any 9 distinct rows or columns
are within it, whatever they hold."""

MOST_CELLS = 2048
"""How many cells that differ may be left for the exact search when what is forced has been taken."""

SEARCH_STEPS = 25_000
"""After how many cells looked at the exact search ends with the best that it has: a second or two. Random grids of
10 distinct rows and columns are done before, whatever share of their cells is set."""

MOST_GROWN = 128
"""How many distinct rows a part may have for rectangles to be grown one after the other; beyond it each row or each
column has its own."""


@dataclass(frozen=True, slots=True, order=True)
class Rectangle:
    """Rows, and the columns that all of them have."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Cover:
    """Rectangles that are together exactly a grid."""

    rectangles: tuple[Rectangle, ...]
    """Sorted. No two have the same rows."""
    bound: int
    """No cover has fewer rectangles. As many as there are: this one is proven to be the least."""


def fewest_rectangles(grid: Sequence[int]) -> Cover:
    """Return the fewest rectangles that are together exactly the grid.

    Rows that are equal are one, and so are columns; parts of the grid without a common row or column are covered apart.
    No rectangle has a row, or a column, in which wider ones have all of its cells; two may share a cell all the same.

    Args:
        grid: The columns of each row. Which of several covers of the same size comes depends on the order of rows and
            columns; how many rectangles there are does not.
    """
    same_rows: dict[int, int] = defaultdict(int)
    for row, columns in enumerate(grid):
        if columns:
            same_rows[columns] |= 1 << row
    same_columns: dict[int, int] = defaultdict(int)
    for column, rows in enumerate(_transposed(list(same_rows))):
        if rows:
            same_columns[rows] |= 1 << column
    small = dict(enumerate(_transposed(list(same_columns))))
    found: list[Rectangle] = []
    bound = 0
    for part in _parts(small):
        rectangles, least = _cover(part)
        found += _disjoint(rectangles)
        bound += least
    rows_of, columns_of = list(same_rows.values()), list(same_columns.values())
    spread = (Rectangle(_spread(each.rows, rows_of), _spread(each.columns, columns_of)) for each in found)
    return Cover(tuple(sorted(spread)), bound)


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _transposed(masks: Sequence[int]) -> list[int]:
    """Return for each bit of the masks, which of them have it."""
    out = [0] * max((mask.bit_length() for mask in masks), default=0)
    for number, mask in enumerate(masks):
        for bit in bits(mask):
            out[bit] |= 1 << number
    return out


def _spread(mask: int, originals: Sequence[int]) -> int:
    """Return the bits for which those of the mask stand."""
    out = 0
    for bit in bits(mask):
        out |= originals[bit]
    return out


def _parts(rows: Mapping[int, int]) -> list[dict[int, int]]:
    """Return the connected parts of a grid, each with its rows."""
    parts: list[tuple[int, dict[int, int]]] = []
    for row, columns in rows.items():
        apart = []
        joined = {row: columns}
        reached = columns
        for known, part in parts:
            if known & columns:
                reached |= known
                joined |= part
            else:
                apart.append((known, part))
        parts = [*apart, (reached, joined)]
    return [dict(sorted(part.items())) for _, part in sorted(parts, key=lambda entry: min(entry[1]))]


def _cover(rows: Mapping[int, int]) -> tuple[list[Rectangle], int]:
    """Return rectangles that cover a connected part, none without need, and how few could do it at least."""
    maximal = _maximal(rows)
    found = _exact(rows, maximal) if maximal else None
    if found is not None:
        return min(found[0], _lines(rows), key=len), found[1]
    tries = [_lines(rows), _grown(rows)] if len(rows) <= MOST_GROWN else [_lines(rows)]
    return min(tries, key=len), _independent(rows)


def _rows_with(columns: int, rows: Mapping[int, int]) -> int:
    """Return the rows that have all of the columns."""
    return sum(1 << row for row, own in rows.items() if own & columns == columns)


def _maximal(rows: Mapping[int, int]) -> list[Rectangle] | None:
    """Return the rectangles that cannot grow, sorted; None where they are too many.

    Their columns are all that rows have in common: the intersections of every set of rows.
    """
    common: set[int] = set()
    for columns in rows.values():
        common |= {columns & known for known in common}
        common.add(columns)
        if len(common) > MOST_RECTANGLES:
            return None
    return sorted(Rectangle(_rows_with(columns, rows), columns) for columns in common if columns)


def _exact(rows: Mapping[int, int], maximal: list[Rectangle]) -> tuple[list[Rectangle], int] | None:
    """Return the fewest of the maximal rectangles that cover all cells, or the best found in the permitted steps.

    A cell is the set of rectangles that have it, as bits. Shrinking a rectangle never helps, so the maximal ones do.
    None where too many cells are left after what is forced.
    """
    in_rows, in_columns = _transposed([each.rows for each in maximal]), _transposed([each.columns for each in maximal])
    cells = {in_rows[row] & in_columns[column] for row, columns in rows.items() for column in bits(columns)}
    taken, left = _forced(cells)
    if len(left) > MOST_CELLS:
        return None
    more, left = _core(left)
    search = _Search(left)
    chosen = taken | more | search.best
    return [maximal[number] for number in bits(chosen)], (taken | more).bit_count() + search.bound


def _core(cells: set[int]) -> tuple[int, set[int]]:
    """Return the rectangles that are forced, and the cells that are left when nothing more can be concluded.

    Not needed are a cell that is covered by covering another, and a rectangle whose cells another one has.
    """
    taken = 0
    before: set[int] | None = None
    while cells != before:
        before = cells
        forced, cells = _forced(cells)
        taken |= forced
        cells = _hardest(cells)
        useless = _useless(cells)
        cells = {cell & ~useless for cell in cells}
    return taken, cells


def _forced(cells: Iterable[int]) -> tuple[int, set[int]]:
    """Return the rectangles that are the only ones to have some cell, and the cells that they leave."""
    cells = set(cells)
    taken = 0
    for cell in cells:
        if cell.bit_count() == 1:
            taken |= cell
    return taken, {cell for cell in cells if not cell & taken}


def _hardest(cells: Iterable[int]) -> set[int]:
    """Return the cells that are not covered by covering another one."""
    kept: list[int] = []
    for cell in sorted(cells, key=_by_size):
        if not any(cell & other == other for other in kept):
            kept.append(cell)
    return set(kept)


def _useless(cells: Iterable[int]) -> int:
    """Return the rectangles whose cells another one has, all but the first of equals."""
    useless = 0
    kept: list[int] = []
    cells_of = enumerate(_transposed(sorted(cells)))
    for number, own in sorted(cells_of, key=lambda entry: (-entry[1].bit_count(), entry[0])):
        if any(own & other == own for other in kept):
            useless |= 1 << number
        else:
            kept.append(own)
    return useless


def _by_size(cell: int) -> tuple[int, int]:
    return cell.bit_count(), cell


def _greedy(cells: Iterable[int]) -> int:
    """Return rectangles that cover the cells: each time the one that has most of what is left, the first of equals."""
    cells = sorted(cells)
    counts: dict[int, int] = defaultdict(int)
    for cell in cells:
        for number in bits(cell):
            counts[number] += 1
    chosen: list[int] = []
    left = cells
    while left:
        best = min(counts, key=lambda number: (-counts[number], number))
        chosen.append(best)
        for cell in left:
            for number in bits(cell) if cell >> best & 1 else ():
                counts[number] -= 1
        left = [cell for cell in left if not cell >> best & 1]
    taken = sum(1 << number for number in chosen)
    for number in chosen:
        without = taken & ~(1 << number)
        if all(cell & without for cell in cells):
            taken = without
    return taken


def _apart(cells: Iterable[int]) -> int:
    """Return a number of cells of which no rectangle has two: at least as many rectangles are needed."""
    count = seen = 0
    for cell in sorted(cells, key=_by_size):
        if not cell & seen:
            seen |= cell
            count += 1
    return count


class _Search:
    """Branch and bound for the fewest rectangles that cover the cells."""

    def __init__(self, cells: set[int]) -> None:
        self.best = _greedy(cells)
        self.bound = _apart(cells)
        self.left = SEARCH_STEPS
        if self.bound < self.best.bit_count():
            self._try(cells, 0)
            if self.left > 0:
                self.bound = self.best.bit_count()

    def _try(self, cells: set[int], taken: int) -> None:
        """Take what is forced, then each rectangle of the cell with the fewest, and remember the best cover."""
        self.left -= len(cells) + 1
        forced, cells = _core(cells)
        taken |= forced
        if taken.bit_count() + _apart(cells) >= self.best.bit_count():
            return
        if not cells:
            self.best = taken
            return
        cell = min(cells, key=_by_size)
        counts = {number: sum(other >> number & 1 for other in cells) for number in bits(cell)}
        for number in sorted(counts, key=lambda number: (-counts[number], number)):
            if self.left <= 0:
                return
            bit = 1 << number
            self._try({other for other in cells if not other & bit}, taken | bit)
            cells = {other & ~bit for other in cells}  # what follows does without it
            if 0 in cells:
                return


def _grown(rows: Mapping[int, int]) -> list[Rectangle]:
    """Return maximal rectangles that cover all cells: each has most of what is left, of those that two rows share."""
    left = dict(rows)
    found: list[Rectangle] = []
    while any(left.values()):
        seed = min(left, key=lambda row: (-left[row].bit_count(), row))
        shapes = {rows[seed] & columns for columns in rows.values() if columns & left[seed]}
        gains = {
            shape: sum((left[row] & shape).bit_count() for row, columns in rows.items() if columns & shape == shape)
            for shape in shapes
        }
        columns = min(gains, key=lambda shape: (-gains[shape], shape))
        found.append(Rectangle(_rows_with(columns, rows), columns))
        for row in bits(found[-1].rows):
            left[row] &= ~columns
    return _needed(found)


def _needed(rectangles: list[Rectangle]) -> list[Rectangle]:
    """Return the rectangles without those whose cells the others have."""
    kept = list(rectangles)
    for each in rectangles:
        others = [other for other in kept if other is not each]
        if all(not each.columns & ~_columns_in(row, others) for row in bits(each.rows)):
            kept = others
    return kept


def _columns_in(row: int, rectangles: Iterable[Rectangle]) -> int:
    """Return the columns that the rectangles have in a row."""
    out = 0
    for each in rectangles:
        if each.rows >> row & 1:
            out |= each.columns
    return out


def _lines(rows: Mapping[int, int]) -> list[Rectangle]:
    """Return one rectangle per row, or per column where those are fewer."""
    by_column: dict[int, int] = defaultdict(int)
    for row, columns in rows.items():
        for column in bits(columns):
            by_column[column] |= 1 << row
    if len(by_column) >= len(rows):
        return [Rectangle(1 << row, columns) for row, columns in rows.items()]
    return [Rectangle(own, 1 << column) for column, own in sorted(by_column.items())]


def _independent(rows: Mapping[int, int]) -> int:
    """Return a number of cells of which no rectangle has two, for where rectangles are many.

    Looked for in few rows. Two cells are in one rectangle when the two other corners are in the grid too.
    """
    chosen: list[tuple[int, int]] = []
    for own in sorted(rows.values(), key=lambda columns: (columns.bit_count(), columns))[:MOST_GROWN]:
        for column in bits(own):
            if not any(own >> other & 1 and columns >> column & 1 for columns, other in chosen):
                chosen.append((own, column))
                break
    return len(chosen)


def _disjoint(rectangles: list[Rectangle]) -> list[Rectangle]:
    """Return the rectangles without the rows and columns that bring nothing which a wider rectangle has not."""
    columns = [each.columns for each in rectangles]
    rows = _kept([each.rows for each in rectangles], columns)
    columns = _kept(columns, rows)
    joined: dict[int, int] = defaultdict(int)
    for own, across in zip(rows, columns, strict=True):
        joined[own] |= across
    return [Rectangle(*sides) for sides in joined.items() if all(sides)]


def _kept(lines: Sequence[int], across: Sequence[int]) -> list[int]:
    """Return for each rectangle those of its lines in which it has a cell that no longer one has."""
    seen: dict[int, int] = defaultdict(int)
    out = [0] * len(lines)
    for number in sorted(range(len(lines)), key=lambda number: (-across[number].bit_count(), number)):
        for line in bits(lines[number]):
            if across[number] & ~seen[line]:
                out[number] |= 1 << line
                seen[line] |= across[number]
    return out
