"""The laws of a story. `always` holds after every step, faults or not; `quiet` holds when the
faults have stopped, everything was delivered and every job has run.

The letters are those of the design: M money, S seats, B membership, E mail, L liveness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from chalicelib.rules.books.books import check_books
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.checkout import MINTS_MAX
from chalicelib.rules.money.delayed import DELAYED_HOLD, SECOND_CHANCE
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.people.circle import Task
from chalicelib.rules.running.groups import Term
from chalicelib.rules.states import MOVES
from local.fake_stripe import FakeStripe
from tests.simulation.seen import Seen

KINDS = {
    "Application": "application",
    "Offer": "offer",
    "Enrolment": "enrolment",
    "Obligation": "obligation",
    "Payment": "payment",
    "Refund": "refund",
    "Mail": "mail",
}
HOLD_MAX = MINTS_MAX * (DELAYED_HOLD + SECOND_CHANCE)
UNPLACED = ("payment_mismatch", "unknown_payment", "books_do_not_agree")


def always(before: Seen, now: Seen, fake: FakeStripe) -> list[str]:
    """Every law that is broken after a step, in words; none is well."""
    return [
        *_books(now),
        *_entries_stay(before, now),
        *_moves(before, now),
        *_amounts(now),
        *_charges(now, fake),
        *_one_refund_each(now, fake),
        *_seats(now),
        *_one_offer_each(now),
        *_members(now),
        *_holds_end(now),
        *(f"stale index: {one}" for one in now.stale),
    ]


def _books(now: Seen) -> Iterator[str]:
    """M1, S1, B1: what one commit writes together agrees at every moment."""
    for finding in check_books(now.kept(), None):
        yield f"books: {finding}"


def _entries_stay(before: Seen, now: Seen) -> Iterator[str]:
    """M1: entries never change or vanish; each sums to nothing."""
    for key, row in before.rows.items():
        if isinstance(row, Entry) and now.rows.get(key) != row:
            yield f"M1 {key} changed"


def _moves(before: Seen, now: Seen) -> Iterator[str]:
    """B2, S3: states move along declared moves only, a paid place is never freed by expiry."""
    for key, row in now.rows.items():
        old, kind = before.rows.get(key), KINDS.get(key[0])
        if old is None or kind is None:
            continue
        if not _reachable(kind, old.state, row.state):
            yield f"B2 {key} went from {old.state} to {row.state}"
        if isinstance(row, Offer) and not _reachable("hold", old.hold, row.hold):
            yield f"S3 the hold of {key} went from {old.hold} to {row.hold}"


def _reachable(kind: str, old: str, new: str) -> bool:
    """One step of a story can be several moves."""
    seen, coming = {old}, [old]
    while coming:
        for state in MOVES[kind][coming.pop()]:
            if state not in seen:
                seen.add(state)
                coming.append(state)
    return new in seen


def _amounts(now: Seen) -> Iterator[str]:
    """M2, M7: nothing is below nothing, and no payment is given back twice."""
    asked: Counter[str] = Counter()
    for refund in now.all(Refund):
        asked[refund.payment_id] += refund.amount_minor
        if refund.amount_minor <= 0:
            yield f"M7 {refund.refund_id} is about {refund.amount_minor}"
    for payment in now.all(Payment):
        if not 0 <= payment.refunded_minor <= payment.amount_minor:
            yield f"M7 {payment.payment_id} gave back {payment.refunded_minor}"
        if asked[payment.payment_id] != payment.refunded_minor:
            yield f"M2 {payment.payment_id}: {asked[payment.payment_id]} asked for"


def _charges(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """M3: no charge without a payment of ours; none is paid without its charge."""
    ours = {one.payment_id: one for one in now.all(Payment)}
    good = {}
    for charge in fake.objects("charge"):
        payment = ours.get(charge["metadata"].get("payment_id", ""))
        if payment is None:
            yield f"M3 {charge['id']} is about no payment of ours"
        elif charge["status"] == "succeeded":
            good[charge["payment_intent"]] = charge
    for payment in ours.values():
        charge = good.get(payment.intent_id or "", {})
        same = (charge.get("amount"), charge.get("currency")) == (
            payment.amount_minor,
            payment.currency.lower(),
        )
        if payment.state == "paid" and payment.method == "stripe" and not same:
            yield f"M3 {payment.payment_id} is paid without its charge"


def _one_refund_each(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """M5: one refund of ours is at most one at Stripe, whatever was lost on the way."""
    ours = {one.refund_id for one in now.all(Refund)}
    made = Counter(one["metadata"].get("refund_id") for one in fake.objects("refund"))
    for refund_id, times in made.items():
        if refund_id not in ours or times > 1:
            yield f"M5 {refund_id} was made {times} times at Stripe"


def _seats(now: Seen) -> Iterator[str]:
    """S1: never more seats than there are."""
    for term in now.all(Term):
        if not 0 <= term.taken <= term.occupied <= term.capacity:
            yield f"S1 {term.taken} taken, {term.occupied} occupied of {term.capacity}"


def _one_offer_each(now: Seen) -> Iterator[str]:
    """S2: an application has one seat or none, and knows it."""
    held: dict[str, list[str]] = {}
    for offer in now.all(Offer):
        if offer.hold == "held":
            held.setdefault(offer.application_id, []).append(offer.offer_id)
    for one in now.all(Application):
        holds = held.get(one.application_id, [])
        if len(holds) > 1 or (holds and holds != [one.offer_id]):
            yield f"S2 {one.application_id} has {one.offer_id} and holds {holds}"
        if one.offer_id and one.state != "accepted":
            yield f"B1 {one.application_id} is {one.state} and has {one.offer_id}"


def _members(now: Seen) -> Iterator[str]:
    """B1: who has a seat has an accepted application that knows it."""
    applications = {one.application_id: one for one in now.all(Application)}
    for member in now.all(Enrolment):
        one = applications[member.application_id]
        if member.state in IN_SEAT and (one.state, one.offer_id) != ("accepted", member.offer_id):
            yield f"B1 {member.full_name} sits, the application is {one.state} of {one.offer_id}"


def _holds_end(now: Seen) -> Iterator[str]:
    """S4: nobody can keep a seat for ever by opening sessions."""
    for offer in now.all(Offer):
        if offer.hold_until > offer.expires_at + HOLD_MAX:
            yield f"S4 {offer.offer_id} is held until {offer.hold_until}"


def quiet(now: Seen, fake: FakeStripe, letters: Counter[str]) -> list[str]:
    """Every law that is broken when all is quiet; `letters` counts what left by reference."""
    return [
        *_nothing_waits(now),
        *_one_live_payment(now),
        *_stripe_agrees(now, fake),
        *_mails_left(now, letters),
        *_nobody_is_called_in_vain(now),
    ]


def _nothing_waits(now: Seen) -> Iterator[str]:
    """S4, L1: no hold without an end, no payment, refund or mail that is still to be done."""
    for offer in now.all(Offer):
        if offer.state == "open" or offer.hold == "held":
            yield f"S4 {offer.offer_id} is held until {offer.hold_until}"
    for payment in now.all(Payment):
        if payment.state in ("pending", "on_its_way") or payment.check_at:
            yield f"L1 {payment.payment_id} is {payment.state}, looked at {payment.check_at}"
    for refund in now.all(Refund):
        if refund.state in ("requested", "sent") or refund.check_at:
            yield f"L1 {refund.refund_id} is {refund.state}, looked at {refund.check_at}"
    for mail in now.all(Mail):
        if mail.due_at is not None:
            yield f"L1 {mail.message_key} is {mail.state}"


def _one_live_payment(now: Seen) -> Iterator[str]:
    """M4, B1: what is kept of a debt's payments is its amount, or nothing."""
    kept: Counter[str] = Counter()
    for payment in now.all(Payment):
        if payment.state == "paid":
            kept[payment.obligation_id] += payment.amount_minor - payment.refunded_minor
    for debt in now.all(Obligation):
        due = debt.amount_minor if debt.state == "paid" else 0
        if kept[debt.obligation_id] != due:
            yield f"M4 {debt.obligation_id} is {debt.state}, {kept[debt.obligation_id]} kept"


