"""`GcpWorkloadSecurity` on mocks: every resource that it registers, and what it says."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from tests.components.gcp_sites import AGENTS, CLASSIC, SITE, TAGS, tags_of
from tests.components.recorder import Recording, check_golden, record
from tests.components.sites import changed, with_peer
from ws_network.gcp import GcpWorkloadSecurity

NETWORK = "projects/my-project/global/networks/main"
RULE = "networkFirewallPolicyRule:"
PEER = {"agent": "tagValues/99"}


def deploy(
    deployment: dict[str, Any], *, preview: bool = False, opts: pulumi.ResourceOptions | None = None, **args: Any
) -> Recording:
    """Return what a program with one site registers; network and tags are given unless they are None."""
    usual = {"network": NETWORK, "role_secure_tags": {role: TAGS[role] for role in deployment["roles"]}}

    def program() -> dict[str, Any]:
        site = GcpWorkloadSecurity("site", {"deployment": deployment, **usual, **args}, opts)
        return {name: getattr(site, name) for name in GcpWorkloadSecurity.__annotations__}

    return record(program, preview=preview)


def inputs(recording: Recording) -> dict[tuple[str, str], Any]:
    """Return the inputs of each registration by type and name."""
    return {(item.type, item.name): item.inputs for item in recording.registrations}


class TestWholeListOfResources:
    """A resource that appears, goes or changes a property is seen in review, not in a user's preview."""

    @pytest.mark.parametrize(
        ("name", "deployment", "args"),
        [
            ("gcp-site", SITE, {}),
            ("gcp-site-minimal", changed(SITE, layout="minimal"), {}),
            ("gcp-site-ranges", AGENTS, {"address_groups": False, "logging": True}),
            ("gcp-site-tags", changed(AGENTS, tags={"Team": "Platform-Security"}), {}),
            ("gcp-site-adopted", AGENTS, {"firewall_policy": "theirs", "network": None, "project": "hub"}),
            (
                "gcp-site-accounts",
                AGENTS,
                {"role_secure_tags": None, "role_service_accounts": {"agent": "agent@p.iam.gserviceaccount.com"}},
            ),
            (
                "gcp-site-vpc",
                CLASSIC,
                {
                    "vpc_firewall": True,
                    "role_secure_tags": None,
                    "role_network_tags": {"agent": "ws-agent", "relay": "ws-relay"},
                    "logging": True,
                },
            ),
        ],
    )
    def test_registers_exactly_these(self, name: str, deployment: dict[str, Any], args: dict[str, Any]) -> None:
        check_golden(name, deploy(deployment, **args).to_dict())

    def test_preview_registers_what_up_does(self) -> None:
        """Rules behind an unknown tag would first be seen when they are made."""

        def program() -> None:
            network = gcp.compute.Network("main")
            key = gcp.tags.TagKey("role", parent="projects/p", short_name="role")
            tags: dict[str, Any] = {
                role: gcp.tags.TagValue(role, parent=key.id, short_name=role).id for role in SITE["roles"]
            }
            GcpWorkloadSecurity("site", {"deployment": SITE, "network": network.id, "role_secure_tags": tags})

        preview, made = record(program, preview=True), record(program)
        assert inputs(preview).keys() == inputs(made).keys()
        targets = {str(item.inputs["targetSecureTags"]) for item in preview.of(RULE)}
        assert targets == {str([{"name": "(unknown)"}])}


class TestOrder:
    """What denies the rest, or binds a policy, before the rules that allow are there cuts machines off."""

    def test_denies_wait_for_every_allow_and_the_association_for_all(self) -> None:
        made = deploy(SITE)
        rules = {item.name for item in made.of(RULE)}
        denies = {name for name in rules if name.endswith("-deny-rest")}
        assert len(denies) == 2 * len(SITE["roles"])
        for name in denies:
            assert waits_for(made, name) == rules - denies
        (bound,) = made.of("PolicyAssociation:")
        assert waits_for(made, bound.name, "PolicyAssociation") == rules
        assert bound.inputs["name"] == "site"

    def test_in_a_vpc_too(self) -> None:
        tags = {"agent": "ws-agent", "relay": "ws-relay"}
        made = deploy(CLASSIC, vpc_firewall=True, role_secure_tags=None, role_network_tags=tags)
        rules = {item.name for item in made.of("firewall:Firewall")}
        denies = {name for name in rules if name.endswith("-deny-rest")}
        assert len(denies) == 4
        assert all(waits_for(made, name) == rules - denies for name in denies)
        assert made.of("addressGroup:") == made.of("networkFirewallPolicy") == []


