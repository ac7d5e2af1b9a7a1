"""Rule groups and policies of the emulated Network Firewall keep the rules AWS documents, and change as AWS's do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.provider import AwsProvider
from sandbox.aws.resources import RESOURCES, firewall_shapes
from sandbox.protocol import UNKNOWN, unpack
from sandbox.provider import provider_pb2
from tests.sandbox.wire import Refused, Wire

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.aws.account import Account

    from .conftest import Refuses

GROUP = "aws:networkfirewall/ruleGroup:RuleGroup"
POLICY = "aws:networkfirewall/firewallPolicy:FirewallPolicy"
ARN = "arn:aws:network-firewall:eu-central-1:123456789012"

#: Accepted as it stands.
RULE = 'pass tls $HOME_NET any -> any 443 (tls.sni; content:"a.example"; msg:"one\\; two"; sid:1; rev:1;)'


def call(account: Account, operation: str, **params: Any) -> dict[str, Any]:
    return account.call(f"network-firewall.{operation}", **params)


def rules(*texts: str, strict: bool = True, **more: Any) -> dict[str, Any]:
    order = {"StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"}} if strict else {}
    return {"RulesSource": {"RulesString": "\n".join(texts)}, **order, **more}


def numbered(count: int, start: int = 1) -> list[str]:
    return [f"pass tcp any any -> any {n} (sid:{n};)" for n in range(start, start + count)]


def names(*targets: str, types: tuple[str, ...] = ("TLS_SNI", "HTTP_HOST")) -> dict[str, Any]:
    listed = {"Targets": list(targets), "TargetTypes": list(types), "GeneratedRulesType": "ALLOWLIST"}
    return {"RulesSource": {"RulesSourceList": listed}, "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"}}


def group(account: Account, name: str = "g", content: dict[str, Any] | None = None, **more: Any) -> str:
    params = {"RuleGroupName": name, "Type": "STATEFUL", "Capacity": 100, "RuleGroup": content or rules(RULE), **more}
    params = {key: value for key, value in params.items() if value is not None}
    return call(account, "CreateRuleGroup", **params)["RuleGroupResponse"]["RuleGroupArn"]


def policy(*references: dict[str, Any], strict: bool = True, **more: Any) -> dict[str, Any]:
    order = {"StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER"}} if strict else {}
    return {
        "StatelessDefaultActions": ["aws:forward_to_sfe"],
        "StatelessFragmentDefaultActions": ["aws:forward_to_sfe"],
        **({"StatefulRuleGroupReferences": list(references)} if references else {}),
        **order,
        **more,
    }


def made(account: Account, content: dict[str, Any], name: str = "p") -> str:
    answer = call(account, "CreateFirewallPolicy", FirewallPolicyName=name, FirewallPolicy=content)
    return answer["FirewallPolicyResponse"]["FirewallPolicyArn"]


# Rules.


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("allow tcp any any -> any any (sid:1;)", "Action allow is not supported"),
        ("pass pigeon any any -> any any (sid:1;)", "Protocol pigeon is not supported"),
        ("reject udp any any -> any any (sid:1;)", "udp reject is not supported"),
        ("pass tcp any any => any any (sid:1;)", "not a valid direction"),
        ("pass tcp any -> any any (sid:1;)", "The header has 6 parts"),
        ("pass tcp 10.0.0.300 any -> any any (sid:1;)", "failed to parse address 10.0.0.300"),
        ("pass tcp any any -> [10.0.0.0/8, here] any (sid:1;)", "failed to parse address"),
        ("pass tcp any any -> any 65536 (sid:1;)", "failed to parse port 65536"),
        ("pass tcp any any -> any 443", "must be in parentheses"),
        ("pass tcp any any -> any 443 (sid:1;", "must be in parentheses"),
        ("pass tcp any any -> any 443 (sid:1)", "Illegal option syntax: sid:1"),
        ('pass tcp any any -> any 443 (msg:"open; sid:1;)', "Illegal option syntax"),
        ("pass tcp any any -> any 443 (msg:none;)", "sid not assigned"),
        ("pass tcp any any -> any 443 (sid:0;)", "Illegal sid"),
        ("pass tcp any any -> any 443 (gid:5; sid:1;)", "GIDs are not allowed"),
        ("pass tcp any any -> any 443 (dataset:isset,x; sid:1;)", "RuleOptions dataset is not supported"),
        ('pass tcp any any -> any 443 (pcre:"/a/"; sid:1;)', "Using pcre without"),
        (f"pass tcp any any -> any 443 (msg:{'x' * 8192}; sid:1;)", "max length"),
    ],
)
def test_a_wrong_rule_is_quoted_with_the_reason(account: Account, refused: Refuses, text: str, reason: str) -> None:
    with refused("InvalidRequestException") as caught:
        group(account, content=rules(text))
    assert caught.value.message.startswith("stateful rule is invalid, rule: ")
    assert reason in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        RULE,
        "  # a comment\n\n" + RULE,
        "drop ip any any <> ![10.0.0.0/8, $EXTERNAL_NET] any (sid:4294967295;)",
        "alert tcp 2001:db8::/32 1024: -> any [80,443,!8000:9000] (flow:to_server,established; sid:7;)",
        'reject tls any any -> any any (pcre:"/a/"; tls.sni; sid:2;)',
    ],
)
def test_rules_as_people_write_them_pass(account: Account, text: str) -> None:
    arn = group(account, content=rules(text))
    shown = call(account, "DescribeRuleGroup", RuleGroupArn=arn)
    assert shown["RuleGroup"]["RulesSource"]["RulesString"] == text
    assert shown["RuleGroupResponse"]["ConsumedCapacity"] == 1


def test_a_number_is_there_once_in_a_group(account: Account, refused: Refuses) -> None:
    with refused("InvalidRequestException") as caught:
        group(account, content=rules(RULE, RULE))
    assert "Duplicate signature" in caught.value.message
    group(account, "a", rules(RULE))
    group(account, "b", rules(RULE))


def test_rules_that_say_their_priority_do_not_fit_strict_order(account: Account, refused: Refuses) -> None:
    text = "pass tcp any any -> any 443 (priority:1; sid:1;)"
    with refused("InvalidRequestException") as caught:
        group(account, content=rules(text))
    assert "strict order" in caught.value.message
    group(account, content=rules(text, strict=False))


def test_variables_and_references_must_be_defined(account: Account, refused: Refuses) -> None:
    text = "pass tcp $OURS any -> @RELAYS $PORTS (sid:1;)"
    for missing in ("OURS", "RELAYS"):
        with refused("InvalidRequestException") as caught:
            sets = {} if missing == "OURS" else {"IPSets": {"OURS": {"Definition": ["10.0.0.0/8"]}}}
            variables = {"RuleVariables": {**sets, "PortSets": {"PORTS": {"Definition": ["443"]}}}}
            group(account, content=rules(text, **variables))
        assert f"{missing} cannot be null or empty" in caught.value.message
    made_list = account.call("CreateManagedPrefixList", PrefixListName="x", MaxEntries=1, AddressFamily="IPv4")
    arn = made_list["PrefixList"]["PrefixListArn"]
    with refused("InvalidRequestException"):
        reference = {"ReferenceSets": {"IPSetReferences": {"RELAYS": {"ReferenceArn": f"{arn}0"}}}}
        group(account, content=rules(text, **variables, **reference))
    group(
        account, content=rules(text, **variables, ReferenceSets={"IPSetReferences": {"RELAYS": {"ReferenceArn": arn}}})
    )


def test_a_rule_in_the_apis_own_form_is_a_rule_like_any_other(account: Account, refused: Refuses) -> None:
    def content(settings: list[str]) -> dict[str, Any]:
        ends = {"Source": "10.0.0.0/8", "SourcePort": "ANY", "Destination": "ANY", "DestinationPort": "443"}
        header = {"Protocol": "TLS", "Direction": "FORWARD", **ends}
        rule = {"Action": "PASS", "Header": header, "RuleOptions": [{"Keyword": "sid", "Settings": settings}]}
        return {"RulesSource": {"StatefulRules": [rule]}}

    group(account, content=content(["1"]))
    with refused("InvalidRequestException") as caught:
        group(account, "b", content([]))
    assert "pass tls 10.0.0.0/8 any -> any 443 (sid;), reason: Illegal sid" in caught.value.message


# Groups.


@pytest.mark.parametrize(
    ("content", "used"),
    [
        (rules(*numbered(100)), 100),
        (names(*[f"n{i}.example" for i in range(97)], types=("TLS_SNI",)), 99),
        (names(*[f"n{i}.example" for i in range(48)]), 99),
    ],
)
def test_capacity_counts_rules_or_names_by_type(account: Account, content: dict[str, Any], used: int) -> None:
    arn = group(account, content=content)
    assert call(account, "DescribeRuleGroup", RuleGroupArn=arn)["RuleGroupResponse"]["ConsumedCapacity"] == used


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"RuleGroup": rules(*numbered(101))}, "InvalidRequestException", "StatefulRules capacity exceeded, "),
        ({"RuleGroup": names(*[f"n{i}.example" for i in range(49)])}, "InvalidRequestException", "parameter: [101]"),
        ({"Capacity": 30001}, "InvalidRequestException", "Capacity capacity exceeded"),
        ({"Capacity": 0}, "InvalidRequestException", "Capacity is invalid"),
        ({"RuleGroupName": "a_b"}, "ValidationException", "regular expression"),
        ({"Type": "BOTH"}, "ValidationException", "enum value set"),
        ({"Description": "x" * 513}, "ValidationException", "less than or equal to 512"),
        ({"RuleGroup": rules("#" * 2_000_001)}, "ValidationException", "less than or equal to 2000000"),
        ({"Rules": RULE}, "InvalidRequestException", "Exactly one of Rules or RuleGroup"),
        ({"RuleGroup": None}, "InvalidRequestException", "Exactly one of Rules or RuleGroup"),
        ({"RuleGroup": {"RulesSource": {}}}, "InvalidRequestException", "must set exactly one of them"),
        ({"RuleGroup": rules("# nothing")}, "InvalidRequestException", "RulesString cannot be null or empty"),
        ({"RuleGroup": {"Rules": "x"}}, "ParamValidation", "Unknown parameter"),
        ({"RuleGroup": names("*.example")}, "InvalidRequestException", "Targets has invalid format"),
        ({"RuleGroup": names("https://a.example")}, "InvalidRequestException", "Targets has invalid format"),
        ({"RuleGroup": names("..a.example")}, "InvalidRequestException", "Targets has invalid format"),
        ({"RuleGroup": names(".a.example", "a.example")}, "InvalidRequestException", "duplicate values"),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidRequestException", "reserved"),
    ],
)
def test_wrong_groups_are_refused(
    account: Account, refused: Refuses, change: dict[str, Any], code: str, words: str
) -> None:
    with refused(code) as caught:
        group(account, **change)
    assert words in caught.value.message


def test_fifty_groups_in_a_region_each_with_a_name_of_its_own(account: Account, refused: Refuses) -> None:
    assert group(account, "g0") == f"{ARN}:stateful-rulegroup/g0"
    with refused("InvalidRequestException") as caught:
        group(account, "g0")
    assert "already exists" in caught.value.message
    for number in range(1, 50):
        group(account, f"g{number}")
    with refused("LimitExceededException"):
        group(account, "g50")


def test_an_update_knows_what_it_changes_and_stays_within_the_capacity(account: Account, refused: Refuses) -> None:
    arn = group(account, Description="d")
    first = call(account, "DescribeRuleGroup", RuleGroupArn=arn)["UpdateToken"]
    changed = {"RuleGroupArn": arn, "RuleGroup": rules(*numbered(100))}
    second = call(account, "UpdateRuleGroup", UpdateToken=first, **changed)["UpdateToken"]
    with refused("InvalidTokenException"):
        call(account, "UpdateRuleGroup", UpdateToken=first, **changed)
    for content in (rules(*numbered(101)), rules(RULE, strict=False)):
        with refused("InvalidRequestException"):
            call(account, "UpdateRuleGroup", UpdateToken=second, RuleGroupArn=arn, RuleGroup=content)
    with refused("InvalidRequestException"):
        call(account, "UpdateRuleGroup", UpdateToken=second, RuleGroupArn=arn, Rules=RULE)
    shown = call(account, "DescribeRuleGroup", RuleGroupName="g", Type="STATEFUL")
    assert (shown["UpdateToken"], "Description" in shown["RuleGroupResponse"]) == (second, False)


def test_a_group_in_use_stays(account: Account, refused: Refuses) -> None:
    arn = group(account)
    key = made(account, policy({"ResourceArn": arn, "Priority": 1}))
    assert call(account, "DescribeRuleGroup", RuleGroupArn=arn)["RuleGroupResponse"]["NumberOfAssociations"] == 1
    with refused("InvalidOperationException") as caught:
        call(account, "DeleteRuleGroup", RuleGroupArn=arn)
    assert "Unable to delete the object because it is still in use" in caught.value.message
    call(account, "DeleteFirewallPolicy", FirewallPolicyArn=key)
    call(account, "DeleteRuleGroup", RuleGroupArn=arn)
    with refused("ResourceNotFoundException"):
        call(account, "DescribeRuleGroup", RuleGroupArn=arn)


# Policies.


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"StatelessDefaultActions": []}, "StatelessDefaultActions cannot be null or empty"),
        ({"StatelessDefaultActions": ["aws:pass", "aws:drop"]}, "StatelessDefaultActions cannot exist together"),
        ({"StatefulDefaultActions": ["aws:drop_all"]}, "StatefulDefaultActions is invalid, parameter: [aws:drop_all]"),
        ({"StatefulDefaultActions": ["aws:drop_strict", "aws:drop_established"]}, "cannot exist together"),
        (
            {"StatefulDefaultActions": ["aws:drop_established", "aws:alert_established_app_layer"]},
            "cannot exist together",
        ),
        (
            {"StatefulDefaultActions": ["aws:drop_established"], "StatefulEngineOptions": {}},
            "StatefulDefaultActions has invalid rule order, parameter: [DEFAULT_ACTION_ORDER]",
        ),
        ({"PolicyVariables": {"RuleVariables": {"OURS": {"Definition": ["10.0.0.0/8"]}}}}, "RuleVariables is invalid"),
        ({"PolicyVariables": {"RuleVariables": {"HOME_NET": {"Definition": ["here"]}}}}, "Definition is invalid"),
        ({"StatelessCustomActions": [{"ActionName": "a", "ActionDefinition": {}}]}, "is not emulated here"),
    ],
)
def test_wrong_policies_are_refused(account: Account, refused: Refuses, change: dict[str, Any], words: str) -> None:
    with refused("InvalidRequestException") as caught:
        made(account, policy(**change))
    assert words in caught.value.message


def test_default_actions_as_the_documentation_recommends(account: Account) -> None:
    variables = {"RuleVariables": {"HOME_NET": {"Definition": ["10.0.0.0/8", "2001:db8::/32"]}}}
    actions = ["aws:drop_established", "aws:alert_established"]
    key = made(account, policy(StatefulDefaultActions=actions, PolicyVariables=variables))
    assert key == f"{ARN}:firewall-policy/p"
    shown = call(account, "DescribeFirewallPolicy", FirewallPolicyArn=key)["FirewallPolicy"]
    assert shown["StatefulDefaultActions"] == actions


@pytest.mark.parametrize(
    ("references", "order", "words"),
    [
        ([("strict", None)], "strict", "Priority cannot be null"),
        ([("default", 1)], "default", "Priority cannot be provided"),
        ([("strict", 1), ("other", 1)], "strict", "Priority has duplicate values, parameter: [1]"),
        ([("strict", 1), ("strict", 2)], "strict", "ResourceArn has duplicate values"),
        ([("strict", None)], "default", "ResourceArn has invalid rule order"),
        ([("default", 1)], "strict", "ResourceArn has invalid rule order"),
        ([("nobody", 1)], "strict", "rule group ARN does not exist"),
        ([("large", 1), ("strict", 2)], "strict", "StatefulRuleGroupReferences capacity exceeded, parameter: [30100]"),
    ],
)
def test_groups_and_policy_fit_together(
    account: Account, refused: Refuses, references: list[tuple[str, int | None]], order: str, words: str
) -> None:
    for name in ("strict", "other", "default"):
        group(account, name, rules(RULE, strict=name != "default"))
    group(account, "large", Capacity=30000)
    found = [
        {"ResourceArn": f"{ARN}:stateful-rulegroup/{name}"} | ({"Priority": priority} if priority else {})
        for name, priority in references
    ]
    with refused("InvalidRequestException") as caught:
        made(account, policy(*found, strict=order == "strict"))
    assert words in caught.value.message


def test_a_reference_names_a_stateful_group_of_the_same_place(account: Account, refused: Refuses) -> None:
    for arn, words in (
        (f"{ARN}:stateless-rulegroup/x", "rule group ARN is of incorrect entity type"),
        (f"{ARN.replace('central', 'west')}:stateful-rulegroup/x", "rule group ARN is invalid"),
    ):
        with refused("InvalidRequestException") as caught:
            made(account, policy({"ResourceArn": arn, "Priority": 1}))
        assert words in caught.value.message


def test_twenty_groups_in_a_policy_and_twenty_policies_in_a_region(account: Account, refused: Refuses) -> None:
    arns = [group(account, f"g{n}") for n in range(21)]
    found = [{"ResourceArn": arn, "Priority": place} for place, arn in enumerate(arns, 1)]
    with refused("InvalidRequestException") as caught:
        made(account, policy(*found))
    assert "StatefulRuleGroupReferences limit exceeded" in caught.value.message
    for number in range(20):
        made(account, policy(*found[:20]), f"p{number}")
    with refused("LimitExceededException"):
        made(account, policy(), "p20")


def test_a_policy_changes_with_its_token_and_keeps_its_order(account: Account, refused: Refuses) -> None:
    key = made(account, policy())
    token = call(account, "DescribeFirewallPolicy", FirewallPolicyArn=key)["UpdateToken"]
    changed = {"FirewallPolicyArn": key, "UpdateToken": token}
    with refused("InvalidRequestException"):
        call(account, "UpdateFirewallPolicy", **changed, FirewallPolicy=policy(strict=False))
    call(account, "UpdateFirewallPolicy", **changed, FirewallPolicy=policy(), Description="d")
    with refused("InvalidTokenException"):
        call(account, "UpdateFirewallPolicy", **changed, FirewallPolicy=policy())


# The provider.


@pytest.fixture
def engine(place: Path) -> Wire:
    return Wire(AwsProvider(), {"region": "eu-central-1", "defaultTags": '{"tags": {"team": "x"}}'})


def wish(**more: Any) -> dict[str, Any]:
    """Inputs of a group, by name."""
    content = {
        "rulesSource": {
            "rulesSourceList": {
                "generatedRulesType": "ALLOWLIST",
                "targetTypes": ["TLS_SNI", "HTTP_HOST"],
                "targets": ["b.example", ".a.example"],
            }
        },
        "ruleVariables": {"ipSets": [{"key": "HOME_NET", "ipSet": {"definitions": ["10.0.0.0/8", "10.1.0.0/16"]}}]},
        "statefulRuleOptions": {"ruleOrder": "STRICT_ORDER"},
    }
    return {"type": "STATEFUL", "capacity": 10, "ruleGroup": content, **more}


def content(**more: Any) -> dict[str, Any]:
    """The content of a policy, in the provider's words."""
    return {
        "statelessDefaultActions": ["aws:forward_to_sfe"],
        "statelessFragmentDefaultActions": ["aws:forward_to_sfe"],
        "statefulDefaultActions": ["aws:drop_established", "aws:alert_established"],
        "statefulEngineOptions": {"ruleOrder": "STRICT_ORDER"},
        **more,
    }


