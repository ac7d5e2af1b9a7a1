"""The Secure Web Proxy part of an egress policy: URL lists, a gateway security policy unless one is given, its rules.

Owns the checks of the proxy's arguments, and the resources. Does not own the proxy itself (gateway, certificate,
subnet, routes): the policy is plugged into it by its id.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp import networksecurity

from ws_network.deployment import MachineMark, Target
from ws_network.errors import UserError
from ws_network.findings import Finding
from ws_network.gcp.components.places import PolicyPlace, read_place
from ws_network.gcp.components.rules import POLICY_DESCRIPTION, Planned, Resources, unseen
from ws_network.gcp.egress import ProxyRule, WebProxyRendering, proxy_band, render, session_matcher
from ws_network.gcp.limits import AUTOMATIC_LENGTH
from ws_network.gcp.render import resource_name
from ws_network.plan import Plan, settle
from ws_network.program import given_id, plan_of, stop_on_errors, user_errors

LOCATION = "web_proxy_location"
POLICY = "gateway_security_policy"
FIRST = "web_proxy_first_priority"
"""The arguments that are about the proxy."""

_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_POLICY_ID = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/gatewaySecurityPolicies/(?P<name>[^/]+)"
)


@dataclass(frozen=True)
class PlannedProxy:
    """What the arguments about the proxy come to."""

    plan: Plan
    rendering: WebProxyRendering
    findings: tuple[Finding, ...]


def planned_proxy(args: Mapping[str, Any], what: Planned) -> PlannedProxy | None:
    """Return the proxy's plan, its rendering and all findings; None where the arguments ask for no proxy.

    Args:
        args: The arguments of the component.
        what: What they come to without the proxy.

    Raises:
        UserError: the arguments cannot be used, or the plan must not be deployed.
    """
    location = args.get(LOCATION)
    if location is None:
        for key in (POLICY, FIRST):
            if key in args:
                raise UserError(f"{key} is about a web proxy: give its region as {LOCATION}, or remove {key}.")
        return None
    if not _REGION.fullmatch(location):
        raise UserError(f"{LOCATION} is '{location}': write the region of the proxy, as europe-west3.")
    if isinstance(args.get(POLICY), str) and args[POLICY]:  # an empty one is said where ids are read
        project = args.get("project")
        _adopted(args[POLICY], location, project if isinstance(project, str) else None)
    band = proxy_band(args.get(FIRST))
    marks = {role: mark for role, (mark, _) in what.marks.items()}
    plan = plan_of(args, Target.GCP_SECURE_WEB_PROXY, (), marks)
    rendering = render(plan, band=band)
    more = [unseen(POLICY, "gateway security policy", band)] if POLICY in args else []
    # A role that the proxy has nothing for has its rules in the firewall policy, whose findings tell if not.
    told = [entry for entry in plan.findings if entry.code != "nothing-required"]
    findings = settle(plan.deployment, [*told, *rendering.findings, *more])
    stop_on_errors(findings)
    if not rendering.rules:
        raise UserError(f"{LOCATION} has no host name to admit: leave it out.")
    return PlannedProxy(plan, rendering, findings)


def _adopted(text: str, location: str, project: str | None) -> PolicyPlace:
    """Return the policy that is given by name or id, where it may be the proxy's.

    Args:
        text: Its name or id.
        location: Region of the proxy.
        project: The argument of that name, where it is given and known.

    Raises:
        UserError: it is none of the region, or in another project.
    """
    found = _POLICY_ID.fullmatch(text)
    if found is not None and found["location"] != location:
        raise UserError(f"{POLICY} is in {found['location']} and {LOCATION} says {location}: give the same region.")
    example = f"projects/my-project/locations/{location}/gatewaySecurityPolicies/my-policy"
    return read_place(POLICY, text, found, project, f": give its name, or its id as {example}.")


class WebProxy:
    """Makes the resources of the proxy's policy: lists, policy, rules."""

    def __init__(
        self, name: str, component: pulumi.Resource, args: Mapping[str, Any], what: PlannedProxy, firewall: Resources
    ) -> None:
        """Make all of them.

        Args:
            name: What the names of the resources begin with.
            component: Whose children they are.
            args: The arguments of the component.
            what: What they come to.
            firewall: Where the project and the marks of the roles come from.
        """
        self._name = name
        self._location: str = args[LOCATION]
        self._project: pulumi.Output[Any] | None = firewall.project
        self._firewall = firewall
        self._opts = pulumi.ResourceOptions(parent=component)
        if POLICY in args:
            self.policy_id = given_id(name, POLICY, args[POLICY])
            place = pulumi.Output.all(self.policy_id, firewall.project).apply(self._place)
            self.policy_name = place.apply(lambda found: found.name)
            self._project = place.apply(lambda found: found.project or None)
        self.lists: dict[str, pulumi.Output[str]] = {
            key: networksecurity.UrlList(
                self._named(key),
                location=self._location,
                values=found["values"],
                description=POLICY_DESCRIPTION,
                project=self._project,
                opts=self._opts,
            ).id
            for key, found in what.rendering.url_lists.items()
        }
        if POLICY not in args:
            own = networksecurity.GatewaySecurityPolicy(
                self._named(),
                location=self._location,
                description=POLICY_DESCRIPTION,
                project=self._project,
                opts=self._opts,
            )
            self.policy_id, self.policy_name = own.id, own.name
        for key, rule in what.rendering.rules.items():
            self._rule(key, rule)

    def _named(self, *words: str) -> str:
        """Return the name of a resource. The region is in it: what moves to another has to be another resource."""
        return resource_name("-".join((self._name, self._location, *words)), AUTOMATIC_LENGTH)

    def _place(self, found: list[Any]) -> PolicyPlace:
        with user_errors(self._name):
            policy, project = found
            return _adopted(policy, self._location, project)

    def _rule(self, key: str, rule: ProxyRule) -> None:
        mark = MachineMark(rule["source"]["mark"])
        marks = self._firewall.marks_of(rule["role"])
        lists = [self.lists[name] for name in rule["url_lists"]]

        def matcher(found: list[str]) -> str:
            try:
                return session_matcher(mark, found[: len(marks)], rule["ports"], found[len(marks) :])
            except UserError as error:
                raise pulumi.RunError(f"{self._name}: {error}") from None

        networksecurity.GatewaySecurityPolicyRule(
            self._named(rule.get("resource", key)),
            gateway_security_policy=self.policy_name,
            location=self._location,
            description=rule["description"],
            priority=rule["priority"],
            enabled=rule["enabled"],
            basic_profile=rule["basic_profile"],
            session_matcher=pulumi.Output.all(*marks, *lists).apply(matcher),
            project=self._project,
            opts=self._opts,
        )
