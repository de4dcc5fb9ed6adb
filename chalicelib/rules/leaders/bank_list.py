"""The list from which the treasurer pays leaders from the bank, and what confirming it writes (D4).

The file holds what imports of bulk payments of UK banks take: one payment a line, plain ASCII, no
byte order mark, sort code and account number as digits, at most 18 characters of name and of
reference (the fields of BACS Standard 18). What does not live here: who is on the list (the runs).
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from chalicelib.errors import StateChanged
from chalicelib.rules.changes import Change, Create, Is, Remove, Update
from chalicelib.rules.leaders.accounts import PayProfile
from chalicelib.rules.leaders.payouts import Payout, bank_entries
from chalicelib.rules.leaders.preparing import Payee, unpayable
from chalicelib.rules.money.amounts import Money
from chalicelib.rules.people.circle import Task
from chalicelib.rules.states import move

FIELD_MAX = 18
COLUMNS = ("Sort code", "Account number", "Account name", "Amount", "Reference")
PUNCTUATION = ".&/- "  # what BACS takes beside letters and digits
FIRST_REMINDER = timedelta(days=3)
GROWS_TO = 5  # doublings of the gap between reminders


@dataclass(frozen=True)
class BankLine:
    """One payment of the list: whom, where to, how much, under which words. `why` says why it is
    not to be paid just now."""

    payout: Payout
    profile: PayProfile
    reference: str
    why: str = ""

    @property
    def in_file(self) -> bool:
        """Whether a British bank can take it from the file."""
        return not self.why and bool(self.profile.sort_code) and self.payout.currency == "GBP"


def bank_line(payout: Payout, payee: Payee, now: datetime) -> BankLine:
    """A payout with where it goes today: details that are new wait here as well. One that was to
    go through Stripe first, and goes by bank now, asks for the bank's details alone."""
    profile = replace(payee.profile, route=payout.route)
    why = unpayable(replace(payee, profile=profile), now)
    return BankLine(payout, payee.profile, reference_of(payout), why)


def reference_of(payout: Payout) -> str:
    """`BALINT 202612 K7Q2`: what leader and bank read, the same whenever it is made."""
    code = base64.b32encode(sha256(payout.payout_id.encode()).digest()).decode()[:4]
    month = payout.period.replace("-", "")[:6]
    return f"BALINT {month} {code}"[:FIELD_MAX]


def bank_text(words: str) -> str:
    """Words as a bank's field takes them: capitals without accents, at most 18 characters,
    beginning with a letter or digit, so that no program takes them for a formula."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().upper()
    kept = "".join(one if one.isalnum() or one in PUNCTUATION else " " for one in plain)
    return " ".join(kept.split()).lstrip(PUNCTUATION)[:FIELD_MAX].rstrip()


def bank_file(lines: Iterable[BankLine]) -> bytes:
    """The file: a line of headings, then a payment on each line."""
    rows = [",".join(COLUMNS), *(_row(one) for one in lines if one.in_file)]
    return "".join(f"{row}\r\n" for row in rows).encode("ascii")


def _row(one: BankLine) -> str:
    pounds, pence = divmod(one.payout.amount_minor, 100)
    return ",".join(
        (
            one.profile.sort_code,
            one.profile.account_number,
            bank_text(one.profile.account_name),
            f"{pounds}.{pence:02d}",
            one.reference,
        )
    )


# Paid


def paid(payout: Payout, paid_on: date, reference: str, now: datetime) -> Change:
    """The bank has paid it: the payout, its entries, and nothing more to do about it. Raises
    StateChanged when it was confirmed already, or goes another way."""
    if payout.state != "approved" or payout.route != "bank":
        raise StateChanged
    values = {
        "state": move("payout", payout.state, "paid_manually"),
        "paid_on": paid_on,
        "paid_reference": reference or reference_of(payout),
        "left_at": now,
        "check_at": None,
    }
    as_read = (Is("state", "approved"), Is("route", "bank"))
    return Change.of(
        Update(payout, values, when=as_read),
        *bank_entries(payout, now),
        Remove(_task(payout, now)),
    )


def reminded(payout: Payout, task: Task | None, now: datetime) -> Change:
    """It has waited for the bank: a task says so, and the next look comes after a longer gap."""
    if payout.state != "approved":
        return Change.of(Update(payout, {"check_at": None}, when=(Is("state", payout.state),)))
    gap = FIRST_REMINDER * 2 ** min(payout.tries, GROWS_TO)
    values = {"check_at": now + gap, "tries": payout.tries + 1}
    again = Update(task, {"due_at": now}) if task else Create(_task(payout, now))
    as_read = (Is("state", "approved"), Is("tries", payout.tries))
    return Change.of(Update(payout, values, when=as_read), again)


def task_id(payout: Payout) -> str:
    """The one task about a payout that was not confirmed yet."""
    return f"payout_to_pay#{payout.payout_id}"


def _task(payout: Payout, now: datetime) -> Task:
    amount = str(Money(payout.amount_minor, payout.currency))
    return Task(
        task_id=task_id(payout),
        code="payout_to_pay",
        facts={"name": payout.name, "amount": amount, "period": payout.period},
        path=f"/admin/payouts/{payout.period}/bank-list",
        owner="treasurer",
        opened_at=now,
        due_at=now,
    )
