"""`gcp.compute.Instance`: what rules are attached to - network, tags, service account, labels - and little else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.gcp.resources.base import DELETION_POLICY, NAME, PROJECT, GcpResource, given, last, network_url
from sandbox.gcp.session import relative
from sandbox.protocol import is_unknown
from sandbox.resource import Input, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.gcp.cloud import GcpCloud

UNUSED_TEXTS = (
    *("desiredStatus", "hostname", "keyRevocationActionType", "minCpuPlatform", "resourcePolicies"),
    "metadataStartupScript",
)
UNUSED_FLAGS = ("enableDisplay", "eraseWindowsVssSignature")
UNUSED_LISTS = ("attachedDisks", "guestAccelerators", "scratchDisks")
UNUSED_MAPS = (
    *("advancedMachineFeatures", "confidentialInstanceConfig", "instanceEncryptionKey", "networkPerformanceConfig"),
    *("partnerMetadata", "reservationAffinity", "scheduling", "shieldedInstanceConfig", "workloadIdentityConfig"),
)


class Instance(GcpResource):
    """A machine that does not run."""

    token = "gcp:compute/instance:Instance"
    title = "Instance"
    form = "projects/{project}/zones/{zone}/instances/{name}"
    inputs: ClassVar[Mapping[str, Input]] = {
        "allowStoppingForUpdate": Input(bool, local=True),
        "bootDisk": Input(dict, required=True, replaces=True, local=True),
        "canIpForward": Input(bool, replaces=True),
        "deletionPolicy": DELETION_POLICY,
        "deletionProtection": Input(bool, default=False, replaces=True),
        "description": Input(str, replaces=True),
        "labels": Input(dict),
        "machineType": Input(str, required=True, replaces=True),
        "metadata": Input(dict, replaces=True),
        "name": NAME,
        "networkInterfaces": Input(list, required=True, replaces=True),
        "params": Input(dict, replaces=True, local=True),
        "project": PROJECT,
        "serviceAccount": Input(dict, replaces=True),
        "tags": Input(list),
        "zone": PROJECT,
        **{name: Input(str, computed=True, emulated=False) for name in UNUSED_TEXTS},
        **{name: Input(bool, computed=True, emulated=False) for name in UNUSED_FLAGS},
        **{name: Input(list, computed=True, emulated=False) for name in UNUSED_LISTS},
        **{name: Input(dict, computed=True, emulated=False) for name in UNUSED_MAPS},
    }
    outputs = (
        "cpuPlatform",
        "creationTimestamp",
        "currentStatus",
        "effectiveLabels",
        "instanceId",
        "labelFingerprint",
        "metadataFingerprint",
        "pulumiLabels",
        "selfLink",
        "tagsFingerprint",
    )

    def normal(self, name: str, value: Any) -> Any:
        """Compare tags as a set, and interfaces by what they are in."""
        if is_unknown(value):
            return value
        if name == "tags" and isinstance(value, list):
            return sorted(value)
        if name == "networkInterfaces" and isinstance(value, list):
            return [last(item.get("subnetwork") or item.get("network")) for item in value]
        return last(value) if name == "machineType" else super().normal(name, value)

    def create(self, cloud: GcpCloud, news: Properties) -> str:
        """Insert it."""
        project, zone = news["project"], news["zone"]
        account = news.get("serviceAccount")
        source = (news["bootDisk"].get("initializeParams") or {}).get("image", "")
        body = {
            **given(news, ("canIpForward", "deletionProtection", "description", "name")),
            "disks": [{"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": source}}],
            "labels": cloud.new_labels(news.get("labels")),
            "machineType": f"projects/{project}/zones/{zone}/machineTypes/{last(news['machineType'])}",
            "metadata": {"items": [{"key": k, "value": v} for k, v in (news.get("metadata") or {}).items()]},
            "networkInterfaces": [_interface(cloud, news, item) for item in news["networkInterfaces"]],
            "params": given(news.get("params") or {}, ("resourceManagerTags",)),
            "serviceAccounts": [{"email": account.get("email", "default"), "scopes": account["scopes"]}]
            if account
            else [],
            "tags": {"items": news.get("tags") or []},
        }
        cloud.call("compute.instances.insert", body, account=project, project=project, zone=zone)
        return self.key(project=project, zone=zone, name=news["name"])

    def fetch(self, cloud: GcpCloud, parts: Mapping[str, str], known: Properties) -> Properties | None:
        """Return the machine."""
        del known
        project = parts["project"]
        found = cloud.call(
            "compute.instances.get", account=project, project=project, zone=parts["zone"], instance=parts["name"]
        )
        live = {
            **given(found, ("canIpForward", "description", "labels", "name", "selfLink", "creationTimestamp")),
            "bootDisk": {"initializeParams": {"image": found["disks"][0]["initializeParams"]["sourceImage"]}},
            "cpuPlatform": found["cpuPlatform"],
            "currentStatus": found["status"],
            "deletionProtection": found.get("deletionProtection", False),
            "instanceId": found["id"],
            "labelFingerprint": found["labelFingerprint"],
            "machineType": last(found["machineType"]),
            "metadata": {item["key"]: item["value"] for item in found["metadata"]["items"]},
            "metadataFingerprint": "",
            "networkInterfaces": [
                {
                    "name": nic["name"],
                    "network": nic["network"],
                    "networkIp": nic["networkIP"],
                    **given(nic, ("subnetwork",)),
                }
                for nic in found["networkInterfaces"]
            ],
            "tags": found["tags"].get("items", []),
            "tagsFingerprint": found["tags"]["fingerprint"],
        }
        for account in found.get("serviceAccounts", []):
            live["serviceAccount"] = account
        return live

    def state(self, live: Properties, news: Properties) -> Properties:
        """As the base, with the interfaces as they are in the cloud: their addresses are only there."""
        return {**super().state(live, news), "networkInterfaces": live["networkInterfaces"]}

    def update_from(self, cloud: GcpCloud, key: str, state: Properties, old: Properties, news: Properties) -> None:
        """Change tags and labels."""
        parts = self.parts(key)
        place = {"account": parts["project"], "project": parts["project"], "zone": parts["zone"]}
        body: Properties
        if "tags" in self.changes(old, news):
            body = {"items": news.get("tags") or [], "fingerprint": state["tagsFingerprint"]}
            cloud.call("compute.instances.setTags", body, instance=parts["name"], **place)
        labels = self.next_labels(cloud, state, news)
        if labels != (state.get("effectiveLabels") or {}):
            body = {"labels": labels, "labelFingerprint": state["labelFingerprint"]}
            cloud.call("compute.instances.setLabels", body, instance=parts["name"], **place)

    def remove(self, cloud: GcpCloud, parts: Mapping[str, str], state: Properties) -> None:
        """Delete it, and its bindings with it."""
        del state
        project = parts["project"]
        cloud.call(
            "compute.instances.delete", account=project, project=project, zone=parts["zone"], instance=parts["name"]
        )


def _interface(cloud: GcpCloud, news: Properties, item: Properties) -> Properties:
    """Return a network interface in the API's words."""
    project = news["project"]
    found: Properties = {}
    if item.get("network"):
        found["network"] = network_url(cloud, project, item["network"])
    if subnet := item.get("subnetwork"):
        region = news["zone"].rsplit("-", 1)[0]
        name = relative(subnet) if "/" in subnet else f"projects/{project}/regions/{region}/subnetworks/{subnet}"
        found["subnetwork"] = name
    return found | ({"networkIP": item["networkIp"]} if item.get("networkIp") else {})
