"""The records of the catalogue: what one line of the vendor's page is, in fields.

Owns the shapes and their closed validation. Does not own the data (`data/*.json` beside this module),
nor what a site needs of it (`ws_network.flows`).

Every record carries its sources, how sure it is (`Confidence`) and the revisions in which it holds.
"""

from enum import StrEnum, unique
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


@unique
class Confidence(StrEnum):
    """How a fact is known, best first: a vendor page, third parties in the field, derived, not known."""

    DOCUMENTED = "documented"
    FIELD = "field"
    INFERRED = "inferred"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """0 for the best; a larger number is less sure."""
        return list(Confidence).index(self)

    def at_least(self, other: "Confidence") -> bool:
        """Return whether this is as sure as `other`, or more."""
        return self.rank <= other.rank


@unique
class Transport(StrEnum):
    """What a packet filter calls the protocol."""

    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"


@unique
class RoleKind(StrEnum):
    """Who runs a role: a component the site deploys, a server the site runs, the vendor, or the platform."""

    COMPONENT = "component"
    SITE = "site"
    SERVICE = "service"
    PLATFORM = "platform"


@unique
class PortKind(StrEnum):
    """Where the port numbers of a flow come from."""

    LISTED = "listed"
    """The page lists them: `Flow.ports`."""
    AS_AGENT = "as-agent"
    """Those of every agent flow: the relay, which contains an agent."""
    CONFIGURED = "configured"
    """The site chooses it: the web proxy."""
    ICMP = "icmp"
    """No port: an ICMP type and code."""
    UNKNOWN = "unknown"
    """No source tells. Never rendered."""


@unique
class Scope(StrEnum):
    """Which firewalls see a flow."""

    NETWORK = "network"
    HOST = "host"
    """Only a firewall on the machine itself: never a cloud rule."""


@unique
class Table(StrEnum):
    """Which table of the page, or another page, a flow is read from."""

    PORTS = "ports"
    URLS = "urls"
    OTHER = "other"


@unique
class Addressing(StrEnum):
    """How a host may be allowed by address."""

    PUBLISHED = "published"
    """A published block covers it."""
    DYNAMIC = "dynamic"
    """Its addresses change; resolving may serve."""
    CDN = "cdn"
    """Served by a content network: must never be allowed by a resolved address."""
    CUSTOMER = "customer"
    """The site's own server; its address is in the deployment."""
    UNKNOWN = "unknown"


@unique
class NameKind(StrEnum):
    """What the text of a host is."""

    EXACT = "exact"
    REGIONAL = "regional"
    """A template with `<region>`."""
    NUMBERED = "numbered"
    """A template with `<region>` and `<nnn>`, counted over `Host.numbers`."""
    CUSTOMER = "customer"
    """Chosen by the site."""
    REFERENCE = "reference"
    """Points to the hosts of another row."""
    UNKNOWN = "unknown"
    """The source lost it."""


class Model(BaseModel):
    """Closed and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Record(Model):
    """What every record has."""

    id: str
    sources: tuple[str, ...]
    """Keys of `CatalogueData.sources`."""
    confidence: Confidence
    since: str
    """First revision (ISO date) that has the record."""
    since_confidence: Confidence = Confidence.INFERRED
    """`documented` where a source dates the record, `inferred` where it is only the oldest revision."""
    until: str | None = None
    """First revision that no longer has it."""
    note: str | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.until is not None and self.until <= self.since:
            msg = f"record '{self.id}' ends at {self.until}, not after its first revision {self.since}"
            raise ValueError(msg)
        return self

    def holds_at(self, revision: str) -> bool:
        """Return whether the record is part of the catalogue at `revision` (ISO dates compare as text)."""
        return self.since <= revision and (self.until is None or revision < self.until)


class Source(Model):
    """Where a fact was read."""

    id: str
    kind: str
    title: str
    where: str
    date: str


class Revision(Model):
    """A dated state of the catalogue."""

    date: str
    note: str
    sources: tuple[str, ...] = ()


class Condition(Model):
    """When a flow, a host row or a host is needed. Every field that is set must hold; empty means always."""

    text: str | None = None
    """The condition of the page, in our words."""
    features: tuple[str, ...] = ()
    """At least one of these features is on."""
    features_off: tuple[str, ...] = ()
    """None of these features is on."""
    communication: tuple[str, ...] = ()
    """The deployment's communication is one of these."""
    agent_from: str | None = None
    """An agent of the fleet is of this version or later."""
    agent_to: str | None = None
    """An agent of the fleet is of this version or earlier."""
    option: str | None = None
    """The deployment's switch of this name is true: `http`, `icmp`, `legacy_account`."""
    serves: tuple[str, ...] = ()
    """The declared peer says that it serves at least one of these."""
    through: str | None = None
    """`direct` or `service`: how the peer gets its events (SIEM)."""
    if_declared: bool = False
    """Only where the site has the peer ("if any" on the page); otherwise the flow is not required."""


