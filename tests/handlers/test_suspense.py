"""The doors of money by hand: who may press what, and what a stale page is told.

What does not live here: what the acts do (tests/flows/test_suspense.py), whole stories
(tests/journeys/test_suspense.py).
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads
from chalicelib.store.commit import commit
from local.browser import Browser
from tests.handlers.the_house import House
from tests.money_by_hand import book, row
from tests.people import signed_in

BACK = {"amount_minor": "50", "date": "2026-11-21", "reason": "not ours"}


def receipt_of(house: House, name: str) -> str:
    return house.names[name].rpartition("/")[2]


def proposes_back(house: House, desk: Browser) -> str:
    """Somebody of the desk has written down that money was sent back; its page is open."""
    desk.get(house.names["too_much"])
    desk.submit(BACK, "/back")
    return receipt_of(house, "too_much")


def preset(name: str) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {"preset": name})))


def test_who_proposed_sees_no_button_to_confirm_and_may_take_it_back(house: House) -> None:
    desk = house.browser("desk")
    receipt_id = proposes_back(house, desk)
    assert "Now somebody else looks" in desk.text
    assert 'value="confirm"' not in desk.answer.text
    _, held = desk.form("/confirm")
    refused = desk.post(f"/admin/suspense/{receipt_id}/confirm", {**held, "do": "confirm"})
    assert (refused.status, row(receipt_id).state) == (409, "proposed")
    desk.get(f"/admin/suspense/{receipt_id}")
    desk.submit({"do": "take_back"}, "/confirm")
    assert row(receipt_id).state == "unmatched"


def test_who_runs_a_circle_alone_confirms_on_a_second_page(house: House) -> None:
    preset("solo")
    desk = house.browser("desk")
    receipt_id = proposes_back(house, desk)
    before = book("circle")["suspense"]
    assert 'value="confirm"' in desk.answer.text
    desk.submit({"do": "confirm"}, "/confirm")
    assert (row(receipt_id).state, book("circle")["suspense"]) == ("returned", before + 5000)


@pytest.mark.parametrize(
    ("page", "action", "typed"),
    [
        (
            "/admin/suspense",
            "/suspense",
            {"amount_minor": "1", "method": "cash", "date": "2026-11-20", "payer": "P"},
        ),
        ("{too_much}", "/back", BACK),
        ("{waits_for_a_look}", "/confirm", {"do": "confirm"}),
    ],
)
def test_acts_that_move_money_ask_for_a_fresh_sign_in(
    house: House, page: str, action: str, typed: dict[str, Any]
) -> None:
    desk = house.browser("desk")
    house.world.clock.move(minutes=15)
    before = book("circle")
    desk.get(page.format_map(house.names))
    desk.submit(typed, action)
    assert "Please sign in once more" in desk.text
    assert book("circle") == before


def test_a_page_from_before_a_proposal_proposes_nothing(house: House) -> None:
    desk = house.browser("desk")
    receipt_id = proposes_back(house, desk)
    desk.get(house.names["unmatched"])
    _, held = desk.form("/match")
    stale = {**held, "debt": house.names["offered_debt"]}
    assert desk.post(f"/admin/suspense/{receipt_id}/match", stale).status == 409


def test_a_treasurer_comes_in_and_a_leader_does_not(house: House) -> None:
    tilda = signed_in(house.world, ("treasurer",), "till@example.org", "Tilda")
    leader = signed_in(house.world, ("leader",), "leader@example.org", "Imelda")
    for path in ("/admin/suspense", house.names["unmatched"]):
        assert tilda.get(path).status == 200
        assert leader.get(path).status == 403


def test_what_is_not_there_is_not_found(house: House) -> None:
    desk = house.browser("desk")
    for path in ("/admin/suspense/receipt-x", "/admin/suspense/for/debt-x"):
        assert desk.get(path).status == 404
    assert desk.get(f"{house.names['unmatched']}?debt=x").status == 200
