"""The treasurer's page of reconciliation: payouts explained line by line, what is unexplained."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.books import reconciling, setting_apart
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.joining.offer_forms import WITH_REASON

door = Doors(__name__)
PAGE = "/admin/reconciliation"


@door.page(PAGE, Audience.TREASURER)
def show_reconciliation(visit: Visit, answers_given: Answers | None = None, **_: str) -> Response:
    """Stripe against the books: two numbers, each payout, each thing that is not explained."""
    facts = reconciling.show(visit.outside)
    return visit.page("admin_reconciliation", here="books", answers_given=answers_given, **facts)


@door.form(PAGE, Audience.TREASURER, again=show_reconciliation)
def reconcile_now(visit: Visit) -> Response:
    """Ask for it now; it is done within minutes, where Stripe may be asked."""
    caller = visit.caller(PAGE)
    reconciling.ask(visit.outside, caller)
    return visit.go(caller.location)


@door.page(f"{PAGE}/{{movement_id}}/apart", Audience.TREASURER)
def show_apart(visit: Visit, movement_id: str, answers_given: Answers | None = None) -> Response:
    """One movement whose debt is lost."""
    row = setting_apart.lost(visit.outside, movement_id)
    return visit.page(
        "admin_reconciliation_apart", here="books", answers_given=answers_given, movement=row
    )


@door.form(f"{PAGE}/{{movement_id}}/apart", Audience.TREASURER, again=show_apart)
def set_movement_apart(visit: Visit, movement_id: str) -> Response:
    """Money whose debt is lost goes on suspense."""
    visit.require_fresh()
    reason = visit.read(WITH_REASON)["reason"]
    caller = visit.caller(PAGE)
    setting_apart.set_apart(visit.outside, caller, movement_id, reason)
    return visit.go(caller.location)


@door.form(f"{PAGE}/{{movement_id}}/explain", Audience.TREASURER, again=show_reconciliation)
def clear_movement(visit: Visit, movement_id: str) -> Response:
    """Money on suspense is not the circle's: say what it was."""
    visit.require_fresh()
    reason = visit.read(WITH_REASON)["reason"]
    caller = visit.caller(PAGE)
    reconciling.clear(visit.outside, caller, movement_id, reason)
    return visit.go(caller.location)
