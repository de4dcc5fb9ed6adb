"""The treasurer's doors to runs of payouts: prepare, look, advance, withdraw, approve, the bank
list."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import bank_list, run_pages, runs
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.leaders.pay_forms import advance_form, paid_form

door = Doors(__name__)
TREASURER = Audience.TREASURER
HERE = "payouts"
PAGE = "/admin/payouts"
RUN = f"{PAGE}/{{period}}"
LIST = f"{RUN}/bank-list"


@door.page(PAGE, TREASURER)
def show_payouts(visit: Visit, answers_given: Answers | None = None) -> Response:
    """What is open for each leader, and the runs."""
    shown = run_pages.show_all(visit.outside)
    return visit.page("admin_payouts", here=HERE, shown=shown, answers_given=answers_given)


@door.form(PAGE, TREASURER, again=show_payouts)
def prepare_run(visit: Visit) -> Response:
    """Prepare a run of everything that can be paid now, perhaps instead of one that waits."""
    period = runs.next_period(visit.outside)
    caller = visit.caller(f"{PAGE}/{period}")
    instead = visit.named("instead") if visit.hidden("instead") else ""
    runs.prepare(visit.outside, caller, period, instead)
    return visit.go(caller.location)


@door.page(RUN, TREASURER)
def show_run(visit: Visit, period: str, answers_given: Answers | None = None) -> Response:
    """A run, leader by leader."""
    shown = run_pages.show_run(visit.outside, visit.me, period)
    return visit.page("admin_payout_run", here=HERE, shown=shown, answers_given=answers_given)


@door.form(f"{RUN}/approve", TREASURER, again=show_run)
def approve_run(visit: Visit, period: str) -> Response:
    """The second person agrees to what was seen."""
    visit.require_fresh()
    caller = visit.caller(f"{PAGE}/{period}")
    runs.approve(visit.outside, caller, period, visit.named("seen"))
    return visit.go(caller.location)


@door.form(f"{RUN}/withdraw", TREASURER, again=show_run)
def withdraw_run(visit: Visit, period: str) -> Response:
    """Take a prepared run back."""
    caller = visit.caller(PAGE)
    runs.withdraw(visit.outside, caller, period)
    return visit.go(caller.location)


@door.form(f"{RUN}/advance", TREASURER, again=show_run)
def advance_leader(visit: Visit, period: str) -> Response:
    """Pay a leader also what the fund does not cover."""
    visit.require_fresh()
    short = run_pages.show_run(visit.outside, visit.me, period).short
    told = visit.read(advance_form(short))
    caller = visit.caller(f"{PAGE}/{period}")
    runs.advance(visit.outside, caller, period, told["leader"], told["reason"])
    return visit.go(caller.location)


@door.page(LIST, TREASURER)
def show_bank_list(visit: Visit, period: str, answers_given: Answers | None = None) -> Response:
    """What is to be paid from the bank. Whole account numbers: only after a fresh sign-in."""
    visit.require_fresh()
    shown = bank_list.show(visit.outside, period)
    paid = answers_given or Answers(
        typed={"paid": [one.payout.leader_id for one in shown.lines if not one.why]}
    )
    return visit.page("admin_bank_list", here=HERE, shown=shown, answers_given=paid)


@door.form(f"{LIST}/file", TREASURER, again=show_bank_list)
def export_bank_list(visit: Visit, period: str) -> Response:
    """Make the file; its link is on the page that follows."""
    visit.require_fresh()
    export_id = visit.outside.ids.new("export")
    caller = visit.caller(f"{PAGE}/{period}/bank-list/{export_id}")
    bank_list.export(visit.outside, caller, period, export_id)
    return visit.go(caller.location)


@door.page(f"{LIST}/{{export_id}}", TREASURER)
def show_bank_file(visit: Visit, period: str, export_id: str) -> Response:
    """A short link to the file."""
    visit.require_fresh()
    url = bank_list.export_link(visit.outside, export_id)
    return visit.page("admin_bank_file", here=HERE, url=url, period=period)


@door.form(f"{LIST}/paid", TREASURER, again=show_bank_list)
def confirm_paid(visit: Visit, period: str) -> Response:
    """The bank has paid these leaders."""
    visit.require_fresh()
    shown = bank_list.show(visit.outside, period)
    values = visit.read(paid_form(shown.payable, shown.today))
    caller = visit.caller(f"{PAGE}/{period}")
    bank_list.confirm(visit.outside, caller, period, values)
    runs.finish(visit.outside, period)
    return visit.go(caller.location)
