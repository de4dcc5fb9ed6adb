"""Applying, step by step, and the applicant's own page.

What does not live here: what the administrator does with an application (screening.py), offers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.errors import (
    AlreadyApplied,
    Conflict,
    LinkNotValid,
    NotFound,
    StateChanged,
    TermNotOpen,
)
from chalicelib.gateways.outside import Outside
from chalicelib.rules.changes import Caller, Change, Is, Update
from chalicelib.rules.joining import application_mails as mails
from chalicelib.rules.joining import applications as rules
from chalicelib.rules.joining.application_form import recruits
from chalicelib.rules.joining.applications import Act, Application
from chalicelib.rules.links import link_path, read_link
from chalicelib.rules.people.circle import version_of
from chalicelib.rules.people.rates import counted
from chalicelib.rules.running.groups import Term, WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.joining import applications as store
from chalicelib.store.joining import enrolments
from chalicelib.store.people import circle
from chalicelib.store.running import groups

TRIES = 3
STEPS = ("you", "dates", "about", "check")
AGREED_IN = 3  # the step whose ticks stand for the ground rules and the privacy text


# The draft


def show_apply(outside: Outside, slug: str, taster: str) -> dict[str, Any]:
    """The group, the terms that can be applied for, and the guest whose booking leads here.
    NotFound for a group that is not published."""
    group_id = groups.group_id_of(slug)
    rows = groups.everything(group_id) if group_id else []
    group = groups.group_in(rows)
    if group is None or group.state != "published":
        raise NotFound
    now = outside.clock.now()
    return {
        "group": group,
        "terms": [whole for whole in groups.whole_terms(rows) if recruits(whole, now)],
        "guest": _guest(outside, taster),
        "policy": circle.current_documents(circle.settings(), "refund_policy").get("refund_policy"),
    }


def start(outside: Outside, caller: Caller, application: Application, client: str) -> None:
    """Keep the first step's answers as a draft and mail the link to go on with it elsewhere.
    Raises TermNotOpen, TooManyTries."""
    act = _act(outside, caller)
    whole = _whole(application)
    if not recruits(whole, act.now):
        raise TermNotOpen
    begun = replace(
        application,
        group_title=whole.group.title,
        privacy_version=_versions().get("privacy_version", ""),
        created_at=act.now,
        retain_until=act.now + rules.DRAFT_LIFE,
    )
    change = Change.of(
        counted("public-form", act.now, begun.email, client),
        rules.started(begun, act),
        mails.begun(begun, whole, act),
    )
    commit(change, caller, act.now)


def draft(outside: Outside, token: str) -> Application:
    """The application behind a draft's link; LinkNotValid when the link was replaced."""
    link = read_link(outside.places.link_keys, "draft", token)
    application = store.application(link.subject)
    if application is None or application.draft_generation != link.generation:
        raise LinkNotValid
    return application


def show_draft(outside: Outside, token: str) -> dict[str, Any]:
    """A draft with its term."""
    application = draft(outside, token)
    whole = _whole(application)
    now = outside.clock.now()
    return {
        "application": application,
        "whole": whole,
        "closed": not recruits(whole, now),
        "over": rules.draft_ended(application, now),
    }


def show_texts(outside: Outside) -> dict[str, Any]:  # noqa: ARG001 - every flow takes outside
    """The texts that are agreed to at the end of a draft; None before there are any."""
    texts = circle.current_documents(circle.settings(), "agreement", "privacy")
    return {"ground_rules": texts.get("agreement"), "privacy_text": texts.get("privacy")}


def draft_path(outside: Outside, token: str, values: Mapping[str, Any]) -> str:
    """Where a draft goes on once `values` are saved: a new address makes a new link."""
    application = draft(outside, token)
    again = values.get("email_hash", application.email_hash) != application.email_hash
    generation = application.draft_generation + again
    return link_path(outside.places.link_keys, "draft", application.application_id, generation)


def save(
    outside: Outside,
    caller: Caller,
    token: str,
    step: int,
    values: Mapping[str, Any],
    client: str,
) -> None:
    """Keep one step's answers. An address that was changed gets the link, the old one loses it.
    Raises Conflict when the draft was sent or has ended, TermNotOpen, TooManyTries."""
    application, act = draft(outside, token), _act(outside, caller)
    if application.state != "draft" or rules.draft_ended(application, act.now):
        raise Conflict
    agreed = _versions() if step == AGREED_IN else {}
    change = rules.saved(application, step, act, **values, **agreed)
    if values.get("email_hash", application.email_hash) != application.email_hash:
        generation = application.draft_generation + 1
        moved = replace(application, **values, draft_generation=generation)
        change = Change.of(
            change,
            counted("public-form", act.now, moved.email, client),
            mails.begun(moved, _whole(application), act),
        )
    commit(change, caller, act.now)


