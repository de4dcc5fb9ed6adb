"""Which row lies in which table under which key, and what it shows to which index.

Each `keep` line is the key format of one kind of row; DynamoDB names are built nowhere else.
How they become PynamoDB models is in keeping.py, reading in reads.py, writing in commit.py.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.rules.audit import AuditRow
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.reconciling import BankPayout, Movement
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.payments import (
    Marker,
    Obligation,
    Payment,
    Refund,
    Release,
    StripeLookup,
)
from chalicelib.rules.people.access import BrowserSession, RateCounter, SignInToken, SpentForm
from chalicelib.rules.people.circle import CircleSettings, Document, JobRun, Task
from chalicelib.rules.people.people import EmailOwner, Officer, Person
from chalicelib.rules.prices.bursaries import BursaryCode, BursaryFund
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.running.groups import Group, Leadership, Session, SlugOwner, Term
from chalicelib.rules.running.register import Attendance
from chalicelib.store import tables
from chalicelib.store.codec import instant_text
from chalicelib.store.keeping import KEPT, Kept, Shown, keep, kept

__all__ = ["KEPT", "Kept", "due", "kept"]


def due(shard: str, at: datetime | None) -> Shown:
    """What the due index sees: nothing once nothing is due."""
    if at is None:
        return {"due_shard": None, "due_at": None}
    return {"due_shard": shard, "due_at": at}


def _stamp(at: datetime | None) -> str:
    return instant_text(at) if at else ""


# The list of the `recruiting` index that a term stands on; one that is over stands on none.
TERM_LISTS = {"recruiting": "open", "draft": "coming", "running": "coming"}

keep(CircleSettings, tables.Circle, lambda _: ("settings", "circle"))
keep(Document, tables.Circle, lambda r: (f"document#{r.name}", r.version))
keep(
    Task,
    tables.Circle,
    lambda r: ("task#open", r.task_id),
    lambda r: due("task", r.due_at),
)
keep(JobRun, tables.Circle, lambda r: ("job", r.job))
keep(Bulk, tables.Circle, lambda r: ("bulk", r.bulk_id), lambda r: due("bulk", r.next_at))
keep(Movement, tables.Circle, lambda r: ("movement", r.movement_id))
keep(BankPayout, tables.Circle, lambda r: ("bank_payout", r.payout_id))
keep(BursaryCode, tables.Circle, lambda r: ("bursary", r.code))
keep(BursaryFund, tables.Circle, lambda r: ("bursary_fund", r.name))
keep(Officer, tables.Circle, lambda r: ("officer", r.person_id))

keep(Person, tables.People, lambda r: (r.person_id,))
keep(EmailOwner, tables.People, lambda r: (f"email#{r.email}",))

keep(
    Group,
    tables.Groups,
    lambda r: (r.group_id, "group"),
    lambda r: {
        "recruiting": "group",  # the desk's list of all groups
        "recruiting_sort": f"{r.title.casefold()}#{r.group_id}",
    },
)
keep(SlugOwner, tables.Groups, lambda r: (f"slug#{r.slug}", "slug"))
keep(
    Term,
    tables.Groups,
    lambda r: (r.group_id, f"term#{r.term_id}"),
    lambda r: {
        "recruiting": TERM_LISTS.get(r.state),
        "recruiting_sort": f"{_stamp(r.starts_at)}#{r.term_id}" if r.state in TERM_LISTS else None,
    },
)
keep(
    Session,
    tables.Groups,
    lambda r: (r.group_id, f"session#{r.term_id}#{_stamp(r.starts_at)}#{r.session_id}"),
)
keep(
    Attendance,
    tables.Groups,
    lambda r: (r.group_id, f"attendance#{r.session_id}#{r.person_id}"),
)
keep(
    Leadership,
    tables.Groups,
    lambda r: (r.group_id, f"leadership#{r.term_id}#{r.leader_id}"),
    lambda r: {"item_sort": f"{r.group_id}#{r.term_id}"},
)

keep(
    Application,
    tables.Applications,
    lambda r: (r.application_id, "application"),
    lambda r: (
        {
            "term_sort": f"application#{r.state}#{r.waitlist_key}",
            "person_sort": f"application#{_stamp(r.created_at)}" if r.person_id else None,
        }
        | due("retention", r.retain_until)
    ),
)
keep(
    TasterBooking,
    tables.Applications,
    lambda r: (r.booking_id, "booking"),
    lambda r: (
        {
            "application_id": r.booking_id,
            "term_sort": f"booking#{_stamp(r.starts_at)}#{r.booking_id}",
            "session_sort": f"{r.state}#{_stamp(r.booked_at)}#{r.booking_id}",
            "person_sort": f"booking#{_stamp(r.starts_at)}" if r.person_id else None,
        }
        | due("retention", r.retain_until)
    ),
)
keep(Unique, tables.Applications, lambda r: (f"unique#{r.name}", "unique"))
keep(
    Offer,
    tables.Applications,
    lambda r: (r.application_id, f"offer#{r.offer_id}"),
    lambda r: (
        {
            "term_sort": f"offer#{r.state}#{_stamp(r.made_at)}#{r.offer_id}",
            "person_sort": f"offer#{_stamp(r.made_at)}" if r.person_id else None,
        }
        | due("offer", r.hold_until if r.state == "open" else None)
    ),
)

keep(Enrolment, tables.Enrolments, lambda r: (r.term_id, r.person_id))

keep(
    Obligation,
    tables.Payments,
    lambda r: (r.obligation_id, "obligation"),
    lambda r: {
        "person_sort": f"obligation#{_stamp(r.created_at)}" if r.person_id else None,
        "term_sort": f"obligation#{r.obligation_id}",
    },
)
keep(
    Payment,
    tables.Payments,
    lambda r: (r.obligation_id, f"payment#{r.payment_id}"),
    lambda r: (
        {
            "person_sort": f"payment#{_stamp(r.created_at)}" if r.person_id else None,
            "term_sort": f"payment#{_stamp(r.created_at)}#{r.payment_id}",
        }
        | due("payment", r.check_at)
    ),
)
keep(StripeLookup, tables.Payments, lambda r: (f"stripe#{r.stripe_id}", "lookup"))
keep(
    Refund,
    tables.Payments,
    lambda r: (r.obligation_id, f"refund#{r.refund_id}"),
    lambda r: (
        {
            "person_sort": f"refund#{_stamp(r.requested_at)}" if r.person_id else None,
            "term_sort": f"refund#{_stamp(r.requested_at)}#{r.refund_id}",
        }
        | due("refund", r.check_at)
    ),
)

keep(
    Release,
    tables.Payments,
    lambda r: (r.obligation_id, f"release#{r.release_id}"),
    lambda r: {
        "person_sort": f"release#{_stamp(r.asked_at)}" if r.person_id else None,
        "term_sort": f"release#{_stamp(r.asked_at)}#{r.release_id}",
    },
)

keep(
    Instalment,
    tables.Payments,
    lambda r: (r.obligation_id, f"instalment#{int(r.number):02d}"),
    lambda r: (
        {
            "person_sort": f"instalment#{_stamp(r.pay_by)}" if r.person_id else None,
            "term_sort": f"instalment#{_stamp(r.pay_by)}#{r.obligation_id}",
        }
        | due("instalment", r.chase_at)
    ),
)
keep(
    Dispute,
    tables.Payments,
    lambda r: (r.obligation_id, f"dispute#{r.dispute_id}"),
    lambda r: {
        "person_sort": f"dispute#{_stamp(r.opened_at)}" if r.person_id else None,
        "term_sort": f"dispute#{_stamp(r.opened_at)}#{r.dispute_id}",
    },
)
keep(
    BankReceipt,
    tables.Payments,
    lambda r: (f"receipt#{r.receipt_id}", "receipt"),
    lambda r: due("suspense", r.look_at),
)
keep(
    Credit,
    tables.Payments,
    lambda r: (f"credit#{r.credit_id}", "credit"),
    lambda r: {
        "person_sort": f"credit#{_stamp(r.made_at)}",
        "term_sort": f"credit#{_stamp(r.made_at)}#{r.credit_id}",
    },
)

keep(
    Entry,
    tables.Ledger,
    lambda r: (r.book, r.entry_id),
    lambda r: {
        "book_month": f"{r.book}#{r.posted_at:%Y-%m}",
        "posted_sort": f"{_stamp(r.posted_at)}#{r.entry_id}",
    },
)

keep(
    Mail,
    tables.Outbox,
    lambda r: (r.message_key,),
    lambda r: (
        {
            "day": f"{r.queued_at:%Y-%m-%d}",
            "queued_sort": f"{_stamp(r.queued_at)}#{r.message_key}",
        }
        | due("mail", r.due_at)
    ),
)

keep(Marker, tables.Events, lambda r: (r.marker_id,))

keep(SignInToken, tables.Access, lambda r: (r.token_id, "sign-in"))
keep(BrowserSession, tables.Access, lambda r: (r.session_hash, "session"))
keep(SpentForm, tables.Access, lambda r: (r.form_key, "form"))
keep(RateCounter, tables.Access, lambda r: (f"rate#{r.name}", "rate"))

keep(
    AuditRow,
    tables.Audit,
    lambda r: (r.subject, f"{_stamp(r.at)}#{r.audit_id}"),
    lambda r: {"day": f"{r.at:%Y-%m-%d}"},
)
