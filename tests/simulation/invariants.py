"""The laws of a story that hold after every step, faults or not. What holds when the faults have
stopped, everything was delivered and every job has run is in at_rest.py.

The letters are those of the design: M money, S seats, B membership.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.books.books import check_books
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.checkout import MINTS_MAX
from chalicelib.rules.money.delayed import DELAYED_HOLD, SECOND_CHANCE
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.running.groups import Term
from chalicelib.rules.states import MOVES
from local.fake_stripe import FakeStripe
from tests.simulation.seen import Seen

KINDS = {
    "Application": "application",
    "Offer": "offer",
    "Enrolment": "enrolment",
    "Obligation": "obligation",
    "Payment": "payment",
    "Refund": "refund",
    "Release": "release",
    "Instalment": "instalment",
    "BankReceipt": "bank_receipt",
    "BursaryCode": "bursary_code",
    "Bulk": "bulk",
    "Session": "session",
    "Term": "term",
    "Mail": "mail",
}
HOLD_MAX = MINTS_MAX * (DELAYED_HOLD + SECOND_CHANCE)


def always(before: Seen, now: Seen, fake: FakeStripe) -> list[str]:
    """Every law that is broken after a step, in words; none is well."""
    return [
        *_books(now),
        *_entries_stay(before, now),
        *_moves(before, now),
        *_amounts(now),
        *_sums(now),
        *_charges(now, fake),
        *_one_refund_each(now, fake),
        *_seats(now),
        *_one_offer_each(now),
        *_members(now),
        *_holds_end(now),
        *(f"stale index: {one}" for one in now.stale),
    ]


def _books(now: Seen) -> Iterator[str]:
    """M1, S1, B1: what one commit writes together agrees at every moment."""
    for finding in check_books(now.kept(), None):
        yield f"books: {finding}"


def _entries_stay(before: Seen, now: Seen) -> Iterator[str]:
    """M1: entries never change or vanish; each sums to nothing."""
    for key, row in before.rows.items():
        if isinstance(row, Entry) and now.rows.get(key) != row:
            yield f"M1 {key} changed"


def _moves(before: Seen, now: Seen) -> Iterator[str]:
    """B2, S3: states move along declared moves only, a paid place is never freed by expiry."""
    for key, row in now.rows.items():
        old, kind = before.rows.get(key), KINDS.get(key[0])
        if old is None or kind is None:
            continue
        if not _reachable(kind, old.state, row.state):
            yield f"B2 {key} went from {old.state} to {row.state}"
        if isinstance(row, Offer) and not _reachable("hold", old.hold, row.hold):
            yield f"S3 the hold of {key} went from {old.hold} to {row.hold}"


def _reachable(kind: str, old: str, new: str) -> bool:
    """One step of a story can be several moves."""
    seen, coming = {old}, [old]
    while coming:
        for state in MOVES[kind][coming.pop()]:
            if state not in seen:
                seen.add(state)
                coming.append(state)
    return new in seen


def _amounts(now: Seen) -> Iterator[str]:
    """M2, M7: nothing is below nothing, and no payment is given back twice: what is reserved of
    one is what refunds carry, and what a bank took for good."""
    back: Counter[str] = Counter()
    for refund in now.all(Refund):
        back[refund.payment_id] += refund.amount_minor
        if min(refund.amount_minor, refund.suspense_minor) < 0 or not (
            refund.amount_minor + refund.suspense_minor
        ):
            yield f"M7 {refund.refund_id} is about {refund.amount_minor}"
    for dispute in now.all(Dispute):
        back[dispute.payment_id] += dispute.lost_minor
    for one in now.all(Payment):
        parts = (one.refunded_minor, one.credited_minor)
        if min(parts) < 0 or sum(parts) > one.amount_minor:
            yield f"M7 {one.payment_id} gave back {parts} of {one.amount_minor}"
        if back[one.payment_id] != one.refunded_minor:
            yield f"M2 {one.payment_id}: {back[one.payment_id]} of {one.refunded_minor} is said"


def _sums(now: Seen) -> Iterator[str]:
    """M7: parts sum to their whole, and none is below nothing."""
    for debt in now.all(Obligation):
        sums = (debt.released_minor, debt.refunded_minor, debt.credit_minor, debt.bursary_minor)
        if min((0, *sums, *debt.shares.values())) < 0:
            yield f"M7 {debt.obligation_id}: {debt}"
    for one in now.all(Release):
        parts = (one.unbilled_minor, one.refund_minor, one.credit_minor, one.bursary_minor)
        if min(parts) < 0 or sum(parts) != one.amount_minor:
            yield f"M7 {one.release_id}: {parts} of {one.amount_minor}"
    for credit in now.all(Credit):
        if not 0 <= credit.left_minor <= credit.amount_minor:
            yield f"M7 {credit.credit_id} has {credit.left_minor} of {credit.amount_minor}"
    yield from _by_hand(now)
    yield from _parts(now)


def _by_hand(now: Seen) -> Iterator[str]:
    """M3: money by hand is what it became, what was sent back, and what is left."""
    became: Counter[str] = Counter()
    for payment in now.all(Payment):
        became[payment.bank_receipt_id] += payment.amount_minor
    for entry in now.all(Entry):
        if entry.entry_id.startswith("returned#"):
            became[entry.facts["receipt_id"]] += max(one.amount_minor for one in entry.lines)
    for receipt in now.all(BankReceipt):
        gone = receipt.amount_minor - receipt.left_minor
        if receipt.left_minor < 0 or became[receipt.receipt_id] != gone:
            yield f"M3 {receipt.receipt_id}: {became[receipt.receipt_id]} of {gone} is said"


def _parts(now: Seen) -> Iterator[str]:
    """M7: the parts of a price sum to what its payer was to pay."""
    offers = {one.obligation_id: one for one in now.all(Offer)}
    sums: Counter[str] = Counter()
    for part in now.all(Instalment):
        sums[part.obligation_id] += part.amount_minor
    for name, amount in sums.items():
        if amount != offers[name].parts.to_pay_minor:
            yield f"M7 {name}: parts of {amount}, {offers[name].parts.to_pay_minor} to pay"


def is_ours(charge: Mapping[str, Any]) -> bool:
    """Whether a charge at Stripe bears our tag; others are of another use of the account."""
    return bool(charge["metadata"])


def _charges(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """M3: no charge without a payment of ours; none is paid without its charge."""
    ours = {one.payment_id: one for one in now.all(Payment)}
    good = {}
    for charge in fake.objects("charge"):
        payment = ours.get(charge["metadata"].get("payment_id", ""))
        if payment is None and is_ours(charge):
            yield f"M3 {charge['id']} is about no payment of ours"
        elif charge["status"] == "succeeded":
            good[charge["payment_intent"]] = charge
    for payment in ours.values():
        charge = good.get(payment.intent_id or "", {})
        same = (charge.get("amount"), charge.get("currency")) == (
            payment.amount_minor,
            payment.currency.lower(),
        )
        if payment.state == "paid" and payment.method == "stripe" and not same:
            yield f"M3 {payment.payment_id} is paid without its charge"


def _one_refund_each(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """M5: one refund of ours is at most one at Stripe, whatever was lost on the way; one that was
    made there is at most one of ours."""
    ours = {one.refund_id for one in now.all(Refund)}
    names = (one["metadata"].get("refund_id") for one in fake.objects("refund"))
    made = Counter(name for name in names if name)
    for refund_id, times in made.items():
        if refund_id not in ours or times > 1:
            yield f"M5 {refund_id} was made {times} times at Stripe"
    heard = Counter(one.stripe_refund_id for one in now.all(Refund) if one.stripe_refund_id)
    yield from (f"M5 {name} is {times} of ours" for name, times in heard.items() if times > 1)


def _seats(now: Seen) -> Iterator[str]:
    """S1: never more seats than there are."""
    for term in now.all(Term):
        if not 0 <= term.taken <= term.occupied <= term.capacity:
            yield f"S1 {term.taken} taken, {term.occupied} occupied of {term.capacity}"


def _one_offer_each(now: Seen) -> Iterator[str]:
    """S2: an application has one seat or none, and knows it."""
    held: dict[str, list[str]] = {}
    for offer in now.all(Offer):
        if offer.hold == "held":
            held.setdefault(offer.application_id, []).append(offer.offer_id)
    for one in now.all(Application):
        holds = held.get(one.application_id, [])
        if len(holds) > 1 or (holds and holds != [one.offer_id]):
            yield f"S2 {one.application_id} has {one.offer_id} and holds {holds}"
        if one.offer_id and one.state != "accepted":
            yield f"B1 {one.application_id} is {one.state} and has {one.offer_id}"


def _members(now: Seen) -> Iterator[str]:
    """B1: who has a seat has an accepted application that knows it."""
    applications = {one.application_id: one for one in now.all(Application)}
    for member in now.all(Enrolment):
        one = applications[member.application_id]
        if member.state in IN_SEAT and (one.state, one.offer_id) != ("accepted", member.offer_id):
            yield f"B1 {member.full_name} sits, the application is {one.state} of {one.offer_id}"


def _holds_end(now: Seen) -> Iterator[str]:
    """S4: nobody can keep a seat for ever by opening sessions."""
    for offer in now.all(Offer):
        if offer.hold_until > offer.expires_at + HOLD_MAX:
            yield f"S4 {offer.offer_id} is held until {offer.hold_until}"
