"""Several at the same run of payouts at one moment, on AWS's own DynamoDB Local."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from chalicelib.flows.leaders import bank_list, profiles, runs, unpaying
from chalicelib.rules.changes import Caller
from chalicelib.store.leaders import pay
from tests.flows.test_suspense_races import at_once
from tests.pay_steps import (
    TILDA,
    approved,
    earned,
    leader,
    owed,
    paid,
    prepared,
    run,
    states,
)
from tests.shop import Shop, a_shop
from tests.world import World

pytestmark = pytest.mark.dynamodb_local
PERIOD = "2027-01"


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    """Its books are proven at the end."""
    with a_shop(local_world) as open_shop:
        yield open_shop


def test_a_run_prepared_approved_taken_up_and_paid_by_many_at_once_happens_once(
    shop: Shop,
) -> None:
    earned(shop)
    world, outside = shop.world, shop.world.outside
    told = at_once([lambda: runs.prepare(outside, TILDA, PERIOD)] * 6)
    assert Counter(told)["done"] == 1
    assert set(told) <= {"done", "StateChanged", "RunOpen"}
    told = at_once([lambda: approved(world, PERIOD)] * 4)
    assert sorted(told) == ["StateChanged"] * 3 + ["done"]
    at_once([lambda: runs.go_on(outside, run(PERIOD))] * 6)
    runs.go_on(outside, run(PERIOD))
    assert set(states().values()) == {("approved", 9750)}
    at_once([lambda: paid(world, PERIOD)] * 6)
    assert set(states().values()) == {("paid_manually", 9750)}
    assert (len(states()), owed(), run(PERIOD).state) == (2, 0, "done")
    assert len(shop.mails("leader_paid")) == 2


def test_approved_and_withdrawn_at_once_it_is_one_of_the_two(shop: Shop) -> None:
    earned(shop)
    world, outside, period = shop.world, shop.world.outside, prepared(shop.world)
    both = [lambda: approved(world, period), lambda: runs.withdraw(outside, TILDA, period)]
    told = at_once(both)
    assert sorted(told) == ["StateChanged", "done"]
    runs.go_on(outside, run(period))
    if run(period).state == "approved":
        paid(world, period)
    assert owed() == (0 if run(period).state == "done" else 19500)


def test_a_fee_that_is_set_aside_while_it_is_taken_up_is_one_of_the_two(shop: Shop) -> None:
    whole = earned(shop)
    world, outside, period = shop.world, shop.world.outside, prepared(shop.world)
    approved(world, period)
    imelda, session_id = leader(world, "Imelda").person_id, whole.sessions[0].session_id
    at_once(
        [
            lambda: runs.go_on(outside, run(period)),
            lambda: profiles.set_aside(outside, TILDA, imelda, session_id, "a question"),
        ]
    )
    runs.go_on(outside, run(period))
    (item,) = pay.items(imelda)
    taken = states()[f"Inkwell {period}"][0] == "approved"
    assert taken == (item.settled_minor == 9750) == (not getattr(item, "set_aside", ""))


def test_two_confirm_different_leaders_of_a_list_at_once(shop: Shop) -> None:
    earned(shop)
    world, outside, period = shop.world, shop.world.outside, prepared(shop.world)
    approved(world, period)
    runs.go_on(outside, run(period))
    shown = bank_list.show(outside, period)

    def confirm(name: str) -> None:
        values = {"paid": (name,), "paid_on": shown.today, "reference": ""}
        bank_list.confirm(outside, Caller(actor=f"person-{name}"), period, values)
        runs.finish(outside, period)

    at_once([lambda name=name: confirm(name) for name in shown.payable])
    runs.finish(outside, period)
    assert (run(period).state, owed()) == ("done", 0)


def test_a_payout_that_was_not_paid_is_taken_back_once_whoever_says_so(shop: Shop) -> None:
    """Taken back and confirmed again by several at once: each time one of them."""
    earned(shop)
    world, outside, period = shop.world, shop.world.outside, prepared(shop.world)
    approved(world, period)
    runs.go_on(outside, run(period))
    paid(world, period)
    leader_id = leader(world, "Imelda").person_id
    for times in (1, 2):
        told = at_once(
            [lambda: unpaying.take_back(outside, TILDA, period, leader_id, "refused")] * 6
        )
        assert Counter(told)["done"] == 1
        assert set(told) <= {"done", "StateChanged", "NotFound", "AlreadyCounted"}
        assert (owed(), run(period).state) == (9750, "approved")
        at_once([lambda: paid(world, period)] * 6)
        assert (owed(), run(period).state) == (0, "done")
        assert len(shop.mails("leader_unpaid")) == times
    assert len(shop.mails("leader_paid")) == 4
