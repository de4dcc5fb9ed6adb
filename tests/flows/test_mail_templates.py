"""Every mail as it leaves: its samples lie in tests/mail_samples."""

from __future__ import annotations

import re
from html import unescape

import pytest

from chalicelib.flows import outbox
from chalicelib.rules.changes import Change
from chalicelib.rules.mail import Letter, mail
from chalicelib.store.commit import commit
from tests.mail_samples import sample, sample_names, template_names
from tests.stories import a_circle
from tests.world import World

READER = "pip.buttonwood@example.org"
BUTTON = re.compile(r'<a href="([^"]+)" style="display:inline-block')


def letter_of(world: World, name: str) -> Letter:
    """The sample's letter, after the whole way through the outbox."""
    a_circle(world)
    facts, links = sample(name)
    template = name.split(".")[0]
    commit(Change.of(mail(template, "sample-1", READER, world.now, facts, links)))
    assert outbox.send_due(world.outside) == {"sent": 1}
    return world.postbox.last(READER)


def addresses(text: str) -> set[str]:
    """Every web address in a text."""
    return {found.rstrip(".,") for found in re.findall(r"https?://[^\s<>\"')\]]+", text)}


def test_every_mail_has_a_sample() -> None:
    sampled = {name.split(".")[0] for name in sample_names()}
    assert not set(template_names()) - sampled, "add tests/mail_samples/NAME.toml"
    assert not sampled - set(template_names()), "a sample of no mail"


@pytest.mark.parametrize("name", sample_names())
def test_a_mail_is_whole(world: World, name: str) -> None:
    """Subject, text and HTML; who sends, why, whom to ask; the same links in both parts; one
    thing to do at most (PRODUCT section 5)."""
    letter = letter_of(world, name)
    assert 8 <= len(letter.subject) <= 120
    assert letter.text.strip()
    for part in (letter.text, unescape(letter.html)):
        assert "Marmalade Circle" in part
        assert "hello@marmalade-circle.example" in part
        assert "You get this" in part or "because" in part, "why you get it"
    html = unescape(letter.html)
    assert addresses(letter.text) == addresses(html)
    assert len(set(BUTTON.findall(letter.html))) <= 1, "one action"


@pytest.mark.parametrize("name", sample_names())
def test_a_mail_speaks_to_people(world: World, name: str) -> None:
    """No machine's spelling of times, no empty values, no code of ours."""
    letter = letter_of(world, name)
    shown = re.sub(r"<style.*?</style>|<[^>]+>", " ", letter.html, flags=re.S)
    for part in (letter.subject, letter.text, unescape(shown)):
        words = re.sub(r"https?://\S+", "", part)
        assert not re.search(r"\d{4}-\d\d-\d\dT\d\d", words), "an instant nobody can read"
        assert not re.search(r"\b(None|True|False|undefined)\b|[{}]|\[\]", words)
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", words), "a code nobody can read"
