"""Somebody leaves a term: what comes back, whose place is free, who is told, and not why (M2)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.errors import DisputeOpen, InvalidForm, StateChanged, SwitchedOff
from chalicelib.flows.money import checkout
from chalicelib.flows.returning import giving_back, leaving
from chalicelib.rules.changes import Caller, Change, Create, Update
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.money import wishes
from chalicelib.rules.money.payments import Payment
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.returning.leaving import Wish
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.running import groups
from tests.mail_samples import sample
from tests.shop import ADMIN, Offered, Shop
from tests.stories import LEADERS, a_recruiting_term
from tests.world import World

PIP = "pip.buttonwood@example.org"


@pytest.fixture
def whole(world: World) -> WholeTerm:
    return a_recruiting_term(world)


@pytest.fixture
def paid(shop: Shop, whole: WholeTerm) -> Offered:
    """A seat that was paid for on 21 November; the first session is on 14 January."""
    offered = shop.offer(whole)
    shop.pay(offered)
    shop.settle_down()
    return offered


def leave(shop: Shop, offered: Offered, way: str = "policy", told: date | None = None) -> None:
    outside, obligation_id = shop.world.outside, shop.offer_row(offered).obligation_id
    shown = leaving.show(outside, obligation_id, told)
    assert shown
    wish = Wish(way=way, told_on=shown.told_on, reason="" if way == "policy" else "a hard year")
    leaving.leave(outside, ADMIN, obligation_id, wish, shown.promise)


def it_is(shop: Shop, day: date) -> None:
    shop.world.clock.move(days=(day - shop.world.now.date()).days)


def hold(whole: WholeTerm, number: int) -> None:
    """The register of a session says that it was held, and its fee is earned. Nobody has a seat
    in these stories when it does, or the books would want their entry."""
    found = groups.whole_term(whole.group.group_id, whole.term.term_id)
    assert found is not None
    commit(Change.of(Update(found.sessions[number - 1], {"state": "held"})))


@pytest.mark.parametrize(
    ("day", "back", "cause", "why"),
    [
        (date(2026, 12, 5), 21600, "cooling_off", "cooling_off"),
        (date(2026, 12, 6), 21600, "policy", "early"),
        (date(2026, 12, 17), 21600, "policy", "early"),
        (date(2026, 12, 18), 19440, "policy", "before_start"),
        (date(2027, 1, 14), 19440, "policy", "before_start"),
        (date(2027, 1, 15), 0, "policy", "begun"),
    ],
)
def test_a_leaver_gets_what_the_policy_gives_on_that_day(
    shop: Shop, whole: WholeTerm, paid: Offered, day: date, back: int, cause: str, why: str
) -> None:
    it_is(shop, day)
    leave(shop, paid)
    debt = shop.debt(paid)
    (release,) = debt.releases
    assert (release.refund_minor, release.cause, release.why) == (back, cause, why)
    assert sum(debt.obligation.shares.values()) == 21600 - back
    assert [one.state for one in shop.roster(whole)] == ["left"]
    assert (shop.term(whole).occupied, shop.term(whole).taken) == (0, 0)
    shop.work()
    assert sum(one.amount_minor for one in shop.refunds(paid)) == back
    assert {one.state for one in shop.refunds(paid)} <= {"succeeded"}


def test_the_day_they_told_us_counts(shop: Shop, paid: Offered) -> None:
    it_is(shop, date(2027, 1, 20))
    leave(shop, paid, told=date(2027, 1, 13))
    assert [one.amount_minor for one in shop.refunds(paid)] == [19440]


def test_a_day_that_cannot_be_is_today(shop: Shop, paid: Offered) -> None:
    obligation_id = shop.offer_row(paid).obligation_id
    for told in (date(2026, 11, 20), date(2026, 11, 22)):
        shown = leaving.show(shop.world.outside, obligation_id, told)
        assert shown
        assert shown.told_on == shown.today == date(2026, 11, 21)
        wish = Wish(way="policy", told_on=told)
        with pytest.raises(StateChanged):
            leaving.leave(shop.world.outside, ADMIN, obligation_id, wish, shown.promise)


def test_the_policy_of_the_sale_holds(shop: Shop, paid: Offered) -> None:
    obligation = shop.debt(paid).obligation
    assert obligation.policy == {
        "days_full": 28, "keep_max_minor": 2500, "keep_bp": 1000, "cooling_off_days": 14,
    }  # fmt: skip
    commit(Change.of(Update(obligation, {"policy": {**obligation.policy, "days_full": 5}})))
    it_is(shop, date(2027, 1, 9))
    leave(shop, paid)
    assert [one.amount_minor for one in shop.refunds(paid)] == [21600]


def test_hardship_gives_the_sessions_not_used(shop: Shop, paid: Offered) -> None:
    it_is(shop, date(2027, 1, 15))  # one of six has been
    leave(shop, paid, "hardship")
    (release,) = shop.debt(paid).releases
    assert (release.refund_minor, release.cause, release.reason) == (
        18000, "hardship", "a hard year",
    )  # fmt: skip


def test_with_nothing_back_the_fee_is_earned_as_the_sessions_are_held(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    it_is(shop, date(2027, 1, 15))
    leave(shop, paid, "nothing")
    obligation = shop.debt(paid).obligation
    assert (obligation.state, obligation.ended_at) == ("paid", shop.world.now)
    assert sum(obligation.shares.values()) == 21600
    assert shop.refunds(paid) == []
    assert [one.state for one in shop.roster(whole)] == ["left"]


def test_the_member_is_told_what_comes_back_and_the_leaders_only_that_somebody_left(
    shop: Shop, paid: Offered
) -> None:
    it_is(shop, date(2027, 1, 15))
    leave(shop, paid, "hardship")
    shop.work()
    letter = shop.world.postbox.last(PIP, "You have left Thursday Lantern Group")
    assert "£180.00 come back to you" in letter.text
    for email in LEADERS.values():
        told = shop.world.postbox.last(email, "Pip Buttonwood has left")
        assert "0 of 8 places are taken" in told.text
        for word in ("hard", "£", "refund", "fee"):
            assert word not in told.text
    assert "the place that you had" in shop.world.postbox.last(PIP, "Your refund").text


def test_the_samples_of_these_mails_have_the_facts_of_the_real_ones(
    shop: Shop, paid: Offered
) -> None:
    leave(shop, paid)
    for name in ("left_term", "member_left"):
        facts, links = sample(name)
        queued = shop.mails(name)[0]
        assert (set(queued.facts), set(queued.links)) == (set(facts), set(links)), name


def test_who_gets_nothing_is_told_so(shop: Shop, paid: Offered) -> None:
    it_is(shop, date(2027, 1, 15))
    leave(shop, paid)
    shop.work()
    letter = shop.world.postbox.last(PIP, "You have left Thursday Lantern Group")
    assert "Nothing comes back" in letter.text
    assert "If you are in hardship" in letter.text


@pytest.mark.parametrize(("tick", "back"), [(False, 18000), (True, 14400)])
def test_within_the_fourteen_days_only_the_tick_lets_us_keep_what_was_held(
    shop: Shop, whole: WholeTerm, tick: bool, back: int
) -> None:
    it_is(shop, date(2027, 1, 20))  # the first session has been: five of six are sold
    hold(whole, 1)
    offered = shop.offer(whole)
    wish = wishes.Wish(
        application_id=offered.application_id,
        offer_id=offered.offer_id,
        token=offered.token,
        start_at_once=tick,
    )
    url = checkout.pay(shop.world.outside, Caller(actor="applicant"), wish)
    shop.fake.pay(shop.session_of(url))
    shop.settle_down()
    it_is(shop, date(2027, 1, 29))  # the second session was yesterday
    leave(shop, offered)
    assert [one.amount_minor for one in shop.refunds(offered)] == [back]


def test_what_was_promised_on_the_page_is_given_or_nothing_is_done(
    shop: Shop, paid: Offered
) -> None:
    outside, obligation_id = shop.world.outside, shop.offer_row(paid).obligation_id
    it_is(shop, date(2026, 12, 17))
    shown = leaving.show(outside, obligation_id, None)
    assert shown
    it_is(shop, date(2026, 12, 18))
    wish = Wish(way="policy", told_on=date(2026, 12, 18))
    with pytest.raises(InvalidForm) as refused:
        leaving.leave(outside, ADMIN, obligation_id, wish, shown.promise)
    assert refused.value.errors == {"way": "changed"}
    assert shop.refunds(paid) == []


def test_nobody_leaves_twice(shop: Shop, paid: Offered) -> None:
    outside, obligation_id = shop.world.outside, shop.offer_row(paid).obligation_id
    shown = leaving.show(outside, obligation_id, None)
    assert shown
    leave(shop, paid)
    assert leaving.show(outside, obligation_id, None) is None
    wish = Wish(way="nothing", told_on=shown.told_on)
    with pytest.raises(StateChanged):
        leaving.leave(outside, ADMIN, obligation_id, wish, shown.promise)


def test_a_refund_by_rule_needs_no_second_person(shop: Shop, paid: Offered) -> None:
    settings(refund_limit_minor=1)
    leave(shop, paid)
    assert [one.state for one in shop.debt(paid).releases] == ["done"]


def test_with_refunds_switched_off_nobody_leaves_but_with_nothing(
    shop: Shop, paid: Offered
) -> None:
    settings(refunds=False)
    with pytest.raises(SwitchedOff):
        leave(shop, paid)
    leave(shop, paid, "nothing")
    settings(refunds=True)


def test_after_leaving_with_nothing_a_person_may_still_give_something_back(
    shop: Shop, whole: WholeTerm, paid: Offered
) -> None:
    """The seat was refilled: the sessions not used come back (D5)."""
    it_is(shop, date(2027, 1, 15))
    leave(shop, paid, "nothing")
    ended_at = shop.debt(paid).obligation.ended_at
    shop.world.clock.move(days=1)
    wish = giving_back.Wish(reason="somebody took the place", amount_minor=18000)
    obligation_id = shop.offer_row(paid).obligation_id
    giving_back.request(shop.world.outside, ADMIN, obligation_id, wish)
    assert shop.debt(paid).obligation.ended_at == ended_at
    giving_back.request(
        shop.world.outside, ADMIN, obligation_id, giving_back.Wish(reason="and the rest")
    )
    assert shop.debt(paid).obligation.ended_at == ended_at
    assert sum(one.amount_minor for one in shop.refunds(paid)) == 21600


def test_who_left_can_come_back(shop: Shop, whole: WholeTerm, paid: Offered) -> None:
    leave(shop, paid)
    again = shop.offer_to(shop.application(whole, "Pip Buttonwood"))
    shop.pay(again)
    shop.settle_down()
    (member,) = shop.roster(whole)
    assert (member.state, member.offer_id) == ("active", again.offer_id)


# A dispute


def a_dispute(shop: Shop, payment: Payment, **changed: Any) -> None:
    facts: dict[str, Any] = {
        "obligation_id": payment.obligation_id,
        "dispute_id": "dp_1",
        "payment_id": payment.payment_id,
        "state": "warning_needs_response",
        "reason": "general",
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "book": payment.book,
        "term_id": payment.term_id,
        "full_name": payment.full_name,
        "opened_at": shop.world.now,
    }
    commit(Change.of(Create(Dispute(**{**facts, **changed}))))


@pytest.mark.parametrize("state", ["needs_response", "under_review", "lost"])
def test_what_a_bank_looks_at_cannot_go_back_as_well(shop: Shop, paid: Offered, state: str) -> None:
    a_dispute(shop, shop.payment(paid), state=state)
    with pytest.raises(DisputeOpen):
        leave(shop, paid)
    obligation_id = shop.offer_row(paid).obligation_id
    for wish in (giving_back.Wish(reason="x"), giving_back.Wish(reason="x", amount_minor=1)):
        with pytest.raises(DisputeOpen):
            giving_back.request(shop.world.outside, ADMIN, obligation_id, wish)
    assert shop.refunds(paid) == []
    commit(Change.of(Update(shop.debt(paid).disputes[0], {"state": "warning_closed"})))


@pytest.mark.parametrize(
    "changed", [{}, {"state": "warning_closed"}, {"state": "won"}, {"refundable": True}]
)
def test_an_inquiry_or_what_stripe_lets_go_is_given_back(
    shop: Shop, paid: Offered, changed: dict[str, Any]
) -> None:
    a_dispute(shop, shop.payment(paid), **changed)
    leave(shop, paid)
    assert [one.amount_minor for one in shop.refunds(paid)] == [21600]


def settings(**values: Any) -> None:
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, values)))
