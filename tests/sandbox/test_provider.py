"""The provider answers the engine's protocol as the real one does; without an engine, so that corners are cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.account import Account
from sandbox.aws.cloud import AwsCloud
from sandbox.aws.provider import AwsProvider
from sandbox.protocol import UNKNOWN, pack, unpack
from sandbox.provider import Servicer, plugin_pb2, provider_pb2  # noqa: F401 - loads the protocol once
from tests.sandbox.wire import Context, Refused, Wire

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "aws:ec2/securityGroup:SecurityGroup"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"


#: What the fixture `made` gives of a rule: id, inputs, state.
Made = tuple[str, dict[str, Any], dict[str, Any]]


class Engine(Wire):
    """Speaks to the emulated AWS."""

    def __init__(self, **config: Any) -> None:
        super().__init__(AwsProvider(), {"region": "eu-central-1", **config})


@pytest.fixture
def engine(place: Path) -> Engine:
    return Engine()


@pytest.fixture
def made(engine: Engine, group: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A rule: id, inputs, state."""
    wish = rule(group)
    key, state = engine.create(EGRESS, wish)
    return key, engine.inputs(EGRESS, wish), state


def rule(group: str = "sg-0a", **more: Any) -> dict[str, Any]:
    found = {"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"}
    return {key: value for key, value in {**found, **more}.items() if value is not None}


# Inputs.


@pytest.mark.parametrize(
    ("more", "name", "words"),
    [
        ({"cidrIpv6": "::/0"}, "cidrIpv6", "Exactly one of"),
        ({"cidrIpv4": None}, "cidrIpv4", "Exactly one of"),
        ({"cidrIpv4": "10.0.0.1/8"}, "cidrIpv4", 'did you mean "10.0.0.0/8"?'),
        ({"cidrIpv4": "::/0"}, "cidrIpv4", "not a valid IPv4"),
        ({"cidrIpv4": None, "cidrIpv6": "2001:db8::1/32"}, "cidrIpv6", 'did you mean "2001:db8::/32"?'),
        ({"cidrIpv4": None, "prefixListId": "list"}, "prefixListId", '"list" is not an id'),
        ({"securityGroupId": "group"}, "securityGroupId", '"group" is not an id'),
        ({"securityGroupId": None}, "securityGroupId", "Missing required argument"),
        ({"toPort": None}, "toPort", "must both be given"),
        ({"fromPort": 0, "toPort": 70000}, "toPort", "not between 0 and 65535"),
        ({"fromPort": 444}, "toPort", "less than from_port"),
        ({"fromPort": "443"}, "fromPort", "must be a number"),
        ({"ipProtocol": "-1"}, "fromPort", "must not be given"),
        ({"ipProtocol": "pigeon"}, "ipProtocol", "no protocol"),
        ({"description": "ä"}, "description", "at most 255"),
        ({"description": "x" * 256}, "description", "at most 255"),
        ({"colour": "red"}, "colour", "no argument"),
        ({"tags": {"a": 1}}, "tags.a", "must be a string"),
    ],
)
def test_bad_rules_name_the_property_and_the_reason(
    engine: Engine, more: dict[str, Any], name: str, words: str
) -> None:
    found = engine.failures(EGRESS, rule(**more))
    assert words in found[name], found


@pytest.mark.parametrize(
    "more",
    [
        {"cidrIpv4": UNKNOWN},
        {"securityGroupId": UNKNOWN},
        {"cidrIpv4": None, "prefixListId": UNKNOWN},
        {"cidrIpv4": None, "referencedSecurityGroupId": "444455556666/sg-0a"},
        {"ipProtocol": "-1", "fromPort": None, "toPort": None},
        {"ipProtocol": "icmpv6", "fromPort": None, "toPort": None},
        {"ipProtocol": "icmp", "fromPort": -1, "toPort": -1},
        {"ipProtocol": "50", "fromPort": None, "toPort": None},
        {"tags": {"a": UNKNOWN}},
    ],
)
def test_good_rules_and_unknown_values_pass(engine: Engine, more: dict[str, Any]) -> None:
    assert engine.failures(EGRESS, rule(**more)) == {}


