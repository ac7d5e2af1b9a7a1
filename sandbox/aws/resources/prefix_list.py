"""`aws.ec2.ManagedPrefixList`.

Owns how a change becomes requests: growing comes before new entries, shrinking after, since AWS takes one or the
other; a new description is a removal and an addition, since AWS cannot change one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.aws.cloud import is_gone, tags_of
from sandbox.aws.resources.base import REGION, TAGS, AwsResource, canonical_cidr, cidr_problem, tag_problems
from sandbox.errors import CloudError
from sandbox.protocol import is_unknown
from sandbox.resource import Failure, Input, Naming, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.cloud import AwsCloud


class ManagedPrefixList(AwsResource):
    """A list with its entries inline."""

    token = "aws:ec2/managedPrefixList:ManagedPrefixList"
    title = "EC2 Managed Prefix List"
    inputs: ClassVar[Mapping[str, Input]] = {
        "addressFamily": Input(str, required=True, replaces=True),
        "entries": Input(list),
        "maxEntries": Input(int, required=True),
        "name": Input(str, computed=True),
        "region": REGION,
        "tags": TAGS,
    }
    outputs = ("arn", "ownerId", "tagsAll", "version")

    def fill(self, news: Properties, olds: Properties, naming: Naming) -> None:
        """Name it."""
        news.setdefault("name", olds.get("name") or naming.physical())

    def problems(self, news: Properties) -> list[Failure]:
        """Check family, size and entries."""
        found = tag_problems(news)
        family = news["addressFamily"]
        if not is_unknown(family) and family not in {"IPv4", "IPv6"}:
            return [*found, Failure("addressFamily", f'"{family}" is no address family: use IPv4 or IPv6.')]
        size = news["maxEntries"]
        if not is_unknown(size) and not 1 <= size <= 1000:
            found.append(Failure("maxEntries", f"max_entries must be between 1 and 1000, not {size}."))
        entries = news.get("entries", [])
        if is_unknown(entries) or is_unknown(family):
            return found
        seen: set[str] = set()
        for index, entry in enumerate(entries):
            place = f"entries[{index}].cidr"
            if not isinstance(entry.get("cidr"), str):
                found.append(Failure(place, "An entry must have a cidr."))
            elif problem := cidr_problem(place, entry["cidr"], 4 if family == "IPv4" else 6):
                found.append(problem)
            elif (cidr := canonical_cidr(entry["cidr"])) in seen:
                found.append(Failure(place, f"{cidr} is there twice."))
            else:
                seen.add(cidr)
        if not is_unknown(size) and len(entries) > size:
            found.append(Failure("entries", f"{len(entries)} entries are more than max_entries, {size}."))
        return found

    def normal(self, name: str, value: Any) -> Any:
        """Compare entries as a set."""
        return _pairs(value) if name == "entries" and isinstance(value, list) else value

    def unsettled(self, old: Properties, news: Properties) -> tuple[str, ...]:
        """Return `version` when entries change."""
        return ("version",) if "entries" in self.changes(old, news) else ()

    def create(self, cloud: AwsCloud, news: Properties) -> str:
        """Create the list with all entries in one request."""
        tags = cloud.specification("prefix-list", news.get("tags"))
        entries = [_entry(*pair) for pair in _pairs(news.get("entries", [])).items()]
        created = cloud.call(
            "CreateManagedPrefixList",
            news.get("region"),
            PrefixListName=news["name"],
            AddressFamily=news["addressFamily"],
            MaxEntries=news["maxEntries"],
            **({"Entries": entries} if entries else {}),
            **({"TagSpecifications": tags} if tags else {}),
        )
        return str(created["PrefixList"]["PrefixListId"])

    def read(self, cloud: AwsCloud, key: str, known: Properties) -> Properties | None:
        """Return the list with its entries."""
        region = known.get("region")
        found = cloud.find("DescribeManagedPrefixLists", "PrefixLists", region, PrefixListIds=[key])
        if found is None:
            return None
        entries = cloud.call("GetManagedPrefixListEntries", region, PrefixListId=key)["Entries"]
        return {
            **self.common(cloud, "prefix-list", key, tags_of(found.get("Tags", [])), region),
            "addressFamily": found["AddressFamily"],
            "entries": [
                {"cidr": e["Cidr"]} | ({"description": e["Description"]} if e.get("Description") else {})
                for e in entries
            ],
            "maxEntries": found["MaxEntries"],
            "name": found["PrefixListName"],
            "ownerId": found["OwnerId"],
            "version": found["Version"],
        }

    def update(self, cloud: AwsCloud, key: str, old: Properties, news: Properties) -> None:
        """Change size, entries, name and tags, each only where it differs from the cloud."""
        del old
        region = news.get("region")
        live = self.read(cloud, key, news)
        if live is None:
            raise CloudError("InvalidPrefixListID.NotFound", f"The prefix list ID '{key}' does not exist", "Describe")
        size = news["maxEntries"]
        if size > live["maxEntries"]:
            cloud.call("ModifyManagedPrefixList", region, PrefixListId=key, MaxEntries=size)
        self._change_entries(cloud, key, live, news)
        if size < live["maxEntries"]:
            cloud.call("ModifyManagedPrefixList", region, PrefixListId=key, MaxEntries=size)
        current = cloud.call("DescribeManagedPrefixLists", region, PrefixListIds=[key])["PrefixLists"][0]
        cloud.retag(key, news.get("tags"), current.get("Tags", []), region)

    def _change_entries(self, cloud: AwsCloud, key: str, live: Properties, news: Properties) -> None:
        region, version = news.get("region"), live["version"]
        now, then = _pairs(live["entries"]), _pairs(news.get("entries", []))
        reworded = [cidr for cidr in now.keys() & then.keys() if now[cidr] != then[cidr]]
        if reworded:
            answer = cloud.call(
                "ModifyManagedPrefixList",
                region,
                PrefixListId=key,
                CurrentVersion=version,
                RemoveEntries=[{"Cidr": cidr} for cidr in sorted(reworded)],
            )
            version = answer["PrefixList"]["Version"]
        change: dict[str, Any] = {}
        if add := [_entry(c, t) for c, t in then.items() if c not in now or c in reworded]:
            change["AddEntries"] = add
        if remove := [{"Cidr": cidr} for cidr in now if cidr not in then]:
            change["RemoveEntries"] = remove
        if change:
            change["CurrentVersion"] = version
        if news["name"] != live["name"]:
            change["PrefixListName"] = news["name"]
        if change:
            cloud.call("ModifyManagedPrefixList", region, PrefixListId=key, **change)

    def delete(self, cloud: AwsCloud, key: str, state: Properties) -> None:
        """Delete the list."""
        try:
            cloud.call("DeleteManagedPrefixList", state.get("region"), PrefixListId=key)
        except CloudError as failure:
            if not is_gone(failure):
                raise


def _pairs(entries: list[Any]) -> dict[str, str]:
    """Return entries as {canonical cidr: description}, sorted."""
    return dict(sorted((canonical_cidr(str(e.get("cidr"))), str(e.get("description") or "")) for e in entries))


def _entry(cidr: str, text: str) -> dict[str, str]:
    return {"Cidr": cidr, "Description": text} if text else {"Cidr": cidr}
