"""What the books say: balances, results by term, receipts and payments, what is owed if a group
stopped today (D1, T10, N7). Figures out of entries of one currency, in minor units.

What does not live here: the statement for members (statement.py), the journal (journal.py), the
proof that the books are true (books.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry, Line, group_book

# What an account is, by the part of its name before the slash. `money` is what a book has,
# with what another book keeps for it; `claims` is what others owe it; `owed` what it owes;
# `result` and `funds` together are the book's own. An account that is not here stays by itself.
SECTION: Mapping[str, str] = {
    **dict.fromkeys(("stripe", "bank", "cash", "due_to"), "money"),
    **dict.fromkeys(("receivable", "disputed", "clawback"), "claims"),
    **dict.fromkeys(("deferred", "credits", "refunds_pending", "surplus"), "owed"),
    **dict.fromkeys(("leader", "suspense", "not_ours", "vat"), "owed"),
    **dict.fromkeys(("fees", "processor_fees", "account_fees", "leader_fees", "costs"), "result"),
    **dict.fromkeys(("write_off", "given_away"), "result"),
    "bursaries": "funds",
}
SECTIONS = ("money", "claims", "owed", "result", "funds", "other")
RESULT = tuple(root for root, section in SECTION.items() if section == "result")
OWN = ("result", "funds")
# Proofs that count seats or rows; all others are about minor units.
COUNTED_PROOFS = (*("taken", "held", "seat_without_money", "money_without_seat", "bursary_code"),)


def book_named(name: str) -> str:
    """The book that a path names: `circle`, or the id of a group."""
    return CIRCLE_BOOK if name == CIRCLE_BOOK else group_book(name)


def name_of(book: str) -> str:
    """How a path names a book."""
    return book.removeprefix(group_book(""))


def root_of(account: str) -> str:
    """`deferred` of `deferred/term-1`."""
    return account.partition("/")[0]


def section_of(account: str) -> str:
    """Which section an account belongs to; `other` for one that nobody told us of."""
    return SECTION.get(root_of(account), "other")


def debt_of(one: Entry, line: Line) -> str:
    """The debt a line is about; empty for none."""
    return line.obligation_id or one.facts.get("obligation_id", "")


def term_of(one: Entry, line: Line) -> str:
    """The term a line is about; empty for none."""
    root, _, own = line.account.partition("/")
    return own if root == "deferred" else one.facts.get("term_id", "")


def by_currency(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Amounts of two currencies are never added: one set of figures for each."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        found[one.currency].append(one)
    return dict(sorted(found.items()))


# Balances


@dataclass(frozen=True)
class Balance:
    """Every account of a book that is not at nothing, debit positive. They sum to zero, so that
    money + claims + other = owed + own."""

    accounts: Mapping[str, int]
    funds: Mapping[str, int]  # general | designated | restricted -> what the book owns of it

    def section(self, name: str) -> dict[str, int]:
        """The accounts of one section as they are kept, debit positive."""
        return {one: n for one, n in self.accounts.items() if section_of(one) == name}

    def total(self, name: str) -> int:
        """The sum of a section, debit positive."""
        return sum(self.section(name).values())

    @property
    def own_minor(self) -> int:
        """What is left when everything that is owed is taken off: all funds together."""
        return sum(self.funds.values())


def balance(entries: Iterable[Entry]) -> Balance:
    """How a book stands."""
    accounts: Counter[str] = Counter()
    funds: Counter[str] = Counter()
    for one in entries:
        for line in one.lines:
            accounts[line.account] += line.amount_minor
            if section_of(line.account) in OWN:
                funds[line.fund] -= line.amount_minor
    standing = {name: n for name, n in sorted(accounts.items(), key=_in_order) if n}
    return Balance(standing, {name: n for name, n in sorted(funds.items()) if n})


def _in_order(item: tuple[str, int]) -> tuple[int, int, str]:
    root = root_of(item[0])
    at = list(SECTION).index(root) if root in SECTION else len(SECTION)
    return SECTIONS.index(section_of(root)), at, item[0]


# What a term came to


@dataclass(frozen=True)
class Result:
    """The accruals view of one term: what was earned and what it cost, whoever has paid yet."""

    term_id: str  # empty: what belongs to no term
    accounts: Mapping[str, int]  # of `result`, income positive, costs negative
    deferred_minor: int  # fees of sessions still to come
    receivable_minor: int

    @property
    def result_minor(self) -> int:
        """Fees earned less all costs."""
        return sum(self.accounts.values())

    def of(self, root: str) -> int:
        """One kind of income or cost, all its accounts together."""
        return sum(n for name, n in self.accounts.items() if root_of(name) == root)


def results(entries: Iterable[Entry]) -> list[Result]:
    """The result of each term of a book, by its id; what belongs to none comes last."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for one in entries:
        for line in one.lines:
            sums[term_of(one, line)][line.account] += line.amount_minor
    return [_result(term_id, sums[term_id]) for term_id in sorted(sums, key=lambda n: (not n, n))]