@pytest.mark.parametrize(
    ("more", "name", "words"),
    [
        ({"maxEntries": 1}, "entries", "more than max_entries"),
        ({"maxEntries": 1001}, "maxEntries", "between 1 and 1000"),
        ({"addressFamily": "IPv6"}, "entries[0].cidr", "not a valid IPv6"),
        ({"addressFamily": "ipv4"}, "addressFamily", "IPv4 or IPv6"),
        ({"entries": [{"cidr": "10.0.0.0/8"}, {"cidr": "10.0.0.0/8"}]}, "entries[1].cidr", "twice"),
        ({"entries": [{"description": "x"}]}, "entries[0].cidr", "must have a cidr"),
    ],
)
def test_bad_lists_name_the_property_and_the_reason(
    engine: Engine, more: dict[str, Any], name: str, words: str
) -> None:
    wish = {"addressFamily": "IPv4", "maxEntries": 5, "entries": [{"cidr": "10.0.0.0/8"}, {"cidr": "11.0.0.0/8"}]}
    assert words in engine.failures(LIST, {**wish, **more})[name]


def test_bad_groups_and_networks(engine: Engine) -> None:
    assert "sg-" in engine.failures(GROUP, {"name": "sg-x"})["name"]
    assert "Only one of" in engine.failures(GROUP, {"name": "a", "namePrefix": "b"})["namePrefix"]
    assert "description" in engine.failures(GROUP, {"description": "é"})
    inline = [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]
    assert "not emulated" in engine.failures(GROUP, {"egress": inline})["egress"]
    assert "cidr_block must be given" in engine.failures(VPC, {})["cidrBlock"]
    assert "cidrBlock" in engine.failures(SUBNET, {"vpcId": "vpc-1", "cidrBlock": "10.0.0.1/24"})


def test_names_are_made_once(engine: Engine) -> None:
    first = engine.inputs(GROUP, {})
    assert first["name"] == "one-0123456"
    assert engine.inputs(GROUP, {}, {**first, "name": "one-fffffff"})["name"] == "one-fffffff"
    assert "name" not in engine.inputs(GROUP, {"namePrefix": "x-"})
    assert engine.inputs(LIST, {"addressFamily": "IPv4", "maxEntries": 5})["name"] == "one-0123456"


# Changes.


@pytest.mark.parametrize(
    ("token", "old", "news", "replaces"),
    [
        (EGRESS, {}, {"toPort": 444}, []),
        (EGRESS, {}, {"ipProtocol": "udp"}, []),
        (EGRESS, {}, {"description": "new"}, []),
        (EGRESS, {"description": "old"}, {"description": None}, []),
        (EGRESS, {}, {"cidrIpv4": "11.0.0.0/8"}, []),
        (EGRESS, {}, {"cidrIpv4": UNKNOWN}, []),
        (EGRESS, {}, {"tags": {"a": "b"}}, []),
        (EGRESS, {}, {"securityGroupId": "sg-0b"}, ["securityGroupId"]),
        (EGRESS, {}, {"cidrIpv4": None, "cidrIpv6": "::/0"}, ["cidrIpv4", "cidrIpv6"]),
        (EGRESS, {}, {"cidrIpv4": None, "prefixListId": UNKNOWN}, ["cidrIpv4", "prefixListId"]),
    ],
)
def test_what_updates_a_rule_and_what_replaces_it(
    engine: Engine, token: str, old: dict[str, Any], news: dict[str, Any], replaces: list[str]
) -> None:
    found = engine.diff(token, rule(**old), rule(**news), {**rule(**old), "tagsAll": {}})
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert sorted(found.replaces) == replaces
    assert not found.deleteBeforeReplace


