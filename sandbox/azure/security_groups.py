"""Network security groups, their rules, and application security groups of the emulated Azure.

Owns that a PUT of a group sets all its rules, that a rule of its own is a part of its group, and that a group in use
stays. `rules` checks what the rules say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.errors import ArmError, bad
from sandbox.azure.rules import SIDES, check_rule, check_rules
from sandbox.azure.session import Body, Child, Located, Session, etag

if TYPE_CHECKING:
    from sandbox.azure.ids import ResourceId

APPLICATION_GROUPS = "Microsoft.Network/applicationSecurityGroups"
#: What Azure shows of a rule although nobody gave it.
LISTS = ("sourceAddressPrefixes", "destinationAddressPrefixes", "sourcePortRanges", "destinationPortRanges")
#: The rules every group has: name, direction, access, priority, source, destination.
DEFAULT_RULES = (
    ("AllowVnetInBound", "Inbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", "Inbound", "Allow", 65001, "AzureLoadBalancer", "*"),
    ("DenyAllInBound", "Inbound", "Deny", 65500, "*", "*"),
    ("AllowVnetOutBound", "Outbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", "Outbound", "Allow", 65001, "*", "Internet"),
    ("DenyAllOutBound", "Outbound", "Deny", 65500, "*", "*"),
)


def _kept(session: Session, key: ResourceId, rule: Body, group: Body) -> Body:
    """Return a rule as it is kept in its group, after looking up what it refers to."""
    properties: Body = {**{name: [] for name in LISTS}, **rule["properties"], "provisioningState": "Succeeded"}
    found = {"id": str(key), "name": key.name, "type": SecurityRule.kind, "etag": etag(), "properties": properties}
    check_rule(found)
    for side in SIDES:
        for item in properties.get(f"{side}ApplicationSecurityGroups") or []:
            session.refer(str(key), item, APPLICATION_GROUPS, group["location"])
    return found


class NetworkSecurityGroup(Located):
    """A group with all its rules, in the order in which they were given."""

    kind = "Microsoft.Network/networkSecurityGroups"
    model = "NetworkSecurityGroup"
    operations = "NetworkSecurityGroups"

    def settle(self, session: Session, key: ResourceId, body: Body, old: Body | None) -> None:
        """Check the rules; those that are not in the request go."""
        del old
        properties = body["properties"]
        given = properties.get("securityRules") or []
        for rule in given:
            if not rule.get("name"):
                raise bad("MissingNameForResource", f"A security rule of {key} has no name.")  # the code is ours
        rules = [_kept(session, key.child("securityRules", rule["name"]), rule, body) for rule in given]
        check_rules(str(key), rules)
        properties["securityRules"] = rules

    def show(self, session: Session, key: ResourceId, body: Body) -> None:
        """Add the default rules, and where the group is used."""
        properties = body["properties"]
        properties["defaultSecurityRules"] = [_default(key, rule) for rule in DEFAULT_RULES]
        users = session.users(key)
        for name, part in (("subnets", "/subnets/"), ("networkInterfaces", "/networkinterfaces/")):
            if found := [{"id": user} for user in users if part in user.lower()]:
                properties[name] = found

    def in_use(self, key: ResourceId, users: list[str]) -> ArmError:
        """Name the subnets and interfaces."""
        return bad(
            "InUseNetworkSecurityGroupCannotBeDeleted",
            f"Network security group {key} cannot be deleted because it is in use by the following resources: "
            f"{', '.join(users)}. In order to delete the Network security group, remove the association with the "
            "resource(s). To learn how to do this, see aka.ms/deletensg.",
        )


def _default(key: ResourceId, rule: tuple[str, str, str, int, str, str]) -> Body:
    name, direction, access, priority, source, to = rule
    properties: dict[str, Any] = {
        **{name: [] for name in LISTS},
        "access": access,
        "description": f"{access} rule that every group has",
        "destinationAddressPrefix": to,
        "destinationPortRange": "*",
        "direction": direction,
        "priority": priority,
        "protocol": "*",
        "provisioningState": "Succeeded",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
    }
    kind = f"{NetworkSecurityGroup.kind}/defaultSecurityRules"
    return {"id": f"{key}/defaultSecurityRules/{name}", "name": name, "type": kind, "properties": properties}


class SecurityRule(Child):
    """A rule as a resource of its own; it is kept in its group."""

    kind = "Microsoft.Network/networkSecurityGroups/securityRules"
    model = "SecurityRule"
    operations = "SecurityRules"
    collection = "securityRules"

    def kept(self, session: Session, key: ResourceId, body: Body, parent: Body) -> Body:
        """Return the rule as it is kept in its group."""
        return _kept(session, key, body, parent)

    def settle(self, session: Session, key: ResourceId, parent: Body, old: Body | None, new: Body) -> None:
        """Check that at every moment all rules of a group fit together."""
        del session, key, old
        rules = parent["properties"]["securityRules"]
        # Azure names the rule that was there first, so the new one is compared last.
        check_rules(parent["id"], [*(rule for rule in rules if rule is not new), new])


class ApplicationSecurityGroup(Located):
    """A name that network interfaces wear."""

    kind = APPLICATION_GROUPS
    model = "ApplicationSecurityGroup"
    operations = "ApplicationSecurityGroups"

    def in_use(self, key: ResourceId, users: list[str]) -> ArmError:
        """Name the rules and interfaces; the code is ours."""
        words = ", ".join(users)
        return bad(
            "InUseApplicationSecurityGroupCannotBeDeleted",
            f"Application Security Group {key} cannot be deleted because it is referenced by {words}.",
        )
