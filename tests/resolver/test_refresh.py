"""What answers do to a snapshot, night after night: nothing in use goes, and nothing that is gone stays for ever."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_network.addresses import AddressSet, Family
from ws_network.resolver.answers import Answer, Outcome, Question
from ws_network.resolver.changes import Event
from ws_network.resolver.needed import Host
from ws_network.resolver.observations import Observations, oldest
from ws_network.resolver.refresh import Moment, Refreshed, refresh
from ws_network.snapshot import Snapshot

WWW = Host("www.example", ("agent-service",))
FIRST = date(2026, 11, 24)
GRACE = 7
FAILURES = [outcome for outcome in Outcome if not outcome.is_proof]


def moment(day: int = 0, place: str = "a runner") -> Moment:
    today = FIRST + timedelta(days=day)
    return Moment(datetime(today.year, today.month, today.day, 3, tzinfo=UTC), today, place)


def answer(outcome: Outcome, *addresses: str, fqdn: str = "www.example", family: Family = 4) -> Answer:
    return Answer(Question(fqdn, family), outcome, "r", tuple((address, 60) for address in sorted(addresses)))


NO_IPV6 = answer(Outcome.NO_DATA, family=6)


def said(*addresses: str) -> list[Answer]:
    """An answer with these IPv4 addresses and none of IPv6."""
    return [answer(Outcome.ANSWERED, *addresses), NO_IPV6]


class Nights:
    """A snapshot over several nights."""

    def __init__(self, *hosts: Host) -> None:
        self.hosts = hosts or (WWW,)
        self.snapshot: Snapshot | None = None
        self.observed: Observations | None = None
        self.last: Refreshed

    def resolve(self, day: int, answers: list[Answer], **options: Any) -> dict[str, list[str]]:
        """Take one night's answers; return the changes by event."""
        place = options.pop("place", "a runner")
        hosts = options.pop("hosts", self.hosts)
        given = {"old": self.snapshot, "observed": self.observed, "grace_days": GRACE} | options
        self.last = refresh(hosts, answers, moment(day, place), **given)
        self.snapshot, self.observed = self.last.snapshot, self.last.observations
        out: dict[str, list[str]] = {}
        for change in self.last.changes:
            out.setdefault(str(change.event), []).append(change.address)
        return out

    @property
    def addresses(self) -> tuple[str, ...]:
        assert self.snapshot
        entry = self.snapshot.names.get("www.example")
        return (*entry.ipv4, *entry.ipv6) if entry else ()

    @property
    def codes(self) -> set[str]:
        return {entry.code for entry in self.last.findings}


