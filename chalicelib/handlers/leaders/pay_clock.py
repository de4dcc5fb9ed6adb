"""The clock's work on leaders' pay: runs that fall due, payouts to take up and to send, reminders,
what is asked back from accounts at Stripe.

Composes flows for jobs.py; each part returns counts by outcome.
"""

from __future__ import annotations

from collections import Counter

from chalicelib.flows.leaders import account_news, bank_list, reversals, runs, transfers
from chalicelib.handlers.money.clockwork import each
from chalicelib.rules.leaders.payouts import Payout
from chalicelib.wiring import Wired


def pay_runs(outside: Wired) -> dict[str, int]:
    """Prepare what the circle wants prepared, take up what was approved, remind of the bank."""
    counts = Counter(runs.prepare_when_due(outside))
    counts.update(each(outside, runs.due(outside), runs.go_on))
    counts.update(each(outside, bank_list.due(outside), bank_list.remind))
    return dict(counts)


def send_payouts(outside: Wired) -> dict[str, int]:
    """Send what is approved for accounts at Stripe, each after a look at its account."""
    return each(outside, transfers.due(outside), _send)


def _send(outside: Wired, payout: Payout) -> str:
    if payout.state == "approved":
        account_news.look(outside, payout.leader_id)
    word = transfers.send(outside, payout)
    if word == "sent":
        runs.finish(outside, payout.period)
    return word


def take_back(outside: Wired) -> dict[str, int]:
    """Ask back what the treasurer wants back from leaders' accounts."""
    return each(outside, reversals.due(outside), reversals.take_back)


def look_at_accounts(outside: Wired) -> dict[str, int]:
    """Look at accounts that are not ready, or that nobody looked at for a week."""
    return each(outside, account_news.due(outside), account_news.look_again)
