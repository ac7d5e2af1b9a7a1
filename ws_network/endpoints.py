"""What the other end of a flow is on a target: lists of addresses, names, groups, tags, or any address.

Owns the tiers of forms for names and peers, and which form covers which host. Does not own rules.
Everything an end needs leaves here as endpoints, or as a finding that says what is missing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique

from ws_network.addresses import AddressSet, Family, parse_cidr
from ws_network.bogons import DOCUMENTATION, why_not_public
from ws_network.catalogue import Addressing, Confidence, RoleKind
from ws_network.deployment import AddressFamily, Form, MachineMark, Peer, Target, Wildcards
from ws_network.errors import UserError
from ws_network.findings import Finding, Severity, finding
from ws_network.flows import Name, RequiredFlow, Site
from ws_network.grammar import GRAMMARS, PACKET_FILTERS, PEER_FORMS, EndpointKind, source_is_sayable
from ws_network.snapshot import Snapshot

ICMP_FAMILY: Family = 4
"""The page's ICMP is IPv4's: IPv6 has a protocol and numbers of its own (ICMPv6, type 2) for it."""

BY_ADDRESS = frozenset({EndpointKind.LIST, EndpointKind.NAMES, EndpointKind.ADDRESS_GROUP, EndpointKind.ANY})
"""Forms that stand for whoever has an address, the machines of a role too."""

_RANGES_BY_ID = frozenset({EndpointKind.PREFIX_LIST, EndpointKind.ADDRESS_GROUP, EndpointKind.SERVICE_TAG})
"""Ids of a cloud that stand for ranges, and not for machines."""

FAMILIES: Mapping[AddressFamily, Family] = {AddressFamily.IPV4: 4, AddressFamily.IPV6: 6}


@unique
class Origin(StrEnum):
    """Who says which addresses are in a list, and so whether it will grow."""

    PUBLISHED = "published"
    """The catalogue: fixed for a revision."""
    SITE = "site"
    """The deployment."""
    SNAPSHOT = "snapshot"
    """DNS, by way of the snapshot."""


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One form of the other end."""

    kind: EndpointKind
    value: str
    """List name, role, id, reference, or family (`ipv4`, `ipv6`)."""

    @property
    def slug(self) -> str:
        """Name of the endpoint inside a rule's id: from its content, never from its place."""
        if self.kind in {EndpointKind.LIST, EndpointKind.NAMES, EndpointKind.SECURITY_GROUP, EndpointKind.PREFIX_LIST}:
            return self.value.replace("/", "-")
        return f"{self.kind}-{self.value.replace('/', '.')}"  # a point, which no peer's name has


@dataclass(frozen=True, slots=True, order=True)
class AddressList:
    """Blocks of one family under a name that does not depend on them."""

    name: str
    family: Family
    cidrs: tuple[str, ...]
    """Sorted, without repetition."""
    origin: Origin


@dataclass(frozen=True, slots=True, order=True)
class NameList:
    """Host names that the platform follows, under a name that does not depend on them."""

    name: str
    fqdns: tuple[str, ...]
    """Sorted, without repetition."""
    wildcards: tuple[str, ...] = ()
    """Names that are admitted with every name under them, sorted; only where the target can say that."""
    filtered: bool = False
    """The target reads the name in the connection; else it follows the name's addresses by DNS."""

    def admits(self, host: str) -> bool:
        """Return whether a host name is one of them, or under a wildcard. Names have no case."""
        name = host.lower()
        return name in self.fqdns or any(name == apex or name.endswith(f".{apex}") for apex in self.wildcards)

    @property
    def patterns(self) -> tuple[str, ...]:
        """What is admitted, as most clouds write it: `a.example`, and `*.a.example` for every name under it."""
        return (*(form for apex in self.wildcards for form in (apex, f"*.{apex}")), *self.exact)

    @property
    def exact(self) -> tuple[str, ...]:
        """The names that no wildcard admits."""
        wildcards = replace(self, fqdns=())
        return tuple(name for name in self.fqdns if not wildcards.admits(name))


