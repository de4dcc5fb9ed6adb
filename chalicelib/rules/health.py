"""Whether all is well: what waits too long, what failed, what is unexplained, and who is told (D9).

Pure: it is given what was seen and returns signs; none means that all is well. The page of the
administrator, /healthz and the alarms are all made of the same signs. What does not live here:
reading (flows/health.py), the words (templates/words/health.toml), the alarms (infra/alarms.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.rules.books.reconciling import Movement, unexplained
from chalicelib.rules.money.payments import Payment, Refund
from chalicelib.rules.money.unheard import Unheard
from chalicelib.rules.people.circle import SWITCHES, CircleSettings, JobRun, Task

TICK_LATE = timedelta(minutes=30)  # it runs every five minutes
NIGHT_LATE = timedelta(hours=26)
INTENT_STUCK = timedelta(hours=3)  # Stripe's page is open for an hour at most
REFUND_STUCK = timedelta(hours=24)
EVENT_LATE = timedelta(hours=1)  # Stripe has delivered it again by then
MAIL_LATE = timedelta(minutes=30)
TASK_LATE = timedelta(days=1)
FAILURES = "failures"  # the part of the tick that counts them
OWN_ALARM = ("mail_waits", "failed_for_good")  # signs that an alarm of their own tells

# Work that falls due -> how long after that it may wait: the tick comes every five minutes, the
# night once a day. The names are those of the due index (store/rows.py).
WORK: Mapping[str, timedelta] = {
    "offer": timedelta(minutes=30),
    "payment": timedelta(minutes=30),
    "refund": timedelta(minutes=30),
    "instalment": timedelta(minutes=30),
    "bulk": timedelta(minutes=30),
    "pay_run": timedelta(days=2),
    "payout_stripe": timedelta(minutes=30),
    "take_back": timedelta(minutes=30),
    "recall": timedelta(minutes=30),
    "payout_account": timedelta(days=2),
    "erasure": timedelta(days=2),
    "suspense": timedelta(days=2),
    "retention": timedelta(days=4),  # a night takes two hundred
}
WAITS_FOR: Mapping[str, str] = {
    "refund": "refunds",
    "pay_run": "payouts",
    "payout_stripe": "payouts",
    "take_back": "payouts",
}

# Who is told: the technical contact by an alarm's mail, the circle's officers under Today.
TECHNICAL, TREASURER, ADMINISTRATOR, NOBODY = "technical", "treasurer", "administrator", "nobody"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was read, at one moment. `due` has the oldest row of each kind of work with the
    instant since which it is due; `intents` and `refunds` are those not answered yet."""

    circle: CircleSettings
    runs: Mapping[str, JobRun] = field(default_factory=dict)
    due: Mapping[str, datetime] = field(default_factory=dict)
    mail_due_at: datetime | None = None
    intents: Sequence[Payment] = ()
    refunds: Sequence[Refund] = ()
    movements: Sequence[Movement] = ()
    unheard: Sequence[Unheard] = ()
    tasks: Sequence[Task] = ()
    came_back: Mapping[str, int] = field(default_factory=dict)  # bounced, complained: seven days


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One thing that is not well: its code, what it is about, since when, and who is told."""

    code: str  # a word of [options.health]
    about: str = ""  # kind of work, part of a job, switch
    since: datetime | None = None
    told: str
    path: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What /healthz says: `work_waits:refund`."""
        return f"{self.code}:{self.about}" if self.about else self.code


def signs(seen: Seen, now: datetime) -> list[Sign]:
    """Everything that is not well; none means that all is."""
    return [
        *_jobs(seen, now),
        *_failures(seen),
        *_mail(seen, now),
        *_came_back(seen),
        *_work(seen, now),
        *_stuck(seen, now),
        *_unheard(seen, now),
        *_books(seen, now),
        *_tasks(seen, now),
        *_switches(seen),
    ]


def is_ill(found: Sequence[Sign]) -> bool:
    """Whether a machine that asks is told 503: something of ours, or money, is not well. What
    people have still to do, or have switched off, is their business and not an illness."""
    return any(one.told == TECHNICAL or one.code == "money_unexplained" for one in found)


def _jobs(seen: Seen, now: datetime) -> Iterator[Sign]:
    """Jobs that did not come, and parts of the last run that failed."""
    for job, late in (("tick", TICK_LATE), ("nightly", NIGHT_LATE)):
        run = seen.runs.get(job)
        last = run.ended_at if run else seen.circle.set_up_at
        if now - last > late:
            yield Sign(code="job_late", about=job, since=last, told=TECHNICAL)
        for part in _failed(run):
            yield Sign(code="job_failed", about=f"{job}.{part}", since=last, told=TECHNICAL)


def _failed(run: JobRun | None) -> list[str]:
    facts = run.facts if run else {}
    told = {part: one for part, one in facts.items() if isinstance(one, Mapping)}
    # A part that failed tells the error's name; a count of things that failed is a number.
    return [part for part, one in told.items() if isinstance(one.get("failed"), str)]


def failures(runs: Mapping[str, JobRun]) -> dict[str, int]:
    """Queue of failures -> runs that lie there, as the last tick has counted them."""
    run = runs.get("tick")
    counted = run.facts.get(FAILURES) if run else None
    told = counted if isinstance(counted, Mapping) else {}
    return {name: count for name, count in told.items() if isinstance(count, int)}


def _failures(seen: Seen) -> Iterator[Sign]:
    """Runs that failed for good, until somebody has looked and emptied the queue."""
    for name, count in failures(seen.runs).items():
        yield Sign(code="failed_for_good", about=name, told=TECHNICAL, facts={"count": count})


