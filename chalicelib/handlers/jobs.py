"""DOORS of the clock, of the outbox stream and of what SES tells: one function per job, flows
composed in order.

Every part of a job runs, whatever happens to the part before it; what went wrong is raised at
the end, so that Lambda runs it once more and then keeps it in the queue of failures. Counts are
logged, never people.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.flows import health, mail_news, outbox
from chalicelib.flows import jobs as runs
from chalicelib.flows.banking import suspense
from chalicelib.flows.books import books
from chalicelib.flows.disputes import disputes
from chalicelib.flows.joining import forgetting
from chalicelib.flows.leaders import clawbacks
from chalicelib.flows.money import unheard
from chalicelib.flows.people import erasing_work
from chalicelib.flows.returning import refunds
from chalicelib.flows.running import registers
from chalicelib.handlers import logs
from chalicelib.handlers.books import reconciling
from chalicelib.handlers.leaders import pay_clock
from chalicelib.handlers.money import clockwork as money_jobs
from chalicelib.rules.health import FAILURES
from chalicelib.wiring import Wired

door = Blueprint(__name__)
log = logging.getLogger("balint.jobs")

Part = Callable[[Wired], Mapping[str, int]]
ALL_TAKEN: dict[str, list[Any]] = {"batchItemFailures": []}


class JobFailed(ExceptionGroup):
    """Parts of a job that ended in an error; all other parts have run."""


def measure(outside: Wired) -> dict[str, int]:
    """The numbers that alarms watch, into the log; it does nothing else, and counts nothing."""
    found = health.look(outside).measures
    if found:
        log.info("health", extra=logs.measured(outside.settings.table_prefix, found))
    return {}


# Part name -> flow; the name is what the log and the job's row say.
TICK: dict[str, Part] = {
    "payments": money_jobs.check_payments,
    "offers": money_jobs.expire_offers,
    "instalments": money_jobs.chase_instalments,
    "bulk": money_jobs.go_on_with_bulks,
    "clawbacks": clawbacks.take_up,
    "pay_runs": pay_clock.pay_runs,
    "reconcile": reconciling.reconcile_if_asked,
    "books": books.prove_if_asked,
    FAILURES: health.count_failures,
    "health": measure,  # at last: how it stands after all of that
}
NIGHTLY: dict[str, Part] = {
    "reconcile": reconciling.reconcile,
    "disputes": disputes.look_again,
    "warnings": disputes.look_for_warnings,
    "books": books.check,
    "erase": erasing_work.go_on,
    "forget": forgetting.forget_due,
    "events": unheard.forget,
    "registers": registers.remind,
    "suspense": suspense.look,
    "accounts": pay_clock.look_at_accounts,
}
REFUNDS: dict[str, Part] = {"refunds": refunds.send_due}
PAYOUTS: dict[str, Part] = {
    "payouts": pay_clock.send_payouts,
    "taken_back": pay_clock.take_back,
}


@door.lambda_function(name="send_mails")
def send_mails(event: Any, context: Any) -> dict[str, Any]:
    """Send what is due. A stream record only wakes us: the rows say what is to be done, so the
    stream is always told that its records are taken, and the sweep raises what stays wrong."""
    logs.begins(context)
    woken = bool(event and event.get("Records"))
    try:
        _run("send_mails", {"mails": outbox.send_due})
    except JobFailed:
        if not woken:
            raise
        log.exception("left to the sweep")
    return ALL_TAKEN


@door.lambda_function(name="hear_mails")
def hear_mails(event: Any, context: Any) -> dict[str, Any]:
    """What SES tells of our mails, through the topic MailEvents. What cannot be taken in is raised
    at the end: Lambda brings it once more, and then keeps it in the queue of failed jobs."""
    logs.begins(context)
    records = (event or {}).get("Records", [])
    return _run("hear_mails", {str(n): _heard(one) for n, one in enumerate(records)})


def _heard(record: Mapping[str, Any]) -> Part:
    return lambda outside: {mail_news.hear(outside, record["Sns"]["Message"]): 1}


@door.lambda_function(name="tick")
def tick(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's own shape
    """Whatever has fallen due: holds, pending payments."""
    logs.begins(context)
    return _run("tick", TICK, remember=True)


@door.lambda_function(name="send_refunds")
def send_refunds(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's own shape
    """Refunds that were asked for, with the key that may send them."""
    logs.begins(context)
    return _run("send_refunds", REFUNDS)


@door.lambda_function(name="send_payouts")
def send_payouts(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's own shape
    """Approved payouts of leaders, with the key that may transfer, and what is taken back."""
    logs.begins(context)
    return _run("send_payouts", PAYOUTS)


@door.lambda_function(name="nightly")
def nightly(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's own shape
    """Once a night: what is slow, or only has to be true by morning."""
    logs.begins(context)
    return _run("nightly", NIGHTLY, remember=True)


def _run(job: str, parts: Mapping[str, Part], remember: bool = False) -> dict[str, Any]:
    outside = wiring.outside()
    told: dict[str, Any] = {}
    errors: list[Exception] = []
    for name, part in parts.items():
        try:
            told[name] = dict(part(outside))
        except Exception as error:  # the other parts still run; it is raised below
            log.exception("part failed job=%s part=%s", job, name)
            told[name] = {"failed": type(error).__name__}
            errors.append(error)
    log.info("job=%s", job, extra={"facts": {"job": job, "parts": told}})
    if remember:
        runs.ended(outside, job, told)
    if errors:
        raise JobFailed(job, errors)
    return told
