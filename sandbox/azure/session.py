"""One request's view of an emulated subscription, and what all its resource types share."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure import api_model
from sandbox.azure.errors import ArmError, bad
from sandbox.azure.ids import GROUPS, ResourceId, parse
from sandbox.azure.rules import check_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.store import Transaction

Body = dict[str, Any]
#: Lists of ids of IP groups in rules of firewalls.
IP_GROUPS = ("sourceIpGroups", "destinationIpGroups")


def region(text: str) -> str:
    """Return a location in Azure's form: `West Europe` is `westeurope`."""
    return text.replace(" ", "").lower()


def etag() -> str:
    """Return a new etag."""
    return f'W/"{uuid.uuid4()}"'


def references(body: Any, owner: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a resource refers to: (id in lower case, id of the part that refers to it).

    A reference is an object with an `id` and nothing else; an object with more is a part of the resource. Rules of
    firewalls name IP groups by plain ids instead.
    """
    if isinstance(body, dict):
        own = str(body.get("id", owner))
        if body.keys() == {"id"}:
            yield own.lower(), owner
        for name, value in body.items():
            if name in IP_GROUPS:
                yield from ((str(item).lower(), own) for item in value or [])
            else:
                yield from references(value, own)
    elif isinstance(body, list):
        for item in body:
            yield from references(item, owner)


@dataclass(frozen=True)
class Session:
    """What a request works on: a subscription's state inside one transaction."""

    subscription: str
    state: Transaction

    def find(self, key: ResourceId) -> Body | None:
        """Return a resource that is no child, as it is stored; of any subscription but this there is none."""
        return self.state.get(key.kind.lower(), key.key)

    def save(self, key: ResourceId, body: Body) -> None:
        """Write a resource that is no child; its etag is new."""
        body["etag"] = etag()
        parent = "" if key.kind == GROUPS else key.parent.key
        self.state.put(key.kind.lower(), key.key, body, parent=parent)

    def drop(self, key: ResourceId) -> None:
        """Remove a resource that is no child."""
        self.state.delete(key.kind.lower(), key.key)

    def everything(self, kind: str) -> list[Body]:
        """Return all resources of a type, oldest first."""
        return self.state.all(kind.lower())

    def inside(self, group: ResourceId) -> list[Body]:
        """Return all resources in a resource group."""
        kinds = self.state.counts()
        return [body for kind in kinds if "/" in kind for body in self.state.all(kind, group.key)]

    def users(self, key: ResourceId) -> list[str]:
        """Return the ids of what refers to a resource, sorted."""
        found = [
            owner
            for kind in self.state.counts()
            if "/" in kind
            for body in self.state.all(kind)
            for target, owner in references(body)
            if target == key.key
        ]
        return sorted(set(found))

    def touch(self, key: ResourceId) -> None:
        """Give a resource a new etag, as something that belongs to it has changed."""
        body = self.find(key)
        if body is not None:
            self.save(key, body)

    def refer(self, owner: str, item: Body | None, kind: str, location: str = "") -> Body | None:
        """Return the resource that `owner` refers to by `{"id": …}`, and leave nothing but the id there.

        Raises:
            ArmError: it does not exist, is of another type or in another region.
        """
        if item is None:
            return None
        key = parse(str(item.get("id", "")))
        found = self.find(key) if key.kind.lower() == kind.lower() else None
        if found is None or (location and found["location"] != location):
            raise bad(
                "InvalidResourceReference",
                f"Resource {item.get('id')} referenced by resource {owner} was not found. Please make sure that the "
                "referenced resource exists, and that both resources are in the same region.",
            )
        item.clear()
        item["id"] = found["id"]
        return found


class ArmType(ABC):
    """One resource type of Azure. Instances have no state."""

    #: The full type, such as `Microsoft.Network/networkSecurityGroups/securityRules`.
    kind: ClassVar[str]
    #: The name of its model in `azure-mgmt-network`.
    model: ClassVar[str]
    #: The first part of its operations' names in the published API, such as `SecurityRules`.
    operations: ClassVar[str]

    @property
    def shape(self) -> api_model.Shape:
        """The properties of a body."""
        return api_model.shape_of(self.model)

    def holds(self, key: ResourceId) -> ResourceId | None:
        """Return what no other request may change while one changes this resource, where Azure takes long for it."""
        del key
        return None

    @abstractmethod
    def put(self, session: Session, key: ResourceId, body: Body) -> None:
        """Create or replace it; `body` fits the model. May raise `ArmError`."""

    @abstractmethod
    def get(self, session: Session, key: ResourceId) -> Body | None:
        """Return it as Azure shows it, or None."""

    @abstractmethod
    def delete(self, session: Session, key: ResourceId) -> None:
        """Delete it; it exists. May raise `ArmError`."""


class Located(ArmType):
    """A resource of the network that lies in a resource group and in a region."""

    def put(self, session: Session, key: ResourceId, body: Body) -> None:
        """Check what holds for all of them, then the rest, and keep it."""
        check_name(key.name)
        place = region(str(body.get("location") or ""))
        if not place:
            raise bad("LocationRequired", "The location property is required for this definition.")
        old = session.find(key)
        if old is not None and old["location"] != place:
            raise ArmError(
                409,
                "InvalidResourceLocation",
                f"The resource '{key.name}' already exists in location '{old['location']}' in resource group "
                f"'{key.group}'. A resource with the same name cannot be created in location '{place}'. "
                "Please select a new resource name.",
            )
        properties = {**(body.get("properties") or {}), "provisioningState": "Succeeded"}
        if "resourceGuid" in self.shape.flat:
            guid = old["properties"]["resourceGuid"] if old else None
            properties["resourceGuid"] = guid or str(uuid.uuid4())
        name = {"id": old["id"] if old else str(key), "name": old["name"] if old else key.name, "type": self.kind}
        found = {**body, **name, "location": place, "properties": properties}
        self.settle(session, parse(found["id"]), found, old)
        session.save(key, found)

    def settle(self, session: Session, key: ResourceId, body: Body, old: Body | None) -> None:
        """Check and complete what is about to be kept; `old` is what was there. May raise `ArmError`."""

    def get(self, session: Session, key: ResourceId) -> Body | None:
        """Return it."""
        found = session.find(key)
        if found is not None:
            self.show(session, key, found)
        return found

    def show(self, session: Session, key: ResourceId, body: Body) -> None:
        """Add what Azure computes from other resources."""

    def delete(self, session: Session, key: ResourceId) -> None:
        """Delete it unless something refers to it."""
        if users := session.users(key):
            raise self.in_use(key, users)
        session.drop(key)

    def in_use(self, key: ResourceId, users: list[str]) -> ArmError:
        """Return the error for deleting what others refer to."""
        raise NotImplementedError


class Child(ArmType):
    """A resource of its own that is kept in a list of its parent."""

    #: The property of the parent that holds all of them.
    collection: ClassVar[str]

    def put(self, session: Session, key: ResourceId, body: Body) -> None:
        """Put it in its place in the parent."""
        parent = session.find(key.parent)
        if parent is None:
            raise ArmError(
                404,
                "ParentResourceNotFound",
                f"Failed to perform 'write' on resource(s) of type '{self.kind}', "
                f"because the parent resource '{key.parent}' could not be found.",
            )
        items: list[Body] = parent["properties"][self.collection]
        new = self.kept(session, key, body, parent)
        old = self.find(session, key, items)
        if old is None:
            items.append(new)
        else:
            new["id"], new["name"] = old["id"], old["name"]
            items[items.index(old)] = new
        self.settle(session, key, parent, old, new)
        session.save(key.parent, parent)
        self.changed(session, old, new)

    @abstractmethod
    def kept(self, session: Session, key: ResourceId, body: Body, parent: Body) -> Body:
        """Return it as it is kept in its parent. May raise `ArmError`."""

    @abstractmethod
    def settle(self, session: Session, key: ResourceId, parent: Body, old: Body | None, new: Body) -> None:
        """Check the parent with the new one in it. May raise `ArmError`."""

    def changed(self, session: Session, old: Body | None, new: Body | None) -> None:
        """Do what follows when one came, went or changed."""

    def get(self, session: Session, key: ResourceId) -> Body | None:
        """Return it."""
        return self.find(session, key)

    def find(self, session: Session, key: ResourceId, items: list[Body] | None = None) -> Body | None:
        """Return it as it is kept, among all of its parent where `items` are not at hand."""
        if items is None:
            parent = session.find(key.parent)
            items = parent["properties"][self.collection] if parent else []
        return next((item for item in items if item["id"].lower() == key.key), None)

    def delete(self, session: Session, key: ResourceId) -> None:
        """Take it out of its parent."""
        parent = session.find(key.parent)
        if parent is not None:
            items = parent["properties"][self.collection]
            gone = self.find(session, key, items)
            parent["properties"][self.collection] = [item for item in items if item["id"].lower() != key.key]
            session.save(key.parent, parent)
            self.changed(session, gone, None)
