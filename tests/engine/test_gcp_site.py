"""A site on the real engine, with the emulated GCP at the far end: what a preview says, an update does, a cloud keeps.

Each test is a story of one stack. After each update the project is compared with the rendering of the deployment, rule
by rule, so that a rule which the engine believes to exist and the cloud does not have is seen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.gcp.account import Account
from tests.components.gcp_sites import AGENTS, CLASSIC, SITE
from tests.components.sites import changed, with_peer
from tests.engine.stories import done, names, settled
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.gcp import priorities
from ws_network.gcp.render import FirewallRule, render
from ws_network.plan import build_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project, Result
    from ws_network.priorities import Band

    MakeProject = Callable[..., Project]

pytestmark = pytest.mark.engine

POLICIES = "compute.networkFirewallPolicies"
GROUPS = "networksecurity.projects.locations.addressGroups"
RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
GROUP = "gcp:networksecurity/addressGroup:AddressGroup"
ASSOCIATION = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
FIREWALL = "gcp:compute/firewall:Firewall"
OWN = 2147483548
"""Priorities from here on are the cloud's own rules."""

HEAD = """
import json, pulumi, pulumi_gcp as gcp
from ws_network.gcp import GcpWorkloadSecurity
project = gcp.config.project
"""


def is_deny(name: str) -> bool:
    """Whether a rule of this name denies the rest."""
    return name.endswith("-deny-rest")


def network(name: str = "main") -> str:
    """Return the source of a network, and of a secure tag for each of a site's roles in it."""
    return f"""
{name} = gcp.compute.Network("{name}", auto_create_subnetworks=False)
{name}_key = gcp.tags.TagKey(
    "{name}-role", parent=f"projects/{{project}}", short_name="{name}-role", purpose="GCE_FIREWALL",
    purpose_data={{"network": {name}.name.apply(lambda name: f"{{project}}/{{name}}")}},
)
{name}_tags = {{
    role: gcp.tags.TagValue(f"{name}-{{role}}", parent={name}_key.id, short_name=role).id
    for role in {sorted(SITE["roles"])!r}
}}
"""


NETWORK = HEAD + network()


def component(
    deployment: dict[str, Any],
    name: str = "site",
    *,
    python: str = '"network": main.id',
    tags: str = "main_tags",
    opts: str = "None",
    **args: Any,
) -> str:
    """Return the source of one site; `python` (arguments that are no plain data), `tags` and `opts` are source."""
    plain = json.dumps({"deployment": deployment, **args})
    worn = f'"role_secure_tags": {{role: {tags}[role] for role in {deployment["roles"]!r}}}, ' if tags else ""
    return f'{name} = GcpWorkloadSecurity("{name}", {{**json.loads({plain!r}), {worn}{python}}}, {opts})\n'


def site(deployment: dict[str, Any], **args: Any) -> str:
    """Return a program with a network of its own and one site."""
    return NETWORK + component(deployment, **args)


Rule = tuple[Any, ...]


def expected(deployment: dict[str, Any], band: Band | None = None) -> set[Rule]:
    """Return the rules that the cloud should have, as the renderer says them, groups as their ranges."""
    machines = dict.fromkeys(deployment["roles"], MachineMark.SECURE_TAG)
    plan = build_plan(
        Catalogue.load(), Deployment.parse(deployment), target=Target.GCP_FIREWALL_POLICY, machines=machines
    )
    rendering = render(plan, band=band)

    def ends(rule: FirewallRule, side: str) -> tuple[str, ...]:
        given: dict[str, Any] = dict(rule)
        groups = [end["key"] for end in given.get(f"{side}_address_groups", [])]
        return (
            *given.get(f"{side}_ip_ranges", []),
            *given.get(f"{side}_fqdns", []),
            *(end["role"] for end in given.get(f"{side}_secure_tags", [])),
            *(item for key in groups for item in rendering.address_groups[key]["items"]),
        )

    return {
        (
            rule["rule_name"],
            rule["priority"],
            rule["action"],
            rule["direction"],
            rule["targets"]["role"],
            tuple((config["ip_protocol"], *config.get("ports", [])) for config in rule["layer4_configs"]),
            tuple(sorted(ends(rule, "src"))),
            tuple(sorted(ends(rule, "dest"))),
        )
        for rule in rendering.rules.values()
    }


