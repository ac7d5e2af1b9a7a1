"""`AwsPrefixList` on mocks."""

from __future__ import annotations

import re
from typing import Any

import pulumi
import pytest

from tests.components.recorder import Recording, record
from ws_network.aws import AwsPrefixList

LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"


def make(**args: Any) -> Recording:
    """Return what a program with one list registers."""

    def program() -> dict[str, Any]:
        arguments: Any = {"address_family": "IPv4", "cidrs": ["10.0.0.0/24"], **args}
        made = AwsPrefixList("branch", {key: value for key, value in arguments.items() if value != "left out"})
        return {"prefix_list_id": made.prefix_list_id}

    return record(program)


class TestNewList:
    """One resource, whose entries do not depend on how they were written."""

    def test_registers_exactly_these(self) -> None:
        made = make(cidrs=["10.0.2.0/24", "10.0.0.0/24", "10.0.2.0/24"], tags={"team": "network"})
        assert made.to_dict() == [
            {
                "type": LIST,
                "name": "branch",
                "parent": "branch",
                "inputs": {
                    "addressFamily": "IPv4",
                    "entries": [
                        {"cidr": "10.0.0.0/24", "description": "ws_network"},
                        {"cidr": "10.0.2.0/24", "description": "ws_network"},
                    ],
                    "maxEntries": 5,
                    "tags": {"team": "network"},
                },
            },
            {"type": "ws-network:index:AwsPrefixList", "name": "branch", "parent": "", "inputs": {}},
        ]
        assert made.outputs == {"prefix_list_id": "id-of-branch"}

    def test_entries_are_canonical(self) -> None:
        """AWS hands back its own form; any other would be a difference at every refresh."""
        made = make(address_family="IPv6", cidrs=["FD12:3456:0020:0000::/64", "2001:DB8::5"])
        cidrs = [entry["cidr"] for entry in made.named("branch").inputs["entries"]]
        assert cidrs == ["2001:db8::5/128", "fd12:3456:20::/64"]

    @pytest.mark.parametrize(
        ("count", "given", "size"),
        [(4, None, 5), (5, None, 10), (80, None, 100), (100, None, 100), (3, 20, 20), (3, 20.0, 20)],
    )
    def test_size_leaves_room_unless_given(self, count: int, given: float | None, size: int) -> None:
        made = make(cidrs=[f"10.0.{number}.0/24" for number in range(count)], max_entries=given)
        assert made.named("branch").inputs["maxEntries"] == size

    def test_without_tags_none_are_sent(self) -> None:
        assert "tags" not in make(tags={}).named("branch").inputs


class TestGivenList:
    """A list of others is named, never made."""

    def test_nothing_is_made(self) -> None:
        made = make(prefix_list_id="pl-0f3a9c21d4e5b6a78")
        assert made.of(LIST) == []
        assert made.outputs == {"prefix_list_id": "pl-0f3a9c21d4e5b6a78"}

    def test_secret_stays_secret(self) -> None:
        assert make(prefix_list_id=pulumi.Output.secret("pl-0f3a9c21d4e5b6a78")).secret == {"prefix_list_id"}

    def test_none_is_not_given(self) -> None:
        assert len(make(prefix_list_id=None).of(LIST)) == 1


class TestBadArguments:
    """One sentence that says what to type, with the component's name."""

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            (
                {"cidrs": ["10.0.0.0/24", "2001:db8::/32"]},
                "'2001:db8::/32' is IPv6 in an IPv4 list: move it to a list of its own.",
            ),
            ({"address_family": "IPv6"}, "'10.0.0.0/24' is IPv4 in an IPv6 list: move it to a list of its own."),
            ({"address_family": "ipv4"}, "address_family cannot be 'ipv4': write IPv4 or IPv6."),
            ({"address_family": "left out"}, "address_family is missing: add it."),
            ({"cidrs": "left out"}, "cidrs is missing: add it."),
            ({"cidrs": []}, "cidrs is empty: give at least one block."),
            ({"cidrs": "10.0.0.0/24"}, "cidrs cannot be '10.0.0.0/24': write a list, as [10.0.0.0/24]."),
            ({"cidrs": ["0.0.0.0/0"]}, "'0.0.0.0/0' is every address, which a list would hide"),
            ({"cidrs": ["10.0.0.1/24"]}, "'10.0.0.1/24' "),
            (
                {"cidrs": [f"10.0.{number}.0/24" for number in range(101)]},
                "101 cidrs are more than the 100 that AWS takes in one request: use several lists.",
            ),
            (
                {"cidrs": ["10.0.0.0/24", "10.0.1.0/24"], "max_entries": 1},
                "max_entries is 1 for 2 cidrs: give at least 2, ",
            ),
            ({"max_entries": 0}, "max_entries is 0 for 1 cidrs: give at least 1, "),
            ({"max_entries": 1001}, "max_entries is 1001 for 1 cidrs: give at least 1, at most AWS's 1000."),
            ({"max_entries": 5.5}, "max_entries cannot be 5.5: write a whole number."),
            ({"max_entires": 5}, "unknown argument 'max_entires': did you mean 'max_entries'?"),
        ],
    )
    def test_one_sentence(self, args: dict[str, Any], sentence: str) -> None:
        with pytest.raises(pulumi.RunError, match=f"^branch: {re.escape(sentence)}") as raised:
            make(**args)
        assert "\n" not in str(raised.value)

    def test_an_output_among_the_blocks_is_named(self) -> None:
        with pytest.raises(pulumi.RunError, match=r"^branch: cidrs\[0\] is an output of another resource"):
            make(cidrs=[pulumi.Output.from_input("10.0.0.0/24")])
