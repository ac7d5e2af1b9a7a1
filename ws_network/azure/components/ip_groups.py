"""`AzureIpGroups`: lists of addresses for rules of Azure Firewall."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
from pulumi_azure_native import network

from ws_network.addresses import AddressSet, parse_cidr
from ws_network.azure.limits import ADDRESSES_PER_IP_GROUP
from ws_network.errors import UserError
from ws_network.program import given_args, given_id, ids_output, user_errors


class AzureIpGroupsArgs(TypedDict):
    """Arguments of AzureIpGroups."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the IP groups."""
    ip_addresses: dict[str, list[str]]
    """IPv4 blocks by the name of their group, at most 5000 each."""
    location: NotRequired[pulumi.Input[str]]
    """Location of the IP groups; without it that of the provider or the resource group."""
    tags: NotRequired[dict[str, str]]
    """Tags of the IP groups."""


class AzureIpGroups(pulumi.ComponentResource):
    """IP groups, one for each list of addresses, made and changed one after another as Azure asks for."""

    ip_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the IP groups by the name of their list."""

    def __init__(self, name: str, args: AzureIpGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the groups."""
        super().__init__("ws-network:index:AzureIpGroups", name, {}, opts)
        with user_errors(name):
            given = given_args(args, AzureIpGroupsArgs)
            lists = _checked_lists(given["ip_addresses"])
        resource_group = given_id(name, "resource_group_name", given["resource_group_name"])
        made: dict[str, network.IpGroup] = {}
        for key, addresses in lists.items():
            made[key] = network.IpGroup(
                f"{name}-{key}",
                resource_group_name=resource_group,
                location=given.get("location"),
                ip_addresses=addresses,
                tags=given.get("tags") or None,
                # Groups of one policy that change at the same time fail.
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(made.values())[-1:]),
            )
        self.ip_group_ids = ids_output({key: group.id for key, group in made.items()})
        self.register_outputs({"ip_group_ids": self.ip_group_ids})


def _checked_lists(lists: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the lists by name, their blocks as few as say the same, in an order that does not depend on theirs."""
    if not lists:
        raise UserError("ip_addresses holds no list: give blocks by name, as {'agents': ['10.20.0.0/16']}.")
    return {key: _checked_blocks(key, lists[key]) for key in sorted(lists)}


def _checked_blocks(key: str, blocks: list[str]) -> list[str]:
    for block in map(parse_cidr, blocks):
        if block.family != 4:
            raise UserError(
                f"ip_addresses['{key}'] has {block.text}, which Azure Firewall cannot hold: give IPv4 only."
            )
    found = list(AddressSet.from_cidrs(blocks).cidrs())
    if not found:
        raise UserError(
            f"ip_addresses['{key}'] is empty, and Azure skips every rule that names an empty group: remove the list."
        )
    if len(found) > ADDRESSES_PER_IP_GROUP:
        raise UserError(
            f"ip_addresses['{key}'] has {len(found)} blocks, more than the {ADDRESSES_PER_IP_GROUP} that Azure takes "
            "in one IP group: use several lists."
        )
    return found
