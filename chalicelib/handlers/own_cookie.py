"""The cookie by which a browser is known to be the one that asked for a sign-in.

It opens nothing: a session has a cookie of its own, with a value made at sign-in. What does not
live here: the session's cookie (visit.py reads it, sign_in.py sets it).
"""

from __future__ import annotations

import re

from chalice.app import Response

from chalicelib.handlers.answers import with_cookie
from chalicelib.handlers.visit import Visit

BROWSER_COOKIE = "balint_browser"
LIFE_SECONDS = 30 * 24 * 3600
_OURS = re.compile(r"[A-Za-z0-9_-]{43}")


def browser_secret(visit: Visit) -> str:
    """This browser's secret, or nothing when it has none that we could have set."""
    value = visit.cookies.get(BROWSER_COOKIE, "")
    return value if _OURS.fullmatch(value) else ""


def with_browser_cookie(visit: Visit, answer: Response, secret: str = "") -> Response:
    """Let the browser keep its secret: the one given, or a new one where it has none."""
    if not secret and browser_secret(visit):
        return answer
    value = secret or visit.outside.ids.secret()
    return with_cookie(answer, visit.settings, BROWSER_COOKIE, value, LIFE_SECONDS)
