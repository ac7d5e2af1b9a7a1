"""What an answer proves: the chain that counts, and addresses that no public name may have."""

import pytest

from ws_network.addresses import AddressSet
from ws_network.bogons import why_not_public, why_refused
from ws_network.resolver.answers import Answer, Outcome, Question, Record, read_answer
from ws_network.resolver.merge import seen, seen_of_both
from ws_network.resolver.needed import Host

ASKED = Question("www.example", 4)


def record(name: str, kind: str, value: str, ttl: int = 300) -> Record:
    return Record(name, kind, ttl, value)


class TestChain:
    """Only what the name leads to counts, however the server wrote it."""

    def test_the_addresses_at_its_end_with_the_least_ttl_on_the_way(self) -> None:
        answer = read_answer(
            ASKED,
            [
                record("EDGE.cdn.example.", "A", "9.9.9.2", 20),
                record("WWW.example", "CNAME", "mid.example", 300),
                record("edge.cdn.example", "A", "9.9.9.1", 90),
                record("mid.example.", "CNAME", "Edge.CDN.example.", 60),
            ],
            "r",
        )
        assert answer.outcome is Outcome.ANSWERED
        assert answer.addresses == (("9.9.9.1", 60), ("9.9.9.2", 20))
        assert answer.chain == ("mid.example", "edge.cdn.example")

    def test_a_record_beside_it_is_no_answer(self) -> None:
        answer = read_answer(ASKED, [record("other.example", "A", "9.9.9.9")], "r")
        assert (answer.outcome, answer.addresses) == (Outcome.MALFORMED, ())
        assert not answer.outcome.is_proof

    @pytest.mark.parametrize(
        "links",
        [
            [("www.example", "gone.example")],
            [("www.example", "www.example")],
            [("www.example", "a.example"), ("a.example", "b.example"), ("b.example", "a.example")],
        ],
        ids=["to nothing", "to itself", "in a circle"],
    )
    def test_one_that_ends_nowhere_proves_nothing(self, links: list[tuple[str, str]]) -> None:
        answer = read_answer(ASKED, [record(name, "CNAME", target) for name, target in links], "r")
        assert answer.outcome is Outcome.EMPTY_AFTER_CNAME
        assert not answer.outcome.is_proof
        assert answer.chain[0] == links[0][1]

    def test_addresses_have_one_spelling(self) -> None:
        answer = read_answer(Question("www.example", 6), [record("www.example", "AAAA", "2600:0:0::0001")], "r")
        assert answer.addresses == (("2600::1", 300),)


class TestTogether:
    """Several rounds are one answer; what one of them lacks is absent only if all can be trusted."""

    @staticmethod
    def answer(outcome: Outcome, *addresses: str) -> Answer:
        return Answer(ASKED, outcome, "r", tuple((address, 60) for address in addresses))

    @pytest.mark.parametrize("failure", [outcome for outcome in Outcome if not outcome.is_proof])
    def test_a_round_that_failed_makes_the_others_incomplete(self, failure: Outcome) -> None:
        together = seen(Host("www.example", ()), [self.answer(Outcome.ANSWERED, "9.9.9.1"), self.answer(failure)])
        assert (together.outcome, set(together.addresses)) == (Outcome.ANSWERED, {"9.9.9.1"})
        assert not together.complete

    def test_rounds_that_contradict_each_other_are_incomplete(self) -> None:
        answers = [self.answer(Outcome.ANSWERED, "9.9.9.1"), self.answer(Outcome.NAME_NOT_FOUND)]
        assert not seen(Host("www.example", ()), answers).complete

    def test_all_rounds_are_one_set(self) -> None:
        answers = [self.answer(Outcome.ANSWERED, "9.9.9.1"), self.answer(Outcome.ANSWERED, "9.9.9.2")]
        together = seen(Host("www.example", ()), answers)
        assert (set(together.addresses), together.complete) == ({"9.9.9.1", "9.9.9.2"}, True)

    def test_the_longest_chain_is_told(self) -> None:
        chains = [("edge.example",), ("mid.example", "edge.example"), ()]
        answers = [Answer(ASKED, Outcome.ANSWERED, "r", (("9.9.9.1", 60),), chain) for chain in chains]
        assert seen(Host("www.example", ()), answers).chain == ("mid.example", "edge.example")

    @pytest.mark.parametrize(
        ("rounds", "complete"),
        [
            ([["10.0.0.1"]], False),
            ([["10.0.0.1"], ["10.0.0.1"]], False),
            ([["9.9.9.1", "10.0.0.1"], ["9.9.9.2", "10.0.0.1"]], True),
            ([["9.9.9.1", "10.0.0.1"], ["9.9.9.1", "10.0.0.2"]], False),
            ([["9.9.9.1", "10.0.0.1"], ["10.0.0.1"]], False),
            ([["9.9.9.1"], ["10.0.0.1"]], True),
            ([["9.9.9.1"], ["9.9.9.2", "10.0.0.1"]], True),
        ],
        ids=str,
    )
    def test_a_private_answer_is_refused_and_proves_an_absence_only_where_the_owner_writes_it(
        self, rounds: list[list[str]], *, complete: bool
    ) -> None:
        """Else an address goes by poison, or those of a name that always has a private one too stay for ever."""
        found = {text for texts in rounds for text in texts}
        together = seen(Host("www.example", ()), [self.answer(Outcome.ANSWERED, *texts) for texts in rounds])
        private = {text for text in found if text.startswith("10.")}
        assert (set(together.addresses), set(together.refused)) == (found - private, private)
        assert together.complete is complete

    @pytest.mark.parametrize(
        ("outcome", "complete"),
        [(Outcome.NAME_NOT_FOUND, False), (Outcome.NO_DATA, True), (Outcome.EMPTY_AFTER_CNAME, False)],
    )
    def test_that_a_name_is_not_there_is_no_proof_where_the_other_family_has_it(
        self, outcome: Outcome, *, complete: bool
    ) -> None:
        ipv6 = Answer(Question("www.example", 6), outcome, "r")
        answers = {4: [self.answer(Outcome.ANSWERED, "9.9.9.1")], 6: [ipv6]}
        found = seen_of_both(Host("www.example", ()), answers)  # type: ignore[arg-type]
        assert (found[4].complete, found[6].complete) == (True, complete)

    def test_a_peer_s_own_ranges_let_its_private_answers_in_and_no_others(self) -> None:
        host = Host("siem.corp.example", (), within=AddressSet.from_cidrs(["10.20.0.0/16"]))
        together = seen(host, [self.answer(Outcome.ANSWERED, "10.20.0.30", "10.21.0.30", "::ffff:10.20.0.30")])
        assert set(together.addresses) == {"10.20.0.30"}
        assert set(together.refused) == {"10.21.0.30", "::ffff:10.20.0.30"}


