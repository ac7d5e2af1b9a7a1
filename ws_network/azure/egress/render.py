"""From a plan to the rules of a firewall policy: names that are read to application rules, the rest to network rules.

Owns which rule a permission becomes, what a rule is called, and which addresses are an IP group. The layout `minimal`
means nothing here: a policy has no limit that it would help with, and joined lines would lose their wildcards.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ws_network.addresses import AddressSet
from ws_network.azure.egress.checks import admitted_by_azure, check_limits, claimed
from ws_network.azure.egress.model import (
    APPLICATION,
    NETWORK,
    RULE_TYPES,
    ApplicationProtocol,
    AzureEgressRendering,
    FirewallRule,
    RuleCollection,
)
from ws_network.azure.limits import (
    ADDRESSES_PER_IP_GROUP,
    APPLICATION_PRIORITY,
    INLINE_ADDRESSES,
    LAST_APPLICATION_PORT,
    NETWORK_PRIORITY,
    QUOTAS,
)
from ws_network.azure.render import describe, rule_name
from ws_network.catalogue import Transport
from ws_network.compose import ComposedRule, Facet, compose
from ws_network.endpoints import AddressList, NameList, Origin
from ws_network.findings import Finding, Severity, finding
from ws_network.lists import divided
from ws_network.plan import Plan, settle

PROTOCOLS: Mapping[Transport, str] = {Transport.TCP: "TCP", Transport.UDP: "UDP", Transport.ICMP: "ICMP"}

WEB: Mapping[int, tuple[str, ...]] = {80: ("Http",), 443: ("Https",)}
"""What is spoken on a port (RFC 9110)."""

EITHER = ("Http", "Https")
"""On any other port of a web flow: the page does not say which."""

PRIORITIES = {NETWORK: NETWORK_PRIORITY, APPLICATION: APPLICATION_PRIORITY}


def render(
    plan: Plan, *, sources: Mapping[str, Sequence[str]] | None = None, dns_proxy: bool = True
) -> AzureEgressRendering:
    """Return the rules of a plan, and what Azure Firewall says to them.

    The result depends on the content of the plan alone: one address more changes one IP group or one rule, one name
    more one rule, and neither names nor descriptions.

    Args:
        plan: For the target `azure-firewall`.
        sources: IPv4 ranges by role, as `checked_sources` returns them; a role that is not here is named in its rules
            by `source_role`.
        dns_proxy: Whether the DNS proxy of the policy is on.

    Raises:
        UserError: the deployment names an unknown quota of Azure.
    """
    QUOTAS.check(plan.deployment.quotas)
    maker = _Maker(plan, sources or {}, dns_proxy)
    for rule in compose(plan):
        maker.add(rule)
    collections = {
        kind: RuleCollection(priority=PRIORITIES[kind], rules=dict(sorted(maker.rules[kind].items())))
        for kind in (NETWORK, APPLICATION)
        if maker.rules[kind]
    }
    rendering = AzureEgressRendering(collections, dict(sorted(maker.ip_groups.items())), ())
    findings = [*maker.findings, admitted_by_azure(), *claimed(rendering)]
    findings += check_limits(rendering, plan.deployment.quotas)
    return AzureEgressRendering(collections, rendering.ip_groups, settle(plan.deployment, findings))


@dataclass
class _Maker:
    """Collects rules, the IP groups that they name, and findings."""

    plan: Plan
    sources: Mapping[str, Sequence[str]]
    dns_proxy: bool
    rules: dict[str, dict[str, FirewallRule]] = field(default_factory=lambda: defaultdict(dict))
    ip_groups: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look up what every rule asks for."""
        self.flows = {flow.id: flow for flow in self.plan.flows}
        reached = [rule for rule in self.plan.rules if rule.peer.value not in self.plan.name_lists]
        self.by_address = {
            (rule.role, flow)
            for rule in reached
            for flow in rule.flows
            if rule.peer.value not in self.plan.lists or self.plan.lists[rule.peer.value].family == 4
        }

    def add(self, rule: ComposedRule) -> None:
        """Add what a composed rule becomes."""
        match rule.facet:
            case Facet.NAMES:
                self._names(rule)
            case Facet.IPV4:
                self._addresses(rule)
            case Facet.IPV6:
                self._ipv6(rule)
            case _:  # a service tag: the grammar has no other
                self._network(rule, destination_addresses=[rule.ends[0].value])

    def _names(self, rule: ComposedRule) -> None:
        """Names that are read in the connection are an application rule, those that DNS follows a network rule."""
        found = [self.plan.name_lists[end.value] for end in rule.ends]
        read, followed = [each for each in found if each.filtered], [each for each in found if not each.filtered]
        if read:
            self._application(rule, read)
        if followed:
            fqdns = sorted({fqdn for each in followed for fqdn in each.fqdns})
            self._network(rule, destination_fqdns=fqdns)
            if not self.dns_proxy:
                text = f"is reached by the name {' or '.join(fqdns)}, and the policy has no DNS proxy."
                self._tell("dns-proxy-off", rule.flows, text)

    def _application(self, rule: ComposedRule, found: Iterable[NameList]) -> None:
        ports = [port for each in rule.services for port in range(each.ports.first, each.ports.last + 1)]
        beyond = [str(port) for port in ports if port > LAST_APPLICATION_PORT]
        if beyond:
            text = f"an application rule of Azure Firewall goes to port {LAST_APPLICATION_PORT}, not {beyond[0]}."
            remedy = "Give another form for the destination under names, such as azure-firewall: [fqdn]."
            self._tell("limit", rule.flows, text, remedy=remedy)
        protocols = [
            ApplicationProtocol(protocol_type=kind, port=port)
            for port in ports
            if port <= LAST_APPLICATION_PORT
            for kind in WEB.get(port, EITHER)
        ]
        either = [str(port) for port in ports if port not in WEB and port <= LAST_APPLICATION_PORT]
        if either:
            text = f"TLS and HTTP are both allowed on port {', '.join(either)}, where either may be spoken."
            self._tell("tls-or-http", rule.flows, text)
        if protocols:
            made = FirewallRule(**self._base(rule), target_fqdns=_targets(found), protocols=protocols)
            self._put(APPLICATION, rule, "", made)

    def _addresses(self, rule: ComposedRule) -> None:
        """Lists that are long, or that DNS changes, are IP groups: then one address more changes no rule."""
        inline: list[str] = []
        groups: list[str] = []
        for end in rule.ends:
            ranges, named = self._held(self.plan.lists[end.value], rule.flows)
            inline += ranges
            groups += named
        if inline:
            self._network(rule, destination_addresses=list(AddressSet.from_cidrs(inline).cidrs()))
        if groups:
            self._network(rule, "groups", destination_ip_groups=sorted(groups))

    def _ipv6(self, rule: ComposedRule) -> None:
        for flow in rule.flows:
            also = (rule.role, flow) in self.by_address
            cidrs = [cidr for end in rule.ends for cidr in self.plan.lists[end.value].cidrs]
            more = f" and {len(cidrs) - 3} more" if len(cidrs) > 3 else ""
            text = f"{flow}: Azure Firewall takes IPv4 only, so no rule reaches {', '.join(cidrs[:3])}{more}."
            severity = Severity.LOW if also else Severity.ERROR
            self.findings.append(finding("ipv6-unsayable", flow, text, severity=severity))

    def _held(self, found: AddressList, flows: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return a list's ranges, or in their place the names of the IP groups that hold them."""
        ranges = AddressSet.from_cidrs(found.cidrs).cidrs()
        if found.origin is not Origin.SNAPSHOT and len(ranges) <= INLINE_ADDRESSES:
            return list(ranges), []
        parts = divided(AddressList(found.name, 4, ranges, found.origin), ADDRESSES_PER_IP_GROUP)
        if len(parts) > 1:
            text = (
                f"{found.name} has {len(ranges)} ranges, more than {ADDRESSES_PER_IP_GROUP}: it is {len(parts)} groups."
            )
            self.findings.append(finding("list-split", min(flows), text))
        self.ip_groups |= {part.name: list(part.cidrs) for part in parts}
        return [], [part.name for part in parts]

    def _network(
        self,
        rule: ComposedRule,
        form: str = "",
        *,
        destination_addresses: list[str] | None = None,
        destination_ip_groups: list[str] | None = None,
        destination_fqdns: list[str] | None = None,
    ) -> None:
        icmp = rule.services[0].protocol is Transport.ICMP
        ports = ["*"] if icmp else [service.ports.text for service in rule.services]
        made = FirewallRule(
            **self._base(rule), ip_protocols=[PROTOCOLS[rule.services[0].protocol]], destination_ports=ports
        )
        if destination_addresses is not None:
            made["destination_addresses"] = destination_addresses
        if destination_ip_groups is not None:
            made["destination_ip_groups"] = destination_ip_groups
        if destination_fqdns is not None:
            made["destination_fqdns"] = destination_fqdns
        self._put(NETWORK, rule, form, made)

    def _base(self, rule: ComposedRule) -> FirewallRule:
        description, shortened = describe(rule, self.flows)
        self.findings += shortened
        base = FirewallRule(name="", description=description, rule_type="")
        if rule.role not in self.sources:
            base["source_role"] = rule.role
            return base
        networks = AddressList(f"role-{rule.role}", 4, tuple(self.sources[rule.role]), Origin.SITE)
        ranges, groups = self._held(networks, [rule.role])
        base.update({"source_addresses": ranges} if ranges else {"source_ip_groups": groups})
        return base

    def _put(self, kind: str, rule: ComposedRule, form: str, made: FirewallRule) -> None:
        name = rule_name("-".join(word for word in (rule.name, form) if word))
        self.rules[kind][name] = made | {"name": name, "rule_type": RULE_TYPES[kind]}

    def _tell(self, code: str, flows: Iterable[str], text: str, *, remedy: str = "") -> None:
        self.findings += [finding(code, flow, f"{flow}: {text}", remedy=remedy) for flow in flows]


def _targets(found: Iterable[NameList]) -> list[str]:
    """Return the names as an application rule has them.

    The page's wildcard is the name and `*.` before it: `*` right before it would admit look-alikes such as
    `xworkload.example.com`.
    """
    return sorted(NameList.joined(found).patterns)
