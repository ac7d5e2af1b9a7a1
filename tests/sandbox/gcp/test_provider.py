"""The provider answers the engine's protocol as the real one does; without an engine, so that corners are cheap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.gcp.provider import GcpProvider
from sandbox.protocol import UNKNOWN, unpack
from sandbox.provider import provider_pb2
from tests.sandbox.wire import Refused

from .conftest import POLICIES, PROJECT, Engine, Gcp, match, rule

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = "gcp:compute/network:Network"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
POLICY = "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy"
RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
ASSOCIATION = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
FIREWALL = "gcp:compute/firewall:Firewall"
GROUP = "gcp:networksecurity/addressGroup:AddressGroup"
KEY, VALUE = "gcp:tags/tagKey:TagKey", "gcp:tags/tagValue:TagValue"
BINDING, LOCATION_BINDING = "gcp:tags/tagBinding:TagBinding", "gcp:tags/locationTagBinding:LocationTagBinding"
INSTANCE = "gcp:compute/instance:Instance"


def wish(**more: Any) -> dict[str, Any]:
    return rule(**{"firewallPolicy": "pol", **more})


def fw(**more: Any) -> dict[str, Any]:
    found = {"network": "main", "allows": [{"protocol": "tcp"}], "sourceRanges": ["10.0.0.0/8"], **more}
    return {key: value for key, value in found.items() if value is not None}


MAIN = f"projects/{PROJECT}/global/networks/main"
ORDER = "networkFirewallPolicyEnforcementOrder"
BOUND = {"name": "a", "attachmentTarget": "n", "firewallPolicy": "p"}
RANGES = ["1.0.0.0/8", "2.0.0.0/8"]
TAG = {"name": "tagValues/1"}
GROUP_WISH = {"parent": f"projects/{PROJECT}", "location": "global", "type": "IPV4", "capacity": 5}


class TestBadInputFailsBeforeTheCloudIsAsked:
    """What the real provider checks fails the preview; what only the cloud knows fails the update."""

    @pytest.mark.parametrize(
        ("token", "news", "name", "words"),
        [
            (RULE, wish(direction="OUT"), "direction", "one of INGRESS, EGRESS"),
            (RULE, wish(match={}), "match.layer4Configs", "Missing required"),
            (RULE, wish(match=match(colour="red")), "match.colour", "no argument"),
            (RULE, wish(match=match(layer4Configs=[{"ports": ["1"]}])), "match.layer4Configs[0].ipProtocol", "Missing"),
            (RULE, wish(match=match(destNetworkScope="INTERNET")), "match.destNetworkScope", "use destNetworkContext"),
            (RULE, wish(priority=None), "priority", "Missing required"),
            (RULE, wish(priority="1"), "priority", "must be a number"),
            (RULE, wish(name="x"), "name", "no argument"),
            (RULE, wish(targetForwardingRules=["x"]), "targetForwardingRules", "not emulated here"),
            (RULE, wish(deletionPolicy="KEEP"), "deletionPolicy", "one of DELETE, PREVENT, ABANDON"),
            (POLICY, {"name": "Pol"}, "name", "does not match"),
            (
                NETWORK,
                {"networkFirewallPolicyEnforcementOrder": "FIRST"},
                "networkFirewallPolicyEnforcementOrder",
                "must",
            ),
            (ASSOCIATION, {"firewallPolicy": "p"}, "attachmentTarget", "Missing required"),
            (FIREWALL, fw(denies=[{"protocol": "all"}]), "allows", "Exactly one of"),
            (FIREWALL, fw(allows=[{"ports": ["1"]}]), "allows[0].protocol", "Missing required"),
            (FIREWALL, fw(sourceRanges=None), "sourceRanges", "must be defined"),
            (FIREWALL, fw(priority=65536), "priority", "(0 - 65535)"),
            (FIREWALL, fw(targetTags=["a"], targetServiceAccounts=["a@b"]), "targetServiceAccounts", "conflicts with"),
            (FIREWALL, fw(logConfig={"metadata": "ALL"}), "logConfig.metadata", "expected metadata"),
            (GROUP, {**GROUP_WISH, "type": "IPV5"}, "type", "one of IPV4, IPV6"),
            (KEY, {"parent": "projects/x", "shortName": "a", "purpose": "X"}, "purpose", "expected purpose"),
            (VALUE, {"parent": "tagKeys/1", "shortName": ""}, "shortName", "expected length"),
        ],
    )
    def test_refused(self, engine: Engine, token: str, news: dict[str, Any], name: str, words: str) -> None:
        found = engine.failures(token, news)
        assert words in found[name], found

    @pytest.mark.parametrize(
        ("token", "news"),
        [
            (RULE, wish(match=UNKNOWN)),
            (RULE, wish(match=match(destAddressGroups=[UNKNOWN]), targetSecureTags=[{"name": UNKNOWN}])),
            (RULE, wish(priority=UNKNOWN, direction=UNKNOWN)),
            (FIREWALL, fw(direction="EGRESS", sourceRanges=None, network=UNKNOWN)),
            (GROUP, {**GROUP_WISH, "items": UNKNOWN}),
            (VALUE, {"parent": UNKNOWN, "shortName": UNKNOWN}),
            (BINDING, {"parent": UNKNOWN, "tagValue": UNKNOWN}),
        ],
    )
    def test_unknown_values_pass(self, engine: Engine, token: str, news: dict[str, Any]) -> None:
        assert engine.failures(token, news) == {}

    def test_a_missing_project_says_what_to_type(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"):
            monkeypatch.delenv(variable, raising=False)
        (failure,) = GcpProvider().check_config({})
        assert "pulumi config set gcp:project" in failure.reason
        assert "no project id" in GcpProvider().check_config({"project": "X"})[0].reason
        assert GcpProvider().check_config({"project": UNKNOWN}) == []


def test_names_are_made_once_and_project_comes_from_the_provider(engine: Engine) -> None:
    first = engine.inputs(POLICY, {})
    assert (first["name"], first["project"]) == ("one-0123456", PROJECT)
    assert engine.inputs(POLICY, {}, {**first, "name": "one-fffffff"})["name"] == "one-fffffff"
    assert engine.inputs(SUBNET, {"network": "n", "ipCidrRange": "10.0.0.0/24"})["region"] == "europe-west3"


class TestWhatReplaces:
    """A replacement that nobody expects takes traffic away."""

    @pytest.mark.parametrize(
        ("token", "old", "change", "replaces"),
        [
            (RULE, wish(), {"priority": 1}, ["priority"]),
            (RULE, wish(), {"firewallPolicy": "other"}, ["firewallPolicy"]),
            (RULE, wish(), {"project": "other-1234"}, ["project"]),
            (RULE, wish(), {"direction": "INGRESS"}, []),
            (RULE, wish(), {"action": "deny"}, []),
            (RULE, wish(), {"ruleName": "x"}, []),
            (RULE, wish(), {"match": match(destIpRanges=["11.0.0.0/8"])}, []),
            (RULE, wish(match=match(destIpRanges=RANGES)), {"match": match(destIpRanges=RANGES[::-1])}, []),
            (POLICY, {"name": "a"}, {"name": "b"}, ["name"]),
            (POLICY, {"name": "a"}, {"policyType": "ULL_POLICY"}, ["policyType"]),
            (POLICY, {"name": "a"}, {"description": "x"}, []),
            (ASSOCIATION, BOUND, {"firewallPolicy": "q"}, ["firewallPolicy"]),
            (ASSOCIATION, BOUND, {"attachmentTarget": "m"}, ["attachmentTarget"]),
            (GROUP, GROUP_WISH, {"capacity": 6}, ["capacity"]),
            (GROUP, GROUP_WISH, {"parent": "organizations/1"}, ["parent"]),
            (GROUP, {**GROUP_WISH, "name": "a"}, {"name": "b"}, []),
            (GROUP, GROUP_WISH, {"type": "IPV6"}, []),
            (GROUP, GROUP_WISH, {"items": ["10.0.0.0/8"]}, []),
            (FIREWALL, fw(name="a"), {"name": "b"}, ["name"]),
            (FIREWALL, fw(), {"direction": "EGRESS"}, ["direction"]),
            (FIREWALL, fw(), {"network": "other"}, []),
            (FIREWALL, fw(), {"priority": 1}, []),
            (KEY, {"parent": "projects/x", "shortName": "a"}, {"shortName": "b"}, ["shortName"]),
            (KEY, {"parent": "projects/x", "shortName": "a"}, {"description": "b"}, []),
        ],
    )
    def test_changes(
        self, engine: Engine, token: str, old: dict[str, Any], change: dict[str, Any], replaces: list[str]
    ) -> None:
        found = engine.diff(token, old, {**old, **change})
        assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert list(found.replaces) == replaces

    @pytest.mark.parametrize(
        ("token", "old", "news"),
        [
            (RULE, wish(), wish(firewallPolicy=f"projects/{PROJECT}/global/firewallPolicies/pol")),
            (RULE, wish(), wish(match=match(destFqdns=[]))),
            (RULE, wish(), wish(description="", disabled=False)),
            (RULE, wish(targetSecureTags=[{**TAG, "state": "EFFECTIVE"}]), wish(targetSecureTags=[TAG])),
            (FIREWALL, fw(sourceRanges=RANGES), fw(sourceRanges=RANGES[::-1])),
            (FIREWALL, fw(), fw(allows=[{"protocol": "TCP", "ports": []}])),
            (FIREWALL, fw(), fw(network=f"https://www.googleapis.com/compute/v1/{MAIN}")),
        ],
    )
    def test_what_means_the_same(self, engine: Engine, token: str, old: dict[str, Any], news: dict[str, Any]) -> None:
        assert engine.diff(token, old, news).changes == provider_pb2.DiffResponse.DIFF_NONE

    def test_a_name_of_the_programs_own_is_deleted_first(self, engine: Engine) -> None:
        wanted = {"attachmentTarget": "n", "firewallPolicy": "p"}
        automatic = engine.inputs(ASSOCIATION, wanted)
        found = engine.diff(ASSOCIATION, automatic, {**automatic, "firewallPolicy": "q"})
        assert not found.deleteBeforeReplace
        named = engine.inputs(ASSOCIATION, {**wanted, "name": "a"})
        assert engine.diff(ASSOCIATION, named, {**named, "firewallPolicy": "q"}).deleteBeforeReplace
        assert not engine.diff(ASSOCIATION, named, {**named, "name": "b"}).deleteBeforeReplace


def test_a_preview_touches_nothing(engine: Engine, gcp: Gcp) -> None:
    key, state = engine.create(RULE, wish(match=match(destAddressGroups=[UNKNOWN])), preview=True)
    assert key == ""
    assert state["ruleTupleCount"] == UNKNOWN
    assert state["priority"] == 1000
    assert not gcp.store.path.exists()


class TestLabels:
    """A default label must reach the cloud and must not show as a change each time."""

    @pytest.mark.usefixtures("place")
    def test_default_labels(self) -> None:
        engine = Engine(defaultLabels=json.dumps({"team": "net"}))
        key, state = engine.create(GROUP, {**GROUP_WISH, "labels": {"env": "test"}})
        expected = {"team": "net", "env": "test", "goog-pulumi-provisioned": "true"}
        assert (state["labels"], state["pulumiLabels"]) == ({"env": "test"}, expected)
        inputs = engine.inputs(GROUP, {**GROUP_WISH, "labels": {"env": "test"}}, state)
        assert engine.diff(GROUP, inputs, inputs, state).changes == provider_pb2.DiffResponse.DIFF_NONE
        other = Engine(defaultLabels=json.dumps({"team": "sec"}))
        assert list(other.diff(GROUP, inputs, inputs, state).diffs) == ["pulumiLabels"]
        after = other.update(GROUP, key, inputs, inputs, state)
        assert after["effectiveLabels"] == {**expected, "team": "sec"}

    def test_what_others_have_set_stays(self, engine: Engine, gcp: Gcp) -> None:
        key, _ = engine.create(GROUP, {**GROUP_WISH, "labels": {"env": "test"}})
        labels = {"env": "test", "owner": "someone"}
        method = "networksecurity.projects.locations.addressGroups.patch"
        gcp.call(method, {"labels": labels}, name=key, updateMask="labels")
        inputs = engine.inputs(GROUP, {**GROUP_WISH, "name": key.rsplit("/", 1)[-1], "labels": {"env": "test"}})
        state = unpack(engine.read(GROUP, key, inputs, {"labels": {"env": "test"}}).properties)
        assert state["labels"] == {"env": "test"}
        after = engine.update(GROUP, key, inputs, {**inputs, "labels": {"env": "prod"}}, state)
        assert after["effectiveLabels"] == {"env": "prod", "owner": "someone"}

    @pytest.mark.usefixtures("place")
    def test_no_mark_when_it_is_switched_off(self) -> None:
        engine = Engine(addPulumiAttributionLabel="false")
        assert engine.create(GROUP, GROUP_WISH)[1]["effectiveLabels"] == {}


class TestTheDeletionPolicy:
    """It is there to keep what a program has let go."""

    def test_prevent_and_abandon(self, engine: Engine, gcp: Gcp) -> None:
        key, state = engine.create(POLICY, {"deletionPolicy": "PREVENT"})
        with pytest.raises(Refused, match=r"its deletion policy is PREVENT; set it to DELETE first"):
            engine.delete(POLICY, key, state)
        engine.delete(POLICY, key, {**state, "deletionPolicy": "ABANDON"})
        assert gcp.call(f"{POLICIES}.get", firewallPolicy=state["name"])
        engine.delete(POLICY, key, {**state, "deletionPolicy": "DELETE"})
        engine.delete(POLICY, key, state | {"deletionPolicy": "DELETE"})
        assert engine.read(POLICY, key).id == ""


class TestWhatTheCloudSaysOfWhatIsGone:
    """A rule or association that was removed by hand is error 400, on which the real provider fails too."""

    def test_rule_and_association(self, engine: Engine, gcp: Gcp) -> None:
        gcp.policy()
        gcp.associate(gcp.network())
        for token, end in ((RULE, "rules/7"), (ASSOCIATION, "associations/gone")):
            with pytest.raises(Refused, match=r"googleapi: Error 400: Invalid value for field"):
                engine.read(token, f"projects/{PROJECT}/global/firewallPolicies/pol/{end}")
            assert engine.read(token, f"projects/{PROJECT}/global/firewallPolicies/gone/{end}").id == ""

    def test_an_id_of_another_form(self, engine: Engine) -> None:
        with pytest.raises(Refused, match=r"does not have the form projects/.project./global/firewallPolicies"):
            engine.read(RULE, "pol/7")


def test_an_import_says_what_is_not_a_default(engine: Engine, gcp: Gcp) -> None:
    """False and 0 are values where the default is another; a program that says them must show no change."""
    gcp.network()
    body = {"name": "fw", "network": MAIN, "allowed": [{"IPProtocol": "tcp"}], "priority": 0}
    gcp.call("compute.firewalls.insert", body)
    network = unpack(engine.read(NETWORK, MAIN).inputs)
    assert network["autoCreateSubnetworks"] is False
    firewall = unpack(engine.read(FIREWALL, f"projects/{PROJECT}/global/firewalls/fw").inputs)
    assert firewall["priority"] == 0
    assert firewall["sourceRanges"] == ["0.0.0.0/0"]
    assert firewall["network"].endswith(MAIN)
    assert firewall["deletionPolicy"] == "DELETE"
    assert not {"disabled", "logConfig", "description"} & firewall.keys()


def test_a_group_is_not_renamed_in_place(engine: Engine) -> None:
    key, state = engine.create(GROUP, {**GROUP_WISH, "name": "blocks"})
    inputs = engine.inputs(GROUP, {**GROUP_WISH, "name": "blocks"})
    for change, words in (({"name": "other"}, "was not found"), ({"type": "IPV6"}, "immutable")):
        with pytest.raises(Refused, match=words):
            engine.update(GROUP, key, inputs, {**inputs, **change}, state)


def test_machine_with_tags(engine: Engine, gcp: Gcp) -> None:
    gcp.network()
    engine.create(SUBNET, {"name": "sub", "network": "main", "ipCidrRange": "10.0.0.0/24"})
    tag = gcp.tag()
    disk = {"initializeParams": {"image": "debian-cloud/debian-12"}}
    wanted = {
        "name": "vm",
        "bootDisk": disk,
        "machineType": "e2-small",
        "networkInterfaces": [{"subnetwork": "sub"}],
        "serviceAccount": {"email": "a@b", "scopes": ["cloud-platform"]},
        "tags": ["agent"],
    }
    key, state = engine.create(INSTANCE, wanted)
    assert state["networkInterfaces"][0]["networkIp"] == "10.0.0.2"
    inputs = engine.inputs(INSTANCE, wanted)
    after = engine.update(INSTANCE, key, inputs, {**inputs, "tags": ["relay"]}, state)
    assert after["tags"] == ["relay"]
    parent = f"//compute.googleapis.com/projects/1/zones/europe-west3-a/instances/{state['instanceId']}"
    bound, binding = engine.create(LOCATION_BINDING, {"parent": parent, "tagValue": tag, "location": "europe-west3-a"})
    assert bound == f"europe-west3-a/tagBindings/{binding['name']}"
    assert unpack(engine.read(LOCATION_BINDING, bound).inputs)["parent"] == parent
    engine.delete(LOCATION_BINDING, bound, binding)
    engine.delete(INSTANCE, key, state)


def test_getters(engine: Engine, gcp: Gcp) -> None:
    gcp.network()
    gcp.group()
    engine.create(SUBNET, {"name": "sub", "network": "main", "ipCidrRange": "10.0.0.0/24"})
    network = engine.invoke("gcp:compute/getNetwork:getNetwork", name="main")
    assert network["id"] == f"projects/{PROJECT}/global/networks/main"
    (link,) = network["subnetworksSelfLinks"]
    subnet = engine.invoke("gcp:compute/getSubnetwork:getSubnetwork", selfLink=link)
    assert (subnet["ipCidrRange"], subnet["region"]) == ("10.0.0.0/24", "europe-west3")
    found = engine.invoke("gcp:networksecurity/getAddressGroups:getAddressGroups", location="global")
    assert found["addressGroups"] == [{"capacity": 3, "items": ["10.0.0.0/8"], "location": "global", "name": "blocks"}]
    assert engine.invoke("gcp:organizations/getProject:getProject")["projectId"] == PROJECT
    assert engine.invoke("gcp:organizations/getClientConfig:getClientConfig")["region"] == "europe-west3"
    with pytest.raises(Refused, match=r"was not found"):
        engine.invoke("gcp:compute/getNetwork:getNetwork", name="gone")
    with pytest.raises(Refused, match=r"not emulated here"):
        engine.invoke("gcp:compute/getImage:getImage")


def test_throttling_is_waited_out_up_to_a_point(engine: Engine, place: Path) -> None:
    plan = place / "faults.json"
    plan.write_text(json.dumps({"throttle": {"compute.networks.insert": 3}}), encoding="utf-8")
    engine.create(NETWORK, {"name": "one"})
    plan.write_text(json.dumps({"throttle": {"compute.networks.insert": 100}}), encoding="utf-8")
    with pytest.raises(Refused, match=r"googleapi: Error 429: .*, rateLimitExceeded"):
        engine.create(NETWORK, {"name": "two"})
    plan.write_text(json.dumps({"refuse": {"*": 1}}), encoding="utf-8")
    with pytest.raises(Refused, match=r"googleapi: Error 500: Internal error.*, internalError"):
        engine.create(NETWORK, {"name": "two"})
