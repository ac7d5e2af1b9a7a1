"""What one rule of a firewall policy may say, with the limits Google documents for it.

Owns the checks and the count of attributes; knows groups and tags, no policies. Global and regional policies share it.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.gcp import address_groups, tags
from sandbox.gcp.errors import GcpError, invalid
from sandbox.gcp.session import Body, Session, check_protocol, one_family

#: Priorities of a user's rules: https://cloud.google.com/firewall/docs/firewall-policies, read 2026-11.
#: The 100 above are the cloud's own.
HIGHEST_PRIORITY = 2147483547
ACTIONS = ("allow", "deny", "apply_security_profile_group", "goto_next")
#: How many of each a rule takes: discovery document of compute.v1, `FirewallPolicyRuleMatcher`.
LIMITS = {
    "AddressGroups": 10,
    "Fqdns": 100,
    "IpRanges": 5000,
    "RegionCodes": 5000,
    "SecureTags": 256,
}
#: Service accounts that a rule has as its targets. Google publishes no number; this is a VPC's, as others say too.
TARGET_ACCOUNTS = 10
#: What exists for one end only: an egress rule cannot say by these where traffic comes from, and the reverse.
#: https://cloud.google.com/firewall/docs/firewall-policies-rule-details, read 2026-11.
EGRESS_ONLY = (
    "destAddressGroups",
    "destFqdns",
    "destNetworkContext",
    "destNetworkType",
    "destRegionCodes",
    "destThreatIntelligences",
)
INGRESS_ONLY = (
    "srcAddressGroups",
    "srcFqdns",
    "srcNetworkContext",
    "srcNetworkType",
    "srcNetworks",
    "srcRegionCodes",
    "srcSecureTags",
    "srcThreatIntelligences",
)
_LABEL = r"[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?"
_FQDN = re.compile(rf"(?=.{{1,255}}$){_LABEL}(\.{_LABEL})+")
_ACCOUNT = re.compile(r"[^@\s]+@[^@\s]+")


def check(session: Session, rule: Body, networks: list[str]) -> None:
    """Check a whole rule; `networks` are the names of the networks its policy is associated with.

    Raises:
        GcpError: Google would not take it.
    """
    for field in ("priority", "action", "direction", "match"):
        if field not in rule:
            raise GcpError(400, f"Required field 'resource.{field}' not specified", "required")
    if not 0 <= rule["priority"] <= HIGHEST_PRIORITY:
        raise invalid("resource.priority", rule["priority"], f"Must be between 0 and {HIGHEST_PRIORITY}.")
    _check_action(rule)
    _check_match(session, rule, networks)
    _check_targets(session, rule, networks)


def _check_action(rule: Body) -> None:
    action = rule["action"]
    if action not in ACTIONS:
        raise invalid("resource.action", action, f"Must be one of {', '.join(ACTIONS)}.")
    if action == "goto_next" and rule.get("enableLogging"):
        raise invalid("resource.enableLogging", "true", "Logging is not allowed on rules whose action is goto_next.")
    profile = action == "apply_security_profile_group"
    if profile is not bool(rule.get("securityProfileGroup")):
        why = "must be specified if" if profile else "can only be specified if"
        group = rule.get("securityProfileGroup", "")
        raise invalid("resource.securityProfileGroup", group, f"It {why} the action is apply_security_profile_group.")
    if rule.get("tlsInspect") and not profile:
        raise invalid(
            "resource.tlsInspect", "true", "It can only be set if the action is apply_security_profile_group."
        )


def _check_match(session: Session, rule: Body, networks: list[str]) -> None:
    match, direction = rule["match"], rule["direction"]
    for field in EGRESS_ONLY if direction == "INGRESS" else INGRESS_ONLY:
        if match.get(field):
            why = f"Not allowed for a rule whose direction is {direction}."
            raise invalid(f"resource.match.{field}", _first(match[field]), why)
    if not match.get("layer4Configs"):
        raise GcpError(400, "Required field 'resource.match.layer4Configs' not specified", "required")
    for index, item in enumerate(match["layer4Configs"]):
        place = f"resource.match.layer4Configs[{index}]"
        check_protocol(str(item.get("ipProtocol", "")), item.get("ports", []), place, "ipProtocol")
    for field, values in match.items():
        limit = next((n for name, n in LIMITS.items() if field.endswith(name)), None)
        if limit is not None and len(values) > limit:
            raise invalid(f"resource.match.{field}", len(values), f"At most {limit} are allowed in a rule.")
    one_family({f"resource.match.{field}": match.get(field, []) for field in ("srcIpRanges", "destIpRanges")})
    _check_names(session, match)
    _check_tags(session, match.get("srcSecureTags", []), "resource.match.srcSecureTags", networks)


def _check_names(session: Session, match: Body) -> None:
    """Check domain names, and that the address groups exist."""
    for field in ("srcFqdns", "destFqdns"):
        for index, name in enumerate(match.get(field, [])):
            if not _FQDN.fullmatch(name):
                why = "Must be a fully qualified domain name in lower case."
                raise invalid(f"resource.match.{field}[{index}]", name, why)
    for field in ("srcAddressGroups", "destAddressGroups"):
        for index, name in enumerate(match.get(field, [])):
            address_groups.find(session, name, f"resource.match.{field}[{index}]")


def _check_targets(session: Session, rule: Body, networks: list[str]) -> None:
    accounts, secure = rule.get("targetServiceAccounts", []), rule.get("targetSecureTags", [])
    if accounts and secure:
        raise GcpError(
            400, "Cannot specify both targetSecureTags and targetServiceAccounts in a firewall policy rule.", "invalid"
        )
    for index, account in enumerate(accounts):
        if not _ACCOUNT.fullmatch(account):
            raise invalid(
                f"resource.targetServiceAccounts[{index}]", account, "Must be the email of a service account."
            )
    if len(accounts) > TARGET_ACCOUNTS:
        raise invalid(
            "resource.targetServiceAccounts", len(accounts), f"At most {TARGET_ACCOUNTS} are allowed in a rule."
        )
    if len(secure) > LIMITS["SecureTags"]:
        raise invalid(
            "resource.targetSecureTags", len(secure), f"At most {LIMITS['SecureTags']} are allowed in a rule."
        )
    _check_tags(session, secure, "resource.targetSecureTags", networks)


def _check_tags(session: Session, secure: list[Body], field: str, networks: list[str]) -> None:
    for index, item in enumerate(secure):
        tags.check_firewall_tag(session, str(item.get("name", "")), f"{field}[{index}].name", networks)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def attributes(rule: Body) -> int:
    """Return how many attributes a rule takes of its policy's quota: each value of each list, protocols and ports."""
    match = rule["match"]
    lists = sum(len(value) for field, value in match.items() if isinstance(value, list) and field != "layer4Configs")
    layer4 = sum(1 + len(item.get("ports", [])) for item in match["layer4Configs"])
    return lists + layer4 + len(rule.get("targetSecureTags", [])) + len(rule.get("targetServiceAccounts", []))


def uses(rule: Body, group: str = "", tag: str = "") -> bool:
    """Return whether a rule names an address group (by path) or a tag value (`tagValues/123`)."""
    match = rule["match"]
    groups = [
        address_groups.path_of(name)
        for field in ("srcAddressGroups", "destAddressGroups")
        for name in match.get(field, [])
    ]
    secure = [item["name"] for item in (*match.get("srcSecureTags", []), *rule.get("targetSecureTags", []))]
    return (bool(group) and group in groups) or (bool(tag) and tag in secure)
