"""The reference site on GCP: a network, a secure tag for each role, and a firewall policy."""

import pulumi
import pulumi_gcp as gcp

from ws_network.arguments import WsDeploymentArgs
from ws_network.gcp import GcpWorkloadSecurity


def deploy(deployment: WsDeploymentArgs) -> None:
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
        {"deployment": deployment, "network": network.id, "role_secure_tags": {**tags}, "report": "redacted"},
    )
    pulumi.export("secure_tag_ids", tags)
    pulumi.export("firewall_policy_id", site.firewall_policy_id)
    pulumi.export("address_group_ids", site.address_group_ids)
    pulumi.export("rule_count", site.rule_count)
    pulumi.export("report", site.report)
