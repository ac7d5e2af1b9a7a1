"""The one exception that users see, and the search for the name they meant.

Owns how an error is worded when a name is unknown. Does not own findings: those are data of a plan,
this is for input that no plan can be made from.
"""

import difflib
import functools
import sys
from collections.abc import Iterable
from typing import Any, Self


class UserError(ValueError):
    """Input that cannot be used: one sentence with what, why and what to type. Never shown with a traceback.

    In a Pulumi program it is `pulumi.RunError` too, the one exception that Pulumi prints without a traceback.
    """

    def __new__(cls, *args: object) -> Self:
        """Make the error, of both kinds where pulumi is loaded; this module never loads it."""
        run_error = getattr(sys.modules.get("pulumi"), "RunError", None)
        kind: Any = cls
        if run_error is not None and not issubclass(cls, run_error):
            kind = _both(kind, run_error)
        made: Self = super().__new__(kind, *args)
        return made


@functools.cache
def _both(error: Any, run_error: Any) -> type:
    """Return the class that is both, under the name of the first."""
    return type(error.__name__, (error, run_error), {"__module__": error.__module__})


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
