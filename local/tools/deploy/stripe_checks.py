"""What Stripe says before a deployment: the keys work and may no more than they should, and the
webhook endpoints send what we hear, in the version we read.

Asked with plain requests and the deployment's own restricted keys. Nothing is changed: the one
request that would move money names a payment that cannot exist.
What does not live here: the rights and the events themselves (rights.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import requests

from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.tools.deploy import rights
from local.tools.deploy.checks import TIMES, Check

API = "https://api.stripe.com"
NOBODYS = "of_nobody_asked_by_the_deploy_check"
FORBIDDEN, UNAUTHORIZED = 403, 401
# A request for each right that moves money, which only its own key may get past the door with.
PROBES = {
    "Charges and Refunds": ("/v1/refunds", {"payment_intent": f"pi_{NOBODYS}"}),
    "Transfers (Connect)": (
        "/v1/transfers",
        {"amount": "1", "currency": "gbp", "destination": f"acct_{NOBODYS}"},
    ),
}


class StripeAsked:
    """Stripe, asked with one key; `base` is another address in rehearsals."""

    def __init__(self, key: str, base: str = API) -> None:
        self._key = key
        self._base = base

    def ask(self, method: str, path: str, **asked: Any) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer; requests' errors for none."""
        answer = requests.request(
            method,
            f"{self._base}{path}",
            headers={"Authorization": f"Bearer {self._key}", "Stripe-Version": STRIPE_VERSION},
            timeout=TIMES,
            **asked,
        )
        return answer.status_code, answer.json()


def keys(held: Mapping[str, str], base: str = API) -> Iterator[Check]:
    """Every key is known to Stripe, and cannot move money unless that is its work."""
    for name, key in held.items():
        asked = StripeAsked(key, base)
        status, _ = asked.ask("GET", "/v1/charges", params={"limit": 1})
        how = f"Stripe does not know the key in {name}: make a new one, then `make secrets`."
        yield Check(f"Stripe knows {name}", status != UNAUTHORIZED, how)
        for resource, (path, body) in PROBES.items():
            if rights.MOVES_MONEY[resource] != name:
                status, _ = asked.ask("POST", path, data=body)
                how = f'In Stripe, set "{resource}" of the key in {name} to at most "Read".'
                refused = status in (FORBIDDEN, UNAUTHORIZED)
                yield Check(f"{name} cannot use {path}", refused, how)


def endpoints(
    key: str, address: str, connect: bool, live: bool, base: str = API
) -> Iterator[Check]:
    """The webhook endpoints of this deployment. With `connect` leaders are paid through Stripe."""
    status, told = StripeAsked(key, base).ask("GET", "/v1/webhook_endpoints", params={"limit": 100})
    if status != requests.codes.ok:
        how = 'The key in stripe-jobs-key needs "Webhook Endpoints: Read".'
        yield Check("webhook endpoints can be listed", False, how)
        return
    for path, events in rights.ENDPOINTS.items():
        if connect or not path.endswith("/connect"):
            yield _endpoint(told["data"], f"{address}{path}", events, live)


def _endpoint(known: list[dict[str, Any]], url: str, events: tuple[str, ...], live: bool) -> Check:
    what = f"webhook endpoint {url}"
    ours = [one for one in known if one["url"] == url and one["livemode"] is live]
    if not ours:
        return Check(what, False, "In Stripe, Developers, Webhooks, make it (docs/deploying.md).")
    [endpoint, *others] = ours
    faults = []
    if others:
        faults.append("there are two of it: remove one")
    if endpoint["status"] != "enabled":
        faults.append("it is disabled: enable it")
    if endpoint["api_version"] != STRIPE_VERSION:
        faults.append(f"its API version has to be {STRIPE_VERSION}: make a new endpoint with that")
    missing = set(events) - set(endpoint["enabled_events"])
    if missing and endpoint["enabled_events"] != ["*"]:
        faults.append(f"it does not send {', '.join(sorted(missing))}")
    return Check(what, not faults, "; ".join(faults))
