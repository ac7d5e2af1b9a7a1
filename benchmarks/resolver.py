"""Resolving against round trips to a name server that answers after 20 ms, and against one getaddrinfo at a time.

The time here is that on the wall: waiting is what is measured. Least of the rounds, as elsewhere.
"""

import ctypes
import math
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from benchmarks.frame import Row, peer
from ws_network.resolver.asking import IN_FLIGHT, Asking, ask

DELAY = 20
"""Milliseconds: a resolver of the same country that has the answer."""
SERVER = Path(__file__).with_name("name_server.py")
RESOLVER_STATE = 16
"""Bytes before `nscount` in glibc's `struct __res_state`, after which its name servers follow; part of its ABI."""


def round_trips() -> Iterator[Row]:
    """A and AAAA of each name, with 64 questions in flight: two questions are two, so 2N of them.

    The bar of 60 names is that there is no third round trip: three would be 1.5 times the time of two before our own
    start, which is within the bar for two.
    """
    with _server() as port:
        for size, rounds, bar in ((60, 20, 1.4), (2_000, 5, 1.15)):
            trips = math.ceil(2 * size / IN_FLIGHT)
            ours = min(_asked(_names(size, number), port) for number in range(rounds))
            what = f"resolve {size:,} names, wall time"
            yield Row(what, ours, trips * DELAY / 1000, f"{trips} round trips of {DELAY} ms", "times the time", bar)


def one_by_one() -> Iterator[Row]:
    """The same against getaddrinfo, which asks for both families of one name at once; no row without glibc."""
    names = _names(640)
    with _server() as port:
        theirs = _getaddrinfo(names, port)
        if theirs is not None:
            ours = min(_asked(names, port) for _ in range(5))
            what = f"resolve {len(names)} names, wall time"
            yield Row(what, ours, theirs, peer("getaddrinfo", inside_python=True), "times faster", 25)


def _names(size: int, number: int = 0) -> list[str]:
    return [f"host-{number}-{place}.example.com" for place in range(size)]


def _asked(names: list[str], port: int) -> float:
    """Return the seconds that one round takes; AssertionError when an address is missing."""
    start = perf_counter()
    answers = ask(names, Asking((f"127.0.0.1:{port}",), rounds=1))
    taken = perf_counter() - start
    if sum(len(answer.addresses) for answer in answers) != 2 * len(names):
        raise AssertionError("the name server's answers were not all seen")
    return taken


def _getaddrinfo(names: list[str], port: int) -> float | None:
    """Return the seconds that the C library takes, one name after the other; None where it cannot be told whom to ask.

    It reads its name servers from a file of the system's, with port 53; this process's copy of them is changed.
    """
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    try:
        state = library["__res_state"]
        library["__res_init"]()
    except AttributeError:
        return None
    state.restype = ctypes.c_void_p
    address = state() + RESOLVER_STATE
    server = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton("127.0.0.1") + bytes(8)
    ctypes.c_int.from_address(address).value = 1
    ctypes.memmove(address + ctypes.sizeof(ctypes.c_int), server, len(server))
    start = perf_counter()
    for name in names:
        if len(socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)) != 2:
            raise AssertionError(f"getaddrinfo did not see both addresses of {name}")
    return perf_counter() - start


@contextmanager
def _server() -> Iterator[int]:
    """Run the name server in a process of its own; gives its port."""
    with subprocess.Popen([sys.executable, str(SERVER), str(DELAY)], stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise AssertionError("the name server has no output")
            yield int(process.stdout.readline())
        finally:
            process.kill()


BENCHMARKS = (round_trips, one_by_one)
