"""The findings of the flow stage, worded.

Owns their texts and when a date makes one. Does not own the decision whether a flow is required.
"""

from datetime import date

from ws_network.catalogue import Flow
from ws_network.deployment.model import ASSUMED_OLDEST_BUILD
from ws_network.deployment.parts import Exemption, Expiry, OnExpiry
from ws_network.findings import Finding, Severity, finding
from ws_network.flows.conditions import Site
from ws_network.flows.model import RequiredFlow


def of_site(site: Site, as_of: date | None) -> list[Finding]:
    """Return the findings about the deployment as a whole."""
    deployment, catalogue = site.deployment, site.catalogue
    out: list[Finding] = []
    if deployment.agent_build is None:
        text = f"agent_build is not given, so agents of {ASSUMED_OLDEST_BUILD} and later are assumed."
        out.append(finding("agent-build-assumed", "agent_build", text))
    for feature in catalogue.features.values():
        if feature.default and feature.id not in site.features:
            text = f"feature {feature.id} is on by default in the product and not in features."
            out.append(finding("feature-off", feature.id, text))
    if catalogue.revision != catalogue.revisions[-1]:
        text = f"the catalogue has revision {catalogue.revisions[-1]}; the deployment is at {catalogue.revision}."
        out.append(finding("revision-newer", "revision", text))
    out += [added(host.fqdn, host.reason, host.until) for host in deployment.extra_hosts]
    if as_of is None:
        out.append(finding("no-time-check", "", "no date was given, so no end date was looked at."))
        return out
    return out + _expired_exceptions(site, as_of)


def _expired_exceptions(site: Site, as_of: date) -> list[Finding]:
    deployment = site.deployment
    exemptions: list[tuple[str, Exemption]] = [
        *((f"decline.{flow}", entry) for flow, entry in deployment.decline.items()),
        *((f"any_address.{name}", entry) for name, entry in deployment.any_address.items()),
        *((f"accept.{code}", entry) for code, entry in deployment.accept.items()),
        *((f"extra_flows.{flow.id}", flow) for flow in deployment.extra_flows),
        *((f"extra_hosts.{host.fqdn}", host) for host in deployment.extra_hosts),
    ]
    return [
        finding("exception-expired", where, f"{where} ended on {entry.until.isoformat()} ({entry.reason}).")
        for where, entry in exemptions
        if as_of > entry.until
    ]


def added(what: str, reason: str, until: date) -> Finding:
    """Return the finding for a flow or host that the deployment adds."""
    return finding("extra", what, f"{what} is the deployment's own until {until.isoformat()}: {reason}.")


def elsewhere(flow_id: str, source: str, destination: str) -> Finding:
    """Return the finding for an extra flow that no role of the site is part of."""
    text = f"{flow_id} makes no rule: neither {source} nor {destination} is a role that this site runs."
    return finding("extra", flow_id, text, remedy="Add the role to roles, or remove the flow from extra_flows.")


def option_off(flow_id: str, line: Flow) -> Finding:
    """Return the finding for a line that waits for a switch of the deployment."""
    option = line.condition.option or ""
    code = "http-optional" if option == "http" else "option-off"
    text = f"{flow_id} ({line.row}) stays closed: the deployment does not say {option}: true."
    return finding(code, flow_id, text, remedy=f"Say {option}: true to open it.")


def declined(flow_id: str, row: str, entry: Exemption) -> Finding:
    """Return the finding for a declined flow."""
    ticket = f", {entry.ticket}" if entry.ticket else ""
    text = f"{flow_id} ({row}) is declined until {entry.until.isoformat()}: {entry.reason}{ticket}."
    return finding("declined", flow_id, text)


def expiry(flow_id: str, entry: Expiry, as_of: date | None) -> list[Finding]:
    """Return what a flow's end date says on a day: nothing before it or without a day."""
    if as_of is None or as_of <= entry.until:
        return []
    text = f"{flow_id} ended on {entry.until.isoformat()} ({entry.reason})"
    if entry.on_expiry is OnExpiry.CLOSE:
        return [finding("expired-closed", flow_id, f"{text} and is closed.")]
    return [finding("expired", flow_id, f"{text} and is still open.")]


def proxied(flow: RequiredFlow) -> Finding:
    """Return the finding for a flow that the proxy replaces."""
    text = f"{flow.id} to {flow.destination} goes through the web proxy."
    return finding("proxied", flow.id, text)


def inspection(flow: RequiredFlow) -> list[Finding]:
    """Return the finding for hosts behind a proxy that break under TLS inspection."""
    exempt = [name.fqdn for name in flow.names if name.tls_exempt]
    if not exempt:
        return []
    text = f"{flow.id}: the proxy must not inspect TLS to {', '.join(exempt)}."
    return [finding("tls-inspection", flow.id, text)]


def contradiction(flow_id: str, contradiction_id: str, site: Site) -> Finding:
    """Return the finding that cites a contradiction of the catalogue."""
    about = site.catalogue.contradictions[contradiction_id]
    text = f"{flow_id}: the sources disagree about {about.about}. The catalogue's resolution: {about.resolution}."
    return finding("contradiction", flow_id, text, severity=Severity.LOW)
