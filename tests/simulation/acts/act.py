"""What an act is, and who acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.rules.changes import Caller
from chalicelib.rules.people.people import Person
from tests.shop import ADMIN
from tests.world import TODAY

if TYPE_CHECKING:
    from tests.simulation.story import Story

Act = Callable[["Story"], str]
NOBODY = "nobody"
PEOPLE = (
    *("Pip Buttonwood", "Otis Wheelbarrow", "Saffron Umbrella", "Ludo Featherstone"),
    *("Tansy Rainbarrel", "Odalys Quince", "Basil Thimble"),
)
SECOND = Caller(actor="person-second")  # who looks at what somebody else has asked for
PAYER = Caller(actor="visitor")
ME = Person(
    person_id=ADMIN.actor,
    full_name="Ada Ledger",
    email="ada.ledger@marmalade-circle.example",
    roles=("administrator",),
    created_at=TODAY,
)
