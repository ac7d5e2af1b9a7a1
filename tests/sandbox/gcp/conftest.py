"""Fixtures of the tests that talk to the emulated GCP without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.gcp.account import Account
from sandbox.gcp.provider import GcpProvider
from tests.sandbox.wire import Wire

if TYPE_CHECKING:
    from pathlib import Path

POLICIES = "compute.networkFirewallPolicies"
GROUPS = "networksecurity.projects.locations.addressGroups"
TAGS = "cloudresourcemanager"
LOCATIONS = "networksecurity.projects.locations"
PROJECT = "probe-123456"
REGION = f"projects/{PROJECT}/locations/europe-west3"


class Gcp(Account):
    """A project, with short words for what the tests do often."""

    def network(self, name: str = "main", **more: Any) -> str:
        """Create a network and return its path."""
        self.call("compute.networks.insert", {"name": name, "autoCreateSubnetworks": False, **more})
        return f"projects/{self.project}/global/networks/{name}"

    def policy(self, name: str = "pol") -> str:
        """Create a policy and return its name."""
        self.call(f"{POLICIES}.insert", {"name": name})
        return name

    def rule(self, policy: str = "pol", /, **more: Any) -> None:
        """Add a rule: one that the cloud takes, with changes; None leaves a field out."""
        self.call(f"{POLICIES}.addRule", rule(**more), firewallPolicy=policy)

    def rules(self, policy: str = "pol") -> list[dict[str, Any]]:
        """Return a policy's rules without those it has from the start."""
        found = self.call(f"{POLICIES}.get", firewallPolicy=policy)["rules"]
        return [item for item in found if item["priority"] < 2147483548]

    def associate(self, network: str, policy: str = "pol", name: str = "as", **more: Any) -> None:
        """Bind a policy to a network."""
        body = {"name": name, "attachmentTarget": network}
        self.call(f"{POLICIES}.addAssociation", body, firewallPolicy=policy, **more)

    def group(self, name: str = "blocks", **more: Any) -> str:
        """Create an address group and return its path."""
        parent = f"projects/{self.project}/locations/global"
        body = {"type": "IPV4", "capacity": 3, "items": ["10.0.0.0/8"], **more}
        self.call(f"{GROUPS}.create", body, parent=parent, addressGroupId=name)
        return f"{parent}/addressGroups/{name}"

    def url_list(self, name: str = "names", *values: str, region: str = REGION) -> str:
        """Create a URL list and return its path."""
        body = {"values": list(values or ("files.trendmicro.com",))}
        self.call(f"{LOCATIONS}.urlLists.create", body, parent=region, urlListId=name)
        return f"{region}/urlLists/{name}"

    def proxy_policy(self, name: str = "pol", region: str = REGION, **more: Any) -> str:
        """Create a policy of Secure Web Proxy and return its path."""
        method = f"{LOCATIONS}.gatewaySecurityPolicies.create"
        self.call(method, more, parent=region, gatewaySecurityPolicyId=name)
        return f"{region}/gatewaySecurityPolicies/{name}"

    def proxy_rule(self, name: str = "rule", policy: str = f"{REGION}/gatewaySecurityPolicies/pol", **more: Any) -> str:
        """Add a rule: one that the cloud takes, with changes; None leaves a field out."""
        body = {"priority": 10, "sessionMatcher": "true", "basicProfile": "ALLOW", "enabled": True, **more}
        self.call(
            f"{LOCATIONS}.gatewaySecurityPolicies.rules.create",
            {key: value for key, value in body.items() if value is not None},
            parent=policy,
            gatewaySecurityPolicyRuleId=name,
        )
        return f"{policy}/rules/{name}"

    def tag(self, network: str | None = "main", key: str = "role", value: str = "agent") -> str:
        """Create a key, secure for a network unless that is None, and a value; return the value's id."""
        purpose = {"purpose": "GCE_FIREWALL", "purposeData": {"network": f"{self.project}/{network}"}}
        body = {"parent": f"projects/{self.project}", "shortName": key, **(purpose if network else {})}
        made = self.call(f"{TAGS}.tagKeys.create", body)["response"]
        body = {"parent": made["name"], "shortName": value}
        return self.call(f"{TAGS}.tagValues.create", body)["response"]["name"]


class Engine(Wire):
    """Speaks to the emulated GCP."""

    def __init__(self, **config: Any) -> None:
        place = {"project": PROJECT, "region": "europe-west3", "zone": "europe-west3-a"}
        super().__init__(GcpProvider(), {**place, **config})


def match(**more: Any) -> dict[str, Any]:
    """Return a match; None leaves a field out."""
    found = {"layer4Configs": [{"ipProtocol": "tcp", "ports": ["443"]}], "destIpRanges": ["10.0.0.0/8"], **more}
    return {key: value for key, value in found.items() if value is not None}


def rule(**more: Any) -> dict[str, Any]:
    """Return a rule; None leaves a field out."""
    found = {"priority": 1000, "action": "allow", "direction": "EGRESS", "match": match(), **more}
    return {key: value for key, value in found.items() if value is not None}


@pytest.fixture
def gcp(place: Path) -> Gcp:
    """An empty project."""
    return Gcp(place, PROJECT)


@pytest.fixture
def engine(place: Path) -> Engine:
    """What the engine does with the provider, on the same empty project."""
    del place
    return Engine()
