"""The snapshot: host names and the addresses they had, as a file in the user's version control.

Owns the format (`docs/snapshot.md`), its reading and its one written form. Does not own resolving: it never asks DNS,
and it holds no time but the day since which an address is absent, so that an unchanged answer is an unchanged file.
"""

import json
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ws_network.addresses import Family, parse_cidr
from ws_network.errors import UserError
from ws_network.validation import describe

FORMAT = 1
"""The newest format that this release reads."""


def _address(family: Family) -> AfterValidator:
    def check(text: str) -> str:
        cidr = parse_cidr(text)
        if cidr.family != family:
            raise ValueError(f"'{text}' is IPv{cidr.family} in an IPv{family} list: move it to ipv{cidr.family}")
        if "/" in text:
            raise ValueError(f"'{text}' is a range: a snapshot holds single addresses, without a mask")
        return cidr.text.split("/")[0]

    return AfterValidator(check)


def _whole(value: object) -> object:
    """Return `1.0` as 1: component arguments from other languages know one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_place(text: str) -> str:
    """Return a place as it is.

    Raises:
        ValueError: it is blank, or has characters that a terminal would obey.
    """
    if not text.strip():
        raise ValueError("is empty: say where this is resolved, as 'build runner in eu-central-1'")
    if not text.isprintable():
        raise ValueError(f"is {text!r}, with characters that are not printed: say it in one line of plain text")
    return text


def _place(text: str) -> str:
    try:
        return check_place(text)
    except ValueError as error:
        raise ValueError(f"the place {error}") from None


def _day(value: object) -> object:
    """Return a day as it is written in JSON: a number would be read as seconds since 1970."""
    if isinstance(value, str | date):
        return value
    raise ValueError(f"'{value}' is no day: write it as YYYY-MM-DD")


def _spelled(text: str) -> str:
    """Return an address in the spelling of the lists."""
    return parse_cidr(text).text.split("/")[0]


class ResolvedName(BaseModel):
    """What one name resolved to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ipv4: tuple[Annotated[str, _address(4)], ...] = ()
    ipv6: tuple[Annotated[str, _address(6)], ...] = ()
    absent_since: dict[Annotated[str, AfterValidator(_spelled)], Annotated[date, BeforeValidator(_day)]] = Field(
        default_factory=dict
    )
    """Addresses that the last answers no longer had, kept for the grace window, with the first day without them."""

    @model_validator(mode="before")
    @classmethod
    def _without_complete(cls, content: Any) -> Any:
        """Leave out what files of the first release had, and what stands among the observations now."""
        if isinstance(content, dict):
            return {key: value for key, value in content.items() if key != "complete"}
        return content

    @model_validator(mode="after")
    def _absent_are_kept(self) -> Self:
        for address in self.absent_since:
            if address not in self.ipv4 and address not in self.ipv6:
                raise ValueError(
                    f"absent_since has '{address}', which is in neither list: an absent address stays in its list "
                    "until its grace window ends"
                )
        return self

    def addresses(self, family: Family) -> tuple[str, ...]:
        """Return the addresses of a family."""
        return self.ipv4 if family == 4 else self.ipv6

    def to_dict(self) -> dict[str, Any]:
        """Return the name in the file's words, addresses in their order; `absent_since` only while one is absent."""
        out: dict[str, Any] = {
            "ipv4": sorted(set(self.ipv4), key=ip_address),
            "ipv6": sorted(set(self.ipv6), key=ip_address),
        }
        absent = {address: day.isoformat() for address, day in self.absent_since.items()}
        return out | {"absent_since": absent} if absent else out


class Snapshot(BaseModel):
    """Names to addresses, and where they were resolved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Annotated[int, BeforeValidator(_whole), Field(ge=1, strict=True)]
    place: Annotated[str, AfterValidator(_place)] = Field(min_length=1)
    """Where it was resolved: a runner's answer need not be the network's."""
    names: dict[str, ResolvedName]
    example: bool = False
    """The addresses are those of documentation (RFC 5737, RFC 3849), where nobody answers."""

    @classmethod
    def parse(cls, content: Any, where: str = "the snapshot") -> Self:
        """Return the snapshot in parsed JSON.

        Raises:
            UserError: the format is newer than this release, or the content does not match it.
        """
        if not isinstance(content, dict) or "format" not in content:
            raise UserError(f"{where} is no snapshot: it must be a JSON object with 'format', 'place' and 'names'.")
        if isinstance(content["format"], int | float) and content["format"] > FORMAT:
            raise UserError(
                f"{where} has format {content['format']}, newer than the {FORMAT} that this release reads: "
                "upgrade ws-network, or resolve again with this one."
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise UserError(f"{where}: {describe(error, cls)}") from None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the snapshot in a JSON file.

        Raises:
            UserError: the file cannot be read, is no JSON, or holds no snapshot that this release reads.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError(
                f"cannot read snapshot {path} ({error.strerror}): give its path, or make it with 'ws-network resolve'."
            ) from None
        except ValueError:
            raise UserError(
                f"snapshot {path} is no JSON: restore it from version control, or run 'ws-network resolve'."
            ) from None
        return cls.parse(content, str(path))

    def to_args(self) -> Any:
        """Return the snapshot as a component's argument: plain data in the keys of the file."""
        return json.loads(self.text())

    def text(self) -> str:
        """Return the content of the file: the same bytes for the same addresses, whatever their order was."""
        names = {fqdn: resolved.to_dict() for fqdn, resolved in self.names.items()}
        content = {"format": FORMAT, "place": self.place, "names": names}
        return written(content | {"example": True} if self.example else content)


def written(content: dict[str, Any]) -> str:
    """Return JSON in the one form in which files are kept under version control: sorted, one value on a line."""
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
