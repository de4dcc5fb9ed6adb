"""Reading the outbox: what is due, one mail, a day's mails, and the facts mails rest on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chalicelib.rules.changes import Ref
from chalicelib.rules.mail import Mail, Standing
from chalicelib.store import reads, tables
from chalicelib.store.rows import KEPT

DAY_MAX = 200


def due(now: datetime, limit: int) -> list[Mail]:
    """Mails whose time has come, oldest first; eventually consistent, so a claim may find that
    another sender was faster."""
    return reads.due(tables.Outbox, "mail", now, limit)


def mail(message_key: str) -> Mail | None:
    """One mail as it is now."""
    return reads.get(Mail, message_key)


def of_day(day: date) -> list[Mail]:
    """The mails queued on a day (UTC), newest first, at most 200."""
    index = tables.Outbox.by_day
    found = reads.indexed(index, day.isoformat(), limit=DAY_MAX, newest_first=True)
    return list(found)


def value_of(fact: Standing) -> Any:
    """What the named field holds now; None when the row is gone. KeyError: no such kind."""
    how = KEPT.named(fact.kind)
    if how is None:
        raise KeyError(fact.kind)
    row: Any = reads.get(how.kind, *how.key_of(Ref(how.kind, fact.ids)))
    return None if row is None else getattr(row, fact.name)
