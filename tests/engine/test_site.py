"""A site on the real engine, with the emulated AWS at the far end: what a preview says, an update does, a cloud keeps.

Each test is a story of one stack. After each update the account is compared with the rendering of the deployment, rule
by rule, so that a rule which the engine believes to exist and the cloud does not have is seen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.components.sites import AGENTS, HELD, SITE, changed, with_peer
from tests.engine.stories import done, names, settled
from ws_network.aws.render import render
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment
from ws_network.plan import build_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from tests.engine.harness import Change, Project, Result

    MakeProject = Callable[..., Project]

pytestmark = pytest.mark.engine

HEAD = """
import json, pulumi, pulumi_aws as aws
from ws_network.aws import AwsRoleSecurityGroup, AwsWorkloadSecurity
"""
VPC = HEAD + 'vpc = aws.ec2.Vpc("main", cidr_block="10.20.0.0/16")\n'

RULE = "SecurityGroupEgressRule", "SecurityGroupIngressRule"
Rule = tuple[str, str, str, int, int, tuple[str, ...]]


def component(
    deployment: dict[str, Any],
    name: str = "site",
    *,
    vpc_id: str = "vpc.id",
    python: str = "{}",
    opts: str = "None",
    **args: Any,
) -> str:
    """Return the source of one site; `vpc_id`, `python` (arguments that are no plain data) and `opts` are source."""
    plain = json.dumps({"deployment": deployment, **args})
    return (
        f'{name} = AwsWorkloadSecurity("{name}", {{"vpc_id": {vpc_id}, **json.loads({plain!r}), **{python}}}, {opts})\n'
    )


def site(deployment: dict[str, Any], **args: Any) -> str:
    """Return a program with a VPC of its own and one site."""
    return VPC + component(deployment, **args)


def expected(deployment: dict[str, Any], name: str = "site", as_of: date | None = None) -> set[Rule]:
    """Return the rules that the cloud should have, as the renderer says them, lists as their blocks."""
    rendering = render(build_plan(Catalogue.load(), Deployment.parse(deployment), as_of=as_of))
    found: set[Rule] = set()
    for key, group in rendering.security_groups.items():
        for rule in group["rules"].values():
            if "prefix_list" in rule:
                ends = tuple(entry["cidr"] for entry in rendering.prefix_lists[rule["prefix_list"]]["entries"])
            elif "security_group" in rule:
                ends = (f"{name}-{rule['security_group']}",)
            else:
                ends = (rule.get("cidr_ipv4") or rule["cidr_ipv6"],)
            ports = rule["from_port"], rule["to_port"]
            found.add((f"{name}-{key}", rule["direction"], rule["ip_protocol"], *ports, tuple(sorted(ends))))
    return found


def live(project: Project, name: str = "site", only: str = "") -> set[Rule]:
    """Return the rules that the account has in the groups of a site (or in one, by id), in the same form."""
    ec2 = project.ec2
    groups = {
        group["GroupId"]: {tag["Key"]: tag["Value"] for tag in group.get("Tags", [])}.get("Name", "")
        for group in ec2.describe_security_groups()["SecurityGroups"]
    }
    found: set[Rule] = set()
    for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]:
        group = groups[rule["GroupId"]]
        if not group.startswith(f"{name}-") or rule["GroupId"] != (only or rule["GroupId"]):
            continue
        if key := rule.get("PrefixListId"):
            ends = tuple(e["Cidr"] for e in ec2.get_managed_prefix_list_entries(PrefixListId=key)["Entries"])
        elif reference := rule.get("ReferencedGroupInfo"):
            ends = (groups[reference["GroupId"]],)
        else:
            ends = (rule.get("CidrIpv4") or rule["CidrIpv6"],)
        direction = "egress" if rule["IsEgress"] else "ingress"
        found.add((group, direction, rule["IpProtocol"], rule["FromPort"], rule["ToPort"], tuple(sorted(ends))))
    return found


def inventory(project: Project) -> set[str]:
    """Return the ids of everything in the account that a site is made of."""
    ec2 = project.ec2
    return {
        *(item["VpcId"] for item in ec2.describe_vpcs()["Vpcs"]),
        *(item["GroupId"] for item in ec2.describe_security_groups()["SecurityGroups"]),
        *(item["SecurityGroupRuleId"] for item in ec2.describe_security_group_rules()["SecurityGroupRules"]),
        *(item["PrefixListId"] for item in ec2.describe_managed_prefix_lists()["PrefixLists"]),
    }


def kinds(changes: Iterable[Change]) -> set[tuple[str, str]]:
    """Return (operation, last part of the type)."""
    return {(change.op, change.type.rsplit(":", 1)[-1]) for change in changes}


def group_id(project: Project, name: str = "site-agent") -> str:
    """Return the id of a group of the state."""
    (found,) = (item["id"] for item in project.resources("securityGroup:SecurityGroup") if item["urn"].endswith(name))
    return found


class TestLifeOfASite:
    """From the first preview to the end: nothing is hidden, nothing changes twice, nothing stays behind."""

    def test_preview_up_changes_and_destroy(self, project: Project) -> None:
        empty = inventory(project)
        project.write(site(SITE, exclusive=True))
        preview = done(project.preview())
        assert inventory(project) == empty

        up = done(project.up())
        assert set(preview) == set(up), "a preview with unknown VPC id shows every resource"
        assert {op for op, _ in kinds(up)} == {"create"}
        assert live(project) == expected(SITE)
        assert done(project.up()) == []

        turned = changed(
            SITE,
            roles=SITE["roles"][::-1],
            features=SITE["features"][::-1],
            peers=dict(reversed(SITE["peers"].items())),
            names=SITE["names"][::-1],
        )
        project.write(site(turned, exclusive=True, report="redacted"))
        assert done(project.preview("--diff")) == [], "another order is no change"

        more = with_peer(SITE, "vmware-vcenter", {"cidrs": ["10.60.8.10/32", "10.60.8.11/32"]})
        project.write(site(more, exclusive=True))
        result = project.up()
        assert [(change.op, change.name) for change in done(result)] == [("update", "site-peer-vmware-vcenter-ipv4")]
        assert live(project) == expected(more)

        # smart-scan and what follows from it go; with exclusive, so do their ids in the list of those that may stay.
        less = changed(
            more, features=["web-reputation"], roles=["agent", "relay", "administrator", "data-center-gateway"]
        )
        project.write(site(less, exclusive=True))
        gone = done(project.up())
        assert names(gone, "delete")
        assert kinds(gone) <= {*(("delete", kind) for kind in RULE), ("update", "VpcSecurityGroupRulesExclusive")}
        assert len(names(gone, "delete")) == len(expected(more) - expected(less))
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
        project.write(site(AGENTS))
        assert done(project.preview()) == []

    def test_two_stacks_in_one_account(self, make_project: MakeProject) -> None:
        """Fixed names would let the second stack fail, or take over what is the first one's."""
        first = make_project(site(AGENTS), name="first")
        second = make_project(site(AGENTS), name="second", sandbox=first.sandbox)
        done(first.up())
        done(second.up())
        ids = [{item["id"] for item in each.resources("aws:") if item.get("id")} for each in (first, second)]
        assert ids[0].isdisjoint(ids[1])
        done(first.destroy())
        assert settled(second)
        assert live(second) == expected(AGENTS)


