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
    offer_payer,
    offers,
    tasters,
)
from chalicelib.handlers.leaders import (
    admin_accounts,
    admin_clawbacks,
    admin_pay_leaders,
    admin_payouts,
    connect_events,
    own_account,
    own_pay,
    pay_details,
)
from chalicelib.handlers.money import admin_payments, pay, payer, webhooks
from chalicelib.handlers.people import admin_settings, me, privacy, set_up, sign_in
from chalicelib.handlers.prices import admin_bursaries
from chalicelib.handlers.returning import admin_leaving, admin_refunds
from chalicelib.handlers.running import (
    admin_cancelling,
    admin_groups,
    admin_prices,
    admin_rosters,
    admin_substitutes,
    admin_terms,
    groups,
    leader,
    leader_fees,
)

ALL: tuple[Blueprint, ...] = (
    admin_accounts.door,
    admin_applications.door,
    admin_cancelling.door,
    admin_clawbacks.door,
    admin_books.door,
    admin_bursaries.door,
    admin_disputes.door,
    admin_groups.door,
    admin_leaving.door,
    admin_mails.door,
    admin_offers.door,
    admin_pay_leaders.door,
    admin_payments.door,
    admin_payouts.door,
    admin_prices.door,
    admin_reconciling.door,
    admin_refunds.door,
    admin_rosters.door,
    admin_settings.door,
    admin_substitutes.door,
    admin_terms.door,
    admin_today.door,
    applications.door,
    connect_events.door,
    groups.door,
    health.door,
    jobs.door,
    leader.door,
    leader_fees.door,
    me.door,
    offer_payer.door,
    offers.door,
    own_account.door,
    own_pay.door,
    pay.door,
    pay_details.door,
    payer.door,
    privacy.door,
    set_up.door,
    sign_in.door,
    statement.door,
    tasters.door,
    suspense.door,
    webhooks.door,
)
