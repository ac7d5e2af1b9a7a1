"""Firewall policies of the emulated Compute Engine keep the rules Google documents."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.gcp.errors import GcpError

from .conftest import GROUPS, POLICIES, TAGS, Gcp, match, rule


def ingress(**more: Any) -> dict[str, Any]:
    return {"direction": "INGRESS", "match": match(destIpRanges=None, **more)}


class TestARuleIsCheckedBeforeItIsThere:
    """Otherwise a program passes here and fails in a real project."""

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"action": None}, "'resource.action' not specified"),
            ({"direction": None}, "'resource.direction' not specified"),
            ({"match": None}, "'resource.match' not specified"),
            ({"action": "permit"}, "'resource.action': 'permit'"),
            ({"direction": "OUT"}, "'resource.direction': 'OUT'"),
            ({"priority": 2147483548}, "Must be between 0 and 2147483547"),
            ({"priority": -1}, "Must be between 0 and"),
            ({"priority": "1000"}, r"Invalid value at 'resource.priority' \(TYPE_INT32\)"),
            ({"priority": 2**31}, "TYPE_INT32"),
            ({"colour": "red"}, "Unknown name \"colour\" at 'resource': Cannot find field"),
            ({"match": match(dest="x")}, "Unknown name \"dest\" at 'resource.match'"),
            ({"ruleTupleCount": 3}, "output only"),
            ({"match": {"destIpRanges": ["10.0.0.0/8"]}}, "layer4Configs' not specified"),
            ({"match": match(layer4Configs=[{"ipProtocol": "pigeon"}])}, r"Must be one of \[\"ah\", \"all\""),
            ({"match": match(layer4Configs=[{"ipProtocol": "256"}])}, "or an IP protocol number"),
            ({"match": match(layer4Configs=[{"ipProtocol": "all", "ports": ["1"]}])}, "Ports may only be specified"),
            ({"match": match(layer4Configs=[{"ipProtocol": "icmp", "ports": ["1"]}])}, "Ports may only be specified"),
            ({"match": match(layer4Configs=[{"ipProtocol": "tcp", "ports": ["9-2"]}])}, "a range of ports"),
            ({"match": match(layer4Configs=[{"ipProtocol": "tcp", "ports": ["70000"]}])}, "a range of ports"),
            ({"match": match(layer4Configs=[{"ipProtocol": "tcp", "ports": [443]}])}, "TYPE_STRING"),
            ({"match": match(destIpRanges=["10.0.0.1/8"])}, r"destIpRanges\[0\]': '10.0.0.1/8'. Must be a valid CIDR"),
            ({"match": match(destIpRanges=["10.0.0.0/8", "::/0"])}, r"destIpRanges\[1\]': '::/0'.*valid IPV4"),
            ({"match": match(srcIpRanges=["::/0"])}, "valid IPV6"),
            ({"match": match(destFqdns=["*.trendmicro.com"])}, "fully qualified domain name"),
            ({"match": match(destFqdns=["Files.trendmicro.com"])}, "in lower case"),
            ({"match": match(destFqdns=["files.trendmicro.com."])}, "fully qualified domain name"),
            ({"match": match(destFqdns=["localhost"])}, "fully qualified domain name"),
            ({"match": match(destNetworkContext="MOON")}, "Must be one of"),
            ({"match": match(destAddressGroups=["blocks"])}, "malformed"),
            (
                {"match": match(destAddressGroups=["projects/p/locations/global/addressGroups/gone"])},
                "address group does not exist",
            ),
            ({"action": "goto_next", "enableLogging": True}, "Logging is not allowed"),
            ({"action": "apply_security_profile_group"}, "must be specified if"),
            ({"securityProfileGroup": "//x"}, "can only be specified if"),
            ({"tlsInspect": True}, "can only be set if"),
            ({"targetServiceAccounts": ["agents"]}, "email of a service account"),
            ({"targetSecureTags": [{"name": "agents"}]}, "Must be a match of regex"),
            ({"targetSecureTags": [{"name": "tagValues/1"}]}, "tag value does not exist"),
            ({"match": match(srcFqdns=["a.example.com"])}, "Not allowed for a rule whose direction is EGRESS"),
            ({"match": match(srcSecureTags=[{"name": "tagValues/1"}])}, "whose direction is EGRESS"),
            (ingress(destFqdns=["a.example.com"]), "Not allowed for a rule whose direction is INGRESS"),
            (ingress(destNetworkContext="INTERNET"), "whose direction is INGRESS"),
        ],
    )
    def test_refused(self, gcp: Gcp, more: dict[str, Any], words: str) -> None:
        gcp.policy()
        with pytest.raises(GcpError, match=words):
            gcp.rule(**more)
        assert gcp.rules() == []

    @pytest.mark.parametrize(
        ("field", "limit", "value"),
        [
            ("destIpRanges", 5000, lambda n: f"10.{n // 256}.{n % 256}.0/24"),
            ("destFqdns", 100, lambda n: f"n{n}.example.com"),
        ],
    )
    def test_a_list_has_a_limit(self, gcp: Gcp, field: str, limit: int, value: Any) -> None:
        gcp.policy()
        found = [value(n) for n in range(limit + 1)]
        with pytest.raises(GcpError, match=f"At most {limit} are allowed"):
            gcp.rule(match=match(**{field: found}))
        gcp.rule(match=match(**{field: found[:limit]}))

    def test_ten_address_groups_and_256_tags(self, gcp: Gcp) -> None:
        gcp.policy()
        gcp.network()
        groups, tag = [gcp.group(f"g{n}") for n in range(11)], gcp.tag()
        with pytest.raises(GcpError, match=r"At most 10 are allowed"):
            gcp.rule(match=match(destAddressGroups=groups))
        gcp.rule(match=match(destAddressGroups=groups[:10]))
        with pytest.raises(GcpError, match=r"At most 256 are allowed"):
            gcp.rule(priority=2, targetSecureTags=[{"name": tag}] * 257)
        accounts = [f"agents{number}@probe-123456.iam.gserviceaccount.com" for number in range(11)]
        with pytest.raises(GcpError, match=r"At most 10 are allowed"):
            gcp.rule(priority=2, targetServiceAccounts=accounts)
        gcp.rule(priority=3, targetServiceAccounts=accounts[:10])

    @pytest.mark.parametrize(
        "more",
        [
            {"priority": 0},
            {"priority": 2147483547},
            {"match": match(layer4Configs=[{"ipProtocol": "all"}])},
            {"match": match(layer4Configs=[{"ipProtocol": "58"}, {"ipProtocol": "udp", "ports": ["53", "1-9"]}])},
            {"match": match(destIpRanges=None, destFqdns=["agents-001.workload.de-1.cloudone.trendmicro.com"])},
            {"match": match(destIpRanges=["::/0"], srcIpRanges=["2001:db8::/32"])},
            {"match": match(destNetworkContext="INTERNET")},
            {"targetServiceAccounts": ["agent@probe-123456.iam.gserviceaccount.com"]},
            {"action": "goto_next"},
            {**ingress(srcFqdns=["a.example.com"]), "description": "x", "ruleName": "y", "disabled": True},
        ],
    )
    def test_taken(self, gcp: Gcp, more: dict[str, Any]) -> None:
        gcp.policy()
        gcp.rule(**more)
        assert len(gcp.rules()) == 1


class TestAPriorityIsThereOnce:
    """Two rules of one priority would have no order; a swap in two requests must fail in the first."""

    def test_a_second_rule_is_refused(self, gcp: Gcp) -> None:
        gcp.policy()
        gcp.rule()
        with pytest.raises(GcpError, match=r"A rule at priority 1000 already exists"):
            gcp.rule(action="deny")
        gcp.rule(gcp.policy("other"))

    def test_a_rule_that_is_not_there_is_error_400(self, gcp: Gcp) -> None:
        gcp.policy()
        with pytest.raises(GcpError, match=r"does not contain a rule at priority 7") as caught:
            gcp.call(f"{POLICIES}.getRule", firewallPolicy="pol", priority=7)
        assert str(caught.value) == (
            "googleapi: Error 400: Invalid value for field 'priority': '7'. "
            "The firewall policy does not contain a rule at priority 7., invalid"
        )

    def test_a_patch_cannot_move_it(self, gcp: Gcp) -> None:
        gcp.policy()
        gcp.rule()
        with pytest.raises(GcpError, match=r"cannot be changed"):
            gcp.call(f"{POLICIES}.patchRule", {"priority": 1}, firewallPolicy="pol", priority=1000)


class TestAPatchKeepsWhatItDoesNotName:
    """A flip of the direction leaves the destination's fields behind, and the cloud refuses the whole."""

    def test_direction(self, gcp: Gcp) -> None:
        gcp.policy()
        gcp.rule(match=match(destNetworkContext="INTERNET"))
        place = {"firewallPolicy": "pol", "priority": 1000}
        with pytest.raises(GcpError, match=r"destNetworkContext.*INGRESS"):
            gcp.call(f"{POLICIES}.patchRule", {"direction": "INGRESS", "match": {"destIpRanges": []}}, **place)
        change = {"direction": "INGRESS", "match": {"destNetworkContext": None, "srcIpRanges": ["10.0.0.0/8"]}}
        with pytest.raises(GcpError, match=r"TYPE_STRING"):
            gcp.call(f"{POLICIES}.patchRule", change, **place)
        assert gcp.rules()[0]["direction"] == "EGRESS"

    def test_an_empty_list_takes_a_field_away(self, gcp: Gcp) -> None:
        gcp.policy()
        gcp.rule(match=match(destFqdns=["a.example.com"]))
        change = {"match": {"destFqdns": []}}
        gcp.call(f"{POLICIES}.patchRule", change, firewallPolicy="pol", priority=1000)
        assert gcp.rules()[0]["match"] == match()


