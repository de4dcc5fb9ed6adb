"""The job of reconciliation: first what we did not hear of is taken in by the flows that would
have heard it, then every movement of Stripe is explained, booked or told.

Composes flows for jobs.py; counts by outcome, for the log and the job's row.
"""

from __future__ import annotations

from collections import Counter

from chalicelib.flows.books import reconciling
from chalicelib.flows.disputes import disputes
from chalicelib.flows.leaders import reversals
from chalicelib.flows.money import payments
from chalicelib.flows.returning import refunds
from chalicelib.handlers.leaders import transfer_news
from chalicelib.handlers.money.clockwork import check_payments, each
from chalicelib.rules.books.reconciling import TRANSFER_BACK
from chalicelib.wiring import Wired

NO_NEWS = ("nothing", "not_ours")


def reconcile(outside: Wired) -> dict[str, int]:
    """Take in sessions, refunds, disputes and transfers of the last days, then look at each
    movement."""
    since = reconciling.since(outside)
    told: Counter[str] = Counter()
    told.update(each(outside, outside.stripe.checkouts_since(since), payments.settle))
    told.update(each(outside, outside.stripe.refunds_since(since), refunds.take_in))
    told.update(each(outside, outside.stripe.disputes_since(since), disputes.take_in))
    told.update(each(outside, outside.connect.transfers_since(since), transfer_news.look_at))
    back = outside.stripe.movements_since(since, TRANSFER_BACK)
    told.update(each(outside, back, reversals.take_in_movement))
    told.update(check_payments(outside))
    heard = {word: times for word, times in told.items() if word not in NO_NEWS}
    return heard | reconciling.look(outside)


def reconcile_if_asked(outside: Wired) -> dict[str, int]:
    """Somebody pressed the button: do it now."""
    if not reconciling.is_asked():
        return {}
    told = reconcile(outside)
    reconciling.answered()
    return told
