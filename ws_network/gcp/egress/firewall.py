"""The part of a plan that leaves the site's machines: what an egress policy holds.

Owns which rules, lists and findings of a plan are about egress. Does not own any of them.
"""

from collections.abc import Iterator
from dataclasses import replace

from ws_network.findings import Finding, finding
from ws_network.plan import Plan, settle
from ws_network.rules import Direction

AT_ENTRY = frozenset({"manage-without-source"})
"""Findings that only the end of a flow has where its machines are entered."""

AT_EITHER_END = frozenset({"peer-unsayable"})
"""Findings for which an end has no rule of the flow: where egress has one, it is the other end's."""


def egress_only(plan: Plan) -> Plan:
    """Return the plan with its egress rules, their lists, and the flows and findings that are about them.

    What it allows out of a role's machines is what the plan allows. A role without egress keeps its place: the rest may
    be denied for it.
    """
    rules = tuple(rule for rule in plan.rules if rule.direction is Direction.EGRESS)
    named = {rule.peer.value for rule in rules}
    flows = tuple(flow for flow in plan.flows if flow.source in plan.roles)
    narrowed = replace(
        plan,
        rules=rules,
        flows=flows,
        lists={name: found for name, found in plan.lists.items() if name in named},
        name_lists={name: found for name, found in plan.name_lists.items() if name in named},
    )
    return replace(narrowed, findings=settle(plan.deployment, list(_findings(plan, narrowed))))


def _findings(plan: Plan, narrowed: Plan) -> Iterator[Finding]:
    """Yield what of the whole plan's findings is about egress, and each role that has none."""
    gone = {flow.id for flow in plan.flows} - {flow.id for flow in narrowed.flows}
    served = {flow for rule in narrowed.rules for flow in rule.flows}
    for entry in plan.findings:
        entered = entry.code in AT_ENTRY or (entry.code in AT_EITHER_END and entry.flow in served)
        if not entered and entry.flow not in gone and entry.code != "nothing-required":
            yield entry
    for role in sorted(set(plan.roles) - {rule.role for rule in narrowed.rules}):
        yield finding("nothing-required", role, f"role {role} ends without an egress rule.")
