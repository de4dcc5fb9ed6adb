"""Which row lies in which table under which key, and what it shows to which index.

Each `keep` line is the key format of one kind of row; DynamoDB names are built nowhere else.
How they become PynamoDB models is in keeping.py, reading in reads.py, writing in commit.py.
"""

from __future__ import annotations

from chalicelib.store import money_rows, tables
from chalicelib.store.keeping import KEPT, Kept, keep, kept
from chalicelib.store.shown import due, stamp

__all__ = ["KEPT", "Kept", "kept", "money_rows"]

# The list of the `recruiting` index that a term stands on; one that is over stands on none.
TERM_LISTS = {"recruiting": "open", "draft": "coming", "running": "coming"}

keep("people.circle.CircleSettings", tables.Circle, lambda _: ("settings", "circle"))
keep("people.circle.Document", tables.Circle, lambda r: (f"document#{r.name}", r.version))
keep("people.circle.Task", tables.Circle, lambda r: ("task#open", r.task_id))
keep("people.circle.JobRun", tables.Circle, lambda r: ("job", r.job))
keep(
    "returning.bulk.Bulk",
    tables.Circle,
    lambda r: ("bulk", r.bulk_id),
    lambda r: due("bulk", r.next_at),
)
keep(
    "people.erasure.Erasure",
    tables.Circle,
    lambda r: ("erasure", r.erasure_id),
    lambda r: due("erasure", r.next_at),
)
keep("books.reconciling.Movement", tables.Circle, lambda r: ("movement", r.movement_id))
keep("books.reconciling.BankPayout", tables.Circle, lambda r: ("bank_payout", r.payout_id))
keep("money.unheard.Unheard", tables.Circle, lambda r: ("unheard", r.event_id))
keep("prices.bursaries.BursaryCode", tables.Circle, lambda r: ("bursary", r.code))
keep("prices.bursaries.BursaryFund", tables.Circle, lambda r: ("bursary_fund", r.name))
keep("people.people.Officer", tables.Circle, lambda r: ("officer", r.person_id))
keep("people.addresses.MailDay", tables.Circle, lambda r: ("mail_day", f"{r.day}#{r.what}"))

keep("people.people.Person", tables.People, lambda r: (r.person_id,))
keep("people.people.EmailOwner", tables.People, lambda r: (f"email#{r.email}",))

keep(
    "running.groups.Group",
    tables.Groups,
    lambda r: (r.group_id, "group"),
    lambda r: {
        "recruiting": "group",  # the desk's list of all groups
        "recruiting_sort": f"{r.title.casefold()}#{r.group_id}",
    },
)
keep("running.groups.SlugOwner", tables.Groups, lambda r: (f"slug#{r.slug}", "slug"))
keep(
    "running.groups.Term",
    tables.Groups,
    lambda r: (r.group_id, f"term#{r.term_id}"),
    lambda r: {
        "recruiting": TERM_LISTS.get(r.state),
        "recruiting_sort": f"{stamp(r.starts_at)}#{r.term_id}" if r.state in TERM_LISTS else None,
    },
)
keep(
    "running.groups.Session",
    tables.Groups,
    lambda r: (r.group_id, f"session#{r.term_id}#{stamp(r.starts_at)}#{r.session_id}"),
)
keep(
    "running.register.Attendance",
    tables.Groups,
    lambda r: (r.group_id, f"attendance#{r.session_id}#{r.person_id}"),
)
keep(
    "running.leading.Leadership",
    tables.Groups,
    lambda r: (r.group_id, f"leadership#{r.term_id}#{r.leader_id}"),
    lambda r: {"item_sort": f"{r.group_id}#{r.term_id}"},
)

keep(
    "running.leading.Substitute",
    tables.Groups,
    lambda r: (r.group_id, f"substitute#{r.term_id}#{r.session_id}#{r.leader_id}"),
    lambda r: {"item_sort": f"{r.group_id}#{r.term_id}"},
)
keep(
    "running.leading.Split",
    tables.Groups,
    lambda r: (r.group_id, f"split#{r.term_id}#{r.split_id}"),
)

keep(
    "joining.applications.Application",
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
    "joining.tasters.TasterBooking",
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
keep("joining.applications.Unique", tables.Applications, lambda r: (f"unique#{r.name}", "unique"))
keep(
    "joining.offers.Offer",
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

keep("joining.enrolments.Enrolment", tables.Enrolments, lambda r: (r.term_id, r.person_id))

keep(
    "mail.Mail",
    tables.Outbox,
    lambda r: (r.message_key,),
    lambda r: (
        {
            "day": f"{r.queued_at:%Y-%m-%d}",
            "queued_sort": stamp(r.queued_at),
        }
        | due("mail", r.due_at)
    ),
)

keep(
    "people.addresses.Address",
    tables.Outbox,
    lambda r: (f"address#{r.email_hash}",),
    lambda r: due("address", r.at if r.is_marked and not r.replaced_by else None),
)

keep("money.payments.Marker", tables.Events, lambda r: (r.marker_id,))

keep("people.access.SignInToken", tables.Access, lambda r: (r.token_id, "sign-in"))
keep("people.access.BrowserSession", tables.Access, lambda r: (r.session_hash, "session"))
keep("people.access.SpentForm", tables.Access, lambda r: (r.form_key, "form"))
keep("people.access.RateCounter", tables.Access, lambda r: (f"rate#{r.name}", "rate"))

keep(
    "audit.AuditRow",
    tables.Audit,
    lambda r: (r.subject, f"{stamp(r.at)}#{r.audit_id}"),
    lambda r: {"day": f"{r.at:%Y-%m-%d}"},
)
