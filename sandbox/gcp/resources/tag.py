"""`gcp.tags.TagKey`, `TagValue`, `TagBinding` and `LocationTagBinding`.

All of them are kept with the project that the provider is configured for, whatever their parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote

from sandbox.gcp.resources.base import DELETION_POLICY, GcpResource, RefusedError, given, last
from sandbox.protocol import is_unknown
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

API = "cloudresourcemanager"
PURPOSES = ("GCE_FIREWALL", "DATA_GOVERNANCE")


class _Tag(GcpResource):
    """A key or a value: only its description changes."""

    kind: ClassVar[str]
    named = ""
    outputs = ("createTime", "name", "namespacedName", "updateTime")

    def problems(self, news: Properties) -> list[Failure]:
        """Check the length of the short name."""
        name = news["shortName"]
        if not is_unknown(name) and not 1 <= len(name) <= 256:
            return [*super().problems(news), Failure("shortName", "expected length of short_name in 1 to 256")]
        return super().problems(news)

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Create it."""
        names = [name for name in self.inputs if name != "deletionPolicy"]
        made = cloud.call(f"{API}.{self.kind}.create", given(news, names))["response"]
        return str(made["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return it; what the purpose is for is not read back."""
        found = cloud.call(f"{API}.{self.kind}.get", name=f"{self.kind}/{parts['number']}")
        live = {name: found[name] for name in (*self.inputs, *self.outputs) if name in found}
        live.pop("purposeData", None)
        if known.get("purposeData"):
            live["purposeData"] = known["purposeData"]
        return {**live, "name": last(found["name"])}

    def update(self, cloud: GcpCloud, key: str, old: Properties, news: Properties) -> None:
        """Change the description."""
        del old
        body = {"description": news.get("description", "")}
        cloud.call(f"{API}.{self.kind}.patch", body, name=key, updateMask="description")

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it."""
        del state
        cloud.call(f"{API}.{self.kind}.delete", name=f"{self.kind}/{parts['number']}")


class TagKey(_Tag):
    """A key; with the purpose `GCE_FIREWALL` its values are secure tags of one network."""

    token = "gcp:tags/tagKey:TagKey"
    title = "TagKey"
    kind = "tagKeys"
    form = "tagKeys/{number}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "allowedValuesRegex": Input(str, emulated=False),
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "parent": Input(str, required=True, replaces=True),
        "purpose": Input(str, replaces=True),
        "purposeData": Input(dict, replaces=True),
        "shortName": Input(str, required=True, replaces=True),
    }

    def problems(self, news: Properties) -> list[Failure]:
        """Check the purpose."""
        purpose = news.get("purpose", PURPOSES[0])
        if purpose not in PURPOSES and not is_unknown(purpose):
            text = f"expected purpose to be one of {', '.join(PURPOSES)}, got {purpose}"
            return [*super().problems(news), Failure("purpose", text)]
        return super().problems(news)


class TagValue(_Tag):
    """A value of a key."""

    token = "gcp:tags/tagValue:TagValue"
    title = "TagValue"
    kind = "tagValues"
    form = "tagValues/{number}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "parent": Input(str, required=True, replaces=True),
        "shortName": Input(str, required=True, replaces=True),
    }


class TagBinding(GcpResource):
    """What gives a value to a resource that is in no region or zone."""

    token = "gcp:tags/tagBinding:TagBinding"
    title = "TagBinding"
    form = "tagBindings/{resource}/tagValues/{number}"
    named = ""
    inputs: ClassVar[Mapping[str, Input]] = {
        "deletionPolicy": DELETION_POLICY,
        "parent": Input(str, required=True, replaces=True),
        "tagValue": Input(str, required=True, replaces=True),
    }
    outputs = ("name",)

    @staticmethod
    def _binding(parts: Mapping[str, str]) -> str:
        return f"tagBindings/{parts['resource']}/tagValues/{parts['number']}"

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Bind it."""
        location = news.get("location", "")
        body = given(news, ("parent", "tagValue"))
        made = cloud.call(f"{API}.tagBindings.create", body, location=location)["response"]
        name = str(made["name"])
        return f"{location}/{name}" if "location" in self.inputs else name

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return it, from the list of its resource's bindings."""
        del known
        parent, name, location = unquote(parts["resource"]), self._binding(parts), parts.get("location", "")
        found = cloud.call(f"{API}.tagBindings.list", location=location, parent=parent)["tagBindings"]
        for item in found:
            if item["name"] == name:
                place = {"location": location} if location else {}
                live = {"parent": item["parent"], "tagValue": item["tagValue"], **place}
                return {**live, "name": name.removeprefix("tagBindings/")}
        return None

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Take it away."""
        del state
        cloud.call(f"{API}.tagBindings.delete", location=parts.get("location", ""), name=self._binding(parts))


class LocationTagBinding(TagBinding):
    """What gives a value to a resource in a region or zone, such as a machine."""

    token = "gcp:tags/locationTagBinding:LocationTagBinding"
    title = "LocationTagBinding"
    form = "{location}/tagBindings/{resource}/tagValues/{number}"
    inputs: ClassVar[Mapping[str, Input]] = {**TagBinding.inputs, "location": Input(str, replaces=True)}

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """As for a place that is none; the location must be given."""
        if not news.get("location"):
            raise RefusedError("Missing", "location: required field is not set")
        return super().create(cloud, news)
