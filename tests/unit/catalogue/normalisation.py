"""The one table by which the facts file and the shipped catalogue are made comparable.

`normalise` rewrites only what is listed here and leaves every other key of the facts as it is; `facts_of` writes the
shipped records back in the facts' own shape. `differences` compares the two key by key, so a fact that is missing,
changed or added shows up whatever section it is in. Each entry is a reviewed decision.
"""

import copy
from collections.abc import Iterator
from typing import Any

from ws_network.catalogue import (
    AddressBlock,
    Catalogue,
    CatalogueData,
    Flow,
    Host,
    HostRow,
    NameKind,
    Note,
    PortKind,
    Record,
    Region,
    SensorRegion,
    Source,
)

ROLES: dict[str, list[str]] = {
    # An end that the page marks "if any" is the same role; whether it exists is the deployment's word.
    "relay (if any)": ["relay"],
    "other relay (if any)": ["relay"],
    "data-center-gateway (if any)": ["data-center-gateway"],
    "service-gateway (if any)": ["service-gateway"],
    "api-client (if any)": ["api-client"],
    "smart-protection-server (if any)": ["smart-protection-server"],
    "web-proxy (if any)": ["web-proxy"],
    # Words around a role.
    "smart-protection-server (customer-run)": ["smart-protection-server"],
    "workload-security subnets": ["workload-security"],
    "workload-security (agent-comm)": ["workload-security"],
    "agent on AWS": ["agent"],
    "agent on AWS EC2": ["agent"],
    "certificate authority": ["certificate-authority"],
    "instance metadata service": ["instance-metadata-service"],
    "vision-one relay group member": ["vision-one-relay"],
    "download-center, or its mirror on a local web server (if any)": ["download-center"],
    "(every destination an agent needs)": ["agent-destinations"],
    # Two ends in one cell.
    "vision-one and smart-protection-network": ["vision-one", "smart-protection-network"],
    "agent, relay (if any)": ["agent", "relay"],
}
"""Cells of the facts that are no role id. A cell that is not here is a role id itself."""

BOTH_ENDS = {"service-agent-4118"}
"""Flows whose second destination is held as `inherited_by`."""

PORTS: dict[str, tuple[object, PortKind]] = {
    "relay-inherits-agent": (None, PortKind.AS_AGENT),
    "agent-proxy": (None, PortKind.CONFIGURED),
    "agent-icmp": (None, PortKind.ICMP),
    "agent-imds": ("unknown", PortKind.UNKNOWN),
}
"""Port cells without a number: what the facts hold there, and what kind of port it is."""

SERVES = {"ca-1 (page of December 2025)": "ca-1", "gb-1 (page of December 2025)": "gb-1"}
"""Regions with a remark; the remark becomes the note of the record."""

FIRMWARE_LINE = "sgi-tunneling.<v1-domain>, sgi-iot.<v1-domain>, api.<v1-domain>, upload.<v1-domain>"
"""One line of the facts for 24 names; its note, which says how to fill it in, becomes the note of the row."""

FIRMWARE = {
    f"{label}.{domain}": regions
    for domain, regions in {
        "xdr.trendmicro.com": ["us-1", "trend-us-1", "ca-1"],
        "au.xdr.trendmicro.com": ["au-1"],
        "eu.xdr.trendmicro.com": ["de-1", "gb-1"],
        "in.xdr.trendmicro.com": ["in-1"],
        "sg.xdr.trendmicro.com": ["sg-1"],
        "xdr.trendmicro.co.jp": ["jp-1"],
    }.items()
    for label in ("sgi-tunneling", "sgi-iot", "api", "upload")
}
FIRMWARE = {
    name.replace("sgi-tunneling.xdr.trendmicro.co.jp", "sgi-tunneling.jp.xdr.trendmicro.co.jp"): regions
    for name, regions in FIRMWARE.items()
}

ADDED_HOSTS = {"agent-to-service-modern/agent-comm-us-1"}
"""Hosts that are no cell of the facts: agent-comm of us-1 for old accounts, from the handling fact on account age."""

SENSOR = "endpoint sensor"
"""`Host.when` of the hosts that the row `vision-one` takes from the section on the endpoint sensor."""

ADDED_FLOWS = {
    "agent-download-center-443",
    "agent-download-center-80",
    "relay-download-center-80",
    "agent-trend-micro-update-server-443",
    "agent-trend-micro-update-server-80",
    "agent-vision-one-443",
    "agent-vision-one-80",
    "agent-workload-security-80",
    "service-gateway-vision-one-443",
    "notification-service-workload-security-443",
    "agent-certificate-authority-80",
}
"""Pairs that only the URL table has: no port row of the facts."""

ADDED_NOTES = {"sg-spn-80", "sg-spn-443"}
"""Flows whose note is ours: it says how the hosts of one row were split over two flows."""

UNKNOWN = "unknown"
"""How the facts write what the catalogue holds as nothing at all."""


