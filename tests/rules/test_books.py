"""The proof of the books: each proof holds on true books, and each fails where its lie is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.rules.books import ledger
from chalicelib.rules.books.books import Kept, check_books, under_way
from chalicelib.rules.books.ledger import Entry, Line
from chalicelib.rules.books.shares import take
from chalicelib.rules.changes import Create
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.money.payments import Release
from tests.rules import money_rows as a
from tests.rules.money_rows import NOW

FEE = 344
SEAT, GONE, LATE = "pay-1", "pay-2", "pay-3"


def row(write: Create) -> Entry:
    entry: Entry = write.row
    return entry


def true_books() -> Kept:
    """One paid seat, one that was given back, one late payment whose refund is asked for, and one
    open offer."""
    seat = a.paid()
    gone = a.paid(obligation_id="debt-2", payment_id=GONE, refunded_minor=21600)
    late = a.paid(obligation_id="debt-3", payment_id=LATE, outcome="late", refunded_minor=21600)
    back = a.refund(obligation_id="debt-2", payment_id=GONE, state="succeeded")
    asked = a.refund(obligation_id="debt-3", payment_id=LATE, refund_id="refund-2")
    sits = a.billed()
    left = a.billed(obligation_id="debt-2", person_id="person-2")
    whole = take(left.shares, 21600, ())
    return Kept(
        entries=[
            *(row(ledger.seat_entry(one, (), NOW)) for one in (sits, left)),
            *(_paid(one, f"pi_{one.payment_id}") for one in (seat, gone, late)),
            *(
                row(ledger.fee_entry(one, f"ch_{one.payment_id}", FEE, NOW))
                for one in (seat, gone, late)
            ),
            row(ledger.release_entry(left, whole, given_back(left))),
            row(ledger.refund_sent_entry(back, "re_1", NOW)),
            row(ledger.surplus_back_entry(asked, NOW)),
        ],
        obligations=[
            sits,
            replace(
                left,
                state="void",
                ended_at=NOW,
                shares=whole.left,
                released_minor=21600,
                refunded_minor=21600,
            ),
            a.obligation(obligation_id="debt-3", person_id="person-3", state="void"),
            a.obligation(obligation_id="debt-4", person_id="person-4"),
        ],
        payments=[seat, gone, late],
        refunds=[back, asked],
        enrolments=[
            a.enrolment(),
            a.enrolment(person_id="person-2", obligation_id="debt-2", state="cancelled"),
        ],
        offers=[
            a.offer(state="taken", hold="taken"),
            a.offer(offer_id="offer-2", state="taken", hold="taken"),
            a.offer(offer_id="offer-3", state="expired", hold="released"),
            a.offer(offer_id="offer-4"),
        ],
        terms=[a.term(occupied=2, taken=1)],
    )


def given_back(obligation: a.Obligation) -> Release:
    """The release of all that was paid of a debt."""
    return Release(
        obligation_id=obligation.obligation_id,
        release_id="release-1",
        cause="administrator",
        amount_minor=21600,
        refund_minor=21600,
        currency="GBP",
        book=obligation.book,
        term_id=obligation.term_id,
        asked_by="person-admin",
        asked_at=NOW,
    )


def _paid(payment: a.Payment, intent_id: str) -> Entry:
    return row(ledger.payment_entry(payment, intent_id, NOW, payment.outcome))


STRIPE = Money(2 * 21600 - 3 * FEE)


def test_true_books_are_proven() -> None:
    assert check_books(true_books(), STRIPE) == []
    assert check_books(true_books(), None) == []


def _lie(**changed: object) -> Callable[[Kept], Kept]:
    return lambda kept: replace(kept, **changed)  # type: ignore[arg-type]


def _torn(kept: Kept) -> Kept:
    """An entry that was changed where it lies: no code of ours can make one."""
    torn = replace(kept.entries[0])
    object.__setattr__(torn, "lines", (*torn.lines, Line(account="costs/room", amount_minor=5)))
    return replace(kept, entries=[torn, *kept.entries[1:]])


def _aside() -> Entry:
    moves = {"costs/room": 100, "surplus": -100}
    return row(ledger.entry("group#group-1", "aside", NOW, "GBP", moves))


def _by_hand(account: str) -> list[Entry]:
    """Money that came by hand and stands on an account without a row that says so."""
    moves = {"bank": 100, account: -100}
    return [row(ledger.entry("circle", "bank_receipt#x", NOW, "GBP", moves))]


def _with_debt(kept: Kept, **changed: Any) -> Kept:
    first = replace(kept.obligations[0], **changed)
    return replace(kept, obligations=[first, *kept.obligations[1:]])


LIES: dict[str, Callable[[Kept], Kept]] = {
    "entry": _torn,
    "deferred": lambda kept: _with_debt(
        kept, amount_minor=21601, paid_minor=21600, shares={**a.SHARES, "session-1": 3601}
    ),
    "shares": lambda kept: _with_debt(kept, bursary_minor=100),
    "given_back": lambda kept: replace(
        kept, payments=[replace(kept.payments[0], refunded_minor=100), *kept.payments[1:]]
    ),
    "refunds_pending": lambda kept: replace(
        kept, refunds=[kept.refunds[0], replace(kept.refunds[1], state="sent")]
    ),
    "surplus": lambda kept: replace(kept, entries=[*kept.entries, _aside()]),
    "suspense": lambda kept: replace(kept, entries=[*kept.entries, *_by_hand("suspense")]),
    "due_to": lambda kept: replace(kept, entries=[*kept.entries, *_by_hand("due_to/group#g")]),
    "processor_fees": lambda kept: replace(
        kept, payments=[replace(kept.payments[0], fee_minor=FEE + 1), *kept.payments[1:]]
    ),
    "taken": _lie(terms=[a.term(occupied=3, taken=2)]),
    "held": _lie(terms=[a.term(occupied=1, taken=1)]),
    "seat_without_money": lambda kept: _with_debt(kept, ended_at=NOW),
    "money_without_seat": lambda kept: replace(
        kept,
        obligations=[
            *kept.obligations,
            a.billed(obligation_id="debt-5", amount_minor=0, paid_minor=0, shares={}),
        ],
    ),
    "stripe": lambda kept: replace(
        kept,
        entries=[*kept.entries, row(ledger.fee_entry(a.payment(), "ch_8", 1, NOW))],
        payments=[*kept.payments, a.payment(payment_id="pay-8", fee_minor=1)],
    ),
}


# A penny more on a share is a penny more that is owed.
ALSO = {"deferred": {"receivable"}}


@pytest.mark.parametrize("proof", LIES)
def test_each_proof_fails_where_its_lie_is_told(proof: str) -> None:
    findings = check_books(LIES[proof](true_books()), STRIPE)
    assert {one.proof for one in findings} == {proof} | ALSO.get(proof, set())
    assert all(one.difference for one in findings)


def test_a_seat_paid_by_another_debt_is_money_without_a_seat_and_a_seat_without_money() -> None:
    kept = true_books()
    swapped = replace(kept, enrolments=[a.enrolment(obligation_id="debt-4"), *kept.enrolments[1:]])
    findings = check_books(swapped, None)
    assert [one.proof for one in findings] == ["seat_without_money", "money_without_seat"]


def test_a_surplus_in_one_currency_is_not_cleared_by_another() -> None:
    pounds = _paid(a.paid(outcome="surplus"), "pi_9")
    back = a.refund(currency="EUR")
    euros = row(ledger.surplus_back_entry(back, NOW))
    kept = true_books()
    findings = check_books(replace(kept, entries=[*kept.entries, pounds, euros]), None)
    assert [one.where for one in findings if one.proof == "surplus"] == [
        "group#group-1 EUR",
        "group#group-1 GBP",
    ]


def test_stripes_balance_in_pounds_is_not_compared_with_euros() -> None:
    kept = true_books()
    euros = a.paid(
        payment_id="pay-9", obligation_id="debt-9", currency="EUR", fee_minor=0, outcome="surplus"
    )
    back = a.refund(currency="EUR", obligation_id="debt-9", refund_id="refund-9")
    more = replace(
        kept,
        entries=[
            *kept.entries,
            _paid(euros, "pi_9"),
            row(ledger.surplus_back_entry(back, NOW)),
        ],
        payments=[*kept.payments, euros],
        refunds=[*kept.refunds, back],
    )
    assert check_books(more, STRIPE) == []


@pytest.mark.parametrize(
    ("payments", "refunds", "waits"),
    [
        ([a.paid()], [], False),
        ([a.paid()], [a.refund(state="succeeded")], False),
        ([a.payment()], [], True),
        ([a.paid(fee_minor=None)], [], True),
        ([a.paid()], [a.refund()], True),
    ],
)
def test_stripes_balance_proves_nothing_while_money_is_under_way(
    payments: list[a.Payment], refunds: list[a.Refund], waits: bool
) -> None:
    assert under_way(replace(true_books(), payments=payments, refunds=refunds)) is waits
