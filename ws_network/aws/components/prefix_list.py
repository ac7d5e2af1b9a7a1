"""`AwsPrefixList`: a managed prefix list of one address family, or a given one."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import ec2

from ws_network.addresses import parse_cidr
from ws_network.aws.limits import ENTRIES_PER_LIST, ENTRIES_PER_REQUEST
from ws_network.aws.render import LIST_DESCRIPTION
from ws_network.deployment.parts import PrefixListId
from ws_network.errors import UserError
from ws_network.lists import grown
from ws_network.program import check_forms, given_args, given_id, user_errors


class AwsPrefixListArgs(TypedDict):
    """Arguments of AwsPrefixList."""

    address_family: str
    """`IPv4` or `IPv6`: a list holds one of them."""
    cidrs: list[str]
    """Blocks, at most 100: AWS takes no more in one request."""
    max_entries: NotRequired[int]
    """Size that every group which names the list pays for; without it, room for a quarter more, in steps of 5."""
    prefix_list_id: NotRequired[pulumi.Input[str]]
    """A list that exists: nothing is created, and the other arguments say what it should hold."""
    tags: NotRequired[dict[str, str]]
    """Tags of the list."""


class AwsPrefixList(pulumi.ComponentResource):
    """A managed prefix list of one address family, or a given one by id."""

    prefix_list_id: pulumi.Output[str]
    """Id of the list."""

    def __init__(self, name: str, args: AwsPrefixListArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the list, unless an id is given."""
        super().__init__("ws-network:index:AwsPrefixList", name, {}, opts)
        with user_errors(name):
            given = given_args(args, AwsPrefixListArgs)
            check_forms(given, {"prefix_list_id": PrefixListId})
            cidrs = _checked_cidrs(given)
            size = _checked_size(given, len(cidrs))
        if "prefix_list_id" in given:
            self.prefix_list_id = given_id(name, "prefix_list_id", given["prefix_list_id"])
        else:
            self.prefix_list_id = ec2.ManagedPrefixList(
                name,
                address_family=given["address_family"],
                max_entries=size,
                entries=[ec2.ManagedPrefixListEntryArgs(cidr=cidr, description=LIST_DESCRIPTION) for cidr in cidrs],
                tags=given.get("tags") or None,
                opts=pulumi.ResourceOptions(parent=self),
            ).id
        self.register_outputs({"prefix_list_id": self.prefix_list_id})


def _checked_size(args: Mapping[str, Any], count: int) -> int:
    """Return the size of the list, with room for its blocks."""
    size: int = args.get("max_entries", grown(count, ENTRIES_PER_REQUEST))
    if not count <= size <= ENTRIES_PER_LIST:
        raise UserError(
            f"max_entries is {size} for {count} cidrs: give at least {count}, at most AWS's {ENTRIES_PER_LIST}."
        )
    return size


def _checked_cidrs(args: Mapping[str, Any]) -> list[str]:
    """Return the blocks in canonical form, sorted; all of the list's family, and no more than AWS takes."""
    family = args["address_family"]
    if family not in {"IPv4", "IPv6"}:
        raise UserError(f"address_family cannot be '{family}': write IPv4 or IPv6.")
    blocks = sorted({parse_cidr(cidr) for cidr in args["cidrs"]})
    for block in blocks:
        if f"IPv{block.family}" != family:
            raise UserError(f"'{block.text}' is IPv{block.family} in an {family} list: move it to a list of its own.")
        if block.prefix_length == 0:
            raise UserError(f"'{block.text}' is every address, which a list would hide: say any-address instead.")
    if not blocks:
        raise UserError("cidrs is empty: give at least one block.")
    if len(blocks) > ENTRIES_PER_REQUEST:
        raise UserError(
            f"{len(blocks)} cidrs are more than the {ENTRIES_PER_REQUEST} that AWS takes in one request: "
            "use several lists."
        )
    return [block.text for block in blocks]
