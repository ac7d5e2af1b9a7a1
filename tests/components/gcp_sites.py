"""Deployments on GCP that the component and engine tests share, and the marks of their roles."""

from __future__ import annotations

from typing import Any

from tests.components.sites import AGENTS as AWS_AGENTS
from tests.components.sites import SITE as AWS_SITE
from tests.components.sites import changed

NAMES = [{"target": "gcp-firewall-policy", "forms": ["fqdn", "refuse"]}]

AGENTS: dict[str, Any] = changed(AWS_AGENTS, names=NAMES, any_address=None, behind=None, deny_rest=True)
"""Agents that reach the service directly, by its names."""

SITE: dict[str, Any] = changed(
    AWS_SITE,
    names=NAMES,
    any_address=None,
    behind=None,
    deny_rest=True,
    peers={**AWS_SITE["peers"], "relay": {"cidrs": ["10.20.4.0/28"]}},
)
"""Four roles, a proxy, both families."""

CLASSIC: dict[str, Any] = changed(
    AGENTS,
    roles=["agent", "relay"],
    names=[{"forms": ["blocks", "any-address"]}],
    any_address={
        name: {"reason": "a gateway holds the names", "until": "2027-11-30"}
        for name in ("workload-security", "smart-protection-network", "download-center", "trend-micro-update-server")
    },
    peers={**AGENTS["peers"], "relay": {"cidrs": ["10.20.4.0/28"]}},
)
"""Agents and relays, by the rules of a VPC."""

TAGS = {role: f"tagValues/28147839562{number}" for number, role in enumerate(SITE["roles"])}
"""A secure tag for each role of SITE."""


def tags_of(deployment: dict[str, Any]) -> dict[str, str]:
    """Return the secure tags of a deployment's roles."""
    return {role: TAGS[role] for role in deployment["roles"]}
