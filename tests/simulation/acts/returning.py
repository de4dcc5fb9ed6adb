"""Money that goes back: by decision of one person or of two, by leaving, by a transfer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.flows.returning import giving_back, leaving, refunds_by_hand
from chalicelib.flows.returning.giving_back import Wish
from chalicelib.rules.money.payments import Payment, Refund, Release
from chalicelib.rules.people.circle import Task
from chalicelib.rules.returning import leaving as rules
from chalicelib.rules.returning.outside_refunds import in_suspense
from chalicelib.rules.returning.refunds_by_hand import waits_for_a_transfer
from tests.shop import ADMIN
from tests.simulation.acts.act import NOBODY, SECOND

if TYPE_CHECKING:
    from tests.simulation.story import Story


def refund(story: Story) -> str:
    """All that is left of what somebody paid, and the place ends with it."""
    one = story.pick([one for one in story.rows(Payment) if one.state == "paid"])
    if one is None:
        return NOBODY
    wish = Wish(reason="moved abroad")
    return giving_back.request(story.outside, ADMIN, one.obligation_id, wish)


def refund_a_part(story: Story) -> str:
    debt = story.pick([one for one in story.billed() if sum(one.shares.values())])
    if debt is None:
        return NOBODY
    amount = story.random.randint(1, sum(debt.shares.values()))
    wish = Wish(reason="a cold room", amount_minor=amount)
    word = giving_back.request(story.outside, ADMIN, debt.obligation_id, wish)
    return f"{amount} {word}"


def agree(story: Story) -> str:
    """The second person; or, by mistake, the one who asked."""
    row = _proposal(story)
    if row is None:
        return NOBODY
    who = SECOND if story.random.random() < 0.85 else ADMIN
    giving_back.approve(story.outside, who, row.obligation_id, row.release_id)
    return f"{row.amount_minor} by {who.actor}"


def think_better_of_it(story: Story) -> str:
    """What was to go back is not to, after all."""
    row = _proposal(story)
    if row is None:
        return NOBODY
    giving_back.withdraw(story.outside, ADMIN, row.obligation_id, row.release_id)
    return str(row.amount_minor)


def _proposal(story: Story) -> Release | None:
    return story.pick([one for one in story.rows(Release) if one.state == "proposed"])


def leave(story: Story) -> str:
    """A member leaves, by one way after the other; some told us days ago."""
    debt = story.pick([one for one in story.billed() if one.ended_at is None])
    if debt is None:
        return NOBODY
    told = story.world.now.date() - timedelta(days=story.random.choice((0, 0, 1, 9)))
    shown = leaving.show(story.outside, debt.obligation_id, told)
    if shown is None:
        return NOBODY
    way = story.turn("leave", rules.WAYS)
    reason = "" if way == rules.BY_POLICY else "a hard year"
    wish = rules.Wish(way=way, told_on=shown.told_on, reason=reason)
    leaving.leave(story.outside, ADMIN, debt.obligation_id, wish, shown.promise)
    story.counts[f"left by {way}"] += 1
    return f"{way}: {shown.ways[way].taken.amount_minor}"


# What only a person can do about a refund


def pay_by_hand(story: Story) -> str:
    """The treasurer makes the transfer that no machine can."""
    row = story.pick([one for one in story.rows(Refund) if waits_for_a_transfer(one)])
    if row is None:
        return NOBODY
    ids = (row.obligation_id, row.refund_id)
    day = story.world.now.date()
    refunds_by_hand.pay(story.outside, ADMIN, *ids, f"BACK {row.refund_id[-6:]}", day)
    return f"{row.amount_minor} that was {row.state}"


def the_place_stays(story: Story) -> str:
    """Somebody refunded at Stripe, and the place stays all the same."""
    task: Task | None = story.pick([one for one in story.rows(Task) if _asks_place(one)])
    if task is None:
        return NOBODY
    refund_id = task.task_id.partition("#")[2]
    refunds_by_hand.place_stays(story.outside, ADMIN, task.path.rpartition("/")[2], refund_id)
    return refund_id


def _asks_place(task: Task) -> bool:
    return task.code == "refund_outside"


def bear_it(story: Story) -> str:
    """What went out at Stripe beyond what was left: the group bears it."""
    row = story.pick([one for one in story.rows(Refund) if in_suspense(one)])
    if row is None:
        return NOBODY
    refunds_by_hand.give_away(story.outside, ADMIN, row.obligation_id, row.refund_id)
    return str(row.suspense_minor)
