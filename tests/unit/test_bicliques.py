"""The fewest rectangles of a grid, held against a search of everything."""

import random
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ws_network import bicliques
from ws_network.bicliques import Cover, bits, fewest_rectangles

Cells = set[tuple[int, int]]

grids = st.lists(st.integers(0, 2**5 - 1), max_size=5)
TRIANGLE = [0b011, 0b110, 0b101]
SHARED = [0b01111, 0b01110, 0b01110, 0b01101, 0b00011]


def cells_of(grid: list[int]) -> Cells:
    return {(row, column) for row, columns in enumerate(grid) for column in bits(columns)}


def covered(cover: Cover) -> list[tuple[int, int]]:
    return [(row, column) for each in cover.rectangles for row in bits(each.rows) for column in bits(each.columns)]


def least(grid: list[int]) -> int:
    """The fewest rectangles, by trying all sets of them: each is what some rows have in common."""
    cells = frozenset(cells_of(grid))
    rectangles = set()
    for size in range(1, len(grid) + 1):
        for rows in combinations(range(len(grid)), size):
            common = [column for column in range(5) if all((row, column) in cells for row in rows)]
            rectangles.add(frozenset((row, column) for row in rows for column in common))
    for size in range(len(grid) + 1):
        if any(frozenset[tuple[int, int]]().union(*chosen) == cells for chosen in combinations(rectangles, size)):
            return size
    raise AssertionError("a row is a rectangle, so as many as there are rows do")


def scattered(size: int, share: float, seed: int) -> list[int]:
    draw = random.Random(seed)  # noqa: S311 - test data
    return [sum((draw.random() < share) << column for column in range(size)) for _ in range(size)]


class TestFewest:
    """The layout says that it is the least: a search of everything finds nothing smaller, and no cell more or less."""

    @given(grids)
    @example(TRIANGLE)
    @example(SHARED)
    @example([])
    @example([0, 0])
    def test_no_smaller_cover_exists(self, grid: list[int]) -> None:
        cover = fewest_rectangles(grid)
        assert set(covered(cover)) == cells_of(grid)
        assert len(cover.rectangles) == least(grid) == cover.bound

    @given(grids, st.randoms(use_true_random=False))
    def test_the_order_of_rows_does_not_change_the_number(self, grid: list[int], shuffle: random.Random) -> None:
        other = list(grid)
        shuffle.shuffle(other)
        assert len(fewest_rectangles(grid).rectangles) == len(fewest_rectangles(other).rectangles)

    def test_a_staircase_is_as_many_as_it_has_steps(self) -> None:
        """Nested rows: each peer gets the ports of the one before, and one more."""
        grid = [(1 << length) - 1 for length in range(1, 101)]
        cover = fewest_rectangles(grid)
        assert len(cover.rectangles) == cover.bound == 100
        assert len(covered(cover)) == len(cells_of(grid))

    def test_rows_that_share_a_wider_rectangle_are_not_said_twice(self) -> None:
        """A port that is open to everyone does not come again in the rule of each peer."""
        assert sorted(covered(fewest_rectangles([0b11, 0b10]))) == [(0, 0), (0, 1), (1, 1)]


class TestBounded:
    """A site with a thousand ports must not hang the plan: beyond the exact sizes it is good enough, and says so."""

    @pytest.mark.parametrize(("size", "share"), [(16, 0.5), (24, 0.5), (60, 0.3), (150, 0.5)])
    def test_large_grids_are_covered_and_the_gap_is_told(
        self, size: int, share: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bicliques, "SEARCH_STEPS", 1000)
        grid = scattered(size, share, 7)
        cover = fewest_rectangles(grid)
        assert set(covered(cover)) == cells_of(grid)
        assert 0 < cover.bound <= len(cover.rectangles) <= size
        assert cover == fewest_rectangles(grid)

    @given(grids)
    def test_every_way_of_covering_is_exact_about_cells(self, grid: list[int]) -> None:
        """The search that ends early, the growing and the lines: none of them may open a cell."""
        limits = {"MOST_RECTANGLES": 0}, {"MOST_RECTANGLES": 0, "MOST_GROWN": 0}, {"MOST_CELLS": 0}, {"SEARCH_STEPS": 0}
        for changed in limits:
            with pytest.MonkeyPatch.context() as patch:
                for name, value in changed.items():
                    patch.setattr(bicliques, name, value)
                cover = fewest_rectangles(grid)
            assert set(covered(cover)) == cells_of(grid)
            assert cover.bound <= least(grid) <= len(cover.rectangles)
            rows = [each.rows for each in cover.rectangles]
            assert len(rows) == len(set(rows))

    def test_fewer_columns_than_rows_are_covered_by_columns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bicliques, "MOST_RECTANGLES", 0)
        monkeypatch.setattr(bicliques, "MOST_GROWN", 0)
        assert len(fewest_rectangles([1, 2, 4, 3, 5, 6, 7]).rectangles) == 3
