"""The getters of `pulumi_gcp` that are emulated, by their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.gcp.resources.base import last
from sandbox.gcp.session import project_number, relative

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.gcp.cloud import GcpCloud
    from sandbox.resource import Properties


def get_network(cloud: GcpCloud, args: Properties) -> Properties:
    """Return a network by its name."""
    project, name = args.get("project") or cloud.project, args.get("name") or last(args.get("selfLink", ""))
    found = cloud.call("compute.networks.get", account=project, project=project, network=name)
    return {
        "description": found.get("description", ""),
        "gatewayIpv4": "",
        "id": relative(found["selfLink"]),
        "internalIpv6Range": "",
        "name": found["name"],
        "networkId": int(found["id"]),
        "numericId": found["id"],
        "project": project,
        "selfLink": found["selfLink"],
        "subnetworksSelfLinks": found.get("subnetworks", []),
    }


def get_subnetwork(cloud: GcpCloud, args: Properties) -> Properties:
    """Return a subnetwork by its name and region, or by its link."""
    if link := args.get("selfLink"):
        _, project, _, region, _, name = relative(link).split("/")
    else:
        project, region, name = args.get("project") or cloud.project, args.get("region") or cloud.region, args["name"]
    found = cloud.call("compute.subnetworks.get", account=project, project=project, region=region, subnetwork=name)
    return {
        "description": found.get("description", ""),
        "externalIpv6Prefix": "",
        "gatewayAddress": found["gatewayAddress"],
        "id": relative(found["selfLink"]),
        "internalIpv6Prefix": "",
        "ipCidrRange": found["ipCidrRange"],
        "ipv6AccessType": "",
        "name": found["name"],
        "network": found["network"],
        "privateIpGoogleAccess": found["privateIpGoogleAccess"],
        "project": project,
        "region": region,
        "secondaryIpRanges": [],
        "selfLink": found["selfLink"],
        "stackType": found["stackType"],
        "subnetworkId": int(found["id"]),
    }


def get_address_groups(cloud: GcpCloud, args: Properties) -> Properties:
    """Return the address groups of a place."""
    project = args.get("project") or cloud.project
    location = args.get("location") or cloud.region
    owner = args.get("parent") or f"projects/{project}"
    account = owner.split("/")[1] if owner.startswith("projects/") else None
    kind = owner.split("/")[0]
    place = f"{owner}/locations/{location}"
    found = cloud.call(f"networksecurity.{kind}.locations.addressGroups.list", account=account, parent=place)
    return {
        "addressGroups": [
            {
                "capacity": item["capacity"],
                "items": item.get("items", []),
                "location": location,
                "name": last(item["name"]),
            }
            for item in found["addressGroups"]
        ],
        "id": f"{place}/addressGroups",
        "location": location,
        "parent": args.get("parent"),
        "project": project,
    }


def get_project(cloud: GcpCloud, args: Properties) -> Properties:
    """Return a project, by default the provider's."""
    project = args.get("projectId") or cloud.project
    found = cloud.call("cloudresourcemanager.projects.get", account=project, name=f"projects/{project}")
    return {
        "autoCreateNetwork": True,
        "billingAccount": "",
        "deletionPolicy": "PREVENT",
        "effectiveLabels": {},
        "folderId": "",
        "id": f"projects/{project}",
        "labels": {},
        "name": found["displayName"],
        "number": project_number(project),
        "orgId": last(found["parent"]),
        "projectId": project,
        "pulumiLabels": {},
        "tags": {},
    }


def get_client_config(cloud: GcpCloud, args: Properties) -> Properties:
    """Return how the provider is configured."""
    del args
    return {
        "accessToken": "sandbox",
        "defaultLabels": cloud.default_labels,
        "id": f'projects/"{cloud.project}"/regions/"{cloud.region}"/zones/"{cloud.zone}"',
        "project": cloud.project,
        "region": cloud.region,
        "zone": cloud.zone,
    }


FUNCTIONS: Mapping[str, Callable[[GcpCloud, Properties], Properties]] = {
    "gcp:compute/getNetwork:getNetwork": get_network,
    "gcp:compute/getSubnetwork:getSubnetwork": get_subnetwork,
    "gcp:networksecurity/getAddressGroups:getAddressGroups": get_address_groups,
    "gcp:organizations/getClientConfig:getClientConfig": get_client_config,
    "gcp:organizations/getProject:getProject": get_project,
}
