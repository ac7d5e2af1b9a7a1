"""From the page to what one site needs: `required_flows`.

Owns inheritance, conditions, peers that must exist, the proxy, port overrides, declined and expiring flows.
Does not own addresses (`ws_network.endpoints`) nor rules. Every line of the page that concerns a role of the
site leaves here as a required flow, or as a finding, or is not required because its condition does not hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from ws_network.catalogue import Catalogue, Confidence, Flow, PortKind, RoleKind, Scope, Transport
from ws_network.deployment import Deployment, ExtraFlow
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.flows import notices
from ws_network.flows.conditions import Site
from ws_network.flows.model import Name, RequiredFlow, Requirements
from ws_network.flows.names import names_of

PROXY = "web-proxy"

EXTRA_ROW = "extra_flows of the deployment"
"""Where an extra flow is written: the page has no line for it."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line of the page for one pair of roles of the site."""

    id: str
    line: Flow
    source: str
    destination: str


def required_flows(
    catalogue: Catalogue, deployment: Deployment, as_of: date | None = None, references: tuple[str, ...] = ()
) -> Requirements:
    """Return what the site needs of the page, in the page's order, with the findings of this stage.

    Args:
        catalogue: At the deployment's revision.
        deployment: Checked against the catalogue (`check_deployment`).
        as_of: The day that end dates are held against; None looks at no date.
        references: Peers whose group the caller gives by id.

    Raises:
        UserError: a required peer is missing, or the flows of one listener have different ports.
    """
    site = Site(catalogue, deployment, references)
    flows: list[RequiredFlow] = []
    found: list[Finding] = notices.of_site(site, as_of)
    for candidate in _candidates(site):
        required, findings = _require(site, candidate, as_of)
        flows += required
        found += findings
    for extra in deployment.extra_flows:
        required, findings = _extra(site, extra, as_of)
        flows += required
        found += findings
    _check_listeners(flows, catalogue)
    return Requirements(tuple(dict.fromkeys(flows)), tuple(sorted(set(found))))


def _candidates(site: Site) -> Iterator[_Candidate]:
    """Yield each line for each pair of roles that it stands for, the site's own roles on one side at least."""
    for flow in site.catalogue.flows.values():
        if flow.port_kind is PortKind.AS_AGENT:
            continue  # the relay's sentence of the page: carried by `inherited_by` of every agent line
        for role in _roles(site, flow):
            source, destination = flow.source, flow.destination
            if role and source == "agent":
                source = role
            elif role:
                destination = role
            for end in _destinations(site, flow, destination):
                if source in site.managed or end in site.managed:
                    yield _Candidate(f"{role}/{flow.id}" if role else flow.id, flow, source, end)


def _roles(site: Site, flow: Flow) -> tuple[str, ...]:
    """Return `""` for the line's own role, then the roles that need it too."""
    if flow.port_kind is PortKind.CONFIGURED:
        roles = site.deployment.proxy.roles if site.deployment.proxy else ()
        return tuple("" if role == flow.source else role for role in roles)
    return ("", *flow.inherited_by)


def _destinations(site: Site, flow: Flow, destination: str) -> tuple[str, ...]:
    """Return who answers the line.

    The sources disagree who listens on 8080 for file reputation (contradiction `port-8080`): the Service Gateway by
    the resolution, and a Smart Protection Server too where the site says in so many words that it serves that.
    """
    if flow.id != "agent-fileserver-8080":
        return (destination,)
    server = site.deployment.peers.get("smart-protection-server")
    says_so = server is not None and server.serves is not None and "file-reputation" in server.serves
    return (destination, "smart-protection-server") if says_so else (destination,)


