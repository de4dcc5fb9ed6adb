"""Paying on a Checkout Session: the PaymentIntent, its charges, and what becomes of them.

Cards are Stripe's own test numbers. Bacs Direct Debit is the delayed method: the session is
complete and unpaid until the debit is settled or fails days later.
What does not live here: fees and movements (balance.py), refunds (refunds.py).
"""

from __future__ import annotations

from typing import Any

from local.fake_stripe import balance, sessions
from local.fake_stripe.charges import new_charge, new_intent
from local.fake_stripe.events import emit
from local.fake_stripe.refusals import Refused
from local.fake_stripe.world import World

Json = dict[str, Any]
GOOD_CARD = "4242424242424242"
REFUND_PENDING_CARD = "4000000000007726"  # a refund starts pending and succeeds later
REFUND_FAILING_CARD = "4000000000005126"  # a refund succeeds at first and fails later
PAYING_CARDS = (GOOD_CARD, REFUND_PENDING_CARD, REFUND_FAILING_CARD)
DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "4000000000000069": ("expired_card", "expired_card", "Your card has expired."),
}


def open_session(world: World, session_id: str) -> Json:
    """A session somebody can still pay on; refused when it is complete or expired."""
    sessions.expire_due(world)
    session = world.get("checkout.session", session_id)
    if session["status"] != "open":
        raise Refused(f"This page is closed: the session is {session['status']}.", status=409)
    return session


def pay_by_card(world: World, session_id: str, number: str, email: str | None = None) -> Json:
    """Pay; answers the charge. Raises Stripe's 402 for a declined card, which may try again."""
    session = open_session(world, session_id)
    number = "".join(number.split())
    if number not in PAYING_CARDS and number not in DECLINES:
        message = "Your card number is incorrect."
        raise Refused(message, status=402, kind="card_error", code="incorrect_number")
    _note_email(session, email)
    intent = _intent_of(world, session)
    charge = new_charge(world, intent, session, "card", number)
    if number in DECLINES:
        raise _declined(world, intent, charge, *DECLINES[number])
    session.update(status="complete", payment_status="paid", url=None)
    _succeed(world, intent, charge)
    emit(world, "checkout.session.completed", session)
    return charge


def pay_delayed(world: World, session_id: str, email: str | None = None) -> Json:
    """Promise to pay by Bacs Direct Debit: complete, but unpaid until it is settled."""
    session = open_session(world, session_id)
    if "bacs_debit" not in session["payment_method_types"]:
        raise Refused("This session takes no Bacs Direct Debit.")
    _note_email(session, email)
    intent = _intent_of(world, session)
    charge = new_charge(world, intent, session, "bacs_debit", "00012345")
    intent.update(status="processing", latest_charge=charge["id"])
    session.update(status="complete", url=None)
    emit(world, "payment_intent.processing", intent)
    emit(world, "charge.pending", charge)
    emit(world, "checkout.session.completed", session)
    return charge


def settle_delayed(world: World, session_id: str, ok: bool) -> Json:
    """Days later the debit is paid or bounces."""
    session = world.get("checkout.session", session_id)
    intent = world.get("payment_intent", session["payment_intent"] or "")
    if intent["status"] != "processing":
        raise Refused(f"This payment is not on its way: it is {intent['status']}.", status=409)
    charge = world.get("charge", intent["latest_charge"])
    if ok:
        session["payment_status"] = "paid"
        _succeed(world, intent, charge)
        emit(world, "checkout.session.async_payment_succeeded", session)
    else:
        _declined(
            world, intent, charge, "payment_method_provider_decline", "debit_not_authorized",
            "The customer's bank account could not be debited.",
        )  # fmt: skip
        emit(world, "checkout.session.async_payment_failed", session)
    return charge


def pay_elsewhere(world: World, amount: int) -> Json:
    """A card payment of another use of the same account: no session, none of our metadata."""
    session: Json = {
        "id": world.new_id("elsewhere"),
        "amount_total": amount,
        "currency": "gbp",
        "customer_details": None,
        "payment_method_types": ["card"],
    }
    world.notes[session["id"]] = {"payment_intent_data": {"description": "A raffle ticket"}}
    intent = new_intent(world, session)
    emit(world, "payment_intent.created", intent)
    charge = new_charge(world, intent, session, "card", GOOD_CARD)
    _succeed(world, intent, charge)
    return charge


def write_movement(world: World, charge: Json) -> None:
    """Write the balance movement that Stripe held back, and say so."""
    balance.write_charge(world, charge)
    emit(world, "charge.updated", charge, {"balance_transaction": None})


def _succeed(world: World, intent: Json, charge: Json) -> None:
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    intent.update(
        status="succeeded",
        amount_received=charge["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
    )
    if not world.movements_held:
        balance.write_charge(world, charge)
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", intent)


def _declined(
    world: World, intent: Json, charge: Json, code: str, decline: str, message: str
) -> Refused:
    """Write a failed attempt down; the error is the caller's to raise."""
    card = charge["payment_method_details"]["type"] == "card"
    kind = "card_error" if card else "invalid_request_error"
    charge.update(status="failed", failure_code=code, failure_message=message)
    charge["outcome"].update(
        network_status="declined_by_network", reason=decline, seller_message=message,
        type="issuer_declined",
    )  # fmt: skip
    facts = {"code": code, "decline_code": decline, "message": message, "charge": charge["id"]}
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"],
        last_payment_error={"type": kind, **facts},
    )
    emit(world, "charge.failed", charge)
    emit(world, "payment_intent.payment_failed", intent)
    return Refused(message, status=402, kind=kind, code=code, decline_code=decline)


def _intent_of(world: World, session: Json) -> Json:
    """The session's PaymentIntent; Stripe makes it when somebody first tries to pay."""
    if session["payment_intent"]:
        return world.get("payment_intent", session["payment_intent"])
    intent = new_intent(world, session)
    session["payment_intent"] = intent["id"]
    emit(world, "payment_intent.created", intent)
    return intent


def _note_email(session: Json, email: str | None) -> None:
    if email and not session["customer_email"]:
        session["customer_details"] = sessions.customer_details(email)
