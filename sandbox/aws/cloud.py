"""A configured AWS provider's session: which account, which region, default tags, retries.

Owns how a request of a resource becomes one or more requests of the account.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.aws.account import Account
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

THROTTLED = {"RequestLimitExceeded", "Throttling", "ThrottlingException"}
#: Seconds between tries: the first, and the longest. The real provider waits longer; nobody is served by that here.
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.1


@dataclass
class AwsCloud:
    """What resources and functions talk to.

    Attributes:
        place: the sandbox folder.
        account_id: twelve digits; of the role that is assumed, if any.
        region: the provider's region.
        default_tags: tags the provider adds to all that can have them.
        max_retries: how often a throttled request is sent; 25 by default, as in the real provider.
    """

    place: Path
    account_id: str
    region: str
    default_tags: dict[str, str] = field(default_factory=dict)
    max_retries: int = 25
    _accounts: dict[str, Account] = field(default_factory=dict)

    def account(self, region: str | None = None) -> Account:
        """Return the account in a region; by default the provider's."""
        key = region or self.region
        # setdefault keeps one for each region also when two threads come at once: they share moto's state.
        return self._accounts.setdefault(key, Account(self.place, self.account_id, key))

    def call(self, operation: str, /, region: str | None = None, **params: Any) -> dict[str, Any]:
        """Send a request, again while it is throttled.

        Raises:
            CloudError: refused.
        """
        pause = FIRST_PAUSE
        for attempt in range(1, self.max_retries + 1):
            try:
                return self.account(region).call(operation, **params)
            except CloudError as failure:
                if failure.code not in THROTTLED or attempt == self.max_retries:
                    if failure.code in THROTTLED:
                        failure.message = f"{failure.message} (exceeded maximum number of attempts, {attempt})"
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def find(self, operation: str, answer: str, region: str | None = None, **params: Any) -> dict[str, Any] | None:
        """Return the one resource a describe request finds, or None where it says there is none."""
        try:
            found = self.call(operation, region, **params)[answer]
        except CloudError as failure:
            if is_gone(failure):
                return None
            raise
        return found[0] if found else None

    # Tags.

    def all_tags(self, tags: Mapping[str, str] | None) -> dict[str, str]:
        """Return a resource's tags with the provider's defaults below them."""
        return {**self.default_tags, **(tags or {})}

    def specification(self, kind: str, tags: Mapping[str, str] | None) -> list[dict[str, Any]]:
        """Return `TagSpecifications` for a new resource: none without tags, which the API refuses."""
        found = [{"Key": key, "Value": value} for key, value in self.all_tags(tags).items()]
        return [{"ResourceType": kind, "Tags": found}] if found else []

    def retag(
        self, key: str, wanted: Mapping[str, str] | None, live: Iterable[Mapping[str, str]], region: str | None
    ) -> None:
        """Make a resource's tags what they should be."""
        now, then = tags_of(live), self.all_tags(wanted)
        gone = [{"Key": name} for name in now if name not in then]
        new = [{"Key": name, "Value": value} for name, value in then.items() if now.get(name) != value]
        if gone:
            self.call("DeleteTags", region, Resources=[key], Tags=gone)
        if new:
            self.call("CreateTags", region, Resources=[key], Tags=new)

    def own_tags(self, tags_all: Mapping[str, str]) -> dict[str, str]:
        """Return the tags that are not the provider's defaults."""
        return {key: value for key, value in tags_all.items() if self.default_tags.get(key) != value}


def tags_of(found: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return tags of an answer as a dict, without AWS's own."""
    return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")}


def is_gone(failure: CloudError) -> bool:
    """Return whether an error says that the resource does not exist."""
    return failure.code.endswith(".NotFound") or failure.code.endswith("NotFoundException")
