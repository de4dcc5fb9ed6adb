"""Before an offer is ended by a person: what may still be paid for it at Stripe is closed first.

Composes flows for the doors of declining and withdrawing; the clock's way is clockwork.py.
"""

from __future__ import annotations

from chalicelib.flows.joining import offers
from chalicelib.flows.money import checkout, payments
from chalicelib.wiring import Wired


def close_open_sessions(outside: Wired, which: offers.OfferId) -> None:
    """Close an offer's checkout sessions, so that nobody pays for what has ended; one that turns
    out to be paid is settled, and then the offer is taken: money that came first wins.

    Raises NotFound, and StripeUnknown or StripeRefused before anything was changed here.
    """
    _, offer = offers.load(which)
    for session in checkout.close_sessions(outside, offer):
        payments.settle(outside, session)
