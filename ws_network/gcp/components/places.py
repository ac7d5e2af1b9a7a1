"""Where rules live: in which policy of which project, or in a VPC, and where the address groups of a policy are.

Owns the checks of those arguments, how the id of a policy is read, and which project a provider works in. Does not own
resources (`ws_network.gcp.components.rules`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp

from ws_network.errors import UserError
from ws_network.gcp.components.address_groups import checked_parent
from ws_network.gcp.limits import NAME_PATTERN

_POLICY_ID = re.compile(
    r"(https://(www|compute)\.googleapis\.com/compute/[a-z0-9]+/)?"
    r"(projects/(?P<project>[a-z0-9.:-]+)/)?global/firewallPolicies/(?P<name>[^/]+)"
)
"""What the id of a global network firewall policy looks like, and its URL (compute.v1 API, networkFirewallPolicies)."""

_OF_GROUPS = ("address_group_location", "address_group_parent")

_IN_NO_VPC: Mapping[str, str] = {
    "firewall_policy": "its rules live in no policy",
    "peer_secure_tag_ids": "its rules name no secure tag: say network_tags under peers",
    "address_groups": "its rules hold ranges only",
    **dict.fromkeys(_OF_GROUPS, "its rules hold ranges only"),
}
"""Arguments that mean nothing for rules of a VPC, and why."""


@dataclass(frozen=True, slots=True)
class PolicyPlace:
    """A policy that exists."""

    name: str
    project: str
    """Empty where nothing but the provider tells it."""


def check_place(args: Mapping[str, Any], *, vpc: bool) -> None:
    """Raise where the arguments do not say one place for the rules, or one for address groups that there are not.

    Args:
        args: The arguments of a component.
        vpc: Whether the rules are those of a VPC.

    Raises:
        UserError: says which argument to give, to change or to remove.
    """
    for key, why in _IN_NO_VPC.items() if vpc else ():
        if args.get(key):
            raise UserError(f"vpc_firewall is true, so {key} means nothing ({why}): remove one of the two.")
    if "firewall_policy" in args and "network" in args:
        raise UserError(
            "firewall_policy is a policy that is yours, and nothing binds it here, so network means nothing: remove "
            "one of the two."
        )
    if "firewall_policy" not in args and "network" not in args:
        what = "of the rules" if vpc else "that the new policy is for, or firewall_policy with one that exists"
        raise UserError(f"network is missing: give the VPC network {what}.")
    policy, project = args.get("firewall_policy"), args.get("project")
    if isinstance(policy, str) and policy:  # an empty id is said where ids are read
        policy_at(policy, project if isinstance(project, str) else None)
    for key in _OF_GROUPS:
        if key in args and not args.get("address_groups", True):
            raise UserError(f"address_groups is false, so {key} means nothing: remove one of the two.")
    location = args.get("address_group_location", "global")
    if location != "global":
        raise UserError(
            f"address_group_location is '{location}', and rules of a global policy take global address groups: write "
            "global, or remove it."
        )
    if isinstance(args.get("address_group_parent"), str):
        checked_parent(args["address_group_parent"], "address_group_parent")


def policy_at(text: str, project: str | None) -> PolicyPlace:
    """Return the policy of a name or id.

    Args:
        text: `theirs`, `projects/hub/global/firewallPolicies/theirs`, or that as a URL.
        project: The argument of that name, where it is given and known.

    Raises:
        UserError: it is no global network firewall policy, as one of a region or of an organization; or it is in
            another project than the argument says.
    """
    wrong = (
        ", which is no global network firewall policy: give its name, or its id as "
        "projects/my-project/global/firewallPolicies/my-policy."
    )
    return read_place("firewall_policy", text, _POLICY_ID.fullmatch(text), project, wrong)


def read_place(argument: str, text: str, found: re.Match[str] | None, project: str | None, wrong: str) -> PolicyPlace:
    """Return the policy that an argument gives.

    Args:
        argument: What gives the policy.
        text: Its name or id.
        found: The id's `project` and `name`; None where the text is no id, and so has to be a name.
        project: The argument `project`; None where it is not given.
        wrong: The end of the sentence for a text that is neither.

    Raises:
        UserError: the text is neither, or the argument `project` and the id name two projects: rules would be made in
            another policy of the same name, or be refused.
    """
    name = found["name"] if found else text
    if not NAME_PATTERN.fullmatch(name):
        raise UserError(f"{argument} is '{text}'{wrong}")
    place = PolicyPlace(name, (found["project"] if found else None) or project or "")
    if project and place.project != project:
        raise UserError(
            f"{argument} is in the project {place.project} and project is {project}: remove project, or give the same "
            "in both."
        )
    return place


def provider_project(component: pulumi.Resource) -> pulumi.Input[str | None]:
    """Return the project that the provider of a component's children works in; None where nothing tells it.

    The configuration is that of the default provider: one that the program gives has a project of its own.
    """
    provider = component.get_provider("gcp:networksecurity/addressGroup:AddressGroup")
    return gcp.config.project if provider is None else getattr(provider, "project", None)
