"""`gcp.compute.NetworkFirewallPolicy` and `NetworkFirewallPolicyAssociation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.gcp.resources.base import DELETION_POLICY, NAME, PROJECT, GcpResource, given, last
from sandbox.resource import Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

API = "compute.networkFirewallPolicies"


class NetworkFirewallPolicy(GcpResource):
    """A policy without its rules."""

    token = "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy"
    title = "NetworkFirewallPolicy"
    form = "projects/{project}/global/firewallPolicies/{name}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str),
        "name": NAME,
        "policyType": Input(str, computed=True, replaces=True),
        "project": PROJECT,
    }
    outputs = (
        "creationTimestamp",
        "fingerprint",
        "networkFirewallPolicyId",
        "ruleTupleCount",
        "selfLink",
        "selfLinkWithId",
    )

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Insert it."""
        project = news["project"]
        body = given(news, ("name", "description", "policyType"))
        cloud.call(f"{API}.insert", body, account=project, project=project)
        return self.key(project=project, name=news["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return the policy."""
        del known
        found = _get(cloud, parts["project"], parts["name"])
        kept = ("creationTimestamp", "description", "fingerprint", "name", "policyType", "ruleTupleCount", "selfLink")
        return {
            **{name: found[name] for name in kept if name in found},
            "networkFirewallPolicyId": found["id"],
            "selfLinkWithId": found["selfLinkWithId"],
        }

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return the fingerprint, which every update renews."""
        del old, news
        return ("fingerprint",)

    def update_from(self, cloud: GcpCloud, key: str, state: Properties, old: Properties, news: Properties) -> None:
        """Change the description, under the fingerprint of the last state: rules added since have made it stale."""
        del old
        parts = self.parts(key)
        body = {"description": news.get("description", ""), "fingerprint": state["fingerprint"]}
        cloud.call(
            f"{API}.patch", body, account=parts["project"], project=parts["project"], firewallPolicy=parts["name"]
        )

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete the policy, and its rules with it."""
        del state
        project = parts["project"]
        cloud.call(f"{API}.delete", account=project, project=project, firewallPolicy=parts["name"])


def _get(cloud: GcpCloud, project: str, policy: str) -> Properties:
    return cloud.call(f"{API}.get", account=project, project=project, firewallPolicy=policy)


class NetworkFirewallPolicyAssociation(GcpResource):
    """What binds a policy to a network: every change makes a new one."""

    token = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
    title = "NetworkFirewallPolicyAssociation"
    form = "projects/{project}/global/firewallPolicies/{firewallPolicy}/associations/{name}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "attachmentTarget": Input(str, required=True, replaces=True),
        "deletionPolicy": DELETION_POLICY,
        "firewallPolicy": Input(str, required=True, replaces=True),
        "name": NAME,
        "project": PROJECT,
    }
    outputs = ("shortName",)

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Add it; the real provider does not ask to replace one that is there."""
        project, policy = news["project"], last(news["firewallPolicy"])
        body = {"name": news["name"], "attachmentTarget": news["attachmentTarget"]}
        cloud.call(f"{API}.addAssociation", body, account=project, project=project, firewallPolicy=policy)
        return self.key(project=project, firewallPolicy=policy, name=news["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return it; the API answers one that is not there with error 400, on which a refresh fails."""
        del known
        project, policy = parts["project"], parts["firewallPolicy"]
        found = cloud.call(
            f"{API}.getAssociation", account=project, project=project, firewallPolicy=policy, name=parts["name"]
        )
        kept = {name: found[name] for name in ("attachmentTarget", "name", "shortName")}
        return {**kept, "firewallPolicy": policy}

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Remove it: the network is without a policy."""
        del state
        cloud.call(
            f"{API}.removeAssociation",
            account=parts["project"],
            project=parts["project"],
            firewallPolicy=parts["firewallPolicy"],
            name=parts["name"],
        )