def _require(site: Site, candidate: _Candidate, as_of: date | None) -> tuple[list[RequiredFlow], list[Finding]]:
    """Return the required flow of a candidate, if it is one, and the findings about it."""
    reasons = _not_required(site, candidate)
    if reasons is not None:
        return [], reasons
    closed, findings = _exceptions(site.deployment, (candidate.id, candidate.line.id), candidate.line.row, as_of)
    if closed:
        return [], findings
    flow, more = _settle(site, candidate)
    findings += more
    if flow is None:
        return [], findings
    proxy = site.deployment.proxy
    if proxy is None or flow.destination not in proxy.covers or flow.source not in proxy.roles:
        return [flow], findings
    findings += [notices.proxied(flow), *notices.inspection(flow)]
    if not proxy.manage:
        return [], findings
    flow = replace(flow, id=f"{PROXY}/{flow.line}", source=PROXY)
    closed, more = _exceptions(site.deployment, (flow.id,), flow.row, as_of)
    return ([] if closed else [flow]), findings + more


def _not_required(site: Site, candidate: _Candidate) -> list[Finding] | None:
    """Return why the site does not need the line (no finding where its condition just does not hold), else None."""
    line, flow_id = candidate.line, candidate.id
    if not site.meets(line.condition, candidate.destination, but="option"):
        return []
    if not site.meets(line.condition, candidate.destination):
        return [notices.option_off(flow_id, line)]
    if line.scope is Scope.HOST:
        return [finding("host-only", flow_id, f"{flow_id} ({line.row}) stays on the machine.")]
    if line.port_kind is PortKind.UNKNOWN:
        return [finding("unknown-port", flow_id, f"{flow_id} ({line.row}): no source tells the port.")]
    return None


def _settle(site: Site, candidate: _Candidate) -> tuple[RequiredFlow | None, list[Finding]]:
    """Return the flow with its ports and names, or None where a server of the site answers instead of its hosts."""
    line = candidate.line
    _check_ends(site, candidate)
    found: list[Finding] = []
    flow = RequiredFlow(
        id=candidate.id,
        line=line.id,
        source=candidate.source,
        destination=candidate.destination,
        transports=line.transports,
        ports=_ports(site, candidate),
        icmp=(line.icmp.type, line.icmp.code) if line.icmp else None,
        application=line.application,
        row=line.row,
        slot=line.slot,
        confidence=line.confidence,
    )
    if candidate.destination == "smart-protection-server" and line.destination == "service-gateway":
        found.append(notices.contradiction(candidate.id, "port-8080", site))
    if not _answered_by_names(site, candidate.destination):
        return flow, found
    names = names_of(site, line, candidate.id)
    found += names.findings
    if names.replaced:
        return None, found
    if not names.names:
        found.append(finding("no-hosts", candidate.id, f"{candidate.id} ({line.row}) is left without any host."))
    return replace(flow, names=names.names, name_list=_name_list(site, line), wildcards=names.wildcards), found


def _check_ends(site: Site, candidate: _Candidate) -> None:
    """Raise where the destination is the site's to run, and the deployment does not say where it is."""
    role = site.catalogue.roles[candidate.destination]
    if candidate.source not in site.managed or role.kind in {RoleKind.SERVICE, RoleKind.PLATFORM}:
        return
    if not site.has(candidate.destination):
        platform = ", or platform: true for the cloud's own" if role.id in {"dns-server", "ntp-server"} else ""
        raise UserError(
            f"peer '{role.id}' is required by {candidate.id} ({candidate.line.row}): declare peers.{role.id} with "
            f"its cidrs{platform}, or decline {candidate.id} with a reason."
        )


def _ports(site: Site, candidate: _Candidate) -> tuple[int, ...]:
    line, deployment = candidate.line, site.deployment
    if line.port_kind is PortKind.CONFIGURED and deployment.proxy:
        return (deployment.proxy.port,)
    if line.served_ports:
        served = site.serves(candidate.destination)
        return tuple(sorted({port for entry in line.served_ports if entry.serves in served for port in entry.ports}))
    for flow_id in (candidate.id, line.id):
        if flow_id in deployment.port_overrides:
            return (deployment.port_overrides[flow_id],)
    return line.ports


