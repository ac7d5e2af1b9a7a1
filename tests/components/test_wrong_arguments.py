"""Arguments of every component that are of another kind than their annotation says, or no id of their kind."""

from __future__ import annotations

import re
import typing
from typing import Any

import pulumi
import pytest

from tests.components import azure_sites, gcp_sites, sites
from tests.components.azure_sites import GROUP
from tests.components.recorder import AZURE, Recording, record
from ws_network.aws import AwsEgressPolicy, AwsPrefixList, AwsRoleSecurityGroup, AwsWorkloadSecurity
from ws_network.azure import AzureEgressPolicy, AzureIpGroups, AzureRoleSecurityGroup, AzureWorkloadSecurity
from ws_network.gcp import GcpAddressGroups, GcpEgressPolicy, GcpRoleFirewall, GcpWorkloadSecurity

VPC = {"vpc_id": "vpc-0a1b2c3d4e5f60718"}
NETWORK = {"network": "projects/my-project/global/networks/main"}
TAGS = {"role_secure_tags": {"agent": "tagValues/281478395625"}}
CLASSIC = {**NETWORK, "vpc_firewall": True, "role_network_tags": {"agent": "ws-agent", "relay": "ws-relay"}}
BLOCKS = {"agents": ["10.20.0.0/16"]}

USUAL: dict[type, dict[str, Any]] = {
    AwsEgressPolicy: {
        "deployment": sites.AGENTS,
        "role_cidrs": {"agent": ["10.20.0.0/16"]},
        "dns_firewall": True,
        "dns_block_rest": True,
        **VPC,
    },
    AwsPrefixList: {"address_family": "IPv4", "cidrs": ["10.20.0.0/16"]},
    AwsRoleSecurityGroup: {"role": "agent", "deployment": sites.AGENTS, **VPC},
    AwsWorkloadSecurity: {"deployment": sites.AGENTS, **VPC},
    AzureEgressPolicy: {
        "deployment": azure_sites.AGENTS,
        "resource_group_name": GROUP,
        "role_cidrs": {"agent": ["10.20.0.0/16"]},
    },
    AzureIpGroups: {"resource_group_name": GROUP, "ip_addresses": BLOCKS},
    AzureRoleSecurityGroup: {"role": "agent", "deployment": azure_sites.AGENTS, "resource_group_name": GROUP},
    AzureWorkloadSecurity: {"deployment": azure_sites.AGENTS, "resource_group_name": GROUP},
    GcpAddressGroups: {"parent": "projects/p", "cidrs": BLOCKS},
    GcpEgressPolicy: {"deployment": gcp_sites.AGENTS, **NETWORK, **TAGS, "web_proxy_location": "europe-west3"},
    GcpRoleFirewall: {"role": "agent", "deployment": gcp_sites.AGENTS, **NETWORK, **TAGS},
    GcpWorkloadSecurity: {"deployment": gcp_sites.AGENTS, **NETWORK, **TAGS},
}
"""Arguments that each component takes."""

UNKNOWN_YET = "is an output of another resource, which a preview does not know yet"
OUTPUT: Any = pulumi.Output.from_input("text")


def make(component: Any, **args: Any) -> Recording:
    """Return what a program with one component registers, with these arguments in place of the usual ones."""
    read = {"azure-native:network:getNetworkSecurityGroup": {"securityRules": []}}
    return record(lambda: component("it", {**USUAL[component], **args}) and None, calls=read)


