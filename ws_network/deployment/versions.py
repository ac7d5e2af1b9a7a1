"""Agent versions in the order of the console: `20.0.0-1540` before `20.0.1-9400`.

Owns parsing and order. Does not own which builds change what: that is in the catalogue.
"""

import re

from ws_network.errors import UserError

Version = tuple[int, ...]
"""The numbers of a version, compared left to right; a missing number sorts before any."""

_PATTERN = re.compile(r"\d+(?:\.\d+){1,3}(?:-\d+)?")


def parse_version(text: str) -> Version:
    """Return the numbers of an agent version, `20.0.0-1540` or `20.0.0.1540` or `12.0`.

    Raises:
        UserError: the text is no version.
    """
    if not _PATTERN.fullmatch(text):
        raise UserError(
            f"'{text}' is no agent version: write it as the console prints it, in quotes, for example '20.0.0-1540'."
        )
    return tuple(int(number) for number in re.split(r"[.-]", text))


class Fleet:
    """The agents of a site: every version from the oldest to the newest (None: whatever comes)."""

    def __init__(self, oldest: str, newest: str | None) -> None:
        """Parse both ends.

        Raises:
            UserError: an end is no version, or they are the wrong way round.
        """
        self.oldest = parse_version(oldest)
        self.newest = parse_version(newest) if newest is not None else None
        if self.newest is not None and self.newest < self.oldest:
            raise UserError(
                f"agent_build has oldest '{oldest}' after newest '{newest}': swap them, or give one version for both."
            )

    def has_any(self, agent_from: str | None, agent_to: str | None) -> bool:
        """Return whether some agent of the fleet can be in `agent_from`..`agent_to` (both included, None: open)."""
        too_new = agent_to is not None and self.oldest > parse_version(agent_to)
        too_old = agent_from is not None and self.newest is not None and self.newest < parse_version(agent_from)
        return not too_new and not too_old