def parents(recording: Recording) -> set[str]:
    """Return where the address groups are made."""
    return {item.inputs["parent"] for item in recording.of("addressGroup:")}


def waits_for(recording: Recording, name: str, kind: str = "") -> set[str]:
    """Return the names of the rules that a resource waits for."""
    (found,) = [
        item for item in recording.registrations if item.name == name and kind in item.type and "gcp:" in item.type
    ]
    names = {urn.rsplit("::", 1)[-1] for urn in found.depends_on if "Rule::" in urn or "firewall:Firewall::" in urn}
    return names - {name}


class TestAdoptedPolicy:
    """Someone else's policy stays as it is: only its rules are ours."""

    def test_neither_policy_nor_association_is_made(self) -> None:
        made = deploy(SITE, firewall_policy="projects/hub/global/firewallPolicies/theirs", network=None)
        assert made.of("networkFirewallPolicy:") == made.of("PolicyAssociation:") == []
        assert {item.inputs["firewallPolicy"] for item in made.of(RULE)} == {"theirs"}
        assert {item.inputs["parent"] for item in made.of("addressGroup:")} == {"projects/hub"}
        assert made.outputs["firewall_policy_id"] == "projects/hub/global/firewallPolicies/theirs"
        assert made.outputs["firewall_policy_name"] == "theirs"
        (told,) = [entry for entry in made.outputs["findings"] if entry["code"] == "foreign-priorities-unseen"]
        assert "between the priorities 1000 and 536880103" in told["text"]

    def test_rules_stay_inside_the_band(self) -> None:
        size = 4096 * 128 * 1024 + 2 * 4096
        made = deploy(AGENTS, firewall_policy="theirs", network=None, project="hub", first_priority=50_000.0)
        numbers = {item.inputs["priority"] for item in made.of(RULE)}
        assert 50_000 <= min(numbers) <= max(numbers) < 50_000 + size
        assert {item.inputs["parent"] for item in made.of("addressGroup:")} == {"projects/hub"}
        assert {item.inputs["project"] for item in made.of(RULE)} == {"hub"}

    def test_a_policy_by_name_needs_a_project_for_its_groups(self) -> None:
        with pytest.raises(pulumi.RunError, match=r"^site: project is missing: .*projects/my-project"):
            deploy(AGENTS, firewall_policy="theirs", network=None)
        made = deploy(
            AGENTS, firewall_policy="theirs", network=None, address_group_parent="organizations/1", project="hub"
        )
        assert {item.inputs["parent"] for item in made.of("addressGroup:")} == {"organizations/1"}

    def test_a_provider_of_the_program_says_the_project_of_the_groups(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The configuration is the default provider's: the groups were made in its project, beside other rules."""
        monkeypatch.setenv("GOOGLE_PROJECT", "configured")
        by_name = {"firewall_policy": "theirs", "network": None}
        assert parents(deploy(AGENTS, **by_name)) == {"projects/configured"}

        def program() -> None:
            other = gcp.Provider("other", project="other")
            args = {"deployment": AGENTS, "role_secure_tags": tags_of(AGENTS), "firewall_policy": "theirs"}
            GcpWorkloadSecurity("site", args, pulumi.ResourceOptions(providers={"gcp": other}))

        assert parents(record(program)) == {"projects/other"}

    @pytest.mark.parametrize("output", [False, True])
    @pytest.mark.parametrize(
        ("policy", "project", "of_rules", "of_groups"),
        [
            ("projects/hub/global/firewallPolicies/theirs", None, "hub", "projects/hub"),
            ("projects/hub/global/firewallPolicies/theirs", "hub", "hub", "projects/hub"),
            (
                "https://www.googleapis.com/compute/v1/projects/hub/global/firewallPolicies/theirs",
                None,
                "hub",
                "projects/hub",
            ),
            ("theirs", "hub", "hub", "projects/hub"),
            ("global/firewallPolicies/theirs", None, None, "projects/usual"),
        ],
    )
    def test_rules_are_in_the_project_of_the_policy(
        self,
        policy: str,
        project: str | None,
        of_rules: str | None,
        of_groups: str,
        output: bool,  # noqa: FBT001 - a parameter of the test
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """They went to the provider's project: to nothing, or to a policy of the same name there."""
        monkeypatch.setenv("GOOGLE_PROJECT", "usual")
        given: Any = pulumi.Output.from_input(policy) if output else policy
        made = deploy(AGENTS, firewall_policy=given, network=None, project=project)
        assert {item.inputs.get("project") for item in made.of(RULE)} == {of_rules}
        assert {item.inputs["firewallPolicy"] for item in made.of(RULE)} == {"theirs"}
        assert parents(made) == {of_groups}

    def test_a_new_policy_and_its_groups_are_in_the_project_that_is_said(self) -> None:
        made = deploy(AGENTS, project="hub")
        assert {item.inputs["project"] for item in made.of("networkFirewallPolicy:")} == {"hub"}
        assert parents(made) == {"projects/hub"}

    @pytest.mark.parametrize("output", [False, True])
    def test_two_projects_are_refused(self, output: bool) -> None:  # noqa: FBT001 - a parameter of the test
        policy = "projects/hub/global/firewallPolicies/theirs"
        given: Any = pulumi.Output.from_input(policy) if output else policy
        with pytest.raises(
            pulumi.RunError,
            match=r"^site: firewall_policy is in the project hub and project is other: remove project, or give the ",
        ):
            deploy(AGENTS, firewall_policy=given, network=None, project="other")

    @pytest.mark.parametrize("output", [False, True])
    @pytest.mark.parametrize(
        "policy",
        [
            "projects/hub/regions/r/firewallPolicies/theirs",
            "locations/global/firewallPolicies/123456",
            "projects/hub/global/firewallPolicies/",
            "projects/hub/global/firewallPolicies/123456",
            "projects/hub/global/networks/main",
            "My Policy",
            "/",
        ],
    )
    def test_what_is_no_global_policy_is_refused(self, policy: str, output: bool) -> None:  # noqa: FBT001 - as above
        given: Any = pulumi.Output.from_input(policy) if output else policy
        sentence = f"site: firewall_policy is '{policy}', which is no global network firewall policy: give its name, or"
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(sentence)}"):
            deploy(AGENTS, firewall_policy=given, network=None, project="hub")


class TestIdsFromElsewhere:
    """Ids that other stacks give: unknown in a preview, secret, or not there at all."""

    def test_a_tag_of_a_peer_is_a_source(self) -> None:
        """Agents of another stack reach the relays of this one."""
        relays = changed(SITE, roles=["relay"])
        elsewhere = {"agent": "tagValues/99", "agent/second": pulumi.Output.from_input("tagValues/98")}
        made = deploy(relays, peer_secure_tag_ids=elsewhere)
        sources = {
            item.name: item.inputs["match"]["srcSecureTags"]
            for item in made.of(RULE)
            if item.name.endswith("reference")
        }
        assert sources
        for entries in sources.values():
            assert sorted(entry["name"] for entry in entries) == ["tagValues/98", "tagValues/99"]
        assert {made.named(name).inputs["direction"] for name in sources} == {"INGRESS"}

    def test_a_tag_that_two_roles_share_is_sent_once(self) -> None:
        shared: Any = pulumi.Output.from_input("tagValues/7")
        for tags in ({"agent": shared, "relay": shared}, {"agent": "tagValues/7", "relay": "tagValues/7"}):
            made = deploy(SITE, role_secure_tags={**TAGS, **tags})
            rule = made.named("site-relay-ingress-agent-relay-role")
            assert rule.inputs["match"]["srcSecureTags"] == [{"name": "tagValues/7"}]

    def test_secret_stays_secret(self) -> None:
        """A secret id that reaches the state as plain text is in every backup of it."""
        made = deploy(
            AGENTS,
            network=pulumi.Output.secret(NETWORK),
            role_secure_tags={"agent": pulumi.Output.secret("tagValues/4711")},
        )
        text = str([plain(item.inputs) for item in made.registrations])
        assert "tagValues/4711" not in text
        assert NETWORK not in text
        assert made.of("PolicyAssociation:")[0].inputs["attachmentTarget"] == {"(secret)": NETWORK}

    @pytest.mark.parametrize(
        ("argument", "key", "named"),
        [
            ("network", None, "network"),
            ("project", None, "project"),
            ("role_secure_tags", "agent", "role_secure_tags['agent']"),
        ],
    )
    def test_missing_is_an_error(self, argument: str, key: str | None, named: str) -> None:
        """A rule without a target would be for every machine of the network."""
        gone: Any = pulumi.Output.from_input(None)
        expected = f"site: {named} is missing: the stack or resource it comes from has no such id."
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(expected)}$"):
            deploy(AGENTS, **{argument: {key: gone} if key else gone})

    def test_marks_given_take_the_place_of_the_deployments(self) -> None:
        said = changed(AGENTS, machines={"agent": {"secure_tags": ["tagValues/1", "tagValues/2"]}})
        theirs = deploy(said, role_secure_tags=None)
        assert {str(item.inputs["targetSecureTags"]) for item in theirs.of(RULE)} == {
            str([{"name": "tagValues/1"}, {"name": "tagValues/2"}])
        }
        ours = deploy(said)
        assert {str(item.inputs["targetSecureTags"]) for item in ours.of(RULE)} == {str([{"name": TAGS["agent"]}])}


