"""Signing in by a mailed link or code: what asking writes, what using it writes.

Each token works once, for 30 minutes, and dies with the person's generation or after five wrong
codes. A newer token does not void an older one: otherwise a stranger who keeps typing somebody's
address would cut off that person's own link. At most five can be asked for in half an hour.
What does not live here: the rows (access.py), the link and the code themselves (links.py).
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib.errors import SignInEnded
from chalicelib.rules.changes import Change, Create, Is, Require, Under, Update
from chalicelib.rules.links import Keys, sign_in_code
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.people.access import BrowserSession, SignInToken, hashed
from chalicelib.rules.people.people import DESK_ROLES, Person, email_hash

TOKEN_LIFE = timedelta(minutes=30)
TRIES_MAX = 5
SESSION_LIFE = timedelta(days=30)
DESK_SESSION_LIFE = timedelta(hours=12)  # administrators and treasurers
REPLAY_LIFE = timedelta(minutes=10)  # how long a doubled press finds the same session again


@dataclass(frozen=True)
class Asked:
    """Who asks to sign in, from where, and where to go then."""

    token_id: str
    email: str
    browser: str  # the secret cookie of the browser that asks
    next_path: str = ""


def ask(asked: Asked, person: Person | None, now: datetime) -> Change:
    """A token and its mail. Without a person both are written all the same, and the outbox
    drops the mail because the token is not open: asking tells nobody who is known here."""
    token = SignInToken(
        token_id=asked.token_id,
        person_id=person.person_id if person else None,
        generation=person.generation if person else 1,
        mailbox=email_hash(asked.email),
        browser=hashed(asked.browser),
        next_path=asked.next_path,
        state="open" if person else "unknown",
        asked_at=now,
        expires_at=now + TOKEN_LIFE,
        expires_epoch=int((now + TOKEN_LIFE).timestamp()),
    )
    letter = mail(
        "sign_in",
        asked.token_id,
        person.email if person else asked.email,
        now,
        facts={
            "asked_at": now,
            "minutes": int(TOKEN_LIFE.total_seconds()) // 60,
            "zone": person.zone if person else "Europe/London",
        },
        links={
            "link": LinkTo(purpose="sign-in", subject=asked.token_id),
            "code": LinkTo(purpose="sign-in-code", subject=asked.token_id),
        },
        stands=(
            Standing(
                kind="SignInToken",
                ids={"token_id": asked.token_id},
                name="state",
                values=("open",),
            ),
        ),
        person_id=person.person_id if person else None,
    )
    return Change.of(Create(token), letter)


def require_live(token: SignInToken | None, now: datetime) -> SignInToken:
    """The token while it can still be used or guessed at; SignInEnded otherwise."""
    if token is None or token.state == "used":
        raise SignInEnded
    if token.expires_at <= now or token.tries >= TRIES_MAX:
        raise SignInEnded
    return token


def code_fits(keys: Keys, token: SignInToken, code: str) -> bool:
    """Whether these are the digits of the mail, under any key that still verifies."""
    fits = [
        hmac.compare_digest(code, sign_in_code({key_id: key}, token.token_id))
        for key_id, key in keys.items()
    ]
    return token.state == "open" and any(fits)


def wrong_code(token: SignInToken) -> Update:
    """One try less. After five the token is dead."""
    when = (Is("state", token.state), Under("tries", TRIES_MAX))
    return Update(token, add={"tries": 1}, when=when, refusal=SignInEnded)


def use(token: SignInToken, person: Person, session_secret: str, now: datetime) -> Change:
    """The token becomes a session, once, if the person is still who asked."""
    life = DESK_SESSION_LIFE if set(DESK_ROLES) & set(person.roles) else SESSION_LIFE
    session = BrowserSession(
        session_hash=hashed(session_secret),
        person_id=person.person_id,
        generation=person.generation,
        signed_in_at=now,
        expires_at=now + life,
        expires_epoch=int((now + life).timestamp()),
    )
    return Change.of(
        Update(
            token,
            {"state": "used", "used_by": session.session_hash},
            when=(Is("state", "open"), Under("tries", TRIES_MAX)),
            refusal=SignInEnded,
        ),
        Require(person, (Is("generation", token.generation),), refusal=SignInEnded),
        Create(session),
    )


def session_secret(keys: Keys, form_key: str) -> str:
    """The cookie of the session that this submission opens. It follows from the form, so that
    the same press sent twice is given the same cookie; without our key it cannot be computed."""
    key = next(iter(keys.values()))
    digest = hmac.new(key.encode(), f"session|{form_key}".encode(), sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def home_of(person: Person) -> str:
    """Where somebody arrives who did not ask for a page."""
    if "administrator" in person.roles:
        return "/admin"
    return "/admin/payments" if "treasurer" in person.roles else "/me"
