"""Firewall policies and rule collection groups of the emulated Azure."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure import subscription
from sandbox.azure.errors import ArmError

from .conftest import PLACE, application_rule, collection, network_rule, put_ip_group, put_policy, put_rcg

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.azure.subscription import Subscription

    from ..conftest import Refuses  # noqa: TID252 - the tests are no package with a name

NAMED = {"destinationAddresses": None}
BAD_NAME = "FirewallPolicyRuleInvalidFqdnFormat"
BAD_PORT = "FirewallPolicyRuleConditionInvalidPortOrRangeFormat"
BAD_ADDRESS = "FirewallPolicyRuleInvalidIpAddressOrRangeFormat"
MISSING = "FirewallPolicyRuleParametersMissing"
CONFLICT = "FirewallPolicyRuleParametersConflict"


def proto(kind: str, port: int) -> dict[str, Any]:
    return {"protocols": [{"protocolType": kind, "port": port}]}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"colour": "red"}, "InvalidRequestFormat"),
        ({"ruleType": "Rule"}, "InvalidRequestFormat"),
        ({"ruleType": None}, "InvalidRequestFormat"),
        ({"ipProtocols": ["SCTP"]}, "InvalidRequestFormat"),
        ({"targetFqdns": ["www.example.com"]}, "InvalidRequestFormat"),  # an application rule has it
        ({"ipProtocols": None}, MISSING),
        ({"destinationPorts": []}, MISSING),
        ({"destinationPorts": ["0"]}, BAD_PORT),
        ({"destinationPorts": ["65536"]}, BAD_PORT),
        ({"destinationPorts": ["443-80"]}, BAD_PORT),
        ({"sourceAddresses": None}, MISSING),
        ({"sourceAddresses": ["Storage"]}, BAD_ADDRESS),  # a service tag is a destination
        ({"destinationAddresses": ["2001:db8::/32"]}, BAD_ADDRESS),
        ({"destinationAddresses": ["10.0.0.9-10.0.0.1"]}, BAD_ADDRESS),
        ({"destinationAddresses": ["www.example.com"]}, BAD_ADDRESS),
        (NAMED, MISSING),
        ({"destinationFqdns": ["www.example.com"]}, CONFLICT),
        ({**NAMED, "destinationFqdns": ["*.example.com"]}, BAD_NAME),
        ({**NAMED, "destinationFqdns": ["*"]}, BAD_NAME),
    ],
)
def test_a_network_rule_that_azure_refuses(
    azure: Subscription, refused: Refuses, more: dict[str, Any], code: str
) -> None:
    key = put_policy(azure)
    with refused(code):
        put_rcg(azure, collection(network_rule(**more)))
    assert azure.get(key)["properties"]["ruleCollectionGroups"] == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"protocols": [{"protocolType": "Ftp", "port": 21}]}, "InvalidRequestFormat"),
        ({"ipProtocols": ["TCP"]}, "InvalidRequestFormat"),  # a network rule has it
        ({"protocols": None}, MISSING),
        ({"protocols": [{"port": 443}]}, BAD_PORT),
        (proto("Https", 0), BAD_PORT),
        (proto("Https", 64001), BAD_PORT),
        ({"sourceAddresses": []}, MISSING),
        ({"targetFqdns": None}, MISSING),
        ({"fqdnTags": ["WindowsUpdate"]}, CONFLICT),
        ({"targetFqdns": ["www.*.example.com"]}, BAD_NAME),
        ({"targetFqdns": ["*.*.example.com"]}, BAD_NAME),
        ({"targetFqdns": ["example.com.*"]}, BAD_NAME),
        ({"targetFqdns": ["my--site.example.com"]}, BAD_NAME),
        ({"targetFqdns": ["https://www.example.com"]}, BAD_NAME),
        ({"targetFqdns": ["www.example.com."]}, BAD_NAME),
        ({"targetFqdns": [""]}, BAD_NAME),
        ({"targetUrls": ["www.example.com/a"]}, "FirewallPolicyFeatureNotInTier"),
        ({"terminateTLS": True}, "FirewallPolicyFeatureNotInTier"),
    ],
)
def test_an_application_rule_that_azure_refuses(
    azure: Subscription, refused: Refuses, more: dict[str, Any], code: str
) -> None:
    put_policy(azure)
    with refused(code):
        put_rcg(azure, collection(application_rule(**more)))


@pytest.mark.parametrize(
    "rule",
    [
        network_rule(ipProtocols=["TCP", "UDP", "ICMP", "Any"], destinationPorts=["*", "1-65535", "53"]),
        network_rule(sourceAddresses=["*"], destinationAddresses=["10.0.0.1-10.0.0.9", "Storage.WestEurope", "*"]),
        network_rule(**NAMED, destinationFqdns=["time.example.com"]),
        application_rule(**proto("Http", 64000)),
        application_rule(**proto("Mssql", 1433)),
        application_rule(targetFqdns=["*", "*.example.com", "*example.com", "a_b.example.com", "localhost"]),
        application_rule(targetFqdns=None, fqdnTags=["WindowsUpdate"]),
        application_rule(destinationAddresses=["192.0.2.0/24"], description="d"),
    ],
)
def test_a_rule_that_azure_takes(azure: Subscription, rule: dict[str, Any]) -> None:
    put_policy(azure)
    found = azure.get(put_rcg(azure, collection(rule)))["properties"]["ruleCollections"][0]["rules"][0]
    assert {name: found[name] for name in rule} == rule
    # Lists that nobody gave are shown empty, so that a program that leaves them out must not see a difference.
    assert found["sourceIpGroups"] == []


def test_values_are_corrected_and_ports_completed(azure: Subscription) -> None:
    put_policy(azure)
    rules = [application_rule(protocols=[{"protocolType": kind}]) for kind in ("HTTP", "https", "MsSql")]
    rules = [{**rule, "name": f"r{place}"} for place, rule in enumerate(rules)]
    key = put_rcg(azure, collection(*rules, action={"type": "allow"}))
    (found,) = azure.get(key)["properties"]["ruleCollections"]
    assert found["action"] == {"type": "Allow"}
    assert [rule["protocols"] for rule in found["rules"]] == [
        [{"protocolType": kind, "port": port}] for kind, port in (("Http", 80), ("Https", 443), ("Mssql", 1433))
    ]


@pytest.mark.parametrize(
    ("collections", "code"),
    [
        ([collection(network_rule(), priority=99)], "FirewallPolicyInvalidPriority"),
        ([collection(network_rule(), priority=65001)], "FirewallPolicyInvalidPriority"),
        ([collection(network_rule(), priority=None)], "FirewallPolicyInvalidPriority"),
        ([collection(network_rule(), action=None)], "FirewallPolicyRuleCollectionActionMissing"),
        ([collection(network_rule(), action={"type": "Dnat"})], "InvalidRequestFormat"),
        ([collection(network_rule(), ruleCollectionType="Filter")], "InvalidRequestFormat"),
        ([collection(ruleCollectionType="FirewallPolicyNatRuleCollection", action={"type": "DNAT"})], "NotEmulated"),
        ([collection(network_rule("a"), application_rule("b"))], "FirewallPolicyRuleTypeMismatch"),
        ([collection(network_rule("a"), network_rule("A"))], "FirewallPolicyDuplicateName"),
        ([collection(network_rule()), collection(network_rule(), priority=200)], "FirewallPolicyDuplicateName"),
        ([collection(network_rule("a b"))], "InvalidResourceName"),
    ],
)
def test_collections_that_azure_refuses(
    azure: Subscription, refused: Refuses, collections: list[dict[str, Any]], code: str
) -> None:
    put_policy(azure)
    with refused(code):
        put_rcg(azure, *collections)


@pytest.mark.parametrize("priority", [99, 65001, None])
def test_a_priority_of_a_group_that_azure_refuses(azure: Subscription, refused: Refuses, priority: int | None) -> None:
    put_policy(azure)
    with refused("FirewallPolicyInvalidPriority"):
        put_rcg(azure, priority=priority)


def test_groups_may_share_a_priority_and_names_of_collections(azure: Subscription) -> None:
    """Azure takes both, and leaves open which group comes first."""
    put_policy(azure)
    both = [collection(network_rule(), priority=100), collection(application_rule(), name="names", priority=100)]
    put_rcg(azure, *both, name="a", priority=100)
    put_rcg(azure, *both, name="b", priority=100)
    put_rcg(azure, name="c", priority=65000)


class TestLimits:
    """The limits are Azure's; one more is refused, as many as allowed are not."""

    def test_groups(self, azure: Subscription, refused: Refuses) -> None:
        put_policy(azure)
        for number in range(60):
            put_rcg(azure, name=f"g{number}")
        with refused("FirewallPolicyRuleCollectionGroupLimitReached"):
            put_rcg(azure, name="g60")
        put_rcg(azure, name="g59", priority=600)

    def test_size_of_a_group(self, azure: Subscription, refused: Refuses) -> None:
        put_policy(azure)
        names = [f"{'x' * 50}.{number}.example.com" for number in range(30_000)]
        put_rcg(azure, collection(application_rule(targetFqdns=names[:27_000])))
        with refused("FirewallPolicyRuleCollectionGroupSizeLimitReached"):
            put_rcg(azure, collection(application_rule(targetFqdns=names)))
        put_rcg(azure, collection(application_rule(targetFqdns=names[27_000:])), name="more")

    def test_names_in_network_rules_of_all_groups(self, azure: Subscription, refused: Refuses) -> None:
        put_policy(azure)
        names = [f"n{number}.example.com" for number in range(1001)]
        put_rcg(azure, collection(network_rule(**NAMED, destinationFqdns=names[:600])))
        put_rcg(azure, collection(network_rule(**NAMED, destinationFqdns=names[600:1000])), name="b")
        with refused("FirewallPolicyNetworkRuleFqdnLimitReached"):
            put_rcg(azure, collection(network_rule(**NAMED, destinationFqdns=names[600:])), name="b")
        put_rcg(azure, collection(application_rule(targetFqdns=names)), name="c")  # those are not counted

    def test_sources_times_destinations(self, azure: Subscription, refused: Refuses) -> None:
        put_policy(azure)
        big = put_ip_group(azure, "big", *(f"10.0.{n // 256}.{n % 256}" for n in range(5000)))
        ends = [f"192.0.2.{number}" for number in range(200)]

        def two(count: int) -> list[dict[str, Any]]:
            first = network_rule("a", sourceAddresses=ends[:100], destinationAddresses=ends[:199])
            sides = {"sourceAddresses": ends[:count], "destinationAddresses": None, "destinationIpGroups": [big]}
            return [first, network_rule("b", **sides)]

        put_rcg(azure, collection(*two(100)))
        with refused("FirewallPolicyNetworkRuleLimitReached"):
            put_rcg(azure, collection(*two(101)))

    def test_ip_groups(self, azure: Subscription, refused: Refuses) -> None:
        put_policy(azure)
        groups = [put_ip_group(azure, f"g{number}") for number in range(201)]
        wish = {"sourceAddresses": None, "sourceIpGroups": groups[:150]}
        put_rcg(azure, collection(network_rule(**wish)))
        put_rcg(azure, collection(application_rule(**{**wish, "sourceIpGroups": groups[100:200]})), name="b")
        with refused("FirewallPolicyIpGroupLimitReached"):
            put_rcg(azure, collection(application_rule(**{**wish, "sourceIpGroups": groups[100:]})), name="b")