def same(answer: Any) -> bool:
    return bool(answer.changes == provider_pb2.DiffResponse.DIFF_NONE)


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"type": "STATELESS"}, "type", "not emulated here"),
        ({"type": "both"}, "type", "expected type to be one of"),
        ({"capacity": None}, "capacity", "Missing required"),
        ({"ruleGroup": {"rules": []}}, "ruleGroup.rules", "has no argument"),
        ({"ruleGroup": {"rulesSource": {"rulesString": 5}}}, "ruleGroup.rulesSource.rulesString", "must be a string"),
        (
            {"ruleGroup": {"ruleVariables": {"ipSets": [{"key": "A"}]}}},
            "ruleGroup.ruleVariables.ipSets[0]",
            'must have "key" and "ipSet"',
        ),
    ],
)
def test_bad_groups_name_the_property_and_the_reason(
    engine: Wire, change: dict[str, Any], name: str, words: str
) -> None:
    inputs = {key: value for key, value in wish(**change).items() if value is not None}
    assert words in engine.failures(GROUP, inputs)[name]


def test_what_replaces(engine: Wire) -> None:
    old = wish(name="g")
    for change in ({"name": "h"}, {"capacity": 11}, {"type": "STATELESS"}):
        assert list(engine.diff(GROUP, old, {**old, **change}).replaces) == list(change)
    other = {**old, "ruleGroup": {**old["ruleGroup"], "statefulRuleOptions": {"ruleOrder": "DEFAULT_ACTION_ORDER"}}}
    assert list(engine.diff(GROUP, old, other).replaces) == ["ruleGroup.statefulRuleOptions.ruleOrder"]
    fewer = {**old, "ruleGroup": {**old["ruleGroup"], "ruleVariables": {}}}
    assert (list(engine.diff(GROUP, old, fewer).replaces), same(engine.diff(GROUP, old, fewer))) == ([], False)
    plain = {"firewallPolicy": content(statefulEngineOptions={}), "name": "p"}
    default = {"firewallPolicy": content(statefulEngineOptions={"ruleOrder": "DEFAULT_ACTION_ORDER"}), "name": "p"}
    strict = {"firewallPolicy": content(), "name": "p"}
    assert list(engine.diff(POLICY, plain, default).replaces) == []
    assert list(engine.diff(POLICY, default, strict).replaces) == ["firewallPolicy.statefulEngineOptions.ruleOrder"]
    unknown = {"firewallPolicy": content(statefulRuleGroupReferences=UNKNOWN), "name": "p"}
    assert list(engine.diff(POLICY, strict, unknown).replaces) == []


