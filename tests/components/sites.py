"""Deployments that the component and engine tests share."""

from __future__ import annotations

import copy
from typing import Any

HELD = {"reason": "the names are held by the firewall", "until": "2027-11-30"}

SITE: dict[str, Any] = {
    "region": "de-1",
    "revision": "2025-12-09",
    "agent_build": {"oldest": "20.0.0-1540", "newest": "20.0.1-9400"},
    "roles": ["agent", "relay", "data-center-gateway", "administrator"],
    "features": ["smart-scan", "web-reputation"],
    "peers": {
        "dns-server": {"cidrs": ["10.20.0.53/32", "fd12:3456:20::53/128"]},
        "ntp-server": {"platform": True},
        "smart-protection-server": {"cidrs": ["10.20.9.9/32"], "serves": ["web-reputation"]},
        "vmware-vcenter": {"cidrs": ["10.60.8.10/32"]},
    },
    "proxy": {
        "cidrs": ["10.20.9.10/32"],
        "port": 1443,
        "covers": ["workload-security", "trend-micro-update-server", "download-center"],
    },
    "names": [
        {"target": "aws-security-group", "destination": "workload-security", "forms": ["blocks", "any-address"]},
        {"target": "aws-security-group", "destination": "smart-protection-network", "forms": ["any-address"]},
    ],
    "behind": {"aws-security-group": "aws-network-firewall"},
    "any_address": {"smart-protection-network": HELD, "workload-security": HELD},
}
"""Four roles, a proxy, both families."""

AGENTS: dict[str, Any] = {
    "region": "de-1",
    "revision": "2025-12-09",
    "roles": ["agent"],
    "features": [],
    "peers": {"dns-server": {"cidrs": ["10.20.0.53/32"]}, "ntp-server": {"platform": True}},
    "names": [{"forms": ["blocks", "any-address"]}],
    "behind": {"aws-security-group": "aws-network-firewall"},
    "any_address": {"workload-security": HELD, "smart-protection-network": HELD, "download-center": HELD},
}
"""Agents that reach the service directly."""


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a copy of a deployment with other top-level keys; `None` takes one out."""
    merged = {**copy.deepcopy(base), **changes}
    return {key: value for key, value in merged.items() if value is not None}


def with_peer(base: dict[str, Any], name: str, peer: dict[str, Any] | None) -> dict[str, Any]:
    """Return a copy of a deployment with one peer more, another one, or (None) one less."""
    peers = {**base["peers"], name: peer}
    return changed(base, peers={key: value for key, value in peers.items() if value is not None})
