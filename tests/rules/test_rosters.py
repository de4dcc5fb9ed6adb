"""The roster's order, and a file that a spreadsheet cannot be made to run."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.csv_text import BYTE_ORDER_MARK, FORMULA_STARTS, csv_bytes
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.running.rosters import COLUMNS, roster_of, table

NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


def an_enrolment(name: str, state: str = "active", profession: str = "Nurse") -> Enrolment:
    return Enrolment(
        term_id="term-1",
        person_id=f"person-{name}",
        group_id="group-1",
        application_id="application-1",
        offer_id="offer-1",
        obligation_id="debt-1",
        state=state,
        full_name=name,
        email="somebody@example.org",
        profession=profession,
        enrolled_at=NOW,
    )


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
def test_what_is_written_is_read_back_and_never_runs(rows: list[list[str]]) -> None:
    text = csv_bytes(["a", "b", "c"], rows).decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    back = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(back) == len(rows)
    for cells, written in zip(rows, back, strict=True):
        for cell, kept in zip(cells, written, strict=True):
            assert not kept.startswith(FORMULA_STARTS)
            assert kept == (f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell)


def test_the_usual_attacks_are_only_text() -> None:
    for attack in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")'):
        line = csv_bytes(["Name"], [[attack]]).decode("utf-8").split("\r\n", 1)[1]
        assert line.startswith("\"'")


def test_the_roster_goes_by_name_with_those_who_left_apart() -> None:
    roster = roster_of(
        [an_enrolment("tansy", "left"), an_enrolment("Ludo"), an_enrolment("ada", "suspended")]
    )
    assert [one.full_name for one in roster.seated] == ["ada", "Ludo"]
    assert [one.full_name for one in roster.gone] == ["tansy"]
    assert roster.mix == [("Nurse", 2)]


def test_an_exports_days_are_those_of_the_group() -> None:
    rows = table([an_enrolment("Ludo")], list(COLUMNS), {"active": "Member"}, "Australia/Hobart")
    (row,) = rows
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "full_name": "Ludo",
        "email": "somebody@example.org",
        "profession": "Nurse",
        "zone": "Europe/London",
        "state": "Member",
        "paid": "0.00",
        "enrolled_at": "2026-11-22",
        "agreement_version": "",
        "agreed_at": "",
    }


def test_a_list_for_leaders_can_leave_address_and_fee_out() -> None:
    columns = ["full_name", "profession", "zone"]
    rows = table([an_enrolment("Ludo")], columns, {"active": "Member"}, "Europe/London")
    assert rows == [["Ludo", "Nurse", "Europe/London"]]
