"""What becomes of each kind of row when somebody is erased (M8, T9): which rows go, which fields
are emptied on rows that the law keeps, and which kinds hold no words about anybody.

A test holds that every kind of row is on one of these lists. What does not live here: when
(erasing.py), what has to wait (erasing_holds.py), which rows there are (store/people/traces.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from chalicelib.rules import states
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.changes import Is, Remove, Update, Write
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.leaders.accounts import PayProfile
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.own_log import LogEntry
from chalicelib.rules.leaders.payouts import Payout, PayRun
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release
from chalicelib.rules.people.addresses import Address
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.erasing_subject import Subject
from chalicelib.rules.people.erasure import TEMPLATE
from chalicelib.rules.people.people import EmailOwner, Person, email_hash, email_key
from chalicelib.rules.running.leading import Leadership, Substitute

NAMED = object()  # stands for the name: a word of templates/words takes its place
SENDING = ("queued", "claimed")

# Answers that nobody needs for a debt, a seat or a dispute: they go at once.
ANSWERS: Mapping[type, Mapping[str, Any]] = {
    Application: {
        **dict.fromkeys(("profession", "can_attend", "device", "hopes", "source"), ""),
        **dict.fromkeys(("knows_someone", "access_needs", "interview", "decision_reason"), ""),
        "booking_id": "",
        "absences": (),
        "interview_points": (),
    },
    Leadership: {"biography": ""},
}

# The rest, on rows that stay with the books: amounts, ids, dates and codes are left.
WHOLE: Mapping[type, Mapping[str, Any]] = {
    Person: {"full_name": NAMED, "email": "", "profession": "", "roles": ()},
    Application: {
        **ANSWERS[Application],
        "full_name": NAMED,
        "email": "",
        "email_hash": "",
        "payer": "",
    },
    Offer: {"full_name": NAMED, "email": ""},
    Enrolment: {"full_name": NAMED, "email": "", "profession": ""},
    Obligation: {"payer_name": "", "payer_email": "", "payer_reference": ""},
    Payment: {
        "full_name": NAMED,
        "email": "",
        "on_behalf": None,
        "params": {},
        "checkout_url": None,
        "reference": "",
    },
    Refund: {
        "full_name": NAMED,
        "email": "",
        "on_behalf": None,
        "reason": "",
        "paid_reference": "",
    },
    Release: {"reason": ""},
    Dispute: {"full_name": NAMED},
    BankReceipt: dict.fromkeys(("payer", "reference", "back_reference", "back_reason"), ""),
    Leadership: {"name": NAMED, "body": "", "biography": ""},
    Substitute: {"name": NAMED},
    Payout: {"name": NAMED, "paid_reference": "", "undo_reason": ""},
    Accrual: {"set_aside": ""},
    Clawback: {"reason": ""},
}

# What somebody is who only pays for another: the member's part stays the member's.
AS_PAYER: Mapping[type, Mapping[str, Any]] = {
    Obligation: WHOLE[Obligation],
    Payment: {"full_name": NAMED, "email": "", "params": {}, "checkout_url": None, "reference": ""},
    Refund: {"full_name": NAMED, "email": "", "paid_reference": ""},
}

REMOVED = (TasterBooking, Unique, EmailOwner, PayProfile, LogEntry, Address)
SCRUBBED = (Mail, Task, PayRun)  # rows of many: words about this person go

# Kinds that are left as they are, and why: they hold ids, amounts, dates and codes only; they are
# the circle's own words; they end by their own clock; or they are the record of what was done.
LEFT: Mapping[str, str] = {
    **dict.fromkeys(("Instalment", "Credit", "StripeLookup", "Movement", "BankPayout"), "ids"),
    **dict.fromkeys(("Recall", "Returned", "PayoutAccount", "AccountOwner"), "ids"),
    **dict.fromkeys(("TransferLookup", "Attendance", "Split", "BursaryFund"), "ids"),
    **dict.fromkeys(("JobRun", "MailDay", "Unheard"), "ids"),
    **dict.fromkeys(("CircleSettings", "Document", "Officer", "Bulk", "BursaryCode"), "circle"),
    **dict.fromkeys(("Group", "SlugOwner", "Term", "Session"), "circle"),
    **dict.fromkeys(("Marker", "SignInToken", "BrowserSession"), "clock"),
    **dict.fromkeys(("SpentForm", "RateCounter"), "clock"),
    **dict.fromkeys(("Entry", "AuditRow", "Erasure"), "record"),
}


def written(row: Any, subject: Subject, whole: bool) -> Write | None:
    """What becomes of one row: None when nothing of it has to go (any more). Without `whole` only
    what nothing else needs. Conditional on what a later writer would have changed."""
    kind = type(row)
    if kind is Mail:
        return _mail(row, subject, whole)
    if kind is Task:
        return _task(row, subject, whole)
    if kind is PayRun:
        return _run(row, subject) if whole else None
    if not whole and subject.is_later(row):
        return None
    if not subject.owns(row):
        return _update(row, _of_another(row, subject), subject) if whole else None
    if kind in REMOVED:
        return Remove(row, _as_read(row)) if whole or _at_once(row, subject) else None
    if kind is Application and row.application_id not in subject.kept:
        return Remove(row, when=(Is("state", row.state), Is("offer_id", row.offer_id)))
    values = WHOLE.get(kind, {}) if whole else ANSWERS.get(kind, {})
    if kind is Offer and whole and row.facts.get("profession"):
        values = {**values, "facts": {**row.facts, "profession": ""}}
    if kind in (Person, Application) and whole and row.email:
        return _cut_off(row, subject, values)
    return _update(row, values, subject)


def _of_another(row: Any, subject: Subject) -> Mapping[str, Any]:
    """What goes from a row about somebody else: of the payer, and on the papers of an offer the
    name of who leads the group."""
    if isinstance(row, Offer):
        return {"facts": subject.without(row.facts)}
    return AS_PAYER[type(row)] if subject.pays(row) else {}


def _at_once(row: Any, subject: Subject) -> bool:
    """Whether a row that goes goes also while something else has to wait."""
    if isinstance(row, TasterBooking):
        return row.state != "booked"
    if isinstance(row, Unique):
        return row.owner_id in subject.found - subject.kept
    return isinstance(row, LogEntry)


def _as_read(row: Any) -> tuple[Is, ...]:
    """That a name has not come to be another's, and a booking has not moved."""
    held = {one.name for one in fields(row)} & {"owner_id", "state"}
    return tuple(Is(name, getattr(row, name)) for name in sorted(held))


