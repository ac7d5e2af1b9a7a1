"""The provider answers the engine's protocol as azure-native does; without an engine, so that corners are cheap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.provider import AzureProvider
from sandbox.azure.resources.differences import detailed, follow, without_empty
from sandbox.protocol import UNKNOWN, unpack
from sandbox.provider import provider_pb2
from tests.sandbox.wire import Refused, Wire

from .conftest import (
    application_rule,
    collection,
    network_rule,
    put_asg,
    put_ip_group,
    put_nsg,
    put_policy,
    put_vnet,
    rule,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.azure.subscription import Subscription

NSG = "azure-native:network:NetworkSecurityGroup"
RULE = "azure-native:network:SecurityRule"
ASG = "azure-native:network:ApplicationSecurityGroup"
VNET = "azure-native:network:VirtualNetwork"
SUBNET = "azure-native:network:Subnet"
GROUP = "azure-native:resources:ResourceGroup"
POLICY = "azure-native:network:FirewallPolicy"
RCG = "azure-native:network:FirewallPolicyRuleCollectionGroup"
RULE_TYPE = "Microsoft.Network/networkSecurityGroups/securityRules"
IN_RG = {"resourceGroupName": "rg"}


class AzureEngine(Wire):
    """Speaks to the emulated Azure."""

    def __init__(self, **config: Any) -> None:
        super().__init__(AzureProvider(), config)


@pytest.fixture
def engine(azure: Subscription) -> AzureEngine:
    return AzureEngine()


def flat(name: str = "one", **more: Any) -> dict[str, Any]:
    """Return a rule as the SDK has it."""
    found = rule(name, **more)
    return {"name": found["name"], **found["properties"]}


def own(**more: Any) -> dict[str, Any]:
    """Return the inputs of a rule that is a resource."""
    return {**IN_RG, "networkSecurityGroupName": "nsg", "securityRuleName": "one", **rule(**more)["properties"]}


def rcg(*collections: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the inputs of a rule collection group of the policy `policy`."""
    found = {"firewallPolicyName": "policy", "ruleCollectionGroupName": "one", "priority": 500, **more}
    return {**IN_RG, **found, "ruleCollections": list(collections)}


# Inputs.


def test_names_are_made_once(engine: AzureEngine) -> None:
    first = engine.inputs(NSG, IN_RG)
    assert (first["networkSecurityGroupName"], first["__createBeforeDelete"]) == ("one01234567", True)
    again = engine.inputs(NSG, IN_RG, {**first, "networkSecurityGroupName": "oneffffffff"})
    assert again["networkSecurityGroupName"] == "oneffffffff"
    named = engine.inputs(NSG, {**IN_RG, "networkSecurityGroupName": "mine"}, first)
    assert (named["networkSecurityGroupName"], "__createBeforeDelete" in named) == ("mine", False)


def test_what_lies_in_a_resource_has_its_logical_name(engine: AzureEngine) -> None:
    inputs = engine.inputs(SUBNET, {**IN_RG, "virtualNetworkName": "v"})
    assert (inputs["subnetName"], "__createBeforeDelete" in inputs) == ("one", False)
    assert "location" not in inputs


def test_where_a_location_comes_from(engine: AzureEngine) -> None:
    assert engine.inputs(NSG, IN_RG)["location"] == "westeurope"  # the resource group's
    assert engine.inputs(NSG, {"resourceGroupName": UNKNOWN})["location"] == UNKNOWN
    assert "location" not in engine.inputs(NSG, {"resourceGroupName": "no"})
    there = AzureEngine(location="northeurope")
    assert there.inputs(NSG, IN_RG)["location"] == "northeurope"
    assert there.inputs(NSG, {**IN_RG, "location": "eastus"})["location"] == "eastus"
    assert there.inputs(NSG, IN_RG, {"location": "westus"})["location"] == "westus"
    assert there.inputs(GROUP, {})["location"] == "northeurope"
    assert "pulumi config set azure-native:location" in engine.failures(GROUP, {})["location"]


