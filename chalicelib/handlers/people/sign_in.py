"""The doors of signing in and out."""

from __future__ import annotations

import re

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.flows.people import sign_in
from chalicelib.flows.people.sign_in import Entered, Knock
from chalicelib.handlers.answers import with_cookie
from chalicelib.handlers.audience import Audience
from chalicelib.handlers.doors import AUDIENCES, Doors
from chalicelib.handlers.own_cookie import browser_secret, with_browser_cookie
from chalicelib.handlers.visit import SESSION_COOKIE, Visit
from chalicelib.rules.forms import Answers
from chalicelib.rules.people.access import safe_path
from chalicelib.rules.people.sign_in import Asked
from chalicelib.rules.people.sign_in_forms import CODE_FORM, SIGN_IN_FORM

door = Doors(__name__)
TOKEN_ID = re.compile(r"sign-in-[0-9a-z]{26}")


@door.page("/sign-in", Audience.ANYONE)
def show_sign_in(visit: Visit, answers_given: Answers | None = None) -> Response:
    """Asks for an address; `next` is the page somebody wanted, `fresh` why it is asked again."""
    known = Answers.of(SIGN_IN_FORM, {"email": visit.person.email}) if visit.person else None
    asked_for = visit.query.get("next") or visit.hidden("next")
    answer = visit.page(
        "sign_in",
        answers_given=answers_given or known,
        next_path=landing(asked_for),
        fresh=visit.query.get("fresh") == "yes",
        here="sign-in",
    )
    return with_browser_cookie(visit, answer)


@door.form("/sign-in", Audience.ANYONE, again=show_sign_in)
def ask_to_sign_in(visit: Visit) -> Response:
    """Sends the mail; the answer is the same for an address that nobody has."""
    email = visit.read(SIGN_IN_FORM)["email"]
    secret = browser_secret(visit) or visit.outside.ids.secret()
    token_id = visit.outside.ids.new("sign-in")
    location = f"/sign-in/sent/{token_id}"
    asked = Asked(token_id, email, secret, landing(visit.hidden("next")))
    sign_in.ask(visit.outside, visit.caller(location), asked, visit.address)
    return with_browser_cookie(visit, visit.go(location), secret)


@door.page("/sign-in/sent/{token_id}", Audience.ANYONE)
def show_sent(visit: Visit, token_id: str, answers_given: Answers | None = None) -> Response:
    """Says that a mail is on its way, and takes its code. Reads no row: the page is the same
    whether or not the address is known."""
    if not TOKEN_ID.fullmatch(token_id):
        raise NotFound
    return visit.page("sign_in_sent", answers_given=answers_given, token_id=token_id)


def enter_again(visit: Visit, location: str) -> Response:
    """The answer of a doubled press: it sets the cookie that the first answer set."""
    before = sign_in.entered_before(visit.outside, visit.form_key, location)
    return _enter(visit, before) if before else visit.go(location)


@door.form("/sign-in/sent/{token_id}", Audience.ANYONE, again=show_sent, answered=enter_again)
def sign_in_by_code(visit: Visit, token_id: str) -> Response:
    """The code, typed into the browser that asked."""
    code = visit.read(CODE_FORM)["code"]
    return _enter(
        visit, sign_in.by_code(visit.outside, visit.caller(""), token_id, _knock(visit), code)
    )


@door.page("/sign-in/{token}", Audience.LINK)
def show_link(visit: Visit, token: str, answers_given: Answers | None = None) -> Response:
    """A button, and in another browser than the one that asked a field for the code. Opening
    the page changes nothing: mail scanners open it too (O8)."""
    here = sign_in.asked_here(visit.outside, token, browser_secret(visit))
    return visit.page("sign_in_link", answers_given=answers_given, token=token, asked_here=here)


@door.form("/sign-in/{token}", Audience.LINK, again=show_link, answered=enter_again)
def sign_in_by_link(visit: Visit, token: str) -> Response:
    """The press that uses the link."""
    code = visit.read(CODE_FORM)["code"] if visit.typed.get("code") else None
    return _enter(
        visit, sign_in.by_link(visit.outside, visit.caller(""), token, _knock(visit), code)
    )


@door.page("/sign-out", Audience.ANYONE)
def show_sign_out(visit: Visit, answers_given: Answers | None = None) -> Response:
    """Signing out, here or everywhere."""
    return visit.page("sign_out", answers_given=answers_given, here="sign-out")


@door.form("/sign-out", Audience.ANYONE, again=show_sign_out)
def sign_out(visit: Visit) -> Response:
    """Ends the session of this browser, or every session of the person."""
    where = visit.word("where", ("here", "everywhere"))
    if where == "everywhere" and visit.person:
        sign_in.sign_out_everywhere(visit.outside, visit.caller("/sign-out"), visit.me)
    else:
        cookie = visit.cookies.get(SESSION_COOKIE, "")
        sign_in.sign_out(visit.outside, visit.caller("/sign-out"), cookie)
    return with_cookie(visit.go("/sign-out"), visit.settings, SESSION_COOKIE, "", 0)


def landing(wanted: str) -> str:
    """The page of ours that somebody wanted, or of what it belongs to; nothing for anything
    that is no page of ours (open redirects)."""
    path = safe_path(wanted)
    while path and not _is_page(path):
        path = path.rpartition("/")[0]
    return path


def _is_page(path: str) -> bool:
    if path.startswith(("/sign-", "/static/", "/healthz")):
        return False
    return any(_fits(route, path) for method, route in AUDIENCES if method == "GET")


def _fits(route: str, path: str) -> bool:
    pattern, parts = route.split("/"), path.split("/")
    pairs = zip(pattern, parts, strict=False)
    return len(pattern) == len(parts) and all(p == own or p.startswith("{") for p, own in pairs)


def _enter(visit: Visit, entered: Entered) -> Response:
    answer = visit.go(entered.location)
    return with_cookie(answer, visit.settings, SESSION_COOKIE, entered.secret, entered.seconds)


def _knock(visit: Visit) -> Knock:
    return Knock(browser_secret(visit), visit.cookies.get(SESSION_COOKIE, ""), visit.address)
