"""Money for a place that is taken: a later part of its price, or more than was owed (T4, A7).

What does not live here: money that takes a place (settling.py), what the parts are
(instalments.py).
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.rules import states
from chalicelib.rules.changes import Change, Is, Update
from chalicelib.rules.money import instalments
from chalicelib.rules.money.news import Debt, News, markers
from chalicelib.rules.money.payments import Obligation
from chalicelib.rules.money.settling import paid_in
from chalicelib.rules.returning.refunds import give_back
from chalicelib.rules.returning.releases import as_read


def part(debt: Debt, news: News) -> Change:
    """Money for a debt with a seat, of which something is left: it counts up to what is left,
    the parts it fills are paid in their order, and what it is more than that goes back.

    Conditional on the debt as it was read, so that of two payments each is counted after the
    other. ValueError when nothing is left.
    """
    obligation, payment = debt.obligation, debt.payment
    left = obligation.outstanding_minor
    if left <= 0:
        raise ValueError(f"nothing is left of {obligation.obligation_id}")
    over = max(0, payment.amount_minor - left)
    after = _after(obligation, payment.amount_minor, over)
    refund_id = news.refund_id
    return Change.of(
        markers(news, "paid"),
        paid_in(
            debt,
            news,
            "part",
            instalments.owing_after(debt.offer, obligation, after, debt.instalments, news.now),
            over_minor=over,
        ),
        _counted(obligation, after),
        instalments.brought_up(debt.instalments, after),
        _on_the_roster(debt, payment.amount_minor - over),
        give_back(payment, news.checkout, refund_id, "surplus", news.now, over) if over else None,
    )


def _after(obligation: Obligation, paid_minor: int, over_minor: int) -> Obligation:
    counted = replace(
        obligation,
        paid_minor=obligation.paid_minor + paid_minor,
        refunded_minor=obligation.refunded_minor + over_minor,
    )
    settled = obligation.state == "due" and not counted.outstanding_minor
    state = states.move("obligation", "due", "paid") if settled else obligation.state
    return replace(counted, state=state)


def _counted(obligation: Obligation, after: Obligation) -> Update:
    added = {
        "paid_minor": after.paid_minor - obligation.paid_minor,
        "refunded_minor": after.refunded_minor - obligation.refunded_minor,
    }
    return Update(
        obligation,
        {"state": after.state} if after.state != obligation.state else {},
        add={name: minor for name, minor in added.items() if minor},
        when=(*as_read(obligation), Is("credit_minor", obligation.credit_minor)),
    )


def _on_the_roster(debt: Debt, counted_minor: int) -> Update | None:
    """What the roster says was paid grows with it, while the seat is this debt's."""
    seat = debt.before
    if seat is None or seat.obligation_id != debt.obligation.obligation_id:
        return None
    mine = (Is("obligation_id", seat.obligation_id),)
    return Update(seat, add={"paid_minor": counted_minor}, when=mine)
