"""Writes `docs/rule-counts.md`: how many rules the whole page takes on each target, counted anew.

`--check` writes nothing and exits 1 when the page is old.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ws_network.catalogue import Catalogue
from ws_network.covers import composed
from ws_network.deployment import Deployment, Layout, MachineMark, Target
from ws_network.deployment.files import load_content
from ws_network.flows import required_flows
from ws_network.grammar import GRAMMARS, PACKET_FILTERS
from ws_network.minimal import EXACT_STEPS, minimal
from ws_network.plan import Plan, build_plan
from ws_network.rules import Direction, Rule
from ws_network.snapshot import Snapshot

ROOT = Path(__file__).parent.parent
DOCS_FILE = ROOT / "docs" / "rule-counts.md"
SITE = ROOT / "tests" / "data" / "whole-page.yaml"
SITE_OF_GCP = ROOT / "tests" / "data" / "whole-page-gcp.yaml"
CATALOGUE = Catalogue.load()

HEAD = """# How many rules

The whole page as one site, in one address family: 40 lines of the page, 7 components and a SIEM that the site runs. The
site, its lines and what was expected of it are in [`tests/data/whole-page.yaml`](../tests/data/whole-page.yaml).

- **egress, shared** counts what the components may reach where a relay wears the agents' group (tag, on GCP) beside its
  own, so that the lines that it inherits are not there twice.
- **all rules** counts what is made: each role has all of its own lines, and both ends of a flow inside the site have a
  rule. Rules that deny the rest are not counted: two for each role on GCP, three on Azure (one lets the load balancer's
  probes in).
- **least** is what no set of rules of the target's form can do without, as far as that is proven.

Generated from the code.
"""

TAIL = f"""
The layout `minimal` is proven to be the least wherever the last column is the count. The search for it is exact up to a
size that neither this site nor the random ones of the tests reach (`ws_network/bicliques.py` states it). Beyond it the
rules allow exactly the same traffic all the same, and `Composition.bound` tells how many there must be at least. On AWS
a rule is one range of neighbouring ports to one list; there the search is exact where the addresses change at most
{EXACT_STEPS} times along neighbouring ports, and this page has no more than one such change.

A rule of {Target.GCP_FIREWALL_POLICY} cannot hold blocks and names, so following names takes more rules than lists do:
by addresses alone the same site takes there what it takes on {Target.GCP_VPC_FIREWALL}.
"""

MARKS = {
    Target.GCP_FIREWALL_POLICY: MachineMark.SECURE_TAG,
    Target.GCP_VPC_FIREWALL: MachineMark.NETWORK_TAG,
}
NAMES = {
    Target.AWS_SECURITY_GROUP: "blocks, snapshot; any address for content networks",
    Target.AZURE_NSG: "blocks, snapshot; any address for content networks",
    Target.GCP_FIREWALL_POLICY: "blocks, then names",
    Target.GCP_VPC_FIREWALL: "blocks, snapshot; any address for content networks",
}


@dataclass(frozen=True, slots=True)
class Count:
    """Rules of the whole page on one target, in one layout."""

    target: Target
    layout: Layout
    shared: int
    """Egress, a relay wearing the agents' group too."""
    egress: int
    ingress: int
    bound: int | None
    """How many of all there must be; None where the layout does not aim at it."""

    @property
    def total(self) -> int:
        """All rules."""
        return self.egress + self.ingress


def everything_resolved() -> Snapshot:
    """Return a snapshot in which every name of the site has one address of its own."""
    flows = required_flows(CATALOGUE, Deployment.parse(load_content(SITE))).flows
    names = sorted({name.fqdn for flow in flows for name in flow.names})
    found = {name: {"ipv4": [f"9.9.{number // 250}.{number % 250}"]} for number, name in enumerate(names)}
    return Snapshot.parse({"format": 1, "place": "a test", "names": found})


def planned(target: Target, layout: Layout, names: Any = None) -> Plan:
    """Return the plan of the whole page; `names` are other forms of address for the target than the file's."""
    content = load_content(SITE_OF_GCP if target in MARKS else SITE) | {"layout": str(layout)}
    if names is not None:
        content["names"] = content["names"] | {str(target): names}
    deployment = Deployment.parse(content)
    machines = dict.fromkeys(deployment.managed_roles, MARKS[target]) if target in MARKS else {}
    return build_plan(CATALOGUE, deployment, target=target, snapshot=everything_resolved(), machines=machines)


def shared(plan: Plan) -> Plan:
    """Return the plan with its egress alone, and without the agents' lines in the relays' group."""
    rules = [
        replace(rule, flows=tuple(flow for flow in rule.flows if not flow.startswith("relay/")))
        for rule in plan.rules
        if rule.direction is Direction.EGRESS
    ]
    return replace(plan, rules=tuple(rule for rule in rules if rule.flows))


def directions(plan: Plan) -> tuple[list[Direction], int | None]:
    """Return the direction of each rule that the target holds, and how many rules there must be."""
    if GRAMMARS[plan.target].many_ports:
        composition = composed(plan)
        return [rule.direction for rule in composition.rules], composition.bound
    rules: tuple[Rule, ...] = plan.rules
    if plan.deployment.layout is Layout.MINIMAL:
        rules, _ = minimal(plan.rules, plan.lists)
    return [rule.direction for rule in rules], None


def count(target: Target, layout: Layout, names: Any = None) -> Count:
    """Return how many rules the whole page takes; `names` as for `planned`."""
    plan = planned(target, layout, names)
    per_flow = planned(target, Layout.PER_FLOW, names)
    own = replace(shared(per_flow), deployment=plan.deployment)
    made, bound = directions(plan)
    return Count(
        target=target,
        layout=layout,
        shared=len(directions(own)[0]),
        egress=made.count(Direction.EGRESS),
        ingress=made.count(Direction.INGRESS),
        bound=bound,
    )


def counts() -> Iterator[Count]:
    """Yield the counts of all targets that hold rules, in both layouts."""
    for target in PACKET_FILTERS:
        for layout in Layout:
            yield count(target, layout)


def page() -> str:
    """Return the page."""
    lines = [HEAD, "| target | names by | layout | egress, shared | all rules | least |", "|---|---|---|---|---|---|"]
    for each in counts():
        least = "" if each.bound is None else str(each.bound)
        what = f"| `{each.target}` | {NAMES[each.target]} | `{each.layout}` "
        lines.append(f"{what}| {each.shared} | {each.total} ({each.egress} + {each.ingress}) | {least} |")
    return "\n".join([*lines, TAIL])


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    text = page()
    if "--check" in arguments:
        return int(not DOCS_FILE.exists() or DOCS_FILE.read_text(encoding="utf-8") != text)
    DOCS_FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
