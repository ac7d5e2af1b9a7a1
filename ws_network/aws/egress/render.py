"""From a plan to a stateful rule group of Network Firewall: one for the site, with a variable for each role's networks.

Owns which rules a permission becomes, the capacity of the group, and its limits. The layout `minimal` means nothing
here: a rule holds one name, and joined lines would lose their ports.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ws_network.addresses import AddressSet
from ws_network.aws.egress.domains import domain_list_of, list_findings
from ws_network.aws.egress.model import RULE_ORDER, AwsEgressRendering, IpSet, RuleGroup
from ws_network.aws.egress.suricata import (
    Signature,
    by_address,
    by_name,
    expanded_length,
    message,
    numbered,
    variable,
)
from ws_network.aws.limits import (
    ADDRESSES_PER_SIGNATURE,
    QUOTAS,
    RULE_GROUP_CAPACITY,
    SIGNATURE_LENGTH,
    SIGNATURES_LENGTH,
)
from ws_network.endpoints import NameList
from ws_network.errors import UserError
from ws_network.findings import Finding, Severity, finding
from ws_network.flows.model import WEB_PORTS
from ws_network.grammar import EndpointKind
from ws_network.lists import divided
from ws_network.plan import Plan, settle
from ws_network.rules import Rule

GROUP_DESCRIPTION = "Workload Security egress (ws_network)"
"""Description of the group. Constant: what changes is in the rules."""

WHERE = "aws-network-firewall"
"""What findings are about that are of the group as a whole."""

WEB: Mapping[int, tuple[str, ...]] = {80: ("http",), 443: ("tls",)}
"""What is spoken on a port (RFC 9110)."""

EITHER = ("http", "tls")
"""On any other port of a web flow: the page does not say which."""

HEADROOM = (5, 4)
"""A group has room for 5 rules for every 4 that it needs."""

STEP = 100
"""Capacities are whole hundreds, so that a name more rarely is a new group."""


def render(
    plan: Plan,
    *,
    networks: Mapping[str, Sequence[str]] | None = None,
    capacity: int | None = None,
    domain_list: bool = False,
) -> AwsEgressRendering:
    """Return the rule group of a plan, and what Network Firewall says to it.

    The result depends on the content of the plan alone.

    Args:
        plan: For the target `aws-network-firewall`.
        networks: Ranges by role, as `checked_networks` returns them; None where they are not known yet.
        capacity: Units of the group, fixed when it is created; None: what is needed now and a quarter more.
        domain_list: Use the API's own form for names, which has no ports.

    Raises:
        UserError: the deployment names an unknown quota of AWS, no group can have the capacity, or the rules cannot be
            a domain list.
    """
    QUOTAS.check(plan.deployment.quotas)
    if capacity is not None and not 1 <= capacity <= RULE_GROUP_CAPACITY:
        raise UserError(f"capacity is {capacity}, which no rule group can have: give 1 to {RULE_GROUP_CAPACITY}.")
    roles = sorted({rule.role for rule in plan.rules})
    home = {"HOME_NET": _ip_set(roles, networks)}
    findings = list(_unmatched(plan, networks or {}))
    group = RuleGroup(type="STATEFUL", description=GROUP_DESCRIPTION, capacity=0, rule_order=RULE_ORDER, ip_sets=home)
    if domain_list:
        listed = domain_list_of(plan)
        group["domain_list"] = listed
        types = len(listed["target_types"])
        needed = len(listed["targets"]) * types + types + 1  # one more than the guide says, as AWS was seen to count
        findings += list_findings(listed)
    else:
        group["ip_sets"] = {**home, **{variable(role): _ip_set([role], networks) for role in roles}}
        group["rules"] = _rules(plan)
        needed = len(group["rules"])
        findings += _claimed(plan)
        findings += _either(plan)
        findings += _lengths(group)
    if needed:
        text = "aws:drop_established lets a connection to any address and port begin, and drops it when it is judged."
        findings.append(finding("handshake-passes", WHERE, text))
    findings += _capacity(needed, capacity)
    group["capacity"] = capacity or _with_headroom(needed)
    return AwsEgressRendering(group, needed, settle(plan.deployment, findings))


def _ip_set(roles: list[str], networks: Mapping[str, Sequence[str]] | None) -> IpSet:
    if networks is None:
        return IpSet(roles=roles)
    ranges = [cidr for role in roles for cidr in networks[role]]
    return IpSet(roles=roles, definition=list(AddressSet.from_cidrs(ranges).cidrs()))


def _rules(plan: Plan) -> list[str]:
    """Return the rules in Suricata's language. What several lines of the page need is one rule with all their flows."""
    flows: dict[tuple[str, Signature], set[str]] = defaultdict(set)
    for rule in plan.rules:
        for signature in _signatures(plan, rule):
            flows[rule.role, signature].update(rule.flows)
    numbers = numbered(signature for _, signature in flows)
    return sorted(
        signature.text(numbers[signature], message(role, found)) for (role, signature), found in flows.items()
    )


