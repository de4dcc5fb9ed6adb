"""Groups with their terms, sessions and leaders: the rows, and what holds for them.

What does not live here: the dates of a term (recurrence.py), what must be filled in before
publication (publishing.py), how sessions are made from dates (term_sessions.py), who is in
(enrolments.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.rules.prices.prices import CATEGORIES, Price, Quote, Tariff, without
from chalicelib.rules.running.leading import Leadership, Split, Substitute
from chalicelib.rules.running.recurrence import Recurrence, dates_of

FEW_PLACES = 2


@dataclass(frozen=True, kw_only=True)
class Group:
    """A continuing series of meetings with its audience and rules (R13, R37, R82)."""

    group_id: str
    slug: str
    title: str
    audience: str
    about: str
    eligibility: str = ""
    mode: str = "online"  # online | in_person | hybrid
    kind: str = "balint"  # balint | peer_supervision
    zone: str = "Europe/London"
    seller: str = "circle"  # circle | leader (D11)
    seller_name: str = ""  # of a leader who sells on her or his own account
    seller_address: str = ""
    seller_statement: str = ""  # company, VAT or ABN wording on papers
    joining: str = "closed"  # closed | slow_open (D13)
    interview_required: bool = True
    contact_email: str
    patient_word: str = "patient"  # R79
    state: str = "draft"  # draft | published | closed
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class SlugOwner:
    """The unique row of a public address."""

    slug: str
    owner_id: str


@dataclass(frozen=True, kw_only=True)
class Term:
    """A dated run of a group with its seats and price (R42, R49, D12-D14).

    `occupied` counts held and taken seats, `taken` the taken ones; both move only together with
    the offer or enrolment they stand for. Price in minor units for the whole term.
    """

    group_id: str
    term_id: str
    title: str
    fee_plan: str = "term"  # block | term | year
    state: str = "draft"  # draft | recruiting | running | ended | cancelled
    mode: str = "online"
    recurrence: Recurrence
    zone: str
    starts_at: datetime  # of the first session that was not cancelled
    ends_at: datetime  # of the last one
    called_off: tuple[int, ...] = ()  # its dates, by place from 0, that no other date replaces
    doors_open_minutes: int = 10
    capacity: int
    min_members: int
    occupied: int = 0
    taken: int = 0
    shares_moved: int = 0  # grows whenever fees of its debts move between sessions
    payment_due: str = "before_start"  # before_start | after_first_session (D12, R66)
    instalments: int = 1  # monthly parts it may be paid in, where the circle allows it (T4)
    price_minor: int
    prices: tuple[Price, ...] = ()  # of other categories, and early ones (R86)
    early_standard: int = 0  # places sold or kept at the early price of a category
    early_trainee: int = 0
    early_retired: int = 0
    early_solidarity: int = 0
    currency: str = "GBP"
    apply_by: date | None = None
    venue: str = ""
    venue_access: str = ""
    meeting_link: str = ""
    link_note: str = ""  # how the meeting link is given; shown to everybody, the link to nobody
    guest_places: int = 0  # per session, for tasters (N3)
    other_costs_minor: int = 0  # room, supervision, platform for the whole term (R63)
    leaders_extra_minutes: int = 0  # planning and debrief paid beside each session (R31)
    created_at: datetime

    @property
    def tariff(self) -> Tariff:
        """All its prices."""
        return Tariff(standard_minor=self.price_minor, prices=self.prices)

    @property
    def sold_early(self) -> dict[str, int]:
        """How many places were sold or are kept at the early price of each category."""
        return {one: getattr(self, f"early_{one}") for one in CATEGORIES}

    def quote(self, category: str, now: datetime) -> Quote:
        """What a category costs at an instant. KeyError for one that it does not offer."""
        day = now.astimezone(ZoneInfo(self.zone)).date()
        return self.tariff.on(category, day, self.sold_early.get(category, 0))

    def quotes(self, now: datetime) -> tuple[Quote, ...]:
        """What every category costs at an instant, the standard one first."""
        return tuple(self.quote(one, now) for one in self.tariff.categories)

    def asks(self, now: datetime) -> tuple[Quote, ...]:
        """The same as an offer made before the term begins asks it: without the sessions that
        were called off."""
        number = len(dates_of(self.recurrence))
        return tuple(
            without(one, number, self.called_off, self.currency) for one in self.quotes(now)
        )

    @property
    def meetings(self) -> int:
        """How many regular sessions it has, without those that were called off."""
        return len(dates_of(self.recurrence)) - len(self.called_off)

    @property
    def held(self) -> int:
        """Seats held by open offers."""
        return self.occupied - self.taken

    @property
    def usual_end(self) -> time:
        """The time of day at which its sessions end; an extra date may have another."""
        begins = datetime.combine(self.recurrence.first_date, self.recurrence.local_time)
        return (begins + timedelta(minutes=self.recurrence.minutes)).time()

    @property
    def free(self) -> int:
        """Seats an offer can still hold; never below nothing."""
        return max(0, self.capacity - self.occupied)

    def standing(self, now: datetime) -> str:
        """How it stands for somebody who wants to join: open, few, full (with a waiting list),
        closed (the first session has begun, R87, or the day to apply by has passed in the term's
        zone), or the term's own state."""
        if self.state != "recruiting":
            return self.state
        if self.starts_at <= now:
            return "closed"
        if self.apply_by and now.astimezone(ZoneInfo(self.zone)).date() > self.apply_by:
            return "closed"
        if not self.free:
            return "full"
        return "few" if self.free <= FEW_PLACES else "open"

    def takes_applications(self, now: datetime) -> bool:
        """Whether somebody may apply now, for a place or for the waiting list."""
        return self.standing(now) in ("open", "few", "full")


