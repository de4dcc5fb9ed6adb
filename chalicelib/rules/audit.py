"""Who did what to whom, and why: one plain row in the transaction of each act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Create


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """One act. `subject` is the id of what it was done to; `facts` hold ids and codes only."""

    subject: str
    at: datetime
    audit_id: str
    actor: str
    action: str
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    person_id: str | None = None


def audit(
    subject: str,
    action: str,
    actor: str,
    now: datetime,
    audit_id: str,
    reason: str = "",
    person_id: str | None = None,
    **facts: Any,
) -> Create:
    """The write that records an act."""
    return Create(
        AuditRow(
            subject=subject,
            at=now,
            audit_id=audit_id,
            actor=actor,
            action=action,
            reason=reason,
            person_id=person_id,
            facts=facts,
        )
    )
