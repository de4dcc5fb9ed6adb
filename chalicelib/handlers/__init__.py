"""DOORS: read input, know the caller, call one flow, shape the answer. No store, no rules."""

from chalice.app import Blueprint

from chalicelib.handlers import (
    admin_applications,
    admin_groups,
    admin_mails,
    admin_offers,
    admin_payments,
    admin_rosters,
    admin_settings,
    admin_terms,
    admin_today,
    applications,
    groups,
    health,
    jobs,
    me,
    offers,
    privacy,
    set_up,
    sign_in,
    tasters,
    webhooks,
)

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
