"""Doors of leaders: their groups, the registers of their sessions, apologies sent ahead."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.flows.running import registers
from chalicelib.flows.running.registers import Which
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import Doors
from chalicelib.handlers.visit import Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.running.register import apologies_form, as_kept, register_form

door = Doors(__name__)
LEADER = Audience.LEADER
HERE = "leading"
TERM = "/leader/groups/{group_id}/terms/{term_id}"
REGISTER = f"{TERM}/sessions/{{session_id}}"


@door.page("/leader", LEADER)
def show_leading(visit: Visit) -> Response:
    """The terms somebody leads, running ones first."""
    return visit.page("leader", here=HERE, leading=registers.show_leading(visit.outside, visit.me))


@door.page(TERM, LEADER)
def show_term(visit: Visit, group_id: str, term_id: str) -> Response:
    """A term: dates, members, registers."""
    shown = registers.show_term(visit.outside, visit.me, group_id, term_id)
    return visit.page("leader_term", here=HERE, shown=shown)


@door.page(REGISTER, LEADER)
def show_register(
    visit: Visit,
    group_id: str,
    term_id: str,
    session_id: str,
    answers_given: Answers | None = None,
) -> Response:
    """The register of a session: who can come while it is ahead, who came once it has begun."""
    which = Which(group_id, term_id, session_id)
    register = registers.show_register(visit.outside, visit.me, which)
    form = register_form(register) if register.has_begun(visit.now) else apologies_form(register)
    return visit.page(
        "register",
        here=HERE,
        register=register,
        sees_term=registers.leads(visit.me, register.whole) or "administrator" in visit.roles,
        answers_given=answers_given or Answers.of(form, as_kept(register)),
    )


@door.form(REGISTER, LEADER, again=show_register)
def close_register(visit: Visit, group_id: str, term_id: str, session_id: str) -> Response:
    """Close it, or correct it."""
    which, seen = Which(group_id, term_id, session_id), visit.named("revision")
    values = visit.read(register_form(registers.show_register(visit.outside, visit.me, which)))
    caller = visit.caller(visit.path)
    registers.close(visit.outside, caller, visit.me, which, seen, values)
    return visit.go(caller.location)


@door.form(f"{REGISTER}/apologies", LEADER, again=show_register)
def note_apologies(visit: Visit, group_id: str, term_id: str, session_id: str) -> Response:
    """Who has said beforehand that they cannot come."""
    which = Which(group_id, term_id, session_id)
    form = apologies_form(registers.show_register(visit.outside, visit.me, which))
    ids = visit.read(form)["apologies"]
    caller = visit.caller(visit.path.removesuffix("/apologies"))
    registers.note_apologies(visit.outside, caller, visit.me, which, ids)
    return visit.go(caller.location)
