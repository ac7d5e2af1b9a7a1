"""Network ACLs: a second fence around subnets, which knows no connections.

Owns what cross a subnet's border for the flows of its roles, requests and replies (`legs`), the fewest entries that let
exactly that pass (`cover`, `entries`), and whether entries that exist do (`existing`, `audit`).
Does not own groups and lists (`ws_network.aws.render`). Deploys nothing: subnets and their ACLs are the network's.
"""

from ws_network.aws.network_acl.audit import Audit, Blocked, audit_network_acls
from ws_network.aws.network_acl.entries import Entry, NetworkAclEntry, NetworkAclRendering, render_network_acl
from ws_network.aws.network_acl.existing import NetworkAcl, load_network_acls, read_network_acls

__all__ = [
    "Audit",
    "Blocked",
    "Entry",
    "NetworkAcl",
    "NetworkAclEntry",
    "NetworkAclRendering",
    "audit_network_acls",
    "load_network_acls",
    "read_network_acls",
    "render_network_acl",
]
