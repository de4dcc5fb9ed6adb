"""Offers: when an answer is due, who can have one, and how a seat is let go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import (
    Conflict,
    InterviewOutcomeMissing,
    NoSeatLeft,
    OfferNotOpen,
    Refusal,
    SwitchedOff,
    TermNotOpen,
)
from chalicelib.rules.changes import Below
from chalicelib.rules.joining.applications import Act, Application
from chalicelib.rules.joining.offer_endings import back_to_waitlist, end_offer
from chalicelib.rules.joining.offers import NewOffer, Offer, answer_by, open_offer
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.running.groups import Term
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, WEEK

ZONES = ("Europe/London", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")
INSTANTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 hypothesis adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("now", "days", "working", "zone", "due"),
    [
        # a Saturday in winter: UTC is London's time
        ("2026-11-21T18:00", 7, False, "Europe/London", "2026-11-28T23:59"),
        # a Friday: the weekend is none of the three working days
        ("2026-11-20T18:00", 3, True, "Europe/London", "2026-11-25T23:59"),
        ("2026-11-21T18:00", 3, True, "Europe/London", "2026-11-25T23:59"),
        ("2026-11-22T18:00", 3, True, "Europe/London", "2026-11-25T23:59"),
        ("2026-11-23T18:00", 3, True, "Europe/London", "2026-11-26T23:59"),
        # the clocks go back on 25 October 2026, forward on 28 March 2027
        ("2026-10-20T18:00", 3, False, "Europe/London", "2026-10-23T22:59"),
        ("2026-10-20T18:00", 7, False, "Europe/London", "2026-10-27T23:59"),
        ("2027-03-25T18:00", 7, False, "Europe/London", "2027-04-01T22:59"),
        # already tomorrow in Auckland
        ("2026-11-20T18:00", 1, False, "Pacific/Auckland", "2026-11-22T10:59"),
    ],
)
def test_an_answer_is_due_at_the_last_minute_of_a_day_of_the_group(
    now: str, days: int, working: bool, zone: str, due: str
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert answer_by(days, at, zone, working) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@given(INSTANTS, st.integers(1, 20), st.sampled_from(ZONES), st.booleans())
def test_nobody_has_less_time_than_promised(
    now: datetime, days: int, zone: str, working: bool
) -> None:
    due = answer_by(days, now, zone, working).astimezone(ZoneInfo(zone))
    assert (due.hour, due.minute) == (23, 59)
    assert due.date() >= now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    assert not working or due.weekday() < 5
    assert due <= answer_by(days + 1, now, zone, working)


def a_circle(**changed: Any) -> CircleSettings:
    facts = {"name": "Marmalade Circle", "email": "hello@example.org", "seller_name": "x"}
    more: dict[str, Any] = {"seller_address": "x", "agreement_version": "4", "policy_version": "3"}
    return CircleSettings(**{**facts, **more, "set_up_at": NOW, **changed})


NEW = NewOffer(
    offer_id="offer-2",
    obligation_id="debt-2",
    expires_at=NOW + WEEK,
    now=NOW,
    actor="person-admin",
)


def test_an_offer_holds_a_seat_and_freezes_what_it_says() -> None:
    change = open_offer(a.application(offer_id=None), a.whole(), a_circle(), NEW)
    (offer,) = change.created(Offer)
    assert (offer.price_minor, offer.policy_version, offer.agreement_version) == (21600, "3", "4")
    assert offer.hold_until == offer.expires_at == NEW.expires_at
    (obligation,) = change.created(Obligation)
    assert (obligation.amount_minor, obligation.state) == (21600, "due")
    (seat,) = a.updates(change, Term)
    assert seat.add == {"occupied": 1}
    assert Below("occupied", "capacity") in seat.when
    assert seat.refusal is NoSeatLeft
    assert a.values(change, Application) == {"offer_id": "offer-2"}
    assert a.conditions(change, Application) == {"state": "accepted", "offer_id": None}
    assert a.mails(change) == ["offer#offer-2"]
    assert a.twice_written(change) == []


@pytest.mark.parametrize(
    ("application", "whole", "circle", "refusal"),
    [
        ({}, {}, {"selling": False}, SwitchedOff),
        ({}, {"state": "draft"}, {}, TermNotOpen),
        ({}, {"state": "ended"}, {}, TermNotOpen),
        ({}, {"state": "cancelled"}, {}, TermNotOpen),
        ({}, {"occupied": 8}, {}, NoSeatLeft),
        ({}, {"occupied": 9}, {}, NoSeatLeft),
        ({"state": "waitlisted"}, {}, {}, Conflict),
        ({"state": "withdrawn"}, {}, {}, Conflict),
        ({"offer_id": "offer-1"}, {}, {}, Conflict),
        ({"interview": ""}, {}, {}, InterviewOutcomeMissing),
        ({"interview": "not_now"}, {}, {}, InterviewOutcomeMissing),
    ],
)
def test_there_is_no_offer_where_something_stands_against_it(
    application: dict[str, Any],
    whole: dict[str, Any],
    circle: dict[str, Any],
    refusal: type[Refusal],
) -> None:
    row = a.application(**{"offer_id": None, **application})
    with pytest.raises(refusal):
        open_offer(row, a.whole(**whole), a_circle(**circle), NEW)


@pytest.mark.parametrize(
    ("state", "mails"),
    [
        ("declined", []),
        ("expired", ["offer_expired#offer-1"]),
        ("withdrawn", ["offer_withdrawn#offer-1"]),
    ],
)
def test_an_offer_that_ends_lets_the_seat_go_and_somebody_looks_again(
    state: str, mails: list[str]
) -> None:
    change = end_offer(a.application(), a.offer(), state, NOW)
    assert a.values(change, Offer) == {"state": state, "hold": "released"}
    assert a.conditions(change, Offer) == {"state": "open", "hold_until": NOW + WEEK}
    assert a.values(change, Term) == {"occupied": -1}
    assert a.values(change, Application) == {"offer_id": None}
    assert a.values(change, Obligation) == {"state": "void"}
    assert a.conditions(change, Obligation) == {"state": "due"}
    assert [one.code for one in change.created(Task)] == ["offer_to_make"]
    assert a.mails(change) == mails
    assert a.twice_written(change) == []


@pytest.mark.parametrize("over", ["taken", "declined", "expired", "withdrawn"])
@pytest.mark.parametrize("state", ["declined", "expired", "withdrawn"])
def test_an_offer_ends_once(over: str, state: str) -> None:
    with pytest.raises(OfferNotOpen) as refused:
        end_offer(a.application(), a.offer(state=over), state, NOW)
    assert refused.value.facts == {"state": over}


def test_one_click_leads_from_an_offer_that_ran_out_to_the_waitlist() -> None:
    act = Act(actor="applicant", audit_id="act-1", now=NOW)
    application = a.application(offer_id=None)
    change = back_to_waitlist(application, a.offer(state="expired"), act)
    assert a.values(change, Application)["state"] == "waitlisted"
    for state in ("open", "taken", "declined"):
        with pytest.raises(Conflict):
            back_to_waitlist(application, a.offer(state=state), act)
