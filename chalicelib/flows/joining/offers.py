"""Making, declining, withdrawing and expiring an offer.

What does not live here: paying (checkout.py, payments.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.errors import LinkNotValid, NoSeatLeft, NotFound, OfferNotOpen, PaymentOnItsWay
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.joining import offers as rules
from chalicelib.rules.joining.applications import Act, Application, moved
from chalicelib.rules.joining.offer_endings import back_to_waitlist, end_offer
from chalicelib.rules.joining.offer_terms import Choice
from chalicelib.rules.joining.offers import NewOffer, Offer
from chalicelib.rules.joining.reissues import lower_price_asked, reissue
from chalicelib.rules.links import link_path, read_link
from chalicelib.rules.money.checkout import shown_state
from chalicelib.rules.money.instalments import NOTHING_OWING, owing
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.prices.bursaries import as_written, not_usable
from chalicelib.rules.prices.prices import STANDARD
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import offers as store
from chalicelib.store.money import payments
from chalicelib.store.people import circle as circle_store
from chalicelib.store.prices import means
from chalicelib.store.running import groups

DUE_IN_ONE_GO = 50
TRIES_MAX = 3


@dataclass(frozen=True, kw_only=True)
class OfferId:
    """An offer lies under its application: both ids name it."""

    application_id: str
    offer_id: str


def from_token(outside: Outside, token: str) -> OfferId:
    """What a personal offer link names; LinkNotValid when it does not hold."""
    link = read_link(outside.places.link_keys, "offer", token)
    application_id, _, offer_id = link.subject.partition("_")
    if not offer_id:
        raise LinkNotValid
    return OfferId(application_id=application_id, offer_id=offer_id)


def load(which: OfferId) -> tuple[Application, Offer]:
    """The application and the offer; NotFound when there is none."""
    found = store.with_offers(which.application_id)
    offer = found.offer(which.offer_id) if found else None
    if found is None or offer is None:
        raise NotFound
    return found.application, offer


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the desk wants of an offer: its name, for how many days (three are working days,
    D17), at which price, and with which bursary code, if any."""

    offer_id: str
    days: int
    category: str = STANDARD
    bursary_code: str = ""


def make_offer(
    outside: Outside, caller: Caller, application_id: str, offer_id: str, days: int
) -> None:
    """Offer the seat of an accepted application's term at the standard price."""
    offer_seat(outside, caller, application_id, Wanted(offer_id=offer_id, days=days))


def offer_seat(outside: Outside, caller: Caller, application_id: str, wanted: Wanted) -> None:
    """Offer the seat of an accepted application's term for some days (R70). The last day ends
    at its last minute in the group's zone.

    Raises NotFound, NoSeatLeft, TermNotOpen, BursaryNotOpen, SwitchedOff, Conflict.
    """
    for _ in range(TRIES_MAX):
        application, whole, circle = _to_be_offered(application_id)
        new = _new(outside, caller, application, whole, wanted)
        change = rules.open_offer(application, whole, circle, new)
        note = _audit(outside, caller, application_id, "offer.made", wanted.offer_id)
        try:
            commit(change + note, caller, new.now)
        except NoSeatLeft:
            continue  # or the last place at the early price has gone: what holds now?
        else:
            return
    raise NoSeatLeft


def offer_anew(outside: Outside, caller: Caller, which: OfferId, wanted: Wanted) -> None:
    """A new offer at another price in the place of an open one (A8). Its sessions at Stripe are
    closed before; PaymentOnItsWay while a delayed payment for it is not settled. Raises
    OfferNotOpen and what `offer_seat` raises."""
    application, whole, circle = _to_be_offered(which.application_id)
    _, old = load(which)
    debt = payments.whole_debt(old.obligation_id)
    if debt and any(one.state == "on_its_way" for one in debt.payments):
        raise PaymentOnItsWay(state="at_the_desk")
    new = _new(outside, caller, application, whole, wanted, old)
    payer = debt.obligation.payer_name if debt else ""
    change = reissue(application, old, whole, circle, new, payer)
    note = _audit(outside, caller, which.application_id, "offer.made_anew", wanted.offer_id)
    commit(change + note, caller, new.now)


def ask_lower_price(outside: Outside, caller: Caller, which: OfferId) -> None:
    """The applicant asks for a lower price, without a reason (A8). Raises OfferNotOpen,
    Conflict when it was asked before."""
    application, offer = load(which)
    act = _act(outside, caller)
    commit(lower_price_asked(application, offer, act), caller, act.now)


def why_not(outside: Outside, application_id: str, typed: str) -> str:  # noqa: ARG001
    """Why a typed bursary code cannot be used for an application, as the code of a sentence;
    empty when it can, or when its own open offer has it."""
    found, name = store.with_offers(application_id), as_written(typed)
    if found is None or not name:
        return ""
    if any(one.state == "open" and one.bursary_code == name for one in found.offers):
        return ""
    _, whole, _ = _to_be_offered(application_id)
    return not_usable(means.code(name), whole.term.currency)


