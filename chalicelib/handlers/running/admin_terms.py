"""The desk's pages about a term: dates, places and price, where, leaders, tasters, moves."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.flows.running import cancelling, groups, leaders, terms
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers, Form
from chalicelib.rules.running.budget import budget_of
from chalicelib.rules.running.group_forms import (
    COPY,
    LEADER,
    TERM_DATES,
    dates_values,
    places_form,
    taster_form,
    where_form,
)
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.rules.running.publishing import missing, warnings

door = Doors(__name__)
ADMINISTRATOR = Audience.ADMINISTRATOR
HERE = "admin-groups"
NEW = "/admin/groups/{group_id}/terms/new"
TERM = "/admin/groups/{group_id}/terms/{term_id}"
MOVES = {"publish": terms.publish, "run": terms.run, "end": terms.end, "cancel": terms.cancel}


@door.page(NEW, ADMINISTRATOR)
def show_new_term(
    visit: Visit, group_id: str, answers_given: Answers | None = None, planned: Any = ()
) -> Response:
    """The dates of a new term."""
    group = groups.show_desk(visit.outside, group_id).group
    return visit.page(
        "admin_term_dates",
        here=HERE,
        group=group,
        term=None,
        planned=planned,
        answers_given=answers_given or Answers.of(TERM_DATES, {"minutes": 90}),
    )


@door.form(NEW, ADMINISTRATOR, again=show_new_term)
def create_term(visit: Visit, group_id: str) -> Response:
    """Show the dates that follow, or make the draft."""
    do, values = visit.word("do", ("show", "save")), visit.read(TERM_DATES)
    group = groups.show_desk(visit.outside, group_id).group
    if do == "show":
        planned = terms.preview(visit.outside, group.zone, values)
        return show_new_term(visit, group_id, _as_typed(visit, TERM_DATES), planned)
    term_id = visit.outside.ids.new("term")
    caller = visit.caller(f"{_path(group_id, term_id)}/places")
    currency = visit.circle.currency if visit.circle else "GBP"
    terms.create_term(visit.outside, caller, group, term_id, values, currency)
    return visit.go(caller.location)


@door.page(TERM, ADMINISTRATOR)
def show_term(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """Everything about a term, what is missing, and what can be done with it."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    return visit.page(
        "admin_term",
        here=HERE,
        whole=whole,
        path=_path(group_id, term_id),
        lacking=missing(whole, visit.now),
        warnings=warnings(whole),
        budget=budget_of(whole),
        cancelled=cancelling.show_work(visit.outside, group_id, term_id),
        answers_given=answers_given,
    )


@door.form(f"{TERM}/state", ADMINISTRATOR, again=show_term)
def move_term(visit: Visit, group_id: str, term_id: str) -> Response:
    """Publish, run, end or cancel a term."""
    act = MOVES[visit.word("do", tuple(MOVES))]
    act(visit.outside, visit.caller(_path(group_id, term_id)), group_id, term_id)
    return visit.go(_path(group_id, term_id))


@door.page(f"{TERM}/dates", ADMINISTRATOR)
def show_dates(
    visit: Visit,
    group_id: str,
    term_id: str,
    answers_given: Answers | None = None,
    planned: Any = (),
) -> Response:
    """The dates of a draft."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    return visit.page(
        "admin_term_dates",
        here=HERE,
        group=whole.group,
        term=whole.term,
        planned=planned or whole.sessions,
        answers_given=answers_given or Answers.of(TERM_DATES, dates_values(whole.term)),
    )


@door.form(f"{TERM}/dates", ADMINISTRATOR, again=show_dates)
def change_dates(visit: Visit, group_id: str, term_id: str) -> Response:
    """Show the dates that follow, or save them."""
    do, values = visit.word("do", ("show", "save")), visit.read(TERM_DATES)
    if do == "show":
        zone = terms.show_term(visit.outside, group_id, term_id).term.zone
        planned = terms.preview(visit.outside, zone, values)
        return show_dates(visit, group_id, term_id, _as_typed(visit, TERM_DATES), planned)
    caller = visit.caller(_path(group_id, term_id))
    terms.change_dates(visit.outside, caller, group_id, term_id, values)
    return visit.go(caller.location)


@door.page(f"{TERM}/places", ADMINISTRATOR)
def show_places(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """Seats, price and payment."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    form = places_form(whole.term, _in_parts(visit))
    known = vars(whole.term) if whole.term.capacity else _usual(whole)
    return _form_page(
        visit, "admin_term_places", whole, form, known, answers_given, in_parts=_in_parts(visit)
    )


@door.form(f"{TERM}/places", ADMINISTRATOR, again=show_places)
def change_places(visit: Visit, group_id: str, term_id: str) -> Response:
    """Change them."""
    term = terms.show_term(visit.outside, group_id, term_id).term
    caller = visit.caller(_path(group_id, term_id))
    values = visit.read(places_form(term, _in_parts(visit)))
    terms.change_places(visit.outside, caller, group_id, term_id, values)
    return visit.go(caller.location)


