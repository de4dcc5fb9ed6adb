"""What people, banks, Stripe and the clock can do in a story, each as one function of the story.

Every act answers a word for the trace. Refusals and trouble are answers as well: story.py takes
them. What does not live here: which act comes next (story.py), what must hold (invariants.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.flows.joining import offers, screening
from chalicelib.flows.money import checkout, payments
from chalicelib.flows.returning import giving_back
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.flows.running import terms
from chalicelib.handlers import jobs
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.money.payments import Payment
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads
from chalicelib.store.commit import commit
from local.fake_stripe.payments import GOOD_CARD, REFUND_FAILING_CARD, REFUND_PENDING_CARD
from local.fake_stripe.refusals import Refused
from tests.shop import ADMIN

if TYPE_CHECKING:
    from tests.simulation.story import Story

Act = Callable[["Story"], str]
PEOPLE = ("Pip Buttonwood", "Otis Wheelbarrow", "Saffron Umbrella", "Ludo Featherstone")
DECLINED_CARD = "4000000000000002"
NOBODY = "nobody"
PLACES = ("store", "stripe", "mailer")  # where we can die


# The circle


def make_offer(story: Story) -> str:
    waiting = [one for one in story.applications() if one.state == "accepted" and not one.offer_id]
    if len(story.applications()) < len(PEOPLE):
        name = PEOPLE[len(story.applications())]
        waiting.append(story.shop.application(story.whole, name))
    if not waiting:
        return NOBODY
    one = story.random.choice(waiting)
    offered = story.shop.offer_to(one, story.random.choice((3, 7, 14)))
    story.offered.append(offered)
    return one.full_name


def withdraw(story: Story) -> str:
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    if story.random.random() < 0.5:  # as the desk does it; else as if Stripe had not been asked
        _close_first(story, offered)
    offers.withdraw(story.outside, ADMIN, offered.which, "made by mistake")
    return "withdrawn"


def decline(story: Story) -> str:
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    if story.random.random() < 0.5:
        _close_first(story, offered)
    offers.decline(story.outside, ADMIN, offered.which)
    return "declined"


def _close_first(story: Story, offered: Any) -> None:
    for session in checkout.close_sessions(story.outside, story.shop.offer_row(offered)):
        payments.settle(story.outside, session)


def join_waitlist(story: Story) -> str:
    offered = story.pick(story.offered)
    if offered is None:
        return NOBODY
    offers.join_waitlist(story.outside, ADMIN, offered.which)
    return "waits"


def decide(story: Story) -> str:
    """An accepted or waiting application goes another way."""
    one: Application | None = story.pick(story.applications())
    if one is None:
        return NOBODY
    decision = story.random.choice(("accepted", "accepted", "waitlisted", "declined"))
    screening.decide(story.outside, ADMIN, one.application_id, decision, "other")
    return decision


def refund(story: Story) -> str:
    paid = [one for one in story.rows(Payment) if one.state == "paid"]
    one = story.pick(paid)
    if one is None:
        return NOBODY
    giving_back.request(story.outside, ADMIN, one.obligation_id, Wish(reason="moved abroad"))
    return "asked for"


def change_capacity(story: Story) -> str:
    capacity = story.random.randint(1, 4)
    ids = (story.whole.group.group_id, story.whole.term.term_id)
    terms.change_places(story.outside, ADMIN, *ids, {"capacity": capacity})
    return str(capacity)


def flip_a_switch(story: Story) -> str:
    switch = story.random.choice(("selling", "refunds", "mail", "bank_debit"))
    circle = reads.get(CircleSettings, "settings", "circle")
    assert circle is not None
    commit(Change.of(Update(circle, {switch: not getattr(circle, switch)})))
    return switch


# The applicant


def press_pay(story: Story) -> str:
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    url = story.shop.press_pay(offered)
    state = story.shop.offer_row(offered).state
    assert state == "open", f"an offer that is {state} leads to {url}"
    return url


def two_tabs(story: Story) -> str:
    """A second session for the same debt, begun when the first is about to end; both are paid."""
    offered = story.an_offer()
    if offered is None:
        return NOBODY
    first = story.shop.begin(offered)
    story.world.clock.move(minutes=58, seconds=30)
    second = story.shop.begin(offered)
    paid = [_by(story, lambda: story.shop.fake.pay(first))]
    if first != second:
        paid.append(_by(story, lambda: story.shop.fake.pay(second)))
    return " ".join(paid)


def pay(story: Story) -> str:
    card = story.random.choice((GOOD_CARD, GOOD_CARD, REFUND_PENDING_CARD, REFUND_FAILING_CARD))
    session = story.pick(story.sessions("open"))
    return _by(story, lambda: story.shop.fake.pay(session["id"], card)) if session else NOBODY


def pay_with_a_declined_card(story: Story) -> str:
    session = story.pick(story.sessions("open"))
    if session is None:
        return NOBODY
    return _by(story, lambda: story.shop.fake.pay(session["id"], DECLINED_CARD))


def pay_by_debit(story: Story) -> str:
    slow = [one for one in story.sessions("open") if "bacs_debit" in one["payment_method_types"]]
    session = story.pick(slow)
    return _by(story, lambda: story.shop.fake.pay_delayed(session["id"])) if session else NOBODY


def the_bank_answers(story: Story) -> str:
    session = story.pick(story.slow_sessions())
    if session is None:
        return NOBODY
    story.shop.fake.settle_delayed(session["id"], ok=story.random.random() < 0.6)
    return str(session["payment_status"])


def _by(story: Story, paying: Callable[[], Any]) -> str:
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
    word = _by(story, lambda: story.shop.fake.pay_delayed(session_id))
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


# Stripe's events


def deliver(story: Story) -> str:
    """Any event that waits: they come in any order."""
    return _deliver(story, story.pick(story.shop.fake.outgoing))


def deliver_all(story: Story) -> str:
    return " ".join(map(str, story.shop.fake.deliver_all()))


def deliver_twice(story: Story) -> str:
    return _deliver(story, story.pick(story.shop.fake.outgoing), 2)


def resend(story: Story) -> str:
    """One that has arrived, or was lost, comes (again), maybe weeks late."""
    return _deliver(story, story.pick(story.shop.fake.events))


def lose_events(story: Story) -> str:
    """A whole run of events never arrives."""
    for event in list(story.shop.fake.outgoing)[: story.random.randint(1, 6)]:
        story.shop.fake.drop(event["id"])
    return "lost"


def _deliver(story: Story, event: dict[str, Any] | None, times: int = 1) -> str:
    if event is None:
        return NOBODY
    statuses = story.shop.fake.deliver(event["id"], times)
    return f"{event['type']} {statuses}"


def a_refund_fails(story: Story) -> str:
    alive = [one for one in story.shop.fake.objects("refund") if one["status"] != "failed"]
    one = story.pick(alive)
    return str(story.shop.fake.fail_refund(one["id"])["status"]) if one else NOBODY


# The clock


def tick(story: Story) -> str:
    return str(jobs.tick({}, None))


def send_refunds(story: Story) -> str:
    return str(jobs.send_refunds({}, None))


def send_mails(story: Story) -> str:
    return str(jobs.send_mails({}, None))


def minutes_pass(story: Story) -> str:
    return _later(story, minutes=story.random.choice((1, 4, 20, 26, 61, 75)))


def days_pass(story: Story) -> str:
    return _later(story, hours=story.random.choice((7, 25, 60, 24 * 5, 24 * 9)))


def weeks_pass(story: Story) -> str:
    return _later(story, days=story.random.choice((14, 15, 31)))


def _later(story: Story, **parts: float) -> str:
    story.world.clock.move(**parts)
    story.shop.fake.expire_due()
    return str(parts)


# What goes wrong outside


def stripe_falters(story: Story) -> str:
    part = story.random.choice(("POST /v1/checkout/sessions", "POST /v1/refunds", "/v1/"))
    kind = story.turn("stripe", ("lost reply", "lost request", "500", "409", "429"))
    fake, times = story.shop.fake, story.random.randint(1, 3)
    if kind == "lost reply":
        fake.lose_next_reply(part, times)
    elif kind == "lost request":
        fake.lose_next_request(part, times)
    else:
        fake.fail_next(part, int(kind), times, stored=kind == "500")
    story.stormy = True
    return f"{kind} {part}, {_ask_stripe(story)}"


def _ask_stripe(story: Story) -> str:
    """Something that speaks with Stripe, if there is anything to say."""
    act: Act = story.random.choice((press_anew, press_anew, send_refunds, book_fees))
    return f"{act.__name__}: {story.answer_of(act)}"


def press_anew(story: Story) -> str:
    """Press Pay when the last session has run out: Stripe is asked for a new one."""
    story.world.clock.move(minutes=61)
    return press_pay(story)


def book_fees(story: Story) -> str:
    story.world.clock.move(minutes=3)
    return tick(story)


def the_store_falters(story: Story) -> str:
    kind = story.turn("store", ("reply", "request", "TransactionConflict", "InternalServerError"))
    times = story.random.choice((1, 1, 2, 4))
    if kind == "reply":
        story.faults.lose_replies(times=times)
    elif kind == "request":
        story.faults.lose_requests(times=times)
    else:
        story.faults.answer(kind, times=times)
    story.stormy = True
    return kind


def mail_falters(story: Story) -> str:
    if story.random.random() < 0.5:
        story.world.postbox.refuse_next += 1
        return "refuse"
    story.world.postbox.lose_next_reply += 1
    return "lost reply"


def die_soon(story: Story) -> str:
    places = [(place, moment) for place in PLACES for moment in ("before", "after")]
    place, moment = story.turn("death", places)
    story.fate.arm(place, moment, story.random.randint(1, 2))
    story.stormy = True
    return f"{moment} {place}, {_ask_stripe(story)}"


def all_is_well(story: Story) -> str:
    story.faults.stop()
    story.fate.clear()
    story.shop.fake.clear_faults()
    story.stormy = False
    return "well"


# How often each act is picked, in a quiet circle; a theme makes some of them frequent.
USUAL: dict[Act, int] = {
    make_offer: 8, press_pay: 12, pay: 10, pay_with_a_declined_card: 2, pay_by_debit: 3,
    the_bank_answers: 3, a_slow_bank: 1, come_back: 4, two_tabs: 2,
    withdraw: 2, decline: 1, join_waitlist: 1, decide: 2, refund: 3, change_capacity: 2,
    flip_a_switch: 1,
    deliver: 8, deliver_all: 3, deliver_twice: 2, resend: 3, lose_events: 2, a_refund_fails: 3,
    tick: 6, send_refunds: 4, send_mails: 2, minutes_pass: 6, days_pass: 3, weeks_pass: 1,
    stripe_falters: 4, the_store_falters: 3, mail_falters: 1, die_soon: 5, all_is_well: 3,
}  # fmt: skip
