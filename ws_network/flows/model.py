"""What a site needs of the page: flows with their conditions settled.

Owns the records that leave this stage. Does not own how a name or peer becomes an address (`ws_network.endpoints`).
"""

from dataclasses import dataclass

from ws_network.catalogue import Addressing, Confidence, Transport
from ws_network.findings import Finding

WEB_PORTS = {80, 443}
"""HTTP, and HTTP over TLS (RFC 9110)."""


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A host name that a flow needs."""

    fqdn: str
    addressing: Addressing
    region: str
    """Region of the service whose block may cover it; empty for names of the site."""
    confidence: Confidence
    tls_exempt: bool = False
    """TLS inspection on the path breaks it."""


@dataclass(frozen=True, slots=True)
class RequiredFlow:
    """A line of the page that this site needs, with everything conditional decided."""

    id: str
    """Flow id; `relay/agent-dns` where the relay inherits it."""
    line: str
    """Id of the line of the page, or of the extra flow."""
    source: str
    destination: str
    transports: tuple[Transport, ...]
    ports: tuple[int, ...]
    """Destination ports; empty for ICMP."""
    icmp: tuple[int, int] | None
    """ICMP type and code."""
    application: str
    row: str
    """Where the page says it."""
    slot: int | None
    """Frozen position; None for an extra flow without one."""
    confidence: Confidence
    names: tuple[Name, ...] = ()
    """Hosts of the destination, sorted; empty where the destination is a peer or a role of the site."""
    name_list: str = ""
    """What a list of the names' addresses is called: the first flow of the catalogue with the same rows."""
    wildcards: tuple[str, ...] = ()
    """What the page's no-dot wildcards stand for, sorted: each of these names, and every name under it."""

    @property
    def web(self) -> bool:
        """Whether the name of the host is in what is sent: in a TLS handshake, or in a request of HTTP.

        A connection to a web proxy names where it goes on to, and not the proxy.
        """
        by_name = bool(self.names) or set(self.ports) <= WEB_PORTS
        return by_name and set(self.transports) == {Transport.TCP} and self.destination != "web-proxy"


@dataclass(frozen=True, slots=True)
class Requirements:
    """The required flows in the order of the page, and what a person should know about the rest."""

    flows: tuple[RequiredFlow, ...]
    findings: tuple[Finding, ...]
