"""What a term and its group need before publication, and what is only worth a second look.

Missing things stop publication (R41, R49); warnings are shown and stop nothing (D6). Each finding
names the page where it is mended. What does not live here: the sentences (templates/words/,
[checks]), the arithmetic (budget.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.errors import PublishChecksFailed
from chalicelib.rules.money.amounts import Money, sellable
from chalicelib.rules.running.budget import budget_of
from chalicelib.rules.running.groups import WholeTerm

MINUTES_LOW, MINUTES_HIGH = 60, 120  # R72
MEMBERS_LOW = {"online": 4, "in_person": 6, "hybrid": 6}  # D14
FACES_ON_ONE_SCREEN = 12  # R40: more, with the leaders, no longer show well on one screen
RATE_LOW_MINOR, RATE_HIGH_MINOR = 6000, 7500  # an hour, in GBP (R68)


@dataclass(frozen=True)
class Finding:
    """One thing about a term. `section` is the page that mends it: group, dates, places, where
    or leaders; `facts` fill its sentence."""

    code: str
    section: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def missing(whole: WholeTerm, now: datetime) -> tuple[Finding, ...]:
    """What must be there before the term can be published, in the order of the pages."""
    parts = (_of_group(whole), _of_dates(whole, now), _of_places(whole, now), _of_way_in(whole))
    return tuple(finding for part in parts for finding in part)


def require_publishable(whole: WholeTerm, now: datetime) -> None:
    """Raise PublishChecksFailed with the codes of all that is missing."""
    codes = [finding.code for finding in missing(whole, now)]
    if codes:
        raise PublishChecksFailed(missing=codes)


def warnings(whole: WholeTerm) -> tuple[Finding, ...]:
    """What deserves a second look and stops nothing."""
    return (*_about_leaders(whole), *_about_numbers(whole))


def _of_group(whole: WholeTerm) -> Iterator[Finding]:
    group = whole.group
    for name in ("title", "audience", "about", "contact_email"):
        if not getattr(group, name).strip():
            yield Finding(f"group_{name}", "group")


def _of_dates(whole: WholeTerm, now: datetime) -> Iterator[Finding]:
    if not whole.term.title.strip():
        yield Finding("title", "dates")
    if not whole.sessions:
        yield Finding("dates", "dates")
    elif whole.sessions[0].starts_at <= now:
        yield Finding("dates_past", "dates")
    if not all(MINUTES_LOW <= one.minutes <= MINUTES_HIGH for one in whole.sessions):
        yield Finding("minutes", "dates")


def _of_places(whole: WholeTerm, now: datetime) -> Iterator[Finding]:
    term = whole.term
    if term.capacity < 1:
        yield Finding("capacity", "places")
        return
    if not 1 <= term.min_members <= term.capacity:
        yield Finding("min_members", "places")
    if term.price_minor < 0 or not sellable(term.price_minor, term.currency):
        yield Finding("price", "places")
    if term.apply_by and whole.sessions and term.apply_by > whole.sessions[0].local_date:
        yield Finding("apply_by_late", "places")
    if term.apply_by and term.apply_by < now.astimezone(ZoneInfo(term.zone)).date():
        yield Finding("apply_by_past", "places")


def _of_way_in(whole: WholeTerm) -> Iterator[Finding]:
    term = whole.term
    if term.mode != "online" and not term.venue.strip():
        yield Finding("venue", "where")
    if term.mode != "in_person" and not term.link_note.strip():
        yield Finding("link_note", "where")
    if not whole.leaders:
        yield Finding("leaders", "leaders")


def _about_leaders(whole: WholeTerm) -> Iterator[Finding]:
    online = whole.term.mode != "in_person"
    accredited = any(one.accreditation == "accredited" for one in whole.leaders)
    if len(whole.leaders) == 1:
        yield Finding("one_leader_online" if online else "one_leader", "leaders")
    if online and whole.leaders and not accredited:
        yield Finding("none_accredited", "leaders")
    for leader in _outside_band(whole):
        yield Finding("rate_outside_band", "leaders", {"name": leader})


def _outside_band(whole: WholeTerm) -> Iterable[str]:
    if whole.term.currency != "GBP":
        return ()
    return (
        one.name
        for one in whole.leaders
        if one.pay == "fee" and not RATE_LOW_MINOR <= one.rate_minor <= RATE_HIGH_MINOR
    )


def _about_numbers(whole: WholeTerm) -> Iterator[Finding]:
    term, budget = whole.term, budget_of(whole)
    facts: dict[str, Any]
    if term.capacity < 1:
        return
    low = MEMBERS_LOW.get(term.mode, 6)
    if term.min_members < low:
        yield Finding("few_members", "places", {"low": low})
    if term.mode != "in_person" and term.capacity + len(whole.leaders) > FACES_ON_ONE_SCREEN:
        yield Finding("many_faces", "places", {"high": FACES_ON_ONE_SCREEN})
    if budget.short:
        lacking = -budget.result_minor(term.min_members)
        facts = {"lacking": str(Money(lacking, term.currency)), "members": term.min_members}
        yield Finding("below_break_even", "places", facts)
    if not term.price_minor and budget.costs_minor:
        facts = {"lacking": str(Money(budget.costs_minor, term.currency))}
        yield Finding("paid_elsewhere", "places", facts)
