"""The member's door to where her money goes."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.books import statement
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit

door = Doors(__name__)


@door.page("/me/money/{term_id}", Audience.SIGNED_IN)
def show_my_statement(visit: Visit, term_id: str) -> Response:
    """What the fees of a term of one's own pay for."""
    shown = statement.for_member(visit.outside, visit.me, term_id)
    return visit.page("money_statement", here="me", shown=shown, back_to="/me")
