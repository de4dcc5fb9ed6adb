"""What holds for applications: moves and their tasks, one per address, the order of waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import (
    Conflict,
    InterviewOutcomeMissing,
    InvalidForm,
    MoveNotDeclared,
    OfferStands,
)
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.changes import Create, Ref, Remove, Update
from chalicelib.rules.joining import applications as rules
from chalicelib.rules.joining.application_form import ABOUT, DATES, INTERVIEW, YOU, recruits, who_of
from chalicelib.rules.joining.applications import Act, Application, Unique
from chalicelib.rules.parsers import several
from chalicelib.rules.people.circle import Task
from chalicelib.rules.running.groups import Group, Term, WholeTerm
from chalicelib.rules.running.recurrence import Recurrence
from chalicelib.rules.states import MOVES

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
ACT = Act(actor="person-ada", audit_id="audit-1", now=NOW)
STATES = [state for state in MOVES["application"] if state != "draft"]


def an_application(**changed: Any) -> Application:
    facts: dict[str, Any] = {
        "application_id": "application-1",
        "group_id": "group-1",
        "term_id": "term-1",
        "group_title": "Thursday Lantern Group",
        "state": "submitted",
        "full_name": "Dr Pip Buttonwood",
        "email": "pip@example.org",
        "email_hash": "f00d",
        "created_at": NOW,
        "submitted_at": NOW,
    }
    return Application(**{**facts, **changed})


def a_term(**changed: Any) -> Term:
    facts: dict[str, Any] = {
        "group_id": "group-1",
        "term_id": "term-1",
        "title": "Spring 2027",
        "state": "recruiting",
        "recurrence": Recurrence(
            first_date=date(2027, 1, 14), local_time=time(19), minutes=90, count=6
        ),
        "zone": "Europe/London",
        "starts_at": datetime(2027, 1, 14, 19, tzinfo=UTC),
        "ends_at": datetime(2027, 3, 25, 20, 30, tzinfo=UTC),
        "capacity": 8,
        "min_members": 6,
        "price_minor": 21600,
        "created_at": NOW,
    }
    return Term(**{**facts, **changed})


def a_group(**changed: Any) -> Group:
    facts: dict[str, Any] = {
        "group_id": "group-1",
        "slug": "lantern",
        "title": "Thursday Lantern Group",
        "audience": "Clinicians",
        "about": "",
        "contact_email": "lantern@example.org",
        "state": "published",
        "created_at": NOW,
    }
    return Group(**{**facts, **changed})


def task_ids(change: Any, kind: type) -> set[str]:
    """Ids of the tasks that a change creates, or removes."""
    if kind is Create:
        return {row.task_id for row in change.created(Task)}
    removed = [w.row for w in change.writes if isinstance(w, Remove) and isinstance(w.row, Ref)]
    return {row.ids["task_id"] for row in removed}


@given(old=st.sampled_from(STATES), new=st.sampled_from(STATES))
def test_a_move_is_declared_or_refused_and_every_task_has_one_cause(old: str, new: str) -> None:
    application = an_application(state=old)
    if new not in MOVES["application"][old]:
        with pytest.raises(MoveNotDeclared):
            rules.moved(application, new, ACT)
        return
    change = rules.moved(application, new, ACT)
    created, removed = task_ids(change, Create), task_ids(change, Remove)
    assert len(created) == (new in rules.TASKS)
    assert len(removed) == (old in rules.TASKS)
    assert not created & removed, "DynamoDB refuses two writes of one row"
    assert [row.action for row in change.created(AuditRow)] == [f"application.{new}"]


def test_while_an_offer_stands_the_application_stays_as_it_is() -> None:
    with pytest.raises(OfferStands):
        rules.moved(an_application(state="accepted", offer_id="offer-1"), "withdrawn", ACT)


def test_only_declining_keeps_a_reason_and_it_is_a_code() -> None:
    for decision in ("accepted", "waitlisted", "declined", "not_now"):
        update = rules.decided(an_application(), decision, ACT, "dates").writes[0]
        assert isinstance(update, Update)
        assert update.values.get("decision_reason", "") == (
            "dates" if decision == "declined" else ""
        )


def test_what_would_help_is_deleted_when_the_application_ends() -> None:
    needy = an_application(access_needs="A hearing loop")
    for state in ("declined", "withdrawn", "not_now"):
        update = rules.moved(needy, state, ACT).writes[0]
        assert isinstance(update, Update)
        assert update.values["access_needs"] == ""
    update = rules.moved(needy, "interview", ACT).writes[0]
    assert isinstance(update, Update)
    assert "access_needs" not in update.values


@pytest.mark.parametrize("outcome", ["", "second_talk", "not_now", "does_not_suit"])
def test_no_offer_before_an_interview_that_ended_well(outcome: str) -> None:
    application = an_application(state="accepted", interview=outcome)
    with pytest.raises(InterviewOutcomeMissing):
        rules.may_offer(application, a_group(interview_required=True))
    rules.may_offer(application, a_group(interview_required=False))
    rules.may_offer(replace(application, interview="suits"), a_group())


def test_an_interview_is_recorded_only_while_it_is_due() -> None:
    with pytest.raises(Conflict):
        rules.interviewed(an_application(state="submitted"), "suits", rules.POINTS, ACT)
    rules.interviewed(an_application(state="interview"), "suits", rules.POINTS, ACT)


def test_a_second_application_collapses_only_into_one_that_still_stands() -> None:
    autumn, spring = a_term(term_id="autumn", state="running"), a_term(term_id="spring")
    waits = an_application(term_id="autumn", state="waitlisted")
    assert not rules.collapses(None, None, "spring")
    assert rules.collapses(an_application(term_id="spring"), spring, "spring")
    assert rules.collapses(an_application(term_id="summer"), a_term(term_id="summer"), "spring")
    assert not rules.collapses(waits, autumn, "spring"), "that term takes nobody any more"
    member = an_application(term_id="autumn", state="accepted")
    assert not rules.collapses(member, autumn, "spring"), "members come again"
    for ended in ("declined", "withdrawn", "lapsed", "not_now", "draft"):
        assert not rules.collapses(an_application(state=ended), a_term(), "term-1")


def test_a_name_is_taken_once_and_goes_over_from_one_that_ended() -> None:
    mine = an_application()
    assert isinstance(rules.claim(mine, None), Create)
    assert rules.claim(mine, Unique(name=mine.claim_name, owner_id=mine.application_id)) is None
    over = rules.claim(mine, Unique(name=mine.claim_name, owner_id="application-0"))
    assert isinstance(over, Update)
    assert over.values == {"owner_id": "application-1"}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10_000)), min_size=2, max_size=8))
def test_the_waitlist_goes_by_priority_and_then_by_time(waiting: list[tuple[int, int]]) -> None:
    rows = [
        an_application(
            application_id=f"application-{n:03}",
            priority=priority,
            waitlisted_at=NOW + timedelta(minutes=minutes),
        )
        for n, (priority, minutes) in enumerate(waiting)
    ]
    by_key = sorted(rows, key=lambda row: row.waitlist_key)
    assert by_key == sorted(
        rows, key=lambda row: (row.priority, row.waitlisted_at, row.application_id)
    )


def test_a_draft_ends_after_thirty_days() -> None:
    draft = an_application(state="draft")
    assert not rules.draft_ended(draft, NOW + timedelta(days=29, hours=23))
    assert rules.draft_ended(draft, NOW + timedelta(days=30))


def test_a_new_address_cuts_the_old_link_of_a_draft() -> None:
    draft = an_application(state="draft", draft_generation=3)
    same = rules.saved(draft, 1, ACT, email="pip@example.org", email_hash="f00d").writes[0]
    other = rules.saved(draft, 1, ACT, email="pop@example.org", email_hash="beef").writes[0]
    assert isinstance(same, Update)
    assert isinstance(other, Update)
    assert (same.values["draft_generation"], other.values["draft_generation"]) == (3, 4)


def test_a_term_takes_nobody_once_it_has_begun() -> None:
    def whole(group: Group, term: Term) -> WholeTerm:
        return WholeTerm(group=group, term=term, sessions=(), tasters=(), leaders=())

    begun = datetime(2027, 1, 15, tzinfo=UTC)
    assert recruits(whole(a_group(), a_term()), NOW)
    assert not recruits(whole(a_group(), a_term()), begun)
    assert not recruits(whole(a_group(joining="slow_open"), a_term()), begun)
    assert not recruits(whole(a_group(state="draft"), a_term()), NOW)
    assert not recruits(whole(a_group(), a_term(apply_by=date(2026, 11, 20))), NOW)


# The form

YOU_TYPED = {
    "full_name": "Pip",
    "email": "pip@example.org",
    "profession": "Vet",
    "zone": "Europe/London",
}


def errors_of(form: Any, typed: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidForm) as refused:
        form.read(typed)
    return refused.value.errors


def test_another_profession_is_named_in_ones_own_words() -> None:
    assert errors_of(YOU, {**YOU_TYPED, "profession": "other"}) == {"profession_other": "missing"}
    values = YOU.read({**YOU_TYPED, "profession": "other", "profession_other": "Glass blower"})
    assert who_of(values)["profession"] == "Glass blower"


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"can_attend": "all", "absences": ["2027-01-14"]}, {"can_attend": "contradiction"}),
        ({"can_attend": "some"}, {"absences": "which"}),
        ({"can_attend": "some", "absences": ["2031-01-01"]}, {"absences": "choice"}),
        ({}, {"can_attend": "choice"}),
    ],
)
def test_contradictory_dates_are_said_so(typed: dict[str, Any], errors: dict[str, str]) -> None:
    form = DATES.offering(absences=several("2027-01-14", "2027-01-28"))
    assert errors_of(form, {**typed, "device": "computer"}) == errors


def test_both_ticks_are_needed() -> None:
    typed = {"hopes": "To listen.", "source": "search", "knows_someone": "talk", "payer": "self"}
    assert errors_of(ABOUT, typed) == {"agreement": "tick", "privacy": "tick"}


def test_yes_from_both_sides_needs_all_three_points() -> None:
    assert errors_of(INTERVIEW, {"outcome": "suits", "points": ["commitment"]}) == {
        "points": "not_all"
    }
    assert INTERVIEW.read({"outcome": "not_now"})["points"] == ()
