"""Applications: the row, and every move from the first line typed to the decision.

What does not live here: offers (offers.py), tasters (tasters.py), what the form asks
(application_form.py), the letters that tell of a move (application_mails.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.errors import Conflict, InterviewOutcomeMissing, OfferStands
from chalicelib.rules import states
from chalicelib.rules.audit import audit
from chalicelib.rules.changes import Change, Create, Is, Ref, Remove, Update, Write
from chalicelib.rules.people.circle import Task
from chalicelib.rules.running.groups import Group, Term

UNDECIDED = ("submitted", "screening", "interview", "waitlisted")
LIVE = (*UNDECIDED, "accepted")
POINTS = ("expectations", "commitment", "technology")  # the checklist of an interview (R51)
OUTCOMES = ("suits", "second_talk", "does_not_suit", "not_now")  # of an interview (R50, D16)
NOT_YET = ("", "second_talk", "does_not_suit", "not_now")  # outcomes that carry no offer
DECLINE_REASONS = ("eligibility", "dates", "setting", "mix", "full", "other")
DRAFT_LIFE = timedelta(days=30)

# How long an application is kept after it came into a state (PRODUCT section 2, data).
KEPT_FOR = {
    "draft": DRAFT_LIFE,
    "declined": timedelta(days=183),
    "withdrawn": timedelta(days=183),
    "lapsed": timedelta(days=30),
}
KEPT_FOR_OTHERS = timedelta(days=365)

# What a person has to do while an application is in a state, and within how many days.
TASKS = {
    "submitted": ("application_received", 2),
    "screening": ("application_screening", 5),
    "interview": ("application_interview", 7),
    "accepted": ("offer_to_make", 2),
}


@dataclass(frozen=True, kw_only=True)
class Application:
    """One person's wish to join one group. Contact data stays here until the address is proven
    by mail; only then does `person_id` bind it."""

    application_id: str
    group_id: str
    term_id: str
    group_title: str = ""  # as it was when the application began
    state: str = "draft"
    generation: int = 1  # of the link to its status page
    draft_generation: int = 1  # of the link to its draft
    full_name: str
    email: str
    email_hash: str
    profession: str = ""
    person_id: str | None = None
    offer_id: str | None = None  # its open or taken offer: one at a time
    booking_id: str = ""  # the taster it came from
    zone: str = "Europe/London"
    can_attend: str = ""  # all | some
    absences: tuple[str, ...] = ()  # ISO dates that will be missed
    device: str = ""  # computer | tablet | phone
    hopes: str = ""
    source: str = ""
    knows_someone: str = ""  # yes | no | talk (N13)
    payer: str = ""  # self | employer
    privacy_version: str = ""
    agreement_version: str = ""  # of the ground rules read before sending
    access_needs: str = ""  # only with consent, for who interviews; ends with the decision (A9)
    steps_done: int = 0  # 1 who, 2 dates, 3 about
    interview: str = ""  # outcome code of the interview
    interview_points: tuple[str, ...] = ()  # what was talked about
    decision_reason: str = ""  # short code, never free text (R50, D16)
    collapsed_into: str = ""  # the earlier application of the same address (A1)
    priority: int = 5  # waitlist: lower comes first (A6 goes to the top)
    created_at: datetime
    submitted_at: datetime | None = None
    waitlisted_at: datetime | None = None
    decided_at: datetime | None = None
    address_proven_at: datetime | None = None
    retain_until: datetime | None = None

    @property
    def waitlist_key(self) -> str:
        """The order of the waitlist: priority, joined at, id; never a position number."""
        joined = self.waitlisted_at or self.submitted_at or self.created_at
        return f"{self.priority}#{joined:%Y%m%d%H%M%S}#{self.application_id}"

    @property
    def claim_name(self) -> str:
        """The name that one application of an address holds in a group (A1)."""
        return f"{self.group_id}#{self.email_hash}"


@dataclass(frozen=True, kw_only=True)
class Unique:
    """A name that only one thing may hold: `group#emailhash`, `session#emailhash`."""

    name: str
    owner_id: str


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does something, when, and the name of its audit row."""

    actor: str
    audit_id: str
    now: datetime


def recorded(application: Application, action: str, act: Act, **facts: Any) -> Create:
    """The audit row of an act on an application: `application.` and the action."""
    return audit(
        application.application_id,
        f"application.{action}",
        act.actor,
        act.now,
        act.audit_id,
        person_id=application.person_id,
        **facts,
    )


# The draft


def started(application: Application, act: Act) -> Change:
    """A new draft; it goes by itself thirty days after it began."""
    return Change.of(Create(application), recorded(application, "started", act))


def draft_ended(application: Application, now: datetime) -> bool:
    """Whether a draft has come to its day and cannot be gone on with."""
    return application.created_at + DRAFT_LIFE <= now