@pytest.mark.parametrize(
    ("old", "news"),
    [
        ({}, {}),
        ({}, {"ipProtocol": "6"}),
        (
            {"ipProtocol": "icmpv6", "fromPort": -1, "toPort": -1},
            {"ipProtocol": "icmpv6", "fromPort": None, "toPort": None},
        ),
        ({"cidrIpv4": None, "cidrIpv6": "2001:db8:0::/48"}, {"cidrIpv4": None, "cidrIpv6": "2001:db8::/48"}),
        ({}, {"description": ""}),
        ({"region": "eu-central-1"}, {}),
    ],
)
def test_what_means_the_same_changes_nothing(engine: Engine, old: dict[str, Any], news: dict[str, Any]) -> None:
    assert engine.diff(EGRESS, rule(**old), rule(**news)).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_what_replaces_groups_and_lists(engine: Engine) -> None:
    old = {"name": "a", "description": "d", "vpcId": "vpc-1", "tags": {"a": "b"}}
    for change in ({"name": "b"}, {"description": "e"}, {"vpcId": "vpc-2"}):
        assert list(engine.diff(GROUP, old, {**old, **change}, {**old, "tagsAll": {"a": "b"}}).replaces) == list(change)
    old = {
        "name": "a",
        "addressFamily": "IPv4",
        "maxEntries": 5,
        "entries": [{"cidr": "10.0.0.0/8"}, {"cidr": "9.0.0.0/8"}],
    }
    assert list(engine.diff(LIST, old, {**old, "addressFamily": "IPv6"}).replaces) == ["addressFamily"]
    for change in ({"name": "b"}, {"maxEntries": 6}, {"entries": []}):
        found = engine.diff(LIST, old, {**old, **change})
        assert (list(found.replaces), list(found.diffs)) == ([], list(change))
    other_order = {**old, "entries": list(reversed(old["entries"]))}
    assert engine.diff(LIST, old, other_order).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_ignored_changes_are_ignored(engine: Engine) -> None:
    request = provider_pb2.DiffRequest(
        urn=engine.urn(EGRESS), old_inputs=pack(rule()), news=pack(rule(toPort=444)), ignoreChanges=["toPort"]
    )
    assert engine.servicer.Diff(request, Context()).changes == provider_pb2.DiffResponse.DIFF_NONE


# Life.


def test_a_preview_touches_nothing_and_knows_what_can_be_known(engine: Engine, account: Account) -> None:
    before = account.call("DescribeSecurityGroups")["SecurityGroups"]
    key, state = engine.create(GROUP, {"tags": {"a": "b"}}, preview=True)
    assert key == ""
    assert state["arn"] == state["ownerId"] == state["vpcId"] == UNKNOWN
    assert (state["tagsAll"], state["region"], state["name"]) == ({"a": "b"}, "eu-central-1", "one-0123456")
    assert account.call("DescribeSecurityGroups")["SecurityGroups"] == before


def test_a_group_made_through_the_provider_lets_nothing_out(engine: Engine, vpc: str, account: Account) -> None:
    key, state = engine.create(GROUP, {"vpcId": vpc})
    (group,) = account.call("DescribeSecurityGroups", GroupIds=[key])["SecurityGroups"]
    assert group["IpPermissionsEgress"] == []
    assert state["arn"] == f"arn:aws:ec2:eu-central-1:123456789012:security-group/{key}"
    engine.delete(GROUP, key, state)
    engine.delete(GROUP, key, state)
    assert engine.read(GROUP, key).id == ""


def test_a_group_named_by_prefix(engine: Engine, vpc: str, account: Account) -> None:
    _key, state = engine.create(GROUP, {"vpcId": vpc, "namePrefix": "web-"})
    assert state["name"].startswith("web-")
    assert len(state["name"]) > 10


def test_a_rule_changes_in_place(engine: Engine, made: Made, account: Account) -> None:
    key, old, state = made
    news = {**old, "toPort": 444, "description": "new", "tags": {"a": "b"}}
    after = engine.update(EGRESS, key, old, news, state=state)
    assert (after["toPort"], after["description"], after["tagsAll"]) == (444, "new", {"a": "b"})
    assert after["securityGroupRuleId"] == key
    shown = engine.update(EGRESS, key, news, old, state=after, preview=True)
    assert (shown["toPort"], shown["arn"], "description" in shown) == (443, state["arn"], False)
    engine.delete(EGRESS, key, state)
    engine.delete(EGRESS, key, state)


def test_an_import_knows_only_the_id(engine: Engine, made: Made) -> None:
    key, inputs, state = made
    answer = engine.read(EGRESS, key)
    assert unpack(answer.inputs) == inputs
    assert unpack(answer.properties) == state
    assert engine.read("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", key).id == ""


