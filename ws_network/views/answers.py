"""Short answers about a site, read: its cloud, `platform` or `10.0.0.2` as a peer, `address:port` as the proxy.

Owns the forms in which each cloud takes a peer, and what each is told apart by. Does not own the questions
(`ws_network.cli.init`) nor the file that the answers make (`ws_network.views.starter`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any

from ws_network.addresses import parse_cidr
from ws_network.deployment import Target
from ws_network.deployment.names import NAME_FILTERS
from ws_network.deployment.parts import (
    AddressGroup,
    ApplicationSecurityGroupId,
    Cidr,
    Port,
    PrefixListId,
    SecurityGroupId,
    ServiceTag,
)
from ws_network.errors import UserError, unknown_name
from ws_network.grammar import GRAMMARS, EndpointKind
from ws_network.validation import check_form


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

    @property
    def follows_names(self) -> bool:
        """Whether a rule there can hold host names, so that nothing has to be decided about them."""
        return EndpointKind.NAMES in GRAMMARS[self.target].egress

    @property
    def reaches_by_ranges(self) -> bool:
        """Whether a rule there can name the machines of a role that others reach by their addresses alone."""
        return EndpointKind.ROLE not in GRAMMARS[self.target].egress


_OF_CLOUD: dict[Cloud, tuple[Target, Target | None]] = {
    Cloud.AWS: (Target.AWS_SECURITY_GROUP, Target.AWS_NETWORK_FIREWALL),
    Cloud.AZURE: (Target.AZURE_NSG, Target.AZURE_FIREWALL),
    Cloud.GCP: (Target.GCP_FIREWALL_POLICY, None),
}


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of a cloud's own in which a peer can be given."""

    key: str
    """Of the peer."""
    name: str
    begins: re.Pattern[str]
    """What is meant to be one; whether it is, `kind` says."""
    kind: Any


_ADDRESS = re.compile(r"(?=.*[\d:])[0-9A-Fa-f:.]+(/\d*)?")
"""What is meant as an address or range."""

_FORMS: Mapping[Cloud, tuple[_Form, ...]] = {
    Cloud.AWS: (
        _Form("security_group_ids", "security group id", re.compile(r"(\d+/)?sg-"), SecurityGroupId),
        _Form("prefix_list_ids", "prefix list id", re.compile(r"pl-"), PrefixListId),
    ),
    Cloud.AZURE: (
        _Form("service_tags", "service tag", re.compile(r"[A-Z]"), ServiceTag),
        _Form("application_security_group_ids", "group id", re.compile(r"/subscriptions/"), ApplicationSecurityGroupId),
    ),
    Cloud.GCP: (_Form("address_groups", "address group", re.compile(r"(projects|organizations)/"), AddressGroup),),
}
"""What egress rules take there: the peers of the questions are all reached, none begins."""

_TAKES: Mapping[Cloud, str] = {
    Cloud.AWS: (
        "a rule on AWS takes: give addresses, ranges as 10.20.0.0/24, or ids as pl-0f3a9c21d4e5b6a78 and "
        "sg-0a1b2c3d4e5f60718"
    ),
    Cloud.AZURE: (
        "a rule on Azure takes: give addresses, ranges as 10.20.0.0/24, service tags as VirtualNetwork, or ids of "
        "application security groups (/subscriptions/...)"
    ),
    Cloud.GCP: (
        "a rule on GCP takes: give addresses, ranges as 10.20.0.0/24, or address groups as "
        "projects/hub/locations/global/addressGroups/collectors"
    ),
}


def peer(answer: str, cloud: Cloud, *, platform: bool = False) -> dict[str, Any]:
    """Return the peer that an answer names: addresses, ranges and what the cloud has of its own, by commas.

    Args:
        answer: What was typed.
        cloud: Whose forms it may have.
        platform: Whether it may be `platform`, the cloud's own server.

    Raises:
        UserError: a part is none of these; says what the cloud takes.
    """
    if platform and answer.strip() == "platform":
        return {"platform": True}
    found: dict[str, list[str]] = {}
    for part in [part for part in re.split(r"[,\s]+", answer) if part] or [""]:
        key, kind, name = _form(part, cloud)
        check_form(kind, part, name)
        found.setdefault(key, []).append(parse_cidr(part).text if key == "cidrs" else part)
    return {key: found[key] for key in ("cidrs", *(form.key for form in _FORMS[cloud])) if key in found}


def _form(part: str, cloud: Cloud) -> tuple[str, Any, str]:
    if _ADDRESS.fullmatch(part):
        return "cidrs", Cidr, "the address"
    for form in _FORMS[cloud]:
        if form.begins.match(part):
            return form.key, form.kind, f"the {form.name}"
    raise UserError(f"'{part}' is no other end that {_TAKES[cloud]}.")


def proxy_of(answer: str, covers: tuple[str, ...], cloud: Cloud) -> dict[str, Any]:
    """Return the proxy that `address:port` names.

    Raises:
        UserError: there is no port, or it or the address is none.
    """
    match = re.fullmatch(r"\[?([^\]\s]+?)\]?:(\d+)", answer.strip())
    if match is None:
        raise UserError(f"'{answer}' is no proxy: write its address and port, as 10.20.9.10:3128.")
    check_form(Port, match[2], "the proxy's port")
    return {**peer(match[1], cloud), "port": int(match[2]), "covers": list(covers)}


def policy(answer: str, cloud: Cloud) -> Target | None:
    """Return the target that stands behind; None for `other`.

    Raises:
        UserError: it filters no names, or is in another cloud.
    """
    if answer == "other":
        return None
    known = sorted(filters for filters in NAME_FILTERS if filters.cloud == cloud)
    if answer not in NAME_FILTERS:
        raise UserError(unknown_name("policy that filters names", answer, [*known, "other"]))
    if answer not in known:
        raise UserError(f"'{answer}' stands behind no rule on {cloud}: use one of {', '.join([*known, 'other'])}.")
    return Target(answer)
