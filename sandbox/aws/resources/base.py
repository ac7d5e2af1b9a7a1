"""What the AWS resources share: region, tags with the provider's defaults, automatic names."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from sandbox.aws.cloud import AwsCloud
from sandbox.protocol import is_unknown
from sandbox.resource import Failure, Input, Properties, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = Input(str, computed=True, replaces=True)
TAGS = Input(dict)


class AwsResource(Resource[AwsCloud]):
    """A resource in a region; with tags, if its table has `tags`."""

    def planned(self, cloud: AwsCloud, news: Properties) -> Properties:
        """Return region and all tags, which are known before creation."""
        if cloud is None:
            return {}
        known: Properties = {"region": news.get("region", cloud.region)}
        if "tags" in self.inputs and not is_unknown(news.get("tags")):
            known["tagsAll"] = cloud.all_tags(news.get("tags"))
        return known

    def drifted(self, cloud: AwsCloud, state: Properties, news: Properties) -> list[str]:
        """Return `tagsAll` when the provider's default tags have changed."""
        if "tags" not in self.inputs or cloud is None or is_unknown(news.get("tags")):
            return []
        return ["tagsAll"] if state.get("tagsAll", {}) != cloud.all_tags(news.get("tags")) else []

    def managed_inputs(self, cloud: AwsCloud, live: Properties) -> Properties:
        """Return the live inputs, without tags and a region that come from the provider's configuration."""
        found = super().managed_inputs(cloud, live)
        if "tags" in self.inputs:
            found["tags"] = cloud.own_tags(live["tagsAll"])
        return found

    def inputs_now(self, cloud: AwsCloud, live: Properties, old: Properties) -> Properties:
        """As the base; own tags that repeat a default are kept while they hold."""
        found = super().inputs_now(cloud, live, old)
        if "tags" in old and cloud.all_tags(old["tags"]) == live["tagsAll"]:
            found["tags"] = old["tags"]
        if not old and found.get("region") == cloud.region:
            del found["region"]
        return found

    def common(self, cloud: AwsCloud, kind: str, key: str, tags: Mapping[str, str], region: str | None) -> Properties:
        """Return what every resource shows: ARN, region, tags."""
        place = region or cloud.region
        return {
            "arn": f"arn:aws:ec2:{place}:{cloud.account_id}:{kind}/{key}",
            "region": place,
            "tags": cloud.own_tags(tags),
            "tagsAll": dict(tags),
        }


def cidr_problem(name: str, value: str, family: int) -> Failure | None:
    """Return what is wrong with a network address of a family (4 or 6), in the real provider's words."""
    if is_unknown(value):
        return None
    try:
        found = ipaddress.ip_network(value, strict=False)
    except ValueError:
        found = None
    if found is None or found.version != family or "/" not in value:
        return Failure(name, f'"{value}" is not a valid IPv{family} CIDR block.')
    if ipaddress.ip_address(value.split("/", maxsplit=1)[0]) != found.network_address:
        return Failure(name, f'"{value}" is not a valid IPv{family} CIDR block; did you mean "{found}"?')
    return None


def canonical_cidr(value: str) -> str:
    """Return the canonical text of a network address, or the text itself when it is none."""
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        return value


def tag_problems(news: Properties) -> list[Failure]:
    """Return what is wrong with `tags`."""
    tags = news.get("tags")
    if not isinstance(tags, dict) or is_unknown(tags):
        return []
    bad = sorted(key for key, value in tags.items() if not isinstance(value, str))
    return [Failure(f"tags.{key}", f'The value of tag "{key}" must be a string.') for key in bad]
