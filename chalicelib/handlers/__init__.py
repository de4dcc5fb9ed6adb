"""DOORS: read input, know the caller, call one flow, shape the answer. No store, no rules."""

from chalice.app import Blueprint

from chalicelib.handlers import admin_mails, admin_today, health, jobs
from chalicelib.handlers.banking import suspense
from chalicelib.handlers.books import admin_books, admin_reconciling, statement
from chalicelib.handlers.disputes import admin_disputes
from chalicelib.handlers.joining import (
    admin_applications,
    admin_offers,
    applications,
    offers,
    tasters,
)
from chalicelib.handlers.money import admin_payments, pay, webhooks
from chalicelib.handlers.people import admin_settings, me, privacy, set_up, sign_in
from chalicelib.handlers.prices import admin_bursaries
from chalicelib.handlers.returning import admin_leaving, admin_refunds
from chalicelib.handlers.running import (
    admin_cancelling,
    admin_groups,
    admin_prices,
    admin_rosters,
    admin_terms,
    groups,
    leader,
)

ALL: tuple[Blueprint, ...] = (
    admin_applications.door,
    admin_cancelling.door,
    admin_books.door,
    admin_bursaries.door,
    admin_disputes.door,
    admin_groups.door,
    admin_leaving.door,
    admin_mails.door,
    admin_offers.door,
    admin_payments.door,
    admin_prices.door,
    admin_reconciling.door,
    admin_refunds.door,
    admin_rosters.door,
    admin_settings.door,
    admin_terms.door,
    admin_today.door,
    applications.door,
    groups.door,
    health.door,
    jobs.door,
    leader.door,
    me.door,
    offers.door,
    pay.door,
    privacy.door,
    set_up.door,
    sign_in.door,
    statement.door,
    tasters.door,
    suspense.door,
    webhooks.door,
)
