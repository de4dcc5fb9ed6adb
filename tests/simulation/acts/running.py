"""Sessions that come and go: registers, apologies, cancelled sessions and terms."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.flows.returning import bulk
from chalicelib.flows.running import cancelling, registers, terms
from chalicelib.flows.running.registers import Which
from chalicelib.handlers import jobs
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.running.groups import Session, Term
from chalicelib.rules.running.register import MARKS, as_kept
from tests.shop import ADMIN
from tests.simulation.acts.act import ME, NOBODY
from tests.simulation.acts.joining import close_first

if TYPE_CHECKING:
    from tests.simulation.story import Story

GOES_AHEAD = ("recruiting", "running", "ended")


def _sessions(story: Story, *states: str) -> list[Session]:
    """Regular sessions of terms that were not cancelled, the earliest first."""
    over = {one.term_id for one in story.rows(Term) if one.state not in GOES_AHEAD}
    every = [one for one in story.rows(Session) if one.kind == "regular" and one.state in states]
    return sorted((one for one in every if one.term_id not in over), key=lambda one: one.starts_at)


def _begun(story: Story, *states: str) -> list[Session]:
    now = story.world.now - timedelta(minutes=1)
    return [one for one in _sessions(story, *states) if one.starts_at <= now]


def a_session_ends(story: Story) -> str:
    """The clock comes to the end of the next session."""
    coming = [one for one in _sessions(story, "planned") if one.ends_at > story.world.now]
    if not coming:
        return NOBODY
    story.world.clock.at = coming[0].ends_at
    story.shop.fake.expire_due()
    return f"session {coming[0].number}"


# Registers


def close_register(story: Story) -> str:
    """Held, as mostly, or found not to have been."""
    session: Session | None = story.pick(_begun(story, "planned"))
    if session is None:
        return NOBODY
    return _close(story, session, "held" if story.random.random() < 0.8 else "cancelled")


def correct_register(story: Story) -> str:
    """What was closed was wrong: other marks, or held after all, or not."""
    closed = [one for one in _begun(story, "held", "cancelled") if not one.remedy]
    session: Session | None = story.pick(closed)
    if session is None:
        return NOBODY
    other = {"held": "cancelled", "cancelled": "held"}[session.state]
    return _close(story, session, other if story.random.random() < 0.7 else session.state)


def _close(story: Story, session: Session, outcome: str) -> str:
    which = Which(session.group_id, session.term_id, session.session_id)
    shown = registers.show_register(story.outside, ME, which)
    values = {**as_kept(shown), "outcome": outcome}
    values |= {one.field: story.random.choice(MARKS) for one in shown.seats}
    leaders = [one for one, _ in shown.leaders]
    if outcome == "held":
        absent = story.random.random() < 0.4
        values["led_by"] = tuple(leaders[:1] if absent else leaders)
        story.counts["a leader was absent"] += absent
    registers.close(story.outside, ADMIN, ME, which, str(shown.session.revision), values)
    return f"session {session.number} {outcome}"


def note_apologies(story: Story) -> str:
    """Some say beforehand that they cannot come."""
    coming = [one for one in _sessions(story, "planned") if one.starts_at > story.world.now]
    if not coming:
        return NOBODY
    session = coming[0]
    which = Which(session.group_id, session.term_id, session.session_id)
    shown = registers.show_register(story.outside, ME, which)
    some = tuple(one.person_id for one in shown.seats if story.random.random() < 0.5)
    registers.note_apologies(story.outside, ADMIN, ME, which, some)
    return f"{len(some)} for session {session.number}"


# Cancelled


def cancel_session_for_money(story: Story) -> str:
    return _cancel(story, "refund")


def cancel_session_for_credit(story: Story) -> str:
    return _cancel(story, "credit")


def cancel_session_for_an_extra_date(story: Story) -> str:
    return _cancel(story, "extra_date")


def _cancel(story: Story, remedy: str) -> str:
    """As the desk does it: open offers end first, unless the date only moves."""
    may_be = [one for one in _sessions(story, "planned", "cancelled") if not one.remedy]
    session = story.pick(may_be)
    if session is None:
        return NOBODY
    if remedy != "extra_date":
        _end_offers(story, session.term_id)
    values: dict[str, Any] = {"remedy": remedy, "reason": "a leader is ill", "message": ""}
    if remedy == "extra_date":
        day = story.world.now.date() + timedelta(days=story.random.randint(5, 40))
        values |= {"date": day, "time": time(19)}
    ids = (session.group_id, session.term_id, session.session_id)
    cancelling.cancel_session(story.outside, ADMIN, *ids, values)
    story.counts[f"remedy {remedy}"] += 1
    jobs.tick({}, None)
    return f"session {session.number} {session.state}"


def cancel_term(story: Story) -> str:
    """The whole term, with what was held staying paid."""
    alive = [one for one in story.rows(Term) if one.state in ("recruiting", "running")]
    term = story.pick(alive)
    if term is None:
        return NOBODY
    _end_offers(story, term.term_id)
    values = {"reason": "too few people", "message": "Until autumn.", "sure": True}
    cancelling.cancel_term(story.outside, ADMIN, term.group_id, term.term_id, values)
    story.counts["term cancelled"] += 1
    jobs.tick({}, None)
    return term.state


def _end_offers(story: Story, term_id: str) -> None:
    for offered in story.offered:
        row = story.shop.offer_row(offered)
        if row.state == "open" and row.term_id == term_id:
            close_first(story, offered)
            story.withdraw(offered)


def try_again(story: Story) -> str:
    """What a cancellation could not deal with is tried once more."""
    work: Bulk | None = story.pick([one for one in story.rows(Bulk) if one.troubled])
    if work is None:
        return NOBODY
    bulk.try_again(story.outside, ADMIN, work.bulk_id)
    jobs.tick({}, None)
    return f"{len(work.troubled)} debts"


def run_term(story: Story) -> str:
    """The term goes ahead and takes nobody new."""
    term: Term | None = story.pick([one for one in story.rows(Term) if one.state == "recruiting"])
    if term is None:
        return NOBODY
    terms.run(story.outside, ADMIN, term.group_id, term.term_id)
    return term.title
