"""Limits that a platform raises on request: their usual values, and what a deployment says of its own.

Owns how a deployment's `quotas` are read and refused, for every cloud. Does not own the numbers
(`ws_network.<cloud>.limits`) nor counting (the renderers).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ws_network.errors import UserError, unknown_name


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit for which an account may have a value of its own."""

    default: int
    title: str
    """As the platform's page of limits calls it."""
    most: int | None = None
    """What the platform raises it to at most, where it says so."""
    assumed: bool = False
    """The platform publishes no number: the default is ours, and an account may have less."""


@dataclass(frozen=True)
class Quotas:
    """The quotas of one cloud, by the names that a deployment uses."""

    platform: str
    """As a sentence says it: `AWS`."""
    by_name: Mapping[str, Quota]

    @property
    def prefix(self) -> str:
        """What the names begin with: `aws-`."""
        return f"{self.platform.lower()}-"

    def __getitem__(self, name: str) -> Quota:
        return self.by_name[name]

    def value(self, name: str, said: Mapping[str, int]) -> int:
        """Return the value of a quota: the deployment's, else the platform's default."""
        return said.get(name, self[name].default)

    def check(self, said: Mapping[str, int]) -> None:
        """Raise `UserError` for a quota of this cloud that does not exist, or that no account can have.

        Args:
            said: The deployment's `quotas`, of every cloud.
        """
        for name, value in said.items():
            if not name.startswith(self.prefix):
                continue
            if name not in self.by_name:
                raise UserError(unknown_name("quota", name, self.by_name))
            quota = self[name]
            least = 1 if quota.assumed else quota.default
            if value < least:
                raise UserError(
                    f"quotas says {value} for {name}, less than the {least} that every account has: give the value "
                    f"that {self.platform} raised it to, or remove it."
                )
            if quota.most is not None and value > quota.most:
                raise UserError(
                    f"quotas says {value} for {name}, and {self.platform} goes to {quota.most}: give at most that."
                )
