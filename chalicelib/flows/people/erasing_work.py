"""The nightly work of erasing: row by row, each in a commit of its own, so that it can stop
anywhere and go on the next night.

First the line of the list that outlives a restore, then what it is about on its own row, then the
rows. What does not live here: asking for it (erasing.py), what becomes of a row
(rules/people/erased_rows.py).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from chalicelib import wording
from chalicelib.errors import StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.changes import Change
from chalicelib.rules.mail import Mail
from chalicelib.rules.people import erased_rows, erasing, erasing_holds
from chalicelib.rules.people.erasing import Act, Who
from chalicelib.rules.people.erasure import Erasure
from chalicelib.rules.people.people import Person
from chalicelib.store import reads, tables
from chalicelib.store.commit import as_written, commit
from chalicelib.store.people import traces
from chalicelib.store.people.traces import Traces

log = logging.getLogger("balint.erasing")
RUN_LASTS = timedelta(minutes=4)  # then the next night goes on
IN_ONE_NIGHT = 50


def nobody() -> str:
    """What stands in place of the name of somebody who was erased."""
    return wording.label("name", "erased")


def go_on(outside: Outside) -> dict[str, int]:
    """Go on with every erasure that is due; how many became what, and how many rows went."""
    counts: Counter[str] = Counter()
    until = outside.clock.now() + RUN_LASTS
    for erasure in reads.due(tables.Circle, "erasure", outside.clock.now(), IN_ONE_NIGHT):
        if outside.clock.now() >= until:
            counts["left"] += 1
            continue
        try:
            counts[_one(outside, erasure, counts)] += 1
        except StateChanged:
            counts["overtaken"] += 1  # somebody else went on with it: another night
    return dict(counts)


def _one(outside: Outside, erasure: Erasure, counts: Counter[str]) -> str:
    if erasure.state == "done":
        person = reads.get(Person, erasure.person_id) if erasure.person_id else None
        commit(erasing.forgotten(erasure, person, _act(outside)))
        return "forgotten"
    found = traces.every(_who(erasure), nobody())
    erasure = _begun(outside, erasure, found)
    now = outside.clock.now()
    holds = erasing_holds.holds(found.rows, found.subject, found.terms, now)
    whole = not holds
    overtaken = _rows(found, whole, counts)
    if overtaken:
        return "overtaken"  # rows that moved meanwhile: it stays due
    if erasure.is_over:
        return _last_look(outside, erasure)
    gone = [code for code, _ in erasing_holds.gone(found.rows, found.subject, whole)]
    stays = erasing_holds.stays(found.rows, found.subject)
    if holds:
        commit(erasing.waits(erasure, holds, stays, gone, _act(outside)))
        return "waiting"
    commit(erasing.erased(erasure, stays, gone, _act(outside)))
    return "erased"


def _who(erasure: Erasure) -> Who:
    """Once everything is erased only ids say what was theirs: the address may come again."""
    return Who(
        person_id=erasure.person_id,
        found=erasure.found,
        full_name=erasure.full_name,
        email="" if erasure.is_over else erasure.email,
        zone=erasure.zone,
        since=erasure.asked_at,
    )


def _begun(outside: Outside, erasure: Erasure, found: Traces) -> Erasure:
    """The list and the row say what it is about before anything goes."""
    known = found.subject.found
    if erasure.begun_at and known <= set(erasure.found):
        return erasure
    told = replace(erasure, found=tuple(sorted(known | set(erasure.found))))
    outside.files.remember(erasure.erasure_id, erasing.as_listed(told))
    begun = erasing.begun(erasure, sorted(known), _act(outside))
    commit(Change.of(begun))
    begun_erasure: Erasure = as_written(begun)
    return begun_erasure


def _rows(found: Traces, whole: bool, counts: Counter[str]) -> int:
    """Every row once; how many had moved since they were read."""
    overtaken = 0
    for row in _in_order(found.rows):
        write = erased_rows.written(row, found.subject, whole)
        if write is None:
            continue
        try:
            commit(Change.of(write))
            counts["rows"] += 1
        except StateChanged:
            overtaken += 1
    if overtaken:
        log.info("overtaken rows=%d", overtaken)
    return overtaken


def _in_order(rows: Iterable[object]) -> list[object]:
    """Mails first: nothing may leave any more that says what is being erased."""
    return sorted(rows, key=lambda row: not isinstance(row, Mail))


def _last_look(outside: Outside, erasure: Erasure) -> str:
    """The mail that ends it has left, or will not any more: it is forgotten, and with it the
    address."""
    last = reads.get(Mail, erasing.last_mail_key(erasure))
    waits = last is not None and last.state in erased_rows.SENDING
    if waits and not erasing.gives_up_mail(erasure, outside.clock.now()):
        commit(erasing.looked(erasure, _act(outside)))
        return "looked"
    emptied = erased_rows.emptied(last) if last else None
    commit(Change.of(emptied, erasing.ended(erasure, _act(outside))))
    return "done"


def _act(outside: Outside) -> Act:
    return Act(actor="clock", audit_id=outside.ids.new("audit"), now=outside.clock.now())
