"""What clients send first, made by the standard library's own clients: a ClientHello, and a request of HTTP."""

import http.client
import ssl
from functools import cache
from typing import Any


@cache
def client_hello(name: str | None) -> bytes:
    """The first flight of a TLS client that asks for a name, or for none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(received, sent, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return sent.read()
    raise AssertionError("a handshake without a server")


class _Socket:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        """Nothing to close."""


@cache
def request(host: str, port: int = 80) -> bytes:
    """A request for a page of a host, as `http.client` writes it: with the port where it is not 80."""
    connection = http.client.HTTPConnection(host, port)
    sink: Any = _Socket()
    connection.sock = sink
    connection.request("GET", "/")
    found: bytes = sink.sent
    return found
