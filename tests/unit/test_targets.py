"""What a target must be told before its rules mean anything, and what it makes of flows that it cannot say in full."""

from typing import Any

import pytest

from tests.unit.sites import OPEN, UNTIL, plan, told
from ws_network.deployment import MachineMark, Target
from ws_network.errors import UserError
from ws_network.findings import Severity
from ws_network.plan import Packet, Plan
from ws_network.rules import Direction

AWS, AZURE, POLICY, VPC = (
    Target.AWS_SECURITY_GROUP,
    Target.AZURE_NSG,
    Target.GCP_FIREWALL_POLICY,
    Target.GCP_VPC_FIREWALL,
)
OTHERS = (AZURE, POLICY, VPC)
TAG, ACCOUNT, NETWORK_TAG = MachineMark.SECURE_TAG, MachineMark.SERVICE_ACCOUNT, MachineMark.NETWORK_TAG
EXTRA: dict[str, Any] = UNTIL | {
    "id": "own",
    "source": "agent",
    "destination": "dns-server",
    "transport": "tcp",
    "ports": [53],
}


def on(target: Target, mark: MachineMark | None = None, **changes: Any) -> Plan:
    marks = {"agent": mark} if mark else None
    return plan(target=target, marks=marks, **OPEN | {"deny_rest": True} | changes)


class TestDenyRest:
    """Allow rules of these clouds permit nothing new: a site went live with all ports open and a green plan."""

    @pytest.mark.parametrize("target", OTHERS)
    def test_unsaid_fails_the_plan(self, target: Target) -> None:
        made = on(target, deny_rest=None)
        assert told(made, "deny-rest-unsaid") == {
            "deny_rest": f"{target} allows what no rule names, and deny_rest is not said."
        }
        assert made.failed

    @pytest.mark.parametrize("target", OTHERS)
    def test_false_is_told_as_high(self, target: Target) -> None:
        made = on(target, deny_rest=False)
        assert told(made, "not-enforced")["deny_rest"].startswith("deny_rest is false, so ")
        assert {entry.severity for entry in made.findings if entry.code == "not-enforced"} == {Severity.HIGH}
        assert not told(made, "deny-rest-unsaid")

    @pytest.mark.parametrize("target", OTHERS)
    def test_true_has_nothing_to_say(self, target: Target) -> None:
        made = on(target)
        assert not told(made, "not-enforced")
        assert not told(made, "deny-rest-unsaid")

    @pytest.mark.parametrize("said", [None, False, True])
    def test_aws_has_no_use_for_it(self, *, said: bool | None) -> None:
        assert on(AWS, deny_rest=said).findings == on(AWS).findings


class TestMachines:
    """A rule of GCP without a target is for every machine of the network, other teams' too."""

    @pytest.mark.parametrize(("target", "mark"), [(POLICY, TAG), (POLICY, ACCOUNT), (VPC, NETWORK_TAG), (VPC, ACCOUNT)])
    def test_of_each_role_by_a_mark_of_the_target(self, target: Target, mark: MachineMark) -> None:
        assert not told(on(target, mark), "role-without-machines")

    @pytest.mark.parametrize("target", [POLICY, VPC])
    def test_without_them_the_plan_fails(self, target: Target) -> None:
        made = on(target)
        assert told(made, "role-without-machines") == {
            "agent": f"role agent has no machines, and a rule of {target} without a target is for every machine."
        }
        assert made.failed

    @pytest.mark.parametrize(
        ("target", "mark", "others"),
        [(POLICY, NETWORK_TAG, "secure-tag, service-account"), (VPC, TAG, "network-tag, service-account")],
    )
    def test_by_a_mark_of_another_kind_of_rule_it_fails_too(
        self, target: Target, mark: MachineMark, others: str
    ) -> None:
        (found,) = [entry for entry in on(target, mark).findings if entry.code == "role-without-machines"]
        assert found.text == f"role agent is found by a {mark}, which a rule of {target} cannot take as its target."
        assert found.remedy == f"Give it one of {others}."

    def test_are_the_deployment_s_unless_the_program_gives_others(self) -> None:
        said = {"agent": {"service_accounts": ["agents@hub.iam.gserviceaccount.com"]}}
        assert on(POLICY, machines=said).machines == {"agent": ACCOUNT}
        assert on(POLICY, TAG, machines=said).machines == {"agent": TAG}

    @pytest.mark.parametrize("target", [AWS, AZURE])
    def test_groups_need_none(self, target: Target) -> None:
        assert not told(on(target), "role-without-machines")


