"""DOORS: read input, know the caller, call one flow, shape the answer. No store, no rules."""

from __future__ import annotations

from importlib import import_module

from chalice.app import Blueprint

# The modules that hold a door, below this package: Chalice registers each `door`.
DOORS: tuple[str, ...] = (
    "admin_mails",
    "admin_today",
    "banking.suspense",
    "books.admin_books",
    "books.admin_reconciling",
    "books.admin_unknown_money",
    "books.statement",
    "disputes.admin_disputes",
    "health",
    "jobs",
    "joining.admin_applications",
    "joining.admin_offers",
    "joining.applications",
    "joining.offer_payer",
    "joining.offers",
    "joining.tasters",
    "leaders.admin_accounts",
    "leaders.admin_clawbacks",
    "leaders.admin_pay_leaders",
    "leaders.admin_payouts",
    "leaders.admin_unpaying",
    "leaders.connect_events",
    "leaders.own_account",
    "leaders.own_pay",
    "leaders.pay_details",
    "money.admin_payer",
    "money.admin_payments",
    "money.pay",
    "money.payer",
    "money.webhooks",
    "people.admin_addresses",
    "people.admin_erasing",
    "people.admin_settings",
    "people.me",
    "people.my_data",
    "people.privacy",
    "people.set_up",
    "people.sign_in",
    "prices.admin_bursaries",
    "returning.admin_leaving",
    "returning.admin_refunds",
    "running.admin_cancelling",
    "running.admin_groups",
    "running.admin_prices",
    "running.admin_rosters",
    "running.admin_substitutes",
    "running.admin_terms",
    "running.groups",
    "running.leader",
    "running.leader_fees",
)


def door(name: str) -> Blueprint:
    """The door of one of DOORS, which is imported with everything behind it."""
    found: Blueprint = import_module(f"{__name__}.{name}").door
    return found