def _result(term_id: str, sums: Mapping[str, int]) -> Result:
    kept = {name: -n for name, n in sorted(sums.items(), key=_in_order) if n}
    return Result(
        term_id,
        {name: n for name, n in kept.items() if section_of(name) == "result"},
        sum(n for name, n in kept.items() if root_of(name) == "deferred"),
        -kept.get("receivable", 0),
    )


# If this group stopped today


@dataclass(frozen=True)
class IfStopped:
    """What a book would owe if nothing happened any more, and what that is made of (N7)."""

    parts: Mapping[str, int]  # kind of account -> minor units

    @property
    def total_minor(self) -> int:
        """The one figure."""
        return sum(self.parts.values())


def if_stopped(entries: Iterable[Entry]) -> IfStopped:
    """What would be owed: sessions that were paid for and not held, credits, refunds to be sent,
    money that bought nothing, what leaders have earned, money nobody could be matched to.

    A fee that is deferred but not paid is owed by nobody: it would not be asked for any more. So
    of each debt only what was paid beyond the sessions already held counts, never less than
    nothing: somebody who still owes for held sessions does not make another's claim smaller."""
    entries = list(entries)
    sums: Counter[str] = Counter()
    for one in entries:
        for line in one.lines:
            if section_of(line.account) == "owed" and root_of(line.account) != "deferred":
                sums[root_of(line.account)] -= line.amount_minor
    sums["deferred"] = sum(one.owed_minor for one in still_owed(entries))
    return IfStopped({root: sums[root] for root in SECTION if sums[root]})


@dataclass(frozen=True)
class StillOwed:
    """A debt with sessions to come: their share of its fee, and what of it is paid."""

    obligation_id: str
    term_id: str
    deferred_minor: int
    unpaid_minor: int

    @property
    def owed_minor(self) -> int:
        """What would go back if its sessions were never held."""
        return max(0, self.deferred_minor - max(0, self.unpaid_minor))


def still_owed(entries: Iterable[Entry]) -> list[StillOwed]:
    """Every debt with fees that are not earned yet, by its id."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    terms: dict[str, str] = {}
    for one in entries:
        for line in one.lines:
            root = root_of(line.account)
            if root in ("deferred", "receivable"):
                sums[debt_of(one, line)][root] += line.amount_minor
                terms[debt_of(one, line)] = term_of(one, line)
    return [
        StillOwed(name, terms[name], -own["deferred"], own["receivable"])
        for name, own in sorted(sums.items())
        if own["deferred"]
    ]


# Receipts and payments


@dataclass(frozen=True)
class Month:
    """The money of one month: what came in and went out, by cause (the kind of the entry)."""

    month: str  # 2026-11, on the circle's calendar
    opening_minor: int
    came_in: Mapping[str, int]
    went_out: Mapping[str, int]  # positive

    @property
    def closing_minor(self) -> int:
        """What there is at its end."""
        moved = sum(self.came_in.values()) - sum(self.went_out.values())
        return self.opening_minor + moved


def months(entries: Iterable[Entry], zone: str) -> list[Month]:
    """The receipts and payments of a book, month by month. Money that only moved between two
    places of the same book (from Stripe to the bank) neither came nor went."""
    moved: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for one in entries:
        amount = sum(n.amount_minor for n in one.lines if section_of(n.account) == "money")
        if amount:
            moved[month_of(one, zone)].append((kind_of(one.entry_id), amount))
    found, standing = [], 0
    for month in sorted(moved):
        came, went = Counter[str](), Counter[str]()
        for cause, amount in moved[month]:
            (came if amount > 0 else went)[cause] += abs(amount)
        found.append(Month(month, standing, dict(came), dict(went)))
        standing = found[-1].closing_minor
    return found


def month_of(one: Entry, zone: str) -> str:
    """The month of an entry on this zone's calendar."""
    return f"{one.posted_at.astimezone(ZoneInfo(zone)):%Y-%m}"


def kind_of(entry_id: str) -> str:
    """`payment` of `payment#pi_1`."""
    return entry_id.partition("#")[0]
