"""What moving to another revision of the catalogue opens and closes at one site.

Owns the comparison of two plans of the same deployment. Does not own what changed on the page
(`ws_network.catalogue.diff`), nor what exists in a cloud.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ws_network.catalogue import Catalogue, CatalogueDiff
from ws_network.deployment import Deployment, Target
from ws_network.findings import Finding
from ws_network.grammar import EndpointKind
from ws_network.plan import Plan, build_plan
from ws_network.rules import Rule
from ws_network.snapshot import Snapshot
from ws_network.views.planned import other_end
from ws_network.views.tables import Column, Sheet, Table

CHANGES = (
    Column("change", "change", "opened, closed or changed"),
    Column("kind", "kind", "region, feature, flow, host, block; for a site rule, list or finding"),
    Column("about", "what", "id or name"),
    Column("detail", "detail", "which fields changed, or who is reached"),
)


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference."""

    change: str
    """`opened`, `closed` or `changed`."""
    kind: str
    about: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SiteDiff:
    """What changes for a site when its revision moves."""

    from_revision: str
    to_revision: str
    region: str
    changes: tuple[Change, ...]
    """Rules, then addresses of lists, then findings."""

    def __bool__(self) -> bool:
        return bool(self.changes)

    def sheet(self) -> Sheet:
        """Return the changes as a table."""
        return _sheet(self.from_revision, self.to_revision, self.changes, f" for the site in {self.region}")


def site_diff(  # noqa: PLR0913 - each is an input of both plans
    catalogue: Catalogue,
    deployment: Deployment,
    to: str,
    *,
    target: Target = Target.AWS_SECURITY_GROUP,
    snapshot: Snapshot | None = None,
    as_of: date | None = None,
) -> SiteDiff:
    """Return what changes for a site from its own revision to another.

    Args:
        catalogue: At any revision.
        deployment: The site, at the revision to come from.
        to: The revision to go to.
        target: What holds the rules.
        snapshot: Addresses of names, the same for both.
        as_of: The day for end dates, the same for both.

    Raises:
        UserError: a revision does not exist, or the site cannot be planned at one of them.
    """
    a = build_plan(catalogue, deployment, target=target, snapshot=snapshot, as_of=as_of)
    moved = deployment.model_copy(update={"revision": catalogue.at(to).revision})
    b = build_plan(catalogue, moved, target=target, snapshot=snapshot, as_of=as_of)
    changes = (*_rules(a, b), *_lists(a, b), *_findings(a.findings, b.findings))
    return SiteDiff(deployment.revision, to, deployment.region, tuple(changes))


def _rules(a: Plan, b: Plan) -> Iterable[Change]:
    before, after = ({rule.id: rule for rule in plan.rules} for plan in (a, b))
    for rule_id in sorted(after.keys() - before.keys()):
        yield Change("opened", "rule", rule_id, _detail(b, after[rule_id]))
    for rule_id in sorted(before.keys() - after.keys()):
        yield Change("closed", "rule", rule_id, _detail(a, before[rule_id]))
    for rule_id in sorted(before.keys() & after.keys()):
        old, new = before[rule_id].flows, after[rule_id].flows
        signed = [*(f"+{flow}" for flow in new if flow not in old), *(f"-{flow}" for flow in old if flow not in new)]
        if signed:
            yield Change("changed", "rule", rule_id, ", ".join(signed))


def _detail(plan: Plan, rule: Rule) -> str:
    return f"{', '.join(other_end(plan, rule.peer))} for {', '.join(rule.flows)}"


def _lists(a: Plan, b: Plan) -> Iterable[Change]:
    """Yield blocks that come to or leave a list that rules of both plans name."""
    for name in sorted(_named(a) & _named(b)):
        before, after = set(a.lists[name].cidrs), set(b.lists[name].cidrs)
        for cidr in sorted(after - before):
            yield Change("opened", "address", f"{name} {cidr}")
        for cidr in sorted(before - after):
            yield Change("closed", "address", f"{name} {cidr}")


def _named(plan: Plan) -> set[str]:
    return {rule.peer.value for rule in plan.rules if rule.peer.kind is EndpointKind.LIST}


def _findings(a: tuple[Finding, ...], b: tuple[Finding, ...]) -> Iterable[Change]:
    """Yield findings that come or go; that a newer revision exists is no news here."""
    for word, findings in (("new", set(b) - set(a)), ("gone", set(a) - set(b))):
        for entry in sorted(findings, key=lambda entry: (-entry.severity.rank, entry)):
            if entry.code != "revision-newer":
                yield Change(word, "finding", f"{entry.severity} {entry.code}", entry.text)


def page_sheet(found: CatalogueDiff) -> Sheet:
    """Return what changed on the page as a table."""
    kinds: list[tuple[str, Any]] = [
        ("region", found.regions),
        ("feature", found.features),
        ("flow", found.flows),
        *((f"host in {region}", changes) for region, changes in found.host_names.items()),
        ("block", found.blocks),
    ]
    changes = []
    for kind, held in kinds:
        changes += [Change("opened", kind, key) for key in held.opened]
        changes += [Change("closed", kind, key) for key in held.closed]
        changes += [Change("changed", kind, *key.rsplit(": ", 1)) for key in held.changed]
    return _sheet(found.from_revision, found.to_revision, tuple(changes), " on the page")


def _sheet(a: str, b: str, changes: tuple[Change, ...], where: str) -> Sheet:
    count = f"{len(changes)} {'change' if len(changes) == 1 else 'changes'}" if changes else "no difference"
    rows = tuple((entry.change, entry.kind, entry.about, entry.detail) for entry in changes)
    return Sheet(f"{a} to {b}: {count}{where}", {"from": a, "to": b}, (Table("changes", CHANGES, rows),))
