"""Planning a site, by the number of its peers' addresses, and against loading the catalogue it is planned from."""

from collections.abc import Iterator
from functools import partial
from itertools import product

from benchmarks.frame import Row, python, race
from benchmarks.inputs import SEED, address_blocks
from benchmarks.start import LOAD_CATALOGUE
from ws_network.addresses import FAMILIES, AddressSet
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment
from ws_network.plan import Plan, build_plan

PEERS = ("dns-server", "ntp-server", "siem-or-syslog-server")
PLAN_A_SITE = """
from ws_network.catalogue import Catalogue
from ws_network.deployment import Deployment
from ws_network.plan import build_plan
catalogue = Catalogue.load()
site = {"region": "de-1", "revision": catalogue.revision, "roles": ["agent"]}
site["peers"] = {name: {"cidrs": ["10.20.0.53/32"]} for name in ("dns-server", "ntp-server", "siem-or-syslog-server")}
print(len(build_plan(catalogue, Deployment.parse(site)).rules))
"""


def growth() -> Iterator[Row]:
    """A site of agents with three peers of 10,000 blocks each against one of 1,000, in both layouts."""
    catalogue = Catalogue.load()
    for layout in ("per-flow", "minimal"):
        small, large = (_site(catalogue, size, layout) for size in (1_000, 10_000))
        for size, site in ((1_000, small), (10_000, large)):
            _holds_every_peer(build_plan(catalogue, site), size)
        best = race(partial(build_plan, catalogue, large), partial(build_plan, catalogue, small), rounds=8)
        yield Row(f"plan of 10x addresses, {layout}", *best, "ws_network, 3 x 1,000", "times the time", 12)


def whole_process() -> Iterator[Row]:
    """A small site planned in a fresh interpreter, against one that only loads the catalogue."""
    if int(python(PLAN_A_SITE)) == 0:
        raise AssertionError("the site has no rules")
    best = race(partial(python, PLAN_A_SITE), partial(python, LOAD_CATALOGUE), rounds=10)
    yield Row("plan of a site, whole process", *best, "ws_network, catalogue load", "times the time")


def _site(catalogue: Catalogue, size: int, layout: str) -> Deployment:
    return Deployment.parse(
        {
            "region": "de-1",
            "revision": catalogue.revision,
            "roles": ["agent"],
            "layout": layout,
            "peers": {name: {"cidrs": _peer(name, size)} for name in PEERS},
        }
    )


def _peer(name: str, size: int) -> list[str]:
    return address_blocks(size, seed=SEED + PEERS.index(name))


def _holds_every_peer(plan: Plan, size: int) -> None:
    """Raise AssertionError when some peer's addresses are not all in the plan's lists."""
    held = [AddressSet.from_cidrs(found.cidrs) for found in plan.lists.values()]
    for name, family in product(PEERS, FAMILIES):
        wanted = AddressSet.from_cidrs(_peer(name, size)).only(family)
        if not any(wanted.issubset(addresses) for addresses in held):
            raise AssertionError(f"the plan lacks addresses of {name}")


BENCHMARKS = (growth, whole_process)
