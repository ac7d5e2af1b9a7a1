"""Firewall policies and their rule collection groups of the emulated Azure. There are no firewalls that use them.

Owns that a group is a part of its policy that the policy's own request leaves alone, which settings go with which tier,
that names in network rules need the DNS proxy, and that what is named must exist. `firewall_rules` checks what the
rules say, `firewall_limits` how many there are. A policy or an IP group may serve in any region, so places are compared
for a base policy only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.errors import ArmError, bad
from sandbox.azure.firewall_limits import check_limits, ip_groups_of, megabytes, size_of
from sandbox.azure.firewall_rules import check_collections, check_priority, is_ipv4, is_pattern, rules_of
from sandbox.azure.ids import parse
from sandbox.azure.ip_groups import IpGroup
from sandbox.azure.rules import check_name
from sandbox.azure.session import Body, Child, Located, Session, etag

if TYPE_CHECKING:
    from sandbox.azure.ids import ResourceId

GROUPS = "ruleCollectionGroups"
#: Settings that a tier lacks, by Azure's table of firewall features.
LACKS: dict[str, tuple[str, ...]] = {
    "Basic": ("dnsSettings", "intrusionDetection", "transportSecurity"),
    "Standard": ("intrusionDetection", "transportSecurity"),
    "Premium": (),
}
#: What rules of a policy below Premium lack.
PREMIUM_RULES = ("targetUrls", "terminateTLS", "httpHeadersToInsert")


class FirewallPolicy(Located):
    """A policy: its settings, and in the store its groups in full."""

    kind = "Microsoft.Network/firewallPolicies"
    model = "FirewallPolicy"
    operations = "FirewallPolicies"

    def settle(self, session: Session, key: ResourceId, body: Body, old: Body | None) -> None:
        """Check the settings; the groups stay as they are, so they must go with the new settings."""
        properties = body["properties"]
        tier = properties.setdefault("sku", {}).setdefault("tier", "Standard")
        mode = properties.setdefault("threatIntelMode", "Alert")
        lacking = [name for name in LACKS[tier] if properties.get(name)]
        if tier == "Basic" and mode == "Deny":
            lacking.append("threatIntelMode Deny")
        if lacking:
            raise bad(  # the code is ours
                "FirewallPolicyFeatureNotInTier", f"Firewall Policy {key.name}: the tier {tier} has no {lacking[0]}."
            )
        _check_dns(key, properties.get("dnsSettings") or {})
        _check_trusted(key, properties.get("threatIntelWhitelist") or {})
        _check_base(session, key, body)
        properties[GROUPS] = old["properties"][GROUPS] if old else []
        for group in properties[GROUPS]:
            _check_in_policy(group, body)

    def show(self, session: Session, key: ResourceId, body: Body) -> None:
        """Name the groups instead of showing them, and the policies that build on this one."""
        properties = body["properties"]
        groups = properties[GROUPS]
        properties["size"] = megabytes(sum(size_of(group["properties"]["ruleCollections"]) for group in groups))
        properties[GROUPS] = [{"id": group["id"]} for group in groups]
        properties["childPolicies"] = [{"id": user} for user in session.users(key)]
        properties["firewalls"] = []

    def holds(self, key: ResourceId) -> ResourceId:
        """Return the policy."""
        return key

    def in_use(self, key: ResourceId, users: list[str]) -> ArmError:
        """Name the policies that build on it; the code is ours."""
        return bad(
            "FirewallPolicyHasChildPolicies",
            f"Firewall Policy {key} cannot be deleted because it is the base policy of {', '.join(users)}.",
        )


def _check_dns(key: ResourceId, settings: Body) -> None:
    if "requireProxyForNetworkRules" in settings:
        raise bad(
            "FirewallPolicyDeprecatedRequireProxyForNetworkRules",
            f"RequireProxyForNetworkRules of Firewall Policy {key.name} is deprecated; leave it out.",
        )
    for text in settings.get("servers") or []:
        if not is_ipv4(text) or "/" in text or "-" in text:
            raise bad(  # the code is ours
                "FirewallPolicyInvalidDnsServer", f"Firewall Policy {key.name}: DNS server {text} is no IPv4 address."
            )


def _check_trusted(key: ResourceId, trusted: Body) -> None:
    found = [text for text in trusted.get("ipAddresses") or [] if not is_ipv4(text)]
    found += [text for text in trusted.get("fqdns") or [] if not is_pattern(text)]
    if found:
        raise bad(  # the code is ours
            "FirewallPolicyInvalidThreatIntelWhitelist",
            f"Firewall Policy {key.name}: the threat intelligence allowlist cannot have {found[0]}.",
        )


def _check_base(session: Session, key: ResourceId, body: Body) -> None:
    """Check that the base policy exists in the same region, as Azure wants it, and does not build on this one."""
    base = body["properties"].get("basePolicy")
    found = session.refer(str(key), base, FirewallPolicy.kind, body["location"])
    while found is not None:
        if found["id"].lower() == key.key:
            raise bad(  # the code is ours
                "FirewallPolicyBasePolicyLoop", f"Firewall Policy {key} cannot build on itself."
            )
        base = found["properties"].get("basePolicy")
        found = session.find(parse(base["id"])) if base else None


def _check_in_policy(group: Body, policy: Body) -> None:
    """Check that a group's rules go with its policy's tier and DNS settings.

    The proxy must be on in the policy itself: whether a base policy's would do is not documented.
    """
    properties = policy["properties"]
    collections = group["properties"]["ruleCollections"]
    tier = properties["sku"]["tier"]
    for rule in rules_of(collections, "ApplicationRule"):
        lacking = [name for name in PREMIUM_RULES if rule[name]] if tier != "Premium" else []
        lacking += ["webCategories"] if tier == "Basic" and rule["webCategories"] else []
        if lacking:
            raise bad(  # the code is ours
                "FirewallPolicyFeatureNotInTier",
                f"Firewall Policy {policy['name']}: the tier {tier} has no {lacking[0]}. See rule {rule['name']}.",
            )
    if (properties.get("dnsSettings") or {}).get("enableProxy"):
        return
    for collection in collections:
        for rule in rules_of([collection], "NetworkRule"):
            if rule["destinationFqdns"]:
                raise bad(  # the text is Azure's, the code is ours
                    "FirewallPolicyDnsProxyNotEnabled",
                    "In order to use DestinationFqdns in Network Rules, DNS Proxy must be enabled. "
                    f"See rule {rule['name']} in network rule collection {collection['name']}",
                )


class RuleCollectionGroup(Child):
    """Rule collections with one priority, as a resource of its own; it is kept in its policy."""

    kind = f"{FirewallPolicy.kind}/{GROUPS}"
    model = "FirewallPolicyRuleCollectionGroup"
    operations = "FirewallPolicyRuleCollectionGroups"
    collection = GROUPS

    def kept(self, session: Session, key: ResourceId, body: Body, parent: Body) -> Body:
        """Return the group as it is kept in its policy, after looking up the IP groups."""
        check_name(key.name)
        properties = {"ruleCollections": [], **(body.get("properties") or {}), "provisioningState": "Succeeded"}
        found = {"id": str(key), "name": key.name, "type": self.kind, "etag": etag(), "properties": properties}
        check_priority(f"Rule collection group {key.name}", properties.get("priority"))
        collections = properties["ruleCollections"]
        check_collections(key.name, collections)
        for collection in collections:
            for name in dict.fromkeys(ip_groups_of(collection["rules"])):
                session.refer(str(key), {"id": name}, IpGroup.kind)
        _check_in_policy(found, parent)
        properties["size"] = megabytes(size_of(collections))
        return found

    def settle(self, session: Session, key: ResourceId, parent: Body, old: Body | None, new: Body) -> None:
        """Check the limits of the whole policy."""
        del session, key, old, new
        check_limits(parent["id"], parent["properties"][GROUPS])

    def holds(self, key: ResourceId) -> ResourceId:
        """Return the policy: Azure changes one of its groups at a time."""
        return key.parent
