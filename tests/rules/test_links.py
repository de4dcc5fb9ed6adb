"""Personal links, nonces, codes and paths: what is forged, cut or foreign opens nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import LinkNotValid
from chalicelib.rules import links
from chalicelib.rules.people.access import safe_path
from chalicelib.rules.people.sign_in import session_secret

KEYS = {"k1": "an-invented-key"}
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
SUBJECTS = st.from_regex(r"[a-z]{1,8}-[0-9a-z]{26}", fullmatch=True)
PURPOSES = st.sampled_from(sorted(links.PATHS))
GENERATIONS = st.integers(1, 10_000)


@given(PURPOSES, SUBJECTS, GENERATIONS)
def test_a_link_says_what_it_was_made_of(purpose: str, subject: str, generation: int) -> None:
    token = links.personal_link(KEYS, purpose, subject, generation)
    assert links.read_link(KEYS, purpose, token) == links.Link(subject, generation)


@given(PURPOSES, PURPOSES, SUBJECTS)
def test_a_link_opens_one_kind_of_door(purpose: str, other: str, subject: str) -> None:
    token = links.personal_link(KEYS, purpose, subject, 1)
    if purpose != other:
        with pytest.raises(LinkNotValid):
            links.read_link(KEYS, other, token)


@given(SUBJECTS, st.data())
def test_one_changed_letter_is_enough_to_break_a_link(subject: str, data: st.DataObject) -> None:
    token = links.personal_link(KEYS, "offer", subject, 1)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters().filter(lambda one: one != token[at]))
    with pytest.raises(LinkNotValid):
        links.read_link(KEYS, "offer", token[:at] + letter + token[at + 1 :])


@given(SUBJECTS, st.integers(1, 60))
def test_a_link_that_a_mail_reader_cut_off_is_refused(subject: str, cut: int) -> None:
    token = links.personal_link(KEYS, "offer", subject, 1)
    with pytest.raises(LinkNotValid):
        links.read_link(KEYS, "offer", token[:-cut])


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_the_reading_of_links(text: str) -> None:
    with pytest.raises(LinkNotValid):
        links.read_link(KEYS, "offer", text)


def test_links_outlive_the_rotation_of_keys_until_the_old_key_goes() -> None:
    token = links.personal_link(KEYS, "offer", "offer-1", 1)
    rotated = {"k2": "a-newer-key", **KEYS}
    assert links.read_link(rotated, "offer", token).subject == "offer-1"
    assert links.personal_link(rotated, "offer", "offer-1", 1).split(".")[2] == "k2"
    with pytest.raises(LinkNotValid):
        links.read_link({"k2": "a-newer-key"}, "offer", token)


@given(SUBJECTS)
def test_a_code_is_six_digits_and_follows_from_its_token(token_id: str) -> None:
    code = links.sign_in_code(KEYS, token_id)
    assert len(code) == 6
    assert code.isdecimal()
    assert code == links.sign_in_code(KEYS, token_id)


def test_a_nonce_holds_for_its_browser_and_twelve_hours() -> None:
    nonce = links.form_nonce(KEYS, "browser-a", "secret", NOW)
    almost = NOW + timedelta(hours=12) - timedelta(seconds=1)
    assert links.nonce_holds(KEYS, "browser-a", nonce, almost)
    assert not links.nonce_holds(KEYS, "browser-a", nonce, NOW + timedelta(hours=12))
    assert not links.nonce_holds(KEYS, "browser-b", nonce, NOW)
    assert not links.nonce_holds({"k1": "another-key"}, "browser-a", nonce, NOW)


@given(st.text(max_size=200))
def test_no_text_is_a_nonce(text: str) -> None:
    assert not links.nonce_holds(KEYS, "browser-a", text, NOW)


def test_the_same_press_is_the_same_key_and_other_answers_are_another() -> None:
    key = links.form_key("nonce", "/me", b"a=1")
    assert key == links.form_key("nonce", "/me", b"a=1")
    assert (
        len({key, links.form_key("nonce", "/me", b"a=2"), links.form_key("n", "/me", b"a=1")}) == 3
    )


def test_a_session_follows_from_its_form_and_our_key_alone() -> None:
    secret = session_secret(KEYS, "form-key")
    assert secret == session_secret(KEYS, "form-key")
    assert secret != session_secret(KEYS, "another")
    assert secret != session_secret({"k1": "another-key"}, "form-key")
    assert len(secret) == 43


PIECES = ["/", "\\", "//", ".", "..", "me", "admin", "%2f", "%5c", "@", ":", "\t", "\n", "\r",
          "\x00", "?", "#", ";", "evil.example", "http:", "javascript:", " ", "é"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=40))
def test_a_safe_path_never_leaves_the_site(text: str) -> None:
    path = safe_path(text)
    if path:
        assert path == text
        assert path.startswith("/")
        assert urlsplit(path).netloc == ""
        assert urljoin("https://circle.example/sign-in", path) == f"https://circle.example{path}"
        assert not set(path) & set("\\?#%@:; \t\r\n\x00")


@pytest.mark.parametrize(
    "path", ["/me", "/admin/groups/group-01k/terms/term-02", "/offers/a.1.k1.x"]
)
def test_our_own_paths_are_safe(path: str) -> None:
    assert safe_path(path) == path


def test_a_path_longer_than_any_of_ours_is_not_safe() -> None:
    assert safe_path("/" + "a" * 500) == ""
