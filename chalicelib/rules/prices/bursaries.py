"""Bursaries: codes that let a restricted fund pay a part of a fee, confidentially (D1, R86).

The fund is the account `bursaries` of the circle's book. Open codes and codes of unpaid offers
are promises; promises and what was paid never exceed the gifts. Leaders never see who has one.
What does not live here: prices (prices.py), how an offer uses a code (means.py), the entries of
a seat (ledger.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.errors import BursaryNotOpen, FundTooSmall
from chalicelib.rules import states
from chalicelib.rules.books.ledger import CIRCLE_BOOK, Entry, Line, entry_of_lines
from chalicelib.rules.changes import Change, Create, Is, Ref, Update

FUND = "bursaries"
PROMISED = ("open", "used")  # a code that still has to be paid from the fund
CODE_LENGTH = 8


@dataclass(frozen=True, kw_only=True)
class BursaryCode:
    """A code worth up to `amount_minor` of one fee, for one person to use once."""

    code: str
    amount_minor: int
    currency: str
    state: str = "open"  # open | used | spent | withdrawn
    note: str = ""  # for the fund's own papers; no person is named
    made_by: str
    made_at: datetime
    used_for: str = ""  # obligation_id


@dataclass(frozen=True, kw_only=True)
class BursaryFund:
    """One row: its mark grows with every new promise, so that two people cannot promise the same
    money."""

    name: str = "fund"
    mark: int = 0


@dataclass(frozen=True, kw_only=True)
class FundStanding:
    """What the fund holds and has promised, as it was read. Minor units."""

    fund: BursaryFund | None
    codes: Sequence[BursaryCode]
    balance_minor: int  # gifts less what was paid of fees

    @property
    def promised_minor(self) -> int:
        """What codes may still take."""
        return sum(one.amount_minor for one in self.codes if one.state in PROMISED)

    @property
    def free_minor(self) -> int:
        """What a new code can promise."""
        return self.balance_minor - self.promised_minor


def balance_of(entries: Iterable[Entry]) -> int:
    """What the fund holds by the circle's book."""
    lines = (line for one in entries for line in one.lines if line.account == FUND)
    return -sum(line.amount_minor for line in lines)


def as_written(typed: str) -> str:
    """A code as it is kept, however somebody wrote it."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())


def code_from(name: str) -> str:
    """A code to read out and type, out of a fresh id."""
    return name[-CODE_LENGTH:].upper()


def gift_entry(
    gift_id: str, amount_minor: int, currency: str, reference: str, now: datetime
) -> Create:
    """A gift came in by bank: restricted to bursaries (D1)."""
    lines = (
        Line(account="bank", amount_minor=amount_minor, fund="restricted"),
        Line(account=FUND, amount_minor=-amount_minor, fund="restricted"),
    )
    facts = {"reference": reference}
    return entry_of_lines(CIRCLE_BOOK, f"gift#{gift_id}", now, currency, lines, facts)


def promise(standing: FundStanding, code: BursaryCode) -> Change:
    """A new code, if the fund can pay it. FundTooSmall; StateChanged when somebody promised
    something meanwhile."""
    if code.amount_minor > standing.free_minor:
        raise FundTooSmall(free=standing.free_minor)
    fund = standing.fund
    mark: Create | Update = Create(BursaryFund(mark=1))
    if fund is not None:
        mark = Update(fund, {"mark": fund.mark + 1}, when=(Is("mark", fund.mark),))
    return Change.of(mark, Create(code))


def withdrawn(code: BursaryCode) -> Update:
    """A code that nobody has used is worth nothing any more. BursaryNotOpen."""
    if code.state != "open":
        raise BursaryNotOpen(state=code.state)
    values = {"state": states.move("bursary_code", code.state, "withdrawn")}
    return Update(code, values, when=(Is("state", "open"),), refusal=BursaryNotOpen)


def not_usable(code: BursaryCode | None, currency: str) -> str:
    """Why a code cannot be used, as the code of a sentence; empty when it can."""
    if code is None:
        return "unknown"
    if code.state != "open":
        return "withdrawn" if code.state == "withdrawn" else "used"
    return "" if code.currency == currency else "currency"


def used(code: BursaryCode, obligation_id: str) -> Update:
    """A code pays a part of a debt. BursaryNotOpen when somebody was quicker."""
    if code.state != "open":
        raise BursaryNotOpen(state=code.state)
    return Update(
        code,
        {"state": states.move("bursary_code", code.state, "used"), "used_for": obligation_id},
        when=(Is("state", "open"),),
        refusal=BursaryNotOpen,
    )


def spent(code: str, obligation_id: str, was: str = "used") -> Update:
    """The seat is taken and the fund has paid: in the books from now on, no promise any more."""
    mine = (Is("used_for", obligation_id),) if was == "used" else ()
    return Update(
        Ref(BursaryCode, {"code": code}),
        {"state": states.move("bursary_code", was, "spent"), "used_for": obligation_id},
        when=(Is("state", was), *mine),
    )
