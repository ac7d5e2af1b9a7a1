"""`ws-network allows`: whether a packet passes, by which rules, or what is nearest to it."""

from typing import Annotated

import typer

from ws_network.catalogue import Transport
from ws_network.cli import options
from ws_network.cli.output import complain, show
from ws_network.errors import UserError, unknown_name
from ws_network.plan import Packet, build_plan
from ws_network.rules import Direction
from ws_network.views.questions import ask
from ws_network.views.tables import Format

DIRECTIONS = {
    "egress": "egress",
    "out": "egress",
    "outbound": "egress",
    "ingress": "ingress",
    "in": "ingress",
    "inbound": "ingress",
}
PROTOCOLS = ("tcp", "udp", "icmp")


def allows(
    *,
    role: Annotated[str, typer.Argument(help="Role of the site, for example agent.")],
    direction: Annotated[str, typer.Argument(help="egress (out) or ingress (in).")],
    protocol: Annotated[str, typer.Argument(help="tcp, udp or icmp.")],
    port: Annotated[str, typer.Argument(help="Destination port; for icmp TYPE/CODE.")],
    to: Annotated[str | None, typer.Option("--to", metavar="REMOTE", help="Destination, for egress.")] = None,
    source: Annotated[str | None, typer.Option("--from", metavar="REMOTE", help="Source, for ingress.")] = None,
    deployment: options.DeploymentOption = options.DEFAULT_FILE,
    catalogue: options.CatalogueOption = None,
    target: options.TargetOption = options.DEFAULT_TARGET,
    snapshot: options.SnapshotOption = None,
    as_of: options.AsOfOption = None,
    form: options.FormatOption = Format.TABLE,
) -> int:
    """Say whether a packet passes, by which rules, or what is nearest. Exits 0 when it passes, 2 when not.

    REMOTE is an address, a range, a role or peer, a host name, or the id of a group or prefix list.
    """
    packet = _packet(role, direction, protocol, port, (to, source))
    names = options.read_snapshot(snapshot)
    made = build_plan(
        options.read_catalogue(catalogue),
        options.read_deployment(deployment),
        target=options.read_target(target),
        snapshot=names,
        as_of=options.read_day(as_of),
        resolved_on=options.read_resolved_on(snapshot),
    )
    answer = ask(made, packet, names)
    show(answer.sheet(), form)
    if made.failed:
        complain(["note: this plan cannot be deployed as it is: 'ws-network plan' says why."])
    return 0 if answer.allowed else 2


def _packet(role: str, direction: str, protocol: str, port: str, remotes: tuple[str | None, str | None]) -> Packet:
    if direction not in DIRECTIONS:
        raise UserError(unknown_name("direction", direction, DIRECTIONS))
    if protocol not in PROTOCOLS:
        raise UserError(unknown_name("protocol", protocol, PROTOCOLS))
    side = Direction(DIRECTIONS[direction])
    wanted, other = ("--to", "--from") if side == "egress" else ("--from", "--to")
    to, source = remotes
    remote, unwanted = (to, source) if side == "egress" else (source, to)
    if remote is None or unwanted is not None:
        raise UserError(f"{side} takes {wanted} and no {other}: say {wanted} with the other end.")
    number, code = _port(protocol, port)
    return Packet(role, side, Transport(protocol), number, remote.strip(), code)


def _port(protocol: str, text: str) -> tuple[int, int]:
    """Return the port and 0, or the type and code of ICMP."""
    parts = text.split("/") if protocol == "icmp" else [text]
    if not all(part.isascii() and part.isdigit() for part in parts) or len(parts) != (2 if protocol == "icmp" else 1):
        wanted = "type and code, as 3/4" if protocol == "icmp" else "a number, as 443"
        raise UserError(f"'{text}' is no {protocol} port: write {wanted}.")
    numbers = [int(part) for part in parts]
    low, high = (0, 255) if protocol == "icmp" else (1, 65535)
    for number in numbers:
        if not low <= number <= high:
            raise UserError(f"port {text} is out of range: {protocol} has {low} to {high}.")
    return numbers[0], numbers[1] if protocol == "icmp" else 0
