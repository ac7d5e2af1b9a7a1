"""Prefix lists of the emulated EC2 keep the rules AWS documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .test_rules import allow, cidr, permission

if TYPE_CHECKING:
    from sandbox.aws.account import Account

    from .conftest import Refuses


def entries(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"Cidr": f"10.{n // 256}.{n % 256}.0/24"} for n in range(start, start + count)]


def make(account: Account, size: int, count: int = 0, family: str = "IPv4", **more: Any) -> str:
    answer = account.call(
        "CreateManagedPrefixList",
        **{"PrefixListName": "x", "MaxEntries": size, "AddressFamily": family, "Entries": entries(count), **more},
    )
    return answer["PrefixList"]["PrefixListId"]


def modify(account: Account, key: str, **change: Any) -> dict[str, Any]:
    return account.call("ModifyManagedPrefixList", PrefixListId=key, **change)["PrefixList"]


def texts(account: Account, key: str, **more: Any) -> list[str]:
    return [e["Cidr"] for e in account.call("GetManagedPrefixListEntries", PrefixListId=key, **more)["Entries"]]


def test_entries_make_versions_and_size_and_name_do_not(account: Account, refused: Refuses) -> None:
    key = make(account, 5, 2)
    assert modify(account, key, CurrentVersion=1, AddEntries=entries(1, 2))["Version"] == 2
    assert modify(account, key, MaxEntries=6)["Version"] == 2
    assert modify(account, key, PrefixListName="y")["Version"] == 2
    assert len(texts(account, key)) == 3
    assert len(texts(account, key, TargetVersion=1)) == 2
    with refused("PrefixListVersionMismatch"):
        modify(account, key, CurrentVersion=1, AddEntries=entries(1, 3))
    with refused("MissingParameter"):
        modify(account, key, AddEntries=entries(1, 3))
    account.call("RestoreManagedPrefixListVersion", PrefixListId=key, PreviousVersion=1, CurrentVersion=2)
    assert len(texts(account, key)) == 2


def test_entries_and_size_never_change_in_one_request(account: Account, refused: Refuses) -> None:
    key = make(account, 2, 2)
    with refused("InvalidParameterCombination"):
        modify(account, key, CurrentVersion=1, MaxEntries=3, AddEntries=entries(1, 2))
    modify(account, key, MaxEntries=3)
    modify(account, key, CurrentVersion=1, AddEntries=entries(1, 2))
    with refused("PrefixListMaxEntriesExceeded"):
        modify(account, key, MaxEntries=2)


def test_a_request_takes_a_hundred_entries(account: Account, refused: Refuses) -> None:
    with refused("InvalidParameterValue"):
        make(account, 200, 101)
    key = make(account, 200, 100)
    with refused("InvalidParameterValue"):
        modify(account, key, CurrentVersion=1, AddEntries=entries(60, 100), RemoveEntries=entries(41))
    modify(account, key, CurrentVersion=1, AddEntries=entries(60, 100), RemoveEntries=entries(40))
    assert len(texts(account, key)) == 120


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Entries": [{"Cidr": "10.0.0.1/24"}]}, "InvalidParameterValue"),
        ({"Entries": [{"Cidr": "2001:db8::/32"}]}, "InvalidParameterValue"),
        ({"AddressFamily": "IPv6", "Entries": [{"Cidr": "10.0.0.0/24"}]}, "InvalidParameterValue"),
        ({"AddressFamily": "IPv5"}, "InvalidParameterValue"),
        ({"Entries": [{"Cidr": "10.0.0.0/24"}, {"Cidr": "10.0.0.0/24"}]}, "InvalidParameterValue"),
        ({"MaxEntries": 0}, "InvalidParameterValue"),
        ({"MaxEntries": 1001}, "InvalidParameterValue"),
        ({"MaxEntries": 1, "Entries": entries(2)}, "PrefixListMaxEntriesExceeded"),
        ({"PrefixListName": "com.amazonaws.mine"}, "InvalidParameterValue"),
        ({"MaxEntries": "5"}, "ParamValidation"),
    ],
)
def test_malformed_lists_are_refused(account: Account, refused: Refuses, more: dict[str, Any], code: str) -> None:
    with refused(code):
        make(account, 5, **more)


def test_an_entry_is_added_or_removed_but_not_both(account: Account, refused: Refuses) -> None:
    key = make(account, 5, 1)
    with refused("InvalidParameterValue") as caught:
        modify(account, key, CurrentVersion=1, AddEntries=entries(1), RemoveEntries=entries(1))
    assert "in both AddPrefixListEntries and RemovePrefixListEntries" in caught.value.message
    with refused("InvalidParameterValue"):
        modify(account, key, CurrentVersion=1, RemoveEntries=entries(1, 7))


def test_the_size_counts_in_full_against_the_quota_of_a_group(account: Account, group: str, refused: Refuses) -> None:
    key = make(account, 50, 1)
    allow(account, group, permission(443, PrefixListIds=[{"PrefixListId": key}]))
    allow(account, group, permission(53, **cidr(*[f"10.9.{i}.0/24" for i in range(10)])))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        allow(account, group, permission(123, **cidr("10.8.0.0/16")))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        modify(account, key, MaxEntries=51)
    assert account.call("DescribeManagedPrefixLists", PrefixListIds=[key])["PrefixLists"][0]["MaxEntries"] == 50
    modify(account, key, MaxEntries=49)
    allow(account, group, permission(123, **cidr("10.8.0.0/16")))


def test_the_families_have_quotas_of_their_own(account: Account, group: str) -> None:
    four = make(account, 60)
    six = make(account, 60, family="IPv6")
    for key in (four, six):
        allow(account, group, permission(443, PrefixListIds=[{"PrefixListId": key}]))
        allow(account, group, permission(443, PrefixListIds=[{"PrefixListId": key}]), direction="Ingress")


def test_a_list_in_use_stays(account: Account, group: str, refused: Refuses) -> None:
    key = make(account, 5)
    (rule,) = allow(account, group, permission(443, PrefixListIds=[{"PrefixListId": key, "Description": "kept"}]))
    assert rule["Description"] == "kept"
    associations = account.call("GetManagedPrefixListAssociations", PrefixListId=key)["PrefixListAssociations"]
    assert [a["ResourceId"] for a in associations] == [group]
    with refused("DependencyViolation"):
        account.call("DeleteManagedPrefixList", PrefixListId=key)
    account.call("RevokeSecurityGroupEgress", GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    account.call("DeleteManagedPrefixList", PrefixListId=key)
    with refused("InvalidPrefixListID.NotFound"):
        account.call("DescribeManagedPrefixLists", PrefixListIds=[key])


def test_a_hundred_lists_in_a_region(account: Account, refused: Refuses) -> None:
    for _ in range(100):
        make(account, 1)
    with refused("PrefixListLimitExceeded"):
        make(account, 1)
