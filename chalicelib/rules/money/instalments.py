"""Parts of a fee that fall due later: instalments, and paying after the first session (T4, R66).

The rows say what was agreed: amount and date of each part. How much of a part is open follows
from the debt: what was paid fills the parts in order, and what is still owed lies on the first
that are not full. So whatever is paid or let go, by whomever, needs no row of a part to be true.
What does not live here: opening a checkout (checkout.py), what a payment means (parts.py), the
mails (part_mails.py).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.rules import states
from chalicelib.rules.changes import Change, Is, Ref, Remove, Update
from chalicelib.rules.joining.offers import LAST_MINUTE, Offer, answer_by
from chalicelib.rules.money.amounts import in_parts_of
from chalicelib.rules.money.payments import Obligation, Payment
from chalicelib.rules.people.circle import Task

TOLD_BEFORE = timedelta(days=5)
LATER = "after_first_session"
MISSED = 3  # times chased before a person is called: one mail before the day, two after


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A part of a debt with a date of its own. Minor units; the parts sum to the debt."""

    obligation_id: str
    number: int  # 1..
    amount_minor: int
    currency: str
    state: str = "due"  # due | paid | void
    pay_by: datetime  # the due index keeps a `due_at` of its own
    chase_at: datetime | None = None  # when the clock looks at it next
    chased: int = 0  # how often it was: mails sent about it, and then a task
    term_id: str
    person_id: str | None = None


@dataclass(frozen=True)
class Part:
    """How one instalment stands by its debt: what was paid of it, what is still to be paid."""

    instalment: Instalment
    filled_minor: int
    open_minor: int


@dataclass(frozen=True, kw_only=True)
class Owing:
    """What pages say of a debt that may be paid in parts. Amounts in minor units."""

    parts: tuple[Part, ...]  # none for a price that is paid once, with the place
    left_minor: int  # still to be paid in all
    asked_minor: int  # of this, what is asked for now
    pays_later: bool  # the place is taken first, the first part paid after a session
    numbers: tuple[int, ...] = ()  # the parts that a payment is for, which is told of

    @property
    def next(self) -> Part | None:
        """The first part that is open."""
        return next((one for one in self.parts if one.open_minor), None)

    def facts(self) -> dict[str, Any]:
        """The same for a mail, as plain data."""
        coming = self.next
        return {
            "left_minor": self.left_minor,
            "numbers": list(self.numbers),
            "of_parts": len(self.parts),
            "next_minor": coming.open_minor if coming else self.left_minor,
            "next_due_at": coming.instalment.pay_by if coming else "",
            "pays_later": self.pays_later,
        }


NOTHING_OWING = Owing(parts=(), left_minor=0, asked_minor=0, pays_later=False)


# What is agreed


def first_minor(offer: Offer, obligation: Obligation) -> int:
    """What has to be paid for the place to be taken: nothing where the first part is later."""
    if pays_later(offer, obligation):
        return 0
    return in_parts_of(obligation.outstanding_minor, offer.instalments, obligation.currency)[0]


def pays_later(offer: Offer, obligation: Obligation) -> bool:
    """Whether the place is taken first and paid after its first session (R66)."""
    return offer.payment_due == LATER and obligation.outstanding_minor > 0


def plan(offer: Offer, obligation: Obligation, now: datetime) -> list[Instalment]:
    """The parts of a debt whose place is taken `now`; none for a price paid once with the place.

    The first is due at once, or at the end of the day after the first session; the others each a
    month after the one before.
    """
    later = pays_later(offer, obligation)
    amounts = in_parts_of(obligation.outstanding_minor, offer.instalments, obligation.currency)
    if len(amounts) == 1 and not later:
        return []
    zone = str(offer.facts["zone"])
    begins = max(obligation.begins_at or now, now)
    first = answer_by(1, begins, zone) if later else now
    return [
        _instalment(obligation, number, amount, months_after(first, number - 1, zone))
        for number, amount in enumerate(amounts, 1)
    ]


def _instalment(
    obligation: Obligation, number: int, amount_minor: int, pay_by: datetime
) -> Instalment:
    return Instalment(
        obligation_id=obligation.obligation_id,
        number=number,
        amount_minor=amount_minor,
        currency=obligation.currency,
        pay_by=pay_by,
        chase_at=pay_by - TOLD_BEFORE,
        term_id=obligation.term_id,
        person_id=obligation.person_id,
    )


