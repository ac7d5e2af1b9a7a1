"""Rules in no cloud's words: direction, protocol, port, other end, and the flows they are for.

Owns `Rule`, its identity by content, how a flow becomes rules, and joining exact duplicates.
Does not own addresses (`ws_network.endpoints`), the layout `minimal` (`ws_network.minimal`), nor how a cloud writes
a rule.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from itertools import product

from ws_network.catalogue import Transport
from ws_network.endpoints import Endpoint
from ws_network.flows import RequiredFlow


@unique
class Direction(StrEnum):
    """Seen from the machines of the rule's role."""

    EGRESS = "egress"
    INGRESS = "ingress"


@unique
class Action(StrEnum):
    """What a rule does. Plans only allow; what exists in a cloud may deny."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True, order=True)
class PortRange:
    """Destination ports `first` to `last`, both included; for ICMP the type and the code."""

    first: int
    last: int

    @property
    def text(self) -> str:
        """`443`, or `5274-5275`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One permission of a role."""

    role: str
    direction: Direction
    protocol: Transport
    ports: PortRange
    peer: Endpoint
    flows: tuple[str, ...] = ()
    """Ids of the flows it is for, sorted."""
    action: Action = Action.ALLOW

    @property
    def id(self) -> str:
        """Identity by content, `agent-egress-tcp-443-blocks-de-1-ipv4`: what a cloud would call a duplicate."""
        return f"{self.role}-{self.direction}-{self.protocol}-{self.ports.text}-{self.peer.slug}"


def join(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules with exact duplicates made one that keeps all their flows, sorted by id."""
    flows: dict[Rule, set[str]] = {}
    for rule in rules:
        flows.setdefault(replace(rule, flows=()), set()).update(rule.flows)
    joined = (replace(rule, flows=tuple(sorted(ids))) for rule, ids in flows.items())
    return tuple(sorted(joined, key=lambda rule: rule.id))


def rules_of(role: str, direction: Direction, flow: RequiredFlow, endpoints: Iterable[Endpoint]) -> Iterator[Rule]:
    """Yield one rule per transport, port and endpoint of a flow, at one of its ends."""
    ranges = [PortRange(*flow.icmp)] if flow.icmp else [PortRange(port, port) for port in flow.ports]
    for transport, ports, endpoint in product(flow.transports, ranges, sorted(endpoints)):
        yield Rule(role, direction, transport, ports, endpoint, (flow.id,))
