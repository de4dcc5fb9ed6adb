"""Any sequence of money events keeps every book balanced and equal to Stripe's balance.

The rules alone, on rows in memory: hypothesis picks payments, releases, refunds that leave and
come back, refunds made at Stripe, disputes, registers, in any order and over several debts, and
shrinks what breaks the proof to the shortest such story. What does not live here: flows, races,
faults (the stories of seeds), orders of the same news (test_orders.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib.errors import Refusal
from chalicelib.rules.books.books import check_books
from chalicelib.rules.books.earning import earned
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.shares import take, take_sessions
from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.disputes.disputes import OPEN, Dispute
from chalicelib.rules.disputes.disputing import Case, decided, heard
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money import parts, settling
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.news import Debt, News
from chalicelib.rules.money.payments import Obligation, Payment, Refund
from chalicelib.rules.money.stripe_objects import (
    BalanceMovement,
    Checkout,
    DisputeObject,
    RefundObject,
)
from chalicelib.rules.returning import outside_refunds, refunds, refunds_by_hand, releases
from chalicelib.rules.returning.releases import Decision, Owed
from chalicelib.rules.running.groups import Leadership, Session, Term, WholeTerm
from tests.shop import Shop
from tests.simulation import seen
from tests.simulation.rows_in_memory import Rows
from tests.stories import a_circle, a_recruiting_term
from tests.world import TODAY, World

DEBTS = 3
EXAMPLES = int(os.environ.get("EXAMPLES", "40"))
WHICH = st.integers(0, DEBTS - 1)
ANY = st.integers(0, 7)  # one of some, by its place
PART = st.integers(1, 100)  # of a hundred
FEE = 2000


class Books(RuleBasedStateMachine):
    """Three debts of a term of three evenings, each in three parts, and Stripe's balance."""

    begin: dict[tuple[str, ...], Any]

    def __init__(self) -> None:
        super().__init__()
        self.rows = Rows(self.begin)
        self.debts = sorted(one.obligation_id for one in self.rows.all(Obligation))
        self.stripe = self.names = 0
        self.told: dict[str, DisputeObject] = {}
        self.entries: dict[str, Entry] = {}

    # What there is

    @property
    def now(self) -> datetime:
        return TODAY + timedelta(days=60)

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}_{self.names}"

    def of(self, kind: Any, debt: int) -> list[Any]:
        rows = self.rows.all(kind)
        return [one for one in rows if one.obligation_id == self.debts[debt]]

    def whole(self) -> WholeTerm:
        (term,) = self.rows.all(Term)
        sessions = [one for one in self.rows.all(Session) if one.kind == "regular"]
        return WholeTerm(
            group=next(row for key, row in self.rows.rows.items() if key[0] == "Group"),
            term=term,
            sessions=tuple(sorted(sessions, key=lambda one: one.number)),
            leaders=tuple(self.rows.all(Leadership)),
            tasters=(),
        )

    def owed(self, debt: int) -> Owed:
        (obligation,) = self.of(Obligation, debt)
        seats = [one for one in self.of(Enrolment, debt) if one.state in IN_SEAT]
        return Owed(
            obligation=obligation,
            payments=self.of(Payment, debt),
            enrolment=seats[0] if seats else None,
            term=self.whole().term,
            held=self.whole().held,
            disputes=self.of(Dispute, debt),
        )

    def write(self, change: Change, stripe: int = 0) -> bool:
        """What a flow would commit; Stripe's balance moves only with it, since each fact here
        waits until it is taken in."""
        try:
            self.rows.write(change)
        except Refusal:
            return False
        self.stripe += stripe
        return True

    def decision(self, ends_seat: str, as_credit: bool = False) -> Decision:
        return Decision(
            release_id=self.name("release"),
            cause="administrator",
            actor="person-admin",
            now=self.now,
            ends_seat=ends_seat,
            as_credit=as_credit,
        )

    def some(self, kind: Any, *states: str) -> bool:
        """Whether there is a row of a kind in one of these states."""
        return any(one.state in states for one in self.rows.all(kind))

    # Money comes

    @initialize(paid=st.tuples(*[st.integers(0, 3)] * DEBTS))
    def have_paid(self, paid: tuple[int, ...]) -> None:
        for debt, times in enumerate(paid):
            for _ in range(times):
                self.pay(debt, 33)

    @rule(debt=WHICH, part=PART)
    def pay(self, debt: int, part: int) -> None:
        """A session is paid: for the first part, for a later one, or for more than is owed."""
        owed = self.owed(debt)
        pending = next(one for one in self.of(Payment, debt) if one.state == "pending")
        price = owed.obligation.amount_minor
        amount = price // 3 if owed.obligation.billed_at is None else max(30, price * part // 100)
        paid = replace(
            pending,
            payment_id=self.name("pay"),
            amount_minor=amount,
            checkout_id=self.name("cs"),
        )
        self.rows.write(Change.of(Create(paid)))
        news = News(
            checkout=_checkout(paid, self.name("pi")), now=self.now, refund_id=self.name("refund")
        )
        self.write(self._settled(owed, paid, news), amount)

    def _settled(self, owed: Owed, payment: Payment, news: News) -> Change:
        obligation = owed.obligation
        offers = self.rows.all(Offer)
        offer = next(one for one in offers if one.obligation_id == obligation.obligation_id)
        every = self.rows.all(Application)
        application = next(one for one in every if one.application_id == offer.application_id)
        seats = [one for one in self.rows.all(Enrolment) if one.person_id == payment.person_id]
        debt = Debt(
            obligation=obligation,
            payment=payment,
            offer=offer,
            application=application,
            before=seats[0] if seats else None,
            instalments=tuple(
                one
                for one in self.rows.all(Instalment)
                if one.obligation_id == obligation.obligation_id
            ),
            held=owed.held,
            shares_moved=owed.term.shares_moved,
        )
        if obligation.billed_at is None:
            return settling.seat(debt, news)
        if obligation.outstanding_minor > 0:
            return parts.part(debt, news)
        return settling.surplus(debt, news)

    # Money is given up

    @precondition(lambda self: self.some(Payment, "paid"))
    @rule(debt=WHICH, part=PART, as_credit=st.booleans(), ends=st.booleans())
    def give_back(self, debt: int, part: int, as_credit: bool, ends: bool) -> None:
        owed = self.owed(debt)
        amount = sum(owed.obligation.shares.values()) * part // 100
        taken = take(owed.obligation.shares, amount, owed.held)
        self._release(owed, taken, self.decision("left" if ends else "", as_credit))

    @precondition(lambda self: self.some(Payment, "paid"))
    @rule(debt=WHICH, number=st.integers(0, 2), as_credit=st.booleans())
    def cancel_a_session(self, debt: int, number: int, as_credit: bool) -> None:
        owed, session = self.owed(debt), self.whole().sessions[number]
        taken = take_sessions(owed.obligation.shares, [session.session_id], owed.held)
        self._release(owed, taken, self.decision("", as_credit))

    def _release(self, owed: Owed, taken: Any, decision: Decision) -> None:
        with suppress(Refusal):
            self.write(releases.release(owed, taken, decision)[1])

    # Refunds on their way

    def refund(self, at: int, *states: str) -> Refund | None:
        """One that Stripe has or gets, in one of these states."""
        every = [one for one in self.rows.all(Refund) if one.method == "stripe"]
        found = [one for one in every if one.state in states]
        return found[at % len(found)] if found else None

    @precondition(lambda self: self.some(Refund, "requested"))
    @rule(at=ANY)
    def send(self, at: int) -> None:
        row = self.refund(at, "requested")
        if row is None or self._taken(row.payment_id):
            return
        told = _refund(row, self.name("re"), "succeeded", row.amount_minor)
        self.write(refunds.sent(row, told, self.now), -row.amount_minor)

    def _taken(self, payment_id: str) -> bool:
        """Whether Stripe refuses a refund, because the payment is disputed."""
        every = self.rows.all(Dispute)
        return any(one.payment_id == payment_id and not one.refundable for one in every)

    @precondition(lambda self: self.some(Refund, "succeeded"))
    @rule(at=ANY)
    def come_back(self, at: int) -> None:
        row = self.refund(at, "succeeded")
        if row is None:
            return
        whole = row.amount_minor + row.suspense_minor
        told = _refund(row, str(row.stripe_refund_id), "failed", whole)
        self.write(refunds.news(row, told, self.now), whole)

    @precondition(lambda self: self.some(Refund, "failed", "requested"))
    @rule(at=ANY)
    def pay_by_hand(self, at: int) -> None:
        """One that came back, or that was never Stripe's: of a payment lost to a bank."""
        every = [one for one in self.rows.all(Refund) if refunds_by_hand.waits_for_a_transfer(one)]
        row = every[at % len(every)] if every else None
        if row is not None and row.amount_minor:
            self.write(refunds_by_hand.paid(row, "BACK 1", self.now.date(), self.now))

    @precondition(lambda self: self.some(Payment, "paid"))
    @rule(debt=WHICH, at=ANY, part=PART)
    def refund_at_stripe(self, debt: int, at: int, part: int) -> None:
        """Of what Stripe still has of a charge, whatever our books say."""
        owed = self.owed(debt)
        paid = [one for one in owed.payments if one.state == "paid"]
        payment = paid[at % len(paid)] if paid else None
        if payment is None or self._taken(payment.payment_id):
            return
        mine = [one for one in self.of(Refund, debt) if one.payment_id == payment.payment_id]
        out = sum(one.amount_minor + one.suspense_minor for one in mine if one.state == "succeeded")
        amount = (payment.amount_minor - out) * part // 100
        if amount <= 0:
            return
        like = refunds.refund_of(payment, "", amount, "stripe", self.now)
        told = _refund(like, self.name("re"), "succeeded", amount)
        with suppress(Refusal):
            change = outside_refunds.taken_in(owed, payment, told, mine, self.now)[1]
            self.write(change, -amount)

    # Banks

    @precondition(lambda self: self.some(Payment, "paid"))
    @rule(debt=WHICH, at=ANY, part=PART)
    def dispute(self, debt: int, at: int, part: int) -> None:
        known = {one.payment_id for one in self.rows.all(Dispute)}
        paid = [one for one in self.of(Payment, debt) if one.state == "paid"]
        free = [one for one in paid if one.payment_id not in known]
        if not free:
            return
        payment = free[at % len(free)]
        amount = max(1, payment.amount_minor * part // 100)
        told = DisputeObject(
            id=self.name("dp"), status="needs_response", reason="fraudulent",
            amount_minor=amount, currency="GBP", charge_id=None,
            payment_intent_id=payment.intent_id, is_charge_refundable=False, due_by=None,
            movements=(_moved(self.name("txn"), -amount, FEE),), created_at=self.now,
        )  # fmt: skip
        self._hear(debt, payment, told, -amount - FEE)

    @precondition(lambda self: self.some(Dispute, *OPEN))
    @rule(at=ANY)
    def lose(self, at: int) -> None:
        found = self._open(at, OPEN)
        if found:
            debt, payment, told = found
            self._hear(debt, payment, replace(told, status="lost"), 0)

    @precondition(lambda self: self.some(Dispute, *OPEN, "lost"))
    @rule(at=ANY)
    def win(self, at: int) -> None:
        """Maybe after it was lost."""
        found = self._open(at, (*OPEN, "lost"))
        if not found:
            return
        debt, payment, told = found
        back = _moved(self.name("txn"), told.amount_minor, -FEE)
        won = replace(
            told, status="won", is_charge_refundable=True, movements=(*told.movements, back)
        )
        self._hear(debt, payment, won, told.amount_minor + FEE)

    def _open(self, at: int, states: tuple[str, ...]) -> Any:
        found = [one for one in self.rows.all(Dispute) if one.state in states]
        if not found:
            return None
        row = found[at % len(found)]
        payment = next(one for one in self.rows.all(Payment) if one.payment_id == row.payment_id)
        return self.debts.index(row.obligation_id), payment, self.told[row.dispute_id]

    def _hear(self, debt: int, payment: Payment, told: DisputeObject, stripe: int) -> None:
        case = Case(
            told=told,
            owed=self.owed(debt),
            payment=payment,
            refunds=self.of(Refund, debt),
            now=self.now,
        )
        assert self.write(heard(case), stripe)
        self.told[told.id] = told

    @precondition(lambda self: self.some(Dispute, "lost", "won"))
    @rule(at=ANY, keep=st.booleans())
    def say_about_the_seat(self, at: int, keep: bool) -> None:
        waiting = [one for one in self.rows.all(Dispute) if one.waits_for_decision]
        if waiting:
            row = waiting[at % len(waiting)]
            owed = self.owed(self.debts.index(row.obligation_id))
            with suppress(Refusal):
                self.write(decided(owed, row.dispute_id, keep, self.decision("")))

    # Evenings

    @rule(number=st.integers(0, 2))
    def hold_or_not(self, number: int) -> None:
        """A register is closed, or corrected."""
        whole = self.whole()
        session = whole.sessions[number]
        state = "cancelled" if session.state == "held" else "held"
        debts = self.rows.all(Obligation)
        values = {"state": state, "revision": session.revision + 1}
        change = earned(whole, session, state, debts, self.now)
        assert self.write(Change.of(Update(session, values), change))

    # What always holds

    @invariant()
    def every_book_is_proven_and_equals_stripe(self) -> None:
        kept = seen.Seen(self.rows.rows).kept()
        findings = check_books(kept, Money(self.stripe, "GBP"))
        assert findings == [], findings

    @invariant()
    def no_entry_changes(self) -> None:
        now = {f"{one.book} {one.entry_id}": one for one in self.rows.all(Entry)}
        assert now.items() >= self.entries.items()
        self.entries = now


def _checkout(payment: Payment, intent_id: str) -> Checkout:
    return Checkout(
        id=str(payment.checkout_id), status="complete", payment_status="paid",
        amount_minor=payment.amount_minor, currency="GBP", livemode=False, url=None,
        payment_intent_id=intent_id, metadata={}, expires_at=TODAY,
    )  # fmt: skip


def _refund(row: Refund, name: str, status: str, amount: int) -> RefundObject:
    return RefundObject(
        id=name, status=status, amount_minor=amount, currency="GBP",
        payment_intent_id=row.intent_id, charge_id=None, failure_reason=None, metadata={},
    )  # fmt: skip


def _moved(name: str, amount: int, fee: int) -> BalanceMovement:
    return BalanceMovement(
        id=name, kind="adjustment", amount_minor=amount, fee_minor=fee, net_minor=amount - fee,
        currency="GBP", source_id=None, created_at=TODAY,
    )  # fmt: skip


@contextmanager
def _begun(world: World) -> Iterator[dict[tuple[str, ...], Any]]:
    """The rows of three people who have pressed Pay for the first of three parts."""
    shop = Shop(world)
    try:
        a_circle(world, instalments=True)
        whole = a_recruiting_term(world, capacity=4, price_minor=21601, count=3, instalments=3)
        for name in ("Pip Buttonwood", "Otis Wheelbarrow", "Saffron Umbrella")[:DEBTS]:
            shop.begin(shop.offer(whole, name))
        yield seen.look().rows
    finally:
        shop.close()


def test_any_sequence_of_money_events_keeps_every_book_balanced(world: World) -> None:
    with _begun(world) as rows:
        Books.begin = rows
        how = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
        run_state_machine_as_test(Books, settings=how)
