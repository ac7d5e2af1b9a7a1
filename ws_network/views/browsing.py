"""The catalogue as tables: each kind of record, for reading and for other tools.

Owns which fields of a record are shown. Does not own the records (`ws_network.catalogue`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from ws_network.catalogue import Catalogue, Flow
from ws_network.errors import UserError, unknown_name
from ws_network.views.tables import Cell, Column, For, Sheet, Table

Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of record: its columns, and its rows at a revision and (hosts) in a region."""

    columns: tuple[Column, ...]
    rows: Callable[[Catalogue, str | None], Rows]


KNOWN = Column("confidence", "known", "how the fact is known: documented, field, inferred or unknown")
SOURCES = Column("sources", "sources", "keys of the sources", For.PROGRAMS)


def _flows(catalogue: Catalogue, _region: str | None) -> Rows:
    return tuple(
        (
            flow.id,
            flow.source,
            flow.destination,
            tuple(flow.transports) and ", ".join(flow.transports),
            _ports(flow),
            flow.condition.text or "always",
            flow.row,
            str(flow.confidence),
            flow.sources,
        )
        for flow in catalogue.flows.values()
    )


def _ports(flow: Flow) -> str:
    if flow.icmp:
        return f"type {flow.icmp.type} code {flow.icmp.code}"
    ports = {*flow.ports, *(port for served in flow.served_ports for port in served.ports)}
    return ", ".join(str(port) for port in sorted(ports)) or str(flow.port_kind)


def _hosts(catalogue: Catalogue, region: str | None) -> Rows:
    """Names of one region; without a region the templates, as the page writes them."""
    if region is None:
        return tuple(
            (row.id, host.fqdn, str(host.addressing), str(host.confidence), host.purpose, host.sources)
            for row in catalogue.host_rows.values()
            for host in row.hosts
        )
    catalogue.region(region)
    return tuple(
        (
            row.id,
            f"{name.fqdn}{name.path or ''}",
            str(name.addressing),
            str(name.confidence),
            host.purpose,
            name.sources,
        )
        for row in catalogue.host_rows.values()
        for host in row.hosts
        for name in catalogue.names(row, host, region)
    )


def _regions(catalogue: Catalogue, _region: str | None) -> Rows:
    return tuple(
        (
            region.id,
            region.country,
            region.aws_region,
            region.deployable,
            len(catalogue.blocks(region.id)),
            str(region.confidence),
            region.sources,
        )
        for region in catalogue.regions.values()
    )


def _blocks(catalogue: Catalogue, region: str | None) -> Rows:
    if region is not None:
        catalogue.region(region)
    return tuple(
        (block.region, block.cidr, block.superseded, str(block.confidence), block.sources)
        for block in catalogue.address_blocks.values()
        if region in {None, block.region}
    )