class TestAttributesAreCounted:
    """The quota of a policy is what a large site meets first."""

    def test_each_value_counts(self, gcp: Gcp) -> None:
        gcp.policy()
        before = gcp.call(f"{POLICIES}.get", firewallPolicy="pol")
        gcp.rule(match=match(destIpRanges=["10.0.0.0/8", "11.0.0.0/8"]), targetServiceAccounts=["a@b"])
        after = gcp.call(f"{POLICIES}.get", firewallPolicy="pol")
        assert gcp.rules()[0]["ruleTupleCount"] == 5
        assert after["ruleTupleCount"] - before["ruleTupleCount"] == 5
        assert after["fingerprint"] != before["fingerprint"]
        gcp.call(f"{POLICIES}.removeRule", firewallPolicy="pol", priority=1000)
        assert gcp.call(f"{POLICIES}.get", firewallPolicy="pol")["ruleTupleCount"] == before["ruleTupleCount"]

    def test_over_the_quota(self, gcp: Gcp) -> None:
        gcp.policy()
        ranges = [f"10.{n // 256}.{n % 256}.0/24" for n in range(4994)]
        for priority in (1, 2):
            gcp.rule(priority=priority, match=match(destIpRanges=ranges))
        # 8 for the rules that are there from the start, 2 x 4,996: one protocol and one port are attributes too.
        with pytest.raises(GcpError, match=r"Error 403: Quota .* exceeded\. .*Limit: 10000.*, quotaExceeded"):
            gcp.rule(priority=3)
        assert len(gcp.rules()) == 2


