"""What goes wrong outside, each time with something that meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.acts.act import Act

if TYPE_CHECKING:
    from tests.simulation.story import Story

PLACES = ("store", "stripe", "mailer")  # where we can die
PATHS = ("POST /v1/checkout/sessions", "POST /v1/refunds", "/v1/")


def stripe_falters(story: Story) -> str:
    part = story.random.choice(PATHS)
    kind = story.turn("stripe", ("lost reply", "lost request", "500", "409", "429"))
    fake, times = story.shop.fake, story.random.randint(1, 3)
    if kind == "lost reply":
        fake.lose_next_reply(part, times)
    elif kind == "lost request":
        fake.lose_next_request(part, times)
    else:
        fake.fail_next(part, int(kind), times, stored=kind == "500")
    story.stormy = True
    return f"{kind} {part}, {_something(story)}"


def the_store_falters(story: Story) -> str:
    kind = story.turn("store", ("reply", "request", "TransactionConflict", "InternalServerError"))
    times = story.random.choice((1, 1, 2, 4))
    if kind == "reply":
        story.faults.lose_replies(times=times)
    elif kind == "request":
        story.faults.lose_requests(times=times)
    else:
        story.faults.answer(kind, times=times)
    story.stormy = True
    return f"{kind}, {_something(story)}"


def mail_falters(story: Story) -> str:
    if story.random.random() < 0.5:
        story.world.postbox.refuse_next += 1
        return "refuse"
    story.world.postbox.lose_next_reply += 1
    return "lost reply"


def die_soon(story: Story) -> str:
    places = [(place, moment) for place in PLACES for moment in ("before", "after")]
    place, moment = story.turn("death", places)
    story.fate.arm(place, moment, story.random.randint(1, 2))
    story.stormy = True
    return f"{moment} {place}, {_something(story)}"


def _something(story: Story) -> str:
    """One of the acts that this theme lets meet its faults."""
    act: Act = story.random.choice(story.theme.meets)
    return f"{act.__name__}: {story.answer_of(act)}"


def all_is_well(story: Story) -> str:
    story.faults.stop()
    story.fate.clear()
    story.shop.fake.clear_faults()
    story.stormy = False
    return "well"
