"""A name server of the tests: it answers by UDP and TCP what a test tells it to, and counts what it was asked."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dnslib import AAAA, CNAME, QTYPE, RCODE, RR, A, DNSRecord


@dataclass(frozen=True)
class Reply:
    """One answer."""

    records: tuple[tuple[str, str, str], ...] = ()
    """Name, type and value of each; an empty name is the one that was asked for."""
    rcode: str = "NOERROR"
    ttl: int = 60
    truncated: bool = False
    """By UDP with nothing but the mark that there is more."""
    drop: bool = False
    delay: float = 0.0


def addresses(*texts: str, **options: Any) -> Reply:
    """An answer with these addresses."""
    return Reply(tuple(("", "AAAA" if ":" in text else "A", text) for text in texts), **options)


def through(chain: tuple[str, ...], *texts: str, **options: Any) -> Reply:
    """An answer that leads over a chain of CNAMEs to these addresses."""
    owners = ("", *chain)
    links = tuple((owner, "CNAME", target) for owner, target in zip(owners, chain, strict=False))
    ends = tuple((owners[-1], "AAAA" if ":" in text else "A", text) for text in texts)
    return Reply((*links, *ends), **options)


Zone = dict[tuple[str, str], Reply | Callable[[int], Reply]]
"""By name and type an answer, or what makes one from how often the question was asked before. No entry: NODATA."""


@dataclass
class Server:
    """The server, running in a thread of its own."""

    zone: Zone = field(default_factory=dict)
    otherwise: Reply = Reply()
    """For what the zone has no entry."""
    tcp: bool = True
    """Whether anybody listens by TCP."""
    port: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0
    by_tcp: int = 0

    @property
    def address(self) -> str:
        """Address and port, as `--resolver` takes it."""
        return f"127.0.0.1:{self.port}"

    async def reply(self, data: bytes, *, tcp: bool = False) -> bytes | None:
        """Return the bytes of an answer; None for none."""
        question = DNSRecord.parse(data)
        name, kind = str(question.q.qname).rstrip(".").lower(), QTYPE[question.q.qtype]
        entry = self.zone.get((name, kind), self.otherwise)
        found = entry if isinstance(entry, Reply) else entry(self.asked[name, kind])
        self.asked[name, kind] += 1
        self.by_tcp += tcp
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(found.delay)
        self.in_flight -= 1
        if found.drop:
            return None
        answer = question.reply()
        answer.header.rcode = getattr(RCODE, found.rcode)
        if found.truncated and not tcp:
            answer.header.tc = 1
            return bytes(answer.pack())
        data_of = {"A": A, "AAAA": AAAA, "CNAME": CNAME}
        for owner, type_, value in found.records:
            answer.add_answer(RR(owner or name, QTYPE.reverse[type_], rdata=data_of[type_](value), ttl=found.ttl))
        return bytes(answer.pack())


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(data, address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, address: Any) -> None:
        if (answer := await self._server.reply(data)) is not None:
            self._transport.sendto(answer, address)


@contextmanager
def serving(zone: Zone | None = None, **options: Any) -> Iterator[Server]:
    """Run a server for the time of a block."""
    server = Server(zone or {}, **options)
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def by_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2))
                answer = await server.reply(await reader.readexactly(length), tcp=True)
                if answer is not None:
                    writer.write(len(answer).to_bytes(2) + answer)
        except asyncio.IncompleteReadError:
            writer.close()

    async def start() -> None:
        made, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(server), ("127.0.0.1", server.port))
        server.port = made.get_extra_info("sockname")[1]
        if server.tcp:
            await asyncio.start_server(by_tcp, "127.0.0.1", server.port)
        ready.set()

    def run() -> None:
        task = loop.create_task(start())
        loop.run_forever()  # alone: a block that ends at once would stop a first loop, and the second one run for ever
        assert task.done()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.close()
