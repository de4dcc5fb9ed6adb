"""Pages and mails: escaped, complete, reachable without a script, and never short of a word."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, UndefinedError

from chalicelib import rendering, wording
from chalicelib.errors import (
    InvalidForm,
    NoSeatLeft,
    NotFound,
    RefundNotPossible,
    Refusal,
    TooManyTries,
    Trouble,
)
from chalicelib.rules import day_parsers, parsers
from chalicelib.rules.forms import Answers, Field, Form
from chalicelib.rules.states import MOVES
from chalicelib.rules.typed_text import CODES

CIRCLE = {
    "circle_name": "Marmalade Circle",
    "circle_email": "hello@marmalade-circle.example",
    "base_path": "/demo",
}
POST = {**CIRCLE, "base_url": "https://circle.example", "why": "You booked a first meeting."}
IN_JANUARY = datetime(2027, 1, 14, 19, tzinfo=UTC)
IN_JULY = datetime(2027, 7, 13, 7, tzinfo=UTC)

SAMPLES = {
    "pages/sample.html": """{% extends "pages/_base.html" %}
{% import "pages/_forms.html" as f with context %}
{% import "pages/_parts.html" as p with context %}
{% block title %}Sample{% endblock %}
{% block back %}{{ p.back('/groups') }}{% endblock %}
{% block content %}
{{ f.error_summary() }}
{{ p.step(1, 3) }}
<h1>Sample</h1>
{% call p.notice('good', 'Done') %}<p>It is done.</p>{% endcall %}
{{ p.summary([('Paid', p.amount(21600, 'GBP'), '/x', 'Refund', 'this payment')]) }}
{% set paid = p.badge('paid', 'states.payment') %}
{{ p.tasks([{'path': '/y', 'title': 'Read it', 'hint': '', 'badge': paid}]) }}
{{ p.table('Members', ['Name', 'Paid'], [[typed_by_somebody, p.amount(9, 'GBP')]], numbers=[1]) }}
{{ p.session_time(starts_at, ends_at, 'Europe/London', 'Australia/Hobart') }}
{{ f.form_start('/sample', nonce) }}
{{ f.text('full_name', 'Full name', autocomplete='name') }}
{{ f.email('email', 'Email address', hint='Only for this.') }}
{{ f.select('profession', 'Profession', [('gp', 'GP')]) }}
{{ f.radios('slot', 'Which meeting?', [('s1', 'Thursday', 'online'), ('s2', 'Friday')]) }}
{{ f.checkboxes('needs', 'What would help?', [('captions', 'Captions'), ('breaks', 'Breaks')]) }}
{{ f.yes_no('first', 'Is it your first?') }}
{{ f.date_input('since', 'Since when?', boxes=true) }}
{{ f.date_input('starts', 'First day') }}
{{ f.time_input('at', 'Time of day') }}
{{ f.money_input('price', 'Price', 'GBP') }}
{{ f.number('seats', 'Places', suffix='places') }}
{{ f.code_input('code', 'Code') }}
{{ f.textarea('hopes', 'Hopes', optional=true) }}
{{ f.tick('agree', 'I agree') }}
{{ f.hidden('step', '2') }}
{{ f.button('Send') }}
</form>
{% endblock %}""",
    "pages/forgetful.html": """{% extends "pages/_base.html" %}
{% block title %}x{% endblock %}{% block content %}{{ never_given }}{% endblock %}""",
    "emails/sample/subject.txt": "\n  Your place,  {{ name }}\n",
    "emails/sample/body.txt": """{% extends "emails/_base.txt" %}
{% block body %}
Dear {{ name }},



