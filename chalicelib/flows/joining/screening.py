"""What the administrator does with applications: reading, inviting, deciding.

What does not live here: offers (offers.py), what the applicant does (applications.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from chalicelib.errors import NotFound, TermNotOpen
from chalicelib.gateways.outside import Outside
from chalicelib.rules.changes import Caller
from chalicelib.rules.joining import application_mails as mails
from chalicelib.rules.joining import applications as rules
from chalicelib.rules.joining.applications import Act, Application
from chalicelib.rules.joining.offer_terms import offered_now
from chalicelib.rules.running.groups import Listed, Term, WholeTerm
from chalicelib.store import reads, tables
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications as store
from chalicelib.store.joining import offers
from chalicelib.store.people import addresses
from chalicelib.store.running import groups

NOT_SHOWN = ("draft",)  # drafts are their writers' own until they are sent
HISTORY_MAX = 100


def show_terms(outside: Outside) -> list[dict[str, Any]]:  # noqa: ARG001 - as every flow
    """Every term that recruits or runs, with how many applications it has in each state."""
    terms = [*groups.recruiting(), *(one for one in groups.coming() if one.state == "running")]
    known = {one.group_id: one for one in groups.groups(sorted({t.group_id for t in terms}))}
    return [
        {
            "listed": Listed(group=known[term.group_id], term=term),
            "counts": Counter(one.state for one in _shown(store.of_term(term.term_id))),
        }
        for term in terms
        if term.group_id in known
    ]


def show_term(
    outside: Outside,  # noqa: ARG001 - as every flow
    group_id: str,
    term_id: str,
    state: str = "",
    profession: str = "",
) -> dict[str, Any]:
    """A term's applications, by state if asked, with the mix of professions (R21). The
    waitlisted stand in their order."""
    whole = groups.whole_term(group_id, term_id)
    if whole is None:
        raise NotFound
    every = _shown(store.of_term(term_id))
    live = [one for one in every if one.state in rules.LIVE]
    return {
        "whole": whole,
        "counts": Counter(one.state for one in every),
        "mix": Counter(one.profession for one in live).most_common(),
        "applications": [
            one for one in every if state in ("", one.state) and profession in ("", one.profession)
        ],
        "state": state,
        "profession": profession,
    }


def term_of(application_id: str) -> Term:
    """The term that is applied for. NotFound for no application that was sent."""
    return _whole(_one(application_id)).term


def show_application(outside: Outside, application_id: str) -> dict[str, Any]:
    """One application with its answers, offers and history, and others that may be of the same
    person: suggested, never merged (A1)."""
    found = offers.with_offers(application_id)
    if found is None or found.application.state in NOT_SHOWN:
        raise NotFound
    application = found.application
    whole = _whole(application)
    return {
        "application": application,
        "whole": whole,
        "prices": offered_now(whole, outside.clock.now()),
        "offers": found.offers,
        "history": reads.under(tables.Audit, application_id)[-HISTORY_MAX:],
        "alike": _alike(application, store.of_term(application.term_id)),
        "address": addresses.several([application.email]).get(application.email),
        "guest": store.booking(application.booking_id) if application.booking_id else None,
        "may_offer": _may_offer(application),
    }


def take_up(outside: Outside, caller: Caller, application_id: str) -> None:
    """Somebody reads it: to screening."""
    application, act = _one(application_id), _act(outside, caller)
    commit(rules.moved(application, "screening", act), caller, act.now)


def invite(outside: Outside, caller: Caller, application_id: str) -> None:
    """To an interview; the mail asks for times that suit (R51)."""
    application, act = _one(application_id), _act(outside, caller)
    change = rules.moved(application, "interview", act)
    commit(change + mails.invited(application, _whole(application), act), caller, act.now)


def record_interview(
    outside: Outside, caller: Caller, application_id: str, outcome: str, points: tuple[str, ...]
) -> None:
    """How the interview ended, in codes."""
    act = _act(outside, caller)
    change = rules.interviewed(_one(application_id), outcome, points, act)
    commit(change, caller, act.now)


def decide(
    outside: Outside, caller: Caller, application_id: str, decision: str, reason: str = ""
) -> None:
    """Accept, put on the waiting list, decline, or park; the applicant is told (A10).

    Accepting raises InterviewOutcomeMissing where the group asks for an interview first, and
    TermNotOpen for a term that is over. All raise MoveNotDeclared and OfferStands.
    """
    application, act = _one(application_id), _act(outside, caller)
    whole = _whole(application)
    if decision == "accepted":
        rules.may_offer(application, whole.group)
        if whole.term.state not in ("recruiting", "running"):
            raise TermNotOpen
    change = rules.decided(application, decision, act, reason)
    commit(change + mails.told(application, decision, whole, act), caller, act.now)


def _shown(applications: Sequence[Application]) -> list[Application]:
    """Without drafts, and without second ones that collapsed into the first."""
    return [one for one in applications if one.state not in NOT_SHOWN and not one.collapsed_into]


def _alike(application: Application, every: Sequence[Application]) -> list[Application]:
    name = " ".join(application.full_name.casefold().split())
    return [
        one
        for one in _shown(every)
        if one.application_id != application.application_id
        and " ".join(one.full_name.casefold().split()) == name
    ]


def _may_offer(application: Application) -> bool:
    return application.state == "accepted" and not application.offer_id


def _one(application_id: str) -> Application:
    application = store.application(application_id)
    if application is None or application.state in NOT_SHOWN:
        raise NotFound
    return application


def _whole(application: Application) -> WholeTerm:
    whole = groups.whole_term(application.group_id, application.term_id)
    if whole is None:
        raise NotFound
    return whole


def _act(outside: Outside, caller: Caller) -> Act:
    return Act(actor=caller.actor, audit_id=outside.ids.new("audit"), now=outside.clock.now())
