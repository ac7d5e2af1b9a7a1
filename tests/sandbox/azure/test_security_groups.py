"""Network security groups, rules and application security groups of the emulated Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.errors import ArmError

from .conftest import PLACE, put_asg, put_nic, put_nsg, put_vnet, rule

if TYPE_CHECKING:
    from sandbox.azure.subscription import Subscription

    from ..conftest import Refuses  # noqa: TID252 - the tests are no package with a name


def names(azure: Subscription, key: str) -> list[str]:
    return [item["name"] for item in azure.get(key)["properties"]["securityRules"]]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"priority": 99}, "SecurityRuleInvalidPriority"),
        ({"priority": 4097}, "SecurityRuleInvalidPriority"),
        ({"priority": "100"}, "InvalidRequestFormat"),
        ({"priority": True}, "InvalidRequestFormat"),
        ({"priority": None}, "InvalidRequestFormat"),
        ({"protocol": "Sctp"}, "InvalidRequestFormat"),
        ({"access": "Maybe"}, "InvalidRequestFormat"),
        ({"direction": "Sideways"}, "InvalidRequestFormat"),
        ({"colour": "red"}, "InvalidRequestFormat"),
        ({"description": "x" * 141}, "SecurityRuleInvalidDescription"),
        ({"destinationPortRange": "65536"}, "SecurityRuleInvalidPortRange"),
        ({"destinationPortRange": "443-80"}, "SecurityRuleInvalidPortRange"),
        ({"destinationPortRange": "80,443"}, "SecurityRuleInvalidPortRange"),
        ({"sourcePortRange": "any"}, "SecurityRuleInvalidPortRange"),
        ({"destinationPortRange": None}, "SecurityRuleParametersMissing"),
        ({"destinationPortRanges": ["80"]}, "SecurityRuleParametersConflict"),
        ({"destinationAddressPrefix": None}, "SecurityRuleParametersMissing"),
        ({"destinationAddressPrefixes": ["11.0.0.0/8"]}, "SecurityRuleParametersConflict"),
        ({"destinationAddressPrefix": "10.0.0.1/8"}, "SecurityRuleInvalidAddressPrefix"),
        ({"destinationAddressPrefix": "any"}, "SecurityRuleInvalidAddressPrefix"),
        ({"destinationAddressPrefix": "10.0.0.0/33"}, "SecurityRuleInvalidAddressPrefix"),
        ({"destinationAddressPrefix": "Storage.West Europe"}, "SecurityRuleInvalidAddressPrefix"),
        (
            {"destinationAddressPrefix": None, "destinationAddressPrefixes": ["Internet"]},
            "SecurityRuleParameterContainsUnsupportedValue",
        ),
        (
            {"destinationAddressPrefix": None, "destinationAddressPrefixes": ["10.0.0.0/8", "*"]},
            "SecurityRuleParameterContainsUnsupportedValue",
        ),
        (
            {"destinationAddressPrefix": None, "destinationAddressPrefixes": ["10.0.0.0/8", "2001:db8::/32"]},
            "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies",
        ),
        ({"sourceAddressPrefix": "2001:db8::/32"}, "ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies"),
        (
            {"destinationAddressPrefix": None, "destinationAddressPrefixes": ["1.1.0.0/24", "2.0.0.0/8", "1.1.0.22"]},
            "OverlappingSubnetsNotPermittedInSecurityRule",
        ),
    ],
)
def test_a_rule_that_azure_refuses(azure: Subscription, refused: Refuses, more: dict[str, Any], code: str) -> None:
    with refused(code):
        put_nsg(azure, rule(**more))
    with pytest.raises(ArmError):
        azure.get(azure.network("rg", "networkSecurityGroups", "nsg"))


@pytest.mark.parametrize(
    "more",
    [
        {"priority": 100},
        {"priority": 4096},
        {"description": "x" * 140},
        {"protocol": "*"},
        {"protocol": "Esp"},
        {"destinationPortRange": "0-65535"},
        {"destinationPortRange": None, "destinationPortRanges": ["80", "443", "8000-8010"]},
        {"destinationAddressPrefix": "*"},
        {"destinationAddressPrefix": "10.0.0.1"},
        {"destinationAddressPrefix": "virtualnetwork"},
        {"destinationAddressPrefix": "Storage.WestEurope"},
        {"destinationAddressPrefix": "AzurePlatformIMDS", "access": "Deny"},
        {"destinationAddressPrefix": None, "destinationAddressPrefixes": ["10.0.0.0/8", "11.0.0.0/8"]},
        {"destinationAddressPrefix": "2001:db8::/32", "sourceAddressPrefix": "VirtualNetwork"},
    ],
)
def test_a_rule_that_azure_takes(azure: Subscription, more: dict[str, Any]) -> None:
    key = put_nsg(azure, rule(**more))
    (found,) = azure.get(key)["properties"]["securityRules"]
    given = rule(**more)["properties"]
    assert {name: found["properties"][name] for name in given} == given


@pytest.mark.parametrize("name", ["-a", "a-", "a b", "ä", "x" * 81, ""])
def test_names_that_azure_refuses(azure: Subscription, name: str) -> None:
    with pytest.raises(ArmError, match=r"InvalidResourceName|MissingNameForResource"):
        put_nsg(azure, rule(name))


@pytest.mark.parametrize("name", ["a", "9", "a_", "a.b-c_d", "x" * 80])
def test_names_that_azure_takes(azure: Subscription, name: str) -> None:
    assert names(azure, put_nsg(azure, rule(name))) == [name]


def test_values_of_enumerations_are_corrected(azure: Subscription) -> None:
    (found,) = azure.get(put_nsg(azure, rule(protocol="TCP", access="deny")))["properties"]["securityRules"]
    assert (found["properties"]["protocol"], found["properties"]["access"]) == ("Tcp", "Deny")


class TestPlaces:
    """Direction and priority are unique at every moment."""

    def test_twice_in_one_request(self, azure: Subscription, refused: Refuses) -> None:
        with refused("SecurityRuleConflict") as caught:
            put_nsg(azure, rule("one"), rule("two"))
        assert "one conflicts with rule two" in str(caught.value)

    def test_each_direction_has_its_own(self, azure: Subscription) -> None:
        assert names(azure, put_nsg(azure, rule("out"), rule("in", direction="Inbound"))) == ["out", "in"]

    def test_a_rule_of_its_own_cannot_take_a_place(self, azure: Subscription, refused: Refuses) -> None:
        key = put_nsg(azure, rule("one"))
        with refused("SecurityRuleConflict"):
            azure.put(f"{key}/securityRules/two", rule("two"))
        azure.put(f"{key}/securityRules/one", rule("one", priority=110))
        azure.put(f"{key}/securityRules/two", rule("two"))
        with refused("SecurityRuleConflict"):  # so two rules cannot change places one after the other
            azure.put(f"{key}/securityRules/two", rule("two", priority=110))

    def test_one_request_changes_places(self, azure: Subscription) -> None:
        put_nsg(azure, rule("one"), rule("two", priority=110))
        key = put_nsg(azure, rule("one", priority=110), rule("two"))
        found = {item["name"]: item["properties"]["priority"] for item in azure.get(key)["properties"]["securityRules"]}
        assert found == {"one": 110, "two": 100}

    def test_a_name_twice(self, azure: Subscription, refused: Refuses) -> None:
        with refused("SecurityRuleDuplicateName"):
            put_nsg(azure, rule("one"), rule("ONE", priority=110))


class TestLimits:
    """The limits are Azure's; one more is refused, as many as allowed are not."""

    def test_rules(self, azure: Subscription, refused: Refuses) -> None:
        rules = [rule(f"r{n}", priority=100 + n) for n in range(1001)]
        put_nsg(azure, *rules[:1000])
        with refused("SecurityRuleCountLimitReached"):
            put_nsg(azure, *rules)
        with refused("SecurityRuleCountLimitReached"):
            azure.put(azure.network("rg", "networkSecurityGroups", "nsg", "securityRules", "r1000"), rules[1000])

    def test_addresses_of_all_rules_together(self, azure: Subscription, refused: Refuses) -> None:
        blocks = [f"10.{n // 256}.{n % 256}.0/24" for n in range(4001)]

        def two(count: int) -> list[dict[str, Any]]:
            parts = [("one", 100, blocks[:2000]), ("two", 110, blocks[2000:count])]
            return [
                rule(n, priority=p, destinationAddressPrefix=None, destinationAddressPrefixes=b) for n, p, b in parts
            ]

        put_nsg(azure, *two(4000))
        with refused("SecurityRuleAddressesOrPortsPerSecurityGroupLimitReached"):
            put_nsg(azure, *two(4001))

    def test_application_security_groups(self, azure: Subscription, refused: Refuses) -> None:
        asgs = [put_asg(azure, f"asg{n}") for n in range(101)]

        def many(count: int) -> list[dict[str, Any]]:
            return [
                rule(f"r{n}", priority=100 + n, destinationAddressPrefix=None,
                     destinationApplicationSecurityGroups=[{"id": asgs[n]}])
                for n in range(count)
            ]  # fmt: skip

        put_nsg(azure, *many(100))
        with refused("ApplicationSecurityGroupsPerSecurityGroupLimitReached"):
            put_nsg(azure, *many(101))
        with refused("NumberOfApplicationSecurityGroupsReferencedInSecurityRuleLimitReached"):
            wish = [{"id": asg} for asg in asgs[:2]]
            put_nsg(azure, rule(destinationAddressPrefix=None, destinationApplicationSecurityGroups=wish))


