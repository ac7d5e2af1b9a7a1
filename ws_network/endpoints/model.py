"""What an end of a flow is made of: endpoints, and the lists of addresses and names that they stand for.

Owns the records. Does not own which of them a flow gets (`finder`, `by_name`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique

from ws_network.addresses import Family, parse_cidr
from ws_network.findings import Finding
from ws_network.grammar import EndpointKind


@unique
class Origin(StrEnum):
    """Who says which addresses are in a list, and so whether it will grow."""

    PUBLISHED = "published"
    """The catalogue: fixed for a revision."""
    SITE = "site"
    """The deployment."""
    SNAPSHOT = "snapshot"
    """DNS, by way of the snapshot."""


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One form of the other end."""

    kind: EndpointKind
    value: str
    """List name, role, id, reference, or family (`ipv4`, `ipv6`)."""

    @property
    def slug(self) -> str:
        """Name of the endpoint inside a rule's id: from its content, never from its place."""
        if self.kind in {EndpointKind.LIST, EndpointKind.NAMES, EndpointKind.SECURITY_GROUP, EndpointKind.PREFIX_LIST}:
            return self.value.replace("/", "-")
        return f"{self.kind}-{self.value.replace('/', '.')}"  # a point, which no peer's name has


@dataclass(frozen=True, slots=True, order=True)
class AddressList:
    """Blocks of one family under a name that does not depend on them."""

    name: str
    family: Family
    cidrs: tuple[str, ...]
    """Sorted, without repetition."""
    origin: Origin


@dataclass(frozen=True, slots=True, order=True)
class NameList:
    """Host names that the platform follows, under a name that does not depend on them."""

    name: str
    fqdns: tuple[str, ...]
    """Sorted, without repetition."""
    wildcards: tuple[str, ...] = ()
    """Names that are admitted with every name under them, sorted; only where the target can say that."""
    filtered: bool = False
    """The target reads the name in the connection; else it follows the name's addresses by DNS."""

    @classmethod
    def joined(cls, lists: Iterable["NameList"]) -> "NameList":
        """Return what several lists admit together, under no name."""
        found = list(lists)
        fqdns = {name for each in found for name in each.fqdns}
        wildcards = {apex for each in found for apex in each.wildcards}
        return cls("", tuple(sorted(fqdns)), tuple(sorted(wildcards)))

    def admits(self, host: str) -> bool:
        """Return whether a host name is one of them, or under a wildcard. Names have no case."""
        name = host.lower()
        return name in self.fqdns or any(name == apex or name.endswith(f".{apex}") for apex in self.wildcards)

    @property
    def patterns(self) -> tuple[str, ...]:
        """What is admitted, as most clouds write it: `a.example`, and `*.a.example` for every name under it."""
        return (*(form for apex in self.wildcards for form in (apex, f"*.{apex}")), *self.exact)

    @property
    def exact(self) -> tuple[str, ...]:
        """The names that no wildcard admits."""
        wildcards = replace(self, fqdns=())
        return tuple(name for name in self.fqdns if not wildcards.admits(name))


@dataclass
class Reach:
    """What one end of a flow is made of."""

    endpoints: set[Endpoint] = field(default_factory=set)
    lists: set[AddressList] = field(default_factory=set)
    name_lists: set[NameList] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def add_list(self, name: str, cidrs: Iterable[str], origin: Origin) -> None:
        """Add addresses as one list per family; nothing for a family without addresses."""
        blocks = sorted({parse_cidr(cidr) for cidr in cidrs})
        for family in (4, 6):
            texts = tuple(block.text for block in blocks if block.family == family)
            if texts:
                named = AddressList(f"{name}-ipv{family}", family, texts, origin)
                self.lists.add(named)
                self.endpoints.add(Endpoint(EndpointKind.LIST, named.name))
