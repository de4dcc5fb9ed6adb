"""Registers closed by many at once, and while seats are taken, on AWS's own DynamoDB Local.

The books are proven at the end of each story: no share is earned twice, and none is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidForm, Refusal, Trouble
from chalicelib.flows.money import payments
from chalicelib.flows.running import registers
from chalicelib.flows.running.registers import Which
from chalicelib.rules.books import ledger
from chalicelib.rules.changes import Caller
from chalicelib.rules.money.stripe_objects import checkout_from
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.rules.running.register import as_kept
from chalicelib.store import reads, tables
from tests.people import a_person
from tests.shop import Offered, Shop, a_shop
from tests.stories import LEADERS, a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

THREADS = 12


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    with a_shop(local_world) as shop:
        yield shop


def at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """How each act ended; trouble is tried again, as a person or Stripe would."""

    def run(act: Callable[[], Any]) -> str:
        for _ in range(30):
            try:
                return str(act())
            except InvalidForm as refused:
                return refused.errors[""]
            except Refusal as refusal:
                return refusal.code
            except Trouble:
                continue
        raise AssertionError("trouble did not end")

    with ThreadPoolExecutor(THREADS) as crowd:
        return list(crowd.map(run, acts))


def closing(shop: Shop, whole: WholeTerm, number: int, email: str) -> Callable[[], Any]:
    """A leader presses: everybody came, and only she led."""
    world, session = shop.world, whole.sessions[number - 1]
    me = a_person(world, email)
    which = Which(session.group_id, session.term_id, session.session_id)
    shown = registers.show_register(world.outside, me, which)
    values = {**as_kept(shown), "led_by": (me.person_id,)}
    seen = str(shown.session.revision)
    caller = Caller(actor=me.person_id)
    return lambda: registers.close(world.outside, caller, me, which, seen, values)


def earned(shop: Shop) -> int:
    found = ledger.balances(reads.everything(tables.Ledger))
    return -sum(amount for (_, name, _), amount in found.items() if name == "fees")


def test_of_eight_who_close_a_register_at_once_one_does_and_the_others_see_it(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    for name in ("Pip Buttonwood", "Odalys Quince"):
        shop.pay(shop.offer(whole, name))
    shop.settle_down()
    shop.world.clock.at = whole.sessions[0].ends_at
    imelda, barnaby = LEADERS.values()
    words = at_once([closing(shop, whole, 1, email) for email in (imelda, barnaby) * 4])
    assert Counter(words) == {"None": 1, "closed_meanwhile": 7}
    assert earned(shop) == 2 * 3600
    session = reads.reread(whole.sessions[0])
    assert session is not None
    assert (session.revision, session.led_by) == (1, (session.closed_by,))


def test_seats_taken_while_a_register_closes_are_earned_exactly(shop: Shop) -> None:
    """Eight pay for their places in the minutes in which the first registers are closed."""
    whole = a_recruiting_term(shop.world)
    first, second = whole.sessions[:2]
    shop.world.clock.at = first.starts_at - timedelta(hours=1)
    offered = [shop.offer(whole, f"Sample Person {n}", days=30) for n in range(8)]
    shop.world.clock.at = second.ends_at
    settling = [settle(shop, one) for one in offered]
    close = [closing(shop, whole, number, next(iter(LEADERS.values()))) for number in (1, 2)]
    words = Counter(at_once([*settling[:4], *close, *settling[4:]]))
    assert words == {"seat": 8, "None": 2}
    assert len(shop.roster(whole)) == 8
    assert earned(shop) == 8 * 2 * 3600
    shop.prove(with_stripe=False)
    shop.close_register(whole, 2, "cancelled")
    assert earned(shop) == 8 * 3600


def settle(shop: Shop, offered: Offered) -> Callable[[], str]:
    """The money has come; our side hears of it when this is called."""
    session_id = shop.pay(offered)
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    found = {one["id"]: one for one in shop.fake.objects("checkout.session")}
    return lambda: payments.settle(shop.world.outside, checkout_from(found[session_id]))


def test_a_correction_races_with_the_last_seat(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world)
    shop.world.clock.at = whole.sessions[0].starts_at - timedelta(hours=1)
    offered = [shop.offer(whole, f"Sample Person {n}", days=30) for n in range(4)]
    shop.hold(whole, 1)

    def take_back() -> None:
        shop.close_register(whole, 1, "cancelled")

    words = at_once([*(settle(shop, one) for one in offered), take_back])
    assert Counter(words) == {"seat": 4, "None": 1}
    assert earned(shop) == 0
