"""How leaders of a term share their fees: shown, proposed, confirmed, withdrawn (L9).

What does not live here: what it earns whom (a closed register does that).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.errors import NotFound
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change
from chalicelib.rules.people.people import Person
from chalicelib.rules.running import splitting
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.rules.running.leading import Split
from chalicelib.rules.running.splitting import share_field
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.running import groups


@dataclass(frozen=True)
class Told:
    """A split as the page says it."""

    split: Split
    by: str  # the name of who proposed it
    since: datetime | None = None
    until: datetime | None = None  # when another took its place


@dataclass(frozen=True)
class Sharing:
    """How the fees of a term are shared."""

    whole: WholeTerm
    names: Mapping[str, str]  # leader_id -> name, also of who has left
    holding: Told | None  # None: each is paid the own fee
    proposal: Told | None
    history: tuple[Told, ...]  # what held before, the newest first
    may_propose: bool
    may_confirm: bool  # whether the proposal waits for who looks
    can_hold: bool  # False: somebody it waits for has left


def show(outside: Outside, me: Person, group_id: str, term_id: str) -> Sharing:  # noqa: ARG001
    """How the leaders of a term share; NotFound for who neither leads it nor is an
    administrator."""
    whole = _reached(me, group_id, term_id)
    proposal = splitting.open_proposal(whole)
    names = _names(whole)
    known = splitting.since(whole)
    ends = [None, *(at for at, _ in known)]
    told = [
        Told(one, names[one.proposed_by], at, end)
        for (at, one), end in zip(known, ends, strict=False)
    ]
    holding = told[0] if told and any(told[0].split.shares.values()) else None
    return Sharing(
        whole=whole,
        names=names,
        holding=holding,
        proposal=Told(proposal, names[proposal.proposed_by]) if proposal else None,
        history=tuple(one for one in told if one is not holding),
        may_propose=splitting.may_propose(whole),
        may_confirm=bool(proposal and splitting.waits_for(whole, proposal, me.person_id)),
        can_hold=bool(proposal and splitting.can_hold(whole, proposal)),
    )


def propose(
    outside: Outside,
    caller: Caller,
    me: Person,
    group_id: str,
    term_id: str,
    values: Mapping[str, Any] | None,
) -> None:
    """Propose shares, `values` being those of the form `split`, or with None that each is paid
    the own fee. The others are told. Conflict where there is nothing to share."""
    whole, now = _reached(me, group_id, term_id), outside.clock.now()
    own = splitting.own_fees(whole)
    shares = own if values is None else {name: values.get(share_field(name), 0) for name in own}
    name = outside.ids.new("split")
    split, change = splitting.proposed(whole, shares, name, me.person_id, now)
    _commit(outside, caller, whole, split, "term.split_proposed", change)


def confirm(
    outside: Outside, caller: Caller, me: Person, group_id: str, term_id: str, split_id: str
) -> None:
    """Agree to a proposal. Raises NotFound for who has no part in it, Conflict when it does not
    wait for her any more."""
    whole, now = _reached(me, group_id, term_id), outside.clock.now()
    split, change = splitting.confirmed(whole, split_id, me.person_id, now)
    told = split if split.holds_from else None
    _commit(outside, caller, whole, told, "term.split_confirmed", change)


def withdraw(
    outside: Outside, caller: Caller, me: Person, group_id: str, term_id: str, split_id: str
) -> None:
    """Take a proposal back, or refuse it; any leader of the term may. Conflict once it holds."""
    whole = _reached(me, group_id, term_id)
    change = splitting.withdrawn(whole, split_id, outside.clock.now())
    _commit(outside, caller, whole, None, "term.split_withdrawn", change)


def _reached(me: Person, group_id: str, term_id: str) -> WholeTerm:
    whole = groups.whole_term(group_id, term_id)
    leads = whole and any(one.leader_id == me.person_id for one in whole.leaders)
    if whole is None or not (leads or "administrator" in me.roles):
        raise NotFound
    return whole


def _names(whole: WholeTerm) -> dict[str, str]:
    """Everybody whom the splits of a term name."""
    names = {one.leader_id: one.name for one in whole.leaders}
    every = {name for one in whole.splits for name in (*one.shares, one.proposed_by)}
    for name in sorted(every - set(names)):
        person = reads.get(Person, name)
        names[name] = person.full_name if person else name
    return names


def _commit(
    outside: Outside,
    caller: Caller,
    whole: WholeTerm,
    told: Split | None,
    action: str,
    change: Change,
) -> None:
    now, letters = outside.clock.now(), []
    if told:
        found = {name: reads.get(Person, name) for name in told.shares}
        people = {name: person for name, person in found.items() if person}
        proposer = reads.get(Person, told.proposed_by)
        by = _names(whole).get(told.proposed_by) or (proposer.full_name if proposer else "")
        letters = splitting.letters(whole, told, by, people, now)
    act = audit(
        whole.term.term_id,
        action,
        caller.actor,
        now,
        outside.ids.new("audit"),
        group_id=whole.term.group_id,
        shares=dict(told.shares) if told else {},
    )
    commit(Change.of(change, *letters, act), caller, now)
