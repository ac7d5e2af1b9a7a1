"""What DNS said about one name and family, told apart by what it proves.

Owns the outcomes and the reading of an answer's records: the CNAME chain, and the addresses at its end. Does not own
asking, nor what an answer does to a snapshot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from ipaddress import ip_address

from ws_network.addresses import Family


@unique
class Outcome(StrEnum):
    """How a question ended, most worth telling first."""

    ANSWERED = "answered"
    """With addresses."""
    EMPTY_AFTER_CNAME = "empty-after-cname"
    """The name leads to another one, and nothing came of it: often a fault at the far end."""
    SERVER_FAILURE = "server-failure"
    REFUSED = "refused"
    MALFORMED = "malformed"
    NO_CONNECTION = "no-connection"
    """Nobody listens, by UDP, or by TCP where an answer was too long for UDP."""
    TIMEOUT = "timeout"
    NAME_NOT_FOUND = "name-not-found"
    """NXDOMAIN: the name does not exist, in any family, or one that it leads to does not (c-ares tells no more)."""
    NO_DATA = "no-data"
    """The name exists, and has no address of this family."""

    @property
    def is_proof(self) -> bool:
        """Whether it proves what the name has not; every other one proves nothing."""
        return self in {Outcome.ANSWERED, Outcome.NAME_NOT_FOUND, Outcome.NO_DATA}

    @property
    def unheard(self) -> bool:
        """Whether no resolver said anything."""
        return self in {Outcome.NO_CONNECTION, Outcome.TIMEOUT}


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an answer."""

    name: str
    kind: str
    """`A`, `AAAA` or `CNAME`."""
    ttl: int
    """Seconds."""
    value: str


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """A name and the family asked for."""

    fqdn: str
    family: Family

    @property
    def kind(self) -> str:
        """The type of record."""
        return "A" if self.family == 4 else "AAAA"


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What one resolver said to one question."""

    question: Question
    outcome: Outcome
    resolver: str
    """Address and port."""
    addresses: tuple[tuple[str, int], ...] = ()
    """Sorted, each with its TTL in seconds: the least on the way to it."""
    chain: tuple[str, ...] = ()
    """The names that CNAMEs led over, without the one that was asked for."""


def read_answer(question: Question, records: Iterable[Record], resolver: str) -> Answer:
    """Return what the records of a successful answer say about the question.

    Only what the chain leads to counts: a record beside it answers another question. A chain that comes back to
    itself ends there.
    """
    aliases: dict[str, Record] = {}
    found: dict[str, list[Record]] = {}
    for record in records:
        name = _plain(record.name)
        if record.kind == "CNAME":
            aliases.setdefault(name, record)
        elif record.kind == question.kind:
            found.setdefault(name, []).append(record)
    name, chain, ttls = _plain(question.fqdn), list[str](), list[int]()
    while name in aliases:
        ttls.append(aliases[name].ttl)
        name = _plain(aliases.pop(name).value)
        chain.append(name)
    addresses = {str(ip_address(record.value)): min([record.ttl, *ttls]) for record in found.get(name, ())}
    if addresses:
        return Answer(question, Outcome.ANSWERED, resolver, tuple(sorted(addresses.items())), tuple(chain))
    outcome = Outcome.EMPTY_AFTER_CNAME if chain else Outcome.MALFORMED
    return Answer(question, outcome, resolver, (), tuple(chain))


def _plain(name: str) -> str:
    return name.lower().rstrip(".")
