"""Giving back by decision of people: a part or all of it, alone or, above the limit, by two."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import (
    NotFound,
    RefundNotPossible,
    ReleaseWaits,
    SecondPersonNeeded,
    StateChanged,
)
from chalicelib.flows.returning import giving_back, leaving
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.money.payments import Release
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.returning import leaving as leaving_rules
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import World

OTHER = Caller(actor="person-treasurer")


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return a_recruiting_term(world)


@pytest.fixture
def paid(shop: Shop, whole: WholeTerm) -> Offered:
    offered = shop.offer(whole)
    shop.pay(offered)
    shop.settle_down()
    return offered


def give(shop: Shop, offered: Offered, amount: int | None = None, who: Caller = ADMIN) -> str:
    wish = Wish(reason="agreed by phone", amount_minor=amount)
    return giving_back.request(shop.world.outside, who, debt_id(shop, offered), wish)


def debt_id(shop: Shop, offered: Offered) -> str:
    return shop.offer_row(offered).obligation_id


def settings(**values: Any) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, values)))


def tasks() -> list[str]:
    rows = reads.under(tables.Circle, "task#open")
    return [row.code for row in rows if isinstance(row, Task)]


# A part


def test_a_part_goes_back_and_the_place_stays(shop: Shop, whole: WholeTerm, paid: Offered) -> None:
    assert give(shop, paid, 5000) == "done"
    shop.work()
    debt = shop.debt(paid)
    assert [(one.amount_minor, one.state) for one in debt.refunds] == [(5000, "succeeded")]
    assert sum(debt.obligation.shares.values()) == 16600
    assert [one.state for one in shop.roster(whole)] == ["active"]
    letter = shop.world.postbox.last("pip.buttonwood@example.org", "Your refund of £50.00")
    assert "Your place in the group stays as it is" in letter.text


def test_parts_never_add_up_to_more_than_was_paid(shop: Shop, paid: Offered) -> None:
    for amount in (10000, 11599, 1):
        give(shop, paid, amount)
    with pytest.raises(RefundNotPossible):
        give(shop, paid, 1)
    shop.work()
    assert sum(one["amount"] for one in shop.fake.objects("refund")) == 21600


@pytest.mark.parametrize("amount", [0, -1, 21601])
def test_no_amount_that_is_not_there(shop: Shop, paid: Offered, amount: int) -> None:
    with pytest.raises(RefundNotPossible) as refused:
        give(shop, paid, amount)
    assert refused.value.facts == {"refundable": "£216.00"}


def test_an_offer_that_nobody_took_has_nothing_to_give(shop: Shop, whole: WholeTerm) -> None:
    with pytest.raises(RefundNotPossible):
        give(shop, shop.offer(whole, "Saffron Umbrella"))


def test_after_a_part_the_rest_ends_the_place(shop: Shop, whole: WholeTerm, paid: Offered) -> None:
    give(shop, paid, 5000)
    give(shop, paid)
    shop.work()
    assert sorted(one.amount_minor for one in shop.refunds(paid)) == [5000, 16600]
    assert [one.state for one in shop.roster(whole)] == ["cancelled"]


# Two people


def test_above_the_limit_nothing_moves_until_a_second_person_agrees(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    settings(refund_limit_minor=20000)
    assert give(shop, paid, 20000) == "done"
    settings(refund_limit_minor=1599)
    assert give(shop, paid) == "proposed"
    debt = shop.debt(paid)
    (waits,) = [one for one in debt.releases if one.state == "proposed"]
    assert (waits.amount_minor, waits.ends_seat, debt.obligation.open_release) == (
        1600, "cancelled", waits.release_id,
    )  # fmt: skip
    assert tasks() == ["refund_to_approve"]
    assert [one.state for one in shop.roster(whole)] == ["active"]
    assert len(debt.refunds) == 1
    giving_back.approve(shop.world.outside, OTHER, debt_id(shop, paid), waits.release_id)
    debt = shop.debt(paid)
    done = next(one for one in debt.releases if one.release_id == waits.release_id)
    assert (done.state, done.asked_by, done.decided_by) == ("done", ADMIN.actor, OTHER.actor)
    assert debt.obligation.open_release is None
    assert tasks() == []
    assert [one.state for one in shop.roster(whole)] == ["cancelled"]
    shop.work()
    assert sum(one["amount"] for one in shop.fake.objects("refund")) == 21600


def test_who_asked_cannot_agree(shop: Shop, paid: Offered) -> None:
    release = proposed(shop, paid)
    with pytest.raises(SecondPersonNeeded):
        giving_back.approve(shop.world.outside, ADMIN, release.obligation_id, release.release_id)
    settings(preset="solo")
    giving_back.approve(shop.world.outside, ADMIN, release.obligation_id, release.release_id)
    assert len(shop.refunds(paid)) == 1


def test_where_there_is_nobody_else_one_person_decides(shop: Shop, paid: Offered) -> None:
    settings(refund_limit_minor=0, preset="solo")
    assert give(shop, paid) == "done"


def test_only_one_waits_at_a_time(shop: Shop, paid: Offered) -> None:
    release = proposed(shop, paid)
    with pytest.raises(ReleaseWaits):
        give(shop, paid)
    giving_back.withdraw(shop.world.outside, ADMIN, release.obligation_id, release.release_id)
    assert tasks() == []
    assert give(shop, paid) == "proposed"
    assert sorted(one.state for one in shop.debt(paid).releases) == ["proposed", "withdrawn"]


def test_what_was_withdrawn_or_agreed_to_is_decided(shop: Shop, paid: Offered) -> None:
    release = proposed(shop, paid)
    outside, ids = shop.world.outside, (release.obligation_id, release.release_id)
    giving_back.withdraw(outside, OTHER, *ids)
    for act in (giving_back.approve, giving_back.withdraw):
        with pytest.raises(StateChanged):
            act(outside, OTHER, *ids)
        with pytest.raises(NotFound):
            act(outside, OTHER, release.obligation_id, "release-of-nobody")
    assert shop.refunds(paid) == []


def test_agreeing_decides_on_how_things_stand_then(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    """Meanwhile the member left by the policy: nothing is left to give, and nothing is given."""
    release = proposed(shop, paid)
    outside = shop.world.outside
    shown = leaving.show(outside, release.obligation_id, None)
    assert shown
    wish = leaving_rules.Wish(way="policy", told_on=shown.told_on)
    leaving.leave(outside, ADMIN, release.obligation_id, wish, shown.promise)
    assert shop.debt(paid).obligation.open_release == release.release_id
    with pytest.raises(RefundNotPossible):
        giving_back.approve(outside, OTHER, release.obligation_id, release.release_id)
    giving_back.withdraw(outside, OTHER, release.obligation_id, release.release_id)
    assert [one.amount_minor for one in shop.refunds(paid)] == [21600]
    assert [one.state for one in shop.roster(whole)] == ["left"]


def proposed(shop: Shop, offered: Offered) -> Release:
    settings(refund_limit_minor=100)
    give(shop, offered, 20000)
    (row,) = shop.debt(offered).releases
    return row
