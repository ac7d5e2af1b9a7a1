"""`GcpEgressPolicy` on mocks: every resource that it registers, and what it says."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from tests.components.gcp_sites import AGENTS, SITE, TAGS
from tests.components.recorder import Recording, check_golden, record
from tests.components.sites import HELD, changed
from ws_network.gcp import GcpEgressPolicy, GcpWorkloadSecurity

NETWORK = "projects/my-project/global/networks/main"
RULE = "networkFirewallPolicyRule:"
PROXY_RULE = "gatewaySecurityPolicyRule:"
PROXY_POLICY = "gatewaySecurityPolicy:"
REGION = "europe-west3"
THEIRS = f"projects/hub/locations/{REGION}/gatewaySecurityPolicies/theirs"


def deploy(deployment: dict[str, Any] = AGENTS, *, preview: bool = False, **args: Any) -> Recording:
    """Return what a program with one egress policy registers; network and tags are given unless they are None."""
    usual = {"network": NETWORK, "role_secure_tags": {role: TAGS[role] for role in deployment["roles"]}}

    def program() -> dict[str, Any]:
        site: Any = GcpEgressPolicy("out", {"deployment": deployment, **usual, **args})  # type: ignore[typeddict-item]
        return {name: getattr(site, name) for name in GcpEgressPolicy.__annotations__}

    return record(program, preview=preview)


def told(recording: Recording, code: str) -> list[str]:
    """Return the texts of the findings of a code."""
    return [entry["text"] for entry in recording.outputs["findings"] if entry["code"] == code]


class TestWholeListOfResources:
    """A resource that appears, goes or changes a property is seen in review, not in a user's preview."""

    @pytest.mark.parametrize(
        ("name", "deployment", "args"),
        [
            ("gcp-egress", SITE, {}),
            ("gcp-egress-web-proxy", AGENTS, {"web_proxy_location": REGION}),
            (
                "gcp-egress-adopted",
                AGENTS,
                {
                    "firewall_policy": "projects/hub/global/firewallPolicies/theirs",
                    "network": None,
                    "web_proxy_location": REGION,
                    "gateway_security_policy": THEIRS,
                    "web_proxy_first_priority": 50_000,
                    "project": "hub",
                    "role_secure_tags": None,
                    "role_service_accounts": {"agent": "agent@p.iam.gserviceaccount.com"},
                },
            ),
        ],
    )
    def test_registers_exactly_these(self, name: str, deployment: dict[str, Any], args: dict[str, Any]) -> None:
        check_golden(name, deploy(deployment, **args).to_dict())

    def test_preview_registers_what_up_does(self) -> None:
        """Rules of the proxy behind an unknown tag or list would first be seen when they are made."""
        unknown: Any = pulumi.Output.from_input("tagValues/1")
        args = {"web_proxy_location": REGION, "role_secure_tags": {"agent": unknown}}
        preview, made = deploy(preview=True, **args), deploy(**args)
        assert sorted((item.type, item.name) for item in preview.registrations) == sorted(
            (item.type, item.name) for item in made.registrations
        )
        assert preview.outputs["rule_count"] == made.outputs["rule_count"] > 0

    def test_the_firewall_policy_is_the_egress_of_the_whole_site(self) -> None:
        def program() -> None:
            GcpWorkloadSecurity("out", {"deployment": SITE, "network": NETWORK, "role_secure_tags": dict(TAGS)})

        whole = record(program)
        egress = {item.name: item.inputs for item in whole.of(RULE) if item.inputs["direction"] == "EGRESS"}
        assert {item.name: item.inputs for item in deploy(SITE).of(RULE)} == egress
        assert len(egress) < len(whole.of(RULE))


