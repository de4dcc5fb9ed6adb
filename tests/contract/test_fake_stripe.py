"""The stand-in itself: its deliveries, its memory, its clock."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest
import requests

from chalicelib.errors import StripeUnknown
from chalicelib.gateways.webhook_signature import verify
from local.fake_stripe import WEBHOOK_SECRET, FakeStripe, Refused
from tests.contract.stories import Clock, Shop, refund_params, running_shop

BOTH = ["card", "bacs_debit"]
PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


class Inbox:
    """An endpoint with memory that checks signatures, and answers what it is told to."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.types: list[str] = []
        self.status = 200

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        event = verify(body, headers["Stripe-Signature"], [WEBHOOK_SECRET], self.clock.now())
        self.types.append(event.type)
        return self.status


def _listen(shop: Shop) -> Inbox:
    inbox = Inbox(shop.clock)
    shop.fake.deliveries.webhook = inbox
    return inbox


# Deliveries


def test_a_payment_is_told_in_order_and_signed(shop: Shop) -> None:
    inbox = _listen(shop)
    shop.paid()
    assert [each["type"] for each in shop.fake.outgoing] == [*PAID, "checkout.session.completed"]
    assert shop.fake.deliver_all() == [200] * 4
    assert inbox.types == [*PAID, "checkout.session.completed"]
    assert shop.fake.outgoing == []


def test_deliveries_can_be_shuffled_doubled_and_dropped(shop: Shop) -> None:
    inbox = _listen(shop)
    shop.paid()
    created, charged, succeeded, completed = shop.fake.outgoing
    shop.fake.drop(created["id"])
    shop.fake.deliver(completed["id"], times=2)
    shop.fake.deliver(charged["id"])
    assert inbox.types == ["checkout.session.completed"] * 2 + ["charge.succeeded"]
    assert shop.fake.outgoing == [succeeded]


def test_an_event_never_generated_is_not_even_listed(shop: Shop) -> None:
    shop.fake.never_generate("checkout.session.completed")
    shop.paid("key-1")
    assert [each["type"] for each in shop.fake.events] == PAID
    shop.paid("key-2")
    assert shop.fake.events[-1]["type"] == "checkout.session.completed"


def test_an_endpoint_in_trouble_is_tried_again_with_growing_gaps_for_three_days(shop: Shop) -> None:
    inbox = _listen(shop)
    inbox.status = 500
    shop.stripe.expire_checkout(shop.open())
    tried_after_minutes = []
    for minute in range(0, 5 * 24 * 60, 5):
        if shop.fake.deliver_due():
            tried_after_minutes.append(minute)
        shop.clock.move(minutes=5)
    gaps = [later - earlier for earlier, later in pairwise(tried_after_minutes)]
    assert gaps == sorted(gaps)
    assert gaps[0] == 5
    assert 2 * 24 * 60 < tried_after_minutes[-1] <= 3 * 24 * 60
    assert shop.fake.outgoing == []
    shop.fake.deliveries.resend(shop.fake.events[0]["id"])
    inbox.status = 200
    assert shop.fake.deliver_all() == [200]


def test_the_endpoint_may_ask_the_api_while_it_is_being_told(shop: Shop) -> None:
    seen = []

    def endpoint(body: bytes, headers: Mapping[str, str]) -> int:
        seen.append(shop.stripe.balance_minor("GBP"))
        return 200

    shop.fake.deliveries.webhook = endpoint
    shop.paid()
    shop.fake.deliver_all()
    assert seen == [21256] * 4


