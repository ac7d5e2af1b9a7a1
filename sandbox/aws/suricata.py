"""Rules in Suricata's language, as far as Network Firewall refuses a wrong one when a group is written.

Owns reading one rule and what is wrong with it by itself. It is no Suricata: options other than those named here are
taken as they are, and whether they fit each other or the protocol is not looked at. The limits and the words of the
refusals are those of "Limitations and caveats for stateful rules" in the developer guide and of public reports.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIONS = ("pass", "drop", "reject", "alert")
#: Protocols of the API's own rules, and what Suricata 7 knows beside them.
PROTOCOL = re.compile(
    "ip|tcp|udp|icmp|http|ftp|tls|smb|dns|dcerpc|ssh|smtp|imap|msn|krb5|ikev2|tftp|ntp|dhcp|http2|quic|"
    "http1|icmpv[46]|ipv?[46]|tcp-pkt|tcp-stream|pkthdr|ftp-data|ike|ssl|sip|rdp|rfb|nfs|snmp|mqtt|"
    "modbus|dnp3|enip|telnet|pgsql|websocket|ldap|pop3|doh2"
)
#: What a reject can answer with a reset.
RESETTABLE = ("tcp", "http", "tls", "smb", "ssh", "smtp", "dcerpc")
#: Options that need files or programs beside the rule.
UNSUPPORTED = frozenset({"dataset", "datarep", "iprep", "lua", "luajit", "filestore"})
#: One of them must stand beside a pcre.
BESIDE_PCRE = ("tls.sni", "http.host", "dns.query", "http.uri", "content")
#: Characters of one rule, of which the service keeps some for the group id that it adds.
RULE_LENGTH, OWN_OPTION = 8192, 17
#: Variables that need no definition.
BUILT_IN = frozenset({"HOME_NET", "EXTERNAL_NET"})

_HEADER = re.compile(r"\[[^\]]*\]|!\[[^\]]*\]|[^\s\[\]]+")
_OPTION = re.compile(r"[a-z0-9_.]+")


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        action: what it does.
        protocol: the protocol.
        sid: its number in the group.
        options: names of its options.
        variables: names after `$` in its header.
        references: names after `@` in its header, each an IP set reference.
    """

    action: str
    protocol: str
    sid: int
    options: frozenset[str]
    variables: frozenset[str]
    references: frozenset[str]


def lines(text: str) -> list[str]:
    """Return the rules of a text, one a line, without blank lines and comments. No line continues in the next."""
    found = [line.strip() for line in text.split("\n")]
    return [line for line in found if line and not line.startswith("#")]


def read(line: str) -> Rule:
    """Return a rule.

    Raises:
        CloudError: it is wrong; the message quotes it and says why.
    """
    if len(line) + OWN_OPTION > RULE_LENGTH:
        raise invalid(f"{line[:100]}...", f"Rule exceeds max length ({RULE_LENGTH})")
    start = line.find("(")
    if start < 0 or not line.endswith(")"):
        raise invalid(line, "Options must be in parentheses at the end of the rule")
    header = line[:start]
    action, protocol = _header(line, header)
    options = _options(line, line[start + 1 : -1])
    sids = [value for name, value in options if name == "sid"]
    if not sids:
        raise invalid(line, "sid not assigned")
    if len(sids) > 1 or not re.fullmatch(r"[1-9]\d{0,9}", sids[0]) or int(sids[0]) >= 2**32:
        raise invalid(line, f"Illegal sid: {', '.join(sids)}")
    names = frozenset(name for name, _ in options)
    _check_options(line, names, options)
    return Rule(
        action=action,
        protocol=protocol,
        sid=int(sids[0]),
        options=names,
        variables=frozenset(re.findall(r"\$(\w+)", header)),
        references=frozenset(re.findall(r"@(\w+)", header)),
    )


def invalid(line: str, reason: str) -> CloudError:
    """Return the refusal of a rule."""
    return CloudError("InvalidRequestException", f"stateful rule is invalid, rule: {line}, reason: {reason}")


def _header(line: str, header: str) -> tuple[str, str]:
    """Return action and protocol; addresses, ports and direction are checked."""
    parts = _HEADER.findall(header)
    if not parts or parts[0] not in ACTIONS:
        raise invalid(line, f"Action {parts[0] if parts else ''} is not supported")
    if len(parts) != 7:
        raise invalid(line, f"The header has {len(parts)} parts, not 7")
    action, protocol, source, source_port, direction, destination, destination_port = parts
    if not PROTOCOL.fullmatch(protocol):
        raise invalid(line, f"Protocol {protocol} is not supported")
    if action == "reject" and protocol not in RESETTABLE:
        raise invalid(line, f"{protocol} reject is not supported")
    if direction not in {"->", "<>"}:
        raise invalid(line, f"{direction} is not a valid direction modifier, -> and <> are supported")
    for value in (source, destination):
        if not _each(value, _is_address):
            raise invalid(line, f"failed to parse address {value}")
    for value in (source_port, destination_port):
        if not _each(value, _is_port):
            raise invalid(line, f"failed to parse port {value}")
    return action, protocol


def _each(value: str, good: Callable[[str], bool]) -> bool:
    """Return whether a value, or each one in a list of them, is good; each may be negated."""
    value = value.removeprefix("!")
    items = value[1:-1].split(",") if value.startswith("[") else [value]
    return all(good(item.strip().removeprefix("!")) for item in items)


def _is_address(value: str) -> bool:
    if value == "any" or re.fullmatch(r"[$@]\w+", value):
        return True
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _is_port(value: str) -> bool:
    if value == "any" or re.fullmatch(r"\$\w+", value):
        return True
    bounds = re.fullmatch(r"(\d+)(?::(\d*))?|:(\d+)", value)
    return bounds is not None and all(int(number) <= 65535 for number in bounds.groups() if number)


def _options(line: str, text: str) -> list[tuple[str, str]]:
    """Return the options as (name, value); each ends with a semicolon, one inside a value is escaped."""
    *parts, rest = re.split(r"(?<!\\);", text)
    if rest.strip():
        raise invalid(line, f"Illegal option syntax: {rest.strip()}")
    found = []
    for part in parts:
        name, _, value = (item.strip() for item in part.partition(":"))
        if not _OPTION.fullmatch(name) or (value.count('"') - value.count('\\"')) % 2:
            raise invalid(line, f"Illegal option syntax: {part.strip()}")
        found.append((name, value))
    return found


def _check_options(line: str, names: frozenset[str], options: list[tuple[str, str]]) -> None:
    if "gid" in names:
        value = next(value for name, value in options if name == "gid")
        raise invalid(line, f"GIDs are not allowed. Illegal option(s): [gid:{value}]")
    if bad := sorted(names & UNSUPPORTED):
        raise invalid(line, f"RuleOptions {bad[0]} is not supported")
    if "pcre" in names and not names.intersection(BESIDE_PCRE):
        raise invalid(
            line, f"Using pcre without one of the following options is not allowed: [{', '.join(BESIDE_PCRE)}]."
        )
