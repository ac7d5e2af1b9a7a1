"""A site on the real engine, with the emulated Azure behind it: what a preview says, an update does, a cloud keeps.

Each test is a story of one stack. After each update the subscription is compared with the rendering of the deployment,
rule by rule, so that a rule which the engine believes to exist and the cloud does not have is seen.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.components.azure_sites import AGENTS, RELAYS, SITE, own
from tests.components.sites import changed, with_peer
from tests.engine.stories import done, names, settled
from ws_network.azure.render import SecurityRule, render
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, Target
from ws_network.plan import build_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project, Result

    MakeProject = Callable[..., Project]

pytestmark = pytest.mark.engine

NSG = "azure-native:network:NetworkSecurityGroup"
RULE = "azure-native:network:SecurityRule"
HEAD = """
import json, pulumi, pulumi_azure_native as azure
from pulumi_azure_native import network, resources
from ws_network.azure import AzureIpGroups, AzureRoleSecurityGroup, AzureWorkloadSecurity
"""
GROUP = HEAD + 'group = resources.ResourceGroup("main")\n'
MADE_UP = re.compile(r"[0-9a-f]{8}$")
Rule = tuple[str, str, str, int, str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    """A project with a location."""
    return make_project(config={"azure-native:location": "westeurope"})


def component(
    deployment: dict[str, Any],
    name: str = "site",
    *,
    group: str = "group.name",
    python: str = "{}",
    opts: str = "None",
    **args: Any,
) -> str:
    """Return the source of one site; `group`, `python` (arguments that are no plain data) and `opts` are source."""
    plain = json.dumps({"deployment": deployment, **args})
    given = f'{{"resource_group_name": {group}, **json.loads({plain!r}), **{python}}}'
    return f'{name} = AzureWorkloadSecurity("{name}", {given}, {opts})\n'


def site(deployment: dict[str, Any], **args: Any) -> str:
    """Return a program with a resource group of its own and one site."""
    return GROUP + component(deployment, **args)


def adopting(deployment: dict[str, Any], **args: Any) -> str:
    """Return a program whose agents' rules are in the group that `theirs` makes."""
    names = {"network_security_group_names": {"agent": "workers"}}
    return HEAD + component(deployment, group='"old"', **{**names, **args})


def expected(deployment: dict[str, Any], name: str = "site", *, role: str = "", group: str = "") -> set[Rule]:
    """Return the rules that the cloud should have, as the renderer says them; of one role, in a group of its name."""
    rendering = render(build_plan(Catalogue.load(), Deployment.parse(deployment), target=Target.AZURE_NSG))
    return {
        _row(group or f"{name}-{key}", rule, name)
        for key, found in rendering.network_security_groups.items()
        if key == (role or key)
        for rule in found["rules"].values()
    }


def _row(group: str, rule: SecurityRule, site_name: str) -> Rule:
    ends = []
    for one, many, worn in (
        (
            rule.get("source_address_prefix"),
            rule.get("source_address_prefixes"),
            rule.get("source_application_security_group"),
        ),
        (
            rule.get("destination_address_prefix"),
            rule.get("destination_address_prefixes"),
            rule.get("destination_application_security_group"),
        ),
    ):
        ends.append((f"{site_name}-{worn['role']}",) if worn else tuple(many or [one or ""]))
    ports = tuple(rule.get("destination_port_ranges") or [rule.get("destination_port_range", "")])
    words = rule["priority"], rule["access"], rule["protocol"]
    return (group, rule["name"], rule["direction"], *words, ports, ends[0], ends[1])


def live(project: Project, name: str = "site") -> set[Rule]:
    """Return the rules that the subscription has in the groups whose names begin so, in the same form."""
    found: set[Rule] = set()
    for group in project.azure.list("networkSecurityGroups"):
        if not group["name"].startswith(name):
            continue
        for rule in group["properties"]["securityRules"]:
            shown = rule["properties"]
            ends = []
            for side in ("source", "destination"):
                worn = [item["id"] for item in shown.get(f"{side}ApplicationSecurityGroups") or []]
                plain = shown[f"{side}AddressPrefixes"] or [shown.get(f"{side}AddressPrefix", "")]
                ends.append(tuple(_asg(text) for text in worn) or tuple(plain))
            ports = tuple(shown["destinationPortRanges"] or [shown["destinationPortRange"]])
            words = shown["direction"], shown["priority"], shown["access"], shown["protocol"]
            found.add((MADE_UP.sub("", group["name"]), rule["name"], *words, ports, ends[0], ends[1]))
    return found


