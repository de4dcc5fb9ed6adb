"""Refunds that went another way: paid from the bank (M7), made at Stripe by somebody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidForm, NotFound, StateChanged
from chalicelib.flows.returning import giving_back, leaving, refunds, refunds_by_hand
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry, balances
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning import leaving as leaving_rules
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.mail_samples import sample
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_recruiting_term
from tests.world import World


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return a_recruiting_term(world)


@pytest.fixture
def paid(shop: Shop, whole: WholeTerm) -> Offered:
    offered = shop.offer(whole)
    shop.pay(offered)
    shop.settle_down()
    return offered


def debt_id(shop: Shop, offered: Offered) -> str:
    return shop.offer_row(offered).obligation_id


def give_back(shop: Shop, offered: Offered, amount: int | None = None) -> None:
    wish = Wish(reason="moved abroad", amount_minor=amount)
    giving_back.request(shop.world.outside, ADMIN, debt_id(shop, offered), wish)


def tasks() -> list[str]:
    rows = reads.under(tables.Circle, "task#open")
    return sorted(row.code for row in rows if isinstance(row, Task))


def on(account: str, book: str = "") -> int:
    """What the books hold on an account, in minor units."""
    entries = [row for row in reads.everything(tables.Ledger) if isinstance(row, Entry)]
    return sum(
        amount
        for (where, name, _), amount in balances(entries).items()
        if name == account and book in ("", where)
    )


def at_stripe(shop: Shop, offered: Offered, amount: int | None = None) -> dict[str, Any]:
    """Somebody gives back in the Dashboard, and Stripe tells us."""
    made: dict[str, Any] = shop.fake.dashboard_refund(str(shop.payment(offered).intent_id), amount)
    shop.hear_all()
    return made


# From the bank


@pytest.fixture
def failed(shop: Shop, paid: Offered) -> Offered:
    """A refund that came back from a closed card."""
    give_back(shop, paid)
    shop.work()
    (refund,) = shop.refunds(paid)
    shop.fake.fail_refund(str(refund.stripe_refund_id))
    shop.hear_all()
    return paid


def pay(shop: Shop, offered: Offered, paid_on: date | None = None) -> None:
    (refund,) = shop.refunds(offered)
    day = paid_on or shop.world.now.date()
    outside, ids = shop.world.outside, (refund.obligation_id, refund.refund_id)
    refunds_by_hand.pay(outside, ADMIN, *ids, "LANTERN 7", day)


def test_a_refund_that_came_back_is_told_to_the_payer_without_asking_for_bank_details(
    shop: Shop, failed: Offered
) -> None:
    shop.work()
    letter = shop.world.postbox.last("pip.buttonwood@example.org", "could not be delivered")
    assert "The money is still yours" in letter.text
    assert "Please do not write bank or card details in a mail" in letter.text


def test_a_refund_that_came_back_is_paid_from_the_bank_once(
    shop: Shop, whole: WholeTerm, failed: Offered
) -> None:
    group = f"group#{whole.group.group_id}"
    assert on("refunds_pending") == -21600
    pay(shop, failed)
    (refund,) = shop.refunds(failed)
    assert (refund.state, refund.paid_reference) == ("paid_manually", "LANTERN 7")
    assert on("refunds_pending") == 0
    assert on("bank", CIRCLE_BOOK) == -21600
    assert on(f"due_to/{group}", CIRCLE_BOOK) == 21600
    assert on("due_to/circle", group) == -21600
    assert tasks() == []
    with pytest.raises(StateChanged):
        pay(shop, failed)
    shop.work()
    letter = shop.world.postbox.last("pip.buttonwood@example.org", "transferred back to you")
    assert "LANTERN 7" in letter.text


def test_the_samples_of_these_mails_have_the_facts_of_the_real_ones(
    shop: Shop, failed: Offered
) -> None:
    pay(shop, failed)
    for name in ("refund_started", "refund_failed", "refund_paid_by_hand"):
        facts, links = sample(name)
        queued = shop.mails(name)[0]
        assert (set(queued.facts), set(queued.links)) == (set(facts), set(links)), name


def test_late_news_of_a_refund_that_was_paid_by_hand_changes_nothing(
    shop: Shop, failed: Offered
) -> None:
    pay(shop, failed)
    (refund,) = shop.refunds(failed)
    told = shop.gateway.refund_by_id(str(refund.stripe_refund_id))
    assert refunds.take_in(shop.world.outside, told) == "failed"
    assert shop.refunds(failed) == [refund]


@pytest.mark.parametrize("days", [-1, 1])
def test_a_transfer_cannot_be_before_the_refund_or_in_the_future(
    shop: Shop, failed: Offered, days: int
) -> None:
    with pytest.raises(InvalidForm):
        pay(shop, failed, shop.world.now.date() + timedelta(days=days))


def test_only_what_waits_for_a_transfer_is_paid_by_one(shop: Shop, paid: Offered) -> None:
    give_back(shop, paid)
    (refund,) = shop.refunds(paid)
    ids = (refund.obligation_id, refund.refund_id)
    assert refunds_by_hand.show(shop.world.outside, *ids) is None
    with pytest.raises(StateChanged):
        pay(shop, paid)
    with pytest.raises(NotFound):
        refunds_by_hand.show(shop.world.outside, debt_id(shop, paid), "refund-of-nobody")


def test_money_that_did_not_come_through_stripe_is_never_asked_back_from_it(
    shop: Shop, paid: Offered
) -> None:
    give_back(shop, paid, 5000)
    (refund,) = shop.refunds(paid)
    commit(Change.of(Update(refund, {"method": "bank", "intent_id": "", "check_at": None})))
    shop.settle_down()
    assert shop.fake.objects("refund") == []
    pay(shop, paid)
    assert [one.state for one in shop.refunds(paid)] == ["paid_manually"]


# At Stripe


def test_a_refund_made_at_stripe_is_booked_once_and_the_place_waits_for_a_person(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    made = at_stripe(shop, paid, 5000)
    debt = shop.debt(paid)
    (refund,), (release,) = debt.refunds, debt.releases
    assert (refund.refund_id, refund.cause, refund.state) == (made["id"], "dashboard", "succeeded")
    assert (release.refund_minor, release.asked_by) == (5000, "stripe")
    assert sum(debt.obligation.shares.values()) == 16600
    assert debt.payments[0].refunded_minor == 5000
    assert [one.state for one in shop.roster(whole)] == ["active"]
    assert tasks() == ["refund_outside"]
    shop.prove()
    told = shop.gateway.refund_by_id(made["id"])
    before = len(list(reads.everything(tables.Ledger)))
    for _ in range(3):
        assert refunds.take_in(shop.world.outside, told) == "succeeded"
    assert len(list(reads.everything(tables.Ledger))) == before
    refunds_by_hand.place_stays(shop.world.outside, ADMIN, refund.obligation_id, refund.refund_id)
    assert tasks() == []
    with pytest.raises(StateChanged):
        refunds_by_hand.place_stays(
            shop.world.outside, ADMIN, refund.obligation_id, refund.refund_id
        )


def test_two_refunds_of_the_same_amount_at_stripe_are_two(shop: Shop, paid: Offered) -> None:
    at_stripe(shop, paid, 5000)
    at_stripe(shop, paid, 5000)
    assert [one.amount_minor for one in shop.refunds(paid)] == [5000, 5000]
    give_back(shop, paid)
    shop.work()
    assert sum(one["amount"] for one in shop.fake.objects("refund")) == 21600


def test_after_all_was_given_back_at_stripe_leaving_answers_the_question(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    at_stripe(shop, paid)
    assert shop.debt(paid).obligation.shares == dict.fromkeys(shop.debt(paid).obligation.shares, 0)
    outside, obligation_id = shop.world.outside, debt_id(shop, paid)
    shown = leaving.show(outside, obligation_id, None)
    assert shown
    wish = leaving_rules.Wish(way="policy", told_on=shown.told_on)
    leaving.leave(outside, ADMIN, obligation_id, wish, shown.promise)
    assert tasks() == []
    assert [one.state for one in shop.roster(whole)] == ["left"]
    assert len(shop.refunds(paid)) == 1


def test_a_refund_at_stripe_that_comes_back_is_owed_like_any_other(
    shop: Shop, paid: Offered
) -> None:
    made = at_stripe(shop, paid, 5000)
    shop.fake.fail_refund(made["id"])
    shop.hear_all()
    assert [one.state for one in shop.refunds(paid)] == ["failed"]
    assert on("refunds_pending") == -5000
    shop.prove()
    pay(shop, paid)
    assert tasks() == ["refund_outside"]


def test_a_refund_at_stripe_that_had_failed_when_we_heard_of_it_is_nothing(
    shop: Shop, paid: Offered
) -> None:
    made = shop.fake.dashboard_refund(str(shop.payment(paid).intent_id), 5000)
    shop.fake.fail_refund(made["id"])
    shop.hear_all()
    assert shop.refunds(paid) == []


def test_what_our_books_were_waiting_for_can_be_done_at_stripe(shop: Shop, paid: Offered) -> None:
    """We had set it aside and not sent it yet; somebody was quicker by hand."""
    give_back(shop, paid)
    made = at_stripe(shop, paid)
    (refund,) = shop.refunds(paid)
    assert (refund.state, refund.stripe_refund_id) == ("succeeded", made["id"])
    shop.work()
    assert len(shop.fake.objects("refund")) == 1
    assert tasks() == []


def test_a_refund_that_came_back_can_be_made_again_at_stripe(shop: Shop, failed: Offered) -> None:
    made = at_stripe(shop, failed)
    (refund,) = shop.refunds(failed)
    assert (refund.state, refund.stripe_refund_id) == ("succeeded", made["id"])
    assert on("refunds_pending") == 0
    assert tasks() == []
    shop.prove()
    shop.fake.fail_refund(made["id"])
    shop.hear_all()
    assert [one.state for one in shop.refunds(failed)] == ["failed"]
    assert tasks() == ["refund_failed"]


def test_more_than_was_left_stands_in_suspense_until_a_person_has_looked(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    """100.00 are set aside here and not sent yet, and 150.00 are given back at Stripe."""
    give_back(shop, paid, 10000)
    at_stripe(shop, paid, 15000)
    [outside] = [one for one in shop.refunds(paid) if one.cause == "dashboard"]
    assert (outside.amount_minor, outside.suspense_minor) == (11600, 3400)
    assert on("suspense", CIRCLE_BOOK) == 3400
    assert tasks() == ["refund_outside", "refund_unexplained"]
    refunds_by_hand.give_away(shop.world.outside, ADMIN, outside.obligation_id, outside.refund_id)
    assert (on("suspense"), on("given_away")) == (0, 3400)
    with pytest.raises(StateChanged):
        refunds_by_hand.give_away(
            shop.world.outside, ADMIN, outside.obligation_id, outside.refund_id
        )
    shop.work()  # Stripe has less than ours is about: it is refused, and the treasurer pays
    assert tasks() == ["refund_failed", "refund_outside"]


@pytest.mark.parametrize("looked", [False, True])
def test_what_was_beyond_comes_back_to_where_it_was_taken(
    shop: Shop, paid: Offered, looked: bool
) -> None:
    give_back(shop, paid, 10000)
    made = at_stripe(shop, paid, 15000)
    [outside] = [one for one in shop.refunds(paid) if one.cause == "dashboard"]
    if looked:
        refunds_by_hand.give_away(
            shop.world.outside, ADMIN, outside.obligation_id, outside.refund_id
        )
    shop.fake.fail_refund(made["id"])
    shop.hear_all()
    assert (on("suspense"), on("given_away")) == (0, 0)
    assert tasks() == ["refund_failed", "refund_outside"]
    shop.work()
    assert on("refunds_pending") == -11600


def test_what_is_not_ours_is_left_alone(shop: Shop, paid: Offered) -> None:
    told = shop.gateway.refund_by_id(at_stripe(shop, paid, 100)["id"])
    foreign = type(told)(**{**vars(told), "payment_intent_id": None, "charge_id": "ch_x"})
    assert refunds.take_in(shop.world.outside, foreign) == "not_ours"
    elsewhere = {"app": "balint", "deployment": "another"}
    theirs = type(told)(**{**vars(told), "metadata": elsewhere})
    assert refunds.take_in(shop.world.outside, theirs) == "not_ours"
