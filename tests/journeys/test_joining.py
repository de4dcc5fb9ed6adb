"""From a first free meeting to an accepted application, through the real routes."""

from __future__ import annotations

import pytest

from chalicelib import wording
from chalicelib.flows import outbox
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.applications import TASKS
from chalicelib.store import tables
from chalicelib.store.commit import commit
from chalicelib.store.reads import everything
from tests.people import signed_in
from tests.stories import a_recruiting_term
from tests.world import Browser, World, links_in

PIP = {
    "full_name": "Dr Pip Buttonwood",
    "email": "pip.buttonwood@example.org",
    "profession": "General practitioner",
    "zone": "Europe/London",
}
ABOUT = {
    "hopes": "To think about encounters that stay with me.",
    "source": "taster",
    "knows_someone": "no",
    "payer": "self",
    "agreement": "yes",
    "privacy": "yes",
}


def post_comes(world: World, words: str) -> str:
    """The first of our links in the newest letter to Pip about these words."""
    outbox.send_due(world.outside)
    return links_in(world.postbox.last(PIP["email"], words))[0]


def sends_application(browser: Browser) -> None:
    """Fills in whatever steps are left, from the dates on."""
    browser.submit({"can_attend": "all", "device": "computer"}, "/dates")
    browser.submit(ABOUT, "/about")
    browser.submit({}, "/check")


def test_from_a_taster_to_an_accepted_application(world: World) -> None:
    whole = a_recruiting_term(world)
    visitor = world.browser()

    visitor.get("/groups/thursday-lantern/taster")
    visitor.submit({**PIP, "session_id": whole.tasters[0].session_id}, "/taster")
    assert "we have written to you" in visitor.text

    own_page = post_comes(world, "Your place at Thursday Lantern Group")
    visitor.get(own_page)
    assert "Your place is kept" in visitor.text
    visitor.get(f"/groups/thursday-lantern/apply?taster={own_page.rsplit('/', 1)[1]}")
    assert PIP["email"] in visitor.answer.text
    visitor.submit({}, "/apply")
    assert visitor.path.endswith("/dates")
    sends_application(visitor)
    assert "Your application is with us" in visitor.text

    status = post_comes(world, "We have your application")
    visitor.get(status)
    visitor.submit({"do": "confirm"}, "/applications/")
    assert "Please confirm your address" not in visitor.text

    ada = signed_in(world)
    ada.get("/admin")
    assert "Read the application of Dr Pip Buttonwood" in ada.text
    one = next(part for part in ada.answer.text.split('"') if "/admin/applications/a" in part)
    ada.get(one)
    ada.submit({"do": "screen"}, one)
    ada.submit({"do": "invite"}, one)
    ada.post(one, {**ada.form(one)[1], "do": "accept"})
    assert "The interview comes first" in ada.text
    ada.get(one)
    points = ["expectations", "commitment", "technology"]
    ada.submit({"points": points, "outcome": "suits"}, f"{one}/interview")
    ada.submit({"do": "accept"}, one)
    assert "Accepted" in ada.text

    visitor.get(post_comes(world, "We would be glad to have you"))
    assert "We would be glad to have you in the group" in visitor.text
    ada.get("/admin")
    assert "Make Dr Pip Buttonwood an offer" in ada.text


# What people type into forms

LONG = "x" * 3000
STRANGE = {
    "nothing at all": dict.fromkeys(PIP, ""),
    "far too long": dict.fromkeys(PIP, LONG),
    "a line break in the address": {**PIP, "email": "pip@example.org\nBcc: all@example.org"},
    "two addresses": {**PIP, "email": "pip@example.org, pop@example.org"},
    "a name that reads backwards": {**PIP, "full_name": "Dr \u202egpj.exe"},
    "an unknown zone": {**PIP, "zone": "Mars/Olympus"},
    "another profession without a word": {**PIP, "profession": "other"},
}
ODD_BUT_TRUE = {
    "script": {**PIP, "full_name": "<script>alert(1)</script>"},
    "formula": {**PIP, "full_name": "=HYPERLINK(1)"},
    "emoji": {**PIP, "full_name": "Pip 🌻 Buttonwood"},
    "right to left": {**PIP, "full_name": "שרה כהן"},
}


def rows() -> int:
    """How much stands in the tables of applications and mails."""
    return sum(1 for table in (tables.Applications, tables.Outbox) for _ in everything(table))


@pytest.mark.parametrize("form", ["taster", "apply"])
def test_bad_answers_come_back_with_everything_typed_and_nothing_written(
    world: World, form: str
) -> None:
    whole = a_recruiting_term(world)
    chosen = {"session_id": whole.tasters[0].session_id, "term_id": whole.term.term_id}
    browser, before = world.browser(), rows()
    for what, typed in STRANGE.items():
        browser.get(f"/groups/thursday-lantern/{form}")
        browser.submit({**typed, **chosen}, f"/{form}")
        assert browser.answer.status == 422, what
        assert "There is a problem" in browser.text, what
        assert browser.form(f"/{form}")[1]["profession"] in (typed["profession"], ""), what
        assert rows() == before, what


