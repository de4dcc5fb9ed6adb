"""Connected accounts of leaders: opened with controller properties, verified, rejected, closed.

What becomes of an account is decided on its onboarding page or by a test; each change is told to
the endpoint for connected accounts. What does not live here: links into onboarding and its page
(onboarding.py), the account's money (connected.py), transfers to it (transfers.py).
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from local.fake_stripe.events import emit
from local.fake_stripe.refusals import Refused, not_played
from local.fake_stripe.session_params import check_metadata
from local.fake_stripe.world import World

Json = dict[str, Any]
PLAYED = {
    "business_profile", "business_type", "capabilities", "controller", "country",
    "default_currency", "email", "expand", "metadata", "settings",
}  # fmt: skip
CURRENCIES = {"GB": "gbp", "IE": "eur", "FR": "eur", "DE": "eur", "NL": "eur", "US": "usd"}
CONTROLLER = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}
FIRST_DUE = ("business_type", "external_account", "tos_acceptance.date", "tos_acceptance.ip")
DOCUMENT = "individual.verification.document"
DAYS_FOR_DOCUMENTS = 14
APPLICATION = {"id": "ca_stand_in", "name": None, "object": "application"}
BUSINESS_PROFILE = (
    "annual_revenue", "estimated_worker_count", "mcc", "minority_owned_business_designation",
    "name", "product_description", "support_address", "support_email", "support_phone",
    "support_url", "url",
)  # fmt: skip


def create(world: World, params: Json) -> Json:
    """Open an account that may do nothing yet; raises Stripe's 400 for what it would refuse."""
    _check(params)
    country = params.get("country", "GB")
    account_id = world.new_id("acct")
    world.notes[account_id] = {"closed": False, "balance": {}, "moved_on": 0}
    account = {
        "id": account_id,
        "object": "account",
        "business_profile": {
            **dict.fromkeys(BUSINESS_PROFILE),
            **params.get("business_profile", {}),
        },
        "business_type": params.get("business_type"),
        "capabilities": dict.fromkeys(_requested(params), "inactive"),
        "charges_enabled": False,
        "controller": {
            **deepcopy(CONTROLLER),
            **params["controller"],
            "is_controller": True,
            "type": "application",
        },
        "country": country,
        "created": world.epoch(),
        "default_currency": params.get("default_currency", CURRENCIES[country]),
        "details_submitted": False,
        "email": params.get("email"),
        "external_accounts": _list(account_id, []),
        "future_requirements": _requirements(),
        "metadata": params.get("metadata") or {},
        "payouts_enabled": False,
        "requirements": _requirements(FIRST_DUE, FIRST_DUE, reason="requirements.past_due"),
        "settings": _settings(params),
        "tos_acceptance": {"date": None},
        "type": "none",
    }
    return world.add(account)


