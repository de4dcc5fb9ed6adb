"""What each leader would be paid now, and what is held back and why (D4, N6, L2, L6, L9).

A preview shares out everything that is open: it is payable, or held with one reason. Deductions
are taken first. A group's fund pays its oldest sessions first, and all leaders of a session or
none, so that nobody is paid ahead of a colleague. Minor units. What does not live here: the rows
of a run (running.py), what disputes hold back (disputed.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from chalicelib.rules.books.ledger import Entry
from chalicelib.rules.books.reports import balance
from chalicelib.rules.leaders.accounts import PayoutAccount, PayProfile
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Returned
from chalicelib.rules.leaders.payouts import LINES_MAX, Item, Payout, PayoutLine, line_of

REASONS = (
    *("hold", "set_aside", "disputed", "fund_short", "below_nothing", "too_many"),
    *("no_agreement", "no_details", "new_details", "account_not_ready"),
)
NEW_DETAILS_WAIT = timedelta(days=3)
DEDUCTIONS_MAX = LINES_MAX // 2  # of one payout; the rest waits for the next
COMING = ("approved", "sending")  # taken up, and the money has not left yet
OWED_BACK = ("refunds_pending", "surplus", "credits")

Disputed = Mapping[tuple[str, str], int]  # (leader_id, session_id) -> minor units held back


@dataclass(frozen=True, kw_only=True)
class Payee:
    """A leader with everything that says what can be paid."""

    leader_id: str
    name: str
    items: tuple[Item, ...]
    profile: PayProfile
    account: PayoutAccount | None = None


@dataclass(frozen=True)
class Held:
    """A line, or a part of one, that is not paid now."""

    line: PayoutLine
    reason: str  # of REASONS


@dataclass(frozen=True)
class Preview:
    """What one leader would be paid, and what not."""

    payee: Payee
    lines: tuple[PayoutLine, ...]
    held: tuple[Held, ...]

    @property
    def net_minor(self) -> int:
        """What would be sent: more than nothing, or nothing at all."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def held_minor(self) -> int:
        """What is not paid now, deductions taken off."""
        return sum(one.line.amount_minor for one in self.held)

    @property
    def reasons(self) -> dict[str, int]:
        """What is held for each reason."""
        sums: Counter[str] = Counter()
        for one in self.held:
            sums[one.reason] += one.line.amount_minor
        return {reason: sums[reason] for reason in REASONS if reason in sums}


def cover(entries: Iterable[Entry], group_id: str, currency: str, payouts: Iterable[Payout]) -> int:
    """What a group's book can spend on its leaders: its cleared money, less what it owes back to
    payers and what payouts that are approved will take out of it. Below nothing where it can
    spend nothing."""
    standing = balance(one for one in entries if one.currency == currency)
    owed_back = sum(standing.accounts.get(name, 0) for name in OWED_BACK)  # credits: below nothing
    coming = sum(
        line.amount_minor
        for payout in payouts
        if payout.state in COMING
        for line in payout.lines
        if line.group_id == group_id
    )
    return standing.total("money") + owed_back - coming


def unpayable(payee: Payee, now: datetime) -> str:
    """Why nothing can be paid to a leader now, whatever is open; empty when it can."""
    profile = payee.profile
    if profile.connected and not profile.agreement_ref:
        return "no_agreement"
    if profile.route == "stripe":
        return "" if payee.account and payee.account.ready else "account_not_ready"
    if not profile.has_details:
        return "no_details"
    changed = profile.changed_at
    return "new_details" if changed and now < changed + NEW_DETAILS_WAIT else ""


def previews(
    payees: Sequence[Payee],
    covers: Mapping[str, int],
    now: datetime,
    disputed: Disputed,
    advanced: Collection[str] = (),
) -> tuple[Preview, ...]:
    """What each would be paid. `covers` by group; who is in `advanced` is paid also what the fund
    does not cover."""
    below: set[str] = set()
    while True:
        sorted_out = [_sort_out(one, now, disputed, one.leader_id in below) for one in payees]
        fits = _share_funds(sorted_out, covers, advanced)
        found = tuple(_preview(one, fits) for one in sorted_out)
        more = {one.payee.leader_id for one in found if one.lines and one.net_minor <= 0}
        if not more:
            return found
        below |= more


# What is open of one leader


@dataclass(frozen=True)
class _Claim:
    """Something that would be paid out of a group's fund, if nothing but the fund held it back.
    With a `reason` it is held, and its part of the fund is kept for it all the same."""

    leader_id: str
    at: datetime
    line: PayoutLine
    reason: str

    @property
    def order(self) -> tuple[datetime, str, str]:
        return self.at, self.line.ref, self.leader_id


