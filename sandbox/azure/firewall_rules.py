"""Rules of Azure Firewall as its policies check them: one rule, one collection, one group.

Owns what can be told from a rule collection group alone. `firewall_policies` knows the policy around it and what
exists; `firewall_limits` counts. Codes that users have reported are Azure's; the others are marked as ours. The REST
reference and Azure's pages on Firewall policy rule sets and FQDN filtering tell what is allowed.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.errors import bad
from sandbox.azure.rules import check_name
from sandbox.azure.service_tags import is_service_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Of groups and of collections. Two of a kind may share one: no page refuses it, and Azure says only that the order
#: between them is then not to be relied upon.
MIN_PRIORITY, MAX_PRIORITY = 100, 65000
#: Ports of a network rule, and the highest one of an application rule by the REST reference.
MAX_PORT, MAX_APPLICATION_PORT = 65535, 64000
#: The ports of an application protocol that names none.
PORTS = {"Http": 80, "Https": 443, "Mssql": 1433}
MAX_NAME = 253
#: What Azure shows of a rule although nobody gave it.
SHOWN: dict[str, dict[str, Any]] = {
    "ApplicationRule": {
        "sourceAddresses": [],
        "sourceIpGroups": [],
        "destinationAddresses": [],
        "targetFqdns": [],
        "targetUrls": [],
        "fqdnTags": [],
        "webCategories": [],
        "httpHeadersToInsert": [],
        "terminateTLS": False,
    },
    "NetworkRule": {
        "sourceAddresses": [],
        "sourceIpGroups": [],
        "destinationAddresses": [],
        "destinationIpGroups": [],
        "destinationFqdns": [],
    },
}
#: Where an application rule may go; the tags stand for names and protocols by themselves.
TARGETS = ("targetFqdns", "fqdnTags", "targetUrls", "webCategories")
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PORT_RANGE = re.compile(r"(?P<low>\d{1,5})(-(?P<high>\d{1,5}))?")

Body = dict[str, Any]


def rules_of(collections: Iterable[Body], kind: str) -> Iterator[Body]:
    """Yield the rules of a type in rule collections, in their order."""
    for collection in collections:
        for rule in collection.get("rules") or []:
            if rule["ruleType"] == kind:
                yield rule


def check_priority(what: str, priority: int | None) -> None:
    """Check the priority of a group or a collection; the code is ours.

    Raises:
        ArmError: there is none, or it is out of range.
    """
    if priority is None or not MIN_PRIORITY <= priority <= MAX_PRIORITY:
        raise bad(
            "FirewallPolicyInvalidPriority",
            f"{what} has invalid priority {priority}. Allowed range {MIN_PRIORITY}-{MAX_PRIORITY}.",
        )


def check_collections(group: str, collections: list[Body]) -> None:
    """Check the collections of the group with an id, and complete them as Azure shows them.

    A name is there once in its group, and a rule's once in its collection; another group may have the same.

    Raises:
        ArmError: Azure would refuse one of them in any policy.
    """
    _check_names(f"Rule collection group {group}", collections)
    for collection in collections:
        what = f"Rule collection {collection['name']}"
        if collection["ruleCollectionType"] != "FirewallPolicyFilterRuleCollection":
            raise bad("NotEmulated", f"{what}: there is no DNAT here; use the real provider for it.")
        check_priority(what, collection.get("priority"))
        if not (collection.get("action") or {}).get("type"):
            raise bad("FirewallPolicyRuleCollectionActionMissing", f"{what} has no action.")  # the code is ours
        rules = collection.setdefault("rules", [])
        _check_names(what, rules)
        kinds = sorted({rule["ruleType"] for rule in rules})
        if len(kinds) > 1 or not set(kinds) <= SHOWN.keys():
            raise bad(  # the code is ours
                "FirewallPolicyRuleTypeMismatch",
                f"{what} has rules of the types {', '.join(kinds)}. All rules of a filter rule collection are "
                "application rules, or all are network rules.",
            )
        for rule in rules:
            for name, value in SHOWN[rule["ruleType"]].items():
                rule.setdefault(name, list(value) if isinstance(value, list) else value)
            (check_application_rule if rule["ruleType"] == "ApplicationRule" else check_network_rule)(rule)


def _check_names(owner: str, items: list[Body]) -> None:
    seen: set[str] = set()
    for item in items:
        name = str(item.get("name") or "")
        check_name(name)
        if name.lower() in seen:
            raise bad("FirewallPolicyDuplicateName", f"{owner} has more than one {name}.")  # the code is ours
        seen.add(name.lower())


def check_application_rule(rule: Body) -> None:
    """Check a rule about names in HTTP, TLS or SQL.

    Raises:
        ArmError: Azure would refuse it in any policy.
    """
    name = rule["name"]
    _check_sources(rule)
    _check_addresses(name, rule["destinationAddresses"], tags=True)
    given = [target for target in TARGETS if rule[target]]
    if not given:
        raise _missing("Application", name, TARGETS)
    if "fqdnTags" in given and len(given) > 1:
        raise _conflict(name, given)
    # Without a protocol Azure answers with an internal error, for FQDN tags too.
    if not rule.get("protocols"):
        raise _missing("Application", name, ("protocols",))
    for protocol in rule["protocols"]:
        kind = protocol.get("protocolType")
        port = protocol.setdefault("port", PORTS.get(kind, 0))
        if not kind or not 1 <= port <= MAX_APPLICATION_PORT:
            raise _bad_port(name, f"{kind}:{port}", MAX_APPLICATION_PORT)
    for text in rule["targetFqdns"]:
        if not is_pattern(text):
            raise _bad_name(name, text, "A wildcard is only allowed as the first character, and '--' nowhere.")


def check_network_rule(rule: Body) -> None:
    """Check a rule about addresses and ports.

    Raises:
        ArmError: Azure would refuse it in any policy.
    """
    name = rule["name"]
    _check_sources(rule)
    if not rule.get("ipProtocols"):
        raise _missing("Network", name, ("ipProtocols",))
    if not rule.get("destinationPorts"):
        raise _missing("Network", name, ("destinationPorts",))
    for text in rule["destinationPorts"]:
        found = _PORT_RANGE.fullmatch(text)
        low, high = (int(found["low"]), int(found["high"] or found["low"])) if found else (1, 0)
        if text != "*" and not 1 <= low <= high <= MAX_PORT:
            raise _bad_port(name, text, MAX_PORT)
    _check_addresses(name, rule["destinationAddresses"], tags=True)
    sides = ("destinationAddresses", "destinationIpGroups", "destinationFqdns")
    given = [side for side in sides if rule[side]]
    if not given:
        raise _missing("Network", name, sides)
    if "destinationFqdns" in given and len(given) > 1:
        raise _conflict(name, given)
    for text in rule["destinationFqdns"]:
        if not _is_name(text):
            raise _bad_name(name, text, "A network rule takes whole names only.")


def is_pattern(text: str) -> bool:
    """Return whether an application rule takes a text as a target: a name, `*`, or `*` before the rest of a name.

    `*.example.com` and `*example.com` are good; a star elsewhere is not, and neither is `--`, by Azure's known issues.
    """
    return text == "*" or ("--" not in text and _is_name(text.removeprefix("*").removeprefix(".")))


def _is_name(text: str) -> bool:
    return len(text) <= MAX_NAME and bool(_NAME.fullmatch(text))


def _check_sources(rule: Body) -> None:
    if not rule["sourceAddresses"] and not rule["sourceIpGroups"]:
        kind = rule["ruleType"].removesuffix("Rule")
        raise _missing(kind, rule["name"], ("sourceAddresses", "sourceIpGroups"))
    _check_addresses(rule["name"], rule["sourceAddresses"], tags=False)


def _check_addresses(rule: str, texts: list[str], *, tags: bool) -> None:
    for text in texts:
        if text != "*" and not is_ipv4(text) and not (tags and is_service_tag(text)):
            # Named like the code of a firewall without policy, which users have reported.
            raise bad(
                "FirewallPolicyRuleInvalidIpAddressOrRangeFormat",
                f"Firewall Policy Rule {rule}: Invalid IP address value or range{' or Service Tag' * tags} {text}.",
            )


def is_ipv4(text: str) -> bool:
    """Return whether a text is an IPv4 address, a CIDR or a range `first-last`: Azure Firewall knows no IPv6."""
    first, dash, last = text.partition("-")
    try:
        if not dash:
            return bool(ipaddress.IPv4Network(text))
        return ipaddress.IPv4Address(first) <= ipaddress.IPv4Address(last)
    except ValueError:
        return False


def _missing(kind: str, rule: str, names: Iterable[str]) -> Exception:
    *most, last = names
    words = f"one of {', '.join(most)} or {last}" if most else last
    return bad(  # the text is Azure's, the code is ours
        "FirewallPolicyRuleParametersMissing", f"Firewall Policy {kind} Rule {rule} must have {words} specified."
    )


def _conflict(rule: str, names: Iterable[str]) -> Exception:
    return bad(  # the code is ours
        "FirewallPolicyRuleParametersConflict",
        f"Firewall Policy Rule {rule} must not specify more than one of {' and '.join(names)}.",
    )


def _bad_port(rule: str, text: str, most: int) -> Exception:
    return bad(
        "FirewallPolicyRuleConditionInvalidPortOrRangeFormat",
        f"Firewall Policy Rule Condition {rule}: Invalid port value or range {text}. User ports must be in [1, {most}]",
    )


def _bad_name(rule: str, text: str, why: str) -> Exception:
    return bad("FirewallPolicyRuleInvalidFqdnFormat", f"Firewall Policy Rule {rule}: Invalid FQDN {text}. {why}")
