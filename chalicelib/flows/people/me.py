"""What somebody sees of herself: applications, offers, tasters and enrolments.

What does not live here: each of those pages (their own flows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.gateways.outside import Outside
from chalicelib.rules import links
from chalicelib.rules.joining import tasters
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer, offer_link
from chalicelib.rules.joining.tasters import TasterBooking
from chalicelib.rules.mail import LinkTo
from chalicelib.rules.people.people import Person
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.running.groups import Group
from chalicelib.store import reads, tables
from chalicelib.store.people import addresses
from chalicelib.store.running.groups import groups


@dataclass(frozen=True)
class Mine:
    """Everything that bears a person's id, newest first, and the groups it is about."""

    applications: tuple[Application, ...]
    offers: tuple[Offer, ...]
    bookings: tuple[TasterBooking, ...]
    enrolments: tuple[Enrolment, ...]
    credits: tuple[Credit, ...]  # of which something is left
    groups: Mapping[str, Group]
    paths: Mapping[str, str]  # id of an application, offer or booking -> its personal page
    is_reached: bool = True  # whether mail reaches her

    def title_of(self, group_id: str) -> str:
        """The title of a group."""
        return self.groups[group_id].title if group_id in self.groups else ""

    @property
    def nothing(self) -> bool:
        """Whether there is nothing yet."""
        return not (self.applications or self.offers or self.bookings or self.enrolments)


def show_me(outside: Outside, person: Person) -> Mine:
    """The page of who is signed in."""
    joining = list(
        reads.indexed(tables.Applications.by_person, person.person_id, newest_first=True)
    )
    enrolments = list(reads.indexed(tables.Enrolments.by_person, person.person_id))
    kept = reads.indexed(tables.Payments.by_person, person.person_id, "credit#")
    rows = [*joining, *enrolments]
    address = addresses.by_email(person.email)
    return Mine(
        is_reached=not (address and address.is_marked),
        applications=tuple(row for row in joining if isinstance(row, Application)),
        offers=tuple(row for row in joining if isinstance(row, Offer) and row.state == "open"),
        bookings=tuple(row for row in joining if isinstance(row, TasterBooking)),
        enrolments=tuple(sorted(enrolments, key=lambda row: row.enrolled_at, reverse=True)),
        credits=tuple(row for row in kept if row.left_minor),
        groups={g.group_id: g for g in groups(sorted({row.group_id for row in rows}))},
        paths=dict(_path(outside, row) for row in joining),
    )


def _path(outside: Outside, row: Application | Offer | TasterBooking) -> tuple[str, str]:
    subject, to = _link_of(row)
    keys = outside.places.link_keys
    return subject, links.link_path(keys, to.purpose, to.subject, to.generation)


def _link_of(row: Application | Offer | TasterBooking) -> tuple[str, LinkTo]:
    match row:
        case Offer():
            return row.offer_id, offer_link(row)
        case TasterBooking():
            return row.booking_id, tasters.link_of(row)
        case Application(state="draft"):
            own = LinkTo(
                purpose="draft", subject=row.application_id, generation=row.draft_generation
            )
        case _:
            own = LinkTo(
                purpose="application", subject=row.application_id, generation=row.generation
            )
    return row.application_id, own
