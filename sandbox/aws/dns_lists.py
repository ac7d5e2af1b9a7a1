"""Domain lists and rule groups of the emulated Route 53 Resolver DNS Firewall.

Owns what may stand in a list, how many domains one request may have, and that what is in use stays.

Approximations: each list is ready at once (no `UPDATING`), answers have no pages, two requests of one
`CreatorRequestId` are two requests, names are kept in lower case, and the code of a refusal is the nearest of those
that the API lists where no report tells it. Numbers and trace ids in AWS's messages are left out.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from sandbox.aws import documents
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.aws.session import Params, Session

SERVICE = "route53resolver"
LIST, GROUP, RULE, ASSOCIATION, CONFIG = (
    f"resolver:{kind}" for kind in ("domain-list", "rule-group", "rule", "association", "config")
)
#: Domains in one request: documented at `UpdateFirewallDomains`.
DOMAINS_PER_REQUEST = 1000
#: Everything, or a name that may begin with an asterisk. `*name` without a dot is taken; no page says what it means.
DOMAIN = re.compile(r"\*\.?|(\*\.?)?[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.?")

Document = dict[str, Any]


def new_id(prefix: str) -> str:
    """Return an id in the service's form: the prefix and 16 hexadecimal digits."""
    return f"{prefix}-{secrets.token_hex(8)}"


def bad(problem: str) -> CloudError:
    """Return the refusal of a request."""
    return CloudError("ValidationException", problem)


def in_use(problem: str) -> CloudError:
    """Return the refusal of a deletion."""
    return CloudError("ConflictException", problem)


def find(session: Session, kind: str, name: str, key: str) -> Document:
    """Return the document with an id; `name` is the kind's part of an ARN.

    Raises:
        CloudError: there is none.
    """
    found = documents.found(session, kind, session.arn(name, key, SERVICE))
    if found is None:
        raise CloudError("ResourceNotFoundException", f"Can't find the resource with ID '{key}'.")
    return found


def domain_list(session: Session, key: str) -> Document:
    """Return a domain list; may raise that there is none."""
    return find(session, LIST, "firewall-domain-list", key)


def rule_group(session: Session, key: str) -> Document:
    """Return a rule group; may raise that there is none."""
    return find(session, GROUP, "firewall-rule-group", key)


def rules_of(session: Session, **wanted: str) -> list[Document]:
    """Return the rules that have these values, lowest priority number first."""
    found = documents.everything(session, RULE)
    found = [rule for rule in found if all(rule["rule"].get(name) == value for name, value in wanted.items())]
    return sorted(found, key=lambda rule: int(rule["rule"]["Priority"]))


def associations_of(session: Session, **wanted: Any) -> list[Document]:
    """Return the associations that have these values."""
    found = documents.everything(session, ASSOCIATION)
    return [item for item in found if all(item["association"].get(name) == value for name, value in wanted.items())]


# Domain lists.


def stored(domain: str) -> str:
    """Return a domain as the service shows it: with a dot at the end, so that everything is `*.`."""
    return domain.lower().rstrip(".") + "."


def _list_shape(item: Document) -> Params:
    return {
        "Id": item["id"],
        "Arn": item["arn"],
        "Name": item["name"],
        "DomainCount": len(item["domains"]),
        "Status": "COMPLETE",
        "CreatorRequestId": item["request"],
    }


def _create_list(session: Session, params: Params) -> Params:
    key = new_id("rslvr-fdl")
    item: Document = {
        "arn": session.arn("firewall-domain-list", key, SERVICE),
        "id": key,
        "name": params["Name"],
        "domains": [],
        "request": params["CreatorRequestId"],
        "tags": documents.tags_of(params.get("Tags", []), "ValidationException"),
    }
    documents.save(session, LIST, item)
    return {"FirewallDomainList": _list_shape(item)}


def _get_list(session: Session, params: Params) -> Params:
    return {"FirewallDomainList": _list_shape(domain_list(session, params["FirewallDomainListId"]))}