class TestLists:
    """Addresses change most often: a list changes alone, also where it has to grow."""

    def test_growing_past_its_size_shrinking_and_the_last_address(self, project: Project) -> None:
        def dns(*cidrs: str) -> dict[str, Any]:
            return with_peer(AGENTS, "dns-server", {"cidrs": list(cidrs)})

        few, many = dns("10.20.0.53/32", "fd12:3456:20::53/128"), [f"10.20.{n}.53/32" for n in range(9)]
        project.write(site(few))
        done(project.up())
        (small,) = (item for item in project.resources("ManagedPrefixList") if item["urn"].endswith("dns-server-ipv4"))
        assert small["outputs"]["maxEntries"] == 5

        grown = dns(*many, "fd12:3456:20::53/128")
        project.write(site(grown))
        result = project.up()
        assert [(change.op, change.name) for change in done(result)] == [("update", "site-peer-dns-server-ipv4")]
        assert live(project) == expected(grown)
        assert settled(project)

        project.write(site(dns(*many)))
        last = done(project.up())
        assert names(last, "delete") == {
            "site-peer-dns-server-ipv6",
            "site-agent-egress-udp-53-peer-dns-server-ipv6",
        }, "the last IPv6 address takes its list and its rule along"
        assert {op for op, _ in kinds(last)} == {"delete"}
        assert live(project) == expected(dns(*many))

        project.write(site(few))
        done(project.up())
        assert live(project) == expected(few)
        assert settled(project)


