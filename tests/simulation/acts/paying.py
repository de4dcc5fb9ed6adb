"""Paying at Stripe: for an offer, or for a later part of a price."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.flows.money import checkout
from chalicelib.handlers import jobs
from chalicelib.rules.links import personal_link
from chalicelib.rules.money import wishes
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.payments import Obligation
from local.fake_stripe.payments import GOOD_CARD, REFUND_FAILING_CARD, REFUND_PENDING_CARD
from local.fake_stripe.refusals import Refused
from tests.simulation.acts.act import NOBODY, PAYER

if TYPE_CHECKING:
    from tests.simulation.story import Story

DECLINED_CARD = "4000000000000002"


def press_pay(story: Story) -> str:
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    before = story.shop.offer_row(offered)
    url = story.shop.press_pay(offered)
    state = story.shop.offer_row(offered).state
    takes_now = url.endswith("/paid") and state == "taken"  # nothing is due now
    assert state == "open" or takes_now, f"an offer that was {before.state} leads to {url}"
    return url


def press_anew(story: Story) -> str:
    """Press Pay when the last session has run out: Stripe is asked for a new one."""
    story.world.clock.move(minutes=61)
    return press_pay(story)


def take_a_place(story: Story) -> str:
    """An offer that is open is paid at once, and Stripe's word arrives."""
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    url = story.shop.press_pay(offered)
    if url.endswith("/paid"):
        return "paid later"
    word = by(lambda: story.shop.fake.pay(story.shop.session_of(url)))
    story.shop.fake.deliver_all()
    return word


def two_tabs(story: Story) -> str:
    """A second session for the same debt, begun when the first is about to end; both are paid."""
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    first = story.shop.begin(offered)
    story.world.clock.move(minutes=58, seconds=30)
    second = story.shop.begin(offered)
    paid = [by(lambda: story.shop.fake.pay(first))]
    if first != second:
        paid.append(by(lambda: story.shop.fake.pay(second)))
    return " ".join(paid)


def pay(story: Story) -> str:
    card = story.random.choice((GOOD_CARD, GOOD_CARD, REFUND_PENDING_CARD, REFUND_FAILING_CARD))
    session = story.pick(story.sessions("open"))
    return by(lambda: story.shop.fake.pay(session["id"], card)) if session else NOBODY


def pay_with_a_declined_card(story: Story) -> str:
    session = story.pick(story.sessions("open"))
    if session is None:
        return NOBODY
    return by(lambda: story.shop.fake.pay(session["id"], DECLINED_CARD))


def pay_by_debit(story: Story) -> str:
    slow = [one for one in story.sessions("open") if "bacs_debit" in one["payment_method_types"]]
    session = story.pick(slow)
    return by(lambda: story.shop.fake.pay_delayed(session["id"])) if session else NOBODY


def the_bank_answers(story: Story) -> str:
    session = story.pick(story.slow_sessions())
    if session is None:
        return NOBODY
    story.shop.fake.settle_delayed(session["id"], ok=story.random.random() < 0.6)
    return str(session["payment_status"])


def by(paying: Callable[[], Any]) -> str:
    """How Stripe answers the payer."""
    try:
        return str(paying()["status"])
    except Refused as refused:
        return str(refused.status)


def a_slow_bank(story: Story) -> str:
    """A debit that takes longer than the seat waits for it."""
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    session_id = story.shop.begin(offered)
    word = by(lambda: story.shop.fake.pay_delayed(session_id))
    story.shop.fake.deliver_all()
    story.world.clock.move(days=15)
    jobs.tick({}, None)
    if word == "pending" and story.random.random() < 0.7:
        story.shop.fake.settle_delayed(session_id, ok=True)
        story.shop.fake.deliver_all()
    return word


def come_back(story: Story) -> str:
    """The return page, with a session of whoever's."""
    offered, session = story.pick(story.offered), story.pick(story.sessions())
    if offered is None or session is None:
        return NOBODY
    answer = story.shop.browser.get(f"/offers/{offered.token}/paid?session={session['id']}")
    assert answer.status in (200, 503), answer.text
    return str(answer.status)


# Later parts


def press_part(story: Story) -> str:
    """Pay is pressed on the page of a debt of which something is left."""
    debt = story.pick([one for one in story.billed() if one.outstanding_minor > 0])
    return _press(story, debt) if debt else NOBODY


def pay_a_part(story: Story) -> str:
    """The same, and paid; with two parts open in two tabs more than is owed can come."""
    debt = story.pick([one for one in story.billed() if one.outstanding_minor > 0])
    if debt is None:
        return NOBODY
    url = _press(story, debt)
    return by(lambda: story.shop.fake.pay(story.shop.session_of(url)))


def _press(story: Story, debt: Obligation) -> str:
    keys = story.outside.places.link_keys
    wish = wishes.DebtWish(
        obligation_id=debt.obligation_id,
        token=personal_link(keys, "debt", debt.obligation_id, 1),
        all_of_it=story.random.random() < 0.3,
    )
    return checkout.pay_debt(story.outside, PAYER, wish)


def a_part_falls_due(story: Story) -> str:
    """The clock comes to the next part that it asks for."""
    asked = [one for one in story.rows(Instalment) if one.state == "due" and one.chase_at]
    if not asked:
        return NOBODY
    at = min(one.chase_at for one in asked if one.chase_at)
    story.world.clock.at = max(story.world.now, at)
    story.shop.fake.expire_due()
    return str(jobs.tick({}, None)["instalments"])


def a_part_is_missed(story: Story) -> str:
    """Nobody pays, however often the clock asks: a person is called."""
    words = [a_part_falls_due(story) for _ in range(4)]
    return NOBODY if NOBODY in words[:1] else " ".join(words)
