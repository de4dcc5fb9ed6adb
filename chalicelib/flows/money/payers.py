"""A payer apart from the member (N12): naming one, asking again, paying oneself after all, and
what the payer's page shows.

What does not live here: paying (checkout.py), what money means that has come (payments.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.links import Link, read_link
from chalicelib.rules.money import payers as rules
from chalicelib.rules.money.checkout import shown_state
from chalicelib.rules.money.instalments import owing
from chalicelib.rules.money.payer_forms import NAME_FOR_MEMBER
from chalicelib.rules.money.payers import Named, Unpaid
from chalicelib.rules.people.circle import Document
from chalicelib.rules.people.rates import counted
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications, offers
from chalicelib.store.money import payments
from chalicelib.store.money.payments import Offered


@dataclass(frozen=True, kw_only=True)
class Member:
    """Whose debt it is, by her own link, and from which network address she asks."""

    application_id: str
    offer_id: str
    address: str = ""


def name_payer(outside: Outside, caller: Caller, member: Member, who: Named) -> None:
    """Somebody else is to pay, and is written to. The address is proven that the member's own
    link was mailed to. Raises NotFound, OfferNotOpen, NothingOwed, PaymentOnItsWay,
    TooManyTries, StateChanged."""
    found, now = _found(member), outside.clock.now()
    fresh = outside.ids.new("person")
    binding, _ = applications.binding(found.application, fresh, now)
    change = rules.named(_unpaid(outside, found), who, now)
    counts = counted("payer-mail", now, who.email, member.address)
    commit(change + binding + counts + _audit(outside, caller, found, "payer.named"), caller, now)


def name_for_member(outside: Outside, caller: Caller, obligation_id: str, who: Named) -> None:
    """The desk names who pays, because the member has asked for it; she is told. Her address has
    to be proven first: with the payer's link only the payer's would be. Raises NotFound,
    InvalidForm, OfferNotOpen, NothingOwed, PaymentOnItsWay, TooManyTries, StateChanged."""
    found, now = payments.of_debt(obligation_id), outside.clock.now()
    if found.application.person_id is None:
        raise NAME_FOR_MEMBER.invalid({}, {"payer_email": "unproven"})
    change = rules.named(_unpaid(outside, found), who, now, by_desk=True)
    commit(change + _audit(outside, caller, found, "payer.named_by_desk"), caller, now)


def for_desk(outside: Outside, obligation_id: str) -> dict[str, Any]:
    """What the desk's page of naming a payer says. NotFound."""
    found = payments.of_debt(obligation_id)
    return {
        "offer": found.offer,
        "owed": found.obligation,
        "owing": _unpaid(outside, found).owing,
        "on_its_way": any(one.state == "on_its_way" for one in found.debt.payments),
    }


def ask_again(outside: Outside, caller: Caller, member: Member) -> None:
    """The payer's mail once more. Raises what name_payer raises, and PayerChanged."""
    found, now = _found(member), outside.clock.now()
    change = rules.asked_again(_unpaid(outside, found), now)
    counts = counted("payer-mail", now, found.obligation.payer_email, member.address)
    note = _audit(outside, caller, found, "payer.asked_again")
    commit(change + counts + note, caller, now)


def pay_herself(outside: Outside, caller: Caller, member: Member) -> None:
    """The member pays after all, and the payer's link ends. Raises what ask_again raises."""
    found, now = _found(member), outside.clock.now()
    change = rules.pays_herself(_unpaid(outside, found), now)
    commit(change + _audit(outside, caller, found, "payer.removed"), caller, now)


def from_token(outside: Outside, token: str) -> Link:
    """The debt and the generation that a payer's link names; LinkNotValid when it does not
    hold."""
    return read_link(outside.places.link_keys, "payer", token)


def show(outside: Outside, token: str, checkout_id: str = "") -> dict[str, Any]:
    """Everything the payer's page says: for whom, what is asked, how it stands, and the receipts
    of what was paid with this link. Nothing of the application, the register or a bursary."""
    link, now = from_token(outside, token), outside.clock.now()
    found = payments.of_debt(link.subject)
    owed, every = found.obligation, found.debt.payments
    left = owing(found.offer, owed, found.debt.instalments, now)
    mine = [one for one in every if one.on_behalf and one.on_behalf.link == link.generation]
    return {
        "member_name": found.offer.full_name,
        "facts": found.offer.facts,
        "expires_at": found.offer.expires_at,
        "currency": owed.currency,
        "owing": left,
        "payer": owed.payer if rules.is_asked(owed, link.generation) else None,
        "standing": rules.standing(found.offer, owed, left, link.generation, now),
        "on_its_way": any(one.state == "on_its_way" for one in every),
        "payment_state": shown_state(mine, checkout_id),
        "paid": [one for one in mine if one.state == "paid"],
        "policy": reads.get(Document, "document#refund_policy", found.offer.policy_version),
    }


def asked_before(outside: Outside, member: Member) -> dict[str, str] | None:  # noqa: ARG001
    """Who was asked to pay the offer that this one has taken the place of, as the form of naming a
    payer asks for it; None for nobody. They are asked again only if the member says so."""
    found = offers.with_offers(member.application_id)
    mine = found.offer(member.offer_id) if found else None
    if found is None or mine is None or mine.state != "open":
        return None
    older = [one for one in found.offers if one.made_at < mine.made_at]
    last = max(older, key=lambda one: one.made_at, default=None)
    debt = payments.whole_debt(last.obligation_id) if last else None
    payer = debt.obligation.payer if debt else None
    if last is None or payer is None or last.state != "withdrawn":
        return None
    return {
        "payer_name": payer.full_name,
        "payer_email": payer.email,
        "payer_reference": payer.reference,
    }


def _found(member: Member) -> Offered:
    return payments.of_offer(member.application_id, member.offer_id)


def _unpaid(outside: Outside, found: Offered) -> Unpaid:
    now = outside.clock.now()
    return Unpaid(
        offer=found.offer,
        obligation=found.obligation,
        payments=found.debt.payments,
        owing=owing(found.offer, found.obligation, found.debt.instalments, now),
    )


def _audit(outside: Outside, caller: Caller, found: Offered, action: str) -> Change:
    now, name = outside.clock.now(), outside.ids.new("act")
    ids = {"offer_id": found.offer.offer_id, "obligation_id": found.obligation.obligation_id}
    return Change.of(
        audit(found.offer.application_id, action, caller.actor, now, name, **ids),
    )