@pytest.mark.parametrize(
    ("more", "name", "words"),
    [
        ({"priority": "100"}, "priority", "should be of type 'integer'"),
        ({"priority": None}, "priority", "missing required property 'priority'"),
        ({"networkSecurityGroupName": None}, "networkSecurityGroupName", "missing required property"),
        ({"destinationPortRanges": "80"}, "destinationPortRanges", "should be of type 'array'"),
        ({"destinationPortRanges": [80]}, "destinationPortRanges[0]", "should be of type 'string'"),
        ({"colour": "red"}, "colour", "not a property of a security rule"),
    ],
)
def test_bad_inputs_name_the_property_and_the_reason(
    engine: AzureEngine, more: dict[str, Any], name: str, words: str
) -> None:
    wish = {key: value for key, value in {**own(), **more}.items() if value is not None}
    assert words in engine.failures(RULE, wish)[name]


def test_bad_inputs_deep_inside(engine: AzureEngine) -> None:
    found = engine.failures(NSG, {**IN_RG, "securityRules": [flat(), {**flat(), "priority": "x", "colour": 1}]})
    assert found.keys() == {"securityRules[1].priority", "securityRules[1].colour"}
    assert engine.failures(NSG, {**IN_RG, "securityRules": [{**flat(), "priority": UNKNOWN}, UNKNOWN]}) == {}


def test_bad_inputs_in_rules_of_several_sorts(engine: AzureEngine) -> None:
    """A rule is checked by the properties of the sort that it says it is of."""
    rules = [
        application_rule(ipProtocols=["TCP"]),
        network_rule(destinationPorts=[443]),
        {"name": "x", "ruleType": "?"},
    ]
    found = engine.failures(RCG, rcg(collection(*rules)))
    base = "ruleCollections[0].rules"
    assert found.keys() == {f"{base}[0].ipProtocols", f"{base}[1].destinationPorts[0]", f"{base}[2]"}
    assert "one of ApplicationRule, NatRule, NetworkRule" in found[f"{base}[2]"]
    unknown = network_rule(sourceAddresses=None, sourceIpGroups=[UNKNOWN], destinationAddresses=UNKNOWN)
    assert engine.failures(RCG, rcg(collection(unknown, UNKNOWN))) == {}
    assert engine.failures(RCG, rcg(collection(), firewallPolicyName=None))["firewallPolicyName"]


# Changes.


@pytest.mark.parametrize(
    ("token", "old", "news", "replaces"),
    [
        (RULE, own(), {"priority": 200}, []),
        (RULE, own(), {"destinationAddressPrefix": UNKNOWN}, []),
        (RULE, own(), {"securityRuleName": "two"}, ["securityRuleName"]),
        (RULE, own(), {"networkSecurityGroupName": UNKNOWN}, ["networkSecurityGroupName"]),
        (NSG, {**IN_RG, "networkSecurityGroupName": "a", "location": "x"}, {"resourceGroupName": "b"}, IN_RG),
        (NSG, {**IN_RG, "networkSecurityGroupName": "a", "location": "x"}, {"location": "y"}, []),
        (VNET, {**IN_RG, "virtualNetworkName": "a", "location": "x"}, {"location": "y"}, ["location"]),
        (GROUP, {**IN_RG, "location": "x"}, {"location": "y"}, ["location"]),
        (GROUP, {**IN_RG, "location": "x"}, {"tags": {"a": "b"}}, []),
        (
            POLICY,
            {**IN_RG, "firewallPolicyName": "a", "location": "x"},
            {"firewallPolicyName": "b"},
            ["firewallPolicyName"],
        ),
        # Only networks and a few others name the location as replacing: Azure refuses the change of the rest.
        (POLICY, {**IN_RG, "firewallPolicyName": "a", "location": "x"}, {"location": "y"}, []),
        (POLICY, {**IN_RG, "firewallPolicyName": "a", "location": "x"}, {"sku": {"tier": "Premium"}}, []),
        (RCG, rcg(), {"priority": 600}, []),
        (RCG, rcg(), {"firewallPolicyName": "b"}, ["firewallPolicyName"]),
        (RCG, rcg(), {"ruleCollectionGroupName": "b"}, ["ruleCollectionGroupName"]),
    ],
)
def test_what_updates_and_what_replaces(
    engine: AzureEngine, token: str, old: dict[str, Any], news: dict[str, Any], replaces: Any
) -> None:
    found = engine.diff(token, old, {**old, **news})
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(found.replaces) == list(replaces)
    # A name that a person chose can be there only once; one that was made up cannot clash.
    assert found.deleteBeforeReplace is bool(replaces)
    assert not engine.diff(token, {**old, "__createBeforeDelete": True}, {**old, **news}).deleteBeforeReplace


