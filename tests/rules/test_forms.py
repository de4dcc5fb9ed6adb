"""Forms read hostile and clumsy typing alike: every error at once, nothing typed is lost."""

from __future__ import annotations

import string
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidForm
from chalicelib.rules import day_parsers, parsers
from chalicelib.rules.forms import Answers, Check, Field, Form
from chalicelib.rules.typed_text import CODES, Parser, Unreadable, harmless, visible


def ends_after_it_starts(values: Any) -> dict[str, str]:
    return {} if values["starts"] < values["ends"] else {"ends": "ends_first"}


EVERY_KIND: dict[str, Parser] = {
    "text": parsers.text(40),
    "multiline": parsers.multiline(200),
    "email": parsers.email(),
    "integer": parsers.integer(-5, 2000),
    "pounds": parsers.pounds(-100, 500_000),
    "day": day_parsers.day(),
    "days": day_parsers.days(5),
    "local_time": day_parsers.local_time(),
    "zone": day_parsers.zone(),
    "choice": parsers.choice("online", "in_person"),
    "several": parsers.several("mon", "tue", "wed"),
    "yes_no": parsers.yes_no(),
    "tick": parsers.tick(),
    "https_url": parsers.https_url(),
    "digits": parsers.digits(6),
}
EVERYTHING = Form("everything", tuple(Field(name, parser) for name, parser in EVERY_KIND.items()))
OPTIONAL = Form(
    "optional", tuple(Field(name, parser, False) for name, parser in EVERY_KIND.items())
)
TERM = Form(
    "term",
    (
        Field("title", parsers.text(40)),
        Field("starts", day_parsers.day()),
        Field("ends", day_parsers.day()),
        Field("seats", parsers.integer(4, 12)),
    ),
    (Check(("starts", "ends"), ends_after_it_starts),),
)


def value(parser: Parser, typed: str | list[str]) -> Any:
    return Form("one", (Field("answer", parser),)).read({"answer": typed})["answer"]


def code(parser: Parser, typed: str | list[str]) -> str:
    with pytest.raises(InvalidForm) as refused:
        value(parser, typed)
    return refused.value.errors["answer"]


def test_all_errors_come_at_once_in_the_order_of_the_questions_and_nothing_typed_is_lost() -> None:
    typed = {"seats": "many", "title": "", "starts": "2027-01-14", "ends": "2026-01-14", "x": "y"}
    with pytest.raises(InvalidForm) as refused:
        TERM.read(typed)
    assert list(refused.value.errors.items()) == [
        ("title", "missing"),
        ("ends", "ends_first"),
        ("seats", "not_a_number"),
    ]
    answers = Answers.from_invalid(refused.value)
    assert answers.value("seats") == "many"
    assert answers.value("starts") == "2027-01-14"
    assert answers.value("x") == ""
    assert answers.form == "term"
    assert answers.details["seats"] == {"low": 4, "high": 12, "words": "seats"}


def test_a_check_across_fields_waits_until_its_fields_can_be_read() -> None:
    with pytest.raises(InvalidForm) as refused:
        TERM.read({"title": "Spring", "starts": "soon", "ends": "2026-01-14", "seats": "8"})
    assert refused.value.errors == {"starts": "not_a_date"}


def test_a_flow_s_refusal_shows_what_the_handler_saw_typed() -> None:
    answers = Answers.from_invalid(InvalidForm({"slot": "taken"}, {}), {"slot": "s1"})
    assert answers.value("slot") == "s1"
    assert answers.errors == {"slot": "taken"}


def test_names_from_everywhere_are_welcome() -> None:
    for name in ("Zoë O’Brien-Łukasz", "محمد علی", "שרה כהן", "李小龍", "Dr Pip 👩🏽‍⚕️", "می‌خواهم"):
        assert value(parsers.text(), f"  {name}\t") == name


def test_markup_and_formulas_are_ordinary_text() -> None:
    for typed in ("<script>alert(1)</script>", "=HYPERLINK(1)", "'; DROP TABLE x; --", "{{ 7*7 }}"):
        assert value(parsers.text(), typed) == typed