class TestANetworkHasOnePolicy:
    """Replacing an association by creating the new one first fails in the cloud, so it does here."""

    def test_a_second_policy_is_refused_unless_asked_to_replace(self, gcp: Gcp) -> None:
        network = gcp.network()
        gcp.policy()
        gcp.policy("other")
        gcp.associate(network)
        with pytest.raises(GcpError, match=r"already associated with the firewall policy 'pol'"):
            gcp.associate(network, "other")
        gcp.associate(network, "other", replaceExistingAssociation=True)
        assert "associations" not in gcp.call(f"{POLICIES}.get", firewallPolicy="pol")
        assert gcp.call("compute.networks.get", network="main")["firewallPolicy"].endswith("/other")

    def test_names(self, gcp: Gcp) -> None:
        gcp.policy()
        gcp.associate(gcp.network())
        with pytest.raises(GcpError, match=r"An association with that name already exists"):
            gcp.associate(gcp.network("second"))
        with pytest.raises(GcpError, match=r"Must be a match of regex"):
            gcp.associate(gcp.network("third"), name="As")
        with pytest.raises(GcpError, match=r"An association with that name does not exist"):
            gcp.call(f"{POLICIES}.getAssociation", firewallPolicy="pol", name="gone")

    @pytest.mark.parametrize(
        ("target", "words"),
        [
            ("main", "The URL is malformed"),
            ("projects/probe-123456/global/networks/gone", "was not found"),
            ("projects/other-1234/global/networks/main", "Cross project referencing"),
        ],
    )
    def test_targets(self, gcp: Gcp, target: str, words: str) -> None:
        gcp.policy()
        with pytest.raises(GcpError, match=words):
            gcp.associate(target)