def _signatures(plan: Plan, rule: Rule) -> Iterator[Signature]:
    if rule.peer.kind is EndpointKind.LIST:
        for part in divided(plan.lists[rule.peer.value], ADDRESSES_PER_SIGNATURE):
            yield by_address(rule.role, rule.protocol, rule.ports, part.cidrs)
        return
    found = plan.name_lists[rule.peer.value]
    for port, protocol in _spoken(rule):
        for name in found.exact:
            yield by_name(rule.role, protocol, port, name)
        for apex in found.wildcards:
            yield by_name(rule.role, protocol, port, apex, below=True)


def _spoken(rule: Rule) -> Iterator[tuple[int, str]]:
    """Yield the ports of a rule by name with what may be spoken there."""
    for port in range(rule.ports.first, rule.ports.last + 1):
        for protocol in WEB.get(port, EITHER):
            yield port, protocol


def _with_headroom(needed: int) -> int:
    given, used = HEADROOM
    return min(max(-(-needed * given // (used * STEP)) * STEP, STEP), RULE_GROUP_CAPACITY)


def _capacity(needed: int, capacity: int | None) -> Iterator[Finding]:
    if needed > RULE_GROUP_CAPACITY:
        text = f"the rule group needs {needed} units, over the {RULE_GROUP_CAPACITY} that AWS lets a group have."
        remedy = "Make a group for each role, with deployments of one role each."
        yield finding("limit", WHERE, text, remedy=remedy)
    elif capacity is not None and needed > capacity:
        text = f"the rule group needs {needed} units, over the capacity of {capacity} that is fixed when it is created."
        remedy = "Give a larger capacity, or leave it out: a new group takes the place of the old one."
        yield finding("limit", WHERE, text, remedy=remedy)


def _lengths(group: RuleGroup) -> Iterator[Finding]:
    """Yield a finding for each rule, and for all of them, that is longer than AWS takes."""
    ip_sets = {name: found.get("definition", []) for name, found in group["ip_sets"].items()}
    for rule in group["rules"]:
        length = expanded_length(rule, ip_sets)
        if length > SIGNATURE_LENGTH:
            text = f"a rule with the networks of its role is {length} characters, over AWS's {SIGNATURE_LENGTH}: "
            text += f"{rule[:60]}…"
            remedy = "Cover the networks of the role with fewer, wider ranges that are yours."
            yield finding("limit", WHERE, text, remedy=remedy)
    total = sum(len(rule.encode()) + 1 for rule in group["rules"])
    if total > SIGNATURES_LENGTH:
        text = f"the rules are {total} bytes, over the {SIGNATURES_LENGTH} that AWS takes in one group."
        yield finding("limit", WHERE, text, remedy="Make a group for each role, with deployments of one role each.")


def _claimed(plan: Plan) -> Iterator[Finding]:
    """Yield the finding that names are those that the client sends, with the patterns."""
    used = (plan.name_lists[rule.peer.value] for rule in plan.rules if rule.peer.kind is EndpointKind.NAMES)
    patterns = NameList.joined(used).patterns
    if patterns:
        text = (
            "Network Firewall reads the name that the client sends first in a connection (TLS server name, HTTP Host) "
            f"and does not prove who answers: {', '.join(patterns)}."
        )
        yield finding("name-claimed", WHERE, text)


def _either(plan: Plan) -> Iterator[Finding]:
    """Yield a finding for each flow by name on a port where the page does not say what is spoken."""
    ports: dict[str, set[int]] = defaultdict(set)
    for rule in plan.rules:
        for port, _ in _spoken(rule) if rule.peer.kind is EndpointKind.NAMES else ():
            for flow in rule.flows if port not in WEB_PORTS else ():
                ports[flow].add(port)
    for flow, found in sorted(ports.items()):
        listed = ", ".join(map(str, sorted(found)))
        text = f"{flow}: TLS and HTTP are both allowed on port {listed}, where either may be spoken."
        yield finding("tls-or-http", flow, text)


def _unmatched(plan: Plan, networks: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Yield what a role loses that has no networks of a family: an error for a flow that has no other family."""
    for role in sorted(networks):
        families = AddressSet.from_cidrs(networks[role]).families
        unmatched: dict[int, set[str]] = defaultdict(set)
        served: set[str] = set()
        for rule in plan.rules:
            found = plan.lists.get(rule.peer.value)  # None: a rule by name is for both families
            if rule.role == role and found and found.family not in families:
                unmatched[found.family].update(rule.flows)
            elif rule.role == role:
                served.update(rule.flows)
        for family, flows in sorted(unmatched.items()):
            why = f"role_cidrs['{role}'] has no IPv{family} network"
            for flow in sorted(flows - served):
                text = f"{flow}: goes to IPv{family} addresses alone, and {why}."
                yield finding("family-without-networks", flow, text, severity=Severity.ERROR)
            if flows & served:
                text = f"{role}: {why}, so its rules to IPv{family} addresses match nothing."
                yield finding("family-without-networks", role, text)
