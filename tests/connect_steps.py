"""Leaders who are paid through Stripe: accounts, runs that are approved, the job that sends.

What does not live here: what is proven of them (tests/flows/test_transfers.py and others).
"""

from __future__ import annotations

from typing import Any

from chalicelib.flows.leaders import connecting
from chalicelib.handlers import jobs
from chalicelib.rules.changes import Caller, Change, Update
from chalicelib.rules.leaders.accounts import PayoutAccount
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.rules.people.circle import CircleSettings
from chalicelib.rules.running.groups import WholeTerm
from chalicelib.store import reads
from chalicelib.store.commit import commit
from chalicelib.store.leaders import pay
from chalicelib.store.tasks import open_tasks
from tests.pay_steps import approved, earned, leader, payouts, prepared, tick
from tests.shop import Shop
from tests.world import World

PERIOD = "2027-01"


def circle(**changed: object) -> None:
    """The circle's settings, otherwise."""
    row = reads.get(CircleSettings, "settings", "circle")
    assert row is not None
    commit(Change.of(Update(row, changed)))


def chooses(world: World, first: str = "Imelda", country: str = "GB") -> str:
    """A leader chooses to be paid through Stripe; the leader's id."""
    circle(connect=True)
    me = leader(world, first)
    caller = Caller(actor=me.person_id)
    connecting.choose(world.outside, caller, me, {"account_country": country})
    return me.person_id


def account(leader_id: str) -> PayoutAccount:
    """A leader's account as we know it."""
    row = pay.account(leader_id)
    assert row is not None
    return row


def is_ready(shop: Shop, first: str = "Imelda") -> str:
    """The same, and Stripe has everything it asked for; the id of the account there."""
    leader_id = chooses(shop.world, first)
    account_id = account(leader_id).account_id
    shop.fake.onboard(account_id)
    shop.hear_all()
    assert account(leader_id).ready
    return account_id


def to_be_sent(shop: Shop, members: int = 2, sessions: int = 1) -> tuple[WholeTerm, str]:
    """Imelda is paid through Stripe: a run was approved and taken up, nothing is sent yet; the
    term, and the id of her account."""
    whole = earned(shop, members, sessions)
    account_id = is_ready(shop)
    period = prepared(shop.world)
    assert period == PERIOD
    approved(shop.world, period)
    tick()
    assert payout().state == "approved"
    return whole, account_id


def payout(name: str = "Inkwell", period: str = PERIOD) -> Payout:
    """A payout as it is now."""
    return payouts()[f"{name} {period}"]


def send() -> dict[str, Any]:
    """The job that holds the key runs once; what became of payouts."""
    told: dict[str, Any] = jobs.send_payouts({}, None)["payouts"]
    return told


def codes() -> set[str]:
    """What waits for a person because of Stripe and leaders."""
    return {
        task.code
        for task in open_tasks()
        if task.code.startswith(("payout_account", "account_", "transfer_", "payout_waits_"))
    }


def forget_events(shop: Shop) -> None:
    """Stripe never tells what it wanted to tell."""
    for event in list(shop.fake.outgoing):
        shop.fake.drop(event["id"])
