"""The roster of a term: who is in, in which order, and what an export says of each (O9, N12).

What does not live here: the file format (csv_text.py), enrolments (enrolments.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.rules.joining.enrolments import IN_SEAT, Enrolment


@dataclass(frozen=True)
class Roster:
    """A term's enrolments: who holds a seat, who held one, and the mix of professions."""

    seated: tuple[Enrolment, ...]
    gone: tuple[Enrolment, ...]

    @property
    def mix(self) -> list[tuple[str, int]]:
        """How many of each profession hold a seat, the most frequent first."""
        return Counter(one.profession for one in self.seated).most_common()


def roster_of(enrolments: Sequence[Enrolment]) -> Roster:
    """The roster, by name."""
    named = sorted(enrolments, key=lambda one: (one.full_name.casefold(), one.person_id))
    return Roster(
        seated=tuple(one for one in named if one.state in IN_SEAT),
        gone=tuple(one for one in named if one.state not in IN_SEAT),
    )


# Column -> what it says of an enrolment, given the words for states and the term's zone.
COLUMNS: Mapping[str, Callable[[Enrolment, Mapping[str, str], str], str]] = {
    "full_name": lambda one, _words, _zone: one.full_name,
    "email": lambda one, _words, _zone: one.email,
    "profession": lambda one, _words, _zone: one.profession,
    "zone": lambda one, _words, _zone: one.zone,
    "state": lambda one, words, _zone: words[one.state],
    "paid": lambda one, _words, _zone: f"{one.paid_minor // 100}.{one.paid_minor % 100:02d}",
    "enrolled_at": lambda one, _words, zone: _day(one.enrolled_at, zone),
    "agreement_version": lambda one, _words, _zone: one.agreement_version,
    "agreed_at": lambda one, _words, zone: _day(one.agreed_at, zone),
}


def table(
    enrolments: Sequence[Enrolment], columns: Sequence[str], states: Mapping[str, str], zone: str
) -> list[list[str]]:
    """The cells of an export of these columns. `email` and `paid` are the administrator's; a list
    for leaders leaves them out (O9, N12)."""
    return [[COLUMNS[name](one, states, zone) for name in columns] for one in enrolments]


def _day(at: datetime | None, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d}" if at else ""
