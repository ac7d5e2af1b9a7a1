"""Numbers that rules are ordered by: frozen, from content, inside their band, none twice. And the slots of lines."""

from typing import Any

import pytest

from tests.unit.sites import CATALOGUE, UNTIL, plan
from ws_network.catalogue import Catalogue
from ws_network.deployment import Target
from ws_network.deployment.check import LAST_SLOT, PAGE_SLOTS
from ws_network.errors import UserError
from ws_network.identity import number_of
from ws_network.priorities import OWN_ROLES, ROLES, Band, clashes, role_number


class TestBand:
    """A band that leaves the platform's range is refused by the cloud half way through an update."""

    def test_inside_is_returned(self) -> None:
        assert Band(100, 4096).within(100, 4096, "the band") == Band(100, 4096)
        assert Band(7, 7).within(1, 9, "the band") == Band(7, 7)

    @pytest.mark.parametrize("band", [Band(99, 200), Band(200, 4097), Band(300, 200)])
    def test_outside_or_empty_says_what_to_type(self, band: Band) -> None:
        with pytest.raises(UserError, match=rf"^the band is {band.first} to {band.last}: give a first and a last "):
            band.within(100, 4096, "the band")


class TestNumbers:
    """A number that changed with the library's version would replace every rule that has it."""

    def test_of_text_are_frozen(self) -> None:
        assert [number_of(text, 512) for text in ("", "a", "agent-egress-own-udp-reference-siem")] == [20, 458, 159]
        assert all(0 <= number_of(str(text), 7) < 7 for text in range(100))

    def test_of_the_catalogue_s_roles_are_frozen(self) -> None:
        assert {role: role_number(role, CATALOGUE) for role in ("administrator", "agent", "relay")} == {
            "administrator": 0,
            "agent": 1,
            "relay": 2,
        }
        assert role_number("network", CATALOGUE) == 15

    @pytest.mark.parametrize("revision", CATALOGUE.revisions)
    def test_of_roles_do_not_depend_on_the_revision(self, revision: str) -> None:
        """A later revision has a role between two others: the next ones moved, and with them all their rules."""
        for role in CATALOGUE.roles:
            assert role_number(role, CATALOGUE.at(revision)) == role_number(role, CATALOGUE)

    def test_of_a_site_s_own_role_come_after(self) -> None:
        assert OWN_ROLES <= role_number("license-server", CATALOGUE) < ROLES
        assert len(Catalogue.load().data.roles) <= OWN_ROLES


class TestClashes:
    """Two rules with one priority: the cloud takes the first, and the second fails the update."""

    def test_two_rules_with_one_priority_are_named(self) -> None:
        (found,) = clashes({"b": 5, "a": 5, "c": 6}, [Band(1, 9)], "the group")
        assert (found.code, found.flow) == ("priority-taken", "a")
        assert found.text == "a and b would both have the priority 5 in the group."

    def test_a_rule_outside_of_all_bands_is_named(self) -> None:
        (found,) = clashes({"a": 5, "b": 12, "c": 22}, [Band(1, 9), Band(20, 29)], "the group")
        assert found.text == "b would have the priority 12 in the group, outside of the band."
        assert str(found.severity) == "error"

    def test_nothing_to_say(self) -> None:
        assert not list(clashes({"a": 1, "b": 9}, [Band(1, 9)], "the group"))


def extra(*slots: int | None) -> list[dict[str, Any]]:
    flow = UNTIL | {"source": "agent", "destination": "dns-server", "transport": "tcp", "ports": [53]}
    return [
        flow | {"id": f"own-{number}"} | ({} if slot is None else {"slot": slot})
        for number, slot in enumerate(slots, 1)
    ]


class TestSlots:
    """An extra flow in the slot of a line of the page, or of another, would have its priority."""

    def test_of_extra_flows_follow_the_page_s(self) -> None:
        assert max(flow.slot for flow in CATALOGUE.data.flows) <= PAGE_SLOTS
        assert plan(extra_flows=extra(PAGE_SLOTS + 1, LAST_SLOT), target=Target.AZURE_NSG)

    @pytest.mark.parametrize("slot", [1, PAGE_SLOTS, LAST_SLOT + 1])
    def test_of_the_page_or_beyond_the_last_are_refused(self, slot: int) -> None:
        with pytest.raises(UserError, match=rf"^extra flow own-1 has the slot {slot}: give one from 80 to 108, the"):
            plan(extra_flows=extra(slot))

    def test_are_one_flow_s_each(self) -> None:
        with pytest.raises(UserError, match=r"^extra flows own-1 and own-2 have the slot 80: give each its own\.$"):
            plan(extra_flows=extra(80, 80))
        assert plan(extra_flows=extra(None, None))
