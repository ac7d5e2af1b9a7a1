"""What the site and the role have in common: where their rules live, whose machines they are for, and the resources.

Owns the marks of roles, and the order of resources: groups, rules that allow, rules that deny the rest, and
the association of an own policy last, so that nothing is cut off half way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp import compute

from ws_network.deployment import MachineMark, Target
from ws_network.deployment.parts import NetworkTag, SecureTag, ServiceAccount
from ws_network.errors import UserError
from ws_network.findings import Finding, finding
from ws_network.gcp import priorities
from ws_network.gcp.components.address_groups import GcpAddressGroups, checked_labels, checked_parent
from ws_network.gcp.components.places import PolicyPlace, check_place, policy_at, provider_project
from ws_network.gcp.limits import AUTOMATIC_LENGTH
from ws_network.gcp.render import FirewallRule, GcpRendering, Reference, render, resource_name
from ws_network.plan import Plan, settle
from ws_network.priorities import Band
from ws_network.program import check_forms, given_id, known_keys, plan_of, stop_on_errors, user_errors

POLICY_DESCRIPTION = "Workload Security (ws_network)"
"""Description of an own policy. Constant: the provider cannot change it together with rules."""

MARK_ARGUMENTS: Mapping[MachineMark, str] = {
    MachineMark.SECURE_TAG: "role_secure_tags",
    MachineMark.SERVICE_ACCOUNT: "role_service_accounts",
    MachineMark.NETWORK_TAG: "role_network_tags",
}
"""Under which argument the marks of each kind are given."""

FORMS = {
    "role_secure_tags": SecureTag,
    "role_service_accounts": ServiceAccount,
    "role_network_tags": NetworkTag,
    "peer_secure_tag_ids": SecureTag,
}
"""What the marks of each argument look like."""


@dataclass(frozen=True)
class Planned:
    """What the arguments of a component come to."""

    plan: Plan
    rendering: GcpRendering
    findings: tuple[Finding, ...]
    labels: Mapping[str, str]
    marks: Mapping[str, tuple[MachineMark, pulumi.Input[str]]]
    """Those that the arguments give, by role."""


@dataclass(frozen=True)
class Made:
    """What there is when all resources are registered."""

    policy_id: pulumi.Output[str]
    policy_name: pulumi.Output[str]
    groups: Mapping[str, pulumi.Output[str]]


def planned(args: Mapping[str, Any], part: Callable[[Plan], Plan] = lambda plan: plan) -> Planned:
    """Return the plan of component arguments, its rendering, and all findings.

    Args:
        args: The arguments.
        part: What of the plan is deployed; all of it unless told.

    Raises:
        UserError: the arguments cannot be used, or the plan must not be deployed.
    """
    vpc = args.get("vpc_firewall", False)
    check_place(args, vpc=vpc)
    marks = _given_marks(args)
    target = Target.GCP_VPC_FIREWALL if vpc else Target.GCP_FIREWALL_POLICY
    plan = plan_of(args, target, args.get("peer_secure_tag_ids", {}), {role: mark for role, (mark, _) in marks.items()})
    for mark, argument in MARK_ARGUMENTS.items():
        known_keys(argument, args.get(argument, {}), plan.roles)
        for role, found in plan.deployment.machines.items():
            if found.given is mark and role not in marks:
                raise UserError(f"machines.{role} says given: {mark}: give {argument}['{role}'], or the marks there.")
    check_forms(args, FORMS)
    plan = part(plan)
    band = (priorities.vpc_band if vpc else priorities.band)(args.get("first_priority"), args.get("last_priority"))
    rendering = render(
        plan,
        band=band,
        address_groups=args.get("address_groups", True),
        logging=args.get("logging", False),
    )
    more = [unseen("firewall_policy", "firewall policy", band)] if "firewall_policy" in args else []
    findings = (*plan.findings, *rendering.findings, *settle(plan.deployment, more))
    stop_on_errors(findings)
    labels = checked_labels(plan.deployment.tags, "tags") if rendering.address_groups else {}
    return Planned(plan, rendering, findings, labels, marks)


def _given_marks(args: Mapping[str, Any]) -> dict[str, tuple[MachineMark, pulumi.Input[str]]]:
    """Return the marks that the arguments give, by role."""
    out: dict[str, tuple[MachineMark, pulumi.Input[str]]] = {}
    for mark, argument in MARK_ARGUMENTS.items():
        for role, value in args.get(argument, {}).items():
            if role in out:
                raise UserError(
                    f"{MARK_ARGUMENTS[out[role][0]]} and {argument} both give {role}, and a rule of GCP finds its "
                    "machines by one kind of mark: remove one of the two."
                )
            out[role] = (mark, value)
    return out


def unseen(argument: str, what: str, band: Band) -> Finding:
    """Return the finding that the rest of a policy that exists is not read.

    Args:
        argument: What gives the policy.
        what: What kind of policy it is.
        band: Where ours are.
    """
    text = f"what else the {what} has between the priorities {band.first} and {band.last} is not looked at."
    return finding("foreign-priorities-unseen", argument, text)


class RoleRules(pulumi.ComponentResource):
    """The rules of one role. They come when the policy, the groups and every role are there."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the component alone."""
        super().__init__("ws-network:index:GcpRoleFirewall", name, {}, opts)


