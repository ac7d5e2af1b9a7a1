"""What the other end of a flow is on a target: the site's machines, its peers, and the vendor's hosts.

Owns which form of a peer or role a target's rule takes. Everything that an end needs leaves here as endpoints, or as a
finding that says what is missing. Does not own how names are covered (`by_name`).
"""

from collections.abc import Mapping

from ws_network.addresses import AddressSet, Family, parse_cidr
from ws_network.catalogue import Addressing, Confidence, RoleKind
from ws_network.deployment import MachineMark, Peer, Target
from ws_network.endpoints.by_name import Asked, NameCover
from ws_network.endpoints.model import Endpoint, Origin, Reach
from ws_network.findings import Finding, finding
from ws_network.flows import Name, RequiredFlow, Site
from ws_network.grammar import GRAMMARS, PACKET_FILTERS, PEER_FORMS, EndpointKind, source_is_sayable
from ws_network.snapshot import Snapshot

ICMP_FAMILY: Family = 4
"""The page's ICMP is IPv4's: IPv6 has a protocol and numbers of its own (ICMPv6, type 2) for it."""

BY_ADDRESS = frozenset({EndpointKind.LIST, EndpointKind.NAMES, EndpointKind.ADDRESS_GROUP, EndpointKind.ANY})
"""Forms that stand for whoever has an address, the machines of a role too."""

_RANGES_BY_ID = frozenset({EndpointKind.PREFIX_LIST, EndpointKind.ADDRESS_GROUP, EndpointKind.SERVICE_TAG})
"""Ids of a cloud that stand for ranges, and not for machines."""


