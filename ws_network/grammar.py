"""What one rule can say on each target: the one place to look up how the clouds differ.

Owns the forms that a rule's other end can take, how much one rule holds, what a target never filters, and what it
cannot say at all. Does not own limits in numbers (`ws_network.<cloud>.limits`), names and words of a cloud (its
renderer), nor which form of a host name is permitted (`ws_network.deployment.names`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique

from ws_network.addresses import FAMILIES, AddressSet, Family
from ws_network.deployment import MachineMark, Target


@unique
class EndpointKind(StrEnum):
    """The forms that a rule's other end can take."""

    LIST = "list"
    """Addresses of one family, under a name: `Reach.lists`."""
    NAMES = "names"
    """Host names that the platform follows, under a name: `Reach.name_lists`."""
    ROLE = "role"
    """The machines of a role of this site."""
    SECURITY_GROUP = "security-group"
    """An AWS group of others, by id."""
    PREFIX_LIST = "prefix-list"
    """An AWS list of others, by id."""
    SERVICE_TAG = "service-tag"
    """An Azure service tag."""
    APPLICATION_SECURITY_GROUP = "application-security-group"
    """An Azure group of others, by id."""
    ADDRESS_GROUP = "address-group"
    """A GCP address group of others."""
    SECURE_TAG = "secure-tag"
    """A GCP tag of others, by id."""
    SERVICE_ACCOUNT = "service-account"
    """A GCP service account of others."""
    NETWORK_TAG = "network-tag"
    """A GCP network tag of others."""
    REFERENCE = "reference"
    """A group or tag whose id the caller gives when the component is made: `peer`, or `peer/label`."""
    ANY = "any"
    """Every address of a family."""


PEER_FORMS: Mapping[EndpointKind, str] = {
    EndpointKind.SECURITY_GROUP: "security_group_ids",
    EndpointKind.PREFIX_LIST: "prefix_list_ids",
    EndpointKind.SERVICE_TAG: "service_tags",
    EndpointKind.APPLICATION_SECURITY_GROUP: "application_security_group_ids",
    EndpointKind.ADDRESS_GROUP: "address_groups",
    EndpointKind.SECURE_TAG: "secure_tags",
    EndpointKind.SERVICE_ACCOUNT: "service_accounts",
    EndpointKind.NETWORK_TAG: "network_tags",
}
"""The key of a peer under which each form of a cloud's own is given."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What one rule of a target holds."""

    many_ports: bool
    """Any ports of one protocol; else one range of neighbours."""
    many_protocols: bool
    """Ports of several protocols."""
    many_lists: bool
    """Several lists of addresses of one family; else one."""
    many_members: bool
    """Several roles, tags or groups; else one."""
    icmp_types: bool
    """ICMP by type and code; else all of ICMP."""
    prioritised: bool
    """A rule has a priority of its own, which a frozen slot gives it."""
    allows_the_rest: bool
    """What no rule names is allowed by the platform, so denying it must be said."""
    egress: frozenset[EndpointKind]
    """What the other end can be where the role's machines begin."""
    ingress: frozenset[EndpointKind]
    """What the other end can be where they answer."""
    unfiltered: AddressSet
    """Addresses that the target does not filter."""
    wildcards: bool = False
    """A rule can say the page's wildcard: a name and every name under it."""
    at_the_edge: bool = False
    """It sees what leaves the network, and not what stays inside: the machines of the site among each other."""
    not_in_names: tuple[str, ...] = ()
    """What a host name may not have inside where it is filtered."""
    families: frozenset[Family] = frozenset(FAMILIES)
    """Families of addresses that its rules take."""
    by_name_only: bool = False
    """It sees host names, and no traffic: what is reached by address is not its to allow."""

    @property
    def web_only(self) -> bool:
        """Whether it sees TLS and HTTP alone: what carries no host name passes beside it."""
        return self.egress == {EndpointKind.NAMES} and not self.by_name_only

    @property
    def sees_all_traffic(self) -> bool:
        """Whether nothing leaves past it; a resolver and a proxy see only what asks them."""
        return EndpointKind.LIST in self.egress


_ALWAYS = frozenset({EndpointKind.LIST, EndpointKind.ANY})
_GROUPS = _ALWAYS | {EndpointKind.ROLE, EndpointKind.REFERENCE}
_AWS = _GROUPS | {EndpointKind.SECURITY_GROUP, EndpointKind.PREFIX_LIST}
_AZURE = _GROUPS | {EndpointKind.SERVICE_TAG, EndpointKind.APPLICATION_SECURITY_GROUP}


def _edge(*egress: EndpointKind) -> Grammar:
    """Return the grammar of what filters names where traffic leaves the network."""
    return Grammar(
        many_ports=True,
        many_protocols=False,
        many_lists=True,
        many_members=False,
        icmp_types=False,
        prioritised=False,
        allows_the_rest=False,
        egress=frozenset(egress),
        ingress=frozenset(),
        unfiltered=AddressSet.from_cidrs(["169.254.0.0/16", "168.63.129.16/32", "fd00:ec2::/32", "fe80::/10"]),
        wildcards=True,
        at_the_edge=True,
    )