@pytest.mark.parametrize("typed", ODD_BUT_TRUE.values(), ids=ODD_BUT_TRUE.keys())
def test_odd_names_are_names(world: World, typed: dict[str, str]) -> None:
    a_recruiting_term(world)
    browser = world.browser()
    browser.get("/groups/thursday-lantern/apply")
    browser.submit(typed, "/apply")
    sends_application(browser)
    assert "Your application is with us" in browser.text
    ada = signed_in(world)
    ada.get("/admin")
    one = next(part for part in ada.answer.text.split('"') if "/admin/applications/a" in part)
    ada.get(one)
    assert typed["full_name"] in ada.text
    assert "<script>alert" not in ada.answer.text
    outbox.send_due(world.outside)
    letter = world.postbox.last(PIP["email"], "We have your application")
    assert "<script>" not in letter.html
    assert typed["full_name"] in letter.text


def test_the_later_steps_keep_what_was_typed_and_say_what_is_wrong(world: World) -> None:
    a_recruiting_term(world)
    browser = world.browser()
    browser.get("/groups/thursday-lantern/apply")
    browser.submit(PIP, "/apply")
    before = rows()
    browser.submit({"can_attend": "all", "absences": "2027-01-14", "device": "phone"}, "/dates")
    assert (browser.answer.status, rows()) == (422, before)
    assert "ticked some that you will miss" in browser.text
    assert browser.form("/dates")[1]["device"] == "phone"
    browser.submit({"can_attend": "some", "absences": "2027-01-14"}, "/dates")
    before = rows()
    browser.submit({**ABOUT, "hopes": "y" * 1201, "privacy": ""}, "/about")
    assert (browser.answer.status, rows()) == (422, before)
    assert "must be 1200 characters or fewer" in browser.text
    assert "when you have read what we keep" in browser.text
    assert browser.form("/about")[1]["hopes"] == "y" * 1201


# Resuming, and what others must not see


def test_a_draft_is_gone_on_with_on_another_device(world: World) -> None:
    a_recruiting_term(world)
    phone, laptop = world.browser("192.0.2.1"), world.browser("192.0.2.2")
    phone.get("/groups/thursday-lantern/apply")
    phone.submit(PIP, "/apply")
    phone.submit({"can_attend": "all", "device": "computer"}, "/dates")
    laptop.get(post_comes(world, "Go on with your application"))
    assert laptop.path.endswith("/about")
    laptop.submit(ABOUT, "/about")
    laptop.get(laptop.path.replace("/check", "/dates"))
    laptop.submit({"can_attend": "some", "absences": "2027-01-28"}, "/dates")
    assert laptop.path.endswith("/check")
    assert "Thursday 28 January 2027" in laptop.text
    laptop.submit({}, "/check")
    phone.get(laptop.path)
    assert "Your application is with us" in phone.text


def test_who_applies_twice_sees_the_same_and_the_mail_tells(world: World) -> None:
    a_recruiting_term(world)
    seen = []
    for _ in range(2):
        browser = world.browser()
        browser.get("/groups/thursday-lantern/apply")
        browser.submit(PIP, "/apply")
        sends_application(browser)
        seen.append(browser.text)
    assert seen[0] == seen[1]
    first = post_comes(world, "We have your application")
    assert post_comes(world, "You have applied to Thursday Lantern Group already") == first


def test_opening_a_mailed_link_changes_nothing(world: World) -> None:
    whole = a_recruiting_term(world)
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern/taster")
    visitor.submit({**PIP, "session_id": whole.tasters[0].session_id}, "/taster")
    visitor.get("/groups/thursday-lantern/apply")
    visitor.submit(PIP, "/apply")
    sends_application(visitor)
    pages = [
        post_comes(world, "Your place at"),
        post_comes(world, "We have your application"),
    ]
    before = sorted(map(str, everything(tables.Applications)))
    for page in pages:
        assert world.browser().get(page).status == 200
    assert sorted(map(str, everything(tables.Applications))) == before


def test_a_full_term_is_applied_for_in_the_words_of_a_waiting_list(world: World) -> None:
    whole = a_recruiting_term(world)
    commit(Change.of(Update(whole.term, {"occupied": whole.term.capacity})))
    browser = world.browser()
    browser.get("/groups/thursday-lantern/apply")
    assert "You can apply for the waiting list" in browser.text
    commit(Change.of(Update(whole.term, {"state": "running"})))
    browser.get("/groups/thursday-lantern/apply")
    assert "is not taking applications just now" in browser.text


def test_the_desk_is_calm_when_nothing_is_to_be_done(world: World) -> None:
    a_recruiting_term(world)
    ada = signed_in(world)
    ada.get("/admin")
    assert "All is well" in ada.text


def test_a_roster_leaves_only_after_a_fresh_sign_in(world: World) -> None:
    whole = a_recruiting_term(world)
    path = f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}/roster"
    ada = signed_in(world)
    ada.get(path)
    ada.submit({}, "/roster")
    assert "Your file is ready" in ada.text
    assert len(world.drawer.files) == 1
    ada.get(path)
    world.clock.move(minutes=11)
    ada.submit({}, "/roster")
    assert "Your file is ready" not in ada.text
    assert len(world.drawer.files) == 1


def test_guests_are_seen_and_marked_by_the_administrator(world: World) -> None:
    whole = a_recruiting_term(world)
    visitor = world.browser()
    visitor.get("/groups/thursday-lantern/taster")
    visitor.submit({**PIP, "session_id": whole.tasters[0].session_id}, "/taster")
    world.clock.at = whole.tasters[0].ends_at
    ada = signed_in(world)
    ada.get(f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}/guests")
    ada.submit({"do": "attended"}, "/guests")
    assert "Attended" in ada.text


def test_every_task_has_its_words() -> None:
    spoken = wording.words()["tasks"]
    assert {code for code, _ in TASKS.values()} <= set(spoken)
