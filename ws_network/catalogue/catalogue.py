"""The catalogue at one revision: what the page says on that date, by id.

Owns reading the data (packaged, or a file of the user's), the choice of a revision and the filling in of host
templates. Does not own what a site needs of it (`ws_network.flows`). Nothing here reads the clock.
"""

import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self, TypeVar

from pydantic import ValidationError

from ws_network.catalogue.integrity import problems
from ws_network.catalogue.models import (
    AddressBlock,
    Addressing,
    AgentBuild,
    CatalogueData,
    Confidence,
    Contradiction,
    Feature,
    Flow,
    Host,
    HostRow,
    NameKind,
    Note,
    Region,
    Role,
    SensorLabel,
    SensorRegion,
    Source,
    VisionOneApiHost,
    VisionOneCode,
)
from ws_network.errors import UserError, unknown_name

DATA_FILE = Path(__file__).parent / "data" / "catalogue.json"
SCHEMA_FILE = Path(__file__).parent / "data" / "catalogue.schema.json"


class _Held(Protocol):
    """A record: an id, and the revisions in which it holds."""

    @property
    def id(self) -> str: ...

    def holds_at(self, revision: str) -> bool: ...


R = TypeVar("R", bound=_Held)


@dataclass(frozen=True, slots=True)
class HostName:
    """A concrete name of a host in a region."""

    fqdn: str
    """Lower case, no trailing dot, no placeholder."""
    confidence: Confidence
    """Of the host in this region."""
    addressing: Addressing
    host_id: str
    row_id: str
    path: str | None
    """URL path, where the row names one; a filter that knows only names ignores it."""
    tls_inspection: str | None
    """`exempt` where inspection on the path breaks the channel."""
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """The records that hold at `revision`, by id and in page order.

    `data` is all of it, over all revisions. Making one costs nothing; each mapping is made when first asked for.
    """

    data: CatalogueData
    revision: str
    """ISO date, one of `revisions`."""

    @classmethod
    def load(cls, path: str | Path | None = None) -> Self:
        """Return the catalogue at its newest revision.

        Args:
            path: A catalogue file of the user's in the form of `catalogue.schema.json`; None for the packaged one.

        Raises:
            UserError: The file cannot be read, is not JSON, does not match the schema or contradicts itself.
        """
        data = _packaged() if path is None else _read(Path(path))
        return cls(data=data, revision=data.revisions[-1].date)

    @classmethod
    def parse(cls, text: str | bytes, where: str = "the catalogue") -> Self:
        """Return the catalogue in JSON text, at its newest revision.

        Args:
            text: In the form of `catalogue.schema.json`.
            where: What to call it in an error.

        Raises:
            UserError: It is not JSON, does not match the schema or contradicts itself.
        """
        data = _parsed(text, where)
        return cls(data=data, revision=data.revisions[-1].date)

    def at(self, revision: str) -> Self:
        """Return the catalogue at `revision`.

        Raises:
            UserError: The revision does not exist; names the one that was in force on that date, or all.
        """
        if revision in self.revisions:
            return type(self)(data=self.data, revision=revision)
        raise _unknown_revision(str(revision), self.revisions)

    @property
    def revisions(self) -> tuple[str, ...]:
        """ISO dates, newest last."""
        return tuple(revision.date for revision in self.data.revisions)

    def _held(self, records: Iterable[R]) -> Mapping[str, R]:
        return MappingProxyType({record.id: record for record in records if record.holds_at(self.revision)})

    @functools.cached_property
    def flows(self) -> Mapping[str, Flow]:
        """Lines of the page, then the pairs that only its URL table has."""
        return self._held(self.data.flows)

    @functools.cached_property
    def host_rows(self) -> Mapping[str, HostRow]:
        """Rows of the URL table, each with the hosts (and their regions) that hold at the revision."""
        return MappingProxyType({row.id: self._row(row) for row in self._held(self.data.host_rows).values()})

    def _row(self, row: HostRow) -> HostRow:
        hosts = tuple(self._host(host) for host in row.hosts if host.holds_at(self.revision))
        if len(hosts) == len(row.hosts) and all(new is old for new, old in zip(hosts, row.hosts, strict=True)):
            return row
        return row.model_copy(update={"hosts": hosts})

    def _host(self, host: Host) -> Host:
        if host.regions is None or all(entry.holds_at(self.revision) for entry in host.regions):
            return host
        return host.model_copy(update={"regions": tuple(e for e in host.regions if e.holds_at(self.revision))})

    @functools.cached_property
    def hosts(self) -> Mapping[str, Host]:
        """Hosts of all rows by their id, `<row>/<label>`."""
        return MappingProxyType({host.id: host for row in self.host_rows.values() for host in row.hosts})

    @functools.cached_property
    def roles(self) -> Mapping[str, Role]:
        """Ends of flows."""
        return self._held(self.data.roles)

    @functools.cached_property
    def features(self) -> Mapping[str, Feature]:
        """What a site switches on or off."""
        return self._held(self.data.features)

    @functools.cached_property
    def agent_builds(self) -> Mapping[str, AgentBuild]:
        """Agent builds at which the page changes what is needed, oldest version first."""
        return self._held(self.data.agent_builds)

    @functools.cached_property
    def regions(self) -> Mapping[str, Region]:
        """Regions of the service, also those that cannot be deployed to."""
        return self._held(self.data.regions)

    @functools.cached_property
    def address_blocks(self) -> Mapping[str, AddressBlock]:
        """Address blocks by CIDR, also superseded ones. `blocks` has those to use."""
        return self._held(self.data.address_blocks)

    @functools.cached_property
    def sources(self) -> Mapping[str, Source]:
        """Where facts were read. Sources do not depend on the revision."""
        return MappingProxyType({source.id: source for source in self.data.sources})

    @functools.cached_property
    def contradictions(self) -> Mapping[str, Contradiction]:
        """Where sources disagree, and what the catalogue follows."""
        return self._held(self.data.contradictions)

    @functools.cached_property
    def unknowns(self) -> Mapping[str, Note]:
        """What no source tells."""
        return self._held(self.data.unknowns)

    @functools.cached_property
    def defaults(self) -> Mapping[str, Note]:
        """How the product behaves when nothing is set."""
        return self._held(self.data.defaults)

    @functools.cached_property
    def handling(self) -> Mapping[str, Note]:
        """What to mind when names and addresses are filtered."""
        return self._held(self.data.handling)

    @functools.cached_property
    def sensor_regions(self) -> Mapping[str, SensorRegion]:
        """Hosts of the endpoint sensor as the regional pages list them; the row `vision-one` holds the same."""
        return self._held(self.data.sensor_regions)

    @functools.cached_property
    def sensor_labels(self) -> Mapping[str, SensorLabel]:
        """What families of Vision One hosts are for."""
        return self._held(self.data.sensor_labels)

    @functools.cached_property
    def vision_one_codes(self) -> Mapping[str, VisionOneCode]:
        """How Vision One abbreviates regions in its host names."""
        return self._held(self.data.vision_one_codes)

    @functools.cached_property
    def vision_one_api_hosts(self) -> Mapping[str, VisionOneApiHost]:
        """Public API hosts of Vision One."""
        return self._held(self.data.vision_one_api_hosts)

    def region(self, region_id: str) -> Region:
        """Return the region, when it can be deployed to.

        Raises:
            UserError: Unknown (with the nearest name), AWS's name, not there yet at this revision, or a region
                for which neither hosts nor address blocks are known.
        """
        known = {region.id: region for region in self.data.regions}
        region = known.get(region_id)
        if region is None:
            raise _unknown_region(str(region_id), known)
        if not region.deployable:
            raise UserError(
                f"region '{region.id}' ({region.country}) cannot be deployed to: its host names and address blocks "
                f"are unknown. Choose one of {', '.join(i for i in known if known[i].deployable)}, or load a "
                f"catalogue file that has them."
            )
        if not region.holds_at(self.revision):
            early = self.revision < region.since
            when = f"from {region.since} on" if early else f"before {region.until}"
            raise UserError(
                f"region '{region.id}' is not part of revision {self.revision}, only {when}: choose another revision."
            )
        return region

    def blocks(self, region: str) -> tuple[AddressBlock, ...]:
        """Return the published blocks of a region that are in force; none where nothing is published."""
        return tuple(block for block in self.address_blocks.values() if block.region == region and not block.superseded)

    def names(self, row: HostRow, host: Host, region: str) -> tuple[HostName, ...]:
        """Return the names of a host in a region: templates filled in, numbers counted.

        Nothing where the host does not exist in the region, where it is the site's own, or where its cell of the
        page is lost. The host's condition is not looked at.
        """
        if host.kind in {NameKind.CUSTOMER, NameKind.REFERENCE, NameKind.UNKNOWN}:
            return ()
        confidence, sources = host.confidence, host.sources
        if host.regions is not None:
            entries = [e for e in host.regions if e.region == region and e.holds_at(self.revision)]
            if not entries:
                return ()
            confidence, sources = entries[0].confidence, entries[0].sources
        template = host.fqdn.replace("<region>", host.fixed_region or region)
        return tuple(
            HostName(
                fqdn=fqdn,
                confidence=confidence,
                addressing=host.addressing,
                host_id=host.id,
                row_id=row.id,
                path=host.path,
                tls_inspection=host.tls_inspection,
                sources=sources,
            )
            for fqdn in _numbered(template, host)
        )

    def is_content(self, fqdn: str) -> bool:
        """Return whether any row of the page calls a host one of a content network, in any region and revision.

        Its addresses belong to others too, whoever names it: it is neither resolved nor opened by address.
        """
        return fqdn.lower().rstrip(".") in self._content

    @functools.cached_property
    def _content(self) -> frozenset[str]:
        return frozenset(
            fqdn
            for row in self.data.host_rows
            for host in row.hosts
            if host.addressing is Addressing.CDN
            for region in self.data.regions
            for fqdn in _numbered(host.fqdn.replace("<region>", host.fixed_region or region.id), host)
        )

    def wildcard(self, row: HostRow, region: str) -> str | None:
        """Return the no-dot wildcard of a row, `*workload.de-1.cloudone.trendmicro.com`; None where it has none."""
        return None if row.wildcard is None else row.wildcard.replace("<region>", region)


