"""The door for Stripe's events about leaders' accounts: an endpoint of its own, with its own
secrets. Signature first, then one flow; unknown types are answered 200 and change nothing.
"""

from __future__ import annotations

import logging

from chalice.app import Response

from chalicelib.flows.leaders import account_news
from chalicelib.handlers import answers
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.money.signed import signed_event, taken_in
from chalicelib.handlers.visit import Visit

door = Doors(__name__)
log = logging.getLogger("balint.webhooks")

# What the endpoint for connected accounts has to send: no more, no less.
EVENTS = frozenset(account_news.HEARD)


@door.hook("/webhooks/stripe/connect", Audience.STRIPE)
def hear_connect(visit: Visit) -> Response:
    """One signed event about a leader's account."""
    event = signed_event(visit, "STRIPE_CONNECT_SECRETS")
    word = taken_in(visit, event, account_news.hear)
    log.info("connect_event type=%s id=%s became=%s", event.type, event.id, word)
    return answers.plain(visit.settings, f"{word}\n")