class Role(Record):
    """One end of a flow."""

    title: str
    kind: RoleKind
    unfiltered_on_aws: bool = False
    """AWS does not filter traffic to it by security group (instance metadata)."""
    serves: tuple[str, ...] = ()
    """What a peer of this role can say it serves; empty where the role has one purpose."""
    mirror_of_service: bool = False
    """A vendor service that the site may mirror on a server of its own, declared as a peer."""


class Feature(Record):
    """Something a site switches on or off, and what it opens."""

    title: str
    default: bool
    """On when a deployment does not list its features."""


class AgentBuild(Record):
    """An agent build at which the page changes what is needed."""

    version: str
    """First version of the new behaviour, as the console prints it."""
    changes: str
    host_rows: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()


class Region(Record):
    """A region of the service."""

    country: str
    aws_region: str
    aws_region_sources: tuple[str, ...]
    aws_region_confidence: Confidence
    aws_region_checked_against_address_ranges: bool
    offered_by: tuple[str, ...]
    workload_hosts: str
    """How its host names are known, in words."""
    deployable: bool = True
    """False where neither hosts nor blocks are known: a deployment is refused."""


class AddressBlock(Record):
    """A published address block of the service."""

    region: str | None
    cidr: str
    ip_version: int
    roles: tuple[str, ...]
    superseded: bool = False
    """Published once, now said to be possibly invalid: never rendered."""
    status: str | None = None
    listed_in_ports_page_2025_09: bool | None = None
    listed_in_ports_page_2025_12: bool | None = None
    listed_in_firewall_page_2025_09: bool | None = None
    inside_aws_prefix_of_region: str | None = None
    same_list_in_cloud_one_page: str | None = None
    verified_by: str | None = None
    verified_by_sources: tuple[str, ...] = ()


class NumberRange(Model):
    """The numbers of a numbered host: `first` to `last`, zero-padded to `pad` digits."""

    first: int
    last: int
    pad: int


class RegionalName(Model):
    """That a templated host exists in a region."""

    region: str
    confidence: Confidence
    sources: tuple[str, ...]
    since: str
    since_confidence: Confidence = Confidence.INFERRED
    until: str | None = None

    def holds_at(self, revision: str) -> bool:
        """Return whether the host exists in the region at `revision`."""
        return self.since <= revision and (self.until is None or revision < self.until)


class Host(Record):
    """A host name of the URL table."""

    fqdn: str
    """Lower case, no trailing dot; may hold `<region>` and `<nnn>`; free text where `kind` is no name."""
    kind: NameKind
    addressing: Addressing
    regions: tuple[RegionalName, ...] | None = None
    """None: the same in every region. Otherwise only in these."""
    numbers: NumberRange | None = None
    path: str | None = None
    purpose: str | None = None
    when: str | None = None
    condition: Condition = Condition()
    membership_confidence: Confidence | None = None
    """How sure it is that the host belongs to this row."""
    tls_inspection: str | None = None
    """`exempt` where inspection on the path breaks the channel."""
    fixed_region: str | None = None
    """Region to put for `<region>` whatever the deployment's (legacy accounts)."""


class HostRow(Record):
    """A row of the URL table."""

    source_roles: tuple[str, ...]
    destinations: tuple[str, ...]
    schemes: tuple[str, ...]
    """`HTTPS`, `HTTP`."""
    condition: Condition
    hosts: tuple[Host, ...]
    membership_confidence: Confidence | None = None
    membership_note: str | None = None
    replaced_by_serving: str | None = None
    """Not needed where a declared Smart Protection Server or Service Gateway serves this."""
    wildcard: str | None = None
    """The no-dot wildcard of the row, `*workload.<region>…`: the apex and every name under it."""
    wildcard_sources: tuple[str, ...] = ()
    wildcard_confidence: Confidence | None = None


