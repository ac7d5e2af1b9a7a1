"""A stack's life on the emulated Azure, on the real engine, with the SDK as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project, Result

pytestmark = pytest.mark.engine

NSG = "azure-native:network:NetworkSecurityGroup"
RULE = "azure-native:network:SecurityRule"
ASG = "azure-native:network:ApplicationSecurityGroup"
VNET = "azure-native:network:VirtualNetwork"

HEAD = """
import pulumi
from pulumi_azure_native import authorization, network, resources

def rule(name, priority=100, port="443", **more):
    found = {"name": name, "access": "Allow", "direction": "Outbound", "protocol": "Tcp", "priority": priority,
             "source_address_prefix": "*", "source_port_range": "*", "destination_port_range": port}
    if not {"destination_address_prefixes", "destination_application_security_groups"} & more.keys():
        found["destination_address_prefix"] = "Internet"
    return {**found, **more}

group = resources.ResourceGroup("site", resource_group_name="site")
"""
SITE = """
asg = network.ApplicationSecurityGroup("agents", resource_group_name=group.name)
blocks = network.IpGroup("blocks", resource_group_name=group.name, ip_addresses=["192.0.2.0/24"])
nsg = network.NetworkSecurityGroup(
    "nsg", resource_group_name=group.name, network_security_group_name="nsg",
    security_rules=[
        rule("one", destination_address_prefixes=["192.0.2.0/24", "198.51.100.0/24"]),
        rule("two", 110, destination_application_security_groups=[{"id": asg.id}]),
    ],
)
vnet = network.VirtualNetwork(
    "vnet", resource_group_name=group.name, address_space={"address_prefixes": ["10.0.0.0/16"]}
)
subnet = network.Subnet(
    "subnet", resource_group_name=group.name, virtual_network_name=vnet.name, address_prefix="10.0.1.0/24",
    network_security_group={"id": nsg.id},
)
nic = network.NetworkInterface(
    "nic", resource_group_name=group.name,
    ip_configurations=[
        {"name": "main", "subnet": {"id": subnet.id}, "application_security_groups": [{"id": asg.id}]}
    ],
)
pulumi.export("nsg", nsg.id)
pulumi.export("names", [asg.name, subnet.name, nsg.name])
"""


@pytest.fixture
def azure(project: Project) -> Project:
    """A project with a location."""
    project.config = {"azure-native:location": "westeurope"}
    return project


def standalone(*rules: str, group: str = "") -> str:
    """Return a program with a group without a list of rules, and rules that are resources: `name=priority`."""
    lines = [HEAD, f"nsg = network.NetworkSecurityGroup('nsg', resource_group_name=group.name{group})"]
    for item in rules:
        name, _, priority = item.partition("=")
        lines.append(
            f"wish = rule({name!r}, {priority})\nwish['security_rule_name'] = wish.pop('name')\n"
            f"network.SecurityRule({name!r}, resource_group_name=group.name, network_security_group_name=nsg.name, **wish)"
        )
    return "\n".join(lines)


def nsg_of(project: Project) -> dict[str, Any]:
    (found,) = project.azure.list("networkSecurityGroups")
    return found


def rules_of(project: Project) -> dict[str, int]:
    return {rule["name"]: rule["properties"]["priority"] for rule in nsg_of(project)["properties"]["securityRules"]}


def refused(result: Result, code: str) -> None:
    assert not result.ok, result.text
    assert any(f'Code="{code}"' in text for text in result.errors), result.text
    assert "Traceback" not in result.text
    assert "the sandbox itself failed" not in result.text


def test_a_stack_from_preview_to_destroy(azure: Project) -> None:
    azure.write(HEAD + SITE)
    preview = azure.preview()
    assert preview.ok, preview.text
    assert preview.count("create") == 7
    assert azure.azure.list("networkSecurityGroups") == []

    up = azure.up()
    assert up.ok, up.text
    assert sorted(up.changes) == sorted(preview.changes)
    assert rules_of(azure) == {"one": 100, "two": 110}
    names = azure.stack_outputs()["names"]
    assert (names[0][:6], len(names[0]), names[1:]) == ("agents", 14, ["subnet", "nsg"])
    (state,) = azure.resources("NetworkSecurityGroup")
    assert state["outputs"]["azureApiVersion"] == "2024-05-01"
    assert len(state["outputs"]["defaultSecurityRules"]) == 6
    assert azure.preview().changes == azure.up().changes == []

    # A rule changes in place, in one request; the others stay what they are.
    azure.write((HEAD + SITE).replace('rule("two", 110,', 'rule("two", 120, port="8443",'))
    up = azure.up()
    assert up.changes == [("update", NSG, "nsg")], up.text
    assert up.diff("nsg") == {
        "securityRules[1].priority": "update",
        "securityRules[1].destinationPortRange": "update",
    }
    assert rules_of(azure) == {"one": 100, "two": 120}

    destroy = azure.destroy()
    assert destroy.ok, destroy.text
    assert azure.azure.list("Microsoft.Resources/resourceGroups") == []
