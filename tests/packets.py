"""Packets to ask about a plan: those at the borders of what it allows, and of what the site needs."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from tests.evaluators.required import RequiredEvaluator
from tests.strategies import CATALOGUE, SiteCase
from ws_network.catalogue import Transport
from ws_network.deployment import Deployment, Target
from ws_network.plan import Packet, Plan, build_plan
from ws_network.rules import Direction

Question = tuple[str, str, str, int, str, int]
"""Role, direction, protocol, port, other end, ICMP code."""

OUTSIDE = ("8.8.8.8", "10.0.0.255", "2600::1", "fd00::ff", "sg-0123456789abcdef0", "agent", "nobody")


def planned(case: SiteCase, target: Target = Target.AWS_SECURITY_GROUP, **changes: Any) -> Plan:
    """The plan of a site, changed as said, with marks that the target can take."""
    deployment = Deployment.parse({**case.content, **changes})
    return build_plan(
        CATALOGUE,
        deployment,
        target=target,
        snapshot=case.snapshot,
        as_of=case.as_of,
        references=case.references,
        machines=case.machines(target, deployment.managed_roles),
    )


def judge_of(case: SiteCase, plan: Plan) -> RequiredEvaluator:
    """What the flows of a plan need on its target."""
    return RequiredEvaluator(
        plan.catalogue, plan.deployment, plan.flows, case.snapshot, case.references, plan.target, plan.machines
    )


def borders(network: Any) -> Iterator[str]:
    """First and last address of a block, one before and one after."""
    first, last = int(network[0]), int(network[-1])
    top = 2**network.max_prefixlen - 1
    for number in (first - 1, first, last, last + 1):
        if 0 <= number <= top:
            yield str(ipaddress.ip_address(number) if network.version == 4 else ipaddress.IPv6Address(number))


def questions(plan: Plan, judge: RequiredEvaluator) -> list[Question]:
    """Packets at every border of every required flow and of every rule, in both directions, and in other protocols."""
    return list(dict.fromkeys((*_of_flows(plan, judge), *_of_rules(plan))))


def _of_flows(plan: Plan, judge: RequiredEvaluator) -> Iterator[Question]:
    for flow in plan.flows:
        for role, direction in ((flow.source, "egress"), (flow.destination, "ingress")):
            if role not in plan.roles:
                continue
            reach = judge.other_end(flow, direction)
            remotes = {*reach.tokens, *OUTSIDE, *(each for net in reach.networks[:6] for each in borders(net))}
            code = flow.icmp[1] if flow.icmp else 0
            for protocol in flow.transports:
                for port in flow.ports or flow.icmp[:1]:
                    yield from _near((role, direction, str(protocol)), {port}, remotes, code)


def _of_rules(plan: Plan) -> Iterator[Question]:
    for rule in plan.rules:
        found = plan.lists.get(rule.peer.value)
        blocks = [ipaddress.ip_network(cidr) for cidr in found.cidrs[:6]] if found else []
        named = plan.name_lists.get(rule.peer.value)
        remotes = {rule.peer.value, *(each for block in blocks for each in borders(block))}
        remotes |= set(named.fqdns[:3]) if named else set()
        icmp = rule.protocol is Transport.ICMP
        ends = {rule.ports.first} if icmp else {rule.ports.first, rule.ports.last}
        end = (rule.role, str(rule.direction), str(rule.protocol))
        yield from _near(end, ends, remotes.union(OUTSIDE), rule.ports.last if icmp else 0)
        for other in sorted({"tcp", "udp"} - {str(rule.protocol)}):
            for remote in sorted(remotes.difference(OUTSIDE)):
                yield rule.role, str(rule.direction), other, rule.ports.first, remote, 0


def _near(end: tuple[str, str, str], ports: set[int], remotes: Iterable[str], code: int) -> Iterator[Question]:
    """Yield packets to the ports, and to those before and after."""
    near = {each for port in ports for each in (port - 1, port, port + 1) if 0 <= each <= 65535}
    for port in sorted(near):
        for remote in sorted(remotes):
            yield *end, port, remote, code


def packet(question: Question) -> Packet:
    """The question as a plan takes it."""
    role, direction, protocol, port, remote, code = question
    return Packet(role, Direction(direction), Transport(protocol), port, remote, code)


def answer(plan: Plan, question: Question) -> bool:
    """Whether the plan lets the packet pass."""
    return plan.allows(packet(question))