{{ facts([('When', both_times(starts_at, 'Europe/London', 'Australia/Hobart'))]) }}
{{ action(link('/me'), 'See my place') }}
{% endblock %}""",
    "emails/sample/body.html": """{% extends "emails/_base.html" %}
{% block preheader %}Your place is booked.{% endblock %}
{% block body %}
<p>Dear {{ name }},</p>
{{ facts([('When', starts_at | local_day('Europe/London'))]) }}
{{ action(link('/me'), 'See my place') }}
{% endblock %}""",
}
FORM = Form(
    "sample",
    (
        Field("full_name", parsers.text(40)),
        Field("email", parsers.email()),
        Field("profession", parsers.choice("gp")),
        Field("slot", parsers.choice("s1", "s2"), words="zone"),
        Field("since", day_parsers.day(), words="zone"),
        Field("price", parsers.pounds(3000), words="zone"),
        Field("seats", parsers.integer(6, 12), words="zone"),
        Field("agree", parsers.tick(), words="zone"),
    ),
)


@pytest.fixture(autouse=True)
def samples() -> Iterator[None]:
    environment = rendering.environment()
    ours = environment.loader
    assert ours is not None
    environment.loader = ChoiceLoader([ours, DictLoader(SAMPLES)])
    yield
    environment.loader = ours


def sample(answers: Answers | None = None, **facts: Any) -> str:
    given = {
        "nonce": "n-1",
        "typed_by_somebody": "Pip",
        "starts_at": IN_JANUARY,
        "ends_at": IN_JANUARY + timedelta(minutes=90),
    }
    return rendering.page("sample", **CIRCLE, answers=answers or Answers.empty(), **given | facts)


def refused() -> Answers:
    with pytest.raises(InvalidForm) as error:
        FORM.read(
            {
                "full_name": '"><script>alert(1)</script>',
                "email": "pip",
                "price": "36.005",
                "seats": "40",
                "since-day": "31",
                "since-month": "2",
                "since-year": "2007",
            }
        )
    return Answers.from_invalid(error.value)


class Outline(HTMLParser):
    """What refers to what in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.wanted: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        assert not {"style", "onclick", "onload", "onsubmit"} & set(known)
        assert tag != "script"
        if "id" in known:
            self.ids.append(known["id"])
        href = known.get("href", "")
        self.wanted |= {href[1:]} if href.startswith("#") else set()
        self.links += [href] if tag == "a" and href.startswith("/") else []
        self.wanted |= {known["for"]} if "for" in known else set()
        self.wanted |= set(known.get("aria-describedby", "").split())
        self.wanted |= set(known.get("aria-labelledby", "").split())


def test_jinja_stays_out_until_the_first_page_is_made() -> None:
    asked = (
        "import sys, chalicelib.rendering, chalicelib.rules.day_parsers;"
        "print([m for m in ('jinja2', 'markupsafe', 'tomllib') if m in sys.modules])"
    )
    home = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=home, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("answers", [Answers.empty(), refused()], ids=["empty", "refused"])
def test_every_label_hint_and_error_of_a_form_finds_its_input(answers: Answers) -> None:
    outline = Outline(sample(answers))
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.wanted <= set(outline.ids)


def test_every_link_begins_with_the_configured_base() -> None:
    assert all(path.startswith("/demo/") for path in Outline(sample()).links)


def test_a_refused_form_comes_back_with_its_sentences_and_what_was_typed() -> None:
    html = sample(refused())
    assert "<title>Error: Sample – Marmalade Circle</title>" in html
    assert 'role="alert"' in html
    assert '<a href="#f-email">Enter one email address, like name@example.com</a>' in html
    assert '<a href="#f-profession">Choose your profession</a>' in html
    assert "Your time zone must be 12 or less" in html
    assert 'value="36.005"' in html
    assert 'name="since-day" inputmode="numeric" value="31"' in html


def test_what_is_wrong_with_a_whole_page_is_said_without_a_link_to_nowhere() -> None:
    for code in ("page_too_old", "too_long"):
        html = sample(Answers.from_invalid(InvalidForm({"": code}, {}), {"full_name": "Pip"}))
        assert '<a href="#f-"' not in html
        assert 'value="Pip"' in html