class TestDrift:
    """What someone changes by hand is found by a refresh, and put right by the next update."""

    def test_rules_revoked_and_added_by_hand(self, project: Project) -> None:
        """`kept` is exclusive, `open` is not."""
        project.write(VPC + component(AGENTS, "kept", exclusive=True) + component(AGENTS, "open"))
        done(project.up())
        kept, opened = group_id(project, "kept-agent"), group_id(project, "open-agent")
        gone = [
            item
            for item in project.resources("EgressRule")
            if item["urn"].endswith("::kept-agent-egress-udp-53-peer-dns-server-ipv4")
        ]
        project.ec2.revoke_security_group_egress(GroupId=kept, SecurityGroupRuleIds=[gone[0]["id"]])
        assert live(project, "kept") != expected(AGENTS, "kept")
        for group in (kept, opened):
            project.ec2.authorize_security_group_ingress(
                GroupId=group,
                IpPermissions=[
                    {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
                ],
            )

        found = done(project.refresh())
        assert names(found, "delete") == {"kept-agent-egress-udp-53-peer-dns-server-ipv4"}
        assert names(found, "update") == {"kept-agent"}, "an exclusive group sees the rule that was added"

        repaired = done(project.up())
        assert names(repaired, "create") == {"kept-agent-egress-udp-53-peer-dns-server-ipv4"}
        assert live(project, "kept") == expected(AGENTS, "kept")
        by_hand = ("open-agent", "ingress", "tcp", 22, 22, ("203.0.113.0/24",))
        assert live(project, "open") == {*expected(AGENTS, "open"), by_hand}
        assert settled(project)


class TestFailures:
    """A cloud that fails half way leaves a state from which the next update finishes."""

    def test_throttling_is_waited_out(self, project: Project) -> None:
        project.write(site(AGENTS, exclusive=True))
        project.fail(
            throttle={"AuthorizeSecurityGroupEgress": 3, "CreateManagedPrefixList": 2, "CreateSecurityGroup": 1}
        )
        done(project.up())
        project.fail()
        assert live(project) == expected(AGENTS)
        assert done(project.preview()) == []

    @pytest.mark.parametrize(
        "plan",
        [
            {"refuse": {"AuthorizeSecurityGroupEgress": {"after": 1, "count": 50}}},
            {"partial": {"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 2}},
            {"lose_answer": {"CreateManagedPrefixList": 1}},
            {"lose_answer": {"CreateSecurityGroup": 1}},
        ],
        ids=["refused", "created-and-reported-as-failed", "answer-for-a-list-lost", "answer-for-a-group-lost"],
    )
    def test_next_update_finishes(self, project: Project, plan: dict[str, Any]) -> None:
        project.write(site(AGENTS, exclusive=True))
        project.fail(**plan)
        assert not project.up().ok
        project.fail()
        done(project.up())
        # A group whose answer was lost is nobody's: no state and no machine knows it.
        assert live(project, only=group_id(project)) == expected(AGENTS)
        assert done(project.preview()) == []

    def test_a_rule_whose_answer_was_lost_is_named(self, project: Project) -> None:
        """Nobody knows its id: AWS refuses a second one, and the message must say which to remove or import."""
        project.write(site(AGENTS))
        project.fail(lose_answer={"AuthorizeSecurityGroupEgress": {"after": 1, "count": 1}})
        assert not project.up().ok
        project.fail()
        again = project.up()
        (name,) = names(again.changes, "create")
        assert any(name in text and "InvalidPermission.Duplicate" in text for text in again.errors)
        known = {item["id"] for item in project.resources("EgressRule")}
        ours = {"Name": "group-id", "Values": [group_id(project)]}
        rules = project.ec2.describe_security_group_rules(Filters=[ours])["SecurityGroupRules"]
        (lost,) = {rule["SecurityGroupRuleId"] for rule in rules} - known
        project.ec2.revoke_security_group_egress(GroupId=group_id(project), SecurityGroupRuleIds=[lost])
        done(project.up())
        assert live(project) == expected(AGENTS)


class TestChangeWithoutAGap:
    """A rule that is replaced exists before the old one goes: connections would fail in between."""

    RELAYS = changed(
        with_peer(AGENTS, "smart-protection-server", {"cidrs": ["10.20.9.9/32"], "serves": ["web-reputation"]}),
        roles=["agent", "relay"],
        features=["smart-scan", "web-reputation"],
        any_address={**AGENTS["any_address"], "trend-micro-update-server": HELD},
    )

    def check(self, result: Result) -> None:
        """Every rule is made before any goes, be it by the engine or by what keeps a group exclusive."""
        order: list[tuple[str, str]] = []
        for event in result.events:
            metadata = event.get("resOutputsEvent", {}).get("metadata", {})
            name = metadata.get("urn", "").rsplit("::", 1)[-1]
            if metadata.get("type", "").endswith(RULE) and metadata["op"] in {"create", "create-replacement"}:
                order.append(("made", name))
            elif metadata.get("op") in {"delete", "delete-replaced"}:
                order.append(("gone", name))
            elif metadata.get("op") == "update" and metadata["type"].endswith("RulesExclusive"):
                order.append(("gone", f"others of {name}"))
        made = [index for index, (what, _) in enumerate(order) if what == "made"]
        gone = [index for index, (what, _) in enumerate(order) if what == "gone"]
        assert made
        assert gone
        assert any(name.startswith("others of") for _, name in order)
        assert max(made) < min(gone), order

    def test_port_layout_and_split(self, project: Project) -> None:
        project.write(site(self.RELAYS, exclusive=True))
        done(project.up())
        assert live(project) == expected(self.RELAYS)

        steps = {
            "another port": changed(self.RELAYS, port_overrides={"agent-relay": 4222, "relay-relay": 4222}),
            "fewest rules": changed(self.RELAYS, layout="minimal"),
            "back": self.RELAYS,
            "two groups": changed(self.RELAYS, split={"agent": 2}),
        }
        for name, deployment in steps.items():
            project.write(site(deployment, exclusive=True))
            result = project.up()
            changes = done(result)
            assert live(project) == expected(deployment), name
            if name == "another port":
                assert len(names(changes, "create")) == len(names(changes, "delete")) == 4
            self.check(result)
        assert settled(project)

    def test_a_change_that_does_not_fit_closes_nothing(self, project: Project) -> None:
        """A new rule counts beside the one it replaces. Where both are over the quota, the old one has to stay."""
        big = with_peer(AGENTS, "siem-or-syslog-server", {"cidrs": [f"10.9.{number}.0/24" for number in range(30)]})
        moved = changed(big, port_overrides={"agent-syslog": 1514})
        project.write(site(big, exclusive=True))
        done(project.up())
        project.write(site(moved, exclusive=True))
        refused = project.up()
        assert any("RulesPerSecurityGroupLimitExceeded" in text for text in refused.errors)
        assert live(project) == expected(big)

        project.write(site(changed(big, decline={"agent-syslog": HELD}), exclusive=True))
        done(project.up())
        project.write(site(moved, exclusive=True))
        done(project.up())
        assert live(project) == expected(moved)


class TestAdoption:
    """Rules in someone else's group: the group, its tags and its own rules are theirs, before, during and after."""

    def test_group_is_left_alone(self, project: Project) -> None:
        project.write(VPC)
        done(project.up())
        (vpc,) = (item["id"] for item in project.resources("vpc:Vpc"))
        ec2 = project.ec2
        group = ec2.create_security_group(
            GroupName="workers",
            Description="made by hand",
            VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "Name", "Value": "site-agent"}]}],
        )["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}
            ],
        )
        before, theirs = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"], live(project)
        assert theirs

        project.write(site(AGENTS, security_group_ids={"agent": group}))
        changes = done(project.up())
        assert not names(changes, "create", "aws:ec2/securityGroup:")
        assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["Tags"] == before[0]["Tags"]
        assert live(project) == theirs | expected(AGENTS)
        assert settled(project)

        project.write(VPC)
        gone = done(project.up())
        assert not names(gone, "delete", "aws:ec2/securityGroup:")
        assert live(project) == theirs
        assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"] == before


