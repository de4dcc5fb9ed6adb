"""Groups and terms at the desk, through the real routes."""

from __future__ import annotations

from local.browser import Browser
from tests.handlers.desk import (
    GROUP,
    LEADER,
    PLACES,
    fill,
    make_group,
    make_ready,
    make_term,
    occupy,
    open_draft,
    open_term,
    whole_of,
)
from tests.people import signed_in
from tests.world import World


def test_the_desk_makes_a_group_and_a_term_and_publishes_it(world: World, desk: Browser) -> None:
    path = make_ready(desk)
    assert "Ready to be published" in desk.text
    assert world.browser().get("/groups/thursday-lantern-group").status == 404
    desk.submit({"do": "publish"}, action="/state")
    assert "Open for applications" in desk.text
    whole = whole_of(path)
    assert (whole.term.state, whole.group.state) == ("recruiting", "published")
    assert [one.number for one in whole.sessions] == [1, 2, 3, 4, 5, 6]
    visitor = world.browser()
    visitor.get("/groups")
    assert "Thursday Lantern Group" in visitor.text
    assert "Every second Thursday, 19:00 to 20:30, London time" in visitor.text
    assert "£216.00 in all, for 6 sessions" in visitor.text
    visitor.get("/groups/thursday-lantern-group")
    assert "Thursday 14 January 2027 , 19:00 London time (GMT)" in visitor.text
    assert "£36.00 a session" in visitor.text


def test_a_term_that_lacks_something_says_what_and_is_not_published(desk: Browser) -> None:
    path = make_term(desk, make_group(desk))
    desk.get(path)
    for said in (
        "Say what the group is like",
        "Set the places and the price",
        "Say how people get the meeting link",
        "Name at least one leader",
    ):
        assert said in desk.text
    held = desk.form("/state")[1]
    desk.post(f"{path}/state", {**held, "do": "publish"})
    assert desk.answer.status == 409
    assert "A few things are missing" in desk.text
    assert whole_of(path).term.state == "draft"


def test_two_groups_cannot_have_the_same_address(desk: Browser) -> None:
    make_group(desk)
    desk.get("/admin/groups/new")
    desk.submit(GROUP, action="/new")
    assert desk.answer.status == 422
    assert "Another group has this public address already" in desk.text
    assert 'value="Thursday Lantern Group"' in desk.answer.text


def test_a_group_needs_readable_answers(desk: Browser) -> None:
    desk.get("/admin/groups/new")
    desk.submit(
        {"title": "日本", "audience": "", "zone": "Mars/North", "contact_email": "x"}, action="/new"
    )
    assert desk.answer.status == 422
    for said in (
        "Enter a public address: the name has no letters",
        "Enter who the group is for",
        "Choose the time zone of the group",
        "Enter one email address",
    ):
        assert said in desk.text, said


def test_places_and_prices_that_cannot_be_are_refused_together(desk: Browser) -> None:
    path = make_term(desk, make_group(desk))
    desk.get(f"{path}/places")
    desk.submit(
        {
            **PLACES,
            "min_members": "9",
            "price_minor": "0.20",
            "apply_by": "15 January 2027",
            "guest_places": "lots",
        },
        action="/places",
    )
    assert desk.answer.status == 422
    for said in (
        "cannot be more than the number of places",
        "enough for a card payment",
        "cannot be after the first session",
        "The number of guest places must be a whole number",
    ):
        assert said in desk.text, said
    assert whole_of(path).term.capacity == 0


def test_the_desk_sees_where_the_term_breaks_even(world: World, desk: Browser) -> None:
    open_draft(world, desk)
    assert "Leaders’ fees £1,170.00 Other costs £90.00" in desk.text
    assert "Members who cover the costs 6" in desk.text
    assert "Worth a second look" not in desk.text


def test_places_never_fall_below_those_that_are_taken(world: World, desk: Browser) -> None:
    path = open_term(world, desk)
    occupy(whole_of(path), 7)
    desk.get(f"{path}/places")
    desk.submit({"capacity": "6"}, action="/places")
    assert desk.answer.status == 422
    assert "The number of places must be 7 or more" in desk.text
    desk.submit({"capacity": "7"}, action="/places")
    assert whole_of(path).term.capacity == 7


def test_the_venue_of_a_published_group_in_a_room_stays_filled_in(
    world: World, desk: Browser
) -> None:
    path = open_draft(world, desk)
    fill(desk, path, "where", {"mode": "in_person", "venue": "Harbour Street Health Centre"})
    desk.get(path)
    desk.submit({"do": "publish"}, action="/state")
    desk.get(f"{path}/where")
    desk.submit({"venue": ""}, action="/where")
    assert desk.answer.status == 422
    desk.submit({"venue": "The library"}, action="/where")
    assert whole_of(path).term.venue == "The library"


