"""The entries of an export go into an ACL of the emulated EC2, and what EC2 then describes is what the audit reads.

Here `describe-network-acls` is moto's, so that writing and reading are not only held against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.sites import OPEN, plan
from ws_network.aws.network_acl import audit_network_acls, read_network_acls, render_network_acl

if TYPE_CHECKING:
    from sandbox.aws.account import Account


def test_an_export_is_taken_and_audits_clean_and_a_new_acl_drops_everything(account: Account, vpc: str) -> None:
    made = plan(**OPEN)  # without ICMP, whose type moto does not print
    key = account.call("CreateNetworkAcl", VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]

    def blocked() -> dict[str, int]:
        acls = read_network_acls(account.call("DescribeNetworkAcls", Filters=of_vpc))
        found = audit_network_acls(made, acls)
        return {acl.id: len({each.leg.flow for each in found.blocked if each.acl == acl.id}) for acl in acls}

    (default,) = set(blocked()) - {key}
    assert blocked() == {default: 0, key: len({flow.id for flow in made.flows})}
    for entry in render_network_acl(made).to_dict()["NetworkAcls"][0]["Entries"]:
        account.call("CreateNetworkAclEntry", NetworkAclId=key, **entry)
    assert blocked() == {default: 0, key: 0}
    first = next(each for each in render_network_acl(made).entries if "agent-dns" in each.replies)
    account.call("DeleteNetworkAclEntry", NetworkAclId=key, RuleNumber=first.number, Egress=False)
    assert blocked()[default] == 0
    assert blocked()[key] > 0
