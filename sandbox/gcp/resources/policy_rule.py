"""`gcp.compute.NetworkFirewallPolicyRule`.

Owns what the real provider sends for a change: lists also when they are empty, all else only when it has a value. So a
context that a program drops stays in the cloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.gcp.resources.base import DELETION_POLICY, PROJECT, GcpResource, given, last, unknown_keys
from sandbox.protocol import UNKNOWN, is_unknown
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

API = "compute.networkFirewallPolicies"
MATCH_LISTS = (
    *("destAddressGroups", "destFqdns", "destIpRanges", "destRegionCodes", "destThreatIntelligences"),
    *("srcAddressGroups", "srcFqdns", "srcIpRanges", "srcNetworks", "srcRegionCodes", "srcSecureTags"),
    "srcThreatIntelligences",
)
CONTEXTS = ("destNetworkContext", "srcNetworkContext")
#: Names the SDK has beside the contexts, for a field that this version of the API has no more.
SCOPES = ("destNetworkScope", "srcNetworkScope")
TEXTS = ("action", "description", "direction", "ruleName", "securityProfileGroup", "targetType")


class NetworkFirewallPolicyRule(GcpResource):
    """One rule of a policy, at one priority."""

    token = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
    title = "NetworkFirewallPolicyRule"
    form = "projects/{project}/global/firewallPolicies/{firewallPolicy}/rules/{priority}"
    named = ""
    inputs: ClassVar[Mapping[str, Input]] = {
        "action": Input(str, required=True),
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "direction": Input(str, required=True),
        "disabled": Input(bool),
        "enableLogging": Input(bool),
        "firewallPolicy": Input(str, required=True, replaces=True),
        "match": Input(dict, required=True),
        "priority": Input(int, required=True, replaces=True),
        "project": PROJECT,
        "ruleName": Input(str),
        "securityProfileGroup": Input(str),
        "targetForwardingRules": Input(list, emulated=False),
        "targetSecureTags": Input(list),
        "targetServiceAccounts": Input(list),
        "targetType": Input(str, emulated=False),
        "tlsInspect": Input(bool),
    }
    outputs = ("creationTimestamp", "kind", "ruleTupleCount")

    def problems(self, news: Properties) -> list[Failure]:
        """Check what the real provider checks before it asks the cloud: words and shapes, not meaning."""
        found = super().problems(news)
        if news["direction"] not in {"INGRESS", "EGRESS", UNKNOWN}:
            found.append(
                Failure("direction", f"expected direction to be one of INGRESS, EGRESS, got {news['direction']}")
            )
        match = news["match"]
        if not isinstance(match, dict):
            return found
        found += [
            Failure(f"match.{name}", f"The API has no {name} any more; use {name.replace('Scope', 'Context')}.")
            for name in SCOPES
            if name in match
        ]
        found += unknown_keys("match", match, (*MATCH_LISTS, *CONTEXTS, *SCOPES, "layer4Configs"))
        configs = match.get("layer4Configs")
        if not configs:
            found.append(Failure("match.layer4Configs", 'Missing required argument: "layer4Configs" must be given.'))
        for index, config in enumerate(configs if isinstance(configs, list) else []):
            place = f"match.layer4Configs[{index}]"
            found += unknown_keys(place, config, ("ipProtocol", "ports"))
            if isinstance(config, dict) and not config.get("ipProtocol"):
                found.append(Failure(f"{place}.ipProtocol", 'Missing required argument: "ipProtocol" must be given.'))
        return found

    def normal(self, name: str, value: Any) -> Any:
        """Compare a match without what is empty, and tags by name."""
        if name == "match" and isinstance(value, dict):
            found = {key: item for key, item in value.items() if item not in (None, "", [])}
            if isinstance(found.get("layer4Configs"), list):
                found["layer4Configs"] = [
                    {key: item for key, item in config.items() if item not in (None, [])}
                    for config in found["layer4Configs"]
                ]
            if "srcSecureTags" in found:
                found["srcSecureTags"] = _names(found["srcSecureTags"])
            return found
        if name == "targetSecureTags" and isinstance(value, list):
            return _names(value)
        return super().normal(name, value)

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return the count that a change of the match renews."""
        changed = self.changes(old, news)
        return ("ruleTupleCount",) if changed.keys() & {"match", "targetSecureTags", "targetServiceAccounts"} else ()

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Add it."""
        project, policy = news["project"], last(news["firewallPolicy"])
        body = {
            **given(news, (*TEXTS, "disabled", "enableLogging", "targetServiceAccounts", "tlsInspect")),
            "match": _sent(news["match"]),
            "priority": news["priority"],
            **({"targetSecureTags": _tags(news["targetSecureTags"])} if news.get("targetSecureTags") else {}),
        }
        cloud.call(f"{API}.addRule", body, account=project, project=project, firewallPolicy=policy)
        return self.key(project=project, firewallPolicy=policy, priority=news["priority"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return it; the API answers one that is not there with error 400, on which a refresh fails."""
        project, policy = parts["project"], parts["firewallPolicy"]
        priority = int(parts["priority"]) if parts["priority"].isdigit() else -1
        found = cloud.call(f"{API}.getRule", account=project, project=project, firewallPolicy=policy, priority=priority)
        live = {name: value for name, value in found.items() if name in {*self.inputs, *self.outputs}}
        return {**live, "firewallPolicy": known.get("firewallPolicy", policy)}

    def managed_inputs(self, cloud: GcpCloud, live: Properties) -> Properties:
        """Return the live inputs, tags without their state."""
        found = super().managed_inputs(cloud, live)
        if "srcSecureTags" in found["match"]:
            found["match"] = {**found["match"], "srcSecureTags": _tags(found["match"]["srcSecureTags"])}
        if "targetSecureTags" in found:
            found["targetSecureTags"] = _tags(found["targetSecureTags"])
        return found

    def update(self, cloud: GcpCloud, key: str, old: Properties, news: Properties) -> None:
        """Patch it in place."""
        del old
        parts = self.parts(key)
        body = {
            **given(news, (*TEXTS, "tlsInspect")),
            "disabled": bool(news.get("disabled")),
            "enableLogging": bool(news.get("enableLogging")),
            "match": {**{name: [] for name in MATCH_LISTS}, **_sent(news["match"])},
            "priority": news["priority"],
            "targetSecureTags": _tags(news.get("targetSecureTags", [])),
            "targetServiceAccounts": news.get("targetServiceAccounts", []),
        }
        cloud.call(
            f"{API}.patchRule",
            body,
            account=parts["project"],
            project=parts["project"],
            firewallPolicy=parts["firewallPolicy"],
            priority=int(parts["priority"]),
        )

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Remove it."""
        del state
        cloud.call(
            f"{API}.removeRule",
            account=parts["project"],
            project=parts["project"],
            firewallPolicy=parts["firewallPolicy"],
            priority=int(parts["priority"]),
        )


def _sent(match: Properties) -> Properties:
    found = {name: value for name, value in match.items() if value not in (None, "", [])}
    if "srcSecureTags" in found:
        found["srcSecureTags"] = _tags(found["srcSecureTags"])
    return found


def _tags(items: list[Any]) -> list[Properties]:
    return [{"name": item.get("name", "")} for item in items]


def _names(items: Any) -> Any:
    """Return the tags' names, which is what two lists of tags are compared by."""
    if is_unknown(items):
        return items
    return [last(item.get("name", "")) for item in items]
