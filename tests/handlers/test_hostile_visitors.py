"""Requests that no page of ours leads to: bent paths, links and cookies, and curious questions.

What does not live here: who may open which door (test_doors.py), where forms come from
(test_form_doors.py), what is typed into them (test_bad_input.py).
"""

from __future__ import annotations

import re

import pytest

from chalicelib.flows.people import settings
from chalicelib.handlers.own_cookie import BROWSER_COOKIE
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.links import PATHS, personal_link
from chalicelib.store import reads
from chalicelib.store.commit import commit
from tests.handlers.door_steps import nonce_of
from tests.handlers.forms_of_the_house import FORMS, PIP, TREASURER, House, written
from tests.people import a_person, signed_in
from tests.shop import ADMIN
from tests.stories import a_circle
from tests.world import Browser, World

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
        browser = house.at(BY_ROUTE[f"/apply/{{token}}/{step}"])
        open_forms.append((browser, *house.good(BY_ROUTE[f"/apply/{{token}}/{step}"], browser)))
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
    target, good = house.good(BY_ROUTE["/admin/groups/new"], opened(other, "/admin/groups/new"))
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
    asker = house.at(form)
    target, typed = house.good(form, asker)
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
        browser = house.at(BY_ROUTE[route])
        target, good = house.good(BY_ROUTE[route], browser)
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


# Paths, questions, cookies

BENT = (
    *("//admin", "/./admin", "/x/../admin", "/%2e%2e/admin", "/admin%2fgroups", "/admin%00"),
    *("/ADMIN", "/admin;x=1", "/admin.html", "/admin%20", "/%61dmin", "/\\evil.example"),
    *(
        "//evil.example/admin",
        "/static/../app.py",
        "/static/%2e%2e%2fapp.py",
        "/static/site.css%00",
    ),
    *("/groups/thursday-lantern%2fapply", "/groups/..%2f..%2fadmin", "/webhooks/stripe/"),
)


@pytest.mark.parametrize("path", BENT)
def test_a_bent_path_leads_nowhere(house: House, path: str) -> None:
    visitor, before = house.world.browser(), written()
    for method in ("GET", "POST", "HEAD", "PUT", "OPTIONS"):
        answer = visitor.gateway.handle(method, path)
        assert answer.status < 500, method
        assert "Administration" not in answer.text
        assert answer.header("location") in (None, "/sign-in?next=/admin")
    assert written() == before


QUESTIONS = (
    ("/admin/mails?day=0001-01-01", 404),
    ("/admin/mails?day=9999-12-31", 404),
    ("/admin/audit?day=0001-01-01", 404),
    ("/admin/audit?day=%F0%9F%A6%8A", 404),
    ("/admin/groups/new?copy=" + "x" * 3000, 200),
    ("/admin/groups/new?copy=group-0", 404),
    ("/admin/payments?term=" + "x" * 3000, 200),
    ("/admin/payments?term=%00", 200),
    ("/groups/thursday-lantern?zone=../../etc/passwd", 200),
    ("/groups/thursday-lantern?zone=America/Argentina", 200),
    ("/groups/thursday-lantern/apply?term=%3Cscript%3E&zone=%3Cscript%3E", 200),
    ("/groups/thursday-lantern/apply?taster=a.b.c.d", 410),
    ("/groups/thursday-lantern/apply?taster=" + "x" * 3000, 200),
    ("/sign-in?next=//evil.example", 200),
    ("/sign-in?next=https://evil.example", 200),
    ("/sign-in?next=/" + "me/" * 400, 200),
    ("/me?x=" + "%ff" * 50, 200),
)


@pytest.mark.parametrize(("path", "status"), QUESTIONS)
def test_a_strange_question_is_answered_or_not_found(house: House, path: str, status: int) -> None:
    answer = house.browser("desk").get(path)
    assert answer.status == status
    assert "evil.example" not in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "cookie",
    [
        "x" * 8000,
        f"{SESSION_COOKIE}=" + "x" * 8000,
        f"{BROWSER_COOKIE}=" + "x" * 8000,
        f'{SESSION_COOKIE}="\\012\\015Set-Cookie: a=b"',
        f"{SESSION_COOKIE}=; {SESSION_COOKIE}=x",
        "=;;=;,;\x7f",
        f"{SESSION_COOKIE}=\ud800",
        "; ".join(f"c{n}=1" for n in range(500)),
    ],
)
def test_a_strange_cookie_is_nobody(world: World, cookie: str) -> None:
    a_circle(world)
    gateway = world.browser().gateway
    assert gateway.handle("GET", "/sign-in", {"cookie": cookie}).status == 200
    answer = gateway.handle("GET", "/me", {"cookie": cookie})
    assert (answer.status, answer.header("location")) == (303, "/sign-in?next=/me")


# Headers


def test_every_kind_of_answer_is_strict_and_kept_by_nobody(house: House) -> None:
    desk, visitor = house.browser("desk"), house.world.browser()
    mail = house.names["failed_mail"]
    kinds = {
        "page": desk.get("/admin"),
        "health": visitor.get("/healthz"),
        "refusal": desk.get("/admin/groups/group-0"),
        "redirect": visitor.get("/admin", follow=False),
        "dead link": visitor.get("/offers/a.b.c.d"),
        "errors": desk.post("/admin/groups/new", {}, follow=False),
        "foreign": desk.post("/admin/groups/new", {}, follow=False, origin="null"),
        "letter": desk.get(f"/admin/mails/{mail}/letter"),
        "webhook": visitor.gateway.handle(
            "POST", "/webhooks/stripe", {"content-type": "application/json"}, b"{}"
        ),
    }
    for kind, answer in kinds.items():
        assert answer.header("cache-control") == "no-store", kind
        assert "default-src 'none'" in str(answer.header("content-security-policy")), kind
        assert "frame-ancestors 'none'" in str(answer.header("content-security-policy")), kind
        assert answer.header("x-content-type-options") == "nosniff", kind
        assert answer.header("access-control-allow-origin") is None, kind
    style = visitor.get("/static/site.css")
    assert style.header("cache-control") == "public, max-age=31536000, immutable"
    assert style.header("set-cookie") is None


def test_a_broken_line_in_a_kept_name_breaks_no_mail(house: House) -> None:
    """Nothing typed gets there; this is what happens if it does one day."""
    subject = house.names["sent_application"].rpartition("/")[2]
    row = reads.get(Application, subject, "application")
    assert row is not None
    commit(Change.of(Update(row, {"full_name": "Pip\r\nBcc: all@example.org"})))
    desk = house.browser("desk")
    desk.get(house.names["sent_application"])
    desk.submit({"reason": "mix"}, "/decline")
    assert desk.answer.status == 200
    for letter in house.world.postbox.letters:
        assert "\n" not in letter.subject
        assert "\n" not in letter.to
