"""The door for Stripe: signature first, then one flow for each type of event.

Unknown types are counted and answered 200, so that Stripe does not close the endpoint; trouble is
a 503 and a bug a 500, so that Stripe delivers again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from chalice.app import Response

from chalicelib.flows.disputes import disputes
from chalicelib.flows.money import payments
from chalicelib.flows.returning import refunds
from chalicelib.handlers import answers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.leaders import transfer_news
from chalicelib.handlers.money.signed import signed_event, taken_in
from chalicelib.handlers.visit import Visit
from chalicelib.rules.money.stripe_objects import Event
from chalicelib.wiring import Wired

door = Doors(__name__)
log = logging.getLogger("balint.webhooks")

# Type of event -> flow; payments take in all others, and count what they do not know.
HEARD: dict[str, Callable[[Wired, Event], str]] = {
    **dict.fromkeys(refunds.HEARD, refunds.hear),
    **dict.fromkeys(disputes.HEARD, disputes.hear),
    **dict.fromkeys(transfer_news.HEARD, transfer_news.hear),
}

# What the endpoint at Stripe has to send: no more, no less.
EVENTS = frozenset((*payments.HEARD, *HEARD))


@door.hook("/webhooks/stripe", Audience.STRIPE)
def hear_stripe(visit: Visit) -> Response:
    """One signed event, taken in once."""
    event = signed_event(visit, "STRIPE_WEBHOOK_SECRETS")
    word = taken_in(visit, event, HEARD.get(event.type, payments.hear))
    log.info("stripe_event type=%s id=%s became=%s", event.type, event.id, word)
    return answers.plain(visit.settings, f"{word}\n")
