"""IP groups of the emulated Azure: addresses for rules of Azure Firewall."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sandbox.azure.errors import ArmError, bad
from sandbox.azure.ids import parse
from sandbox.azure.session import Body, Located, Session

if TYPE_CHECKING:
    from sandbox.azure.ids import ResourceId

#: Addresses, prefixes and ranges in one group: Azure's page of limits, Azure Firewall.
MAX_ADDRESSES = 5000


def _is_address(text: str) -> bool:
    """Return whether a text is an address, a CIDR or a range `first-last`."""
    first, dash, last = text.partition("-")
    try:
        if not dash:
            return bool(ipaddress.ip_network(text))
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
    except ValueError:
        return False
    return low.version == high.version and int(low) <= int(high)


class IpGroup(Located):
    """A group of addresses."""

    kind = "Microsoft.Network/ipGroups"
    model = "IpGroup"
    operations = "IpGroups"

    def settle(self, session: Session, key: ResourceId, body: Body, old: Body | None) -> None:
        """Check the addresses."""
        del session, old
        addresses = body["properties"].setdefault("ipAddresses", [])
        for text in addresses:
            if not _is_address(text):
                raise bad("IpGroupInvalidAddress", f"IpGroup {key} has invalid address {text}.")  # the code is ours
        if len(addresses) > MAX_ADDRESSES:
            raise bad(  # the code is ours
                "IpGroupAddressLimitReached",
                f"IpGroup {key} has {len(addresses)} addresses; at most {MAX_ADDRESSES} are allowed.",
            )

    def show(self, session: Session, key: ResourceId, body: Body) -> None:
        """Add the policies whose rules name it."""
        policies = dict.fromkeys(str(parse(user).parent) for user in session.users(key))
        body["properties"]["firewallPolicies"] = [{"id": policy} for policy in policies]
        body["properties"]["firewalls"] = []

    def in_use(self, key: ResourceId, users: list[str]) -> ArmError:
        """Say that a policy uses it."""
        del users
        return bad(
            "IpGroupsHasFirewallPolicyReferences",
            f"IpGroups '{key}' cannot be deleted since there are firewall policies using this resource.",
        )