def policies(project: Project, account: Account | None = None) -> list[dict[str, Any]]:
    """Return the policies of a project with their rules."""
    found: list[dict[str, Any]] = (account or project.gcp).call(f"{POLICIES}.list").get("items", [])
    return found


def live(project: Project, account: Account | None = None, policy: str = "") -> set[Rule]:
    """Return the rules that the cloud has in its only policy (or in one, by name), in the same form."""
    account = account or project.gcp
    (found,) = [item for item in policies(project, account) if item["name"] == (policy or item["name"])]
    call = account.call

    def role(tag: dict[str, str]) -> str:
        return str(call("cloudresourcemanager.tagValues.get", name=tag["name"])["shortName"])

    def ends(match: dict[str, Any], side: str) -> tuple[str, ...]:
        groups = [call(f"{GROUPS}.get", name=name)["items"] for name in match.get(f"{side}AddressGroups", [])]
        tags = [role(tag) for tag in match.get(f"{side}SecureTags", [])]
        return (
            *match.get(f"{side}IpRanges", []),
            *match.get(f"{side}Fqdns", []),
            *tags,
            *(item for items in groups for item in items),
        )

    return {
        (
            rule["ruleName"],
            rule["priority"],
            rule["action"],
            rule["direction"],
            "+".join(role(tag) for tag in rule.get("targetSecureTags", [])),
            tuple((config["ipProtocol"], *config.get("ports", [])) for config in rule["match"]["layer4Configs"]),
            tuple(sorted(ends(rule["match"], "src"))),
            tuple(sorted(ends(rule["match"], "dest"))),
        )
        for rule in found["rules"]
        if rule["priority"] < OWN
    }


def inventory(project: Project) -> set[str]:
    """Return the links of everything in the project that a site is made of."""
    call, place = project.gcp.call, f"projects/{project.gcp.project}/locations/global"
    return {
        *(item["selfLink"] for item in call("compute.networks.list").get("items", [])),
        *(item["selfLink"] for item in call("compute.firewalls.list").get("items", [])),
        *(item["selfLink"] for item in policies(project)),
        *(item["name"] for item in call(f"{GROUPS}.list", parent=place).get("addressGroups", [])),
    }


def refused(result: Result, *words: str) -> None:
    """Check that a command failed with an error that has these words, and without a traceback."""
    assert not result.ok, result.text
    assert "Traceback" not in result.text
    assert "unhandled exception" not in result.text, result.text
    for word in words:
        assert any(word in text for text in result.errors), result.text


def order(result: Result) -> list[tuple[str, str]]:
    """Return what became of resources, in the order in which it was done: (operation, name)."""
    found = []
    for event in result.events:
        metadata = event.get("resOutputsEvent", {}).get("metadata", {})
        if metadata.get("type", "").startswith("gcp:") and metadata["op"] not in {"same", "replace"}:
            found.append((metadata["op"], metadata["urn"].rsplit("::", 1)[-1]))
    return found


class TestLifeOfASite:
    """From the first preview to the end: nothing is hidden, nothing changes twice, nothing stays behind."""

    def test_preview_up_changes_and_destroy(self, project: Project) -> None:
        project.write(site(SITE))
        preview = done(project.preview())
        assert not project.gcp.store.path.exists()

        up = done(project.up())
        assert set(preview) == set(up), "a preview with unknown tags shows every resource"
        assert {change.op for change in up} == {"create"}
        assert live(project) == expected(SITE)
        (policy,) = policies(project)
        assert [item["name"] for item in policy["associations"]] == ["site"]
        assert done(project.up()) == []
        assert settled(project)

        turned = changed(
            SITE,
            roles=SITE["roles"][::-1],
            features=SITE["features"][::-1],
            peers=dict(reversed(SITE["peers"].items())),
        )
        project.write(site(turned, report="redacted"))
        assert done(project.preview("--diff")) == [], "another order is no change"

        more = with_peer(SITE, "vmware-vcenter", {"cidrs": ["10.60.8.10/32", "10.60.8.11/32"]})
        project.write(site(more))
        assert done(project.up()) == [("update", GROUP, "site-peer-vmware-vcenter-ipv4-5")]
        assert live(project) == expected(more)

        less = changed(more, features=["web-reputation"])
        project.write(site(less))
        gone = done(project.up())
        assert gone
        assert {(change.op, change.type) for change in gone} == {("delete", RULE)}
        assert len(gone) == len(expected(more) - expected(less))
        assert live(project) == expected(less)

        assert done(project.destroy())
        assert inventory(project) == set()

    def test_another_day_changes_findings_only(self, project: Project) -> None:
        """Same commit, another day: a pipeline that runs again years later must not close a port."""
        ending = changed(AGENTS, expires={"agent-dns": {"until": "2027-03-31", "reason": "last console moves"}})
        project.write(site(ending, as_of="2026-01-01"))
        done(project.up())
        project.write(site(ending, as_of="2029-01-01"))
        later = project.up()
        assert done(later) == []
        assert any("high expired: " in text for text in later.warnings)

    def test_two_stacks_in_one_project(self, make_project: MakeProject) -> None:
        """Fixed names would let the second stack fail, or take over what is the first one's."""
        first = make_project(HEAD + network("one") + component(AGENTS, python='"network": one.id', tags="one_tags"))
        second = make_project(
            HEAD + network("two") + component(AGENTS, python='"network": two.id', tags="two_tags"),
            name="second",
            sandbox=first.sandbox,
        )
        done(first.up())
        done(second.up())
        done(first.destroy())
        assert settled(second)
        assert live(second) == expected(AGENTS)


