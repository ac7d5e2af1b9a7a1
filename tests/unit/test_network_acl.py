"""Network ACLs: requests and replies pass, nothing else does, and what an existing one drops is found.

`Acl` below is AWS's evaluation written from its documentation, with the standard library alone.
"""

import ipaddress
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sandbox.aws import api_model
from tests.evaluators.required import Reach, RequiredEvaluator
from tests.strategies import CATALOGUE, SiteCase, sites
from tests.unit.sites import DNS, OPEN, UNTIL, plan
from ws_network.addresses import AddressSet
from ws_network.aws.network_acl import (
    Audit,
    audit_network_acls,
    load_network_acls,
    read_network_acls,
    render_network_acl,
)
from ws_network.aws.network_acl.cover import fewest
from ws_network.deployment import Deployment
from ws_network.errors import UserError
from ws_network.findings import Finding
from ws_network.plan import Plan, build_plan
from ws_network.rules import PortRange

NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1"}
EPHEMERAL = (1024, 65535)

Packet = tuple[bool, str, int, int, str]
"""Whether it leaves the subnet, protocol, port (type of ICMP), code of ICMP, other end."""


class Acl:
    """What AWS does with a packet: ascending numbers, the first match decides, and nothing is remembered."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.entries = sorted(entries, key=lambda entry: entry["RuleNumber"])

    def passes(self, packet: Packet) -> bool:
        egress, protocol, port, code, remote = packet
        address = ipaddress.ip_address(remote)
        for entry in self.entries:
            if entry["Egress"] is not egress or entry["Protocol"] not in {"-1", NUMBERS[protocol]}:
                continue
            if address not in ipaddress.ip_network(entry.get("CidrBlock") or entry["Ipv6CidrBlock"]):
                continue
            if entry["Protocol"] == "1":
                message = entry["IcmpTypeCode"]
                if message["Type"] not in {-1, port} or message["Code"] not in {-1, code}:
                    continue
            elif entry["Protocol"] != "-1" and not entry["PortRange"]["From"] <= port <= entry["PortRange"]["To"]:
                continue
            return bool(entry["RuleAction"] == "allow")
        return False


class Needed:
    """What must pass, read from the required flows: requests at their ports, replies at every ephemeral port."""

    def __init__(self, plan: Plan, case: SiteCase) -> None:
        judge = RequiredEvaluator(plan.catalogue, case.deployment, plan.flows, case.snapshot, case.references)
        self.ends: list[tuple[bool, Any, Reach]] = []
        for flow in plan.flows:
            if flow.source in plan.roles:
                self.ends.append((True, flow, judge.other_end(flow, "egress")))
            if flow.destination in plan.roles:
                self.ends.append((False, flow, judge.other_end(flow, "ingress")))

    def passes(self, packet: Packet) -> bool:
        egress, protocol, port, code, remote = packet
        for asks, flow, reach in self.ends:
            if protocol not in {str(each) for each in flow.transports} or not reach.has(remote):
                continue
            if protocol == "icmp":
                if asks is egress and flow.icmp == (port, code):
                    return True
            elif (asks is egress and port in flow.ports) or (
                asks is not egress and EPHEMERAL[0] <= port <= EPHEMERAL[1]
            ):
                return True
        return False

    def packets(self) -> Iterator[Packet]:
        """Packets at every border of every flow, both ways."""
        for _, flow, reach in self.ends:
            remotes = {"8.8.8.8", "2600::1", *(each for net in reach.networks[:6] for each in borders(net))}
            for protocol in map(str, flow.transports):
                ends = set(EPHEMERAL) | set(flow.ports or flow.icmp)
                ports = {port + step for port in ends for step in (-1, 0, 1) if 0 <= port + step <= 65535}
                for port in ports:
                    for remote in remotes:
                        for egress in (True, False):
                            yield egress, protocol, port, flow.icmp[1] if flow.icmp else 0, remote


def borders(network: Any) -> Iterator[str]:
    """First and last address of a block, one before and one after."""
    make = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    first, last = int(network[0]), int(network[-1])
    for number in (first - 1, first, last, last + 1):
        if 0 <= number < 2**network.max_prefixlen:
            yield str(make(number))


def planned(case: SiteCase, **changes: Any) -> Plan:
    deployment = Deployment.parse({**case.content, **changes})
    return build_plan(CATALOGUE, deployment, snapshot=case.snapshot, as_of=case.as_of, references=case.references)


def entries_of(made: Plan, roles: list[str] | None = None) -> list[dict[str, Any]]:
    """The entries as JSON has them."""
    found: list[dict[str, Any]] = json.loads(json.dumps(render_network_acl(made, roles).to_dict()))["NetworkAcls"][0][
        "Entries"
    ]
    return found


def told(findings: tuple[Finding, ...], code: str) -> dict[str, str]:
    return {entry.flow: entry.text for entry in findings if entry.code == code}


class TestEntriesLetPassWhatIsNeeded:
    """Agents sent requests and waited: the ACL let them out, and dropped every answer."""

    @given(sites())
    def test_requests_and_replies_at_every_border_and_nothing_else(self, case: SiteCase) -> None:
        made = planned(case)
        acl, needed = Acl(entries_of(made)), Needed(made, case)
        for packet in needed.packets():
            assert acl.passes(packet) is needed.passes(packet), packet

    @given(sites())
    def test_the_layout_of_the_groups_changes_no_packet(self, case: SiteCase) -> None:
        assert {text(entry) for entry in entries_of(planned(case, layout="minimal"))} == {
            text(entry) for entry in entries_of(planned(case, layout="per-flow"))
        }

    @given(sites())
    def test_an_end_without_a_range_is_an_error_and_one_with_both_is_told(self, case: SiteCase) -> None:
        made = planned(case, layout="per-flow")
        findings = render_network_acl(made).findings
        errors, ranges = told(findings, "peer-unsayable"), told(findings, "role-by-ranges")
        for _, flow, reach in Needed(made, case).ends:
            if reach.tokens:
                assert flow.id in (ranges if reach.networks or reach.families else errors)
        assert all(entry.severity == "error" for entry in findings if entry.code == "peer-unsayable")

    @given(sites())
    def test_every_entry_is_a_request_that_ec2_takes(self, case: SiteCase) -> None:
        for entry in entries_of(planned(case)):
            api_model.validate("CreateNetworkAclEntry", {"NetworkAclId": "acl-0a1b2c3d", **entry})
            assert 1 <= entry["RuleNumber"] <= 32766
            assert ("CidrBlock" in entry) is not ("Ipv6CidrBlock" in entry)

    @given(sites())
    def test_every_flow_with_addresses_is_named_by_an_entry_of_each_way(self, case: SiteCase) -> None:
        made = planned(case, layout="per-flow")
        found = render_network_acl(made).entries
        for asks, flow, reach in Needed(made, case).ends:
            if reach.networks or reach.families:
                ways = {("egress" if asks else "ingress", flow.id)}
                assert ways <= {(str(entry.direction), each) for entry in found for each in entry.requests}
                if flow.icmp is None:
                    back = {("ingress" if asks else "egress", flow.id)}
                    assert back <= {(str(entry.direction), each) for entry in found for each in entry.replies}


def text(entry: dict[str, Any]) -> str:
    """An entry without its number."""
    return json.dumps({key: value for key, value in entry.items() if key != "RuleNumber"}, sort_keys=True)


class TestOneSite:
    """The entries that a person would type for agents with one DNS server."""

    def test_dns_by_tcp_and_udp_and_its_replies(self) -> None:
        made = plan(
            peers={"ntp-server": {"platform": True}, "dns-server": DNS}, names={"default": ["blocks", "refuse"]}
        )
        found = {
            (entry.direction, entry.protocol, entry.ports.text, entry.cidr.text)
            for entry in render_network_acl(made).entries
            if entry.cidr.text == "10.20.0.53/32"
        }
        assert found == {
            ("egress", "udp", "53", "10.20.0.53/32"),
            ("ingress", "udp", "1024-65535", "10.20.0.53/32"),
        }

    def test_roles_of_one_subnet(self) -> None:
        peers = {"relay": {"cidrs": ["10.20.8.0/24"]}, "agent": {"cidrs": ["10.20.0.0/21"]}}
        made = plan(roles=["agent", "relay"], peers=peers)
        requests = {
            role: {each for entry in render_network_acl(made, [role]).entries for each in entry.requests}
            for role in ("agent", "relay")
        }
        assert "agent-dns" in requests["agent"]
        assert "agent-dns" not in requests["relay"]
        assert "relay/agent-dns" in requests["relay"]
        assert "agent-relay" in requests["agent"] & requests["relay"]

    def test_an_unknown_role_and_none(self) -> None:
        with pytest.raises(UserError, match="did you mean 'agent'"):
            render_network_acl(plan(), ["agnet"])
        with pytest.raises(UserError, match="no role is given"):
            render_network_acl(plan(), [])

    def test_replies_from_anywhere_are_told(self) -> None:
        findings = render_network_acl(plan(**OPEN)).findings
        assert (
            "open ingress tcp 1024-65535 from any IPv4 address"
            in told(findings, "network-acl-replies-open")["network-acl"]
        )
        refused = plan(names={"default": ["blocks", "refuse"]})
        assert told(render_network_acl(refused).findings, "network-acl-replies-open") == {}

    def test_families_are_apart(self) -> None:
        made = plan(peers={"dns-server": {"cidrs": ["10.20.0.53/32", "fd12:3456:20::53/128"]}})
        counts = render_network_acl(made).counts()
        blocks = {entry.cidr.text for entry in render_network_acl(made).entries if "agent-dns" in entry.requests}
        assert blocks == {"10.20.0.53/32", "fd12:3456:20::53/128"}
        assert counts["egress", 6] == counts["ingress", 6] == 2


class TestNumbers:
    """A number that moves is an entry that is replaced: for a moment the subnet is cut off."""

    FLOW = {"source": "agent", "destination": "ntp-server", "transport": "tcp"} | UNTIL

    @given(sites())
    def test_are_unique_in_a_direction_and_leave_gaps(self, case: SiteCase) -> None:
        for egress in (True, False):
            numbers = [entry["RuleNumber"] for entry in entries_of(planned(case)) if entry["Egress"] is egress]
            assert sorted(set(numbers)) == numbers
            assert all(number % 3 == 1 for number in numbers)

    def test_another_flow_moves_none(self) -> None:
        before = entries_of(plan())
        more = [{"id": "own", "ports": [9443], "slot": 90, **self.FLOW}]
        after = entries_of(plan(extra_flows=more))
        assert len(after) == len(before) + 2
        assert [entry for entry in after if entry in before] == before

    def test_follow_the_page(self) -> None:
        numbers = {each: entry.number for entry in render_network_acl(plan(**OPEN)).entries for each in entry.requests}
        slots = {flow.id: flow.slot for flow in plan(**OPEN).flows}
        own = {flow: number for flow, number in numbers.items() if flow in {"agent-dns", "agent-ntp", "agent-spn-80"}}
        assert sorted(own, key=own.__getitem__) == sorted(own, key=lambda flow: slots[flow] or 0)
        assert all((number - 1) // 300 + 1 == slots[flow] for flow, number in own.items())

    def test_are_frozen(self) -> None:
        """These are in the ACLs of users."""
        found = {
            (entry.direction, entry.protocol, entry.ports.text): entry.number
            for entry in render_network_acl(plan(names={"default": ["blocks", "refuse"]})).entries
            if entry.cidr.text == "10.20.0.53/32"
        }
        assert found == {("egress", "udp", "53"): 1975, ("ingress", "udp", "1024-65535"): 1924}

    def test_flows_without_a_slot_come_last(self) -> None:
        flows = [{"id": "own", "ports": [9443], **self.FLOW}]
        (found,) = [
            entry.number for entry in render_network_acl(plan(extra_flows=flows)).entries if "own" in entry.requests
        ]
        assert 108 * 300 < found <= 32766

    @given(sites(), st.randoms(use_true_random=False))
    def test_order_has_no_meaning(self, case: SiteCase, shuffle: random.Random) -> None:
        peers = list(case.content["peers"].items())
        shuffle.shuffle(peers)
        assert entries_of(planned(case, peers=dict(peers))) == entries_of(planned(case))


def ranges(count: int) -> list[str]:
    """So many blocks of which no two are one."""
    return [f"10.9.{2 * number}.0/24" for number in range(count)]


class TestQuota:
    """AWS refuses the twentieth entry half way through, because its own `*` counts too."""

    @pytest.mark.parametrize(("count", "over"), [(18, False), (19, True)])
    def test_nineteen_of_ours_are_the_last_that_fit(self, count: int, *, over: bool) -> None:
        """One of them is for 443 to any address."""
        made = plan(
            peers={"dns-server": {"cidrs": ranges(count)}, "ntp-server": {"platform": True}},
            names={"default": ["any-address"]},
            any_address=OPEN["any_address"],
            decline={"agent-spn-80": UNTIL},
        )
        rendering = render_network_acl(made)
        assert rendering.counts()["egress", 4] == count + 2
        assert bool(told(rendering.findings, "limit")) is over

    def test_it_names_count_limit_quota_and_ways_out(self) -> None:
        (found,) = [
            entry
            for entry in render_network_acl(plan(peers={"dns-server": {"cidrs": ranges(40)}})).findings
            if entry.code == "limit" and "egress" in entry.text
        ]
        assert found.severity == "error"
        assert "rules, AWS's own '*' among them, over the 20 of AWS's quota 'Rules per network ACL'." in found.text
        assert "quotas: {aws-rules-per-network-acl: ...}" in found.remedy

    def test_a_raised_quota_counts_up_to_forty(self) -> None:
        peers = {"dns-server": {"cidrs": ranges(20)}}
        made = plan(peers=peers, quotas={"aws-rules-per-network-acl": 40})
        assert told(render_network_acl(made).findings, "limit") == {}
        for value, words in ((41, "AWS goes to 40"), (10, "less than the 20")):
            with pytest.raises(UserError, match=words):
                render_network_acl(plan(quotas={"aws-rules-per-network-acl": value}))


grids = st.dictionaries(st.integers(1, 4), st.sets(st.integers(0, 7), min_size=1), min_size=1)


def least(wanted: dict[int, set[int]]) -> int:
    """The fewest (port range, block of a /29) that are together exactly `wanted`, by trying all of them."""
    cells = frozenset((port, address) for port, addresses in wanted.items() for address in addresses)
    every = [
        frozenset((port, address) for port in range(first, last + 1) for address in range(start, start + size))
        for first in range(1, 5)
        for last in range(first, 5)
        for size in (1, 2, 4, 8)
        for start in range(0, 8, size)
    ]
    fitting = [each for each in every if each <= cells]
    fitting = [each for each in fitting if not any(each < other for other in fitting)]
    reached, steps = {frozenset[tuple[int, int]]()}, 0
    while cells not in reached:
        # Whatever the cover, one of its blocks holds the first cell that is still open.
        reached = {done | each for done in reached for each in fitting if min(cells - done) in each}
        steps += 1
    return steps


class TestFewest:
    """Twenty entries are few: what two entries say and one could say is a peer that does not fit."""

    @given(grids)
    @example({1: {0, 1, 2, 3}, 2: {0, 1, 2, 3, 4, 5, 6, 7}, 3: {4, 5, 6, 7}})
    @example({1: {0, 1}, 2: {0, 1, 2, 3}, 3: {2, 3, 4, 5}, 4: {0, 1, 2, 3, 4, 5, 6, 7}})
    def test_a_search_of_everything_finds_no_fewer(self, wanted: dict[int, set[int]]) -> None:
        found = fewest(
            [
                (PortRange(port, port), AddressSet.from_cidrs([f"10.0.0.{address}/32" for address in addresses]))
                for port, addresses in wanted.items()
            ],
            4,
        )
        cells = {
            (port, address - (10 << 24))
            for ports, cidr in found
            for port in range(ports.first, ports.last + 1)
            for address in range(cidr.first, cidr.last + 1)
        }
        assert cells == {(port, address) for port, addresses in wanted.items() for address in addresses}
        assert len(found) == least(wanted)

    def test_neighbouring_ports_and_blocks_become_one(self) -> None:
        asked = [
            (PortRange(5274, 5274), AddressSet.from_cidrs(["10.0.0.0/25", "10.0.0.128/25"])),
            (PortRange(5275, 5275), AddressSet.from_cidrs(["10.0.0.0/24"])),
        ]
        assert [(ports.text, cidr.text) for ports, cidr in fewest(asked, 4)] == [("5274-5275", "10.0.0.0/24")]

    def test_a_service_among_the_reply_ports_takes_its_peers_in(self) -> None:
        asked = [
            (PortRange(1024, 65535), AddressSet.from_cidrs(["10.0.0.0/24"])),
            (PortRange(4122, 4122), AddressSet.from_cidrs(["10.0.0.0/16"])),
        ]
        assert len(fewest(asked, 4)) == 2

    def test_many_addresses_take_no_time_to_speak_of(self) -> None:
        many = AddressSet.from_cidrs([f"10.{n >> 8}.{n & 255}.7/32" for n in range(5000)])
        asked = [(PortRange(port, port), many) for port in (53, 123)]
        assert len(fewest(asked, 4)) == 5000 * 2


ALLOW_ALL = [
    {"RuleNumber": number, "Protocol": "-1", "RuleAction": action, "Egress": egress, key: block}
    for egress in (True, False)
    for number, action, key, block in (
        (100, "allow", "CidrBlock", "0.0.0.0/0"),
        (101, "allow", "Ipv6CidrBlock", "::/0"),
        (32767, "deny", "CidrBlock", "0.0.0.0/0"),
        (32768, "deny", "Ipv6CidrBlock", "::/0"),
    )
]
"""AWS's default ACL."""


