"""When and by whom the addresses of a snapshot were seen, as a file beside it, and how old the snapshot is by that.

Owns the format (`docs/snapshot.md`), its reading and the age. Rules never depend on it: it may be lost, and nothing
closes or opens. Does not own which addresses there are.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, ValidationError

from ws_network.errors import UserError
from ws_network.resolver.answers import Outcome
from ws_network.resolver.files import real
from ws_network.snapshot import ResolvedName, Snapshot, written
from ws_network.validation import describe

FORMAT = 1
"""The newest format that this release reads."""


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    ipv4_complete: bool
    """Whether every question about IPv4 was answered so that an address without an answer is absent."""
    ipv6_complete: bool
    proven_at: Moment | None = None
    """The last run that left nothing open: complete in both families, or in one and without an address in the other."""
    needed: bool = True
    """Whether a flow needed it in the last run; else its grace window began by that."""

    @property
    def known_at(self) -> datetime | None:
        """From when on the addresses are as old as they are: the last proof, before the first one the first answer."""
        first = (sighting.first_seen for sighting in self.addresses.values())
        return self.proven_at or min(first, default=None)


class Observations(BaseModel):
    """When, where and by whom the names of a snapshot were resolved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = Field(ge=1, le=FORMAT)
    resolved_at: Moment
    """The last run, of some names or of all."""
    place: str
    resolvers: tuple[str, ...]
    """Who was asked, in this order."""
    names: dict[str, Observed]

    def text(self) -> str:
        """Return the content of the file."""
        return written(self.model_dump(mode="json"))


def beside(snapshot: Path) -> Path:
    """Return the path of the observations of a snapshot: `site.snapshot.json` has `site.snapshot.observed.json`.

    Of a link it is beside what the link leads to.
    """
    snapshot = real(snapshot)
    return snapshot.with_suffix(f".observed{snapshot.suffix}")


def resolved_on(snapshot: Path | str) -> Any:
    """Return the day on which a snapshot was last resolved, YYYY-MM-DD, as a component's argument; None: not known.

    Not known it is too where the file beside the snapshot cannot be read: no rule depends on it.

    Raises:
        UserError: the snapshot cannot be read.
    """
    path = Path(snapshot)
    try:
        found = load(beside(path))
    except UserError:
        return None
    if found is None or not path.exists():
        return None
    day = oldest(Snapshot.load(path), found)
    return day.isoformat() if day else None


def oldest(snapshot: Snapshot, observations: Observations) -> date | None:
    """Return the day (UTC) of the oldest knowledge among the names in use; None where that of one is not known.

    A name whose addresses are all absent is on its way out and does not count.
    """
    moments: list[datetime] = []
    for fqdn, entry in snapshot.names.items():
        if _in_use(entry):
            told = observations.names.get(fqdn)
            moment = told.known_at if told else None
            if moment is None:
                return None
            moments.append(moment)
    return min(moments, default=observations.resolved_at).astimezone(UTC).date()


def _in_use(entry: ResolvedName) -> bool:
    return any(address not in entry.absent_since for address in (*entry.ipv4, *entry.ipv6))


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