def _stripe_agrees(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """M2, M3: every charge is a paid payment, every refund that stands is one of ours."""
    by_intent = {one.intent_id: one for one in now.all(Payment)}
    for charge in fake.objects("charge"):
        if charge["status"] == "succeeded" and by_intent[charge["payment_intent"]].state != "paid":
            yield f"M3 {charge['id']} was taken and is not ours"
    state = {one.refund_id: one.state for one in now.all(Refund)}
    for made in fake.objects("refund"):
        ours = state[made["metadata"]["refund_id"]]
        if (ours, made["status"]) not in (("succeeded", "succeeded"), ("failed", "failed")):
            yield f"M2 a refund is {ours} with us and {made['status']} at Stripe"


def _mails_left(now: Seen, letters: Counter[str]) -> Iterator[str]:
    """E1: what is marked as sent has left, and no try sends twice."""
    for mail in now.all(Mail):
        left = letters[mail.message_key]
        if mail.state == "sent" and left < 1:
            yield f"E1 {mail.message_key} never left"
        if left > mail.attempts:
            yield f"E1 {mail.message_key} left {left} times in {mail.attempts} tries"


def _nobody_is_called_in_vain(now: Seen) -> Iterator[str]:
    """L1: a refund that failed is a task by name; nothing is left that no rule could place."""
    tasks: dict[str, Any] = {task.task_id: task for task in now.all(Task)}
    for task in tasks.values():
        if task.code in UNPLACED:
            yield f"L1 {task.task_id} {task.facts}"
    for refund in now.all(Refund):
        if refund.state == "failed" and f"refund_failed#{refund.refund_id}" not in tasks:
            yield f"L1 nobody is told of {refund.refund_id}"
