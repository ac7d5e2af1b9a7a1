"""Asking DNS: the one place that reaches a network.

Owns how many questions are in flight, the order of resolvers and what their errors mean. The protocol is c-ares', by
way of aiodns, which is loaded here alone and when it is used. Names are absolute: neither the hosts file nor search
domains are looked at, since only this machine has those. CNAMEs come with the answer; no question is asked for them.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ws_network.addresses import FAMILIES
from ws_network.errors import UserError
from ws_network.resolver.answers import Answer, Outcome, Question, Record, read_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiodns import DNSResolver

IN_FLIGHT = 64
"""Most questions without an answer at a time: what a small resolver takes without losing some."""

PORT = 53
SHORTEST_WAIT = 0.25
"""Seconds after which c-ares asks again at the earliest, once it knows how fast a resolver is (its MIN_TIMEOUT_MS)."""

Progress = Callable[[int, int], None]
"""Called after each answer with how many there are, and how many there will be."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How to ask."""

    resolvers: tuple[str, ...] = ()
    """Addresses with ports, in order; none for those of the system."""
    rounds: int = 3
    """How often each question is asked, to see answers that rotate."""
    pause: float = 1.0
    """Seconds between two rounds."""
    timeout: float = 3.0
    """About how many seconds one resolver is waited for, with its repetitions."""


def read_resolver(text: str) -> str:
    """Return the address and port of a resolver: `9.9.9.9` and `[2620:fe::fe]:5353` are both read.

    Raises:
        UserError: it is no address.
    """
    host, _, port = text.strip().rpartition(":") if text.count(":") == 1 or "]:" in text else (text.strip(), "", "")
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
        number = int(port) if port or text.endswith(":") else PORT
    except ValueError:
        number, address = 0, None
    if address is None or not 1 <= number <= 65535 or "%" in host:
        raise UserError(
            f"--resolver is '{text}', which is no address: write the resolver's own, as 9.9.9.9, 10.0.0.2:5353 or "
            "[2620:fe::fe]:53."
        )
    return f"[{address}]:{number}" if address.version == 6 else f"{address}:{number}"


def system_resolvers() -> tuple[str, ...]:
    """Return the resolvers of this machine.

    Raises:
        UserError: it has none, or aiodns is not installed.
    """
    _aiodns()
    import pycares  # noqa: PLC0415 - see above

    try:
        channel = pycares.Channel(flags=pycares.ARES_FLAG_NO_DFLT_SVR)
    except pycares.AresError:
        raise UserError("this machine has no resolver set: name one with --resolver.") from None
    servers = tuple(channel.servers)
    channel.close()
    return servers


def ask(fqdns: Iterable[str], asking: Asking, on_answer: Progress = lambda _done, _total: None) -> list[Answer]:
    """Return what the resolvers say about the IPv4 and IPv6 addresses of each name, once for each round.

    Args:
        fqdns: Absolute names, without a dot at the end.
        asking: How to ask; names the resolvers.
        on_answer: Told about progress.

    Raises:
        UserError: no resolver says anything at all, or none goes on to, or aiodns is not installed.
    """
    _aiodns()
    return asyncio.run(_rounds(list(dict.fromkeys(fqdns)), asking, on_answer))


async def _rounds(fqdns: Sequence[str], asking: Asking, on_answer: Progress) -> list[Answer]:
    questions = [Question(fqdn, family) for fqdn in fqdns for family in FAMILIES]
    answers: list[Answer] = []
    unheard = 0

    def take(answer: Answer) -> None:
        nonlocal unheard
        unheard = unheard + 1 if answer.outcome.unheard else 0
        answers.append(answer)
        on_answer(len(answers), len(questions) * asking.rounds)
        never = unheard == len(answers)
        if unheard >= (min(IN_FLIGHT, len(questions)) if never else IN_FLIGHT):
            raise UserError(
                f"no resolver answered {'' if never else 'any more '}({', '.join(asking.resolvers)} asked, the "
                "snapshot is as it was): check the network, or name another one with --resolver."
            )

    for number in range(asking.rounds):
        if number:
            await asyncio.sleep(asking.pause)
        async with _resolvers(asking) as resolvers:
            await _round(iter(questions), resolvers, take)
    return answers


