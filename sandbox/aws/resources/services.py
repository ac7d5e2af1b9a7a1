"""What the resources of Network Firewall and Route 53 Resolver share: requests, ARNs, tags by ARN, automatic names.

Owns that an automatic name is noted as such: a resource that a program names itself is deleted before its successor is
made, because two could not have the name at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.cloud import AwsCloud, is_gone, tags_of
from sandbox.aws.resources.base import AwsResource
from sandbox.errors import CloudError
from sandbox.protocol import is_unknown
from sandbox.resource import Failure, Input, Naming, Properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = Input(str, computed=True, replaces=True)
#: Where the bridge to Terraform's provider keeps the names of inputs that it has filled in.
DEFAULTS = "__defaults"


class RefusedError(CloudError):
    """What the provider itself refuses, without asking the cloud; the message is all that is printed."""

    def __str__(self) -> str:
        """Word it as the real provider does."""
        return self.message


class ServiceResource(AwsResource):
    """A resource of a service beside EC2; with an automatic name, if its table has `name`."""

    #: The service's name as botocore has it.
    service: ClassVar[str]

    # Requests.

    def ask(self, cloud: AwsCloud, operation: str, known: Properties, /, **params: Any) -> dict[str, Any]:
        """Send a request to the region of `known`, inputs or state."""
        return cloud.call(f"{self.service}.{operation}", known.get("region"), **params)

    def look(self, cloud: AwsCloud, operation: str, known: Properties, /, **params: Any) -> dict[str, Any] | None:
        """Send a request; None where it says that there is no such resource."""
        try:
            return self.ask(cloud, operation, known, **params)
        except CloudError as failure:
            if is_gone(failure):
                return None
            raise

    # Tags.

    def new_tags(self, cloud: AwsCloud, news: Properties) -> dict[str, Any]:
        """Return `Tags` for a request that creates: left out without tags."""
        found = cloud.all_tags(news.get("tags"))
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]} if found else {}

    def tags_by_arn(self, cloud: AwsCloud, arn: str, known: Properties) -> dict[str, str]:
        """Return the tags of a resource."""
        return tags_of(self.ask(cloud, "ListTagsForResource", known, ResourceArn=arn).get("Tags", []))

    def retag_arn(self, cloud: AwsCloud, arn: str, news: Properties) -> None:
        """Make a resource's tags what they should be."""
        now, then = self.tags_by_arn(cloud, arn, news), cloud.all_tags(news.get("tags"))
        if gone := [key for key in now if key not in then]:
            self.ask(cloud, "UntagResource", news, ResourceArn=arn, TagKeys=gone)
        if new := [{"Key": key, "Value": value} for key, value in then.items() if now.get(key) != value]:
            self.ask(cloud, "TagResource", news, ResourceArn=arn, Tags=new)

    def shown(self, cloud: AwsCloud, arn: str, tags: Mapping[str, str], known: Properties) -> Properties:
        """Return what every resource shows: ARN, region, tags."""
        return {
            "arn": arn,
            "region": known.get("region") or cloud.region,
            "tags": cloud.own_tags(tags),
            "tagsAll": dict(tags),
        }

    # Names.

    def fill(self, news: Properties, olds: Properties, naming: Naming) -> None:
        """Name it, and note that the name was not the program's."""
        if "name" in self.inputs and "name" not in news:
            automatic = "name" in (olds.get(DEFAULTS) or [])
            news["name"] = (automatic and olds.get("name")) or naming.physical()
            news[DEFAULTS] = ["name"]

    def deletes_before(self, old: Properties, replaces: list[str]) -> bool:
        """Return whether old and new one would have the same name: it was given, and does not change."""
        named = "name" in self.inputs and DEFAULTS not in old
        return named and bool(replaces) and "name" not in replaces

    def preview(self, cloud: AwsCloud, news: Properties) -> Properties:
        """As the base, without the note."""
        found = super().preview(cloud, news)
        found.pop(DEFAULTS, None)
        return found

    def inputs_now(self, cloud: AwsCloud, live: Properties, old: Properties) -> Properties:
        """As the base; that a name is automatic stays noted."""
        found = super().inputs_now(cloud, live, old)
        return found | ({DEFAULTS: old[DEFAULTS]} if DEFAULTS in old else {})


def one_of(news: Properties, name: str, choices: Iterable[str]) -> list[Failure]:
    """Return what is wrong with an input that has few values."""
    value, known = news.get(name), list(choices)
    if value is None or is_unknown(value) or value in known:
        return []
    return [Failure(name, f'expected {name} to be one of {known}, got "{value}".')]
