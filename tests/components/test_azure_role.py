"""`AzureRoleSecurityGroup` and `AzureIpGroups` on mocks."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from tests.components.azure_sites import AGENTS, GROUP, RELAYS, SITE
from tests.components.recorder import AZURE, Recording, check_golden, record
from tests.components.sites import changed
from ws_network.azure import AzureIpGroups, AzureRoleSecurityGroup, AzureWorkloadSecurity

NSG = "network:NetworkSecurityGroup"
ASG = "network:ApplicationSecurityGroup"
READ = "azure-native:network:getNetworkSecurityGroup"
OTHERS = {"relay": f"{AZURE}/applicationSecurityGroups/relays"}


def deploy(
    role: str,
    deployment: dict[str, Any],
    *,
    opts: pulumi.ResourceOptions | None = None,
    **args: Any,
) -> Recording:
    """Return what a program with one role registers; a group that exists has no rules."""

    def program() -> dict[str, Any]:
        given: Any = {"role": role, "deployment": deployment, "resource_group_name": GROUP, **args}
        group = AzureRoleSecurityGroup("hosts", given, opts)
        return {name: getattr(group, name) for name in AzureRoleSecurityGroup.__annotations__}

    return record(program, calls={READ: {"securityRules": []}})


def inline(recording: Recording, name: str) -> dict[str, dict[str, Any]]:
    """Return the rules inside a group, by name."""
    (group,) = (item for item in recording.of(NSG) if item.name == name)
    return {rule["name"]: rule for rule in group.inputs["securityRules"]}


class TestRole:
    """A team that moves one role to its own stack must not lose a rule."""

    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("azure-role", {"application_security_group_ids": OTHERS}),
            (
                "azure-role-adopted",
                {"application_security_group_ids": OTHERS, "network_security_group_name": "workers"},
            ),
        ],
    )
    def test_registers_exactly_these(self, name: str, args: dict[str, Any]) -> None:
        check_golden(name, deploy("agent", RELAYS, **args).to_dict())

    def test_has_the_rules_that_the_role_has_in_the_site(self) -> None:
        def site() -> None:
            AzureWorkloadSecurity("hosts", {"deployment": SITE, "resource_group_name": GROUP})

        whole = inline(record(site), "hosts-agent")
        alone = inline(deploy("agent", SITE, application_security_group_ids=OTHERS), "hosts-agent")
        assert list(alone) == list(whole)
        assert {name: rule["priority"] for name, rule in alone.items()} == {
            name: rule["priority"] for name, rule in whole.items()
        }

    def test_outputs(self) -> None:
        made = deploy("agent", AGENTS)
        assert made.outputs["network_security_group_id"] == f"{AZURE}/NetworkSecurityGroup/hosts-agent"
        assert made.outputs["application_security_group_id"] == f"{AZURE}/ApplicationSecurityGroup/hosts-agent"
        assert made.outputs["rule_count"] == len(inline(made, "hosts-agent"))
        assert "both-groups" in {entry["code"] for entry in made.outputs["findings"]}

    def test_own_group_that_exists(self) -> None:
        own = {"agent": f"{AZURE}/applicationSecurityGroups/workers", **OTHERS}
        made = deploy("agent", RELAYS, application_security_group_ids=own)
        assert made.of(ASG) == []
        assert made.outputs["application_security_group_id"] == own["agent"]

    def test_adopted(self) -> None:
        made = deploy("agent", AGENTS, network_security_group_name="workers")
        assert made.of(NSG) == []
        assert made.outputs["network_security_group_id"].endswith("/networkSecurityGroups/workers")
        assert made.outputs["rule_count"] == len(made.of("network:SecurityRule"))

    def test_children_get_parent_only(self) -> None:
        opts = pulumi.ResourceOptions(ignore_changes=["securityRules"], aliases=[pulumi.Alias(name="old")])
        made = deploy("agent", AGENTS, opts=opts)
        assert made.of("AzureRoleSecurityGroup")[0].options.keys() == {"ignoreChanges", "aliases"}
        assert {key for item in made.registrations if item.parent for key in item.options} <= {"aliases"}

    @pytest.mark.parametrize(
        ("deployment", "args", "sentence"),
        [
            (
                RELAYS,
                {},
                "the rules of agent refer to the group of relay: give application_security_group_ids['relay'], ",
            ),
            (AGENTS, {"role": "agnet"}, "unknown role of the deployment 'agnet': did you mean 'agent'?"),
            (AGENTS, {"role": None}, "role is missing: add it."),
            (
                AGENTS,
                {"network_security_group_name": "workers", "flush_connection": True},
                "flush_connection holds for a new group: remove it, or network_security_group_name.",
            ),
            (
                changed(AGENTS, layout="minimal"),
                {"network_security_group_name": "workers"},
                "layout is minimal, whose rules move",
            ),
            (AGENTS, {"report": "full"}, "unknown argument 'report'"),
            (None, {}, "deployment is missing: give the content of a deployment file."),
        ],
    )
    def test_one_sentence(self, deployment: Any, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^hosts: {re.escape(sentence)}") as raised:
            deploy(**{"role": "agent", "deployment": deployment, **args})
        assert "\n" not in str(raised.value)


def groups(lists: Any, **args: Any) -> Recording:
    """Return what a program with IP groups registers."""

    def program() -> dict[str, Any]:
        given: Any = {"resource_group_name": GROUP, "ip_addresses": lists, **args}
        return {"ip_group_ids": AzureIpGroups("sources", given).ip_group_ids}

    return record(program)


class TestIpGroups:
    """One group for each list, so that one address more is one change of one group."""

    def test_registers_exactly_these(self) -> None:
        made = groups(
            {"relays": ["10.20.4.0/28"], "agents": ["10.20.1.0/24", "10.20.0.0/24", "10.20.0.7/32"]},
            tags={"team": "network"},
            location="westeurope",
        )
        found = {item.name: item.inputs for item in made.of("network:IpGroup")}
        same = {"location": "westeurope", "resourceGroupName": GROUP, "tags": {"team": "network"}}
        assert found == {
            "sources-agents": {**same, "ipAddresses": ["10.20.0.0/23"]},
            "sources-relays": {**same, "ipAddresses": ["10.20.4.0/28"]},
        }
        assert made.outputs["ip_group_ids"] == {key: f"{AZURE}/IpGroup/sources-{key}" for key in ("agents", "relays")}

    def test_order_does_not_count(self) -> None:
        one, other = {"a": ["10.0.0.0/24"], "b": ["10.0.1.0/24"]}, {"b": ["10.0.1.0/24"], "a": ["10.0.0.0/24"]}
        assert groups(one).to_dict() == groups(other).to_dict()

    @pytest.mark.parametrize(
        ("lists", "sentence"),
        [
            ({}, "ip_addresses holds no list: give blocks by name"),
            ({"agents": []}, "ip_addresses['agents'] is empty, and Azure skips every rule that names an empty group"),
            ({"agents": "10.0.0.0/8"}, "ip_addresses['agents'] cannot be '10.0.0.0/8': write a list, as [10.0.0.0/8]."),
            ({"agents": ["fd00::/64"]}, "ip_addresses['agents'] has fd00::/64, which Azure Firewall cannot hold"),
            ({"agents": ["10.0.0.1/8"]}, "'10.0.0.1/8' has host bits"),
            (
                {"agents": [f"10.{n // 250}.{n % 250}.1/32" for n in range(5001)]},
                "ip_addresses['agents'] has 5001 blocks, more than the 5000 that Azure takes in one IP group",
            ),
            ({"agents": [pulumi.Output.from_input("10.0.0.0/8")]}, "ip_addresses['agents'][0] is an output of another"),
        ],
        ids=["none", "empty", "text", "ipv6", "host-bits", "too-many", "output"],
    )
    def test_one_sentence(self, lists: Any, sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^sources: {re.escape(sentence)}"):
            groups(lists)
