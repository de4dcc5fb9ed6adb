"""Every form of the product against what people, programs and enemies type into it.

Each form stands in a house where its page can be reached (forms_of_the_house.py). What does not
live here: which answers make sense together (test_contradictions.py), the rules of one parser
(tests/rules/test_forms.py).
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.flows import outbox
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.typed_text import harmless
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from local.browser import Browser
from tests.handlers.door_steps import FORMS as ROUTES
from tests.handlers.forms_of_the_house import (
    FORMS,
    House,
    HouseForm,
    an_empty_house,
    clear_tables,
    last_word,
    written,
)
from tests.handlers.page_reader import Page, SeenField, SeenForm
from tests.shop import Shop
from tests.world import BASE_URL

LONG = "x" * 16_000  # a document may have 15,000
TOO_BIG = "x" * 70_000
# Nobody means these: refused wherever they are typed.
HOSTILE = {
    "nul": "a\x00b",
    "an escape": "a\x1b[2Jb",
    "an override": "Dr \u202egpj.exe",
    "an isolate": "a\u2066b",
    "bytes that are no text": b"a\xff\xed\xa0\x80b",
    "a non-character": "a\ufffeb",
}
BROKEN_LINES = {"a line break": "a\r\nBcc: all@example.org", "a separator": "a\u2028b"}
# Somebody may mean this: kept, escaped, and never run. Short enough for every field.
ODD = "=A1<b onx='\">{{7*7}}🦊שלום<script>"
FREE_CHOICE = {"profession", "zone"}  # chosen from a list, read as text; a zone has its own error
LEFT_OPEN = {"points"}  # what was talked about: as much as it was


def standing(house: House, form: HouseForm) -> House:
    """The house, or an empty one for the form that founds it."""
    if form.who != "founder":
        return house
    clear_tables()
    return an_empty_house(house.world)


every_form = pytest.mark.parametrize("form", FORMS, ids=[one.route for one in FORMS])


def test_every_form_route_is_in_the_register() -> None:
    assert sorted(path for _, path in ROUTES) == sorted(one.route for one in FORMS), (
        "give each form route one entry in tests/handlers/forms_of_the_house.py"
    )


@every_form
def test_good_answers_are_taken_once(house: House, form: HouseForm) -> None:
    """Otherwise the rest would prove nothing. The same press again is the same answer; the same
    page in another tab is an answer or a refusal."""
    house = standing(house, form)
    browser, other_tab = house.at(form), house.at(form)
    target, good = house.good(form, browser)
    with stripe_at_hand(house, form):
        first = browser.post(target, good, follow=False)
        assert first.status == 303, browser.text[:300]
        before = written()
        again = browser.post(target, good, follow=False)
        assert (again.status, again.header("location")) == (303, first.header("location"))
        assert written() == before
        stale = other_tab.post(*house.good(form, other_tab), follow=False)
        assert stale.status in (303, 404, 409, 410, 422), (form.route, stale.status)


def stripe_at_hand(house: House, form: HouseForm) -> AbstractContextManager[Any]:
    """A Stripe for the one form that leads there."""
    pays = form.route == "/offers/{token}"
    return closing(Shop(house.world)) if pays else nullcontext()


# Answers that cannot be read


@every_form
def test_what_cannot_be_read_comes_back_named_and_nothing_is_written(
    house: House, form: HouseForm
) -> None:
    house = standing(house, form)
    browser = house.at(form)
    target, good = house.good(form, browser)
    before = written()
    for what, bad in bad_rounds(Page(browser.answer.text).form(action_of(form))):
        typed = {**good, **bad}
        answer = browser.post(target, {k: v for k, v in typed.items() if v is not None})
        page = Page(answer.text)
        about = (form.route, what, answer.status, browser.text[:300])
        assert answer.status == 422, about
        assert {f"#f-{name}" for name in bad} <= set(page.summary), about
        assert {link.removeprefix("#") for link in page.summary} <= set(page.ids), about
        assert (page.problems, page.running) == (len(page.summary), []), about
        assert kept(page.form(action_of(form)), typed) == [], about
    assert written() == before


def bad_rounds(shown: SeenForm) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is wrong, and the bad answers by field; None is not sent at all."""
    texts, choices = shown.texts, list(shown.choices.values())
    needed = [one for one in texts if not one.optional]
    unchosen = {one.name: None for one in choices if needs_choice(one)}
    invented = {one.name: "invented" for one in choices if one.name not in FREE_CHOICE}
    rounds: list[tuple[str, dict[str, Any]]] = [
        ("nothing", {one.name: "" for one in needed} | unchosen),
        ("nothing seen", {one.name: " \u200b\u2060 " for one in needed} | invented),
        ("one long among good ones", {one.name: LONG for one in texts[:1]}),
        *[("long", dict.fromkeys(some, LONG)) for some in in_parts([one.name for one in texts])],
        ("hostile", {one.name: hostile(at, one) for at, one in enumerate(texts)}),
        ("twice", {one.name: ["good", hostile(at + 5, one)] for at, one in enumerate(texts)}),
    ]
    return (one for one in rounds if one[1])


