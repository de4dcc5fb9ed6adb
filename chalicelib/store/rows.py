"""Which row lies in which table under which key, and what it shows to which index.

Each `keep` line is the key format of one kind of row; DynamoDB names are built nowhere else.
How they become PynamoDB models is in keeping.py, reading in reads.py, writing in commit.py.
"""

from __future__ import annotations

from chalicelib.rules.audit import AuditRow
from chalicelib.rules.books.reconciling import BankPayout, Movement
from chalicelib.rules.joining.applications import Application, Unique
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.payments import Marker
from chalicelib.rules.people.access import BrowserSession, RateCounter, SignInToken, SpentForm
from chalicelib.rules.people.circle import CircleSettings, Document, JobRun, Task
from chalicelib.rules.people.people import EmailOwner, Officer, Person
from chalicelib.rules.prices.bursaries import BursaryCode, BursaryFund
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.running.groups import Group, Session, SlugOwner, Term
from chalicelib.rules.running.leading import Leadership, Split, Substitute
from chalicelib.rules.running.register import Attendance
from chalicelib.store import money_rows, tables
from chalicelib.store.keeping import KEPT, Kept, keep, kept
from chalicelib.store.shown import due, stamp

__all__ = ["KEPT", "Kept", "kept", "money_rows"]

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
        "recruiting_sort": f"{stamp(r.starts_at)}#{r.term_id}" if r.state in TERM_LISTS else None,
    },
)
keep(
    Session,
    tables.Groups,
    lambda r: (r.group_id, f"session#{r.term_id}#{stamp(r.starts_at)}#{r.session_id}"),
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
    Substitute,
    tables.Groups,
    lambda r: (r.group_id, f"substitute#{r.term_id}#{r.session_id}#{r.leader_id}"),
    lambda r: {"item_sort": f"{r.group_id}#{r.term_id}"},
)
keep(Split, tables.Groups, lambda r: (r.group_id, f"split#{r.term_id}#{r.split_id}"))

keep(
    Application,
    tables.Applications,
    lambda r: (r.application_id, "application"),
    lambda r: (
        {
            "term_sort": f"application#{r.state}#{r.waitlist_key}",
            "person_sort": f"application#{stamp(r.created_at)}" if r.person_id else None,
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
            "term_sort": f"booking#{stamp(r.starts_at)}#{r.booking_id}",
            "session_sort": f"{r.state}#{stamp(r.booked_at)}#{r.booking_id}",
            "person_sort": f"booking#{stamp(r.starts_at)}" if r.person_id else None,
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
            "term_sort": f"offer#{r.state}#{stamp(r.made_at)}#{r.offer_id}",
            "person_sort": f"offer#{stamp(r.made_at)}" if r.person_id else None,
        }
        | due("offer", r.hold_until if r.state == "open" else None)
    ),
)

keep(Enrolment, tables.Enrolments, lambda r: (r.term_id, r.person_id))

keep(
    Mail,
    tables.Outbox,
    lambda r: (r.message_key,),
    lambda r: (
        {
            "day": f"{r.queued_at:%Y-%m-%d}",
            "queued_sort": f"{stamp(r.queued_at)}#{r.message_key}",
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
    lambda r: (r.subject, f"{stamp(r.at)}#{r.audit_id}"),
    lambda r: {"day": f"{r.at:%Y-%m-%d}"},
)
