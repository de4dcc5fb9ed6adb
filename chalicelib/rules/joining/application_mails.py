"""The mails of an application: begun, received, sent twice, invited, decided, left.

Each rests on the application being in the state it speaks of, and carries no more facts than its
sentences need: there are several for each application, and they are kept. What does not live here:
their sentences (templates/emails), the moves they tell of (applications.py).
"""

from __future__ import annotations

from typing import Any

from chalicelib.rules.changes import Create
from chalicelib.rules.joining.applications import DRAFT_LIFE, LIVE, Act, Application
from chalicelib.rules.mail import LinkTo, Standing, mail
from chalicelib.rules.running.groups import WholeTerm


def draft_link(application: Application) -> LinkTo:
    """The link that leads back into a draft."""
    return LinkTo(
        purpose="draft",
        subject=application.application_id,
        generation=application.draft_generation,
    )


def status_link(application: Application) -> LinkTo:
    """The applicant's own page. Only mails carry it, so that it proves the address."""
    return LinkTo(
        purpose="application",
        subject=application.application_id,
        generation=application.generation,
    )


def begun(application: Application, whole: WholeTerm, act: Act) -> Create:
    """A draft can be gone on with elsewhere; once for each address it was given."""
    return _letter(
        "application_started",
        f"{application.application_id}.{application.draft_generation}",
        application,
        whole,
        act,
        link=("draft", draft_link(application)),
        states=("draft",),
        until=application.created_at + DRAFT_LIFE,
        reader_zone=application.zone,
    )


def received(application: Application, whole: WholeTerm, act: Act) -> Create:
    """It is with us; please confirm the address."""
    return _letter(
        "application_received",
        f"{application.application_id}.{act.audit_id}",
        application,
        whole,
        act,
        states=LIVE,
        interview_required=whole.group.interview_required,
    )


def sent_again(older: Application, newer: Application, whole: WholeTerm, act: Act) -> Create:
    """The first application stands, a second one was set aside (A1)."""
    return _letter(
        "application_again",
        newer.application_id,
        older,
        whole,
        act,
        states=LIVE,
        submitted_at=older.submitted_at or older.created_at,
        reader_zone=older.zone,
    )


def invited(application: Application, whole: WholeTerm, act: Act) -> Create:
    """The interview's purpose, length and how to find a time (R51)."""
    return _letter(
        "interview_invitation",
        f"{application.application_id}.{act.audit_id}",
        application,
        whole,
        act,
        states=("interview",),
        leaders=[{"name": one.name} for one in whole.leaders],
    )


def told(application: Application, decision: str, whole: WholeTerm, act: Act) -> Create:
    """A decision, courteously and without reasons (A10)."""
    return _letter(
        "application_decision",
        f"{application.application_id}.{act.audit_id}",
        application,
        whole,
        act,
        states=(decision,),
        decision=decision,
    )


def left(application: Application, state: str, whole: WholeTerm, act: Act) -> Create:
    """What the applicant did: withdrawn, or put aside for later."""
    return _letter(
        "application_left",
        f"{application.application_id}.{act.audit_id}",
        application,
        whole,
        act,
        states=(state,),
        parked=state == "not_now",
    )


def _letter(
    template: str,
    key: str,
    application: Application,
    whole: WholeTerm,
    act: Act,
    link: tuple[str, LinkTo] | None = None,
    states: tuple[str, ...] = (),
    **more: Any,
) -> Create:
    name, to = link or ("application", status_link(application))
    about = {
        "group_title": whole.group.title,
        "term_title": whole.term.title,
        "full_name": application.full_name,
    }
    ids = {"application_id": application.application_id}
    return mail(
        template,
        key,
        application.email,
        act.now,
        about | more,
        links={name: to},
        stands=(Standing(kind="Application", ids=ids, name="state", values=states),),
        person_id=application.person_id,
    )
