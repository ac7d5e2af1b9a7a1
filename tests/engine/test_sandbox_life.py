"""A stack's life on the emulated AWS: deploy, change, refresh, import, destroy, on the real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.engine.harness import Project

pytestmark = pytest.mark.engine

GROUP = "aws:ec2/securityGroup:SecurityGroup"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"

SITE = """
import pulumi
import pulumi_aws as aws
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, description="probe", tags={"role": "agent"})
for name, peer in PEERS.items():
    aws.vpc.SecurityGroupEgressRule(
        name, security_group_id=group.id, ip_protocol="tcp", from_port=443, to_port=PORT, **peer
    )
pulumi.export("group", group.id)
"""
PEERS = {"one": {"cidr_ipv4": "10.1.0.0/16"}, "two": {"cidr_ipv6": "2001:db8::/32"}}


def site(peers: dict[str, Any] | None = None, port: int = 443) -> str:
    return SITE.replace("PEERS", repr(PEERS if peers is None else peers)).replace("PORT", str(port))


def egress(project: Project) -> list[dict]:
    filters = [{"Name": "group-id", "Values": [project.stack_outputs()["group"]]}]
    return project.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]


def test_a_stack_from_preview_to_destroy(project: Project) -> None:
    project.write(site())
    preview = project.preview()
    assert preview.ok, preview.text
    assert [change.op for change in preview.changes] == ["create"] * 4
    assert (
        project.ec2.describe_security_groups(Filters=[{"Name": "description", "Values": ["probe"]}])["SecurityGroups"]
        == []
    )

    up = project.up()
    assert up.ok, up.text
    assert sorted(up.changes) == sorted(preview.changes)
    assert {rule.get("CidrIpv4") or rule["CidrIpv6"] for rule in egress(project)} == {"10.1.0.0/16", "2001:db8::/32"}

    assert project.preview().changes == []
    assert project.up().changes == []
    assert project.refresh().changes == []

    # Ports change in place; another kind of peer is another rule.
    project.write(site(port=444))
    up = project.up()
    assert sorted(up.changes) == [("update", EGRESS, "one"), ("update", EGRESS, "two")]
    assert up.diff("one") == {"toPort": "update"}
    project.write(site({**PEERS, "one": {"cidr_ipv6": "2001:db8:1::/48"}}, port=444))
    up = project.up()
    assert up.changes == [("create-replacement", EGRESS, "one"), ("delete-replaced", EGRESS, "one")]
    project.write(site({"two": PEERS["two"]}, port=444))
    assert project.up().changes == [("delete", EGRESS, "one")]

    destroy = project.destroy()
    assert destroy.ok, destroy.text
    assert destroy.count("delete") == 3
    filters = [{"Name": "description", "Values": ["probe"]}]
    assert project.ec2.describe_security_groups(Filters=filters)["SecurityGroups"] == []


def test_what_was_changed_by_hand_is_found_by_refresh_and_repaired(project: Project) -> None:
    project.write(site())
    assert project.up().ok
    group = project.stack_outputs()["group"]
    one, two = sorted(egress(project), key=lambda rule: "CidrIpv6" in rule)
    project.ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[one["SecurityGroupRuleId"]])
    wish = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 9999, "CidrIpv6": "2001:db8::/32"}
    change = {"SecurityGroupRuleId": two["SecurityGroupRuleId"], "SecurityGroupRule": wish}
    project.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[change])

    assert project.preview().changes == []  # without a refresh nobody looks
    assert sorted(project.refresh().changes) == [("delete", EGRESS, "one"), ("update", EGRESS, "two")]
    assert sorted(project.up().changes) == [("create", EGRESS, "one"), ("update", EGRESS, "two")]
    assert {rule["ToPort"] for rule in egress(project)} == {443}


def test_a_group_that_is_replaced_takes_its_rules_along(project: Project) -> None:
    project.write(site())
    assert project.up().ok
    before = project.stack_outputs()["group"]
    project.write(site().replace('description="probe"', 'description="other"'))
    up = project.up()
    assert up.ok, up.text
    assert (up.count("create-replacement"), up.count("delete-replaced")) == (3, 3)
    assert project.stack_outputs()["group"] != before
    assert len(egress(project)) == 2


def test_what_exists_is_imported_without_a_change(project: Project) -> None:
    vpc = project.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = project.ec2.create_security_group(GroupName="old", Description="by hand", VpcId=vpc)["GroupId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "x"}],
    }
    (rule,) = project.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])[
        "SecurityGroupRules"
    ]
    project.write("")
    done = project.import_file(
        [
            {"type": "probe:site:Site", "name": "site", "component": True},
            {"type": GROUP, "name": "group", "id": group, "parent": "site"},
            {"type": EGRESS, "name": "one", "id": rule["SecurityGroupRuleId"], "parent": "site"},
        ]
    )
    assert done.ok, done.text
    project.write(
        f"""
