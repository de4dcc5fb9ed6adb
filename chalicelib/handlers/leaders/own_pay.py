"""Doors of leaders to their pay and their log: statements, tax years, hours."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.leaders import own_log, own_pay
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.leaders.own_log import LOG_DAYS, log_form

door = Doors(__name__)
LEADER = Audience.LEADER
HERE = "pay"
LOG = "/leader/log"


@door.page("/leader/pay", LEADER)
def show_pay(visit: Visit) -> Response:
    """What is open, payouts, tax years."""
    return visit.page("leader_pay", here=HERE, shown=own_pay.show_pay(visit.outside, visit.me))


@door.page("/leader/pay/{period}", LEADER)
def show_statement(visit: Visit, period: str) -> Response:
    """The statement of one's own payout."""
    shown = own_pay.show_statement(visit.outside, visit.me.person_id, period)
    return visit.page("leader_statement", here=HERE, shown=shown, back_to="/leader/pay")


@door.page("/leader/pay/years/{year}", LEADER)
def show_year(visit: Visit, year: str) -> Response:
    """A tax year of one's own."""
    shown = own_pay.show_year(visit.outside, visit.me.person_id, year)
    return visit.page("leader_year", here=HERE, shown=shown)


@door.page("/admin/payouts/leaders/{leader_id}/statements/{period}", Audience.TREASURER)
def show_leaders_statement(visit: Visit, leader_id: str, period: str) -> Response:
    """The statement of a leader, as she sees it."""
    shown = own_pay.show_statement(visit.outside, leader_id, period)
    back_to = f"/admin/payouts/leaders/{leader_id}"
    return visit.page("leader_statement", here="payouts", shown=shown, back_to=back_to)


@door.page(LOG, LEADER)
def show_log(visit: Visit, answers_given: Answers | None = None, **_: str) -> Response:
    """One's log of hours."""
    log = own_log.show(visit.outside, visit.me)
    return visit.page("leader_log", here=HERE, log=log, answers_given=answers_given)


@door.form(f"{LOG}/entries", LEADER, again=show_log)
def add_entry(visit: Visit) -> Response:
    """Hours that no register here holds."""
    values = visit.read(log_form(own_log.today(visit.outside, visit.me)))
    own_log.add(visit.outside, visit.caller(LOG), visit.me, values)
    return visit.go(LOG)


@door.form(f"{LOG}/entries/{{entry_id}}/remove", LEADER, again=show_log)
def remove_entry(visit: Visit, entry_id: str) -> Response:
    """Take a line back."""
    own_log.remove(visit.outside, visit.caller(LOG), visit.me, entry_id)
    return visit.go(LOG)


@door.form(f"{LOG}/exports", LEADER, again=show_log)
def export_log(visit: Visit) -> Response:
    """The log as a file, of all days or of some."""
    days = visit.read(LOG_DAYS)
    export_id = visit.outside.ids.new("export")
    caller = visit.caller(f"{LOG}/exports/{export_id}")
    chosen = (days["log_first"], days["log_last"])
    own_log.export(visit.outside, caller, visit.me, export_id, chosen)
    return visit.go(caller.location)


@door.page(f"{LOG}/exports/{{export_id}}", LEADER)
def show_export(visit: Visit, export_id: str) -> Response:
    """Where the file is, for five minutes."""
    url = own_log.export_link(visit.outside, visit.me, export_id)
    return visit.page("leader_log_export", here=HERE, url=url)