def test_importing_a_group_a_list_and_networks_gives_inputs_without_a_diff(engine: Engine, vpc: str) -> None:
    wishes = [
        (GROUP, {"vpcId": vpc, "description": "x", "tags": {"a": "b"}, "name": "n"}),
        (LIST, {"addressFamily": "IPv6", "maxEntries": 3, "entries": [{"cidr": "2001:db8::/32"}], "name": "n"}),
        (VPC, {"cidrBlock": "10.3.0.0/16", "assignGeneratedIpv6CidrBlock": True, "enableDnsHostnames": True}),
        (SUBNET, {"vpcId": vpc, "cidrBlock": "10.0.1.0/24", "mapPublicIpOnLaunch": True}),
    ]
    for token, wish in wishes:
        key, state = engine.create(token, wish)
        answer = engine.read(token, key)
        program = engine.inputs(token, wish)
        found = engine.diff(token, unpack(answer.inputs), program, unpack(answer.properties))
        assert found.changes == provider_pb2.DiffResponse.DIFF_NONE, (token, found)
        for name in wish:
            assert unpack(answer.inputs)[name] == wish[name]
        engine.delete(token, key, state)


def test_a_refresh_finds_what_was_changed_beside_the_program(engine: Engine, made: Made, account: Account) -> None:
    key, inputs, state = made
    wish = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 8443, "CidrIpv4": "10.0.0.0/8", "Description": "by hand"}
    item = {"SecurityGroupRuleId": key, "SecurityGroupRule": wish}
    account.call("ModifySecurityGroupRules", GroupId=inputs["securityGroupId"], SecurityGroupRules=[item])
    answer = engine.read(EGRESS, key, inputs, state)
    assert unpack(answer.inputs) == {**inputs, "toPort": 8443, "description": "by hand"}
    found = engine.diff(EGRESS, unpack(answer.inputs), inputs, unpack(answer.properties))
    assert sorted(found.diffs) == ["description", "toPort"]


def test_a_refresh_keeps_the_form_the_program_uses(engine: Engine, group: str) -> None:
    wish = rule(group, ipProtocol="6", cidrIpv4=None, cidrIpv6="2001:db8:0::/48")
    key, state = engine.create(EGRESS, wish)
    assert state["ipProtocol"] == "6"
    assert unpack(engine.read(EGRESS, key, wish, state).inputs) == wish


def test_a_list_grows_in_two_requests_and_shrinks_in_two(engine: Engine, account: Account) -> None:
    old = engine.inputs(LIST, {"addressFamily": "IPv4", "maxEntries": 1, "entries": [{"cidr": "10.0.0.0/24"}]})
    key, state = engine.create(LIST, old)
    assert state["version"] == 1
    news = {**old, "maxEntries": 2, "entries": [{"cidr": "10.0.0.0/24", "description": "x"}, {"cidr": "10.0.1.0/24"}]}
    shown = engine.update(LIST, key, old, news, state=state, preview=True)
    assert shown["version"] == UNKNOWN
    after = engine.update(LIST, key, old, news, state=state)
    assert (after["maxEntries"], after["version"]) == (2, 3)  # the new text is a removal and an addition
    after = engine.update(LIST, key, news, {**old, "name": "other"}, state=after)
    assert (after["maxEntries"], after["name"], len(after["entries"])) == (1, "other", 1)


def test_exclusive_takes_other_rules_away(engine: Engine, made: Made, account: Account) -> None:
    key, inputs, _ = made
    group = inputs["securityGroupId"]
    stray, _ = engine.create(EGRESS, rule(group, cidrIpv4="11.0.0.0/8"))
    wish = {"securityGroupId": group, "ingressRuleIds": [], "egressRuleIds": [key]}
    assert engine.create(EXCLUSIVE, wish)[0] == group
    assert engine.read(EGRESS, stray).id == ""
    stray, _ = engine.create(EGRESS, rule(group, cidrIpv4="11.0.0.0/8"))
    answer = engine.read(EXCLUSIVE, group, wish)
    assert sorted(unpack(answer.inputs)["egressRuleIds"]) == sorted([key, stray])
    engine.update(EXCLUSIVE, group, unpack(answer.inputs), wish)
    assert unpack(engine.read(EXCLUSIVE, group).inputs) == wish
    with pytest.raises(Refused, match="does not exist"):
        engine.update(EXCLUSIVE, group, wish, {**wish, "egressRuleIds": [stray]})