def _cut_off(
    row: Person | Application, subject: Subject, values: Mapping[str, Any]
) -> Update | None:
    """Every session and link of theirs ends. An application that nobody's address was proven for
    stands for itself, so that it never comes to be another person's."""
    if isinstance(row, Application) and row.person_id is None:
        values = {**values, "person_id": row.application_id}
    update = _update(row, values, subject)
    same = Is("generation", row.generation)
    return update and replace(update, add={"generation": 1}, when=(*update.when, same))


def _update(row: Any, values: Mapping[str, Any], subject: Subject) -> Update | None:
    told = {name: subject.named if value is NAMED else value for name, value in values.items()}
    changed = {name: value for name, value in told.items() if getattr(row, name) != value}
    if not changed:
        return None
    held = {one.name for one in fields(row)} & {"state", "settled_minor", "left_minor"}
    return Update(row, changed, when=tuple(Is(name, getattr(row, name)) for name in sorted(held)))


def _mail(row: Mail, subject: Subject, whole: bool) -> Update | None:
    """One to this person is emptied, and does not leave any more; so is one about them that has
    reached a payer or a leader; in others the name goes. Its key stays, so that it is not queued
    again. Not the mail about the erasure."""
    to_them = bool(row.person_id and row.person_id == subject.person_id)
    to_them = to_them or bool(subject.email and email_key(row.to) == subject.email)
    if row.state in SENDING and (not whole or row.template == TEMPLATE):
        return None
    if to_them or (whole and row.state not in SENDING and subject.is_told_of(row)):
        return emptied(row)
    return _update_mail(row, _spoken(row, subject)) if whole else None


def emptied(row: Mail) -> Update | None:
    """A mail without anybody's words; one that has not left does not leave any more."""
    values: dict[str, Any] = {"to": "", "facts": {}, "links": {}, "stands": ()}
    values |= dict.fromkeys(("subject", "failure", "sent_to", "delivery_reason"), "")
    if row.state in SENDING:
        values |= {"state": states.move("mail", row.state, "dropped"), "due_at": None}
    return _update_mail(row, values)


def _spoken(row: Mail, subject: Subject) -> dict[str, Any]:
    stands = tuple(replace(one, values=subject.without(one.values)) for one in row.stands)
    return {
        "facts": subject.without(row.facts),
        "subject": subject.without(row.subject),
        "stands": stands,
    }


def _update_mail(row: Mail, values: Mapping[str, Any]) -> Update | None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return None
    return Update(row, changed, when=(Is("state", row.state), Is("lease", row.lease)))


def _task(row: Task, subject: Subject, whole: bool) -> Write | None:
    """What was to be done about an application or an address that goes is done; in others the
    name goes."""
    about = set(re.split(r"[#/.?]", f"{row.task_id}/{row.path}")) - {""}
    gone = {email_hash(subject.email)} if whole and subject.email else set()
    if about & ((subject.found - subject.kept) | gone):
        return Remove(row)
    ours = about & {subject.person_id, *subject.found, *subject.debts}
    facts = subject.without(row.facts)
    return Update(row, {"facts": facts}) if whole and ours and facts != row.facts else None


def _run(row: PayRun, subject: Subject) -> Update | None:
    """Why a leader was paid more than the fund covered, in words."""
    if not row.advanced.get(subject.person_id):
        return None
    advanced = {**row.advanced, subject.person_id: ""}
    return Update(row, {"advanced": advanced}, when=(Is("revision", row.revision),))
