"""`AwsRoleSecurityGroup` on mocks."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from tests.components.recorder import Recording, check_golden, record
from tests.components.sites import AGENTS, SITE, changed
from ws_network.aws import AwsRoleSecurityGroup, AwsWorkloadSecurity

VPC = "vpc-0a1b2c3d4e5f60718"
GROUP = "sg-0d4e5f60718a1b2c3"
RELAYS = {"relay": "sg-0718a1b2c3d4e5f60"}


def deploy(
    role: str, deployment: dict[str, Any], *, opts: pulumi.ResourceOptions | None = None, **args: Any
) -> Recording:
    """Return what a program with one role registers; `vpc_id` is given unless it is None."""

    def program() -> dict[str, Any]:
        group = AwsRoleSecurityGroup("hosts", {"role": role, "deployment": deployment, "vpc_id": VPC, **args}, opts)
        return {name: getattr(group, name) for name in AwsRoleSecurityGroup.__annotations__}

    return record(program)


class TestWholeListOfResources:
    """A resource that appears, goes or changes a property is seen in review, not in a user's preview."""

    @pytest.mark.parametrize(
        ("name", "role", "deployment", "args"),
        [
            ("role", "agent", SITE, {"exclusive": True, "role_security_group_ids": RELAYS}),
            ("role-adopted", "agent", AGENTS, {"security_group_id": GROUP, "vpc_id": None}),
            ("role-split", "agent", changed(AGENTS, split={"agent": 2}), {}),
        ],
    )
    def test_registers_exactly_these(
        self, name: str, role: str, deployment: dict[str, Any], args: dict[str, Any]
    ) -> None:
        check_golden(name, deploy(role, deployment, **args).to_dict())

    def test_has_the_rules_that_the_role_has_in_the_site(self) -> None:
        """A team that moves one role to its own stack must not lose a rule."""

        def site() -> None:
            AwsWorkloadSecurity("hosts", {"deployment": SITE, "vpc_id": VPC})

        whole = {item.name for item in record(site).of("gressRule") if item.name.startswith("hosts-agent-")}
        alone = {item.name for item in deploy("agent", SITE, role_security_group_ids=RELAYS).of("gressRule")}
        assert alone == whole
        assert whole

    def test_lists_of_other_roles_are_not_made(self) -> None:
        made = deploy("agent", SITE, role_security_group_ids=RELAYS)
        named = {item.inputs.get("prefixListId") for item in made.of("gressRule")} - {None}
        assert named == {f"id-of-{item.name}" for item in made.of("ManagedPrefixList")}
        assert "hosts-peer-vmware-vcenter-ipv4" not in {item.name for item in made.of("ManagedPrefixList")}


class TestAdoptedGroup:
    """Someone else's group stays as it is: only its rules are ours."""

    def test_no_group_is_made_and_its_id_comes_back(self) -> None:
        made = deploy("agent", AGENTS, security_group_id=GROUP, vpc_id=None)
        assert made.of("securityGroup:SecurityGroup") == []
        assert made.outputs["security_group_id"] == GROUP
        assert made.outputs["security_group_ids"] == [GROUP]
        assert {item.inputs["securityGroupId"] for item in made.of("gressRule")} == {GROUP}

    def test_secret_stays_secret(self) -> None:
        made = deploy("agent", AGENTS, security_group_id=pulumi.Output.secret(GROUP), vpc_id=None)
        assert {str(item.inputs["securityGroupId"]) for item in made.of("gressRule")} == {str({"(secret)": GROUP})}
        assert {"security_group_id", "security_group_ids"} <= made.secret

    def test_missing_is_an_error(self) -> None:
        gone: Any = pulumi.Output.from_input(None)
        with pytest.raises(pulumi.RunError, match=r"^hosts: the id of the existing group 'agent' is missing"):
            deploy("agent", AGENTS, security_group_id=gone, vpc_id=None)

    def test_none_is_not_given(self) -> None:
        """A program that hands on an option of its own passes None where it is not set."""
        assert len(deploy("agent", AGENTS, security_group_id=None).of("securityGroup:SecurityGroup")) == 1


