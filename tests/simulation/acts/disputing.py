"""Payers who go to their bank, what the bank does, and what a person says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.flows.disputes import disputes
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.people.circle import Task
from local.fake_stripe.disputes import INQUIRIES, OPEN
from tests.shop import ADMIN
from tests.simulation.acts.act import NOBODY

if TYPE_CHECKING:
    from tests.simulation.story import Story


def dispute(story: Story) -> str:
    """A cardholder disputes what was not refunded yet, a part of it, or all that was paid."""
    return _goes_to_the_bank(story, inquiry=False)


def inquire(story: Story) -> str:
    """Or only asks about it: no money is taken."""
    return _goes_to_the_bank(story, inquiry=True)


def _goes_to_the_bank(story: Story, inquiry: bool) -> str:
    charge = story.pick([one for one in story.charges() if not one["disputed"]])
    if charge is None:
        return NOBODY
    left = charge["amount"] - charge["amount_refunded"]
    chance = story.random.random()
    amount = left or charge["amount"]
    if chance < 0.2:
        amount = charge["amount"]
    elif chance < 0.4:
        amount = story.random.randint(1, amount)
    reason = story.random.choice(("fraudulent", "product_not_received", "duplicate"))
    made = story.shop.fake.dispute(charge["payment_intent"], reason, inquiry, amount)
    return f"{amount} of {charge['amount']}: {made['status']}"


def escalate(story: Story) -> str:
    one = _at_the_bank(story, INQUIRIES)
    return str(story.shop.fake.escalate(one["id"])["status"]) if one else NOBODY


def answer_the_bank(story: Story) -> str:
    """Evidence is sent in the Dashboard."""
    one = _at_the_bank(story, ("needs_response", "warning_needs_response"))
    return str(story.shop.fake.answer_dispute(one["id"])["status"]) if one else NOBODY


def win(story: Story) -> str:
    """The bank decides for us, now and then after it had decided against."""
    one = _at_the_bank(story, (*OPEN, "lost"))
    if one is None:
        return NOBODY
    word = f"after {one['status']}"
    story.counts["won after all"] += one["status"] == "lost"
    story.shop.fake.win(one["id"], fee_back=story.random.random() < 0.7)
    return word


def lose(story: Story) -> str:
    one = _at_the_bank(story, OPEN)
    return str(story.shop.fake.lose(one["id"])["status"]) if one else NOBODY


def close_inquiry(story: Story) -> str:
    one = _at_the_bank(story, INQUIRIES)
    return str(story.shop.fake.close_inquiry(one["id"])["status"]) if one else NOBODY


def warn_of_fraud(story: Story) -> str:
    charge = story.pick(story.charges())
    if charge is None:
        return NOBODY
    return str(story.shop.fake.warn_of_fraud(charge["payment_intent"])["actionable"])


def _at_the_bank(story: Story, states: tuple[str, ...]) -> dict[str, Any] | None:
    every = story.shop.fake.objects("dispute")
    return story.pick([one for one in every if one["status"] in states])


# What a person says


def decide_seat(story: Story) -> str:
    """A seat whose payment was lost goes on, or ends."""
    waiting = [one for one in story.rows(Dispute) if one.waits_for_decision]
    one: Dispute | None = story.pick(waiting)
    if one is None:
        return NOBODY
    keep = story.random.random() < 0.5
    ids = (one.obligation_id, one.dispute_id)
    disputes.decide_seat(story.outside, ADMIN, *ids, keep, "talked with them")
    return "keep" if keep else "end"


def close_warning(story: Story) -> str:
    task: Task | None = story.pick([one for one in story.rows(Task) if one.code == "fraud_warning"])
    if task is None:
        return NOBODY
    payment_id = task.task_id.partition("#")[2]
    disputes.close_warning(story.outside, ADMIN, task.path.rpartition("/")[2], payment_id)
    return payment_id
