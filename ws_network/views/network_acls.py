"""Network ACLs on one sheet: the entries that a subnet's roles need, and what existing ones drop.

Owns the columns and which findings are shown. Does not own entries, nor the audit (`ws_network.aws.network_acl`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from ws_network.aws.limits import QUOTAS
from ws_network.aws.network_acl import (
    Audit,
    Entry,
    NetworkAcl,
    NetworkAclRendering,
    audit_network_acls,
    render_network_acl,
)
from ws_network.aws.network_acl.entries import QUOTA
from ws_network.catalogue import Catalogue, Transport
from ws_network.deployment import Deployment, Layout, Target
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Finding, Severity
from ws_network.plan import Plan, build_plan, settle
from ws_network.snapshot import Snapshot
from ws_network.views.planned import Judged, finding_lines, finding_table
from ws_network.views.tables import Column, For, Sheet, Table

ENTRIES = (
    Column("direction", "direction", "egress or ingress, seen from the subnet"),
    Column("rule_number", "number", "rule number, from the slot of its first flow and from its own text"),
    Column("protocol", "protocol", "tcp, udp or icmp"),
    Column("ports", "ports", "destination port or range; for ICMP type and code"),
    Column("cidr", "other end", "the one block of the entry"),
    Column("action", "action", "allow; what no entry names is denied by AWS's own '*'"),
    Column("requests", "requests of", "ids of the flows whose requests pass by it"),
    Column("replies", "replies of", "ids of the flows whose replies pass by it"),
)
COUNTS = (
    Column("direction", "direction", "egress or ingress"),
    Column("family", "family", "address family"),
    Column("rules", "rules", "what AWS counts: the entries and its own '*'"),
    Column("quota", "quota", "the limit that the answer assumes"),
)
BLOCKED = (
    Column("network_acl", "network ACL", "id of the ACL"),
    Column("flow", "flow", "id of the flow"),
    Column("role", "role", "role of the site in the subnet"),
    Column("way", "what", "request or reply"),
    Column("direction", "direction", "egress or ingress, seen from the subnet"),
    Column("protocol", "protocol", "tcp, udp or icmp"),
    Column("ports", "ports", "destination ports that are dropped; for ICMP type and code"),
    Column("other_end", "other end", "who is dropped", For.PEOPLE),
    Column("addresses", "addresses", "the blocks that are dropped", For.PROGRAMS),
    Column("entry", "entry", "number of the entry that drops them, * where none matches"),
    Column("add", "add", "what to add"),
    Column("line", "line of the page", "where the page says so", For.PROGRAMS),
)
SUBNETS = (
    Column("network_acl", "network ACL", "id of the ACL"),
    Column("subnets", "subnets", "ids of its subnets"),
    Column("blocked", "blocked", "how many flows it drops a part of"),
)


@dataclass(frozen=True)
class Answer(Judged):
    """A sheet, and the findings that decide the exit code."""

    sheet: Sheet
    findings: tuple[Finding, ...]


def flow_by_flow(
    catalogue: Catalogue,
    deployment: Deployment,
    *,
    snapshot: Snapshot | None = None,
    as_of: date | None = None,
    resolved_on: date | None = None,
) -> Plan:
    """Return the plan of the site's groups with each flow apart: the layout of a stack's groups is none of an ACL's.

    Raises:
        UserError: as `build_plan`.
    """
    apart = deployment.model_copy(update={"layout": Layout.PER_FLOW})
    target = Target.AWS_SECURITY_GROUP
    return build_plan(catalogue, apart, target=target, snapshot=snapshot, as_of=as_of, resolved_on=resolved_on)


def network_acl_export(plan: Plan, roles: Iterable[str] | None = None, *, everything: bool = False) -> Answer:
    """Return the entries of a network ACL for the roles' subnets, the quota that they take, and the findings.

    Raises:
        UserError: as `render_network_acl`.
    """
    rendering = render_network_acl(plan, roles)
    findings = settle(plan.deployment, [*plan.findings, *rendering.findings])
    tables = (
        Table("entries", ENTRIES, tuple(_entry_row(entry) for entry in rendering.entries), group=True),
        _counts(plan, rendering),
        finding_table(findings),
    )
    sheet = Sheet(
        title=f"{plan.deployment.region}, network ACL, catalogue {plan.catalogue.revision}: "
        f"{len(rendering.entries)} entries for {', '.join(rendering.roles)}",
        facts={
            "region": plan.deployment.region,
            "revision": plan.catalogue.revision,
            "roles": list(rendering.roles),
            "failed": any(entry.severity is Severity.ERROR for entry in findings),
            "NetworkAcls": rendering.to_dict()["NetworkAcls"],
        },
        tables=tables,
        notes=tuple(finding_lines(findings, everything=everything)),
    )
    return Answer(sheet, findings)


def _entry_row(entry: Entry) -> tuple[str | int | tuple[str, ...], ...]:
    return (
        str(entry.direction),
        entry.number,
        str(entry.protocol),
        ports_text(entry.protocol, entry.ports.first, entry.ports.last),
        entry.cidr.text,
        "allow",
        entry.requests,
        entry.replies,
    )


def ports_text(protocol: Transport, first: int, last: int) -> str:
    """Return `443`, `1024-65535`, or `3/4` for a type and code of ICMP."""
    if protocol is Transport.ICMP:
        return f"{first}/{last}"
    return str(first) if first == last else f"{first}-{last}"


def _counts(plan: Plan, rendering: NetworkAclRendering) -> Table:
    limit = QUOTAS.value(QUOTA, plan.deployment.quotas)
    rows = tuple(
        (str(direction), f"IPv{family}", count, limit) for (direction, family), count in rendering.counts().items()
    )
    return Table("counts", COUNTS, rows, title=f"Counted against AWS's quota '{QUOTAS[QUOTA].title}'")


def chosen(acls: Iterable[NetworkAcl], ids: Iterable[str]) -> tuple[NetworkAcl, ...]:
    """Return the ACLs of these ids, all for none.

    Raises:
        UserError: one is not among them; names the nearest.
    """
    acls, ids = tuple(acls), tuple(ids)
    known = [acl.id for acl in acls]
    for each in ids:
        if each not in known:
            raise UserError(unknown_name("network ACL", each, known))
    return tuple(acl for acl in acls if not ids or acl.id in ids)


def network_acl_audit(
    plan: Plan, acls: Iterable[NetworkAcl], roles: Iterable[str] | None = None, *, everything: bool = False
) -> Answer:
    """Return which requests and replies of the roles' flows the ACLs drop, and what to add.

    Of the plan's own findings only those count that leave a flow without rules, so that it was not looked at.

    Raises:
        UserError: as `audit_network_acls`.
    """
    found = audit_network_acls(plan, acls, roles)
    plan_errors = [entry for entry in plan.findings if entry.severity is Severity.ERROR]
    findings = settle(plan.deployment, [*plan_errors, *found.findings])
    count = len({(each.acl, each.leg.flow) for each in found.blocked})
    flows = len({leg.flow for leg in found.legs})
    acl_ids = [acl.id for acl in found.acls]
    sheet = Sheet(
        title=f"{plan.deployment.region}, catalogue {plan.catalogue.revision}: {flows} flows of "
        f"{', '.join(found.roles)} against {', '.join(acl_ids)}: {count or 'none'} blocked",
        facts={
            "region": plan.deployment.region,
            "revision": plan.catalogue.revision,
            "roles": list(found.roles),
            "flows": sorted({leg.flow for leg in found.legs}),
        },
        tables=(_blocked(plan, found), _subnets(found), replace(finding_table(findings), readers=For.PROGRAMS)),
        notes=tuple(finding_lines(findings, everything=everything)),
    )
    return Answer(sheet, findings)


def _blocked(plan: Plan, found: Audit) -> Table:
    lines = {flow.id: flow.row for flow in plan.flows}
    rows = tuple(
        (
            each.acl,
            each.leg.flow,
            each.leg.role,
            "reply" if each.leg.reply else "request",
            str(each.leg.direction),
            str(each.leg.protocol),
            ports_text(each.leg.protocol, each.ports.first, each.ports.last),
            each.other_end,
            each.addresses.cidrs(),
            each.entry,
            each.add,
            lines[each.leg.flow],
        )
        for each in found.blocked
    )
    return Table("blocked", BLOCKED, rows, group=True)


def _subnets(found: Audit) -> Table:
    rows = tuple(
        (acl.id, acl.subnets, len({each.leg.flow for each in found.blocked if each.acl == acl.id}))
        for acl in found.acls
    )
    return Table("network_acls", SUBNETS, rows, readers=For.PROGRAMS)
