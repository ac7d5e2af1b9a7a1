"""Rules of Azure Firewall on the real engine, with the emulated Azure behind it.

After each update the rules that the subscription has are compared with the rendering of the deployment. The emulated
Azure is slow: it refuses a change of a policy while another one, of its groups or IP groups too, is under way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.components.azure_sites import AGENTS
from tests.components.sites import changed, with_peer
from tests.engine.stories import done, settled
from ws_network.azure.egress import FirewallRule, render
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, Target
from ws_network.plan import build_plan
from ws_network.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project, Result

    MakeProject = Callable[..., Project]

pytestmark = pytest.mark.engine

RCG = "azure-native:network:FirewallPolicyRuleCollectionGroup"
GROUP = "azure-native:network:IpGroup"
POLICY = "azure-native:network:FirewallPolicy"
HEAD = """
import json, pulumi
from pulumi_azure_native import network, resources
from ws_network.azure import AzureEgressPolicy
"""
SLOW = {f"{kind}_CreateOrUpdate": 50 for kind in ("FirewallPolicyRuleCollectionGroups", "FirewallPolicies", "IpGroups")}
MANY = [f"10.9.{number}.1/32" for number in range(21)]
NETWORKS = {"agent": ["10.20.1.0/24"]}
SITE = with_peer(
    with_peer(
        changed(
            AGENTS,
            any_address=None,
            behind=None,
            names=[
                {"target": "azure-firewall", "destination": "download-center", "forms": ["snapshot"]},
                {"target": "azure-firewall", "forms": ["name-filter", "fqdn"]},
            ],
        ),
        "siem-or-syslog-server",
        {"fqdns": ["siem.corp.example"]},
    ),
    "dns-server",
    {"cidrs": MANY},
)
"""Names that are read, names that are followed, addresses of DNS and a long list: three IP groups with the agents'."""

Shown = dict[str, dict[str, Any]]


def snapshot(*addresses: str) -> dict[str, Any]:
    return {"format": 1, "place": "a runner", "names": {"files.trendmicro.com": {"ipv4": list(addresses)}}}


BEFORE, AFTER = snapshot("8.8.8.1"), snapshot("8.8.8.1", "8.8.4.4")


def policy(deployment: dict[str, Any] = SITE, *, found: dict[str, Any] = BEFORE, group: str = "", **args: Any) -> str:
    """Return a program with one policy, in a resource group of its own unless `group` names one."""
    plain = json.dumps({"deployment": deployment, "snapshot": found, "role_cidrs": {"agent": MANY}, **args})
    name = json.dumps(group) if group else "group.name"
    return (
        HEAD
        + ("" if group else 'group = resources.ResourceGroup("main")\n')
        + f'out = AzureEgressPolicy("out", {{"resource_group_name": {name}, **json.loads({plain!r})}})\n'
        + 'pulumi.export("policy", out.firewall_policy_id)\npulumi.export("groups", out.ip_group_ids)\n'
    )


def expected(
    deployment: dict[str, Any] = SITE, *, found: dict[str, Any] = BEFORE, sources: dict[str, list[str]] | None = None
) -> Shown:
    """Return the rules that the cloud should have, as the renderer says them, with the addresses of IP groups."""
    plan = build_plan(
        Catalogue.load(),
        Deployment.parse(deployment),
        target=Target.AZURE_FIREWALL,
        snapshot=Snapshot.parse(found),
    )
    rendering = render(plan, sources=sources or {"agent": MANY})
    return {rule["name"]: _sides(rule, rendering.ip_groups) for rule in rendering.rules}


def _sides(rule: FirewallRule, groups: dict[str, list[str]]) -> dict[str, Any]:
    def held(form: str) -> list[str]:
        plain: list[str] = rule.get(f"{form}_addresses", [])  # type: ignore[assignment]
        named: list[str] = rule.get(f"{form}_ip_groups", [])  # type: ignore[assignment]
        return sorted([*plain, *(cidr for group in named for cidr in groups[group])])

    return {
        "type": rule["rule_type"],
        "from": held("source"),
        "to": held("destination"),
        "names": [*rule.get("target_fqdns", []), *rule.get("destination_fqdns", [])],
        "ports": [*rule.get("destination_ports", []), *(str(each["port"]) for each in rule.get("protocols", []))],
    }


def live(project: Project, name: str = "out") -> Shown:
    """Return the rules that the subscription has in the policy whose name begins so, in the same form."""
    groups = {group["id"]: group["properties"]["ipAddresses"] for group in project.azure.list("ipGroups")}
    found: Shown = {}
    for policy in project.azure.list("firewallPolicies"):
        if not policy["name"].startswith(name):
            continue
        for reference in policy["properties"]["ruleCollectionGroups"]:
            for collection in project.azure.get(reference["id"])["properties"]["ruleCollections"]:
                for rule in collection["rules"]:
                    found[rule["name"]] = {
                        "type": rule["ruleType"],
                        "from": _live_side(rule, "source", groups),
                        "to": _live_side(rule, "destination", groups),
                        "names": [*rule.get("targetFqdns", []), *rule.get("destinationFqdns", [])],
                        "ports": [
                            *rule.get("destinationPorts", []),
                            *(str(each["port"]) for each in rule.get("protocols", [])),
                        ],
                    }
    return found