def _update_domains(session: Session, params: Params) -> Params:
    item = domain_list(session, params["FirewallDomainListId"])
    given, operation = params["Domains"], params["Operation"]
    if len(given) > DOMAINS_PER_REQUEST:
        raise bad(f"The request has {len(given)} domains; at most {DOMAINS_PER_REQUEST} are allowed.")
    if wrong := [domain for domain in given if not DOMAIN.fullmatch(domain) or len(domain) > 255]:
        raise bad(f"The following domains are not valid: {wrong[0]!r}.")
    domains = dict.fromkeys(map(stored, given))
    current = item["domains"]
    if operation == "REMOVE":
        if unknown := [domain for domain in domains if domain not in current]:
            raise bad(
                f"The following domains don't exist in the DNS Firewall domain list '{item['id']}'. You can't delete a "
                f"domain that isn't in a domain list. Example unknown domain: '{unknown[0]}'."
            )
        after = [domain for domain in current if domain not in domains]
    else:
        after = list(domains if operation == "REPLACE" else dict.fromkeys([*current, *domains]))
    documents.save(session, LIST, {**item, "domains": after})
    return {"Id": item["id"], "Name": item["name"], "Status": "COMPLETE"}


def _list_domains(session: Session, params: Params) -> Params:
    return {"Domains": domain_list(session, params["FirewallDomainListId"])["domains"]}


def _delete_list(session: Session, params: Params) -> Params:
    item = domain_list(session, params["FirewallDomainListId"])
    if users := rules_of(session, FirewallDomainListId=item["id"]):
        group = users[0]["rule"]["FirewallRuleGroupId"]
        raise in_use(f"The domain list '{item['id']}' is used by a rule of the rule group '{group}'.")
    documents.remove(session, LIST, item)
    return {"FirewallDomainList": {**_list_shape(item), "Status": "DELETING"}}


def _list_lists(session: Session, params: Params) -> Params:
    del params
    names = ("Id", "Arn", "Name", "CreatorRequestId")
    shapes = [_list_shape(item) for item in documents.everything(session, LIST)]
    return {"FirewallDomainLists": [{name: shape[name] for name in names} for shape in shapes]}


# Rule groups.


def _group_shape(session: Session, item: Document) -> Params:
    return {
        "Id": item["id"],
        "Arn": item["arn"],
        "Name": item["name"],
        "RuleCount": len(rules_of(session, FirewallRuleGroupId=item["id"])),
        "Status": "COMPLETE",
        "OwnerId": session.account,
        "ShareStatus": "NOT_SHARED",
        "CreatorRequestId": item["request"],
    }


def _create_group(session: Session, params: Params) -> Params:
    key = new_id("rslvr-frg")
    item: Document = {
        "arn": session.arn("firewall-rule-group", key, SERVICE),
        "id": key,
        "name": params["Name"],
        "request": params["CreatorRequestId"],
        "tags": documents.tags_of(params.get("Tags", []), "ValidationException"),
    }
    documents.save(session, GROUP, item)
    return {"FirewallRuleGroup": _group_shape(session, item)}


def _get_group(session: Session, params: Params) -> Params:
    return {"FirewallRuleGroup": _group_shape(session, rule_group(session, params["FirewallRuleGroupId"]))}


def _delete_group(session: Session, params: Params) -> Params:
    item = rule_group(session, params["FirewallRuleGroupId"])
    if rules_of(session, FirewallRuleGroupId=item["id"]):
        raise in_use(f"The rule group '{item['id']}' has rules; delete them first.")
    if users := associations_of(session, FirewallRuleGroupId=item["id"]):
        raise in_use(f"The rule group '{item['id']}' is associated with '{users[0]['association']['VpcId']}'.")
    documents.remove(session, GROUP, item)
    return {"FirewallRuleGroup": {**_group_shape(session, item), "Status": "DELETING"}}


def _list_groups(session: Session, params: Params) -> Params:
    del params
    names = ("Id", "Arn", "Name", "OwnerId", "CreatorRequestId", "ShareStatus")
    shapes = [_group_shape(session, item) for item in documents.everything(session, GROUP)]
    return {"FirewallRuleGroups": [{name: shape[name] for name in names} for shape in shapes]}


OPERATIONS: dict[str, Callable[[Session, Params], Params]] = {
    "CreateFirewallDomainList": _create_list,
    "CreateFirewallRuleGroup": _create_group,
    "DeleteFirewallDomainList": _delete_list,
    "DeleteFirewallRuleGroup": _delete_group,
    "GetFirewallDomainList": _get_list,
    "GetFirewallRuleGroup": _get_group,
    "ListFirewallDomainLists": _list_lists,
    "ListFirewallDomains": _list_domains,
    "ListFirewallRuleGroups": _list_groups,
    "UpdateFirewallDomains": _update_domains,
    **documents.tag_operations((LIST, GROUP, ASSOCIATION), "InvalidTagException"),
}
