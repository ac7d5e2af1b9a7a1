"""An egress policy on the real engine, with the emulated GCP behind it: firewall policy and Secure Web Proxy together.

Each test is a story of one stack. After each update the project is compared with the rendering of the deployment, and
the proxy's policy, as the project has it, is asked about names.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.components.gcp_sites import AGENTS
from tests.components.sites import HELD, changed
from tests.engine.stories import done, names, settled
from tests.engine.test_gcp_site import NETWORK, RULE, expected, inventory, live, order, refused
from tests.evaluators.gcp_egress import WebProxyEvaluator

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.harness import Project

    MakeProject = Callable[..., Project]

pytestmark = pytest.mark.engine

LOCATED = "networksecurity.projects.locations"
LIST = "gcp:networksecurity/urlList:UrlList"
PROXY_POLICY = "gcp:networksecurity/gatewaySecurityPolicy:GatewaySecurityPolicy"
PROXY_RULE = "gcp:networksecurity/gatewaySecurityPolicyRule:GatewaySecurityPolicyRule"
REGION = "europe-west3"
APEX = "workload.de-1.cloudone.trendmicro.com"

RELAYS = changed(AGENTS, roles=["agent", "relay"], peers={**AGENTS["peers"], "relay": {"cidrs": ["10.20.4.0/28"]}})
"""Agents and relays: both directions between them in the plan of the whole site."""

HOST = {"fqdn": "mirror.corp.example", "destination": "download-center", **HELD}


def program(deployment: dict[str, Any], *, python: str = '"network": main.id', **args: Any) -> str:
    """Return a network and one egress policy; `python` is source of arguments that are no plain data."""
    plain = json.dumps({"deployment": deployment, "web_proxy_location": REGION, **args})
    tags = f'"role_secure_tags": {{role: main_tags[role] for role in {deployment["roles"]!r}}}'
    return (
        NETWORK
        + "from ws_network.gcp import GcpEgressPolicy\n"
        + f'out = GcpEgressPolicy("out", {{**json.loads({plain!r}), {tags}, {python}}})\n'
        + 'pulumi.export("proxy", out.gateway_security_policy_id)\n'
        + 'pulumi.export("agent", main_tags["agent"])\n'
    )


def egress_of(deployment: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Return the rules that the firewall policy should have: those of the whole site that leave it."""
    return {rule for rule in expected(deployment) if rule[3] == "EGRESS"}


def located(project: Project, kind: str, region: str = REGION) -> list[dict[str, Any]]:
    """Return what the project has of a kind in a region."""
    found = project.gcp.call(f"{LOCATED}.{kind}.list", parent=f"projects/{project.gcp.project}/locations/{region}")
    return list(found.get(kind, []))


def proxy(project: Project, policy: str) -> WebProxyEvaluator:
    """Return the proxy's policy as the project has it."""
    lists = {found["name"]: found["values"] for found in located(project, "urlLists")}
    words = {"basic_profile": "basicProfile", "session_matcher": "sessionMatcher"}
    rules = [rule | {ours: rule[theirs] for ours, theirs in words.items()} for rule in rules_of(project, policy)]
    return WebProxyEvaluator(lists, rules)


def rules_of(project: Project, policy: str) -> list[dict[str, Any]]:
    """Return the rules that the project has in a policy of the proxy."""
    found = project.gcp.call(f"{LOCATED}.gatewaySecurityPolicies.rules.list", parent=policy)
    return list(found["gatewaySecurityPolicyRules"])


def gone(project: Project) -> bool:
    """Return whether nothing of an egress policy is left."""
    kinds = ("urlLists", "gatewaySecurityPolicies")
    return not inventory(project) and not any(located(project, kind) for kind in kinds)