def _asg(text: str) -> str:
    return MADE_UP.sub("", text.rsplit("/", 1)[-1])


def inventory(project: Project) -> set[str]:
    """Return the ids of everything in the subscription that a site is made of."""
    kinds = ("networkSecurityGroups", "applicationSecurityGroups", "ipGroups", "Microsoft.Resources/resourceGroups")
    return {item["id"] for kind in kinds for item in project.azure.list(kind)}


def theirs(project: Project, **rules: int) -> str:
    """Make a group by hand with outbound rules at these priorities, and return its id."""
    api = project.azure
    api.put(api.group("old"), {"location": "westeurope", "tags": {"owner": "them"}})
    group = api.network("old", "networkSecurityGroups", "workers")
    api.put(group, {"location": "westeurope", "tags": {"owner": "them"}})
    for name, priority in rules.items():
        by_hand(project, group, name, priority)
    return group


def by_hand(project: Project, group: str, name: str, priority: int) -> None:
    """Put a rule into a group, as a person does in the portal."""
    properties = {
        "access": "Allow", "direction": "Outbound", "protocol": "Tcp", "priority": priority, "description": "by hand",
        "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationPortRange": "22",
        "destinationAddressPrefix": "203.0.113.0/24",
    }  # fmt: skip
    project.azure.put(f"{group}/securityRules/{name}", {"properties": properties})


def wanted(result: Result) -> dict[str, int]:
    """Return how many rules a preview shows inside each group."""
    found = {}
    for event in result.events:
        metadata = event.get("resourcePreEvent", {}).get("metadata", {})
        if metadata.get("type") == NSG:
            found[metadata["urn"].rsplit("::", 1)[-1]] = len(metadata["new"]["inputs"]["securityRules"])
    return found


def refused(result: Result, sentence: str) -> None:
    """Check that a command ended with a sentence and without a traceback."""
    assert not result.ok
    assert any(text.startswith(sentence) for text in result.errors), result.text
    assert "Traceback" not in result.text


class TestLifeOfASite:
    """From the first preview to the end: nothing is hidden, nothing changes twice, nothing stays behind."""

    def test_preview_up_changes_and_destroy(self, project: Project) -> None:
        empty = inventory(project)
        project.write(site(SITE))
        preview = project.preview()
        assert sum(wanted(preview).values()) == len(expected(SITE)), "an unknown resource group hides no rule"
        assert inventory(project) == empty

        up = done(project.up())
        assert set(done(preview)) == set(up)
        assert {change.op for change in up} == {"create"}
        assert live(project) == expected(SITE)
        assert done(project.up()) == []
        assert settled(project)

        turned = changed(
            SITE,
            roles=SITE["roles"][::-1],
            features=SITE["features"][::-1],
            peers=dict(reversed(SITE["peers"].items())),
            names=SITE["names"][::-1],
        )
        project.write(site(turned, report="redacted"))
        assert done(project.preview("--diff")) == [], "another order is no change"

        more = with_peer(SITE, "vmware-vcenter", {"cidrs": ["10.60.8.10/32", "10.60.8.12/32"]})
        project.write(site(more))
        result = project.up()
        assert done(result) == [("update", NSG, "site-data-center-gateway")]
        (path,) = result.diff("site-data-center-gateway")
        assert path.endswith("destinationAddressPrefixes[1]")
        assert live(project) == expected(more)

        # smart-scan and what follows from it go, from inside the groups.
        less = changed(more, features=["web-reputation"])
        project.write(site(less))
        gone = done(project.up())
        assert {change.op for change in gone} == {"update"}
        assert len(expected(less)) < len(expected(more))
        assert live(project) == expected(less)

        assert done(project.destroy())
        assert inventory(project) == empty

    def test_another_day_changes_findings_only(self, project: Project) -> None:
        """Same commit, another day: a pipeline that runs again years later must not close a port."""
        project.write(site(AGENTS, as_of="2026-01-01"))
        done(project.up())
        project.write(site(AGENTS, as_of="2029-01-01"))
        later = project.up()
        assert done(later) == []
        assert any("exception-expired" in text for text in later.warnings)


