"""The emulated Azure subscription: the one way in to its Resource Manager.

Owns the order in which a request is handled: planned faults, the published API description, then the resource type;
all in one exclusive transaction. Operations have the published API's names, such as `SecurityRules_CreateOrUpdate`;
planned faults go by them.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.azure import api_model, firewall_policies, ip_groups, networks, resource_groups, security_groups
from sandbox.azure.errors import ArmError, bad, fault
from sandbox.azure.ids import GROUPS, NETWORK, ResourceId, parse
from sandbox.azure.session import Session
from sandbox.faults import Faults
from sandbox.store import Store, folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.azure.session import ArmType, Body

#: The subscription of a provider that names none.
DEFAULT_SUBSCRIPTION = "00000000-0000-4000-8000-123456789012"

#: Seconds that a request takes which is planned as `slow`.
SLOW = 0.3

#: All types by their names in lower case.
TYPES: dict[str, ArmType] = {
    item.kind.lower(): item
    for item in (
        firewall_policies.FirewallPolicy(),
        firewall_policies.RuleCollectionGroup(),
        ip_groups.IpGroup(),
        networks.NetworkInterface(),
        networks.Subnet(),
        networks.VirtualNetwork(),
        resource_groups.ResourceGroup(),
        security_groups.ApplicationSecurityGroup(),
        security_groups.NetworkSecurityGroup(),
        security_groups.SecurityRule(),
    )
}


def _not_found(session: Session, key: ResourceId) -> ArmError:
    """Return the error for what is not there, as Azure words it for groups, resources and parts of resources."""
    group = ResourceId(key.subscription, key.group)
    if session.find(group) is None:
        return ArmError(404, "ResourceGroupNotFound", f"Resource group '{key.group}' could not be found.")
    if len(key.types) > 1:
        return ArmError(404, "NotFound", f"Resource {key} not found.")
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{key.kind}/{key.name}' under resource group '{key.group}' was not found. For more details "
        "please go to https://aka.ms/ARMResourceNotFoundFix",
    )


class Subscription:
    """Resource Manager of one subscription. Tests use it for what a person does in the portal.

    Args:
        place: the sandbox folder; by default the one of `store.folder`.
        subscription: the subscription's id.
    """

    def __init__(self, place: Path | None = None, subscription: str = DEFAULT_SUBSCRIPTION) -> None:
        place = place or folder()
        self.id = subscription
        self.store = Store(place / f"azure-{subscription}.sqlite")
        self.faults = Faults(place, self.store, fault)

    def group(self, name: str) -> str:
        """Return the id of a resource group."""
        return str(ResourceId(self.id, name))

    def network(self, group: str, *parts: str) -> str:
        """Return the id of a resource of the network: `network("rg", "virtualNetworks", "a", "subnets", "b")`."""
        return str(ResourceId(self.id, group, parts[::2], parts[1::2], NETWORK))

    def get(self, key: str) -> Body:
        """Return a resource as Azure shows it; raises `ArmError` (404) when it is not there."""

        def work(session: Session, kind: ArmType, wanted: ResourceId) -> Body:
            found = kind.get(session, wanted)
            if found is None:
                raise _not_found(session, wanted)
            return found

        return self._call("Get", key, work)

    def put(self, key: str, body: Body) -> Body:
        """Create or replace a resource and return it; raises `ArmError` when Azure would refuse."""

        def work(session: Session, kind: ArmType, wanted: ResourceId) -> Body:
            group = ResourceId(wanted.subscription, wanted.group)
            if wanted.kind != GROUPS and session.find(group) is None:
                raise _not_found(session, wanted)
            kind.put(session, wanted, api_model.normal(kind.shape, body))
            return kind.get(session, wanted) or {}

        return self._call("CreateOrUpdate", key, work)

    def delete(self, key: str) -> None:
        """Delete a resource; raises `ArmError` when it is in use, or (404) not there."""

        def work(session: Session, kind: ArmType, wanted: ResourceId) -> Body:
            if kind.get(session, wanted) is None:
                raise _not_found(session, wanted)
            kind.delete(session, wanted)
            return {}

        self._call("Delete", key, work)

    def list(self, kind: str) -> list[Body]:
        """Return all resources of a type such as `networkSecurityGroups`, oldest first."""
        found = TYPES[kind.lower() if "/" in kind else f"{NETWORK}/{kind}".lower()]
        with self.store.transaction() as state:
            session = Session(self.id, state)
            shown = [found.get(session, parse(body["id"])) for body in session.everything(found.kind)]
        return [body for body in shown if body]

    @contextmanager
    def _alone(self, operation: str, held: ResourceId | None) -> Iterator[None]:
        """Refuse a request while a slow one changes what both would change; be slow where that is planned.

        Azure takes minutes to carry a policy to its firewalls, and changes of one policy do not wait for each other.
        """
        slow = held is not None and self.faults.hits("slow", operation)
        if held is not None:
            with self.store.transaction() as state:
                other = state.get("held", held.key)
                # One that a killed process has left behind does not hold for ever.
                if other and other["since"] + 10 * SLOW > time.time():
                    raise ArmError(
                        409,
                        "AnotherOperationInProgress",
                        f"Another operation on this or dependent resource is in progress: {held}.",
                    )
                if slow:
                    state.put("held", held.key, {"since": time.time()})
        try:
            yield
            if slow:
                time.sleep(SLOW)
        finally:
            if held is not None and slow:
                with self.store.transaction() as state:
                    state.delete("held", held.key)

    def _call(self, verb: str, key: str, work: Callable[[Session, ArmType, ResourceId], Body]) -> Body:
        wanted = parse(key)
        kind = TYPES.get(wanted.kind.lower())
        if kind is None or wanted.subscription.lower() != self.id.lower():
            what = f"the type {wanted.kind}" if kind is None else f"the subscription {wanted.subscription}"
            raise bad("NotEmulated", f"There is no {what.removeprefix('the ')} here; use the real provider for it.")
        operation = f"{kind.operations}_{verb}"
        try:
            self.faults.before(operation)
            held = None if verb == "Get" else kind.holds(wanted)
            with self._alone(operation, held), self.store.transaction() as state:
                answer = work(Session(self.id, state), kind, wanted)
            self.faults.after(operation)
        except ArmError as failure:
            failure.operation = failure.operation or operation
            raise
        return answer
