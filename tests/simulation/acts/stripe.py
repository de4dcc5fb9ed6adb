"""What Stripe tells, and what moves on its account beside the places of ours: payouts to the bank,
money of another shop, refunds made in the Dashboard; and reconciling with all that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.flows.books import reconciling
from chalicelib.handlers import jobs
from chalicelib.rules.people.circle import Task
from local.fake_stripe.refusals import Refused
from tests.shop import ADMIN
from tests.simulation.acts.act import NOBODY

if TYPE_CHECKING:
    from tests.simulation.story import Story


# Events


def deliver(story: Story) -> str:
    """Any event that waits: they come in any order."""
    return _deliver(story, story.pick(story.shop.fake.outgoing))


def deliver_all(story: Story) -> str:
    return " ".join(map(str, story.shop.fake.deliver_all()))


def deliver_twice(story: Story) -> str:
    return _deliver(story, story.pick(story.shop.fake.outgoing), 2)


def resend(story: Story) -> str:
    """One that has arrived, or was lost, comes (again), maybe weeks late."""
    return _deliver(story, story.pick(story.shop.fake.events))


def lose_events(story: Story) -> str:
    """A whole run of events never arrives."""
    story.deaf = True
    for event in list(story.shop.fake.outgoing)[: story.random.randint(1, 6)]:
        story.shop.fake.drop(event["id"])
    return "lost"


def _deliver(story: Story, event: dict[str, Any] | None, times: int = 1) -> str:
    if event is None:
        return NOBODY
    statuses = story.shop.fake.deliver(event["id"], times)
    return f"{event['type']} {statuses}"


# The account


def a_refund_fails(story: Story) -> str:
    alive = [one for one in story.shop.fake.objects("refund") if one["status"] != "failed"]
    one = story.pick(alive)
    return str(story.shop.fake.fail_refund(one["id"])["status"]) if one else NOBODY


def refund_all_in_the_dashboard(story: Story) -> str:
    return _dashboard(story, whole=True)


def refund_a_part_in_the_dashboard(story: Story) -> str:
    return _dashboard(story, whole=False)


def _dashboard(story: Story, whole: bool) -> str:
    """Somebody gives back at Stripe: what is left of a charge, or a part of that."""
    charge = story.pick([one for one in story.charges() if one["amount_refunded"] < one["amount"]])
    if charge is None:
        return NOBODY
    left = charge["amount"] - charge["amount_refunded"]
    amount = left if whole else story.random.randint(1, left)
    if story.random.random() < 0.3:
        story.shop.fake.next_refund(story.random.choice(("pending", "failing")))
    try:
        made = story.shop.fake.dashboard_refund(charge["payment_intent"], amount)
    except Refused as refused:
        return str(refused.status)
    return f"{amount} of {left}: {made['status']}"


def pay_out(story: Story) -> str:
    """Three days later what is available goes to the bank."""
    story.world.clock.move(days=3)
    story.shop.fake.expire_due()
    try:
        return str(story.shop.fake.pay_out()["amount"])
    except Refused:
        return NOBODY


def a_payout_comes_back(story: Story) -> str:
    alive = ("pending", "in_transit", "paid")
    sent = [one for one in story.shop.fake.objects("payout") if one["status"] in alive]
    one = story.pick(sent)
    return str(story.shop.fake.fail_payout(one["id"])["status"]) if one else NOBODY


def somebody_elses_money(story: Story) -> str:
    """Another shop of the same owner sells something."""
    return str(story.shop.fake.foreign_charge(story.random.choice((500, 1234)))["amount"])


# Reconciling


def ask_to_reconcile(story: Story) -> str:
    """The button, and the tick that answers it."""
    reconciling.ask(story.outside, ADMIN)
    return str(jobs.tick({}, None)["reconcile"])


def say_what_it_was(story: Story) -> str:
    """A treasurer says what money on suspense is: not ours."""
    unknown = [one for one in story.rows(Task) if one.code == "movement_unknown"]
    one: Task | None = story.pick(unknown)
    if one is None:
        return NOBODY
    reconciling.clear(story.outside, ADMIN, one.facts["movement_id"], "books that were sold")
    return "not ours"


def a_night_passes(story: Story) -> str:
    """All has been heard, and it is night. Where nothing was lost the proof cries no wolf."""
    story.world.clock.move(hours=8)
    story.shop.fake.expire_due()
    story.shop.fake.deliver_all()
    told = jobs.nightly({}, None)
    if not (story.stormy or story.deaf):
        assert told["books"]["findings"] == 0, told
    return str({name: told[name] for name in ("reconcile", "books")})
