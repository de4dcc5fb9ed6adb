"""The stand-in's pages: paying as a person does, and the control page of the laptop run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.stories import Shop, checkout_params, running_shop

BOTH = ["card", "bacs_debit"]
CARD = {"method": "card", "expiry": "12 / 34", "cvc": "123"}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


def _post(url: str, **form: str) -> requests.Response:
    return requests.post(url, form, timeout=5, allow_redirects=False)


def _page(url: str) -> str:
    answer = requests.get(url, timeout=5, allow_redirects=False)
    assert answer.status_code == 200
    assert "stands in for Stripe" in answer.text
    return answer.text


def _url(shop: Shop, **changes: Any) -> str:
    opened = shop.stripe.open_checkout(checkout_params(shop.clock.at, **changes), "key-1")
    return opened.url or ""


def test_a_person_pays_on_the_hosted_page_and_comes_back(shop: Shop) -> None:
    url = _url(shop)
    page = _page(url)
    for shown in ("£216.00", "Thursday Lantern Group", "pip.buttonwood@example.org", "Back"):
        assert shown in page
    answer = _post(url, **CARD, number="4242 4242 4242 4242")
    checkout_id = url.rsplit("/", 1)[1]
    came_back = f"https://circle.example/offers/t/paid?session={checkout_id}"
    assert (answer.status_code, answer.headers["Location"]) == (303, came_back)
    assert shop.stripe.checkout(checkout_id).payment_status == "paid"
    assert came_back in _page(url)


def test_a_declined_card_may_try_again_on_the_same_page(shop: Shop) -> None:
    url = _url(shop)
    declined = _post(url, **CARD, number="4000 0000 0000 0002")
    assert declined.status_code == 402
    assert "Your card was declined." in declined.text
    assert "incomplete" in _post(url, method="card", number="4242424242424242").text
    assert "number is incorrect" in _post(url, **CARD, number="<script>").text
    assert _post(url, **CARD, number="4242424242424242").status_code == 303
    (intent,) = shop.fake.objects("payment_intent")
    assert intent["status"] == "succeeded"
    assert [each["status"] for each in shop.fake.objects("charge")] == ["failed", "succeeded"]


def test_direct_debit_is_offered_only_where_the_session_allows_it(shop: Shop) -> None:
    url = _url(shop)
    assert "Bacs" not in _page(url)
    assert _post(url, method="bacs_debit").status_code == 400
    other = shop.open("key-2", payment_method_types=BOTH)
    page = f"{shop.base_url}/c/pay/{other}"
    assert "Bacs Direct Debit" in _page(page)
    assert _post(page, method="bacs_debit").status_code == 303
    assert shop.stripe.checkout(other).payment_status == "unpaid"
    assert "Debit is paid" in _page(f"{shop.base_url}/control")
    assert _post(f"{shop.base_url}/control", act="settle", id=other).status_code == 303
    assert shop.stripe.checkout(other).payment_status == "paid"


def test_closing_the_tab_pays_nothing_and_tells_nobody(shop: Shop) -> None:
    url = _url(shop)
    assert "Nothing was paid" in _page(f"{url}/left")
    assert shop.fake.events == []


def test_an_ended_session_says_so(shop: Shop) -> None:
    url = _url(shop)
    shop.clock.move(hours=2)
    assert "has ended" in _page(url)
    assert _post(url, **CARD, number="4242424242424242").status_code == 409


@pytest.mark.parametrize("path", ["/c/pay/cs_none", "/nowhere", "/c/pay"])
def test_a_page_that_is_not_there_says_so(shop: Shop, path: str) -> None:
    assert requests.get(shop.base_url + path, timeout=5).status_code == 404


def test_the_control_page_plays_bank_and_dashboard(shop: Shop) -> None:
    control = f"{shop.base_url}/control"
    intent_id = shop.paid()
    assert _post(control, act="refund", id=intent_id, amount="500").status_code == 303
    assert _post(control, act="fail-next-refund").status_code == 303
    assert _post(control, act="refund", id=intent_id, amount="").status_code == 303
    first, rest = shop.fake.objects("refund")
    assert (first["amount"], rest["amount"]) == (500, 21100)
    shop.clock.move(minutes=2)
    assert re.findall(r"<td>(succeeded|failed)</td>", _page(control).split("Refunds")[1]) == [
        "failed",
        "succeeded",
    ]
    assert _post(control, act="fail-refund", id=first["id"]).status_code == 303
    assert first["status"] == "failed"
    for act, paused in (("pause", True), ("resume", False)):
        assert _post(control, act=act).status_code == 303
        assert shop.fake.deliveries.paused is paused
    event_id = shop.fake.events[0]["id"]
    shop.fake.drop(event_id)
    _post(control, act="resend", id=event_id)
    assert event_id in [each["id"] for each in shop.fake.outgoing]
    assert _post(control, act="explode").status_code == 404


def test_the_control_page_plays_cardholders_and_our_own_bank(shop: Shop) -> None:
    control = f"{shop.base_url}/control"
    for key, act in (("key-1", "dispute"), ("key-2", "inquiry")):
        assert _post(control, act=act, id=shop.paid(key)).status_code == 303
    lost, asked = shop.fake.objects("dispute")
    assert _post(control, act="answer", id=lost["id"]).status_code == 303
    assert "under_review" in _page(control)
    assert _post(control, act="lose", id=lost["id"]).status_code == 303
    assert _post(control, act="escalate", id=asked["id"]).status_code == 303
    assert _post(control, act="win", id=asked["id"]).status_code == 303
    assert _post(control, act="close", id=asked["id"]).status_code == 409
    assert (lost["status"], asked["status"]) == ("lost", "won")
    assert _post(control, act="warn", id=shop.paid("key-3")).status_code == 303
    assert _post(control, act="foreign", amount="50000").status_code == 303
    shop.clock.move(days=3)
    assert _post(control, act="pay-out").status_code == 303
    (payout,) = shop.fake.objects("payout")
    assert "The bank sends it back" in _page(control)
    assert _post(control, act="fail-payout", id=payout["id"]).status_code == 303
    assert payout["status"] == "failed"
