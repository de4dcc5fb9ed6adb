"""Visitors with links, objects and forms that are not theirs, or who want to know who is known.

What does not live here: who may open which door (test_doors.py), where forms come from
(test_form_doors.py), what is typed into them (test_bad_input.py), bent requests
(test_bent_requests.py).
"""

from __future__ import annotations

import re

import pytest

from chalicelib.flows.people import settings
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.links import PATHS, personal_link
from tests.handlers.door_steps import nonce_of
from tests.handlers.forms_of_the_house import FORMS, at, good_answers
from tests.handlers.the_house import PIP, TREASURER, House, written
from tests.people import a_person, signed_in
from tests.shop import ADMIN
from tests.world import Browser

BY_ROUTE = {form.route: form for form in FORMS}
LINKS = {
    "application": "status",
    "draft": "apply",
    "booking": "booking",
    "offer": "offer",
    "sign-in": "sign_in",
}


# Links


def test_a_link_opens_its_own_door_only(house: House) -> None:
    before = written()
    for name in LINKS.values():
        token = house.names[name].rpartition("/")[2]
        for purpose, path in PATHS.items():
            answer = house.world.browser().get(path.format(token))
            opened = purpose in LINKS and LINKS[purpose] == name
            assert answer.status == (200 if opened else 410), (purpose, name)
    assert written() == before


@pytest.mark.parametrize("name", LINKS.values())
def test_a_link_that_was_bent_opens_nothing(house: House, name: str) -> None:
    path, _, token = house.names[name].rpartition("/")
    subject, generation, key, mac = token.split(".")
    bent = (
        f"{subject}.2.{key}.{mac}",
        f"{subject}.{generation}.k9.{mac}",
        f"{subject}.{generation}.{key}.{mac[:-1]}",
        f"{subject}.{generation}.{key}.",
        f"{subject[:-1]}{'1' if subject[-1] == '0' else '0'}.{generation}.{key}.{mac}",
        f"{subject}.{generation}.{key}",
        f"{token}.{mac}",
        "...",
    )
    for one in bent:
        answer = house.world.browser().get(f"{path}/{one}")
        assert answer.status == 410, one
        assert one not in answer.text


def test_a_link_of_an_older_generation_is_cut(house: House) -> None:
    keys = house.world.outside.places.link_keys
    for purpose, name in (("application", "status"), ("draft", "apply"), ("booking", "booking")):
        subject = house.names[name].rpartition("/")[2].split(".")[0]
        newer = PATHS[purpose].format(personal_link(keys, purpose, subject, 2))
        assert house.world.browser().get(newer).status == 410, purpose


def test_a_draft_that_is_over_takes_no_answers(house: House) -> None:
    open_forms = []
    for step in ("you", "dates", "about", "check"):
        browser = at(house, BY_ROUTE[f"/apply/{{token}}/{step}"])
        open_forms.append(
            (browser, *good_answers(house, BY_ROUTE[f"/apply/{{token}}/{step}"], browser))
        )
    house.world.clock.move(days=31)
    before = written()
    for browser, target, good in open_forms:
        good["form"] = nonce_of(house.world, browser)
        assert browser.post(target, good, follow=False).status == 409, target
    assert written() == before
    assert "<form" not in house.world.browser().get(house.names["apply"]).text


# Things that belong to somebody else


def test_an_offer_is_found_under_its_own_application_only(house: House) -> None:
    keys, names = house.world.outside.places.link_keys, house.names
    own = names["offer"].rpartition("/")[2].split(".")[0].partition("_")
    other = names["ended_offer"].rpartition("/")[2].split(".")[0].partition("_")
    mixed = personal_link(keys, "offer", f"{own[0]}_{other[2]}", 1)
    assert house.world.browser().get(f"/offers/{mixed}").status == 404
    desk = house.browser("desk")
    path = f"/admin/applications/{other[0]}/offers/{own[2]}/withdraw"
    before = written()
    typed = {"form": nonce_of(house.world, desk), "reason": "mixed up"}
    assert desk.post(path, typed, follow=False).status == 404
    assert written() == before


def test_a_term_is_found_under_its_own_group_only(house: House) -> None:
    desk, names = house.browser("desk"), house.names
    mixed = f"/admin/groups/{names['draft_group']}/terms/{names['term']}"
    pages = (
        "",
        "/dates",
        "/places",
        "/where",
        "/leaders",
        "/tasters",
        "/copy",
        "/guests",
        "/roster",
    )
    before = written()
    for page in pages:
        assert desk.get(mixed + page).status == 404, page
        good = {"form": nonce_of(house.world, desk), "do": "cancel"}
        if page:
            assert desk.post(mixed + page, good, follow=False).status in (404, 422), page
    assert desk.post(f"{mixed}/state", good, follow=False).status == 404
    assert written() == before


def test_nobody_at_the_desk_acts_after_the_role_was_taken(house: House) -> None:
    for email in ("yan@example.org", "zed@example.org"):
        given = {"full_name": "Z", "email": email, "role": "administrator", "reason": "new"}
        settings.give_role(house.world.outside, ADMIN, given)
    other = signed_in(house.world, email="zed@example.org")
    target, good = good_answers(
        house, BY_ROUTE["/admin/groups/new"], opened(other, "/admin/groups/new")
    )
    person = a_person(house.world, "zed@example.org")
    settings.take_role(house.world.outside, ADMIN, person.person_id, "administrator", "left")
    before = written()
    assert other.post(target, good, follow=False).status == 303  # to the page of signing in
    assert written() == before


def opened(browser: Browser, path: str) -> Browser:
    browser.get(path)
    return browser


# Signing somebody in from elsewhere


def test_a_used_sign_in_is_not_given_to_a_browser_sent_from_elsewhere(house: House) -> None:
    """Else a stranger could sign people into an account of the stranger's own."""
    form = BY_ROUTE["/sign-in/sent/{token_id}"]
    asker = at(house, form)
    target, typed = good_answers(house, form, asker)
    assert asker.post(target, typed, follow=False).status == 303
    victim = house.world.browser("192.0.2.99")
    for origin in ("https://evil.example", "null"):
        answer = victim.post(target, typed, follow=False, origin=origin)
        assert (answer.status, answer.header("set-cookie")) == (403, None)
    assert SESSION_COOKIE not in victim.cookies


# Who is known here


@pytest.mark.parametrize("route", ["/sign-in", "/groups/{slug}/taster", "/groups/{slug}/apply"])
def test_a_public_form_answers_the_same_to_known_and_unknown(house: House, route: str) -> None:
    seen = []
    for email in (TREASURER, PIP["email"], "sent@example.org", "nobody@example.org"):
        browser = at(house, BY_ROUTE[route])
        target, good = good_answers(house, BY_ROUTE[route], browser)
        before = len(written())
        first = browser.post(target, {**good, "email": email}, follow=False)
        browser.get(str(first.header("location")))
        seen.append((first.status, without_ids(first.header("location")), browser.answer.status))
        seen[-1] += (len(without_ids(browser.answer.text.replace(email, ""))),)
        if route == "/sign-in":
            seen[-1] += (len(written()) - before,)
    assert len(set(seen)) == 1, seen


def without_ids(text: str | None) -> str:
    """The text without what is different each time: ids, nonces, macs."""
    return re.sub(r"[A-Za-z0-9_-]{20,}(\.[A-Za-z0-9_-]+)*", "ID", text or "")
