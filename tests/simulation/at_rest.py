"""When the faults have stopped, everything was delivered and every job has run: what people still
have to do, and the laws that hold then.

The letters are those of the design, as in invariants.py, which holds after every step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.flows.banking import matching
from chalicelib.flows.returning import bulk, giving_back
from chalicelib.rules.audit import AuditRow
from chalicelib.rules.banking.bank import BankReceipt
from chalicelib.rules.books.reconciling import BankPayout, Movement
from chalicelib.rules.disputes.disputes import Dispute
from chalicelib.rules.joining.offers import Offer
from chalicelib.rules.mail import Mail
from chalicelib.rules.money.instalments import Instalment
from chalicelib.rules.money.payments import Obligation, Payment, Refund, Release
from chalicelib.rules.people.circle import JobRun, Task
from chalicelib.rules.prices.bursaries import BursaryCode
from chalicelib.rules.prices.credits import Credit
from chalicelib.rules.returning.bulk import Bulk
from chalicelib.rules.running.groups import Session
from local.fake_stripe import FakeStripe
from tests.shop import ADMIN
from tests.simulation.acts.act import NOBODY
from tests.simulation.acts.stripe import say_what_it_was
from tests.simulation.invariants import is_ours
from tests.simulation.seen import Seen

if TYPE_CHECKING:
    from tests.simulation.story import Story

UNPLACED = (
    *("payment_mismatch", "unknown_payment", "books_do_not_agree"),
    *("movement_missing", "movement_unknown"),
)
OVER = ("won", "lost", "warning_closed")


def people_finish(story: Story) -> None:
    """Nobody leaves a proposal lying, and what was set aside is tried once more."""
    for receipt in story.rows(BankReceipt):
        if receipt.state == "proposed":
            story.answer_of(lambda _, one=receipt: _taken_back(story, one))
    for row in story.rows(Release):
        if row.state == "proposed":
            story.answer_of(lambda _, one=row: _not_given(story, one))
    for work in story.rows(Bulk):
        if work.troubled:
            bulk.try_again(story.outside, ADMIN, work.bulk_id)


def _taken_back(story: Story, receipt: BankReceipt) -> str:
    matching.take_back(story.outside, ADMIN, receipt.receipt_id, receipt.proposal_id)
    return receipt.receipt_id


def _not_given(story: Story, row: Release) -> str:
    giving_back.withdraw(story.outside, ADMIN, row.obligation_id, row.release_id)
    return row.release_id


def say_what_was_not_ours(story: Story) -> None:
    """The treasurer has said it of each."""
    story.look_again()
    while story.answer_of(say_what_it_was) != NOBODY:
        story.look_again()


# Laws


def quiet(now: Seen, fake: FakeStripe, letters: Counter[str]) -> list[str]:
    """Every law that is broken when all is quiet; `letters` counts what left by reference."""
    return [
        *_nothing_waits(now),
        *_one_live_payment(now),
        *_stripe_agrees(now, fake),
        *_disputes_agree(now, fake),
        *_all_explained(now, fake),
        *_mails_left(now, letters),
        *_nobody_is_called_in_vain(now),
    ]


def _nothing_waits(now: Seen) -> Iterator[str]:
    """S4, L1: no hold without an end, no payment, refund, work or mail that is still to be done.
    A transfer of the treasurer's waits for its task only."""
    for offer in now.all(Offer):
        if offer.state == "open" or offer.hold == "held":
            yield f"S4 {offer.offer_id} is held until {offer.hold_until}"
    for payment in now.all(Payment):
        if payment.state in ("pending", "on_its_way") or payment.check_at:
            yield f"L1 {payment.payment_id} is {payment.state}, looked at {payment.check_at}"
    for refund in now.all(Refund):
        by_bank = refund.state == "requested" and refund.method == "bank"
        if (refund.state in ("requested", "sent") and not by_bank) or refund.check_at:
            yield f"L1 {refund.refund_id} is {refund.state}, looked at {refund.check_at}"
    lost = {one.obligation_id for one in now.all(Dispute) if one.state == "lost"}
    for work in now.all(Bulk):  # what is left of a payment that was lost in part is a person's
        if work.state != "done" or work.todo or set(work.troubled) - lost:
            yield f"L1 {work.bulk_id} is {work.state}, {work.todo} to do, {work.troubled} aside"
    for mail in now.all(Mail):
        if mail.due_at is not None:
            yield f"L1 {mail.message_key} is {mail.state}"


def _one_live_payment(now: Seen) -> Iterator[str]:
    """M4, B1: what is kept of a debt's payments is never more than is owed, all of it where the
    debt is paid, and nothing without a place."""
    kept: Counter[str] = Counter()
    for one in now.all(Payment):
        if one.state == "paid":
            kept[one.obligation_id] += one.amount_minor - one.refunded_minor - one.credited_minor
    for debt in now.all(Obligation):
        cash = kept[debt.obligation_id]
        owed = debt.amount_minor - debt.released_minor - debt.credit_minor
        due = owed if debt.billed_at else 0
        if cash > due or (debt.state == "paid" and cash != due):
            yield f"M4 {debt.obligation_id} is {debt.state}, {cash} kept of {due}"
        if debt.state == "due" and debt.billed_at and cash == due:
            yield f"M4 {debt.obligation_id} is due, and {cash} are kept of {due}"


