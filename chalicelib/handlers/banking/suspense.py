"""The treasurer's doors to money that came to the bank or as cash: recording it, saying what it
is for, and the second look."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.errors import AlreadyCounted, InvalidForm, MatchTooMuch
from chalicelib.flows.banking import matching, suspense
from chalicelib.flows.joining.offers import OfferId
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.handlers.visit import Visit
from chalicelib.rules.banking.suspense_forms import (
    CONFIRM,
    match_form,
    record_form,
    send_back_form,
)
from chalicelib.rules.forms import Answers, Form

door = Doors(__name__)
PAGE = "/admin/suspense"
FOR = f"{PAGE}/for/{{obligation_id}}"
ONE = f"{PAGE}/{{receipt_id}}"
TREASURER = Audience.TREASURER


@door.page(PAGE, TREASURER)
def show_suspense(visit: Visit, answers_given: Answers | None = None) -> Response:
    """Money that waits, and the form for money that has come."""
    facts = suspense.show_all(visit.outside)
    return visit.page("admin_suspense", here="payments", answers_given=answers_given, **facts)


@door.page(FOR, TREASURER)
def show_suspense_for(
    visit: Visit, obligation_id: str, answers_given: Answers | None = None
) -> Response:
    """The same for somebody who comes from a debt."""
    facts = suspense.show_all(visit.outside, obligation_id)
    return visit.page("admin_suspense", here="payments", answers_given=answers_given, **facts)


@door.form(PAGE, TREASURER, again=show_suspense)
def record_money(visit: Visit) -> Response:
    """Money has come: booked at once. The same again is asked about, never taken silently."""
    return _record(visit, "")


@door.form(FOR, TREASURER, again=show_suspense_for)
def record_money_for(visit: Visit, obligation_id: str) -> Response:
    """The same, and what it is for is known."""
    return _record(visit, obligation_id)


def _record(visit: Visit, obligation_id: str) -> Response:
    visit.require_fresh()
    currency = visit.circle.currency if visit.circle else "GBP"
    form = record_form(currency, suspense.today(visit.outside))
    told = visit.read(form)
    try:
        receipt_id = suspense.name_of(visit.outside, told)
        caller = visit.caller(f"{PAGE}/{receipt_id}")
        suspense.record(visit.outside, caller, receipt_id, told, obligation_id)
    except AlreadyCounted:
        raise form.invalid(visit.typed, {"another": "same_money"}) from None
    return visit.go(caller.location)


@door.page(ONE, TREASURER)
def show_receipt(visit: Visit, receipt_id: str, answers_given: Answers | None = None) -> Response:
    """One receipt: what is left of it, what it may be for, what was done with it."""
    facts = suspense.show_one(visit.outside, receipt_id, visit.query.get("debt", ""))
    return visit.page(
        "admin_suspense_receipt", here="payments", answers_given=answers_given, **facts
    )


@door.form(f"{ONE}/match", TREASURER, again=show_receipt)
def match_money(visit: Visit, receipt_id: str) -> Response:
    """Propose a debt; nothing is booked before the second look."""
    debt_id = visit.query.get("debt", "")
    receipt = suspense.to_place(visit.outside, receipt_id)
    debts = [one.obligation.obligation_id for one in suspense.debts_for(receipt, debt_id)]
    form = match_form(debts, receipt.left_minor, receipt.currency)
    told = visit.read(form)
    caller = visit.caller(f"{PAGE}/{receipt_id}")
    try:
        matching.propose(visit.outside, caller, receipt_id, told["debt"], told["part_minor"])
    except MatchTooMuch as refusal:
        raise _too_much(visit, form, "part_minor", refusal) from None
    return visit.go(caller.location)


@door.form(f"{ONE}/back", TREASURER, again=show_receipt)
def send_money_back(visit: Visit, receipt_id: str) -> Response:
    """Propose that it was sent back."""
    visit.require_fresh()
    receipt = suspense.to_place(visit.outside, receipt_id)
    form = send_back_form(receipt.left_minor, receipt.currency, suspense.today(visit.outside))
    told = visit.read(form)
    caller = visit.caller(f"{PAGE}/{receipt_id}")
    try:
        matching.propose_back(visit.outside, caller, receipt_id, told)
    except MatchTooMuch as refusal:
        raise _too_much(visit, form, "amount_minor", refusal) from None
    return visit.go(caller.location)


@door.form(f"{ONE}/confirm", TREASURER, again=show_receipt)
def confirm_money(visit: Visit, receipt_id: str) -> Response:
    """The second look: confirm what is proposed, or take it back."""
    proposal_id, do = visit.named("proposal"), visit.word("do", ("confirm", "take_back"))
    caller = visit.caller(f"{PAGE}/{receipt_id}")
    if do == "take_back":
        matching.take_back(visit.outside, caller, receipt_id, proposal_id)
        return visit.go(caller.location)
    visit.require_fresh()
    short = visit.read(CONFIRM)["short"]
    seat = matching.seat_at_stake(visit.outside, caller.actor, receipt_id, proposal_id, short)
    if seat is not None:
        application_id, offer_id = seat
        which = OfferId(application_id=application_id, offer_id=offer_id)
        close_open_sessions(visit.outside, which)
    matching.confirm(visit.outside, caller, receipt_id, proposal_id, short)
    return visit.go(caller.location)


def _too_much(visit: Visit, form: Form, name: str, refusal: MatchTooMuch) -> InvalidForm:
    return form.invalid(visit.typed, {name: "match_too_much"}, {name: refusal.facts})
