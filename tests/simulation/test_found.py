"""What a hostile reading of the money path found, and what the stories of seeds found, each as the
story in which it went wrong."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import EnrolmentExists, OfferNotOpen, StripeUnknown
from chalicelib.flows.books import books, reconciling
from chalicelib.flows.joining import offers, screening
from chalicelib.flows.money import checkout, payments
from chalicelib.flows.returning import giving_back, refunds_by_hand
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.handlers import jobs
from chalicelib.handlers.books.reconciling import reconcile
from chalicelib.handlers.jobs import JobFailed
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.offers import as_held
from chalicelib.rules.money.payments import Marker
from chalicelib.rules.money.stripe_objects import Checkout
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.running.groups import Term
from chalicelib.rules.states import MOVES
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.money_by_hand import came, confirmed, proposed, proven
from tests.shop import ADMIN, Offered, Shop
from tests.simulation.fate import Died, Fate, Watched
from tests.stories import a_circle, a_recruiting_term
from tests.world import Clock, World

APPLICANT = Caller(actor="applicant")


def drop_all(shop: Shop) -> None:
    """Nothing that Stripe has to tell arrives."""
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])


def application_of(offered: Offered) -> Application:
    return offers.load(offered.which)[0]


def a_debit_that_takes_weeks(shop: Shop, offered: Offered) -> str:
    """On its way for longer than the seat waits: the offer has expired, the money is not there."""
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    shop.world.clock.move(days=15)
    jobs.tick({}, None)
    assert shop.offer_row(offered).state == "expired"
    return session_id


# Offers that have ended


@pytest.mark.parametrize("end", ["withdrawn", "declined"])
def test_an_offer_that_has_ended_leads_nobody_to_a_session_that_is_still_open(
    world: World, shop: Shop, end: str
) -> None:
    offered = shop.offer(a_recruiting_term(world))
    shop.fake.lose_next_reply("POST /v1/checkout/sessions")
    with pytest.raises(StripeUnknown):
        shop.press_pay(offered)  # Stripe has a session that we do not know
    if end == "withdrawn":
        offers.withdraw(world.outside, ADMIN, offered.which, "made by mistake")
    else:
        offers.decline(world.outside, APPLICANT, offered.which)
    with pytest.raises(OfferNotOpen) as refused:
        shop.press_pay(offered)
    assert refused.value.facts == {"state": end}


def test_who_declines_while_we_die_is_not_forgotten(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world))
    fate = Fate()
    fate.watch(tables.connection().client)
    fate.arm("store", "after", 1)
    with pytest.raises(Died):
        offers.decline(world.outside, APPLICANT, offered.which)
    tasks: list[Task] = reads.under(tables.Circle, "task#open")
    assert [task.code for task in tasks] == ["offer_to_make"]
    assert application_of(offered).state == "accepted"


class HastyClock(Clock):
    """A clock that lets something happen when it is looked at for the n-th time."""

    def __init__(self, clock: Clock, count: int, happens: Any) -> None:
        super().__init__(clock.at)
        self.count, self.happens = count, happens

    def now(self) -> Any:
        self.count -= 1
        if self.count == 0:
            self.happens()
        return super().now()


def test_a_hold_that_is_extended_while_the_sweep_looks_at_it_is_kept(
    world: World, shop: Shop
) -> None:
    offered = shop.offer(a_recruiting_term(world))
    row = shop.offer_row(offered)
    longer = row.hold_until + timedelta(days=14)

    def money_is_on_its_way() -> None:
        commit(Change.of(Update(row, {"hold_until": longer}, when=(as_held(row),))))

    world.clock.at = row.hold_until
    world.outside.clock = HastyClock(world.clock, 1, money_is_on_its_way)
    assert not offers.expire(world.outside, offered.which)
    world.outside.clock = world.clock
    assert (shop.offer_row(offered).state, shop.offer_row(offered).hold_until) == ("open", longer)


# Late money


def test_late_money_while_a_second_offer_stands_goes_back_and_leaves_that_offer_alone(
    world: World, shop: Shop
) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world)
    first = shop.offer(whole)
    session_id = a_debit_that_takes_weeks(shop, first)
    second = shop.offer_to(application_of(first))
    shop.fake.settle_delayed(session_id, ok=True)
    assert set(shop.fake.deliver_all()) == {200}
    assert [one.cause for one in shop.refunds(first)] == ["late_money"]
    now = application_of(first)
    assert (now.state, now.offer_id) == ("accepted", second.offer_id)
    shop.pay(second)
    shop.settle_down()
    (member,) = shop.roster(whole)
    assert member.offer_id == second.offer_id


@pytest.mark.parametrize("moved", ["declined", "not_now"])
def test_late_money_seats_nobody_whose_application_has_ended(
    world: World, shop: Shop, moved: str
) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = a_debit_that_takes_weeks(shop, offered)
    screening.decide(world.outside, ADMIN, offered.application_id, moved, "other")
    shop.fake.settle_delayed(session_id, ok=True)
    shop.settle_down()
    assert shop.roster(whole) == []
    assert [one.state for one in shop.refunds(offered)] == ["succeeded"]
    assert application_of(offered).state == moved


def test_late_money_waits_while_refunds_are_switched_off(world: World, shop: Shop) -> None:
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world, capacity=1)
    offered = shop.offer(whole)
    session_id = a_debit_that_takes_weeks(shop, offered)
    shop.offer(whole, "Saffron Umbrella")
    switch(refunds=False)
    shop.fake.settle_delayed(session_id, ok=True)
    shop.settle_down()
    assert [one.state for one in shop.refunds(offered)] == ["requested"]
    shop.prove()
    switch(refunds=True)
    shop.settle_down()
    assert [one.state for one in shop.refunds(offered)] == ["succeeded"]


def test_the_second_and_the_third_payment_both_go_back(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world))
    sessions = []
    for _ in range(3):
        sessions.append(shop.begin(offered))
        world.clock.move(minutes=58, seconds=30)
    for session_id in sessions[1:]:  # the first has run out
        assert session_id != sessions[0]
    last = shop.begin(offered)
    for session_id in {sessions[-1], last}:
        shop.fake.pay(session_id)
    shop.settle_down()
    outcomes = sorted(one.outcome for one in shop.debt(offered).payments if one.outcome)
    assert outcomes == ["seat", "surplus"]


def test_money_for_an_offer_that_was_refunded_goes_back_too(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    first = shop.begin(offered)
    world.clock.move(minutes=58, seconds=30)
    second = shop.begin(offered)
    shop.fake.pay(first)
    shop.fake.pay(second)
    told = [one for one in shop.fake.outgoing if one["type"] == "checkout.session.completed"]
    shop.fake.deliver(told[0]["id"])
    seated = next(one for one in shop.debt(offered).payments if one.outcome == "seat")
    giving_back.request(world.outside, ADMIN, seated.obligation_id, Wish(reason="moved"))
    shop.settle_down()  # only now do we hear of the other one
    assert sorted(one.state for one in shop.refunds(offered)) == ["succeeded", "succeeded"]
    assert (shop.term(whole).occupied, shop.term(whole).taken) == (0, 0)


# A place without a price


def test_who_was_refunded_can_come_back_to_a_place_without_a_price(
    world: World, shop: Shop
) -> None:
    whole = a_recruiting_term(world)
    paid = shop.offer(whole)
    shop.pay(paid)
    shop.settle_down()
    one = shop.payment(paid)
    giving_back.request(world.outside, ADMIN, one.obligation_id, Wish(reason="moved"))
    commit(Change.of(Update(shop.term(whole), {"price_minor": 0})))
    again = shop.offer_to(application_of(paid))
    assert shop.press_pay(again) == f"/offers/{again.token}/paid"
    (member,) = shop.roster(whole)
    assert (member.state, member.offer_id) == ("active", again.offer_id)


def test_who_sits_already_takes_no_second_seat_for_nothing(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world, price_minor=0)
    shop.press_pay(shop.offer(whole))
    twin = shop.offer(whole)  # the same address once more
    with pytest.raises(EnrolmentExists):
        shop.press_pay(twin)
    assert shop.term(whole).taken == 1


def test_an_old_session_of_a_dearer_offer_buys_nothing_once_the_place_is_free(
    world: World, shop: Shop
) -> None:
    whole = a_recruiting_term(world)
    dear = shop.offer(whole)
    session_id = shop.begin(dear)
    offers.withdraw(world.outside, ADMIN, dear.which, "the price has changed")
    commit(Change.of(Update(shop.term(whole), {"price_minor": 0})))
    free = shop.offer_to(application_of(dear))
    shop.press_pay(free)
    shop.fake.pay(session_id)
    shop.settle_down()
    assert [one.state for one in shop.refunds(dear)] == ["succeeded"]
    assert (shop.term(whole).occupied, shop.term(whole).taken) == (1, 1)


# Money by hand


def test_who_comes_back_by_hand_waits_for_the_agreement_by_a_declared_move(
    world: World, shop: Shop
) -> None:
    """The state was checked as if the seat became active, and another one was written."""
    whole = a_recruiting_term(world)
    first = proven(shop, shop.offer(whole))
    pay_by_hand(shop, first, "LANTERN 1")
    debt_id = shop.offer_row(first).obligation_id
    giving_back.request(world.outside, ADMIN, debt_id, Wish(reason="moved"))
    (row,) = shop.refunds(first)
    refunds_by_hand.pay(world.outside, ADMIN, debt_id, row.refund_id, "BACK 1", world.now.date())
    again = shop.offer_to(application_of(first))
    pay_by_hand(shop, again, "LANTERN 2")
    (member,) = shop.roster(whole)
    assert (member.state, member.offer_id) == ("awaiting_agreement", again.offer_id)
    assert "awaiting_agreement" in MOVES["enrolment"]["cancelled"]


def pay_by_hand(shop: Shop, offered: Offered, reference: str) -> None:
    receipt_id = came(shop.world, reference=reference)
    proposed(shop.world, receipt_id, shop.offer_row(offered).obligation_id)
    confirmed(shop.world, receipt_id)


# Refunds


@pytest.mark.parametrize("pause", [{"minutes": 5}, {"days": 3}])  # Stripe forgets keys
def test_a_refund_that_we_did_not_live_to_write_down_is_made_once(
    world: World, shop: Shop, pause: dict[str, float]
) -> None:
    offered = shop.offer(a_recruiting_term(world))
    shop.pay(offered)
    shop.settle_down()
    one = shop.payment(offered)
    giving_back.request(world.outside, ADMIN, one.obligation_id, Wish(reason="moved"))
    fate = Fate()
    world.outside.stripe = Watched(shop.gateway, "stripe", fate)
    fate.arm("stripe", "after", 1)
    with pytest.raises(Died):
        jobs.send_refunds({}, None)
    drop_all(shop)
    world.clock.move(**pause)
    shop.work()
    assert len(shop.fake.objects("refund")) == 1
    assert [row.state for row in shop.refunds(offered)] == ["succeeded"]


def test_a_refund_stripe_will_not_show_keeps_no_other_waiting(world: World, shop: Shop) -> None:
    whole = a_recruiting_term(world)
    first, second = shop.offer(whole, "Ludo Featherstone"), shop.offer(whole, "Otis Wheelbarrow")
    for offered in (first, second):
        shop.pay(offered)
    shop.settle_down()
    shop.fake.next_refund("pending")
    ask_for_refund(shop, first)
    jobs.send_refunds({}, None)
    drop_all(shop)
    world.clock.move(days=2)
    ask_for_refund(shop, second)
    shop.fake.fail_next("GET /v1/refunds/", 500)
    jobs.send_refunds({}, None)
    assert [row.state for row in shop.refunds(second)] == ["succeeded"]


def ask_for_refund(shop: Shop, offered: Offered) -> None:
    one = shop.payment(offered)
    giving_back.request(shop.world.outside, ADMIN, one.obligation_id, Wish(reason="moved"))


# What Stripe tells of refunds made there, and of payouts


def test_a_refund_that_is_told_before_its_payment_is_told_again(world: World, shop: Shop) -> None:
    """It was "not ours" then, and forgotten until the night."""
    offered = shop.offer(a_recruiting_term(world))
    shop.pay(offered)
    shop.fake.dashboard_refund(str(shop.fake.objects("payment_intent")[0]["id"]), 6000)
    told = [one for one in shop.fake.outgoing if one["type"] == "refund.created"]
    assert shop.fake.deliver(told[0]["id"]) == [503]
    shop.hear_all()
    assert [one.amount_minor for one in shop.refunds(offered)] == [6000]


def test_a_refund_that_came_back_before_we_heard_of_it_is_explained(
    world: World, shop: Shop
) -> None:
    """Nobody got anything, so the debt stays; both movements were unexplained for ever."""
    offered = shop.offer(a_recruiting_term(world))
    shop.pay(offered)
    shop.settle_down()
    made = shop.fake.dashboard_refund(str(shop.payment(offered).intent_id), 6000)
    shop.fake.fail_refund(made["id"])
    world.clock.move(hours=2)
    shop.hear_all()
    assert reconcile(world.outside)["unexplained_minor"] == 0
    assert shop.refunds(offered) == []
    assert shop.debt(offered).obligation.refunded_minor == 0


def test_a_payout_that_carries_one_that_came_back_is_explained(world: World, shop: Shop) -> None:
    shop.pay(shop.offer(a_recruiting_term(world)))
    shop.settle_down()
    world.clock.move(days=4)
    shop.fake.fail_payout(shop.fake.pay_out()["id"])
    again = shop.fake.pay_out()
    reconcile(world.outside)
    payouts = {one.payout_id: one for one in reconciling.show(world.outside)["payouts"]}
    assert payouts[again["id"]].lines == 1
    assert payouts[again["id"]].unexplained_minor == 0


def test_a_refund_of_everything_at_stripe_answers_a_warning_of_fraud(
    world: World, shop: Shop
) -> None:
    """The other way round nothing was asked at all."""
    offered = shop.offer(a_recruiting_term(world))
    shop.pay(offered)
    shop.settle_down()
    intent_id = str(shop.payment(offered).intent_id)
    shop.fake.warn_of_fraud(intent_id)
    shop.hear_all()
    for amount, asked in ((6000, True), (15600, False)):
        shop.fake.dashboard_refund(intent_id, amount)
        shop.hear_all()
        tasks: list[Task] = reads.under(tables.Circle, "task#open", "fraud_warning#")
        assert bool(tasks) is asked


# Death

MOMENTS = [(moment, call) for moment in ("before", "after") for call in (1, 2, 3)]


def fated(world: World, shop: Shop) -> Fate:
    """The shop under a fate that watches store and Stripe."""
    fate = Fate()
    fate.watch(tables.connection().client)
    world.outside.stripe = Watched(shop.gateway, "stripe", fate)
    return fate


def until_death(act: Callable[[], object]) -> None:
    with contextlib.suppress(Died):
        act()


@pytest.mark.parametrize(("moment", "call"), MOMENTS)
def test_wherever_we_die_in_settling_the_next_delivery_heals_it(
    world: World, shop: Shop, moment: str, call: int
) -> None:
    whole = a_recruiting_term(world)
    offered = shop.offer(whole)
    session_id = shop.pay(offered)
    fate = fated(world, shop)
    fate.arm("store", moment, call)
    until_death(shop.hear_all)
    fate.clear()
    shop.prove(with_stripe=False)
    counted = reads.get(Marker, f"{session_id}#paid") is not None
    assert counted == (shop.payment(offered).state == "paid")
    shop.hear_all()
    assert shop.payment(offered).state == "paid"
    assert len(shop.roster(whole)) == len(shop.mails("receipt")) == 1


@pytest.mark.parametrize(("moment", "call"), MOMENTS)
def test_stripe_is_asked_only_about_an_intent_that_stands(
    world: World, shop: Shop, moment: str, call: int
) -> None:
    offered = shop.offer(a_recruiting_term(world))
    fate = fated(world, shop)
    fate.arm("store", moment, call)
    until_death(lambda: shop.press_pay(offered))
    fate.clear()
    ours = {one.payment_id for one in shop.debt(offered).payments}
    asked = {one["client_reference_id"] for one in shop.fake.objects("checkout.session")}
    assert asked <= ours
    shop.pay(offered)
    assert len(shop.debt(offered).payments) == 1


@pytest.mark.parametrize(("moment", "call"), MOMENTS)
def test_a_letter_leaves_only_under_a_claim_that_stands(
    world: World, shop: Shop, moment: str, call: int
) -> None:
    shop.offer(a_recruiting_term(world))
    fate = fated(world, shop)
    fate.arm("store", moment, call)
    until_death(lambda: jobs.send_mails({}, None))
    fate.clear()
    tries = {one.message_key: one.attempts for one in shop.mails()}
    left = Counter(letter.reference for letter in world.postbox.letters)
    assert all(times <= tries[key] for key, times in left.items())


# The clock's work


class Meanwhile:
    """A Stripe that takes its time: something happens before its answer is there."""

    def __init__(self, real: Any, happens: Any) -> None:
        self._real, self._happens = real, happens

    def open_checkout(self, *asked: Any) -> Checkout:
        answer: Checkout = self._real.open_checkout(*asked)
        happens, self._happens = self._happens, lambda: None
        happens()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_session_of_an_intent_that_was_given_up_meanwhile_is_nobodys(
    world: World, shop: Shop
) -> None:
    offered = shop.offer(a_recruiting_term(world))

    def given_up() -> None:
        world.clock.move(minutes=26)
        checkout.look_again(world.outside, shop.payment(offered))

    world.outside.stripe = Meanwhile(shop.gateway, given_up)
    session_id = shop.begin(offered)
    states = {one.checkout_id: one.state for one in shop.debt(offered).payments}
    assert states == {None: "failed", session_id: "pending"}
    world.clock.move(hours=2)
    shop.work()
    assert payments.due(world.outside) == []


def test_one_broken_payment_keeps_no_other_waiting(
    world: World, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    whole = a_recruiting_term(world)
    broken, well = shop.offer(whole, "Ludo Featherstone"), shop.offer(whole, "Otis Wheelbarrow")
    for offered in (broken, well):
        shop.pay(offered)
    drop_all(shop)
    row = shop.payment(broken)
    commit(Change.of(Update(row, {"person_id": None})))
    world.clock.move(hours=2)
    with caplog.at_level(logging.CRITICAL), pytest.raises(JobFailed):
        jobs.tick({}, None)
    assert [one.full_name for one in shop.roster(whole)] == ["Otis Wheelbarrow"]
    mended = shop.payment(broken)
    commit(Change.of(Update(mended, {"person_id": row.person_id})))
    shop.settle_down()
    assert len(shop.roster(whole)) == 2


def test_a_slow_bank_is_not_asked_every_ten_minutes(world: World, shop: Shop) -> None:
    a_circle(world, bank_debit=True)
    offered = shop.offer(a_recruiting_term(world), days=14)
    session_id = shop.begin(offered)
    shop.fake.pay_delayed(session_id)
    shop.hear_all()
    before = len(shop.fake.exchanges)
    for _ in range(24):
        world.clock.move(hours=1)
        jobs.tick({}, None)
    assert len(shop.fake.exchanges) - before <= 6
    shop.fake.settle_delayed(session_id, ok=True)


def test_the_night_cries_no_wolf_while_a_fee_is_not_booked(world: World, shop: Shop) -> None:
    offered = shop.offer(a_recruiting_term(world))
    shop.pay(offered)
    shop.hear_all()
    assert shop.payment(offered).fee_minor is None
    assert books.check(world.outside)["findings"] == 0


def test_no_seat_is_sold_below_what_is_taken(world: World, shop: Shop) -> None:
    """Capacity that was lowered by hand under the seats there are: nobody new comes in."""
    a_circle(world, bank_debit=True)
    whole = a_recruiting_term(world, capacity=3)
    late = shop.offer(whole, "Ludo Featherstone")
    session_id = a_debit_that_takes_weeks(shop, late)
    for name in ("Otis Wheelbarrow", "Saffron Umbrella"):
        shop.pay(shop.offer(whole, name))
    shop.hear_all()
    term: Term = shop.term(whole)
    commit(Change.of(Update(term, {"capacity": 1})))
    shop.fake.settle_delayed(session_id, ok=True)
    shop.settle_down()
    assert [one.cause for one in shop.refunds(late)] == ["late_money"]
    assert shop.term(whole).taken == 2


def switch(**values: bool) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, values)))
