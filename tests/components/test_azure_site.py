"""`AzureWorkloadSecurity` on mocks: every resource that it registers, and what it says."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pytest

from tests.components.azure_sites import AGENTS, GROUP, RELAYS, SITE, own
from tests.components.recorder import AZURE, Recording, check_golden, record
from tests.components.sites import changed, with_peer
from ws_network.azure import AzureWorkloadSecurity

NSG = "network:NetworkSecurityGroup"
RULE = "network:SecurityRule"
ASG = "network:ApplicationSecurityGroup"
READ = "azure-native:network:getNetworkSecurityGroup"
THEIRS = f"{AZURE}/applicationSecurityGroups/collectors"
SIEM = {"siem-or-syslog-server": THEIRS}


def found(*rules: tuple[str, str, int, str]) -> dict[str, Any]:
    """Return what a lookup of a group with these rules answers: name, direction, priority, description."""
    names = ("name", "direction", "priority", "description")
    return {READ: {"name": "workers", "securityRules": [dict(zip(names, rule, strict=True)) for rule in rules]}}


EMPTY = found()
ADOPT: dict[str, Any] = {"network_security_group_names": {"agent": "workers"}}


def deploy(
    deployment: dict[str, Any],
    *,
    preview: bool = False,
    opts: pulumi.ResourceOptions | None = None,
    calls: dict[str, Any] | None = None,
    **args: Any,
) -> Recording:
    """Return what a program with one site registers."""

    def program() -> dict[str, Any]:
        given: Any = {"deployment": deployment, "resource_group_name": GROUP, **args}
        site = AzureWorkloadSecurity("site", given, opts)
        return {name: getattr(site, name) for name in AzureWorkloadSecurity.__annotations__}

    return record(program, preview=preview, calls=calls)


def inline(recording: Recording, role: str = "agent") -> dict[str, dict[str, Any]]:
    """Return the rules inside the group of a role, by name."""
    (group,) = (item for item in recording.of(NSG) if item.name == f"site-{role}")
    return {rule["name"]: rule for rule in group.inputs["securityRules"]}


class TestWholeListOfResources:
    """A resource that appears, goes or changes a property is seen in review, not in a user's preview."""

    @pytest.mark.parametrize(
        ("name", "deployment", "args"),
        [
            ("azure-site", SITE, {"location": "westeurope", "flush_connection": True}),
            ("azure-site-adopted", AGENTS, {"network_security_group_names": {"agent": "workers"}}),
            (
                "azure-site-ids-of-others",
                changed(RELAYS, tags={"team": "network"}, deny_rest=False),
                {
                    "peer_application_security_group_ids": {**SIEM, "siem-or-syslog-server/second": f"{THEIRS}-2"},
                    "application_security_group_ids": {"agent": f"{AZURE}/applicationSecurityGroups/workers"},
                    "first_priority": 300,
                },
            ),
        ],
    )
    def test_registers_exactly_these(self, name: str, deployment: dict[str, Any], args: dict[str, Any]) -> None:
        check_golden(name, deploy(deployment, calls=EMPTY, **args).to_dict())

    def test_preview_registers_what_up_does(self) -> None:
        """Rules behind an unknown name would first be seen when they are made."""

        def program() -> None:
            group = azure.resources.ResourceGroup("main")
            AzureWorkloadSecurity("site", {"deployment": SITE, "resource_group_name": group.name})

        preview, made = record(program, preview=True), record(program)
        assert {(item.type, item.name) for item in preview.registrations} == {
            (item.type, item.name) for item in made.registrations
        }
        unknown = {str(item.inputs["resourceGroupName"]) for item in preview.of(NSG)}
        assert unknown == {"(unknown)"}
        assert list(inline(preview)) == list(inline(made))
        assert inline(preview)["agent-egress-agent-relay-tcp-role-relay"]["destinationApplicationSecurityGroups"] == [
            {"id": "(unknown)"}
        ]


