"""What a stateful rule group of Network Firewall may hold, and what it costs.

Owns the checks of one `RuleGroup` of the API. Words of refusals are those that public reports quote. What is not
emulated is refused: stateless rules, and targets by resolved domain.

Looser than AWS: addresses in sets may have host bits, ports in sets are not looked at, and prefix lists that are
referred to must exist but may be deleted while they are.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from sandbox.aws import suricata
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.aws.session import Params, Session

DEFAULT_ORDER, STRICT_ORDER = "DEFAULT_ACTION_ORDER", "STRICT_ORDER"
#: Units a group may have, references to prefix lists in a group: quotas that AWS does not raise.
MAX_CAPACITY = 30_000
REFERENCES = 5
SOURCES = ("RulesString", "RulesSourceList", "StatefulRules")
#: An exact name, or one with a leading dot for it and all below.
TARGET = re.compile(r"\.?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*")


def refused(problem: str, value: object = None, context: str = "") -> CloudError:
    """Return the refusal of a request: what is wrong, the value and where it stands."""
    shown = "" if value is None else f", parameter: [{value}]"
    return CloudError("InvalidRequestException", problem + shown + (f", context: {context}" if context else ""))


def order_of(group: Params) -> str:
    """Return the rule order of a `RuleGroup`."""
    return str(group.get("StatefulRuleOptions", {}).get("RuleOrder", DEFAULT_ORDER))


def check(session: Session, group: Params, capacity: int) -> int:
    """Return the units a `RuleGroup` uses.

    Raises:
        CloudError: it is wrong, or uses more than `capacity`.
    """
    source = group["RulesSource"]
    if "StatelessRulesAndCustomActions" in source:
        raise refused("StatelessRulesAndCustomActions is invalid")
    if len([name for name in SOURCES if name in source]) != 1:
        raise refused(f"{', '.join(SOURCES)} must set exactly one of them", context="RulesSource")
    variables = _variables(group)
    references = _references(session, group)
    if "RulesSourceList" in source:
        used = _list(source["RulesSourceList"])
    else:
        texts = suricata.lines(source["RulesString"]) if "RulesString" in source else _as_text(source["StatefulRules"])
        used = _rules(texts, variables, references, strict=order_of(group) == STRICT_ORDER)
    if not used:
        name = next(name for name in SOURCES if name in source)
        raise refused(f"{name} cannot be null or empty", context="RulesSource")
    if used > capacity:
        raise refused("StatefulRules capacity exceeded", used, "RulesSource.StatefulRules")
    return used


def _variables(group: Params) -> set[str]:
    """Return the names of the variables that the group defines."""
    found = group.get("RuleVariables", {})
    for kind in ("IPSets", "PortSets"):
        for name, item in found.get(kind, {}).items():
            place = f"RuleVariables.{kind}.{name}"
            if not item.get("Definition"):
                raise refused(f"{name} cannot be null or empty", context=place)
            if kind == "IPSets":
                check_addresses(item["Definition"], place)
    return {name for kind in ("IPSets", "PortSets") for name in found.get(kind, {})}


def check_addresses(values: Iterable[str], place: str) -> None:
    """Check the definition of an IP set.

    Raises:
        CloudError: a value is no address and no range.
    """
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise refused("Definition is invalid", value, place) from None


def _references(session: Session, group: Params) -> set[str]:
    """Return the names of the prefix lists that the group refers to."""
    found = group.get("ReferenceSets", {}).get("IPSetReferences", {})
    if len(found) > REFERENCES:
        raise refused("IPSetReferences limit exceeded", len(found), "ReferenceSets")
    arns = [item.get("ReferenceArn", "") for item in found.values()]
    if len(set(arns)) != len(arns):
        raise refused("IPSetReferences is invalid", context="ReferenceSets")
    for name, arn in zip(found, arns, strict=True):
        key = arn.rsplit("/", 1)[-1]
        known = session.state.get(session.kind("prefix-list"), key)
        if known is None or arn != session.arn("prefix-list", key):
            raise refused("ReferenceArn does not exist", arn, f"ReferenceSets.IPSetReferences.{name}")
    return set(found)


def _list(source: Params) -> int:
    """Return the units of a domain list: one for each target and type, one for each type, and one more.

    Reports of 2021 count without the last one; with it, what fits here fits there.
    """
    place = "RulesSource.RulesSourceList"
    for name in ("Targets", "TargetTypes"):
        if not source[name]:
            raise refused(f"{name} cannot be null or empty", context=f"{place}.{name}")
    if unknown := sorted(set(source["TargetTypes"]) - {"TLS_SNI", "HTTP_HOST"}):
        raise refused("TargetTypes is not emulated here", unknown[0], f"{place}.TargetTypes")
    seen: set[str] = set()
    for index, target in enumerate(source["Targets"]):
        where = f"{place}.Targets[{index}]"
        if not TARGET.fullmatch(target) or len(target) > 255:
            raise refused("Targets has invalid format", target, where)
        # The form with a dot is the name itself too, so both together are a duplicate. Case matters to AWS here.
        if (plain := target.removeprefix(".")) in seen:
            raise refused("Targets has duplicate values", plain, where)
        seen.add(plain)
    types = len(source["TargetTypes"])
    return len(source["Targets"]) * types + types + 1


def _as_text(rules: list[Params]) -> list[str]:
    """Return rules of the API's own form in Suricata's language."""
    return [_text(rule) for rule in rules]


def _text(rule: Params) -> str:
    head = rule["Header"]
    direction = "->" if head["Direction"] == "FORWARD" else "<>"
    options = [
        f"{option['Keyword']}:{','.join(option['Settings'])}" if option.get("Settings") else option["Keyword"]
        for option in rule["RuleOptions"]
    ]
    source, destination = f"{head['Source']} {head['SourcePort']}", f"{head['Destination']} {head['DestinationPort']}"
    # The API's own form writes ANY where Suricata has any.
    ends = f"{source} {direction} {destination}".replace("ANY", "any")
    written = " ".join(f"{option};" for option in options)
    return f"{rule['Action'].lower()} {head['Protocol'].lower()} {ends} ({written})"


def _rules(texts: list[str], variables: set[str], references: set[str], *, strict: bool) -> int:
    """Return the units of rules, one each."""
    seen: set[int] = set()
    for text in texts:
        rule = suricata.read(text)
        if rule.sid in seen:
            raise suricata.invalid(text, f"Duplicate signature: sid {rule.sid}")
        seen.add(rule.sid)
        if strict and rule.options & {"priority", "classtype"}:
            raise refused(
                "RulesString has invalid keywords. Rule groups that use strict order can't have rules that contain "
                "the keywords `priority` or `classtype`"
            )
        for name in sorted(rule.variables - variables - suricata.BUILT_IN):
            raise refused(f"{name} cannot be null or empty", context=f"RuleVariables.IPSets.{name}")
        for name in sorted(rule.references - references):
            raise refused(f"{name} cannot be null or empty", context=f"ReferenceSets.IPSetReferences.{name}")
    return len(texts)