class TestWebProxy:
    """The proxy's rules: for the machines of a role, to ports and names of one line, in a policy that may be theirs."""

    def test_rules_name_marks_ports_and_lists(self) -> None:
        made = deploy(web_proxy_location=REGION)
        rule = made.named("out-europe-west3-agent-egress-agent-service-tcp-names").inputs
        (key,) = [item.name for item in made.of("urlList:") if "agent-service" in item.name]
        assert rule["sessionMatcher"] == (
            f"source.matchTag('{TAGS['agent']}') && destination.port == 443 && inUrlList(host(), 'id-of-{key}')"
        )
        assert {(item.inputs["basicProfile"], item.inputs["enabled"]) for item in made.of(PROXY_RULE)} == {
            ("ALLOW", True)
        }
        (policy,) = made.of(PROXY_POLICY)
        assert made.outputs["gateway_security_policy_id"] == f"id-of-{policy.name}"
        assert set(made.outputs["url_list_ids"].values()) == {f"id-of-{item.name}" for item in made.of("urlList:")}
        assert made.outputs["rule_count"] == len(made.of(RULE)) + len(made.of(PROXY_RULE))

    def test_without_one_nothing_of_it_is_there(self) -> None:
        made = deploy()
        assert made.of("networksecurity/g") == made.of("urlList:") == []
        assert made.outputs["gateway_security_policy_id"] == made.outputs["gateway_security_policy_name"] == ""
        assert made.outputs["url_list_ids"] == {}

    def test_another_region_is_other_resources(self) -> None:
        """Lists and policies cannot move: a change in place would be refused in the middle of an update."""
        here, there = deploy(web_proxy_location=REGION), deploy(web_proxy_location="us-east1")
        names = [
            {item.name for kind in ("urlList:", PROXY_POLICY, PROXY_RULE) for item in made.of(kind)}
            for made in (here, there)
        ]
        assert not names[0] & names[1]

    def test_a_policy_that_exists_is_left_alone(self) -> None:
        made = deploy(web_proxy_location=REGION, gateway_security_policy=THEIRS, web_proxy_first_priority=7)
        assert made.of(PROXY_POLICY) == []
        assert {item.inputs["gatewaySecurityPolicy"] for item in made.of(PROXY_RULE)} == {"theirs"}
        assert {item.inputs.get("project") for item in (*made.of(PROXY_RULE), *made.of("urlList:"))} == {"hub"}
        assert made.outputs["gateway_security_policy_id"] == THEIRS
        (text,) = told(made, "foreign-priorities-unseen")
        assert text.startswith("what else the gateway security policy has between the priorities 7 and ")

    def test_what_both_policies_admit_beyond_the_page_is_told(self) -> None:
        made = deploy(web_proxy_location=REGION)
        assert any(text.startswith("agent-service: ") for text in told(made, "wildcard-expanded"))
        assert any("gcp-secure-web-proxy admits workload.de-1" in text for text in told(made, "wildcard-admitted"))
        assert len(told(made, "name-claimed")) == 1
        assert told(deploy(), "name-claimed") == []

    def test_the_report_has_both(self) -> None:
        text = deploy(web_proxy_location=REGION).outputs["report"]
        assert text.count("# Workload Security rules for de-1") == 2
        assert "target gcp-secure-web-proxy" in text
        assert "trendmicro.com" not in deploy(web_proxy_location=REGION, report="redacted").outputs["report"]
        assert deploy(web_proxy_location=REGION, report="none").outputs["report"] == ""

    def test_an_extra_flow_that_is_renamed_keeps_its_rule(self) -> None:
        """The proxy takes no priority twice either, and it comes from the slot."""
        flow = {"source": "agent", "destination": "download-center", "transport": "tcp", "ports": [8443], "slot": 80}
        found = []
        for name in ("one", "renamed"):
            extra = [flow | {"id": name, "reason": "r", "until": "2027-11-30"}]
            made = deploy(changed(AGENTS, extra_flows=extra), web_proxy_location=REGION)
            found.append({item.name: item.inputs["priority"] for item in made.of(PROXY_RULE)})
        assert found[0] == found[1]
        assert len([name for name in found[0] if "slot-80" in name]) == 1

    def test_secret_marks_stay_secret(self) -> None:
        tags: Any = {"agent": pulumi.Output.secret("tagValues/4711")}
        made = deploy(web_proxy_location=REGION, role_secure_tags=tags)
        assert all("(secret)" in item.inputs["sessionMatcher"] for item in made.of(PROXY_RULE))


