"""The proof of leaders' pay: what was earned, what is owed, what was sent (P1-P3 of our laws).

Everything that leaders earned, less what they owe back, is what they were paid and what they are
still owed. What does not live here: the other proofs (books/books.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from chalicelib.rules.books import ledger
from chalicelib.rules.books.findings import Finding, on_account, same
from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback, Returned
from chalicelib.rules.leaders.payouts import MONEY_LEFT, TAKEN_UP, Item, Payout


def of_leaders(
    entries: Sequence[Entry], items: Sequence[Item], payouts: Sequence[Payout]
) -> list[Finding]:
    """Every finding about the pay of leaders."""
    return [
        *_owed(entries, items, payouts),
        *_owed_back(entries, items, payouts),
        *_taken_up(items, payouts),
        *_cost(entries, items),
        *_clawed(items),
        *_sums(payouts),
    ]


def _accounts(entries: Sequence[Entry], root: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for (_, account, _), amount in ledger.balances(entries).items():
        kind, _, leader_id = account.partition("/")
        if kind == root:
            sums[leader_id] += amount
    return dict(sums)


def _each(
    proof: str, expected: Counter[str], found: dict[str, int], sign: int
) -> Iterator[Finding]:
    for leader_id in sorted({*expected, *found}):
        yield from same(proof, leader_id, expected[leader_id], sign * found.get(leader_id, 0))


def _owed(
    entries: Sequence[Entry], items: Sequence[Item], payouts: Sequence[Payout]
) -> Iterator[Finding]:
    """What the books owe a leader is what was earned, and came back, less what was paid."""
    expected: Counter[str] = Counter()
    for item in items:
        if not isinstance(item, Clawback):
            expected[item.leader_id] += item.amount_minor
    for payout in payouts:
        for line in payout.lines:
            if payout.state in MONEY_LEFT and line.what != "clawback":
                expected[payout.leader_id] -= line.amount_minor
    yield from _each("leader", expected, _accounts(entries, "leader"), -1)


def _owed_back(
    entries: Sequence[Entry], items: Sequence[Item], payouts: Sequence[Payout]
) -> Iterator[Finding]:
    """What a leader owes the books is every clawback that nothing has ended."""
    expected: Counter[str] = Counter()
    for item in items:
        if isinstance(item, Clawback):
            ended = item.reversed_minor + item.written_off_minor + item.lifted_minor
            expected[item.leader_id] += item.amount_minor - ended
    for payout in payouts:
        for line in payout.lines:
            if payout.state in MONEY_LEFT and line.what == "clawback":
                expected[payout.leader_id] += line.amount_minor
    yield from _each("clawback", expected, _accounts(entries, "clawback"), 1)


def _taken_up(items: Sequence[Item], payouts: Sequence[Payout]) -> Iterator[Finding]:
    """What rows say that payouts have taken up of them is what the lines of payouts say."""
    lines: Counter[tuple[str, str, str]] = Counter()
    for payout in payouts:
        for line in payout.lines:
            if payout.state in TAKEN_UP:
                lines[payout.leader_id, line.what, line.ref] += abs(line.amount_minor) * (
                    1 if (line.amount_minor >= 0) == (line.what != "clawback") else -1
                )
    for item in items:
        key = (item.leader_id, *_name(item))
        yield from same("taken_up", "#".join(key), lines.pop(key, 0), item.settled_minor)
    for key, amount in sorted(lines.items()):
        yield from same("taken_up", "#".join(key), amount, 0)


def _name(item: Item) -> tuple[str, str]:
    if isinstance(item, Accrual):
        return "accrual", item.session_id
    if isinstance(item, Clawback):
        return "clawback", item.clawback_id
    return "returned", item.returned_id


def _cost(entries: Sequence[Entry], items: Sequence[Item]) -> list[Finding]:
    """What leaders cost is what they earned, less what they owe back."""
    expected = sum(0 if isinstance(item, Returned) else _signed(item) for item in items)
    return same("leader_fees", "all", expected, on_account(entries, "leader_fees"))


def _signed(item: Accrual | Clawback) -> int:
    if isinstance(item, Clawback):
        return item.lifted_minor - item.amount_minor
    return item.amount_minor


def _clawed(items: Sequence[Item]) -> Iterator[Finding]:
    """Of a fee never more is owed back than it is: clawbacks of one session come together to no
    more, and the fee knows of each."""
    made: Counter[tuple[str, str]] = Counter()
    owed: Counter[tuple[str, str]] = Counter()
    for item in items:
        if isinstance(item, Clawback) and item.session_id:
            key = (item.leader_id, item.session_id)
            made[key] += item.amount_minor
            owed[key] += item.amount_minor - item.lifted_minor - item.written_off_minor
    for item in items:
        if isinstance(item, Accrual):
            key = (item.leader_id, item.session_id)
            yield from same("clawed", "#".join(key), made.pop(key, 0), item.clawed_minor)
            beyond = max(0, owed[key] - max(0, item.amount_minor))
            yield from same("clawed_beyond", "#".join(key), 0, beyond)
    for key, amount in sorted(made.items()):
        yield from same("clawed", "#".join(key), amount, 0)


def _sums(payouts: Sequence[Payout]) -> Iterator[Finding]:
    """A payout is the sum of its lines, and never nothing or less."""
    for one in payouts:
        total = sum(line.amount_minor for line in one.lines)
        yield from same("payout", one.payout_id, total, one.amount_minor)
        yield from same("payout_below_nothing", one.payout_id, 0, min(0, one.amount_minor - 1))