def _to_be_offered(application_id: str) -> tuple[Application, WholeTerm, CircleSettings]:
    application = reads.get(Application, application_id, "application")
    circle = circle_store.settings()
    if application is None or circle is None:
        raise NotFound
    whole = groups.whole_term(application.group_id, application.term_id)
    if whole is None:
        raise NotFound
    return application, whole, circle


def _new(
    outside: Outside,
    caller: Caller,
    application: Application,
    whole: WholeTerm,
    wanted: Wanted,
    old: Offer | None = None,
) -> NewOffer:
    now, zone = outside.clock.now(), whole.term.zone
    ready = means.ready(application, whole.term, as_written(wanted.bursary_code), old)
    return NewOffer(
        offer_id=wanted.offer_id,
        obligation_id=outside.ids.new("debt"),
        expires_at=rules.answer_by(wanted.days, now, zone, working_days=wanted.days == 3),
        now=now,
        actor=caller.actor,
        choice=Choice(category=wanted.category, means=ready),
    )


def decline(outside: Outside, caller: Caller, which: OfferId) -> None:
    """The applicant does not want the seat: it is free, and the application ends with it.
    Raises OfferNotOpen."""
    _end(outside, caller, which, "declined")
    application, _ = load(which)
    if application.state == "accepted":
        commit(moved(application, "withdrawn", _act(outside, caller)))


def withdraw(outside: Outside, caller: Caller, which: OfferId, reason: str) -> None:
    """An administrator takes an open offer back, with a reason. Raises OfferNotOpen."""
    _end(outside, caller, which, "withdrawn", reason)


def due(outside: Outside) -> list[Offer]:
    """Open offers whose hold has run out, oldest first."""
    return reads.due(tables.Applications, "offer", outside.clock.now(), DUE_IN_ONE_GO)


def is_over(outside: Outside, which: OfferId) -> bool:
    """Whether an open offer's hold has really run out: the list of what is due can be late."""
    _, offer = load(which)
    return offer.state == "open" and offer.hold_until <= outside.clock.now()


def expire(outside: Outside, which: OfferId) -> bool:
    """Let an overdue seat go. False when a payment or a longer hold came between."""
    application, offer = load(which)
    if offer.state != "open" or offer.hold_until > outside.clock.now():
        return False
    try:
        _write_end(outside, Caller(actor="clock"), application, offer, "expired")
    except OfferNotOpen:
        return False
    return True


def join_waitlist(outside: Outside, caller: Caller, which: OfferId) -> None:
    """One click from an offer that ran out to the waitlist (A5). Raises Conflict while the offer
    is open, or when the application has moved on."""
    expire(outside, which)  # an offer that is over, but was not swept yet
    application, offer = load(which)
    act = _act(outside, caller)
    commit(back_to_waitlist(application, offer, act), caller, act.now)


def show(outside: Outside, token: str, checkout_id: str = "") -> dict[str, Any]:
    """Everything the offer page says: offer, application, the texts frozen with it, and how far
    the payment is: the one of `checkout_id`, or the newest. `owing` says what is to be paid when,
    `pay_path` where what is left is paid, `payer` who else is asked to (N12)."""
    which, now = from_token(outside, token), outside.clock.now()
    application, offer = load(which)
    debt = payments.whole_debt(offer.obligation_id)
    rows = debt.instalments if debt else ()
    frozen = {"agreement": offer.agreement_version, "refund_policy": offer.policy_version}
    texts = circle_store.documents(frozen)
    return {
        "offer": offer,
        "application": application,
        "agreement": texts.get("agreement"),
        "policy": texts.get("refund_policy"),
        "over": offer.state == "open" and offer.hold_until <= now,
        "payment_state": shown_state(debt.payments if debt else (), checkout_id),
        "paid_minor": debt.obligation.paid_minor if debt else 0,
        "owing": owing(offer, debt.obligation, rows, now) if debt else NOTHING_OWING,
        "payer": debt.obligation.payer if debt else None,
        "payer_asked_at": debt.obligation.payer_asked_at if debt else None,
        "pay_path": link_path(outside.places.link_keys, "debt", offer.obligation_id, 1),
    }


def _end(outside: Outside, caller: Caller, which: OfferId, state: str, reason: str = "") -> None:
    application, offer = load(which)
    _write_end(outside, caller, application, offer, state, reason)


def _write_end(
    outside: Outside,
    caller: Caller,
    application: Application,
    offer: Offer,
    state: str,
    reason: str = "",
) -> None:
    """End an offer as it was read: a hold that was moved since wins."""
    now = outside.clock.now()
    change = end_offer(application, offer, state, now)
    row = _audit(outside, caller, offer.application_id, f"offer.{state}", offer.offer_id, reason)
    commit(change + row, caller, now)


def _act(outside: Outside, caller: Caller) -> Act:
    return Act(actor=caller.actor, audit_id=outside.ids.new("act"), now=outside.clock.now())


def _audit(
    outside: Outside,
    caller: Caller,
    application_id: str,
    action: str,
    offer_id: str,
    reason: str = "",
) -> Change:
    now, name = outside.clock.now(), outside.ids.new("act")
    return Change.of(
        audit(application_id, action, caller.actor, now, name, reason=reason, offer_id=offer_id)
    )
