"""What AWS refuses is refused on the real engine, in one sentence, and leaves a state to go on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine.harness import Project, Result

pytestmark = pytest.mark.engine

LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"

HEAD = """
import pulumi_aws as aws
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id)
def rule(name, port=443, **peer):
    aws.vpc.SecurityGroupEgressRule(
        name, security_group_id=group.id, ip_protocol="tcp", from_port=port, to_port=port, **peer
    )
"""


def listing(size: int, count: int, more: str = "") -> str:
    entries = [{"cidr": f"10.{n // 256}.{n % 256}.0/24"} for n in range(count)]
    return (
        HEAD
        + f'found = aws.ec2.ManagedPrefixList("list", address_family="IPv4", max_entries={size}, entries={entries!r})\n'
        + more
    )


def no_traceback(result: Result) -> None:
    assert not result.ok
    assert "Traceback" not in result.text, result.text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('cidr_ipv4="10.1.2.3/16"', 'did you mean "10.1.0.0/16"?'),
        ('port=70000, cidr_ipv6="::/0"', "70000 is not between 0 and 65535"),
    ],
)
def test_bad_input_fails_the_preview(project: Project, rule: str, words: str) -> None:
    project.write(HEAD + f'rule("one", {rule})')
    preview = project.preview()
    no_traceback(preview)
    assert words in preview.text


def test_over_quota_the_next_update_finishes_what_fits(project: Project) -> None:
    project.write(HEAD + "for n in range(61):\n    rule(f'r{n}', cidr_ipv4=f'10.1.{n}.0/24')\n")
    up = project.up()
    no_traceback(up)
    assert any("RulesPerSecurityGroupLimitExceeded" in text for text in up.errors)
    project.write(HEAD + "for n in range(60):\n    rule(f'r{n}', cidr_ipv4=f'10.1.{n}.0/24')\n")
    assert project.up().ok
    assert project.preview().changes == []
    assert len(project.resources("EgressRule")) == 60


def test_the_same_rule_twice_is_refused(project: Project) -> None:
    project.write(
        HEAD + 'rule("one", cidr_ipv4="10.1.0.0/16")\nrule("two", cidr_ipv4="10.1.0.0/16", description="x")\n'
    )
    up = project.up()
    no_traceback(up)
    assert any("InvalidPermission.Duplicate" in text for text in up.errors)


def test_a_list_grows_with_its_size(project: Project) -> None:
    project.write(listing(10, 10))
    assert project.up().ok
    project.write(listing(120, 90))
    up = project.up()
    assert up.changes == [("update", LIST, "list")], up.text
    (item,) = project.ec2.describe_managed_prefix_lists()["PrefixLists"]
    assert (item["MaxEntries"], item["Version"]) == (120, 2)
    project.write(listing(5, 5))
    assert project.up().ok
    assert project.preview().changes == []


def test_more_than_a_hundred_entries_go_in_two_steps(project: Project) -> None:
    project.write(listing(150, 150))
    up = project.up()
    no_traceback(up)
    assert any("at most 100 are allowed" in text for text in up.errors)
    for count in (100, 150):
        project.write(listing(150, count))
        assert project.up().ok


def test_a_lists_size_counts_against_the_group(project: Project) -> None:
    use = 'rule("list", prefix_list_id=found.id)\n'
    project.write(listing(60, 1, use))
    assert project.up().ok
    project.write(listing(61, 1, use))
    up = project.up()
    no_traceback(up)
    assert any("RulesPerSecurityGroupLimitExceeded" in text for text in up.errors)
    project.write(listing(60, 2, use))
    assert project.up().changes == [("update", LIST, "list")]


def test_what_is_in_use_is_not_deleted(project: Project) -> None:
    project.write(HEAD)
    assert project.up().ok
    (group,) = project.resources("ec2/securityGroup")
    other = project.ec2.create_security_group(GroupName="by-hand", Description="d", VpcId=group["outputs"]["vpcId"])[
        "GroupId"
    ]
    pair = {"UserIdGroupPairs": [{"GroupId": group["id"]}], "IpProtocol": "-1"}
    project.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    destroy = project.destroy()
    no_traceback(destroy)
    assert any("DependencyViolation" in text for text in destroy.errors)
    project.ec2.delete_security_group(GroupId=other)
    assert project.destroy().ok


def test_exclusive_rules(project: Project) -> None:
    project.write(
        f"""{HEAD}
one = aws.vpc.SecurityGroupEgressRule(
    "one", security_group_id=group.id, ip_protocol="-1", cidr_ipv4="10.0.0.0/8"
)
aws.ec2.VpcSecurityGroupRulesExclusive(
    "only", security_group_id=group.id, ingress_rule_ids=[], egress_rule_ids=[one.id]
)
"""
    )
    assert project.up().ok
    assert project.up().changes == []
    (group,) = project.resources("ec2/securityGroup")
    stray = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    project.ec2.authorize_security_group_ingress(GroupId=group["id"], IpPermissions=[stray])
    assert [change.name for change in project.refresh().changes] == ["only"]
    assert [change.name for change in project.up().changes] == ["only"]
    filters = [{"Name": "group-id", "Values": [group["id"]]}]
    assert len(project.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]) == 1
    assert project.destroy().ok


def test_a_type_that_is_not_emulated_says_so(project: Project) -> None:
    project.write("import pulumi_aws as aws\naws.s3.Bucket('b')\n")
    preview = project.preview()
    no_traceback(preview)
    assert "aws:s3/bucket:Bucket is not emulated here" in preview.text


def test_a_missing_region_says_what_to_type(project: Project) -> None:
    project.write(HEAD)
    project.config.clear()
    preview = project.preview()
    no_traceback(preview)
    assert "pulumi config set aws:region" in preview.text