class TestGroupsAndPriorities:
    """What GCP cannot change in place is made anew beside the old, so that no connection is cut."""

    def test_a_group_outgrows_its_capacity_and_a_band_moves(self, project: Project) -> None:
        few = with_peer(AGENTS, "dns-server", {"cidrs": ["10.20.0.53/32", "fd12:3456:20::53/128"]})
        many = with_peer(AGENTS, "dns-server", {"cidrs": [f"10.20.{n}.53/32" for n in range(9)]})
        project.write(site(few))
        done(project.up())

        project.write(site(many))
        result = project.up()
        changes = done(result)
        assert names(changes, "create") == {"site-peer-dns-server-ipv4-15"}
        assert names(changes, "update") == {"site-agent-egress-agent-dns-ipv4"}
        assert names(changes, "delete") == {
            "site-peer-dns-server-ipv4-5",
            "site-peer-dns-server-ipv6-5",
            "site-agent-egress-agent-dns-ipv6",
        }, "the last IPv6 address takes its group and its rule along"
        steps = order(result)
        turned = steps.index(("update", "site-agent-egress-agent-dns-ipv4"))
        assert steps.index(("create", "site-peer-dns-server-ipv4-15")) < turned
        assert turned < steps.index(("delete", "site-peer-dns-server-ipv4-5"))
        assert live(project) == expected(many)

        project.write(site(many, first_priority=20_000_000))
        result = project.up()
        moved = done(result)
        assert {change.type for change in moved} == {RULE}
        assert {change.op for change in moved} == {"create-replacement", "delete-replaced"}
        steps = order(result)
        ops = [op for op, _ in steps]
        assert ops == sorted(ops), "every rule is there at its new priority before one goes"
        denies = [at for at, (op, name) in enumerate(steps) if op == "create-replacement" and is_deny(name)]
        allows = [at for at, (op, name) in enumerate(steps) if op == "create-replacement" and not is_deny(name)]
        assert max(allows) < min(denies), "what denies the rest comes last"
        assert live(project) == expected(many, priorities.band(20_000_000, None))
        assert settled(project)

    def test_extra_flows_are_renamed_and_change_places(self, project: Project) -> None:
        """A rule that took the priority which another one leaves was refused, at this update and at each after it."""

        def own(*ids: str) -> dict[str, Any]:
            flow = {"source": "agent", "destination": "dns-server", "transport": "tcp", "ports": [853], "reason": "r"}
            flows = [flow | {"id": each, "slot": 80 + at, "until": "2099-11-30"} for at, each in enumerate(ids)]
            return changed(AGENTS, extra_flows=flows)

        project.write(site(own("one", "another")))
        done(project.up())
        text = json.dumps({"version": 3, "deployment": project.export()})
        for slot, flow in ((80, "one"), (81, "another")):
            text = text.replace(f"-slot.{slot}-ipv4", f"-{flow}-ipv4")
        state = project.place / "state-of-0.1.0.json"
        state.write_text(text, encoding="utf-8")
        assert project.run("stack", "import", "--stack", project.stack, "--file", str(state)).ok
        assert done(project.preview()) == []
        done(project.up())

        for ids in (("renamed", "another"), ("another", "renamed")):
            project.write(site(own(*ids)))
            assert {change.op for change in done(project.up())} == {"update"}
            assert live(project) == expected(own(*ids))

        # The documented distance: old and new priorities of a band that is moved never meet.
        project.write(site(own("another", "renamed"), first_priority=11_000))
        done(project.up())
        assert live(project) == expected(own("another", "renamed"), priorities.band(11_000, None))
        assert settled(project)

    def test_a_role_more_is_denied_nothing_before_it_is_allowed(self, project: Project) -> None:
        """The policy is bound already, so the order of its rules is all that keeps a new role's machines alive."""
        project.write(site(AGENTS))
        done(project.up())
        both = changed(AGENTS, roles=["agent", "relay"], peers=SITE["peers"])
        project.write(site(both))
        result = project.up()
        done(result)
        steps = order(result)
        denies = [at for at, step in enumerate(steps) if step[0] == "create" and is_deny(step[1])]
        allows = [at for at, step in enumerate(steps) if step[0] == "create" and not is_deny(step[1])]
        assert len(denies) == 2
        assert max(allows) < min(denies)
        assert live(project) == expected(both)

        # Another layout is other rules at other priorities: they are all there before the first of the old ones goes.
        for deployment in (changed(both, layout="minimal"), both):
            project.write(site(deployment))
            result = project.up()
            assert done(result)
            ops = [op for op, name in order(result) if "-egress-" in name or "-ingress-" in name]
            assert {"create", "delete"} <= set(ops)
            assert ops == sorted(ops)
            assert live(project) == expected(deployment)

    def test_another_network(self, project: Project) -> None:
        """An association is replaced old first: a network has one policy, and the name is the same."""
        account = 'role_service_accounts": {"agent": "agent@p.iam.gserviceaccount.com"}'
        both = HEAD + "".join(
            f'{name} = gcp.compute.Network("{name}", auto_create_subnetworks=False)\n' for name in ("main", "other")
        )

        def program(name: str) -> str:
            return both + component(AGENTS, tags="", python=f'"network": {name}.id, "{account}')

        project.write(program("main"))
        done(project.up())
        project.write(program("other"))
        result = project.up()
        assert done(result) == [("delete-replaced", ASSOCIATION, "site"), ("create-replacement", ASSOCIATION, "site")]
        (policy,) = policies(project)
        (bound,) = policy["associations"]
        assert "/networks/other-" in bound["attachmentTarget"]
        assert done(project.destroy())
        assert inventory(project) == set()


