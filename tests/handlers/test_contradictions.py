"""Answers that can each be read and do not go together: refused by name, and nothing written.

What does not live here: answers that cannot be read at all (test_bad_input.py).
"""

from __future__ import annotations

import pytest

from tests.handlers.forms_of_the_house import DRAFT, FORMS, TERM, HouseForm, at, good_answers
from tests.handlers.page_reader import Page
from tests.handlers.the_house import House, written

DATES = "/admin/groups/{group_id}/terms/{term_id}/dates"
PLACES = "/admin/groups/{group_id}/terms/{term_id}/places"
TASTERS = "/admin/groups/{group_id}/terms/{term_id}/tasters"
BY_ROUTE = {form.route: form for form in FORMS}

# Form, what is typed beside good answers, and the field that is named.
CONTRADICTIONS = [
    (PLACES, {"capacity": "8", "min_members": "9"}, "min_members"),
    (PLACES, {"apply_by": "2027-01-15"}, "apply_by"),
    (PLACES, {"price_minor": "-1"}, "price_minor"),
    (PLACES, {"price_minor": "0.29"}, "price_minor"),
    (PLACES, {"price_minor": "1e3"}, "price_minor"),
    (PLACES, {"price_minor": "10000000"}, "price_minor"),
    (PLACES, {"capacity": "0"}, "capacity"),
    (PLACES, {"capacity": "8.5"}, "capacity"),
    (PLACES, {"guest_places": "-2"}, "guest_places"),
    (DATES, {"first_date": "2027-02-30"}, "first_date"),
    (DATES, {"first_date": "Monday 14 January 2027"}, "first_date"),
    (DATES, {"first_date": "0000-00-00"}, "first_date"),
    (DATES, {"first_date": "99999-01-01"}, "first_date"),
    (DATES, {"first_date": "2027-01-29", "often": "monthly"}, "first_date"),
    (DATES, {"often": "weekly", "count": ""}, "count"),
    (DATES, {"often": "listed", "skipped": "2027-01-14"}, "skipped"),
    (DATES, {"extra": "2027-02-04", "skipped": "2027-02-04"}, "extra"),
    (DATES, {"local_time": "25:00"}, "local_time"),
    (DATES, {"minutes": "0"}, "minutes"),
    (TASTERS, {"date": "2026-11-20"}, "date"),
    (TASTERS, {"date": "2036-11-20"}, "date"),
    ("/apply/{token}/dates", {"can_attend": "all", "absences": "2027-01-14"}, "can_attend"),
    ("/apply/{token}/dates", {"can_attend": "some"}, "absences"),
    ("/apply/{token}/dates", {"can_attend": "some", "absences": "2027-01-15"}, "absences"),
    ("/groups/{slug}/apply", {"profession": "other", "profession_other": ""}, "profession_other"),
    ("/groups/{slug}/apply", {"email": "pip@example.org, pop@example.org"}, "email"),
    ("/groups/{slug}/apply", {"zone": "Europe/../../etc/passwd"}, "zone"),
    (
        "/admin/applications/{application_id}/interview",
        {"outcome": "suits", "points": ["technology"]},
        "points",
    ),
    (
        "/admin/groups/{group_id}/terms/{term_id}/leaders",
        {"pay": "fee", "rate_minor": ""},
        "rate_minor",
    ),
    (
        "/admin/groups/{group_id}/terms/{term_id}/where",
        {"meeting_link": "javascript:alert(1)"},
        "meeting_link",
    ),
    (
        "/admin/groups/{group_id}/terms/{term_id}/where",
        {"meeting_link": "https://a@evil.example/x"},
        "meeting_link",
    ),
    ("/admin/groups/new", {"slug": "thursday-lantern"}, "slug"),
    ("/admin/groups/new", {"slug": "../admin"}, "slug"),
    ("/admin/groups/new", {"slug": "", "title": "שלום"}, "slug"),
    ("/sign-in/sent/{token_id}", {"code": "12345"}, "code"),
    ("/offers/{token}", {"policy": "no"}, "policy"),
    ("/admin/suspense", {"date": "2026-11-23"}, "date"),
    ("/admin/suspense", {"amount_minor": "50", "reference": "Unmatched"}, "another"),
    ("/admin/suspense/{receipt_id}/match", {"part_minor": "50.01"}, "part_minor"),
    ("/admin/suspense/{receipt_id}/back", {"amount_minor": "50.01"}, "amount_minor"),
    ("/admin/suspense/{receipt_id}/back", {"date": "2026-11-23"}, "date"),
]


@pytest.mark.parametrize(("route", "typed", "named"), CONTRADICTIONS)
def test_what_does_not_go_together_is_named(
    house: House, route: str, typed: dict[str, str], named: str
) -> None:
    form = BY_ROUTE[route]
    browser = at(house, form)
    target, good = good_answers(house, form, browser)
    before = written()
    answer = browser.post(target, {**good, **typed})
    page = Page(answer.text)
    assert (answer.status, page.summary) == (422, [f"#f-{named}"]), browser.text[:300]
    assert f"f-{named}" in page.ids
    shown = {one.name: one.value for one in page.form(target).texts}
    for name, value in typed.items():
        assert shown.get(name, value) == value, "what was typed is kept"
    assert written() == before


def test_a_booked_or_foreign_session_is_no_choice(house: House) -> None:
    """The session of another group, a session that is no taster and has no guest place."""
    form = BY_ROUTE["/groups/{slug}/taster"]
    browser = at(house, form)
    target, good = good_answers(house, form, browser)
    before = written()
    for session in ("", "session-0", house.names["term"], house.names["draft"]):
        assert browser.post(target, {**good, "session_id": session}).status == 422
    assert written() == before


@pytest.mark.parametrize("page", [f"{DRAFT}/places", f"{TERM}/places"])
def test_a_published_price_cannot_be_typed_over(house: House, page: str) -> None:
    """Fields that a page does not show are not read."""
    form = HouseForm(PLACES, page, {"price_minor": "1"})
    browser = at(house, form)
    target, good = good_answers(house, form, browser)
    browser.post(target, good)
    assert ("£216.00" in browser.text) is (page == f"{TERM}/places")
