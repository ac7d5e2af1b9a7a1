"""`GcpAddressGroups`: address groups with their ranges, each of one family and of a capacity that never changes."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_gcp import networksecurity

from ws_network.addresses import parse_cidr
from ws_network.errors import UserError
from ws_network.gcp.limits import (
    AUTOMATIC_LENGTH,
    LABEL_KEY_PATTERN,
    LABEL_VALUE_PATTERN,
    LARGEST_CAPACITY,
    PARENT_PATTERN,
)
from ws_network.gcp.render import resource_name
from ws_network.lists import grown
from ws_network.program import given_args, given_id, ids_output, known_keys, user_errors

GROUP_DESCRIPTION = "Workload Security (ws_network)"
"""Description of a group."""


class GcpAddressGroupsArgs(TypedDict):
    """Arguments of GcpAddressGroups."""

    cidrs: dict[str, list[str]]
    """Ranges of each group by its name; all of one family, at most 1000."""
    parent: pulumi.Input[str]
    """Project or organization of the groups, as `projects/my-project`."""
    location: NotRequired[str]
    """Location; default `global`, which global policies need."""
    capacities: NotRequired[dict[str, int]]
    """Capacity by name of the group; without it, room for a quarter more, in steps of 5. Another one makes another
    group, to which the rules are turned before the old one goes."""
    labels: NotRequired[dict[str, str]]
    """Labels of the groups."""


class GcpAddressGroups(pulumi.ComponentResource):
    """Address groups for rules of a network firewall policy."""

    address_group_ids: pulumi.Output[dict[str, str]]
    """Ids of the groups by name."""

    def __init__(self, name: str, args: GcpAddressGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the groups."""
        super().__init__("ws-network:index:GcpAddressGroups", name, {}, opts)
        with user_errors(name):
            given = given_args(args, GcpAddressGroupsArgs)
            known_keys("capacities", given.get("capacities", {}), given["cidrs"])
            groups = {key: _checked(key, cidrs) for key, cidrs in sorted(given["cidrs"].items())}
            sizes = {key: _checked_size(given, key, len(cidrs)) for key, (_, cidrs) in groups.items()}
            labels = checked_labels(given.get("labels", {}), "labels")
            if isinstance(given["parent"], str) and given["parent"]:
                checked_parent(given["parent"], "parent")
        parent = given_id(name, "parent", given["parent"])
        self.ids: dict[str, pulumi.Output[str]] = {
            key: networksecurity.AddressGroup(
                # The capacity cannot change in place: another name makes the new group before the old one goes.
                resource_name(f"{name}-{key}-{sizes[key]}", AUTOMATIC_LENGTH),
                parent=parent,
                location=given.get("location", "global"),
                type=kind,
                capacity=sizes[key],
                items=cidrs,
                description=GROUP_DESCRIPTION,
                labels=labels or None,
                opts=pulumi.ResourceOptions(parent=self),
            ).id
            for key, (kind, cidrs) in groups.items()
        }
        self.address_group_ids = ids_output(self.ids)
        self.register_outputs({"address_group_ids": self.address_group_ids})


def _checked(key: str, cidrs: list[str]) -> tuple[str, list[str]]:
    """Return the type of a group and its ranges in canonical form, sorted."""
    blocks = sorted({parse_cidr(cidr) for cidr in cidrs})
    if not blocks:
        raise UserError(f"cidrs['{key}'] is empty: give at least one range, or leave the group out.")
    for block in blocks:
        if block.family != blocks[0].family:
            raise UserError(f"cidrs['{key}'] has IPv4 and IPv6 ranges, and a group holds one of them: make two groups.")
        if block.prefix_length == 0:
            raise UserError(f"'{block.text}' is every address, which a group would hide: say any-address instead.")
    if len(blocks) > LARGEST_CAPACITY:
        raise UserError(
            f"cidrs['{key}'] has {len(blocks)} ranges, more than the {LARGEST_CAPACITY} of GCP: use several groups."
        )
    return f"IPV{blocks[0].family}", [block.text for block in blocks]


def _checked_size(args: Mapping[str, Any], key: str, count: int) -> int:
    """Return the capacity of a group, with room for its ranges."""
    size: int = args.get("capacities", {}).get(key, grown(count, LARGEST_CAPACITY))
    if not count <= size <= LARGEST_CAPACITY:
        raise UserError(
            f"capacities['{key}'] is {size} for {count} ranges: give at least {count}, at most GCP's "
            f"{LARGEST_CAPACITY}."
        )
    return size


def checked_parent(text: str, what: str) -> str:
    """Return what address groups are made in.

    Args:
        text: As it was given.
        what: The argument that it was given for.

    Raises:
        UserError: it is neither a project nor an organization.
    """
    if not PARENT_PATTERN.fullmatch(text):
        raise UserError(f"{what} is '{text}': write it as projects/my-project or organizations/123456789.")
    return text


def checked_labels(tags: Mapping[str, str], where: str) -> dict[str, str]:
    """Return tags as labels: in lower case.

    Raises:
        UserError: GCP takes one not even so, or two are the same so; names it.
    """
    labels: dict[str, str] = {}
    for tag, text in tags.items():
        key, value = tag.lower(), text.lower()
        if key in labels:
            raise UserError(f"{where} has the label '{key}' twice, since labels of GCP are in lower case: remove one.")
        labels[key] = value
        if not LABEL_KEY_PATTERN.fullmatch(key) or not LABEL_VALUE_PATTERN.fullmatch(value):
            raise UserError(
                f"{where} has '{key}: {value}', which GCP takes not as a label: use lower-case letters, digits, _ and "
                "-, a letter first, and at most 63 characters."
            )
    return labels
