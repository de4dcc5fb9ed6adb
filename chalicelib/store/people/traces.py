"""Finding every row about somebody: by indexes for a page, by looking through tables for a job.

What does not live here: what becomes of the rows (rules/people/erased_rows.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.rules.audit import AuditRow
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.leaders.payouts import PayRun
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.payments import Payment
from chalicelib.rules.people.erasing import Who
from chalicelib.rules.people.erasing_holds import term_keys
from chalicelib.rules.people.erasing_subject import Subject
from chalicelib.rules.people.people import EmailOwner, Person, email_hash, email_key
from chalicelib.rules.running.groups import Group, Term
from chalicelib.rules.running.register import Attendance
from chalicelib.store import reads, tables
from chalicelib.store.running import groups


@dataclass(frozen=True)
class Traces:
    """Everything about one person, and the terms of their seats and leads."""

    subject: Subject
    rows: tuple[Any, ...]
    terms: dict[str, Term]


def who(name: str) -> Who | None:
    """Whom an id is about: of a person, an application or a booking. An application whose address
    was proven stands for its person."""
    person = reads.get(Person, name)
    if person is not None:
        return Who(
            person_id=person.person_id,
            full_name=person.full_name,
            email=person.email,
            zone=person.zone,
        )
    row: Any = reads.get(Application, name, "application") or reads.get(
        TasterBooking, name, "booking"
    )
    if row is None:
        return None
    if row.person_id and (known := who(row.person_id)):
        return known
    return Who(found=(name,), full_name=row.full_name, email=row.email, zone=row.zone)


def by_email(email: str) -> str:
    """The id under which an address is known, as `who` takes it; empty for none."""
    key = email_key(email)
    owner = reads.get(EmailOwner, f"email#{key}")
    if owner:
        return owner.owner_id
    return min(_under_address(key), default="")


def _under_address(email: str) -> set[str]:
    """Applications and taster bookings under an address, of a person or of nobody yet: by the
    name that it holds in each group, and among the bookings of every term."""
    every = [row for group in groups.every_group() for row in groups.everything(group.group_id)]
    hashed, found = email_hash(email), set()
    names: list[tuple[str, ...]] = [
        (f"unique#{row.group_id}#{hashed}", "unique") for row in every if isinstance(row, Group)
    ]
    if names:
        found = {one.owner_id for one in reads.many(Unique, names)}
    for term in (row for row in every if isinstance(row, Term)):
        booked = reads.indexed(tables.Applications.by_term, term.term_id, "booking#")
        found |= {one.booking_id for one in booked if email_key(one.email) == email}
    return found


def seen(person: Who, named: str) -> Traces:
    """What indexes show of somebody, for a page. Mails to an address that was never proven are
    found by the job only."""
    return _traces(person, named, thorough=False)


def every(person: Who, named: str) -> Traces:
    """Everything, by looking through the tables where no index leads: for a job."""
    return _traces(person, named, thorough=True)


def _traces(person: Who, named: str, thorough: bool) -> Traces:
    begin = Subject(
        person_id=person.person_id,
        found=frozenset(person.found),
        kept=frozenset(),
        debts=frozenset(),
        full_names=frozenset({person.full_name} - {"", named}),
        email=email_key(person.email),
        named=named,
        since=person.since,
    )
    joining = _joining(begin, thorough)
    subject = _widened(begin, joining)
    money = list(_money(subject, thorough))
    subject = _with_papers(subject, [*joining, *money])
    rows = [
        *joining,
        *_people(subject),
        *_seats(subject),
        *money,
        *_leading(subject, thorough),
        *_mails(subject, thorough),
        *reads.under(tables.Circle, "task#open"),
    ]
    keys = term_keys(rows)
    terms = [reads.get(Term, group_id, f"term#{term_id}") for group_id, term_id in sorted(keys)]
    return Traces(subject, tuple(rows), {one.term_id: one for one in terms if one})


def _joining(subject: Subject, thorough: bool) -> list[Any]:
    """Applications, offers, bookings and the names they hold."""
    if thorough:
        rows = list(reads.everything(tables.Applications))
        mine = {_id(row) for row in rows if subject.owns(row)} - {""}
        wide = replace(subject, found=subject.found | mine)
        return [row for row in rows if wide.owns(row)]
    ids = set(subject.found)
    if subject.person_id:
        shown = reads.indexed(tables.Applications.by_person, subject.person_id)
        ids |= {_id(row) for row in shown}
    if subject.email:
        ids |= _under_address(subject.email)
    return [row for one in sorted(ids) for row in reads.under(tables.Applications, one)]


def _id(row: Any) -> str:
    """The id of the application or booking that a row is, or belongs to."""
    name = "booking_id" if isinstance(row, TasterBooking) else "application_id"
    return str(getattr(row, name, ""))


def _widened(subject: Subject, joining: list[Any]) -> Subject:
    """The subject with all the ids and names that its rows told."""
    named = [row for row in joining if not isinstance(row, Unique)]
    names = {row.full_name for row in named} - {"", subject.named}
    later = {_id(row) for row in named if subject.is_later(row)}
    offered = [row for row in joining if isinstance(row, Offer)]
    kept = {row.application_id for row in offered}
    return replace(
        subject,
        found=subject.found | ({_id(row) for row in named} - later),
        kept=frozenset(kept),
        debts=frozenset(row.obligation_id for row in offered),
        full_names=subject.full_names | names,
    )


def _with_papers(subject: Subject, rows: list[Any]) -> Subject:
    names = ("offer_id", "payment_id", "refund_id", "release_id")
    papers = {getattr(row, name, "") for row in rows if subject.owns(row) for name in names}
    return replace(subject, papers=frozenset(papers - {"", None}))


def _people(subject: Subject) -> Iterator[Any]:
    if subject.person_id and (person := reads.get(Person, subject.person_id)):
        yield person
    owner = reads.get(EmailOwner, f"email#{subject.email}") if subject.email else None
    if owner and owner.owner_id == subject.person_id:
        yield owner


def _seats(subject: Subject) -> Iterator[Any]:
    if subject.person_id:
        yield from reads.indexed(tables.Enrolments.by_person, subject.person_id)


def _money(subject: Subject, thorough: bool) -> Iterator[Any]:
    """Their debts with all that hangs on them, and the money from the bank that was for these;
    what they only paid for."""
    rows = [row for one in sorted(subject.debts) for row in reads.under(tables.Payments, one)]
    if subject.person_id:
        rows += reads.indexed(tables.Payments.by_person, subject.person_id, "credit#")
    meant: set[str] = set()
    if thorough:
        looked = list(reads.everything(tables.Payments))
        rows += [row for row in looked if not subject.owns(row) and subject.pays(row)]
        meant = {
            row.receipt_id
            for row in looked
            if isinstance(row, BankReceipt) and {row.meant_for, row.proposed_for} & subject.debts
        }
    yield from rows
    yield from _receipts(rows, meant)


def _leading(subject: Subject, thorough: bool) -> Iterator[Any]:
    """What they lead, earned and were paid; thorough: also the offers that name them."""
    if not subject.person_id:
        return
    led = list(reads.indexed(tables.Groups.by_leader, subject.person_id))
    yield from led
    for term_id in sorted({row.term_id for row in led}) if thorough else ():
        yield from reads.indexed(tables.Applications.by_term, term_id, "offer#")
    yield from reads.under(tables.Payouts, subject.person_id)
    runs = reads.under(tables.Payouts, "run", "run#")
    yield from (one for one in runs if isinstance(one, PayRun) and subject.person_id in one.payouts)


def _mails(subject: Subject, thorough: bool) -> Iterator[Mail]:
    """Mails to them; thorough: also those that name them."""
    if thorough:
        yield from reads.everything(tables.Outbox)
    elif subject.person_id:
        yield from reads.indexed(tables.Outbox.by_person, subject.person_id)


def attended(rows: Iterable[Any]) -> list[Attendance]:
    """The marks of registers for the seats among the rows."""
    seats = [row for row in rows if isinstance(row, Enrolment)]
    found = [
        (mark, seat)
        for seat in seats
        for mark in reads.under(tables.Groups, seat.group_id, "attendance#")
    ]
    return [
        mark
        for mark, seat in found
        if (mark.person_id, mark.term_id) == (seat.person_id, seat.term_id)
    ]


def acts(person_id: str) -> list[AuditRow]:
    """What was done to somebody, the oldest first."""
    return list(reads.indexed(tables.Audit.by_person, person_id)) if person_id else []


def debts_of(application_id: str) -> list[Any]:
    """An application with its offers, its seat, its debts and all that hangs on them."""
    joining = reads.under(tables.Applications, application_id)
    owed = sorted({row.obligation_id for row in joining if isinstance(row, Offer)})
    money = [row for one in owed for row in reads.under(tables.Payments, one)]
    seats = [
        reads.get(Enrolment, row.term_id, row.person_id)
        for row in joining
        if isinstance(row, Application) and row.person_id
    ]
    mine = [one for one in seats if one and one.application_id == application_id]
    return [*joining, *mine, *money, *_receipts(money, set())]


def _receipts(money: list[Any], more: set[str]) -> list[BankReceipt]:
    """Money from the bank that was matched with these payments, and some more."""
    names = {row.bank_receipt_id for row in money if isinstance(row, Payment)} | more
    found = [reads.get(BankReceipt, f"receipt#{one}", "receipt") for one in sorted(names - {""})]
    return [one for one in found if one]