class TestWhatIsInUseStays:
    """Deleting in the wrong order must fail, as it would leave the real project half deleted."""

    def test_policy_and_network(self, gcp: Gcp) -> None:
        network = gcp.network()
        gcp.policy()
        gcp.associate(network)
        with pytest.raises(GcpError, match=r"firewall_policy resource .* is already being used by") as caught:
            gcp.call(f"{POLICIES}.delete", firewallPolicy="pol")
        assert caught.value.code == "resourceInUseByAnotherResource"
        with pytest.raises(GcpError, match=r"network resource .* is already being used by .*/firewallPolicies/pol'"):
            gcp.call("compute.networks.delete", network="main")
        gcp.call(f"{POLICIES}.removeAssociation", firewallPolicy="pol", name="as")
        gcp.call(f"{POLICIES}.delete", firewallPolicy="pol")
        gcp.call("compute.networks.delete", network="main")
        assert gcp.policy() == "pol"
        assert gcp.rules() == []

    def test_a_network_with_rules_or_subnetworks(self, gcp: Gcp) -> None:
        network = gcp.network()
        body = {"name": "sub", "network": network, "ipCidrRange": "10.0.0.0/24"}
        gcp.call("compute.subnetworks.insert", body, region="europe-west3")
        with pytest.raises(GcpError, match=r"already being used by .*/subnetworks/sub"):
            gcp.call("compute.networks.delete", network="main")
        with pytest.raises(GcpError, match=r"conflicts with existing subnetwork"):
            gcp.call("compute.subnetworks.insert", {**body, "name": "b"}, region="europe-west4")
        gcp.call("compute.subnetworks.delete", region="europe-west3", subnetwork="sub")
        gcp.call("compute.networks.delete", network="main")

    def test_an_address_group_in_a_rule(self, gcp: Gcp) -> None:
        gcp.policy()
        group = gcp.group()
        gcp.rule(match=match(destIpRanges=None, destAddressGroups=[group]))
        with pytest.raises(GcpError, match=r"referenced by firewall policy .*/pol', rule 1000"):
            gcp.call(f"{GROUPS}.delete", name=group)
        found = gcp.call(f"{GROUPS}.listReferences", addressGroup=group)["addressGroupReferences"]
        assert [item["rulePriority"] for item in found] == [1000]
        gcp.call(f"{POLICIES}.removeRule", firewallPolicy="pol", priority=1000)
        gcp.call(f"{GROUPS}.delete", name=group)

    def test_a_tag_value_in_a_rule(self, gcp: Gcp) -> None:
        gcp.network()
        gcp.policy()
        tag = gcp.tag()
        gcp.rule(targetSecureTags=[{"name": tag}])
        with pytest.raises(GcpError, match=r"Cannot delete tag value.*referenced"):
            gcp.call(f"{TAGS}.tagValues.delete", name=tag)
        gcp.call(f"{POLICIES}.removeRule", firewallPolicy="pol", priority=1000)
        gcp.call(f"{TAGS}.tagValues.delete", name=tag)


