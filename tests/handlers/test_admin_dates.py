"""The dates of a term at the desk: shown, refused, saved, changed."""

from __future__ import annotations

import re

import pytest

from local.browser import Browser
from tests.handlers.desk import (
    DATES,
    LEADER,
    fill,
    make_group,
    make_term,
    open_draft,
    open_term,
    whole_of,
)
from tests.world import World


def test_dates_are_shown_before_they_are_saved(desk: Browser) -> None:
    group_path = make_group(desk)
    desk.get(f"{group_path}/terms/new")
    desk.submit({**DATES, "skipped": "11 February 2027", "do": "show"}, action="/terms/new")
    assert "Thursday 8 April 2027 , 19:00 to 20:30 London time (BST)" in desk.text
    assert "Thursday 11 February 2027" not in desk.text
    desk.submit({"do": "save"}, action="/terms/new")
    path = desk.path.removesuffix("/places")
    assert str(whole_of(path).sessions[-1].local_date) == "2027-04-08"


def test_every_error_of_the_dates_is_named_at_once_and_nothing_is_written(desk: Browser) -> None:
    group_path = make_group(desk)
    desk.get(f"{group_path}/terms/new")
    bad = {
        "title": "",
        "fee_plan": "term",
        "first_date": "31 February 2027",
        "local_time": "25:00",
        "minutes": "45",
        "often": "weekly",
        "count": "",
        "skipped": "someday",
        "do": "save",
    }
    desk.submit(bad, action="/terms/new")
    assert desk.answer.status == 422
    for said in (
        "Enter the name of the term",
        "The first date must be a real date",
        "The time of day must be a time of day",
        "The length of a session must be 60 or more",
        "line 1 is not a date",
        "Enter the number of sessions",
    ):
        assert said in desk.text, said
    assert 'value="31 February 2027"' in desk.answer.text
    desk.get(group_path)
    assert "There is no term yet" in desk.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"count": ""}, "Enter the number of sessions"),
        ({"often": "monthly", "first_date": "2027-01-29"}, "Not every month has a fifth"),
        ({"often": "monthly_last", "first_date": "2027-01-14"}, "not the last such weekday"),
        ({"count": "1", "extra": "15 January 2027\n16 January 2027"}, "more dates to add"),
        (
            {"skipped": "28 January 2027", "extra": "28 January 2027"},
            "cannot be left out and added",
        ),
        ({"often": "listed", "skipped": "14 January 2027"}, "No date is left"),
        ({"count": "49"}, "must be 48 or less"),
    ],
)
def test_dates_that_do_not_go_together_are_refused(
    desk: Browser, changed: dict[str, str], said: str
) -> None:
    group_path = make_group(desk)
    desk.get(f"{group_path}/terms/new")
    desk.submit({**DATES, **changed, "do": "save"}, action="/terms/new")
    assert desk.answer.status == 422
    assert said in desk.text


def test_listed_dates_need_no_number(desk: Browser) -> None:
    listed = {"often": "listed", "count": "", "extra": "28 January 2027\n18 February 2027"}
    path = make_term(desk, make_group(desk), **listed)
    whole = whole_of(path)
    assert [str(one.local_date) for one in whole.sessions] == [
        "2027-01-14",
        "2027-01-28",
        "2027-02-18",
    ]
    assert whole.term.recurrence.count == 3


def test_the_dates_of_a_draft_can_change_and_keep_the_sessions_that_stay(desk: Browser) -> None:
    path = make_term(desk, make_group(desk))
    before = {one.starts_at: one.session_id for one in whole_of(path).sessions}
    desk.get(f"{path}/dates")
    assert 'value="2027-01-14"' in desk.answer.text
    desk.submit({"skipped": "28 January 2027", "do": "save"}, action="/dates")
    whole = whole_of(path)
    after = {one.starts_at: one.session_id for one in whole.sessions}
    assert [one.number for one in whole.sessions] == [1, 2, 3, 4, 5, 6]
    assert len(set(before.items()) & set(after.items())) == 5
    assert whole.term.ends_at == whole.sessions[-1].ends_at


def test_all_dates_of_the_longest_term_can_change_at_once(desk: Browser) -> None:
    path = make_term(desk, make_group(desk), often="weekly", count="48")
    desk.get(f"{path}/dates")
    desk.submit({"local_time": "18:00", "do": "save"}, action="/dates")
    whole = whole_of(path)
    assert len(whole.sessions) == 48
    assert {one.local_time.hour for one in whole.sessions} == {18}


def test_after_publication_price_and_dates_stay(world: World, desk: Browser) -> None:
    path = open_term(world, desk)
    desk.get(f"{path}/places")
    assert 'name="price_minor"' not in desk.answer.text
    desk.submit({"price_minor": "1", "capacity": "10"}, action="/places")
    term = whole_of(path).term
    assert (term.price_minor, term.capacity) == (21600, 10)
    desk.get(f"{path}/dates")
    assert "its dates stay" in desk.text
    held = {"form": re.findall(r'name="form" value="([^"]+)"', desk.get(path).text)[0]}
    desk.post(f"{path}/dates", {**held, **DATES, "do": "save", "local_time": "20:00"})
    assert desk.answer.status == 409
    assert whole_of(path).sessions[0].local_time.hour == 19


def test_leaders_are_listed_changed_and_taken_off(world: World, desk: Browser) -> None:
    path = open_draft(world, desk)
    fill(desk, path, "leaders", {**LEADER, "name": "Odalys", "email": "odalys@example.org"})
    assert len(whole_of(path).leaders) == 3
    odalys = next(one for one in whole_of(path).leaders if one.name == "Odalys")
    desk.get(f"{path}/leaders?leader={odalys.leader_id}")
    assert 'value="odalys@example.org"' in desk.answer.text
    desk.submit({"name": "Odalys Thimble"}, action="/leaders")
    names = {one.leader_id: one.name for one in whole_of(path).leaders}
    assert len(names) == 3
    assert names[odalys.leader_id] == "Odalys Thimble"
    desk.submit({"leader_id": odalys.leader_id}, action="/remove-leader")
    assert odalys.leader_id not in {one.leader_id for one in whole_of(path).leaders}