def _name_list(site: Site, line: Flow) -> str:
    """Return the first line of the catalogue with the same rows and hosts: one list of addresses serves them all."""
    same = [
        other
        for other in site.catalogue.flows.values()
        if (other.destination, other.host_rows, other.hosts) == (line.destination, line.host_rows, line.hosts)
    ]
    return min(same, key=lambda other: other.slot).id


def _exceptions(
    deployment: Deployment, ids: tuple[str, ...], row: str, as_of: date | None
) -> tuple[bool, list[Finding]]:
    """Return whether the deployment closes the flow, and what to say about its exceptions.

    Args:
        deployment: The site.
        ids: Names under which the deployment may say it, the flow's own first. A declined flow stays closed, whatever
            end date its other name has.
        row: Where the page says the flow.
        as_of: The day, None for none.
    """
    for flow_id in ids:
        if flow_id in deployment.decline:
            return True, [notices.declined(ids[0], row, deployment.decline[flow_id])]
    for flow_id in ids:
        if flow_id in deployment.expires:
            found = notices.expiry(ids[0], deployment.expires[flow_id], as_of)
            return any(each.code == "expired-closed" for each in found), found
    return False, []


def _extra(site: Site, extra: ExtraFlow, as_of: date | None) -> tuple[list[RequiredFlow], list[Finding]]:
    """Return a flow that the deployment adds, where it concerns a role of the site, and the findings about it."""
    found = [notices.added(extra.id, extra.reason, extra.until)]
    if site.managed.isdisjoint({extra.source, extra.destination}):
        return [], [notices.elsewhere(extra.id, extra.source, extra.destination)]
    closed, findings = _exceptions(site.deployment, (extra.id,), EXTRA_ROW, as_of)
    found += findings
    if closed:
        return [], found
    flow = _extra_flow(site, extra)
    if not flow.names and extra.source in site.managed and _answered_by_names(site, extra.destination):
        text = f"{extra.id} is left without any host: no line of the page names one of {extra.destination} here."
        found.append(finding("no-hosts", extra.id, text))
    return [flow], found


def _answered_by_names(site: Site, destination: str) -> bool:
    """Return whether a destination is the vendor's and no server of the site stands in for it."""
    role = site.catalogue.roles.get(destination)
    return role is not None and role.kind is RoleKind.SERVICE and destination not in site.deployment.peers


def _extra_flow(site: Site, extra: ExtraFlow) -> RequiredFlow:
    names: tuple[Name, ...] = ()
    if _answered_by_names(site, extra.destination):
        names = tuple(
            sorted(
                {
                    name
                    for line in site.catalogue.flows.values()
                    if line.destination == extra.destination and line.host_rows
                    for name in names_of(site, line, extra.id).names
                }
            )
        )
    elif not site.has(extra.destination):
        raise UserError(
            f"peer '{extra.destination}' is required by extra flow '{extra.id}': declare peers.{extra.destination}."
        )
    return RequiredFlow(
        id=extra.id,
        line=extra.id,
        source=extra.source,
        destination=extra.destination,
        transports=(Transport(extra.transport),),
        ports=tuple(sorted(set(extra.ports))),
        icmp=None,
        application="as the site says",
        row=EXTRA_ROW,
        slot=extra.slot,
        confidence=Confidence.DOCUMENTED,
        names=names,
        name_list=extra.id,
    )


def _check_listeners(flows: list[RequiredFlow], catalogue: Catalogue) -> None:
    """Raise where flows to one listener of the page were given different ports.

    A Service Gateway has two on 8080: file reputation, and its forward proxy, which may be moved.
    """
    seen: dict[tuple[str, Transport, tuple[int, ...], str], RequiredFlow] = {}
    for flow in flows:
        line = catalogue.flows.get(flow.line)
        if line is None or len(line.ports) != 1 or flow.names:
            continue
        for transport in flow.transports:
            other = seen.setdefault((flow.destination, transport, line.ports, line.application), flow)
            if other.ports != flow.ports:
                raise UserError(
                    f"{other.id} has port {other.ports[0]} and {flow.id} has port {flow.ports[0]}, but both reach one "
                    f"listener of {flow.destination}: give both the same port under port_overrides."
                )