def _mail(seen: Seen, now: datetime) -> Iterator[Sign]:
    if seen.circle.mail and seen.mail_due_at and now - seen.mail_due_at > MAIL_LATE:
        yield Sign(code="mail_waits", since=seen.mail_due_at, told=TECHNICAL, path="/admin/mails")


def _came_back(seen: Seen) -> Iterator[Sign]:
    """Mails of the last seven days that did not arrive, or were marked as unwanted (O1)."""
    for what, count in seen.came_back.items():
        if count:
            path, facts = "/admin/addresses", {"count": count}
            yield Sign(code=f"mails_{what}", told=ADMINISTRATOR, path=path, facts=facts)


def _work(seen: Seen, now: datetime) -> Iterator[Sign]:
    """Work whose time has come and which no job has done."""
    for kind, since in seen.due.items():
        if now - since > WORK[kind] and _is_on(seen, kind):
            yield Sign(code="work_waits", about=kind, since=since, told=TECHNICAL)


def _is_on(seen: Seen, kind: str) -> bool:
    return kind not in WAITS_FOR or bool(getattr(seen.circle, WAITS_FOR[kind]))


def _stuck(seen: Seen, now: datetime) -> Iterator[Sign]:
    """Intents that Stripe has not answered, each with the page of its debt."""
    for payment in seen.intents:
        if payment.state == "pending" and now - payment.created_at > INTENT_STUCK:
            yield _stuck_at("payment", payment.created_at, payment.obligation_id)
    for refund in seen.refunds:
        waits = refund.state == "requested" and now - refund.requested_at > REFUND_STUCK
        if waits and seen.circle.refunds:
            yield _stuck_at("refund", refund.requested_at, refund.obligation_id)


def _stuck_at(kind: str, since: datetime, debt_id: str) -> Sign:
    path = f"/admin/payments/{debt_id}"
    return Sign(code="intent_stuck", about=kind, since=since, told=TECHNICAL, path=path)


def _unheard(seen: Seen, now: datetime) -> Iterator[Sign]:
    """Events of Stripe's that we could not take in, although they came more than once."""
    since = min((event.created_at for event in seen.unheard), default=now)
    if now - since > EVENT_LATE:
        facts = {"count": len(seen.unheard)}
        yield Sign(code="event_unheard", since=since, told=TECHNICAL, facts=facts)


def _books(seen: Seen, now: datetime) -> Iterator[Sign]:
    """Money of Stripe's that the books do not explain, and books that do not agree."""
    minor, hours = unexplained(seen.movements, now)
    if seen.movements:
        facts = {"minor": minor, "hours": hours, "currency": seen.circle.currency}
        path = "/admin/reconciliation"
        yield Sign(code="money_unexplained", told=TREASURER, path=path, facts=facts)
    apart = [task for task in seen.tasks if task.code == "books_do_not_agree"]
    if apart:
        since = min(task.opened_at for task in apart)
        path, facts = "/admin/books/proof", {"count": len(apart)}
        yield Sign(code="books_apart", since=since, told=TREASURER, path=path, facts=facts)


def _tasks(seen: Seen, now: datetime) -> Iterator[Sign]:
    late = _late(seen, now)
    if late:
        since, facts = min(task.due_at for task in late), {"count": len(late)}
        yield Sign(code="tasks_late", since=since, told=ADMINISTRATOR, path="/admin", facts=facts)


def _late(seen: Seen, now: datetime) -> list[Task]:
    return [task for task in seen.tasks if now - task.due_at > TASK_LATE]


def _switches(seen: Seen) -> Iterator[Sign]:
    for switch in SWITCHES:
        if not getattr(seen.circle, switch):
            path = f"/admin/settings/switches/{switch}"
            yield Sign(code="switched_off", about=switch, told=NOBODY, path=path)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the page shows on good days too. None for nothing that waits."""

    mail_since: datetime | None
    event_since: datetime | None
    unexplained_minor: int
    currency: str
    stuck: int
    failed_for_good: int
    came_back: int


def figures(seen: Seen, found: Sequence[Sign], now: datetime) -> Figures:
    """The figures beside the signs that were found."""
    return Figures(
        mail_since=seen.mail_due_at if seen.circle.mail else None,
        event_since=min((event.created_at for event in seen.unheard), default=None),
        unexplained_minor=unexplained(seen.movements, now)[0],
        currency=seen.circle.currency,
        stuck=sum(one.code == "intent_stuck" for one in found),
        failed_for_good=sum(failures(seen.runs).values()),
        came_back=sum(seen.came_back.values()),
    )


# The numbers that alarms watch


def measures(seen: Seen, now: datetime) -> dict[str, int]:
    """The numbers of MEASURES."""
    minor, hours = unexplained(seen.movements, now)
    technical = [one for one in signs(seen, now) if one.told == TECHNICAL]
    night = seen.runs.get("nightly")
    return {
        "OutboxAge": _age(seen.mail_due_at if seen.circle.mail else None, now),
        "WorkAge": max(
            (_age(at, now) for kind, at in seen.due.items() if _is_on(seen, kind)), default=0
        ),
        "Waiting": sum(one.code not in OWN_ALARM for one in technical),
        "UnexplainedMinor": minor,
        "UnexplainedAge": hours * 3600,
        "NightAge": _age(night.ended_at if night else seen.circle.set_up_at, now),
        "TasksLate": len(_late(seen, now)),
    }


def _age(since: datetime | None, now: datetime) -> int:
    return max(0, int((now - since).total_seconds())) if since else 0