class TestRefusals:
    """What cannot be deployed ends the preview with its sentence."""

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            (
                {"vpc_firewall": True},
                "vpc_firewall is for rules of a VPC, which know no host names: remove it, or use ",
            ),
            (
                {"role_network_tags": {"agent": "a"}},
                "role_network_tags is for rules of a VPC, which know no host names",
            ),
            (
                {"network": None},
                "network is missing: give the VPC network that the new policy is for, or firewall_policy",
            ),
            ({"web_proxy_location": "global"}, "web_proxy_location is 'global': write the region of the proxy, as "),
            (
                {"gateway_security_policy": "theirs"},
                "gateway_security_policy is about a web proxy: give its region as ",
            ),
            ({"web_proxy_first_priority": 5}, "web_proxy_first_priority is about a web proxy: give its region as web_"),
            (
                {"web_proxy_location": REGION, "web_proxy_first_priority": 2_147_483_647},
                "the band of the web proxy's priorities is 2147483647 to ",
            ),
            ({"role_secure_tags": {"agnet": "tagValues/1"}}, "unknown key in role_secure_tags 'agnet': did you mean "),
            (
                {"role_secure_tags": None},
                "role agent has no machines, and a rule of gcp-firewall-policy without a target",
            ),
            ({"web_proxy_locaton": REGION}, "unknown argument 'web_proxy_locaton': did you mean 'web_proxy_location'?"),
            (
                {"web_proxy_location": REGION, "gateway_security_policy": THEIRS.replace(REGION, "us-east1")},
                "gateway_security_policy is in us-east1 and web_proxy_location says europe-west3: give the same ",
            ),
            (
                {"web_proxy_location": REGION, "gateway_security_policy": THEIRS, "project": "other"},
                "gateway_security_policy is in the project hub and project is other: remove project, or give the same",
            ),
            (
                {"web_proxy_location": REGION, "gateway_security_policy": "policies/theirs"},
                "gateway_security_policy is 'policies/theirs': give its name, or its id as projects/my-project/",
            ),
            (
                {"web_proxy_location": REGION, "gateway_security_policy": "the'irs"},
                "gateway_security_policy is 'the'irs': give its name, or its id as projects/my-project/",
            ),
            (
                {"web_proxy_location": REGION, "role_secure_tags": {"agent": pulumi.Output.from_input("a') || ('")}},
                "'a') || ('' is no tag, service account or URL list of GCP: give its id.",
            ),
        ],
    )
    def test_is_a_sentence(self, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=rf"^out: {re.escape(sentence)}"):
            deploy(**args)

    def test_a_site_that_needs_nothing_outside(self) -> None:
        lines = ("agent-service", "agent-spn-443", "agent-spn-80", "agent-download-center-443")
        peers = {"dns-server": {"platform": True}, "ntp-server": {"platform": True}}
        named = changed(AGENTS, decline=dict.fromkeys(lines, HELD))
        assert deploy(named).registrations
        with pytest.raises(
            pulumi.RunError, match=r"^out: web_proxy_location has no host name to admit: leave it out\.$"
        ):
            deploy(named, web_proxy_location=REGION)
        with pytest.raises(pulumi.RunError, match=r"^out: nothing that the site needs leaves its machines: take the "):
            deploy(changed(named, peers=peers, deny_rest=False))

    def test_names_that_one_of_the_two_is_not_allowed_to_admit(self) -> None:
        names = [*AGENTS["names"], {"target": "gcp-secure-web-proxy", "forms": ["refuse"]}]
        refusing = changed(AGENTS, names=names)
        assert deploy(refusing).registrations
        with pytest.raises(pulumi.RunError, match=r"no permitted form of address on gcp-secure-web-proxy covers"):
            deploy(refusing, web_proxy_location=REGION)

    def test_a_snapshot_that_is_needed_and_not_there(self) -> None:
        names = [{"target": "gcp-firewall-policy", "forms": ["snapshot"]}]
        with pytest.raises(pulumi.RunError, match=r"no permitted form of address on gcp-firewall-policy covers"):
            deploy(changed(AGENTS, names=names))
