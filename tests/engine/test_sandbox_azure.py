"""A stack's life on the emulated Azure, on the real engine, with the SDK as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
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
            f"network.SecurityRule({name!r}, resource_group_name=group.name, network_security_group_name=nsg.name,\n"
            "    **wish)"
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


def test_what_a_person_changed_is_found_by_refresh_and_repaired(azure: Project) -> None:
    azure.write(HEAD + SITE)
    assert azure.up().ok
    # The subnet has changed the group's list of users and the network's etag: those are outputs, so nothing is to do.
    assert azure.refresh().changes == azure.preview().changes == []

    nsg = nsg_of(azure)
    nsg["properties"]["securityRules"][0]["properties"]["priority"] = 300
    hand = {**nsg["properties"]["securityRules"][1]["properties"], "priority": 400, "destinationPortRange": "22"}
    nsg["properties"]["securityRules"].append({"name": "hand", "properties": hand})
    azure.azure.put(nsg["id"], nsg)
    assert azure.preview().changes == []  # without a refresh nobody looks
    assert azure.refresh().changes == [("update", NSG, "nsg")]
    up = azure.up()
    assert up.changes == [("update", NSG, "nsg")], up.text
    assert up.diff("nsg") == {"securityRules[0].priority": "update", "securityRules[2]": "delete"}
    assert rules_of(azure) == {"one": 100, "two": 110}

    azure.azure.delete(azure.azure.list("ipGroups")[0]["id"])
    assert ("delete", "azure-native:network:IpGroup", "blocks") in azure.refresh().changes
    assert azure.up().changes == [("create", "azure-native:network:IpGroup", "blocks")]


def test_rules_of_their_own_live_beside_a_group_without_a_list(azure: Project) -> None:
    azure.write(standalone("one=100", "two=110"))
    assert azure.up().ok
    azure.write(standalone("one=100", "two=120", group=", tags={'team': 'x'}"))
    up = azure.up()
    assert sorted(up.changes) == [("update", NSG, "nsg"), ("update", RULE, "two")], up.text
    assert rules_of(azure) == {"one": 100, "two": 120}
    assert azure.refresh().ok
    assert azure.preview().changes == []
    azure.write(standalone("one=100"))
    assert ("delete", RULE, "two") in azure.up().changes
    assert rules_of(azure) == {"one": 100}


def test_a_list_and_rules_of_their_own_take_each_other_away(azure: Project) -> None:
    inline = ", security_rules=[rule('inline', 200)]"
    azure.write(standalone("one=100", group=inline))
    up = azure.up()
    assert up.ok, up.text
    assert rules_of(azure) == {"inline": 200, "one": 100}
    # The group's refresh shows the other's rule as if a person had added it, and the next update takes it away.
    assert ("update", NSG, "nsg") in azure.refresh().changes
    assert azure.up().changes == [("update", NSG, "nsg")]
    assert rules_of(azure) == {"inline": 200}
    assert ("delete", RULE, "one") in azure.refresh().changes


def test_priorities_conflict_at_every_moment(azure: Project) -> None:
    azure.write(standalone("one=100", "two=110"))
    assert azure.up().ok
    # Two rules cannot change places, and a rule under a new name is made before the old one goes.
    azure.write(standalone("one=110", "two=100"))
    refused(azure.up(), "SecurityRuleConflict")
    azure.write(standalone("new=100", "two=110"))
    refused(azure.up(), "SecurityRuleConflict")
    assert rules_of(azure) == {"one": 100, "two": 110}
    # The same resource under another name goes first: the real provider replaces in that order.
    azure.write(standalone("one=100", "two=110").replace("wish.pop('name')", "'x-' + wish.pop('name')"))
    up = azure.up()
    assert up.ok, up.text
    assert [change.op for change in up.changes].count("create-replacement") == 2
    assert rules_of(azure) == {"x-one": 100, "x-two": 110}


def test_two_hundred_rules_in_one_request(azure: Project) -> None:
    rules = "[rule(f'r{n}', 100 + n, destination_address_prefixes=[f'10.{n}.0.0/16']) for n in range(COUNT)]"
    program = HEAD + (
        "nsg = network.NetworkSecurityGroup('nsg', resource_group_name=group.name, security_rules="
        f"{rules})\npulumi.export('rules', nsg.security_rules.apply(len))"
    )
    azure.write(program.replace("COUNT", "200"))
    azure.fail(refuse={"NetworkSecurityGroups_CreateOrUpdate": {"after": 1, "count": 1}})
    up = azure.up()
    assert up.ok, up.text
    assert (azure.stack_outputs()["rules"], len(rules_of(azure))) == (200, 200)
    assert azure.up().changes == azure.refresh().changes == []
    # All or nothing: a refused request changes no rule.
    azure.write(program.replace("COUNT", "201"))
    assert not azure.up().ok
    assert len(rules_of(azure)) == 200
    assert azure.up().changes == [("update", NSG, "nsg")]
    assert len(rules_of(azure)) == 201


def test_what_is_in_use_is_not_deleted(azure: Project) -> None:
    azure.write(HEAD + SITE)
    assert azure.up().ok
    other = azure.azure.group("other")
    azure.azure.put(other, {"location": "westeurope"})
    vnet = azure.azure.network("other", "virtualNetworks", "v")
    inner = {"addressPrefix": "10.9.1.0/24", "networkSecurityGroup": {"id": nsg_of(azure)["id"]}}
    subnets = [{"name": "a", "properties": inner}]
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": subnets}
    azure.azure.put(vnet, {"location": "westeurope", "properties": space})
    refused(azure.destroy(), "InUseNetworkSecurityGroupCannotBeDeleted")
    azure.azure.delete(other)
    destroy = azure.destroy()
    assert destroy.ok, destroy.text


def test_what_exists_is_imported_without_a_change(azure: Project) -> None:
    """The real provider takes for inputs all that Azure tells, so the program has to say it too: `name` and `type`."""
    api = azure.azure
    api.put(api.group("site"), {"location": "westeurope"})
    asg = api.put(api.network("site", "applicationSecurityGroups", "asg"), {"location": "westeurope"})["id"]
    nsg = api.network("site", "networkSecurityGroups", "old")
    properties = {
        "access": "Allow", "direction": "Outbound", "protocol": "Tcp", "priority": 100, "description": "by hand",
        "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationPortRange": "443",
        "destinationAddressPrefixes": ["192.0.2.0/24"],
    }  # fmt: skip
    api.put(nsg, {"location": "westeurope", "tags": {"a": "b"}})
    api.put(f"{nsg}/securityRules/one", {"properties": properties})
    azure.write("")
    done = azure.import_file(
        [
            {"type": "probe:site:Site", "name": "site", "component": True},
            {"type": ASG, "name": "asg", "id": asg, "parent": "site"},
            {"type": RULE, "name": "one", "id": f"{nsg}/securityRules/one", "parent": "site"},
        ]
    )
    assert done.ok, done.text
    azure.write(
        """
