"""The ground under every parser: what one is, and what typed text must pass before it is read.

What does not live here: the parsers (parsers, day_parsers), fields and whole forms (forms).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

NUMBER_LENGTH_MAX = 40  # characters of a number, a day or a time

# Control characters, lone surrogates, non-characters, what stands for bytes that were no text,
# and the bidirectional controls that can make a name read as something else. Joiners stay: emoji
# and Persian names need them.
_HOSTILE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f"
    r"\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_PLAIN = str.maketrans("．，：－−／", ".,:--/")

# Every code that reading can give; templates/words/ has a sentence for each.
CODES = frozenset(
    [
        "missing",
        "choice",
        "tick",
        "too_long",
        "one_line",
        "hostile",
        "email",
        "not_a_number",
        "too_small",
        "too_large",
        "not_an_amount",
        "not_a_date",
        "wrong_weekday",
        "line_not_a_date",
        "line_wrong_weekday",
        "same_day_twice",
        "too_many",
        "not_a_time",
        "zone",
        "url",
        "digits",
    ]
)


class Unreadable(ValueError):
    """One answer cannot be read; `code` names the sentence, `facts` fill it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Parser:
    """How one kind of answer is read and written back; `facts` are the bounds its sentences name.

    `read` gets every visible value sent under the name, at least one. `empty` is the value of an
    optional field left blank, `boxes` the parts of an answer asked in several inputs.
    """

    read: Callable[[list[str]], Any]
    write: Callable[[Any], str | list[str]]
    facts: Mapping[str, Any] = field(default_factory=dict)
    empty: Any = None
    when_missing: str = "missing"
    boxes: tuple[str, ...] = ()


def harmless(typed: str) -> str:
    """What was typed without the characters we refuse, so that it can be shown again."""
    return _HOSTILE.sub("", _LINE_ENDS.sub("\n", typed))


def visible(typed: str) -> bool:
    """Whether there is anything but blanks and zero-width characters."""
    return any(not sign.isspace() and unicodedata.category(sign) != "Cf" for sign in typed)


def lines_of(raw: str, max_length: int) -> str:
    """Trimmed, composed, ends of lines as `\\n`. Unreadable: too_long, hostile."""
    # Composing costs more than linear time on hostile input, so length is asked first as well.
    if len(raw) > 4 * max_length + 100:
        raise Unreadable("too_long")
    lines = _LINE_ENDS.sub("\n", raw).replace("\t", " ")
    if _HOSTILE.search(lines):
        raise Unreadable("hostile")
    cleaned = unicodedata.normalize("NFC", lines).strip()
    if len(cleaned) > max_length:
        raise Unreadable("too_long")
    return cleaned


def line_of(raw: str, max_length: int, broken: str = "one_line") -> str:
    """The same for one line; a line break inside is Unreadable(`broken`)."""
    cleaned = lines_of(raw, max_length)
    if "\n" in cleaned:
        raise Unreadable(broken)
    return cleaned


def number_line(raw: str, code: str) -> str:
    """A short line with digits of any script as ASCII; whatever is wrong is Unreadable(`code`)."""
    try:
        return plain_digits(line_of(raw, NUMBER_LENGTH_MAX))
    except Unreadable:
        raise Unreadable(code) from None


def plain_digits(line: str) -> str:
    """Full-width and other decimal digits and their punctuation as ASCII."""
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in line.translate(_PLAIN))