async def _round(questions: Iterator[Question], resolvers: list["_Resolver"], take: Callable[[Answer], None]) -> None:
    """Ask each question once, as many at a time as may be in flight."""

    async def work() -> None:
        for question in questions:  # one iterator for all: who is free takes the next one
            take(await _first_answer(question, resolvers))

    workers = [asyncio.create_task(work()) for _ in range(IN_FLIGHT)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


@dataclass
class _Resolver:
    """One resolver, and how often it was silent since it last said something."""

    name: str
    channel: "DNSResolver"
    silent: int = field(default=0)

    async def answer(self, question: Question) -> Answer:
        try:
            found = await self.channel.query_dns(question.fqdn, question.kind)
        except _aiodns().error.DNSError as error:
            outcome = _outcomes().get(error.args[0], Outcome.MALFORMED)
            answer = Answer(question, outcome, self.name)
        else:
            answer = read_answer(question, _records(found), self.name)
        self.silent = self.silent + 1 if answer.outcome.unheard else 0
        return answer


async def _first_answer(question: Question, resolvers: list[_Resolver]) -> Answer:
    """Return the first answer that proves something, else the first that is one at all, else that there is none."""
    answers: list[Answer] = []
    for resolver in sorted(resolvers, key=lambda resolver: resolver.silent):
        answers.append(await resolver.answer(question))
        if answers[-1].outcome.is_proof:
            return answers[-1]
    return min(answers, key=lambda answer: answer.outcome.unheard)


@asynccontextmanager
async def _resolvers(asking: Asking) -> "AsyncIterator[list[_Resolver]]":
    """Give the resolvers for one round: c-ares keeps answers by their TTL, and another round shall see others."""
    aiodns = _aiodns()
    import pycares  # noqa: PLC0415 - as above

    tries, wait = _repetitions(asking.timeout)
    made = [
        _Resolver(
            name,
            aiodns.DNSResolver(
                nameservers=[name], timeout=wait, tries=tries, lookups="b", flags=pycares.ARES_FLAG_EDNS
            ),
        )
        for name in asking.resolvers
    ]
    try:
        yield made
    finally:
        for resolver in made:
            await resolver.channel.close()


def _repetitions(timeout: float) -> tuple[int, float]:
    """Return how often to send a question and how long to wait first, so that all waits are about `timeout` seconds.

    c-ares doubles the wait each time, and begins with its own shortest one where it knows the resolver.
    """
    tries = max(1, math.ceil(math.log2(timeout / SHORTEST_WAIT + 1)))
    return tries, timeout / (2**tries - 1)


def _records(found: Any) -> Iterator[Record]:
    """Yield the records that matter of pycares' answer section; what it gives of a type depends on the type."""
    import pycares  # noqa: PLC0415 - as above

    for record in found.answer:
        match record.type:
            case pycares.QUERY_TYPE_A:
                yield Record(record.name, "A", record.ttl, record.data.addr)
            case pycares.QUERY_TYPE_AAAA:
                yield Record(record.name, "AAAA", record.ttl, record.data.addr)
            case pycares.QUERY_TYPE_CNAME:
                yield Record(record.name, "CNAME", record.ttl, record.data.cname)


def _outcomes() -> dict[int, Outcome]:
    error = _aiodns().error
    return {
        error.ARES_ENODATA: Outcome.NO_DATA,
        error.ARES_ENOTFOUND: Outcome.NAME_NOT_FOUND,
        error.ARES_ESERVFAIL: Outcome.SERVER_FAILURE,
        error.ARES_EREFUSED: Outcome.REFUSED,
        error.ARES_ENOTIMP: Outcome.REFUSED,
        error.ARES_ETIMEOUT: Outcome.TIMEOUT,
        error.ARES_ECONNREFUSED: Outcome.NO_CONNECTION,
    }


def _aiodns() -> Any:
    """Return the module.

    Raises:
        UserError: it is not installed.
    """
    try:
        import aiodns  # noqa: PLC0415 - an extra, and 20 ms that only resolving needs
    except ImportError:
        raise UserError("resolving needs aiodns, which is not installed: pip install 'ws-network[resolve]'.") from None
    return aiodns