class TestGrace:
    """An address stays a while after it was last among the answers, and then goes."""

    def test_the_life_of_an_address(self) -> None:
        nights = Nights()
        assert nights.resolve(0, said("9.9.9.1", "9.9.9.2")) == {"added": ["9.9.9.1", "9.9.9.2"]}
        assert nights.resolve(1, said("9.9.9.1")) == {"absent": ["9.9.9.2"]}
        assert nights.resolve(7, said("9.9.9.1")) == {}
        assert nights.addresses == ("9.9.9.1", "9.9.9.2")
        assert nights.resolve(8, said("9.9.9.1")) == {"removed": ["9.9.9.2"]}
        assert nights.addresses == ("9.9.9.1",)

    def test_one_that_returns_begins_anew(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "9.9.9.2"))
        nights.resolve(1, said("9.9.9.1"))
        assert nights.resolve(5, said("9.9.9.1", "9.9.9.2")) == {"returned": ["9.9.9.2"]}
        assert "absent_since" not in nights.last.snapshot.text()
        assert nights.resolve(9, said("9.9.9.1")) == {"absent": ["9.9.9.2"]}

    @pytest.mark.parametrize("proof", [Outcome.NAME_NOT_FOUND, Outcome.NO_DATA])
    def test_a_name_that_is_gone_keeps_its_addresses_until_the_end(self, proof: Outcome) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1"))
        assert nights.resolve(1, [answer(proof), NO_IPV6]) == {"absent": ["9.9.9.1"]}
        assert ("name-not-found" in nights.codes) == (proof is Outcome.NAME_NOT_FOUND)
        assert nights.resolve(8, [answer(proof), NO_IPV6]) == {"removed": ["9.9.9.1"]}
        assert "www.example" not in nights.last.snapshot.names
        assert "resolved-nothing" in nights.codes

    @pytest.mark.parametrize("failure", FAILURES)
    def test_a_failure_never_begins_nor_ends_the_window(self, failure: Outcome) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "9.9.9.2"))
        before = nights.last.snapshot.text()
        assert nights.resolve(1, [answer(failure), NO_IPV6]) == {}
        assert nights.last.snapshot.text() == before
        nights.resolve(2, said("9.9.9.1"))
        assert nights.resolve(30, [answer(failure), NO_IPV6]) == {}
        assert nights.addresses == ("9.9.9.1", "9.9.9.2")
        assert "resolution-failed" in nights.codes
        assert nights.last.observations.names["www.example"].ipv4_complete is False

    def test_no_answer_at_all_is_a_failure(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1"))
        assert nights.resolve(30, []) == {}
        assert nights.addresses == ("9.9.9.1",)

    def test_one_family_that_fails_does_not_hold_the_other(self) -> None:
        nights = Nights()
        nights.resolve(0, [answer(Outcome.ANSWERED, "9.9.9.1"), answer(Outcome.ANSWERED, "2600::1", family=6)])
        answers = [answer(Outcome.TIMEOUT), answer(Outcome.ANSWERED, "2600::2", family=6)]
        assert nights.resolve(1, answers) == {"absent": ["2600::1"], "added": ["2600::2"]}

    def test_no_window_removes_at_once(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "9.9.9.2"))
        assert nights.resolve(0, said("9.9.9.1"), grace_days=0) == {"removed": ["9.9.9.2"]}

    def test_a_clock_that_went_back_removes_nothing(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "9.9.9.2"))
        nights.resolve(5, said("9.9.9.1"))
        assert nights.resolve(-30, said("9.9.9.1")) == {}
        assert nights.addresses == ("9.9.9.1", "9.9.9.2")

    def test_lost_observations_change_nothing(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "9.9.9.2"))
        nights.resolve(1, said("9.9.9.1"), observed=None)
        assert nights.resolve(8, said("9.9.9.1"), observed=None) == {"removed": ["9.9.9.2"]}


