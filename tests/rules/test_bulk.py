"""What a cancellation takes out of a debt, and how far the work is: to the penny, and once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import OfferStands
from chalicelib.rules.books.books import Kept, check_books
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.shares import spread
from chalicelib.rules.changes import Change, Create
from chalicelib.rules.money.payments import Obligation, Release
from chalicelib.rules.prices.credits import Credit, credit_of, on_the_books
from chalicelib.rules.returning import bulk as rules
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.returning.bulk_mails import session_mail, term_mail, whom
from chalicelib.rules.returning.releases import Owed
from chalicelib.rules.running.groups import Session
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW, twice_written, values

SIX = tuple(f"session-{n}" for n in range(1, 7))


def bulk(**changed: Any) -> Bulk:
    row = Bulk(
        bulk_id="bulk-1",
        cause="session_cancelled",
        remedy="refund",
        group_id="group-1",
        term_id="term-1",
        session_id="session-6",
        reason="the leader is ill",
        todo=("debt-1", "debt-2"),
        total=2,
        asked_by="person-ada",
        asked_at=NOW,
        next_at=NOW,
    )
    return replace(row, **changed)


def session(number: int, **changed: Any) -> Session:
    at = datetime(2027, 1, 14, 19, tzinfo=UTC) + timedelta(weeks=number)
    row = Session(
        group_id="group-1",
        term_id="term-1",
        session_id=f"session-{number}",
        number=number,
        local_date=date(2027, 1, 14),
        local_time=time(19),
        zone="Europe/London",
        minutes=90,
        starts_at=at,
        ends_at=at + timedelta(minutes=90),
    )
    return replace(row, **changed)


def owed(paid: int = 21600, held: tuple[str, ...] = (), **changed: Any) -> Owed:
    """A debt with a seat over six sessions, of which so much is paid."""
    usual: dict[str, Any] = {
        "state": "paid" if paid else "due",
        "billed_at": NOW,
        "paid_minor": paid,
        "shares": spread(changed.get("amount_minor", 21600), SIX),
        "begins_at": NOW + timedelta(weeks=8),
    }
    debt = a.obligation(**{**usual, **changed})
    payments = [a.paid(amount_minor=paid)] if paid else []
    return Owed(
        obligation=debt,
        payments=payments,
        enrolment=a.enrolment(),
        term=a.term(shares_moved=7),
        held=frozenset(held),
    )


def created(change: Change, kind: type) -> list[Any]:
    return list(change.created(kind))


# Given back


@given(
    amount=st.integers(0, 100_000),
    paid=st.integers(0, 100_000),
    at=st.sampled_from(SIX),
    as_credit=st.booleans(),
)
def test_every_penny_of_a_share_is_let_go_given_back_or_kept(
    amount: int, paid: int, at: str, as_credit: bool
) -> None:
    found = owed(min(paid, amount), amount_minor=amount)
    work = bulk(session_id=at, remedy="credit" if as_credit else "refund")
    release, change = rules.given_back(work, found, NOW)
    share = found.obligation.shares[at]
    if not share:
        assert release is None
        assert change.writes == ()
        return
    assert release is not None
    parts = (release.unbilled_minor, release.refund_minor, release.credit_minor)
    assert sum(parts) == release.amount_minor == share
    assert release.unbilled_minor == min(share, found.obligation.outstanding_minor)
    assert not (release.refund_minor if as_credit else release.credit_minor)
    assert sum(one.amount_minor for one in created(change, Credit)) == release.credit_minor
    assert twice_written(change) == []


@pytest.mark.parametrize(
    ("held", "amount"), [((), 21600), (SIX[:1], 18000), (SIX[:5], 3600), (SIX, 0)]
)
def test_a_cancelled_term_gives_back_what_was_not_held_and_ends_the_seat(
    held: tuple[str, ...], amount: int
) -> None:
    work = bulk(cause="term_cancelled", session_id="")
    release, change = rules.given_back(work, owed(held=held), NOW)
    assert release is not None
    assert (release.refund_minor, release.ends_seat) == (amount, "cancelled")
    debt = values(change, Obligation)
    assert debt["ended_at"] == NOW
    assert debt.get("state") == ("void" if not held else None)


def test_a_debt_without_a_seat_or_a_share_is_left_alone() -> None:
    for found in (
        owed(billed_at=None, paid=0, state="void"),
        owed(shares={"session-1": 3600}),
        replace(owed(shares=dict.fromkeys(SIX, 0)), enrolment=None),
    ):
        assert rules.given_back(bulk(), found, NOW) == (None, Change())


def test_a_price_that_is_offered_has_to_be_withdrawn_first() -> None:
    with pytest.raises(OfferStands):
        rules.given_back(bulk(), owed(billed_at=None, paid=0), NOW)


def test_the_release_has_its_name_from_the_work_and_the_debt() -> None:
    release, _ = rules.given_back(bulk(), owed(), NOW)
    assert release is not None
    assert release.release_id == "release-bulk-1-debt-1"
    assert (release.cause, release.session_id) == ("session_cancelled", "session-6")


# Moved to an extra date


def test_a_moved_share_keeps_its_pence_and_is_booked() -> None:
    new = session(7)
    amount, change = rules.moved(bulk(new_session_id="session-7"), owed(), new, NOW, NOW)
    assert amount == 3600
    shares = values(change, Obligation)["shares"]
    assert (shares["session-7"], "session-6" in shares) == (3600, False)
    (entry,) = created(change, Entry)
    assert {one.account for one in entry.lines} == {"deferred/term-1"}


def test_a_share_moved_to_a_session_that_was_held_by_now_is_earned() -> None:
    found = replace(owed(), held=frozenset({"session-7"}))
    _, change = rules.moved(bulk(new_session_id="session-7"), found, session(7), NOW, NOW)
    (entry,) = created(change, Entry)
    assert [(one.account, one.amount_minor) for one in entry.lines] == [
        ("deferred/term-1", 3600),
        ("fees", -3600),
    ]


def test_the_debt_of_an_offer_moves_without_an_entry_and_begins_earlier() -> None:
    early = session(7, starts_at=NOW + timedelta(weeks=1))
    begins = early.starts_at
    amount, change = rules.moved(bulk(), owed(0, billed_at=None), early, begins, NOW)
    assert (amount, created(change, Entry)) == (0, [])
    assert values(change, Obligation)["begins_at"] == early.starts_at


def test_an_open_offer_says_the_extra_date_in_its_place() -> None:
    old, new = session(1), session(7)
    facts = {
        "sessions": [
            {"number": n, "starts_at": session(n).starts_at.isoformat(), "ends_at": ""}
            for n in (1, 2, 8)
        ]
    }
    update = rules.redated(a.offer(facts=facts), old, new)
    assert [one["number"] for one in update.values["facts"]["sessions"]] == [2, 7, 8]


# How far it is


def test_a_debt_is_crossed_off_and_the_rest_stays() -> None:
    update = rules.ticked(bulk(), "debt-1", 3600)
    assert (update.values, update.add) == ({"todo": ("debt-2",)}, {"done_minor": 3600})


def test_what_is_set_aside_has_a_task_that_goes_when_it_is_tried_again() -> None:
    change = rules.set_aside(bulk(), "debt-1", {"name": "Pip", "code": "DisputeOpen"}, NOW)
    (task,) = [one.row for one in change.writes if isinstance(one, Create)]
    again = rules.tried_again(bulk(state="done", todo=(), troubled=("debt-1",), next_at=None), NOW)
    update, gone = again.writes
    assert gone.row.ids == {"task_id": task.task_id}
    assert update.values["todo"] == ("debt-1",)  # type: ignore[union-attr]
    assert update.values["state"] == "running"  # type: ignore[union-attr]


def test_only_debts_that_still_hold_something_and_that_nobody_knows_are_taken_up() -> None:
    late = a.obligation(obligation_id="debt-3", billed_at=NOW, shares=spread(21600, SIX))
    known = replace(late, obligation_id="debt-1")
    offered = replace(late, obligation_id="debt-4", billed_at=None)
    ended = replace(offered, obligation_id="debt-6", state="void")
    empty = replace(late, obligation_id="debt-5", shares=dict.fromkeys(SIX, 0))
    debts = [late, known, offered, ended, empty]
    assert rules.left_over(bulk(), debts, ()) == [late, offered]


# Credits


def test_the_books_owe_what_is_left_of_credits_and_what_offers_have_set_aside() -> None:
    release, _ = rules.given_back(bulk(remedy="credit"), owed(), NOW)
    assert release is not None
    credit = replace(credit_of(a.obligation(), release), left_minor=1000)
    waits = a.obligation(credit_minor=2600)
    gone = a.obligation(credit_minor=500, state="void")
    seated = a.obligation(credit_minor=700, billed_at=NOW)
    assert on_the_books([credit], [waits, gone, seated]) == {"group#group-1": 3600}


def test_a_credit_that_the_books_do_not_know_is_found() -> None:
    release, _ = rules.given_back(bulk(remedy="credit"), owed(), NOW)
    assert release is not None
    credit = credit_of(a.obligation(), release)
    rows: dict[str, Any] = dict.fromkeys(
        ("entries", "obligations", "payments", "refunds", "enrolments", "offers", "terms"), ()
    )
    (finding,) = check_books(Kept(**rows, credits=[credit]), None)
    assert (finding.proof, finding.expected, finding.found) == ("credits", 3600, 0)


def test_a_credit_is_somebodys() -> None:
    release, _ = rules.given_back(bulk(remedy="credit"), owed(), NOW)
    assert isinstance(release, Release)
    with pytest.raises(ValueError, match="nobody"):
        credit_of(a.obligation(), replace(release, person_id=None))


# Who is told


@pytest.mark.parametrize(
    ("enrolment", "offer", "payments", "standing"),
    [
        (a.enrolment(), None, [], "member"),
        (a.enrolment(state="left"), None, [], "former"),
        (a.enrolment(obligation_id="debt-9"), None, [a.paid()], "former"),
        (None, a.offer(), [], "offered"),
        (None, None, [], None),
    ],
)
def test_who_is_told_and_as_what(
    enrolment: Any, offer: Any, payments: Any, standing: str | None
) -> None:
    told = whom(a.obligation(), enrolment, offer, payments)
    assert (told.standing if told else None) == standing


def test_who_has_left_is_told_only_what_goes_back() -> None:
    told = whom(a.obligation(), a.enrolment(state="left"), None, [])
    assert told is not None
    release, _ = rules.given_back(bulk(), owed(), NOW)
    whole = a.whole()
    assert session_mail(bulk(), whole, told, a.obligation(), None, NOW) is None
    assert session_mail(bulk(), whole, told, a.obligation(), release, NOW) is not None
    assert term_mail(bulk(), whole, told, a.obligation(), None, NOW) is None