class TestLifeOfAnEgressPolicy:
    """From the first preview to the end: nothing is hidden, nothing changes twice, nothing stays behind."""

    def test_preview_up_one_host_more_drift_region_and_destroy(self, project: Project) -> None:
        project.write(program(RELAYS))
        preview = done(project.preview())
        assert set(done(project.up())) == set(preview), "a preview with unknown tags and lists shows every resource"
        assert live(project) == egress_of(RELAYS)
        assert done(project.up()) == []
        assert settled(project)
        outputs = project.stack_outputs()
        admits = proxy(project, outputs["proxy"])
        for host in (APEX, f"new.{APEX}", "files.trendmicro.com"):
            assert admits.allows([outputs["agent"]], 443, host), host
            assert not admits.allows(["tagValues/1"], 443, host)
        for host in (f"evil-{APEX}.attacker.example", f"x{APEX}", HOST["fqdn"]):
            assert not admits.allows([outputs["agent"]], 443, host), host

        turned = changed(RELAYS, roles=RELAYS["roles"][::-1], peers=dict(reversed(RELAYS["peers"].items())))
        project.write(program(turned, report="redacted"))
        assert done(project.preview("--diff")) == [], "another order is no change"

        new_name = {"fqdn": f"new.{APEX}", "destination": "workload-security", **HELD}
        project.write(program(changed(RELAYS, extra_hosts=[HOST, new_name])))
        more = done(project.up())
        assert names(more, "update", LIST) == {"out-europe-west3-names-relay-download-center"}
        assert {change.op for change in more} == {"update"}
        assert {change.type for change in more} == {LIST, RULE}, "the firewall follows names one by one"
        assert proxy(project, outputs["proxy"]).allows([outputs["agent"]], 443, HOST["fqdn"])

        # What a person widens in the console is found, and put right.
        (files,) = [found for found in located(project, "urlLists") if "download-center" in found["name"]]
        wider = [*files["values"], "*attacker.example"]
        project.gcp.call(f"{LOCATED}.urlLists.patch", {"values": wider}, name=files["name"], updateMask="values")
        assert len(names(done(project.refresh()), "update", LIST)) == 1
        assert len(done(project.up())) == 1
        assert not proxy(project, outputs["proxy"]).allows([outputs["agent"]], 443, "attacker.example")
        assert settled(project)

        project.write(program(changed(RELAYS, extra_hosts=[HOST, new_name]), web_proxy_location="europe-west1"))
        moved = project.up()
        assert {change.type for change in done(moved)} == {LIST, PROXY_POLICY, PROXY_RULE}
        assert {change.op for change in moved.changes} == {"create", "delete"}
        ops = [op for op, _ in order(moved)]
        assert ops == sorted(ops), "all is there in the new region before the first goes"
        assert located(project, "urlLists") == located(project, "gatewaySecurityPolicies") == []
        assert len(located(project, "gatewaySecurityPolicies", "europe-west1")) == 1

        assert done(project.destroy())
        assert gone(project)
        assert located(project, "urlLists", "europe-west1") == []

    def test_a_host_under_the_wildcard_changes_nothing_in_the_proxy(self, project: Project) -> None:
        """And a failure half way is finished by the next update; a proxy's policy denies what is not there yet."""
        project.write(program(AGENTS))
        rules = f"{LOCATED}.gatewaySecurityPolicies.rules.create"
        project.fail(refuse={rules: {"after": 1, "count": 50}})
        refused(project.up())
        assert len(located(project, "gatewaySecurityPolicies")) == 1
        project.fail()
        done(project.up())
        assert live(project) == egress_of(AGENTS)
        assert done(project.preview()) == []
        project.write(
            program(changed(AGENTS, extra_hosts=[{**HOST, "fqdn": f"new.{APEX}", "destination": "workload-security"}]))
        )
        assert {change.type for change in done(project.preview())} == {RULE}
        done(project.destroy())
        assert gone(project)


class TestPoliciesThatExist:
    """Rules in someone else's proxy policy: it and its own rules are theirs, before, during and after."""

    def test_are_left_alone(self, project: Project) -> None:
        project.write(NETWORK)
        done(project.up())
        place = f"projects/{project.gcp.project}/locations/{REGION}"
        policy = f"{place}/gatewaySecurityPolicies/theirs"
        call = project.gcp.call
        call(
            f"{LOCATED}.gatewaySecurityPolicies.create",
            {"description": "made by hand"},
            parent=place,
            gatewaySecurityPolicyId="theirs",
        )
        rule = {
            "sessionMatcher": "host() == 'corp.example'",
            "basicProfile": "ALLOW",
            "enabled": True,
            "priority": 1171,
        }
        call(
            f"{LOCATED}.gatewaySecurityPolicies.rules.create",
            rule,
            parent=policy,
            gatewaySecurityPolicyRuleId="by-hand",
        )
        project.write(program(AGENTS, gateway_security_policy="theirs"))
        refused(project.up(), "Priority 1171 is that of the rule")
        project.write(program(AGENTS, gateway_security_policy=policy, web_proxy_first_priority=50_000))
        done(project.up())
        assert settled(project)
        outputs = project.stack_outputs()
        assert outputs["proxy"] == policy
        assert len([rule for rule in rules_of(project, policy) if "/rules/out-" in rule["name"]]) == 2
        project.write(NETWORK)
        done(project.up())
        assert [item["name"].rsplit("/", 1)[-1] for item in rules_of(project, policy)] == ["by-hand"]
        assert call(f"{LOCATED}.gatewaySecurityPolicies.get", name=policy)["description"] == "made by hand"
        assert located(project, "urlLists") == []
