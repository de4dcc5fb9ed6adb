"""Which rows of money lie under which key: debts and what pays them, entries, pay of leaders.

What does not live here: all other rows (rows.py), how a kind of row is kept (keeping.py).
"""

from __future__ import annotations

from chalicelib.store import tables
from chalicelib.store.keeping import keep
from chalicelib.store.shown import due, stamp

keep(
    "money.payments.Obligation",
    tables.Payments,
    lambda r: (r.obligation_id, "obligation"),
    lambda r: {
        "person_sort": f"obligation#{stamp(r.created_at)}" if r.person_id else None,
        "term_sort": f"obligation#{r.obligation_id}",
    },
)
keep(
    "money.payments.Payment",
    tables.Payments,
    lambda r: (r.obligation_id, f"payment#{r.payment_id}"),
    lambda r: (
        {
            "person_sort": f"payment#{stamp(r.created_at)}" if r.person_id else None,
            "term_sort": f"payment#{stamp(r.created_at)}#{r.payment_id}",
        }
        | due("payment", r.check_at)
    ),
)
keep("money.payments.StripeLookup", tables.Payments, lambda r: (f"stripe#{r.stripe_id}", "lookup"))
keep(
    "money.payments.Refund",
    tables.Payments,
    lambda r: (r.obligation_id, f"refund#{r.refund_id}"),
    lambda r: (
        {
            "person_sort": f"refund#{stamp(r.requested_at)}" if r.person_id else None,
            "term_sort": f"refund#{stamp(r.requested_at)}#{r.refund_id}",
        }
        | due("refund", r.check_at)
    ),
)

keep(
    "money.payments.Release",
    tables.Payments,
    lambda r: (r.obligation_id, f"release#{r.release_id}"),
    lambda r: {
        "person_sort": f"release#{stamp(r.asked_at)}" if r.person_id else None,
        "term_sort": f"release#{stamp(r.asked_at)}#{r.release_id}",
    },
)

keep(
    "money.instalments.Instalment",
    tables.Payments,
    lambda r: (r.obligation_id, f"instalment#{int(r.number):02d}"),
    lambda r: (
        {
            "person_sort": f"instalment#{stamp(r.pay_by)}" if r.person_id else None,
            "term_sort": f"instalment#{stamp(r.pay_by)}#{r.obligation_id}",
        }
        | due("instalment", r.chase_at)
    ),
)
keep(
    "disputes.disputes.Dispute",
    tables.Payments,
    lambda r: (r.obligation_id, f"dispute#{r.dispute_id}"),
    lambda r: (
        {
            "person_sort": f"dispute#{stamp(r.opened_at)}" if r.person_id else None,
            "term_sort": f"dispute#{stamp(r.opened_at)}#{r.dispute_id}",
        }
        | due("dispute", r.opened_at if r.is_open else None)
    ),  # whoever sends money away asks
)
keep(
    "banking.bank.BankReceipt",
    tables.Payments,
    lambda r: (f"receipt#{r.receipt_id}", "receipt"),
    lambda r: due("suspense", r.look_at) if r.look_at else due("retention", r.retain_until),
)
keep(
    "prices.credits.Credit",
    tables.Payments,
    lambda r: (f"credit#{r.credit_id}", "credit"),
    lambda r: {
        "person_sort": f"credit#{stamp(r.made_at)}",
        "term_sort": f"credit#{stamp(r.made_at)}#{r.credit_id}",
    },
)

keep(
    "books.ledger.Entry",
    tables.Ledger,
    lambda r: (r.book, r.entry_id),
    lambda r: {
        "book_month": f"{r.book}#{r.posted_at:%Y-%m}",
        "posted_sort": f"{stamp(r.posted_at)}#{r.entry_id}",
    },
)

# What a leader is owed or owes, while any of it is open: what a run of payouts looks at.
keep(
    "leaders.accruals.Accrual",
    tables.Payouts,
    lambda r: (r.leader_id, f"accrual#{r.session_id}"),
    lambda r: due("leader_open", r.payable_at if r.open_minor else None),
)
keep(
    "leaders.clawbacks.Clawback",
    tables.Payouts,
    lambda r: (r.leader_id, f"clawback#{r.clawback_id}"),
    lambda r: (
        due("take_back", r.take_back_at)
        if r.take_back_at
        else due("leader_open", r.made_at if r.open_minor else None)
    ),
)
keep(
    "leaders.recalls.Recall",
    tables.Payouts,
    lambda r: ("recall", f"recall#{r.recall_id}"),
    lambda r: due("recall", r.next_at),
)
keep(
    "leaders.clawbacks.Returned",
    tables.Payouts,
    lambda r: (r.leader_id, f"returned#{r.returned_id}"),
    lambda r: due("leader_open", r.returned_at if r.open_minor else None),
)
keep(
    "leaders.payouts.Payout",
    tables.Payouts,
    lambda r: (r.leader_id, f"payout#{r.period}"),
    lambda r: due(f"payout_{r.route}", r.check_at),
)
keep(
    "leaders.payouts.PayRun",
    tables.Payouts,
    lambda r: ("run", f"run#{r.period}"),
    lambda r: due("pay_run", r.next_at),
)
keep("leaders.accounts.PayProfile", tables.Payouts, lambda r: (r.leader_id, "profile"))
keep(
    "leaders.accounts.PayoutAccount",
    tables.Payouts,
    lambda r: (r.leader_id, "account"),
    lambda r: due("payout_account", r.look_at),
)
keep("leaders.accounts.AccountOwner", tables.Payouts, lambda r: (f"stripe#{r.account_id}", "owner"))
keep(
    "leaders.sending.TransferLookup",
    tables.Payouts,
    lambda r: (f"stripe#{r.stripe_id}", "transfer"),
)
keep("leaders.own_log.LogEntry", tables.Payouts, lambda r: (r.leader_id, f"log#{r.entry_id}"))