@dataclass(frozen=True)
class _SortedOut:
    payee: Payee
    reason: str  # why all of it is held; empty for none
    deductions: tuple[PayoutLine, ...]
    claims: tuple[_Claim, ...]
    held: tuple[Held, ...]


def _sort_out(payee: Payee, now: datetime, disputed: Disputed, below: bool) -> _SortedOut:
    reason = unpayable(payee, now) or ("below_nothing" if below else "")
    held: list[Held] = []
    claims: list[_Claim] = []
    deductions: list[PayoutLine] = []
    for item in sorted((one for one in payee.items if one.open_minor), key=_when):
        line = line_of(item)
        if line.amount_minor < 0:
            deductions.append(line)
        elif isinstance(item, Accrual) and item.payable_at > now and not item.set_aside:
            held.append(Held(line, "hold"))
        else:
            aside = isinstance(item, Accrual) and bool(item.set_aside)
            kept = min(line.amount_minor, disputed.get((payee.leader_id, line.ref), 0))
            if kept and not aside:
                held.append(Held(replace(line, amount_minor=kept), "disputed"))
                line = replace(line, amount_minor=line.amount_minor - kept)
            if line.amount_minor:
                own = "set_aside" if aside else reason
                claims.append(_Claim(payee.leader_id, _when(item)[0], line, own))
    if reason:
        held += [Held(line, reason) for line in deductions]
        deductions = []
    held += [Held(line, "too_many") for line in deductions[DEDUCTIONS_MAX:]]
    return _SortedOut(payee, reason, tuple(deductions[:DEDUCTIONS_MAX]), tuple(claims), tuple(held))


def _when(item: Item) -> tuple[datetime, str]:
    """The order in which things are paid: the oldest session first."""
    ref = line_of(item).ref
    if isinstance(item, Accrual):
        return item.session_at, ref
    return (item.returned_at if isinstance(item, Returned) else item.made_at), ref


# The fund of each group


def _share_funds(
    every: Sequence[_SortedOut], covers: Mapping[str, int], advanced: Collection[str]
) -> set[tuple[str, str]]:
    """(leader, line) of every claim that its group's fund lets through."""
    by_group: dict[str, list[_Claim]] = defaultdict(list)
    own: Counter[tuple[str, str]] = Counter()  # what a leader's deductions leave in a group's fund
    for one in every:
        for line in one.deductions:
            own[one.payee.leader_id, line.group_id] -= line.amount_minor
        for claim in one.claims:
            by_group[claim.line.group_id].append(claim)
    fits: set[tuple[str, str]] = set()
    for group_id, claims in by_group.items():
        fits |= _share_fund(claims, max(0, covers.get(group_id, 0)), own, advanced)
    return fits


def _share_fund(
    claims: Sequence[_Claim],
    left: int,
    own: Counter[tuple[str, str]],
    advanced: Collection[str],
) -> set[tuple[str, str]]:
    """Session by session, all its leaders or none; after the first that does not fit nothing else
    does, but for leaders who are advanced. What is carried forward draws on no fund."""
    fits: set[tuple[str, str]] = set()
    short = False
    in_order = sorted(claims, key=lambda one: one.order)
    for _, session in groupby(in_order, key=lambda one: one.line.ref):
        together = list(session)
        drawn, carried = 0, 0
        for one in together:
            key = (one.leader_id, one.line.group_id)
            set_off = 0 if one.reason else min(one.line.amount_minor, own[key])
            own[key] -= set_off
            need = one.line.amount_minor - set_off
            if one.reason == "below_nothing":
                carried += need
            else:
                drawn += need
        short = short or drawn > left
        left -= 0 if short else drawn
        for one in together:
            enough = not short and (one.reason != "below_nothing" or carried <= left)
            if enough or one.leader_id in advanced:
                fits.add((one.leader_id, one.line.ref))
    return fits


def _preview(one: _SortedOut, fits: Collection[tuple[str, str]]) -> Preview:
    held, lines = list(one.held), []
    for claim in one.claims:
        fitting = (claim.leader_id, claim.line.ref) in fits
        if claim.reason and (fitting or claim.reason != "below_nothing"):
            held.append(Held(claim.line, claim.reason))
        elif not fitting:
            held.append(Held(claim.line, "fund_short"))
        else:
            lines.append(claim.line)
    room = LINES_MAX - len(one.deductions)
    held += [Held(line, "too_many") for line in lines[room:]]
    return Preview(one.payee, (*lines[:room], *one.deductions), tuple(held))
