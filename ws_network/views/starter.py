"""The short deployment file that a site begins with.

Owns the wording of the file and how answers such as `platform` or `10.0.0.2` become peers. Does not own the questions
(`ws_network.cli.init`). What it writes loads and passes the check; nothing in it opens a port to any address unless
the answer was in so many words that something else filters the names.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum, unique
from typing import Any

import yaml

from ws_network.addresses import parse_cidr
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, Target
from ws_network.deployment.names import NAME_FILTERS
from ws_network.errors import UserError, unknown_name
from ws_network.grammar import GRAMMARS, EndpointKind
from ws_network.plan import Plan, build_plan

DEFAULT_COVERS = ("workload-security", "trend-micro-update-server", "download-center")
"""What one proxy setting of the product covers; the Smart Protection Network has settings of its own."""

THIS = {Target.AWS_SECURITY_GROUP: "a security group", Target.AZURE_NSG: "a network security group"}
"""What a filter that cannot hold names is called."""

PEER_KEYS = ("prefix_list_ids", "security_group_ids", "cidrs")
_GROUP = re.compile(r"(\d{12}/)?sg-[0-9a-f]+")


@unique
class Cloud(StrEnum):
    """Where the site is."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"

    @property
    def target(self) -> Target:
        """What holds the rules there."""
        return _OF_CLOUD[self][0]

    @property
    def name_filter(self) -> Target | None:
        """The policy that usually stands behind it; None where the target follows names itself."""
        return _OF_CLOUD[self][1]


_OF_CLOUD: dict[Cloud, tuple[Target, Target | None]] = {
    Cloud.AWS: (Target.AWS_SECURITY_GROUP, Target.AWS_NETWORK_FIREWALL),
    Cloud.AZURE: (Target.AZURE_NSG, Target.AZURE_FIREWALL),
    Cloud.GCP: (Target.GCP_FIREWALL_POLICY, None),
}


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
    """`platform`, or addresses or AWS ids, by commas."""
    ntp: str
    cloud: Cloud = Cloud.AWS
    proxy: str | None = None
    """`address:port`, or None."""
    covers: tuple[str, ...] = DEFAULT_COVERS
    """Services that are reached through the proxy."""
    siem: str | None = None
    relays: str | None = None
    """Addresses of relays that are not among the roles."""
    decision: Decision = Decision.REFUSE
    behind: Target | None = Target.AWS_NETWORK_FIREWALL
    """The policy that filters names; None for one that is none of these."""
    reason: str = ""
    """Why any address is right, where `decision` is `filtered`."""
    until: date | None = None
    """Last day of that."""


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


def peer(answer: str) -> dict[str, Any]:
    """Return the peer that an answer names: `platform`, or addresses, ranges and AWS ids by commas.

    Raises:
        UserError: a part is none of these.
    """
    if answer.strip() == "platform":
        return {"platform": True}
    found: dict[str, list[str]] = {}
    for part in re.split(r"[,\s]+", answer.strip()):
        if part.startswith("pl-"):
            found.setdefault("prefix_list_ids", []).append(part)
        elif _GROUP.fullmatch(part):
            found.setdefault("security_group_ids", []).append(part)
        else:
            found.setdefault("cidrs", []).append(parse_cidr(part).text)
    return {key: found[key] for key in reversed(PEER_KEYS) if key in found}


def proxy_of(answer: str, covers: tuple[str, ...]) -> dict[str, Any]:
    """Return the proxy that `address:port` names.

    Raises:
        UserError: there is no port, or the address is none.
    """
    match = re.fullmatch(r"\[?([^\]\s]+?)\]?:(\d+)", answer.strip())
    if match is None:
        raise UserError(f"'{answer}' is no proxy: write its address and port, as 10.20.9.10:3128.")
    return {**peer(match[1]), "port": int(match[2]), "covers": list(covers)}


def policy(answer: str) -> Target | None:
    """Return the target that stands behind; None for `other`.

    Raises:
        UserError: it filters no names.
    """
    if answer == "other":
        return None
    if answer not in NAME_FILTERS:
        raise UserError(unknown_name("policy that filters names", answer, {*NAME_FILTERS, "other"}))
    return Target(answer)


def _text(start: Start, catalogue: Catalogue, destinations: tuple[str, ...]) -> str:
    region = catalogue.region(start.region)
    lines = [
        "# What Workload Security needs of this site's network, for ws-network (unofficial).",
        "# `ws-network plan` shows what it opens, `ws-network schema` every key.",
        f"region: {start.region:<20}# the service's region: {region.country}",
        f"revision: {_quoted(catalogue.revision):<18}# state of the vendor's page; `ws-network diff` shows newer ones",
        f"roles: {_flow(list(start.roles))}",
        "peers:",
        f"  dns-server: {_flow(peer(start.dns))}",
        f"  ntp-server: {_flow(peer(start.ntp))}",
    ]
    lines.append(
        f"  siem-or-syslog-server: {_flow(peer(start.siem))}"
        if start.siem
        else "  # siem-or-syslog-server: {cidrs: [10.0.0.5/32]}"
    )
    if start.relays:
        lines.append(f"  relay: {_flow(peer(start.relays))}")
    if start.proxy:
        lines.append(f"proxy: {_flow(proxy_of(start.proxy, start.covers))}")
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
    if EndpointKind.NAMES in GRAMMARS[target].egress:
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
            "# The others are allowed by the addresses in a snapshot file (`ws-network plan --snapshot FILE`);",
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
