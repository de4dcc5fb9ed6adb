"""The running product as the tests know it, its days, and what is typed on them.

The product's clock is the machine's until somebody moves it, so every day is counted from today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

PIP = "pip.buttonwood@example.org"
GROUP = {
    "title": "Thursday Lantern Group",
    "audience": "Clinicians of all professions",
    "mode": "online",
    "zone": "Europe/London",
    "contact_email": "lantern@marmalade-circle.example",
}
ABOUT_THE_GROUP = (
    "We sit together, one of us tells of an encounter that stayed with them, and the others "
    "think aloud about what went on between the two people in it.\n\n"
    "You bring no notes, only an encounter that you still think about."
)
WHERE = {
    "link_note": "By mail, two days before the first session.",
    "meeting_link": "https://meet.example.org/lantern",
    "doors_open_minutes": "10",
}
LEADER = {
    "name": "Dr Imelda Inkwell",
    "email": "imelda.inkwell@example.org",
    "accreditation": "accredited",
    "body": "the Imaginary Balint Society",
    "biography": "Family doctor; has led groups for nineteen years.",
    "pay": "fee",
    "rate_minor": "65",
}
SECOND_LEADER = {
    **LEADER,
    "name": "Barnaby Teacup",
    "email": "barnaby.teacup@example.org",
    "biography": "Psychotherapist; trains leaders for the circle.",
}
ABOUT_PIP = {
    "full_name": "Dr Pip Buttonwood",
    "email": PIP,
    "profession": "General practitioner",
    "zone": "Europe/London",
}
HOPES = {
    "hopes": "To think about encounters that stay with me.",
    "source": "taster",
    "knows_someone": "no",
    "payer": "self",
    "agreement": "yes",
    "privacy": "yes",
}


@dataclass(frozen=True)
class House:
    """Where the product listens: itself, the mailbox, the stand-in for Stripe."""

    port: int
    set_up_link: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mailbox(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def stripe(self) -> str:
        return f"http://127.0.0.1:{self.port + 2}"

    def day(self, days: int) -> date:
        """So many days after today."""
        return datetime.now(UTC).date() + timedelta(days=days)

    def first_thursday(self, days: int) -> str:
        """The first Thursday at least so many days after today, as a form takes it."""
        later = self.day(days)
        return (later + timedelta(days=(3 - later.weekday()) % 7)).isoformat()


def dates_from(first: str) -> dict[str, str]:
    """What is typed about a term that begins on this day."""
    return {
        "title": "Spring term",
        "fee_plan": "term",
        "first_date": first,
        "local_time": "19:00",
        "minutes": "90",
        "often": "fortnightly",
        "count": "6",
    }


def places_until(apply_by: str) -> dict[str, str]:
    """What is typed about places and price."""
    return {
        "capacity": "8",
        "min_members": "6",
        "price_minor": "216",
        "other_costs_minor": "90",
        "apply_by": apply_by,
        "guest_places": "2",
    }
