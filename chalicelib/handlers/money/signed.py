"""Whether a request really comes from Stripe, and what becomes of an event that cannot be taken in,
for every door that hears events.

What does not live here: the check itself (gateways/webhook_signature.py), what an event changes.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.errors import NotSigned
from chalicelib.flows.money import unheard
from chalicelib.gateways.webhook_signature import verify
from chalicelib.handlers.visit import Visit
from chalicelib.rules.money.stripe_objects import Event
from chalicelib.wiring import Wired


def signed_event(visit: Visit, secrets_name: str) -> Event:
    """The event of this request, or NotSigned. A signature that does not hold makes the secrets
    be read again, in case the endpoint's secret was rolled since."""
    body, header = visit.body, visit.request.headers.get("stripe-signature")
    if not body:
        raise NotSigned("empty body")
    secrets = visit.outside.secrets
    try:
        return verify(body, header, secrets.several(secrets_name), visit.now)
    except NotSigned:
        if not secrets.again():
            raise
        return verify(body, header, secrets.several(secrets_name), visit.now)


def taken_in(visit: Visit, event: Event, hear: Callable[[Wired, Event], str]) -> str:
    """What became of an event, in a word. One that ends in an error is written down, so that the
    page of health knows the oldest, and raised: Stripe delivers it again."""
    try:
        word = hear(visit.outside, event)
    except Exception as error:
        unheard.failed(visit.outside, event, error)
        raise
    unheard.heard(visit.outside, event)
    return word
