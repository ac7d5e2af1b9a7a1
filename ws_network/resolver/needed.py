"""Which host names a deployment needs, and what is known about their addresses before anybody asks.

Owns the choice. Does not own which form of address a target uses for them: the snapshot serves all targets.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ws_network.addresses import AddressSet
from ws_network.catalogue import Addressing, Catalogue, RoleKind
from ws_network.deployment import Deployment, check_deployment
from ws_network.errors import UserError, unknown_name
from ws_network.flows import RequiredFlow, required_flows

NONE = AddressSet.empty()


@dataclass(frozen=True, slots=True)
class Host:
    """A name that flows need."""

    fqdn: str
    flows: tuple[str, ...]
    """Ids of the flows, sorted."""
    content: bool = False
    """It is of a content network, whose addresses belong to others too: never asked for."""
    within: AddressSet = NONE
    """Ranges of the site in which its answers may lie although they are not public."""
    blocks: AddressSet = NONE
    """The published blocks of its region; empty where none is known to cover it."""


def needed_hosts(catalogue: Catalogue, deployment: Deployment) -> tuple[Host, ...]:
    """Return the host names that the flows of a site need, sorted: the page's, the site's own, and those of its peers.

    No end date counts: a program that looks at none has the flow still. A required peer may be missing, since a
    program may give its group by id.

    Args:
        catalogue: At any revision; the deployment's is taken.
        deployment: The site.

    Raises:
        UserError: the deployment has a mistake, or names something unknown.
    """
    catalogue = catalogue.at(deployment.revision)
    check_deployment(deployment, catalogue)
    return union(
        host
        for flow in _flows(catalogue, deployment)
        for host in (*_of_page(catalogue, flow), *_of_peers(catalogue, deployment, flow))
    )


def union(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """Return each name once, sorted, with all that needs it: of several flows, or of several sites."""
    found: dict[str, Host] = {}
    for host in hosts:
        found[host.fqdn] = _both(found[host.fqdn], host) if host.fqdn in found else host
    return tuple(found[fqdn] for fqdn in sorted(found))


def _flows(catalogue: Catalogue, deployment: Deployment) -> tuple[RequiredFlow, ...]:
    """Return the flows of a site; where peers are missing, as if a program gave them by id.

    A Smart Protection Server is not among them: it would answer in place of hosts that are needed without it.
    """
    try:
        return required_flows(catalogue, deployment).flows
    except UserError as error:
        ends = {role.id for role in catalogue.roles.values() if role.kind in {RoleKind.COMPONENT, RoleKind.SITE}}
        try:
            references = tuple(sorted(ends - {"smart-protection-server"}))
            return required_flows(catalogue, deployment, references=references).flows
        except UserError:
            raise error from None


def to_ask(hosts: tuple[Host, ...], only: tuple[str, ...] = ()) -> tuple[Host, ...]:
    """Return the hosts to ask DNS about: all but those of content networks, or those that are named.

    Raises:
        UserError: a named one is unknown or of a content network, or there is nothing to ask.
    """
    known = {host.fqdn: host for host in hosts}
    for fqdn in only:
        if fqdn not in known:
            raise UserError(unknown_name("host name under --only", fqdn, known))
        if known[fqdn].content:
            raise UserError(
                f"{fqdn} is of a content network, whose addresses belong to others too, and is never resolved: "
                "leave it out of --only, and reach it through a policy that filters names."
            )
    asked = tuple(host for host in hosts if not host.content and (not only or host.fqdn in only))
    if not asked:
        raise UserError(
            "no flow needs a name that may be resolved: nothing is to do, and no plan needs a snapshot "
            "('ws-network flows --format json' lists its host names)."
        )
    return asked


def _of_page(catalogue: Catalogue, flow: RequiredFlow) -> list[Host]:
    return [
        Host(
            name.fqdn,
            (flow.id,),
            content=name.addressing is Addressing.CDN or catalogue.is_content(name.fqdn),
            blocks=AddressSet.from_cidrs(
                [block.cidr for block in catalogue.blocks(name.region)]
                if name.addressing is Addressing.PUBLISHED
                else []
            ),
        )
        for name in flow.names
    ]


def _of_peers(catalogue: Catalogue, deployment: Deployment, flow: RequiredFlow) -> list[Host]:
    peers = deployment.all_peers
    return [
        Host(
            fqdn,
            (flow.id,),
            content=catalogue.is_content(fqdn),
            within=AddressSet.from_cidrs(peers[end].within),
        )
        for end in dict.fromkeys((flow.source, flow.destination))
        if end in peers
        for fqdn in peers[end].fqdns
    ]


def _both(one: Host, other: Host) -> Host:
    """Return a name that is needed twice; it may be inside where both allow it, as both make a plan of the file."""
    return Host(
        one.fqdn,
        tuple(sorted({*one.flows, *other.flows})),
        content=one.content or other.content,
        within=one.within & other.within,
        blocks=one.blocks | other.blocks,
    )
