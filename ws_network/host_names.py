"""What a host name looks like. Names come from files that people write, and go into rules and expressions of clouds.

Owns the pattern. Does not own which names a target takes (`ws_network.grammar`).
"""

import re

_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
"""Labels of 1 to 63 characters, 253 in all (RFC 1035, section 2.3.4): letters, digits, hyphens, and the underscore that
DNS takes (RFC 2181, section 11)."""


def is_host_name(text: str) -> bool:
    """Return whether the text is a host name in full, in lower case and without a trailing dot."""
    return bool(_HOST_NAME.fullmatch(text))
