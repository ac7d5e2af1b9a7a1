"""Stacks on the emulated GCP, on the real engine: deploy, change, refresh, import, fail, destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.gcp.account import Account

if TYPE_CHECKING:
    from tests.engine.harness import Project, Result

pytestmark = pytest.mark.engine

NETWORK = "gcp:compute/network:Network"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
POLICY = "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy"
RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
ASSOCIATION = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
FIREWALL = "gcp:compute/firewall:Firewall"
GROUP = "gcp:networksecurity/addressGroup:AddressGroup"
KEY, VALUE = "gcp:tags/tagKey:TagKey", "gcp:tags/tagValue:TagValue"
POLICIES = "compute.networkFirewallPolicies"
GROUPS = "networksecurity.projects.locations.addressGroups"

HEAD = """
import pulumi
import pulumi_gcp as gcp

def rule(name, priority, policy, port="443", **more):
    more.setdefault("match", {}).setdefault("layer4_configs", [{"ip_protocol": "tcp", "ports": [port]}])
    return gcp.compute.NetworkFirewallPolicyRule(
        name, firewall_policy=policy, priority=priority,
        **{"action": "allow", "direction": "EGRESS", "rule_name": name, **more},
    )
"""

SITE = (
    HEAD
    + """
project = gcp.config.project
network = gcp.compute.Network("main", auto_create_subnetworks=False)
policy = gcp.compute.NetworkFirewallPolicy("site", description="probe")
key = gcp.tags.TagKey(
    "role", parent=f"projects/{project}", short_name="role", purpose="GCE_FIREWALL",
    purpose_data={"network": network.name.apply(lambda name: f"{project}/{name}")},
)
agent = gcp.tags.TagValue("agent", parent=key.id, short_name="agent")
blocks = gcp.networksecurity.AddressGroup(
    "blocks", parent=f"projects/{project}", location="global", type="IPV4", capacity=10, items=ITEMS
)
targets = [{"name": agent.id}]
rule("names", 1000, policy.name, match={"dest_fqdns": ["files.trendmicro.com"]}, target_secure_tags=targets)
rule("blocks", 1001, policy.name, match={"dest_address_groups": [blocks.id]}, target_secure_tags=targets)
rule("dns", 1002, policy.name, port="53", match={"dest_ip_ranges": ["10.20.0.53/32"]}, target_secure_tags=targets)
rule("rest", 9000, policy.name, match={"layer4_configs": [{"ip_protocol": "all"}], "dest_ip_ranges": ["0.0.0.0/0"]},
    action="deny", target_secure_tags=targets)
gcp.compute.NetworkFirewallPolicyAssociation("site", attachment_target=network.id, firewall_policy=policy.name)
pulumi.export("policy", policy.name)
pulumi.export("group", blocks.id)
"""
)


def site(*items: str) -> str:
    return SITE.replace("ITEMS", repr(list(items or ("3.69.198.64/27",))))


def no_traceback(result: Result) -> None:
    assert not result.ok
    assert "Traceback" not in result.text, result.text


def rules(project: Project, policy: str = "") -> dict[int, dict[str, Any]]:
    """Return the policy's own rules in the cloud, by priority."""
    name = policy or project.stack_outputs()["policy"]
    found = project.gcp.call(f"{POLICIES}.get", firewallPolicy=name)["rules"]
    return {item["priority"]: item for item in found if item["priority"] < 2147483548}


