"""What the shapes cannot say of a catalogue: that every id is unique and every reference leads somewhere.

Owns the checks between records. Does not own the shape of a record (`models`) nor whether it is true.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from ws_network.catalogue.models import CatalogueData, Condition, Flow, Host, HostRow, NameKind, PortKind, Record
from ws_network.host_names import is_host_name

_ID = re.compile(r"[a-z0-9]+([-./][a-z0-9]+)*")
_NAMES = {NameKind.EXACT, NameKind.REGIONAL, NameKind.NUMBERED}

FEWEST_DOTS = 2
"""Of the name behind a wildcard: `*com` and `*example.com` would be other owners' names too."""


def problems(data: CatalogueData) -> list[str]:
    """Return what contradicts itself in the data, one clause each; empty when nothing does."""
    return [
        *_revision_problems(data),
        *_id_problems(data),
        *_text_problems(data),
        *_source_problems(data),
        *_block_problems(data),
        *(problem for row in data.host_rows for problem in _row_problems(data, row)),
        *(problem for flow in data.flows for problem in _flow_problems(data, flow)),
    ]


def records(data: CatalogueData) -> Iterator[tuple[str, Record]]:
    """Yield every record with the name of its section; hosts under `hosts`."""
    for section in type(data).model_fields:
        value = getattr(data, section)
        for record in value if isinstance(value, tuple) else (value,):
            if isinstance(record, Record):
                yield section, record
            if isinstance(record, HostRow):
                yield from (("hosts", host) for host in record.hosts)


def _revision_problems(data: CatalogueData) -> Iterator[str]:
    dates = [revision.date for revision in data.revisions]
    if not dates:
        yield "revisions is empty"
    if dates != sorted(set(dates)):
        yield "revisions are not in order, oldest first, each once"
    for section, record in records(data):
        for name, value in (("since", record.since), ("until", record.until)):
            if value is not None and value not in dates:
                yield f"{section} '{record.id}' has {name} {value}, which is no revision"
        for entry in (record.regions or ()) if isinstance(record, Host) else ():
            if entry.since not in dates or not (entry.until is None or entry.until in dates):
                yield f"host '{record.id}' has dates in region '{entry.region}' that are no revision"


def _id_problems(data: CatalogueData) -> Iterator[str]:
    counts = Counter((section, record.id) for section, record in records(data))
    counts.update(("sources", source.id) for source in data.sources)
    yield from (
        f"{section} has the id '{name}' {count} times" for (section, name), count in counts.items() if count > 1
    )
    slots = Counter(flow.slot for flow in data.flows)
    yield from (f"{count} flows have the slot {slot}" for slot, count in slots.items() if count > 1)


def _text_problems(data: CatalogueData) -> Iterator[str]:
    """Yield ids and names that a rule of a cloud could take for more than a name."""
    for section, record in records(data):
        if not _ID.fullmatch(record.id):
            yield f"{section} has the id {record.id!r}: use lower-case letters, digits, and single - . or / between"
        names = [record.fqdn] if isinstance(record, Host) and record.kind in _NAMES else []
        if isinstance(record, HostRow) and record.wildcard is not None:
            apex = record.wildcard.removeprefix("*")
            names.append(apex)
            if apex == record.wildcard or apex.count(".") < FEWEST_DOTS:
                yield f"host row '{record.id}' has the wildcard {record.wildcard!r}: write * and a name of three labels"
        for name in names:
            if not is_host_name(name.replace("<region>", "de-1").replace("<nnn>", "001")):
                yield f"{section} '{record.id}' has the name {name!r}, which is no host name in lower case"


def _source_problems(data: CatalogueData) -> Iterator[str]:
    known = {source.id for source in data.sources}
    for section, record in records(data):
        used = set(record.sources)
        for field in ("aws_region_sources", "verified_by_sources", "wildcard_sources"):
            used.update(getattr(record, field, ()))
        if isinstance(record, Host):
            used.update(source for entry in record.regions or () for source in entry.sources)
        yield from (f"{section} '{record.id}' names the unknown source '{name}'" for name in sorted(used - known))


def _block_problems(data: CatalogueData) -> Iterator[str]:
    regions = {region.id for region in data.regions}
    for block in data.address_blocks:
        try:
            network = ipaddress.ip_network(block.cidr)
        except ValueError as error:
            yield f"address block '{block.id}' is no network ({error})"
            continue
        if network.version != block.ip_version:
            yield f"address block '{block.id}' is not of IP version {block.ip_version}"
        if block.region is not None and block.region not in regions:
            yield f"address block '{block.id}' names the unknown region '{block.region}'"
        if block.region is None and not block.superseded:
            yield f"address block '{block.id}' has no region"


def _row_problems(data: CatalogueData, row: HostRow) -> Iterator[str]:
    where = f"host row '{row.id}'"
    regions = {region.id for region in data.regions}
    yield from _unknown_roles(data, where, (*row.source_roles, *row.destinations))
    yield from _condition_problems(data, where, row.condition)
    for host in row.hosts:
        yield from _condition_problems(data, f"host '{host.id}'", host.condition)
        named = {entry.region for entry in host.regions or ()} | ({host.fixed_region} if host.fixed_region else set())
        yield from (f"host '{host.id}' names the unknown region '{name}'" for name in sorted(named - regions))
        templated = "<region>" in host.fqdn
        if templated != (host.kind in {NameKind.REGIONAL, NameKind.NUMBERED}):
            yield f"host '{host.id}' is of kind {host.kind}, which does not fit '{host.fqdn}'"
        if templated and host.regions is None and host.fixed_region is None:
            yield f"host '{host.id}' does not say in which regions it exists"
        if ("<nnn>" in host.fqdn) != (host.numbers is not None):
            yield f"host '{host.id}' needs numbers for <nnn>, and only for it"


def _flow_problems(data: CatalogueData, flow: Flow) -> Iterator[str]:
    where = f"flow '{flow.id}'"
    rows = {row.id: row for row in data.host_rows}
    yield from _unknown_roles(data, where, (flow.source, flow.destination, *flow.inherited_by))
    yield from _condition_problems(data, where, flow.condition)
    yield from (f"{where} names the unknown host row '{name}'" for name in flow.host_rows if name not in rows)
    hosts = {host.id for name in flow.host_rows if name in rows for host in rows[name].hosts}
    yield from (f"{where} names the host '{name}', which its rows lack" for name in flow.hosts if name not in hosts)
    if bool(flow.ports) != (flow.port_kind is PortKind.LISTED):
        yield f"{where} has port_kind {flow.port_kind}, which does not fit its ports"
    if not all(0 < port <= 65535 for port in flow.ports):
        yield f"{where} has a port outside 1 to 65535"
    if not {port for served in flow.served_ports for port in served.ports} <= set(flow.ports):
        yield f"{where} serves ports that it does not list"
    if (flow.icmp is not None) != (flow.port_kind is PortKind.ICMP):
        yield f"{where} has port_kind {flow.port_kind}, which does not fit its icmp"


def _condition_problems(data: CatalogueData, where: str, condition: Condition) -> Iterator[str]:
    features = {feature.id for feature in data.features}
    named = (*condition.features, *condition.features_off)
    yield from (f"{where} names the unknown feature '{name}'" for name in named if name not in features)
    served = {name for role in data.roles for name in role.serves}
    yield from (f"{where} names '{name}', which no role serves" for name in condition.serves if name not in served)


def _unknown_roles(data: CatalogueData, where: str, named: Iterable[str]) -> Iterator[str]:
    roles = {role.id for role in data.roles}
    yield from (f"{where} names the unknown role '{name}'" for name in named if name not in roles)
