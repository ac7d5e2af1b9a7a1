"""How many rules the whole page takes on AWS: the figures stand in `tests/data/whole-page.yaml`, with their reasons."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from ws_network.catalogue import Catalogue, Table
from ws_network.deployment import Deployment
from ws_network.deployment.files import load_content
from ws_network.flows import required_flows
from ws_network.minimal import minimal
from ws_network.plan import Plan, build_plan
from ws_network.snapshot import Snapshot

CATALOGUE = Catalogue.load()
CONTENT = load_content(Path(__file__).parents[1] / "data" / "whole-page.yaml")
SEED_CELL_MISSING = "not in the seed"


def everything_resolved() -> Snapshot:
    flows = required_flows(CATALOGUE, Deployment.parse(CONTENT)).flows
    names = sorted({name.fqdn for flow in flows for name in flow.names})
    found = {name: {"ipv4": [f"9.9.{number // 250}.{number % 250}"]} for number, name in enumerate(names)}
    return Snapshot.parse({"format": 1, "place": "a test", "names": found})


def planned(layout: str) -> Plan:
    return build_plan(CATALOGUE, Deployment.parse(CONTENT | {"layout": layout}), snapshot=everything_resolved())


class TestFigures:
    """A merger that got worse by three rules put a group over its quota of sixty: the count is held."""

    def test_the_site_is_the_forty_lines(self) -> None:
        in_seed = {
            flow.id
            for flow in CATALOGUE.flows.values()
            if flow.table is not Table.URLS and flow.slot <= 42 and flow.seed_cell != SEED_CELL_MISSING
        }
        of_urls = {flow.id for flow in CATALOGUE.flows.values() if flow.table is Table.URLS and flow.ports == (443,)}
        assert len(in_seed | of_urls) == 40
        plan = planned("per-flow")
        said = {
            "relay-inherits-agent",
            "relay-localhost",
        }  # a sentence of the page, and a port that stays on the machine
        assert {flow.line for flow in plan.flows} | said == in_seed | of_urls
        assert not plan.failed

    @pytest.mark.parametrize(("layout", "egress", "ingress"), [("per-flow", 53, 10), ("minimal", 34, 10)])
    def test_all_rules(self, layout: str, egress: int, ingress: int) -> None:
        counts = Counter(str(rule.direction) for rule in planned(layout).rules)
        assert counts == {"egress": egress, "ingress": ingress}

    def test_egress_where_relays_wear_the_group_of_agents_too(self) -> None:
        plan = planned("per-flow")
        own = [
            replace(rule, flows=tuple(flow for flow in rule.flows if not flow.startswith("relay/")))
            for rule in plan.rules
            if rule.direction == "egress"
        ]
        own = [rule for rule in own if rule.flows]
        assert len(own) == 39
        assert len(minimal(own, plan.lists)[0]) == 28
