"""The forms about groups and terms: what an administrator fills in, page by page.

A form that depends on the row it changes is a function of that row. What does not live here: the
parsers (parsers, day_parsers), what publication needs (publishing.py), the sentences
(templates/words/).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import InvalidForm
from chalicelib.rules import day_parsers as d
from chalicelib.rules import parsers as p
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.money.amounts import in_parts_of, sellable
from chalicelib.rules.running.groups import Term
from chalicelib.rules.running.publishing import MINUTES_HIGH, MINUTES_LOW
from chalicelib.rules.running.recurrence import Recurrence, dates_of, instant, is_fifth, is_last
from chalicelib.rules.running.term_sessions import SESSIONS_MAX
from chalicelib.rules.typed_text import Parser, Unreadable, line_of

MODES = ("online", "in_person", "hybrid")
ACCREDITATIONS = ("accredited", "in_training", "none")
PAYS = ("fee", "waived", "paid_by_employer", "principal")
SLUG_LENGTH_MAX = 60
PAYMENT_DUE = ("before_start", "after_first_session")
PARTS_MAX = 4  # months in which a price may be paid (T4)
EXTRA_MINUTES_MAX = 120  # planning and debrief beside each session (R31)

# How often a group meets, as it is asked: the rhythm and its interval.
OFTEN: Mapping[str, tuple[str, int]] = {
    "weekly": ("weekly", 1),
    "fortnightly": ("weekly", 2),
    "three_weekly": ("weekly", 3),
    "four_weekly": ("weekly", 4),
    "monthly": ("monthly", 1),
    "monthly_last": ("monthly_last", 1),
    "listed": ("listed", 1),
}


def slug_of(title: str) -> str:
    """A public address out of a title: `thursday-lantern-group`; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_LENGTH_MAX].strip("-")


def _slug() -> Parser:
    def read(raws: list[str]) -> str:
        line = line_of(raws[-1], SLUG_LENGTH_MAX)
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", line):
            raise Unreadable("slug")
        return line

    return Parser(read, str, facts={"max_length": SLUG_LENGTH_MAX}, empty="")


def _named(values: Mapping[str, Any]) -> dict[str, str]:
    named = values["slug"] or slug_of(values["title"])
    return {} if named else {"slug": "missing"}


GROUP = Form(
    "group",
    (
        Field("title", p.text(80), words="group_title"),
        Field("slug", _slug(), required=False),
        Field("audience", p.text(200)),
        Field("mode", p.choice(*MODES)),
        Field("zone", d.zone(), words="group_zone"),
        Field("contact_email", p.email()),
        Field("copy", p.text(60), required=False),  # the group whose texts a new one takes over
    ),
    (Check(("title", "slug"), _named),),
)

GROUP_TEXTS = Form(
    "group_texts",
    (
        Field("about", p.multiline(4000)),
        Field("eligibility", p.multiline(2000), required=False),
        Field("patient_word", p.text(40)),
        Field("contact_email", p.email()),
    ),
)


def rhythm_of(values: Mapping[str, Any]) -> Recurrence:
    """The recurrence that the dates form describes."""
    rhythm, interval = OFTEN[values["often"]]
    asked = Recurrence(
        first_date=values["first_date"],
        local_time=values["local_time"],
        minutes=values["minutes"],
        rhythm=rhythm,
        interval=interval,
        count=values["count"] or 1,
        skipped=values["skipped"],
        extra=values["extra"],
    )
    if rhythm != "listed":
        return asked
    return Recurrence(**{**vars(asked), "count": len(dates_of(asked))})


def often_of(recurrence: Recurrence) -> str:
    """The answer of the dates form that describes a recurrence; empty where none does."""
    asked = (recurrence.rhythm, recurrence.interval)
    return next((code for code, means in OFTEN.items() if means == asked), "")


def dates_values(term: Term) -> dict[str, Any]:
    """A term's answers to the dates form."""
    known = {**vars(term.recurrence), "title": term.title, "fee_plan": term.fee_plan}
    count = None if term.recurrence.rhythm == "listed" else term.recurrence.count
    return {**known, "often": often_of(term.recurrence), "count": count}


def _counted(values: Mapping[str, Any]) -> dict[str, str]:
    uncounted = values["often"] != "listed" and values["count"] is None
    return {"count": "missing"} if uncounted else {}


def _enough_dates(values: Mapping[str, Any]) -> dict[str, str]:
    if values["often"] == "listed":
        left = {values["first_date"], *values["extra"]} - set(values["skipped"])
        return {} if left else {"skipped": "nothing_left"}
    too_many = values["count"] is not None and len(values["extra"]) > values["count"]
    return {"extra": "more_than_count"} if too_many else {}


def _placed(values: Mapping[str, Any]) -> dict[str, str]:
    often, first = values["often"], values["first_date"]
    if often == "monthly" and is_fifth(first):
        return {"first_date": "fifth_weekday"}
    if often == "monthly_last" and not is_last(first):
        return {"first_date": "not_last_weekday"}
    return {}


def _apart(values: Mapping[str, Any]) -> dict[str, str]:
    return {"extra": "skipped_too"} if set(values["extra"]) & set(values["skipped"]) else {}