def test_the_order_of_sets_means_nothing(engine: Wire) -> None:
    old, news = wish(name="g"), wish(name="g")
    news["ruleGroup"]["rulesSource"]["rulesSourceList"]["targets"].reverse()
    news["ruleGroup"]["ruleVariables"]["ipSets"][0]["ipSet"]["definitions"].reverse()
    assert same(engine.diff(GROUP, old, news, {"tagsAll": {"team": "x"}}))


def test_only_a_group_with_an_automatic_name_can_be_replaced_while_it_is_used(engine: Wire) -> None:
    automatic, named = engine.inputs(GROUP, wish()), engine.inputs(GROUP, wish(name="g"))
    assert automatic["name"] == "one-0123456"
    larger = engine.inputs(GROUP, wish(capacity=11), automatic)
    assert not engine.diff(GROUP, automatic, larger).deleteBeforeReplace
    assert engine.diff(GROUP, named, {**named, "capacity": 11}).deleteBeforeReplace


def test_a_group_lives_through_the_provider(engine: Wire, account: Account) -> None:
    preview = engine.create(GROUP, wish(), preview=True)[1]
    assert (preview["arn"], preview["tagsAll"]) == (UNKNOWN, {"team": "x"})
    inputs = engine.inputs(GROUP, wish(description="d", tags={"a": "b"}))
    key, state = engine.create(GROUP, wish(description="d", tags={"a": "b"}))
    assert key == state["arn"] == f"{ARN}:stateful-rulegroup/one-0123456"
    assert state["tagsAll"] == {"team": "x", "a": "b"}
    assert state["ruleGroup"] == inputs["ruleGroup"]
    news = engine.inputs(GROUP, wish(tags={"a": "c"}), inputs)
    news["ruleGroup"]["rulesSource"] = {"rulesString": RULE}
    shown = engine.update(GROUP, key, inputs, news, state=state, preview=True)
    assert shown["updateToken"] == UNKNOWN
    after = engine.update(GROUP, key, inputs, news, state=state)
    assert after["ruleGroup"]["rulesSource"] == {"rulesString": RULE}
    assert ("description" in after, after["tagsAll"]) == (False, {"team": "x", "a": "c"})
    with pytest.raises(Refused, match="InvalidTokenException"):
        engine.update(GROUP, key, news, inputs, state=state)
    engine.update(GROUP, key, news, inputs, state=after)
    engine.delete(GROUP, key, state)
    engine.delete(GROUP, key, state)
    assert engine.read(GROUP, key).id == ""