class TestNames:
    """The file has the names that the deployment needs, and no others."""

    OTHER = Host("other.example", ("agent-service",))

    def other(self, *addresses: str) -> list[Answer]:
        """What is said of the other name."""
        found = answer(Outcome.ANSWERED if addresses else Outcome.NO_DATA, *addresses, fqdn="other.example")
        return [found, answer(Outcome.NO_DATA, fqdn="other.example", family=6)]

    def test_one_that_is_not_needed_has_a_window_too(self) -> None:
        """A run of one of three deployments would else cut off the other two the same night."""
        nights = Nights(WWW, self.OTHER)
        nights.resolve(0, [*said("9.9.9.1"), *self.other("9.9.9.8")])
        assert nights.resolve(1, said("9.9.9.1"), hosts=(WWW,)) == {"not-needed": ["9.9.9.8"]}
        (found,) = nights.last.findings
        assert (found.code, found.severity) == ("name-not-needed", "low")
        assert "1 address stays from before until the grace window ends (it began on 2026-11-25)" in found.text
        assert nights.resolve(7, said("9.9.9.1"), hosts=(WWW,)) == {}
        assert nights.resolve(8, said("9.9.9.1"), hosts=(WWW,)) == {"removed": ["9.9.9.8"]}
        assert set(nights.last.snapshot.names) == set(nights.last.observations.names) == {"www.example"}
        assert nights.codes == set()

    @pytest.mark.parametrize(
        ("answers", "change"),
        [(["9.9.9.8"], {"returned": ["9.9.9.8"]}), (["9.9.9.9"], {"absent": ["9.9.9.8"], "added": ["9.9.9.9"]})],
        ids=["there", "another one is there"],
    )
    def test_one_that_is_needed_again_begins_anew(self, answers: list[str], change: dict[str, list[str]]) -> None:
        """The days on which nobody asked are no proof that the address was gone."""
        nights = Nights(WWW, self.OTHER)
        nights.resolve(0, [*said("9.9.9.1"), *self.other("9.9.9.8")])
        nights.resolve(1, said("9.9.9.1"), hosts=(WWW,))
        nights.resolve(7, said("9.9.9.1"), hosts=(WWW,))
        assert nights.resolve(8, [*said("9.9.9.1"), *self.other(*answers)]) == change
        assert "9.9.9.8" in nights.last.snapshot.names["other.example"].ipv4

    def test_one_that_is_needed_again_begins_anew_without_the_observations(self) -> None:
        """They may be lost, and no address goes by that."""
        nights = Nights(WWW, self.OTHER)
        nights.resolve(0, [*said("9.9.9.1"), *self.other("9.9.9.8", "9.9.9.9")])
        nights.resolve(1, said("9.9.9.1"), hosts=(WWW,))
        nights.observed = None
        assert nights.resolve(8, [*said("9.9.9.1"), *self.other("9.9.9.8")]) == {
            "absent": ["9.9.9.9"],
            "returned": ["9.9.9.8"],
        }

    def test_one_that_is_needed_again_and_not_answered_is_no_longer_on_its_way_out(self) -> None:
        nights = Nights(WWW, self.OTHER)
        nights.resolve(0, [*said("9.9.9.1"), *self.other("9.9.9.8")])
        nights.resolve(1, said("9.9.9.1"), hosts=(WWW,))
        assert nights.resolve(2, said("9.9.9.1")) == {"returned": ["9.9.9.8"]}
        assert nights.resolve(30, [*said("9.9.9.1"), *self.other()]) == {"absent": ["9.9.9.8"]}

    def test_of_some_that_are_asked_the_others_stay_as_they_are(self) -> None:
        other = Host("other.example", ("agent-service",))
        nights = Nights(WWW, other)
        nights.resolve(0, [*said("9.9.9.1"), answer(Outcome.ANSWERED, "9.9.9.8", fqdn="other.example")])
        before = nights.last
        assert nights.resolve(30, said("9.9.9.1", "9.9.9.2"), hosts=(WWW,), keep_others=True) == {"added": ["9.9.9.2"]}
        assert nights.last.snapshot.names["other.example"] == before.snapshot.names["other.example"]
        assert nights.last.observations.names["other.example"] == before.observations.names["other.example"]