class TestProvidersAndTags:
    """Default tags and providers of the program hold for everything below a component, and settle at once."""

    def test_default_tags_and_an_explicit_provider(self, project: Project) -> None:
        project.set("aws:defaultTags", {"tags": {"team": "platform", "stage": "test"}})

        def program(tags: dict[str, str]) -> str:
            return (
                VPC
                + component(changed(AGENTS, tags=tags), "here", exclusive=True)
                + f'other = aws.Provider("other", region="eu-west-1", default_tags={{"tags": {tags!r}}})\n'
                + 'vpc = aws.ec2.Vpc("there", cidr_block="10.30.0.0/16", opts=pulumi.ResourceOptions(provider=other))\n'
                + component(AGENTS, "there", opts='pulumi.ResourceOptions(providers={"aws": other})')
            )

        project.write(program({"team": "security"}))
        done(project.up())
        assert done(project.preview()) == []
        assert settled(project)
        made = {
            item["urn"].rsplit("::", 1)[-1]: item["outputs"] for item in project.resources("aws:ec2/securityGroup:")
        }
        assert made["here-agent"]["tagsAll"].items() >= {"team": "security", "stage": "test"}.items()
        assert made["there-agent"]["tagsAll"]["team"] == "security"
        assert made["there-agent"]["region"] == "eu-west-1"
        assert {item["outputs"]["region"] for item in project.resources("aws:") if "::there-" in item["urn"]} == {
            "eu-west-1"
        }

        project.write(program({"team": "network"}))
        retagged = done(project.up())
        assert {op for op, _ in kinds(retagged)} == {"update"}, "a tag replaces nothing"
        assert done(project.preview()) == []


