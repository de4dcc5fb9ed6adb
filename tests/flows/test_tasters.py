"""Guest places: taken, taken twice, given up, filled to the last, marked."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import Conflict, LinkNotValid, NoGuestPlaceLeft, TooManyTries
from chalicelib.flows import outbox
from chalicelib.flows.joining import tasters
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.running import groups
from tests.stories import a_recruiting_term
from tests.world import World, links_in

SLUG = "thursday-lantern"
GUEST = Caller(actor="visitor")
ADA = Caller(actor="person-ada")


def who(name: str = "pip", **changed: Any) -> dict[str, Any]:
    return {
        "full_name": f"{name.title()} Buttonwood",
        "email": f"{name}@example.org",
        "profession": "Vet",
        "profession_other": "",
        "zone": "Europe/London",
        **changed,
    }


def book(world: World, session: Session, name: str = "pip", **changed: Any) -> None:
    values = {**who(name, **changed), "session_id": session.session_id}
    tasters.book(world.outside, GUEST, SLUG, values, "192.0.2.1")


def bookings() -> list[TasterBooking]:
    return [row for row in reads.everything(tables.Applications) if isinstance(row, TasterBooking)]


def seats(whole: WholeTerm, session: Session) -> int:
    found = groups.whole_term(whole.group.group_id, whole.term.term_id)
    now = found.session(session.session_id) if found else None
    assert now is not None
    return now.guests


def letters(world: World) -> list[str]:
    outbox.send_due(world.outside)
    return [letter.subject for letter in world.postbox.letters]


def token(world: World) -> str:
    outbox.send_due(world.outside)
    return links_in(world.postbox.letters[0])[0].rsplit("/", 1)[1]


def test_a_place_is_taken_with_its_mail(world: World) -> None:
    whole = a_recruiting_term(world)
    book(world, whole.tasters[0])
    assert [one.state for one in bookings()] == ["booked"]
    assert seats(whole, whole.tasters[0]) == 1
    assert letters(world) == ["Your place at Thursday Lantern Group on Thursday 10 December 2026"]


def test_booking_again_changes_nothing_and_is_told_once_however_it_is_spelt(world: World) -> None:
    whole = a_recruiting_term(world)
    for email in ("pip@example.org", "PIP@example.org", "Pip@EXAMPLE.ORG"):
        book(world, whole.tasters[0], email=email)
    assert len(bookings()) == 1
    assert seats(whole, whole.tasters[0]) == 1
    assert sorted(one[:16] for one in letters(world)) == ["You already have", "Your place at Th"]


def test_the_last_place_is_sold_once_and_a_full_session_tells_nobody_who_is_in(
    world: World,
) -> None:
    whole = a_recruiting_term(world)
    for name in ("pip", "otis"):
        book(world, whole.sessions[0], name)
    for name in ("tansy", "pip"):
        with pytest.raises(NoGuestPlaceLeft):
            book(world, whole.sessions[0], name)
    assert seats(whole, whole.sessions[0]) == 2


def test_a_session_called_off_or_begun_takes_no_guest(world: World) -> None:
    whole = a_recruiting_term(world)
    commit(Change.of(Update(whole.sessions[0], {"state": "cancelled"})))
    with pytest.raises(NoGuestPlaceLeft):
        book(world, whole.sessions[0])
    world.clock.at = whole.tasters[0].starts_at
    with pytest.raises(NoGuestPlaceLeft):
        book(world, whole.tasters[0])


def test_a_place_given_up_can_be_taken_by_another_and_by_the_same(world: World) -> None:
    whole = a_recruiting_term(world)
    book(world, whole.tasters[0])
    first = token(world)
    tasters.cancel(world.outside, GUEST, first)
    assert seats(whole, whole.tasters[0]) == 0
    book(world, whole.tasters[0])
    assert sorted(one.state for one in bookings()) == ["booked", "cancelled"]
    with pytest.raises(Conflict):
        tasters.cancel(world.outside, GUEST, first)
    assert seats(whole, whole.tasters[0]) == 1


def test_a_link_of_another_purpose_opens_nothing(world: World) -> None:
    whole = a_recruiting_term(world)
    book(world, whole.tasters[0])
    good = token(world)
    for bad in (good[:-1], good.replace(".1.", ".2."), "x", "a.1.k1.b"):
        with pytest.raises(LinkNotValid):
            tasters.show_booking(world.outside, bad)


def test_when_we_call_off_the_guest_is_asked_to_choose_another_date(world: World) -> None:
    whole = a_recruiting_term(world)
    book(world, whole.tasters[0])
    tasters.call_off(world.outside, ADA, bookings()[0].booking_id)
    assert "We are sorry" in letters(world)[-1]
    assert seats(whole, whole.tasters[0]) == 0


def test_who_missed_it_may_book_another_date(world: World) -> None:
    whole = a_recruiting_term(world)
    book(world, whole.tasters[0])
    own = token(world)
    world.clock.at = whole.tasters[0].ends_at
    tasters.mark(world.outside, ADA, bookings()[0].booking_id, "missed")
    assert tasters.show_booking(world.outside, own)["booking"].state == "missed"
    book(world, whole.sessions[0])
    assert sorted(one.state for one in bookings()) == ["booked", "missed"]


def test_one_address_cannot_be_flooded(world: World) -> None:
    whole = a_recruiting_term(world)
    for _ in range(10):
        book(world, whole.tasters[0])
    with pytest.raises(TooManyTries):
        book(world, whole.tasters[0])
    assert len(letters(world)) == 2
