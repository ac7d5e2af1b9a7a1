"""A name server that answers each question with one address after so many milliseconds, and prints its port.

Built from bytes, so that its own work is a small part of what is measured.
"""

import asyncio
import socket
import sys
from typing import Any

QUESTION = 12
"""Bytes of the header, before the name."""
HEADER = bytes.fromhex("8180 0001 0001 0000 0000")
"""An answer, recursion desired and available, no error; one question, one record."""
RECORDS = {1: bytes.fromhex("c00c 0001 0001 0000003c 0004 09090909"), 28: bytes.fromhex("c00c 001c 0001 0000003c 0010")}
"""By type, with a TTL of a minute: 9.9.9.9, and the start of an IPv6 address."""
RECORDS[28] += bytes.fromhex("2620 00fe 0000 0000 0000 0000 0000 00fe")


def answer(data: bytes) -> bytes:
    """Return the answer to a question."""
    end = QUESTION
    while data[end]:
        end += data[end] + 1
    end += 5  # the name's last zero, type and class
    kind = int.from_bytes(data[end - 4 : end - 2])
    return data[:2] + HEADER + data[QUESTION:end] + RECORDS[kind]


class _Server(asyncio.DatagramProtocol):
    def __init__(self, delay: float) -> None:
        self._delay = delay

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._transport.sendto, answer(data), address)


async def serve(delay: float) -> None:
    """Answer for ever."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.bind(("127.0.0.1", 0))
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Server(delay), sock=made)
    print(made.getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) / 1000))
