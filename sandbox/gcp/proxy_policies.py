"""Policies of the emulated Secure Web Proxy, and their rules.

Owns what a rule may say with the documented limits, that a policy goes last, and that TLS is looked into only where the
policy says by what. TLS inspection policies themselves are not there: a name of the right form is taken.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from sandbox.gcp import matchers, url_lists
from sandbox.gcp.errors import canonical
from sandbox.gcp.located import children, created, done, get, new, patched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.gcp.errors import GcpError
    from sandbox.gcp.matchers import Call
    from sandbox.gcp.session import Body, Session

#: The first is a quota, the others are limits: https://cloud.google.com/secure-web-proxy/docs/quotas, read 2026-11.
#: 5,000 parts and 100,000 characters of a rule are more than its two matchers can have.
POLICIES_PER_REGION = 10
RULES_PER_POLICY = 500
REGEXES_PER_POLICY = 5
REGEX_LENGTH = 100
MATCHER_LENGTH = 2048
POLICY_LENGTH = 1_000_000
#: Characters of a policy's description: reference of the SDK's resource.
DESCRIPTION_LENGTH = 1024
#: Longest network of the sixth version that `inIpRange` takes: the reference of the expressions.
LARGEST_IPV6 = 64
KIND, RULES = "gatewaySecurityPolicies", "gatewaySecurityPolicies.rules"
MATCHERS = ("sessionMatcher", "applicationMatcher")
_TLS_POLICY = re.compile(r"projects/[^/]+/locations/[^/]+/tlsInspectionPolicies/[^/]+")


def _refused(why: str) -> GcpError:
    return canonical("INVALID_ARGUMENT", why)


def _get(session: Session, params: Body, body: Body) -> Body:
    del body
    return get(session, KIND, params["name"])


def _checked(session: Session, policy: Body) -> Body:
    """Return a policy if Google would take it.

    Raises:
        GcpError: its description is too long, or TLS is not inspected as its rules need it.
    """
    if len(policy.get("description", "")) > DESCRIPTION_LENGTH:
        raise _refused(f"The description of a policy takes at most {DESCRIPTION_LENGTH} characters.")
    tls = policy.get("tlsInspectionPolicy", "")
    if tls and not _TLS_POLICY.fullmatch(tls):
        raise _refused(f"'{tls}' must be projects/PROJECT/locations/LOCATION/tlsInspectionPolicies/NAME.")
    for rule in children(session, RULES, policy["name"]):
        _check_tls(policy, rule)
    return policy


def _create(session: Session, params: Body, body: Body) -> Body:
    parent = params["parent"]
    path = new(session, KIND, parent, params.get("gatewaySecurityPolicyId", ""))
    if len(children(session, KIND, parent)) >= POLICIES_PER_REGION:
        raise canonical("RESOURCE_EXHAUSTED", f"Quota exceeded: at most {POLICIES_PER_REGION} policies in {parent}.")
    made = _checked(session, created(body, path))
    session.state.put(KIND, path, made, parent)
    return done(parent, made)


def _patch(session: Session, params: Body, body: Body) -> Body:
    old = _get(session, params, {})
    changed = _checked(session, patched(old, {**body, "name": old["name"]}, params.get("updateMask", "")))
    session.state.put(KIND, old["name"], changed, old["name"].split(f"/{KIND}/")[0])
    return done(old["name"], changed)


def _list(session: Session, params: Body, body: Body) -> Body:
    del body
    return {KIND: children(session, KIND, params["parent"])}


def _delete(session: Session, params: Body, body: Body) -> Body:
    path = _get(session, params, body)["name"]
    if rules := children(session, RULES, path):
        raise canonical("FAILED_PRECONDITION", f"Cannot delete policy '{path}': it has the rule '{rules[0]['name']}'.")
    session.state.delete(KIND, path)
    return done(path, {})


# Rules.


def calls(rule: Body) -> tuple[Call, ...]:
    """Return the functions that a rule's expressions call.

    Raises:
        GcpError: an expression is malformed.
    """
    found: list[Call] = []
    for field in MATCHERS:
        if text := rule.get(field):
            try:
                found += matchers.read(text, request=field == "applicationMatcher")
            except matchers.MatcherError as failure:
                raise _refused(f"{field} '{text[:60]}' cannot be used: {failure}.") from None
    return tuple(found)


def rules_with(session: Session, path: str) -> list[Body]:
    """Return the rules that name a URL list."""
    return [
        rule
        for rule in session.state.all(RULES)
        if path in {url_lists.path_of(session, text) for text in _texts(calls(rule), "inUrlList")}
    ]


def _texts(found: Iterable[Call], name: str) -> list[str]:
    """Return the last text of each call of a function."""
    return [call.texts[-1] for call in found if call.name == name and call.texts]


def _check_tls(policy: Body, rule: Body) -> None:
    if rule.get("tlsInspectionEnabled") and not policy.get("tlsInspectionPolicy"):
        raise _refused(
            f"tlsInspectionEnabled of '{rule['name']}' can only be true if the policy has a tlsInspectionPolicy."
        )


def _check_calls(session: Session, found: tuple[Call, ...]) -> None:
    """Check what a rule's expressions name."""
    for text in _texts(found, "inUrlList"):
        url_lists.find(session, text, "inUrlList")
    for text in _texts(found, "source.matchTag"):
        if not re.fullmatch(r"tagValues/\d+", text):
            raise _refused(f"source.matchTag: '{text}' must be tagValues/NUMBER.")
    for text in _texts(found, "inIpRange"):
        try:
            block = ipaddress.ip_network(text)
        except ValueError:
            raise _refused(f"inIpRange: '{text}' is not a valid IP range.") from None
        if block.version == 6 and block.prefixlen > LARGEST_IPV6:
            raise _refused(f"inIpRange: the mask of '{text}' is longer than /{LARGEST_IPV6}.")
    for text in _texts(found, ".matches"):
        if len(text) > REGEX_LENGTH:
            raise _refused(f"The regular expression '{text[:30]}…' has more than {REGEX_LENGTH} characters.")


