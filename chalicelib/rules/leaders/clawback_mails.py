"""What a leader is told when a part of her fees is owed back, or is not any more (L6).

Sessions and amounts, never whose fee it was. What does not live here: what is owed (clawing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.rules.changes import Create
from chalicelib.rules.leaders.clawbacks import Clawback
from chalicelib.rules.leaders.recalls import Recall
from chalicelib.rules.mail import mail
from chalicelib.rules.people.people import Person
from chalicelib.rules.running.groups import WholeTerm


def told(
    recall: Recall, leader: Person, whole: WholeTerm, rows: Sequence[Clawback], now: datetime
) -> Create:
    """One mail to one leader about one recall; `rows` are its clawbacks of her."""
    sessions = [
        {"number": one.number, "starts_at": one.session_at, "amount_minor": one.amount_minor}
        for one in sorted(rows, key=lambda one: one.number)
    ]
    facts = {
        "full_name": leader.full_name,
        "group_title": whole.group.title,
        "term_title": whole.term.title,
        "zone": whole.term.zone,
        "currency": recall.currency,
        "lifted": recall.what == "lift",
        "cause": recall.cause,
        "sessions": sessions,
        "amount_minor": sum(one.amount_minor for one in rows),
    }
    return mail(
        "leader_clawback",
        f"{recall.recall_id}-{leader.person_id}",
        leader.email,
        now,
        facts,
        person_id=leader.person_id,
    )
