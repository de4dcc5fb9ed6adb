"""What we send and what the stand-in says, judged by Stripe's own OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import requests

from chalicelib.errors import StripeRefused, StripeUnknown
from chalicelib.rules.money.stripe_objects import STRIPE_VERSION
from local.fake_stripe import Refused, conformity
from local.fake_stripe.api import ENDPOINTS
from local.fake_stripe.contract import CHECKED, DESCRIBING
from local.fake_stripe.description import PLAYED, SLICE, cut, parameters, whole
from tests.contract.leaders import EVENTS, tell_leaders
from tests.contract.stories import SECRET_KEY, Shop, checkout_params, refund_params, running_shop

BOTH = ["card", "bacs_debit"]
KINDS_WITH_A_PAGE = (
    "event",
    "charge",
    "payment_intent",
    "balance_transaction",
    "refund",
    "dispute",
    "payout",
    "radar.early_fraud_warning",
    "transfer",
)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


def _ask(shop: Shop, path: str, **params: Any) -> Any:
    """A GET our gateway never sends."""
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    answer = requests.get(shop.base_url + path, params, headers=headers, timeout=5)
    return answer.json()


def _tell_payments(shop: Shop) -> None:
    """Sessions of every end: expired, declined and then paid, debited, bounced."""
    shop.stripe.expire_checkout(shop.open("expired"))
    declined = shop.open("declined", customer_email=None)
    for card in ("4000 0000 0000 0002", "4000000000009995", "1234"):
        with pytest.raises(Refused):
            shop.fake.pay(declined, card)
    shop.stripe.checkout(declined)
    shop.fake.pay(declined)
    abandoned = shop.open("abandoned after a declined card")
    with pytest.raises(Refused):
        shop.fake.pay(abandoned, "4000000000000069")
    for name, ok in (("debited", True), ("bounced", False)):
        delayed = shop.open(name, payment_method_types=BOTH)
        shop.fake.pay_delayed(delayed)
        shop.stripe.checkout(delayed)
        shop.fake.settle_delayed(delayed, ok)
    shop.fake.hold_movements()
    shop.paid("written late")
    shop.fake.write_movements()


def _tell_refunds(shop: Shop) -> None:
    """Refunds of every end: whole, in part, refused, pending, failed, from the Dashboard."""
    intent_id = shop.paid("to refund")
    for number, amount in enumerate((100, 99_999)):
        try:
            shop.stripe.refund(refund_params(intent_id, amount), f"refund-{number}")
        except StripeRefused:
            assert amount == 99_999
    for fate in ("pending", "failing"):
        shop.fake.next_refund(fate)
        refund = shop.stripe.refund(refund_params(intent_id, 200), f"refund-{fate}")
        shop.stripe.refund_by_id(refund.id)
    shop.fake.dashboard_refund(intent_id, 300)
    shop.clock.move(hours=2)
    shop.stripe.refunds_of(intent_id)


def _tell_disputes(shop: Shop) -> None:
    """Disputes and inquiries of every end, and a refund that a dispute forbids."""
    ends = (shop.fake.win, shop.fake.lose)
    for number, end in enumerate(ends):
        intent_id = shop.paid(f"disputed {number}")
        shop.fake.warn_of_fraud(intent_id)
        dispute_id = shop.fake.dispute(intent_id)["id"]
        with pytest.raises(StripeRefused):
            shop.stripe.refund(refund_params(intent_id, 100), f"refund-disputed-{number}")
        shop.stripe.dispute(dispute_id)
        shop.fake.answer_dispute(dispute_id)
        end(dispute_id)
    asked = shop.fake.dispute(shop.paid("asked about"), "general", inquiry=True)
    shop.fake.answer_dispute(asked["id"])
    shop.fake.close_inquiry(asked["id"])
    worse = shop.fake.dispute(shop.paid("asked, then disputed"), "general", inquiry=True)
    shop.fake.escalate(worse["id"])


def _tell_payouts(shop: Shop) -> None:
    """A payout that arrives and one that the bank sends back."""
    shop.fake.foreign_charge(50_000)
    shop.clock.move(days=4)
    shop.fake.pay_out()
    shop.clock.move(days=3)
    shop.fake.foreign_charge(60_000)
    shop.clock.move(days=4)
    payout = shop.fake.pay_out()
    list(shop.stripe.movements_of_payout(payout["id"]))
    shop.fake.fail_payout(payout["id"])


def _tell_trouble(shop: Shop) -> None:
    for status in (409, 429, 500):
        shop.fake.fail_next("/v1/checkout/sessions", status)
        with pytest.raises(StripeUnknown):
            shop.open(f"failing with {status}")
    for wrong in ({"expires_at": 1}, {"success_url": "nowhere"}, {"customer_email": "nobody"}):
        with pytest.raises(StripeRefused):
            shop.open(f"wrong {wrong}", **wrong)


def _look_around(shop: Shop) -> None:
    """Every list and every object, expanded as deeply as we might ever ask."""
    long_ago = shop.clock.at.replace(year=2020)
    list(shop.stripe.checkouts_since(long_ago))
    list(shop.stripe.disputes_since(long_ago))
    list(shop.stripe.movements_since(long_ago))
    list(shop.stripe.payouts_since(long_ago))
    list(shop.stripe.refunds_since(long_ago))
    shop.stripe.balance_minor("GBP")
    deep = ["data.latest_charge.balance_transaction", "data.latest_charge.payment_intent"]
    _ask(shop, "/v1/payment_intents", **{"expand[0]": deep[0], "expand[1]": deep[1]})
    _ask(shop, "/v1/refunds", **{"expand[]": "data.charge", "limit": 100})
    _ask(shop, "/v1/checkout/sessions", **{"expand[0]": "data.line_items", "status": "complete"})
    _ask(shop, "/v1/balance_transactions", **{"expand[0]": "data.source", "limit": 100})
    _ask(shop, "/v1/charges", limit=100)
    _ask(shop, "/v1/transfers", **{"expand[0]": "data.destination", "limit": 100})
    _ask(shop, "/v1/events", **{"types[0]": "refund.failed", "delivery_success": "false"})
    _ask(shop, "/v1/radar/early_fraud_warnings", **{"expand[]": "data.charge"})
    for kind in KINDS_WITH_A_PAGE:
        for each in shop.fake.objects(kind):
            if "account" in each:
                continue  # an event of a connected account is not ours to read
            shop_path = f"{kind.replace('.', '/')}s"
            assert _ask(shop, f"/v1/{shop_path}/{each['id']}")["id"] == each["id"]


def test_all_we_send_and_all_the_stand_in_says_is_in_stripes_description(shop: Shop) -> None:
    _tell_payments(shop)
    _tell_refunds(shop)
    _tell_disputes(shop)
    _tell_payouts(shop)
    tell_leaders(shop)
    _tell_trouble(shop)
    _look_around(shop)
    assert conformity.faults_of(shop.fake) == []
    assert {each.endpoint for each in shop.fake.exchanges} == {each.name for each in ENDPOINTS}
    assert {each["type"] for each in shop.fake.events} == EVENTS | {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.failed",
        "charge.pending",
        "charge.refunded",
        "charge.succeeded",
        "charge.updated",
        "checkout.session.async_payment_failed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
        "checkout.session.expired",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.succeeded",
        "payout.created",
        "payout.failed",
        "payout.paid",
        "payout.updated",
        "radar.early_fraud_warning.created",
        "refund.created",
        "refund.failed",
        "refund.updated",
    }


def test_the_description_is_of_the_version_we_pin() -> None:
    assert whole()["info"]["version"] == STRIPE_VERSION


def test_the_slice_the_stand_in_carries_is_cut_from_the_description() -> None:
    assert json.loads(SLICE.read_text()) == cut(whole())
    assert [each.name for each in ENDPOINTS] == [f"{method} {path}" for method, path in PLAYED]


def test_the_validator_knows_every_keyword_of_the_description() -> None:
    assert _keywords(whole()["components"]["schemas"].values()) <= CHECKED | DESCRIBING


def _keywords(schemas: Any) -> set[str]:
    found: set[str] = set()
    for schema in schemas:
        found |= schema.keys()
        below = [schema[key] for key in ("items", "additionalProperties") if key in schema]
        inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *below]
        found |= _keywords([each for each in inner if isinstance(each, dict)])
    return found


def _misspelt(params: dict[str, Any], *path: Any) -> dict[str, Any]:
    wrong = deepcopy(params)
    *branches, leaf = path
    inside: Any = wrong
    for key in branches:
        inside = inside[key]
    inside[leaf + "x"] = inside.pop(leaf)
    return wrong


@pytest.mark.parametrize(
    "path",
    [
        ("submit_type",),
        ("payment_intent_data", "description"),
        ("line_items", 0, "quantity"),
        ("line_items", 0, "price_data", "unit_amount"),
        ("line_items", 0, "price_data", "product_data", "description"),
    ],
)
def test_a_misspelt_parameter_is_refused_at_every_depth(shop: Shop, path: tuple[Any, ...]) -> None:
    wrong = _misspelt(checkout_params(shop.clock.at), *path)
    with pytest.raises(StripeRefused) as caught:
        shop.stripe.open_checkout(wrong, "key-1")
    assert caught.value.args[0] == "parameter_unknown"
    (fault,) = conformity.exchange_faults(shop.fake.exchanges[0])
    assert f"{path[-1]}x" in fault
    assert "unknown" in fault
    assert shop.open("key-1")  # what fails its checks is not kept under the key


def test_a_missing_or_mistyped_parameter_is_refused(shop: Shop) -> None:
    product = {"name": "A seat"}
    for price, code in (
        ({"unit_amount": 100, "product_data": product}, "parameter_missing"),
        ({"currency": "gbp", "unit_amount": "1.5", "product_data": product}, None),
        ({"currency": "gbp", "unit_amount": 29, "product_data": product}, "amount_too_small"),
    ):
        with pytest.raises(StripeRefused) as caught:
            shop.open("key-1", line_items=[{"price_data": price, "quantity": 1}])
        assert caught.value.args[0] == (code or "parameter_invalid_integer")


def test_what_the_stand_in_would_ignore_it_refuses(shop: Shop) -> None:
    with pytest.raises(StripeRefused) as caught:
        shop.open("key-1", allow_promotion_codes=True)
    assert caught.value.args[0] == "not_played_by_the_stand_in"


def _objects(shop: Shop) -> list[dict[str, Any]]:
    shop.fake.dashboard_refund(shop.paid(), 100)
    intent_id = shop.paid("disputed")
    shop.fake.dispute(intent_id)
    shop.fake.warn_of_fraud(intent_id)
    shop.fake.foreign_charge(9000)
    shop.clock.move(days=4)
    shop.fake.dashboard_reversal(shop.fake.dashboard_transfer(shop.leader(), 200)["id"], 100)
    shop.fake.pay_out()
    kinds = (
        *("checkout.session", "payment_intent", "charge", "refund", "balance_transaction"),
        *("dispute", "payout", "radar.early_fraud_warning", "transfer", "transfer_reversal"),
    )
    return [deepcopy(each) for kind in kinds for each in shop.fake.objects(kind)]


def test_an_object_that_lacks_a_required_field_is_refused(shop: Shop) -> None:
    for thing in _objects(shop):
        assert conformity.object_faults(thing) == []
        del thing["created"]
        assert conformity.object_faults(thing) == ["created: missing: is required"]


def test_an_object_with_an_invented_field_or_state_is_refused(shop: Shop) -> None:
    by_kind = {each["object"]: each for each in _objects(shop)}
    session, intent, charge = (
        by_kind[kind] for kind in ("checkout.session", "payment_intent", "charge")
    )
    session["automatic_tax"]["invented"] = True
    intent["status"] = "paid"
    charge["payment_method_details"]["card"]["exp_year"] = "2034"
    faults = [conformity.object_faults(each) for each in (session, intent, charge)]
    assert faults[0] == ["automatic_tax[invented]: unknown: is not in the description"]
    assert faults[1][0].startswith("status: enum: 'paid' is none of")
    assert faults[2] == [
        "payment_method_details[card][exp_year]: type: '2034' is no integer",
    ]


def test_the_validator_refuses_a_keyword_it_does_not_know() -> None:
    with pytest.raises(NotImplementedError):
        conformity.contract().faults({"minimum": 3}, 2)


def test_a_query_is_described_too() -> None:
    wanted = parameters(whole(), "GET", "/v1/charges")
    typed = conformity.contract().typed(wanted, {"limit": "3", "created": {"gte": "5"}})
    assert typed == {"limit": 3, "created": {"gte": 5}}
    (fault,) = conformity.contract().faults(wanted, {"created": {"since": 5}})
    assert fault.path == "created[since]"
