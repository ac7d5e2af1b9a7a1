"""Virtual networks, subnets and network interfaces of the emulated Azure.

Owns address spaces (inside, apart from each other, big enough), which addresses interfaces get, what an interface may
wear, and that a subnet in use stays. Of the other properties only the form is checked; they are kept as they are given.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from sandbox.azure.errors import ArmError, bad
from sandbox.azure.ids import ResourceId, parse
from sandbox.azure.rules import check_name
from sandbox.azure.security_groups import APPLICATION_GROUPS, NetworkSecurityGroup
from sandbox.azure.session import Body, Child, Located, Session, etag

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The longest prefix of an IPv4 subnet; IPv6 subnets are always /64. From Azure's page on virtual networks.
LONGEST_IPV4, IPV6 = 29, 64
#: Addresses at the start of a subnet that Azure keeps for itself; the last one of an IPv4 subnet too.
RESERVED = 4
#: Application security groups of one IP configuration.
MAX_GROUPS_PER_CONFIGURATION = 20

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str, owner: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise bad(
            "InvalidCIDRNotation", f"The address prefix {text} in resource {owner} has an invalid CIDR notation."
        ) from None


def _inside(one: Network, others: Iterable[Network]) -> bool:
    return any(one.version == other.version and one.subnet_of(other) for other in others)  # type: ignore[arg-type]


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _prefixes(subnet: Body) -> list[str]:
    properties = subnet["properties"]
    return [*(properties.get("addressPrefixes") or []), *filter(None, [properties.get("addressPrefix")])]


def _kept(session: Session, key: ResourceId, subnet: Body, network: Body) -> Body:
    """Return a subnet as it is kept in its network, after a look at its addresses and at what it refers to."""
    check_name(key.name)
    given = subnet.get("properties") or {}
    defaults = {"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"}
    properties = {"delegations": [], **defaults, **given, "provisioningState": "Succeeded"}
    kind = Subnet.kind
    found = {"id": str(key), "name": key.name, "type": kind, "etag": etag(), "properties": properties}
    if not _prefixes(found):
        raise bad("SubnetAddressPrefixMissing", f"Subnet {key} has no address prefix.")  # the code is ours
    for text in _prefixes(found):
        block = _network(text, str(key))
        if block.prefixlen > LONGEST_IPV4 if block.version == 4 else block.prefixlen != IPV6:
            raise bad("NetcfgInvalidSubnet", f"Subnet '{key.name}' is not valid in virtual network '{key.names[0]}'.")
    session.refer(str(key), properties.get("networkSecurityGroup"), NetworkSecurityGroup.kind, network["location"])
    return found


def _check_spaces(network: Body) -> None:
    """Check that all subnets lie in the address space and apart from each other."""
    name, properties = network["name"], network["properties"]
    spaces = [_network(text, network["id"]) for text in properties["addressSpace"]["addressPrefixes"]]
    seen: list[tuple[str, Network]] = []
    for subnet in properties["subnets"]:
        for block in (_network(text, subnet["id"]) for text in _prefixes(subnet)):
            if not _inside(block, spaces):
                raise bad("NetcfgInvalidSubnet", f"Subnet '{subnet['name']}' is not valid in virtual network '{name}'.")
            for other, taken in seen:
                if _overlap(block, taken):
                    raise bad(
                        "NetcfgSubnetRangesOverlap",
                        f"Subnet '{subnet['name']}' is not valid because its IP address range overlaps with that of "
                        f"an existing subnet in virtual network '{name}' ({other}).",
                    )
            seen.append((subnet["name"], block))


def _check_unused(session: Session, subnet: ResourceId) -> None:
    """Refuse when something lies in a subnet."""
    if users := session.users(subnet):
        raise bad(
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet.name} is in use by {', '.join(users)} and cannot be deleted. In order to delete the "
            "subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
        )


def _touch_groups(session: Session, *subnets: Body | None) -> None:
    """Give new etags to the security groups of subnets that came, went or changed."""
    groups = {(s["properties"].get("networkSecurityGroup") or {}).get("id", "") for s in subnets if s}
    for group in sorted(groups - {""}):
        session.touch(parse(group))


class VirtualNetwork(Located):
    """A network with all its subnets."""

    kind = "Microsoft.Network/virtualNetworks"
    model = "VirtualNetwork"
    operations = "VirtualNetworks"

    def settle(self, session: Session, key: ResourceId, body: Body, old: Body | None) -> None:
        """Check addresses; subnets that are not in the request go, unless something lies in them."""
        properties = body["properties"]
        if not (properties.get("addressSpace") or {}).get("addressPrefixes"):
            raise bad("InvalidRequestFormat", "Cannot parse the request. Required property 'addressSpace' not found.")
        given = properties.get("subnets") or []
        properties.setdefault("virtualNetworkPeerings", [])
        properties.setdefault("enableDdosProtection", False)
        properties["subnets"] = [
            _kept(session, key.child("subnets", str(item.get("name", ""))), item, body) for item in given
        ]
        _check_spaces(body)
        kept = {subnet["id"].lower() for subnet in properties["subnets"]}
        before = old["properties"]["subnets"] if old else []
        for subnet in before:
            if subnet["id"].lower() not in kept:
                _check_unused(session, parse(subnet["id"]))
        _touch_groups(session, *before, *properties["subnets"])

    def show(self, session: Session, key: ResourceId, body: Body) -> None:
        """Add what lies in the subnets."""
        del key
        for subnet in body["properties"]["subnets"]:
            _show(session, subnet)

    def delete(self, session: Session, key: ResourceId) -> None:
        """Delete the network and its subnets."""
        body = session.find(key)
        subnets = body["properties"]["subnets"] if body else []
        for subnet in subnets:
            _check_unused(session, parse(subnet["id"]))
        session.drop(key)
        _touch_groups(session, *subnets)


def _show(session: Session, subnet: Body) -> None:
    if users := session.users(parse(subnet["id"])):
        subnet["properties"]["ipConfigurations"] = [{"id": user} for user in users]


class Subnet(Child):
    """A subnet as a resource of its own; it is kept in its network."""

    kind = "Microsoft.Network/virtualNetworks/subnets"
    model = "Subnet"
    operations = "Subnets"
    collection = "subnets"

    def kept(self, session: Session, key: ResourceId, body: Body, parent: Body) -> Body:
        """Return the subnet as it is kept in its network."""
        return _kept(session, key, body, parent)

    def settle(self, session: Session, key: ResourceId, parent: Body, old: Body | None, new: Body) -> None:
        """Check that addresses change only where nothing lies, and that all subnets fit."""
        if old is not None and _prefixes(old) != _prefixes(new):
            _check_unused(session, key)
        _check_spaces(parent)

    def changed(self, session: Session, old: Body | None, new: Body | None) -> None:
        """Tell the security groups."""
        _touch_groups(session, old, new)

    def get(self, session: Session, key: ResourceId) -> Body | None:
        """Return the subnet, with what lies in it."""
        found = self.find(session, key)
        if found is not None:
            _show(session, found)
        return found

    def delete(self, session: Session, key: ResourceId) -> None:
        """Take the subnet out of its network, unless something lies in it."""
        _check_unused(session, key)
        super().delete(session, key)


class NetworkInterface(Located):
    """An interface: addresses in a subnet, the security group it has, the application security groups it wears."""

    kind = "Microsoft.Network/networkInterfaces"
    model = "NetworkInterface"
    operations = "NetworkInterfaces"

    def settle(self, session: Session, key: ResourceId, body: Body, old: Body | None) -> None:
        """Check what it refers to and give it addresses."""
        properties = body["properties"]
        group = session.refer(
            str(key), properties.get("networkSecurityGroup"), NetworkSecurityGroup.kind, body["location"]
        )
        given = properties.get("ipConfigurations") or []
        if not given:
            raise bad("NetworkInterfaceMustHaveIpConfiguration", f"Network interface {key} has no IP configuration.")
        before = {item["id"]: item for item in old["properties"]["ipConfigurations"]} if old else {}
        found: list[Body] = []
        for place, item in enumerate(given):
            own = key.child("ipConfigurations", str(item.get("name", "")))
            check_name(own.name)
            found.append(_configuration(session, own, item, before.get(str(own)), found))
            found[-1]["properties"].setdefault("primary", place == 0)
        _check_one_network(session, key, found)
        properties["ipConfigurations"] = found
        for name in ("enableAcceleratedNetworking", "enableIPForwarding", "disableTcpStateTracking"):
            properties.setdefault(name, False)
        properties.setdefault("dnsSettings", {"dnsServers": [], "appliedDnsServers": []})
        for other in (group, session.find(parse(_group_of(old))) if old and _group_of(old) else None):
            if other:
                session.touch(parse(other["id"]))

    def delete(self, session: Session, key: ResourceId) -> None:
        """Delete it; its security group changes."""
        body = session.find(key)
        super().delete(session, key)
        if body and _group_of(body):
            session.touch(parse(_group_of(body)))

    def in_use(self, key: ResourceId, users: list[str]) -> ArmError:
        """Name who uses it."""
        return bad("NicInUse", f"Network Interface {key} is used by existing resource {', '.join(users)}.")


def _group_of(interface: Body) -> str:
    return str((interface["properties"].get("networkSecurityGroup") or {}).get("id", ""))


def _configuration(session: Session, key: ResourceId, item: Body, old: Body | None, others: list[Body]) -> Body:
    given: Body = item.get("properties") or {}
    target = parse(str((given.get("subnet") or {}).get("id", "")))
    subnet = Subnet().find(session, target) if target.kind.lower() == Subnet.kind.lower() else None
    if subnet is None:
        raise bad(
            "InvalidResourceReference",
            f"Resource {target} referenced by resource {key} was not found. Please make sure that the referenced "
            "resource exists, and that both resources are in the same region.",
        )
    wears = given.get("applicationSecurityGroups") or []
    if len(wears) > MAX_GROUPS_PER_CONFIGURATION:
        raise bad(  # the code is ours
            "ApplicationSecurityGroupsPerIpConfigurationLimitReached",
            f"IP configuration {key} wears {len(wears)} application security groups; at most "
            f"{MAX_GROUPS_PER_CONFIGURATION}.",
        )
    for group in wears:
        session.refer(str(key), group, APPLICATION_GROUPS)
    properties: dict[str, Any] = {
        "privateIPAllocationMethod": "Dynamic",
        "privateIPAddressVersion": "IPv4",
        **given,
        "subnet": {"id": subnet["id"]},
        "provisioningState": "Succeeded",
    }
    properties["privateIPAddress"] = _address(key, properties, subnet, old, _taken(session, key, others))
    kind = f"{NetworkInterface.kind}/ipConfigurations"
    return {"id": str(key), "name": key.name, "type": kind, "etag": etag(), "properties": properties}


def _taken(session: Session, key: ResourceId, others: list[Body]) -> set[str]:
    """Return the addresses of all configurations but one; `others` are those of the same request."""
    interfaces = session.everything(NetworkInterface.kind)
    found = [item for interface in interfaces for item in interface["properties"]["ipConfigurations"]] + others
    return {item["properties"]["privateIPAddress"] for item in found if item["id"].lower() != key.key}


def _address(key: ResourceId, wish: Body, subnet: Body, old: Body | None, taken: set[str]) -> str:
    """Return the address of a configuration: the one it asks for, the one it has, or the first that is free."""
    version = 6 if wish["privateIPAddressVersion"] == "IPv6" else 4
    blocks = [block for text in _prefixes(subnet) for block in [ipaddress.ip_network(text)] if block.version == version]
    if wish["privateIPAllocationMethod"] == "Static":
        text = str(wish.get("privateIPAddress") or "")
        try:
            fits = any(ipaddress.ip_address(text) in block for block in blocks)
        except ValueError:
            fits = False
        if not fits:
            raise bad(
                "PrivateIPAddressNotInSubnet",
                f"Private static IP address {text} does not belong to the range of subnet prefix "
                f"{', '.join(_prefixes(subnet))}.",
            )
        if text in taken:
            raise bad(
                "PrivateIPAddressInUse",
                f"IP configuration {key} is using the private IP address {text} which is already allocated.",
            )
        return text
    if old and old["properties"]["subnet"]["id"] == subnet["id"]:
        return str(old["properties"]["privateIPAddress"])
    for block in blocks:
        for number in range(RESERVED, block.num_addresses - (version == 4)):
            if (text := str(block[number])) not in taken:
                return text
    raise bad("SubnetIsFull", f"Subnet {subnet['name']} does not have enough capacity for 1 IP addresses.")


def _check_one_network(session: Session, key: ResourceId, configurations: list[Body]) -> None:
    """Check that all interfaces that wear an application security group are in one virtual network."""
    own = {parse(item["properties"]["subnet"]["id"]).parent.key for item in configurations}
    groups = {g["id"] for item in configurations for g in item["properties"].get("applicationSecurityGroups") or []}
    for interface in session.everything(NetworkInterface.kind):
        for item in interface["properties"]["ipConfigurations"]:
            wears = {group["id"] for group in item["properties"].get("applicationSecurityGroups") or []}
            place = parse(item["properties"]["subnet"]["id"]).parent.key
            if interface["id"].lower() != key.key and wears & groups and {place} != own:
                raise bad(
                    "ApplicationSecurityGroupsNotInSameVnet",
                    f"All network interfaces of application security group {min(wears & groups)} must be in the same "
                    "virtual network.",
                )
