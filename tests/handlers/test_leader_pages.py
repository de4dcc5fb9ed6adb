"""What leaders see and press: their groups, a term, the register; and what the desk sees of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from chalicelib.flows.running import leaders, terms
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.running.groups import Session, WholeTerm
from chalicelib.rules.running.register import register_path
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.running.registers import marks
from local.browser import Browser
from tests.handlers.page_reader import Page
from tests.people import a_person, signed_in
from tests.shop import ADMIN, Shop
from tests.stories import LEADERS, a_recruiting_term
from tests.world import World

IMELDA, BARNABY = LEADERS.values()
MEMBERS = ("Pip Buttonwood", "Odalys Quince")


@pytest.fixture
def whole(shop: Shop) -> WholeTerm:
    """Two members have paid; the first session is just over."""
    found = a_recruiting_term(shop.world)
    for name in MEMBERS:
        shop.pay(shop.offer(found, name))
    shop.settle_down()
    terms.run(shop.world.outside, ADMIN, found.group.group_id, found.term.term_id)
    shop.world.clock.at = found.sessions[0].ends_at
    return found


def leads(world: World, email: str = IMELDA) -> Browser:
    """A leader who is signed in."""
    return signed_in(world, email=email)


def register(whole: WholeTerm, number: int = 1) -> str:
    return register_path(whole.sessions[number - 1])


def term_path(whole: WholeTerm) -> str:
    return f"/leader/groups/{whole.group.group_id}/terms/{whole.term.term_id}"


def session(whole: WholeTerm, number: int = 1) -> Session:
    found = reads.reread(whole.sessions[number - 1])
    assert found is not None
    return found


def person(whole: WholeTerm, shop: Shop, name: str) -> str:
    return next(one.person_id for one in shop.roster(whole) if one.full_name == name)


# In a minute


def test_a_leader_comes_from_the_first_page_to_a_closed_register_in_three_steps(
    shop: Shop, whole: WholeTerm
) -> None:
    browser = leads(shop.world)
    browser.get("/me")
    assert 'href="/leader"' in browser.answer.text
    browser.get("/leader")
    assert "A register is open" in browser.text
    assert "Session 1, Thursday 14 January 2027" in browser.text
    browser.get(register(whole))
    browser.submit()
    assert browser.path == register(whole)
    assert "This register is closed" in browser.text
    assert "Held: 2 present" in browser.text
    assert "by Dr Imelda Inkwell" in browser.text
    assert (session(whole).state, len(session(whole).led_by)) == ("held", 2)


def test_only_what_was_different_is_chosen(shop: Shop, whole: WholeTerm) -> None:
    browser, world = leads(shop.world), shop.world
    pip, imelda = person(whole, shop, "Pip Buttonwood"), a_person(world, IMELDA).person_id
    browser.get(register(whole))
    browser.submit({f"mark-{pip}": "apologies", "led_by": imelda})
    assert "Held: 1 present, 1 with apologies" in browser.text
    assert session(whole).led_by == (imelda,)
    kept = marks(whole.group.group_id, session(whole).session_id)
    assert kept[pip].mark == "apologies"
    assert kept[pip].marked_by == imelda


def test_a_correction_shows_what_was_saved_and_says_it_is_written_down(
    shop: Shop, whole: WholeTerm
) -> None:
    browser, pip = leads(shop.world), person(whole, shop, "Pip Buttonwood")
    browser.get(register(whole))
    browser.submit({f"mark-{pip}": "partial"})
    held = browser.form("/sessions/")[1]
    assert (held[f"mark-{pip}"], held["revision"]) == ("partial", "1")
    assert "A correction is written down with your name" in browser.text
    browser.submit({f"mark-{pip}": "present"})
    assert "Held: 2 present" in browser.text
    assert session(whole).revision == 2


def test_a_session_that_was_not_held_after_all_asks_the_desk_for_a_remedy(
    shop: Shop, whole: WholeTerm
) -> None:
    browser = leads(shop.world)
    browser.get(register(whole))
    browser.submit({"outcome": "cancelled"})
    assert "Cancelled" in browser.text
    desk = signed_in(shop.world)
    desk.get("/admin")
    assert "Session 1 of Thursday Lantern Group, Spring 2027 was cancelled" in desk.text


# What can go wrong


def test_two_leaders_at_once_one_closes_and_the_other_sees_what_was_saved(
    shop: Shop, whole: WholeTerm
) -> None:
    imelda, barnaby = leads(shop.world), leads(shop.world, BARNABY)
    pip = person(whole, shop, "Pip Buttonwood")
    imelda.get(register(whole))
    barnaby.get(register(whole))
    imelda.submit({f"mark-{pip}": "absent"})
    answer = barnaby.submit({"outcome": "cancelled"})
    assert answer.status == 422
    assert "Somebody closed or corrected this register while you had it open" in barnaby.text
    shown = barnaby.form("/sessions/")[1]
    assert (shown["outcome"], shown[f"mark-{pip}"], shown["revision"]) == ("held", "absent", "1")
    assert "by Dr Imelda Inkwell" in barnaby.text
    assert session(whole).revision == 1
    barnaby.submit({f"mark-{pip}": "present"})
    assert "Held: 2 present" in barnaby.text


def test_everything_that_is_missing_is_named_and_what_was_chosen_is_kept(
    shop: Shop, whole: WholeTerm
) -> None:
    browser = leads(shop.world)
    pip, odalys = (person(whole, shop, name) for name in MEMBERS)
    browser.get(register(whole))
    target, held = browser.form("/sessions/")
    typed = {**held, f"mark-{odalys}": "partial"}
    for name in ("led_by", f"mark-{pip}"):
        del typed[name]
    answer = browser.post(target, typed)
    assert answer.status == 422
    assert Page(answer.text).summary == ["#f-led_by", f"#f-mark-{pip}"]
    assert "Choose whether Pip Buttonwood was there" in browser.text
    assert browser.form("/sessions/")[1][f"mark-{odalys}"] == "partial"
    assert session(whole).state == "planned"


def test_before_the_session_there_is_no_register_but_apologies(
    shop: Shop, whole: WholeTerm
) -> None:
    browser, pip = leads(shop.world), person(whole, shop, "Pip Buttonwood")
    browser.get(register(whole, 2))
    assert "Close the register" not in browser.text
    browser.submit({"apologies": pip}, "/apologies")
    assert browser.path == register(whole, 2)
    assert "1 apology so far: 1 of 2 members are expected" in browser.text
    early = browser.post(register(whole, 2), {**browser.form("/apologies")[1], "revision": "0"})
    assert early.status == 422
    shop.world.clock.at = whole.sessions[1].ends_at
    browser = leads(shop.world)
    browser.get(register(whole, 2))
    assert browser.form("/sessions/")[1][f"mark-{pip}"] == "apologies"
    late = browser.post(f"{register(whole, 2)}/apologies", {"form": browser.form()[1]["form"]})
    assert late.status == 409


# Who may


def test_a_leader_sees_names_and_professions_and_neither_mail_nor_money(
    shop: Shop, whole: WholeTerm
) -> None:
    browser = leads(shop.world)
    for path in ("/leader", term_path(whole), register(whole), register(whole, 2)):
        browser.get(path)
        assert browser.answer.status == 200, path
        inside = browser.answer.text.split("<main")[1].split("</main>")[0]
        assert not re.search(r"@example\.org|£|216|paid|mailto", inside), path
    browser.get(term_path(whole))
    assert "Pip Buttonwood, gp" in browser.text
    browser.get(register(whole))
    assert "Pip Buttonwood gp" in browser.text


def test_another_leader_gets_nowhere_and_a_removed_one_no_further(
    shop: Shop, whole: WholeTerm
) -> None:
    world = shop.world
    paths = (term_path(whole), register(whole))
    stranger = signed_in(world, ("leader",), "stranger@example.org", "Stranger")
    assert [stranger.get(path).status for path in paths] == [404, 404]
    assert "not listed as the leader of any group" in answer(stranger, "/leader")
    browser = leads(world)
    browser.get(register(whole))
    target, held = browser.form("/sessions/")
    group_id, term_id = whole.group.group_id, whole.term.term_id
    imelda = a_person(world, IMELDA).person_id
    leaders.remove_leader(world.outside, ADMIN, group_id, term_id, imelda)
    assert browser.post(target, held).status == 404
    assert session(whole).state == "planned"
    assert [browser.get(path).status for path in paths] == [404, 404]


def answer(browser: Browser, path: str) -> str:
    browser.get(path)
    return browser.text


def test_an_administrator_closes_any_register_from_the_page_of_the_term(
    shop: Shop, whole: WholeTerm
) -> None:
    desk = signed_in(shop.world)
    desk.get(f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}")
    assert "Register open" in desk.text
    assert f'href="{register(whole)}"' in desk.answer.text
    assert 'href="/leader"' not in desk.answer.text
    desk.get(register(whole))
    desk.submit()
    desk.get(f"/admin/groups/{whole.group.group_id}/terms/{whole.term.term_id}")
    assert "2 present" in desk.text
    desk.get("/admin/audit")
    assert "Closed a register" in desk.text


def test_a_suspended_member_is_shown_as_suspended_and_not_expected(
    shop: Shop, whole: WholeTerm
) -> None:
    pip = person(whole, shop, "Pip Buttonwood")
    seat = reads.get(Enrolment, whole.term.term_id, pip)
    assert seat is not None
    commit(Change.of(Update(seat, {"state": "suspended"})))
    browser = leads(shop.world)
    browser.get(register(whole))
    assert "Pip Buttonwood gp. Paused" in browser.text
    assert browser.form("/sessions/")[1][f"mark-{pip}"] == "absent"


def test_the_list_of_a_leader_says_what_comes_next_and_what_is_open(
    shop: Shop, whole: WholeTerm
) -> None:
    browser = leads(shop.world)
    shop.world.clock.at = whole.sessions[1].ends_at + timedelta(hours=1)
    browser = leads(shop.world)
    browser.get("/leader")
    assert "2 registers are open" in browser.text
    assert "Next: session 3" in browser.text
    links = [one for one in Page(browser.answer.text).hrefs if "/sessions/" in one]
    assert links == [register(whole, 1), register(whole, 2), register(whole, 3)]
    browser.get(term_path(whole))
    assert "2 registers to close" in browser.text
