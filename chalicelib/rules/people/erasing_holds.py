"""What an erasure waits for, what it takes away, and what the law keeps and until when (M8, T9).

Erasure yields to what is still open between a person and the circle, and to the years for which
books are kept; nothing else. What does not live here: what becomes of each row (erased_rows.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.books.retention import kept_until
from chalicelib.rules.disputes.disputes import OPEN, Dispute
from chalicelib.rules.joining.applications import LIVE, Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.leaders.accounts import PayProfile
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.own_log import LogEntry
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release
from chalicelib.rules.people.erasing_subject import Subject
from chalicelib.rules.people.erasure import Hold, Stays
from chalicelib.rules.people.people import DESK_ROLES, Person
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.running.groups import Term
from chalicelib.rules.running.leading import Leadership, Substitute

GOES_ON = ("recruiting", "running")  # states of a term that is not over
UNPAID = ("pending", "on_its_way")
ON_THE_WAY_BACK = ("requested", "sent", "failed")
NOT_PAID_OUT = ("prepared", "approved", "sending")

# What a kind of row is called where people are told what goes, and what stays with the books.
GONE: Mapping[type, str] = {
    Person: "profile",
    Application: "applications",
    TasterBooking: "tasters",
    **dict.fromkeys((Offer, Enrolment, Payment, Refund), "names"),
    Mail: "mails",
    PayProfile: "bank_details",
    LogEntry: "log",
    **dict.fromkeys((Leadership, Substitute), "leading"),
}
KEPT: Mapping[type, str] = {
    **dict.fromkeys((Obligation, Payment, Refund, Release, Instalment, Dispute, Credit), "money"),
    BankReceipt: "money",
    Enrolment: "seats",
    **dict.fromkeys((Accrual, Clawback, Returned, Payout), "pay"),
}
# The instants that say when a row was last of any account; the latest begins the years.
FACTS = (
    *("created_at", "paid_at", "billed_at", "ended_at", "requested_at", "asked_at", "decided_at"),
    *("opened_at", "recorded_at", "enrolled_at", "made_at", "accrued_at", "returned_at"),
    *("prepared_at", "approved_at", "left_at"),
)


def term_keys(rows: Iterable[Any]) -> set[tuple[str, str]]:
    """Group and term of every seat and every lead among the rows."""
    kinds = (Enrolment, Leadership, Substitute)
    return {(row.group_id, row.term_id) for row in rows if isinstance(row, kinds)}


def holds(
    rows: Sequence[Any], subject: Subject, terms: Mapping[str, Term], now: datetime
) -> tuple[Hold, ...]:
    """Everything that has to end first, each thing once."""
    every = [one for row in rows for one in _hold(row, subject, terms, now)]
    return tuple(dict.fromkeys(every))


def _hold(row: Any, subject: Subject, terms: Mapping[str, Term], now: datetime) -> Iterator[Hold]:
    if isinstance(row, Enrolment | Leadership | Substitute):
        yield from _in_a_term(row, subject, terms.get(row.term_id))
    elif isinstance(row, Accrual | Clawback | Returned | Payout):
        if _pay_is_open(row):
            yield Hold(code="pay_open", about=row.leader_id)
    elif isinstance(row, Person):
        if set(row.roles) & set(DESK_ROLES):
            yield Hold(code="role", about=row.person_id)
    elif isinstance(row, Offer):
        if row.state == "open" and subject.owns(row):
            yield Hold(code="offer_open", about=row.application_id, until=row.hold_until)
    elif isinstance(row, Application):
        if row.state in (*LIVE, "draft") and subject.owns(row) and subject.is_later(row):
            yield Hold(code="applied_again", about=row.application_id)
    elif isinstance(row, TasterBooking):
        if row.state == "booked" and row.starts_at > now:
            yield Hold(code="taster", about=row.booking_id, until=row.starts_at)
    else:
        yield from _money(row, subject)


def _in_a_term(
    row: Enrolment | Leadership | Substitute, subject: Subject, term: Term | None
) -> Iterator[Hold]:
    if term is None or term.state not in GOES_ON or not subject.owns(row):
        return
    if isinstance(row, Enrolment):
        if row.state in IN_SEAT:
            yield Hold(code="seat", about=row.term_id, until=term.ends_at)
    elif isinstance(row, Leadership) or not row.left:
        yield Hold(code="leads", about=row.term_id, until=term.ends_at)


def _pay_is_open(row: Accrual | Clawback | Returned | Payout) -> bool:
    if isinstance(row, Payout):
        return row.state in NOT_PAID_OUT
    if isinstance(row, Clawback):
        return row.left_minor != 0 or row.waits_for_stripe
    return row.open_minor != 0


def _money(row: Any, subject: Subject) -> Iterator[Hold]:
    code = ""
    if isinstance(row, Dispute) and subject.owns(row):
        code = "dispute" if row.state in OPEN or row.waits_for_decision else ""
    elif isinstance(row, Obligation):
        code = _debt(row, subject)
    elif isinstance(row, Payment):
        code = "payment_open" if row.state in UNPAID else ""
    elif isinstance(row, Refund):
        code = "refund_open" if row.state in ON_THE_WAY_BACK else ""
    elif isinstance(row, Credit):
        code = "credit" if row.left_minor and row.person_id == subject.person_id else ""
    elif isinstance(row, BankReceipt):
        code = "money_unmatched" if row.left_minor else ""
    if code:
        yield Hold(code=code, about=getattr(row, "obligation_id", "") or row_name(row))


def is_open(rows: Iterable[Any]) -> bool:
    """Whether anything of a debt is still to come: money on its way, a dispute, a decision."""
    for row in rows:
        if isinstance(row, Payment) and row.state in UNPAID:
            return True
        if isinstance(row, Refund) and row.state in ON_THE_WAY_BACK:
            return True
        if isinstance(row, Dispute) and (row.state in OPEN or row.waits_for_decision):
            return True
        if isinstance(row, BankReceipt) and row.left_minor:
            return True
    return False


def row_name(row: Any) -> str:
    """The id of money that is of no debt: a credit, or a receipt."""
    return str(getattr(row, "credit_id", "") or row.receipt_id)


def _debt(row: Obligation, subject: Subject) -> str:
    if not subject.owns(row):
        return "pays_for" if subject.pays(row) and row.state == "due" else ""
    if row.open_release:
        return "refund_open"
    return "unpaid" if row.billed_at and row.state == "due" and row.outstanding_minor > 0 else ""


def gone(rows: Sequence[Any], subject: Subject, whole: bool) -> tuple[tuple[str, int], ...]:
    """What goes, in the words of [options.erasure_gone], and how many rows that is."""
    at_once = (Application, TasterBooking, LogEntry, Mail)
    told = [
        GONE[type(row)]
        for row in rows
        if type(row) in GONE and (whole or isinstance(row, at_once)) and _theirs(row, subject)
    ]
    counted = Counter(told)
    return tuple((code, counted[code]) for code in dict.fromkeys(GONE.values()) if counted[code])


def _theirs(row: Any, subject: Subject) -> bool:
    return isinstance(row, Mail) or subject.owns(row) or subject.pays(row)


def stays(rows: Sequence[Any], subject: Subject) -> tuple[Stays, ...]:
    """What stays with the books, by id only, and until when."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        if type(row) in KEPT and _theirs(row, subject):
            found.setdefault(KEPT[type(row)], []).append(row)
    order = dict.fromkeys(KEPT.values())
    return tuple(
        Stays(code=code, rows=len(found[code]), until=books_until(found[code]))
        for code in order
        if code in found
    )


def books_until(rows: Iterable[Any]) -> datetime | None:
    """Until when the records of these facts are kept; None for nothing that is a fact."""
    instants = [at for row in rows for name in FACTS if (at := getattr(row, name, None))]
    return kept_until(max(instants)) if instants else None