def submit(outside: Outside, caller: Caller, token: str) -> None:
    """Send the draft. When another application of the same address stands in the group, this
    one collapses into it; the sender sees the same either way, the mail tells (A1).

    Raises Conflict when steps are missing, TermNotOpen.
    """
    for _ in range(TRIES):
        application, act = draft(outside, token), _act(outside, caller)
        if application.submitted_at is not None:
            return
        if application.steps_done < 3 or rules.draft_ended(application, act.now):
            raise Conflict
        try:
            commit(_sending(application, act), caller, act.now)
        except StateChanged:
            continue  # somebody took the address's name, or sent this draft: look again
        return
    raise StateChanged


def _sending(application: Application, act: Act) -> Change:
    whole = _whole(application)
    if not recruits(whole, act.now):
        raise TermNotOpen
    before = store.holder(application.claim_name)
    older = store.application(before.owner_id) if before else None
    if older and rules.collapses(older, _term(older), application.term_id):
        return Change.of(
            rules.collapsed(application, older, act),
            mails.sent_again(older, application, _whole(older), act),
        )
    return Change.of(
        rules.submitted(application, before, act),
        mails.received(application, whole, act),
    )


# The applicant's own page


def from_token(outside: Outside, token: str) -> Application:
    """The application that a personal link names; LinkNotValid when it names none."""
    link = read_link(outside.places.link_keys, "application", token)
    application = store.application(link.subject)
    if application is None or application.generation != link.generation:
        raise LinkNotValid
    return application


def show_status(outside: Outside, token: str) -> dict[str, Any]:
    """How an application stands, and what its applicant can do."""
    application = from_token(outside, token)
    whole = _whole(application)
    return {
        "application": application,
        "whole": whole,
        "enrolment": enrolments.of_application(application),
        "live": application.state in rules.LIVE,
        "may_leave": application.state in rules.LIVE and not application.offer_id,
        "reopens": _next_term(outside, application) if application.state == "not_now" else None,
    }


def prove_address(outside: Outside, caller: Caller, token: str) -> None:
    """The link came by mail, so the address is the applicant's: bind the person."""
    application, act = from_token(outside, token), _act(outside, caller)
    bound, person_id = store.binding(application, outside.ids.new("person"), act.now)
    note = rules.recorded(replace(application, person_id=person_id), "address_proven", act)
    commit(bound + note if bound.writes else bound, caller, act.now)


def leave(outside: Outside, caller: Caller, token: str, state: str) -> None:
    """The applicant withdraws, or parks the application for later (`not_now`, R2). Raises
    OfferStands, MoveNotDeclared."""
    application, act = from_token(outside, token), _act(outside, caller)
    change = Change.of(
        rules.moved(application, state, act),
        mails.left(application, state, _whole(application), act),
    )
    commit(change, caller, act.now)


def take_up_again(outside: Outside, caller: Caller, token: str) -> None:
    """A parked application goes to the next term that recruits. Raises TermNotOpen, and
    AlreadyApplied when a newer application of the same address stands."""
    application, act = from_token(outside, token), _act(outside, caller)
    whole = _next_term(outside, application)
    if whole is None:
        raise TermNotOpen
    before = store.holder(application.claim_name)
    newer = store.application(before.owner_id) if before else None
    other = newer is not None and newer.application_id != application.application_id
    if newer and other and rules.collapses(newer, _term(newer), whole.term.term_id):
        raise AlreadyApplied
    values = {"term_id": whole.term.term_id, "interview": "", "interview_points": ()}
    change = Change.of(
        rules.submitted(application, before, act, **values),
        mails.received(application, whole, act),
    )
    commit(change, caller, act.now)


def keep_needs(outside: Outside, caller: Caller, token: str, needs: str) -> None:
    """What would help to take part, given with consent; nothing (empty text) removes it (A9).
    Raises Conflict when the application has ended."""
    application, act = from_token(outside, token), _act(outside, caller)
    if application.state not in rules.LIVE:
        raise Conflict
    change = Change.of(
        Update(application, {"access_needs": needs}, when=(Is("state", application.state),)),
        rules.recorded(application, "needs_kept" if needs else "needs_removed", act),
    )
    commit(change, caller, act.now)


def _next_term(outside: Outside, application: Application) -> WholeTerm | None:
    """The term a parked application can be taken up for: its own, or the next that recruits."""
    every = groups.whole_terms(groups.everything(application.group_id))
    now = outside.clock.now()
    return next((whole for whole in every if recruits(whole, now)), None)


def _guest(outside: Outside, taster: str) -> Any:
    """Whose taster leads here; None without a link of ours."""
    if not taster:
        return None
    return store.booking(read_link(outside.places.link_keys, "booking", taster).subject)


def _whole(application: Application) -> WholeTerm:
    whole = groups.whole_term(application.group_id, application.term_id)
    if whole is None:
        raise NotFound
    return whole


def _term(application: Application) -> Term | None:
    return reads.get(Term, application.group_id, f"term#{application.term_id}")


def _versions() -> dict[str, str]:
    settings = circle.settings()
    names = ("agreement", "privacy") if settings else ()
    return {f"{name}_version": version_of(settings, name) for name in names if settings}


def _act(outside: Outside, caller: Caller) -> Act:
    return Act(actor=caller.actor, audit_id=outside.ids.new("audit"), now=outside.clock.now())