def test_what_means_the_same_changes_nothing(engine: AzureEngine) -> None:
    old = {**IN_RG, "location": "westeurope"}
    assert engine.diff(GROUP, old, {**old, "location": "West Europe"}).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_lists_are_compared_by_position(engine: AzureEngine) -> None:
    old = {**IN_RG, "securityRules": [flat("a"), flat("b", priority=110)]}
    found = engine.diff(NSG, old, {**IN_RG, "securityRules": [flat("b", priority=110)]})
    assert set(found.detailedDiff) == {"securityRules[0].name", "securityRules[0].priority", "securityRules[1]"}
    assert (list(found.diffs), list(found.replaces)) == (["securityRules"], [])


def test_differences_in_depth() -> None:
    old = {"a": [{"b": 1}, 2, 3], "c": {"d": 1, "e": 1}, "f": 1}
    new = {"a": [{"b": 2}, 2], "c": {"d": 1, "g": 1}, "h": 1}
    assert dict(detailed(old, new)) == {
        "a[0].b": "UPDATE", "a[2]": "DELETE", "c.e": "DELETE", "c.g": "ADD", "f": "DELETE", "h": "ADD",
    }  # fmt: skip
    assert list(detailed(old, old)) == []


@pytest.mark.parametrize(
    ("inputs", "before", "after", "result"),
    [
        ({"a": 1}, {"a": 1, "z": 1}, {"a": 1, "z": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1, "z": 1}, {"a": 1, "z": 2}, {"a": 1, "z": 2}),
        ({"A": 1}, {"a": 1}, {"a": 1, "n": 2}, {"A": 1, "n": 2}),
        ({"a": 1}, {"a": 1}, {}, {}),
        ({"a": "TCP"}, {"a": "Tcp"}, {"a": "Tcp"}, {"a": "TCP"}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "z": 1}]}, {"a": [{"b": 2, "z": 1}]}, {"a": [{"b": 2}]}),
        ({"a": [1, 2]}, {"a": [1, 2]}, {"a": [2]}, {"a": [2]}),
        ({"a": [1]}, {"a": [1]}, {"a": [1, 2]}, {"a": [1, 2]}),
    ],
)
def test_inputs_follow_what_changed_in_the_cloud(inputs: Any, before: Any, after: Any, result: Any) -> None:
    assert follow(inputs, before, after) == result


def test_what_an_import_leaves_out() -> None:
    assert without_empty({"a": [], "b": {"c": []}, "d": [{"e": 1, "f": []}], "g": "", "h": False}) == {
        "d": [{"e": 1}], "g": "", "h": False,
    }  # fmt: skip


# Life.


def test_a_preview_touches_nothing_and_shows_the_rules(engine: AzureEngine, azure: Subscription) -> None:
    rules = [{**flat(destinationAddressPrefix=None), "destinationApplicationSecurityGroups": [{"id": UNKNOWN}]}]
    key, state = engine.create(NSG, {**IN_RG, "securityRules": rules}, preview=True)
    assert (key, state["name"], state["etag"], "id" in state) == ("", UNKNOWN, UNKNOWN, False)
    shown = state["securityRules"][0]
    assert {name: shown[name] for name in flat(destinationAddressPrefix=None)} == flat(destinationAddressPrefix=None)
    assert shown["etag"] == UNKNOWN
    assert azure.list("networkSecurityGroups") == []


def test_a_preview_of_a_change_knows_name_and_place_only(engine: AzureEngine) -> None:
    key, state = engine.create(NSG, IN_RG)
    inputs = engine.inputs(NSG, IN_RG)
    shown = engine.update(NSG, key, inputs, {**inputs, "tags": {"a": "b"}}, state=state, preview=True)
    assert (shown["name"], shown["location"], shown["tags"]) == (state["name"], "westeurope", {"a": "b"})
    assert shown["defaultSecurityRules"] == shown["etag"] == UNKNOWN


def test_what_exists_is_not_taken_over(engine: AzureEngine, azure: Subscription) -> None:
    key = put_nsg(azure, rule())
    with pytest.raises(Refused, match=f"cannot create already existing resource '{key}'"):
        engine.create(NSG, {**IN_RG, "networkSecurityGroupName": "nsg"})
    with pytest.raises(Refused, match=f"cannot create already existing resource '{key}/securityRules/one'"):
        engine.create(RULE, own(priority=200))
    assert len(azure.get(key)["properties"]["securityRules"]) == 1


