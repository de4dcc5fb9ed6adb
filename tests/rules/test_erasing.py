"""What becomes of each kind of row when somebody is erased, and what has to end first."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import MoveNotDeclared
from chalicelib.rules.changes import Remove, Update
from chalicelib.rules.mail import Mail
from chalicelib.rules.people import erased_rows, erasing, erasing_holds
from chalicelib.rules.people.erased_rows import written
from chalicelib.rules.people.erasing import Act, Who
from chalicelib.rules.people.erasing_subject import Subject
from chalicelib.rules.people.erasure import Erasure, Hold
from chalicelib.rules.people.people import email_hash
from chalicelib.store.rows import KEPT
from tests.store.row_values import plain_row

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
ACT = Act(actor="clock", audit_id="audit-1", now=NOW)
WHO = Who(person_id="person-1", full_name="Pip Buttonwood", email="pip@example.org")
SUBJECT = Subject(
    person_id="person-1",
    found=frozenset({"application-1"}),
    kept=frozenset({"application-1"}),
    debts=frozenset({"debt-1"}),
    full_names=frozenset({"Pip Buttonwood"}),
    email="pip@example.org",
    named="Erased person",
)


def row(name: str, **values: Any) -> Any:
    """A row of one kind that is about the subject, as far as it can be."""
    kind = next(kind for kind in KEPT if kind.__name__ == name)
    mine = {
        "person_id": "person-1",
        "leader_id": "person-1",
        "application_id": "application-1",
        "obligation_id": "debt-1",
        "owner_id": "person-1",
    }
    plain = plain_row(kind)
    known = {one.name for one in fields(plain)}
    return replace(plain, **{k: v for k, v in {**mine, **values}.items() if k in known})


def test_every_kind_of_row_is_on_one_list_of_what_becomes_of_it() -> None:
    """A new kind fails here until somebody has said what becomes of the words in it."""
    listed = [
        *(kind.__name__ for kind in erased_rows.WHOLE),
        *(kind.__name__ for kind in erased_rows.REMOVED),
        *(kind.__name__ for kind in erased_rows.SCRUBBED),
        *erased_rows.LEFT,
    ]
    assert sorted(listed) == sorted(kind.__name__ for kind in KEPT)


@pytest.mark.parametrize("kind", [one.__name__ for one in erased_rows.WHOLE])
def test_what_is_emptied_once_is_not_written_again(kind: str) -> None:
    """L2. And every field of the list is one of the row."""
    before = row(kind)
    write = written(before, SUBJECT, whole=True)
    if write is None:
        return
    assert isinstance(write, Update)
    after = replace(before, **write.values)
    assert written(after, SUBJECT, whole=True) is None
    assert "Buttonwood" not in repr(after)


@pytest.mark.parametrize("kind", [one.__name__ for one in erased_rows.REMOVED])
def test_what_goes_wholly_goes(kind: str) -> None:
    mine = {"email": "pip@example.org", "booking_id": "application-1"}
    assert isinstance(written(row(kind, **mine), SUBJECT, whole=True), Remove)


@pytest.mark.parametrize(
    "kind", [kind.__name__ for kind in KEPT if kind.__name__ in erased_rows.LEFT]
)
def test_what_holds_no_words_is_left(kind: str) -> None:
    assert written(row(kind), SUBJECT, whole=True) is None


def test_a_row_of_somebody_else_is_left() -> None:
    other = {
        "person_id": "person-2",
        "leader_id": "person-2",
        "application_id": "application-2",
        "obligation_id": "debt-2",
        "owner_id": "person-2",
        "email": "q@example.org",
        "payer_email": "",
        "facts": {},
    }
    for kind in (*erased_rows.WHOLE, *erased_rows.REMOVED):
        if kind.__name__ != "BankReceipt":  # read by the payment that names it, so it is theirs
            assert written(row(kind.__name__, **other), SUBJECT, whole=True) is None, kind


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Pip Buttonwood has left", "Erased person has left"),
        ("pip@example.org", "Erased person"),
        ("PIP BUTTONWOOD", "Erased person"),
        ("Pip Buttonwoods", "Pip Buttonwoods"),
        ("philip@example.org", "philip@example.org"),
    ],
)
def test_a_name_is_taken_out_of_a_text_as_a_whole_word(text: str, left: str) -> None:
    assert SUBJECT.without({"told": [text], "number": 1}) == {"told": [left], "number": 1}


def a_mail(state: str, to: str = "pip@example.org", template: str = "receipt") -> Mail:
    return Mail(
        message_key=f"{template}#1",
        template=template,
        to=to,
        facts={"full_name": "Pip Buttonwood"},
        state=state,
        queued_at=NOW,
        due_at=NOW,
    )


@pytest.mark.parametrize(
    ("mail", "whole", "state"),
    [
        (a_mail("queued"), True, "dropped"),
        (a_mail("claimed"), True, "dropped"),
        (a_mail("sent"), True, "sent"),
        (a_mail("sent"), False, "sent"),
        (a_mail("queued"), False, None),  # it may still have to leave
        (a_mail("queued", template="erasure"), True, None),  # the last one, of all mails
        (a_mail("sent", template="erasure"), True, "sent"),
    ],
)
def test_a_mail_to_them_is_emptied_and_does_not_leave(
    mail: Mail, whole: bool, state: str | None
) -> None:
    """E2."""
    write = written(mail, SUBJECT, whole)
    if state is None:
        assert write is None
        return
    assert isinstance(write, Update)
    after = replace(mail, **write.values)
    assert (after.to, after.facts, after.state) == ("", {}, state)


@pytest.mark.parametrize(
    ("task_id", "gone"),
    [
        (f"mail_bounced#{email_hash('pip@example.org')}", True),
        ("application_received#application-2", True),  # that application goes
        ("offer_to_make#application-1", False),  # that one belongs to the books
        ("suspense#receipt-1", False),
    ],
)
def test_what_was_to_be_done_about_what_goes_is_done(task_id: str, gone: bool) -> None:
    subject = replace(SUBJECT, found=frozenset({"application-1", "application-2"}))
    write = written(row("Task", task_id=task_id, facts={"name": "x"}), subject, whole=True)
    assert isinstance(write, Remove) is gone


HOLDS = [
    ("Dispute", {"state": "needs_response"}, "dispute"),
    ("Dispute", {"state": "won", "booked_lost": False}, ""),
    ("Payment", {"state": "pending"}, "payment_open"),
    ("Payment", {"state": "paid"}, ""),
    ("Refund", {"state": "failed"}, "refund_open"),
    ("Refund", {"state": "succeeded"}, ""),
    ("Credit", {"left_minor": 1}, "credit"),
    ("Credit", {"left_minor": 0}, ""),
    ("BankReceipt", {"left_minor": 1}, "money_unmatched"),
    ("BankReceipt", {"left_minor": 0}, ""),
    ("Offer", {"state": "open"}, "offer_open"),
    ("Offer", {"state": "taken"}, ""),
    ("Payout", {"state": "sending"}, "pay_open"),
    ("Payout", {"state": "sent"}, ""),
    ("Person", {"roles": ("treasurer",)}, "role"),
    ("Person", {"roles": ("leader",)}, ""),
    ("TasterBooking", {"state": "booked", "starts_at": NOW + timedelta(days=1)}, "taster"),
    ("TasterBooking", {"state": "booked", "starts_at": NOW - timedelta(days=1)}, ""),
    ("Obligation", {"open_release": "release-1"}, "refund_open"),
    (
        "Obligation",
        {"open_release": None, "state": "due", "billed_at": NOW, "amount_minor": 9},
        "unpaid",
    ),
    ("Obligation", {"open_release": None, "state": "paid", "billed_at": NOW}, ""),
]


@pytest.mark.parametrize(("kind", "values", "code"), HOLDS)
def test_what_is_open_has_to_end_first(kind: str, values: dict[str, Any], code: str) -> None:
    none = dict.fromkeys(("paid_minor", "released_minor", "refunded_minor", "credit_minor"), 0)
    known = {one.name for one in fields(row(kind))}
    one = row(kind, **{k: v for k, v in {**none, **values}.items() if k in known})
    found = erasing_holds.holds([one], SUBJECT, {}, NOW)
    assert [hold.code for hold in found] == ([code] if code else [])


@pytest.mark.parametrize(("state", "code"), [("running", "seat"), ("ended", ""), ("cancelled", "")])
def test_a_place_holds_as_long_as_its_term(state: str, code: str) -> None:
    term = row("Term", term_id="term-1", state=state, ends_at=NOW)
    seat = row("Enrolment", term_id="term-1", state="active")
    found = erasing_holds.holds([seat], SUBJECT, {"term-1": term}, NOW)
    assert found == ((Hold(code="seat", about="term-1", until=NOW),) if code else ())


def an_erasure(**values: Any) -> Erasure:
    (made,) = erasing.asked(WHO, ACT).created(Erasure)
    return replace(made, **values)


def test_it_is_called_off_only_before_it_begins() -> None:
    assert erasing.stopped(an_erasure(), ACT).writes
    for state in ("waiting", "erased", "done"):
        with pytest.raises(MoveNotDeclared):
            erasing.stopped(an_erasure(state=state), ACT)


def test_the_list_holds_ids_only() -> None:
    line = erasing.as_listed(an_erasure(found=("application-1",)))
    assert b"Buttonwood" not in line
    assert b"example.org" not in line
    told = erasing.from_list(line)
    assert (told.person_id, told.found) == ("person-1", ("application-1",))


def test_the_mail_says_each_reason_once_with_its_latest_day() -> None:
    late = Hold(code="seat", about="term-2", until=NOW + timedelta(days=9))
    holds = (Hold(code="seat", about="term-1", until=NOW), late, Hold(code="dispute", about="d"))
    change = erasing.waits(an_erasure(), holds, [], ["tasters"], ACT)
    (letter,) = change.created(Mail)
    assert letter.facts["holds"] == [
        {"code": "seat", "until": late.until and late.until.isoformat()},
        {"code": "dispute", "until": ""},
    ]
    again = erasing.waits(an_erasure(state="waiting"), holds, [], [], ACT)
    assert list(again.created(Mail)) == [], "once"


def test_who_is_erased_again_after_a_restore_is_not_written_to() -> None:
    change = erasing.erased(an_erasure(again=True), [], [], ACT)
    assert list(change.created(Mail)) == []
