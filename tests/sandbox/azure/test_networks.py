"""Networks, interfaces, IP groups and resource groups of the emulated Azure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.errors import ArmError
from sandbox.azure.subscription import Subscription

from .conftest import PLACE, put_asg, put_nic, put_nsg, put_vnet, rule

if TYPE_CHECKING:
    from pathlib import Path

    from ..conftest import Refuses  # noqa: TID252 - the tests are no package with a name


def subnet_body(block: str) -> dict[str, Any]:
    return {"properties": {"addressPrefix": block}}


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("10.1.0.0/24", "NetcfgInvalidSubnet"),
        ("10.0.0.0/30", "NetcfgInvalidSubnet"),
        ("10.0.1.0/25", "NetcfgSubnetRangesOverlap"),
        ("10.0.1.5/24", "InvalidCIDRNotation"),
        ("", "SubnetAddressPrefixMissing"),
    ],
)
def test_subnets_that_azure_refuses(azure: Subscription, refused: Refuses, block: str, code: str) -> None:
    vnet = put_vnet(azure, a="10.0.1.0/24")
    with refused(code):
        azure.put(f"{vnet}/subnets/b", subnet_body(block))
    assert [item["name"] for item in azure.get(vnet)["properties"]["subnets"]] == ["a"]


def test_a_subnet_of_its_own_is_a_part_of_its_network(azure: Subscription, refused: Refuses) -> None:
    vnet = put_vnet(azure, a="10.0.1.0/24")
    azure.put(f"{vnet}/subnets/b", subnet_body("10.0.2.0/24"))
    assert [item["name"] for item in azure.get(vnet)["properties"]["subnets"]] == ["a", "b"]
    put_vnet(azure, a="10.0.1.0/24")
    with refused("NotFound"):
        azure.get(f"{vnet}/subnets/b")
    with refused("ParentResourceNotFound"):
        azure.put(azure.network("rg", "virtualNetworks", "no", "subnets", "a"), subnet_body("10.0.1.0/24"))


def test_a_subnet_in_use_stays_and_keeps_its_addresses(azure: Subscription, refused: Refuses) -> None:
    vnet = put_vnet(azure, a="10.0.1.0/24")
    nic = put_nic(azure, f"{vnet}/subnets/a")
    for forbidden in (
        lambda: azure.delete(f"{vnet}/subnets/a"),
        lambda: azure.delete(vnet),
        lambda: put_vnet(azure),
        lambda: azure.put(f"{vnet}/subnets/a", subnet_body("10.0.9.0/24")),
    ):
        with refused("InUseSubnetCannotBeDeleted") as caught:
            forbidden()
        assert f"{nic}/ipConfigurations/main" in str(caught.value)
    azure.delete(nic)
    azure.delete(f"{vnet}/subnets/a")


def test_interfaces_get_addresses(azure: Subscription, refused: Refuses) -> None:
    subnet = f"{put_vnet(azure, a='10.0.1.0/29')}/subnets/a"

    def address(key: str) -> str:
        return azure.get(key)["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]

    first = put_nic(azure, subnet, name="n1")
    assert address(first) == "10.0.1.4"
    wish = {"privateIPAllocationMethod": "Static", "privateIPAddress": "10.0.1.6"}
    assert address(put_nic(azure, subnet, name="n2", **wish)) == "10.0.1.6"
    with refused("PrivateIPAddressInUse"):
        put_nic(azure, subnet, name="n3", **wish)
    with refused("PrivateIPAddressNotInSubnet"):
        put_nic(azure, subnet, name="n3", **{**wish, "privateIPAddress": "10.0.2.6"})
    assert address(put_nic(azure, subnet, name="n3")) == "10.0.1.5"
    assert address(put_nic(azure, subnet, name="n1")) == "10.0.1.4"  # an update keeps it
    with refused("SubnetIsFull"):
        put_nic(azure, subnet, name="n4")


def test_what_an_interface_wears(azure: Subscription, refused: Refuses) -> None:
    subnet = f"{put_vnet(azure, a='10.0.1.0/24')}/subnets/a"
    asgs = [put_asg(azure, f"asg{n}") for n in range(21)]
    put_nic(azure, subnet, *asgs[:20])
    with refused("ApplicationSecurityGroupsPerIpConfigurationLimitReached"):
        put_nic(azure, subnet, *asgs)
    other = put_vnet(azure, name="other", space="10.9.0.0/16", a="10.9.1.0/24")
    with refused("ApplicationSecurityGroupsNotInSameVnet"):
        put_nic(azure, f"{other}/subnets/a", asgs[0], name="far")
    put_nic(azure, f"{other}/subnets/a", asgs[20], name="far")
    with refused("InvalidResourceReference"):
        put_nic(azure, f"{other}/subnets/no", name="lost")
    with refused("NetworkInterfaceMustHaveIpConfiguration"):
        azure.put(azure.network("rg", "networkInterfaces", "bare"), PLACE)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "x", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", ""])
def test_addresses_that_an_ip_group_refuses(azure: Subscription, refused: Refuses, text: str) -> None:
    with refused("IpGroupInvalidAddress"):
        azure.put(azure.network("rg", "ipGroups", "g"), {**PLACE, "properties": {"ipAddresses": [text]}})


def test_an_ip_group_holds_5000(azure: Subscription, refused: Refuses) -> None:
    key = azure.network("rg", "ipGroups", "g")
    addresses = [f"10.{n // 256}.{n % 256}.0/24" for n in range(4998)] + ["192.0.2.1", "192.0.2.9-192.0.2.12"]
    azure.put(key, {**PLACE, "properties": {"ipAddresses": addresses}})
    assert azure.get(key)["properties"]["ipAddresses"] == addresses
    with refused("IpGroupAddressLimitReached"):
        azure.put(key, {**PLACE, "properties": {"ipAddresses": [*addresses, "192.0.2.2"]}})


def test_a_resource_group_takes_what_is_in_it_along(azure: Subscription, refused: Refuses) -> None:
    key = put_nsg(azure, rule())
    azure.delete(azure.group("rg"))
    with refused("ResourceGroupNotFound"):
        azure.get(key)
    azure.put(azure.group("rg"), PLACE)
    with refused("ResourceNotFound"):
        azure.get(key)


def test_a_resource_group_whose_content_is_used_elsewhere_stays(azure: Subscription, refused: Refuses) -> None:
    key = put_nsg(azure)
    azure.put(azure.group("other"), PLACE)
    vnet = azure.network("other", "virtualNetworks", "vnet")
    inner = {"addressPrefix": "10.0.1.0/24", "networkSecurityGroup": {"id": key}}
    properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "a", "properties": inner}]}
    azure.put(vnet, {**PLACE, "properties": properties})
    with refused("ResourceGroupDeletionBlocked"):
        azure.delete(azure.group("rg"))
    assert azure.get(key)
    azure.delete(azure.group("other"))
    azure.delete(azure.group("rg"))


def test_a_resource_group_that_azure_refuses(azure: Subscription, refused: Refuses) -> None:
    with refused("InvalidResourceGroupLocation"):
        azure.put(azure.group("rg"), {"location": "eastus"})
    with refused("InvalidResourceGroup"):
        azure.put(azure.group("a."), PLACE)
    with refused("InvalidRequestFormat"):
        azure.put(azure.group("b"), {})
    with refused("ResourceGroupNotFound"):
        azure.put(azure.network("no", "ipGroups", "g"), PLACE)


def test_what_is_not_emulated_says_so(azure: Subscription, refused: Refuses) -> None:
    with refused("NotEmulated"):
        azure.get(azure.network("rg", "azureFirewalls", "p"))
    with refused("NotEmulated"):
        azure.get("/subscriptions/other/resourceGroups/rg")


def test_cases_of_names_do_not_matter(azure: Subscription) -> None:
    key = put_nsg(azure, rule("One"))
    assert azure.get(key.upper())["id"] == key
    azure.put(f"{key.lower()}/securityRules/ONE", rule("ONE", priority=200))
    (found,) = azure.get(key)["properties"]["securityRules"]
    assert (found["name"], found["properties"]["priority"]) == ("One", 200)


def test_an_error_is_worded_as_the_real_provider_does(azure: Subscription) -> None:
    with pytest.raises(ArmError) as caught:
        put_nsg(azure, rule(priority=5))
    assert str(caught.value) == (
        'Status=400 Code="SecurityRuleInvalidPriority" Message="Security rule has invalid Priority. '
        'Value provided: 5 Allowed range 100-4096."'
    )


def test_two_engines_at_once_lose_nothing(place: Path, azure: Subscription) -> None:
    both = [azure, Subscription(place)]
    key = put_nsg(azure)

    def make(number: int) -> None:
        both[number % 2].put(f"{key}/securityRules/r{number}", rule(f"r{number}", priority=100 + number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(40)))
    assert len(azure.get(key)["properties"]["securityRules"]) == 40
