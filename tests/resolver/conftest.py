"""The property tests here are as thorough as the others: the same profiles."""

import tests.unit.conftest  # noqa: F401 - it registers and loads them
