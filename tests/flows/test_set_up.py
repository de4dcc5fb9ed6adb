"""A deployment becomes a circle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rules.people.circle import DOCUMENTS, parts
from chalicelib.store.people import circle
from tests.flows.set_up_steps import (
    ADA,
    TYPED,
    acts,
    path_of_set_up,
    persons,
    set_up,
    settings,
    signs_in,
)
from tests.world import World


def test_a_circle_is_set_up_and_its_administrator_signs_in(world: World) -> None:
    browser = set_up(world)
    assert "Look into your mail" in browser.text
    signs_in(world, browser)
    assert browser.path == "/admin/settings"
    assert "Marmalade Circle" in browser.text
    assert "Ada Ledger" in browser.text
    assert settings().seller_statement == "Fictional charity 000000."
    assert acts() == ["circle.set_up", "person.signed_in"]


def test_the_link_of_set_up_works_for_the_first_one_only(world: World) -> None:
    late = world.browser()
    late.get(path_of_set_up(world))
    set_up(world)
    answer = late.submit(
        {**TYPED, "name": "Another Circle", "administrator_email": "x@example.org"}
    )
    assert answer.status == 410
    assert late.get(path_of_set_up(world)).status == 410
    assert settings().name == "Marmalade Circle"
    assert [person.email for person in persons()] == [ADA]


def test_set_up_needs_the_link(world: World) -> None:
    path = path_of_set_up(world)
    browser = world.browser()
    assert browser.get(path[:-1] + ("A" if path[-1] != "A" else "B")).status == 410
    assert browser.get("/set-up/circle.1.k1.forged").status == 410


def test_answers_that_cannot_be_read_are_all_told_and_nothing_is_kept(world: World) -> None:
    browser = set_up(world, email="no address", zone="Europe/Nowhere", administrator_name="")
    assert browser.answer.status == 422
    for field in ("email", "zone", "administrator_name"):
        assert f"f-{field}-error" in browser.answer.text
    assert browser.form()[1]["name"] == "Marmalade Circle"
    assert circle.settings() is None
    assert persons() == []


def test_pressing_twice_sets_up_once(world: World) -> None:
    browser = world.browser()
    browser.get(path_of_set_up(world))
    target, held = browser.form()
    for _ in range(2):
        browser.post(target, {**held, **TYPED})
        assert "Look into your mail" in browser.text
    assert len(persons()) == 1


def test_the_first_documents_are_whole_and_about_this_circle(world: World) -> None:
    set_up(world)
    for name in DOCUMENTS:
        document = circle.current_document(settings(), name)
        assert document is not None
        assert document.version == "1"
        assert "{{" not in document.text
        assert "{%" not in document.text
        assert len(document.text) > 1000
    agreement, policy, privacy = (circle.current_document(settings(), name) for name in DOCUMENTS)
    assert agreement
    assert policy
    assert privacy
    assert "What is said in the group stays in the group." in agreement.text
    assert "Your camera is on for the whole meeting" in agreement.text
    assert "£25.00, whichever is lower" in policy.text
    assert "Model form for cancelling" in policy.text
    assert "1 Preserve Lane" in policy.text
    assert "hello@marmalade-circle.example" in privacy.text


def test_a_circle_abroad_is_not_told_british_law(world: World) -> None:
    set_up(world, currency="AUD", zone="Australia/Sydney")
    policy = circle.current_document(settings(), "refund_policy")
    privacy = circle.current_document(settings(), "privacy")
    assert policy
    assert privacy
    assert "Model form" not in policy.text
    assert "You may change your mind within 14 days" in policy.text
    assert "A$25.00" in policy.text
    assert "Information Commissioner" not in privacy.text


def test_privacy_is_a_public_page(world: World) -> None:
    set_up(world)
    browser = world.browser()
    assert browser.get("/privacy").status == 200
    assert "Fictonbury ZZ99 9ZZ, is responsible for your data" in browser.text
    assert "6 months" in browser.text
    assert world.browser().get("/documents/agreement").status == 200
    assert world.browser().get("/documents/nothing").status == 404


def test_before_set_up_there_is_no_privacy_page(world: World) -> None:
    assert world.browser().get("/privacy").status == 404


def test_a_document_is_seen_with_its_headings_and_lists(world: World) -> None:
    set_up(world)
    visitor = world.browser()
    visitor.get("/documents/refund_policy")
    page = visitor.answer.text
    assert "<h2>The first 14 days</h2>" in page
    assert "<li>if somebody else takes your place,</li>" in page
    assert page.count("<ul>") == page.count("</ul>")
    assert "<p>If a meeting is cancelled, we first offer another date." in page


@given(st.text(max_size=300))
def test_no_word_of_a_document_is_lost_on_the_way_to_its_page(text: str) -> None:
    shown = " ".join(" ".join((part.heading, *part.lines)) for part in parts(f"Title\n\n{text}"))
    blocks = [block for block in text.split("\n\n") if block.strip()]
    assert shown.split() == " ".join(blocks).split()