class TestInlineAndStandalone:
    """A group's request sets all its rules, whoever made them."""

    def test_a_rule_of_its_own_is_seen_in_the_group(self, azure: Subscription) -> None:
        key = put_nsg(azure, rule("one"))
        before = azure.get(key)["etag"]
        made = azure.put(f"{key}/securityRules/two", rule("two", priority=110))
        assert names(azure, key) == ["one", "two"]
        assert azure.get(key)["etag"] != before
        assert made["id"] == f"{key}/securityRules/two"
        azure.delete(f"{key}/securityRules/one")
        assert names(azure, key) == ["two"]

    def test_the_groups_request_takes_it_away(self, azure: Subscription, refused: Refuses) -> None:
        key = put_nsg(azure, rule("one"))
        azure.put(f"{key}/securityRules/two", rule("two", priority=110))
        put_nsg(azure, rule("one"))
        with refused("NotFound"):
            azure.get(f"{key}/securityRules/two")
        azure.put(key, PLACE)
        assert names(azure, key) == []

    def test_a_rule_needs_its_group(self, azure: Subscription, refused: Refuses) -> None:
        with refused("ParentResourceNotFound"):
            azure.put(azure.network("rg", "networkSecurityGroups", "no", "securityRules", "one"), rule())


class TestUse:
    """What is in use stays, and what is used must be there."""

    def test_a_group_of_a_subnet_or_an_interface_stays(self, azure: Subscription, refused: Refuses) -> None:
        key = put_nsg(azure)
        vnet = put_vnet(azure, a="10.0.1.0/24")
        subnet = f"{vnet}/subnets/a"
        azure.put(subnet, {"properties": {"addressPrefix": "10.0.1.0/24", "networkSecurityGroup": {"id": key}}})
        assert azure.get(key)["properties"]["subnets"] == [{"id": subnet}]
        with refused("InUseNetworkSecurityGroupCannotBeDeleted") as caught:
            azure.delete(key)
        assert subnet in str(caught.value)
        azure.put(subnet, {"properties": {"addressPrefix": "10.0.1.0/24"}})
        nic = put_nic(azure, subnet, nsg=key)
        assert azure.get(key)["properties"]["networkInterfaces"] == [{"id": nic}]
        with refused("InUseNetworkSecurityGroupCannotBeDeleted"):
            azure.delete(key)
        azure.delete(nic)
        azure.delete(key)

    def test_an_application_security_group_of_a_rule_or_an_interface_stays(
        self, azure: Subscription, refused: Refuses
    ) -> None:
        asg = put_asg(azure)
        put_nsg(azure, rule(destinationAddressPrefix=None, destinationApplicationSecurityGroups=[{"id": asg.upper()}]))
        with refused("InUseApplicationSecurityGroupCannotBeDeleted"):
            azure.delete(asg)
        put_nsg(azure)
        nic = put_nic(azure, f"{put_vnet(azure, a='10.0.1.0/24')}/subnets/a", asg)
        with refused("InUseApplicationSecurityGroupCannotBeDeleted") as caught:
            azure.delete(asg)
        assert f"{nic}/ipConfigurations/main" in str(caught.value)
        azure.delete(nic)
        azure.delete(asg)

    def test_an_application_security_group_must_exist_in_the_region(
        self, azure: Subscription, refused: Refuses
    ) -> None:
        def use(key: str) -> None:
            put_nsg(azure, rule(destinationAddressPrefix=None, destinationApplicationSecurityGroups=[{"id": key}]))

        with refused("InvalidResourceReference"):
            use(azure.network("rg", "applicationSecurityGroups", "no"))
        with refused("InvalidResourceReference"):
            use(put_nsg(azure))
        far = azure.network("rg", "applicationSecurityGroups", "far")
        azure.put(far, {"location": "eastus"})
        with refused("InvalidResourceReference"):
            use(far)
        with refused("LinkedInvalidPropertyId"):
            use("asg")


def test_default_rules_are_shown(azure: Subscription) -> None:
    found = azure.get(put_nsg(azure))["properties"]["defaultSecurityRules"]
    places = [(item["name"], item["properties"]["priority"]) for item in found if "OutBound" in item["name"]]
    assert places == [("AllowVnetOutBound", 65000), ("AllowInternetOutBound", 65001), ("DenyAllOutBound", 65500)]


def test_a_group_stays_where_it_is(azure: Subscription, refused: Refuses) -> None:
    key = put_nsg(azure)
    with refused("InvalidResourceLocation"):
        azure.put(key, {"location": "eastus"})
    azure.put(key, {"location": "West Europe"})
    with refused("LocationRequired"):
        azure.put(azure.network("rg", "networkSecurityGroups", "other"), {})


def test_what_azure_sets_itself_is_ignored_in_a_request(azure: Subscription) -> None:
    key = put_nsg(azure, rule("one"))
    before = azure.get(key)
    azure.put(key, before)  # as a person does who changes something in an answer
    after = azure.get(key)
    assert names(azure, key) == ["one"]
    assert before["properties"]["resourceGuid"] == after["properties"]["resourceGuid"]
    assert before["etag"] != after["etag"]