def test_a_site_from_preview_to_destroy(project: Project) -> None:
    project.write(site())
    preview = project.preview()
    assert preview.ok, preview.text
    assert preview.count("create") == len(preview.changes) == 10
    assert not project.gcp.store.path.exists()

    up = project.up()
    assert up.ok, up.text
    assert sorted(up.changes) == sorted(preview.changes)
    assert sorted(rules(project)) == [1000, 1001, 1002, 9000]
    assert project.preview().changes == []
    assert project.up().changes == []
    assert project.refresh().changes == []

    # A new address is one change of the list, and of no rule.
    project.write(site("3.69.198.64/27", "18.96.34.160/27"))
    up = project.up()
    assert up.changes == [("update", GROUP, "blocks")], up.text
    assert up.diff("blocks") == {"items": "update"}
    # A rule changes in place; the policy's description is not touched.
    project.write(site("3.69.198.64/27", "18.96.34.160/27").replace("10.20.0.53/32", "10.20.0.54/32"))
    assert project.up().changes == [("update", RULE, "dns")]
    assert rules(project)[1002]["match"]["destIpRanges"] == ["10.20.0.54/32"]

    destroy = project.destroy()
    assert destroy.ok, destroy.text
    assert destroy.count("delete") == 10
    assert project.gcp.call("compute.networks.list")["items"] == []