def _stripe_agrees(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """M2, M3: every charge is a paid payment, every refund that stands is one of ours."""
    by_intent = {one.intent_id: one for one in now.all(Payment)}
    ours = {one["id"] for one in fake.objects("charge") if is_ours(one)}
    for charge in fake.objects("charge"):
        known = by_intent.get(charge["payment_intent"])
        taken = charge["id"] in ours and charge["status"] == "succeeded"
        if taken and (known is None or known.state != "paid"):
            yield f"M3 {charge['id']} was taken and is not ours"
    rows = {one.stripe_refund_id: one.state for one in now.all(Refund)}
    for made in fake.objects("refund"):
        state, status = rows.get(made["id"]), made["status"]
        gone = status == "failed" and state in (None, "failed", "paid_manually")
        if made["charge"] in ours and not gone and (state, status) != ("succeeded", "succeeded"):
            yield f"M2 {made['id']} is {state} with us and {status} at Stripe"


def _disputes_agree(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """B3: every dispute of ours stands as the bank has decided it, and so does its money."""
    rows = {one.dispute_id: one for one in now.all(Dispute)}
    tasks = {task.task_id for task in now.all(Task)}
    ours = {one["id"] for one in fake.objects("charge") if is_ours(one)}
    for told in fake.objects("dispute"):
        if told["charge"] not in ours:
            continue
        row = rows.get(told["id"])
        taken = -sum(one["amount"] for one in told["balance_transactions"])
        if row is None or (row.state, row.withdrawn_minor) != (told["status"], taken):
            yield f"B3 {told['id']} is {told['status']} over {taken} and {row}"
        elif row.state not in OVER:
            yield f"B3 {told['id']} is {row.state}"
        elif row.waits_for_decision and not (
            {f"dispute_lost#{row.dispute_id}", f"dispute_reversed#{row.dispute_id}"} & tasks
        ):
            yield f"B3 nobody is asked about {row.dispute_id}"


def _all_explained(now: Seen, fake: FakeStripe) -> Iterator[str]:
    """M6: not a penny of Stripe's balance is unexplained, nor a line of a payout to the bank."""
    for movement in now.all(Movement):
        yield f"M6 {movement.movement_id} of {movement.source_id} is not explained"
    payouts = {one.payout_id: one for one in now.all(BankPayout)}
    for told in fake.objects("payout"):
        row = payouts.get(told["id"])
        if row is None or (row.state, row.unexplained_minor) != (told["status"], 0):
            yield f"M6 payout {told['id']} is {told['status']}: {row}"
    for run in now.all(JobRun):
        if run.job == "reconciled" and (
            run.facts["unexplained_minor"],
            run.facts["oldest_hours"],
        ) != (0, 0):
            yield f"M6 {run.facts}"


def _mails_left(now: Seen, letters: Counter[str]) -> Iterator[str]:
    """E1: what is marked as sent has left, and no try sends twice."""
    for mail in now.all(Mail):
        left = letters[mail.message_key]
        if mail.state == "sent" and left < 1:
            yield f"E1 {mail.message_key} never left"
        if left > mail.attempts:
            yield f"E1 {mail.message_key} left {left} times in {mail.attempts} tries"


def _nobody_is_called_in_vain(now: Seen) -> Iterator[str]:
    """L1: what only a person can do is a task by name; nothing is left that no rule could place."""
    tasks: dict[str, Any] = {task.task_id: task for task in now.all(Task)}
    for task in tasks.values():
        if task.code in UNPLACED:
            yield f"L1 {task.task_id} {task.facts}"
    for refund in now.all(Refund):
        told = {f"{code}#{refund.refund_id}" for code in ("refund_failed", "refund_by_bank")}
        waits = refund.state in ("failed", "requested") and refund.amount_minor
        if waits and not told & tasks.keys():
            yield f"L1 nobody is told of {refund.refund_id}"


# What came about


def outcomes(now: Seen) -> Counter[str]:
    """Everything that has happened by the end of a story, by name."""
    found = Counter(row.action for row in now.all(AuditRow))
    found.update(f"mail {one.state}" for one in now.all(Mail))
    found.update(f"refund {one.state}" for one in now.all(Refund))
    found.update(f"refund because {one.cause}" for one in now.all(Refund))
    found.update(f"release {one.state}" for one in now.all(Release))
    found.update(f"dispute {one.state}" for one in now.all(Dispute))
    found.update(f"receipt {one.state}" for one in now.all(BankReceipt))
    found.update(f"code {one.state}" for one in now.all(BursaryCode))
    found.update(f"part {one.state}" for one in now.all(Instalment))
    found.update(f"session {one.state}" for one in now.all(Session))
    found.update(f"payout {one.state}" for one in now.all(BankPayout))
    found.update(f"task {one.code}" for one in now.all(Task))
    found.update(f"work {one.cause} {one.remedy}" for one in now.all(Bulk))
    used = [one for one in now.all(Credit) if one.left_minor < one.amount_minor]
    found.update({"a credit was made": len(now.all(Credit)), "a credit was used": len(used)})
    paid_later = [one for one in now.all(Obligation) if one.billed_at and not one.paid_by]
    found["a place was taken before it was paid"] = len(paid_later)
    return found
