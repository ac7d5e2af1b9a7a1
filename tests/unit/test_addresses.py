"""Address blocks and sets of them, with the standard library's `ipaddress` as the oracle."""

import ipaddress
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ws_network import cidr as cidr_module
from ws_network.addresses import BITS, AddressSet, Cidr, Family, Range, minimal_cover, parse_cidr
from ws_network.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NETWORKS: dict[int, type[Network]] = {4: ipaddress.IPv4Network, 6: ipaddress.IPv6Network}
ALL_IPV4 = Cidr(4, 0, 0)
ALL_IPV6 = Cidr(6, 0, 0)
LAST_IPV4 = Cidr(4, 2**32 - 1, 32)
LAST_IPV6 = Cidr(6, 2**128 - 1, 128)


def block(family: Family, address: int, prefix_length: int) -> Cidr:
    host_bits = BITS[family] - prefix_length
    return Cidr(family, address >> host_bits << host_bits, prefix_length)


def near(family: Family) -> st.SearchStrategy[int]:
    """Addresses that often touch: around a few anchors, the two ends of the family among them."""
    top = 2 ** BITS[family] - 1
    anchors = st.sampled_from([0, top, 10 << 24, 0x20010DB8 << BITS[family] - 32])
    offsets = st.one_of(st.integers(-70, 70), st.integers(-(2**20), 2**20))
    nearby = st.tuples(anchors, offsets).map(lambda pair: min(max(sum(pair), 0), top))
    return nearby | st.integers(0, top)


def blocks_of(family: Family) -> st.SearchStrategy[Cidr]:
    lengths = st.integers(BITS[family] - 8, BITS[family]) | st.integers(0, BITS[family])
    return st.builds(block, st.just(family), near(family), lengths)


blocks = blocks_of(4) | blocks_of(6)
lists = st.lists(blocks, max_size=12)
sets = lists.map(AddressSet.from_cidrs)


def network(item: Cidr | str) -> Network:
    return ipaddress.ip_network(str(item))


def collapsed(items: list[Cidr]) -> list[Network]:
    """The oracle's shortest list, IPv4 first."""
    return [
        found
        for kind in NETWORKS.values()
        for found in ipaddress.collapse_addresses([n for n in map(network, items) if isinstance(n, kind)])
    ]


def probes(*groups: list[Cidr]) -> list[tuple[Family, int]]:
    """Both ends of every block and their neighbours: a set of blocks changes nowhere else."""
    return [
        (item.family, address)
        for group in groups
        for item in group
        for end in (item.first, item.last)
        for address in (end - 1, end, end + 1)
        if 0 <= address < 2 ** BITS[item.family]
    ]


def held(items: list[Cidr], family: Family, address: int) -> bool:
    """The oracle's answer: whether one of the networks holds the address."""
    kinds: dict[int, Callable[[int], ipaddress.IPv4Address | ipaddress.IPv6Address]] = {
        4: ipaddress.IPv4Address,
        6: ipaddress.IPv6Address,
    }
    return any(kinds[family](address) in network(item) for item in items if item.family == family)


