"""Rules in Suricata's language: how a name or an address is said, and the numbers that rules have.

Owns the words of one rule, and that nothing else comes into it: names are checked where they enter the text, whoever
wrote them. All rules pass, and look at what the client sends: once one of them matches, the whole connection passes.
`tls.sni` is read as the client writes it, so its case is left out of account; `http.host` is lower case already, and
`nocase` is refused there (Suricata user guide, "SSL/TLS keywords" and "HTTP keywords").
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ws_network.aws.limits import VARIABLE_LENGTH
from ws_network.catalogue import Transport
from ws_network.errors import UserError
from ws_network.identity import digest, number_of
from ws_network.rules import PortRange

RESERVED = frozenset({"HOME_NET", "EXTERNAL_NET"})
"""Variables that Network Firewall has itself."""

FIRST_SID = SIDS = 2_000_000_000
"""First number of a rule, and how many there are from it on: beyond those of public rule sets, below the 4,294,967,296
that Suricata has. From a rule's own text, so that a log is mostly understood when other rules have come and gone."""

MESSAGE_LENGTH = 255
"""Characters of a rule's message. Ours: what a person still reads in a log."""

ROLE_LENGTH = 80
"""Characters of a role in a message. Ours: its flows have to find room behind it."""

DIGITS = 8
"""Digits that keep a shortened role apart from others."""

_HARMLESS = re.compile(r"[A-Za-z0-9 ._/,:+-]*")
"""What may stand inside of a rule: nothing that ends a quote, an option or a rule."""


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """What a rule matches; what it is called is no part of it."""

    header: str
    match: str
    """Options, each with its semicolon; empty where the header says all."""

    def text(self, sid: int, message: str) -> str:
        """Return the rule.

        Raises:
            UserError: the message would be read as a part of the rule.
        """
        _check(message)
        match = f"{self.match} " if self.match else ""
        flow = "" if self.header.startswith("pass icmp ") else "flow:to_server; "
        return f'{self.header} ({match}{flow}msg:"{message}"; sid:{sid}; rev:1;)'


def variable(role: str) -> str:
    """Return the name of a role's variable, without its `$`.

    A role whose name is longer than AWS takes has a shorter one, from the whole name.

    Raises:
        UserError: Network Firewall has a variable of that name, or a rule cannot have the role.
    """
    _check(role)
    name = _shortened(role, VARIABLE_LENGTH).upper().replace("-", "_")
    if name in RESERVED:
        raise UserError(f"role {role} cannot be a variable of Network Firewall, which has one so called: rename it.")
    return name


def by_name(role: str, protocol: str, port: int, name: str, *, below: bool = False) -> Signature:
    """Return the rule that passes a host name.

    Args:
        role: Whose machines ask.
        protocol: `tls` or `http`.
        port: The one destination port.
        name: The name, in lower case.
        below: Every name under it passes too. The dot that is put before what is looked at keeps look-alikes out:
            `xname` does not end in `.name`.

    Raises:
        UserError: the name would be read as a part of the rule.
    """
    _check(name)
    buffer = "tls.sni" if protocol == "tls" else "http.host"
    case = " nocase;" if protocol == "tls" else ""
    what = f'dotprefix; content:".{name}"; endswith;' if below else f'content:"{name}"; startswith; endswith;'
    return Signature(f"pass {protocol} ${variable(role)} any -> any {port}", f"{buffer}; {what}{case}")


def by_address(role: str, protocol: Transport, ports: PortRange, cidrs: Iterable[str]) -> Signature:
    """Return the rule that passes what goes to these blocks; for ICMP only of its type and code.

    Raises:
        UserError: a block would be read as a part of the rule.
    """
    blocks = ",".join(cidrs)
    _check(blocks)
    ends = f"${variable(role)} any -> [{blocks}]"
    if protocol is Transport.ICMP:
        return Signature(f"pass icmp {ends} any", f"itype:{ports.first}; icode:{ports.last};")
    return Signature(f"pass {protocol} {ends} {ports.text.replace('-', ':')}", "")


def numbered(signatures: Iterable[Signature]) -> dict[Signature, int]:
    """Return the number of each rule, from its content; no two are the same.

    Where two would have one number, the second in order takes another, so that its number depends on the first as well.
    With some hundreds of rules that is one case in tens of thousands.
    """
    taken: dict[int, Signature] = {}
    for signature in sorted(set(signatures)):
        content, again = f"{signature.header} {signature.match}", 0
        while (sid := FIRST_SID + number_of(f"{content}{again or ''}", SIDS)) in taken:
            again += 1
        taken[sid] = signature
    return {signature: sid for sid, signature in taken.items()}


def message(role: str, flows: Iterable[str]) -> str:
    """Return what a log says of a rule: the role and its flows, as many as there is room for."""
    role, kept = _shortened(role, ROLE_LENGTH), sorted(flows)
    count, text = len(kept), f"{role}: {', '.join(kept)}"
    while len(text) > MESSAGE_LENGTH:
        kept.pop()
        text = f"{role}: {', '.join([*kept, f'+{count - len(kept)} more'])}"
    return text


def _shortened(role: str, length: int) -> str:
    """Return the role, or where that is too long its beginning and a digest of it."""
    return role if len(role) <= length else f"{role[: length - DIGITS - 1]}-{digest(role, DIGITS)}"


def _check(text: str) -> None:
    if not _HARMLESS.fullmatch(text):
        raise UserError(
            f"'{text}' cannot stand in a rule of Network Firewall: write it with letters, digits, dots and hyphens, in "
            "the deployment or the catalogue, whichever has it."
        )


def expanded_length(rule: str, ip_sets: Mapping[str, Iterable[str]]) -> int:
    """Return how many characters of a rule AWS counts: those of the values of its variable too."""
    name = rule.split("$", 1)[1].split(" ", 1)[0]
    return len(rule) + len(",".join(ip_sets.get(name, ())))
