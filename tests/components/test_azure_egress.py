"""`AzureEgressPolicy` on mocks."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from tests.components.azure_sites import AGENTS, GROUP
from tests.components.recorder import AZURE, Recording, check_golden, record
from tests.components.sites import HELD, changed, with_peer
from ws_network.azure import AzureEgressPolicy

FILTERED = changed(AGENTS, names=None, any_address=None, behind=None, tags={"team": "network"})
BOTH = changed(FILTERED, roles=["agent", "relay"])
NETWORKS = {"agent": ["10.20.1.0/24"]}
RCG = "network:FirewallPolicyRuleCollectionGroup"
POLICY = "network:FirewallPolicy"
IP_GROUP_ID = f"{AZURE}/ipGroups/relays"
MANY = [f"10.9.{number}.1/32" for number in range(21)]
LONG = with_peer(with_peer(FILTERED, "siem-or-syslog-server", {"cidrs": MANY}), "dns-server", {"cidrs": MANY})


def deploy(
    deployment: dict[str, Any] | None = FILTERED,
    *,
    preview: bool = False,
    opts: pulumi.ResourceOptions | None = None,
    **args: Any,
) -> Recording:
    """Return what a program with one policy registers."""

    def program() -> dict[str, Any]:
        given: Any = {"deployment": deployment, "resource_group_name": GROUP, "role_cidrs": NETWORKS, **args}
        policy = AzureEgressPolicy("out", given, opts)
        return {name: getattr(policy, name) for name in AzureEgressPolicy.__annotations__}

    return record(program, preview=preview)


def rules(made: Recording) -> dict[str, dict[str, Any]]:
    """Return the rules that are registered, by name."""
    (group,) = made.of(RCG)
    return {rule["name"]: rule for found in group.inputs["ruleCollections"] for rule in found["rules"]}


class TestPolicy:
    """What is registered is what Azure gets: a rule that is lost here is lost for good."""

    def test_registers_exactly_these(self) -> None:
        check_golden("azure-egress", deploy(BOTH, role_ip_group_ids={"relay": IP_GROUP_ID}).to_dict())

    def test_has_the_dns_proxy_and_no_other_rules(self) -> None:
        (policy,) = [item for item in deploy().of(POLICY) if item.type.endswith(":FirewallPolicy")]
        assert policy.inputs["dnsSettings"] == {"enableProxy": True}
        assert policy.inputs["sku"] == {"tier": "Standard"}
        assert policy.inputs["tags"] == {"team": "network"}

    def test_one_that_exists_is_left_alone(self) -> None:
        made = deploy(firewall_policy_name="hub", priority=400)
        assert [item.type for item in made.of(POLICY)] == [f"azure-native:{RCG}"]
        (group,) = made.of(RCG)
        assert (group.inputs["firewallPolicyName"], group.inputs["priority"]) == ("hub", 400)

    def test_sources_are_those_of_each_role(self) -> None:
        made = rules(deploy(BOTH, role_ip_group_ids={"relay": IP_GROUP_ID}))
        for name, rule in made.items():
            if name.startswith("agent-"):
                assert rule["sourceAddresses"] == ["10.20.1.0/24"]
            else:
                assert rule["sourceIpGroups"] == [IP_GROUP_ID]

    def test_one_after_another(self) -> None:
        """Azure refuses a change of an IP group or policy while another one of the same policy is under way."""
        made = deploy(LONG, role_cidrs={"agent": MANY})
        waits = {item.name: {urn.rsplit("::", 1)[-1] for urn in item.depends_on} for item in made.registrations}
        first, second, third = sorted(name for name in waits if name.startswith("out-"))
        assert waits[second] >= {first}
        assert waits[third] >= {second}
        (policy,) = [item for item in made.registrations if item.type.endswith(":FirewallPolicy")]
        (group,) = made.of(RCG)
        groups = {first, second, third}
        assert {urn.rsplit("::", 1)[-1] for urn in policy.depends_on} >= groups
        assert {urn.rsplit("::", 1)[-1] for urn in group.depends_on if ":IpGroup::" in urn} == groups
        assert any(urn.endswith(":FirewallPolicy::out") for urn in group.depends_on)

    def test_a_preview_shows_every_rule_before_any_id_is_known(self) -> None:
        made = rules(deploy(LONG, preview=True))
        assert made.keys() == rules(deploy(LONG)).keys()
        assert made["agent-egress-agent-syslog-udp-ipv4-groups"]["destinationIpGroups"] == ["(unknown)"]

    def test_outputs(self) -> None:
        made = deploy(LONG)
        assert made.outputs["rule_collection_group_id"].endswith("/out")
        assert set(made.outputs["ip_group_ids"]) == {"peer-dns-server-ipv4", "peer-siem-or-syslog-server-ipv4"}
        assert made.outputs["rule_count"] == len(rules(made))
        assert {"name-claimed", "wildcard-admitted"} <= {entry["code"] for entry in made.outputs["findings"]}
        assert "10.9.3.1/32" in made.outputs["report"]
        assert "10.9.3.1/32" not in deploy(LONG, report="redacted").outputs["report"]
        assert deploy().outputs["ip_group_ids"] == {}

    def test_secrets_stay_secret(self) -> None:
        made = rules(deploy(BOTH, role_ip_group_ids={"relay": pulumi.Output.secret(IP_GROUP_ID)}))
        found = [rule["sourceIpGroups"] for name, rule in made.items() if name.startswith("relay-")]
        assert found
        assert all(groups == [{"(secret)": IP_GROUP_ID}] for groups in found)

    def test_children_get_parent_only(self) -> None:
        opts = pulumi.ResourceOptions(ignore_changes=["ruleCollections"], aliases=[pulumi.Alias(name="old")])
        made = deploy(LONG, opts=opts)
        assert {key for item in made.registrations if item.parent for key in item.options} <= {"aliases"}

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            ({"role_cidrs": None}, "role agent has rules and no networks: give the IPv4 ranges of its subnets as "),
            ({"role_cidrs": {"agnet": ["10.0.0.0/8"]}}, "unknown role in role_cidrs 'agnet': did you mean 'agent'?"),
            ({"role_cidrs": {"agent": "10.0.0.0/8"}}, "role_cidrs['agent'] cannot be '10.0.0.0/8': write a list, as "),
            ({"role_cidrs": {"agent": [pulumi.Output.from_input("x")]}}, "role_cidrs['agent'][0] is an output of "),
            ({"firewall_policy_name": "hub"}, "priority is missing: give the group one from 100 to 65000 that comes"),
            (
                {"firewall_policy_name": "a/policies/hub", "priority": 400},
                "firewall_policy_name: 'a/policies/hub' is no name of a firewall policy: write it without its path, ",
            ),
            (
                {"firewall_policy_name": pulumi.Output.from_input(f"{AZURE}/firewallPolicies/hub"), "priority": 400},
                f"firewall_policy_name: '{AZURE}/firewallPolicies/hub' is no name of a firewall policy: ",
            ),
            ({"priority": 99}, "priority is 99, which no rule collection group can have: give one from 100 to 65000."),
            ({"priority": "high"}, "priority cannot be 'high'"),
            ({"dns_proxy": True}, "dns_proxy is about a policy that exists, and ours has it on: give firewall_policy_"),
            (
                {"role_cidrs": {}, "role_ip_group_ids": {"agent": "agents"}},
                "role_ip_group_ids['agent']: 'agents' is no",
            ),
            ({"report": "half"}, "unknown report 'half'"),
            ({"firewall_policy": "hub"}, "unknown argument 'firewall_policy': did you mean 'firewall_policy_name'?"),
            ({"deployment": None}, "deployment is missing: give the content of a deployment file."),
        ],
        ids=lambda value: None if isinstance(value, str) else next(iter(value)),
    )
    def test_one_sentence(self, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^out: {re.escape(sentence)}") as raised:
            deploy(**args)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize("said", [{}, {"dns_proxy": False}], ids=str)
    def test_names_in_network_rules_need_the_proxy_of_a_policy_that_exists(self, said: dict[str, Any]) -> None:
        named = with_peer(FILTERED, "siem-or-syslog-server", {"fqdns": ["siem.corp.example"]})
        with pytest.raises(pulumi.RunError, match=r"has no DNS proxy\. Switch the proxy on and say dns_proxy: true"):
            deploy(named, firewall_policy_name="hub", priority=400, **said)
        made = deploy(named, firewall_policy_name="hub", priority=400, dns_proxy=True)
        assert any("destinationFqdns" in rule for rule in rules(made).values())

    def test_a_site_that_needs_nothing_outside(self) -> None:
        lines = ("agent-service", "agent-spn-443", "agent-spn-80", "agent-download-center-443")
        peers = {"dns-server": {"platform": True}, "ntp-server": {"platform": True}}
        nothing = changed(FILTERED, peers=peers, decline=dict.fromkeys(lines, HELD))
        with pytest.raises(pulumi.RunError, match=r"^out: nothing that the site needs leaves its network by way of a "):
            deploy(nothing)

    def test_no_snapshot_where_one_is_needed(self) -> None:
        named = changed(FILTERED, names=[{"target": "azure-firewall", "forms": ["snapshot"]}])
        with pytest.raises(pulumi.RunError, match="no permitted form of address on azure-firewall covers"):
            deploy(named)
