"""The clock's work on money: holds that run out, payments that heard nothing, fees to book,
parts of a price that fall due.

Composes flows for jobs.py; each part returns counts by outcome. A row that cannot be dealt with
never keeps the others waiting: trouble is met again at the next tick, a bug is told at the end.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from chalicelib.errors import Conflict, Refusal, StripeRefused, Trouble
from chalicelib.flows.joining import offers, tasters
from chalicelib.flows.money import checkout, instalments, payments
from chalicelib.flows.returning import bulk
from chalicelib.flows.running import cancelling
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.rules.changes import Caller
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.payments import Payment
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.wiring import Wired

Row = TypeVar("Row")

log = logging.getLogger("balint.jobs")
AGAIN = timedelta(minutes=10)
AGAIN_ON_ITS_WAY = timedelta(hours=6)  # a bank takes days
NO_NEWS = ("nothing", "refused", "payment_mismatch", "unknown_payment")


class SomeRowsBroken(ExceptionGroup):
    """Rows that could not be dealt with, each with what was wrong; all others were."""


def expire_offers(outside: Wired) -> dict[str, int]:
    """Let overdue seats go; a session that turns out to be paid is settled first."""
    return each(outside, offers.due(outside), _let_go)


def check_payments(outside: Wired) -> dict[str, int]:
    """Ask Stripe about payments that heard nothing, and book the fees of those that are paid."""
    return each(outside, payments.due(outside), _look_after)


def go_on_with_bulks(outside: Wired) -> dict[str, int]:
    """Go on with what follows from cancelled sessions and terms: first their guests are called
    off (A4), then each debt is dealt with (N9, L1)."""
    return each(outside, bulk.due(outside), _go_on)


def chase_instalments(outside: Wired) -> dict[str, int]:
    """Ask for parts of a price that fall due; at last call a person about one that is missed."""
    return each(outside, instalments.due(outside), instalments.chase)


def each(outside: Wired, rows: Iterable[Row], work: Callable[[Wired, Row], str]) -> dict[str, int]:
    """Work on each row, and count what became of them. Raises SomeRowsBroken at the end."""
    counts: Counter[str] = Counter()
    broken: list[Exception] = []
    for row in rows:
        try:
            counts[work(outside, row)] += 1
        except (Refusal, Trouble) as answer:
            log.warning("waits kind=%s code=%s", type(row).__name__, answer.code)
            counts["waits"] += 1
        except Exception as bug:  # one broken row must not stop the others: it is told at the end
            log.exception("broken kind=%s", type(row).__name__)
            broken.append(bug)
    if broken:
        raise SomeRowsBroken(f"rows broken; the others: {dict(counts)}", broken)
    return dict(counts)


def _let_go(outside: Wired, offer: Offer) -> str:
    which = offers.OfferId(application_id=offer.application_id, offer_id=offer.offer_id)
    if not offers.is_over(outside, which):
        return "offer_kept"
    close_open_sessions(outside, which)
    return "offer_expired" if offers.expire(outside, which) else "offer_kept"


def _go_on(outside: Wired, work: Bulk) -> str:
    for booking in cancelling.guests_of(outside, work):
        try:
            tasters.call_off(outside, Caller(actor=work.asked_by), booking.booking_id)
        except Conflict as moved_on:  # the guest was faster, or the session has begun
            log.info("guest_stays booking=%s code=%s", booking.booking_id, moved_on.code)
    return f"bulk_{bulk.work(outside, work.bulk_id)}"


def _look_after(outside: Wired, payment: Payment) -> str:
    """One payment; without news it is looked at again later, after the others."""
    try:
        word = _check(outside, payment)
    except StripeRefused:
        log.exception("payment_refused payment=%s", payment.payment_id)
        word = "refused"
    except Exception:
        payments.put_off(payment, outside, AGAIN)
        raise
    if word in NO_NEWS:
        slow = payment.state == "on_its_way"
        payments.put_off(payment, outside, AGAIN_ON_ITS_WAY if slow else AGAIN)
    return word


def _check(outside: Wired, payment: Payment) -> str:
    if payment.state == "paid":
        return payments.book_fee(outside, payment)
    session = checkout.look_again(outside, payment)
    return payments.settle(outside, session) if session else "given_up"
