"""Paths, questions, cookies and headers that no page of ours leads to.

What does not live here: links and forms (test_hostile_visitors.py), who may open which door
(test_doors.py).
"""

from __future__ import annotations

import pytest

from chalicelib.handlers.own_cookie import BROWSER_COOKIE
from chalicelib.handlers.visit import SESSION_COOKIE
from chalicelib.rules.changes import Change, Update
from chalicelib.rules.joining.applications import Application
from chalicelib.store import reads
from chalicelib.store.commit import commit
from tests.handlers.the_house import House, written
from tests.stories import a_circle
from tests.world import World

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


@pytest.mark.parametrize(
    "body", [b"", b"&=&&", b"%zz=%zz", b"\xff\xfe\x00", b"form=%00", b"a&" * 9000]
)
def test_a_body_that_is_no_form_is_shown_the_form_again(world: World, body: bytes) -> None:
    a_circle(world)
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-16"}
    answer = world.browser().gateway.handle("POST", "/sign-in", headers, body)
    assert answer.status == 422
    assert "The page was open for a long time" in answer.text
