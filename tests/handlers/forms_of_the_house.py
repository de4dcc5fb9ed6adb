"""Every form of the product: how to get to it in a prepared house, and one set of good answers.
A form route without an entry fails tests/handlers/test_bad_input.py.

What does not live here: the house itself (the_house.py), what is typed to break the forms
(test_bad_input.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.browser import Browser
from tests.flows.set_up_steps import TYPED as SET_UP
from tests.handlers.desk import DATES, GROUP, LEADER, PLACES
from tests.handlers.the_house import ABOUT, ANSWERS, PIP, TREASURER, WHY, House

TERM = "/admin/groups/{group}/terms/{term}"
DRAFT = "/admin/groups/{draft_group}/terms/{draft}"
# Somebody may mean this: kept, escaped, and never run. Short enough for every field.
ODD = "=A1<b onx='\">{{7*7}}🦊שלום<script>"


@dataclass(frozen=True)
class HouseForm:
    """One form route. `page` shows the form; names in braces are those of the house. `values`
    are good answers beside what the form holds."""

    route: str
    page: str
    values: Mapping[str, Any] = field(default_factory=dict)
    who: str = "desk"

    @property
    def action(self) -> str:
        """What the address of the form has that others on its page have not: the last part of
        the route that is no parameter."""
        parts = reversed(self.route.split("/"))
        return "/" + next(part for part in parts if not part.startswith("{"))


def _visitor(route: str, page: str, values: Mapping[str, Any] | None = None) -> HouseForm:
    return HouseForm(route, page, values or {}, who="visitor")


FORMS = (
    _visitor("/groups/{slug}/apply", "/groups/thursday-lantern/apply", PIP),
    _visitor(
        "/groups/{slug}/taster",
        "/groups/thursday-lantern/taster",
        {**PIP, "session_id": "{session}"},
    ),
    _visitor("/apply/{token}/you", "{apply}/you", {**PIP, "email": "drafted@example.org"}),
    _visitor("/apply/{token}/dates", "{apply}/dates", ANSWERS),
    _visitor("/apply/{token}/about", "{apply}/about", ABOUT),
    _visitor("/apply/{token}/check", "{apply}/check"),
    _visitor("/applications/{token}", "{status}"),
    _visitor(
        "/applications/{token}/needs",
        "{status}",
        {"access_needs": "A seat near the door.", "access_consent": "yes"},
    ),
    _visitor("/offers/{token}", "{offer}", {"agree": "yes", "policy": "yes"}),
    _visitor("/offers/{token}/decline", "{offer}"),
    _visitor(
        "/offers/{token}/payer",
        "{offer}/payer",
        {
            "payer_name": "Fictonbury Health Trust",
            "payer_email": "accounts@fictonbury-trust.example",
            "payer_reference": "COST CENTRE 4711",
            "agree": "yes",
            "policy": "yes",
        },
    ),
    _visitor("/offers/{token}/ask-again", "{handed_over}"),
    _visitor("/offers/{token}/pay-myself", "{handed_over}"),
    _visitor("/offers/{token}/agree", "{not_agreed}", {"agree": "yes"}),
    _visitor("/payer/{token}", "{payer}", {"what": "all"}),
    _visitor("/pay/{token}", "{debt}", {"what": "all"}),
    _visitor("/offers/{token}/lower-price", "{offer}"),
    _visitor("/offers/{token}/waitlist", "{ended_offer}"),
    _visitor("/tasters/{token}", "{booking}"),
    HouseForm("/set-up/{token}", "{set_up}", SET_UP, who="founder"),
    _visitor("/sign-in", "/sign-in", {"email": TREASURER}),
    HouseForm("/sign-in/sent/{token_id}", "{sent}", {"code": "{code}"}, who="asker"),
    _visitor("/sign-in/{token}", "{sign_in}", {"code": "{code}"}),
    HouseForm("/sign-out", "/sign-out"),
    HouseForm("/admin/applications/{application_id}", "{sent_application}"),
    HouseForm(
        "/admin/applications/{application_id}/decline", "{sent_application}", {"reason": "mix"}
    ),
    HouseForm(
        "/admin/applications/{application_id}/interview",
        "{invited}",
        {"points": ["expectations", "commitment", "technology"], "outcome": "suits"},
    ),
    HouseForm("/admin/applications/{application_id}/offer", "{accepted}"),
    HouseForm("/admin/applications/{application_id}/offers/{offer_id}/anew", "{offered}"),
    HouseForm("/admin/applications/{application_id}/offers/{offer_id}/withdraw", "{offered}", WHY),
    HouseForm("/admin/books/prove", "/admin/books"),
    HouseForm(
        "/admin/books/journal",
        "/admin/books/journal",
        {"first": "2026-11-01", "last": "2026-11-30", "book": "all"},
    ),
    HouseForm(
        "/admin/books/{book}/costs",
        "/admin/books/{group}/costs",
        {
            "kind": "room",
            "term_id": "{term}",
            "amount_minor": "90",
            "paid_on": "2026-11-20",
            "reference": "HALL 17",
        },
    ),
    HouseForm("/admin/books/{book}/costs/{cost_id}", "/admin/books/{group}/costs/{cost}", WHY),
    HouseForm("/admin/groups/new", "/admin/groups/new", {**GROUP, "slug": "another-lantern"}),
    HouseForm("/admin/groups/{group_id}/basics", "/admin/groups/{draft_group}/basics"),
    HouseForm("/admin/groups/{group_id}/texts", "/admin/groups/{draft_group}/texts"),
    HouseForm("/admin/groups/{group_id}/rules", "/admin/groups/{draft_group}/rules"),
    HouseForm("/admin/groups/{group_id}/state", "/admin/groups/{quiet_group}"),
    HouseForm("/admin/groups/{group_id}/terms/new", "/admin/groups/{group}/terms/new", DATES),
    HouseForm(
        "/admin/groups/{group_id}/terms/{term_id}/copy",
        f"{TERM}/copy",
        {"title": "Summer 2027", "first_date": "2027-05-06"},
    ),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/dates", f"{DRAFT}/dates", DATES),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/places", f"{DRAFT}/places", PLACES),
    HouseForm(
        "/admin/groups/{group_id}/terms/{term_id}/prices",
        f"{DRAFT}/prices",
        {"trainee_minor": "120", "trainee_early": "100", "trainee_until": "2026-12-01"},
    ),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/where", f"{TERM}/where"),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/leaders", f"{TERM}/leaders", LEADER),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/remove-leader", f"{DRAFT}/leaders"),
    HouseForm(
        "/admin/groups/{group_id}/terms/{term_id}/substitutes",
        f"{TERM}/substitutes",
        {
            "session": "{meeting}",
            "name": "Dr Rowan Reed",
            "email": "rowan.reed@example.org",
            "pay": "fee",
            "rate_minor": "65",
        },
    ),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/remove-substitute", f"{TERM}/substitutes"),
    HouseForm(
        "/admin/groups/{group_id}/terms/{term_id}/tasters",
        f"{TERM}/tasters",
        {"date": "2026-12-17"},
    ),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/remove-taster", f"{DRAFT}/tasters"),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/state", TERM),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/guests", f"{TERM}/guests"),
    HouseForm(
        "/admin/groups/{group_id}/terms/{term_id}/sessions/{session_id}/cancel",
        f"{TERM}/sessions/{{meeting}}/cancel",
        {"remedy": "extra_date", "date": "2027-04-08", "time": "19:00", **WHY},
    ),
    HouseForm(
        "/admin/groups/{group_id}/terms/{term_id}/cancel/confirm",
        "{to_cancel}/cancel/confirm",
        {"sure": "yes", **WHY},
    ),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/cancelling", f"{TERM}/cancelling"),
    HouseForm("/admin/groups/{group_id}/terms/{term_id}/roster", f"{TERM}/roster"),
    HouseForm("/leader/groups/{group_id}/terms/{term_id}/sessions/{session_id}", "{register}"),
    HouseForm(
        "/leader/groups/{group_id}/terms/{term_id}/sessions/{session_id}/apologies",
        "{next_register}",
    ),
    HouseForm(
        "/leader/groups/{group_id}/terms/{term_id}/fees/propose",
        "/leader/groups/{draft_group}/terms/{draft}/fees",
    ),
    HouseForm(
        "/leader/groups/{group_id}/terms/{term_id}/fees/{split_id}/confirm",
        "/leader/groups/{draft_group}/terms/{draft}/fees",
    ),
    HouseForm(
        "/leader/groups/{group_id}/terms/{term_id}/fees/{split_id}/withdraw",
        "/leader/groups/{draft_group}/terms/{draft}/fees",
    ),
    HouseForm(
        "/leader/log/entries",
        "/leader/log",
        {"what": "training", "day": "2026-11-01", "minutes": "60", "note": "Autumn workshop"},
    ),
    HouseForm("/leader/log/entries/{entry_id}/remove", "/leader/log"),
    HouseForm("/leader/log/exports", "/leader/log"),
    HouseForm(
        "/admin/bursaries/gifts",
        "/admin/bursaries",
        {"gift_minor": "50", "reference": "Letter of 1 November"},
    ),
    HouseForm("/admin/bursaries/new", "/admin/bursaries", {"code_minor": "36", "note": "Minute 7"}),
    HouseForm("/admin/bursaries/codes/{code}/withdraw", "/admin/bursaries"),
    HouseForm(
        "/admin/payouts/leaders/{leader_id}/clawbacks/{clawback_id}/write-off", "{clawback}", WHY
    ),
    HouseForm("/admin/payouts/leaders/{leader_id}/clawbacks/{clawback_id}/take-back", "{clawback}"),
    HouseForm("/admin/payouts", "/admin/payouts"),
    HouseForm("/admin/payouts/{period}/approve", "/admin/payouts/2026-11"),
    HouseForm("/admin/payouts/{period}/withdraw", "/admin/payouts/2026-11"),
    HouseForm(
        "/admin/payouts/{period}/advance",
        "/admin/payouts/2026-11",
        {"leader": "{pay_leader}", **WHY},
    ),
    HouseForm("/admin/payouts/{period}/bank-list/file", "{bank_list}"),
    HouseForm(
        "/admin/payouts/{period}/bank-list/paid",
        "{bank_list}",
        {"paid": "{pay_leader}", "paid_on": "2026-11-20", "reference": "BANK 7"},
    ),
    HouseForm(
        "/admin/payouts/leaders/{leader_id}/agreement",
        "/admin/payouts/leaders/{pay_leader}",
        {"connected": "yes", "agreement_ref": "Minute 7"},
    ),
    HouseForm(
        "/admin/payouts/leaders/{leader_id}/set-aside",
        "/admin/payouts/leaders/{pay_leader}",
        {"session": "session-house-3", **WHY},
    ),
    HouseForm("/admin/payouts/leaders/{leader_id}/release", "/admin/payouts/leaders/{pay_leader}"),
    HouseForm(
        "/leader/pay/details",
        "/leader/pay/details",
        {
            "account_name": "Ada Ledger",
            "country": "DE",
            "iban": "DE89 3704 0044 0532 0130 00",
        },
    ),
    HouseForm("/leader/pay/account", "/leader/pay/account", {"account_country": "GB"}),
    HouseForm("/leader/pay/account/enter", "/leader/pay/account", who="leader"),
    HouseForm("/leader/pay/account/look", "/leader/pay/account", who="leader"),
    HouseForm("/leader/pay/account/mail", "/leader/pay/account", who="leader"),
    HouseForm("/leader/pay/account/route", "/leader/pay/account", who="leader"),
    HouseForm("/admin/payouts/leaders/{leader_id}/account/look", "{stripe_account}"),
    HouseForm("/admin/payouts/leaders/{leader_id}/account/mail", "{stripe_account}"),
    HouseForm("/admin/payouts/leaders/{leader_id}/account/dealt-with", "{stripe_account}"),
    HouseForm("/admin/payouts/{period}/leaders/{leader_id}/by-bank", "{by_bank}"),
    HouseForm("/admin/payouts/{period}/leaders/{leader_id}/not-paid", "{not_paid}", WHY),
    HouseForm("/admin/payouts/{period}/leaders/{leader_id}/not-paid/agree", "{said_not_paid}"),
    HouseForm("/admin/payouts/{period}/leaders/{leader_id}/not-paid/leave", "{said_not_paid}"),
    HouseForm(
        "/admin/addresses/{address}/correct",
        "/admin/addresses/{closed_address}",
        {"email": "otto.oboe@example.net", **WHY},
    ),
    HouseForm("/admin/addresses/{address}/works", "/admin/addresses/{old_address}", WHY),
    HouseForm("/admin/addresses/{address}/reached", "/admin/addresses/{open_address}"),
    HouseForm("/admin/addresses/{address}/again", "/admin/addresses/{open_address}"),
    HouseForm("/admin/mails/check", "/admin/mails"),
    HouseForm("/admin/mails/{mail_name}/again", "/admin/mails/{failed_mail}"),
    HouseForm(
        "/admin/payments/{obligation_id}/payer",
        "{handed_over_debt}",
        {
            "payer_name": "Fictonbury Health Trust",
            "payer_email": "accounts@fictonbury-trust.example",
            "payer_reference": "COST CENTRE 4711",
            "asked_for": "yes",
        },
    ),
    HouseForm("/admin/payments/{obligation_id}/refund", "{paid}", WHY),
    HouseForm("/admin/payments/{obligation_id}/part", "{paid}/part", {"amount": "50", **WHY}),
    HouseForm("/admin/payments/{obligation_id}/leave", "{paid}/leaving", {"way": "policy"}),
    HouseForm("/admin/payments/{obligation_id}/releases/{release_id}/approve", "{proposed}"),
    HouseForm("/admin/payments/{obligation_id}/releases/{release_id}/withdraw", "{proposed}"),
    HouseForm(
        "/admin/payments/{obligation_id}/refunds/{refund_id}/paid",
        "{came_back}",
        {"paid_on": "2026-11-21", "reference": "LANTERN REFUND 7"},
    ),
    HouseForm("/admin/payments/{obligation_id}/refunds/{refund_id}/stays", "{outside}"),
    HouseForm("/admin/payments/{obligation_id}/refunds/{refund_id}/given-away", "{outside}"),
    HouseForm("/admin/payments/{obligation_id}/warnings/{payment_id}", "{warned}"),
    HouseForm(
        "/admin/payments/{obligation_id}/disputes/{dispute_id}",
        "{lost}",
        {"seat": "keep", "seat_reason": "She pays by transfer."},
    ),
    HouseForm(
        "/admin/suspense",
        "/admin/suspense",
        {
            "amount_minor": "216",
            "method": "bank",
            "date": "2026-11-20",
            "payer": "O QUINCE",
            "reference": "LANTERN",
        },
    ),
    HouseForm(
        "/admin/suspense/for/{obligation_id}",
        "/admin/suspense/for/{offered_debt}",
        {"amount_minor": "36", "method": "cash", "date": "2026-11-20", "payer": "Odalys"},
    ),
    HouseForm("/admin/suspense/{receipt_id}/match", "{unmatched}", {"debt": "{offered_debt}"}),
    HouseForm(
        "/admin/suspense/{receipt_id}/back",
        "{too_much}",
        {"amount_minor": "1", "date": "2026-11-20", "reference": "RETURN", **WHY},
    ),
    HouseForm("/admin/suspense/{receipt_id}/confirm", "{waits_for_a_look}"),
    HouseForm("/admin/reconciliation", "/admin/reconciliation"),
    HouseForm("/admin/reconciliation/{movement_id}/explain", "/admin/reconciliation", WHY),
    HouseForm(
        "/admin/reconciliation/{movement_id}/apart", "/admin/reconciliation/txn_lost/apart", WHY
    ),
    HouseForm(
        "/admin/unknown-money/{checkout_id}",
        "{unknown_money}",
        {"fate": "other", "reason": "We tried it out."},
    ),
    HouseForm("/admin/erasing", "/admin/erasing", {"email": TREASURER}),
    HouseForm(
        "/admin/erasing/{subject_id}/erase", "/admin/erasing/{somebody}", {"typed": "Rue Barb"}
    ),
    HouseForm("/admin/erasing/{subject_id}/files", "/admin/erasing/{somebody}"),
    HouseForm("/admin/erasing/{subject_id}/stop", "/admin/erasing/{erased_tonight}"),
    HouseForm("/me/data/erase", "/me/data"),
    HouseForm("/me/data/files", "/me/data"),
    HouseForm("/admin/settings/circle", "/admin/settings/circle", {"preset": "society"}),
    HouseForm("/admin/settings/documents/{name}", "/admin/settings/documents/refund_policy"),
    HouseForm(
        "/admin/settings/people",
        "/admin/settings/people",
        {
            "full_name": "Quillon Fernsby",
            "email": "quillon@example.org",
            "role": "treasurer",
            **WHY,
        },
    ),
    HouseForm("/admin/settings/people/{person_id}", "/admin/settings/people/{treasurer}", WHY),
    HouseForm("/admin/settings/switches/{switch}", "/admin/settings/switches/mail", WHY),
)


def at(house: House, form: HouseForm) -> Browser:
    """A browser in front of a form."""
    browser = house.browser(form.who)
    browser.get(form.page.format_map(house.names))
    assert browser.answer.status == 200, (form.route, browser.path, browser.text[:300])
    return browser


def good_answers(house: House, form: HouseForm, browser: Browser) -> tuple[str, dict[str, Any]]:
    """Where the form on the page goes, and what it would send with good answers."""
    target, held = browser.form(form.action)
    typed = {
        name: value.format_map(house.names) if isinstance(value, str) else value
        for name, value in form.values.items()
    }
    return target, {**held, **typed}