def plain(value: Any) -> Any:
    """Return a value without what is secret."""
    if isinstance(value, dict):
        return {} if "(secret)" in value else {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


class TestOptionsOfTheComponent:
    """`ignore_changes` or `aliases` of a component that reach its rules hide changes, or take over other resources."""

    def test_children_get_parent_only(self) -> None:
        opts = pulumi.ResourceOptions(
            ignore_changes=["items"],
            aliases=[pulumi.Alias(name="old")],
            replace_on_changes=["description"],
            delete_before_replace=True,
            retain_on_delete=True,
        )
        usual, made = deploy(SITE), deploy(SITE, opts=opts)
        assert made.of("GcpWorkloadSecurity")[0].options.keys() >= {"ignoreChanges", "aliases"}
        below = {(item.type, item.name): item.options for item in made.registrations if item.parent}
        assert len(below) > 30
        assert below == {(item.type, item.name): item.options for item in usual.registrations if item.parent}
        # That the labels of a group are secret is the SDK's own doing.
        assert {key for options in below.values() for key in options} <= {"additionalSecretOutputs"}

    def test_every_rule_hangs_below_its_role(self) -> None:
        """A policy pack finds the role of a rule by its parent."""
        made = deploy(SITE)
        assert {item.name for item in made.of("GcpRoleFirewall")} == {f"site-{role}" for role in SITE["roles"]}
        for item in made.of(RULE):
            assert item.name.startswith(f"{item.parent}-")
        assert {item.parent for item in made.of("addressGroup:")} == {"site"}

    def test_an_explicit_provider_reaches_all(self) -> None:
        def program() -> None:
            other = gcp.Provider("other", project="other", region="us-east1")
            GcpWorkloadSecurity(
                "site",
                {"deployment": AGENTS, "network": NETWORK, "role_secure_tags": tags_of(AGENTS)},
                pulumi.ResourceOptions(providers={"gcp": other}),
            )

        resources = [item for item in record(program).registrations if item.type.startswith("gcp:")]
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
        )
        assert deploy(turned).to_dict() == deploy(SITE).to_dict()

    def test_one_address_more_is_one_group(self) -> None:
        more = with_peer(SITE, "vmware-vcenter", {"cidrs": ["10.60.8.10/32", "10.60.8.11/32"]})
        before, after = inputs(deploy(SITE)), inputs(deploy(more))
        assert before.keys() == after.keys()
        assert [name for (_, name) in before if before[_, name] != after[_, name]] == [
            "site-peer-vmware-vcenter-ipv4-5"
        ]

    def test_a_group_that_outgrows_its_capacity_is_another_one(self) -> None:
        """GCP never changes a capacity: the rules must turn to the new group before the old one goes."""
        more = with_peer(AGENTS, "dns-server", {"cidrs": [f"10.20.0.{number}/32" for number in range(5)]})
        before, after = inputs(deploy(AGENTS)), inputs(deploy(more))
        group = "gcp:networksecurity/addressGroup:AddressGroup"
        assert before.keys() - after.keys() == {(group, "site-peer-dns-server-ipv4-5")}
        assert after.keys() - before.keys() == {(group, "site-peer-dns-server-ipv4-10")}
        rule = ("gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule", "site-agent-egress-agent-dns-ipv4")
        assert after[rule]["match"]["destAddressGroups"] == ["id-of-site-peer-dns-server-ipv4-10"]

    def test_an_extra_flow_that_is_renamed_is_an_update(self) -> None:
        """Another resource at the priority of one that is still there is refused by GCP, at each update again."""

        def own(*ids: str) -> dict[str, Any]:
            flow = {"source": "agent", "destination": "dns-server", "transport": "tcp", "reason": "r"}
            return changed(
                AGENTS,
                extra_flows=[
                    flow | {"id": each, "ports": [9000 + len(each)], "slot": 80 + number, "until": "2027-11-30"}
                    for number, each in enumerate(ids)
                ],
            )

        before = deploy(own("one", "another"))
        for ids in (("renamed", "another"), ("another", "one")):
            after = deploy(own(*ids))
            assert inputs(before).keys() == inputs(after).keys()
            kept = {item.name: item.inputs["priority"] for item in before.of(RULE)}
            assert {item.name: item.inputs["priority"] for item in after.of(RULE)} == kept
        rule = before.named("site-agent-egress-slot.80-ipv4")
        assert rule.inputs["ruleName"] == "agent-egress-one-ipv4"
        assert [alias["spec"]["name"] for alias in rule.options["aliases"]] == ["site-agent-egress-one-ipv4"]

    def test_another_day_same_resources(self) -> None:
        """A stack whose rules go because a date has passed is an outage that nobody made."""
        ending = changed(AGENTS, expires={"agent-dns": {"until": "2027-03-31", "reason": "moves"}})
        now, later = deploy(ending, as_of="2026-01-01"), deploy(ending, as_of="2029-01-01")
        assert now.to_dict() == later.to_dict()
        assert any("expired" in text for text in later.warnings)

    def test_names_of_classic_rules_leave_room_for_what_pulumi_adds(self) -> None:
        tags = {"agent": "ws-agent", "relay": "ws-relay"}
        made = deploy(CLASSIC, vpc_firewall=True, role_secure_tags=None, role_network_tags=tags)
        assert {len(item.name) <= 55 for item in made.of("firewall:Firewall")} == {True}
        groups = deploy(SITE).of("addressGroup:")
        assert {len(item.name) <= 55 for item in groups} == {True}


