"""The one exception that users see, and the search for the name they meant.

Owns how an error is worded when a name is unknown. Does not own findings: those are data of a plan,
this is for input that no plan can be made from.
"""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Input that cannot be used: one sentence with what, why and what to type. Never shown with a traceback."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, or None when none is near."""
    match = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return match[0] if match else None


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that is not in `known`: the nearest one, or the whole short list."""
    names = sorted(known)
    close = nearest(name, names)
    if close is not None:
        return f"unknown {kind} '{name}': did you mean '{close}'?"
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"unknown {kind} '{name}': known are {listed or 'none'}."
