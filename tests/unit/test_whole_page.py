"""How many rules the whole page takes: the figures stand in `tests/data/whole-page.yaml`, with their reasons."""

import pytest

from tools import rule_counts_docs
from tools.rule_counts_docs import CATALOGUE, SITE, count, directions, planned, shared
from ws_network.azure.render import render as render_azure
from ws_network.catalogue import Table
from ws_network.deployment import Layout, Target
from ws_network.deployment.files import load_content
from ws_network.gcp.render import render as render_gcp

SEED_CELL_MISSING = "not in the seed"
AWS, AZURE = Target.AWS_SECURITY_GROUP, Target.AZURE_NSG
GCP, GCP_VPC = Target.GCP_FIREWALL_POLICY, Target.GCP_VPC_FIREWALL
PER_FLOW, MINIMAL = Layout.PER_FLOW, Layout.MINIMAL
BY_ADDRESS = load_content(SITE)["names"]["aws-security-group"]


class TestFigures:
    """A merger that got worse by three rules put a group over its quota of sixty: the count is held."""

    @pytest.mark.parametrize("target", [AWS, AZURE, GCP, GCP_VPC])
    def test_the_site_is_the_forty_lines(self, target: Target) -> None:
        in_seed = {
            flow.id
            for flow in CATALOGUE.flows.values()
            if flow.table is not Table.URLS and flow.slot <= 42 and flow.seed_cell != SEED_CELL_MISSING
        }
        of_urls = {flow.id for flow in CATALOGUE.flows.values() if flow.table is Table.URLS and flow.ports == (443,)}
        assert len(in_seed | of_urls) == 40
        plan = planned(target, PER_FLOW)
        said = {
            "relay-inherits-agent",
            "relay-localhost",
        }  # a sentence of the page, and a port that stays on the machine
        assert {flow.line for flow in plan.flows} | said == in_seed | of_urls
        assert not plan.failed

    @pytest.mark.parametrize(
        ("target", "layout", "egress_shared", "egress", "ingress"),
        [
            (AWS, PER_FLOW, 39, 53, 10),
            (AWS, MINIMAL, 28, 34, 10),
            (AZURE, PER_FLOW, 38, 55, 11),
            (AZURE, MINIMAL, 24, 30, 10),
            (GCP, PER_FLOW, 37, 54, 12),
            (GCP, MINIMAL, 27, 34, 9),
            (GCP_VPC, PER_FLOW, 36, 53, 12),
            (GCP_VPC, MINIMAL, 23, 29, 9),
        ],
    )
    def test_rules(self, target: Target, layout: Layout, egress_shared: int, egress: int, ingress: int) -> None:
        found = count(target, layout)
        assert (found.shared, found.egress, found.ingress) == (egress_shared, egress, ingress)

    @pytest.mark.parametrize("target", [AZURE, GCP, GCP_VPC])
    def test_no_rule_less_is_possible(self, target: Target) -> None:
        found = count(target, MINIMAL)
        assert found.bound == found.total
        assert directions(shared(planned(target, MINIMAL)))[1] == found.shared

    @pytest.mark.parametrize(
        ("names", "egress_shared", "total"), [(BY_ADDRESS, 23, 38), (["fqdn"], 25, 40), (["blocks", "fqdn"], 27, 43)]
    )
    def test_a_policy_by_addresses_by_names_and_by_both(self, names: object, egress_shared: int, total: int) -> None:
        found = count(GCP, MINIMAL, names)
        assert (found.shared, found.total) == (egress_shared, total)

    @pytest.mark.parametrize("layout", list(Layout))
    def test_what_is_rendered_is_what_is_counted_and_the_rules_that_deny(self, layout: Layout) -> None:
        """The page says how many rules that deny come to it."""
        roles = len(planned(AZURE, layout).roles)
        groups = render_azure(planned(AZURE, layout)).to_dict()["network_security_groups"].values()
        assert sum(len(group["rules"]) for group in groups) == count(AZURE, layout).total + 3 * roles
        for target in (GCP, GCP_VPC):
            rules = render_gcp(planned(target, layout)).to_dict()["rules"]
            assert len(rules) == count(target, layout).total + 2 * roles


class TestThePage:
    """A table of counts that nobody recounts is wrong after the next merge."""

    def test_is_up_to_date(self) -> None:
        assert rule_counts_docs.DOCS_FILE.read_text(encoding="utf-8") == rule_counts_docs.page(), "run make docs"
