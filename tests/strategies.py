"""Random valid deployments over the whole model, for properties that must hold for each of them on every target.

Whatever `sites` draws makes a plan without `UserError` on all targets: what is missing for that (a reason, a required
peer) is drawn too. Findings that fail a plan are part of what is drawn. Addresses come from a small space, so that
lists overlap, touch and contain each other.
"""

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

from hypothesis import strategies as st

from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment, MachineMark, Target
from ws_network.snapshot import Snapshot

CATALOGUE = Catalogue.load()
REVISION = CATALOGUE.revisions[-1]
REGIONS = [region.id for region in CATALOGUE.regions.values() if region.deployable]
COMPONENTS = [role.id for role in CATALOGUE.roles.values() if role.kind == "component"]
SITE_PEERS = [
    role.id for role in CATALOGUE.roles.values() if role.kind == "site" and role.id not in {"web-proxy", "network"}
]
MIRRORS = [role.id for role in CATALOGUE.roles.values() if role.mirror_of_service]
SERVICES = [role.id for role in CATALOGUE.roles.values() if role.kind == "service"]
REQUIRED_PEERS = ("dns-server", "ntp-server")
EXTRA_PEER = "license-server"

LISTENERS: dict[str, tuple[str, ...]] = {
    "dns": ("admin-dns", "agent-dns", "dcgw-dns", "sg-dns"),
    "relay": ("agent-relay", "relay-relay"),
    "syslog": ("agent-syslog", "service-syslog-udp"),
    "agent": ("service-agent-4118",),
    "forward-proxy": ("agent-sg-forward-proxy",),
    "web-reputation": ("agent-sps-5274",),
}
"""Flows that must be given the same port."""

TARGETS = (Target.AWS_SECURITY_GROUP, Target.AZURE_NSG, Target.GCP_FIREWALL_POLICY, Target.GCP_VPC_FIREWALL)

MARKS: dict[Target, tuple[MachineMark, MachineMark]] = {
    Target.GCP_FIREWALL_POLICY: (MachineMark.SECURE_TAG, MachineMark.SERVICE_ACCOUNT),
    Target.GCP_VPC_FIREWALL: (MachineMark.NETWORK_TAG, MachineMark.SERVICE_ACCOUNT),
}
"""The kinds of mark by which each form of GCP's rules finds its machines."""

SLOTS = range(80, 109)
"""The slots that extra flows may have."""

ENDED = date(2026, 1, 1)
GOES_ON = date(2028, 1, 1)
TODAY = date(2027, 1, 1)

ids4 = st.integers(0, 15).map(lambda n: f"{n:08x}")
security_group_ids = st.builds(lambda n, account: f"{account}sg-{n}", ids4, st.sampled_from(["", "444455556666/"]))
prefix_list_ids = ids4.map(lambda n: f"pl-{n}")
few = st.integers(0, 3)
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/hub/providers/Microsoft.Network"
service_tags = st.sampled_from(["AzureMonitor", "Storage.WestEurope", "Sql"])
application_security_group_ids = few.map(lambda n: f"{SUBSCRIPTION}/applicationSecurityGroups/asg-{n}")
address_groups_of_others = few.map(lambda n: f"projects/hub/locations/global/addressGroups/group-{n}")
secure_tags = few.map(lambda n: f"tagValues/{n}")
service_accounts = few.map(lambda n: f"account-{n}@hub.iam.gserviceaccount.com")
network_tags = few.map(lambda n: f"tag-{n}")
fqdns = st.sampled_from(["siem.corp.example", "dns.corp.example", "ad.corp.example"])
exemptions = st.builds(
    lambda until, ticket: {"reason": "a reason", "until": until.isoformat()} | ({"ticket": ticket} if ticket else {}),
    st.sampled_from([ENDED, GOES_ON]),
    st.sampled_from(["", "NET-1"]),
)
ports = st.integers(1, 65535) | st.sampled_from([1, 53, 80, 443, 444, 4122, 65535])


@st.composite
def cidrs(draw: st.DrawFn) -> str:
    """A block of 10.0.0.0/24, of fd00::/120, or one of the addresses that a platform does not filter."""
    kind = draw(st.sampled_from("4446u"))
    if kind == "u":
        return draw(st.sampled_from(UNFILTERED))
    length = draw(st.integers(0, 8))
    host = draw(st.integers(0, 255)) >> length << length
    return f"10.0.0.{host}/{32 - length}" if kind == "4" else f"fd00::{host:x}/{128 - length}"


UNFILTERED = ("169.254.169.253/32", "169.254.169.254/32", "168.63.129.16/32", "fd00:ec2::253/128")
"""Addresses that one cloud or another does not filter: resolvers, metadata."""