def load(world: World, account_id: str) -> Json:
    """An account of ours; Stripe's 403 for one that never was, or that let us go."""
    account = world.objects["account"].get(account_id)
    if account is None or world.notes[account_id]["closed"]:
        raise Refused(
            f"The provided key does not have access to account '{account_id}' (or that account "
            "does not exist). Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )
    return account


def may_receive(account: Json) -> bool:
    """Whether money can be transferred to it now."""
    return bool(account["capabilities"].get("transfers") == "active")


def submit(world: World, account_id: str) -> Json:
    """Everything was told to Stripe, which still looks at it: `enable` or `reject` comes next."""
    account = load(world, account_id)
    waiting = [DOCUMENT]
    rest = _requirements(pending=waiting, reason="requirements.pending_verification")
    return _become(world, account, "pending", False, rest, **_told(world, account))


def enable(world: World, account_id: str) -> Json:
    """Stripe is content: transfers and payouts are on, nothing is asked for."""
    account = load(world, account_id)
    return _become(world, account, "active", True, _requirements(), **_told(world, account))


def reject(world: World, account_id: str, reason: str = "other") -> Json:
    """Stripe wants nothing to do with this person: `other`, `fraud`, `terms_of_service`, ..."""
    account = load(world, account_id)
    return _become(world, account, "inactive", False, _requirements(reason=f"rejected.{reason}"))


def ask_for_documents(world: World, account_id: str, past_due: bool = True) -> Json:
    """Stripe wants a document. Until it is past due all goes on; then nothing does."""
    account = load(world, account_id)
    due = [DOCUMENT]
    if past_due:
        rest = _requirements(due, due, reason="requirements.past_due")
        return _become(world, account, "inactive", False, rest)
    rest = _requirements(due)
    rest["current_deadline"] = world.epoch() + DAYS_FOR_DOCUMENTS * 86_400
    return _become(
        world, account, account["capabilities"].get("transfers"), account["payouts_enabled"], rest
    )


def lose_bank(world: World, account: Json) -> None:
    """A payout came back: no more payouts until the leader gives another bank account."""
    transfers = account["capabilities"].get("transfers")
    _become(world, account, transfers, False, _requirements(["external_account"]))


def close(world: World, account_id: str) -> Json:
    """The leader ends the connection to us: the account is out of our sight from now on."""
    account = load(world, account_id)
    world.notes[account_id]["closed"] = True
    emit(world, "account.application.deauthorized", APPLICATION, account=account_id)
    return account


def _become(
    world: World,
    account: Json,
    transfers: str | None,
    payouts_enabled: bool,
    requirements: Json,
    **more: Any,
) -> Json:
    """Change an account and tell of it, and of its capability when that changed."""
    was = account["capabilities"].get("transfers")
    capabilities = {"transfers": transfers} if was else {}
    after = {
        **more,
        "capabilities": capabilities,
        "payouts_enabled": payouts_enabled and bool(was),
        "requirements": requirements,
    }
    before = {name: account[name] for name, value in after.items() if account[name] != value}
    account.update(after)
    emit(world, "account.updated", account, before, account=account["id"])
    if was != capabilities.get("transfers"):
        told = _capability(account)
        emit(world, "capability.updated", told, {"status": was}, account=account["id"])
    return account


def _told(world: World, account: Json) -> Json:
    """What an account shows once its owner told Stripe everything."""
    bank = {
        "id": f"ba_{account['id'].removeprefix('acct_')}",
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": None,
        "account_holder_type": None,
        "bank_name": "STAND-IN BANK",
        "country": account["country"],
        "currency": account["default_currency"],
        "default_for_currency": True,
        "last4": "2345",
        "status": "new",
    }
    return {
        "business_type": account["business_type"] or "individual",
        "details_submitted": True,
        "external_accounts": _list(account["id"], [bank]),
        "tos_acceptance": {"date": account["tos_acceptance"]["date"] or world.epoch()},
    }


def _check(params: Json) -> None:
    if "type" in params:
        raise not_played("type, which is deprecated: use controller properties")
    strange = sorted(params.keys() - PLAYED)
    if strange:
        raise not_played(strange[0])
    if "controller" not in params:
        raise not_played("an account without controller properties")
    if params.get("country", "GB") not in CURRENCIES:
        message = f"{params['country']} is not currently supported by Stripe."
        raise Refused(message, code="country_unsupported", param="country")
    unknown = sorted(params.get("capabilities", {}).keys() - {"transfers"})
    if unknown:
        raise not_played(f"the capability {unknown[0]}")
    check_metadata(params.get("metadata"), "metadata")


def _requested(params: Json) -> list[str]:
    return [name for name, one in params.get("capabilities", {}).items() if one.get("requested")]


def _settings(params: Json) -> Json:
    asked = params.get("settings", {})
    schedule = asked.get("payouts", {}).get("schedule", {})
    interval = schedule.get("interval", "daily")
    if asked.keys() - {"payouts"} or interval not in ("daily", "manual"):
        raise not_played("these settings")
    return {
        "branding": {},
        "card_payments": {},
        "dashboard": {"display_name": None, "timezone": "Europe/London"},
        "payments": {},
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": interval},
            "statement_descriptor": None,
        },
    }


def _requirements(
    due: Any = (), past_due: Any = (), pending: Any = (), reason: str | None = None
) -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": reason,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(past_due),
        "pending_verification": list(pending),
    }


def _capability(account: Json) -> Json:
    status = account["capabilities"]["transfers"]
    wants = account["requirements"]
    lists = ("currently_due", "errors", "eventually_due", "past_due", "pending_verification")
    return {
        "id": "transfers",
        "object": "capability",
        "account": account["id"],
        "requested": True,
        "requested_at": account["created"],
        "requirements": {
            **{name: wants[name] for name in lists},
            "disabled_reason": None if status == "active" else "other",
        },
        "status": status,
    }


def _list(account_id: str, data: list[Json]) -> Json:
    url = f"/v1/accounts/{account_id}/external_accounts"
    return {"object": "list", "data": data, "has_more": False, "url": url}
