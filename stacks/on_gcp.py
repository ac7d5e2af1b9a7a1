"""The reference site on GCP: a firewall policy by secure tags, and a second network that leaves by a web proxy."""

import pulumi
import pulumi_gcp as gcp

from ws_network.arguments import WsDeploymentArgs, WsSnapshotArgs
from ws_network.gcp import GcpEgressPolicy, GcpWorkloadSecurity


def deploy(deployment: WsDeploymentArgs, snapshot: WsSnapshotArgs) -> None:
    """Deploy the site and export its ids."""
    project = gcp.config.project
    network = gcp.compute.Network("site", auto_create_subnetworks=False)
    key = gcp.tags.TagKey(
        "role",
        parent=f"projects/{project}",
        short_name="workload-security-role",
        purpose="GCE_FIREWALL",
        purpose_data={"network": network.name.apply(lambda name: f"{project}/{name}")},
    )
    tags = {role: gcp.tags.TagValue(role, parent=key.id, short_name=role).id for role in sorted(deployment["machines"])}
    site = GcpWorkloadSecurity(
        "site",
        {
            "deployment": deployment,
            "snapshot": snapshot,
            "network": network.id,
            "role_secure_tags": {**tags},
            "report": "redacted",
        },
    )
    # A secure tag belongs to one network, so machines elsewhere are found by their service accounts.
    branch = gcp.compute.Network("branch", auto_create_subnetworks=False)
    egress = GcpEgressPolicy(
        "egress",
        {
            "deployment": deployment,
            "snapshot": snapshot,
            "network": branch.id,
            "role_service_accounts": {
                role: f"{role[:25]}@{project}.iam.gserviceaccount.com" for role in sorted(deployment["machines"])
            },
            "web_proxy_location": gcp.config.region or "europe-west3",
            "report": "redacted",
        },
    )
    pulumi.export("secure_tag_ids", tags)
    pulumi.export("firewall_policy_id", site.firewall_policy_id)
    pulumi.export("address_group_ids", site.address_group_ids)
    pulumi.export("rule_count", site.rule_count)
    pulumi.export("report", site.report)
    pulumi.export("gateway_security_policy_id", egress.gateway_security_policy_id)
    pulumi.export("egress_report", egress.report)
