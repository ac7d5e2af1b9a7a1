"""All answers about one name and family as one: what was seen, what is refused, and whether it proves an absence.

Owns that judgement. Does not own what follows from it for a snapshot (`ws_network.resolver.refresh`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address

from ws_network.bogons import why_not_public
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


def seen(host: Host, answers: Iterable[Answer]) -> Seen:
    """Return what all answers about one family of a host say together; their order does not matter.

    A round that failed may have had the address that the others lack, and an answer with an address that no public
    name may have is not to be trusted about the rest: neither proves an absence.
    """
    answers = sorted(answers)
    outcomes = {answer.outcome for answer in answers}
    failures = tuple(outcome for outcome in Outcome if outcome in outcomes and not outcome.is_proof)
    ttls = {address: ttl for answer in answers for address, ttl in answer.addresses}
    refused = {
        address: why for address in ttls if ip_address(address) not in host.within and (why := why_not_public(address))
    }
    chains = sorted({answer.chain for answer in answers}, key=lambda chain: (-len(chain), chain))
    contradict = Outcome.ANSWERED in outcomes and len(outcomes) > 1
    return Seen(
        outcome=next((outcome for outcome in Outcome if outcome in outcomes), Outcome.TIMEOUT),
        failures=failures,
        addresses={address: ttl for address, ttl in ttls.items() if address not in refused},
        refused=refused,
        chain=chains[0] if chains else (),
        resolvers=tuple(sorted({answer.resolver for answer in answers if not answer.outcome.unheard})),
        complete=bool(answers) and not failures and not refused and not contradict,
    )