class TestOutputs:
    """What programs attach and read."""

    def test_ids_count_and_report(self) -> None:
        made = deploy(SITE)
        assert made.outputs["firewall_policy_id"] == "id-of-site"
        assert made.outputs["firewall_policy_name"] == "site"
        assert set(made.outputs["address_group_ids"].values()) == {f"id-of-{i.name}" for i in made.of("addressGroup:")}
        assert made.outputs["rule_count"] == len(made.of(RULE))
        assert made.outputs["report"].startswith("# Workload Security rules for de-1")
        assert deploy(SITE, report="none").outputs["report"] == ""

    def test_in_a_vpc_the_policy_is_empty(self) -> None:
        tags = {"agent": "ws-agent", "relay": "ws-relay"}
        made = deploy(CLASSIC, vpc_firewall=True, role_secure_tags=None, role_network_tags=tags)
        assert (made.outputs["firewall_policy_id"], made.outputs["address_group_ids"]) == ("", {})
        assert made.outputs["rule_count"] == len(made.of("firewall:Firewall"))


class TestBadArguments:
    """One sentence that says what to type, with the component's name, before any resource is made."""

    @pytest.mark.parametrize(
        ("deployment", "args", "sentence"),
        [
            (changed(SITE, regoin="de-1"), {}, "deployment: unknown key 'regoin': did you mean 'region'?"),
            (AGENTS, {"networks": NETWORK}, "unknown argument 'networks': did you mean 'network'?"),
            (AGENTS, {"network": None}, "network is missing: give the VPC network that the new policy is for, or "),
            (AGENTS, {"network": None, "vpc_firewall": True}, "network is missing: give the VPC network of the rules."),
            (AGENTS, {"firewall_policy": "theirs"}, "firewall_policy is a policy that is yours, and nothing binds it"),
            (AGENTS, {"vpc_firewall": True, "firewall_policy": "p"}, "vpc_firewall is true, so firewall_policy means"),
            (
                AGENTS,
                {"vpc_firewall": True, "peer_secure_tag_ids": PEER},
                "vpc_firewall is true, so peer_secure_tag",
            ),
            (AGENTS, {"vpc_firewall": True, "address_groups": True}, "vpc_firewall is true, so address_groups means"),
            (
                AGENTS,
                {"vpc_firewall": True, "address_group_parent": "projects/p"},
                "vpc_firewall is true, so address_group_parent means nothing (its rules hold ranges only): remove one",
            ),
            (
                AGENTS,
                {"address_groups": False, "address_group_parent": "projects/p"},
                "address_groups is false, so address_group_parent means nothing: remove one of the two.",
            ),
            (
                AGENTS,
                {"address_group_location": "europe-west3"},
                "address_group_location is 'europe-west3', and rules of a global policy take global address groups: ",
            ),
            (AGENTS, {"address_group_location": ""}, "address_group_location is '', and rules of a global policy"),
            (
                AGENTS,
                {"address_group_parent": "hub"},
                "address_group_parent is 'hub': write it as projects/my-project or organizations/123456789.",
            ),
            (
                AGENTS,
                {"address_group_parent": pulumi.Output.from_input("hub")},
                "address_group_parent is 'hub': write it as projects/my-project or organizations/123456789.",
            ),
            (
                changed(AGENTS, tags={"Team": "A", "team": "b"}),
                {},
                "tags has the label 'team' twice, since labels of GCP are in lower case: remove one.",
            ),
            (AGENTS, {"role_secure_tags": {"agnet": "x"}}, "unknown key in role_secure_tags 'agnet': did you mean"),
            (AGENTS, {"role_secure_tags": ["tagValues/1"]}, "role_secure_tags cannot be a list: write a map"),
            (AGENTS, {"role_secure_tags": {}}, "role agent has no machines, and a rule of gcp-firewall-policy without"),
            (
                AGENTS,
                {"role_service_accounts": {"agent": "a@p.iam.gserviceaccount.com"}},
                "role_secure_tags and role_service_accounts both give agent, and a rule of GCP finds its machines by",
            ),
            (
                AGENTS,
                {"role_secure_tags": None, "role_network_tags": {"agent": "ws-agent"}},
                "role agent is found by a network-tag, which a rule of gcp-firewall-policy cannot take as its target.",
            ),
            (
                changed(AGENTS, machines={"agent": {"given": "service-account"}}),
                {"role_secure_tags": None},
                "machines.agent says given: service-account: give role_service_accounts['agent'], or the marks there.",
            ),
            (AGENTS, {"first_priority": 1.5}, "first_priority cannot be 1.5: write a whole number."),
            (AGENTS, {"first_priority": -1}, "the band of priorities is -1 to "),
            (AGENTS, {"peer_secure_tag_ids": {"rely": "x"}}, "unknown peer among the given ids 'rely': did you mean"),
            (
                changed(AGENTS, tags={"team": "Plat form"}),
                {},
                "tags has 'team: plat form', which GCP takes not as a label",
            ),
            (
                changed(AGENTS, deny_rest=None),
                {},
                "gcp-firewall-policy allows what no rule names, and deny_rest",
            ),
            (AGENTS, {"as_of": "30.11.2027"}, "as_of is '30.11.2027': write it as YYYY-MM-DD."),
            (AGENTS, {"as_of": "20271130"}, "as_of is '20271130': write it as YYYY-MM-DD."),
            (AGENTS, {"as_of": "2027-11-31"}, "as_of is '2027-11-31': write it as YYYY-MM-DD."),
            (AGENTS, {"report": "short"}, "unknown report 'short'"),
        ],
    )
    def test_one_sentence(self, deployment: Any, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^site: {re.escape(sentence)}") as raised:
            deploy(deployment, **args)
        assert "\n" not in str(raised.value)
        assert "Traceback" not in str(raised.value)

    def test_rules_outside_of_the_band_are_named(self) -> None:
        with pytest.raises(pulumi.RunError, match=r"agent-egress-ipv4-deny-rest would have the priority 536871914"):
            deploy(AGENTS, last_priority=200_000)