class TestOneRequest:
    """All rules of a group of ours are set at once: any change of priorities is possible, and none stops half way."""

    def test_two_rules_change_places(self, project: Project) -> None:
        """As rules of their own they would meet on a priority, and Azure would refuse."""
        before = changed(AGENTS, extra_flows=[own(1), own(2)])
        after = changed(AGENTS, extra_flows=[own(1, slot=82), own(2, slot=81)])
        places = {rule[1]: rule[3] for rule in expected(before)}
        project.write(site(before))
        done(project.up())
        assert live(project) == expected(before)
        project.write(site(after))
        assert done(project.up()) == [("update", NSG, "site-agent")]
        assert live(project) == expected(after)
        moved = {rule[1]: rule[3] for rule in live(project)}
        assert moved["agent-egress-own-1-tcp-ipv4"] == places["agent-egress-own-2-tcp-ipv4"]

        # The layout moves nearly all of them.
        project.write(site(changed(after, layout="minimal")))
        assert done(project.up()) == [("update", NSG, "site-agent")]
        assert live(project) == expected(changed(after, layout="minimal"))
        assert settled(project)

    def test_two_hundred_rules(self, project: Project) -> None:
        tags = {"service_tags": [f"Storage.Region{number}" for number in range(200)]}
        many = with_peer(AGENTS, "siem-or-syslog-server", tags)
        project.write(site(many))
        project.fail(refuse={"NetworkSecurityGroups_CreateOrUpdate": {"after": 1, "count": 1}})
        done(project.up())
        assert len(live(project)) > 200
        assert live(project) == expected(many)
        project.write(site(AGENTS))
        assert not project.up().ok, "refused as planned"
        assert live(project) == expected(many), "all or nothing"
        assert done(project.up()) == [("update", NSG, "site-agent")]
        assert live(project) == expected(AGENTS)


class TestDrift:
    """What someone changes by hand is found by a refresh, and put right by the next update."""

    def test_rules_taken_and_added_by_hand(self, project: Project) -> None:
        project.write(site(AGENTS))
        done(project.up())
        (group,) = project.azure.list("networkSecurityGroups")
        project.azure.delete(f"{group['id']}/securityRules/agent-egress-agent-dns-udp-ipv4")
        by_hand(project, group["id"], "ssh", 150)
        assert live(project) != expected(AGENTS)
        assert done(project.refresh()) == [("update", NSG, "site-agent")]
        assert done(project.up()) == [("update", NSG, "site-agent")]
        assert live(project) == expected(AGENTS), "a group of ours has no other rules"
        assert settled(project)


class TestFailures:
    """A cloud that fails half way leaves a state from which the next update finishes."""

    def test_owned_groups(self, project: Project) -> None:
        project.write(site(RELAYS))
        project.fail(
            throttle={"NetworkSecurityGroups_CreateOrUpdate": 3, "ApplicationSecurityGroups_CreateOrUpdate": 1},
            partial={NSG: 1},
        )
        assert not project.up().ok
        project.fail(refuse={"NetworkSecurityGroups_CreateOrUpdate": 50})
        project.write(site(changed(RELAYS, extra_flows=[own(1)])))
        assert not project.up().ok
        project.fail()
        done(project.up())
        assert live(project) == expected(changed(RELAYS, extra_flows=[own(1)]))
        assert done(project.preview()) == []

    def test_adopted_group(self, project: Project) -> None:
        """What denies the rest comes last: half of the rules with it would cut machines off."""
        theirs(project)
        project.write(adopting(AGENTS))
        project.fail(
            throttle={"SecurityRules_CreateOrUpdate": 2},
            refuse={"SecurityRules_CreateOrUpdate": {"after": 4, "count": 9}},
        )
        assert not project.up().ok
        half = live(project, "workers")
        assert half < expected(AGENTS, role="agent", group="workers")
        assert {rule[4] for rule in half} <= {"Allow"}
        project.fail()
        done(project.up())
        assert live(project, "workers") == expected(AGENTS, role="agent", group="workers")
        assert done(project.preview()) == []