def test_rules_of_their_own_outlive_a_change_of_a_group_that_lists_none(
    engine: AzureEngine, azure: Subscription
) -> None:
    inputs = engine.inputs(NSG, {**IN_RG, "networkSecurityGroupName": "nsg"})
    key, _ = engine.create(NSG, inputs)
    engine.create(RULE, own())
    engine.update(NSG, key, inputs, {**inputs, "tags": {"a": "b"}})
    assert [item["name"] for item in azure.get(key)["properties"]["securityRules"]] == ["one"]
    engine.update(NSG, key, inputs, {**inputs, "securityRules": []})
    assert azure.get(key)["properties"]["securityRules"] == []


def test_a_refresh_of_a_group_that_lists_no_rules_sees_none(engine: AzureEngine, azure: Subscription) -> None:
    inputs = engine.inputs(NSG, {**IN_RG, "networkSecurityGroupName": "nsg"})
    key, state = engine.create(NSG, inputs)
    azure.put(f"{key}/securityRules/hand", rule("hand"))
    answer = engine.read(NSG, key, inputs, state)
    assert unpack(answer.inputs) == inputs
    assert unpack(answer.properties)["securityRules"] == []


def test_a_refresh_of_a_group_that_lists_rules_sees_those_of_others(engine: AzureEngine, azure: Subscription) -> None:
    inputs = engine.inputs(NSG, {**IN_RG, "networkSecurityGroupName": "nsg", "securityRules": [flat("mine")]})
    key, state = engine.create(NSG, inputs)
    assert unpack(engine.read(NSG, key, inputs, state).inputs) == inputs
    azure.put(f"{key}/securityRules/hand", rule("hand", priority=200))
    found = unpack(engine.read(NSG, key, inputs, state).inputs)["securityRules"]
    assert found[0] == flat("mine")
    assert (found[1]["name"], found[1]["priority"]) == ("hand", 200)


def test_an_import_knows_only_the_id(engine: AzureEngine, azure: Subscription) -> None:
    asg = put_asg(azure)
    key = put_nsg(azure, rule(destinationAddressPrefix=None, destinationApplicationSecurityGroups=[{"id": asg}]))
    answer = engine.read(NSG, key)
    found = unpack(answer.inputs)
    assert found.keys() == {"resourceGroupName", "networkSecurityGroupName", "location", "securityRules"}
    (item,) = found["securityRules"]
    assert item["destinationApplicationSecurityGroups"] == [{"id": asg}]
    # As with the real provider: what a request may have and Azure has is there, asked for or not.
    assert (item["id"], item["type"]) == (f"{key}/securityRules/one", RULE_TYPE)
    assert "sourceAddressPrefixes" not in item
    same = engine.diff(NSG, found, engine.inputs(NSG, found, found))
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_an_import_of_a_rule_and_of_what_is_something_else(engine: AzureEngine, azure: Subscription) -> None:
    key = put_nsg(azure, rule())
    found = unpack(engine.read(RULE, f"{key}/securityRules/one").inputs)
    assert found == {**own(), "name": "one", "type": RULE_TYPE}
    assert engine.read(RULE, key).id == ""
    assert engine.read(NSG, f"{key}x").id == ""
    with pytest.raises(Refused, match="LinkedInvalidPropertyId"):
        engine.read(NSG, "nsg")


def test_gone_is_gone_and_deleting_twice_is_no_error(engine: AzureEngine) -> None:
    key, state = engine.create(NSG, IN_RG)
    engine.delete(NSG, key, state)
    engine.delete(NSG, key, state)
    assert engine.read(NSG, key, {**IN_RG}, state).id == ""


def test_a_preview_of_a_firewall_shows_the_rules(engine: AzureEngine, azure: Subscription) -> None:
    wish = network_rule(sourceAddresses=None, sourceIpGroups=[UNKNOWN])
    key, state = engine.create(RCG, rcg(collection(wish), firewallPolicyName=UNKNOWN), preview=True)
    (found,) = state["ruleCollections"][0]["rules"]
    assert (key, state["priority"], state["etag"]) == ("", 500, UNKNOWN)
    assert {name: found[name] for name in wish} == wish
    # What a network rule may have and this one has not is not known; what only an application rule has is not there.
    assert (found["destinationFqdns"], "targetFqdns" in found) == (UNKNOWN, False)
    assert azure.list("firewallPolicies") == []


