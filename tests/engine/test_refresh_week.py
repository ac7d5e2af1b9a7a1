"""A week of nightly refreshes, each followed by an update: what is in use stays open, and little is asked of a cloud.

The files are written by the resolver's whole run; only DNS is made up. What the clouds hold is compared with what was
answered, night by night, and not with any rendering.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.stories import done, names
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment
from ws_network.resolver import Asking, Resolution, Terms, resolve
from ws_network.resolver.answers import Answer, Outcome, Question

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness import Change, Project

pytestmark = pytest.mark.engine

FIRST = date(2026, 11, 24)
GRACE = 3
SITE: dict[str, Any] = {
    "region": "de-1",
    "revision": "2025-12-09",
    "roles": ["agent"],
    "features": ["smart-scan"],
    "peers": {"dns-server": {"platform": True}, "ntp-server": {"platform": True}},
    "names": [{"forms": ["blocks", "snapshot", "refuse"]}],
    "resolution": {"grace_days": GRACE},
    "deny_rest": True,
}
NAMES = {
    "comm": "agent-comm.workload.de-1.cloudone.trendmicro.com",
    "xdr": "xdr-resp-ioc.workload.de-1.cloudone.trendmicro.com",
    "scan": "dsaas.icrc.trendmicro.com",
    "files": "files.trendmicro.com",
}
"""Those that no published block covers, as the nights call them."""
LISTS = {
    "names-agent-service-ipv4": {NAMES["comm"], NAMES["xdr"]},
    "names-agent-spn-80-ipv4": {NAMES["scan"]},
    "names-relay-download-center-ipv4": {NAMES["files"]},
}
"""The names behind each list of resolved addresses."""

Said = Outcome | list[list[str]]
"""How all questions of a night about a name ended, or the last numbers of the addresses that each round had."""

PROGRAM = """
import json, pulumi_aws as aws, pulumi_gcp as gcp
from ws_network import Snapshot, resolved_on
from ws_network.aws import AwsWorkloadSecurity
from ws_network.gcp import GcpWorkloadSecurity
path = {path!r}
args = {{
    "deployment": json.loads({site!r}),
    "snapshot": Snapshot.load(path).to_args(),
    "snapshot_resolved_on": resolved_on(path),
    "as_of": {as_of!r},
}}
vpc = aws.ec2.Vpc("main", cidr_block="10.20.0.0/16")
AwsWorkloadSecurity("aws", {{**args, "vpc_id": vpc.id}})
network = gcp.compute.Network("main", auto_create_subnetworks=False)
agent = "agent@probe-123456.iam.gserviceaccount.com"
GcpWorkloadSecurity("gcp", {{**args, "network": network.id, "role_service_accounts": {{"agent": agent}}}})
"""


@dataclass
class Week:
    """A stack, its snapshot file, and everything that DNS ever said."""

    project: Project
    snapshot: Path
    day: int = -1
    said: dict[str, Said] = field(default_factory=dict)
    seen: list[set[tuple[str, str]]] = field(default_factory=list)
    """By night the pairs of name and public address that any answer had."""
    before: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return FIRST + timedelta(days=self.day)

    def night(self, **said: Said) -> Resolution:
        """Resolve; a name of which nothing new is told answers as before."""
        self.day += 1
        self.said |= {NAMES[name]: found for name, found in said.items()}
        self.seen.append(set())
        terms = Terms(
            snapshot=self.snapshot,
            now=datetime(self.today.year, self.today.month, self.today.day, 3, tzinfo=UTC),
            today=self.today,
            place=None if self.day else "a runner",
            asking=Asking(resolvers=("192.0.2.53:53",)),
            grace_days=GRACE,
        )
        return resolve(Catalogue.load(), Deployment.parse(SITE), terms, by=self.answers)

    def answers(self, fqdns: list[str], asking: Asking, _: Any) -> list[Answer]:
        """DNS: hosts in published blocks have another address of them in each night, which is in no list."""
        found = []
        for fqdn in fqdns:
            said = self.said.get(fqdn, [[f"3.69.198.{64 + (sum(fqdn.encode()) + self.day) % 32}"]])
            for number in range(asking.rounds):
                addresses = tuple(said[number % len(said)]) if isinstance(said, list) else ()
                outcome = Outcome.ANSWERED if isinstance(said, list) else said
                texts = [text if "." in text else f"9.9.9.{text}" for text in addresses]
                ttls = tuple(sorted((text, 60 + self.day) for text in texts))
                self.seen[-1] |= {(fqdn, text) for text in texts if not text.startswith("10.")}
                found.append(Answer(Question(fqdn, 4), outcome, asking.resolvers[0], ttls))
                found.append(Answer(Question(fqdn, 6), Outcome.NO_DATA, asking.resolvers[0]))
        return found

    def lists(self) -> dict[str, dict[str, set[str]]]:
        """Return what both clouds hold for names, by cloud and list."""
        ec2, gcp = self.project.ec2, self.project.gcp
        groups = "networksecurity.projects.locations.addressGroups.list"
        return {
            "aws": {
                item["PrefixListName"].removeprefix("aws-").rsplit("-", 1)[0]: {
                    entry["Cidr"].removesuffix("/32")
                    for entry in ec2.get_managed_prefix_list_entries(PrefixListId=item["PrefixListId"])["Entries"]
                }
                for item in ec2.describe_managed_prefix_lists()["PrefixLists"]
                if "-names-" in item["PrefixListName"]
            },
            "gcp": {
                next(key for key in LISTS if f"-{key}-" in item["name"]): {
                    text.removesuffix("/32") for text in item["items"]
                }
                for item in gcp.call(groups, parent=f"projects/{gcp.project}/locations/global")["addressGroups"]
                if "-names-" in item["name"]
            },
        }

    def up(self) -> tuple[list[Change], Counter[str]]:
        """Update as a pipeline does after each night; return what changed and the requests that changed something."""
        self.project.watch()
        changes = done(self.project.up())
        writes = self.project.writes()
        live = self.lists()
        recent = set[tuple[str, str]]().union(*self.seen[-GRACE - 1 :])
        ever = set[tuple[str, str]]().union(*self.seen)
        for cloud in ("aws", "gcp"):
            assert set(live[cloud]) == set(LISTS)
            for key, fqdns in LISTS.items():
                in_use = {address for fqdn, address in recent if fqdn in fqdns}
                known = {address for fqdn, address in ever if fqdn in fqdns}
                assert in_use <= live[cloud][key] <= known, (self.today, cloud, key)
        self.different = {
            cloud: {key for key in LISTS if live[cloud][key] != self.before.get(cloud, {}).get(key)} for cloud in live
        }
        self.before = live
        return changes, writes

    def ordinary(self, *keys: str) -> None:
        """Update, and hold what every night holds on which each list keeps its size: one request for each changed list.

        Args:
            keys: of the lists whose addresses differ.
        """
        changes, writes = self.up()
        assert self.different == {"aws": set(keys), "gcp": set(keys)}
        assert {(change.op, change.type.rsplit(":", 1)[-1]) for change in changes} == (
            {("update", "ManagedPrefixList"), ("update", "AddressGroup")} if keys else set()
        )
        assert names(changes, "update", "ManagedPrefixList") == {f"aws-{key}" for key in keys}
        groups = names(changes, "update", "AddressGroup")
        assert {key for key in LISTS for name in groups if f"-{key}-" in name} == set(keys)
        assert len(changes) == 2 * len(keys)
        assert writes == Counter(
            dict.fromkeys(
                ["ModifyManagedPrefixList", "networksecurity.projects.locations.addressGroups.patch"], len(keys)
            )
            if keys
            else {}
        )


def test_a_week(project: Project, tmp_path: Path) -> None:
    """Rotation, failures, a name that is gone for a night, an address gone for good, and a night of growth."""
    week = Week(project, tmp_path / "ws-network.snapshot.json")
    as_of = (FIRST + timedelta(days=7)).isoformat()
    project.write(PROGRAM.format(path=str(week.snapshot), site=json.dumps(SITE), as_of=as_of))
    service, scan, files = LISTS

    week.night(comm=[["10", "11"]], xdr=[["20"]], scan=[["30"]], files=[["40", "41"], ["41"]])
    changes, writes = week.up()
    assert names(changes, "create", "ManagedPrefixList") >= {f"aws-{key}" for key in LISTS}
    assert writes["CreateManagedPrefixList"] == 4, "what is counted are requests"

    week.night(comm=[["11", "10"]])
    week.ordinary()

    week.night(files=[["42"], ["43"], ["42"]])
    week.ordinary(files)
    assert week.before["aws"][files] == {f"9.9.9.{last}" for last in (40, 41, 42, 43)}

    bad = week.night(comm=Outcome.SERVER_FAILURE, scan=Outcome.TIMEOUT, files=Outcome.NAME_NOT_FOUND)
    assert {"name-not-found", "resolution-failed"} <= {entry.code for entry in bad.findings}
    week.ordinary()

    week.night(comm=[["10"], ["11"]], xdr=[["20"], ["21"]], scan=[["30", "10.0.0.9"]], files=[["40"], ["42"]])
    week.ordinary(service)

    week.night(comm=[["10", "11"]], scan=[["31"]], files=[["41"], ["42"]])
    week.ordinary(scan)

    week.night(files=[["40"], ["41"], ["42"]])
    week.ordinary(files)
    assert week.before["gcp"][files] == {f"9.9.9.{last}" for last in (40, 41, 42)}, "43 was last seen four nights ago"

    week.night(scan=[["31", "32", "33", "34", "35"]])
    changes, writes = week.up()
    assert week.different == {"aws": {scan}, "gcp": {scan}}
    on_aws = [change for change in changes if change.type.startswith("aws:")]
    assert on_aws == [("update", "aws:ec2/managedPrefixList:ManagedPrefixList", f"aws-{scan}")]
    assert writes["ModifyManagedPrefixList"] == 2, "the size, then the addresses: the list and its rules stay"
    on_gcp = [(change.op, change.type.rsplit(":", 1)[-1]) for change in changes if change.type.startswith("gcp:")]
    rules = [("update", "NetworkFirewallPolicyRule")] * 2
    assert on_gcp == [("create", "AddressGroup"), *rules, ("delete", "AddressGroup")], "no moment is without a group"
    assert done(project.preview()) == []
