"""Who leads one session in place of a leader, and who led one before leaving (L3, L4).

What does not live here: the row (leading.py), what it earns (leaders/accruals.py), who may see
what (flows/running/registers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.errors import Conflict
from chalicelib.rules import parsers as p
from chalicelib.rules.changes import Create, Is, Require, Update, Write
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.running.group_forms import PAYS
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.leading import Leadership, Substitute
from chalicelib.rules.running.register import HOLDABLE, open_registers

SUBSTITUTES_MAX = 3  # of one session
LEFT_MAX = 80  # open registers of a leader who leaves: what one transaction takes


def changeable(whole: WholeTerm) -> tuple[Session, ...]:
    """Sessions of which somebody can still say who leads them: their register is open, or they
    are ahead."""
    if whole.term.state not in HOLDABLE:
        return ()
    return tuple(one for one in whole.sessions if one.state == "planned")


def substitute_form(whole: WholeTerm) -> Form:
    """Which session, who, and how it is paid."""
    return Form(
        "substitute",
        (
            Field("session", p.choice(*(one.session_id for one in changeable(whole)))),
            Field("name", p.text(100)),
            Field("email", p.email()),
            Field("pay", p.choice(*PAYS)),
            Field("rate_minor", p.pounds(0, 50_000, whole.term.currency), required=False),
        ),
        (Check(("pay", "rate_minor"), _rated),),
    )


def _rated(values: Mapping[str, Any]) -> dict[str, str]:
    unpaid = values["pay"] == "fee" and not values["rate_minor"]
    return {"rate_minor": "missing"} if unpaid else {}


def of_session(whole: WholeTerm, session_id: str) -> tuple[Substitute, ...]:
    """Everybody who leads it beside the leaders of the term, or led it before leaving."""
    return tuple(one for one in whole.substitutes if one.session_id == session_id)


def standing_in(whole: WholeTerm, leader_id: str) -> frozenset[str]:
    """The sessions that somebody may see as their substitute; who has left sees none (L4)."""
    own = (one for one in whole.substitutes if one.leader_id == leader_id and not one.left)
    return frozenset(one.session_id for one in own)


def named(
    whole: WholeTerm, leader_id: str, values: Mapping[str, Any], by: str, now: datetime
) -> list[Write]:
    """A substitute of a session, or how she is paid for it changed. Raises Conflict when its
    register was closed meanwhile or has as many as it can; InvalidForm for who leads the term."""
    session = whole.session(values["session"])
    if session is None or session not in changeable(whole):
        raise Conflict
    if any(one.leader_id == leader_id for one in whole.leaders):
        form = substitute_form(whole)
        raise form.invalid(form.write(values), {"email": "leads_already"})
    every = of_session(whole, session.session_id)
    before = next((one for one in every if one.leader_id == leader_id), None)
    if before is None and len(every) >= SUBSTITUTES_MAX:
        raise Conflict
    row = Substitute(
        group_id=whole.term.group_id,
        term_id=whole.term.term_id,
        session_id=session.session_id,
        leader_id=leader_id,
        name=values["name"],
        pay=values["pay"],
        rate_minor=values["rate_minor"] or 0,
        made_by=by,
        made_at=now,
    )
    names = ("name", "pay", "rate_minor", "left", "made_by", "made_at")
    changed = {name: getattr(row, name) for name in names}
    return [_open(session), Update(before, changed) if before else Create(row)]


def _open(session: Session) -> Require:
    """Its register is as open as it was read."""
    return Require(session, (Is("state", "planned"), Is("revision", session.revision)), Conflict)


def still_open(whole: WholeTerm, row: Substitute) -> Require:
    """A substitute can be taken off as long as the register is open. Conflict afterwards."""
    session = whole.session(row.session_id)
    if session is None or session.state != "planned":
        raise Conflict
    return _open(session)


def left_behind(whole: WholeTerm, leader: Leadership, by: str, now: datetime) -> list[Write]:
    """A leader leaves while registers of sessions that have begun are open: their rows, so that
    whoever closes them can still say that she led, and she is paid as she was when they began.
    They give her no access. Raises Conflict with more than can be written at once: close some of
    the registers first."""
    registers = open_registers(whole, now)
    if len(registers) > LEFT_MAX:
        raise Conflict
    known = {one.session_id: one for one in whole.substitutes if one.leader_id == leader.leader_id}
    writes: list[Write] = []
    for session in registers:
        pay, rate_minor = leader.paid_at(session.starts_at)
        paid: dict[str, Any] = {"name": leader.name, "pay": pay, "rate_minor": rate_minor}
        paid["left"] = True
        before = known.get(session.session_id)
        row = Substitute(
            group_id=leader.group_id,
            term_id=leader.term_id,
            session_id=session.session_id,
            leader_id=leader.leader_id,
            made_by=by,
            made_at=now,
            **paid,
        )
        writes.append(Update(before, paid) if before else Create(row))
    return writes