@dataclass
class Reach:
    """What one end of a flow is made of."""

    endpoints: set[Endpoint] = field(default_factory=set)
    lists: set[AddressList] = field(default_factory=set)
    name_lists: set[NameList] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def add_list(self, name: str, cidrs: Iterable[str], origin: Origin) -> None:
        """Add addresses as one list per family; nothing for a family without addresses."""
        blocks = sorted({parse_cidr(cidr) for cidr in cidrs})
        for family in (4, 6):
            texts = tuple(block.text for block in blocks if block.family == family)
            if texts:
                named = AddressList(f"{name}-ipv{family}", family, texts, origin)
                self.lists.add(named)
                self.endpoints.add(Endpoint(EndpointKind.LIST, named.name))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Names to cover, for which flow, and what their list of addresses is called."""

    flow: RequiredFlow
    destination: str
    names: tuple[Name, ...]
    list_name: str
    within: AddressSet
    """Private ranges in which the answers may lie."""
    followed: bool
    """Whether a rule can name hosts at this end."""


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
        self.snapshot = snapshot
        self.machines = machines

    def destination(self, flow: RequiredFlow) -> Reach:
        """Return what the flow's destination is, for egress from its source."""
        if flow.names:
            reach = Reach()
            followed = EndpointKind.NAMES in self.grammar.egress
            self._names(reach, _Asked(flow, flow.destination, flow.names, flow.name_list, AddressSet.empty(), followed))
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
        cloud = self.target.split("-")[0]
        return any(kind in GRAMMARS[target].egress for target in PACKET_FILTERS if target.split("-")[0] == cloud)

    def source(self, flow: RequiredFlow) -> Reach:
        """Return what the flow's source is, for ingress at its destination."""
        role = self.site.catalogue.roles.get(flow.source)
        if role is not None and role.kind is RoleKind.SERVICE:
            reach = Reach()
            self._blocks(reach, self.site.deployment.regions)
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
            text = f"{flow.id}: a rule of {self.target} cannot name {name} there by what is given of it ({given})."
            remedy = f"Give the ranges of {name} under peers: {{{name}: {{cidrs: [...]}}}}."
            reach.findings.append(finding("peer-unsayable", flow.id, text, remedy=remedy))

    def _unfitting(self, reach: Reach, flow: RequiredFlow, name: str, kinds: frozenset[EndpointKind], why: str) -> None:
        """Say which forms of a peer a rule there cannot name, where the peer has another form beside them."""
        peer = self.site.deployment.all_peers.get(name)
        forms = (PEER_FORMS[kind] for kind in kinds & PEER_FORMS.keys())
        keys = " and ".join(sorted(form for form in forms if getattr(peer, form, ())))
        if keys and reach.endpoints:
            text = f"{flow.id}: {why} cannot name the {keys} of {name}, which passes by its other forms alone."
            reach.findings.append(finding("form-left-out", flow.id, text))
        elif keys and self.grammar.at_the_edge and not reach.findings:
            text = f"{flow.id}: {why} cannot name {name} by what is given of it ({keys})."
            remedy = f"Give the ranges of {name} under peers: {{{name}: {{cidrs: [...]}}}}."
            reach.findings.append(finding("peer-unsayable", flow.id, text, remedy=remedy))

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
            names = tuple(Name(fqdn, Addressing.DYNAMIC, "", Confidence.DOCUMENTED) for fqdn in sorted(peer.fqdns))
            followed = EndpointKind.NAMES in sayable
            self._names(reach, _Asked(flow, name, names, name, AddressSet.from_cidrs(peer.within), followed))

    def _names(self, reach: Reach, asked: _Asked) -> None:
        """Cover the names by the permitted forms, best first; what is left fails the plan by name."""
        cover: dict[Form, Callable[[Reach, _Asked, tuple[Name, ...]], tuple[Name, ...]]] = {
            Form.NAME_FILTER: self._by_filter,
            Form.FQDN: self._by_fqdn,
            Form.BLOCKS: self._by_blocks,
            Form.SNAPSHOT: self._by_snapshot,
            Form.ANY_ADDRESS: self._by_any_address,
        }
        left, forms = asked.names, self.site.deployment.names.forms(self.target, asked.destination)
        for form in forms:
            if not left or form is Form.REFUSE:
                break
            if form in cover and (form not in {Form.FQDN, Form.NAME_FILTER} or asked.followed):
                left = cover[form](reach, asked, left)
        if left and self.grammar.web_only and not asked.flow.web:
            text = f"{asked.flow.id}: {self.target} sees TLS and HTTP alone, and this carries no host name."
            reach.findings.append(finding("not-seen", asked.flow.id, text))
        elif left:
            text = f"{asked.flow.id}: no permitted form of address on {self.target} covers {_listed(left)}."
            remedy = ""
            resolvable = any(name.addressing is not Addressing.CDN for name in left)
            if self.snapshot is None and Form.SNAPSHOT in forms and resolvable:
                remedy = "Make a snapshot of the names with 'ws-network resolve', and give it."
            reach.findings.append(finding("names-refused", asked.flow.id, text, remedy=remedy))

    def _by_filter(self, reach: Reach, asked: _Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the names and the page's wildcard, which the target reads in the connection; all are left if it cannot.

        What is neither TLS nor HTTP carries no name; a target that sees queries alone sees every name.
        """
        flow = asked.flow
        if not (flow.web or self.grammar.by_name_only):
            return names
        wildcards = flow.wildcards if flow.names else ()
        found = NameList(
            f"names-{asked.list_name}", tuple(sorted({name.fqdn for name in names})), wildcards, filtered=True
        )
        reach.name_lists.add(found)
        reach.endpoints.add(Endpoint(EndpointKind.NAMES, found.name))
        for apex in wildcards:
            listed = len([name for name in found.fqdns if name not in found.exact])
            text = (
                f"{flow.id}: {self.target} admits {apex} and every name under it, as the page's wildcard says; the "
                f"catalogue lists {listed} of them."
            )
            reach.findings.append(finding("wildcard-admitted", flow.id, text))
        return ()

    def _by_fqdn(self, reach: Reach, asked: _Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the names themselves, which the platform follows; no name is left, except in a refused wildcard."""
        flow = asked.flow
        fqdns = tuple(sorted({name.fqdn for name in names}))
        found = NameList(f"{'followed' if self.grammar.at_the_edge else 'names'}-{asked.list_name}", fqdns)
        reach.name_lists.add(found)
        reach.endpoints.add(Endpoint(EndpointKind.NAMES, found.name))
        text = f"{flow.id}: {self.target} follows {_listed(names)} by its own DNS."
        reach.findings.append(finding("followed-by-name", flow.id, text))
        content = tuple(name for name in names if name.addressing is Addressing.CDN)
        if content:
            text = f"{flow.id}: the answers for {_listed(content)} change by place and minute."
            reach.findings.append(finding("content-network-by-name", flow.id, text))
        self._wildcard(reach, flow)
        return ()

    def _wildcard(self, reach: Reach, flow: RequiredFlow) -> None:
        """Say that the listed names stand for the page's wildcard, or fail where the deployment wants the wildcard."""
        if not flow.wildcards:
            return
        refused = self.site.deployment.wildcards is Wildcards.REFUSE
        what = " and ".join(f"*{apex}" for apex in flow.wildcards)
        text = f"{flow.id}: {self.target} cannot say {what}; the listed names stand for it."
        if refused:
            text = f"{flow.id}: {self.target} cannot say {what}, and the deployment says wildcards: refuse."
        reach.findings.append(finding("wildcard-refused" if refused else "wildcard-expanded", flow.id, text))

    def _by_blocks(self, reach: Reach, asked: _Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the published blocks of the names they cover; return the other names."""
        covered = {name for name in names if name.addressing is Addressing.PUBLISHED}
        covered = {name for name in covered if self.site.catalogue.blocks(name.region)}
        self._blocks(reach, {name.region for name in covered})
        if covered and AddressFamily.IPV6 in self.site.deployment.address_families:
            text = f"{asked.flow.id}: no published block is IPv6."
            reach.findings.append(finding("ipv4-only", asked.flow.id, text))
        return tuple(name for name in names if name not in covered)

    def _blocks(self, reach: Reach, regions: Iterable[str]) -> None:
        for region in regions:
            blocks = [block.cidr for block in self.site.catalogue.blocks(region)]
            reach.add_list(f"blocks-{region}", blocks, Origin.PUBLISHED)

    def _by_snapshot(self, reach: Reach, asked: _Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the resolved addresses of names outside content networks; return the names without any."""
        if self.snapshot is None:
            return names
        flow = asked.flow
        families = [FAMILIES[family] for family in self.site.deployment.address_families]
        addresses: set[str] = set()
        covered: set[Name] = set()
        for name in names:
            resolved = self.snapshot.names.get(name.fqdn)
            if resolved is None or name.addressing is Addressing.CDN:
                continue
            found = [address for family in families for address in resolved.addresses(family)]
            for address in found:
                _check_public(name.fqdn, address, asked.within, example=self.snapshot.example)
            if found:
                covered.add(name)
                addresses |= set(found)
        reach.add_list(f"names-{asked.list_name}", addresses, Origin.SNAPSHOT)
        if covered:
            text = f"{flow.id}: {_listed(tuple(sorted(covered)))} by addresses resolved at {self.snapshot.place}."
            reach.findings.append(finding("snapshot-used", flow.id, text))
            self._wildcard(reach, flow)
        left = tuple(name for name in names if name not in covered)
        missing = tuple(name for name in left if name.addressing is not Addressing.CDN)
        if missing:
            text = f"{flow.id}: the snapshot has no address for {_listed(missing)}."
            reach.findings.append(finding("snapshot-missing", flow.id, text))
        return left

    def _by_any_address(self, reach: Reach, asked: _Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Open the flow to every address of the deployment's families; no name is left."""
        deployment, flow, destination = self.site.deployment, asked.flow, asked.destination
        exemption = deployment.any_address.get(destination)
        if exemption is None:
            raise UserError(
                f"names says any-address for {destination}, which needs a reason: "
                f"add any_address: {{{destination}: {{reason: ..., until: YYYY-MM-DD}}}}."
            )
        reach.endpoints |= {Endpoint(EndpointKind.ANY, family) for family in deployment.address_families}
        leaves = destination == flow.destination  # what comes in passes no egress policy
        behind = deployment.behind.get(self.target) if leaves else None
        ports = ", ".join(str(port) for port in flow.ports)
        text = (
            f"{flow.id}: port {ports} is open to any address for {_listed(names)}, "
            f"until {exemption.until.isoformat()}: {exemption.reason}."
        )
        text = f"{text[:-1]}; {behind} stands behind it." if behind else text
        severity = Severity.LOW if behind else Severity.HIGH
        if behind and not GRAMMARS[behind].sees_all_traffic:
            severity = Severity.MEDIUM
            text = f"{text[:-1]}, which sees only what asks it."
        remedy = f"Keep the hosts in {behind}, or choose a narrower form under names." if behind else ""
        reach.findings.append(finding("any-address", flow.id, text, severity=severity, remedy=remedy))
        return ()


def _listed(names: tuple[Name, ...]) -> str:
    """Return the names as text, told apart where they belong to a content network."""
    return ", ".join(
        f"{name.fqdn} (content network)" if name.addressing is Addressing.CDN else name.fqdn for name in names
    )


def _check_public(fqdn: str, address: str, within: AddressSet, *, example: bool) -> None:
    """Raise for an answer that would open the inside network: the mark of a poisoned or split resolver."""
    why = why_not_public(address)
    if why and address not in within and not (example and why == DOCUMENTATION):
        raise UserError(
            f"the snapshot has {address} for {fqdn}, which is no public address: resolve again on a resolver you "
            "trust, or list your own ranges under the peer's within."
        )
