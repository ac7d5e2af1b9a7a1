"""`ws-network init`: a few questions in plain words, and the short file that they make."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ws_network.catalogue import Catalogue, RoleKind
from ws_network.cli import options
from ws_network.cli.output import complain
from ws_network.cli.resolve import DEFAULT_SNAPSHOT
from ws_network.errors import UserError, unknown_name
from ws_network.views.answers import Cloud, peer, policy, proxy_of
from ws_network.views.starter import DEFAULT_COVERS, THIS, Decision, Start, needs_relays, starter_file, uncovered

T = TypeVar("T")

ABOUT_NAMES = """
These hosts have no published address block, and {this} cannot hold a name:
{hosts}
  filtered  open their ports to any address, because another policy filters the names behind it
  snapshot  allow the addresses they resolve to, from a file that you keep fresh (not for content networks)
  refuse    open nothing: the plan fails and names the hosts"""


def init(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write.", show_default=str(options.DEFAULT_FILE))
    ] = (options.DEFAULT_FILE),
    cloud: Annotated[Cloud, typer.Option("--cloud", help="Where the site is.")] = Cloud.AWS,
    region: Annotated[str | None, typer.Option("--region", help="Region of the service, for example de-1.")] = None,
    roles: Annotated[
        str | None, typer.Option("--roles", help="Components of the site, by commas.", show_default="agent")
    ] = None,
    dns: Annotated[
        str | None, typer.Option("--dns", help="DNS servers: 'platform', or addresses or the cloud's ids, by commas.")
    ] = None,
    ntp: Annotated[str | None, typer.Option("--ntp", help="NTP servers, in the same form.")] = None,
    proxy: Annotated[str | None, typer.Option("--proxy", help="Web proxy as ADDRESS:PORT, or 'none'.")] = None,
    covers: Annotated[
        str | None, typer.Option("--proxy-covers", help="Services reached through it.", show_default="three services")
    ] = None,
    siem: Annotated[str | None, typer.Option("--siem", help="SIEM that agents send events to.")] = None,
    relays: Annotated[
        str | None,
        typer.Option("--relays", help="Relays elsewhere that agents use; on GCP also the ranges of the site's own."),
    ] = None,
    names: Annotated[
        str | None, typer.Option("--names", help="For hosts without a block: filtered, snapshot or refuse; not on GCP.")
    ] = None,
    behind: Annotated[
        str | None,
        typer.Option("--behind", help="Policy that filters names: aws-network-firewall, aws-dns-firewall, … or other."),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why any address is right, for 'filtered'.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day of that.", show_default="in a year")
    ] = None,
    catalogue: options.CatalogueOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: options and defaults only.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> int:
    """Write a short deployment file, asking what is not given as an option."""
    if file.exists() and not force:
        raise UserError(f"{file} is there already: name another file, or overwrite it with --force.")
    decisions = {"--names": names, "--behind": behind, "--reason": reason, "--until": until}
    said = [option for option, given in decisions.items() if given is not None]
    if cloud.follows_names and said:
        raise UserError(
            f"{' and '.join(said)} would be for a filter that cannot hold host names, and a policy of {cloud} follows "
            "them: leave it out, and write another form under names in the file where you want one."
        )
    if names is not None:
        _decision(decisions)(names)
    known = options.read_catalogue(catalogue)
    services = _unasked(known, cloud, covers, (siem, relays))
    asker = Asker(interactive=not yes)
    if asker.interactive and region is None:
        typer.echo(_about_regions(known))
    server = _peer(cloud, platform=True)
    start = Start(
        region=asker.ask("--region", region, "Region", lambda text: known.region(text).id),
        roles=asker.ask("--roles", roles, "Components of this site, by commas", _roles(known), default="agent"),
        dns=asker.ask(
            "--dns", dns, "DNS servers: addresses, or 'platform' for the cloud's own", server, offer="platform"
        ),
        ntp=asker.ask(
            "--ntp", ntp, "NTP servers: addresses, or 'platform' for the cloud's own", server, offer="platform"
        ),
        proxy=asker.ask("--proxy", proxy, "Web proxy: address:port, or 'none'", _proxy(cloud), default="none"),
        cloud=cloud,
        covers=services,
        siem=siem,
        relays=relays,
    )
    if covers is not None and start.proxy is None:
        raise UserError("--proxy-covers is about a proxy, and there is none: give --proxy, or leave it out.")
    if needs_relays(cloud, start.roles):
        question = f"Ranges of this site's relays, since a rule of {cloud} reaches them by address alone"
        start = replace(start, relays=asker.ask("--relays", relays, question, _peer(cloud)))
    hosts = uncovered(start, known)
    if hosts:
        start = _decide(asker, start, hosts, decisions)
    elif said:
        complain([f"note: no host is left to decide about, so the file has nothing of {' and '.join(said)}."])
    text = starter_file(start, known)
    file.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {file}. Next: {_next(file, start)}")
    return 0


def _next(file: Path, start: Start) -> str:
    """Return what to type to see the plan: with a snapshot, how to make it too."""
    named = [str(file)] if file != options.DEFAULT_FILE else []
    words = ["ws-network plan", *named]
    words += [f"--target {start.cloud.target}"] if start.cloud.target != options.DEFAULT_TARGET else []
    if start.decision is not Decision.SNAPSHOT:
        return " ".join(words)
    resolve = " ".join(["ws-network resolve", *named, "--place 'where this runs'"])
    return f"{resolve}, then {' '.join(words)} --snapshot {DEFAULT_SNAPSHOT}"


@dataclass(frozen=True)
class Asker:
    """Takes each answer from its option, else from a person, else from a default that opens nothing."""

    interactive: bool

    def ask(
        self,
        option: str,
        given: str | None,
        question: str,
        read: Callable[[str], T],
        *,
        default: str | None = None,
        offer: str | None = None,
    ) -> T:
        """Return an answer as `read` reads it.

        Args:
            option: What it is called on the command line.
            given: The option's value.
            question: For a person.
            read: Raises `UserError` for what is no answer; a person is asked again.
            default: The answer without a person.
            offer: The answer that a person may take, and that nobody takes for them.
        """
        if given is not None:
            return read(given)
        if not self.interactive:
            if default is None:
                raise UserError(f"{option} cannot be guessed: give it beside --yes.")
            return read(default)
        while True:
            answer = str(typer.prompt(question, default=default or offer))
            try:
                return read(answer.strip())
            except UserError as error:
                typer.echo(str(error), err=True)


def _decide(asker: Asker, start: Start, hosts: dict[str, list[str]], given: dict[str, str | None]) -> Start:
    """Return the answers with the names decision, and what it takes."""
    if asker.interactive and given["--names"] is None:
        listed = [f"  - {destination}: {', '.join(names)}" for destination, names in hosts.items()]
        typer.echo(ABOUT_NAMES.format(hosts="\n".join(listed), this=THIS[start.cloud.target]))
    decision = asker.ask("--names", given["--names"], "Hosts without a block", _decision(given), offer="refuse")
    if decision is not Decision.FILTERED:
        return replace(start, decision=decision)
    in_a_year = (dt.date.today() + dt.timedelta(days=365)).isoformat()  # noqa: DTZ011 - a day of the reader's calendar
    behind = asker.ask(
        "--behind",
        given["--behind"],
        "Policy that filters the names, or 'other'",
        lambda text: policy(text, start.cloud),
        offer=str(start.cloud.name_filter),
    )
    default = f"names are filtered by {behind}" if behind else None
    return replace(
        start,
        decision=decision,
        behind=behind,
        reason=asker.ask("--reason", given["--reason"], "Reason, for the file", _reason, default=default),
        until=asker.ask(
            "--until",
            given["--until"],
            "Until when (YYYY-MM-DD)",
            _until,
            default=in_a_year,
        ),
    )


def _about_regions(known: Catalogue) -> str:
    regions = [f"{region.id} ({region.country})" for region in known.regions.values() if region.deployable]
    return "\n  ".join(["Regions of the service, as the console's address names them:", *regions])


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[,\s]+", text.strip()) if part)


def _roles(known: Catalogue) -> Callable[[str], tuple[str, ...]]:
    components = [role.id for role in known.roles.values() if role.kind is RoleKind.COMPONENT]

    def read(text: str) -> tuple[str, ...]:
        roles = tuple(dict.fromkeys(_split(text)))
        for role in roles or ("",):
            if role not in components:
                raise UserError(unknown_name("role", role, components))
        return roles

    return read


def _peer(cloud: Cloud, *, platform: bool = False) -> Callable[[str], str]:
    def read(text: str) -> str:
        peer(text, cloud, platform=platform)
        return text

    return read


def _proxy(cloud: Cloud) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        if text == "none":
            return None
        proxy_of(text, DEFAULT_COVERS, cloud)
        return text

    return read


def _unasked(known: Catalogue, cloud: Cloud, covers: str | None, peers: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return the services behind a proxy, when all that nobody is asked about can be used."""
    for given in peers:
        if given is not None:
            _peer(cloud)(given)
    return DEFAULT_COVERS if covers is None else _services(covers, known)


def _services(text: str, known: Catalogue) -> tuple[str, ...]:
    services = [role.id for role in known.roles.values() if role.kind is RoleKind.SERVICE]
    found = _split(text)
    for service in found or ("",):
        if service not in services:
            raise UserError(unknown_name("service under --proxy-covers", service, services))
    return found


def _decision(given: dict[str, str | None]) -> Callable[[str], Decision]:
    def read(text: str) -> Decision:
        if text not in list(Decision):
            raise UserError(unknown_name("decision", text, Decision))
        said = [option for option, value in given.items() if value is not None and option != "--names"]
        if said and text != Decision.FILTERED:  # it would not be in the file
            raise UserError(f"{' and '.join(said)} would be for filtered, not for {text}: leave out one of the two.")
        return Decision(text)

    return read


def _until(text: str) -> dt.date:
    day, today = options.read_day(text, "--until"), options.read_day(None)
    if day < today:
        raise UserError(f"--until is {day}, which is over: give a day from {today} on.")
    return day


def _reason(text: str) -> str:
    if not text:
        raise UserError("the reason is empty: say why any address is right.")
    return text