def needs_choice(one: SeenField) -> bool:
    return not one.optional and one.name not in LEFT_OPEN


def in_parts(names: list[str]) -> list[list[str]]:
    """So many long answers as fit into a body that is read."""
    return [names[at : at + 3] for at in range(0, len(names), 3)]


def hostile(at: int, one: SeenField) -> Any:
    """Another one for each field, so that every one is met somewhere."""
    fitting = HOSTILE if one.kind == "textarea" else HOSTILE | BROKEN_LINES
    return list(fitting.values())[at % len(fitting)]


def kept(shown: SeenForm, typed: dict[str, Any]) -> list[str]:
    """Text fields that lost something harmless."""
    sent = {one.name: typed.get(one.name) for one in shown.texts}
    good = {name: value for name, value in sent.items() if isinstance(value, str)}
    return [
        one.name
        for one in shown.texts
        if one.name in good and plain(one.value) != plain(harmless(good[one.name]))
    ]


def plain(text: str) -> str:
    """As an input would hold it: browsers take line breaks out of one line."""
    return text.replace("\r", "").replace("\n", "").strip()


def action_of(form: HouseForm) -> str:
    return form.action or last_word(form.route)


# The whole form


@every_form
def test_a_form_that_is_not_ours_comes_back_as_it_was_filled_in(
    house: House, form: HouseForm
) -> None:
    house = standing(house, form)
    browser = house.at(form)
    target, good = house.good(form, browser)
    texts = [one.name for one in Page(browser.answer.text).form(action_of(form)).texts]
    typed = {**good, **dict.fromkeys(texts, ODD)}
    ours = typed.pop("form")
    forged = ({}, {"form": ["x", ours]}, {"form": [ours, "x"]}, {"form": ours[:-4] + "AAAA"})
    before = written()
    answer = browser.post(target, typed | forged[FORMS.index(form) % len(forged)])
    page = Page(answer.text)
    assert answer.status == 422
    assert "The page was open for a long time" in browser.text
    assert (page.summary, page.problems, page.running) == ([], 1, [])
    shown = page.form(action_of(form))
    assert {one.name: plain(one.value) for one in shown.texts} == dict.fromkeys(texts, ODD)
    no_form_at_all(browser, target, good)
    assert written() == before


def no_form_at_all(browser: Browser, target: str, good: dict[str, Any]) -> None:
    """Bodies that are too big, of another kind, or nothing."""
    assert browser.post(target, {**good, "more": TOO_BIG}).status == 422
    assert "All answers together were too long" in browser.text
    headers = {"origin": BASE_URL, "cookie": cookies_of(browser)}
    body = urlencode(good, doseq=True).encode()
    for kind in ("multipart/form-data; boundary=x", "text/plain", ""):
        sent = {**headers, "content-type": kind}
        answer = browser.gateway.handle("POST", target, sent, body)
        assert answer.status == 415, kind
        assert "html" not in str(answer.headers)  # API Gateway says application/json
    sent = {**headers, "content-type": "application/x-www-form-urlencoded"}
    nonsense = b"&=&%zz=%zz\xff\xfe\x00"
    assert browser.gateway.handle("POST", target, sent, nonsense).status == 422


