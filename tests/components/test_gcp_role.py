"""`GcpRoleFirewall` and `GcpAddressGroups` on mocks."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from tests.components.gcp_sites import AGENTS, SITE, tags_of
from tests.components.recorder import Recording, check_golden, record
from ws_network.gcp import GcpAddressGroups, GcpRoleFirewall, GcpWorkloadSecurity

NETWORK = "projects/my-project/global/networks/main"
RULE = "networkFirewallPolicyRule:"


def deploy(role: str, deployment: dict[str, Any], **args: Any) -> Recording:
    """Return what a program with one role registers."""
    usual = {"role_secure_tags": tags_of(deployment)}

    def program() -> dict[str, Any]:
        made = GcpRoleFirewall("hosts", {"role": role, "deployment": deployment, **usual, **args})
        return {name: getattr(made, name) for name in GcpRoleFirewall.__annotations__}

    return record(program)


def groups(**args: Any) -> Recording:
    """Return what a program with address groups registers."""

    def program() -> dict[str, Any]:
        made = GcpAddressGroups("lists", {"parent": "projects/p", **args})
        return {"address_group_ids": made.address_group_ids}

    return record(program)


class TestRole:
    """A team that has one role in a stack of its own."""

    @pytest.mark.parametrize(
        ("name", "role", "args"),
        [
            ("gcp-role", "agent", {"network": NETWORK}),
            ("gcp-role-adopted", "relay", {"firewall_policy": "theirs", "project": "hub"}),
        ],
    )
    def test_registers_exactly_these(self, name: str, role: str, args: dict[str, Any]) -> None:
        check_golden(name, deploy(role, SITE, **args).to_dict())

    def test_has_the_rules_that_the_role_has_in_the_site(self) -> None:
        """A team that moves one role to its own stack must not lose a rule."""

        def site() -> None:
            args: Any = {"deployment": SITE, "network": NETWORK, "role_secure_tags": tags_of(SITE)}
            GcpWorkloadSecurity("hosts", args)

        whole = {i.name: i.inputs for i in record(site).of(RULE) if i.name.startswith("hosts-relay-")}
        made = deploy("relay", SITE, network=NETWORK)
        assert {item.name: item.inputs for item in made.of(RULE)} == whole
        assert whole
        assert made.outputs["rule_count"] == len(whole)

    def test_groups_of_other_roles_are_not_made(self) -> None:
        made = deploy("administrator", SITE, network=NETWORK)
        used = {name for item in made.of(RULE) for name in item.inputs["match"].get("destAddressGroups", [])}
        assert used == {f"id-of-{item.name}" for item in made.of("addressGroup:")}

    def test_unknown_role(self) -> None:
        with pytest.raises(pulumi.RunError, match=r"^hosts: unknown role of the deployment 'agnt': did you mean"):
            deploy("agnt", AGENTS, network=NETWORK)


class TestAddressGroups:
    """A group is of one family, and its capacity is for ever."""

    def test_names_capacities_and_labels(self) -> None:
        made = groups(
            cidrs={"dns": ["10.0.1.0/24", "10.0.0.0/24"], "ntp": ["fd00::1/128"]},
            capacities={"ntp": 40.0},
            labels={"Team": "Network"},
        )
        found = {item.name: item.inputs for item in made.of("addressGroup:")}
        assert {name: (i["type"], i["capacity"], i["items"]) for name, i in found.items()} == {
            "lists-dns-5": ("IPV4", 5, ["10.0.0.0/24", "10.0.1.0/24"]),
            "lists-ntp-40": ("IPV6", 40, ["fd00::1/128"]),
        }
        assert {str(item["labels"]) for item in found.values()} == {"{'team': 'network'}"}
        assert made.outputs["address_group_ids"] == {"dns": "id-of-lists-dns-5", "ntp": "id-of-lists-ntp-40"}

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            ({"cidrs": {"dns": []}}, "cidrs['dns'] is empty: give at least one range, or leave the group out."),
            ({"cidrs": {"dns": "10.0.0.0/8"}}, "cidrs['dns'] cannot be '10.0.0.0/8': write a list, as [10.0.0.0/8]."),
            ({"cidrs": {"dns": ["10.0.0.0/8", "fd00::/8"]}}, "cidrs['dns'] has IPv4 and IPv6 ranges, and a group"),
            ({"cidrs": {"dns": ["0.0.0.0/0"]}}, "'0.0.0.0/0' is every address, which a group would hide"),
            ({"cidrs": {"dns": [f"10.{n // 256}.{n % 256}.0/24" for n in range(1001)]}}, "cidrs['dns'] has 1001 range"),
            ({"cidrs": {"dns": ["10.0.0.0/8"]}, "capacities": {"dns": 0}}, "capacities['dns'] is 0 for 1 ranges: give"),
            ({"cidrs": {"dns": ["10.0.0.0/8"]}, "capacities": {"dns": True}}, "capacities['dns'] cannot be true"),
            ({"cidrs": {"dns": ["10.0.0.0/8"]}, "capacities": {"dsn": 5}}, "unknown key in capacities 'dsn': did you"),
            (
                {"cidrs": {"dns": ["10.0.0.0/8"]}, "parent": "hub"},
                "parent is 'hub': write it as projects/my-project or organizations/123456789.",
            ),
            ({"cidrs": {"dns": ["10.0.0.0/8"]}, "labels": {"Team": "a b"}}, "labels has 'team: a b', which GCP takes"),
            ({}, "cidrs is missing: add it."),
        ],
    )
    def test_one_sentence(self, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^lists: {re.escape(sentence)}"):
            groups(**args)