class TestDrift:
    """What someone changes by hand is found by a refresh, and put right by the next update."""

    def test_rules_and_groups_changed_by_hand(self, project: Project) -> None:
        project.write(site(AGENTS))
        done(project.up())
        (policy,) = policies(project)
        by_name = {rule.get("ruleName"): rule for rule in policy["rules"]}
        dns, deny = by_name["agent-egress-agent-dns-ipv4"], by_name["agent-egress-ipv4-deny-rest"]
        where = {"firewallPolicy": policy["name"]}
        patched = {"match": {**dns["match"], "layer4Configs": [{"ipProtocol": "all"}]}}
        project.gcp.call(f"{POLICIES}.patchRule", patched, priority=dns["priority"], **where)
        project.gcp.call(f"{POLICIES}.patchRule", {"disabled": True}, priority=deny["priority"], **where)
        (group,) = dns["match"]["destAddressGroups"]
        project.gcp.call(f"{GROUPS}.addItems", {"items": ["203.0.113.9/32"]}, addressGroup=group)
        theirs = {"ruleName": "by-hand", "priority": 5, "action": "allow", "direction": "INGRESS"}
        theirs |= {"match": {"layer4Configs": [{"ipProtocol": "tcp"}], "srcIpRanges": ["203.0.113.0/24"]}}
        project.gcp.call(f"{POLICIES}.addRule", theirs, **where)

        found = done(project.refresh())
        assert names(found, "update") == {
            "site-agent-egress-agent-dns-ipv4",
            "site-agent-egress-ipv4-deny-rest",
            "site-peer-dns-server-ipv4-5",
        }
        repaired = done(project.up())
        assert names(repaired, "update") == names(found, "update")
        by_hand = {rule for rule in live(project) if rule[0] == "by-hand"}
        assert len(by_hand) == 1
        assert live(project) - by_hand == expected(AGENTS)
        (policy,) = policies(project)
        assert not any(rule.get("disabled") for rule in policy["rules"])
        assert settled(project)

        # A rule that is gone ends a refresh, as the API answers 400 for it. Any rule in its place is put right.
        project.gcp.call(f"{POLICIES}.removeRule", priority=dns["priority"], **where)
        refused(project.refresh(), f"does not contain a rule at priority {dns['priority']}")
        blank = {"action": "goto_next", "direction": "EGRESS", "match": theirs["match"] | {"srcIpRanges": []}}
        blank["match"] |= {"destIpRanges": ["192.0.2.0/24"]}
        project.gcp.call(f"{POLICIES}.addRule", blank | {"priority": dns["priority"]}, **where)
        assert names(done(project.up("--refresh")), "update") == {"site-agent-egress-agent-dns-ipv4"}
        assert live(project) - by_hand == expected(AGENTS)


