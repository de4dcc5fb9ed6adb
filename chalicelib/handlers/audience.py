"""Who may come through a door. A route without one of these does not exist (deny by default)."""

from __future__ import annotations

from enum import Enum

from chalicelib.errors import NotAllowed, SignInNeeded
from chalicelib.rules.people.people import Person


class Audience(Enum):
    """The declared audience of a route; the value is what it asks of the caller."""

    ANYONE = "anyone"
    LINK = "holder of a personal link"  # the handler reads the link; it proves itself
    SIGNED_IN = "signed in"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    TREASURER = "treasurer"
    STRIPE = "Stripe, by signature"


OPEN = (Audience.ANYONE, Audience.LINK, Audience.STRIPE)
ROLES = {
    Audience.LEADER: ("leader", "administrator"),
    Audience.ADMINISTRATOR: ("administrator",),
    Audience.TREASURER: ("treasurer", "administrator"),
}


def admit(audience: Audience, person: Person | None) -> None:
    """Let the caller in, or raise SignInNeeded or NotAllowed."""
    if audience in OPEN:
        return
    if person is None:
        raise SignInNeeded
    if audience in ROLES and not set(ROLES[audience]) & set(person.roles):
        raise NotAllowed
