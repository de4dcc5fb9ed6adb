"""How leaders of a term agree on how they share their fees: proposed, confirmed, withdrawn (L9).

Shares are basis points: 10,000 is the whole. What does not live here: what a split earns whom
(leaders/accruals.py), since when one holds (leading.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.errors import Conflict, NotFound
from chalicelib.rules.changes import Change, Create, Is, Require, Update
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.mail import mail
from chalicelib.rules.money.amounts import share
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.rules.running.leading import WHOLE_BP, Leadership, Split
from chalicelib.rules.typed_text import Parser, Unreadable, number_line

OVER = ("ended", "cancelled")
HISTORY_MAX = 50  # proposals of one term, so that nobody fills it with them
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?%?")


def sharing(whole: WholeTerm) -> tuple[Leadership, ...]:
    """The leaders who are paid by fee: only they share."""
    return tuple(one for one in whole.leaders if one.pay == "fee")


def may_propose(whole: WholeTerm) -> bool:
    """Whether there is anything to share, in a term that is not over."""
    return len(sharing(whole)) > 1 and whole.term.state not in OVER


def percent(bp: int) -> str:
    """Basis points as people write them: 55, 33.33."""
    whole, part = divmod(bp, 100)
    return f"{whole}.{part:02d}" if part else str(whole)


def share_field(leader_id: str) -> str:
    """The name of the question about a leader's share."""
    return f"share-{leader_id}"


def split_form(whole: WholeTerm) -> Form:
    """A share for each leader who is paid by fee; together they are the whole."""
    names = tuple(share_field(one.leader_id) for one in sharing(whole))

    def is_whole(values: Mapping[str, Any]) -> dict[str, str]:
        good = sum(values[name] for name in names) == WHOLE_BP
        return {} if good or not names else {names[0]: "not_whole"}

    fields = tuple(
        Field(share_field(one.leader_id), _part(one), words="share") for one in sharing(whole)
    )
    return Form("split", fields, (Check(names, is_whole),))


def usual(whole: WholeTerm, holding: Mapping[str, int]) -> dict[str, int]:
    """What the form says at first: what holds, else the same for everybody."""
    names = [one.leader_id for one in sharing(whole)]
    if not names:
        return {}
    weights = [holding.get(name, 0) for name in names]
    parts = share(WHOLE_BP, weights if all(weights) else [1] * len(names))
    return {share_field(name): bp for name, bp in zip(names, parts, strict=True)}


def _part(leader: Leadership) -> Parser:
    """A part of a hundred, with two decimals at most; everybody who shares has one."""

    def read(raws: list[str]) -> int:
        line = number_line(raws[-1], "not_an_amount").replace(" ", "")
        match = _PERCENT.fullmatch(line)
        if not match:
            raise Unreadable("not_an_amount")
        bp = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
        if bp < 1:
            raise Unreadable("too_small")
        if bp > WHOLE_BP:
            raise Unreadable("too_large")
        return bp

    return Parser(read, percent, facts={"name": leader.name, "low": "0.01", "high": "100"})


def open_proposal(whole: WholeTerm) -> Split | None:
    """The one that somebody has not confirmed yet; None without one."""
    waiting = [one for one in whole.splits if one.holds_from is None and one.withdrawn_at is None]
    return max(waiting, key=lambda one: (one.proposed_at, one.split_id), default=None)


def since(whole: WholeTerm) -> Sequence[tuple[datetime, Split]]:
    """Everything that holds or held, the newest first, with since when."""
    known = [(at, one) for one in whole.splits if (at := one.holds_from) is not None]
    return sorted(known, key=lambda each: (each[0], each[1].split_id), reverse=True)


def waits_for(whole: WholeTerm, split: Split, leader_id: str) -> bool:
    """Whether a leader can confirm a proposal: it waits for her, and she still leads."""
    leads = any(one.leader_id == leader_id for one in sharing(whole))
    return leads and leader_id in split.shares and leader_id not in split.confirmed


def can_hold(whole: WholeTerm, split: Split) -> bool:
    """Whether everybody it still waits for can confirm it: somebody may have left since."""
    left = set(split.shares) - set(split.confirmed)
    return left <= {one.leader_id for one in sharing(whole)}


