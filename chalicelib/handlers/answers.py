"""Answers as HTTP: pages, redirects, files, with the headers every one of them carries."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.settings import Settings


def security_headers(settings: Settings) -> dict[str, str]:
    """Strict headers for every answer. `form-action` names Stripe's origins of checkout and of
    leaders' onboarding because browsers apply it to the 303 that follows our own form;
    `same-origin` because with no-referrer Chromium would send `Origin: null` with our forms."""
    stripe = " ".join(dict.fromkeys((settings.checkout_origin, settings.connect_origin)))
    csp = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"form-action 'self' {stripe}; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": csp,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }
    if settings.base_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def html(settings: Settings, body: str, status: int = 200) -> Response:
    """A page."""
    return _answer(settings, body, status, {"Content-Type": "text/html; charset=utf-8"})


def plain(settings: Settings, body: str, status: int = 200) -> Response:
    """A line of text, for programs."""
    return _answer(settings, body, status, {"Content-Type": "text/plain; charset=utf-8"})


def see_other(settings: Settings, location: str) -> Response:
    """303: the answer of every form. `location` is a path of ours, or a URL we got from Stripe."""
    if any(ord(letter) < 33 for letter in location):
        raise ValueError("a location holds no spaces or control characters")
    target = settings.base_path + location if location.startswith("/") else location
    return _answer(settings, "", 303, {"Location": target, "Content-Type": "text/plain"})


def static_file(settings: Settings, body: bytes, content_type: str) -> Response:
    """A file of templates/static; its address carries its hash, so it may be kept for a year."""
    answer = _answer(settings, body.decode(), 200, {"Content-Type": content_type})
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def with_cookie(
    answer: Response, settings: Settings, name: str, value: str, seconds: int
) -> Response:
    """Set a cookie: HttpOnly, SameSite=Lax, Secure wherever the base URL is https."""
    secure = "; Secure" if settings.base_url.startswith("https://") else ""
    cookie = (
        f"{name}={value}; Path={settings.base_path or '/'}; Max-Age={seconds}; "
        f"HttpOnly; SameSite=Lax{secure}"
    )
    before = answer.headers.get("Set-Cookie", [])
    answer.headers["Set-Cookie"] = [*([before] if isinstance(before, str) else before), cookie]
    return answer


def _answer(settings: Settings, body: str, status: int, own: dict[str, str]) -> Response:
    return Response(body=body, status_code=status, headers={**security_headers(settings), **own})