def test_a_policy_lives_through_the_provider(engine: Wire) -> None:
    arn, group_state = engine.create(GROUP, wish())
    references = [{"resourceArn": arn, "priority": 10}]
    variables = {"ruleVariables": [{"key": "HOME_NET", "ipSet": {"definitions": ["10.0.0.0/8"]}}]}
    old = {"firewallPolicy": content(statefulRuleGroupReferences=references, policyVariables=variables), "name": "p"}
    key, state = engine.create(POLICY, old)
    assert state["firewallPolicy"] == old["firewallPolicy"]
    with pytest.raises(Refused, match="still in use"):
        engine.delete(GROUP, arn, group_state)
    news = {"firewallPolicy": content(), "name": "p"}
    after = engine.update(POLICY, key, old, news, state=state)
    assert "statefulRuleGroupReferences" not in after["firewallPolicy"]
    engine.delete(GROUP, arn, group_state)
    engine.delete(POLICY, key, after)
    assert engine.read(POLICY, key).id == ""


def test_importing_gives_inputs_without_a_diff(engine: Wire) -> None:
    arn, _ = engine.create(GROUP, wish(name="g"))
    references = [{"resourceArn": arn, "priority": 10}]
    for token, program in (
        (GROUP, wish(name="g")),
        (POLICY, {"name": "p", "firewallPolicy": content(statefulRuleGroupReferences=references)}),
    ):
        key = arn if token == GROUP else engine.create(token, program)[0]
        answer = engine.read(token, key)
        inputs = engine.inputs(token, program)
        found = engine.diff(token, unpack(answer.inputs), inputs, unpack(answer.properties))
        assert same(found), (token, found)


