"""Which host names a flow needs on a site.

Owns the choice of rows and hosts: conditions, regions, confidence, servers that answer in place of the service.
Does not own what the names become.
"""

from dataclasses import dataclass

from ws_network.catalogue import Addressing, Confidence, Flow, Host, HostRow, NameKind
from ws_network.findings import Finding, finding
from ws_network.flows.conditions import Site
from ws_network.flows.model import Name


@dataclass(frozen=True, slots=True)
class FlowNames:
    """The names of one flow, and what was left out."""

    names: tuple[Name, ...]
    wildcards: tuple[str, ...]
    findings: tuple[Finding, ...]
    replaced: bool
    """Every row that would apply is answered by a server of the site."""


def names_of(site: Site, flow: Flow, flow_id: str) -> FlowNames:
    """Return the host names that `flow` needs, sorted."""
    found: dict[str, Name] = {}
    left_out: set[str] = set()
    unknown: list[str] = []
    wildcards: set[str] = set()
    rows, replaced = _rows(site, flow)
    for row in rows:
        if row.wildcard:
            apex = row.wildcard.removeprefix("*")
            wildcards |= {apex.replace("<region>", region) for region in site.deployment.regions}
        for host in row.hosts:
            if flow.hosts and host.id not in flow.hosts:
                continue
            if not site.meets(host.condition, flow.destination):
                continue
            if host.kind is NameKind.UNKNOWN:
                unknown.append(row.id)
            for name in _names(site, row, host):
                if not name.confidence.at_least(site.deployment.min_confidence):
                    left_out.add(name.fqdn)
                else:
                    found.setdefault(name.fqdn, name)
    found |= {name.fqdn: name for name in _extra(site, flow)}
    findings = _findings(site, flow_id, replaced, left_out - set(found), unknown)
    return FlowNames(tuple(sorted(found.values())), tuple(sorted(wildcards)), findings, bool(replaced) and not rows)


def _rows(site: Site, flow: Flow) -> tuple[list[HostRow], list[HostRow]]:
    """Return the rows that apply, and those that a server of the site answers instead."""
    served = site.serves("smart-protection-server") | site.serves("service-gateway")
    rows = [site.catalogue.host_rows[row] for row in flow.host_rows if row in site.catalogue.host_rows]
    rows = [row for row in rows if site.meets(row.condition, flow.destination)]
    if flow.source == "service-gateway":
        return rows, []
    kept = [row for row in rows if row.replaced_by_serving not in served]
    return kept, [row for row in rows if row not in kept]


def _names(site: Site, row: HostRow, host: Host) -> list[Name]:
    return [
        Name(name.fqdn, name.addressing, region, site.name_confidence[name.fqdn], name.tls_inspection == "exempt")
        for region in site.deployment.regions
        for name in site.catalogue.names(row, host, region)
    ]


def _extra(site: Site, flow: Flow) -> list[Name]:
    """Return the site's own hosts; one that the page calls a content network's is that, whatever the site says."""
    content = site.catalogue.is_content
    return [
        Name(
            host.fqdn,
            Addressing.CDN if content(host.fqdn) else Addressing(host.addressing),
            "",
            Confidence.DOCUMENTED,
        )
        for host in site.deployment.extra_hosts
        if host.destination == flow.destination
    ]


def _findings(
    site: Site, flow_id: str, replaced: list[HostRow], left_out: set[str], unknown: list[str]
) -> tuple[Finding, ...]:
    out = []
    if replaced:
        rows = ", ".join(row.id for row in replaced)
        out.append(finding("replaced-by-server", flow_id, f"{flow_id} needs no host of {rows}: a server here answers."))
    if left_out:
        out.append(
            finding(
                "host-confidence",
                flow_id,
                f"{flow_id} leaves out {', '.join(sorted(left_out))}: "
                f"less sure than min_confidence {site.deployment.min_confidence}.",
            )
        )
    out += [finding("unknown-hosts", flow_id, f"{flow_id}: no source tells the hosts of row {row}.") for row in unknown]
    return tuple(out)
