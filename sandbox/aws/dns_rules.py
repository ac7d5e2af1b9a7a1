"""Rules of the emulated Route 53 Resolver DNS Firewall.

Owns what a rule of a domain list may say, and that in a group both list and priority are there once. Refused, as not
emulated: rules for one query type, and rules that look for threats instead of a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.aws import documents
from sandbox.aws.dns_lists import RULE, SERVICE, Document, bad, domain_list, rule_group, rules_of
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.aws.session import Params, Session

#: Rules in a group: a quota that AWS does not raise.
RULES_PER_GROUP = 100
OVERRIDE = ("BlockOverrideDnsType", "BlockOverrideDomain", "BlockOverrideTtl")
UNEMULATED = (
    "Qtype",
    "DnsThreatProtection",
    "ConfidenceThreshold",
    "FirewallThreatProtectionId",
    "FirewallRuleType",
)


def _refuse_unemulated(params: Params) -> None:
    if found := [name for name in UNEMULATED if name in params]:
        raise bad(f"{found[0]} is not emulated here.")
    if "FirewallDomainListId" not in params:
        raise bad("FirewallDomainListId must be given.")


def _find(session: Session, params: Params) -> Document | None:
    names = ("FirewallRuleGroupId", "FirewallDomainListId")
    found = rules_of(session, **{name: params[name] for name in names})
    return found[0] if found else None


def _existing(session: Session, params: Params) -> Document:
    _refuse_unemulated(params)
    rule_group(session, params["FirewallRuleGroupId"])
    found = _find(session, params)
    if found is None:
        raise CloudError(
            "ResourceNotFoundException",
            f"The rule group '{params['FirewallRuleGroupId']}' has no rule with the domain list "
            f"'{params['FirewallDomainListId']}'.",
        )
    return found


def _check(session: Session, rule: Params) -> None:
    """Check a rule as it will be.

    Raises:
        CloudError: its parts do not fit each other, or another rule has its priority.
    """
    if rule["Priority"] < 1:
        raise bad(f"The priority {rule['Priority']} is not greater than 0.")
    response = rule.get("BlockResponse")
    if (rule["Action"] == "BLOCK") is not (response is not None):
        raise bad(f"BlockResponse {'is not allowed' if response else 'is required'} with the action {rule['Action']}.")
    for name in OVERRIDE:
        if (response == "OVERRIDE") is not (name in rule):
            need = "is required" if response == "OVERRIDE" else "is not allowed"
            raise bad(f"{name} {need} with the block response {response}.")
    for other in rules_of(session, FirewallRuleGroupId=rule["FirewallRuleGroupId"]):
        same = other["rule"]["FirewallDomainListId"] == rule["FirewallDomainListId"]
        if not same and other["rule"]["Priority"] == rule["Priority"]:
            raise bad(
                f"The priority {rule['Priority']} is already used by another rule of the rule group "
                f"'{rule['FirewallRuleGroupId']}'."
            )


def _save(session: Session, rule: Params) -> None:
    # A rule has no ARN of its own: what is unique in the account stands for it.
    key = f"{rule['FirewallRuleGroupId']}:{rule['FirewallDomainListId']}"
    documents.save(session, RULE, {"arn": session.arn("firewall-rule", key, SERVICE), "rule": rule})


def _create(session: Session, params: Params) -> Params:
    _refuse_unemulated(params)
    group = rule_group(session, params["FirewallRuleGroupId"])
    domain_list(session, params["FirewallDomainListId"])
    if _find(session, params) is not None:
        listed = params["FirewallDomainListId"]
        raise bad(f"The rule group '{group['id']}' has a rule with the domain list '{listed}' already.")
    if len(rules_of(session, FirewallRuleGroupId=group["id"])) >= RULES_PER_GROUP:
        raise CloudError(
            "LimitExceededException", f"The limit of {RULES_PER_GROUP} rules in a rule group has been reached."
        )
    rule = {"FirewallDomainRedirectionAction": "INSPECT_REDIRECTION_DOMAIN", **params}
    _check(session, rule)
    _save(session, rule)
    return {"FirewallRule": rule}


def _update(session: Session, params: Params) -> Params:
    before = _existing(session, params)["rule"]
    rule = {**before, **params}
    # What belongs to another action or response goes with it; the request has no way to take it away.
    if rule["Action"] != "BLOCK" and "BlockResponse" not in params:
        rule.pop("BlockResponse", None)
    if rule.get("BlockResponse") != "OVERRIDE":
        for name in OVERRIDE:
            if name not in params:
                rule.pop(name, None)
    _check(session, rule)
    _save(session, rule)
    return {"FirewallRule": rule}


def _delete(session: Session, params: Params) -> Params:
    found = _existing(session, params)
    documents.remove(session, RULE, found)
    return {"FirewallRule": found["rule"]}


def _list(session: Session, params: Params) -> Params:
    group = rule_group(session, params["FirewallRuleGroupId"])
    found = [item["rule"] for item in rules_of(session, FirewallRuleGroupId=group["id"])]
    for name in ("Priority", "Action"):
        if name in params:
            found = [rule for rule in found if rule[name] == params[name]]
    return {"FirewallRules": found}


OPERATIONS: dict[str, Callable[[Session, Params], Params]] = {
    "CreateFirewallRule": _create,
    "DeleteFirewallRule": _delete,
    "ListFirewallRules": _list,
    "UpdateFirewallRule": _update,
}
