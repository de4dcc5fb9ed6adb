"""Money at Stripe that we cannot place: what a person says became of it, and the books after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import InvalidForm, NotFound, StateChanged
from chalicelib.flows.books import reconciling, setting_apart, unknown_money
from chalicelib.flows.money import payments
from chalicelib.handlers.books.reconciling import reconcile
from chalicelib.rules.books.ledger import CIRCLE_BOOK, balances
from chalicelib.store import reads, tables
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term
from tests.unknown_money import asked, intent_of, lost_payment


class Lost:
    """Somebody has paid; the debt is lost. The same person has an open offer again."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.outside = shop, shop.world.outside
        self.whole = a_recruiting_term(shop.world)
        self.offered: Offered = shop.offer(self.whole, days=14)
        self.checkout_id = lost_payment(shop, self.offered)

    @property
    def debt_id(self) -> str:
        return self.shop.offer_row(self.offered).obligation_id

    def night(self) -> None:
        """A day later the books are held against Stripe."""
        self.shop.world.clock.move(days=1)
        reconcile(self.outside)

    def close(self, fate: str) -> None:
        unknown_money.close(self.outside, ADMIN, self.checkout_id, fate, "she rang")

    def put_to_the_offer(self) -> None:
        """As its door does."""
        told = unknown_money.put_to(self.outside, ADMIN, self.checkout_id, self.debt_id, "she rang")
        payments.settle(self.outside, told)


def on_account(account: str) -> int:
    entries = list(reads.everything(tables.Ledger))
    return balances(entries).get((CIRCLE_BOOK, account, "GBP"), 0)


@pytest.fixture
def lost(shop: Shop) -> Lost:
    return Lost(shop)


def test_money_that_was_given_back_is_closed_with_all_that_moved_for_it(lost: Lost) -> None:
    assert asked() == {"unknown_payment"}
    lost.night()
    with pytest.raises(InvalidForm) as refused:
        lost.close("given_back")
    assert refused.value.errors == {"fate": "not_given_back"}
    lost.shop.fake.dashboard_refund(intent_of(lost.shop, lost.checkout_id))
    reconcile(lost.outside)
    assert asked() == {"unknown_payment", "movement_missing", "movement_unknown"}
    lost.close("given_back")
    assert asked() == set()
    assert (on_account("suspense"), on_account("stripe")) == (0, -344)
    assert on_account("not_ours") == 344, "Stripe keeps its fee"
    lost.night()
    assert asked() == set(), "it is not asked again"
    with pytest.raises(NotFound):
        lost.close("given_back")


@pytest.mark.parametrize("before", ["at once", "missing", "set apart", "said to be another's"])
def test_money_that_belongs_to_an_open_offer_takes_its_place(lost: Lost, before: str) -> None:
    """However far the books have come with it meanwhile."""
    if before != "at once":
        lost.night()
    if before in ("set apart", "said to be another's"):
        lost.shop.world.clock.move(days=2)
        [movement] = reconciling.open_movements()
        setting_apart.set_apart(lost.outside, ADMIN, movement.movement_id, "lost")
        assert on_account("suspense") == -21256
        if before != "set apart":
            reconciling.clear(lost.outside, ADMIN, movement.movement_id, "a mistake")
    lost.put_to_the_offer()
    assert asked() == set()
    assert (on_account("suspense"), on_account("not_ours")) == (0, 0)
    (seat,) = lost.shop.roster(lost.whole)
    assert (seat.full_name, seat.paid_minor) == ("Pip Buttonwood", 21600)
    lost.shop.settle_down()
    lost.night()
    assert asked() == set()
    assert [mail.template for mail in lost.shop.mails("receipt")] == ["receipt"]


def test_money_for_a_place_is_refused_when_it_went_back_or_does_not_fit(lost: Lost) -> None:
    with pytest.raises(NotFound):
        unknown_money.put_to(lost.outside, ADMIN, lost.checkout_id, "debt-none", "x")
    other = lost_payment(lost.shop, lost.shop.offer(lost.whole, "Ludo Featherstone"), 3600)
    with pytest.raises(StateChanged):
        unknown_money.put_to(lost.outside, ADMIN, other, lost.debt_id, "x")
    shown = unknown_money.show(lost.outside, other)
    assert shown["debts"] == [], "less than the price takes no place"
    lost.shop.fake.dashboard_refund(intent_of(lost.shop, lost.checkout_id), 100)
    with pytest.raises(InvalidForm) as refused:
        lost.put_to_the_offer()
    assert refused.value.errors == {"fate": "given_back"}
    for checkout_id in (lost.checkout_id, other):
        lost.shop.fake.dashboard_refund(intent_of(lost.shop, checkout_id))
    reconcile(lost.outside)
    lost.shop.world.clock.move(hours=2)
    reconcile(lost.outside)
    for checkout_id in (lost.checkout_id, other):
        unknown_money.close(lost.outside, ADMIN, checkout_id, "given_back", "x")


def test_something_else_closes_the_question_and_leaves_the_money_to_be_explained(
    lost: Lost,
) -> None:
    lost.close("other")
    assert asked() == set()
    lost.night()
    assert asked() == {"movement_missing"}
    [movement] = reconciling.open_movements()
    lost.shop.world.clock.at = movement.found_at + timedelta(days=2)
    setting_apart.set_apart(lost.outside, ADMIN, movement.movement_id, "a test of the desk")
    assert asked() == {"movement_unknown"}
    reconciling.clear(lost.outside, ADMIN, movement.movement_id, "a test of the desk")
    with pytest.raises(NotFound):
        reconciling.clear(lost.outside, ADMIN, movement.movement_id, "twice")