def test_composed_and_decomposed_spellings_are_one() -> None:
    assert value(parsers.text(), "Zoe\u0308") == "Zo\u00eb"


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("Pip\r\nBcc: all@example.org", "one_line"),
        ("Pip\u2028Buttonwood", "one_line"),
        ("Pip\x00", "hostile"),
        ("Pip\x1b[31m", "hostile"),
        ("Pip \u202egro.elpmaxe", "hostile"),
        ("Pip \u2066x\u2069", "hostile"),
        ("Pip \ud800", "hostile"),
        ("x" * 201, "too_long"),
        ("x" * 1_000_000, "too_long"),
        (" \u200b\u00a0\t", "missing"),
    ],
)
def test_one_line_of_text_refuses_what_could_mislead(typed: str, refusal: str) -> None:
    assert code(parsers.text(200), typed) == refusal


def test_refused_characters_are_taken_out_of_what_is_shown_again() -> None:
    with pytest.raises(InvalidForm) as refused:
        TERM.read({"title": "Spr\x00ing\u202e \ud800term"})
    assert refused.value.typed["title"] == "Spring term"
    assert harmless("a\r\nb") == "a\nb"


def test_several_lines_keep_their_ends_in_one_spelling() -> None:
    assert value(parsers.multiline(), " one\r\ntwo\rthree\u2029four \n") == "one\ntwo\nthree\nfour"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Pip.Buttonwood+balint@Example.ORG ", "Pip.Buttonwood+balint@example.org"),
        ("o'brien@nhs.example.uk", "o'brien@nhs.example.uk"),
        ("pip@bücher.example", "pip@xn--bcher-kva.example"),
        ("pip@xn--bcher-kva.example", "pip@xn--bcher-kva.example"),
    ],
)
def test_an_email_address_is_read(typed: str, address: str) -> None:
    assert value(parsers.email(), typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "pip", "pip@", "@example.org", "pip@example", "a@example.org, b@example.org",
        "a@example.org;b@example.org", "Pip <pip@example.org>", "pip@example.org\r\nBcc: x@y.org",
        "pip@@example.org", "pip@-example.org", "pip@example..org", ".pip@example.org",
        '"p p"@example.org', "pïp@example.org", "pip@[127.0.0.1]", "p" * 65 + "@example.org",
        "pip@" + "a." * 130 + "org", "pip@exam ple.org", "pip@example.org.", "pip@1.2.3.4",
    ],
)  # fmt: skip
def test_anything_but_one_plain_address_is_refused(typed: str) -> None:
    assert code(parsers.email(), typed) in ("email", "too_long")


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("36", 3600), ("36.00", 3600), ("36.5", 3650), ("£36.50", 3650), (" £ 1,296.00 ", 129600),
        ("３６．５０", 3650), ("٣٦", 3600), ("0", 0), ("0.30", 30),
    ],
)  # fmt: skip
def test_pounds_are_read_as_people_write_them(typed: str, minor: int) -> None:
    assert value(parsers.pounds(), typed) == minor


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("36.005", "not_an_amount"), ("1e3", "not_an_amount"), ("36,50", "not_an_amount"),
        ("$36", "not_an_amount"), ("thirty", "not_an_amount"), ("NaN", "not_an_amount"),
        ("36.", "not_an_amount"), ("½", "not_an_amount"), ("£", "not_an_amount"),
        ("-5", "too_small"), ("-£5", "too_small"), ("100001", "too_large"),
        ("9" * 12, "too_large"), ("9" * 39, "not_an_amount"), ("9" * 5000, "not_an_amount"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(typed: str, refusal: str) -> None:
    assert code(parsers.pounds(), typed) == refusal


def test_other_currencies_take_their_own_sign() -> None:
    assert value(parsers.pounds(currency="AUD"), "A$36") == 3600
    assert value(parsers.pounds(currency="AUD"), "$36") == 3600
    assert value(parsers.pounds(currency="CHF"), "CHF 36") == 3600
    assert code(parsers.pounds(currency="EUR"), "£36") == "not_an_amount"


def test_whole_numbers_know_their_bounds() -> None:
    seats = parsers.integer(4, 12)
    assert value(seats, "8") == 8
    assert value(seats, "１２") == 12
    assert value(parsers.integer(), "1,000") == 1000
    assert [code(seats, typed) for typed in ("3", "13", "8.5", "eight", "0x8", "1_0", "")] == [
        "too_small", "too_large", *["not_a_number"] * 4, "missing",
    ]  # fmt: skip


def test_days_are_read_as_people_and_phones_write_them() -> None:
    spellings = (
        "2027-01-14", "14/1/2027", "14.01.2027", "14 January 2027", "Thursday 14 January 2027",
        "thu, 14th jan 2027", "14 1 2027", "１４/１/２０２７",
    )  # fmt: skip
    for typed in spellings:
        assert value(day_parsers.day(), typed) == date(2027, 1, 14), typed


def test_three_boxes_make_a_day_and_stay_typed() -> None:
    since = Form("since", (Field("since", day_parsers.day()),))
    boxes = {"since-day": "27", "since-month": "3", "since-year": "2007"}
    assert since.read(boxes) == {"since": date(2007, 3, 27)}
    with pytest.raises(InvalidForm) as refused:
        since.read({**boxes, "since-month": "13"})
    assert refused.value.errors == {"since": "not_a_date"}
    assert refused.value.typed == {**boxes, "since-month": "13"}
    with pytest.raises(InvalidForm) as refused:
        since.read({"since-day": "", "since-month": " ", "since-year": ""})
    assert refused.value.errors == {"since": "missing"}
    with pytest.raises(InvalidForm) as refused:
        since.read({"since-year": "2007"})
    assert refused.value.errors == {"since": "not_a_date"}


def test_days_that_never_were_are_refused() -> None:
    day = day_parsers.day()
    for typed in (
        "2027-02-29",
        "31/4/2027",
        "14 Janvier 2027",
        "tomorrow",
        "0026-01-14",
        "14/1/27",
    ):
        assert code(day, typed) == "not_a_date", typed
    assert code(day, "Friday 14 January 2027") == "wrong_weekday"


def test_a_list_of_days_is_put_in_order_and_names_the_line_that_is_wrong() -> None:
    listed = day_parsers.days(3)
    assert value(listed, "28 January 2027\n\n 14/1/2027 \n") == (
        date(2027, 1, 14),
        date(2027, 1, 28),
    )
    form = Form("term", (Field("dates", listed),))
    with pytest.raises(InvalidForm) as refused:
        form.read({"dates": "14 January 2027\n\nsome day"})
    assert refused.value.errors == {"dates": "line_not_a_date"}
    assert Answers.from_invalid(refused.value).details["dates"]["line"] == 3
    assert code(listed, "Friday 14 January 2027") == "line_wrong_weekday"
    assert code(listed, "14/1/2027\n2027-01-14") == "same_day_twice"
    assert code(listed, "1/1/2027\n2/1/2027\n3/1/2027\n4/1/2027") == "too_many"


def test_times_of_day_are_read_to_the_minute() -> None:
    spoken = {"19:00": (19, 0), "19.30": (19, 30), "7pm": (19, 0), "7:15 am": (7, 15)}
    for typed, (hour, minute) in {**spoken, "12am": (0, 0), "12pm": (12, 0)}.items():
        assert value(day_parsers.local_time(), typed) == time(hour, minute)
    for typed in ("7", "25:00", "19:60", "13pm", "0am", "noon", "19:00Z"):
        assert code(day_parsers.local_time(), typed) == "not_a_time"


def test_zones_are_places() -> None:
    for key in ("Europe/London", "America/Argentina/Buenos_Aires", "Australia/Hobart", "UTC"):
        assert value(day_parsers.zone(), key) == key
    for key in (
        "London", "GMT+1", "Europe/Atlantis", "../../etc/passwd", "Europe/../../etc/passwd",
        "posix/Europe/London", "America/Argentina", "Europe", "Europe/London\x00", "localtime",
    ):  # fmt: skip
        assert code(day_parsers.zone(), key) == "zone", key


def test_choices_take_only_what_was_offered() -> None:
    assert value(parsers.choice("a", "b"), "b") == "b"
    assert code(parsers.choice("a", "b"), "c") == "choice"
    assert code(parsers.choice("a", "b"), "") == "choice"
    assert value(parsers.several("a", "b", "c"), ["c", "a", "c"]) == ("a", "c")
    assert value(parsers.several("a", "b"), "b") == ("b",)
    assert code(parsers.several("a", "b"), ["a", "z"]) == "choice"
    assert (value(parsers.yes_no(), "yes"), value(parsers.yes_no(), "no")) == (True, False)
    assert value(parsers.tick(), "yes") is True
    assert (code(parsers.tick(), ""), code(parsers.tick(), "no")) == ("tick", "tick")


def test_the_last_of_several_values_of_one_input_counts() -> None:
    assert value(parsers.yes_no(), ["no", "yes"]) is True


def test_the_choices_of_today_replace_those_of_the_form() -> None:
    slots = Form("slot", (Field("slot", parsers.choice()),))
    today = slots.offering(slot=parsers.choice("s1", "s2"))
    assert today.read({"slot": "s2"}) == {"slot": "s2"}
    with pytest.raises(InvalidForm):
        slots.read({"slot": "s2"})


def test_addresses_of_meetings_are_https_and_carry_no_password() -> None:
    good = "https://zoom.example.com/j/123?pwd=a%20b#x"
    assert value(parsers.https_url(), good) == good
    for typed in (
        "http://example.org", "javascript:alert(1)", "https://", "example.org", "//example.org",
        "https://user:pw@example.org", "https://exa mple.org", "https://[::1", "https://localhost",
        "https://example.org:port/", "https://example.org\\@evil.org", "https://еxample.org",
    ):  # fmt: skip
        assert code(parsers.https_url(), typed) == "url", typed


def test_a_code_from_a_mail_may_be_typed_with_gaps() -> None:
    for typed in ("123456", " 123 456", "123-456", "１２３４５６"):
        assert value(parsers.digits(6), typed) == "123456"
    for typed in ("12345", "1234567", "12345a"):
        assert code(parsers.digits(6), typed) == "digits"


def test_optional_questions_may_stay_blank() -> None:
    blank = OPTIONAL.read(dict.fromkeys(EVERY_KIND, " "))
    assert blank == OPTIONAL.read({})
    assert {name: known for name, known in blank.items() if known is not None} == {
        "days": (), "several": (), "tick": False,
    }  # fmt: skip


def test_known_values_fill_a_form() -> None:
    answers = Answers.of(
        TERM, {"title": "Spring", "starts": date(2027, 1, 14), "ends": None, "seats": 8}
    )
    assert answers.typed == {"title": "Spring", "starts": "2027-01-14", "seats": "8"}
    assert Answers.empty().value("title") == ""


hostile_text = st.text() | st.text(string.printable) | st.text("0123456789-/.:£,@ \n\r\x00\u202e")
names = st.sampled_from([*EVERY_KIND, "day-day", "day-month", "day-year"])


def refusal_of(form: Form, typed: dict[str, Any]) -> InvalidForm | None:
    try:
        form.read(typed)
    except InvalidForm as refused:
        return refused
    return None


@given(st.dictionaries(names, hostile_text | st.lists(hostile_text, max_size=3)))
def test_whatever_is_typed_a_form_answers_or_refuses_with_a_known_code(
    typed: dict[str, Any],
) -> None:
    for form in (EVERYTHING, OPTIONAL):
        refused = refusal_of(form, typed)
        if refused:
            assert set(refused.errors.values()) <= CODES
            assert set(refused.typed) <= set(typed)
        else:
            assert list(form.read(typed)) == list(EVERY_KIND)


VALUES = {
    "text": st.text(max_size=40),
    "multiline": st.text(max_size=200),
    "email": st.emails(),
    "integer": st.integers(-5, 2000),
    "pounds": st.integers(-100, 500_000),
    "day": st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    "days": st.sets(st.dates(date(1900, 1, 1), date(2199, 12, 31)), min_size=1, max_size=5).map(
        lambda found: tuple(sorted(found))
    ),
    "local_time": st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    "zone": st.sampled_from(["Europe/London", "Australia/Hobart", "UTC"]),
    "choice": st.sampled_from(["online", "in_person"]),
    "several": st.sampled_from([("mon",), ("mon", "wed"), ("mon", "tue", "wed")]),
    "yes_no": st.booleans(),
    "tick": st.just(True),
    "https_url": st.from_regex(r"\Ahttps://[a-z]{1,9}\.example/[a-z0-9/?=&%-]{0,40}\Z"),
    "digits": st.from_regex(r"\A[0-9]{6}\Z"),
}


@pytest.mark.parametrize("kind", EVERY_KIND)
@given(data=st.data())
def test_what_a_form_writes_it_reads_again(kind: str, data: st.DataObject) -> None:
    parser, known = EVERY_KIND[kind], data.draw(VALUES[kind])
    if kind in ("text", "multiline", "email"):  # any text goes; take what reading makes of it
        try:
            known = parser.read([known]) if visible(known) else "x"
        except Unreadable:
            known = "a@example.org"
    assert value(parser, parser.write(known)) == known