def test_a_fresh_form_speaks_of_no_error() -> None:
    html = sample()
    assert "Error" not in html
    assert "There is a problem" not in html
    assert 'name="form" value="n-1"' in html


def test_known_values_fill_the_inputs() -> None:
    known = Answers.of(FORM, {"slot": "s2", "since": date(2007, 3, 27), "agree": True})
    html = sample(known)
    assert 'value="s2" checked' in html
    assert 'name="since-month" inputmode="numeric" value="03"' in html
    assert 'name="agree" value="yes" checked' in html


def test_what_people_type_is_escaped_wherever_it_is_shown() -> None:
    html = sample(refused(), typed_by_somebody="<img src=x onerror=alert(1)>")
    assert "<script" not in html
    assert "<img" not in html
    assert "&#34;&gt;&lt;script&gt;" in html


def test_a_fact_nobody_gave_is_a_mistake_not_a_blank() -> None:
    with pytest.raises(UndefinedError):
        rendering.page("forgetful", **CIRCLE)
    with pytest.raises(ValueError, match="base_path"):
        rendering.page("problem", title="x", circle_name="x", circle_email="")


def test_a_path_that_leaves_our_site_is_a_mistake() -> None:
    for path in ("//evil.example", "/\\evil.example", "https://evil.example", "groups"):
        with pytest.raises(ValueError, match="no path of ours"):
            rendering.problem(NoSeatLeft(), back_path=path, **CIRCLE)


def test_the_navigation_follows_the_roles() -> None:
    def offered(*roles: str, person: object = object()) -> str:
        return sample(visit=SimpleNamespace(person=person, roles=roles))

    assert "/demo/sign-in" in sample()
    assert "/demo/admin" not in sample()
    assert "/demo/admin" not in offered()
    assert "/demo/sign-out" in offered()
    assert "/demo/admin/rosters" in offered("administrator")
    assert "/demo/admin/payments" in offered("treasurer")
    assert "/demo/admin/rosters" not in offered("treasurer")
    today = sample(visit=SimpleNamespace(person=1, roles=("administrator",)), here="today")
    assert today.count('aria-current="page"') == 1


def test_pages_are_light() -> None:
    css, _ = rendering.static("site.css")
    assert len(css) <= 20_000
    assert len(sample(refused())) + len(css) <= 60_000  # B13


def test_templates_of_pages_hold_no_script_and_no_inline_style() -> None:
    for file in (wording.TEMPLATES / "pages").rglob("*.html"):
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|\|\s*safe", file.read_text()), (
            file
        )


def test_static_files_are_those_of_one_folder_and_nothing_else() -> None:
    body, content_type = rendering.static("site.css")
    assert (body[:2], content_type) == (b"/*", "text/css; charset=utf-8")
    assert rendering.static("icon.svg")[1] == "image/svg+xml"
    assert re.fullmatch("[0-9a-f]{10}", rendering.static_version("site.css"))
    for name in ("../words/shared.toml", "..", "", ".", "site.css/", "/etc/passwd", "a\x00.css"):
        with pytest.raises(NotFound):
            rendering.static(name)


def test_a_mail_has_a_subject_of_one_line_and_two_parts_that_say_the_same() -> None:
    sent = rendering.mail("sample", **POST, name="Pip <b>", starts_at=IN_JANUARY.isoformat())
    assert sent.subject == "Your place, Pip <b>"
    assert sent.text == (
        "Dear Pip <b>,\n\n"
        "When: 19:00 London time (GMT), which is 06:00 Hobart time (AEDT)"
        " on Friday 15 January 2027\n\n"
        "See my place:\nhttps://circle.example/me\n\n"
        "--\nYou booked a first meeting.\n"
        "A person to ask: hello@marmalade-circle.example. You can also answer this mail.\n"
        "Marmalade Circle\n"
    )
    assert "Dear Pip &lt;b&gt;," in sent.html
    assert "Thursday 14 January 2027" in sent.html
    assert 'href="https://circle.example/me"' in sent.html
    assert "Stop mails" not in sent.html + sent.text


