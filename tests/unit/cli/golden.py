"""Golden files of the command line, and the type of what runs it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
"""The fixture `run`: words to stdout, stderr and exit code."""


def same_as_golden(name: str, text: str) -> None:
    """Hold text against a golden file, or write it anew when asked to."""
    path = Path(__file__).parents[2] / "golden" / "cli" / name
    if os.environ.get("WS_NETWORK_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
