"""The findings of resolving, worded.

Owns their texts and when there is one. Does not own what happens to an address.
"""

from collections.abc import Mapping

from ws_network.addresses import Family
from ws_network.bogons import DNS64
from ws_network.findings import Finding, Severity, finding
from ws_network.resolver.answers import Outcome
from ws_network.resolver.merge import OTHER, Seen, contradicts, has_no_such_family
from ws_network.resolver.needed import Host
from ws_network.snapshot import ResolvedName


def of_content(hosts: tuple[Host, ...]) -> list[Finding]:
    """Return the findings about hosts that are never asked for."""
    return [
        finding(
            "content-network-not-resolved",
            host.fqdn,
            f"{host.fqdn}: it is of a content network and was not resolved (needed by {', '.join(host.flows)}).",
        )
        for host in hosts
        if host.content
    ]


def of_place(old: str | None, new: str) -> list[Finding]:
    """Return the finding about a place that is another one than before."""
    if old is None or old == new:
        return []
    text = f"the addresses so far were resolved at {old}, and these at {new}: both are in the file now."
    return [finding("place-changed", "place", text)]


def of_not_needed(fqdn: str, entry: ResolvedName) -> list[Finding]:
    """Return the finding about a name that was not asked for and still has addresses."""
    since = min(entry.absent_since.values())
    text = f"{fqdn}: no given deployment needs its addresses; {_stay(entry)} from before until the grace window ends"
    return [finding("name-not-needed", fqdn, f"{text} (it began on {since.isoformat()}).")]


def of_name(host: Host, both: Mapping[Family, Seen], entry: ResolvedName) -> list[Finding]:
    """Return the findings about the answers for a name and what it has now, by address family 4 and 6."""
    out = []
    by = ", ".join(sorted({resolver for found in both.values() for resolver in found.resolvers})) or "nobody"
    has_addresses = bool(entry.ipv4 or entry.ipv6)
    if any(found.outcome is Outcome.NAME_NOT_FOUND and not _contradicted(both, f) for f, found in both.items()):
        stays = f"; {_stay(entry)} from before until the grace window ends" if has_addresses else ""
        text = f"{host.fqdn}: {by} says that the name, or one that it leads to, does not exist{stays}."
        out.append(finding("name-not-found", host.fqdn, text))
    out += _failures(host, both, entry)
    refused = {address: why for found in both.values() for address, why in found.refused.items()}
    for address, why in sorted(refused.items()):
        remedy = "Resolve on a resolver without DNS64." if why == DNS64 else ""
        text = f"{host.fqdn}: the answer {address} is refused, since it is {why}; asked was {by}."
        out.append(finding("bogon-answer", host.fqdn, text, remedy=remedy))
    beyond = [a for found in both.values() for a in found.addresses if host.blocks and a not in host.blocks]
    if beyond:
        text = f"{host.fqdn}: {', '.join(sorted(beyond))} is in no published block of its region."
        out.append(finding("outside-known-blocks", host.fqdn, text))
    if not has_addresses:
        text = f"{host.fqdn}: it has no address in the snapshot (needed by {', '.join(host.flows)})."
        out.append(finding("resolved-nothing", host.fqdn, text))
    return out


def _contradicted(both: Mapping[Family, Seen], family: Family) -> bool:
    return contradicts(both[family], both[OTHER[family]])


def _failures(host: Host, both: Mapping[Family, Seen], entry: ResolvedName) -> list[Finding]:
    """Return the findings about questions that proved nothing, low where another round was answered.

    They are information where NXDOMAIN is contradicted, and none where the name has no address of the family anyway.
    """
    out = []
    failed: dict[Family, Seen] = {}
    for family, found in sorted(both.items()):
        if _contradicted(both, family):
            text = f"{host.fqdn}: IPv{family} is answered by NXDOMAIN and IPv{OTHER[family]} by addresses, so the "
            text += "former proves nothing."
            out.append(finding("resolution-failed", host.fqdn, text, severity=Severity.INFO))
        elif found.failures and (entry.addresses(family) or not has_no_such_family(found, both[OTHER[family]])):
            failed[family] = found
    if failed:
        what = " and ".join(f"IPv{family} ({', '.join(found.failures)})" for family, found in failed.items())
        partly = all(found.outcome.is_proof for found in failed.values())
        text = f"{host.fqdn}: {'not every round has' if partly else 'there is'} "
        text += f"{'an answer' if partly else 'no answer'} about {what}, so none of its addresses there was removed."
        out.append(finding("resolution-failed", host.fqdn, text, severity=Severity.LOW if partly else None))
    return out


def _stay(entry: ResolvedName) -> str:
    count = len(entry.ipv4) + len(entry.ipv6)
    return "1 address stays" if count == 1 else f"{count} addresses stay"