def subsets(values: list[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    """Some of the values, each at most once."""
    return st.lists(st.sampled_from(values), unique=True, min_size=least)


@st.composite
def addresses(draw: st.DrawFn) -> dict[str, Any]:
    """Address forms of a peer, one at least."""
    forms = {
        "cidrs": st.lists(cidrs(), min_size=1, max_size=4),
        "security_group_ids": st.lists(security_group_ids, min_size=1, max_size=2),
        "prefix_list_ids": st.lists(prefix_list_ids, min_size=1, max_size=2),
        "fqdns": st.lists(fqdns, min_size=1, max_size=2, unique=True),
        "service_tags": st.lists(service_tags, min_size=1, max_size=2),
        "application_security_group_ids": st.lists(application_security_group_ids, min_size=1, max_size=2),
        "address_groups": st.lists(address_groups_of_others, min_size=1, max_size=2),
        "secure_tags": st.lists(secure_tags, min_size=1, max_size=2),
        "service_accounts": st.lists(service_accounts, min_size=1, max_size=2),
        "network_tags": st.lists(network_tags, min_size=1, max_size=2),
    }
    chosen = draw(st.sampled_from([["fqdns"], ["cidrs"]]) | subsets(sorted(forms), 1))
    peer = {form: draw(forms[form]) for form in chosen}
    if "fqdns" in peer and draw(st.booleans()):
        peer["within"] = ["10.0.0.0/8"]
    return peer


@st.composite
def peers_of(draw: st.DrawFn, roles: list[str]) -> dict[str, Any]:
    """Peers: the required ones, and some of all others."""
    named = draw(subsets([*SITE_PEERS, *MIRRORS, *COMPONENTS]))
    out: dict[str, Any] = {}
    for name in dict.fromkeys((*REQUIRED_PEERS, *named)):
        peer = draw(addresses())
        if name not in MIRRORS and draw(st.integers(0, 3)) == 0:
            peer = draw(st.sampled_from([peer, {}])) | {"manage": True}
        if name in REQUIRED_PEERS and draw(st.integers(0, 5)) == 0:
            peer["platform"] = True
        served = CATALOGUE.roles[name].serves
        if served and draw(st.booleans()):
            peer["serves"] = draw(subsets(sorted(served)))
        if name == "siem-or-syslog-server" and draw(st.booleans()):
            peer["through"] = draw(st.sampled_from(["direct", "service", "both"]))
        if name in roles and name not in MIRRORS and draw(st.booleans()):
            peer.pop("manage", None)
        out[name] = peer or {"cidrs": ["10.0.0.1/32"]}
    return out


@st.composite
def extra_flows(draw: st.DrawFn, ends: list[str], known: list[str]) -> list[dict[str, Any]]:
    """Flows that the page does not have, between what the site has."""
    made = []
    for name in draw(st.sampled_from([[], ["own-0"], ["own-0", "own-1"], ["own-0", "own-0-443"]])):
        source = draw(st.sampled_from(ends))
        made.append(
            {
                "id": name,
                "source": source,
                "destination": draw(st.sampled_from(sorted({*known, *SERVICES}))),
                "transport": draw(st.sampled_from(["tcp", "udp"])),
                "ports": draw(st.lists(ports, min_size=1, max_size=4)),
            }
            | draw(exemptions)
        )
    return made


@st.composite
def name_rules(draw: st.DrawFn, destinations: list[str]) -> Any:
    """Forms per target and destination."""
    sayable = ["blocks", "snapshot", "any-address", "refuse"]
    forms = st.lists(st.sampled_from(sayable), min_size=1, max_size=4, unique=True)
    followed = st.lists(st.sampled_from(["fqdn", *sayable]), min_size=1, max_size=5, unique=True)
    open_at_last = followed.map(
        lambda some: [*(form for form in some if form not in {"any-address", "refuse"}), "any-address"]
    )
    if draw(st.booleans()):
        return {"default": draw(open_at_last)}
    keys = st.sampled_from(["default", *destinations])

    def entries(some: st.SearchStrategy[list[str]]) -> st.SearchStrategy[Any]:
        return some | st.dictionaries(keys, some, max_size=3)

    # `fqdn` is refused where it is said for a target that cannot hold it, and skipped there where it is said for all.
    targets = {str(target): entries(forms) for target in TARGETS}
    targets |= {"default": entries(followed), "gcp-firewall-policy": entries(followed)}
    return draw(st.fixed_dictionaries({}, optional=targets))


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """The content of a deployment file."""
    revision = draw(st.sampled_from(CATALOGUE.revisions))
    known = CATALOGUE.at(revision)
    roles = draw(subsets(COMPONENTS, 1))
    peers = {name: peer for name, peer in draw(peers_of(roles)).items() if name in known.roles}
    regions = st.sampled_from([region for region in REGIONS if region in known.regions])
    content: dict[str, Any] = {"region": draw(regions), "revision": revision, "roles": roles, "peers": peers}
    content |= draw(
        st.fixed_dictionaries({}, optional=_settings(known) | {"also_regions": st.lists(regions, max_size=2)})
    )
    if draw(st.booleans()):
        content["icmp"] = True
        peers["network"] = {"cidrs": draw(st.lists(cidrs(), min_size=1, max_size=2))}
    proxy = draw(st.none() | proxies())
    if proxy is not None:
        content["proxy"] = proxy
    own = draw(own_flows(roles))
    if own:
        peers[EXTRA_PEER] = draw(addresses())
    managed = [*roles, *(name for name, peer in peers.items() if peer.get("manage"))]
    if proxy is not None and proxy["manage"]:
        managed.append("web-proxy")
    content["extra_flows"] = draw(in_slots(own + draw(extra_flows(managed, [*peers, *roles]))))
    content["extra_hosts"] = draw(extra_hosts())
    content |= draw(exceptions(sorted(known.flows)))
    content["port_overrides"] = draw(overrides(known))
    content["names"] = draw(name_rules([*SERVICES, *peers]))
    ends = [*SERVICES, *peers, *(["web-proxy"] if proxy else [])]
    content["any_address"] = {name: draw(exemptions) for name in ends}
    content["split"] = {role: draw(st.integers(1, 4)) for role in draw(subsets(roles))}
    content["machines"] = draw(machines_of(sorted({*managed})))
    return content


@st.composite
def in_slots(draw: st.DrawFn, flows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The extra flows with a slot each; now and then without, which no priority comes from."""
    slots = draw(st.lists(st.sampled_from(SLOTS), min_size=len(flows), max_size=len(flows), unique=True))
    none = draw(st.integers(0, 4)) == 0
    return [flow if none else flow | {"slot": slot} for flow, slot in zip(flows, slots, strict=True)]


@st.composite
def machines_of(draw: st.DrawFn, managed: list[str]) -> dict[str, Any]:
    """One mark for each managed role, of one kind for all of them or of any."""
    marks = {
        "secure_tags": lambda number: f"tagValues/9{number}",
        "service_accounts": lambda number: f"ws-{number}@hub.iam.gserviceaccount.com",
        "network_tags": lambda number: f"ws-{number}",
    }
    common = draw(st.none() | st.sampled_from(sorted(marks)))
    kinds = {role: common or draw(st.sampled_from(sorted(marks))) for role in managed}
    return {role: {kind: [marks[kind](number)]} for number, (role, kind) in enumerate(kinds.items())}


def _settings(known: Catalogue) -> dict[str, st.SearchStrategy[Any]]:
    """Settings that depend on nothing else."""
    versions = ["10.0", "11.0", "12.0", "20.0.0-1540", "20.0.0-1559", "20.0.1-9400"]
    fleets = st.lists(st.integers(0, len(versions) - 1), min_size=2, max_size=2).map(sorted)
    return {
        "features": subsets([feature.id for feature in known.features.values()]),
        "agent_build": fleets.map(lambda ends: {"oldest": versions[ends[0]], "newest": versions[ends[1]]}),
        "min_confidence": st.sampled_from(["documented", "field", "inferred"]),
        "communication": st.sampled_from(["agent-initiated", "bidirectional", "manager-initiated"]),
        "layout": st.sampled_from(["per-flow", "minimal"]),
        "address_families": subsets(["ipv4", "ipv6"], 1),
        "http": st.booleans(),
        "legacy_account": st.booleans(),
        "wildcards": st.sampled_from(["expand", "refuse"]),
        "deny_rest": st.booleans(),
        "behind": st.just({"aws-security-group": "aws-network-firewall", "azure-nsg": "azure-firewall"}),
        "quotas": st.just({"aws-rules-per-security-group": 200}),
        "tags": st.just({"team": "platform"}),
    }


@st.composite
def proxies(draw: st.DrawFn) -> dict[str, Any]:
    """A web proxy."""
    proxy = draw(addresses()) | {"port": draw(ports), "covers": draw(subsets(SERVICES)), "manage": draw(st.booleans())}
    if draw(st.booleans()):
        proxy["roles"] = draw(subsets(COMPONENTS))
    return proxy


@st.composite
def own_flows(draw: st.DrawFn, roles: list[str]) -> list[dict[str, Any]]:
    """Now and then a flow to a peer that the page does not know."""
    if draw(st.integers(0, 3)):
        return []
    flow = {"id": "own", "source": roles[0], "destination": EXTRA_PEER, "transport": "tcp", "ports": [draw(ports)]}
    return [flow | draw(exemptions)]


@st.composite
def extra_hosts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Hosts that the page does not have."""
    addressing = st.sampled_from(["dynamic", "cdn"])
    return [
        {"fqdn": f"own.{service}.example", "destination": service, "addressing": draw(addressing)} | draw(exemptions)
        for service in draw(subsets(SERVICES))
    ]


@st.composite
def exceptions(draw: st.DrawFn, flow_ids: list[str]) -> dict[str, Any]:
    """Declined and expiring flows, accepted findings."""
    ids = st.sampled_from(flow_ids)
    expiring = st.builds(lambda entry, end: entry | {"on_expiry": end}, exemptions, st.sampled_from(["warn", "close"]))
    codes = st.sampled_from(["any-address", "names-refused", "extra:own", "icmp-any-type", "followed-by-name"])
    return {
        "decline": draw(st.dictionaries(ids, exemptions, max_size=3)),
        "expires": draw(st.dictionaries(ids, expiring, max_size=3)),
        "accept": draw(st.dictionaries(codes, exemptions, max_size=2)),
    }


@st.composite
def overrides(draw: st.DrawFn, known: Catalogue) -> dict[str, int]:
    """Moved listeners, all flows of each alike."""
    moved = {name: draw(ports) for name in draw(subsets(sorted(LISTENERS)))}
    return {flow: port for name, port in moved.items() for flow in LISTENERS[name] if flow in known.flows}


@st.composite
def snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """The content of a snapshot with some of the names, public addresses only but for the site's own."""
    names = sorted(
        {
            name.fqdn
            for row in CATALOGUE.host_rows.values()
            for host in row.hosts
            for region in ("de-1", "us-1")
            for name in CATALOGUE.names(row, host, region)
        }
    )
    ipv4 = st.lists(st.integers(0, 15).map(lambda n: f"8.8.8.{n}"), max_size=3, unique=True)
    ipv6 = st.lists(st.integers(0, 15).map(lambda n: f"2600::{n:x}" if n else "2600::"), max_size=2, unique=True)
    entries = st.fixed_dictionaries({"ipv4": ipv4, "ipv6": ipv6})
    share = draw(st.sampled_from([1, 3]))
    found = {name: draw(entries) for name in names[:: 8 * share]}
    found |= {name: draw(entries) for name in ("siem.corp.example", "dns.corp.example", "ad.corp.example")}
    for entry in found.values():
        if entry["ipv4"] and draw(st.booleans()):
            entry["absent_since"] = {entry["ipv4"][0]: "2026-01-01"}
    return {"format": 1, "place": "a test", "names": found}


@dataclass(frozen=True)
class SiteCase:
    """Everything that a plan is made from."""

    content: dict[str, Any]
    deployment: Deployment
    snapshot: Snapshot | None
    as_of: date | None
    references: tuple[str, ...]
    marks: tuple[bool, ...] = ()
    """Which of two marks each managed role is given, in the order of their names, over and over."""

    def machines(self, target: Target, roles: tuple[str, ...]) -> dict[str, MachineMark]:
        """Marks that the target can take, one for each role; none where it has groups."""
        if target not in MARKS:
            return {}
        return {role: MARKS[target][self.marks[number % len(self.marks)]] for number, role in enumerate(sorted(roles))}


@st.composite
def sites(draw: st.DrawFn) -> SiteCase:
    """A valid site."""
    content = draw(contents())
    snapshot = draw(st.none() | snapshots())
    references = draw(subsets(["siem-or-syslog-server", "dns-server/first", "dns-server/second", "relay"]))
    return SiteCase(
        content=content,
        deployment=Deployment.parse(content),
        snapshot=None if snapshot is None else Snapshot.parse(snapshot),
        as_of=draw(st.sampled_from([None, TODAY])),
        references=tuple(references),
        marks=tuple(draw(st.lists(st.booleans(), min_size=2, max_size=4) | st.just([False]))),
    )


ORDERED = {"forms", "names", "agent_build"}
"""Keys below which order has a meaning."""


def shuffled(value: Any, shuffle: random.Random, key: str = "") -> Any:
    """The same content with every map and list in another order, where order has no meaning."""
    if isinstance(value, dict):
        keys = list(value)
        shuffle.shuffle(keys)
        return {name: value[name] if name in ORDERED else shuffled(value[name], shuffle, name) for name in keys}
    if isinstance(value, list):
        out = [shuffled(each, shuffle, key) for each in value]
        shuffle.shuffle(out)
        return out
    return value