KINDS: dict[str, _Kind] = {
    "flows": _Kind(
        (
            Column("flow", "flow", "id of the flow"),
            Column("source", "from", "role that opens the connection"),
            Column("destination", "to", "role that answers"),
            Column("protocols", "protocol", "tcp, udp or icmp"),
            Column("ports", "port", "destination ports"),
            Column("condition", "when", "condition of the page"),
            Column("line", "line of the page", "where the page says it"),
            KNOWN,
            SOURCES,
        ),
        _flows,
    ),
    "hosts": _Kind(
        (
            Column("row", "row", "row of the URL table"),
            Column("host", "host", "host name; a template without --region"),
            Column("addressing", "allow by", "published, dynamic, cdn, customer or unknown"),
            KNOWN,
            Column("purpose", "purpose", "what the host is for, where a source tells"),
            SOURCES,
        ),
        _hosts,
    ),
    "regions": _Kind(
        (
            Column("region", "region", "id of the service's region"),
            Column("country", "country", "where it is"),
            Column("aws_region", "AWS region", "AWS's name for it"),
            Column("deployable", "deployable", "whether its hosts and blocks are known"),
            Column("blocks", "blocks", "how many published blocks it has"),
            KNOWN,
            SOURCES,
        ),
        _regions,
    ),
    "blocks": _Kind(
        (
            Column("region", "region", "region of the service"),
            Column("cidr", "block", "address block"),
            Column("superseded", "superseded", "published once, no longer rendered"),
            KNOWN,
            SOURCES,
        ),
        _blocks,
    ),
    "features": _Kind(
        (
            Column("feature", "feature", "id"),
            Column("title", "what it is", "title"),
            Column("default", "default", "on where a deployment lists no features"),
            KNOWN,
            SOURCES,
        ),
        lambda catalogue, _: tuple(
            (entry.id, entry.title, entry.default, str(entry.confidence), entry.sources)
            for entry in catalogue.features.values()
        ),
    ),
    "roles": _Kind(
        (
            Column("role", "role", "id"),
            Column("title", "what it is", "title"),
            Column("kind", "kind", "component to deploy, server of the site, service, platform"),
            Column("serves", "can serve", "what a peer of this role can say it serves"),
        ),
        lambda catalogue, _: tuple(
            (entry.id, entry.title, str(entry.kind), ", ".join(entry.serves)) for entry in catalogue.roles.values()
        ),
    ),
    "contradictions": _Kind(
        (
            Column("contradiction", "contradiction", "id"),
            Column("about", "about", "what it is about"),
            Column("a", "one source", "what one says"),
            Column("b", "another", "what another says"),
            Column("resolution", "the catalogue follows", "what the catalogue follows"),
            SOURCES,
        ),
        lambda catalogue, _: tuple(
            (entry.id, entry.about, entry.a, entry.b, entry.resolution, entry.sources)
            for entry in catalogue.contradictions.values()
        ),
    ),
    "unknowns": _Kind(
        (
            Column("unknown", "unknown", "id"),
            Column("topic", "topic", "topic"),
            Column("text", "what no source tells", "text"),
        ),
        lambda catalogue, _: tuple((entry.id, entry.topic, entry.text) for entry in catalogue.unknowns.values()),
    ),
    "sources": _Kind(
        (
            Column("source", "source", "key"),
            Column("date", "date", "date"),
            Column("kind", "kind", "kind"),
            Column("title", "title", "title"),
            Column("where", "where", "where it was read"),
        ),
        lambda catalogue, _: tuple(
            (entry.id, entry.date, entry.kind, entry.title, entry.where) for entry in catalogue.sources.values()
        ),
    ),
    "revisions": _Kind(
        (
            Column("revision", "revision", "ISO date"),
            Column("note", "what changed", "note"),
            SOURCES,
        ),
        lambda catalogue, _: tuple((entry.date, entry.note, entry.sources) for entry in catalogue.data.revisions),
    ),
}


def browse(catalogue: Catalogue, kind: str = "flows", *, region: str | None = None) -> Sheet:
    """Return one kind of record of the catalogue as a table.

    Args:
        catalogue: At a revision.
        kind: `flows`, `hosts`, `regions`, `blocks`, `features`, `roles`, `contradictions`, `unknowns`, `sources` or
            `revisions`.
        region: For hosts their names in a region, for blocks those of a region.

    Raises:
        UserError: the kind or region is unknown, or the kind has no region.
    """
    if kind not in KINDS:
        raise UserError(unknown_name("kind of record", kind, KINDS))
    if region is not None and kind not in {"hosts", "blocks"}:
        raise UserError(f"{kind} do not depend on a region: leave --region out, or ask for hosts or blocks.")
    rows = KINDS[kind].rows(catalogue, region)
    where = f" in {region}" if region else ""
    return Sheet(
        title=f"{len(rows)} {kind}{where}, catalogue {catalogue.revision}",
        facts={"revision": catalogue.revision, "region": region},
        tables=(Table(kind, KINDS[kind].columns, rows),),
    )