class TestSlots:
    """A priority must come from somewhere that never moves; a flow of the site's own has no line of the page."""

    @pytest.mark.parametrize("target", [AZURE, POLICY])
    def test_an_extra_flow_without_one_fails(self, target: Target) -> None:
        made = on(target, TAG, extra_flows=[EXTRA])
        (found,) = [entry for entry in made.findings if entry.code == "slot-missing"]
        assert found.text == f"extra flow own has no slot, from which its priority on {target} comes."
        assert found.remedy == "Say slot: 80 at the extra flow own; once it is deployed, leave it as it is."
        assert made.failed

    @pytest.mark.parametrize("target", [AZURE, POLICY])
    def test_each_is_proposed_a_free_one_and_with_those_the_plan_holds(self, target: Target) -> None:
        """Two flows that are told the same slot fail again, with an error about the first advice."""
        names = ["c", "a", "b", "with-one"]
        extras = [EXTRA | {"id": name, "ports": [9000 + place]} for place, name in enumerate(names)]
        extras[-1] = extras[-1] | {"slot": 81}
        found = {
            entry.flow: entry.remedy for entry in on(target, TAG, extra_flows=extras).findings if "slot" in entry.code
        }
        slots = {flow: int(remedy.split()[2]) for flow, remedy in found.items()}
        assert slots == {"a": 80, "b": 82, "c": 83}
        mended = [extra | {"slot": extra.get("slot", slots.get(extra["id"]))} for extra in extras]
        assert not told(on(target, TAG, extra_flows=mended), "slot-missing")

    @pytest.mark.parametrize("target", [AZURE, POLICY])
    def test_where_none_is_free_the_advice_is_another(self, target: Target) -> None:
        extras = [EXTRA | {"id": f"own-{number:02}"} for number in range(30)]
        remedies = [entry.remedy for entry in on(target, TAG, extra_flows=extras).findings if "slot" in entry.code]
        assert len(set(remedies)) == 30
        assert sum("layout: minimal" in remedy for remedy in remedies) == 1

    @pytest.mark.parametrize("target", [AZURE, POLICY])
    def test_with_one_it_does_not(self, target: Target) -> None:
        assert not told(on(target, TAG, extra_flows=[EXTRA | {"slot": 80}]), "slot-missing")

    @pytest.mark.parametrize(
        ("target", "layout"), [(AWS, "per-flow"), (VPC, "per-flow"), (AZURE, "minimal"), (POLICY, "minimal")]
    )
    def test_where_priorities_do_not_come_from_slots_none_is_needed(self, target: Target, layout: str) -> None:
        assert not told(on(target, extra_flows=[EXTRA], layout=layout), "slot-missing")


class TestIcmp:
    """AWS opens one message of ICMP; the others open all of it, and a reviewer must hear of that."""

    SITE = {"icmp": True, "peers": {"network": {"cidrs": ["10.0.0.0/8"]}}}  # noqa: RUF012 - never changed

    @pytest.mark.parametrize("target", OTHERS)
    def test_without_type_is_told(self, target: Target) -> None:
        assert told(on(target, **self.SITE), "icmp-any-type") == {
            "agent-icmp": f"agent-icmp: {target} cannot say the type and code of ICMP, so all of ICMP is open."
        }
        assert not told(on(target), "icmp-any-type")

    def test_with_type_is_not(self) -> None:
        assert not told(on(AWS, **self.SITE), "icmp-any-type")


class TestFollowedNames:
    """`ws-network allows --to files.trendmicro.com` must know what the policy follows."""

    def test_a_name_passes_where_the_policy_follows_it(self) -> None:
        made = on(POLICY, TAG, names={"default": ["fqdn"]})
        asked = Packet("agent", Direction.EGRESS, made.rules[0].protocol, 443, "files.trendmicro.com")
        assert [rule.peer.value for rule in made.allowing(asked)] == ["names-relay-download-center"]
        assert not made.allows(Packet("agent", Direction.EGRESS, asked.protocol, 443, "files.example"))


class TestWhatOpensOrHidesInSilence:
    """A word in capitals, or a firewall of another cloud, opened a port to everyone and the plan was quiet."""

    @pytest.mark.parametrize("tag", ["Internet", "INTERNET", "Any", "ANY"])
    def test_no_service_tag_is_everyone(self, tag: str) -> None:
        with pytest.raises(UserError, match="would open the port to everyone"):
            on(AZURE, peers={"siem-or-syslog-server": {"service_tags": [tag]}})

    @pytest.mark.parametrize(("target", "policy"), [(AZURE, "aws-network-firewall"), (VPC, "azure-firewall")])
    def test_a_policy_stands_behind_targets_of_its_own_cloud(self, target: Target, policy: str) -> None:
        with pytest.raises(UserError, match="in another cloud: remove it"):
            on(target, behind={str(target): policy})
