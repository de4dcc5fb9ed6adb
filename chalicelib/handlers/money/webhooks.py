"""The door for Stripe: signature first, then one flow for each type of event.

Unknown types are counted and answered 200, so that Stripe does not close the endpoint; trouble is
a 503 and a bug a 500, so that Stripe delivers again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from chalice.app import Response

from chalicelib.errors import NotSigned
from chalicelib.flows.disputes import disputes
from chalicelib.flows.money import payments
from chalicelib.flows.returning import refunds
from chalicelib.gateways.webhook_signature import verify
from chalicelib.handlers import answers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.money.stripe_objects import Event
from chalicelib.wiring import Wired

door = Doors(__name__)
log = logging.getLogger("balint.webhooks")

# Type of event -> flow; payments take in all others, and count what they do not know.
HEARD: dict[str, Callable[[Wired, Event], str]] = {
    **dict.fromkeys(refunds.HEARD, refunds.hear),
    **dict.fromkeys(disputes.HEARD, disputes.hear),
}


@door.hook("/webhooks/stripe", Audience.STRIPE)
def hear_stripe(visit: Visit) -> Response:
    """One signed event, taken in once."""
    body = visit.body
    if not body:
        raise NotSigned("empty body")
    header = visit.request.headers.get("stripe-signature")
    event = verify(body, header, visit.settings.stripe_webhook_secrets, visit.now)
    word = HEARD.get(event.type, payments.hear)(visit.outside, event)
    log.info("stripe_event type=%s id=%s became=%s", event.type, event.id, word)
    return answers.plain(visit.settings, f"{word}\n")
