"""Address groups, tags, classic rules and machines of the emulated GCP keep the rules Google documents."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.gcp.errors import GcpError

from .conftest import GROUPS, TAGS, Gcp


def patch_group(gcp: Gcp, name: str, **change: Any) -> None:
    gcp.call(f"{GROUPS}.patch", change, name=name, updateMask=",".join(change))


class TestAnAddressGroupHoldsWhatItsSizeAllows:
    """A rule with a group would otherwise pass here with more addresses than the cloud takes."""

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"items": ["10.0.0.0/8"] * 4}, r"items \(4\) exceeds the capacity \(3\)"),
            ({"items": ["10.0.0.0/8"] * 2}, "is there twice"),
            ({"items": ["::/0"]}, "does not match the address group type IPV4"),
            ({"items": ["10.0.0.1/8"]}, "not a valid IP address or CIDR range"),
            ({"items": ["files.trendmicro.com"]}, "not a valid IP address"),
            ({"type": "IPV5"}, "Must be one of"),
            ({"capacity": 0}, "between 1 and"),
            ({"capacity": 1001}, "between 1 and 1000"),
            ({"capacity": "3"}, "TYPE_INT32"),
            ({"labels": {"a": 1}}, "TYPE_STRING"),
            ({"size": 3}, "Unknown name"),
        ],
    )
    def test_refused(self, gcp: Gcp, more: dict[str, Any], words: str) -> None:
        with pytest.raises(GcpError, match=words):
            gcp.group(**more)

    def test_items_change_and_the_rest_does_not(self, gcp: Gcp) -> None:
        name = gcp.group()
        patch_group(gcp, name, items=["10.0.0.0/8", "11.0.0.0/8"])
        gcp.call(f"{GROUPS}.addItems", {"items": ["192.0.2.1"]}, addressGroup=name)
        with pytest.raises(GcpError, match=r"exceeds the capacity"):
            gcp.call(f"{GROUPS}.addItems", {"items": ["192.0.2.2"]}, addressGroup=name)
        gcp.call(f"{GROUPS}.removeItems", {"items": ["10.0.0.0/8"]}, addressGroup=name)
        assert gcp.call(f"{GROUPS}.get", name=name)["items"] == ["11.0.0.0/8", "192.0.2.1"]
        for field, value in (("capacity", 9), ("type", "IPV6")):
            with pytest.raises(GcpError, match=f"Field '{field}' of an address group is immutable"):
                patch_group(gcp, name, **{field: value})
        with pytest.raises(GcpError, match=r"already exists"):
            gcp.group()
        with pytest.raises(GcpError, match=r"was not found"):
            patch_group(gcp, name + "x", items=[])


class TestTags:
    """Keys and values are named once, and what has children or bindings stays."""

    def test_names_are_unique_under_their_parent(self, gcp: Gcp) -> None:
        gcp.network()
        gcp.tag()
        with pytest.raises(GcpError, match=r"already exists"):
            gcp.tag()
        (key,) = gcp.call(f"{TAGS}.tagKeys.list", parent="projects/probe-123456")["tagKeys"]
        assert key["namespacedName"] == "probe-123456/role"
        with pytest.raises(GcpError, match=r"already exists"):
            gcp.call(f"{TAGS}.tagValues.create", {"parent": key["name"], "shortName": "agent"})
        with pytest.raises(GcpError, match=r"still having child tag values"):
            gcp.call(f"{TAGS}.tagKeys.delete", name=key["name"])

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"shortName": "-x"}, "must match"),
            ({"parent": "folders/1"}, "must be organizations/NUMBER or projects/PROJECT"),
            ({"purpose": "FIREWALL"}, "Must be one of"),
            ({"purposeData": {"network": "main"}}, "of the form network=PROJECT/NETWORK"),
            ({"purposeData": {"network": "probe-123456/gone"}}, "was not found"),
            ({"purpose": None}, "only allowed with a purpose"),
        ],
    )
    def test_keys_that_are_refused(self, gcp: Gcp, more: dict[str, Any], words: str) -> None:
        body = {
            "parent": "projects/probe-123456",
            "shortName": "role",
            "purpose": "GCE_FIREWALL",
            "purposeData": {"network": "probe-123456/main"},
            **more,
        }
        with pytest.raises(GcpError, match=words):
            gcp.call(f"{TAGS}.tagKeys.create", {key: value for key, value in body.items() if value is not None})

    def test_a_binding_holds_its_value(self, gcp: Gcp) -> None:
        tag = gcp.tag(None)
        parent = "//compute.googleapis.com/projects/1/zones/europe-west3-a/instances/2"
        body = {"parent": parent, "tagValue": tag}
        with pytest.raises(GcpError, match=r"location tag binding there"):
            gcp.call(f"{TAGS}.tagBindings.create", body)
        made = gcp.call(f"{TAGS}.tagBindings.create", body, location="europe-west3-a")["response"]
        assert made["name"] == f"tagBindings/{parent.replace('/', '%2F')}/{tag}"
        with pytest.raises(GcpError, match=r"A binding already exists"):
            gcp.call(f"{TAGS}.tagBindings.create", body, location="europe-west3-a")
        with pytest.raises(GcpError, match=r"still attached to resources in 'europe-west3-a' region"):
            gcp.call(f"{TAGS}.tagValues.delete", name=tag)
        gcp.call(f"{TAGS}.tagBindings.delete", name=made["name"], location="europe-west3-a")
        gcp.call(f"{TAGS}.tagValues.delete", name=tag)


def classic(**more: Any) -> dict[str, Any]:
    found = {
        "name": "fw",
        "network": "global/networks/main",
        "allowed": [{"IPProtocol": "tcp", "ports": ["443"]}],
        **more,
    }
    return {key: value for key, value in found.items() if value is not None}


class TestAClassicRuleIsChecked:
    """As for the rules of policies."""

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"denied": [{"IPProtocol": "all"}]}, "Exactly one of"),
            ({"allowed": None}, "Exactly one of"),
            ({"allowed": [{"IPProtocol": "ipv6-icmp"}]}, "Must be one of"),
            ({"allowed": [{"IPProtocol": "all", "ports": ["1"]}]}, "Ports may only be specified"),
            ({"allowed": [{"protocol": "tcp"}]}, "Unknown name"),
            ({"priority": 65536}, "Must be less than or equal to 65535"),
            ({"sourceRanges": ["10.0.0.0/8", "2405:b500::/32"]}, "Must be a valid IPV4 CIDR address range"),
            ({"sourceRanges": ["::/0"], "destinationRanges": ["10.0.0.0/8"]}, "Must be a valid IPV6"),
            ({"sourceRanges": ["files.trendmicro.com"]}, "Must be a valid CIDR"),
            ({"sourceTags": ["a"], "targetServiceAccounts": ["a@b"]}, "in the same firewall rule"),
            ({"direction": "EGRESS", "sourceTags": ["a"]}, "whose direction is EGRESS"),
            ({"name": "FW"}, "Must be a match of regex"),
            ({"name": None}, "Required field 'resource.name'"),
            ({"network": "global/networks/gone"}, "was not found"),
            ({"targetTags": [f"t{n}" for n in range(71)]}, "At most 70"),
            ({"destFqdns": ["a.example.com"]}, "Unknown name"),
        ],
    )
    def test_refused(self, gcp: Gcp, more: dict[str, Any], words: str) -> None:
        gcp.network()
        with pytest.raises(GcpError, match=words):
            gcp.call("compute.firewalls.insert", classic(**more))

    def test_an_end_that_is_not_named_is_any_address(self, gcp: Gcp) -> None:
        gcp.network()
        gcp.call("compute.firewalls.insert", classic(name="in"))
        gcp.call("compute.firewalls.insert", classic(name="out", direction="EGRESS"))
        assert gcp.call("compute.firewalls.get", firewall="in")["sourceRanges"] == ["0.0.0.0/0"]
        assert gcp.call("compute.firewalls.get", firewall="out")["destinationRanges"] == ["0.0.0.0/0"]
        with pytest.raises(GcpError, match=r"'resource.direction'.*immutable"):
            gcp.call("compute.firewalls.patch", {"name": "in", "direction": "EGRESS"}, firewall="in")
        with pytest.raises(GcpError, match=r"already being used by .*/firewalls/in"):
            gcp.call("compute.networks.delete", network="main")


class TestMachines:
    """They are there to attach rules to."""

    def test_tags_come_with_the_machine_and_go_with_it(self, gcp: Gcp) -> None:
        network = gcp.network()
        body = {"name": "sub", "network": network, "ipCidrRange": "10.0.0.0/24"}
        gcp.call("compute.subnetworks.insert", body, region="europe-west3")
        tag = gcp.tag()
        key = gcp.call(f"{TAGS}.tagValues.get", name=tag)["parent"]
        machine = {
            "name": "vm",
            "networkInterfaces": [{"subnetwork": "projects/probe-123456/regions/europe-west3/subnetworks/sub"}],
            "params": {"resourceManagerTags": {key: tag}},
            "tags": {"items": ["agent"]},
        }
        gcp.call("compute.instances.insert", machine, zone="europe-west3-a")
        found = gcp.call("compute.instances.get", zone="europe-west3-a", instance="vm")
        assert found["networkInterfaces"][0]["networkIP"] == "10.0.0.2"
        with pytest.raises(GcpError, match=r"still attached"):
            gcp.call(f"{TAGS}.tagValues.delete", name=tag)
        with pytest.raises(GcpError, match=r"already being used by .*/instances/vm"):
            gcp.call("compute.subnetworks.delete", region="europe-west3", subnetwork="sub")
        with pytest.raises(GcpError, match=r"Error 412"):
            gcp.call("compute.instances.setTags", {"items": []}, zone="europe-west3-a", instance="vm")
        gcp.call("compute.instances.delete", zone="europe-west3-a", instance="vm")
        gcp.call(f"{TAGS}.tagValues.delete", name=tag)


class TestGooglesOwnClientWorks:
    """What reads a real project must read this one."""

    def test_requests_and_errors(self, gcp: Gcp) -> None:
        from googleapiclient.errors import HttpError  # noqa: PLC0415 - only this test needs it

        compute, security = gcp.client("compute"), gcp.client("networksecurity")
        compute.networks().insert(project=gcp.project, body={"name": "main"}).execute()
        assert [n["name"] for n in compute.networks().list(project=gcp.project).execute()["items"]] == ["main"]
        with pytest.raises(HttpError, match=r"was not found"):
            compute.networks().get(project=gcp.project, network="gone").execute()
        gcp.policy()
        gcp.rule()
        got = compute.networkFirewallPolicies().getRule(project=gcp.project, firewallPolicy="pol", priority=1000)
        assert got.execute()["match"]["destIpRanges"] == ["10.0.0.0/8"]
        group = gcp.group()
        found = security.projects().locations().addressGroups().get(name=group).execute()
        assert found["items"] == ["10.0.0.0/8"]


def test_what_is_not_emulated_says_so(gcp: Gcp) -> None:
    with pytest.raises(GcpError, match=r"Method compute.disks.list is not emulated"):
        gcp.call("compute.disks.list", zone="europe-west3-a")
    with pytest.raises(GcpError, match=r"not found"):
        gcp.call("compute.moons.list")
    with pytest.raises(GcpError, match=r"Cannot bind query parameter"):
        gcp.call("compute.networks.get", network="a", colour="red")
    with pytest.raises(GcpError, match=r"Required parameter 'network'"):
        gcp.call("compute.networks.get")