class TestOtherRoles:
    """A role refers to the groups of others, which its component does not make."""

    def test_rules_name_their_groups(self) -> None:
        made = deploy("relay", SITE, role_security_group_ids={"agent": GROUP})
        assert made.named("hosts-relay-ingress-tcp-4122-role-agent").inputs["referencedSecurityGroupId"] == GROUP
        own = made.named("hosts-relay-ingress-tcp-4122-role-relay").inputs
        assert own["referencedSecurityGroupId"] == own["securityGroupId"] == "id-of-hosts-relay"

    def test_missing_id_is_an_error(self) -> None:
        gone: Any = pulumi.Output.from_input(None)
        with pytest.raises(pulumi.RunError, match=r"^hosts: role_security_group_ids\['relay'\] is missing"):
            deploy("agent", SITE, role_security_group_ids={"relay": gone})


class TestOutputs:
    """What programs attach and read."""

    def test_split_role_gives_every_group(self) -> None:
        made = deploy("agent", changed(AGENTS, split={"agent": 2}))
        assert made.outputs["security_group_id"] == "id-of-hosts-agent"
        assert made.outputs["security_group_ids"] == ["id-of-hosts-agent", "id-of-hosts-agent-2"]
        assert made.outputs["rule_count"] == len(made.of("gressRule"))

    def test_children_get_parent_only(self) -> None:
        opts = pulumi.ResourceOptions(ignore_changes=["entries"], aliases=[pulumi.Alias(name="old")])
        made = deploy("agent", AGENTS, opts=opts)
        assert made.of("AwsRoleSecurityGroup")[0].options.keys() == {"ignoreChanges", "aliases"}
        assert {str(item.options) for item in made.registrations if item.parent} == {"{}"}


class TestBadArguments:
    """One sentence that says what to type, with the component's name, before any resource is made."""

    @pytest.mark.parametrize(
        ("deployment", "args", "sentence"),
        [
            (SITE, {}, "the rules of agent refer to the group of relay: give role_security_group_ids['relay'], or "),
            (SITE, {"role": None}, "role is missing: add it."),
            (SITE, {"role": "agnet"}, "unknown role of the deployment 'agnet': did you mean 'agent'?"),
            (
                SITE,
                {"role_security_group_ids": {"relais": GROUP}},
                "unknown key in role_security_group_ids 'relais': did you mean 'relay'?",
            ),
            (
                SITE,
                {"role_security_group_ids": {"agent": GROUP}},
                "unknown key in role_security_group_ids 'agent': known are administrator, data-center-gateway, relay.",
            ),
            (
                AGENTS,
                {"vpc_id": None},
                "vpc_id is missing: give the VPC of the new group, or security_group_id of one that exists.",
            ),
            (
                AGENTS,
                {"security_group_id": GROUP, "exclusive": True},
                "security_group_id adopts a group, which cannot be exclusive: remove one of the two.",
            ),
            (
                changed(AGENTS, split={"agent": 2}),
                {"security_group_id": GROUP},
                "security_group_id adopts a group, which cannot be split: remove one of the two.",
            ),
            (
                AGENTS,
                {"prefix_list_ids": {"peer-dns-server-ipv6": "pl-0f3a9c21d4e5b6a78"}},
                "unknown key in prefix_list_ids 'peer-dns-server-ipv6': did you mean 'peer-dns-server-ipv4'?",
            ),
            (AGENTS, {"report": "full"}, "unknown argument 'report'"),
            (None, {}, "deployment is missing: give the content of a deployment file."),
        ],
    )
    def test_one_sentence(self, deployment: Any, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^hosts: {re.escape(sentence)}") as raised:
            deploy(**{"role": "agent", "deployment": deployment, **args})
        assert "\n" not in str(raised.value)