class Icmp(Model):
    """An ICMP message."""

    type: int
    code: int


class ServedPorts(Model):
    """Ports of a flow that are needed only when the peer serves something."""

    serves: str
    ports: tuple[int, ...]


class Flow(Record):
    """A line of the page: who starts, to whom, port, protocol, why."""

    source: str
    destination: str
    transports: tuple[Transport, ...]
    port_kind: PortKind
    ports: tuple[int, ...] = ()
    served_ports: tuple[ServedPorts, ...] = ()
    """Where the ports depend on what the peer serves."""
    icmp: Icmp | None = None
    application: str
    condition: Condition
    host_rows: tuple[str, ...] = ()
    """Rows of the URL table that name the destination, where it is a service with names."""
    hosts: tuple[str, ...] = ()
    """Only these host ids of the rows; empty for all."""
    scope: Scope = Scope.NETWORK
    table: Table
    row: str
    """The line of the page, `Agents / DNS server / 53`."""
    seed_cell: str | None = None
    """What of the cell survived in the stored copy of the page."""
    port_note: str | None = None
    inherited_by: tuple[str, ...] = ()
    """Roles that need the same as if they were `source` (or `destination`, for 4118)."""
    slot: int
    """Frozen position of the flow, unique, never reused: the priorities of Azure and GCP rules come from it."""


class Note(Record):
    """A default, a way to handle something, or an unknown: text with a topic."""

    topic: str
    text: str


class Contradiction(Record):
    """Two sources that disagree, and which one the catalogue follows."""

    about: str
    a: str
    b: str
    resolution: str


class SensorRegion(Record):
    """The hosts Vision One asks for in one of its regions when the endpoint sensor is on."""

    title: str
    regions: tuple[str, ...]
    hosts: tuple[str, ...]


class SensorLabel(Record):
    """What a family of Vision One hosts is for."""

    pattern: str
    meaning: str


class VisionOneCode(Record):
    """How Vision One abbreviates a region in host names."""

    serves: tuple[str, ...]
    code: str | None
    short: str


class VisionOneApiHost(Record):
    """The public API host of Vision One in a region."""

    region: str
    host: str


class SensorIot(Record):
    """The IoT host of the Service Gateway allow list."""

    template: str
    aws_regions: tuple[str, ...]


class GovCloud(Record):
    """What is known of the government edition: that it exists, and no host."""

    page: str
    exists: bool
    hosts: str
    """`unknown`: no host name was found."""
    subnets: str
    """`unknown`: no address block was found."""
    known: tuple[str, ...]


class CatalogueData(Model):
    """Everything the package ships, over all revisions."""

    title: str
    disclaimer: str
    oldest_source: str
    newest_source: str
    meta: dict[str, str]
    """The facts' own words on how to read them: form, twin page, membership confidence."""
    revisions: tuple[Revision, ...]
    sources: tuple[Source, ...]
    roles: tuple[Role, ...]
    features: tuple[Feature, ...]
    agent_builds: tuple[AgentBuild, ...]
    regions: tuple[Region, ...]
    address_blocks: tuple[AddressBlock, ...]
    static_address_hosts: tuple[str, ...]
    """Host templates that the published blocks cover."""
    not_static_address_hosts: tuple[str, ...]
    """Host templates of the service for which no block is published."""
    static_addresses: Note
    """What the two lists mean, with their sources."""
    host_rows: tuple[HostRow, ...]
    flows: tuple[Flow, ...]
    sensor_condition: str
    sensor_protocol: str
    sensor_regions: tuple[SensorRegion, ...]
    sensor_labels: tuple[SensorLabel, ...]
    sensor_iot: SensorIot
    vision_one_codes: tuple[VisionOneCode, ...]
    vision_one_api_hosts: tuple[VisionOneApiHost, ...]
    defaults: tuple[Note, ...]
    handling: tuple[Note, ...]
    govcloud: GovCloud
    contradictions: tuple[Contradiction, ...]
    unknowns: tuple[Note, ...]
