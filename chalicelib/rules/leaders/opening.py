"""A leader chooses to be paid through Stripe: the account there, the way into it, the way back.

Stripe collects whatever it has to know of a person; we hold its id and whether it may be paid. What
does not live here: what becomes of an account (account_news.py), what is sent to it (sending.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.errors import AlreadyCounted
from chalicelib.rules.changes import Change, Create, Is, Update
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.leaders.accounts import REACHED, AccountOwner, PayoutAccount, PayProfile
from chalicelib.rules.leaders.pay_details import COUNTRIES
from chalicelib.rules.leaders.stripe_accounts import AccountObject
from chalicelib.rules.mail import mail
from chalicelib.rules.money.checkout import TAG
from chalicelib.rules.parsers import choice
from chalicelib.rules.people.people import Person

PAGE = "/leader/pay/account"


def _reached(values: Mapping[str, Any]) -> Mapping[str, str]:
    country = values["account_country"]
    return {} if country in REACHED else {"account_country": "not_reached"}


CONNECT_FORM = Form(
    "connect",
    (Field("account_country", choice(*COUNTRIES)),),
    (Check(("account_country",), _reached),),
)


def asked(before: PayoutAccount | None, leader_id: str, country: str, now: datetime) -> Change:
    """The row of an account that Stripe is asked for afterwards. Nothing where there is one
    already that can still be used; one that was closed, or is in another country, gives way."""
    if before is None:
        row = PayoutAccount(leader_id=leader_id, country=country, asked_at=now)
        return Change.of(Create(row))
    if not before.closed and before.country == country:
        return Change()
    new = PayoutAccount(
        leader_id=leader_id, country=country, asked_at=now, attempt=before.attempt + 1
    )
    values = {name: value for name, value in vars(new).items() if name != "leader_id"}
    as_read = (Is("attempt", before.attempt), Is("account_id", before.account_id))
    return Change.of(Update(before, values, when=as_read))


def account_params(row: PayoutAccount, deployment: str) -> dict[str, Any]:
    """What Stripe is asked: an account that only receives, whose owner tells Stripe everything
    herself and sees it in a small dashboard there."""
    return {
        "country": row.country,
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
        "metadata": _tags(row, deployment),
    }


def _tags(row: PayoutAccount, deployment: str) -> dict[str, str]:
    return {"app": TAG, "deployment": deployment, "leader_id": row.leader_id}


def account_key(row: PayoutAccount) -> str:
    """The key it is asked under: a lost answer is found again by it."""
    return f"account-{row.leader_id}-{row.attempt}"


def link_params(account_id: str, base_url: str) -> dict[str, Any]:
    """What a link into onboarding is asked with; both ends lead to our page with the button."""
    return {
        "account": account_id,
        "type": "account_onboarding",
        "collection_options": {"fields": "eventually_due"},
        "return_url": f"{base_url}{PAGE}",
        "refresh_url": f"{base_url}{PAGE}",
    }


def is_ours(told: AccountObject, row: PayoutAccount, deployment: str) -> bool:
    """Whether an account is the one that this row was written for."""
    return told.metadata == _tags(row, deployment)


def seen_values(told: AccountObject | None, now: datetime) -> dict[str, Any]:
    """What a row says of an account as it is now; None for one that is not connected any more."""
    if told is None:
        return {"closed": True, "transfers": "inactive", "payouts_enabled": False, "seen_at": now}
    return {
        "transfers": told.transfers,
        "payouts_enabled": told.payouts_enabled,
        "details_submitted": told.details_submitted,
        "disabled_reason": told.disabled_reason,
        "currently_due": told.currently_due,
        "seen_at": now,
    }


def opened(row: PayoutAccount, told: AccountObject, now: datetime) -> Change:
    """Stripe has made it: its id is written once."""
    values = {"account_id": told.id, **seen_values(told, now)}
    as_read = (Is("account_id", ""), Is("attempt", row.attempt))
    owner = AccountOwner(account_id=told.id, owner_id=row.leader_id)
    return Change.of(Update(row, values, when=as_read), Create(owner, refusal=AlreadyCounted))


def routed(profile: PayProfile, known: bool, route: str) -> Change:
    """The leader's own choice of how to be paid from now on."""
    if known:
        as_read = (Is("route", profile.route),)
        return Change.of(Update(profile, {"route": route}, when=as_read))
    return Change.of(Create(replace(profile, route=route)))


def onboarding_mail(leader: Person, country: str, mail_id: str, now: datetime) -> Create:
    """Why Stripe asks for details, where, and what is held meanwhile (L2). It carries a link of
    ours, never Stripe's, which would be for one use and for minutes."""
    facts = {"full_name": leader.full_name, "country": country, "path": PAGE}
    return mail("payout_onboarding", mail_id, leader.email, now, facts, person_id=leader.person_id)
