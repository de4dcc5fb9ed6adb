"""Everybody at once, on AWS's own DynamoDB Local, with replies lost on the way.

moto has no isolation between transactions, so nothing here may run on it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from chalicelib.errors import NoGuestPlaceLeft, Refusal, Trouble
from chalicelib.flows.joining import offers, tasters
from chalicelib.flows.money import payments
from chalicelib.gateways.webhook_signature import verify
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.money.stripe_objects import checkout_from
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import tables
from chalicelib.store.commit import commit
from tests.shop import ADMIN, SECRET, Offered, Shop, a_shop
from tests.simulation.conftest_faults import Faults
from tests.stories import a_recruiting_term
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

T = TypeVar("T")
THREADS = 16


@pytest.fixture
def shop(local_world: World) -> Iterator[Shop]:
    with a_shop(local_world) as shop:
        yield shop


def at_once(acts: list[Callable[[], T]]) -> list[T | Refusal]:
    """Run every act on a crowd of threads; a refusal is an answer, trouble is tried again."""

    def run(act: Callable[[], T]) -> T | Refusal:
        for _ in range(20):
            try:
                return act()
            except Refusal as refusal:
                return refusal
            except Trouble:
                continue  # what Stripe or the person would do: try again
        raise AssertionError("trouble did not end")

    with ThreadPoolExecutor(THREADS) as crowd:
        return list(crowd.map(run, acts))


def names(number: int) -> list[str]:
    return [f"Sample Person {n:02d}" for n in range(1, number + 1)]


def test_five_hundred_deliveries_of_fifty_payments_make_fifty_seats(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world, capacity=50)
    offered = [shop.offer(whole, name) for name in names(50)]
    for one in offered:
        shop.pay(one)
    signed = [
        shop.fake.signed(event)
        for event in shop.fake.outgoing
        if event["type"] == "checkout.session.completed"
    ]
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    deliveries = signed * 10
    random.Random(7).shuffle(deliveries)
    with Faults(tables.connection().client, seed=7) as faults:
        faults.lose_replies(rate=0.1)
        words = at_once([_hear(shop, body, header) for body, header in deliveries])
        assert faults.injected["lost reply"] > 5
    assert len(deliveries) == 500
    # A lost reply can turn "seat" into "nothing" (the retry finds it done), never the reverse.
    assert set(words) <= {"seat", "nothing"}
    assert len(shop.roster(whole)) == 50
    assert len(shop.mails("receipt")) == len(shop.mails("enrolment_confirmation")) == 50
    assert (shop.term(whole).occupied, shop.term(whole).taken) == (50, 50)


def _hear(shop: Shop, body: bytes, header: str) -> Callable[[], str]:
    def hear() -> str:
        event = verify(body, header, [SECRET], shop.world.now)
        return payments.hear(shop.world.outside, event)

    return hear


def test_forty_offers_for_eight_seats_are_eight_offers(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world, capacity=8)
    waiting = [shop.application(whole, name) for name in names(40)]

    def offer(application_id: str) -> Callable[[], str]:
        offer_id = shop.world.outside.ids.new("offer")

        def make() -> str:
            offers.make_offer(shop.world.outside, ADMIN, application_id, offer_id, 7)
            return "made"

        return make

    words = at_once([offer(one.application_id) for one in waiting])
    assert Counter(map(_word, words)) == {"made": 8, "NoSeatLeft": 32}
    assert (shop.term(whole).occupied, len(shop.mails("offer"))) == (8, 8)


def test_forty_late_payments_for_eight_seats_are_eight_seats_and_thirty_two_refunds(
    shop: Shop,
) -> None:
    whole = a_recruiting_term(shop.world, capacity=40)
    offered = [shop.offer(whole, name) for name in names(40)]
    sessions = [shop.begin(one) for one in offered]
    for session_id in sessions:
        shop.fake.pay(session_id)
    for one in offered:
        _let_go(shop, one)
    commit(Change.of(Update(shop.term(whole), {"capacity": 8})))
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    found = {one["id"]: one for one in shop.fake.objects("checkout.session")}

    def settle(session_id: str) -> Callable[[], str]:
        return lambda: payments.settle(shop.world.outside, checkout_from(found[session_id]))

    words = at_once([settle(session_id) for session_id in sessions])
    assert Counter(words) == {"late_seat": 8, "late_refund": 32}
    shop.settle_down()
    assert len(shop.roster(whole)) == shop.term(whole).taken == 8
    refunds = [refund for one in offered for refund in shop.refunds(one)]
    assert Counter(one.state for one in refunds) == {"succeeded": 32}


def test_forty_visitors_for_eight_guest_places_are_eight_bookings(shop: Shop) -> None:
    whole = a_recruiting_term(shop.world, guest_places=8)
    session = whole.sessions[0]

    def book(name: str) -> Callable[[], Any]:
        return lambda: _book(shop, whole, session.session_id, name)

    words = at_once([book(name) for name in names(40)])
    refused = [word for word in words if isinstance(word, NoGuestPlaceLeft)]
    assert len(refused) == 32
    assert len(shop.mails("taster_confirmation")) == 8


def _book(shop: Shop, whole: WholeTerm, session_id: str, name: str) -> None:
    visitor = {
        "session_id": session_id,
        "full_name": name,
        "email": f"{name.lower().replace(' ', '.')}@example.org",
        "profession": "gp",
        "zone": "Europe/London",
    }
    address = f"192.0.2.{int(name.rsplit(maxsplit=1)[-1])}"
    tasters.book(shop.world.outside, Caller(actor="visitor"), whole.group.slug, visitor, address)


def _word(answer: object) -> str:
    return answer.code if isinstance(answer, Refusal) else str(answer)


def _let_go(shop: Shop, offered: Offered) -> None:
    """The hold ends without a word to Stripe, as when Stripe could not be reached."""
    shop.world.clock.at = max(shop.world.now, shop.offer_row(offered).hold_until)
    assert offers.expire(shop.world.outside, offered.which)
