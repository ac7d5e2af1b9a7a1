"""The parts of a deployment: peers, proxy, exceptions, what a site adds.

Owns the closed shape of each part and what can be judged without the catalogue.
Does not own whether a role, flow or peer exists: `ws_network.deployment.check` asks the catalogue.
"""

import re
from datetime import date
from enum import StrEnum, unique
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ws_network.addresses import AddressSet, parse_cidr
from ws_network.cidr import BITS
from ws_network.deployment.versions import Fleet, parse_version

_FQDN = re.compile(r"(?=.{1,253}$)([a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PREFIX_LIST_ID = re.compile(r"pl-[0-9a-f]{8,17}")
_SECURITY_GROUP_ID = re.compile(r"(\d{12}/)?sg-[0-9a-f]{8,17}")

LAST_PORT = 65535


def _cidr(text: str) -> str:
    cidr = parse_cidr(text)
    if cidr.prefix_length == 0:
        raise ValueError(
            f"'{text}' would open the port to every address: say any-address under names, with its reason under "
            "any_address, or list the real ranges"
        )
    return cidr.text


def _fqdn(text: str) -> str:
    name = text.lower().rstrip(".")
    if not _FQDN.fullmatch(name):
        raise ValueError(f"'{text}' is no host name: write it in full and without wildcard, as 'siem.corp.example'")
    return name


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise ValueError(f"'{text}' is no id: use lower-case letters, digits and single hyphens")
    return text


def _text(value: object) -> object:
    """Keep YAML from turning a version or a date into something else without a word."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        raise ValueError(f"{value} is a number here: put it in quotes")  # noqa: TRY004 - pydantic reads ValueError
    return value


def _day(value: object) -> object:
    """Keep pydantic from reading a number as seconds since 1970."""
    if isinstance(value, int | float):
        raise ValueError(f"{str(value).lower()} is no day: write it as YYYY-MM-DD")  # noqa: TRY004 - as above
    return value


def _version(text: str) -> str:
    parse_version(text)
    return text


def _port(value: object) -> object:
    """Refuse what is no port before pydantic says it in the words of numbers; `443.0` is YAML's 443 in some tools."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, bool) or (isinstance(number, int | float) and not 1 <= number <= LAST_PORT):
        raise ValueError(f"{str(value).lower()} is no port: write a number from 1 to {LAST_PORT}")
    return value


def _prefix_list_id(text: str) -> str:
    if not _PREFIX_LIST_ID.fullmatch(text):
        raise ValueError(f"'{text}' is no prefix list id: write it as 'pl-0f3a9c21d4e5b6a78'")
    return text


def _security_group_id(text: str) -> str:
    if not _SECURITY_GROUP_ID.fullmatch(text):
        raise ValueError(
            f"'{text}' is no security group id: write it as 'sg-0a1b2c3d4e5f60718', with its account before it, "
            "'444455556666/sg-0a1b2c3d4e5f60718', where that is another one"
        )
    return text


Cidr = Annotated[str, AfterValidator(_cidr)]
Fqdn = Annotated[str, AfterValidator(_fqdn)]
Slug = Annotated[str, AfterValidator(_slug)]
Text = Annotated[str, BeforeValidator(_text)]
AgentVersion = Annotated[str, BeforeValidator(_text), AfterValidator(_version)]
Day = Annotated[date, BeforeValidator(_day)]
Port = Annotated[int, BeforeValidator(_port), Field(ge=1, le=65535)]
PrefixListId = Annotated[str, AfterValidator(_prefix_list_id)]
SecurityGroupId = Annotated[str, AfterValidator(_security_group_id)]


class Part(BaseModel):
    """Closed and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@unique
class Communication(StrEnum):
    """Who opens the connection between the service and an agent."""

    AGENT_INITIATED = "agent-initiated"
    BIDIRECTIONAL = "bidirectional"
    MANAGER_INITIATED = "manager-initiated"


@unique
class Layout(StrEnum):
    """How flows become rules. A name stands for one algorithm for ever; a better one gets a new name."""

    PER_FLOW = "per-flow"
    """One rule per line of the page and peer."""
    MINIMAL = "minimal"
    """As few rules as the target's grammar allows."""


@unique
class OnExpiry(StrEnum):
    """What an end date does: speak, or close."""

    WARN = "warn"
    CLOSE = "close"


@unique
class AddressFamily(StrEnum):
    """IPv4 or IPv6."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


class AgentBuild(Part):
    """The versions of a fleet."""

    oldest: AgentVersion
    newest: AgentVersion | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        Fleet(self.oldest, self.newest)
        return self


class Addressed(Part):
    """Something that the site runs, in as many forms of address as there are."""

    cidrs: tuple[Cidr, ...] = ()
    fqdns: tuple[Fqdn, ...] = ()
    within: tuple[Cidr, ...] = ()
    """Private ranges in which the answers for `fqdns` may lie."""
    prefix_list_ids: tuple[PrefixListId, ...] = ()
    security_group_ids: tuple[SecurityGroupId, ...] = ()

    @model_validator(mode="after")
    def _not_every_address(self) -> Self:
        reached = AddressSet.from_cidrs(self.cidrs)
        for family in reached.families:
            if reached.size(family) == 1 << BITS[family]:
                raise ValueError(
                    "cidrs are together every address: say any-address under names, with its reason under any_address, "
                    "or list the real ranges"
                )
        return self

    @model_validator(mode="after")
    def _within_needs_names(self) -> Self:
        if self.within and not self.fqdns:
            raise ValueError("within says where the answers for fqdns may lie: give fqdns too, or remove it")
        return self


class Peer(Addressed):
    """A destination or source of flows."""

    through: Literal["direct", "service", "both"] | None = None
    """A SIEM gets its events from the agents, from the service, or both."""
    serves: tuple[str, ...] | None = None
    manage: bool = False
    """The site gives it a group of its own, with the ingress it needs."""
    platform: bool = False
    """It is the cloud's own, which the cloud does not filter."""

    @property
    def has_addresses(self) -> bool:
        """Whether it is given in a form that a packet filter can hold."""
        return bool(self.cidrs or self.prefix_list_ids or self.security_group_ids)


class Proxy(Addressed):
    """The web proxy, and the services that are reached through it."""

    port: Port
    covers: tuple[str, ...]
    roles: tuple[str, ...] = ("agent", "relay")
    manage: bool = False

    def as_peer(self) -> Peer:
        """Return the proxy as the peer `web-proxy`."""
        return Peer(
            cidrs=self.cidrs,
            fqdns=self.fqdns,
            within=self.within,
            prefix_list_ids=self.prefix_list_ids,
            security_group_ids=self.security_group_ids,
            manage=self.manage,
        )


class Exemption(Part):
    """The one shape of every exception: why, until when, and the ticket."""

    reason: str = Field(min_length=1)
    until: Day
    ticket: str | None = None


class Expiry(Exemption):
    """A flow with an end date."""

    on_expiry: OnExpiry = OnExpiry.WARN


class ExtraFlow(Exemption):
    """A flow that the page does not have."""

    id: Slug
    source: Slug
    destination: Slug
    transport: Literal["tcp", "udp"]
    ports: tuple[Port, ...] = Field(min_length=1)
    slot: int | None = Field(default=None, ge=1)
    """Frozen position for the priorities of Azure and GCP."""


class ExtraHost(Exemption):
    """A host that the page does not have, for every flow to its destination."""

    fqdn: Fqdn
    destination: Slug
    addressing: Literal["dynamic", "cdn"] = "dynamic"