import pulumi, pulumi_aws as aws

site = pulumi.ComponentResource("probe:site:Site", "site")
child = pulumi.ResourceOptions(parent=site)
group = aws.ec2.SecurityGroup("group", name="old", description="by hand", vpc_id="{vpc}", opts=child)
aws.vpc.SecurityGroupEgressRule("one", security_group_id=group.id, ip_protocol="tcp", from_port=443, to_port=443,
    cidr_ipv4="10.1.0.0/16", description="x", opts=child)
"""
    )
    preview = project.preview()
    assert preview.ok, preview.text
    assert preview.changes == []


def test_default_tags_and_explicit_providers_have_no_perpetual_diff(project: Project) -> None:
    project.write(
        """
import pulumi, pulumi_aws as aws

other = aws.Provider("other", region="us-east-1", default_tags={"tags": {"team": "explicit"}})
aws.ec2.Vpc("here", cidr_block="10.0.0.0/16", tags={"env": "test"})
options = pulumi.ResourceOptions(provider=other)
there = aws.ec2.Vpc("there", cidr_block="10.0.0.0/16", tags={"team": "explicit"}, opts=options)
pulumi.export("there", there.arn)
"""
    )
    project.set("aws:defaultTags", {"tags": {"team": "default"}})
    assert project.up().ok
    assert ":us-east-1:" in project.stack_outputs()["there"]
    tags = {item["outputs"]["tagsAll"]["team"] for item in project.resources("ec2/vpc")}
    assert tags == {"default", "explicit"}
    assert project.up().changes == project.refresh().changes == project.up().changes == []
    project.set("aws:defaultTags", {"tags": {"team": "changed"}})
    assert project.up().changes == [("update", "aws:ec2/vpc:Vpc", "here")]
    assert project.up().changes == []


def test_getters_read_what_other_stacks_made(project: Project) -> None:
    group = project.ec2.describe_security_groups()["SecurityGroups"][0]
    project.write(
        f"""
import pulumi, pulumi_aws as aws

found = aws.ec2.get_security_group(id="{group["GroupId"]}")
vpc = aws.ec2.get_vpc(id=found.vpc_id)
rules = aws.vpc.get_security_group_rules(filters=[{{"name": "group-id", "values": [found.id]}}])
pulumi.export("found", {{"name": found.name, "cidr": vpc.cidr_block, "rules": len(rules.ids)}})
"""
    )
    assert project.up().ok
    assert project.stack_outputs()["found"] == {"name": "default", "cidr": "172.31.0.0/16", "rules": 2}


def test_secret_and_unknown_inputs_stay_what_they_are(project: Project) -> None:
    project.write(site({"one": {"cidr_ipv4": "SECRET"}}).replace("'SECRET'", 'pulumi.Output.secret("10.7.0.0/16")'))
    assert project.up().ok
    (rule,) = project.resources("EgressRule")
    assert rule["inputs"]["cidrIpv4"]["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
    assert "10.7.0.0" not in project.preview().text
