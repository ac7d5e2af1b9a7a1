"""One request's view of an emulated project, and the small things all its methods share."""

from __future__ import annotations

import base64
import ipaddress
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sandbox.gcp.errors import exists, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.store import Transaction

Body = dict[str, Any]

#: Compute Engine's names, RFC 1035.
NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
COMPUTE = "https://www.googleapis.com/compute/v1/"
PACIFIC = timezone(timedelta(hours=-8))
#: Compute Engine's words for the protocols it knows by name.
PROTOCOLS = ("ah", "all", "esp", "icmp", "ipip", "sctp", "tcp", "udp")
#: Protocols with ports: names and numbers.
WITH_PORTS = {"tcp", "udp", "sctp", "6", "17", "132"}


@dataclass(frozen=True)
class Session:
    """What a method works on: one project's state inside one transaction."""

    project: str
    state: Transaction

    def path(self, kind: str, name: str, scope: str = "global") -> str:
        """Return a Compute Engine resource's path from `projects/` on."""
        return f"projects/{self.project}/{scope}/{kind}/{name}"

    def find(self, kind: str, name: str, scope: str = "global") -> Body:
        """Return a Compute Engine resource by its name or number.

        Raises:
            GcpError: there is none.
        """
        found = self.state.get(kind, name if scope == "global" else f"{scope}/{name}")
        if found is None and name.isdigit():
            found = next((item for item in self.state.all(kind) if item["id"] == name), None)
        if found is None:
            raise not_found(self.path(kind, name, scope))
        return found

    def add(self, kind: str, body: Body, scope: str = "global", parent: str = "") -> Body:
        """Create a Compute Engine resource with what the cloud adds to it.

        Raises:
            GcpError: its name is malformed or taken.
        """
        name = str(body.get("name", ""))
        if not NAME.fullmatch(name):
            raise invalid("resource.name", name, f"Must be a match of regex '{NAME.pattern}'")
        key = name if scope == "global" else f"{scope}/{name}"
        if self.state.get(kind, key) is not None:
            raise exists(self.path(kind, name, scope))
        made = {
            **body,
            "id": new_number(),
            "creationTimestamp": compute_time(),
            "selfLink": COMPUTE + self.path(kind, name, scope),
        }
        self.state.put(kind, key, made, parent)
        return made

    def operation(self, kind: str, link: str) -> Body:
        """Return a Compute Engine operation that is done: `kind` is the method, `link` what it worked on."""
        name = f"operation-{secrets.token_hex(8)}"
        return {
            "kind": "compute#operation",
            "id": new_number(),
            "name": name,
            "operationType": kind,
            "targetLink": link,
            "status": "DONE",
            "progress": 100,
            "selfLink": COMPUTE + self.path("operations", name),
        }

    def network(self, reference: str, field: str) -> Body:
        """Return the network a URL names: whole, or from `projects/` or `global/` on.

        Raises:
            GcpError: the URL is malformed, is of another project, or there is no such network.
        """
        found = re.fullmatch(r"(?:projects/(?P<project>[^/]+)/)?global/networks/(?P<name>[^/]+)", relative(reference))
        if found is None:
            raise invalid(field, reference, "The URL is malformed.")
        if found["project"] not in {None, self.project, project_number(self.project)}:
            raise invalid(field, reference, f"Cross project referencing is not allowed from project {self.project}.")
        return self.find("networks", found["name"])


def relative(url: str) -> str:
    """Return a resource's URL without the API's address."""
    return re.sub(r"^(https?:)?//[^/]+/(compute/)?(v1|beta|alpha)/|^//[^/]+/", "", url)


def new_number() -> str:
    """Return an id as Compute Engine makes them: 19 digits."""
    return str(10**18 + secrets.randbelow(8 * 10**18))


def project_number(project: str) -> str:
    """Return the number of a project: twelve digits that follow from its id, so that no state is needed."""
    total = 0
    for letter in project:
        total = (total * 131 + ord(letter)) % (9 * 10**11)
    return str(10**11 + total)


def compute_time() -> str:
    """Return the present in Compute Engine's form, which is Pacific time."""
    return datetime.now(PACIFIC).isoformat(timespec="milliseconds")


def api_time() -> str:
    """Return the present in the newer APIs' form."""
    return f"{datetime.now(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')}Z"


def fingerprint() -> str:
    """Return a new fingerprint: one for each state a resource has been in."""
    return base64.b64encode(secrets.token_bytes(8)).decode()


def merge(old: Mapping[str, Any], change: Mapping[str, Any]) -> Body:
    """Return a resource after a patch: what the patch does not name stays, also in nested objects.

    A null or an empty list takes a field away.
    """
    found = dict(old)
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = merge(found[key], value)
        elif value is None or value == []:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def family(text: str, field: str) -> int:
    """Return the family, 4 or 6, of an address or a network address.

    Raises:
        GcpError: it is neither, or has host bits set.
    """
    try:
        return ipaddress.ip_network(text).version
    except ValueError:
        raise invalid(field, text, "Must be a valid CIDR address range.") from None


def one_family(ranges: Mapping[str, Sequence[str]]) -> None:
    """Check the ranges of a rule, by field: all are IPv4, or all are IPv6.

    Raises:
        GcpError: a malformed range, or one of the other family than the first.
    """
    first = 0
    for field, texts in ranges.items():
        for index, text in enumerate(texts):
            found = family(text, f"{field}[{index}]")
            first = first or found
            if found != first:
                raise invalid(f"{field}[{index}]", text, f"Must be a valid IPV{first} CIDR address range.")


def check_protocol(protocol: str, ports: Sequence[str], field: str, protocol_field: str) -> None:
    """Check a protocol and its ports; `field` is the object that holds them.

    Raises:
        GcpError: an unknown protocol, ports for one that has none, or malformed ports.
    """
    name = protocol.lower()
    if name not in PROTOCOLS and not (name.isdigit() and int(name) <= 255):
        known = ", ".join(f'"{item}"' for item in PROTOCOLS)
        raise invalid(
            f"{field}.{protocol_field}",
            protocol,
            f"Must be one of [{known}] or an IP protocol number between 0 and 255.",
        )
    if ports and name not in WITH_PORTS:
        raise invalid(
            f"{field}.ports[0]",
            ports[0],
            "Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP].",
        )
    for index, text in enumerate(ports):
        low, dash, high = text.partition("-")
        numbers = [low, high] if dash else [low]
        if not all(re.fullmatch(r"\d{1,5}", n) and int(n) <= 65535 for n in numbers) or int(low) > int(numbers[-1]):
            raise invalid(f"{field}.ports[{index}]", text, "Must be a port or a range of ports between 0 and 65535.")
