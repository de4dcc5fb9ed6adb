"""Parsers of text, addresses, numbers, money and choices, each with its way back to text.

A parser turns what was typed into a value or raises Unreadable with one word, the error code.
Markup and formulas are ordinary text here: pages escape the one, exports defuse the other.
What does not live here: days and times (day_parsers), fields and whole forms (forms), the
sentences (templates/words/).
"""

from __future__ import annotations

import re
from string import ascii_letters
from urllib.parse import urlsplit

from chalicelib.rules.money.amounts import SYMBOLS, Money
from chalicelib.rules.typed_text import Parser, Unreadable, line_of, lines_of, number_line

EMAIL_LENGTH_MAX = 254  # what an SMTP path carries (RFC 5321, 4.5.3.1.3)
URL_LENGTH_MAX = 2000

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_HOST}")
_WHOLE = re.compile(r"([+-]?)([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})")
_AMOUNT = re.compile(rf"{_WHOLE.pattern}(?:\.([0-9]{{1,2}}))?")


def text(max_length: int = 200) -> Parser:
    """One line: trimmed, in Unicode's composed form, at most `max_length` characters."""
    bounds = {"max_length": max_length}
    return Parser(lambda raws: line_of(raws[-1], max_length), str, facts=bounds)


def multiline(max_length: int = 2000) -> Parser:
    """Several lines, ends of lines as `\\n`; otherwise like `text`."""
    bounds = {"max_length": max_length}
    return Parser(lambda raws: lines_of(raws[-1], max_length), str, facts=bounds)


def email() -> Parser:
    """Exactly one address, host in lower case and ASCII (an international one as `xn--`)."""
    return Parser(_read_email, str, facts={"max_length": EMAIL_LENGTH_MAX})


def integer(low: int = 0, high: int = 1_000_000) -> Parser:
    """A whole number from `low` to `high`, both included; digits of any script."""

    def read(raws: list[str]) -> int:
        match = _WHOLE.fullmatch(number_line(raws[-1], "not_a_number"))
        if not match:
            raise Unreadable("not_a_number")
        return _within(int(match[1] + match[2].replace(",", "")), low, high)

    return Parser(read, str, facts={"low": low, "high": high})


def pounds(low_minor: int = 0, high_minor: int = 10_000_000, currency: str = "GBP") -> Parser:
    """An amount as people write it, `36`, `36.50`, `£1,296.00`, read into minor units (D8)."""
    symbol = re.escape(SYMBOLS.get(currency, currency))
    short = re.escape(SYMBOLS.get(currency, "").lstrip(ascii_letters))

    def read(raws: list[str]) -> int:
        line = number_line(raws[-1], "not_an_amount").replace(" ", "")
        match = _AMOUNT.fullmatch(re.sub(f"^([+-]?)(?:{symbol}|{short})", r"\1", line))
        if not match:
            raise Unreadable("not_an_amount")
        minor = int(match[2].replace(",", "")) * 100 + int((match[3] or "").ljust(2, "0"))
        return _within(-minor if match[1] == "-" else minor, low_minor, high_minor)

    bounds = {"low": str(Money(low_minor, currency)), "high": str(Money(high_minor, currency))}
    return Parser(read, _write_amount, facts=bounds)


def choice(*codes: str) -> Parser:
    """Exactly one of the given codes."""

    def read(raws: list[str]) -> str:
        if raws[-1] not in codes:
            raise Unreadable("choice")
        return raws[-1]

    return Parser(read, str, when_missing="choice")


def several(*codes: str) -> Parser:
    """Any of the given codes, as checkboxes send them; a tuple in the order of `codes`."""

    def read(raws: list[str]) -> tuple[str, ...]:
        if any(raw not in codes for raw in raws):
            raise Unreadable("choice")
        return tuple(code for code in codes if code in raws)

    return Parser(read, list, empty=(), when_missing="choice")


def yes_no() -> Parser:
    """`yes` or `no`, read into a bool; an optional one left blank is None."""
    asked = choice("yes", "no")
    return Parser(
        lambda raws: asked.read(raws) == "yes",
        lambda yes: "yes" if yes else "no",
        when_missing="choice",
    )


def tick() -> Parser:
    """A box whose value is `yes`: must be ticked where required, False where not."""

    def read(raws: list[str]) -> bool:
        if raws[-1] != "yes":
            raise Unreadable("tick")
        return True

    return Parser(read, lambda yes: "yes" if yes else "", empty=False, when_missing="tick")


def https_url() -> Parser:
    """An absolute https address without user name or password."""
    return Parser(_read_url, str, facts={"max_length": URL_LENGTH_MAX})


def digits(length: int = 6) -> Parser:
    """A code of `length` digits, as text; blanks and hyphens that people add are dropped."""

    def read(raws: list[str]) -> str:
        line = re.sub("[ -]", "", number_line(raws[-1], "digits"))
        if not re.fullmatch(f"[0-9]{{{length}}}", line):
            raise Unreadable("digits")
        return line

    return Parser(read, str, facts={"length": length})


def _within(number: int, low: int, high: int) -> int:
    if number < low:
        raise Unreadable("too_small")
    if number > high:
        raise Unreadable("too_large")
    return number


def _write_amount(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def _read_email(raws: list[str]) -> str:
    local, at, host = line_of(raws[-1], EMAIL_LENGTH_MAX, "email").rpartition("@")
    try:
        address = local + at + host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Unreadable("email") from None
    if len(address) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(address):
        raise Unreadable("email")
    return address


def _read_url(raws: list[str]) -> str:
    line = line_of(raws[-1], URL_LENGTH_MAX, "url")
    try:
        parts = urlsplit(line)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Unreadable("url") from None
    plain = host.isascii() and "." in host and parts.username is None
    if parts.scheme != "https" or not plain or re.search(r"[\s\\]", line):
        raise Unreadable("url")
    return line
