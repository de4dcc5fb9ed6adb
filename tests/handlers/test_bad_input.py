"""Every form of the product against what people, programs and enemies type into it.

Each form stands in a house where its page can be reached (forms_of_the_house.py). What does not
live here: which answers make sense together (test_contradictions.py), the rules of one parser
(tests/rules/test_forms.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.rules.typed_text import harmless
from local.browser import Browser
from tests.handlers.door_steps import FORMS as ROUTES
from tests.handlers.door_steps import nonce_of
from tests.handlers.forms_of_the_house import FORMS, ODD, HouseForm, at, good_answers
from tests.handlers.page_reader import Page, SeenField, SeenForm
from tests.handlers.the_house import House, an_empty_house, clear_tables, written
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
FREE_CHOICE = {"profession", "zone"}  # chosen from a list, read as text; a zone has its own error
ASK_STRIPE = (
    *("/offers/{token}", "/pay/{token}", "/payer/{token}"),
    *("/leader/pay/account", "/leader/pay/account/enter"),
    "/admin/payouts/{period}/leaders/{leader_id}/by-bank",
)
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
    browser = at(house, form)
    target, good = good_answers(house, form, browser)
    other_tab = {**good, "form": nonce_of(house.world, browser)}
    with stripe_at_hand(house, form):
        first = browser.post(target, good, follow=False)
        assert first.status == 303, browser.text[:300]
        before = written()
        again = browser.post(target, good, follow=False)
        assert (again.status, again.header("location")) == (303, first.header("location"))
        assert written() == before
        stale = browser.post(target, other_tab, follow=False)
        assert stale.status in (303, 404, 409, 410, 422), (form.route, stale.status)


def stripe_at_hand(house: House, form: HouseForm) -> AbstractContextManager[Any]:
    """A Stripe for the forms that ask it."""
    asks = form.route in ASK_STRIPE
    return closing(Shop(house.world)) if asks else nullcontext()


# Answers that cannot be read


@every_form
def test_what_cannot_be_read_comes_back_named_and_nothing_is_written(
    house: House, form: HouseForm
) -> None:
    house = standing(house, form)
    browser = at(house, form)
    target, good = good_answers(house, form, browser)
    before = written()
    for what, bad in bad_rounds(Page(browser.answer.text).form(form.action)):
        typed = {**good, **bad}
        answer = browser.post(target, {k: v for k, v in typed.items() if v is not None})
        page = Page(answer.text)
        about = (form.route, what, answer.status, browser.text[:300])
        assert answer.status == 422, about
        assert {f"#f-{name}" for name in bad} <= set(page.summary), about
        assert {link.removeprefix("#") for link in page.summary} <= set(page.ids), about
        assert (page.problems, page.running) == (len(page.summary), []), about
        assert kept(page.form(form.action), typed) == [], about
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


# The whole form


@every_form
def test_a_form_that_is_not_ours_comes_back_as_it_was_filled_in(
    house: House, form: HouseForm
) -> None:
    house = standing(house, form)
    browser = at(house, form)
    target, good = good_answers(house, form, browser)
    texts = [one.name for one in Page(browser.answer.text).form(form.action).texts]
    typed = {**good, **dict.fromkeys(texts, ODD)}
    ours = typed.pop("form")
    forged = ({}, {"form": ["x", ours]}, {"form": [ours, "x"]}, {"form": ours[:-4] + "AAAA"})
    before = written()
    answer = browser.post(target, typed | forged[FORMS.index(form) % len(forged)])
    page = Page(answer.text)
    assert answer.status == 422
    assert "The page was open for a long time" in browser.text
    assert (page.summary, page.problems, page.running) == ([], 1, [])
    shown = page.form(form.action)
    assert {one.name: plain(one.value) for one in shown.texts} == dict.fromkeys(texts, ODD)
    no_form_at_all(browser, target, good)
    assert written() == before
    bend_what_travels_along(browser, target, good, shown)


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


def cookies_of(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def bend_what_travels_along(
    browser: Browser, target: str, good: dict[str, Any], shown: SeenForm
) -> None:
    """Hidden fields, and buttons with a word of their own. Some may be changed: they say where
    to go on, or hold an answer that is read as any other."""
    words = [name for name in ("do", "turn", "role", "where") if name in good]
    for name in (*(one.name for one in shown.hidden), *words):
        for value in ("", LONG, ["a", ODD]):
            before = written()
            answer = browser.post(target, {**good, name: value}, follow=False)
            taken = answer.status == 303 and name in ("next", "zone", "taster")
            assert taken or answer.status in (404, 409, 410, 422), (target, name, value)
            assert Page(answer.text).running == []
            assert taken or written() == before, (target, name, value)
