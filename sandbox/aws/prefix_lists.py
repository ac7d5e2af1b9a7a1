"""Customer-managed prefix lists of the emulated EC2, with the rules AWS documents for them.

Owns lists and all their versions: 100 entries a request, entries and size never in one request, a size that counts in
full against the quota of every group that names the list, one address family, and no deletion while in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.aws import rules
from sandbox.aws.session import Params, Session, check_tags, matches, network, new_id, tag_list, tags_from
from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Entries in one request, entries in a list, lists in a Region: the documented limits.
ENTRIES_PER_REQUEST = 100
ENTRIES_PER_LIST = 1000
LISTS_PER_REGION = 100

List = dict[str, Any]


def _find(session: Session, key: str) -> List:
    found = session.state.get(session.kind("prefix-list"), key)
    if found is None:
        raise CloudError("InvalidPrefixListID.NotFound", f"The prefix list ID '{key}' does not exist")
    return found


def _save(session: Session, item: List) -> None:
    session.state.put(session.kind("prefix-list"), item["id"], item)


def _entries(item: List, wanted: list[Params]) -> dict[str, str]:
    """Return new entries as {cidr: description}.

    Raises:
        CloudError: too many, a malformed CIDR or one of the other family, or the same one twice.
    """
    if len(wanted) > ENTRIES_PER_REQUEST:
        raise CloudError(
            "InvalidParameterValue",
            f"The request has {len(wanted)} entries; at most {ENTRIES_PER_REQUEST} are allowed.",
        )
    found: dict[str, str] = {}
    for entry in wanted:
        cidr = network(entry["Cidr"], family=4 if item["family"] == "IPv4" else 6)
        if cidr in found:
            raise CloudError("InvalidParameterValue", f"Request contains duplicate CIDR {cidr}")
        if len(entry.get("Description", "")) > 255:
            raise CloudError("InvalidParameterValue", f"The description of {cidr} has more than 255 characters")
        found[cidr] = entry.get("Description", "")
    return found


def _check_size(size: int) -> int:
    if not 1 <= size <= ENTRIES_PER_LIST:
        raise CloudError("InvalidParameterValue", f"MaxEntries must be between 1 and {ENTRIES_PER_LIST}, not {size}")
    return size


def _check_fits(entries: dict[str, str], size: int) -> None:
    if len(entries) > size:
        raise CloudError(
            "PrefixListMaxEntriesExceeded",
            f"You've reached the maximum number of entries for the prefix list: {len(entries)} of {size}.",
        )


def _check_name(name: str) -> str:
    if not 1 <= len(name) <= 255 or name.startswith("com.amazonaws"):
        raise CloudError(
            "InvalidParameterValue", f"Invalid prefix list name '{name}': 1 to 255 characters, not 'com.amazonaws'"
        )
    return name


def _current(item: List) -> dict[str, str]:
    entries: dict[str, str] = item["versions"][str(item["version"])]
    return entries


def users(session: Session, key: str) -> list[str]:
    """Return the ids of the groups whose rules name a list."""
    found = {rule["group"] for rule in session.state.all(session.kind("rule")) if rule["peer"] == key}
    return sorted(found)


def _shape(session: Session, item: List, state: str = "") -> Params:
    return {
        "PrefixListId": item["id"],
        "PrefixListName": item["name"],
        "PrefixListArn": session.arn("prefix-list", item["id"]),
        "AddressFamily": item["family"],
        "MaxEntries": item["max_entries"],
        "Version": item["version"],
        "State": state or item["state"],
        "OwnerId": session.account,
        "Tags": tag_list(item["tags"]),
    }


def _create(session: Session, params: Params) -> Params:
    family = params["AddressFamily"]
    if family not in {"IPv4", "IPv6"}:
        raise CloudError("InvalidParameterValue", f"Invalid value '{family}' for AddressFamily: IPv4 or IPv6")
    if len(session.state.all(session.kind("prefix-list"))) >= LISTS_PER_REGION:
        raise CloudError("PrefixListLimitExceeded", f"The limit of {LISTS_PER_REGION} prefix lists has been reached.")
    item: List = {
        "id": new_id("pl"),
        "name": _check_name(params["PrefixListName"]),
        "family": family,
        "max_entries": _check_size(params["MaxEntries"]),
        "version": 1,
        "state": "create-complete",
        "tags": tags_from(params.get("TagSpecifications", []), "prefix-list"),
    }
    entries = _entries(item, params.get("Entries", []))
    _check_fits(entries, item["max_entries"])
    item["versions"] = {"1": entries}
    _save(session, item)
    return {"PrefixList": _shape(session, item, "create-in-progress")}


def _resize(session: Session, item: List, size: int) -> None:
    """Change the size; every group that names the list must have room for it."""
    _check_fits(_current(item), _check_size(size))
    for group in users(session, item["id"]):
        rules.check_quota(session, rules.rules_of(session, group), {item["id"]: size})
    item["max_entries"] = size


def _new_version(item: List, entries: dict[str, str], expected: int | None) -> None:
    """Make `entries` the current version; `expected` is what the caller believes the current one to be."""
    if expected is None:
        raise CloudError("MissingParameter", "The request must contain the parameter CurrentVersion")
    if expected != item["version"]:
        raise CloudError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.")
    _check_fits(entries, item["max_entries"])
    item["version"] += 1
    item["versions"][str(item["version"])] = entries


def _modify(session: Session, params: Params) -> Params:
    item = _find(session, params["PrefixListId"])
    add, remove = params.get("AddEntries", []), params.get("RemoveEntries", [])
    if "PrefixListName" in params:
        item["name"] = _check_name(params["PrefixListName"])
    if "MaxEntries" in params:
        if add or remove:
            raise CloudError(
                "InvalidParameterCombination",
                "You cannot modify the entries and the size of a prefix list in one request.",
            )
        _resize(session, item, params["MaxEntries"])
    if add or remove:
        if len(add) + len(remove) > ENTRIES_PER_REQUEST:
            raise CloudError(
                "InvalidParameterValue",
                f"The request has {len(add) + len(remove)} entries; at most {ENTRIES_PER_REQUEST} are allowed.",
            )
        added, removed = _entries(item, add), _entries(item, [{"Cidr": entry["Cidr"]} for entry in remove])
        if both := sorted(added.keys() & removed.keys()):
            raise CloudError(
                "InvalidParameterValue",
                f"Request cannot contain Cidr {both[0]} in both AddPrefixListEntries "
                "and RemovePrefixListEntries entries",
            )
        current = _current(item)
        if missing := sorted(removed.keys() - current.keys()):
            raise CloudError("InvalidParameterValue", f"The prefix list has no entry {missing[0]}")
        kept = {cidr: text for cidr, text in current.items() if cidr not in removed}
        _new_version(item, {**kept, **added}, params.get("CurrentVersion"))
    item["state"] = "modify-complete"
    _save(session, item)
    return {"PrefixList": _shape(session, item, "modify-in-progress")}


def _restore(session: Session, params: Params) -> Params:
    item = _find(session, params["PrefixListId"])
    previous = item["versions"].get(str(params["PreviousVersion"]))
    if previous is None:
        raise CloudError("InvalidPrefixListVersion.NotFound", f"There is no version {params['PreviousVersion']}")
    _new_version(item, previous, params["CurrentVersion"])
    item["state"] = "restore-complete"
    _save(session, item)
    return {"PrefixList": _shape(session, item, "restore-in-progress")}


def _delete(session: Session, params: Params) -> Params:
    item = _find(session, params["PrefixListId"])
    if users(session, item["id"]):
        raise CloudError(
            "DependencyViolation",
            f"The prefix list '{item['id']}' is referenced by a security group and cannot be deleted",
        )
    session.state.delete(session.kind("prefix-list"), item["id"])
    return {"PrefixList": _shape(session, item, "delete-complete")}


def _describe(session: Session, params: Params) -> Params:
    for key in params.get("PrefixListIds", []):
        _find(session, key)
    wanted = set(params.get("PrefixListIds", []))
    found = []
    for item in session.state.all(session.kind("prefix-list")):
        fields = {"prefix-list-id": item["id"], "prefix-list-name": item["name"], "owner-id": session.account}
        if (not wanted or item["id"] in wanted) and matches(params.get("Filters", []), fields, item["tags"]):
            found.append(_shape(session, item))
    return {"PrefixLists": found}


def _get_entries(session: Session, params: Params) -> Params:
    item = _find(session, params["PrefixListId"])
    version = str(params.get("TargetVersion", item["version"]))
    if version not in item["versions"]:
        raise CloudError("InvalidPrefixListVersion.NotFound", f"There is no version {version}")
    entries = item["versions"][version]
    return {"Entries": [{"Cidr": cidr} | ({"Description": text} if text else {}) for cidr, text in entries.items()]}


def _associations(session: Session, params: Params) -> Params:
    item = _find(session, params["PrefixListId"])
    found = [{"ResourceId": group, "ResourceOwner": session.account} for group in users(session, item["id"])]
    return {"PrefixListAssociations": found}


def set_tags(session: Session, key: str, tags: dict[str, str]) -> None:
    """Replace a list's tags.

    Raises:
        CloudError: there is no such list, or the tags are refused.
    """
    _save(session, {**_find(session, key), "tags": check_tags(tags)})


OPERATIONS: dict[str, Callable[[Session, Params], Params]] = {
    "CreateManagedPrefixList": _create,
    "DeleteManagedPrefixList": _delete,
    "DescribeManagedPrefixLists": _describe,
    "GetManagedPrefixListAssociations": _associations,
    "GetManagedPrefixListEntries": _get_entries,
    "ModifyManagedPrefixList": _modify,
    "RestoreManagedPrefixListVersion": _restore,
}