class TestOwnedGroups:
    """Inline and standalone rules of one group take each other away; inline ones change in one request."""

    def test_rules_are_inside_and_in_azures_order(self) -> None:
        made = deploy(SITE)
        assert made.of(RULE) == []
        assert len(made.of(NSG)) == len(made.of(ASG)) == 4
        for role in ("agent", "relay", "administrator", "data-center-gateway"):
            order = [(rule["direction"], rule["priority"]) for rule in inline(made, role).values()]
            assert order == sorted(order)
            assert len(set(order)) == len(order)
        assert made.outputs["rule_count"] == sum(len(item.inputs["securityRules"]) for item in made.of(NSG))

    def test_roles_name_each_other(self) -> None:
        made = deploy(RELAYS)
        to = inline(made)["agent-egress-agent-relay-tcp-role-relay"]["destinationApplicationSecurityGroups"]
        back = inline(made, "relay")["relay-ingress-agent-relay-tcp-role-agent"]["sourceApplicationSecurityGroups"]
        assert to == [{"id": made.outputs["application_security_group_ids"]["relay"]}]
        assert back == [{"id": made.outputs["application_security_group_ids"]["agent"]}]

    def test_tags_tell_the_role(self) -> None:
        made = deploy(changed(AGENTS, tags={"team": "network"}))
        for item in (*made.of(NSG), *made.of(ASG)):
            assert item.inputs["tags"] == {"team": "network", "ws-network-role": "agent"}

    def test_azure_names_are_made_up(self) -> None:
        """A chosen name can exist only once, so a replacement would delete the group that machines wear first."""
        chosen = ("networkSecurityGroupName", "applicationSecurityGroupName")
        assert not any(name in item.inputs for item in deploy(SITE).registrations for name in chosen)


class TestAdoptedGroups:
    """Someone else's group stays as it is: only its rules are ours."""

    def test_only_rules_are_made(self) -> None:
        made = deploy(SITE, calls=EMPTY, **ADOPT)
        assert sorted(item.name for item in made.of(NSG)) == [
            "site-administrator",
            "site-data-center-gateway",
            "site-relay",
        ]
        rules = made.of(RULE)
        alone = {item.inputs["securityRuleName"]: item.inputs["priority"] for item in rules}
        assert alone == {name: rule["priority"] for name, rule in inline(deploy(SITE)).items()}
        assert {item.inputs["networkSecurityGroupName"] for item in rules} == {"workers"}
        assert {item.name for item in rules} == {f"site-{name}" for name in alone}
        assert all(item.options["deleteBeforeReplace"] for item in rules), "one rule for each priority at every moment"

    def test_id_of_the_group_comes_back(self) -> None:
        made = deploy(SITE, calls=EMPTY, **ADOPT)
        whole = made.outputs["network_security_group_ids"]
        assert whole["agent"] == (
            "/subscriptions/00000000-0000-4000-8000-123456789012/resourceGroups/network/providers/Microsoft.Network/"
            "networkSecurityGroups/workers"
        )
        assert set(whole) == {"agent", "relay", "administrator", "data-center-gateway"}

    def test_secret_and_missing(self) -> None:
        hidden = pulumi.Output.secret("workers")
        made = deploy(AGENTS, network_security_group_names={"agent": hidden})
        assert {str(item.inputs["networkSecurityGroupName"]) for item in made.of(RULE)} == {
            str({"(secret)": "workers"})
        }
        assert "network_security_group_ids" in made.secret
        gone: Any = pulumi.Output.from_input(None)
        with pytest.raises(pulumi.RunError, match=r"^site: the name of the existing group of 'agent' is missing"):
            deploy(AGENTS, network_security_group_names={"agent": gone})