@door.page(f"{TERM}/where", ADMINISTRATOR)
def show_where(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """Venue, or meeting link and how it is given."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    form = where_form(whole.term)
    return _form_page(visit, "admin_term_where", whole, form, vars(whole.term), answers_given)


@door.form(f"{TERM}/where", ADMINISTRATOR, again=show_where)
def change_where(visit: Visit, group_id: str, term_id: str) -> Response:
    """Change it."""
    term = terms.show_term(visit.outside, group_id, term_id).term
    caller = visit.caller(_path(group_id, term_id))
    values = visit.read(where_form(term))
    terms.change_where(visit.outside, caller, group_id, term_id, values)
    return visit.go(caller.location)


@door.page(f"{TERM}/leaders", ADMINISTRATOR)
def show_leaders(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """The leaders, and a form for one more or, with `?leader=`, for a listed one."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    asked = visit.query.get("leader", "")
    chosen = next((one for one in whole.leaders if one.leader_id == asked), None)
    known: dict[str, Any] = {"accreditation": "accredited", "pay": "fee"}
    if chosen:
        known = {**vars(chosen), "email": leaders.email_of(visit.outside, asked)}
    return _form_page(
        visit, "admin_term_leaders", whole, LEADER, known, answers_given, chosen=chosen
    )


@door.form(f"{TERM}/leaders", ADMINISTRATOR, again=show_leaders)
def save_leader(visit: Visit, group_id: str, term_id: str) -> Response:
    """Put somebody among the leaders, or change how they are listed."""
    values = visit.read(LEADER)
    caller = visit.caller(f"{_path(group_id, term_id)}/leaders")
    leaders.save_leader(visit.outside, caller, group_id, term_id, values)
    return visit.go(caller.location)


@door.form(f"{TERM}/remove-leader", ADMINISTRATOR, again=show_leaders)
def remove_leader(visit: Visit, group_id: str, term_id: str) -> Response:
    """Somebody leads this term no more."""
    caller = visit.caller(f"{_path(group_id, term_id)}/leaders")
    leader_id = visit.named("leader_id")
    leaders.remove_leader(visit.outside, caller, group_id, term_id, leader_id)
    return visit.go(caller.location)


@door.page(f"{TERM}/tasters", ADMINISTRATOR)
def show_tasters(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """The taster sessions, and a form for one more."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    recurrence = whole.term.recurrence
    known = {"time": recurrence.local_time, "minutes": recurrence.minutes, "places": 6}
    form = taster_form(whole.term, visit.now)
    return _form_page(visit, "admin_term_tasters", whole, form, known, answers_given)


@door.form(f"{TERM}/tasters", ADMINISTRATOR, again=show_tasters)
def add_taster(visit: Visit, group_id: str, term_id: str) -> Response:
    """One taster session more."""
    term = terms.show_term(visit.outside, group_id, term_id).term
    values = visit.read(taster_form(term, visit.now))
    caller = visit.caller(f"{_path(group_id, term_id)}/tasters")
    session_id = visit.outside.ids.new("session")
    terms.add_taster(visit.outside, caller, group_id, term_id, session_id, values)
    return visit.go(caller.location)


@door.form(f"{TERM}/remove-taster", ADMINISTRATOR, again=show_tasters)
def remove_taster(visit: Visit, group_id: str, term_id: str) -> Response:
    """A taster session nobody has booked goes."""
    caller = visit.caller(f"{_path(group_id, term_id)}/tasters")
    session_id = visit.named("session_id")
    terms.remove_taster(visit.outside, caller, group_id, term_id, session_id)
    return visit.go(caller.location)


@door.page(f"{TERM}/copy", ADMINISTRATOR)
def show_copy(
    visit: Visit, group_id: str, term_id: str, answers_given: Answers | None = None
) -> Response:
    """A new draft like this term."""
    whole = terms.show_term(visit.outside, group_id, term_id)
    return _form_page(visit, "admin_term_copy", whole, COPY, {}, answers_given)


@door.form(f"{TERM}/copy", ADMINISTRATOR, again=show_copy)
def copy_term(visit: Visit, group_id: str, term_id: str) -> Response:
    """Make it, and look at its dates."""
    values, new_id = visit.read(COPY), visit.outside.ids.new("term")
    caller = visit.caller(f"{_path(group_id, new_id)}/dates")
    terms.copy_term(visit.outside, caller, group_id, term_id, new_id, **values)
    return visit.go(caller.location)


def _path(group_id: str, term_id: str) -> str:
    return f"/admin/groups/{group_id}/terms/{term_id}"


def _in_parts(visit: Visit) -> bool:
    """Whether the circle lets the price of a term be paid in monthly parts."""
    return visit.circle is not None and visit.circle.instalments


def _usual(whole: WholeTerm) -> dict[str, Any]:
    """What a new term usually has; its price is for people to say (R15-R17)."""
    online = whole.term.mode == "online"
    return {
        "capacity": 8 if online else 10,
        "min_members": 6,
        "guest_places": 0,
        "other_costs_minor": 0,
        "leaders_extra_minutes": whole.term.leaders_extra_minutes,
        "payment_due": whole.term.payment_due,
        "instalments": whole.term.instalments,
    }


def _as_typed(visit: Visit, form: Form) -> Answers:
    return Answers(typed=visit.typed, form=form.name)


def _form_page(
    visit: Visit,
    page: str,
    whole: WholeTerm,
    form: Form,
    known: dict[str, Any],
    answers_given: Answers | None,
    **facts: Any,
) -> Response:
    return visit.page(
        page,
        here=HERE,
        whole=whole,
        path=_path(whole.term.group_id, whole.term.term_id),
        budget=budget_of(whole),
        answers_given=answers_given or Answers.of(form, known),
        **facts,
    )
