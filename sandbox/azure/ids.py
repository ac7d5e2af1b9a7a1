"""Ids of Azure Resource Manager, such as `/subscriptions/S/resourceGroups/G/providers/NAMESPACE/TYPE/NAME`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.azure.errors import bad

GROUPS = "Microsoft.Resources/resourceGroups"
NETWORK = "Microsoft.Network"
_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"(/providers/(?P<namespace>[^/]+)(?P<rest>(/[^/]+/[^/]+)+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ResourceId:
    """An id in its parts.

    Attributes:
        subscription: the subscription's id.
        group: the resource group's name.
        types: the type's segments below the namespace, such as `networkSecurityGroups`, `securityRules`; none for a
            resource group.
        names: the names that belong to `types`.
        namespace: of the resource provider.
    """

    subscription: str
    group: str
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespace: str = NETWORK

    @property
    def kind(self) -> str:
        """The full type, such as `Microsoft.Network/networkSecurityGroups/securityRules`."""
        return "/".join((self.namespace, *self.types)) if self.types else GROUPS

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.names[-1] if self.names else self.group

    @property
    def parent(self) -> ResourceId:
        """The resource it lies in: a resource for a child, else the resource group."""
        return ResourceId(self.subscription, self.group, self.types[:-1], self.names[:-1], self.namespace)

    @property
    def key(self) -> str:
        """The text that is equal for equal ids: Azure does not tell cases apart."""
        return str(self).lower()

    def child(self, kind: str, name: str) -> ResourceId:
        """Return the id of a resource in this one; `kind` is the last segment of its type."""
        return ResourceId(self.subscription, self.group, (*self.types, kind), (*self.names, name), self.namespace)

    def __str__(self) -> str:
        text = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        if not self.types:
            return text
        pairs = (f"/{kind}/{name}" for kind, name in zip(self.types, self.names, strict=True))
        return f"{text}/providers/{self.namespace}{''.join(pairs)}"


def parse(text: str) -> ResourceId:
    """Return an id's parts.

    Raises:
        ArmError: it is no id of a resource group or of something in one.
    """
    found = _ID.fullmatch(text)
    if found is None:
        raise bad("LinkedInvalidPropertyId", f"Property id '{text}' is invalid. Expect fully qualified resource Id.")
    rest = (found["rest"] or "").split("/")[1:]
    types, names = tuple(rest[::2]), tuple(rest[1::2])
    return ResourceId(found["subscription"], found["group"], types, names, found["namespace"] or NETWORK)
