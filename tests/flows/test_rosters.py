"""The roster as a page's facts and as a file."""

from __future__ import annotations

import pytest

from chalicelib.errors import NotFound
from chalicelib.flows.running import rosters
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.changes import Caller, Change, Create
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from tests.stories import a_recruiting_term
from tests.world import World

ADA = Caller(actor="person-ada")


def enrol(world: World, whole: WholeTerm, name: str, state: str = "active") -> None:
    row = Enrolment(
        term_id=whole.term.term_id,
        person_id=world.outside.ids.new("person"),
        group_id=whole.group.group_id,
        application_id="application-1",
        offer_id="offer-1",
        obligation_id="debt-1",
        state=state,
        full_name=name,
        email="saffron.umbrella@example.org",
        paid_minor=21600,
        profession="Nurse",
        enrolled_at=world.now,
    )
    commit(Change.of(Create(row)))


def test_the_roster_is_one_query_that_sees_a_seat_at_once(world: World) -> None:
    whole = a_recruiting_term(world)
    enrol(world, whole, "Saffron Umbrella")
    enrol(world, whole, "Tansy Rainbarrel", "left")
    shown = rosters.show_roster(world.outside, whole.group.group_id, whole.term.term_id)
    assert [one.full_name for one in shown.roster.seated] == ["Saffron Umbrella"]
    assert [one.full_name for one in shown.roster.gone] == ["Tansy Rainbarrel"]


def test_an_export_is_written_down_and_its_link_is_short(world: World) -> None:
    whole = a_recruiting_term(world)
    enrol(world, whole, "=1+1")
    group_id, term_id = whole.group.group_id, whole.term.term_id
    rosters.export(world.outside, ADA, group_id, term_id, "export-1")
    body, content_type, name = world.drawer.files[f"rosters/{term_id}/export-1.csv"]
    assert body.startswith(b"\xef\xbb\xbf")
    assert b"'=1+1" in body
    assert b"saffron.umbrella@example.org" in body
    assert b"216.00" in body
    assert (content_type, name) == (
        "text/csv; charset=utf-8",
        "roster-thursday-lantern-2026-11-21.csv",
    )
    assert rosters.export_link(world.outside, term_id, "export-1").endswith("seconds=300")
    rows = [row for row in reads.under(tables.Audit, term_id) if isinstance(row, AuditRow)]
    assert ("person-ada", "roster.exported") in [(row.actor, row.action) for row in rows]


def test_there_is_no_roster_of_a_term_that_is_not(world: World) -> None:
    with pytest.raises(NotFound):
        rosters.show_roster(world.outside, "group-1", "term-1")