class TestDnsProxy:
    """Names in network rules are looked up by the firewall, so its clients must ask it."""

    rules = collection(network_rule(**NAMED, destinationFqdns=["time.example.com"]))

    def test_names_need_it(self, azure: Subscription, refused: Refuses) -> None:
        put_policy(azure, proxy=False)
        with refused("FirewallPolicyDnsProxyNotEnabled") as caught:
            put_rcg(azure, self.rules)
        assert "See rule one in network rule collection allow" in str(caught.value)
        put_rcg(azure, collection(application_rule()))  # those are not looked up

    def test_it_stays_while_there_are_names(self, azure: Subscription, refused: Refuses) -> None:
        put_policy(azure)
        key = put_rcg(azure, self.rules)
        with refused("FirewallPolicyDnsProxyNotEnabled"):
            put_policy(azure, proxy=False)
        azure.delete(key)
        put_policy(azure, proxy=False)


class TestPolicy:
    """The settings of a policy, and what builds on it."""

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"sku": {"tier": "Gold"}}, "InvalidRequestFormat"),
            ({"threatIntelMode": "Sometimes"}, "InvalidRequestFormat"),
            ({"sql": {"allowSqlRedirect": "yes"}}, "InvalidRequestFormat"),
            ({"colour": "red"}, "InvalidRequestFormat"),
            ({"sku": {"tier": "Basic"}}, "FirewallPolicyFeatureNotInTier"),  # it has no DNS proxy
            ({"intrusionDetection": {"mode": "Alert"}}, "FirewallPolicyFeatureNotInTier"),
            ({"dnsSettings": {"servers": ["dns.example.com"]}}, "FirewallPolicyInvalidDnsServer"),
            (
                {"dnsSettings": {"requireProxyForNetworkRules": False}},
                "FirewallPolicyDeprecatedRequireProxyForNetworkRules",
            ),
            ({"threatIntelWhitelist": {"fqdns": ["a.*.com"]}}, "FirewallPolicyInvalidThreatIntelWhitelist"),
            ({"basePolicy": {"id": "/subscriptions/x/resourceGroups/rg"}}, "InvalidResourceReference"),
        ],
    )
    def test_settings_that_azure_refuses(
        self, azure: Subscription, refused: Refuses, more: dict[str, Any], code: str
    ) -> None:
        with refused(code):
            put_policy(azure, **more)

    def test_what_azure_adds(self, azure: Subscription) -> None:
        found = azure.get(put_policy(azure, sql={"allowSqlRedirect": True}))["properties"]
        assert (found["sku"], found["threatIntelMode"]) == ({"tier": "Standard"}, "Alert")
        assert (found["dnsSettings"], found["sql"]) == ({"enableProxy": True}, {"allowSqlRedirect": True})

    def test_the_settings_leave_the_groups_alone(self, azure: Subscription) -> None:
        key = put_policy(azure)
        group = put_rcg(azure, collection(network_rule()))
        before = azure.get(key)
        assert before["properties"]["ruleCollectionGroups"] == [{"id": group}]
        azure.put(key, before)
        assert azure.get(key)["properties"]["ruleCollectionGroups"] == [{"id": group}]
        assert len(azure.get(group)["properties"]["ruleCollections"]) == 1

    def test_a_lower_tier_must_do_for_the_rules_that_are_there(self, azure: Subscription, refused: Refuses) -> None:
        premium = {"sku": {"tier": "Premium"}}
        put_policy(azure, **premium, intrusionDetection={"mode": "Alert"})
        put_rcg(azure, collection(application_rule(targetFqdns=None, targetUrls=["www.example.com/a"])))
        with refused("FirewallPolicyFeatureNotInTier"):
            put_policy(azure)

    def test_a_base_policy(self, azure: Subscription, refused: Refuses) -> None:
        base = put_policy(azure, "base")
        key = put_policy(azure, basePolicy={"id": base.upper()})
        assert azure.get(key)["properties"]["basePolicy"] == {"id": base}
        assert azure.get(base)["properties"]["childPolicies"] == [{"id": key}]
        with refused("FirewallPolicyHasChildPolicies"):
            azure.delete(base)
        with refused("FirewallPolicyBasePolicyLoop"):
            put_policy(azure, "base", basePolicy={"id": key})
        far = azure.network("rg", "firewallPolicies", "far")
        with refused("InvalidResourceReference"):
            azure.put(far, {"location": "eastus", "properties": {"basePolicy": {"id": base}}})
        azure.delete(key)
        azure.delete(base)

    def test_it_stays_where_it_is_and_takes_its_groups_along(self, azure: Subscription, refused: Refuses) -> None:
        key = put_policy(azure)
        group = put_rcg(azure, collection(network_rule()))
        with refused("InvalidResourceLocation"):
            azure.put(key, {"location": "eastus"})
        azure.delete(key)
        with refused("NotFound"):
            azure.get(group)
        with refused("ParentResourceNotFound"):
            put_rcg(azure)


