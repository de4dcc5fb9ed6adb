"""Money that comes to the bank or as cash: recorded, proposed, and looked at by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.flows.banking import matching, suspense
from chalicelib.flows.joining.offers import OfferId
from chalicelib.handlers.money.open_sessions import close_open_sessions
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.banking.matching import asked_for
from chalicelib.rules.money.payments import Obligation
from tests.money_by_hand import ADA, TILDA
from tests.simulation.acts.act import NOBODY

if TYPE_CHECKING:
    from tests.simulation.story import Story

AMOUNTS = ("exact", "less", "exact", "more", "of nobody")


def money_comes(story: Story) -> str:
    """By transfer or in cash, as much as is asked for, less, more, or something else."""
    debts = [one for one in story.rows(Obligation) if asked_for(one)]
    debt: Obligation | None = story.pick(debts)
    asked = asked_for(debt) if debt else 0
    kind = story.turn("money", AMOUNTS) if asked else "of nobody"
    amount = {"exact": asked, "less": max(1, asked // 2), "more": asked + 700}.get(kind, 2500)
    told: dict[str, Any] = {
        "amount_minor": amount,
        "method": story.random.choice(("bank", "cash")),
        "date": suspense.today(story.outside),
        "payer": "P BUTTONWOOD",
        "reference": f"LANTERN {story.turns['money']}",
        "another": False,
    }
    receipt_id = suspense.name_of(story.outside, told)
    meant_for = debt.obligation_id if debt and story.random.random() < 0.5 else ""
    suspense.record(story.outside, TILDA, receipt_id, told, meant_for)
    story.told.append(told)
    return f"{amount} by {told['method']}, {kind}"


def money_is_told_twice(story: Story) -> str:
    """Two people record the same transfer."""
    told = story.pick(story.told)
    if told is None:
        return NOBODY
    suspense.record(story.outside, ADA, suspense.name_of(story.outside, told), told)
    raise AssertionError(f"recorded twice: {told}")


def propose(story: Story) -> str:
    """Somebody says which debt it is for: one that is open, or one that was paid (M6)."""
    receipt = _receipt(story, "unmatched")
    debts = [one for one in story.rows(Obligation) if one.state != "void"]
    open_ones = [one for one in debts if asked_for(one)]
    debt = story.pick(open_ones if open_ones and story.random.random() < 0.8 else debts)
    if receipt is None or debt is None:
        return NOBODY
    most = min(receipt.left_minor, asked_for(debt) or receipt.left_minor)
    amount = None if story.random.random() < 0.8 else story.random.randint(1, most)
    matching.propose(story.outside, TILDA, receipt.receipt_id, debt.obligation_id, amount)
    return f"for {debt.obligation_id}"


def propose_back(story: Story) -> str:
    """It is not ours, or too much: it was sent back."""
    receipt = _receipt(story, "unmatched")
    if receipt is None:
        return NOBODY
    told = {
        "amount_minor": story.random.choice((receipt.left_minor, max(1, receipt.left_minor // 3))),
        "date": suspense.today(story.outside),
        "reference": "RETURN",
        "reason": "more than was asked for",
    }
    matching.propose_back(story.outside, TILDA, receipt.receipt_id, told)
    return str(told["amount_minor"])


def take_proposal_back(story: Story) -> str:
    receipt = _receipt(story, "proposed")
    if receipt is None:
        return NOBODY
    matching.take_back(story.outside, ADA, receipt.receipt_id, receipt.proposal_id)
    return receipt.receipt_id


def confirm(story: Story) -> str:
    """The second look; now and then by the one who proposed it. As the desk does it: sessions of
    an offer that is at stake are closed first."""
    receipt = _receipt(story, "proposed")
    if receipt is None:
        return NOBODY
    caller = ADA if story.random.random() < 0.85 else TILDA
    short = story.random.random() < 0.7
    ids = (receipt.receipt_id, receipt.proposal_id)
    seat = matching.seat_at_stake(story.outside, caller.actor, *ids, short)
    if seat is not None and story.random.random() < 0.7:
        application_id, offer_id = seat
        close_open_sessions(
            story.outside, OfferId(application_id=application_id, offer_id=offer_id)
        )
    matching.confirm(story.outside, caller, *ids, short)
    kind = "back" if receipt.goes_back else "instead" if receipt.proposed_instead else "matched"
    story.counts[f"by hand: {kind}"] += 1
    return f"{receipt.proposed_minor} {kind}"


def _receipt(story: Story, state: str) -> BankReceipt | None:
    return story.pick([one for one in story.rows(BankReceipt) if one.state == state])
