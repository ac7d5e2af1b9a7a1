"""The example of one file for three clouds: what each of them holds in the end is one and the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.harness import Project

EXAMPLE = Path(__file__).parents[2] / "examples" / "three-clouds"
ANYWHERE = "0.0.0.0/0"

Permission = tuple[str, str, str]
"""Protocol, port, block at the other end."""

pytestmark = pytest.mark.engine


def on_aws(project: Project, group_id: str) -> Iterator[Permission]:
    """What AWS holds for a group's egress, prefix lists written out."""
    found = project.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group_id]}])
    for rule in found["SecurityGroupRules"]:
        if not rule["IsEgress"]:
            continue
        blocks = [rule["CidrIpv4"]] if "CidrIpv4" in rule else []
        if "PrefixListId" in rule:
            entries = project.ec2.get_managed_prefix_list_entries(PrefixListId=rule["PrefixListId"])["Entries"]
            blocks = [entry["Cidr"] for entry in entries]
        for block in blocks:
            yield rule["IpProtocol"], str(rule["FromPort"]), block


def on_azure(project: Project, group_id: str) -> Iterator[Permission]:
    """What Azure holds for a network security group's egress, without what denies the rest."""
    for rule in project.azure.get(group_id)["properties"]["securityRules"]:
        found = rule["properties"]
        if (found["direction"], found["access"]) != ("Outbound", "Allow"):
            continue
        for port in found["destinationPortRanges"]:
            one = found.get("destinationAddressPrefix")
            for block in [one] if one else found.get("destinationAddressPrefixes") or []:
                yield found["protocol"].lower(), port, block


def on_gcp(project: Project, role: str) -> Iterator[Permission | str]:
    """What GCP holds for a role's egress, address groups written out; a host name stands for itself."""
    (policy,) = project.gcp.call("compute.networkFirewallPolicies.list")["items"]
    for rule in policy["rules"]:
        if (rule["direction"], rule["action"]) != ("EGRESS", "allow") or not rule.get("ruleName", "").startswith(role):
            continue
        match = rule["match"]
        blocks = list(match.get("destIpRanges", []))
        for name in match.get("destAddressGroups", []):
            blocks += project.gcp.call("networksecurity.projects.locations.addressGroups.get", name=name)["items"]
        yield from match.get("destFqdns", [])
        for config in match["layer4Configs"]:
            for port in config["ports"]:
                yield from ((config["ipProtocol"], port, block) for block in blocks)


def test_the_same_permissions_in_three_clouds(make_project: Callable[..., Project]) -> None:
    """One file, and the clouds drift apart the day that one renderer learns something: what exists is compared."""
    project = make_project(EXAMPLE, name="three-clouds")
    project.set("aws:region", "eu-central-1")
    project.set("azure-native:location", "germanywestcentral")
    up = project.up()
    assert up.ok, up.text
    outputs = project.stack_outputs()
    for role in ("agent", "relay"):
        aws = set(on_aws(project, outputs["aws_security_group_ids"][role]))
        azure = set(on_azure(project, outputs["azure_network_security_group_ids"][role]))
        gcp = set(on_gcp(project, role))
        assert aws == azure
        assert {entry for entry in gcp if isinstance(entry, tuple)} == aws - {("tcp", "443", ANYWHERE)}
        names = {entry for entry in gcp if isinstance(entry, str)}
        assert names == {f"{host}.workload.de-1.cloudone.trendmicro.com" for host in ("agent-comm", "xdr-resp-ioc")}
        assert ("udp", "53", "10.20.0.53/32") in aws
    assert project.up().changes == []
    assert project.destroy().ok