class TestIpGroups:
    """What rules name must be there, in whatever region, and stays."""

    def test_it_must_exist(self, azure: Subscription, refused: Refuses) -> None:
        key = put_policy(azure)
        for name in (azure.network("rg", "ipGroups", "no"), key):
            with refused("InvalidResourceReference"):
                put_rcg(azure, collection(application_rule(sourceIpGroups=[name])))
        far = azure.network("rg", "ipGroups", "far")
        azure.put(far, {"location": "eastus", "properties": {"ipAddresses": ["10.0.0.1"]}})
        put_rcg(azure, collection(application_rule(sourceIpGroups=[far])))

    def test_in_use_it_stays(self, azure: Subscription, refused: Refuses) -> None:
        policy, group = put_policy(azure), put_ip_group(azure)
        rules = [
            application_rule(sourceIpGroups=[group.upper()]),
            network_rule(destinationAddresses=None, destinationIpGroups=[group]),
        ]
        for rule in rules:
            key = put_rcg(azure, collection(rule))
            assert azure.get(group)["properties"]["firewallPolicies"] == [{"id": policy}]
            with refused("IpGroupsHasFirewallPolicyReferences"):
                azure.delete(group)
            put_ip_group(azure, "hosts", "10.1.0.0/16")  # its addresses may change at any time
            azure.delete(key)
        azure.delete(group)

    def test_a_resource_group_does_not_take_it_from_a_policy_elsewhere(
        self, azure: Subscription, refused: Refuses
    ) -> None:
        azure.put(azure.group("other"), PLACE)
        key = azure.network("other", "ipGroups", "shared")
        azure.put(key, {**PLACE, "properties": {"ipAddresses": ["10.0.0.1"]}})
        put_policy(azure)
        put_rcg(azure, collection(application_rule(sourceIpGroups=[key])))
        with refused("ResourceGroupDeletionBlocked"):
            azure.delete(azure.group("other"))
        azure.delete(azure.group("rg"))
        azure.delete(azure.group("other"))


