"""The pages a person sees: the hosted checkout page, onboarding of leaders, and a control page for
the laptop run.

What does not live here: what their buttons do (payments.py, refunds.py, disputes.py, payouts.py,
onboarding.py, accounts.py), HTML (html/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chalicelib.rules.money.amounts import Money
from local.fake_stripe import (
    accounts,
    api,
    balance,
    connected,
    disputes,
    onboarding,
    payments,
    payouts,
    refunds,
    sessions,
    transfers,
)
from local.fake_stripe.delivery import Deliveries
from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import KINDS, World

Json = dict[str, Any]
Form = Mapping[str, str]
ROWS_MAX = 50  # of each list on the control page


@dataclass(frozen=True)
class Page:
    """An answer to a browser."""

    status: int
    html: str = ""
    location: str | None = None


class Pages:
    """Answers browsers for one account."""

    def __init__(self, world: World, deliveries: Deliveries) -> None:
        self._world = world
        self._deliveries = deliveries
        self._html = Environment(
            loader=FileSystemLoader(Path(__file__).with_name("html")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._html.filters["money"] = _money
        self._html.filters["time"] = _time

    def answer(self, method: str, path: str, form: str) -> Page:
        """The page of `path`; what Stripe would refuse becomes a page that says so."""
        given = dict(parse_qsl(form))
        parts = path.strip("/").split("/")
        try:
            if parts[:2] == ["c", "pay"] and len(parts) in (3, 4):
                return self._checkout(method, parts[2], parts[3:] == ["left"], given)
            if parts[:2] == ["setup", "e"] and len(parts) == 4:
                return self._setup(method, parts[2], parts[3], given)
            if parts == ["control"]:
                return self._control(method, given)
            if parts == [""]:
                return Page(303, location="/control")
            raise Refused("There is no such page.", status=404)
        except Refused as refused:
            return self._render("message.html", refused.status, message=_message(refused))

    def _checkout(self, method: str, session_id: str, left: bool, given: Form) -> Page:
        if left:
            return self._render("left.html", session=self._session(session_id))
        if method == "POST":
            return self._pay(session_id, given)
        session = self._session(session_id)
        if session["status"] != "open":
            return self._render("closed.html", session=session, back=_success_url(session))
        return self._form(session, {}, None, 200)

    def _setup(self, method: str, account_id: str, token: str, given: Form) -> Page:
        """Onboarding: a GET uses the link up, the POST of its form ends the visit."""
        try:
            with self._world.changing():
                if method == "POST":
                    back = onboarding.press(self._world, account_id, token, given)
                    return Page(303, location=back)
                account, visit = onboarding.visit(self._world, account_id, token)
        except onboarding.Elsewhere as elsewhere:
            return Page(303, location=elsewhere.url)
        return self._render("setup.html", account=account, token=token, visit=visit)

    def _session(self, session_id: str) -> Json:
        with self._world.changing():
            sessions.expire_due(self._world)
            return self._world.get("checkout.session", session_id)

    def _pay(self, session_id: str, given: Form) -> Page:
        email = given.get("email")
        session = self._session(session_id)
        try:
            with self._world.changing():
                if given.get("method") == "bacs_debit":
                    payments.pay_delayed(self._world, session_id, email)
                else:
                    _check_card(given)
                    payments.pay_by_card(self._world, session_id, given.get("number", ""), email)
        except Refused as refused:
            if refused.status != 402:
                raise
            return self._form(session, given, _message(refused), 402)
        return Page(303, location=_success_url(session))

    def _form(self, session: Json, given: Form, error: str | None, status: int) -> Page:
        items = self._world.notes[session["id"]]["line_items"]["data"]
        return self._render(
            "checkout.html", status, session=session, items=items, given=given, error=error
        )

    def _control(self, method: str, given: Form) -> Page:
        if method == "POST":
            with self._world.changing():
                self._press(given["act"], given.get("id", ""), given)
            return Page(303, location="/control")
        with self._world.changing():
            api.catch_up(self._world)
            lists = {kind: self._world.all(kind)[:ROWS_MAX] for kind in KINDS}
            states = {row["event_id"]: row for row in self._world.deliveries}
            sessions_of = self._world.objects["checkout.session"].values()
            payers = {each["payment_intent"]: each["customer_email"] for each in sessions_of}
        return self._render(
            "control.html",
            lists=lists,
            states=states,
            payers=payers,
            accounts=self._world.notes,
            deliveries=self._deliveries,
            fates=self._world.next_refunds,
        )

    def _press(self, act: str, thing_id: str, given: Form) -> None:
        """One button of the control page."""
        world, deliveries = self._world, self._deliveries
        buttons: Mapping[str, Callable[[], object]] = {
            **self._bank(thing_id, given),
            **self._leaders(thing_id),
            "settle": lambda: payments.settle_delayed(world, thing_id, ok=True),
            "fail": lambda: payments.settle_delayed(world, thing_id, ok=False),
            "expire": lambda: sessions.expire(world, thing_id),
            "refund": lambda: refunds.create(world, _refund_params(thing_id, given)),
            "fail-refund": lambda: refunds.fail(world, thing_id),
            "fail-next-refund": lambda: world.next_refunds.append("failing"),
            "resend": lambda: deliveries.resend(thing_id),
            "pause": lambda: setattr(deliveries, "paused", True),
            "resume": lambda: setattr(deliveries, "paused", False),
        }
        if act not in buttons:
            raise Refused("There is no such button.", status=404)
        buttons[act]()

    def _bank(self, thing_id: str, given: Form) -> Mapping[str, Callable[[], object]]:
        """What cardholders, their banks and ours decide."""
        world = self._world
        pence = given.get("amount", "")
        return {
            "dispute": lambda: disputes.open_dispute(world, thing_id, "fraudulent", False, None),
            "inquiry": lambda: disputes.open_dispute(world, thing_id, "general", True, None),
            "warn": lambda: disputes.warn_of_fraud(world, thing_id, "unauthorized_use_of_card"),
            "escalate": lambda: disputes.escalate(world, thing_id),
            "answer": lambda: disputes.answer(world, thing_id),
            "win": lambda: disputes.win(world, thing_id),
            "lose": lambda: disputes.lose(world, thing_id),
            "close": lambda: disputes.close_inquiry(world, thing_id),
            "pay-out": lambda: payouts.pay_out(world),
            "fail-payout": lambda: payouts.fail(world, thing_id),
            "foreign": lambda: payments.pay_elsewhere(world, int(pence)),
        }

    def _leaders(self, thing_id: str) -> Mapping[str, Callable[[], object]]:
        """What Stripe's reviewers, leaders and their banks decide."""
        world = self._world
        return {
            "accept-account": lambda: accounts.enable(world, thing_id),
            "reject-account": lambda: accounts.reject(world, thing_id),
            "ask-account": lambda: accounts.ask_for_documents(world, thing_id),
            "close-account": lambda: accounts.close(world, thing_id),
            "pay-out-account": lambda: connected.pay_out(world, thing_id),
            "fail-account-payout": lambda: connected.fail(world, thing_id),
            "reverse": lambda: transfers.reverse(world, thing_id, {}),
            "make-available": lambda: balance.make_available(world),
        }

    def _render(self, name: str, status: int = 200, **facts: Any) -> Page:
        return Page(status, self._html.get_template(name).render(**facts))


def _check_card(given: Form) -> None:
    """The two fields beside the number must at least be there."""
    if not given.get("expiry") or not given.get("cvc"):
        message = "Your card's expiry date or security code is incomplete."
        raise Refused(message, status=402, kind="card_error", code="incomplete")


def _refund_params(intent_id: str, given: Form) -> Json:
    """A refund from the Dashboard: none of our metadata; all that is left without an amount."""
    amount = given.get("amount", "").strip()
    if not amount:
        return {"payment_intent": intent_id}
    if not amount.isdigit():
        raise Refused("The amount is whole pence.")
    return {"payment_intent": intent_id, "amount": int(amount)}


def _success_url(session: Json) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _message(refused: Refused) -> str:
    message: str = refused.body["error"]["message"]
    return message


def _money(amount_minor: int, currency: str) -> str:
    return str(Money(amount_minor, currency.upper()))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y %H:%M UTC")