class TestRulesOfOthers:
    """Azure refuses the second rule of a priority in the middle of an update, after other rules were made."""

    DNS = 100 + 6 * 32 + 16
    OURS = "agent-dns: Agents / DNS server / 53 (ws_network)"

    def told(self, made: Recording) -> dict[str, str]:
        """Return texts by code."""
        return {entry["code"]: entry["text"] for entry in made.outputs["findings"] if "foreign" in entry["code"]}

    def test_on_our_priority_stops_the_program(self) -> None:
        sentence = (
            f"site: the network security group 'workers' has the rule 'dns' on the priority {self.DNS} (Outbound), "
            "which agent-egress-agent-dns-udp-ipv4 needs: move that rule, or give first_priority and last_priority "
            "around free numbers."
        )
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(sentence)}$"):
            deploy(AGENTS, calls=found(("dns", "Outbound", self.DNS, "by hand")), **ADOPT)

    def test_the_other_direction_is_free(self) -> None:
        made = deploy(AGENTS, calls=found(("dns", "Inbound", self.DNS, "by hand")), **ADOPT)
        assert "dns (Inbound 308)" in self.told(made)["foreign-rule"]
        assert any("foreign-rule" in text for text in made.warnings)

    def test_outside_of_the_band_is_theirs(self) -> None:
        """A band that is free of others is what the warning asks for."""
        calls = found(("dns", "Outbound", 200, "by hand"), ("ssh", "Inbound", 4096, "by hand"))
        band = {"first_priority": 300, "last_priority": 4000}
        assert self.told(deploy(AGENTS, calls=calls, **band, **ADOPT)) == {}

    def test_our_own_rules_are_no_news(self) -> None:
        """The second update finds what the first one made."""
        made = deploy(AGENTS, calls=EMPTY, **ADOPT)
        rules = [
            (item.inputs["securityRuleName"], item.inputs["direction"], item.inputs["priority"], self.OURS)
            for item in made.of(RULE)
        ]
        old = ("agent-egress-agent-syslog-udp-ipv4", "Outbound", 372, self.OURS)
        assert self.told(deploy(AGENTS, calls=found(*rules, old), **ADOPT)) == {}

    def test_a_rule_of_ours_under_another_name_needs_another_slot(self) -> None:
        """The new one is made before the old one goes, and Azure would refuse it."""
        calls = found(("agent-egress-old-tcp-ipv4", "Outbound", 100 + 80 * 32, "old: extra (ws_network)"))
        with pytest.raises(pulumi.RunError, match=r"agent-egress-own-1-tcp-ipv4 needs: .* give the flow another slot"):
            deploy(changed(AGENTS, extra_flows=[own(1)]), calls=calls, **ADOPT)

    @pytest.mark.parametrize(
        ("calls", "args", "reason"),
        [
            ({READ: "Status=404 Code=ResourceNotFound"}, {}, "there is no group 'workers' yet"),
            ({}, {"check_foreign_rules": False}, "check_foreign_rules is false"),
            ({}, {"network_security_group_names": {"agent": pulumi.Output.from_input("workers")}}, "another resource"),
            ({}, {"resource_group_name": pulumi.Output.from_input(GROUP)}, "another resource"),
        ],
        ids=["missing", "not-wanted", "name-of-a-resource", "group-of-a-resource"],
    )
    def test_not_looked_at_is_said(self, calls: dict[str, Any], args: dict[str, Any], reason: str) -> None:
        made = deploy(AGENTS, calls=calls, **{**ADOPT, **args})
        assert reason in self.told(made)["foreign-rules-unseen"]
        assert made.of(RULE)

    def test_without_credentials_the_way_out_is_said(self) -> None:
        calls = {READ: "no credentials\nfound"}
        with pytest.raises(
            pulumi.RunError, match=r"cannot be read \(.*no credentials found.*check_foreign_rules: false"
        ):
            deploy(AGENTS, calls=calls, **ADOPT)

    def test_owned_groups_are_not_read(self) -> None:
        assert deploy(SITE, calls={}).of(NSG)


