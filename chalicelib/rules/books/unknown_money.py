"""Money at Stripe that bears our mark and whose debt we do not know, or that is not what was asked
for: what a person says became of it (O6).

What does not live here: that nobody knows it (flows/money/payments.py), money without our mark and
money that is only missing in the books (reconciling.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.errors import StateChanged
from chalicelib.rules import parsers as p
from chalicelib.rules.banking.suggesting import Candidate
from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.joining.offer_terms import seller_in
from chalicelib.rules.money.beginning import payment_for
from chalicelib.rules.money.instalments import first_minor
from chalicelib.rules.money.payments import StripeLookup
from chalicelib.rules.money.stripe_objects import Checkout, RefundObject

CODES = ("unknown_payment", "payment_mismatch")  # its tasks
FATES = ("given_back", "debt", "other")
NOT_THERE = ("failed", "canceled")  # states of a refund whose money is not with the payer


def _names_a_debt(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {"debt": "missing"} if values["fate"] == "debt" and not values["debt"] else {}


FORM = Form(
    "unknown_money",
    (
        Field("fate", p.choice(*FATES)),
        Field("debt", p.choice(), required=False),
        Field("reason", p.text(200)),
    ),
    (Check(("fate", "debt"), _names_a_debt),),
)


def form_for(debts: Sequence[Candidate]) -> Form:
    """The form with the debts to choose from; without any it asks for none."""
    if debts:
        return FORM.offering(debt=p.choice(*(one.obligation.obligation_id for one in debts)))
    fate, _, reason = FORM.fields
    others = [one for one in FATES if one != "debt"]
    return Form(FORM.name, (replace(fate, parser=p.choice(*others)), reason))


def fits(debt: Candidate, amount_minor: int) -> bool:
    """Whether the money can be put to a debt as if it had been paid for it: it takes an open
    offer's place with no less than its first part, and is nowhere more than is owed."""
    least = first_minor(debt.offer, debt.obligation) if debt.takes_seat else 1
    return debt.instead is None and max(1, least) <= amount_minor <= debt.owed_minor


def all_given_back(checkout: Checkout, refunds: Sequence[RefundObject]) -> bool:
    """Whether Stripe shows that all of it went back."""
    back = sum(one.amount_minor for one in refunds if one.status not in NOT_THERE)
    return back >= checkout.amount_minor


def put_to(
    debt: Candidate, checkout: Checkout, payment_id: str, person_id: str, now: datetime
) -> Change:
    """A payment of this debt that waits for what Stripe says of the session, which is found under
    it from now on; `person_id` is the member. Raises StateChanged when it does not fit."""
    owed, offer = debt.obligation, debt.offer
    if not fits(debt, checkout.amount_minor) or checkout.currency != owed.currency:
        raise StateChanged
    payment = payment_for(
        offer,
        owed,
        owed.payer,
        payment_id,
        checkout.amount_minor,
        now,
        seller=seller_in(offer.facts),
        person_id=person_id,
        key=payment_id,
        checkout_id=checkout.id,
        checkout_expires_at=now,  # nobody goes on to pay with it
        check_at=now,
    )
    lookup = StripeLookup(stripe_id=checkout.id, owner_id=owed.obligation_id, payment_id=payment_id)
    return Change.of(
        Update(owed, {"person_id": person_id}, when=(Is("person_id", owed.person_id),)),
        Update(offer, {"person_id": person_id}, when=(Is("state", offer.state),)),
        Create(payment),
        Create(lookup),
    )
