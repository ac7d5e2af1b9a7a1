"""What a site needs of the page, and of what it does not need: why not.

Owns the check before it, the reasons, and the tables of both. Does not own the decision (`ws_network.flows`).
"""

from dataclasses import dataclass
from datetime import date

from ws_network.catalogue import Catalogue, Condition, Flow, PortKind
from ws_network.deployment import Deployment, check_deployment
from ws_network.findings import Finding
from ws_network.flows import RequiredFlow, Site, required_flows
from ws_network.views.tables import Cell, Column, For, Sheet, Table

REQUIRED = (
    Column("flow", "flow", "id of the flow"),
    Column("source", "from", "role that opens the connection"),
    Column("destination", "to", "role that answers"),
    Column("protocols", "protocol", "tcp, udp or icmp"),
    Column("ports", "port", "destination ports"),
    Column("names", "hosts", "how many host names the destination has", For.PEOPLE),
    Column("line", "line of the page", "where the page says it"),
    Column("confidence", "known", "how sure the line is"),
    Column("hosts", "host names", "the host names, sorted", For.PROGRAMS),
    Column("application", "application", "what speaks on the port", For.PROGRAMS),
)
NOT_REQUIRED = (
    Column("flow", "not needed", "id of the flow"),
    Column("line", "line of the page", "where the page says it"),
    Column("why", "why", "what would make it needed, or what closes it"),
)


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """A line of the page that concerns a role of the site and that it does not need."""

    flow: str
    line: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """The required flows in the order of the page, the lines that are not, and the findings about all of them."""

    site: Site
    flows: tuple[RequiredFlow, ...]
    not_needed: tuple[NotNeeded, ...]
    findings: tuple[Finding, ...]

    def sheet(self, *, everything: bool = False) -> Sheet:
        """Return the tables: the required flows, and with `everything` the others with their reasons."""
        deployment = self.site.deployment
        tables = [Table("flows", REQUIRED, tuple(_row(flow) for flow in self.flows))]
        if everything:
            rows = tuple((entry.flow, entry.line, entry.why) for entry in self.not_needed)
            tables.append(Table("not_required", NOT_REQUIRED, rows))
        left = f"{len(self.not_needed)} lines of the page are not needed here (--all says why)."
        return Sheet(
            title=f"{len(self.flows)} flows for {', '.join(deployment.managed_roles)} in {deployment.region}, "
            f"catalogue {deployment.revision}",
            facts={"region": deployment.region, "revision": deployment.revision},
            tables=tuple(tables),
            notes=(left,) if self.not_needed and not everything else (),
        )


def needs(catalogue: Catalogue, deployment: Deployment, as_of: date | None = None) -> Needs:
    """Return what a site needs of the page and what it does not.

    Args:
        catalogue: At any revision; the deployment's is taken.
        deployment: The site.
        as_of: The day for end dates; None looks at no date.

    Raises:
        UserError: the deployment names something unknown, or lacks a required peer.
    """
    catalogue = catalogue.at(deployment.revision)
    check_deployment(deployment, catalogue)
    site = Site(catalogue, deployment)
    required = required_flows(catalogue, deployment, as_of)
    return Needs(site, required.flows, not_needed(site, required.flows, required.findings), required.findings)


def not_needed(site: Site, flows: tuple[RequiredFlow, ...], findings: tuple[Finding, ...]) -> tuple[NotNeeded, ...]:
    """Return the lines of the page that touch a role of the site and are not among `flows`, with the reasons."""
    required = {flow.id for flow in flows}
    out = []
    for line in site.catalogue.flows.values():
        for flow_id in _ids(site, line):
            if flow_id not in required:
                told = [entry.text for entry in findings if entry.flow == flow_id]
                why = tuple(_without(text, f"{flow_id} ({line.row})", flow_id) for text in told)
                out.append(NotNeeded(flow_id, line.row, why or why_not(site, line)))
    return tuple(out)


def _without(text: str, *prefixes: str) -> str:
    """Return a finding's text without what the row says beside it."""
    for prefix in prefixes:
        if text.startswith(prefix):
            return text.removeprefix(prefix).lstrip(": ")
    return text


def _ids(site: Site, line: Flow) -> list[str]:
    """Return the ids under which a line concerns the site: its own, and those of roles that inherit it."""
    if line.port_kind is PortKind.AS_AGENT:
        return []
    ids = [line.id] if site.managed & {line.source, line.destination} else []
    return ids + [f"{role}/{line.id}" for role in line.inherited_by if role in site.managed]


def why_not(site: Site, line: Flow) -> tuple[str, ...]:
    """Return what of the line's condition does not hold, in words."""
    condition, destination = line.condition, line.destination
    communication, features = condition.communication, condition.features
    parts = (
        (Condition(if_declared=condition.if_declared), f"the site has no {destination} (peers.{destination})"),
        (Condition(features=features), f"no feature is on that needs it ({', '.join(features)})"),
        (Condition(features_off=condition.features_off), f"{', '.join(condition.features_off)} is on"),
        (Condition(communication=communication), f"communication is {site.deployment.communication}"),
        (
            Condition(agent_from=condition.agent_from, agent_to=condition.agent_to),
            "no agent of the fleet is of the builds it is for",
        ),
        (Condition(option=condition.option), f"the deployment does not say {condition.option}: true"),
        (
            Condition(serves=condition.serves),
            f"no {destination} says that it serves {' or '.join(condition.serves)}",
        ),
        (Condition(through=condition.through), f"{destination} gets its events {site.through(destination)}"),
    )
    failed = tuple(why for part, why in parts if not site.meets(part, destination))
    if failed or line.port_kind is not PortKind.CONFIGURED:
        return failed or ("it is no line for the roles of this site",)
    return ("the site has no web proxy (proxy), or its proxy.roles leave this role out",)


def _row(flow: RequiredFlow) -> tuple[Cell, ...]:
    ports = f"type {flow.icmp[0]} code {flow.icmp[1]}" if flow.icmp else ", ".join(str(port) for port in flow.ports)
    return (
        flow.id,
        flow.source,
        flow.destination,
        ", ".join(flow.transports),
        ports,
        len(flow.names) or None,
        flow.row,
        str(flow.confidence),
        tuple(name.fqdn for name in flow.names),
        flow.application,
    )
