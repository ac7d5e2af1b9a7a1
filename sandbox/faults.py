"""What goes wrong on demand: throttling, refusals, lost answers, crashes.

Owns the fault plan. It is JSON, in the variable `WS_NETWORK_SANDBOX_FAULTS` or in `faults.json` of the sandbox folder:

    {"throttle": {"AuthorizeSecurityGroupEgress": 3}, "lose_answer": {"CreateSecurityGroup": {"after": 1, "count": 1}}}

Each mode maps API operations (or `*`) to how many calls it hits: the first N, or `count` of them after `after` others.

| mode | what happens |
| --- | --- |
| `throttle` | refused as for too many requests; the provider tries again, as the real one does |
| `refuse` | refused with an error that is not tried again, nothing is done |
| `lose_answer` | carried out, then answered with an error: the resource exists and nobody knows its id |
| `slow` | Azure only: carried out, and takes a moment, in which changes of the same firewall policy are refused |
| `crash` | carried out, then the provider's process dies |
| `partial` | here the key is a resource type: it is created, and reported as not fully initialised |

Counting goes on across commands. A plan whose text differs (a `"note"` is enough) starts to count anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.store import Store

MODES = ("throttle", "refuse", "lose_answer", "slow", "crash", "partial")


def aws_error(mode: str) -> CloudError:
    """Return the error of a mode as AWS words it."""
    code, message = {
        "throttle": ("RequestLimitExceeded", "Request limit exceeded."),
        "refuse": ("InternalError", "An internal error has occurred."),
        "lose_answer": ("RequestTimeout", "The answer was lost; the request may have been carried out."),
    }[mode]
    return CloudError(code, message)


class Faults:
    """The fault plan of one sandbox folder, with its counters in an account's store.

    Args:
        folder: the sandbox folder.
        store: the account's.
        error: makes the error of `throttle`, `refuse` or `lose_answer` in the cloud's words.
    """

    def __init__(self, folder: Path, store: Store, error: Callable[[str], CloudError] = aws_error) -> None:
        self._file = folder / "faults.json"
        self._store = store
        self._error = error

    def _plan(self) -> tuple[dict[str, Any], str]:
        text = os.environ.get("WS_NETWORK_SANDBOX_FAULTS", "")
        if not text:
            try:
                text = self._file.read_text(encoding="utf-8")
            except FileNotFoundError:
                return {}, ""
        try:
            plan = json.loads(text)
        except ValueError as failure:
            raise CloudError("FaultPlan", f"The fault plan is not JSON ({failure}): correct it or remove it.") from None
        unknown = set(plan) - {*MODES, "note"}
        if unknown:
            raise CloudError("FaultPlan", f"The fault plan has no mode {min(unknown)!r}; there are {', '.join(MODES)}.")
        return plan, hashlib.sha256(text.encode()).hexdigest()[:12]

    def hits(self, mode: str, name: str) -> bool:
        """Count one call of `name` (an API operation, or a resource type) and say whether `mode` hits it."""
        plan, version = self._plan()
        rules = plan.get(mode, {})
        rule = rules.get(name, rules.get("*"))
        if rule is None:
            return False
        after, count = (
            (0, int(rule)) if isinstance(rule, int) else (int(rule.get("after", 0)), int(rule.get("count", 1)))
        )
        key = f"{version}:{mode}:{name}"
        with self._store.transaction() as state:
            seen = int((state.get("fault", key) or {"calls": 0})["calls"])
            state.put("fault", key, {"calls": seen + 1})
        return after <= seen < after + count

    def before(self, operation: str) -> None:
        """Refuse a request, if planned.

        Raises:
            CloudError: planned.
        """
        for mode in ("throttle", "refuse"):
            if self.hits(mode, operation):
                raise self._error(mode)

    def after(self, operation: str) -> None:
        """Lose the answer to a request that was carried out, if planned.

        Raises:
            CloudError: planned.
        """
        if self.hits("lose_answer", operation):
            raise self._error("lose_answer")
        if self.hits("crash", operation):
            os._exit(70)
