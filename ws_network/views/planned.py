"""A plan on one sheet: rules beside their lines of the page, how much of the quota they take, and the findings.

Owns the columns and how findings are grouped for people. Does not own the plan, nor what a cloud counts: that is its
renderer's, and only AWS has one here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ws_network.aws.limits import QUOTAS, quota
from ws_network.aws.render import AwsRendering, render, rule_counts
from ws_network.deployment import Target
from ws_network.endpoints import Endpoint
from ws_network.errors import UserError
from ws_network.findings import Finding, Severity
from ws_network.grammar import EndpointKind
from ws_network.plan import Plan, settle
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
    Column("peer_kind", "kind", "list, role, security-group, prefix-list, reference or any", For.PROGRAMS),
    Column("peer", "peer", "name of the list, role, id or family", For.PROGRAMS),
    Column("addresses", "addresses", "the blocks of a list", For.PROGRAMS),
)
COUNTS = (
    Column("group", "group", "security group, by role"),
    Column("direction", "direction", "egress or ingress"),
    Column("family", "family", "address family"),
    Column("rules", "rules", "what AWS counts: a prefix list counts with its max_entries"),
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


@dataclass(frozen=True)
class Overview:
    """A plan and what its target says to it."""

    plan: Plan
    rendering: AwsRendering | None
    """None where the target has no renderer."""
    findings: tuple[Finding, ...]
    """Of the plan and of the renderer, worst first, with what the deployment accepts."""

    def at_least(self, severity: Severity) -> bool:
        """Return whether a finding that the deployment does not accept is as bad as `severity`."""
        return any(entry.severity.at_least(severity) and not entry.accepted for entry in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid to deploy the plan."""
        return tuple(entry for entry in self.findings if entry.severity is Severity.ERROR)

    def rendered(self) -> dict[str, Any]:
        """Return the plan in the target's words.

        Raises:
            UserError: the target has no renderer.
        """
        if self.rendering is None:
            known = f"{Target.AWS_SECURITY_GROUP} is the one that has"
            raise UserError(f"{self.plan.target} has no rendering yet: {known}.")
        return {**self.rendering.to_dict(), "findings": [entry.to_dict() for entry in self.findings]}

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
        """Return what AWS counts in each group, per direction and family; empty for another target."""
        rows: list[tuple[str | int, ...]] = []
        if self.rendering is not None:
            limit = quota("aws-rules-per-security-group", self.plan.deployment.quotas)
            for key, group in self.rendering.security_groups.items():
                counts = sorted(rule_counts(group, self.rendering.prefix_lists).items())
                rows += [(key, str(direction), f"IPv{family}", count, limit) for (direction, family), count in counts]
        return Table("counts", COUNTS, tuple(rows), title=f"Counted against {quota_source()}")


def overview(plan: Plan) -> Overview:
    """Return a plan with its rendering, where the target has one, and the findings of both.

    Raises:
        UserError: the deployment names an unknown quota of the target's cloud.
    """
    if plan.target is not Target.AWS_SECURITY_GROUP:
        return Overview(plan, None, plan.findings)
    rendering = render(plan)
    return Overview(plan, rendering, settle(plan.deployment, [*plan.findings, *rendering.findings]))


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
            return (f"group of {peer.value}",)
        case EndpointKind.ANY:
            return (f"ANY {peer.value.replace('ipv', 'IPv')} address",)
        case EndpointKind.REFERENCE:
            return (f"group given as {peer.value}",)
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


def quota_source() -> str:
    """Return whose limit the counts are held against."""
    return f"AWS's quota '{QUOTAS['aws-rules-per-security-group'].title}'"
