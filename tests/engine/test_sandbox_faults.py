"""Failures half way end in a state from which the next update finishes; engines do not get into each other's way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi_aws as aws
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, name=NAME)
for n in range(COUNT):
    aws.vpc.SecurityGroupEgressRule(
        f"rule-{n}", security_group_id=group.id, ip_protocol="tcp", from_port=443, to_port=443,
        cidr_ipv4=f"10.1.{n}.0/24",
    )
"""


def program(count: int = 6, name: str = "probe") -> str:
    return PROGRAM.replace("COUNT", str(count)).replace("NAME", repr(name))


def test_throttling_is_waited_out(project: Project) -> None:
    project.write(program())
    project.fail(throttle={"AuthorizeSecurityGroupEgress": 10, "CreateVpc": 2})
    up = project.up()
    assert up.ok, up.text
    assert project.preview().changes == []


def test_throttling_without_end_fails_and_the_next_update_finishes(project: Project) -> None:
    project.write(program())
    project.set("aws:maxRetries", 3)
    project.fail(throttle={"AuthorizeSecurityGroupEgress": {"after": 2, "count": 1000}})
    up = project.up()
    assert not up.ok
    assert any("RequestLimitExceeded" in text for text in up.errors)
    project.fail()
    up = project.up()
    assert up.ok, up.text
    assert up.count("create") == 4
    assert project.preview().changes == []


def test_a_refusal_half_way_is_finished_by_the_next_update(project: Project) -> None:
    project.write(program())
    project.fail(refuse={"AuthorizeSecurityGroupEgress": {"after": 3, "count": 1}})
    assert not project.up().ok
    assert project.up().ok
    assert len(project.resources("EgressRule")) == 6
    assert project.destroy().ok


def test_a_resource_that_was_created_but_not_initialised_is_kept(project: Project) -> None:
    project.write(program(1))
    project.fail(partial={"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 1})
    up = project.up()
    assert not up.ok
    assert "not fully initialised" in up.text
    (rule,) = project.resources("EgressRule")
    assert rule["initErrors"]
    up = project.up()
    assert up.ok, up.text
    assert [change.op for change in up.changes] == ["update"]
    assert project.up().changes == []


def test_a_lost_answer_leaves_a_rule_that_the_next_update_meets(project: Project) -> None:
    """As with the real cloud: nobody knows the rule's id, so it has to be taken away, or imported, by hand."""
    project.write(program(1))
    project.fail(lose_answer={"AuthorizeSecurityGroupEgress": 1})
    assert not project.up().ok
    up = project.up()
    assert any("InvalidPermission.Duplicate" in text for text in up.errors)
    (group,) = project.resources("ec2/securityGroup")
    filters = [{"Name": "group-id", "Values": [group["id"]]}]
    (rule,) = project.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    project.ec2.revoke_security_group_egress(GroupId=group["id"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert project.up().ok


def test_a_provider_that_dies_is_survived(project: Project) -> None:
    project.write(program(1))
    project.fail(crash={"CreateSecurityGroup": 1})
    assert not project.up().ok
    project.fail()
    # The engine noted a creation without an end; refresh drops the note, as a user is told to.
    assert project.refresh("--clear-pending-creates").ok
    up = project.up()
    assert any("InvalidGroup.Duplicate" in text for text in up.errors), up.text
    (group,) = project.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["probe"]}])[
        "SecurityGroups"
    ]
    project.ec2.delete_security_group(GroupId=group["GroupId"])
    assert project.up().ok


def test_two_stacks_in_one_account_at_the_same_time(make_project: Callable[..., Project]) -> None:
    first = make_project(program(20, "first"), name="first")
    second = make_project(program(20, "second"), name="second", sandbox=first.sandbox)
    running = [project.start("up", "--yes", "--skip-preview") for project in (first, second)]
    for process in running:
        text, _ = process.communicate(timeout=120)
        assert process.returncode == 0, text
    for project in (first, second):
        assert project.preview().changes == []
    assert first.destroy().ok
    assert second.refresh().changes == []
    assert len(second.resources("EgressRule")) == 20


def test_no_process_is_left_behind(project: Project) -> None:
    mark = f"WS_NETWORK_SANDBOX={project.sandbox}".encode()

    def running() -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    found.append(process.name)
            except OSError:
                continue  # it has ended meanwhile
        return found

    project.write(program(1))
    assert project.up().ok
    assert running() == []