# What is written


def proposed(
    whole: WholeTerm, shares: Mapping[str, int], split_id: str, by: str, now: datetime
) -> tuple[Split, Change]:
    """A proposal, in place of one that was still open. Who proposes and shares in it has
    confirmed it. Every share nothing: each is paid the own fee again. Conflict where there is
    nothing to share, and once there were too many."""
    names = {one.leader_id for one in sharing(whole)}
    full = all(shares.values()) and sum(shares.values()) == WHOLE_BP
    if set(shares) != names or not (full or not any(shares.values())):
        raise Conflict
    if not may_propose(whole) or len(whole.splits) >= HISTORY_MAX:
        raise Conflict
    row = Split(
        group_id=whole.term.group_id,
        term_id=whole.term.term_id,
        split_id=split_id,
        shares=shares,
        proposed_by=by,
        proposed_at=now,
        confirmed={by: now} if by in shares else {},
    )
    before = open_proposal(whole)
    return row, Change.of(
        Create(row),
        _changed(before, {"withdrawn_at": now}) if before else None,
        *(Require(one, (Is("pay", "fee"),), Conflict) for one in sharing(whole)),
    )


def own_fees(whole: WholeTerm) -> dict[str, int]:
    """The shares that mean: each is paid the own fee."""
    return {one.leader_id: 0 for one in sharing(whole)}


def confirmed(
    whole: WholeTerm, split_id: str, leader_id: str, now: datetime
) -> tuple[Split, Change]:
    """A leader agrees; with the last of them it holds for sessions that begin from now on. Raises
    NotFound for who has no part in it, Conflict when it does not wait for her any more."""
    split = _open(whole, split_id)
    if leader_id not in split.shares:
        raise NotFound
    if not waits_for(whole, split, leader_id) or whole.term.state in OVER:
        raise Conflict
    own = next(one for one in whole.leaders if one.leader_id == leader_id)
    values: dict[str, Any] = {"confirmed": {**split.confirmed, leader_id: now}}
    change = Change.of(_changed(split, values), Require(own, (Is("pay", "fee"),), Conflict))
    return replace(split, **values), change


def withdrawn(whole: WholeTerm, split_id: str, now: datetime) -> Change:
    """A proposal is taken back, or refused. What holds already cannot be: another takes its
    place. Conflict then."""
    return Change.of(_changed(_open(whole, split_id), {"withdrawn_at": now}))


def _open(whole: WholeTerm, split_id: str) -> Split:
    split = next((one for one in whole.splits if one.split_id == split_id), None)
    if split is None:
        raise NotFound
    if split.withdrawn_at is not None or split.holds_from is not None:
        raise Conflict
    return split


def _changed(split: Split, values: Mapping[str, Any]) -> Update:
    as_read = (Is("revision", split.revision), Is("withdrawn_at", None))
    return Update(split, {**values, "revision": split.revision + 1}, when=as_read, refusal=Conflict)


def letters(
    whole: WholeTerm, split: Split, by: str, people: Mapping[str, Person], now: datetime
) -> list[Create]:
    """What leaders are told: of a proposal those who have to confirm it, and everybody once it
    holds. `by` is the name of who proposed it, `people` are the leaders by id."""
    holds = split.holds_from is not None
    told = split.shares if holds else set(split.shares) - set(split.confirmed)
    named = {one.leader_id: one.name for one in whole.leaders}
    facts = {
        "group_title": whole.group.title,
        "term_title": whole.term.title,
        "group_id": whole.term.group_id,
        "term_id": whole.term.term_id,
        "by": by,
        "holds": holds,
        "own": not any(split.shares.values()),
        "shares": [
            {"name": named.get(name, ""), "percent": percent(bp)}
            for name, bp in sorted(split.shares.items(), key=lambda each: named.get(each[0], ""))
        ],
    }
    word = "holds" if holds else "proposed"
    return [
        mail(
            "leader_split",
            f"{split.split_id}-{word}-{name}",
            people[name].email,
            now,
            {**facts, "full_name": people[name].full_name},
            person_id=name,
        )
        for name in sorted(told)
        if name in people and people[name].email
    ]