def saved(application: Application, step: int, act: Act, **values: Any) -> Change:
    """One answered step of a draft. A new address cuts the links that went to the old one."""
    again = "email" in values and values["email_hash"] != application.email_hash
    return Change.of(
        Update(
            application,
            {
                **values,
                "steps_done": max(application.steps_done, step),
                "draft_generation": application.draft_generation + again,
            },
            when=(Is("state", "draft"), Is("draft_generation", application.draft_generation)),
        ),
        recorded(application, "saved", act, step=step),
    )


def collapses(older: Application | None, older_term: Term | None, term_id: str) -> bool:
    """Whether another application of the same address in the same group still stands, so that a
    new one for `term_id` collapses into it (A1). One that waits for a term which does not
    recruit any more stands in nobody's way, nor does a place in an earlier term."""
    if older is None or older.state not in LIVE:
        return False
    if older.term_id == term_id:
        return True
    recruits = older_term is not None and older_term.state == "recruiting"
    return older.state in UNDECIDED and recruits


def claim(application: Application, before: Unique | None) -> Write | None:
    """Take the address's name in this group, from an application that ended if need be.
    StateChanged when somebody else took it meanwhile."""
    if before is None:
        return Create(Unique(name=application.claim_name, owner_id=application.application_id))
    if before.owner_id == application.application_id:
        return None
    return Update(
        before, {"owner_id": application.application_id}, when=(Is("owner_id", before.owner_id),)
    )


def submitted(application: Application, before: Unique | None, act: Act, **values: Any) -> Change:
    """A finished draft, or one that was parked, goes to the administrator."""
    return Change.of(
        moved(application, "submitted", act, submitted_at=act.now, **values),
        claim(application, before),
    )


def collapsed(application: Application, older: Application, act: Act) -> Change:
    """A second draft of an address whose first application stands: sent for its sender, ended
    for us (A1)."""
    values: dict[str, Any] = {"submitted_at": act.now, "collapsed_into": older.application_id}
    return moved(application, "lapsed", act, **values) + recorded(older, "sent_again", act)


# From hand to hand


def moved(application: Application, new: str, act: Act, reason: str = "", **values: Any) -> Change:
    """The move into a state, with the tasks it cures and causes, its clock of retention and its
    audit row. Raises MoveNotDeclared, and OfferStands while the applicant has an offer."""
    states.move("application", application.state, new)
    if application.offer_id:
        raise OfferStands
    over = {} if new in LIVE else {"access_needs": ""}
    return Change.of(
        Update(
            application,
            {
                "state": new,
                "retain_until": act.now + KEPT_FOR.get(new, KEPT_FOR_OTHERS),
                **over,
                **values,
            },
            when=(Is("state", application.state), Is("offer_id", None)),
        ),
        task_cured(application),
        task_of(application, *TASKS[new], act.now) if new in TASKS else None,
        recorded(application, new, act, **({"reason": reason} if reason else {})),
    )


def decided(application: Application, decision: str, act: Act, reason: str = "") -> Change:
    """A decision of the administrator: accepted, waitlisted, declined or not_now. Only declining
    keeps a reason, as a short code (A10, D16)."""
    values: dict[str, Any] = {"decided_at": act.now}
    if decision == "declined":
        values["decision_reason"] = reason
    if decision == "waitlisted":
        values["waitlisted_at"] = application.waitlisted_at or act.now
    return moved(application, decision, act, **values)


def interviewed(
    application: Application, outcome: str, points: tuple[str, ...], act: Act
) -> Change:
    """The outcome of an interview as codes; no free text, so nothing about health (R50, R51)."""
    if application.state != "interview" or outcome not in OUTCOMES:
        raise Conflict
    return Change.of(
        Update(
            application,
            {"interview": outcome, "interview_points": points},
            when=(Is("state", "interview"),),
        ),
        recorded(application, "interviewed", act, outcome=outcome),
    )


def may_offer(application: Application, group: Group) -> None:
    """No offer, and no promise of one, before the interview where the group asks for one (R51).
    Raises InterviewOutcomeMissing."""
    if group.interview_required and application.interview in NOT_YET:
        raise InterviewOutcomeMissing


# What a person has to do


def task_of(application: Application, code: str, days: int, now: datetime) -> Create:
    """Something to be done about an application within `days`."""
    return Create(
        Task(
            task_id=f"{code}#{application.application_id}",
            code=code,
            facts={"name": application.full_name, "group": application.group_title},
            path=f"/admin/applications/{application.application_id}",
            opened_at=now,
            due_at=now + timedelta(days=days),
        )
    )


def task_cured(application: Application) -> Remove | None:
    """The end of what was to be done while the application was in its state."""
    if application.state not in TASKS:
        return None
    code, _ = TASKS[application.state]
    return Remove(Ref(Task, {"task_id": f"{code}#{application.application_id}"}))