@dataclass(frozen=True, kw_only=True)
class Session:
    """One meeting, kept as local time, zone and instant; `kind` taster stands outside a term's
    numbered sessions."""

    group_id: str
    term_id: str
    session_id: str
    number: int  # 1.. within the term; 0 for a taster
    kind: str = "regular"  # regular | taster
    local_date: date
    local_time: time
    zone: str
    minutes: int
    starts_at: datetime
    ends_at: datetime
    state: str = "planned"  # planned | held | cancelled
    guest_places: int = 0
    guests: int = 0
    led_by: tuple[str, ...] = ()  # person ids, once its register is closed (L3)
    closed_at: datetime | None = None  # since when its register is closed
    closed_by: str = ""
    revision: int = 0  # how often the register was closed or corrected
    marked: Mapping[str, int] = field(default_factory=dict)  # how many of each mark it holds
    remedy: str = ""  # of a cancelled session: extra_date | credit | refund (N9)
    replaces: str = ""  # the cancelled session whose fees it carries

    @property
    def called_off(self) -> bool:
        """Whether it is cancelled and its fees were dealt with: it will not be held any more. A
        session without a remedy may still turn out to have been held."""
        return self.state == "cancelled" and bool(self.remedy)


@dataclass(frozen=True, kw_only=True)
class WholeTerm:
    """A term with everything a page or a mail says about it."""

    group: Group
    term: Term
    sessions: tuple[Session, ...]  # regular ones, in order
    tasters: tuple[Session, ...]
    leaders: tuple[Leadership, ...]
    substitutes: tuple[Substitute, ...] = ()
    splits: tuple[Split, ...] = ()

    @property
    def per_session_minor(self) -> int:
        """The price of one session, rounded to the penny, for comparison only (R69)."""
        number = sum(one.remedy != "extra_date" for one in self.sessions)
        return round(self.term.price_minor / number) if number else 0

    @property
    def live(self) -> tuple[Session, ...]:
        """Its regular sessions without those that are cancelled."""
        return tuple(one for one in self.sessions if one.state != "cancelled")

    def begins(self, session_ids: Collection[str]) -> datetime | None:
        """When the first of these sessions begins that was not called off; None without one."""
        left = (one for one in self.sessions if one.session_id in session_ids)
        return min((one.starts_at for one in left if not one.called_off), default=None)

    @property
    def held(self) -> frozenset[str]:
        """The ids of its sessions that were held."""
        return frozenset(one.session_id for one in self.sessions if one.state == "held")

    def to_come(self, now: datetime) -> tuple[str, ...]:
        """The ids of its regular sessions that are still to come, in order: what somebody who
        joins now pays for (O4)."""
        return tuple(
            one.session_id
            for one in self.sessions
            if one.starts_at > now and one.state == "planned"
        )

    def session(self, session_id: str) -> Session | None:
        """One of its sessions, regular or taster."""
        every = (*self.sessions, *self.tasters)
        return next((one for one in every if one.session_id == session_id), None)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A term in a list, beside its group."""

    group: Group
    term: Term


def facts_of(whole: WholeTerm) -> dict[str, Any]:
    """What mails and frozen papers say about a term, as plain data (PRODUCT section 5)."""
    group, term = whole.group, whole.term
    return {
        "group_title": group.title,
        "audience": group.audience,
        "contact_email": group.contact_email,
        "term_title": term.title,
        "mode": term.mode,
        "zone": term.zone,
        "venue": term.venue,
        "venue_access": term.venue_access,
        "doors_open_minutes": term.doors_open_minutes,
        "minutes": term.recurrence.minutes,
        "price_minor": term.price_minor,
        "per_session_minor": whole.per_session_minor,
        "currency": term.currency,
        "sessions": [
            {"number": one.number, "starts_at": one.starts_at, "ends_at": one.ends_at}
            for one in whole.live
        ],
        "leaders": [
            {"name": one.name, "accreditation": one.accreditation, "body": one.body}
            for one in whole.leaders
        ],
    }
