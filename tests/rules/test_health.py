"""What is a sign that something is not well, for whom, and what is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.rules import health
from chalicelib.rules.books.reconciling import Movement
from chalicelib.rules.health import Seen
from chalicelib.rules.measures import MEASURES
from chalicelib.rules.money.unheard import Unheard
from chalicelib.rules.people.circle import CircleSettings, JobRun, Task
from tests.rules.money_rows import payment, refund

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=300)
CIRCLE = CircleSettings(
    name="Marmalade Circle",
    email="hello@marmalade-circle.example",
    seller_name="Marmalade Circle",
    seller_address="1 Preserve Lane",
    agreement_version="1",
    policy_version="1",
    set_up_at=LONG_AGO,
)


def ran(job: str, ago: timedelta, **facts: Any) -> JobRun:
    return JobRun(job=job, ended_at=NOW - ago, facts=facts)


WELL = Seen(
    circle=CIRCLE,
    runs={
        "tick": ran("tick", timedelta(minutes=3), payments={"paid": 1}),
        "nightly": ran("nightly", timedelta(hours=16), books={"findings": 0}),
    },
)
MINUTE = timedelta(minutes=1)


def names(seen: Seen) -> list[str]:
    return [one.name for one in health.signs(seen, NOW)]


def a_task(code: str, due_at: datetime) -> Task:
    return Task(task_id=f"{code}#1", code=code, path="/admin", opened_at=due_at, due_at=due_at)


def a_movement(net_minor: int, ago: timedelta) -> Movement:
    return Movement(
        movement_id=f"txn_{net_minor}",
        moved="charge",
        net_minor=net_minor,
        currency="GBP",
        moved_at=NOW - ago,
        found_at=NOW,
    )


def test_nothing_is_wrong_with_a_circle_whose_jobs_come_and_where_nothing_waits() -> None:
    assert names(WELL) == []
    assert set(health.measures(WELL, NOW)) == set(MEASURES)
    quiet = {name: size for name, size in health.measures(WELL, NOW).items() if size}
    assert quiet == {"NightAge": 16 * 3600}


@pytest.mark.parametrize(
    ("came_back", "told"),
    [
        ({}, []),
        ({"bounced": 0}, []),
        ({"bounced": 2}, ["mails_bounced"]),
        ({"bounced": 1, "complained": 1}, ["mails_bounced", "mails_complained"]),
    ],
)
def test_mails_that_came_back_are_the_desk_s_to_know(
    came_back: dict[str, int], told: list[str]
) -> None:
    seen = replace(WELL, came_back=came_back)
    assert names(seen) == told
    assert not health.is_ill(health.signs(seen, NOW)), "nothing of ours is broken"


@pytest.mark.parametrize(
    ("job", "ago", "told"),
    [
        ("tick", timedelta(minutes=30), []),
        ("tick", timedelta(minutes=31), ["job_late:tick"]),
        ("nightly", timedelta(hours=26), []),
        ("nightly", timedelta(hours=26, minutes=1), ["job_late:nightly"]),
    ],
)
def test_a_job_that_does_not_come_is_missed(job: str, ago: timedelta, told: list[str]) -> None:
    assert names(replace(WELL, runs={**WELL.runs, job: ran(job, ago)})) == told


def test_a_job_that_never_came_is_missed_from_set_up_on() -> None:
    assert names(Seen(circle=CIRCLE)) == ["job_late:tick", "job_late:nightly"]
    assert names(Seen(circle=replace(CIRCLE, set_up_at=NOW - MINUTE))) == []


def test_a_part_of_the_last_run_that_failed_is_named() -> None:
    failed = ran("nightly", timedelta(hours=2), books={"failed": "StripeUnknown"}, forget={})
    found = health.signs(replace(WELL, runs={**WELL.runs, "nightly": failed}), NOW)
    assert [one.name for one in found] == ["job_failed:nightly.books"]
    assert health.is_ill(found)
    some = ran("nightly", timedelta(hours=2), reconcile={"failed": 1, "succeeded": 2})
    assert health.signs(replace(WELL, runs={**WELL.runs, "nightly": some}), NOW) == []


def test_a_mail_may_wait_for_half_an_hour() -> None:
    assert names(replace(WELL, mail_due_at=NOW - 30 * MINUTE)) == []
    late = replace(WELL, mail_due_at=NOW - 31 * MINUTE)
    assert names(late) == ["mail_waits"]
    assert health.measures(late, NOW)["OutboxAge"] == 31 * 60
    assert health.measures(late, NOW)["Waiting"] == 0  # that alarm is another one's


def test_mails_that_wait_because_mail_is_switched_off_are_no_illness() -> None:
    off = replace(WELL, circle=replace(CIRCLE, mail=False), mail_due_at=LONG_AGO)
    found = health.signs(off, NOW)
    assert ([one.name for one in found], health.is_ill(found)) == (["switched_off:mail"], False)
    assert health.measures(off, NOW)["OutboxAge"] == 0


@pytest.mark.parametrize("kind", health.WORK)
def test_work_may_wait_as_long_as_its_job_takes_to_come(kind: str) -> None:
    may = health.WORK[kind]
    assert names(replace(WELL, due={kind: NOW - may})) == []
    late = replace(WELL, due={kind: NOW - may - MINUTE})
    assert names(late) == [f"work_waits:{kind}"]
    assert health.is_ill(health.signs(late, NOW))
    measured = health.measures(late, NOW)
    assert (measured["WorkAge"], measured["Waiting"]) == ((may + MINUTE).total_seconds(), 1)


def test_refunds_that_wait_for_their_switch_are_no_illness() -> None:
    off = replace(WELL, circle=replace(CIRCLE, refunds=False), due={"refund": LONG_AGO})
    assert names(off) == ["switched_off:refunds"]
    assert health.measures(off, NOW)["WorkAge"] == 0


@pytest.mark.parametrize(
    ("ago", "state", "told"),
    [
        (timedelta(hours=3), "pending", []),
        (timedelta(hours=3, minutes=1), "pending", ["intent_stuck:payment"]),
        (timedelta(days=9), "on_its_way", []),
        (timedelta(days=9), "paid", []),
    ],
)
def test_a_payment_without_an_answer_is_stuck(ago: timedelta, state: str, told: list[str]) -> None:
    stuck = payment(state=state, created_at=NOW - ago)
    assert names(replace(WELL, intents=[stuck])) == told


@pytest.mark.parametrize(
    ("hours", "state", "told"),
    [
        (24, "requested", []),
        (25, "requested", ["intent_stuck:refund"]),
        (999, "sent", []),
    ],
)
def test_a_refund_that_stripe_has_not_taken_is_stuck(
    hours: int, state: str, told: list[str]
) -> None:
    stuck = refund(state=state, requested_at=NOW - timedelta(hours=hours))
    found = health.signs(replace(WELL, refunds=[stuck]), NOW)
    assert [one.name for one in found] == told
    assert all(one.path == f"/admin/payments/{stuck.obligation_id}" for one in found)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, []),
        ({"failures": {}}, []),
        ({"failures": {"jobs": 2}}, ["failed_for_good:jobs"]),
        (
            {"failures": {"jobs": 1, "wake_ups": 1}},
            ["failed_for_good:jobs", "failed_for_good:wake_ups"],
        ),
        ({"failures": {"failed": "ClientError"}}, ["job_failed:tick.failures"]),
    ],
)
def test_what_lies_in_a_queue_of_failures_is_told_until_it_is_taken_away(
    facts: dict[str, Any], told: list[str]
) -> None:
    tick = ran("tick", timedelta(minutes=3), **facts)
    seen = replace(WELL, runs={**WELL.runs, "tick": tick})
    found = health.signs(seen, NOW)
    assert [one.name for one in found] == told
    assert health.is_ill(found) is bool(told)
    of_others = sum(one.code == "failed_for_good" for one in found)
    assert health.measures(seen, NOW)["Waiting"] == len(told) - of_others


@pytest.mark.parametrize(("minutes", "told"), [(60, []), (61, ["event_unheard"])])
def test_an_event_that_is_not_taken_in_within_an_hour_is_told(
    minutes: int, told: list[str]
) -> None:
    late = Unheard(
        event_id="evt_1",
        event_type="refund.updated",
        created_at=NOW - minutes * MINUTE,
        failed_at=NOW,
    )
    fresh = replace(late, event_id="evt_2", created_at=NOW)
    seen = replace(WELL, unheard=[fresh, late])
    found = health.signs(seen, NOW)
    assert [one.name for one in found] == told
    assert [(one.since, one.facts) for one in found] == [
        (late.created_at, {"count": 2}) for _ in told
    ]
    assert health.figures(seen, found, NOW).event_since == late.created_at


def test_the_figures_of_a_good_day_are_noughts() -> None:
    assert health.figures(WELL, [], NOW) == health.Figures(
        mail_since=None,
        event_since=None,
        unexplained_minor=0,
        currency="GBP",
        stuck=0,
        failed_for_good=0,
        came_back=0,
    )


def test_the_figures_of_a_bad_day_count_what_the_signs_name() -> None:
    tick = ran("tick", MINUTE, failures={"jobs": 2, "wake_ups": 1})
    seen = replace(
        WELL,
        runs={**WELL.runs, "tick": tick},
        mail_due_at=NOW - MINUTE,
        movements=[a_movement(2100, timedelta(hours=30))],
        intents=[payment(state="pending", created_at=NOW - timedelta(hours=9))],
        came_back={"bounced": 2, "complained": 1},
    )
    figures = health.figures(seen, health.signs(seen, NOW), NOW)
    assert (figures.mail_since, figures.unexplained_minor) == (NOW - MINUTE, 2100)
    assert (figures.stuck, figures.failed_for_good, figures.came_back) == (1, 3, 3)


def test_money_that_the_books_do_not_explain_is_told_with_its_pence_and_hours() -> None:
    moved = [a_movement(2100, timedelta(hours=30)), a_movement(-100, timedelta(hours=2))]
    seen = replace(WELL, movements=moved)
    [sign] = health.signs(seen, NOW)
    assert (sign.code, sign.told) == ("money_unexplained", "treasurer")
    assert sign.facts == {"minor": 2200, "hours": 30, "currency": "GBP"}
    assert health.is_ill([sign])
    measured = health.measures(seen, NOW)
    assert (measured["UnexplainedMinor"], measured["UnexplainedAge"]) == (2200, 30 * 3600)


def test_tasks_are_late_a_day_after_their_time_and_that_is_no_illness() -> None:
    tasks = [a_task("refund_failed", NOW - timedelta(days=days)) for days in (0, 1, 2, 3)]
    found = health.signs(replace(WELL, tasks=tasks), NOW)
    assert [(one.name, one.facts, health.is_ill([one])) for one in found] == [
        ("tasks_late", {"count": 2}, False)
    ]


def test_books_that_do_not_agree_are_for_the_treasurer() -> None:
    found = health.signs(replace(WELL, tasks=[a_task("books_do_not_agree", NOW)]), NOW)
    assert [(one.code, one.told) for one in found] == [("books_apart", "treasurer")]
