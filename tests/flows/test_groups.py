"""Acts on groups, terms and leaders: what they write, what they leave alone, who was faster."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.errors import (
    AlreadyAnswered,
    Conflict,
    InvalidForm,
    MoveNotDeclared,
    NotFound,
    StateChanged,
)
from chalicelib.flows.running import groups, leaders, terms
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.people.people import EmailOwner, Person, email_key
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.running import groups as store
from tests.people import a_person
from tests.stories import DATES, DESK, LEADER, PLACES, WHERE, a_draft_term, a_recruiting_term
from tests.world import World


def ids(whole: WholeTerm) -> tuple[str, str]:
    return whole.group.group_id, whole.term.term_id


def again(whole: WholeTerm) -> WholeTerm:
    found = store.whole_term(*ids(whole))
    assert found is not None
    return found


def acts_on(subject: str) -> list[AuditRow]:
    return reads.under(tables.Audit, subject)


def person_of(email: str) -> Person:
    owner = reads.get(EmailOwner, f"email#{email_key(email)}")
    assert owner is not None
    person = reads.get(Person, owner.owner_id)
    assert person is not None
    return person


def listed(**changed: Any) -> dict[str, Any]:
    usual = {**LEADER, "name": "Odalys Thimble", "email": "odalys@example.org"}
    return {**usual, **changed}


def test_a_published_term_is_on_the_list_and_a_draft_is_not(world: World) -> None:
    draft = a_draft_term(world)
    assert groups.show_recruiting(world.outside) == ()
    with pytest.raises(NotFound):
        groups.show_group(world.outside, "thursday-lantern", None)
    terms.publish(world.outside, DESK, *ids(draft))
    assert [one.term.term_id for one in groups.show_recruiting(world.outside)] == [
        draft.term.term_id
    ]
    (group, on_desk), *_ = groups.show_all(world.outside)
    assert (group.title, len(on_desk)) == ("Thursday Lantern Group", 1)


def test_the_list_of_groups_is_two_calls_of_the_store(world: World) -> None:
    a_recruiting_term(world)
    a_recruiting_term(world, slug="friday-lantern", title="Friday Lantern Group")
    calls: list[str] = []

    def count(model: Any, **_: Any) -> None:
        calls.append(model.name)

    events = tables.connection().client.meta.events
    events.register("before-call.dynamodb", count)
    try:
        assert len(groups.show_recruiting(world.outside)) == 2
    finally:
        events.unregister("before-call.dynamodb", count)
    assert calls == ["Query", "BatchGetItem"]


def test_every_act_leaves_a_trace(world: World) -> None:
    whole = a_recruiting_term(world)
    group_id, term_id = ids(whole)
    assert {one.action for one in acts_on(group_id)} == {"group.created", "group.changed"}
    assert sorted({one.action for one in acts_on(term_id)}) == [
        "term.changed",
        "term.created",
        "term.leader_added",
        "term.published",
        "term.taster_added",
    ]
    assert {one.actor for one in acts_on(term_id)} == {"administrator"}


def test_a_form_sent_twice_makes_one_group(world: World) -> None:
    values = {
        "title": "Lantern",
        "slug": "lantern",
        "audience": "Clinicians",
        "mode": "online",
        "zone": "Europe/London",
        "contact_email": "a@example.org",
    }
    caller = Caller(actor="administrator", form_key="one-press", location="/admin/groups/group-1")
    groups.create_group(world.outside, caller, "group-1", values)
    with pytest.raises(AlreadyAnswered):
        groups.create_group(world.outside, caller, "group-2", {**values, "slug": "other"})
    assert store.everything("group-2") == []


def test_of_two_groups_that_take_an_address_at_once_one_gets_it(world: World) -> None:
    whole = a_recruiting_term(world)
    values = {
        "title": "Another",
        "slug": whole.group.slug,
        "audience": "Clinicians",
        "mode": "online",
        "zone": "Europe/London",
        "contact_email": "a@example.org",
    }
    with pytest.raises(StateChanged):
        groups.create_group(world.outside, DESK, "group-2", values)
    assert store.everything("group-2") == []


def test_a_renamed_draft_gives_its_old_address_back(world: World) -> None:
    whole = a_draft_term(world)
    group = whole.group
    values = {
        "title": "Friday Lantern Group",
        "slug": "friday-lantern",
        "audience": group.audience,
        "mode": group.mode,
        "zone": group.zone,
        "contact_email": group.contact_email,
    }
    groups.edit_group(world.outside, DESK, group.group_id, values)
    assert groups.slug_is_free(world.outside, "thursday-lantern")
    assert not groups.slug_is_free(world.outside, "friday-lantern")
    with pytest.raises(Conflict):  # its dates are counted in the zone it has
        groups.edit_group(
            world.outside, DESK, group.group_id, {**values, "zone": "Australia/Hobart"}
        )


def test_a_public_group_keeps_its_name_and_its_rules(world: World) -> None:
    group = a_recruiting_term(world).group
    values = {"title": "Other", "slug": "", "audience": "All", "mode": "online"}
    values |= {"zone": group.zone, "contact_email": group.contact_email}
    with pytest.raises(Conflict):
        groups.edit_group(world.outside, DESK, group.group_id, values)
    rules = {"joining": "slow_open", "interview_required": False}
    with pytest.raises(Conflict):
        groups.edit_rules(world.outside, DESK, group.group_id, rules)


def test_a_group_with_a_recruiting_term_does_not_close(world: World) -> None:
    group = a_recruiting_term(world).group
    with pytest.raises(Conflict):
        groups.move_group(world.outside, DESK, group.group_id, "closed")


def test_a_closed_group_gets_no_new_term(world: World) -> None:
    whole = a_recruiting_term(world)
    terms.cancel(world.outside, DESK, *ids(whole))
    draft_id = world.outside.ids.new("term")
    terms.create_term(world.outside, DESK, whole.group, draft_id, DATES, "GBP")
    group_id = whole.group.group_id
    groups.move_group(world.outside, DESK, group_id, "closed")
    closed = groups.show_desk(world.outside, group_id).group
    with pytest.raises(Conflict):
        terms.publish(world.outside, DESK, group_id, draft_id)
    with pytest.raises(Conflict):
        terms.create_term(world.outside, DESK, closed, "term-new", DATES, "GBP")


def test_publishing_twice_is_refused(world: World) -> None:
    whole = a_recruiting_term(world)
    with pytest.raises(MoveNotDeclared):
        terms.publish(world.outside, DESK, *ids(whole))


def test_the_dates_and_price_of_a_published_term_are_frozen(world: World) -> None:
    whole = a_recruiting_term(world)
    with pytest.raises(Conflict):
        terms.change_dates(world.outside, DESK, *ids(whole), {**DATES, "count": 5})
    with pytest.raises(Conflict):
        terms.change_places(world.outside, DESK, *ids(whole), {**PLACES, "price_minor": 1})
    with pytest.raises(Conflict):
        terms.change_where(world.outside, DESK, *ids(whole), WHERE)
    assert again(whole) == whole


def test_a_seat_taken_while_places_are_lowered_is_kept(world: World) -> None:
    whole = a_recruiting_term(world)
    commit(Change.of(Update(whole.term, add={"occupied": 5})))
    lowered = {"capacity": 4, "min_members": 4, "apply_by": None, "guest_places": 2}
    with pytest.raises(Conflict):
        terms.change_places(world.outside, DESK, *ids(whole), lowered)
    terms.change_places(world.outside, DESK, *ids(whole), {**lowered, "capacity": 5})
    assert (again(whole).term.capacity, again(whole).term.apply_by) == (5, None)


def test_guest_places_hold_for_the_sessions_still_to_come(world: World) -> None:
    whole = a_recruiting_term(world)
    world.clock.move(days=60)
    values = {"capacity": 8, "min_members": 6, "apply_by": None, "guest_places": 0}
    terms.change_places(world.outside, DESK, *ids(whole), values)
    assert [one.guest_places for one in again(whole).sessions] == [2, 0, 0, 0, 0, 0]
    assert again(whole).tasters[0].guest_places == 6


def test_a_change_that_changes_nothing_is_answered_all_the_same(world: World) -> None:
    whole = a_recruiting_term(world)
    where = {name: value for name, value in WHERE.items() if name != "mode"}
    terms.change_where(world.outside, DESK, *ids(whole), where)
    group = whole.group
    texts = {"about": group.about, "eligibility": "", "patient_word": group.patient_word}
    texts["contact_email"] = group.contact_email
    groups.edit_texts(world.outside, DESK, group.group_id, texts)
    assert again(whole) == whole


def test_a_term_with_an_expected_guest_is_not_cancelled(world: World) -> None:
    whole = a_recruiting_term(world)
    commit(Change.of(Update(whole.tasters[0], add={"guests": 1})))
    with pytest.raises(InvalidForm) as refused:
        terms.cancel(world.outside, DESK, *ids(whole))
    assert refused.value.errors == {"do": "guests_expected"}
    with pytest.raises(Conflict):
        terms.remove_taster(
            world.outside, DESK, *ids(whole), session_id=whole.tasters[0].session_id
        )


def test_a_draft_is_cancelled_too(world: World) -> None:
    whole = a_draft_term(world)
    terms.cancel(world.outside, DESK, *ids(whole))
    assert again(whole).term.state == "cancelled"
    assert groups.show_all(world.outside)[0][1] == []


def test_the_longest_term_is_published_run_and_copied(world: World) -> None:
    whole = a_draft_term(world, often="weekly", count=48)
    terms.publish(world.outside, DESK, *ids(whole))
    group_id, term_id = ids(whole)
    terms.copy_term(
        world.outside, DESK, group_id, term_id, "term-next", "Next year", date(2028, 1, 13)
    )
    copy = store.whole_term(group_id, "term-next")
    assert copy is not None
    assert len(copy.sessions) == 48
    terms.cancel(world.outside, DESK, group_id, term_id)
    assert {one.state for one in again(whole).sessions} == {"cancelled"}


def test_a_new_leader_becomes_a_person_who_can_sign_in(world: World) -> None:
    whole = a_draft_term(world)
    leaders.save_leader(world.outside, DESK, *ids(whole), values=listed())
    person = person_of("Odalys@Example.org")
    assert (person.full_name, person.roles) == ("Odalys Thimble", ("leader",))
    found = list(reads.indexed(tables.Groups.by_leader, person.person_id))
    assert [one.term_id for one in found] == [whole.term.term_id]


def test_an_administrator_who_leads_stays_signed_in(world: World) -> None:
    whole = a_draft_term(world)
    before = a_person(world, roles=("administrator",))
    leaders.save_leader(world.outside, DESK, *ids(whole), values=listed(email=before.email))
    after = person_of(before.email)
    assert after == replace(before, roles=("administrator", "leader"))
    assert len(again(whole).leaders) == 3


def test_the_same_address_is_the_same_leader(world: World) -> None:
    whole = a_draft_term(world)
    leaders.save_leader(world.outside, DESK, *ids(whole), values=listed())
    changed = listed(email="ODALYS@example.org", rate_minor=7000, name="Odalys Th.")
    leaders.save_leader(world.outside, DESK, *ids(whole), values=changed)
    found = [one for one in again(whole).leaders if one.name.startswith("Odalys")]
    assert [(one.name, one.rate_minor) for one in found] == [("Odalys Th.", 7000)]


def test_the_last_leader_of_a_published_term_stays(world: World) -> None:
    whole = a_recruiting_term(world)
    first, last = whole.leaders
    leaders.remove_leader(world.outside, DESK, *ids(whole), leader_id=first.leader_id)
    with pytest.raises(Conflict):
        leaders.remove_leader(world.outside, DESK, *ids(whole), leader_id=last.leader_id)
    with pytest.raises(NotFound):
        leaders.remove_leader(world.outside, DESK, *ids(whole), leader_id="person-none")


def test_nobody_joins_the_leaders_of_a_term_that_is_over(world: World) -> None:
    whole = a_recruiting_term(world)
    terms.cancel(world.outside, DESK, *ids(whole))
    with pytest.raises(Conflict):
        leaders.save_leader(world.outside, DESK, *ids(whole), values=listed())
    with pytest.raises(Conflict):
        terms.add_taster(
            world.outside,
            DESK,
            *ids(whole),
            session_id="session-new",
            values={"date": date(2026, 12, 12), "time": DATES["local_time"]}
            | {"minutes": 90, "places": 6},
        )