class TestIdsOfOtherStacks:
    """Ids arrive by a stack reference: used as they are, secret where they were secret, refused where there is none."""

    def test_stack_reference_secret_and_missing(self, make_project: MakeProject) -> None:
        network = make_project(
            VPC + 'siem = aws.ec2.SecurityGroup("siem", vpc_id=vpc.id)\n'
            'pulumi.export("vpc_id", vpc.id)\n'
            'pulumi.export("siem", pulumi.Output.secret(siem.id))\n',
            name="network",
        )
        done(network.up())
        siem = network.stack_outputs()["siem"]
        site_project = make_project(name="site", sandbox=network.sandbox)
        site_project.backend = network.backend

        def program(key: str) -> str:
            return (
                HEAD
                + 'network = pulumi.StackReference("organization/network/test")\n'
                + component(
                    AGENTS,
                    vpc_id='network.get_output("vpc_id")',
                    python=f'{{"peer_security_group_ids": {{"siem-or-syslog-server": network.get_output("{key}")}}}}',
                )
            )

        site_project.write(program("siem"))
        done(site_project.up())
        rules = [item for item in site_project.resources("EgressRule") if "reference-siem" in item["urn"]]
        assert rules
        assert siem not in json.dumps(site_project.export()), "a secret id stays out of the plain state"
        filters = [{"Name": "group-id", "Values": [group_id(site_project)]}]
        found = site_project.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        assert siem in {rule.get("ReferencedGroupInfo", {}).get("GroupId") for rule in found}
        assert done(site_project.preview()) == []

        site_project.write(program("siem_id"))
        missing = site_project.preview()
        assert not missing.ok
        assert (
            "site: peer_security_group_ids['siem-or-syslog-server'] is missing: "
            "the stack or resource it comes from has no such id."
        ) in missing.errors
        assert "Traceback" not in missing.text


class TestRefusals:
    """A plan that must not be deployed ends the preview with its sentence: no traceback, and nothing is made."""

    def test_bad_deployment_failing_plan_and_bad_file(self, project: Project) -> None:
        sentences = {
            site(changed(AGENTS, regoin="x")): "site: deployment: unknown key 'regoin': did you mean 'region'?",
            site(changed(AGENTS, names=None, any_address=None)): (
                "site: agent-download-center-443: no permitted form of address on aws-security-group covers "
            ),
            HEAD
            + "from ws_network.deployment import Deployment\n"
            + 'Deployment.load("nowhere.yaml")\n': "cannot read nowhere.yaml (No such file or directory)",
        }
        for program, sentence in sentences.items():
            project.write(program)
            result = project.preview()
            assert not result.ok
            assert any(text.startswith(sentence) for text in result.errors), result.text
            assert "Traceback" not in result.text
            assert not names(result.changes, "create", "aws:ec2/securityGroup:")
