"""The emulated DNS Firewall keeps the rules AWS documents, and its resources change as the real provider's do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.provider import AwsProvider
from sandbox.protocol import UNKNOWN, unpack
from sandbox.provider import provider_pb2
from tests.sandbox.wire import Refused, Wire

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.aws.account import Account

    from .conftest import Refuses

LIST = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
GROUP = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
RULE = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
ASSOCIATION = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
CONFIG = "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"


def call(account: Account, operation: str, **params: Any) -> dict[str, Any]:
    return account.call(f"route53resolver.{operation}", **params)


def new_list(account: Account, *domains: str) -> str:
    found = call(account, "CreateFirewallDomainList", CreatorRequestId="r", Name="l")["FirewallDomainList"]
    if domains:
        update(account, found["Id"], "ADD", *domains)
    return found["Id"]


def update(account: Account, key: str, operation: str, *domains: str) -> list[str]:
    params = {"FirewallDomainListId": key, "Operation": operation, "Domains": list(domains)}
    call(account, "UpdateFirewallDomains", **params)
    return call(account, "ListFirewallDomains", FirewallDomainListId=key)["Domains"]


def new_group(account: Account) -> str:
    return call(account, "CreateFirewallRuleGroup", CreatorRequestId="r", Name="g")["FirewallRuleGroup"]["Id"]


def new_rule(account: Account, group: str, listed: str, priority: int = 10, **more: Any) -> dict[str, Any]:
    ids = {"FirewallRuleGroupId": group, "FirewallDomainListId": listed}
    params = {"CreatorRequestId": "r", "Name": "n", "Action": "ALLOW", "Priority": priority, **ids, **more}
    return call(account, "CreateFirewallRule", **params)["FirewallRule"]


def associate(account: Account, group: str, vpc: str, priority: int = 101, **more: Any) -> str:
    params = {"CreatorRequestId": "r", "Name": "n", "FirewallRuleGroupId": group, "VpcId": vpc, "Priority": priority}
    return call(account, "AssociateFirewallRuleGroup", **params, **more)["FirewallRuleGroupAssociation"]["Id"]


# Domain lists.


def test_domains_are_added_replaced_and_removed(account: Account, refused: Refuses) -> None:
    key = new_list(account, "A.example", "*.b.example.")
    assert update(account, key, "ADD", "a.example", "c.example") == ["a.example.", "*.b.example.", "c.example."]
    assert update(account, key, "REMOVE", "c.example") == ["a.example.", "*.b.example."]
    with refused("ValidationException") as caught:
        update(account, key, "REMOVE", "c.example")
    assert "Example unknown domain: 'c.example.'" in caught.value.message
    assert update(account, key, "REPLACE", "d.example") == ["d.example."]


@pytest.mark.parametrize("text", ["*", "*."])
def test_everything_is_written_with_a_dot(account: Account, text: str) -> None:
    assert update(account, new_list(account), "ADD", text) == ["*."]


@pytest.mark.parametrize(
    "domain", [".a.example", "a.*.example", "ex*ample.com", "a b.example", "a_b.example", "a..example", "ä.example"]
)
def test_names_that_are_none_are_refused(account: Account, refused: Refuses, domain: str) -> None:
    key = new_list(account)
    with refused("ValidationException"):
        update(account, key, "ADD", "good.example", domain)
    assert update(account, key, "ADD", "*good.example", "*.good.example") == ["*good.example.", "*.good.example."]


def test_a_request_takes_a_thousand_domains(account: Account, refused: Refuses) -> None:
    domains = [f"n{number}.example" for number in range(1001)]
    key = new_list(account, *domains[:1000])
    assert len(update(account, key, "ADD", domains[1000])) == 1001
    with refused("ValidationException") as caught:
        update(account, key, "REPLACE", *domains)
    assert "1001 domains; at most 1000" in caught.value.message


def test_what_a_rule_uses_stays(account: Account, vpc: str, refused: Refuses) -> None:
    listed, group = new_list(account), new_group(account)
    new_rule(account, group, listed)
    key = associate(account, group, vpc)
    with refused("ConflictException") as caught:
        call(account, "DeleteFirewallDomainList", FirewallDomainListId=listed)
    assert group in caught.value.message
    with refused("ConflictException") as caught:
        call(account, "DeleteFirewallRuleGroup", FirewallRuleGroupId=group)
    assert "has rules" in caught.value.message
    call(account, "DeleteFirewallRule", FirewallRuleGroupId=group, FirewallDomainListId=listed)
    call(account, "DeleteFirewallDomainList", FirewallDomainListId=listed)
    with refused("ConflictException") as caught:
        call(account, "DeleteFirewallRuleGroup", FirewallRuleGroupId=group)
    assert vpc in caught.value.message
    call(account, "DisassociateFirewallRuleGroup", FirewallRuleGroupAssociationId=key)
    call(account, "DeleteFirewallRuleGroup", FirewallRuleGroupId=group)
    for operation, name in (
        ("GetFirewallDomainList", "FirewallDomainListId"),
        ("GetFirewallRuleGroup", "FirewallRuleGroupId"),
    ):
        with refused("ResourceNotFoundException"):
            call(account, operation, **{name: listed if name == "FirewallDomainListId" else group})


# Rules.


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"Action": "BLOCK"}, "BlockResponse is required"),
        ({"BlockResponse": "NODATA"}, "BlockResponse is not allowed"),
        ({"Action": "BLOCK", "BlockResponse": "OVERRIDE"}, "BlockOverrideDnsType is required"),
        ({"Action": "BLOCK", "BlockResponse": "NODATA", "BlockOverrideTtl": 5}, "BlockOverrideTtl is not allowed"),
        ({"Action": "DENY"}, "enum value set: [ALLOW, BLOCK, ALERT]"),
        ({"Priority": 0}, "not greater than 0"),
        ({"Name": "123"}, "regular expression"),
        ({"Qtype": "A"}, "Qtype is not emulated here"),
    ],
)
def test_wrong_rules_are_refused(account: Account, refused: Refuses, more: dict[str, Any], words: str) -> None:
    listed, group = new_list(account), new_group(account)
    with refused("ValidationException") as caught:
        new_rule(account, group, listed, **more)
    assert words in caught.value.message


def test_list_and_priority_are_there_once_in_a_group(account: Account, refused: Refuses) -> None:
    group, listed, other = new_group(account), new_list(account), new_list(account)
    new_rule(account, group, listed, 10)
    for again, priority in ((listed, 11), (other, 10)):
        with refused("ValidationException"):
            new_rule(account, group, again, priority)
    new_rule(account, group, other, 11)
    with refused("ValidationException"):
        ids = {"FirewallRuleGroupId": group, "FirewallDomainListId": other}
        call(account, "UpdateFirewallRule", **ids, Priority=10)
    new_rule(account, new_group(account), listed, 10)
    with refused("ResourceNotFoundException"):
        new_rule(account, group, "rslvr-fdl-0")


def test_a_hundred_rules_in_a_group(account: Account, refused: Refuses) -> None:
    group = new_group(account)
    for number in range(100):
        new_rule(account, group, new_list(account), number + 1)
    with refused("LimitExceededException"):
        new_rule(account, group, new_list(account), 101)


def test_what_belongs_to_blocking_goes_with_it(account: Account) -> None:
    group, listed = new_group(account), new_list(account)
    override = {"BlockOverrideDnsType": "CNAME", "BlockOverrideDomain": "x.example", "BlockOverrideTtl": 0}
    new_rule(account, group, listed, Action="BLOCK", BlockResponse="OVERRIDE", **override)
    ids = {"FirewallRuleGroupId": group, "FirewallDomainListId": listed}
    after = call(account, "UpdateFirewallRule", **ids, BlockResponse="NXDOMAIN")["FirewallRule"]
    assert after.keys() & override.keys() == set()
    after = call(account, "UpdateFirewallRule", **ids, Action="ALLOW")["FirewallRule"]
    assert "BlockResponse" not in after


# Associations.


def test_priorities_of_associations(account: Account, vpc: str, refused: Refuses) -> None:
    groups = [new_group(account) for _ in range(6)]
    for priority in (100, 9900):
        with refused("ValidationException") as caught:
            associate(account, groups[0], vpc, priority)
        assert "The priority value you provided is reserved" in caught.value.message
    for place, priority in enumerate((101, 9899, 200, 300, 400)):
        associate(account, groups[place], vpc, priority)
    for group, priority in ((groups[0], 500), (groups[5], 200)):
        with refused("ValidationException"):
            associate(account, group, vpc, priority)
    with refused("LimitExceededException"):
        associate(account, groups[5], vpc, 500)
    other = account.call("CreateVpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    associate(account, groups[0], other, 101)
    with refused("ResourceNotFoundException"):
        associate(account, groups[0], "vpc-0", 101)


def test_a_protected_association_stays_as_it_is(account: Account, vpc: str, refused: Refuses) -> None:
    key = associate(account, new_group(account), vpc, MutationProtection="ENABLED")
    named = {"FirewallRuleGroupAssociationId": key}
    with refused("ValidationException") as caught:
        call(account, "DisassociateFirewallRuleGroup", **named)
    assert "under mutation protection" in caught.value.message
    with refused("ValidationException"):
        call(account, "UpdateFirewallRuleGroupAssociation", **named, Priority=102)
    call(account, "UpdateFirewallRuleGroupAssociation", **named, Priority=102, MutationProtection="DISABLED")
    call(account, "DisassociateFirewallRuleGroup", **named)


# The provider.


@pytest.fixture
def engine(place: Path) -> Wire:
    return Wire(AwsProvider(), {"region": "eu-central-1", "defaultTags": '{"tags": {"team": "x"}}'})


def same(answer: Any) -> bool:
    return bool(answer.changes == provider_pb2.DiffResponse.DIFF_NONE)


def rule(group: str = "rslvr-frg-1", listed: str = "rslvr-fdl-1", **more: Any) -> dict[str, Any]:
    found = {
        "firewallRuleGroupId": group,
        "firewallDomainListId": listed,
        "action": "ALLOW",
        "priority": 10,
        "name": "n",
    }
    return {key: value for key, value in {**found, **more}.items() if value is not None}


def association(group: str, vpc: str, **more: Any) -> dict[str, Any]:
    return {"firewallRuleGroupId": group, "vpcId": vpc, "priority": 101, "name": "n", **more}


def test_bad_inputs_name_the_property(engine: Wire) -> None:
    for change, name in (
        ({"action": "DENY"}, "action"),
        ({"firewallDomainRedirectionAction": "TRUST"}, "firewallDomainRedirectionAction"),
        ({"blockResponse": "NO"}, "blockResponse"),
        ({"qType": "A"}, "qType"),
        ({"firewallDomainListId": None}, "firewallDomainListId"),
        ({"priority": "10"}, "priority"),
    ):
        assert list(engine.failures(RULE, rule(**change))) == [name]
    assert engine.failures(RULE, rule(listed=UNKNOWN, action=UNKNOWN)) == {}


def test_what_replaces(engine: Wire) -> None:
    old = rule(name="n")
    for name in ("firewallRuleGroupId", "firewallDomainListId"):
        found = engine.diff(RULE, old, {**old, name: "other"})
        assert (list(found.replaces), found.deleteBeforeReplace) == ([name], True)
    automatic = engine.inputs(RULE, rule(name=None))
    assert not engine.diff(RULE, automatic, {**automatic, "firewallDomainListId": "other"}).deleteBeforeReplace
    for change in ({"action": "ALERT"}, {"priority": 11}, {"name": "m"}):
        found = engine.diff(RULE, old, {**old, **change})
        assert (list(found.replaces), list(found.diffs)) == ([], list(change))
    for token in (LIST, GROUP):
        assert list(engine.diff(token, {"name": "a"}, {"name": "b"}).replaces) == ["name"]
    old = association("g", "vpc-1")
    for name in ("firewallRuleGroupId", "vpcId"):
        assert list(engine.diff(ASSOCIATION, old, {**old, name: "other"}).replaces) == [name]
    assert list(engine.diff(ASSOCIATION, old, {**old, "priority": 102, "name": "m"}).replaces) == []


def test_a_list_is_filled_after_it_is_made(engine: Wire) -> None:
    old = engine.inputs(LIST, {"domains": ["b.example", "*.a.example", "*."]})
    key, state = engine.create(LIST, old)
    assert (key[:10], state["arn"]) == (
        "rslvr-fdl-",
        f"arn:aws:route53resolver:eu-central-1:123456789012:firewall-domain-list/{key}",
    )
    assert (state["domains"], state["tagsAll"]) == (old["domains"], {"team": "x"})
    after = engine.update(LIST, key, old, {**old, "domains": ["c.example"], "tags": {"a": "b"}}, state=state)
    assert (after["domains"], after["tagsAll"]) == (["c.example"], {"team": "x", "a": "b"})
    after = engine.update(LIST, key, old, {"name": old["name"]}, state=after)
    assert (after["domains"], after["tagsAll"]) == ([], {"team": "x"})
    engine.delete(LIST, key, state)
    engine.delete(LIST, key, state)
    assert engine.read(LIST, key).id == ""


def test_a_list_that_is_too_long_is_left_behind_empty(engine: Wire, account: Account) -> None:
    long = {"name": "l", "domains": [f"n{number}.example" for number in range(1001)]}
    with pytest.raises(Refused, match="created but not fully initialised: operation error Route53Resolver"):
        engine.create(LIST, long)
    (found,) = call(account, "ListFirewallDomainLists")["FirewallDomainLists"]
    ((name, detail),) = engine.context.trailing
    assert (name, found["Id"].encode() in detail) == ("grpc-status-details-bin", True)
    assert call(account, "ListFirewallDomains", FirewallDomainListId=found["Id"])["Domains"] == []
    after = engine.update(LIST, found["Id"], long, {**long, "domains": long["domains"][:1000]})
    assert len(after["domains"]) == 1000


def test_another_case_or_a_dot_at_the_end_is_a_difference_for_ever(engine: Wire) -> None:
    program = engine.inputs(LIST, {"domains": ["A.example", "b.example."]})
    key, state = engine.create(LIST, program)
    answer = engine.read(LIST, key, program, state)
    assert unpack(answer.inputs)["domains"] == ["a.example", "b.example"]
    assert list(engine.diff(LIST, unpack(answer.inputs), program, unpack(answer.properties)).diffs) == ["domains"]


def test_a_rule_lives_through_the_provider(engine: Wire) -> None:
    group, _ = engine.create(GROUP, {})
    listed, _ = engine.create(LIST, {"domains": ["a.example"]})
    old = engine.inputs(RULE, rule(group, listed))
    key, state = engine.create(RULE, old)
    assert key == f"{group}:{listed}"
    assert state["firewallDomainRedirectionAction"] == "INSPECT_REDIRECTION_DOMAIN"
    trust = "TRUST_REDIRECTION_DOMAIN"
    news = {**old, "action": "BLOCK", "blockResponse": "NXDOMAIN", "firewallDomainRedirectionAction": trust}
    after = engine.update(RULE, key, old, news, state=state)
    assert (after["action"], after["blockResponse"]) == ("BLOCK", "NXDOMAIN")
    assert after["firewallDomainRedirectionAction"] == trust
    after = engine.update(RULE, key, news, old, state=after)
    assert (after["action"], "blockResponse" in after) == ("ALLOW", False)
    engine.delete(RULE, key, state)
    engine.delete(RULE, key, state)
    assert engine.read(RULE, key).id == ""
    with pytest.raises(Refused, match=r"unexpected format for ID \(rule\), expected"):
        engine.read(RULE, "rule")


def test_an_association_lives_through_the_provider(engine: Wire, vpc: str) -> None:
    group, _ = engine.create(GROUP, {})
    old = engine.inputs(ASSOCIATION, association(group, vpc))
    key, state = engine.create(ASSOCIATION, old)
    assert (key[:15], state["mutationProtection"]) == ("rslvr-frgassoc-", "DISABLED")
    news = {**old, "mutationProtection": "ENABLED", "tags": {"a": "b"}}
    after = engine.update(ASSOCIATION, key, old, news, state=state)
    assert after["tagsAll"] == {"team": "x", "a": "b"}
    with pytest.raises(Refused, match="under mutation protection"):
        engine.delete(ASSOCIATION, key, after)
    after = engine.update(ASSOCIATION, key, news, {**old, "tags": {"a": "c"}, "mutationProtection": "DISABLED"})
    engine.delete(ASSOCIATION, key, after)
    engine.delete(ASSOCIATION, key, after)
    assert engine.read(ASSOCIATION, key).id == ""


def test_a_vpc_fails_closed_until_told_otherwise(engine: Wire, vpc: str, account: Account) -> None:
    def state_now() -> str:
        return call(account, "GetFirewallConfig", ResourceId=vpc)["FirewallConfig"]["FirewallFailOpen"]

    assert state_now() == "DISABLED"
    key, state = engine.create(CONFIG, {"resourceId": vpc, "firewallFailOpen": "ENABLED"})
    assert (key[:5], state_now(), state["ownerId"]) == ("rdsc-", "ENABLED", "123456789012")
    assert unpack(engine.read(CONFIG, key).inputs) == {"resourceId": vpc, "firewallFailOpen": "ENABLED"}
    engine.delete(CONFIG, key, state)
    assert state_now() == "DISABLED"
    with pytest.raises(Refused, match=r"The VPC 'vpc-0' does not exist\."):
        engine.create(CONFIG, {"resourceId": "vpc-0", "firewallFailOpen": "ENABLED"})


def test_importing_gives_inputs_without_a_diff(engine: Wire, vpc: str) -> None:
    group, _ = engine.create(GROUP, {"name": "g"})
    listed, _ = engine.create(LIST, {"name": "l", "domains": ["a.example"]})
    for token, program, key in (
        (GROUP, {"name": "g"}, group),
        (LIST, {"name": "l", "domains": ["a.example"]}, listed),
        (RULE, rule(group, listed), ""),
        (ASSOCIATION, association(group, vpc), ""),
    ):
        answer = engine.read(token, key or engine.create(token, program)[0])
        found = engine.diff(token, unpack(answer.inputs), engine.inputs(token, program), unpack(answer.properties))
        assert same(found), (token, found)


def test_a_refresh_finds_what_was_changed_beside_the_program(engine: Wire, account: Account) -> None:
    program = engine.inputs(LIST, {"domains": ["a.example"]})
    key, state = engine.create(LIST, program)
    client = account.client("route53resolver")
    client.update_firewall_domains(FirewallDomainListId=key, Operation="ADD", Domains=["b.example"])
    client.tag_resource(ResourceArn=state["arn"], Tags=[{"Key": "by", "Value": "hand"}])
    answer = engine.read(LIST, key, program, state)
    assert unpack(answer.inputs)["domains"] == ["a.example", "b.example"]
    found = engine.diff(LIST, unpack(answer.inputs), program, unpack(answer.properties))
    assert sorted(found.diffs) == ["domains", "tags", "tagsAll"]
    after = engine.update(LIST, key, unpack(answer.inputs), program, state=unpack(answer.properties))
    assert (after["domains"], after["tagsAll"]) == (["a.example"], {"team": "x"})


def test_planned_faults_hit_this_service_too(engine: Wire, place: Path, account: Account) -> None:
    plan = '{"throttle": {"CreateFirewallDomainList": 2}, "refuse": {"UpdateFirewallDomains": 1}}'
    (place / "faults.json").write_text(plan, encoding="utf-8")
    with pytest.raises(Refused, match="UpdateFirewallDomains, api error InternalError"):
        engine.create(LIST, {"domains": ["a.example"]})
    assert len(call(account, "ListFirewallDomainLists")["FirewallDomainLists"]) == 1
