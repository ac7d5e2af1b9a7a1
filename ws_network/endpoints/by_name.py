"""How host names become reachable on a target: the tiers of forms, best first.

Owns which form covers which name, and what is said of each. What no permitted form covers fails the plan by name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ws_network.addresses import AddressSet, Family
from ws_network.bogons import DOCUMENTATION, why_refused
from ws_network.catalogue import Addressing
from ws_network.deployment import AddressFamily, Form, Target, Wildcards
from ws_network.endpoints.model import Endpoint, NameList, Origin, Reach
from ws_network.errors import UserError
from ws_network.findings import Severity, finding
from ws_network.flows import Name, RequiredFlow, Site
from ws_network.grammar import GRAMMARS, EndpointKind
from ws_network.snapshot import Snapshot

FAMILIES: Mapping[AddressFamily, Family] = {AddressFamily.IPV4: 4, AddressFamily.IPV6: 6}


@dataclass(frozen=True, slots=True)
class Asked:
    """Names to cover, for which flow, and what their list of addresses is called."""

    flow: RequiredFlow
    destination: str
    names: tuple[Name, ...]
    list_name: str
    within: AddressSet
    """Private ranges in which the answers may lie."""
    followed: bool
    """Whether a rule can name hosts at this end."""


class NameCover:
    """Covers the names of a site's flows on one target."""

    def __init__(self, site: Site, target: Target, snapshot: Snapshot | None) -> None:
        """Remember the site, where the rules will live, and the addresses that names had."""
        self._site = site
        self._target = target
        self._grammar = GRAMMARS[target]
        self._snapshot = snapshot

    def cover(self, reach: Reach, asked: Asked) -> None:
        """Cover the names by the permitted forms, best first; what is left fails the plan by name."""
        cover: dict[Form, Callable[[Reach, Asked, tuple[Name, ...]], tuple[Name, ...]]] = {
            Form.NAME_FILTER: self._by_filter,
            Form.FQDN: self._by_fqdn,
            Form.BLOCKS: self._by_blocks,
            Form.SNAPSHOT: self._by_snapshot,
            Form.ANY_ADDRESS: self._by_any_address,
        }
        left, forms = asked.names, self._site.deployment.names.forms(self._target, asked.destination)
        used: set[Form] = set()
        for form in forms:
            if not left or form is Form.REFUSE:
                break
            if form in cover and (form not in {Form.FQDN, Form.NAME_FILTER} or asked.followed):
                before, left = left, cover[form](reach, asked, left)
                used |= {form} if left != before else set()
        if Form.NAME_FILTER not in used and used & {Form.FQDN, Form.SNAPSHOT}:
            self._wildcard(reach, asked.flow)
        if left and self._grammar.web_only and not asked.flow.web:
            text = f"{asked.flow.id}: {self._target} sees TLS and HTTP alone, and this carries no host name."
            reach.findings.append(finding("not-seen", asked.flow.id, text))
        elif left:
            text = f"{asked.flow.id}: no permitted form of address on {self._target} covers {_listed(left)}."
            _, refused = self._taken(left)
            if refused and Form.NAME_FILTER in forms:
                parts = " or ".join(f"'{part}'" for part in self._grammar.not_in_names)
                text = f"{text[:-1]}, which filters no name with {parts} inside."
            remedy = self._instead(asked, left, forms)
            reach.findings.append(finding("names-refused", asked.flow.id, text, remedy=remedy))

    def _instead(self, asked: Asked, left: tuple[Name, ...], forms: Sequence[Form]) -> str:
        """Return what else covers names, where the usual words would lead astray; empty for the usual words."""
        if all(name.addressing is Addressing.CDN for name in left):
            return ""
        if self._snapshot is None and Form.SNAPSHOT in forms:
            return "Make a snapshot of the names with 'ws-network resolve', and give it."
        if self._taken(left)[1] and not self._grammar.sees_all_traffic:
            return "Give the host a name without it, or leave this filter out."
        if self._taken(left)[1]:
            return f"Say names: {{{self._target}: {{{asked.destination}: [name-filter, fqdn]}}}}, or [snapshot]."
        if self._grammar.sees_all_traffic and self._grammar.at_the_edge and not asked.flow.names:
            peer = asked.destination
            say = f"names: {{{self._target}: {{{peer}: [snapshot]}}}}"
            return f"Give peers.{peer}.cidrs, or say {say} and give a snapshot."
        return ""

    def _by_filter(self, reach: Reach, asked: Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the names and the page's wildcard, which the target reads in the connection; all are left if it cannot.

        What is neither TLS nor HTTP carries no name; a target that sees queries alone sees every name.
        """
        flow = asked.flow
        if not (flow.web or self._grammar.by_name_only):
            return names
        names, refused = self._taken(names)
        if not names:
            return refused
        wildcards = flow.wildcards if flow.names else ()
        found = NameList(
            f"names-{asked.list_name}", tuple(sorted({name.fqdn for name in names})), wildcards, filtered=True
        )
        reach.name_lists.add(found)
        reach.endpoints.add(Endpoint(EndpointKind.NAMES, found.name))
        for apex in wildcards:
            listed = len([name for name in found.fqdns if name not in found.exact])
            text = (
                f"{flow.id}: {self._target} admits {apex} and every name under it, as the page's wildcard says; the "
                f"catalogue lists {listed} of them."
            )
            reach.findings.append(finding("wildcard-admitted", flow.id, text))
        return refused

    def _taken(self, names: tuple[Name, ...]) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Return the names that the target takes, and those that it refuses for what they have inside."""
        refused = tuple(name for name in names if any(part in name.fqdn for part in self._grammar.not_in_names))
        return tuple(name for name in names if name not in refused), refused

    def _by_fqdn(self, reach: Reach, asked: Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the names themselves, which the platform follows; no name is left, except in a refused wildcard."""
        flow = asked.flow
        fqdns = tuple(sorted({name.fqdn for name in names}))
        found = NameList(f"{'followed' if self._grammar.at_the_edge else 'names'}-{asked.list_name}", fqdns)
        reach.name_lists.add(found)
        reach.endpoints.add(Endpoint(EndpointKind.NAMES, found.name))
        text = f"{flow.id}: {self._target} follows {_listed(names)} by its own DNS."
        reach.findings.append(finding("followed-by-name", flow.id, text))
        content = tuple(name for name in names if name.addressing is Addressing.CDN)
        if content:
            text = f"{flow.id}: the answers for {_listed(content)} change by place and minute."
            reach.findings.append(finding("content-network-by-name", flow.id, text))
        return ()

    def _wildcard(self, reach: Reach, flow: RequiredFlow) -> None:
        """Say that the listed names stand for the page's wildcard, or fail where the deployment wants the wildcard."""
        if not flow.wildcards:
            return
        refused = self._site.deployment.wildcards is Wildcards.REFUSE
        what = " and ".join(f"*{apex}" for apex in flow.wildcards)
        how = "by addresses " if self._grammar.wildcards else ""
        text = f"{flow.id}: {how}{self._target} cannot say {what}; the listed names stand for it."
        if refused:
            text = f"{flow.id}: {how}{self._target} cannot say {what}, and the deployment says wildcards: refuse."
        reach.findings.append(finding("wildcard-refused" if refused else "wildcard-expanded", flow.id, text))

    def _by_blocks(self, reach: Reach, asked: Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the published blocks of the names they cover; return the other names."""
        covered = {name for name in names if name.addressing is Addressing.PUBLISHED}
        covered = {name for name in covered if self._site.catalogue.blocks(name.region)}
        self.blocks(reach, {name.region for name in covered})
        if covered and AddressFamily.IPV6 in self._site.deployment.address_families:
            text = f"{asked.flow.id}: no published block is IPv6."
            reach.findings.append(finding("ipv4-only", asked.flow.id, text))
        return tuple(name for name in names if name not in covered)

    def blocks(self, reach: Reach, regions: Iterable[str]) -> None:
        """Add the published blocks of the regions."""
        for region in regions:
            blocks = [block.cidr for block in self._site.catalogue.blocks(region)]
            reach.add_list(f"blocks-{region}", blocks, Origin.PUBLISHED)

    def _by_snapshot(self, reach: Reach, asked: Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Add the resolved addresses of names outside content networks; return the names without any."""
        if self._snapshot is None:
            return names
        flow = asked.flow
        families = [FAMILIES[family] for family in self._site.deployment.address_families]
        addresses: set[str] = set()
        covered: set[Name] = set()
        for name in names:
            resolved = self._snapshot.names.get(name.fqdn)
            if resolved is None or name.addressing is Addressing.CDN:
                continue
            found = [address for family in families for address in resolved.addresses(family)]
            for address in found:
                _check_public(name.fqdn, address, asked.within, example=self._snapshot.example)
            if found:
                covered.add(name)
                addresses |= set(found)
        reach.add_list(f"names-{asked.list_name}", addresses, Origin.SNAPSHOT)
        if covered:
            text = f"{flow.id}: {_listed(tuple(sorted(covered)))} by addresses resolved at {self._snapshot.place}."
            reach.findings.append(finding("snapshot-used", flow.id, text))
        left = tuple(name for name in names if name not in covered)
        missing = tuple(name for name in left if name.addressing is not Addressing.CDN)
        if missing:
            text = f"{flow.id}: the snapshot has no address for {_listed(missing)}."
            reach.findings.append(finding("snapshot-missing", flow.id, text))
        return left

    def _by_any_address(self, reach: Reach, asked: Asked, names: tuple[Name, ...]) -> tuple[Name, ...]:
        """Open the flow to every address of the deployment's families; no name is left."""
        deployment, flow, destination = self._site.deployment, asked.flow, asked.destination
        exemption = deployment.any_address.get(destination)
        if exemption is None:
            raise UserError(
                f"names says any-address for {destination}, which needs a reason: "
                f"add any_address: {{{destination}: {{reason: ..., until: YYYY-MM-DD}}}}."
            )
        reach.endpoints |= {Endpoint(EndpointKind.ANY, family) for family in deployment.address_families}
        leaves = destination == flow.destination  # what comes in passes no egress policy
        behind = deployment.behind.get(self._target) if leaves else None
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
    why = why_refused(address, within)
    if why and not (example and why == DOCUMENTATION):
        raise UserError(
            f"the snapshot has {address} for {fqdn}, which is no public address: resolve again on a resolver you "
            "trust, or list your own ranges under the peer's within."
        )