def test_a_refresh_finds_what_was_changed_beside_the_program(engine: Wire, account: Account) -> None:
    inputs = engine.inputs(GROUP, wish())
    key, state = engine.create(GROUP, wish())
    client = account.client("network-firewall")
    token = client.describe_rule_group(RuleGroupArn=key)["UpdateToken"]
    client.update_rule_group(RuleGroupArn=key, UpdateToken=token, RuleGroup=rules(RULE))
    answer = engine.read(GROUP, key, inputs, state)
    assert unpack(answer.inputs)["ruleGroup"]["rulesSource"] == {"rulesString": RULE}
    assert list(engine.diff(GROUP, unpack(answer.inputs), inputs, unpack(answer.properties)).diffs) == ["ruleGroup"]
    engine.update(GROUP, key, unpack(answer.inputs), inputs, state=unpack(answer.properties))
    client.untag_resource(ResourceArn=key, TagKeys=["team"])
    answer = engine.read(GROUP, key, inputs, state)
    assert list(engine.diff(GROUP, inputs, inputs, unpack(answer.properties)).diffs) == ["tagsAll"]


def test_rules_as_a_file_are_not_read_back(engine: Wire) -> None:
    program = {"type": "STATEFUL", "capacity": 10, "rules": RULE}
    inputs = engine.inputs(GROUP, program)
    key, state = engine.create(GROUP, program)
    assert state["ruleGroup"] == {"rulesSource": {"rulesString": RULE}}
    answer = engine.read(GROUP, key, inputs, state)
    assert unpack(answer.inputs) == inputs
    news = {**inputs, "rules": "\n".join(numbered(2))}
    assert engine.update(GROUP, key, inputs, news, state=state, preview=True)["ruleGroup"] == UNKNOWN
    after = engine.update(GROUP, key, inputs, news, state=state)
    assert after["ruleGroup"]["rulesSource"]["rulesString"] == news["rules"]