def _numbered(template: str, host: Host) -> list[str]:
    if host.numbers is None:
        return [template]
    numbers = range(host.numbers.first, host.numbers.last + 1)
    return [template.replace("<nnn>", f"{number:0{host.numbers.pad}}") for number in numbers]


@functools.cache
def _packaged() -> CatalogueData:
    """Return the packaged data, parsed once per process; a test holds its integrity."""
    return CatalogueData.model_validate_json(DATA_FILE.read_bytes())


def _read(path: Path) -> CatalogueData:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"catalogue file '{path}' cannot be read ({error.strerror or error}): correct the path, or leave it out "
            f"to use the packaged catalogue."
        ) from error
    return _parsed(content, f"catalogue file '{path}'")


def _parsed(content: str | bytes, where: str) -> CatalogueData:
    try:
        data = CatalogueData.model_validate_json(content)
    except ValidationError as error:
        raise UserError(_invalid(where, error)) from error
    found = problems(data)
    if found:
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        raise UserError(f"{where} contradicts itself: {found[0]}{more}. Correct it there.")
    return data


def _invalid(where: str, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", first["msg"])
        return f"{where} is not JSON ({reason}): correct it there."
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return (
        f"{where} does not match the catalogue's form at {key or 'its top level'}: "
        f"{first['msg']}{more}. Compare with catalogue.schema.json, or with the packaged catalogue.json."
    )


def _unknown_revision(revision: str, known: tuple[str, ...]) -> UserError:
    listed = ", ".join(known)
    try:
        date = dt.date.fromisoformat(revision).isoformat()
    except ValueError:
        return UserError(unknown_name("catalogue revision", revision, known))
    before = [other for other in known if other <= date]
    if date in known:
        return UserError(f"unknown catalogue revision '{revision}': write it as '{date}'.")
    if not before:
        return UserError(f"unknown catalogue revision '{revision}': it is before the oldest one, known are {listed}.")
    if date > known[-1]:
        return UserError(f"unknown catalogue revision '{revision}': the newest is '{known[-1]}'.")
    return UserError(
        f"unknown catalogue revision '{revision}': on that date '{before[-1]}' was in force. Known are {listed}."
    )


def _unknown_region(name: str, known: Mapping[str, Region]) -> UserError:
    for region in known.values():
        if name == region.aws_region:
            return UserError(
                f"unknown region '{name}': that is AWS's name; the service's is '{region.id}' ({region.country})."
            )
    return UserError(unknown_name("region", name, known))