def test_a_change_by_hand_of_a_firewalls_rules_is_seen(engine: AzureEngine, azure: Subscription) -> None:
    put_policy(azure)
    inputs = engine.inputs(RCG, rcg(collection(application_rule())))
    key, state = engine.create(RCG, inputs)
    hand = [application_rule(targetFqdns=["*"]), application_rule("hand")]
    azure.put(key, {"properties": {"priority": 500, "ruleCollections": [collection(*hand)]}})
    found = unpack(engine.read(RCG, key, inputs, state).inputs)
    rules = found["ruleCollections"][0]["rules"]
    assert rules[0] == application_rule(targetFqdns=["*"])
    assert rules[1]["name"] == "hand"
    difference = engine.diff(RCG, found, inputs, state)
    assert set(difference.detailedDiff) == {
        "ruleCollections[0].rules[0].targetFqdns[0]",
        "ruleCollections[0].rules[1]",
    }
    azure.delete(key)
    assert engine.read(RCG, key, inputs, state).id == ""


# Functions, configuration, faults.


def test_getters(engine: AzureEngine, azure: Subscription) -> None:
    key = put_nsg(azure, rule())
    found = engine.invoke("azure-native:network:getNetworkSecurityGroup", **IN_RG, networkSecurityGroupName="nsg")
    assert (found["id"], found["securityRules"][0]["priority"], found["location"]) == (key, 100, "westeurope")
    assert found["securityRules"][0]["sourceAddressPrefixes"] == []
    assert engine.invoke("azure-native:resources:getResourceGroup", **IN_RG)["properties"] == {
        "provisioningState": "Succeeded"
    }
    assert (
        engine.invoke("azure-native:network:getNetworkSecurityGroup", **IN_RG, networkSecurityGroupName=UNKNOWN) == {}
    )
    with pytest.raises(Refused, match='Status=404 Code="ResourceNotFound"'):
        engine.invoke("azure-native:network:getIpGroup", **IN_RG, ipGroupsName="no")
    put_policy(azure)
    key, _ = engine.create(RCG, rcg(collection(network_rule())))
    there = {**IN_RG, "firewallPolicyName": "policy"}
    assert engine.invoke("azure-native:network:getFirewallPolicy", **there)["ruleCollectionGroups"] == [{"id": key}]
    found = engine.invoke(
        "azure-native:network:getFirewallPolicyRuleCollectionGroup", **there, ruleCollectionGroupName="one"
    )
    assert found["ruleCollections"][0]["rules"][0]["destinationPorts"] == ["443"]
    client = AzureEngine(subscriptionId="abc", tenantId="t").invoke("azure-native:authorization:getClientConfig")
    assert (client["subscriptionId"], client["tenantId"]) == ("abc", "t")


def test_subscriptions_are_apart(engine: AzureEngine, place: Path) -> None:
    other = AzureEngine(subscriptionId="abc", clientSecret="x", disablePulumiPartnerId="true")
    key, _ = other.create(GROUP, {"resourceGroupName": "rg", "location": "westeurope"})
    assert key == "/subscriptions/abc/resourceGroups/rg"
    assert (place / "azure-abc.sqlite").exists()


def plan(place: Path, **modes: Any) -> None:
    (place / "faults.json").write_text(json.dumps(modes), encoding="utf-8")


def test_throttling_and_a_lost_answer_are_tried_again(engine: AzureEngine, azure: Subscription, place: Path) -> None:
    plan(place, throttle={"ApplicationSecurityGroups_CreateOrUpdate": 3})
    assert engine.create(ASG, IN_RG)[0]
    plan(place, throttle={"ApplicationSecurityGroups_CreateOrUpdate": 4})
    with pytest.raises(Refused, match='Status=429 Code="TooManyRequests"'):
        engine.create(ASG, {**IN_RG, "applicationSecurityGroupName": "two"})
    plan(place, lose_answer={"ApplicationSecurityGroups_CreateOrUpdate": 1})
    assert engine.create(ASG, {**IN_RG, "applicationSecurityGroupName": "three"})[0]
    assert len(azure.list("applicationSecurityGroups")) == 2
    put_policy(azure)
    plan(place, throttle={"FirewallPolicyRuleCollectionGroups_CreateOrUpdate": 4})
    with pytest.raises(Refused, match='Status=429 Code="TooManyRequests"'):
        engine.create(RCG, rcg())
    assert engine.create(RCG, rcg())[0]


