"""The deployments of `sites` as they are on Azure, and the names that Azure's tests share."""

from __future__ import annotations

from typing import Any

from tests.components import sites
from tests.components.sites import changed

GROUP = "network"
"""A resource group."""


def on_azure(deployment: dict[str, Any]) -> dict[str, Any]:
    """Return a deployment with its names for Azure, and the rest denied."""
    names = [{**rule, "target": "azure-nsg"} if "target" in rule else rule for rule in deployment["names"]]
    return changed(deployment, deny_rest=True, names=names, behind={"azure-nsg": "azure-firewall"})


SITE = on_azure(sites.SITE)
AGENTS = on_azure(sites.AGENTS)
RELAYS = changed(
    AGENTS, roles=["agent", "relay"], any_address={**AGENTS["any_address"], "trend-micro-update-server": sites.HELD}
)
"""Agents and relays that name each other."""


def own(number: int, **changes: Any) -> dict[str, Any]:
    """Return an extra flow of agents to the DNS server, on a slot of its own."""
    flow = {"id": f"own-{number}", "source": "agent", "destination": "dns-server", "transport": "tcp"}
    return {**flow, "ports": [9000 + number], "slot": 80 + number, **sites.HELD, **changes}
