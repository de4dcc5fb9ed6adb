"""How a leader is paid: the leader's own details, and what the treasurer has to know and hold back.

What does not live here: accounts at Stripe, what is paid (runs.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import NotFound, SecondPersonNeeded, StateChanged
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Create, Is, Update
from chalicelib.rules.leaders import pay_details as rules
from chalicelib.rules.leaders.accounts import PayProfile
from chalicelib.rules.leaders.accruals import Accrual
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.pay_runs import ALONE
from chalicelib.rules.leaders.payouts import Payout, PayoutLine
from chalicelib.rules.leaders.preparing import Preview, previews, unpayable
from chalicelib.rules.people.people import Person
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import clawbacks, gathering, pay
from chalicelib.store.people.circle import the_circle
from chalicelib.store.running import groups


@dataclass(frozen=True)
class OfLeader:
    """A leader's pay as the treasurer sees it."""

    person: Person
    profile: PayProfile
    preview: Preview
    why_not: str  # why nothing can be paid just now; empty when it can
    accruals: Mapping[str, Accrual]  # every session the leader has led, by id
    clawbacks: tuple[Clawback, ...]  # the oldest first
    payouts: tuple[Payout, ...]  # the newest first
    titles: Mapping[str, str]
    currency: str
    zone: str

    @property
    def account(self) -> str:
        """The account, as far as a page may show it."""
        return rules.masked(self.profile.account_number or self.profile.iban)

    def accrual_of(self, line: PayoutLine) -> Accrual | None:
        """The session a line is about; None for other lines."""
        return self.accruals.get(line.ref) if line.what == "accrual" else None

    @property
    def open_accruals(self) -> list[Accrual]:
        """Sessions of which something can still be set aside."""
        return [one for one in self.accruals.values() if one.open_minor > 0]


# The leader


def own(outside: Outside, me: Person) -> PayProfile:  # noqa: ARG001 - as every flow
    """Where one's own pay goes."""
    return pay.profile(me.person_id)


def enter(outside: Outside, caller: Caller, me: Person, values: Mapping[str, Any]) -> None:
    """One's own bank details, for the first time or instead of others. A mail says so."""
    known, now = reads.get(PayProfile, me.person_id, "profile"), outside.clock.now()
    profile = known or PayProfile(leader_id=me.person_id)
    change = rules.entered(profile, known is not None, values, me, now)
    if not change.writes:
        return
    act = outside.ids.new("act")
    note = audit(
        me.person_id, "pay.details_entered", caller.actor, now, act, person_id=me.person_id
    )
    commit(change + note, caller, now)


# The treasurer


def show(outside: Outside, leader_id: str) -> OfLeader:
    """Everything about one leader's pay. NotFound for somebody who has never led."""
    person, circle, now = reads.get(Person, leader_id), the_circle(), outside.clock.now()
    payee = gathering.payee(leader_id, person.full_name if person else "")
    paid = pay.payouts(leader_id)
    leads = person is not None and "leader" in person.roles
    if person is None or not (payee.items or paid or leads):
        raise NotFound
    every = gathering.payees(now)
    if leader_id not in {one.leader_id for one in every}:
        every.append(payee)
    covers = gathering.covers(every, circle.currency)
    found = previews(every, covers, now, gathering.disputed(every))
    preview = next(one for one in found if one.payee.leader_id == leader_id)
    ids = sorted({one.group_id for one in payee.items})
    accruals = sorted(
        (one for one in payee.items if isinstance(one, Accrual)), key=lambda one: one.session_at
    )
    return OfLeader(
        person=person,
        profile=payee.profile,
        preview=preview,
        why_not=unpayable(payee, now),
        accruals={one.session_id: one for one in accruals},
        clawbacks=tuple(clawbacks.of_leader(leader_id)),
        payouts=tuple(sorted(paid, key=lambda one: one.prepared_at, reverse=True)),
        titles={one.group_id: one.title for one in groups.groups(ids)},
        currency=circle.currency,
        zone=circle.zone,
    )


def agree(outside: Outside, caller: Caller, leader_id: str, values: Mapping[str, Any]) -> None:
    """Whether a leader is a trustee or connected to one, and the agreement that allows to pay
    (D4). Nobody says so about themselves. Raises NotFound, SecondPersonNeeded, StateChanged."""
    person, now = reads.get(Person, leader_id), outside.clock.now()
    if person is None:
        raise NotFound
    if caller.actor == leader_id and the_circle().preset != ALONE:
        raise SecondPersonNeeded
    known = reads.get(PayProfile, leader_id, "profile")
    as_read = known or PayProfile(leader_id=leader_id)
    new = {name: values[name] for name in ("connected", "agreement_ref")}
    when = tuple(Is(name, getattr(as_read, name)) for name in new)
    row = Update(known, new, when=when) if known else Create(PayProfile(leader_id=leader_id, **new))
    note = audit(
        leader_id,
        "pay.terms_changed",
        caller.actor,
        now,
        outside.ids.new("act"),
        person_id=leader_id,
        **new,
    )
    commit(Change.of(row, note), caller, now)


def set_aside(
    outside: Outside, caller: Caller, leader_id: str, session_id: str, reason: str
) -> None:
    """Hold back what a session has earned a leader, or let it go with an empty reason. Raises
    NotFound, StateChanged when a payout has taken it up meanwhile."""
    row, now = reads.get(Accrual, leader_id, f"accrual#{session_id}"), outside.clock.now()
    if row is None:
        raise NotFound
    if bool(row.set_aside) == bool(reason) or row.open_minor <= 0:
        raise StateChanged
    as_read = (Is("set_aside", row.set_aside), Is("settled_minor", row.settled_minor))
    note = audit(
        leader_id,
        "pay.set_aside" if reason else "pay.released",
        caller.actor,
        now,
        outside.ids.new("act"),
        reason=reason,
        person_id=leader_id,
        session_id=session_id,
    )
    commit(Change.of(Update(row, {"set_aside": reason}, when=as_read), note), caller, now)
