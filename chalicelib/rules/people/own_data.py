"""Everything that is kept about somebody, as data to take along (GDPR Art. 15 and 20).

What does not live here: which rows there are (store/people/traces.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from chalicelib.rules.audit import AuditRow
from chalicelib.rules.joining.applications import Unique
from chalicelib.rules.leaders.payouts import PayRun
from chalicelib.rules.mail import Mail
from chalicelib.rules.people.circle import Task
from chalicelib.rules.people.erasing_subject import Subject
from chalicelib.rules.people.people import EmailOwner, email_key

OF_MANY = (Task, PayRun, Unique, EmailOwner)  # the desk's lists, and names that hold no more
# Addresses that open a door, what a sender needs, and how indexes and retries go on.
LEFT_OUT = {
    *("params", "key", "checkout_url", "links", "stands", "lease", "generation"),
    *("draft_generation", "email_hash", "payer_links", "mints", "expires_epoch", "revision"),
}


def belongs(row: Any, subject: Subject) -> bool:
    """Whether a row is this person's to have."""
    if isinstance(row, OF_MANY):
        return False
    if isinstance(row, Mail):
        to_them = bool(subject.email) and email_key(row.to) == subject.email
        return to_them or (bool(row.person_id) and row.person_id == subject.person_id)
    return subject.owns(row) or subject.pays(row)


def told(row: Any) -> dict[str, Any]:
    """One row, by the names of its fields; what says nothing is left out. Of an act only what was
    done and when: who did it is somebody else."""
    if isinstance(row, AuditRow):
        return {"kind": "Act", "at": row.at, "action": row.action}
    own = {one.name: getattr(row, one.name) for one in fields(row) if one.name not in LEFT_OUT}
    said = {name: value for name, value in own.items() if value not in (None, "", (), {})}
    return {"kind": type(row).__name__, **said}


def everything(rows: Iterable[Any], subject: Subject, about: Mapping[str, Any]) -> dict[str, Any]:
    """The whole file: what it is, and every row."""
    mine = [told(row) for row in rows if isinstance(row, AuditRow) or belongs(row, subject)]
    return {**about, "rows": mine}
