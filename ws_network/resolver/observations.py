"""When and by whom the addresses of a snapshot were seen, as a file beside it.

Owns the format (`docs/snapshot.md`) and its reading. Rules never depend on it: it may be lost, and nothing closes or
opens. Does not own which addresses there are.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, ValidationError

from ws_network.errors import UserError
from ws_network.resolver.answers import Outcome
from ws_network.snapshot import written
from ws_network.validation import describe

FORMAT = 1
"""The newest format that this release reads."""


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


Moment = Annotated[AwareDatetime, PlainSerializer(_utc, return_type=str)]
"""A time in UTC, kept to the second."""


class Sighting(BaseModel):
    """When an address was among the answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_seen: Moment
    last_seen: Moment
    ttl: int
    """Seconds, of the last answer that had it."""


class Observed(BaseModel):
    """The last answers for one name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    addresses: dict[str, Sighting] = Field(default_factory=dict)
    """Of the addresses in the snapshot those that were ever seen, by address."""
    cname: tuple[str, ...] = ()
    """The names that CNAMEs led over."""
    resolvers: tuple[str, ...] = ()
    """Who answered."""
    ipv4: Outcome
    ipv6: Outcome
    complete: bool
    """Whether every question was answered: only then an address can be found absent."""


class Observations(BaseModel):
    """When, where and by whom the names of a snapshot were resolved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = Field(ge=1, le=FORMAT)
    resolved_at: Moment
    place: str
    resolvers: tuple[str, ...]
    """Who was asked, in this order."""
    names: dict[str, Observed]

    def text(self) -> str:
        """Return the content of the file."""
        return written(self.model_dump(mode="json"))


def beside(snapshot: Path) -> Path:
    """Return the path of the observations of a snapshot: `site.snapshot.json` has `site.snapshot.observed.json`."""
    return snapshot.with_suffix(f".observed{snapshot.suffix}")


def resolved_on(snapshot: Path | str) -> Any:
    """Return the day on which a snapshot was last resolved, YYYY-MM-DD, as a component's argument; None: not known.

    Raises:
        UserError: the file beside the snapshot cannot be read.
    """
    found = load(beside(Path(snapshot)))
    return found.resolved_at.date().isoformat() if found else None


def load(path: Path) -> Observations | None:
    """Return the observations in a file, None where there is none.

    Raises:
        UserError: it cannot be read; losing it does no harm.
    """
    remedy = "remove it, since only the times of observation are in it."
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"cannot read {path} ({error.strerror}): correct its rights, or {remedy}") from None
    except ValueError:
        raise UserError(f"{path} is no JSON: {remedy}") from None
    try:
        return Observations.model_validate(content)
    except ValidationError as error:
        text = describe(error, Observations).rstrip(".?")
        raise UserError(f"{path} holds no observations of this release ({text}): {remedy}") from None
