"""`gcp.networksecurity.AddressGroup`.

Owns that name, location and type are not marked as what replaces: such a change is sent, and the cloud refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.gcp.resources.base import DELETION_POLICY, GcpResource, given
from sandbox.protocol import UNKNOWN
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

#: Input to the API's field, for what a patch can name.
FIELDS = {"capacity": "capacity", "description": "description", "items": "items", "purposes": "purpose", "type": "type"}


class AddressGroup(GcpResource):
    """A group with its items."""

    token = "gcp:networksecurity/addressGroup:AddressGroup"
    title = "AddressGroup"
    form = "{+parent}/locations/{location}/addressGroups/{name}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "capacity": Input(int, required=True, replaces=True),
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "items": Input(list),
        "labels": Input(dict),
        "location": Input(str, required=True),
        "name": Input(str, computed=True),
        "parent": Input(str, replaces=True),
        "purposes": Input(list, computed=True),
        "type": Input(str, required=True),
    }
    outputs = ("createTime", "effectiveLabels", "pulumiLabels", "updateTime")

    def problems(self, news: Properties) -> list[Failure]:
        """Check the type."""
        if news["type"] not in {"IPV4", "IPV6", UNKNOWN}:
            text = f"expected type to be one of IPV4, IPV6, got {news['type']}"
            return [*super().problems(news), Failure("type", text)]
        return super().problems(news)

    @staticmethod
    def _method(parent: str, name: str) -> tuple[str, str | None]:
        """Return a method's id, and the project that keeps the group."""
        kind, _, owner = parent.partition("/")
        return f"networksecurity.{kind or 'projects'}.locations.addressGroups.{name}", (
            owner if kind == "projects" else None
        )

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Create it."""
        parent = news.get("parent", "")
        labels = cloud.new_labels(news.get("labels"))
        body = {
            **{FIELDS[name]: value for name, value in given(news, FIELDS).items()},
            **({"labels": labels} if labels else {}),
        }
        method, project = self._method(parent, "create")
        place = f"{parent}/locations/{news['location']}"
        cloud.call(method, body, account=project, parent=place, addressGroupId=news["name"])
        return self.key(parent=parent, location=news["location"], name=news["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return the group."""
        del known
        method, project = self._method(parts["parent"], "get")
        found = cloud.call(method, account=project, name=self.key(**parts))
        kept = ("capacity", "createTime", "description", "items", "labels", "type", "updateTime")
        return {**parts, **{name: found[name] for name in kept if name in found}, "purposes": found["purpose"]}

    def update_from(self, cloud: GcpCloud, key: str, state: Properties, old: Properties, news: Properties) -> None:
        """Patch what has changed, at the path that the new inputs give."""
        parts = {**self.parts(key), "name": news["name"], "location": news["location"]}
        labels = self.next_labels(cloud, state, news)
        fields = [FIELDS[name] for name in self.changes(old, news) if name in FIELDS]
        body = {FIELDS[name]: value for name, value in given(news, FIELDS).items() if FIELDS[name] in fields}
        if labels != (state.get("effectiveLabels") or {}):
            fields, body = [*fields, "labels"], {**body, "labels": labels}
        method, project = self._method(parts["parent"], "patch")
        name = self.key(**parts)
        if name != key and not fields:
            # The real provider would send nothing and then look for the group where it is not.
            fields, body = ["description"], given(news, ("description",))
        if fields:
            cloud.call(method, body, account=project, name=name, updateMask=",".join(fields))

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it."""
        del state
        method, project = self._method(parts["parent"], "delete")
        cloud.call(method, account=project, name=self.key(**parts))
