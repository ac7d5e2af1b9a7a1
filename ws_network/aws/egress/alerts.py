"""What is said while nothing is dropped yet: the mode in which a firewall tells what it would drop.

Owns these findings. Does not own the mode itself, which is the policy's default action.
"""

from collections.abc import Iterator
from datetime import date

from ws_network.deployment.parts import Exemption
from ws_network.findings import Finding, finding

WHERE = "alert_only"


def alert_only_findings(exemption: Exemption, as_of: date | None) -> Iterator[Finding]:
    """Yield that nothing is dropped, and, after the end date, that it should be.

    Args:
        exemption: Why, and until when.
        as_of: The day; None looks at no date.
    """
    until = exemption.until.isoformat()
    ticket = f", {exemption.ticket}" if exemption.ticket else ""
    text = f"what no rule names is logged and passes, until {until}: {exemption.reason}{ticket}."
    yield finding("alert-only", WHERE, text)
    if as_of is not None and as_of > exemption.until:
        yield finding("exception-expired", WHERE, f"{WHERE} ended on {until} ({exemption.reason}).")
