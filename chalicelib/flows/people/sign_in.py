"""Signing in by mailed link or code, and signing out.

What does not live here: who is at the door (access.py), what is decided (rules/people/sign_in.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.errors import SignInEnded
from chalicelib.gateways.outside import Outside
from chalicelib.rules import links
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.people import people, rates, sign_in
from chalicelib.rules.people.access import BrowserSession, SignInToken, hashed
from chalicelib.rules.people.people import Person
from chalicelib.rules.people.sign_in import Asked
from chalicelib.rules.people.sign_in_forms import CODE_FORM
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.people.people import by_email
from chalicelib.store.people.people import person as person_by_id


@dataclass(frozen=True)
class Knock:
    """A browser at the door: its own secret cookie, the cookie of the session it is in, and the
    network address it comes from."""

    browser: str
    session: str = ""
    client: str = ""


@dataclass(frozen=True)
class Entered:
    """An open door: the cookie of the new session, for how long, and where to go."""

    secret: str
    seconds: int
    location: str


def ask(outside: Outside, caller: Caller, asked: Asked, client: str) -> None:
    """Ask for a sign-in mail. The same reads, writes and answer whether or not the address is
    known. Raises TooManyTries per mailbox, per client and for everyone."""
    now = outside.clock.now()
    limits = rates.counted("sign-in", now, mailbox=asked.email, client=client)
    commit(sign_in.ask(asked, by_email(asked.email), now) + limits, caller, now)


def asked_here(outside: Outside, token: str, browser: str) -> bool:
    """Whether the browser that opens a link is the one that asked for it; SignInEnded when the
    link opens nothing any more. Changes nothing: mail scanners open links too (O8)."""
    row = _live(_by_link(outside, token), outside.clock.now())
    return row.browser == hashed(browser)


def by_link(
    outside: Outside, caller: Caller, token: str, knock: Knock, code: str | None
) -> Entered:
    """Sign in with the mailed link: from the browser that asked, or with the code as well.

    Raises SignInEnded, and InvalidForm for a missing or wrong code.
    """
    row = _live(_by_link(outside, token), outside.clock.now())
    if row.browser != hashed(knock.browser):
        _require_code(outside, row, code or "", Change())
    return _enter(outside, caller, row, knock, Change())


def by_code(outside: Outside, caller: Caller, token_id: str, knock: Knock, code: str) -> Entered:
    """Sign in with the mailed code, typed into the browser that asked.

    Raises SignInEnded, TooManyTries, and InvalidForm for a wrong code.
    """
    now = outside.clock.now()
    row = _live(token_id, now)
    if row.browser != hashed(knock.browser):
        raise SignInEnded
    tried = rates.counted("sign-in-code", now, mailbox=row.mailbox, client=knock.client)
    _require_code(outside, row, code, tried)
    return _enter(outside, caller, row, knock, tried)


def entered_before(outside: Outside, form_key: str, location: str) -> Entered | None:
    """The session that this same submission opened a moment ago: a doubled press, or a reply
    that was lost, ends signed in as well."""
    now = outside.clock.now()
    secret = sign_in.session_secret(outside.places.link_keys, form_key)
    session = _session(secret)
    if session is None or session.signed_in_at + sign_in.REPLAY_LIFE <= now:
        return None
    return Entered(secret, _seconds_left(session, now), location)


def sign_out(outside: Outside, caller: Caller, cookie: str) -> None:
    """End this browser's session, if it has one."""
    now = outside.clock.now()
    session = _session(cookie)
    if session is None:
        return
    change = Change.of(
        _end(session, now),
        audit(
            session.person_id,
            "person.signed_out",
            session.person_id,
            now,
            outside.ids.new("audit"),
            person_id=session.person_id,
        ),
    )
    commit(change, caller, now)


def sign_out_everywhere(outside: Outside, caller: Caller, person: Person) -> None:
    """End every session of this person, and every sign-in link that is on its way."""
    now = outside.clock.now()
    change = Change.of(
        people.sign_out_everywhere(person),
        audit(
            person.person_id,
            "person.signed_out_everywhere",
            caller.actor,
            now,
            outside.ids.new("audit"),
            person_id=person.person_id,
        ),
    )
    commit(change, caller, now)


def _by_link(outside: Outside, token: str) -> str:
    return links.read_link(outside.places.link_keys, "sign-in", token).subject


def _live(token_id: str, now: datetime) -> SignInToken:
    return sign_in.require_live(reads.get(SignInToken, token_id, "sign-in"), now)


def _require_code(outside: Outside, row: SignInToken, code: str, tried: Change) -> None:
    """Count a wrong code and refuse it. The form is not spent: it is shown again."""
    if not code:
        raise CODE_FORM.invalid({}, {"code": "missing"})
    if sign_in.code_fits(outside.places.link_keys, row, code):
        return
    commit(Change.of(sign_in.wrong_code(row), tried))
    if row.tries + 1 >= sign_in.TRIES_MAX:
        raise SignInEnded
    raise CODE_FORM.invalid({}, {"code": "wrong"})


def _enter(
    outside: Outside, caller: Caller, row: SignInToken, knock: Knock, tried: Change
) -> Entered:
    now = outside.clock.now()
    person = person_by_id(row.person_id) if row.person_id else None
    if person is None or caller.form_key is None:
        raise SignInEnded
    location = row.next_path or sign_in.home_of(person)
    secret = sign_in.session_secret(outside.places.link_keys, caller.form_key)
    change = Change.of(
        sign_in.use(row, person, secret, now),
        _end(_session(knock.session), now),
        tried,
        audit(
            person.person_id,
            "person.signed_in",
            person.person_id,
            now,
            outside.ids.new("audit"),
            person_id=person.person_id,
        ),
    )
    commit(change, replace(caller, actor=person.person_id, location=location), now)
    session = next(iter(change.created(BrowserSession)))
    return Entered(secret, _seconds_left(session, now), location)


def _session(cookie: str) -> BrowserSession | None:
    """The session of a cookie, unless it was ended."""
    found = reads.get(BrowserSession, hashed(cookie), "session") if cookie else None
    return None if found is None or found.ended_at else found


def _end(session: BrowserSession | None, now: datetime) -> Update | None:
    return Update(session, {"ended_at": now}) if session else None


def _seconds_left(session: BrowserSession, now: datetime) -> int:
    return int((session.expires_at - now).total_seconds())
