"""Fixtures of the tests that run the real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.harness import Engine, Project


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The CLI with a Pulumi home that has the emulated providers."""
    from tests.engine.harness import Engine  # noqa: PLC0415 - the fast tests need neither CLI nor moto

    return Engine(tmp_path_factory.mktemp("pulumi-home"))


@pytest.fixture
def make_project(engine: Engine, tmp_path: Path) -> Callable[..., Project]:
    """A function that makes projects; each has its own account unless they are given one `sandbox`."""
    from tests.engine.harness import Project  # noqa: PLC0415 - as above

    made: list[Project] = []

    def make(program: str | Path = "", **options: Any) -> Project:
        made.append(Project(engine, tmp_path / f"project-{len(made)}", program, **options))
        return made[-1]

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """An empty project with an account of its own."""
    return make_project()