class TestIdsFromElsewhere:
    """Ids that other stacks give: unknown in a preview, secret, or not there at all."""

    def test_unknown_hides_no_rule(self) -> None:
        def program() -> None:
            siem = azure.network.ApplicationSecurityGroup("siem", resource_group_name=GROUP)
            AzureWorkloadSecurity(
                "site",
                {
                    "deployment": AGENTS,
                    "resource_group_name": GROUP,
                    "peer_application_security_group_ids": {"siem-or-syslog-server": siem.id},
                },
            )

        known = inline(deploy(AGENTS, peer_application_security_group_ids=SIEM))
        assert list(inline(record(program, preview=True))) == list(known)
        assert set(known) - set(inline(deploy(AGENTS))) == {
            "agent-egress-agent-syslog-udp-reference-siem-or-syslog-server"
        }

    @pytest.mark.parametrize(
        ("argument", "key", "named"),
        [
            ("resource_group_name", None, "resource_group_name"),
            ("application_security_group_ids", "agent", "application_security_group_ids['agent']"),
            (
                "peer_application_security_group_ids",
                "siem-or-syslog-server",
                "peer_application_security_group_ids['siem-or-syslog-server']",
            ),
        ],
    )
    def test_missing_is_an_error(self, argument: str, key: str | None, named: str) -> None:
        gone: Any = pulumi.Output.from_input(None)
        sentence = f"site: {named} is missing: the stack or resource it comes from has no such id."
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(sentence)}$"):
            deploy(AGENTS, **{argument: {key: gone} if key else gone})

    def test_given_group_is_worn_and_named(self) -> None:
        given = {"relay": THEIRS}
        made = deploy(RELAYS, application_security_group_ids=given)
        assert [item.name for item in made.of(ASG)] == ["site-agent"]
        assert made.outputs["application_security_group_ids"]["relay"] == THEIRS
        to = inline(made)["agent-egress-agent-relay-tcp-role-relay"]["destinationApplicationSecurityGroups"]
        assert to == [{"id": THEIRS}]


class TestOptionsOfTheComponent:
    """`ignore_changes` or `aliases` of a component that reach its rules hide changes, or take over other resources."""

    def test_children_get_parent_only(self) -> None:
        opts = pulumi.ResourceOptions(
            ignore_changes=["securityRules"],
            aliases=[pulumi.Alias(name="old")],
            replace_on_changes=["tags"],
            retain_on_delete=True,
            custom_timeouts=pulumi.CustomTimeouts(create="5m"),
        )
        adopt: dict[str, Any] = {"network_security_group_names": {"agent": "workers"}, "calls": EMPTY}
        plain, made = deploy(SITE, **adopt), deploy(SITE, opts=opts, **adopt)
        assert made.of("AzureWorkloadSecurity")[0].options.keys() >= {"ignoreChanges", "aliases"}
        below = {(item.type, item.name): item.options for item in made.registrations if item.parent}
        assert below == {(item.type, item.name): item.options for item in plain.registrations if item.parent}
        # The SDK adds its own aliases, of other versions of the API.
        ours = {key for options in below.values() for key in options} - {"aliases"}
        assert ours == {"deleteBeforeReplace"}

    def test_provider_of_the_component_is_that_of_its_children(self) -> None:
        def program() -> None:
            other = azure.Provider("other", location="northeurope")
            AzureWorkloadSecurity(
                "site",
                {"deployment": AGENTS, "resource_group_name": GROUP},
                pulumi.ResourceOptions(providers={"azure-native": other}),
            )

        resources = [item for item in record(program).registrations if item.type.startswith("azure-native:")]
        assert resources
        assert all("::other::" in item.provider for item in resources)


