"""Each example is deployed by the real engine, changes nothing the second time, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.gcp.session import project_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = pytest.mark.engine


def test_every_example_is_tested() -> None:
    """An example that no test runs is wrong by the next release."""
    assert {path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml")} == {
        "aws-agents",
        "aws-machines",
        "aws-site",
        "azure-relays",
        "gcp-agents",
        "refresh-pipeline",
        "three-clouds",
    }


def _rules(project: Project, group_id: str) -> set[tuple[bool, str, int, int, str]]:
    """Return what the cloud has in a group: egress, protocol, ports, other end."""
    found = project.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])
    lists = {
        entry["PrefixListId"]: entry["PrefixListName"]
        for entry in project.ec2.describe_managed_prefix_lists()["PrefixLists"]
    }
    return {
        (
            rule["IsEgress"],
            rule["IpProtocol"],
            rule["FromPort"],
            rule["ToPort"],
            rule.get("CidrIpv4")
            or rule.get("CidrIpv6")
            or lists.get(rule.get("PrefixListId", ""), "").rsplit("-", 1)[0]
            or rule["ReferencedGroupInfo"]["GroupId"],
        )
        for rule in found["SecurityGroupRules"]
    }


def test_agents_in_an_existing_vpc(make_project: Callable[..., Project]) -> None:
    """The first thing a user deploys: exactly the ports of the page, and nothing else."""
    project = make_project(EXAMPLES / "aws-agents", name="aws-agents")
    vpc_id = project.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    project.set("aws-agents:vpc_id", vpc_id)
    assert project.up().ok
    group_id = project.stack_outputs()["security_group_id"]
    assert _rules(project, group_id) == {
        (True, "tcp", 443, 443, "agents-blocks-de-1-ipv4"),
        (True, "tcp", 443, 443, "0.0.0.0/0"),
        (True, "tcp", 80, 80, "0.0.0.0/0"),
    }
    assert project.up().changes == []
    assert project.destroy().ok
    assert [
        entry
        for entry in project.ec2.describe_managed_prefix_lists()["PrefixLists"]
        if entry["PrefixListName"].startswith("agents")
    ] == []


def test_names_by_the_addresses_of_a_snapshot(make_project: Callable[..., Project]) -> None:
    """The lists hold what the file says, nothing is open to any address, and examples are no addresses to rely on."""
    project = make_project(EXAMPLES / "refresh-pipeline", name="refresh-pipeline")
    project.set("refresh-pipeline:vpc_id", project.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"])
    up = project.up()
    assert up.ok, up.text
    assert [text for text in up.warnings if "are examples of documentation: nobody answers there" in text]
    assert _rules(project, project.stack_outputs()["security_group_id"]) == {
        (True, "tcp", 443, 443, "agents-blocks-de-1-ipv4"),
        (True, "tcp", 443, 443, "agents-names-agent-service-ipv4"),
        (True, "tcp", 443, 443, "agents-names-agent-spn-80-ipv4"),
        (True, "tcp", 80, 80, "agents-names-agent-spn-80-ipv4"),
        (True, "tcp", 443, 443, "agents-names-relay-download-center-ipv4"),
    }
    lists = {
        item["PrefixListName"].rsplit("-", 1)[0]: item["PrefixListId"]
        for item in project.ec2.describe_managed_prefix_lists()["PrefixLists"]
    }
    entries = project.ec2.get_managed_prefix_list_entries(PrefixListId=lists["agents-names-agent-service-ipv4"])
    assert {entry["Cidr"] for entry in entries["Entries"]} == {f"203.0.113.{last}/32" for last in (10, 11, 20)}
    assert project.up().changes == []
    assert project.destroy().ok


def test_a_whole_site_behind_a_proxy(make_project: Callable[..., Project]) -> None:
    """Only the proxy may reach any address; agents reach the proxy, the relays on their own port, and the SIEM."""
    project = make_project(EXAMPLES / "aws-site", name="aws-site")
    vpc_id = project.ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    siem = project.ec2.create_security_group(GroupName="siem", Description="siem", VpcId=vpc_id)["GroupId"]
    project.set("aws-site:vpc_id", vpc_id)
    project.set("aws-site:siem_security_group_id", siem)
    assert project.up().ok
    groups = project.stack_outputs()["security_group_ids"]
    assert set(groups) == {"administrator", "agent", "data-center-gateway", "relay", "web-proxy"}
    assert _rules(project, groups["agent"]) == {
        (True, "udp", 53, 53, "site-peer-dns-server-ipv4"),
        (True, "udp", 53, 53, "site-peer-dns-server-ipv6"),
        (True, "udp", 514, 514, siem),
        (True, "tcp", 1443, 1443, groups["web-proxy"]),
        (True, "tcp", 4222, 4222, groups["relay"]),
    }
    open_to_all = {
        role
        for role, group in groups.items()
        if any(rule[4] in {"0.0.0.0/0", "::/0"} for rule in _rules(project, group))
    }
    assert open_to_all == {"web-proxy"}
    assert project.up().changes == []
    assert project.destroy().ok
    assert project.ec2.describe_security_groups(GroupIds=[siem])["SecurityGroups"]


def test_machines_that_wear_the_groups_of_their_roles(make_project: Callable[..., Project]) -> None:
    """A group that no machine wears opens nothing, and one that a machine wears cannot be deleted under it."""
    project = make_project(EXAMPLES / "aws-machines", name="aws-machines")
    ec2 = project.ec2
    vpc_id = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet_id = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"]
    for key, value in {"vpc_id": vpc_id, "subnet_id": subnet_id, "ami": "ami-0a1b2c3d4e5f60718"}.items():
        project.set(f"aws-machines:{key}", value)
    assert project.up().ok
    outputs = project.stack_outputs()
    groups = outputs["security_group_ids"]

    def worn(role: str) -> set[str]:
        found = ec2.describe_instances(InstanceIds=[outputs[f"{role}_instance_id"]])["Reservations"][0]["Instances"][0]
        return {group["GroupId"] for group in found["SecurityGroups"]}

    assert worn("agent") == {groups["agent"], groups["agent-2"]}
    assert worn("relay") == {groups["relay"]}
    rules = _rules(project, groups["agent"]) | _rules(project, groups["agent-2"])
    assert (True, "tcp", 4122, 4122, groups["relay"]) in rules
    with pytest.raises(ec2.exceptions.ClientError, match="DependencyViolation"):
        ec2.delete_security_group(GroupId=groups["agent-2"])
    assert project.up().changes == []
    assert project.destroy().ok
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    ec2.delete_subnet(SubnetId=subnet_id)
    ec2.delete_vpc(VpcId=vpc_id)


def test_agents_found_by_a_secure_tag(make_project: Callable[..., Project]) -> None:
    """Names are followed by the policy, the rest is denied, and the machine wears the tag that all rules are for."""
    project = make_project(EXAMPLES / "gcp-agents", name="gcp-agents")
    call = project.gcp.call
    call("compute.networks.insert", {"name": "agents", "autoCreateSubnetworks": False})
    network = f"projects/{project.gcp.project}/global/networks/agents"
    subnetwork = {"name": "agents", "network": network, "ipCidrRange": "10.20.0.0/24"}
    call("compute.subnetworks.insert", subnetwork, region="europe-west3")
    project.set("gcp:zone", "europe-west3-a")
    project.set("gcp-agents:network", "agents")
    project.set("gcp-agents:subnetwork", f"projects/{project.gcp.project}/regions/europe-west3/subnetworks/agents")
    up = project.up()
    assert up.ok, up.text
    tag = project.stack_outputs()["secure_tag_id"]
    (policy,) = call("compute.networkFirewallPolicies.list")["items"]
    assert [item["attachmentTarget"].rsplit("/", 1)[-1] for item in policy["associations"]] == ["agents"]
    ours = [rule for rule in policy["rules"] if "ruleName" in rule]
    assert {item["name"] for rule in ours for item in rule["targetSecureTags"]} == {tag}
    assert all("0.0.0.0/0" not in rule["match"].get("destIpRanges", []) for rule in ours if rule["action"] == "allow")
    hosts = {host for rule in ours for host in rule["match"].get("destFqdns", [])}
    assert {"files.trendmicro.com", "agents.workload.de-1.cloudone.trendmicro.com"} <= hosts
    assert max(ours, key=lambda rule: rule["priority"])["action"] == "deny"
    (machine,) = call("compute.instances.list", zone="europe-west3-a")["items"]
    place = f"projects/{project_number(project.gcp.project)}/zones/europe-west3-a/instances/{machine['id']}"
    worn = call(
        "cloudresourcemanager.tagBindings.list",
        parent=f"//compute.googleapis.com/{place}",
        location="europe-west3-a",
    )
    assert [item["tagValue"] for item in worn["tagBindings"]] == [tag]
    assert project.up().changes == []
    destroy = project.destroy()
    assert destroy.ok, destroy.text
    assert call("compute.networkFirewallPolicies.list").get("items", []) == []


def test_relays_beside_agents_whose_group_exists(make_project: Callable[..., Project]) -> None:
    """The agents' group keeps the other team's rules, and interfaces wear what their role needs."""
    project = make_project(
        EXAMPLES / "azure-relays", name="azure-relays", config={"azure-native:location": "westeurope"}
    )
    api, place = project.azure, {"location": "westeurope"}
    api.put(api.group("site"), place)
    inner = {"name": "machines", "properties": {"addressPrefix": "10.20.0.0/24"}}
    space = {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}, "subnets": [inner]}
    api.put(api.network("site", "virtualNetworks", "main"), {**place, "properties": space})
    agents = api.put(api.network("site", "networkSecurityGroups", "agents"), place)["id"]
    ssh = {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "priority": 200, "sourcePortRange": "*"}
    ssh |= {"sourceAddressPrefix": "10.0.0.0/8", "destinationAddressPrefix": "*", "destinationPortRange": "22"}
    api.put(f"{agents}/securityRules/ssh", {"properties": ssh})
    project.set("azure-relays:resource_group_name", "site")
    project.set("azure-relays:subnet_id", api.network("site", "virtualNetworks", "main", "subnets", "machines"))
    project.set("azure-relays:agents_network_security_group_name", "agents")

    assert project.up().ok
    outputs = project.stack_outputs()
    assert outputs["network_security_group_ids"]["agent"] == agents

    def rules(key: str) -> dict[str, dict[str, Any]]:
        return {rule["name"]: rule["properties"] for rule in api.get(key)["properties"]["securityRules"]}

    interfaces = {role: api.get(outputs[f"{role}_network_interface_id"])["properties"] for role in ("agent", "relay")}
    worn = {
        role: found["ipConfigurations"][0]["properties"]["applicationSecurityGroups"][0]["id"]
        for role, found in interfaces.items()
    }
    for role, found in interfaces.items():
        assert found["networkSecurityGroup"]["id"] == outputs["network_security_group_ids"][role]
    to = rules(agents)["agent-egress-agent-relay-tcp-role-relay"]["destinationApplicationSecurityGroups"]
    back = rules(outputs["network_security_group_ids"]["relay"])["relay-ingress-agent-relay-tcp-role-agent"]
    assert [item["id"] for item in to] == [worn["relay"]]
    assert [item["id"] for item in back["sourceApplicationSecurityGroups"]] == [worn["agent"]]
    assert rules(agents)["ssh"]["priority"] == 200
    assert min(rule["priority"] for name, rule in rules(agents).items() if name != "ssh") >= 500

    assert project.up().changes == []
    assert project.destroy().ok
    assert set(rules(agents)) == {"ssh"}
