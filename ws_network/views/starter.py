"""The short deployment file that a site begins with.

Owns the wording of the file. Does not own the questions (`ws_network.cli.init`) nor how an answer is read
(`ws_network.views.answers`). What it writes loads and passes the check. Its plan has no error unless the answer was
`refuse` or `snapshot`: then it names the hosts that are refused, with a snapshot those that it has no address of and
those of content networks. Nothing in it opens a port to any address unless the answer was in so many words that
something else filters the names.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum, unique
from typing import Any

import yaml

from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, Target
from ws_network.errors import UserError
from ws_network.grammar import GRAMMARS
from ws_network.plan import Plan, build_plan
from ws_network.views.answers import Cloud, peer, proxy_of

DEFAULT_COVERS = ("workload-security", "trend-micro-update-server", "download-center")
"""What one proxy setting of the product covers; the Smart Protection Network has settings of its own."""

THIS = {Target.AWS_SECURITY_GROUP: "a security group", Target.AZURE_NSG: "a network security group"}
"""What a filter that cannot hold names is called."""


@unique
class Decision(StrEnum):
    """What serves hosts that no published block covers, on a filter that cannot hold names."""

    FILTERED = "filtered"
    """Any address on the port, since another policy filters the names."""
    SNAPSHOT = "snapshot"
    """Addresses that the names resolve to, kept in a file."""
    REFUSE = "refuse"
    """Nothing: the plan fails and names the hosts."""


@dataclass(frozen=True, slots=True)
class Start:
    """The answers that a deployment begins with."""

    region: str
    roles: tuple[str, ...]
    dns: str
    """`platform`, or addresses or ids of the cloud, by commas."""
    ntp: str
    cloud: Cloud = Cloud.AWS
    proxy: str | None = None
    """`address:port`, or None."""
    covers: tuple[str, ...] = DEFAULT_COVERS
    """Services that are reached through the proxy."""
    siem: str | None = None
    relays: str | None = None
    """Addresses of relays that are not among the roles; where rules cannot name machines, of those that are too."""
    decision: Decision = Decision.REFUSE
    """Has no place where the cloud follows names."""
    behind: Target | None = Target.AWS_NETWORK_FIREWALL
    """The policy that filters names; None for one that is none of these."""
    reason: str = ""
    """Why any address is right, where `decision` is `filtered`."""
    until: date | None = None
    """Last day of that."""


def needs_relays(cloud: Cloud, roles: tuple[str, ...]) -> bool:
    """Return whether the ranges of the site's own relays have to be told.

    Relays are the one role of the site that others of its roles reach.
    """
    return cloud.reaches_by_ranges and "relay" in roles


def starter_file(start: Start, catalogue: Catalogue) -> str:
    """Return the text of a deployment file, with the catalogue's revision pinned.

    Raises:
        UserError: an answer cannot be used.
    """
    destinations = tuple(uncovered(start, catalogue)) if start.decision is not Decision.REFUSE else ()
    text = _text(start, catalogue, destinations)
    _plan(text, catalogue, start.cloud.target)
    return text


def uncovered(start: Start, catalogue: Catalogue) -> dict[str, list[str]]:
    """Return the hosts that no published block covers, by destination: what the names decision is about.

    Raises:
        UserError: an answer cannot be used.
    """
    text = _text(replace(start, decision=Decision.REFUSE), catalogue, ())
    plan = _plan(text, catalogue, start.cloud.target)
    refused = {entry.flow for entry in plan.findings if entry.code == "names-refused"}
    left: dict[str, set[str]] = {}
    for flow in plan.flows:
        if flow.id in refused:
            names = {name.fqdn for name in flow.names if str(name.addressing) != "published"}
            left.setdefault(flow.destination, set()).update(names)
    return {destination: sorted(names) for destination, names in left.items()}


def _plan(text: str, catalogue: Catalogue, target: Target) -> Plan:
    return build_plan(catalogue, Deployment.parse(yaml.safe_load(text), "the new deployment"), target=target)


def _text(start: Start, catalogue: Catalogue, destinations: tuple[str, ...]) -> str:
    if start.cloud.follows_names and start.decision is not Decision.REFUSE:
        raise UserError(f"a policy of {start.cloud} follows host names, so nothing is decided: leave out the decision.")
    if needs_relays(start.cloud, start.roles) and not start.relays:
        raise UserError(f"rules of {start.cloud} reach relays by their ranges alone: give them as relays.")
    cloud, region = start.cloud, catalogue.region(start.region)
    lines = [
        "# What Workload Security needs of this site's network, for ws-network (unofficial).",
        "# `ws-network plan` shows what it opens, `ws-network schema` every key.",
        f"region: {start.region:<20}# the service's region: {region.country}",
        f"revision: {_quoted(catalogue.revision):<18}# state of the vendor's page; `ws-network diff` shows newer ones",
        f"roles: {_flow(list(start.roles))}",
        "peers:",
        f"  dns-server: {_flow(peer(start.dns, cloud, platform=True))}",
        f"  ntp-server: {_flow(peer(start.ntp, cloud, platform=True))}",
    ]
    lines.append(
        f"  siem-or-syslog-server: {_flow(peer(start.siem, cloud))}"
        if start.siem is not None
        else "  # siem-or-syslog-server: {cidrs: [10.0.0.5/32]}"
    )
    if start.relays is not None:
        lines.append(f"  relay: {_flow(peer(start.relays, cloud))}")
    if start.proxy is not None:
        lines.append(f"proxy: {_flow(proxy_of(start.proxy, start.covers, cloud))}")
    return "\n".join([*lines, *_enforced(start), *_names(start, destinations)]) + "\n"


def _enforced(start: Start) -> list[str]:
    """Return the lines that make rules count where the platform allows what no rule names, and find their machines."""
    if not GRAMMARS[start.cloud.target].allows_the_rest:
        return []
    lines = ["deny_rest: true             # deny what no rule below allows; false leaves it open"]
    if start.cloud is Cloud.GCP:
        lines.append(
            "machines:                   # the program gives the tag of each role's machines by role_secure_tags"
        )
        lines += [f"  {role}: {{given: secure-tag}}" for role in start.roles]
    return lines


def _names(start: Start, destinations: tuple[str, ...]) -> list[str]:
    """Return the lines of the names decision."""
    target = start.cloud.target
    if start.cloud.follows_names:
        return [
            "",
            "# Published address blocks cover only some hosts; the others are followed by name.",
            f"names: {{default: [blocks, refuse], {target}: [blocks, fqdn, refuse]}}",
        ]
    head = ["", f"# Published address blocks cover only some hosts, and {THIS[target]} cannot hold a name."]
    if start.decision is Decision.REFUSE or not destinations:
        return [
            *head,
            "# Hosts without a block are refused: the plan fails and names them.",
            "names: {default: [blocks, refuse]}",
        ]
    if start.decision is Decision.SNAPSHOT:
        return [
            *head,
            "# The others are allowed by the addresses in a snapshot file, which `ws-network resolve` makes;",
            "# hosts of a content network never are, so they need another form, a proxy, or `decline`.",
            "names: {default: [blocks, snapshot, refuse]}",
        ]
    if start.until is None or not start.reason:
        raise UserError("any address needs a reason and an end date: give both.")
    exemption = _flow({"reason": start.reason, "until": start.until})
    return [
        *head,
        "# The others are open to any address on their port, because something else filters the names.",
        "names:",
        f"  {target}:",
        *(f"    {destination}: [blocks, any-address]" for destination in destinations),
        *([f"behind: {{{target}: {start.behind}}}"] if start.behind else []),
        "any_address:",
        *(f"  {destination}: {exemption}" for destination in destinations),
    ]


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True).strip()


def _quoted(text: str) -> str:
    return f'"{text}"'
