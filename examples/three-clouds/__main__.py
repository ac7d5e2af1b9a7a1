"""One deployment file, the same permissions on AWS, Azure and GCP."""

from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_azure_native as azure
import pulumi_gcp as gcp

from ws_network.aws import AwsWorkloadSecurity
from ws_network.azure import AzureWorkloadSecurity
from ws_network.deployment import Deployment
from ws_network.gcp import GcpWorkloadSecurity

deployment = Deployment.load(Path(__file__).parent / "site.yaml")
args = deployment.to_args()

vpc = aws.ec2.Vpc("site", cidr_block="10.20.0.0/16")
on_aws = AwsWorkloadSecurity("aws", {"deployment": args, "vpc_id": vpc.id})

group = azure.resources.ResourceGroup("site")
on_azure = AzureWorkloadSecurity("azure", {"deployment": args, "resource_group_name": group.name})

project = gcp.config.project or ""
network = gcp.compute.Network("site", auto_create_subnetworks=False)
role_key = gcp.tags.TagKey(
    "role",
    parent=f"projects/{project}",
    short_name="workload-security-role",
    purpose="GCE_FIREWALL",
    purpose_data={"network": network.name.apply(lambda name: f"{project}/{name}")},
)
tags: dict[str, pulumi.Input[str]] = {
    role: gcp.tags.TagValue(role, parent=role_key.id, short_name=role).id for role in deployment.roles
}
on_gcp = GcpWorkloadSecurity("gcp", {"deployment": args, "network": network.id, "role_secure_tags": tags})

pulumi.export("aws_security_group_ids", on_aws.security_group_ids)
pulumi.export("azure_network_security_group_ids", on_azure.network_security_group_ids)
pulumi.export("gcp_firewall_policy_id", on_gcp.firewall_policy_id)
