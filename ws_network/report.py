"""A plan as Markdown, for the output `report` of a component and for a change request.

Owns the document. Does not own what is live: it describes the plan, and `ws-network diff` what changes.
"""

from collections.abc import Iterable
from enum import StrEnum, unique

from ws_network.deployment.check import flow_ids
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding
from ws_network.plan import Plan

LEFT_OUT = "(left out)"
"""What a redacted report says in place of text that may hold an address, an id or a host."""


@unique
class Detail(StrEnum):
    """How much a report says: stack outputs and review comments are read by more people than the stack."""

    FULL = "full"
    REDACTED = "redacted"
    """No address, id or host: roles, ports, flows and counts."""
    NONE = "none"


def detail(text: str) -> Detail:
    """Return the level of this name.

    Raises:
        UserError: there is none; names the nearest.
    """
    if text not in list(Detail):
        raise UserError(unknown_name("report", text, Detail))
    return Detail(text)


def report(plan: Plan, findings: Iterable[Finding], level: Detail = Detail.FULL) -> str:
    """Return the plan in Markdown: a table of rules per role, each with its lines of the page, and the findings.

    Args:
        plan: The plan.
        findings: Those of the plan and of the target's renderer.
        level: `full`, `redacted` or `none` (empty text).
    """
    if level is Detail.NONE:
        return ""
    full = level is Detail.FULL
    rows = {flow.id: flow.row for flow in plan.flows}
    catalogue = plan.catalogue
    harmless = {"", *flow_ids(plan.deployment, catalogue), *catalogue.roles, *catalogue.features}
    lines = [
        f"# Workload Security rules for {plan.deployment.region}",
        "",
        # A rule of Azure or GCP holds several, so their number is not the output `rule_count`.
        f"Catalogue {plan.catalogue.revision}, target {plan.target}, {len(plan.rules)} permissions. Unofficial.",
    ]
    for role in plan.roles:
        rules = [rule for rule in plan.rules if rule.role == role]
        lines += ["", f"## {role}", "", "| direction | port | other end | line of the page |", "|---|---|---|---|"]
        for rule in rules:
            peer = rule.peer.value if full else str(rule.peer.kind)  # the value may be an id
            page = "; ".join(f"{flow} ({rows[flow]})" for flow in rule.flows)
            lines.append(f"| {rule.direction} | {rule.protocol} {rule.ports.text} | {peer} | {_cell(page)} |")
    if full and plan.lists:
        lines += ["", "## Address lists", "", "| list | blocks |", "|---|---|"]
        lines += [f"| {name} | {', '.join(found.cidrs)} |" for name, found in plan.lists.items()]
    if full and plan.name_lists:
        lines += ["", "## Name lists", "", "| list | names |", "|---|---|"]
        lines += [f"| {name} | {', '.join(found.fqdns)} |" for name, found in plan.name_lists.items()]
    lines += ["", "## Findings", "", "| severity | code | about | what |", "|---|---|---|---|"]
    for entry in findings:
        text = entry.text if full else LEFT_OUT
        about = (
            entry.flow if full or entry.flow in harmless else LEFT_OUT
        )  # a rule's id or a setting may hold an address
        lines.append(f"| {entry.severity} | {entry.code} | {about} | {_cell(text)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Return text that stays in its cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