def kind_of(annotation: Any) -> tuple[str, bool]:
    """Return what an annotation asks for, and whether it may be an output."""
    if typing.get_origin(annotation) is typing.NotRequired:
        return kind_of(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is typing.Union:
        return kind_of(typing.get_args(annotation)[0])[0], True
    held = typing.get_origin(annotation) or annotation
    return "map" if typing.is_typeddict(held) else {dict: "map"}.get(held, held.__name__), False


WRONG: dict[str, list[Any]] = {
    "str": [5, 5.5, True, ["text"], {"key": "text"}, object()],
    "bool": ["false", "no", 0, 1.0, ["x"], {}],
    "int": ["1000", True, 1000.5, float("inf"), float("nan"), [1000]],
    "list": ["10.0.0.0/8", 5, {"key": "10.0.0.0/8"}, [5], [["10.0.0.0/8"]], [None], [OUTPUT]],
    "map": ["text", 5, True, ["text"], {5: "text"}, {"": "text"}, {"agent": {"a": OUTPUT}}, {"agent": None}],
}
"""Values that are of no kind but their own, by the kind that is asked for."""

CASES = [
    pytest.param(component, key, id=f"{component.__name__}-{key}")
    for component in USUAL
    for key in typing.get_type_hints(component.__init__)["args"].__annotations__
]


class TestEveryArgumentOfEveryComponent:
    """A value that is taken for something else opens what nobody asked for, or ends in a traceback."""

    @pytest.mark.parametrize(("component", "key"), CASES)
    def test_of_another_kind_is_a_sentence(self, component: Any, key: str) -> None:
        shape = typing.get_type_hints(component.__init__)["args"]
        kind, may_be_output = kind_of(shape.__annotations__[key])
        for value in [*WRONG[kind], *([] if may_be_output else [OUTPUT])]:
            with pytest.raises(pulumi.RunError, match=rf"^it: .*\b{key}\b.*[.?)]$") as raised:
                make(component, **{key: value})
            assert "\n" not in str(raised.value), value
            assert " at 0x" not in str(raised.value), value

    @pytest.mark.parametrize("component", USUAL, ids=lambda component: component.__name__)
    def test_the_usual_ones_are_taken(self, component: Any) -> None:
        """Else the sentences above would be of something else."""
        assert make(component).registrations

    def test_what_is_none_is_not_given(self) -> None:
        """Other languages send every key that they know."""
        optional = {
            key: None
            for key in typing.get_type_hints(GcpWorkloadSecurity.__init__)["args"].__annotations__
            if key not in USUAL[GcpWorkloadSecurity]
        }
        assert make(GcpWorkloadSecurity, **optional).to_dict() == make(GcpWorkloadSecurity).to_dict()


class TestSentences:
    """What a person reads who wrote one of these."""

    @pytest.mark.parametrize(
        ("component", "args", "sentence"),
        [
            (GcpWorkloadSecurity, {"vpc_firewall": "false"}, "vpc_firewall cannot be 'false': write true or false."),
            (AwsWorkloadSecurity, {"exclusive": "no"}, "exclusive cannot be 'no': write true or false."),
            (AwsWorkloadSecurity, {"report": 5}, "report cannot be 5: write full, redacted or none."),
            (AzureWorkloadSecurity, {"report": "ful"}, "unknown report 'ful': did you mean 'full'?"),
            (AwsRoleSecurityGroup, {"role": OUTPUT}, f"role {UNKNOWN_YET}: write its value."),
            (
                AwsWorkloadSecurity,
                {"prefix_list_ids": OUTPUT},
                f"prefix_list_ids {UNKNOWN_YET}: write the mapping itself, whose values may be outputs.",
            ),
            (AwsRoleSecurityGroup, {"vpc_id": {"id": "x"}}, "vpc_id cannot be a mapping: write text, in quotes where"),
            (
                AzureWorkloadSecurity,
                {"application_security_group_ids": ["x"]},
                "application_security_group_ids cannot be a list: write a mapping, as {key: value}.",
            ),
            (
                GcpWorkloadSecurity,
                {"role_secure_tags": {"agent": ["tagValues/1"]}},
                "role_secure_tags['agent'] cannot be a list: write text, ",
            ),
            (
                AzureIpGroups,
                {"ip_addresses": {5: ["10.0.0.0/8"]}},
                "ip_addresses has the key 5, which is no text or empty: write a name, in quotes.",
            ),
            (AwsPrefixList, {"cidrs": [10]}, "cidrs[0] cannot be 10: write text, in quotes where"),
            (AwsPrefixList, {"tags": {"team": None}}, "tags['team'] is empty: give it a value, or leave it out."),
            (GcpAddressGroups, {"labels": {"team": 7}}, "labels['team'] cannot be 7: write text, "),
            (AwsPrefixList, {"address_family": 4}, "address_family cannot be 4: write IPv4 or IPv6."),
        ],
    )
    def test_says_what_to_type(self, component: Any, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^it: {re.escape(sentence)}"):
            make(component, **args)

    @pytest.mark.parametrize(
        ("component", "way_out"),
        [
            (AwsWorkloadSecurity, "write its value, or give the other end by its id in peer_security_group_ids."),
            (
                AzureWorkloadSecurity,
                "write its value, or give the other end by its id in peer_application_security_group_ids.",
            ),
            (GcpWorkloadSecurity, "write its value, or give the other end by its id in peer_secure_tag_ids."),
            (GcpEgressPolicy, "write its value."),
        ],
    )
    def test_an_output_in_the_deployment_says_the_argument_of_its_cloud(self, component: Any, way_out: str) -> None:
        peers = {**USUAL[component]["deployment"]["peers"], "dns-server": {"cidrs": [OUTPUT]}}
        site = sites.changed(USUAL[component]["deployment"], peers=peers)
        sentence = f"it: deployment.peers.dns-server.cidrs[0] {UNKNOWN_YET}: {way_out}"
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(sentence)}$"):
            make(component, deployment=site)

    def test_what_no_file_can_hold_is_named_by_its_kind(self) -> None:
        wrong = sites.changed(sites.AGENTS, region=object())
        with pytest.raises(
            pulumi.RunError, match=r"^it: deployment: 'region' cannot be a object: write text, in quotes"
        ):
            make(AwsWorkloadSecurity, deployment=wrong)

    def test_a_resource_is_not_its_id(self) -> None:
        def program() -> None:
            ids: Any = pulumi.ComponentResource("probe:index:Vpc", "main")
            AwsWorkloadSecurity("it", {"deployment": sites.AGENTS, "vpc_id": ids})

        with pytest.raises(pulumi.RunError, match=r"^it: vpc_id cannot be a ComponentResource: give its id, or what"):
            record(program)


class TestIds:
    """What a cloud would refuse in the middle of an update is known before, where it is written out."""

    @pytest.mark.parametrize(
        ("component", "args", "sentence"),
        [
            (
                AzureWorkloadSecurity,
                {
                    "application_security_group_ids": {"agent": "my-asg"},
                    "network_security_group_names": {"agent": "workers"},
                },
                "application_security_group_ids['agent']: 'my-asg' is no application security group id: write it as ",
            ),
            (
                AzureRoleSecurityGroup,
                {"peer_application_security_group_ids": {"siem-or-syslog-server": "siem"}},
                "peer_application_security_group_ids['siem-or-syslog-server']: 'siem' is no application security",
            ),
            (
                GcpWorkloadSecurity,
                {"role_secure_tags": {"agent": "agents"}},
                "role_secure_tags['agent']: 'agents' is no secure tag: write it as 'tagValues/281478395625'.",
            ),
            (
                GcpRoleFirewall,
                {"peer_secure_tag_ids": {"relay": "relays"}},
                "peer_secure_tag_ids['relay']: 'relays' is no secure tag: write it as ",
            ),
            (
                GcpWorkloadSecurity,
                {"role_secure_tags": None, "role_service_accounts": {"agent": "agents"}},
                "role_service_accounts['agent']: 'agents' is no service account: write it as ",
            ),
            (
                GcpWorkloadSecurity,
                {
                    **CLASSIC,
                    "deployment": gcp_sites.CLASSIC,
                    "role_secure_tags": None,
                    "role_network_tags": {"agent": "WS_agent", "relay": "ws-relay"},
                },
                "role_network_tags['agent']: 'WS_agent' is no network tag: write it as 'ws-agent'.",
            ),
            (
                AwsWorkloadSecurity,
                {"peer_security_group_ids": {"siem-or-syslog-server": "siem"}},
                "peer_security_group_ids['siem-or-syslog-server']: 'siem' is no security group id: write it as ",
            ),
            (AwsRoleSecurityGroup, {"security_group_id": "agents"}, "security_group_id: 'agents' is no security group"),
            (AwsPrefixList, {"prefix_list_id": "branch"}, "prefix_list_id: 'branch' is no prefix list id: write it as"),
        ],
    )
    def test_written_out_has_its_form(self, component: Any, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^it: {re.escape(sentence)}") as raised:
            make(component, **args)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize(
        ("component", "argument", "value"),
        [
            (AwsWorkloadSecurity, "peer_security_group_ids", "sg-0a1b2c3d4e5f60718"),
            (
                AzureWorkloadSecurity,
                "peer_application_security_group_ids",
                f"{AZURE}/applicationSecurityGroups/collectors",
            ),
            (GcpWorkloadSecurity, "peer_secure_tag_ids", "tagValues/281478395625"),
        ],
    )
    @pytest.mark.parametrize("label", ["east/a", "east.a", "my collector", "ü", "A", "", "a--b", "-a"])
    def test_a_label_that_may_not_tell_two_ids_apart(
        self, component: Any, argument: str, value: str, label: str
    ) -> None:
        """`peer/east/a` and `peer/east.a` were one rule, for one of the two."""
        name = f"siem-or-syslog-server/{label}"
        sentence = f"it: '{name}' among the given ids is neither a peer nor peer/label: write the label of lower-case"
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(sentence)}"):
            make(component, **{argument: {name: value}})

    @pytest.mark.parametrize("component", [AzureWorkloadSecurity, AzureRoleSecurityGroup])
    def test_an_output_that_turns_out_to_be_a_name(self, component: Any) -> None:
        """The subscription of an adopted group is read from it; what it was may be a secret."""
        one = {"network_security_group_name": "workers"}
        adopted = one if component is AzureRoleSecurityGroup else {"network_security_group_names": {"agent": "workers"}}
        hidden = pulumi.Output.secret("my-asg")
        sentence = "it: application_security_group_ids['agent'] is no id of an application security group: give it in "
        with pytest.raises(pulumi.RunError, match=f"^{re.escape(sentence)}") as raised:
            make(component, application_security_group_ids={"agent": hidden}, **adopted)
        assert "my-asg" not in str(raised.value)
        given = pulumi.Output.from_input(f"{AZURE}/applicationSecurityGroups/workers")
        assert make(component, application_security_group_ids={"agent": given}, **adopted).of("SecurityRule")

    def test_an_output_that_turns_out_to_be_no_text(self) -> None:
        several: Any = pulumi.Output.secret(["vpc-1", "vpc-2"])
        with pytest.raises(pulumi.RunError, match=r"^it: vpc_id is no text: give one id or name of what it comes from"):
            make(AwsWorkloadSecurity, vpc_id=several)
