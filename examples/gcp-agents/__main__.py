"""A firewall policy for machines that run agents, in a network that exists, and a machine that wears their tag."""

import pulumi
import pulumi_gcp as gcp

from ws_network.gcp import GcpWorkloadSecurity

config = pulumi.Config()
project = gcp.config.project
network = config.require("network")

key = gcp.tags.TagKey(
    "workload-security-role",
    parent=f"projects/{project}",
    short_name="workload-security-role",
    purpose="GCE_FIREWALL",
    purpose_data={"network": f"{project}/{network}"},
)
agent = gcp.tags.TagValue("agent", parent=key.id, short_name="agent")
agents = GcpWorkloadSecurity(
    "agents",
    {
        "network": f"projects/{project}/global/networks/{network}",
        "role_secure_tags": {"agent": agent.id},
        "deployment": {
            "region": "de-1",
            "revision": "2025-12-09",
            "roles": ["agent"],
            "peers": {
                "dns-server": {"platform": True},
                "ntp-server": {"platform": True},
                "siem-or-syslog-server": {"cidrs": ["10.20.6.0/28"]},
            },
            "names": [{"target": "gcp-firewall-policy", "forms": ["fqdn", "refuse"]}],
            "deny_rest": True,
        },
    },
)
machine = gcp.compute.Instance(
    "agent",
    machine_type="e2-small",
    boot_disk={"initialize_params": {"image": "debian-cloud/debian-12"}},
    network_interfaces=[{"subnetwork": config.require("subnetwork")}],
    params={"resource_manager_tags": pulumi.Output.all(key.id, agent.id).apply(lambda ids: {ids[0]: ids[1]})},
    # The machine is there when its rules are: before, nothing would be denied to it.
    opts=pulumi.ResourceOptions(depends_on=[agents]),
)
pulumi.export("firewall_policy_id", agents.firewall_policy_id)
pulumi.export("secure_tag_id", agent.id)
pulumi.export("machine", machine.name)
