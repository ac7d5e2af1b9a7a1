"""Holds a deployment against the catalogue: every name in it exists, and exceptions have their reasons.

Owns errors that need the catalogue. Does not own what is required of the site (`ws_network.flows`).
"""

from collections.abc import Iterable

from ws_network.catalogue import Catalogue, RoleKind
from ws_network.deployment.model import Deployment
from ws_network.deployment.names import NAME_FILTERS, TARGET_FORMS, Form, NameRule
from ws_network.errors import UserError, unknown_name
from ws_network.findings import check_code

QUOTA_PREFIXES = ("aws-", "azure-", "gcp-")
"""The renderer of a cloud knows the quotas that begin with its name."""

PLATFORM_ROLES = ("dns-server", "ntp-server")
"""What a cloud offers in its own network and does not filter: resolver and time."""


PAGE_SLOTS = 79
"""Slots up to this one are the page's; those of extra flows begin above it."""

LAST_SLOT = 108
"""The last slot that has its priorities in Azure's range (`ws_network.azure.priorities`)."""


def check_deployment(deployment: Deployment, catalogue: Catalogue) -> None:
    """Raise `UserError` for the first thing in the deployment that the catalogue does not know or allow.

    Args:
        deployment: The site's settings.
        catalogue: The catalogue at the deployment's revision.
    """
    for region in deployment.regions:
        catalogue.region(region)
    _check_roles(deployment, catalogue)
    _known("feature", deployment.features or (), catalogue.features)
    _check_peers(deployment, catalogue)
    _check_extras(deployment, catalogue)
    _check_flow_ids(deployment, catalogue)
    _check_names(deployment, catalogue)
    for key in deployment.accept:
        check_code(key.split(":", 1)[0])
    for quota in deployment.quotas:
        if not quota.startswith(QUOTA_PREFIXES):
            raise UserError(f"unknown quota '{quota}': a quota begins with its cloud, as aws-rules-per-security-group.")