class _Door(BaseHTTPRequestHandler):
    """An endpoint over HTTP that keeps what came."""

    came: list[tuple[bytes, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((body, self.headers["Stripe-Signature"]))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def test_events_travel_over_http(shop: Shop) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Door)
    server.came = []  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    shop.fake.deliveries.webhook = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
    shop.stripe.expire_checkout(shop.open())
    assert shop.fake.deliver_all() == [204]
    server.shutdown()
    server.server_close()
    ((body, signature),) = server.came  # type: ignore[attr-defined]
    event = verify(body, signature, [WEBHOOK_SECRET], shop.clock.now())
    assert event.type == "checkout.session.expired"
    assert shop.fake.deliver(event.id) == [0]  # nobody listens any more


# Time and money


def test_a_session_ends_when_its_time_is_over(shop: Shop) -> None:
    checkout_id = shop.open()
    shop.clock.move(minutes=59)
    assert shop.stripe.checkout(checkout_id).status == "open"
    shop.clock.move(minutes=1)
    with pytest.raises(Refused):
        shop.fake.pay(checkout_id)
    assert shop.stripe.checkout(checkout_id).status == "expired"
    assert shop.fake.events[-1]["type"] == "checkout.session.expired"


def test_a_delayed_payment_is_complete_long_before_it_is_paid(shop: Shop) -> None:
    checkout_id = shop.open(payment_method_types=BOTH)
    shop.fake.pay_delayed(checkout_id)
    found = shop.stripe.checkout(checkout_id)
    assert (found.status, found.payment_status) == ("complete", "unpaid")
    assert shop.stripe.payment_intent(found.payment_intent_id or "").status == "processing"
    assert shop.stripe.balance_minor("GBP") == 0
    shop.clock.move(days=3)
    charge = shop.fake.settle_delayed(checkout_id)
    assert shop.stripe.checkout(checkout_id).payment_status == "paid"
    movement = shop.stripe.movement_of_charge(charge["id"])
    assert movement is not None
    assert (movement.kind, movement.fee_minor) == ("payment", 216)


def test_a_refund_fails_by_itself_when_the_card_is_closed(shop: Shop) -> None:
    intent_id = str(shop.fake.pay(shop.open(), "4000000000005126")["payment_intent"])
    refund = shop.stripe.refund(refund_params(intent_id, 500), "refund-1")
    assert refund.status == "succeeded"
    shop.clock.move(minutes=2)
    assert shop.stripe.refund_by_id(refund.id).status == "failed"
    assert shop.stripe.balance_minor("GBP") == 21256
    assert [each["type"] for each in shop.fake.events[-2:]] == ["refund.failed", "refund.updated"]


def test_a_warning_of_fraud_names_the_payment_and_rests_once_it_is_disputed(shop: Shop) -> None:
    intent_id = shop.paid()
    warning = shop.fake.warn_of_fraud(intent_id)
    assert (warning["payment_intent"], warning["actionable"]) == (intent_id, True)
    shop.fake.dispute(intent_id)
    assert not warning["actionable"]


def test_disputes_and_payouts_are_still_there_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "stripe.json"
    with running_shop(state_path=state) as before:
        dispute_id = before.fake.dispute(before.paid(), inquiry=True)["id"]
        before.fake.foreign_charge(90_000)
        before.clock.move(days=3)
        payout_id = before.fake.pay_out()["id"]
        lines = list(before.stripe.movements_of_payout(payout_id))
    with running_shop(state_path=state) as after:
        after.clock.at = before.clock.at
        assert list(after.stripe.movements_of_payout(payout_id)) == lines
        after.fake.escalate(dispute_id)
        assert len(after.stripe.dispute(dispute_id).movements) == 1


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        with running_shop(seed="7") as repeated:
            ids.append(repeated.paid())
    assert ids[0] == ids[1]


def test_everything_is_still_there_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "stripe.json"
    with running_shop(state_path=state) as before:
        intent_id = before.paid("key-1")
        before.fake.lose_next_reply("/v1/refunds")
        with pytest.raises(StripeUnknown):
            before.stripe.refund(refund_params(intent_id, 500), "refund-1")
        waiting = before.fake.outgoing
        kept = before.fake.world.snapshot()
    with running_shop(state_path=state) as after:
        assert after.fake.world.snapshot() == kept
        assert after.fake.outgoing == waiting
        refund = after.stripe.refund(refund_params(intent_id, 500), "refund-1")
        assert after.stripe.refunds_of(intent_id) == [refund]
        assert after.open("key-2") not in kept["objects"]["checkout.session"]


# Running


def test_it_runs_alone() -> None:
    command = [sys.executable, "-u", "-m", "local.fake_stripe", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alone:
        assert alone.stdout
        said = re.search(r"http://127\.0\.0\.1:\d+", alone.stdout.readline())
        assert said
        assert "None yet." in requests.get(f"{said[0]}/control", timeout=5).text
        alone.terminate()


def test_it_delivers_in_the_background(shop: Shop) -> None:
    arrived = Event()

    def endpoint(body: bytes, headers: Mapping[str, str]) -> int:
        arrived.set()
        return 200

    shop.fake.deliveries.webhook = endpoint
    shop.stripe.expire_checkout(shop.open())
    shop.fake.deliver_in_background(every_seconds=0.01)
    assert arrived.wait(5)


def test_it_listens_on_this_machine_only() -> None:
    fake = FakeStripe(Clock().now)
    assert fake.start().startswith("http://127.0.0.1:")
    fake.stop()
