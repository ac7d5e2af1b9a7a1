"""A configured azure-native provider's session: which subscription, which default location, retries.

Owns how a request of a resource becomes one or more requests of the subscription.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sandbox.azure.errors import ArmError
from sandbox.azure.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.azure.session import Body

#: HTTP statuses after which the real provider sends a request again, and how often it sends one: once and three more.
RETRIED = {408, 429, 500, 502, 503, 504}
ATTEMPTS = 4
#: Seconds between tries. The real provider waits 20 and more; nobody is served by that here.
PAUSE = 0.01


@dataclass
class AzureCloud:
    """What resources and functions talk to.

    Attributes:
        place: the sandbox folder.
        subscription_id: the subscription.
        location: the region of resources that name none; empty when the configuration has none.
        client_id: who the provider says it is.
        tenant_id: where that is known.
    """

    place: Path
    subscription_id: str
    location: str = ""
    client_id: str = ""
    tenant_id: str = ""

    @cached_property
    def subscription(self) -> Subscription:
        """The subscription's Resource Manager."""
        return Subscription(self.place, self.subscription_id)

    def find(self, key: str) -> Body | None:
        """Return a resource, or None when it does not exist."""
        try:
            return _patiently(lambda: self.subscription.get(key))
        except ArmError as failure:
            if failure.status == 404:
                return None
            raise

    def put(self, key: str, body: Body) -> Body:
        """Create or replace a resource."""
        return _patiently(lambda: self.subscription.put(key, body))

    def delete(self, key: str) -> None:
        """Delete a resource; one that is gone already is no error."""

        def work() -> Body:
            self.subscription.delete(key)
            return {}

        try:
            _patiently(work)
        except ArmError as failure:
            if failure.status != 404:
                raise


def _patiently(send: Callable[[], Body]) -> Body:
    """Send a request, again while it is throttled or its answer is lost.

    Raises:
        ArmError: refused.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return send()
        except ArmError as failure:
            if failure.status not in RETRIED or attempt == ATTEMPTS:
                raise
        time.sleep(PAUSE * attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")