def test_a_refusal_is_not_tried_again(engine: AzureEngine, azure: Subscription, place: Path) -> None:
    plan(place, refuse={"ApplicationSecurityGroups_CreateOrUpdate": 1})
    with pytest.raises(Refused, match="Status=409"):
        engine.create(ASG, IN_RG)
    assert azure.list("applicationSecurityGroups") == []


@pytest.mark.parametrize(
    ("token", "wish"),
    [
        (GROUP, {"resourceGroupName": "new", "location": "West Europe", "tags": {"a": "b"}}),
        (ASG, {**IN_RG, "tags": {"a": "b"}}),
        (
            NSG,
            {**IN_RG, "flushConnection": True, "securityRules": [flat("a"), flat("b", priority=110, protocol="TCP")]},
        ),
        (RULE, own(securityRuleName="two", priority=200)),
        ("azure-native:network:IpGroup", {**IN_RG, "ipAddresses": ["10.0.0.0/8", "192.0.2.1"]}),
        (POLICY, IN_RG),
        (
            POLICY,
            {
                **IN_RG,
                "basePolicy": {"id": "POLICY"},
                "dnsSettings": {"enableProxy": True, "servers": ["10.0.0.53"]},
                "sku": {"tier": "Premium"},
                "sql": {"allowSqlRedirect": True},
                "threatIntelMode": "Deny",
                "threatIntelWhitelist": {"ipAddresses": ["192.0.2.0/24"], "fqdns": ["*.example.com"]},
            },
        ),
        (
            RCG,
            rcg(
                collection(application_rule(), application_rule("b", sourceAddresses=None, sourceIpGroups=["IPS"])),
                collection(
                    network_rule(destinationAddresses=None, destinationIpGroups=["IPS"]),
                    network_rule("b", destinationAddresses=None, destinationFqdns=["time.example.com"]),
                    name="network",
                    priority=200,
                ),
            ),
        ),
        (VNET, {**IN_RG, "addressSpace": {"addressPrefixes": ["10.2.0.0/16"]}}),
        (
            VNET,
            {
                **IN_RG,
                "addressSpace": {"addressPrefixes": ["10.2.0.0/16"]},
                "subnets": [{"name": "x", "addressPrefix": "10.2.1.0/24", "networkSecurityGroup": {"id": "NSG"}}],
            },
        ),
        (SUBNET, {**IN_RG, "virtualNetworkName": "vnet", "addressPrefix": "10.0.2.0/24"}),
        (
            "azure-native:network:NetworkInterface",
            {
                **IN_RG,
                "ipConfigurations": [
                    {"name": "m", "subnet": {"id": "SUBNET"}, "applicationSecurityGroups": [{"id": "ASG"}]}
                ],
                "networkSecurityGroup": {"id": "NSG"},
            },
        ),
    ],
    ids=lambda value: value.rsplit(":", 1)[-1] if isinstance(value, str) else "",
)
def test_a_life_without_a_needless_difference(
    engine: AzureEngine, azure: Subscription, token: str, wish: dict[str, Any]
) -> None:
    """What is made, refreshed or imported differs in nothing from the program that says the same."""
    ids = {
        "NSG": put_nsg(azure, rule()),
        "ASG": put_asg(azure),
        "IPS": put_ip_group(azure),
        "POLICY": put_policy(azure),
        "SUBNET": f"{put_vnet(azure, a='10.0.1.0/24')}/subnets/a",
    }
    text = json.dumps(wish)
    for name, key in ids.items():
        text = text.replace(f'"{name}"', f'"{key}"')
    inputs = engine.inputs(token, json.loads(text))
    key, state = engine.create(token, inputs)
    none = provider_pb2.DiffResponse.DIFF_NONE
    assert engine.diff(token, inputs, engine.inputs(token, inputs, inputs), state).changes == none

    seen = engine.read(token, key, inputs, state)
    assert (unpack(seen.inputs), unpack(seen.properties)) == (inputs, state)

    imported = unpack(engine.read(token, key).inputs)
    assert "id" not in imported
    assert imported.keys() >= inputs.keys() - {"__createBeforeDelete"}
    assert engine.diff(token, imported, engine.inputs(token, imported, imported), state).changes == none

    changed = {**inputs, "tags": {"team": "x"}} if token not in {RULE, SUBNET, RCG} else inputs
    after = engine.update(token, key, inputs, changed, state=state)
    assert after.get("tags") == changed.get("tags")
    engine.delete(token, key, after)
    assert engine.read(token, key).id == ""
