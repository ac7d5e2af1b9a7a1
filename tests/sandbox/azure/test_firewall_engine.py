"""A firewall policy's life on the real engine, with the SDK as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine.harness import Project

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
from pulumi_azure_native import network, resources

group = resources.ResourceGroup("site", resource_group_name="site")
agents = network.IpGroup("agents", resource_group_name=group.name, ip_addresses=["10.0.1.0/24"])
policy = network.FirewallPolicy(
    "policy", resource_group_name=group.name,
    sku=network.FirewallPolicySkuArgs(tier="Standard"), dns_settings=network.DnsSettingsArgs(enable_proxy=True),
)
names = network.FirewallPolicyFilterRuleCollectionArgs(
    rule_collection_type="FirewallPolicyFilterRuleCollection", name="names", priority=200,
    action=network.FirewallPolicyFilterRuleCollectionActionArgs(type="Allow"),
    rules=[network.ApplicationRuleArgs(
        rule_type="ApplicationRule", name="service", target_fqdns=["*.example.com"], source_ip_groups=[agents.id],
        protocols=[network.FirewallPolicyRuleApplicationProtocolArgs(protocol_type="Https", port=443)],
    )],
)
time = network.FirewallPolicyFilterRuleCollectionArgs(
    rule_collection_type="FirewallPolicyFilterRuleCollection", name="time", priority=100,
    action=network.FirewallPolicyFilterRuleCollectionActionArgs(type="Allow"),
    rules=[network.NetworkRuleArgs(
        rule_type="NetworkRule", name="ntp", ip_protocols=["UDP"], destination_fqdns=["time.example.com"],
        destination_ports=["123"], source_ip_groups=[agents.id],
    )],
)
first = network.FirewallPolicyRuleCollectionGroup(
    "first", resource_group_name=group.name, firewall_policy_name=policy.name, priority=500,
    rule_collections=[time, names],
)
network.FirewallPolicyRuleCollectionGroup(
    "second", resource_group_name=group.name, firewall_policy_name=policy.name, priority=600,
    rule_collections=[names], opts=pulumi.ResourceOptions(depends_on=[AFTER]),
)
"""
CHAINED = PROGRAM.replace("AFTER", "first")
AT_ONCE = PROGRAM.replace("AFTER", "")
GROUP = "FirewallPolicyRuleCollectionGroup"


@pytest.fixture
def azure(project: Project) -> Project:
    """A project with a location."""
    project.config = {"azure-native:location": "westeurope"}
    return project


def test_from_preview_to_destroy(azure: Project) -> None:
    azure.write(CHAINED)
    preview = azure.preview()
    assert preview.ok, preview.text
    assert preview.count("create") == 5
    assert azure.azure.list("firewallPolicies") == []

    up = azure.up()
    assert up.ok, up.text
    (policy,) = azure.azure.list("firewallPolicies")
    assert len(policy["properties"]["ruleCollectionGroups"]) == 2
    for again in (azure.preview(), azure.refresh(), azure.preview()):
        assert again.ok, again.text
        assert not again.changes, again.text

    key = policy["properties"]["ruleCollectionGroups"][0]["id"]
    found = azure.azure.get(key)
    found["properties"]["ruleCollections"][1]["rules"][0]["targetFqdns"] = ["*"]
    azure.azure.put(key, found)
    drift = azure.refresh()
    assert drift.ok, drift.text
    assert drift.count("update") == 1
    assert azure.up().ok
    assert azure.azure.get(key)["properties"]["ruleCollections"][1]["rules"][0]["targetFqdns"] == ["*.example.com"]

    destroyed = azure.destroy()
    assert destroyed.ok, destroyed.text
    assert azure.azure.list("ipGroups") == []


def test_groups_of_one_policy_have_to_wait_for_each_other(azure: Project) -> None:
    """Without `depends_on` the engine changes them at once, which Azure refuses when it is slow."""
    slow = {"FirewallPolicyRuleCollectionGroups_CreateOrUpdate": 10}
    azure.write(AT_ONCE)
    azure.fail(slow=slow)
    result = azure.up()
    assert not result.ok, result.text
    assert any('Code="AnotherOperationInProgress"' in text for text in result.errors), result.text
    azure.write(CHAINED)
    result = azure.up()
    assert result.ok, result.text