def test_an_announcement_carries_its_way_out() -> None:
    out = "https://circle.example/unsubscribe/t"
    sent = rendering.mail("sample", **POST, name="Pip", starts_at=IN_JANUARY, unsubscribe_url=out)
    assert f'href="{out}"' in sent.html
    assert out in sent.text


def test_a_subject_cannot_be_broken_into_headers() -> None:
    with pytest.raises(ValueError, match="one line"):
        rendering.mail("sample", **POST, name="Pip\r\nBcc: all@x.org", starts_at=IN_JANUARY)


def family(root: type[Exception]) -> list[type[Exception]]:
    """A class of our errors with all below it; tests may have refusals of their own."""
    ours = [child for child in root.__subclasses__() if child.__module__ == root.__module__]
    return [root, *(one for child in ours for one in family(child))]


@pytest.mark.parametrize("kind", [*family(Refusal), *family(Trouble), ValueError])
def test_every_refusal_and_trouble_has_a_page_that_says_what_to_do(kind: type[Exception]) -> None:
    error = kind({}, {}) if kind is InvalidForm else kind()
    spoken = wording.refusal_words(error)
    assert kind is ValueError or kind.__name__ in wording.words()["refusals"]
    html = rendering.problem(error, **CIRCLE)
    assert spoken["title"] in html
    assert spoken["text"].split(".")[0] in html
    assert f">For whoever helps you: {wording.status_of(error)}<" in html
    Outline(html)


def test_a_refusal_is_exact_where_its_facts_are_known() -> None:
    assert "in 15 minutes" in wording.refusal_words(TooManyTries(minutes=15))["text"]
    assert wording.refusal_words(RefundNotPossible(refundable="£36.00"))["text"].startswith("£36")


def test_every_state_has_a_word() -> None:
    for kind, moves in MOVES.items():
        for state in moves:
            assert wording.label(state, f"states.{kind}")


def test_every_badge_has_a_known_look() -> None:
    for kind, tones in wording.words()["tones"].items():
        for state, look in tones.items():
            assert look in ("good", "wait", "bad", "calm", "plain")
            assert wording.label(state, f"states.{kind}")
    assert wording.tone("withdrawn", "states.application") == "plain"


def test_every_code_of_every_parser_has_a_sentence() -> None:
    assert set(wording.words()["errors"]) >= CODES


def modules(*packages: str) -> Iterator[ModuleType]:
    for package in map(importlib.import_module, packages):
        for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            yield importlib.import_module(found.name)


def test_every_field_of_every_form_has_a_label_for_its_sentences() -> None:
    forms = [
        known
        for module in modules("chalicelib.rules", "chalicelib.handlers")
        for known in vars(module).values()
        if isinstance(known, Form)
    ]
    for form in forms:
        for question in form.fields:
            assert wording.field_label(form.name, question.words or question.name)


def test_a_sentence_of_the_form_wins_over_the_common_one() -> None:
    common = wording.error_sentence(Answers(errors={"email": "missing"}), "email")
    assert common == "Enter your email address"
    bounds = {"full_name": {"max_length": 40, "words": "full_name"}}
    long = Answers(errors={"full_name": "too_long"}, details=bounds)
    assert (
        wording.error_sentence(long, "full_name") == "Your full name must be 40 characters or fewer"
    )
    assert wording.error_sentence(long, "email") == ""


def test_errors_are_told_in_the_order_of_the_form() -> None:
    with pytest.raises(InvalidForm) as error:
        FORM.read({"agree": "yes", "seats": "8", "price": "36", "since": "2007-03-27"})
    assert wording.errors_of(error.value) == [
        ("full_name", "Enter your full name"),
        ("email", "Enter your email address"),
        ("profession", "Choose your profession"),
        ("slot", "Choose your time zone"),
    ]