class EndpointFinder:
    """Finds the endpoints of a site's flows on one target."""

    def __init__(
        self,
        site: Site,
        target: Target,
        snapshot: Snapshot | None,
        machines: Mapping[str, MachineMark],
    ) -> None:
        """Remember the site, where the rules will live, and the addresses that names had.

        Args:
            site: The site.
            target: What holds the rules.
            snapshot: Addresses of names.
            machines: By which mark GCP finds the machines of each role.
        """
        self.site = site
        self.target = target
        self.grammar = GRAMMARS[target]
        self._names = NameCover(site, target, snapshot)
        self.machines = machines

    def destination(self, flow: RequiredFlow) -> Reach:
        """Return what the flow's destination is, for egress from its source."""
        if flow.names:
            reach = Reach()
            followed = EndpointKind.NAMES in self.grammar.egress
            self._names.cover(
                reach, Asked(flow, flow.destination, flow.names, flow.name_list, AddressSet.empty(), followed)
            )
            return reach
        reach = self._role(flow, flow.destination, self.grammar.egress)
        if self.grammar.at_the_edge:
            self._at_the_edge(reach, flow)
        return reach

    def _at_the_edge(self, reach: Reach, flow: RequiredFlow) -> None:
        """Say what of a destination the target does not see, and what it sees and cannot name.

        A group, tag or account is of machines inside the network; what stands for ranges may be beyond.
        """
        if self.grammar.sees_all_traffic:
            own = frozenset(kind for kind in _RANGES_BY_ID if self._is_of_this_cloud(kind)) - self.grammar.egress
            self._unfitting(reach, flow, flow.destination, own, f"a rule of {self.target}")
        if not reach.endpoints and not reach.findings:
            text = f"{flow.id}: {self.target} does not see {flow.destination}, which is inside or has no name there."
            reach.findings.append(finding("not-seen", flow.id, text))

    def _is_of_this_cloud(self, kind: EndpointKind) -> bool:
        own = (target for target in PACKET_FILTERS if target.cloud == self.target.cloud)
        return any(kind in GRAMMARS[target].egress for target in own)

    def source(self, flow: RequiredFlow) -> Reach:
        """Return what the flow's source is, for ingress at its destination."""
        role = self.site.catalogue.roles.get(flow.source)
        if role is not None and role.kind is RoleKind.SERVICE:
            reach = Reach()
            self._names.blocks(reach, self.site.deployment.regions)
            if not reach.endpoints:
                text = f"{flow.id}: revision {self.site.catalogue.revision} has no block of the service as a source."
                reach.findings.append(finding("names-refused", flow.id, text))
            return reach
        own, other = self.machines.get(flow.destination), self.machines.get(flow.source)
        sayable = {kind for kind in self.grammar.ingress if source_is_sayable(self.target, kind, own, other)}
        reach = self._role(flow, flow.source, frozenset(sayable))
        why = f"a rule of {self.target} for machines that are found by {own}"
        self._unfitting(reach, flow, flow.source, self.grammar.ingress - sayable, why)
        if not reach.endpoints and not reach.findings:
            text = (
                f"{flow.id}: {flow.destination} listens on {flow.source}'s behalf, and the site has no {flow.source}."
            )
            reach.findings.append(finding("manage-without-source", flow.id, text))
        return reach

    def _role(self, flow: RequiredFlow, name: str, sayable: frozenset[EndpointKind]) -> Reach:
        """Return a role or peer of the site: its group, its addresses, its ids; its names where it has only those."""
        reach = Reach()
        wanted: set[Endpoint] = set()
        if name in self.site.managed:
            wanted.add(Endpoint(EndpointKind.ROLE, name))
        wanted |= {
            Endpoint(EndpointKind.REFERENCE, reference)
            for reference in self.site.references
            if reference.split("/")[0] == name
        }
        peer = self.site.deployment.all_peers.get(name)
        if peer is not None:
            for kind, key in PEER_FORMS.items():
                wanted |= {Endpoint(kind, value) for value in getattr(peer, key)}
        reach.endpoints |= {endpoint for endpoint in wanted if endpoint.kind in sayable}
        if peer is not None:
            self._peer(reach, flow, name, peer, sayable)
        if not self.grammar.at_the_edge:
            self._left_out(reach, flow, name, wanted - reach.endpoints)
        return reach

    def _left_out(self, reach: Reach, flow: RequiredFlow, name: str, unsaid: set[Endpoint]) -> None:
        """Say what the target cannot: an error where the end has no other form, else who is reached by ranges.

        Ranges and names stand for the machines of a role that cannot be named; the tag of others does not.
        """
        ours = {end for end in unsaid if end.kind in {EndpointKind.ROLE, EndpointKind.REFERENCE}}
        told = {entry.code for entry in reach.findings} - {"ipv4-only"}
        peer = self.site.deployment.all_peers.get(name)
        if "names-refused" in told or (peer is not None and peer.platform):
            return
        if ours and any(end.kind in BY_ADDRESS for end in reach.endpoints):
            text = f"{flow.id}: a rule of {self.target} reaches {name} there by the ranges under peers.{name} alone."
            reach.findings.append(finding("role-by-ranges", flow.id, text))
        elif ours or (unsaid and not reach.endpoints and not told):
            given = ", ".join(sorted({end.value if end.kind is EndpointKind.ROLE else str(end.kind) for end in unsaid}))
            reach.findings.append(self._unsayable(flow, name, given))

    def _unfitting(self, reach: Reach, flow: RequiredFlow, name: str, kinds: frozenset[EndpointKind], why: str) -> None:
        """Say which forms of a peer a rule there cannot name, where the peer has another form beside them."""
        peer = self.site.deployment.all_peers.get(name)
        forms = (PEER_FORMS[kind] for kind in kinds & PEER_FORMS.keys())
        keys = " and ".join(sorted(form for form in forms if getattr(peer, form, ())))
        if keys and reach.endpoints:
            text = f"{flow.id}: {why} cannot name the {keys} of {name}, which passes by its other forms alone."
            reach.findings.append(finding("form-left-out", flow.id, text))
        elif keys and self.grammar.at_the_edge and not reach.findings:
            reach.findings.append(self._unsayable(flow, name, keys))

    def _unsayable(self, flow: RequiredFlow, name: str, given: str) -> Finding:
        text = f"{flow.id}: a rule of {self.target} cannot name {name} there by what is given of it ({given})."
        remedy = f"Give the ranges of {name} under peers: {{{name}: {{cidrs: [...]}}}}."
        return finding("peer-unsayable", flow.id, text, remedy=remedy)

    def _peer(self, reach: Reach, flow: RequiredFlow, name: str, peer: Peer, sayable: frozenset[EndpointKind]) -> None:
        if peer.platform:
            text = f"{flow.id}: the cloud's own {name} is reached past {self.target}."
            reach.findings.append(finding("platform-unfiltered", flow.id, text))
        cidrs = sorted(set(peer.cidrs)) if EndpointKind.LIST in sayable else []
        hidden = [cidr for cidr in cidrs if AddressSet.from_cidrs([cidr]) <= self.grammar.unfiltered]
        if hidden:
            text = f"{flow.id}: {self.target} does not filter {', '.join(hidden)}."
            reach.findings.append(finding("platform-unfiltered", flow.id, text))
        cidrs = [cidr for cidr in cidrs if cidr not in hidden]
        if flow.icmp:
            beyond = [cidr for cidr in cidrs if parse_cidr(cidr).family != ICMP_FAMILY]
            cidrs = [cidr for cidr in cidrs if cidr not in beyond]
            if beyond:
                text = f"{flow.id} is a message of IPv4's ICMP, so nothing is open for {', '.join(beyond)}."
                reach.findings.append(finding("ipv4-only", flow.id, text))
        reach.add_list(f"peer-{name}", cidrs, Origin.SITE)
        beyond_icmp = any(entry.code == "ipv4-only" for entry in reach.findings)
        if peer.fqdns and not reach.endpoints and not beyond_icmp and not peer.platform:
            names = tuple(self._own_name(fqdn) for fqdn in sorted(peer.fqdns))
            followed = EndpointKind.NAMES in sayable
            self._names.cover(
                reach, Asked(flow, name, names, f"peer-{name}", AddressSet.from_cidrs(peer.within), followed)
            )

    def _own_name(self, fqdn: str) -> Name:
        """Return a name that the site gives; one of the vendor's content network stays one, whoever gives it."""
        content = self.site.catalogue.is_content(fqdn)
        return Name(fqdn, Addressing.CDN if content else Addressing.DYNAMIC, "", Confidence.DOCUMENTED)
