"""A rule group as a domain list: the API's own form for names, which people read in the console.

Owns what such a list can be, and what it admits beyond the page: it has no ports, and is for all its machines alike.
"""

from collections.abc import Iterator, Mapping

from ws_network.aws.egress.model import DomainList
from ws_network.endpoints import NameList
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.grammar import EndpointKind
from ws_network.plan import Plan

SHOWN = 5
"""Rules that a sentence lists."""

TYPES = {"TLS_SNI": "TLS", "HTTP_HOST": "HTTP"}
"""Where a name is looked for, and what that is called."""


def domain_list_of(plan: Plan) -> DomainList:
    """Return the names of a plan as a domain list.

    Raises:
        UserError: a rule is no name, or the roles may not reach the same names.
    """
    others = [rule.id for rule in plan.rules if rule.peer.kind is not EndpointKind.NAMES]
    if others:
        more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
        raise UserError(
            f"domain_list holds host names only, and {', '.join(others[:SHOWN])}{more} "
            f"{'is' if len(others) == 1 else 'are'} by address: leave domain_list out."
        )
    targets = _targets_by_role(plan)
    roles = sorted(targets)
    for role in roles[1:]:
        if targets[role] != targets[roles[0]]:
            raise UserError(
                f"domain_list is one list for all machines, and {roles[0]} and {role} may not reach the same names: "
                "leave domain_list out, or make a component for each with a deployment of that role alone."
            )
    ports = {rule.ports.text for rule in plan.rules}
    types = [kind for kind, only_other in (("HTTP_HOST", {"443"}), ("TLS_SNI", {"80"})) if ports - only_other]
    listed = sorted(targets[roles[0]]) if roles else []
    return DomainList(generated_rules_type="ALLOWLIST", target_types=types, targets=listed)


def _targets_by_role(plan: Plan) -> Mapping[str, set[str]]:
    """Return the names of each role as a list has them: a dot before one that is admitted with every name under it."""
    found: dict[str, list[NameList]] = {}
    for rule in plan.rules:
        found.setdefault(rule.role, []).append(plan.name_lists[rule.peer.value])
    out: dict[str, set[str]] = {}
    for role, lists in found.items():
        names = NameList.joined(lists)
        out[role] = {*names.exact, *(f".{apex}" for apex in names.wildcards)}
    return out


def list_findings(listed: DomainList) -> Iterator[Finding]:
    """Yield what the list admits beyond the page, and what it refuses beside it."""
    where = "domain_list"
    spoken = " and ".join(TYPES[kind] for kind in listed["target_types"])
    text = f"the domain list admits, in {spoken} on every port: {', '.join(listed['targets'])}."
    yield finding("name-on-every-port", where, text)
    text = (
        "Network Firewall reads the name that the client sends (TLS server name, HTTP Host) and does not prove who "
        f"answers: {', '.join(listed['targets'])}."
    )
    yield finding("name-claimed", where, text)
    text = f"the domain list drops all other {spoken} of its machines, also what a later rule group would pass."
    yield finding("domain-list-denies", where, text)
