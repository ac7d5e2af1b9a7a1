"""The emulated `azure-native` provider: its configuration.

Owns what of it matters here: subscription, default location, and who asks. Credentials are not looked at, and like the
real provider it checks no configuration and replaces nothing when the subscription changes.
"""

from __future__ import annotations

import os
import re
from importlib import metadata
from typing import TYPE_CHECKING

from sandbox.azure.cloud import AzureCloud
from sandbox.azure.errors import bad
from sandbox.azure.functions import FUNCTIONS
from sandbox.azure.resources import RESOURCES
from sandbox.azure.subscription import DEFAULT_SUBSCRIPTION
from sandbox.provider import Provider
from sandbox.store import folder

if TYPE_CHECKING:
    from sandbox.resource import Failure, Properties

SUBSCRIPTION = re.compile(r"[0-9A-Za-z-]+")


class AzureProvider(Provider):
    """Azure in the sandbox folder."""

    name = "azure-native"
    resources = RESOURCES
    functions = FUNCTIONS

    def __init__(self) -> None:
        self.version = metadata.version("pulumi-azure-native")

    def check_config(self, news: Properties) -> list[Failure]:
        """Accept all."""
        del news
        return []

    def replacing(self) -> tuple[str, ...]:
        """Return nothing, as the real provider."""
        return ()

    def configure(self, config: Properties) -> AzureCloud:
        """Return the session."""
        subscription = str(
            config.get("subscriptionId") or os.environ.get("ARM_SUBSCRIPTION_ID") or DEFAULT_SUBSCRIPTION
        )
        if not SUBSCRIPTION.fullmatch(subscription):
            raise bad("InvalidSubscriptionId", f"The provided subscription identifier '{subscription}' is malformed.")
        return AzureCloud(
            folder(),
            subscription,
            str(config.get("location") or os.environ.get("ARM_LOCATION_NAME") or ""),
            client_id=str(config.get("clientId") or os.environ.get("ARM_CLIENT_ID") or ""),
            tenant_id=str(config.get("tenantId") or os.environ.get("ARM_TENANT_ID") or ""),
        )

    def unfinished(self, cloud: AzureCloud, token: str) -> bool:
        """Return whether the fault plan has `partial` for the type."""
        return cloud.subscription.faults.hits("partial", token)
