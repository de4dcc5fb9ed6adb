"""The clock's work on money: holds that run out, payments that heard nothing, fees to book.

Composes flows for jobs.py; each part returns counts by outcome.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta

from chalicelib.errors import StripeRefused, Trouble
from chalicelib.flows.joining import offers
from chalicelib.flows.money import checkout, payments
from chalicelib.rules.money.payments import Payment
from chalicelib.wiring import Wired

log = logging.getLogger("balint.jobs")
AGAIN = timedelta(minutes=10)


def expire_offers(outside: Wired) -> dict[str, int]:
    """Let overdue seats go; a session that turns out to be paid is settled first."""
    counts: Counter[str] = Counter()
    for offer in offers.due(outside):
        which = offers.OfferId(application_id=offer.application_id, offer_id=offer.offer_id)
        try:
            for session in checkout.close_sessions(outside, offer):
                counts[payments.settle(outside, session)] += 1
            counts["offer_expired"] += offers.expire(outside, which)
        except Trouble as trouble:
            log.warning("offer_waits offer=%s code=%s", offer.offer_id, trouble.code)
            counts["waits"] += 1
    return dict(counts)


def check_payments(outside: Wired) -> dict[str, int]:
    """Ask Stripe about payments that heard nothing, and book the fees of those that are paid."""
    counts: Counter[str] = Counter()
    for payment in payments.due(outside):
        try:
            counts[_check(outside, payment)] += 1
        except StripeRefused:
            log.exception("payment_refused payment=%s", payment.payment_id)
            payments.put_off(payment, outside, AGAIN)
            counts["refused"] += 1
        except Trouble as trouble:
            log.warning("payment_waits payment=%s code=%s", payment.payment_id, trouble.code)
            payments.put_off(payment, outside, AGAIN)
            counts["waits"] += 1
    return dict(counts)


def _check(outside: Wired, payment: Payment) -> str:
    if payment.state == "paid":
        return payments.book_fee(outside, payment)
    session = checkout.look_again(outside, payment)
    word = payments.settle(outside, session) if session else "given_up"
    if word == "nothing":
        payments.put_off(payment, outside, AGAIN)
    return word