def cookies_of(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


@every_form
def test_what_travels_along_unseen_cannot_be_bent(house: House, form: HouseForm) -> None:
    """Hidden fields and buttons with a word of their own."""
    house = standing(house, form)
    browser = house.at(form)
    target, good = house.good(form, browser)
    shown = Page(browser.answer.text).form(action_of(form))
    words = [name for name in ("do", "turn", "role", "where") if name in good]
    names = [*(one.name for one in shown.hidden), *words]
    before = written()
    for name in names:
        for value in ("", LONG, ["a", ODD]):
            answer = browser.post(target, {**good, name: value}, follow=False)
            taken = answer.status == 303 and name in ("next", "zone", "taster")
            assert taken or answer.status in (404, 409, 410, 422), (form.route, name, value)
            assert Page(answer.text).running == []
            if not taken:
                assert written() == before, (form.route, name, value)
            before = written()


# What may be typed, and has to stay harmless everywhere


def test_odd_words_stay_words_wherever_they_are_shown(house: House) -> None:
    world = house.world
    for form in FORMS:
        if form.who != "founder" and form.route not in (*ENDINGS, "/sign-out"):
            type_odd_words(house, form)
    outbox.send_due(world.outside)
    starts = [house.names[name] for name in ("status", "apply", "booking", "offer")]
    seen = {**all_pages(house.browser("desk"), ["/admin"]), **all_pages(world.browser(), starts)}
    shown = [path for path, text in seen.items() if html.escape(ODD[:7]) in text]
    assert len(shown) > 15, "the odd words are seen in many places"
    assert {path: Page(text).running for path, text in seen.items() if Page(text).running} == {}
    letters = [letter for letter in world.postbox.letters if ODD in letter.text]
    assert len(letters) > 3
    assert [letter.subject for letter in letters if Page(letter.html).running] == []
    assert all(letter.subject.isprintable() for letter in letters)


def type_odd_words(house: House, form: HouseForm) -> None:
    """Into every field of a form that takes words of one's own."""
    browser = house.at(form)
    target, good = house.good(form, browser)
    texts = [one.name for one in Page(browser.answer.text).form(action_of(form)).texts]
    free = [one for one in texts if one not in READ_AS_SOMETHING]
    if free:
        browser.post(target, {**good, **dict.fromkeys(free, ODD)})
        assert browser.answer.status == 200, (form.route, browser.text[:300])


def all_pages(browser: Browser, starts: list[str]) -> dict[str, str]:
    """Every page that links lead to; pages alike but for the last id are looked at a few times."""
    seen: dict[str, str] = {}
    left, alike = list(starts), Counter[str]()
    while left:
        path = left.pop()
        kind = re.sub(r"-[0-9a-z]{26}|day=.*|/[A-Za-z0-9_-]{20,}", "", path)
        if path in seen or not path.startswith("/") or alike[kind] > 1 or "/static" in path:
            continue
        alike[kind] += 1
        answer = browser.get(path)
        assert answer.status in (200, 404, 410), (path, answer.status, browser.text[:300])
        seen[path] = answer.text
        left += Page(answer.text).hrefs
    return seen


# Something ends here, and with it pages of other forms; or mail is switched off.
ENDINGS = (
    *("/offers/{token}", "/offers/{token}/decline", "/apply/{token}/check"),
    "/admin/settings/switches/{switch}",
)
READ_AS_SOMETHING = {
    *("email", "contact_email", "administrator_email", "slug", "code", "meeting_link"),
    *("first_date", "local_time", "minutes", "count", "skipped", "extra", "date", "time"),
    *("places", "capacity", "min_members", "price_minor", "other_costs_minor", "apply_by"),
    *("guest_places", "doors_open_minutes", "rate_minor"),
}


def test_a_roster_opens_in_a_spreadsheet_without_running_anything(house: House) -> None:
    names = house.names
    every = [row for row in reads.everything(tables.Enrolments) if isinstance(row, Enrolment)]
    for row in every:
        commit(Change.of(Update(row, {"full_name": ODD, "profession": '@SUM(1)"\r\n=1+1'})))
    desk = house.browser("desk")
    desk.get(f"/admin/groups/{names['group']}/terms/{names['term']}/roster")
    desk.submit({}, "/roster")
    [(body, kind, name)] = house.world.drawer.files.values()
    cells = [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) for cell in row]
    assert f"'{ODD}" in cells
    assert [one for one in cells if one.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert (kind, name) == ("text/csv; charset=utf-8", "roster-thursday-lantern-2026-11-22.csv")
