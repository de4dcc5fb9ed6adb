"""Time and the jobs it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.handlers import jobs

if TYPE_CHECKING:
    from tests.simulation.story import Story


def tick(story: Story) -> str:
    return str(jobs.tick({}, None))


def send_refunds(story: Story) -> str:
    return str(jobs.send_refunds({}, None))


def send_mails(story: Story) -> str:
    return str(jobs.send_mails({}, None))


def minutes_pass(story: Story) -> str:
    return _later(story, minutes=story.random.choice((1, 4, 20, 26, 61, 75)))


def days_pass(story: Story) -> str:
    return _later(story, hours=story.random.choice((7, 25, 60, 24 * 5, 24 * 9)))


def weeks_pass(story: Story) -> str:
    return _later(story, days=story.random.choice((14, 15, 31)))


def _later(story: Story, **parts: float) -> str:
    story.world.clock.move(**parts)
    story.shop.fake.expire_due()
    return str(parts)


def book_fees(story: Story) -> str:
    story.world.clock.move(minutes=3)
    return tick(story)