class TestFindings:
    """What a person should look at before the commit."""

    def test_poison_is_refused_and_what_was_known_stays(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1"))
        assert nights.resolve(30, said("10.0.0.1")) == {}
        assert nights.addresses == ("9.9.9.1",)
        (found,) = [entry for entry in nights.last.findings if entry.code == "bogon-answer"]
        assert found.severity == "high"
        assert found.text == "www.example: the answer 10.0.0.1 is refused, since it is private; asked was r."

    def test_a_private_address_in_the_file_goes_at_once(self) -> None:
        """No plan can be made of it, so that a range removed from `within` would stop every plan for ever."""
        nights = Nights(Host("www.example", ("agent-service",), within=AddressSet.from_cidrs(["10.0.0.0/8"])))
        nights.resolve(0, said("9.9.9.1", "10.0.0.1"))
        assert nights.resolve(1, [answer(Outcome.TIMEOUT), NO_IPV6], hosts=(WWW,)) == {"refused": ["10.0.0.1"]}
        assert nights.addresses == ("9.9.9.1",)

    def test_beside_a_private_address_old_public_ones_go(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "10.0.0.1"))
        assert nights.resolve(1, said("9.9.9.2", "10.0.0.1")) == {"absent": ["9.9.9.1"], "added": ["9.9.9.2"]}
        assert nights.resolve(8, said("9.9.9.2", "10.0.0.1")) == {"removed": ["9.9.9.1"]}
        assert nights.codes == {"bogon-answer"}

    @pytest.mark.parametrize(
        ("outcome", "codes"), [(Outcome.EMPTY_AFTER_CNAME, set()), (Outcome.NAME_NOT_FOUND, {"resolution-failed"})]
    )
    def test_a_name_without_ipv6_is_nothing_to_tell_each_night(self, outcome: Outcome, codes: set[str]) -> None:
        """Balancers answer AAAA by a CNAME to nothing, and some servers by NXDOMAIN."""
        nights = Nights()
        nights.resolve(0, [answer(Outcome.ANSWERED, "9.9.9.1"), answer(outcome, family=6)])
        assert nights.codes == codes
        assert {entry.severity for entry in nights.last.findings} <= {"info"}
        told = nights.last.observations.names["www.example"]
        assert (told.ipv4_complete, told.ipv6_complete, told.proven_at) == (True, False, moment().now)

    def test_ipv6_that_is_gone_behind_a_cname_is_told_and_stays(self) -> None:
        nights = Nights()
        nights.resolve(0, [answer(Outcome.ANSWERED, "9.9.9.1"), answer(Outcome.ANSWERED, "2600::1", family=6)])
        ipv6 = answer(Outcome.EMPTY_AFTER_CNAME, family=6)
        assert nights.resolve(30, [answer(Outcome.ANSWERED, "9.9.9.1"), ipv6]) == {}
        assert nights.codes == {"resolution-failed"}
        assert nights.last.observations.names["www.example"].proven_at == moment().now

    def test_what_does_not_exist_may_lie_behind_a_cname(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1"))
        nights.resolve(1, [answer(Outcome.NAME_NOT_FOUND), NO_IPV6])
        (found,) = nights.last.findings
        assert found.text == (
            "www.example: r says that the name, or one that it leads to, does not exist; 1 address stays from before "
            "until the grace window ends."
        )

    def test_dns64_is_named(self) -> None:
        nights = Nights()
        nights.resolve(0, [answer(Outcome.ANSWERED, "64:ff9b::909:901", family=6)])
        (found,) = [entry for entry in nights.last.findings if entry.code == "bogon-answer"]
        assert found.remedy == "Resolve on a resolver without DNS64."
        assert nights.addresses == ()

    def test_outside_the_published_blocks(self) -> None:
        host = Host("www.example", ("agent-service",), blocks=AddressSet.from_cidrs(["9.9.9.0/27"]))
        nights = Nights(host)
        nights.resolve(0, said("9.9.9.1"))
        assert nights.codes == set()
        nights.resolve(0, said("9.9.9.1", "9.9.9.32"))
        (found,) = nights.last.findings
        assert (found.code, found.text) == (
            "outside-known-blocks",
            "www.example: 9.9.9.32 is in no published block of its region.",
        )
        assert nights.addresses == ("9.9.9.1", "9.9.9.32")

    def test_another_place(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1"))
        assert nights.codes == set()
        assert nights.resolve(0, said("9.9.9.2"), place="home") == {"absent": ["9.9.9.1"], "added": ["9.9.9.2"]}
        assert nights.codes == {"place-changed"}
        assert nights.last.snapshot.place == "home"

    def test_a_round_that_failed_beside_one_that_did_not_weighs_less(self) -> None:
        nights = Nights()
        nights.resolve(0, [*said("9.9.9.1"), answer(Outcome.TIMEOUT)])
        (found,) = nights.last.findings
        assert (found.code, found.severity) == ("resolution-failed", "low")
        assert found.text.startswith("www.example: not every round has an answer about IPv4 (timeout)")


class TestObservations:
    """Times live beside the addresses: an unchanged answer is an unchanged file."""

    def test_first_and_last_seen(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "9.9.9.2"))
        nights.resolve(3, said("9.9.9.1"))
        told = nights.last.observations.names["www.example"]
        assert [told.addresses[address].first_seen.day for address in ("9.9.9.1", "9.9.9.2")] == [24, 24]
        assert [told.addresses[address].last_seen.day for address in ("9.9.9.1", "9.9.9.2")] == [27, 24]
        assert (told.ipv4, told.ipv6, told.resolvers) == ("answered", "no-data", ("r",))
        assert (told.ipv4_complete, told.ipv6_complete) == (True, True)

    def test_the_file_can_be_read_again(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1"))
        made = nights.last.observations
        assert Observations.model_validate_json(made.text()) == made

    def test_same_answers_same_bytes(self) -> None:
        nights = Nights()
        nights.resolve(0, said("9.9.9.1", "9.9.9.10", "9.9.9.9"))
        before = nights.last.snapshot.text()
        nights.resolve(3, said("9.9.9.1", "9.9.9.10", "9.9.9.9"))
        assert nights.last.snapshot.text() == before
        assert nights.last.observations.resolved_at.day == 27
        assert '"9.9.9.1",\n        "9.9.9.9",\n        "9.9.9.10"' in before


class TestAge:
    """A snapshot is as old as the name in it that was not answered for longest, whatever the others say."""

    OTHER = Host("other.example", ("agent-service",))

    def nights(self) -> Nights:
        """Two names, answered on day 0."""
        nights = Nights(WWW, self.OTHER)
        nights.resolve(0, [*said("9.9.9.1"), *TestNames().other("9.9.9.8")])
        return nights

    @staticmethod
    def day(nights: Nights) -> int | None:
        """The day of the nights on which the oldest was resolved."""
        assert nights.snapshot
        assert nights.observed
        found = oldest(nights.snapshot, nights.observed)
        return (found - FIRST).days if found else None

    def test_of_the_name_that_is_not_answered(self) -> None:
        nights = self.nights()
        assert self.day(nights) == 0
        nights.resolve(9, [*said("9.9.9.1"), answer(Outcome.SERVER_FAILURE, fqdn="other.example")])
        assert self.day(nights) == 0
        nights.resolve(10, [*said("9.9.9.1"), *TestNames().other("9.9.9.8")])
        assert self.day(nights) == 10

    def test_some_that_were_asked_leave_the_others_as_old_as_they_are(self) -> None:
        nights = self.nights()
        nights.resolve(9, said("9.9.9.1"), hosts=(WWW,), keep_others=True)
        assert self.day(nights) == 0

    def test_a_name_on_its_way_out_does_not_count(self) -> None:
        nights = self.nights()
        nights.resolve(5, said("9.9.9.1"), hosts=(WWW,))
        assert self.day(nights) == 5

    def test_before_any_proof_it_counts_from_the_first_answer(self) -> None:
        nights = Nights()
        for day in (0, 9):
            nights.resolve(day, [*said("9.9.9.1"), answer(Outcome.TIMEOUT)])
        assert self.day(nights) == 0

    def test_one_of_which_nothing_is_told_makes_it_unknown(self) -> None:
        nights = self.nights()
        nights.resolve(9, said("9.9.9.1"), hosts=(WWW,), keep_others=True, observed=None)
        assert self.day(nights) is None

    def test_a_run_in_another_time_zone_is_kept_in_utc(self) -> None:
        zone = timezone(timedelta(hours=14))
        late = Moment(datetime(2026, 11, 24, 3, tzinfo=zone), FIRST, "a runner")
        made = refresh((WWW,), said("9.9.9.1"), late)
        assert '"resolved_at": "2026-11-23T13:00:00Z"' in made.observations.text()
        assert oldest(made.snapshot, made.observations) == date(2026, 11, 23)


POOL: dict[Family, list[str]] = {
    4: ["9.9.9.1", "9.9.9.2", "9.9.9.3", "10.0.0.1"],
    6: ["2600::1", "2600::2", "64:ff9b::909:901"],
}


@st.composite
def nights_of(draw: st.DrawFn) -> list[tuple[int, list[Answer]]]:
    """Nights with some days between them, and the answers of one to three rounds each."""
    day, out = 0, []
    for _ in range(draw(st.integers(1, 8))):
        day += draw(st.integers(0, 5))
        answers: list[Answer] = []
        for family in (4, 6):
            for _ in range(draw(st.integers(1, 3))):
                outcome = draw(st.sampled_from([Outcome.ANSWERED] * 6 + list(Outcome)))
                found = draw(st.lists(st.sampled_from(POOL[family]), min_size=1, unique=True))
                answers.append(answer(outcome, *(found if outcome is Outcome.ANSWERED else ()), family=family))
        out.append((day, answers))
    return out


class TestAnyNights:
    """Whatever the nights bring."""

    @given(nights_of())
    def test_no_address_in_use_goes_and_no_private_one_comes(self, course: list[tuple[int, list[Answer]]]) -> None:
        nights, last_seen = Nights(), dict[str, int]()
        for day, answers in course:
            removed = nights.resolve(day, answers).get("removed", [])
            last_seen |= {address: day for found in answers for address, _ in found.addresses}
            used = {address for address, seen in last_seen.items() if day - seen < GRACE}
            assert used - {"10.0.0.1", "64:ff9b::909:901"} <= set(nights.addresses)
            assert not {"10.0.0.1", "64:ff9b::909:901"} & set(nights.addresses)
            for address in removed:
                family = 6 if ":" in address else 4
                own = [found for found in answers if found.question.family == family]
                assert all(found.outcome.is_proof for found in own), "a failure removed an address"

    @given(nights_of(), st.integers(0, 30))
    def test_what_is_never_seen_again_goes(self, course: list[tuple[int, list[Answer]]], later: int) -> None:
        nights = Nights()
        for day, answers in course:
            nights.resolve(day, answers)
        end = course[-1][0] + later
        nights.resolve(end, said("9.9.9.4"))
        nights.resolve(end + GRACE, said("9.9.9.4"))
        assert nights.addresses == ("9.9.9.4",)

    @given(nights_of(), st.randoms(use_true_random=False))
    def test_the_order_of_answers_does_not_matter(self, course: list[tuple[int, list[Answer]]], source: Any) -> None:
        one, other = Nights(), Nights()
        for day, answers in course:
            one.resolve(day, answers)
            shuffled = list(answers)
            source.shuffle(shuffled)
            other.resolve(day, shuffled)
            assert one.last == other.last
            assert one.last.snapshot.text() == other.last.snapshot.text()
            assert one.last.observations.text() == other.last.observations.text()

    @given(nights_of())
    def test_the_same_answers_again_change_no_byte(self, course: list[tuple[int, list[Answer]]]) -> None:
        nights = Nights()
        for day, answers in course:
            nights.resolve(day, answers)
            before = nights.last.snapshot.text()
            assert nights.resolve(day, answers) == {}
            assert nights.last.snapshot.text() == before

    @given(nights_of())
    def test_changes_are_the_difference_of_the_files(self, course: list[tuple[int, list[Answer]]]) -> None:
        nights = Nights()
        for day, answers in course:
            before = set(nights.addresses) if nights.snapshot else set()
            nights.resolve(day, answers)
            events = {change.address: change.event for change in nights.last.changes}
            assert set(nights.addresses) - before == {a for a, event in events.items() if event is Event.ADDED}
            assert before - set(nights.addresses) == {a for a, event in events.items() if event is Event.REMOVED}
            assert Snapshot.parse(nights.last.snapshot.model_dump(mode="json")) == nights.last.snapshot