def test_planned_faults_hit_these_services_too(engine: Wire, place: Path) -> None:
    plan = '{"throttle": {"CreateRuleGroup": 2}, "lose_answer": {"UpdateRuleGroup": 1}, "partial": {"%s": 1}}' % GROUP  # noqa: UP031
    (place / "faults.json").write_text(plan, encoding="utf-8")
    with pytest.raises(Refused, match="not fully initialised"):
        engine.create(GROUP, wish())
    key = f"{ARN}:stateful-rulegroup/one-0123456"
    inputs, state = engine.inputs(GROUP, wish()), unpack(engine.read(GROUP, key).properties)
    with pytest.raises(Refused, match="operation error Network Firewall: UpdateRuleGroup, api error RequestTimeout"):
        engine.update(GROUP, key, inputs, {**inputs, "description": "d"}, state=state)
    assert unpack(engine.read(GROUP, key).properties)["description"] == "d"


def test_a_group_in_another_region(engine: Wire) -> None:
    key, state = engine.create(GROUP, wish(region="us-east-1"))
    assert ":us-east-1:" in key
    assert engine.read(GROUP, key).id == ""
    assert engine.read(GROUP, key, {}, state).id == key


# The SDK itself is looked at in a process of its own: this one has the protocol's modules without the SDK.
NAMES = """
import importlib, json, re, sys
from pulumi._types import input_type_py_to_pulumi_names as names
from pulumi_aws import networkfirewall
found = {}
for token in sys.argv[1:]:
    _, place, name = token.split(":")
    file = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    module = importlib.import_module(f"pulumi_aws.{place.split('/')[0]}.{file}")
    found[getattr(module, name).pulumi_type] = sorted(names(getattr(module, f"{name}Args")).values())
for part in ("RuleGroupRuleGroup", "FirewallPolicyFirewallPolicy"):
    found[part] = sorted(names(getattr(networkfirewall, f"{part}Args")).values())
print(json.dumps(found))
"""


def test_the_tables_have_the_names_of_the_sdk() -> None:
    tokens = [token for token in RESOURCES if token.startswith(("aws:networkfirewall", "aws:route53"))]
    command = [sys.executable, "-c", NAMES, *tokens]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert len(tokens) == 7
    assert found == {
        **{token: sorted(RESOURCES[token].inputs) for token in tokens},
        "RuleGroupRuleGroup": sorted(firewall_shapes.RULE_GROUP),
        "FirewallPolicyFirewallPolicy": sorted(firewall_shapes.POLICY),
    }