class TestAtOnce:
    """Azure refuses a change of a policy while it still carries out another one."""

    def test_two_groups_of_one_policy(
        self, azure: Subscription, place: Path, monkeypatch: pytest.MonkeyPatch, refused: Refuses
    ) -> None:
        put_policy(azure)
        put_policy(azure, "other")
        started, go = threading.Event(), threading.Event()

        def pause(_: float) -> None:
            started.set()
            assert go.wait(30)

        monkeypatch.setattr(subscription.time, "sleep", pause)
        slow = {"FirewallPolicyRuleCollectionGroups_CreateOrUpdate": 1}
        (place / "faults.json").write_text(json.dumps({"slow": slow}), encoding="utf-8")
        first = threading.Thread(target=put_rcg, args=(azure,), kwargs={"name": "first"})
        first.start()
        try:
            assert started.wait(30)
            with refused("AnotherOperationInProgress"):
                put_rcg(azure, name="second")
            with refused("AnotherOperationInProgress"):
                put_policy(azure)
            put_policy(azure, "other", threatIntelMode="Off")
        finally:
            go.set()
            first.join()
        put_rcg(azure, name="second")
        found = azure.get(azure.network("rg", "firewallPolicies", "policy"))["properties"]["ruleCollectionGroups"]
        assert [item["id"].rsplit("/", 1)[1] for item in found] == ["first", "second"]

    def test_a_refused_request_holds_nothing(self, azure: Subscription, place: Path) -> None:
        put_policy(azure)
        slow = {"FirewallPolicyRuleCollectionGroups_CreateOrUpdate": 1}
        (place / "faults.json").write_text(json.dumps({"slow": slow}), encoding="utf-8")
        with pytest.raises(ArmError, match="FirewallPolicyInvalidPriority"):
            put_rcg(azure, priority=1)
        put_rcg(azure)
