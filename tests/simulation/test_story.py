"""Stories that nobody wrote: a seed picks acts and faults, and the laws must hold all the same.

`SEEDS=1000` tells more of them, `SEED=17` tells one again. In one thread, so that moto will do;
races are in test_rush.py.
"""

from __future__ import annotations

import os

import pytest

from chalicelib.rules.returning.leaving import WAYS
from tests.simulation import seen
from tests.simulation.story import Story
from tests.simulation.themes import CARDS, ROOMS, Theme
from tests.world import TODAY, World

SEEDS = int(os.environ.get("SEEDS", "30"))  # half of them for each test
ONE = os.environ.get("SEED")
# What must happen in some story, or the simulation proves less than it says.
FAULTS = {
    *("died before store", "died after store", "died before stripe", "died after stripe"),
    *("store lost reply", "store lost request", "store TransactionConflict"),
    *("store InternalServerError", "stripe lost reply", "stripe lost request", "stripe 500"),
    *("stripe 409", "stripe 429"),
}
OF_CARDS = FAULTS | {
    *("payment.seat", "payment.late_seat", "payment.late_refund", "payment.surplus"),
    *("payment.on_its_way", "payment.failed", "payment.expired", "offer.expired"),
    *("refund.requested", "refund succeeded", "refund failed", "mail sent", "mail dropped"),
}
OF_ROOMS = {
    *("died before store", "died after store", "store lost reply", "store lost request"),
    *("term.register_closed", "term.register_corrected", "term.apologies_noted"),
    *("a leader was absent", "session held", "session cancelled", "term.work_again"),
    *("work session_cancelled refund", "work session_cancelled credit"),
    *("work session_cancelled extra_date", "work term_cancelled refund"),
    *(f"left by {way}" for way in WAYS),
    *("dispute won", "dispute lost", "dispute warning_closed", "won after all"),
    *("dispute.seat_kept", "dispute.seat_ended", "dispute.warning_closed"),
    *("refund.approved", "refund.withdrawn", "SecondPersonNeeded", "refund.paid_by_hand"),
    *("refund because dashboard", "refund.place_stays", "refund.given_away"),
    *("payment.part", "part paid", "part void", "a place was taken before it was paid"),
    *("suspense.matched", "suspense.returned", "suspense.taken_back", "payment.by_hand"),
    *("bursary.code_made", "code withdrawn", "code spent", "FundTooSmall"),
    *("a credit was made", "a credit was used"),
    *("payout paid", "payout failed", "books.reconcile_asked", "books.movement_cleared"),
}


@pytest.mark.parametrize(
    ("family", "outcomes"), [(CARDS, OF_CARDS), (ROOMS, OF_ROOMS)], ids=["cards", "rooms"]
)
def test_no_story_breaks_a_law_and_everything_happens_in_some(
    world: World, family: tuple[Theme, ...], outcomes: set[str]
) -> None:
    """Where something has not come about yet, some more are told until it has."""
    empty, begun = seen.frozen(), {}
    never = {act.__name__ for theme in family for act in theme.weights} | outcomes
    enough, most = SEEDS // 2, SEEDS
    for seed in [int(ONE)] if ONE else range(most):
        if seed >= enough and not never and not ONE:
            break
        theme = family[seed % len(family)]
        if theme.begin not in begun:
            seen.thawed(empty)
            world.clock.at = TODAY
            begun[theme.begin] = (theme.begin(world), seen.frozen())
        wholes, rows = begun[theme.begin]
        seen.thawed(rows)
        story = Story(world, wholes, theme, seed)
        story.tell()
        never -= {name for name, times in story.counts.items() if times}
    assert ONE or not never, f"never happened in {most} stories: {sorted(never)}"