def test_default_tags(place: Path, vpc: str) -> None:
    engine = Engine(defaultTags='{"tags": {"team": "x", "env": "test"}}')
    key, state = engine.create(GROUP, {"vpcId": vpc, "tags": {"env": "prod"}})
    assert (state["tags"], state["tagsAll"]) == ({"env": "prod"}, {"team": "x", "env": "prod"})
    inputs = unpack(engine.read(GROUP, key).inputs)
    assert inputs["tags"] == {"env": "prod"}
    other = Engine(defaultTags='{"tags": {"team": "y"}}')
    assert list(other.diff(GROUP, inputs, inputs, state).diffs) == ["tagsAll"]
    after = other.update(GROUP, key, inputs, inputs, state=state)
    assert after["tagsAll"] == {"team": "y", "env": "prod"}
    same = other.diff(GROUP, inputs, inputs, after)
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_tag_that_repeats_a_default_is_no_drift(place: Path, vpc: str) -> None:
    engine = Engine(defaultTags='{"tags": {"team": "x"}}')
    wish = engine.inputs(GROUP, {"vpcId": vpc, "tags": {"team": "x"}})
    key, state = engine.create(GROUP, wish)
    assert unpack(engine.read(GROUP, key, wish, state).inputs)["tags"] == {"team": "x"}


def test_a_resource_in_another_region(engine: Engine, place: Path) -> None:
    key, state = engine.create(VPC, {"cidrBlock": "10.0.0.0/16", "region": "us-east-1"})
    assert (state["region"], ":us-east-1:" in state["arn"]) == ("us-east-1", True)
    assert engine.read(VPC, key).id == ""
    assert engine.read(VPC, key, {"region": "us-east-1"}).id == key
    engine.delete(VPC, key, state)
    found = Account(place, region="us-east-1").call("DescribeVpcs", Filters=[{"Name": "vpc-id", "Values": [key]}])
    assert found["Vpcs"] == []


# Configuration.