def of_all_roles(name: str, component: pulumi.Resource, args: Mapping[str, Any], what: Planned) -> "Resources":
    """Make a component for each role that has rules, and the resources of all of them.

    Args:
        name: Of the component.
        component: Whose children they are.
        args: The arguments of the component.
        what: What they come to.
    """
    roles = {
        role: RoleRules(f"{name}-{role}", pulumi.ResourceOptions(parent=component))
        for role in sorted({rule["role"] for rule in what.rendering.rules.values()})
    }
    resources = Resources(name, component, args, what, roles)
    for role in roles.values():
        role.register_outputs({})
    return resources


class Resources:
    """Makes the resources of a component, in the order that cuts nothing off."""

    def __init__(
        self,
        name: str,
        component: pulumi.Resource,
        args: Mapping[str, Any],
        what: Planned,
        roles: Mapping[str, pulumi.Resource],
    ) -> None:
        """Make all of them.

        Args:
            name: What the names of the resources begin with.
            component: Whose children the policy and the groups are.
            args: The arguments of the component.
            what: What they come to.
            roles: Whose children the rules of each role are; other roles are left out.
        """
        self._name = name
        self._args = args
        self._deployment = what.plan.deployment
        self._marks = what.marks
        self.project = given_id(name, "project", args["project"]) if "project" in args else None
        self._vpc = args.get("vpc_firewall", False)
        rules = {key: rule for key, rule in what.rendering.rules.items() if rule["role"] in roles}
        own = None if self._vpc or "firewall_policy" in args else self._policy(component)
        self._place = self._adopted() if "firewall_policy" in args else None
        self._policy_name = self._name_of_policy(own)
        self._groups = self._address_groups(component, own, what, rules)
        made: dict[str, pulumi.Resource] = {}
        allowing = [key for key, rule in rules.items() if not _denies(rule)]
        for key, rule in sorted(rules.items(), key=_turn):
            # A rule that denies the rest waits for all that allow: machines may wear the marks of two roles.
            waits = allowing if _denies(rule) else rule.get("after", [])
            made[key] = self._rule(key, rule, roles[rule["role"]], [made[other] for other in waits])
        if own is not None:
            self._bind(component, own, list(made.values()))
        if self._vpc:
            policy_id = pulumi.Output.from_input("")
        else:
            policy_id = own.id if own is not None else given_id(name, "firewall_policy", args["firewall_policy"])
        self.made = Made(policy_id, self._policy_name, self._groups)
        self.rule_count = len(rules)

    def _policy(self, component: pulumi.Resource) -> compute.NetworkFirewallPolicy:
        return compute.NetworkFirewallPolicy(
            resource_name(self._name, AUTOMATIC_LENGTH),
            description=POLICY_DESCRIPTION,
            project=self.project,
            opts=pulumi.ResourceOptions(parent=component),
        )

    def _adopted(self) -> pulumi.Output[PolicyPlace]:
        """Return the policy that is given by its name or id."""

        def place(found: list[str | None]) -> PolicyPlace:
            with user_errors(self._name):
                return policy_at(str(found[0]), found[1])

        return pulumi.Output.all(
            given_id(self._name, "firewall_policy", self._args["firewall_policy"]), self.project
        ).apply(place)

    def _name_of_policy(self, own: compute.NetworkFirewallPolicy | None) -> pulumi.Output[str]:
        if self._place is not None:
            return self._place.apply(lambda place: place.name)
        return own.name if own is not None else pulumi.Output.from_input("")

    def _address_groups(
        self,
        component: pulumi.Resource,
        own: compute.NetworkFirewallPolicy | None,
        what: Planned,
        rules: Mapping[str, FirewallRule],
    ) -> dict[str, pulumi.Output[str]]:
        """Return the ids of the groups that the rules name, by key."""
        used = {end["key"] for rule in rules.values() for end in _groups_of(rule) if "key" in end}
        groups = {key: group for key, group in what.rendering.address_groups.items() if key in used}
        if not groups:
            return {}
        return GcpAddressGroups(
            self._name,
            {
                "cidrs": {key: group["items"] for key, group in groups.items()},
                "capacities": {key: group["capacity"] for key, group in groups.items()},
                "parent": self._group_parent(component, own),
                "labels": dict(what.labels),
            },
            pulumi.ResourceOptions(parent=component),
        ).ids

    def _group_parent(
        self, component: pulumi.Resource, own: compute.NetworkFirewallPolicy | None
    ) -> pulumi.Output[str]:
        """Return where the groups are made: as told, else in the project of the policy."""
        if "address_group_parent" in self._args:
            what = "address_group_parent"
            return given_id(self._name, what, self._args[what]).apply(lambda text: self._parent_of_groups(text, what))
        if own is not None:
            project = own.project if self.project is None else self.project
            return project.apply(lambda text: f"projects/{text}")

        def parent(found: list[Any]) -> str:
            place, usual = found
            project = place.project or usual
            if not project:
                raise pulumi.RunError(
                    f"{self._name}: project is missing: neither firewall_policy nor the provider names one, and the "
                    "address groups need it, so give project, or address_group_parent as projects/my-project."
                )
            return f"projects/{project}"

        return pulumi.Output.all(self._place, provider_project(component)).apply(parent)

    def _parent_of_groups(self, text: str, what: str) -> str:
        with user_errors(self._name):
            return checked_parent(text, what)

    def _bind(
        self, component: pulumi.Resource, own: compute.NetworkFirewallPolicy, rules: list[pulumi.Resource]
    ) -> None:
        """Bind the policy to the network when all of its rules are there.

        The name is given, not made up: a network has one policy, so where the association is replaced, the old one has
        to go first.
        """
        compute.NetworkFirewallPolicyAssociation(
            self._name,
            name=resource_name(self._name),
            firewall_policy=own.name,
            attachment_target=given_id(self._name, "network", self._args["network"]),
            project=self.project,
            opts=pulumi.ResourceOptions(parent=component, depends_on=rules),
        )

    def _rule(
        self, key: str, rule: FirewallRule, parent: pulumi.Resource, waits: list[pulumi.Resource]
    ) -> pulumi.Resource:
        opts = pulumi.ResourceOptions(parent=parent, depends_on=waits or None)
        name = f"{self._name}-{key}"
        if "resource" in rule:
            opts.aliases = [pulumi.Alias(name=name)]  # its name in 0.1.0
            name = f"{self._name}-{rule['resource']}"
        return self._vpc_rule(name, rule, opts) if self._vpc else self._policy_rule(name, rule, opts)

    def _policy_rule(self, name: str, rule: FirewallRule, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        match: dict[str, Any] = {
            "layer4_configs": [
                compute.NetworkFirewallPolicyRuleMatchLayer4ConfigArgs(
                    ip_protocol=config["ip_protocol"], ports=config.get("ports")
                )
                for config in rule["layer4_configs"]
            ],
            **{
                field: [self._group(end) for end in ends]
                for field in ("src_address_groups", "dest_address_groups")
                if (ends := _ends(rule, field))
            },
            **{field: rule[field] for field in ("src_ip_ranges", "dest_ip_ranges", "dest_fqdns") if field in rule},
        }
        if sources := self._sources(rule, "src_secure_tags"):
            match["src_secure_tags"] = [
                compute.NetworkFirewallPolicyRuleMatchSrcSecureTagArgs(name=tag) for tag in sources
            ]
        return compute.NetworkFirewallPolicyRule(
            name,
            firewall_policy=self._policy_name,
            rule_name=rule["rule_name"],
            description=rule["description"],
            priority=rule["priority"],
            direction=rule["direction"],
            action=rule["action"],
            enable_logging=rule["enable_logging"],
            match=compute.NetworkFirewallPolicyRuleMatchArgs(**match),
            project=self.project if self._place is None else self._place.apply(lambda place: place.project or None),
            opts=opts,
            **self._targets(rule),
        )

    def _targets(self, rule: FirewallRule) -> dict[str, Any]:
        """Return the one property that says which machines a rule of a policy is for."""
        marks = self.marks_of(rule["targets"]["role"])
        if rule["targets"]["mark"] == MachineMark.SERVICE_ACCOUNT:
            return {"target_service_accounts": marks}
        tags = [compute.NetworkFirewallPolicyRuleTargetSecureTagArgs(name=mark) for mark in marks]
        return {"target_secure_tags": tags}

    def _vpc_rule(self, name: str, rule: FirewallRule, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        by_account = rule["targets"]["mark"] == MachineMark.SERVICE_ACCOUNT
        targets = self.marks_of(rule["targets"]["role"])
        more: dict[str, Any] = {
            "target_service_accounts" if by_account else "target_tags": targets,
            "source_ranges": rule.get("src_ip_ranges"),
            "destination_ranges": rule.get("dest_ip_ranges"),
            "source_tags": self._sources(rule, "src_network_tags") or None,
            "source_service_accounts": self._sources(rule, "src_service_accounts") or None,
        }
        if "allows" in rule:
            more["allows"] = [
                compute.FirewallAllowArgs(protocol=item["protocol"], ports=item.get("ports")) for item in rule["allows"]
            ]
        else:
            more["denies"] = [compute.FirewallDenyArgs(protocol=item["protocol"]) for item in rule["denies"]]
        if rule["enable_logging"]:
            more["log_config"] = compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA")
        return compute.Firewall(
            resource_name(name, AUTOMATIC_LENGTH),
            network=given_id(self._name, "network", self._args["network"]),
            description=rule["description"],
            direction=rule["direction"],
            priority=rule["priority"],
            project=self.project,
            opts=opts,
            **{key: value for key, value in more.items() if value is not None},
        )

    def _group(self, end: Reference) -> pulumi.Input[str]:
        return self._groups[end["key"]] if "key" in end else end["id"]

    def _sources(self, rule: FirewallRule, field: str) -> list[pulumi.Input[str]]:
        """Return the marks that a rule names as its sources."""
        out: dict[str | int, pulumi.Input[str]] = {}
        for end in _ends(rule, field):
            for given, mark in self._marks_behind(end):
                out.setdefault(given if isinstance(given, str) else id(given), mark)  # machines of two roles share some
        return list(out.values())

    def _marks_behind(self, end: Reference) -> Iterator[tuple[Any, pulumi.Input[str]]]:
        """Yield the marks that a source stands for: as they were given, and as they are sent."""
        if "role" in end:
            role = end["role"]
            given = [self._marks[role][1]] if role in self._marks else self._deployment.machines[role].marks
            yield from zip(given, self.marks_of(role), strict=True)
        elif "input" in end:
            value = self._args["peer_secure_tag_ids"][end["input"]]
            yield value, given_id(self._name, f"peer_secure_tag_ids['{end['input']}']", value)
        else:
            yield end["id"], end["id"]

    def marks_of(self, role: str) -> list[pulumi.Input[str]]:
        """Return the marks of a role's machines: given by the arguments, else by the deployment."""
        if role in self._marks:
            mark, value = self._marks[role]
            return [given_id(self._name, f"{MARK_ARGUMENTS[mark]}['{role}']", value)]
        return list(self._deployment.machines[role].marks)


def _turn(item: tuple[str, FirewallRule]) -> tuple[bool, int, str]:
    """Return when a rule is made: after those that it waits for."""
    key, rule = item
    return _denies(rule), len(rule.get("after", [])), key


def _denies(rule: FirewallRule) -> bool:
    return rule.get("action") == "deny" or "denies" in rule


def _ends(rule: FirewallRule, field: str) -> Iterable[Reference]:
    found: Iterable[Reference] = rule.get(field, [])  # type: ignore[assignment]  # the field is not known to mypy
    return found


def _groups_of(rule: FirewallRule) -> Iterable[Reference]:
    return (*rule.get("src_address_groups", []), *rule.get("dest_address_groups", []))