def _live_side(rule: dict[str, Any], form: str, groups: dict[str, list[str]]) -> list[str]:
    named = [cidr for group in rule.get(f"{form}IpGroups", []) for cidr in groups[group]]
    return sorted([*rule.get(f"{form}Addresses", []), *named])


def inventory(project: Project) -> set[str]:
    kinds = ("firewallPolicies", "ipGroups", "Microsoft.Resources/resourceGroups")
    return {item["id"] for kind in kinds for item in project.azure.list(kind)}


def shown(result: Result) -> int:
    """Return how many rules a preview shows."""
    for event in result.events:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata.get("type") == RCG:
            return sum(len(found["rules"]) for found in metadata["new"]["inputs"]["ruleCollections"])
    return 0


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    """A project with a location, on an Azure that is slow."""
    made = make_project(config={"azure-native:location": "westeurope"})
    made.fail(slow=SLOW)
    return made


class TestLifeOfAPolicy:
    """From the first preview to the end: nothing is hidden, one host more is one change, nothing stays behind."""

    def test_preview_up_changes_and_destroy(self, project: Project) -> None:
        empty = inventory(project)
        project.write(policy())
        preview = project.preview()
        assert shown(preview) == len(expected()), "ids that are not known yet hide no rule"
        up = done(project.up())
        assert set(done(preview)) == set(up)
        assert len([change for change in up if change.type == GROUP]) == 3
        assert live(project) == expected()
        outputs = project.stack_outputs()
        (made,) = project.azure.list("firewallPolicies")
        assert outputs["policy"] == made["id"]
        assert set(outputs["groups"].values()) == {group["id"] for group in project.azure.list("ipGroups")}
        assert done(project.up()) == []
        assert settled(project)

        # One address more: one IP group, and no rule.
        project.write(policy(found=AFTER))
        ((op, kind, name),) = done(project.up())
        assert (op, kind) == ("update", GROUP)
        assert "download-center" in name
        assert live(project) == expected(found=AFTER)

        # Several lists at once change one after another, and one host more is the group's own change.
        host = {"fqdn": "more.trendmicro.com", "destination": "workload-security", "reason": "x", "until": "2027-11-30"}
        less = with_peer(changed(SITE, extra_hosts=[host]), "dns-server", {"cidrs": MANY[:20]})
        project.write(policy(less))
        changes = done(project.up())
        assert {(change.op, change.type) for change in changes} == {
            ("update", GROUP),
            ("update", RCG),
            ("delete", GROUP),
        }
        assert live(project) == expected(less)
        project.write(policy(changed(less, extra_hosts=None)))
        assert done(project.up()) == [("update", RCG, "out")]
        assert settled(project)

        assert done(project.destroy())
        assert inventory(project) == empty


class TestFailures:
    """An update that Azure refuses half way leaves a state from which the next one finishes."""

    def test_half_way(self, project: Project) -> None:
        project.write(policy())
        project.fail(
            slow=SLOW,
            refuse={"IpGroups_CreateOrUpdate": {"after": 2, "count": 1}},
            throttle={"FirewallPolicies_CreateOrUpdate": 1},
        )
        assert not project.up().ok
        assert live(project) == {}
        project.fail(slow=SLOW, refuse={"FirewallPolicyRuleCollectionGroups_CreateOrUpdate": 9})
        assert not project.up().ok
        assert len(project.azure.list("ipGroups")) == 3
        project.fail(slow=SLOW)
        done(project.up())
        assert live(project) == expected()
        assert done(project.preview()) == []


class TestAPolicyThatExists:
    """The hub belongs to another team: its settings and groups are theirs, before, during and after."""

    def test_is_left_alone(self, project: Project) -> None:
        api = project.azure
        api.put(api.group("hub"), {"location": "westeurope"})
        key = api.network("hub", "firewallPolicies", "shared")
        settings = {"sku": {"tier": "Standard"}, "dnsSettings": {"enableProxy": True}}
        api.put(key, {"location": "westeurope", "properties": settings, "tags": {"owner": "them"}})
        api.put(f"{key}/ruleCollectionGroups/theirs", {"properties": {"priority": 500, "ruleCollections": []}})
        before = {**api.get(key), "etag": ""}

        args: dict[str, Any] = {"firewall_policy_name": "shared", "priority": 400, "dns_proxy": True}
        project.write(policy(group="hub", role_cidrs=NETWORKS, **args))
        up = done(project.up())
        assert POLICY not in {change.type for change in up}
        assert live(project, "shared") == expected(sources=NETWORKS)
        assert project.stack_outputs()["policy"] == key
        assert settled(project)

        project.write(policy(group="hub", role_cidrs=NETWORKS, **{**args, "dns_proxy": False}))
        refused = project.preview()
        assert not refused.ok
        assert any("the policy has no DNS proxy" in text for text in refused.errors)
        assert "Traceback" not in refused.text

        done(project.destroy())
        after = {**api.get(key), "etag": ""}
        assert after == before
