"""The register of a session: who was there, who led, whether it was held (R15, M1, L3).

What does not live here: what closing it writes (closing.py), what it earns (books/earning.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.parsers import choice, several
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.typed_text import Parser

MARKS = ("present", "partial", "apologies", "absent")
OUTCOMES = ("held", "cancelled")
HOLDABLE = ("recruiting", "running", "ended")  # terms whose sessions have registers
SEATED = (*IN_SEAT, "completed")

# A seat that is taken in the very moment in which a session begins looks at the sessions only
# once they have begun (store/money/payments.with_sessions): a register waits for it this long.
GRACE = timedelta(minutes=1)
REMIND_AFTER = timedelta(days=7)  # after the session: then the administrator closes it (D4)


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """One person at one session: present | partial | apologies | absent. No reason is kept.
    Before the register is closed only apologies that were sent ahead are here."""

    group_id: str
    term_id: str
    session_id: str
    person_id: str
    mark: str
    marked_by: str
    marked_at: datetime


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A member as a register shows one: name and profession, no mail and no money (O9)."""

    person_id: str
    name: str
    profession: str
    state: str  # of the enrolment
    mark: str = ""  # as kept so far

    @property
    def field(self) -> str:
        """The name of the question about this member."""
        return f"mark-{self.person_id}"


@dataclass(frozen=True, kw_only=True)
class Register:
    """The register of one session with all that deciding about it looks at."""

    whole: WholeTerm
    session: Session
    seats: tuple[Seat, ...]
    leaders: tuple[tuple[str, str], ...]  # person_id and name: of the term, and who led
    kept: Mapping[str, Attendance] = field(default_factory=dict)  # by person
    closed_by: str = ""  # the name of who closed it

    @property
    def closed(self) -> bool:
        """Whether it was closed; a cancelled session has nothing left to close."""
        return self.session.state != "planned"

    @property
    def apologies(self) -> int:
        """How many have sent apologies."""
        return sum(one.mark == "apologies" for one in self.seats)

    @property
    def expected(self) -> int:
        """How many members come as far as we know."""
        return sum(one.state in IN_SEAT and not _stays_away(one) for one in self.seats)

    @property
    def thin(self) -> bool:
        """Whether apologies leave fewer than the group wants to meet with (R15)."""
        return self.apologies > 0 and self.expected < self.whole.term.min_members

    def has_begun(self, now: datetime) -> bool:
        """Whether the session has begun, in a term that goes ahead."""
        in_time = self.session.starts_at + GRACE <= now
        return in_time and self.whole.term.state in HOLDABLE

    def may_close(self, now: datetime) -> bool:
        """Whether it can be closed or corrected: the session has begun, and nobody has dealt
        with the fees of a cancelled one."""
        return self.has_begun(now) and not self.session.remedy


def _stays_away(seat: Seat) -> bool:
    return seat.mark == "apologies" or seat.state == "suspended"


def seats_of(
    session: Session,
    enrolments: Sequence[Enrolment],
    debts: Mapping[str, Obligation],
    kept: Mapping[str, Attendance],
) -> tuple[Seat, ...]:
    """Who is asked about: members whose fee covers the session and who had their seat when it
    began, and whoever a closed register already holds; by name. `debts` by obligation id."""
    found = []
    for one in sorted(enrolments, key=lambda each: (each.full_name.casefold(), each.person_id)):
        debt, mark = debts.get(one.obligation_id), kept.get(one.person_id)
        ended_at = debt.ended_at if debt else None
        seated = one.state in SEATED or (ended_at is not None and ended_at > session.starts_at)
        covers = debt is not None and session.session_id in debt.shares
        if (seated and covers) or (mark and session.state == "held"):
            found.append(
                Seat(
                    person_id=one.person_id,
                    name=one.full_name,
                    profession=one.profession,
                    state=one.state,
                    mark=mark.mark if mark else "",
                )
            )
    return tuple(found)


def open_registers(whole: WholeTerm, now: datetime) -> tuple[Session, ...]:
    """Sessions that have begun and whose register is open, the oldest first."""
    if whole.term.state not in HOLDABLE:
        return ()
    return tuple(
        one for one in whole.sessions if one.state == "planned" and one.starts_at + GRACE <= now
    )


def overdue(whole: WholeTerm, now: datetime) -> tuple[Session, ...]:
    """Sessions whose register is still open seven days after they ended (D4)."""
    return tuple(one for one in open_registers(whole, now) if one.ends_at + REMIND_AFTER <= now)


def register_path(session: Session) -> str:
    """The page of a session's register."""
    term = f"/leader/groups/{session.group_id}/terms/{session.term_id}"
    return f"{term}/sessions/{session.session_id}"


# The forms


def register_form(register: Register) -> Form:
    """Held or cancelled, who led, and one question for each member."""
    return Form(
        "register",
        (
            Field("outcome", choice(*OUTCOMES)),
            Field("led_by", several(*(one for one, _ in register.leaders)), required=False),
            *(Field(one.field, _mark_of(one), words="mark") for one in register.seats),
        ),
        (Check(("led_by",), _somebody_led),),
    )


def apologies_form(register: Register) -> Form:
    """Who has said beforehand that they cannot come."""
    ids = [one.person_id for one in register.seats]
    return Form("apologies", (Field("apologies", several(*ids), required=False),))


def as_kept(register: Register) -> dict[str, Any]:
    """What the form says at first: the register as it was closed, or that all went as planned.
    Whoever is suspended is not expected, nor was who took a seat after it was closed."""
    session = register.session
    everybody = tuple(one for one, _ in register.leaders)
    usual = "absent" if session.state == "held" else "present"
    known = {"suspended": "absent"}
    marks = {one.field: one.mark or known.get(one.state, usual) for one in register.seats}
    return {
        "outcome": session.state if register.closed else "held",
        "led_by": session.led_by if session.state == "held" else everybody,
        "apologies": tuple(one.person_id for one in register.seats if one.mark == "apologies"),
        **marks,
    }


def _mark_of(seat: Seat) -> Parser:
    asked = choice(*MARKS)
    return Parser(asked.read, str, when_missing="choice", facts={"name": seat.name})


def _somebody_led(values: Mapping[str, Any]) -> Mapping[str, str]:
    """A session that was held was led by somebody (L3); asked also while `outcome` is missing."""
    held = values.get("outcome", "held") == "held"
    return {"led_by": "nobody"} if held and not values["led_by"] else {}
