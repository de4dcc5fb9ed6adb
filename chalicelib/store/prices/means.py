"""Reading what can pay a part of a price: a bursary code, the fund behind it, credits."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.errors import BursaryNotOpen
from chalicelib.rules.books.ledger import CIRCLE_BOOK, group_book
from chalicelib.rules.joining.applications import Application
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.prices.bursaries import BursaryCode, BursaryFund, FundStanding, balance_of
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.prices.means import Means
from chalicelib.rules.running.groups import Term
from chalicelib.store import reads, tables
from chalicelib.store.people import people


def code(name: str) -> BursaryCode | None:
    """A code as it is written on its row."""
    return reads.get(BursaryCode, "bursary", name) if name else None


def codes() -> list[BursaryCode]:
    """Every code ever made."""
    return reads.under(tables.Circle, "bursary")


def fund() -> FundStanding:
    """What the fund holds and has promised. The mark is read first, then the codes, then the
    book: a code that is paid for meanwhile is counted twice, never left out."""
    mark = reads.get(BursaryFund, "bursary_fund", "fund")
    every = codes()
    entries = reads.under(tables.Ledger, CIRCLE_BOOK)
    return FundStanding(fund=mark, codes=every, balance_minor=balance_of(entries))


def credits_of(person_id: str | None, email: str, book: str, currency: str) -> tuple[Credit, ...]:
    """What a person has kept in a book, oldest first. Whoever is not bound yet is found by the
    address, which the offer's own mail proves."""
    owner = person_id or getattr(people.by_email(email), "person_id", None)
    if owner is None:
        return ()
    seen = reads.indexed(tables.Payments.by_person, owner, "credit#")
    rows = [reads.reread(one) for one in seen if isinstance(one, Credit)]
    fit = [
        one
        for one in rows
        if one and one.book == book and one.currency == currency and one.left_minor
    ]
    return tuple(sorted(fit, key=lambda one: (one.made_at, one.credit_id)))


def ready(
    application: Application, term: Term, bursary_code: str, old: Offer | None = None
) -> Means:
    """What can pay a part of an offer to an applicant: the code, if one is given, and what the
    applicant has kept. What an offer that is to be replaced uses counts as given back.
    BursaryNotOpen for a code that is none."""
    found = code(bursary_code)
    if bursary_code and found is None:
        raise BursaryNotOpen
    used = old.parts.credits if old else {}
    book = group_book(application.group_id)
    own = credits_of(application.person_id, application.email, book, term.currency)
    left = {one.credit_id: one for one in (*credits_named(list(used)), *own)}
    again = (
        replace(one, left_minor=one.left_minor + used.get(one.credit_id, 0))
        for one in left.values()
    )
    return Means(
        code=found, credits=tuple(sorted(again, key=lambda one: (one.made_at, one.credit_id)))
    )


def credits_named(names: list[str]) -> tuple[Credit, ...]:
    """Credits by their ids."""
    keys: list[tuple[str, ...]] = [(f"credit#{name}", "credit") for name in names]
    return tuple(reads.many(Credit, keys)) if keys else ()


def means_again(bursary_code: str, credit_ids: list[str]) -> Means:
    """What an offer that has ended had used, as it stands now."""
    return Means(code=code(bursary_code), credits=credits_named(credit_ids))