def entry(number: int, direction: str, protocol: str, ports: str, block: str, action: str = "allow") -> dict[str, Any]:
    """One entry; ports `53`, `1024-65535`, or `3/4`."""
    out: dict[str, Any] = {
        "RuleNumber": number,
        "Protocol": NUMBERS.get(protocol, protocol),
        "RuleAction": action,
        "Egress": direction == "egress",
        "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
    }
    if protocol == "icmp":
        kind, code = ports.split("/")
        return out | {"IcmpTypeCode": {"Type": int(kind), "Code": int(code)}}
    first, _, last = ports.partition("-")
    return out | {"PortRange": {"From": int(first), "To": int(last or first)}}


def answer(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What `describe-network-acls` prints for one ACL."""
    return {"NetworkAcls": [{"NetworkAclId": "acl-0a1b2c3d", "Entries": list(entries), **more}]}


def audited(made: Plan, *entries: dict[str, Any], roles: list[str] | None = None) -> Audit:
    return audit_network_acls(made, read_network_acls(answer(*entries)), roles)


@st.composite
def acls(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Random entries near what random sites need: few numbers, so that they stand before and behind each other."""
    out = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        protocol = draw(st.sampled_from(["-1", "6", "17", "1"]))
        block = draw(
            st.sampled_from(
                ["0.0.0.0/0", "::/0", "10.0.0.0/24", "10.0.0.0/28", "10.0.0.8/29", "8.8.8.8/30", "fd00::/124"]
            )
        )
        made: dict[str, Any] = {
            "RuleNumber": number * 10,
            "Protocol": protocol,
            "RuleAction": draw(st.sampled_from(["allow", "allow", "deny"])),
            "Egress": draw(st.booleans()),
            "Ipv6CidrBlock" if ":" in block else "CidrBlock": block,
        }
        if protocol in {"6", "17"}:
            ends = sorted(
                draw(st.lists(st.sampled_from([0, 53, 80, 443, 1023, 1024, 32768, 65535]), min_size=2, max_size=2))
            )
            made["PortRange"] = {"From": ends[0], "To": ends[1]}
        elif protocol == "1":
            made["IcmpTypeCode"] = draw(
                st.sampled_from([{"Type": 3, "Code": 4}, {"Type": 3, "Code": -1}, {"Type": -1, "Code": -1}])
            )
        out.append(made)
    return out


UNFILTERED = [
    ipaddress.ip_network(each)
    for each in (
        "169.254.169.253",
        "169.254.169.123",
        "169.254.169.254",
        "fd00:ec2::253",
        "fd00:ec2::123",
        "fd00:ec2::254",
    )
]


class TestAudit:
    """Half of the fleet was offline: the ACL let replies in on Linux's ports only, and half of it ran Windows."""

    @given(sites(), acls())
    def test_says_the_same_as_aws_of_every_needed_packet_at_a_border(
        self, case: SiteCase, entries: list[dict[str, Any]]
    ) -> None:
        made = planned(case, layout="per-flow")
        found = audited(made, *entries)
        dropped = [
            (
                each.leg.direction == "egress",
                str(each.leg.protocol),
                each.ports,
                [ipaddress.ip_network(cidr) for cidr in each.addresses.cidrs()],
            )
            for each in found.blocked
        ]
        acl, needed = Acl(entries), Needed(made, case)
        for packet in {*needed.packets(), *at_borders(entries)}:
            egress, protocol, port, code, remote = packet
            address = ipaddress.ip_address(remote)
            if not needed.passes(packet) or any(address in each for each in UNFILTERED):
                continue
            icmp = (port, code) if protocol == "icmp" else None
            hit = any(
                (egress, protocol) == (way, kind)
                and ((ports.first, ports.last) == icmp if icmp else ports.first <= port <= ports.last)
                and any(address in network for network in networks)
                for way, kind, ports, networks in dropped
            )
            assert hit is not acl.passes(packet), packet

    @given(sites())
    def test_the_default_acl_and_our_own_are_clean(self, case: SiteCase) -> None:
        made = planned(case)
        for entries in (ALLOW_ALL, entries_of(made)):
            found = audited(made, *entries)
            assert found.blocked == ()
            assert {each.code for each in found.findings} <= {"peer-unsayable", "role-by-ranges"}

    @given(sites(), acls())
    def test_what_it_says_to_add_is_enough(self, case: SiteCase, entries: list[dict[str, Any]]) -> None:
        made = planned(case, layout="per-flow")
        found = audited(made, *entries)
        assume(found.blocked)
        more = []
        for place, each in enumerate(found.blocked):
            whole = each.entry == "*"
            addresses, ports = (each.leg.addresses, each.leg.ports) if whole else (each.addresses, each.ports)
            number = 30000 + place / 10000 if whole else int(each.entry) - 1 + place / 10000
            shape = f"{ports.first}/{ports.last}" if each.leg.protocol == "icmp" else ports.text
            said = (str(each.leg.direction), str(each.leg.protocol), shape)
            more += [entry(0, *said, cidr) | {"RuleNumber": number} for cidr in addresses.cidrs()]
        acl, needed = Acl([*entries, *more]), Needed(made, case)
        assert all(acl.passes(packet) for packet in needed.packets() if needed.passes(packet))

    def test_replies_without_their_ports(self) -> None:
        made = plan(names={"default": ["blocks", "refuse"]}, peers={"ntp-server": {"platform": True}})
        out = {**ALLOW_ALL[0]}
        found = audited(made, out, entry(10, "ingress", "udp", "32768-60999", "10.20.0.0/16"))
        text = told(found.findings, "network-acl-blocks-replies")["agent-dns"]
        assert text == (
            "agent-dns: acl-0a1b2c3d drops replies: ingress udp 1024-32767 from 10.20.0.53/32 (entry *); "
            "ingress udp 61000-65535 from 10.20.0.53/32 (entry *)."
        )
        assert told(found.findings, "network-acl-blocks") == {}
        (one,) = [each for each in found.findings if each.flow == "agent-dns"]
        assert (one.severity, one.remedy) == (
            "high",
            "In acl-0a1b2c3d: allow ingress udp 1024-65535 from 10.20.0.53/32.",
        )

    def test_a_single_port_at_either_end(self) -> None:
        made = plan(names={"default": ["blocks", "refuse"]}, peers={"ntp-server": {"platform": True}})
        found = audited(made, ALLOW_ALL[0], entry(10, "ingress", "udp", "1025-65534", "10.20.0.0/16"))
        assert [each.ports.text for each in found.blocked if each.leg.flow == "agent-dns"] == ["1024", "65535"]

    def test_a_request_that_an_entry_denies(self) -> None:
        made = plan(names={"default": ["blocks", "refuse"]}, peers={"dns-server": {"cidrs": ["10.20.0.0/28"]}})
        found = audited(made, entry(50, "egress", "udp", "0-65535", "10.20.0.4/30", "deny"), *ALLOW_ALL)
        (one,) = [each for each in found.findings if each.flow == "agent-dns"]
        assert one.code == "network-acl-blocks"
        assert "egress udp 53 to 10.20.0.4/30 (entry 50)" in one.text
        assert one.remedy == "In acl-0a1b2c3d: allow egress udp 53 to 10.20.0.4/30, numbered below 50."

    def test_a_block_list_matters_less_than_a_peer_left_out(self) -> None:
        made = plan(**OPEN)
        listed = entry(50, "egress", "tcp", "0-65535", "198.51.100.0/24", "deny")
        found = audited(made, listed, *ALLOW_ALL)
        severities = {each.severity for each in found.findings if each.code == "network-acl-blocks"}
        assert severities == {"medium"}
        closed = entry(50, "egress", "tcp", "0-65535", "0.0.0.0/0", "deny")
        text = told(audited(made, closed, *ALLOW_ALL).findings, "network-acl-blocks")["agent-spn-80"]
        assert "egress tcp 80 to any IPv4 address (entry 50)" in text
        some = entry(50, "egress", "tcp", "0-65535", "10.0.0.0/8")
        text = told(audited(made, some).findings, "network-acl-blocks")["agent-spn-80"]
        assert "egress tcp 80 to any IPv4 address but 10.0.0.0/8 (entry *)" in text

    def test_what_aws_does_not_filter_is_not_missed(self) -> None:
        denied = [
            entry(number, direction, "-1", "0", "169.254.169.253/32", "deny")
            for number, direction in ((5, "egress"), (6, "ingress"))
        ]
        assert audited(plan(**OPEN), *denied, *ALLOW_ALL).blocked == ()

    def test_icmp_by_type_and_code(self) -> None:
        made = plan(icmp=True, peers={"network": {"cidrs": ["10.0.0.0/8"]}}, names={"default": ["blocks", "refuse"]})
        only = [each for each in ALLOW_ALL if each["Egress"]] + [
            entry(10, "ingress", protocol, "0-65535", "0.0.0.0/0") for protocol in ("tcp",)
        ]
        udp = entry(11, "ingress", "udp", "0-65535", "0.0.0.0/0")
        for message, codes in (("3/4", set()), ("3/-1", set()), ("-1/-1", set()), ("3/3", {"network-acl-blocks"})):
            kind, code = message.split("/", 1)
            icmp = entry(12, "ingress", "icmp", "0/0", "10.0.0.0/8") | {
                "IcmpTypeCode": {"Type": int(kind), "Code": int(code)}
            }
            found = audited(made, *only, udp, icmp)
            assert {each.code for each in found.findings if each.flow == "agent-icmp"} == codes

    def test_an_end_that_cannot_be_looked_at_is_told_and_no_error(self) -> None:
        made = plan(peers={"siem-or-syslog-server": {"security_group_ids": ["sg-0a1b2c3d"]}})
        (found,) = [each for each in audited(made, *ALLOW_ALL).findings if each.flow == "agent-syslog"]
        assert (found.code, found.severity) == ("peer-unsayable", "medium")

    def test_a_finding_can_be_accepted(self) -> None:
        made = plan(accept={"network-acl-blocks": UNTIL})
        assert {
            (each.severity, each.accepted) for each in audited(made).findings if each.code == "network-acl-blocks"
        } == {("info", "a reason")}


def at_borders(entries: list[dict[str, Any]]) -> Iterator[Packet]:
    """Packets at every border of the entries."""
    names = {number: name for name, number in NUMBERS.items()}
    for each in entries:
        remotes = list(borders(ipaddress.ip_network(each.get("CidrBlock") or each["Ipv6CidrBlock"])))
        span = each.get("PortRange", {"From": 443, "To": 1024})
        for protocol in [names[each["Protocol"]]] if each["Protocol"] != "-1" else ["tcp", "udp"]:
            for port in {port + step for port in span.values() for step in (-1, 0, 1) if 0 <= port + step <= 65535}:
                for remote in remotes:
                    yield each["Egress"], protocol, port, 0, remote


class TestReading:
    """A file that is not what it should be must say so, or an empty answer reads as a clean one."""

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ([], "has no network ACL under NetworkAcls"),
            ({"NetworkAcls": []}, "has no network ACL under NetworkAcls"),
            ({"SecurityGroups": []}, "aws ec2 describe-network-acls"),
            ({"NetworkAcls": [{}]}, "the network ACL 1 has no Entries"),
            (answer({}), "an entry of acl-0a1b2c3d has no usable 'Protocol'"),
            (answer({**ALLOW_ALL[0], "Protocol": "6"}), "no usable 'PortRange'"),
            (answer({**ALLOW_ALL[0], "Protocol": "1"}), "no usable 'IcmpTypeCode'"),
            (answer({**ALLOW_ALL[0], "RuleAction": "perhaps"}), "no usable 'perhaps'"),
            (answer({**ALLOW_ALL[0], "CidrBlock": "10.0.0.1/8"}), "has host bits set"),
            (answer({**ALLOW_ALL[0], "RuleNumber": "x"}), "cannot be read"),
            (answer("x"), "cannot be read"),
        ],
    )
    def test_refusals(self, content: Any, words: str) -> None:
        with pytest.raises(UserError, match=words):
            read_network_acls(content, "acls.json")

    def test_files(self, tmp_path: Path) -> None:
        path = tmp_path / "acls.json"
        with pytest.raises(UserError, match=r"cannot read .*acls\.json \(No such file"):
            load_network_acls(path)
        path.write_text("no json")
        with pytest.raises(UserError, match="is no JSON: make the file with 'aws ec2 describe-network-acls"):
            load_network_acls(path)

    def test_another_protocol_is_none_of_ours_and_lets_nothing_pass(self) -> None:
        esp = [{**each, "Protocol": "50"} for each in ALLOW_ALL if each["RuleNumber"] < 32767]
        assert len(audited(plan(), *esp).blocked) == len(audited(plan()).blocked) > 0

    def test_subnets_and_order(self) -> None:
        more = {"Associations": [{"SubnetId": "subnet-2"}, {"SubnetId": "subnet-1"}]}
        (acl,) = read_network_acls(answer(*reversed(ALLOW_ALL), **more))
        assert acl.subnets == ("subnet-1", "subnet-2")
        assert [each.name for each in acl.entries] == ["100", "100", "101", "101", "*", "*", "*", "*"]