class TestAFingerprintIsCompared:
    """A change of the policy that was made from an old look at it is refused."""

    def test_stale_after_a_rule(self, gcp: Gcp) -> None:
        gcp.policy()
        old = gcp.call(f"{POLICIES}.get", firewallPolicy="pol")["fingerprint"]
        gcp.rule()
        change = {"description": "x", "fingerprint": old}
        with pytest.raises(GcpError, match=r"Error 412: Invalid fingerprint., conditionNotMet"):
            gcp.call(f"{POLICIES}.patch", change, firewallPolicy="pol")
        change["fingerprint"] = gcp.call(f"{POLICIES}.get", firewallPolicy="pol")["fingerprint"]
        gcp.call(f"{POLICIES}.patch", change, firewallPolicy="pol")
        assert gcp.call(f"{POLICIES}.get", firewallPolicy="pol")["description"] == "x"


def test_policies_by_name_and_by_number(gcp: Gcp) -> None:
    gcp.policy()
    found = gcp.call(f"{POLICIES}.get", firewallPolicy="pol")
    assert gcp.call(f"{POLICIES}.get", firewallPolicy=found["id"])["name"] == "pol"
    with pytest.raises(GcpError, match=r"Error 409: .* already exists, alreadyExists"):
        gcp.policy()
    with pytest.raises(GcpError, match=r"Rules must be added using the addRule method"):
        gcp.call(f"{POLICIES}.insert", {"name": "b", "rules": [rule()]})
    for name in ("Pol", "1pol", "pol-", "a" * 64, ""):
        with pytest.raises(GcpError, match=r"Must be a match of regex"):
            gcp.policy(name)


class TestASecureTagIsOfTheNetwork:
    """A tag for another network, or no secure tag at all, would match no machine."""

    def test_purpose_and_network(self, gcp: Gcp) -> None:
        gcp.policy()
        gcp.associate(gcp.network())
        gcp.network("other")
        plain, foreign = gcp.tag(None, "plain"), gcp.tag("other", "foreign")
        with pytest.raises(GcpError, match=r"must have the purpose GCE_FIREWALL"):
            gcp.rule(targetSecureTags=[{"name": plain}])
        with pytest.raises(GcpError, match=r"The tag is of network other"):
            gcp.rule(targetSecureTags=[{"name": foreign}])
        with pytest.raises(GcpError, match=r"both targetSecureTags and targetServiceAccounts"):
            gcp.rule(targetSecureTags=[{"name": gcp.tag()}], targetServiceAccounts=["a@b"])
        source = gcp.tag("main", "source")
        gcp.rule(**ingress(srcSecureTags=[{"name": source}]))
        assert gcp.rules()[0]["match"]["srcSecureTags"] == [{"name": source, "state": "EFFECTIVE"}]

    def test_a_policy_with_tags_of_another_network_is_not_bound(self, gcp: Gcp) -> None:
        gcp.network("other")
        gcp.policy()
        gcp.rule(targetSecureTags=[{"name": gcp.tag("other")}])
        with pytest.raises(GcpError, match=r"The tag is of network other"):
            gcp.associate(gcp.network())
