"""Small sites for unit tests: one deployment, and what a test says otherwise."""

from datetime import date
from typing import Any

from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.plan import Plan, build_plan
from ws_network.snapshot import Snapshot

CATALOGUE = Catalogue.load()

UNTIL = {"reason": "a reason", "until": "2027-11-30"}

DNS = {"cidrs": ["10.20.0.53/32"]}
NTP = {"cidrs": ["10.20.0.123/32"]}

OPEN = {
    "names": {"default": ["blocks", "any-address"]},
    "any_address": {
        role.id: UNTIL
        for role in CATALOGUE.roles.values()
        if role.kind in {"service", "site"} and role.id != "web-proxy"
    },
}
"""Every name by any address, so that a test about something else has no refused names."""


def content(*, peers: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Agents in de-1 with DNS and NTP, changed as said; `peers` are added to those two."""
    site: dict[str, Any] = {
        "region": "de-1",
        "revision": "2025-12-09",
        "agent_build": {"oldest": "20.0.0-1559"},
        "roles": ["agent"],
        "peers": {"dns-server": DNS, "ntp-server": NTP} | (peers or {}),
    }
    return site | changes


def plan(
    *,
    snapshot: dict[str, Any] | None = None,
    as_of: str | None = None,
    references: tuple[str, ...] = (),
    catalogue: Catalogue = CATALOGUE,
    target: Target = Target.AWS_SECURITY_GROUP,
    marks: dict[str, MachineMark] | None = None,
    **changes: Any,
) -> Plan:
    """The plan of `content`; `snapshot` maps names to what they resolve to, `marks` roles to how GCP finds them."""
    resolved = None
    if snapshot is not None:
        resolved = Snapshot.parse({"format": 1, "place": "a runner", "names": snapshot})
    return build_plan(
        catalogue,
        Deployment.parse(content(**changes)),
        snapshot=resolved,
        as_of=date.fromisoformat(as_of) if as_of else None,
        references=references,
        target=target,
        machines=marks,
    )


def rule_ids(made: Plan, role: str = "", direction: str = "") -> list[str]:
    """The ids of the plan's rules that begin with the role and direction."""
    return [rule.id for rule in made.rules if rule.id.startswith(f"{role}-{direction}".strip("-"))]


def flow_ids(made: Plan) -> set[str]:
    """The ids of the required flows."""
    return {flow.id for flow in made.flows}


def told(made: Plan, code: str) -> dict[str, str]:
    """Texts of the findings of a code, by what they are about."""
    return {entry.flow: entry.text for entry in made.findings if entry.code == code}