class TestAdoption:
    """Rules in someone else's group: the group, its tags and its own rules are theirs, before, during and after."""

    def test_group_is_left_alone(self, project: Project) -> None:
        group = theirs(project, ssh=3700)
        tags, alone = project.azure.get(group)["tags"], live(project, "workers")
        project.write(adopting(RELAYS))
        up = project.up()
        assert names(done(up), "create", NSG) == {"site-relay"}
        assert any("ssh (Outbound 3700)" in text for text in up.warnings)
        assert live(project, "workers") == alone | expected(RELAYS, role="agent", group="workers")
        assert project.azure.get(group)["tags"] == tags
        assert settled(project)

        less = changed(RELAYS, decline={"agent-dns": {"reason": "x", "until": "2027-11-30"}})
        project.write(adopting(less))
        assert sorted(done(project.up())) == [
            ("delete", RULE, "site-agent-egress-agent-dns-udp-ipv4"),
            ("update", NSG, "site-relay"),
        ]
        assert live(project, "workers") == alone | expected(less, role="agent", group="workers")

        done(project.destroy())
        assert live(project, "workers") == alone
        assert project.azure.get(group)["tags"] == tags

    def test_a_rule_on_our_priority_is_told_before_anything_is_made(self, project: Project) -> None:
        """Azure would refuse it among the last."""
        group = theirs(project, theirs=308)
        project.write(adopting(AGENTS))
        sentence = (
            "site: the network security group 'workers' has the rule 'theirs' on the priority 308 (Outbound), which "
            "agent-egress-agent-dns-udp-ipv4 needs: move that rule, or give first_priority and last_priority around"
        )
        before = inventory(project)
        refused(project.preview(), sentence)
        refused(project.up(), sentence)
        assert inventory(project) == before
        project.write(adopting(AGENTS, check_foreign_rules=False))
        unread = project.up()
        assert any('Code="SecurityRuleConflict"' in text for text in unread.errors), "as the cloud says it"

        project.write(adopting(AGENTS, first_priority=500))
        done(project.up())
        assert {rule[1] for rule in live(project, "workers")} == {
            "theirs",
            *(rule[1] for rule in expected(AGENTS, role="agent")),
        }
        assert project.azure.get(f"{group}/securityRules/theirs")["properties"]["priority"] == 308

    def test_a_group_that_is_not_there_yet(self, project: Project) -> None:
        """One that the same program makes has no rules to look at; one that nobody makes fails when its rules do."""
        project.write(adopting(AGENTS))
        preview = project.preview()
        assert names(done(preview), "create", RULE)
        made = (
            GROUP
            + 'nsg = network.NetworkSecurityGroup("nsg", resource_group_name=group.name)\n'
            + component(AGENTS, python='{"network_security_group_names": {"agent": nsg.name}}')
        )
        project.write(made)
        assert len(names(done(project.preview()), "create", RULE)) == len(expected(AGENTS))
        done(project.up())
        assert live(project, "nsg") == expected(AGENTS, role="agent", group="nsg")
        # Without a list of rules of its own the group keeps those that are resources.
        assert settled(project)

    def test_a_flow_under_another_id(self, project: Project) -> None:
        """The new rule is made before the old one goes: on another slot that works, on the same one it is told."""
        theirs(project)
        old, same, other = (
            changed(AGENTS, extra_flows=[own(1, id=name, slot=slot)])
            for name, slot in (("before", 81), ("after", 81), ("after", 82))
        )
        project.write(adopting(old))
        done(project.up())
        project.write(adopting(same))
        refused(
            project.preview(), "site: the network security group 'workers' has the rule 'agent-egress-before-tcp-ipv4'"
        )
        project.write(adopting(other))
        result = project.up()
        assert sorted(done(result)) == [
            ("create", RULE, "site-agent-egress-after-tcp-ipv4"),
            ("delete", RULE, "site-agent-egress-before-tcp-ipv4"),
        ]
        assert live(project, "workers") == expected(other, role="agent", group="workers")

        moved = changed(AGENTS, extra_flows=[own(1, id="after", slot=90)])
        project.write(adopting(moved))
        assert done(project.up()) == [("update", RULE, "site-agent-egress-after-tcp-ipv4")]
        assert live(project, "workers") == expected(moved, role="agent", group="workers")


class TestProvidersAndTags:
    """A provider of the program holds for everything below a component, and tags change in place."""

    def test_an_explicit_provider_in_another_place(self, project: Project) -> None:
        def program(team: str) -> str:
            return (
                HEAD
                + 'other = azure.Provider("other", location="northeurope")\n'
                + "opts = pulumi.ResourceOptions(provider=other)\n"
                + 'group = resources.ResourceGroup("main", opts=opts)\n'
                + component(
                    changed(AGENTS, tags={"team": team}),
                    opts='pulumi.ResourceOptions(providers={"azure-native": other})',
                )
            )

        project.write(program("security"))
        done(project.up())
        (group,) = project.azure.list("networkSecurityGroups")
        assert (group["location"], group["tags"]) == ("northeurope", {"team": "security", "ws-network-role": "agent"})
        assert settled(project)
        project.write(program("network"))
        assert {change.op for change in done(project.up())} == {"update"}, "a tag replaces nothing"
        assert done(project.preview()) == []


