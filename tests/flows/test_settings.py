"""An administrator keeps the circle: facts, switches, documents, roles, acts."""

from __future__ import annotations

import re

import pytest

from chalicelib.flows import outbox
from chalicelib.rules.people.circle import Document
from chalicelib.store import reads
from chalicelib.store.people import circle, people
from tests.flows.set_up_steps import (
    ADA,
    _id_of,
    acts,
    settings,
    signs_in,
)
from tests.flows.set_up_steps import ada as ada
from tests.people import a_person, signed_in
from tests.world import Browser, World, links_in


def test_an_administrator_changes_what_the_circle_says_about_itself(
    world: World, ada: Browser
) -> None:
    ada.get("/admin/settings/circle")
    ada.submit({"name": "Marmalade & Toast Circle", "seller_statement": ""})
    assert ada.path == "/admin/settings"
    assert settings().name == "Marmalade & Toast Circle"
    assert settings().seller_statement == ""
    assert settings().currency == "GBP"
    assert "circle.changed" in acts()


def test_what_one_person_may_give_back_and_how_members_pay_are_settings(
    world: World, ada: Browser
) -> None:
    ada.get("/admin/settings/circle")
    assert ada.submit({"refund_limit_minor": "20000"}).status == 422
    ada.submit({"refund_limit_minor": "£120.50", "bank_debit": "yes"})
    assert (settings().refund_limit_minor, settings().bank_debit) == (12050, True)
    assert "Given back by one person alone Up to £120.50" in ada.text
    ada.get("/admin/settings/circle")
    target, held = ada.form("/settings/circle")
    ada.post(target, {name: typed for name, typed in held.items() if name != "bank_debit"})
    assert (settings().refund_limit_minor, settings().bank_debit) == (12050, False)
    world.clock.move(hours=1)
    ada.get("/admin/settings/circle")
    ada.submit({"refund_limit_minor": "9000"})
    assert "/sign-in" in ada.path
    assert settings().refund_limit_minor == 12050


def test_settings_saved_unchanged_are_no_act(world: World, ada: Browser) -> None:
    before = acts()
    ada.get("/admin/settings/circle")
    ada.submit()
    assert acts() == before


def test_two_administrators_do_not_save_over_each_other(world: World, ada: Browser) -> None:
    ada.get("/admin/settings/circle")
    other = signed_in(world, email="bo@marmalade-circle.example", full_name="Bo")
    other.get("/admin/settings/circle")
    other.submit({"seller_name": "Marmalade Trust"})
    ada.submit({"name": "The Marmalade Circle", "seller_name": "Marmalade Circle Trust"})
    assert (settings().name, settings().seller_name) == (
        "The Marmalade Circle",
        "Marmalade Circle Trust",
    )


@pytest.mark.parametrize("switch", ["selling", "refunds", "payouts", "mail"])
def test_a_switch_is_moved_with_a_reason(world: World, ada: Browser, switch: str) -> None:
    ada.get(f"/admin/settings/switches/{switch}")
    assert ada.submit({"reason": ""}).status == 422
    assert getattr(settings(), switch) is True
    ada.submit({"reason": "Stripe looks odd"})
    assert getattr(settings(), switch) is False
    ada.get(f"/admin/settings/switches/{switch}")
    ada.submit({"reason": "All is well again"})
    assert getattr(settings(), switch) is True
    assert acts()[-2:] == ["switch.off", "switch.on"]


def test_an_unknown_switch_and_an_unknown_document_are_not_found(
    world: World, ada: Browser
) -> None:
    assert ada.get("/admin/settings/switches/name").status == 404
    assert ada.get("/admin/settings/documents/secrets").status == 404


def test_a_new_version_leaves_the_old_one_as_it_was(world: World, ada: Browser) -> None:
    first = circle.current_document(settings(), "agreement")
    ada.get("/admin/settings/documents/agreement")
    ada.submit({"text": "What is said here stays here."})
    assert settings().agreement_version == "2"
    assert settings().policy_version == "1"
    assert reads.get(Document, "document#agreement", "1") == first
    visitor = world.browser()
    visitor.get("/documents/agreement")
    assert "What is said here stays here." in visitor.text
    visitor.get("/documents/agreement/1")
    assert "There is a newer one" in visitor.text
    assert "document.published" in acts()


def test_the_same_text_is_no_new_version(world: World, ada: Browser) -> None:
    ada.get("/admin/settings/documents/privacy")
    ada.submit()
    assert settings().privacy_version == "1"