class TestFailures:
    """A cloud that fails half way leaves a state from which the next update finishes."""

    def test_throttling_is_waited_out(self, project: Project) -> None:
        project.write(site(AGENTS))
        project.fail(throttle={f"{POLICIES}.addRule": 3, f"{GROUPS}.create": 2, f"{POLICIES}.addAssociation": 1})
        done(project.up())
        project.fail()
        assert live(project) == expected(AGENTS)
        assert done(project.preview()) == []

    @pytest.mark.parametrize(
        "plan",
        [
            {"refuse": {f"{POLICIES}.addRule": {"after": 3, "count": 50}}},
            {"lose_answer": {f"{GROUPS}.create": 1}},
        ],
        ids=["refused", "answer-for-a-group-lost"],
    )
    def test_next_update_finishes_and_nothing_was_cut_off(self, project: Project, plan: dict[str, Any]) -> None:
        project.write(site(AGENTS))
        project.fail(**plan)
        refused(project.up())
        (policy,) = policies(project)
        assert "associations" not in policy, "a policy with half of its rules is bound to nothing"
        assert not [rule for rule in policy["rules"] if rule["priority"] < OWN and rule["action"] == "deny"]
        project.fail()
        done(project.up())
        assert live(project) == expected(AGENTS)
        assert done(project.preview()) == []

    def test_a_rule_whose_answer_was_lost_is_named(self, project: Project) -> None:
        """Nobody knows it: GCP refuses a second one, and the message must say which to remove or import."""
        project.write(site(AGENTS))
        project.fail(lose_answer={f"{POLICIES}.addRule": {"after": 1, "count": 1}})
        refused(project.up())
        project.fail()
        again = project.up()
        refused(again, "already exists in the firewall policy")
        (policy,) = policies(project)
        known = {int(item["outputs"]["priority"]) for item in project.resources(RULE)}
        (lost,) = {rule["priority"] for rule in policy["rules"] if rule["priority"] < OWN} - known
        assert any(f"at priority {lost} already exists" in text for text in again.errors)
        project.gcp.call(f"{POLICIES}.removeRule", firewallPolicy=policy["name"], priority=lost)
        done(project.up())
        assert live(project) == expected(AGENTS)


