"""The work over the debts of a cancelled session or term: it may die anywhere, run twice at once,
meet an administrator, and each debt is dealt with once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.errors import StateChanged, Trouble
from chalicelib.flows.joining import offers
from chalicelib.flows.returning import bulk
from chalicelib.rules.books.shares import move
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.money.payments import Release
from chalicelib.rules.returning.bulk import tried_again
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.flows.cancelling_steps import (
    EXTRA,
    NAMES,
    PRICE,
    Group,
    a_group,
    credits_kept,
    tasks,
    told,
)
from tests.shop import ADMIN, Shop, a_shop
from tests.simulation.fate import Died, Fate
from tests.stories import a_recruiting_term
from tests.world import World

ACTS: dict[str, Callable[[Group], None]] = {
    "refund": lambda group: group.cancel(6),
    "credit": lambda group: group.cancel(6, "credit"),
    "extra_date": lambda group: group.cancel(6, **EXTRA),
    "term": lambda group: group.cancel_term(),
}


@pytest.fixture
def group(shop: Shop) -> Group:
    """Two members who have paid."""
    return a_group(shop, a_recruiting_term(shop.world, price_minor=PRICE), NAMES[:2])


def releases() -> list[Release]:
    return [row for row in reads.everything(tables.Payments) if isinstance(row, Release)]


def came_right(group: Group, remedy: str) -> None:
    """Each debt was dealt with exactly once, and each member told once."""
    members = len(group.seats)
    found = group.bulk()
    assert (found.state, found.todo, found.troubled) == ("done", (), ())
    assert found.done_minor == members * (PRICE if remedy == "term" else 3601)
    assert len(releases()) == (0 if remedy == "extra_date" else members)
    assert len(credits_kept()) == (members if remedy == "credit" else 0)
    if remedy in ("refund", "term"):
        amount = PRICE if remedy == "term" else 3601
        assert [one.amount_minor for one in group.refunds()] == [amount] * members
    template = "term_cancelled" if remedy == "term" else "session_cancelled"
    assert [one.to for one in told(group.shop, template)] == sorted(
        f"{name.lower().replace(' ', '.')}@example.org" for name in NAMES[:members]
    )


# The call of the store at which it dies, and how many debts are left then: at each write once.
DEATHS = {"before": ((1, 2), (2, 1), (2, 0)), "after": ((1, 1), (1, 0), (1, 0))}


@pytest.mark.parametrize("moment", DEATHS)
@pytest.mark.parametrize("remedy", ACTS)
def test_a_work_that_dies_at_any_step_goes_on_and_does_each_debt_once(
    group: Group, remedy: str, moment: str
) -> None:
    ACTS[remedy](group)
    outside, work = group.shop.world.outside, group.bulk()
    fate = Fate()
    fate.watch(tables.connection().client)
    try:
        for call, left in DEATHS[moment]:
            fate.arm("store", moment, call)
            with pytest.raises(Died):
                bulk.work(outside, work.bulk_id)
            assert len(group.bulk().todo) == left
    finally:
        fate.unwatch()
    group.shop.settle_down()
    came_right(group, remedy)


def deal_with_one(group: Group) -> None:
    """The work stops after its first debt."""
    fate = Fate()
    fate.watch(tables.connection().client)
    fate.arm("store", "after", 1)
    try:
        with pytest.raises(Died):
            bulk.work(group.shop.world.outside, group.bulk().bulk_id)
    finally:
        fate.unwatch()


def test_what_an_administrator_gave_back_meanwhile_is_not_given_back_again(group: Group) -> None:
    group.cancel_term()
    deal_with_one(group)
    (left,) = group.bulk().todo
    at = next(n for n in range(2) if group.debt(n).obligation_id == left)
    group.give_back_by_hand(at)
    group.shop.settle_down()
    assert [one.amount_minor for one in group.refunds()] == [PRICE, PRICE]
    assert group.bulk().done_minor == PRICE
    assert len(told(group.shop, "term_cancelled")) == 1


def test_what_cannot_be_dealt_with_is_set_aside_with_a_task_and_tried_again(
    group: Group,
) -> None:
    group.cancel(6)
    debt = group.debt(0)
    payment = group.shop.payment(group.seats[0])
    spoil(payment, credited_minor=payment.amount_minor)  # as if all of it were a credit already
    group.tick()
    found = group.bulk()
    assert (found.state, found.troubled) == ("done", (debt.obligation_id,))
    assert found.done_minor == 3601
    assert "bulk_troubled" in tasks()
    spoil(payment, credited_minor=0)
    bulk.try_again(group.shop.world.outside, ADMIN, found.bulk_id)
    assert "bulk_troubled" not in tasks()
    with pytest.raises(StateChanged):
        commit(tried_again(found, group.shop.world.now))
    group.shop.settle_down()
    came_right(group, "refund")


def spoil(row: Any, **values: Any) -> None:
    commit(Change.of(Update(row, values)))


def test_a_place_taken_in_the_moment_of_the_cancellation_is_taken_up(group: Group) -> None:
    group.cancel(6)
    first = group.bulk()
    left = tuple(first.todo[1:])
    commit(Change.of(Update(first, {"todo": left, "total": 1})))
    group.shop.settle_down()
    assert group.bulk().total == 2
    came_right(group, "refund")


def test_an_offer_made_in_the_moment_of_the_cancellation_is_set_aside(group: Group) -> None:
    session_id = group.session(6).session_id
    group.cancel(6)
    offered = group.shop.offer(group.whole, "Tansy Rainbarrel")
    debt = group.shop.debt(offered).obligation
    assert (debt.amount_minor, session_id in debt.shares) == (18000, False)
    late = move(debt.shares, next(iter(debt.shares)), session_id)
    commit(Change.of(Update(debt, {"shares": late})))
    group.tick()
    assert group.bulk().troubled == (debt.obligation_id,)
    offers.withdraw(group.shop.world.outside, ADMIN, offered.which, "the date has gone")
    bulk.try_again(group.shop.world.outside, ADMIN, group.bulk().bulk_id)
    group.shop.settle_down()
    found = group.bulk()
    assert (found.state, found.troubled, found.done_minor) == ("done", (), 2 * 3601)


# On DynamoDB Local: moto has no isolation between transactions


@pytest.mark.dynamodb_local
def test_two_that_work_at_once_do_each_debt_once(local_world: World) -> None:
    with a_shop(local_world) as shop:
        group = a_group(shop, a_recruiting_term(shop.world, price_minor=PRICE))
        group.cancel_term()
        work = group.bulk()

        def run(_: int) -> str:
            for _ in range(20):
                try:
                    return bulk.work(local_world.outside, work.bulk_id)
                except Trouble:
                    continue  # what the next tick would do
            raise AssertionError("trouble did not end")

        with ThreadPoolExecutor(4) as crowd:
            assert set(crowd.map(run, range(4))) == {"done"}
        shop.settle_down()
        came_right(group, "term")
