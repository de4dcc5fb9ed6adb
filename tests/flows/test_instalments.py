"""Later parts of a price: taken before they are paid, paid in any order, asked for by the clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from chalicelib.errors import (
    NotFound,
    NothingOwed,
    OfferNotOpen,
    PaymentOnItsWay,
    StripeUnknown,
    SwitchedOff,
    TooManyTries,
)
from chalicelib.flows.joining import offers
from chalicelib.flows.money import checkout, instalments, payments
from chalicelib.flows.running import cancelling
from chalicelib.rules.books.shares import take
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.links import personal_link
from chalicelib.rules.money import wishes
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.returning.releases import Decision, release
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import owed
from chalicelib.store.tasks import open_tasks
from tests.shop import ADMIN, Offered, Shop
from tests.stories import a_circle, a_recruiting_term
from tests.world import World

THREE = {"instalments": 3}
LATER = {"payment_due": "after_first_session"}
PAYER = Caller(actor="visitor")


def a_term(world: World, **changed: Any) -> WholeTerm:
    a_circle(world, instalments=True, bank_debit=True)
    return a_recruiting_term(world, **changed)


def wish(shop: Shop, offered: Offered, all_of_it: bool = False) -> wishes.DebtWish:
    obligation_id = shop.offer_row(offered).obligation_id
    keys = shop.world.outside.places.link_keys
    token = personal_link(keys, "debt", obligation_id, 1)
    return wishes.DebtWish(obligation_id=obligation_id, token=token, all_of_it=all_of_it)


def press(shop: Shop, offered: Offered, all_of_it: bool = False) -> str:
    """Press Pay on the page of the debt; the id of the session that is open now."""
    url = checkout.pay_debt(shop.world.outside, PAYER, wish(shop, offered, all_of_it))
    return shop.session_of(url)


def pay_part(shop: Shop, offered: Offered, all_of_it: bool = False) -> None:
    shop.fake.pay(press(shop, offered, all_of_it))
    shop.hear_all()


def obligation(shop: Shop, offered: Offered) -> Obligation:
    return shop.debt(offered).obligation


def states(shop: Shop, offered: Offered) -> list[str]:
    return [one.state for one in shop.debt(offered).instalments]


def released_by_hand(shop: Shop, offered: Offered, minor: int) -> None:
    """The refunds room lets go what is not paid: here only its effect on the debt."""
    found = owed(shop.offer_row(offered).obligation_id)
    decision = Decision(
        release_id=shop.world.outside.ids.new("release"),
        cause="administrator",
        actor="person-admin",
        now=shop.world.now,
        ends_seat="left",
    )
    _, change = release(found, take(found.obligation.shares, minor, found.held), decision)
    commit(change)


# The first session is another one than was agreed


def called_off(shop: Shop, whole: WholeTerm, number: int, **remedy: Any) -> None:
    """The desk cancels a session, and everybody has been told."""
    wish = {"remedy": "refund", "reason": "ill", "message": "", **remedy}
    ids = (whole.group.group_id, whole.term.term_id)
    session = next(one for one in whole.sessions if one.number == number)
    cancelling.cancel_session(shop.world.outside, ADMIN, *ids, session.session_id, wish)
    shop.work()


def days(shop: Shop, offered: Offered) -> list[str]:
    return [f"{one.pay_by:%Y-%m-%d}" for one in shop.debt(offered).instalments]


def test_what_is_paid_after_the_first_session_waits_for_the_one_that_is_held(
    world: World, shop: Shop
) -> None:
    whole = a_term(world, **LATER, instalments=2)
    offered = shop.offer(whole)
    shop.press_pay(offered)
    assert days(shop, offered) == ["2027-01-15", "2027-02-15"]
    called_off(shop, whole, 2)
    assert days(shop, offered) == ["2027-01-15", "2027-02-15"]
    called_off(shop, whole, 1)
    assert days(shop, offered) == ["2027-02-12", "2027-03-12"]  # the third is the first now
    letter = world.postbox.last("pip.buttonwood@example.org", "14 January 2027")
    assert "due by: Friday 12 February 2027" in " ".join(letter.text.split())
    world.clock.move(days=70)  # 30 January: the old day is over, and nobody is chased for it
    assert instalments.due(world.outside) == []
    world.clock.move(days=9)  # 8 February: told beforehand, once, of the new day
    shop.work()
    letter = world.postbox.last("pip.buttonwood@example.org", "please pay")
    assert "falls due on Friday 12 February 2027" in " ".join(letter.text.split())


def test_a_part_that_was_asked_for_waits_again_and_is_told_in_its_turn(
    world: World, shop: Shop
) -> None:
    whole = a_term(world, **LATER)
    offered = shop.offer(whole)
    shop.press_pay(offered)
    world.clock.move(days=51)  # 11 January: told that it falls due
    shop.work()
    assert len(shop.mails("instalment_due")) == 1
    called_off(shop, whole, 1)
    (part,) = shop.debt(offered).instalments
    assert (f"{part.pay_by:%m-%d}", f"{part.chase_at:%m-%d}", part.chased) == ("01-29", "02-01", 1)
    world.clock.move(days=20)
    shop.work()
    assert len(shop.mails("instalment_missed")) == 0
    world.clock.move(days=3)
    shop.work()
    assert len(shop.mails("instalment_missed")) == 1


def test_an_extra_date_at_the_end_moves_the_day_of_an_offer_and_of_a_place(
    world: World, shop: Shop
) -> None:
    whole = a_term(world, **LATER)
    seated, offered = shop.offer(whole, "Pip Buttonwood"), shop.offer(whole, "Otis Wheelbarrow")
    shop.press_pay(seated)
    called_off(shop, whole, 1, remedy="extra_date", date=date(2027, 4, 8), time=time(19))
    assert days(shop, seated) == ["2027-01-29"]
    shop.press_pay(offered)
    assert days(shop, offered) == ["2027-01-29"]


# Taking the place


def test_a_place_is_taken_with_nothing_paid_and_owed_from_then_on(world: World, shop: Shop) -> None:
    whole = a_term(world, **LATER)
    offered = shop.offer(whole)
    assert shop.press_pay(offered) == f"/offers/{offered.token}/paid"
    (member,) = shop.roster(whole)
    assert (member.state, member.paid_minor) == ("active", 0)
    debt = obligation(shop, offered)
    assert (debt.state, debt.outstanding_minor, bool(debt.billed_at)) == ("due", 21600, True)
    (part,) = shop.debt(offered).instalments
    assert (part.amount_minor, f"{part.pay_by:%Y-%m-%d}") == (21600, "2027-01-15")
    assert shop.debt(offered).payments == ()
    assert shop.fake.objects("checkout.session") == []
    assert [len(shop.mails(one)) for one in ("receipt", "enrolment_confirmation")] == [0, 1]
    with pytest.raises(OfferNotOpen):
        shop.press_pay(offered)


def test_the_first_of_three_parts_takes_the_place(world: World, shop: Shop) -> None:
    whole = a_term(world, **THREE)
    offered = shop.offer(whole)
    shop.pay(offered)
    shop.hear_all()
    (member,) = shop.roster(whole)
    assert (member.state, member.paid_minor) == ("active", 7200)
    debt = obligation(shop, offered)
    assert (debt.state, debt.paid_minor, debt.outstanding_minor) == ("due", 7200, 14400)
    assert states(shop, offered) == ["paid", "due", "due"]
    (receipt,) = shop.mails("receipt")
    assert (receipt.facts["numbers"], receipt.facts["left_minor"]) == ([1], 14400)


def test_without_the_switch_a_price_is_paid_once(world: World, shop: Shop) -> None:
    a_circle(world)
    offered = shop.offer(a_recruiting_term(world, **THREE))
    shop.pay(offered)
    shop.hear_all()
    assert shop.payment(offered).amount_minor == 21600
    assert states(shop, offered) == []


def test_who_joins_when_the_price_is_nothing_owes_nothing_later(world: World, shop: Shop) -> None:
    offered = shop.offer(a_term(world, price_minor=0, **LATER))
    shop.press_pay(offered)
    assert obligation(shop, offered).state == "paid"
    assert states(shop, offered) == []


def test_late_money_for_a_first_part_takes_a_free_seat_with_its_plan(
    world: World, shop: Shop
) -> None:
    whole = a_term(world, **THREE)
    offered = shop.offer(whole)
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    _force_expiry(shop, offered)
    shop.fake.settle_delayed(session_id, ok=True)
    shop.hear_all()
    assert len(shop.roster(whole)) == 1
    assert obligation(shop, offered).state == "due"
    assert states(shop, offered) == ["paid", "due", "due"]


def _force_expiry(shop: Shop, offered: Offered) -> None:
    offers._end(shop.world.outside, ADMIN, offered.which, "expired")


# Paying later parts


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return a_term(world, capacity=30, **THREE)


@pytest.fixture
def offered(shop: Shop, whole: WholeTerm) -> Offered:
    """A place whose first part is paid."""
    given = shop.offer(whole)
    shop.pay(given)
    shop.hear_all()
    return given


def test_each_part_is_paid_on_the_page_of_the_debt(
    world: World, shop: Shop, whole: WholeTerm, offered: Offered
) -> None:
    pay_part(shop, offered)
    assert states(shop, offered) == ["paid", "paid", "due"]
    assert obligation(shop, offered).state == "due"
    pay_part(shop, offered)
    assert states(shop, offered) == ["paid", "paid", "paid"]
    debt = obligation(shop, offered)
    assert (debt.state, debt.outstanding_minor) == ("paid", 0)
    assert sorted(one.outcome for one in shop.debt(offered).payments) == ["part", "part", "seat"]
    assert [one.paid_minor for one in shop.roster(whole)] == [21600]
    told = [(one.facts["numbers"], one.facts["left_minor"]) for one in shop.mails("receipt")]
    assert sorted(told) == [([1], 14400), ([2], 7200), ([3], 0)]
    with pytest.raises(NothingOwed):
        press(shop, offered)


def test_all_that_is_left_can_be_paid_at_once(shop: Shop, offered: Offered) -> None:
    pay_part(shop, offered, all_of_it=True)
    assert states(shop, offered) == ["paid", "paid", "paid"]
    assert obligation(shop, offered).state == "paid"


def test_a_second_press_goes_on_with_the_same_session(shop: Shop, offered: Offered) -> None:
    assert press(shop, offered) == press(shop, offered)
    assert len(shop.debt(offered).payments) == 2


def test_another_amount_closes_the_session_that_is_open(shop: Shop, offered: Offered) -> None:
    part, everything = press(shop, offered), press(shop, offered, all_of_it=True)
    sessions = {one["id"]: one["status"] for one in shop.fake.objects("checkout.session")}
    assert (sessions[part], sessions[everything]) == ("expired", "open")


def test_another_amount_waits_for_a_payment_that_was_just_made(
    shop: Shop, offered: Offered
) -> None:
    shop.fake.pay(press(shop, offered))
    with pytest.raises(PaymentOnItsWay):
        press(shop, offered, all_of_it=True)
    shop.hear_all()
    assert obligation(shop, offered).outstanding_minor == 7200


def test_a_lost_reply_is_healed_by_the_same_key(shop: Shop, offered: Offered) -> None:
    shop.fake.lose_next_reply("POST /v1/checkout/sessions")
    with pytest.raises(StripeUnknown):
        press(shop, offered)
    press(shop, offered)
    assert len(shop.debt(offered).payments) == 2
    assert len(shop.fake.objects("checkout.session")) == 2


def test_a_webhook_that_never_comes_is_healed_by_the_reconciler(
    world: World, shop: Shop, offered: Offered
) -> None:
    shop.fake.pay(press(shop, offered))
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    world.clock.move(minutes=70)
    shop.work()
    assert states(shop, offered) == ["paid", "paid", "due"]


def test_the_return_page_settles_before_any_webhook(
    world: World, shop: Shop, offered: Offered
) -> None:
    session_id = press(shop, offered)
    shop.fake.pay(session_id)
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
    payments.returned(world.outside, obligation(shop, offered).obligation_id, session_id)
    assert states(shop, offered) == ["paid", "paid", "due"]


def test_a_session_that_runs_out_is_followed_by_another(
    world: World, shop: Shop, offered: Offered
) -> None:
    first = press(shop, offered)
    world.clock.move(minutes=70)
    shop.work()
    assert press(shop, offered) != first


def test_a_delayed_part_is_not_paid_twice_and_one_that_fails_can_be_tried_again(
    world: World, shop: Shop, offered: Offered
) -> None:
    session_id = press(shop, offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    with pytest.raises(PaymentOnItsWay):
        press(shop, offered)
    shop.fake.settle_delayed(session_id, ok=False)
    shop.hear_all()
    (failed,) = shop.mails("payment_failed")
    assert failed.facts["offer_state"] == "taken"
    pay_part(shop, offered)
    assert states(shop, offered) == ["paid", "paid", "due"]


def test_card_testers_run_out_of_sessions_for_a_day(
    world: World, shop: Shop, offered: Offered
) -> None:
    for _ in range(10):
        press(shop, offered)
        world.clock.move(minutes=59)
    with pytest.raises(TooManyTries):
        press(shop, offered)


def test_selling_switched_off_opens_no_checkout(world: World, shop: Shop, offered: Offered) -> None:
    commit(Change.of(Update(a_circle(world), {"selling": False})))
    with pytest.raises(SwitchedOff):
        press(shop, offered)
    commit(Change.of(Update(a_circle(world), {"selling": True})))


def test_a_debt_without_a_place_has_no_page(world: World, shop: Shop, whole: WholeTerm) -> None:
    other = shop.offer(whole, "Saffron Umbrella")
    with pytest.raises(NotFound):
        instalments.show(world.outside, wish(shop, other).token)
    with pytest.raises(NothingOwed):
        press(shop, other)


# More than is owed


def paid_unheard(shop: Shop, offered: Offered, number: int) -> list[str]:
    """So many sessions for the same part, each paid before we heard of the one before; the ids of
    the events that tell of them."""
    for _ in range(number):
        shop.fake.pay(press(shop, offered))
        shop.world.clock.move(minutes=59)
    told = [e for e in shop.fake.outgoing if e["type"] == "checkout.session.completed"]
    assert len(told) == number
    return [event["id"] for event in told]


def test_the_last_part_paid_in_two_tabs_counts_once_and_goes_back_whole(
    shop: Shop, offered: Offered
) -> None:
    pay_part(shop, offered)
    paid_unheard(shop, offered, 2)
    shop.hear_all()
    assert obligation(shop, offered).outstanding_minor == 0
    outcomes = [one.outcome for one in shop.debt(offered).payments]
    assert sorted(outcomes) == ["part", "part", "seat", "surplus"]
    (refund,) = shop.refunds(offered)
    assert (refund.cause, refund.amount_minor) == ("surplus", 7200)


def test_what_is_more_than_was_left_goes_back_and_the_rest_counts(
    world: World, shop: Shop, offered: Offered
) -> None:
    everything = press(shop, offered, all_of_it=True)
    world.clock.move(minutes=59)
    part = press(shop, offered)
    shop.fake.pay(part)
    shop.hear_all()
    shop.fake.pay(everything)
    shop.hear_all()
    debt = obligation(shop, offered)
    assert (debt.state, debt.outstanding_minor, debt.paid_minor) == ("paid", 0, 28800)
    assert states(shop, offered) == ["paid", "paid", "paid"]
    (refund,) = shop.refunds(offered)
    assert (refund.cause, refund.amount_minor) == ("surplus", 7200)
    told = [one.facts["back_minor"] for one in shop.mails("receipt")]
    assert sorted(told) == [0, 0, 7200]


def test_every_order_of_three_part_payments_ends_the_same(
    world: World, shop: Shop, whole: WholeTerm
) -> None:
    ends = set()
    for order in itertools.permutations(range(3)):
        given = shop.offer(whole, f"Sample Person {order}".translate({40: "", 41: "", 44: ""}))
        shop.pay(given)
        shop.hear_all()
        told = paid_unheard(shop, given, 3)
        for position in order:
            assert shop.fake.deliver(told[position], times=2) == [200, 200]
        shop.hear_all()
        debt = obligation(shop, given)
        outcomes = sorted(one.outcome for one in shop.debt(given).payments)
        back = tuple(one.amount_minor for one in shop.refunds(given))
        ends.add((debt.state, debt.paid_minor, *outcomes, *states(shop, given), back))
    assert ends == {
        ("paid", 21600, "part", "part", "seat", "surplus", "paid", "paid", "paid", (7200,))
    }


# The clock


def chased(shop: Shop) -> list[str]:
    """What has been sent about parts, in order."""
    names = ("instalment_due", "instalment_missed")
    found = [one for one in shop.mails() if one.template in names]
    return [one.template for one in sorted(found, key=lambda one: one.queued_at)]


@pytest.fixture
def whole_later(world: World) -> WholeTerm:
    return a_term(world, **LATER)


@pytest.fixture
def unpaid(shop: Shop, whole_later: WholeTerm) -> Offered:
    """A place that is paid after its first session on 14 January."""
    given = shop.offer(whole_later)
    shop.press_pay(given)
    return given


def test_a_missed_part_is_asked_for_three_times_then_a_person_is_called_and_the_place_stays(
    world: World, shop: Shop, whole_later: WholeTerm, unpaid: Offered
) -> None:
    world.clock.at = datetime(2027, 1, 9, 9, 0, tzinfo=UTC)
    found: dict[str, str] = {}
    while world.now < datetime(2027, 2, 20, tzinfo=UTC):
        before = [len(chased(shop)), len(open_tasks())]
        shop.work()
        if [len(chased(shop)), len(open_tasks())] != before:
            found[f"{world.now:%m-%d}"] = "task" if open_tasks() else chased(shop)[-1]
        world.clock.move(days=1)
    assert found == {
        "01-11": "instalment_due",  # it is due at the end of 15 January
        "01-19": "instalment_missed",
        "01-26": "instalment_missed",
        "02-02": "task",
    }
    assert [one.code for one in open_tasks()] == ["instalment_missed"]
    assert [one.state for one in shop.roster(whole_later)] == ["active"]
    pay_part(shop, unpaid)
    assert open_tasks() == []
    assert obligation(shop, unpaid).state == "paid"


def test_nobody_is_chased_once_it_is_paid(world: World, shop: Shop, unpaid: Offered) -> None:
    world.clock.move(days=51)
    shop.work()
    assert chased(shop) == ["instalment_due"]
    pay_part(shop, unpaid)
    world.clock.move(days=60)
    shop.work()
    assert chased(shop) == ["instalment_due"]


def test_who_leaves_before_paying_owes_nothing_and_is_not_chased(
    world: World, shop: Shop, unpaid: Offered
) -> None:
    released_by_hand(shop, unpaid, 21600)
    assert obligation(shop, unpaid).outstanding_minor == 0
    world.clock.move(days=90)
    shop.work()
    assert states(shop, unpaid) == ["void"]
    assert chased(shop) == []
    with pytest.raises(NothingOwed):
        press(shop, unpaid)


def test_a_task_about_a_part_ends_when_the_rest_is_let_go(
    world: World, shop: Shop, unpaid: Offered
) -> None:
    world.clock.at = datetime(2027, 1, 12, tzinfo=UTC)
    while not open_tasks():
        shop.work()
        world.clock.move(days=1)
    released_by_hand(shop, unpaid, 21600)
    world.clock.move(days=1)
    shop.work()
    assert open_tasks() == []
    assert states(shop, unpaid) == ["void"]


def test_money_that_comes_after_leaving_goes_back_whole(
    world: World, shop: Shop, unpaid: Offered
) -> None:
    session_id = press(shop, unpaid)
    released_by_hand(shop, unpaid, 21600)
    shop.fake.pay(session_id)
    shop.hear_all()
    assert [one.outcome for one in shop.debt(unpaid).payments] == ["surplus"]
    assert [one.amount_minor for one in shop.refunds(unpaid)] == [21600]
    assert states(shop, unpaid) == ["void"]


def test_nobody_is_chased_while_a_payment_is_on_its_way(
    world: World, shop: Shop, unpaid: Offered
) -> None:
    session_id = press(shop, unpaid)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    world.clock.move(days=52)
    shop.work()
    assert chased(shop) == []
    shop.fake.settle_delayed(session_id, ok=True)
    shop.hear_all()
    assert states(shop, unpaid) == ["paid"]


def test_the_job_says_what_became_of_each_part(world: World, shop: Shop, unpaid: Offered) -> None:
    (row,) = shop.debt(unpaid).instalments
    chase: Callable[[], str] = lambda: instalments.chase(world.outside, row)  # noqa: E731
    assert chase() == "nothing"
    world.clock.move(days=51)
    assert chase() == "asked"
    assert chase() == "nothing"
