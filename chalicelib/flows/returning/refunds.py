"""Refunds on their way: sent by the job that holds the key, watched after, and those that
somebody made at Stripe itself.

The web function only writes the intent; `send_due` runs where Stripe's refund key is. What does
not live here: who gets something back and why (giving_back.py, leaving.py).
"""

from __future__ import annotations

import logging
from datetime import datetime

from chalicelib.errors import (
    AlreadyCounted,
    NotFound,
    RefundNotPossible,
    StateChanged,
    StripeRefused,
    StripeUnknown,
    Trouble,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Change
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.money.payments import Payment, Refund, StripeLookup
from chalicelib.rules.money.stripe_objects import Event, RefundObject, refund_from
from chalicelib.rules.returning import outside_refunds
from chalicelib.rules.returning import refunds as rules
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.money import payments
from chalicelib.store.people import circle as circle_store

log = logging.getLogger("balint.refunds")
IN_ONE_GO = 50
TRIES_MAX = 6
KEY_TROUBLE = ("authentication_error", "permission_error")  # ours to mend, not the payer's loss


def send_due(outside: Outside) -> dict[str, int]:
    """Send what was requested, look after what was sent; counts by outcome."""
    circle = circle_store.settings()
    if circle is None or not circle.refunds:
        return {"switched_off": 1}
    counts: dict[str, int] = {}
    for refund in reads.due(tables.Payments, "refund", outside.clock.now(), IN_ONE_GO):
        word = _take(outside, refund)
        counts[word] = counts.get(word, 0) + 1
    return counts


def _take(outside: Outside, refund: Refund) -> str:
    """One refund; trouble with it must not keep the others waiting."""
    try:
        return _send(outside, refund) if refund.state == "requested" else _watch(outside, refund)
    except Trouble as trouble:
        log.warning("refund_waits refund=%s code=%s", refund.refund_id, trouble.code)
        return "waits"


def _send(outside: Outside, refund: Refund) -> str:
    """Ask Stripe, under the refund's own id. Where it may have been asked before, look first:
    Stripe forgets keys after a day."""
    now = outside.clock.now()
    try:
        answer = rules.ours(refund, _earlier(outside, refund, now)) or outside.stripe.refund(
            rules.refund_params(refund, outside.places.deployment), refund.refund_id
        )
    except StripeUnknown:
        return _write(rules.unanswered(refund, now), "unanswered")
    except StripeRefused as error:
        if error.args[0] in KEY_TROUBLE:
            log.error("refund_key_does_not_work refund=%s", refund.refund_id)
            return _write(rules.unanswered(refund, now), "unanswered")
        log.error("refund_refused refund=%s code=%s", refund.refund_id, error.args[:1])
        return _write(rules.refused(refund, str(error.args[0]), now), "refused")
    return _write(rules.sent(refund, answer, now), "sent")


def _earlier(outside: Outside, refund: Refund, now: datetime) -> list[RefundObject]:
    return outside.stripe.refunds_of(refund.intent_id) if rules.maybe_asked(refund, now) else []


def _watch(outside: Outside, refund: Refund) -> str:
    now = outside.clock.now()
    try:
        answer = outside.stripe.refund_by_id(str(refund.stripe_refund_id))
    except StripeRefused:
        log.exception("refund_not_shown refund=%s", refund.refund_id)
        return _write(rules.look_later(refund, now), "refused")
    return _write(rules.news(refund, answer, now), answer.status)


NOT_OUT = ("requested", "failed")  # Stripe may have taken one whose answer we took for a no
HEARD = ("refund.created", "refund.updated", "refund.failed")


def hear(outside: Outside, event: Event) -> str:
    """News of a refund."""
    return take_in(outside, refund_from(event.object))


def take_in(outside: Outside, told: RefundObject) -> str:
    """Anything at Stripe that is a refund, however it was heard of: an event or a listing. It is
    fetched afresh, since a refund's events come in any order. One that no refund of ours asked
    for is booked once, under its own id; news of it later is news of any refund.

    Returns: sent, outside, carried_out, unexplained, nothing, not_ours, or Stripe's status. Raises
    Trouble while the payment itself has not been heard of.
    """
    if told.metadata.get("app") == TAG and not _is_tagged(outside, told):
        return "not_ours"
    for _ in range(TRIES_MAX):
        known = _known(outside, told)
        owner = _owner(told)
        if known is None and owner is None:
            return _not_heard_of(outside, told)
        answer, now = outside.stripe.refund_by_id(told.id), outside.clock.now()
        if known and known.state == "requested":
            return _write(rules.sent(known, answer, now), "sent")
        if known:
            return _write(rules.news(known, answer, now), answer.status)
        if owner is None or payments.by_stripe_id(told.id):
            return "nothing"
        if answer.status in outside_refunds.GONE:
            return _write(outside_refunds.came_to_nothing(_paid(owner), answer, now), "nothing")
        try:
            return _book(outside, owner, answer)
        except AlreadyCounted:
            return "nothing"
        except (StateChanged, RefundNotPossible):
            continue
    raise Trouble("taking in a refund did not come to rest")


def _known(outside: Outside, told: RefundObject) -> Refund | None:
    """The refund of ours that this is: by its id at Stripe, or by what we wrote on it, unless
    that one went out as another refund or was paid by hand meanwhile."""
    owner = _owner(told)
    found = payments.refunds_of(owner.owner_id) if owner else []
    mine = told.metadata.get("refund_id") if _is_tagged(outside, told) else None
    return next(
        (
            one
            for one in found
            if one.stripe_refund_id == told.id
            or (one.refund_id == mine and one.stripe_refund_id is None and one.state in NOT_OUT)
        ),
        None,
    )


def _not_heard_of(outside: Outside, told: RefundObject) -> str:
    """A refund of a payment that we do not know: of another use of the account, unless the payment
    itself is still to be heard of; then Stripe tells it again."""
    if told.payment_intent_id:
        ids = outside.stripe.payment_intent(told.payment_intent_id).metadata
        if ids.get("app") == TAG and ids.get("deployment") == outside.places.deployment:
            raise Trouble("a refund came before its payment")
    return "not_ours"


def _is_tagged(outside: Outside, told: RefundObject) -> bool:
    ids = told.metadata
    return ids.get("app") == TAG and ids.get("deployment") == outside.places.deployment


def _owner(told: RefundObject) -> StripeLookup | None:
    """Whose payment it gives back."""
    for stripe_id in (told.payment_intent_id, told.charge_id):
        found = payments.by_stripe_id(stripe_id) if stripe_id else None
        if found:
            return found
    return None


def _paid(owner: StripeLookup) -> Payment:
    payment = reads.get(Payment, owner.owner_id, f"payment#{owner.payment_id}")
    if payment is None:
        raise NotFound
    return payment


def _book(outside: Outside, owner: StripeLookup, answer: RefundObject) -> str:
    now = outside.clock.now()
    owed = payments.owed(owner.owner_id)
    payment = next(one for one in owed.payments if one.payment_id == owner.payment_id)
    others = payments.refunds_of(owner.owner_id)
    word, change = outside_refunds.taken_in(owed, payment, answer, others, now)
    act = audit(
        payment.application_id,
        "refund.outside",
        "stripe",
        now,
        outside.ids.new("act"),
        person_id=payment.person_id,
        stripe_refund_id=answer.id,
        amount_minor=answer.amount_minor,
        became=word,
    )
    commit(change + act)
    return word


def _write(change: Change, word: str) -> str:
    try:
        commit(change)
    except (AlreadyCounted, StateChanged):
        return "nothing"
    return word