GRAMMARS: Mapping[Target, Grammar] = {
    Target.AWS_SECURITY_GROUP: Grammar(
        many_ports=False,
        many_protocols=False,
        many_lists=False,
        many_members=False,
        icmp_types=True,
        prioritised=False,
        allows_the_rest=False,
        egress=_AWS,
        ingress=_AWS,
        unfiltered=AddressSet.from_cidrs(
            [
                "169.254.169.253/32",
                "169.254.169.123/32",
                "169.254.169.254/32",
                "fd00:ec2::253/128",
                "fd00:ec2::123/128",
                "fd00:ec2::254/128",
            ]
        ),
    ),
    Target.AZURE_NSG: Grammar(
        many_ports=True,
        many_protocols=False,
        many_lists=True,
        many_members=False,
        icmp_types=False,
        prioritised=True,
        allows_the_rest=True,
        egress=_AZURE,
        ingress=_AZURE,
        unfiltered=AddressSet.from_cidrs(["168.63.129.16/32", "169.254.169.254/32"]),
    ),
    Target.GCP_FIREWALL_POLICY: Grammar(
        many_ports=True,
        many_protocols=True,
        many_lists=True,
        many_members=True,
        icmp_types=False,
        prioritised=True,
        allows_the_rest=True,
        egress=_ALWAYS | {EndpointKind.NAMES, EndpointKind.ADDRESS_GROUP},
        ingress=_GROUPS | {EndpointKind.ADDRESS_GROUP, EndpointKind.SECURE_TAG},
        unfiltered=AddressSet.from_cidrs(["169.254.169.254/32"]),
    ),
    Target.GCP_VPC_FIREWALL: Grammar(
        many_ports=True,
        many_protocols=True,
        many_lists=True,
        many_members=True,
        icmp_types=False,
        prioritised=False,
        allows_the_rest=True,
        egress=_ALWAYS,
        ingress=_GROUPS | {EndpointKind.SERVICE_ACCOUNT, EndpointKind.NETWORK_TAG},
        unfiltered=AddressSet.from_cidrs(["169.254.169.254/32"]),
    ),
    Target.AWS_NETWORK_FIREWALL: _edge(EndpointKind.LIST, EndpointKind.NAMES),
    Target.AWS_DNS_FIREWALL: replace(_edge(EndpointKind.NAMES), by_name_only=True, not_in_names=("_",)),
    Target.AZURE_FIREWALL: replace(
        _edge(EndpointKind.LIST, EndpointKind.NAMES, EndpointKind.SERVICE_TAG),
        not_in_names=("--",),
        families=frozenset({4}),
    ),
    Target.GCP_SECURE_WEB_PROXY: _edge(EndpointKind.NAMES),
}
"""Sources. AWS: VPC user guide, "Security groups" (what is not filtered: VPC resolver, Time Sync and instance metadata,
by their fixed addresses) and EC2 API, AuthorizeSecurityGroupEgress. Azure: "Network security groups" and the API's
SecurityRulePropertiesFormat; the platform's addresses are outside of NSGs unless a rule names their service tag. GCP:
"Firewall policy rules" and "VPC firewall rules"; 169.254.169.254 (metadata, DNS, DHCP, NTP) is always allowed, and no
rule can name machines by tag or service account as a destination. Filters of names: "AWS Network Firewall stateful
domain list rule groups", "Route 53 Resolver DNS Firewall", "Azure Firewall FQDN filtering", "Secure Web Proxy URL
lists"; what a platform answers by fixed addresses on the machine's own link never comes to any of them."""

PACKET_FILTERS = tuple(target for target, grammar in GRAMMARS.items() if not grammar.at_the_edge)
"""Targets beside the machines of a role, in both directions; the others filter names where traffic leaves."""

MARKS: Mapping[Target, frozenset[MachineMark]] = {
    Target.GCP_FIREWALL_POLICY: frozenset({MachineMark.SECURE_TAG, MachineMark.SERVICE_ACCOUNT}),
    Target.GCP_VPC_FIREWALL: frozenset({MachineMark.NETWORK_TAG, MachineMark.SERVICE_ACCOUNT}),
}
"""By which marks the rules of a target find their machines; a target that is not here has a group per role."""

_MARK_OF_SOURCE: Mapping[EndpointKind, MachineMark] = {
    EndpointKind.SERVICE_ACCOUNT: MachineMark.SERVICE_ACCOUNT,
    EndpointKind.NETWORK_TAG: MachineMark.NETWORK_TAG,
}


def source_is_sayable(target: Target, kind: EndpointKind, own: MachineMark | None, other: MachineMark | None) -> bool:
    """Return whether a rule of a role may name a source of this kind.

    A policy's rule takes secure tags as sources, whatever finds its own machines. A rule of a VPC takes network tags or
    service accounts, and only those that its own machines are found by: it cannot mix the two.

    Args:
        target: What holds the rule.
        kind: Of the source.
        own: Mark by which the rule finds its machines; None where the target has groups.
        other: Mark of the source's machines, where it is a role of the site.
    """
    if target is Target.GCP_FIREWALL_POLICY:
        return kind is not EndpointKind.ROLE or other is MachineMark.SECURE_TAG
    if target is Target.GCP_VPC_FIREWALL:
        if kind is EndpointKind.ROLE:
            return own is not None and own is other
        if kind is EndpointKind.REFERENCE:
            return own is MachineMark.NETWORK_TAG
        return kind not in _MARK_OF_SOURCE or _MARK_OF_SOURCE[kind] is own
    return True
