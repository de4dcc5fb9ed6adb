"""Stripe's SDK in our hands: the only module that imports `stripe`, which costs 200 ms.

The API version, timeouts and retries are ours, never the SDK's defaults, which change with the
package. Errors leave as StripeUnknown (no answer, or an unclear one) and StripeRefused (no, for
good). What does not live here: what is asked for (stripe_gateway.py, stripe_connect.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import stripe

from chalicelib.errors import StripeRefused, StripeUnknown
from chalicelib.gateways.secrets import PlainSecret, Secret
from chalicelib.rules.money.stripe_objects import STRIPE_VERSION

stripe.enable_telemetry = False

Thing = TypeVar("Thing")
PAGE_LIMIT = 100
# Too slow, key in use by another request, too many requests: the outcome is not known yet.
UNCLEAR_STATUSES = frozenset({408, 409, 429})
NOT_KNOWN = 401
# Errors for which Stripe sends no code of its own.
CODES = {
    stripe.IdempotencyError: "idempotency_error",
    stripe.AuthenticationError: "authentication_error",
    stripe.PermissionError: "permission_error",
}
ACCOUNT_INVALID = "account_invalid"  # no right to this connected account, or none like it


class SignedRequests(stripe.RequestsClient):
    """Requests that carry the key as it is now. One that Stripe does not know is read again, once,
    in case it was rolled since: the request is repeated as it was, under its idempotency key."""

    def __init__(self, key: Secret, timeout: tuple[float, float]) -> None:
        super().__init__(timeout=timeout)
        self._key = key

    def request(  # type: ignore[override]  # as the SDK's own RequestsClient is typed
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One request; body, status and headers of its answer."""
        answer = super().request(method, url, self._signed(headers), post_data)
        if answer[1] == NOT_KNOWN and self._key.again():
            answer = super().request(method, url, self._signed(headers), post_data)
        return answer

    def _signed(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**(headers or {}), "Authorization": f"Bearer {self._key.text()}"}


class StripeClient:
    """One account of Stripe, spoken to with one key: what every gateway to it is built on."""

    def __init__(
        self,
        secret_key: str | Secret,
        api_base: str | None = None,
        *,
        max_network_retries: int = 1,
        connect_timeout_seconds: float = 3,
        read_timeout_seconds: float = 8,
    ) -> None:
        """Web functions keep one retry, jobs pass two; each repeats the same idempotency key."""
        key = PlainSecret(secret_key) if isinstance(secret_key, str) else secret_key
        self._http = SignedRequests(key, (connect_timeout_seconds, read_timeout_seconds))
        client = stripe.StripeClient(
            key.text(),
            stripe_version=STRIPE_VERSION,
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
            max_network_retries=max_network_retries,
            http_client=self._http,
        )
        self._v1 = client.v1

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()  # type: ignore[no-untyped-call]


def created_since(since: datetime) -> dict[str, Any]:
    """What a list is asked with for things of this moment or later."""
    return {"created": {"gte": int(since.timestamp())}}


def every(
    ask: Callable[[Any], Any], asked: Mapping[str, Any], parse: Callable[[Mapping[str, Any]], Thing]
) -> Iterator[Thing]:
    """Everything a list holds, page by page; `ask` is the SDK's `list` of a kind of thing, called
    when a page is needed."""
    with our_errors():
        things = ask({**asked, "limit": PAGE_LIMIT})
        for thing in things.auto_paging_iter():
            yield parse(thing.to_dict())


def in_currency(parts: Iterable[Mapping[str, Any]], currency: str) -> int:
    """The sum of a balance's parts in one currency, in minor units."""
    return sum(part["amount"] for part in parts if part["currency"] == currency.lower())


@contextmanager
def our_errors() -> Iterator[None]:
    """The SDK's errors become ours."""
    try:
        yield
    except stripe.StripeError as error:
        raise _ours(error) from error


def _ours(error: stripe.StripeError) -> StripeUnknown | StripeRefused:
    status = error.http_status or 0
    said = _code_of(error)
    code = (said if said == ACCOUNT_INVALID else CODES.get(type(error))) or said or f"http_{status}"
    if 400 <= status < 500 and status not in UNCLEAR_STATUSES:
        return StripeRefused(code, error.user_message or "")
    return StripeUnknown(code, error.user_message or "")


def _code_of(error: stripe.StripeError) -> str | None:
    """Stripe's code, else its type; the SDK leaves `code` empty for several statuses."""
    body = error.json_body
    detail = body.get("error") if isinstance(body, Mapping) else None
    return detail.get("code") or detail.get("type") if isinstance(detail, Mapping) else None