import pulumi
from pulumi_azure_native import network

site = pulumi.ComponentResource("probe:site:Site", "site")
child = pulumi.ResourceOptions(parent=site)
network.ApplicationSecurityGroup(
    "asg", resource_group_name="site", application_security_group_name="asg", location="westeurope", opts=child
)
network.SecurityRule(
    "one", resource_group_name="site", network_security_group_name="old", security_rule_name="one", name="one",
    type="Microsoft.Network/networkSecurityGroups/securityRules", access="Allow", direction="Outbound", protocol="Tcp",
    priority=100, description="by hand", source_address_prefix="*", source_port_range="*",
    destination_port_range="443", destination_address_prefixes=["192.0.2.0/24"], opts=child,
)
"""
    )
    preview = azure.preview()
    assert preview.ok, preview.text
    assert preview.changes == []


def test_failures_half_way_are_finished_by_the_next_update(azure: Project) -> None:
    azure.write(standalone("one=100", "two=110", "three=120"))
    azure.fail(throttle={"SecurityRules_CreateOrUpdate": 3}, partial={RULE: 1})
    up = azure.up()
    assert not up.ok
    assert "not fully initialised" in up.text
    assert len(azure.resources("SecurityRule")) == 3
    azure.fail(throttle={"SecurityRules_CreateOrUpdate": 100})
    refused(azure.up(), "TooManyRequests")
    azure.fail()
    assert azure.up().ok
    assert azure.preview().changes == []


def test_a_lost_answer_leaves_a_rule_that_the_next_update_meets(azure: Project) -> None:
    """A PUT may be sent again, so one lost answer does no harm; where all are lost, the rule has to be imported."""
    azure.write(standalone("one=100"))
    azure.fail(lose_answer={"SecurityRules_CreateOrUpdate": 1})
    assert azure.up().ok
    azure.write(standalone("one=100", "two=110"))
    azure.fail(lose_answer={"SecurityRules_CreateOrUpdate": 4})
    refused(azure.up(), "RequestTimeout")
    up = azure.up()
    assert any("cannot create already existing resource" in text for text in up.errors), up.text
    azure.azure.delete(f"{nsg_of(azure)['id']}/securityRules/two")
    assert azure.up().ok


def test_replacement_follows_names_and_keeps_what_is_made_up(azure: Project) -> None:
    program = (
        HEAD
        + """
