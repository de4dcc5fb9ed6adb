"""What it means when money is not there (yet): on its way, failed, run out.

What does not live here: money that has come (settling.py).
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.rules import states
from chalicelib.rules.changes import Change, Is, Update
from chalicelib.rules.joining.offers import as_held
from chalicelib.rules.money.mails import failed_mail, on_its_way_mail, payer_failed_mail
from chalicelib.rules.money.news import Debt, News, markers, stripe_ids
from chalicelib.rules.money.payments import Payment

DELAYED_HOLD = timedelta(days=14)
SECOND_CHANCE = timedelta(days=1)


def on_its_way(debt: Debt, news: News) -> Change:
    """A delayed method: the session is complete, the money is not there yet; the seat waits."""
    hold_until = max(debt.offer.hold_until, news.now + DELAYED_HOLD)
    held = debt.offer.state == "open"
    return Change.of(
        markers(news, "on_its_way"),
        Update(
            debt.payment,
            {
                "state": states.move("payment", debt.payment.state, "on_its_way"),
                **stripe_ids(debt.payment, news.checkout),
                "check_at": news.now + timedelta(hours=12),
            },
            when=(Is("state", debt.payment.state),),
        ),
        Update(
            debt.offer,
            {"hold_until": hold_until, "checkout_extended": True},
            when=(Is("state", "open"), as_held(debt.offer)),
        )
        if held
        else None,
        on_its_way_mail(debt.offer, debt.payment, news.now),
    )


def failed(debt: Debt, news: News) -> Change:
    """A delayed payment did not come: nothing was taken; the seat waits a day for another try."""
    offer = debt.offer
    hold_until = max(offer.expires_at, news.now + SECOND_CHANCE)
    return Change.of(
        markers(news, "failed"),
        Update(
            debt.payment,
            {"state": states.move("payment", debt.payment.state, "failed"), "check_at": None},
            when=(Is("state", debt.payment.state),),
        ),
        Update(
            offer,
            {"hold_until": hold_until},
            when=(Is("state", "open"), as_held(offer)),
        )
        if offer.state == "open"
        else None,
        failed_mail(offer, debt.payment, hold_until, news.now),
        payer_failed_mail(offer, debt.payment, hold_until, news.now),
    )


def expired(debt: Debt) -> Change:
    """The session ran out unpaid. The offer goes its own way."""
    return closed(debt.payment)


def closed(payment: Payment) -> Change:
    """Nobody can pay on the session of this payment any more."""
    return Change.of(
        Update(
            payment,
            {"state": states.move("payment", payment.state, "expired"), "check_at": None},
            when=(Is("state", "pending"),),
        )
    )
