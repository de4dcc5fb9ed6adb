"""FakeStripe: the whole stand-in behind one class, for tests and for the laptop run.

Tests drive it through its control methods: paying, time, refunds, faults, deliveries. What it
was asked stays in `exchanges`. What does not live here: any behaviour of Stripe itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from local.fake_stripe import api, disputes, faults, payments, payouts, refunds, sessions
from local.fake_stripe.answering import Api, Exchange
from local.fake_stripe.balance import balance
from local.fake_stripe.connect_controls import ConnectControls
from local.fake_stripe.delivery import Deliveries, Endpoint
from local.fake_stripe.faults import Fault
from local.fake_stripe.pages import Pages
from local.fake_stripe.server import Served, Server
from local.fake_stripe.world import World

Json = dict[str, Any]
WEBHOOK_SECRET = "whsec_fake_stripe"
CONNECT_WEBHOOK_SECRET = "whsec_fake_stripe_connect"


class FakeStripe(ConnectControls):
    """One Stripe account in test mode, with the accounts connected to it.

    `now` is the clock everything lives by. `webhook` is a URL, or a function of body and headers
    that answers an HTTP status; `connect_webhook` hears of connected accounts, under a secret of
    its own. `seed` makes ids repeatable; without it they differ from run to
    run. With `state_path` everything is kept between runs.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        webhook: Endpoint | None = None,
        secret: str = WEBHOOK_SECRET,
        connect_webhook: Endpoint | None = None,
        connect_secret: str = CONNECT_WEBHOOK_SECRET,
        state_path: Path | None = None,
        seed: str | None = None,
    ) -> None:
        self.world = World(now, seed, state_path)
        self.deliveries = Deliveries(self.world, webhook, secret, connect_webhook, connect_secret)
        self._api = Api(self.world)
        self._server: Server | None = None
        self._stopping = Event()
        self._courier: Thread | None = None

    # Running

    def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1; the base URL. Port 0 takes any free one."""
        pages = Pages(self.world, self.deliveries)
        self._server = Server(port, Served(self._api, pages))
        self.world.base_url = self._server.base_url
        return self._server.base_url

    def stop(self) -> None:
        """Stop listening and delivering; held requests are let go."""
        self._stopping.set()
        self._api.faults.clear()
        if self._courier:
            self._courier.join()
        if self._server:
            self._server.stop()

    def saving_later(self) -> AbstractContextManager[None]:
        """Keep everything in memory, and save once at the end: for playing the demo's past."""
        return self.world.saving_later()

    def deliver_in_background(self, every_seconds: float = 0.5) -> None:
        """Let time pass and deliver what is due, in a thread, until `stop`."""
        self._courier = Thread(
            target=self._deliver_until_stopped, args=(every_seconds,), daemon=True
        )
        self._courier.start()

    def _deliver_until_stopped(self, every_seconds: float) -> None:
        while not self._stopping.wait(every_seconds):
            self.expire_due()
            self.deliver_due()

    # What payers, banks and the Dashboard do

    def pay(self, session_id: str, card: str = payments.GOOD_CARD) -> Json:
        """Pay by card; the charge. Raises Refused (402) when the card is declined."""
        with self.world.changing():
            return payments.pay_by_card(self.world, session_id, card)

    def pay_delayed(self, session_id: str) -> Json:
        """Pay by Bacs Direct Debit: complete, unpaid; the pending charge."""
        with self.world.changing():
            return payments.pay_delayed(self.world, session_id)

    def settle_delayed(self, session_id: str, ok: bool = True) -> Json:
        """Days later the debit is paid, or bounces."""
        with self.world.changing():
            return payments.settle_delayed(self.world, session_id, ok)

    def expire(self, session_id: str) -> Json:
        """Close one session, as the Dashboard can."""
        with self.world.changing():
            return sessions.expire(self.world, session_id)

    def expire_due(self) -> None:
        """Let everything happen whose time has come; every request does so too."""
        with self.world.changing():
            api.catch_up(self.world)

    def dashboard_refund(self, intent_id: str, amount: int | None = None) -> Json:
        """A refund without our metadata, of everything left when no amount is given."""
        amounts = {} if amount is None else {"amount": amount}
        with self.world.changing():
            return refunds.create(self.world, {"payment_intent": intent_id, **amounts})

    def fail_refund(self, refund_id: str, reason: str = "expired_or_canceled_card") -> Json:
        """The bank sends a refund back, pending or succeeded."""
        with self.world.changing():
            return refunds.fail(self.world, refund_id, reason)

    def settle_refund(self, refund_id: str) -> Json:
        """A pending refund arrives."""
        with self.world.changing():
            return refunds.succeed(self.world, refund_id)

    def next_refund(self, fate: str) -> None:
        """`pending`: waits a minute, then succeeds. `failing`: succeeds, fails a minute later."""
        self.world.next_refunds.append(fate)

    def foreign_charge(self, amount: int) -> Json:
        """A payment of another use of the account, without our tag; its charge."""
        with self.world.changing():
            return payments.pay_elsewhere(self.world, amount)

    def dispute(
        self,
        intent_id: str,
        reason: str = "fraudulent",
        inquiry: bool = False,
        amount: int | None = None,
    ) -> Json:
        """A cardholder disputes a payment, or asks about it: an inquiry takes no money."""
        with self.world.changing():
            return disputes.open_dispute(self.world, intent_id, reason, inquiry, amount)

    def escalate(self, dispute_id: str) -> Json:
        """An inquiry becomes a dispute: the money is taken."""
        with self.world.changing():
            return disputes.escalate(self.world, dispute_id)

    def answer_dispute(self, dispute_id: str) -> Json:
        """Evidence is sent in the Dashboard; the bank looks at it."""
        with self.world.changing():
            return disputes.answer(self.world, dispute_id)

    def win(self, dispute_id: str, fee_back: bool = True) -> Json:
        """The bank decides for us, even after it had decided against: the amount comes back."""
        with self.world.changing():
            return disputes.win(self.world, dispute_id, fee_back)

    def lose(self, dispute_id: str) -> Json:
        """The bank decides for the cardholder."""
        with self.world.changing():
            return disputes.lose(self.world, dispute_id)

    def close_inquiry(self, dispute_id: str) -> Json:
        """An inquiry ends without a dispute."""
        with self.world.changing():
            return disputes.close_inquiry(self.world, dispute_id)

    def warn_of_fraud(self, intent_id: str, fraud_type: str = "unauthorized_use_of_card") -> Json:
        """The card's bank warns of fraud before any dispute."""
        with self.world.changing():
            return disputes.warn_of_fraud(self.world, intent_id, fraud_type)

    def pay_out(self) -> Json:
        """The automatic payout of the day: all that is available goes to the bank. Raises Refused
        when that is nothing; cards become available after three days."""
        with self.world.changing():
            return payouts.pay_out(self.world)

    def fail_payout(self, payout_id: str, code: str = "account_closed") -> Json:
        """The bank sends a payout back: the money is in the balance again."""
        with self.world.changing():
            return payouts.fail(self.world, payout_id, code)

    def hold_movements(self) -> None:
        """Charges get their balance movement only when `write_movements` is called."""
        self.world.movements_held = True

    def write_movements(self) -> None:
        """Write the movements held back, and write those to come at once again."""
        with self.world.changing():
            self.world.movements_held = False
            for charge in list(self.world.objects["charge"].values()):
                if charge["status"] == "succeeded" and charge["balance_transaction"] is None:
                    payments.write_movement(self.world, charge)

    # Faults

    def lose_next_request(self, path_part: str, times: int = 1) -> Fault:
        """Cut the line before any work is done. `path_part` is looked for in `METHOD /path`."""
        return self._api.faults.order(Fault(faults.LOSE_REQUEST, path_part, times))

    def lose_next_reply(self, path_part: str, times: int = 1) -> Fault:
        """Do the work, keep the answer under its key, and cut the line."""
        return self._api.faults.order(Fault(faults.LOSE_REPLY, path_part, times))

    def fail_next(self, path_part: str, status: int, times: int = 1, stored: bool = True) -> Fault:
        """Answer an error without working; `stored` keeps it under the idempotency key."""
        return self._api.faults.order(Fault(faults.FAIL, path_part, times, status, stored))

    def hold_next(self, path_part: str) -> Fault:
        """Keep a request waiting, its key in use, until `.release()` of what this returns."""
        return self._api.faults.order(Fault(faults.HOLD, path_part))

    def never_generate(self, event_type: str) -> None:
        """The next event of this type is never made: not delivered, not listed."""
        self.world.unmade_events.append(event_type)

    def clear_faults(self) -> None:
        """Forget the faults still to come."""
        self._api.faults.clear()
        self.world.unmade_events.clear()

    def restrict(self, secret_key: str, *forbidden: str) -> None:
        """A key that is refused (403) wherever a part is found in `METHOD /path`."""
        self._api.restricted[secret_key] = forbidden

    # Deliveries

    @property
    def outgoing(self) -> list[Json]:
        """Events that have not arrived at the endpoint, in the order they happened."""
        return self.deliveries.outgoing()

    def signed(self, event: Json) -> tuple[bytes, str]:
        """An event's body and its `Stripe-Signature` header, signed now."""
        return self.deliveries.signed(event)

    def deliver(self, event_id: str, times: int = 1) -> list[int]:
        """Send an event now, as often as wanted; the endpoint's statuses, 0 for no answer."""
        return self.deliveries.deliver(event_id, times)

    def deliver_all(self) -> list[int]:
        """Send every outgoing event once, in order."""
        return [status for event in self.outgoing for status in self.deliver(event["id"])]

    def deliver_due(self) -> int:
        """Send the events whose next try is due; how many were tried."""
        return self.deliveries.deliver_due()

    def drop(self, event_id: str) -> None:
        """The event never arrives; it can still be listed, delivered and resent by hand."""
        self.deliveries.drop(event_id)

    # What happened

    @property
    def exchanges(self) -> list[Exchange]:
        """Every API request with its answer, oldest first."""
        return self._api.exchanges

    @property
    def events(self) -> list[Json]:
        """Every event, oldest first."""
        return self.objects("event")

    def objects(self, kind: str) -> list[Json]:
        """Every object of a kind (`charge`, `refund`, ...), oldest first, in Stripe's shape."""
        with self.world.lock:
            return list(self.world.objects[kind].values())

    def balance_minor(self, currency: str = "gbp") -> int:
        """Available plus pending, in minor units."""
        with self.world.lock:
            parts = balance(self.world)
        rows = [*parts["available"], *parts["pending"]]
        return sum(row["amount"] for row in rows if row["currency"] == currency)