def months_after(first: datetime, months: int, zone: str) -> datetime:
    """The end of the same day some months later, in the group's zone; the last day of a month
    that is too short for it. Without months: `first` itself."""
    if not months:
        return first
    day = first.astimezone(ZoneInfo(zone)).date()
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    at = date(day.year + years, month + 1, min(day.day, last))
    return datetime.combine(at, LAST_MINUTE, ZoneInfo(zone))


# How it stands


def parts_of(instalments: Iterable[Instalment], obligation: Obligation) -> list[Part]:
    """How each part stands by the debt, in order."""
    cash = obligation.paid_minor - obligation.refunded_minor
    left = max(0, obligation.outstanding_minor)
    found = []
    for one in sorted(instalments, key=lambda each: each.number):
        asked = 0 if one.state == "void" else one.amount_minor
        filled = min(cash, asked)
        still = min(left, asked - filled)
        cash, left = cash - filled, left - still
        found.append(Part(one, filled, still))
    return found


def owing(
    offer: Offer, obligation: Obligation, instalments: Sequence[Instalment], now: datetime
) -> Owing:
    """What is to be paid, how much now and how much later; of an offer that is open, what would
    be if the place were taken now. What lies on no part is asked for at once."""
    billed = obligation.billed_at is not None
    rows = instalments if billed else plan(offer, obligation, now)
    found = tuple(parts_of(rows, obligation))
    left = max(0, obligation.outstanding_minor)
    if not billed and not pays_later(offer, obligation):
        asked = first_minor(offer, obligation)
    else:
        later = [one for one in found if one.instalment.pay_by - TOLD_BEFORE > now]
        asked = left - sum(one.open_minor for one in later)
        asked = asked or next((one.open_minor for one in later if one.open_minor), 0)
    return Owing(
        parts=found,
        left_minor=left,
        asked_minor=asked,
        pays_later=offer.payment_due == LATER and bool(found),
    )


def owing_after(
    offer: Offer,
    before: Obligation,
    after: Obligation,
    instalments: Sequence[Instalment],
    now: datetime,
) -> Owing:
    """The same once a payment has been counted, and the parts that it was for."""
    known = {one.instalment.number: one.filled_minor for one in parts_of(instalments, before)}
    found = owing(offer, after, instalments, now)
    numbers = (
        one.instalment.number
        for one in found.parts
        if one.filled_minor > known[one.instalment.number]
    )
    return replace(found, numbers=tuple(numbers))


def brought_up(instalments: Iterable[Instalment], obligation: Obligation) -> Change:
    """The rows of the parts as the debt says they stand: paid, not asked for any more, or due
    again. A task about one that is open no more ends with it."""
    return Change.of(*(_brought_up(one) for one in parts_of(instalments, obligation)))


def _brought_up(part: Part) -> Change:
    row = part.instalment
    new = row.state
    if row.state == "due" and not part.open_minor:
        new = "paid" if part.filled_minor else "void"
    elif row.state == "paid" and part.open_minor:
        new = "due"  # money that was here has gone again: a person's matter, nobody is chased
    if new == row.state:
        return Change.of()
    values = {"state": states.move("instalment", row.state, new), "chase_at": None}
    return Change.of(
        Update(row, values, when=(Is("state", row.state),)),
        Remove(Ref(Task, {"task_id": task_id(row)})) if row.chased > MISSED else None,
    )


def taken(
    offer: Offer, obligation: Obligation, payment: Payment, now: datetime
) -> tuple[list[Instalment], Owing]:
    """The parts of a place that is taken now with this payment, and how its debt stands then."""
    owed = replace(obligation, person_id=payment.person_id)
    paid = obligation.paid_minor + payment.amount_minor
    after = replace(owed, paid_minor=paid, billed_at=now)
    rows = [
        one.instalment if one.open_minor else replace(one.instalment, state="paid", chase_at=None)
        for one in parts_of(plan(offer, owed, now), after)
    ]
    return rows, owing_after(offer, owed, after, rows, now)


def task_id(row: Instalment) -> str:
    """The name of the administrator's task about a part that was missed."""
    return f"instalment_missed#{row.obligation_id}#{row.number}"