def _known(kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise UserError(unknown_name(kind, name, known))


def _check_roles(deployment: Deployment, catalogue: Catalogue) -> None:
    components = [role.id for role in catalogue.roles.values() if role.kind is RoleKind.COMPONENT]
    for role in deployment.roles:
        if role not in components and role in catalogue.roles and catalogue.roles[role].kind is RoleKind.SITE:
            raise UserError(f"'{role}' is no role to deploy: say peers: {{{role}: {{manage: true}}}} for its group.")
    _known("role", deployment.roles, components)
    _known("role under split", deployment.split, deployment.managed_roles)
    _known("role under machines", deployment.machines, deployment.managed_roles)
    for role, count in deployment.split.items():
        if count < 1:
            raise UserError(f"split says {count} groups for '{role}': give 1 or more.")


def _check_peers(deployment: Deployment, catalogue: Catalogue) -> None:
    extra_ends = {end for flow in deployment.extra_flows for end in (flow.source, flow.destination)}
    may_be_peer = {
        role.id
        for role in catalogue.roles.values()
        if role.kind in {RoleKind.COMPONENT, RoleKind.SITE} or role.mirror_of_service
    }
    _known("peer", deployment.peers, may_be_peer | extra_ends)
    for name, peer in deployment.all_peers.items():
        role = catalogue.roles.get(name)
        where = "proxy" if name == "web-proxy" else f"peers.{name}"
        if peer.platform and name not in PLATFORM_ROLES:
            raise UserError(f"{where} says platform: true, which only {' and '.join(PLATFORM_ROLES)} can: remove it.")
        if peer.serves is not None:
            if role is None or not role.serves:
                raise UserError(f"{where} says serves, but '{name}' has one purpose: remove it.")
            _known(f"service under {where}.serves", peer.serves, role.serves)
        if peer.through is not None and name != "siem-or-syslog-server":
            raise UserError(f"{where} says through, which only a siem-or-syslog-server can: remove it.")
        if peer.manage and role is not None and role.kind not in {RoleKind.COMPONENT, RoleKind.SITE}:
            raise UserError(f"{where} says manage: true, but a mirror gets no group: remove it.")
        if not (peer.has_addresses or peer.fqdns or peer.platform or peer.manage or name in deployment.roles):
            raise UserError(
                f"{where} has no address: give cidrs, fqdns or the ids of a cloud, as security_group_ids, "
                "or say manage: true, or platform: true for the cloud's own."
            )
    if deployment.proxy:
        services = [role.id for role in catalogue.roles.values() if role.kind is RoleKind.SERVICE]
        _known("destination under proxy.covers", deployment.proxy.covers, services)
        components = [role.id for role in catalogue.roles.values() if role.kind is RoleKind.COMPONENT]
        _known("role under proxy.roles", deployment.proxy.roles, components)
    if deployment.icmp and "network" not in deployment.peers:
        raise UserError("icmp: true needs a source: declare peers: {network: {cidrs: [...]}} with your ranges.")


def _check_extras(deployment: Deployment, catalogue: Catalogue) -> None:
    ends = {*catalogue.roles, *deployment.peers}
    seen: set[str] = set()
    ids = {flow.id for flow in deployment.extra_flows}
    for flow in deployment.extra_flows:
        if flow.id in catalogue.flows or flow.id in ends or flow.id in seen:
            raise UserError(f"extra_flows has '{flow.id}', which is taken: give it another id.")
        seen.add(flow.id)
        line = flow.id.removesuffix("-any")
        if line != flow.id and line in {*(known.id for known in catalogue.data.flows), *ids}:
            raise UserError(
                f"extra_flows has '{flow.id}', whose rules would be called like those of {line} that are open to any "
                "address: give it another id."
            )
        _known(f"source (of extra flow {flow.id})", [flow.source], ends)
        _known(f"destination (of extra flow {flow.id})", [flow.destination], ends)
    _check_slots(deployment)
    services = [role.id for role in catalogue.roles.values() if role.kind is RoleKind.SERVICE]
    for host in deployment.extra_hosts:
        _known(f"destination (of extra host {host.fqdn})", [host.destination], services)


def _check_slots(deployment: Deployment) -> None:
    taken: dict[int, str] = {}
    for flow in deployment.extra_flows:
        if flow.slot is None:
            continue
        if not PAGE_SLOTS < flow.slot <= LAST_SLOT:
            raise UserError(
                f"extra flow {flow.id} has the slot {flow.slot}: give one from {PAGE_SLOTS + 1} to {LAST_SLOT}, the "
                "others are the page's."
            )
        if (other := taken.setdefault(flow.slot, flow.id)) != flow.id:
            raise UserError(f"extra flows {other} and {flow.id} have the slot {flow.slot}: give each its own.")


def flow_ids(deployment: Deployment, catalogue: Catalogue) -> set[str]:
    """Return every flow id that the deployment may name: bare, qualified (`relay/agent-dns`) and extra."""
    ids = set(catalogue.flows) | {flow.id for flow in deployment.extra_flows}
    ids |= {f"{role}/{flow.id}" for flow in catalogue.flows.values() for role in flow.inherited_by}
    if deployment.proxy:
        ids |= {f"{role}/agent-proxy" for role in deployment.proxy.roles if role != "agent"}
    if deployment.proxy and deployment.proxy.manage:
        ids |= {f"web-proxy/{flow.id}" for flow in catalogue.flows.values() if flow.host_rows}
    return ids


def _check_flow_ids(deployment: Deployment, catalogue: Catalogue) -> None:
    known = flow_ids(deployment, catalogue)
    for where, ids in (
        ("decline", deployment.decline),
        ("expires", deployment.expires),
        ("port_overrides", deployment.port_overrides),
    ):
        _known(f"flow under {where}", ids, known)
    for flow_id in deployment.port_overrides:
        flow = catalogue.flows.get(flow_id.split("/")[-1])
        if flow is None:
            raise UserError(f"port_overrides has '{flow_id}', an extra flow: change its ports instead.")
        if len(flow.ports) != 1 or flow.served_ports:
            raise UserError(f"port_overrides has '{flow_id}', which has not exactly one port: it cannot be changed.")
        if catalogue.roles[flow.destination].kind is RoleKind.SERVICE and flow.destination not in deployment.peers:
            raise UserError(
                f"port_overrides has '{flow_id}', but {flow.destination} is the vendor's and listens on "
                f"{flow.ports[0]}: remove it."
            )


def _check_names(deployment: Deployment, catalogue: Catalogue) -> None:
    ends = {*catalogue.roles, *deployment.all_peers}
    _known("destination under any_address", deployment.any_address, ends)
    _known("destination under names", [rule.destination for rule in deployment.names.rules if rule.destination], ends)
    for rule in deployment.names.rules:
        if rule.target is not None:
            _check_forms(rule)
        if Form.ANY_ADDRESS in rule.forms:
            _check_reasons(rule, deployment)
    for target, policy in deployment.behind.items():
        if policy not in NAME_FILTERS:
            raise UserError(
                f"behind says that '{policy}' stands behind '{target}', but it does not filter names: "
                f"use one of {', '.join(sorted(NAME_FILTERS))}."
            )
        if policy.cloud != target.cloud:
            raise UserError(
                f"behind says that '{policy}' stands behind '{target}', which is in another cloud: remove it."
            )


def _check_forms(rule: NameRule) -> None:
    if rule.target is None:
        return
    for form in rule.forms:
        if form not in TARGET_FORMS[rule.target]:
            raise UserError(
                f"names says '{form}' for {rule.target}, which cannot hold it: "
                f"use one of {', '.join(form for form in Form if form in TARGET_FORMS[rule.target])}."
            )


def _check_reasons(rule: NameRule, deployment: Deployment) -> None:
    if rule.destination is None:
        if not deployment.any_address:
            raise UserError("names says any-address, which needs a reason: add the destinations under any_address.")
    elif rule.destination not in deployment.any_address:
        raise UserError(
            f"names says any-address for {rule.destination}, which needs a reason: "
            f"add any_address: {{{rule.destination}: {{reason: ..., until: YYYY-MM-DD}}}}."
        )
