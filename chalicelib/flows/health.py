"""Looking whether all is well: the reads behind the page, /healthz and the alarms' numbers.

A dozen reads of a few rows each, by key or by an index that holds only what is due: never a scan.
What does not live here: what is a sign of what (rules/health.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.gateways.outside import Outside
from chalicelib.rules import health, sending
from chalicelib.rules.books.reconciling import Movement
from chalicelib.rules.health import Seen, Sign
from chalicelib.rules.money.payments import Payment, Refund
from chalicelib.rules.money.unheard import Unheard
from chalicelib.rules.people.circle import CircleSettings, JobRun
from chalicelib.store import outbox, reads, tables
from chalicelib.store.people import addresses
from chalicelib.store.people import circle as circle_store
from chalicelib.store.rows import kept
from chalicelib.store.tasks import open_tasks

PLACES: Mapping[str, Any] = {  # the table of each kind of work
    "offer": tables.Applications,
    "payment": tables.Payments,
    "refund": tables.Payments,
    "instalment": tables.Payments,
    "bulk": tables.Circle,
    "pay_run": tables.Payouts,
    "payout_stripe": tables.Payouts,
    "take_back": tables.Payouts,
    "recall": tables.Payouts,
    "payout_account": tables.Payouts,
    "erasure": tables.Circle,
    "suspense": tables.Payments,
    "retention": tables.Applications,
}
NEXT_LOOK: Mapping[str, timedelta] = {  # not answered yet, and put off until then at most
    "payment": timedelta(minutes=10),
    "refund": timedelta(days=1),
}
FEW = 25
LONGEST_WAIT = max(sending.PATIENCE)  # a mail that failed is put off by at most this


@dataclass(frozen=True)
class Health:
    """How it stands: the signs, the numbers that alarms watch, the last runs. Nothing is wrong
    with a circle that is not set up."""

    signs: tuple[Sign, ...] = ()
    measures: Mapping[str, int] | None = None
    runs: Mapping[str, JobRun] | None = None
    figures: health.Figures | None = None

    @property
    def is_ill(self) -> bool:
        """Whether a machine that asks is told so."""
        return health.is_ill(self.signs)


def look(outside: Outside) -> Health:
    """Read what has to be known, and judge it. Raises StoreBusy."""
    now = outside.clock.now()
    circle = circle_store.settings()
    if circle is None:
        return Health()
    seen = _seen(circle, now)
    found = tuple(health.signs(seen, now))
    figures = health.figures(seen, found, now)
    return Health(found, health.measures(seen, now), seen.runs, figures)


def _seen(circle: CircleSettings, now: datetime) -> Seen:
    rows = {kind: _first(kind, now) for kind in health.WORK}
    runs = [row for row in reads.under(tables.Circle, "job") if isinstance(row, JobRun)]
    return Seen(
        circle=circle,
        runs={run.job: run for run in runs},
        due={kind: at for kind, found in rows.items() if (at := _since(found)) and at <= now},
        mail_due_at=_mail_waits_since(now),
        intents=[row for row in rows["payment"] if isinstance(row, Payment)],
        refunds=[row for row in rows["refund"] if isinstance(row, Refund)],
        movements=[r for r in reads.under(tables.Circle, "movement") if isinstance(r, Movement)],
        unheard=[row for row in reads.under(tables.Circle, "unheard") if isinstance(row, Unheard)],
        tasks=open_tasks(),
        came_back=addresses.came_back(now),
    )


def _mail_waits_since(now: datetime) -> datetime | None:
    """Since when the oldest mail should have left, those that were tried and put off with them."""
    waiting = [sending.waits_since(mail) for mail in outbox.due(now + LONGEST_WAIT, FEW)]
    return min((since for since in waiting if since and since <= now), default=None)


def count_failures(outside: Outside) -> dict[str, int]:
    """How many runs lie in which queue of failures, for the row of the tick; nothing for none.
    Raises botocore's errors."""
    return {name: count for name, count in outside.failures.waiting().items() if count}


def _first(kind: str, now: datetime) -> list[Any]:
    """The oldest rows of a kind of work: one, or those that may be stuck."""
    until = now + NEXT_LOOK.get(kind, timedelta())
    return reads.due(PLACES[kind], kind, until, FEW if kind in NEXT_LOOK else 1)


def _since(rows: list[Any]) -> datetime | None:
    """Since when the oldest is due."""
    return kept(rows[0]).shows(rows[0])["due_at"] if rows else None
