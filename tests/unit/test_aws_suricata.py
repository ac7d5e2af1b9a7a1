"""The rules in Suricata itself, where there is one: it loads each, and passes what the evaluator of the tests passes.

Suricata reads packets from a file and drops nothing there, so each `pass` is read as `alert`, and what is told in its
log is what would pass. Without a `suricata` on the PATH only the parsers and the evaluator of `test_aws_egress` judge.
"""

import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.client_bytes import client_hello, request
from tests.evaluators.aws_egress import Connection, NetworkFirewall
from tests.unit.sites import UNTIL
from tests.unit.sites import plan as plan_of
from ws_network.aws.egress import checked_networks, render
from ws_network.deployment import Target

SURICATA = shutil.which("suricata")
needs_suricata = pytest.mark.skipif(SURICATA is None, reason="no suricata on the PATH: install it to run this")

APEX = "workload.de-1.cloudone.trendmicro.com"
AGENT, OUTSIDE = "10.20.1.7", "203.0.113.9"
EXACT = "dsaas.url.trendmicro.com"
FLOW = {"id": "own", "source": "agent", "destination": "workload-security", "transport": "tcp", "ports": [8443]} | UNTIL

SYN, ACK, PUSH_ACK = 0x02, 0x10, 0x18


def packet(connection: Connection, own_port: int, flags: int, place: tuple[int, int], payload: bytes = b"") -> bytes:
    """An Ethernet frame with TCP or UDP over IPv4; `place` is sequence and acknowledgement, odd flags answer."""
    source, destination = ip_address(connection.source).packed, ip_address(connection.destination).packed
    ports = own_port, connection.port
    if flags == SYN | ACK:
        source, destination, ports = destination, source, ports[::-1]
    if connection.protocol == "tcp":
        segment = struct.pack("!HHIIBBHHH", *ports, *place, 5 << 4, flags, 65535, 0, 0) + payload
    else:
        segment = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    number = {"tcp": 6, "udp": 17}[connection.protocol]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, number, 0) + source + destination
    return b"\x02" * 12 + b"\x08\x00" + header + segment


def packets(connection: Connection, own_port: int) -> Iterator[bytes]:
    """The handshake and what the client sends."""
    if connection.protocol == "udp":
        yield packet(connection, own_port, 0, (0, 0), connection.payload)
        return
    yield packet(connection, own_port, SYN, (100, 0))
    yield packet(connection, own_port, SYN | ACK, (900, 101))
    yield packet(connection, own_port, ACK, (101, 901))
    yield packet(connection, own_port, PUSH_ACK, (101, 901), connection.payload)


def capture(connections: list[Connection]) -> bytes:
    """A capture file (pcap, 2.4, Ethernet) of connections, told apart by the client's port: 20000 and so on."""
    found = struct.pack("!IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    frames = [frame for n, each in enumerate(connections) for frame in packets(each, 20000 + n)]
    for number, frame in enumerate(frames):
        found += struct.pack("!IIII", 1_800_000_000 + number, 0, len(frame), len(frame)) + frame
    return found


def cases() -> list[Connection]:
    names = [
        APEX,
        f"a.{APEX}",
        f"A.{APEX}".upper(),
        f"x{APEX}",
        f"{APEX}.attacker.example",
        f"{APEX}.",
        EXACT,
        EXACT.upper(),
        f"x{EXACT}",
        None,
    ]
    made = [Connection(AGENT, OUTSIDE, "tcp", port, client_hello(name)) for name in names for port in (443, 8443, 444)]
    made += [
        Connection(source, OUTSIDE, "tcp", port, request(name, port))
        for name in names
        if name
        for port in (80, 8443, 81)
        for source in (AGENT, "10.20.9.9")
    ]
    return [
        *made,
        *(Connection(AGENT, f"10.20.0.{last}", "udp", port, b"question") for last in (53, 54) for port in (53, 54)),
    ]


def test_captures_are_what_they_say() -> None:
    """Where there is no Suricata, at least the frames are read back by their own lengths."""
    found = capture(cases())
    at, count = 24, 0
    while at < len(found):
        size = struct.unpack("!I", found[at + 8 : at + 12])[0]
        frame = found[at + 16 : at + 16 + size]
        assert struct.unpack("!H", frame[16:18])[0] == size - 14
        at, count = at + 16 + size, count + 1
    assert count == sum(4 if each.protocol == "tcp" else 1 for each in cases())


@needs_suricata
def test_suricata_passes_what_the_evaluator_passes(tmp_path: Path) -> None:
    made = plan_of(target=Target.AWS_NETWORK_FIREWALL, extra_flows=[FLOW])
    rendering = render(made, networks=checked_networks(made, {"agent": ["10.20.1.0/24"]}))
    rules = [rule.replace("pass ", "alert ", 1) for rule in rendering.rule_group["rules"]]
    (tmp_path / "r.rules").write_text("\n".join(rules) + "\n", encoding="utf-8")
    (tmp_path / "c.pcap").write_bytes(capture(cases()))
    variables = [
        word
        for name, found in rendering.rule_group["ip_sets"].items()
        for word in ("--set", f"vars.address-groups.{name}=[{','.join(found['definition'])}]")
    ]
    read = ["-r", str(tmp_path / "c.pcap"), "-S", str(tmp_path / "r.rules"), "-l", str(tmp_path), "-k", "none"]
    done = subprocess.run(
        [str(SURICATA), *read, *variables, "--init-errors-fatal"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (tmp_path / "eve.json").read_text(encoding="utf-8").splitlines()]
    passed = {event["src_port"] for event in events if event["event_type"] == "alert"}
    judge = NetworkFirewall(rendering.to_dict())
    for number, connection in enumerate(cases()):
        assert (20000 + number in passed) is judge.passes(connection), connection
