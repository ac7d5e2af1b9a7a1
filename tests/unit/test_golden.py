"""What a site becomes in each cloud, as files that are reviewed like code and read side by side.

A case is `tests/golden/sites/<case>.yaml`, with `<case>.snapshot.json` where it has a snapshot; its renderings are
`tests/golden/<cloud>/<case>.json`. `make golden` (WS_NETWORK_GOLDEN=write) writes the renderings anew.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ws_network.aws.egress import render as render_network_firewall
from ws_network.aws.egress import render_dns
from ws_network.aws.render import render as render_aws
from ws_network.azure.egress import render as render_azure_firewall
from ws_network.azure.render import render as render_azure
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.deployment.files import load_content
from ws_network.findings import Finding
from ws_network.gcp.egress import render as render_web_proxy
from ws_network.gcp.render import render as render_gcp
from ws_network.plan import build_plan
from ws_network.snapshot import Snapshot

FOLDER = Path(__file__).parents[1] / "golden"
SITES = FOLDER / "sites"
CASES = sorted(path.stem for path in SITES.glob("*.yaml"))

RANGES = {
    "relay": "10.30.0.0/28",
    "service-gateway": "10.31.0.0/28",
    "smart-protection-server": "10.20.4.0/28",
    "web-proxy": "10.20.9.10/32",
}
"""Ranges of what a site runs itself. Only GCP's renderings have them: there no rule names machines as a destination."""


@dataclass(frozen=True)
class Cloud:
    """Where rules are rendered: the folder of the renderings, and what makes them."""

    folder: str
    target: Target
    render: Callable[[Any], Any]
    mark: MachineMark | None = None
    """How the machines of each role are found."""


CLOUDS = (
    Cloud("aws", Target.AWS_SECURITY_GROUP, render_aws),
    Cloud("azure", Target.AZURE_NSG, render_azure),
    Cloud("aws-network-firewall", Target.AWS_NETWORK_FIREWALL, render_network_firewall),
    Cloud("aws-dns-firewall", Target.AWS_DNS_FIREWALL, render_dns),
    Cloud("azure-firewall", Target.AZURE_FIREWALL, render_azure_firewall),
    Cloud("gcp", Target.GCP_FIREWALL_POLICY, render_gcp, MachineMark.SECURE_TAG),
    Cloud("gcp-vpc", Target.GCP_VPC_FIREWALL, render_gcp, MachineMark.NETWORK_TAG),
    Cloud("gcp-web-proxy", Target.GCP_SECURE_WEB_PROXY, render_web_proxy, MachineMark.SECURE_TAG),
)
FEW = {
    "aws-dns-firewall": {"agents", "all-roles", "own-forms"},
    "aws-network-firewall": {"all-roles", "by-name", "dual-stack", "many-addresses", "own-forms"},
    "azure-firewall": {"all-roles", "by-name", "dual-stack", "many-addresses", "own-forms"},
    "gcp-vpc": {"agents", "own-forms", "relays-and-server"},
    "gcp-web-proxy": {"agents", "all-roles", "by-name", "legacy-build", "proxy"},
}
"""Where a few cases show all: rules of a VPC differ from a policy's in what they cannot say, filters see egress."""

FLAT = re.compile(r"\[[^][{}]+\]|\{[^][{}]+\}")
"""A list or map without others in it."""

RENDERINGS = [
    pytest.param(cloud, case, id=f"{cloud.folder}-{case}")
    for cloud in CLOUDS
    for case in CASES
    if case in FEW.get(cloud.folder, CASES)
]


def site(cloud: Cloud, case: str) -> Deployment:
    """The site of a case; on GCP with the ranges of its own roles."""
    content = load_content(SITES / f"{case}.yaml")
    if cloud.mark is None:
        return Deployment.parse(content)
    peers = dict(content["peers"])
    managed = [*content["roles"], *(name for name, peer in peers.items() if peer.get("manage"))]
    peers |= {role: {"cidrs": [RANGES[role]]} | peers.get(role, {}) for role in managed if role in RANGES}
    proxy = {"proxy": {"cidrs": [RANGES["web-proxy"]]} | content["proxy"]} if "proxy" in content else {}
    return Deployment.parse(content | {"peers": peers} | proxy)


def rendered(cloud: Cloud, case: str) -> dict[str, Any]:
    path = SITES / f"{case}.snapshot.json"
    deployment = site(cloud, case)
    plan = build_plan(
        Catalogue.load(),
        deployment,
        target=cloud.target,
        snapshot=Snapshot.load(path) if path.exists() else None,
        machines=dict.fromkeys(deployment.managed_roles, cloud.mark) if cloud.mark else None,
    )
    rendering = cloud.render(plan)
    content = rendering.to_dict()
    for found in content.get("prefix_lists", {}).values():
        found["entries"] = [entry["cidr"] for entry in found["entries"]]
    return content | {"findings": [line(entry) for entry in (*plan.findings, *rendering.findings)]}


def text_of(cloud: Cloud, case: str) -> str:
    """The rendering as JSON; on Azure and GCP what is short and flat is one line, or no rule would fit on a screen."""
    text = json.dumps(rendered(cloud, case), indent=2) + "\n"
    return text if cloud.folder == "aws" else FLAT.sub(on_one_line, text)


def on_one_line(found: re.Match[str]) -> str:
    short = re.sub(r"\s*\n\s*", " ", found[0]).replace("[ ", "[").replace(" ]", "]")
    short = short.replace("{ ", "{").replace(" }", "}")
    return short if len(short) <= 100 else found[0]


def line(entry: Finding) -> str:
    return f"{entry.severity} {entry.code} {entry.flow}".rstrip()


class TestGolden:
    """A change of one rule of one site must be seen in review, not in the first preview of a user."""

    @pytest.mark.parametrize(("cloud", "case"), RENDERINGS)
    def test_rendering(self, cloud: Cloud, case: str) -> None:
        path = FOLDER / cloud.folder / f"{case}.json"
        text = text_of(cloud, case)
        if os.environ.get("WS_NETWORK_GOLDEN") == "write":
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: run make golden and review it"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs: review, then run make golden"

    def test_each_region_of_the_catalogue_has_a_case(self) -> None:
        regions = {f"region-{region.id}" for region in Catalogue.load().regions.values() if region.deployable}
        assert regions == {case for case in CASES if case.startswith("region-")}

    @pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.folder)
    def test_no_rendering_is_left_over(self, cloud: Cloud) -> None:
        cases = set(FEW.get(cloud.folder, CASES))
        assert {path.stem for path in (FOLDER / cloud.folder).glob("*.json")} == cases
