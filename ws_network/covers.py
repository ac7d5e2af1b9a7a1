"""Every rule of a plan as its target holds it, in the layout that the deployment says.

Owns the choice between the layouts for targets whose rule holds several ports or lists. Does not own the per-flow
layout (`ws_network.compose`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ws_network.compose import ComposedRule, compose
from ws_network.endpoints import AddressList, NameList
from ws_network.plan import Plan


@dataclass(frozen=True, slots=True)
class Composition:
    """The rules of a target, and the lists that they name."""

    rules: tuple[ComposedRule, ...]
    """Sorted by name."""
    lists: Mapping[str, AddressList]
    name_lists: Mapping[str, NameList]


def composed(plan: Plan) -> Composition:
    """Return the rules of a plan for a target whose rule holds several ports or lists."""
    return Composition(compose(plan), plan.lists, plan.name_lists)
