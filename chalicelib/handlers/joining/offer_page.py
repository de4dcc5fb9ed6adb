"""The offer page: shown by its own door, and again by every form on it that was refused."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.joining import offers
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers


def offer_page(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """The offer in whatever state it is, with the one thing that can be done now."""
    facts = offers.show(visit.outside, token)
    return visit.page("offer", answers_given=answers_given, token=token, **facts)
