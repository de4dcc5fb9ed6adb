"""Refunds: asked for by a person or a rule, sent by the job that holds the key, watched after.

The web function only writes the intent; `send_due` runs where Stripe's refund key is.
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
    SwitchedOff,
    Trouble,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.money import refunds as rules
from chalicelib.rules.money import releases
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.money.payments import Refund
from chalicelib.rules.money.releases import Decision
from chalicelib.rules.money.shares import take
from chalicelib.rules.money.stripe_objects import Event, RefundObject, refund_from
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.money.payments import owed
from chalicelib.store.money.payments import refund as refund_row

log = logging.getLogger("balint.refunds")
IN_ONE_GO = 50
KEY_TROUBLE = ("authentication_error", "permission_error")  # ours to mend, not the payer's loss


def request(
    outside: Outside, caller: Caller, obligation_id: str, payment_id: str, reason: str
) -> None:
    """An administrator gives back all that is left of a payment, with a reason; the seat ends.

    Raises NotFound, RefundNotPossible, SwitchedOff, StateChanged.
    """
    circle = reads.get(CircleSettings, "settings", "circle")
    if circle is None or not circle.refunds:
        raise SwitchedOff(switch="refunds")
    found = owed(obligation_id)
    payment = next((one for one in found.payments if one.payment_id == payment_id), None)
    if payment is None:
        raise NotFound
    left = releases.refundable(payment)
    if left <= 0:
        raise RefundNotPossible(refundable=0)
    now, held = outside.clock.now(), found.held
    decision = Decision(
        release_id=outside.ids.new("release"),
        cause="administrator",
        actor=caller.actor,
        now=now,
        reason=reason,
        ends_seat="cancelled",
    )
    taken = take(found.obligation.shares, left, held)
    row, change = releases.release(found, taken, decision)
    act = audit(
        payment.application_id,
        "refund.requested",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        person_id=payment.person_id,
        release_id=row.release_id,
        amount_minor=row.refund_minor,
    )
    commit(change + act, caller, now)


def send_due(outside: Outside) -> dict[str, int]:
    """Send what was requested, look after what was sent; counts by outcome."""
    circle = reads.get(CircleSettings, "settings", "circle")
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


def hear(outside: Outside, event: Event) -> str:
    """News of a refund: fetched afresh, since a refund's events come in any order."""
    told = refund_from(event.object)
    if told.metadata.get("app") != TAG:
        return "not_ours"
    if told.metadata.get("deployment") != outside.places.deployment:
        return "not_ours"
    refund = refund_row(told.metadata["obligation_id"], told.metadata["refund_id"])
    if refund is None:
        return "unknown_refund"
    now = outside.clock.now()
    answer = outside.stripe.refund_by_id(told.id)
    if refund.state == "requested":
        return _write(rules.sent(refund, answer, now), "sent")
    return _write(rules.news(refund, answer, now), answer.status)


HEARD = ("refund.created", "refund.updated", "refund.failed")


def _write(change: Change, word: str) -> str:
    try:
        commit(change)
    except (AlreadyCounted, StateChanged):
        return "nothing"
    return word
