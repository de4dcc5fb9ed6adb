"""What leaders owe back when money goes back (L6): the tick works it out, the treasurer ends it.

What does not live here: setting off against fees (payout runs), reversing transfers at Stripe.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.errors import NotFound, Refusal, Trouble
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.leaders import clawback_mails, clawing, recalls
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.clawing import Fee
from chalicelib.rules.leaders.recalls import Recall
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import clawbacks as store
from chalicelib.store.leaders import disputes, pay
from chalicelib.store.running import groups

log = logging.getLogger("balint.clawbacks")


# The tick


def take_up(outside: Outside) -> dict[str, int]:
    """Every recall that waits: what each leader owes back for it, or owes no more; counts by
    outcome. One that does not come to rest waits for the next tick."""
    waiting = store.open_recalls(outside.clock.now())
    counts: Counter[str] = Counter()
    for recall in waiting:
        try:
            counts[_one(outside, recall, waiting)] += 1
        except (Refusal, Trouble) as answer:
            log.warning("recall_waits recall=%s code=%s", recall.recall_id, answer.code)
            counts["waits"] += 1
    return dict(counts)


def _one(outside: Outside, recall: Recall, waiting: Sequence[Recall]) -> str:
    whole = groups.whole_term(recall.group_id, recall.term_id)
    if whole is None:
        raise NotFound
    if recall.what == "take":
        for session_id in recall.lost:
            _take(outside, whole, recall, session_id, waiting)
    elif not _lift(outside, whole, recall):
        return "waits"
    _finish(outside, whole, recall)
    return "lifted" if recall.what == "lift" else "taken"


def _take(
    outside: Outside,
    whole: WholeTerm,
    recall: Recall,
    session_id: str,
    waiting: Sequence[Recall],
) -> None:
    """One session that lost money, in one commit."""
    fees = _fees(whole, session_id)
    if not fees:
        return
    shares = disputes.shares_of(whole.term.term_id, (session_id,))[session_id]
    brought = clawing.brought(session_id, sum(shares.values()), fees, waiting)
    commit(clawing.clawed(recall, session_id, fees, brought, outside.clock.now()))


def _fees(whole: WholeTerm, session_id: str) -> list[Fee]:
    session = whole.session(session_id)
    kept = pay.accruals_of(whole, session) if session else {}
    owed_back = store.of_session(kept.values())
    return [Fee(accrual=row, clawbacks=owed_back.get(name, ())) for name, row in kept.items()]


def _lift(outside: Outside, whole: WholeTerm, recall: Recall) -> bool:
    """Money that was lost is back. False while what was lost has not been taken up itself."""
    taken = store.recall(recall.cause_id)
    if taken and taken.next_at is not None:
        return False
    for row in _made_by(whole, taken) if taken else []:
        commit(clawing.lifted(row, outside.clock.now()))
    return True


def _made_by(whole: WholeTerm, taken: Recall) -> list[Clawback]:
    """The clawbacks of a recall that was taken up."""
    fees = [fee for session_id in taken.lost for fee in _fees(whole, session_id)]
    every = (row for fee in fees for row in fee.clawbacks)
    return [row for row in every if row.cause_id == taken.cause_id]


def _finish(outside: Outside, whole: WholeTerm, recall: Recall) -> None:
    """Every leader it touches is told once, and it is done."""
    taken = store.recall(recall.cause_id)
    by_leader: dict[str, list[Clawback]] = {}
    for row in _made_by(whole, taken) if taken else []:
        by_leader.setdefault(row.leader_id, []).append(row)
    now = outside.clock.now()
    people = {name: reads.get(Person, name) for name in by_leader}
    letters = [
        clawback_mails.told(recall, person, whole, by_leader[name], now)
        for name, person in sorted(people.items())
        if person and person.email
    ]
    commit(Change.of(recalls.done(recall), *letters))


# The treasurer


@dataclass(frozen=True)
class Shown:
    """A clawback with what a decision about it looks at."""

    clawback: Clawback
    leader: str  # the name
    group: str
    may_take_back: bool


def show(outside: Outside, leader_id: str, clawback_id: str) -> Shown:  # noqa: ARG001
    """One clawback; NotFound without one."""
    row = _clawback(leader_id, clawback_id)
    person = reads.get(Person, leader_id)
    group = groups.group_in(groups.everything(row.group_id))
    return Shown(
        clawback=row,
        leader=person.full_name if person else leader_id,
        group=group.title if group else row.group_id,
        may_take_back=clawing.may_take_back(row, pay.payouts(leader_id)),
    )


def write_off(
    outside: Outside, caller: Caller, leader_id: str, clawback_id: str, reason: str
) -> None:
    """The treasurer lets go what is open of it. Conflict when nothing is."""
    row, now = _clawback(leader_id, clawback_id), outside.clock.now()
    change = clawing.written_off(row, reason, now)
    _commit(outside, caller, row, "clawback.written_off", change, reason, now)


def take_back(outside: Outside, caller: Caller, leader_id: str, clawback_id: str) -> None:
    """The treasurer wants it back from the leader's account at Stripe: a job asks for it.
    Conflict when nothing was transferred there that could come back."""
    row, now = _clawback(leader_id, clawback_id), outside.clock.now()
    change = clawing.asked_back(row, pay.payouts(leader_id), now)
    _commit(outside, caller, row, "clawback.taken_back", change, "", now)


def _clawback(leader_id: str, clawback_id: str) -> Clawback:
    row = store.one(leader_id, clawback_id)
    if row is None:
        raise NotFound
    return row


def _commit(
    outside: Outside,
    caller: Caller,
    row: Clawback,
    action: str,
    change: Change,
    reason: str,
    now: datetime,
) -> None:
    act = audit(
        row.leader_id,
        action,
        caller.actor,
        now,
        outside.ids.new("audit"),
        reason=reason,
        person_id=row.leader_id,
        clawback_id=row.clawback_id,
        amount_minor=row.open_minor,
    )
    commit(change + act, caller, now)
