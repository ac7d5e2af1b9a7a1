"""A plan on one sheet: rules beside their lines of the page, how much of the quota they take, and the findings.

Owns the columns and how findings are grouped for people. Does not own the plan, nor what a cloud counts: that is its
renderer's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from ws_network.endpoints import Endpoint
from ws_network.errors import UserError
from ws_network.findings import Finding, Severity
from ws_network.grammar import MARKS, EndpointKind
from ws_network.plan import Plan, settle
from ws_network.views.renderings import Rendered, rendered
from ws_network.views.tables import Column, For, Sheet, Table

RULES = (
    Column("role", "role", "role whose machines the rule is for"),
    Column("direction", "direction", "egress or ingress, seen from the role"),
    Column("protocol_port", "port", "protocol and destination port", For.PEOPLE),
    Column("other_end", "other end", "who is at the other end", For.PEOPLE),
    Column("flows", "flow", "ids of the flows that need the rule"),
    Column("lines", "line of the page", "where the page says so, in the order of the flows"),
    Column("rule", "rule", "id of the rule, and its name in Pulumi", For.PROGRAMS),
    Column("protocol", "protocol", "tcp, udp or icmp", For.PROGRAMS),
    Column("ports", "ports", "destination port or range; for ICMP type and code", For.PROGRAMS),
    Column("peer_kind", "kind", f"one of {', '.join(EndpointKind)}", For.PROGRAMS),
    Column("peer", "peer", "name of the list, role, tag, id or family", For.PROGRAMS),
    Column("addresses", "addresses", "the blocks of a list", For.PROGRAMS),
    Column("hosts", "hosts", "the host names of a list that the platform follows", For.PROGRAMS),
)
COUNTS = (
    Column("group", "group", "group or policy, by role"),
    Column("direction", "direction", "egress, ingress, or both where the limit is for both together"),
    Column("family", "family", "address family, or both"),
    Column("count", "count", "what the target counts there: on AWS a prefix list counts with its max_entries"),
    Column("unit", "unit", "what is counted: rules, or attributes of the rules of a policy on GCP", For.PROGRAMS),
    Column("quota", "quota", "the limit that the plan assumes"),
)
FINDINGS = (
    Column("severity", "severity", "info, low, medium, high or error"),
    Column("code", "code", "code of the finding"),
    Column("flow", "about", "flow, role or setting that it is about"),
    Column("text", "what", "what was found"),
    Column("remedy", "what to do", "the way out"),
    Column("accepted", "accepted", "reason under which the deployment accepts it"),
)

SHOWN_BLOCKS = 2
"""A list of so many blocks is shown by its blocks, a longer one by its size."""


class Judged:
    """What has findings: which of them forbid, and whether one is too bad for a pipeline."""

    findings: tuple[Finding, ...]

    def at_least(self, severity: Severity) -> bool:
        """Return whether a finding that the deployment does not accept is as bad as `severity`."""
        return any(entry.severity.at_least(severity) and not entry.accepted for entry in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid to deploy, or leave the answer without a part of what is needed."""
        return tuple(entry for entry in self.findings if entry.severity is Severity.ERROR)


@dataclass(frozen=True)
class Overview(Judged):
    """A plan and what its target says to it."""

    plan: Plan
    rendering: Rendered | None
    """None where a finding leaves a rule without its target or priority."""
    findings: tuple[Finding, ...]
    """Of the plan and of the renderer, worst first, with what the deployment accepts."""

    def rendered(self) -> dict[str, Any]:
        """Return the plan in the target's words.

        Raises:
            UserError: a finding leaves a rule without what it is made of.
        """
        if self.rendering is None:
            raise UserError("\n".join(f"{entry.text} {entry.remedy}" for entry in self.errors))
        return {**self.rendering.content, "findings": [entry.to_dict() for entry in self.findings]}

    def sheet(self, *, everything: bool = False) -> Sheet:
        """Return rules, counts and findings; for people only findings from `low` on unless `everything`."""
        plan = self.plan
        count = len(plan.rules)
        return Sheet(
            title=f"{plan.deployment.region}, {plan.target}, catalogue {plan.catalogue.revision}, "
            f"layout {plan.deployment.layout}: {count} rules for {', '.join(plan.roles)}",
            facts={
                "region": plan.deployment.region,
                "revision": plan.catalogue.revision,
                "target": str(plan.target),
                "layout": str(plan.deployment.layout),
                "failed": bool(self.errors),
            },
            tables=(rule_table(plan), self.counts(), finding_table(self.findings)),
            notes=tuple(finding_lines(self.findings, everything=everything)),
        )

    def counts(self) -> Table:
        """Return what the target counts in each group, per direction and family where it counts those apart.

        For people the column is headed by what is counted.
        """
        if self.rendering is None:
            return Table("counts", COUNTS, ())
        unit = self.rendering.unit
        rows = tuple(
            (count.group, count.direction, count.family, count.taken, unit, count.limit)
            for count in self.rendering.counts
        )
        columns = tuple(replace(column, title=unit) if column.key == "count" else column for column in COUNTS)
        return Table("counts", columns, rows, title=f"Counted against {self.rendering.counted_against}")