def test_times_are_told_in_the_group_s_zone_and_the_reader_s() -> None:
    both = wording.both_times
    assert wording.local_day(IN_JANUARY, "Europe/London") == "Thursday 14 January 2027"
    assert wording.local_time(IN_JULY, "Europe/London") == "08:00"
    assert wording.zone_name("Europe/London", IN_JANUARY) == "London time (GMT)"
    assert wording.zone_name("Europe/London", IN_JULY) == "London time (BST)"
    assert wording.zone_name("America/Sao_Paulo", IN_JULY) == "Sao Paulo time (UTC-03:00)"
    assert both(IN_JULY, "Europe/London", None) == "08:00 London time (BST)"
    assert both(IN_JANUARY, "Europe/London", "Europe/Lisbon") == "19:00 London time (GMT)"
    assert both(IN_JULY, "Europe/London", "Australia/Hobart") == (
        "08:00 London time (BST), which is 17:00 Hobart time (AEST)"
    )
    until = IN_JANUARY + timedelta(minutes=90)
    assert both(IN_JANUARY, "Europe/London", "Australia/Hobart", until) == (
        "19:00 to 20:30 London time (GMT), which is 06:00 to 07:30 Hobart time (AEDT)"
        " on Friday 15 January 2027"
    )
    assert wording.moment(IN_JANUARY.isoformat(), "Europe/London") == (
        "Thursday 14 January 2027, 19:00 London time (GMT)"
    )
    with pytest.raises(ValueError, match="aware"):
        wording.local_time("2027-01-14T19:00:00", "Europe/London")


def test_plain_text_becomes_paragraphs_and_stays_harmless() -> None:
    assert str(rendering.paragraphs("One\ntwo <b>\n\n\nThree & four\n")) == (
        "<p>One<br>\ntwo &lt;b&gt;</p>\n<p>Three &amp; four</p>"
    )


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("front", "grounds", "least"),
    [
        ("ink", "ground card sand good-ground wait-ground bad-ground calm-ground glow", 7.0),
        ("soft", "ground card sand", 4.5),
        ("accent", "ground card sand good-ground wait-ground bad-ground calm-ground", 4.5),
        ("accent-deep", "ground card sand", 4.5),
        ("card", "accent accent-deep bad", 4.5),
        ("good", "good-ground", 4.5),
        ("wait", "wait-ground", 4.5),
        ("bad", "bad-ground ground card", 4.5),
        ("calm", "calm-ground", 4.5),
        ("edge", "ground card", 3.0),
        ("warm", "card sand", 3.0),
    ],
)
def test_colours_can_be_told_apart(front: str, grounds: str, least: float) -> None:
    css = rendering.static("site.css")[0].decode()
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))
    for ground in grounds.split():
        light, dark = sorted((luminance(colours[front]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= least, (front, ground)


# Names that look like an act and are Stripe's.
NO_ACTS = ("refund.created", "refund.updated", "refund.failed")
ACTS = (
    "circle|switch|document|person|role|group|term|application|taster|offer|payment|refund|"
    "roster|mail|dispute|suspense"
)


def test_every_act_in_the_audit_has_its_words() -> None:
    spoken = dict(wording.options("acts"))
    house = wording.TEMPLATES.parent / "chalicelib"
    found = {
        act
        for layer in ("flows", "rules")
        for file in (house / layer).rglob("*.py")
        for act in re.findall(rf'"((?:{ACTS})\.[a-z_]+)"', file.read_text())
    }
    assert len(found) > 20
    assert found - set(NO_ACTS) - set(spoken) == set()
    moves = {f"offer.{new}" for new in ("declined", "expired", "withdrawn")}
    words = ["seat", "late_seat", "late_refund", "surplus", "on_its_way", "failed", "expired"]
    assert (moves | {f"payment.{word}" for word in words}) - set(spoken) == set()