class TestNotPublic:
    """An address of the inside under a public name is the mark of a poisoned or split resolver."""

    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("10.255.255.255", "private"),
            ("172.31.0.1", "private"),
            ("192.168.0.1", "private"),
            ("fd00::1", "private"),
            ("100.127.0.1", "shared by a provider's customers"),
            ("127.0.0.1", "the machine itself"),
            ("::1", "the machine itself"),
            ("169.254.169.254", "of one link only"),
            ("168.63.129.16", "the platform of a cloud, which gives out credentials"),
            ("fd00:ec2::254", "the platform of a cloud, which gives out credentials"),
            ("fe80::1", "of one link only"),
            ("0.0.0.0", "unspecified"),  # noqa: S104 - an answer, nothing listens
            ("::", "unspecified"),
            ("203.0.113.7", "for documentation"),
            ("2001:db8::7", "for documentation"),
            ("3fff::1", "for documentation"),
            ("198.19.0.1", "for benchmarks"),
            ("224.0.0.251", "of many machines at once (multicast)"),
            ("ff02::fb", "of many machines at once (multicast)"),
            ("192.0.0.170", "reserved for protocols"),
            ("2001::1", "reserved for protocols"),
            ("255.255.255.255", "reserved"),
            ("4000::1", "reserved"),
            ("::ffff:8.8.8.8", "an IPv4 address written as IPv6"),
            ("64:ff9b::808:808", "made by DNS64 of the resolver"),
            ("64:ff9b:1::a00:1", "made by DNS64 of the resolver"),
            ("2002:a00:1::1", "6to4 of 10.0.0.1, which is private"),
        ],
    )
    def test_refused(self, address: str, why: str) -> None:
        assert why_not_public(address) == why

    @pytest.mark.parametrize(
        "address",
        ["9.9.9.9", "172.32.0.1", "100.128.0.1", "223.255.255.255", "2600::1", "2620:fe::fe", "2002:909:909::1"],
    )
    def test_public(self, address: str) -> None:
        assert why_not_public(address) == ""

    @pytest.mark.parametrize(
        "address",
        ["127.0.0.1", "169.254.169.254", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254", "::1", "64:ff9b::1"],
    )
    def test_no_range_of_a_site_lets_in_the_machine_itself_nor_its_credentials(self, address: str) -> None:
        within = AddressSet.from_cidrs(["127.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "fd00::/8", "::/1"])
        assert address in within
        assert why_refused(address, within) == why_not_public(address) != ""

    @pytest.mark.parametrize(
        ("within", "why"),
        [
            (["10.20.0.0/16"], ""),
            (["0.0.0.0/1", "128.0.0.0/1"], "private"),
            (["10.20.0.0/16", "::/1", "8000::/1"], ""),
        ],
    )
    def test_ranges_that_are_every_address_say_nothing(self, within: list[str], why: str) -> None:
        assert why_refused("10.20.0.30", AddressSet.from_cidrs(within)) == why