def test_a_leader_who_is_paid_needs_a_fee(desk: Browser) -> None:
    path = make_term(desk, make_group(desk))
    desk.get(f"{path}/leaders")
    desk.submit({**LEADER, "rate_minor": "", "email": "nobody"}, action="/leaders")
    assert desk.answer.status == 422
    assert "Enter one email address" in desk.text
    assert "Enter the fee for an hour" in desk.text
    assert whole_of(path).leaders == ()


def test_taster_sessions_come_and_go(world: World, desk: Browser) -> None:
    path = open_draft(world, desk)
    taster = {"date": "17 December 2026", "time": "19:00", "minutes": "90", "places": "6"}
    fill(desk, path, "tasters", taster)
    assert "Thursday 17 December 2026" in desk.text
    desk.submit({**taster, "date": "10 December 2025"}, action="/tasters")
    assert desk.answer.status == 422
    assert "on a day still to come" in desk.text
    whole = whole_of(path)
    assert (len(whole.tasters), len(whole.sessions)) == (2, 6)
    desk.get(f"{path}/tasters")
    desk.submit({"session_id": whole.tasters[1].session_id}, action="/remove-taster")
    assert whole_of(path).tasters == whole.tasters[:1]


def test_a_term_is_copied_into_a_new_draft_with_empty_seats(world: World, desk: Browser) -> None:
    path = open_term(world, desk)
    occupy(whole_of(path), 3)
    desk.get(f"{path}/copy")
    desk.submit({"title": "Summer 2027", "first_date": "15 April 2027"}, action="/copy")
    assert desk.path.endswith("/dates")
    copy = whole_of(desk.path.removesuffix("/dates"))
    assert (copy.term.state, copy.term.occupied, copy.term.meeting_link) == ("draft", 0, "")
    assert str(copy.term.apply_by) == "2027-04-05"
    assert [str(one.local_date) for one in copy.sessions][:2] == ["2027-04-15", "2027-04-29"]
    assert {one.name for one in copy.leaders} == {"Dr Imelda Inkwell", "Barnaby Teacup"}
    assert copy.tasters == ()


def test_a_group_is_copied_with_its_texts(world: World, desk: Browser) -> None:
    open_draft(world, desk)
    group_path = "/".join(desk.path.split("/")[:4])
    desk.get(group_path)
    desk.get(f"/admin/groups/new?copy={group_path.split('/')[-1]}")
    assert "A group like Thursday Lantern Group" in desk.text
    desk.submit({"title": "Friday Lantern Group"}, action="/new")
    assert "We meet on Thursday evenings" in desk.text
    assert "There is no term yet" in desk.text


def test_a_term_goes_ahead_and_ends(world: World, desk: Browser) -> None:
    path = open_term(world, desk)
    held = desk.form("/state")[1]
    desk.get(path)
    desk.submit({"do": "run"}, action="/state")
    assert whole_of(path).term.state == "running"
    visitor = world.browser()
    visitor.get("/groups")
    assert "Thursday Lantern" not in visitor.text
    visitor.get("/groups/thursday-lantern")
    assert "Not open for new members just now" in visitor.text
    desk.post(f"{path}/state", {**held, "do": "end"})
    assert desk.answer.status == 409
    world.clock.move(days=150)
    desk = signed_in(world)
    desk.get(path)
    assert "Before the term can end" in desk.text
    desk.submit({"do": "end"}, action="/state")
    assert desk.answer.status == 422
    assert "the register of these sessions is open: 1, 2, 3, 4, 5, 6" in desk.text
    for one in whole_of(path).sessions:
        register = f"{path.replace('/admin/', '/leader/')}/sessions/{one.session_id}"
        assert f'href="{register}"' in desk.get(path).text
        desk.get(register)
        desk.submit({"outcome": "held"}, action=register)
    desk.get(path)
    assert "Before the term can end" not in desk.text
    desk.submit({"do": "end"}, action="/state")
    assert whole_of(path).term.state == "ended"


def test_a_term_with_taken_places_is_not_cancelled(world: World, desk: Browser) -> None:
    path = open_term(world, desk)
    occupy(whole_of(path), 1)
    held = desk.form("/state")[1]
    desk.post(f"{path}/state", {**held, "do": "cancel"})
    assert desk.answer.status == 422
    assert "places taken or kept by an offer: 1" in desk.text
    assert whole_of(path).term.state == "recruiting"


def test_an_empty_term_is_cancelled_with_its_sessions(world: World, desk: Browser) -> None:
    path = open_term(world, desk)
    held = desk.form("/state")[1]
    desk.post(f"{path}/state", {**held, "do": "cancel"})
    whole = whole_of(path)
    assert whole.term.state == "cancelled"
    assert {one.state for one in whole.sessions} == {"cancelled"}
    visitor = world.browser()
    visitor.get("/groups")
    assert "Thursday Lantern" not in visitor.text
