"""`gcp.compute.Network` and `gcp.compute.Subnetwork`: what programs need around rules, not all of what GCP has."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.gcp.resources.base import DELETION_POLICY, NAME, PROJECT, GcpResource, given, network_url
from sandbox.resource import Failure, Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

UNUSED_TEXT = Input(str, computed=True, emulated=False)
UNUSED_FLAG = Input(bool, computed=True, emulated=False)
UNUSED_MAP = Input(dict, emulated=False)
ORDERS = ("BEFORE_CLASSIC_FIREWALL", "AFTER_CLASSIC_FIREWALL")


class Network(GcpResource):
    """A VPC network."""

    token = "gcp:compute/network:Network"
    title = "Network"
    form = "projects/{project}/global/networks/{name}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "autoCreateSubnetworks": Input(bool, default=True, replaces=True),
        "bgpAlwaysCompareMed": UNUSED_FLAG,
        "bgpBestPathSelectionMode": UNUSED_TEXT,
        "bgpInterRegionCost": UNUSED_TEXT,
        "deleteBgpAlwaysCompareMed": UNUSED_FLAG,
        "deleteDefaultRoutesOnCreate": Input(bool, default=False, local=True, replaces=True),
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str, replaces=True),
        "enableUlaInternalIpv6": UNUSED_FLAG,
        "internalIpv6Range": UNUSED_TEXT,
        "mtu": Input(int, computed=True),
        "name": NAME,
        "networkFirewallPolicyEnforcementOrder": Input(str, default=ORDERS[1]),
        "networkProfile": UNUSED_TEXT,
        "params": UNUSED_MAP,
        "project": PROJECT,
        "routingMode": Input(str, computed=True),
    }
    outputs = ("gatewayIpv4", "networkId", "numericId", "selfLink")

    def problems(self, news: Properties) -> list[Failure]:
        """Check the order of evaluation."""
        order = news["networkFirewallPolicyEnforcementOrder"]
        if order not in ORDERS and "-" not in order:
            place = "networkFirewallPolicyEnforcementOrder"
            return [*super().problems(news), Failure(place, f'"{order}" must be one of {", ".join(ORDERS)}.')]
        return super().problems(news)

    def _body(self, news: Properties) -> Properties:
        body = given(news, ("description", "mtu", "name", "networkFirewallPolicyEnforcementOrder"))
        routing = {"routingConfig": {"routingMode": news["routingMode"]}} if news.get("routingMode") else {}
        return {**body, "autoCreateSubnetworks": news["autoCreateSubnetworks"], **routing}

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Insert it."""
        project = news["project"]
        cloud.call("compute.networks.insert", self._body(news), account=project, project=project)
        return self.key(project=project, name=news["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return the network."""
        del known
        project = parts["project"]
        found = cloud.call("compute.networks.get", account=project, project=project, network=parts["name"])
        kept = ("autoCreateSubnetworks", "description", "mtu", "name", "networkFirewallPolicyEnforcementOrder")
        return {
            **{name: found[name] for name in (*kept, "selfLink") if name in found},
            "gatewayIpv4": "",
            "networkId": found["id"],
            "numericId": found["id"],
            "routingMode": found["routingConfig"]["routingMode"],
        }

    def update(self, cloud: GcpCloud, key: str, old: Properties, news: Properties) -> None:
        """Patch routing, size of packets and order of evaluation."""
        del old
        parts = self.parts(key)
        body = {k: v for k, v in self._body(news).items() if k not in {"name", "description", "autoCreateSubnetworks"}}
        cloud.call(
            "compute.networks.patch", body, account=parts["project"], project=parts["project"], network=parts["name"]
        )

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it."""
        del state
        project = parts["project"]
        cloud.call("compute.networks.delete", account=project, project=project, network=parts["name"])


class Subnetwork(GcpResource):
    """A subnetwork of a network."""

    token = "gcp:compute/subnetwork:Subnetwork"
    title = "Subnetwork"
    form = "projects/{project}/regions/{region}/subnetworks/{name}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "allowSubnetCidrRoutesOverlap": UNUSED_FLAG,
        "deletionPolicy": DELETION_POLICY,
        "description": Input(str, replaces=True),
        "externalIpv6Prefix": UNUSED_TEXT,
        "internalIpv6Prefix": UNUSED_TEXT,
        "ipCidrRange": Input(str, required=True, replaces=True),
        "ipCollection": UNUSED_TEXT,
        "ipv6AccessType": UNUSED_TEXT,
        "logConfig": UNUSED_MAP,
        "name": NAME,
        "network": Input(str, required=True, replaces=True),
        "params": UNUSED_MAP,
        "privateIpGoogleAccess": Input(bool, computed=True),
        "privateIpv6GoogleAccess": UNUSED_TEXT,
        "project": PROJECT,
        "purpose": Input(str, computed=True, replaces=True),
        "region": PROJECT,
        "reservedInternalRange": UNUSED_TEXT,
        "resolveSubnetMask": UNUSED_TEXT,
        "role": UNUSED_TEXT,
        "secondaryIpRanges": Input(list, emulated=False),
        "sendSecondaryIpRangeIfEmpty": UNUSED_FLAG,
        "stackType": Input(str, computed=True),
    }
    outputs = (
        "creationTimestamp",
        "fingerprint",
        "gatewayAddress",
        "ipv6CidrRange",
        "ipv6GceEndpoint",
        "selfLink",
        "state",
        "subnetworkId",
    )

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Insert it."""
        project, region = news["project"], news["region"]
        body = {
            **given(news, ("description", "ipCidrRange", "name", "privateIpGoogleAccess", "purpose", "stackType")),
            "network": network_url(cloud, project, news["network"]),
        }
        cloud.call("compute.subnetworks.insert", body, account=project, project=project, region=region)
        return self.key(project=project, region=region, name=news["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return the subnetwork."""
        del known
        project = parts["project"]
        found = cloud.call(
            "compute.subnetworks.get",
            account=project,
            project=project,
            region=parts["region"],
            subnetwork=parts["name"],
        )
        live = {name: found[name] for name in (*self.inputs, *self.outputs) if name in found}
        return {**live, "region": parts["region"], "subnetworkId": int(found["id"])}

    def update(self, cloud: GcpCloud, key: str, old: Properties, news: Properties) -> None:
        """Change the access to Google's APIs and the stack."""
        parts = self.parts(key)
        place = {"account": parts["project"], "project": parts["project"], "region": parts["region"]}
        changes = self.changes(old, news)
        if "privateIpGoogleAccess" in changes:
            body: Properties = {"privateIpGoogleAccess": bool(news.get("privateIpGoogleAccess"))}
            cloud.call("compute.subnetworks.setPrivateIpGoogleAccess", body, subnetwork=parts["name"], **place)
        if "stackType" in changes:
            body = {"stackType": news.get("stackType")}
            cloud.call("compute.subnetworks.patch", body, subnetwork=parts["name"], **place)

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it."""
        del state
        project, region = parts["project"], parts["region"]
        cloud.call(
            "compute.subnetworks.delete", account=project, project=project, region=region, subnetwork=parts["name"]
        )
