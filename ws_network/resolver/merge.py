"""All answers about one name and family as one: what was seen, what is refused, and whether it proves an absence.

Owns that judgement. Does not own what follows from it for a snapshot (`ws_network.resolver.refresh`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ws_network.addresses import Family
from ws_network.bogons import why_refused
from ws_network.resolver.answers import Answer, Outcome
from ws_network.resolver.needed import Host


@dataclass(frozen=True, slots=True)
class Seen:
    """What the answers of all rounds say together."""

    outcome: Outcome
    failures: tuple[Outcome, ...] = ()
    """How the questions ended that proved nothing."""
    addresses: dict[str, int] = field(default_factory=dict)
    """The addresses that are taken, with their TTL in seconds."""
    refused: dict[str, str] = field(default_factory=dict)
    """The addresses that are not, with the reason."""
    chain: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    """Who said something."""
    complete: bool = False
    """Whether an address that is not among them is proven absent: each round had a trustworthy answer, of one mind."""


OTHER: dict[Family, Family] = {4: 6, 6: 4}
GONE = Seen(Outcome.NO_DATA, complete=True)
"""What stands for the answers about a name that is not asked for, since nobody needs it."""


def refused_of(host: Host, answer: Answer) -> dict[str, str]:
    """Return the addresses of an answer that a host may not have, with the reason."""
    return {address: why for address, _ in answer.addresses if (why := why_refused(address, host.within))}


def is_usable(host: Host, answer: Answer) -> bool:
    """Return whether an answer says anything: it proves something, or has an address that may be taken."""
    return answer.outcome.is_proof and not (answer.addresses and len(refused_of(host, answer)) == len(answer.addresses))


def seen(host: Host, answers: Iterable[Answer]) -> Seen:
    """Return what all answers about one family of a host say together; their order does not matter.

    A round that failed may have had the address that the others lack, so it proves no absence. An answer with an
    address that no public name may have proves none either: what the others say counts. Where there are no others, it
    counts after all, if each has the same such addresses beside others: so the name's owner has written it, and else
    no address of the name would ever go.
    """
    answers = sorted(answers)
    outcomes = {answer.outcome for answer in answers}
    failures = tuple(outcome for outcome in Outcome if outcome in outcomes and not outcome.is_proof)
    ttls = {address: ttl for answer in answers for address, ttl in answer.addresses}
    refusals = [refused_of(host, answer) for answer in answers]
    refused = {address: why for found in refusals for address, why in found.items()}
    alike = all(found == refused and is_usable(host, answer) for found, answer in zip(refusals, answers, strict=True))
    chains = sorted({answer.chain for answer in answers}, key=lambda chain: (-len(chain), chain))
    contradict = Outcome.ANSWERED in outcomes and len(outcomes) > 1
    return Seen(
        outcome=next((outcome for outcome in Outcome if outcome in outcomes), Outcome.TIMEOUT),
        failures=failures,
        addresses={address: ttl for address, ttl in ttls.items() if address not in refused},
        refused=refused,
        chain=chains[0] if chains else (),
        resolvers=tuple(sorted({answer.resolver for answer in answers if not answer.outcome.unheard})),
        complete=bool(answers) and not failures and not contradict and (alike or not all(refusals)),
    )


def seen_of_both(host: Host, answers: Mapping[Family, Iterable[Answer]]) -> dict[Family, Seen]:
    """Return what the answers say by family: that a name does not exist proves nothing where the other one has it."""
    found: dict[Family, Seen] = {4: seen(host, answers.get(4, ())), 6: seen(host, answers.get(6, ()))}
    for family, other in OTHER.items():
        if contradicts(found[family], found[other]):
            found[family] = replace(found[family], complete=False)
    return found


def contradicts(one: Seen, other: Seen) -> bool:
    """Return whether one family is said not to exist (NXDOMAIN, which is for all families) although the other does."""
    return one.outcome is Outcome.NAME_NOT_FOUND and other.outcome is Outcome.ANSWERED


def has_no_such_family(one: Seen, other: Seen) -> bool:
    """Return whether a name most likely has no address of one family, though nothing proves it.

    So it is where the other one is answered, and of this one came a CNAME to nothing, as balancers without IPv6 say
    it, or NXDOMAIN.
    """
    to_nothing = one.outcome is Outcome.EMPTY_AFTER_CNAME and one.failures == (Outcome.EMPTY_AFTER_CNAME,)
    return contradicts(one, other) or (to_nothing and other.outcome is Outcome.ANSWERED)