asg = network.ApplicationSecurityGroup("agents", resource_group_name=group.name)
nsg = network.NetworkSecurityGroup("nsg", resource_group_name=group.name, security_rules=[
    rule("one", destination_application_security_groups=[{"id": asg.id}])])
"""
    )
    azure.write(program)
    assert azure.up().ok
    # A made-up name lets the new group exist beside the old one, so the rule can turn to it before the old one goes.
    azure.write(program.replace('("agents", res', '("agents", application_security_group_name="mine", res'))
    up = azure.up()
    assert up.ok, up.text
    assert [tuple(change) for change in up.changes] == [
        ("create-replacement", ASG, "agents"), ("update", NSG, "nsg"), ("delete-replaced", ASG, "agents"),
    ]  # fmt: skip
    # A chosen name could exist only once: the real provider deletes first, which Azure refuses while a rule has it.
    azure.write(program.replace('("agents", res', '("agents", application_security_group_name="other", res'))
    refused(azure.up(), "InUseApplicationSecurityGroupCannotBeDeleted")


def test_an_explicit_provider_has_its_subscription_and_location(azure: Project) -> None:
    azure.write(
        """
import pulumi
import pulumi_azure_native as native
from pulumi_azure_native import authorization, network, resources

other = native.Provider("other", subscription_id="11111111-2222-4333-8444-555555555555", location="northeurope",
                        disable_pulumi_partner_id=True, client_secret="x")
there = pulumi.ResourceOptions(provider=other)
group = resources.ResourceGroup("site", opts=there)
nsg = network.NetworkSecurityGroup("nsg", resource_group_name=group.name, opts=there)
found = network.get_network_security_group_output(
    resource_group_name=group.name, network_security_group_name=nsg.name, opts=pulumi.InvokeOptions(provider=other)
)
pulumi.export("id", nsg.id)
pulumi.export("found", [found.location, found.default_security_rules.apply(len)])
pulumi.export("here", authorization.get_client_config().subscription_id)
"""
    )
    preview = azure.preview()
    assert preview.ok, preview.text
    up = azure.up()
    assert up.ok, up.text
    outputs = azure.stack_outputs()
    assert outputs["id"].startswith("/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/site")
    assert outputs["found"] == ["northeurope", 6]
    assert outputs["here"] == azure.azure.id
    assert azure.azure.list("networkSecurityGroups") == []
    assert azure.up().changes == azure.refresh().changes == []
