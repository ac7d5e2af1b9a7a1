"""One request's view of the emulated EC2, and the small things all its operations share."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.aws.moto_ec2 import MotoEc2
    from sandbox.store import Transaction

Params = dict[str, Any]


@dataclass(frozen=True)
class Session:
    """What an operation works on: the account's state inside one transaction, and moto for the rest of EC2."""

    account: str
    region: str
    state: Transaction
    ec2: MotoEc2

    def moto(self, operation: str, **params: Any) -> Params:
        """Have moto carry out a request."""
        return self.ec2.call(self.state, operation, params)

    def kind(self, name: str) -> str:
        """Return the store's name for documents of this region."""
        return f"{self.region}/{name}"

    def arn(self, kind: str, key: str, service: str = "ec2") -> str:
        """Return the ARN of a resource of this account."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{kind}/{key}"


def new_id(prefix: str) -> str:
    """Return an id in EC2's form: the prefix and 17 hexadecimal digits."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def network(text: str, *, family: int | None = None) -> str:
    """Return the canonical text of a network address.

    Raises:
        CloudError: it is no CIDR, has host bits set, or is of the other family (4 or 6).
    """
    try:
        found = ipaddress.ip_network(text)
    except ValueError:
        raise CloudError("InvalidParameterValue", f"CIDR block {text} is malformed") from None
    if "/" not in text or (family is not None and found.version != family):
        raise CloudError("InvalidParameterValue", f"CIDR block {text} is malformed")
    return str(found)


def tags_from(specifications: Iterable[Mapping[str, Any]], kind: str) -> dict[str, str]:
    """Return the tags of a request's `TagSpecifications` for one kind of resource."""
    found = [t for spec in specifications if spec.get("ResourceType") == kind for t in spec.get("Tags", [])]
    return check_tags({tag["Key"]: tag.get("Value", "") for tag in found})


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return `tags` if EC2 takes them.

    Raises:
        CloudError: a reserved or over-long key, an over-long value, or more than 50.
    """
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise CloudError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise CloudError("InvalidParameterValue", f"Tag {key!r} exceeds 128 characters of key or 256 of value")
    if len(tags) > 50:
        raise CloudError("TagLimitExceeded", "The maximum number of tags per resource is 50.")
    return tags


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the API's form, by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def matches(filters: Iterable[Mapping[str, Any]], fields: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Return whether a resource passes all filters of a request; `fields` are its values by filter name.

    Raises:
        CloudError: the operation has no such filter.
    """
    for item in filters:
        name, values = item["Name"], [str(v) for v in item.get("Values", [])]
        if name.startswith("tag:"):
            passes = tags.get(name[4:]) in values
        elif name == "tag-key":
            passes = any(key in values for key in tags)
        elif name in fields:
            passes = str(fields[name]) in values
        else:
            raise CloudError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if not passes:
            return False
    return True
