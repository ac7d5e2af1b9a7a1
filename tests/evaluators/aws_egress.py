"""What Network Firewall and DNS Firewall let pass, read from the rendered dicts alone and judged by real bytes.

As Suricata does it, for just the keywords that are documented and used: a rule passes a connection when its header fits
and the buffer that it names (server name of a ClientHello, host of a request) fits its content. Anything else in a rule
is an error here, so that no new keyword goes unjudged. What no rule passes is dropped. Standard library only.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any

RULE = re.compile(r"pass (\w+) \$(\w+) any -> (\[[^\]]+\]|any) (\S+) \((.*)\)")
OPTION = re.compile(r'\s*([a-z.]+)(?::("[^"]*"|[^;]*))?;')
REQUEST = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r\n")
HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*?)[ \t]*\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Connection:
    """The first thing that a client sends, and where."""

    source: str
    destination: str
    protocol: str
    port: int
    """Destination port; of ICMP the type."""
    payload: bytes = b""
    code: int = 0


@dataclass
class _Rule:
    protocol: str
    source: str
    destinations: list[Any]
    """None stands for any."""
    ports: tuple[int, int]
    buffer: str = ""
    content: str = ""
    options: set[str] = field(default_factory=set)
    icmp: dict[str, int] = field(default_factory=dict)


def server_name(payload: bytes) -> str | None:
    """Return the server name of a TLS ClientHello in one record (RFC 8446, RFC 6066); None where there is none."""
    if len(payload) < 43 or payload[0] != 22 or payload[5] != 1:
        return None
    at = 43 + 1 + payload[43]
    at += 2 + int.from_bytes(payload[at : at + 2])
    at += 1 + payload[at]
    end = at + 2 + int.from_bytes(payload[at : at + 2])
    at += 2
    while at < end:
        kind, size = int.from_bytes(payload[at : at + 2]), int.from_bytes(payload[at + 2 : at + 4])
        if kind == 0:
            length = int.from_bytes(payload[at + 7 : at + 9])
            return payload[at + 9 : at + 9 + length].decode()
        at += 4 + size
    return ""


def request_host(payload: bytes) -> str | None:
    """Return the host of a request as Suricata normalises it, lower case without a port; None: it is none."""
    if not REQUEST.match(payload):
        return None
    found = HOST.search(payload)
    return found[1].decode().lower().rsplit(":", 1)[0] if found else ""


BUFFERS = {"tls.sni": server_name, "http.host": request_host}


class NetworkFirewall:
    """Answers for one rendering (`AwsEgressRendering.to_dict()`) whose variables are defined."""

    def __init__(self, rendering: dict[str, Any]) -> None:
        """Take a rendering."""
        group = rendering["rule_group"]
        self.sets = {
            name: [ipaddress.ip_network(cidr) for cidr in found["definition"]]
            for name, found in group["ip_sets"].items()
        }
        self.rules = [_read(text) for text in group.get("rules", [])]
        self.listed = group.get("domain_list")

    def passes(self, connection: Connection) -> bool:
        """Return whether a connection comes through."""
        if self.listed:
            return _in(connection.source, self.sets["HOME_NET"]) and self._is_listed(connection)
        return any(self._fits(rule, connection) for rule in self.rules)

    def _is_listed(self, connection: Connection) -> bool:
        """As the developer guide says of domain lists: on any port, a leading dot is the name and all below."""
        kinds = {"TLS_SNI": server_name, "HTTP_HOST": request_host}
        names = [kinds[kind](connection.payload) for kind in self.listed["target_types"]]
        for name in (name.lower() for name in names if name):
            for target in self.listed["targets"]:
                if f".{name}".endswith(target) if target.startswith(".") else name == target:
                    return connection.protocol == "tcp"
        return False

    def _fits(self, rule: _Rule, connection: Connection) -> bool:
        carrier = "tcp" if rule.protocol in {"tls", "http"} else rule.protocol
        if carrier != connection.protocol or not _in(connection.source, self.sets[rule.source]):
            return False
        if rule.destinations != [None] and not _in(connection.destination, rule.destinations):
            return False
        if carrier == "icmp":
            return (rule.icmp["itype"], rule.icmp["icode"]) == (connection.port, connection.code)
        fits = rule.ports[0] <= connection.port <= rule.ports[1]
        return fits and (not rule.buffer or self._names(rule, BUFFERS[rule.buffer](connection.payload)))

    @staticmethod
    def _names(rule: _Rule, found: str | None) -> bool:
        """Return whether what stands in the rule's buffer is what the rule looks for."""
        if not found:
            return False
        content = rule.content
        if "nocase" in rule.options:
            found, content = found.lower(), content.lower()
        if "dotprefix" in rule.options:
            found = f".{found}"
        starts = "startswith" not in rule.options or found.startswith(content)
        ends = "endswith" not in rule.options or found.endswith(content)
        return starts and ends and content in found


def _in(address: str, networks: list[Any]) -> bool:
    return any(ipaddress.ip_address(address) in network for network in networks)


def _read(text: str) -> _Rule:
    header = RULE.fullmatch(text)
    assert header, text
    protocol, source, destination, port, options = header.groups()
    ends = [None] if destination == "any" else [ipaddress.ip_network(each) for each in destination[1:-1].split(",")]
    first, _, last = port.partition(":")
    ports = (0, 65535) if port == "any" else (int(first), int(last or first))
    rule = _Rule(protocol, source, list(ends), ports)
    assert OPTION.sub("", options) == "", text
    for name, value in OPTION.findall(options):
        match name:
            case "tls.sni" | "http.host":
                rule.buffer = name
            case "content":
                rule.content = value.strip('"')
            case "dotprefix" | "startswith" | "endswith" | "nocase":
                rule.options.add(name)
            case "itype" | "icode":
                rule.icmp[name] = int(value)
            case "flow":
                assert value == "to_server", text
            case "msg" | "sid" | "rev":
                pass
            case _:
                raise AssertionError(f"no one judges {name}: {text}")
    # Suricata loads no rule with `nocase` for a buffer that is lower case already, nor one that could never match.
    assert rule.buffer != "http.host" or ("nocase" not in rule.options and rule.content == rule.content.lower()), text
    assert bool(rule.buffer) == (protocol in {"tls", "http"}), text
    return rule


class DnsFirewall:
    """Answers for one rendering (`AwsDnsRendering.to_dict()`)."""

    def __init__(self, rendering: dict[str, Any]) -> None:
        """Take a rendering."""
        self.rules = sorted(rendering["rules"].values(), key=lambda rule: rule["priority"])

    def action(self, name: str) -> str:
        """Return what is done with a question: that of the first rule that has the name, else ALLOW."""
        question = name.lower().removesuffix(".")
        for rule in self.rules:
            if any(self._has(domain, question) for domain in rule["domains"]):
                return str(rule["action"])
        return "ALLOW"

    @staticmethod
    def _has(domain: str, question: str) -> bool:
        if domain == "*.":
            return True
        return question.endswith(domain[1:]) if domain.startswith("*.") else question == domain