def give_role(ada: Browser, email: str, role: str, name: str = "Bo Balance") -> None:
    ada.get("/admin/settings/people")
    ada.submit({"full_name": name, "email": email, "role": role, "reason": "New at the desk"})


def test_a_treasurer_is_added_and_told(world: World, ada: Browser) -> None:
    give_role(ada, "bo@marmalade-circle.example", "treasurer")
    assert ada.path == "/admin/settings"
    assert "Bo Balance" in ada.text
    outbox.send_due(world.outside)
    letter = world.postbox.last("bo@marmalade-circle.example", "treasurer")
    assert "/sign-in" in links_in(letter)
    assert "role.given" in acts()


def test_somebody_known_keeps_her_name_and_gains_a_role(world: World, ada: Browser) -> None:
    imelda = a_person(world, "imelda@example.org", ("leader",), "Dr Imelda Inkwell")
    give_role(ada, "Imelda@Example.org", "administrator", "Somebody Else")
    person = people.person(imelda.person_id)
    assert person
    assert person.full_name == "Dr Imelda Inkwell"
    assert person.roles == ("administrator", "leader")
    assert person.generation == 2, "sessions begin anew, so that they are short"
    give_role(ada, "imelda@example.org", "administrator")
    assert ada.answer.status == 422
    assert "holds this role already" in ada.text


def test_a_role_taken_back_ends_every_session_at_once(world: World, ada: Browser) -> None:
    give_role(ada, "bo@marmalade-circle.example", "administrator")
    bo = world.browser()
    bo.get("/sign-in")
    bo.submit({"email": "bo@marmalade-circle.example"})
    signs_in(world, bo, "bo@marmalade-circle.example")
    assert bo.get("/admin/settings").status == 200
    person_id = _id_of("bo@marmalade-circle.example")
    ada.get(f"/admin/settings/people/{person_id}")
    ada.submit({"reason": "Has moved on"})
    bo.get("/admin/settings")
    assert bo.path == "/sign-in"
    assert [one.person_id for one in people.officers()] == [_id_of(ADA)]
    assert "role.taken" in acts()


def test_the_last_administrator_stays(world: World, ada: Browser) -> None:
    give_role(ada, "bo@marmalade-circle.example", "treasurer")
    ada.get(f"/admin/settings/people/{_id_of(ADA)}")
    ada.submit({"reason": "Tired", "role": "administrator"})
    assert ada.answer.status == 422
    assert "Add another one first" in ada.text
    person = people.by_email(ADA)
    assert person
    assert "administrator" in person.roles


def test_the_first_administrator_may_lay_down_the_treasury(world: World, ada: Browser) -> None:
    ada.get(f"/admin/settings/people/{_id_of(ADA)}")
    ada.submit({"reason": "We have a treasurer now", "role": "treasurer"})
    person = people.by_email(ADA)
    assert person
    assert person.roles == ("administrator",)


def test_roles_need_a_sign_in_of_the_last_minutes(world: World, ada: Browser) -> None:
    ada.get("/admin/settings/people")
    world.clock.move(minutes=10)
    ada.submit(
        {"full_name": "Eve", "email": "eve@example.org", "role": "administrator", "reason": "x"}
    )
    assert ada.path == "/sign-in"
    assert "Please sign in once more" in ada.text
    assert ada.form()[1]["next"] == "/admin/settings/people"
    assert people.by_email("eve@example.org") is None


def test_the_day_of_acts_reads_in_words(world: World, ada: Browser) -> None:
    ada.get("/admin/settings/switches/selling")
    ada.submit({"reason": "Stripe looks odd"})
    ada.get("/admin/audit")
    for words in (
        "Switched off",
        "Stripe looks odd; switch: selling",
        "Ada Ledger",
        "Set up the circle",
    ):
        assert words in ada.text
    assert not re.search(r"person-\w{20}", ada.text)
    ada.get("/admin/audit?day=2026-11-20")
    assert "Nothing was done on this day" in ada.text
    assert ada.get("/admin/audit?day=tomorrow").status == 404


def test_the_treasurer_does_not_keep_the_settings(world: World, ada: Browser) -> None:
    bo = signed_in(world, ("treasurer",), "bo@marmalade-circle.example", "Bo")
    assert bo.get("/admin/settings").status == 403
    assert bo.get("/admin/audit").status == 403
