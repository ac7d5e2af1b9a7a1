"""Resource groups of the emulated Azure. Owns that a group takes all that is in it along."""

from __future__ import annotations

import re

from sandbox.azure.errors import ArmError, bad
from sandbox.azure.ids import GROUPS, ResourceId, parse
from sandbox.azure.session import ArmType, Body, Session, references, region

NAME = re.compile(r"[-\w._()]{0,89}[-\w_()]")


class ResourceGroup(ArmType):
    """A resource group."""

    kind = GROUPS
    model = "ResourceGroup"
    operations = "ResourceGroups"

    def put(self, session: Session, key: ResourceId, body: Body) -> None:
        """Create it, or change its tags; it stays where it is."""
        if not NAME.fullmatch(key.group):
            raise bad("InvalidResourceGroup", f"The resource group name '{key.group}' is invalid.")
        place = region(body["location"])
        old = session.find(key)
        if old is not None and old["location"] != place:
            raise ArmError(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{place}'. The Resource group already exists in location "
                f"'{old['location']}'.",
            )
        known = {"id": str(key), "name": key.group} if old is None else {"id": old["id"], "name": old["name"]}
        own = {"type": self.kind, "location": place, "properties": {"provisioningState": "Succeeded"}}
        session.save(key, {**body, **known, **own})

    def get(self, session: Session, key: ResourceId) -> Body | None:
        """Return it; resource groups have no etag."""
        found = session.find(key)
        if found is not None:
            del found["etag"]
        return found

    def delete(self, session: Session, key: ResourceId) -> None:
        """Delete it and all that is in it, unless something outside refers to that."""
        inside = session.inside(key)
        gone = {body["id"].lower(): body for body in inside}
        for body in inside:
            session.drop(parse(body["id"]))
        for kind in session.state.counts():
            for body in session.state.all(kind) if "/" in kind else []:
                targets = [target for target, _ in references(body)]
                for owner in gone:
                    if any(target == owner or target.startswith(f"{owner}/") for target in targets):
                        raise ArmError(
                            409,
                            "ResourceGroupDeletionBlocked",
                            f"Deletion of resource group '{key.group}' failed as resources with identifiers "
                            f"'{gone[owner]['id']}' could not be deleted: {body['id']} uses it.",
                        )
        session.drop(key)
