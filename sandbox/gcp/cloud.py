"""A configured GCP provider's session: which project, region and zone, default labels, retries.

Owns how a request of a resource becomes one or more requests of a project, and which labels a resource has.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.gcp.account import Account
from sandbox.gcp.errors import GcpError, is_gone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Statuses after which the real provider tries again.
PASSING = {429, 502, 503}
#: Seconds between tries: the first, and the longest. The real provider waits longer; nobody is served by that here.
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.1
#: How often a request is sent; the real provider counts minutes instead.
TRIES = 25
#: The label by which the real provider marks what it has created.
ATTRIBUTION = {"goog-pulumi-provisioned": "true"}


@dataclass
class GcpCloud:
    """What resources and functions talk to.

    Attributes:
        place: the sandbox folder.
        project: the provider's project.
        region: the provider's region, or empty.
        zone: the provider's zone, or empty.
        default_labels: labels the provider adds to all that can have them.
        attribution: whether it marks what it creates.
    """

    place: Path
    project: str
    region: str = ""
    zone: str = ""
    default_labels: dict[str, str] = field(default_factory=dict)
    attribution: bool = True
    _accounts: dict[str, Account] = field(default_factory=dict)

    def account(self, project: str | None = None) -> Account:
        """Return a project; by default the provider's."""
        key = project or self.project
        return self._accounts.setdefault(key, Account(self.place, key))

    def call(
        self, method: str, /, body: Any = None, *, account: str | None = None, location: str = "", **params: Any
    ) -> dict[str, Any]:
        """Send a request to a project, by default the provider's; again while it is refused for now.

        Raises:
            GcpError: refused.
        """
        pause = FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            try:
                return self.account(account).call(method, body, location=location, **params)
            except GcpError as failure:
                if failure.status not in PASSING or attempt == TRIES:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def find(self, method: str, /, **params: Any) -> dict[str, Any] | None:
        """Return what a request finds, or None where it says that there is nothing."""
        try:
            return self.call(method, **params)
        except GcpError as failure:
            if is_gone(failure):
                return None
            raise

    # Labels.

    def pulumi_labels(self, labels: Mapping[str, str] | None) -> dict[str, str]:
        """Return a resource's labels with the provider's defaults below them."""
        return {**self.default_labels, **(labels or {})}

    def new_labels(self, labels: Mapping[str, str] | None) -> dict[str, str]:
        """Return the labels of a resource that is created."""
        return {**(ATTRIBUTION if self.attribution else {}), **self.pulumi_labels(labels)}

    def changed_labels(
        self, labels: Mapping[str, str] | None, before: Mapping[str, str], live: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the labels after an update; `before` are Pulumi's so far: what others have set stays."""
        kept = {key: value for key, value in live.items() if key not in before}
        return {**kept, **self.pulumi_labels(labels)}