TERM_DATES = Form(
    "term_dates",
    (
        Field("title", p.text(60), words="term_title"),
        Field("fee_plan", p.choice("block", "term", "year")),
        Field("first_date", d.day()),
        Field("local_time", d.local_time()),
        Field("minutes", p.integer(MINUTES_LOW, MINUTES_HIGH)),
        Field("often", p.choice(*OFTEN)),
        Field("count", p.integer(1, SESSIONS_MAX), required=False),
        Field("skipped", d.days(), required=False),
        Field("extra", d.days(SESSIONS_MAX - 1), required=False),
    ),
    (
        Check(("often", "count"), _counted),
        Check(("often", "first_date", "count", "extra", "skipped"), _enough_dates),
        Check(("often", "first_date"), _placed),
        Check(("skipped", "extra"), _apart),
    ),
)


def _enough(values: Mapping[str, Any]) -> dict[str, str]:
    return {"min_members": "above_capacity"} if values["min_members"] > values["capacity"] else {}


def places_form(term: Term, in_parts: bool = False) -> Form:
    """Seats, price and how it is paid of a draft; of a published term only what may still move:
    its price is what people were told (R70), and places that are taken or kept stay. `in_parts`
    is whether the circle lets a price be paid in monthly parts."""
    last = term.starts_at.astimezone(ZoneInfo(term.zone)).date()

    def in_time(values: Mapping[str, Any]) -> dict[str, str]:
        late = values["apply_by"] and values["apply_by"] > last
        return {"apply_by": "after_start"} if late else {}

    always = (
        Field("capacity", p.integer(max(1, term.occupied), 40)),
        Field("min_members", p.integer(1, 40)),
        Field("apply_by", d.day(), required=False),
        Field("guest_places", p.integer(0, 10)),
    )
    checks = (
        Check(("capacity", "min_members"), _enough),
        Check(("apply_by",), in_time),
    )
    if term.state != "draft":
        return Form("term_places", always, checks)
    amount = p.pounds(0, 1_000_000, term.currency)
    money = (
        Field("price_minor", amount),
        Field("other_costs_minor", amount),
        Field("leaders_extra_minutes", p.integer(0, EXTRA_MINUTES_MAX)),
        Field("payment_due", p.choice(*PAYMENT_DUE)),
        *((Field("instalments", p.integer(1, PARTS_MAX)),) if in_parts else ()),
    )
    return Form("term_places", (*always, *money), (*checks, _sold(term.currency)))


def _sold(currency: str) -> Check:
    """That the price, and each of its parts, can be charged (D12)."""

    def sold(values: Mapping[str, Any]) -> dict[str, str]:
        price, parts = values["price_minor"], values.get("instalments", 1)
        if not sellable(price, currency):
            return {"price_minor": "not_sellable"}
        good = not price or len(in_parts_of(price, parts, currency)) == parts
        return {} if good else {"instalments": "not_sellable"}

    return Check(("price_minor",), sold)


def where_form(term: Term) -> Form:
    """Where a term meets and how people get in. What publication asked for stays filled in."""
    published = term.state != "draft"
    shared = (
        Field("venue", p.text(200), required=published and term.mode != "online"),
        Field("venue_access", p.multiline(1000), required=False),
        Field("link_note", p.text(300), required=published and term.mode != "in_person"),
        Field("meeting_link", p.https_url(), required=False),
        Field("doors_open_minutes", p.integer(0, 30)),
    )
    mode = () if published else (Field("mode", p.choice(*MODES)),)
    return Form("term_where", (*mode, *shared))


def _rated(values: Mapping[str, Any]) -> dict[str, str]:
    unpaid = values["pay"] == "fee" and not values["rate_minor"]
    return {"rate_minor": "missing"} if unpaid else {}


LEADER = Form(
    "leader",
    (
        Field("name", p.text(100), words="leader_name"),
        Field("email", p.email(), words="leader_email"),
        Field("accreditation", p.choice(*ACCREDITATIONS)),
        Field("body", p.text(100), required=False),
        Field("biography", p.multiline(1500), required=False),
        Field("pay", p.choice(*PAYS)),
        Field("rate_minor", p.pounds(0, 50_000), required=False),
    ),
    (Check(("pay", "rate_minor"), _rated),),
)


def taster_form(term: Term, now: datetime) -> Form:
    """A taster session of its own, still to come, within the coming two years."""

    def to_come(values: Mapping[str, Any]) -> dict[str, str]:
        at = instant(values["date"], values["time"], term.zone)
        return {} if now < at < now + timedelta(days=730) else {"date": "not_to_come"}

    return Form(
        "taster_session",
        (
            Field("date", d.day(), words="taster_date"),
            Field("time", d.local_time(), words="taster_time"),
            Field("minutes", p.integer(30, MINUTES_HIGH), words="taster_minutes"),
            Field("places", p.integer(1, 40), words="taster_places"),
        ),
        (Check(("date", "time"), to_come),),
    )


COPY = Form(
    "term_copy", (Field("title", p.text(60), words="term_title"), Field("first_date", d.day()))
)


# A visitor's own zone, in the address of the page.
READER = Form("reader", (Field("zone", d.zone(), required=False),))


def reader_zone(query: Mapping[str, str]) -> str | None:
    """The zone a visitor chose; None for none, and for one that is none."""
    try:
        zone: str | None = READER.read(query)["zone"]
    except InvalidForm:
        return None
    return zone