class TestStability:
    """Names come from content: a change of one thing is a change of one resource."""

    def test_order_and_position_do_not_count(self) -> None:
        turned = changed(
            SITE,
            roles=SITE["roles"][::-1],
            features=SITE["features"][::-1],
            peers=dict(reversed(SITE["peers"].items())),
            names=SITE["names"][::-1],
        )
        assert deploy(turned).to_dict() == deploy(SITE).to_dict()

    def test_one_address_more_is_one_property_of_one_group(self) -> None:
        more = with_peer(SITE, "vmware-vcenter", {"cidrs": ["10.60.8.10/32", "10.60.8.12/32"]})
        before = {(item.type, item.name): item for item in deploy(SITE).registrations}
        after = {(item.type, item.name): item for item in deploy(more).registrations}
        assert before.keys() == after.keys()
        differ = [key for key in before if before[key] != after[key]]
        assert differ == [("azure-native:network:NetworkSecurityGroup", "site-data-center-gateway")]

    def test_another_day_same_resources(self) -> None:
        """A stack whose rules go because a date has passed is an outage that nobody made."""
        now, later = deploy(SITE, as_of="2026-01-01"), deploy(SITE, as_of="2029-01-01")
        assert now.to_dict() == later.to_dict()
        assert any("exception-expired" in text for text in later.warnings)

    def test_whole_numbers_may_arrive_as_floats(self) -> None:
        whole = deploy(AGENTS, first_priority=300, last_priority=4000)
        assert deploy(AGENTS, first_priority=300.0, last_priority=4000.0).to_dict() == whole.to_dict()


class TestBadArguments:
    """One sentence that says what to type, with the component's name, before any resource is made."""

    @pytest.mark.parametrize(
        ("deployment", "args", "sentence"),
        [
            (AGENTS, {"resource_group_name": None}, "resource_group_name is missing: add it."),
            (changed(AGENTS, deny_rest=None), {}, "azure-nsg allows what no rule names, and deny_rest is not said."),
            (
                AGENTS,
                {"resource_group": GROUP},
                "unknown argument 'resource_group': did you mean 'resource_group_name'?",
            ),
            (
                AGENTS,
                {"network_security_group_names": {"agnet": "workers"}},
                "unknown key in network_security_group_names 'agnet': did you mean 'agent'?",
            ),
            (
                AGENTS,
                {"application_security_group_ids": {"relay": THEIRS}},
                "unknown key in application_security_group_ids 'relay': known are agent.",
            ),
            (
                RELAYS,
                {"network_security_group_names": {"agent": "workers", "relay": "Workers"}},
                "network_security_group_names gives Workers to agent and relay, whose rules have the same priorities: ",
            ),
            (
                AGENTS,
                {"network_security_group_names": {"agent": "workers"}, "flush_connection": True},
                "flush_connection holds for new groups, and every group is given: remove it.",
            ),
            (
                changed(AGENTS, layout="minimal"),
                {"network_security_group_names": {"agent": "workers"}},
                "layout is minimal, whose rules move when others come and go, and the group of agent is adopted",
            ),
            (
                AGENTS,
                {"first_priority": 50},
                "the priority band is 50 to 4096: give a first and a last priority from 100",
            ),
            (AGENTS, {"last_priority": "4000"}, "last_priority cannot be '4000': write a whole number."),
            (AGENTS, {"first_priority": 300.5}, "first_priority cannot be 300.5: write a whole number."),
            (
                AGENTS,
                {"last_priority": 300},
                "agent-egress-agent-dns-udp-ipv4 would have the priority 308 in the outbound",
            ),
            (
                AGENTS,
                {"peer_application_security_group_ids": {"siem-or-syslog-sever": THEIRS}},
                "unknown peer among the given ids 'siem-or-syslog-sever': did you mean 'siem-or-syslog-server'?",
            ),
            (AGENTS, {"report": "short"}, "unknown report 'short'"),
        ],
    )
    def test_one_sentence(self, deployment: Any, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^site: {re.escape(sentence)}") as raised:
            deploy(deployment, **args)
        assert "Traceback" not in str(raised.value)
