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
from ws_network.host_names import is_host_name

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PREFIX_LIST_ID = re.compile(r"pl-[0-9a-f]{8,17}")
_SECURITY_GROUP_ID = re.compile(r"(\d{12}/)?sg-[0-9a-f]{8,17}")
_SERVICE_TAG = re.compile(r"[A-Z][A-Za-z0-9]*(\.[A-Za-z0-9]+)?")
_APPLICATION_SECURITY_GROUP_ID = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/]{1,90}/providers/Microsoft\.Network/"
    r"applicationSecurityGroups/[A-Za-z0-9][A-Za-z0-9_.-]{0,79}"
)
_ADDRESS_GROUP = re.compile(
    r"(projects|organizations)/[a-z0-9.:-]+/locations/[a-z0-9-]+/addressGroups/[a-z][a-z0-9-]{0,62}"
)
_SECURE_TAG = re.compile(r"tagValues/\d+")
_SERVICE_ACCOUNT = re.compile(r"[a-z0-9-]+@[a-z0-9.:-]+\.[a-z]+")
_NETWORK_TAG = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")

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
    if not is_host_name(name):
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


def _security_group_id(text: str) -> str:
    if not _SECURITY_GROUP_ID.fullmatch(text):
        raise ValueError(
            f"'{text}' is no security group id: write it as 'sg-0a1b2c3d4e5f60718', with its account before it, "
            "'444455556666/sg-0a1b2c3d4e5f60718', where that is another one"
        )
    return text


def _service_tag(text: str) -> str:
    if text.lower() in {"internet", "any"}:  # a cloud may not look at capitals
        raise ValueError(
            f"'{text}' would open the port to everyone: say any-address under names, with its reason under any_address"
        )
    if not _SERVICE_TAG.fullmatch(text):
        raise ValueError(f"'{text}' is no service tag: write it as 'VirtualNetwork' or 'Storage.WestEurope'")
    return text


def _form(pattern: re.Pattern[str], what: str, example: str) -> AfterValidator:
    """Return the check of an id by its pattern."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"'{text}' is no {what}: write it as '{example}'")
        return text

    return AfterValidator(check)


Cidr = Annotated[str, AfterValidator(_cidr)]
Fqdn = Annotated[str, AfterValidator(_fqdn)]
Slug = Annotated[str, AfterValidator(_slug)]
Text = Annotated[str, BeforeValidator(_text)]
AgentVersion = Annotated[str, BeforeValidator(_text), AfterValidator(_version)]
Day = Annotated[date, BeforeValidator(_day)]
Port = Annotated[int, BeforeValidator(_port), Field(ge=1, le=65535)]
PrefixListId = Annotated[str, _form(_PREFIX_LIST_ID, "prefix list id", "pl-0f3a9c21d4e5b6a78")]
SecurityGroupId = Annotated[str, AfterValidator(_security_group_id)]
ServiceTag = Annotated[str, AfterValidator(_service_tag)]
ApplicationSecurityGroupId = Annotated[
    str,
    _form(
        _APPLICATION_SECURITY_GROUP_ID,
        "application security group id",
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/siem/providers/Microsoft.Network/"
        "applicationSecurityGroups/collectors",
    ),
]
AddressGroup = Annotated[
    str, _form(_ADDRESS_GROUP, "address group", "projects/hub/locations/global/addressGroups/collectors")
]
SecureTag = Annotated[str, _form(_SECURE_TAG, "secure tag", "tagValues/281478395625")]
ServiceAccount = Annotated[str, _form(_SERVICE_ACCOUNT, "service account", "agents@my-project.iam.gserviceaccount.com")]
NetworkTag = Annotated[str, _form(_NETWORK_TAG, "network tag", "ws-agent")]


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
class Wildcards(StrEnum):
    """What becomes of the page's wildcard where a target cannot say it."""

    EXPAND = "expand"
    """The listed names stand for it, with a finding."""
    REFUSE = "refuse"
    """The plan fails."""


@unique
class MachineMark(StrEnum):
    """How GCP finds the machines of a role."""

    SECURE_TAG = "secure-tag"
    SERVICE_ACCOUNT = "service-account"
    NETWORK_TAG = "network-tag"


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
    service_tags: tuple[ServiceTag, ...] = ()
    application_security_group_ids: tuple[ApplicationSecurityGroupId, ...] = ()
    address_groups: tuple[AddressGroup, ...] = ()
    secure_tags: tuple[SecureTag, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    network_tags: tuple[NetworkTag, ...] = ()

    @property
    def has_addresses(self) -> bool:
        """Whether it is given in a form that a packet filter can hold."""
        return any(getattr(self, form) for form in Addressed.model_fields if form not in {"fqdns", "within"})

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


class Machines(Part):
    """The machines of a role on GCP, by marks of one kind."""

    secure_tags: tuple[SecureTag, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    network_tags: tuple[NetworkTag, ...] = ()
    given: MachineMark | None = None
    """The kind of marks whose ids the program gives when the component is made."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in Machines.model_fields if getattr(self, kind)]
        if len(given) != 1:
            what = " and ".join(given) or "nothing"
            raise ValueError(
                f"it has {what}: a rule of GCP finds its machines by one kind of mark, so give one of them"
            )
        return self

    @property
    def mark(self) -> MachineMark:
        """The kind of its marks."""
        if self.given is not None:
            return self.given
        if self.secure_tags:
            return MachineMark.SECURE_TAG
        return MachineMark.SERVICE_ACCOUNT if self.service_accounts else MachineMark.NETWORK_TAG

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks, sorted; none where the program gives them."""
        return tuple(sorted({*self.secure_tags, *self.service_accounts, *self.network_tags}))


class Proxy(Addressed):
    """The web proxy, and the services that are reached through it."""

    port: Port
    covers: tuple[str, ...]
    roles: tuple[str, ...] = ("agent", "relay")
    manage: bool = False

    def as_peer(self) -> Peer:
        """Return the proxy as the peer `web-proxy`."""
        return Peer(manage=self.manage, **{form: getattr(self, form) for form in Addressed.model_fields})


class Exemption(Part):
    """The one shape of every exception: why, until when, and the ticket."""

    reason: str = Field(min_length=1)
    until: Day
    ticket: str | None = None


class Expiry(Exemption):
    """A flow with an end date."""

    on_expiry: OnExpiry = OnExpiry.WARN


class ResolutionSettings(Part):
    """How long resolved addresses hold."""

    grace_days: int = Field(default=7, ge=1, le=365)
    """Days that an address stays after the answers no longer have it."""
    max_age_days: int = Field(default=30, ge=1, le=365)
    """Days after which a snapshot that nobody resolved again is a finding."""


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