def test_what_was_changed_by_hand_is_found_by_refresh_and_repaired(project: Project) -> None:
    project.write(site())
    assert project.up().ok
    place = {"firewallPolicy": project.stack_outputs()["policy"]}
    wider = {"match": {"destIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "all"}]}}
    project.gcp.call(f"{POLICIES}.patchRule", wider, priority=1002, **place)
    group = project.stack_outputs()["group"]
    project.gcp.call(f"{GROUPS}.addItems", {"items": ["192.0.2.0/24"]}, addressGroup=group)

    assert project.preview().changes == []  # without a refresh nobody looks
    assert sorted(project.refresh().changes) == [("update", RULE, "dns"), ("update", GROUP, "blocks")]
    assert sorted(project.up().changes) == [("update", RULE, "dns"), ("update", GROUP, "blocks")]
    assert rules(project)[1002]["match"]["destIpRanges"] == ["10.20.0.53/32"]
    assert project.gcp.call(f"{GROUPS}.get", name=group)["items"] == ["3.69.198.64/27"]


def test_a_rule_removed_by_hand_stops_a_refresh(project: Project) -> None:
    """As in the real provider, which knows error 404 only: the rule has to leave the state by hand."""
    project.write(site())
    assert project.up().ok
    project.gcp.call(f"{POLICIES}.removeRule", firewallPolicy=project.stack_outputs()["policy"], priority=1002)
    refresh = project.refresh()
    no_traceback(refresh)
    assert any("The firewall policy does not contain a rule at priority 1002., invalid" in e for e in refresh.errors)
    (urn,) = [item["urn"] for item in project.resources("PolicyRule") if item["urn"].endswith("::dns")]
    assert project.run("state", "delete", urn, "--yes", "--stack", project.stack).ok
    assert project.up().changes == [("create", RULE, "dns")]


def test_what_exists_is_imported_without_a_change(project: Project) -> None:
    call, path = project.gcp.call, f"projects/{project.gcp.project}"
    call("compute.networks.insert", {"name": "old", "autoCreateSubnetworks": False})
    call(f"{POLICIES}.insert", {"name": "old", "description": "by hand"})
    group = f"{path}/locations/global/addressGroups/old"
    call(
        f"{GROUPS}.create",
        {"type": "IPV4", "capacity": 5, "items": ["10.0.0.0/8"]},
        parent=f"{path}/locations/global",
        addressGroupId="old",
    )
    purpose = {"purpose": "GCE_FIREWALL", "purposeData": {"network": f"{project.gcp.project}/old"}}
    body = {"parent": path, "shortName": "role", **purpose}
    key = call("cloudresourcemanager.tagKeys.create", body)["response"]["name"]
    value = call("cloudresourcemanager.tagValues.create", {"parent": key, "shortName": "agent"})["response"]["name"]
    rule = {
        "priority": 1000,
        "action": "allow",
        "direction": "EGRESS",
        "ruleName": "by-hand",
        "enableLogging": True,
        "match": {"layer4Configs": [{"ipProtocol": "tcp", "ports": ["443"]}], "destAddressGroups": [group]},
        "targetSecureTags": [{"name": value}],
    }
    call(f"{POLICIES}.addRule", rule, firewallPolicy="old")
    network = f"{path}/global/networks/old"
    call(f"{POLICIES}.addAssociation", {"name": "old", "attachmentTarget": network}, firewallPolicy="old")
    classic = {"name": "old", "network": network, "allowed": [{"IPProtocol": "tcp"}], "sourceTags": ["a", "b"]}
    call("compute.firewalls.insert", classic)
    subnet = {"name": "old", "network": network, "ipCidrRange": "10.0.0.0/24"}
    call("compute.subnetworks.insert", subnet, region="europe-west3")

    policy = f"{path}/global/firewallPolicies/old"
    project.write("")
    done = project.import_file(
        [
            {"type": NETWORK, "name": "network", "id": network},
            {"type": SUBNET, "name": "subnet", "id": f"{path}/regions/europe-west3/subnetworks/old"},
            {"type": POLICY, "name": "policy", "id": policy},
            {"type": RULE, "name": "rule", "id": f"{policy}/rules/1000"},
            {"type": ASSOCIATION, "name": "association", "id": f"{policy}/associations/old"},
            {"type": FIREWALL, "name": "firewall", "id": f"{path}/global/firewalls/old"},
            {"type": GROUP, "name": "group", "id": group},
            {"type": KEY, "name": "key", "id": key},
            {"type": VALUE, "name": "value", "id": value},
        ]
    )
    assert done.ok, done.text
    project.write(
        f"""{HEAD}
network = gcp.compute.Network("network", name="old", auto_create_subnetworks=False)
gcp.compute.Subnetwork("subnet", name="old", network=network.id, ip_cidr_range="10.0.0.0/24")
policy = gcp.compute.NetworkFirewallPolicy("policy", name="old", description="by hand")
group = gcp.networksecurity.AddressGroup(
    "group", name="old", parent="{path}", location="global", type="IPV4", capacity=5, items=["10.0.0.0/8"]
)
# What a key's purpose is for is not read back, so an import cannot know it.
key = gcp.tags.TagKey(
    "key", parent="{path}", short_name="role", purpose="GCE_FIREWALL", purpose_data={{"network": "probe-123456/old"}},
    opts=pulumi.ResourceOptions(ignore_changes=["purposeData"]),
)
value = gcp.tags.TagValue("value", parent=key.id, short_name="agent")
rule("rule", 1000, policy.name, match={{"dest_address_groups": [group.id]}}, rule_name="by-hand", enable_logging=True,
    target_secure_tags=[{{"name": value.id}}])
gcp.compute.NetworkFirewallPolicyAssociation(
    "association", name="old", firewall_policy=policy.name, attachment_target=network.id
)
gcp.compute.Firewall(
    "firewall", name="old", network=network.id, allows=[{{"protocol": "tcp"}}], source_tags=["b", "a"]
)
"""
    )
    preview = project.preview()
    assert preview.ok, preview.text
    assert preview.changes == [], preview.text
    assert project.refresh().changes == []


def pair(one: int, two: int) -> str:
    """Return a policy with two rules at priorities; the second waits for the first, so that it is known who loses."""
    return f"""{HEAD}
policy = gcp.compute.NetworkFirewallPolicy("site").name
match = {{"dest_ip_ranges": ["10.0.0.0/8"]}}
one = rule("one", {one}, policy, match=match)
rule("two", {two}, policy, match=match, action="deny", opts=pulumi.ResourceOptions(depends_on=[one]))
"""


def test_the_same_priority_twice_is_refused_and_a_rule_can_move(project: Project) -> None:
    taken = "A rule at priority {} already exists in the firewall policy., invalid"
    project.write(pair(1000, 1000))
    up = project.up()
    no_traceback(up)
    assert any(taken.format(1000) in text for text in up.errors)
    project.write(pair(1000, 2000))
    assert project.up().ok
    project.write(pair(500, 2000))
    up = project.up()
    assert up.changes == [("create-replacement", RULE, "one"), ("delete-replaced", RULE, "one")], up.text
    assert up.diff("one") == {"priority": "update-replace"}
    # Two rules that swap priorities stand in each other's way.
    project.write(pair(2000, 500))
    up = project.up()
    no_traceback(up)
    assert any(taken.format(2000) in text for text in up.errors)
    assert {key: item["action"] for key, item in rules(project, policy_name(project)).items()} == {
        500: "allow",
        2000: "deny",
    }


def policy_name(project: Project) -> str:
    """Return the name of the only policy."""
    (policy,) = project.gcp.call(f"{POLICIES}.list")["items"]
    return policy["name"]


BOUND = (
    HEAD
    + """
network = gcp.compute.Network("main", auto_create_subnetworks=False)
policies = {name: gcp.compute.NetworkFirewallPolicy(name).name for name in ("first", "second")}
gcp.compute.NetworkFirewallPolicyAssociation(
    "bound", attachment_target=network.id, firewall_policy=policies["WHICH"], NAME
)
"""
)


def bound(which: str, name: str = "") -> str:
    return BOUND.replace("WHICH", which).replace("NAME", name)


def test_an_association_is_replaced_only_with_a_name_of_its_own(project: Project) -> None:
    """With an automatic name the new one comes first, and a network has one policy."""
    project.write(bound("first"))
    assert project.up().ok
    project.write(bound("second"))
    up = project.up()
    no_traceback(up)
    assert any("The network is already associated with the firewall policy 'first-" in text for text in up.errors)

    project.write(bound("first", 'name="bound"'))
    assert not project.up().ok
    project.write(bound("first", 'name="bound", opts=pulumi.ResourceOptions(delete_before_replace=True)'))
    assert project.up().ok
    project.write(bound("second", 'name="bound"'))
    up = project.up()
    assert up.ok, up.text
    assert [change.op for change in up.changes] == ["delete-replaced", "create-replacement"]
    network = project.gcp.call("compute.networks.list")["items"][0]
    assert "/firewallPolicies/second-" in network["firewallPolicy"]


def test_what_is_in_use_is_not_deleted(project: Project) -> None:
    project.write(site())
    assert project.up().ok
    call, group = project.gcp.call, project.stack_outputs()["group"]
    call(f"{POLICIES}.insert", {"name": "by-hand"})
    match = {"layer4Configs": [{"ipProtocol": "tcp"}], "destAddressGroups": [group]}
    rule = {"priority": 1, "action": "allow", "direction": "EGRESS", "match": match}
    call(f"{POLICIES}.addRule", rule, firewallPolicy="by-hand")
    destroy = project.destroy()
    no_traceback(destroy)
    assert any("is referenced by firewall policy" in text for text in destroy.errors), destroy.text
    assert call(f"{GROUPS}.get", name=group)["items"] == ["3.69.198.64/27"]
    call(f"{POLICIES}.delete", firewallPolicy="by-hand")
    assert project.destroy().ok


def test_a_description_changes_only_after_a_refresh(project: Project) -> None:
    """The provider sends the fingerprint of its state, and each rule has renewed the one in the cloud."""
    project.write(site())
    assert project.up().ok
    project.write(site().replace('description="probe"', 'description="other"'))
    up = project.up()
    no_traceback(up)
    assert any("Error 412: Invalid fingerprint., conditionNotMet" in text for text in up.errors)
    assert project.refresh().ok
    assert project.up().changes == [("update", POLICY, "site")]


def test_a_flip_of_the_direction_fails_with_what_it_leaves_behind(project: Project) -> None:
    policy = f'{HEAD}\npolicy = gcp.compute.NetworkFirewallPolicy("site").name\n'
    project.write(f'{policy}rule("one", 1000, policy, match={{"dest_network_context": "INTERNET"}})\n')
    assert project.up().ok
    flipped = 'match={"src_ip_ranges": ["10.0.0.0/8"]}, direction="INGRESS"'
    project.write(f'{policy}rule("one", 1000, policy, {flipped})\n')
    preview = project.preview()
    assert preview.changes == [("update", RULE, "one")]
    up = project.up()
    no_traceback(up)
    assert any("destNetworkContext" in text and "INGRESS" in text for text in up.errors)


def test_failures_half_way_are_finished_by_the_next_update(project: Project) -> None:
    project.write(site())
    project.fail(throttle={f"{POLICIES}.addRule": 10, "compute.networks.insert": 2}, refuse={f"{GROUPS}.create": 1})
    up = project.up()
    no_traceback(up)
    assert any("googleapi: Error 500: Internal error" in text for text in up.errors)
    project.fail()
    up = project.up()
    assert up.ok, up.text
    assert project.preview().changes == []

    # An answer that is lost leaves a rule that the next update meets.
    project.fail(lose_answer={f"{POLICIES}.addRule": 1})
    more = site() + 'rule("ntp", 1003, policy.name, match={"dest_ip_ranges": ["10.20.0.123/32"]})\n'
    project.write(more)
    assert not project.up().ok
    project.fail()
    up = project.up()
    assert any("already exists in the firewall policy" in text for text in up.errors), up.text
    project.gcp.call(f"{POLICIES}.removeRule", firewallPolicy=project.stack_outputs()["policy"], priority=1003)
    assert project.up().changes == [("create", RULE, "ntp")]


def test_explicit_providers_and_default_labels_have_no_perpetual_diff(project: Project) -> None:
    project.write(
        """
import pulumi, pulumi_gcp as gcp

other = gcp.Provider("other", project="other-123456", region="us-east1", default_labels={"team": "explicit"})
args = {"location": "global", "type": "IPV4", "capacity": 5}
gcp.networksecurity.AddressGroup("here", parent="projects/probe-123456", labels={"env": "test"}, **args)
options = pulumi.ResourceOptions(provider=other)
gcp.networksecurity.AddressGroup("there", parent="projects/other-123456", **args, opts=options)
network = gcp.compute.Network("there", opts=options)
pulumi.export("network", network.id)
"""
    )
    project.set("gcp:defaultLabels", {"team": "default"})
    up = project.up()
    assert up.ok, up.text
    assert project.stack_outputs()["network"].startswith("projects/other-123456/global/networks/there-")
    labels = []
    for account in (project.gcp, Account(project.sandbox, "other-123456")):
        place = f"projects/{account.project}/locations/global"
        labels += [item["labels"] for item in account.call(f"{GROUPS}.list", parent=place)["addressGroups"]]
    mark = {"goog-pulumi-provisioned": "true"}
    assert labels == [{**mark, "team": "default", "env": "test"}, {**mark, "team": "explicit"}]
    assert project.up().changes == project.refresh().changes == project.up().changes == []
    project.set("gcp:defaultLabels", {"team": "changed"})
    assert project.up().changes == [("update", GROUP, "here")]
    assert project.up().changes == []


def test_a_machine_wears_a_secure_tag(project: Project) -> None:
    project.set("gcp:zone", "europe-west3-a")
    project.write(
        site()
        + """
subnet = gcp.compute.Subnetwork("sub", network=network.id, ip_cidr_range="10.20.0.0/24")
machine = gcp.compute.Instance(
    "agent", machine_type="e2-small", boot_disk={"initialize_params": {"image": "debian-cloud/debian-12"}},
    network_interfaces=[{"subnetwork": subnet.id}], tags=["agent"],
    params={"resource_manager_tags": pulumi.Output.all(key.id, agent.id).apply(lambda ids: {ids[0]: ids[1]})},
)
found = gcp.compute.get_network_output(name=network.name)
pulumi.export("address", machine.network_interfaces[0].network_ip)
pulumi.export("found", found.self_link)
"""
    )
    assert project.preview().ok
    up = project.up()
    assert up.ok, up.text
    outputs = project.stack_outputs()
    assert outputs["address"] == "10.20.0.2"
    assert outputs["found"].endswith("/networks/" + project.gcp.call("compute.networks.list")["items"][0]["name"])
    assert project.up().changes == project.refresh().changes == []
    destroy = project.destroy()
    assert destroy.ok, destroy.text
