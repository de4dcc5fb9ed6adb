"""A leader's account at Stripe: chosen, opened, entered, left again (D4, L2).

Our row stands before Stripe is asked, so that a lost answer is found by the same key. Links into
onboarding are made when somebody presses, for they are for one use and for minutes. What does not
live here: what becomes of an account (account_news.py), what is sent to it (transfers.py).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.errors import AlreadyCounted, NotFound, StateChanged, SwitchedOff, Trouble
from chalicelib.gateways.outside import Outside
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Caller, Change, Ref, Remove
from chalicelib.rules.leaders import opening as rules
from chalicelib.rules.leaders.account_news import page_of
from chalicelib.rules.leaders.accounts import PayoutAccount, PayProfile
from chalicelib.rules.people.circle import CircleSettings, Task
from chalicelib.rules.people.people import Person
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import pay
from chalicelib.store.people.circle import the_circle
from chalicelib.store.tasks import open_tasks

log = logging.getLogger("balint.connect")


@dataclass(frozen=True)
class OwnAccount:
    """A leader's way of being paid, as the leader sees it."""

    circle: CircleSettings
    profile: PayProfile
    account: PayoutAccount | None

    @property
    def may_choose(self) -> bool:
        """Whether being paid through Stripe is offered."""
        return self.circle.connect and (self.account is None or self.account.closed)

    @property
    def may_enter(self) -> bool:
        """Whether Stripe has something to ask."""
        return bool(self.account and not self.account.closed and not self.account.ready)


# The leader


def show(outside: Outside, me: Person) -> OwnAccount:  # noqa: ARG001 - as every flow
    """One's own way of being paid."""
    return OwnAccount(the_circle(), pay.profile(me.person_id), pay.account(me.person_id))


def choose(outside: Outside, caller: Caller, me: Person, values: Mapping[str, Any]) -> None:
    """Be paid through Stripe: from now on fees wait for the account to be ready. Raises
    SwitchedOff. An account that Stripe does not answer about is asked for again by the button."""
    circle, now, country = the_circle(), outside.clock.now(), values["account_country"]
    if not circle.connect:
        raise SwitchedOff(switch="connect")
    account = rules.asked(pay.account(me.person_id), me.person_id, country, now)
    told = None
    if account.writes:
        told = rules.onboarding_mail(me, country, outside.ids.new("onboarding"), now)
    note = _note(outside, caller, me.person_id, "pay.stripe_chosen", country=country)
    commit(Change.of(account, _routed(me.person_id, "stripe"), told, note), caller, now)
    try:
        _opened(outside, me.person_id)
    except Trouble as trouble:
        log.warning("account_not_open_yet leader=%s code=%s", me.person_id, trouble.code)


def use(outside: Outside, caller: Caller, me: Person, route: str) -> None:
    """Be paid another way from now on. What is approved already goes the way it was approved.
    Raises NotFound for Stripe without an account there."""
    account = pay.account(me.person_id)
    if route == "stripe" and (account is None or account.closed or not the_circle().connect):
        raise NotFound
    note = _note(outside, caller, me.person_id, "pay.route_chosen", route=route)
    commit(Change.of(_routed(me.person_id, route), note), caller, outside.clock.now())


def way_in(outside: Outside, caller: Caller, me: Person) -> str:
    """A fresh link into Stripe's onboarding, which answers this press alone. NotFound without an
    account, StripeUnknown and StripeRefused from Stripe."""
    account = _opened(outside, me.person_id)
    params = rules.link_params(account.account_id, outside.places.base_url)
    url = outside.connect.account_link(params).url
    note = _note(outside, caller, me.person_id, "pay.stripe_entered")
    commit(Change.of(note), replace(caller, location=url), outside.clock.now())
    return url


def _opened(outside: Outside, leader_id: str) -> PayoutAccount:
    """The account, asked for where Stripe has not been asked or has not answered."""
    row = pay.account(leader_id)
    if row is None or row.closed:
        raise NotFound
    if row.account_id:
        return row
    params = rules.account_params(row, outside.places.deployment)
    told = outside.connect.open_account(params, rules.account_key(row))
    try:
        commit(rules.opened(row, told, outside.clock.now()))
    except (AlreadyCounted, StateChanged):
        log.info("account_known already leader=%s", leader_id)
    found = pay.account(leader_id)
    if found is None or not found.account_id:
        raise StateChanged
    return found


def _routed(leader_id: str, route: str) -> Change:
    known = reads.get(PayProfile, leader_id, "profile")
    if known is not None and known.route == route:
        return Change()
    return rules.routed(known or PayProfile(leader_id=leader_id), known is not None, route)


# The treasurer


@dataclass(frozen=True)
class OfLeader:
    """A leader's account as the treasurer sees it."""

    person: Person
    circle: CircleSettings
    profile: PayProfile
    account: PayoutAccount | None
    tasks: tuple[Task, ...]


def show_leader(outside: Outside, leader_id: str) -> OfLeader:  # noqa: ARG001 - as every flow
    """One leader's account and what there is to do about it. NotFound for nobody."""
    person = reads.get(Person, leader_id)
    if person is None:
        raise NotFound
    path = page_of(leader_id)
    return OfLeader(
        person=person,
        circle=the_circle(),
        profile=pay.profile(leader_id),
        account=pay.account(leader_id),
        tasks=tuple(one for one in open_tasks() if one.path == path),
    )


def remind(outside: Outside, caller: Caller, leader_id: str) -> None:
    """Send the leader the mail with the way to Stripe once more: by the treasurer, or by the
    leader. NotFound where there is no account to be entered."""
    person, account, now = reads.get(Person, leader_id), pay.account(leader_id), outside.clock.now()
    if person is None or account is None or account.closed or account.ready:
        raise NotFound
    told = rules.onboarding_mail(person, account.country, outside.ids.new("onboarding"), now)
    note = _note(outside, caller, leader_id, "pay.stripe_mail_sent")
    commit(Change.of(told, note), caller, now)


def dealt_with(outside: Outside, caller: Caller, leader_id: str, task_id: str) -> None:
    """The treasurer has seen what was to be done about an account. NotFound for other tasks."""
    task = reads.get(Task, "task#open", task_id)
    if task is None or task.path != page_of(leader_id):
        raise NotFound
    note = _note(outside, caller, leader_id, "pay.account_dealt_with", task_id=task_id)
    gone = Remove(Ref(Task, {"task_id": task_id}))
    commit(Change.of(gone, note), caller, outside.clock.now())


def _note(outside: Outside, caller: Caller, leader_id: str, act: str, **facts: Any) -> Any:
    now, name = outside.clock.now(), outside.ids.new("act")
    return audit(leader_id, act, caller.actor, now, name, person_id=leader_id, **facts)