class TestReading:
    """What a user types is read strictly: a lenient reader opens another address than the one that was meant."""

    @given(blocks)
    @example(ALL_IPV4)
    @example(ALL_IPV6)
    @example(LAST_IPV4)
    @example(LAST_IPV6)
    def test_text_is_the_oracles(self, item: Cidr) -> None:
        found = network(item.text)
        assert (found.version, int(found.network_address), found.prefixlen) == (
            item.family,
            item.first,
            item.prefix_length,
        )
        assert int(found.broadcast_address) == item.last
        if item.family == 4 or item.first >> 48:  # below, releases of Python differ on dotted octets
            assert str(found) == item.text

    @given(blocks)
    def test_text_is_read_back(self, item: Cidr) -> None:
        if item.family == 6 and item.first >> 32 == 0xFFFF:
            with pytest.raises(UserError, match="IPv4 written inside IPv6"):
                parse_cidr(item.text)
        else:
            assert parse_cidr(item.text) == item

    @given(st.integers(0, 2**128 - 1), st.integers(0, 2**32 - 1))
    def test_bare_address_is_one_address(self, six: int, four: int) -> None:
        assert parse_cidr(str(ipaddress.IPv4Address(four))) == Cidr(4, four, 32)
        if six >> 48:
            assert parse_cidr(str(ipaddress.IPv6Address(six))) == Cidr(6, six, 128)

    @pytest.mark.parametrize(
        ("text", "canonical"),
        [
            ("2001:0DB8:0000::/32", "2001:db8::/32"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1/128"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1/128"),
            ("::", "::/128"),
            ("::/0", "::/0"),
            ("::102:304", "::102:304/128"),
            ("::1:0:0", "::1:0:0/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ],
    )
    def test_canonical_text(self, text: str, canonical: str) -> None:
        assert str(parse_cidr(text)) == canonical
        assert minimal_cover([text]) == [canonical]

    @given(st.text(alphabet="0123456789abcdf:./% x", max_size=24))
    def test_whatever_is_accepted_the_oracle_accepts(self, text: str) -> None:
        try:
            item = parse_cidr(text)
        except UserError:
            with pytest.raises(UserError):
                minimal_cover([text])
        else:
            assert network(text) == network(item)
            assert minimal_cover([text]) == [item.text]


REFUSED = {
    "10.20.0.53/24": "'10.20.0.53/24' has host bits set: "
    "write '10.20.0.0/24' for the network or '10.20.0.53/32' for the address.",
    "2001:db8::1/64": "'2001:db8::1/64' has host bits set: "
    "write '2001:db8::/64' for the network or '2001:db8::1/128' for the address.",
    "10.0.0.0/33": "'10.0.0.0/33' has no IPv4 prefix length after the slash: "
    "write a number from 0 to 32 without leading zeros, or '10.0.0.0' for the address alone.",
    "2001:db8::/129": "'2001:db8::/129' has no IPv6 prefix length after the slash: "
    "write a number from 0 to 128 without leading zeros, or '2001:db8::' for the address alone.",
    "10.0.0.7/255.255.255.0": "'10.0.0.7/255.255.255.0' has a netmask where a prefix length is read: "
    "write '10.0.0.0/24'.",
    "fe80::1%eth0": "'fe80::1%eth0' has a zone id, which one host alone can read: write 'fe80::1'.",
    "::ffff:10.0.0.1": "'::ffff:10.0.0.1' is IPv4 written inside IPv6, which no rule for IPv4 matches: "
    "write '10.0.0.1/32'.",
    "::ffff:a00:0/104": "'::ffff:a00:0/104' is IPv4 written inside IPv6, which no rule for IPv4 matches: "
    "write '10.0.0.0/8'.",
    "64:ff9b::1.2.3.4": "'64:ff9b::1.2.3.4' mixes IPv6 with dotted octets: write '64:ff9b::102:304'.",
    "010.0.0.8/30": "'010.0.0.8/30' has an octet with a leading zero, which some programs read as octal: "
    "write '10.0.0.8/30'.",
    " 10.0.0.0/8": "' 10.0.0.0/8' has blanks: write '10.0.0.0/8'.",
    "siem.corp.example": "'siem.corp.example' is a name, not an address: "
    "write its addresses, or list it under 'fqdns'.",
    "": "'' is no IPv4 or IPv6 address range: write one such as '10.20.0.0/24' or '2001:db8::/32'.",
    "10.0.0.0\x00/8": r"'10.0.0.0\x00/8' is no IPv4 or IPv6 address range: "
    "write one such as '10.20.0.0/24' or '2001:db8::/32'.",
}


class TestRefusals:
    """Each refusal is one sentence with what to type, the same for one text and for a text among many."""

    @pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=repr)
    def test_sentence(self, text: str, sentence: str) -> None:
        for attempt in (
            lambda: parse_cidr(text),
            lambda: minimal_cover(["10.0.0.0/8", text, "2001:db8::/32"]),
            lambda: AddressSet.from_cidrs([ALL_IPV4, text]),
        ):
            with pytest.raises(UserError) as caught:
                attempt()
            assert str(caught.value) == sentence

    @pytest.mark.parametrize(
        "text",
        [
            *("10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/9", "10.0.0.0/ 8", "10.0.0.0/-1", "::/"),
            *("10.0.0.0/\u0668", "\uff11.2.3.4", "10.0.0.0\n", "\ud800"),
            *("1", "1.2.3", "1.2.3.4.5", "256.0.0.0", "10.0.0.08", "0x10.0.0.0", "10.0.0.0-10.0.0.9"),
            *("10.0.0.0/255.0.255.0", ":", ":::", "::1::", "12345::", "fe80::%/10", "fe80::1%1/64"),
            *("::1.2.3.4", "::ffff:0:0/96", "::ffff:0:0/95", "::ffff:0:0/90", "64:ff9b::1.2.3.4/96"),
            *("*", "any", "[::1]"),
        ],
    )
    def test_refused(self, text: str) -> None:
        with pytest.raises(UserError):
            parse_cidr(text)
        with pytest.raises(UserError):
            minimal_cover([text])

    @pytest.mark.parametrize("value", [None, 5, b"10.0.0.0/8", ["10.0.0.0/8"]])
    def test_what_is_no_text(self, value: object) -> None:
        for read in (parse_cidr, lambda item: minimal_cover([item])):
            with pytest.raises(UserError, match=r"is no text: write an address range in quotes"):
                read(value)  # type: ignore[operator]

    def test_one_text_where_a_list_is_read(self) -> None:
        with pytest.raises(UserError, match=r"write \['10\.0\.0\.0/8'\]"):
            minimal_cover("10.0.0.0/8")

    def test_platform_that_reads_octal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        strict = cidr_module.inet_pton

        def lenient(family: int, text: str) -> bytes:
            return strict(family, cidr_module._LEADING_ZERO.sub("", text) if "." in text else text)  # noqa: SLF001

        monkeypatch.setattr(cidr_module, "inet_pton", lenient)
        assert cidr_module._reads_leading_zeros()  # noqa: SLF001
        monkeypatch.setattr(cidr_module, "_LENIENT", True)
        for attempt in (parse_cidr, lambda text: minimal_cover(["10.0.0.0/8", text])):
            with pytest.raises(UserError, match="leading zero"):
                attempt("192.168.010.0/24")
        assert minimal_cover(["100.0.0.0/8", "0.0.0.0/32", "2001:0db8::/32"]) == [
            "0.0.0.0/32",
            "100.0.0.0/8",
            "2001:db8::/32",
        ]

    @pytest.mark.parametrize(
        ("family", "first", "length"), [(4, 0, 33), (4, 2**32, 32), (4, -1, 32), (6, 0, 129), (6, 0, -1), (5, 0, 0)]
    )
    def test_block_out_of_bounds(self, family: Family, first: int, length: int) -> None:
        with pytest.raises(UserError, match="has no block with address"):
            Cidr(family, first, length)

    def test_block_with_host_bits(self) -> None:
        with pytest.raises(UserError, match=r"'10\.0\.0\.1/8' has host bits set"):
            Cidr(4, (10 << 24) + 1, 8)

    @pytest.mark.parametrize("bad", [(4, 2, 1), (4, 0, 2**32), (4, -1, 0), (6, 0, 2**128), (5, 0, 0)])
    def test_range_out_of_bounds(self, bad: tuple[Family, int, int]) -> None:
        with pytest.raises(UserError, match="has no range from"):
            AddressSet.from_ranges([bad])


class TestMinimalCover:
    """The shortest list covers the same addresses, whatever the order: else a sorted file is a changed rule set."""

    @given(lists)
    @example([ALL_IPV4, ALL_IPV6, LAST_IPV4, LAST_IPV6])
    @example([Cidr(4, 0, 1), Cidr(4, 1 << 31, 1), Cidr(6, 0, 1), Cidr(6, 1 << 127, 1)])
    @example([])
    def test_same_answer_as_the_oracle(self, items: list[Cidr]) -> None:
        assert [network(text) for text in AddressSet.from_cidrs(items).cidrs()] == collapsed(items)
        texts = [item.text for item in items if item.family == 4 or item.first >> 32 != 0xFFFF]
        assert minimal_cover(texts) == list(AddressSet.from_cidrs(texts).cidrs())

    @given(lists, st.randoms(use_true_random=False))
    def test_order_and_repetition_do_not_matter(self, items: list[Cidr], source: random.Random) -> None:
        shuffled = items + source.choices(items, k=3) if items else []
        source.shuffle(shuffled)
        assert AddressSet.from_cidrs(shuffled) == AddressSet.from_cidrs(items)
        assert hash(AddressSet.from_cidrs(shuffled)) == hash(AddressSet.from_cidrs(items))
        assert AddressSet.from_cidrs(shuffled).cidrs() == AddressSet.from_cidrs(items).cidrs()

    def test_many(self) -> None:
        source = random.Random(20251209)  # noqa: S311 (not a secret)
        items = [block(4, source.getrandbits(32), source.randint(14, 32)) for _ in range(4000)]
        items += [block(6, source.getrandbits(128) >> 90 << 90, source.randint(30, 64)) for _ in range(4000)]
        assert minimal_cover(item.text for item in items) == [str(found) for found in collapsed(items)]


class TestSets:
    """Each operation answers, at every border, as the oracle does for the blocks it was made from."""

    @given(lists, lists)
    @example([ALL_IPV4, ALL_IPV6], [LAST_IPV4, LAST_IPV6])
    @example([LAST_IPV4, LAST_IPV6], [ALL_IPV4, ALL_IPV6])
    @example([ALL_IPV4], [])
    def test_operations(self, left: list[Cidr], right: list[Cidr]) -> None:
        one, other = AddressSet.from_cidrs(left), AddressSet.from_cidrs(right)
        for family, address in probes(left, right):
            in_left, in_right = held(left, family, address), held(right, family, address)
            point = Cidr(family, address, BITS[family])
            assert (point in one) == in_left
            assert (point in one | other) == (in_left or in_right)
            assert (point in one & other) == (in_left and in_right)
            assert (point in one - other) == (in_left and not in_right)

    @given(lists)
    def test_size(self, items: list[Cidr]) -> None:
        found = AddressSet.from_cidrs(items)
        for family in (4, 6):
            assert found.size(family) == sum(n.num_addresses for n in collapsed(items) if n.version == family)

    @given(blocks, blocks)
    def test_subset_of_one_block(self, left: Cidr, right: Cidr) -> None:
        one, other = network(left), network(right)
        within = one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]
        assert AddressSet.from_cidrs([left]).issubset(AddressSet.from_cidrs([right])) == within
        assert right.contains(left) == within
        assert (left in AddressSet.from_cidrs([right])) == within

    @given(sets, sets, sets)
    def test_laws(self, a: AddressSet, b: AddressSet, c: AddressSet) -> None:
        everything = AddressSet.from_cidrs(["0.0.0.0/0", "::/0"])
        assert a | b == b | a
        assert a & b == b & a
        assert (a | b) | c == a | (b | c)
        assert a & (b | c) == (a & b) | (a & c)
        assert everything - (a | b) == (everything - a) & (everything - b)
        assert everything - (everything - a) == a
        assert (a - b) | (a & b) == a
        assert not (a - b) & b
        assert a & a == a | a == a
        assert a - a == AddressSet.empty()
        assert a | AddressSet.empty() == a
        assert a & AddressSet.empty() == AddressSet.empty()
        assert (a <= b) == (a | b == b) == (a & b == a)
        assert (a >= b) == (b <= a)
        assert bool(a) == (a != AddressSet.empty())

    @given(sets, sets, sets)
    def test_order(self, a: AddressSet, b: AddressSet, c: AddressSet) -> None:
        assert (a < b) + (a == b) + (a > b) == 1
        assert sorted([a, b, c]) == sorted([c, a, b])

    @given(sets, sets)
    def test_form_is_canonical(self, a: AddressSet, b: AddressSet) -> None:
        for found in (a | b, a & b, a - b):
            assert found == AddressSet.from_ranges(found)
            assert found == AddressSet.from_cidrs(_read_cidrs(found))
            for left, right in pairwise(found):
                assert left.family < right.family or left.last + 1 < right.first

    @given(lists)
    def test_families(self, items: list[Cidr]) -> None:
        found = AddressSet.from_cidrs(items)
        assert found.families == tuple(sorted({item.family for item in items}))
        assert found.only(4) | found.only(6) == found
        assert all(item.family == 6 for item in found.only(6))
        assert all(item.family == 4 for item in found.only(4))

    def test_membership_takes_what_a_user_has(self) -> None:
        found = AddressSet.from_cidrs(["10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32"])
        assert "10.1.2.3" in found
        assert "10.64.0.0/10" in found
        assert "10.0.0.0/7" not in found
        assert "9.255.255.255" not in found
        assert ipaddress.ip_address("2001:db8::5") in found
        assert ipaddress.ip_address("2001:db9::5") not in found
        with pytest.raises(UserError, match="host bits"):
            assert "10.0.0.1/8" in found

    def test_reads_as_text(self) -> None:
        assert str(AddressSet.from_cidrs(["2001:db8::/32", "10.0.0.0/8"])) == "10.0.0.0/8, 2001:db8::/32"
        assert str(AddressSet.empty()) == "no address"
        assert list(AddressSet.from_cidrs(["0.0.0.8/31"])) == [Range(4, 8, 9)]

    def test_a_hole_may_span_ranges(self) -> None:
        left = AddressSet.from_ranges([(4, 0, 9), (4, 20, 29), (4, 40, 49)])
        right = AddressSet.from_ranges([(4, 5, 24), (4, 26, 26), (4, 45, 60)])
        assert list(left - right) == [Range(4, 0, 4), Range(4, 25, 25), Range(4, 27, 29), Range(4, 40, 44)]
        assert list(left & right) == [Range(4, 5, 9), Range(4, 20, 24), Range(4, 26, 26), Range(4, 45, 49)]


def _read_cidrs(found: AddressSet) -> list[Cidr]:
    """The blocks of a set, read by the oracle: a difference may leave IPv4-mapped ones, which `parse_cidr` refuses."""
    networks = map(network, found.cidrs())
    return [Cidr(n.version, int(n.network_address), n.prefixlen) for n in networks]
