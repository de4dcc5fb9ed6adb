"""Who leads a single session in place of a leader, and leaders who leave (L3, L4)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import Conflict, InvalidForm, NotFound
from chalicelib.flows.running import leaders, registers, terms
from chalicelib.flows.running.registers import Which
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from tests.people import a_person
from tests.shop import ADMIN, Shop
from tests.stories import LEADERS, a_recruiting_term
from tests.world import World

ROWAN = "rowan.reed@example.org"
IMELDA, BARNABY = LEADERS.values()


@pytest.fixture
def whole(shop: Shop) -> WholeTerm:
    """Two leaders at £65 an hour, six evenings of ninety minutes."""
    return a_recruiting_term(shop.world)


def names(world: World, whole: WholeTerm, number: int = 1, **changed: Any) -> str:
    """Rowan leads a session; the id of the person."""
    told = {
        "session": whole.sessions[number - 1].session_id,
        "name": "Dr Rowan Reed",
        "email": ROWAN,
        "pay": "fee",
        "rate_minor": 8000,
        **changed,
    }
    leaders.save_substitute(world.outside, ADMIN, *ids(whole), told)
    return a_person(world, str(told["email"])).person_id


def ids(whole: WholeTerm) -> tuple[str, str]:
    return whole.group.group_id, whole.term.term_id


def which(whole: WholeTerm, number: int = 1) -> Which:
    return Which(*ids(whole), whole.sessions[number - 1].session_id)


def now(world: World, whole: WholeTerm) -> WholeTerm:
    return terms.show_term(world.outside, *ids(whole))


def me(world: World, email: str) -> Person:
    return a_person(world, email)


def earned(whole: WholeTerm, leader_id: str, number: int = 1) -> int | None:
    session_id = whole.sessions[number - 1].session_id
    found = reads.get(Accrual, leader_id, f"accrual#{session_id}")
    return found.amount_minor if found else None


def test_who_stands_in_reaches_that_register_and_nothing_else(shop: Shop, whole: WholeTerm) -> None:
    outside = shop.world.outside
    names(shop.world, whole, 2)
    rowan = me(shop.world, ROWAN)
    assert "leader" in rowan.roles
    shown = registers.show_register(outside, rowan, which(whole, 2))
    assert "Dr Rowan Reed" in dict(shown.leaders).values()
    for other in (
        lambda: registers.show_register(outside, rowan, which(whole, 1)),
        lambda: registers.show_term(outside, rowan, *ids(whole)),
    ):
        with pytest.raises(NotFound):
            other()
    (listed,) = registers.show_leading(outside, rowan)
    assert [one.number for one in listed.standing_in] == [2]


def test_who_stood_in_and_led_is_paid_and_only_who_led(shop: Shop, whole: WholeTerm) -> None:
    rowan = names(shop.world, whole, 1)
    barnaby = me(shop.world, BARNABY).person_id
    shown = registers.show_register(shop.world.outside, me(shop.world, BARNABY), which(whole))
    assert len(shown.leaders) == 3
    shop.hold(whole, 1, led_by=(barnaby, rowan))
    assert earned(whole, rowan) == 12000
    assert earned(whole, barnaby) == 9750
    assert earned(whole, me(shop.world, IMELDA).person_id) is None
    with pytest.raises(Conflict):
        leaders.remove_substitute(
            shop.world.outside, ADMIN, *ids(whole), whole.sessions[0].session_id, rowan
        )
    with pytest.raises(Conflict):
        names(shop.world, whole, 1, rate_minor=9000)


def test_who_does_not_stand_in_after_all_is_out_at_once(shop: Shop, whole: WholeTerm) -> None:
    world, session_id = shop.world, whole.sessions[0].session_id
    rowan = names(world, whole)
    names(world, whole, rate_minor=9000)
    (row,) = now(world, whole).substitutes
    assert row.rate_minor == 9000
    leaders.remove_substitute(world.outside, ADMIN, *ids(whole), session_id, rowan)
    with pytest.raises(NotFound):
        registers.show_register(world.outside, me(world, ROWAN), which(whole))
    with pytest.raises(NotFound):
        leaders.remove_substitute(world.outside, ADMIN, *ids(whole), session_id, rowan)


def test_a_leader_of_the_term_cannot_stand_in_and_a_session_takes_three(
    shop: Shop, whole: WholeTerm
) -> None:
    with pytest.raises(InvalidForm) as refused:
        names(shop.world, whole, email=IMELDA)
    assert refused.value.errors == {"email": "leads_already"}
    for at in range(3):
        names(shop.world, whole, email=f"rowan{at}@example.org")
    with pytest.raises(Conflict):
        names(shop.world, whole)


def test_a_leader_who_leaves_can_still_be_named_for_what_had_begun_and_sees_nothing(
    shop: Shop, whole: WholeTerm
) -> None:
    world = shop.world
    imelda = me(world, IMELDA).person_id
    world.clock.at = whole.sessions[1].ends_at
    leaders.remove_leader(world.outside, ADMIN, *ids(whole), imelda)
    left = now(world, whole).substitutes
    assert [(one.leader_id, one.rate_minor, one.left) for one in left] == [(imelda, 6500, True)] * 2
    with pytest.raises(NotFound):
        registers.show_register(world.outside, me(world, IMELDA), which(whole))
    assert registers.show_leading(world.outside, me(world, IMELDA)) == []
    shop.hold(whole, 1)
    shop.hold(whole, 2, led_by=(me(world, BARNABY).person_id,))
    shop.hold(whole, 3)
    assert [earned(whole, imelda, number) for number in (1, 2, 3)] == [9750, None, None]


def test_what_a_leader_earned_stays_when_she_leaves(shop: Shop, whole: WholeTerm) -> None:
    world = shop.world
    imelda = me(world, IMELDA).person_id
    shop.hold(whole, 1)
    leaders.remove_leader(world.outside, ADMIN, *ids(whole), imelda)
    assert now(world, whole).substitutes == ()
    assert earned(whole, imelda) == 9750
    shop.hold(whole, 1, led_by=(imelda, me(world, BARNABY).person_id))
    assert earned(whole, imelda) == 9750
