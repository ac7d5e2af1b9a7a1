"""From a plan to a Secure Web Proxy's words: URL lists and the rules of a gateway security policy, as plain dicts.

Owns what a URL list holds, which rule a permission is in, its priority, and the check of the proxy's limits. Does not
own resources (`ws_network.gcp.components`), nor ids: a rule names a list and a role by key. The policy denies what no
rule allows, so no rule denies.

A rule is for one role and one line of the page. Its priority, from the first of the band on, is frozen:

    role's number * 128 + slot of the line        the rules of lines that have a slot
    4096 * 128 + hash of the rule's name          those of extra flows without one

All rules allow, so their order has no meaning; a number of its own is what GCP asks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from ws_network.catalogue import Catalogue
from ws_network.compose import ComposedRule, compose
from ws_network.endpoints import NameList
from ws_network.findings import Finding, finding
from ws_network.gcp.egress.matchers import SOURCES, operators
from ws_network.gcp.limits import (
    ENTRIES_PER_URL_LIST,
    MATCHER_OPERATORS,
    QUOTAS,
    RULES_PER_PROXY_POLICY,
)
from ws_network.gcp.priorities import SLOTS
from ws_network.gcp.render import Targets, by_slot, describe, resource_name
from ws_network.identity import number_of
from ws_network.plan import Plan, settle
from ws_network.priorities import ROLES, Band, clashes, role_number, same_numbers

WHERE = "web proxy"
"""What findings are about that are of no single rule."""

LISTS = "gcp-url-lists-per-region"
"""The quota of URL lists."""

WITHOUT_SLOT = 1 << 16
"""How many priorities rules share whose line has no slot."""

SIZE = ROLES * SLOTS + WITHOUT_SLOT
"""How many priorities the band needs."""

FIRST_PRIORITY = 1000
"""First of the band, unless told otherwise. Those before it are free for rules that must come first."""

LAST_PRIORITY = (1 << 31) - 1
"""Largest priority of a rule (network security API, GatewaySecurityPolicyRule: int32)."""


class UrlList(TypedDict):
    """Properties of a URL list."""

    values: list[str]


class ProxyRule(TypedDict):
    """Properties of a rule of a gateway security policy; its session matcher is made of the last three."""

    role: str
    description: str
    priority: int
    enabled: bool
    basic_profile: str
    source: Targets
    """The machines that the rule is for."""
    ports: list[int]
    url_lists: list[str]
    """Keys of the lists."""
    resource: NotRequired[str]
    """Name of its resource, where that is by the slot of an extra flow: another flow there is an update."""


@dataclass(frozen=True)
class WebProxyRendering:
    """A plan in a Secure Web Proxy's words."""

    url_lists: dict[str, UrlList]
    """By the name of the list."""
    rules: dict[str, ProxyRule]
    """By name."""
    findings: tuple[Finding, ...]
    """Of the proxy only, worst first; those of the plan are the plan's."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "url_lists": self.url_lists,
            "rules": self.rules,
            "findings": [entry.to_dict() for entry in self.findings],
        }


def proxy_band(first: int | None) -> Band:
    """Return the priorities that the rules may take, from the first on.

    Raises:
        UserError: they do not lie inside those that GCP takes.
    """
    begin = FIRST_PRIORITY if first is None else first
    return Band(begin, begin + SIZE - 1).within(0, LAST_PRIORITY, "the band of the web proxy's priorities")


def render(plan: Plan, *, band: Band | None = None) -> WebProxyRendering:
    """Return the URL lists and rules of a plan, and what the proxy says to them.

    The result depends on the content of the plan alone. One host more changes one list. The layout has no meaning here:
    a rule is a line of the page, as there is no quota that fewer rules would help.

    Args:
        plan: For `gcp-secure-web-proxy`.
        band: Priorities that the rules may take.

    Raises:
        UserError: the deployment names an unknown quota of GCP.
    """
    QUOTAS.check(plan.deployment.quotas)
    band = band or proxy_band(None)
    rows = {flow.id: flow.row for flow in plan.flows}
    found = [rule for rule in compose(plan) if plan.machines.get(rule.role) in SOURCES]
    findings = list(_without_source(plan))
    rules: dict[str, ProxyRule] = {}
    for rule in found:
        name = resource_name(rule.name)
        described, shortened = describe(rule, name, rows)
        findings += shortened
        rules[name] = ProxyRule(
            role=rule.role,
            description=described,
            priority=band.first + _number(rule, plan.catalogue),
            enabled=True,
            basic_profile="ALLOW",
            source=Targets(mark=str(plan.machines[rule.role]), role=rule.role),
            ports=sorted({service.ports.first for service in rule.services}),
            url_lists=sorted(end.value for end in rule.ends),
        )
        if lasting := by_slot(rule, plan.catalogue):
            rules[name]["resource"] = lasting
    rules = dict(sorted(rules.items()))
    used = {name for rule in rules.values() for name in rule["url_lists"]}
    lists = {name: UrlList(values=entries(plan.name_lists[name])) for name in sorted(used)}
    findings += _limits(lists, rules, plan)
    findings += same_numbers(plan.roles, plan.catalogue)
    findings += clashes({name: rule["priority"] for name, rule in rules.items()}, [band], "the gateway security policy")
    if rules:
        text = (
            f"{plan.target} takes a host from the request, from CONNECT, or as the next hop from the TLS handshake, "
            "and connects to that host itself; what is asked of it inside TLS it does not read."
        )
        findings.append(finding("name-claimed", WHERE, text, remedy=INSIDE_TLS))
    return WebProxyRendering(lists, rules, settle(plan.deployment, findings))


INSIDE_TLS = "Nothing, where the hosts are the vendor's; inspection of TLS breaks those that authenticate both sides."


def entries(found: NameList) -> list[str]:
    """Return a list of names as the entries of a URL list.

    A wildcard is two entries, the name itself and `*.` before it for the names under it. GCP documents `*name` too, for
    both at once and only at a dot; two entries say the same, and admit no look-alike in whichever way `*` is read.
    """
    return sorted(found.patterns)


def _number(rule: ComposedRule, catalogue: Catalogue) -> int:
    """Return the priority of a rule, counted from the first of the band."""
    if rule.slot is None:
        return ROLES * SLOTS + number_of(rule.name, WITHOUT_SLOT)
    return role_number(rule.role, catalogue) * SLOTS + rule.slot


def _without_source(plan: Plan) -> Iterator[Finding]:
    """Yield a finding for each role whose machines the proxy cannot tell from others: a rule would be for everyone."""
    for role in sorted({rule.role for rule in plan.rules}):
        mark = plan.machines.get(role)
        if mark not in SOURCES:
            how = f"is found by a {mark}, which {plan.target} does not see" if mark else "has no machines"
            text = f"role {role} {how}, so it has no rule there."
            remedy = f"Give it one of {', '.join(sorted(SOURCES))} under machines."
            yield finding("role-without-machines", role, text, remedy=remedy)


def _limits(lists: Mapping[str, UrlList], rules: Mapping[str, ProxyRule], plan: Plan) -> Iterator[Finding]:
    """Yield a finding for each limit that the rendering is over."""
    machines = plan.deployment.machines
    for name, rule in rules.items():
        marks = len(machines[rule["role"]].marks) or 1 if rule["role"] in machines else 1
        count = operators(marks, len(rule["ports"]), len(rule["url_lists"]))
        if count > MATCHER_OPERATORS:
            text = f"the matcher of {name} would have {count} operators, and a rule of GCP takes {MATCHER_OPERATORS}."
            remedy = "Give the machines one mark in common, or an extra flow fewer ports."
            yield finding("limit", name, text, remedy=remedy)
    for name, found in lists.items():
        count = len(found["values"])
        if count > ENTRIES_PER_URL_LIST:
            text = f"{name} would have {count} entries, and a URL list of GCP takes {ENTRIES_PER_URL_LIST}."
            yield finding("limit", name, text, remedy="Give fewer host names.")
    most = QUOTAS.value(LISTS, plan.deployment.quotas)
    if len(lists) > most:
        text = f"the web proxy needs {len(lists)} URL lists, over the {most} of GCP's quota '{QUOTAS[LISTS].title}'."
        remedy = f"Raise the quota and say so under quotas: {{{LISTS}: ...}}."
        yield finding("limit", WHERE, text, remedy=remedy)
    if len(rules) > RULES_PER_PROXY_POLICY:
        text = f"the web proxy needs {len(rules)} rules, and a policy of GCP takes {RULES_PER_PROXY_POLICY}."
        yield finding("limit", WHERE, text, remedy="Divide the site into several with a policy each.")
