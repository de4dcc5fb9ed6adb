"""Where a leader's pay goes: bank details as they are typed, shown and changed (L2, L10).

They are the leader's own words: nobody else enters them. What does not live here: whether they
can be paid to just now (preparing.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.rules.changes import Change, Create, Update
from chalicelib.rules.forms import Check, Field, Form
from chalicelib.rules.leaders.accounts import PayProfile
from chalicelib.rules.mail import mail
from chalicelib.rules.parsers import choice, text
from chalicelib.rules.people.people import Person
from chalicelib.rules.typed_text import Parser, Unreadable, line_of, plain_digits

# Countries a leader may be paid in from the bank, as templates/words names them.
COUNTRIES = (
    *("GB", "IE", "AT", "AU", "BE", "BG", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI"),
    *("FR", "GR", "HR", "HU", "IL", "IN", "IS", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "NL"),
    *("NO", "NZ", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "US", "ZA"),
)
# ISO 13616: the length of an IBAN, for countries of the list above that use one.
IBAN_LENGTHS = {
    one[:2]: int(one[2:])
    for one in (
        *("GB22", "IE22", "AT20", "BE16", "BG22", "CH21", "CY28", "CZ24", "DE22", "DK18", "EE20"),
        *("ES24", "FI18", "FR27", "GR27", "HR21", "HU28", "IL23", "IS26", "IT27", "LI21", "LT20"),
        *("LU20", "LV21", "MT31", "NL18", "NO15", "PL28", "PT25", "RO24", "SE24", "SI19", "SK24"),
    )
}
_ACCOUNT = re.compile(r"[A-Z0-9]{4,34}")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
SHOWN_DIGITS = 4


def _code(length_max: int, pattern: re.Pattern[str], wrong: str) -> Parser:
    """A code in capitals; blanks and hyphens that people add are dropped."""

    def read(raws: list[str]) -> str:
        line = plain_digits(line_of(raws[-1], 2 * length_max))
        code = re.sub(r"[\s-]", "", line).upper()
        if not pattern.fullmatch(code):
            raise Unreadable(wrong)
        return code

    return Parser(read, str, facts={"max_length": 2 * length_max}, empty="")


def _digits(number: int, wrong: str) -> Parser:
    return _code(number, re.compile(f"[0-9]{{{number}}}"), wrong)


def _fits(values: Mapping[str, Any]) -> Mapping[str, str]:
    """What is needed depends on the country."""
    if values["country"] == "GB":
        needed = ("sort_code", "account_number")
        return {name: "missing" for name in needed if not values[name]}
    iban, country = values["iban"], values["country"]
    if not iban:
        return {"iban": "missing"}
    if country in IBAN_LENGTHS:
        return {} if is_iban(iban, country) else {"iban": "iban"}
    return {} if values["bic"] else {"bic": "missing"}


DETAILS = Form(
    "pay_details",
    (
        Field("account_name", text(70)),
        Field("country", choice(*COUNTRIES)),
        Field("sort_code", _digits(6, "sort_code"), required=False),
        Field("account_number", _digits(8, "account_number"), required=False),
        Field("iban", _code(34, _ACCOUNT, "iban"), required=False),
        Field("bic", _code(11, _BIC, "bic"), required=False),
    ),
    (Check(("country", "sort_code", "account_number", "iban", "bic"), _fits),),
)


def is_iban(code: str, country: str) -> bool:
    """Whether it is an IBAN of this country: length and checksum (ISO 13616, mod 97)."""
    if not code.startswith(country) or len(code) != IBAN_LENGTHS.get(country):
        return False
    turned = code[4:] + code[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


def masked(number: str) -> str:
    """What may stand on a page of a number: its last digits."""
    return f"•••• {number[-SHOWN_DIGITS:]}" if number else ""


def entered(
    profile: PayProfile, known: bool, values: Mapping[str, Any], person: Person, now: datetime
) -> Change:
    """The leader's details; the leader is told at once. Details that stand in place of others
    wait some days before anything is paid to them. The same details again change nothing."""
    british = values["country"] == "GB"
    details = {
        "account_name": values["account_name"],
        "country": values["country"],
        "sort_code": values["sort_code"] if british else "",
        "account_number": values["account_number"] if british else "",
        "iban": "" if british else values["iban"],
        "bic": "" if british else values["bic"],
    }
    if all(getattr(profile, name) == value for name, value in details.items()):
        return Change()
    changed_at = now if profile.has_details else None
    new = {**details, "details_at": now, "changed_at": changed_at}
    row = Update(profile, new) if known else Create(PayProfile(leader_id=person.person_id, **new))
    last = masked(details["account_number"] or details["iban"])
    told = mail(
        "leader_details_changed",
        f"{person.person_id}#{now.isoformat()}",
        person.email,
        now,
        {
            "full_name": person.full_name,
            "zone": person.zone,
            "changed_at": now,
            "account": last,
            "first": changed_at is None,
        },
        person_id=person.person_id,
    )
    return Change.of(row, told)
