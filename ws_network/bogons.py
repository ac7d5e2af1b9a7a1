"""Which addresses no public name may have: what is inside, reserved, or stands for one that is.

Owns the ranges, so that the answer does not depend on the Python that runs, and which of them not even a site's own
ranges let in. Does not own those ranges. Standard library and `addresses` only.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from ws_network.addresses import BITS, AddressSet, Family

DOCUMENTATION = "for documentation"

_NEVER = (
    ("the machine itself", ("127.0.0.0/8", "::1/128")),
    ("of one link only", ("169.254.0.0/16", "fe80::/10")),
    ("unspecified", ("0.0.0.0/8", "::/128")),
    ("of many machines at once (multicast)", ("224.0.0.0/4", "ff00::/8")),
    ("the platform of a cloud, which gives out credentials", ("168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::254/128")),
)
"""What no range of a site's own lets in: who reaches it reaches the machine, its neighbours or its credentials.

The registries below; Azure's platform, as "What is IP address 168.63.129.16" has it; the metadata of AWS and Google by
IPv6, as they and the lists of other projects have them. By IPv4 the latter are of one link.
"""
_RESERVED = (
    *_NEVER,
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    ("shared by a provider's customers", ("100.64.0.0/10",)),
    (DOCUMENTATION, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")),
    ("for benchmarks", ("198.18.0.0/15",)),
    ("reserved for protocols", ("192.0.0.0/24", "192.88.99.0/24", "2001::/23")),
    ("reserved", ("240.0.0.0/4",)),
)
"""IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890), read 2026-11-24; of IPv6 also all but 2000::/3."""

_SETS = tuple((why, AddressSet.from_cidrs(cidrs)) for why, cidrs in _RESERVED)
_UNICAST = AddressSet.from_cidrs(["0.0.0.0/0", "2000::/3"])
"""The part of IPv6 that is given out to networks (RFC 4291, section 2.4), and all of IPv4."""
_DNS64 = AddressSet.from_cidrs(["64:ff9b::/96", "64:ff9b:1::/48"])
"""Made by a resolver from an IPv4 address, for networks without IPv4 (RFC 6052, RFC 8215)."""

DNS64 = "made by DNS64 of the resolver"
_MAPPED = "an IPv4 address written as IPv6"
_NOT_EVEN_WITHIN = frozenset({_MAPPED, DNS64, *(why for why, _ in _NEVER)})


def why_refused(text: str, within: AddressSet) -> str:
    """Return why an answer is refused; nothing where it is public, or lies in a site's own ranges and may be there.

    Args:
        text: A single IPv4 or IPv6 address.
        within: The ranges of the site. If they are every address of a family, they say nothing about it.

    Raises:
        ValueError: it is no address.
    """
    why = why_not_public(text)
    if not why or why in _NOT_EVEN_WITHIN or text not in within:
        return why
    family: Family = 4 if ip_address(text).version == 4 else 6
    return why if within.size(family) == 1 << BITS[family] else ""


def why_not_public(text: str) -> str:
    """Return why an address is none that a public name may have; nothing where it may.

    Args:
        text: A single IPv4 or IPv6 address.

    Raises:
        ValueError: it is none.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return _MAPPED
    for why, reserved in _SETS:
        if address in reserved:
            return why
    if isinstance(address, IPv6Address):
        if address in _DNS64:
            return DNS64
        inner = _of_6to4(address)
        if inner is not None and (why := why_not_public(str(inner))):
            return f"6to4 of {inner}, which is {why}"
    return "" if address in _UNICAST else "reserved"


def _of_6to4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address inside an address of 2002::/16 (RFC 3056)."""
    return address.sixtofour
