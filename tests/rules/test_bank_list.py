"""Where pay goes: bank details as people type them, and what a bank's import takes."""

from __future__ import annotations

from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidForm
from chalicelib.rules.leaders.bank_list import FIELD_MAX, PUNCTUATION, bank_text
from chalicelib.rules.leaders.pay_details import (
    COUNTRIES,
    DETAILS,
    IBAN_LENGTHS,
    is_iban,
    masked,
)
from chalicelib.wording import options

GB = {"account_name": "I", "country": "GB", "sort_code": "12-34-56", "account_number": "1234 5678"}
DE = {"account_name": "I", "country": "DE", "iban": "de89 3704 0044 0532 0130 00"}
AU = {"account_name": "I", "country": "AU", "iban": "062-000 12345678", "bic": "ctbaau2s"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (GB, {"sort_code": "123456", "account_number": "12345678"}),
        (DE, {"iban": "DE89370400440532013000"}),
        (AU, {"iban": "06200012345678", "bic": "CTBAAU2S"}),
        ({**GB, "sort_code": "１２３４５６"}, {"sort_code": "123456"}),
    ],
)
def test_details_are_read_as_people_write_them(typed: dict[str, str], kept: dict[str, str]) -> None:
    values = DETAILS.read(typed)
    assert {name: values[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({**GB, "sort_code": "12345"}, {"sort_code": "sort_code"}),
        ({**GB, "account_number": "1234567"}, {"account_number": "account_number"}),
        (
            {**GB, "sort_code": "", "account_number": ""},
            dict.fromkeys(("sort_code", "account_number"), "missing"),
        ),
        ({**DE, "iban": "DE89370400440532013001"}, {"iban": "iban"}),
        ({**DE, "country": "FR"}, {"iban": "iban"}),
        ({**DE, "iban": ""}, {"iban": "missing"}),
        ({**AU, "bic": ""}, {"bic": "missing"}),
        ({**AU, "bic": "CTB"}, {"bic": "bic"}),
        ({**AU, "country": "XX"}, {"country": "choice"}),
        (
            {"country": "GB"},
            {"account_name": "missing", "sort_code": "missing", "account_number": "missing"},
        ),
    ],
)
def test_details_that_cannot_be_right_are_named(
    typed: dict[str, str], errors: dict[str, str]
) -> None:
    with pytest.raises(InvalidForm) as refused:
        DETAILS.read(typed)
    assert refused.value.errors == errors


@given(st.integers(0, 21), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_an_iban_is_noticed(at: int, digit: str) -> None:
    good = "DE89370400440532013000"
    bent = good[:at] + digit + good[at + 1 :]
    assert is_iban(bent, "DE") == (bent == good)


def test_every_country_has_its_word_and_every_iban_a_country() -> None:
    assert {code for code, _ in options("pay_country")} == set(COUNTRIES)
    assert set(IBAN_LENGTHS) <= set(COUNTRIES)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Dr Odalys Quíncé-O'Brien", "DR ODALYS QUINCE-O"),
        ("=cmd|' /C calc'!A0", "CMD /C CALC A0"),
        ("+44", "44"),
        ("-Ada, Ledger", "ADA LEDGER"),
        ("משה", ""),
    ],
)
def test_a_name_as_a_banks_field_takes_it(words: str, text: str) -> None:
    assert bank_text(words) == text


@given(st.text(max_size=60))
def test_whatever_is_typed_the_banks_field_is_short_plain_and_no_formula(words: str) -> None:
    found = bank_text(words)
    assert found.isascii()
    assert len(found) <= FIELD_MAX
    assert not set(found) - set(ascii_uppercase + digits + PUNCTUATION)
    assert not found or found[0].isalnum()


def test_a_page_shows_the_last_digits_only() -> None:
    assert masked("12345678") == "•••• 5678"
    assert masked("") == ""
