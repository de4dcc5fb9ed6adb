"""The work over the debts of a cancelled session or term: one commit for each debt, which tells
the member and crosses the debt off, so that it can stop anywhere and go on (N9, L1).

What does not live here: how it begins (flows/running/cancelling.py), when it goes on
(handlers/money/clockwork.py).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.errors import Conflict, NotFound, Trouble
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Create, Update
from chalicelib.rules.joining.applications import LIVE
from chalicelib.rules.joining.enrolments import Enrolment
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.money.chasing import postponed
from chalicelib.rules.money.payments import Obligation, Payment, Release
from chalicelib.rules.returning import bulk as rules
from chalicelib.rules.returning.bulk import SESSION, Bulk
from chalicelib.rules.returning.bulk_mails import (
    Told,
    session_mail,
    term_mail,
    waiting_mail,
    whom,
)
from chalicelib.rules.returning.releases import Owed
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications, offers
from chalicelib.store.money import payments
from chalicelib.store.running import groups

log = logging.getLogger("balint.bulk")
TRIES = 3
RUN_LASTS = timedelta(seconds=40)  # then the next run goes on


def due(outside: Outside) -> list[Bulk]:
    """Works that are not done, the oldest first."""
    return reads.due(tables.Circle, "bulk", outside.clock.now())


def work(outside: Outside, bulk_id: str) -> str:
    """Go on with one work, debt by debt: `done`, or `goes_on` when the time of a run is over.
    Trouble with the store ends the run; the next one goes on where this one stopped."""
    until = outside.clock.now() + RUN_LASTS
    while outside.clock.now() < until:
        bulk = _bulk(bulk_id)
        if bulk.state != "running":
            return "done"
        if bulk.todo:
            _one(outside, bulk_id, bulk.todo[0])
        elif bulk.waiting:
            _tell(outside, bulk, bulk.waiting[0])
        else:
            _look_once_more(outside, bulk)
    return "goes_on"


def _one(outside: Outside, bulk_id: str, obligation_id: str) -> None:
    """One debt, decided again whenever somebody changed it meanwhile; what cannot be done is set
    aside for a person, so that the other debts do not wait for it."""
    code = ""
    for _ in range(TRIES):
        bulk = _bulk(bulk_id)
        if obligation_id not in bulk.todo:
            return  # somebody else works at it too, and was faster
        try:
            commit(_dealt_with(outside, bulk, obligation_id))
        except Conflict as conflict:
            code = conflict.code
        except Trouble:
            raise
        except Exception as bug:  # one broken debt must not stop the others: its task is told
            log.exception("broken bulk=%s obligation=%s", bulk_id, obligation_id)
            code = type(bug).__name__
            break
        else:
            return
    _set_aside(outside, bulk_id, obligation_id, code)


def _set_aside(outside: Outside, bulk_id: str, obligation_id: str, code: str) -> None:
    bulk, debt = _bulk(bulk_id), payments.whole_debt(obligation_id)
    if obligation_id not in bulk.todo:
        return
    log.error("set_aside bulk=%s obligation=%s code=%s", bulk_id, obligation_id, code)
    told = _whom(bulk, debt.obligation, debt.payments) if debt else None
    facts = {"name": told.full_name if told else obligation_id, "code": code}
    try:
        commit(rules.set_aside(bulk, obligation_id, facts, outside.clock.now()))
    except Conflict:
        log.info("moved_on bulk=%s", bulk_id)  # the next look sees how it stands


def _dealt_with(outside: Outside, bulk: Bulk, obligation_id: str) -> Change:
    """What happens to one debt, as everything stands now: its release or its move, its mail, its
    audit, and the work one step further."""
    owed, now = payments.owed(obligation_id), outside.clock.now()
    whole = _whole(bulk)
    debt, told = owed.obligation, _whom(bulk, owed.obligation, owed.payments)
    release, amount, change = None, 0, Change()
    new = whole.session(bulk.new_session_id)
    if not _stands(bulk, whole):
        told = None  # the session was planned again or found to be held: nothing to give back
    elif new:
        amount, change = rules.moved(bulk, owed, new, _begins(bulk, whole, debt), now)
        change += _redated(bulk, whole, debt)
    else:
        release, change = rules.given_back(bulk, owed, now)
        amount = release.amount_minor if release else 0
    later = _postponed(bulk, whole, debt) if told else Change()
    return Change.of(
        rules.ticked(bulk, obligation_id, amount),
        change,
        later,
        _letter(bulk, whole, told, debt, release, later, now) if told else None,
        _recorded(outside, bulk, owed, amount) if change.writes else None,
    )


def _letter(
    bulk: Bulk,
    whole: WholeTerm,
    told: Told,
    debt: Obligation,
    release: Release | None,
    later: Change,
    now: datetime,
) -> Create | None:
    if bulk.cause != SESSION:
        return term_mail(bulk, whole, told, debt, release, now)
    days = [write.values["pay_by"] for write in later.writes if isinstance(write, Update)]
    return session_mail(bulk, whole, told, debt, release, now, pay_by=min(days, default=None))


def _begins(bulk: Bulk, whole: WholeTerm, debt: Obligation) -> datetime | None:
    """When the first session begins that a debt covers, now that one of them is cancelled."""
    return whole.begins({*debt.shares, bulk.new_session_id})


def _postponed(bulk: Bulk, whole: WholeTerm, debt: Obligation) -> Change:
    """What is to be paid after the first session waits for the first one that is left."""
    gone, begins_at = whole.session(bulk.session_id), _begins(bulk, whole, debt)
    if debt.billed_at is None or gone is None or begins_at is None:
        return Change()
    if begins_at < gone.starts_at:
        return Change()
    found = payments.of_debt(debt.obligation_id)
    return postponed(found.offer, found.debt.instalments, begins_at)


def _tell(outside: Outside, bulk: Bulk, application_id: str) -> None:
    """Somebody who applied for a cancelled term; who has had an answer since is not told."""
    found, now = applications.application(application_id), outside.clock.now()
    waits = found and found.term_id == bulk.term_id and found.state in LIVE
    letter = waiting_mail(bulk, _whole(bulk), found, now) if found and waits else None
    try:
        commit(Change.of(rules.told(bulk, application_id), letter))
    except Conflict:
        log.info("moved_on bulk=%s", bulk.bulk_id)  # somebody else works at it too


def _stands(bulk: Bulk, whole: WholeTerm) -> bool:
    session = whole.session(bulk.session_id)
    return bulk.cause != SESSION or (session is not None and session.state == "cancelled")


def _redated(bulk: Bulk, whole: WholeTerm, debt: Obligation) -> Change:
    """The open offer of a debt that has no seat yet, with the extra date in it."""
    offer = _open_offer(debt)
    old, new = whole.session(bulk.session_id), whole.session(bulk.new_session_id)
    if offer is None or old is None or new is None:
        return Change()
    return Change.of(rules.redated(offer, old, new))


def _whom(bulk: Bulk, debt: Obligation, paid: Sequence[Payment]) -> Told | None:
    seat = reads.get(Enrolment, bulk.term_id, debt.person_id) if debt.person_id else None
    return whom(debt, seat, _open_offer(debt), paid)


def _open_offer(debt: Obligation) -> Offer | None:
    if debt.billed_at is not None:
        return None
    found = offers.with_offers(debt.application_id)
    offer = found.offer(debt.offer_id) if found else None
    return offer if offer and offer.state == "open" else None


def _recorded(outside: Outside, bulk: Bulk, owed: Owed, amount: int) -> Change:
    debt = owed.obligation
    row = audit(
        debt.application_id,
        f"payment.{bulk.cause}",
        bulk.asked_by,
        outside.clock.now(),
        outside.ids.new("act"),
        reason=bulk.reason,
        person_id=debt.person_id,
        bulk_id=bulk.bulk_id,
        remedy=bulk.remedy,
        amount_minor=amount,
    )
    return Change.of(row)


def _look_once_more(outside: Outside, bulk: Bulk) -> None:
    """Nothing is left on the list: debts whose seat was taken in the moment in which it began are
    taken up; without any the work is done."""
    whole = _whole(bulk)
    rows = [row for row in payments.of_term(bulk.term_id) if isinstance(row, Obligation)]
    late = rules.left_over(bulk, rows, whole.held) if _stands(bulk, whole) else []
    now = outside.clock.now()
    try:
        commit(Change.of(rules.taken_up(bulk, late) if late else rules.finished(bulk, now)))
    except Conflict:
        log.info("moved_on bulk=%s", bulk.bulk_id)


def try_again(outside: Outside, caller: Caller, bulk_id: str) -> None:
    """What was set aside is tried once more, with the next run. NotFound, StateChanged."""
    bulk, now = _bulk(bulk_id), outside.clock.now()
    trace = audit(
        bulk.term_id,
        "term.work_again",
        caller.actor,
        now,
        outside.ids.new("audit"),
        group_id=bulk.group_id,
        bulk_id=bulk_id,
        debts=list(bulk.troubled),
    )
    commit(rules.tried_again(bulk, now) + trace, caller, now)


def _bulk(bulk_id: str) -> Bulk:
    found = reads.get(Bulk, "bulk", bulk_id)
    if found is None:
        raise NotFound
    return found


def _whole(bulk: Bulk) -> WholeTerm:
    found = groups.whole_term(bulk.group_id, bulk.term_id)
    if found is None:
        raise NotFound
    return found