class TestIdsOfOtherStacks:
    """Ids arrive by a stack reference: used as they are, secret where they were secret, refused where there is none."""

    def test_stack_reference_secret_and_missing(self, make_project: MakeProject) -> None:
        config = {"azure-native:location": "westeurope"}
        hub = make_project(
            GROUP + 'siem = network.ApplicationSecurityGroup("siem", resource_group_name=group.name)\n'
            'pulumi.export("group", group.name)\n'
            'pulumi.export("siem", pulumi.Output.secret(siem.id))\n',
            name="hub",
            config=config,
        )
        done(hub.up())
        siem = hub.stack_outputs()["siem"]
        ours = make_project(name="site", sandbox=hub.sandbox, config=config)
        ours.backend = hub.backend

        def program(key: str) -> str:
            given = f'{{"peer_application_security_group_ids": {{"siem-or-syslog-server": hub.get_output("{key}")}}}}'
            return (
                HEAD
                + 'hub = pulumi.StackReference("organization/hub/test")\n'
                + component(AGENTS, group='hub.get_output("group")', python=given)
            )

        ours.write(program("siem"))
        done(ours.up())
        assert _asg(siem) in {end for rule in live(ours) for end in rule[8]}
        assert siem not in json.dumps(ours.export()), "a secret id stays out of the plain state"
        assert done(ours.preview()) == []
        ours.write(program("siem_id"))
        refused(
            ours.preview(),
            "site: peer_application_security_group_ids['siem-or-syslog-server'] is missing: the stack or resource it",
        )


class TestIpGroups:
    """Lists for Azure Firewall: one address more is one change of one group."""

    def test_life(self, project: Project) -> None:
        def program(**lists: list[str]) -> str:
            return GROUP + (
                f'made = AzureIpGroups("sources", {{"resource_group_name": group.name, "ip_addresses": {lists!r}}})\n'
                'pulumi.export("ids", made.ip_group_ids)\n'
            )

        project.write(program(agents=["10.20.0.0/24"], relays=["10.20.4.0/28"], gateways=["10.20.5.0/28"]))
        done(project.up())
        assert set(project.stack_outputs()["ids"]) == {"agents", "relays", "gateways"}
        project.write(
            program(agents=["10.20.0.0/24", "10.20.2.0/24"], relays=["10.20.4.0/28"], gateways=["10.20.5.0/28"])
        )
        assert done(project.up()) == [("update", "azure-native:network:IpGroup", "sources-agents")]
        assert settled(project)
        project.write(program(agents=["10.20.0.0/24", "10.20.2.0/24"], gateways=["10.20.5.0/28"]))
        assert done(project.up()) == [("delete", "azure-native:network:IpGroup", "sources-relays")]
        addresses = {MADE_UP.sub("", g["name"]): g["properties"]["ipAddresses"] for g in project.azure.list("ipGroups")}
        assert addresses == {"sources-agents": ["10.20.0.0/24", "10.20.2.0/24"], "sources-gateways": ["10.20.5.0/28"]}
        done(project.destroy())


class TestRefusals:
    """A plan that must not be deployed ends the preview with its sentence: no traceback, and nothing is made."""

    def test_bad_deployment_failing_plan_and_minimal_layout_in_their_group(self, project: Project) -> None:
        sentences = {
            site(changed(AGENTS, regoin="x")): "site: deployment: unknown key 'regoin': did you mean 'region'?",
            site(
                changed(AGENTS, deny_rest=None)
            ): "site: azure-nsg allows what no rule names, and deny_rest is not said.",
            site(changed(AGENTS, names=None, any_address=None)): (
                "site: agent-download-center-443: no permitted form of address on azure-nsg covers "
            ),
            adopting(changed(AGENTS, layout="minimal")): "site: layout is minimal, whose rules move when others come",
        }
        for program, sentence in sentences.items():
            project.write(program)
            result = project.preview()
            refused(result, sentence)
            assert not names(result.changes, "create", NSG)
