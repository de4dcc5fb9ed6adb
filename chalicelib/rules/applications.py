"""Applications: the row, the short form of D15 and the moves from draft to decision.

What does not live here: offers (offers.py), tasters (tasters.py), what the form's fields look
like (application_form.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Application:
    """One person's wish to join one group. Contact data stays here until the address is proven
    by mail; only then does `person_id` bind it."""

    application_id: str
    group_id: str
    term_id: str
    state: str = "draft"
    generation: int = 1
    full_name: str
    email: str
    email_hash: str
    profession: str = ""
    person_id: str | None = None
    zone: str = "Europe/London"
    can_attend: str = ""  # all | some
    absences: str = ""
    device: str = ""  # computer | tablet | phone
    hopes: str = ""
    source: str = ""
    knows_someone: str = ""  # yes | no | talk (N13)
    payer: str = ""  # self | employer
    privacy_version: str = ""
    steps_done: int = 0
    interview: str = ""  # outcome code of the interview
    decision_reason: str = ""  # short code, never free text (R50, D16)
    priority: int = 5  # waitlist: lower comes first (A6 goes to the top)
    created_at: datetime
    submitted_at: datetime | None = None
    waitlisted_at: datetime | None = None
    decided_at: datetime | None = None
    retain_until: datetime | None = None

    @property
    def waitlist_key(self) -> str:
        """The order of the waitlist: priority, joined at, id; never a position number."""
        joined = self.waitlisted_at or self.submitted_at or self.created_at
        return f"{self.priority}#{joined:%Y%m%d%H%M%S}#{self.application_id}"


@dataclass(frozen=True, kw_only=True)
class Unique:
    """A name that only one thing may hold: `group#emailhash`, `session#emailhash`."""

    name: str
    owner_id: str