class TestAdoption:
    """Rules in someone else's policy: its description, binding and own rules are theirs, before, during and after."""

    def test_policy_is_left_alone(self, project: Project) -> None:
        project.write(NETWORK)
        done(project.up())
        call = project.gcp.call
        (vpc,) = call("compute.networks.list")["items"]
        call(f"{POLICIES}.insert", {"name": "theirs", "description": "made by hand"})
        path = f"projects/{project.gcp.project}/global/networks/{vpc['name']}"
        call(f"{POLICIES}.addAssociation", {"name": "theirs", "attachmentTarget": path}, firewallPolicy="theirs")
        match = {"layer4Configs": [{"ipProtocol": "tcp", "ports": ["22"]}], "srcIpRanges": ["203.0.113.0/24"]}
        theirs = {"ruleName": "ssh", "action": "allow", "direction": "INGRESS", "match": match}
        call(f"{POLICIES}.addRule", theirs | {"priority": 139_240}, firewallPolicy="theirs")
        before = live(project)
        assert len(before) == 1

        def program(**args: Any) -> str:
            return NETWORK + component(AGENTS, python='"firewall_policy": "theirs"', **args)

        project.write(program())
        taken = project.up()
        refused(taken, "at priority 139240 already exists in the firewall policy")
        assert {rule for rule in live(project) if rule[2] == "deny"} == set()

        project.write(program(first_priority=50_000_000))
        changes = done(project.up())
        assert {change.type for change in changes} <= {RULE, GROUP, "ws-network:index:GcpWorkloadSecurity"}
        ours = expected(AGENTS, priorities.band(50_000_000, None))
        assert live(project) == before | ours
        (policy,) = policies(project)
        assert policy["description"] == "made by hand"
        assert [item["name"] for item in policy["associations"]] == ["theirs"]
        assert settled(project)

        project.write(NETWORK)
        done(project.up())
        assert live(project) == before
        assert [item["name"] for item in policies(project)] == ["theirs"]

    def test_a_policy_of_another_project(self, project: Project) -> None:
        """Its id says the project. The rules went to a policy of the same name in the provider's own."""
        hub = Account(project.sandbox, "other-123456")
        for account in (project.gcp, hub):
            account.call(f"{POLICIES}.insert", {"name": "theirs"})
        policy = "projects/other-123456/global/firewallPolicies/theirs"
        accounts = '"role_service_accounts": {"agent": "agent@other.iam.gserviceaccount.com"}'
        project.write(HEAD + component(AGENTS, tags="", python=accounts, firewall_policy=policy))
        done(project.up())
        assert {rule[0] for rule in live(project, hub)} == {rule[0] for rule in expected(AGENTS)}
        assert live(project) == set()
        assert settled(project)
        done(project.destroy())
        assert live(project, hub) == set()


class TestProvidersAndLabels:
    """Default labels and providers of the program hold for everything below a component, and settle at once."""

    def test_default_labels_and_an_explicit_provider(self, project: Project) -> None:
        project.set("gcp:defaultLabels", {"team": "platform", "stage": "test"})
        there = (
            'other = gcp.Provider("other", project="other-123456", region="us-east1", '
            'default_labels={"team": "explicit"})\n'
            'vpc = gcp.compute.Network("there", auto_create_subnetworks=False, '
            "opts=pulumi.ResourceOptions(provider=other))\n"
            + component(
                AGENTS,
                "there",
                python='"network": vpc.id, "role_service_accounts": {"agent": "agent@other.iam.gserviceaccount.com"}',
                tags="",
                opts='pulumi.ResourceOptions(providers={"gcp": other})',
            )
        )

        def program(team: str) -> str:
            return NETWORK + component(changed(AGENTS, tags={"Team": team}), "here") + there

        project.write(program("Security"))
        done(project.up())
        assert settled(project)
        labels = {}
        for account in (project.gcp, Account(project.sandbox, "other-123456")):
            place = f"projects/{account.project}/locations/global"
            for group in account.call(f"{GROUPS}.list", parent=place)["addressGroups"]:
                labels[account.project] = {k: v for k, v in group["labels"].items() if not k.startswith("goog-")}
        assert labels == {
            project.gcp.project: {"team": "security", "stage": "test"},
            "other-123456": {"team": "explicit"},
        }
        (policy,) = policies(project, Account(project.sandbox, "other-123456"))
        ours = [rule for rule in policy["rules"] if rule["priority"] < OWN]
        assert {tuple(rule["targetServiceAccounts"]) for rule in ours} == {("agent@other.iam.gserviceaccount.com",)}
        assert len(ours) == len(expected(AGENTS))

        project.write(program("Network"))
        relabelled = done(project.up())
        assert {(change.op, change.type) for change in relabelled} == {("update", GROUP)}
        assert done(project.preview()) == []