def overview(plan: Plan) -> Overview:
    """Return a plan with its rendering and the findings of both.

    Raises:
        UserError: the deployment names an unknown quota of the target's cloud.
    """
    rendering = rendered(plan)
    more = rendering.findings if rendering else ()
    return Overview(plan, rendering, settle(plan.deployment, [*plan.findings, *more]))


def rule_table(plan: Plan) -> Table:
    """Return the rules, role by role in the order of the deployment, egress first."""
    rows = {flow.id: flow.row for flow in plan.flows}
    order = {role: number for number, role in enumerate(plan.roles)}
    rules = sorted(
        plan.rules, key=lambda rule: (order[rule.role], rule.direction, rule.protocol, rule.ports, rule.peer)
    )
    return Table(
        "rules",
        RULES,
        tuple(
            (
                rule.role,
                str(rule.direction),
                f"{rule.protocol} {rule.ports.text}",
                other_end(plan, rule.peer),
                rule.flows,
                tuple(rows[flow] for flow in rule.flows),
                rule.id,
                str(rule.protocol),
                rule.ports.text,
                str(rule.peer.kind),
                rule.peer.value,
                plan.lists[rule.peer.value].cidrs if rule.peer.kind is EndpointKind.LIST else (),
                plan.name_lists[rule.peer.value].patterns if rule.peer.kind is EndpointKind.NAMES else (),
            )
            for rule in rules
        ),
        group=True,
    )


def other_end(plan: Plan, peer: Endpoint) -> tuple[str, ...]:
    """Return who is at the other end of a rule, in words."""
    match peer.kind:
        case EndpointKind.LIST:
            cidrs = plan.lists[peer.value].cidrs
            return cidrs if len(cidrs) <= SHOWN_BLOCKS else (f"{peer.value} ({len(cidrs)} blocks)",)
        case EndpointKind.ROLE:
            return (f"{'machines' if plan.target in MARKS else 'group'} of {peer.value}",)
        case EndpointKind.ANY:
            return (f"ANY {peer.value.replace('ipv', 'IPv')} address",)
        case EndpointKind.NAMES:
            names = plan.name_lists[peer.value].patterns
            return names if len(names) <= SHOWN_BLOCKS else (f"{peer.value} ({len(names)} names)",)
        case EndpointKind.REFERENCE:
            return (f"{'tag' if plan.target in MARKS else 'group'} given as {peer.value}",)
        case _:
            return (peer.value,)


def finding_table(findings: Iterable[Finding]) -> Table:
    """Return the findings in their order."""
    rows = tuple(
        (str(entry.severity), entry.code, entry.flow, entry.text, entry.remedy, entry.accepted or None)
        for entry in findings
    )
    return Table("findings", FINDINGS, rows, readers=For.PROGRAMS)


def finding_lines(findings: Iterable[Finding], *, everything: bool) -> Iterator[str]:
    """Yield the findings for people: each code once with its remedy, under it what was found."""
    findings = tuple(findings)
    shown = [entry for entry in findings if everything or entry.severity.at_least(Severity.LOW)]
    for (severity, code, remedy), entries in groupby(shown, lambda entry: (entry.severity, entry.code, entry.remedy)):
        yield f"{severity} {code}: {remedy}"
        same: dict[str, list[str]] = {}
        for entry in entries:
            accepted = f" (accepted: {entry.accepted})" if entry.accepted else ""
            same.setdefault(entry.text.removeprefix(f"{entry.flow}: ") + accepted, []).append(entry.flow)
        for what, about in same.items():
            told = len(about) == 1 and (not about[0] or about[0] in what)
            yield f"  - {what}" if told else f"  - {', '.join(about)}: {what}"
    hidden = len(findings) - len(shown)
    if hidden:
        yield f"{hidden} findings of severity info are not shown (--all shows them)."