def _write(session: Session, policy: Body, rule: Body) -> Body:
    """Check a rule beside the others of its policy, and write it.

    Two rules of one priority are refused; Google's reference only says that the lower number comes first (inferred).
    """
    others = [item for item in children(session, RULES, policy["name"]) if item["name"] != rule["name"]]
    if not rule.get("sessionMatcher"):
        raise _refused("Field 'gateway_security_policy_rule.session_matcher' is required.")
    if rule.get("basicProfile") not in {"ALLOW", "DENY"}:
        raise _refused("Field 'gateway_security_policy_rule.basic_profile' must be ALLOW or DENY.")
    for field in MATCHERS:
        if len(rule.get(field, "")) > MATCHER_LENGTH:
            raise _refused(f"{field} has {len(rule[field])} characters; a matcher takes at most {MATCHER_LENGTH}.")
    found = calls(rule)
    _check_calls(session, found)
    _check_tls(policy, rule)
    for item in others:
        if item.get("priority", 0) == rule.get("priority", 0):
            raise _refused(f"Priority {rule.get('priority', 0)} is that of the rule '{item['name']}' already.")
    if len(others) >= RULES_PER_POLICY:
        raise _refused(f"A policy takes at most {RULES_PER_POLICY} rules.")
    _check_sums([rule, *others])
    session.state.put(RULES, rule["name"], rule, policy["name"])
    return rule


def _check_sums(rules: list[Body]) -> None:
    """Check what all rules of a policy have together."""
    texts = [text for rule in rules for field in MATCHERS if (text := rule.get(field))]
    if sum(len(text) for text in texts) > POLICY_LENGTH:
        raise _refused(f"The matchers of a policy take at most {POLICY_LENGTH} characters.")
    if sum(text.count("matches") for text in texts) <= REGEXES_PER_POLICY:
        return
    if sum(call.name == ".matches" for rule in rules for call in calls(rule)) > REGEXES_PER_POLICY:
        raise _refused(f"The rules of a policy take at most {REGEXES_PER_POLICY} regular expressions.")


def _get_rule(session: Session, params: Body, body: Body) -> Body:
    del body
    return get(session, RULES, params["name"])


def _create_rule(session: Session, params: Body, body: Body) -> Body:
    policy = get(session, KIND, params["parent"])
    path = new(session, RULES, policy["name"], params.get("gatewaySecurityPolicyRuleId", ""))
    return done(policy["name"], _write(session, policy, created(body, path)))


def _patch_rule(session: Session, params: Body, body: Body) -> Body:
    old = _get_rule(session, params, {})
    changed = patched(old, {**body, "name": old["name"]}, params.get("updateMask", ""))
    return done(old["name"], _write(session, get(session, KIND, old["name"].rsplit("/", 2)[0]), changed))


def _list_rules(session: Session, params: Body, body: Body) -> Body:
    del body
    return {"gatewaySecurityPolicyRules": children(session, RULES, get(session, KIND, params["parent"])["name"])}


def _delete_rule(session: Session, params: Body, body: Body) -> Body:
    path = _get_rule(session, params, body)["name"]
    session.state.delete(RULES, path)
    return done(path, {})


_METHODS: dict[str, Callable[[Session, Body, Body], Body]] = {
    f"{KIND}.create": _create,
    f"{KIND}.delete": _delete,
    f"{KIND}.get": _get,
    f"{KIND}.list": _list,
    f"{KIND}.patch": _patch,
    f"{RULES}.create": _create_rule,
    f"{RULES}.delete": _delete_rule,
    f"{RULES}.get": _get_rule,
    f"{RULES}.list": _list_rules,
    f"{RULES}.patch": _patch_rule,
}
OPERATIONS = {f"networksecurity.projects.locations.{name}": work for name, work in _METHODS.items()}
