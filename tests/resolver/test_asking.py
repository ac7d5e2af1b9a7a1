"""Asking a name server that misbehaves in every way that a real one may."""

import socket
import time

import pytest

from tests.resolver.server import Reply, Server, Zone, addresses, serving, through
from ws_network.errors import UserError
from ws_network.resolver.answers import Answer, Outcome
from ws_network.resolver.asking import IN_FLIGHT, Asking, ask, read_resolver

QUICK = 0.5
"""Seconds: on this machine an answer takes less than one hundredth."""


def asking(*servers: Server, rounds: int = 1, timeout: float = QUICK) -> Asking:
    return Asking(tuple(server.address for server in servers), rounds, 0, timeout)


def first(answers: list[Answer], fqdn: str, family: int = 4) -> Answer:
    return next(answer for answer in answers if (answer.question.fqdn, answer.question.family) == (fqdn, family))


class TestOutcomes:
    """What is told apart here decides whether an address may go."""

    @pytest.mark.parametrize(
        ("reply", "outcome"),
        [
            (addresses("9.9.9.1", "9.9.9.2"), Outcome.ANSWERED),
            (through(("edge.example",), "9.9.9.1", "9.9.9.2"), Outcome.ANSWERED),
            (Reply(), Outcome.NO_DATA),
            (Reply(rcode="NXDOMAIN"), Outcome.NAME_NOT_FOUND),
            (Reply(rcode="SERVFAIL"), Outcome.SERVER_FAILURE),
            (Reply(rcode="REFUSED"), Outcome.REFUSED),
            (through(("edge.example",)), Outcome.EMPTY_AFTER_CNAME),
            (through(("edge.example", "www.example")), Outcome.EMPTY_AFTER_CNAME),
            (Reply(drop=True), Outcome.TIMEOUT),
            (Reply((("other.example", "A", "9.9.9.9"),)), Outcome.MALFORMED),
            (addresses("9.9.9.1", "9.9.9.2", truncated=True), Outcome.ANSWERED),
            (addresses("9.9.9.1", "9.9.9.2", delay=0.3), Outcome.ANSWERED),
        ],
        ids=str,
    )
    def test_each(self, reply: Reply, outcome: Outcome) -> None:
        with serving({("www.example", "A"): reply}) as server:
            answer = first(ask(["www.example"], asking(server, timeout=1)), "www.example")
        assert answer.outcome is outcome
        found = ("9.9.9.1", "9.9.9.2") if outcome is Outcome.ANSWERED else ()
        assert tuple(address for address, _ in answer.addresses) == found
        assert answer.resolver == server.address

    def test_a_long_answer_is_asked_for_again_by_tcp(self) -> None:
        with serving({("www.example", "A"): addresses("9.9.9.1", truncated=True)}) as server:
            ask(["www.example"], asking(server))
        assert server.by_tcp == 1

    def test_a_truncated_answer_is_never_one(self) -> None:
        """Without TCP nothing is known: what came by UDP is a part."""
        with serving({("www.example", "A"): addresses("9.9.9.1", truncated=True)}, tcp=False) as server:
            answer = first(ask(["www.example"], asking(server)), "www.example")
        assert (answer.outcome, answer.addresses) == (Outcome.NO_CONNECTION, ())

    def test_a_lost_packet_is_sent_again(self) -> None:
        zone: Zone = {("www.example", "A"): lambda before: addresses("9.9.9.1") if before else Reply(drop=True)}
        with serving(zone) as server:
            answer = first(ask(["www.example"], asking(server)), "www.example")
        assert answer.outcome is Outcome.ANSWERED
        assert server.asked["www.example", "A"] == 2

    def test_both_families(self) -> None:
        zone: Zone = {("www.example", "A"): addresses("9.9.9.1"), ("www.example", "AAAA"): addresses("2600::1")}
        with serving(zone) as server:
            answers = ask(["www.example"], asking(server))
        assert first(answers, "www.example", 4).addresses == (("9.9.9.1", 60),)
        assert first(answers, "www.example", 6).addresses == (("2600::1", 60),)


class TestQuestions:
    """A resolver of a small site must not be flooded, nor asked for what it was not told."""

    def test_at_most_64_are_in_flight_and_each_is_asked_once(self) -> None:
        names = [f"host-{number}.example" for number in range(100)]
        with serving(otherwise=Reply(delay=0.05)) as server:
            answers = ask(names, asking(server, timeout=3))
        assert len(answers) == 200
        assert 32 < server.most_in_flight <= 64
        assert server.asked == {(name, kind): 1 for name in names for kind in ("A", "AAAA")}

    def test_no_question_for_a_cname(self) -> None:
        with serving({("www.example", "A"): through(("edge.example",), "9.9.9.1")}) as server:
            ask(["www.example"], asking(server))
        assert set(server.asked) == {("www.example", "A"), ("www.example", "AAAA")}

    def test_each_round_sees_what_rotates(self) -> None:
        zone: Zone = {("www.example", "A"): lambda before: addresses(f"9.9.9.{before}")}
        with serving(zone) as server:
            answers = ask(["www.example"], asking(server, rounds=3))
        found = {address for answer in answers for address, _ in answer.addresses}
        assert found == {"9.9.9.0", "9.9.9.1", "9.9.9.2"}

    def test_the_hosts_file_is_not_looked_at(self) -> None:
        """It is this machine's alone."""
        with serving({("localhost", "A"): addresses("9.9.9.1")}) as server:
            assert first(ask(["localhost"], asking(server)), "localhost").addresses == (("9.9.9.1", 60),)

    def test_progress(self) -> None:
        told: list[tuple[int, int]] = []
        with serving() as server:
            ask(["a.example", "b.example"], asking(server, rounds=2), lambda done, total: told.append((done, total)))
        assert told == [(done, 8) for done in range(1, 9)]


