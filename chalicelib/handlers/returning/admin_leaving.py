"""The doors of a member who leaves a term: what each way gives, and the act (M2)."""

from __future__ import annotations

from datetime import date

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.flows.returning import leaving
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.returning.leaving import Wish
from chalicelib.rules.returning.leaving_forms import LEAVE

door = Doors(__name__)
DEBT = "/admin/payments/{obligation_id}"


@door.page(f"{DEBT}/leaving", Audience.ADMINISTRATOR)
def show_leaving(
    visit: Visit, obligation_id: str, answers_given: Answers | None = None
) -> Response:
    """What a leaver gets back, by each way, to the penny."""
    told_on = _day(visit.hidden("told_on")) if answers_given else visit.day("told")
    shown = leaving.show(visit.outside, obligation_id, told_on)
    if shown is None:
        return visit.go(f"/admin/payments/{obligation_id}")
    given = visit.still_typed(answers_given)
    return visit.page("admin_leaving", answers_given=given, here="payments", shown=shown)


@door.form(f"{DEBT}/leave", Audience.ADMINISTRATOR, again=show_leaving)
def leave_term(visit: Visit, obligation_id: str) -> Response:
    """The place ends, and what comes back is on its way."""
    visit.require_fresh()
    told_on = _day(visit.named("told_on"))
    if told_on is None:
        raise NotFound
    values = visit.read(LEAVE)
    wish = Wish(way=values["way"], told_on=told_on, reason=values["reason"] or "")
    caller = visit.caller(f"/admin/payments/{obligation_id}")
    leaving.leave(visit.outside, caller, obligation_id, wish, visit.hidden("promise"))
    return visit.go(caller.location)


def _day(text: str) -> date | None:
    """The day that travels with the form."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