def normalise(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the facts in which only what the tables above name is rewritten."""
    facts = copy.deepcopy(facts)
    for row in facts["host_rows"]:
        row["from"] = [role for cell in row["from"] for role in ROLES.get(cell, [cell])]
        row["to"] = ROLES.get(row["to"], [row["to"]])
        hosts = []
        for host in row["hosts"]:
            if host["fqdn"] == FIRMWARE_LINE:
                row["note"] = host.pop("note")
                hosts += [{**host, "fqdn": name} for name in FIRMWARE]
            else:
                hosts.append(host)
        row["hosts"] = hosts
    for row in facts["port_rows"]:
        row["from"] = ROLES.get(row["from"], [row["from"]])
        row["to"] = ROLES.get(row["to"], [row["to"]])
        if isinstance(row["port"], (int, list)):
            row["port"] = [PortKind.LISTED, row["port"] if isinstance(row["port"], list) else [row["port"]]]
        elif row["id"] in PORTS and row["port"] == PORTS[row["id"]][0]:
            row["port"] = [PORTS[row["id"]][1], []]
    for row in facts["vision_one_codes"]:
        remarks = [f"{SERVES[cell]}: page of December 2025" for cell in row["serves"] if cell in SERVES]
        row["serves"] = [SERVES.get(cell, cell) for cell in row["serves"]]
        if remarks:
            row["note"] = remarks[-1]
    return facts


def facts_of(data: CatalogueData) -> dict[str, Any]:
    """Return the shipped records, over all revisions, in the shape of the facts file."""
    catalogue = Catalogue(data=data, revision=data.revisions[-1].date)
    levels = {key.removeprefix("confidence_levels."): text for key, text in data.meta.items() if "." in key}
    return {
        "meta": {
            "title": data.title,
            "oldest_source": data.oldest_source,
            "newest_source": data.newest_source,
            "confidence_levels": levels,
            **{key: text for key, text in data.meta.items() if "." not in key},
        },
        "sources": {source.id: _source(source) for source in data.sources},
        "regions": [_region(data, region) for region in data.regions],
        "subnets": [_block(block) for block in data.address_blocks if not block.superseded],
        "static_address_hosts": {
            "templates": list(data.static_address_hosts),
            "not_covered": list(data.not_static_address_hosts),
            "note": data.static_addresses.text,
            **_provenance(data.static_addresses),
        },
        "legacy_subnets": [
            {"cidr": block.cidr, "role": "; ".join(block.roles), "status": block.status, **_provenance(block)}
            for block in data.address_blocks
            if block.superseded
        ],
        "host_rows": [_host_row(row) for row in data.host_rows],
        "hosts_by_region": {region.id: _region_hosts(catalogue, region) for region in data.regions},
        "vision_one_endpoint_sensor": _sensor(data),
        "vision_one_codes": [
            {"serves": list(c.serves), "code": c.code or UNKNOWN, "short": c.short, **_provenance(c), **_note(c)}
            for c in data.vision_one_codes
        ],
        "vision_one_api_hosts": [
            {"region": api.region, "host": api.host, **_provenance(api), **_note(api)}
            for api in data.vision_one_api_hosts
        ],
        "port_rows": [_port_row(flow) for flow in data.flows if flow.id not in ADDED_FLOWS],
        "defaults": [_fact(note) for note in data.defaults],
        "handling": [{"topic": note.topic, **_fact(note)} for note in data.handling],
        "govcloud": {
            **{key: getattr(data.govcloud, key) for key in ("page", "exists", "hosts", "subnets")},
            "known": list(data.govcloud.known),
            **_provenance(data.govcloud),
        },
        "contradictions": [
            {**{key: getattr(c, key) for key in ("id", "about", "a", "b", "resolution")}, "source": list(c.sources)}
            for c in data.contradictions
        ],
        "unknowns": [note.text for note in data.unknowns],
    }


def differences(expected: Any, got: Any, path: str = "") -> Iterator[str]:
    """Yield one line for each key or value of `expected` and `got` that is not the same in the other."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in {**expected, **got}:
            if key not in got:
                yield f"{path}.{key}: missing, the facts have {expected[key]!r}"
            elif key not in expected:
                yield f"{path}.{key}: added, {got[key]!r} is no fact"
            else:
                yield from differences(expected[key], got[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{path}: {len(got)} entries, the facts have {len(expected)}"
        for index, (left, right) in enumerate(zip(expected, got, strict=False)):
            yield from differences(left, right, f"{path}[{index}]")
    elif expected != got or type(expected) is not type(got):
        yield f"{path}: {got!r}, the facts have {expected!r}"


def _provenance(record: Record) -> dict[str, Any]:
    return {"source": list(record.sources), "confidence": record.confidence.value}


def _note(record: Record) -> dict[str, Any]:
    return {} if record.note is None else {"note": record.note}


def _present(record: object, *fields: str) -> dict[str, Any]:
    values = {field: getattr(record, field) for field in fields}
    return {field: str(value) if isinstance(value, str) else value for field, value in values.items() if value}


def _fact(note: Note) -> dict[str, Any]:
    return {"fact": note.text, **_provenance(note), **_note(note)}


def _source(source: Source) -> dict[str, Any]:
    return {key: getattr(source, key) for key in ("kind", "title", "where", "date")}


def _region(data: CatalogueData, region: Region) -> dict[str, Any]:
    subnets = [block.cidr for block in data.address_blocks if block.region == region.id and not block.superseded]
    return {
        "id": region.id,
        "country": region.country,
        "aws_region": region.aws_region,
        "offered_by": list(region.offered_by),
        **_provenance(region),
        "aws_region_source": list(region.aws_region_sources),
        "aws_region_confidence": region.aws_region_confidence.value,
        "aws_region_checked_against_address_ranges": region.aws_region_checked_against_address_ranges,
        "workload_hosts": region.workload_hosts,
        "subnets": subnets if region.deployable else UNKNOWN,
        **_note(region),
    }


def _block(block: AddressBlock) -> dict[str, Any]:
    keys = (
        "region",
        "cidr",
        "ip_version",
        "listed_in_ports_page_2025_09",
        "listed_in_ports_page_2025_12",
        "listed_in_firewall_page_2025_09",
        "inside_aws_prefix_of_region",
        "same_list_in_cloud_one_page",
    )
    return {
        **{key: getattr(block, key) for key in keys},
        "roles": list(block.roles),
        "verified_by": {"source": list(block.verified_by_sources), "result": block.verified_by},
        **_provenance(block),
        **_note(block),
    }


def _host(host: Host) -> dict[str, Any]:
    numbers = host.numbers
    counted = {} if numbers is None else {"range": {"from": numbers.first, "to": numbers.last, "pad": numbers.pad}}
    return {
        "fqdn": host.fqdn,
        **_provenance(host),
        **_present(host, "path", "purpose", "when", "membership_confidence"),
        **counted,
        **_note(host),
    }


def _host_row(row: HostRow) -> dict[str, Any]:
    wildcard: dict[str, Any] = {}
    if row.wildcard is not None and row.wildcard_confidence is not None:
        confidence = row.wildcard_confidence.value
        wildcard = {"pattern": row.wildcard, "source": list(row.wildcard_sources), "confidence": confidence}
    return {
        "id": row.id,
        "from": list(row.source_roles),
        "to": list(row.destinations),
        "condition": row.condition.text,
        "protocols": list(row.schemes),
        "hosts": [_host(host) for host in row.hosts if host.id not in ADDED_HOSTS and host.when != SENSOR],
        **_provenance(row),
        **_present(row, "membership_confidence", "membership_note"),
        **({"wildcard": wildcard} if wildcard else {}),
        **_note(row),
    }


def _region_hosts(catalogue: Catalogue, region: Region) -> dict[str, Any]:
    if not region.deployable:
        return {"confidence": region.workload_hosts, "source": list(region.sources), "hosts": region.workload_hosts}
    names = [
        name
        for row_id in ("agent-to-service-modern", "data-center-gateway")
        for host in catalogue.host_rows[row_id].hosts
        if host.id not in ADDED_HOSTS
        for name in catalogue.names(catalogue.host_rows[row_id], host, region.id)
    ]
    return {
        **{level: [n.fqdn for n in names if n.confidence.value == level] for level in ("documented", "inferred")},
        "source": sorted({source for name in names for source in name.sources}),
        "confidence": min((name.confidence for name in names), key=lambda c: c.rank).value,
    }


def _sensor_region(data: CatalogueData, region: SensorRegion) -> dict[str, Any]:
    row = next(row for row in data.host_rows if row.id == "vision-one")
    held = {
        host.fqdn
        for host in row.hosts
        if host.kind is NameKind.EXACT and host.when == SENSOR
        if set(region.regions) <= {entry.region for entry in host.regions or ()}
    }
    hosts = [name for name in region.hosts if name in held] + sorted(held - set(region.hosts))
    return {"workload_regions": list(region.regions), "hosts": hosts, **_provenance(region)}


def _sensor(data: CatalogueData) -> dict[str, Any]:
    iot = data.sensor_iot
    return {
        "condition": data.sensor_condition,
        "protocol": data.sensor_protocol,
        "by_region": {region.title: _sensor_region(data, region) for region in data.sensor_regions},
        "labels": [
            {"pattern": label.pattern, "meaning": label.meaning, **_provenance(label)} for label in data.sensor_labels
        ],
        "iot_by_aws_region": {
            "template": iot.template,
            "aws_regions": list(iot.aws_regions),
            **_provenance(iot),
            **_note(iot),
        },
    }


def _port_row(flow: Flow) -> dict[str, Any]:
    return {
        "id": flow.id,
        "from": [flow.source],
        "to": [flow.destination, *(flow.inherited_by if flow.id in BOTH_ENDS else ())],
        "port": [flow.port_kind, list(flow.ports)],
        "transport": [transport.value.upper() for transport in flow.transports],
        "protocol": flow.application,
        "condition": flow.condition.text,
        "seed_cell": flow.seed_cell,
        **_provenance(flow),
        **_present(flow, "port_note"),
        **({} if flow.icmp is None else {"icmp": {"type": flow.icmp.type, "code": flow.icmp.code}}),
        **({} if flow.id in ADDED_NOTES else _note(flow)),
    }