class TestSeveralResolvers:
    """One that is out of order must cost time, never an answer."""

    @pytest.mark.parametrize("broken", [Reply(rcode="SERVFAIL"), Reply(rcode="REFUSED"), Reply(drop=True)], ids=str)
    def test_the_next_is_asked_where_one_fails(self, broken: Reply) -> None:
        with serving(otherwise=broken) as one, serving({("www.example", "A"): addresses("9.9.9.1")}) as two:
            answer = first(ask(["www.example"], asking(one, two)), "www.example")
        assert (answer.outcome, answer.resolver) == (Outcome.ANSWERED, two.address)

    def test_a_silent_one_is_asked_last_from_then_on(self) -> None:
        names = [f"host-{number}.example" for number in range(300)]
        start = time.monotonic()
        with serving(otherwise=Reply(drop=True)) as one, serving() as two:
            answers = ask(names, asking(one, two))
        assert {answer.outcome for answer in answers} == {Outcome.NO_DATA}
        assert len(one.asked) == IN_FLIGHT
        assert time.monotonic() - start < 5 * QUICK

    def test_a_name_that_does_not_exist_is_an_answer(self) -> None:
        with serving(otherwise=Reply(rcode="NXDOMAIN")) as one, serving() as two:
            answer = first(ask(["www.example"], asking(one, two)), "www.example")
        assert (answer.outcome, two.asked) == (Outcome.NAME_NOT_FOUND, {})

    def test_a_failure_says_more_than_silence(self) -> None:
        with serving(otherwise=Reply(drop=True)) as one, serving(otherwise=Reply(rcode="SERVFAIL")) as two:
            answer = first(ask(["www.example"], asking(one, two)), "www.example")
        assert (answer.outcome, answer.resolver) == (Outcome.SERVER_FAILURE, two.address)


class TestNobodyThere:
    """Two thousand names must not wait for a resolver that does not exist."""

    def test_nobody_listens(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(UserError, match=rf"^no resolver answered \(127\.0\.0\.1:{port} asked.*--resolver\.$"):
            ask(["www.example"], Asking((f"127.0.0.1:{port}",), 1, 0, QUICK))

    def test_nobody_answers(self) -> None:
        names = [f"host-{number}.example" for number in range(1000)]
        start = time.monotonic()
        with serving(otherwise=Reply(drop=True)) as server, pytest.raises(UserError, match=r"^no resolver answered"):
            ask(names, asking(server, rounds=3))
        assert time.monotonic() - start < 5 * QUICK

    def test_one_that_dies_in_the_middle(self) -> None:
        names = [f"host-{number}.example" for number in range(1000)]
        start = time.monotonic()
        with serving(otherwise=Reply(drop=True)) as server:
            server.zone["host-0.example", "A"] = addresses("9.9.9.1")
            with pytest.raises(UserError, match=r"^no resolver answered any more \(127"):
                ask(names, asking(server))
        assert time.monotonic() - start < 5 * QUICK

    def test_a_zone_that_is_dead_is_no_dead_resolver(self) -> None:
        names = [f"host-{number}.example" for number in range(60)]
        zone: Zone = {(name, "A"): Reply(drop=True) for name in names[:40]}
        with serving(zone) as server:
            outcomes = [answer.outcome for answer in ask(names, asking(server))]
        assert outcomes.count(Outcome.TIMEOUT) == 40


class TestResolverAddress:
    """A name here would need a resolver first."""

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("9.9.9.9", "9.9.9.9:53"),
            (" 10.0.0.2:5353", "10.0.0.2:5353"),
            ("2620:fe::fe", "[2620:fe::fe]:53"),
            ("[2620:fe::fe]", "[2620:fe::fe]:53"),
            ("[::1]:5353", "[::1]:5353"),
        ],
    )
    def test_read(self, text: str, address: str) -> None:
        assert read_resolver(text) == address

    @pytest.mark.parametrize(
        "text", ["", "dns.example", "9.9.9.9:", "9.9.9.9:0", "9.9.9.9:65536", "9.9.9.9:x", "9.9.9", "fe80::1%eth0"]
    )
    def test_refused(self, text: str) -> None:
        with pytest.raises(UserError, match=r"^--resolver is '.*', which is no address: write the resolver's own, as"):
            read_resolver(text)