class TestIdsOfOtherStacks:
    """Ids arrive by a stack reference: used as they are, secret where they were secret, refused where there is none."""

    def test_stack_reference_secret_and_missing(self, make_project: MakeProject) -> None:
        base = make_project(
            NETWORK
            + 'pulumi.export("network", main.id)\n'
            + 'pulumi.export("agent", pulumi.Output.secret(main_tags["agent"]))\n'
            + 'pulumi.export("relay", main_tags["relay"])\n',
            name="network",
        )
        done(base.up())
        agent = base.stack_outputs()["agent"]
        project = make_project(name="site", sandbox=base.sandbox)
        project.backend = base.backend
        relays = changed(SITE, roles=["relay"], peers={**SITE["peers"], "relay": {"cidrs": ["10.20.4.0/28"]}})

        def program(key: str) -> str:
            return (
                HEAD
                + 'base = pulumi.StackReference("organization/network/test")\n'
                + component(
                    relays,
                    tags="",
                    python='"network": base.get_output("network"), '
                    '"role_secure_tags": {"relay": base.get_output("relay")}, '
                    f'"peer_secure_tag_ids": {{"agent": base.get_output("{key}")}}',
                )
            )

        project.write(program("agent"))
        done(project.up())
        assert agent not in json.dumps(project.export()), "a secret id stays out of the plain state"
        (source,) = {rule[6] for rule in live(project) if "reference" in rule[0]}
        assert source == ("agent",)
        assert done(project.preview()) == []

        project.write(program("agents"))
        missing = project.preview()
        refused(
            missing,
            "site: peer_secure_tag_ids['agent'] is missing: the stack or resource it comes from has no such id.",
        )


class TestClassicRules:
    """Rules of the VPC itself, where a network has no policy: by network tags, at two priorities."""

    def test_life(self, project: Project) -> None:
        tags = {"agent": "ws-agent", "relay": "ws-relay"}

        def program(deployment: dict[str, Any]) -> str:
            vpc = HEAD + 'main = gcp.compute.Network("main", auto_create_subnetworks=False)\n'
            worn = {role: tags[role] for role in deployment["roles"]}
            return vpc + component(deployment, tags="", vpc_firewall=True, role_network_tags=worn)

        def classic() -> list[dict[str, Any]]:
            return list(project.gcp.call("compute.firewalls.list").get("items", []))

        project.write(program(CLASSIC))
        preview = done(project.preview())
        assert set(done(project.up())) == set(preview)
        rules = classic()
        assert len(rules) == len([change for change in preview if change.type == FIREWALL]) > 20
        assert {(rule["priority"], "denied" in rule) for rule in rules} == {(1000, False), (65534, True)}
        assert {tag for rule in rules for tag in rule["targetTags"]} == set(tags.values())
        sources = {tag for rule in rules for tag in rule.get("sourceTags", [])}
        assert sources == set(tags.values())
        denied = [rule for rule in rules if "denied" in rule]
        assert sorted((rule["targetTags"][0], rule["destinationRanges"][0]) for rule in denied) == [
            (tag, block) for tag in sorted(tags.values()) for block in ("0.0.0.0/0", "::/0")
        ]
        assert done(project.up()) == []

        more = with_peer(CLASSIC, "dns-server", {"cidrs": ["10.20.0.53/32", "10.20.0.54/32"]})
        project.write(program(more))
        assert names(done(project.up()), "update") == {
            "site-agent-egress-agent-dns-ipv4",
            "site-relay-egress-agent-dns-ipv4",
        }
        (dns,) = [r for r in classic() if r["name"].startswith("site-agent-egress-agent-dns-ipv4-")]
        project.gcp.call("compute.firewalls.delete", firewall=dns["name"])
        assert names(done(project.refresh()), "delete") == {"site-agent-egress-agent-dns-ipv4"}
        assert names(done(project.up()), "create") == {"site-agent-egress-agent-dns-ipv4"}
        assert settled(project)

        project.write(program(changed(more, roles=["agent"], deny_rest=False)))
        done(project.up())
        assert {tag for rule in classic() for tag in rule["targetTags"]} == {"ws-agent"}
        assert not any("denied" in rule for rule in classic())
        done(project.destroy())
        assert inventory(project) == set()


class TestRefusals:
    """A plan that must not be deployed ends the preview with its sentence: no traceback, and nothing is made."""

    def test_bad_deployment_failing_plan_and_missing_marks(self, project: Project) -> None:
        sentences = {
            site(changed(AGENTS, regoin="x")): "site: deployment: unknown key 'regoin': did you mean 'region'?",
            site(changed(AGENTS, names=None)): (
                "site: agent-download-center-443: no permitted form of address on gcp-firewall-policy covers "
            ),
            site(AGENTS, tags=""): "site: role agent has no machines, and a rule of gcp-firewall-policy without",
            site(AGENTS, vpc_firewall=True): "site: agent-download-center-443: ",
        }
        for program, sentence in sentences.items():
            project.write(program)
            result = project.preview()
            refused(result)
            assert any(sentence in text for text in result.errors), result.text
            assert not names(result.changes, "create", "gcp:compute/networkFirewallPolicy")
