"""DOORS: read input, know the caller, call one flow, shape the answer. No store, no rules."""

from chalice.app import Blueprint

from chalicelib.handlers import admin_mails, admin_today, health, jobs
from chalicelib.handlers.joining import (
    admin_applications,
    admin_offers,
    applications,
    offers,
    tasters,
)
from chalicelib.handlers.money import admin_payments, webhooks
from chalicelib.handlers.people import admin_settings, me, privacy, set_up, sign_in
from chalicelib.handlers.running import admin_groups, admin_rosters, admin_terms, groups

ALL: tuple[Blueprint, ...] = (
    admin_applications.door,
    admin_groups.door,
    admin_mails.door,
    admin_offers.door,
    admin_payments.door,
    admin_rosters.door,
    admin_settings.door,
    admin_terms.door,
    admin_today.door,
    applications.door,
    groups.door,
    health.door,
    jobs.door,
    me.door,
    offers.door,
    privacy.door,
    set_up.door,
    sign_in.door,
    tasters.door,
    webhooks.door,
)