def test_bad_configuration(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    check = Servicer(AwsProvider()).CheckConfig
    for config, words in (({}, "Missing region"), ({"region": "Frankfurt"}, "no AWS region")):
        (failure,) = check(provider_pb2.CheckRequest(news=pack(config)), Context()).failures
        assert words in failure.reason
    assert not check(provider_pb2.CheckRequest(news=pack({"region": UNKNOWN})), Context()).failures


def test_an_assumed_role_is_another_account(place: Path) -> None:
    role = '[{"roleArn": "arn:aws:iam::111122223333:role/deployer"}]'
    engine = Engine(assumeRoles=role)
    assert engine.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "111122223333"
    assert ":111122223333:" in engine.create(VPC, {"cidrBlock": "10.0.0.0/16"})[1]["arn"]
    with pytest.raises(Refused, match="AWS account ID not allowed: 111122223333"):
        Engine(assumeRoles=role, allowedAccountIds='["123456789012"]')
    with pytest.raises(Refused, match="is invalid"):
        Engine(assumeRoles='[{"roleArn": "deployer"}]')


def test_another_region_replaces_and_other_tags_do_not(engine: Engine) -> None:
    def diff(old: dict[str, Any], news: dict[str, Any]) -> Any:
        request = provider_pb2.DiffRequest(old_inputs=pack(old), news=pack(news))
        return engine.servicer.DiffConfig(request, Context())

    assert list(diff({"region": "a"}, {"region": "b"}).replaces) == ["region"]
    assert diff({"region": "a"}, {"region": "a"}).changes == provider_pb2.DiffResponse.DIFF_NONE
    tags = diff({"region": "a"}, {"region": "a", "defaultTags": "{}"})
    assert (tags.changes, list(tags.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, [])


# Getters.


def test_getters(engine: Engine, made: Made, vpc: str) -> None:
    key, inputs, _ = made
    group = inputs["securityGroupId"]
    found = engine.invoke("aws:ec2/getSecurityGroup:getSecurityGroup", name="one", vpcId=vpc)
    assert (found["id"], found["vpcId"]) == (group, vpc)
    assert engine.invoke("aws:ec2/getSecurityGroups:getSecurityGroups", filters=[{"name": "vpc-id", "values": [vpc]}])[
        "ids"
    ]
    rules = engine.invoke(
        "aws:vpc/getSecurityGroupRules:getSecurityGroupRules", filters=[{"name": "group-id", "values": [group]}]
    )
    assert rules["ids"] == [key]
    one = engine.invoke("aws:vpc/getSecurityGroupRule:getSecurityGroupRule", securityGroupRuleId=key)
    assert (one["isEgress"], one["cidrIpv4"], one["fromPort"]) == (True, "10.0.0.0/8", 443)
    assert engine.invoke("aws:ec2/getVpc:getVpc", id=vpc)["cidrBlock"] == "10.0.0.0/16"
    assert engine.invoke("aws:ec2/getVpc:getVpc", default=True)["default"] is True
    subnet, _ = engine.create(SUBNET, {"vpcId": vpc, "cidrBlock": "10.0.1.0/24"})
    assert engine.invoke("aws:ec2/getSubnet:getSubnet", vpcId=vpc)["id"] == subnet
    wish = {"addressFamily": "IPv4", "maxEntries": 3, "entries": [{"cidr": "10.0.0.0/24"}], "name": "n"}
    number, _ = engine.create(LIST, wish)
    found = engine.invoke("aws:ec2/getManagedPrefixList:getManagedPrefixList", name="n")
    assert (found["id"], found["maxEntries"], found["entries"][0]["cidr"]) == (number, 3, "10.0.0.0/24")
    assert engine.invoke("aws:index/getRegion:getRegion")["name"] == "eu-central-1"
    assert engine.invoke("aws:index/getPartition:getPartition")["partition"] == "aws"
    assert "eu-central-1a" in engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones")["names"]


def test_a_getter_that_finds_none_or_many_says_so(engine: Engine, vpc: str, group: str) -> None:
    with pytest.raises(Refused, match="no matching EC2 Security Group found"):
        engine.invoke("aws:ec2/getSecurityGroup:getSecurityGroup", name="nobody")
    with pytest.raises(Refused, match="multiple EC2 Security Groups matched"):
        engine.invoke("aws:ec2/getSecurityGroup:getSecurityGroup", vpcId=vpc)
    with pytest.raises(Refused, match="is not emulated here"):
        engine.invoke("aws:ec2/getAmi:getAmi")
    assert engine.invoke("aws:ec2/getVpc:getVpc", id=UNKNOWN) == {}


# Errors.


def test_errors_are_one_sentence_in_the_words_of_the_real_provider(engine: Engine, made: Made) -> None:
    _, inputs, _ = made
    with pytest.raises(Refused) as caught:
        engine.create(EGRESS, inputs)
    assert str(caught.value).startswith(
        "creating VPC Security Group Rule (one): operation error EC2: AuthorizeSecurityGroupEgress, "
        "api error InvalidPermission.Duplicate: the specified rule"
    )
    assert "\n" not in str(caught.value)


def test_a_type_that_is_not_emulated_says_so(engine: Engine) -> None:
    with pytest.raises(Refused, match="The resource type aws:s3/bucket:Bucket is not emulated here"):
        engine.check("aws:s3/bucket:Bucket", {})


def test_a_defect_of_the_sandbox_shows_no_traceback(
    engine: Engine, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AwsCloud, "call", lambda *_, **__: 1 / 0)
    with pytest.raises(Refused, match="the sandbox itself failed") as caught:
        engine.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    assert "Traceback" not in str(caught.value)
    assert "ZeroDivisionError" in (place / "errors.log").read_text(encoding="utf-8")


def test_a_partly_created_resource_comes_with_its_id(engine: Engine, place: Path, vpc: str) -> None:
    (place / "faults.json").write_text('{"partial": {"%s": 1}}' % GROUP, encoding="utf-8")  # noqa: UP031
    with pytest.raises(Refused, match="not fully initialised"):
        engine.create(GROUP, {"vpcId": vpc})
    ((name, detail),) = engine.context.trailing
    assert name == "grpc-status-details-bin"
    assert b"sg-" in detail
